/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the stamps is a pass of its own over what a burst has brought: without the offload nobody pays for
 * it. A stamp is wiped out once it is read, so that a later frame in the same buffer that has none does not
 * take it for its own.
 */
#include "af_xdp_priv.h"

#include <bpf/libbpf.h>
#include <string.h>

#define NS_S	 1000000000ULL
#define LOOK_NS	 NS_S
#define BRACKETS 4

static const struct xdp_clock clocks[] = {
	{CLOCK_TAI, BPF_FUNC_ktime_get_tai_ns, "XDP program, CLOCK_TAI"},
	{CLOCK_MONOTONIC, BPF_FUNC_ktime_get_ns, "XDP program, CLOCK_MONOTONIC"},
};

const struct xdp_clock *
af_xdp_stamp_clock(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_ktime_get_tai_ns, NULL) == 1
		       ? &clocks[0]
		       : &clocks[1];
}

static uint64_t
read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_S + (uint64_t)now.tv_nsec;
}

/* -- from one clock to the other ---------------------------------------------------------------------------- */

/* A reading of the clock between two of the day: the offset is low .. low + width. */
struct bracket {
	uint64_t low, width;
};

static struct bracket
narrowest_bracket(clockid_t clock)
{
	struct bracket best = {.width = UINT64_MAX};

	for (unsigned i = 0; i < BRACKETS; i++) {
		const uint64_t before = read_ns(CLOCK_REALTIME), there = read_ns(clock),
			       after = read_ns(CLOCK_REALTIME);

		if (after - before < best.width)
			best = (struct bracket){before - there, after - before};
	}
	return best;
}

/* What lies between TAI and the time of the day is whole seconds; the nearest, of a number modulo 2^64. */
static uint64_t
whole_seconds(uint64_t offset)
{
	const int64_t ns = (int64_t)offset, half = NS_S / 2;

	return (uint64_t)((ns + (ns < 0 ? -half : half)) / (int64_t)NS_S) * NS_S;
}

/* An offset that can still be right is kept: stamps do not wander with the error of each reading. */
static void
look_at_clocks(struct af_xdp_timeline *line)
{
	const struct bracket now = narrowest_bracket(line->clock);

	if (line->offset - now.low <= now.width)
		return;
	line->offset = now.low + now.width / 2;
	if (line->clock == CLOCK_TAI)
		line->offset = whole_seconds(line->offset);
}

void
af_xdp_timeline_init(struct af_xdp_timeline *line, const struct xdp_clock *clock, uint64_t key)
{
	*line = (struct af_xdp_timeline){.key = key, .clock = clock->id};
	look_at_clocks(line);
	line->looked = read_ns(clock->id);
}

static PLX_NOINLINE void
look_again(struct af_xdp_timeline *line, uint64_t stamp_ns)
{
	look_at_clocks(line);
	line->looked = stamp_ns;
}

uint64_t
af_xdp_timeline_ns(struct af_xdp_timeline *line, uint64_t stamp_ns)
{
	/* Farther than that either way: time has passed, or the clock was set. */
	if (PLX_UNLIKELY(stamp_ns - line->looked + LOOK_NS > 2 * LOOK_NS))
		look_again(line, stamp_ns);
	return stamp_ns + line->offset;
}

/* -- bursts -------------------------------------------------------------------------------------------------- */

/* The head-room may begin anywhere, so by memcpy; false if there is no stamp. */
static inline bool
take_stamp(const struct plx_mbuf *m, uint64_t key, uint64_t *ret_ns)
{
	struct xdp_stamp stamp;
	uint8_t *at;

	if (PLX_UNLIKELY(m->data_off < sizeof(stamp)))
		return false;
	at = plx_mbuf_data(m) - sizeof(stamp);
	memcpy(&stamp, at, sizeof(stamp));
	if (PLX_UNLIKELY(stamp.key != key))
		return false;
	memset(at + offsetof(struct xdp_stamp, key), 0, sizeof(stamp.key));
	*ret_ns = stamp.ns;
	return true;
}

static inline uint16_t
stamp_all(struct af_xdp_rxq *rx, struct plx_mbuf **pkts, uint16_t n)
{
	uint64_t unstamped = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint64_t ns;

		if (PLX_UNLIKELY(!take_stamp(pkts[i], rx->time.key, &ns))) {
			unstamped++;
			continue;
		}
		pkts[i]->timestamp = af_xdp_timeline_ns(&rx->time, ns);
		pkts[i]->ol_flags |= PLX_MBUF_RX_TIMESTAMP;
	}
	if (PLX_UNLIKELY(unstamped != 0))
		plx_ethdev_add(&rx->unstamped, unstamped);
	return n;
}

uint16_t
af_xdp_rx_burst_stamped(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	return stamp_all(queue, pkts, af_xdp_rx_burst(queue, pkts, n));
}

uint16_t
af_xdp_rx_burst_scatter_stamped(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	return stamp_all(queue, pkts, af_xdp_rx_burst_scatter(queue, pkts, n));
}
