/* SPDX-License-Identifier: BSD-3-Clause */
#include "histogram.h"

uint64_t
histogram_least(unsigned bucket)
{
	const unsigned shift = bucket / HISTOGRAM_PART;
	const uint64_t part = bucket % HISTOGRAM_PART;

	return shift == 0 ? part : (HISTOGRAM_PART + part) << (shift - 1);
}

uint64_t
histogram_greatest(unsigned bucket)
{
	return bucket + 1 < HISTOGRAM_BUCKETS ? histogram_least(bucket + 1) - 1 : UINT64_MAX;
}

uint64_t
histogram_total(const struct histogram *histogram)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		total += histogram->count[i];
	return total;
}

void
histogram_merge(struct histogram *sum, const struct histogram *histogram)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		sum->count[i] += histogram->count[i];
}

uint64_t
histogram_percentile(const struct histogram *histogram, unsigned per_mille)
{
	const uint64_t total = histogram_total(histogram);
	/* Which value it is, counted from 1; not total * per_mille, which may not fit. */
	uint64_t rank = total / 1000 * per_mille + (total % 1000 * per_mille + 999) / 1000;
	uint64_t seen = 0;

	if (total == 0)
		return 0;
	if (rank == 0)
		rank = 1;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->count[i];
		if (seen >= rank)
			return histogram_greatest(i);
	}
	return UINT64_MAX;
}
