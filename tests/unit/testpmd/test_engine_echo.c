/* SPDX-License-Identifier: BSD-3-Clause */
/* icmpecho: what is answered and how, and what is not. */
#include "engine_fixture.h"

#define NOT_ANSWERED 0

static const uint8_t asker[] = {0x02, 0, 0, 0, 0, 0x01}; /* as in put_macs */
static const uint8_t asked[] = {0x02, 0, 0, 0, 0, 0x02};

static void
ping(struct frame *f, unsigned nb_tags)
{
	*f = (struct frame){0};
	put_macs(f);
	for (unsigned i = 0; i < nb_tags; i++)
		put_tag(f, PLX_NET_ETHERTYPE_VLAN, 9);
	put16(f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(f, PLX_NET_PROTO_ICMP);
	put_icmp(f, PLX_NET_ICMP_ECHO);
	put(f, "are you there?", 14);
	frame_close(f);
	fill_csums(f);
}

static void
a_ping_is_answered(void **state)
{
	for (unsigned nb_tags = 0; nb_tags < 3; nb_tags++) {
		const size_t ip = 14 + nb_tags * 4;
		struct frame f;

		ping(&f, nb_tags);
		begin("icmpecho");
		assert_true(pass(&f));
		assert_memory_equal(f.bytes, asker, 6);
		assert_memory_equal(f.bytes + 6, asked, 6);
		assert_int_equal(plx_load_be32(f.bytes + ip + 12), 0x0a000002);
		assert_int_equal(plx_load_be32(f.bytes + ip + 16), 0x0a000001);
		assert_int_equal(f.bytes[ip + 20], PLX_NET_ICMP_ECHO_REPLY);
		assert_memory_equal(f.bytes + ip + 28, "are you there?", 14);
		assert_int_equal(ipv4_csum(&f), PLX_NET_CSUM_GOOD);
		assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
		end();
	}
	assert_int_equal(stream.counts[NOT_ANSWERED], 0);
}

static void
a_question_to_a_group_is_answered_by_a_neighbour(void **state)
{
	struct frame f;

	ping(&f, 0);
	memcpy(f.bytes, "\x01\x00\x5e\x00\x00\x05", 6);
	memcpy(f.bytes + 30, "\xe0\x00\x00\x05", 4);
	fill_csums(&f);
	begin("icmpecho");
	assert_true(pass(&f));
	assert_memory_equal(f.bytes + 6, near_mac, 6);
	assert_int_equal(plx_load_be32(f.bytes + 26), 0x0a000002);
	assert_int_equal(plx_load_be32(f.bytes + 30), 0x0a000001);
	assert_int_equal(ipv4_csum(&f), PLX_NET_CSUM_GOOD);
	assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
	end();
}

static void
who_has_is_answered_with_the_ports_address(void **state)
{
	struct frame f = {0};

	put_ether(&f, PLX_NET_ETHERTYPE_ARP);
	put_arp(&f, PLX_NET_ARP_REQUEST, 0x0a000001, 0x0a000063);
	begin("icmpecho");
	assert_true(pass(&f));
	assert_memory_equal(f.bytes, asker, 6);
	assert_memory_equal(f.bytes + 6, near_mac, 6);
	assert_int_equal(plx_load_be16(f.bytes + 20), PLX_NET_ARP_REPLY);
	assert_memory_equal(f.bytes + 22, near_mac, 6);
	assert_int_equal(plx_load_be32(f.bytes + 28), 0x0a000063);
	assert_memory_equal(f.bytes + 32, asker, 6);
	assert_int_equal(plx_load_be32(f.bytes + 38), 0x0a000001);
	end();
}

static void
not_answered(struct frame *f, size_t piece)
{
	uint64_t before = stream.counts[NOT_ANSWERED];

	assert_false(pass_in_pieces(f, piece));
	assert_int_equal(stream.counts[NOT_ANSWERED], before + 1);
}

static void
what_is_no_question_is_freed_and_counted(void **state)
{
	struct frame f, arp = {0}, udp = {0}, six = {0}, null = {.len = 64};

	begin("icmpecho");
	ping(&f, 0);
	f.bytes[34] = PLX_NET_ICMP_ECHO_REPLY;
	not_answered(&f, f.len);
	ping(&f, 0);
	f.bytes[35] = 1;
	not_answered(&f, f.len);
	ping(&f, 0);
	plx_store_be16(f.bytes + 20, PLX_NET_IPV4_MF);
	not_answered(&f, f.len);
	ping(&f, 0);
	plx_store_be16(f.bytes + 20, 7);
	not_answered(&f, f.len);
	put_ether(&arp, PLX_NET_ETHERTYPE_ARP);
	put_arp(&arp, PLX_NET_ARP_REPLY, 1, 2);
	not_answered(&arp, arp.len);
	put_ether(&udp, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(&udp, PLX_NET_PROTO_UDP);
	put_udp(&udp, 8, 0);
	frame_close(&udp);
	not_answered(&udp, udp.len);
	put_ether(&six, PLX_NET_ETHERTYPE_IPV6);
	put_ipv6(&six, PLX_NET_PROTO_ICMPV6);
	put_icmp(&six, PLX_NET_ICMP_ECHO);
	frame_close(&six);
	not_answered(&six, six.len);
	not_answered(&null, null.len);
	assert_int_equal(stream.rx, 8);
	assert_int_equal(stream.tx, 0);
	end();
}

static void
a_question_that_is_cut_is_not_answered(void **state)
{
	struct frame whole, arp = {0};

	begin("icmpecho");
	ping(&whole, 0);
	for (size_t len = 1; len < 42; len++) {
		struct frame f = whole;

		f.len = len;
		not_answered(&f, len);
	}
	put_ether(&arp, PLX_NET_ETHERTYPE_ARP);
	put_arp(&arp, PLX_NET_ARP_REQUEST, 1, 2);
	for (size_t len = 1; len < 42; len++) {
		struct frame f = arp;

		f.len = len;
		not_answered(&f, len);
	}
	end();
}

static void
a_ping_in_a_chain_is_answered(void **state)
{
	struct frame f;

	begin("icmpecho");
	ping(&f, 0);
	assert_true(pass_in_pieces(&f, 43));
	assert_int_equal(f.bytes[34], PLX_NET_ICMP_ECHO_REPLY);
	assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ping_is_answered),
		TEST(a_question_to_a_group_is_answered_by_a_neighbour),
		TEST(who_has_is_answered_with_the_ports_address),
		TEST(what_is_no_question_is_freed_and_counted),
		TEST(a_question_that_is_cut_is_not_answered),
		TEST(a_ping_in_a_chain_is_answered),
	};

	return run_engine_tests(tests, PLX_ARRAY_LEN(tests));
}
