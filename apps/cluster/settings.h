/* SPDX-License-Identifier: BSD-3-Clause */
/* The options behind "--". */
#ifndef PLX_APPS_CLUSTER_SETTINGS_H
#define PLX_APPS_CLUSTER_SETTINGS_H

#include "options.h"

#include <pollux/plx_cluster.h>

enum mode { MODE_FANOUT = PLX_CLUSTER_KEYS }; /* below it: enum plx_cluster_key */
enum patience { PATIENCE_AS_IDLE, PATIENCE_ACTIVE, PATIENCE_PASSIVE };

#define SETTINGS_LCORE_NONE UINT64_MAX

struct settings {
	uint64_t id;
	struct option_texts interfaces;
	const char *slaves; /* as typed: "2", "2,1" */
	int mode, overflow, patience;
	uint64_t rx_lcore, tx_lcore; /* SETTINGS_LCORE_NONE: not named */
	const char *forward;	     /* "0->1,1->0" */
	uint64_t queue_len, extra, reserve;
	bool writable, trusted, sticky, background, json, verbose, keep_privileges, help, version;
	const char *filter, *rules, *pid_file;
	uint64_t period_ns, duration_ns, purge_ns;
	uint64_t wait_slaves;

	bool short_form; /* there is no "--": all options are the program's own */

	/* What slaves and forward come to. */
	uint32_t nb_groups, group_places[PLX_CLUSTER_PLACES_MAX], places;
	bool sends;    /* --forward was given, be it none: there are ports to send by */
	bool forwards; /* some port's packets leave by another */
	uint64_t forward_to
		[PLX_CLUSTER_PORTS_MAX]; /* ports, a bit each, by the port a packet came from */
	uint32_t port_named;		 /* the highest that forward names */
};

/* argv[0] is "--", or the program's name in the short form. 0, or -EINVAL with a sentence that names the option. */
int settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why);
void settings_usage(FILE *out);

/*
 * Another mode, groups, forwarding for those that were read, in the words of --mode, --slaves and --forward; groups have as many places
 * together as there are. -EINVAL leaves all as it was.
 */
int settings_set_mode(struct settings *settings, const char *word, struct plx_why *why);
int settings_set_groups(struct settings *settings, const char *word, struct plx_why *why);
int settings_set_forward(struct settings *settings, const char *word, struct plx_why *why);

/* "flow", .. "fanout" */
const char *settings_mode_name(const struct settings *settings);
/* "2,1"; "0->1,1->0", "none" */
void settings_print_groups(const struct settings *settings, FILE *out);
void settings_print_forward(const struct settings *settings, FILE *out);
const char *settings_overflow_name(const struct settings *settings);

#endif
