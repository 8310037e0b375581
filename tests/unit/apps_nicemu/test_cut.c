/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port hands over uncut and without sums: the frames that are made of it, judged by the parser and its checksums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cut.h"

#include <pollux/plx_byteorder.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_net_csum.h>
#include <pollux/plx_zone.h>

#include <string.h>

#define MSS	1000u
#define PAYLOAD 4321u
#define SEQ	0xfffffc00u /* goes round in the second piece */
#define ID	0xfffe
#define FIN	0x01
#define PSH	0x08
#define ACK	0x10
#define CWR	0x80
#define WRONG	0xbeef

static struct plx_pool *pool;
static uint8_t scratch[65536], bytes[8192];

/* Ethernet, tags, IP, TCP with 12 bytes of options or UDP, and PAYLOAD bytes; sums are wrong. Its length. */
static uint32_t
make_packet(unsigned tags, bool v6, uint8_t proto, uint32_t payload)
{
	const uint32_t l4_len = proto == 6 ? 32 : 8;
	uint8_t *at = bytes + 12;

	memset(bytes, 2, sizeof(bytes));
	for (unsigned i = 0; i < tags; i++, at += 4)
		plx_store_be32(at, 0x81000000u + i);
	plx_store_be16(at, v6 ? 0x86dd : 0x0800);
	at += 2;
	if (v6) {
		plx_store_be32(at, 6u << 28);
		plx_store_be16(at + 4, (uint16_t)(l4_len + payload));
		at[6] = proto;
		at += 40;
	} else {
		plx_store_be16(at, 0x4500);
		plx_store_be16(at + 2, (uint16_t)(20 + l4_len + payload));
		plx_store_be16(at + 4, ID);
		plx_store_be16(at + 6, 0x4000);
		at[9] = proto;
		plx_store_be16(at + 10, 0);
		memcpy(at + 10, &(uint16_t){plx_net_csum(at, 20)}, 2);
		at += 20;
	}
	if (proto == 6) {
		plx_store_be32(at + 4, SEQ);
		at[12] = 0x80;
		at[13] = FIN | PSH | ACK | CWR;
		plx_store_be16(at + 16, WRONG);
	} else {
		plx_store_be16(at + 4, (uint16_t)(l4_len + payload));
		plx_store_be16(at + 6, WRONG);
	}
	at += l4_len;
	for (uint32_t i = 0; i < payload; i++)
		at[i] = (uint8_t)(i * 31 + i / 251);
	return (uint32_t)(at - bytes) + payload;
}

/* In buffers of which the first holds `first` bytes and each other `rest`. */
static struct plx_mbuf *
in_mbufs(uint32_t len, uint32_t first, uint32_t rest, uint16_t segsz)
{
	struct plx_mbuf *head = NULL, *last = NULL;

	for (uint32_t at = 0, now = first; at < len; at += now, now = rest) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		assert_non_null(m);
		now = now < len - at ? now : len - at;
		memcpy(plx_mbuf_data(m), bytes + at, now);
		m->data_len = (uint16_t)now;
		if (head == NULL)
			head = m;
		else
			last->next = m;
		last = m;
		head->nb_segs = (uint16_t)(head == m ? 1 : head->nb_segs + 1);
	}
	head->pkt_len = len;
	head->ol_flags |= PLX_MBUF_RX_L4_CSUM_NONE;
	head->tso_segsz = segsz;
	return head;
}

static void
assert_sums(const uint8_t *frame, uint32_t len, struct plx_net_packet *packet)
{
	assert_int_equal(plx_net_parse(frame, len, packet), PLX_NET_GOOD);
	assert_int_equal(packet->layers[0].end, len);
	if (plx_net_layer_is_ipv4(&packet->layers[0]))
		assert_int_equal(plx_net_csum_check_ipv4(frame, &packet->layers[0]),
				 PLX_NET_CSUM_GOOD);
	assert_int_equal(plx_net_csum_check_l4(frame, &packet->layers[0]), PLX_NET_CSUM_GOOD);
}

