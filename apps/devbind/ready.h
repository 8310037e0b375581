/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a kernel driver could hand a device to programs: modules, the IOMMU and its groups, interrupts. */
#ifndef PLX_APPS_DEVBIND_READY_H
#define PLX_APPS_DEVBIND_READY_H

#include "card.h"

/*
 * 0 if binding the card to that driver can work; else what is missing and what mends it: -ENOENT (module), -ENODEV (IOMMU,
 * interrupt), -EBUSY (others of its group). `given`: the cards that will be bound with it.
 */
int ready_for(const struct machine *m, const struct plx_pci_card *card, const char *driver,
	      const struct cards *given, struct plx_why *why);

#endif
