/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bouncers between two cables, with a third one for what is sent elsewhere:
 *
 *	near -- a  bouncer  b -- far		other -- beyond
 */
#include "plx_bouncer.h"

#include "net_ring/ring_scene.h"
#include "plx_clock.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#define ENTRIES 64 /* of each cable */

static uint16_t near, a, b, far, other, beyond;

static void
open_ports(void)
{
	near = attach("net_ring0,peer=net_ring1,entries=64");
	a = attach("net_ring1,entries=64");
	b = attach("net_ring2,peer=net_ring3,entries=64");
	far = attach("net_ring3,entries=64");
	other = attach("net_ring4,peer=net_ring5,entries=64");
	beyond = attach("net_ring5,entries=64");
	for (uint16_t port = 0; port < 6; port++)
		start_with(port, 2, PLX_ETH_RX_OFFLOAD_SCATTER);
}

/* Opens the ports, too. */
static struct plx_bouncer_params
between(void)
{
	open_ports();
	return (struct plx_bouncer_params){.a = {a, 0}, .b = {b, 0}};
}

static struct plx_bouncer *
create(const struct plx_bouncer_params *params)
{
	struct plx_bouncer *bouncer;

	if (plx_bouncer_create(params, &bouncer, &why) != 0)
		fail_msg("%s", why.text);
	return bouncer;
}

/* n packets into a port, the i-th of 60 + i bytes of i. */
static void
put(uint16_t port, uint16_t queue, uint16_t n)
{
	struct plx_mbuf *pkts[ENTRIES];

	make(pkts, n);
	assert_int_equal(plx_ethdev_tx_burst(port, queue, pkts, n), n);
}

/* Takes and frees what arrives, and returns how much; the first byte of each into ret_bytes. */
static unsigned
drain(uint16_t port, uint16_t queue, uint8_t *ret_bytes)
{
	struct plx_mbuf *pkts[ENTRIES];
	unsigned n = 0;
	uint16_t got;

	while ((got = plx_ethdev_rx_burst(port, queue, pkts, ENTRIES)) > 0) {
		for (uint16_t i = 0; i < got; i++) {
			assert_int_equal(plx_mbuf_check(pkts[i], &why), 0);
			if (ret_bytes != NULL)
				ret_bytes[n + i] = *plx_mbuf_data(pkts[i]);
		}
		plx_mbuf_free_bulk(pkts, got);
		n += got;
	}
	return n;
}

static struct plx_bouncer_stats
stats_of(const struct plx_bouncer *bouncer, enum plx_bouncer_way way)
{
	struct plx_bouncer_stats s;

	assert_int_equal(plx_bouncer_stats(bouncer, way, &s), 0);
	assert_int_equal(s.received,
			 s.passed + s.elsewhere + s.dropped + s.misdirected + s.refused);
	return s;
}

static void
packets_go_both_ways_in_order(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;
	uint8_t bytes[ENTRIES];

	bouncer = create(&params);
	assert_int_equal(plx_bouncer_poll(bouncer), 0);
	put(near, 0, 40);
	put(far, 0, 7);
	assert_int_equal(plx_bouncer_poll(bouncer), PLX_BOUNCER_BURST + 7);
	assert_int_equal(plx_bouncer_poll(bouncer), 8);
	assert_int_equal(plx_bouncer_poll(bouncer), 0);
	assert_int_equal(drain(far, 0, bytes), 40);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(bytes[i], i);
	assert_int_equal(drain(near, 0, NULL), 7);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).passed, 40);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_B_TO_A).passed, 7);
	assert_int_equal(
		plx_bouncer_stats(bouncer, PLX_BOUNCER_WAYS, &(struct plx_bouncer_stats){0}),
		-EINVAL);
	plx_bouncer_destroy(bouncer);
	plx_bouncer_destroy(NULL);
}

static void
one_direction_leaves_the_other_alone(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;

	params.direction = PLX_BOUNCER_ONLY_A_TO_B;
	params.burst = 5;
	bouncer = create(&params);
	put(near, 0, 9);
	put(far, 0, 9);
	assert_int_equal(plx_bouncer_poll(bouncer), 5);
	assert_int_equal(plx_bouncer_poll(bouncer), 4);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_B_TO_A).received, 0);
	assert_int_equal(drain(far, 0, NULL), 9);
	assert_int_equal(drain(near, 0, NULL), 0);
	plx_bouncer_destroy(bouncer);
	params.direction = PLX_BOUNCER_ONLY_B_TO_A;
	bouncer = create(&params);
	put(near, 0, 3);
	assert_int_equal(plx_bouncer_poll(bouncer), 5);
	assert_int_equal(plx_bouncer_poll(bouncer), 4);
	assert_int_equal(plx_bouncer_poll(bouncer), 0);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).received, 0);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_B_TO_A).passed, 9);
	assert_int_equal(drain(near, 0, NULL), 9);
	plx_bouncer_destroy(bouncer);
}

