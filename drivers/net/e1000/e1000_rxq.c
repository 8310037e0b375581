/* SPDX-License-Identifier: BSD-3-Clause */
/* The receive queue: its buffers' size, its registers, its life. */
#include "e1000_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MAX 16384u

uint32_t
e1000_rx_room(const struct plx_pool *pool)
{
	const uint32_t bytes = pool->buf_size - pool->headroom;
	uint32_t room = ROOM_MAX;

	while (room > bytes)
		room /= 2;
	return room >= E1000_RX_BUFFER_MIN ? room : 0;
}

/* 13.4.22: 2048, 1024, 512, 256 are 0 to 3; with BSEX 16384, 8192, 4096 are 1 to 3. */
uint32_t
e1000_rx_bsize(uint32_t room)
{
	const bool large = room > 2048;
	uint32_t code = 0;

	for (uint32_t bytes = large ? 32768 : 2048; bytes > room; bytes /= 2)
		code++;
	return code << E1000_RCTL_BSIZE_SHIFT | (large ? E1000_RCTL_BSEX : 0);
}

int
e1000_rxq_create(struct e1000_dev *dev, uint16_t descs, struct plx_pool *pool,
		 struct e1000_rxq **ret_rxq, struct plx_why *why)
{
	struct e1000_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->numbers = calloc(descs + E1000_RX_AHEAD, sizeof(*rxq->numbers));
	if (rxq->numbers == NULL) {
		free(rxq);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	rxq->dev = dev;
	rxq->ring = dev->rings->addr;
	rxq->pool = pool;
	rxq->room = e1000_rx_room(pool);
	rxq->headroom = (uint16_t)pool->headroom;
	rxq->port = dev->eth.port;
	rxq->size = descs;
	rxq->part = (uint16_t)(descs / 4u < E1000_RX_PART ? descs / 4u : E1000_RX_PART);
	*ret_rxq = rxq;
	return 0;
}

void
e1000_rxq_destroy(struct e1000_rxq *rxq)
{
	if (rxq == NULL)
		return;
	e1000_rxq_drain(rxq);
	free(rxq->numbers);
	free(rxq);
}

/* 14.4, 13.4.25 - 13.4.31, 3.2.9 */
void
e1000_rxq_start(struct e1000_rxq *rxq)
{
	const struct e1000_dev *dev = rxq->dev;
	const uint32_t offloads = dev->eth.info.rx_offloads;
	const uint64_t addr = plx_zone_iova(dev->rings, rxq->ring);

	rxq->scatter = (offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
	rxq->strip = (offloads & PLX_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	rxq->csum = (offloads & (PLX_ETH_RX_OFFLOAD_IPV4_CSUM | PLX_ETH_RX_OFFLOAD_UDP_CSUM |
				 PLX_ETH_RX_OFFLOAD_TCP_CSUM)) != 0;
	e1000_write(dev, E1000_RXCSUM, rxq->csum ? E1000_RXCSUM_IPOFL | E1000_RXCSUM_TUOFL : 0);
	e1000_write(dev, E1000_RDTR, 0); /* interrupts are not delayed, but see ITR */
	e1000_write(dev, E1000_RADV, 0);
	e1000_write(dev, E1000_RDBAL, (uint32_t)addr);
	e1000_write(dev, E1000_RDBAH, (uint32_t)(addr >> 32));
	e1000_write(dev, E1000_RDLEN, rxq->size * (uint32_t)sizeof(*rxq->ring));
	e1000_write(dev, E1000_RDH, 0);
	e1000_write(dev, E1000_RDT, 0);
}

void
e1000_rxq_drain(struct e1000_rxq *rxq)
{
	bool skipping = rxq->skipping;
	uint64_t lost = 0;

	for (; rxq->held > 0; rxq->held--) {
		const uint64_t word = e1000_rx_load(&rxq->ring[rxq->next]);

		if ((word & E1000_RX_DD) != 0 && (word & E1000_RX_EOP) != 0) {
			lost += !skipping;
			skipping = false;
		}
		plx_pool_put_written(rxq->pool, &rxq->numbers[rxq->next], 1);
		rxq->next = e1000_after(rxq->next, rxq->size);
	}
	plx_ethdev_add(&rxq->dev->counts[E1000_RX_AT_STOP], lost);
	if (rxq->head != NULL)
		plx_mbuf_free(rxq->head);
	rxq->head = rxq->last = NULL;
	rxq->skipping = rxq->fired = false;
	rxq->next = rxq->tail = 0;
}

int
e1000_rxq_count(struct plx_ethdev *eth, void *queue)
{
	const struct e1000_rxq *rxq = queue;
	uint16_t at = __atomic_load_n(&rxq->next, __ATOMIC_RELAXED);
	int n = 0;

	for (unsigned i = __atomic_load_n(&rxq->held, __ATOMIC_RELAXED); i > 0; i--) {
		const uint64_t word = e1000_rx_load(&rxq->ring[at]);

		if ((word & E1000_RX_DD) == 0)
			break;
		n += (word & E1000_RX_EOP) != 0;
		at = e1000_after(at, rxq->size);
	}
	return n;
}
