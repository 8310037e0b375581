/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports with rules, whose other ends the test has. Tx queue 1 of each is free for what rules send. */
#ifndef PLX_TESTS_UNIT_SIEVE_SIEVE_RIG_H
#define PLX_TESTS_UNIT_SIEVE_SIEVE_RIG_H

#include "eal_pool_fixture.h"

#include "patience.h"
#include "plx_clock.h"
#include "plx_driver.h"
#include "plx_ethdev_open.h"
#include "plx_event.h"
#include "plx_filter_rules.h"
#include "plx_net_build.h"
#include "plx_sieve.h"

#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RIG_PORTS   3
#define RIG_FRAME   64
#define RIG_ENTRIES 512 /* packets on their way to a far end */
#define RIG_EGRESS  1

extern const struct plx_driver plx_driver_net_ring;
extern const struct plx_driver plx_driver_net_null;

struct rig {
	uint16_t port[RIG_PORTS], far[RIG_PORTS];
	struct plx_filter_rules *rules;
	struct plx_sieve *sieve; /* of port 0 */
};

static struct rig rig;

static void
rig_require(int ret, const struct plx_why *why)
{
	if (ret != 0)
		fail_msg("%s", why->text);
}

static void
rig_port(const char *name, const char *peer, uint16_t *ret_port)
{
	char device[64];
	struct plx_why why;

	snprintf(device, sizeof(device), "%s,peer=%s,entries=%u,queues=2", name, peer, RIG_ENTRIES);
	rig_require(plx_device_attach(device, &why), &why);
	rig_require(plx_ethdev_by_name(name, ret_port), &why);
	rig_require(plx_ethdev_open(*ret_port, 2, pool, &why), &why);
}

static int
rig_init(void **state)
{
	const struct plx_pool_params params = {.name = "rig", .n = 4096, .buf_size = 512};

	if (eal_pool_init(&params) != 0 || plx_driver_add(&plx_driver_net_ring, NULL) != 0 ||
	    plx_driver_add(&plx_driver_net_null, NULL) != 0)
		return -1;
	return 0;
}

static int
rig_begin(void **state)
{
	for (uint16_t i = 0; i < RIG_PORTS; i++) {
		char name[16], far[16];

		snprintf(name, sizeof(name), "net_ring%u", i);
		snprintf(far, sizeof(far), "net_ring1%u", i);
		rig_port(name, far, &rig.port[i]);
		rig_port(far, name, &rig.far[i]);
		assert_int_equal(rig.port[i], 2 * i); /* as rules of the tests name them */
	}
	return 0;
}

/* These rules on port 0. */
static void PLX_UNUSED
rig_rules(const char *text)
{
	struct plx_sieve_params params = {.port = rig.port[0]};
	struct plx_why why;

	rig_require(plx_filter_rules_create(NULL, &rig.rules, &why), &why);
	rig_require(plx_filter_rules_load_text(rig.rules, text, plx_clock_monotonic_ns(), &why),
		    &why);
	params.rules = rig.rules;
	rig_require(plx_sieve_open(&params, &rig.sieve, &why), &why);
}

static void PLX_UNUSED
rig_egress(unsigned port)
{
	struct plx_why why;

	rig_require(plx_sieve_egress_open(rig.port[port], RIG_EGRESS, &why), &why);
}

static void
rig_drop_rules(void)
{
	plx_sieve_close(rig.sieve);
	plx_filter_rules_destroy(rig.rules);
	rig.sieve = NULL;
	rig.rules = NULL;
}

/* A packet of flow `flow`. */
static struct plx_mbuf *
rig_packet(uint32_t flow)
{
	const struct plx_net_build build = {
		.src_mac = {2, 0, 0, 0, 0, 1},
		.dst_mac = {2, 0, 0, 0, 0, 2},
		.proto = PLX_NET_PROTO_UDP,
		.src_ip = {10, 0, 0, 1},
		.dst_ip = {10, 0, 0, 2},
		.src_port = (uint16_t)(1000 + flow),
		.dst_port = 53,
	};
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	assert_non_null(m);
	assert_int_equal(
		plx_net_build_frame(&build, (uint8_t *)plx_mbuf_append(m, RIG_FRAME), RIG_FRAME),
		0);
	return m;
}

