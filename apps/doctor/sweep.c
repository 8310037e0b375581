/* SPDX-License-Identifier: BSD-3-Clause */
#include "sweep.h"

#include "leftover.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
agreed(const struct leftover *item)
{
	char answer[16];

	printf("%s\n  remove it? [y/N] ", item->text);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) == NULL) {
		printf("\n");
		return false;
	}
	return answer[0] == 'y' || answer[0] == 'Y';
}

static int
sweep_one(const struct machine *m, const struct leftover *item, bool yes)
{
	int err;

	if (!yes && !agreed(item)) {
		printf("kept\n");
		return 0;
	}
	err = leftover_sweep(m, item);
	if (err == 0) {
		printf("removed: %s\n", item->text);
		return 0;
	}
	printf("stays: %s: %s\n  %s\n", item->text, strerror(-err), item->mend);
	return 1;
}

int
sweep_run(const struct machine *m, bool yes)
{
	struct leftovers all;
	int status = 0;

	if (!yes && !isatty(STDIN_FILENO)) {
		fprintf(stderr,
			"plx-doctor: --sweep asks for each thing it would remove, and there is no "
			"terminal: --sweep --yes removes them all\n");
		return 2;
	}
	if (leftovers_find(m, &all) != 0) {
		fprintf(stderr, "plx-doctor: out of memory\n");
		return 1;
	}
	for (unsigned i = 0; i < all.n; i++)
		status |= sweep_one(m, &all.item[i], yes);
	if (all.n == 0)
		printf("nothing to remove\n");
	if (all.unseen)
		printf("XDP programs were not looked at: root may see whose they are\n");
	leftovers_free(&all);
	return status;
}
