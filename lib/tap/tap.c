/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The taps there are. A port that has some carries one hook, whose list of them never changes: one more or one less is
 * another list, swapped in as a whole, so that the readers there are lose nothing meanwhile.
 */
#include "plx_tap.h"

#include "plx_bits.h"
#include "plx_clock.h"
#include "tap_lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A port's hook, and what it calls. */
struct list {
	struct plx_ethdev_tap hook;
	unsigned n;
	struct plx_tap *taps[PLX_TAP_MAX];
};

struct plx_tap {
	struct plx_tap_params params; /* filter: not kept */
	struct plx_filter *filter;
	struct list *shorter; /* the list without it, for when it goes: that must not fail */
	struct tap_region region;
	unsigned nb_lanes;
	struct tap_lane *lanes;
	struct tap_lane *lane[2][PLX_ETHDEV_QUEUES_MAX]; /* by tx and queue; NULL: none */
	atomic_bool off;				 /* hostile */
	atomic_bool gone;
	atomic_uint_fast64_t unlaned;
};

static struct {
	pthread_mutex_t lock;
	unsigned nb_taps;
	struct list *of_port[PLX_ETHDEV_MAX];
} room = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* -- bursts ------------------------------------------------------------------------------------------- */

/* Nothing is asked of a reader but whether it wants something. */
static bool
wants(const struct plx_tap *tap)
{
	return !atomic_load_explicit(&tap->off, memory_order_relaxed) &&
	       __atomic_load_n(&tap->region.tails->want, __ATOMIC_RELAXED) != 0;
}

static void
switch_off(struct plx_tap *tap)
{
	atomic_store(&tap->off, true);
	__atomic_store_n(&tap->region.head->off, 1, __ATOMIC_RELEASE);
}

static void
count_unlaned(struct plx_tap *tap, uint16_t n)
{
	const uint64_t sum = atomic_fetch_add(&tap->unlaned, n) + n;

	__atomic_store_n(&tap->region.head->unlaned, sum, __ATOMIC_RELAXED);
}

static bool
wants_way(const struct plx_tap *tap, bool tx)
{
	return tx ? tap->params.tx : tap->params.rx;
}

static void
stage(const struct list *list, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n, bool tx)
{
	const uint64_t now_ns = plx_clock_realtime_ns();

	for (unsigned i = 0; i < list->n; i++) {
		struct plx_tap *tap = list->taps[i];
		struct tap_lane *lane = tap->lane[tx][queue];

		if (lane == NULL)
			continue;
		lane->nb_staged = 0;
		if (wants(tap) && !tap_lane_stage(lane, pkts, n, now_ns, tx)) {
			lane->nb_staged = 0;
			switch_off(tap);
		}
	}
}

static void
commit(const struct list *list, uint16_t queue, uint16_t n, bool tx)
{
	for (unsigned i = 0; i < list->n && n > 0; i++) {
		struct plx_tap *tap = list->taps[i];
		struct tap_lane *lane = tap->lane[tx][queue];

		if (lane != NULL)
			tap_lane_commit(lane, n);
		else if (wants_way(tap, tx) && wants(tap))
			count_unlaned(tap, n);
	}
}

static void
on_rx(void *arg, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n)
{
	stage(arg, queue, pkts, n, false);
	commit(arg, queue, n, false);
}

static void
on_tx(void *arg, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n)
{
	stage(arg, queue, pkts, n, true);
}

static void
on_tx_taken(void *arg, uint16_t queue, uint16_t taken)
{
	commit(arg, queue, taken, true);
}

static void
on_gone(void *arg)
{
	const struct list *list = arg;

	/* A tap that knows may be freed, and with the first one the list. */
	for (unsigned i = list->n; i-- > 0;) {
		struct plx_tap *tap = list->taps[i];

		__atomic_store_n(&tap->region.head->gone, 1, __ATOMIC_RELEASE);
		atomic_store(&tap->gone, true);
	}
}

/* -- lists: the lock is held --------------------------------------------------------------------------- */

/* Makes `list` what `from` (NULL: nothing) has, without `less`. */
static void
fill_list(struct list *list, const struct list *from, const struct plx_tap *less)
{
	*list = (struct list){.hook = {list, on_rx, on_tx, on_tx_taken, on_gone}};
	for (unsigned i = 0; from != NULL && i < from->n; i++) {
		if (from->taps[i] != less)
			list->taps[list->n++] = from->taps[i];
	}
}

static const struct plx_ethdev_tap *
hook_of(const struct list *list)
{
	return list != NULL ? &list->hook : NULL;
}

