/* SPDX-License-Identifier: BSD-3-Clause */
/* One ring's life: addresses resolved and checked, resumed where it was left, given up. */
#include "vhost.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define SPLIT_AVAIL_LEN(size) (sizeof(struct virtio_avail) + 2ull * (size) + 2)
#define SPLIT_USED_LEN(size)  (sizeof(struct virtio_used) + 8ull * (size) + 2)
#define DESCS_LEN(size)	      (sizeof(struct virtio_desc) * (uint64_t)(size))
#define BASE_INDEX	      0x7fff /* of a packed VRING_BASE; bit 15 is the wrap counter */
#define BASE_WRAP	      0x8000

/* A part of the ring: in one region, and aligned there. */
static void *
part(const struct vhost_memory *memory, uint64_t address, uint64_t len, unsigned align)
{
	void *at = vhost_memory_ring(memory, address, len);

	return at != NULL && (uintptr_t)at % align == 0 ? at : NULL;
}

static int
bad_part(const struct vhost_ring *ring, const char *what, uint64_t address, struct plx_why *why)
{
	return plx_why(why, -EINVAL,
		       "ring %u: its %s at 0x%" PRIx64
		       " are not whole in one region of memory, or not aligned",
		       ring->index, what, address);
}

static int
resolve_split(struct vhost_ring *ring, const struct vhost_memory *memory, struct plx_why *why)
{
	const struct vhost_user_addr *addr = &ring->addr;
	const uint64_t size = ring->size;

	ring->split.desc = part(memory, addr->desc, DESCS_LEN(size), VIRTIO_DESC_ALIGN);
	ring->split.avail = part(memory, addr->avail, SPLIT_AVAIL_LEN(size), VIRTIO_AVAIL_ALIGN);
	ring->split.used = part(memory, addr->used, SPLIT_USED_LEN(size), VIRTIO_USED_ALIGN);
	if (ring->split.desc == NULL)
		return bad_part(ring, "descriptors", addr->desc, why);
	if (ring->split.avail == NULL)
		return bad_part(ring, "available entries", addr->avail, why);
	if (ring->split.used == NULL)
		return bad_part(ring, "used entries", addr->used, why);
	return 0;
}

static int
resolve_packed(struct vhost_ring *ring, const struct vhost_memory *memory, struct plx_why *why)
{
	const struct vhost_user_addr *addr = &ring->addr;
	const size_t len = sizeof(struct virtio_packed_event);

	/* 2.8.14: VRING_ADDR's avail is the driver's area, its used the device's. */
	ring->packed_ring.desc = part(memory, addr->desc, DESCS_LEN(ring->size), VIRTIO_DESC_ALIGN);
	ring->packed_ring.driver = part(memory, addr->avail, len, len);
	ring->packed_ring.device = part(memory, addr->used, len, len);
	if (ring->packed_ring.desc == NULL)
		return bad_part(ring, "descriptors", addr->desc, why);
	if (ring->packed_ring.driver == NULL)
		return bad_part(ring, "driver events", addr->avail, why);
	if (ring->packed_ring.device == NULL)
		return bad_part(ring, "device events", addr->used, why);
	return 0;
}

static int
check_size(const struct vhost_ring *ring, struct plx_why *why)
{
	if (ring->size == 0 || ring->size > VIRTIO_QUEUE_SIZE_MAX)
		return plx_why(why, -EINVAL, "ring %u: %u descriptors; 1 to %d are possible",
			       ring->index, ring->size, VIRTIO_QUEUE_SIZE_MAX);
	if (!ring->packed && (ring->size & (ring->size - 1)) != 0)
		return plx_why(why, -EINVAL,
			       "ring %u: %u descriptors; a split ring has a power of two",
			       ring->index, ring->size);
	if (ring->packed && ring->next >= ring->size)
		return plx_why(why, -EINVAL, "ring %u: begins at %u of %u descriptors", ring->index,
			       ring->next, ring->size);
	return 0;
}

