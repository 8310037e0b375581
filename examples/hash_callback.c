/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hash_callback: a master that shares packets out by a hash of its own: the networks that talk, here the first 24 bits of both
 * IPv4 addresses or 48 of IPv6, so that a worker sees all conversations of two networks, and both directions of them.
 *
 *	hash_callback -l 0-2 --vdev net_af_xdp0,iface=eth1
 */
#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_lcore.h>
#include <pollux/plx_net_parse.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define QUEUE 1024

static struct worker {
	struct plx_cluster_slave *slave;
	uint64_t packets, bytes; /* the worker's own */
} PLX_CACHE_ALIGNED workers[PLX_CLUSTER_PLACES_MAX];
static unsigned nb_workers;
static struct plx_cluster *cluster;
static atomic_bool finished;

/* The same for both directions. Shares go by the highest bits, so these must depend on all: hence the factor. */
static uint32_t
hash_of(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const bool is_ipv4 = plx_net_layer_is_ipv4(layer);
	const uint8_t *addresses = bytes + layer->l3_off + (is_ipv4 ? 12 : 8);
	uint64_t network[2] = {0};

	for (unsigned i = 0; i < 2; i++)
		memcpy(&network[i], addresses + i * (is_ipv4 ? 4 : 16), is_ipv4 ? 3 : 6);
	return (uint32_t)((network[0] + network[1]) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static void
hash_networks(void *arg, struct plx_mbuf *const *pkts, uint16_t n,
	      struct plx_cluster_verdict *ret_verdicts)
{
	struct plx_net_packet packet;

	for (uint16_t i = 0; i < n; i++) {
		plx_net_parse(plx_mbuf_data(pkts[i]), pkts[i]->data_len, &packet);
		ret_verdicts[i] = (struct plx_cluster_verdict){.action = PLX_CLUSTER_HASH};
		if (packet.nb_layers > 0 && packet.layers[0].l4_off > 0) /* IP */
			ret_verdicts[i].hash = hash_of(plx_mbuf_data(pkts[i]), &packet.layers[0]);
	}
}

/* What your program does with packets goes where the bytes are counted. */
static int
work(void *arg)
{
	struct worker *w = arg;
	const struct plx_cluster_desc *desc;
	uint32_t n;

	while (plx_cluster_wait(w->slave, 100) > 0 || !finished) {
		n = plx_cluster_peek(w->slave, &desc, 32);
		for (uint32_t i = 0; i < n; i++) {
			w->packets += (desc[i].flags & PLX_CLUSTER_MORE) == 0;
			w->bytes += desc[i].len;
		}
		plx_cluster_done(w->slave, n);
	}
	return 0;
}

/* The workers have seen all they were given. */
static bool
drained(void)
{
	struct plx_cluster_place_stats stats;

	for (uint32_t i = 0; i < nb_workers; i++)
		if (plx_cluster_place_stats(cluster, i, &stats) != 0 ||
		    stats.held + stats.backlog != 0)
			return false;
	return true;
}

/* Until it is asked to stop or a capture file is at its end; what is in queues then is still worked on. */
static void
run(void)
{
	bool over = false;
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_ethdev_idle_add(&idle, 0, 0);
	for (unsigned n = 1; !over || n > 0 || !drained(); plx_idle_round(&idle, n)) {
		n = plx_cluster_poll(cluster);
		if (over || (!plx_event_stopped() && (n > 0 || !plx_ethdev_ended(0))))
			continue;
		plx_ethdev_stop(0);
		over = true;
	}
	finished = true;
	plx_lcore_wait_all();
}

static int
report(struct plx_pool *pool, struct plx_why *why)
{
	struct plx_cluster_stats stats;
	struct plx_ethdev_stats sum;
	uint64_t worked = 0;
	int ret = plx_cluster_audit(cluster, why), closed;

	for (uint32_t i = 0; i < nb_workers; i++) {
		plx_cluster_leave(workers[i].slave);
		printf("worker %u: %" PRIu64 " packets, %" PRIu64 " bytes\n", i, workers[i].packets,
		       workers[i].bytes);
		worked += workers[i].packets;
	}
	plx_cluster_stats(cluster, &stats);
	plx_cluster_destroy(cluster);
	closed = plx_ethdev_close_all(pool, stdout, &sum, ret == 0 ? why : NULL);
	ret = ret != 0 ? ret : closed;
	printf("received %" PRIu64 " = to workers %" PRIu64 " + dropped %" PRIu64
	       " + lost, queues full %" PRIu64 "; seen by workers %" PRIu64 "\n",
	       stats.received, stats.delivered, stats.dropped, stats.full, worked);
	if (ret == 0 && (sum.rx_packets != stats.received || worked != stats.delivered ||
			 stats.received != stats.delivered + stats.dropped + stats.full))
		ret = plx_why(why, -EUCLEAN, "our books and those of the port differ");
	printf("%s", ret == 0 ? "every packet is accounted for\n" : "");
	return ret;
}

static int
hash_callback(struct plx_why *why)
{
	static const struct plx_cluster_port port = {.port = 0};
	struct plx_cluster_params params = {.rx_ports = &port,
					    .nb_rx_ports = 1,
					    .places = nb_workers,
					    .queue_len = QUEUE,
					    .overflow = PLX_CLUSTER_PRESSURE,
					    .spread = {.decide = hash_networks}};
	unsigned next = 0;
	int ret = plx_ethdev_open_all(1, 1, nb_workers * 2 * QUEUE, &params.pool, why);

	if (ret != 0)
		return ret;
	ret = plx_cluster_create(&params, &cluster, why);
	for (uint32_t i = 0; i < nb_workers && ret == 0; i++)
		ret = plx_cluster_join(cluster, &(struct plx_cluster_slave_params){.place = i},
				       &workers[i].slave, why);
	if (ret != 0) {
		for (uint32_t i = 0; i < nb_workers; i++)
			plx_cluster_leave(workers[i].slave);
		plx_cluster_destroy(cluster);
		plx_ethdev_close_all(params.pool, NULL, NULL, NULL);
		return ret;
	}
	PLX_LCORE_FOREACH_WORKER(lcore)
		plx_lcore_launch(work, &workers[next++], lcore);
	fprintf(stderr, "%u workers ...\n", nb_workers);
	run();
	return report(params.pool, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why), taken = ret;

	if (ret == -ECANCELED) {
		printf("usage: hash_callback [EAL options]\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		nb_workers = plx_lcore_count() - 1;
		if (argc - taken > 1 || nb_workers < 1 || nb_workers > PLX_CLUSTER_PLACES_MAX)
			ret = plx_why(&why, -EINVAL,
				      "an lcore for the port and some for the work are needed, "
				      "nothing else: -l 0-2, or --lcores '(0-2)@0'");
		else
			ret = hash_callback(&why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "hash_callback: %s\n", why.text);
	return ret < 0;
}
