/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames into descriptors: how much into which, what is said of them, and when. */
#include "rx_card.h"

#include "plx_net_csum.h"

#define LONG_LEN 5000u

/* -- what is where --------------------------------------------------------------------------------------------------- */

static void
a_frame_is_in_its_buffer_and_the_descriptor_says_so(void **state)
{
	make_ready_card();
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(put_new(FRAME_LEN + i, i), PLX_E1000_MODEL_TAKEN);
	for (unsigned i = 0; i < 5; i++) {
		make_frame(FRAME_LEN + i, i);
		expect(i, FRAME_LEN + i, WHOLE | E1000_RXD_STAT_IXSM);
		assert_int_equal(ring[i].special, 0);
		assert_memory_equal(buffer(i), frame, FRAME_LEN + i);
		assert_int_equal(buffer(i)[FRAME_LEN + i], 0);
		assert_int_equal(le64toh(ring[i].addr), BUFFERS + i * BUFFER);
	}
	assert_int_equal(ring[5].status, 0);
	assert_int_equal(reg(E1000_RDH), 5);
	assert_int_equal(plx_e1000_model_rx_room(model), DESCS - 1 - 5);
	assert_int_equal(reg(E1000_GPRC), 5);
	assert_int_equal(reg(E1000_ICR) & E1000_INT_RXT0, E1000_INT_RXT0);
	assert_int_equal(model->stats.taken, 5);
	assert_int_equal(model->stats.taken_bytes, 5 * FRAME_LEN + 10);
	drop_rx_card();
}

static void
the_ring_goes_round_for_as_long_as_the_driver_gives(void **state)
{
	make_ready_card();
	for (unsigned i = 0; i < 5 * DESCS; i++) {
		assert_int_equal(put_new(FRAME_LEN, i), PLX_E1000_MODEL_TAKEN);
		expect(i % DESCS, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
		assert_memory_equal(buffer(i % DESCS), frame, FRAME_LEN);
		give(1);
	}
	drop_rx_card();
}

static void
nothing_comes_in_while_the_card_is_down(void **state)
{
	make_ready_card();
	set(E1000_RCTL, ENABLED & ~E1000_RCTL_EN);
	assert_int_equal(put_new(FRAME_LEN, 0), PLX_E1000_MODEL_DOWN);
	assert_int_equal(plx_e1000_model_rx_room(model), 0);
	set(E1000_RCTL, ENABLED | 1u << 6);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_DOWN);
	assert_false(plx_e1000_model_rx_is_up(model));
	assert_int_equal(plx_e1000_model_rx_room(model), 0);
	assert_int_equal(put_looped(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	set(E1000_RCTL, ENABLED);
	set_command(0);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_DOWN);
	assert_int_equal(plx_e1000_model_rx_room(model), 0);
	set_command(4);
	set(E1000_STATUS, E1000_STATUS_FD);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_DOWN);
	assert_int_equal(plx_e1000_model_rx_room(model), 0);
	assert_int_equal(model->stats.down, 4);
	assert_int_equal(reg(E1000_RDH), 1);
	assert_int_equal(reg(E1000_TPR), 1);
	drop_rx_card();
}

static void
a_long_frame_goes_over_as_many_buffers_as_it_needs(void **state)
{
	static const struct {
		uint32_t rctl, room;
	} sizes[] = {
		{0, 2048},
		{1u << 16, 1024},
		{2u << 16, 512},
		{3u << 16, 256},
		{E1000_RCTL_BSEX | 1u << 16, 16384},
		{E1000_RCTL_BSEX | 2u << 16, 8192},
		{E1000_RCTL_BSEX | 3u << 16, 4096},
	};

	for (unsigned k = 0; k < PLX_ARRAY_LEN(sizes); k++) {
		const uint32_t room = sizes[k].room,
			       len = room * 2 + 77 < LONG_LEN ? room * 2 + 77 : LONG_LEN;
		const unsigned n = (len + room - 1) / room;

		make_ready_card();
		set(E1000_RCTL, ENABLED | E1000_RCTL_LPE | sizes[k].rctl);
		assert_int_equal(put_new(len, k), PLX_E1000_MODEL_TAKEN);
		for (unsigned i = 0; i < n; i++) {
			const uint32_t part = i + 1 < n ? room : len - i * room;

			assert_int_equal(le16toh(ring[i].length), part);
			assert_int_equal(ring[i].status & WHOLE,
					 i + 1 < n ? E1000_RXD_STAT_DD : WHOLE);
			assert_memory_equal(buffer(i), frame + i * room, part);
			assert_int_equal(buffer(i)[part], 0);
		}
		assert_int_equal(ring[n].status, 0);
		assert_int_equal(reg(E1000_RDH), n);
		drop_rx_card();
	}
}

