/* SPDX-License-Identifier: BSD-3-Clause */
/* Which kernel driver holds a device, changed. Each says what became of it, or why nothing changed. */
#ifndef PLX_APPS_DEVBIND_CHANGE_H
#define PLX_APPS_DEVBIND_CHANGE_H

#include "card.h"

/* What happened to one device. */
struct change {
	char address[PLX_PCI_ADDRESS_MAX];
	char from[64], to[64]; /* kernel drivers; "": none */
	struct plx_why why;    /* of a failure */
};

/*
 * Gives the device to that kernel driver; what it had is remembered for change_restore(). Unless `force`, what is in use, or
 * could not work, is refused. `given`: the cards of the same command. If the driver does not take it, the kernel's own
 * choice gets it back. 0 or -errno.
 */
int change_bind(const struct machine *m, const struct plx_pci_card *card, const char *driver,
		const struct cards *given, bool force, struct change *ret_change);

/* Takes the device from its driver, and gives it to none. */
int change_unbind(const struct machine *m, const struct plx_pci_card *card, bool force,
		  struct change *ret_change);

/* Gives the device to the driver it had, or if nothing is remembered to the one that the kernel chooses. */
int change_restore(const struct machine *m, const struct plx_pci_card *card, bool force,
		   struct change *ret_change);

#endif
