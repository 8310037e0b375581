/* SPDX-License-Identifier: BSD-3-Clause */
/* An EAL of one lcore and a pool, for tests that need packets. */
#ifndef PLX_TESTS_UNIT_CAPTURE_POOL_FIXTURE_H
#define PLX_TESTS_UNIT_CAPTURE_POOL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <pollux/plx_eal.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#define FIXTURE_BUFFERS 1024

static struct plx_pool *pool;

static int
fixture_begin(void **state)
{
	char program[] = "test", no_huge[] = "--no-huge", no_pci[] = "--no-pci";
	char *argv[] = {program, no_huge, no_pci, NULL};
	const struct plx_pool_params params = {
		.name = "test", .n = FIXTURE_BUFFERS, .cache = 32, .node = PLX_NODE_ANY};
	struct plx_why why = {""};

	if (plx_eal_init(3, argv, &why) < 0 || plx_pool_create(&params, &pool, &why) != 0) {
		print_error("%s\n", why.text);
		return -1;
	}
	return 0;
}

/* Fails when a test has lost a buffer. */
static int
fixture_end(void **state)
{
	struct plx_why why = {""};
	int err = plx_pool_destroy(pool, &why);

	if (err != 0)
		print_error("%s\n", why.text);
	return err != 0 ? err : plx_eal_cleanup();
}

/* A packet of `len` bytes, all of them `fill`. */
static struct plx_mbuf *
packet(uint16_t len, uint8_t fill)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	assert_non_null(m);
	memset(plx_mbuf_append(m, len), fill, len);
	return m;
}

#endif
