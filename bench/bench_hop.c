/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints how many cycles a cache line takes from processor 0 to 1 and back: for scripts that start two programs. */
#include "bench.h"

#include <stdio.h>

int
main(void)
{
	double hop = bench_hop(0, 1);

	printf("%.0f %s\n", hop, hop < 0 ? "unknown" : hop < BENCH_HOP_NEAR ? "near" : "far");
	return 0;
}
