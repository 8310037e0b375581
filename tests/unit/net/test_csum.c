/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_net_csum.h"

#include "csum_priv.h"
#include "captured.h"
#include "frame.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* The definition, word by word, in network order. */
static uint16_t
slow_csum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += plx_load_be16(bytes + i);
	if (len & 1)
		sum += (uint32_t)bytes[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
fill_noise(uint8_t *bytes, size_t len)
{
	uint32_t x = 2463534242u + (uint32_t)len;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)x;
	}
}

static void
the_example_of_rfc_1071(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	assert_int_equal(be16toh(plx_net_csum_fold(plx_net_csum_add(0, bytes, 8))), 0xddf2);
	assert_int_equal(be16toh(plx_net_csum(bytes, 8)), (uint16_t)~0xddf2);
}

static void
any_length_at_any_address_is_right(void **state)
{
	for (size_t len = 0; len < 200; len++) {
		for (size_t shift = 0; shift < 8; shift++) {
			uint8_t *bytes = malloc(len + shift + 1);

			fill_noise(bytes, len + shift);
			assert_int_equal(be16toh(plx_net_csum(bytes + shift, len)),
					 slow_csum(bytes + shift, len));
			free(bytes);
		}
	}
}

static void
many_ones_do_not_overflow(void **state)
{
	size_t len = 1 << 20;
	uint8_t *bytes = malloc(len);

	memset(bytes, 0xff, len);
	assert_int_equal(plx_net_csum(bytes, len), 0);
	assert_int_equal(plx_net_csum_fold(UINT64_MAX), 0xffff);
	free(bytes);
}

static void
pieces_add_up_to_the_whole(void **state)
{
	uint8_t bytes[300];

	fill_noise(bytes, sizeof(bytes));
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		uint64_t front = plx_net_csum_add(0, bytes, cut);
		uint64_t back = plx_net_csum_add(0, bytes + cut, sizeof(bytes) - cut);

		if (cut & 1)
			back = plx_net_csum_swap(back);
		assert_int_equal((uint16_t)~plx_net_csum_fold(front + back),
				 plx_net_csum(bytes, sizeof(bytes)));
	}
}

static void
an_update_is_what_summing_again_gives(void **state)
{
	uint8_t bytes[40];

	fill_noise(bytes, sizeof(bytes));
	for (unsigned i = 0; i < 5000; i++) {
		uint16_t before = plx_net_csum(bytes, sizeof(bytes)), old16, new16;
		uint32_t old32, new32;

		memcpy(&old16, bytes + 6, 2);
		new16 = i % 50 == 0 ? (uint16_t)(i % 100 ? 0xffff : 0) : (uint16_t)(old16 * 31 + i);
		memcpy(bytes + 6, &new16, 2);
		assert_int_equal(plx_net_csum_update16(before, old16, new16),
				 plx_net_csum(bytes, sizeof(bytes)));

		before = plx_net_csum(bytes, sizeof(bytes));
		memcpy(&old32, bytes + 12, 4);
		new32 = old32 * 2654435761u + i;
		memcpy(bytes + 12, &new32, 4);
		assert_int_equal(plx_net_csum_update32(before, old32, new32),
				 plx_net_csum(bytes, sizeof(bytes)));
	}
}

