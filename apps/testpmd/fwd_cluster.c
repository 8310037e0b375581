/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster: io, whose packets slaves in other processes see as well. Each stream is the master of a cluster of its own, whose
 * number is that of --cluster-id and the stream's; what slaves send leaves by the stream's port. Without slaves it is io.
 *
 * With --cluster-work lcores that have no stream are slaves as well (cluster_work.c), in a group of their own: each packet goes to
 * one of them, and to one of the others. If they send what they get, nothing leaves but that.
 */
#include "cluster_work.h"
#include "engine.h"

#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>
#include <pollux/plx_zone.h>

#include <errno.h>
#include <unistd.h>

#define PLACES	  4 /* for slaves in other processes */
#define QUEUE_LEN 256
#define LAST	  (QUEUE_LEN / PLX_CLUSTER_BURST) /* rounds at the end, a burst of orders each */

enum { TO_SLAVES, FROM_SLAVES, SLAVES_FULL };
enum { GROUP_OTHERS, GROUP_WORKERS, GROUPS };

struct master {
	struct plx_cluster *cluster;
	struct plx_cluster_spread spread;
	unsigned nb_workers;
	bool sent_by_workers; /* what leaves is what they send */
};

/* Which stream it is, by its number. */
static unsigned
number_of(const struct stream *stream)
{
	return stream->app->streams != NULL ? (unsigned)(stream - stream->app->streams) : 0;
}

static unsigned
workers_of(const struct stream *stream)
{
	const struct worker *worker = NULL;
	unsigned n = 0;

	while ((worker = worker_of_stream(stream->app, number_of(stream), worker)) != NULL)
		n++;
	return n;
}

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
	const unsigned held = (PLACES * streams + stream->app->nb_workers) * QUEUE_LEN;
	const uint64_t most = stream->app->args.engines.cluster_id + streams - 1;

	if (most > PLX_CLUSTER_ID_MAX)
		return plx_why(why, -EINVAL,
			       "--cluster-id %u: with %u streams the last cluster would be number "
			       "%u, up to %d can be",
			       (unsigned)stream->app->args.engines.cluster_id, streams,
			       (unsigned)most, PLX_CLUSTER_ID_MAX);
	if (cluster_work_of(stream->app) != CLUSTER_WORK_NONE && stream->app->nb_workers == 0)
		return plx_why(why, -EINVAL,
			       "--cluster-work %s: every forwarding lcore has a stream; give one "
			       "more with -l, or fewer ports or queues",
			       cluster_work_names[cluster_work_of(stream->app)]);
	if (held + stream->app->args.burst <= left)
		return 0;
	return plx_why(why, -EINVAL,
		       "cluster: slaves of %u streams may hold %u buffers, the pool has %u left; "
		       "make it larger with --total-num-mbufs",
		       streams, held, left);
}

/* On huge pages only those who are trusted may; the others look. */
static bool
may_write(const struct stream *stream)
{
	const size_t size = plx_pool_zone(pool_of(stream))->page_size;

	return stream->app->args.engines.cluster_trusted || size <= (size_t)sysconf(_SC_PAGESIZE);
}

/* Everything goes to one of the others, if there are any, and to one of the workers. */
static struct plx_cluster_spread
spread_of(const struct master *own)
{
	if (own->nb_workers == 0)
		return (struct plx_cluster_spread){.forward = 1};
	return (struct plx_cluster_spread){
		.mode = PLX_CLUSTER_GROUPS,
		.nb_groups = GROUPS,
		.forward = own->sent_by_workers ? 0 : 1,
	};
}

static int
make_cluster(const struct stream *stream, struct master *own, struct plx_why *why)
{
	const struct app *app = stream->app;
	const struct plx_cluster_port rx = {stream->rx_port, stream->rx_queue};
	const struct plx_cluster_port tx = {stream->tx_port, stream->tx_queue};
	const uint32_t shape[GROUPS] = {PLACES, own->nb_workers};
	const struct plx_cluster_params params = {
		.id = (uint32_t)app->args.engines.cluster_id + number_of(stream),
		.pool = pool_of(stream),
		.rx_ports = &rx,
		.tx_ports = &tx,
		.nb_rx_ports = 1,
		.nb_tx_ports = 1,
		.places = PLACES + own->nb_workers,
		.queue_len = QUEUE_LEN,
		.spread = own->spread,
		.group_places = shape,
		.writable = may_write(stream),
		.trusted = app->args.engines.cluster_trusted,
	};

	return plx_cluster_create(&params, &own->cluster, why);
}

