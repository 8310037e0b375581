/* SPDX-License-Identifier: BSD-3-Clause */
/* What the totals look like from outside: stats, xstats and the ledger, since the last reset. */
#include "ethdev_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names of what a sieve makes of packets: in xstats, and in the ledger. */
static const struct {
	const char *name, *about;
} sifted_names[PLX_ETHDEV_SIFTED_MAX] = {
	[PLX_ETHDEV_SIFTED_DROPPED] = {"rx_rules_dropped", "dropped by a rule"},
	[PLX_ETHDEV_SIFTED_UNWANTED] = {"rx_rules_unwanted", "dropped by the policy of rules"},
	[PLX_ETHDEV_SIFTED_SAMPLED_OUT] = {"rx_rules_sampled_out", "sampled out by rules"},
	[PLX_ETHDEV_SIFTED_SENT] = {"rx_rules_sent", "sent out of a port by a rule"},
	[PLX_ETHDEV_SIFTED_UNSENT] = {"rx_rules_unsent", "to be sent by a rule, but could not"},
	[PLX_ETHDEV_SIFTED_UNREAD] = {"rx_rules_unread", "on a queue that the rules do not have"},
};

/* Totals less what they were at the last reset. What waits or flies is a level, not a count. */
static void
since_reset(struct plx_ethdev *dev, struct ethdev_totals *ret_totals)
{
	const struct ethdev_totals *base = &dev->priv->baseline;
	struct ethdev_totals *now = ret_totals;

	ethdev_totals(dev, now);
	now->rx.packets -= base->rx.packets;
	now->rx.bytes -= base->rx.bytes;
	now->rx.no_mbuf -= base->rx.no_mbuf;
	now->rx.errors -= base->rx.errors;
	for (unsigned i = 0; i < PLX_ETHDEV_SIFTED_MAX; i++)
		now->sifted[i] -= base->sifted[i];
	now->sifted_bytes -= base->sifted_bytes;
	now->tx.packets -= base->tx.packets;
	now->tx.bytes -= base->tx.bytes;
	now->tx.taken -= base->tx.taken;
	now->tx.errors -= base->tx.errors;
	now->received -= base->received;
	for (unsigned i = 0; i < dev->nb_counters; i++)
		now->counter[i] -= base->counter[i];
}

int
plx_ethdev_stats_reset(uint16_t port)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct ethdev_totals *base;

	if (dev == NULL)
		return -ENODEV;
	base = &dev->priv->baseline;
	ethdev_totals(dev, base);
	/* What waits or flies now is delivered or sent after the reset: count it as coming in after it. */
	base->received -= base->waiting;
	base->tx.taken -= base->tx.in_flight;
	dev->priv->stopped_bursts = 0;
	return 0;
}

static uint64_t
sum_of_kind(const struct plx_ethdev *dev, const struct ethdev_totals *totals,
	    enum plx_ethdev_counter_kind kind)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < dev->nb_counters; i++)
		sum += dev->counters[i].kind == kind ? totals->counter[i] : 0;
	return sum;
}

static void
make_stats(const struct plx_ethdev *dev, const struct ethdev_totals *totals,
	   struct plx_ethdev_stats *stats)
{
	*stats = (struct plx_ethdev_stats){
		.rx_packets = totals->rx.packets - ethdev_totals_sifted(totals),
		.rx_bytes = totals->rx.bytes - totals->sifted_bytes,
		.tx_packets = totals->tx.packets,
		.tx_bytes = totals->tx.bytes,
		.rx_missed = sum_of_kind(dev, totals, PLX_COUNTER_RX_MISSED),
		.rx_no_mbuf = totals->rx.no_mbuf,
		.rx_errors = totals->rx.errors + sum_of_kind(dev, totals, PLX_COUNTER_RX_ERROR),
		.tx_errors = totals->tx.errors + sum_of_kind(dev, totals, PLX_COUNTER_TX_ERROR),
	};
}

int
plx_ethdev_stats(uint16_t port, struct plx_ethdev_stats *ret_stats)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct ethdev_totals totals;

	if (dev == NULL)
		return -ENODEV;
	since_reset(dev, &totals);
	make_stats(dev, &totals, ret_stats);
	return 0;
}

/* -- xstats ------------------------------------------------------------------------------------------ */

/* Fills a caller's array as far as it reaches and counts on. */
struct xstats {
	struct plx_ethdev_xstat *out;
	unsigned room;
	unsigned n;
};

static void PLX_PRINTF(3, 4) put(struct xstats *xstats, uint64_t value, const char *format, ...)
{
	if (xstats->n < xstats->room) {
		struct plx_ethdev_xstat *out = &xstats->out[xstats->n];
		va_list args;

		va_start(args, format);
		vsnprintf(out->name, sizeof(out->name), format, args);
		va_end(args);
		out->value = value;
	}
	xstats->n++;
}

static void
put_queues(struct xstats *xstats, const struct plx_ethdev *dev)
{
	for (unsigned i = 0; i < dev->info.nb_rx_queues; i++) {
		const struct plx_ethdev_rxq_stats *q = dev->rxq[i];

		if (q == NULL)
			continue;
		put(xstats, plx_ethdev_read(&q->packets), "rx_q%u_packets", i);
		put(xstats, plx_ethdev_read(&q->bytes), "rx_q%u_bytes", i);
		put(xstats, plx_ethdev_read(&q->no_mbuf), "rx_q%u_mbuf_allocation_errors", i);
		put(xstats, plx_ethdev_read(&q->errors), "rx_q%u_errors", i);
	}
	for (unsigned i = 0; i < dev->info.nb_tx_queues; i++) {
		const struct plx_ethdev_txq_stats *q = dev->txq[i];

		if (q == NULL)
			continue;
		put(xstats, plx_ethdev_read(&q->packets), "tx_q%u_packets", i);
		put(xstats, plx_ethdev_read(&q->bytes), "tx_q%u_bytes", i);
		put(xstats, plx_ethdev_read(&q->in_flight), "tx_q%u_in_flight", i);
		put(xstats, plx_ethdev_read(&q->errors), "tx_q%u_errors", i);
	}
}

