/* SPDX-License-Identifier: BSD-3-Clause */
/* When the driver is told of frames: interrupts, delays, thresholds; and drivers that give rings that cannot be. */
#include "rx_card.h"

#define START 5000u
#define UNIT  1024u /* of RDTR and RADV */
#define GRAN  E1000_RXDCTL_GRAN

static bool
has_cause(uint32_t cause)
{
	const bool has = (reg(E1000_ICR) & cause) != 0;

	set(E1000_ICR, 0);
	return has;
}

static void
make(void)
{
	make_ready_card();
	make_frame(FRAME_LEN, 1);
	plx_e1000_model_tick(model, START);
}

static void
receive(unsigned n)
{
	for (; n > 0; n--)
		assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
}

/* Frames that descriptors say are there, from the first on. */
static unsigned
told(void)
{
	unsigned n = 0;

	while (n < DESCS && (ring[n].status & E1000_RXD_STAT_DD) != 0)
		n++;
	return n;
}

/* -- interrupts -------------------------------------------------------------------------------------------------------- */

static void
each_frame_is_told_unless_a_delay_is_set(void **state)
{
	make();
	receive(1);
	assert_true(has_cause(E1000_INT_RXT0));
	receive(1);
	assert_true(has_cause(E1000_INT_RXT0));
	set(E1000_RDTR, 10);
	receive(1);
	assert_false(has_cause(E1000_INT_RXT0));
	plx_e1000_model_tick(model, START + 10 * UNIT - 1);
	assert_false(has_cause(E1000_INT_RXT0));
	receive(1); /* begins anew */
	plx_e1000_model_tick(model, START + 10 * UNIT);
	assert_false(has_cause(E1000_INT_RXT0));
	plx_e1000_model_tick(model, START + 20 * UNIT - 1);
	assert_true(has_cause(E1000_INT_RXT0));
	plx_e1000_model_tick(model, START + 100 * UNIT);
	assert_false(has_cause(E1000_INT_RXT0));
	drop_rx_card();
}

static void
the_first_of_many_waits_no_longer_than_the_limit(void **state)
{
	make();
	set(E1000_RDTR, 10);
	set(E1000_RADV, 25);
	for (unsigned i = 0; i < 3; i++) {
		plx_e1000_model_tick(model, START + 8 * i * UNIT);
		receive(1);
		assert_false(has_cause(E1000_INT_RXT0));
	}
	plx_e1000_model_tick(model, START + 24 * UNIT);
	receive(1);
	assert_false(has_cause(E1000_INT_RXT0));
	plx_e1000_model_tick(model, START + 25 * UNIT);
	assert_true(has_cause(E1000_INT_RXT0));
	plx_e1000_model_tick(model, START + 50 * UNIT); /* one tells, the other does not any more */
	assert_false(has_cause(E1000_INT_RXT0));
	receive(1);
	plx_e1000_model_tick(model, START + 60 * UNIT);
	assert_true(has_cause(E1000_INT_RXT0));
	plx_e1000_model_tick(model, START + 100 * UNIT);
	assert_false(has_cause(E1000_INT_RXT0));
	drop_rx_card();
}

static void
what_waits_can_be_had_at_once(void **state)
{
	for (int mapped = 0; mapped < 2; mapped++) {
		make();
		set(E1000_RDTR, 1000);
		set(E1000_RXDCTL, GRAN | 4u << 16);
		receive(2);
		assert_int_equal(told(), 0);
		if (mapped) {
			set(E1000_RDTR, E1000_RDTR_FPD | 1000);
			plx_e1000_model_poll(model, 1);
		} else {
			emodel_write(model, E1000_RDTR, E1000_RDTR_FPD | 1000);
		}
		assert_int_equal(reg(E1000_RDTR), 1000);
		assert_true(has_cause(E1000_INT_RXT0));
		assert_int_equal(told(), 2);
		plx_e1000_model_tick(model, START + 5000 * UNIT);
		assert_false(has_cause(E1000_INT_RXT0));
		set(E1000_RDTR, E1000_RDTR_FPD | 1000);
		plx_e1000_model_poll(model, 1);
		assert_false(has_cause(E1000_INT_RXT0)); /* there was nothing */
		drop_rx_card();
	}
}