static void
a_queue_has_its_number(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;

	params.a.queue = 1;
	bouncer = create(&params);
	put(near, 0, 2);
	put(near, 1, 3);
	put(far, 0, 4);
	assert_int_equal(plx_bouncer_poll(bouncer), 7);
	assert_int_equal(drain(far, 0, NULL), 3);
	assert_int_equal(drain(near, 1, NULL), 4);
	plx_bouncer_destroy(bouncer);
}

/* -- decisions -------------------------------------------------------------------------------------------- */

/* Packet i gets verdict i % 5: passed, dropped, to 0, to 1, and a number that means nothing. */
static uint8_t
by_number(void *arg, enum plx_bouncer_way way, struct plx_mbuf *pkt)
{
	static const uint8_t verdicts[] = {PLX_BOUNCER_PASS, PLX_BOUNCER_DROP, PLX_BOUNCER_TO(0),
					   PLX_BOUNCER_TO(1), PLX_BOUNCER_TO(2)};

	assert_int_equal(*(int *)arg, 77);
	assert_int_equal(way, pkt->port == a ? PLX_BOUNCER_A_TO_B : PLX_BOUNCER_B_TO_A);
	return verdicts[*plx_mbuf_data(pkt) % 5];
}

static void
by_number_burst(void *arg, enum plx_bouncer_way way, struct plx_mbuf *const *pkts, uint16_t n,
		uint8_t *ret_verdicts)
{
	for (uint16_t i = 0; i < n; i++) {
		assert_int_equal(ret_verdicts[i], PLX_BOUNCER_PASS);
		ret_verdicts[i] = by_number(arg, way, pkts[i]);
	}
}

static void
each_verdict_is_obeyed(void **state)
{
	struct plx_bouncer_params params = between();
	const struct plx_bouncer_port others[] = {{other, 0}, {b, 1}};
	int arg = 77;

	params.others = others;
	params.nb_others = 2;
	params.arg = &arg;
	for (unsigned round = 0; round < 2; round++) {
		struct plx_bouncer *bouncer;
		uint8_t bytes[ENTRIES];

		params.decide = round ? by_number_burst : NULL;
		params.decide_one = round ? NULL : by_number;
		bouncer = create(&params);
		put(near, 0, 31);
		put(far, 0, 5);
		assert_int_equal(plx_bouncer_poll(bouncer), 36);
		for (enum plx_bouncer_way way = 0; way < PLX_BOUNCER_WAYS; way++) {
			struct plx_bouncer_stats s = stats_of(bouncer, way);
			unsigned fifth = way == PLX_BOUNCER_A_TO_B ? 6 : 1;
			unsigned last = way == PLX_BOUNCER_A_TO_B; /* is passed */

			assert_int_equal(s.received, fifth * 5 + last);
			assert_int_equal(s.passed, fifth + last);
			assert_int_equal(s.dropped, fifth);
			assert_int_equal(s.elsewhere, fifth * 2);
			assert_int_equal(s.misdirected, fifth);
			assert_int_equal(s.refused, 0);
		}
		assert_int_equal(drain(far, 0, bytes), 7);
		for (unsigned i = 0; i < 7; i++)
			assert_int_equal(bytes[i], i * 5);
		assert_int_equal(drain(near, 0, bytes), 1);
		assert_int_equal(bytes[0], 0);
		assert_int_equal(drain(beyond, 0, bytes), 7);
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(bytes[i], i * 5 + 2);
		assert_int_equal(drain(far, 1, bytes), 7);
		assert_int_equal(bytes[5], 28);
		assert_int_equal(bytes[6], 3);
		plx_bouncer_destroy(bouncer);
	}
}

static uint8_t
edit(void *arg, enum plx_bouncer_way way, struct plx_mbuf *pkt)
{
	uint8_t number = *plx_mbuf_data(pkt);

	memset(plx_mbuf_append(pkt, 10), 0xee, 10);
	assert_true(plx_mbuf_trim(pkt, 4));
	assert_non_null(plx_mbuf_adj(pkt, 20));
	assert_non_null(plx_mbuf_prepend(pkt, 3));
	*plx_mbuf_data(pkt) = (uint8_t)(number ^ 0xff);
	return PLX_BOUNCER_PASS;
}