static int
join_workers(const struct stream *stream, const struct master *own, struct plx_why *why)
{
	const struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY,
							.group = GROUP_WORKERS};
	struct worker *worker = NULL;
	int ret = 0;

	while (ret == 0 &&
	       (worker = worker_of_stream(stream->app, number_of(stream), worker)) != NULL) {
		struct plx_cluster_slave *slave;

		ret = plx_cluster_join(own->cluster, &params, &slave, why);
		if (ret != 0)
			break;
		worker->engine = slave;
		worker->kind = cluster_work_of(stream->app);
	}
	return ret;
}

static void
send_workers_away(const struct stream *stream)
{
	struct worker *worker = NULL;

	while ((worker = worker_of_stream(stream->app, number_of(stream), worker)) != NULL) {
		plx_cluster_leave(worker->engine);
		worker->engine = NULL;
	}
}

static void
close_cluster(const struct stream *stream, struct master *own)
{
	send_workers_away(stream);
	plx_cluster_destroy(own->cluster);
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
	own->nb_workers = workers_of(stream);
	own->sent_by_workers =
		own->nb_workers > 0 && cluster_work_of(stream->app) != CLUSTER_WORK_COUNT;
	own->spread = spread_of(own);
	ret = make_cluster(stream, own, why);
	if (ret == 0)
		ret = join_workers(stream, own, why);
	if (ret == 0)
		ret = plx_cluster_open(own->cluster, why);
	if (ret == 0)
		return 0;
	close_cluster(stream, own);
	engine_free(stream);
	return ret;
}

/* What was to be sent by workers and was not, because they were too slow, or could not, or were stopped before. */
static uint64_t
lost_by_workers(const struct stream *stream, const struct master *own)
{
	const struct worker *worker = NULL;
	struct plx_cluster_place_stats place;
	uint64_t lost = 0;

	for (uint32_t i = PLACES; plx_cluster_place_stats(own->cluster, i, &place) == 0; i++)
		lost += place.full + place.taken_back + place.refused;
	while ((worker = worker_of_stream(stream->app, number_of(stream), worker)) != NULL)
		lost += worker->counts.dropped;
	return lost;
}

/* The cluster's books in testpmd's words. */
static void
note(struct stream *stream, const struct master *own)
{
	struct plx_cluster_stats stats;

	plx_cluster_stats(own->cluster, &stats);
	stream->rx = stats.received;
	stream->tx = stats.transmitted;
	stream->counts[TO_SLAVES] = stats.delivered;
	if (!own->sent_by_workers)
		stream->dropped = stats.refused + stats.no_buffer;
}

static void
look(struct stream *stream)
{
	const struct master *own = stream->engine;
	struct plx_cluster_place_stats place;
	struct plx_cluster_stats stats;
	uint64_t sent = 0, full = 0;

	for (uint32_t i = 0; plx_cluster_place_stats(own->cluster, i, &place) == 0; i++) {
		sent += place.sent;
		full += place.full;
	}
	stream->counts[FROM_SLAVES] = sent;
	stream->counts[SLAVES_FULL] = full;
	plx_cluster_stats(own->cluster, &stats);
	if (own->sent_by_workers)
		stream->dropped = stats.refused + stats.no_buffer + lost_by_workers(stream, own);
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

/* Rounds enough to send all that a slave gave, or to take back all that one held. */
static void
poll_last(const struct master *own)
{
	for (unsigned i = 0; i < LAST; i++)
		plx_cluster_poll(own->cluster);
}

/* What is left to be sent is, or is counted; when nobody works any more, what comes goes on as it is. */
static void
end(struct stream *stream)
{
	struct master *own = stream->engine;
	struct plx_why unread;

	plx_cluster_close(own->cluster);
	poll_last(own);
	send_workers_away(stream);
	own->spread.forward = 1;
	plx_cluster_set_spread(own->cluster, &own->spread, &unread);
	poll_last(own);
	note(stream, own);
	look(stream);
	close_cluster(stream, own);
	engine_free(stream);
}

const struct engine engine_cluster = {
	.name = "cluster",
	.about = "packets go on as they are, and to slaves in other processes",
	.counts = {"To-slaves", "From-slaves", "Slaves-full"},
	.begin = begin,
	.end = end,
	.run = run,
	.wants_workers = cluster_wants_workers,
	.work = cluster_work,
	.look = look,
};
