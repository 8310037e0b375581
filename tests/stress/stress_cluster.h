/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports in pairs, and packets that say what their bytes must be. */
#ifndef PLX_TESTS_STRESS_STRESS_CLUSTER_H
#define PLX_TESTS_STRESS_STRESS_CLUSTER_H

#include "plx_cluster.h"
#include "plx_cluster_slave.h"
#include "plx_driver.h"
#include "plx_eal.h"
#include "plx_ethdev.h"
#include "plx_ethdev_open.h"
#include "plx_net_build.h"
#include "plx_zone.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFERS = 2048, FLOWS = 32, FRAME = 128, TAG_AT = 42, QUEUE = 64, EXTRA = 16 };

/* Behind the headers; what follows is made of it. */
struct tag {
	uint32_t flow, number, salt;
};

extern const struct plx_driver plx_driver_net_ring;

static struct plx_pool *pool;
static struct plx_cluster_port ports[2]; /* 0 is received from, 1 is sent to */
static uint16_t far[2];
static unsigned failures;

static void
require(bool truth, const char *what)
{
	if (truth)
		return;
	if (__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED) < 10)
		fprintf(stderr, "%s\n", what);
}

static uint8_t
byte_of(const struct tag *tag, uint32_t i)
{
	return (uint8_t)(tag->flow * 7 + tag->number * 31 + tag->salt * 13 + i);
}

static void
write_bytes(uint8_t *bytes, const struct tag *tag)
{
	memcpy(bytes + TAG_AT, tag, sizeof(*tag));
	for (uint32_t i = TAG_AT + sizeof(*tag); i < FRAME; i++)
		bytes[i] = byte_of(tag, i);
}

/* What the packet says it is; its bytes must be so. */
static struct tag
read_bytes(const uint8_t *bytes, const char *where)
{
	struct tag tag;
	bool right = true;

	memcpy(&tag, bytes + TAG_AT, sizeof(tag));
	for (uint32_t i = TAG_AT + sizeof(tag); i < FRAME; i++)
		right &= bytes[i] == byte_of(&tag, i);
	require(right && tag.flow < FLOWS, where);
	tag.flow %= FLOWS;
	return tag;
}

static struct plx_mbuf *
make_packet(uint32_t flow, uint32_t number)
{
	struct plx_net_build build = {
		.proto = PLX_NET_PROTO_UDP, .src_port = (uint16_t)(1000 + flow), .dst_port = 53};
	struct tag tag = {.flow = flow, .number = number};
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	uint8_t *bytes;

	if (m == NULL)
		return NULL;
	bytes = plx_mbuf_append(m, FRAME);
	plx_net_build_frame(&build, bytes, FRAME);
	write_bytes(bytes, &tag);
	return m;
}

static bool
open_port(const char *name, const char *peer, uint16_t *ret_port, struct plx_why *why)
{
	char device[64];

	snprintf(device, sizeof(device), "%s,peer=%s,entries=256,queues=1", name, peer);
	return plx_device_attach(device, why) == 0 && plx_ethdev_by_name(name, ret_port) == 0 &&
	       plx_ethdev_open(*ret_port, 1, pool, why) == 0;
}

static bool
open_all(void)
{
	char name[] = "stress", huge[] = "--no-huge", pci[] = "--no-pci", l[] = "-l", zero[] = "0";
	char *argv[] = {name, huge, pci, l, zero, NULL};
	struct plx_pool_params params = {
		.name = "stress", .n = BUFFERS, .buf_size = 512, .cache = 0, .node = PLX_NODE_ANY};
	struct plx_why why = {.text = ""};
	bool right = plx_eal_init(5, argv, &why) >= 0 &&
		     plx_driver_add(&plx_driver_net_ring, &why) >= 0 &&
		     plx_pool_create(&params, &pool, &why) >= 0;

	for (unsigned i = 0; i < 2 && right; i++) {
		char here[] = "net_ring0", there[] = "net_ring2";

		here[8] = (char)('0' + i);
		there[8] = (char)('2' + i);
		right = open_port(here, there, &ports[i].port, &why) &&
			open_port(there, here, &far[i], &why);
	}
	if (!right)
		fprintf(stderr, "%s\n", why.text);
	return right;
}

static void
close_all(void)
{
	for (unsigned i = 0; i < 2; i++) {
		plx_ethdev_close(ports[i].port);
		plx_ethdev_close(far[i]);
	}
	require(plx_pool_destroy(pool, NULL) == 0, "buffers are still out at the end");
	plx_eal_cleanup();
}

#endif
