/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench_filter and its peers share. */
#ifndef PLX_BENCH_BENCH_FILTER_H
#define PLX_BENCH_BENCH_FILTER_H

#include <stddef.h>
#include <stdint.h>

/* DPDK's translation of a classic program (n instructions as libpcap lays them out); 0, or -1 if it cannot. */
int bench_filter_dpdk_load(const void *insns, unsigned n);

/* How many of the frames match, by its JIT. */
uint64_t bench_filter_dpdk_run(const uint8_t *const *frames, unsigned n, size_t len);

#endif
