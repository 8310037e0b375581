/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving: what becomes of a frame, and what is counted of it. Where it goes is in model_rx_store.c. */
#include "model_copy.h"
#include "model_priv.h"

#include "plx_byteorder.h"
#include "plx_net_csum.h"

#define FCS_LEN	  4u
#define TAG_LEN	  4u
#define MACS_LEN  12u
#define ETHER_LEN 14u
#define SHORTEST  60u /* without FCS */
#define AHEAD	  4u  /* descriptors: a cache line of them */

static const uint8_t zeroes[SHORTEST];

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

/* -- frames that have to be made up ---------------------------------------------------------------------------------------------- */

static void
add_part(struct emodel_incoming *in, const void *bytes, size_t len)
{
	in->parts[in->nb_parts++] = (struct iovec){(void *)(uintptr_t)bytes, len};
	in->len += (uint32_t)len;
}

/* What of the frame goes to memory: without its tag, padded, with its FCS, as registers say. */
static void
dress(const struct emodel_rx_plan *plan, struct emodel_incoming *in, const uint8_t *frame,
      size_t len, bool tagged)
{
	in->nb_parts = in->part = 0;
	in->into = 0;
	in->len = 0;
	in->special = 0;
	if (tagged && plan->strips_tags) {
		add_part(in, frame, MACS_LEN);
		add_part(in, frame + MACS_LEN + TAG_LEN, len - MACS_LEN - TAG_LEN);
		in->special = plx_load_be16(frame + MACS_LEN + 2);
		in->status |= E1000_RXD_STAT_VP;
	} else {
		add_part(in, frame, len);
	}
	if (len < SHORTEST)
		add_part(in, zeroes, SHORTEST - len);
	if ((plan->rctl & E1000_RCTL_SECRC) == 0) {
		uint32_t fcs = plx_net_crc32(0, frame, len);

		if (len < SHORTEST)
			fcs = plx_net_crc32(fcs, zeroes, SHORTEST - len);
		plx_store_le32(in->fcs, fcs);
		add_part(in, in->fcs, FCS_LEN);
	}
}

static PLX_NOINLINE enum plx_e1000_model_taken
keep_dressed(struct plx_e1000_model *model, struct emodel_rx_burst *burst,
	     const struct iovec *frame, bool tagged, uint8_t status, uint8_t errors)
{
	struct emodel_incoming in = {.status = status, .errors = errors};
	enum plx_e1000_model_taken taken;

	dress(burst->plan, &in, frame->iov_base, frame->iov_len, tagged);
	taken = emodel_rx_store(model, burst, &in);
	if (taken == PLX_E1000_MODEL_FULL)
		count_missed(model, frame->iov_len);
	else if (taken == PLX_E1000_MODEL_BAD)
		emodel_count(model, E1000_RXERRC, 1);
	return taken;
}

/* -- the common case: a frame as it is, into one buffer ---------------------------------------------------------------------------- */

/* The driver had the buffer of a little later last: another processor has its cache lines. */
static inline void
fetch_ahead(const struct emodel_window *window, const struct e1000_rx_desc *desc)
{
	const uint64_t off =
		le64toh(__atomic_load_n(&desc->addr, __ATOMIC_RELAXED)) - window->address;

	if (off < window->len)
		plx_prefetch_write(window->at + off);
}

static inline uint64_t
plain_word(const struct iovec *frame, uint8_t *to, uint8_t status, uint8_t errors)
{
	const uint64_t sum = emodel_rx_copy_sum(to, frame->iov_base, frame->iov_len);
	const uint64_t whole = status | E1000_RXD_STAT_DD | E1000_RXD_STAT_EOP;

	return frame->iov_len | sum << EMODEL_RX_CSUM_SHIFT | whole << EMODEL_RX_STATUS_SHIFT |
	       (uint64_t)errors << EMODEL_RX_ERRORS_SHIFT;
}

