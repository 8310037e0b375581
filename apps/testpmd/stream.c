/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who forwards what. Ports are paired by the topology; each rx queue of a port becomes a stream to the same
 * queue of its peer; streams are dealt to lcores in runs, so that an lcore works on neighbouring queues.
 */
#include "testpmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The index in app->ports of the port that packets from the i-th go to. */
static unsigned
peer_index(const struct testpmd *app, unsigned i)
{
	switch ((enum topology)app->args.topology) {
	case TOPOLOGY_CHAINED:
		return (i + 1) % app->nb_ports;
	case TOPOLOGY_LOOP:
		return i;
	case TOPOLOGY_PAIRED:
		break;
	}
	/* The last of an odd number has no partner but itself. */
	return (i ^ 1u) < app->nb_ports ? (i ^ 1u) : i;
}

static uint32_t
lcore_of(const struct testpmd *app, unsigned stream, unsigned nb_streams)
{
	unsigned lcores = app->nb_lcores < nb_streams ? app->nb_lcores : nb_streams;

	return app->lcores[(uint64_t)stream * lcores / nb_streams];
}

static void
fill(struct testpmd *app, unsigned rxq, unsigned txq)
{
	struct stream *stream = app->streams;

	for (unsigned i = 0; i < app->nb_ports; i++) {
		for (unsigned q = 0; q < rxq; q++, stream++) {
			*stream = (struct stream){
				.rx_port = app->ports[i],
				.rx_queue = (uint16_t)q,
				.tx_port = app->ports[peer_index(app, i)],
				.tx_queue = (uint16_t)(q % txq),
				.lcore = lcore_of(app, (unsigned)(stream - app->streams),
						  app->nb_streams),
				.app = app,
			};
		}
	}
}

int
streams_assign(struct testpmd *app, struct plx_why *why)
{
	unsigned rxq = (unsigned)app->args.rxq, txq = (unsigned)app->args.txq;

	streams_free(app);
	if (app->nb_lcores == 0)
		return plx_why(why, -EINVAL,
			       "no lcore to forward on: the main lcore keeps the prompt; give one "
			       "more with -l, or --lcores '(0,1)@0' if there is one CPU only");
	if (txq < rxq && app->nb_lcores > 1)
		return plx_why(why, -EINVAL,
			       "%u rx queues share %u tx queues: with more than one "
			       "forwarding lcore --txq must not be below --rxq",
			       rxq, txq);
	app->nb_streams = app->nb_ports * rxq;
	if (app->nb_streams == 0)
		return plx_why(why, -ENODEV, "no port to forward on");
	app->streams = aligned_alloc(PLX_CACHE_LINE, app->nb_streams * sizeof(*app->streams));
	if (app->streams == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	fill(app, rxq, txq);
	return 0;
}

void
streams_free(struct testpmd *app)
{
	free(app->streams);
	app->streams = NULL;
	app->nb_streams = 0;
}
