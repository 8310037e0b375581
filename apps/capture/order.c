/* SPDX-License-Identifier: BSD-3-Clause */
#include "order.h"

/* The floor is read first: what the source handed over before raising it is then in what we take. */
static void
refill(struct lane *lane)
{
	lane->floor_ns = atomic_load_explicit(&lane->source->floor_ns, memory_order_acquire);
	lane->n = source_take(lane->source, lane->pkts, LANE_BURST);
	lane->at = 0;
}

bool
order_refill(struct lane *lanes, unsigned n)
{
	bool more = false;

	for (unsigned i = 0; i < n; i++) {
		struct lane *lane = &lanes[i];

		if (lane_is_empty(lane))
			refill(lane);
		more |= !lane_is_empty(lane) || lane->floor_ns != UINT64_MAX;
	}
	return more;
}

static bool
any_presses(const struct lane *lanes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (source_presses(lanes[i].source))
			return true;
	}
	return false;
}

struct lane *
order_pick(struct lane *lanes, unsigned n, uint64_t *ret_until_ns)
{
	uint64_t head = UINT64_MAX, next = UINT64_MAX, floor = UINT64_MAX;
	struct lane *oldest = NULL;

	for (unsigned i = 0; i < n; i++) {
		struct lane *lane = &lanes[i];
		uint64_t time;

		if (lane_is_empty(lane)) {
			floor = lane->floor_ns < floor ? lane->floor_ns : floor;
			continue;
		}
		time = lane_head(lane)->timestamp;
		if (oldest == NULL || time < head) {
			next = oldest == NULL ? next : head;
			head = time;
			oldest = lane;
		} else if (time < next) {
			next = time;
		}
	}
	if (oldest == NULL)
		return NULL;
	if (head > floor) {
		if (!any_presses(lanes, n))
			return NULL;
		floor = UINT64_MAX;
	}
	*ret_until_ns = next < floor ? next : floor;
	return oldest;
}
