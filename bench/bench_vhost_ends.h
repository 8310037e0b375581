/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench_vhost_ends knows of an end of vhost-user, ours or DPDK's, in this very process. */
#ifndef PLX_BENCH_BENCH_VHOST_ENDS_H
#define PLX_BENCH_BENCH_VHOST_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#define ENDS_BURST 32
#define ENDS_POOL  8192
#define ENDS_DESCS 256 /* of each queue of the front end */

/* Ports, and bursts on them. The main thread is on processor 0, the one that launch starts on processor 1. */
struct bench_end {
	/* A port with one pair of queues: its number, or -1 with a complaint. */
	int (*begin)(const char *vdev);
	bool (*is_up)(uint16_t port);
	/* Up to ENDS_BURST packets of `len` bytes: how many went. The time that the burst itself took is added to *cycles. */
	unsigned (*send)(uint16_t port, unsigned len, uint64_t *cycles);
	/* Up to ENDS_BURST packets, which are freed. */
	unsigned (*receive)(uint16_t port, uint64_t *cycles);
	/* The same, but sent back with their addresses exchanged. */
	unsigned (*swap)(uint16_t port, uint64_t *cycles);
	void (*launch)(int (*fn)(void *arg), void *arg);
	void (*join)(void);
};

extern const struct bench_end bench_end_ours, bench_end_dpdk;

#endif
