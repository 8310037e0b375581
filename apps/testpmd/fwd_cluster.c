/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster: io, whose packets slaves in other processes see as well. Each stream is the master of a cluster of its own, whose
 * number is that of --cluster-id and the stream's; what slaves send leaves by the stream's port. Without slaves it is io.
 */
#include "engine.h"

#include <pollux/plx_cluster.h>

#include <errno.h>

#define PLACES	  4
#define QUEUE_LEN 256

enum { TO_SLAVES, FROM_SLAVES, SLAVES_FULL };

struct master {
	struct plx_cluster *cluster;
};

static struct plx_pool *
pool_of(const struct stream *stream)
{
	struct plx_pool *own = stream->app->wishes[stream->rx_port].pool;

	return own != NULL ? own : stream->app->pool;
}

/* Enough buffers must be left for the rx queues when those of all slaves are full. */
static int
check(const struct stream *stream, struct plx_why *why)
{
	const unsigned streams = stream->app->nb_streams > 0 ? stream->app->nb_streams : 1;
	const uint32_t left = plx_pool_available(pool_of(stream));
	const uint64_t most = stream->app->args.engines.cluster_id + streams - 1;

	if (most > PLX_CLUSTER_ID_MAX)
		return plx_why(why, -EINVAL,
			       "--cluster-id %u: with %u streams the last cluster would be number "
			       "%u, up to %d can be",
			       (unsigned)stream->app->args.engines.cluster_id, streams,
			       (unsigned)most, PLX_CLUSTER_ID_MAX);
	if (PLACES * QUEUE_LEN * streams + stream->app->args.burst <= left)
		return 0;
	return plx_why(why, -EINVAL,
		       "cluster: slaves of %u streams may hold %u buffers, the pool has %u left; "
		       "make it larger with --total-num-mbufs",
		       streams, PLACES * QUEUE_LEN * streams, left);
}

static int
open_cluster(const struct stream *stream, struct plx_cluster **ret_cluster, struct plx_why *why)
{
	const struct app *app = stream->app;
	const struct plx_cluster_port rx = {stream->rx_port, stream->rx_queue};
	const struct plx_cluster_port tx = {stream->tx_port, stream->tx_queue};
	const uint32_t nth = app->streams != NULL ? (uint32_t)(stream - app->streams) : 0;
	const struct plx_cluster_params params = {
		.id = (uint32_t)app->args.engines.cluster_id + nth,
		.pool = pool_of(stream),
		.rx_ports = &rx,
		.tx_ports = &tx,
		.nb_rx_ports = 1,
		.nb_tx_ports = 1,
		.places = PLACES,
		.queue_len = QUEUE_LEN,
		.spread = {.forward = 1},
		.writable = true,
	};
	int ret = plx_cluster_create(&params, ret_cluster, why);

	if (ret != 0)
		return ret;
	ret = plx_cluster_open(*ret_cluster, why);
	if (ret != 0)
		plx_cluster_destroy(*ret_cluster);
	return ret;
}

static int
begin(struct stream *stream, struct plx_why *why)
{
	struct master *own;
	int ret = check(stream, why);

	if (ret != 0)
		return ret;
	own = engine_alloc(stream, sizeof(*own), why);
	if (own == NULL)
		return -ENOMEM;
	ret = open_cluster(stream, &own->cluster, why);
	if (ret != 0)
		engine_free(stream);
	return ret;
}

/* The cluster's books in testpmd's words. */
static void
note(struct stream *stream, const struct master *own)
{
	struct plx_cluster_stats stats;

	plx_cluster_stats(own->cluster, &stats);
	stream->rx = stats.received;
	stream->tx = stats.transmitted;
	stream->dropped = stats.refused;
	stream->counts[TO_SLAVES] = stats.delivered;
}

static void
note_places(struct stream *stream, const struct master *own)
{
	struct plx_cluster_place_stats place;

	stream->counts[FROM_SLAVES] = stream->counts[SLAVES_FULL] = 0;
	for (uint32_t i = 0; plx_cluster_place_stats(own->cluster, i, &place) == 0; i++) {
		stream->counts[FROM_SLAVES] += place.sent;
		stream->counts[SLAVES_FULL] += place.full;
	}
}

static unsigned
run(struct stream *stream)
{
	const struct master *own = stream->engine;
	unsigned moved = plx_cluster_poll(own->cluster);

	if (moved > 0)
		note(stream, own);
	return moved;
}

/* One round more: what is left to be sent is, or is counted. */
static void
end(struct stream *stream)
{
	struct master *own = stream->engine;

	plx_cluster_close(own->cluster);
	plx_cluster_poll(own->cluster);
	note(stream, own);
	note_places(stream, own);
	plx_cluster_destroy(own->cluster);
	engine_free(stream);
}

const struct engine engine_cluster = {
	.name = "cluster",
	.about = "packets go on as they are, and to slaves in other processes",
	.counts = {"To-slaves", "From-slaves", "Slaves-full"},
	.begin = begin,
	.end = end,
	.run = run,
};
