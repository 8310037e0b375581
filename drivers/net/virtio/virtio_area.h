/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Areas: memory of a tx queue for packets that need more than their own buffer: a network header and changed headers that
 * have no room in front of the packet, or a table of indirect descriptors. There are fewer than descriptors; a packet that
 * finds none waits, like one that finds the ring full.
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_AREA_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_AREA_H

#include "plx_vnet_driver.h"
#include "virtio_ring.h"

#define VIRTIO_AREAS_MAX 256u
#define VIRTIO_TABLE_LEN 18 /* what Linux makes of its largest chains: 17 fragments and a header */
#define VIRTIO_AREA_HEAD (VIRTIO_NET_HDR_LEN_HASH + PLX_VNET_HEAD_MAX)

/* The device reads it; what is free is in the driver's own books. */
struct virtio_area {
	union {
		struct virtio_desc split[VIRTIO_TABLE_LEN];
		struct virtio_packed_desc packed[VIRTIO_TABLE_LEN];
	} table;
	uint8_t head[VIRTIO_AREA_HEAD]; /* network header, then headers of the packet */
} PLX_CACHE_ALIGNED;

static inline unsigned
virtio_areas_of(const struct virtio_queue *q)
{
	return q->size < VIRTIO_AREAS_MAX ? q->size : VIRTIO_AREAS_MAX;
}

static inline struct virtio_area *
virtio_area_at(const struct virtio_queue *q, uint16_t area)
{
	return (struct virtio_area *)q->scratch + area;
}

/* A free one or VIRTIO_NO_AREA. */
static inline uint16_t
virtio_area_get(struct virtio_queue *q)
{
	return q->nb_areas > 0 ? q->areas[--q->nb_areas] : VIRTIO_NO_AREA;
}

static inline void
virtio_area_put(struct virtio_queue *q, uint16_t area)
{
	q->areas[q->nb_areas++] = area;
}

#endif
