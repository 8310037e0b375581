/* SPDX-License-Identifier: BSD-3-Clause */
/* The tx queues that rules send by: handed over, taken back, full, missing; who sends for whom. */
#include "sieve_rig.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

static struct plx_sieve_egress_stats
egress_stats(unsigned port)
{
	struct plx_sieve_egress_stats stats;

	assert_int_equal(plx_sieve_egress_stats(rig.port[port], &stats), 0);
	return stats;
}

static void
drain(unsigned port, unsigned n)
{
	struct plx_mbuf *pkts[RIG_ENTRIES];

	rig_settle();
	assert_int_equal(rig_out(port, pkts, RIG_ENTRIES), n);
	plx_mbuf_free_bulk(pkts, n);
}

static void
a_port_without_a_queue_for_it_gets_nothing(void **state)
{
	struct plx_sieve_stats stats;

	rig_rules("10 reflect-continue 2\n20 bounce 40 sport 1000-1009\n");
	rig_feed(0, 15);
	assert_int_equal(rig_drink(), 5);
	stats = rig_books();
	assert_int_equal(stats.misdirected, 25);
	assert_int_equal(stats.unsent, 10);
	assert_int_equal(stats.sent, 0);
	rig_egress(1);
	rig_feed(0, 15);
	assert_int_equal(rig_drink(), 5);
	stats = rig_books();
	assert_int_equal(stats.handed_over, 15);
	assert_int_equal(stats.sent, 10); /* one of their two sends went */
	drain(1, 15);
	plx_sieve_egress_close(rig.port[1]);
	rig_feed(0, 15);
	assert_int_equal(rig_drink(), 5);
	assert_int_equal(rig_books().unsent, 20);
	drain(1, 0);
}

static void
what_a_port_does_not_take_is_dropped_and_counted(void **state)
{
	rig_egress(1);
	rig_rules("10 reflect 2\n");
	for (unsigned i = 0; i < 3; i++) {
		rig_feed(0, 400);
		assert_int_equal(rig_drink(), 0);
	}
	rig_settle();
	assert_int_equal(rig_books().sent, 1200);
	assert_int_equal(egress_stats(1).transmitted, RIG_ENTRIES);
	assert_int_equal(egress_stats(1).refused, 1200 - RIG_ENTRIES);
	assert_int_equal(egress_stats(1).waiting, 0);
	assert_int_equal(egress_stats(1).queue, RIG_EGRESS);
	drain(1, RIG_ENTRIES);
	/* A port that is stopped takes nothing. */
	plx_ethdev_stop(rig.port[1]);
	rig_feed(0, 10);
	assert_int_equal(rig_drink(), 0);
	rig_settle();
	assert_int_equal(egress_stats(1).refused, 1210 - RIG_ENTRIES);
}

/* Its queues may have become fewer. */
static void
a_queue_that_is_no_more_takes_nothing(void **state)
{
	rig_egress(1);
	rig_rules("10 reflect 2\n");
	plx_ethdev_close(rig.port[1]);
	rig_feed(0, 10);
	assert_int_equal(rig_drink(), 0);
	rig_settle(); /* before it has one again */
	assert_int_equal(plx_ethdev_open(rig.port[1], 1, pool, NULL), 0);
	rig_feed(0, 10);
	assert_int_equal(rig_drink(), 0);
	rig_settle();
	assert_int_equal(egress_stats(1).refused, 20);
	assert_int_equal(rig_books().sent, 20);
}

static void
handing_over_is_checked(void **state)
{
	struct plx_sieve_egress_stats stats;
	struct plx_why why;

	assert_int_equal(plx_sieve_egress_open(60, 0, &why), -ENODEV);
	assert_int_equal(plx_sieve_egress_open(rig.port[1], 2, &why), -EINVAL);
	assert_non_null(strstr(why.text, "no tx queue 2"));
	rig_egress(1);
	assert_int_equal(plx_sieve_egress_open(rig.port[1], 0, &why), -EBUSY);
	assert_non_null(strstr(why.text, "tx queue 1"));
	plx_sieve_egress_close(rig.port[1]);
	plx_sieve_egress_close(rig.port[1]);
	plx_sieve_egress_close(60);
	assert_int_equal(plx_sieve_egress_stats(rig.port[1], &stats), -ENOENT);
	assert_int_equal(plx_sieve_egress_stats(60, &stats), -ENOENT);
	/* Again, from the beginning. */
	rig_egress(1);
	assert_int_equal(egress_stats(1).transmitted, 0);
}

