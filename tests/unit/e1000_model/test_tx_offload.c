/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums and tags, made by the card or handed on: what goes out is compared with the frames that lib/net makes. */
#include "packets.h"

/* -- sums --------------------------------------------------------------------------------------------------------------------- */

static void
sums_are_those_of_lib_net(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++)
		for (uint32_t payload = 0; payload < 1400; payload += 1 + payload * 3 / 2) {
			struct packet p = packet_of(kind & 1, kind & 2, payload);
			const unsigned before = out.nb;

			place(&p, p.len - p.l4);
			context(&p.context, 0, p.tucmd);
			data(BUFFERS, p.len, LAST, TXSM | (p.build.ipv6 ? 0 : IXSM), 0);
			assert_int_equal(go(), 1);
			expect(before, p.build, p.hdrlen, p.hdrlen, payload);
		}
	assert_int_equal(model->stats.out_bad, 0);
}

static void
sums_go_over_pieces_of_any_length(void **state)
{
	struct packet p = packet_of(false, true, 700);
	uint32_t at = 0;

	place(&p, p.len - p.l4);
	context(&p.context, 0, p.tucmd);
	for (uint32_t piece = 1; at < p.len; piece = piece * 2 + 1) {
		const uint32_t n = piece < p.len - at ? piece : p.len - at;

		/* Options count in the first descriptor only. */
		memmove(out.buffers + 0x8000 + at * 3, out.buffers + at, n);
		data(BUFFERS + 0x8000 + at * 3, n, at + n == p.len ? LAST : 0,
		     at == 0 ? TXSM | IXSM : 0, 0);
		at += n;
	}
	assert_int_equal(go(), 1);
	expect(0, p.build, p.hdrlen, p.hdrlen, 700);
}

static void
sums_may_begin_at_odd_places(void **state)
{
	struct e1000_tx_context_desc c = {.tucss = 15, .tucso = 16};
	uint16_t expected = plx_net_csum(out.buffers + 15, 146);

	context(&c, 0, TCP);
	data(BUFFERS, 101, 0, TXSM, 0);
	memmove(out.buffers + 0x1000, out.buffers + 101, 60);
	data(BUFFERS + 0x1000, 60, LAST, 0, 0);
	assert_int_equal(go(), 1);
	assert_memory_equal(out.frames[0].bytes + 16, &expected, 2);
}

static void
the_drivers_memory_is_left_as_it_is(void **state)
{
	struct packet p = packet_of(false, true, 100);
	uint8_t before[200];

	place(&p, p.len - p.l4);
	memcpy(before, out.buffers, sizeof(before));
	context(&p.context, 0, p.tucmd);
	data(BUFFERS, p.len, LAST | VLE, TXSM | IXSM, 7);
	assert_int_equal(go(), 1);
	assert_memory_equal(out.buffers, before, sizeof(before));
	/* What lies behind the last sum is not copied. */
	assert_int_equal(out.frames[0].nb_parts, 2);
}

static void
a_udp_sum_of_nothing_is_all_ones(void **state)
{
	struct packet p = packet_of(false, false, 2);
	uint16_t rest;

	/* A payload that makes the sum zero. */
	memset(out.buffers + p.hdrlen, 0, 2);
	assert_int_equal(plx_net_build_frame(&p.build, out.buffers, p.len), 0);
	memcpy(&rest, out.buffers + p.sum_at, 2);
	memcpy(out.buffers + p.hdrlen, &rest, 2);
	place(&p, p.len - p.l4);
	context(&p.context, 0, p.tucmd);
	data(BUFFERS, p.len, LAST, TXSM | IXSM, 0);
	assert_int_equal(go(), 1);
	assert_int_equal(plx_load_be16(out.frames[0].bytes + p.sum_at), 0xffff);
	/* Of TCP it is zero. */
	context(&p.context, 0, p.tucmd | TCP);
	data(BUFFERS, p.len, LAST, TXSM | IXSM, 0);
	assert_int_equal(go(), 1);
	assert_int_equal(plx_load_be16(out.frames[1].bytes + p.sum_at), 0);
}

static void
a_sum_ends_where_it_is_told_to(void **state)
{
	struct packet p = packet_of(true, false, 101);
	uint16_t expected;

	place(&p, 0);
	p.context.tucse = (uint16_t)(p.hdrlen + 40);
	context(&p.context, 0, p.tucmd);
	data(BUFFERS, p.len, LAST, TXSM, 0);
	assert_int_equal(go(), 1);
	expected = plx_net_csum(out.buffers + p.l4, p.hdrlen + 41 - p.l4);
	assert_memory_equal(out.frames[0].bytes + p.sum_at, &expected, 2);
}

