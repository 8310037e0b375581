/* SPDX-License-Identifier: BSD-3-Clause */
/* A cluster between ports whose other ends the test has. */
#ifndef PLX_TESTS_UNIT_CLUSTER_RIG_H
#define PLX_TESTS_UNIT_CLUSTER_RIG_H

#include "plx_cluster.h"
#include "plx_cluster_slave.h"
#include "plx_driver.h"
#include "plx_eal.h"
#include "plx_ethdev.h"
#include "plx_ethdev_open.h"
#include "plx_net_build.h"
#include "plx_zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* main() may change its arguments, so that theirs are no constants. */
#define ARG(text)    \
	(char[])     \
	{            \
		text \
	}

#define RIG_BUFFERS 4096
#define RIG_PORTS   3
#define RIG_FRAME   64

extern const struct plx_driver plx_driver_net_ring;

struct rig {
	struct plx_pool *pool;
	uint16_t far[RIG_PORTS];
	struct plx_cluster_port ports[RIG_PORTS];
	struct plx_cluster_params params;
	struct plx_cluster *cluster;
};

static struct rig rig;

static int
rig_port(const char *name, const char *peer, uint16_t *ret_port, struct plx_why *why)
{
	char device[64];
	int ret;

	snprintf(device, sizeof(device), "%s,peer=%s,entries=2048,queues=1", name, peer);
	ret = plx_device_attach(device, why);
	if (ret == 0)
		ret = plx_ethdev_by_name(name, ret_port);
	return ret == 0 ? plx_ethdev_open(*ret_port, 1, rig.pool, why) : ret;
}

static int
rig_init(void **state)
{
	char *argv[] = {ARG("test"), ARG("--no-huge"), ARG("--no-pci"), ARG("-l"), ARG("0"), NULL};
	struct plx_pool_params pool = {.name = "rig",
				       .n = RIG_BUFFERS,
				       .buf_size = 512,
				       .cache = 64,
				       .node = PLX_NODE_ANY};
	struct plx_why why;

	if (plx_eal_init(5, argv, &why) < 0 || plx_driver_add(&plx_driver_net_ring, &why) < 0 ||
	    plx_pool_create(&pool, &rig.pool, &why) < 0) {
		print_error("%s\n", why.text);
		return -1;
	}
	for (uint16_t i = 0; i < RIG_PORTS; i++) {
		char name[16], far[16];

		snprintf(name, sizeof(name), "net_ring%u", i);
		snprintf(far, sizeof(far), "net_ring1%u", i);
		if (rig_port(name, far, &rig.ports[i].port, &why) < 0 ||
		    rig_port(far, name, &rig.far[i], &why) < 0) {
			print_error("%s\n", why.text);
			return -1;
		}
	}
	return 0;
}

static int
rig_fini(void **state)
{
	for (uint16_t i = 0; i < RIG_PORTS; i++) {
		plx_ethdev_close(rig.ports[i].port);
		plx_ethdev_close(rig.far[i]);
	}
	plx_pool_destroy(rig.pool, NULL);
	plx_eal_cleanup();
	return 0;
}

/* What tests begin with: 4 places of 64, no egress. Change rig.params, then rig_make. */
static int
rig_params(void **state)
{
	rig.params = (struct plx_cluster_params){
		.id = 10,
		.pool = rig.pool,
		.rx_ports = rig.ports,
		.nb_rx_ports = 1,
		.tx_ports = rig.ports,
		.places = 4,
		.queue_len = 64,
		.extra = 16,
	};
	rig.cluster = NULL;
	return 0;
}

static void PLX_UNUSED
rig_make(void)
{
	struct plx_why why;

	if (plx_cluster_create(&rig.params, &rig.cluster, &why) < 0)
		fail_msg("%s", why.text);
}

static void PLX_UNUSED
rig_audit(void)
{
	struct plx_why why;

	if (plx_cluster_audit(rig.cluster, &why) < 0)
		fail_msg("%s", why.text);
}

