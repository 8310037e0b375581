/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter: a wire between two ports that lets only some packets through, by a rule in tcpdump's language. What the
 * rule matches is dropped.
 *
 *	filter -l 0 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2 -- 'udp port 53 or icmp'
 */
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_filter.h>
#include <pollux/plx_idle.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define BURST 32

static struct plx_filter *rule;

/* Where every packet went. */
static struct {
	uint64_t forwarded;
	uint64_t dropped; /* by the rule */
	uint64_t lost;	  /* the other port had no room */
} tally;

/* What passes moves to the front of the burst; the rest goes home. */
static uint16_t
sift(struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t passed = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct plx_mbuf *m = pkts[i];

		if (plx_filter_match(rule, plx_mbuf_data(m), m->data_len, plx_mbuf_wire_len(m)) ==
		    0)
			pkts[passed++] = pkts[i];
		else
			plx_mbuf_free(pkts[i]);
	}
	return passed;
}

static unsigned
pass_on(uint16_t from, uint16_t to)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(from, 0, pkts, BURST);
	uint16_t passed = sift(pkts, n);
	uint16_t sent = plx_ethdev_tx_burst(to, 0, pkts, passed);

	plx_mbuf_free_bulk(pkts + sent, passed - sent);
	tally.forwarded += sent;
	tally.dropped += n - passed;
	tally.lost += passed - sent;
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

static int
report(struct plx_pool *pool, struct plx_why *why)
{
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	printf("received %" PRIu64 " = forwarded %" PRIu64 " + dropped by the rule %" PRIu64
	       " + lost, no room to send %" PRIu64 "\n",
	       sum.rx_packets, tally.forwarded, tally.dropped, tally.lost);
	if (ret == 0 && (sum.rx_packets != tally.forwarded + tally.dropped + tally.lost ||
			 sum.tx_packets + sum.tx_errors != tally.forwarded))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
filter(int argc, char **argv, struct plx_why *why)
{
	struct plx_pool *pool;
	int ret;

	if (argc != 2)
		return plx_why(why, -EINVAL,
			       "a rule is needed, in one word: -- 'udp port 53 or icmp'");
	ret = plx_filter_compile(argv[1], PLX_FILTER_SNAPLEN, &rule, why);
	if (ret != 0)
		return ret;
	ret = plx_ethdev_open_all(2, 1, 0, &pool, why);
	if (ret == 0) {
		fprintf(stderr, "forwarding all but \"%s\" ...\n", argv[1]);
		run();
		ret = report(pool, why);
	}
	plx_filter_destroy(rule);
	return ret;
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: filter [EAL options] -- RULE\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = filter(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "filter: %s\n", why.text);
	return ret < 0;
}
