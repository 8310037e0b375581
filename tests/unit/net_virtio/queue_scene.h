/* SPDX-License-Identifier: BSD-3-Clause */
/* A device of nothing but features, a receive and a transmit queue, and the device's side of both. */
#ifndef PLX_TESTS_UNIT_NET_VIRTIO_QUEUE_SCENE_H
#define PLX_TESTS_UNIT_NET_VIRTIO_QUEUE_SCENE_H

#include "device_side.h"
#include "eal_pool_fixture.h"
#include "virtio.h"
#include "virtio_rx.h"
#include "virtio_tx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct {
	struct plx_device device;
	struct virtio_transport transport;
	struct virtio_dev dev;
	struct virtio_rxq *rxq;
	struct virtio_txq *txq;
	plx_ethdev_rx_fn rx;
	plx_ethdev_tx_fn tx;
	struct device_side rx_device, tx_device;
	unsigned rung;
} scene;

static inline void
scene_notify(struct virtio_queue *q)
{
	scene.rung++;
}

static inline struct device_side
scene_device(const struct virtio_queue *q)
{
	return device_side(q->packed, q->size, q->desc_address, q->driver_address,
			   q->device_address);
}

static inline void
scene_describe(uint64_t features, bool peer)
{
	static unsigned made;

	memset(&scene, 0, sizeof(scene));
	snprintf(scene.device.name, sizeof(scene.device.name), "net_virtio%u", made++);
	scene.device.node = PLX_NODE_ANY;
	scene.transport = (struct virtio_transport){
		.name = "test", .notify = scene_notify, .virtual_addresses = peer};
	scene.dev.eth.device = &scene.device;
	scene.dev.eth.info.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER;
	scene.dev.transport = &scene.transport;
	scene.dev.features = features;
	scene.dev.header_len =
		features & VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT) ? 20
		: features & (VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED) |
			      VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF))
			? 12
			: 10;
}

static inline void
scene_start(void)
{
	scene.rung = 0;
	virtio_rxq_start(scene.rxq);
	virtio_txq_start(scene.txq);
	scene.rx_device = scene_device(virtio_rxq_queue(scene.rxq));
	scene.tx_device = scene_device(virtio_txq_queue(scene.txq));
	scene.rx = virtio_rx_function(&scene.dev);
	scene.tx = virtio_tx_function(&scene.dev);
}

static inline void
scene_make(uint64_t features, bool peer, uint16_t size)
{
	struct plx_why why;

	scene_describe(features, peer);
	if (virtio_rxq_create(&scene.dev, 0, size, pool, &scene.rxq, &why) != 0 ||
	    virtio_txq_create(&scene.dev, 0, size, &scene.txq, &why) != 0)
		fail_msg("%s", why.text);
	scene_start();
}

/* The ledger of the transmit queue, and every buffer of the pool, in flight or home. */
static inline void
scene_balanced(void)
{
	const struct plx_ethdev_txq_stats *tx = &scene.txq->stats;

	assert_int_equal(tx->taken, tx->packets + tx->errors + tx->in_flight);
}

static inline void
scene_end(void)
{
	struct plx_why why;

	scene_balanced();
	virtio_rxq_stop(scene.rxq);
	virtio_txq_stop(scene.txq);
	virtio_rxq_destroy(scene.rxq);
	virtio_txq_destroy(scene.txq);
	assert_null(scene.dev.arenas);
	plx_pool_cache_flush(pool);
	assert_int_equal(plx_pool_in_use(pool), 0);
	if (plx_pool_audit(pool, &why) != 0)
		fail_msg("%s", why.text);
}

/* n packets of `len` bytes, each byte of which is its number. */
static inline void
scene_packets(struct plx_mbuf **pkts, unsigned n, uint16_t len)
{
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, n), 0);
	for (unsigned i = 0; i < n; i++)
		memset(plx_mbuf_append(pkts[i], len), (int)i, len);
}

/* The device writes a frame of `len` bytes into the next buffer, behind a header. */
static inline void
scene_deliver(struct virtio_net_hdr_full header, uint8_t byte, uint32_t len)
{
	uint8_t frame[4096];
	struct device_chain c = {.n = 0};

	memcpy(frame, &header, sizeof(header));
	memset(frame + scene.dev.header_len, byte, len);
	assert_true(device_take(&scene.rx_device, &c));
	assert_int_equal(c.n, 1);
	assert_true(device_fill(&c, frame, scene.dev.header_len + len));
	device_give_back(&scene.rx_device, &c, scene.dev.header_len + len);
}

#endif
