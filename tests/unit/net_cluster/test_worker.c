/* SPDX-License-Identifier: BSD-3-Clause */
/* A port that is a worker: what comes, with all that is known of it, what leaves, and what is refused. */
#include "worker_scene.h"

/* -- receiving ------------------------------------------------------------------------------------------ */

static void
packets_come_with_all_that_is_known_of_them(void **state)
{
	static const struct {
		uint8_t of_desc;
		uint32_t of_mbuf;
	} pairs[] = {
		{0, 0},
		{PLX_CLUSTER_VLAN_STRIPPED, PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED},
		{PLX_CLUSTER_IP_CSUM_GOOD, PLX_MBUF_RX_IP_CSUM_GOOD},
		{PLX_CLUSTER_IP_CSUM_BAD, PLX_MBUF_RX_IP_CSUM_BAD},
		{PLX_CLUSTER_L4_CSUM_GOOD, PLX_MBUF_RX_L4_CSUM_GOOD},
		{PLX_CLUSTER_L4_CSUM_BAD, PLX_MBUF_RX_L4_CSUM_BAD},
		{PLX_CLUSTER_L4_CSUM_NONE, PLX_MBUF_RX_L4_CSUM_NONE},
		{PLX_CLUSTER_OUTGOING, PLX_MBUF_RX_OUTGOING},
	};
	const uint16_t n = PLX_ARRAY_LEN(pairs);
	struct plx_mbuf *pkts[PLX_ARRAY_LEN(pairs)];
	uint32_t hash[PLX_ARRAY_LEN(pairs)];
	uint16_t port;

	rig.params.nb_rx_ports = 2;
	scene_open();
	port = scene_start("10@1");
	rig_feed(n);
	rig_poll();
	for (uint16_t i = 0; i < n; i++) {
		scene_desc(port, i)->flags = pairs[i].of_desc;
		scene_desc(port, i)->vlan_tci = 100 + i;
		scene_desc(port, i)->port = (uint8_t)(i % 3);
		hash[i] = scene_desc(port, i)->hash;
		assert_int_not_equal(hash[i], 0);
	}
	assert_int_equal(plx_ethdev_rx_queue_count(port, 0), n);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, n), n);
	for (uint16_t i = 0; i < n; i++) {
		assert_int_equal(pkts[i]->ol_flags,
				 pairs[i].of_mbuf | PLX_MBUF_RX_HASH | PLX_MBUF_RX_TIMESTAMP);
		assert_int_equal(pkts[i]->hash, hash[i]);
		assert_int_equal(pkts[i]->vlan_tci, 100 + i);
		assert_int_equal(pkts[i]->queue, i % 3 == 1); /* it has no third one */
		assert_int_equal(pkts[i]->port, port);
		assert_true(pkts[i]->timestamp > UINT64_C(1000000000000000000));
		assert_int_equal(scene_number(pkts[i]), i);
	}
	/* The master has its buffers back, whoever keeps the copies. */
	rig_poll();
	plx_pool_cache_flush(rig.pool);
	assert_int_equal(scene_place(1).released, n);
	plx_mbuf_free_bulk(pkts, n);
	scene_balanced(port, n);
	scene_leave(port);
}

static void
who_needs_no_times_gets_none(void **state)
{
	struct plx_mbuf *m;
	uint16_t port;

	scene_open();
	port = scene_start("10,times=0");
	rig_feed(1);
	rig_poll();
	assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
	assert_int_equal(m->ol_flags, PLX_MBUF_RX_HASH);
	plx_mbuf_free(m);
	scene_leave(port);
}

/* A chain of n segments of RIG_FRAME bytes, numbered first .. */
static struct plx_mbuf *
chain(uint32_t first, uint32_t n)
{
	struct plx_mbuf *head = rig_packet(0, first);

	for (uint32_t i = 1; i < n; i++)
		assert_int_equal(plx_mbuf_chain(head, rig_packet(0, first + i)), 0);
	return head;
}

static void
expect_chain(uint16_t port, uint32_t first, uint32_t n)
{
	uint8_t bytes[64 * RIG_FRAME];
	struct plx_mbuf *m;
	const uint8_t *at;

	assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
	assert_int_equal(plx_mbuf_check(m, NULL), 0);
	assert_int_equal(m->pkt_len, n * RIG_FRAME);
	assert_int_equal(m->nb_segs, (n * RIG_FRAME + 999) / 1000);
	at = plx_mbuf_read(m, 0, m->pkt_len, bytes);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = first + i;

		assert_memory_equal(at + (i + 1) * RIG_FRAME - 4, &number, 4);
	}
	plx_mbuf_free(m);
}

