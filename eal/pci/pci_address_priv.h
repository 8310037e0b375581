/* SPDX-License-Identifier: BSD-3-Clause */
/* What a PCI address looks like: 0000:00:08.0, or 00:08.0 in domain 0. */
#ifndef PLX_EAL_PCI_PCI_ADDRESS_PRIV_H
#define PLX_EAL_PCI_PCI_ADDRESS_PRIV_H

#include "plx_pci_card.h"

/* True if the text begins with an address and then ends or goes on with a comma. */
bool plx_pci_address_is(const char *text);

#endif
