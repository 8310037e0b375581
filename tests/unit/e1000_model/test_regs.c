/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers: masks, what reading and writing does, resets; and the order in which drivers come to them. */
#include "model_bus.h"

/* -- by themselves ---------------------------------------------------------------------------------------------------- */

/* Which bits stay as they are written. */
static void
registers_have_the_bits_they_have(void **state)
{
	static const struct {
		uint32_t reg, writable;
	} cases[] = {
		{E1000_FCAL, 0xffffffff},
		{E1000_FCAH, 0xffff},
		{E1000_FCT, 0xffff},
		{E1000_VET, 0xffff},
		{E1000_RDTR, 0xffff},
		{E1000_RDBAH, 0xffffffff},
		{E1000_RDLEN, 0xfff80},
		{E1000_RDH, 0xffff},
		{E1000_RDT, 0xffff},
		{E1000_FCRTH, 0xfff8},
		{E1000_FCTTV, 0xffff},
		{E1000_TIPG, 0x3fffffff},
		{E1000_TDBAH, 0xffffffff},
		{E1000_TDLEN, 0xfff80},
		{E1000_RDBAL, 0xfffffff0},
		{E1000_TDBAL, 0xfffffff0},
		{E1000_TIDV, 0xffff},
		{E1000_TXCW, 0xc000ffff},
		{E1000_RAL(7), 0xffffffff},
		{E1000_RAH(7), 0x8003ffff},
		{E1000_MTA + 0x1fc, 0xffffffff},
		{E1000_VFTA, 0xffffffff},
		{E1000_TXDCTL, 0xff3f3f3f},
		{E1000_RXDCTL, 0x013f3f3f},
		{E1000_AIT, 0xffff},
		{E1000_FCRTL, 0x8000fff8},
		{E1000_RAL(15), 0xffffffff},
		{E1000_WUC, 0xf},
		{E1000_PBM + 4, 0xffffffff},
		{E1000_STATUS, 0},
		{E1000_RFCTL, 0xffffffff},
		{E1000_RXCSUM, 0x7ff},
		{E1000_RAH(15), 0x8003ffff},
	};
	static const uint32_t patterns[] = {0x5a5a5a5a, 0xa5a5a5a5, 0, UINT32_MAX};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		const uint32_t rest = get(bus, cases[i].reg) & ~cases[i].writable;

		for (unsigned k = 0; k < PLX_ARRAY_LEN(patterns); k++) {
			set(bus, cases[i].reg, patterns[k]);
			assert_int_equal(get(bus, cases[i].reg),
					 (patterns[k] & cases[i].writable) | rest);
		}
	}
}

static void
what_is_no_register_reads_zero_and_is_complained_of(void **state)
{
	struct bus *bus = *state;

	set(bus, 0x5b50, 1);
	assert_int_equal(bus->complaints, 1);
	assert_int_equal(get(bus, 0x5b50), 0);
	assert_int_equal(bus->complaints, 2);
	assert_string_equal(bus->complaint, "there is no register 0x5b50 to read");
	assert_int_equal(plx_e1000_model_peek(bus->card, 0x5b50), 0);
	set(bus, E1000_STATUS, 0);
	assert_int_equal(bus->complaints, 3);
	assert_string_equal(bus->complaint, "STATUS is written, which can only be read");
}

static void
values_after_a_reset(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(get(bus, E1000_CTRL), 0x00140241);
	assert_int_equal(get(bus, E1000_CTRL_TWIN), 0x00140241);
	assert_int_equal(get(bus, E1000_PBA), 0x00100030);
	assert_int_equal(get(bus, E1000_VET), 0x8100);
	assert_int_equal(get(bus, E1000_TIPG), 0x00602008);
	assert_int_equal(get(bus, E1000_LEDCTL), 0x07068302);
	assert_int_equal(get(bus, E1000_RXDCTL), 0x01010000);
	assert_int_equal(get(bus, E1000_WUC), 1);
	assert_int_equal(get(bus, E1000_RAL(0)), 0x33221102);
	assert_int_equal(get(bus, E1000_RAH(0)), 0x80005544);
	assert_int_equal(get(bus, E1000_RAH(1)), 0);
	assert_int_equal(get(bus, E1000_RCTL), 0);
	assert_int_equal(get(bus, E1000_IMS), 0);
	assert_int_equal(bus->complaints, 0);
}

static void
packet_buffer_is_divided(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_PBA, 0x28);
	assert_int_equal(get(bus, E1000_PBA), 0x00180028);
	set(bus, E1000_PBA, 0xffff);
	assert_int_equal(get(bus, E1000_PBA), 0x0000ffff);
}

