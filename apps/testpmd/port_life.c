/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's life at the prompt: configured anew when that is needed, started, stopped, closed; come and gone. */
#include "port.h"
#include "port_rules.h"

#include <errno.h>
#include <string.h>

int
port_check_stopped(uint16_t port, const char *what, struct plx_why *why)
{
	struct plx_ethdev_info info = {0};

	if (plx_ethdev_info(port, &info) != 0 || info.state != PLX_ETHDEV_STARTED)
		return 0;
	return plx_why(why, -EBUSY, "port %u (%s) runs; %s needs `port stop %u` before", port,
		       info.name, what, port);
}

/* -- wishes -------------------------------------------------------------------------------------------- */

void
port_wishes_init(struct app *app, uint16_t port)
{
	const struct testpmd_args *args = &app->args;

	app->wishes[port] = (struct port_wishes){
		.rx_offloads = args->ports.rx_offloads,
		.tx_offloads = args->ports.tx_offloads,
		.mtu = (uint16_t)(args->ports.max_pkt_len != 0
					  ? args->ports.max_pkt_len - PORT_FRAME_OVERHEAD
					  : args->mtu),
		.rss_types = args->ports.rss_types,
		.rss_by_option = args->ports.rss,
		.promiscuous = !args->disable_promisc,
	};
}

static int
check_capable(uint16_t port, const struct port_offload *wish, struct plx_why *why)
{
	struct plx_ethdev_info info = {0};
	char name[64];

	plx_ethdev_info(port, &info);
	if (!wish->on ||
	    (wish->bit & (wish->rx ? info.rx_offloads_capable : info.tx_offloads_capable)) != 0)
		return 0;
	plx_ethdev_bits_text(wish->rx ? PLX_ETHDEV_RX_OFFLOADS : PLX_ETHDEV_TX_OFFLOADS, wish->bit,
			     name, sizeof(name));
	return plx_why(why, -ENOTSUP,
		       "port %u (%s) has no %s; `show port %u %s capabilities` lists what it has",
		       port, info.name, name, port, wish->rx ? "rx_offload" : "tx_offload");
}

static void
wish_offload(struct port_wishes *wishes, const struct port_offload *wish)
{
	uint32_t *on = wish->rx ? &wishes->rx_offloads : &wishes->tx_offloads;
	uint32_t *off = wish->rx ? &wishes->rx_offloads_off : &wishes->tx_offloads_off;

	*on = wish->on ? *on | wish->bit : *on & ~wish->bit;
	*off = wish->on ? *off & ~wish->bit : *off | wish->bit;
	wishes->changed = true;
}

int
port_wish_offload(struct app *app, uint16_t port, const void *offload, struct plx_why *why)
{
	int ret = port_check_stopped(port, "another set of offloads", why);

	if (ret == 0)
		ret = check_capable(port, offload, why);
	if (ret == 0)
		wish_offload(&app->wishes[port], offload);
	return ret;
}

int
port_change_offload(struct app *app, uint16_t port, const void *offload, struct plx_why *why)
{
	struct plx_ethdev_info info = {0};
	int ret = check_capable(port, offload, why);

	if (ret != 0)
		return ret;
	plx_ethdev_info(port, &info);
	wish_offload(&app->wishes[port], offload);
	if (info.state != PLX_ETHDEV_STARTED)
		return 0;
	ret = port_stop(app, port, why);
	return ret == 0 ? port_start(app, port, why) : ret;
}

/* Frames that may be longer than a buffer, or are made in pieces, go in chains, where the port can. */
static void
ask_for_chains(const struct app *app, const struct plx_ethdev_info *info, uint16_t port,
	       struct plx_ethdev_conf *conf)
{
	uint16_t mtu = conf->mtu;

	if (mtu == 0)
		plx_ethdev_mtu(port, &mtu);
	if (mtu <= 1500 && app->args.txpkts.n <= 1 &&
	    (app->args.mbuf_size == 0 || app->args.mbuf_size >= 2048))
		return;
	conf->rx_offloads |= info->rx_offloads_capable & PLX_ETH_RX_OFFLOAD_SCATTER;
	conf->tx_offloads |= info->tx_offloads_capable & PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
}

