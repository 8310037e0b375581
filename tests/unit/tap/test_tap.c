/* SPDX-License-Identifier: BSD-3-Clause */
/* Taps of a port: who sees what, and that nobody else notices. */
#include "tap_scene.h"

#include "plx_ethdev_tap_driver.h"
#include "tap_region.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct tapping {
	struct plx_tap *tap;
	struct plx_tap_reader *reader;
	struct tap_tails *tails; /* as a reader that lies would have them */
};

static struct scene scene;

static void
attach(struct tapping *t, const struct plx_tap_params *params)
{
	struct plx_why why;
	int fds[PLX_TAP_FDS];

	assert_int_equal(plx_tap_add(params, fds, &t->tap, &why), 0);
	assert_int_equal(plx_tap_reader_create(fds, &t->reader, &why), 0);
	t->tails = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
	assert_ptr_not_equal(t->tails, MAP_FAILED);
	close(fds[0]);
	close(fds[1]);
	plx_tap_reader_want(t->reader, true);
}

static void
detach(struct tapping *t)
{
	munmap(t->tails, 4096);
	plx_tap_reader_destroy(t->reader);
	plx_tap_remove(t->tap);
}

static void
give(struct scene_queue *q, uint32_t first, uint16_t n, uint32_t len)
{
	for (uint16_t i = 0; i < n; i++)
		q->give[i] = scene_packet(first + i, len, 2000);
	q->nb_give = n;
}

static void
take_back(struct scene_queue *q)
{
	plx_mbuf_free_bulk(q->give, q->nb_give);
	q->nb_give = 0;
}

/* The lane has these numbers next, and no more. */
static void
expect(struct tapping *t, unsigned lane, uint32_t first, uint32_t n)
{
	struct plx_tap_packet packet;

	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(plx_tap_reader_next(t->reader, lane, &packet), 1);
		assert_int_equal(scene_number(&packet), first + i);
	}
	assert_int_equal(plx_tap_reader_next(t->reader, lane, &packet), 0);
	plx_tap_reader_release(t->reader, lane);
}

static void
receive(uint16_t queue, uint32_t first, uint16_t n)
{
	struct scene_queue *q = scene.rxq[queue];
	struct plx_mbuf *pkts[1024];

	give(q, first, n, 100);
	assert_int_equal(plx_ethdev_rx_burst(scene.dev.port, queue, pkts, 1024), n);
	assert_memory_equal(pkts, q->give, n * sizeof(*pkts));
	take_back(q);
}

static void
both_directions_of_all_queues_have_lanes(void **state)
{
	const struct plx_tap_params params = {.rx = true, .tx = true};
	struct plx_mbuf *pkts[1024];
	struct plx_tap_source source;
	struct plx_tap_lane_info info;
	struct tapping t;

	scene_begin(&scene, 2, 1);
	attach(&t, &params);
	plx_tap_reader_source(t.reader, &source);
	assert_string_equal(source.name, "net_scene0");
	assert_int_equal(source.mtu, 1500);
	assert_int_equal(source.nb_lanes, 3);
	plx_tap_reader_lane(t.reader, 1, &info);
	assert_int_equal(info.queue, 1);
	assert_false(info.tx);
	plx_tap_reader_lane(t.reader, 2, &info);
	assert_int_equal(info.queue, 0);
	assert_true(info.tx);
	receive(0, 0, 600); /* more than one part */
	receive(1, 5000, 3);
	expect(&t, 0, 0, 600);
	expect(&t, 1, 5000, 3);
	for (uint32_t i = 0; i < 300; i++)
		pkts[i] = scene_packet(i, 100, 2000);
	assert_int_equal(plx_ethdev_tx_burst(scene.dev.port, 0, pkts, 300), 300);
	assert_int_equal(scene.txq[0]->largest, PLX_ETHDEV_TAP_BURST);
	expect(&t, 2, 0, 300);
	expect(&t, 0, 0, 0);
	/* Of what is not taken nothing is seen, and nothing behind it is offered. */
	scene.txq[0]->allow = 200;
	scene.txq[0]->calls = 0;
	assert_int_equal(plx_ethdev_tx_burst(scene.dev.port, 0, pkts, 300), 200);
	assert_int_equal(scene.txq[0]->calls, 1);
	expect(&t, 2, 0, 200);
	scene.txq[0]->allow = 0;
	assert_int_equal(plx_ethdev_tx_burst(scene.dev.port, 0, pkts, 300), 0);
	assert_int_equal(plx_ethdev_tx_burst(scene.dev.port, 0, pkts, 0), 0);
	expect(&t, 2, 0, 0);
	plx_mbuf_free_bulk(pkts, 300);
	detach(&t);
	scene_end(&scene);
}

