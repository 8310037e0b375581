/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors become frames, whatever the driver does. */
#include "sending.h"

#include "plx_net_csum.h"

/* -- frames ----------------------------------------------------------------------------------------------------------------- */

static void
frames_go_out_in_order_and_without_copies(void **state)
{
	for (unsigned i = 0; i < 3; i++)
		legacy(BUFFERS + 2048 * i, (uint16_t)(60 + i), EOP | IFCS);
	data(BUFFERS + 2048 * 3, 70, EOP | IFCS, 0, 0);
	assert_int_equal(go(), 4);
	for (unsigned i = 0; i < 3; i++)
		is_frame(i, BUFFERS + 2048 * i, 60 + i);
	is_frame(3, BUFFERS + 2048 * 3, 70);
	for (unsigned i = 0; i < 4; i++) {
		assert_ptr_equal(out.frames[i].first, out.buffers + 2048 * i);
		assert_int_equal(out.frames[i].nb_parts, 1);
	}
	assert_int_equal(emodel_get(model, E1000_TDH), 4);
	assert_int_equal(model->stats.sent, 4);
	assert_int_equal(model->stats.sent_bytes, 60 + 61 + 62 + 70);
	books_are_even();
	assert_int_equal(plx_e1000_model_peek(model, E1000_GPTC), 4);
	assert_int_equal(go(), 0);
}

static void
frames_of_many_descriptors_are_one(void **state)
{
	data(BUFFERS, 14, 0, 0, 0);
	legacy(BUFFERS + 0x1000, 100, 0);
	data(BUFFERS + 0x2000, 1000, LAST, 0, 0);
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[0].len, 1114);
	assert_int_equal(out.frames[0].nb_parts, 3);
	assert_memory_equal(out.frames[0].bytes, out.buffers, 14);
	assert_memory_equal(out.frames[0].bytes + 14, out.buffers + 0x1000, 100);
	assert_memory_equal(out.frames[0].bytes + 114, out.buffers + 0x2000, 1000);
	assert_false(is_done(0));
	assert_false(is_done(1));
	assert_true(is_done(2));
}

static void
a_frame_may_come_in_the_smallest_pieces(void **state)
{
	/* More than there are parts; and its head in single bytes. */
	for (unsigned i = 0; i < RING_SIZE - 1; i++)
		legacy(BUFFERS + i, 1, i == RING_SIZE - 2 ? LAST : 0);
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS, RING_SIZE - 1);
	assert_int_equal(out.frames[0].nb_parts, 1); /* neighbours join */
	for (unsigned i = 0; i < RING_SIZE - 1; i++)
		legacy(BUFFERS + 3 * i, 2, i == RING_SIZE - 2 ? LAST : 0);
	assert_int_equal(go(), 1);
	for (unsigned i = 0; i < RING_SIZE - 1; i++)
		assert_memory_equal(out.frames[1].bytes + 2 * i, out.buffers + 3 * i, 2);
}

static void
a_frame_may_come_in_several_polls(void **state)
{
	uint8_t expected[300];
	uint32_t first = legacy(BUFFERS, 100, RS);

	memcpy(expected, out.buffers, 300);
	assert_int_equal(go(), 0);
	assert_true(is_done(first));
	assert_int_equal(emodel_get(model, E1000_TDH), 1);
	memset(out.buffers, 0xee, 100); /* the driver has it back */
	plx_e1000_model_unmapped(model, BUFFERS, BUFFERS_LEN);
	legacy(BUFFERS + 100, 100, 0);
	assert_int_equal(go(), 0);
	memset(out.buffers + 100, 0xee, 100);
	legacy(BUFFERS + 200, 100, LAST);
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[0].len, 300);
	assert_memory_equal(out.frames[0].bytes, expected, 300);
}

static void
a_frame_longer_than_the_ring_goes_out(void **state)
{
	for (unsigned i = 0; i < 3 * RING_SIZE; i++) {
		legacy(BUFFERS + 10 * i, 10, i == 3 * RING_SIZE - 1 ? LAST : 0);
		if (i % 50 == 49)
			assert_int_equal(go(), 0);
	}
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS, 30 * RING_SIZE);
}

