/* SPDX-License-Identifier: BSD-3-Clause */
/* What slaves do in the crash tests: look, do everything, or lie. */
#include "crash.h"
#include "crash_point.h"
#include "plx_cluster_lane.h"
#include "plx_cluster_slave.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define KEPT_MAX 16

static uint32_t points_left; /* 0: nobody counts */

void
crash_point(int line)
{
	if (points_left == 0 || --points_left != 0)
		return;
	__atomic_fetch_add(&crash_page->by_line[line % CRASH_LINES], 1, __ATOMIC_RELAXED);
	kill(getpid(), SIGKILL);
}

/* Again when the master stood still: the launcher has a limit for all of it. */
static int
attach_in_time(const char *name, const struct plx_cluster_slave_params *params,
	       struct plx_cluster_slave **ret_slave, struct plx_why *why)
{
	int ret;

	do
		ret = plx_cluster_attach(name, params, ret_slave, why);
	while (ret == -ETIMEDOUT && !crash_failed());
	return ret;
}

static struct plx_cluster_slave *
attach(uint32_t place, uint32_t flags)
{
	struct plx_cluster_slave_params params = {.flags = flags};
	struct plx_cluster_slave *slave;
	struct plx_why why = {""};
	char name[32];

	snprintf(name, sizeof(name), "cluster:10@%u", place);
	if (attach_in_time(name, &params, &slave, &why) == 0)
		return slave;
	crash_fail("place %u was not given at once: %s", place, why.text);
	return NULL;
}

/* Every packet says its number twice. */
static bool
read_number(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc,
	    uint32_t *ret_number)
{
	uint32_t words[2] = {0, 0};

	if (desc->len == CRASH_FRAME)
		memcpy(words, plx_cluster_data(slave, desc) + CRASH_FRAME - sizeof(words),
		       sizeof(words));
	*ret_number = words[0];
	return words[0] == ~words[1];
}

/* -- who survives ------------------------------------------------------------------------------------- */

static void
look(struct crash_survivor *books, const struct plx_cluster_slave *slave,
     const struct plx_cluster_desc *desc)
{
	uint32_t number;

	if (!read_number(slave, desc, &number))
		books->spoilt++;
	else if (number < books->last)
		books->disorder++;
	books->last = number + 1;
}

void
crash_survive(uint32_t i, uint64_t seed)
{
	struct crash_survivor *books = &crash_page->survivors[i];
	uint32_t kept[KEPT_MAX], nb_kept = 0;
	struct plx_cluster_slave *slave = attach(i, i != 0 ? PLX_CLUSTER_SLAVE_PASSIVE : 0);
	const struct plx_cluster_desc *desc;

	if (slave == NULL)
		return;
	__atomic_fetch_add(&crash_page->attached, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&crash_page->survivors_may_end, __ATOMIC_ACQUIRE)) {
		uint32_t n = plx_cluster_peek(slave, &desc, PLX_CLUSTER_BURST);

		for (uint32_t k = 0; k < n; k++) {
			look(books, slave, &desc[k]);
			if (nb_kept < KEPT_MAX && crash_dice(&seed) % 16 == 0 &&
			    plx_cluster_keep(slave, k))
				kept[nb_kept++] = desc[k].number;
		}
		plx_cluster_done(slave, n);
		__atomic_store_n(&books->seen, books->seen + n, __ATOMIC_RELEASE);
		while (nb_kept > 0 && crash_dice(&seed) % 4 == 0)
			plx_cluster_return(slave, kept[--nb_kept]);
		if (n == 0 && plx_cluster_wait(slave, 20) == -EPIPE) {
			crash_fail("survivor %u was sent away", i);
			return;
		}
	}
	plx_cluster_leave(slave);
}

/* -- who does everything ------------------------------------------------------------------------------- */

struct victim {
	struct plx_cluster_slave *slave;
	uint64_t seed;
	bool writable;
	struct plx_cluster_desc kept[KEPT_MAX];
	uint32_t nb_kept;
};

static void
handle(struct victim *v, const struct plx_cluster_desc *desc, uint32_t i)
{
	uint32_t number;

	if (!read_number(v->slave, &desc[i], &number))
		crash_fail("a victim saw a packet that nobody sent");
	switch (crash_dice(&v->seed) % 8) {
	case 0:
	case 1:
		if (v->nb_kept < KEPT_MAX && plx_cluster_keep(v->slave, i))
			v->kept[v->nb_kept++] = desc[i];
		break;
	case 2:
		plx_cluster_send(v->slave, i, 1 + crash_dice(&v->seed) % 3);
		break;
	default:
		break;
	}
}

