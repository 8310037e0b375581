/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame's way between a card and its wire, without a driver: what holds it up, in which order it goes, what the port is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nic.h"
#include "own.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND	       4u /* of configuration space */
#define COMMAND_RUNS   6u /* answers, and is master */
#define CTRL	       0x0000u
#define CTRL_SLU       (1u << 6)
#define RCTL	       0x0100u
#define RCTL_EN	       (1u << 1)
#define RCTL_LPE       (1u << 5)
#define RCTL_BSEX      (1u << 25)
#define RDLEN	       0x2808u
#define RDT	       0x2818u
#define DESC_LEN       16u
#define SECOND	       1000000000ull
#define POOL	       511u
#define LONGER_THAN_IP 65600u /* a packet of 65,535 bytes with its Ethernet header and tags */

static struct nic nics[2];
static struct plx_pool *pool;
static uint8_t bytes[LONGER_THAN_IP];

static void
open_nics(unsigned nb)
{
	struct plx_why why = {""};

	memset(nics, 0, sizeof(nics));
	for (unsigned i = 0; i < nb; i++) {
		struct nic *nic = &nics[i];

		nic->number = i;
		nic->conf.mac[0] = 2;
		nic->conf.mac[5] = (uint8_t)i;
		own_name(nic->conf.socket, sizeof(nic->conf.socket));
		nic->wire.peer = nb == 2 ? &nics[1 - i] : NULL;
		nic->wire.pool = pool;
		if (nic_open(nic, &why) != 0)
			fail_msg("%s", why.text);
	}
}

static void
close_nics(void)
{
	for (unsigned i = 0; i < 2; i++) {
		nic_end(&nics[i]);
		assert_int_equal(nic_close(&nics[i], NULL), 0);
	}
}

static void
set(struct nic *nic, uint32_t reg, uint32_t value)
{
	uint32_t le = htole32(value);

	assert_int_equal(
		plx_e1000_model_access(plx_nicemu_model(nic->card), 0, reg, &le, sizeof(le), true),
		0);
}

/* A card whose driver lets it receive, into a ring of so many descriptors that are all there but one. */
static void
receive_into(struct nic *nic, uint32_t rctl, unsigned descs)
{
	struct plx_e1000_model *model = plx_nicemu_model(nic->card);
	uint16_t command = htole16(COMMAND_RUNS);

	assert_int_equal(plx_e1000_model_config(model, COMMAND, &command, sizeof(command), true),
			 0);
	set(nic, CTRL, CTRL_SLU);
	for (uint64_t now = 1; now <= 4; now++)
		plx_e1000_model_tick(model, UINT64_MAX / 8 + now * SECOND);
	set(nic, RDLEN, descs * DESC_LEN);
	set(nic, RCTL, RCTL_EN | rctl);
	set(nic, RDT, descs - 1);
}

/* The card's send(). */
static bool
sends(struct nic *nic, size_t len)
{
	struct iovec part = {bytes, len};

	return path_send(
		nic, &(struct plx_e1000_model_frame){.parts = &part, .nb_parts = 1, .len = len});
}

static void
room_is_counted_in_buffers_of_the_size_the_driver_chose(void **state)
{
	static const struct {
		uint32_t rctl;
		unsigned frames;
	} cases[] = {
		{0, 255}, /* 2048 each */
		{1u << 16, 127},
		{2u << 16, 85},
		{3u << 16, 42},
		{RCTL_BSEX | 1u << 16, 255},
		{RCTL_LPE, 31},
		{RCTL_LPE | 3u << 16, 3},
		{RCTL_LPE | RCTL_BSEX | 1u << 16, 255}, /* 16384 */
		{RCTL_LPE | RCTL_BSEX | 2u << 16, 127},
		{RCTL_LPE | RCTL_BSEX | 3u << 16, 63},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		open_nics(1);
		receive_into(&nics[0], cases[i].rctl, 256);
		assert_int_equal(path_room(&nics[0]), cases[i].frames);
		close_nics();
	}
}

