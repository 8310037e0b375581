/* SPDX-License-Identifier: BSD-3-Clause */
/* The far end of net_ring: another port of its kind, with a pool of its own. */
#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pollux/plx_driver.h>

#define FAR    "net_ring1"
#define QUEUES 2

static int
start_far_port(struct wire *wire, struct plx_why *why)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER};
	int err = plx_ethdev_configure(wire->far_port, QUEUES, QUEUES, &conf, why);

	for (uint16_t i = 0; err == 0 && i < QUEUES; i++) {
		err = plx_ethdev_rx_queue_setup(wire->far_port, i, 0, wire->far_pool, why);
		if (err == 0)
			err = plx_ethdev_tx_queue_setup(wire->far_port, i, 0, why);
	}
	return err != 0 ? err : plx_ethdev_start(wire->far_port, why);
}

int
ring_open(struct wire *wire)
{
	const struct plx_pool_params params = {.name = "far", .n = POOL_BUFFERS, .node = -1};
	struct plx_why why = {""};
	int err = plx_pool_create(&params, &wire->far_pool, &why);

	if (err == 0)
		err = plx_device_attach(FAR ",peer=net_ring0,entries=8192", &why);
	if (err == 0)
		err = plx_ethdev_by_name(FAR, &wire->far_port);
	if (err == 0)
		err = start_far_port(wire, &why);
	if (err != 0)
		fprintf(stderr, FAR ": %s\n", why.text);
	snprintf(wire->devargs, sizeof(wire->devargs), "net_ring0");
	return err;
}

void
ring_close(struct wire *wire)
{
	struct plx_why why = {""};

	plx_device_detach(FAR, NULL);
	if (plx_pool_destroy(wire->far_pool, &why) != 0)
		fprintf(stderr, "%s\n", why.text);
}

struct plx_mbuf *
ring_packet(struct plx_pool *pool, const uint8_t *frame, size_t len)
{
	struct plx_mbuf *head = plx_mbuf_alloc(pool), *m = head;

	for (size_t off = 0, part; m != NULL; off += part, m = plx_mbuf_alloc(pool)) {
		part = len - off < plx_mbuf_tailroom(m) ? len - off : plx_mbuf_tailroom(m);
		memcpy(plx_mbuf_append(m, (uint16_t)part), frame + off, part);
		if (m != head)
			plx_mbuf_chain(head, m);
		if (off + part == len)
			return head;
	}
	plx_mbuf_free(head);
	return NULL;
}

/* A wire into a port that does not listen swallows the frame. */
int
ring_put(struct wire *wire, const void *frame, size_t len)
{
	struct plx_mbuf *m = ring_packet(wire->far_pool, frame, len);
	struct plx_ethdev_link link;

	if (m == NULL)
		return -ENOBUFS;
	if (plx_ethdev_tx_burst(wire->far_port, 0, &m, 1) == 1)
		return 0;
	plx_mbuf_free(m);
	return plx_ethdev_link(wire->far_port, &link) == 0 && link.up ? -ENOBUFS : 0;
}

size_t
ring_get(struct wire *wire, void *frame, size_t size)
{
	struct plx_mbuf *m;
	size_t len;

	if (plx_ethdev_rx_burst(wire->far_port, 0, &m, 1) == 0 &&
	    plx_ethdev_rx_burst(wire->far_port, 1, &m, 1) == 0)
		return 0;
	len = m->pkt_len < size ? m->pkt_len : size;
	memmove(frame, plx_mbuf_read(m, 0, (uint32_t)len, frame), len);
	plx_mbuf_free(m);
	return len;
}
