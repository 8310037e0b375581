/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any driver and any embedder against the emulated 82540EM: accesses to BARs and configuration space, bits into the EEPROM, PHY, time,
 * cable, resets, frames, faults. It stays inside of its memory, ends every call, and keeps its books and its line.
 *
 *	input: steps, a byte that says what and as many as that takes; what is missing reads 0
 */
#include "plx_byteorder.h"
#include "plx_e1000_model.h"
#include "plx_e1000_spec.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_AT  0x10000ull
#define MEMORY_LEN 0x8000u
#define STEPS_MAX  4096u
#define FRAME_MAX  0x4100u
#define BUDGET	   64u
#define COMMAND	   0x04

struct input {
	const uint8_t *data;
	size_t left;
};

struct world {
	struct plx_e1000_model *card;
	uint8_t *memory;
	uint8_t *rx_page, *tx_page;
	uint64_t now;
	bool line;
	uint64_t rises, complaints, frames;
};

/* Where most of what happens does. */
static const uint32_t favourites[] = {
	E1000_CTRL,  E1000_CTRL_TWIN, E1000_EECD,  E1000_EERD,	 E1000_MDIC,   E1000_CTRL_EXT,
	E1000_ICR,   E1000_ITR,	      E1000_ICS,   E1000_IMS,	 E1000_IMC,    E1000_RCTL,
	E1000_TCTL,  E1000_RDBAL,     E1000_RDLEN, E1000_RDH,	 E1000_RDT,    E1000_RDTR,
	E1000_RADV,  E1000_TDBAL,     E1000_TDLEN, E1000_TDH,	 E1000_TDT,    E1000_TIDV,
	E1000_TADV,  E1000_TXDCTL,    E1000_FCRTL, E1000_FCRTH,	 E1000_FCTTV,  E1000_PBA,
	E1000_GORCL, E1000_GORCH,     E1000_VFTA,  E1000_RAL(0), E1000_RAH(0), E1000_RXCSUM,
};

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static uint32_t
take(struct input *input, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes && input->left > 0; i++, input->left--)
		value |= (uint32_t)*input->data++ << 8 * i;
	return value;
}

/* -- what the card asks for ---------------------------------------------------------------------------------------------- */

static void *
find(void *arg, uint64_t address, uint64_t len, bool write, uint64_t *ret_len)
{
	struct world *world = arg;
	const uint64_t off = address - MEMORY_AT;

	if (off >= MEMORY_LEN)
		return NULL;
	*ret_len = MEMORY_LEN - off < len ? MEMORY_LEN - off : len;
	return world->memory + off;
}

static bool
send(void *arg, const struct plx_e1000_model_frame *frame)
{
	struct world *world = arg;
	size_t len = 0;

	for (unsigned i = 0; i < frame->nb_parts; i++) {
		for (size_t k = 0; k < frame->parts[i].iov_len; k++)
			world->frames += ((const volatile uint8_t *)frame->parts[i].iov_base)[k];
		len += frame->parts[i].iov_len;
	}
	must(len == frame->len && len > 0);
	return (len & 7) != 0;
}

static void
intx(void *arg, bool up)
{
	struct world *world = arg;

	must(world->line != up);
	world->line = up;
	world->rises += up;
}

static void
complain(void *arg, const char *what)
{
	struct world *world = arg;

	must(strlen(what) > 0);
	world->complaints++;
}

/* -- steps ------------------------------------------------------------------------------------------------------------------- */

static void
access_reg(struct world *world, uint32_t reg, uint32_t value, bool write)
{
	uint8_t bytes[4];

	plx_store_le32(bytes, value);
	must(plx_e1000_model_access(world->card, PLX_E1000_MODEL_BAR_REGS, reg, bytes, 4, write) ==
	     0);
}

static void
any_access(struct world *world, struct input *input)
{
	const uint32_t what = take(input, 1);
	uint64_t offset = take(input, 4);
	const uint32_t len = take(input, 1) % 10;
	uint8_t bytes[8];

	plx_store_le64(bytes, 0x0101010101010101ull * take(input, 1));
	offset = what & 0x80 ? offset << 32 : offset % (PLX_E1000_MODEL_REGS_LEN + 8);
	plx_e1000_model_access(world->card, what & 3, offset, bytes, len, (what & 4) != 0);
}

static void
any_config(struct world *world, struct input *input)
{
	const uint32_t offset = take(input, 1);
	const uint32_t what = take(input, 1);
	uint8_t bytes[4];

	plx_store_le32(bytes, take(input, 4));
	plx_e1000_model_config(world->card, offset + (what & 0x80), bytes, 1 + (what & 3),
			       (what & 4) != 0);
}

/* Bits to the EEPROM, the chip selected or not. */
static void
wire(struct world *world, struct input *input)
{
	const uint32_t bits = take(input, 4);
	const uint32_t pins = E1000_EECD_REQ | (take(input, 1) & 1 ? E1000_EECD_CS : 0);

	for (unsigned i = 0; i < 32; i++) {
		const uint32_t in = (bits >> i & 1) != 0 ? E1000_EECD_DI : 0;

		access_reg(world, E1000_EECD, pins | in | E1000_EECD_SK, true);
		access_reg(world, E1000_EECD, pins | in, true);
	}
}

static void
talk_to_phy(struct world *world, struct input *input)
{
	const uint32_t reg = take(input, 1) % 32;
	const uint32_t op = take(input, 1) & 1 ? E1000_MDIC_OP_WRITE : E1000_MDIC_OP_READ;

	access_reg(world, E1000_MDIC,
		   op | reg << E1000_MDIC_REG_SHIFT | E1000_PHY_ADDRESS << E1000_MDIC_PHY_SHIFT |
			   take(input, 2),
		   true);
}

