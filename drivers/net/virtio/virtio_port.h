/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the port share: virtio_ethdev.c, virtio_offer.c, virtio_life.c, virtio_books.c. */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_PORT_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_PORT_H

#include "virtio.h"

/* -- what it offers (virtio_offer.c): under the device's lock ----------------------------------------------------------- */

/* The features that these offloads (PLX_ETH_RX_*, PLX_ETH_TX_*) and so many rx queues need; zeroes: those always taken. */
uint64_t
virtio_offer_wanted(const struct virtio_dev *dev, uint32_t rx, uint32_t tx, uint16_t nb_rx);
/* Fills the port's info, MTU and address by what the device offers and its configuration says. */
int virtio_offer_describe(struct virtio_dev *dev, struct plx_why *why);
/* How the port runs, in words: info.mode. */
void virtio_offer_mode(struct virtio_dev *dev);

/* -- up and down (virtio_life.c) ------------------------------------------------------------------------------------------ */

int virtio_life_start(struct plx_ethdev *eth, struct plx_why *why);
void virtio_life_stop(struct plx_ethdev *eth);
/* After it no memory is the device's any more, by its own word or by force. Under the lock. */
void virtio_life_silence(struct virtio_dev *dev);

/* -- one queue alone (virtio_single.c): ops of the port -------------------------------------------------------------------- */

int virtio_single_rx(struct plx_ethdev *eth, uint16_t queue, bool on, struct plx_why *why);
int virtio_single_tx(struct plx_ethdev *eth, uint16_t queue, bool on, struct plx_why *why);

/* -- counters (virtio_books.c) -------------------------------------------------------------------------------------------- */

/* Names them, before the port is registered. */
void virtio_books_open(struct plx_ethdev *eth);
int virtio_books_read(struct plx_ethdev *eth, uint64_t *values, uint64_t *ret_received);
/* A queue goes: what it counted stays. Under the lock. */
void virtio_books_keep(struct virtio_dev *dev, const struct virtio_queue *q);

#endif