/* We poll: the guest need not tell us. */
static void
want_no_kicks(struct vhost_ring *ring)
{
	uint16_t behind = (uint16_t)(ring->next - 1);

	if (ring->packed) {
		__atomic_store_n(&ring->packed_ring.device->flags, VIRTIO_EVENT_F_DISABLE,
				 __ATOMIC_RELAXED);
		return;
	}
	__atomic_store_n(&ring->split.used->flags, VIRTIO_USED_F_NO_NOTIFY, __ATOMIC_RELAXED);
	/* avail_event: one kick in 65,536 lists. */
	if (ring->event_idx)
		memcpy(&ring->split.used->ring[ring->size], &behind, sizeof(behind));
}

int
vhost_ring_attach(struct vhost_ring *ring, const struct vhost_memory *memory, uint64_t features,
		  struct plx_why *why)
{
	int ret;

	ring->packed = (features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;
	ring->event_idx = (features & VIRTIO_BIT(VIRTIO_F_EVENT_IDX)) != 0;
	ring->in_order = (features & VIRTIO_BIT(VIRTIO_F_IN_ORDER)) != 0;
	ring->memory = memory;
	ring->last = NULL;
	ret = check_size(ring, why);
	if (ret == 0)
		ret = ring->packed ? resolve_packed(ring, memory, why)
				   : resolve_split(ring, memory, why);
	if (ret != 0)
		return ret;
	/* All that was taken was given back in order: the guest's own count is what a back end that was killed left. */
	if (!ring->packed && ring->has_base)
		ring->next = __atomic_load_n(&ring->split.used->idx, __ATOMIC_RELAXED);
	ring->has_base = false;
	ring->seen = ring->next;
	ring->since = 0;
	want_no_kicks(ring);
	ring->attached = true;
	return 0;
}

void
vhost_ring_detach(struct vhost_ring *ring)
{
	if (!ring->attached)
		return;
	if (!ring->packed)
		__atomic_store_n(&ring->split.used->flags, 0, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&ring->packed_ring.device->flags, VIRTIO_EVENT_F_ENABLE,
				 __ATOMIC_RELAXED);
	ring->attached = false;
	vhost_inflight_detach(ring);
	free(ring->resumed);
	free(ring->resumed_desc);
	ring->resumed = NULL;
	ring->resumed_desc = NULL;
	ring->nb_resumed = 0;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
vhost_ring_reset(struct vhost_ring *ring)
{
	vhost_ring_detach(ring);
	close_fd(&ring->kick_fd);
	close_fd(&ring->call_fd);
	close_fd(&ring->err_fd);
	ring->enabled = ring->has_addr = ring->has_kick = ring->has_base = false;
	ring->told = false;
	ring->size = 0;
	ring->next = 0;
	ring->wrap = true;
	__atomic_store_n(&ring->broken, false, __ATOMIC_RELAXED);
}

void
vhost_ring_break(struct vhost_ring *ring)
{
	const uint64_t one = 1;
	ssize_t written;

	if (__atomic_exchange_n(&ring->broken, true, __ATOMIC_RELAXED))
		return;
	/* A system call on the data path: once in the life of a ring. */
	written = write(ring->trouble_fd, &one, sizeof(one));
	(void)written;
}

uint32_t
vhost_ring_base(const struct vhost_ring *ring)
{
	uint32_t base = ring->next;

	if (!ring->packed)
		return base;
	base |= ring->wrap ? BASE_WRAP : 0;
	return base |
	       base << 16; /* the same for what was used: all that was taken was given back */
}

void
vhost_ring_set_base(struct vhost_ring *ring, uint32_t base)
{
	ring->has_base = true;
	ring->told = false;
	__atomic_store_n(&ring->broken, false, __ATOMIC_RELAXED);
	if (!ring->packed) {
		ring->next = (uint16_t)base;
		return;
	}
	ring->next = base & BASE_INDEX;
	ring->wrap = (base & BASE_WRAP) != 0;
}

void
vhost_ring_call(struct vhost_ring *ring)
{
	if (ring->since == 0)
		return;
	/* What was given back must be seen before we look whether the guest went to sleep (2.7.7, 2.8.10). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (ring->call_fd >= 0 &&
	    (ring->packed ? vhost_packed_wants_call(ring) : vhost_split_wants_call(ring))) {
		/* The guest sleeps: system calls, once a burst. */
		vhost_user_bell_ring(ring->call_fd);
		plx_ethdev_add(&ring->calls, 1);
	}
	ring->since = 0;
}
