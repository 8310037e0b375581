/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCI devices as sysfs tells of them: what they are, who holds them, and who could hand them to programs. Attributes that the
 * kernel keeps are read, never the device. For programs that look at a machine; also before plx_eal_init. A port is made of one
 * by -a or plx_ethdev_attach. Thread: main. Path: slow.
 *
 * `root` stands in front of every path: "" for this machine, else a folder with a sys in it.
 */
#ifndef PLX_EAL_PLX_PCI_CARD_H
#define PLX_EAL_PLX_PCI_CARD_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_PCI_ADDRESS_MAX 24

struct plx_pci_card {
	char address[PLX_PCI_ADDRESS_MAX]; /* 0000:00:08.0 */
	bool known; /* the kernel tells ids and class, and they are not all ones */
	uint16_t vendor, device_id;
	uint32_t class_code;  /* 24 bits: 0x020000 is Ethernet */
	int node;	      /* NUMA node, -1 unknown */
	int group;	      /* of the IOMMU; -1: none */
	char driver[64];      /* of the kernel, that holds it; "": none */
	char interfaces[128]; /* of the kernel, parted by blanks; "": none */
	const char *known_to; /* the driver of ours that takes these ids; NULL: none */
	const char *
		bind_to; /* the kernel driver that can hand it to programs on this machine: never NULL */
	bool handed_to_programs; /* such a driver holds it */
};

/*
 * The device of that address, as sysfs spells it. -ENODEV if the bus has none. What a file of it does not tell, or tells as
 * nonsense, is as unknown.
 */
int plx_pci_card_read(const char *root, const char *address, struct plx_pci_card *ret_card);

/*
 * All devices in order of their addresses; free(3) the array. Returns how many, 0 also where there is no PCI bus, or -ENOMEM.
 */
int plx_pci_card_list(const char *root, struct plx_pci_card **ret_cards);

/* A network device, by its class. */
bool plx_pci_card_is_network(const struct plx_pci_card *card);

/* True of the kernel drivers that hand devices to programs: vfio-pci, uio_pci_generic. */
bool plx_pci_hands_over(const char *kernel_driver);

/*
 * True if a kernel driver holds it and so keeps programs from its whole IOMMU group. Bridges between PCI buses do not, nor what the
 * drivers vfio-pci and pci-stub hold.
 */
bool plx_pci_card_keeps_group(const struct plx_pci_card *card);

/* The switch of VFIO by which it does without an IOMMU. */
#define PLX_PCI_NOIOMMU "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

/* True if it is on: a device may then write anywhere. */
bool plx_pci_noiommu(const char *root);

/* True if that group was made because of it: no IOMMU stands behind its device. Thread: any. */
bool plx_pci_group_noiommu(const char *root, unsigned group);

/*
 * Writes the address that the text begins with, up to its end or a comma, as sysfs spells it: with domain and in lower case.
 * False if it is none. The text may be the room.
 */
bool plx_pci_address_canonical(const char *text, char ret_address[PLX_PCI_ADDRESS_MAX]);

PLX_END_DECLS

#endif
