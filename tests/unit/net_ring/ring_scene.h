/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports of net_ring on one pool, which must be whole after every case. */
#ifndef PLX_TESTS_UNIT_NET_RING_RING_SCENE_H
#define PLX_TESTS_UNIT_NET_RING_RING_SCENE_H

#include "eal_fixture.h"
#include "plx_driver.h"
#include "plx_ethdev.h"
#include "plx_net_ring.h"
#include "plx_zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct plx_driver plx_driver_net_ring;

static struct plx_pool *pool;
static struct plx_why why;

static inline int
setup(void **state)
{
	const struct plx_pool_params params = {.name = "pool", .n = 1024, .node = PLX_NODE_ANY};

	why.text[0] = '\0';
	return plx_pool_create(&params, &pool, &why);
}

/* Whatever a test did, every buffer must be home and sane at its end. */
static inline int
teardown(void **state)
{
	while (plx_device_at(0) != NULL)
		plx_device_detach(plx_device_at(0)->name, NULL);
	if (plx_pool_audit(pool, &why) == 0 && plx_pool_destroy(pool, &why) == 0)
		return 0;
	fprintf(stderr, "%s\n", why.text);
	return -1;
}

static inline uint16_t
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

static inline void
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

static inline void
start(uint16_t port)
{
	start_with(port, 1, 0);
}

static inline void
make(struct plx_mbuf **pkts, unsigned n)
{
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, n), 0);
	for (unsigned i = 0; i < n; i++)
		memset(plx_mbuf_append(pkts[i], 60 + i), (int)i, 60 + i);
}

static inline bool
link_is_up(uint16_t port)
{
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_link(port, &link), 0);
	return link.up;
}

static inline void
balanced(uint16_t port)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

static inline uint64_t
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
static inline void
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* For main(): the EAL and the driver that the cases need. */
static inline int
scene_begin(void)
{
	if (eal_fixture_init("0") == 0 && plx_driver_add(&plx_driver_net_ring, &why) == 0)
		return 0;
	fprintf(stderr, "%s\n", why.text);
	return -1;
}

#endif
