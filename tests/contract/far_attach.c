/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of net_attach: a port of net_ring that hands itself what it sends, in a program that answers at its control socket.
 * It is this program, with a thread that answers; what the row's name says is tapped, the packets sent or those received.
 */
#include "contract.h"
#include "own.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_door.h>
#include <pollux/plx_driver.h>

#define TAPPED "net_ring0"
#define QUEUES 2

static char folder[OWN_PATH];
static pthread_t door_keeper;
static bool closing;

static void *
keep_door(void *arg)
{
	while (!__atomic_load_n(&closing, __ATOMIC_RELAXED)) {
		struct pollfd bell = {.fd = plx_door_fd(), .events = POLLIN};

		poll(&bell, 1, 10);
		plx_door_serve();
	}
	return NULL;
}

static int
open_door(struct plx_why *why)
{
	int err;

	if (own_folder(folder) == NULL)
		return plx_why(why, -errno, "no folder for a socket");
	setenv("RUNTIME_DIRECTORY", folder, 1);
	err = plx_door_open("contract", why);
	__atomic_store_n(&closing, false, __ATOMIC_RELAXED);
	return err != 0 ? err : -pthread_create(&door_keeper, NULL, keep_door, NULL);
}

static int
start_tapped_port(struct wire *wire, struct plx_why *why)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
					     .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	int err = plx_ethdev_by_name(TAPPED, &wire->far_port);

	if (err == 0)
		err = plx_ethdev_configure(wire->far_port, QUEUES, QUEUES, &conf, why);
	for (uint16_t i = 0; err == 0 && i < QUEUES; i++) {
		err = plx_ethdev_rx_queue_setup(wire->far_port, i, 0, wire->far_pool, why);
		if (err == 0)
			err = plx_ethdev_tx_queue_setup(wire->far_port, i, 0, why);
	}
	return err != 0 ? err : plx_ethdev_start(wire->far_port, why);
}

int
attach_open(struct wire *wire)
{
	const struct plx_pool_params params = {.name = "far", .n = 256, .node = -1};
	const bool out = strstr(wire->pmd->name, "out") != NULL;
	struct plx_why why = {""};
	int err = plx_pool_create(&params, &wire->far_pool, &why);

	if (err == 0)
		err = plx_device_attach(TAPPED, &why);
	if (err == 0)
		err = start_tapped_port(wire, &why);
	if (err == 0)
		err = open_door(&why);
	if (err != 0)
		fprintf(stderr, TAPPED ": %s\n", why.text);
	snprintf(wire->name, sizeof(wire->name), "net_attach0");
	snprintf(wire->devargs, sizeof(wire->devargs),
		 "net_attach0,program=%s,port=" TAPPED ",direction=%s,lane=256K", plx_door_path(),
		 out ? "out" : "in");
	return err;
}

void
attach_close(struct wire *wire)
{
	struct plx_why why = {""};

	__atomic_store_n(&closing, true, __ATOMIC_RELAXED);
	pthread_join(door_keeper, NULL);
	plx_door_close();
	if (rmdir(folder) != 0)
		wire->complaint = "the control socket's folder is not empty";
	plx_device_detach(TAPPED, NULL);
	if (plx_pool_destroy(wire->far_pool, &why) != 0)
		wire->complaint = "the tapped port's buffers are not all there";
}

/* UDP goes through a queue of its flow's, all else through the first. */
static uint16_t
queue_of(const uint8_t *frame, size_t len)
{
	return len > 35 && !frame_is_ours(frame, len) ? frame[35] % QUEUES : 0;
}

int
attach_put(struct wire *wire, const void *frame, size_t len)
{
	struct plx_mbuf *m = ring_packet(wire->far_pool, frame, len);
	const uint16_t queue = queue_of(frame, len);

	if (m == NULL)
		return -ENOBUFS;
	if (plx_ethdev_tx_burst(wire->far_port, queue, &m, 1) == 1 &&
	    plx_ethdev_rx_burst(wire->far_port, queue, &m, 1) == 0)
		return -EIO;
	plx_mbuf_free(m);
	return 0;
}
