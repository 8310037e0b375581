/* SPDX-License-Identifier: BSD-3-Clause */
#include "master.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_lcore.h>

/* -- lcores -------------------------------------------------------------------------------------------- */

static int
choose_lcore(uint64_t wanted, const char *option, uint32_t other, uint32_t *ret_lcore,
	     struct plx_why *why)
{
	uint32_t lcore = (uint32_t)wanted;

	if (wanted == SETTINGS_LCORE_NONE) {
		lcore = plx_lcore_next(PLX_LCORE_NONE, true);
		if (lcore == other && lcore != PLX_LCORE_NONE)
			lcore = plx_lcore_next(lcore, true);
	}
	if (lcore == PLX_LCORE_NONE)
		return plx_why(
			why, -EINVAL,
			"a second lcore is needed, as the main one keeps the books: -l 0-1, or "
			"--lcores '(0,1)@0' for two on one CPU");
	if (!plx_lcore_enabled(lcore))
		return plx_why(why, -EINVAL,
			       "--%s: there is no lcore %u; name it with -l, in front of '--'",
			       option, lcore);
	if (lcore == plx_lcore_main())
		return plx_why(why, -EINVAL,
			       "--%s: lcore %u is the main one, which keeps the books", option,
			       lcore);
	*ret_lcore = lcore;
	return 0;
}

static int
choose_lcores(struct master *master, struct plx_why *why)
{
	const struct settings *settings = &master->settings;
	int ret = 0;

	master->tx_lcore = PLX_LCORE_NONE;
	if (settings->tx_lcore != SETTINGS_LCORE_NONE)
		ret = choose_lcore(settings->tx_lcore, "tx-lcore", PLX_LCORE_NONE,
				   &master->tx_lcore, why);
	return ret != 0 ? ret
			: choose_lcore(settings->rx_lcore, "rx-lcore", master->tx_lcore,
				       &master->rx_lcore, why);
}

static void
set_patience(int patience)
{
	if (patience == PATIENCE_PASSIVE)
		plx_idle_set_policy(PLX_IDLE_SLEEP);
	if (patience == PATIENCE_ACTIVE)
		plx_idle_set_policy(plx_lcore_oversubscribed() ? PLX_IDLE_YIELD : PLX_IDLE_POLL);
}

static int
run_receive(void *arg)
{
	plx_cluster_run(arg);
	return 0;
}

static int
run_send(void *arg)
{
	plx_cluster_run_send(arg);
	return 0;
}

/* -- forwarding by port -------------------------------------------------------------------------------- */

/* With --forward it depends on the port where a packet leaves. Egress ports are in the order of port numbers. */
static void
decide(void *arg, struct plx_mbuf *const *pkts, uint16_t n,
       struct plx_cluster_verdict *ret_verdicts)
{
	struct master_way *way = arg;
	const bool fanout = way->mode == MODE_FANOUT;
	uint32_t hash[PLX_CLUSTER_BURST] = {0};

	if (!fanout)
		plx_cluster_key_burst((enum plx_cluster_key)way->mode, pkts, n, hash, &way->round);
	for (uint16_t i = 0; i < n; i++)
		ret_verdicts[i] = (struct plx_cluster_verdict){
			.slaves = fanout ? way->all : 0,
			.ports = pkts[i]->port < PLX_CLUSTER_PORTS_MAX
					 ? way->forward_to[pkts[i]->port]
					 : 0,
			.hash = hash[i],
			.action = fanout ? PLX_CLUSTER_PASS : PLX_CLUSTER_HASH,
		};
}

static struct plx_cluster_spread
make_spread(struct master *master)
{
	const struct settings *settings = &master->settings;
	struct plx_cluster_spread spread = {.rules = master->rules.set};

	if (settings->mode == MODE_FANOUT) {
		spread.mode = PLX_CLUSTER_FANOUT;
	} else {
		spread.key = (enum plx_cluster_key)settings->mode;
		spread.mode = settings->nb_groups > 1 ? PLX_CLUSTER_GROUPS : PLX_CLUSTER_SHARE;
		spread.nb_groups = settings->nb_groups;
	}
	if (settings->forwards) {
		struct master_way *way = &master->ways[master->way ^ 1];

		*way = (struct master_way){.mode = settings->mode,
					   .all = UINT64_MAX >> (64 - settings->places)};
		memcpy(way->forward_to, settings->forward_to, sizeof(way->forward_to));
		spread.decide = decide;
		spread.arg = way;
	}
	return spread;
}

/* The ports are there by now. */
static int
check_forward(const struct settings *settings, uint32_t nb_ports, struct plx_why *why)
{
	if (nb_ports > 0 && settings->forwards && settings->port_named >= nb_ports)
		return plx_why(why, -EINVAL, "--forward: there is no port %u, but 0 to %u",
			       settings->port_named, nb_ports - 1);
	return 0;
}

/* What was asked for when it began: who may send is decided then. */
static bool
has_egress(const struct settings *settings)
{
	return settings->sends || settings->writable || settings->rules != NULL;
}

static int
apply(struct master *master, struct plx_why *why)
{
	const struct settings *settings = &master->settings;
	struct plx_cluster_spread spread;
	int ret = check_forward(settings, master->nb_ports, why);

	if (ret == 0 && settings->forwards && !has_egress(settings))
		ret = plx_why(
			why, -EINVAL,
			"this cluster has no ports to send by: --forward, when it begins, gives it "
			"some, be it --forward none");
	if (ret < 0)
		return ret;
	spread = make_spread(master);
	ret = plx_cluster_set_groups(
		master->cluster, &spread,
		spread.mode == PLX_CLUSTER_GROUPS ? settings->group_places : NULL, why);
	if (ret == 0)
		master->way ^= 1;
	return ret;
}

