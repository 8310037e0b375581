/* SPDX-License-Identifier: BSD-3-Clause */
/* XDP on a kernel interface: what fits it, and who has its hook: a program, the bpf link that holds it, a process that has that. */
#ifndef PLX_LIB_ETHDEV_PLX_XDP_H
#define PLX_LIB_ETHDEV_PLX_XDP_H

#include "plx_base.h"

PLX_BEGIN_DECLS

/* The largest MTU that native XDP takes in one buffer: a page, less head-room and the skb's tail on veth and most NICs. */
#define PLX_XDP_MTU_ONE_PAGE 3498u

struct plx_xdp_holder {
	uint32_t prog_id;   /* 0: there is no program, and nothing else is filled in */
	char prog_name[16]; /* "": not told without CAP_BPF */
	const char *hook;   /* as `ip link set dev X ... off` calls it: xdpdrv, xdpgeneric, xdp */
	uint32_t link_id;   /* 0: attached by netlink, or links may not be looked at */
	bool links_seen;    /* whether they could be looked at; that takes CAP_SYS_ADMIN */
	int pid;	    /* 0: no process that this one may look into has the link */
	char process[16];   /* its name */
};

/*
 * Interfaces are known by their index in the calling thread's network namespace; link and process may be of any. 0, or -errno
 * when the kernel does not tell what is attached. Thread: any. Path: slow, a walk over the kernel's bpf links and /proc.
 */
int plx_xdp_holder_find(uint32_t if_index, struct plx_xdp_holder *ret_holder);

PLX_END_DECLS

#endif