static void
each_reader_has_its_own_filter_snaplen_and_losses(void **state)
{
	const struct plx_tap_params all = {.rx = true, .lane_bytes = 1};
	const struct plx_tap_params some = {.rx = true, .filter = "ether[3] == 7", .snaplen = 50};
	struct plx_tap_info info;
	struct plx_tap_packet packet;
	struct tapping a, b;

	scene_begin(&scene, 1, 1);
	attach(&a, &all);
	attach(&b, &some);
	/* 256 times 136 bytes a round: the one that reads nothing is full after some. */
	for (unsigned i = 0; i < 10; i++) {
		receive(0, 0, 256);
		assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 1);
		assert_int_equal(packet.cap_len, 50);
		assert_int_equal(packet.wire_len, 100);
		assert_int_equal(scene_number(&packet), 7);
		assert_int_equal(plx_tap_reader_next(b.reader, 0, &packet), 0);
	}
	plx_tap_info(a.tap, &info);
	assert_int_equal(info.recorded, PLX_TAP_LANE_MIN / 136);
	assert_int_equal(info.recorded + info.dropped, 2560);
	assert_int_equal(info.filtered, 0);
	plx_tap_info(b.tap, &info);
	assert_int_equal(info.recorded, 10);
	assert_int_equal(info.filtered, 2550);
	assert_int_equal(info.dropped, 0);
	/* One goes, and the other goes on. */
	detach(&a);
	receive(0, 0, 256);
	plx_tap_info(b.tap, &info);
	assert_int_equal(info.recorded, 11);
	detach(&b);
	assert_null(plx_ethdev_fast_table[scene.dev.port].hooks);
	scene_end(&scene);
}

static void
nothing_is_copied_before_it_is_wanted(void **state)
{
	const struct plx_tap_params params = {.rx = true};
	struct plx_tap_info info;
	struct tapping t;

	scene_begin(&scene, 1, 1);
	attach(&t, &params);
	plx_tap_reader_want(t.reader, false);
	receive(0, 0, 5);
	plx_tap_info(t.tap, &info);
	assert_false(info.wanted);
	assert_int_equal(info.recorded + info.dropped + info.filtered, 0);
	plx_tap_reader_want(t.reader, true);
	plx_tap_info(t.tap, &info);
	assert_true(info.wanted);
	receive(0, 10, 5);
	expect(&t, 0, 10, 5);
	detach(&t);
	scene_end(&scene);
}

static void
a_reader_that_lies_is_switched_off_and_nobody_else(void **state)
{
	const struct plx_tap_params params = {.rx = true, .lane_bytes = 1};
	struct plx_tap_info info;
	struct tapping liar, good;

	scene_begin(&scene, 2, 1);
	attach(&liar, &params);
	attach(&good, &params);
	liar.tails->lane[0].tail = UINT64_C(1) << 40;
	for (unsigned i = 0; i < 10; i++) {
		receive(0, 0, 256);
		expect(&good, 0, 0, 256);
	}
	plx_tap_info(liar.tap, &info);
	assert_true(info.hostile);
	/* Nothing of the burst in which it was found out. */
	assert_int_equal(info.recorded % PLX_ETHDEV_TAP_BURST, 0);
	assert_true(info.recorded <= PLX_TAP_LANE_MIN / 136);
	assert_int_equal(plx_tap_reader_state(liar.reader), PLX_TAP_SWITCHED_OFF);
	assert_int_equal(plx_tap_reader_state(good.reader), PLX_TAP_RUNS);
	receive(1, 0, 3);
	expect(&liar, 1, 0, 0);
	expect(&good, 1, 0, 3);
	detach(&liar);
	detach(&good);
	scene_end(&scene);
}

