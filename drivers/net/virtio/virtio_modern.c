/* SPDX-License-Identifier: BSD-3-Clause */
/* The modern PCI transport: registers of 4.1.4.3, by windows that were checked when they were found. */
#include "virtio_pci.h"

#include "plx_clock.h"

#include <errno.h>
#include <time.h>

#define RESET_LEN (VIRTIO_COMMON_QUEUE_RESET + 2)

static int
modern_status(struct virtio_dev *dev, uint8_t *ret_status)
{
	return virtio_pci_status(dev, VIRTIO_COMMON_STATUS, ret_status);
}

static int
modern_set_status(struct virtio_dev *dev, uint8_t status)
{
	return virtio_pci_set_status(dev, VIRTIO_COMMON_STATUS, status);
}

static int
modern_features(struct virtio_dev *dev, uint64_t *ret_features)
{
	struct virtio_pci *vp = virtio_pci(dev);
	uint64_t low, high;

	plx_pci_write32(&vp->common, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 0);
	low = plx_pci_read32(&vp->common, VIRTIO_COMMON_DEVICE_FEATURE);
	plx_pci_write32(&vp->common, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 1);
	high = plx_pci_read32(&vp->common, VIRTIO_COMMON_DEVICE_FEATURE);
	*ret_features = high << 32 | low;
	/* Registers that the device does not have cannot be used. */
	if (vp->common.len < RESET_LEN)
		*ret_features &= ~VIRTIO_BIT(VIRTIO_F_RING_RESET);
	if (vp->notify.len < sizeof(uint32_t))
		*ret_features &= ~VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA);
	return 0;
}

static int
modern_set_features(struct virtio_dev *dev, uint64_t features)
{
	struct virtio_pci *vp = virtio_pci(dev);

	plx_pci_write32(&vp->common, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 0);
	plx_pci_write32(&vp->common, VIRTIO_COMMON_DRIVER_FEATURE, (uint32_t)features);
	plx_pci_write32(&vp->common, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 1);
	plx_pci_write32(&vp->common, VIRTIO_COMMON_DRIVER_FEATURE, (uint32_t)(features >> 32));
	return 0;
}

static int
modern_config_read(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	return virtio_pci_load(&virtio_pci(dev)->config, off, to, len);
}

static int
modern_config_write(struct virtio_dev *dev, unsigned off, const void *from, unsigned len)
{
	return virtio_pci_store(&virtio_pci(dev)->config, off, from, len);
}

static int
modern_generation(struct virtio_dev *dev, uint32_t *ret_generation)
{
	*ret_generation = plx_pci_read8(&virtio_pci(dev)->common, VIRTIO_COMMON_GENERATION);
	return 0;
}

static void
select_queue(struct virtio_pci *vp, uint16_t index)
{
	plx_pci_write16(&vp->common, VIRTIO_COMMON_QUEUE_SELECT, index);
}

static int
modern_queue_size(struct virtio_dev *dev, uint16_t index, uint16_t *ret_size)
{
	struct virtio_pci *vp = virtio_pci(dev);

	*ret_size = 0;
	if (index >= plx_pci_read16(&vp->common, VIRTIO_COMMON_NUM_QUEUES))
		return 0;
	select_queue(vp, index);
	*ret_size = plx_pci_read16(&vp->common, VIRTIO_COMMON_QUEUE_SIZE);
	return 0;
}

/* 4.1.3.1: fields of 64 bits are two of 32. */
static void
write_address(struct virtio_pci *vp, unsigned off, uint64_t address)
{
	plx_pci_write32(&vp->common, off, (uint32_t)address);
	plx_pci_write32(&vp->common, off + sizeof(uint32_t), (uint32_t)(address >> 32));
}

