/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of this driver share. A port has queues, each one socket with both directions:
 *
 *	af_xdp_port
 *	  queue[i]   xsk      socket, four rings
 *	             rx       what the receiving thread writes
 *	             tx       what the sending thread writes
 *	             umem     the pool seen as UMEM, read by both
 *
 * While a buffer is in the kernel's hands it is a number only: its header is as free leaves it, so going
 * home needs no header. Who has which is kept here, because the kernel does not give back what is in its
 * rings when a socket closes: a bit a buffer for receiving, a byte for sending.
 */
#ifndef PLX_DRIVERS_NET_AF_XDP_AF_XDP_PRIV_H
#define PLX_DRIVERS_NET_AF_XDP_AF_XDP_PRIV_H

#include "plx_ethdev_driver.h"
#include "plx_list.h"
#include "plx_netdev_driver.h"

#include "af_xdp_args.h"
#include "af_xdp_stamp.h"
#include "xdp_prog.h"
#include "xsk.h"

#define AF_XDP_DESCS_MIN      64
#define AF_XDP_DESCS_MAX      16384
#define AF_XDP_DESCS_DEFAULT  2048
#define AF_XDP_QUEUES_MAX     PLX_ETHDEV_QUEUES_MAX
#define AF_XDP_FRAME_OVERHEAD 18u /* Ethernet header and a VLAN tag */
#define AF_XDP_BATCH	      64u /* numbers moved between a ring and the pool at a time */

/*
 * The pool, as addresses: buffer i begins at i * stride. An address from the kernel is turned back by a
 * multiplication, since the stride is seldom a power of two.
 */
struct af_xdp_umem {
	struct plx_pool *pool;
	struct plx_mbuf *headers;
	uint64_t reciprocal; /* 2^64 / stride, rounded up */
	uint32_t stride;
	uint32_t n;
	uint32_t chunk; /* most bytes of a descriptor to send */
	uint32_t frame; /* most bytes received into one buffer */
	uint32_t headroom;
	bool unaligned;
};

static inline uint64_t
af_xdp_reciprocal(uint32_t stride)
{
	return UINT64_MAX / stride + 1;
}

/* The buffer that holds the address; exact below 2^52, far beyond any pool. May be >= n for a bad one. */
static inline uint32_t
af_xdp_index(const struct af_xdp_umem *umem, uint64_t base)
{
	return (uint32_t)(((unsigned __int128)base * umem->reciprocal) >> 64);
}

struct af_xdp_rxq {
	struct plx_ethdev_rxq_stats stats; /* first: ethdev reads it */
	uint64_t *held;			   /* a bit a buffer: the kernel has it for receiving */
	uint32_t owed;			   /* buffers the kernel should have but has not */
	uint16_t port, queue;
	struct plx_mbuf *head, *tail; /* a packet of several buffers whose end is still to come */
	bool skip;		      /* ... of which a part was bad: drop the rest too */
	bool busy;		      /* the kernel polls the device when we ask for it */
	uint64_t wakeups, short_refills, bad_descs, discarded; /* since the port was made */
	struct af_xdp_timeline time;			       /* touched with stamps only */
	uint64_t unstamped;
};

/* What is known of a buffer under way: descriptors not completed, and whether its packet ends with it. */
#define AF_XDP_TX_LAST	0x80u
#define AF_XDP_TX_DESCS 0x7fu

struct af_xdp_txq {
	struct plx_ethdev_txq_stats stats; /* first: ethdev reads it */
	uint8_t *state;			   /* a byte a buffer, 0: not under way */
	uint64_t plain;			   /* plx_mbuf_state of what can go without copying */
	uint32_t refused;		   /* dropped by the device, not yet completed */
	uint32_t under_way;		   /* descriptors produced and not completed */
	bool multi_buffer;
	bool kick_always;
	uint16_t queue;
	/* Since the port was made. */
	uint64_t kicks, copied, bad_length, no_buffer, bad_completions, discarded;
};

struct af_xdp_queue {
	struct xsk xsk;
	struct af_xdp_umem umem PLX_CACHE_ALIGNED;
	struct af_xdp_rxq rx PLX_CACHE_ALIGNED;
	struct af_xdp_txq tx PLX_CACHE_ALIGNED;
	/* Cold. */
	struct plx_list link PLX_CACHE_ALIGNED; /* open sockets that share their UMEM */
	struct af_xdp_port *port;
	struct xsk_params params;
	struct plx_pool *rx_pool; /* what setup gave, NULL: not receiving */
	bool sends;		  /* has a tx queue */
	bool open;
	struct xdp_counters base;	 /* the program's counters when it joined */
	const struct xdp_counters *live; /* NULL while not joined */
};

