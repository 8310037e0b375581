/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device's common configuration, its own configuration, and its doorbells (4.1.4.3 to 4.1.4.6). */
#include "virtio_fake_priv.h"

/* Where queue i's doorbell is: not at i, so that the driver must ask. */
#define NOTIFY_OFF(index) ((uint16_t)((index) + 3))

static unsigned
width_of(uint64_t off)
{
	if (off < VIRTIO_COMMON_CONFIG_MSIX)
		return 4;
	if (off == VIRTIO_COMMON_STATUS || off == VIRTIO_COMMON_GENERATION)
		return 1;
	return off >= VIRTIO_COMMON_QUEUE_DESC && off < VIRTIO_COMMON_QUEUE_NOTIF_DATA ? 4 : 2;
}

static bool
width_is_right(struct vfake *fake, uint64_t off, unsigned len)
{
	if (off < VFAKE_COMMON_LEN && off % width_of(off) == 0 && len == width_of(off))
		return true;
	vfake_violation(fake, "common configuration: %u bytes at 0x%x (4.1.3.1)", len,
			(unsigned)off);
	return false;
}

static uint32_t
feature_word(uint64_t features, uint32_t select)
{
	return select < 2 ? (uint32_t)(features >> (32 * select)) : 0;
}

static struct vfake_queue *
selected(struct vfake *fake)
{
	return fake->queue_select < vfake_nb_queues(fake) ? &fake->queue[fake->queue_select] : NULL;
}

static uint8_t
read_generation(struct vfake *fake)
{
	if (fake->faults.restless == 0)
		return fake->generation;
	if (fake->faults.restless > 0)
		fake->faults.restless--;
	return ++fake->generation;
}

/* One half of an address. */
static uint32_t *
address_half(struct vfake_queue *q, uint64_t off)
{
	uint64_t *address = off < VIRTIO_COMMON_QUEUE_DRIVER   ? &q->desc
			    : off < VIRTIO_COMMON_QUEUE_DEVICE ? &q->driver
							       : &q->device;

	return (uint32_t *)(void *)address + off / 4 % 2;
}

static uint32_t
read_queue(struct vfake *fake, const struct vfake_queue *q, uint64_t off)
{
	if (q == NULL)
		return 0;
	switch (off) {
	case VIRTIO_COMMON_QUEUE_SIZE:
		return fake->faults.queue_size_lies ? fake->faults.queue_size : q->size;
	case VIRTIO_COMMON_QUEUE_MSIX:
		return q->vector;
	case VIRTIO_COMMON_QUEUE_ENABLE:
		return q->enabled && !fake->faults.enable_refused;
	case VIRTIO_COMMON_QUEUE_NOTIFY_OFF:
		return fake->faults.notify_off_lies ? fake->faults.notify_off
						    : NOTIFY_OFF(q->index);
	case VIRTIO_COMMON_QUEUE_NOTIF_DATA:
		return q->index;
	case VIRTIO_COMMON_QUEUE_RESET:
		return fake->faults.queue_reset_stuck;
	default:
		return *address_half((struct vfake_queue *)(uintptr_t)q, off);
	}
}

uint32_t
vfake_common_read(struct vfake *fake, uint64_t off, unsigned len)
{
	if (!width_is_right(fake, off, len))
		return UINT32_MAX;
	switch (off) {
	case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
		return fake->feature_select;
	case VIRTIO_COMMON_DEVICE_FEATURE:
		return feature_word(fake->options.features, fake->feature_select);
	case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
		return fake->driver_select;
	case VIRTIO_COMMON_DRIVER_FEATURE:
		return feature_word(fake->driver_features, fake->driver_select);
	case VIRTIO_COMMON_CONFIG_MSIX:
		return fake->config_vector;
	case VIRTIO_COMMON_NUM_QUEUES:
		return fake->faults.num_queues_lies ? fake->faults.num_queues
						    : vfake_nb_queues(fake);
	case VIRTIO_COMMON_STATUS:
		return vfake_status_get(fake);
	case VIRTIO_COMMON_GENERATION:
		return read_generation(fake);
	case VIRTIO_COMMON_QUEUE_SELECT:
		return fake->queue_select;
	default:
		return read_queue(fake, selected(fake), off);
	}
}