static void
segments_become_one_packet_wherever_they_lie(void **state)
{
	uint64_t packets = 0;
	uint16_t port;

	scene_open();
	port = scene_start("10");
	/* 3 + 1 + 37 descriptors of 64 each time: each place of the chains in the lane is the last one once. */
	for (uint32_t i = 0; i < 64; i++) {
		rig_put(0, chain(100, 3));
		rig_put(0, rig_packet(0, 7));
		rig_put(0, chain(200, 37));
		rig_poll();
		assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 3);
		expect_chain(port, 100, 3);
		scene_expect(port, 7, 1);
		expect_chain(port, 200, 37);
		packets += 3;
		scene_balanced(port, packets);
	}
	assert_int_equal(scene_place(0).full, 0);
	scene_leave(port);
}

static void
what_does_not_fit_is_counted_and_the_next_comes(void **state)
{
	struct plx_ethdev_stats stats;
	uint16_t port;

	scene_open();
	port = scene_attach("10");
	scene_configure(port, 1, 0);
	for (uint32_t i = 0; i < 10; i++) {
		rig_put(0, chain(0, 16)); /* 1,024 bytes, and 1,000 fit */
		rig_put(0, chain(50, 15));
		rig_put(0, rig_packet(0, i));
		rig_poll();
		expect_chain(port, 50, 15);
		scene_expect(port, i, 1);
	}
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_errors, 10);
	assert_int_equal(stats.rx_packets, 20);
	scene_balanced(port, 30);
	scene_leave(port);
}

static void
a_pool_that_runs_out_costs_nothing(void **state)
{
	struct plx_mbuf *all[2048], *m;
	uint32_t n = 0;
	uint16_t port;

	scene_open();
	port = scene_start("10");
	while (n < 2048 && (all[n] = plx_mbuf_alloc(own)) != NULL)
		n++;
	rig_put(0, chain(0, 33)); /* three buffers */
	rig_put(0, rig_packet(0, 5));
	rig_poll();
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
		assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 2);
		scene_balanced(port, 2);
		plx_mbuf_free(all[--n]);
	}
	expect_chain(port, 0, 33);
	plx_mbuf_free_bulk(all, n);
	scene_expect(port, 5, 1);
	scene_balanced(port, 2);
	scene_leave(port);
}

/* The master changes its mind while a buffer is missing. */
static void
a_segment_that_shrinks_meanwhile_is_lost(void **state)
{
	struct plx_mbuf *all[2048], *m;
	struct plx_ethdev_stats stats;
	uint32_t n = 0;
	uint16_t port;

	scene_open();
	port = scene_start("10");
	while (n < 2048 && (all[n] = plx_mbuf_alloc(own)) != NULL)
		n++;
	plx_mbuf_free(all[--n]);
	rig_put(0, chain(0, 17)); /* of the 16th segment 40 bytes find room */
	rig_put(0, rig_packet(0, 5));
	rig_poll();
	assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
	assert_int_equal(scene_seat(port, 0)->copied, 40);
	scene_desc(port, 0)->len = 8;
	scene_expect(port, 5, 1);
	plx_mbuf_free_bulk(all, n);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_errors, 1);
	scene_balanced(port, 2);
	scene_leave(port);
}

static void
nonsense_of_a_master_is_counted_and_not_believed(void **state)
{
	struct plx_ethdev_stats stats;
	uint16_t port;

	scene_open();
	port = scene_start("10");
	rig_feed(8);
	rig_poll();
	scene_desc(port, 0)->number = RIG_BUFFERS;
	scene_desc(port, 1)->number = UINT32_MAX;
	scene_desc(port, 2)->len = UINT16_MAX;
	scene_desc(port, 3)->off = UINT16_MAX;
	scene_desc(port, 4)->off = 512 - RIG_FRAME + 1;
	/* In the middle of a packet, and at its end. */
	scene_desc(port, 5)->flags = PLX_CLUSTER_MORE;
	scene_desc(port, 6)->number = RIG_BUFFERS;
	scene_expect(port, 7, 1);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_errors, 6);
	scene_balanced(port, 7);
	scene_leave(port);
}

static void
a_packet_without_end_takes_no_more_than_it_may(void **state)
{
	struct plx_ethdev_stats stats;
	uint16_t port;

	scene_open();
	port = scene_start("10");
	for (unsigned round = 0; round < 200; round++) {
		struct plx_mbuf *m;

		rig_feed(60);
		rig_poll();
		for (unsigned i = 0; i < 60; i++) {
			scene_desc(port, i)->flags = PLX_CLUSTER_MORE;
			scene_desc(port, i)->off = 0;
			scene_desc(port, i)->len = 512;
		}
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
		assert_true(plx_pool_in_use(own) < 300);
		rig_poll();
	}
	rig_feed(2);
	rig_poll();
	scene_expect(port, 1, 1);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_errors, 1);
	scene_leave(port);
}

