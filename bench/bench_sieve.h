/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench_sieve and its peer share. */
#ifndef PLX_BENCH_BENCH_SIEVE_H
#define PLX_BENCH_BENCH_SIEVE_H

#include <stdint.h>

/* A rule that drops, in host order: IPv4, a protocol, a network it comes from, ports it goes to. */
struct bench_sieve_rule {
	uint8_t proto, src_bits;
	uint32_t src;
	uint16_t first, last;
};

/* Rules compiled by rte_acl; NULL if DPDK does not begin or cannot. */
void *bench_sieve_dpdk_load(const struct bench_sieve_rule *rules, unsigned n);

/* Which of n IPv4 packets without options (each from its protocol's byte on) are dropped: not 0. */
void
bench_sieve_dpdk_classify(void *set, const uint8_t **from_proto, unsigned n, uint32_t *ret_dropped);

#endif
