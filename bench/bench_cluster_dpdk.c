/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's side of bench_cluster: its distributor library (burst mode), and what people write by hand, a ring for each worker,
 * with a reference for each worker that a packet goes to. Nothing is lost on either way: the main thread waits.
 */
#include "bench_cluster.h"
#include "bench.h"

#include <rte_cycles.h>
#include <rte_distributor.h>
#include <rte_eal.h>
#include <rte_hash_crc.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

static struct rte_mempool *pool;
static struct cluster_count counts[CLUSTER_WORKERS_MAX];
static struct rte_ring *rings[CLUSTER_WORKERS_MAX];
static struct rte_distributor *distributor;
static volatile bool stop;
static uint32_t flow;

static void
make_packets(struct rte_mbuf **pkts)
{
	while (rte_pktmbuf_alloc_bulk(pool, pkts, CLUSTER_BURST) != 0)
		sched_yield();
	for (unsigned i = 0; i < CLUSTER_BURST; i++) {
		pkts[i]->data_len = CLUSTER_LEN;
		pkts[i]->pkt_len = CLUSTER_LEN;
		cluster_frame(rte_pktmbuf_mtod(pkts[i], uint8_t *), flow++ % CLUSTER_FLOWS);
	}
}

/* The addresses and ports; not symmetric, which would cost more. */
static inline uint32_t
hash_of(struct rte_mbuf *m)
{
	const uint64_t *words = rte_pktmbuf_mtod_offset(m, const uint64_t *, 26);
	uint32_t ports = *rte_pktmbuf_mtod_offset(m, const uint32_t *, 34);

	return rte_hash_crc_4byte(ports, rte_hash_crc_8byte(words[0], 0));
}

static double
rate(uint64_t start, unsigned workers)
{
	double seconds = (double)(rte_rdtsc() - start) / (double)rte_get_tsc_hz();
	uint64_t sum = 0;

	for (unsigned i = 0; i < workers; i++)
		sum += __atomic_load_n(&counts[i].packets, __ATOMIC_RELAXED);
	return (double)sum / seconds / 1e6;
}

static bool
goes_on(uint64_t start)
{
	return rte_rdtsc() - start < rte_get_tsc_hz() / 1000 * CLUSTER_MS;
}

/* -- rings -------------------------------------------------------------------------------------------- */

/* A burst at most. Returns how many there were. */
static unsigned
ring_work(unsigned id)
{
	struct rte_mbuf *pkts[CLUSTER_BURST];
	unsigned n = rte_ring_sc_dequeue_burst(rings[id], (void **)pkts, CLUSTER_BURST, NULL);

	if (n == 0)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		if (i + 4 < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + 4], void *));
		counts[id].sum += cluster_look(rte_pktmbuf_mtod(pkts[i], uint8_t *));
	}
	rte_pktmbuf_free_bulk(pkts, n);
	__atomic_store_n(&counts[id].packets, counts[id].packets + n, __ATOMIC_RELAXED);
	return n;
}

static void *
ring_worker(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;

	bench_pin(CLUSTER_WORKER_CPU);
	rte_thread_register();
	for (;;) {
		if (ring_work(id) != 0)
			continue;
		if (stop)
			break;
		sched_yield();
	}
	rte_thread_unregister();
	return NULL;
}

static void
put(unsigned id, struct rte_mbuf **pkts, unsigned n)
{
	for (unsigned done = 0; done < n;) {
		done += rte_ring_sp_enqueue_burst(rings[id], (void **)pkts + done, n - done, NULL);
		if (done < n)
			sched_yield();
	}
}

static void
spread_by_hash(struct rte_mbuf **pkts, unsigned workers)
{
	struct rte_mbuf *mine[CLUSTER_WORKERS_MAX][CLUSTER_BURST];
	unsigned n[CLUSTER_WORKERS_MAX] = {0};

	for (unsigned i = 0; i < CLUSTER_BURST; i++) {
		unsigned id = (unsigned)((uint64_t)hash_of(pkts[i]) * workers >> 32);

		mine[id][n[id]++] = pkts[i];
	}
	for (unsigned id = 0; id < workers; id++)
		put(id, mine[id], n[id]);
}

static void
spread_to_all(struct rte_mbuf **pkts, unsigned workers)
{
	for (unsigned i = 0; i < CLUSTER_BURST; i++)
		rte_mbuf_refcnt_update(pkts[i], (int16_t)(workers - 1));
	for (unsigned id = 0; id < workers; id++)
		put(id, pkts, CLUSTER_BURST);
}

