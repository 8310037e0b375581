/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine in a folder of its own: a test puts the files there that /proc, /sys and /dev would have. */
#ifndef PLX_TESTS_UNIT_DOCTOR_FAKE_MACHINE_H
#define PLX_TESTS_UNIT_DOCTOR_FAKE_MACHINE_H

#include "fake_files.h"

#include "check.h"
#include "link.h"

#include <net/if.h>
#include <net/if_arp.h>

static struct link_facts fake_link; /* what any interface is */

static inline int
fake_link_read(const char *name, struct link_facts *ret_facts)
{
	*ret_facts = fake_link;
	return strcmp(name, "gone0") == 0 ? -ENODEV : 0;
}

static inline int
fake_setup(void **state)
{
	fake_link = (struct link_facts){.index = 3,
					.flags = IFF_UP,
					.mtu = 1500,
					.type = ARPHRD_ETHER,
					.driver = "fake",
					.rx_queues = 2,
					.max_queues = 4,
					.features_known = true,
					.features = LINK_XDP_BASIC};
	unsetenv("XDG_RUNTIME_DIR");
	return fake_root_make();
}

static inline struct exam
fake_exam(unsigned purposes)
{
	return (struct exam){.machine = {.root = fake_root, .link = fake_link_read},
			     .purposes = purposes};
}

/* The first finding whose text or mending command has `text` in it; fails if there is none. */
static inline const struct finding *
fake_found(const struct report *report, const char *text)
{
	for (unsigned i = 0; i < report->n; i++) {
		if (strstr(report->finding[i].text, text) != NULL ||
		    strstr(report->finding[i].mend, text) != NULL)
			return &report->finding[i];
	}
	for (unsigned i = 0; i < report->n; i++)
		print_error("found: %s | %s\n", report->finding[i].text, report->finding[i].mend);
	fail_msg("no finding has '%s'", text);
	return NULL;
}

static inline bool
fake_tells(const struct report *report, const char *text)
{
	for (unsigned i = 0; i < report->n; i++) {
		if (strstr(report->finding[i].text, text) != NULL)
			return true;
	}
	return false;
}

#endif
