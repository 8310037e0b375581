/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For authors of PMDs. A driver embeds struct plx_ethdev in its own struct, fills `info` and `ops`,
 * registers it in probe and unregisters it in remove. lib/ethdev checks every argument and state before it
 * calls an op, keeps counters and sums, and answers -ENOTSUP for ops that are NULL.
 * drivers/net/null is the template; docs/guides/write-a-pmd.md walks through it.
 * Thread: main, unless a function says otherwise. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_ETHDEV_PLX_ETHDEV_DRIVER_H
#define PLX_LIB_ETHDEV_PLX_ETHDEV_DRIVER_H

#include "plx_driver.h"
#include "plx_ethdev.h"

PLX_BEGIN_DECLS

struct plx_ethdev;

/*
 * Counters that every queue has, embedded first in the driver's queue struct. Written by the queue's
 * thread only, with plx_ethdev_add(); read by anyone.
 */
struct plx_ethdev_rxq_stats {
	uint64_t packets; /* delivered */
	uint64_t bytes;
	uint64_t no_mbuf; /* lost: pool empty */
	uint64_t errors;  /* lost: malformed or oversized */
};

struct plx_ethdev_txq_stats {
	uint64_t packets; /* sent: left our hands for the device */
	uint64_t bytes;
	uint64_t taken;	    /* taken over by tx_burst: packets + errors + in_flight, always */
	uint64_t errors;    /* taken over, then lost */
	uint64_t in_flight; /* taken over, not yet known to have left: the device's own books */
};

/* One writer, many readers: a plain load and store that no compiler may tear. */
static inline void
plx_ethdev_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* What the readers use, on other threads. */
static inline uint64_t
plx_ethdev_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* What a further counter means in the ledger. */
enum plx_ethdev_counter_kind {
	PLX_COUNTER_INFO,      /* not part of a sum: wakeups, copies */
	PLX_COUNTER_RX_MISSED, /* loss before us */
	PLX_COUNTER_RX_ERROR,  /* loss: bad packet */
	PLX_COUNTER_TX_ERROR,  /* loss after tx_burst */
};

/* A driver's own counter; they follow the common ones in xstats, and losses join the ledger. */
struct plx_ethdev_counter {
	const char *name;  /* rx_missed_ring_full */
	const char *about; /* "kernel ring full": the ledger's words */
	enum plx_ethdev_counter_kind kind;
};

#define PLX_ETHDEV_COUNTERS_MAX 72

/*
 * The slow operations. All optional but info (through struct plx_ethdev.info), configure may be NULL.
 * Called by one control thread at a time, in a legal state, with legal arguments.
 */
struct plx_ethdev_ops {
	/* nb queues, MTU and offloads in dev->info are what will be in force. */
	int (*configure)(struct plx_ethdev *dev, const struct plx_ethdev_conf *conf,
			 struct plx_why *why);
	/*
	 * Makes a queue and stores it in *ret_queue; its first member is the queue stats struct. A driver
	 * that rounds descs up writes what it took to dev->rx_descs[queue] or tx_descs.
	 */
	int (*rx_queue_setup)(struct plx_ethdev *dev, uint16_t queue, uint16_t descs,
			      struct plx_pool *pool, void **ret_queue, struct plx_why *why);
	int (*tx_queue_setup)(struct plx_ethdev *dev, uint16_t queue, uint16_t descs,
			      void **ret_queue, struct plx_why *why);
	/* Frees the queue and every buffer in it. */
	void (*rx_queue_release)(struct plx_ethdev *dev, void *queue);
	void (*tx_queue_release)(struct plx_ethdev *dev, void *queue);
	/* Chooses dev->rx_burst and dev->tx_burst, if not fixed, and starts the device. */
	int (*start)(struct plx_ethdev *dev, struct plx_why *why);
	void (*stop)(struct plx_ethdev *dev);
	/*
	 * One queue of the running port on or off, which it is not yet. Off: bursts of it that begin from now on are refused with
	 * plx_ethdev_refuse(), while its lcore goes on polling, and buffers in the device's hands come back, each packet among them
	 * counted. -ENOTSUP: this device cannot, and nothing changed; other errors of off: it refuses bursts, but the buffers stay
	 * the device's until stop. start makes all queues run.
	 */
	int (*rx_queue_run)(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why);
	int (*tx_queue_run)(struct plx_ethdev *dev, uint16_t queue, bool on, struct plx_why *why);
	int (*reset)(struct plx_ethdev *dev, struct plx_why *why);
	int (*link)(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link);
	int (*set_link)(struct plx_ethdev *dev, bool up);
	int (*set_mtu)(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why);
	int (*set_promiscuous)(struct plx_ethdev *dev, bool on);
	int (*set_allmulticast)(struct plx_ethdev *dev, bool on);
	int (*set_mac)(struct plx_ethdev *dev, const uint8_t mac[6]);
	/* One address of the list on or off; ethdev keeps the list. */
	int (*filter_mac)(struct plx_ethdev *dev, const uint8_t mac[6], bool on);
	int (*filter_vlan)(struct plx_ethdev *dev, uint16_t vlan, bool on);
	int (*flow_ctrl)(struct plx_ethdev *dev, struct plx_ethdev_flow_ctrl *ret_flow);
	int (*set_flow_ctrl)(struct plx_ethdev *dev, const struct plx_ethdev_flow_ctrl *flow);
	/* Makes dev->rss (key, types, reta) real. */
	int (*set_rss)(struct plx_ethdev *dev);
	int (*rx_fd)(struct plx_ethdev *dev, void *queue);
	int (*rx_queue_count)(struct plx_ethdev *dev, void *queue);
	/* Fills in up to n registers that reading does not change; how many there are, or an error. */
	int (*registers)(struct plx_ethdev *dev, struct plx_ethdev_reg *ret_regs, unsigned n);
	/*
	 * Brings values[] (dev->nb_counters of them) up to date, as totals since the device was made, also
	 * after stop, and *ret_received: what the source says it offered us since then (leave it alone if
	 * the device cannot tell: delivered + losses is assumed). Must not count a loss twice: what stands
	 * in the queues' no_mbuf and errors is not in a counter.
	 */
	int (*counters)(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received);
};