static uint32_t PLX_UNUSED
rig_flow(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);

	return (uint32_t)(bytes[34] << 8 | bytes[35]) - 1000;
}

static void
rig_put(struct plx_mbuf *m, uint16_t queue)
{
	assert_int_equal(plx_ethdev_tx_burst(rig.far[0], queue, &m, 1), 1);
}

/* Flows `first` .. `first + n - 1` into port 0. */
static void PLX_UNUSED
rig_feed(uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rig_put(rig_packet(first + i), 0);
}

/* What the program gets of port 0: up to n packets, which are its own. */
static uint16_t PLX_UNUSED
rig_get(struct plx_mbuf **ret_pkts, uint16_t n)
{
	return plx_ethdev_rx_burst(rig.port[0], 0, ret_pkts, n);
}

/* The same, freed at once. */
static uint16_t PLX_UNUSED
rig_drink(void)
{
	struct plx_mbuf *pkts[RIG_ENTRIES];
	uint16_t n = rig_get(pkts, RIG_ENTRIES);

	plx_mbuf_free_bulk(pkts, n);
	return n;
}

static void
rig_note(void *arg)
{
	sem_post(arg);
}

/*
 * What was handed over is sent. The control thread looks every PLX_SIEVE_TICK_MS whether something is left; who hands over while it
 * does leaves that to it, and it may have to wait for a processor.
 */
static void PLX_UNUSED
rig_settle(void)
{
	sem_t noted;

	sem_init(&noted, 0, 0);
	assert_int_equal(plx_event_alarm_add(0, 0, rig_note, &noted, NULL), 0);
	while (sem_wait(&noted) != 0)
		assert_int_equal(errno, EINTR);
	sem_destroy(&noted);
}

/* What went out of a port by rules: up to n packets, which are the caller's. */
static uint16_t PLX_UNUSED
rig_out(unsigned port, struct plx_mbuf **ret_pkts, uint16_t n)
{
	return plx_ethdev_rx_burst(rig.far[port], RIG_EGRESS, ret_pkts, n);
}

/* The books of the sieve, and those of the port, which must agree. */
static struct plx_sieve_stats
rig_books(void)
{
	struct plx_ethdev_ledger ledger;
	struct plx_sieve_stats s;
	uint64_t sifted = 0;
	int64_t rx, tx;

	plx_sieve_stats(rig.sieve, &s);
	assert_int_equal(s.packets, s.passed + s.dropped + s.unwanted + s.sampled_out + s.sent +
					    s.unsent + s.unread);
	assert_int_equal(s.asked, s.handed_over + s.misdirected + s.unmade + s.crowded);
	assert_int_equal(plx_ethdev_ledger(rig.port[0], &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
	for (unsigned i = 0; i < ledger.nb_rx_sifted; i++)
		sifted += ledger.rx_sifted[i].packets;
	assert_int_equal(sifted, s.packets - s.passed);
	assert_int_equal(ledger.rx_delivered, s.passed);
	return s;
}

/* Everything off, and every buffer home. */
static int
rig_end(void **state)
{
	struct plx_why why;
	char name[16];

	for (uint16_t i = 0; i < RIG_PORTS; i++)
		plx_sieve_egress_close(rig.port[i]);
	rig_drop_rules();
	for (uint16_t i = 0; i < RIG_PORTS; i++) {
		snprintf(name, sizeof(name), "net_ring%u", i);
		plx_device_detach(name, NULL);
		snprintf(name, sizeof(name), "net_ring1%u", i);
		plx_device_detach(name, NULL);
	}
	plx_pool_cache_flush(pool);
	assert_int_equal(plx_pool_in_use(pool), 0);
	rig_require(plx_pool_audit(pool, &why), &why);
	return 0;
}

/* Until it is so. */
#define RIG_WAIT(condition)                                       \
	do {                                                      \
		bool so_ = false;                                 \
		WAIT_UNTIL((so_ = (condition)));                  \
		if (!so_)                                         \
			fail_msg("it never was so: " #condition); \
	} while (0)

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_begin, rig_end)

#endif
