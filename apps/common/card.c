/* SPDX-License-Identifier: BSD-3-Clause */
#include "card.h"

#include <pollux/plx_eal.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASS_NETWORK 0x02

/* The names in a folder behind those that are there. */
static void
add_interfaces(const struct machine *m, const char *folder, char *text, size_t size)
{
	struct names names;
	size_t len = strlen(text);

	machine_list(m, &names, "%s/net", folder);
	for (unsigned i = 0; i < names.n && len + strlen(names.name[i]) + 1 < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? " " : "",
					names.name[i]);
	names_free(&names);
}

/* virtio network cards have their interface below the virtio device. */
static void
read_interfaces(const struct machine *m, struct card *card)
{
	char folder[128];
	struct names below;

	snprintf(folder, sizeof(folder), CARD_DEVICES "/%s", card->address);
	add_interfaces(m, folder, card->interfaces, sizeof(card->interfaces));
	machine_list(m, &below, "%s", folder);
	for (unsigned i = 0; i < below.n; i++) {
		if (strncmp(below.name[i], "virtio", 6) != 0)
			continue;
		snprintf(folder, sizeof(folder), CARD_DEVICES "/%s/%.32s", card->address,
			 below.name[i]);
		add_interfaces(m, folder, card->interfaces, sizeof(card->interfaces));
	}
	names_free(&below);
}

int
card_read(const struct machine *m, const char *address, struct card *ret_card)
{
	struct card *card = ret_card;

	*card = (struct card){.vendor = 0};
	if (strlen(address) >= sizeof(card->address) ||
	    !machine_has(m, CARD_DEVICES "/%s", address))
		return -ENODEV;
	snprintf(card->address, sizeof(card->address), "%s", address);
	machine_number(m, &card->vendor, CARD_DEVICES "/%s/vendor", address);
	machine_number(m, &card->device, CARD_DEVICES "/%s/device", address);
	machine_number(m, &card->class, CARD_DEVICES "/%s/class", address);
	machine_target(m, card->driver, sizeof(card->driver), CARD_DEVICES "/%s/driver", address);
	machine_target(m, card->group, sizeof(card->group), CARD_DEVICES "/%s/iommu_group",
		       address);
	read_interfaces(m, card);
	card->known_to = plx_driver_for_pci((uint16_t)card->vendor, (uint16_t)card->device);
	return 0;
}

int
cards_list(const struct machine *m, struct cards *ret_cards)
{
	struct names names;
	int err;

	*ret_cards = (struct cards){0};
	err = machine_list(m, &names, CARD_DEVICES);
	ret_cards->card = calloc(names.n + 1u, sizeof(struct card));
	for (unsigned i = 0; ret_cards->card != NULL && i < names.n; i++)
		if (card_read(m, names.name[i], &ret_cards->card[ret_cards->n]) == 0)
			ret_cards->n++;
	names_free(&names);
	return ret_cards->card == NULL ? -ENOMEM : err;
}

void
cards_free(struct cards *cards)
{
	free(cards->card);
	*cards = (struct cards){0};
}

bool
card_address_read(const char *word, char ret_address[CARD_ADDRESS_MAX])
{
	unsigned domain = 0, bus, device, function;
	int end = 0;

	if (sscanf(word, "%8x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &end) != 4) {
		domain = 0;
		if (sscanf(word, "%2x:%2x.%1x%n", &bus, &device, &function, &end) != 3)
			return false;
	}
	snprintf(ret_address, CARD_ADDRESS_MAX, "%04x:%02x:%02x.%x", domain, bus, device, function);
	return word[end] == '\0';
}

bool
card_is_network(const struct card *card)
{
	return card->class >> 16 == CLASS_NETWORK;
}

bool
card_driver_hands_over(const char *driver)
{
	return strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "uio_pci_generic") == 0;
}

bool
card_noiommu(const struct machine *m)
{
	char unsafe[8];

	return machine_read(m, unsafe, sizeof(unsafe), CARD_NOIOMMU) == 0 &&
	       (unsafe[0] == 'Y' || unsafe[0] == '1');
}

bool
card_may_noiommu(const struct machine *m)
{
	return !machine_has(m, "/sys/module/vfio") || machine_has(m, CARD_NOIOMMU);
}

/* One of the names in the list that blanks part. */
static bool
has_interface(const struct card *card, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = card->interfaces; *at != '\0' && len > 0;
	     at += strcspn(at, " "), at += strspn(at, " "))
		if (strcspn(at, " ") == len && strncmp(at, name, len) == 0)
			return true;
	return false;
}

static int
refuse_word(const struct cards *cards, const char *word, bool address, struct plx_why *why)
{
	char list[320] = "";
	size_t len = 0;

	for (unsigned i = 0; i < cards->n && len < sizeof(list); i++)
		if (card_is_network(&cards->card[i]))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s%s%s",
						len > 0 ? ", " : "", cards->card[i].address,
						cards->card[i].interfaces[0] != '\0' ? " " : "",
						cards->card[i].interfaces);
	return plx_why(why, address ? -ENODEV : -EINVAL, "%.64s: %s; network devices: %s", word,
		       address ? "there is no such PCI device"
			       : "neither a PCI address nor the interface of a PCI device",
		       list[0] != '\0' ? list : "none");
}

int
card_find(const struct machine *m, const char *word, struct card *ret_card, struct plx_why *why)
{
	char address[CARD_ADDRESS_MAX];
	bool is_address = card_address_read(word, address);
	struct cards cards;
	int err = 0;

	if (is_address && card_read(m, address, ret_card) == 0)
		return 0;
	cards_list(m, &cards);
	for (unsigned i = 0; i < cards.n && !is_address; i++) {
		if (has_interface(&cards.card[i], word)) {
			*ret_card = cards.card[i];
			goto free_cards;
		}
	}
	err = refuse_word(&cards, word, is_address, why);

free_cards:
	cards_free(&cards);
	return err;
}
