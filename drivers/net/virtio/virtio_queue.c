/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue's memory and its life.
 *
 *	split (2.7.2)  | descriptors | available ring | ... 4096 | used ring | ... 4096 | scratch |
 *	packed (2.8)   | descriptors | our event word | ... 64 | the device's event word | ... 4096 | scratch |
 *
 * Every split queue has the legacy layout, which the others allow.
 */
#include "virtio_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plx_bits.h"
#include "plx_clock.h"
#include "plx_log.h"
#include "plx_vhost_user.h"
#include "virtio_area.h"
#include "virtio_packed.h"
#include "virtio_split.h"

PLX_LOG_COMPONENT(logger, "pmd.net.virtio");

#define PAGE VIRTIO_LEGACY_USED_ALIGN

/* Where the parts are, from the memory's beginning. */
struct layout {
	size_t driver, device, scratch, end;
};

static struct layout
layout_of(const struct virtio_queue *q)
{
	struct layout at;

	at.driver = (size_t)q->size * sizeof(struct virtio_desc);
	if (q->packed) {
		at.device = plx_align_up(at.driver + sizeof(struct virtio_packed_event),
					 PLX_CACHE_LINE);
		at.scratch = at.device + sizeof(struct virtio_packed_event);
	} else {
		at.device = plx_align_up(at.driver + sizeof(struct virtio_avail) +
						 (q->size + 1u) * sizeof(uint16_t),
					 PAGE);
		at.scratch = at.device + sizeof(struct virtio_used) +
			     q->size * sizeof(struct virtio_used_elem) + sizeof(uint16_t);
	}
	at.scratch = plx_align_up(at.scratch, PAGE);
	at.end = at.scratch + (virtio_queue_sends(q)
				       ? virtio_areas_of(q) * sizeof(struct virtio_area)
				       : 2 * VIRTIO_CALL_MAX);
	return at;
}

/* The bus address of a byte of the queue's memory. */
uint64_t
virtio_queue_address(const struct virtio_queue *q, const void *at)
{
	if (q->virtual_addresses)
		return (uintptr_t)at;
	return plx_zone_iova(q->memory.zone, at);
}

static int
place_parts(struct virtio_queue *q, const struct layout *at, struct plx_why *why)
{
	uint8_t *base = q->memory.addr;

	if (q->packed) {
		q->packed_ring.desc = (void *)base;
		q->packed_ring.driver = (void *)(base + at->driver);
		q->packed_ring.device = (void *)(base + at->device);
	} else {
		q->split.desc = (void *)base;
		q->split.avail = (void *)(base + at->driver);
		q->split.used = (void *)(base + at->device);
	}
	q->scratch = base + at->scratch;
	q->desc_address = virtio_queue_address(q, base);
	q->driver_address = virtio_queue_address(q, base + at->driver);
	q->device_address = virtio_queue_address(q, base + at->device);
	if (q->desc_address == PLX_IOVA_BAD || q->driver_address == PLX_IOVA_BAD ||
	    q->device_address == PLX_IOVA_BAD)
		return plx_why(why, -EFAULT, "the device cannot reach the memory of queue %u",
			       (unsigned)q->index);
	return 0;
}

static bool
size_fits(const struct virtio_queue *q)
{
	return q->size >= 1 && q->size <= VIRTIO_QUEUE_SIZE_MAX &&
	       (q->packed || plx_is_pow2(q->size));
}

/* Who sends has slots and areas, who receives numbers. */
static int
make_books(struct virtio_queue *q)
{
	q->ids = plx_ethdev_alloc(q->size * sizeof(*q->ids));
	if (q->ids == NULL)
		return -ENOMEM;
	if (!virtio_queue_sends(q)) {
		q->numbers = plx_ethdev_alloc(q->size * sizeof(*q->numbers));
		return q->numbers != NULL ? 0 : -ENOMEM;
	}
	q->slots = plx_ethdev_alloc(q->size * sizeof(*q->slots));
	q->areas = plx_ethdev_alloc(virtio_areas_of(q) * sizeof(*q->areas));
	return q->slots != NULL && q->areas != NULL ? 0 : -ENOMEM;
}

int
virtio_queue_create(struct virtio_dev *dev, uint16_t index, uint16_t size,
		    struct virtio_queue **ret_q, struct plx_why *why)
{
	struct virtio_queue *q = plx_ethdev_alloc(sizeof(*q));
	struct layout at;
	int ret;

