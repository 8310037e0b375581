/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sysfs tells of a PCI device without touching it: attributes that the kernel keeps, never the configuration space.
 */
#ifndef PLX_EAL_PCI_PCI_CARD_PRIV_H
#define PLX_EAL_PCI_PCI_CARD_PRIV_H

#include "pci/pci_address_priv.h"
#include "plx_pci_driver.h"

struct plx_pci_card {
	char address[PLX_PCI_ADDRESS_MAX];
	bool known; /* the kernel tells ids and class, and they are not all ones */
	uint16_t vendor, device_id, subsystem_vendor, subsystem;
	uint32_t class_code; /* 24 bits */
	uint8_t revision;
	int node;	     /* -1: unknown */
	int group;	     /* of the IOMMU; -1: none */
	char driver[64];     /* of the kernel, that holds it; "": none */
	char interface[128]; /* of the kernel, as "eth1"; several parted by blanks; "": none */
	struct plx_pci_bar bar[PLX_PCI_BARS]; /* size and io only */
};

/* A network device, by its class. */
bool plx_pci_card_is_network(const struct plx_pci_card *card);

/*
 * The device of a canonical address. -ENODEV if the bus has none. What a file of it does not tell, or tells as nonsense, is
 * as unknown.
 */
int plx_pci_card_read(const char *address, struct plx_pci_card *ret_card);

/*
 * All devices in order of their addresses; free(3) the array. Returns how many, 0 also where there is no PCI bus, or -ENOMEM.
 */
int plx_pci_card_list(struct plx_pci_card **ret_cards);

#endif