int
master_change(struct master *master, master_set_fn set, const char *word, struct plx_why *why)
{
	const struct settings former = master->settings;
	int ret = set(&master->settings, word, why);

	if (ret == 0)
		ret = apply(master, why);
	if (ret < 0)
		master->settings = former;
	return ret;
}

/* -- from ports to a cluster ------------------------------------------------------------------------- */

/* Buffers that queues, backlogs and slaves may have at once. */
static uint32_t
buffers_held(const struct settings *settings)
{
	uint64_t each = settings->queue_len + 2 * settings->extra;

	if (settings->overflow == PLX_CLUSTER_DROP_OLDEST ||
	    settings->overflow == PLX_CLUSTER_PRESSURE)
		each += settings->queue_len;
	return (uint32_t)(settings->places * each + settings->reserve);
}

static int
open_ports(struct master *master, struct plx_why *why)
{
	const struct settings *settings = &master->settings;
	const uint32_t n = plx_ethdev_count();
	int ret;

	if (n > PLX_CLUSTER_PORTS_MAX)
		return plx_why(why, -EINVAL, "there are %u ports, a cluster can have %d", n,
			       PLX_CLUSTER_PORTS_MAX);
	ret = check_forward(settings, n, why);
	if (ret == 0)
		ret = plx_ethdev_open_all(0, 1, buffers_held(settings), &master->pool, why);
	if (ret != 0)
		return ret;
	PLX_ETHDEV_FOREACH(port)
		master->ports[master->nb_ports++].port = port;
	return 0;
}

static int
make_cluster(struct master *master, struct plx_why *why)
{
	const struct settings *settings = &master->settings;
	const struct plx_cluster_params params = {
		.id = (uint32_t)settings->id,
		.pool = master->pool,
		.rx_ports = master->ports,
		.nb_rx_ports = master->nb_ports,
		.tx_ports = master->ports,
		.nb_tx_ports = has_egress(settings) ? master->nb_ports : 0,
		.places = settings->places,
		.queue_len = (uint32_t)settings->queue_len,
		.extra = (uint32_t)settings->extra,
		.overflow = (enum plx_cluster_overflow)settings->overflow,
		.reserve = (uint32_t)settings->reserve,
		.spread = make_spread(master),
		.group_places = settings->group_places,
		.sticky = settings->sticky,
		.writable = settings->writable,
		.trusted = settings->trusted,
		.send_thread = master->tx_lcore != PLX_LCORE_NONE,
	};
	int ret = plx_cluster_create(&params, &master->cluster, why);

	master->way ^= 1;
	return ret == 0 ? plx_cluster_open(master->cluster, why) : ret;
}

void
master_undo(struct master *master)
{
	struct plx_why unread;

	plx_cluster_destroy(master->cluster);
	master->cluster = NULL;
	master_close(master, &unread);
}

static int
open_rules(struct master *master, struct plx_why *why)
{
	const struct settings *settings = &master->settings;

	if (settings->filter != NULL)
		return rules_open_filter(&master->rules, settings->filter, why);
	return settings->rules != NULL ? rules_open(&master->rules, settings->rules, why) : 0;
}

int
master_open(struct master *master, const struct settings *settings, struct plx_why *why)
{
	int ret;

	*master = (struct master){.settings = *settings};
	set_patience(settings->patience);
	ret = choose_lcores(master, why);
	if (ret == 0)
		ret = open_rules(master, why);
	if (ret == 0)
		ret = open_ports(master, why);
	if (ret == 0)
		ret = make_cluster(master, why);
	if (ret != 0)
		master_undo(master);
	master->began_ns = plx_clock_monotonic_ns();
	return ret;
}

int
master_start(struct master *master, struct plx_why *why)
{
	int ret = plx_lcore_launch(run_receive, master->cluster, master->rx_lcore);

	if (ret == 0 && master->tx_lcore != PLX_LCORE_NONE)
		ret = plx_lcore_launch(run_send, master->cluster, master->tx_lcore);
	master->running = true;
	return ret == 0 ? 0 : plx_why(why, ret, "an lcore does not take its work");
}

void
master_stop(struct master *master)
{
	plx_cluster_break(master->cluster);
	plx_lcore_wait_all();
	master->running = false;
}

void
master_end_cluster(struct master *master)
{
	plx_cluster_destroy(master->cluster);
	master->cluster = NULL;
	for (uint32_t i = 0; i < master->nb_ports; i++)
		plx_ethdev_stop(master->ports[i].port);
}

int
master_close(struct master *master, struct plx_why *why)
{
	int ret = 0;

	if (master->pool != NULL)
		ret = plx_ethdev_close_all(master->pool, NULL, NULL, why);
	master->pool = NULL;
	rules_close(&master->rules);
	return ret;
}

uint32_t
master_slaves(const struct master *master)
{
	struct plx_cluster_place_stats stats;
	uint32_t n = 0;

	for (uint32_t i = 0; plx_cluster_place_stats(master->cluster, i, &stats) == 0; i++)
		n += stats.present;
	return n;
}
