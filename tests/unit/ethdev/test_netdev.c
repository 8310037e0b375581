/* SPDX-License-Identifier: BSD-3-Clause */
/* The loopback interface is in every namespace and may be asked by anyone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "plx_ethdev.h"
#include "plx_netdev_driver.h"

static struct plx_netdev lo;

static int
open_loopback(void **state)
{
	return plx_netdev_init(&lo, "lo", NULL);
}

static int
close_loopback(void **state)
{
	plx_netdev_fini(&lo);
	return 0;
}

static void
loopback_is_found_by_name(void **state)
{
	assert_string_equal(lo.name, "lo");
	assert_int_equal(lo.index, if_nametoindex("lo"));
}

static void
a_missing_interface_is_refused_with_the_list_of_those_there_are(void **state)
{
	struct plx_netdev netdev;
	struct plx_why why = {""};

	assert_int_equal(plx_netdev_init(&netdev, "plxnone0", &why), -ENODEV);
	assert_non_null(strstr(why.text, "\"plxnone0\""));
	assert_non_null(strstr(why.text, "lo"));
	plx_netdev_fini(&netdev);
}

static void
names_the_kernel_would_not_take_are_refused_in_words(void **state)
{
	static const char *const bad[] = {
		"", "sixteen_letters_", "a/b", "a b", "..", ".", "a:1", "tab\tin",
	};
	struct plx_why why;

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		why.text[0] = '\0';
		assert_int_equal(plx_netdev_check_name(bad[i], &why), -EINVAL);
		assert_true(strlen(why.text) > 10);
	}
	assert_int_equal(plx_netdev_check_name(NULL, &why), -EINVAL);
	assert_int_equal(plx_netdev_check_name("fifteen_letters", &why), 0);
	assert_int_equal(plx_netdev_check_name("eth0.100", &why), 0);
}

static void
the_list_is_cut_with_an_ellipsis(void **state)
{
	char text[9];

	assert_ptr_equal(plx_netdev_list(text, sizeof(text)), text);
	assert_true(strlen(text) < sizeof(text));
	assert_true(strstr(text, "lo") != NULL || strstr(text, "...") != NULL);
}

static void
loopback_tells_mtu_mac_flags_driver_and_queues(void **state)
{
	static const uint8_t zero[6];
	uint32_t mtu = 0, flags = 0;
	uint8_t mac[6] = {1};
	char driver[32];
	unsigned rx, tx;

	assert_int_equal(plx_netdev_mtu(&lo, &mtu), 0);
	assert_true(mtu >= 1280);
	assert_int_equal(plx_netdev_mac(&lo, mac), 0);
	assert_memory_equal(mac, zero, 6);
	assert_int_equal(plx_netdev_flags(&lo, &flags), 0);
	assert_true(flags & IFF_LOOPBACK);
	assert_int_equal(plx_netdev_driver(&lo, driver, sizeof(driver)), 0);
	assert_true(strlen(driver) > 0);
	assert_int_equal(plx_netdev_queues(&lo, &rx, &tx), 0);
	assert_int_equal(rx, 1);
	assert_int_equal(tx, 1);
}

static void
loopback_has_counters_limits_and_link(void **state)
{
	struct plx_netdev_stats stats = {.rx_packets = UINT64_MAX};
	struct plx_ethdev_link link = {.speed_mbps = 1};
	uint32_t min = 1, max = 1, flags;

	assert_int_equal(plx_netdev_stats(&lo, &stats), 0);
	assert_int_equal(stats.rx_packets, stats.tx_packets);
	assert_int_equal(plx_netdev_mtu_range(&lo, &min, &max), 0);
	assert_true(min <= 68);
	assert_true(max >= 65535);
	assert_int_equal(plx_netdev_flags(&lo, &flags), 0);
	assert_int_equal(plx_netdev_link(&lo, &link), 0);
	assert_int_equal(link.up, (flags & IFF_UP) != 0);
}

static void
changing_nothing_needs_no_rights(void **state)
{
	assert_int_equal(plx_netdev_change_flags(&lo, IFF_LOOPBACK, 0), 0);
}

static void
an_impossible_mtu_is_refused_with_a_sentence(void **state)
{
	struct plx_why why = {""};
	uint32_t before, after;

	assert_int_equal(plx_netdev_mtu(&lo, &before), 0);
	assert_true(plx_netdev_set_mtu(&lo, 0xffffffffu, &why) < 0);
	assert_non_null(strstr(why.text, "lo"));
	assert_int_equal(plx_netdev_mtu(&lo, &after), 0);
	assert_int_equal(before, after);
}

static void
fini_may_be_repeated_and_keeps_no_fd(void **state)
{
	struct plx_netdev netdev;
	int fd;

	assert_int_equal(plx_netdev_init(&netdev, "lo", NULL), 0);
	fd = netdev.fd;
	plx_netdev_fini(&netdev);
	plx_netdev_fini(&netdev);
	assert_int_equal(close(fd), -1);
}

static void
an_interface_without_pause_frames_says_so(void **state)
{
	const struct plx_ethdev_flow_ctrl wanted = {.rx = true};
	struct plx_ethdev_flow_ctrl flow;
	struct plx_netdev gone = {.name = "gone0", .index = 0x7ffffff0, .fd = lo.fd};

	assert_int_equal(plx_netdev_pause(&lo, &flow), -EOPNOTSUPP);
	assert_true(plx_netdev_set_pause(&lo, &wanted) < 0);
	assert_int_equal(plx_netdev_pause(&gone, &flow), -ENODEV);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_without_pause_frames_says_so),
		cmocka_unit_test(loopback_is_found_by_name),
		cmocka_unit_test(a_missing_interface_is_refused_with_the_list_of_those_there_are),
		cmocka_unit_test(names_the_kernel_would_not_take_are_refused_in_words),
		cmocka_unit_test(the_list_is_cut_with_an_ellipsis),
		cmocka_unit_test(loopback_tells_mtu_mac_flags_driver_and_queues),
		cmocka_unit_test(loopback_has_counters_limits_and_link),
		cmocka_unit_test(changing_nothing_needs_no_rights),
		cmocka_unit_test(an_impossible_mtu_is_refused_with_a_sentence),
		cmocka_unit_test(fini_may_be_repeated_and_keeps_no_fd),
	};

	return cmocka_run_group_tests(tests, open_loopback, close_loopback);
}
