/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver gone mad against the emulated 82540EM: any descriptors, any registers, memory that comes and goes, frames both ways.
 * Nothing outside of its memory is touched, all ends, and the card's books are even.
 *
 *	input: [u16 n][n bytes of memory from LOW on, rings at its beginning][steps...]
 *	step:  [what u8][its arguments], as in take_step()
 *	memory: LOW, a neighbour that can only be asked for, a hole, a page that can only be read, the end of all addresses
 */
#include "plx_e1000_model.h"
#include "plx_e1000_spec.h"

#include <stdlib.h>
#include <string.h>

#define LOW	  0x1000ull
#define ASKED	  0x3000ull
#define READ_ONLY 0x8000ull
#define TOP	  (UINT64_MAX - 0xfff)
#define TX_RING	  LOW
#define RX_RING	  (LOW + 0x400)
#define SECOND	  1000000000ull
#define WORK_MAX  20000u /* frames of one input: the machine is fast, not endless */

struct map {
	uint64_t address, len;
	uint8_t *bytes; /* NULL: not there now */
};

struct input {
	const uint8_t *at;
	size_t left;
};

static struct map maps[] = {
	{LOW, 0x2000, NULL}, {ASKED, 0x1000, NULL}, {READ_ONLY, 0x1000, NULL}, {TOP, 0x1000, NULL}};
enum { MAP_LOW, MAP_ASKED, MAP_READ_ONLY, MAP_TOP, MAPS };

static struct plx_e1000_model *model;
static uint8_t *rx_page, *tx_page;
static uint64_t now;
static unsigned room, work;
static volatile uint8_t sink;

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* -- the driver's memory ------------------------------------------------------------------------------------------------- */

static struct map *
map_of(uint64_t address)
{
	for (unsigned i = 0; i < MAPS; i++)
		if (maps[i].bytes != NULL && address - maps[i].address < maps[i].len)
			return &maps[i];
	return NULL;
}

static void *
find(void *arg, uint64_t address, uint64_t len, bool write, uint64_t *ret_len)
{
	struct map *map = map_of(address);

	if (map == NULL || map == &maps[MAP_ASKED] || (write && map == &maps[MAP_READ_ONLY]))
		return NULL;
	*ret_len = map->len - (address - map->address);
	*ret_len = len < *ret_len ? len : *ret_len;
	return map->bytes + (address - map->address);
}

static int
read_asked(void *arg, uint64_t address, void *to, size_t len)
{
	struct map *map = map_of(address);

	if (map == NULL || len > map->len - (address - map->address))
		return -1;
	memcpy(to, map->bytes + (address - map->address), len);
	return 0;
}

static int
write_asked(void *arg, uint64_t address, const void *from, size_t len)
{
	struct map *map = map_of(address);

	if (map != &maps[MAP_ASKED] || len > map->len - (address - map->address))
		return -1;
	memcpy(map->bytes + (address - map->address), from, len);
	return 0;
}

/* From the heap, so that a sanitizer sees a step beyond; aligned as pages are. */
static void
add_map(struct map *map)
{
	if (map->bytes != NULL)
		return;
	map->bytes = aligned_alloc(4096, map->len);
	must(map->bytes != NULL);
	memset(map->bytes, 0x11, map->len);
}

static void
remove_map(struct map *map)
{
	plx_e1000_model_unmapped(model, map->address, map->len);
	free(map->bytes);
	map->bytes = NULL;
}

/* -- the wire ------------------------------------------------------------------------------------------------------------- */

static bool
send(void *arg, const struct plx_e1000_model_frame *frame)
{
	size_t len = 0;

	if (room == 0)
		return false;
	room--;
	work++;
	must(frame->nb_parts > 0 && frame->parts[0].iov_len >= 6);
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		const uint8_t *bytes = frame->parts[i].iov_base;

		for (size_t j = 0; j < frame->parts[i].iov_len; j++)
			sink ^= bytes[j];
		len += frame->parts[i].iov_len;
	}
	must(len == frame->len && len >= 14);
	must(len <= (frame->gso_size != 0 ? UINT16_MAX : PLX_E1000_MODEL_FRAME_MAX));
	must(frame->csum_start == 0 || frame->csum_start + frame->csum_offset + 2u <= len);
	must(frame->gso_size == 0 || (frame->csum_start != 0 && frame->hdr_len < len));
	return true;
}

static void
receive(uint8_t kind, uint16_t len)
{
	uint8_t *frame = malloc(len == 0 ? 1 : len);

	must(frame != NULL);
	memset(frame, kind, len);
	if (len >= 14 && (kind & 1) == 0)
		memcpy(frame, "\2\0\0\0\0\1\2\0\0\0\0\2\x81\0", 14);
	if (len >= 18 && (kind & 2) == 0)
		memcpy(frame + 12, "\x08\0\x45\0\0\x20", 6);
	plx_e1000_model_receive(model, frame, len);
	free(frame);
}

/* -- steps ----------------------------------------------------------------------------------------------------------------- */

static uint32_t
get(struct input *in, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes && in->left > 0; i++, in->left--)
		value |= (uint32_t)*in->at++ << 8 * i;
	return value;
}

static void
access_register(uint32_t reg, uint32_t value, bool write)
{
	plx_e1000_model_access(model, PLX_E1000_MODEL_BAR_REGS, reg, &value, sizeof(value), write);
}

