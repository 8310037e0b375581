/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports made ready: the pool they share, their queues, and start; and the way back. */
#include "testpmd.h"

#include <pollux/plx_zone.h>

#include <errno.h>
#include <stdio.h>

#define EXTRA_MBUFS 1024 /* bursts on their way and a reserve, a lcore's */

static uint16_t
or_default(uint64_t wanted, uint16_t usual)
{
	return wanted != 0 ? (uint16_t)wanted : usual;
}

/* Enough for full rx and tx rings of every queue, every cache twice, and bursts on their way. */
static uint32_t
mbufs_needed(const struct testpmd *app)
{
	uint32_t n = (uint32_t)(2 * app->args.mbcache + EXTRA_MBUFS) * plx_lcore_count();

	for (unsigned i = 0; i < app->nb_ports; i++) {
		struct plx_ethdev_info info;

		plx_ethdev_info(app->ports[i], &info);
		n += (uint32_t)app->args.rxq * or_default(app->args.rxd, info.rx_desc_default);
		n += (uint32_t)app->args.txq * or_default(app->args.txd, info.tx_desc_default);
	}
	return n;
}

/* The size and stride that every port likes best, 0 if they do not agree. */
static uint32_t
best_buf_size(const struct testpmd *app)
{
	uint32_t best = 0;

	for (unsigned i = 0; i < app->nb_ports; i++) {
		struct plx_ethdev_info info;

		plx_ethdev_info(app->ports[i], &info);
		if (i > 0 && info.buf_size_best != best)
			return 0;
		best = info.buf_size_best;
	}
	return best;
}

static int
make_pool(struct testpmd *app, struct plx_why *why)
{
	const uint32_t best = app->args.mbuf_size == 0 ? best_buf_size(app) : 0;
	const struct plx_pool_params params = {
		.name = "testpmd",
		.n = app->args.total_num_mbufs != 0 ? (uint32_t)app->args.total_num_mbufs
						    : mbufs_needed(app),
		.buf_size = best != 0 ? best : (uint32_t)app->args.mbuf_size,
		.stride = best,
		.cache = (uint16_t)app->args.mbcache,
		.node = PLX_NODE_ANY,
	};

	return plx_pool_create(&params, &app->pool, why);
}

/* Frames that may be longer than a buffer, or are made in pieces, go in chains, where the port can. */
static void
ask_for_chains(const struct testpmd *app, uint16_t port, struct plx_ethdev_conf *conf)
{
	struct plx_ethdev_info info;
	uint16_t mtu = conf->mtu;

	if (mtu == 0)
		plx_ethdev_mtu(port, &mtu);
	if (mtu <= 1500 && app->args.txpkts.n <= 1 &&
	    (app->args.mbuf_size == 0 || app->args.mbuf_size >= 2048))
		return;
	plx_ethdev_info(port, &info);
	conf->rx_offloads = info.rx_offloads_capable & PLX_ETH_RX_OFFLOAD_SCATTER;
	conf->tx_offloads = info.tx_offloads_capable & PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
}

static int
make_ready(struct testpmd *app, uint16_t port, struct plx_why *why)
{
	const uint16_t rxq = (uint16_t)app->args.rxq, txq = (uint16_t)app->args.txq;
	struct plx_ethdev_conf conf = {.mtu = (uint16_t)app->args.mtu};
	int ret;

	ask_for_chains(app, port, &conf);
	ret = plx_ethdev_configure(port, rxq, txq, &conf, why);
	for (uint16_t q = 0; q < rxq && ret == 0; q++)
		ret = plx_ethdev_rx_queue_setup(port, q, (uint16_t)app->args.rxd, app->pool, why);
	for (uint16_t q = 0; q < txq && ret == 0; q++)
		ret = plx_ethdev_tx_queue_setup(port, q, (uint16_t)app->args.txd, why);
	if (ret == 0)
		ret = plx_ethdev_start(port, why);
	if (ret == 0 && !app->args.disable_promisc)
		plx_ethdev_set_promiscuous(port,
					   true); /* a port that cannot is no reason to stop */
	return ret;
}

int
ports_make_ready(struct testpmd *app, struct plx_why *why)
{
	int ret;

	PLX_ETHDEV_FOREACH(port)
		app->ports[app->nb_ports++] = port;
	if (app->nb_ports == 0)
		return plx_why(
			why, -ENODEV,
			"there is no port. Name at least one before \"--\", for example\n"
			"  --vdev net_af_xdp0,iface=eth1   a kernel interface by AF_XDP\n"
			"  --vdev net_null0                packets from nowhere, to try it out");
	ret = make_pool(app, why);
	for (unsigned i = 0; i < app->nb_ports && ret == 0; i++)
		ret = make_ready(app, app->ports[i], why);
	return ret;
}

void
ports_close(struct testpmd *app)
{
	struct plx_why why;

	for (unsigned i = 0; i < app->nb_ports; i++)
		plx_ethdev_close(app->ports[i]);
	if (plx_pool_destroy(app->pool, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		app->status = 1;
	}
	app->pool = NULL;
}
