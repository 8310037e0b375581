/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions and actions that a rule cannot say in its own words, in a shared object of somebody's own. The object exports
 *
 *	const struct plx_filter_plugin plx_filter_plugin = {
 *		.version = PLX_FILTER_PLUGIN_VERSION, .name = "sip", .filter = ..., .handle = ...};
 *
 * and plx_filter_rules_plugin_load() makes an instance of it, with arguments and a state of its own, under a name that
 * rules then use: `plugin sip` as a condition, `execute sip` as an action. examples/filter_sip.c is a whole one.
 */
#ifndef PLX_LIB_FILTER_PLX_FILTER_PLUGIN_H
#define PLX_LIB_FILTER_PLX_FILTER_PLUGIN_H

#include "plx_base.h"
#include "plx_filter_rules.h"

PLX_BEGIN_DECLS

#define PLX_FILTER_PLUGIN_VERSION 1
#define PLX_FILTER_PLUGIN_SYMBOL  "plx_filter_plugin"

/* What an action says of the packet. */
enum plx_filter_said {
	PLX_FILTER_SAID_NOTHING, /* the rules behind it, or the default policy, decide */
	PLX_FILTER_SAID_FORWARD,
	PLX_FILTER_SAID_DROP,
};

/*
 * One kind of plugin. NULL functions are not called; filter or handle must be there. All get what create left in
 * *ret_state. filter and handle are on the data path, in every reader's thread at once; the others are called by one
 * thread at a time, while packets go on being matched, but for free, which comes when no reader can be inside any more.
 */
struct plx_filter_plugin {
	uint32_t version; /* PLX_FILTER_PLUGIN_VERSION of the header it was compiled with */
	const char *name;
	/* args may be "". A negative errno, with a sentence, refuses the load. */
	int (*create)(const char *args, void **ret_state, struct plx_why *why);
	/* The condition: true if the packet meets it. packet->parsed is there. */
	bool (*filter)(void *state, const struct plx_filter_packet *packet);
	/* The action. May call plx_filter_rules_post() with the reader. */
	enum plx_filter_said (*handle)(void *state, const struct plx_filter_packet *packet,
				       struct plx_filter_rules_reader *reader);
	/* One line for people; the length, as snprintf. */
	int (*stats)(void *state, char *buf, size_t size);
	/* Forgets what was idle for idle_ns; how much that was. */
	unsigned (*purge)(void *state, uint64_t now_ns, uint64_t idle_ns);
	void (*free)(void *state);
};

PLX_END_DECLS

#endif
