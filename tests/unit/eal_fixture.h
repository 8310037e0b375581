/* SPDX-License-Identifier: BSD-3-Clause */
/* An EAL on plain pages with the lcores asked for, for tests that need one. */
#ifndef PLX_TESTS_UNIT_EAL_FIXTURE_H
#define PLX_TESTS_UNIT_EAL_FIXTURE_H

#include "plx_eal.h"

#include <stdio.h>

/* `lcores` as --lcores takes it: several lcores on CPU 0 work on any machine. */
static inline int
eal_fixture_init(const char *lcores)
{
	char program[] = "test", opt[] = "--lcores", no_huge[] = "--no-huge", no_pci[] = "--no-pci";
	char set[64];
	char *argv[] = {program, opt, set, no_huge, no_pci, NULL};
	struct plx_why why;

	snprintf(set, sizeof(set), "%s", lcores);
	if (plx_eal_init(5, argv, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return -1;
	}
	return 0;
}

#endif