static void
bytes_and_lengths_may_change(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_mbuf *pkts[8];
	struct plx_bouncer *bouncer;

	params.decide_one = edit;
	bouncer = create(&params);
	put(near, 0, 8);
	assert_int_equal(plx_bouncer_poll(bouncer), 8);
	assert_int_equal(plx_ethdev_rx_burst(far, 0, pkts, 8), 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(plx_mbuf_check(pkts[i], &why), 0);
		assert_int_equal(pkts[i]->pkt_len, 60 + i + 10 - 4 - 20 + 3);
		assert_int_equal(*plx_mbuf_data(pkts[i]), i ^ 0xff);
		assert_int_equal(plx_mbuf_data(pkts[i])[pkts[i]->pkt_len - 1], 0xee);
	}
	plx_mbuf_free_bulk(pkts, 8);
	plx_bouncer_destroy(bouncer);
}

static uint8_t
pass_or_drop(void *arg, enum plx_bouncer_way way, struct plx_mbuf *pkt)
{
	return *(uint8_t *)arg;
}

static void
chains_stay_whole(void **state)
{
	uint8_t verdict = PLX_BOUNCER_PASS;
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;
	struct plx_mbuf *pkts[3], *got;

	params.decide_one = pass_or_drop;
	params.arg = &verdict;
	bouncer = create(&params);
	for (unsigned round = 0; round < 2; round++) {
		verdict = round ? PLX_BOUNCER_DROP : PLX_BOUNCER_PASS;
		make(pkts, 3);
		assert_int_equal(plx_mbuf_chain(pkts[1], pkts[2]), 0);
		assert_int_equal(plx_mbuf_chain(pkts[0], pkts[1]), 0);
		assert_int_equal(plx_ethdev_tx_burst(near, 0, pkts, 1), 1);
		assert_int_equal(plx_bouncer_poll(bouncer), 1);
		if (round > 0)
			continue;
		assert_int_equal(plx_ethdev_rx_burst(far, 0, &got, 1), 1);
		assert_ptr_equal(got, pkts[0]);
		assert_int_equal(got->nb_segs, 3);
		assert_int_equal(got->pkt_len, 60 + 61 + 62);
		assert_int_equal(plx_mbuf_check(got, &why), 0);
		plx_mbuf_free(got);
	}
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).dropped, 1);
	plx_bouncer_destroy(bouncer);
}

/* -- no room ---------------------------------------------------------------------------------------------- */

/* Fills the cable behind a queue. Returns how many packets it took. */
static unsigned
fill(uint16_t port, uint16_t queue)
{
	struct plx_mbuf *m;
	unsigned n = 0;

	for (;;) {
		make(&m, 1);
		if (plx_ethdev_tx_burst(port, queue, &m, 1) == 0)
			break;
		n++;
	}
	plx_mbuf_free(m);
	return n;
}

static void
what_is_not_taken_is_refused_and_freed(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;
	struct plx_mbuf *pkts[4];
	unsigned held;

	bouncer = create(&params);
	held = fill(b, 0);
	assert_int_equal(plx_ethdev_rx_burst(far, 0, pkts, 4), 4);
	plx_mbuf_free_bulk(pkts, 4);
	put(near, 0, 10);
	assert_int_equal(plx_bouncer_poll(bouncer), 10);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).passed, 4);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).refused, 6);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).retried, 0);
	assert_int_equal(plx_pool_in_use(pool), held);
	assert_int_equal(drain(far, 0, NULL), held);
	plx_bouncer_destroy(bouncer);
}

static void
a_full_queue_is_tried_again(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;
	uint64_t start;

	params.retries = 5;
	params.retry_delay_us = 1000;
	bouncer = create(&params);
	fill(b, 0);
	put(near, 0, 3);
	start = plx_clock_monotonic_ns();
	assert_int_equal(plx_bouncer_poll(bouncer), 3);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).refused, 3);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).retried, 5);
	assert_true(plx_clock_monotonic_ns() - start >= 5000000);
	drain(far, 0, NULL);
	plx_bouncer_destroy(bouncer);
}

struct reader {
	struct plx_bouncer *bouncer;
	unsigned held; /* that filled the cable before */
	unsigned wrong;
	bool done; /* the bouncer has sent all */
};

/* Takes a packet from the far end whenever the bouncer has tried again: 200 that count up follow those that were there. */
static void *
slow_reader(void *arg)
{
	struct reader *r = arg;
	struct plx_bouncer_stats s;
	struct plx_mbuf *m;
	uint64_t seen = 0;

	for (unsigned n = 0; n < r->held + 200;) {
		plx_bouncer_stats(r->bouncer, PLX_BOUNCER_A_TO_B, &s);
		if ((s.retried == seen && !__atomic_load_n(&r->done, __ATOMIC_RELAXED)) ||
		    plx_ethdev_rx_burst(far, 1, &m, 1) == 0) {
			sched_yield();
			continue;
		}
		seen = s.retried;
		r->wrong += n >= r->held && *plx_mbuf_data(m) != (n - r->held) % 20;
		plx_mbuf_free(m);
		n++;
	}
	return NULL;
}

