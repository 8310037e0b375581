/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of eal/pci share. */
#ifndef PLX_EAL_PCI_PCI_PRIV_H
#define PLX_EAL_PCI_PCI_PRIV_H

#include "plx_pci_driver.h"

/* The transports of real devices; names are those of the kernel drivers that hold them. */
extern const struct plx_pci_transport plx_pci_vfio, plx_pci_uio;

/* Forgets those that were added. */
void plx_pci_transports_forget(void);

#endif