static void
use_empty(struct victim *v)
{
	struct plx_cluster_desc desc = {.off = 128, .len = CRASH_FRAME};

	if (!v->writable || v->nb_kept == KEPT_MAX || !plx_cluster_alloc(v->slave, &desc.number))
		return;
	memset(plx_cluster_data(v->slave, &desc), 0xee, desc.len);
	v->kept[v->nb_kept++] = desc;
}

static void
use_kept(struct victim *v)
{
	const struct plx_cluster_desc *desc;

	if (v->nb_kept == 0)
		return;
	desc = &v->kept[v->nb_kept - 1];
	if (crash_dice(&v->seed) % 2 == 0)
		plx_cluster_return(v->slave, desc->number);
	else if (!plx_cluster_send_kept(v->slave, desc, 1))
		return;
	v->nb_kept--;
}

/* A round, with the queue given back in two pieces. */
static void
round_of(struct victim *v)
{
	const struct plx_cluster_desc *desc;
	uint32_t n =
		plx_cluster_peek(v->slave, &desc, 1 + crash_dice(&v->seed) % PLX_CLUSTER_BURST);
	uint32_t first = n != 0 ? crash_dice(&v->seed) % (n + 1) : 0;

	for (uint32_t i = 0; i < n; i++)
		handle(v, desc, i);
	crash_point(0);
	plx_cluster_done(v->slave, first);
	if (crash_dice(&v->seed) % 2 == 0)
		use_kept(v);
	plx_cluster_done(v->slave, n - first);
	while (crash_dice(&v->seed) % 2 == 0)
		use_kept(v);
	use_empty(v);
	if (crash_dice(&v->seed) % 4 == 0)
		plx_cluster_flush(v->slave);
}

void
crash_be_victim(uint32_t place, bool writable, bool at_point, uint64_t seed)
{
	static const uint32_t far[] = {20, 100, 1000};
	struct victim v = {.seed = seed, .writable = writable};
	uint32_t flags = writable ? PLX_CLUSTER_SLAVE_WRITE : 0;

	flags |= crash_dice(&v.seed) % 4 == 0 ? PLX_CLUSTER_SLAVE_TIMES : 0;
	flags |= crash_dice(&v.seed) % 2 == 0 ? PLX_CLUSTER_SLAVE_PASSIVE : 0;
	v.slave = attach(place, flags);
	if (v.slave == NULL)
		return;
	if (at_point)
		points_left = 1 + crash_dice(&v.seed) % far[crash_dice(&v.seed) % 3];
	for (;;) {
		round_of(&v);
		if (plx_cluster_wait(v.slave, 20) == -EPIPE) {
			crash_fail("a victim was sent away from place %u", place);
			return;
		}
	}
}

/* -- who lies ------------------------------------------------------------------------------------------ */

static uint32_t *
numbers(struct plx_cluster_lane *lane, uint32_t at)
{
	return (uint32_t *)(void *)((uint8_t *)lane + at);
}

static void
lie_about_returns(struct plx_cluster_lane *lane, const struct plx_cluster_lane_shape *shape,
		  uint64_t *seed)
{
	uint32_t n = crash_dice(seed) % shape->return_len, tail = lane->slave.return_tail;
	uint32_t what = crash_dice(seed) % 3, one = crash_dice(seed) % shape->buffers;

	for (uint32_t i = 0; i < n; i++)
		numbers(lane, shape->return_at)[(tail + i) & (shape->return_len - 1)] =
			what == 0   ? crash_dice(seed) % shape->buffers /* others' */
			: what == 1 ? one				/* again and again */
				    : crash_dice(seed) * 2654435761u;	/* of no pool */
	__atomic_store_n(&lane->slave.return_tail, tail + n, __ATOMIC_RELEASE);
}

/* Some of it can be done: what it holds, maybe twice. */
static struct plx_cluster_order
an_order(const struct plx_cluster_slave *slave, const struct plx_cluster_lane_shape *shape,
	 uint64_t *seed)
{
	struct plx_cluster_order order = {
		.number = crash_dice(seed) % (shape->buffers + 8),
		.off = (uint16_t)crash_dice(seed),
		.len = (uint16_t)(crash_dice(seed) >> (crash_dice(seed) % 16)),
		.ports = crash_dice(seed) | (uint64_t)crash_dice(seed) << 32,
	};

	if (crash_dice(seed) % 2 == 0)
		order.number = slave->queue[crash_dice(seed) % shape->queue_len].number;
	if (crash_dice(seed) % 2 == 0) {
		order.off %= shape->buf_size;
		order.len %= shape->buf_size;
	}
	return order;
}