static void
few_descriptors_are_told_of_once_each_time_they_get_few(void **state)
{
	static const struct {
		uint32_t code, least;
	} rows[] = {{0, 8}, {1, 4}, {2, 2}, {3, 2}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		make();
		set(E1000_RCTL, ENABLED | rows[i].code << E1000_RCTL_RDMTS_SHIFT);
		receive(DESCS - 1 - rows[i].least - 1);
		assert_false(has_cause(E1000_INT_RXDMT0));
		receive(1);
		assert_true(has_cause(E1000_INT_RXDMT0));
		receive(1);
		assert_false(has_cause(E1000_INT_RXDMT0));
		give(4);
		receive(4);
		assert_true(has_cause(E1000_INT_RXDMT0));
		drop_rx_card();
	}
}

/* -- write-back (3.2.5) ---------------------------------------------------------------------------------------------------- */

static void
descriptors_are_told_so_many_at_once_or_when_the_time_is_over(void **state)
{
	make();
	set(E1000_RDTR, 10);
	set(E1000_RXDCTL, GRAN | 4u << 16);
	receive(3);
	assert_int_equal(told(), 0);
	assert_int_equal(reg(E1000_RDH), 0);
	assert_int_equal(plx_e1000_model_rx_room(model), DESCS - 1 - 3);
	receive(1);
	assert_int_equal(told(), 4);
	assert_int_equal(reg(E1000_RDH), 4);
	receive(2);
	assert_int_equal(told(), 4);
	plx_e1000_model_tick(model, START + 10 * UNIT);
	assert_int_equal(told(), 6);
	assert_int_equal(reg(E1000_RDH), 6);
	for (unsigned i = 0; i < 6; i++)
		expect(i, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	drop_rx_card();
}

static void
the_threshold_may_count_cache_lines_and_none_holds_without_a_delay(void **state)
{
	make();
	set(E1000_RDTR, 10);
	set(E1000_RXDCTL, 2u << 16);
	receive(2);
	assert_int_equal(told(), 2); /* of an unknown length: a descriptor each */
	model->config[0x0c] = 16;    /* words: four descriptors */
	receive(7);
	assert_int_equal(told(), 2);
	receive(1);
	assert_int_equal(told(), 10);
	set(E1000_RDTR, 0);
	receive(1);
	assert_int_equal(told(), 11);
	drop_rx_card();
}

static void
all_descriptors_may_be_held_and_the_next_frame_is_missed(void **state)
{
	make();
	set(E1000_RDTR, 10);
	set(E1000_RXDCTL, GRAN | 63u << 16);
	receive(DESCS - 1);
	assert_int_equal(told(), 0);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_FULL);
	plx_e1000_model_tick(model, START + 10 * UNIT);
	assert_int_equal(told(), DESCS - 1);
	drop_rx_card();
}

static void
what_is_held_goes_with_its_ring(void **state)
{
	make();
	set(E1000_RDTR, 10);
	set(E1000_RXDCTL, GRAN | 8u << 16);
	receive(3);
	set(E1000_RDH, 5); /* the driver moves it, as it must not */
	receive(1);
	plx_e1000_model_tick(model, START + 10 * UNIT);
	assert_int_equal(told(), 0);
	expect(5, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	assert_int_equal(reg(E1000_RDH), 6);
	receive(3);
	set(E1000_RDLEN, 0); /* none, and then one again */
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_FULL);
	plx_e1000_model_tick(model, START + 20 * UNIT);
	for (unsigned i = 6; i < DESCS; i++)
		assert_int_equal(ring[i].status, 0);
	drop_rx_card();
}

static void
a_receiver_that_is_switched_off_tells_first_and_then_nothing(void **state)
{
	make();
	set(E1000_RDTR, 10);
	set(E1000_RXDCTL, GRAN | 8u << 16);
	receive(3);
	emodel_write(model, E1000_RCTL, 0);
	assert_int_equal(told(), 3);
	memset(ring, 0, DESCS * sizeof(*ring));
	emodel_write(model, E1000_RDH, 0);
	emodel_write(model, E1000_RDT, 0);
	emodel_write(model, E1000_RCTL, ENABLED);
	plx_e1000_model_tick(model, START + 10 * UNIT);
	plx_e1000_model_poll(model, 1);
	assert_int_equal(told(), 0);
	assert_int_equal(reg(E1000_RDH), 0);
	set(E1000_RDT, DESCS - 1);
	give(DESCS - 1);
	receive(3);
	plx_e1000_model_fault(model, &(struct plx_e1000_model_faults){.dma_error = 1});
	emodel_write(model, E1000_RCTL, 0); /* what cannot be told now never is */
	plx_e1000_model_fault(model, &(struct plx_e1000_model_faults){0});
	emodel_write(model, E1000_RCTL, ENABLED);
	set(E1000_RXDCTL, 0);
	plx_e1000_model_poll(model, 1);
	assert_int_equal(told(), 0);
	drop_rx_card();
}

