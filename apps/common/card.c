/* SPDX-License-Identifier: BSD-3-Clause */
#include "card.h"

#include "route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
cards_list(const struct machine *m, struct cards *ret_cards)
{
	int n = plx_pci_card_list(m->root, &ret_cards->card);

	ret_cards->n = n > 0 ? (unsigned)n : 0;
	return n < 0 ? n : 0;
}

void
cards_free(struct cards *cards)
{
	free(cards->card);
	*cards = (struct cards){0};
}

bool
card_address_read(const char *word, char ret_address[PLX_PCI_ADDRESS_MAX])
{
	return strchr(word, ',') == NULL && plx_pci_address_canonical(word, ret_address);
}

bool
card_may_noiommu(const struct machine *m)
{
	return !machine_has(m, "/sys/module/vfio") || machine_has(m, PLX_PCI_NOIOMMU);
}

/* An interface that is not to be seen here may carry anything. */
static bool
is_idle(const struct machine *m, const struct plx_pci_card *card)
{
	char first[sizeof(card->interfaces)];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(card->interfaces, " "),
		 card->interfaces);
	if (card->driver[0] == '\0')
		return true;
	return first[0] != '\0' && !machine_hides(m, first) && !route_uses(m, card->interfaces);
}

bool
card_is_free(const struct machine *m, const struct plx_pci_card *card)
{
	return plx_pci_card_is_network(card) && card->known_to != NULL &&
	       !card->handed_to_programs && is_idle(m, card);
}

const char *
cards_offer(const struct machine *m, char *text, size_t size)
{
	struct cards cards;
	size_t len = 0;

	text[0] = '\0';
	cards_list(m, &cards);
	for (unsigned i = 0; i < cards.n && len < size; i++)
		if (card_is_free(m, &cards.card[i]))
			len += (size_t)snprintf(
				text + len, size - len,
				"\n  sudo plx-devbind bind --driver %s %s, then -a %s",
				cards.card[i].bind_to, cards.card[i].address,
				cards.card[i].address);
	if (len >= size)
		*strrchr(text, '\n') = '\0'; /* whole lines only */
	cards_free(&cards);
	return text;
}

/* One of the names in the list that blanks part. */
static bool
has_interface(const struct plx_pci_card *card, const char *name)
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
		if (plx_pci_card_is_network(&cards->card[i]))
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
card_find(const struct machine *m, const char *word, struct plx_pci_card *ret_card,
	  struct plx_why *why)
{
	char address[PLX_PCI_ADDRESS_MAX];
	bool is_address = card_address_read(word, address);
	struct cards cards;
	int err = 0;

	if (is_address && plx_pci_card_read(m->root, address, ret_card) == 0)
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
