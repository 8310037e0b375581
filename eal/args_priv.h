/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line as a struct. Parsing has no side effect and looks at nothing but its arguments, so it
 * can be tested and fuzzed; init.c makes things of it.
 */
#ifndef PLX_EAL_ARGS_PRIV_H
#define PLX_EAL_ARGS_PRIV_H

#include "lcore_map_priv.h"
#include "plx_idle.h"
#include "plx_zone.h"

#include <stdio.h>

#define PLX_ARGS_LIST_MAX 64 /* values of one repeatable option */
#define PLX_ARGS_NODE_MAX 64 /* NUMA nodes that --socket-mem may name */
#define PLX_ARGS_ROW_MAX  96 /* rows of the option table */

/* Values of a repeatable option, in order; they point into argv. */
struct plx_args_list {
	unsigned n;
	const char *item[PLX_ARGS_LIST_MAX];
};

enum plx_args_idle {
	PLX_ARGS_IDLE_AUTO,
	PLX_ARGS_IDLE_POLL,
	PLX_ARGS_IDLE_YIELD,
	PLX_ARGS_IDLE_SLEEP,
};

struct plx_args {
	const char *program; /* argv[0] without its path */
	int consumed;	     /* arguments before "--", or all: see plx_eal_init */
	bool given[PLX_ARGS_ROW_MAX];

	struct plx_lcore_map lcores; /* count 0: not given */
	uint32_t main_lcore;	     /* PLX_LCORE_NONE: the first */
	enum plx_args_idle idle;

	struct plx_args_list devices; /* --vdev, and -a that is no PCI address: in order */
	struct plx_args_list allow;   /* PCI addresses, with their arguments */
	struct plx_args_list block;
	struct plx_args_list plugins;
	bool no_pci;

	bool no_huge;
	uint64_t mem_max; /* bytes, 0: no limit */
	unsigned nb_node_max;
	uint64_t node_max[PLX_ARGS_NODE_MAX]; /* bytes; 0: none on that node */
	bool iova_given;
	enum plx_iova_mode iova;
	const char *prefix; /* NULL: made from program and pid */
	bool no_door;

	struct plx_args_list log_rules;
	bool version;
};

/*
 * Fills *args from the command line. 0, -ECANCELED when -h or --help was met, or -EINVAL with a sentence
 * that names the option and the cure. *args is large: keep it off small stacks.
 */
int plx_args_parse(struct plx_args *args, int argc, char **argv, struct plx_why *why);

/* Calls fn for each option that was given and means nothing here, with the reason. */
typedef void (*plx_args_ignored_fn)(const char *option, const char *reason);
void plx_args_each_ignored(const struct plx_args *args, plx_args_ignored_fn fn);

void plx_args_usage(FILE *out);

#endif