static void
expect_pieces(unsigned tags, bool v6, uint32_t first, uint32_t rest)
{
	const uint32_t len = make_packet(tags, v6, 6, PAYLOAD), head = len - PAYLOAD;
	const unsigned nb = (PAYLOAD + MSS - 1) / MSS;
	struct cut cut;

	cut_begin(&cut, in_mbufs(len, first, rest, MSS));
	for (unsigned i = 0; i < nb; i++) {
		const uint32_t size = i + 1 < nb ? MSS : PAYLOAD % MSS;
		struct plx_net_packet packet;
		uint32_t got = 0;
		const uint8_t *frame = cut_next(&cut, scratch, &got), *tcp;

		assert_int_equal(got, head + size);
		assert_sums(frame, got, &packet);
		tcp = frame + packet.layers[0].l4_off;
		assert_int_equal(plx_load_be32(tcp + 4), (uint32_t)(SEQ + i * MSS));
		assert_int_equal(tcp[13], ACK | (i == 0 ? CWR : 0) | (i + 1 == nb ? FIN | PSH : 0));
		if (!v6)
			assert_int_equal(plx_load_be16(frame + packet.layers[0].l3_off + 4),
					 (uint16_t)(ID + i));
		assert_memory_equal(frame, bytes, packet.layers[0].l3_off + (v6 ? 4 : 2));
		assert_memory_equal(frame + head, bytes + head + i * MSS, size);
	}
	assert_null(cut_next(&cut, scratch, &(uint32_t){0}));
	assert_null(cut.m);
}

static void
tcp_is_cut_wherever_its_bytes_lie(void **state)
{
	for (unsigned tags = 0; tags <= 2; tags++) {
		for (unsigned v6 = 0; v6 <= 1; v6++) {
			expect_pieces(tags, v6, 2000, 2000);
			expect_pieces(tags, v6, 200, 333);
			expect_pieces(tags, v6, make_packet(tags, v6, 6, 0), 1900);
		}
	}
}

/* One frame, the same bytes but for its sum. */
static void
expect_whole(uint32_t len, uint32_t first, uint16_t segsz, uint32_t sum_at)
{
	const uint8_t *frame;
	struct cut cut;
	uint32_t got = 0;

	cut_begin(&cut, in_mbufs(len, first, 1500, segsz));
	frame = cut_next(&cut, scratch, &got);
	assert_non_null(frame);
	assert_int_equal(got, len);
	if (sum_at != 0) {
		struct plx_net_packet packet;

		assert_sums(frame, got, &packet);
		assert_memory_equal(frame, bytes, sum_at);
		assert_memory_equal(frame + sum_at + 2, bytes + sum_at + 2, len - sum_at - 2);
	} else {
		assert_memory_equal(frame, bytes, len);
	}
	assert_null(cut_next(&cut, scratch, &got));
}

static void
a_sum_that_was_left_out_is_filled_in(void **state)
{
	expect_whole(make_packet(0, false, 17, 100), 1500, 0, 14 + 20 + 6);
	expect_whole(make_packet(1, true, 17, 100), 1500, 0, 14 + 4 + 40 + 6);
	expect_whole(make_packet(0, false, 6, 3000), 700, 0, 14 + 20 + 16);
	/* Nothing to cut: a header alone. */
	expect_whole(make_packet(0, false, 6, 0), 1500, MSS, 14 + 20 + 16);
}

static void
what_cannot_be_cut_goes_on_as_it_is(void **state)
{
	uint32_t len = make_packet(0, false, 6, 3000);

	plx_store_be16(bytes + 12, 0x88b5); /* no IP */
	expect_whole(len, 1500, MSS, 0);
	len = make_packet(0, false, 6, 3000);
	plx_store_be16(bytes + 14 + 6, 0x2000); /* a fragment */
	expect_whole(len, 1500, MSS, 0);
	len = make_packet(0, false, 6, 3000);
	bytes[14 + 9] = 89; /* what it is not */
	expect_whole(len, 20, MSS, 0);
	expect_whole(10, 10, MSS, 0);
}

static void
others_are_left_alone(void **state)
{
	struct plx_mbuf *m = in_mbufs(make_packet(0, false, 6, 100), 1500, 1500, 0);

	assert_true(cut_wants(m));
	m->ol_flags = 0;
	assert_false(cut_wants(m));
	m->tso_segsz = MSS;
	assert_true(cut_wants(m));
	plx_mbuf_free(m);
}

static int
begin(void **state)
{
	const struct plx_pool_params params = {.name = "cut", .n = 63, .node = PLX_NODE_ANY};
	char program[] = "test", opt[] = "--lcores", cpus[] = "0@0", no_huge[] = "--no-huge",
	     no_pci[] = "--no-pci";
	char *argv[] = {program, opt, cpus, no_huge, no_pci, NULL};

	if (plx_eal_init(5, argv, NULL) < 0)
		return -1;
	return plx_pool_create(&params, &pool, NULL);
}

/* Fails when a test has lost a buffer. */
static int
end(void **state)
{
	return plx_pool_destroy(pool, NULL) != 0 ? -1 : plx_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_is_cut_wherever_its_bytes_lie),
		cmocka_unit_test(a_sum_that_was_left_out_is_filled_in),
		cmocka_unit_test(what_cannot_be_cut_goes_on_as_it_is),
		cmocka_unit_test(others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
