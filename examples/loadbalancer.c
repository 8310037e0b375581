/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loadbalancer: the main lcore receives on port 0 and gives each packet to a worker by its flow, so that both directions of
 * a conversation meet the same one; what the workers hand back leaves by port 1, each flow in order.
 *	          +-> ring -> worker 1 -> ring -+
 *	port 0 -> hash                          +-> port 1
 *	          +-> ring -> worker 2 -> ring -+
 *	loadbalancer -l 0-2 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2
 */
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_lcore.h>
#include <pollux/plx_net_hash.h>
#include <pollux/plx_ring_spsc.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#define BURST	  32
#define RING_SIZE 4096

/* A ring in memory of its own. It carries the numbers of buffers, half as wide as pointers. */
struct queue {
	struct plx_ring_spsc ring;
	uint32_t slots[RING_SIZE];
};

static struct worker {
	struct queue in, out;
	uint64_t packets, bytes; /* the worker's own */
	uint64_t ring_full;	 /* the main lcore's */
} PLX_CACHE_ALIGNED workers[PLX_LCORE_MAX];
static unsigned nb_workers;
static struct plx_pool *pool;
static uint64_t forwarded, lost; /* lost: no room to send */
static atomic_bool finished;

/* Takes no more than it can hand back. What your program does with packets goes where the bytes are counted. */
static int
work(void *arg)
{
	struct worker *w = arg;
	struct plx_idle idle;
	uint32_t *slots, n;

	plx_idle_init(&idle);
	plx_idle_add_fd(&idle, -1);
	while (!finished) {
		n = plx_ring_spsc_reserve32(&w->out.ring, BURST, &slots);
		n = plx_ring_spsc_dequeue_burst32(&w->in.ring, slots, n);
		for (uint32_t i = 0; i < n; i++)
			w->bytes += plx_pool_mbuf(pool, slots[i])->pkt_len;
		w->packets += n;
		plx_ring_spsc_commit(&w->out.ring, n);
		plx_idle_round(&idle, n);
	}
	return 0;
}

static unsigned
distribute(void)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(0, 0, pkts, BURST);

	for (uint16_t i = 0; i < n; i++) {
		uint32_t hash = plx_net_flow_hash(plx_mbuf_data(pkts[i]), pkts[i]->data_len);
		struct worker *w = &workers[hash % nb_workers];

		if (!plx_ring_spsc_enqueue32(&w->in.ring, plx_pool_index(pool, pkts[i]))) {
			plx_mbuf_free(pkts[i]);
			w->ring_full++;
		}
	}
	return n;
}

static unsigned
collect(struct worker *w)
{
	struct plx_mbuf *pkts[BURST];
	uint32_t index[BURST];
	uint16_t n = (uint16_t)plx_ring_spsc_dequeue_burst32(&w->out.ring, index, BURST);
	uint16_t sent;

	for (uint16_t i = 0; i < n; i++)
		pkts[i] = plx_pool_mbuf(pool, index[i]);
	sent = plx_ethdev_tx_burst(1, 0, pkts, n);
	plx_mbuf_free_bulk(pkts + sent, n - sent);
	forwarded += sent;
	lost += n - sent;
	return n;
}

/* Nothing is in a ring or in a worker's hands: as many came out of the second ring as went into the first. */
static bool
drained(void)
{
	for (unsigned i = 0; i < nb_workers; i++)
		if (plx_ring_spsc_filled(&workers[i].in.ring) !=
		    plx_ring_spsc_taken(&workers[i].out.ring))
			return false;
	return true;
}

static void
run(void)
{
	bool receiving = true;
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_idle_add_fd(&idle, -1);
	while (receiving || !drained()) {
		unsigned n = receiving ? distribute() : 0;

		if (plx_event_stopped() || (n == 0 && plx_ethdev_ended(0)))
			receiving = false;
		for (unsigned i = 0; i < nb_workers; i++)
			n += collect(&workers[i]);
		plx_idle_round(&idle, n);
	}
	finished = true;
	plx_lcore_wait_all();
}

static int
report(struct plx_why *why)
{
	uint64_t worked = 0, ring_full = 0;
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	for (unsigned i = 0; i < nb_workers; i++) {
		printf("worker %u: %" PRIu64 " packets, %" PRIu64 " bytes\n", i, workers[i].packets,
		       workers[i].bytes);
		worked += workers[i].packets;
		ring_full += workers[i].ring_full;
	}
	printf("received %" PRIu64 " = forwarded %" PRIu64 " + lost, ring full %" PRIu64
	       " + lost, no room to send %" PRIu64 "\n",
	       sum.rx_packets, forwarded, ring_full, lost);
	if (ret == 0 && (sum.rx_packets != forwarded + ring_full + lost ||
			 worked != forwarded + lost || sum.tx_packets + sum.tx_errors != forwarded))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
loadbalancer(int argc, char **argv, struct plx_why *why)
{
	int ret;

	nb_workers = plx_lcore_count() - 1;
	if (argc > 1 || nb_workers == 0)
		return plx_why(why, -EINVAL,
			       "an lcore for the ports and some for the work are needed, "
			       "nothing else: -l 0-2, or --lcores '(0-2)@0'");
	ret = plx_ethdev_open_all(2, 1, nb_workers * 2 * RING_SIZE, &pool, why);
	if (ret != 0)
		return ret;
	for (uint32_t i = 0, lcore = PLX_LCORE_NONE; i < nb_workers; i++) {
		plx_ring_spsc_init(&workers[i].in.ring, RING_SIZE, sizeof(uint32_t));
		plx_ring_spsc_init(&workers[i].out.ring, RING_SIZE, sizeof(uint32_t));
		lcore = plx_lcore_next(lcore, true);
		plx_lcore_launch(work, &workers[i], lcore);
	}
	fprintf(stderr, "balancing over %u workers ...\n", nb_workers);
	run();
	return report(why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: loadbalancer [EAL options]\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = loadbalancer(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "loadbalancer: %s\n", why.text);
	return ret < 0;
}
