/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a port hands over as its kernel has it, without sums and uncut, made into frames of a wire. A kernel that neither sums nor cuts
 * what it sends to a tap saves more than this costs: 64 KiB come in one read.
 */
#ifndef PLX_APPS_NICEMU_CUT_H
#define PLX_APPS_NICEMU_CUT_H

#include <pollux/plx_mbuf.h>
#include <pollux/plx_net_parse.h>

/* What is being cut. */
struct cut {
	struct plx_mbuf *m; /* NULL: nothing */
	struct plx_net_layer layer;
	uint32_t piece; /* bytes of TCP's payload in a frame; 0: all is one frame */
	uint32_t off;	/* of what is not in a frame yet */
};

/* The packet is no frame as it is. */
static inline bool
cut_wants(const struct plx_mbuf *m)
{
	return (m->ol_flags & PLX_MBUF_RX_L4_CSUM_NONE) != 0 || m->tso_segsz != 0;
}

/* The packet is the cut's from here on. What makes no sense goes on as one frame, as it is. */
void cut_begin(struct cut *cut, struct plx_mbuf *m);
/*
 * The next frame, of *ret_len bytes: in `scratch`, or in the packet, until the next call. NULL: there was none left, and the packet is
 * given back. Path: hot.
 */
const void *cut_next(struct cut *cut, uint8_t *scratch, uint32_t *ret_len);

#endif