static void
let_time_pass(struct world *world, struct input *input)
{
	const uint64_t ns = (uint64_t)take(input, 2) << take(input, 1) % 64;
	uint64_t next;

	world->now = (take(input, 1) & 1) != 0 ? ns : world->now + ns;
	next = plx_e1000_model_tick(world->card, world->now);
	must(next > world->now || next == UINT64_MAX || world->now == UINT64_MAX);
}

static void
spoil(struct world *world, struct input *input)
{
	const uint32_t bits = take(input, 2);
	const struct plx_e1000_model_faults faults = {.dead = (bits & 1) != 0,
						      .reset_stuck = (bits & 2) != 0,
						      .no_eerd = (bits & 4) != 0,
						      .eeprom_stuck = (bits & 8) != 0,
						      .eeprom_damaged = (bits & 16) != 0,
						      .phy_stuck = (bits & 32) != 0,
						      .irq_lost = (bits & 64) != 0,
						      .tx_stuck = (bits & 128) != 0,
						      .rx_stuck = (bits & 256) != 0,
						      .dma_error = bits >> 9};

	plx_e1000_model_fault(world->card, &faults);
}

static void
receive(struct world *world, struct input *input)
{
	static uint8_t frame[FRAME_MAX];
	const uint32_t len = take(input, 2) % FRAME_MAX;
	uint8_t *exact = malloc(len > 0 ? len : 1);

	must(exact != NULL);
	memset(frame, (int)take(input, 1), 14);
	memcpy(exact, frame, len);
	plx_e1000_model_receive(world->card, exact, len);
	free(exact);
}

/* The driver stores into a page by itself. */
static void
store(struct world *world, struct input *input)
{
	const uint32_t what = take(input, 2);

	plx_store_le32((what & 0x8000 ? world->rx_page : world->tx_page) + what % 1024 * 4,
		       take(input, 4));
}

static void
step(struct world *world, struct input *input)
{
	const uint32_t what = take(input, 1);
	const uint32_t favourite = favourites[what / 16 * 3 % PLX_ARRAY_LEN(favourites)];

	switch (what % 16) {
	case 0:
		access_reg(world, take(input, 2) % 0x8000 * 4, take(input, 4), true);
		break;
	case 1:
		access_reg(world, take(input, 2) % 0x8000 * 4, 0, false);
		break;
	case 2:
		access_reg(world, favourites[take(input, 1) % PLX_ARRAY_LEN(favourites)],
			   take(input, 4), true);
		break;
	case 3:
		access_reg(world, favourite, 0, false);
		break;
	case 4:
		any_access(world, input);
		break;
	case 5:
		any_config(world, input);
		break;
	case 6:
		wire(world, input);
		break;
	case 7:
		talk_to_phy(world, input);
		break;
	case 8:
		let_time_pass(world, input);
		break;
	case 9:
		spoil(world, input);
		break;
	case 10:
		receive(world, input);
		break;
	case 11:
		store(world, input);
		break;
	case 12:
		plx_e1000_model_set_cable(world->card, (what & 16) != 0);
		break;
	case 13:
		must(plx_e1000_model_poll(world->card, BUDGET) <= BUDGET);
		break;
	case 14:
		world->memory[take(input, 2) % MEMORY_LEN] = (uint8_t)take(input, 1);
		break;
	case 15:
		plx_e1000_model_reset(world->card);
		must(!world->line);
		break;
	}
}

/* -- the whole ------------------------------------------------------------------------------------------------------------------- */

static void
set_up(struct world *world, bool own_pages)
{
	static const struct plx_e1000_model_ops ops = {
		.find = find, .send = send, .intx = intx, .complain = complain};
	struct plx_e1000_model_options options = {.mac = {2, 0, 0, 0, 0, 1}};
	uint8_t command[2] = {7, 0};

	/* From the heap, so that a sanitizer sees a step beyond. */
	world->memory = calloc(1, MEMORY_LEN);
	world->rx_page = aligned_alloc(PLX_E1000_MODEL_PAGE_LEN, PLX_E1000_MODEL_PAGE_LEN);
	world->tx_page = aligned_alloc(PLX_E1000_MODEL_PAGE_LEN, PLX_E1000_MODEL_PAGE_LEN);
	must(world->memory != NULL && world->rx_page != NULL && world->tx_page != NULL);
	if (!own_pages) {
		options.rx_page = world->rx_page;
		options.tx_page = world->tx_page;
	}
	must(plx_e1000_model_create(&options, &ops, world, &world->card) == 0);
	must(plx_e1000_model_config(world->card, COMMAND, command, sizeof(command), true) == 0);
}

static void
check_books(const struct world *world)
{
	struct plx_e1000_model_stats stats;

	plx_e1000_model_stats(world->card, &stats);
	must(stats.interrupts == world->rises);
	must(stats.complaints == world->complaints);
	must(stats.in == stats.taken + stats.filtered + stats.full + stats.down + stats.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {.card = NULL};
	struct input input = {data, size};

	set_up(&world, (take(&input, 1) & 1) != 0);
	for (unsigned i = 0; i < STEPS_MAX && input.left > 0; i++)
		step(&world, &input);
	check_books(&world);
	plx_e1000_model_destroy(world.card);
	free(world.tx_page);
	free(world.rx_page);
	free(world.memory);
	return 0;
}
