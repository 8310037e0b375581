/* SPDX-License-Identifier: BSD-3-Clause */
/* The bursts of an end, made of either side's words: MBUF, alloc_bulk, free_bulk, set_len, data, rx and tx. */
#ifndef PLX_BENCH_BENCH_VHOST_LOOPS_H
#define PLX_BENCH_BENCH_VHOST_LOOPS_H

#include <string.h>

#include "bench.h"
#include "bench_vhost_ends.h"

static unsigned
end_send(uint16_t port, unsigned len, uint64_t *cycles)
{
	MBUF pkts[ENDS_BURST];
	uint64_t began;
	unsigned n;

	if (!alloc_bulk(pkts, ENDS_BURST))
		return 0;
	for (unsigned i = 0; i < ENDS_BURST; i++)
		set_len(pkts[i], len);
	began = bench_cycles();
	n = tx(port, pkts, ENDS_BURST);
	*cycles += bench_cycles() - began;
	if (n < ENDS_BURST)
		free_bulk(pkts + n, ENDS_BURST - n);
	return n;
}

static unsigned
end_receive(uint16_t port, uint64_t *cycles)
{
	uint64_t began = bench_cycles();
	MBUF pkts[ENDS_BURST];
	unsigned n = rx(port, pkts, ENDS_BURST);

	*cycles += bench_cycles() - began;
	free_bulk(pkts, n);
	return n;
}

static inline void
swap_addresses(uint8_t *data)
{
	uint8_t to[6];

	memcpy(to, data, sizeof(to));
	memcpy(data, data + sizeof(to), sizeof(to));
	memcpy(data + sizeof(to), to, sizeof(to));
}

static unsigned
end_swap(uint16_t port, uint64_t *cycles)
{
	uint64_t began = bench_cycles(), between;
	MBUF pkts[ENDS_BURST];
	unsigned n = rx(port, pkts, ENDS_BURST), sent;

	*cycles += bench_cycles() - began;
	for (unsigned i = 0; i < n; i++)
		swap_addresses(data(pkts[i]));
	between = bench_cycles();
	sent = tx(port, pkts, (uint16_t)n);
	*cycles += bench_cycles() - between;
	if (sent < n)
		free_bulk(pkts + sent, n - sent);
	return n;
}

#endif
