/* SPDX-License-Identifier: BSD-3-Clause */
/* The EEPROM: its words, by EERD and by the pins of Microwire, reading and writing. */
#include "model_bus.h"
#include "microwire.h"

#define EERD_TRIES 4

static bool
eerd(struct bus *bus, unsigned word, uint16_t *ret_value)
{
	set(bus, E1000_EERD, E1000_EERD_START | word << E1000_EERD_ADDR_SHIFT);
	for (unsigned i = 0; i < EERD_TRIES; i++) {
		const uint32_t value = get(bus, E1000_EERD);

		*ret_value = (uint16_t)(value >> E1000_EERD_DATA_SHIFT);
		if ((value & E1000_EERD_DONE) != 0)
			return true;
	}
	return false;
}

static uint16_t
sum(struct bus *bus)
{
	uint16_t total = 0, value;

	for (unsigned i = 0; i < E1000_EEPROM_WORDS; i++) {
		assert_true(eerd(bus, i, &value));
		total = (uint16_t)(total + value);
	}
	return total;
}

static void
words_are_those_of_a_card(void **state)
{
	static const struct {
		unsigned word;
		uint16_t value;
	} cases[] = {
		{0, 0x1102},	{1, 0x3322},	{2, 0x5544},	{0x0b, 0x001e},
		{0x0c, 0x8086}, {0x0d, 0x100e}, {0x0e, 0x8086}, {0x0a, 0x4403},
		{0x0f, 0x3000}, {0x24, 0x0400}, {0x40, 0xffff}, {0xff, 0xffff},
	};
	struct bus *bus = *state;
	uint16_t value;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		assert_true(eerd(bus, cases[i].word, &value));
		assert_int_equal(value, cases[i].value);
	}
	assert_int_equal(sum(bus), E1000_EEPROM_SUM);
}

static void
eerd_is_done_when_it_was_started(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(get(bus, E1000_EERD), 0);
	set(bus, E1000_EERD, 1 << E1000_EERD_ADDR_SHIFT);
	assert_int_equal(get(bus, E1000_EERD), 0x0100);
	set(bus, E1000_EERD, 1 << E1000_EERD_ADDR_SHIFT | E1000_EERD_START);
	assert_int_equal(get(bus, E1000_EERD), 0x33220110);
	assert_int_equal(get(bus, E1000_EERD), 0x33220110);
}

static void
eerd_waits_for_who_has_the_pins(void **state)
{
	struct bus *bus = *state;
	uint16_t value;

	set(bus, E1000_EECD, E1000_EECD_REQ);
	assert_false(eerd(bus, 0, &value));
	set(bus, E1000_EECD, 0);
	assert_int_equal(get(bus, E1000_EERD), 0x11020010);
}

static void
microwire_reads_what_eerd_reads(void **state)
{
	struct bus *bus = *state;
	uint16_t value;

	for (unsigned i = 0; i < E1000_EEPROM_WORDS; i++) {
		assert_true(eerd(bus, i, &value));
		assert_int_equal(wire_request(bus), true);
		assert_int_equal(wire_read(bus, i), value);
		wire_release(bus);
	}
	assert_int_equal(bus->complaints, 0);
}

static void
microwire_goes_on_with_the_next_word(void **state)
{
	struct bus *bus = *state;
	const uint16_t *words = plx_e1000_model_eeprom(bus->card);

	wire_request(bus);
	wire_select(bus);
	wire_out(bus, E1000_MICROWIRE_READ << 6 | 0x3e, 9);
	assert_int_equal(get(bus, E1000_EECD) & E1000_EECD_DO, 0); /* before the first bit */
	for (unsigned i = 0; i < 3 * E1000_EEPROM_WORDS; i++)
		assert_int_equal(wire_in(bus), words[(0x3e + i) % E1000_EEPROM_WORDS]);
}

