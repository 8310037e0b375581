/* SPDX-License-Identifier: BSD-3-Clause */
#include "cable.h"

#include "plx_bits.h"
#include "plx_mbuf.h"
#include "plx_net_ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "net_ring"

static struct plx_list cables = PLX_LIST_INIT(cables);

void
cable_empty(struct cable *cable, unsigned side)
{
	uint64_t pkts[64];

	for (uint16_t i = 0; i < cable->nb_lanes && cable->lane[side][i] != NULL; i++) {
		uint32_t n;

		while ((n = plx_ring_spsc_dequeue_burst64(cable->lane[side][i], pkts, 64)) != 0) {
			plx_mbuf_free_bulk((struct plx_mbuf **)(void *)pkts, n);
			cable->emptied[side] += n;
		}
	}
}

static void
cable_destroy(struct cable *cable)
{
	plx_list_remove(&cable->link);
	for (unsigned side = 0; side < 2; side++) {
		cable_empty(cable, side);
		for (uint16_t i = 0; i < cable->nb_lanes; i++) {
			plx_ring_spsc_fini(cable->lane[side][i]);
			free(cable->lane[side][i]);
		}
	}
	free(cable);
}

static int
make_lanes(struct cable *cable)
{
	size_t size = plx_ring_spsc_size(cable->entries, sizeof(uint64_t));

	for (unsigned side = 0; side < (cable->loop ? 1 : 2); side++) {
		for (uint16_t i = 0; i < cable->nb_lanes; i++) {
			struct plx_ring_spsc *lane = aligned_alloc(PLX_CACHE_LINE, size);

			if (lane == NULL)
				return -ENOMEM;
			plx_ring_spsc_init(lane, cable->entries, sizeof(uint64_t));
			cable->lane[side][i] = lane;
		}
	}
	return 0;
}

static int
cable_create(const struct cable_wish *wish, struct cable **ret_cable, struct plx_why *why)
{
	struct cable *cable = calloc(1, sizeof(*cable));

	if (cable == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	plx_list_init(&cable->link);
	cable->loop = wish->peer[0] == '\0' || strcmp(wish->peer, wish->name) == 0;
	cable->entries =
		(uint32_t)plx_pow2_ceil(wish->entries != 0 ? wish->entries : CABLE_ENTRIES_DEFAULT);
	cable->nb_lanes = (uint16_t)(wish->lanes != 0 ? wish->lanes : CABLE_LANES_DEFAULT);
	snprintf(cable->end[0].name, PLX_DEVICE_NAME_MAX, "%s", wish->name);
	snprintf(cable->end[1].name, PLX_DEVICE_NAME_MAX, "%s", cable->loop ? "" : wish->peer);
	if (make_lanes(cable) != 0) {
		plx_why(why, -ENOMEM,
			"no memory for %u rings of %u entries: take fewer or smaller ones",
			cable->nb_lanes, cable->entries);
		cable_destroy(cable);
		return -ENOMEM;
	}
	plx_list_append(&cables, &cable->link);
	*ret_cable = cable;
	return 0;
}

/* The end that bears this name, NULL if no cable has one. */
static struct cable_end *
find(const char *name, struct cable **ret_cable)
{
	*ret_cable = NULL;
	PLX_LIST_FOREACH(link, &cables) {
		struct cable *cable = PLX_LIST_ITEM(link, struct cable, link);

		for (unsigned end = 0; end < 2; end++) {
			if (strcmp(cable->end[end].name, name) == 0) {
				*ret_cable = cable;
				return &cable->end[end];
			}
		}
	}
	return NULL;
}

static int
check_peer(const struct cable_wish *wish, struct plx_why *why)
{
	struct cable *cable;

	if (wish->peer[0] == '\0' || strcmp(wish->peer, wish->name) == 0)
		return 0;
	if (strncmp(wish->peer, PREFIX, strlen(PREFIX)) != 0)
		return plx_why(why, -EINVAL,
			       "peer=%s is no port of this driver: it would be called %s1",
			       wish->peer, PREFIX);
	if (find(wish->peer, &cable) == NULL)
		return 0;
	if (cable->loop)
		return plx_why(why, -EBUSY,
			       "peer=%s is there and looped to itself: make it with peer=%s",
			       wish->peer, wish->name);
	return plx_why(why, -EBUSY, "peer=%s is joined to %s", wish->peer,
		       cable->end[strcmp(cable->end[0].name, wish->peer) == 0].name);
}

/* Does what this end wishes go with what the cable has? */
static int
check_join(const struct cable *cable, const struct cable_end *other, const struct cable_wish *wish,
	   struct plx_why *why)
{
	if (wish->peer[0] != '\0' && strcmp(wish->peer, other->name) != 0)
		return plx_why(why, -EINVAL, "%s is joined to this port, so peer=%s cannot be",
			       other->name, wish->peer);
	if (wish->entries != 0 && plx_pow2_ceil(wish->entries) != cable->entries)
		return plx_why(why, -EINVAL,
			       "entries=%u here, but %u at %s: say it at one end only",
			       (unsigned)wish->entries, cable->entries, other->name);
	if (wish->lanes != 0 && wish->lanes != cable->nb_lanes)
		return plx_why(why, -EINVAL, "queues=%u here, but %u at %s: say it at one end only",
			       (unsigned)wish->lanes, cable->nb_lanes, other->name);
	return 0;
}

int
cable_plug(const struct cable_wish *wish, struct plx_ethdev *dev, struct cable **ret_cable,
	   unsigned *ret_end, struct plx_why *why)
{
	struct cable *cable;
	struct cable_end *end = find(wish->name, &cable);
	int ret;

	if (end != NULL) {
		ret = check_join(cable, &cable->end[end == &cable->end[0]], wish, why);
	} else {
		ret = check_peer(wish, why);
		if (ret == 0)
			ret = cable_create(wish, &cable, why);
		end = ret == 0 ? &cable->end[0] : NULL;
	}
	if (ret != 0)
		return ret;
	end->dev = dev;
	*ret_cable = cable;
	*ret_end = end == &cable->end[1];
	return 0;
}

void
cable_unplug(struct cable *cable, unsigned end)
{
	cable->end[end].dev = NULL;
	cable->end[end].receiving = false;
	if (cable->end[0].dev == NULL && cable->end[1].dev == NULL)
		cable_destroy(cable);
}

static void
describe_lane(const struct cable *cable, unsigned side, uint16_t queue,
	      struct plx_net_ring_lane *ret_lane)
{
	const struct plx_ring_spsc *ring = cable->lane[side][queue];
	const struct cable_end *from = &cable->end[side];
	const struct cable_end *to = &cable->end[cable->loop ? side : !side];

	snprintf(ret_lane->from, sizeof(ret_lane->from), "%s", from->name);
	snprintf(ret_lane->to, sizeof(ret_lane->to), "%s", to->name);
	ret_lane->queue = queue;
	ret_lane->capacity = (uint32_t)plx_ring_spsc_capacity(ring);
	ret_lane->used = (uint32_t)plx_ring_spsc_count(ring);
}

unsigned
plx_net_ring_lanes(struct plx_net_ring_lane *ret_lanes, unsigned n)
{
	unsigned count = 0;

	PLX_LIST_FOREACH(link, &cables) {
		const struct cable *cable = PLX_LIST_ITEM(link, struct cable, link);

		for (unsigned side = 0; side < (cable->loop ? 1 : 2); side++) {
			for (uint16_t q = 0; q < cable->nb_lanes; q++, count++) {
				if (count < n)
					describe_lane(cable, side, q, &ret_lanes[count]);
			}
		}
	}
	return count;
}
