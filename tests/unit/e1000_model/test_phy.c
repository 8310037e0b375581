/* SPDX-License-Identifier: BSD-3-Clause */
/* The PHY: MDIC, negotiation and its time, what takes the link away, and how STATUS and interrupts tell of it. */
#include "model_bus.h"

#define IDLE	    0x7949
#define LINKED	    0x796d
#define STATUS_1000 0x283u /* up, full duplex, 1000 Mb/s, and so the MAC senses it */
#define MDIC_STATES (E1000_MDIC_READY | E1000_MDIC_ERROR)

static bool
is_up(struct bus *bus)
{
	return (get(bus, E1000_STATUS) & E1000_STATUS_LU) != 0;
}

static void
bring_up(struct bus *bus)
{
	wait_for(bus, NEGOTIATES);
	assert_true(is_up(bus));
	get(bus, E1000_ICR);
}

/* -- MDIC ------------------------------------------------------------------------------------------------------------ */

static void
phy_is_an_88e1000_at_address_1(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(phy_get(bus, E1000_PHY_ID1), 0x0141);
	assert_int_equal(phy_get(bus, E1000_PHY_ID2), 0x0c20);
	for (unsigned phy = 0; phy < 32; phy++) {
		const uint32_t done = mdic(bus, phy, E1000_PHY_ID1, E1000_MDIC_OP_READ);

		assert_int_equal(done & MDIC_STATES, phy == 1 ? E1000_MDIC_READY : MDIC_STATES);
	}
	assert_int_equal(mdic(bus, 2, 0, E1000_MDIC_OP_WRITE) & MDIC_STATES, MDIC_STATES);
	assert_int_equal(mdic(bus, 1, 0, 0) & MDIC_STATES, MDIC_STATES);
	assert_int_equal(mdic(bus, 1, 0, 3u << 26) & MDIC_STATES, MDIC_STATES);
	/* What is asked stands there again. */
	assert_int_equal(mdic(bus, 1, 3, E1000_MDIC_OP_READ), 0x18230c20);
	assert_int_equal(mdic(bus, 1, 3, E1000_MDIC_OP_READ | 0xffff), 0x18230c20);
}

static void
registers_after_power_on(void **state)
{
	static const struct {
		unsigned reg;
		uint16_t value;
	} cases[] = {
		{0, 0x1140}, {1, IDLE},	  {4, 0x0de1},	{5, 0},	      {6, 0x0004},  {7, 0x2001},
		{8, 0},	     {9, 0x0e00}, {10, 0},	{15, 0x3000}, {16, 0x0360}, {17, 0xa000},
		{18, 0},     {19, 0},	  {20, 0x0d60}, {21, 0},
	};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++)
		assert_int_equal(phy_get(bus, cases[i].reg), cases[i].value);
	assert_int_equal(bus->complaints, 0);
	assert_int_equal(phy_get(bus, 31), 0);
	assert_int_equal(bus->complaints, 1);
}

static void
registers_keep_what_they_can(void **state)
{
	static const struct {
		unsigned reg;
		uint16_t written, read;
	} cases[] = {
		{2, 0, 0x0141},	      {3, 0xffff, 0x0c20}, {1, 0xffff, IDLE},
		{4, 0xffff, 0xbfff},  {9, 0xffff, 0xff00}, {16, 0x1234, 0x1234},
		{20, 0x0d70, 0x0d70}, {0, 0x103f, 0x1000}, {29, 0x1f, 0x1f},
		{30, 0x8ffc, 0x8ffc}, {5, 0xffff, 0},
	};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		phy_set(bus, cases[i].reg, cases[i].written);
		assert_int_equal(phy_get(bus, cases[i].reg), cases[i].read);
	}
	assert_int_equal(bus->complaints, 4);
}

static void
end_of_a_transfer_can_interrupt(void **state)
{
	struct bus *bus = *state;

	phy_get(bus, 2);
	assert_int_equal(get(bus, E1000_ICR), 0);
	mdic(bus, 1, 2, E1000_MDIC_OP_READ | E1000_MDIC_INT);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_MDAC);
}

static void
phy_that_is_stuck(void **state)
{
	struct bus *bus = *state;

	bus_fault(bus, (struct plx_e1000_model_faults){.phy_stuck = true});
	set(bus, E1000_MDIC, E1000_MDIC_READY | E1000_MDIC_OP_READ | 1u << 21 | 2u << 16);
	assert_int_equal(get(bus, E1000_MDIC) & (MDIC_STATES | 0xffff), 0);
}

