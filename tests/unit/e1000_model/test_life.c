/* SPDX-License-Identifier: BSD-3-Clause */
/* Life and time of the model: making one, its pages, resets, timers. */
#include "model_bus.h"

#include <errno.h>

static const struct plx_e1000_model_ops silent = {.find = bus_find, .send = bus_send};

static void
address_of_a_group_is_refused(void **state)
{
	const struct plx_e1000_model_options options = {.mac = {1, 0, 0, 0, 0, 1}};
	struct plx_e1000_model *card = NULL;

	assert_int_equal(plx_e1000_model_create(&options, &silent, NULL, &card), -EINVAL);
	assert_null(card);
	plx_e1000_model_destroy(NULL);
}

static void
nobody_needs_to_listen(void **state)
{
	const struct plx_e1000_model_options options = {.mac = {2, 0, 0, 0, 0, 1}};
	struct plx_e1000_model_stats stats;
	struct bus bus = {.now = 0};

	assert_int_equal(plx_e1000_model_create(&options, &silent, NULL, &bus.card), 0);
	bus_config_write(&bus, CONFIG_COMMAND, COMMAND_DECODES, 2);
	set(&bus, 0x5b50, 0);
	set(&bus, E1000_IMS, E1000_INT_LSC);
	set(&bus, E1000_ICS, E1000_INT_LSC);
	plx_e1000_model_stats(bus.card, &stats);
	assert_int_equal(stats.complaints, 1);
	assert_int_equal(stats.interrupts, 1);
	plx_e1000_model_destroy(bus.card);
}

static void
pages_may_be_somebody_elses(void **state)
{
	static uint32_t rx[PLX_E1000_MODEL_PAGE_LEN / 4], tx[PLX_E1000_MODEL_PAGE_LEN / 4];
	struct plx_e1000_model_options options = {
		.mac = {2, 0, 0, 0, 0, 1}, .rx_page = rx, .tx_page = tx};
	struct bus bus = {.now = 0};

	memset(rx, 0xff, sizeof(rx));
	memset(tx, 0xff, sizeof(tx));
	assert_int_equal(plx_e1000_model_create(&options, &silent, NULL, &bus.card), 0);
	bus_config_write(&bus, CONFIG_COMMAND, COMMAND_DECODES, 2);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rx); i++) {
		assert_int_equal(rx[i], i == 0x828 / 4 ? htole32(0x01010000) : 0);
		assert_int_equal(tx[i], 0);
	}
	set(&bus, E1000_RDT, 0x11);
	set(&bus, E1000_TDT, 0x22);
	assert_int_equal(rx[0x818 / 4], htole32(0x11));
	assert_int_equal(tx[0x818 / 4], htole32(0x22));
	rx[0x810 / 4] = htole32(0x33); /* the driver stores there */
	tx[0x810 / 4] = htole32(0x44);
	assert_int_equal(get(&bus, E1000_RDH), 0x33);
	assert_int_equal(plx_e1000_model_peek(bus.card, E1000_TDH), 0x44);
	set(&bus, E1000_CTRL, E1000_CTRL_RST);
	assert_int_equal(rx[0x810 / 4] | rx[0x818 / 4] | tx[0x810 / 4] | tx[0x818 / 4], 0);
	plx_e1000_model_destroy(bus.card);
}

static void
peeking_changes_nothing(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_ICS, E1000_INT_RXO);
	assert_int_equal(plx_e1000_model_peek(bus->card, E1000_ICR), E1000_INT_RXO);
	assert_int_equal(plx_e1000_model_peek(bus->card, E1000_ICR + 3), E1000_INT_RXO);
	assert_int_equal(plx_e1000_model_peek(bus->card, PLX_E1000_MODEL_REGS_LEN), 0);
	assert_int_equal(plx_e1000_model_peek(bus->card, UINT32_MAX), 0);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_RXO);
}

static void
reset_of_the_bus_is_power_on_but_for_cable_and_eeprom(void **state)
{
	struct bus *bus = *state;
	uint64_t next;

	plx_e1000_model_eeprom(bus->card)[0] = 0x7702;
	set(bus, E1000_RCTL, E1000_RCTL_EN);
	phy_set(bus, 16, 0x1234);
	bus_write(bus, PLX_E1000_MODEL_BAR_IO, E1000_IOADDR, 0x100);
	set(bus, E1000_IMS, UINT32_MAX);
	plx_e1000_model_reset(bus->card);
	assert_int_equal(bus->rises, 0); /* losing the link is no news */
	bus_config_write(bus, CONFIG_COMMAND, COMMAND_DECODES, 2);
	assert_int_equal(get(bus, E1000_RCTL), 0);
	assert_int_equal(get(bus, E1000_ICR), 0);
	assert_int_equal(get(bus, E1000_RAL(0)), 0x33227702);
	assert_int_equal(phy_get(bus, 16), 0x0360);
	assert_int_equal(bus_read(bus, PLX_E1000_MODEL_BAR_IO, E1000_IOADDR), 0);
	assert_false(emodel_has_link(bus->card));
	next = wait_for(bus, NEGOTIATES - 1);
	assert_int_equal(next, bus->now + 1);
	wait_for(bus, 1);
	assert_true(emodel_has_link(bus->card));
}

