/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of net_tap share. */
#ifndef PLX_DRIVERS_NET_TAP_TAP_PRIV_H
#define PLX_DRIVERS_NET_TAP_TAP_PRIV_H

#include "plx_ethdev_driver.h"
#include "plx_netdev_driver.h"
#include "plx_vnet_driver.h"

#define TAP_QUEUES_MAX	PLX_ETHDEV_QUEUES_MAX
#define TAP_RX_SEGS_MAX 64  /* buffers a received packet may take */
#define TAP_TX_SEGS_MAX 256 /* segments a packet to send may have */
#define TAP_FRAME_EXTRA 22  /* Ethernet header and two VLAN tags, not in the MTU */
#define TAP_LRO_MAX	65550
#define TAP_MACS_MAX	32

/* What the user may say behind net_tap0. */
struct tap_args {
	char iface[PLX_NETDEV_NAME_MAX]; /* may hold one %d, for the kernel to number */
	uint8_t mac[6];			 /* of the port: the application's end */
	uint8_t host_mac[6]; /* of the interface: the kernel's end; zero = the kernel's choice */
	bool persist;
	uint64_t fd; /* of a tap that somebody with more rights made, TAP_NO_FD for none */
};
#define TAP_NO_FD UINT64_MAX

/* Defaults, the user's text, and the checks between fields. */
int tap_args_parse(const char *text, struct tap_args *ret_args, struct plx_why *why);

/*
 * Whose frames a port that is not promiscuous wants. The control thread writes, queue threads read: each
 * address is one word, and a frame that meets a half-changed list is judged by the old or the new word.
 */
struct tap_filter {
	uint64_t mac[TAP_MACS_MAX]; /* 0: free */
	bool promiscuous;
	bool allmulticast;
	bool by_vlan;	   /* tagged frames need their bit below, promiscuous or not */
	uint64_t vlan[64]; /* a bit each of 4,096 */
};

struct tap_port {
	struct plx_ethdev dev;
	struct tap_args args;
	struct plx_netdev netdev;
	int fd[TAP_QUEUES_MAX]; /* one a queue pair; the first keeps the interface alive */
	unsigned nb_fds;
	bool multi_queue;
	struct plx_netdev_stats base; /* of an interface that was there before us */
	struct plx_netdev_stats now;  /* as last read */
	struct tap_filter filter;
	uint64_t retired[4]; /* counters of released queues, by enum tap_counter */
};

enum tap_counter {
	TAP_RX_QUEUE_FULL,
	TAP_RX_STOPPED,
	TAP_RX_FILTERED,
	TAP_TX_DOWN,
};

struct tap_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct plx_pool *pool;
	struct tap_port *port;
	int fd;
	uint16_t id;
	uint16_t room;	    /* bytes of a packet that one buffer takes */
	uint16_t nb_segs;   /* buffers to keep posted */
	uint16_t nb_posted; /* fewer when the pool is empty */
	uint64_t filtered;
	uint64_t stopped; /* packets that came while the port did not run */
	struct plx_vnet_header header;
	uint8_t spill; /* the byte that a packet too long for the posted buffers reaches */
	struct plx_mbuf *posted[TAP_RX_SEGS_MAX];
	struct iovec iov[1 + TAP_RX_SEGS_MAX + 1]; /* header, posted, spill */
} PLX_CACHE_ALIGNED;

struct tap_txq {
	struct plx_ethdev_txq_stats stats;
	struct tap_port *port;
	int fd;
	uint64_t down;
	struct plx_vnet_tx tx;
	struct iovec iov[2 + TAP_TX_SEGS_MAX]; /* header, replaced head, packet */
} PLX_CACHE_ALIGNED;

static inline struct tap_port *
tap_port(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct tap_port, dev);
}

/* -- tap_netdev.c: the kernel's side ------------------------------------------------------------------- */

/* Makes the interface (or takes over a persistent one) with one queue. */
int tap_netdev_open(struct tap_port *port, struct plx_why *why);
/* Closes every queue; an interface that is not persistent goes with the last one. */
void tap_netdev_close(struct tap_port *port);
/* As many queues as the port needs. */
int tap_netdev_set_queues(struct tap_port *port, unsigned nb, struct plx_why *why);
/* Lets the kernel hand over unfinished checksums and uncut TCP, as the rx offloads in force say. */
int tap_netdev_set_offloads(struct tap_port *port, struct plx_why *why);
int tap_netdev_set_carrier(struct tap_port *port, bool on);

/* -- tap_usage.c ------------------------------------------------------------------------------------------- */

/* Whether the interface is a tap of several queues of which somebody holds one, whatever its carrier. False also where nobody can tell. */
bool tap_is_used(const char name[PLX_NETDEV_NAME_MAX]);

/* -- tap_rx.c, tap_tx.c --------------------------------------------------------------------------------- */

uint16_t tap_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);
int tap_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs,
		       struct plx_pool *pool, void **ret_queue, struct plx_why *why);
void tap_rx_queue_release(struct plx_ethdev *dev, void *queue);
/* Fits the posted buffers to the MTU and offloads in force; the queue's thread follows. */
void tap_rx_size(struct tap_rxq *rxq);
/* Just before start: sizes the posted buffers and throws away what came while stopped. */
void tap_rx_prepare(struct tap_rxq *rxq);

uint16_t tap_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);
int tap_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		       struct plx_why *why);
void tap_tx_queue_release(struct plx_ethdev *dev, void *queue);

/* -- tap_filter.c --------------------------------------------------------------------------------------- */

bool tap_filter_wants(const struct tap_filter *filter, const uint8_t *frame);
/* Untagged frames pass. */
bool tap_filter_wants_vlan(const struct tap_filter *filter, const uint8_t *frame, uint32_t len);
void tap_filter_set_vlan(struct tap_filter *filter, uint16_t vlan, bool on);
/* Slot 0 is the port's own address. */
void tap_filter_set_own(struct tap_filter *filter, const uint8_t mac[6]);
int tap_filter_set(struct tap_filter *filter, const uint8_t mac[6], bool on);

#endif
