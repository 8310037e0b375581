/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A moment for each packet. The XDP program writes it in front of the frame, where the kernel copies it along
 * (XDP meta data), and a key by which it is told from what else lies there:
 *
 *	... head-room ... | ns | key | frame ...
 *
 * The program's clock is CLOCK_TAI, which steps with the clock of the day and differs from it by whole seconds,
 * or CLOCK_MONOTONIC before Linux 6.1. What lies between it and CLOCK_REALTIME is looked at once a second.
 */
#ifndef PLX_DRIVERS_NET_AF_XDP_AF_XDP_STAMP_H
#define PLX_DRIVERS_NET_AF_XDP_AF_XDP_STAMP_H

#include "plx_base.h"

#include <time.h>

/* As the program writes it; the kernel wants a multiple of 4 and no more than 32 bytes. */
struct xdp_stamp {
	uint64_t ns;
	uint64_t
		key; /* of this program, drawn by lot: neither old bytes nor a sender can know it */
};

/* A clock that programs in the kernel can read. */
struct xdp_clock {
	clockid_t id;
	int32_t helper; /* enum bpf_func_id */
	const char *words;
};

/* From the program's clock to the clock of the day. */
struct af_xdp_timeline {
	uint64_t key;	 /* 0: no stamps */
	uint64_t offset; /* CLOCK_REALTIME - clock, modulo 2^64 */
	uint64_t looked; /* the stamp at which the offset was last looked at */
	clockid_t clock;
};

/* The best that this kernel has. Makes a system call or two. Path: slow. */
const struct xdp_clock *af_xdp_stamp_clock(void);

/* Thread: control, before packets come. */
void
af_xdp_timeline_init(struct af_xdp_timeline *line, const struct xdp_clock *clock, uint64_t key);

/* CLOCK_REALTIME of a stamp. Thread: the queue's. Path: hot; reads clocks once a second of stamps. */
uint64_t af_xdp_timeline_ns(struct af_xdp_timeline *line, uint64_t stamp_ns);

/* The bursts of af_xdp_rx.c, and then the stamps. */
struct plx_mbuf;
uint16_t af_xdp_rx_burst_stamped(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t af_xdp_rx_burst_scatter_stamped(void *queue, struct plx_mbuf **pkts, uint16_t n);

#endif
