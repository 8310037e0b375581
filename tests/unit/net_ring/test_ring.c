/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_fixture.h"
#include "plx_driver.h"
#include "plx_ethdev.h"
#include "plx_net_ring.h"
#include "plx_zone.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct plx_driver plx_driver_net_ring;

static struct plx_pool *pool;
static struct plx_why why;

/* -- ports ------------------------------------------------------------------------------------------- */

static int
setup(void **state)
{
	const struct plx_pool_params params = {.name = "pool", .n = 1024, .node = PLX_NODE_ANY};

	why.text[0] = '\0';
	return plx_pool_create(&params, &pool, &why);
}

/* Whatever a test did, every buffer must be home and sane at its end. */
static int
teardown(void **state)
{
	while (plx_device_at(0) != NULL)
		plx_device_detach(plx_device_at(0)->name, NULL);
	if (plx_pool_audit(pool, &why) == 0 && plx_pool_destroy(pool, &why) == 0)
		return 0;
	fprintf(stderr, "%s\n", why.text);
	return -1;
}

static uint16_t
attach(const char *devargs)
{
	char name[64];
	uint16_t port;

	if (plx_device_attach(devargs, &why) != 0)
		fail_msg("%s: %s", devargs, why.text);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(devargs, ","), devargs);
	assert_int_equal(plx_ethdev_by_name(name, &port), 0);
	return port;
}

static void
start_with(uint16_t port, uint16_t nb_queues, uint32_t rx_offloads)
{
	struct plx_ethdev_conf conf = {.rx_offloads = rx_offloads};

	assert_int_equal(plx_ethdev_configure(port, nb_queues, nb_queues, &conf, &why), 0);
	for (uint16_t i = 0; i < nb_queues; i++) {
		assert_int_equal(plx_ethdev_rx_queue_setup(port, i, 0, pool, &why), 0);
		assert_int_equal(plx_ethdev_tx_queue_setup(port, i, 0, &why), 0);
	}
	assert_int_equal(plx_ethdev_start(port, &why), 0);
}

static void
start(uint16_t port)
{
	start_with(port, 1, 0);
}

static void
make(struct plx_mbuf **pkts, unsigned n)
{
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, n), 0);
	for (unsigned i = 0; i < n; i++)
		memset(plx_mbuf_append(pkts[i], 60 + i), (int)i, 60 + i);
}

static bool
link_is_up(uint16_t port)
{
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_link(port, &link), 0);
	return link.up;
}

static void
balanced(uint16_t port)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

static uint64_t
xstat(uint16_t port, const char *name)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(port, stats, 64);

	for (int i = 0; i < n; i++) {
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	}
	fail_msg("no xstat %s", name);
	return 0;
}

/* Sends n packets from one queue, receives the same ones in order at another. */
static void
cross(uint16_t from, uint16_t to, uint16_t queue, uint16_t n)
{
	struct plx_mbuf *sent[64], *got[64];

	make(sent, n);
	assert_int_equal(plx_ethdev_tx_burst(from, queue, sent, n), n);
	assert_int_equal(plx_ethdev_rx_queue_count(to, queue), n);
	balanced(from);
	balanced(to);
	assert_int_equal(plx_ethdev_rx_burst(to, queue, got, 64), n);
	for (uint16_t i = 0; i < n; i++) {
		assert_ptr_equal(got[i], sent[i]);
		assert_int_equal(got[i]->port, to);
		assert_int_equal(got[i]->queue, queue);
		assert_int_equal(got[i]->pkt_len, 60 + i);
	}
	plx_mbuf_free_bulk(got, n);
	balanced(from);
	balanced(to);
}

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

/* -- two ports ----------------------------------------------------------------------------------------- */