static void
a_reset_forgets_what_is_held(void **state)
{
	make();
	set(E1000_RDTR, 10);
	set(E1000_RXDCTL, GRAN | 8u << 16);
	receive(3);
	emodel_reset(model);
	plx_e1000_model_tick(model, START + 10 * UNIT);
	plx_e1000_model_poll(model, 1);
	assert_int_equal(told(), 0);
	drop_rx_card();
}

/* -- rings that cannot be ---------------------------------------------------------------------------------------------------- */

static void
a_ring_that_makes_no_sense_holds_nothing(void **state)
{
	static const struct {
		uint32_t at, value;
	} bad[] = {{E1000_RDLEN, 0},	   {E1000_RDLEN, 100},	    {E1000_RDLEN, UINT32_MAX},
		   {E1000_RDH, DESCS},	   {E1000_RDH, UINT32_MAX}, {E1000_RDT, DESCS},
		   {E1000_RDT, UINT32_MAX}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		uint32_t good;

		make();
		good = reg(bad[i].at);
		set(bad[i].at, bad[i].value);
		assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_FULL);
		assert_int_equal(plx_e1000_model_rx_room(model), 0);
		assert_int_equal(told(), 0);
		set(bad[i].at, good);
		receive(1);
		assert_int_equal(told(), 1);
		drop_rx_card();
	}
}

static void
a_ring_that_is_nowhere_costs_frames_and_no_more(void **state)
{
	static const uint64_t bases[] = {0, 0x5000, RING + DESCS * 16, UINT64_MAX - 15, 1ull << 63};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bases); i++) {
		make();
		make_ring(bases[i]);
		set(E1000_RDT, 5);
		assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_BAD);
		assert_true(model->stats.dma_errors > 0);
		assert_int_equal(reg(E1000_RDH), 0);
		make_ring(RING);
		set(E1000_RDT, 5);
		receive(1);
		assert_int_equal(told(), 1);
		drop_rx_card();
	}
}

static void
a_ring_whose_end_is_nowhere_works_up_to_there(void **state)
{
	make();
	make_ring(RING + 12 * 16);
	set(E1000_RDT, 10);
	for (unsigned i = 12; i < DESCS; i++)
		ring[i].addr = htole64(BUFFERS);
	receive(4);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_BAD);
	assert_int_equal(reg(E1000_RDH), 4);
	drop_rx_card();
}

static void
a_buffer_that_is_nowhere_costs_its_frame_and_comes_back(void **state)
{
	static const uint64_t nowhere[] = {
		1, 0x80000, BUFFERS + DESCS * BUFFER - 50, UINT64_MAX, UINT64_MAX - 50, 1ull << 63};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(nowhere); i++) {
		make();
		ring[1].addr = htole64(nowhere[i]);
		receive(1);
		assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_BAD);
		receive(1);
		assert_int_equal(ring[1].status & WHOLE, WHOLE);
		assert_int_equal(ring[1].errors, E1000_RXD_ERR_RXE);
		expect(0, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
		expect(2, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
		assert_memory_equal(buffer(2), frame, FRAME_LEN);
		assert_int_equal(reg(E1000_GPRC), 2);
		assert_int_equal(reg(E1000_RXERRC), 1);
		assert_int_equal(model->stats.bad, 1);
		assert_true(model->stats.dma_errors > 0);
		drop_rx_card();
	}
}

static void
a_buffer_in_the_middle_that_is_nowhere_costs_the_whole_frame(void **state)
{
	make();
	set(E1000_RCTL, ENABLED | E1000_RCTL_LPE);
	make_frame(5000, 2);
	ring[1].addr = htole64(1);
	assert_int_equal(put(5000), PLX_E1000_MODEL_BAD);
	assert_int_equal(told(), 3);
	assert_int_equal(ring[0].status & WHOLE, E1000_RXD_STAT_DD);
	assert_int_equal(ring[2].status & WHOLE, WHOLE);
	assert_int_equal(ring[2].errors, E1000_RXD_ERR_RXE);
	assert_int_equal(put(1000), PLX_E1000_MODEL_TAKEN);
	expect(3, 1000, WHOLE | E1000_RXD_STAT_IXSM);
	drop_rx_card();
}