static void
a_master_that_claims_too_much_keeps_nobody(void **state)
{
	struct plx_cluster_slave *slave;
	struct plx_ethdev_stats stats;
	struct plx_mbuf *m;
	uint16_t port;

	scene_open();
	port = scene_start("10");
	rig_feed(64);
	rig_poll();
	slave = scene_seat(port, 0)->slave;
	for (unsigned i = 0; i < 64; i++)
		scene_desc(port, i)->flags = PLX_CLUSTER_MORE;
	__atomic_store_n(&slave->lane->master.tail, 0x80000000, __ATOMIC_RELEASE);
	assert_in_range(plx_ethdev_rx_queue_count(port, 0), 0, 64);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
	assert_int_equal(slave->head, 64);
	for (unsigned i = 0; i < 64; i++)
		scene_desc(port, i)->flags = 0;
	assert_int_equal(plx_ethdev_stop(port), 0);
	scene_configure(port, 1, 0);
	assert_int_equal(slave->head, 128);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.rx_missed, 64);
	scene_leave(port);
}

static void
several_places_are_read_by_as_many_queues_or_fewer(void **state)
{
	struct plx_mbuf *pkts[64];
	uint16_t port, sum = 0;

	scene_open();
	port = scene_attach("10@1,queues=3");
	assert_int_equal(plx_ethdev_configure(port, 4, 1, NULL, NULL), -EINVAL);
	assert_false(scene_place(0).present);
	for (uint32_t i = 1; i < 4; i++)
		assert_true(scene_place(i).present);
	for (uint16_t queues = 1; queues <= 3; queues++) {
		scene_configure(port, queues, 0);
		rig_feed(60);
		rig_poll();
		for (uint16_t q = 0; q < queues; q++) {
			uint16_t got = 0, part;

			while ((part = plx_ethdev_rx_burst(port, q, pkts, 64)) > 0) {
				for (uint16_t i = 0; i < part; i++)
					assert_int_equal(pkts[i]->queue, q);
				plx_mbuf_free_bulk(pkts, part);
				got += part;
			}
			assert_true(got > 0);
			sum += got;
		}
		assert_int_equal(sum, queues * 60);
		assert_int_equal(plx_ethdev_stop(port), 0);
	}
	scene_balanced(port, 180);
	scene_leave(port);
}

static void
the_master_filters(void **state)
{
	struct plx_net_cluster_facts facts;
	uint16_t port;

	scene_open();
	port = scene_start("10@2,filter='udp src port 1030'");
	rig_feed(20);
	rig_poll();
	scene_expect(port, 6, 1);
	assert_int_equal(scene_place(2).filtered, 19);
	assert_int_equal(plx_net_cluster_facts(port, &facts), 0);
	assert_string_equal(facts.name, "cluster:10@2");
	assert_string_equal(facts.filter, "udp src port 1030");
	assert_int_equal(facts.places, 1);
	assert_int_equal(facts.taken, 1);
	assert_int_equal(facts.masters, 1);
	assert_int_equal(facts.filtered, 19);
	assert_int_equal(plx_net_cluster_facts(rig.far[0], &facts), -ENODEV);
	scene_balanced(port, 1);
	scene_leave(port);
}

static uint64_t
xstat(uint16_t port, const char *name)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++)
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	fail_msg("there is no %s", name);
	return 0;
}

/* With those of the masters before. */
static void
what_the_master_lost_is_in_the_books(void **state)
{
	uint16_t port;

	scene_open();
	port = scene_start("10,filter='udp[0:2] >= 1034'");
	for (unsigned life = 1; life <= 2; life++) {
		rig_feed(110);
		rig_poll();
		scene_expect(port, 10, 64);
		rig_poll();
		assert_int_equal(xstat(port, "rx_missed_queue_full"), life * 36);
		assert_int_equal(xstat(port, "rx_filtered_there"), life * 10);
		scene_balanced(port, life * 100);
		scene_close();
		SCENE_WAIT(!scene_link(port));
		scene_balanced(port, life * 100);
		rig.params.overflow = life == 2 ? PLX_CLUSTER_DROP_OLDEST : PLX_CLUSTER_DROP_NEWEST;
		scene_open();
		SCENE_WAIT(scene_link(port));
	}
	rig_feed(150);
	rig_poll();
	assert_int_equal(xstat(port, "rx_missed_oldest"), 140 - 2 * 64);
	scene_expect(port, 10, 64);
	rig_poll();
	scene_expect(port, 10 + 64 + 12, 64);
	scene_balanced(port, 200 + 140);
	scene_leave(port);
}

