/* SPDX-License-Identifier: BSD-3-Clause */
/* The devargs of net_af_xdp: DPDK's words where it has them. */
#ifndef PLX_DRIVERS_NET_AF_XDP_AF_XDP_ARGS_H
#define PLX_DRIVERS_NET_AF_XDP_AF_XDP_ARGS_H

#include "plx_base.h"

#define AF_XDP_FILTER_MAX 240

struct af_xdp_args {
	char iface[16];
	char filter[AF_XDP_FILTER_MAX]; /* "": everything */
	uint64_t start_queue;
	uint64_t queue_count; /* 0: all from start_queue on */
	uint64_t queues;      /* another word for queue_count */
	uint64_t busy_budget; /* 0: no busy polling */
	uint64_t tx_budget;   /* packets a kick in copy mode; 0: the kernel's 32 */
	int mode;	      /* enum xdp_mode */
	bool shared_umem;
	bool force_copy;
	bool zero_copy; /* or fail */
	bool need_wakeup;
};

/*
 * Parses the text behind "net_af_xdp0,". -EINVAL with a sentence for unknown keys, values out of range and
 * wishes that contradict each other.
 */
int af_xdp_args_parse(const char *text, struct af_xdp_args *ret_args, struct plx_why *why);

#endif