static void
two_ports_join_whichever_comes_first(void **state)
{
	static const char *const args[][2] = {
		{"net_ring0,peer=net_ring1", "net_ring1,peer=net_ring0"},
		{"net_ring1,peer=net_ring0", "net_ring0"},
		{"net_ring0,peer=net_ring1,entries=64,queues=2", "net_ring1,queues=2"},
	};

	for (size_t i = 0; i < PLX_ARRAY_LEN(args); i++) {
		uint16_t a = attach(args[i][0]), b = attach(args[i][1]);

		start_with(a, 2, 0);
		start_with(b, 2, 0);
		for (uint16_t queue = 0; queue < 2; queue++) {
			cross(a, b, queue, 40);
			cross(b, a, queue, 3);
		}
		assert_int_equal(plx_device_detach("net_ring0", &why), 0);
		assert_int_equal(plx_device_detach("net_ring1", &why), 0);
	}
}

static void
a_sender_without_receiver_keeps_its_packets(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b;
	struct plx_mbuf *m;

	start(a);
	make(&m, 1);
	assert_false(link_is_up(a));
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 0);
	b = attach("net_ring1");
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 0);
	start(b);
	assert_true(link_is_up(a));
	assert_true(link_is_up(b));
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 1);
	assert_int_equal(plx_ethdev_stop(b), 0);
	assert_false(link_is_up(a));
	assert_int_equal(plx_pool_in_use(pool), 0);
	make(&m, 1);
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 0);
	plx_mbuf_free(m);
	assert_int_equal(xstat(b, "rx_missed_stopped"), 1);
	balanced(a);
	balanced(b);
}

static void
a_sender_that_stops_leaves_its_packets_to_the_receiver(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *pkts[5];

	start(a);
	start(b);
	make(pkts, 5);
	assert_int_equal(plx_ethdev_tx_burst(a, 0, pkts, 5), 5);
	assert_int_equal(plx_ethdev_close(a), 0);
	assert_false(link_is_up(b));
	assert_int_equal(plx_ethdev_rx_burst(b, 0, pkts, 5), 5);
	plx_mbuf_free_bulk(pkts, 5);
	balanced(b);
}

static void
a_port_may_go_and_come_back(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *m;

	start(a);
	start(b);
	cross(a, b, 0, 5);
	make(&m, 1);
	assert_int_equal(plx_ethdev_tx_burst(a, 0, &m, 1), 1);
	assert_int_equal(plx_device_detach("net_ring1", &why), 0);
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_false(link_is_up(a));
	b = attach("net_ring1,peer=net_ring0");
	start(b);
	cross(a, b, 0, 5);
	cross(b, a, 0, 5);
	assert_int_equal(xstat(b, "rx_missed_stopped"), 0);
	assert_int_equal(xstat(b, "rx_good_packets"), 5);
}

/* What a burst under way puts into a lane behind a stopped receiver is not forgotten. */
static void
queues_that_nobody_reads_are_emptied_and_counted(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *pkts[4];

	start_with(a, 2, 0);
	start(b);
	make(pkts, 4);
	assert_int_equal(plx_ethdev_tx_burst(a, 1, pkts, 4), 4);
	balanced(b);
	assert_int_equal(plx_ethdev_close(b), 0);
	balanced(b);
	assert_int_equal(xstat(b, "rx_missed_stopped"), 4);
	assert_int_equal(plx_pool_in_use(pool), 0);
}

enum { STREAM = 200000 };

static void *
send_stream(void *arg)
{
	uint16_t port = *(uint16_t *)arg;

	for (uint32_t seq = 0; seq < STREAM;) {
		struct plx_mbuf *pkts[8];
		uint16_t n = 0, sent;

		while (n < 8 && (pkts[n] = plx_mbuf_alloc(pool)) != NULL) {
			uint32_t number = seq + n;

			memcpy(plx_mbuf_append(pkts[n++], 60), &number, sizeof(number));
		}
		sent = plx_ethdev_tx_burst(port, 0, pkts, n);
		plx_mbuf_free_bulk(pkts + sent, n - sent);
		seq += sent;
		if (sent == 0)
			sched_yield();
	}
	return NULL;
}

