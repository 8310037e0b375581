/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of net_cluster: the master of its cluster, in this program, over a net_ring whose other end is ours. It has a round
 * whenever a frame is put in or asked for.
 */
#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_cluster.h>
#include <pollux/plx_door.h>
#include <pollux/plx_driver.h>

#define OURS	"net_ring1"
#define MASTERS "net_ring2"
#define PLACES	4 /* more than the port takes: who left may not have been noticed yet */
#define QUEUES	2 /* of a ring, of which ring_get reads both */
#define LEN	8192
#define SEGMENT 1800

static struct plx_cluster *cluster;
static struct plx_why why;

static int
open_port(const char *devargs, const char *name, struct plx_pool *pool, uint16_t *ret_port)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
					     .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	int err = plx_device_attach(devargs, &why);

	if (err == 0)
		err = plx_ethdev_by_name(name, ret_port);
	if (err == 0)
		err = plx_ethdev_configure(*ret_port, QUEUES, QUEUES, &conf, &why);
	for (uint16_t i = 0; err == 0 && i < QUEUES; i++) {
		err = plx_ethdev_rx_queue_setup(*ret_port, i, 0, pool, &why);
		if (err == 0)
			err = plx_ethdev_tx_queue_setup(*ret_port, i, 0, &why);
	}
	return err != 0 ? err : plx_ethdev_start(*ret_port, &why);
}

static int
make_cluster(struct plx_pool *pool, uint16_t port)
{
	const struct plx_cluster_port ports[] = {{.port = port}};
	const struct plx_cluster_params params = {
		.id = 10,
		.pool = pool,
		.rx_ports = ports,
		.nb_rx_ports = 1,
		.tx_ports = ports,
		.nb_tx_ports = 1,
		.places = PLACES,
		.queue_len = LEN,
		.extra = 256,
		.writable = true,
	};
	int err = plx_cluster_create(&params, &cluster, &why);

	return err != 0 ? err : plx_cluster_open(cluster, &why);
}

int
cluster_open(struct wire *wire)
{
	/* A packet that is sent is one buffer of the master's. */
	const struct plx_pool_params params = {
		.name = "far", .n = 2 * LEN + POOL_BUFFERS, .buf_size = 9216, .node = -1};
	uint16_t port;
	int err = user_socket_make(wire, "net_cluster0");

	if (err == 0) {
		*strrchr(wire->path[0], '/') = '\0';
		setenv("RUNTIME_DIRECTORY", wire->path[0], 1);
		err = plx_door_open("contract", &why);
	}
	if (err == 0)
		err = plx_pool_create(&params, &wire->far_pool, &why);
	if (err == 0)
		err = open_port(OURS ",peer=" MASTERS ",entries=8192", OURS, wire->far_pool,
				&wire->far_port);
	if (err == 0)
		err = open_port(MASTERS, MASTERS, wire->far_pool, &port);
	if (err == 0)
		err = make_cluster(wire->far_pool, port);
	if (err != 0)
		fprintf(stderr, "the master: %s\n", why.text);
	snprintf(wire->devargs, sizeof(wire->devargs),
		 "net_cluster0,cluster=10,queues=2,writable=1");
	return err;
}

static bool
is_empty(void)
{
	for (uint32_t i = 0; i < PLACES; i++) {
		struct plx_cluster_place_stats stats;

		plx_cluster_place_stats(cluster, i, &stats);
		if (stats.present || stats.held != 0)
			return false;
	}
	return true;
}

/* The port that was there before has left; its master knows of it soon. */
int
cluster_ready(struct wire *wire)
{
	for (uint64_t until = now_ms() + PATIENCE_MS; !is_empty() && now_ms() < until; sleep_ms(1))
		plx_cluster_poll(cluster);
	return is_empty() ? 0 : -EBUSY;
}

void
cluster_close(struct wire *wire)
{
	static char complaint[sizeof(why.text) + 32];

	cluster_ready(wire);
	if (plx_cluster_audit(cluster, &why) != 0) {
		snprintf(complaint, sizeof(complaint), "the master's books: %s", why.text);
		wire->complaint = complaint;
	}
	plx_cluster_destroy(cluster);
	plx_device_detach(OURS, NULL);
	plx_device_detach(MASTERS, NULL);
	if (plx_pool_destroy(wire->far_pool, &why) != 0)
		fprintf(stderr, "%s\n", why.text);
	plx_door_close();
	user_socket_remove(wire);
}

/* In segments, which are handed over one by one. */
static struct plx_mbuf *
packet(struct plx_pool *pool, const uint8_t *frame, size_t len)
{
	struct plx_mbuf *head = NULL;

	for (size_t off = 0, part; off < len || head == NULL; off += part) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		part = len - off < SEGMENT ? len - off : SEGMENT;
		if (m == NULL) {
			plx_mbuf_free(head);
			return NULL;
		}
		memcpy(plx_mbuf_append(m, (uint16_t)part), frame + off, part);
		if (head == NULL)
			head = m;
		else
			plx_mbuf_chain(head, m);
	}
	return head;
}

int
cluster_put(struct wire *wire, const void *frame, size_t len)
{
	struct plx_mbuf *m = packet(wire->far_pool, frame, len);

	if (m == NULL)
		return -ENOBUFS;
	if (plx_ethdev_tx_burst(wire->far_port, 0, &m, 1) != 1) {
		plx_mbuf_free(m);
		return -ENOBUFS;
	}
	plx_cluster_poll(cluster);
	return 0;
}

size_t
cluster_get(struct wire *wire, void *frame, size_t size)
{
	plx_cluster_poll(cluster);
	return ring_get(wire, frame, size);
}
