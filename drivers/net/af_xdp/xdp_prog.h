/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The XDP program of an interface and its two maps. The program is written here, instruction by
 * instruction, for what the port asked for, so that nothing is compiled or read from a file:
 *
 *	filter, if any: no match -> count `passed`, on to the kernel stack
 *	redirect to the socket of the frame's queue; no socket -> on to the kernel stack
 *	longer than a socket can take -> count `too_long`, drop
 *	a time stamp, if asked for, in front of the frame
 *	count `redirected`
 *
 * It is attached by a bpf link, which lives as long as this process holds its fd: nothing stays on the
 * interface after any death. Ports of this process on the same interface share one program.
 *
 * One control thread at a time; counters may be read by any thread.
 */
#ifndef PLX_DRIVERS_NET_AF_XDP_XDP_PROG_H
#define PLX_DRIVERS_NET_AF_XDP_XDP_PROG_H

#include "plx_base.h"

#include <linux/bpf.h>

struct plx_filter;

/* What the program counts, one cache line a queue, in memory mapped from the kernel. */
struct xdp_counters {
	uint64_t redirected; /* to a socket: what the driver calls received, with too_long */
	uint64_t passed;     /* not what the filter asks for */
	uint64_t too_long;
	uint64_t unused[5];
};
PLX_STATIC_ASSERT(sizeof(struct xdp_counters) == PLX_CACHE_LINE, "one line a queue");

enum xdp_mode {
	XDP_MODE_AUTO,
	XDP_MODE_NATIVE,
	XDP_MODE_GENERIC,
};

struct xdp_prog_params {
	const char *if_name; /* for sentences */
	uint32_t if_index;
	uint32_t queues; /* rx queues of the interface */
	uint32_t mtu;
	enum xdp_mode mode;
	bool frags;			 /* take frames of several buffers */
	uint32_t max_frame;		 /* longer ones are counted and dropped, 0: no limit */
	int32_t clock_helper;		 /* frames get a struct xdp_stamp of that clock, 0: none */
	const struct plx_filter *filter; /* NULL: everything */
	const char *filter_text; /* to compare with a program that is there already, "" for none */
};

/* What the instructions refer to. */
struct xdp_prog_plan {
	int xsks_fd, counters_fd;
	uint32_t queues;
	uint32_t max_frame;   /* 0 for frames of several buffers */
	int32_t clock_helper; /* enum bpf_func_id, 0: no stamps */
	uint64_t stamp_key;
	bool atomic; /* a queue's frames may be handled on several CPUs at once (generic mode) */
	const struct plx_filter *filter;
};

/*
 * Writes the program; *ret_n instructions at *ret_insns, which the caller frees. -ENOMEM or what the
 * filter's translation says. No system call: for tests, too.
 */
int xdp_prog_write(const struct xdp_prog_plan *plan, struct bpf_insn **ret_insns, size_t *ret_n,
		   struct plx_why *why);

struct xdp_prog;

/*
 * Loads and attaches, native mode first unless told otherwise, or joins the program that this process has
 * on the interface. -EBUSY when another program is there (why names it and how to remove it), -ERANGE MTU
 * too large, -EPERM, -EOPNOTSUPP, -ENOMEM. Path: slow.
 */
int xdp_prog_attach(const struct xdp_prog_params *params, struct xdp_prog **ret_prog,
		    struct plx_why *why);

/* Takes the program off the interface if this port is the last; its counters stay readable. NULL is fine. */
void xdp_prog_silence(struct xdp_prog *prog);

/* The same, and frees it when nobody shares it any more. NULL is fine. */
void xdp_prog_detach(struct xdp_prog *prog);

/* Makes frames of the queue go to the socket. -EBUSY if it goes to another one. */
int xdp_prog_queue_add(struct xdp_prog *prog, uint32_t queue, int xsk_fd);
void xdp_prog_queue_remove(struct xdp_prog *prog, uint32_t queue);

/* False for NULL: no program. */
bool xdp_prog_mode_is_generic(const struct xdp_prog *prog);
bool xdp_prog_frags(const struct xdp_prog *prog);

/* What stands in the stamps of this program, 0 if it makes none. */
uint64_t xdp_prog_stamp_key(const struct xdp_prog *prog);

/* The live counters of a queue. */
const struct xdp_counters *xdp_prog_counters(const struct xdp_prog *prog, uint32_t queue);

#endif