static void
reset_clears_itself_and_everything(void **state)
{
	static const uint32_t regs[] = {E1000_RCTL,  E1000_TCTL, E1000_RDBAL, E1000_RDLEN,
					E1000_RDT,   E1000_TDT,	 E1000_MTA,   E1000_VFTA + 12,
					E1000_IMS,   E1000_ITR,	 E1000_MANC,  E1000_RXCSUM,
					E1000_FCTTV, E1000_PBM};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(regs); i++)
		set(bus, regs[i], 0x80);
	set(bus, E1000_RAL(0), 7);
	set(bus, E1000_ICS, E1000_INT_RXT0);
	emodel_count(bus->card, E1000_GPRC, 5);
	set(bus, E1000_CTRL, get(bus, E1000_CTRL) | E1000_CTRL_RST | E1000_CTRL_RFCE);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(regs); i++)
		assert_int_equal(get(bus, regs[i]), 0);
	assert_int_equal(get(bus, E1000_CTRL), 0x00140241);
	assert_int_equal(get(bus, E1000_RAL(0)), 0x33221102);
	assert_int_equal(get(bus, E1000_GPRC), 0);
	assert_int_equal(get(bus, E1000_ICR), 0);
}

static void
reset_leaves_link_configuration_space_and_eeprom(void **state)
{
	struct bus *bus = *state;

	plx_e1000_model_eeprom(bus->card)[0] = 0x1234;
	bus_config_write(bus, 0x10, 0xfeb00000, 4);
	set(bus, E1000_CTRL, E1000_CTRL_RST);
	assert_int_equal(get(bus, E1000_STATUS), 0x283);
	assert_int_equal(get(bus, E1000_ICR), 0);
	assert_int_equal(bus_config_read(bus, 0x10, 4), 0xfeb00000);
	assert_int_equal(get(bus, E1000_RAL(0)), 0x33221234);
}

static void
reset_that_is_stuck(void **state)
{
	struct bus *bus = *state;

	bus_fault(bus, (struct plx_e1000_model_faults){.reset_stuck = true});
	set(bus, E1000_RCTL, E1000_RCTL_EN);
	set(bus, E1000_CTRL, E1000_CTRL_RST);
	assert_int_equal(get(bus, E1000_CTRL), E1000_CTRL_RST);
	assert_int_equal(get(bus, E1000_RCTL), E1000_RCTL_EN);
}

static void
ctrl_is_there_twice(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_CTRL_TWIN, E1000_CTRL_SLU | E1000_CTRL_VME);
	assert_int_equal(get(bus, E1000_CTRL), E1000_CTRL_SLU | E1000_CTRL_VME);
	set(bus, E1000_CTRL_TWIN, E1000_CTRL_RST);
	assert_int_equal(get(bus, E1000_CTRL), 0x00140241);
}

static void
eeprom_is_read_again_on_request(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_RAL(0), 0);
	set(bus, E1000_CTRL_EXT, E1000_CTRL_EXT_EE_RST | 1);
	assert_int_equal(get(bus, E1000_RAL(0)), 0x33221102);
	assert_int_equal(get(bus, E1000_CTRL_EXT), 1);
}

static void
ring_that_is_moved_while_in_use_is_complained_of(void **state)
{
	struct bus *bus = *state;

	set(bus, E1000_RDLEN, 128);
	set(bus, E1000_TDLEN, 128);
	assert_int_equal(bus->complaints, 0);
	set(bus, E1000_RCTL, E1000_RCTL_EN);
	set(bus, E1000_TCTL, E1000_TCTL_EN);
	set(bus, E1000_RDT, 5);
	set(bus, E1000_TDT, 0);
	assert_int_equal(bus->complaints, 0);
	set(bus, E1000_RDBAL, 0);
	assert_int_equal(bus->complaints, 1);
	set(bus, E1000_TDH, 0);
	assert_int_equal(bus->complaints, 2);
}

static void
rdtr_tells_at_once_what_waits(void **state)
{
	struct bus *bus = *state;

	emodel_timer_set(bus->card, EMODEL_TIMER_RX_DELAY, MS);
	set(bus, E1000_RDTR, 5);
	assert_int_equal(wait_for(bus, 0), NEGOTIATES + MS);
	set(bus, E1000_RDTR, E1000_RDTR_FPD | 7);
	assert_int_equal(get(bus, E1000_RDTR), 7);
	assert_int_equal(wait_for(bus, 0), EMODEL_NEVER);
}

static void
table_is_in_order(void **state)
{
	struct bus *bus = *state;
	unsigned known = 0;

	/* A row out of its place would not be found. */
	for (uint32_t reg = 0; reg < PLX_E1000_MODEL_REGS_LEN; reg += 4) {
		const unsigned before = bus->complaints;

		get(bus, reg);
		known += bus->complaints == before;
	}
	assert_int_equal(known, 0x4000 + 128 + 32 + 128 + 8 + 4 + 32 + 8 + 256 + 256 + 123);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(registers_have_the_bits_they_have),
		BUS_TEST(what_is_no_register_reads_zero_and_is_complained_of),
		BUS_TEST(values_after_a_reset),
		BUS_TEST(packet_buffer_is_divided),
		BUS_TEST(reset_clears_itself_and_everything),
		LINKED_TEST(reset_leaves_link_configuration_space_and_eeprom),
		BUS_TEST(reset_that_is_stuck),
		BUS_TEST(ctrl_is_there_twice),
		BUS_TEST(eeprom_is_read_again_on_request),
		BUS_TEST(ring_that_is_moved_while_in_use_is_complained_of),
		LINKED_TEST(rdtr_tells_at_once_what_waits),
		BUS_TEST(table_is_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
