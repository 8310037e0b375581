/* SPDX-License-Identifier: BSD-3-Clause */
#include "ring_scene.h"

#include <stdlib.h>

/* -- one port ------------------------------------------------------------------------------------------ */

static void
a_port_alone_receives_what_it_sends(void **state)
{
	uint16_t port = attach("net_ring0");
	struct plx_ethdev_stats stats;

	start(port);
	assert_true(link_is_up(port));
	for (uint16_t n = 1; n <= 64; n++)
		cross(port, port, 0, n);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_packets, 64 * 65 / 2);
	assert_int_equal(stats.tx_packets, stats.rx_packets);
	assert_int_equal(stats.rx_bytes, stats.tx_bytes);
}

static void
what_the_sender_noted_does_not_travel(void **state)
{
	uint16_t port = attach("net_ring0,peer=net_ring0");
	struct plx_mbuf *m;

	start(port);
	make(&m, 1);
	m->ol_flags = PLX_MBUF_RX_HASH | PLX_MBUF_RX_VLAN | PLX_MBUF_RX_TIMESTAMP;
	m->hash = 7;
	m->packet_type = 9;
	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
	assert_int_equal(m->ol_flags, 0);
	assert_int_equal(m->hash, 0);
	assert_int_equal(m->packet_type, 0);
	plx_mbuf_free(m);
}

static void
a_full_ring_takes_fewer_and_loses_none(void **state)
{
	uint16_t port = attach("net_ring0,entries=20");
	struct plx_mbuf *sent[40], *got[40];

	start(port);
	for (uint16_t round = 0; round < 40; round++) {
		make(sent, 40);
		assert_int_equal(plx_ethdev_tx_burst(port, 0, sent, 40), 32);
		assert_int_equal(plx_ethdev_tx_burst(port, 0, sent + 32, 8), 0);
		balanced(port);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, got, 3), 3);
		assert_int_equal(plx_ethdev_tx_burst(port, 0, sent + 32, 8), 3);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, got + 3, 40), 32);
		assert_memory_equal(got, sent, 35 * sizeof(sent[0]));
		plx_mbuf_free_bulk(sent, 40);
	}
	balanced(port);
	assert_int_equal(xstat(port, "rx_missed_stopped"), 0);
}

static void
every_queue_has_its_own_ring(void **state)
{
	uint16_t port = attach("net_ring0,queues=3");
	struct plx_mbuf *m;

	start_with(port, 3, 0);
	for (uint16_t queue = 0; queue < 3; queue++) {
		make(&m, 1);
		assert_int_equal(plx_ethdev_tx_burst(port, queue, &m, 1), 1);
		for (uint16_t other = 0; other < 3; other++)
			assert_int_equal(plx_ethdev_rx_queue_count(port, other), other == queue);
		assert_int_equal(plx_ethdev_rx_burst(port, queue, &m, 1), 1);
		plx_mbuf_free(m);
	}
	assert_int_equal(plx_ethdev_close(port), 0);
	assert_int_equal(plx_ethdev_configure(port, 4, 1, NULL, &why), -EINVAL);
}

static void
stop_frees_what_waits_and_counts_it(void **state)
{
	uint16_t port = attach("net_ring0");
	struct plx_mbuf *pkts[10];

	start_with(port, 2, 0);
	make(pkts, 10);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, 6), 6);
	assert_int_equal(plx_ethdev_tx_burst(port, 1, pkts + 6, 4), 4);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 1), 1);
	plx_mbuf_free(pkts[0]);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_int_equal(xstat(port, "rx_missed_stopped"), 9);
	balanced(port);
	assert_int_equal(plx_ethdev_start(port, &why), 0);
	cross(port, port, 1, 5);
	assert_int_equal(plx_ethdev_close(port), 0);
	assert_int_equal(xstat(port, "rx_missed_stopped"), 9);
	balanced(port);
}