	if (q == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	q->dev = dev;
	q->index = index;
	q->size = size;
	q->packed = virtio_has(dev, VIRTIO_F_RING_PACKED);
	q->virtual_addresses = dev->transport->virtual_addresses;
	q->kick_fd = q->call_fd = -1;
	if (!size_fits(q)) {
		ret = plx_why(why, -EINVAL,
			      "queue %u cannot have %u descriptors: 1 to 32768, and a power of two "
			      "unless rings are packed",
			      (unsigned)index, (unsigned)size);
		goto destroy;
	}
	if (make_books(q) != 0) {
		ret = plx_why(why, -ENOMEM, "out of memory");
		goto destroy;
	}
	at = layout_of(q);
	ret = virtio_piece_get(dev, at.end, &q->memory, why);
	if (ret != 0)
		goto destroy;
	ret = place_parts(q, &at, why);
	if (ret != 0)
		goto destroy;
	virtio_queue_clear(q);
	*ret_q = q;
	return 0;

destroy:
	virtio_queue_destroy(q);
	return ret;
}

void
virtio_queue_destroy(struct virtio_queue *q)
{
	if (q == NULL)
		return;
	virtio_piece_put(q->dev, &q->memory);
	free(q->areas);
	free(q->slots);
	free(q->numbers);
	free(q->ids);
	free(q);
}

static void
clear_areas(struct virtio_queue *q)
{
	q->nb_areas = (uint16_t)virtio_areas_of(q);
	for (unsigned i = 0; i < q->nb_areas; i++)
		q->areas[i] = (uint16_t)(q->nb_areas - 1 - i);
}

static void
clear_shared(struct virtio_queue *q)
{
	struct layout at = layout_of(q);

	memset(q->memory.addr, 0, at.scratch);
	if (virtio_queue_sends(q))
		clear_areas(q);
	virtio_queue_irq(q, q->irq);
}

void
virtio_queue_clear(struct virtio_queue *q)
{
	q->event_idx = virtio_has(q->dev, VIRTIO_F_EVENT_IDX);
	q->in_order = virtio_has(q->dev, VIRTIO_F_IN_ORDER);
	q->notification_data = virtio_has(q->dev, VIRTIO_F_NOTIFICATION_DATA);
	q->platform_order = virtio_has(q->dev, VIRTIO_F_ORDER_PLATFORM);
	q->broken = q->kick_due = false;
	q->avail_wrap = q->used_wrap = true;
	q->next_avail = q->next_used = q->used_seen = 0;
	q->id_take = q->id_give = 0;
	q->batch = 0;
	q->nb_free = q->size;
	for (unsigned i = 0; i < q->size; i++) {
		q->ids[i] = (uint16_t)i;
		if (q->slots != NULL)
			q->slots[i] = (struct virtio_slot){.area = VIRTIO_NO_AREA};
		else
			q->numbers[i] = VIRTIO_NO_BUFFER;
	}
	clear_shared(q);
}

uint16_t
virtio_queue_refuse(const struct virtio_queue *q)
{
	return virtio_queue_is_off(q) ? plx_ethdev_refuse(&q->dev->eth) : 0;
}

void
virtio_queue_break(struct virtio_queue *q)
{
	const struct virtio_dev *dev = q->dev;

	/* Told once in the life of a ring; of the control queue by who asked. */
	if (!q->broken && q != dev->ctrl)
		plx_log_err(
			&logger,
			"%s: virtqueue %u: the device wrote nonsense into the ring; its queue does "
			"nothing until the port is stopped and started",
			dev->eth.info.name, q->index);
	q->broken = true;
	plx_ethdev_add(&q->violations, 1);
}

/* Whether the device is to interrupt when it returns a buffer (2.7.7, 2.8.10). */
void
virtio_queue_irq(struct virtio_queue *q, bool on)
{
	uint16_t flags = on ? VIRTIO_EVENT_F_ENABLE : VIRTIO_EVENT_F_DISABLE;

	__atomic_store_n(&q->irq, on, __ATOMIC_RELAXED);
	if (q->packed) {
		__atomic_store_n(&q->packed_ring.driver->flags, flags, __ATOMIC_SEQ_CST);
		return;
	}
	if (q->event_idx) /* "at the next one", or at one that is half a circle away */
		__atomic_store_n(virtio_split_used_event(q),
				 (uint16_t)(on ? q->next_used : q->next_used - 1 + 0x8000),
				 __ATOMIC_SEQ_CST);
	__atomic_store_n(&q->split.avail->flags, (uint16_t)(on ? 0 : VIRTIO_AVAIL_F_NO_INTERRUPT),
			 __ATOMIC_SEQ_CST);
}

bool
virtio_queue_rearm(struct virtio_queue *q, bool *looked)
{
	if (*looked || q->broken)
		return false;
	*looked = true;
	if (q->call_fd >= 0)
		vhost_user_bell_hush(q->call_fd);
	virtio_queue_irq(q, true);
	return true;
}
