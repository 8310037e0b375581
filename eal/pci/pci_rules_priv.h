/* SPDX-License-Identifier: BSD-3-Clause */
/* Which PCI devices may be taken, and what is said of those that may not. */
#ifndef PLX_EAL_PCI_PCI_RULES_PRIV_H
#define PLX_EAL_PCI_PCI_RULES_PRIV_H

#include "args_priv.h"
#include "pci/pci_address_priv.h"

/* What takes a device. */
struct plx_pci_taker {
	const struct plx_pci_transport *transport;
	const struct plx_driver *driver;
};

/* The addresses of -b, for the scan and hot plug, until the next call; NULL: none. -EINVAL. */
int plx_pci_rules_set(const struct plx_args_list *block, struct plx_why *why);

/*
 * 0 if the device is a network device, not blocked, one that a driver of ours knows, and held by a kernel driver that hands
 * devices to programs; else what it is instead and what mends that, as a sentence whose subject, the device, is left out:
 * -ENOTSUP, -EPERM, -ENODEV, -EBUSY, -EIO.
 */
int plx_pci_rules_judge(const struct plx_pci_card *card, struct plx_pci_taker *ret_taker,
			struct plx_why *why);

/* Says that there is no such device, and which network devices there are: -ENODEV. */
int plx_pci_rules_missing(struct plx_why *why);

#endif