static void
sums_outside_of_the_frame_are_not_made(void **state)
{
	struct e1000_tx_context_desc c = {.ipcss = 100, .ipcso = 20, .tucss = 20, .tucso = 79};

	context(&c, 0, IPV4);
	data(BUFFERS, 80, LAST, TXSM | IXSM, 0);
	data(BUFFERS, 101, LAST, IXSM, 0); /* the last byte is in it */
	assert_int_equal(go(), 2);
	assert_memory_equal(out.frames[0].bytes, out.buffers, 80);
	assert_memory_not_equal(out.frames[1].bytes + 20, out.buffers + 20, 2);
	c = (struct e1000_tx_context_desc){.tucss = 255, .tucso = 255, .ipcss = 0, .ipcso = 255};
	context(&c, 0, IPV4);
	data(BUFFERS, 256, LAST, TXSM | IXSM, 0);
	data(BUFFERS, 257, LAST, TXSM | IXSM, 0);
	assert_int_equal(go(), 2);
	assert_memory_equal(out.frames[2].bytes, out.buffers, 256);
	assert_memory_not_equal(out.frames[3].bytes + 255, out.buffers + 255, 2);
	assert_memory_equal(out.frames[3].bytes, out.buffers, 255);
}

static void
a_sum_in_the_addresses_is_the_drivers_wish(void **state)
{
	struct e1000_tx_context_desc c = {.tucss = 20, .tucso = 0};
	uint16_t expected;

	context(&c, 0, 0);
	data(BUFFERS, 80, LAST, TXSM, 0);
	assert_int_equal(go(), 1);
	expected = plx_net_csum(out.buffers + 20, 60);
	assert_memory_equal(out.frames[0].bytes, &expected, 2);
	assert_memory_equal(out.frames[0].bytes + 2, out.buffers + 2, 78);
}

static void
old_descriptors_have_one_sum(void **state)
{
	struct packet p = packet_of(false, true, 300);
	struct e1000_tx_desc desc = {.addr = BUFFERS, .cmd = LAST | IC};

	place(&p, p.len - p.l4);
	desc.length = (uint16_t)p.len;
	desc.css = (uint8_t)p.l4;
	desc.cso = (uint8_t)p.sum_at;
	put_desc(&desc);
	assert_int_equal(go(), 1);
	assert_memory_equal(out.frames[0].bytes + p.l3 + 10, "\0\0", 2); /* IP's is not made */
	memcpy(out.buffers + p.sum_at, out.frames[0].bytes + p.sum_at, 2);
	assert_int_equal(plx_net_csum_fold(plx_net_csum_add(
				 plx_net_csum_pseudo_ipv4(p.build.src_ip, p.build.dst_ip,
							  p.build.proto, p.len - p.l4),
				 out.frames[0].bytes + p.l4, p.len - p.l4)),
			 0xffff);
	/* In the first of two: its places, the last one's wish. */
	desc.length = 60;
	desc.cmd = 0;
	put_desc(&desc);
	desc = (struct e1000_tx_desc){
		.addr = BUFFERS + 60, .length = (uint16_t)(p.len - 60), .cmd = LAST | IC};
	put_desc(&desc);
	place(&p, p.len - p.l4);
	assert_int_equal(go(), 1);
	assert_memory_equal(out.frames[1].bytes, out.frames[0].bytes, p.len);
	/* Without a wish, and with one that lies outside, nothing. */
	desc = (struct e1000_tx_desc){
		.addr = BUFFERS, .length = 64, .cmd = LAST, .css = 14, .cso = 20};
	put_desc(&desc);
	desc = (struct e1000_tx_desc){
		.addr = BUFFERS, .length = 64, .cmd = LAST | IC, .css = 14, .cso = 63};
	put_desc(&desc);
	assert_int_equal(go(), 2);
	assert_memory_equal(out.frames[2].bytes, out.buffers, 64);
	assert_memory_equal(out.frames[3].bytes, out.buffers, 64);
}