/* RFC 3720, B.4 */
static void
crc32c_of_the_published_examples(void **state)
{
	static const struct {
		uint8_t first, step;
		uint32_t crc;
	} rows[] = {{0, 0, 0x8a9136aa},
		    {0xff, 0, 0x62a8ab43},
		    {0, 1, 0x46dd794e},
		    {31, 0xff, 0x113fdb5c}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		uint8_t bytes[32];

		for (unsigned j = 0; j < 32; j++)
			bytes[j] = (uint8_t)(rows[i].first + j * rows[i].step);
		assert_int_equal(plx_net_crc32c(0, bytes, 32), rows[i].crc);
		assert_int_equal(net_crc32c_portable(0, bytes, 32), rows[i].crc);
	}
	assert_int_equal(plx_net_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(plx_net_crc32c(plx_net_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void
crc32c_with_and_without_the_instruction_agree(void **state)
{
	uint8_t bytes[128];

	fill_noise(bytes, sizeof(bytes));
	for (size_t len = 0; len <= 100; len++)
		for (size_t shift = 0; shift < 8; shift++)
			assert_int_equal(plx_net_crc32c(7, bytes + shift, len),
					 net_crc32c_portable(7, bytes + shift, len));
}

static void
crc32_of_the_published_example_in_pieces_and_by_either_way(void **state)
{
	uint8_t bytes[400];

	assert_int_equal(plx_net_crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(plx_net_crc32(plx_net_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(plx_net_crc32(5, "", 0), 5);
	fill_noise(bytes, sizeof(bytes));
	for (size_t len = 0; len <= 390; len++)
		for (size_t shift = 0; shift < 4; shift++)
			assert_int_equal(plx_net_crc32(7, bytes + shift, len),
					 net_crc32_portable(7, bytes + shift, len));
}

/* -- checksums of frames --------------------------------------------------------------------------------- */

static enum plx_net_csum_state
check_l4(const uint8_t *bytes, size_t len)
{
	struct plx_net_packet packet;

	plx_net_parse(bytes, len, &packet);
	return plx_net_csum_check_l4(bytes, &packet.layers[0]);
}

static enum plx_net_csum_state
check_ipv4(const uint8_t *bytes, size_t len)
{
	struct plx_net_packet packet;

	plx_net_parse(bytes, len, &packet);
	return plx_net_csum_check_ipv4(bytes, &packet.layers[0]);
}

static bool
fill(struct frame *f)
{
	struct plx_net_packet packet;
	bool filled;

	frame_close(f);
	plx_net_parse(f->bytes, f->len, &packet);
	filled = plx_net_csum_fill_l4(f->bytes, &packet.layers[0]);
	plx_net_csum_fill_ipv4(f->bytes, &packet.layers[0]);
	return filled;
}

static void
put_l4(struct frame *f, uint8_t proto)
{
	switch (proto) {
	case PLX_NET_PROTO_TCP:
		put_tcp(f, 1000, 2000);
		break;
	case PLX_NET_PROTO_UDP:
		put_udp(f, 1000, 2000);
		break;
	case PLX_NET_PROTO_SCTP:
		put_sctp(f, 1000, 2000);
		break;
	default:
		put_icmp(f, 8);
		break;
	}
}

static bool
has_ipv4(const uint8_t *bytes)
{
	return plx_load_be16(bytes + 12) == PLX_NET_ETHERTYPE_IPV4;
}

static void
captured_frames_are_good_and_changed_ones_bad(void **state)
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(captured); i++) {
		size_t len = captured[i].len;
		uint8_t *frame = exact_copy(captured[i].bytes, len);

		if (plx_load_be16(frame + 12) == PLX_NET_ETHERTYPE_ARP) {
			assert_int_equal(check_l4(frame, len), PLX_NET_CSUM_UNKNOWN);
			free(frame);
			continue;
		}
		assert_int_equal(check_l4(frame, len), PLX_NET_CSUM_GOOD);
		assert_int_equal(check_ipv4(frame, len),
				 has_ipv4(frame) ? PLX_NET_CSUM_GOOD : PLX_NET_CSUM_UNKNOWN);
		frame[22] ^= 1; /* time to live; in IPv6 an address */
		assert_int_equal(check_ipv4(frame, len),
				 has_ipv4(frame) ? PLX_NET_CSUM_BAD : PLX_NET_CSUM_UNKNOWN);
		frame[len - 1] ^= 2;
		assert_int_equal(check_l4(frame, len), PLX_NET_CSUM_BAD);
		free(frame);
	}
}

static void
what_was_filled_in_is_good_for_every_protocol(void **state)
{
	static const uint8_t protos[] = {6, 17, 132, 1};

	for (unsigned i = 0; i < 2 * PLX_ARRAY_LEN(protos); i++) {
		uint8_t proto = protos[i / 2];
		bool ipv6 = i & 1;

		for (size_t payload = 0; payload < 40; payload++) {
			struct frame f = {0};

			put_ether(&f, ipv6 ? 0x86dd : 0x0800);
			if (ipv6)
				put_ipv6(&f, proto == 1 ? PLX_NET_PROTO_ICMPV6 : proto);
			else
				put_ipv4(&f, proto);
			put_l4(&f, proto);
			put_payload(&f, payload);
			assert_true(fill(&f));
			put_payload(&f, 5); /* padding */
			assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_GOOD);
			assert_int_equal(check_ipv4(f.bytes, f.len),
					 ipv6 ? PLX_NET_CSUM_UNKNOWN : PLX_NET_CSUM_GOOD);
			f.bytes[f.len - 6] ^= 0x10;
			assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_BAD);
		}
	}
}

static void
udp_without_a_checksum_is_allowed_over_ipv4_only(void **state)
{
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		struct frame f = {0};

		put_ether(&f, ipv6 ? 0x86dd : 0x0800);
		if (ipv6)
			put_ipv6(&f, 17);
		else
			put_ipv4(&f, 17);
		put_udp(&f, 1, 2);
		frame_close(&f);
		assert_int_equal(check_l4(f.bytes, f.len),
				 ipv6 ? PLX_NET_CSUM_BAD : PLX_NET_CSUM_NONE);
	}
}

static void
a_udp_checksum_that_comes_out_as_0_is_sent_as_ffff(void **state)
{
	struct frame f = {0};
	uint16_t csum;

	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 1, 2);
	put16(&f, 0);
	assert_true(fill(&f));
	/* The payload takes the value of the checksum, which then has nothing left to do. */
	memcpy(f.bytes + 42, f.bytes + 40, 2);
	assert_true(fill(&f));
	memcpy(&csum, f.bytes + 40, 2);
	assert_int_equal(csum, 0xffff);
	assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_GOOD);
}