static void
a_lossless_far_end_holds_back_and_another_loses(void **state)
{
	open_nics(2);
	nics[1].conf.lossless = true;
	assert_false(sends(&nics[0], 60));
	assert_true(nics[0].wire.full);
	assert_int_equal(nics[0].books.way[TO_WIRE].frames, 0);
	assert_int_equal(nics[1].books.way[TO_CARD].frames, 0);
	nics[1].conf.lossless = false;
	assert_true(sends(&nics[0], 60));
	assert_false(nics[0].wire.full);
	assert_int_equal(wire_flush(&nics[0]), 1);
	assert_int_equal(nics[0].books.way[TO_WIRE].passed, 1);
	assert_int_equal(nics[1].books.way[TO_CARD].lost[LOSS_DOWN], 1);
	close_nics();
}

/* Frames of a turn go together, in their order: long ones, which go alone, behind those that came first. */
static void
a_far_end_gets_frames_together_and_in_their_order(void **state)
{
	static const size_t len[] = {60, 2048, 2049, 61, 9000, 62};
	size_t sum = 0, before = 0;

	open_nics(2);
	nics[1].spoil[TO_CARD].delay_ns = 600 * SECOND; /* who comes is kept, in a row */
	for (unsigned i = 0; i < PLX_ARRAY_LEN(len); i++)
		assert_true(sends(&nics[0], len[i]));
	assert_int_equal(nics[1].spoil[TO_CARD].nb_held, 5);
	assert_int_equal(nics[0].wire.nb_out, 1);
	assert_int_equal(nic_round(&nics[0]), 1);
	assert_int_equal(nics[0].wire.nb_out, 0);
	for (const struct held *held = nics[1].spoil[TO_CARD].first; held != NULL;
	     held = held->next) {
		assert_int_equal(held->frame.len, len[before++]);
		sum += held->frame.len;
	}
	assert_int_equal(before, PLX_ARRAY_LEN(len));
	assert_int_equal(nics[0].books.way[TO_WIRE].passed, before);
	assert_int_equal(nics[0].books.way[TO_WIRE].passed_bytes, sum);
	assert_int_equal(nics[1].books.way[TO_CARD].bytes, sum);
	/* Nothing takes the place of what the far end is just reading. */
	nics[0].wire.hands_over = true;
	assert_false(sends(&nics[0], 60));
	nics[0].wire.hands_over = false;
	/* More than go together: the first WIRE_BURST of them do not wait for the turn's end. */
	for (unsigned i = 0; i < WIRE_BURST + 3; i++)
		assert_true(sends(&nics[0], 60));
	assert_int_equal(nics[0].wire.nb_out, 3);
	assert_int_equal(nics[1].spoil[TO_CARD].nb_held, before + WIRE_BURST);
	nic_end(&nics[0]);
	assert_int_equal(nics[0].books.way[TO_WIRE].lost[LOSS_END], 3);
	close_nics();
}

/* 7 descriptors are free: the 8th frame has them given what they take first, and looks again how many there are. */
static void
a_lossless_far_end_is_given_no_more_than_it_has_room_for(void **state)
{
	struct nic_books *books = &nics[1].books;

	open_nics(2);
	nics[1].conf.lossless = true;
	receive_into(&nics[1], 0, 8);
	for (unsigned i = 0; i < 7; i++)
		assert_true(sends(&nics[0], 60));
	assert_int_equal(nics[0].wire.nb_out, 7);
	set(&nics[1], RDT, 0);
	assert_false(sends(&nics[0], 60));
	assert_true(nics[0].wire.full);
	assert_int_equal(nics[0].wire.nb_out, 0);
	assert_int_equal(books->way[TO_CARD].frames, 7);
	assert_false(sends(&nics[0], 60));
	set(&nics[1], RDT, 2);
	assert_true(sends(&nics[0], 60));
	assert_int_equal(wire_flush(&nics[0]), 1);
	assert_int_equal(nics[0].books.way[TO_WIRE].passed, 8);
	assert_int_equal(books->way[TO_CARD].frames, 8);
	close_nics();
}