/* -- negotiation -------------------------------------------------------------------------------------------------------- */

static void
link_comes_half_a_second_after_power_on(void **state)
{
	struct bus *bus = *state;

	assert_false(is_up(bus));
	assert_int_equal(wait_for(bus, NEGOTIATES - 1), NEGOTIATES);
	assert_false(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), 0);
	assert_int_equal(wait_for(bus, 1), EMODEL_NEVER);
	assert_int_equal(get(bus, E1000_STATUS), STATUS_1000);
	assert_true(emodel_has_link(bus->card));
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	phy_get(bus, 1);
	assert_int_equal(phy_get(bus, 1), LINKED);
	assert_int_equal(phy_get(bus, 5), 0x45e1);
	assert_int_equal(phy_get(bus, 6), 0x0007);
	assert_int_equal(phy_get(bus, 6), 0x0005);
	assert_int_equal(phy_get(bus, 10), 0x3c00);
	assert_int_equal(phy_get(bus, 17), 0xac00);
}

static void
restart_takes_the_link_for_half_a_second(void **state)
{
	struct bus *bus = *state;

	phy_get(bus, 1);
	phy_set(bus, 0, 0x1340);
	assert_int_equal(phy_get(bus, 0), 0x1140);
	assert_false(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	assert_int_equal(phy_get(bus, 1), IDLE);
	assert_int_equal(phy_get(bus, 5), 0);
	assert_int_equal(phy_get(bus, 6), 0x0004);
	assert_int_equal(phy_get(bus, 17) & E1000_PHY_SPEC_LINK, 0);
	wait_for(bus, 300 * MS);
	phy_set(bus, 0, 0x1340); /* again: from the beginning */
	wait_for(bus, NEGOTIATES - 1);
	assert_false(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), 0);
	wait_for(bus, 1);
	assert_true(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
}

static void
loss_of_the_link_is_seen_once_more(void **state)
{
	struct bus *bus = *state;

	phy_get(bus, 1);
	assert_int_equal(phy_get(bus, 1), LINKED);
	phy_set(bus, 0, 0x1340);
	wait_for(bus, NEGOTIATES);
	assert_int_equal(phy_get(bus, 1), LINKED & ~E1000_PHY_STATUS_LINK);
	assert_int_equal(phy_get(bus, 1), LINKED);
	assert_int_equal(phy_get(bus, 1), LINKED);
}

static void
best_of_what_both_can_is_chosen(void **state)
{
	static const struct {
		uint16_t adv, gigabit;
		uint32_t status; /* 0: no link */
	} cases[] = {
		{0x0de1, 0x0200, 0x283}, {0x0de1, 0x0100, 0x282}, {0x0de1, 0, 0x143},
		{0x0ce1, 0, 0x142},	 {0x0c61, 0, 0x003},	  {0x0c21, 0, 0x002},
		{0x0c01, 0, 0},
	};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		phy_set(bus, 4, cases[i].adv);
		phy_set(bus, 9, cases[i].gigabit);
		phy_set(bus, 0, 0x1340);
		wait_for(bus, NEGOTIATES);
		if (cases[i].status != 0)
			assert_int_equal(get(bus, E1000_STATUS), cases[i].status);
		else
			assert_false(is_up(bus));
		assert_int_equal(phy_get(bus, 10) != 0, i < 2);
	}
	assert_int_equal(phy_get(bus, 1) & E1000_PHY_STATUS_AN_DONE, 0);
}

static void
speed_and_duplex_can_be_forced(void **state)
{
	static const struct {
		uint16_t ctrl;
		uint32_t status;
	} cases[] = {
		{0x2100, 0x143}, {0x2000, 0x142}, {0x0100, 0x003}, {0x0000, 0x002}, {0x0140, 0x283},
	};
	struct bus *bus = *state;

	phy_get(bus, 19);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		phy_set(bus, 0, cases[i].ctrl | E1000_PHY_CTRL_RESET);
		assert_false(is_up(bus));
		assert_int_equal(phy_get(bus, 0), cases[i].ctrl);
		wait_for(bus, NEGOTIATES);
		assert_int_equal(get(bus, E1000_STATUS), cases[i].status);
		assert_int_equal(phy_get(bus, 19) & E1000_PHY_INT_AN_DONE, 0);
		phy_get(bus, 1);
		assert_int_equal(phy_get(bus, 1), IDLE | E1000_PHY_STATUS_LINK);
		assert_int_equal(phy_get(bus, 5), 0);
	}
}

