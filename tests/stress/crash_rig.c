/* SPDX-License-Identifier: BSD-3-Clause */
/* The master of the crash tests: ports whose other ends it has, and packets that say their numbers. */
#include "crash_rig.h"

#include "plx_door.h"
#include "plx_driver.h"
#include "plx_eal.h"
#include "plx_ethdev.h"
#include "plx_ethdev_open.h"
#include "plx_net_build.h"
#include "plx_zone.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#define BUFFERS	 4096
#define BUF_SIZE 512

extern const struct plx_driver plx_driver_net_ring;

struct crash_rig crash_rig;

/* -- packets ------------------------------------------------------------------------------------------- */

static struct plx_mbuf *
packet(uint32_t number)
{
	struct plx_mbuf *m = plx_mbuf_alloc(crash_rig.pool);
	uint32_t words[2] = {number, ~number};
	uint8_t *bytes;

	if (m == NULL)
		return NULL;
	bytes = (uint8_t *)plx_mbuf_append(m, CRASH_FRAME);
	memcpy(bytes, crash_rig.frame, CRASH_FRAME);
	bytes[35] = (uint8_t)(number * 7); /* of the source port: flows */
	memcpy(bytes + CRASH_FRAME - sizeof(words), words, sizeof(words));
	return m;
}

static void
feed(void)
{
	struct plx_mbuf *pkts[PLX_CLUSTER_BURST];
	uint16_t n = 0, sent;

	while (n < PLX_CLUSTER_BURST && (pkts[n] = packet(crash_rig.number + n)) != NULL)
		n++;
	sent = plx_ethdev_tx_burst(crash_rig.far[0], 0, pkts, n);
	crash_rig.number += sent;
	plx_mbuf_free_bulk(pkts + sent, (uint16_t)(n - sent));
}

static void
take_out(void)
{
	struct plx_mbuf *pkts[PLX_CLUSTER_BURST];
	uint16_t n = plx_ethdev_rx_burst(crash_rig.far[1], 0, pkts, PLX_CLUSTER_BURST);

	for (uint16_t i = 0; i < n; i++)
		crash_rig.beyond += pkts[i]->data_off + pkts[i]->data_len > BUF_SIZE;
	crash_rig.came_out += n;
	plx_mbuf_free_bulk(pkts, n);
}

unsigned
crash_rig_turn(bool more)
{
	unsigned moved;

	if (more)
		feed();
	moved = plx_cluster_poll(crash_rig.cluster);
	take_out();
	sched_yield();
	return moved;
}

/* -- life ---------------------------------------------------------------------------------------- */

static int
open_port(const char *name, const char *peer, uint16_t *ret_port, struct plx_why *why)
{
	char device[64];
	int ret;

	snprintf(device, sizeof(device), "%s,peer=%s,entries=1024,queues=1", name, peer);
	ret = plx_device_attach(device, why);
	if (ret == 0)
		ret = plx_ethdev_by_name(name, ret_port);
	return ret == 0 ? plx_ethdev_open(*ret_port, 1, crash_rig.pool, why) : ret;
}

int
crash_rig_open(struct plx_why *why)
{
	char program[] = "crash", no_huge[] = "--no-huge", no_pci[] = "--no-pci", l[] = "-l",
	     zero[] = "0";
	char *argv[] = {program, no_huge, no_pci, l, zero, NULL};
	const struct plx_pool_params pool = {.name = "crash",
					     .n = BUFFERS,
					     .buf_size = BUF_SIZE,
					     .cache = 64,
					     .node = PLX_NODE_ANY};
	const struct plx_net_build build = {
		.proto = PLX_NET_PROTO_UDP, .src_port = 1024, .dst_port = 53};
	int ret = plx_eal_init(5, argv, why);

	if (ret >= 0)
		ret = plx_driver_add(&plx_driver_net_ring, why);
	if (ret >= 0)
		ret = plx_pool_create(&pool, &crash_rig.pool, why);
	for (uint16_t i = 0; i < CRASH_PORTS && ret >= 0; i++) {
		char name[16], far[16];

		snprintf(name, sizeof(name), "net_ring%u", i);
		snprintf(far, sizeof(far), "net_ring1%u", i);
		ret = open_port(name, far, &crash_rig.near[i].port, why);
		if (ret >= 0)
			ret = open_port(far, name, &crash_rig.far[i], why);
	}
	if (ret >= 0)
		ret = plx_net_build_frame(&build, crash_rig.frame, CRASH_FRAME);
	return ret < 0 ? ret : plx_door_open("crash", why);
}

void
crash_rig_close(void)
{
	plx_door_close();
	for (uint16_t i = 0; i < CRASH_PORTS; i++) {
		plx_ethdev_close(crash_rig.near[i].port);
		plx_ethdev_close(crash_rig.far[i]);
	}
	plx_pool_destroy(crash_rig.pool, NULL);
	plx_eal_cleanup();
}
