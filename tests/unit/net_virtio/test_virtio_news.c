/* SPDX-License-Identifier: BSD-3-Clause */
/* What a device tells by itself: interrupts of queues, links, announcements, the wish for a reset. */
#include "fake_port.h"

#include "patience.h"
#include "plx_ethdev.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define ANNOUNCEMENT_LEN 60

static const struct flavour kinds[] = {
	{"MSI-X", {.features = VFAKE_MODERN, .vectors = 4}},
	{"INTx", {.features = VFAKE_MODERN}},
	{"legacy, MSI-X", {.kind = VFAKE_KIND_LEGACY, .features = VFAKE_LEGACY, .vectors = 4}},
	{"legacy, INTx", {.kind = VFAKE_KIND_LEGACY, .features = VFAKE_LEGACY}},
};

static struct {
	unsigned ups, downs;
} news;

static void
hear(void *arg, uint16_t from, bool up)
{
	__atomic_fetch_add(up ? &news.ups : &news.downs, 1, __ATOMIC_SEQ_CST);
}

/* True once *count is that much; false if it never is. */
static bool
comes_to(const unsigned *count, unsigned much)
{
	const uint64_t end = now_ms() + PATIENCE_MS;

	while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < much && now_ms() < end)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return __atomic_load_n(count, __ATOMIC_SEQ_CST) == much;
}

static bool
link_is_up(void)
{
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_link(port, &link), 0);
	return link.up;
}

static void
watch(void)
{
	memset(&news, 0, sizeof(news));
	must(plx_ethdev_watch_links(hear, NULL, &why));
}

static void
links_are_told_as_they_come_and_go(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		make_port(&kinds[i].options);
		assert_true(link_is_up());
		watch();
		vfake_set_link(fake, false);
		assert_true(comes_to(&news.downs, 1));
		assert_false(link_is_up());
		vfake_set_link(fake, true);
		assert_true(comes_to(&news.ups, 1));
		assert_true(link_is_up());
		plx_ethdev_unwatch_links();
		vfake_set_link(fake, false);
		drop_port();
		assert_int_equal(news.downs, 1);
	}
}

/* 5.1.4.1: read again when the configuration changed; a speed that cannot be changes nothing. */
static void
a_link_may_come_back_with_another_speed(void **state)
{
	static const struct {
		uint8_t speed[4], duplex;
		uint32_t mbps;
		bool full;
	} rows[] = {
		{{0x10, 0x27}, 1, 10000, true},
		{{0x64}, 0, 100, false},
		{{0, 0, 0, 0x80}, 1, 100, true},
		{{0xff, 0xff, 0xff, 0xff}, 1, 0, true},
	};
	struct vfake_options options = kinds[0].options;
	struct plx_ethdev_link link;

	options.features |= VIRTIO_BIT(VIRTIO_NET_F_SPEED_DUPLEX);
	make_port(&options);
	watch();
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		vfake_set_link(fake, false);
		assert_true(comes_to(&news.downs, i + 1));
		memcpy(vfake_config(fake) + VIRTIO_NET_CFG_SPEED, rows[i].speed, 4);
		vfake_config(fake)[VIRTIO_NET_CFG_DUPLEX] = rows[i].duplex;
		vfake_set_link(fake, true);
		assert_true(comes_to(&news.ups, i + 1));
		assert_int_equal(plx_ethdev_link(port, &link), 0);
		assert_int_equal(link.speed_mbps, rows[i].mbps);
		assert_int_equal(link.full_duplex, rows[i].full);
	}
	plx_ethdev_unwatch_links();
	assert_string_equal(vfake_violations(fake), "");
	drop_port();
}

/* True once the device has had its answer. */
static bool
is_announced(unsigned times)
{
	const uint64_t end = now_ms() + PATIENCE_MS;

	while (vfake_state(fake).announced < times && now_ms() < end)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return vfake_state(fake).announced == times;
}

