/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a place: what it shares with its slave, and what it keeps for itself. */
#include "cluster_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static uint32_t
power_of_two(uint32_t n)
{
	return n <= 1 ? 1 : 1u << (32 - __builtin_clz(n - 1));
}

static uint32_t
put_behind(uint64_t *end, uint64_t bytes)
{
	uint64_t at = *end;

	*end = (at + bytes + PLX_CACHE_LINE - 1) & ~(uint64_t)(PLX_CACHE_LINE - 1);
	return (uint32_t)at;
}

/* How a lane is laid out. All it may hold fits into return: a slave that is honest never finds that full. */
static struct plx_cluster_lane_shape
shape_of(const struct plx_cluster *cluster, uint32_t place, uint32_t flags)
{
	const struct plx_cluster_params *params = &cluster->params;
	struct plx_cluster_lane_shape shape = {
		.magic = PLX_CLUSTER_LANE_MAGIC,
		.version = PLX_CLUSTER_LANE_VERSION,
		.flags = flags,
		.place = place,
		.nb_rx_ports = cluster->nb_rx,
		.nb_tx_ports = cluster->nb_tx,
		.extra = params->extra,
		.queue_len = params->queue_len,
		.send_len = params->queue_len,
		.buffers = cluster->pool->n,
		.stride = cluster->pool->stride,
		.buf_size = cluster->pool->buf_size,
		.headroom = cluster->pool->headroom,
	};
	uint64_t end = sizeof(struct plx_cluster_lane);

	if ((flags & PLX_CLUSTER_SLAVE_WRITE) != 0 && params->extra != 0)
		shape.grant_len = power_of_two((params->extra + 1) / 2 + 1) / 2;
	if (shape.grant_len > GRANTS_MAX)
		shape.grant_len = GRANTS_MAX;
	shape.return_len = power_of_two(params->queue_len + params->extra + shape.grant_len);
	shape.queue_at =
		put_behind(&end, (uint64_t)shape.queue_len * sizeof(struct plx_cluster_desc));
	shape.kept_at = put_behind(&end, (uint64_t)shape.queue_len * sizeof(uint64_t));
	shape.grant_at = put_behind(&end, (uint64_t)shape.grant_len * sizeof(uint32_t));
	shape.return_at = put_behind(&end, (uint64_t)shape.return_len * sizeof(uint32_t));
	shape.send_at =
		put_behind(&end, (uint64_t)shape.send_len * sizeof(struct plx_cluster_order));
	shape.times_at = put_behind(&end, (flags & PLX_CLUSTER_SLAVE_TIMES) != 0
						  ? (uint64_t)shape.queue_len * sizeof(uint64_t)
						  : 0);
	shape.bytes = end;
	return shape;
}

static uint32_t
backlog_len(const struct plx_cluster_params *params)
{
	switch (params->overflow) {
	case PLX_CLUSTER_DROP_OLDEST:
		return params->queue_len;
	case PLX_CLUSTER_BORROW:
		return power_of_two(params->reserve);
	case PLX_CLUSTER_PRESSURE:
		return SEGMENTS_MAX * PLX_CLUSTER_BURST; /* any burst */
	default:
		return 0;
	}
}

static int
own_memory(const struct plx_cluster *cluster, struct place *place)
{
	uint32_t backlog = backlog_len(&cluster->params);
	size_t times = place->shape.flags & PLX_CLUSTER_SLAVE_TIMES ? backlog : 0;

	place->shadow = calloc(place->shape.queue_len, sizeof(*place->shadow));
	/* Twice what it may hold, so that tidying it is rare. */
	place->aside.max =
		2 * (place->shape.queue_len + place->shape.extra) + place->shape.grant_len;
	place->aside.number = calloc(place->aside.max, sizeof(*place->aside.number));
	place->backlog.mask = backlog - 1;
	place->backlog.desc = backlog != 0 ? calloc(backlog, sizeof(*place->backlog.desc)) : NULL;
	place->backlog.time = times != 0 ? calloc(times, sizeof(*place->backlog.time)) : NULL;
	if (place->shadow == NULL || place->aside.number == NULL ||
	    (backlog != 0 && place->backlog.desc == NULL) ||
	    (times != 0 && place->backlog.time == NULL))
		return -ENOMEM;
	return 0;
}

static void *
lane_at(const struct place *place, uint32_t at)
{
	return (uint8_t *)place->lane + at;
}

int
lane_make(struct plx_cluster *cluster, uint32_t i, const struct plx_cluster_slave_params *params,
	  struct plx_why *why)
{
	struct place *place = &cluster->places[i];
	char name[PLX_ZONE_NAME_MAX];
	int ret;

	place->shape = shape_of(cluster, i, params->flags);
	snprintf(name, sizeof(name), "cluster%u.%u", cluster->params.id, i);
	ret = plx_zone_reserve_dma(name, place->shape.bytes, PLX_NODE_ANY, PLX_ZONE_SHARED,
				   &place->zone, why);
	if (ret < 0)
		return ret;
	place->lane = place->zone->addr;
	place->lane->shape = place->shape;
	place->queue = lane_at(place, place->shape.queue_at);
	place->times = params->flags & PLX_CLUSTER_SLAVE_TIMES
			       ? lane_at(place, place->shape.times_at)
			       : NULL;
	place->mask = place->shape.queue_len - 1;
	place->bit = 1ULL << i;
	place->group = cluster->grouped ? cluster->group_of[i] : params->group;
	place->sock = -1;
	place->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (place->bell < 0)
		ret = -errno;
	if (ret == 0)
		ret = own_memory(cluster, place);
	if (ret < 0) {
		lane_free(place);
		return plx_why(why, ret, "no memory for place %u of cluster %u", i,
			       cluster->params.id);
	}
	return 0;
}

/* What stays are the books of the place. */
void
lane_free(struct place *place)
{
	struct plx_cluster_place_stats stats = place->stats;
	uint64_t visit = place->visit;

	if (place->zone == NULL)
		return;
	stats.queued += place->tail;
	plx_zone_free(place->zone);
	free(place->shadow);
	free(place->aside.number);
	free(place->backlog.desc);
	free(place->backlog.time);
	plx_filter_destroy(place->filter);
	if (place->bell >= 0)
		close(place->bell);
	memset(place, 0, sizeof(*place));
	place->stats = stats;
	place->visit = visit;
	place->bell = -1;
	place->sock = -1;
}
