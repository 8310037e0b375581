/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci/pci_scan_priv.h"

#include "pci/pci_priv.h"
#include "pci/pci_rules_priv.h"
#include "plx_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "eal.pci");

static void
tell_taken(const struct plx_pci_card *card, enum plx_log_level level)
{
	const struct plx_device *dev = plx_device_find(card->address);

	plx_log_write(&logger, level, "%s (%04x:%04x): taken by %s over %s", card->address,
		      card->vendor, card->device_id, dev->driver->name, dev->pci->transport->name);
}

static void
tell_skipped(const struct plx_pci_card *card, enum plx_log_level level, const char *why)
{
	plx_log_write(&logger, level, "%s (%04x:%04x): skipped, %s", card->address, card->vendor,
		      card->device_id, why);
}

/* A device that may be taken and does not start keeps no other from it. */
static void
take_found(const struct plx_pci_card *card, enum plx_log_level level)
{
	struct plx_pci_taker taker;
	struct plx_why why;

	if (plx_pci_rules_judge(card, &taker, &why) != 0)
		tell_skipped(card, level, why.text);
	else if (plx_device_attach(card->address, &why) != 0)
		tell_skipped(card, PLX_LOG_WARNING, why.text);
	else
		tell_taken(card, level);
}

static int
attach_allowed(const struct plx_args_list *allow, struct plx_why *why)
{
	for (unsigned i = 0; i < allow->n; i++) {
		char address[PLX_PCI_ADDRESS_MAX];
		int ret;

		if (plx_pci_address_canonical(allow->item[i], address) &&
		    plx_device_find(address) != NULL)
			return plx_why(why, -EEXIST, "EAL option -a: %s is given twice", address);
		ret = plx_device_attach(allow->item[i], why);
		if (ret != 0)
			return plx_why_prefix(why, ret, "EAL option -a: ");
	}
	return 0;
}

int
plx_pci_scan(const struct plx_args *args, struct plx_why *why)
{
	enum plx_log_level level = args->devices.n == 0 ? PLX_LOG_NOTICE : PLX_LOG_INFO;
	struct plx_pci_card *cards;
	int ret = plx_pci_rules_set(&args->block, why), n;

	if (ret != 0)
		return plx_why_prefix(why, ret, "EAL option -b: ");
	if (args->no_pci)
		return 0;
	ret = attach_allowed(&args->allow, why);
	if (ret != 0)
		return ret;
	n = plx_pci_card_list("", &cards);
	if (n < 0)
		return plx_why(why, n, "no memory for the list of PCI devices");
	for (int i = 0; i < n; i++) {
		if (plx_device_find(cards[i].address) != NULL)
			tell_taken(&cards[i], level);
		else if (!plx_pci_card_is_network(&cards[i]))
			continue;
		else if (args->allow.n > 0)
			tell_skipped(&cards[i], PLX_LOG_INFO, "-a names others");
		else
			take_found(&cards[i], level);
	}
	free(cards);
	return 0;
}
