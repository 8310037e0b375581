/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast does a cluster hand packets to workers, by hash and to all of them, beside DPDK's distributor and beside rings with
 * reference counts? The main thread makes packets of 64 bytes on processor 0; the workers share processor 1.
 */
#include "bench_cluster.h"
#include "bench.h"

#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

static struct plx_pool *pool;
static struct plx_cluster_port port;
static plx_ethdev_rx_fn make_buffers; /* of net_null, which leaves the bytes as they are */
static struct cluster_count counts[CLUSTER_WORKERS_MAX];
static struct plx_cluster_slave *slaves[CLUSTER_WORKERS_MAX];
static volatile bool stop;

static uint16_t
make_packets(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	static uint32_t flow;
	uint16_t got = make_buffers(queue, pkts, n);

	for (uint16_t i = 0; i < got; i++)
		cluster_frame((uint8_t *)plx_mbuf_data(pkts[i]), flow++ % CLUSTER_FLOWS);
	return got;
}

/* A burst at most. Returns how many there were. */
static uint32_t
work(unsigned id)
{
	struct plx_cluster_slave *slave = slaves[id];
	const struct plx_cluster_desc *desc;
	uint32_t n = plx_cluster_peek(slave, &desc, CLUSTER_BURST);

	if (n == 0)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (i + 4 < n)
			plx_prefetch(plx_cluster_data(slave, &desc[i + 4]));
		counts[id].sum += cluster_look(plx_cluster_data(slave, &desc[i]));
	}
	plx_cluster_done(slave, n);
	__atomic_store_n(&counts[id].packets, counts[id].packets + n, __ATOMIC_RELAXED);
	return n;
}

static void *
worker(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;

	bench_pin(CLUSTER_WORKER_CPU);
	while (!stop)
		if (work(id) == 0)
			sched_yield();
	return NULL;
}

static struct plx_cluster *
begin(const struct cluster_case *c)
{
	struct plx_cluster_params params = {
		.id = 1,
		.pool = pool,
		.rx_ports = &port,
		.nb_rx_ports = 1,
		.places = c->workers,
		.queue_len = CLUSTER_QUEUE,
		.overflow = PLX_CLUSTER_PRESSURE,
		.spread.mode = c->fanout ? PLX_CLUSTER_FANOUT : PLX_CLUSTER_SHARE,
	};
	struct plx_cluster *cluster;
	struct plx_why why;
	int ret = plx_cluster_create(&params, &cluster, &why);

	for (unsigned i = 0; i < c->workers && ret == 0; i++) {
		struct plx_cluster_slave_params slave = {.place = i};

		ret = plx_cluster_join(cluster, &slave, &slaves[i], &why);
	}
	if (ret == 0)
		return cluster;
	fprintf(stderr, "%s\n", why.text);
	return NULL;
}

double
cluster_ours(const void *arg)
{
	const struct cluster_case *c = arg;
	pthread_t threads[CLUSTER_WORKERS_MAX];
	struct plx_cluster *cluster = begin(c);
	uint64_t start, ticks = (uint64_t)(bench_cycles_per_second() / 1000 * CLUSTER_MS), sum = 0;
	double seconds;

	if (cluster == NULL)
		return -1;
	memset(counts, 0, sizeof(counts));
	stop = false;
	for (unsigned i = 0; i < c->workers && !c->turns; i++)
		pthread_create(&threads[i], NULL, worker, (void *)(uintptr_t)i);
	start = bench_cycles();
	while (bench_cycles() - start < ticks) {
		if (plx_cluster_poll(cluster) == 0)
			sched_yield();
		for (unsigned i = 0; i < c->workers && c->turns; i++)
			work(i);
	}
	for (unsigned i = 0; i < c->workers; i++)
		sum += __atomic_load_n(&counts[i].packets, __ATOMIC_RELAXED);
	seconds = (double)(bench_cycles() - start) / bench_cycles_per_second();
	stop = true;
	for (unsigned i = 0; i < c->workers; i++) {
		if (!c->turns)
			pthread_join(threads[i], NULL);
		plx_cluster_leave(slaves[i]);
	}
	plx_cluster_destroy(cluster);
	return (double)sum / seconds / 1e6;
}

int
cluster_ours_begin(void)
{
	char words[][24] = {"bench", "-l", "0", "--no-huge", "--no-pci", "--vdev", "net_null0"};
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5], words[6], NULL};
	struct plx_pool_params params = {
		.name = "cluster", .n = CLUSTER_POOL, .cache = CLUSTER_CACHE, .node = PLX_NODE_ANY};
	struct plx_why why;

	if (plx_eal_init(7, argv, &why) < 0 || plx_pool_create(&params, &pool, &why) < 0 ||
	    plx_ethdev_by_name("net_null0", &port.port) < 0 ||
	    plx_ethdev_open(port.port, 1, pool, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return -1;
	}
	make_buffers = plx_ethdev_fast_table[port.port].rx;
	plx_ethdev_fast_table[port.port].rx = make_packets;
	return 0;
}

#define CASE(...)                    \
	&(const struct cluster_case) \
	{                            \
		__VA_ARGS__          \
	}

static const struct bench_row rows[] = {
	{"hash, 1 worker, rings", cluster_ours, cluster_rings, CASE(1)},
	{"hash, 2 workers, rings", cluster_ours, cluster_rings, CASE(2)},
	{"hash, 4 workers, rings", cluster_ours, cluster_rings, CASE(4)},
	{"hash, 1 worker, distributor", cluster_ours, cluster_distributor, CASE(1)},
	{"hash, 2 workers, distributor", cluster_ours, cluster_distributor, CASE(2)},
	{"hash, 4 workers, distributor", cluster_ours, cluster_distributor, CASE(4)},
	{"hash, 4 workers in turns, rings", cluster_ours, cluster_rings, CASE(4, false, true)},
	{"fan-out, 4 workers in turns, rings", cluster_ours, cluster_rings, CASE(4, true, true)},
	{"fan-out, 2 workers, rings", cluster_ours, cluster_rings, CASE(2, true)},
	{"fan-out, 4 workers, rings", cluster_ours, cluster_rings, CASE(4, true)},
};

int
main(int argc, char **argv)
{
	const struct bench bench = {
		.question = "cluster",
		.unit = "M packets/s",
		.peer = "dpdk",
		.rows = rows,
		.nb_rows = PLX_ARRAY_LEN(rows),
		.more_is_better = true,
	};

	bench_pin(0);
	if (cluster_ours_begin() != 0 || cluster_dpdk_begin() != 0)
		return 1;
	bench_pin(0);
	return bench_main(argc, argv, &bench);
}
