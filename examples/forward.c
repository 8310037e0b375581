/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forward: a wire between two ports. What one receives the other sends, unchanged, on one lcore.
 *
 *	forward -l 0 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2
 */
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define BURST 32

/* Where every packet went. */
static struct {
	uint64_t forwarded;
	uint64_t lost; /* the other port had no room */
} tally;

/* What tx_burst does not take stays ours: to be freed and counted. */
static unsigned
pass_on(uint16_t from, uint16_t to)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(from, 0, pkts, BURST);
	uint16_t sent = plx_ethdev_tx_burst(to, 0, pkts, n);

	plx_mbuf_free_bulk(pkts + sent, n - sent);
	tally.forwarded += sent;
	tally.lost += n - sent;
	return n;
}

static void
run(void)
{
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_ethdev_idle_add(&idle, 0, 0);
	plx_ethdev_idle_add(&idle, 1, 0);
	while (!plx_event_stopped())
		plx_idle_round(&idle, pass_on(0, 1) + pass_on(1, 0));
}

/* Closes the ports, and holds their books against ours. */
static int
report(struct plx_pool *pool, struct plx_why *why)
{
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	printf("received %" PRIu64 " = forwarded %" PRIu64 " + lost, no room to send %" PRIu64 "\n",
	       sum.rx_packets, tally.forwarded, tally.lost);
	if (ret == 0 && (sum.rx_packets != tally.forwarded + tally.lost ||
			 sum.tx_packets + sum.tx_errors != tally.forwarded))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
forward(int argc, char **argv, struct plx_why *why)
{
	struct plx_pool *pool;
	int ret;

	if (argc > 1)
		return plx_why(why, -EINVAL, "what is \"%s\"? There are EAL options only", argv[1]);
	ret = plx_ethdev_open_all(2, 1, 0, &pool, why);
	if (ret != 0)
		return ret;
	fprintf(stderr, "forwarding between two ports ...\n");
	run();
	return report(pool, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: forward [EAL options]\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = forward(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "forward: %s\n", why.text);
	return ret < 0;
}
