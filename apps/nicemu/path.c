/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame's way between card and wire: faults, books, the file. */
#include "nic.h"

#include <pollux/plx_clock.h>

#include <errno.h>
#include <string.h>

#define RCTL	    0x0100u
#define RCTL_LPE    (1u << 5)
#define RCTL_BSEX   (1u << 25)
#define RCTL_BSIZE  16
#define RDLEN	    0x2808u
#define DESC_LEN    16u
#define FRAME_USUAL 1522u

static void
note(struct nic *nic, enum way way, const struct iovec *parts, unsigned nb_parts)
{
	if (PLX_UNLIKELY(nic->record != NULL))
		record_frame(nic->record, way, parts, nb_parts);
}

static bool
is_pause(const void *frame, size_t len)
{
	const uint8_t *bytes = frame;

	return len >= 14 && bytes[12] == 0x88 && bytes[13] == 0x08;
}

/* -- to the wire --------------------------------------------------------------------------------------- */

/* The frame is ours: it is counted, once. */
static void
count_sent(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	nic->books.way[TO_WIRE].frames++;
	nic->books.way[TO_WIRE].bytes += frame->len;
	nic->books.way[TO_WIRE].pauses +=
		is_pause(frame->parts[0].iov_base, frame->parts[0].iov_len);
}

/* False: not now. */
static bool
put(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	const enum wire_put result = wire_put(nic, frame);

	if (PLX_UNLIKELY(result == WIRE_FULL))
		return false;
	if (PLX_UNLIKELY(result == WIRE_LONG))
		nic->books.way[TO_WIRE].lost[LOSS_LONG]++;
	else
		note(nic, TO_WIRE, frame->parts, frame->nb_parts);
	return true;
}

/* A copy in one part, which may be damaged: the bytes of the frame are the driver's. */
static struct iovec
copy(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	uint8_t *to = nic->scratch;

	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(to, frame->parts[i].iov_base, frame->parts[i].iov_len);
		to += frame->parts[i].iov_len;
	}
	return (struct iovec){nic->scratch, frame->len};
}

/* Damaged perhaps, and put on the wire or among the late ones. */
static bool
send_late_or_damaged(struct nic *nic, struct plx_e1000_model_frame frame)
{
	struct spoil *spoil = &nic->spoil[TO_WIRE];
	struct way_books *books = &nic->books.way[TO_WIRE];
	struct iovec part = copy(nic, &frame);
	bool damaged = spoil_corrupts(spoil, part.iov_base, part.iov_len);

	frame.parts = &part;
	frame.nb_parts = 1;
	if (spoil->delay_ns == 0 && spoil->nb_held == 0) {
		if (!put(nic, &frame))
			return false;
	} else if (spoil_hold(spoil, &frame, plx_clock_monotonic_ns()) == 0) {
		books->delayed++;
	} else {
		books->lost[LOSS_HELD]++;
	}
	books->corrupted += damaged;
	return true;
}

static bool
send_spoilt(struct nic *nic, const struct plx_e1000_model_frame *frame)
{
	struct spoil *spoil = &nic->spoil[TO_WIRE];
	const struct spoil before = *spoil;

	if (frame->len > NIC_SCRATCH) {
		nic->books.way[TO_WIRE].lost[LOSS_LONG]++;
		return true;
	}
	if (spoil_drops(spoil)) {
		nic->books.way[TO_WIRE].lost[LOSS_DROPPED]++;
		return true;
	}
	if (send_late_or_damaged(nic, *frame))
		return true;
	/* It comes again, and is then the same one of N. */
	spoil->dropped_of = before.dropped_of;
	spoil->corrupted_of = before.corrupted_of;
	spoil->seed = before.seed;
	return false;
}

bool
path_send(void *arg, const struct plx_e1000_model_frame *frame)
{
	struct nic *nic = arg;
	bool taken;

	if (PLX_UNLIKELY(spoil_is_on(&nic->spoil[TO_WIRE])))
		taken = send_spoilt(nic, frame);
	else
		taken = put(nic, frame);
	if (taken)
		count_sent(nic, frame);
	return taken;
}

/* -- to the card ----------------------------------------------------------------------------------------- */

static void
enter(struct nic *nic, enum plx_e1000_model_taken taken, size_t len)
{
	static const enum loss loss_of[] = {
		[PLX_E1000_MODEL_FULL] = LOSS_FULL,
		[PLX_E1000_MODEL_FILTERED] = LOSS_FILTERED,
		[PLX_E1000_MODEL_DOWN] = LOSS_DOWN,
		[PLX_E1000_MODEL_BAD] = LOSS_BAD,
	};
	struct way_books *books = &nic->books.way[TO_CARD];

	if (PLX_LIKELY(taken == PLX_E1000_MODEL_TAKEN)) {
		books->passed++;
		books->passed_bytes += len;
	} else {
		books->lost[loss_of[taken]]++;
	}
}

