/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who forwards what. Ports are paired by the topology; each rx queue of a port becomes a stream to the same
 * queue of its peer; streams are dealt to lcores in runs, so that an lcore works on neighbouring queues.
 */
#include "latency.h"
#include "record.h"
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const topology_names[] = {
	[TOPOLOGY_PAIRED] = "paired",
	[TOPOLOGY_CHAINED] = "chained",
	[TOPOLOGY_LOOP] = "loop",
	NULL,
};

/* The index in app->fwd_ports of the port that packets from the i-th go to. */
static unsigned
peer_index(const struct app *app, unsigned i)
{
	switch ((enum topology)app->args.topology) {
	case TOPOLOGY_CHAINED:
		return (i + 1) % app->nb_fwd_ports;
	case TOPOLOGY_LOOP:
		return i;
	case TOPOLOGY_PAIRED:
		break;
	}
	/* The last of an odd number has no partner but itself. */
	return (i ^ 1u) < app->nb_fwd_ports ? (i ^ 1u) : i;
}

static uint32_t
lcore_of(const struct app *app, unsigned stream, unsigned nb_streams)
{
	unsigned lcores = app->nb_lcores < nb_streams ? app->nb_lcores : nb_streams;

	return app->lcores[(uint64_t)stream * lcores / nb_streams];
}

/* As configured, whatever the options say by now: only these queues are there. */
static unsigned
rx_queues(uint16_t port)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	return info.nb_rx_queues;
}

static unsigned
tx_queues(uint16_t port)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	return info.nb_tx_queues;
}

static void
fill(struct app *app)
{
	struct stream *stream = app->streams;

	for (unsigned i = 0; i < app->nb_fwd_ports; i++) {
		const uint16_t peer = app->fwd_ports[peer_index(app, i)];
		const unsigned rxq = rx_queues(app->fwd_ports[i]), txq = tx_queues(peer);

		for (unsigned q = 0; q < rxq; q++, stream++) {
			*stream = (struct stream){
				.rx_port = app->fwd_ports[i],
				.rx_queue = (uint16_t)q,
				.tx_port = peer,
				.tx_queue = (uint16_t)(q % txq),
				.lcore = lcore_of(app, (unsigned)(stream - app->streams),
						  app->nb_streams),
				.app = app,
			};
		}
	}
}

/* An odd port without a partner is what people trip over: it is told, not hidden. One port alone is meant so. */
static void
note_odd_port(struct app *app)
{
	const unsigned n = app->nb_fwd_ports;

	if (app->args.topology != TOPOLOGY_PAIRED || n % 2 == 0 || n == 1)
		return;
	hints_add(
		&app->notes, "paired-with-itself",
		"Port %u is paired with itself, since the number of ports (%u) is odd; set portlist "
		"leaves one out, set port-topology chained passes packets on in a circle.",
		app->fwd_ports[n - 1], n);
}

/* Two lcores must not send through one queue. */
static int
check_queues(const struct app *app, struct plx_why *why)
{
	for (unsigned i = 0; i < app->nb_fwd_ports && app->nb_lcores > 1; i++) {
		const unsigned rxq = rx_queues(app->fwd_ports[i]);
		const unsigned txq = tx_queues(app->fwd_ports[peer_index(app, i)]);

		if (txq < rxq)
			return plx_why(why, -EINVAL,
				       "%u rx queues share %u tx queues: with more than one "
				       "forwarding lcore --txq must not be below --rxq",
				       rxq, txq);
	}
	return 0;
}

static int
check(const struct app *app, struct plx_why *why)
{
	if (app->nb_lcores == 0)
		return plx_why(why, -EINVAL,
			       "no lcore to forward on: the main lcore keeps the prompt; give one "
			       "more with -l, or --lcores '(0,1)@0' if there is one CPU only");
	if (app->nb_fwd_ports == 0)
		return plx_why(why, -ENODEV, "no port to forward on%s%s",
			       app->notes.n > 0 ? ": " : "",
			       app->notes.n > 0 ? app->notes.item[0].text : "");
	return check_queues(app, why);
}

int
streams_assign(struct app *app, struct plx_why *why)
{
	unsigned n = 0;
	int ret;

	streams_free(app);
	selection_resolve(app);
	note_odd_port(app);
	ret = check(app, why);
	if (ret != 0)
		return ret;
	for (unsigned i = 0; i < app->nb_fwd_ports; i++)
		n += rx_queues(app->fwd_ports[i]);
	app->streams = aligned_alloc(PLX_CACHE_LINE, n * sizeof(*app->streams));
	if (app->streams == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	app->nb_streams = n;
	fill(app);
	return 0;
}

static bool
is_same_way(const struct stream *a, const struct stream *b)
{
	return a->rx_port == b->rx_port && a->rx_queue == b->rx_queue && a->tx_port == b->tx_port &&
	       a->tx_queue == b->tx_queue && a->lcore == b->lcore;
}

int
streams_preview(struct app *app, struct plx_why *why)
{
	struct app old = {
		.streams = app->streams,
		.nb_streams = app->nb_streams,
		.cleared = app->cleared,
		.records = app->records,
		.latencies = app->latencies,
	};
	bool same;
	int ret;

	if (app->forwarding)
		return 0;
	app->streams = app->cleared = NULL;
	app->records = NULL;
	app->latencies = NULL;
	ret = streams_assign(app, why);
	same = ret == 0 && old.nb_streams == app->nb_streams;
	for (unsigned i = 0; i < old.nb_streams && same; i++)
		same = is_same_way(&old.streams[i], &app->streams[i]);
	if (same) { /* the figures of the last run stay */
		free(app->streams);
		app->streams = old.streams;
		app->cleared = old.cleared;
		app->records = old.records;
		app->latencies = old.latencies;
	} else {
		streams_free(&old);
		workers_free(app);
	}
	return ret;
}

int
streams_record(struct app *app, struct plx_why *why)
{
	if (!app->args.record_cycles && !app->args.record_bursts)
		return 0;
	app->records = calloc(app->nb_streams, sizeof(*app->records));
	if (app->records == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < app->nb_streams; i++)
		app->streams[i].record = &app->records[i];
	return 0;
}

void
streams_forget(struct app *app)
{
	if (app->records != NULL)
		memset(app->records, 0, app->nb_streams * sizeof(*app->records));
	for (unsigned i = 0; i < app->nb_streams && app->latencies != NULL; i++)
		latency_clear(&app->latencies[i]);
}

unsigned
streams_of_lcore(const struct app *app, uint32_t lcore)
{
	unsigned n = 0;

	for (unsigned i = 0; i < app->nb_streams; i++)
		n += app->streams[i].lcore == lcore;
	return n;
}

void
streams_free(struct app *app)
{
	free(app->streams);
	free(app->cleared);
	free(app->records);
	latency_free(app);
	app->streams = app->cleared = NULL;
	app->records = NULL;
	app->nb_streams = 0;
}
