/* SPDX-License-Identifier: BSD-3-Clause */
/* What packets from nowhere hold. */
#include "eal_fixture.h"
#include "plx_driver.h"
#include "plx_ethdev.h"
#include "plx_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LEN 64

extern const struct plx_driver plx_driver_net_null;

/* An emulated card on such a wire would heed its own pause frames. */
static void
what_was_sent_does_not_come_back_from_where_bytes_are_written(void **state)
{
	const struct plx_pool_params params = {.name = "pool", .n = 256, .node = PLX_NODE_ANY};
	const struct plx_ethdev_conf conf = {.rx_offloads = 0};
	static const uint8_t zeroes[LEN];
	struct plx_mbuf *sent, *got[32];
	struct plx_pool *pool;
	struct plx_why why;
	uint16_t port;

	assert_int_equal(plx_pool_create(&params, &pool, &why), 0);
	assert_int_equal(plx_device_attach("net_null0,copy=1", &why), 0);
	assert_int_equal(plx_ethdev_by_name("net_null0", &port), 0);
	assert_int_equal(plx_ethdev_configure(port, 1, 1, &conf, &why), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, pool, &why), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 0, 0, &why), 0);
	assert_int_equal(plx_ethdev_start(port, &why), 0);
	for (unsigned round = 0; round < 20; round++) {
		assert_int_equal(plx_mbuf_alloc_bulk(pool, &sent, 1), 0);
		memset(plx_mbuf_append(sent, LEN), 0x88, LEN);
		assert_int_equal(plx_ethdev_tx_burst(port, 0, &sent, 1), 1);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, got, 32), 32);
		for (unsigned i = 0; i < 32; i++)
			assert_memory_equal(plx_mbuf_data(got[i]), zeroes, LEN);
		plx_mbuf_free_bulk(got, 32);
	}
	assert_int_equal(plx_device_detach("net_null0", &why), 0);
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sent_does_not_come_back_from_where_bytes_are_written),
	};
	int failed;

	if (eal_fixture_init("0") != 0 || plx_driver_add(&plx_driver_net_null, NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	plx_eal_cleanup();
	return failed;
}