static void
short_frames_are_padded(void **state)
{
	static const uint8_t zeroes[60];

	legacy(BUFFERS, 20, LAST);
	legacy(BUFFERS + 64, 5, 0);
	legacy(BUFFERS + 69, 4, LAST);
	assert_int_equal(go(), 2);
	assert_int_equal(out.frames[0].len, 60);
	assert_memory_equal(out.frames[0].bytes, out.buffers, 20);
	assert_memory_equal(out.frames[0].bytes + 20, zeroes, 40);
	assert_int_equal(out.frames[1].len, 60);
	assert_memory_equal(out.frames[1].bytes, out.buffers + 64, 9);
	assert_memory_equal(out.frames[1].bytes + 9, zeroes, 51);
	/* Unless TCTL.PSP is off; then what has no header is no frame. */
	emodel_set(model, E1000_TCTL, E1000_TCTL_EN);
	legacy(BUFFERS, 20, LAST);
	legacy(BUFFERS, 13, LAST);
	assert_int_equal(go(), 1);
	is_frame(2, BUFFERS, 20);
	assert_int_equal(model->stats.out_bad, 1);
	books_are_even();
}

static void
a_driver_may_bring_its_own_fcs(void **state)
{
	const uint32_t fcs = htole32(plx_net_crc32(0, out.buffers, 64));

	memcpy(out.buffers + 64, &fcs, 4);
	legacy(BUFFERS, 30, 0);
	legacy(BUFFERS + 30, 36, 0);
	legacy(BUFFERS + 66, 2, EOP | RS);
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS, 64);
	assert_int_equal(plx_e1000_model_peek(model, E1000_GOTCL), 68);
	out.buffers[64] ^= 1;
	legacy(BUFFERS, 68, EOP | RS);
	assert_int_equal(go(), 0);
	assert_int_equal(model->stats.out_bad, 1);
	/* Where the card pads, it makes one. */
	legacy(BUFFERS, 59, EOP | RS);
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[1].len, 60);
	assert_memory_equal(out.frames[1].bytes, out.buffers, 59);
	emodel_set(model, E1000_TCTL, E1000_TCTL_EN);
	legacy(BUFFERS, 17, EOP | RS); /* nothing would be left */
	legacy(BUFFERS, 3, EOP | RS);
	assert_int_equal(go(), 0);
	/* ... and where it changes the frame. */
	emodel_set(model, E1000_CTRL, E1000_CTRL_VME);
	legacy(BUFFERS, 68, EOP | RS | VLE);
	legacy(BUFFERS, 68, EOP | RS | IC);
	data(BUFFERS, 68, EOP | RS, E1000_TXD_POPTS_TXSM, 0);
	assert_int_equal(go(), 3);
	assert_int_equal(out.frames[2].len, 72);
	assert_int_equal(out.frames[3].len, 68);
	assert_int_equal(out.frames[4].len, 68);
	books_are_even();
}

static void
long_frames_go_out_whole(void **state)
{
	legacy(BUFFERS, E1000_TX_FRAME_MAX, LAST);
	legacy(BUFFERS, 16000, 0);
	legacy(BUFFERS + 16000, E1000_TX_FRAME_MAX - 16000, LAST);
	assert_int_equal(go(), 2);
	is_frame(0, BUFFERS, E1000_TX_FRAME_MAX);
	is_frame(1, BUFFERS, E1000_TX_FRAME_MAX);
}

static void
frames_straddle_maps(void **state)
{
	memory_add(&memory, BUFFERS + BUFFERS_LEN, 4096);
	memory_add(&memory, BUFFERS + BUFFERS_LEN + 4096, 4096);
	memory.maps[memory.nb - 1].asked = true;
	memset(memory.maps[memory.nb - 2].bytes, 'x', 4096);
	memset(memory.maps[memory.nb - 1].bytes, 'y', 4096);
	legacy(BUFFERS + BUFFERS_LEN - 30, 64, LAST);
	legacy(BUFFERS + BUFFERS_LEN + 4096 - 30, 64, LAST);
	legacy(BUFFERS + BUFFERS_LEN + 4096, 64, LAST);
	assert_int_equal(go(), 3);
	assert_int_equal(out.frames[0].nb_parts, 2);
	assert_memory_equal(out.frames[0].bytes, out.buffers + BUFFERS_LEN - 30, 30);
	for (unsigned i = 0; i < 34; i++) {
		assert_int_equal(out.frames[0].bytes[30 + i], 'x');
		assert_int_equal(out.frames[1].bytes[30 + i], 'y');
	}
	assert_int_equal(out.frames[2].bytes[63], 'y');
}

