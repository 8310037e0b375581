/* SPDX-License-Identifier: BSD-3-Clause */
/* The transmit queue: its registers, its life. */
#include "e1000_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INIT_TXDCTL (E1000_TXDCTL_GRAN | 1u << E1000_TXDCTL_WTHRESH_SHIFT)
#define DONE_WAITS  64u /* descriptors; sooner they would be looked at while the card writes them */
#define COLLISIONS  15u /* 13.4.33 */
#define DISTANCE    0x40u /* full duplex */

int
e1000_txq_create(struct e1000_dev *dev, uint16_t descs, struct e1000_txq **ret_txq,
		 struct plx_why *why)
{
	struct e1000_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	txq->dev = dev;
	txq->ring = (void *)((uint8_t *)dev->rings->addr +
			     E1000_RING_MAX * sizeof(struct e1000_rx_desc));
	txq->size = descs;
	txq->mbufs = calloc(descs, sizeof(*txq->mbufs));
	txq->runs = calloc(descs, sizeof(*txq->runs));
	if (txq->mbufs == NULL || txq->runs == NULL) {
		e1000_txq_destroy(txq);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	*ret_txq = txq;
	return 0;
}

void
e1000_txq_destroy(struct e1000_txq *txq)
{
	if (txq == NULL)
		return;
	if (txq->mbufs != NULL && txq->runs != NULL)
		e1000_txq_drain(txq);
	free(txq->mbufs);
	free(txq->runs);
	free(txq);
}

/* 14.5, 13.4.33 - 13.4.44 */
void
e1000_txq_start(struct e1000_txq *txq)
{
	const struct e1000_dev *dev = txq->dev;
	const uint64_t addr = plx_zone_iova(dev->rings, txq->ring);

	memset(txq->ring, 0, txq->size * sizeof(*txq->ring));
	txq->next = txq->clean = txq->run = 0;
	txq->open = (struct e1000_tx_run){0};
	txq->free = (uint16_t)(txq->size - 1);
	txq->lazy = (uint16_t)(txq->size < 2 * DONE_WAITS ? txq->size / 2 : txq->size - DONE_WAITS);
	txq->has_context = false;
	txq->inserts_tags = (dev->eth.info.tx_offloads & PLX_ETH_TX_OFFLOAD_VLAN_INSERT) != 0;
	e1000_write(dev, E1000_TDBAL, (uint32_t)addr);
	e1000_write(dev, E1000_TDBAH, (uint32_t)(addr >> 32));
	e1000_write(dev, E1000_TDLEN, txq->size * (uint32_t)sizeof(*txq->ring));
	e1000_write(dev, E1000_TDH, 0);
	e1000_write(dev, E1000_TDT, 0);
	e1000_write(dev, E1000_TIDV, 0);
	e1000_write(dev, E1000_TADV, 0);
	e1000_write(dev, E1000_TXDCTL, INIT_TXDCTL);
	e1000_write(dev, E1000_TIPG, E1000_TIPG_COPPER);
	e1000_txq_enable(txq);
}

void
e1000_txq_enable(const struct e1000_txq *txq)
{
	const uint32_t tctl = E1000_TCTL_PSP | E1000_TCTL_RTLC | COLLISIONS << E1000_TCTL_CT_SHIFT |
			      DISTANCE << E1000_TCTL_COLD_SHIFT;

	e1000_write(txq->dev, E1000_TCTL, tctl | (txq->dev->link_off ? 0 : E1000_TCTL_EN));
}

void
e1000_txq_drain(struct e1000_txq *txq)
{
	uint64_t lost = 0;

	e1000_tx_reap(txq); /* what the card was done with has been sent */
	for (; txq->clean != txq->next; txq->clean = e1000_after(txq->clean, txq->size)) {
		if (txq->mbufs[txq->clean] == NULL)
			continue;
		plx_mbuf_free(txq->mbufs[txq->clean]);
		lost++;
	}
	txq->run = txq->clean;
	plx_ethdev_add(&txq->stats.errors, lost);
	plx_ethdev_add(&txq->stats.in_flight, -lost);
	plx_ethdev_add(&txq->dev->counts[E1000_TX_AT_STOP], lost);
}