static void
contexts_stay_and_there_are_two(void **state)
{
	struct packet p = packet_of(false, true, 500), q = packet_of(true, true, 200);

	/* One to cut in between does not touch the other. */
	context(&p.context, 0, p.tucmd);
	q.context.hdrlen = (uint8_t)q.hdrlen;
	q.context.mss = 100;
	context(&q.context, 200, q.tucmd | TSE);
	place(&p, p.len - p.l4);
	data(BUFFERS, p.len, LAST, TXSM | IXSM, 0);
	assert_int_equal(go(), 1);
	expect(0, p.build, p.hdrlen, p.hdrlen, 500);
	place_to_cut(&q);
	data(BUFFERS, q.len, LAST | TSE, TXSM, 0);
	assert_int_equal(go(), 2);
	place(&p, p.len - p.l4);
	data(BUFFERS, p.len, LAST, TXSM | IXSM, 0);
	assert_int_equal(go(), 1);
	expect(3, p.build, p.hdrlen, p.hdrlen, 500);
	place_to_cut(&q);
	data(BUFFERS, q.len, LAST | TSE, TXSM, 0);
	assert_int_equal(go(), 2);
}

static void
a_context_within_a_frame_is_for_the_next(void **state)
{
	struct packet p = packet_of(false, true, 500), q = packet_of(true, false, 200);

	context(&p.context, 0, p.tucmd);
	place(&p, p.len - p.l4);
	data(BUFFERS, 20, 0, TXSM | IXSM, 0);
	context(&q.context, 0, q.tucmd | EOP); /* that bit is another one there */
	data(BUFFERS + 20, p.len - 20, LAST, 0, 0);
	assert_int_equal(go(), 1);
	expect(0, p.build, p.hdrlen, p.hdrlen, 500);
	assert_int_equal(memcmp(&model->tx.sums, &q.context, 8), 0);
}

static void
contexts_are_written_back_if_they_ask(void **state)
{
	struct packet p = packet_of(false, true, 500);

	p.context.mss = 0x1234;
	p.context.hdrlen = 0x56;
	context(&p.context, 5, p.tucmd | RS);
	context(&p.context, 5, p.tucmd);
	go();
	assert_true(is_done(0));
	assert_false(is_done(1));
	assert_int_equal(*desc_byte(0, 13), 0x56);
	assert_int_equal(*desc_byte(0, 14), 0x34);
	assert_int_equal(*desc_byte(0, 15), 0x12);
}

/* -- tags ---------------------------------------------------------------------------------------------------------------------- */

static void
tags_are_put_in(void **state)
{
	struct packet p = packet_of(false, true, 500);
	struct e1000_tx_desc desc = {
		.addr = BUFFERS, .length = 64, .cmd = LAST | VLE, .special = 0x6123};

	put_desc(&desc);
	desc.length = 30; /* pads what is tagged */
	put_desc(&desc);
	assert_int_equal(go(), 2);
	assert_int_equal(out.frames[0].len, 68);
	assert_memory_equal(out.frames[0].bytes, out.buffers, 12);
	assert_memory_equal(out.frames[0].bytes + 12, "\x81\0\x61\x23", 4);
	assert_memory_equal(out.frames[0].bytes + 16, out.buffers + 12, 52);
	assert_int_equal(out.frames[1].len, 60);
	assert_memory_equal(out.frames[1].bytes + 16, out.buffers + 12, 18);
	assert_int_equal(out.frames[1].bytes[34], 0);
	/* With sums, which do not see it; the last descriptor has the say. */
	place(&p, p.len - p.l4);
	context(&p.context, 0, p.tucmd);
	data(BUFFERS, 100, 0, TXSM | IXSM, 9);
	data(BUFFERS + 100, p.len - 100, LAST | VLE, 0, 0x0fff);
	emodel_set(model, E1000_VET, 0x88a8);
	assert_int_equal(go(), 1);
	assert_memory_equal(out.frames[2].bytes + 12, "\x88\xa8\x0f\xff", 4);
	memmove(out.frames[2].bytes + 12, out.frames[2].bytes + 16, p.len - 12);
	out.frames[2].len -= 4;
	expect(2, p.build, p.hdrlen, p.hdrlen, 500);
}

static void
tags_need_the_cards_consent(void **state)
{
	emodel_set(model, E1000_CTRL, 0);
	data(BUFFERS, 64, LAST | VLE, 0, 5);
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[0].len, 64);
	assert_memory_equal(out.frames[0].bytes, out.buffers, 64);
	/* And addresses to stand behind. */
	emodel_set(model, E1000_CTRL, E1000_CTRL_VME);
	data(BUFFERS, 5, LAST | VLE, 0, 5);
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[1].len, 60);
	assert_memory_equal(out.frames[1].bytes, out.buffers, 5);
	for (unsigned i = 5; i < 60; i++)
		assert_int_equal(out.frames[1].bytes[i], 0);
}

