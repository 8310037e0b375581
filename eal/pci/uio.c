/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport uio_pci_generic: devices by physical addresses. */
#include "pci/pci_priv.h"

#include <errno.h>

static int
uio_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	return plx_why(why, -ENOTSUP, "%s: uio_pci_generic is not supported", address);
}

const struct plx_pci_transport plx_pci_uio = {
	.name = "uio_pci_generic",
	.about = "no IOMMU: physical addresses",
	.open = uio_open,
};
