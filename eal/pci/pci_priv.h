/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of eal/pci share. */
#ifndef PLX_EAL_PCI_PCI_PRIV_H
#define PLX_EAL_PCI_PCI_PRIV_H

#include "plx_pci_driver.h"

/* Forgets those that were added. */
void plx_pci_transports_forget(void);

#endif
