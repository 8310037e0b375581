/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bounce: a wire between two ports, made of a bouncer and a decision: frames of one ethertype do not cross. They leave by the
 * third port if there is one, else they are dropped. Without an ethertype everything crosses, and nobody is asked.
 *
 *	bounce -l 0 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2 --vdev net_tap0 -- 0x86dd
 */
#include <pollux/plx_bouncer.h>
#include <pollux/plx_byteorder.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
	uint16_t ethertype;
	uint8_t verdict; /* on frames that have it */
} rule;

/* Runs once a burst, whose verdicts say "pass" already. */
static void
decide(void *arg, enum plx_bouncer_way way, struct plx_mbuf *const *pkts, uint16_t n,
       uint8_t *ret_verdicts)
{
	for (uint16_t i = 0; i < n; i++) {
		uint8_t buf[2];
		const void *type = plx_mbuf_read(pkts[i], 12, sizeof(buf), buf);

		if (type != NULL && plx_load_be16(type) == rule.ethertype)
			ret_verdicts[i] = rule.verdict;
	}
}

/* On the EAL's control thread, while the main one runs the bouncer. */
static void
stop(void *bouncer, int signo)
{
	plx_bouncer_break(bouncer);
}

/* Closes the ports, and holds their books against the bouncer's. */
static int
report(const struct plx_bouncer *bouncer, struct plx_pool *pool, struct plx_why *why)
{
	struct plx_bouncer_stats way, all = {0};
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	for (unsigned i = 0; i < PLX_BOUNCER_WAYS; i++) {
		plx_bouncer_stats(bouncer, (enum plx_bouncer_way)i, &way);
		printf("way %u: received %" PRIu64 " = passed %" PRIu64 " + elsewhere %" PRIu64
		       " + dropped %" PRIu64 " + refused, no room to send %" PRIu64 "\n",
		       i, way.received, way.passed, way.elsewhere, way.dropped, way.refused);
		all.received += way.received;
		all.passed += way.passed + way.elsewhere;
		all.dropped += way.dropped + way.refused;
	}
	/* What came in by the third port nobody received. */
	if (ret == 0 &&
	    (sum.rx_packets != all.received || all.received != all.passed + all.dropped ||
	     sum.tx_packets + sum.tx_errors != all.passed))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
run(bool asks, struct plx_pool *pool, struct plx_why *why)
{
	const struct plx_bouncer_port third = {.port = 2};
	const struct plx_bouncer_params params = {
		.a = {.port = 0},
		.b = {.port = 1},
		.decide = asks ? decide : NULL,
		.others = &third,
		.nb_others = plx_ethdev_count() > 2,
	};
	plx_event_id events[2] = {0};
	struct plx_bouncer *bouncer;
	int ret = plx_bouncer_create(&params, &bouncer, why);

	if (ret != 0) {
		plx_ethdev_close_all(pool, NULL, NULL, NULL);
		return ret;
	}
	rule.verdict = params.nb_others > 0 ? PLX_BOUNCER_TO(0) : PLX_BOUNCER_DROP;
	plx_event_signal_add(SIGINT, stop, bouncer, &events[0]);
	plx_event_signal_add(SIGTERM, stop, bouncer, &events[1]);
	fprintf(stderr, "bouncing between two ports ...\n");
	plx_bouncer_run(bouncer);
	plx_event_remove(events[0]);
	plx_event_remove(events[1]);
	ret = report(bouncer, pool, why);
	plx_bouncer_destroy(bouncer);
	return ret;
}

static int
bounce(int argc, char **argv, struct plx_why *why)
{
	struct plx_pool *pool;
	char *end = NULL;
	unsigned long type = 0;
	int ret;

	if (argc > 2)
		return plx_why(why, -EINVAL, "what is \"%s\"? There is one ethertype", argv[2]);
	if (argc > 1)
		type = strtoul(argv[1], &end, 0);
	if (argc > 1 && (*end != '\0' || type < 0x600 || type > 0xffff))
		return plx_why(why, -EINVAL, "\"%s\" is no ethertype; 0x0600 to 0xffff are",
			       argv[1]);
	rule.ethertype = (uint16_t)type;
	if (plx_ethdev_count() > 3)
		return plx_why(why, -EINVAL, "two ports are needed, or three; there are %u",
			       plx_ethdev_count());
	ret = plx_ethdev_open_all(plx_ethdev_count() == 3 ? 3 : 2, 1, 0, &pool, why);
	return ret == 0 ? run(argc > 1, pool, why) : ret;
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: bounce [EAL options] [-- ETHERTYPE]\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		ret = bounce(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "bounce: %s\n", why.text);
	return ret < 0;
}
