/* SPDX-License-Identifier: BSD-3-Clause */
/* What the start of a program does with the PCI devices that are there. */
#ifndef PLX_EAL_PCI_PCI_SCAN_PRIV_H
#define PLX_EAL_PCI_PCI_SCAN_PRIV_H

#include "args_priv.h"

/*
 * Attaches the devices of -a, each of which must be there and start; without -a all that may be taken, of which those that
 * do not start are told and left. A line a network device says what became of it: at level notice if the program has no
 * devices but what is found here, else at info.
 */
int plx_pci_scan(const struct plx_args *args, struct plx_why *why);

#endif