static void
what_is_cut_or_fragmented_is_unknown(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x0800);
	put_ipv4(&f, 6);
	put_tcp(&f, 1, 2);
	put_payload(&f, 20);
	assert_true(fill(&f));
	for (size_t len = 14; len < f.len; len++) {
		uint8_t *cut = exact_copy(f.bytes, len);

		assert_int_equal(check_l4(cut, len), PLX_NET_CSUM_UNKNOWN);
		free(cut);
	}
	plx_store_be16(f.bytes + 20, PLX_NET_IPV4_MF);
	assert_false(fill(&f));
	assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_UNKNOWN);

	f = (struct frame){0};
	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	put_udp(&f, 1, 2);
	frame_close(&f);
	plx_store_be16(f.bytes + 38, 9); /* UDP says more than IP */
	assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_UNKNOWN);
}

static void
a_datagram_still_on_its_routed_way_is_unknown(void **state)
{
	struct frame f = {0};

	put_ether(&f, 0x86dd);
	put_ipv6(&f, 60);
	put_ext(&f, 43, 0, 8);
	put_ext(&f, 17, 2, 24);
	put_udp(&f, 1, 2);
	assert_true(fill(&f));
	assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_GOOD);
	f.bytes[14 + 40 + 8 + 3] = 1; /* segments left */
	assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_UNKNOWN);

	f = (struct frame){0};
	put_ether(&f, 0x0800);
	put_ipv4(&f, 17);
	f.bytes[14] = 0x47;
	put32(&f, 0x01018303); /* two fillers, then a loose source route */
	put32(&f, 0x04000000);
	put_udp(&f, 1, 2);
	assert_false(fill(&f));
	assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_UNKNOWN);
	f.bytes[14 + 22] = 7; /* record route: no other destination */
	assert_true(fill(&f));
	assert_int_equal(check_l4(f.bytes, f.len), PLX_NET_CSUM_GOOD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_1071),
		cmocka_unit_test(any_length_at_any_address_is_right),
		cmocka_unit_test(many_ones_do_not_overflow),
		cmocka_unit_test(pieces_add_up_to_the_whole),
		cmocka_unit_test(an_update_is_what_summing_again_gives),
		cmocka_unit_test(crc32c_of_the_published_examples),
		cmocka_unit_test(crc32c_with_and_without_the_instruction_agree),
		cmocka_unit_test(crc32_of_the_published_example_in_pieces_and_by_either_way),
		cmocka_unit_test(captured_frames_are_good_and_changed_ones_bad),
		cmocka_unit_test(what_was_filled_in_is_good_for_every_protocol),
		cmocka_unit_test(udp_without_a_checksum_is_allowed_over_ipv4_only),
		cmocka_unit_test(a_udp_checksum_that_comes_out_as_0_is_sent_as_ffff),
		cmocka_unit_test(what_is_cut_or_fragmented_is_unknown),
		cmocka_unit_test(a_datagram_still_on_its_routed_way_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