/* -- what takes the link away ------------------------------------------------------------------------------------------------ */

static void
reset_bit_clears_itself_and_keeps_settings(void **state)
{
	struct bus *bus = *state;

	phy_set(bus, 4, 0x01e1);
	phy_set(bus, 16, 0x0368);
	phy_set(bus, 0, 0x9140);
	assert_false(is_up(bus));
	assert_int_equal(phy_get(bus, 0), 0x1140);
	assert_int_equal(phy_get(bus, 4), 0x01e1);
	assert_int_equal(phy_get(bus, 16), 0x0368);
	bring_up(bus);
}

static void
reset_by_the_card_lasts_until_it_is_cleared(void **state)
{
	struct bus *bus = *state;
	const uint32_t ctrl = get(bus, E1000_CTRL);

	phy_set(bus, 16, 0x0368);
	set(bus, E1000_CTRL, ctrl | E1000_CTRL_PHY_RST);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	assert_int_equal(wait_for(bus, 2 * NEGOTIATES), EMODEL_NEVER);
	assert_false(is_up(bus));
	set(bus, E1000_CTRL, ctrl);
	assert_int_equal(phy_get(bus, 16), 0x0360);
	assert_false(is_up(bus));
	bring_up(bus);
}

static void
reset_of_the_card_is_none_of_the_phy(void **state)
{
	struct bus *bus = *state;

	phy_set(bus, 16, 0x0368);
	set(bus, E1000_CTRL, E1000_CTRL_RST);
	assert_true(is_up(bus));
	assert_int_equal(phy_get(bus, 16), 0x0368);
	/* A negotiation goes on through it. */
	phy_set(bus, 0, 0x1340);
	wait_for(bus, 300 * MS);
	set(bus, E1000_CTRL, E1000_CTRL_RST);
	wait_for(bus, 200 * MS);
	assert_true(is_up(bus));
	set(bus, E1000_CTRL, E1000_CTRL_RST | E1000_CTRL_PHY_RST);
	assert_false(is_up(bus));
	assert_int_equal(phy_get(bus, 16), 0x0360);
	assert_int_equal(wait_for(bus, NEGOTIATES), EMODEL_NEVER);
	assert_false(is_up(bus));
	set(bus, E1000_CTRL, E1000_CTRL_SLU);
	bring_up(bus);
}

static void
cable_comes_and_goes(void **state)
{
	struct bus *bus = *state;

	plx_e1000_model_set_cable(bus->card, true); /* it is in */
	assert_true(is_up(bus));
	plx_e1000_model_set_cable(bus->card, false);
	assert_false(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	phy_set(bus, 0, 0x1340);
	assert_int_equal(wait_for(bus, 2 * NEGOTIATES), EMODEL_NEVER);
	assert_false(is_up(bus));
	plx_e1000_model_set_cable(bus->card, true);
	assert_false(is_up(bus));
	wait_for(bus, NEGOTIATES);
	assert_true(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	/* In and out before there was a link: nothing to tell. */
	phy_set(bus, 0, 0x1340);
	get(bus, E1000_ICR);
	plx_e1000_model_set_cable(bus->card, false);
	plx_e1000_model_set_cable(bus->card, true);
	assert_int_equal(get(bus, E1000_ICR), 0);
	plx_e1000_model_set_cable(bus->card, false);
	plx_e1000_model_reset(bus->card);
	assert_int_equal(wait_for(bus, NEGOTIATES), EMODEL_NEVER);
}

static void
no_link_while_switched_off_isolated_or_looped(void **state)
{
	static const uint16_t bits[] = {E1000_PHY_CTRL_POWER_DOWN, E1000_PHY_CTRL_ISOLATE,
					E1000_PHY_CTRL_LOOPBACK};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bits); i++) {
		phy_set(bus, 0, 0x1140 | bits[i]);
		assert_false(is_up(bus));
		assert_int_equal(wait_for(bus, NEGOTIATES), EMODEL_NEVER);
		assert_false(is_up(bus));
		phy_set(bus, 0, 0x1140);
		wait_for(bus, 1);
		phy_set(bus, 0, 0x1140 | bits[i]); /* before it has ended */
		assert_int_equal(wait_for(bus, NEGOTIATES), EMODEL_NEVER);
		assert_false(is_up(bus));
		phy_set(bus, 0, 0x1140);
		bring_up(bus);
		phy_set(bus, 0, 0x1140); /* nothing new */
		assert_true(is_up(bus));
	}
}

