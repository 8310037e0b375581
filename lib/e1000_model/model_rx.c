/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving: frames fill descriptors (3.2).
 *
 *	ring:  [ told | held ... | free ... | the driver's ]
 *		 RDH -^	   fill -^	RDT -^
 *
 * A descriptor is told when its upper half, with DD, is in memory. Some are held until there are enough of them to be worth a
 * transaction (RXDCTL.WTHRESH), or a timer is over.
 */
#include "model_priv.h"

#include "plx_byteorder.h"
#include "plx_net_csum.h"

#include <string.h>

#define FCS_LEN	  4u
#define TAG_LEN	  4u
#define MACS_LEN  12u
#define ETHER_LEN 14u
#define SHORTEST  60u	 /* without FCS */
#define PLAIN_MAX 1522u	 /* with it */
#define LONG_MAX  16384u /* with it (13.7.15) */
#define SLOTS	  128u	 /* descriptors of one frame, with those that have no buffer */
#define DELAY_NS  1024u	 /* unit of RDTR and RADV */

#define WORD_STATUS_SHIFT  32
#define WORD_ERRORS_SHIFT  40
#define WORD_SPECIAL_SHIFT 48
#define WORD_CSUM_SHIFT	   16
#define WORD_DD		   ((uint64_t)E1000_RXD_STAT_DD << WORD_STATUS_SHIFT)

static const uint8_t zeroes[SHORTEST];

/* A frame as it will be in memory: pieces of it, and what its descriptors will say. */
struct incoming {
	struct iovec parts[4]; /* without the tag, padded, with its FCS */
	unsigned nb_parts, part;
	size_t into; /* what of parts[part] is out already */
	uint32_t len;
	uint16_t special;
	uint8_t status, errors;
	uint8_t fcs[FCS_LEN];
};

/* -- descriptors -------------------------------------------------------------------------------------------------------- */

static uint32_t
buffer_len(uint32_t rctl)
{
	const uint32_t code = (rctl & E1000_RCTL_BSIZE_MASK) >> E1000_RCTL_BSIZE_SHIFT;

	return ((rctl & E1000_RCTL_BSEX) != 0 ? 32768u : 2048u) >> code;
}

/* The descriptor that is n behind the head. */
static uint32_t
behind(const struct emodel_ring *ring, uint32_t n)
{
	const uint32_t i = ring->head + n;

	return i < ring->len ? i : i - ring->len;
}

/* How many the driver gave that no frame is in. A ring that moved under those that are held is another ring. */
static uint32_t
look(struct plx_e1000_model *model)
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

/* Tells what is held. What cannot be told stays so, and the next call tries again. */
static void
flush(struct plx_e1000_model *model)
{
	struct emodel_ring *ring = &model->rx.ring;
	unsigned n = 0;

	while (n < model->rx.nb_held &&
	       emodel_ring_done_rx(model, ring, behind(ring, n), htole64(model->rx.held[n])) == 0)
		n++;
	if (n == 0)
		return;
	model->rx.nb_held -= n;
	if (PLX_UNLIKELY(model->rx.nb_held > 0))
		memmove(model->rx.held, model->rx.held + n,
			model->rx.nb_held * sizeof(model->rx.held[0]));
	ring->head = behind(ring, n);
	emodel_ring_show(model, ring, E1000_RDBAL);
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

static void
add_part(struct incoming *in, const void *bytes, size_t len)
{
	in->parts[in->nb_parts++] = (struct iovec){(void *)(uintptr_t)bytes, len};
	in->len += (uint32_t)len;
}

/* A frame of more than one part, or one that memory has in pieces. */
static int
scatter(struct plx_e1000_model *model, struct incoming *in, uint64_t address, size_t len)
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
put(struct plx_e1000_model *model, struct incoming *in, uint64_t address, size_t len)
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
grows_short(const struct plx_e1000_model *model, uint32_t rctl, uint32_t before, uint32_t after)
{
	const uint32_t code = (rctl & E1000_RCTL_RDMTS_MASK) >> E1000_RCTL_RDMTS_SHIFT;
	const uint32_t least = model->rx.ring.len >> (code < 2 ? code + 1 : 3);

	return before > least && after <= least;
}

/* -- frames ------------------------------------------------------------------------------------------------------------------------ */

/* Words that say what the descriptors of a frame hold; the last one says what the frame is (3.2.3.1). */
static void
finish(struct plx_e1000_model *model, const struct incoming *in, uint64_t *first, uint64_t *last)
{
	*first |= (uint64_t)emodel_rx_packet_sum(model, in->parts, in->nb_parts) << WORD_CSUM_SHIFT;
	*last |= (uint64_t)(in->status | E1000_RXD_STAT_EOP) << WORD_STATUS_SHIFT |
		 (uint64_t)in->errors << WORD_ERRORS_SHIFT |
		 (uint64_t)in->special << WORD_SPECIAL_SHIFT;
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
fill(struct plx_e1000_model *model, struct incoming *in, uint32_t room, uint32_t left)
{
	struct emodel_ring *ring = &model->rx.ring;
	uint64_t *words = model->rx.held + model->rx.nb_held, *first = NULL, *last = NULL;
	uint32_t n = 0, done = 0;
	bool lost = false;

	for (; done < in->len; n++) {
		const uint32_t part = in->len - done < room ? in->len - done : room;
		struct e1000_rx_desc spare, *desc;
		uint64_t address;

		if (n == left || n == SLOTS)
			return PLX_E1000_MODEL_FULL;
		desc = emodel_ring_desc(model, ring, behind(ring, model->rx.nb_held + n), &spare);
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
	finish(model, in, first, last);
	model->rx.nb_held += n;
	return lost ? PLX_E1000_MODEL_BAD : PLX_E1000_MODEL_TAKEN;
}

/* Descriptors without a buffer at the head of the ring are told at once: there may be nothing but them. */
static uint32_t
skip_empty(struct plx_e1000_model *model, uint32_t left)
{
	struct emodel_ring *ring = &model->rx.ring;

	while (left > 0 && model->rx.nb_held == 0) {
		struct e1000_rx_desc spare,
			*desc = emodel_ring_desc(model, ring, ring->head, &spare);

		if (desc == NULL || PLX_LIKELY(desc->addr != 0))
			break;
		model->rx.held[0] = as_it_was(desc);
		model->rx.nb_held = 1;
		flush(model);
		left--;
	}
	return left;
}

static enum plx_e1000_model_taken
store(struct plx_e1000_model *model, struct incoming *in, uint32_t rctl)
{
	const uint32_t room = buffer_len(rctl);
	uint32_t left = look(model), held;
	enum plx_e1000_model_taken taken;

	if (model->rx.nb_held > EMODEL_HELD_MAX)
		flush(model); /* once more what could not be told */
	if (model->rx.nb_held > EMODEL_HELD_MAX)
		return PLX_E1000_MODEL_BAD;
	model->rx.came = true;
	left = skip_empty(model, left);
	held = model->rx.nb_held;
	if ((uint64_t)left * room < in->len || model->faults.rx_stuck)
		return PLX_E1000_MODEL_FULL;
	taken = fill(model, in, room, left);
	held = model->rx.nb_held - held;
	if (model->rx.nb_held >= threshold(model))
		flush(model);
	if (grows_short(model, rctl, left, left - held))
		emodel_cause(model, E1000_INT_RXDMT0);
	if (held > 0)
		notify(model);
	return taken;
}

/* 9.1: what is behind the addresses says that a tag follows. */
static bool
is_tagged(const struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
	return plx_load_be16(frame + MACS_LEN) == (uint16_t)emodel_get(model, E1000_VET) &&
	       len >= ETHER_LEN + TAG_LEN;
}

/* What of the frame goes to memory: without its tag, padded, with its FCS, as registers say. */
static void
dress(struct plx_e1000_model *model, struct incoming *in, const uint8_t *frame, size_t len,
      bool tagged, uint32_t rctl)
{
	in->nb_parts = in->part = 0;
	in->into = 0;
	in->len = 0;
	in->special = 0;
	in->errors = 0;
	in->status = 0;
	if (PLX_UNLIKELY(tagged && (emodel_get(model, E1000_CTRL) & E1000_CTRL_VME) != 0)) {
		add_part(in, frame, MACS_LEN);
		add_part(in, frame + MACS_LEN + TAG_LEN, len - MACS_LEN - TAG_LEN);
		in->special = plx_load_be16(frame + MACS_LEN + 2);
		in->status = E1000_RXD_STAT_VP;
	} else {
		add_part(in, frame, len);
	}
	if (len < SHORTEST)
		add_part(in, zeroes, SHORTEST - len);
	if ((rctl & E1000_RCTL_SECRC) == 0) {
		uint32_t fcs = plx_net_crc32(0, frame, len);

		if (len < SHORTEST)
			fcs = plx_net_crc32(fcs, zeroes, SHORTEST - len);
		plx_store_le32(in->fcs, fcs);
		add_part(in, in->fcs, FCS_LEN);
	}
}

/* -- what is counted (13.7) ------------------------------------------------------------------------------------------------------ */

static uint32_t
on_wire(size_t len)
{
	return (uint32_t)(len < SHORTEST ? SHORTEST : len) + FCS_LEN;
}

static void
count_total(struct plx_e1000_model *model, uint32_t len)
{
	emodel_count(model, E1000_TPR, 1);
	emodel_count_octets(model, E1000_TORL, len);
}

static void
count_odd(struct plx_e1000_model *model, uint32_t reg, size_t len)
{
	emodel_count(model, reg, 1);
	emodel_count(model, E1000_RLEC, 1);
	count_total(model, (uint32_t)len + FCS_LEN);
}

static void
count_missed(struct plx_e1000_model *model, size_t len)
{
	emodel_count(model, E1000_MPC, 1);
	emodel_count(model, E1000_RNBC, 1);
	count_total(model, on_wire(len));
	emodel_cause(model, E1000_INT_RXO);
}

/* -- the way of a frame ---------------------------------------------------------------------------------------------------------- */

static enum plx_e1000_model_taken
keep(struct plx_e1000_model *model, const uint8_t *frame, size_t len, bool tagged, uint32_t rctl,
     enum emodel_match match)
{
	enum plx_e1000_model_taken taken;
	struct incoming in;

	dress(model, &in, frame, len, tagged, rctl);
	in.status |= match == EMODEL_MATCH_INEXACT ? E1000_RXD_STAT_PIF : 0;
	emodel_rx_sums(model, frame, len, tagged, &in.status, &in.errors);
	taken = store(model, &in, rctl);
	if (taken == PLX_E1000_MODEL_FULL)
		count_missed(model, len);
	else if (PLX_UNLIKELY(taken == PLX_E1000_MODEL_BAD))
		emodel_count(model, E1000_RXERRC, 1);
	return taken;
}

/* 8.7.4: pause frames and their like, which the card itself may be meant by. */
static enum plx_e1000_model_taken
control(struct plx_e1000_model *model, const uint8_t *frame, size_t len, uint32_t rctl,
	enum emodel_control kind)
{
	enum emodel_match match = EMODEL_MATCH_NONE;

	count_total(model, on_wire(len));
	if (kind != EMODEL_CONTROL_ENDS)
		match = emodel_rx_match(model, frame, false, rctl);
	if (kind == EMODEL_CONTROL_PASSES && match == EMODEL_MATCH_NONE)
		match = EMODEL_MATCH_INEXACT;
	return match == EMODEL_MATCH_NONE ? PLX_E1000_MODEL_TAKEN
					  : keep(model, frame, len, false, rctl, match);
}

static bool
is_too_long(size_t len, uint32_t rctl)
{
	return len + FCS_LEN > ((rctl & E1000_RCTL_LPE) != 0 ? LONG_MAX : PLAIN_MAX);
}

static enum plx_e1000_model_taken
take(struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
	const uint32_t rctl = emodel_get(model, E1000_RCTL);
	enum emodel_control kind = EMODEL_CONTROL_NONE;
	enum plx_e1000_model_taken taken;
	enum emodel_match match;
	bool tagged, good;

	if ((rctl & E1000_RCTL_EN) == 0 || !emodel_is_master(model))
		return PLX_E1000_MODEL_DOWN;
	if (len < ETHER_LEN) {
		count_odd(model, E1000_RUC, len);
		return PLX_E1000_MODEL_BAD;
	}
	if ((emodel_get(model, E1000_CTRL) & E1000_CTRL_RFCE) != 0)
		kind = emodel_pause_received(model, frame, len);
	if (PLX_UNLIKELY(kind != EMODEL_CONTROL_NONE))
		return control(model, frame, len, rctl, kind);
	tagged = is_tagged(model, frame, len);
	match = emodel_rx_match(model, frame, tagged, rctl);
	if (match == EMODEL_MATCH_NONE)
		return PLX_E1000_MODEL_FILTERED;
	good = !is_too_long(len, rctl);
	if (PLX_UNLIKELY(!good)) {
		count_odd(model, E1000_ROC, len);
		if ((rctl & E1000_RCTL_SBP) == 0 || len > PLX_E1000_MODEL_FRAME_MAX)
			return PLX_E1000_MODEL_BAD;
	}
	taken = keep(model, frame, len, tagged, rctl, match);
	if (taken == PLX_E1000_MODEL_TAKEN && good)
		emodel_count_received(model, frame, on_wire(len));
	return taken;
}

enum plx_e1000_model_taken
emodel_rx(struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
	struct plx_e1000_model_stats *stats = &model->stats;
	const enum plx_e1000_model_taken taken = take(model, frame, len);
	uint64_t *const books[] = {
		[PLX_E1000_MODEL_TAKEN] = &stats->taken,
		[PLX_E1000_MODEL_FULL] = &stats->full,
		[PLX_E1000_MODEL_FILTERED] = &stats->filtered,
		[PLX_E1000_MODEL_DOWN] = &stats->down,
		[PLX_E1000_MODEL_BAD] = &stats->bad,
	};

	stats->in++;
	stats->in_bytes += len;
	++*books[taken];
	if (taken == PLX_E1000_MODEL_TAKEN)
		stats->taken_bytes += len;
	return taken;
}

static bool
is_on_wire(const struct plx_e1000_model *model)
{
	return emodel_has_link(model) && (emodel_get(model, E1000_RCTL) & E1000_RCTL_LBM_MASK) == 0;
}

enum plx_e1000_model_taken
plx_e1000_model_receive(struct plx_e1000_model *model, const void *frame, size_t len)
{
	if (PLX_LIKELY(is_on_wire(model)))
		return emodel_rx(model, frame, len);
	model->stats.in++;
	model->stats.in_bytes += len;
	model->stats.down++;
	return PLX_E1000_MODEL_DOWN;
}

bool
emodel_rx_is_up(const struct plx_e1000_model *model)
{
	return is_on_wire(model) && emodel_is_master(model) &&
	       (emodel_get(model, E1000_RCTL) & E1000_RCTL_EN) != 0;
}

unsigned
plx_e1000_model_rx_room(struct plx_e1000_model *model)
{
	return emodel_rx_is_up(model) ? look(model) : 0;
}

uint64_t
emodel_rx_room_bytes(struct plx_e1000_model *model)
{
	return (uint64_t)look(model) * buffer_len(emodel_get(model, E1000_RCTL));
}

/* -- life ------------------------------------------------------------------------------------------------------------------------ */

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