static bool
is_deferred(uint64_t queues, uint16_t queue)
{
	return (queues >> queue & 1) != 0;
}

static int
defer_queues(const struct app *app, uint16_t port, struct plx_why *why)
{
	const struct port_wishes *wishes = &app->wishes[port];
	int ret = 0;

	for (uint16_t q = 0; q < app->args.rxq && ret == 0; q++)
		if (is_deferred(wishes->rx_deferred, q))
			ret = plx_ethdev_rx_queue_defer(port, q, true, why);
	for (uint16_t q = 0; q < app->args.txq && ret == 0; q++)
		if (is_deferred(wishes->tx_deferred, q))
			ret = plx_ethdev_tx_queue_defer(port, q, true, why);
	return ret;
}

int
port_defer_queue(struct app *app, uint16_t port, bool rx, uint16_t queue, bool on,
		 struct plx_why *why)
{
	struct port_wishes *wishes = &app->wishes[port];
	uint64_t *queues = rx ? &wishes->rx_deferred : &wishes->tx_deferred;
	struct plx_ethdev_info info = {0};
	int ret = port_check_stopped(port, "deferring a queue", why);

	plx_ethdev_info(port, &info);
	if (ret == 0 && info.state == PLX_ETHDEV_CLOSED)
		ret = port_configure(app, port, why);
	if (ret == 0)
		ret = rx ? plx_ethdev_rx_queue_defer(port, queue, on, why)
			 : plx_ethdev_tx_queue_defer(port, queue, on, why);
	if (ret == 0)
		*queues = (*queues & ~(1ULL << queue)) | (uint64_t)on << queue;
	return ret;
}

static int
set_up_queues(struct app *app, uint16_t port, struct plx_why *why)
{
	struct plx_pool *pool;
	int ret = pool_of_port(app, port, &pool, why);

	for (uint16_t q = 0; q < app->args.rxq && ret == 0; q++)
		ret = plx_ethdev_rx_queue_setup(port, q, (uint16_t)app->args.rxd, pool, why);
	for (uint16_t q = 0; q < port_rules_txq(app, port) && ret == 0; q++)
		ret = plx_ethdev_tx_queue_setup(port, q, (uint16_t)app->args.txd, why);
	return ret == 0 ? defer_queues(app, port, why) : ret;
}

/* What a device forgets when it is configured. */
struct rss_kept {
	uint8_t key[PLX_ETHDEV_RSS_KEY_MAX];
	uint16_t table[PLX_ETHDEV_RETA_MAX];
	uint32_t types;
};

static void
keep_rss(uint16_t port, const struct plx_ethdev_info *info, struct rss_kept *ret_kept)
{
	if (info->reta_size == 0)
		return;
	plx_ethdev_rss_key(port, ret_kept->key, &ret_kept->types);
	plx_ethdev_reta(port, ret_kept->table, info->reta_size);
}

static void
give_rss_back(struct port_wishes *wishes, uint16_t port, const struct plx_ethdev_info *info,
	      const struct rss_kept *kept, uint16_t rxq)
{
	if (info->reta_size == 0)
		return;
	if (wishes->rss_by_option)
		wishes->rss = plx_ethdev_set_rss_key(port, NULL, 0,
						     wishes->rss_types & info->rss_types) == 0;
	else if (wishes->rss)
		plx_ethdev_set_rss_key(port, kept->key, info->rss_key_size, kept->types);
	wishes->rss_by_option = false;
	/* A table made for another number of queues is worth nothing. */
	if (wishes->reta_queues == rxq)
		plx_ethdev_set_reta(port, kept->table, info->reta_size);
	else
		wishes->reta_queues = 0;
}

static void
give_pool_back(struct app *app, uint16_t port)
{
	app->wishes[port].pool = NULL;
	pools_sweep(app);
}

