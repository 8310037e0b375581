/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device's legacy registers, in the I/O ports of BAR 0 (4.1.4.10). */
#include "virtio_fake_priv.h"

static bool
has_msix(const struct vfake *fake)
{
	return fake->irq_kind == PLX_PCI_IRQ_MSIX;
}

static uint64_t
config_at(const struct vfake *fake)
{
	return has_msix(fake) ? VIRTIO_LEGACY_CONFIG_WITH_MSIX : VIRTIO_LEGACY_CONFIG;
}

static unsigned
width_of(uint64_t off)
{
	switch (off) {
	case VIRTIO_LEGACY_DEVICE_FEATURES:
	case VIRTIO_LEGACY_DRIVER_FEATURES:
	case VIRTIO_LEGACY_QUEUE_PFN:
		return 4;
	case VIRTIO_LEGACY_STATUS:
	case VIRTIO_LEGACY_ISR:
		return 1;
	default:
		return 2;
	}
}

static bool
width_is_right(struct vfake *fake, uint64_t off, unsigned len)
{
	if (len == width_of(off))
		return true;
	vfake_violation(fake, "legacy registers: %u bytes at 0x%x", len, (unsigned)off);
	return false;
}

static struct vfake_queue *
selected(struct vfake *fake)
{
	return fake->queue_select < vfake_nb_queues(fake) ? &fake->queue[fake->queue_select] : NULL;
}

static uint8_t
read_isr(struct vfake *fake)
{
	uint8_t isr = fake->isr;

	fake->isr = 0;
	return isr;
}

static uint16_t
read_queue_size(struct vfake *fake)
{
	const struct vfake_queue *q = selected(fake);

	if (q == NULL)
		return 0;
	return fake->faults.queue_size_lies ? fake->faults.queue_size : q->size;
}

uint32_t
vfake_legacy_read(struct vfake *fake, uint64_t off, unsigned len)
{
	const struct vfake_queue *q = selected(fake);

	if (off >= config_at(fake))
		return vfake_config_get(fake, off - config_at(fake), len);
	if (!width_is_right(fake, off, len))
		return UINT32_MAX;
	switch (off) {
	case VIRTIO_LEGACY_DEVICE_FEATURES:
		return (uint32_t)fake->options.features;
	case VIRTIO_LEGACY_DRIVER_FEATURES:
		return (uint32_t)fake->driver_features;
	case VIRTIO_LEGACY_QUEUE_PFN:
		return q != NULL && q->enabled ? (uint32_t)(q->desc >> VIRTIO_LEGACY_PFN_SHIFT) : 0;
	case VIRTIO_LEGACY_QUEUE_SIZE:
		return read_queue_size(fake);
	case VIRTIO_LEGACY_QUEUE_SELECT:
		return fake->queue_select;
	case VIRTIO_LEGACY_STATUS:
		return vfake_status_get(fake);
	case VIRTIO_LEGACY_ISR:
		return read_isr(fake);
	case VIRTIO_LEGACY_CONFIG_MSIX:
		return fake->config_vector;
	case VIRTIO_LEGACY_QUEUE_MSIX:
		return q != NULL ? q->vector : VIRTIO_MSIX_NO_VECTOR;
	default:
		vfake_violation(fake, "legacy registers: a read at 0x%x", (unsigned)off);
		return UINT32_MAX;
	}
}

/* One block: descriptors, available ring, and the used ring on the next page (2.7.2). */
static void
write_pfn(struct vfake *fake, struct vfake_queue *q, uint32_t pfn)
{
	if (pfn == 0) {
		vfake_queue_clear(fake, q);
		return;
	}
	if (q->enabled)
		vfake_violation(fake, "queue %u is placed twice", q->index);
	q->desc = (uint64_t)pfn << VIRTIO_LEGACY_PFN_SHIFT;
	q->driver = q->desc + 16 * (uint64_t)q->size;
	q->device = (q->driver + 6 + 2 * (uint64_t)q->size + VIRTIO_LEGACY_USED_ALIGN - 1) &
		    ~(uint64_t)(VIRTIO_LEGACY_USED_ALIGN - 1);
	vfake_queue_enable(fake, q);
}

static void
write_queue(struct vfake *fake, struct vfake_queue *q, uint64_t off, uint32_t value)
{
	if (q == NULL)
		vfake_violation(fake, "a write to queue %u, which is none", fake->queue_select);
	else if (off == VIRTIO_LEGACY_QUEUE_PFN)
		write_pfn(fake, q, value);
	else
		q->vector = fake->faults.vector_refused || value >= fake->options.vectors
				    ? VIRTIO_MSIX_NO_VECTOR
				    : (uint16_t)value;
}

void
vfake_legacy_write(struct vfake *fake, uint64_t off, uint32_t value, unsigned len)
{
	if (off >= config_at(fake)) {
		vfake_config_set(fake, off - config_at(fake), value, len);
		return;
	}
	if (off != VIRTIO_LEGACY_QUEUE_NOTIFY && !width_is_right(fake, off, len))
		return;
	switch (off) {
	case VIRTIO_LEGACY_DRIVER_FEATURES:
		if ((fake->state.status & VIRTIO_STATUS_DRIVER_OK) != 0)
			vfake_violation(fake, "features are written after DRIVER_OK");
		fake->driver_features = value;
		break;
	case VIRTIO_LEGACY_QUEUE_SELECT:
		fake->queue_select = (uint16_t)value;
		break;
	case VIRTIO_LEGACY_QUEUE_NOTIFY:
		vfake_notified(fake, VFAKE_ANY, value, len);
		break;
	case VIRTIO_LEGACY_STATUS:
		vfake_status_set(fake, (uint8_t)value);
		break;
	case VIRTIO_LEGACY_CONFIG_MSIX:
		fake->config_vector = fake->faults.vector_refused || value >= fake->options.vectors
					      ? VIRTIO_MSIX_NO_VECTOR
					      : (uint16_t)value;
		break;
	case VIRTIO_LEGACY_QUEUE_PFN:
	case VIRTIO_LEGACY_QUEUE_MSIX:
		write_queue(fake, selected(fake), off, value);
		break;
	default:
		vfake_violation(fake, "legacy registers: a write at 0x%x", (unsigned)off);
	}
}
