/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration space: what a machine finds there, how it sizes BARs, what it can write. */
#include "model_bus.h"

#include <errno.h>

#define STATUS		 0x06
#define STATUS_INTERRUPT 0x08
#define INTX_OFF	 0x0400

static void
machine_finds_a_82540em(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(bus_config_read(bus, 0x00, 4), 0x100e8086);
	assert_int_equal(bus_config_read(bus, 0x08, 4), 0x02000003);
	assert_int_equal(bus_config_read(bus, 0x0e, 1), 0);
	assert_int_equal(bus_config_read(bus, 0x2c, 4), 0x001e8086);
	assert_int_equal(bus_config_read(bus, 0x3d, 1), 1);
	/* No capabilities, and none told of. */
	assert_int_equal(bus_config_read(bus, STATUS, 2) & 0x10, 0);
	assert_int_equal(bus_config_read(bus, 0x34, 1), 0);
}

static void
bars_tell_their_sizes(void **state)
{
	static const uint32_t sizes[6] = {0xfffe0000, 0xffff0000, 0xffffffc1, 0, 0, 0};
	static const uint32_t kinds[6] = {0, 0, 1, 0, 0, 0};
	struct bus *bus = *state;

	for (unsigned i = 0; i < 6; i++) {
		const uint32_t at = 0x10 + 4 * i;

		assert_int_equal(bus_config_read(bus, at, 4), kinds[i]);
		bus_config_write(bus, at, UINT32_MAX, 4);
		assert_int_equal(bus_config_read(bus, at, 4), sizes[i]);
		bus_config_write(bus, at, 0xdead0000, 4);
		assert_int_equal(bus_config_read(bus, at, 4), (0xdead0000 & sizes[i]) | kinds[i]);
	}
	/* No ROM. */
	bus_config_write(bus, 0x30, UINT32_MAX, 4);
	assert_int_equal(bus_config_read(bus, 0x30, 4), 0);
}

static void
what_cannot_be_written_stays(void **state)
{
	struct bus *bus = *state;
	uint8_t before[PLX_E1000_MODEL_CONFIG_LEN], after[PLX_E1000_MODEL_CONFIG_LEN];
	uint8_t ones[PLX_E1000_MODEL_CONFIG_LEN], without[PLX_E1000_MODEL_CONFIG_LEN];
	uint8_t zeroes[PLX_E1000_MODEL_CONFIG_LEN] = {0};

	memset(ones, 0xff, sizeof(ones));
	plx_e1000_model_config(bus->card, 0, before, sizeof(before), false);
	plx_e1000_model_config(bus->card, 0, zeroes, sizeof(zeroes), true);
	plx_e1000_model_config(bus->card, 0, without, sizeof(without), false);
	plx_e1000_model_config(bus->card, 0, ones, sizeof(ones), true);
	plx_e1000_model_config(bus->card, 0, after, sizeof(after), false);
	for (unsigned i = 0; i < sizeof(before); i++) {
		const bool bar = i >= 0x10 && i < 0x1c;
		const bool command = i == 0x04 || i == 0x05;
		const bool notes = i == 0x0c || i == 0x0d || i == 0x3c;

		if (bar || command || notes)
			continue;
		assert_int_equal(without[i], before[i]);
		assert_int_equal(after[i], before[i]);
	}
	assert_int_equal(bus_config_read(bus, CONFIG_COMMAND, 2), 0x0557);
	assert_int_equal(bus_config_read(bus, 0x3c, 1), 0xff);
	assert_int_equal(bus_config_read(bus, 0x0c, 2), 0xffff);
}

static void
bytes_of_a_bar_can_be_written_alone(void **state)
{
	struct bus *bus = *state;

	bus_config_write(bus, 0x13, 0xfe, 1);
	bus_config_write(bus, 0x12, 0xb3, 1);
	assert_int_equal(bus_config_read(bus, 0x10, 4), 0xfeb20000);
	assert_int_equal(bus_config_read(bus, 0x11, 4), 0x00feb200);
}

static void
accesses_beyond_the_end_are_refused(void **state)
{
	struct bus *bus = *state;
	uint8_t bytes[8];

	assert_int_equal(plx_e1000_model_config(bus->card, 252, bytes, 4, false), 0);
	assert_int_equal(plx_e1000_model_config(bus->card, 253, bytes, 4, false), -EINVAL);
	assert_int_equal(plx_e1000_model_config(bus->card, 256, bytes, 1, true), -EINVAL);
	assert_int_equal(plx_e1000_model_config(bus->card, UINT64_MAX, bytes, 2, true), -EINVAL);
}