int
plx_ethdev_xstats(uint16_t port, struct plx_ethdev_xstat *ret_stats, unsigned n)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct xstats xstats = {ret_stats, n, 0};
	struct plx_ethdev_stats stats;
	struct ethdev_totals totals;

	if (dev == NULL)
		return -ENODEV;
	since_reset(dev, &totals);
	make_stats(dev, &totals, &stats);
	put(&xstats, stats.rx_packets, "rx_good_packets");
	put(&xstats, stats.tx_packets, "tx_good_packets");
	put(&xstats, stats.rx_bytes, "rx_good_bytes");
	put(&xstats, stats.tx_bytes, "tx_good_bytes");
	put(&xstats, stats.rx_missed, "rx_missed_errors");
	put(&xstats, stats.rx_errors, "rx_errors");
	put(&xstats, stats.tx_errors, "tx_errors");
	put(&xstats, stats.rx_no_mbuf, "rx_mbuf_allocation_errors");
	put(&xstats, __atomic_load_n(&dev->priv->stopped_bursts, __ATOMIC_RELAXED),
	    "stopped_bursts");
	for (unsigned i = 0; i < PLX_ETHDEV_SIFTED_MAX; i++)
		put(&xstats, totals.sifted[i], "%s", sifted_names[i].name);
	put_queues(&xstats, dev);
	for (unsigned i = 0; i < dev->nb_counters; i++)
		put(&xstats, totals.counter[i], "%s", dev->counters[i].name);
	return (int)xstats.n;
}

/* -- ledger ------------------------------------------------------------------------------------------ */

static void
rx_loss(struct plx_ethdev_ledger *ledger, const char *name, uint64_t packets)
{
	ledger->rx_loss[ledger->nb_rx_losses++] = (struct plx_ethdev_ledger_row){name, packets};
}

static void
tx_loss(struct plx_ethdev_ledger *ledger, const char *name, uint64_t packets)
{
	ledger->tx_loss[ledger->nb_tx_losses++] = (struct plx_ethdev_ledger_row){name, packets};
}

/* All of them once there is one, so that their names can be relied on. */
static void
ledger_sifted(struct plx_ethdev_ledger *ledger, const struct ethdev_totals *totals)
{
	if (ethdev_totals_sifted(totals) == 0)
		return;
	for (unsigned i = 0; i < PLX_ETHDEV_SIFTED_MAX; i++)
		ledger->rx_sifted[i] =
			(struct plx_ethdev_ledger_row){sifted_names[i].about, totals->sifted[i]};
	ledger->nb_rx_sifted = PLX_ETHDEV_SIFTED_MAX;
}

PLX_STATIC_ASSERT(PLX_ETHDEV_LEDGER_MAX >= PLX_ETHDEV_COUNTERS_MAX + 2, "room for every loss");

int
plx_ethdev_ledger(uint16_t port, struct plx_ethdev_ledger *ret_ledger)
{
	struct plx_ethdev *dev = plx_ethdev_at(port);
	struct plx_ethdev_ledger *ledger = ret_ledger;
	struct ethdev_totals totals;

	if (dev == NULL)
		return -ENODEV;
	since_reset(dev, &totals);
	memset(ledger, 0, sizeof(*ledger));
	ledger->rx_received = totals.received;
	ledger->rx_delivered = totals.rx.packets - ethdev_totals_sifted(&totals);
	ledger_sifted(ledger, &totals);
	ledger->rx_waiting = totals.waiting;
	ledger->tx_taken = totals.tx.taken;
	ledger->tx_sent = totals.tx.packets;
	ledger->tx_in_flight = totals.tx.in_flight;
	rx_loss(ledger, "pool empty", totals.rx.no_mbuf);
	rx_loss(ledger, "malformed or too long", totals.rx.errors);
	tx_loss(ledger, "refused by the device", totals.tx.errors);
	for (unsigned i = 0; i < dev->nb_counters; i++) {
		const struct plx_ethdev_counter *counter = &dev->counters[i];

		if (counter->kind == PLX_COUNTER_RX_MISSED || counter->kind == PLX_COUNTER_RX_ERROR)
			rx_loss(ledger, counter->about, totals.counter[i]);
		else if (counter->kind == PLX_COUNTER_TX_ERROR)
			tx_loss(ledger, counter->about, totals.counter[i]);
	}
	return 0;
}

void
plx_ethdev_ledger_balance(const struct plx_ethdev_ledger *ledger, int64_t *ret_rx, int64_t *ret_tx)
{
	uint64_t rx = ledger->rx_received - ledger->rx_delivered - ledger->rx_waiting;
	uint64_t tx = ledger->tx_taken - ledger->tx_sent - ledger->tx_in_flight;

	for (unsigned i = 0; i < ledger->nb_rx_losses; i++)
		rx -= ledger->rx_loss[i].packets;
	for (unsigned i = 0; i < ledger->nb_rx_sifted; i++)
		rx -= ledger->rx_sifted[i].packets;
	for (unsigned i = 0; i < ledger->nb_tx_losses; i++)
		tx -= ledger->tx_loss[i].packets;
	*ret_rx = (int64_t)rx;
	*ret_tx = (int64_t)tx;
}
