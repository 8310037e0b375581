/* SPDX-License-Identifier: BSD-3-Clause */
#include "latency.h"

#include "engine.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_net_csum.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_SILENT_MS 50
#define SETTLE_MOST_MS	 500

struct probe {
	uint32_t magic;
	uint16_t stream;
	uint16_t fix;
	uint32_t sequence;
	uint64_t stamp;
} PLX_PACKED;
PLX_STATIC_ASSERT(sizeof(struct probe) == LATENCY_PROBE, "as the header says");

/* -- life -------------------------------------------------------------------------------------------- */

static int
check(const struct app *app, struct plx_why *why)
{
	const uint32_t len = txpkts_len(&app->args.txpkts);

	if (len < LATENCY_LEN_MIN)
		return plx_why(why, -EINVAL,
			       "latency-stats: a packet of %u bytes has no room for a probe; "
			       "set txpkts %u or more",
			       len, LATENCY_LEN_MIN);
	if (app->nb_streams > LATENCY_STREAMS_MAX)
		return plx_why(
			why, -EINVAL,
			"latency-stats: %u streams, it works with up to %u; use fewer queues",
			app->nb_streams, LATENCY_STREAMS_MAX);
	return 0;
}

int
latency_begin(struct app *app, struct plx_why *why)
{
	const unsigned n = app->nb_streams;
	int ret;

	if (!app->args.latency_stats)
		return 0;
	ret = check(app, why);
	if (ret != 0)
		return ret;
	app->latencies = aligned_alloc(PLX_CACHE_LINE, n * sizeof(*app->latencies));
	if (app->latencies == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	memset(app->latencies, 0, n * sizeof(*app->latencies));
	app->latencies[0].expected = calloc((size_t)n * n, sizeof(uint32_t));
	if (app->latencies[0].expected == NULL) {
		latency_free(app);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	/* Packets of another run, or of another program, are not ours. */
	app->latency_magic = (uint32_t)(plx_clock_ticks() * 0x9e3779b97f4a7c15ULL >> 32) | 1u;
	for (unsigned i = 0; i < n; i++) {
		app->latencies[i].expected = app->latencies[0].expected + (size_t)i * n;
		app->latencies[i].makes = app->engine->makes_packets;
		app->streams[i].latency = &app->latencies[i];
	}
	return 0;
}

void
latency_free(struct app *app)
{
	if (app->latencies != NULL)
		free(app->latencies[0].expected);
	free(app->latencies);
	app->latencies = NULL;
}

void
latency_clear(struct latency *latency)
{
	latency->sent = latency->received = latency->late = 0;
	latency->least = latency->greatest = latency->sum = latency->last = 0;
	latency->jitter = 0;
	memset(&latency->histogram, 0, sizeof(latency->histogram));
}

/* -- probes ------------------------------------------------------------------------------------------ */

static uint32_t
probe_at(const struct plx_mbuf *m)
{
	return (m->pkt_len - LATENCY_PROBE) & ~1u;
}

/* True if the packet has a probe of this run. */
static bool
read_probe(const struct stream *stream, const struct plx_mbuf *m, struct probe *ret_probe)
{
	uint8_t room[LATENCY_PROBE];
	const void *bytes;

	if (m->pkt_len < LATENCY_LEN_MIN)
		return false;
	bytes = plx_mbuf_read(m, probe_at(m), LATENCY_PROBE, room);
	memcpy(ret_probe, bytes, sizeof(*ret_probe));
	return ret_probe->magic == stream->app->latency_magic &&
	       ret_probe->stream < stream->app->nb_streams;
}

/* Writes over bytes that may lie in several segments. */
static void
write_bytes(struct plx_mbuf *m, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	for (; len > 0; m = m->next) {
		uint32_t part;

		if (at >= m->data_len) {
			at -= m->data_len;
			continue;
		}
		m->ol_flags &= ~PLX_MBUF_APP; /* it holds what the maker wrote no longer */
		part = m->data_len - at < len ? m->data_len - at : len;
		memcpy(plx_mbuf_data(m) + at, bytes, part);
		bytes += part;
		len -= part;
		at = 0;
	}
}

static void
write_probe(struct plx_mbuf *m, struct probe *probe)
{
	uint8_t room[LATENCY_PROBE];
	const void *old = plx_mbuf_read(m, probe_at(m), LATENCY_PROBE, room);
	const uint16_t before = plx_net_csum_fold(plx_net_csum_add(0, old, LATENCY_PROBE));
	uint16_t without;

	probe->fix = 0;
	without = plx_net_csum_fold(plx_net_csum_add(0, probe, sizeof(*probe)));
	probe->fix = plx_net_csum_fold((uint64_t)before + (uint16_t)~without);
	write_bytes(m, probe_at(m), (const uint8_t *)probe, sizeof(*probe));
}

void
latency_stamp(struct stream *stream, struct plx_mbuf **pkts, uint16_t n, uint64_t now,
	      bool *ret_probed)
{
	struct latency *latency = stream->latency;
	uint32_t sequence = latency->sequence;

	for (uint16_t i = 0; i < n; i++) {
		struct probe probe;

		ret_probed[i] = latency->makes ? pkts[i]->pkt_len >= LATENCY_LEN_MIN
					       : read_probe(stream, pkts[i], &probe);
		if (!ret_probed[i])
			continue;
		probe = (struct probe){.magic = stream->app->latency_magic,
				       .stream = (uint16_t)(stream - stream->app->streams),
				       .sequence = sequence++,
				       .stamp = now};
		write_probe(pkts[i], &probe);
	}
}

void
latency_sent(struct stream *stream, const bool *probed, uint16_t taken)
{
	struct latency *latency = stream->latency;
	uint32_t sent = 0;

	for (uint16_t i = 0; i < taken; i++)
		sent += probed[i];
	latency->sent += sent;
	latency->sequence += sent; /* those not taken give their numbers to the next */
}

static void
count(struct latency *latency, const struct probe *probe, uint64_t now)
{
	const uint64_t took = now > probe->stamp ? now - probe->stamp : 0;
	uint32_t *expected = &latency->expected[probe->stream];

	if ((int32_t)(probe->sequence - *expected) < 0)
		latency->late++;
	else
		*expected = probe->sequence + 1;
	if (latency->received > 0) {
		const double change = took > latency->last ? (double)(took - latency->last)
							   : (double)(latency->last - took);

		latency->jitter += (change - latency->jitter) / 16;
	}
	if (latency->received == 0 || took < latency->least)
		latency->least = took;
	if (took > latency->greatest)
		latency->greatest = took;
	latency->last = took;
	latency->sum += took;
	latency->received++;
	histogram_add(&latency->histogram, took);
}

void
latency_take(struct stream *stream, struct plx_mbuf **pkts, uint16_t n, uint64_t now)
{
	struct probe probe;

	for (uint16_t i = 0; i < n; i++) {
		if (read_probe(stream, pkts[i], &probe))
			count(stream->latency, &probe, now);
	}
}

/* -- what comes back to engines that only send ------------------------------------------------------- */

bool
latency_collects(const struct app *app)
{
	return app->latencies != NULL && app->engine == &engine_txonly;
}

unsigned
latency_collect(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	plx_mbuf_free_bulk(pkts, got);
	return got;
}

void
latency_settle(struct app *app)
{
	unsigned silent = 0;

	if (!latency_collects(app))
		return;
	for (unsigned ms = 0; ms < SETTLE_MOST_MS && silent < SETTLE_SILENT_MS; ms++) {
		unsigned got = 0;

		for (unsigned i = 0; i < app->nb_streams; i++)
			got += latency_collect(&app->streams[i]);
		silent = got > 0 ? 0 : silent + 1;
		if (got == 0)
			usleep(1000);
	}
}

/* -- sums -------------------------------------------------------------------------------------------- */

static void
add(struct latency *sum, const struct latency *latency)
{
	sum->sent += latency->sent;
	sum->late += latency->late;
	if (latency->received == 0)
		return;
	if (sum->received == 0 || latency->least < sum->least)
		sum->least = latency->least;
	if (latency->greatest > sum->greatest)
		sum->greatest = latency->greatest;
	if (latency->jitter > sum->jitter)
		sum->jitter = latency->jitter;
	sum->received += latency->received;
	sum->sum += latency->sum;
	histogram_merge(&sum->histogram, &latency->histogram);
}

void
latency_sum(const struct app *app, struct latency *ret_sum)
{
	memset(ret_sum, 0, sizeof(*ret_sum));
	for (unsigned i = 0; i < app->nb_streams && app->latencies != NULL; i++)
		add(ret_sum, &app->latencies[i]);
}

uint64_t
latency_percentile_ns(const struct latency *latency, unsigned per_mille)
{
	uint64_t ticks = histogram_percentile(&latency->histogram, per_mille);

	/* A bucket may end behind the greatest value that came. */
	return plx_clock_ticks_to_ns(ticks < latency->greatest ? ticks : latency->greatest);
}

uint64_t
latency_average_ns(const struct latency *latency)
{
	return latency->received > 0 ? plx_clock_ticks_to_ns(latency->sum / latency->received) : 0;
}

uint64_t
latency_missing(const struct latency *latency)
{
	return latency->sent > latency->received ? latency->sent - latency->received : 0;
}
