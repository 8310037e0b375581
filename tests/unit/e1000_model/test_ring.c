/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings out of registers, and their descriptors wherever they are. */
#include "driver_memory.h"

static struct emodel_ring *ring;

static int
set_up(void **state)
{
	make_card();
	ring = &model->tx.ring;
	return 0;
}

static int
tear_down(void **state)
{
	free_card();
	return 0;
}

static void
registers(uint64_t base, uint32_t bytes, uint32_t head, uint32_t tail)
{
	emodel_set(model, E1000_TDBAL, (uint32_t)base);
	emodel_set(model, E1000_TDBAH, (uint32_t)(base >> 32));
	emodel_set(model, E1000_TDLEN, bytes);
	emodel_set(model, E1000_TDH, head);
	emodel_set(model, E1000_TDT, tail);
}

static bool
looks(uint64_t base, uint32_t bytes, uint32_t head, uint32_t tail)
{
	registers(base, bytes, head, tail);
	return emodel_ring_look(model, ring, E1000_TDBAL);
}

static void
a_ring_is_what_its_registers_say(void **state)
{
	assert_true(looks(0x1234567890ull, 256, 3, 9));
	assert_int_equal(ring->base, 0x1234567890ull);
	assert_int_equal(ring->len, 16);
	assert_int_equal(ring->head, 3);
	assert_int_equal(ring->tail, 9);
	assert_int_equal(emodel_ring_pending(ring), 6);
	assert_true(
		looks(0x1234567890ull | 0xf, 256, 15, 1)); /* the base's lower bits do not count */
	assert_int_equal(ring->base, 0x1234567890ull);
	assert_int_equal(emodel_ring_pending(ring), 2);
	assert_int_equal(emodel_ring_next(ring, 14), 15);
	assert_int_equal(emodel_ring_next(ring, 15), 0);
	ring->head = 11;
	emodel_ring_show(model, ring, E1000_TDBAL);
	assert_int_equal(emodel_get(model, E1000_TDH), 11);
	assert_int_equal(emodel_get(model, E1000_TDT), 1);
	assert_true(looks(0, 0xfff80, 0xfff7, 0));
}

static void
the_receive_ring_is_laid_out_alike(void **state)
{
	emodel_set(model, E1000_RDBAL, 0x4000);
	emodel_set(model, E1000_RDBAH, 1);
	emodel_set(model, E1000_RDLEN, 128);
	emodel_set(model, E1000_RDH, 2);
	emodel_set(model, E1000_RDT, 7);
	assert_true(emodel_ring_look(model, &model->rx.ring, E1000_RDBAL));
	assert_int_equal(model->rx.ring.base, 0x100004000ull);
	assert_int_equal(model->rx.ring.len, 8);
	assert_int_equal(emodel_ring_pending(&model->rx.ring), 5);
}

static void
a_ring_without_sense_is_off_and_complained_of_once(void **state)
{
	const struct {
		uint32_t bytes, head, tail;
	} bad[] = {{127, 0, 0},		 {64, 0, 0},	    {0x100000, 0, 0},
		   {0xffffffff, 0, 0},	 {256, 16, 0},	    {256, 0, 16},
		   {256, UINT32_MAX, 0}, {256, 0, 0x10001}, {129, 0, 0}};

	assert_false(looks(0x1000, 0, 0, 0));
	assert_int_equal(model->stats.complaints, 0); /* not set up is no fault */
	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		assert_true(looks(0x1000, 256, 0, 0));
		assert_false(looks(0x1000, bad[i].bytes, bad[i].head, bad[i].tail));
		assert_int_equal(ring->len, 0);
		assert_false(looks(0x1000, bad[i].bytes, bad[i].head, bad[i].tail));
		assert_int_equal(model->stats.complaints, i + 1);
	}
}

static void
thresholds_have_units_and_an_end(void **state)
{
	emodel_set(model, E1000_TXDCTL, 5u << 16);
	assert_int_equal(emodel_ring_threshold(model, E1000_TXDCTL),
			 5); /* no cache line is known */
	model->config[EMODEL_CONFIG_CACHE_LINE] = 16;
	assert_int_equal(emodel_ring_threshold(model, E1000_TXDCTL), 20);
	emodel_set(model, E1000_TXDCTL, 5u << 16 | E1000_TXDCTL_GRAN);
	assert_int_equal(emodel_ring_threshold(model, E1000_TXDCTL), 5);
	emodel_set(model, E1000_TXDCTL, UINT32_MAX & ~E1000_TXDCTL_GRAN);
	assert_int_equal(emodel_ring_threshold(model, E1000_TXDCTL), 192);
}

/* -- descriptors ---------------------------------------------------------------------------------------------------------- */

static void
fill(uint64_t address, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < 16; j++)
			*memory_at(&memory, address + 16 * i + j) = (uint8_t)(16 * i + j);
}