/* net_null has frames without end. */
static void
the_port_keeps_what_the_card_has_no_descriptors_for(void **state)
{
	struct way_books *books = &nics[0].books.way[TO_CARD];
	struct plx_why why = {""};

	open_nics(1);
	if (wire_open_port(&nics[0].wire, 0, pool, false, 0, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(wire_receive(&nics[0]), WIRE_BURST);
	assert_int_equal(books->lost[LOSS_DOWN], WIRE_BURST);
	assert_false(nics[0].waits);
	nics[0].conf.lossless = true;
	assert_int_equal(wire_receive(&nics[0]), 0);
	assert_true(nics[0].waits);
	nics[0].conf.lossless = false;

	receive_into(&nics[0], 0, 8);
	assert_int_equal(wire_receive(&nics[0]), 7);
	assert_false(nics[0].waits);
	set(&nics[0], RDT, 0);
	assert_int_equal(wire_receive(&nics[0]), 0);
	assert_true(nics[0].waits);
	set(&nics[0], RCTL, 0);
	assert_int_equal(wire_receive(&nics[0]), WIRE_BURST);
	assert_false(nics[0].waits);
	assert_int_equal(books->lost[LOSS_FULL], 0);
	assert_int_equal(books->lost[LOSS_DOWN], 2 * WIRE_BURST);
	assert_int_equal(books->frames, 2 * WIRE_BURST + 7);
	plx_ethdev_stop(0);
	plx_ethdev_close(0);
	close_nics();
}

/* Of a packet of 20 pieces the ring takes 7, and 7 more; the rest is lost, piece by piece, when all ends. So is the packet behind it. */
static void
pieces_of_a_packet_wait_for_descriptors(void **state)
{
	static const uint8_t head[54] = {2, 2, 2,    2, 2, 2,	 2, 2, 2, 2, 2,		 2,
					 8, 0, 0x45, 0, 7, 0xf8, 0, 0, 0, 0, 1,		 6,
					 0, 0, 1,    2, 3, 4,	 5, 6, 7, 8, [46] = 0x50};
	struct way_books *books = &nics[0].books.way[TO_CARD];
	struct plx_why why = {""};

	open_nics(1);
	if (wire_open_port(&nics[0].wire, 0, pool, false, 0, &why) != 0)
		fail_msg("%s", why.text);
	receive_into(&nics[0], 0, 8);
	for (unsigned i = 0; i < 2; i++) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		memset(plx_mbuf_data(m), 0, 2054);
		memcpy(plx_mbuf_data(m), head, sizeof(head));
		m->data_len = (uint16_t)(m->pkt_len = i == 0 ? 2054 : 60);
		m->tso_segsz = i == 0 ? 100 : 0;
		nics[0].wire.in[i] = m;
	}
	nics[0].wire.nb_in = 2;
	assert_int_equal(wire_receive(&nics[0]), 7);
	set(&nics[0], RDT, 0);
	assert_int_equal(wire_receive(&nics[0]), 0);
	assert_true(nics[0].waits);
	set(&nics[0], RDT, 7);
	assert_int_equal(wire_receive(&nics[0]), 7);
	assert_int_equal(books->frames, 14);
	plx_ethdev_stop(0);
	plx_ethdev_close(0);
	nic_end(&nics[0]);
	assert_int_equal(books->frames, 21);
	assert_int_equal(books->uncut, 1);
	assert_int_equal(books->pieces, 20);
	assert_int_equal(books->lost[LOSS_END], 7);
	assert_true(books_are_right(&nics[0].books));
	close_nics();
}

static void
open_port(struct nic *nic)
{
	struct plx_why why = {""};

	if (wire_open_port(&nic->wire, 0, pool, false, 0, &why) != 0)
		fail_msg("%s", why.text);
}

static void
close_port(void)
{
	plx_ethdev_stop(0);
	plx_ethdev_close(0);
}

/* It is not lost, and goes once there is a buffer: nobody has to do anything for that but to free one. */
static void
a_frame_waits_for_a_buffer(void **state)
{
	static struct plx_mbuf *all[POOL];
	unsigned n = 0;

	open_nics(1);
	open_port(&nics[0]);
	while (n < POOL && (all[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	assert_false(sends(&nics[0], 60));
	assert_true(nics[0].wire.full);
	assert_int_equal(nics[0].books.starved, 1);
	plx_mbuf_free(all[--n]);
	assert_true(sends(&nics[0], 60));
	assert_false(nics[0].wire.full);
	assert_int_equal(nics[0].books.starved, 1);
	plx_mbuf_free_bulk(all, n);
	assert_int_equal(wire_flush(&nics[0]), 1);
	close_port();
	close_nics();
}

/* A port that takes nothing: the pool is for others, too. */
static void
uncut_frames_that_wait_leave_buffers_to_others(void **state)
{
	struct plx_mbuf *others[POOL / 4];
	unsigned n = 0;

	open_nics(1);
	nics[0].wire.chains = true;
	while (n < WIRE_BURST && sends(&nics[0], sizeof(bytes)))
		n++;
	assert_true(n > 0 && n < WIRE_BURST);
	assert_true(nics[0].wire.full);
	assert_int_equal(nics[0].books.starved, 0);
	assert_int_equal(plx_mbuf_alloc_bulk(pool, others, PLX_ARRAY_LEN(others)), 0);
	plx_mbuf_free_bulk(others, PLX_ARRAY_LEN(others));
	open_port(&nics[0]);
	nics[0].wire.chains = true;
	assert_true(sends(&nics[0], sizeof(bytes)));
	assert_int_equal(nics[0].books.way[TO_WIRE].passed, n);
	assert_int_equal(wire_flush(&nics[0]), 1);
	assert_int_equal(nics[0].wire.out_bufs, 0);
	close_port();
	close_nics();
}

static void
nothing_overtakes_a_frame_that_is_late(void **state)
{
	open_nics(2);
	for (enum way way = 0; way < WAYS; way++)
		nics[0].spoil[way].delay_ns = 600 * SECOND;
	assert_true(sends(&nics[0], 60));
	path_arrive(&nics[0], bytes, 60);
	for (enum way way = 0; way < WAYS; way++)
		nics[0].spoil[way].delay_ns = 0;
	assert_true(sends(&nics[0], 70));
	path_arrive(&nics[0], bytes, 70);
	assert_int_equal(nics[1].books.way[TO_CARD].frames, 0);
	for (enum way way = 0; way < WAYS; way++) {
		assert_int_equal(nics[0].spoil[way].nb_held, 2);
		assert_int_equal(nics[0].spoil[way].first->frame.len, 60);
		assert_int_equal(nics[0].spoil[way].first->next->frame.len, 70);
	}
	assert_int_equal(path_release(&nics[0]), 0);
	for (enum way way = 0; way < WAYS; way++)
		nics[0].spoil[way].first->due_ns = 0;
	assert_int_equal(path_release(&nics[0]), 4);
	assert_int_equal(wire_flush(&nics[0]), 2);
	assert_int_equal(nics[1].books.way[TO_CARD].frames, 2);
	assert_true(sends(&nics[0], 80));
	assert_int_equal(wire_flush(&nics[0]), 1);
	assert_int_equal(nics[1].books.way[TO_CARD].frames, 3);
	close_nics();
}

static void
the_longest_packet_of_ip_can_be_spoilt_too(void **state)
{
	open_nics(2);
	for (enum way way = 0; way < WAYS; way++)
		nics[0].spoil[way].corrupt = 1;
	assert_true(sends(&nics[0], sizeof(bytes)));
	path_arrive(&nics[0], bytes, sizeof(bytes));
	for (enum way way = 0; way < WAYS; way++)
		assert_int_equal(nics[0].books.way[way].corrupted, 1);
	assert_int_equal(nics[0].books.way[TO_WIRE].lost[LOSS_LONG], 0);
	close_nics();
}

/* What the port is told of a frame with so many tags, whose TCP the card left to it. */
static void
expect_headers(const uint16_t *tags, unsigned nb_tags, uint16_t type)
{
	const unsigned l2 = 14 + 4 * nb_tags, l3 = type == 0x0800 ? 20 : 40;
	uint8_t frame[200] = {0};
	struct iovec part = {frame, sizeof(frame)};
	const struct plx_mbuf *m;

	for (unsigned i = 0; i <= nb_tags; i++) {
		const uint16_t be = htobe16(i < nb_tags ? tags[i] : type);

		memcpy(frame + 12 + 4 * i, &be, sizeof(be));
	}
	open_nics(1);
	nics[0].wire.takes = PLX_E1000_MODEL_TAKES_CSUM;
	assert_true(path_send(&nics[0],
			      &(struct plx_e1000_model_frame){.parts = &part,
							      .nb_parts = 1,
							      .len = sizeof(frame),
							      .csum_start = (uint16_t)(l2 + l3),
							      .csum_offset = 16}));
	assert_int_equal(nics[0].wire.nb_out, 1);
	m = nics[0].wire.out[0];
	assert_int_equal(m->l2_len, l2);
	assert_int_equal(m->l3_len, l3);
	assert_true((m->ol_flags & PLX_MBUF_TX_TCP_CSUM) != 0);
	assert_int_equal((m->ol_flags & PLX_MBUF_TX_IPV6) != 0, type == 0x86dd);
	assert_int_equal((m->ol_flags & PLX_MBUF_TX_IPV4) != 0, type == 0x0800);
	close_nics();
}

static void
headers_are_found_behind_tags(void **state)
{
	static const uint16_t tags[][2] = {{0x8100, 0x8100}, {0x88a8, 0x8100}, {0x88a8, 0x88a8}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(tags); i++) {
		for (unsigned nb = 0; nb <= 2; nb++) {
			expect_headers(tags[i], nb, 0x0800);
			expect_headers(tags[i], nb, 0x86dd);
		}
	}
}

static int
begin(void **state)
{
	const struct plx_pool_params params = {.name = "path", .n = POOL, .node = PLX_NODE_ANY};
	char program[] = "test", opt[] = "--lcores", cpus[] = "0@0", no_huge[] = "--no-huge",
	     no_pci[] = "--no-pci", vdev[] = "--vdev=net_null0";
	char *argv[] = {program, opt, cpus, no_huge, no_pci, vdev, NULL};

	if (plx_eal_init(6, argv, NULL) < 0)
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
		cmocka_unit_test(room_is_counted_in_buffers_of_the_size_the_driver_chose),
		cmocka_unit_test(a_lossless_far_end_holds_back_and_another_loses),
		cmocka_unit_test(a_far_end_gets_frames_together_and_in_their_order),
		cmocka_unit_test(a_lossless_far_end_is_given_no_more_than_it_has_room_for),
		cmocka_unit_test(the_port_keeps_what_the_card_has_no_descriptors_for),
		cmocka_unit_test(pieces_of_a_packet_wait_for_descriptors),
		cmocka_unit_test(a_frame_waits_for_a_buffer),
		cmocka_unit_test(uncut_frames_that_wait_leave_buffers_to_others),
		cmocka_unit_test(nothing_overtakes_a_frame_that_is_late),
		cmocka_unit_test(the_longest_packet_of_ip_can_be_spoilt_too),
		cmocka_unit_test(headers_are_found_behind_tags),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
