/* SPDX-License-Identifier: BSD-3-Clause */
/* A card that receives: a ring of sixteen descriptors, buffers for them, and what the card sends by itself. */
#ifndef PLX_TESTS_UNIT_E1000_MODEL_RX_CARD_H
#define PLX_TESTS_UNIT_E1000_MODEL_RX_CARD_H

#include "driver_memory.h"
#include "plx_byteorder.h"

#define RING	   0x10000u
#define DESCS	   16u
#define BUFFERS	   0x100000u
#define BUFFER	   16384u
#define FRAME_LEN  100u
#define ENABLED	   (E1000_RCTL_EN | E1000_RCTL_SECRC | E1000_RCTL_BAM)
#define WHOLE	   (E1000_RXD_STAT_DD | E1000_RXD_STAT_EOP)
#define SENT_FRAME 64u

static struct e1000_rx_desc *ring;
static uint8_t frame[20000];
static uint8_t sent[4][SENT_FRAME];
static unsigned nb_sent;

static inline bool
card_keeps(void *arg, const struct plx_e1000_model_frame *out)
{
	size_t len = 0;

	assert_true(nb_sent < PLX_ARRAY_LEN(sent) && out->len <= SENT_FRAME);
	for (unsigned i = 0; i < out->nb_parts; i++) {
		memcpy(sent[nb_sent] + len, out->parts[i].iov_base, out->parts[i].iov_len);
		len += out->parts[i].iov_len;
	}
	nb_sent++;
	return true;
}

static inline uint32_t
reg(uint32_t at)
{
	emodel_count_settle(model);
	return emodel_get(model, at);
}

static inline void
set(uint32_t at, uint32_t value)
{
	emodel_set(model, at, value);
}

/* The lower half of the command register. */
static inline void
set_command(uint8_t value)
{
	plx_e1000_model_config(model, 4, &value, 1, true);
}

static inline uint8_t *
buffer(unsigned i)
{
	return memory_at(&memory, BUFFERS + i * BUFFER);
}

/* Descriptors from RDT on, each with a buffer of its own. */
static inline void
give(unsigned n)
{
	uint32_t tail = reg(E1000_RDT);

	for (; n > 0; n--, tail = (tail + 1) % DESCS)
		ring[tail] = (struct e1000_rx_desc){.addr = htole64(BUFFERS + tail * BUFFER)};
	set(E1000_RDT, tail);
}

static inline void
make_ring(uint64_t base)
{
	set(E1000_RDBAL, (uint32_t)base);
	set(E1000_RDBAH, (uint32_t)(base >> 32));
	set(E1000_RDLEN, DESCS * sizeof(*ring));
	set(E1000_RDH, 0);
	set(E1000_RDT, 0);
}

static inline void
make_rx_card(void)
{
	const struct plx_e1000_model_options options = {.mac = {2, 0, 0, 0, 0, 1}};
	const struct plx_e1000_model_ops ops = {
		.find = card_find, .read = card_read, .write = card_write, .send = card_keeps};

	memory_free(&memory); /* of a case that failed */
	assert_int_equal(plx_e1000_model_create(&options, &ops, NULL, &model), 0);
	ring = (struct e1000_rx_desc *)(void *)memory_add(&memory, RING, DESCS * sizeof(*ring));
	memory_add(&memory, BUFFERS, DESCS * BUFFER);
	nb_sent = 0;
	set_command(4);
	emodel_timer_clear(model, EMODEL_TIMER_LINK); /* it is there */
	set(E1000_STATUS, E1000_STATUS_LU | E1000_STATUS_FD | 2u << E1000_STATUS_SPEED_SHIFT);
	set(E1000_RAL(0), 0x00000002);
	set(E1000_RAH(0), E1000_RAH_AV | 0x0100);
	set(E1000_VET, E1000_VET_VALUE);
	set(E1000_RCTL, ENABLED);
	make_ring(RING);
}

/* A card with all descriptors but one given. */
static inline void
make_ready_card(void)
{
	make_rx_card();
	give(DESCS - 1);
}

static inline void
make_frame(size_t len, unsigned seed)
{
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(seed * 7 + i + (i >> 8));
	memcpy(frame, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x88, 0xb5}, 14);
	memset(frame + len, 0x5a, sizeof(frame) - len);
}

static inline enum plx_e1000_model_taken
put(size_t len)
{
	return plx_e1000_model_receive(model, frame, len);
}

/* As the card itself puts it, where it sends to itself. */
static inline enum plx_e1000_model_taken
put_looped(size_t len)
{
	const struct iovec one = {frame, len};
	enum plx_e1000_model_taken taken;

	emodel_rx(model, &one, 1, &taken);
	return taken;
}

static inline enum plx_e1000_model_taken
put_new(size_t len, unsigned seed)
{
	make_frame(len, seed);
	return put(len);
}

/* What the card says about a frame that is in one buffer. */
static inline void
expect(unsigned i, size_t len, uint8_t status)
{
	assert_int_equal(ring[i].status, status);
	assert_int_equal(ring[i].errors, 0);
	assert_int_equal(le16toh(ring[i].length), len);
	if ((status & E1000_RXD_STAT_VP) == 0)
		assert_int_equal(ring[i].special, 0);
}

/* Frames in are all accounted for. */
static inline void
drop_rx_card(void)
{
	const struct plx_e1000_model_stats *s = &model->stats;

	assert_int_equal(s->in, s->taken + s->filtered + s->full + s->down + s->bad);
	free_card();
}

#endif
