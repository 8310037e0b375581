/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One AF_XDP socket: UMEM, four rings, bind, by system calls alone (if_xdp.h, and
 * Documentation/networking/af_xdp.rst in the kernel). All differences between kernels end in xsk.c; the
 * rest of the driver sees one kind of socket and what it turned out to be able to do.
 *
 * Nothing here knows pools or ports. Not thread safe, except as the rings are: RX and FILL belong to one
 * thread, TX and COMPLETION to one, statistics may be read by any.
 */
#ifndef PLX_DRIVERS_NET_AF_XDP_XSK_H
#define PLX_DRIVERS_NET_AF_XDP_XSK_H

#include "xsk_ring.h"

#define XSK_HEADROOM	 256u  /* what the kernel keeps in front of received bytes */
#define XSK_CHUNK_MIN	 2048u /* XDP_UMEM_MIN_CHUNK_SIZE */
#define XSK_CHUNK_MAX	 4096u /* a page */
#define XSK_FRAGS_MAX	 17u   /* buffers of one packet in copy mode: MAX_SKB_FRAGS */
#define XSK_PKT_CONTD	 1u    /* XDP_PKT_CONTD: the packet goes on in the next descriptor */
#define XSK_OFFSET_SHIFT 48    /* unaligned chunks: a received address has its offset up here */
#define XSK_BASE_MASK	 ((1ULL << XSK_OFFSET_SHIFT) - 1)

/* The memory that packets live in. */
struct xsk_area {
	void *addr; /* page aligned */
	uint64_t len;
	uint32_t headroom; /* beyond the kernel's own XSK_HEADROOM */
	uint32_t chunk;	   /* bytes the kernel may use from each address it is given */
	bool unaligned;	   /* addresses are any; else multiples of chunk, a power of two */
};

enum xsk_copy {
	XSK_COPY_AUTO, /* zero-copy where the device can, else copy */
	XSK_COPY_FORCE,
	XSK_COPY_NEVER, /* zero-copy or nothing */
};

struct xsk_params {
	const char *if_name; /* for sentences */
	uint32_t if_index;
	uint32_t queue;
	struct xsk_area area;
	uint32_t rx_descs, tx_descs;	 /* powers of two; 0: no such ring */
	uint32_t fill_descs, comp_descs; /* powers of two */
	int shared_fd;			 /* a bound socket whose UMEM is used, -1 for our own */
	enum xsk_copy copy;
	bool need_wakeup;
	bool multi_buffer;
	uint32_t busy_budget; /* packets a busy-poll round, 0 off */
	uint32_t tx_budget;   /* packets a kick may send in copy mode, 0 the kernel's own */
};

/* The receiving thread's rings and the sending thread's stand on lines of their own. */
struct xsk {
	struct xsk_ring rx PLX_CACHE_ALIGNED;
	struct xsk_ring fill;
	struct xsk_ring tx PLX_CACHE_ALIGNED;
	struct xsk_ring comp;
	int fd PLX_CACHE_ALIGNED;
	/* What it turned out to be. */
	bool zerocopy;
	bool need_wakeup;
	bool multi_buffer;
	bool busy_poll;
	uint32_t tx_budget; /* 0: the kernel's own, 32 */
};

/* XDP_STATISTICS, zero where the kernel is too old to tell. */
struct xsk_stats {
	uint64_t
		rx_dropped; /* packets: no fill entry, or longer than a chunk without multi-buffer */
	uint64_t rx_ring_full; /* packets */
	uint64_t rx_invalid_descs;
	uint64_t rx_fill_ring_empty; /* times */
	uint64_t tx_invalid_descs;
	uint64_t tx_ring_empty; /* times */
};

/*
 * Opens, registers and binds. A queue that was released a moment ago answers EBUSY until the kernel has
 * tidied up: it is asked again for up to a second. need_wakeup, multi_buffer and tx_budget that the kernel
 * does not have are left out: compare with what was asked for. Errors: -EPERM, -EBUSY (queue taken),
 * -ENODEV, -EOPNOTSUPP (XSK_COPY_NEVER without driver support), -ENOBUFS (memlock), -EINVAL, -ENOMEM; `why`
 * says what to do. Path: slow.
 */
int xsk_open(struct xsk *xsk, const struct xsk_params *params, struct plx_why *why);

/* Everything the socket held of the UMEM is free for other use when this returns. */
void xsk_close(struct xsk *xsk, const struct xsk_params *params);

int xsk_statistics(const struct xsk *xsk, struct xsk_stats *ret_stats);

/* System calls of the data path. */
enum xsk_kick {
	XSK_KICK_OK,	/* the kernel has looked at the ring */
	XSK_KICK_AGAIN, /* ask again: it stopped at its budget or for want of memory */
	XSK_KICK_DROPPED, /* it took one packet which the device then refused; ask again for the rest */
	XSK_KICK_DOWN, /* the interface is down or gone: nothing moves */
};
enum xsk_kick xsk_kick_tx(const struct xsk *xsk);
void xsk_kick_rx(const struct xsk *xsk);

#endif
