/* SPDX-License-Identifier: BSD-3-Clause */
/* A port that receives what the test gives it and takes as much as the test allows, for tests of taps. */
#ifndef PLX_TESTS_UNIT_TAP_TAP_SCENE_H
#define PLX_TESTS_UNIT_TAP_TAP_SCENE_H

#include "eal_pool_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plx_ethdev_tap_driver.h"
#include "plx_tap.h"
#include "plx_tap_reader.h"

#define SCENE_QUEUES 4

struct scene_queue {
	union {
		struct plx_ethdev_rxq_stats rx;
		struct plx_ethdev_txq_stats tx;
	} stats;
	struct plx_mbuf *give[1024]; /* rx: the next burst */
	uint16_t nb_give;
	uint16_t allow;			  /* tx: of one call; the packets stay the test's */
	void (*meanwhile)(uint16_t port); /* tx: while the driver has the packets */
	uint16_t port;
	uint16_t calls;	  /* tx */
	uint16_t largest; /* tx: call */
};

struct scene {
	struct plx_ethdev dev;
	struct plx_device device;
	struct scene_queue *rxq[SCENE_QUEUES], *txq[SCENE_QUEUES];
};

static uint16_t
scene_rx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct scene_queue *q = queue;
	uint16_t got = q->nb_give < n ? q->nb_give : n;

	memcpy(pkts, q->give, got * sizeof(*pkts));
	return got;
}

static uint16_t
scene_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct scene_queue *q = queue;

	q->calls++;
	q->largest = n > q->largest ? n : q->largest;
	if (q->meanwhile != NULL)
		q->meanwhile(q->port);
	return n < q->allow ? n : q->allow;
}

static inline struct scene *
scene_of(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct scene, dev);
}

static int
scene_rx_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *p,
	       void **ret_queue, struct plx_why *why)
{
	*ret_queue = scene_of(dev)->rxq[queue] = calloc(1, sizeof(struct scene_queue));
	return 0;
}

static int
scene_tx_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
	       struct plx_why *why)
{
	*ret_queue = scene_of(dev)->txq[queue] = calloc(1, sizeof(struct scene_queue));
	scene_of(dev)->txq[queue]->allow = UINT16_MAX;
	return 0;
}

static void
scene_release(struct plx_ethdev *dev, void *queue)
{
	free(queue);
}

static int
scene_start(struct plx_ethdev *dev, struct plx_why *why)
{
	return 0;
}

static void
scene_stop(struct plx_ethdev *dev)
{
}

static const struct plx_ethdev_ops scene_ops = {
	.rx_queue_setup = scene_rx_setup,
	.tx_queue_setup = scene_tx_setup,
	.rx_queue_release = scene_release,
	.tx_queue_release = scene_release,
	.start = scene_start,
	.stop = scene_stop,
};

static inline void
scene_begin(struct scene *scene, uint16_t nb_rx, uint16_t nb_tx)
{
	memset(scene, 0, sizeof(*scene));
	snprintf(scene->device.name, sizeof(scene->device.name), "net_scene0");
	scene->dev.device = &scene->device;
	scene->dev.ops = &scene_ops;
	scene->dev.rx_burst = scene_rx;
	scene->dev.tx_burst = scene_tx;
	scene->dev.info.max_rx_queues = scene->dev.info.max_tx_queues = SCENE_QUEUES;
	assert_int_equal(plx_ethdev_register(&scene->dev, NULL), 0);
	assert_int_equal(plx_ethdev_configure(scene->dev.port, nb_rx, nb_tx, NULL, NULL), 0);
	for (uint16_t i = 0; i < nb_rx; i++)
		assert_int_equal(plx_ethdev_rx_queue_setup(scene->dev.port, i, 0, pool, NULL), 0);
	for (uint16_t i = 0; i < nb_tx; i++)
		assert_int_equal(plx_ethdev_tx_queue_setup(scene->dev.port, i, 0, NULL), 0);
	assert_int_equal(plx_ethdev_start(scene->dev.port, NULL), 0);
}

static inline void
scene_end(struct scene *scene)
{
	plx_ethdev_unregister(&scene->dev);
}

/* A packet of `len` bytes that begin with the number, big endian, in segments of `part` bytes. */
static inline struct plx_mbuf *
scene_packet(uint32_t number, uint32_t len, uint16_t part)
{
	struct plx_mbuf *head = NULL;

	for (uint32_t at = 0; at < len; at += part) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);
		uint32_t bytes = len - at < part ? len - at : part;
		uint8_t *to;

		assert_non_null(m);
		to = (uint8_t *)plx_mbuf_append(m, (uint16_t)bytes);
		assert_non_null(to);
		for (uint32_t i = 0; i < bytes; i++)
			to[i] = at + i < 4 ? (uint8_t)(number >> (24 - 8 * (at + i)))
					   : (uint8_t)(at + i);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(plx_mbuf_chain(head, m), 0);
	}
	return head;
}

/* The number in a packet that was read, whose other bytes are as they were made. */
static inline uint32_t
scene_number(const struct plx_tap_packet *packet)
{
	assert_true(packet->cap_len >= 4);
	for (uint32_t i = 4; i < packet->cap_len; i++)
		assert_int_equal(packet->bytes[i], (uint8_t)i);
	return (uint32_t)packet->bytes[0] << 24 | (uint32_t)packet->bytes[1] << 16 |
	       (uint32_t)packet->bytes[2] << 8 | packet->bytes[3];
}

#endif
