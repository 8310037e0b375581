/* SPDX-License-Identifier: BSD-3-Clause */
/* A port of net_cluster, and the master of its cluster in the same program: ../cluster/rig.h with a control socket. */
#ifndef PLX_TESTS_UNIT_NET_CLUSTER_WORKER_SCENE_H
#define PLX_TESTS_UNIT_NET_CLUSTER_WORKER_SCENE_H

#include "../cluster/rig.h"

#include "patience.h"
#include "plx_door.h"
#include "worker.h"
#include "own.h"

#include <time.h>
#include <unistd.h>

#define LIMIT_MS PATIENCE_MS

extern const struct plx_driver plx_driver_net_cluster;

static char folder[OWN_PATH];
static struct plx_pool *own; /* what the port receives into */

static int PLX_UNUSED
scene_init(void **state)
{
	const struct plx_pool_params params = {
		.name = "own", .n = 2048, .buf_size = 256 + 1000, .node = PLX_NODE_ANY};
	struct plx_why why = {""};

	if (own_folder(folder) == NULL || setenv("RUNTIME_DIRECTORY", folder, 1) != 0 ||
	    rig_init(state) != 0)
		return -1;
	if (plx_driver_add(&plx_driver_net_cluster, &why) == 0 &&
	    plx_pool_create(&params, &own, &why) == 0 && plx_door_open("test", &why) == 0)
		return 0;
	print_error("%s\n", why.text);
	return -1;
}

static int PLX_UNUSED
scene_fini(void **state)
{
	plx_door_close();
	rmdir(folder);
	assert_int_equal(plx_pool_destroy(own, NULL), 0);
	return rig_fini(state);
}

/* The rig's cluster, with what a sender needs. */
static int PLX_UNUSED
scene_params(void **state)
{
	rig_params(state);
	rig.params.writable = true;
	rig.params.nb_tx_ports = 2;
	return 0;
}

static void PLX_UNUSED
scene_open(void)
{
	struct plx_why why;

	rig_make();
	if (plx_cluster_open(rig.cluster, &why) < 0)
		fail_msg("%s", why.text);
}

static void PLX_UNUSED
scene_close(void)
{
	plx_cluster_destroy(rig.cluster);
	rig.cluster = NULL;
}

#define SCENE_WAIT(condition)                                              \
	do {                                                               \
		const struct timespec nap = {.tv_nsec = 1000000};          \
		for (unsigned ms = 0; ms < LIMIT_MS && !(condition); ms++) \
			nanosleep(&nap, NULL);                             \
		assert_true(condition);                                    \
	} while (0)

/* -- the port ------------------------------------------------------------------------------------------- */

static uint16_t PLX_UNUSED
scene_attach(const char *args)
{
	char devargs[256];
	struct plx_why why;
	uint16_t port;

	snprintf(devargs, sizeof(devargs), "net_cluster0,cluster=%s", args);
	if (plx_ethdev_attach(devargs, &port, &why) != 0)
		fail_msg("%s", why.text);
	return port;
}

static void PLX_UNUSED
scene_refused(const char *args, const char *words)
{
	char devargs[256];
	struct plx_why why = {""};
	uint16_t port;

	snprintf(devargs, sizeof(devargs), "net_cluster0,%s", args);
	assert_true(plx_ethdev_attach(devargs, &port, &why) < 0);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" has no \"%s\"", why.text, words);
}

static void PLX_UNUSED
scene_configure(uint16_t port, uint16_t queues, uint32_t offloads)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = offloads};

	assert_int_equal(plx_ethdev_configure(port, queues, queues, &conf, NULL), 0);
	for (uint16_t i = 0; i < queues; i++) {
		assert_int_equal(plx_ethdev_rx_queue_setup(port, i, 0, own, NULL), 0);
		assert_int_equal(plx_ethdev_tx_queue_setup(port, i, 0, NULL), 0);
	}
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
}

static uint16_t PLX_UNUSED
scene_start(const char *args)
{
	uint16_t port = scene_attach(args);

	scene_configure(port, 1, PLX_ETH_RX_OFFLOAD_SCATTER);
	return port;
}

static void PLX_UNUSED
scene_leave(uint16_t port)
{
	plx_ethdev_stop(port);
	assert_int_equal(plx_ethdev_detach(port, NULL), 0);
	plx_pool_cache_flush(own);
	assert_int_equal(plx_pool_in_use(own), 0);
}

static PLX_UNUSED struct worker_seat *
scene_seat(uint16_t port, unsigned i)
{
	return &worker_of(plx_ethdev_at(port))->seats[i];
}

/* The i-th descriptor that waits, to be changed as a hostile master would. */
static PLX_UNUSED struct plx_cluster_desc *
scene_desc(uint16_t port, unsigned i)
{
	const struct plx_cluster_slave *slave = scene_seat(port, 0)->slave;
	const uint32_t at = ((uint32_t)slave->head + i) & (slave->queue_len - 1);

	return (struct plx_cluster_desc *)(uintptr_t)&slave->queue[at];
}

static uint32_t PLX_UNUSED
scene_number(const struct plx_mbuf *m)
{
	uint32_t number;

	assert_int_equal(m->pkt_len, RIG_FRAME);
	memcpy(&number, (const uint8_t *)plx_mbuf_data(m) + RIG_FRAME - sizeof(number),
	       sizeof(number));
	return number;
}

/* Receives frames first .. first + n - 1, in order. */
static void PLX_UNUSED
scene_expect(uint16_t port, uint32_t first, uint16_t n)
{
	struct plx_mbuf *pkts[256];
	uint16_t got = 0, part;

	while (got < n && (part = plx_ethdev_rx_burst(port, 0, pkts + got, n - got)) > 0)
		got += part;
	assert_int_equal(got, n);
	for (uint16_t i = 0; i < n; i++)
		assert_int_equal(scene_number(pkts[i]), first + i);
	plx_mbuf_free_bulk(pkts, n);
}

static void PLX_UNUSED
scene_balanced(uint16_t port, uint64_t received)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
	assert_int_equal(ledger.rx_received, received);
}

static bool PLX_UNUSED
scene_link(uint16_t port)
{
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_link(port, &link), 0);
	return link.up;
}

static struct plx_cluster_place_stats
scene_place(uint32_t place)
{
	struct plx_cluster_place_stats stats;

	assert_int_equal(plx_cluster_place_stats(rig.cluster, place, &stats), 0);
	return stats;
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_params, rig_end)

#endif
