/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's life on a device that lives in the test: what is agreed, restarts, filters, links, resets. */
#include "fake_port.h"

#include "plx_ethdev.h"

static void
every_kind_of_device_carries_packets_both_ways_and_again_after_a_restart(void **state)
{
	for (unsigned i = 0; i < NB_FLAVOURS; i++) {
		make_port(&flavours[i].options);
		both_ways(10);
		assert_int_equal(plx_ethdev_stop(port), 0);
		must(plx_ethdev_start(port, &why));
		both_ways(10);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_kind_of_device_carries_packets_both_ways_and_again_after_a_restart),
	};

	return cmocka_run_group_tests(tests, fake_port_setup, fake_port_teardown);
}