double
cluster_rings(const void *arg)
{
	const struct cluster_case *c = arg;
	pthread_t threads[CLUSTER_WORKERS_MAX];
	uint64_t start;
	double result;

	memset(counts, 0, sizeof(counts));
	stop = false;
	for (unsigned i = 0; i < c->workers && !c->turns; i++)
		pthread_create(&threads[i], NULL, ring_worker, (void *)(uintptr_t)i);
	start = rte_rdtsc();
	while (goes_on(start)) {
		struct rte_mbuf *pkts[CLUSTER_BURST];

		make_packets(pkts);
		if (c->fanout)
			spread_to_all(pkts, c->workers);
		else
			spread_by_hash(pkts, c->workers);
		for (unsigned i = 0; i < c->workers && c->turns; i++)
			ring_work(i);
	}
	result = rate(start, c->workers);
	stop = true;
	for (unsigned i = 0; i < c->workers && !c->turns; i++)
		pthread_join(threads[i], NULL);
	return result;
}

/* -- the distributor ----------------------------------------------------------------------------------- */

static void *
distributor_worker(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;
	struct rte_mbuf *pkts[8] PLX_CACHE_ALIGNED;

	bench_pin(CLUSTER_WORKER_CPU);
	rte_thread_register();
	rte_distributor_request_pkt(distributor, id, NULL, 0);
	while (!stop) {
		int n = rte_distributor_poll_pkt(distributor, id, pkts);

		if (n <= 0) {
			sched_yield();
			continue;
		}
		for (int i = 0; i < n; i++)
			counts[id].sum += cluster_look(rte_pktmbuf_mtod(pkts[i], uint8_t *));
		rte_pktmbuf_free_bulk(pkts, (unsigned)n);
		__atomic_store_n(&counts[id].packets, counts[id].packets + (unsigned)n,
				 __ATOMIC_RELAXED);
		rte_distributor_request_pkt(distributor, id, NULL, 0);
	}
	rte_thread_unregister();
	return NULL;
}

/* It takes nothing while no worker has asked. */
static void
process(struct rte_mbuf **pkts)
{
	for (unsigned done = 0; done < CLUSTER_BURST;) {
		int n = rte_distributor_process(distributor, pkts + done, CLUSTER_BURST - done);

		if (n > 0)
			done += (unsigned)n;
		else
			sched_yield();
	}
}

double
cluster_distributor(const void *arg)
{
	const struct cluster_case *c = arg;
	static unsigned serial;
	pthread_t threads[CLUSTER_WORKERS_MAX];
	char name[32];
	uint64_t start;
	double result;

	snprintf(name, sizeof(name), "d%u", serial++);
	memset(counts, 0, sizeof(counts));
	stop = false;
	/* It has no function that frees it: the few that a run makes stay. */
	distributor = rte_distributor_create(name, SOCKET_ID_ANY, c->workers, RTE_DIST_ALG_BURST);
	if (distributor == NULL)
		return -1;
	for (unsigned i = 0; i < c->workers; i++)
		pthread_create(&threads[i], NULL, distributor_worker, (void *)(uintptr_t)i);
	start = rte_rdtsc();
	while (goes_on(start)) {
		struct rte_mbuf *pkts[CLUSTER_BURST];

		make_packets(pkts);
		for (unsigned i = 0; i < CLUSTER_BURST; i++)
			pkts[i]->hash.usr = hash_of(pkts[i]) | 1;
		process(pkts);
	}
	result = rate(start, c->workers);
	rte_distributor_flush(distributor);
	stop = true;
	for (unsigned i = 0; i < c->workers; i++)
		pthread_join(threads[i], NULL);
	return result;
}

int
cluster_dpdk_begin(void)
{
	char words[][24] = {"bench",	     "--no-huge",	  "--no-pci",
			    "-m512",	     "--log-level=error", "--no-telemetry",
			    "--file-prefix", "--lcores",	  "0@0"};
	char prefix[32];
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5],
			words[6], prefix,   words[7], words[8], NULL};

	snprintf(prefix, sizeof(prefix), "cluster%d", getpid());
	if (rte_eal_init(10, argv) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("cluster", CLUSTER_POOL, CLUSTER_CACHE, 0,
				       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	for (unsigned i = 0; i < CLUSTER_WORKERS_MAX && pool != NULL; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w%u", i);
		rings[i] = rte_ring_create(name, CLUSTER_QUEUE, SOCKET_ID_ANY,
					   RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (rings[i] == NULL)
			return -1;
	}
	return pool == NULL ? -1 : 0;
}
