/* SPDX-License-Identifier: BSD-3-Clause */
/* What a PCI address looks like: 0000:00:08.0, or 00:08.0 in domain 0. */
#ifndef PLX_EAL_PCI_PCI_ADDRESS_PRIV_H
#define PLX_EAL_PCI_PCI_ADDRESS_PRIV_H

#include "plx_base.h"

#define PLX_PCI_ADDRESS_MAX 24

/* True if the text begins with an address and then ends or goes on with a comma. */
bool plx_pci_address_is(const char *text);

/*
 * Writes the address that the text begins with as sysfs spells it, with domain and in lower case. False if it is none.
 * The text may be the room.
 */
bool plx_pci_address_canonical(const char *text, char ret_address[PLX_PCI_ADDRESS_MAX]);

#endif
