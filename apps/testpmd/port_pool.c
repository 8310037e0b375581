/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where queues take their buffers from: one pool, made at start for what the options ask for. Ports that
 * come later, or get more queues than that, have a pool of their own once the first one is too small.
 */
#include "port.h"

#include <pollux/plx_zone.h>

#include <errno.h>
#include <stdio.h>

#define EXTRA_MBUFS 1024 /* bursts on their way and a reserve, a lcore's */

static uint32_t
or_default(uint64_t wanted, uint16_t usual)
{
	return wanted != 0 ? (uint32_t)wanted : usual;
}

/* Full rx and tx rings of every queue of a port and what noisy keeps, as the options are now. */
static uint32_t
ring_mbufs(const struct app *app, uint16_t port)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	return (uint32_t)(app->args.rxq * app->args.engines.noisy_queue) +
	       (uint32_t)app->args.rxq * or_default(app->args.rxd, info.rx_desc_default) +
	       (uint32_t)app->args.txq * or_default(app->args.txd, info.tx_desc_default);
}

/* Every cache twice, and bursts on their way. */
static uint32_t
lcore_mbufs(const struct app *app)
{
	return (uint32_t)(2 * app->args.mbcache + EXTRA_MBUFS) * plx_lcore_count();
}

/* The size and stride that every port likes best, 0 if they do not agree. */
static uint32_t
best_buf_size(const uint16_t *ports, unsigned n)
{
	uint32_t best = 0;

	for (unsigned i = 0; i < n; i++) {
		struct plx_ethdev_info info;

		plx_ethdev_info(ports[i], &info);
		if (i > 0 && info.buf_size_best != best)
			return 0;
		best = info.buf_size_best;
	}
	return best;
}

static int
make_pool(const struct app *app, const char *name, uint32_t n, uint32_t best,
	  struct plx_pool **ret_pool, struct plx_why *why)
{
	const struct plx_pool_params params = {
		.name = name,
		.n = n,
		.buf_size = best != 0 ? best : (uint32_t)app->args.mbuf_size,
		.stride = best,
		.cache = (uint16_t)app->args.mbcache,
		.node = PLX_NODE_ANY,
	};

	return plx_pool_create(&params, ret_pool, why);
}

int
pool_make_first(struct app *app, struct plx_why *why)
{
	uint32_t n = (uint32_t)app->args.total_num_mbufs;
	uint32_t best = app->args.mbuf_size == 0 ? best_buf_size(app->ports, app->nb_ports) : 0;

	if (n == 0) {
		n = lcore_mbufs(app);
		for (unsigned i = 0; i < app->nb_ports; i++)
			n += ring_mbufs(app, app->ports[i]);
	}
	return make_pool(app, "testpmd", n, best, &app->pool, why);
}

/* -- further ones -------------------------------------------------------------------------------------- */

static bool
is_used(const struct app *app, const struct plx_pool *pool, uint16_t but_by)
{
	for (unsigned i = 0; i < app->nb_ports; i++) {
		if (app->ports[i] != but_by && app->wishes[app->ports[i]].pool == pool)
			return true;
	}
	return false;
}

/* Is the first pool large enough for this port beside those that take from it? */
static bool
first_suffices(const struct app *app, uint16_t port)
{
	uint32_t needed = lcore_mbufs(app) + ring_mbufs(app, port);

	/* Who fixed the number gets it, and is told by the port if it is too small. */
	if (app->args.total_num_mbufs != 0)
		return true;
	for (unsigned i = 0; i < app->nb_ports; i++) {
		if (app->ports[i] != port && app->wishes[app->ports[i]].pool == app->pool)
			needed += ring_mbufs(app, app->ports[i]);
	}
	return needed <= app->pool->n;
}

static struct plx_pool *
unused_pool(const struct app *app, uint16_t port, uint32_t needed)
{
	for (unsigned i = 0; i < app->nb_more_pools; i++) {
		struct plx_pool *pool = app->more_pools[i];

		if (pool->n >= needed && !is_used(app, pool, port))
			return pool;
	}
	return NULL;
}

int
pool_of_port(struct app *app, uint16_t port, struct plx_pool **ret_pool, struct plx_why *why)
{
	uint32_t needed = lcore_mbufs(app) + ring_mbufs(app, port);
	char name[PLX_POOL_NAME_MAX];
	int ret;

	*ret_pool = first_suffices(app, port) ? app->pool : unused_pool(app, port, needed);
	if (*ret_pool == NULL) {
		if (app->nb_more_pools == PLX_ARRAY_LEN(app->more_pools))
			return plx_why(why, -ENOSPC, "port %u: no room for a further pool", port);
		snprintf(name, sizeof(name), "testpmd_%u", ++app->pools_made);
		ret = make_pool(app, name, needed,
				app->args.mbuf_size == 0 ? best_buf_size(&port, 1) : 0, ret_pool,
				why);
		if (ret != 0)
			return ret;
		app->more_pools[app->nb_more_pools++] = *ret_pool;
	}
	app->wishes[port].pool = *ret_pool;
	pools_sweep(app);
	return 0;
}

void
pools_sweep(struct app *app)
{
	for (unsigned i = app->nb_more_pools; i-- > 0;) {
		if (is_used(app, app->more_pools[i], PLX_ETHDEV_MAX))
			continue;
		if (plx_pool_destroy(app->more_pools[i], NULL) == 0)
			app->more_pools[i] = app->more_pools[--app->nb_more_pools];
	}
}

static void
destroy(struct app *app, struct plx_pool *pool)
{
	struct plx_why why;

	if (plx_pool_destroy(pool, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		app->console.status = 1;
	}
}

void
pools_destroy(struct app *app)
{
	while (app->nb_more_pools > 0)
		destroy(app, app->more_pools[--app->nb_more_pools]);
	destroy(app, app->pool);
	app->pool = NULL;
}