static void
eeprom_is_locked_again_by_a_reset_of_the_bus(void **state)
{
	struct bus *bus = *state;

	bus->card->wire.unlocked = true;
	plx_e1000_model_reset(bus->card);
	assert_false(bus->card->wire.unlocked);
}

/* -- time --------------------------------------------------------------------------------------------------------------- */

static void
time_does_not_go_back(void **state)
{
	struct bus *bus = *state;

	plx_e1000_model_tick(bus->card, 400 * MS);
	phy_set(bus, 0, 0x1340);
	assert_int_equal(plx_e1000_model_tick(bus->card, 0), 900 * MS);
	assert_int_equal(plx_e1000_model_tick(bus->card, 899 * MS), 900 * MS);
	assert_int_equal(plx_e1000_model_tick(bus->card, 900 * MS), EMODEL_NEVER);
	assert_true(emodel_has_link(bus->card));
	plx_e1000_model_tick(bus->card, 100 * MS);
	phy_set(bus, 0, 0x1340);
	assert_int_equal(plx_e1000_model_tick(bus->card, 0), 1400 * MS);
}

static void
time_ends_nowhere(void **state)
{
	struct bus *bus = *state;

	plx_e1000_model_tick(bus->card, UINT64_MAX - 5);
	phy_set(bus, 0, 0x1340);
	assert_int_equal(plx_e1000_model_tick(bus->card, UINT64_MAX - 5), UINT64_MAX - 1);
	assert_false(emodel_has_link(bus->card));
	assert_int_equal(plx_e1000_model_tick(bus->card, UINT64_MAX), EMODEL_NEVER);
	assert_true(emodel_has_link(bus->card));
}

/* The link that comes in a tick sets the timer of ITR, which was looked at before. */
static void
timer_that_a_timer_sets_is_told(void **state)
{
	struct bus *bus = *state;
	uint64_t next;

	set(bus, E1000_ITR, 4000);
	set(bus, E1000_IMS, E1000_INT_TXDW | E1000_INT_LSC);
	phy_set(bus, 0, 0x1340); /* LSC: told at once */
	assert_int_equal(bus->rises, 1);
	wait_for(bus, NEGOTIATES - 1000);
	get(bus, E1000_ICR);
	set(bus, E1000_ICS, E1000_INT_TXDW);
	assert_int_equal(bus->rises, 2);
	get(bus, E1000_ICR);
	next = wait_for(bus, 1000);
	assert_true(emodel_has_link(bus->card));
	assert_int_equal(next, bus->now - 1000 + 4000 * 256);
	wait_for(bus, 4000 * 256);
	assert_int_equal(bus->rises, 3);
}

static void
reset_of_the_card_stops_its_timers(void **state)
{
	struct bus *bus = *state;

	for (unsigned i = 0; i < EMODEL_TIMERS; i++)
		emodel_timer_set(bus->card, i, 7);
	set(bus, E1000_CTRL, E1000_CTRL_RST);
	for (unsigned i = 0; i < EMODEL_TIMERS; i++)
		assert_int_equal(bus->card->due[i] == EMODEL_NEVER, i != EMODEL_TIMER_LINK);
}

static void
dead_card_touches_nothing(void **state)
{
	struct bus *bus = *state;
	struct plx_e1000_model_stats stats;

	set(bus, E1000_TDLEN, 128);
	set(bus, E1000_TDT, 1);
	set(bus, E1000_TCTL, E1000_TCTL_EN);
	bus_fault(bus, (struct plx_e1000_model_faults){.dead = true});
	assert_int_equal(plx_e1000_model_poll(bus->card, 64), 0);
	plx_e1000_model_stats(bus->card, &stats);
	assert_int_equal(stats.dma_errors, 0);
	bus_fault(bus, (struct plx_e1000_model_faults){.dead = false});
	plx_e1000_model_poll(bus->card, 64);
	plx_e1000_model_stats(bus->card, &stats);
	assert_int_not_equal(stats.dma_errors, 0); /* there is no memory */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_of_a_group_is_refused),
		cmocka_unit_test(nobody_needs_to_listen),
		cmocka_unit_test(pages_may_be_somebody_elses),
		BUS_TEST(peeking_changes_nothing),
		LINKED_TEST(reset_of_the_bus_is_power_on_but_for_cable_and_eeprom),
		BUS_TEST(eeprom_is_locked_again_by_a_reset_of_the_bus),
		BUS_TEST(time_does_not_go_back),
		BUS_TEST(time_ends_nowhere),
		LINKED_TEST(timer_that_a_timer_sets_is_told),
		BUS_TEST(reset_of_the_card_stops_its_timers),
		LINKED_TEST(dead_card_touches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
