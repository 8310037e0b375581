/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The legacy PCI transport (4.1.4.10): I/O ports of BAR 0. No FEATURES_OK, 32 features, queues of the device's size whose
 * parts lie in one block, told by its page number. With MSI-X enabled two registers more push the configuration 4 bytes on.
 */
#include "virtio_pci.h"

#include "plx_bits.h"

#include <errno.h>

static int
legacy_status(struct virtio_dev *dev, uint8_t *ret_status)
{
	return virtio_pci_status(dev, VIRTIO_LEGACY_STATUS, ret_status);
}

static int
legacy_set_status(struct virtio_dev *dev, uint8_t status)
{
	return virtio_pci_set_status(dev, VIRTIO_LEGACY_STATUS, status);
}

static int
legacy_features(struct virtio_dev *dev, uint64_t *ret_features)
{
	*ret_features = plx_pci_read32(&virtio_pci(dev)->common, VIRTIO_LEGACY_DEVICE_FEATURES);
	return 0;
}

static int
legacy_set_features(struct virtio_dev *dev, uint64_t features)
{
	plx_pci_write32(&virtio_pci(dev)->common, VIRTIO_LEGACY_DRIVER_FEATURES,
			(uint32_t)features);
	return 0;
}

static unsigned
config_start(const struct virtio_pci *vp)
{
	return vp->irq == PLX_PCI_IRQ_MSIX ? VIRTIO_LEGACY_CONFIG_WITH_MSIX : VIRTIO_LEGACY_CONFIG;
}

static int
legacy_config_read(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	struct virtio_pci *vp = virtio_pci(dev);

	return virtio_pci_load(&vp->common, config_start(vp) + off, to, len);
}

static int
legacy_config_write(struct virtio_dev *dev, unsigned off, const void *from, unsigned len)
{
	struct virtio_pci *vp = virtio_pci(dev);

	return virtio_pci_store(&vp->common, config_start(vp) + off, from, len);
}

static int
legacy_queue_size(struct virtio_dev *dev, uint16_t index, uint16_t *ret_size)
{
	struct virtio_pci *vp = virtio_pci(dev);

	plx_pci_write16(&vp->common, VIRTIO_LEGACY_QUEUE_SELECT, index);
	*ret_size = plx_pci_read16(&vp->common, VIRTIO_LEGACY_QUEUE_SIZE);
	return 0;
}

/* The three parts as 2.7.2 has them for this interface, below 2^44. */
static int
check_block(const struct virtio_queue *q, struct plx_why *why)
{
	const uint64_t avail = q->desc_address + q->size * sizeof(struct virtio_desc);
	const uint64_t avail_end =
		avail + sizeof(struct virtio_avail) + (q->size + 1u) * sizeof(uint16_t);
	const uint64_t used = plx_align_up(avail_end, VIRTIO_LEGACY_USED_ALIGN);

	if (q->desc_address % VIRTIO_LEGACY_USED_ALIGN != 0 || q->driver_address != avail ||
	    q->device_address != used)
		return plx_why(why, -EINVAL, "its parts do not lie in one block");
	if (q->desc_address >> VIRTIO_LEGACY_PFN_SHIFT > UINT32_MAX)
		return plx_why(why, -ERANGE,
			       "a legacy device does not reach address %#llx: start with "
			       "--iova-mode pa",
			       (unsigned long long)q->desc_address);
	return 0;
}

static int
legacy_queue_start(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	struct virtio_pci *vp = virtio_pci(dev);
	uint16_t size;
	int ret = check_block(q, why);

	if (ret != 0)
		return ret;
	legacy_queue_size(dev, q->index, &size);
	if (size != q->size)
		return plx_why(why, -EPROTO, "the device had %u descriptors and has %u now",
			       q->size, size);
	if (plx_pci_read32(&vp->common, VIRTIO_LEGACY_QUEUE_PFN) != 0)
		return plx_why(why, -EPROTO, "the device has it in use after a reset");
	ret = virtio_pci_set_vector(vp, VIRTIO_LEGACY_QUEUE_MSIX,
				    virtio_pci_vector(vp, 1u + q->index), why);
	if (ret != 0)
		return ret;
	plx_pci_write32(&vp->common, VIRTIO_LEGACY_QUEUE_PFN,
			(uint32_t)(q->desc_address >> VIRTIO_LEGACY_PFN_SHIFT));
	q->call_fd = virtio_pci_fd(vp, 1u + q->index);
	q->notify_value = q->index;
	q->notify_register = NULL; /* I/O ports are reached by call */
	return 0;
}

static int
legacy_queue_stop(struct virtio_dev *dev, struct virtio_queue *q)
{
	return -ENOTSUP;
}

static void
legacy_notify(struct virtio_queue *q)
{
	plx_pci_write16(&virtio_pci(q->dev)->common, VIRTIO_LEGACY_QUEUE_NOTIFY, q->index);
}

static int
legacy_irq_set(struct virtio_dev *dev, const int *fds, unsigned n, struct plx_why *why)
{
	return virtio_pci_irq_set(dev, fds, n, VIRTIO_LEGACY_CONFIG_MSIX, why);
}

const struct virtio_transport virtio_legacy = {
	.name = "legacy PCI",
	.status = legacy_status,
	.set_status = legacy_set_status,
	.features = legacy_features,
	.set_features = legacy_set_features,
	.config_read = legacy_config_read,
	.config_write = legacy_config_write,
	.queue_size = legacy_queue_size,
	.queue_start = legacy_queue_start,
	.queue_stop = legacy_queue_stop,
	.notify = legacy_notify,
	.irq_set = legacy_irq_set,
	.cut = virtio_pci_cut,
	.fixed_sizes = true,
};
