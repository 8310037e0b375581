/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include "leftover.h"

#include <string.h>

void
check_leftovers(const struct exam *exam, struct report *report)
{
	struct leftovers all;

	if (leftovers_find(&exam->machine, &all) != 0) {
		report_add(report, LEVEL_UNSEEN, "out of memory");
		return;
	}
	for (unsigned i = 0; i < all.n; i++) {
		const struct leftover *item = &all.item[i];

		report_add(report, item->kind == LEFTOVER_XDP ? LEVEL_PROBLEM : LEVEL_NOTE, "%s",
			   item->text);
		report_mend(report, "plx-doctor --sweep, or: %.280s", item->mend);
	}
	if (all.n == 0)
		report_add(report, LEVEL_OK, "none");
	if (all.unseen)
		report_add(report, LEVEL_UNSEEN,
			   "XDP programs are there whose owners only root may see");
	report_fact(report, "leftovers", json_count(all.n));
	leftovers_free(&all);
}