static void
the_ring_may_lie_anywhere(void **state)
{
	/* In memory that can only be asked for, and with a descriptor over a border. */
	memory_free(&memory);
	memory_add(&memory, RING, 24);
	memory_add(&memory, RING + 24, RING_SIZE * 16 - 24);
	memory.maps[1].asked = true;
	out.buffers = memory_add(&memory, BUFFERS, BUFFERS_LEN);
	for (unsigned i = 0; i < 3; i++)
		legacy(BUFFERS + 100 * i, 64, LAST);
	assert_int_equal(emodel_get(model, E1000_TDH), 0);
	assert_int_equal(go(), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(is_done(i));
}

/* -- when it may -------------------------------------------------------------------------------------------------------------------- */

static void
nothing_goes_out_unless_all_let_it(void **state)
{
	const struct plx_e1000_model_faults stuck = {.tx_stuck = true}, none = {.tx_stuck = false};

	legacy(BUFFERS, 64, LAST);
	emodel_set(model, E1000_TCTL, 0);
	assert_int_equal(go(), 0);
	emodel_set(model, E1000_TCTL, E1000_TCTL_EN);
	model->config[4] = 0;
	assert_int_equal(go(), 0);
	model->config[4] = 4;
	emodel_set(model, E1000_STATUS, 0);
	assert_int_equal(go(), 0);
	emodel_set(model, E1000_STATUS, E1000_STATUS_LU | E1000_STATUS_TXOFF);
	assert_int_equal(go(), 0);
	emodel_set(model, E1000_STATUS, E1000_STATUS_LU);
	plx_e1000_model_fault(model, &stuck);
	assert_int_equal(go(), 0);
	plx_e1000_model_fault(model, &none);
	assert_int_equal(kick(0), 0);
	assert_int_equal(emodel_get(model, E1000_TDH), 0);
	assert_false(is_done(0));
	assert_int_equal(go(), 1);
	assert_true(is_done(0));
}

static void
the_budget_holds(void **state)
{
	for (unsigned i = 0; i < 10; i++)
		legacy(BUFFERS + i, 64, LAST);
	assert_int_equal(kick(3), 3);
	assert_int_equal(emodel_get(model, E1000_TDH), 3);
	assert_int_equal(kick(3), 3);
	assert_int_equal(kick(10), 4);
	for (unsigned i = 0; i < 10; i++)
		is_frame(i, BUFFERS + i, 64);
}

static void
a_refused_frame_comes_again(void **state)
{
	out.room = 2;
	for (unsigned i = 0; i < 4; i++)
		legacy(BUFFERS + i, (uint16_t)(i == 2 ? 40 : 64), LAST);
	assert_int_equal(go(), 2);
	assert_int_equal(go(), 0); /* the third is padded, and so not sent as it is */
	assert_int_equal(out.asked, 4);
	out.room = 9;
	assert_int_equal(go(), 2);
	assert_int_equal(out.nb, 4);
	assert_int_equal(out.frames[2].len, 60);
	assert_memory_equal(out.frames[2].bytes, out.buffers + 2, 40);
	is_frame(3, BUFFERS + 3, 64);
	books_are_even();
}

static void
a_frame_refused_in_place_is_not_told_done(void **state)
{
	out.room = 0;
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 0);
	assert_false(is_done(0));
	assert_int_equal(emodel_get(model, E1000_TDH), 0);
	out.room = 1;
	assert_int_equal(go(), 1);
	assert_true(is_done(0));
}

static void
loopback_comes_in_not_out(void **state)
{
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS + 100, 32, 0);
	legacy(BUFFERS + 200, 32, LAST);
	emodel_set(model, E1000_RCTL, E1000_RCTL_LBM_MAC);
	emodel_set(model, E1000_STATUS, 0); /* needs no link */
	assert_int_equal(go(), 2);
	assert_int_equal(out.nb, 0);
	assert_int_equal(model->stats.looped, 2);
	assert_int_equal(model->stats.in, 2);
	books_are_even();
	assert_true(is_done(0));
	emodel_set(model, E1000_RCTL, 0);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 0);
	model->phy[E1000_PHY_CTRL] |= E1000_PHY_CTRL_LOOPBACK;
	assert_int_equal(go(), 1);
	assert_int_equal(model->stats.looped, 3);
	assert_int_equal(out.nb, 0);
}

static void
frames_of_the_cards_own_go_out_at_once_or_never(void **state)
{
	uint8_t frame[60] = {1, 0x80, 0xc2};

	emodel_tx_own(model, frame, sizeof(frame));
	assert_int_equal(out.nb, 1);
	assert_memory_equal(out.frames[0].bytes, frame, sizeof(frame));
	out.room = 0;
	emodel_tx_own(model, frame, sizeof(frame));
	assert_int_equal(model->stats.out_bad, 1);
	books_are_even();
}

/* -- drivers that do what they must not -------------------------------------------------------------------------------------------- */