/* The tag is taken out: addresses of hosts and the rest are written by themselves. */
static void
a_buffer_of_which_only_the_beginning_is_nowhere_costs_its_frame(void **state)
{
	make();
	set(E1000_CTRL, E1000_CTRL_VME);
	plx_store_be32(frame + 12, 0x81000005);
	ring[0].addr = htole64(BUFFERS - 12);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_BAD);
	assert_int_equal(ring[0].errors, E1000_RXD_ERR_RXE);
	receive(1);
	assert_int_equal(ring[1].errors, 0);
	drop_rx_card();
}

/* Descriptors that can be read and not written: what is to be told waits, for no more than there is room. */
static void
a_ring_that_cannot_be_written_costs_frames_until_it_can(void **state)
{
	const unsigned descs = 256;
	struct driver_map *map;
	unsigned taken = 0;

	make();
	ring = (struct e1000_rx_desc *)(void *)memory_add(&memory, 0xa00000, descs * 16);
	map = &memory.maps[memory.nb - 1];
	map->asked = map->read_only = true;
	for (unsigned i = 0; i < descs; i++)
		ring[i].addr = htole64(BUFFERS);
	make_ring(0xa00000);
	set(E1000_RDLEN, descs * 16);
	set(E1000_RDT, descs - 1);
	for (unsigned i = 0; i < descs; i++)
		taken += put(FRAME_LEN) == PLX_E1000_MODEL_TAKEN;
	assert_in_range(taken, 1, EMODEL_HELD_MAX + 1);
	assert_int_equal(model->stats.bad, descs - taken);
	assert_int_equal(reg(E1000_RDH), 0);
	map->read_only = false;
	plx_e1000_model_poll(model, 1);
	assert_int_equal(reg(E1000_RDH), taken);
	for (unsigned i = 0; i < taken; i++)
		expect(i, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	assert_int_equal(ring[taken].status, 0);
	drop_rx_card();
}

static void
buffers_and_rings_may_be_in_two_maps_or_only_to_be_asked_for(void **state)
{
	uint8_t *low, *high, *far;

	make();
	low = memory_add(&memory, 0x800000, PAGE);
	high = memory_add(&memory, 0x800000 + PAGE, PAGE);
	far = memory_add(&memory, 0x900000, PAGE);
	memory.maps[memory.nb - 1].asked = true;
	ring[0].addr = htole64(0x800000 + PAGE - 33);
	ring[1].addr = htole64(0x900000 + 5);
	receive(2);
	expect(0, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	expect(1, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	assert_memory_equal(low + PAGE - 33, frame, 33);
	assert_memory_equal(high, frame + 33, FRAME_LEN - 33);
	assert_memory_equal(far + 5, frame, FRAME_LEN);
	memory.maps[memory.nb - 1].read_only = true;
	ring[2].addr = htole64(0x900000);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_BAD);
	memcpy(far, ring, DESCS * sizeof(*ring));
	memory.maps[memory.nb - 1].read_only = false;
	make_ring(0x900000);
	set(E1000_RDT, 15);
	set(E1000_RDH, 3);
	receive(1);
	ring = (struct e1000_rx_desc *)(void *)far;
	expect(3, FRAME_LEN, WHOLE | E1000_RXD_STAT_IXSM);
	drop_rx_card();
}

static void
memory_that_went_away_is_not_touched(void **state)
{
	make();
	receive(2);
	free(memory.maps[1].bytes);
	memory.maps[1] = memory.maps[--memory.nb];
	plx_e1000_model_unmapped(model, BUFFERS, DESCS * BUFFER);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_BAD);
	assert_int_equal(told(), 3);
	free(memory.maps[0].bytes);
	memory.nb = 0;
	plx_e1000_model_unmapped(model, RING, DESCS * 16);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_BAD);
	drop_rx_card();
}

/* A driver that goes through the ring by what descriptors say. */
struct reader {
	unsigned next, len, good, bad;
};

static void
drain(struct reader *reader)
{
	struct e1000_rx_desc *desc = &ring[reader->next];

	for (; (desc->status & E1000_RXD_STAT_DD) != 0; desc = &ring[reader->next]) {
		reader->len += le16toh(desc->length);
		if ((desc->status & E1000_RXD_STAT_EOP) != 0) {
			assert_int_equal(reader->len, 600);
			reader->good += desc->errors == 0;
			reader->bad += desc->errors != 0;
			reader->len = 0;
		}
		desc->status = desc->errors = 0;
		reader->next = (reader->next + 1) % DESCS;
	}
	set(E1000_RDT, (reader->next + DESCS - 1) % DESCS);
}