static void
queues_that_came_later_are_counted(void **state)
{
	const struct plx_tap_params params = {.rx = true};
	const uint16_t port = 0;
	struct plx_tap_info info;
	struct tapping t;

	scene_begin(&scene, 1, 1);
	attach(&t, &params);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_ethdev_configure(port, 2, 1, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, pool, NULL), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 1, 0, pool, NULL), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 0, 0, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	receive(0, 0, 5);
	receive(1, 10, 6);
	expect(&t, 0, 0, 5);
	plx_tap_info(t.tap, &info);
	assert_int_equal(info.unlaned, 6);
	assert_int_equal(plx_tap_reader_unlaned(t.reader), 6);
	/* What is not wanted, of a direction or at all, is no loss. */
	give(scene.rxq[1], 0, 4, 100);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, scene.rxq[1]->give, 4), 4);
	take_back(scene.rxq[1]);
	plx_tap_reader_want(t.reader, false);
	receive(1, 20, 6);
	assert_int_equal(plx_tap_reader_unlaned(t.reader), 6);
	detach(&t);
	scene_end(&scene);
}

static void
lanes_are_smaller_where_they_are_many(void **state)
{
	const struct plx_tap_params params = {
		.rx = true, .tx = true, .lane_bytes = PLX_TAP_LANE_MAX};
	struct plx_tap *tap;
	int fds[PLX_TAP_FDS];
	struct stat st;

	scene_begin(&scene, 2, 1);
	assert_int_equal(plx_tap_add(&params, fds, &tap, NULL), 0);
	assert_int_equal(fstat(fds[0], &st), 0);
	assert_in_range(st.st_size, 3 * 32 << 20, (3 * 32 << 20) + 65536);
	close(fds[0]);
	close(fds[1]);
	plx_tap_remove(tap);
	scene_end(&scene);
}

/* However many bytes were asked for. */
static void
a_packet_takes_half_a_lane_at_most(void **state)
{
	const struct plx_tap_params params = {.rx = true, .lane_bytes = 1, .snaplen = 1000000};
	struct plx_tap_packet packet;
	struct plx_mbuf *got;
	struct tapping t;

	scene_begin(&scene, 1, 1);
	attach(&t, &params);
	scene.rxq[0]->give[0] = scene_packet(5, 200000, 2000);
	scene.rxq[0]->nb_give = 1;
	assert_int_equal(plx_ethdev_rx_burst(scene.dev.port, 0, &got, 1), 1);
	assert_int_equal(plx_tap_reader_next(t.reader, 0, &packet), 1);
	assert_int_equal(scene_number(&packet), 5);
	assert_true(packet.cap_len < PLX_TAP_LANE_MIN / 2);
	assert_int_equal(packet.wire_len, 200000);
	plx_mbuf_free(got);
	detach(&t);
	scene_end(&scene);
}

static void
a_port_that_goes_tells_its_readers_and_the_next_has_none(void **state)
{
	const struct plx_tap_params params = {.rx = true};
	struct tapping a, b, c;

	scene_begin(&scene, 1, 1);
	attach(&a, &params);
	attach(&b, &params);
	receive(0, 0, 5);
	scene_end(&scene);
	assert_int_equal(plx_tap_reader_state(a.reader), PLX_TAP_PORT_GONE);
	assert_int_equal(plx_tap_reader_state(b.reader), PLX_TAP_PORT_GONE);
	expect(&a, 0, 0, 5);
	scene_begin(&scene, 1, 1);
	receive(0, 0, 5);
	expect(&a, 0, 0, 0);
	attach(&c, &params);
	detach(&a);
	receive(0, 20, 5);
	expect(&c, 0, 20, 5);
	expect(&b, 0, 0, 5);
	detach(&c);
	detach(&b);
	scene_end(&scene);
}

