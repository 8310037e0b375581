/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads hammer a ring, mostly more of them than there are processors, while another thread interrupts them
 * at any instruction and makes them sleep there. Every element must come out exactly once, and each consumer
 * must see those of one producer in order. One body, a table of modes; each mode is bounded in time, but each producer makes some
 * elements however late it gets a processor.
 */
#include "patience.h"
#include "plx_ring_mpmc.h"
#include "plx_ring_spsc.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define THREADS_MAX 8
#define SEQ_BITS    20
#define SEQ_MAX	    (1u << SEQ_BITS)
#define BURST_MAX   48
#define LEAST	    256 /* elements of each producer */
#define MODE_MS	    150
#define STUCK_MS    PATIENCE_MS

/* Moves up to n identities, in whichever way the mode says; returns how many. */
typedef uint32_t (*move_fn)(void *ring, uint64_t *ids, uint32_t n, unsigned *seed);

struct mode {
	const char *name;
	move_fn put;
	move_fn take;
	bool mpmc;
	unsigned bits;
	unsigned producers, consumers;
	uint32_t capacity;
};

struct run {
	const struct mode *mode;
	void *ring;
	uint64_t end_ns;
	uint32_t made[THREADS_MAX]; /* by each producer, valid when it is done */
	uint32_t producers_done;    /* atomic */
	uint32_t consumers_done;    /* atomic */
	uint64_t taken;		    /* atomic */
	uint64_t faults;	    /* atomic */
	uint8_t *seen[THREADS_MAX]; /* how often each element came out, atomic */
};