static void
bars_answer_only_where_the_command_register_lets_them(void **state)
{
	struct bus *bus = *state;

	bus_config_write(bus, CONFIG_COMMAND, 0x0001, 2);
	assert_int_equal(get(bus, E1000_VET), UINT32_MAX);
	set(bus, E1000_VET, 0);
	assert_int_equal(bus_read(bus, PLX_E1000_MODEL_BAR_IO, E1000_IOADDR), 0);
	bus_config_write(bus, CONFIG_COMMAND, 0x0002, 2);
	assert_int_equal(bus_read(bus, PLX_E1000_MODEL_BAR_IO, E1000_IOADDR), UINT32_MAX);
	assert_int_equal(get(bus, E1000_VET), 0x8100);
	assert_int_equal(bus->complaints, 3);
}

static void
bus_master_is_what_the_driver_says(void **state)
{
	struct bus *bus = *state;

	assert_true(emodel_is_master(bus->card));
	bus_config_write(bus, CONFIG_COMMAND, 0x0003, 2);
	assert_false(emodel_is_master(bus->card));
}

static void
line_can_be_held_down_and_status_tells(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(bus_config_read(bus, STATUS, 2) & STATUS_INTERRUPT, 0);
	set(bus, E1000_IMS, E1000_INT_RXT0);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	assert_true(bus->line);
	bus_config_write(bus, CONFIG_COMMAND, COMMAND_DECODES | INTX_OFF, 2);
	assert_false(bus->line);
	assert_int_equal(bus_config_read(bus, STATUS, 2) & STATUS_INTERRUPT, STATUS_INTERRUPT);
	assert_int_equal(bus_config_read(bus, STATUS, 1) & STATUS_INTERRUPT, STATUS_INTERRUPT);
	for (uint32_t at = 0; at < PLX_E1000_MODEL_CONFIG_LEN; at += 4) {
		uint8_t bytes[12] = {[4] = 0, 0, 0, 0, 0, 0, 0, 0}, none[8] = {0};

		plx_e1000_model_config(bus->card, at, bytes, 4, false);
		assert_memory_equal(bytes + 4, none, sizeof(none));
	}
	bus_config_write(bus, CONFIG_COMMAND, COMMAND_DECODES, 2);
	assert_true(bus->line);
	get(bus, E1000_ICR);
	assert_false(bus->line);
	assert_int_equal(bus_config_read(bus, CONFIG_COMMAND, 4) >> 16 & STATUS_INTERRUPT, 0);
}

static void
reset_of_the_bus_forgets_all_of_it(void **state)
{
	struct bus *bus = *state;

	bus_config_write(bus, 0x10, 0xfeb00000, 4);
	bus_config_write(bus, 0x3c, 11, 1);
	plx_e1000_model_reset(bus->card);
	assert_int_equal(bus_config_read(bus, 0x10, 4), 0);
	assert_int_equal(bus_config_read(bus, 0x3c, 1), 0);
	assert_int_equal(bus_config_read(bus, CONFIG_COMMAND, 2), 0);
	assert_int_equal(get(bus, E1000_VET), UINT32_MAX);
}

static void
dead_card_is_all_ones(void **state)
{
	struct bus *bus = *state;

	bus_fault(bus, (struct plx_e1000_model_faults){.dead = true});
	assert_int_equal(bus_config_read(bus, 0, 4), UINT32_MAX);
	bus_config_write(bus, CONFIG_COMMAND, 0, 2);
	bus_fault(bus, (struct plx_e1000_model_faults){.dead = false});
	assert_int_equal(bus_config_read(bus, CONFIG_COMMAND, 2), COMMAND_DECODES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(machine_finds_a_82540em),
		BUS_TEST(bars_tell_their_sizes),
		BUS_TEST(what_cannot_be_written_stays),
		BUS_TEST(bytes_of_a_bar_can_be_written_alone),
		BUS_TEST(accesses_beyond_the_end_are_refused),
		BUS_TEST(bars_answer_only_where_the_command_register_lets_them),
		BUS_TEST(bus_master_is_what_the_driver_says),
		BUS_TEST(line_can_be_held_down_and_status_tells),
		BUS_TEST(reset_of_the_bus_forgets_all_of_it),
		BUS_TEST(dead_card_is_all_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
