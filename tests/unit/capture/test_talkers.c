/* SPDX-License-Identifier: BSD-3-Clause */
#include "board.h"
#include "talkers_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <pollux/plx_net_wire.h>

struct udp_frame {
	struct plx_net_ether ether;
	struct plx_net_ipv4 ip;
	struct plx_net_udp udp;
	uint8_t payload[18];
} PLX_PACKED;

static struct talkers *talkers;

static int
make(void **state)
{
	return talkers_create(&talkers);
}

static int
drop(void **state)
{
	talkers_destroy(talkers);
	return 0;
}

/* From 10.0.a to 10.0.b, `len` bytes on the wire. */
static void
send_udp(unsigned a, unsigned port_a, unsigned b, unsigned port_b, uint32_t len)
{
	struct udp_frame f = {
		.ether = {.dst = {2}, .src = {2}, .ethertype = __builtin_bswap16(0x0800)},
		.ip = {.version_ihl = 0x45,
		       .total_length = __builtin_bswap16(sizeof(f) - sizeof(f.ether)),
		       .ttl = 64,
		       .proto = 17,
		       .src = {10, 0, (uint8_t)(a >> 8), (uint8_t)a},
		       .dst = {10, 0, (uint8_t)(b >> 8), (uint8_t)b}},
		.udp = {.src_port = __builtin_bswap16((uint16_t)port_a),
			.dst_port = __builtin_bswap16((uint16_t)port_b),
			.length = __builtin_bswap16(sizeof(f.udp) + sizeof(f.payload))},
	};

	talkers_add(talkers, (const uint8_t *)&f, sizeof(f), len);
}

static void
both_directions_are_one_conversation(void **state)
{
	struct talker top[4];

	send_udp(1, 500, 2, 53, 100);
	send_udp(2, 53, 1, 500, 1000);
	send_udp(1, 500, 2, 53, 100);
	assert_int_equal(talkers_top(talkers, top, 4), 1);
	assert_int_equal(top[0].packets[0], 2);
	assert_int_equal(top[0].bytes[0], 200);
	assert_int_equal(top[0].packets[1], 1);
	assert_int_equal(top[0].bytes[1], 1000);
	assert_int_equal(top[0].key.end[0].port, 500);
	assert_int_equal(top[0].key.proto, 17);
}

static void
ports_tell_conversations_apart(void **state)
{
	struct talker top[4];

	send_udp(1, 500, 2, 53, 100);
	send_udp(1, 501, 2, 53, 300);
	send_udp(1, 502, 2, 53, 200);
	assert_int_equal(talkers_top(talkers, top, 2), 2);
	assert_int_equal(top[0].key.end[0].port, 501);
	assert_int_equal(top[1].key.end[0].port, 502);
}

static void
what_is_not_ip_goes_by_mac_address(void **state)
{
	const uint8_t frame[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xcc};
	struct talker top[4];

	talkers_add(talkers, frame, sizeof(frame), 60);
	assert_int_equal(talkers_top(talkers, top, 4), 1);
	assert_int_equal(top[0].key.kind, TALKER_MAC);
	assert_int_equal(top[0].key.ethertype, 0x88cc);
	assert_int_equal(top[0].key.end[0].addr[5], 1);
}

static void
bytes_that_are_no_frame_are_counted_as_others(void **state)
{
	const uint8_t runt[5] = {1, 2, 3, 4, 5};
	char text[2048] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	struct talker top[4];

	talkers_add(talkers, runt, sizeof(runt), 5);
	assert_int_equal(talkers_top(talkers, top, 4), 0);
	assert_int_equal(talkers_print(talkers, 4, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "all others"));
}

static void
the_busiest_stay_when_the_table_is_full(void **state)
{
	const unsigned many = 4 * TALKERS_SETS * TALKERS_WAYS;
	struct talker top[2];

	for (unsigned i = 0; i < many; i++) {
		send_udp(1, 1 + i % 60000, 2 + i / 60000, 53, 60);
		if (i % 10 == 0)
			send_udp(60000, 7, 60001, 9, 1000);
	}
	assert_int_equal(talkers_top(talkers, top, 1), 1);
	assert_int_equal(top[0].packets[0], (many + 9) / 10);
	assert_int_equal(talkers->packets, many + (many + 9) / 10);
	assert_true(talkers->evicted > 0);
}

static void
the_table_reads_well(void **state)
{
	char text[2048] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	send_udp(1, 500, 2, 53, 100);
	send_udp(2, 53, 1, 500, 1400);
	send_udp(3, 500, 4, 53, 500);
	assert_int_equal(talkers_print(talkers, 1, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "10.0.0.2:53 <-> 10.0.0.1:500 "));
	assert_non_null(strstr(text, "1.500 kB  75.0 %"));
	assert_non_null(strstr(text, "all others"));
	assert_non_null(strstr(text, "500 bytes  25.0 %"));
}

static void
the_busiest_are_those_since_the_last_call(void **state)
{
	struct talker_rate rates[2];

	for (unsigned i = 0; i < 10; i++)
		send_udp(1, 500, 2, 53, 1000);
	send_udp(3, 500, 4, 53, 300);
	send_udp(5, 500, 6, 53, 200);
	assert_int_equal(talkers_busiest(talkers, rates, 2), 2);
	assert_int_equal(rates[0].packets, 10);
	assert_int_equal(rates[0].bytes, 10000);
	assert_int_equal(rates[1].bytes, 300);
	send_udp(1, 500, 2, 53, 100);
	send_udp(6, 53, 5, 500, 400);
	assert_int_equal(talkers_busiest(talkers, rates, 2), 2);
	assert_int_equal(rates[0].bytes, 400);
	assert_int_equal(rates[0].talker.key.end[0].addr[3], 5);
	assert_int_equal(rates[1].packets, 1);
	assert_int_equal(rates[1].bytes, 100);
	assert_int_equal(talkers_busiest(talkers, rates, 2), 0);
}

static void
a_board_is_filled_when_it_is_asked(void **state)
{
	static struct board board;

	send_udp(1, 500, 2, 53, 100);
	board_serve(&board, talkers);
	assert_false(board_is_full(&board));
	board_ask(&board, 5);
	assert_false(board_is_full(&board));
	board_serve(&board, talkers);
	assert_true(board_is_full(&board));
	assert_int_equal(board.n, 1);
	/* What is on it stays until the next question. */
	send_udp(1, 500, 2, 53, 100);
	board_serve(&board, talkers);
	assert_int_equal(board.rates[0].packets, 1);
	board_ask(&board, 5);
	board_ask(&board, 5);
	board_serve(&board, talkers);
	assert_true(board_is_full(&board));
	assert_int_equal(board.rates[0].packets, 1);
}

int
main(void)
{
#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, make, drop)
	const struct CMUnitTest tests[] = {
		WITH_TABLE(the_busiest_are_those_since_the_last_call),
		WITH_TABLE(a_board_is_filled_when_it_is_asked),
		WITH_TABLE(both_directions_are_one_conversation),
		WITH_TABLE(ports_tell_conversations_apart),
		WITH_TABLE(what_is_not_ip_goes_by_mac_address),
		WITH_TABLE(bytes_that_are_no_frame_are_counted_as_others),
		WITH_TABLE(the_busiest_stay_when_the_table_is_full),
		WITH_TABLE(the_table_reads_well),
	};

	return cmocka_run_group_tests_name("talkers", tests, NULL, NULL);
}