/* The list of a port that is no more stays until its last tap goes; another port of that number begins with none. */
static void
forget_gone(uint16_t port)
{
	struct list *list = room.of_port[port];

	if (list == NULL || !atomic_load(&list->taps[0]->gone))
		return;
	room.of_port[port] = NULL;
	free(list);
}

static int
hang_in(struct plx_tap *tap)
{
	const uint16_t port = tap->params.port;
	struct list *former, *list;
	int ret;

	forget_gone(port);
	former = room.of_port[port];
	list = malloc(sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	fill_list(list, former, NULL);
	list->taps[list->n++] = tap;
	ret = plx_ethdev_tap_swap(port, hook_of(former), hook_of(list));
	if (ret != 0) {
		free(list);
		return ret;
	}
	room.of_port[port] = list;
	free(former);
	return 0;
}

static void
take_out(struct plx_tap *tap)
{
	const uint16_t port = tap->params.port;
	struct list *former, *list = NULL;

	forget_gone(port);
	if (atomic_load(&tap->gone))
		return;
	former = room.of_port[port];
	if (former->n > 1) {
		list = tap->shorter;
		tap->shorter = NULL;
		fill_list(list, former, tap);
	}
	if (plx_ethdev_tap_swap(port, hook_of(former), hook_of(list)) != 0) {
		/* -EBUSY, -ENODEV: the port went at this moment, and all its taps with it. */
		free(list);
		list = NULL;
	}
	room.of_port[port] = list;
	free(former);
}

/* -- life --------------------------------------------------------------------------------------------- */

static uint64_t
lane_bytes(const struct plx_tap_params *params, unsigned nb_lanes)
{
	uint64_t bytes = PLX_TAP_LANE_MIN;
	const uint64_t wanted = params->lane_bytes != 0 ? params->lane_bytes : PLX_TAP_LANE_BYTES;

	while (bytes < wanted && bytes * 2 * nb_lanes <= PLX_TAP_BYTES_MAX)
		bytes *= 2;
	return bytes;
}

static void
describe(struct plx_tap *tap, uint64_t bytes)
{
	struct tap_head *head = tap->region.head;
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(tap->params.port, &info);
	plx_ethdev_mtu(tap->params.port, &head->mtu);
	memcpy(head->name, info.name, sizeof(head->name));
	head->port = tap->params.port;
	head->snaplen = tap->params.snaplen != 0 ? tap->params.snaplen : UINT32_MAX;
	head->nb_lanes = tap->nb_lanes;
	head->lane_bytes = bytes;
	head->version = TAP_VERSION;
	head->magic = TAP_MAGIC;
}

static uint32_t
snaplen(const struct plx_tap *tap, uint64_t bytes)
{
	const uint32_t most = (uint32_t)(bytes / 2 - sizeof(struct tap_record) - 8);

	return tap->params.snaplen != 0 && tap->params.snaplen < most ? tap->params.snaplen : most;
}

static int
make_lane(struct plx_tap *tap, unsigned i, uint16_t queue, bool tx, uint64_t bytes)
{
	struct tap_lane *lane = &tap->lanes[i];

	lane->filter = tap->filter;
	lane->snaplen = snaplen(tap, bytes);
	lane->ring = tap->region.rings + i * bytes;
	lane->size = bytes;
	lane->shared = &tap->region.lanes[i];
	lane->reader = &tap->region.tails->lane[i];
	lane->shared->queue = queue;
	lane->shared->tx = tx;
	tap->lane[tx][queue] = lane;
	return tap_lane_init(lane);
}

/* Queues of a port that is not configured yet: one, at least. */
static unsigned
queues(uint16_t n, bool wanted)
{
	return !wanted ? 0 : n != 0 ? n : 1;
}

static int
make_lanes(struct plx_tap *tap, const struct plx_ethdev_info *info, int ret_fds[2],
	   struct plx_why *why)
{
	const unsigned rx = queues(info->nb_rx_queues, tap->params.rx);
	const unsigned tx = queues(info->nb_tx_queues, tap->params.tx);
	const uint64_t bytes = lane_bytes(&tap->params, rx + tx);
	int ret = tap_region_make(rx + tx, bytes, &tap->region, ret_fds, why);

	if (ret != 0)
		return ret;
	tap->lanes = plx_ethdev_alloc((rx + tx) * sizeof(*tap->lanes));
	if (tap->lanes == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	tap->nb_lanes = rx + tx;
	describe(tap, bytes);
	for (unsigned i = 0; i < rx + tx && ret == 0; i++)
		ret = make_lane(tap, i, (uint16_t)(i < rx ? i : i - rx), i >= rx, bytes);
	return ret == 0 ? 0 : plx_why(why, ret, "out of memory");
}

static void
destroy(struct plx_tap *tap)
{
	for (unsigned i = 0; i < tap->nb_lanes; i++)
		tap_lane_fini(&tap->lanes[i]);
	free(tap->lanes);
	free(tap->shorter);
	tap_region_free(&tap->region);
	plx_filter_destroy(tap->filter);
	free(tap);
}

static int
check(const struct plx_tap_params *params, struct plx_ethdev_info *ret_info, struct plx_why *why)
{
	if (!params->rx && !params->tx)
		return plx_why(why, -EINVAL, "a tap without a direction sees nothing");
	if (params->lane_bytes > PLX_TAP_LANE_MAX)
		return plx_why(why, -EINVAL, "a lane has at most %u bytes", PLX_TAP_LANE_MAX);
	if (plx_ethdev_info(params->port, ret_info) != 0)
		return plx_why(why, -ENODEV, "there is no port %u", params->port);
	return 0;
}

static int
hang_in_locked(struct plx_tap *tap, struct plx_why *why)
{
	int ret = -ENOSPC;

	pthread_mutex_lock(&room.lock);
	if (room.nb_taps < PLX_TAP_MAX)
		ret = hang_in(tap);
	if (ret == 0)
		room.nb_taps++;
	pthread_mutex_unlock(&room.lock);
	if (ret == -ENOSPC)
		return plx_why(why, ret, "there are %u taps already, the most", PLX_TAP_MAX);
	return ret == 0 ? 0
			: plx_why(why, ret, "port %u cannot be tapped: %s", tap->params.port,
				  ret == -EBUSY ? "something else does" : strerror(-ret));
}

int
plx_tap_add(const struct plx_tap_params *params, int ret_fds[PLX_TAP_FDS], struct plx_tap **ret_tap,
	    struct plx_why *why)
{
	struct plx_ethdev_info info;
	int fds[PLX_TAP_FDS] = {-1, -1};
	struct plx_tap *tap;
	int ret = check(params, &info, why);

	if (ret != 0)
		return ret;
	tap = calloc(1, sizeof(*tap));
	if (tap == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	tap->params = *params;
	tap->params.filter = NULL;
	tap->shorter = malloc(sizeof(*tap->shorter));
	if (tap->shorter == NULL)
		ret = plx_why(why, -ENOMEM, "out of memory");
	else if (params->filter != NULL && params->filter[0] != '\0')
		ret = plx_filter_compile(params->filter, PLX_FILTER_SNAPLEN, &tap->filter, why);
	if (ret == 0)
		ret = make_lanes(tap, &info, fds, why);
	if (ret == 0)
		ret = hang_in_locked(tap, why);
	if (ret != 0) {
		for (unsigned i = 0; i < PLX_TAP_FDS; i++) {
			if (fds[i] >= 0)
				close(fds[i]);
		}
		destroy(tap);
		return ret;
	}
	memcpy(ret_fds, fds, sizeof(fds));
	*ret_tap = tap;
	return 0;
}

void
plx_tap_remove(struct plx_tap *tap)
{
	if (tap == NULL)
		return;
	pthread_mutex_lock(&room.lock);
	take_out(tap);
	room.nb_taps--;
	pthread_mutex_unlock(&room.lock);
	destroy(tap);
}

void
plx_tap_info(const struct plx_tap *tap, struct plx_tap_info *ret_info)
{
	struct plx_tap_info *info = ret_info;

	*info = (struct plx_tap_info){
		.port = tap->params.port,
		.rx = tap->params.rx,
		.tx = tap->params.tx,
		.snaplen = tap->params.snaplen,
		.lanes = tap->nb_lanes,
		.unlaned = atomic_load(&tap->unlaned),
		.wanted = wants(tap),
		.gone = atomic_load(&tap->gone),
		.hostile = atomic_load(&tap->off),
	};
	for (unsigned i = 0; i < tap->nb_lanes; i++) {
		const struct tap_lane_head *lane = &tap->region.lanes[i];

		info->recorded += __atomic_load_n(&lane->recorded, __ATOMIC_RELAXED);
		info->filtered += __atomic_load_n(&lane->filtered, __ATOMIC_RELAXED);
		info->dropped += __atomic_load_n(&lane->dropped, __ATOMIC_RELAXED);
	}
}
