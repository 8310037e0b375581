/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The socket filter, run by the kernel: on one end of a socket pair, which needs no rights and treats every
 * datagram as a packet for this host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

#include "afp_priv.h"

static const uint8_t own[6] = {0x02, 0xf0, 0xff, 0x80, 0xfe, 0x81};
static const uint8_t other[6] = {0x02, 0xf0, 0xff, 0x80, 0xfe, 0x82};
static const uint8_t same_tail[6] = {0x04, 0xf0, 0xff, 0x80, 0xfe, 0x81};
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0, 0, 1};
static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static struct afp_port port;

static bool
passes(bool started, const uint8_t to[6])
{
	uint8_t frame[60] = {0}, got[60];
	ssize_t len;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(afp_filter_attach(&port, pair[1], started), 0);
	memcpy(frame, to, 6);
	(void)!send(pair[0], frame, sizeof(frame), 0);
	len = recv(pair[1], got, sizeof(got), 0);
	/* Never a part of a frame. */
	assert_true(len == -1 || len == sizeof(frame));
	close(pair[0]);
	close(pair[1]);
	return len > 0;
}

static int
set_up(void **state)
{
	memset(&port, 0, sizeof(port));
	port.control = -1;
	memcpy(port.dev.mac, own, 6);
	return 0;
}

static void
a_stopped_port_hears_nothing(void **state)
{
	port.dev.promiscuous = true;
	assert_false(passes(false, own));
	assert_false(passes(false, everybody));
}

static void
a_port_hears_what_is_for_it(void **state)
{
	assert_true(passes(true, own));
	assert_true(passes(true, everybody));
	assert_false(passes(true, other));
	assert_false(passes(true, same_tail));
	assert_false(passes(true, group));
}

static void
allmulticast_hears_groups(void **state)
{
	port.dev.allmulticast = true;
	assert_true(passes(true, group));
	assert_true(passes(true, own));
	assert_false(passes(true, other));
}

static void
promiscuous_hears_all(void **state)
{
	port.dev.promiscuous = true;
	assert_true(passes(true, other));
	assert_true(passes(true, group));
}

static void
a_full_list_of_addresses_fits_and_works(void **state)
{
	struct sock_filter code[AFP_FILTER_MAX];

	port.dev.allmulticast = true;
	for (uint8_t i = 0; i < AFP_MACS_MAX; i++) {
		memcpy(port.macs[i], other, 6);
		port.macs[i][0] = 0x06;
		port.macs[i][5] = i;
	}
	port.nb_macs = AFP_MACS_MAX;
	assert_true(afp_filter_build(&port, true, code) <= AFP_FILTER_MAX);
	assert_true(passes(true, port.macs[0]));
	assert_true(passes(true, port.macs[AFP_MACS_MAX - 1]));
	assert_false(passes(true, other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_stopped_port_hears_nothing, set_up),
		cmocka_unit_test_setup(a_port_hears_what_is_for_it, set_up),
		cmocka_unit_test_setup(allmulticast_hears_groups, set_up),
		cmocka_unit_test_setup(promiscuous_hears_all, set_up),
		cmocka_unit_test_setup(a_full_list_of_addresses_fits_and_works, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
