/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slaves that are killed, and a master that is not to mind.
 *
 *	test's first process: the master, with an EAL
 *	`-- launcher: small, forked before there is an EAL; forks slaves, kills them, counts
 *	    |-- survivors: look at every packet
 *	    `-- victims: do everything a slave can, at any instant of which they end
 *
 * All share one page of figures, and what went wrong first.
 */
#ifndef PLX_TESTS_STRESS_CRASH_H
#define PLX_TESTS_STRESS_CRASH_H

#include "plx_cluster.h"

#include <sys/types.h>

#define CRASH_SURVIVORS 2
#define CRASH_VICTIMS	4
#define CRASH_PLACES	(CRASH_SURVIVORS + CRASH_VICTIMS)
#define CRASH_FRAME	64
#define CRASH_LINES	512 /* of slave.c */
#define CRASH_POINTS	9   /* in it */
#define CRASH_LIMIT_S	240

enum crash_role {
	CRASH_HONEST,
	CRASH_HOSTILE,
	CRASH_CROWD, /* all places taken, one slave more */
};

/* What the launcher is told to do, and the master to offer. */
struct crash_phase {
	const char *name;
	enum crash_role role;
	enum plx_cluster_mode mode;
	enum plx_cluster_overflow overflow;
	bool writable;
	uint32_t deaths;
};

struct crash_survivor {
	uint64_t seen, disorder, spoilt;
	uint32_t last; /* number, + 1 */
};

struct crash_page {
	uint32_t attached, ready; /* survivors that are there; the master may begin */
	uint32_t deaths;	  /* in this phase */
	uint32_t victims_over, survivors_may_end, over;
	uint32_t failed;
	char failure[600];
	struct crash_survivor survivors[CRASH_SURVIVORS];
	uint32_t by_line[CRASH_LINES]; /* deaths at each point */
};

extern struct crash_page *crash_page;

/* The first failure stays. */
void crash_fail(const char *format, ...) PLX_PRINTF(1, 2);
bool crash_failed(void);
uint32_t crash_dice(uint64_t *seed);
uint64_t crash_now_ms(void);

/* Makes the page and starts the launcher; before plx_eal_init. Returns where phases are written to, or -1. */
int crash_launch(const struct crash_phase *phases, uint64_t seed);

/* crash_slave.c: what a child of the launcher does; it returns to be ended. */
void crash_survive(uint32_t i, uint64_t seed);
void crash_be_victim(uint32_t place, bool writable, bool at_point, uint64_t seed);
void crash_be_hostile(uint32_t place, bool writable, uint64_t seed);
void crash_crowd(uint64_t seed);

#endif