/* -- embedders that do it themselves ------------------------------------------------------------------------------------------------ */

static void
sums_are_handed_on(void **state)
{
	struct packet p = packet_of(false, true, 500);
	uint16_t sum;

	take(PLX_E1000_MODEL_TAKES_CSUM);
	place(&p, p.len - p.l4);
	context(&p.context, 0, p.tucmd);
	data(BUFFERS, p.len, LAST | VLE, TXSM | IXSM, 5);
	p.context.tucse = (uint16_t)(p.len - 2); /* not to the end: the card's own business */
	context(&p.context, 0, p.tucmd);
	data(BUFFERS, p.len, LAST, TXSM, 0);
	assert_int_equal(go(), 2);
	assert_int_equal(out.frames[0].frame.csum_start, p.l4 + 4);
	assert_int_equal(out.frames[0].frame.csum_offset, 16);
	assert_int_equal(out.frames[0].frame.gso_size, 0);
	sum = plx_net_csum(out.frames[0].bytes + p.l4 + 4, p.len - p.l4);
	memcpy(out.frames[0].bytes + p.l4 + 4 + 16, &sum, 2);
	memmove(out.frames[0].bytes + 12, out.frames[0].bytes + 16, p.len - 12);
	out.frames[0].len -= 4;
	expect(0, p.build, p.hdrlen, p.hdrlen, 500);
	assert_int_equal(out.frames[1].frame.csum_start, 0);
}

static void
sums_that_cannot_be_said_are_made_here(void **state)
{
	const struct e1000_tx_context_desc c[] = {{.tucss = 0, .tucso = 20},
						  {.tucss = 40, .tucso = 20}};

	take(PLX_E1000_MODEL_TAKES_CSUM);
	for (unsigned i = 0; i < 2; i++) {
		const uint16_t sum = plx_net_csum(out.buffers + c[i].tucss, 100 - c[i].tucss);

		context(&c[i], 0, TCP);
		data(BUFFERS, 100, LAST, TXSM, 0);
		assert_int_equal(go(), 1);
		assert_int_equal(out.frames[i].frame.csum_start, 0);
		assert_memory_equal(out.frames[i].bytes + 20, &sum, 2);
	}
}

static void
nothing_is_copied_when_only_a_sum_is_handed_on(void **state)
{
	struct packet p = packet_of(true, true, 500);

	take(PLX_E1000_MODEL_TAKES_CSUM);
	place(&p, p.len - p.l4);
	context(&p.context, 0, p.tucmd);
	data(BUFFERS, p.len, LAST, TXSM, 0);
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[0].frame.csum_start, p.l4);
	assert_ptr_equal(out.frames[0].first, out.buffers);
}

static void
packets_to_cut_are_handed_on_whole(void **state)
{
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		struct packet p;
		const struct plx_e1000_model_frame *f = &out.frames[0].frame;
		uint16_t sum;

		take(PLX_E1000_MODEL_TAKES_CSUM | PLX_E1000_MODEL_TAKES_TSO);
		p = to_cut(ipv6, true, 5000, 1000);
		context(&p.context, 5000, p.tucmd | TSE);
		data(BUFFERS, p.len - 10, TSE | VLE, TXSM | (ipv6 ? 0 : IXSM), 5);
		data(BUFFERS + p.len - 10, 10, LAST | TSE, 0, 0);
		assert_int_equal(go(), 1);
		assert_int_equal(f->gso_size, 1000);
		assert_int_equal(f->hdr_len, p.hdrlen + 4);
		assert_int_equal(f->csum_start, p.l4 + 4);
		assert_int_equal(f->csum_offset, 16);
		assert_int_equal(f->ipv6, ipv6);
		sum = plx_net_csum(out.frames[0].bytes + f->csum_start, f->len - f->csum_start);
		memcpy(out.frames[0].bytes + f->csum_start + 16, &sum, 2);
		memmove(out.frames[0].bytes + 12, out.frames[0].bytes + 16, p.len - 12);
		out.frames[0].len -= 4;
		expect(0, p.build, p.hdrlen, p.hdrlen, 5000);
		assert_int_equal(emodel_get(model, E1000_TSCTC), 1);
		assert_int_equal(plx_e1000_model_peek(model, E1000_GPTC), 5);
		assert_int_equal(plx_e1000_model_peek(model, E1000_GOTCL),
				 5000 + 5 * (p.hdrlen + 4 + 4));
	}
}

