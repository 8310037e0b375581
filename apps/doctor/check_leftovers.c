/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include "leftover.h"
#include "link.h"

#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>

/* Who made it cannot be known, so it is told and never swept. One that runs has a program. */
static bool
is_idle_persistent_tap(const struct machine *m, const char *name)
{
	struct link_facts facts;
	uint64_t flags;

	return m->link != NULL && machine_number(m, &flags, "/sys/class/net/%s/tun_flags", name) &&
	       (flags & IFF_PERSIST) != 0 && (flags & IFF_TAP) != 0 && m->link(name, &facts) == 0 &&
	       strcmp(facts.driver, "tun") == 0 && (facts.flags & IFF_RUNNING) == 0;
}

static unsigned
tell_persistent_taps(const struct machine *m, struct report *report)
{
	struct names names;
	unsigned told = 0;

	machine_interfaces(m, &names);
	for (unsigned i = 0; i < names.n; i++) {
		if (!is_idle_persistent_tap(m, names.name[i]))
			continue;
		report_add(
			report, LEVEL_NOTE,
			"%s is a persistent tap that is down or has no carrier: it stays until somebody removes it",
			names.name[i]);
		report_mend(report, "sudo ip link del %s, if nobody needs it", names.name[i]);
		told++;
	}
	names_free(&names);
	return told;
}

void
check_leftovers(const struct exam *exam, struct report *report)
{
	struct leftovers all;
	unsigned taps;

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
	taps = tell_persistent_taps(&exam->machine, report);
	if (all.n == 0 && taps == 0)
		report_add(report, LEVEL_OK, "none");
	if (all.unseen)
		report_add(report, LEVEL_UNSEEN,
			   "XDP programs are there whose owners only root may see");
	report_fact(report, "leftovers", json_count(all.n));
	leftovers_free(&all);
}
