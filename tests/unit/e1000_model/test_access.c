/* SPDX-License-Identifier: BSD-3-Clause */
/* BARs: widths and borders, the flash, the window of I/O ports. */
#include "model_bus.h"

#include <errno.h>

#define REGS  PLX_E1000_MODEL_BAR_REGS
#define FLASH PLX_E1000_MODEL_BAR_FLASH
#define PORTS PLX_E1000_MODEL_BAR_IO

static uint64_t
read_bytes(struct bus *bus, unsigned bar, uint64_t at, uint32_t len)
{
	uint8_t bytes[8] = {0};
	uint64_t value = 0;

	assert_int_equal(plx_e1000_model_access(bus->card, bar, at, bytes, len, false), 0);
	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

static int
write_bytes(struct bus *bus, unsigned bar, uint64_t at, uint32_t len)
{
	uint8_t bytes[16] = {0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a};

	return plx_e1000_model_access(bus->card, bar, at, bytes, len, true);
}

static void
registers_are_read_in_bytes_too(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_FCAL, 0x44332211);
	set(bus, E1000_FCAH, 0x6655);
	assert_int_equal(read_bytes(bus, REGS, E1000_FCAL, 1), 0x11);
	assert_int_equal(read_bytes(bus, REGS, E1000_FCAL + 3, 1), 0x44);
	assert_int_equal(read_bytes(bus, REGS, E1000_FCAL + 1, 2), 0x3322);
	assert_int_equal(read_bytes(bus, REGS, E1000_FCAL + 2, 4), 0x66554433);
	assert_int_equal(read_bytes(bus, REGS, E1000_FCAL, 8), 0x665544332211);
	assert_int_equal(read_bytes(bus, REGS, E1000_FCAL + 3, 3), 0x665544);
	assert_int_equal(bus->complaints, 0);
}

static void
reading_a_byte_has_the_whole_effect_once(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_ICS, E1000_INT_RXT0 | E1000_INT_PHYINT);
	assert_int_equal(read_bytes(bus, REGS, E1000_ICR + 1, 1), E1000_INT_PHYINT >> 8);
	assert_int_equal(get(bus, E1000_ICR), 0);
	set(bus, E1000_ICS, E1000_INT_RXT0 | E1000_INT_PHYINT);
	assert_int_equal(read_bytes(bus, REGS, E1000_ICR, 4), E1000_INT_RXT0 | E1000_INT_PHYINT);
}

static void
writes_of_other_widths_are_lost(void **state)
{
	static const uint32_t lens[] = {1, 2, 3, 5, 8};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(lens); i++) {
		assert_int_equal(write_bytes(bus, REGS, E1000_FCAL, lens[i]), 0);
		assert_int_equal(bus->complaints, i + 1);
	}
	assert_int_equal(write_bytes(bus, REGS, E1000_FCAL + 2, 4), 0);
	assert_int_equal(bus->complaints, PLX_ARRAY_LEN(lens) + 1);
	assert_int_equal(get(bus, E1000_FCAL), 0);
	assert_int_equal(get(bus, E1000_FCAH), 0);
	assert_int_equal(write_bytes(bus, REGS, E1000_FCAL, 4), 0);
	assert_int_equal(get(bus, E1000_FCAL), 0x5a5a5a5a);
}

static void
nothing_is_beyond_a_bar(void **state)
{
	static const uint64_t lens[] = {0x20000, 0x10000, 0x40};
	struct bus *bus = *state;

	for (unsigned bar = 0; bar < 3; bar++) {
		assert_int_equal(write_bytes(bus, bar, lens[bar] - 4, 4), 0);
		assert_int_equal(write_bytes(bus, bar, lens[bar] - 3, 4), -EINVAL);
		assert_int_equal(write_bytes(bus, bar, lens[bar], 1), -EINVAL);
		assert_int_equal(write_bytes(bus, bar, UINT64_MAX, 2), -EINVAL);
		assert_int_equal(write_bytes(bus, bar, (1ull << 32) + 4, 4), -EINVAL);
		read_bytes(bus, bar, lens[bar] - 8, 8);
	}
	assert_int_equal(write_bytes(bus, 3, 0, 4), -EINVAL);
	assert_int_equal(write_bytes(bus, REGS, 0, 0), -EINVAL);
	assert_int_equal(write_bytes(bus, REGS, 0, 9), -EINVAL);
}

static void
flash_is_erased_and_written_only_when_let(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(read_bytes(bus, FLASH, 0xfff8, 8), UINT64_MAX);
	assert_int_equal(write_bytes(bus, FLASH, 0x102, 1), 0);
	assert_int_equal(bus->complaints, 1);
	set(bus, E1000_EECD, 0);
	assert_int_equal(write_bytes(bus, FLASH, 0x102, 1), 0);
	set(bus, E1000_EECD, E1000_EECD_FWE_MASK);
	assert_int_equal(write_bytes(bus, FLASH, 0x102, 1), 0);
	assert_int_equal(bus->complaints, 3);
	assert_int_equal(read_bytes(bus, FLASH, 0x100, 4), UINT32_MAX);
	set(bus, E1000_EECD, E1000_EECD_FWE_ON);
	assert_int_equal(write_bytes(bus, FLASH, 0x102, 1), 0);
	assert_int_equal(read_bytes(bus, FLASH, 0x100, 4), 0xff5affff);
	assert_int_equal(bus->complaints, 3);
	/* It is kept. */
	plx_e1000_model_reset(bus->card);
	bus_config_write(bus, CONFIG_COMMAND, COMMAND_DECODES, 2);
	assert_int_equal(read_bytes(bus, FLASH, 0x102, 1), 0x5a);
	assert_int_equal(write_bytes(bus, FLASH, 0x100, 1), 0);
	assert_int_equal(read_bytes(bus, FLASH, 0x100, 1), 0xff);
}

