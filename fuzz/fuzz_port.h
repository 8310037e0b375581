/* SPDX-License-Identifier: BSD-3-Clause */
/* What the targets stand on that run a port on a device of tests/fakes: the EAL with its driver, and a pool. */
#ifndef PLX_FUZZ_FUZZ_PORT_H
#define PLX_FUZZ_FUZZ_PORT_H

#include "plx_driver.h"
#include "plx_eal.h"
#include "plx_ethdev.h"
#include "plx_zone.h"

#include <stdlib.h>

static inline void
must(bool condition)
{
	if (!condition)
		abort();
}

/* Once in the program's life. `add_transport` makes the fake's devices known to the EAL; NULL where there is none. */
static inline struct plx_pool *
fuzz_port_init(const struct plx_driver *driver, void (*add_transport)(void), uint32_t buffers)
{
	static char program[] = "fuzz", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
		    lcores[] = "-l", zero[] = "0", level[] = "--log-level", quiet[] = "emergency";
	char *args[] = {program, no_huge, no_pci, lcores, zero, level, quiet, NULL};
	const struct plx_pool_params params = {.name = "fuzz", .n = buffers, .node = PLX_NODE_ANY};
	struct plx_pool *pool = NULL;

	must(plx_eal_init((int)PLX_ARRAY_LEN(args) - 1, args, NULL) >= 0);
	if (add_transport != NULL)
		add_transport();
	must(plx_driver_add(driver, NULL) == 0);
	must(plx_pool_create(&params, &pool, NULL) == 0);
	return pool;
}

#endif
