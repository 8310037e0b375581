/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI devices for people and scripts: what they are, who holds them, what hangs on them. Looked at in sysfs only. */
#ifndef PLX_APPS_COMMON_CARD_H
#define PLX_APPS_COMMON_CARD_H

#include "machine.h"

#define CARD_DEVICES	 "/sys/bus/pci/devices"
#define CARD_ADDRESS_MAX 24

struct card {
	char address[CARD_ADDRESS_MAX]; /* 0000:00:08.0 */
	uint64_t vendor, device, class; /* 0 where the kernel does not tell */
	char driver[64];		/* of the kernel, that holds it; "": none */
	char interfaces[128];		/* of the kernel, parted by blanks; "": none */
	char group[16];			/* of the IOMMU; "": none */
	const char *known_to;		/* our driver that knows its ids; NULL: none */
};

struct cards {
	unsigned n;
	struct card *card;
};

/* -ENODEV if there is none at this address, which has its domain. */
int card_read(const struct machine *m, const char *address, struct card *ret_card);

/* Every device on the bus, in order; none where there is no bus. cards_free in every case. -ENOMEM. */
int cards_list(const struct machine *m, struct cards *ret_cards);
void cards_free(struct cards *cards);

/* [0000:]00:08.0 and nothing behind it, with its domain. False if it is no address. */
bool card_address_read(const char *word, char ret_address[CARD_ADDRESS_MAX]);

bool card_is_network(const struct card *card);

/* True if that driver of the kernel's hands devices to programs: vfio-pci, uio_pci_generic. */
bool card_driver_hands_over(const char *driver);

#define CARD_NOIOMMU "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

/* True if VFIO goes without an IOMMU here, where a device may then write anywhere. */
bool card_noiommu(const struct machine *m);

/* True unless VFIO is loaded and was built without that mode, as in Debian's cloud kernels. */
bool card_may_noiommu(const struct machine *m);

/*
 * The card that a person means by 0000:00:08.0, 00:08.0 or the name of its interface; -EINVAL or -ENODEV with a sentence
 * that lists what there is.
 */
int
card_find(const struct machine *m, const char *word, struct card *ret_card, struct plx_why *why);

#endif
