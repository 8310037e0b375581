/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_cluster: a worker of a cluster in another process, as a port: what the master hands to its places is received, and what is
 * sent leaves by the master's ports. Read from the last page to the first.
 */
#include "worker.h"
#include "plx_clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define DESCS_DEFAULT 512
#define MTU_MAX	      65000
#define PATIENCE_NS \
	(60 * UINT64_C(1000000000)) /* of who starts: a master on a busy machine may be that late */

enum counter {
	FULL,
	OLDEST,
	UNREAD,
	FILTERED,
	REFUSED,
	MASTERS,
	NB_COUNTERS,
};

static const struct plx_ethdev_counter worker_counters[NB_COUNTERS] = {
	[FULL] = {"rx_missed_queue_full", "read too slowly, as the master counts buffers",
		  PLX_COUNTER_RX_MISSED},
	[OLDEST] = {"rx_missed_oldest", "read too slowly, and newer ones came, likewise",
		    PLX_COUNTER_RX_MISSED},
	[UNREAD] = {"rx_missed_unread", "there when its queue or master went, and given up",
		    PLX_COUNTER_RX_MISSED},
	[FILTERED] = {"rx_filtered_there", "did not match the filter, in the master",
		      PLX_COUNTER_INFO},
	[REFUSED] = {"tx_refused_there", "sent, and then refused by the master", PLX_COUNTER_INFO},
	[MASTERS] = {"masters", "places taken, from the first on", PLX_COUNTER_INFO},
};

/* -- books ------------------------------------------------------------------------------------------------ */

static int
worker_rx_queue_count(struct plx_ethdev *dev, void *queue)
{
	struct worker *worker = worker_of(dev);
	const struct worker_rxq *rxq = queue;
	uint64_t sum = 0;

	for (unsigned i = rxq->id; i < worker->nb_seats; i += dev->info.nb_rx_queues)
		sum += worker_seat_waiting(&worker->seats[i], worker_reads(worker));
	return sum < INT32_MAX ? (int)sum : INT32_MAX;
}

static void
add_all_stats(struct worker *worker, struct plx_cluster_slave_stats *sum)
{
	for (unsigned i = 0; i < worker->nb_seats; i++)
		worker_seat_add_stats(&worker->seats[i], sum);
}

static int
worker_count(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	struct worker *worker = worker_of(dev);
	struct plx_cluster_slave_stats there = {0};
	uint64_t received = 0;

	add_all_stats(worker, &there);
	for (unsigned i = 0; i < worker->nb_seats; i++)
		received += plx_ethdev_read(&worker->seats[i].taken);
	values[FULL] = there.full;
	values[OLDEST] = there.oldest;
	values[FILTERED] = there.filtered;
	values[REFUSED] = there.refused;
	values[UNREAD] = __atomic_load_n(&worker->unread, __ATOMIC_RELAXED);
	values[MASTERS] = __atomic_load_n(&worker->masters, __ATOMIC_RELAXED);
	for (uint16_t q = 0; q < dev->info.nb_rx_queues; q++)
		if (dev->rxq[q] != NULL)
			received += (uint64_t)worker_rx_queue_count(dev, dev->rxq[q]);
	*ret_received = received + there.full + there.oldest;
	return 0;
}

/* -- queues ----------------------------------------------------------------------------------------------- */

static int
worker_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		      void **ret_queue, struct plx_why *why)
{
	struct worker_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->worker = worker_of(dev);
	rxq->pool = pool;
	rxq->id = queue;
	rxq->scatter = (dev->info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
	rxq->epoll = -1;
	*ret_queue = rxq;
	return 0;
}

static int
worker_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		      struct plx_why *why)
{
	struct worker_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	txq->worker = worker_of(dev);
	txq->seat = &txq->worker->seats[queue];
	*ret_queue = txq;
	return 0;
}

