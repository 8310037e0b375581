/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines' options, from text to values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "args.h"
#include "own.h"

#include <fcntl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct testpmd_args args;
static struct plx_why why;

static int
parse(const char *option)
{
	static char copy[128], separator[] = "--";
	char *argv[] = {separator, copy, NULL};

	snprintf(copy, sizeof(copy), "%s", option);
	return args_parse(2, argv, &args, &why);
}

static void
refused(const char *option, const char *because)
{
	assert_int_equal(parse(option), -EINVAL);
	if (strstr(why.text, because) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why.text, because);
}

static void
a_port_has_a_peer_by_its_number(void **state)
{
	assert_int_equal(parse("--burst=8"), 0);
	assert_memory_equal(args.engines.ports[3].peer, "\x02\0\0\0\0\x03", 6);
	assert_int_equal(parse("--eth-peer=3,02:00:00:0a:0b:0c"), 0);
	assert_memory_equal(args.engines.ports[3].peer, "\x02\0\0\x0a\x0b\x0c", 6);
	assert_memory_equal(args.engines.ports[2].peer, "\x02\0\0\0\0\x02", 6);
}

static void
a_peer_needs_a_port_and_an_address(void **state)
{
	refused("--eth-peer=3", "--eth-peer 3: a port");
	refused("--eth-peer=99,02:00:00:00:00:01", "a port (0 to");
	refused("--eth-peer=0,02:00:00:00:00", "a MAC address");
	refused("--eth-peer=123456789,02:00:00:00:00:01", "a port");
	refused("--eth-peer=000000000000000000000000000000000000000000000000000000000000000000000001,"
		"02:00:00:00:00:01",
		"a port");
}

static void
a_file_has_a_peer_a_line(void **state)
{
	char name[OWN_PATH + 16], option[OWN_PATH + 64];
	int fd = open(own_name(name, sizeof(name)), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const char *good = "# our lab\n02:00:00:00:0a:00\n\n  02:00:00:00:0a:01  # the second\n";
	const char *bad = "02:00:00:00:0a:00\nnobody\n";

	snprintf(option, sizeof(option), "--eth-peers-configfile=%s", name);
	assert_int_equal(write(fd, good, strlen(good)), strlen(good));
	assert_int_equal(parse(option), 0);
	assert_memory_equal(args.engines.ports[0].peer, "\x02\0\0\0\x0a\0", 6);
	assert_memory_equal(args.engines.ports[1].peer, "\x02\0\0\0\x0a\x01", 6);
	assert_memory_equal(args.engines.ports[2].peer, "\x02\0\0\0\0\x02", 6);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, bad, strlen(bad), 0), strlen(bad));
	refused(option, "line 2: \"nobody\" is no MAC address");
	close(fd);
	unlink(name);
	assert_int_equal(parse(option), -ENOENT);
	assert_non_null(strstr(why.text, name));
}

static void
txonly_has_addresses_and_ports(void **state)
{
	assert_int_equal(parse("--tx-ip=10.0.0.1,10.0.0.2"), 0);
	assert_memory_equal(args.engines.src_ip, "\x0a\0\0\x01", 4);
	assert_memory_equal(args.engines.dst_ip, "\x0a\0\0\x02", 4);
	assert_int_equal(parse("--tx-udp=7"), 0);
	assert_int_equal(args.engines.src_port, 7);
	assert_int_equal(args.engines.dst_port, 7);
	assert_int_equal(parse("--tx-udp=7,8"), 0);
	assert_int_equal(args.engines.dst_port, 8);
	refused("--tx-ip=10.0.0.1", "two IPv4 addresses");
	refused("--tx-ip=10.0.0.1,fd00::1", "two IPv4 addresses");
	refused("--tx-udp=70000", "one port or two");
	refused("--tx-udp=7,", "one port or two");
}

static void
an_engine_that_is_not_there_is_answered_with_those_that_are(void **state)
{
	refused("--forward-mode=ioo", "there are io, mac, macswap, 5tswap");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_has_a_peer_by_its_number),
		cmocka_unit_test(a_peer_needs_a_port_and_an_address),
		cmocka_unit_test(a_file_has_a_peer_a_line),
		cmocka_unit_test(txonly_has_addresses_and_ports),
		cmocka_unit_test(an_engine_that_is_not_there_is_answered_with_those_that_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
