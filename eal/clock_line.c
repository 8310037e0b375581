/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pieces in force, behind a sequence lock: readers never wait for each other and never write. The
 * sequence is odd while the writer writes. No fences, which the thread sanitizer cannot follow: the fields
 * themselves carry the order.
 *
 *   writer                               reader
 *   sequence = odd, relaxed              s1 = sequence, acquire        (B, reads D)
 *   fields, each with release  (A)       fields, each with acquire     (C, reads A)
 *   sequence = even, release   (D)       s2 = sequence, relaxed; again if odd or s1 != s2
 *
 * B reads D: the fields are at least as new as s1. If some field is newer, C read it from A, so the odd
 * sequence before A is visible to s2 and the reader goes again.
 */
#include "clock_priv.h"

static void
store_piece(_Atomic uint64_t field[3], const struct plx_clock_piece *piece)
{
	atomic_store_explicit(&field[0], piece->ticks, memory_order_release); /* A, with C */
	atomic_store_explicit(&field[1], piece->ns, memory_order_release);
	atomic_store_explicit(&field[2], piece->rate, memory_order_release);
}

static void
load_piece(const _Atomic uint64_t field[3], struct plx_clock_piece *ret_piece)
{
	ret_piece->ticks = atomic_load_explicit(&field[0], memory_order_acquire); /* C, with A */
	ret_piece->ns = atomic_load_explicit(&field[1], memory_order_acquire);
	ret_piece->rate = atomic_load_explicit(&field[2], memory_order_acquire);
}

void
plx_clock_line_publish(struct plx_clock_line *line, const struct plx_clock_piece *piece,
		       const struct plx_clock_piece *old)
{
	uint32_t sequence = atomic_load_explicit(&line->sequence, memory_order_relaxed);

	/* Relaxed: A keeps it before the fields. Skips 0, which says that there is nothing yet. */
	atomic_store_explicit(&line->sequence, sequence + 1, memory_order_relaxed);
	store_piece(&line->field[0], piece);
	store_piece(&line->field[3], old);
	sequence = sequence + 2 != 0 ? sequence + 2 : 2;
	atomic_store_explicit(&line->sequence, sequence, memory_order_release); /* D, with B */
}

bool
plx_clock_line_read(const struct plx_clock_line *line, uint64_t ticks,
		    struct plx_clock_piece *ret_piece)
{
	uint32_t sequence;

	do {
		sequence =
			atomic_load_explicit(&line->sequence, memory_order_acquire); /* B, with D */
		load_piece(&line->field[0], ret_piece);
		if ((int64_t)(ticks - ret_piece->ticks) < 0)
			load_piece(&line->field[3], ret_piece);
		/* Relaxed: C keeps it behind the fields. */
	} while ((sequence & 1) != 0 ||
		 sequence != atomic_load_explicit(&line->sequence, memory_order_relaxed));
	return sequence != 0;
}

bool
plx_clock_line_laid(const struct plx_clock_line *line)
{
	return atomic_load_explicit(&line->sequence, memory_order_acquire) > 1;
}