static uint32_t
port_get(struct bus *bus, uint32_t address)
{
	bus_write(bus, PORTS, E1000_IOADDR, address);
	return bus_read(bus, PORTS, E1000_IODATA);
}

static void
port_set(struct bus *bus, uint32_t address, uint32_t value)
{
	bus_write(bus, PORTS, E1000_IOADDR, address);
	bus_write(bus, PORTS, E1000_IODATA, value);
}

static void
registers_are_reached_through_ports(void **state)
{
	struct bus *bus = *state;

	port_set(bus, E1000_FCTTV, 0x1234);
	assert_int_equal(get(bus, E1000_FCTTV), 0x1234);
	assert_int_equal(port_get(bus, E1000_FCTTV), 0x1234);
	assert_int_equal(bus_read(bus, PORTS, E1000_IOADDR), E1000_FCTTV);
	set(bus, E1000_ICS, E1000_INT_LSC);
	assert_int_equal(port_get(bus, E1000_ICR), E1000_INT_LSC);
	assert_int_equal(port_get(bus, E1000_ICR), 0);
	port_set(bus, E1000_CTRL, 0x04140240);
	assert_int_equal(get(bus, E1000_FCTTV), 0);
	assert_int_equal(get(bus, E1000_CTRL) & E1000_CTRL_RST, 0);
	assert_int_equal(bus->complaints, 0);
}

static void
flash_is_reached_through_ports(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_EECD, E1000_EECD_FWE_ON);
	port_set(bus, E1000_IO_FLASH + 8, 0x12345678);
	assert_int_equal(read_bytes(bus, FLASH, 8, 4), 0x12345678);
	assert_int_equal(port_get(bus, E1000_IO_FLASH + 8), 0x12345678);
	assert_int_equal(port_get(bus, E1000_IO_FLASH + 11), 0x12345678);
	assert_int_equal(port_get(bus, E1000_IO_FLASH + 0xffff), UINT32_MAX);
	assert_int_equal(port_get(bus, E1000_IO_FLASH + 0x10000), 0);
	set(bus, E1000_EECD, E1000_EECD_FWE_OFF);
	port_set(bus, E1000_IO_FLASH + 8, 0);
	assert_int_equal(port_get(bus, E1000_IO_FLASH + 8), 0x12345678);
}

static void
ports_lead_nowhere_else(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(port_get(bus, 0x20000), 0);
	assert_int_equal(port_get(bus, UINT32_MAX), 0);
	port_set(bus, UINT32_MAX, 1);
	port_set(bus, 0x1ffff, 7); /* of the last register */
	assert_int_equal(get(bus, 0x1fffc), 7);
	assert_int_equal(bus->complaints, 0);
	bus_write(bus, PORTS, 8, 1);
	assert_int_equal(bus->complaints, 1);
	assert_int_equal(bus_read(bus, PORTS, 8), 0);
	assert_int_equal(write_bytes(bus, PORTS, E1000_IOADDR, 2), 0);
	assert_int_equal(bus->complaints, 2);
	assert_int_equal(bus_read(bus, PORTS, E1000_IOADDR), 0x1ffff);
}

static void
accesses_are_counted(void **state)
{
	struct bus *bus = *state;
	struct plx_e1000_model_stats stats;

	get(bus, E1000_STATUS);
	get(bus, E1000_STATUS);
	set(bus, E1000_VET, 0);
	plx_e1000_model_peek(bus->card, E1000_STATUS);
	plx_e1000_model_stats(bus->card, &stats);
	assert_int_equal(stats.reads, 2);
	assert_int_equal(stats.writes, 1);
	assert_int_equal(stats.complaints, 0);
	get(bus, 0x5b50);
	plx_e1000_model_stats(bus->card, &stats);
	assert_int_equal(stats.complaints, 1);
}

static void
dead_card_reads_ones_and_loses_writes(void **state)
{
	struct bus *bus = *state;

	bus_fault(bus, (struct plx_e1000_model_faults){.dead = true});
	for (unsigned bar = 0; bar < 3; bar++)
		assert_int_equal(read_bytes(bus, bar, 0, 8), UINT64_MAX);
	set(bus, E1000_VET, 1);
	bus_fault(bus, (struct plx_e1000_model_faults){.dead = false});
	assert_int_equal(get(bus, E1000_VET), 0x8100);
	assert_int_equal(bus->complaints, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(registers_are_read_in_bytes_too),
		BUS_TEST(reading_a_byte_has_the_whole_effect_once),
		BUS_TEST(writes_of_other_widths_are_lost),
		BUS_TEST(nothing_is_beyond_a_bar),
		BUS_TEST(flash_is_erased_and_written_only_when_let),
		BUS_TEST(registers_are_reached_through_ports),
		BUS_TEST(flash_is_reached_through_ports),
		BUS_TEST(ports_lead_nowhere_else),
		BUS_TEST(accesses_are_counted),
		BUS_TEST(dead_card_reads_ones_and_loses_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