struct worker {
	struct run *run;
	unsigned index;
	unsigned seed;
	pthread_t thread;
};

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static unsigned
dice(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Wide elements say the same thing twice, so that a torn one shows. */
static uint64_t
widen(uint64_t id)
{
	return id | ~id << 32;
}

static uint64_t
narrow(uint64_t v)
{
	return (uint32_t)v == (uint32_t) ~(v >> 32) ? (uint32_t)v : UINT32_MAX;
}

static void
plain_set32(uint32_t *slot, uint32_t v)
{
	*slot = v;
}

static void
plain_set64(uint64_t *slot, uint64_t v)
{
	*slot = v;
}

/* Puts and takes of both families and widths, in bursts, in bulks, one by one, and without copying. */
#define MOVES(family, bits, p, c, to, from, set, commit)                                 \
	static uint32_t put_##family##bits##p(void *ring, uint64_t *ids, uint32_t n,     \
					      unsigned *seed)                            \
	{                                                                                \
		struct plx_ring_##family *r = ring;                                      \
		uint##bits##_t v[BURST_MAX];                                             \
                                                                                         \
		for (uint32_t i = 0; i < n; i++)                                         \
			v[i] = (uint##bits##_t)to(ids[i]);                               \
		switch (dice(seed) % 4) {                                                \
		case 0:                                                                  \
			return plx_ring_##family##_enqueue##bits##p(r, v[0]);            \
		case 1:                                                                  \
			return plx_ring_##family##_enqueue_bulk##bits##p(r, v, n);       \
		default:                                                                 \
			return plx_ring_##family##_enqueue_burst##bits##p(r, v, n);      \
		}                                                                        \
	}                                                                                \
	static uint32_t take_##family##bits##c(void *ring, uint64_t *ids, uint32_t n,    \
					       unsigned *seed)                           \
	{                                                                                \
		struct plx_ring_##family *r = ring;                                      \
		uint##bits##_t v[BURST_MAX];                                             \
		uint32_t got;                                                            \
                                                                                         \
		switch (dice(seed) % 4) {                                                \
		case 0:                                                                  \
			got = plx_ring_##family##_dequeue##bits##c(r, v);                \
			break;                                                           \
		case 1:                                                                  \
			got = plx_ring_##family##_dequeue_bulk##bits##c(r, v, n);        \
			break;                                                           \
		default:                                                                 \
			got = plx_ring_##family##_dequeue_burst##bits##c(r, v, n);       \
			break;                                                           \
		}                                                                        \
		for (uint32_t i = 0; i < got; i++)                                       \
			ids[i] = from(v[i]);                                             \
		return got;                                                              \
	}                                                                                \
	static uint32_t reserve_##family##bits##p(void *ring, uint64_t *ids, uint32_t n, \
						  unsigned *seed)                        \
	{                                                                                \
		struct plx_ring_##family *r = ring;                                      \
		uint##bits##_t *slots;                                                   \
		uint32_t got = plx_ring_##family##_reserve##bits##p(r, n, &slots);       \
                                                                                         \
		for (uint32_t i = 0; i < got; i++)                                       \
			set(&slots[i], (uint##bits##_t)to(ids[i]));                      \
		if (dice(seed) % 8 == 0)                                                 \
			sched_yield();                                                   \
		commit;                                                                  \
		return got;                                                              \
	}

#define PEEK(family, bits, c, from, release)                                          \
	static uint32_t peek_##family##bits##c(void *ring, uint64_t *ids, uint32_t n, \
					       unsigned *seed)                        \
	{                                                                             \
		struct plx_ring_##family *r = ring;                                   \
		const uint##bits##_t *slots;                                          \
		uint32_t got = plx_ring_##family##_peek##bits##c(r, n, &slots);       \
                                                                                      \
		if (dice(seed) % 8 == 0)                                              \
			sched_yield();                                                \
		for (uint32_t i = 0; i < got; i++)                                    \
			ids[i] = from(slots[i]);                                      \
		release;                                                              \
		return got;                                                           \
	}

MOVES(mpmc, 32, _mp, _mc, , , plx_ring_mpmc_set32, plx_ring_mpmc_commit32(r, slots, got))
MOVES(mpmc, 64, _mp, _mc, widen, narrow, plx_ring_mpmc_set64, plx_ring_mpmc_commit64(r, slots, got))
MOVES(mpmc, 32, _sp, _sc, , , plx_ring_mpmc_set32, plx_ring_mpmc_commit32(r, slots, got))
MOVES(mpmc, 64, _sp, _sc, widen, narrow, plx_ring_mpmc_set64, plx_ring_mpmc_commit64(r, slots, got))
MOVES(spsc, 32, , , , , plain_set32, plx_ring_spsc_commit(r, got))
MOVES(spsc, 64, , , widen, narrow, plain_set64, plx_ring_spsc_commit(r, got))
PEEK(mpmc, 32, _sc, , plx_ring_mpmc_release32_sc(r, got))
PEEK(mpmc, 64, _sc, narrow, plx_ring_mpmc_release64_sc(r, got))
PEEK(spsc, 32, , , plx_ring_spsc_release(r, got))
PEEK(spsc, 64, , narrow, plx_ring_spsc_release(r, got))

static const struct mode modes[] = {
	{"spsc 32", put_spsc32, take_spsc32, false, 32, 1, 1, 64},
	{"spsc 64", put_spsc64, take_spsc64, false, 64, 1, 1, 64},
	{"spsc 32, one slot", put_spsc32, take_spsc32, false, 32, 1, 1, 1},
	{"spsc 32 without copying", reserve_spsc32, peek_spsc32, false, 32, 1, 1, 64},
	{"spsc 64 without copying", reserve_spsc64, peek_spsc64, false, 64, 1, 1, 16},
	{"mpmc 32, one each", put_mpmc32_mp, take_mpmc32_mc, true, 32, 1, 1, 64},
	{"mpmc 32, 4 and 4", put_mpmc32_mp, take_mpmc32_mc, true, 32, 4, 4, 64},
	{"mpmc 64, 4 and 4", put_mpmc64_mp, take_mpmc64_mc, true, 64, 4, 4, 64},
	{"mpmc 32, 4 and 4, two slots", put_mpmc32_mp, take_mpmc32_mc, true, 32, 4, 4, 2},
	{"mpmc 64, 4 and 4, one slot", put_mpmc64_mp, take_mpmc64_mc, true, 64, 4, 4, 1},
	{"mpmc 32, 4 and 4, roomy", put_mpmc32_mp, take_mpmc32_mc, true, 32, 4, 4, 4096},
	{"mpmc 64, 8 and 1", put_mpmc64_mp, take_mpmc64_sc, true, 64, 8, 1, 64},
	{"mpmc 32, 1 and 8", put_mpmc32_sp, take_mpmc32_mc, true, 32, 1, 8, 64},
	{"mpmc 64, 1 and 1, single", put_mpmc64_sp, take_mpmc64_sc, true, 64, 1, 1, 16},
	{"mpmc 32, 1 and 1, single", put_mpmc32_sp, take_mpmc32_sc, true, 32, 1, 1, 16},
	{"mpmc 32, 4 and 4, reserve", reserve_mpmc32_mp, take_mpmc32_mc, true, 32, 4, 4, 32},
	{"mpmc 64, 4 and 4, reserve", reserve_mpmc64_mp, take_mpmc64_mc, true, 64, 4, 4, 32},
	{"mpmc 64, 4 and 1, peek", put_mpmc64_mp, peek_mpmc64_sc, true, 64, 4, 1, 32},
	{"mpmc 32, 8 and 1, reserve and peek", reserve_mpmc32_mp, peek_mpmc32_sc, true, 32, 8, 1,
	 32},
	{"mpmc 32, 1 and 4, reserve", reserve_mpmc32_sp, take_mpmc32_mc, true, 32, 1, 4, 32},
	{"mpmc 64, 1 and 4, reserve", reserve_mpmc64_sp, take_mpmc64_mc, true, 64, 1, 4, 32},
};

static void
fault(struct run *run, const char *what, uint64_t id)
{
	if (__atomic_fetch_add(&run->faults, 1, __ATOMIC_RELAXED) < 5)
		printf("  %s: %s, element %u of producer %u\n", run->mode->name, what,
		       (unsigned)(id & (SEQ_MAX - 1)), (unsigned)(id >> SEQ_BITS));
}

/* Until when who has made so many goes on. */
static uint64_t
end_of(const struct run *run, uint32_t made)
{
	return run->end_ns + (made < LEAST ? STUCK_MS * UINT64_C(1000000) : 0);
}

static void *
produce(void *arg)
{
	struct worker *w = arg;
	struct run *run = w->run;
	uint64_t ids[BURST_MAX];
	uint32_t made = 0;

	while (made < SEQ_MAX && now_ns() < end_of(run, made)) {
		uint32_t n = 1 + dice(&w->seed) % BURST_MAX;

		if (n > SEQ_MAX - made)
			n = SEQ_MAX - made;
		for (uint32_t i = 0; i < n; i++)
			ids[i] = (uint64_t)w->index << SEQ_BITS | (made + i);
		n = run->mode->put(run->ring, ids, n, &w->seed);
		made += n;
		if (n == 0)
			sched_yield();
	}
	run->made[w->index] = made;
	__atomic_fetch_add(&run->producers_done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void
check(struct run *run, const uint64_t *ids, uint32_t n, int64_t *last)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t from = ids[i] >> SEQ_BITS;
		uint32_t seq = ids[i] & (SEQ_MAX - 1);

		if (from >= run->mode->producers) {
			fault(run, "invented or torn", ids[i]);
			continue;
		}
		if ((int64_t)seq <= last[from])
			fault(run, "out of order", ids[i]);
		last[from] = seq;
		if (__atomic_fetch_add(&run->seen[from][seq], 1, __ATOMIC_RELAXED) != 0)
			fault(run, "came out twice", ids[i]);
	}
}

static void *
consume(void *arg)
{
	struct worker *w = arg;
	struct run *run = w->run;
	uint64_t ids[BURST_MAX];
	int64_t last[THREADS_MAX];

	memset(last, 0xff, sizeof(last));
	while (now_ns() < run->end_ns + 2 * STUCK_MS * UINT64_C(1000000)) {
		bool over = __atomic_load_n(&run->producers_done, __ATOMIC_ACQUIRE) ==
			    run->mode->producers;
		uint32_t n =
			run->mode->take(run->ring, ids, 1 + dice(&w->seed) % BURST_MAX, &w->seed);

		check(run, ids, n, last);
		__atomic_fetch_add(&run->taken, n, __ATOMIC_RELAXED);
		if (n == 0 && over) {
			uint64_t made = 0;

			for (unsigned p = 0; p < run->mode->producers; p++)
				made += run->made[p];
			if (__atomic_load_n(&run->taken, __ATOMIC_RELAXED) >= made)
				break;
		}
		if (n == 0)
			sched_yield();
	}
	__atomic_fetch_add(&run->consumers_done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Runs on the thread that is interrupted: it sleeps for long enough that others go round the ring. */
static void
sleep_here(int signal)
{
	struct timespec t = {0, 50000};
	int saved = errno;

	nanosleep(&t, NULL);
	errno = saved;
}

static void
interrupt_until_done(struct run *run, const struct worker *workers, unsigned n)
{
	struct timespec pause = {0, (long)(400000 / n)}; /* each worker every 0.4 ms */
	unsigned seed = 7;

	while (__atomic_load_n(&run->consumers_done, __ATOMIC_ACQUIRE) < run->mode->consumers) {
		nanosleep(&pause, NULL);
		if (now_ns() < run->end_ns)
			pthread_kill(workers[dice(&seed) % n].thread, SIGUSR1);
	}
}

static void
settle(struct run *run)
{
	uint64_t made = 0;

	for (unsigned p = 0; p < run->mode->producers; p++) {
		made += run->made[p];
		if (run->made[p] < LEAST)
			fault(run, "stuck", (uint64_t)p << SEQ_BITS | run->made[p]);
		for (uint32_t seq = 0; seq < run->made[p]; seq++)
			if (run->seen[p][seq] == 0)
				fault(run, "never came out", (uint64_t)p << SEQ_BITS | seq);
	}
	if (run->taken != made)
		run->faults++;
	printf("%-36s %9llu elements, %llu faults\n", run->mode->name, (unsigned long long)made,
	       (unsigned long long)run->faults);
}

static bool
run_mode(const struct mode *mode)
{
	size_t size = mode->mpmc ? plx_ring_mpmc_size(mode->capacity, mode->bits / 8)
				 : plx_ring_spsc_size(mode->capacity, mode->bits / 8);
	struct run run = {.mode = mode, .ring = aligned_alloc(PLX_CACHE_LINE, size)};
	struct worker workers[2 * THREADS_MAX];
	unsigned n = mode->producers + mode->consumers;
	int err = mode->mpmc ? plx_ring_mpmc_init(run.ring, mode->capacity, mode->bits / 8)
			     : plx_ring_spsc_init(run.ring, mode->capacity, mode->bits / 8);

	for (unsigned p = 0; p < mode->producers; p++)
		run.seen[p] = calloc(SEQ_MAX, 1);
	run.end_ns = now_ns() + MODE_MS * 1000000ull;
	for (unsigned i = 0; err == 0 && i < n; i++) {
		bool producer = i < mode->producers;

		workers[i] = (struct worker){&run, producer ? i : i - mode->producers, i + 1, 0};
		if (pthread_create(&workers[i].thread, NULL, producer ? produce : consume,
				   &workers[i]) != 0) {
			perror("pthread_create");
			exit(1);
		}
	}
	interrupt_until_done(&run, workers, n);
	for (unsigned i = 0; i < n; i++)
		pthread_join(workers[i].thread, NULL);
	settle(&run);
	for (unsigned p = 0; p < mode->producers; p++)
		free(run.seen[p]);
	free(run.ring);
	return err == 0 && run.faults == 0;
}

/* -- a consumer that is late ---------------------------------------------------------------------------- */

static struct plx_ring_mpmc *late_ring;

/* What others might do between two instructions of a call: a whole lap, after which as much is inside. */
static void
go_round(int signal)
{
	uint32_t v;

	for (unsigned i = 0; i < plx_ring_mpmc_capacity(late_ring); i++) {
		if (!plx_ring_mpmc_dequeue32_mc(late_ring, &v))
			break;
		plx_ring_mpmc_enqueue32_mp(late_ring, v);
	}
}

/* The ring holds two elements or more at all times: a dequeue that finds it empty lies. */
static bool
a_late_consumer_is_not_told_that_the_ring_is_empty(void)
{
	struct sigaction action = {.sa_handler = go_round, .sa_flags = SA_RESTART};
	const struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
	uint64_t end = now_ns() + MODE_MS * 1000000ull;
	unsigned long taken = 0, lies = 0;
	uint32_t v;

	late_ring = aligned_alloc(PLX_CACHE_LINE, plx_ring_mpmc_size(4, 4));
	if (plx_ring_mpmc_init(late_ring, 4, 4) != 0)
		return false;
	plx_ring_mpmc_enqueue32_mp(late_ring, 0);
	plx_ring_mpmc_enqueue32_mp(late_ring, 1);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (now_ns() < end) {
		for (unsigned i = 0; i < 1000; i++) {
			plx_ring_mpmc_enqueue32_mp(late_ring, i);
			lies += !plx_ring_mpmc_dequeue32_mc(late_ring, &v);
			taken++;
		}
	}
	setitimer(ITIMER_REAL, &never, NULL);
	printf("%-36s %9lu elements, %lu faults\n", "mpmc 32, a late consumer", taken, lies);
	free(late_ring);
	return lies == 0;
}

int
main(void)
{
	struct sigaction action = {.sa_handler = sleep_here, .sa_flags = SA_RESTART};
	unsigned failed = 0;

	sigaction(SIGUSR1, &action, NULL);
	for (size_t i = 0; i < PLX_ARRAY_LEN(modes); i++)
		failed += !run_mode(&modes[i]);
	failed += !a_late_consumer_is_not_told_that_the_ring_is_empty();
	printf("%u of %zu modes failed\n", failed, PLX_ARRAY_LEN(modes) + 1);
	return failed != 0;
}
