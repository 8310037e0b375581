/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * l2fwd: ports in pairs, 0 with 1, 2 with 3, served by as many lcores as there are. Each frame leaves with the address of
 * the port it leaves by and goes to 02:00:00:00:00:PORT, as in DPDK's example of the same name; counters every period.
 *
 *	l2fwd -l 0-1 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2 -- -T 10
 */
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_lcore.h>
#include <pollux/plx_net_wire.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BURST 32

/* One writer each, the lcore that serves the port; the control thread reads `lost` meanwhile. */
static struct port {
	uint16_t peer;
	uint8_t mac[PLX_NET_MAC_LEN];
	uint64_t received, forwarded;
	_Atomic uint64_t lost; /* received here, and the peer had no room */
} PLX_CACHE_ALIGNED ports[PLX_ETHDEV_MAX];
static bool keep_macs;

static void
rewrite(struct plx_mbuf *m, uint16_t port)
{
	struct plx_net_ether *ether = (void *)plx_mbuf_data(m);
	const uint8_t to[PLX_NET_MAC_LEN] = {2, 0, 0, 0, 0, (uint8_t)port};

	if (keep_macs || m->data_len < sizeof(*ether))
		return;
	memcpy(ether->dst, to, sizeof(to));
	memcpy(ether->src, ports[port].mac, sizeof(ether->src));
}

static unsigned
pass_on(uint16_t from)
{
	struct port *port = &ports[from];
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(from, 0, pkts, BURST);
	uint16_t sent;

	for (uint16_t i = 0; i < n; i++)
		rewrite(pkts[i], port->peer);
	sent = plx_ethdev_tx_burst(port->peer, 0, pkts, n);
	plx_mbuf_free_bulk(pkts + sent, n - sent);
	port->received += n;
	port->forwarded += sent;
	if (sent < n)
		atomic_fetch_add_explicit(&port->lost, n - sent, memory_order_relaxed);
	return n;
}

/* The i-th of n lcores serves every n-th port: a queue has one thread, on either side. */
static int
serve(void *arg)
{
	const unsigned n = plx_lcore_count();
	struct plx_idle idle;
	unsigned mine = 0;

	PLX_LCORE_FOREACH(lcore)
		mine += lcore < plx_lcore_id();
	plx_idle_init(&idle);
	for (uint16_t p = (uint16_t)mine; p < plx_ethdev_count(); p = (uint16_t)(p + n))
		plx_ethdev_idle_add(&idle, p, 0);
	while (!plx_event_stopped()) {
		unsigned done = 0;

		for (uint16_t p = (uint16_t)mine; p < plx_ethdev_count(); p = (uint16_t)(p + n))
			done += pass_on(p);
		plx_idle_round(&idle, done);
	}
	return 0;
}

/* On the control thread, so that no lcore has to look at the time. */
static void
show(void *arg)
{
	printf("port   received       sent       lost\n");
	PLX_ETHDEV_FOREACH(p) {
		struct plx_ethdev_stats stats = {0};

		plx_ethdev_stats(p, &stats);
		printf("%4u %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", p, stats.rx_packets,
		       stats.tx_packets,
		       stats.rx_missed + stats.rx_no_mbuf + stats.rx_errors + stats.tx_errors +
			       atomic_load_explicit(&ports[p].lost, memory_order_relaxed));
	}
	fflush(stdout);
}

static int
report(struct plx_pool *pool, struct plx_why *why)
{
	uint64_t received = 0, forwarded = 0, lost = 0;
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	for (unsigned p = 0; p < PLX_ETHDEV_MAX; p++) {
		received += ports[p].received;
		forwarded += ports[p].forwarded;
		lost += ports[p].lost;
	}
	printf("received %" PRIu64 " = forwarded %" PRIu64 " + lost, no room to send %" PRIu64 "\n",
	       received, forwarded, lost);
	if (ret == 0 && (received != forwarded + lost || sum.rx_packets != received ||
			 sum.tx_packets + sum.tx_errors != forwarded))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
parse(int argc, char **argv, unsigned *period, struct plx_why *why)
{
	int opt;

	opterr = 0;
	while ((opt = getopt(argc, argv, "T:k")) != -1) {
		if (opt == 'T')
			*period = (unsigned)strtoul(optarg, NULL, 10);
		else if (opt == 'k')
			keep_macs = true;
		else
			break;
	}
	if (opt != -1 || optind != argc || *period > 86400)
		return plx_why(why, -EINVAL,
			       "the options are: -T SECONDS (0 to 86400) between two "
			       "tables of counters, -k to keep MAC addresses");
	return 0;
}

static int
l2fwd(int argc, char **argv, struct plx_why *why)
{
	plx_event_id alarm = 0;
	unsigned period = 10;
	struct plx_pool *pool;
	int ret = parse(argc, argv, &period, why);

	if (ret == 0)
		ret = plx_ethdev_open_all(plx_ethdev_count() < 2 ? 2
								 : (plx_ethdev_count() + 1) / 2 * 2,
					  1, 0, &pool, why);
	if (ret != 0)
		return ret;
	PLX_ETHDEV_FOREACH(p) {
		ports[p].peer = p ^ 1;
		plx_ethdev_mac(p, ports[p].mac);
	}
	if (period != 0)
		plx_event_alarm_add(period * 1000000ULL, period * 1000000ULL, show, NULL, &alarm);
	fprintf(stderr, "forwarding between %u ports ...\n", plx_ethdev_count());
	plx_lcore_launch_all(serve, NULL, true);
	plx_lcore_wait_all();
	plx_event_remove(alarm);
	return report(pool, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: l2fwd [EAL options] -- [-T SECONDS] [-k]\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = l2fwd(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "l2fwd: %s\n", why.text);
	return ret < 0;
}