static void
what_is_too_big_or_of_another_kind_is_cut_here(void **state)
{
	struct packet p;

	take(PLX_E1000_MODEL_TAKES_CSUM | PLX_E1000_MODEL_TAKES_TSO);
	p = to_cut(false, true, 66000, 9000); /* more than IP can say */
	context(&p.context, 66000, p.tucmd | TSE);
	data(BUFFERS, p.len, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 8);
	p = to_cut(false, false, 3000, 1000); /* UDP */
	context(&p.context, 3000, p.tucmd | TSE);
	data(BUFFERS, p.len, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 3);
	p = to_cut(false, true, 3000, 1000); /* without its sum */
	context(&p.context, 3000, p.tucmd | TSE);
	data(BUFFERS, p.len, LAST | TSE, IXSM, 0);
	assert_int_equal(go(), 3);
	p = to_cut(false, true, 3000, 1000); /* with one that ends before the end */
	p.context.tucse = 1000;
	context(&p.context, 3000, p.tucmd | TSE);
	data(BUFFERS, p.len, LAST | TSE, TXSM | IXSM, 0);
	p.context.tucse = 0; /* with one in front of what it is of */
	p.context.tucso = 20;
	context(&p.context, 3000, p.tucmd | TSE);
	data(BUFFERS, p.len, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 6);
	p = to_cut(false, true, 1000, 1000); /* one piece */
	context(&p.context, 1000, p.tucmd | TSE);
	data(BUFFERS, p.len, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 1);
	for (unsigned i = 0; i < out.nb; i++)
		assert_int_equal(out.frames[i].frame.gso_size, 0);
	for (unsigned i = 0; i < 11; i++) /* of these the sum is handed on still */
		assert_true(out.frames[i].frame.csum_start != 0);
}

static void
a_whole_packet_of_many_pieces_is_put_together(void **state)
{
	struct packet p;

	take(PLX_E1000_MODEL_TAKES_CSUM | PLX_E1000_MODEL_TAKES_TSO);
	p = to_cut(false, true, 65000, 1000);
	context(&p.context, 65000, p.tucmd | TSE);
	for (uint32_t at = 0; at < p.len; at += 500) {
		const uint32_t n = p.len - at < 500 ? p.len - at : 500;

		data(BUFFERS + at, n, at + n == p.len ? LAST | TSE : TSE, at == 0 ? TXSM | IXSM : 0,
		     0);
		if (out.tail % 32 == 0)
			go();
	}
	out.room = 0; /* and held */
	assert_int_equal(go(), 0);
	memset(out.buffers, 0, 300);
	out.room = 1;
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[0].len, p.len);
	assert_memory_equal(out.frames[0].bytes + 300, out.buffers + 300, p.len - 300);
	assert_int_equal(out.frames[0].frame.gso_size, 1000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sums_are_those_of_lib_net),
		TEST(sums_go_over_pieces_of_any_length),
		TEST(sums_may_begin_at_odd_places),
		TEST(the_drivers_memory_is_left_as_it_is),
		TEST(a_udp_sum_of_nothing_is_all_ones),
		TEST(a_sum_ends_where_it_is_told_to),
		TEST(sums_outside_of_the_frame_are_not_made),
		TEST(a_sum_in_the_addresses_is_the_drivers_wish),
		TEST(old_descriptors_have_one_sum),
		TEST(contexts_stay_and_there_are_two),
		TEST(a_context_within_a_frame_is_for_the_next),
		TEST(contexts_are_written_back_if_they_ask),
		TEST(tags_are_put_in),
		TEST(tags_need_the_cards_consent),
		TEST(sums_are_handed_on),
		TEST(sums_that_cannot_be_said_are_made_here),
		TEST(nothing_is_copied_when_only_a_sum_is_handed_on),
		TEST(packets_to_cut_are_handed_on_whole),
		TEST(what_is_too_big_or_of_another_kind_is_cut_here),
		TEST(a_whole_packet_of_many_pieces_is_put_together),
	};

	return cmocka_run_group_tests_name("e1000_model_tx_offload", tests, NULL, NULL);
}
