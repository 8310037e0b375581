/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast does a cluster hand packets to workers, by hash and to all of them, beside DPDK's distributor and beside rings with
 * reference counts? The main thread makes packets of 64 bytes on processor 0; the workers share processor 1.
 */
#include "bench_cluster.h"
#include "bench.h"

#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>
#include <pollux/plx_door.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLUSTER_ID 65001

static struct plx_pool *pool;
static struct plx_cluster_port port;
static plx_ethdev_rx_fn make_buffers; /* of net_null, which leaves the bytes as they are */
static struct plx_cluster_slave *slaves[CLUSTER_CROWD];

/* Also processes see this. */
static struct shared {
	struct cluster_count counts[CLUSTER_CROWD];
	uint32_t there; /* workers that have their place */
	bool stop;
} * shared;
static int shared_fd;

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
	struct cluster_count *count = &shared->counts[id];
	const struct plx_cluster_desc *desc;
	uint32_t n = plx_cluster_peek(slave, &desc, CLUSTER_BURST);

	if (n == 0)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (i + 4 < n)
			plx_prefetch(plx_cluster_data(slave, &desc[i + 4]));
		count->sum += cluster_look(plx_cluster_data(slave, &desc[i]));
	}
	plx_cluster_done(slave, n);
	__atomic_store_n(&count->packets, count->packets + n, __ATOMIC_RELAXED);
	return n;
}

static void *
worker(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg;

	bench_pin(CLUSTER_WORKER_CPU);
	__atomic_add_fetch(&shared->there, 1, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED))
		if (work(id) == 0)
			sched_yield();
	return NULL;
}

/* -- a worker that is a process: this program again, with the memory of the counts as its descriptor 3 ---- */

#define SHARED_FD 3

static int
map_shared(int fd)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return shared == MAP_FAILED ? -1 : 0;
}

static int
be_process(unsigned id)
{
	char name[32];

	snprintf(name, sizeof(name), "cluster:%d@%u", CLUSTER_ID, id);
	if (map_shared(SHARED_FD) != 0 || plx_cluster_attach(name, NULL, &slaves[id], NULL) != 0)
		return 1;
	worker((void *)(uintptr_t)id);
	plx_cluster_leave(slaves[id]);
	return 0;
}

static pid_t
start_process(unsigned id)
{
	char number[16];
	pid_t pid;

	snprintf(number, sizeof(number), "%u", id);
	pid = fork();
	if (pid == 0) {
		dup2(shared_fd, SHARED_FD);
		execl("/proc/self/exe", "bench_cluster", "--slave", number, (char *)NULL);
		_exit(1);
	}
	return pid;
}

/* -- a row -------------------------------------------------------------------------------------------- */

struct team {
	pthread_t thread[CLUSTER_CROWD];
	pid_t pid[CLUSTER_CROWD];
};

static int
start_one(const struct cluster_case *c, struct team *team, struct plx_cluster *cluster, unsigned i,
	  struct plx_why *why)
{
	struct plx_cluster_slave_params params = {.place = i};
	int ret;

	if (c->processes) {
		team->pid[i] = start_process(i);
		return team->pid[i] > 0 ? 0 : -1;
	}
	ret = plx_cluster_join(cluster, &params, &slaves[i], why);
	if (ret == 0 && !c->turns)
		pthread_create(&team->thread[i], NULL, worker, (void *)(uintptr_t)i);
	return ret;
}

static int
start(const struct cluster_case *c, struct team *team, struct plx_cluster *cluster,
      struct plx_why *why)
{
	unsigned wanted = c->turns ? 0 : c->workers;
	int ret = c->processes ? plx_cluster_open(cluster, why) : 0;

	memset(shared, 0, sizeof(*shared));
	for (unsigned i = 0; i < c->workers && ret == 0; i++)
		ret = start_one(c, team, cluster, i, why);
	for (unsigned ms = 0; __atomic_load_n(&shared->there, __ATOMIC_RELAXED) < wanted; ms++) {
		if (ms == 5000 || ret != 0)
			return -1;
		usleep(1000);
	}
	return ret;
}

static void
finish(const struct cluster_case *c, struct team *team, struct plx_cluster *cluster)
{
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < c->workers; i++) {
		if (c->processes) {
			waitpid(team->pid[i], NULL, 0);
			continue;
		}
		if (!c->turns)
			pthread_join(team->thread[i], NULL);
		plx_cluster_leave(slaves[i]);
	}
	plx_cluster_destroy(cluster);
}

