/* SPDX-License-Identifier: BSD-3-Clause */
/* prove_ring CASE: the rings' own code, in every way it can run (machine.h). */
#include "machine.h"

#include "plx_ring_mpmc.h"
#include "plx_ring_spsc.h"

#include <stdio.h>

#define TAKEN_MAX 8

/* What the consumers got, in their order. */
struct taken {
	uint32_t n;
	uint32_t value[TAKEN_MAX];
};

static struct ring_case {
	const char *name;
	uint32_t capacity, producers, consumers;
	uint32_t each, burst; /* elements of each producer; of how many at once */
	uint32_t tries;	      /* of each consumer */
	uint32_t laps;	      /* the ring has turned before */
	bool spsc, in_place;
} cases[] = {
	{.name = "mpmc_two_producers",
	 .capacity = 2,
	 .producers = 2,
	 .consumers = 1,
	 .each = 2,
	 .burst = 1,
	 .tries = 3},
	{.name = "mpmc_two_consumers",
	 .capacity = 2,
	 .producers = 1,
	 .consumers = 2,
	 .each = 3,
	 .burst = 1,
	 .tries = 2},
	{.name = "mpmc_bursts",
	 .capacity = 2,
	 .producers = 2,
	 .consumers = 1,
	 .each = 2,
	 .burst = 2,
	 .tries = 2,
	 .laps = 1},
	{.name = "mpmc_in_place",
	 .capacity = 2,
	 .producers = 2,
	 .consumers = 1,
	 .each = 2,
	 .burst = 1,
	 .tries = 2,
	 .in_place = true},
	{.name = "spsc",
	 .capacity = 2,
	 .producers = 1,
	 .consumers = 1,
	 .each = 5,
	 .burst = 2,
	 .tries = 5,
	 .spsc = true},
	{.name = "spsc_in_place",
	 .capacity = 2,
	 .producers = 1,
	 .consumers = 1,
	 .each = 5,
	 .burst = 2,
	 .tries = 5,
	 .spsc = true,
	 .in_place = true},
};

static const struct ring_case *now;
static struct plx_ring_mpmc *mpmc;
static struct plx_ring_spsc *spsc;
static struct taken *taken; /* a consumer's, and what was left */
static uint32_t *put;	    /* how many of each producer went in */

static uint32_t
enqueue(const uint32_t *values, uint32_t n)
{
	uint32_t *slots, room;

	if (!now->in_place)
		return now->spsc ? plx_ring_spsc_enqueue_burst32(spsc, values, n)
				 : plx_ring_mpmc_enqueue_burst32_mp(mpmc, values, n);
	room = now->spsc ? plx_ring_spsc_reserve32(spsc, n, &slots)
			 : plx_ring_mpmc_reserve32_mp(mpmc, n, &slots);
	for (uint32_t i = 0; i < room; i++)
		slots[i] = values[i]; /* plain: there is one consumer */
	if (now->spsc)
		plx_ring_spsc_commit(spsc, room);
	else
		plx_ring_mpmc_commit32(mpmc, slots, room);
	return room;
}

static uint32_t
dequeue(uint32_t *values, uint32_t n)
{
	const uint32_t *slots;
	uint32_t got;

	if (!now->in_place && now->spsc)
		return plx_ring_spsc_dequeue_burst32(spsc, values, n);
	if (!now->in_place && now->consumers > 1)
		return plx_ring_mpmc_dequeue_burst32_mc(mpmc, values, n);
	if (!now->in_place)
		return plx_ring_mpmc_dequeue_burst32_sc(mpmc, values, n);
	got = now->spsc ? plx_ring_spsc_peek32(spsc, n, &slots)
			: plx_ring_mpmc_peek32_sc(mpmc, n, &slots);
	for (uint32_t i = 0; i < got; i++)
		values[i] = slots[i];
	if (now->spsc)
		plx_ring_spsc_release(spsc, got);
	else
		plx_ring_mpmc_release32_sc(mpmc, got);
	return got;
}

