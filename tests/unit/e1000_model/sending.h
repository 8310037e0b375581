/* SPDX-License-Identifier: BSD-3-Clause */
/* A driver that sends: a ring, buffers, and what came out at the other side of the card. */
#ifndef PLX_TESTS_UNIT_E1000_MODEL_SENDING_H
#define PLX_TESTS_UNIT_E1000_MODEL_SENDING_H

#include "driver_memory.h"

#define RING	    0x10000ull
#define RING_SIZE   512u
#define BUFFERS	    0x100000ull
#define BUFFERS_LEN 0x40000u
#define OUT_MAX	    1024
#define EOP	    E1000_TXD_CMD_EOP
#define IFCS	    E1000_TXD_CMD_IFCS
#define RS	    E1000_TXD_CMD_RS
#define IDE	    E1000_TXD_CMD_IDE
#define VLE	    E1000_TXD_CMD_VLE
#define IC	    E1000_TXD_CMD_IC
#define TSE	    E1000_TXD_CMD_TSE
#define DEXT	    E1000_TXD_CMD_DEXT
#define LAST	    (EOP | IFCS | RS)

struct out_frame {
	uint8_t *bytes;
	size_t len;
	unsigned nb_parts;
	const uint8_t *first; /* where its first part was */
	struct plx_e1000_model_frame frame;
};

static struct {
	struct out_frame frames[OUT_MAX];
	unsigned nb;
	unsigned room; /* of send(); 0: it refuses */
	unsigned asked;
	uint32_t tail;
	uint8_t *buffers;
} out;

static inline bool
takes(void *arg, const struct plx_e1000_model_frame *frame)
{
	struct out_frame *f = &out.frames[out.nb];
	size_t at = 0;

	out.asked++;
	if (out.room == 0 || out.nb == OUT_MAX)
		return false;
	out.room--;
	out.nb++;
	f->frame = *frame;
	f->len = frame->len;
	f->nb_parts = frame->nb_parts;
	f->first = frame->parts[0].iov_base;
	f->bytes = malloc(frame->len);
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		assert_true(at + frame->parts[i].iov_len <= frame->len);
		memcpy(f->bytes + at, frame->parts[i].iov_base, frame->parts[i].iov_len);
		at += frame->parts[i].iov_len;
	}
	assert_int_equal(at, frame->len);
	assert_true(frame->parts[0].iov_len >= 6);
	return true;
}

static inline void
forget_frames(void)
{
	for (unsigned i = 0; i < out.nb; i++)
		free(out.frames[i].bytes);
	out.nb = 0;
}

/* What a driver does once there is a card, and after each reset. */
static inline void
start_sender(void)
{
	model->config[4] |= 4; /* bus master */
	emodel_set(model, E1000_STATUS, emodel_get(model, E1000_STATUS) | E1000_STATUS_LU);
	emodel_set(model, E1000_TDBAL, RING);
	emodel_set(model, E1000_TDLEN, RING_SIZE * 16);
	emodel_set(model, E1000_TCTL, E1000_TCTL_EN | E1000_TCTL_PSP);
	emodel_set(model, E1000_VET, E1000_VET_VALUE);
	out.tail = 0;
}

static inline void
make_sender(unsigned card_takes)
{
	const struct plx_e1000_model_options options = {.mac = {2, 0, 0, 0, 0, 1},
							.takes = card_takes};
	const struct plx_e1000_model_ops ops = {
		.find = card_find, .read = card_read, .write = card_write, .send = takes};

	memset(&out, 0, sizeof(out));
	out.room = UINT32_MAX;
	assert_int_equal(plx_e1000_model_create(&options, &ops, NULL, &model), 0);
	memory_add(&memory, RING, RING_SIZE * 16);
	out.buffers = memory_add(&memory, BUFFERS, BUFFERS_LEN);
	for (unsigned i = 0; i < BUFFERS_LEN; i++)
		out.buffers[i] = (uint8_t)(i * 31 + i / 251 + 2 * (i % 7 == 0));
	start_sender();
}

static inline void
free_sender(void)
{
	forget_frames();
	free_card();
}

/* Of descriptor i, wherever it is. */
static inline uint8_t *
desc_byte(uint32_t i, unsigned at)
{
	return memory_at(&memory, RING + 16 * i + at);
}

static inline bool
is_done(uint32_t i)
{
	return (*desc_byte(i, 12) & E1000_TXD_STA_DD) != 0;
}

/* All of its bytes are written, so that DD of an earlier round goes. Which one it was. */
static inline uint32_t
put_desc(const void *desc)
{
	const uint32_t i = out.tail;

	for (unsigned at = 0; at < 16; at++)
		*desc_byte(i, at) = ((const uint8_t *)desc)[at];
	out.tail = (i + 1) % RING_SIZE;
	return i;
}

static inline uint32_t
legacy(uint64_t addr, uint16_t len, uint8_t cmd)
{
	const struct e1000_tx_desc desc = {.addr = addr, .length = len, .cmd = cmd};

	return put_desc(&desc);
}

static inline uint32_t
data(uint64_t addr, uint32_t len, uint8_t cmd, uint8_t popts, uint16_t special)
{
	const struct e1000_tx_data_desc desc = {.addr = addr,
						.cmd_dtalen = len | E1000_TXD_DTYP_DATA |
							      (uint32_t)(cmd | DEXT) << 24,
						.popts = popts,
						.special = special};

	return put_desc(&desc);
}

static inline uint32_t
context(const struct e1000_tx_context_desc *c, uint32_t paylen, uint8_t cmd)
{
	struct e1000_tx_context_desc desc = *c;

	desc.cmd_paylen = paylen | (uint32_t)(cmd | DEXT) << 24;
	return put_desc(&desc);
}

static inline unsigned
kick(unsigned budget)
{
	emodel_set(model, E1000_TDT, out.tail);
	return plx_e1000_model_poll(model, budget);
}

static inline unsigned
go(void)
{
	return kick(UINT32_MAX);
}

static inline uint32_t
causes(void)
{
	const uint32_t icr = emodel_get(model, E1000_ICR);

	emodel_set(model, E1000_ICR, 0);
	return icr;
}

/* Out = sent + looped + bad, but for one that is held. */
static inline void
books_are_even(void)
{
	const struct plx_e1000_model_stats *s = &model->stats;

	assert_int_equal(s->out, s->sent + s->looped + s->out_bad);
	assert_int_equal(s->sent, out.nb);
}

static inline void
is_frame(unsigned i, uint64_t from, size_t len)
{
	assert_true(i < out.nb);
	assert_int_equal(out.frames[i].len, len);
	assert_memory_equal(out.frames[i].bytes, memory_at(&memory, from), len);
}

static inline int
set_up_sender(void **state)
{
	make_sender(0);
	return 0;
}

static inline int
tear_down(void **state)
{
	free_sender();
	return 0;
}

#endif
