/* SPDX-License-Identifier: BSD-3-Clause */
/* Cutting: the pieces are those that lib/net makes, and contexts that lie cost no more than their packet. */
#include "packets.h"

/* -- cutting ------------------------------------------------------------------------------------------------------------------- */

static void
pieces_are_those_of_lib_net(void **state)
{
	static const struct {
		uint32_t payload;
		uint16_t mss;
	} sizes[] = {{1, 1},	    {3, 2},	   {1460, 1460}, {1461, 1460},
		     {20000, 1447}, {64000, 9001}, {536, 1000}};

	for (unsigned kind = 0; kind < 4; kind++)
		for (unsigned i = 0; i < PLX_ARRAY_LEN(sizes); i++) {
			struct packet p =
				to_cut(kind & 1, kind & 2, sizes[i].payload, sizes[i].mss);
			const unsigned before = out.nb;
			const uint32_t n = (p.len - p.hdrlen + p.context.mss - 1) / p.context.mss;
			const uint32_t c = context(&p.context, sizes[i].payload, p.tucmd | TSE);

			data(BUFFERS, p.len, LAST | TSE, TXSM | (p.build.ipv6 ? 0 : IXSM), 0);
			assert_int_equal(go(), n);
			expect_pieces(before, &p, p.hdrlen);
			assert_false(is_done(c));
			assert_true(is_done((c + 1) % RING_SIZE));
			assert_int_equal(emodel_get(model, E1000_TSCTC),
					 kind * PLX_ARRAY_LEN(sizes) + i + 1);
		}
	assert_int_equal(model->stats.out_bad, 0);
	assert_int_equal(emodel_get(model, E1000_TSCTFC), 0);
	books_are_even();
}

static void
headers_and_payload_may_come_in_any_pieces(void **state)
{
	for (uint32_t piece = 1; piece < 400; piece += 1 + piece / 2) {
		struct packet p = to_cut(false, true, 900, 100);
		const unsigned before = out.nb;
		uint32_t at = 0, n;

		context(&p.context, 900, p.tucmd | TSE);
		while (at < p.len) {
			n = piece < p.len - at ? piece : p.len - at;
			data(BUFFERS + at, n, at + n == p.len ? LAST | TSE : TSE,
			     at == 0 ? TXSM | IXSM : 0, 0);
			at += n;
			if (piece < 20 && out.tail % 16 == 0)
				go(); /* the ring is short: in several polls */
		}
		go();
		expect_pieces(before, &p, p.hdrlen);
	}
}

/* Sums of pseudo-headers with which the length makes more than 16 bits, and those just below. */
static void
pseudo_sums_may_overflow(void **state)
{
	for (uint32_t end = 0; end <= UINT16_MAX; end += 7) {
		struct packet p = to_cut(false, true, 30, 20);
		const unsigned before = out.nb;

		p.build.src_ip[2] = (uint8_t)(end >> 8);
		p.build.src_ip[3] = (uint8_t)end;
		place_to_cut(&p);
		context(&p.context, 30, p.tucmd | TSE);
		data(BUFFERS, p.len, LAST | TSE, TXSM | IXSM, 0);
		assert_int_equal(go(), 2);
		expect_pieces(before, &p, p.hdrlen);
		if (out.nb > OUT_MAX - 2)
			forget_frames();
	}
}

static void
cutting_is_spread_over_polls(void **state)
{
	struct packet p = to_cut(true, true, 10000, 1000);
	unsigned last;

	context(&p.context, 10000, p.tucmd | TSE);
	last = data(BUFFERS, p.len, LAST | TSE, TXSM, 0);
	assert_int_equal(kick(4), 4);
	assert_int_equal(emodel_get(model, E1000_TDH), last);
	assert_false(is_done(last));
	/* The driver goes mad about the descriptor: it was copied. */
	memset(desc_byte(last, 0), 0xff, 12);
	plx_e1000_model_unmapped(model, BUFFERS, BUFFERS_LEN);
	out.room = 3;
	assert_int_equal(kick(100), 3);
	assert_int_equal(kick(100), 0);
	out.room = 100;
	assert_int_equal(kick(1), 1);
	assert_int_equal(kick(100), 2);
	assert_int_equal(emodel_get(model, E1000_TDH), last + 1);
	assert_true(is_done(last));
	expect_pieces(0, &p, p.hdrlen);
	books_are_even();
}

static void
pieces_are_tagged_as_the_first_descriptor_says(void **state)
{
	struct packet p = to_cut(false, true, 300, 100);

	context(&p.context, 300, p.tucmd | TSE);
	data(BUFFERS, p.hdrlen, TSE | VLE, TXSM | IXSM, 0x0abc);
	data(BUFFERS + p.hdrlen, 300, LAST | TSE, 0, 0x0def);
	assert_int_equal(go(), 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_memory_equal(out.frames[i].bytes + 12, "\x81\0\x0a\xbc", 4);
		memmove(out.frames[i].bytes + 12, out.frames[i].bytes + 16, out.frames[i].len - 16);
		out.frames[i].len -= 4;
	}
	expect_pieces(0, &p, p.hdrlen);
}

static void
lengths_of_802_3_are_fitted(void **state)
{
	struct packet p = to_cut(false, true, 250, 100);

	/* LLC and SNAP between the addresses and IP. */
	memmove(out.buffers + 22, out.buffers + 14, p.hdrlen - 14);
	memcpy(out.buffers + 12, "\0\1\xaa\xaa\3\0\0\0\x08\0", 10);
	p.context.ipcss += 8;
	p.context.ipcso += 8;
	p.context.ipcse += 8;
	p.context.tucss += 8;
	p.context.tucso += 8;
	p.context.hdrlen += 8;
	context(&p.context, 250, p.tucmd | TSE);
	data(BUFFERS, p.hdrlen + 8 + 250, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 3);
	assert_int_equal(plx_load_be16(out.frames[0].bytes + 12), p.hdrlen + 8 + 100 - 14);
	assert_int_equal(plx_load_be16(out.frames[2].bytes + 12), p.hdrlen + 8 + 50 - 14);
}