static void
with_enough_retries_nothing_is_lost(void **state)
{
	struct plx_bouncer_params params = between();
	struct reader r = {0};
	pthread_t thread;

	params.b.queue = 1;
	params.retries = PLX_BOUNCER_RETRIES_MAX;
	params.retry_delay_us = 100;
	r.bouncer = create(&params);
	r.held = fill(b, 1);
	assert_int_equal(pthread_create(&thread, NULL, slow_reader, &r), 0);
	for (unsigned i = 0; i < 10; i++) {
		put(near, 0, 20);
		assert_int_equal(plx_bouncer_poll(r.bouncer), 20);
	}
	__atomic_store_n(&r.done, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(stats_of(r.bouncer, PLX_BOUNCER_A_TO_B).passed, 200);
	assert_int_equal(r.wrong, 0);
	plx_bouncer_destroy(r.bouncer);
}

static void
elsewhere_may_be_full_too(void **state)
{
	uint8_t verdict = PLX_BOUNCER_TO(0);
	struct plx_bouncer_params params = between();
	const struct plx_bouncer_port others[] = {{other, 0}};
	struct plx_bouncer *bouncer;

	params.others = others;
	params.nb_others = 1;
	params.decide_one = pass_or_drop;
	params.arg = &verdict;
	bouncer = create(&params);
	fill(other, 0);
	put(near, 0, 3);
	assert_int_equal(plx_bouncer_poll(bouncer), 3);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).refused, 3);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).elsewhere, 0);
	drain(beyond, 0, NULL);
	plx_bouncer_destroy(bouncer);
}

/* -- ports that stop, or are not there ------------------------------------------------------------------ */

static void
ports_may_stop_and_start_between_rounds(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;

	bouncer = create(&params);
	put(near, 0, 4);
	assert_int_equal(plx_ethdev_stop(b), 0);
	assert_int_equal(plx_bouncer_poll(bouncer), 4);
	assert_int_equal(stats_of(bouncer, PLX_BOUNCER_A_TO_B).refused, 4);
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_int_equal(plx_ethdev_stop(a), 0);
	assert_int_equal(plx_bouncer_poll(bouncer), 0);
	assert_int_equal(plx_ethdev_start(a, &why), 0);
	assert_int_equal(plx_ethdev_start(b, &why), 0);
	put(near, 0, 2);
	assert_int_equal(plx_bouncer_poll(bouncer), 2);
	assert_int_equal(drain(far, 0, NULL), 2);
	assert_int_equal(plx_ethdev_close(a), 0);
	assert_int_equal(plx_ethdev_close(b), 0);
	assert_int_equal(plx_bouncer_poll(bouncer), 0);
	plx_bouncer_destroy(bouncer);
}

static void
refuse(const struct plx_bouncer_params *params, int error, const char *words)
{
	struct plx_bouncer *bouncer = NULL;

	why.text[0] = '\0';
	assert_int_equal(plx_bouncer_create(params, &bouncer, &why), error);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
	assert_null(bouncer);
}