int
port_configure(struct app *app, uint16_t port, struct plx_why *why)
{
	const uint16_t rxq = (uint16_t)app->args.rxq, txq = port_rules_txq(app, port);
	struct port_wishes *wishes = &app->wishes[port];
	struct plx_ethdev_conf conf = {.mtu = wishes->mtu,
				       .rx_offloads = wishes->rx_offloads,
				       .tx_offloads = wishes->tx_offloads};
	struct plx_ethdev_info info;
	struct rss_kept rss = {.types = 0};
	int ret = plx_ethdev_info(port, &info);

	if (ret != 0)
		return plx_why(why, ret, "there is no port %u", port);
	ask_for_chains(app, &info, port, &conf);
	conf.rx_offloads &= ~wishes->rx_offloads_off;
	conf.tx_offloads &= ~wishes->tx_offloads_off;
	keep_rss(port, &info, &rss);
	ret = plx_ethdev_configure(port, rxq, txq, &conf, why);
	if (ret == 0)
		ret = set_up_queues(app, port, why);
	if (ret != 0) {
		plx_ethdev_close(port);
		give_pool_back(app, port);
		return ret;
	}
	give_rss_back(wishes, port, &info, &rss, rxq);
	wishes->mtu = 0; /* the device has it from now on */
	wishes->changed = false;
	return 0;
}

/* -- life ---------------------------------------------------------------------------------------------- */

int
port_start(struct app *app, uint16_t port, struct plx_why *why)
{
	struct port_wishes *wishes = &app->wishes[port];
	struct plx_ethdev_info info = {0};
	int ret = 0;

	plx_ethdev_info(port, &info);
	if (info.state == PLX_ETHDEV_CLOSED ||
	    (wishes->changed && info.state != PLX_ETHDEV_STARTED))
		ret = port_configure(app, port, why);
	if (ret == 0)
		ret = plx_ethdev_start(port, why);
	if (ret == 0)
		ret = port_rules_start(app, port, why);
	/* Once: what is set later is the user's. A port that cannot is no reason to stop. */
	if (ret == 0 && wishes->promiscuous) {
		plx_ethdev_set_promiscuous(port, true);
		wishes->promiscuous = false;
	}
	return ret;
}

int
port_stop(struct app *app, uint16_t port, struct plx_why *why)
{
	int ret;

	port_rules_stop(app, port);
	ret = plx_ethdev_stop(port);
	return ret == 0 ? 0 : port_refused(port, "stopping it", ret, why);
}

int
port_close(struct app *app, uint16_t port, struct plx_why *why)
{
	int ret = port_check_stopped(port, "closing it", why);

	if (ret != 0)
		return ret;
	plx_ethdev_close(port);
	give_pool_back(app, port);
	return 0;
}

int
port_reset(struct app *app, uint16_t port, struct plx_why *why)
{
	int ret = port_check_stopped(port, "a reset", why);

	if (ret != 0)
		return ret;
	ret = plx_ethdev_reset(port, why);
	give_pool_back(app, port);
	return ret;
}

/* -- coming and going ----------------------------------------------------------------------------------- */

int
port_attach(struct app *app, const char *devargs, uint16_t *ret_port, struct plx_why *why)
{
	int ret = plx_ethdev_attach(devargs, ret_port, why);

	if (ret != 0)
		return ret;
	port_wishes_init(app, *ret_port);
	app->ports[app->nb_ports++] = *ret_port;
	return 0;
}

static void
forget(struct app *app, uint16_t port)
{
	unsigned i = 0;

	while (i < app->nb_ports && app->ports[i] != port)
		i++;
	if (i == app->nb_ports)
		return;
	app->nb_ports--;
	memmove(&app->ports[i], &app->ports[i + 1], (app->nb_ports - i) * sizeof(app->ports[0]));
	app->wishes[port] = (struct port_wishes){0};
}

int
port_detach(struct app *app, uint16_t port, struct plx_why *why)
{
	int ret = port_check_stopped(port, "detaching it", why);

	if (ret != 0)
		return ret;
	port_rules_clear(app, port);
	ret = plx_ethdev_detach(port, why);
	if (ret != 0)
		return ret;
	app->rules_given[port] = false;
	/* They name ports that may be gone. */
	streams_free(app);
	app->nb_fwd_ports = 0;
	app->notes.n = 0;
	forget(app, port);
	pools_sweep(app);
	return 0;
}