static void
two_threads_lose_nothing_between_them(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1,entries=64"), b = attach("net_ring1");
	struct plx_mbuf *pkts[32];
	pthread_t thread;

	start(a);
	start(b);
	assert_int_equal(pthread_create(&thread, NULL, send_stream, &a), 0);
	for (uint32_t seq = 0; seq < STREAM;) {
		uint16_t n = plx_ethdev_rx_burst(b, 0, pkts, 32);

		for (uint16_t i = 0; i < n; i++, seq++)
			assert_memory_equal(plx_mbuf_data(pkts[i]), &seq, sizeof(seq));
		plx_mbuf_free_bulk(pkts, n);
		if (n == 0)
			sched_yield();
	}
	pthread_join(thread, NULL);
	balanced(a);
	balanced(b);
	assert_int_equal(xstat(b, "rx_good_packets"), STREAM);
}

static void *
send_until_told(void *arg)
{
	bool *told = arg;
	uint64_t *ret_sent = calloc(1, sizeof(*ret_sent));

	while (!__atomic_load_n(told, __ATOMIC_RELAXED)) {
		struct plx_mbuf *pkts[8];
		uint16_t n = 0, sent;

		while (n < 8 && (pkts[n] = plx_mbuf_alloc(pool)) != NULL)
			n++;
		sent = plx_ethdev_tx_burst(0, 0, pkts, n);
		plx_mbuf_free_bulk(pkts + sent, n - sent);
		*ret_sent += sent;
		sched_yield();
	}
	return ret_sent;
}

static void
a_receiver_may_stop_while_others_send(void **state)
{
	uint16_t a = attach("net_ring0,peer=net_ring1"), b = attach("net_ring1");
	struct plx_mbuf *pkts[32];
	uint64_t *sent;
	bool told = false;
	pthread_t thread;

	assert_int_equal(a, 0);
	start(a);
	start(b);
	assert_int_equal(pthread_create(&thread, NULL, send_until_told, &told), 0);
	for (unsigned round = 0; round < 300; round++) {
		sched_yield();
		plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(b, 0, pkts, 32));
		assert_int_equal(plx_ethdev_stop(b), 0);
		sched_yield();
		assert_int_equal(plx_ethdev_start(b, &why), 0);
	}
	assert_int_equal(plx_ethdev_close(b), 0);
	__atomic_store_n(&told, true, __ATOMIC_RELAXED);
	pthread_join(thread, (void **)&sent);
	assert_int_equal(plx_ethdev_close(a), 0);
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_true(*sent > 0);
	assert_int_equal(xstat(b, "rx_good_packets") + xstat(b, "rx_missed_stopped"), *sent);
	balanced(a);
	balanced(b);
	free(sent);
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
	struct plx_mbuf *pkt = plx_mbuf_alloc(pool);
	uint16_t port = attach("net_ring0,peer=net_ring1,queues=2,entries=64");

	attach("net_ring1,peer=net_ring0,queues=2,entries=64");
	start_with(port, 2, 0);
	assert_int_equal(plx_net_ring_lanes(NULL, 0), 4);
	assert_int_equal(plx_net_ring_lanes(lanes, 4), 4);
	assert_string_equal(lanes[1].from, "net_ring0");
	assert_string_equal(lanes[1].to, "net_ring1");
	assert_int_equal(lanes[1].queue, 1);
	assert_int_equal(lanes[1].capacity, 64);
	assert_string_equal(lanes[2].from, "net_ring1");
	plx_mbuf_free(pkt);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(two_ports_join_whichever_comes_first),
		TEST(a_sender_without_receiver_keeps_its_packets),
		TEST(a_sender_that_stops_leaves_its_packets_to_the_receiver),
		TEST(a_port_may_go_and_come_back),
		TEST(queues_that_nobody_reads_are_emptied_and_counted),
		TEST(two_threads_lose_nothing_between_them),
		TEST(a_receiver_may_stop_while_others_send),
		TEST(wishes_that_contradict_are_refused),
		TEST(a_port_is_made_of_rings_that_stay_the_programs),
		TEST(rings_that_carry_no_packets_are_refused),
		TEST(rings_between_ports_can_be_listed),
	};
	int failed;

	if (eal_fixture_init("0") != 0 || plx_driver_add(&plx_driver_net_ring, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	plx_eal_cleanup();
	return failed;
}
