/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci/pci_card_priv.h"

#include "pci/sysfs_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES	      "/sys/bus/pci/devices"
#define CLASS_NETWORK 0x02 /* PCI Code and ID Assignment, 1.3 */
#define CLASS_MAX     0xffffff
#define VENDOR_NONE   0xffff /* what a device reads as that does not answer */

/* include/linux/ioport.h: the flags in a line of `resource`. */
#define RESOURCE_IO  0x100
#define RESOURCE_MEM 0x200

/* The number in an attribute's only line. False if it cannot be read, is none, or lies elsewhere. */
static bool
read_number(const char *address, const char *attribute, long long min, long long max,
	    long long *ret_number)
{
	char path[PLX_SYSFS_PATH_MAX], line[32], *end;
	long long number;

	if (plx_sysfs_line(plx_sysfs_path(path, DEVICES "/%s/%s", address, attribute), line,
			   sizeof(line)) != 0)
		return false;
	errno = 0;
	number = strtoll(line, &end, 0);
	if (end == line || *end != '\0' || errno != 0 || number < min || number > max)
		return false;
	*ret_number = number;
	return true;
}

static void
read_ids(struct plx_pci_card *card)
{
	long long vendor = 0, device = 0, class_code = 0, other;
	bool has_vendor = read_number(card->address, "vendor", 0, UINT16_MAX, &vendor);
	bool has_device = read_number(card->address, "device", 0, UINT16_MAX, &device);
	bool has_class = read_number(card->address, "class", 0, CLASS_MAX, &class_code);

	card->known = has_vendor && has_device && has_class && vendor != VENDOR_NONE;
	card->vendor = (uint16_t)vendor;
	card->device_id = (uint16_t)device;
	card->class_code = (uint32_t)class_code;
	if (read_number(card->address, "subsystem_vendor", 0, UINT16_MAX, &other))
		card->subsystem_vendor = (uint16_t)other;
	if (read_number(card->address, "subsystem_device", 0, UINT16_MAX, &other))
		card->subsystem = (uint16_t)other;
	if (read_number(card->address, "revision", 0, UINT8_MAX, &other))
		card->revision = (uint8_t)other;
}

static void
read_place(struct plx_pci_card *card)
{
	char path[PLX_SYSFS_PATH_MAX], group[16], *end;
	long long node;

	card->node = -1;
	card->group = -1;
	if (read_number(card->address, "numa_node", -1, INT16_MAX, &node))
		card->node = (int)node;
	plx_sysfs_path(path, DEVICES "/%s/iommu_group", card->address);
	if (plx_sysfs_link(path, group, sizeof(group)) == 0) {
		long number = strtol(group, &end, 10);

		if (end != group && *end == '\0' && number >= 0 && number <= INT32_MAX)
			card->group = (int)number;
	}
	plx_sysfs_path(path, DEVICES "/%s/driver", card->address);
	if (plx_sysfs_link(path, card->driver, sizeof(card->driver)) != 0)
		card->driver[0] = '\0';
}

/* A line a BAR: first address, last address, flags. */
static void
read_bars(struct plx_pci_card *card)
{
	char path[PLX_SYSFS_PATH_MAX], line[128];
	FILE *in = fopen(plx_sysfs_path(path, DEVICES "/%s/resource", card->address), "re");

	for (unsigned i = 0; in != NULL && i < PLX_PCI_BARS; i++) {
		unsigned long long first, last, flags;

		if (fgets(line, sizeof(line), in) == NULL ||
		    sscanf(line, "%llx %llx %llx", &first, &last, &flags) != 3)
			break;
		if (last <= first || (flags & (RESOURCE_IO | RESOURCE_MEM)) == 0)
			continue;
		card->bar[i].size = last - first + 1;
		card->bar[i].io = (flags & RESOURCE_IO) != 0;
	}
	if (in != NULL)
		fclose(in);
}

/* Adds the names in a folder, as far as there is room for whole ones. */
static void
add_interfaces(struct plx_pci_card *card, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(card->interface);

		if (entry->d_name[0] != '.' &&
		    len + strlen(entry->d_name) + 2 < sizeof(card->interface))
			snprintf(card->interface + len, sizeof(card->interface) - len, "%s%s",
				 len > 0 ? " " : "", entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}

/* Below the device; virtio's below the virtio device. */
static void
read_interfaces(struct plx_pci_card *card)
{
	char path[PLX_SYSFS_PATH_MAX], net[PLX_SYSFS_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	add_interfaces(card, plx_sysfs_path(net, DEVICES "/%s/net", card->address));
	dir = opendir(plx_sysfs_path(path, DEVICES "/%s", card->address));
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, "virtio", 6) == 0)
			add_interfaces(card, plx_sysfs_path(net, DEVICES "/%s/%.32s/net",
							    card->address, entry->d_name));
	if (dir != NULL)
		closedir(dir);
}

bool
plx_pci_card_is_network(const struct plx_pci_card *card)
{
	return card->class_code >> 16 == CLASS_NETWORK;
}

int
plx_pci_card_read(const char *address, struct plx_pci_card *ret_card)
{
	char path[PLX_SYSFS_PATH_MAX];

	if (access(plx_sysfs_path(path, DEVICES "/%s", address), F_OK) != 0)
		return -ENODEV;
	*ret_card = (struct plx_pci_card){.known = false};
	snprintf(ret_card->address, sizeof(ret_card->address), "%s", address);
	read_ids(ret_card);
	read_place(ret_card);
	read_bars(ret_card);
	read_interfaces(ret_card);
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
plx_pci_card_list(struct plx_pci_card **ret_cards)
{
	char path[PLX_SYSFS_PATH_MAX];
	struct dirent **entries;
	struct plx_pci_card *cards;
	int n = scandir(plx_sysfs_path(path, DEVICES), &entries, is_canonical, versionsort);
	int found = 0;

	*ret_cards = NULL;
	if (n < 0)
		return 0;
	cards = calloc((size_t)n + 1, sizeof(*cards));
	for (int i = 0; i < n; i++) {
		if (cards != NULL && plx_pci_card_read(entries[i]->d_name, &cards[found]) == 0)
			found++;
		free(entries[i]);
	}
	free(entries);
	*ret_cards = cards;
	return cards != NULL ? found : -ENOMEM;
}