static void
wrong_parameters_are_refused_with_their_name(void **state)
{
	struct plx_bouncer_params good = between(), p;
	struct plx_bouncer_port others[PLX_BOUNCER_OTHERS_MAX + 1] = {{0}};

	p = good;
	p.a.port = 9;
	refuse(&p, -ENODEV, "a: there is no port 9");
	p = good;
	p.b.port = UINT16_MAX;
	refuse(&p, -ENODEV, "b: there is no port");
	p = good;
	p.b.queue = 2;
	refuse(&p, -EINVAL, "b: port 2 (net_ring2) has 2 rx queues, no queue 2");
	p.direction = PLX_BOUNCER_ONLY_A_TO_B;
	refuse(&p, -EINVAL, "b: port 2 (net_ring2) has 2 tx queues, no queue 2");
	p = good;
	p.a.queue = 77;
	p.direction = PLX_BOUNCER_ONLY_A_TO_B;
	refuse(&p, -EINVAL, "a: port 1 (net_ring1) has 2 rx queues");
	p.direction = PLX_BOUNCER_ONLY_B_TO_A;
	refuse(&p, -EINVAL, "a: port 1 (net_ring1) has 2 tx queues");
	p = good;
	p.b = p.a;
	refuse(&p, -EINVAL, "the same queue");
	p = good;
	p.b = (struct plx_bouncer_port){a, 1};
	plx_bouncer_destroy(create(&p));
	p = good;
	p.direction = 3;
	refuse(&p, -EINVAL, "direction");
	p = good;
	p.burst = PLX_BOUNCER_BURST_MAX + 1;
	refuse(&p, -EINVAL, "burst");
	p = good;
	p.decide = by_number_burst;
	p.decide_one = by_number;
	refuse(&p, -EINVAL, "decide_one");
	p = good;
	p.nb_others = 1;
	refuse(&p, -EINVAL, "others is NULL");
	p.others = others;
	p.nb_others = PLX_BOUNCER_OTHERS_MAX + 1;
	refuse(&p, -EINVAL, "nb_others");
	p.nb_others = 2;
	others[1].port = 6;
	refuse(&p, -ENODEV, "others: there is no port 6");
	others[1] = (struct plx_bouncer_port){other, 2};
	refuse(&p, -EINVAL, "others: port 4");
	assert_int_equal(plx_ethdev_stop(other), 0);
	assert_int_equal(plx_ethdev_configure(other, 1, 2, NULL, &why), 0);
	others[1].queue = 1;
	plx_bouncer_destroy(create(&p));
	p = good;
	p.retries = PLX_BOUNCER_RETRIES_MAX + 1;
	refuse(&p, -EINVAL, "retries");
	p = good;
	p.retry_delay_us = 1001;
	refuse(&p, -EINVAL, "retry_delay_us");
	assert_int_equal(plx_ethdev_close(b), 0);
	refuse(&good, -EINVAL, "b: port 2");
}

/* One queue that sends back what it receives. */
static void
a_port_can_be_its_own_other_end(void **state)
{
	struct plx_bouncer_params params = between();
	struct plx_bouncer *bouncer;

	params.b = params.a;
	params.direction = PLX_BOUNCER_ONLY_A_TO_B;
	params.burst = PLX_BOUNCER_BURST_MAX;
	bouncer = create(&params);
	put(near, 0, 60);
	assert_int_equal(plx_bouncer_poll(bouncer), 60);
	assert_int_equal(drain(near, 0, NULL), 60);
	plx_bouncer_destroy(bouncer);
}

/* -- running ---------------------------------------------------------------------------------------------- */

static struct plx_bouncer *running;

static void *
run(void *arg)
{
	plx_bouncer_run(running);
	return NULL;
}

static void
break_it(int signo)
{
	plx_bouncer_break(running);
}

static void
a_break_ends_a_run(void **state)
{
	const enum plx_idle_policy policies[] = {PLX_IDLE_YIELD, PLX_IDLE_SLEEP};
	struct plx_bouncer_params params = between();

	running = create(&params);
	for (unsigned i = 0; i < 4; i++) {
		unsigned got = 0;
		pthread_t thread;

		plx_idle_set_policy(policies[i % 2]);
		assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
		put(near, 0, 50);
		while (got < 50) {
			got += drain(far, 0, NULL);
			sched_yield();
		}
		if (i < 2) {
			plx_bouncer_break(running);
		} else {
			signal(SIGUSR1, break_it);
			assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
		}
		pthread_join(thread, NULL);
		signal(SIGUSR1, SIG_DFL);
		assert_int_equal(stats_of(running, PLX_BOUNCER_A_TO_B).passed, 50 * (i + 1));
	}
	/* Before it runs: the next run ends at once, and only that one. */
	plx_bouncer_break(running);
	put(near, 0, 1);
	plx_bouncer_run(running);
	assert_int_equal(drain(far, 0, NULL), 0);
	assert_int_equal(plx_bouncer_poll(running), 1);
	assert_int_equal(drain(far, 0, NULL), 1);
	plx_bouncer_destroy(running);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_go_both_ways_in_order),
		TEST(one_direction_leaves_the_other_alone),
		TEST(a_queue_has_its_number),
		TEST(each_verdict_is_obeyed),
		TEST(bytes_and_lengths_may_change),
		TEST(chains_stay_whole),
		TEST(what_is_not_taken_is_refused_and_freed),
		TEST(a_full_queue_is_tried_again),
		TEST(with_enough_retries_nothing_is_lost),
		TEST(elsewhere_may_be_full_too),
		TEST(ports_may_stop_and_start_between_rounds),
		TEST(wrong_parameters_are_refused_with_their_name),
		TEST(a_port_can_be_its_own_other_end),
		TEST(a_break_ends_a_run),
	};

	if (scene_begin() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL) + plx_eal_cleanup();
}