static inline bool
store_plain(struct plx_e1000_model *model, struct emodel_rx_burst *burst, const struct iovec *frame,
	    uint8_t status, uint8_t errors)
{
	const uint32_t held = model->rx.nb_held;
	const struct e1000_rx_desc *desc;
	uint64_t address;
	uint32_t next;
	uint8_t *at;

	if (PLX_UNLIKELY(burst->descs == NULL || burst->left == 0 || held >= EMODEL_HELD_MAX))
		return false;
	next = emodel_ring_behind(&model->rx.ring, held);
	desc = &burst->descs[next];
	address = le64toh(__atomic_load_n(&desc->addr, __ATOMIC_RELAXED));
	if (PLX_UNLIKELY(address == 0))
		return false;
	at = emodel_dma_find(model, &model->rx.window, address, frame->iov_len, true);
	if (PLX_UNLIKELY(at == NULL))
		return false;
	if (next + AHEAD < model->rx.ring.len)
		fetch_ahead(&model->rx.window, desc + AHEAD);
	model->rx.held[held] = plain_word(frame, at, status, errors);
	model->rx.nb_held = held + 1;
	burst->left--;
	burst->stored = true;
	return true;
}

/* -- the way of a frame ---------------------------------------------------------------------------------------------------------- */

static bool
is_plain(const struct emodel_rx_plan *plan, size_t len, bool tagged)
{
	return len >= SHORTEST && len <= plan->longest_plain && !(tagged && plan->strips_tags);
}

static enum plx_e1000_model_taken
keep(struct plx_e1000_model *model, struct emodel_rx_burst *burst, const struct iovec *frame,
     bool tagged, enum emodel_match match)
{
	const struct emodel_rx_plan *plan = burst->plan;
	uint8_t status = match == EMODEL_MATCH_INEXACT ? E1000_RXD_STAT_PIF : 0, errors = 0;

	if ((plan->rxcsum & (E1000_RXCSUM_IPOFL | E1000_RXCSUM_TUOFL)) != 0)
		emodel_rx_sums(model, plan->rxcsum, frame, tagged, &status, &errors);
	else
		status |= E1000_RXD_STAT_IXSM;
	if (PLX_LIKELY(is_plain(plan, frame->iov_len, tagged)) &&
	    PLX_LIKELY(store_plain(model, burst, frame, status, errors)))
		return PLX_E1000_MODEL_TAKEN;
	return keep_dressed(model, burst, frame, tagged, status, errors);
}

/* 8.7.4: pause frames and their like, which the card itself may be meant by. */
static PLX_NOINLINE enum plx_e1000_model_taken
control(struct plx_e1000_model *model, struct emodel_rx_burst *burst, const struct iovec *frame,
	enum emodel_control kind)
{
	enum emodel_match match = EMODEL_MATCH_NONE;

	count_total(model, on_wire(frame->iov_len));
	if (kind != EMODEL_CONTROL_ENDS)
		match = emodel_rx_match(model, burst->plan, frame->iov_base, false);
	if (kind == EMODEL_CONTROL_PASSES && match == EMODEL_MATCH_NONE)
		match = EMODEL_MATCH_INEXACT;
	return match == EMODEL_MATCH_NONE ? PLX_E1000_MODEL_TAKEN
					  : keep(model, burst, frame, false, match);
}

/* 13.4.22: bad, and kept where RCTL.SBP wants those. */
static PLX_NOINLINE enum plx_e1000_model_taken
take_long(struct plx_e1000_model *model, struct emodel_rx_burst *burst, const struct iovec *frame,
	  bool tagged, enum emodel_match match)
{
	count_odd(model, E1000_ROC, frame->iov_len);
	if ((burst->plan->rctl & E1000_RCTL_SBP) == 0 || frame->iov_len > PLX_E1000_MODEL_FRAME_MAX)
		return PLX_E1000_MODEL_BAD;
	return keep(model, burst, frame, tagged, match);
}

static enum plx_e1000_model_taken
take(struct plx_e1000_model *model, struct emodel_rx_burst *burst, const struct iovec *frame)
{
	const struct emodel_rx_plan *plan = burst->plan;
	enum emodel_control kind = EMODEL_CONTROL_NONE;
	const uint8_t *bytes = frame->iov_base;
	const size_t len = frame->iov_len;
	enum plx_e1000_model_taken taken;
	enum emodel_match match;
	uint32_t type;
	bool tagged;

	if (PLX_UNLIKELY(len < ETHER_LEN)) {
		count_odd(model, E1000_RUC, len);
		return PLX_E1000_MODEL_BAD;
	}
	type = plx_load_be16(bytes + MACS_LEN);
	if (PLX_UNLIKELY(type == plan->control_type))
		kind = emodel_pause_received(model, bytes, len);
	if (PLX_UNLIKELY(kind != EMODEL_CONTROL_NONE))
		return control(model, burst, frame, kind);
	tagged = type == plan->tag_type && len >= ETHER_LEN + TAG_LEN; /* 9.1 */
	match = !tagged && emodel_rx_is_station(plan, bytes)
			? EMODEL_MATCH_EXACT
			: emodel_rx_match(model, plan, bytes, tagged);
	if (match == EMODEL_MATCH_NONE)
		return PLX_E1000_MODEL_FILTERED;
	if (PLX_UNLIKELY(len > plan->longest))
		return take_long(model, burst, frame, tagged, match);
	taken = keep(model, burst, frame, tagged, match);
	if (PLX_LIKELY(taken == PLX_E1000_MODEL_TAKEN))
		emodel_count_received(model, bytes, on_wire(len));
	return taken;
}