static void
give_burst(struct nic *nic, const struct iovec *frames, unsigned n)
{
	enum plx_e1000_model_taken taken[WIRE_BURST];

	plx_nicemu_receive_burst(nic->card, frames, n, taken);
	for (unsigned i = 0; i < n; i++) {
		enter(nic, taken[i], frames[i].iov_len);
		note(nic, TO_CARD, &frames[i], 1);
	}
}

static void
give(struct nic *nic, const void *bytes, size_t len)
{
	union {
		const void *in;
		void *out; /* as iovec has it, for writers, too */
	} base = {.in = bytes};

	give_burst(nic, &(struct iovec){base.out, len}, 1);
}

static void
arrive_spoilt(struct nic *nic, const void *bytes, size_t len)
{
	struct spoil *spoil = &nic->spoil[TO_CARD];
	struct way_books *books = &nic->books.way[TO_CARD];
	struct iovec part = {nic->scratch, len};
	const struct plx_e1000_model_frame frame = {.parts = &part, .nb_parts = 1, .len = len};

	if (spoil_drops(spoil)) {
		books->lost[LOSS_DROPPED]++;
		return;
	}
	if (bytes != nic->scratch)
		memcpy(nic->scratch, bytes, len);
	books->corrupted += spoil_corrupts(spoil, nic->scratch, len);
	if (spoil->delay_ns == 0 && spoil->nb_held == 0)
		give(nic, nic->scratch, len);
	else if (spoil_hold(spoil, &frame, plx_clock_monotonic_ns()) == 0)
		books->delayed++;
	else
		books->lost[LOSS_HELD]++;
}

static void
count_arrived(struct nic *nic, const void *bytes, size_t len)
{
	nic->books.way[TO_CARD].frames++;
	nic->books.way[TO_CARD].bytes += len;
	nic->books.way[TO_CARD].pauses += is_pause(bytes, len);
}

void
path_arrive(struct nic *nic, const void *bytes, size_t len)
{
	count_arrived(nic, bytes, len);
	if (PLX_UNLIKELY(spoil_is_on(&nic->spoil[TO_CARD])) && len <= NIC_SCRATCH)
		arrive_spoilt(nic, bytes, len);
	else
		give(nic, bytes, len);
}

void
path_arrive_burst(struct nic *nic, const struct iovec *frames, unsigned n)
{
	if (PLX_UNLIKELY(spoil_is_on(&nic->spoil[TO_CARD]))) {
		for (unsigned i = 0; i < n; i++)
			path_arrive(nic, frames[i].iov_base, frames[i].iov_len);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		count_arrived(nic, frames[i].iov_base, frames[i].iov_len);
	give_burst(nic, frames, n);
}

/* -- late ones ------------------------------------------------------------------------------------------- */

unsigned
path_release(struct nic *nic)
{
	const uint64_t now = plx_clock_monotonic_ns();
	struct held *held;
	unsigned done = 0;

	while ((held = spoil_due(&nic->spoil[TO_WIRE], now)) != NULL && put(nic, &held->frame)) {
		spoil_release(&nic->spoil[TO_WIRE]);
		done++;
	}
	while ((held = spoil_due(&nic->spoil[TO_CARD], now)) != NULL) {
		give(nic, held->bytes, held->frame.len);
		spoil_release(&nic->spoil[TO_CARD]);
		done++;
	}
	return done;
}

/* -- room ------------------------------------------------------------------------------------------------ */

/* Descriptors that the longest frame takes. */
static unsigned
descs_a_frame(const struct plx_e1000_model *model)
{
	const uint32_t rctl = plx_e1000_model_peek(model, RCTL);
	const unsigned size = (2048u >> (rctl >> RCTL_BSIZE & 3)) * ((rctl & RCTL_BSEX) ? 16 : 1);
	const unsigned longest = (rctl & RCTL_LPE) != 0 ? PLX_E1000_MODEL_FRAME_MAX : FRAME_USUAL;

	return (longest + size - 1) / size;
}

unsigned
path_room(const struct nic *nic)
{
	struct plx_e1000_model *model = plx_nicemu_model(nic->card);
	const unsigned descs = plx_e1000_model_rx_room(model), longest = descs_a_frame(model);
	const unsigned frames = descs / longest;
	const bool too_short = plx_e1000_model_peek(model, RDLEN) / DESC_LEN <= longest;

	/* A ring that is too short for the longest frame gets frames nevertheless. */
	return frames > 0 || descs == 0 || !too_short ? frames : 1;
}
