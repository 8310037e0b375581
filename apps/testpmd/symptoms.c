/* SPDX-License-Identifier: BSD-3-Clause */
#include "symptoms.h"

#include "engine.h"
#include "figures.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define SILENCE_NS	 500000000 /* before that, nothing received means nothing */
#define STREAMS_MANY	 8	   /* for one lcore */
#define BUFFERS_AT_LEAST 4096

/* -- taking ------------------------------------------------------------------------------------------ */

static void
take_port(const struct app *app, uint16_t port, struct symptoms_port *sick)
{
	const struct port_start *start = &app->at_start[port];
	struct figures figures = {.record = NULL};
	struct plx_ethdev_stats stats = {0};
	struct plx_ethdev_info info = {0};
	struct plx_ethdev_link link = {0};

	figures_of_port(app, port, &figures);
	plx_ethdev_info(port, &info);
	plx_ethdev_link(port, &link);
	plx_ethdev_stats(port, &stats);
	*sick = (struct symptoms_port){
		.port = port,
		/* One that was stopped since is silent for that reason. */
		.link_up = link.up || info.state != PLX_ETHDEV_STARTED,
		.rx = figures.rx,
		.tx = figures.tx,
		.dropped = figures.dropped,
		.rx_no_mbuf = stats.rx_no_mbuf > start->rx_no_mbuf
				      ? stats.rx_no_mbuf - start->rx_no_mbuf
				      : 0,
	};
	snprintf(sick->name, sizeof(sick->name), "%s", info.name);
	if (info.if_index != 0 && if_indextoname(info.if_index, sick->interface) == NULL)
		sick->interface[0] = '\0';
}

static void
take_lcores(const struct app *app, struct symptoms *all)
{
	all->nb_lcores = app->nb_lcores;
	all->nb_workers = plx_lcore_count() - 1;
	for (unsigned i = 0; i < app->nb_lcores; i++) {
		unsigned n = streams_of_lcore(app, app->lcores[i]);

		if (n <= all->busiest_streams)
			continue;
		all->busiest = app->lcores[i];
		all->busiest_streams = n;
	}
}

void
symptoms_take(const struct app *app, struct symptoms *ret_symptoms)
{
	struct symptoms *all = ret_symptoms;

	*all = (struct symptoms){
		.ns = figures_ns(app),
		.makes_packets = app->engine->makes_packets,
		.nb_ports = app->nb_fwd_ports,
		.pool_name = plx_pool_name(app->pool),
		.pool_n = plx_pool_available(app->pool) + plx_pool_in_use(app->pool),
	};
	for (unsigned i = 0; i < app->nb_fwd_ports; i++)
		take_port(app, app->fwd_ports[i], &all->port[i]);
	if (hints_have(&app->notes, "paired-with-itself"))
		all->port[app->nb_fwd_ports - 1].with_itself = true;
	take_lcores(app, all);
}

/* -- explaining -------------------------------------------------------------------------------------- */

static uint64_t
received(const struct symptoms *all)
{
	uint64_t rx = 0;

	for (unsigned i = 0; i < all->nb_ports; i++)
		rx += all->port[i].rx;
	return rx;
}

/* How a link is brought up: by the kernel's means, or by starting what is at the other end. */
static const char *
lift(const struct symptoms_port *sick, char text[96])
{
	if (sick->interface[0] != '\0')
		snprintf(text, 96, "ip link set dev %s up", sick->interface);
	else
		snprintf(text, 96, "start the port at its other end, or set link-up port %u",
			 sick->port);
	return text;
}

static void
explain_links(const struct symptoms *all, bool silence, struct hints *hints)
{
	char text[96];

	for (unsigned i = 0; i < all->nb_ports; i++) {
		const struct symptoms_port *sick = &all->port[i];

		if (!sick->link_up)
			hints_add(hints, "link-down", "%sThe link of port %u (%s) is down: %s.",
				  silence ? "Nothing was received. " : "", sick->port, sick->name,
				  lift(sick, text));
	}
}

static void
explain_silence(const struct symptoms *all, struct hints *hints)
{
	const bool silence = !all->makes_packets && all->ns >= SILENCE_NS && received(all) == 0;

	explain_links(all, silence, hints);
	if (!silence || hints_have(hints, "link-down"))
		return;
	hints_add(hints, "nothing-received",
		  "Nothing was received. All links are up, so the other ends sent nothing%s.",
		  all->nb_ports > 1 ? ", or the ports are paired otherwise than they are cabled: "
				      "show config fwd, set portlist"
				    : "; ports that feed each other need start tx_first");
}

static void
explain_pairing(const struct symptoms_port *sick, struct hints *hints)
{
	if (sick->with_itself && sick->rx > 0)
		hints_add(hints, "paired-with-itself",
			  "Port %u sent back what it received, having no partner: set portlist "
			  "leaves it out, set port-topology chained passes its packets on.",
			  sick->port);
}

static void
explain_drops(const struct symptoms_port *sick, struct hints *hints)
{
	char text[96];

	if (sick->dropped == 0 || sick->tx > 0)
		return;
	if (sick->link_up)
		hints_add(hints, "tx-all-dropped",
			  "Port %u (%s) took none of %" PRIu64
			  " packets although its link is up: nobody takes them at the other end; "
			  "show port xstats %u.",
			  sick->port, sick->name, sick->dropped, sick->port);
	else
		hints_add(hints, "tx-all-dropped",
			  "Port %u (%s) took none of %" PRIu64 " packets: its link is down: %s.",
			  sick->port, sick->name, sick->dropped, lift(sick, text));
}

static void
explain_pool(const struct symptoms *all, const struct symptoms_port *sick, struct hints *hints)
{
	uint32_t better = 2 * all->pool_n;

	if (sick->rx_no_mbuf == 0)
		return;
	if (better < BUFFERS_AT_LEAST)
		better = BUFFERS_AT_LEAST;
	hints_add(hints, "pool-exhausted",
		  "Port %u (%s) lost %" PRIu64
		  " packets because the pool %s with its %u buffers was empty: start with "
		  "--total-num-mbufs %u.",
		  sick->port, sick->name, sick->rx_no_mbuf, all->pool_name, all->pool_n, better);
}

static void
explain_lcores(const struct symptoms *all, struct hints *hints)
{
	if (all->busiest_streams < STREAMS_MANY)
		return;
	if (all->nb_workers > all->nb_lcores)
		hints_add(hints, "busy-lcore",
			  "Lcore %u polls %u queues while %u lcores do nothing: set nbcore %u.",
			  all->busiest, all->busiest_streams, all->nb_workers - all->nb_lcores,
			  all->nb_workers);
	else
		hints_add(hints, "busy-lcore",
			  "Lcore %u polls %u queues: start with more lcores (-l 0-%u) or fewer "
			  "queues (--rxq).",
			  all->busiest, all->busiest_streams, all->nb_workers + 1);
}

void
symptoms_explain(const struct symptoms *symptoms, struct hints *ret_hints)
{
	ret_hints->n = 0;
	explain_silence(symptoms, ret_hints);
	for (unsigned i = 0; i < symptoms->nb_ports; i++) {
		explain_drops(&symptoms->port[i], ret_hints);
		explain_pool(symptoms, &symptoms->port[i], ret_hints);
		explain_pairing(&symptoms->port[i], ret_hints);
	}
	explain_lcores(symptoms, ret_hints);
}

void
symptoms_hints(const struct app *app, struct hints *ret_hints)
{
	struct symptoms all;

	symptoms_take(app, &all);
	symptoms_explain(&all, ret_hints);
}
