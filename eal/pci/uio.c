/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport uio_pci_generic: opening a device, its configuration space, closing it. */
#include "pci/uio_priv.h"

#include "pci/pci_priv.h"
#include "pci/sysfs_priv.h"
#include "plx_dma_driver.h"
#include "plx_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "eal.pci");

#define INTERRUPT_PIN 0x3d /* PCI Local Bus 3.0, 6.2.4 */

static int
uio_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	const struct plx_uio_device *dev = pci->handle;

	return pread(dev->config, to, len, (off_t)off) == (ssize_t)len ? 0 : -EIO;
}

static int
uio_config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len)
{
	const struct plx_uio_device *dev = pci->handle;

	return pwrite(dev->config, from, len, (off_t)off) == (ssize_t)len ? 0 : -EIO;
}

/* The N of the device's uioN. */
static int
find_number(const char *address, unsigned *ret_number, struct plx_why *why)
{
	char path[PLX_SYSFS_PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	plx_sysfs_path(path, "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK) != 0)
		return plx_why(why, -ENODEV, "there is no such PCI device (%s)" PLX_DOCTOR("pci"),
			       path);
	plx_sysfs_path(path, "/sys/bus/pci/devices/%s/uio", address);
	dir = opendir(path);
	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		found = sscanf(entry->d_name, "uio%u", ret_number) == 1;
	if (dir != NULL)
		closedir(dir);
	if (found)
		return 0;
	return plx_why(
		why, -ENODEV,
		"it is not bound to uio_pci_generic (modprobe uio_pci_generic; plx-devbind)" PLX_DOCTOR(
			"pci"));
}

static int
open_file(const char *path, int flags, int *ret_fd, struct plx_why *why)
{
	*ret_fd = open(path, flags | O_RDWR | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 0;
	return plx_why(why, -errno, "%s: %s%s", path, strerror(errno),
		       errno == EACCES || errno == EPERM
			       ? ": without an IOMMU a device can reach all memory, so only root "
				 "may drive it; vfio-pci serves others"
			       : "");
}

/*
 * The kernel lets anybody open a uio device, and takes DMA from whoever has it when another one closes it. So nothing of it is
 * opened before its configuration space is ours alone.
 */
static int
open_config(struct plx_uio_device *dev, const char *address, struct plx_why *why)
{
	char path[PLX_SYSFS_PATH_MAX];
	int ret;

	plx_sysfs_path(path, "/sys/bus/pci/devices/%s/config", address);
	ret = open_file(path, 0, &dev->config, why);
	if (ret != 0 || flock(dev->config, LOCK_EX | LOCK_NB) == 0)
		return ret;
	ret = plx_why(why, errno == EWOULDBLOCK ? -EBUSY : -errno,
		      "it is open in another program: a device belongs to one program at a time");
	close(dev->config);
	return ret;
}

static int
open_files(struct plx_uio_device *dev, const char *address, struct plx_why *why)
{
	char path[PLX_SYSFS_PATH_MAX];
	unsigned number;
	int ret = find_number(address, &number, why);

	if (ret == 0)
		ret = open_config(dev, address, why);
	if (ret != 0)
		return ret;
	plx_sysfs_path(path, "/dev/uio%u", number);
	ret = open_file(path, O_NONBLOCK, &dev->fd, why);
	if (ret != 0)
		close(dev->config);
	return ret;
}

/* One that translates lets nothing through that it was not told of; "identity" (iommu=pt) lets all through. */
static void
warn_of_iommu(const char *address)
{
	char path[PLX_SYSFS_PATH_MAX], type[16];

	plx_sysfs_path(path, "/sys/bus/pci/devices/%s/iommu_group/type", address);
	if (plx_sysfs_line(path, type, sizeof(type)) != 0 || strncmp(type, "DMA", 3) != 0)
		return;
	plx_log_warn(&logger,
		     "%s: an IOMMU stands between it and memory, and uio_pci_generic tells that of "
		     "none: no packet comes or goes, unless the device goes past it. sudo "
		     "plx-devbind bind --driver vfio-pci %s",
		     address, address);
}

/* INTx stays silent until it is asked for. */
static int
prepare(struct plx_pci *pci, struct plx_why *why)
{
	uint8_t pin = 0;
	int ret = plx_pci_bars_enable(pci, why);

	if (ret == 0)
		ret = plx_pci_intx_enable(pci, false);
	if (ret == 0)
		ret = plx_pci_config_read(pci, INTERRUPT_PIN, &pin, sizeof(pin));
	pci->msix_vectors = 0;
	pci->intx = pin != 0;
	return ret;
}

static int
uio_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	struct plx_uio_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (dev == NULL)
		return plx_why(why, -ENOMEM, "no memory for a device of uio");
	dev->irq_fd = -1;
	pci->handle = dev;
	ret = open_files(dev, address, why);
	if (ret != 0)
		goto free_dev;
	warn_of_iommu(address);
	ret = plx_dma_need_pa(why);
	if (ret != 0)
		goto close_files;
	ret = plx_uio_bars_open(pci, address, why);
	if (ret != 0)
		goto close_files;
	ret = prepare(pci, why);
	if (ret != 0)
		goto close_bars;
	return 0;

close_bars:
	plx_uio_bars_close(pci);
close_files:
	close(dev->config);
	close(dev->fd);
free_dev:
	pci->handle = NULL;
	free(dev);
	return ret;
}

static void
uio_close(struct plx_pci *pci)
{
	struct plx_uio_device *dev = pci->handle;

	plx_uio_irq_set(pci, PLX_PCI_IRQ_NONE, NULL, 0, NULL);
	plx_pci_bus_master(pci, false);
	plx_uio_bars_close(pci);
	close(dev->config);
	close(dev->fd);
	pci->handle = NULL;
	free(dev);
}

const struct plx_pci_transport plx_pci_uio = {
	.name = "uio_pci_generic",
	.about = "no IOMMU: physical addresses",
	.open = uio_open,
	.close = uio_close,
	.config_read = uio_config_read,
	.config_write = uio_config_write,
	.bar_map = plx_uio_bar_map,
	.bar_read = plx_uio_bar_read,
	.bar_write = plx_uio_bar_write,
	.irq_set = plx_uio_irq_set,
	.irq_unmask = plx_uio_irq_unmask,
};