/* Elements are 100 * who + 1, 2, ... */
static void
produce(void *arg)
{
	uint32_t self = (uint32_t)(uintptr_t)arg, values[2], n;

	for (uint32_t tries = 0; tries < now->each && put[self] < now->each; tries++) {
		n = now->each - put[self] < now->burst ? now->each - put[self] : now->burst;
		for (uint32_t i = 0; i < n; i++)
			values[i] = 100 * (self + 1) + put[self] + i + 1;
		put[self] += enqueue(values, n);
	}
}

static void
take(struct taken *to)
{
	uint32_t values[2] = {0, 0}, n = dequeue(values, now->burst);

	for (uint32_t i = 0; i < n; i++) {
		if (to->n == TAKEN_MAX)
			machine_fail("more came out than went in");
		to->value[to->n++] = values[i];
	}
}

static void
consume(void *arg)
{
	struct taken *to = &taken[(uintptr_t)arg];

	for (uint32_t i = 0; i < now->tries; i++)
		take(to);
}

static void
setup(void)
{
	uint32_t value = 0;
	size_t bytes = now->spsc ? plx_ring_spsc_size(now->capacity, 4)
				 : plx_ring_mpmc_size(now->capacity, 4);
	void *ring = machine_alloc(bytes);

	mpmc = ring;
	spsc = ring;
	taken = machine_alloc((now->consumers + 1) * sizeof(*taken));
	put = machine_alloc(now->producers * sizeof(*put));
	if (now->spsc)
		plx_ring_spsc_init(spsc, now->capacity, 4);
	else
		plx_ring_mpmc_init(mpmc, now->capacity, 4);
	for (uint32_t i = 0; i < now->laps; i++) {
		enqueue(&value, 1);
		dequeue(&value, 1);
	}
	machine_share(ring, bytes);
	for (uintptr_t i = 0; i < now->producers; i++)
		machine_start(produce, (void *)i);
	for (uintptr_t i = 0; i < now->consumers; i++)
		machine_start(consume, (void *)i);
}

/* One producer's elements come out in their order, at each consumer. */
static void
check_order(const struct taken *of)
{
	uint32_t last[4] = {0};

	for (uint32_t i = 0; i < of->n; i++) {
		uint32_t self = of->value[i] / 100 - 1;

		if (self >= now->producers || of->value[i] % 100 == 0 ||
		    of->value[i] % 100 > put[self])
			machine_fail("%u came out, which nobody put in", of->value[i]);
		if (of->value[i] <= last[self])
			machine_fail("%u came out behind %u", of->value[i], last[self]);
		last[self] = of->value[i];
	}
}

/* What went in is what came out, once. */
static void
end(void)
{
	struct taken *rest = &taken[now->consumers];
	uint32_t in = 0, out = 0, seen[4] = {0};

	for (uint32_t i = 0; i <= now->capacity; i++)
		take(rest);
	for (uint32_t i = 0; i < now->producers; i++)
		in += put[i];
	for (uint32_t i = 0; i <= now->consumers; i++) {
		check_order(&taken[i]);
		out += taken[i].n;
		for (uint32_t k = 0; k < taken[i].n; k++) {
			uint32_t self = taken[i].value[k] / 100 - 1;
			uint32_t bit = 1u << (taken[i].value[k] % 100);

			if ((seen[self] & bit) != 0)
				machine_fail("%u came out twice", taken[i].value[k]);
			seen[self] |= bit;
		}
	}
	if (in != out)
		machine_fail("%u went in and %u came out", in, out);
	/* One try finds the ring full only if it is: with a slot for each, none may fail. */
	for (uint32_t i = 0; i < now->producers; i++)
		if (now->producers * now->each <= now->capacity && put[i] < now->each)
			machine_fail("full, and yet there was room");
}

static const char *
choose(size_t i)
{
	now = &cases[i];
	return i < PLX_ARRAY_LEN(cases) ? now->name : NULL;
}

int
main(int argc, char **argv)
{
	return machine_prove(argc, argv, choose, setup, end);
}
