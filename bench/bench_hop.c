/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints how many cycles a cache line takes from processor 0 to 1 and back: for scripts that start two programs. With -i it does so for
 * each line it reads, until there are no more.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

static void
answer(void)
{
	double hop = bench_hop(0, 1);

	printf("%.0f %s\n", hop, hop < 0 ? "unknown" : hop < BENCH_HOP_NEAR ? "near" : "far");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char line[16];

	if (argc < 2 || strcmp(argv[1], "-i") != 0) {
		answer();
		return 0;
	}
	while (fgets(line, sizeof(line), stdin) != NULL)
		answer();
	return 0;
}