/* -- sending -------------------------------------------------------------------------------------------- */

static void
packets_leave_by_the_masters_ports(void **state)
{
	struct plx_mbuf *pkts[8];
	uint16_t port;

	scene_open();
	port = scene_start("10,writable=1,tx_ports=3");
	for (uint32_t i = 0; i < 8; i++)
		pkts[i] = i % 2 == 0 ? rig_packet(0, i) : chain(i, 4);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, 8), 8);
	rig_poll();
	for (unsigned out = 0; out < 2; out++) {
		assert_int_equal(rig_out(out, pkts, 8), 8);
		for (uint32_t i = 0; i < 8; i++) {
			const uint32_t last = i % 2 == 0 ? i : i + 3;

			assert_int_equal(pkts[i]->pkt_len, (i % 2 == 0 ? 1 : 4) * RIG_FRAME);
			assert_memory_equal(
				(uint8_t *)plx_mbuf_data(pkts[i]) + pkts[i]->pkt_len - 4, &last, 4);
		}
		plx_mbuf_free_bulk(pkts, 8);
	}
	assert_int_equal(scene_place(0).sent, 8);
	assert_int_equal(scene_place(0).refused, 0);
	scene_balanced(port, 0);
	scene_leave(port);
}

static void
a_port_that_only_sends_has_no_share(void **state)
{
	struct plx_mbuf *pkts[8] = {NULL};
	uint16_t port;

	scene_open();
	port = scene_start("10,writable=1,send_only=1");
	rig_feed(8);
	rig_poll();
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 8), 0);
	assert_int_equal(scene_place(0).offered, 0);
	pkts[0] = rig_packet(0, 0);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, 1), 1);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 8), 1);
	scene_balanced(port, 0);
	scene_leave(port);
}

static void
what_finds_no_buffer_is_not_taken_and_what_fits_none_is_lost(void **state)
{
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[64];
	uint16_t port, taken, more;

	scene_open();
	port = scene_start("10,writable=1");
	pkts[0] = chain(0, 9); /* 576 bytes, and a buffer has 512 */
	pkts[1] = plx_mbuf_alloc(own);
	for (uint32_t i = 2; i < 64; i++)
		pkts[i] = i == 2 ? chain(i, 8) : rig_packet(0, i);
	taken = plx_ethdev_tx_burst(port, 0, pkts, 64);
	assert_in_range(taken, 3,
			2 + 16); /* as many as there are empty buffers, and the two that are lost */
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts + taken, 64 - taken), 0);
	rig_poll();
	more = plx_ethdev_tx_burst(port, 0, pkts + taken, 64 - taken);
	assert_in_range(more, 1, 16);
	plx_mbuf_free_bulk(pkts + taken + more, 64 - taken - more);
	rig_poll();
	assert_int_equal(rig_out(0, NULL, 64), taken + more - 2);
	assert_int_equal(plx_ethdev_stats(port, &stats), 0);
	assert_int_equal(stats.tx_packets, taken + more - 2);
	assert_int_equal(stats.tx_errors, 2);
	scene_balanced(port, 0);
	rig_audit();
	scene_leave(port);
}

static void
who_only_looks_sends_nothing(void **state)
{
	struct plx_mbuf *m;
	uint16_t port;

	scene_open();
	port = scene_start("10");
	m = rig_packet(0, 0);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 0);
	plx_mbuf_free(m);
	scene_leave(port);
}

/* Two lcores share a seat: one receives while the other sends. */
static struct {
	uint16_t port;
	bool stop;
	uint64_t sent;
} sender;

static void *
send_on(void *arg)
{
	while (!__atomic_load_n(&sender.stop, __ATOMIC_ACQUIRE)) {
		struct plx_mbuf *m = plx_mbuf_alloc(own);

		if (m == NULL)
			continue;
		memset(plx_mbuf_append(m, RIG_FRAME), 0, RIG_FRAME);
		if (plx_ethdev_tx_burst(sender.port, 0, &m, 1) == 1)
			sender.sent++;
		else
			plx_mbuf_free(m);
		sched_yield();
	}
	return NULL;
}

