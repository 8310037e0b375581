/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci/pci_rules_priv.h"

#include "driver_priv.h"
#include "pci/pci_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	unsigned n;
	char address[PLX_ARGS_LIST_MAX][PLX_PCI_ADDRESS_MAX];
} blocked;

int
plx_pci_rules_set(const struct plx_args_list *block, struct plx_why *why)
{
	blocked.n = 0;
	for (unsigned i = 0; block != NULL && i < block->n; i++) {
		if (!plx_pci_address_canonical(block->item[i], blocked.address[blocked.n]))
			return plx_why(why, -EINVAL, "'%.64s' is no PCI address", block->item[i]);
		if (strchr(block->item[i], ',') != NULL)
			return plx_why(why, -EINVAL,
				       "'%.64s': a device that is left alone has no arguments; an "
				       "option for each device",
				       block->item[i]);
		blocked.n++;
	}
	return 0;
}

static bool
is_blocked(const char *address)
{
	for (unsigned i = 0; i < blocked.n; i++)
		if (strcmp(blocked.address[i], address) == 0)
			return true;
	return false;
}

static int
refuse_ids(const struct plx_pci_card *card, struct plx_why *why)
{
	char names[128];

	if (card->interfaces[0] != '\0')
		return plx_why(why, -ENODEV,
			       "no driver of ours knows %04x:%04x, but the kernel does: --vdev "
			       "net_af_xdp0,iface=%.*s",
			       card->vendor, card->device_id, (int)strcspn(card->interfaces, " "),
			       card->interfaces);
	plx_driver_names(PLX_BUS_PCI, names, sizeof(names));
	return plx_why(why, -ENODEV, "no driver knows %04x:%04x; for PCI devices there %s%s",
		       card->vendor, card->device_id, names[0] != '\0' ? "are: " : "is none",
		       names);
}

static int
refuse_holder(const struct plx_pci_card *card, struct plx_why *why)
{
	if (card->driver[0] == '\0')
		return plx_why(why, -ENODEV,
			       "bound to no kernel driver; it is handed to programs by: sudo "
			       "plx-devbind bind --driver %s %s",
			       card->bind_to, card->address);
	return plx_why(why, -EBUSY,
		       "held by the kernel's %s%s%s; it is handed to programs, and its interface "
		       "goes, by: sudo plx-devbind bind --driver %s %s",
		       card->driver, card->interfaces[0] != '\0' ? " as " : "", card->interfaces,
		       card->bind_to, card->address);
}

int
plx_pci_rules_judge(const struct plx_pci_card *card, struct plx_pci_taker *ret_taker,
		    struct plx_why *why)
{
	struct plx_pci_taker taker;

	if (!card->known)
		return plx_why(
			why, -EIO,
			"the kernel does not tell its ids or class, or they are all ones: it "
			"does not answer, or went away");
	if (!plx_pci_card_is_network(card))
		return plx_why(why, -ENOTSUP, "no network device: its class is 0x%06x",
			       card->class_code);
	if (is_blocked(card->address))
		return plx_why(why, -EPERM, "blocked by -b");
	taker.driver = plx_pci_driver_of(card->vendor, card->device_id);
	if (taker.driver == NULL)
		return refuse_ids(card, why);
	taker.transport = plx_pci_transport_find(card->driver);
	if (taker.transport == NULL)
		return refuse_holder(card, why);
	*ret_taker = taker;
	return 0;
}

int
plx_pci_rules_missing(struct plx_why *why)
{
	struct plx_pci_card *cards;
	char list[320] = "";
	int n = plx_pci_card_list("", &cards);
	size_t len = 0;

	for (int i = 0; i < n && len < sizeof(list); i++) {
		if (!plx_pci_card_is_network(&cards[i]))
			continue;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s (%s)",
					len > 0 ? ", " : "", cards[i].address,
					cards[i].driver[0] != '\0' ? cards[i].driver
								   : "no kernel driver");
	}
	free(cards);
	if (n <= 0)
		return plx_why(why, -ENODEV,
			       "there is no such PCI device: this machine shows none at all");
	return plx_why(why, -ENODEV, "there is no such PCI device; network devices: %s",
		       list[0] != '\0' ? list : "none");
}
