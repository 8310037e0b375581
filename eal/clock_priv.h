/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From ticks to the kernel's time of day without asking the kernel. Time is a chain of straight pieces;
 * a piece is laid at least once a second from where the last one leads to where the kernel will be at its
 * end, so the result runs without jumps and never backwards unless the clock was set.
 *
 *   ns  ^            kernel ...........
 *       |        ........../
 *       |  .....*         /  new piece: from p at tick t, aimed at the kernel's time one span later
 *       |      / p ______/
 *       |_____/__________________> ticks
 *             t          t + span
 *
 * Pure but for the arguments, so that a test can play kernel.
 */
#ifndef PLX_EAL_CLOCK_PRIV_H
#define PLX_EAL_CLOCK_PRIV_H

#include "plx_clock.h"

#include <stdatomic.h>

#define PLX_CLOCK_SHIFT 48 /* of the rates: ns = ticks * rate >> 48 */

struct plx_clock_piece {
	uint64_t ticks; /* where it begins */
	uint64_t ns;	/* time there */
	uint64_t rate;
};

/* Calibrates if need be; false if the processor does not promise a constant pace of its counter. */
bool plx_clock_invariant(void);

/* One reading of both clocks. */
struct plx_clock_sample {
	uint64_t ticks;
	uint64_t ns;
};

/* ns in a second, as a rate. */
uint64_t plx_clock_rate(uint64_t hz);

uint64_t plx_clock_scale(uint64_t ticks, uint64_t rate);

/* Where the piece is at that tick, before its beginning too. */
uint64_t plx_clock_piece_at(const struct plx_clock_piece *piece, uint64_t ticks);

/*
 * The piece that follows `old`. `before` and `now` are two readings of the kernel's clock and give its
 * rate; `nominal` is the rate to believe in if that looks absurd. The piece aims at the kernel's time
 * `span` ticks after `now`. It jumps to the kernel's time at once if it is more than 1 ms off (the clock
 * was set), or if nobody asked for the time since long before `due`, so that none can see it go back.
 */
struct plx_clock_piece
plx_clock_piece_next(const struct plx_clock_piece *old, const struct plx_clock_sample *before,
		     const struct plx_clock_sample *now, uint64_t due, uint64_t nominal,
		     uint64_t span);

/* The last two pieces, for any number of readers and one writer at a time. All zero at first. */
struct plx_clock_line {
	_Atomic uint32_t sequence;
	_Atomic uint64_t field[6];
};

/* The next piece, and the one that it follows. Thread: one writer. */
void plx_clock_line_publish(struct plx_clock_line *line, const struct plx_clock_piece *piece,
			    const struct plx_clock_piece *old);

/* The piece that covers the tick; false before the first was published. Progress: lock-free. */
bool plx_clock_line_read(const struct plx_clock_line *line, uint64_t ticks,
			 struct plx_clock_piece *ret_piece);

/* True once a piece was published. */
bool plx_clock_line_laid(const struct plx_clock_line *line);

#endif