static void
accesses_that_fail_now_and_then_cost_frames_and_leave_the_ring_whole(void **state)
{
	for (unsigned of = 1; of < 12; of++) {
		struct reader reader = {0};

		make();
		set(E1000_RCTL, ENABLED | 3u << 16); /* three buffers a frame */
		make_frame(600, 1);
		plx_e1000_model_fault(model, &(struct plx_e1000_model_faults){.dma_error = of});
		for (unsigned i = 0; i < 200; i++) {
			put(600);
			plx_e1000_model_poll(model, 1);
			drain(&reader);
		}
		plx_e1000_model_fault(model, &(struct plx_e1000_model_faults){0});
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(put(600), PLX_E1000_MODEL_TAKEN);
			drain(&reader);
		}
		assert_int_equal(reader.good, model->stats.taken);
		assert_int_equal(reader.len, 0);
		assert_true(reader.bad <= model->stats.bad);
		assert_true(model->stats.dma_errors > 20);
		drop_rx_card();
	}
}

static void
the_driver_may_write_anything_into_the_page_while_frames_come(void **state)
{
	static const uint32_t ats[] = {E1000_RDBAL, E1000_RDBAH, E1000_RDLEN,  E1000_RDH,
				       E1000_RDT,   E1000_RDTR,	 E1000_RXDCTL, E1000_RADV};
	static const uint32_t values[] = {0,	 1,	     RING,	 RING + 8, 128,
					  256,	 DESCS - 1,  DESCS,	 4095,	   0xfff80,
					  65535, 0x80000001, UINT32_MAX, BUFFERS,  0x003f0000};
	uint32_t seed = 1;

	make();
	set(E1000_RCTL, ENABLED | E1000_RCTL_LPE | 3u << 16);
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		set(ats[(seed >> 8) % PLX_ARRAY_LEN(ats)],
		    values[(seed >> 16) % PLX_ARRAY_LEN(values)]);
		if ((seed >> 24) % 4 == 0) {
			make_ring(RING);
			set(E1000_RDT, DESCS - 1);
		}
		put(14 + (seed >> 4) % 3000);
		if ((seed >> 28) == 0)
			plx_e1000_model_tick(model, START + (uint64_t)i * UNIT);
		plx_e1000_model_poll(model, 1);
	}
	drop_rx_card();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_is_told_unless_a_delay_is_set),
		cmocka_unit_test(the_first_of_many_waits_no_longer_than_the_limit),
		cmocka_unit_test(what_waits_can_be_had_at_once),
		cmocka_unit_test(few_descriptors_are_told_of_once_each_time_they_get_few),
		cmocka_unit_test(descriptors_are_told_so_many_at_once_or_when_the_time_is_over),
		cmocka_unit_test(
			the_threshold_may_count_cache_lines_and_none_holds_without_a_delay),
		cmocka_unit_test(all_descriptors_may_be_held_and_the_next_frame_is_missed),
		cmocka_unit_test(what_is_held_goes_with_its_ring),
		cmocka_unit_test(a_receiver_that_is_switched_off_tells_first_and_then_nothing),
		cmocka_unit_test(a_reset_forgets_what_is_held),
		cmocka_unit_test(a_ring_that_makes_no_sense_holds_nothing),
		cmocka_unit_test(a_ring_that_is_nowhere_costs_frames_and_no_more),
		cmocka_unit_test(a_ring_whose_end_is_nowhere_works_up_to_there),
		cmocka_unit_test(a_buffer_that_is_nowhere_costs_its_frame_and_comes_back),
		cmocka_unit_test(a_buffer_in_the_middle_that_is_nowhere_costs_the_whole_frame),
		cmocka_unit_test(a_buffer_of_which_only_the_beginning_is_nowhere_costs_its_frame),
		cmocka_unit_test(a_ring_that_cannot_be_written_costs_frames_until_it_can),
		cmocka_unit_test(buffers_and_rings_may_be_in_two_maps_or_only_to_be_asked_for),
		cmocka_unit_test(memory_that_went_away_is_not_touched),
		cmocka_unit_test(
			accesses_that_fail_now_and_then_cost_frames_and_leave_the_ring_whole),
		cmocka_unit_test(the_driver_may_write_anything_into_the_page_while_frames_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
