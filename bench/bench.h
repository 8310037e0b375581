/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the benches share: a row is one thing measured in two ways, ours and a peer's, in the same run. The
 * two alternate, the median of each counts, and what counts most is the ratio. Samples during which other
 * processes used more than a quarter of a processor are thrown away and taken again, within limits; how many
 * disturbed ones had to be kept is printed.
 *
 *	static const struct bench_row rows[] = {{"spsc, single", ours, peer, &arg}, ...};
 *	return bench_main(argc, argv, &(struct bench){"ring", "cycles", "dpdk", rows, n});
 *
 * Options of every bench: -n RUNS (default 9), -q (do not wait for a quiet machine), and words: only rows
 * whose name contains one of them. The last line of output is JSON.
 */
#ifndef PLX_BENCH_BENCH_H
#define PLX_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One sample; a negative value says that it could not be taken (the row is then marked). */
typedef double (*bench_fn)(const void *arg);

struct bench_row {
	const char *name;
	bench_fn ours;
	bench_fn peer; /* NULL: there is nothing to compare with */
	const void *arg;
};

struct bench {
	const char *question; /* name in the JSON line */
	const char *unit;     /* cycles/element, Mpps */
	const char *peer;     /* name of the other side */
	const struct bench_row *rows;
	size_t nb_rows;
	bool more_is_better; /* rates; otherwise costs */
};

/* Runs the rows and prints. 0, or 2 for bad options. */
int bench_main(int argc, char **argv, const struct bench *bench);

/* Makes the compiler believe that what p points to is read here, and may be changed. */
static inline void
bench_use(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

/* Time stamp counter, and how fast it runs. */
uint64_t bench_cycles(void);
double bench_cycles_per_second(void);

/* The calling thread runs on this processor only (-1: on all of the process's). 0 or -errno. */
int bench_pin(int cpu);

#define BENCH_HOP_NEAR 400 /* more cycles than that: the two share no cache */

/* Cycles that a line takes from one processor to the other and back, at best; negative: not known (hop.c). */
double bench_hop(int cpu, int other);

#endif