static struct plx_cluster *
create(const struct cluster_case *c, struct plx_why *why)
{
	struct plx_cluster_params params = {
		.id = CLUSTER_ID,
		.pool = pool,
		.rx_ports = &port,
		.nb_rx_ports = 1,
		.places = c->workers,
		.queue_len = CLUSTER_QUEUE,
		.overflow = PLX_CLUSTER_PRESSURE,
		.spread.mode = c->fanout ? PLX_CLUSTER_FANOUT : PLX_CLUSTER_SHARE,
	};
	struct plx_cluster *cluster;

	return plx_cluster_create(&params, &cluster, why) == 0 ? cluster : NULL;
}

static double
run(const struct cluster_case *c, struct plx_cluster *cluster)
{
	uint64_t ticks = (uint64_t)(bench_cycles_per_second() / 1000 * CLUSTER_MS), begin, sum = 0;
	uint64_t before = 0;

	for (unsigned i = 0; i < c->workers; i++)
		before += __atomic_load_n(&shared->counts[i].packets, __ATOMIC_RELAXED);
	begin = bench_cycles();
	while (bench_cycles() - begin < ticks) {
		if (plx_cluster_poll(cluster) == 0)
			sched_yield();
		for (unsigned i = 0; i < c->workers && c->turns; i++)
			work(i);
	}
	for (unsigned i = 0; i < c->workers; i++)
		sum += __atomic_load_n(&shared->counts[i].packets, __ATOMIC_RELAXED);
	return (double)(sum - before) * bench_cycles_per_second() /
	       (double)(bench_cycles() - begin) / 1e6;
}

double
cluster_ours(const void *arg)
{
	const struct cluster_case *c = arg;
	struct team team;
	struct plx_why why = {""};
	struct plx_cluster *cluster = create(c, &why);
	double result = -1;

	if (cluster != NULL && start(c, &team, cluster, &why) == 0)
		result = run(c, cluster);
	else
		fprintf(stderr, "%s\n", why.text);
	if (result >= 0)
		finish(c, &team, cluster);
	return result;
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
	shared_fd = memfd_create("bench", MFD_CLOEXEC);
	if (shared_fd < 0 || ftruncate(shared_fd, sizeof(*shared)) != 0 ||
	    map_shared(shared_fd) != 0 || plx_door_open("bench_cluster", &why) < 0)
		return -1;
	make_buffers = plx_ethdev_fast_table[port.port].rx;
	plx_ethdev_fast_table[port.port].rx = make_packets;
	return 0;
}

#define CASE(...)                    \
	&(const struct cluster_case) \
	{                            \
		__VA_ARGS__          \
	}

#define THREADS(n)   CASE(n)
#define PROCESSES(n) CASE(n, false, true)
#define TURNS(n)     CASE(n, false, false, true)

static const struct bench_row rows[] = {
	{"hash, 1 thread, distributor", cluster_ours, cluster_distributor, THREADS(1)},
	{"hash, 2 threads, distributor", cluster_ours, cluster_distributor, THREADS(2)},
	{"hash, 4 threads, distributor", cluster_ours, cluster_distributor, THREADS(4)},
	{"hash, 1 thread, rings", cluster_ours, cluster_rings, THREADS(1)},
	{"hash, 2 threads, rings", cluster_ours, cluster_rings, THREADS(2)},
	{"hash, 4 threads, rings", cluster_ours, cluster_rings, THREADS(4)},
	{"hash, 1 process, distributor", cluster_ours, cluster_distributor, PROCESSES(1)},
	{"hash, 4 processes, distributor", cluster_ours, cluster_distributor, PROCESSES(4)},
	{"hash, 4 in turns, rings", cluster_ours, cluster_rings, TURNS(4)},
	{"fan-out, 2 threads, rings", cluster_ours, cluster_rings, CASE(2, true)},
	{"fan-out, 4 threads, rings", cluster_ours, cluster_rings, CASE(4, true)},
	{"fan-out, 4 processes, rings", cluster_ours, cluster_rings, CASE(4, true, true)},
	{"fan-out, 4 in turns, rings", cluster_ours, cluster_rings, CASE(4, true, false, true)},
	{"hash, 1 in turns", cluster_ours, NULL, TURNS(1)},
	{"hash, 16 in turns", cluster_ours, NULL, TURNS(16)},
	{"hash, 64 in turns", cluster_ours, NULL, TURNS(64)},
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

	if (argc == 3 && strcmp(argv[1], "--slave") == 0)
		return be_process((unsigned)atoi(argv[2]));
	bench_pin(0);
	if (cluster_ours_begin() != 0 || cluster_dpdk_begin() != 0)
		return 1;
	bench_pin(0);
	return bench_main(argc, argv, &bench);
}
