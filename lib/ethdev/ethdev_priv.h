/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/ethdev share: a port's state and books behind struct plx_ethdev. */
#ifndef PLX_LIB_ETHDEV_ETHDEV_PRIV_H
#define PLX_LIB_ETHDEV_ETHDEV_PRIV_H

#include "plx_ethdev_driver.h"
#include "plx_ethdev_sieve_driver.h"
#include "plx_log.h"

#define ETHDEV_MACS_MAX 64

/* Every number of a port, summed: live queues, queues that were released, and the driver's counters. */
struct ethdev_totals {
	struct plx_ethdev_rxq_stats rx; /* what queues brought, sifted packets among it */
	struct plx_ethdev_txq_stats tx;
	uint64_t sifted[PLX_ETHDEV_SIFTED_MAX]; /* by enum plx_ethdev_sifted_fate */
	uint64_t sifted_bytes;
	uint64_t counter[PLX_ETHDEV_COUNTERS_MAX];
	uint64_t received;
	uint64_t waiting;
};

/* What ethdev knows of one queue. */
struct ethdev_queue {
	enum plx_ethdev_queue_state state;
	bool deferred;
};

struct plx_ethdev_private {
	struct ethdev_totals released; /* of queues that are no more; rx and tx only */
	struct ethdev_totals baseline; /* totals at the last reset, subtracted from what is shown */
	uint64_t stopped_bursts;       /* calls while not started, port or queue */
	void *stopped_queue[PLX_ETHDEV_QUEUES_MAX]; /* all point at stopped_bursts */
	struct ethdev_queue rx_queue[PLX_ETHDEV_QUEUES_MAX], tx_queue[PLX_ETHDEV_QUEUES_MAX];
	uint8_t macs[ETHDEV_MACS_MAX][6];
	unsigned nb_macs;
};

/* fast.c */
void ethdev_fast_start(struct plx_ethdev *dev);
void ethdev_fast_stop(struct plx_ethdev *dev);
void ethdev_fast_forget(struct plx_ethdev *dev);

/* hooks.c */
extern struct plx_ethdev_sifted ethdev_sifted[PLX_ETHDEV_MAX][PLX_ETHDEV_QUEUES_MAX];
void ethdev_hooks_forget(struct plx_ethdev *dev);

/* life.c */
void ethdev_release_queues(struct plx_ethdev *dev);
/* -ENODEV and the sentence. */
int ethdev_no_port(uint16_t port, struct plx_why *why);

/* queue.c */
/* The driver has just started all queues: stops again those that are deferred. */
int ethdev_queues_started(struct plx_ethdev *dev, struct plx_why *why);
void ethdev_queues_stopped(struct plx_ethdev *dev);

/* totals.c */
void ethdev_totals(struct plx_ethdev *dev, struct ethdev_totals *ret_totals);
uint64_t ethdev_totals_sifted(const struct ethdev_totals *totals);
void ethdev_totals_keep_rx(struct plx_ethdev *dev, const struct plx_ethdev_rxq_stats *queue);
void ethdev_totals_keep_tx(struct plx_ethdev *dev, const struct plx_ethdev_txq_stats *queue);

/* watch.c */
void ethdev_watch_port(const struct plx_ethdev *dev);
void ethdev_unwatch_port(const struct plx_ethdev *dev);

/* rss.c */
void ethdev_rss_default(struct plx_ethdev *dev, const struct plx_ethdev_conf *conf);

#endif
