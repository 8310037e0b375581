/* SPDX-License-Identifier: BSD-3-Clause */
/* An EAL whose doors are in a folder of the test's own. */
#ifndef PLX_TESTS_UNIT_DOOR_DOOR_FIXTURE_H
#define PLX_TESTS_UNIT_DOOR_DOOR_FIXTURE_H

#include "eal_fixture.h"
#include "own.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[OWN_PATH];

/* Before and after all cases. */
static inline int
door_begin(void **state)
{
	if (own_folder(folder) == NULL)
		return -1;
	setenv("RUNTIME_DIRECTORY", folder, 1);
	return eal_fixture_init("0@0");
}

static inline int
door_end(void **state)
{
	plx_eal_cleanup();
	return rmdir(folder); /* nothing is left in it */
}

#endif