static void
phy_interrupts_for_what_is_enabled(void **state)
{
	struct bus *bus = *state;

	phy_set(bus, 18, E1000_PHY_INT_LINK);
	phy_get(bus, 19);
	plx_e1000_model_set_cable(bus->card, false);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC | E1000_INT_PHYINT);
	assert_int_equal(phy_get(bus, 19), E1000_PHY_INT_LINK);
	assert_int_equal(phy_get(bus, 19), 0);
	phy_set(bus, 18, 0);
	plx_e1000_model_set_cable(bus->card, true);
	wait_for(bus, NEGOTIATES);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	plx_e1000_model_set_cable(bus->card, false);
	assert_int_equal(phy_get(bus, 19),
			 E1000_PHY_INT_LINK | E1000_PHY_INT_AN_DONE | E1000_PHY_INT_SPEED);
}

/* -- how the card sees it ------------------------------------------------------------------------------------------------------ */

static void
link_is_up_only_when_ctrl_sets_it_up(void **state)
{
	struct bus *bus = *state;
	const uint32_t ctrl = get(bus, E1000_CTRL);

	set(bus, E1000_CTRL, ctrl & ~E1000_CTRL_SLU);
	assert_false(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	set(bus, E1000_CTRL, ctrl);
	assert_true(is_up(bus));
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	/* Inverted: that is how a looped PHY without a link is made one. */
	set(bus, E1000_CTRL, ctrl | E1000_CTRL_ILOS);
	assert_false(is_up(bus));
	phy_set(bus, 0, 0x4140);
	assert_true(is_up(bus));
}

static void
card_can_be_told_speed_and_duplex(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_CTRL, E1000_CTRL_SLU | E1000_CTRL_FRCSPD | 1u << E1000_CTRL_SPEED_SHIFT);
	assert_int_equal(get(bus, E1000_STATUS), 0x243);
	set(bus, E1000_CTRL, E1000_CTRL_SLU | E1000_CTRL_FRCDPLX);
	assert_int_equal(get(bus, E1000_STATUS), 0x282);
	set(bus, E1000_CTRL, E1000_CTRL_SLU | E1000_CTRL_FRCDPLX | E1000_CTRL_FD);
	assert_int_equal(get(bus, E1000_STATUS), 0x283);
	assert_int_equal(get(bus, E1000_ICR), 0);
}

static void
pause_in_status_lasts_as_long_as_the_link(void **state)
{
	struct bus *bus = *state;

	emodel_set(bus->card, E1000_STATUS, STATUS_1000 | E1000_STATUS_TXOFF);
	set(bus, E1000_CTRL, get(bus, E1000_CTRL));
	assert_int_equal(get(bus, E1000_STATUS), STATUS_1000 | E1000_STATUS_TXOFF);
	plx_e1000_model_set_cable(bus->card, false);
	assert_int_equal(get(bus, E1000_STATUS) & E1000_STATUS_TXOFF, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(phy_is_an_88e1000_at_address_1),
		BUS_TEST(registers_after_power_on),
		BUS_TEST(registers_keep_what_they_can),
		BUS_TEST(end_of_a_transfer_can_interrupt),
		BUS_TEST(phy_that_is_stuck),
		BUS_TEST(link_comes_half_a_second_after_power_on),
		LINKED_TEST(restart_takes_the_link_for_half_a_second),
		LINKED_TEST(loss_of_the_link_is_seen_once_more),
		BUS_TEST(best_of_what_both_can_is_chosen),
		LINKED_TEST(speed_and_duplex_can_be_forced),
		LINKED_TEST(reset_bit_clears_itself_and_keeps_settings),
		LINKED_TEST(reset_by_the_card_lasts_until_it_is_cleared),
		LINKED_TEST(reset_of_the_card_is_none_of_the_phy),
		LINKED_TEST(cable_comes_and_goes),
		LINKED_TEST(no_link_while_switched_off_isolated_or_looped),
		LINKED_TEST(phy_interrupts_for_what_is_enabled),
		LINKED_TEST(link_is_up_only_when_ctrl_sets_it_up),
		LINKED_TEST(card_can_be_told_speed_and_duplex),
		LINKED_TEST(pause_in_status_lasts_as_long_as_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