static void
descriptors_of_nothing_are_done_and_send_nothing(void **state)
{
	memory_add(&memory, 0, PAGE);
	legacy(BUFFERS, 0, LAST);
	legacy(0, 100, LAST);
	data(BUFFERS, 0, RS, 0, 0);
	data(0, 100, LAST, 0, 0);
	legacy(BUFFERS, 64, 0);
	legacy(BUFFERS, 0, RS);
	legacy(BUFFERS, 0, LAST); /* what was begun ends here */
	assert_int_equal(go(), 1);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(is_done(i), i != 4);
	is_frame(0, BUFFERS, 64);
	assert_int_equal(model->stats.out_bad, 0);
	books_are_even();
}

static void
frames_too_long_are_lost_and_the_next_is_not(void **state)
{
	legacy(BUFFERS, E1000_TX_FRAME_MAX + 1, LAST);
	data(BUFFERS, 0xfffff, LAST, 0, 0);
	data(BUFFERS, 0x20000, 0, 0, 0);
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS, E1000_TX_FRAME_MAX, 0);
	legacy(BUFFERS, 1, LAST);
	legacy(BUFFERS, 65, LAST);
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS, 65);
	assert_int_equal(model->stats.out_bad, 4);
	assert_int_equal(model->stats.complaints, 4);
	assert_int_equal(emodel_get(model, E1000_TDH), 7);
	assert_true(is_done(0));
	books_are_even();
}

static void
chains_without_an_end_end(void **state)
{
	for (unsigned i = 0; i < 50 * RING_SIZE; i++) {
		legacy(BUFFERS, 1000, 0);
		if (i % 60 == 59)
			assert_int_equal(go(), 0);
	}
	assert_int_equal(model->stats.out_bad, 1);
	assert_int_equal(model->stats.complaints, 1);
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 1);
	books_are_even();
}

static void
buffers_that_are_nowhere_cost_their_frame(void **state)
{
	legacy(0x9000, 64, LAST);
	legacy(BUFFERS + BUFFERS_LEN - 10, 64, LAST);
	legacy(UINT64_MAX - 9, 64, LAST);
	legacy(BUFFERS, 64, 0);
	legacy(0x9000, 64, 0);
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS, 66, LAST);
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS, 66);
	assert_int_equal(errors(), 4);
	assert_int_equal(model->stats.out_bad, 4);
	assert_true(is_done(0));
	books_are_even();
}

static void
a_ring_that_is_nowhere_waits(void **state)
{
	emodel_set(model, E1000_TDBAL, 0x9000);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 0);
	assert_int_equal(emodel_get(model, E1000_TDH), 0);
	assert_int_equal(errors(), 1);
	emodel_set(model, E1000_TDBAL, RING);
	assert_int_equal(go(), 1);
}

static void
types_of_descriptors_that_are_none_are_passed_over(void **state)
{
	struct e1000_tx_data_desc desc = {
		.addr = BUFFERS, .cmd_dtalen = 64 | 5u << 20 | (uint32_t)(LAST | DEXT) << 24};

	put_desc(&desc);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 1);
	assert_true(is_done(0));
	assert_int_equal(model->stats.complaints, 1);
}

static void
a_ring_that_moves_forgets_what_was_begun(void **state)
{
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 60u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS, 64, RS);
	assert_int_equal(go(), 1);
	emodel_set(model, E1000_TDH, 9);
	out.tail = 9;
	legacy(BUFFERS + 1, 64, LAST);
	assert_int_equal(go(), 1);
	is_frame(1, BUFFERS + 1, 64);
	plx_e1000_model_tick(model, 10 * 1024);
	assert_false(is_done(0)); /* they are not the card's any more */
	assert_false(is_done(1));
	assert_true(is_done(9));
	assert_int_equal(model->stats.out_bad, 1);
	/* One that was lost already is not lost again. */
	legacy(0x9000, 64, 0);
	assert_int_equal(go(), 0);
	assert_int_equal(model->stats.out_bad, 2);
	emodel_set(model, E1000_TDH, 10);
	out.tail = 10;
	assert_int_equal(go(), 0);
	assert_int_equal(model->stats.out_bad, 2);
	/* A length that makes no sense while something waits. */
	legacy(BUFFERS + 1, 64, LAST | IDE);
	assert_int_equal(go(), 1);
	emodel_set(model, E1000_TDLEN, 100);
	assert_int_equal(go(), 0);
	plx_e1000_model_tick(model, 30 * 1024);
	assert_false(is_done(10));
	books_are_even();
}

