/* SPDX-License-Identifier: BSD-3-Clause */
/* A model on a bus of a test's: its line and its complaints are noted, its time is the test's, and it has no memory to reach. */
#ifndef PLX_TESTS_UNIT_E1000_MODEL_MODEL_BUS_H
#define PLX_TESTS_UNIT_E1000_MODEL_MODEL_BUS_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "model_priv.h"

#include <stdlib.h>
#include <string.h>

#define MS		1000000ull
#define NEGOTIATES	(500 * MS)
#define CONFIG_COMMAND	0x04
#define COMMAND_DECODES 0x0007 /* ports, memory, bus master */

static const uint8_t bus_mac[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

struct bus {
	struct plx_e1000_model *card;
	uint64_t now;
	bool line;
	unsigned rises, falls, complaints;
	char complaint[256]; /* the last one */
};

static inline void *
bus_find(void *arg, uint64_t address, uint64_t len, bool write, uint64_t *ret_len)
{
	return NULL;
}

static inline bool
bus_send(void *arg, const struct plx_e1000_model_frame *frame)
{
	return true;
}

static inline void
bus_intx(void *arg, bool up)
{
	struct bus *bus = arg;

	assert_int_not_equal(bus->line, up);
	bus->line = up;
	bus->rises += up;
	bus->falls += !up;
}

static inline void
bus_complain(void *arg, const char *what)
{
	struct bus *bus = arg;

	bus->complaints++;
	strncpy(bus->complaint, what, sizeof(bus->complaint) - 1);
}

static inline void
bus_config_write(struct bus *bus, uint32_t at, uint32_t value, uint32_t len)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			    (uint8_t)(value >> 24)};

	assert_int_equal(plx_e1000_model_config(bus->card, at, bytes, len, true), 0);
}

static inline uint32_t
bus_config_read(struct bus *bus, uint32_t at, uint32_t len)
{
	uint8_t bytes[4] = {0};

	assert_int_equal(plx_e1000_model_config(bus->card, at, bytes, len, false), 0);
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static inline uint32_t
bus_read(struct bus *bus, unsigned bar, uint64_t at)
{
	uint8_t bytes[4] = {0};

	assert_int_equal(plx_e1000_model_access(bus->card, bar, at, bytes, 4, false), 0);
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static inline void
bus_write(struct bus *bus, unsigned bar, uint64_t at, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			    (uint8_t)(value >> 24)};

	assert_int_equal(plx_e1000_model_access(bus->card, bar, at, bytes, 4, true), 0);
}

static inline uint32_t
get(struct bus *bus, uint32_t reg)
{
	return bus_read(bus, PLX_E1000_MODEL_BAR_REGS, reg);
}

static inline void
set(struct bus *bus, uint32_t reg, uint32_t value)
{
	bus_write(bus, PLX_E1000_MODEL_BAR_REGS, reg, value);
}

/* When the next timer is due. */
static inline uint64_t
wait_for(struct bus *bus, uint64_t ns)
{
	bus->now += ns;
	return plx_e1000_model_tick(bus->card, bus->now);
}

static inline uint32_t
mdic(struct bus *bus, unsigned phy, unsigned reg, uint32_t op_and_data)
{
	set(bus, E1000_MDIC,
	    op_and_data | reg << E1000_MDIC_REG_SHIFT | phy << E1000_MDIC_PHY_SHIFT);
	return get(bus, E1000_MDIC);
}

static inline uint16_t
phy_get(struct bus *bus, unsigned reg)
{
	const uint32_t done = mdic(bus, E1000_PHY_ADDRESS, reg, E1000_MDIC_OP_READ);

	assert_int_equal(done & (E1000_MDIC_READY | E1000_MDIC_ERROR), E1000_MDIC_READY);
	return (uint16_t)done;
}

static inline void
phy_set(struct bus *bus, unsigned reg, uint16_t value)
{
	const uint32_t done = mdic(bus, E1000_PHY_ADDRESS, reg, E1000_MDIC_OP_WRITE | value);

	assert_int_equal(done & (E1000_MDIC_READY | E1000_MDIC_ERROR), E1000_MDIC_READY);
}

static inline void
bus_fault(struct bus *bus, struct plx_e1000_model_faults faults)
{
	plx_e1000_model_fault(bus->card, &faults);
}

/* As a machine has it once it has booted: decoded, and bus master. */
static inline int
bus_setup(void **state)
{
	static const struct plx_e1000_model_ops ops = {
		.find = bus_find, .send = bus_send, .intx = bus_intx, .complain = bus_complain};
	struct plx_e1000_model_options options = {.takes = 0};
	struct bus *bus = calloc(1, sizeof(*bus));

	memcpy(options.mac, bus_mac, sizeof(bus_mac));
	assert_non_null(bus);
	assert_int_equal(plx_e1000_model_create(&options, &ops, bus, &bus->card), 0);
	bus_config_write(bus, CONFIG_COMMAND, COMMAND_DECODES, 2);
	*state = bus;
	return 0;
}

/* ... and its PHY has negotiated. */
static inline int
bus_setup_linked(void **state)
{
	struct bus *bus;

	bus_setup(state);
	bus = *state;
	wait_for(bus, NEGOTIATES);
	get(bus, E1000_ICR);
	return 0;
}

static inline int
bus_teardown(void **state)
{
	struct bus *bus = *state;

	plx_e1000_model_destroy(bus->card);
	free(bus);
	return 0;
}

#define BUS_TEST(name)	  cmocka_unit_test_setup_teardown(name, bus_setup, bus_teardown)
#define LINKED_TEST(name) cmocka_unit_test_setup_teardown(name, bus_setup_linked, bus_teardown)

#endif