static void
chains_are_for_those_who_asked_for_them(void **state)
{
	uint16_t port = attach("net_ring0");
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[6], *got[6];

	for (int scatter = 0; scatter < 2; scatter++) {
		start_with(port, 1, scatter ? PLX_ETH_RX_OFFLOAD_SCATTER : 0);
		make(pkts, 6);
		assert_int_equal(plx_mbuf_chain(pkts[1], pkts[5]), 0);
		assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, 5), 5);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, got, 6), scatter ? 5 : 4);
		assert_ptr_equal(got[1], scatter ? pkts[1] : pkts[2]);
		plx_mbuf_free_bulk(got, scatter ? 5 : 4);
		balanced(port);
		assert_int_equal(plx_ethdev_close(port), 0);
	}
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_errors, 1);
	assert_int_equal(stats.rx_packets, 9);
}

/* -- what is refused ------------------------------------------------------------------------------------- */

static void
refused(const char *devargs, int err, const char *because)
{
	assert_int_equal(plx_device_attach(devargs, &why), err);
	if (strstr(why.text, because) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", devargs, why.text, because);
}

static void
wishes_that_contradict_are_refused(void **state)
{
	attach("net_ring0,peer=net_ring1,entries=64,queues=2");
	refused("net_ring1,peer=net_ring5", -EINVAL, "net_ring0 is joined to this port");
	refused("net_ring1,entries=128", -EINVAL, "64 at net_ring0");
	refused("net_ring1,queues=4", -EINVAL, "2 at net_ring0");
	refused("net_ring2,peer=net_ring1", -EBUSY, "net_ring1 is joined to net_ring0");
	refused("net_ring2,peer=net_ring0", -EBUSY, "net_ring0 is joined to net_ring1");
	attach("net_ring3");
	refused("net_ring2,peer=net_ring3", -EBUSY,
		"looped to itself: make it with peer=net_ring2");
	refused("net_ring2,peer=net_null0", -EINVAL, "no port of this driver");
	refused("net_ring2,entries=0", -EINVAL, "entries");
	refused("net_ring2,entries=65536", -EINVAL, "entries");
	refused("net_ring2,queues=65", -EINVAL, "queues");
	refused("net_ring2,ring=5", -EINVAL, "ring");
	attach("net_ring1,peer=net_ring0,entries=50,queues=2");
	assert_int_equal(plx_ethdev_count(), 3);
}

/* -- rings of the program's own ---------------------------------------------------------------------------- */

static void *
own_ring(bool mpmc, unsigned elem_size)
{
	size_t size = mpmc ? plx_ring_mpmc_size(16, elem_size) : plx_ring_spsc_size(16, elem_size);
	void *ring = aligned_alloc(PLX_CACHE_LINE, size);

	assert_non_null(ring);
	assert_int_equal(mpmc ? plx_ring_mpmc_init(ring, 16, elem_size)
			      : plx_ring_spsc_init(ring, 16, elem_size),
			 0);
	return ring;
}

static void
a_port_is_made_of_rings_that_stay_the_programs(void **state)
{
	struct plx_net_ring rx[2] = {{.spsc = own_ring(false, 8)}, {.mpmc = own_ring(true, 8)}};
	struct plx_net_ring tx[2] = {{.mpmc = own_ring(true, 8)}, {.spsc = own_ring(false, 8)}};
	struct plx_mbuf *pkts[20], *m;
	uint64_t v[20];
	uint16_t port;

	assert_int_equal(plx_net_ring_create("net_ring7", rx, 2, tx, 2, &port, &why), 0);
	assert_int_equal(plx_net_ring_create("net_ring7", rx, 2, tx, 2, &port, &why), -EEXIST);
	start_with(port, 2, 0);
	assert_true(link_is_up(port));
	make(pkts, 20);
	for (unsigned i = 0; i < 20; i++)
		v[i] = (uint64_t)(uintptr_t)pkts[i];
	assert_int_equal(plx_ring_spsc_enqueue_burst64(rx[0].spsc, v, 5), 5);
	assert_int_equal(plx_ring_mpmc_enqueue_burst64_mp(rx[1].mpmc, v + 5, 5), 5);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(plx_ethdev_rx_burst(port, i / 5, &m, 1), 1);
		assert_ptr_equal(m, pkts[i]);
		assert_int_equal(m->port, port);
	}
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, 20), 16);
	assert_int_equal(plx_ethdev_tx_burst(port, 1, pkts + 16, 4), 4);
	balanced(port);
	assert_int_equal(plx_device_detach("net_ring7", &why), 0);
	assert_int_equal(plx_ring_mpmc_dequeue_burst64_mc(tx[0].mpmc, v, 20), 16);
	assert_int_equal(plx_ring_spsc_dequeue_burst64(tx[1].spsc, v + 16, 4), 4);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(v[i], (uintptr_t)pkts[i]);
	plx_mbuf_free_bulk(pkts, 20);
	free(rx[0].spsc);
	free(rx[1].mpmc);
	free(tx[0].mpmc);
	free(tx[1].spsc);
}

