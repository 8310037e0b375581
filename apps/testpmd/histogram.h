/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often each value came, over the whole range of 64 bits in 15 KiB: 32 buckets for each power of two, so that a
 * value is known to 1/32 of itself; values below 32 have a bucket each.
 */
#ifndef PLX_APPS_TESTPMD_HISTOGRAM_H
#define PLX_APPS_TESTPMD_HISTOGRAM_H

#include <pollux/plx_base.h>

#define HISTOGRAM_BITS	  5
#define HISTOGRAM_PART	  (1u << HISTOGRAM_BITS)
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) * HISTOGRAM_PART)

struct histogram {
	uint64_t count[HISTOGRAM_BUCKETS];
};

static inline unsigned
histogram_bucket(uint64_t value)
{
	unsigned power;

	if (value < HISTOGRAM_PART)
		return (unsigned)value;
	power = 63u - (unsigned)__builtin_clzll(value);
	return (power - HISTOGRAM_BITS + 1) * HISTOGRAM_PART +
	       (unsigned)(value >> (power - HISTOGRAM_BITS) & (HISTOGRAM_PART - 1));
}

/* Path: hot. */
static inline void
histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count[histogram_bucket(value)]++;
}

/* The least and the greatest value of a bucket. */
uint64_t histogram_least(unsigned bucket);
uint64_t histogram_greatest(unsigned bucket);

uint64_t histogram_total(const struct histogram *histogram);

/* Adds the second to the first. */
void histogram_merge(struct histogram *sum, const struct histogram *histogram);

/*
 * The value that `per_mille` of 1000 values do not exceed, rounded up to the end of its bucket: 500 is the median.
 * 0 without values.
 */
uint64_t histogram_percentile(const struct histogram *histogram, unsigned per_mille);

#endif