/* What waited for a queue that is no more is given up. */
static void
worker_rx_queue_release(struct plx_ethdev *dev, void *queue)
{
	struct worker *worker = worker_of(dev);
	struct worker_rxq *rxq = queue;

	for (unsigned i = rxq->id; i < worker->nb_seats; i += dev->info.nb_rx_queues) {
		worker_seat_drain(worker, &worker->seats[i]);
		if (rxq->epoll >= 0)
			worker_seat_listen(&worker->seats[i], -1);
	}
	if (rxq->epoll >= 0)
		close(rxq->epoll);
	free(rxq);
}

static void
worker_tx_queue_release(struct plx_ethdev *dev, void *queue)
{
	free(queue);
}

/* Masters come and go, the fd stays: it watches the connections to whichever there are. */
static int
worker_rx_fd(struct plx_ethdev *dev, void *queue)
{
	struct worker *worker = worker_of(dev);
	struct worker_rxq *rxq = queue;
	int ret = 0;

	if (rxq->epoll >= 0)
		return rxq->epoll;
	rxq->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (rxq->epoll < 0)
		return -errno;
	for (unsigned i = rxq->id; i < worker->nb_seats; i += dev->info.nb_rx_queues) {
		ret = worker_seat_listen(&worker->seats[i], rxq->epoll);
		if (ret != 0)
			return ret;
	}
	return rxq->epoll;
}

/* -- life ------------------------------------------------------------------------------------------------- */

static int
worker_start(struct plx_ethdev *dev, struct plx_why *why)
{
	__atomic_store_n(&worker_of(dev)->reads, dev->info.nb_rx_queues > 0, __ATOMIC_RELEASE);
	return 0;
}

/* The places are kept, and what comes meanwhile waits there. */
static void
worker_stop(struct plx_ethdev *dev)
{
	struct worker *worker = worker_of(dev);

	for (unsigned i = 0; i < worker->nb_seats; i++)
		worker_seat_stop(&worker->seats[i]);
	__atomic_store_n(&worker->reads, false, __ATOMIC_RELEASE);
}

/* Down when there is no master, and all that the last one left was read. */
static int
worker_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	*ret_link = (struct plx_ethdev_link){.full_duplex = true};
	ret_link->up = __atomic_load_n(&worker_of(dev)->sitting, __ATOMIC_ACQUIRE) > 0;
	return 0;
}

/* What the master's ports receive is not ours to say: how long packets may be says how large buffers should be. */
static int
worker_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	return 0;
}

static const struct plx_ethdev_ops worker_ops = {
	.rx_queue_setup = worker_rx_queue_setup,
	.tx_queue_setup = worker_tx_queue_setup,
	.rx_queue_release = worker_rx_queue_release,
	.tx_queue_release = worker_tx_queue_release,
	.start = worker_start,
	.stop = worker_stop,
	.link = worker_link,
	.set_mtu = worker_set_mtu,
	.rx_fd = worker_rx_fd,
	.rx_queue_count = worker_rx_queue_count,
	.counters = worker_count,
};

static void
worker_describe(struct worker *worker)
{
	struct plx_ethdev *dev = &worker->dev;

	dev->rx_burst = worker_rx;
	dev->tx_burst = worker->args.writable ? worker_tx : worker_tx_nothing;
	dev->ops = &worker_ops;
	dev->counters = worker_counters;
	dev->nb_counters = NB_COUNTERS;
	dev->link_returns = true;
	dev->info.max_rx_queues = dev->info.max_tx_queues = (uint16_t)worker->nb_seats;
	dev->info.max_mtu = MTU_MAX;
	dev->info.rx_desc_min = dev->info.tx_desc_min = 1;
	dev->info.rx_desc_max = dev->info.tx_desc_max = UINT16_MAX;
	dev->info.rx_desc_default = dev->info.tx_desc_default = DESCS_DEFAULT;
	dev->info.rx_offloads_capable = PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_RSS_HASH;
	dev->info.tx_offloads_capable = PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (worker->args.times) {
		dev->info.rx_offloads_capable |= PLX_ETH_RX_OFFLOAD_TIMESTAMP;
		snprintf(dev->info.rx_clock, sizeof(dev->info.rx_clock),
			 "the cluster's master's, or its device's");
	}
	snprintf(dev->info.mode, sizeof(dev->info.mode), "worker of %s, %u place%s, %s",
		 worker->name, worker->nb_seats, worker->nb_seats > 1 ? "s" : "",
		 worker->args.writable ? "may send" : "only looks");
}

