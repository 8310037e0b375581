/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that are put on a port, changed and taken off, taps that come and go, tx queues that are handed over and taken back,
 * while two threads receive and two feed. Every packet that is received is delivered or in a row of the ledger; what is delivered is as it was
 * made, and in order; no buffer is missing at the end.
 */
#include "plx_clock.h"
#include "plx_driver.h"
#include "plx_eal.h"
#include "plx_ethdev_open.h"
#include "plx_filter_rules.h"
#include "plx_net_build.h"
#include "plx_sieve.h"
#include "plx_tap.h"
#include "plx_tap_reader.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUEUES = 2, BURST = 64, FRAME = 64, CHANGES = 1200, EGRESS = QUEUES, NUMBER_AT = 56 };

extern const struct plx_driver plx_driver_net_ring;

static struct plx_pool *pool;
static uint16_t near[2], far[2]; /* port 0 is sifted, port 1 sends what rules send */
static uint8_t frame[FRAME];
static bool stop_feeding, stop_drinking;
static unsigned failures;
static uint64_t fed[QUEUES], drunk[QUEUES];
static uint64_t came_out; /* atomic */

static void
require(bool truth, const char *what)
{
	if (truth)
		return;
	if (__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED) == 0)
		fprintf(stderr, "%s\n", what);
}

static bool
is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

/* -- traffic ------------------------------------------------------------------------------------------- */

static struct plx_mbuf *
make(uint64_t number)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	uint8_t *bytes;

	if (m == NULL)
		return NULL;
	bytes = (uint8_t *)plx_mbuf_append(m, FRAME);
	memcpy(bytes, frame, FRAME);
	bytes[35] = (uint8_t)number; /* source port */
	memcpy(bytes + NUMBER_AT, &number, sizeof(number));
	return m;
}

static void *
feed(void *arg)
{
	const uint16_t queue = (uint16_t)(uintptr_t)arg;

	while (!is_set(&stop_feeding)) {
		struct plx_mbuf *m = make(fed[queue] + 1);

		if (m == NULL || plx_ethdev_tx_burst(far[0], queue, &m, 1) == 0) {
			plx_mbuf_free(m);
			sched_yield();
			continue;
		}
		fed[queue]++;
	}
	return NULL;
}

static void
look_at(const struct plx_mbuf *m, uint64_t *last)
{
	const uint8_t *bytes = plx_mbuf_data(m);
	uint64_t number;

	memcpy(&number, bytes + NUMBER_AT, sizeof(number));
	require(number > *last, "packets are out of order, or one came twice");
	require(memcmp(bytes, frame, 12) == 0, "a packet that passed was changed");
	*last = number;
}