static void
rig_empty(uint16_t port)
{
	struct plx_mbuf *m;

	while (plx_ethdev_rx_burst(port, 0, &m, 1) == 1)
		plx_mbuf_free(m);
}

/* Up to n packets that came out of a port: the caller's if asked for, else they are freed. Returns how many. */
static uint32_t PLX_UNUSED
rig_out(unsigned port, struct plx_mbuf **ret_pkts, uint32_t n)
{
	struct plx_mbuf *m;
	uint32_t got = 0;

	for (; got < n && plx_ethdev_rx_burst(rig.far[port], 0, &m, 1) == 1; got++) {
		if (ret_pkts != NULL)
			ret_pkts[got] = m;
		else
			plx_mbuf_free(m);
	}
	return got;
}

/* Ends the cluster; every buffer must be home then. */
static int
rig_end(void **state)
{
	struct plx_why why;

	plx_cluster_destroy(rig.cluster);
	for (uint16_t i = 0; i < RIG_PORTS; i++) {
		rig_out(i, NULL, UINT32_MAX);
		rig_empty(rig.ports[i].port);
	}
	plx_pool_cache_flush(rig.pool);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	if (plx_pool_audit(rig.pool, &why) < 0)
		fail_msg("%s", why.text);
	return 0;
}

static PLX_UNUSED struct plx_cluster_slave *
rig_join(uint32_t place, uint32_t flags)
{
	struct plx_cluster_slave_params params = {.place = place, .flags = flags};
	struct plx_cluster_slave *slave;
	struct plx_why why;

	if (plx_cluster_join(rig.cluster, &params, &slave, &why) < 0)
		fail_msg("%s", why.text);
	return slave;
}

/* A packet of flow `flow`, with its number in the last four bytes. */
static struct plx_mbuf *
rig_packet(uint32_t flow, uint32_t number)
{
	struct plx_net_build build = {
		.src_mac = {2, 0, 0, 0, 0, 1},
		.dst_mac = {2, 0, 0, 0, 0, 2},
		.proto = PLX_NET_PROTO_UDP,
		.src_port = (uint16_t)(1024 + flow),
		.dst_port = 53,
	};
	struct plx_mbuf *m = plx_mbuf_alloc(rig.pool);
	uint8_t *bytes;

	assert_non_null(m);
	bytes = (uint8_t *)plx_mbuf_append(m, RIG_FRAME);
	assert_int_equal(plx_net_build_frame(&build, bytes, RIG_FRAME), 0);
	memcpy(bytes + RIG_FRAME - sizeof(number), &number, sizeof(number));
	return m;
}

static void PLX_UNUSED
rig_put(unsigned port, struct plx_mbuf *m)
{
	assert_int_equal(plx_ethdev_tx_burst(rig.far[port], 0, &m, 1), 1);
}

/* n packets of as many flows into port 0. */
static void PLX_UNUSED
rig_feed(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rig_put(0, rig_packet(i, i));
}

/* Until there is nothing to do. */
static void PLX_UNUSED
rig_poll(void)
{
	for (unsigned i = 0; i < 10000 && plx_cluster_poll(rig.cluster) != 0; i++)
		;
}

static struct plx_cluster_place_stats PLX_UNUSED
rig_place(uint32_t place)
{
	struct plx_cluster_place_stats stats;

	assert_int_equal(plx_cluster_place_stats(rig.cluster, place, &stats), 0);
	return stats;
}

static uint32_t PLX_UNUSED
rig_number(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc)
{
	uint32_t number;

	memcpy(&number, plx_cluster_data(slave, desc) + desc->len - sizeof(number), sizeof(number));
	return number;
}

/* Takes all there is, gives it back, returns how many. */
static uint32_t PLX_UNUSED
rig_drink(struct plx_cluster_slave *slave)
{
	const struct plx_cluster_desc *desc;
	uint32_t n, sum = 0;

	while ((n = plx_cluster_peek(slave, &desc, 32)) != 0) {
		plx_cluster_done(slave, n);
		sum += n;
	}
	return sum;
}

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_params, rig_end)

#endif
