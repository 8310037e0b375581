/* SPDX-License-Identifier: BSD-3-Clause */
#include "record.h"

void
record_add(struct record *sum, const struct record *record)
{
	sum->busy_cycles += record->busy_cycles;
	for (unsigned n = 0; n <= BURST_MAX; n++) {
		sum->rx_bursts[n] += record->rx_bursts[n];
		sum->tx_bursts[n] += record->tx_bursts[n];
	}
}

uint64_t
record_bursts(const uint64_t bursts[BURST_MAX + 1])
{
	uint64_t sum = 0;

	for (unsigned n = 0; n <= BURST_MAX; n++)
		sum += bursts[n];
	return sum;
}

uint64_t
record_packets(const uint64_t bursts[BURST_MAX + 1])
{
	uint64_t sum = 0;

	for (unsigned n = 1; n <= BURST_MAX; n++)
		sum += n * bursts[n];
	return sum;
}

static bool
is_one_of(unsigned value, const unsigned *known, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (known[i] == value)
			return true;
	}
	return false;
}

unsigned
record_most_frequent(const uint64_t bursts[BURST_MAX + 1], const unsigned *known, unsigned n)
{
	unsigned most = BURST_MAX + 1;

	for (unsigned len = 0; len <= BURST_MAX; len++) {
		if (bursts[len] == 0 || is_one_of(len, known, n))
			continue;
		if (most > BURST_MAX || bursts[len] > bursts[most])
			most = len;
	}
	return most;
}
