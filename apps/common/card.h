/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI devices (plx_pci_card.h) for people: which one they mean, and what they could do with those that there are. */
#ifndef PLX_APPS_COMMON_CARD_H
#define PLX_APPS_COMMON_CARD_H

#include "machine.h"

#include <pollux/plx_pci_card.h>

#define CARD_DEVICES "/sys/bus/pci/devices"

struct cards {
	unsigned n;
	struct plx_pci_card *card;
};

/* Every device on the bus, in order; none where there is no bus. cards_free in every case. -ENOMEM. */
int cards_list(const struct machine *m, struct cards *ret_cards);
void cards_free(struct cards *cards);

/* [0000:]00:08.0 and nothing behind it, with its domain. False if it is no address. */
bool card_address_read(const char *word, char ret_address[PLX_PCI_ADDRESS_MAX]);

/* True unless VFIO is loaded and was built without PLX_PCI_NOIOMMU, as in Debian's cloud kernels. */
bool card_may_noiommu(const struct machine *m);

/* True of a network device that a driver of ours knows, that no program has been handed, and whose interface is here and carries no
 * route. */
bool card_is_free(const struct machine *m, const struct plx_pci_card *card);

/*
 * Of each free device a line that begins with "\n  ": the command that hands it over and the option that uses it then. "" if there
 * is none. Returns text.
 */
const char *cards_offer(const struct machine *m, char *text, size_t size);

/*
 * The card that a person means by 0000:00:08.0, 00:08.0 or the name of its interface; -EINVAL or -ENODEV with a sentence
 * that lists what there is.
 */
int card_find(const struct machine *m, const char *word, struct plx_pci_card *ret_card,
	      struct plx_why *why);

#endif