static void
what_cannot_be_tapped_is_refused(void **state)
{
	const struct plx_ethdev_tap other = {0};
	struct plx_tap *taps[PLX_TAP_MAX + 1];
	struct plx_tap_params params = {.rx = true, .lane_bytes = 1};
	struct plx_why why;
	int fds[PLX_TAP_FDS];
	unsigned n = 0;

	assert_int_equal(plx_tap_add(&params, fds, &taps[0], &why), -ENODEV);
	scene_begin(&scene, 1, 1);
	params.filter = "tcp prot 80";
	assert_int_equal(plx_tap_add(&params, fds, &taps[0], &why), -EINVAL);
	assert_non_null(strstr(why.text, "prot"));
	params.filter = "";
	params.rx = false;
	assert_int_equal(plx_tap_add(&params, fds, &taps[0], &why), -EINVAL);
	params.rx = true;
	params.lane_bytes = PLX_TAP_LANE_MAX + 1;
	assert_int_equal(plx_tap_add(&params, fds, &taps[0], &why), -EINVAL);
	params.lane_bytes = 1;
	assert_int_equal(plx_ethdev_tap_swap(scene.dev.port, NULL, &other), 0);
	assert_int_equal(plx_tap_add(&params, fds, &taps[0], &why), -EBUSY);
	assert_int_equal(plx_ethdev_tap_swap(scene.dev.port, NULL, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_tap_swap(scene.dev.port, &other, NULL), 0);
	assert_int_equal(plx_ethdev_tap_swap(scene.dev.port + 1, NULL, NULL), -ENODEV);
	while (n <= PLX_TAP_MAX && plx_tap_add(&params, fds, &taps[n], &why) == 0) {
		close(fds[0]);
		close(fds[1]);
		n++;
	}
	assert_int_equal(n, PLX_TAP_MAX);
	while (n > 0)
		plx_tap_remove(taps[--n]);
	assert_null(plx_ethdev_fast_table[scene.dev.port].hooks);
	scene_end(&scene);
}

/* -- threads ------------------------------------------------------------------------------------------ */

static bool stop;

/* Receives and sends the same packets again and again. */
static void *
poll_port(void *arg)
{
	const uint16_t queue = *(const uint16_t *)arg;
	struct plx_mbuf *pkts[64];

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint16_t n = plx_ethdev_rx_burst(scene.dev.port, queue, pkts, 64);

		if (plx_ethdev_tx_burst(scene.dev.port, queue, pkts, n) != n)
			return arg;
		sched_yield();
	}
	return NULL;
}

static void
readers_come_and_go_while_threads_poll(void **state)
{
	const struct plx_tap_params params = {.rx = true, .tx = true, .lane_bytes = 1};
	uint16_t queues[2] = {0, 1};
	pthread_t threads[2];
	struct tapping stays;
	uint64_t seen = 0;

	scene_begin(&scene, 2, 2);
	for (uint16_t i = 0; i < 2; i++)
		give(scene.rxq[i], 0, 8, 100);
	attach(&stays, &params);
	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	for (uint16_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, poll_port, &queues[i]), 0);
	for (unsigned i = 0; i < 300 || seen < 1000; i++) {
		struct plx_tap_packet packet;
		struct tapping t;

		if (i < 300) {
			attach(&t, &params);
			detach(&t);
		}
		for (unsigned lane = 0; lane < 4; lane++) {
			while (plx_tap_reader_next(stays.reader, lane, &packet) == 1) {
				assert_true(scene_number(&packet) < 8);
				seen++;
			}
			plx_tap_reader_release(stays.reader, lane);
		}
		sched_yield();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(plx_tap_reader_state(stays.reader), PLX_TAP_RUNS);
	detach(&stays);
	take_back(scene.rxq[0]);
	take_back(scene.rxq[1]);
	scene_end(&scene);
}

/* A tap whose functions do not return before they are let go. */
static struct {
	sem_t inside, go;
	uint16_t port;
	bool swapped;
} slow;

static void
stay(void *arg, uint16_t queue, struct plx_mbuf *const *pkts, uint16_t n)
{
	sem_post(&slow.inside);
	sem_wait(&slow.go);
}

static void
be_told(void *arg, uint16_t queue, uint16_t taken)
{
}

static void *
burst(void *arg)
{
	struct plx_mbuf *pkts[4];

	if (arg != NULL)
		plx_ethdev_rx_burst(scene.dev.port, 0, pkts, 4);
	else
		plx_ethdev_tx_burst(scene.dev.port, 0, scene.rxq[0]->give, 4);
	return NULL;
}