static void
lie_about_orders(const struct plx_cluster_slave *slave, const struct plx_cluster_lane_shape *shape,
		 uint64_t *seed)
{
	struct plx_cluster_lane *lane = slave->lane;
	struct plx_cluster_order *orders =
		(struct plx_cluster_order *)(void *)((uint8_t *)lane + shape->send_at);
	uint32_t n = crash_dice(seed) % shape->send_len, tail = lane->slave.send_tail;

	for (uint32_t i = 0; i < n; i++)
		orders[(tail + i) & (shape->send_len - 1)] = an_order(slave, shape, seed);
	__atomic_store_n(&lane->slave.send_tail, tail + n, __ATOMIC_RELEASE);
}

static void
lie_about_kept(struct plx_cluster_lane *lane, const struct plx_cluster_lane_shape *shape,
	       uint64_t *seed)
{
	uint64_t *kept = (uint64_t *)(void *)((uint8_t *)lane + shape->kept_at);

	for (uint32_t i = 0; i < shape->queue_len; i++)
		kept[i] = lane->slave.head + crash_dice(seed) % (2 * shape->queue_len);
	lane->slave.kept_to = crash_dice(seed) % 2 == 0 ? UINT64_MAX : crash_dice(seed);
	__atomic_store_n(&lane->slave.head, lane->master.tail, __ATOMIC_RELEASE);
}

static void
scribble(struct plx_cluster_lane *lane, size_t from, size_t bytes, uint64_t *seed)
{
	uint8_t *at = (uint8_t *)lane + from;

	for (uint32_t i = 0; i < 200; i++)
		at[crash_dice(seed) % bytes] = (uint8_t)crash_dice(seed);
}

static void
lie(struct plx_cluster_slave *slave, const struct plx_cluster_lane_shape *shape, uint64_t *seed)
{
	struct plx_cluster_lane *lane = slave->lane;

	switch (crash_dice(seed) % 8) {
	case 0:
		lie_about_returns(lane, shape, seed);
		break;
	case 1:
		lie_about_orders(slave, shape, seed);
		break;
	case 2:
		lie_about_kept(lane, shape, seed);
		break;
	case 3:
		lane->slave.head = lane->master.tail + crash_dice(seed) % 3;
		break;
	case 4:
		lane->slave.grant_head += crash_dice(seed) % (shape->grant_len + 2);
		break;
	case 5:
		scribble(lane, offsetof(struct plx_cluster_lane, slave), sizeof(lane->slave), seed);
		break;
	case 6:
		scribble(lane, sizeof(*lane), shape->bytes - sizeof(*lane), seed);
		break;
	default: /* also what is not its to write */
		scribble(lane, 0, shape->bytes, seed);
		break;
	}
	lane->bell.asleep = 1;
}

void
crash_be_hostile(uint32_t place, bool writable, uint64_t seed)
{
	struct plx_cluster_slave *slave = attach(place, writable ? PLX_CLUSTER_SLAVE_WRITE : 0);
	struct plx_cluster_lane_shape shape;

	if (slave == NULL)
		return;
	shape = slave->lane->shape;
	for (uint32_t i = 0; i < 20000; i++) {
		lie(slave, &shape, &seed);
		if (i % 16 == 0 && plx_cluster_ended(slave))
			return;
		if (crash_dice(&seed) % 4 == 0)
			usleep(crash_dice(&seed) % 300);
	}
}

/* -- all at once --------------------------------------------------------------------------------------- */

/* One of many, that takes what place there is. */
void
crash_crowd(uint64_t seed)
{
	const struct plx_cluster_slave_params any = {.place = PLX_CLUSTER_PLACE_ANY};
	struct plx_cluster_slave *slave;
	struct plx_why why = {""};

	if (attach_in_time("cluster:10", &any, &slave, &why) < 0) {
		crash_fail("one of the crowd: %s", why.text);
		return;
	}
	__atomic_fetch_add(&crash_page->attached, 1, __ATOMIC_RELEASE);
	while (plx_cluster_wait(slave, -1) == 1) {
		const struct plx_cluster_desc *desc;
		uint32_t n = plx_cluster_peek(slave, &desc, PLX_CLUSTER_BURST);

		plx_cluster_done(slave, n);
	}
}