/* A RARP request from the port's address to all. */
static void
expect_announcement(void)
{
	static const uint8_t head[] = {0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3};
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, nobody[22];
	uint8_t frame[ANNOUNCEMENT_LEN], mac[6];

	assert_int_equal(plx_ethdev_mac(port, mac), 0);
	assert_int_equal(vfake_take(fake, VFAKE_ANY, frame, sizeof(frame), NULL), ANNOUNCEMENT_LEN);
	assert_memory_equal(frame, all, 6);
	assert_memory_equal(frame + 6, mac, 6);
	assert_memory_equal(frame + 12, head, sizeof(head));
	assert_memory_equal(frame + 22, mac, 6);
	assert_memory_equal(frame + 28, nobody, 4);
	assert_memory_equal(frame + 32, mac, 6);
	assert_memory_equal(frame + 38, nobody, 22);
}

static void
an_announcement_is_made_and_answered(void **state)
{
	for (unsigned k = 0; k < NB_FLAVOURS; k++) {
		if ((flavours[k].options.features & VIRTIO_BIT(VIRTIO_NET_F_GUEST_ANNOUNCE)) == 0)
			continue;
		make_port(&flavours[k].options);
		for (unsigned times = 1; times <= 2 * FAKE_DESCS; times++) {
			vfake_announce(fake);
			assert_true(is_announced(times));
			expect_announcement();
		}
		both_ways(2);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

/* The device is answered though there is no room for the packet. */
static void
an_announcement_that_finds_no_room_is_answered(void **state)
{
	struct vfake_options options = kinds[0].options;
	struct plx_mbuf *kept[FAKE_BUFS];
	unsigned n = 0;

	make_port(&options);
	while (n < FAKE_BUFS && (kept[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	vfake_announce(fake);
	assert_true(is_announced(1));
	assert_int_equal(vfake_take(fake, VFAKE_ANY, NULL, 0, NULL), 0);
	plx_mbuf_free_bulk(kept, n);
	vfake_announce(fake);
	assert_true(is_announced(2));
	expect_announcement();
	drop_port();
}

struct sender {
	bool stop;
	uint64_t sent;
};

static void *
send_on(void *arg)
{
	struct sender *sender = arg;

	while (!__atomic_load_n(&sender->stop, __ATOMIC_RELAXED)) {
		sender->sent += send_some(0, 1);
		sched_yield();
	}
	return NULL;
}

struct arrived {
	uint64_t packets, announcements;
};

static void
take_all(struct arrived *arrived)
{
	uint8_t frame[FRAME_LEN];
	size_t len;

	while ((len = vfake_take(fake, VFAKE_ANY, frame, sizeof(frame), NULL)) > 0) {
		arrived->packets += len == FRAME_LEN;
		arrived->announcements += len == ANNOUNCEMENT_LEN;
	}
}

/* The packets of a thread that sends meanwhile all arrive, and announcements between them. */
static void
announcements_come_between_the_packets_of_who_sends(void **state)
{
	for (unsigned k = 0; k < 2; k++) {
		struct plx_ethdev_stats stats;
		struct arrived arrived = {0};
		struct sender sender = {0};
		pthread_t thread;

		make_port(&flavours[k].options);
		assert_int_equal(pthread_create(&thread, NULL, send_on, &sender), 0);
		for (unsigned times = 1; times <= 20; times++) {
			vfake_announce(fake);
			assert_true(is_announced(times));
			take_all(&arrived);
		}
		__atomic_store_n(&sender.stop, true, __ATOMIC_RELAXED);
		assert_int_equal(pthread_join(thread, NULL), 0);
		take_all(&arrived);
		assert_int_equal(arrived.packets, sender.sent);
		assert_in_range(arrived.announcements, 1, 20); /* a full ring has no room for one */
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_int_equal(plx_ethdev_stats(port, &stats), 0);
		assert_int_equal(stats.tx_packets, arrived.packets + arrived.announcements);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

static bool
readable(int fd, int timeout_ms)
{
	struct pollfd item = {.fd = fd, .events = POLLIN};

	return poll(&item, 1, timeout_ms) == 1;
}

static void
the_fd_of_a_queue_wakes_who_sleeps_on_it(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		int fd;

		make_port(&kinds[i].options);
		fd = plx_ethdev_rx_fd(port, 0);
		assert_true(fd >= 0);
		receive_all();
		assert_false(readable(fd, 0));
		put(0, 3);
		assert_true(readable(fd, PATIENCE_MS));
		assert_int_equal(receive_all(), 3);
		drop_port();
	}
}

static void
put_into(uint16_t pair)
{
	uint8_t frame[FRAME_LEN];

	make_frame(frame, pair);
	assert_int_equal(vfake_put(fake, pair, frame, sizeof(frame)), 0);
}

static uint64_t
changes(void)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++)
		if (strcmp(stats[i].name, "config_changes") == 0)
			return stats[i].value;
	return UINT64_MAX;
}

/* Packets are no change of the configuration, and that is no packet: of one line too. */
static void
an_interrupt_is_passed_on_to_whom_it_concerns(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		uint64_t before, count;
		int fd;

		make_port(&kinds[i].options);
		watch();
		fd = plx_ethdev_rx_fd(port, 0);
		receive_all();
		before = changes();
		put(0, 3);
		assert_true(readable(fd, PATIENCE_MS));
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		assert_int_equal(changes(), before);
		assert_int_equal(receive_all(), 3);
		while (read(fd, &count, sizeof(count)) > 0)
			;
		vfake_set_link(fake, false);
		assert_true(comes_to(&news.downs, 1));
		assert_int_equal(changes(), before + 1);
		assert_false(readable(fd, 0));
		plx_ethdev_unwatch_links();
		drop_port();
	}
}

static void
each_queue_wakes_by_its_own_fd(void **state)
{
	struct vfake_options options = kinds[0].options;

	options.pairs = 2;
	options.vectors = 6;
	make_device(&options);
	must(attach(FAKE_DEVICE));
	must(start(2, NULL));
	for (uint16_t i = 0; i < 2; i++) {
		const int fd = plx_ethdev_rx_fd(port, i), other = plx_ethdev_rx_fd(port, 1 - i);
		struct plx_mbuf *m;
		uint64_t count;

		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
		assert_int_equal(plx_ethdev_rx_burst(port, 1, &m, 1), 0);
		put_into(i);
		assert_true(readable(fd, PATIENCE_MS));
		assert_false(readable(other, 0));
		assert_int_equal(plx_ethdev_rx_burst(port, i, &m, 1), 1);
		plx_mbuf_free(m);
		while (read(fd, &count, sizeof(count)) > 0)
			;
	}
	drop_port();
}

static void
a_queue_nobody_sleeps_on_does_not_interrupt(void **state)
{
	make_port(&kinds[0].options);
	put(0, 3);
	assert_int_equal(receive_all(), 3);
	assert_false(readable(plx_ethdev_rx_fd(port, 0), 20));
	drop_port();
}

static void
a_device_that_takes_no_vectors_is_polled(void **state)
{
	make_device(&kinds[0].options);
	must(attach(FAKE_DEVICE));
	vfake_faults(fake)->vector_refused = true;
	must(start(1, NULL));
	assert_int_equal(plx_ethdev_rx_fd(port, 0), -ENOTSUP);
	both_ways(3);
	assert_true(link_is_up());
	drop_port();
}

static uint64_t
resets(void)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++)
		if (strcmp(stats[i].name, "device_resets") == 0)
			return stats[i].value;
	return UINT64_MAX;
}

static bool
resets_come_to(uint64_t much)
{
	const uint64_t end = now_ms() + PATIENCE_MS;

	while (resets() < much && now_ms() < end)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return resets() == much;
}

static void
a_device_that_needs_a_reset_gets_it_and_works_on(void **state)
{
	for (unsigned i = 0; i < NB_FLAVOURS; i++) {
		make_port(&flavours[i].options);
		assert_int_equal(plx_ethdev_set_promiscuous(port, true), 0);
		both_ways(3);
		vfake_need_reset(fake);
		assert_true(resets_come_to(1));
		assert_true(link_is_up());
		assert_true(vfake_state(fake).promisc);
		both_ways(3);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

/* What an lcore does, as fast as it can, and the wire's side of it: the device works in the calls of who uses it. */
static void *
work(void *arg)
{
	const bool *stop = arg;
	uint8_t frame[FRAME_LEN];

	make_frame(frame, 0);
	while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE)) {
		struct plx_mbuf *pkts[32];
		uint16_t n, sent;

		vfake_put(fake, 0, frame, sizeof(frame));
		n = plx_ethdev_rx_burst(port, 0, pkts, 32);
		sent = plx_ethdev_tx_burst(port, 0, pkts, n);
		plx_mbuf_free_bulk(pkts + sent, n - sent);
	}
	return NULL;
}

static void
a_reset_takes_no_queue_from_under_who_works_on_it(void **state)
{
	for (unsigned i = 0; i < NB_FLAVOURS; i++) {
		bool stop = false;
		pthread_t thread;

		make_port(&flavours[i].options);
		assert_int_equal(pthread_create(&thread, NULL, work, &stop), 0);
		vfake_need_reset(fake);
		assert_true(resets_come_to(1));
		__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		assert_true(link_is_up());
		drop_port();
	}
}

static void
a_device_that_needs_a_reset_again_and_again_is_left_alone(void **state)
{
	uint8_t frame[FRAME_LEN];

	make_port(&kinds[0].options);
	watch();
	vfake_need_reset(fake);
	assert_true(resets_come_to(1));
	vfake_need_reset(fake);
	assert_true(comes_to(&news.downs, 1));
	assert_int_equal(resets(), 1);
	assert_false(link_is_up());
	send_some(0, 1);
	assert_int_equal(vfake_take(fake, VFAKE_ANY, frame, sizeof(frame), NULL), 0);
	plx_ethdev_unwatch_links();
	/* Settings are noted, and a new start is a new beginning. */
	assert_int_equal(plx_ethdev_set_promiscuous(port, true), 0);
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(plx_ethdev_start(port, &why));
	assert_true(vfake_state(fake).promisc);
	both_ways(3);
	drop_port();
}

static void
a_reset_that_fails_leaves_a_port_that_is_down(void **state)
{
	make_port(&kinds[0].options);
	watch();
	vfake_faults(fake)->features_refused = true;
	vfake_need_reset(fake);
	assert_true(comes_to(&news.downs, 1));
	assert_false(link_is_up());
	assert_int_equal(receive_all(), 0);
	plx_ethdev_unwatch_links();
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_told_as_they_come_and_go),
		cmocka_unit_test(a_link_may_come_back_with_another_speed),
		cmocka_unit_test(an_announcement_is_made_and_answered),
		cmocka_unit_test(an_announcement_that_finds_no_room_is_answered),
		cmocka_unit_test(announcements_come_between_the_packets_of_who_sends),
		cmocka_unit_test(the_fd_of_a_queue_wakes_who_sleeps_on_it),
		cmocka_unit_test(an_interrupt_is_passed_on_to_whom_it_concerns),
		cmocka_unit_test(each_queue_wakes_by_its_own_fd),
		cmocka_unit_test(a_queue_nobody_sleeps_on_does_not_interrupt),
		cmocka_unit_test(a_device_that_takes_no_vectors_is_polled),
		cmocka_unit_test(a_device_that_needs_a_reset_gets_it_and_works_on),
		cmocka_unit_test(a_reset_takes_no_queue_from_under_who_works_on_it),
		cmocka_unit_test(a_device_that_needs_a_reset_again_and_again_is_left_alone),
		cmocka_unit_test(a_reset_that_fails_leaves_a_port_that_is_down),
	};

	return cmocka_run_group_tests(tests, fake_port_setup, fake_port_teardown);
}