/* -- cutting that cannot be -------------------------------------------------------------------------------------------------------- */

static void
contexts_without_sense_cut_nothing(void **state)
{
	struct packet good = to_cut(false, true, 500, 100), p;
	unsigned bad = 0;

	for (unsigned i = 0; i < 9; i++) {
		uint32_t paylen = 500;

		p = good;
		switch (i) {
		case 0:
			p.context.mss = 0;
			break;
		case 1:
			p.context.hdrlen = 0;
			break;
		case 2:
			p.context.hdrlen = (uint8_t)(p.hdrlen - 1);
			break;
		case 3:
			paylen = 0;
			break;
		case 4:
			p.context.tucss = 255;
			break;
		case 5:
			p.context.ipcss = 13;
			break;
		case 6:
			p.context.ipcss = (uint8_t)p.l4;
			break;
		case 7:
			p.context.mss = E1000_TX_FRAME_MAX;
			break;
		default:
			p.context.tucss = 0;
		}
		context(&p.context, paylen, p.tucmd | TSE);
		data(BUFFERS, 100, TSE, TXSM | IXSM, 0);
		data(BUFFERS, p.len - 100, LAST | TSE, TXSM | IXSM, 0);
		assert_int_equal(go(), 0);
		assert_true(is_done((out.tail + RING_SIZE - 1) % RING_SIZE));
		assert_int_equal(model->stats.out_bad, ++bad);
		assert_int_equal(emodel_get(model, E1000_TSCTFC), bad);
	}
	context(&good.context, 500, good.tucmd | TSE);
	data(BUFFERS, good.len, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 5);
	expect_pieces(0, &good, good.hdrlen);
	books_are_even();
}

static void
no_context_at_all_cuts_nothing(void **state)
{
	struct packet p;

	data(BUFFERS, 1000, LAST | TSE, TXSM | IXSM, 0);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 1);
	assert_int_equal(model->stats.out_bad, 1);
	/* A reset takes it away again. */
	p = to_cut(false, true, 946, 100);
	context(&p.context, 946, p.tucmd | TSE);
	assert_int_equal(go(), 0);
	emodel_tx_reset(model);
	data(BUFFERS, 1000, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 0);
	assert_int_equal(model->stats.out_bad, 2);
}

static void
lies_about_the_payload_are_counted(void **state)
{
	struct packet p = to_cut(false, true, 500, 100);

	/* More than said: what was said goes out. */
	context(&p.context, 250, p.tucmd | TSE);
	data(BUFFERS, p.len, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 3);
	assert_int_equal(model->stats.out_bad, 1);
	assert_int_equal(emodel_get(model, E1000_TSCTFC), 1);
	/* Less: only what is whole. */
	context(&p.context, 0xfffff, p.tucmd | TSE);
	data(BUFFERS, p.hdrlen + 250, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 2);
	assert_int_equal(model->stats.out_bad, 2);
	assert_int_equal(emodel_get(model, E1000_TSCTFC), 2);
	/* Not even the headers. */
	data(BUFFERS, p.hdrlen - 1, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(go(), 0);
	assert_int_equal(model->stats.out_bad, 3);
	assert_int_equal(emodel_get(model, E1000_TSCTC), 0);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 1);
	books_are_even();
}

static void
cutting_ends_where_memory_does(void **state)
{
	struct packet p = to_cut(false, true, 0xfffff, 1000);

	context(&p.context, 0xfffff, p.tucmd | TSE);
	data(BUFFERS, 0xfffff, TSE, TXSM | IXSM, 0);
	data(BUFFERS, 0xfffff, LAST | TSE, TXSM | IXSM, 0);
	data(0x9000, 10, LAST | TSE, TXSM | IXSM, 0);
	assert_int_equal(kick(10000), (BUFFERS_LEN - p.hdrlen) / 1000);
	assert_int_equal(errors(), 2);
	assert_int_equal(model->stats.out_bad, 2);
	assert_int_equal(emodel_get(model, E1000_TDH), 4);
	books_are_even();
}

static void
a_descriptor_of_one_megabyte_keeps_the_budget(void **state)
{
	struct packet p = to_cut(false, true, 0xfffff, 1);
	unsigned n = 0;

	/* Byte by byte, a quarter of a million frames: each poll does its share. */
	context(&p.context, 0xfffff, p.tucmd | TSE);
	data(BUFFERS, 0xfffff, LAST | TSE, 0, 0);
	for (unsigned i = 0; i < 50; i++) {
		n += kick(20);
		forget_frames();
	}
	assert_int_equal(n, 1000);
	assert_int_equal(emodel_get(model, E1000_TDH), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_are_those_of_lib_net),
		TEST(headers_and_payload_may_come_in_any_pieces),
		TEST(pseudo_sums_may_overflow),
		TEST(cutting_is_spread_over_polls),
		TEST(pieces_are_tagged_as_the_first_descriptor_says),
		TEST(lengths_of_802_3_are_fitted),
		TEST(contexts_without_sense_cut_nothing),
		TEST(no_context_at_all_cuts_nothing),
		TEST(lies_about_the_payload_are_counted),
		TEST(cutting_ends_where_memory_does),
		TEST(a_descriptor_of_one_megabyte_keeps_the_budget),
	};

	return cmocka_run_group_tests_name("e1000_model_tx_cut", tests, NULL, NULL);
}