static uint16_t
vector_for(const struct vfake *fake, uint32_t value)
{
	if (fake->faults.vector_refused || value >= fake->options.vectors)
		return VIRTIO_MSIX_NO_VECTOR;
	return (uint16_t)value;
}

/* 2.6.1.1: the queue forgets everything. */
static void
reset_queue(struct vfake *fake, struct vfake_queue *q)
{
	if (!vfake_has(fake, VIRTIO_F_RING_RESET))
		vfake_violation(fake, "queue_reset without RING_RESET");
	if (fake->faults.queue_reset_stuck)
		return;
	vfake_hear_doorbells(fake); /* what the driver wrote before arrives before, on a bus */
	vfake_queue_clear(fake, q);
	fake->state.queue_resets++;
}

static void
enable_queue(struct vfake *fake, struct vfake_queue *q, uint32_t value)
{
	bool late = (fake->state.status & VIRTIO_STATUS_DRIVER_OK) != 0;

	if (value != 1)
		vfake_violation(fake, "queue_enable of queue %u: %u (4.1.4.3.2)", q->index, value);
	else if (late && !vfake_has(fake, VIRTIO_F_RING_RESET))
		vfake_violation(fake, "queue %u is enabled after DRIVER_OK", q->index);
	else
		vfake_queue_enable(fake, q);
}

static void
write_queue(struct vfake *fake, struct vfake_queue *q, uint64_t off, uint32_t value)
{
	if (q == NULL) {
		vfake_violation(fake, "a write to queue %u, which is none", fake->queue_select);
		return;
	}
	if (q->enabled && off != VIRTIO_COMMON_QUEUE_RESET && off != VIRTIO_COMMON_QUEUE_MSIX)
		vfake_violation(fake, "a write at 0x%x to queue %u, which is enabled",
				(unsigned)off, q->index);
	switch (off) {
	case VIRTIO_COMMON_QUEUE_SIZE:
		q->size = (uint16_t)value;
		break;
	case VIRTIO_COMMON_QUEUE_MSIX:
		q->vector = vector_for(fake, value);
		break;
	case VIRTIO_COMMON_QUEUE_ENABLE:
		enable_queue(fake, q, value);
		break;
	case VIRTIO_COMMON_QUEUE_RESET:
		reset_queue(fake, q);
		break;
	case VIRTIO_COMMON_QUEUE_NOTIFY_OFF:
	case VIRTIO_COMMON_QUEUE_NOTIF_DATA:
		vfake_violation(fake, "a write at 0x%x, which is read only", (unsigned)off);
		break;
	default:
		*address_half(q, off) = value;
	}
}

static void
write_features(struct vfake *fake, uint32_t value)
{
	const unsigned shift = 32 * (fake->driver_select & 1);

	if ((fake->state.status & VIRTIO_STATUS_FEATURES_OK) != 0)
		vfake_violation(fake, "features are written after FEATURES_OK");
	if ((fake->state.status & VIRTIO_STATUS_DRIVER) == 0)
		vfake_violation(fake, "features are written before DRIVER");
	if (fake->driver_select < 2)
		fake->driver_features = (fake->driver_features & ~(UINT64_C(0xffffffff) << shift)) |
					(uint64_t)value << shift;
	else if (value != 0)
		vfake_violation(fake, "features beyond 64");
}