/* Order of af_xdp_counters[]. */
enum af_xdp_counter {
	AF_XDP_RX_FILL_EMPTY,
	AF_XDP_RX_RING_FULL,
	AF_XDP_RX_TOO_LONG,
	AF_XDP_RX_DISCARDED,
	AF_XDP_TX_TOO_LONG,
	AF_XDP_TX_NO_BUFFER,
	AF_XDP_TX_DISCARDED,
	AF_XDP_TX_INVALID,
	AF_XDP_TX_BAD_COMPLETIONS,
	AF_XDP_RX_FILTERED,
	AF_XDP_RX_STARVED,
	AF_XDP_RX_INVALID,
	AF_XDP_RX_BAD_DESCS,
	AF_XDP_RX_SHORT_REFILLS,
	AF_XDP_RX_WAKEUPS,
	AF_XDP_RX_UNSTAMPED,
	AF_XDP_TX_COPIED,
	AF_XDP_TX_KICKS,
	AF_XDP_COUNTERS,
};

struct af_xdp_port {
	struct plx_ethdev dev; /* first */
	struct af_xdp_args args;
	struct plx_netdev netdev;
	char driver[32];	/* the kernel's: veth */
	unsigned device_queues; /* rx queues the interface has in use */
	int member_fd; /* packet socket that holds promiscuity; the kernel undoes it at close */
	uint8_t first_mac[6]; /* to restore */
	bool mac_changed;
	uint32_t first_mtu;
	bool mtu_changed;
	struct plx_filter *filter;
	const struct xdp_clock *clock;	/* for time stamps */
	struct xdp_prog *prog;		/* while started */
	struct plx_pool *own_pool;	/* to copy into when no rx queue brings one */
	uint64_t past[AF_XDP_COUNTERS]; /* of sockets closed since */
	uint64_t past_received;
	struct af_xdp_queue *queue; /* AF_XDP_QUEUES_MAX */
};

static inline struct af_xdp_port *
af_xdp_port(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct af_xdp_port, dev);
}

/* af_xdp_rx.c: bursts, and what goes with opening and closing. */
uint16_t af_xdp_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t af_xdp_rx_burst_scatter(void *queue, struct plx_mbuf **pkts, uint16_t n);
void af_xdp_rx_fill(struct af_xdp_queue *q);
/* Packets in the RX ring, of an open queue or 0. */
uint32_t af_xdp_rx_waiting(const struct af_xdp_queue *q);
void af_xdp_rx_recover(struct af_xdp_queue *q);

/* af_xdp_tx.c */
uint16_t af_xdp_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);
void af_xdp_tx_drain(struct af_xdp_queue *q, unsigned timeout_ms);
void af_xdp_tx_recover(struct af_xdp_queue *q);

/* af_xdp_queue.c: sockets of a port, from closed to receiving and back. */
int af_xdp_queues_open(struct af_xdp_port *port, struct plx_why *why);
void af_xdp_queues_close(struct af_xdp_port *port);
int af_xdp_umem_init(struct af_xdp_umem *umem, struct plx_pool *pool, struct plx_why *why);
/* -ERANGE if frames of that MTU do not fit the buffers of the queues set up and cannot be chained. */
int af_xdp_mtu_check(struct af_xdp_port *port, uint32_t mtu, struct plx_why *why);
void af_xdp_mode_text(const struct af_xdp_port *port, char *text, size_t size);

/* af_xdp_stats.c */
extern const struct plx_ethdev_counter af_xdp_counters[AF_XDP_COUNTERS];
int af_xdp_counters_read(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received);
void af_xdp_counters_keep(struct af_xdp_port *port, const struct af_xdp_queue *q);

/* af_xdp_netdev.c: the interface itself. */
int af_xdp_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link);
int af_xdp_flow_ctrl(struct plx_ethdev *dev, struct plx_ethdev_flow_ctrl *ret_flow);
int af_xdp_set_flow_ctrl(struct plx_ethdev *dev, const struct plx_ethdev_flow_ctrl *flow);
int af_xdp_set_link(struct plx_ethdev *dev, bool up);
int af_xdp_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why);
int af_xdp_set_promiscuous(struct plx_ethdev *dev, bool on);
int af_xdp_set_allmulticast(struct plx_ethdev *dev, bool on);
int af_xdp_set_mac(struct plx_ethdev *dev, const uint8_t mac[6]);
int af_xdp_filter_mac(struct plx_ethdev *dev, const uint8_t mac[6], bool on);
int af_xdp_netdev_open(struct af_xdp_port *port, struct plx_why *why);
void af_xdp_netdev_restore(struct af_xdp_port *port);
void af_xdp_prefer_buffers(struct af_xdp_port *port, uint32_t mtu);

#endif