static void
the_longest_frame_is_what_lpe_says_and_longer_ones_are_counted(void **state)
{
	static const struct {
		uint32_t rctl, len;
		enum plx_e1000_model_taken taken;
	} rows[] = {
		{0, 1518, PLX_E1000_MODEL_TAKEN},
		{0, 1519, PLX_E1000_MODEL_BAD},
		{E1000_RCTL_LPE, 1519, PLX_E1000_MODEL_TAKEN},
		{E1000_RCTL_LPE, 16380, PLX_E1000_MODEL_TAKEN},
		{E1000_RCTL_LPE, 16381, PLX_E1000_MODEL_BAD},
		{E1000_RCTL_SBP, 1519, PLX_E1000_MODEL_TAKEN},
		{E1000_RCTL_SBP | E1000_RCTL_LPE, 16381, PLX_E1000_MODEL_TAKEN},
		{E1000_RCTL_SBP | E1000_RCTL_LPE, 16385, PLX_E1000_MODEL_BAD},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		const bool odd = rows[i].taken == PLX_E1000_MODEL_BAD ||
				 (rows[i].rctl & E1000_RCTL_SBP) != 0;

		make_ready_card();
		set(E1000_RCTL, ENABLED | rows[i].rctl);
		assert_int_equal(put_new(rows[i].len, i), rows[i].taken);
		assert_int_equal(reg(E1000_ROC), odd);
		assert_int_equal(reg(E1000_RLEC), odd);
		assert_int_equal(reg(E1000_GPRC), !odd);
		assert_int_equal(reg(E1000_TPR), 1);
		assert_int_equal(reg(E1000_RDH) != 0, rows[i].taken == PLX_E1000_MODEL_TAKEN);
		drop_rx_card();
	}
}

static void
a_short_frame_is_padded_and_one_without_a_header_is_a_runt(void **state)
{
	static const uint8_t zeroes[46];

	make_ready_card();
	memset(buffer(0), 0xee, BUFFER);
	assert_int_equal(put_new(13, 0), PLX_E1000_MODEL_BAD);
	assert_int_equal(put_new(0, 0), PLX_E1000_MODEL_BAD);
	assert_int_equal(reg(E1000_RUC), 2);
	assert_int_equal(reg(E1000_RLEC), 2);
	assert_int_equal(reg(E1000_RDH), 0);
	assert_int_equal(put_new(14, 0), PLX_E1000_MODEL_TAKEN);
	expect(0, 60, WHOLE | E1000_RXD_STAT_IXSM);
	assert_memory_equal(buffer(0), frame, 14);
	assert_memory_equal(buffer(0) + 14, zeroes, sizeof(zeroes));
	assert_int_equal(buffer(0)[60], 0xee);
	assert_int_equal(reg(E1000_PRC64), 1);
	drop_rx_card();
}

static void
what_is_not_stripped_is_a_right_fcs(void **state)
{
	static const uint16_t lens[] = {14, 59, 60, 61, 200, 1022, 1024, 1518};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(lens); i++) {
		const uint32_t all = (lens[i] < 60 ? 60u : lens[i]) + 4;
		uint8_t whole[1600];

		make_ready_card();
		set(E1000_RCTL, (ENABLED & ~E1000_RCTL_SECRC) | 1u << 16);
		assert_int_equal(put_new(lens[i], i), PLX_E1000_MODEL_TAKEN);
		memcpy(whole, buffer(0), all < 1024 ? all : 1024);
		if (all > 1024)
			memcpy(whole + 1024, buffer(1), all - 1024);
		assert_int_equal(le16toh(ring[0].length) + le16toh(ring[1].length), all);
		assert_memory_equal(whole, frame, lens[i]);
		assert_int_equal(plx_net_crc32(0, whole, all),
				 0x2144df1c); /* of all that are right */
		drop_rx_card();
	}
}

