/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server that was lost and is there again: the same device, as after a reset. Everything that the first one was told is told anew:
 * memory, and which addresses the device answers to; its areas go where those of the last one were, as windows point there.
 * The port is stopped meanwhile, so that nobody looks.
 */
#include "pci/vfio_user_priv.h"

#include "pci/pci_priv.h"
#include "plx_byteorder.h"
#include "plx_log.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "eal.vfio_user");

static int
check_ids(const struct plx_pci *pci, struct plx_why *why)
{
	uint8_t ids[4];
	int ret = plx_vfio_user_access(pci->handle, VFIO_USER_REGION_CONFIG, 0, ids, NULL,
				       sizeof(ids), false);

	if (ret != 0)
		return plx_why(why, ret, "its configuration space cannot be read");
	if (plx_load_le16(ids) != pci->vendor || plx_load_le16(ids + 2) != pci->device_id)
		return plx_why(why, -ENODEV, "another device is there: %04x:%04x",
			       plx_load_le16(ids), plx_load_le16(ids + 2));
	return 0;
}

static bool
is_same(const struct plx_vfio_region *a, const struct plx_vfio_region *b)
{
	return a->size == b->size && a->map == b->map && a->nb_areas == b->nb_areas &&
	       memcmp(a->area, b->area, a->nb_areas * sizeof(a->area[0])) == 0;
}

/* A BAR that is there as it was, and its file in place of the last one's. */
static int
take_bar(struct plx_pci *pci, unsigned i, struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	struct plx_vfio_user_bar *bar = &dev->bar[i];
	struct plx_vfio_region region;
	int fd, ret = plx_vfio_user_region(dev, i, &region, &fd);

	if (ret == 0 && !is_same(&region, &bar->region))
		ret = -ENODEV;
	if (ret != 0) {
		plx_unixsock_close_fds(&fd, 1);
		return plx_why(why, ret, "BAR %u is not what it was", i);
	}
	plx_unixsock_close_fds(&bar->fd, 1);
	bar->fd = fd;
	bar->region = region;
	return pci->bar[i].map != NULL ? plx_vfio_user_bar_again(pci, i, why) : 0;
}

static int
revive(struct plx_pci *pci, struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	int ret = plx_vfio_user_connect(dev, why);

	if (ret == 0)
		ret = plx_vfio_user_info(dev, why);
	if (ret == 0)
		ret = check_ids(pci, why);
	for (unsigned i = 0; i < PLX_PCI_BARS && ret == 0; i++)
		ret = take_bar(pci, i, why);
	if (ret == 0)
		ret = plx_vfio_user_dma_again(dev, why);
	if (ret == 0)
		ret = plx_pci_bars_enable(pci, why);
	return ret;
}

int
plx_vfio_user_again(struct plx_pci *pci, struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	int ret;

	if (!dev->broken)
		return 0;
	plx_vfio_user_disconnect(dev);
	dev->broken = false;
	dev->irq_kind = PLX_PCI_IRQ_NONE;
	ret = revive(pci, why);
	if (ret == 0) {
		plx_log_write(&logger, PLX_LOG_NOTICE, "vfio-user:%s: the device is there again",
			      dev->path);
		return 0;
	}
	/* Not as it was: as good as gone, and tried again at the next start. */
	plx_vfio_user_disconnect(dev);
	dev->broken = true;
	return plx_why_prefix(why, ret, "its server was lost, and ");
}
