/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport vfio-user: opening a device behind a socket, its configuration space, closing it. */
#include "pci/vfio_user_priv.h"

#include "pci/pci_priv.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	return plx_vfio_user_access(pci->handle, VFIO_USER_REGION_CONFIG, off, to, NULL, len,
				    false);
}

static int
config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len)
{
	return plx_vfio_user_access(pci->handle, VFIO_USER_REGION_CONFIG, off, NULL, from, len,
				    false);
}

int
plx_vfio_user_info(struct plx_vfio_user *dev, struct plx_why *why)
{
	struct vfio_user_device_info info = {.argsz = sizeof(info)};
	struct plx_vfio_user_call call = {.command = VFIO_USER_DEVICE_GET_INFO,
					  .head = {&info, sizeof(info)},
					  .reply = &info,
					  .reply_len = sizeof(info)};
	int ret = plx_vfio_user_call(dev, &call);

	if (ret != 0)
		return plx_why(why, ret, "the server tells nothing of its device: %s",
			       strerror(-ret));
	if ((info.flags & VFIO_USER_DEVICE_PCI) == 0 || info.num_regions <= VFIO_USER_REGION_CONFIG)
		return plx_why(why, -ENODEV, "the server says that it has no PCI device");
	dev->can_reset = (info.flags & VFIO_USER_DEVICE_RESETS) != 0;
	return 0;
}

static int
read_regions(struct plx_pci *pci, struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	struct plx_vfio_user_bar config = {.fd = -1};
	int ret = plx_vfio_user_region(dev, VFIO_USER_REGION_CONFIG, &config.region, &config.fd);

	plx_unixsock_close_fds(&config.fd, 1);
	if (ret != 0 || config.region.size < PLX_PCI_CONFIG_SIZE)
		return plx_why(why, ret != 0 ? ret : -EIO,
			       "the server shows no configuration space of its device: %s",
			       strerror(ret != 0 ? -ret : EIO));
	dev->posts = true;
	for (unsigned i = 0; i < PLX_PCI_BARS; i++) {
		struct plx_vfio_user_bar *bar = &dev->bar[i];

		ret = plx_vfio_user_region(dev, i, &bar->region, &bar->fd);
		if (ret != 0)
			return plx_why(why, ret, "the server tells nothing of BAR %u: %s", i,
				       strerror(-ret));
		plx_vfio_region_show(&bar->region, &pci->bar[i]);
		/* What is stored and what is posted have no order: with a map each message is waited for. */
		dev->posts &= !bar->region.map;
	}
	return plx_pci_bars_enable(pci, why);
}

static struct plx_vfio_user *
allocate(const char *path)
{
	struct plx_vfio_user *dev = calloc(1, sizeof(*dev));

	if (dev == NULL)
		return NULL;
	dev->buf = malloc(VFIO_USER_DATA_MAX);
	if (dev->buf == NULL) {
		free(dev);
		return NULL;
	}
	pthread_mutex_init(&dev->lock, NULL);
	snprintf(dev->path, sizeof(dev->path), "%s", path);
	dev->sock = dev->twin = -1;
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		dev->bar[i].fd = -1;
	return dev;
}

/* In the order of what depends on what: interrupts and DMA end before the connection does. */
static void
release(struct plx_pci *pci)
{
	struct plx_vfio_user *dev = pci->handle;

	plx_vfio_user_dma_close(dev);
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		plx_vfio_user_bar_unmap(pci, i);
	plx_vfio_user_disconnect(dev);
	pthread_mutex_destroy(&dev->lock);
	free(dev->buf);
	free(dev);
	pci->handle = NULL;
}

static int
vfio_user_open(struct plx_pci *pci, const char *path, struct plx_why *why)
{
	struct plx_vfio_user *dev = allocate(path);
	int ret;

	if (dev == NULL)
		return plx_why(why, -ENOMEM, "no memory for a device of vfio-user");
	pci->handle = dev;
	ret = plx_vfio_user_connect(dev, why);
	if (ret == 0)
		ret = plx_vfio_user_info(dev, why);
	if (ret == 0)
		ret = read_regions(pci, why);
	if (ret == 0)
		ret = plx_vfio_user_irq_count(pci, why);
	if (ret == 0)
		ret = plx_vfio_user_dma_open(dev, why);
	if (ret != 0)
		release(pci);
	return ret;
}

static void
vfio_user_close(struct plx_pci *pci)
{
	plx_vfio_user_irq_set(pci, PLX_PCI_IRQ_NONE, NULL, 0, NULL);
	plx_pci_bus_master(pci, false);
	release(pci);
}

static int
vfio_user_reset(struct plx_pci *pci)
{
	struct plx_vfio_user *dev = pci->handle;
	struct plx_vfio_user_call call = {.command = VFIO_USER_DEVICE_RESET};

	return dev->can_reset ? plx_vfio_user_call(dev, &call) : -ENOTSUP;
}

const struct plx_pci_transport plx_pci_vfio_user = {
	.name = "vfio-user",
	.about = "a device in another program",
	.open = vfio_user_open,
	.close = vfio_user_close,
	.config_read = config_read,
	.config_write = config_write,
	.bar_map = plx_vfio_user_bar_map,
	.bar_read = plx_vfio_user_bar_read,
	.bar_write = plx_vfio_user_bar_write,
	.irq_set = plx_vfio_user_irq_set,
	.irq_unmask = plx_vfio_user_irq_unmask,
	.reset = vfio_user_reset,
	.again = plx_vfio_user_again,
	.virtual_addresses = true,
};