static void
zeros_before_the_start_bit_are_nothing(void **state)
{
	struct bus *bus = *state;

	wire_request(bus);
	wire_select(bus);
	wire_out(bus, 0, 5);
	wire_out(bus, E1000_MICROWIRE_READ << 6 | 1, 9);
	assert_int_equal(wire_in(bus), 0x3322);
	/* Deselecting forgets half a command. */
	wire_deselect(bus);
	wire_select(bus);
	wire_out(bus, E1000_MICROWIRE_READ, 3);
	wire_deselect(bus);
	wire_select(bus);
	wire_out(bus, E1000_MICROWIRE_READ << 6 | 2, 9);
	assert_int_equal(wire_in(bus), 0x5544);
}

static void
only_the_rise_of_the_clock_counts(void **state)
{
	struct bus *bus = *state;

	wire_request(bus);
	wire_select(bus);
	wire_out(bus, E1000_MICROWIRE_READ << 3, 6); /* all but 001 of the address */
	wire_out(bus, 0, 2);
	wire_pins(bus, E1000_EECD_DI, 0);
	wire_pins(bus, E1000_EECD_SK, 0);
	wire_pins(bus, 0, E1000_EECD_DI);
	wire_pins(bus, E1000_EECD_DI, 0);
	wire_pins(bus, 0, E1000_EECD_SK | E1000_EECD_DI);
	assert_int_equal(wire_in(bus), 0x3322);
}

static void
request_is_granted_and_present(void **state)
{
	struct bus *bus = *state;

	assert_int_equal(get(bus, E1000_EECD) &
				 (E1000_EECD_PRES | E1000_EECD_SIZE | E1000_EECD_GNT),
			 E1000_EECD_PRES);
	set(bus, E1000_EECD, E1000_EECD_REQ | E1000_EECD_SIZE);
	assert_int_equal(get(bus, E1000_EECD) &
				 (E1000_EECD_PRES | E1000_EECD_SIZE | E1000_EECD_GNT),
			 E1000_EECD_PRES | E1000_EECD_GNT);
	set(bus, E1000_EECD, E1000_EECD_GNT);
	assert_int_equal(get(bus, E1000_EECD) & E1000_EECD_GNT, 0);
}

static void
pins_move_only_for_who_was_granted_them(void **state)
{
	struct bus *bus = *state;

	wire_write(bus, 5, 0x1234); /* nobody asked */
	assert_int_not_equal(bus->complaints, 0);
	wire_request(bus);
	wire_release(bus);
	assert_int_equal(plx_e1000_model_eeprom(bus->card)[5], 0xffff);
}

static void
writing_needs_unlocking(void **state)
{
	struct bus *bus = *state;
	uint16_t *words = plx_e1000_model_eeprom(bus->card);

	wire_request(bus);
	wire_write(bus, 5, 0x1234);
	assert_int_equal(words[5], 0xffff);
	wire_lock(bus, false);
	wire_write(bus, 5, 0x1234);
	assert_int_equal(words[5], 0x1234);
	assert_int_equal(words[4], 0xffff);
	assert_int_equal(words[6], 0xffff);
	wire_select(bus); /* ready again */
	assert_int_not_equal(get(bus, E1000_EECD) & E1000_EECD_DO, 0);
	wire_deselect(bus);
	assert_int_equal(wire_read(bus, 5), 0x1234);
	wire_lock(bus, true);
	wire_write(bus, 5, 0x4321);
	assert_int_equal(words[5], 0x1234);
}