/* 4.1.4.4: the doorbell lies at queue_notify_off * multiplier, inside its capability or nowhere. */
static int
find_doorbell(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	struct virtio_pci *vp = virtio_pci(dev);
	const bool with_data = virtio_has(dev, VIRTIO_F_NOTIFICATION_DATA);
	const unsigned width = with_data ? sizeof(uint32_t) : sizeof(uint16_t);
	const uint64_t number = plx_pci_read16(&vp->common, VIRTIO_COMMON_QUEUE_NOTIFY_OFF);
	const uint64_t off = number * vp->notify_multiplier;

	if (off > vp->notify.len || width > vp->notify.len - off || off % width != 0)
		return plx_why(why, -EPROTO,
			       "the device puts its doorbell at offset %llu of %llu bytes",
			       (unsigned long long)off, (unsigned long long)vp->notify.len);
	q->notify_off = off;
	q->notify_value = q->index;
	q->notify_register = vp->notify.map != NULL ? vp->notify.map + off : NULL;
	return 0;
}

/* 4.1.5.1.3. */
static int
modern_queue_start(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	struct virtio_pci *vp = virtio_pci(dev);
	int ret;

	q->call_fd = virtio_pci_fd(vp, 1u + q->index);
	select_queue(vp, q->index);
	plx_pci_write16(&vp->common, VIRTIO_COMMON_QUEUE_SIZE, q->size);
	if (plx_pci_read16(&vp->common, VIRTIO_COMMON_QUEUE_SIZE) != q->size)
		return plx_why(why, -EPROTO, "the device does not take a size of %u", q->size);
	ret = virtio_pci_set_vector(vp, VIRTIO_COMMON_QUEUE_MSIX,
				    virtio_pci_vector(vp, 1u + q->index), why);
	if (ret == 0)
		ret = find_doorbell(dev, q, why);
	if (ret != 0)
		return ret;
	write_address(vp, VIRTIO_COMMON_QUEUE_DESC, q->desc_address);
	write_address(vp, VIRTIO_COMMON_QUEUE_DRIVER, q->driver_address);
	write_address(vp, VIRTIO_COMMON_QUEUE_DEVICE, q->device_address);
	plx_pci_write16(&vp->common, VIRTIO_COMMON_QUEUE_ENABLE, 1);
	return 0;
}

/* 2.6.1 and 4.1.4.3: reset asked for reads 1 until it is done. */
static int
modern_queue_stop(struct virtio_dev *dev, struct virtio_queue *q)
{
	struct virtio_pci *vp = virtio_pci(dev);
	const uint64_t end = plx_clock_monotonic_ns() + virtio_wait_ms * 1000000ULL;
	const struct timespec pause = {.tv_nsec = 20 * 1000};
	unsigned looks = 1;

	if (!virtio_has(dev, VIRTIO_F_RING_RESET))
		return -ENOTSUP;
	select_queue(vp, q->index);
	plx_pci_write16(&vp->common, VIRTIO_COMMON_QUEUE_RESET, 1);
	while (plx_pci_read16(&vp->common, VIRTIO_COMMON_QUEUE_RESET) != 0 ||
	       plx_pci_read16(&vp->common, VIRTIO_COMMON_QUEUE_ENABLE) != 0) {
		if (looks++ >= VIRTIO_LOOKS_MIN && plx_clock_monotonic_ns() > end)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* 4.1.5.2; with NOTIFICATION_DATA also what is new (2.9). */
static void
modern_notify(struct virtio_queue *q)
{
	const struct plx_pci_window *notify = &virtio_pci(q->dev)->notify;

	if (virtio_has(q->dev, VIRTIO_F_NOTIFICATION_DATA))
		plx_pci_write32(notify, q->notify_off, virtio_notify_data(q));
	else
		plx_pci_write16(notify, q->notify_off, (uint16_t)q->notify_value);
}

static int
modern_irq_set(struct virtio_dev *dev, const int *fds, unsigned n, struct plx_why *why)
{
	return virtio_pci_irq_set(dev, fds, n, VIRTIO_COMMON_CONFIG_MSIX, why);
}

const struct virtio_transport virtio_modern = {
	.name = "modern PCI",
	.status = modern_status,
	.set_status = modern_set_status,
	.features = modern_features,
	.set_features = modern_set_features,
	.config_read = modern_config_read,
	.config_write = modern_config_write,
	.generation = modern_generation,
	.queue_size = modern_queue_size,
	.queue_start = modern_queue_start,
	.queue_stop = modern_queue_stop,
	.notify = modern_notify,
	.irq_set = modern_irq_set,
	.cut = virtio_pci_cut,
	.needs_version_1 = true,
};
