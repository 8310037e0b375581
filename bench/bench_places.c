/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What does one more slave cost a cluster? Cycles of the master's round for each packet, with all places taken (ours) and with one of them
 * (the peer), by hash; and the memory that a slave adds: what is asked for, what the kernel has of it, and what this program is the
 * larger by. Slaves take turns with the master on processor 0, outside of what is measured: nobody waits for anybody.
 */
#include "bench.h"
#include "bench_cluster.h"

#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PLACES	   64
#define ROUNDS	   4000
#define ZONES_MAX  256
#define EXTRA_SOME 1024

static struct plx_pool *pool;
static struct plx_cluster_port port;
static plx_ethdev_rx_fn make_buffers; /* of net_null, which leaves the bytes as they are */

struct crowd {
	uint32_t places, attached;
	bool fanout;
};

static uint16_t
make_packets(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	static uint32_t flow;
	uint16_t got = make_buffers(queue, pkts, n);

	for (uint16_t i = 0; i < got; i++)
		cluster_frame((uint8_t *)plx_mbuf_data(pkts[i]), flow++ % CLUSTER_FLOWS);
	return got;
}

static void
drink(struct plx_cluster_slave *slave)
{
	const struct plx_cluster_desc *desc;
	uint32_t n;

	while ((n = plx_cluster_peek(slave, &desc, CLUSTER_BURST)) != 0)
		plx_cluster_done(slave, n);
}

static int
begin(const struct crowd *crowd, uint32_t extra, struct plx_cluster **cluster,
      struct plx_cluster_slave *slaves[PLACES])
{
	const struct plx_cluster_params params = {
		.id = 1,
		.pool = pool,
		.rx_ports = &port,
		.nb_rx_ports = 1,
		.places = crowd->places,
		.queue_len = CLUSTER_QUEUE,
		.extra = extra,
		.spread.mode = crowd->fanout ? PLX_CLUSTER_FANOUT : PLX_CLUSTER_SHARE,
	};
	struct plx_why why;
	int ret = plx_cluster_create(&params, cluster, &why);

	for (uint32_t i = 0; i < crowd->attached && ret == 0; i++) {
		const struct plx_cluster_slave_params wish = {.place = i};

		ret = plx_cluster_join(*cluster, &wish, &slaves[i], &why);
	}
	if (ret != 0)
		fprintf(stderr, "%s\n", why.text);
	return ret;
}

static void
end(const struct crowd *crowd, struct plx_cluster *cluster,
    struct plx_cluster_slave *slaves[PLACES])
{
	for (uint32_t i = 0; i < crowd->attached; i++)
		plx_cluster_leave(slaves[i]);
	plx_cluster_destroy(cluster);
}

/* -- cycles ----------------------------------------------------------------------------------------------- */

/* A packet's, of the master alone. */
static double
cost(const struct crowd *crowd)
{
	struct plx_cluster_slave *slaves[PLACES];
	struct plx_cluster *cluster;
	struct plx_cluster_stats stats;
	uint64_t cycles = 0;

	if (begin(crowd, 0, &cluster, slaves) != 0)
		return -1;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t from = bench_cycles();

		plx_cluster_poll(cluster);
		cycles += bench_cycles() - from;
		for (uint32_t i = 0; i < crowd->attached; i++)
			drink(slaves[i]);
	}
	plx_cluster_stats(cluster, &stats);
	end(crowd, cluster, slaves);
	return stats.delivered == stats.received ? (double)cycles / (double)stats.received : -1;
}

static double
all_attached(const void *arg)
{
	const struct crowd crowd = *(const struct crowd *)arg;

	return cost(&crowd);
}

static double
one_attached(const void *arg)
{
	struct crowd crowd = *(const struct crowd *)arg;

	crowd.attached = 1;
	return cost(&crowd);
}

/* -- memory ----------------------------------------------------------------------------------------------- */

/* Bytes of the lanes' memory: as zones, and as the kernel has pages for them. */
static void
lanes(uint64_t *ret_bytes, uint64_t *ret_there)
{
	static struct plx_zone zones[ZONES_MAX];
	unsigned n = plx_zone_list(zones, ZONES_MAX);
	struct stat st;

	*ret_bytes = *ret_there = 0;
	for (unsigned i = 0; i < n && i < ZONES_MAX; i++) {
		if (strncmp(zones[i].name, "cluster1.", 9) != 0 || fstat(zones[i].fd, &st) != 0)
			continue;
		*ret_bytes += (uint64_t)st.st_size;
		*ret_there += (uint64_t)st.st_blocks * 512;
	}
}

/* Of this program, in bytes. */
static uint64_t
pss(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	char line[128];
	uint64_t kb = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Pss: %" SCNu64, &kb) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return kb * 1024;
}

static void
tell_memory(uint32_t extra)
{
	const struct crowd crowd = {.places = PLACES, .attached = PLACES},
			   none = {.places = PLACES};
	struct plx_cluster_slave *slaves[PLACES];
	struct plx_cluster *cluster;
	uint64_t bytes, there, before, after;

	if (begin(&none, extra, &cluster, slaves) != 0)
		return;
	before = pss();
	end(&none, cluster, slaves);
	if (begin(&crowd, extra, &cluster, slaves) != 0)
		return;
	for (unsigned round = 0; round < ROUNDS; round++) {
		plx_cluster_poll(cluster);
		for (uint32_t i = 0; i < PLACES; i++)
			drink(slaves[i]);
	}
	after = pss();
	lanes(&bytes, &there);
	end(&crowd, cluster, slaves);
	printf("a slave with a queue of %u and %u extra: lane %.1f kB, of which pages are there for %.1f kB; "
	       "the master's program is larger by %.1f kB\n",
	       CLUSTER_QUEUE, extra, (double)bytes / PLACES / 1024, (double)there / PLACES / 1024,
	       ((double)after - (double)before) / PLACES / 1024);
}

/* -- all ---------------------------------------------------------------------------------------------------- */

static int
ready(void)
{
	char words[][24] = {"bench", "-l", "0", "--no-huge", "--no-pci", "--vdev", "net_null0"};
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5], words[6], NULL};
	struct plx_pool_params params = {
		.name = "places", .n = CLUSTER_POOL, .cache = CLUSTER_CACHE, .node = PLX_NODE_ANY};
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

#define CROWD(...)            \
	&(const struct crowd) \
	{                     \
		__VA_ARGS__   \
	}

static const struct bench_row rows[] = {
	{"hash, 1 place", all_attached, one_attached, CROWD(1, 1)},
	{"hash, 4 places", all_attached, one_attached, CROWD(4, 4)},
	{"hash, 16 places", all_attached, one_attached, CROWD(16, 16)},
	{"hash, 64 places", all_attached, one_attached, CROWD(64, 64)},
	{"fan-out, 4 places", all_attached, one_attached, CROWD(4, 4, true)},
	{"fan-out, 16 places", all_attached, one_attached, CROWD(16, 16, true)},
	{"fan-out, 64 places", all_attached, one_attached, CROWD(64, 64, true)},
};

int
main(int argc, char **argv)
{
	const struct bench bench = {
		.question = "places",
		.unit = "cycles/packet",
		.peer = "one used",
		.rows = rows,
		.nb_rows = PLX_ARRAY_LEN(rows),
	};

	bench_pin(0);
	if (ready() != 0)
		return 1;
	tell_memory(0);
	tell_memory(EXTRA_SOME);
	return bench_main(argc, argv, &bench);
}
