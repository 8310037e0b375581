/* SPDX-License-Identifier: BSD-3-Clause */
/* Causes, masks, the line, and the least time between two interrupts. */
#include "model_bus.h"

#define ITR_250US 977u /* of 256 ns */
#define GAP	  (ITR_250US * 256ull)

static void
line_follows_causes_and_masks(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_false(bus->line);
	set(bus, E1000_IMS, E1000_INT_LSC);
	assert_false(bus->line);
	set(bus, E1000_IMS, E1000_INT_RXT0);
	assert_true(bus->line);
	assert_int_equal(get(bus, E1000_IMS), E1000_INT_RXT0 | E1000_INT_LSC);
	set(bus, E1000_IMC, E1000_INT_RXT0);
	assert_false(bus->line);
	assert_int_equal(get(bus, E1000_IMS), E1000_INT_LSC);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_RXT0);
}

/* What `ethtool -t` looks at: no bit leads to another's. */
static void
each_bit_is_its_own(void **state)
{
	struct bus *bus = *state;

	for (unsigned i = 0; i < 17; i++) {
		const uint32_t bit = 1u << i;

		set(bus, E1000_IMC, UINT32_MAX);
		set(bus, E1000_ICS, bit);
		assert_false(bus->line);
		set(bus, E1000_IMS, bit);
		assert_true(bus->line);
		assert_int_equal(get(bus, E1000_ICR), bit);
		assert_false(bus->line);
		set(bus, E1000_ICS, E1000_INT_ALL & ~bit);
		assert_false(bus->line);
		get(bus, E1000_ICR);
	}
	assert_int_equal(bus->rises, 17);
}

static void
reading_icr_clears_it_and_the_line(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_IMS, E1000_INT_TXDW);
	set(bus, E1000_ICS, E1000_INT_TXDW | E1000_INT_LSC);
	assert_true(bus->line);
	assert_int_equal(plx_e1000_model_peek(bus->card, E1000_ICR),
			 E1000_INT_TXDW | E1000_INT_LSC);
	assert_true(bus->line);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_TXDW | E1000_INT_LSC);
	assert_false(bus->line);
	assert_int_equal(get(bus, E1000_ICR), 0);
}

static void
writing_ones_to_icr_clears_those(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_IMS, E1000_INT_TXDW);
	set(bus, E1000_ICS, E1000_INT_TXDW | E1000_INT_LSC);
	set(bus, E1000_ICR, E1000_INT_LSC);
	assert_true(bus->line);
	set(bus, E1000_ICR, E1000_INT_TXDW);
	assert_false(bus->line);
	assert_int_equal(get(bus, E1000_ICR), 0);
}

static void
registers_that_only_take_read_zero(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_ICS, E1000_INT_TXDW);
	set(bus, E1000_IMS, E1000_INT_LSC);
	assert_int_equal(get(bus, E1000_ICS), 0);
	assert_int_equal(get(bus, E1000_IMC), 0);
	set(bus, E1000_IMS, UINT32_MAX);
	assert_int_equal(get(bus, E1000_IMS), E1000_INT_ALL);
}

static void
one_rise_for_several_causes(void **state)
{
	struct bus *bus = *state;
	struct plx_e1000_model_stats stats;

	set(bus, E1000_IMS, UINT32_MAX);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	emodel_cause(bus->card, E1000_INT_TXDW);
	emodel_cause(bus->card, E1000_INT_TXDW);
	assert_int_equal(bus->rises, 1);
	get(bus, E1000_ICR);
	assert_int_equal(bus->falls, 1);
	plx_e1000_model_stats(bus->card, &stats);
	assert_int_equal(stats.interrupts, 1);
}

static void
itr_keeps_interrupts_apart(void **state)
{
	struct bus *bus = *state;
	uint64_t next;

	set(bus, E1000_ITR, ITR_250US);
	set(bus, E1000_IMS, E1000_INT_RXT0);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_int_equal(bus->rises, 1); /* the first is told at once */
	get(bus, E1000_ICR);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_false(bus->line);
	next = wait_for(bus, GAP - 1);
	assert_int_equal(next, bus->now + 1);
	assert_false(bus->line);
	assert_int_equal(wait_for(bus, 1), EMODEL_NEVER);
	assert_true(bus->line);
	assert_int_equal(bus->rises, 2);
	/* The next is counted from here. */
	get(bus, E1000_ICR);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_false(bus->line);
	wait_for(bus, GAP);
	assert_true(bus->line);
	/* Causes that come while it stands do not move that. */
	wait_for(bus, GAP / 2);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	get(bus, E1000_ICR);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_false(bus->line);
	wait_for(bus, GAP - GAP / 2);
	assert_true(bus->line);
	wait_for(bus, 2 * GAP);
	set(bus, E1000_ICS, E1000_INT_TXDW);
	get(bus, E1000_ICR);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_true(bus->line);
	/* Long ago: nothing to wait for. */
	get(bus, E1000_ICR);
	wait_for(bus, 2 * GAP);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_true(bus->line);
}

static void
itr_that_is_lowered_lets_go(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_ITR, 0xffff);
	set(bus, E1000_IMS, E1000_INT_RXT0);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	get(bus, E1000_ICR);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_false(bus->line);
	set(bus, E1000_ITR, 0);
	assert_true(bus->line);
	assert_int_equal(plx_e1000_model_tick(bus->card, bus->now), EMODEL_NEVER);
}

static void
what_was_taken_back_is_not_told_later(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_ITR, ITR_250US);
	set(bus, E1000_IMS, E1000_INT_RXT0);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	get(bus, E1000_ICR);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_int_not_equal(wait_for(bus, 0), EMODEL_NEVER);
	get(bus, E1000_ICR);
	assert_int_equal(wait_for(bus, 0), EMODEL_NEVER);
	assert_int_equal(wait_for(bus, GAP), EMODEL_NEVER);
	assert_int_equal(bus->rises, 1);
}

static void
reset_lets_the_line_fall(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_ITR, 0xffff);
	set(bus, E1000_IMS, E1000_INT_RXT0);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	set(bus, E1000_CTRL, E1000_CTRL_RST);
	assert_false(bus->line);
	assert_int_equal(wait_for(bus, MS), EMODEL_NEVER);
	/* And nothing of ITR is left. */
	set(bus, E1000_ITR, 0xffff);
	set(bus, E1000_IMS, E1000_INT_RXT0);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_true(bus->line);
	plx_e1000_model_reset(bus->card);
	assert_false(bus->line);
}

static void
interrupts_that_are_lost(void **state)
{
	struct bus *bus = *state;

	bus_fault(bus, (struct plx_e1000_model_faults){.irq_lost = true});
	set(bus, E1000_IMS, E1000_INT_RXT0);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_false(bus->line);
	bus_fault(bus, (struct plx_e1000_model_faults){.irq_lost = false});
	assert_true(bus->line);
	bus_fault(bus, (struct plx_e1000_model_faults){.dead = true});
	assert_false(bus->line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINKED_TEST(line_follows_causes_and_masks),
		LINKED_TEST(each_bit_is_its_own),
		LINKED_TEST(reading_icr_clears_it_and_the_line),
		LINKED_TEST(writing_ones_to_icr_clears_those),
		LINKED_TEST(registers_that_only_take_read_zero),
		LINKED_TEST(one_rise_for_several_causes),
		LINKED_TEST(itr_keeps_interrupts_apart),
		LINKED_TEST(itr_that_is_lowered_lets_go),
		LINKED_TEST(what_was_taken_back_is_not_told_later),
		LINKED_TEST(reset_lets_the_line_fall),
		LINKED_TEST(interrupts_that_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
