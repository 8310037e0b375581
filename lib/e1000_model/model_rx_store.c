/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames into descriptors (3.2), and how the driver is told.
 *
 *	ring:  [ told | held ... | free ... | the driver's ]
 *		 RDH -^	   fill -^	RDT -^
 *
 * A descriptor is told when its upper half, with DD, is in memory. Some are held until there are enough of them to be worth a
 * transaction (RXDCTL.WTHRESH), or a timer is over; those of frames that come together, until the last of them is there.
 */
#include "model_priv.h"

#include <string.h>

#define SLOTS	 128u  /* descriptors of one frame, with those that have no buffer */
#define DELAY_NS 1024u /* unit of RDTR and RADV */
#define WORD_DD	 ((uint64_t)E1000_RXD_STAT_DD << EMODEL_RX_STATUS_SHIFT)

/* -- descriptors -------------------------------------------------------------------------------------------------------- */

/* A ring that moved under those that are held is another ring. */
uint32_t
emodel_rx_look(struct plx_e1000_model *model)
{
	struct emodel_ring *ring = &model->rx.ring;
	const uint64_t base = ring->base;
	const uint32_t len = ring->len, head = ring->head;
	uint32_t given;

	if (!emodel_ring_look(model, ring, E1000_RDBAL)) {
		model->rx.nb_held = 0;
		return 0;
	}
	if (PLX_UNLIKELY(base != ring->base || len != ring->len || head != ring->head))
		model->rx.nb_held = 0;
	given = emodel_ring_pending(ring);
	return given > model->rx.nb_held ? given - model->rx.nb_held : 0;
}

/* How many of those that are held are in memory now. */
static unsigned
write_held(struct plx_e1000_model *model)
{
	struct emodel_ring *ring = &model->rx.ring;
	struct e1000_rx_desc *descs = emodel_ring_in_place(model, ring);
	unsigned n = 0;

	if (PLX_LIKELY(descs != NULL)) {
		for (; n < model->rx.nb_held; n++)
			emodel_rx_desc_done(&descs[emodel_ring_behind(ring, n)],
					    htole64(model->rx.held[n]));
		return n;
	}
	while (n < model->rx.nb_held &&
	       emodel_ring_done_rx(model, ring, emodel_ring_behind(ring, n),
				   htole64(model->rx.held[n])) == 0)
		n++;
	return n;
}

/* Tells what is held. What cannot be told stays so, and the next call tries again. */
static void
flush(struct plx_e1000_model *model)
{
	const unsigned n = write_held(model);

	if (n == 0)
		return;
	model->rx.nb_held -= n;
	if (PLX_UNLIKELY(model->rx.nb_held > 0))
		memmove(model->rx.held, model->rx.held + n,
			model->rx.nb_held * sizeof(model->rx.held[0]));
	model->rx.ring.head = emodel_ring_behind(&model->rx.ring, n);
	emodel_ring_show(model, &model->rx.ring, E1000_RDBAL);
}

/* 13.4.46: so many at once. Where no timer would bring the last ones, each is told when it comes. */
static uint32_t
threshold(const struct plx_e1000_model *model)
{
	const unsigned n = emodel_ring_threshold(model, E1000_RXDCTL);

	if (n <= 1 || (emodel_get(model, E1000_RDTR) & E1000_RDTR_DELAY_MASK) == 0)
		return 1;
	return n < EMODEL_HELD_MAX ? n : EMODEL_HELD_MAX;
}

/* -- data -------------------------------------------------------------------------------------------------------------------- */

/* A frame of more than one part, or one that memory has in pieces. */
static int
scatter(struct plx_e1000_model *model, struct emodel_incoming *in, uint64_t address, size_t len)
{
	int ret = 0;

	while (len > 0) {
		const struct iovec *part = &in->parts[in->part];
		const size_t rest = part->iov_len - in->into, now = rest < len ? rest : len;

		if (ret == 0)
			ret = emodel_dma_write(model, &model->rx.window, address,
					       (const uint8_t *)part->iov_base + in->into, now);
		address += now;
		len -= now;
		in->into += now;
		if (in->into == part->iov_len) {
			in->part++;
			in->into = 0;
		}
	}
	return ret;
}

static int
put(struct plx_e1000_model *model, struct emodel_incoming *in, uint64_t address, size_t len)
{
	uint8_t *at;

	if (PLX_LIKELY(in->nb_parts == 1 && len == in->len)) {
		at = emodel_dma_find(model, &model->rx.window, address, len, true);
		if (PLX_LIKELY(at != NULL)) {
			memcpy(at, in->parts[0].iov_base, len);
			return 0;
		}
	}
	return scatter(model, in, address, len);
}

/* -- interrupts (3.2.7) ---------------------------------------------------------------------------------------------------------- */

static void
timer_over(struct plx_e1000_model *model)
{
	emodel_timer_clear(model, EMODEL_TIMER_RX_DELAY);
	emodel_timer_clear(model, EMODEL_TIMER_RX_LIMIT);
	flush(model);
	emodel_cause(model, E1000_INT_RXT0);
}

static void
notify(struct plx_e1000_model *model)
{
	const uint32_t delay = emodel_get(model, E1000_RDTR) & E1000_RDTR_DELAY_MASK;
	const uint32_t limit = emodel_get(model, E1000_RADV) & E1000_RDTR_DELAY_MASK;

	if (delay == 0) {
		if ((emodel_get(model, E1000_ICR) & E1000_INT_RXT0) == 0)
			emodel_cause(model, E1000_INT_RXT0);
		return;
	}
	emodel_timer_set(model, EMODEL_TIMER_RX_DELAY, (uint64_t)delay * DELAY_NS);
	if (limit != 0 && model->due[EMODEL_TIMER_RX_LIMIT] == EMODEL_NEVER)
		emodel_timer_set(model, EMODEL_TIMER_RX_LIMIT, (uint64_t)limit * DELAY_NS);
}

/* RCTL.RDMTS: a half, a quarter, an eighth of the ring is left. */
static bool
grows_short(const struct plx_e1000_model *model, const struct emodel_rx_burst *burst)
{
	const uint32_t code = (burst->plan->rctl & E1000_RCTL_RDMTS_MASK) >> E1000_RCTL_RDMTS_SHIFT;
	const uint32_t least = model->rx.ring.len >> (code < 2 ? code + 1 : 3);

	return burst->before > least && burst->left <= least;
}

static void
tell_of_few(struct plx_e1000_model *model, const struct emodel_rx_burst *burst)
{
	if (grows_short(model, burst))
		emodel_cause(model, E1000_INT_RXDMT0);
}

/* -- a burst ----------------------------------------------------------------------------------------------------------------------- */

static void
look(struct plx_e1000_model *model, struct emodel_rx_burst *burst)
{
	burst->left = burst->before = emodel_rx_look(model);
	burst->descs = NULL;
	if (burst->left > 0 && !model->faults.rx_stuck)
		burst->descs = emodel_ring_in_place(model, &model->rx.ring);
}

void
emodel_rx_begin(struct plx_e1000_model *model, struct emodel_rx_burst *burst)
{
	burst->stored = false;
	look(model, burst);
}

void
emodel_rx_end(struct plx_e1000_model *model, const struct emodel_rx_burst *burst)
{
	if (model->rx.nb_held >= threshold(model))
		flush(model);
	tell_of_few(model, burst);
	if (!burst->stored)
		return;
	model->rx.came = true;
	notify(model);
}

/* The driver may have given some since the last look. */
static bool
has_room(struct plx_e1000_model *model, struct emodel_rx_burst *burst, uint32_t len)
{
	if ((uint64_t)burst->left * burst->plan->room >= len)
		return true;
	tell_of_few(model, burst);
	look(model, burst);
	return (uint64_t)burst->left * burst->plan->room >= len;
}

/* -- frames ------------------------------------------------------------------------------------------------------------------------ */

/* Words that say what the descriptors of a frame hold; the last one says what the frame is (3.2.3.1). */
static void
finish(const struct emodel_rx_plan *plan, const struct emodel_incoming *in, uint64_t *first,
       uint64_t *last)
{
	*first |= (uint64_t)emodel_rx_packet_sum(plan->rxcsum, in->parts, in->nb_parts)
		  << EMODEL_RX_CSUM_SHIFT;
	*last |= (uint64_t)(in->status | E1000_RXD_STAT_EOP) << EMODEL_RX_STATUS_SHIFT |
		 (uint64_t)in->errors << EMODEL_RX_ERRORS_SHIFT |
		 (uint64_t)in->special << EMODEL_RX_SPECIAL_SHIFT;
}

/* 3.2.5.1: one without a buffer is done, and says nothing. */
static uint64_t
as_it_was(const struct e1000_rx_desc *desc)
{
	uint64_t word;

	memcpy(&word, &desc->length, sizeof(word));
	return le64toh(word) | WORD_DD;
}

/*
 * Fills descriptors; the held ones grow by theirs once the frame is whole. A buffer that is nowhere costs the frame, not the
 * ring: the driver gets its descriptors back, marked as an error.
 */
static enum plx_e1000_model_taken
fill(struct plx_e1000_model *model, const struct emodel_rx_burst *burst, struct emodel_incoming *in)
{
	struct emodel_ring *ring = &model->rx.ring;
	const uint32_t room = burst->plan->room;
	uint64_t *words = model->rx.held + model->rx.nb_held, *first = NULL, *last = NULL;
	uint32_t n = 0, done = 0;
	bool lost = false;

	for (; done < in->len; n++) {
		const uint32_t part = in->len - done < room ? in->len - done : room;
		struct e1000_rx_desc spare, *desc;
		uint64_t address;

		if (n == burst->left || n == SLOTS)
			return PLX_E1000_MODEL_FULL;
		desc = emodel_ring_desc(model, ring,
					emodel_ring_behind(ring, model->rx.nb_held + n), &spare);
		if (desc == NULL)
			return PLX_E1000_MODEL_BAD;
		address = le64toh(__atomic_load_n(&desc->addr, __ATOMIC_RELAXED));
		if (PLX_UNLIKELY(address == 0)) {
			words[n] = as_it_was(desc);
			continue;
		}
		if (put(model, in, address, part) != 0)
			lost = true;
		words[n] = part | WORD_DD;
		last = &words[n];
		first = first != NULL ? first : last;
		done += part;
	}
	if (PLX_UNLIKELY(lost))
		in->errors |= E1000_RXD_ERR_RXE;
	finish(burst->plan, in, first, last);
	model->rx.nb_held += n;
	return lost ? PLX_E1000_MODEL_BAD : PLX_E1000_MODEL_TAKEN;
}

/* Descriptors without a buffer at the head of the ring are told at once: there may be nothing but them. */
static void
skip_empty(struct plx_e1000_model *model, struct emodel_rx_burst *burst)
{
	struct emodel_ring *ring = &model->rx.ring;

	while (burst->left > 0 && model->rx.nb_held == 0) {
		struct e1000_rx_desc spare,
			*desc = emodel_ring_desc(model, ring, ring->head, &spare);

		if (desc == NULL || PLX_LIKELY(desc->addr != 0))
			break;
		model->rx.held[0] = as_it_was(desc);
		model->rx.nb_held = 1;
		flush(model);
		burst->left--;
	}
}

enum plx_e1000_model_taken
emodel_rx_store(struct plx_e1000_model *model, struct emodel_rx_burst *burst,
		struct emodel_incoming *in)
{
	enum plx_e1000_model_taken taken;
	uint32_t held;

	if (model->rx.nb_held >= EMODEL_HELD_MAX)
		flush(model);
	if (model->rx.nb_held > EMODEL_HELD_MAX)
		return PLX_E1000_MODEL_BAD; /* what could not be told once more */
	model->rx.came = true;
	skip_empty(model, burst);
	if (!has_room(model, burst, in->len) || model->faults.rx_stuck)
		return PLX_E1000_MODEL_FULL;
	held = model->rx.nb_held;
	taken = fill(model, burst, in);
	burst->left -= model->rx.nb_held - held;
	burst->stored |= model->rx.nb_held > held;
	return taken;
}

/* -- room and life ------------------------------------------------------------------------------------------------------------------ */

uint64_t
emodel_rx_room_bytes(struct plx_e1000_model *model)
{
	return (uint64_t)emodel_rx_look(model) * emodel_rx_plan(model)->room;
}

void
emodel_rx_poll(struct plx_e1000_model *model)
{
	const uint32_t rdtr = emodel_get(model, E1000_RDTR);

	if (PLX_UNLIKELY((rdtr & E1000_RDTR_FPD) != 0)) {
		emodel_set(model, E1000_RDTR, rdtr & ~E1000_RDTR_FPD);
		if (model->due[EMODEL_TIMER_RX_DELAY] != EMODEL_NEVER)
			timer_over(model);
	}
	if (model->rx.nb_held >= threshold(model))
		flush(model);
	emodel_pause_poll(model);
}

void
emodel_rx_disabled(struct plx_e1000_model *model)
{
	flush(model);
	model->rx.nb_held = 0;
	emodel_timer_clear(model, EMODEL_TIMER_RX_DELAY);
	emodel_timer_clear(model, EMODEL_TIMER_RX_LIMIT);
}

void
emodel_rx_reset(struct plx_e1000_model *model)
{
	memset(&model->rx, 0, sizeof(model->rx));
	emodel_timer_clear(model, EMODEL_TIMER_RX_DELAY);
	emodel_timer_clear(model, EMODEL_TIMER_RX_LIMIT);
	emodel_timer_clear(model, EMODEL_TIMER_PAUSED);
	emodel_timer_clear(model, EMODEL_TIMER_PAUSING);
}

void
emodel_rx_due(struct plx_e1000_model *model, enum emodel_timer timer)
{
	timer_over(model);
}