static void *
take_away(void *arg)
{
	plx_ethdev_tap_swap(scene.dev.port, arg, NULL);
	__atomic_store_n(&slow.swapped, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Whoever is inside keeps the tap from going, however long it takes. */
static void
stays_while_inside(void *rx)
{
	struct plx_ethdev_tap tap = {.rx = stay, .tx = stay, .tx_taken = be_told};
	pthread_t poller, taker;

	slow.swapped = false;
	assert_int_equal(plx_ethdev_tap_swap(scene.dev.port, NULL, &tap), 0);
	assert_int_equal(pthread_create(&poller, NULL, burst, rx), 0);
	sem_wait(&slow.inside);
	assert_int_equal(pthread_create(&taker, NULL, take_away, &tap), 0);
	/* Not before it has taken it out; then it waits. Too short a time here hides a fault, and makes none. */
	while (__atomic_load_n(&plx_ethdev_fast_table[scene.dev.port].hooks, __ATOMIC_ACQUIRE) !=
	       NULL)
		sched_yield();
	usleep(50000);
	assert_false(__atomic_load_n(&slow.swapped, __ATOMIC_ACQUIRE));
	sem_post(&slow.go);
	pthread_join(poller, NULL);
	pthread_join(taker, NULL);
	assert_true(slow.swapped);
}

static void
a_tap_does_not_go_while_somebody_is_inside(void **state)
{
	scene_begin(&scene, 1, 1);
	give(scene.rxq[0], 0, 4, 100);
	sem_init(&slow.inside, 0, 0);
	sem_init(&slow.go, 0, 0);
	stays_while_inside(&scene);
	stays_while_inside(NULL);
	take_back(scene.rxq[0]);
	scene_end(&scene);
}

static void
let_go(void *arg)
{
	sem_post(&slow.go);
}

static void *
take_away_late(void *arg)
{
	int ret;

	sem_wait(&slow.go);
	ret = plx_ethdev_tap_swap(slow.port, arg, NULL);
	slow.swapped = ret == 0;
	return NULL;
}

/* By a thread that may look at any moment from when the port lets go of its tap; the thread sanitizer sees whether it may. */
static void
a_tap_is_taken_away_while_its_port_goes_and_the_next_one_comes(void **state)
{
	struct plx_ethdev_tap tap = {.rx = stay, .tx = stay, .tx_taken = be_told, .gone = let_go};
	pthread_t taker;

	sem_init(&slow.go, 0, 0);
	for (unsigned round = 0; round < 20; round++) {
		scene_begin(&scene, 1, 1);
		slow.port = scene.dev.port;
		assert_int_equal(plx_ethdev_tap_swap(slow.port, NULL, &tap), 0);
		assert_int_equal(pthread_create(&taker, NULL, take_away_late, &tap), 0);
		plx_ethdev_unregister(&scene.dev);
		assert_int_equal(plx_ethdev_register(&scene.dev, NULL), 0);
		pthread_join(taker, NULL);
		assert_false(slow.swapped);
		assert_null(plx_ethdev_fast_table[scene.dev.port].hooks);
		scene_end(&scene);
	}
}

static int
setup(void **state)
{
	return eal_pool_init(&(struct plx_pool_params){.name = "p", .n = 2048});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_of_all_queues_have_lanes),
		cmocka_unit_test(each_reader_has_its_own_filter_snaplen_and_losses),
		cmocka_unit_test(nothing_is_copied_before_it_is_wanted),
		cmocka_unit_test(a_reader_that_lies_is_switched_off_and_nobody_else),
		cmocka_unit_test(queues_that_came_later_are_counted),
		cmocka_unit_test(lanes_are_smaller_where_they_are_many),
		cmocka_unit_test(a_packet_takes_half_a_lane_at_most),
		cmocka_unit_test(a_port_that_goes_tells_its_readers_and_the_next_has_none),
		cmocka_unit_test(what_cannot_be_tapped_is_refused),
		cmocka_unit_test(a_tap_does_not_go_while_somebody_is_inside),
		cmocka_unit_test(a_tap_is_taken_away_while_its_port_goes_and_the_next_one_comes),
		cmocka_unit_test(readers_come_and_go_while_threads_poll),
	};

	return cmocka_run_group_tests(tests, setup, eal_pool_fini);
}
