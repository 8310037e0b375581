/* SPDX-License-Identifier: BSD-3-Clause */
/* The arithmetic of the clock: rates and pieces. */
#include "clock_priv.h"

#define NS_PER_S 1000000000ULL
#define JUMP_NS	 1000000LL

uint64_t
plx_clock_rate(uint64_t hz)
{
	return (uint64_t)(((unsigned __int128)NS_PER_S << PLX_CLOCK_SHIFT) / hz);
}

uint64_t
plx_clock_scale(uint64_t ticks, uint64_t rate)
{
	return (uint64_t)(((unsigned __int128)ticks * rate) >> PLX_CLOCK_SHIFT);
}

uint64_t
plx_clock_piece_at(const struct plx_clock_piece *piece, uint64_t ticks)
{
	/* Signed distance: a moment shortly before the piece began is as good. */
	if ((int64_t)(ticks - piece->ticks) >= 0)
		return piece->ns + plx_clock_scale(ticks - piece->ticks, piece->rate);
	return piece->ns - plx_clock_scale(piece->ticks - ticks, piece->rate);
}

/* The kernel's rate between two readings; NTP slews by at most 500 ppm, so more is a set clock. */
static uint64_t
measured_rate(const struct plx_clock_sample *before, const struct plx_clock_sample *now,
	      uint64_t nominal)
{
	uint64_t ticks = now->ticks - before->ticks;
	uint64_t ns = now->ns - before->ns;
	uint64_t expected = plx_clock_scale(ticks, nominal);
	uint64_t tolerance = expected / 1000;

	if (ticks == 0 || ns > expected + tolerance || ns + tolerance < expected)
		return nominal;
	return (uint64_t)(((unsigned __int128)ns << PLX_CLOCK_SHIFT) / ticks);
}

/* True if a jump to the kernel's time is right, or goes unseen: the last use was before `due`. */
static bool
may_jump(const struct plx_clock_piece *old, const struct plx_clock_sample *now, uint64_t due,
	 uint64_t span)
{
	int64_t off = (int64_t)(now->ns - plx_clock_piece_at(old, now->ticks));

	if (off > JUMP_NS || off < -JUMP_NS)
		return true;
	return (int64_t)(now->ticks - due) > (int64_t)(span / 8) &&
	       (int64_t)(now->ns - plx_clock_piece_at(old, due)) > 0;
}

struct plx_clock_piece
plx_clock_piece_next(const struct plx_clock_piece *old, const struct plx_clock_sample *before,
		     const struct plx_clock_sample *now, uint64_t due, uint64_t nominal,
		     uint64_t span)
{
	uint64_t kernel_rate = measured_rate(before, now, nominal);
	struct plx_clock_piece next = {now->ticks, now->ns, kernel_rate};
	uint64_t goal;

	if (may_jump(old, now, due, span))
		return next;
	goal = now->ns + plx_clock_scale(span, kernel_rate);
	next.ns = plx_clock_piece_at(old, now->ticks);
	next.rate = (uint64_t)(((unsigned __int128)(goal - next.ns) << PLX_CLOCK_SHIFT) / span);
	return next;
}