static void
a_reset_forgets_all(void **state)
{
	out.room = 0;
	legacy(BUFFERS, 40, LAST);
	legacy(BUFFERS, 40, 0);
	assert_int_equal(go(), 0);
	emodel_tx_reset(model);
	assert_int_equal(model->stats.out_bad, 1); /* what was held */
	out.room = 9;
	assert_int_equal(go(), 0);
	emodel_tx_reset(model);
	assert_int_equal(model->stats.out_bad, 2); /* what was begun */
	emodel_set(model, E1000_TDH, 0);
	out.tail = 0;
	out.room = 9;
	legacy(BUFFERS + 1, 64, LAST);
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS + 1, 64);
	books_are_even();
}

/* The driver's, by CTRL, and the bus', in the middle of a frame and while one is held. */
static void
every_reset_is_one_of_sending(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		const bool of_bus = i >= 2, held = i % 2 != 0;
		uint32_t reset = E1000_CTRL_RST;

		legacy(BUFFERS, 40, held ? LAST : 0);
		out.room = 0;
		assert_int_equal(go(), 0);
		model->config[4] |= 2;
		if (!of_bus)
			plx_e1000_model_access(model, PLX_E1000_MODEL_BAR_REGS, E1000_CTRL, &reset,
					       sizeof(reset), true);
		else
			plx_e1000_model_reset(model);
		start_sender();
		out.room = UINT32_MAX;
		assert_int_equal(go(), 0);
		legacy(BUFFERS + 1000, 70, LAST);
		assert_int_equal(go(), 1);
		is_frame(i, BUFFERS + 1000, 70);
		assert_int_equal(model->stats.out_bad, i + 1);
		books_are_even();
	}
}

/* With the bit of TCP, which is EOP's in others. */
static void
a_context_in_the_middle_ends_no_frame(void **state)
{
	const struct e1000_tx_context_desc c = {.tucss = 34, .tucso = 50};

	data(BUFFERS, 100, 0, 0, 0);
	context(&c, 0, E1000_TXD_TUCMD_TCP);
	data(BUFFERS + 100, 50, LAST, 0, 0);
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS, 150);
}

static void
spoilt_accesses_cost_frames_not_the_queue(void **state)
{
	const struct plx_e1000_model_faults faults = {.dma_error = 5};
	unsigned polls = 0;

	plx_e1000_model_fault(model, &faults);
	memory.maps[0].asked = memory.maps[1].asked = false;
	for (unsigned i = 0; i < RING_SIZE - 1; i++)
		legacy(BUFFERS, 64, LAST);
	while (!is_done(RING_SIZE - 2) && polls++ < 1000)
		go();
	for (unsigned i = 0; i < RING_SIZE - 1; i++)
		assert_true(is_done(i));
	assert_true(model->stats.out_bad > 0);
	assert_int_equal(model->stats.out, RING_SIZE - 1);
	books_are_even();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_sender, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frames_go_out_in_order_and_without_copies),
		TEST(frames_of_many_descriptors_are_one),
		TEST(a_frame_may_come_in_the_smallest_pieces),
		TEST(a_frame_may_come_in_several_polls),
		TEST(a_frame_longer_than_the_ring_goes_out),
		TEST(short_frames_are_padded),
		TEST(a_driver_may_bring_its_own_fcs),
		TEST(long_frames_go_out_whole),
		TEST(frames_straddle_maps),
		TEST(the_ring_may_lie_anywhere),
		TEST(nothing_goes_out_unless_all_let_it),
		TEST(the_budget_holds),
		TEST(a_refused_frame_comes_again),
		TEST(a_frame_refused_in_place_is_not_told_done),
		TEST(loopback_comes_in_not_out),
		TEST(frames_of_the_cards_own_go_out_at_once_or_never),
		TEST(descriptors_of_nothing_are_done_and_send_nothing),
		TEST(frames_too_long_are_lost_and_the_next_is_not),
		TEST(chains_without_an_end_end),
		TEST(buffers_that_are_nowhere_cost_their_frame),
		TEST(a_ring_that_is_nowhere_waits),
		TEST(types_of_descriptors_that_are_none_are_passed_over),
		TEST(a_ring_that_moves_forgets_what_was_begun),
		TEST(a_reset_forgets_all),
		TEST(every_reset_is_one_of_sending),
		TEST(a_context_in_the_middle_ends_no_frame),
		TEST(spoilt_accesses_cost_frames_not_the_queue),
	};

	return cmocka_run_group_tests_name("e1000_model_tx", tests, NULL, NULL);
}