static void
one_thread_receives_and_another_sends(void **state)
{
	enum { N = 5000 };
	struct plx_mbuf *pkts[32];
	uint32_t got = 0, put = 0, out = 0;
	pthread_t thread;

	scene_open();
	sender.port = scene_start("10,writable=1");
	sender.stop = false;
	assert_int_equal(pthread_create(&thread, NULL, send_on, NULL), 0);
	for (unsigned ms = 0; (got < N || out < N) && ms < 1000000; ms++) {
		uint16_t n;

		if (put < N && put - got < 32)
			rig_put(0, rig_packet(put, put)), put++;
		plx_cluster_poll(rig.cluster);
		n = plx_ethdev_rx_burst(sender.port, 0, pkts, 32);
		for (uint16_t i = 0; i < n; i++)
			assert_int_equal(scene_number(pkts[i]), got++);
		plx_mbuf_free_bulk(pkts, n);
		out += rig_out(0, NULL, 64);
		sched_yield();
	}
	__atomic_store_n(&sender.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(got, N);
	rig_poll();
	out += rig_out(0, NULL, UINT32_MAX);
	assert_int_equal(out, sender.sent);
	assert_int_equal(scene_place(0).lies, 0);
	scene_balanced(sender.port, N);
	scene_leave(sender.port);
}

/* -- what is refused ------------------------------------------------------------------------------------ */

static void
what_cannot_be_is_refused_in_words(void **state)
{
	scene_refused("queues=1", "cluster");
	scene_refused("cluster=ten", "\"ten\" is no cluster: 10 is expected");
	scene_refused("cluster=65536", "is no cluster");
	scene_refused("cluster=10@", "is no place, which are 0 to 63");
	scene_refused("cluster=10@64", "is no place");
	scene_refused("cluster=10@62,queues=3", "10@62 and 2 more places: the last is 63");
	scene_refused("cluster=10,tx_ports=2", "nothing is sent without writable=1");
	scene_refused("cluster=10,send_only=1", "nothing is sent without writable=1");
	scene_refused("cluster=10,queues=0", "queues");
	scene_refused("cluster=10", "there is no cluster 10, nor any other");
	rig.params.nb_tx_ports = 0;
	scene_open();
	scene_refused("cluster=11", "there is no cluster 11; there is: 10");
	scene_refused("cluster=10@4", "has places 0 to 3");
	scene_refused("cluster=10,queues=5", "all 4 places of cluster 10 are taken");
	scene_refused("cluster=10,filter='tcp prot 80'", "prot");
	scene_refused("cluster=10,writable=1", "has no ports that its slaves could send by");
	scene_close();
	rig.params.nb_tx_ports = 2;
	rig.params.extra = 0;
	scene_open();
	scene_refused("cluster=10,writable=1", "no buffers to send with");
	scene_refused("cluster=10,writable=1,tx_ports=4", "sends by 2 ports, so 0x3 are all");
	scene_close();
	rig.params.writable = false;
	scene_open();
	scene_refused("cluster=10,writable=1", "lets its slaves read packets");
	scene_close();
	rig.params.spread.mode = PLX_CLUSTER_GROUPS;
	rig.params.spread.nb_groups = 2;
	scene_open();
	scene_refused("cluster=10,group=2", "has groups 0 to 1");
	scene_leave(scene_start("cluster:10@3,group=1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(packets_come_with_all_that_is_known_of_them),
		SCENE_TEST(who_needs_no_times_gets_none),
		SCENE_TEST(segments_become_one_packet_wherever_they_lie),
		SCENE_TEST(what_does_not_fit_is_counted_and_the_next_comes),
		SCENE_TEST(a_pool_that_runs_out_costs_nothing),
		SCENE_TEST(a_segment_that_shrinks_meanwhile_is_lost),
		SCENE_TEST(nonsense_of_a_master_is_counted_and_not_believed),
		SCENE_TEST(a_packet_without_end_takes_no_more_than_it_may),
		SCENE_TEST(a_master_that_claims_too_much_keeps_nobody),
		SCENE_TEST(several_places_are_read_by_as_many_queues_or_fewer),
		SCENE_TEST(the_master_filters),
		SCENE_TEST(what_the_master_lost_is_in_the_books),
		SCENE_TEST(packets_leave_by_the_masters_ports),
		SCENE_TEST(a_port_that_only_sends_has_no_share),
		SCENE_TEST(what_finds_no_buffer_is_not_taken_and_what_fits_none_is_lost),
		SCENE_TEST(who_only_looks_sends_nothing),
		SCENE_TEST(one_thread_receives_and_another_sends),
		SCENE_TEST(what_cannot_be_is_refused_in_words),
	};

	return cmocka_run_group_tests(tests, scene_init, scene_fini);
}