struct plx_ethdev_rss {
	uint8_t key[PLX_ETHDEV_RSS_KEY_MAX];
	uint16_t reta[PLX_ETHDEV_RETA_MAX];
	uint32_t types;
};

/* A port, as its driver sees it. The driver's struct begins with it or embeds it. */
struct plx_ethdev {
	/* Set by the driver before plx_ethdev_register. */
	struct plx_device *device;
	const struct plx_ethdev_ops *ops;
	const struct plx_ethdev_counter *counters; /* nb_counters of them, static */
	unsigned nb_counters;
	plx_ethdev_rx_fn rx_burst;
	plx_ethdev_tx_fn tx_burst;
	struct plx_ethdev_info
		info;	   /* limits and capabilities; name, state and `in force` are ethdev's */
	uint8_t mac[6];	   /* all zero: ethdev makes a local one up */
	uint16_t mtu;	   /* 0: 1,500 */
	bool prefills;	   /* rx queues hold as many buffers as they have descriptors */
	bool link_returns; /* a link that is down may come up again, and is no end of the packets */
	bool promiscuous;
	bool allmulticast;

	/* Set by ethdev. */
	uint16_t port;
	uint16_t rx_descs[PLX_ETHDEV_QUEUES_MAX];
	uint16_t tx_descs[PLX_ETHDEV_QUEUES_MAX];
	struct plx_pool *rx_pool[PLX_ETHDEV_QUEUES_MAX];
	void *rxq[PLX_ETHDEV_QUEUES_MAX];
	void *txq[PLX_ETHDEV_QUEUES_MAX];
	struct plx_ethdev_rss rss;
	struct plx_ethdev_private *priv;
};

/*
 * Memory for a port or a queue: zeroes on cache lines of their own. free() it; NULL when there is none. Thread: any.
 * Path: slow.
 */
void *plx_ethdev_alloc(size_t size);

/* Counts a burst on a queue that was stopped alone (stopped_bursts). Returns 0. Thread: the queue's. Path: off the hot one. */
uint16_t plx_ethdev_refuse(const struct plx_ethdev *dev) PLX_COLD;

/* Makes it a port. -ENOSPC when the table is full, -EINVAL for a driver without the needed ops. */
int plx_ethdev_register(struct plx_ethdev *dev, struct plx_why *why);
/* Closes the port if need be and forgets it; the driver then frees its struct. NULL is fine. */
void plx_ethdev_unregister(struct plx_ethdev *dev);

/* Tells who watches links that this one came or went. Thread: the control thread. */
void plx_ethdev_link_changed(struct plx_ethdev *dev, bool up);

/* The driver's struct behind a port, for functions that a driver offers beyond ethdev; NULL if none. */
struct plx_ethdev *plx_ethdev_at(uint16_t port);

PLX_END_DECLS

#endif