static void
rings_that_carry_no_packets_are_refused(void **state)
{
	struct plx_net_ring good = {.spsc = own_ring(false, 8)},
			    narrow = {.mpmc = own_ring(true, 4)};
	struct plx_net_ring both = {good.spsc, narrow.mpmc}, none = {0};
	uint16_t port = 99;

	assert_int_equal(plx_net_ring_create("net_ring7", &narrow, 1, &good, 1, &port, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "rx ring 0: elements of 4 bytes"));
	assert_int_equal(plx_net_ring_create("net_ring7", &good, 1, &both, 1, &port, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "tx ring 0: one pointer"));
	assert_int_equal(plx_net_ring_create("net_ring7", &none, 1, &good, 1, &port, &why),
			 -EINVAL);
	assert_int_equal(plx_net_ring_create("net_ring7", &good, 65, &good, 1, &port, &why),
			 -EINVAL);
	assert_int_equal(plx_net_ring_create("net_null7", &good, 1, &good, 1, &port, &why),
			 -EINVAL);
	assert_int_equal(
		plx_net_ring_create("net_ring7,peer=net_ring0", &good, 1, &good, 1, &port, &why),
		-EINVAL);
	assert_int_equal(port, 99);
	assert_int_equal(plx_ethdev_count(), 0);
	free(good.spsc);
	free(narrow.mpmc);
}

static void
rings_between_ports_can_be_listed(void **state)
{
	struct plx_net_ring_lane lanes[4];
	struct plx_mbuf *pkt;
	uint16_t port = attach("net_ring0,peer=net_ring1,queues=2,entries=64");
	uint16_t peer = attach("net_ring1,peer=net_ring0,queues=2,entries=64");

	start_with(port, 2, 0);
	start_with(peer, 2, 0);
	make(&pkt, 1);
	assert_int_equal(plx_ethdev_tx_burst(port, 1, &pkt, 1), 1);
	assert_int_equal(plx_net_ring_lanes(NULL, 0), 4);
	assert_int_equal(plx_net_ring_lanes(lanes, 4), 4);
	assert_string_equal(lanes[1].from, "net_ring0");
	assert_string_equal(lanes[1].to, "net_ring1");
	assert_int_equal(lanes[1].queue, 1);
	assert_int_equal(lanes[1].capacity, 64);
	assert_int_equal(lanes[1].used, 1);
	assert_int_equal(lanes[0].used, 0);
	assert_string_equal(lanes[2].from, "net_ring1");
	assert_string_equal(lanes[2].to, "net_ring0");
	assert_int_equal(lanes[2].used, 0);
}

static void
a_looped_ring_is_listed_once(void **state)
{
	struct plx_net_ring_lane lane;

	attach("net_ring0,queues=1,entries=64");
	assert_int_equal(plx_net_ring_lanes(&lane, 1), 1);
	assert_string_equal(lane.from, "net_ring0");
	assert_string_equal(lane.to, "net_ring0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_alone_receives_what_it_sends),
		TEST(what_the_sender_noted_does_not_travel),
		TEST(a_full_ring_takes_fewer_and_loses_none),
		TEST(every_queue_has_its_own_ring),
		TEST(stop_frees_what_waits_and_counts_it),
		TEST(chains_are_for_those_who_asked_for_them),
		TEST(wishes_that_contradict_are_refused),
		TEST(a_port_is_made_of_rings_that_stay_the_programs),
		TEST(rings_that_carry_no_packets_are_refused),
		TEST(rings_between_ports_can_be_listed),
		TEST(a_looped_ring_is_listed_once),
	};
	int failed;

	if (scene_begin() != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	plx_eal_cleanup();
	return failed;
}