static void
poll(uint32_t budget)
{
	must(plx_e1000_model_poll(model, budget) <= budget);
}

static void
write_memory(struct input *in)
{
	struct map *map = &maps[get(in, 1) % MAPS];
	uint32_t at = get(in, 2), n = get(in, 1);

	if (map->bytes == NULL)
		return;
	for (; n > 0 && in->left > 0; n--, at++)
		map->bytes[at % map->len] = (uint8_t)get(in, 1);
}

static void
spoil(struct input *in)
{
	const uint32_t what = get(in, 1);
	const struct plx_e1000_model_faults faults = {.dma_error = what >> 4,
						      .tx_stuck = (what & 1) != 0,
						      .rx_stuck = (what & 2) != 0,
						      .irq_lost = (what & 4) != 0,
						      .dead = (what & 8) != 0};

	plx_e1000_model_fault(model, &faults);
}

static void
set_page(struct input *in)
{
	uint8_t *page = get(in, 1) & 1 ? tx_page : rx_page;
	const uint32_t at = 0x800 + get(in, 1) % 16 * 4, value = get(in, 4);

	memcpy(page + at, &value, sizeof(value));
}

static void
take_step(struct input *in)
{
	uint32_t reg;

	switch (get(in, 1) % 12) {
	case 0:
		reg = get(in, 2) % (PLX_E1000_MODEL_REGS_LEN / 4) * 4;
		access_register(reg, get(in, 4), true);
		break;
	case 1:
		access_register(get(in, 2) % (PLX_E1000_MODEL_REGS_LEN / 4) * 4, 0, false);
		break;
	case 2:
		poll(get(in, 1));
		break;
	case 3:
		reg = get(in, 2);
		receive((uint8_t)get(in, 1), (uint16_t)reg);
		break;
	case 4:
		now += (uint64_t)get(in, 2) * 1024;
		plx_e1000_model_tick(model, now);
		break;
	case 5:
		write_memory(in);
		break;
	case 6:
		set_page(in);
		break;
	case 7:
		remove_map(&maps[get(in, 1) % MAPS]);
		break;
	case 8:
		add_map(&maps[get(in, 1) % MAPS]);
		break;
	case 9:
		spoil(in);
		break;
	case 10:
		room = get(in, 1);
		break;
	default:
		access_register(E1000_TDT, get(in, 1), true);
		poll(64);
	}
}

/* -- one input --------------------------------------------------------------------------------------------------------------- */

static void
start_card(unsigned takes)
{
	const struct plx_e1000_model_ops ops = {
		.find = find, .read = read_asked, .write = write_asked, .send = send};
	struct plx_e1000_model_options options = {.mac = {2, 0, 0, 0, 0, 1}, .takes = takes};
	uint16_t command = 7;

	rx_page = aligned_alloc(4096, PLX_E1000_MODEL_PAGE_LEN);
	tx_page = aligned_alloc(4096, PLX_E1000_MODEL_PAGE_LEN);
	must(rx_page != NULL && tx_page != NULL);
	memset(rx_page, 0, PLX_E1000_MODEL_PAGE_LEN);
	memset(tx_page, 0, PLX_E1000_MODEL_PAGE_LEN);
	options.rx_page = rx_page;
	options.tx_page = tx_page;
	must(plx_e1000_model_create(&options, &ops, NULL, &model) == 0);
	plx_e1000_model_config(model, 4, &command, sizeof(command), true);
	access_register(E1000_CTRL, E1000_CTRL_SLU | E1000_CTRL_FD | E1000_CTRL_VME, true);
	now = SECOND;
	plx_e1000_model_tick(model, now);
}

static void
start_rings(void)
{
	access_register(E1000_VET, E1000_VET_VALUE, true);
	access_register(E1000_RDBAL, (uint32_t)RX_RING, true);
	access_register(E1000_RDLEN, 256, true);
	access_register(E1000_RDT, 15, true);
	access_register(E1000_RCTL,
			E1000_RCTL_EN | E1000_RCTL_UPE | E1000_RCTL_MPE | E1000_RCTL_BAM |
				E1000_RCTL_LPE,
			true);
	access_register(E1000_TDBAL, (uint32_t)TX_RING, true);
	access_register(E1000_TDLEN, 512, true);
	access_register(E1000_TCTL, E1000_TCTL_EN | E1000_TCTL_PSP, true);
	room = UINT32_MAX;
	work = 0;
}

static void
check_books(void)
{
	struct plx_e1000_model_stats s;

	plx_e1000_model_stats(model, &s);
	must(s.out == s.sent + s.looped + s.out_bad);
	must(s.in == s.taken + s.filtered + s.full + s.down + s.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint32_t head, n;

	head = get(&in, 2);
	n = head & 0x1fff;
	n = n < in.left ? n : (uint32_t)in.left;
	for (unsigned i = 0; i < MAPS; i++)
		add_map(&maps[i]);
	memcpy(maps[MAP_LOW].bytes, in.at, n);
	in.at += n;
	in.left -= n;
	start_card(head >> 14);
	start_rings();
	while (in.left > 0 && work < WORK_MAX)
		take_step(&in);
	check_books();
	for (unsigned i = 0; i < MAPS; i++)
		remove_map(&maps[i]);
	plx_e1000_model_destroy(model);
	free(rx_page);
	free(tx_page);
	return 0;
}
