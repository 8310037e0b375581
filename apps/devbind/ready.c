/* SPDX-License-Identifier: BSD-3-Clause */
#include "ready.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool
is_given(const struct cards *given, const char *address)
{
	for (unsigned i = 0; i < given->n; i++)
		if (strcmp(given->card[i].address, address) == 0)
			return true;
	return false;
}

/* A group goes to a program as a whole. */
static bool
keeps_group(const struct machine *m, const char *address, const struct cards *given)
{
	struct plx_pci_card card;

	return !is_given(given, address) && plx_pci_card_read(m->root, address, &card) == 0 &&
	       plx_pci_card_keeps_group(&card);
}

static int
check_group(const struct machine *m, const struct plx_pci_card *card, const struct cards *given,
	    struct plx_why *why)
{
	struct names names;
	char list[256] = "";
	size_t len = 0;

	machine_list(m, &names, "/sys/kernel/iommu_groups/%d/devices", card->group);
	for (unsigned i = 0; i < names.n && len < sizeof(list); i++)
		if (keeps_group(m, names.name[i], given))
			len += (size_t)snprintf(list + len, sizeof(list) - len, " %s",
						names.name[i]);
	names_free(&names);
	if (list[0] == '\0')
		return 0;
	return plx_why(
		why, -EBUSY,
		"the IOMMU cannot part it from others that kernel drivers hold (group %d):%s; "
		"bind those in the same command, or unbind them first",
		card->group, list);
}

static int
check_vfio(const struct machine *m, const struct plx_pci_card *card, const struct cards *given,
	   struct plx_why *why)
{
	if (card->group >= 0)
		return check_group(m, card, given, why);
	if (plx_pci_noiommu(m->root))
		return 0;
	return plx_why(
		why, -ENODEV,
		"it is in no IOMMU group: this machine has no IOMMU, or it is off (intel_iommu=on or "
		"amd_iommu=on on the kernel's command line). Without one, unsafely: --driver uio_pci_generic%s" PLX_DOCTOR(
			"iommu"),
		card_may_noiommu(m) ? ", or vfio-pci after echo 1 | sudo tee " PLX_PCI_NOIOMMU
				    : "");
}

/* The driver has nothing but the line of old, and refuses devices without. */
static int
check_uio(const struct machine *m, const struct plx_pci_card *card, struct plx_why *why)
{
	uint64_t irq;

	if (!machine_number(m, &irq, CARD_DEVICES "/%s/irq", card->address) || irq != 0)
		return 0;
	return plx_why(why, -ENODEV,
		       "it has no interrupt line, which uio_pci_generic needs: use vfio-pci");
}

int
ready_for(const struct machine *m, const struct plx_pci_card *card, const char *driver,
	  const struct cards *given, struct plx_why *why)
{
	if (!machine_has(m, "/sys/bus/pci/drivers/%s", driver))
		return plx_why(
			why, -ENOENT,
			"the kernel has no driver %.48s loaded: sudo modprobe %.48s (Debian's "
			"small cloud kernel lacks some: apt install linux-image-amd64)",
			driver, driver);
	if (!machine_has(m, CARD_DEVICES "/%s/driver_override", card->address))
		return plx_why(why, -ENODEV,
			       "the kernel cannot be told which driver to use for it: it has no "
			       "driver_override, as Linux has since 3.16");
	if (strcmp(driver, "vfio-pci") == 0)
		return check_vfio(m, card, given, why);
	if (strcmp(driver, "uio_pci_generic") == 0)
		return check_uio(m, card, why);
	return 0;
}
