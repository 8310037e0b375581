/* SPDX-License-Identifier: BSD-3-Clause */
/* The pins of EECD, as software moves them (5.3): a bit goes in, or comes out, with each rise of SK. */
#ifndef PLX_TESTS_UNIT_E1000_MODEL_MICROWIRE_H
#define PLX_TESTS_UNIT_E1000_MODEL_MICROWIRE_H

#include "model_bus.h"

#define WIRE_ADDRESS_BITS 6

static inline void
wire_pins(struct bus *bus, uint32_t set_pins, uint32_t clear_pins)
{
	set(bus, E1000_EECD, (get(bus, E1000_EECD) & ~clear_pins) | set_pins);
}

/* False: it was not granted. */
static inline bool
wire_request(struct bus *bus)
{
	wire_pins(bus, E1000_EECD_REQ, 0);
	return (get(bus, E1000_EECD) & E1000_EECD_GNT) != 0;
}

static inline void
wire_release(struct bus *bus)
{
	wire_pins(bus, 0, E1000_EECD_REQ | E1000_EECD_CS | E1000_EECD_SK | E1000_EECD_DI);
}

static inline void
wire_select(struct bus *bus)
{
	wire_pins(bus, 0, E1000_EECD_SK | E1000_EECD_DI);
	wire_pins(bus, E1000_EECD_CS, 0);
}

/* With a clock while nobody is selected, as drivers do between commands. */
static inline void
wire_deselect(struct bus *bus)
{
	wire_pins(bus, 0, E1000_EECD_CS | E1000_EECD_SK);
	wire_pins(bus, E1000_EECD_SK, 0);
}

static inline void
wire_clock(struct bus *bus)
{
	wire_pins(bus, E1000_EECD_SK, 0);
	wire_pins(bus, 0, E1000_EECD_SK);
}

static inline void
wire_out(struct bus *bus, uint32_t value, unsigned bits)
{
	while (bits-- > 0) {
		wire_pins(bus, (value >> bits & 1) != 0 ? E1000_EECD_DI : 0, E1000_EECD_DI);
		wire_clock(bus);
	}
	wire_pins(bus, 0, E1000_EECD_DI);
}

static inline uint16_t
wire_in(struct bus *bus)
{
	uint16_t value = 0;

	for (unsigned i = 0; i < 16; i++) {
		wire_pins(bus, E1000_EECD_SK, 0);
		value = (uint16_t)(value << 1 | ((get(bus, E1000_EECD) & E1000_EECD_DO) != 0));
		wire_pins(bus, 0, E1000_EECD_SK);
	}
	return value;
}

static inline void
wire_command(struct bus *bus, uint32_t command, unsigned bits)
{
	wire_select(bus);
	wire_out(bus, command, bits);
	wire_deselect(bus);
}

static inline uint16_t
wire_read(struct bus *bus, unsigned word)
{
	uint16_t value;

	wire_select(bus);
	wire_out(bus, E1000_MICROWIRE_READ << WIRE_ADDRESS_BITS | word,
		 E1000_MICROWIRE_OPCODE_BITS + WIRE_ADDRESS_BITS);
	value = wire_in(bus);
	wire_deselect(bus);
	return value;
}

static inline void
wire_write(struct bus *bus, unsigned word, uint16_t value)
{
	wire_command(bus, (E1000_MICROWIRE_WRITE << WIRE_ADDRESS_BITS | word) << 16 | value,
		     E1000_MICROWIRE_OPCODE_BITS + WIRE_ADDRESS_BITS + 16);
}

static inline void
wire_lock(struct bus *bus, bool lock)
{
	const uint32_t what = lock ? E1000_MICROWIRE_LOCK : E1000_MICROWIRE_UNLOCK;

	wire_command(bus,
		     E1000_MICROWIRE_MORE << WIRE_ADDRESS_BITS | what << (WIRE_ADDRESS_BITS - 2),
		     E1000_MICROWIRE_OPCODE_BITS + WIRE_ADDRESS_BITS);
}

#endif