static void
a_tag_is_taken_out_if_it_is_to_be(void **state)
{
	make_ready_card();
	make_frame(FRAME_LEN, 3);
	plx_store_be32(frame + 12, 0x8100a123);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	expect(0, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	assert_int_equal(ring[0].special, 0);
	set(E1000_CTRL, E1000_CTRL_VME);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	expect(1, FRAME_LEN - 4, WHOLE | E1000_RXD_STAT_IXSM | E1000_RXD_STAT_VP);
	assert_int_equal(le16toh(ring[1].special), 0xa123);
	assert_memory_equal(buffer(1), frame, 12);
	assert_memory_equal(buffer(1) + 12, frame + 16, FRAME_LEN - 16);
	set(E1000_VET, 0x88a8);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	expect(2, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	set(E1000_VET, E1000_VET_VALUE);
	assert_int_equal(put(16), PLX_E1000_MODEL_TAKEN); /* a tag that is cut short is none */
	expect(3, 60, WHOLE | E1000_RXD_STAT_IXSM);
	assert_int_equal(put(18), PLX_E1000_MODEL_TAKEN);
	expect(4, 56, WHOLE | E1000_RXD_STAT_IXSM | E1000_RXD_STAT_VP);
	drop_rx_card();
}

static void
a_tag_that_goes_leaves_the_fcs_of_the_wire(void **state)
{
	make_ready_card();
	set(E1000_RCTL, ENABLED & ~E1000_RCTL_SECRC);
	set(E1000_CTRL, E1000_CTRL_VME);
	make_frame(FRAME_LEN, 3);
	plx_store_be32(frame + 12, 0x81000005);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	expect(0, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM | E1000_RXD_STAT_VP);
	assert_int_equal(plx_load_le32(buffer(0) + FRAME_LEN - 4),
			 plx_net_crc32(0, frame, FRAME_LEN));
	drop_rx_card();
}

/* -- rings ------------------------------------------------------------------------------------------------------------- */

static void
descriptors_without_a_buffer_are_done_and_hold_nothing(void **state)
{
	make_ready_card();
	set(E1000_RCTL, ENABLED | E1000_RCTL_LPE | 1u << 16);
	ring[0].addr = ring[1].addr = ring[3].addr = ring[4].addr = 0;
	ring[1].special = htole16(0x1234);
	assert_int_equal(put_new(3000, 1), PLX_E1000_MODEL_TAKEN);
	for (unsigned i = 0; i < 7; i++) {
		const bool empty = ring[i].addr == 0;

		assert_int_equal(ring[i].status & WHOLE, i == 6 ? WHOLE : E1000_RXD_STAT_DD);
		assert_int_equal(le16toh(ring[i].length), empty ? 0 : i == 6 ? 952 : 1024);
	}
	assert_int_equal(le16toh(ring[1].special), 0x1234);
	assert_memory_equal(buffer(5), frame + 1024, 1024);
	assert_int_equal(reg(E1000_RDH), 7);
	drop_rx_card();
}

static void
a_ring_of_nothing_but_such_is_used_up_once(void **state)
{
	make_ready_card();
	for (unsigned i = 0; i < DESCS; i++)
		ring[i].addr = 0;
	assert_int_equal(put_new(FRAME_LEN, 1), PLX_E1000_MODEL_FULL);
	assert_int_equal(reg(E1000_RDH), DESCS - 1);
	for (unsigned i = 0; i < DESCS - 1; i++)
		assert_int_equal(ring[i].status, E1000_RXD_STAT_DD);
	drop_rx_card();
}

static void
a_frame_that_finds_no_room_is_missed_and_the_next_that_does_is_not(void **state)
{
	make_rx_card();
	assert_int_equal(put_new(FRAME_LEN, 0), PLX_E1000_MODEL_FULL);
	give(2);
	set(E1000_RCTL, ENABLED | E1000_RCTL_LPE);
	assert_int_equal(put(LONG_LEN), PLX_E1000_MODEL_FULL);
	assert_int_equal(ring[0].status, 0);
	assert_int_equal(buffer(0)[0], 0);
	assert_int_equal(reg(E1000_RDH), 0);
	assert_int_equal(reg(E1000_MPC), 2);
	assert_int_equal(reg(E1000_RNBC), 2);
	assert_int_equal(reg(E1000_TPR), 2);
	assert_int_equal(reg(E1000_GPRC), 0);
	assert_int_equal(reg(E1000_ICR), E1000_INT_RXO);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_FULL);
	give(3);
	assert_int_equal(put(LONG_LEN), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(reg(E1000_RDH), 5);
	drop_rx_card();
}

static void
a_card_that_is_stuck_misses_all(void **state)
{
	make_ready_card();
	plx_e1000_model_fault(model, &(struct plx_e1000_model_faults){.rx_stuck = true});
	assert_int_equal(put_new(FRAME_LEN, 0), PLX_E1000_MODEL_FULL);
	assert_int_equal(ring[0].status, 0);
	assert_int_equal(reg(E1000_MPC), 1);
	plx_e1000_model_fault(model, &(struct plx_e1000_model_faults){0});
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
	drop_rx_card();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_in_its_buffer_and_the_descriptor_says_so),
		cmocka_unit_test(the_ring_goes_round_for_as_long_as_the_driver_gives),
		cmocka_unit_test(nothing_comes_in_while_the_card_is_down),
		cmocka_unit_test(a_long_frame_goes_over_as_many_buffers_as_it_needs),
		cmocka_unit_test(the_longest_frame_is_what_lpe_says_and_longer_ones_are_counted),
		cmocka_unit_test(a_short_frame_is_padded_and_one_without_a_header_is_a_runt),
		cmocka_unit_test(what_is_not_stripped_is_a_right_fcs),
		cmocka_unit_test(a_tag_is_taken_out_if_it_is_to_be),
		cmocka_unit_test(a_tag_that_goes_leaves_the_fcs_of_the_wire),
		cmocka_unit_test(descriptors_without_a_buffer_are_done_and_hold_nothing),
		cmocka_unit_test(a_ring_of_nothing_but_such_is_used_up_once),
		cmocka_unit_test(
			a_frame_that_finds_no_room_is_missed_and_the_next_that_does_is_not),
		cmocka_unit_test(a_card_that_is_stuck_misses_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