static void
words_are_erased_one_or_all(void **state)
{
	struct bus *bus = *state;
	uint16_t *words = plx_e1000_model_eeprom(bus->card);

	wire_request(bus);
	wire_command(bus, E1000_MICROWIRE_ERASE << 6 | 1, 9);
	wire_command(bus, E1000_MICROWIRE_MORE << 6 | E1000_MICROWIRE_ERASE_ALL << 4, 9);
	wire_command(bus, (E1000_MICROWIRE_MORE << 6 | E1000_MICROWIRE_WRITE_ALL << 4) << 16, 25);
	assert_int_equal(words[1], 0x3322);
	wire_lock(bus, false);
	wire_command(bus, E1000_MICROWIRE_ERASE << 6 | 1, 9);
	assert_int_equal(words[1], 0xffff);
	assert_int_equal(words[0], 0x1102);
	words[1] = 7;
	wire_deselect(bus); /* once is enough */
	assert_int_equal(words[1], 7);
	wire_command(bus,
		     (E1000_MICROWIRE_MORE << 6 | E1000_MICROWIRE_WRITE_ALL << 4) << 16 | 0x55aa,
		     25);
	for (unsigned i = 0; i < E1000_EEPROM_WORDS; i++)
		assert_int_equal(words[i], 0x55aa);
	wire_command(bus, E1000_MICROWIRE_MORE << 6 | E1000_MICROWIRE_ERASE_ALL << 4, 9);
	for (unsigned i = 0; i < E1000_EEPROM_WORDS; i++)
		assert_int_equal(words[i], 0xffff);
}

static void
commands_of_a_wrong_length_do_nothing(void **state)
{
	struct bus *bus = *state;
	uint16_t before[E1000_EEPROM_WORDS];

	memcpy(before, plx_e1000_model_eeprom(bus->card), sizeof(before));
	wire_request(bus);
	wire_lock(bus, false);
	for (unsigned bits = 0; bits < 16; bits++)
		wire_command(bus, (E1000_MICROWIRE_WRITE << 6 | 3) << bits, 9 + bits);
	wire_command(bus, (E1000_MICROWIRE_WRITE << 6 | 3) << 17, 26);
	wire_command(bus, (E1000_MICROWIRE_MORE << 6 | E1000_MICROWIRE_WRITE_ALL << 4) << 15, 24);
	assert_memory_equal(plx_e1000_model_eeprom(bus->card), before, sizeof(before));
}

static void
faults_of_the_eeprom(void **state)
{
	struct bus *bus = *state;
	uint16_t value;

	bus_fault(bus, (struct plx_e1000_model_faults){.eeprom_damaged = true});
	assert_int_not_equal(sum(bus), E1000_EEPROM_SUM);
	bus_fault(bus, (struct plx_e1000_model_faults){.no_eerd = true});
	assert_false(eerd(bus, 0, &value));
	assert_true(wire_request(bus));
	assert_int_equal(wire_read(bus, 0), 0x1102);
	wire_release(bus);
	bus_fault(bus, (struct plx_e1000_model_faults){.eeprom_stuck = true});
	assert_false(eerd(bus, 0, &value));
	assert_false(wire_request(bus));
	bus_fault(bus, (struct plx_e1000_model_faults){.dead = false});
	set(bus, E1000_EECD, 0);
	assert_int_equal(sum(bus), E1000_EEPROM_SUM);
}

static void
card_reads_its_address_only_from_what_is_signed(void **state)
{
	struct bus *bus = *state;

	plx_e1000_model_eeprom(bus->card)[E1000_EEPROM_CONTROL_1] = 0xffff;
	set(bus, E1000_CTRL, E1000_CTRL_RST);
	assert_int_equal(get(bus, E1000_RAL(0)), 0);
	assert_int_equal(get(bus, E1000_RAH(0)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(words_are_those_of_a_card),
		BUS_TEST(eerd_is_done_when_it_was_started),
		BUS_TEST(eerd_waits_for_who_has_the_pins),
		BUS_TEST(microwire_reads_what_eerd_reads),
		BUS_TEST(microwire_goes_on_with_the_next_word),
		BUS_TEST(zeros_before_the_start_bit_are_nothing),
		BUS_TEST(only_the_rise_of_the_clock_counts),
		BUS_TEST(request_is_granted_and_present),
		BUS_TEST(pins_move_only_for_who_was_granted_them),
		BUS_TEST(writing_needs_unlocking),
		BUS_TEST(words_are_erased_one_or_all),
		BUS_TEST(commands_of_a_wrong_length_do_nothing),
		BUS_TEST(faults_of_the_eeprom),
		BUS_TEST(card_reads_its_address_only_from_what_is_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