static void
leave_all(struct worker *worker)
{
	for (unsigned i = 0; i < worker->nb_seats; i++)
		worker_seat_give_up(worker, &worker->seats[i]);
}

static int
take_patiently(struct worker *worker, struct worker_seat *seat, struct plx_why *why)
{
	const uint64_t end = plx_clock_monotonic_ns() + PATIENCE_NS;
	int ret;

	do
		ret = worker_seat_take(worker, seat, why);
	while (ret == -ETIMEDOUT && plx_clock_monotonic_ns() < end);
	return ret;
}

static int
take_all(struct worker *worker, struct plx_why *why)
{
	int ret = 0;

	worker->nb_seats = (unsigned)worker->args.queues;
	worker_args_name(&worker->args, 0, worker->name, sizeof(worker->name));
	for (unsigned i = 0; i < worker->nb_seats; i++) {
		worker->seats[i].epoll = -1;
		worker->seats[i].sock = -1;
	}
	for (unsigned i = 0; i < worker->nb_seats && ret == 0; i++)
		ret = take_patiently(worker, &worker->seats[i], why);
	return ret;
}

static int
worker_probe(struct plx_device *device, struct plx_why *why)
{
	struct worker *worker = plx_ethdev_alloc(sizeof(*worker));
	int ret;

	if (worker == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	worker->link.wake_fd = worker->link.news_fd = -1;
	worker->args = (struct worker_args){.queues = 1, .times = true};
	ret = worker_args_read(device->args, &worker->args, why);
	if (ret != 0)
		goto free_worker;
	worker->dev.device = device;
	ret = take_all(worker, why);
	if (ret != 0)
		goto leave_places;
	worker_describe(worker);
	ret = plx_ethdev_register(&worker->dev, why);
	if (ret != 0)
		goto leave_places;
	ret = worker_link_watch(worker, why);
	if (ret != 0)
		goto unregister;
	device->data = worker;
	return 0;

unregister:
	plx_ethdev_unregister(&worker->dev);
leave_places:
	leave_all(worker);
free_worker:
	free(worker);
	return ret;
}

/* Nobody comes back to a port that goes, so the link's thread ends first. */
static void
worker_remove(struct plx_device *device)
{
	struct worker *worker = device->data;

	worker_link_unwatch(worker);
	plx_ethdev_unregister(&worker->dev);
	leave_all(worker);
	free(worker);
}

int
plx_net_cluster_facts(uint16_t port, struct plx_net_cluster_facts *ret_facts)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct plx_cluster_slave_stats there = {0};
	struct worker *worker;

	if (dev == NULL || dev->ops != &worker_ops)
		return -ENODEV;
	worker = worker_of(dev);
	add_all_stats(worker, &there);
	*ret_facts = (struct plx_net_cluster_facts){
		.filter = worker->args.filter,
		.places = worker->nb_seats,
		.filtered = there.filtered,
		.taken = __atomic_load_n(&worker->sitting, __ATOMIC_ACQUIRE),
		.masters = __atomic_load_n(&worker->masters, __ATOMIC_RELAXED),
	};
	memcpy(ret_facts->name, worker->name, sizeof(ret_facts->name));
	return 0;
}

const struct plx_driver plx_driver_net_cluster = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_cluster",
	.about = "a worker of a cluster that another program is master of",
	.probe = worker_probe,
	.remove = worker_remove,
};
