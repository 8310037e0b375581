/* SPDX-License-Identifier: BSD-3-Clause */
#include "rates.h"

#include <pollux/plx_clock.h>

/* When each port was shown last. */
static struct rates_moment shown[PLX_ETHDEV_MAX];

static uint64_t
a_second(uint64_t before, uint64_t now, uint64_t ns)
{
	const uint64_t passed = now >= before ? now - before : now;

	return ns > 0 ? (uint64_t)((double)passed * 1e9 / (double)ns + 0.5) : 0;
}

struct rates
rates_between(const struct rates_moment *before, const struct rates_moment *now)
{
	const uint64_t ns = now->ns - before->ns;

	return (struct rates){
		.rx_pps = a_second(before->rx_packets, now->rx_packets, ns),
		.rx_bps = 8 * a_second(before->rx_bytes, now->rx_bytes, ns),
		.tx_pps = a_second(before->tx_packets, now->tx_packets, ns),
		.tx_bps = 8 * a_second(before->tx_bytes, now->tx_bytes, ns),
	};
}

bool
rates_since_last(uint16_t port, const struct plx_ethdev_stats *stats, struct rates *ret_rates)
{
	const struct rates_moment before = shown[port];

	shown[port] = (struct rates_moment){
		.ns = plx_clock_monotonic_ns(),
		.rx_packets = stats->rx_packets,
		.rx_bytes = stats->rx_bytes,
		.tx_packets = stats->tx_packets,
		.tx_bytes = stats->tx_bytes,
	};
	*ret_rates = rates_between(&before, &shown[port]);
	return before.ns != 0;
}

void
rates_begin(uint16_t port, const struct plx_ethdev_stats *stats)
{
	struct rates ignored;

	rates_since_last(port, stats, &ignored);
}