static void *
drink(void *arg)
{
	const uint16_t queue = (uint16_t)(uintptr_t)arg;
	struct plx_mbuf *pkts[BURST];
	uint64_t last = 0;

	while (!is_set(&stop_drinking)) {
		uint16_t n = plx_ethdev_rx_burst(near[0], queue, pkts, BURST);

		for (uint16_t i = 0; i < n; i++)
			look_at(pkts[i], &last);
		drunk[queue] += n;
		plx_mbuf_free_bulk(pkts, n);
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

static void *
take_out(void *arg)
{
	struct plx_mbuf *pkts[BURST];

	while (!is_set(&stop_drinking)) {
		uint16_t n = plx_ethdev_rx_burst(far[1], EGRESS, pkts, BURST);

		__atomic_fetch_add(&came_out, n, __ATOMIC_RELAXED);
		plx_mbuf_free_bulk(pkts, n);
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

/* -- changes ------------------------------------------------------------------------------------------- */

static const char *const texts[] = {
	"10 drop sport 1024-1100\n20 reflect 2 sport 1101-1150\n30 bounce-continue 2 sport 1151-1170\n",
	"10 add-rule drop sport 1024-1030\n20 reflect-continue 2 sport 1040-1200\nsample 3\n",
	"10 bounce 2\n",
	"policy drop\n10 forward sport 1024-1150\n",
	"",
};

struct state {
	struct plx_filter_rules *sets[2];
	struct plx_sieve *sieve;
	unsigned set;
	bool egress;
	struct plx_tap *tap;
	struct plx_tap_reader *reader;
};

static void
add_tap(struct state *s)
{
	const struct plx_tap_params params = {.port = near[0], .rx = true};
	int fds[PLX_TAP_FDS];

	require(plx_tap_add(&params, fds, &s->tap, NULL) == 0, "no tap");
	require(plx_tap_reader_create(fds, &s->reader, NULL) == 0, "no reader of a tap");
	close(fds[0]);
	close(fds[1]);
	plx_tap_reader_want(s->reader, true);
}

static void
remove_tap(struct state *s)
{
	plx_tap_reader_destroy(s->reader);
	plx_tap_remove(s->tap);
	s->tap = NULL;
	s->reader = NULL;
}

static void
open_sieve(struct state *s)
{
	const struct plx_sieve_params params = {
		.port = near[0], .rules = s->sets[s->set], .purge_ns = 20000000};

	require(plx_sieve_open(&params, &s->sieve, NULL) == 0, "no sieve");
}

static void
close_sieve(struct state *s)
{
	plx_sieve_close(s->sieve);
	s->sieve = NULL;
}

static void
change_egress(struct state *s)
{
	if (s->egress)
		plx_sieve_egress_close(near[1]);
	else
		require(plx_sieve_egress_open(near[1], EGRESS, NULL) == 0, "no egress");
	s->egress = !s->egress;
}

static void
change_set(struct state *s)
{
	s->set = !s->set;
	if (s->sieve != NULL)
		require(plx_sieve_change(s->sieve, s->sets[s->set], NULL) == 0, "no other set");
}

static void
change(struct state *s, unsigned i)
{
	switch (rand() % 6) {
	case 0:
		if (s->sieve != NULL)
			close_sieve(s);
		else
			open_sieve(s);
		break;
	case 1:
		change_egress(s);
		break;
	case 2:
		if (s->tap != NULL)
			remove_tap(s);
		else
			add_tap(s);
		break;
	case 3:
		change_set(s);
		break;
	default:
		require(plx_filter_rules_load_text(s->sets[i & 1],
						   texts[(unsigned)rand() % PLX_ARRAY_LEN(texts)],
						   plx_clock_monotonic_ns(), NULL) == 0,
			"no such text");
	}
	usleep(500);
}

/* -- all of it ----------------------------------------------------------------------------------------- */

static void
open_port(const char *name, const char *peer, uint16_t *ret_port)
{
	char device[64];

	snprintf(device, sizeof(device), "%s,peer=%s,entries=512,queues=3", name, peer);
	if (plx_device_attach(device, NULL) != 0 || plx_ethdev_by_name(name, ret_port) != 0 ||
	    plx_ethdev_open(*ret_port, QUEUES + 1, pool, NULL) != 0)
		exit(1);
}

static void
begin(void)
{
	char *argv[] = {(char[]){"stress"}, (char[]){"--no-huge"}, (char[]){"--no-pci"},
			(char[]){"-l"},	    (char[]){"0"},	   NULL};
	const struct plx_pool_params params = {.name = "stress", .n = 8192, .buf_size = 512};
	const struct plx_net_build build = {
		.src_mac = {2, 1}, .dst_mac = {2, 2}, .src_port = 1024, .dst_port = 53};

	if (plx_eal_init(5, argv, NULL) < 0 || plx_driver_add(&plx_driver_net_ring, NULL) != 0 ||
	    plx_pool_create(&params, &pool, NULL) != 0)
		exit(1);
	open_port("net_ring0", "net_ring10", &near[0]);
	open_port("net_ring10", "net_ring0", &far[0]);
	open_port("net_ring1", "net_ring11", &near[1]);
	open_port("net_ring11", "net_ring1", &far[1]);
	plx_net_build_frame(&build, frame, FRAME);
}

static void
check_books(void)
{
	struct plx_ethdev_ledger ledger;
	uint64_t sifted = 0;
	int64_t rx, tx;

	plx_ethdev_ledger(near[0], &ledger);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	for (unsigned i = 0; i < ledger.nb_rx_sifted; i++)
		sifted += ledger.rx_sifted[i].packets;
	printf("received %llu, delivered %llu, kept by rules %llu; came out by rules %llu\n",
	       (unsigned long long)ledger.rx_received, (unsigned long long)ledger.rx_delivered,
	       (unsigned long long)sifted, (unsigned long long)came_out);
	require(rx == 0 && tx == 0, "the port's books do not balance");
	require(ledger.rx_received == fed[0] + fed[1], "what was fed was not received");
	require(ledger.rx_delivered == drunk[0] + drunk[1], "delivered is not what came");
	require(sifted > 0 && ledger.rx_delivered > 0 && came_out > 0, "nothing happened");
	plx_ethdev_ledger(near[1], &ledger);
	require(ledger.tx_sent == came_out, "what rules sent did not come out");
}

static uint64_t
received(void)
{
	struct plx_ethdev_ledger ledger;

	plx_ethdev_ledger(near[0], &ledger);
	return ledger.rx_received - ledger.rx_waiting;
}

/* What is on its way arrives; 60 seconds at most. */
static void
settle(void)
{
	const uint64_t until = plx_clock_monotonic_ns() + UINT64_C(60000000000);
	struct plx_ethdev_stats stats;

	while (received() < fed[0] + fed[1] && plx_clock_monotonic_ns() < until)
		usleep(1000);
	/* The packets that are counted may be under way in the thread that received them, or to the far end. */
	do {
		usleep(50000);
		plx_ethdev_stats(near[1], &stats);
	} while (stats.tx_packets != __atomic_load_n(&came_out, __ATOMIC_RELAXED) &&
		 plx_clock_monotonic_ns() < until);
}

int
main(void)
{
	struct state state = {0};
	pthread_t feeders[QUEUES], drinkers[QUEUES], taker;

	begin();
	for (unsigned i = 0; i < 2; i++)
		require(plx_filter_rules_create(NULL, &state.sets[i], NULL) == 0, "no set");
	for (uintptr_t q = 0; q < QUEUES; q++) {
		pthread_create(&feeders[q], NULL, feed, (void *)q);
		pthread_create(&drinkers[q], NULL, drink, (void *)q);
	}
	pthread_create(&taker, NULL, take_out, NULL);
	srand(1);
	for (unsigned i = 0; i < CHANGES; i++)
		change(&state, i);
	__atomic_store_n(&stop_feeding, true, __ATOMIC_RELEASE);
	for (unsigned q = 0; q < QUEUES; q++)
		pthread_join(feeders[q], NULL);
	if (state.tap != NULL)
		remove_tap(&state);
	close_sieve(&state);
	plx_sieve_egress_close(near[1]);
	settle();
	__atomic_store_n(&stop_drinking, true, __ATOMIC_RELEASE);
	for (unsigned q = 0; q < QUEUES; q++)
		pthread_join(drinkers[q], NULL);
	pthread_join(taker, NULL);
	check_books();
	for (unsigned i = 0; i < 2; i++)
		plx_filter_rules_destroy(state.sets[i]);
	plx_device_detach("net_ring0", NULL);
	plx_device_detach("net_ring10", NULL);
	plx_device_detach("net_ring1", NULL);
	plx_device_detach("net_ring11", NULL);
	plx_pool_cache_flush(pool);
	require(plx_pool_destroy(pool, NULL) == 0, "buffers are missing");
	plx_eal_cleanup();
	return failures != 0;
}
