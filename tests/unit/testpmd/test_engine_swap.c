/* SPDX-License-Identifier: BSD-3-Clause */
/* mac, macswap and 5tswap: which bytes of a frame change, and that no other ones do. */
#include "engine_fixture.h"

/* The places of `len` bytes each are exchanged in `f`. */
static void
exchange(struct frame *f, size_t first, size_t second, size_t len)
{
	uint8_t kept[16];

	memcpy(kept, f->bytes + first, len);
	memcpy(f->bytes + first, f->bytes + second, len);
	memcpy(f->bytes + second, kept, len);
}

static void
same(const struct frame *found, const struct frame *expected)
{
	assert_int_equal(found->len, expected->len);
	assert_memory_equal(found->bytes, expected->bytes, expected->len);
}

static void
udp_over_ipv4(struct frame *f)
{
	put_ether(f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(f, PLX_NET_PROTO_UDP);
	put_udp(f, 1000, 2000);
	put(f, "hello", 5);
	frame_close(f);
	fill_csums(f);
}

static void
mac_sends_from_the_port_to_its_peer(void **state)
{
	struct frame f = {0}, expected;

	udp_over_ipv4(&f);
	expected = f;
	memcpy(app.args.engines.ports[NEAR].peer, "\x02\xaa\xbb\xcc\xdd\xee", 6);
	begin("mac");
	memcpy(expected.bytes, "\x02\xaa\xbb\xcc\xdd\xee", 6);
	memcpy(expected.bytes + 6, near_mac, 6);
	assert_true(pass(&f));
	same(&f, &expected);
	end();
}

static void
mac_has_a_peer_where_none_was_named(void **state)
{
	struct frame f = {0};

	udp_over_ipv4(&f);
	begin("mac");
	assert_true(pass(&f));
	assert_memory_equal(f.bytes, "\x02\0\0\0\0\x01", 6);
	end();
}

static void
mac_and_macswap_leave_a_stump_alone(void **state)
{
	static const char *const names[] = {"mac", "macswap", "5tswap"};

	for (unsigned i = 0; i < 3; i++) {
		struct frame f = {.bytes = "elevenbytes", .len = 11}, expected = f;

		begin(names[i]);
		assert_true(pass(&f));
		same(&f, &expected);
		end();
	}
}

static void
macswap_exchanges_the_macs_only(void **state)
{
	struct frame f = {0}, expected;

	udp_over_ipv4(&f);
	expected = f;
	exchange(&expected, 0, 6, 6);
	begin("macswap");
	assert_true(pass(&f));
	same(&f, &expected);
}

static void
the_ends_of_udp_over_ipv4_change_places(void **state)
{
	struct frame f = {0}, expected;

	udp_over_ipv4(&f);
	expected = f;
	exchange(&expected, 0, 6, 6);
	exchange(&expected, 26, 30, 4);
	exchange(&expected, 34, 36, 2);
	begin("5tswap");
	assert_true(pass(&f));
	same(&f, &expected);
	assert_int_equal(ipv4_csum(&f), PLX_NET_CSUM_GOOD);
	assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
}

static void
the_ends_of_tcp_over_tagged_ipv6_change_places(void **state)
{
	struct frame f = {0}, expected;

	put_macs(&f);
	put_tag(&f, PLX_NET_ETHERTYPE_QINQ, 5);
	put_tag(&f, PLX_NET_ETHERTYPE_VLAN, 6);
	put16(&f, PLX_NET_ETHERTYPE_IPV6);
	put_ipv6(&f, PLX_NET_PROTO_TCP);
	put_tcp(&f, 1000, 80);
	frame_close(&f);
	fill_csums(&f);
	expected = f;
	exchange(&expected, 0, 6, 6);
	exchange(&expected, 22 + 8, 22 + 24, 16);
	exchange(&expected, 62, 64, 2);
	begin("5tswap");
	assert_true(pass(&f));
	same(&f, &expected);
	assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
}

static void
ports_behind_an_extension_header_are_found(void **state)
{
	struct frame f = {0}, expected;

	put_ether(&f, PLX_NET_ETHERTYPE_IPV6);
	put_ipv6(&f, PLX_NET_PROTO_HOPOPTS);
	put_ext(&f, PLX_NET_PROTO_UDP, 0, 8);
	put_udp(&f, 1, 2);
	frame_close(&f);
	expected = f;
	exchange(&expected, 0, 6, 6);
	exchange(&expected, 14 + 8, 14 + 24, 16);
	exchange(&expected, 62, 64, 2);
	begin("5tswap");
	assert_true(pass(&f));
	same(&f, &expected);
}

static void
bytes_in_the_middle_of_a_datagram_are_no_ports(void **state)
{
	struct frame f = {0}, expected;

	put_ether(&f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4_frag(&f, PLX_NET_PROTO_UDP, 100);
	put(&f, "just some payload", 17);
	frame_close(&f);
	expected = f;
	exchange(&expected, 0, 6, 6);
	exchange(&expected, 26, 30, 4);
	begin("5tswap");
	assert_true(pass(&f));
	same(&f, &expected);
}

static void
the_first_fragment_has_ports(void **state)
{
	struct frame f = {0}, expected;

	put_ether(&f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4_frag(&f, PLX_NET_PROTO_UDP, PLX_NET_IPV4_MF);
	put_udp(&f, 1000, 2000);
	frame_close(&f);
	expected = f;
	exchange(&expected, 0, 6, 6);
	exchange(&expected, 26, 30, 4);
	exchange(&expected, 34, 36, 2);
	begin("5tswap");
	assert_true(pass(&f));
	same(&f, &expected);
}

static void
sctp_keeps_its_ports_since_its_checksum_knows_their_order(void **state)
{
	struct frame f = {0};

	put_ether(&f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(&f, PLX_NET_PROTO_SCTP);
	put_sctp(&f, 1000, 2000);
	frame_close(&f);
	fill_csums(&f);
	begin("5tswap");
	assert_true(pass(&f));
	assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
}

/* Cut anywhere, a frame comes out with no more changed than what is whole in it; padding shows overruns. */
static void
a_frame_may_be_cut_anywhere(void **state)
{
	struct frame whole = {0}, swapped;

	udp_over_ipv4(&whole);
	begin("5tswap");
	swapped = whole;
	assert_true(pass(&swapped));
	for (size_t len = 1; len < whole.len; len++) {
		struct frame f = whole, expected = whole;

		f.len = expected.len = len;
		if (len >= 12)
			exchange(&expected, 0, 6, 6);
		if (len >= 34)
			exchange(&expected, 26, 30, 4);
		if (len >= 42)
			exchange(&expected, 34, 36, 2);
		assert_true(pass(&f));
		same(&f, &expected);
	}
}

static void
a_chain_is_swapped_where_its_headers_are_together(void **state)
{
	struct frame f = {0}, expected;

	udp_over_ipv4(&f);
	expected = f;
	exchange(&expected, 0, 6, 6);
	exchange(&expected, 26, 30, 4);
	exchange(&expected, 34, 36, 2);
	begin("5tswap");
	assert_true(pass_in_pieces(&f, 43));
	same(&f, &expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mac_sends_from_the_port_to_its_peer),
		TEST(mac_has_a_peer_where_none_was_named),
		TEST(mac_and_macswap_leave_a_stump_alone),
		TEST(macswap_exchanges_the_macs_only),
		TEST(the_ends_of_udp_over_ipv4_change_places),
		TEST(the_ends_of_tcp_over_tagged_ipv6_change_places),
		TEST(ports_behind_an_extension_header_are_found),
		TEST(bytes_in_the_middle_of_a_datagram_are_no_ports),
		TEST(the_first_fragment_has_ports),
		TEST(sctp_keeps_its_ports_since_its_checksum_knows_their_order),
		TEST(a_frame_may_be_cut_anywhere),
		TEST(a_chain_is_swapped_where_its_headers_are_together),
	};

	return run_engine_tests(tests, PLX_ARRAY_LEN(tests));
}
