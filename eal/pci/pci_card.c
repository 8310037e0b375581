/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_pci_card.h"

#include "pci/pci_priv.h"
#include "pci/sysfs_priv.h"
#include "plx_eal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES	      "/sys/bus/pci/devices"
#define CLASS_NETWORK 0x02   /* PCI Code and ID Assignment, 1.3 */
#define CLASS_BRIDGE  0x0604 /* PCI to PCI: what the kernel parts groups by */
#define CLASS_MAX     0xffffff
#define VENDOR_NONE   0xffff /* what a device reads as that does not answer */

/* The number in an attribute's only line. False if it cannot be read, is none, or lies elsewhere. */
static bool
read_number(const char *folder, const char *attribute, long long min, long long max,
	    long long *ret_number)
{
	char path[PATH_MAX], line[32], *end;
	long long number;

	snprintf(path, sizeof(path), "%s/%s", folder, attribute);
	if (plx_sysfs_line(path, line, sizeof(line)) != 0)
		return false;
	errno = 0;
	number = strtoll(line, &end, 0);
	if (end == line || *end != '\0' || errno != 0 || number < min || number > max)
		return false;
	*ret_number = number;
	return true;
}

static void
read_ids(const char *folder, struct plx_pci_card *card)
{
	long long vendor = 0, device = 0, class_code = 0;
	bool has_vendor = read_number(folder, "vendor", 0, UINT16_MAX, &vendor);
	bool has_device = read_number(folder, "device", 0, UINT16_MAX, &device);
	bool has_class = read_number(folder, "class", 0, CLASS_MAX, &class_code);

	card->known = has_vendor && has_device && has_class && vendor != VENDOR_NONE;
	card->vendor = (uint16_t)vendor;
	card->device_id = (uint16_t)device;
	card->class_code = (uint32_t)class_code;
	card->known_to = plx_driver_for_pci(card->vendor, card->device_id);
}

static void
read_place(const char *folder, struct plx_pci_card *card)
{
	char path[PATH_MAX], group[16], *end;
	long long node;

	card->node = -1;
	card->group = -1;
	if (read_number(folder, "numa_node", -1, INT16_MAX, &node))
		card->node = (int)node;
	snprintf(path, sizeof(path), "%s/iommu_group", folder);
	if (plx_sysfs_link(path, group, sizeof(group)) == 0) {
		long number = strtol(group, &end, 10);

		if (end != group && *end == '\0' && number >= 0 && number <= INT32_MAX)
			card->group = (int)number;
	}
}

/* vfio-pci where there is an IOMMU, or no need of one; else the driver that knows none, for devices with an interrupt line. */
static const char *
choose_driver(const char *root, const char *folder, const struct plx_pci_card *card)
{
	long long irq;

	if (card->group >= 0 || plx_pci_noiommu(root))
		return plx_pci_vfio.name;
	if (read_number(folder, "irq", 0, INT32_MAX, &irq) && irq == 0)
		return plx_pci_vfio.name;
	return plx_pci_uio.name;
}

static void
read_holder(const char *root, const char *folder, struct plx_pci_card *card)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/driver", folder);
	if (plx_sysfs_link(path, card->driver, sizeof(card->driver)) != 0)
		card->driver[0] = '\0';
	card->handed_to_programs = plx_pci_hands_over(card->driver);
	card->bind_to = choose_driver(root, folder, card);
}

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Adds the names in a folder, in their order, as far as there is room for whole ones. */
static void
add_interfaces(struct plx_pci_card *card, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_shown, versionsort);

	for (int i = 0; i < n; i++) {
		size_t len = strlen(card->interfaces), room = sizeof(card->interfaces) - len;
		const char *space = len > 0 ? " " : "";
		char *end = card->interfaces + len;

		if ((size_t)snprintf(end, room, "%s%s", space, entries[i]->d_name) >= room)
			*end = '\0';
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* Below the device; virtio's below the virtio device. */
static void
read_interfaces(const char *folder, struct plx_pci_card *card)
{
	struct dirent *entry;
	char net[PATH_MAX];
	DIR *dir;

	snprintf(net, sizeof(net), "%s/net", folder);
	add_interfaces(card, net);
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "virtio", 6) != 0)
			continue;
		snprintf(net, sizeof(net), "%s/%.32s/net", folder, entry->d_name);
		add_interfaces(card, net);
	}
	if (dir != NULL)
		closedir(dir);
}

bool
plx_pci_hands_over(const char *kernel_driver)
{
	return plx_pci_transport_find(kernel_driver) != NULL;
}

bool
plx_pci_noiommu(const char *root)
{
	char path[PLX_SYSFS_PATH_MAX], on[8];

	plx_sysfs_path(path, "%s" PLX_PCI_NOIOMMU, root);
	return plx_sysfs_line(path, on, sizeof(on)) == 0 && (on[0] == 'Y' || on[0] == '1');
}

bool
plx_pci_group_noiommu(const char *root, unsigned group)
{
	char path[PLX_SYSFS_PATH_MAX], name[32];

	plx_sysfs_path(path, "%s/sys/kernel/iommu_groups/%u/name", root, group);
	return plx_sysfs_line(path, name, sizeof(name)) == 0 && strcmp(name, "vfio-noiommu") == 0;
}

bool
plx_pci_card_is_network(const struct plx_pci_card *card)
{
	return card->class_code >> 16 == CLASS_NETWORK;
}

bool
plx_pci_card_keeps_group(const struct plx_pci_card *card)
{
	static const char *const harmless[] = {"", "vfio-pci", "pci-stub", "pcieport"};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(harmless); i++)
		if (strcmp(card->driver, harmless[i]) == 0)
			return false;
	return card->class_code >> 8 != CLASS_BRIDGE;
}

int
plx_pci_card_read(const char *root, const char *address, struct plx_pci_card *ret_card)
{
	char folder[PLX_SYSFS_PATH_MAX];

	plx_sysfs_path(folder, "%s" DEVICES "/%s", root, address);
	if (strlen(address) >= sizeof(ret_card->address) || access(folder, F_OK) != 0)
		return -ENODEV;
	*ret_card = (struct plx_pci_card){.known = false};
	snprintf(ret_card->address, sizeof(ret_card->address), "%s", address);
	read_ids(folder, ret_card);
	read_place(folder, ret_card);
	read_holder(root, folder, ret_card);
	read_interfaces(folder, ret_card);
	return 0;
}

static int
is_canonical(const struct dirent *entry)
{
	char address[PLX_PCI_ADDRESS_MAX];

	return plx_pci_address_canonical(entry->d_name, address) &&
	       strcmp(entry->d_name, address) == 0;
}

int
plx_pci_card_list(const char *root, struct plx_pci_card **ret_cards)
{
	char path[PLX_SYSFS_PATH_MAX];
	struct dirent **entries;
	struct plx_pci_card *cards;
	int n = scandir(plx_sysfs_path(path, "%s" DEVICES, root), &entries, is_canonical,
			versionsort);
	int found = 0;

	*ret_cards = NULL;
	if (n < 0)
		return 0;
	cards = calloc((size_t)n + 1, sizeof(*cards));
	for (int i = 0; i < n; i++) {
		if (cards != NULL &&
		    plx_pci_card_read(root, entries[i]->d_name, &cards[found]) == 0)
			found++;
		free(entries[i]);
	}
	free(entries);
	*ret_cards = cards;
	return cards != NULL ? found : -ENOMEM;
}