void
vfake_common_write(struct vfake *fake, uint64_t off, uint32_t value, unsigned len)
{
	if (!width_is_right(fake, off, len))
		return;
	switch (off) {
	case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
		fake->feature_select = value;
		break;
	case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
		fake->driver_select = value;
		break;
	case VIRTIO_COMMON_DRIVER_FEATURE:
		write_features(fake, value);
		break;
	case VIRTIO_COMMON_CONFIG_MSIX:
		fake->config_vector = vector_for(fake, value);
		break;
	case VIRTIO_COMMON_STATUS:
		vfake_status_set(fake, (uint8_t)value);
		break;
	case VIRTIO_COMMON_QUEUE_SELECT:
		fake->queue_select = (uint16_t)value;
		break;
	case VIRTIO_COMMON_DEVICE_FEATURE:
	case VIRTIO_COMMON_NUM_QUEUES:
	case VIRTIO_COMMON_GENERATION:
		vfake_violation(fake, "a write at 0x%x, which is read only", (unsigned)off);
		break;
	default:
		write_queue(fake, selected(fake), off, value);
	}
}

/* -- the device's own configuration (5.1.4) ------------------------------------------------------------------------- */

uint32_t
vfake_config_get(struct vfake *fake, uint64_t off, unsigned len)
{
	uint32_t value = 0;

	if (len > 4 || off + len > VFAKE_CONFIG_LEN) {
		vfake_violation(fake, "device configuration: %u bytes at 0x%x", len, (unsigned)off);
		return UINT32_MAX;
	}
	memcpy(&value, fake->config + off, len);
	/* Torn while it changes, so that taking the first reading shows. */
	return fake->faults.restless != 0 ? ~value : value;
}

void
vfake_config_set(struct vfake *fake, uint64_t off, uint32_t value, unsigned len)
{
	bool legacy = (fake->driver_features & VIRTIO_BIT(VIRTIO_F_VERSION_1)) == 0;

	/* Only the address, and only of old devices (5.1.4.2). */
	if (!legacy || off + len > VIRTIO_NET_CFG_STATUS) {
		vfake_violation(fake, "device configuration: a write at 0x%x", (unsigned)off);
		return;
	}
	memcpy(fake->config + off, &value, len);
}

/* -- doorbells (4.1.5.2) -------------------------------------------------------------------------------------------- */

/* A doorbell in memory is looked at after it was written: a driver of a split ring may be further on by then. */
static bool
told_where(const struct vfake *fake, const struct vfake_queue *q, uint16_t told, uint16_t end)
{
	if (fake->options.mapped && !q->packed)
		return (uint16_t)(end - told) <= q->size;
	return told == end;
}

static void
check_notification(struct vfake *fake, const struct vfake_queue *q, uint32_t value, unsigned len)
{
	bool data = vfake_has(fake, VIRTIO_F_NOTIFICATION_DATA);
	uint16_t expect = q->packed ? vfake_packed_end(fake, q) : vfake_split_end(fake, q);

	if (len != (data ? 4 : 2))
		vfake_violation(fake, "queue %u is notified with %u bytes", q->index, len);
	if ((uint16_t)value != q->index)
		vfake_violation(fake, "queue %u is notified as %u", q->index, (uint16_t)value);
	if (data && !told_where(fake, q, (uint16_t)(value >> 16), expect))
		vfake_violation(fake, "queue %u is notified with 0x%x, it is at 0x%x", q->index,
				value >> 16, expect);
}

void
vfake_notified(struct vfake *fake, uint16_t place, uint32_t value, unsigned len)
{
	bool legacy = fake->options.kind == VFAKE_KIND_LEGACY || place == VFAKE_ANY;
	uint16_t index = legacy ? (uint16_t)value : (uint16_t)(place - NOTIFY_OFF(0));

	if (index >= vfake_nb_queues(fake) || !fake->queue[index].enabled) {
		vfake_violation(fake, "queue %u is notified and not enabled", index);
		return;
	}
	if ((fake->state.status & VIRTIO_STATUS_DRIVER_OK) == 0)
		vfake_violation(fake, "queue %u is notified before DRIVER_OK", index);
	fake->queue[index].notifications++;
	check_notification(fake, &fake->queue[index], value, len);
	if (!fake->faults.idle)
		vfake_work(fake);
}
