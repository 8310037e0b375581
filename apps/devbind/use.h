/* SPDX-License-Identifier: BSD-3-Clause */
/* Who would miss a device if it went: the reasons not to touch it. */
#ifndef PLX_APPS_DEVBIND_USE_H
#define PLX_APPS_DEVBIND_USE_H

#include "card.h"

/*
 * What the device does for this machine, in words such as "eth1 has the address 10.0.0.1, the default route leads through
 * eth1"; "" if nothing is known of. Returns text.
 */
const char *
use_of(const struct machine *m, const struct plx_pci_card *card, char *text, size_t size);

#endif
