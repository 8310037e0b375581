/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport vfio-pci: devices behind an IOMMU. */
#include "pci/pci_priv.h"

#include <errno.h>

static int
vfio_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	return plx_why(why, -ENOTSUP, "%s: vfio-pci is not supported", address);
}

const struct plx_pci_transport plx_pci_vfio = {
	.name = "vfio-pci",
	.about = "IOMMU",
	.open = vfio_open,
};
