/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of net_af_packet share. */
#ifndef PLX_DRIVERS_NET_AF_PACKET_AFP_PRIV_H
#define PLX_DRIVERS_NET_AF_PACKET_AFP_PRIV_H

#include "plx_ethdev_driver.h"
#include "plx_netdev_driver.h"
#include "plx_vnet_driver.h"

#include <pthread.h>
#include <sys/socket.h>

#define AFP_MACS_MAX	64
#define AFP_TX_BATCH	64  /* packets a system call */
#define AFP_TX_SEGS_MAX 256 /* segments a packet to send may have */

/* What the user may say behind net_af_packet0. Sizes in bytes. */
struct afp_args {
	char iface[PLX_NETDEV_NAME_MAX];
	uint64_t qpairs;
	uint64_t blocksz;
	uint64_t framesz;
	uint64_t framecnt;
	uint64_t block_timeout; /* ms after which a block that is not full is handed over */
	int fanout_mode;	/* PACKET_FANOUT_* */
	bool qdisc_bypass;
	bool outgoing;
};

/* Defaults, the user's text, and the checks between fields. */
int afp_args_parse(const char *text, struct afp_args *ret_args, struct plx_why *why);
const char *afp_fanout_name(int mode);

/* The ring of a queue with `descs` frames: whole blocks, at least two. */
struct afp_ring_size {
	uint32_t block_size, nb_blocks, frame_size, nb_frames;
};
struct afp_ring_size afp_ring_size(const struct afp_args *args, uint16_t descs);

enum afp_counter {
	AFP_RX_RING_FULL,
	AFP_RX_STOPPED,
	AFP_RX_TRUNCATED,
	AFP_RX_FREEZES,
	AFP_TX_DOWN,
	AFP_TX_TOO_LONG,
	AFP_COUNTERS,
};

struct afp_port {
	struct plx_ethdev dev;
	struct afp_args args;
	struct plx_netdev netdev;
	int control;   /* socket that holds the memberships while started, -1 otherwise */
	int fanout_id; /* group of the rx sockets, -1 while there is none */
	uint32_t mark; /* what we send carries it, so that we know it again; 0: cannot */
	uint8_t macs[AFP_MACS_MAX][6];
	unsigned nb_macs;
	uint64_t retired[AFP_COUNTERS]; /* of released queues */
	uint64_t retired_seen;
};

struct afp_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct plx_pool *pool;
	struct afp_port *port;
	int fd;
	uint16_t id;
	uint16_t room; /* bytes of a packet that one buffer takes */
	bool scatter, strip, hash;
	bool in_group;

	/* The ring: blocks in a row, the one we are at, what is left in it. */
	uint8_t *ring;
	struct afp_ring_size size;
	uint32_t block;
	uint32_t left;
	const uint8_t *next;

	uint64_t taken; /* packets out of the ring, delivered or lost */
	uint64_t truncated;
	uint64_t stopped;

	pthread_mutex_t lock; /* the kernel's counters start anew with each reading */
	uint64_t seen, dropped, freezes;
} PLX_CACHE_ALIGNED;

struct afp_txq {
	struct plx_ethdev_txq_stats stats;
	struct afp_port *port;
	int fd;
	bool vnet; /* the socket takes a header before each packet */
	uint64_t down;
	uint64_t too_long;
	struct mmsghdr msg[AFP_TX_BATCH];
	struct iovec iov[AFP_TX_BATCH * 4 + AFP_TX_SEGS_MAX];
	struct plx_vnet_tx tx[AFP_TX_BATCH];
} PLX_CACHE_ALIGNED;

static inline struct afp_port *
afp_port(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct afp_port, dev);
}

/* -- afp_socket.c --------------------------------------------------------------------------------------- */

/* A packet socket that receives nothing yet. */
int afp_socket_open(int *ret_fd, struct plx_why *why);
/* Lets the kernel and the queue share a ring. */
int afp_socket_ring(int fd, const struct afp_args *args, const struct afp_ring_size *size,
		    bool hash, uint8_t **ret_ring, struct plx_why *why);
int afp_socket_bind(int fd, const struct afp_port *port, uint16_t protocol, struct plx_why *why);
/* Makes the socket one of the port's group, among which packets are spread. */
int afp_socket_join(int fd, struct afp_port *port, struct plx_why *why);

/* -- afp_filter.c --------------------------------------------------------------------------------------- */

struct sock_filter;

#define AFP_FILTER_MAX (11 + 5 * (AFP_MACS_MAX + 2))

/* The frames that the port wants, as classic BPF; nothing at all while it is stopped. Returns the length. */
unsigned afp_filter_build(const struct afp_port *port, bool started, struct sock_filter *ret_code);
int afp_filter_attach(const struct afp_port *port, int fd, bool started);
/* Promiscuous mode and addresses, asked of the interface for as long as the port runs. */
int afp_filter_join(struct afp_port *port, int type, const uint8_t *mac, bool on);
int afp_filter_join_all(struct afp_port *port);

/* -- afp_rx.c, afp_tx.c ----------------------------------------------------------------------------------- */

uint16_t afp_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);
int afp_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs,
		       struct plx_pool *pool, void **ret_queue, struct plx_why *why);
void afp_rx_queue_release(struct plx_ethdev *dev, void *queue);
/* Throws away what came while the port was stopped. */
void afp_rx_discard(struct afp_rxq *rxq);
/* Brings seen, dropped and freezes up to date; returns the packets in the ring. */
uint64_t afp_rx_account(struct afp_rxq *rxq);

uint16_t afp_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);
int afp_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		       struct plx_why *why);
void afp_tx_queue_release(struct plx_ethdev *dev, void *queue);

#endif