/* -- bursts, and the card's own books -------------------------------------------------------------------------------------------- */

static PLX_NOINLINE void
enter_lost(struct plx_e1000_model *model, enum plx_e1000_model_taken why, size_t len)
{
	struct plx_e1000_model_stats *stats = &model->stats;
	uint64_t *const books[] = {
		[PLX_E1000_MODEL_FULL] = &stats->full,
		[PLX_E1000_MODEL_FILTERED] = &stats->filtered,
		[PLX_E1000_MODEL_DOWN] = &stats->down,
		[PLX_E1000_MODEL_BAD] = &stats->bad,
	};

	stats->in++;
	stats->in_bytes += len;
	++*books[why];
}

static void
enter_taken(struct plx_e1000_model *model, unsigned n, uint64_t bytes)
{
	model->stats.in += n;
	model->stats.in_bytes += bytes;
	model->stats.taken += n;
	model->stats.taken_bytes += bytes;
}

static void
lose(struct plx_e1000_model *model, const struct iovec *frames, unsigned n,
     enum plx_e1000_model_taken *ret_taken)
{
	for (unsigned i = 0; i < n; i++) {
		ret_taken[i] = PLX_E1000_MODEL_DOWN;
		enter_lost(model, PLX_E1000_MODEL_DOWN, frames[i].iov_len);
	}
}

void
emodel_rx(struct plx_e1000_model *model, const struct iovec *frames, unsigned n,
	  enum plx_e1000_model_taken *ret_taken)
{
	struct emodel_rx_burst burst = {.plan = emodel_rx_plan(model)};
	uint64_t bytes = 0;
	unsigned taken = 0;

	if (PLX_UNLIKELY(!burst.plan->on)) {
		lose(model, frames, n, ret_taken);
		return;
	}
	emodel_rx_begin(model, &burst);
	for (unsigned i = 0; i < n; i++) {
		ret_taken[i] = take(model, &burst, &frames[i]);
		if (PLX_LIKELY(ret_taken[i] == PLX_E1000_MODEL_TAKEN)) {
			taken++;
			bytes += frames[i].iov_len;
		} else {
			enter_lost(model, ret_taken[i], frames[i].iov_len);
		}
	}
	emodel_rx_end(model, &burst);
	enter_taken(model, taken, bytes);
}

/* -- from the wire ---------------------------------------------------------------------------------------------------------------- */

void
plx_e1000_model_receive_burst(struct plx_e1000_model *model, const struct iovec *frames, unsigned n,
			      enum plx_e1000_model_taken *ret_taken)
{
	if (PLX_LIKELY(emodel_rx_plan(model)->wired))
		emodel_rx(model, frames, n, ret_taken);
	else
		lose(model, frames, n, ret_taken);
}

enum plx_e1000_model_taken
plx_e1000_model_receive(struct plx_e1000_model *model, const void *frame, size_t len)
{
	const struct iovec one = {(void *)(uintptr_t)frame, len};
	enum plx_e1000_model_taken taken;

	plx_e1000_model_receive_burst(model, &one, 1, &taken);
	return taken;
}

bool
plx_e1000_model_rx_is_up(const struct plx_e1000_model *model)
{
	const uint32_t rctl = emodel_get(model, E1000_RCTL);

	return emodel_has_link(model) && emodel_is_master(model) &&
	       (rctl & (E1000_RCTL_EN | E1000_RCTL_LBM_MASK)) == E1000_RCTL_EN;
}

unsigned
plx_e1000_model_rx_room(struct plx_e1000_model *model)
{
	return plx_e1000_model_rx_is_up(model) ? emodel_rx_look(model) : 0;
}
