/* SPDX-License-Identifier: BSD-3-Clause */
/* An EAL of one lcore and a pool, for tests of rooms that have packets. */
#ifndef PLX_TESTS_UNIT_EAL_POOL_FIXTURE_H
#define PLX_TESTS_UNIT_EAL_POOL_FIXTURE_H

#include "eal_fixture.h"
#include "plx_mbuf.h"
#include "plx_zone.h"

static struct plx_pool *pool;

static inline int
eal_pool_init(const struct plx_pool_params *params)
{
	if (eal_fixture_init("0@0") != 0)
		return -1;
	return plx_pool_create(params, &pool, NULL);
}

/* Fails when a test has lost a buffer. */
static inline int
eal_pool_fini(void **state)
{
	return plx_pool_destroy(pool, NULL) != 0 ? -1 : plx_eal_cleanup();
}

#endif