static void
is_descriptor(uint32_t i, bool in_place)
{
	uint8_t spare[16], expected[16];
	void *desc = emodel_ring_desc(model, ring, i, spare);

	for (unsigned j = 0; j < 16; j++)
		expected[j] = (uint8_t)(16 * i + j);
	assert_non_null(desc);
	assert_memory_equal(desc, expected, 16);
	assert_int_equal(desc != spare, in_place);
}

static void
descriptors_are_looked_at_in_place(void **state)
{
	memory_add(&memory, 0x10000, PAGE);
	fill(0x10000, 8);
	assert_true(looks(0x10000, 128, 0, 0));
	for (unsigned i = 0; i < 8; i++)
		is_descriptor(i, true);
	assert_int_equal(memory.finds, 1);
}

static void
descriptors_over_borders_or_far_away_are_copied(void **state)
{
	memory_add(&memory, 0x10000, 24); /* its second descriptor is cut in two */
	memory_add(&memory, 0x10018, 40);
	memory_add(&memory, 0x10040, 64); /* not where ours can be looked at */
	memory.maps[2].asked = true;
	fill(0x10000, 8);
	assert_true(looks(0x10000, 128, 0, 0));
	is_descriptor(0, true);
	is_descriptor(1, false);
	for (unsigned i = 4; i < 8; i++)
		is_descriptor(i, false);
	assert_int_equal(errors(), 0);
}

static void
descriptors_that_lie_askew_here_are_copied(void **state)
{
	memory_add(&memory, 0xfff8,
		   PAGE); /* 8 bytes before the ring: not aligned where we have it */
	fill(0x10000, 8);
	assert_true(looks(0x10000, 128, 0, 0));
	is_descriptor(3, false);
	assert_int_equal(emodel_ring_done_rx(model, ring, 3, UINT64_MAX), 0);
	assert_int_equal(*memory_at(&memory, 0x10037), 0x37);
	assert_int_equal(*memory_at(&memory, 0x10038), 0xff);
	assert_int_equal(*memory_at(&memory, 0x1003f), 0xff);
	assert_int_equal(*memory_at(&memory, 0x10040), 0x40);
}

static void
descriptors_that_are_nowhere_are_not_had(void **state)
{
	uint8_t spare[16];

	memory_add(&memory, 0x10000, 24);
	assert_true(looks(0x10000, 128, 0, 0));
	assert_null(emodel_ring_desc(model, ring, 1, spare));
	assert_null(emodel_ring_desc(model, ring, 2, spare));
	assert_int_equal(errors(), 2);
	assert_int_equal(emodel_ring_done_tx(model, ring, 2, 1), -EFAULT);
	/* The end of all addresses. */
	assert_true(looks(UINT64_MAX - 15, 128, 0, 0));
	memory_add(&memory, 0, PAGE);
	assert_null(emodel_ring_desc(model, ring, 0, spare));
	assert_non_null(emodel_ring_desc(model, ring, 1, spare)); /* wraps to 0, as the bus does */
}

static void
writing_back_touches_what_it_may(void **state)
{
	for (unsigned asked = 0; asked < 2; asked++) {
		const uint64_t base = 0x10000 + asked * 0x1000;

		memory_add(&memory, base, PAGE);
		memory.maps[asked].asked = asked;
		fill(base, 8);
		assert_true(looks(base, 128, 0, 0));
		assert_int_equal(emodel_ring_done_tx(model, ring, 2, 0xaabbcc01), 0);
		assert_int_equal(*memory_at(&memory, base + 0x2b), 0x2b);
		assert_memory_equal(memory_at(&memory, base + 0x2c), "\x01\xcc\xbb\xaa", 4);
		assert_int_equal(*memory_at(&memory, base + 0x30), 0x30);
		assert_int_equal(emodel_ring_done_rx(model, ring, 4, 0x1122334455667788ull), 0);
		assert_int_equal(*memory_at(&memory, base + 0x47), 0x47);
		assert_memory_equal(memory_at(&memory, base + 0x48),
				    "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
		assert_int_equal(*memory_at(&memory, base + 0x50), 0x50);
	}
	assert_int_equal(memory.writes, 4);   /* the status on its own, after the rest */
	assert_int_equal(memory.wrote[2], 0); /* which has none */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ring_is_what_its_registers_say),
		TEST(the_receive_ring_is_laid_out_alike),
		TEST(a_ring_without_sense_is_off_and_complained_of_once),
		TEST(thresholds_have_units_and_an_end),
		TEST(descriptors_are_looked_at_in_place),
		TEST(descriptors_over_borders_or_far_away_are_copied),
		TEST(descriptors_that_lie_askew_here_are_copied),
		TEST(descriptors_that_are_nowhere_are_not_had),
		TEST(writing_back_touches_what_it_may),
	};

	return cmocka_run_group_tests_name("e1000_model_ring", tests, NULL, NULL);
}
