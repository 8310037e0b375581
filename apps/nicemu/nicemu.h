/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole program's state, passed down; there are no globals. Read in this order: main.c (from arguments to loops and back),
 * args.c and nic_conf.c (what is asked for), nic.c (a card and its wire), path.c (a frame's way), loop.c (who calls it), commands.c
 * (what can be typed).
 */
#ifndef PLX_APPS_NICEMU_NICEMU_H
#define PLX_APPS_NICEMU_NICEMU_H

#include "console.h"
#include "loop.h"
#include "nic.h"
#include "nic_conf.h"

#include <pollux/plx_mbuf.h>

/* The program's own options. */
struct nicemu_args {
	struct nic_conf nics[NICS_MAX]; /* nb_nics of them; that of -s is the first */
	unsigned nb_nics;
	bool interactive, poll, lossless, verbose, json, keep_privileges, help, version;
	const char *cmdline_file; /* commands to run first, NULL for none */
	uint64_t mtu;		  /* of ports, 0: as it is */
	uint64_t stats_period_ns; /* 0: never */
	uint64_t duration_ns;	  /* 0: until it is told to end */
};

struct app {
	struct nicemu_args args;
	struct console console;
	struct plx_pool *pool; /* of the ports, NULL without any */
	struct nic nics[NICS_MAX];
	unsigned nb_nics;
	struct loop loops[NICS_MAX];
	unsigned nb_loops;
	uint64_t started_ns, ended_ns;
};

#endif