/* Copies of what others look at too, and of what passes as well. */
static void
nobody_sees_a_change_that_is_not_theirs(void **state)
{
	struct plx_mbuf *m = rig_packet(0), *pkts[8];

	rig_egress(1);
	rig_rules("10 bounce 2\n");
	plx_mbuf_ref(m);
	rig_put(m, 0);
	assert_int_equal(rig_drink(), 0);
	rig_settle();
	assert_int_equal(rig_out(1, pkts, 8), 1);
	assert_ptr_not_equal(pkts[0], m);
	assert_int_equal(((uint8_t *)plx_mbuf_data(m))[5], 2);
	assert_int_equal(((uint8_t *)plx_mbuf_data(pkts[0]))[5], 1);
	plx_mbuf_free(pkts[0]);
	plx_mbuf_free(m);
	m = rig_packet(0);
	rig_put(m, 0);
	assert_int_equal(rig_drink(), 0);
	rig_settle();
	assert_int_equal(rig_out(1, pkts, 8), 1);
	assert_ptr_equal(pkts[0], m); /* nobody else had it */
	plx_mbuf_free(pkts[0]);
}

static void
what_cannot_be_made_is_counted(void **state)
{
	struct plx_mbuf *m = rig_packet(0), *all[4096];
	unsigned n = 0;

	rig_egress(1);
	rig_rules("10 bounce-continue 2\n");
	plx_mbuf_trim(m, RIG_FRAME - 11); /* no two addresses */
	rig_put(m, 0);
	assert_int_equal(rig_drink(), 1);
	assert_int_equal(rig_books().unmade, 1);
	rig_feed(0, 1);
	while ((all[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	assert_int_equal(rig_drink(), 1);
	plx_mbuf_free_bulk(all, n);
	assert_int_equal(rig_books().unmade, 2);
	assert_int_equal(rig_books().handed_over, 0);
}

/* -- several threads ----------------------------------------------------------------------------------- */

#define ROUNDS 200
#define BATCH  50

static unsigned sending;

/* Queue by queue, each with a thread: both send out of port 1 by the same tx queue. */
static void *
feed_and_drink(void *arg)
{
	const uint16_t queue = arg != NULL;
	struct plx_mbuf *pkts[BATCH];

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint16_t got = 0;

		for (unsigned i = 0; i < BATCH; i++) {
			while ((pkts[i] = plx_mbuf_alloc(pool)) == NULL)
				sched_yield();
			plx_mbuf_append(pkts[i], RIG_FRAME);
		}
		while (got < BATCH)
			got += plx_ethdev_tx_burst(rig.far[0], queue, pkts + got, BATCH - got);
		plx_ethdev_rx_burst(rig.port[0], queue, pkts, BATCH);
	}
	__atomic_fetch_sub(&sending, 1, __ATOMIC_RELEASE);
	return NULL;
}

static uint16_t
take_out(void)
{
	struct plx_mbuf *pkts[RIG_ENTRIES];
	uint16_t n = rig_out(1, pkts, RIG_ENTRIES);

	plx_mbuf_free_bulk(pkts, n);
	return n;
}

static void
several_threads_send_by_one_queue(void **state)
{
	struct plx_sieve_stats stats;
	pthread_t threads[2];
	uint64_t out = 0;

	rig_egress(1);
	rig_rules("10 reflect 2\n");
	sending = 2;
	assert_int_equal(pthread_create(&threads[0], NULL, feed_and_drink, NULL), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, feed_and_drink, &rig), 0);
	while (__atomic_load_n(&sending, __ATOMIC_ACQUIRE) != 0) {
		out += take_out();
		sched_yield();
	}
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	/* The last of them may be the control thread's to send. */
	RIG_WAIT(egress_stats(1).transmitted + egress_stats(1).refused == rig_books().handed_over);
	plx_sieve_stats(rig.sieve, &stats);
	assert_int_equal(stats.packets, 2 * ROUNDS * BATCH);
	assert_int_equal(stats.handed_over + stats.crowded, stats.packets);
	assert_int_equal(out + take_out(), egress_stats(1).transmitted);
}

/* -- taking back --------------------------------------------------------------------------------------- */

static struct {
	sem_t inside, go;
	plx_ethdev_tx_fn tx;
	bool closed;
} slow;

static uint16_t
stay(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	sem_post(&slow.inside);
	sem_wait(&slow.go);
	return slow.tx(queue, pkts, n);
}

static void *
drink(void *arg)
{
	rig_drink();
	return NULL;
}

static void *
take_back(void *arg)
{
	plx_sieve_egress_close(rig.port[1]);
	__atomic_store_n(&slow.closed, true, __ATOMIC_RELEASE);
	return NULL;
}

static void
a_queue_is_not_back_while_somebody_sends_by_it(void **state)
{
	struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[rig.port[1]];
	struct plx_sieve_egress_stats stats;
	pthread_t drinker, taker;

	sem_init(&slow.inside, 0, 0);
	sem_init(&slow.go, 0, 0);
	rig_egress(1);
	rig_rules("10 reflect 2\n");
	rig_feed(0, 3);
	slow.tx = fast->tx;
	fast->tx = stay;
	assert_int_equal(pthread_create(&drinker, NULL, drink, NULL), 0);
	sem_wait(&slow.inside);
	assert_int_equal(pthread_create(&taker, NULL, take_back, NULL), 0);
	/* Not before it has begun; then it waits. Too short a time here hides a fault, and makes none. */
	while (plx_sieve_egress_stats(rig.port[1], &stats) == 0)
		sched_yield();
	usleep(50000);
	assert_false(__atomic_load_n(&slow.closed, __ATOMIC_ACQUIRE));
	fast->tx = slow.tx;
	sem_post(&slow.go);
	pthread_join(drinker, NULL);
	pthread_join(taker, NULL);
	drain(1, 3);
}

/* -- a crowd ------------------------------------------------------------------------------------------- */

#define WAITING \
	2048 /* packets that a queue that was handed over has room for, as sieve_egress.c says */
#define TOO_MANY 100

/* Flows of port 0's other queue, which this thread polls while who polls the first one is inside the driver. */
static void
crowd(uint32_t n)
{
	struct plx_mbuf *pkts[1];

	for (uint32_t i = 0; i < n; i++) {
		rig_put(rig_packet(i), 1);
		plx_ethdev_rx_burst(rig.port[0], 1, pkts, 1);
	}
}

/*
 * Who sends is kept in the driver until the others have filled the queue: what finds no room is lost, and counted so. Nothing is
 * asserted before he is let go, or the queue could not be taken back.
 */
static void
what_finds_the_queue_full_of_others_is_crowded_out(void **state)
{
	struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[rig.port[1]];
	struct plx_sieve_egress_stats full;
	struct plx_sieve_stats before, after;
	pthread_t drinker;
	uint32_t in_use;

	sem_init(&slow.inside, 0, 0);
	sem_init(&slow.go, 0, 0);
	rig_egress(1);
	rig_rules("10 reflect 2\n");
	rig_feed(0, 3);
	slow.tx = fast->tx;
	fast->tx = stay;
	assert_int_equal(pthread_create(&drinker, NULL, drink, NULL), 0);
	sem_wait(&slow.inside);
	crowd(WAITING);
	plx_sieve_stats(rig.sieve, &before);
	full = egress_stats(1);
	crowd(TOO_MANY);
	plx_sieve_stats(rig.sieve, &after);
	plx_pool_cache_flush(pool);
	in_use = plx_pool_in_use(pool);
	fast->tx = slow.tx;
	sem_post(&slow.go);
	pthread_join(drinker, NULL);
	assert_int_equal(before.crowded, 0);
	assert_int_equal(full.waiting, WAITING);
	assert_int_equal(after.crowded, TOO_MANY);
	assert_int_equal(after.handed_over, WAITING); /* the three count when they are through */
	assert_int_equal(in_use, 3 + WAITING);	      /* those without room are free already */
	RIG_WAIT(egress_stats(1).transmitted + egress_stats(1).refused == 3 + WAITING);
	assert_int_equal(egress_stats(1).transmitted, RIG_ENTRIES);
	drain(1, RIG_ENTRIES);
	after = rig_books();
	assert_int_equal(after.crowded, TOO_MANY);
	assert_int_equal(after.handed_over, 3 + WAITING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_port_without_a_queue_for_it_gets_nothing),
		RIG_TEST(what_a_port_does_not_take_is_dropped_and_counted),
		RIG_TEST(a_queue_that_is_no_more_takes_nothing),
		RIG_TEST(handing_over_is_checked),
		RIG_TEST(nobody_sees_a_change_that_is_not_theirs),
		RIG_TEST(what_cannot_be_made_is_counted),
		RIG_TEST(several_threads_send_by_one_queue),
		RIG_TEST(a_queue_is_not_back_while_somebody_sends_by_it),
		RIG_TEST(what_finds_the_queue_full_of_others_is_crowded_out),
	};

	return cmocka_run_group_tests(tests, rig_init, eal_pool_fini);
}
