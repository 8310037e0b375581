/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport vfio-pci: opening a device, its configuration space, closing it. */
#include "pci/vfio_priv.h"

#include "pci/pci_priv.h"
#include "plx_byteorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* PCI Local Bus 3.0, 6.8.2: in the capability. */
#define MSIX_CONTROL 2
#define MSIX_TABLE   4

static int
vfio_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	const struct plx_vfio_device *dev = pci->handle;

	if (off > dev->config.size || len > dev->config.size - off)
		return -EINVAL;
	return pread(dev->fd, to, len, (off_t)(dev->config.offset + off)) == (ssize_t)len ? 0
											  : -EIO;
}

static int
vfio_config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len)
{
	const struct plx_vfio_device *dev = pci->handle;

	if (off > dev->config.size || len > dev->config.size - off)
		return -EINVAL;
	return pwrite(dev->fd, from, len, (off_t)(dev->config.offset + off)) == (ssize_t)len ? 0
											     : -EIO;
}

static int
read_info(struct plx_vfio_device *dev, struct plx_why *why)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};

	if (plx_vfio_ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info) != 0)
		return plx_why(why, -errno, "VFIO_DEVICE_GET_INFO: %s", strerror(errno));
	if ((info.flags & VFIO_DEVICE_FLAGS_PCI) == 0 ||
	    info.num_regions <= VFIO_PCI_CONFIG_REGION_INDEX)
		return plx_why(why, -ENODEV, "vfio says that it is no PCI device");
	dev->can_reset = (info.flags & VFIO_DEVICE_FLAGS_RESET) != 0;
	return 0;
}

/* A capability that is cut off by the end of the space tells of no table. */
static int
spare_msix(void *arg, uint8_t id, uint8_t off, const uint8_t *bytes, unsigned len)
{
	struct plx_vfio_device *dev = arg;

	(void)off;
	if (id != PLX_PCI_CAP_MSIX || len < MSIX_TABLE + sizeof(uint32_t))
		return 0;
	plx_vfio_region_spare_msix(dev->bar, plx_load_le32(bytes + MSIX_TABLE),
				   plx_load_le16(bytes + MSIX_CONTROL));
	return 1;
}

static int
read_regions(struct plx_pci *pci, struct plx_why *why)
{
	struct plx_vfio_device *dev = pci->handle;
	int ret = plx_vfio_region_read(dev->fd, VFIO_PCI_CONFIG_REGION_INDEX, &dev->config);

	if (ret != 0 || dev->config.size < PLX_PCI_CONFIG_SIZE)
		return plx_why(why, ret != 0 ? ret : -EIO,
			       "vfio shows no configuration space of it: %s",
			       strerror(ret != 0 ? -ret : EIO));
	for (unsigned i = 0; i < PLX_PCI_BARS; i++) {
		ret = plx_vfio_region_read(dev->fd, i, &dev->bar[i]);
		if (ret != 0)
			return plx_why(why, ret, "vfio tells nothing of BAR %u: %s", i,
				       strerror(-ret));
	}
	plx_pci_each_cap(pci, spare_msix, dev);
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		plx_vfio_region_show(&dev->bar[i], &pci->bar[i]);
	return plx_pci_bars_enable(pci, why);
}

static int
open_device(struct plx_vfio_device *dev, const char *address, struct plx_why *why)
{
	int ret;

	dev->fd = plx_vfio_ioctl(dev->group->fd, VFIO_GROUP_GET_DEVICE_FD,
				 (void *)(uintptr_t)address);
	if (dev->fd < 0)
		return plx_why(
			why, -errno,
			"group %u does not give it out (%s): is it bound to vfio-pci?" PLX_DOCTOR(
				"pci"),
			dev->group->number, strerror(errno));
	ret = read_info(dev, why);
	if (ret != 0)
		close(dev->fd);
	return ret;
}

static int
vfio_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	struct plx_vfio_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (dev == NULL)
		return plx_why(why, -ENOMEM, "no memory for a device of vfio");
	ret = plx_vfio_group_get(address, &dev->group, why);
	if (ret != 0)
		goto free_dev;
	ret = open_device(dev, address, why);
	if (ret != 0)
		goto put_group;
	pci->handle = dev;
	ret = read_regions(pci, why);
	if (ret != 0)
		goto close_fd;
	plx_vfio_irq_count(pci);
	snprintf(dev->address, sizeof(dev->address), "%s", address);
	plx_vfio_requests_watch(dev);
	return 0;

close_fd:
	pci->handle = NULL;
	close(dev->fd);
put_group:
	plx_vfio_group_put(dev->group);
free_dev:
	free(dev);
	return ret;
}

/* The device stops writing to memory before the memory goes. */
static void
vfio_close(struct plx_pci *pci)
{
	struct plx_vfio_device *dev = pci->handle;

	plx_vfio_requests_unwatch(dev);
	plx_vfio_irq_set(pci, PLX_PCI_IRQ_NONE, NULL, 0, NULL);
	plx_pci_bus_master(pci, false);
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		plx_vfio_bar_unmap(pci, i);
	close(dev->fd);
	plx_vfio_group_put(dev->group);
	free(dev);
	pci->handle = NULL;
}

static int
vfio_reset(struct plx_pci *pci)
{
	const struct plx_vfio_device *dev = pci->handle;

	if (!dev->can_reset)
		return -ENOTSUP;
	return plx_vfio_ioctl(dev->fd, VFIO_DEVICE_RESET, NULL) == 0 ? 0 : -errno;
}

const struct plx_pci_transport plx_pci_vfio = {
	.name = "vfio-pci",
	.about = "IOMMU",
	.open = vfio_open,
	.close = vfio_close,
	.config_read = vfio_config_read,
	.config_write = vfio_config_write,
	.bar_map = plx_vfio_bar_map,
	.bar_read = plx_vfio_bar_read,
	.bar_write = plx_vfio_bar_write,
	.irq_set = plx_vfio_irq_set,
	.irq_unmask = plx_vfio_irq_unmask,
	.reset = vfio_reset,
};
