/* SPDX-License-Identifier: BSD-3-Clause */
#include "status.h"

#include "json.h"
#include "use.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they are told. */
enum holder {
	HOLDER_PROGRAM,
	HOLDER_KERNEL,
	HOLDER_NONE,
	HOLDERS,
};

static const char *const titles[] = {
	[HOLDER_PROGRAM] = "Network devices handed to programs",
	[HOLDER_KERNEL] = "Network devices using kernel drivers",
	[HOLDER_NONE] = "Network devices without a driver",
};

static const char *const holder_names[] = {
	[HOLDER_PROGRAM] = "program",
	[HOLDER_KERNEL] = "kernel",
	[HOLDER_NONE] = "none",
};

static enum holder
holder_of(const struct plx_pci_card *card)
{
	if (card->driver[0] == '\0')
		return HOLDER_NONE;
	return card->handed_to_programs ? HOLDER_PROGRAM : HOLDER_KERNEL;
}

/* Those that are loaded and would hand it over. */
static const char *
unused_of(const struct machine *m, const struct plx_pci_card *card, char *text, size_t size)
{
	static const char *const drivers[] = {"vfio-pci", "uio_pci_generic"};
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < PLX_ARRAY_LEN(drivers); i++)
		if (strcmp(card->driver, drivers[i]) != 0 &&
		    machine_has(m, "/sys/bus/pci/drivers/%s", drivers[i]))
			len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? "," : "",
						drivers[i]);
	return text;
}

static void
print_card(const struct machine *m, const struct plx_pci_card *card, FILE *out)
{
	char unused[64], use[320];
	bool active = use_of(m, card, use, sizeof(use))[0] != '\0';

	fprintf(out, "%s %04x:%04x", card->address, card->vendor, card->device_id);
	if (card->interfaces[0] != '\0')
		fprintf(out, " if=%s", card->interfaces);
	if (card->driver[0] != '\0')
		fprintf(out, " drv=%s", card->driver);
	fprintf(out, " unused=%s", unused_of(m, card, unused, sizeof(unused)));
	if (card->group >= 0)
		fprintf(out, " group=%d", card->group);
	if (card->known_to != NULL)
		fprintf(out, " pmd=%s", card->known_to);
	if (active)
		fprintf(out, " *Active* (%s)", use);
	fputc('\n', out);
}

static void
print_group(const struct machine *m, const struct cards *cards, enum holder holder, FILE *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cards->n; i++) {
		if (holder_of(&cards->card[i]) != holder)
			continue;
		if (n++ == 0) {
			fprintf(out, "%s\n", titles[holder]);
			for (size_t at = 0; at < strlen(titles[holder]); at++)
				fputc('=', out);
			fputc('\n', out);
		}
		print_card(m, &cards->card[i], out);
	}
	if (n > 0)
		fputc('\n', out);
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
json_of(const struct machine *m, const struct plx_pci_card *card)
{
	char list[sizeof(card->interfaces)], *interface, *rest = list, use[320];
	json_t *interfaces = json_array();

	snprintf(list, sizeof(list), "%s", card->interfaces);
	while ((interface = strsep(&rest, " ")) != NULL)
		if (interface[0] != '\0')
			json_array_append_new(interfaces, json_string(interface));
	use_of(m, card, use, sizeof(use));
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:o}", "address", card->address,
		"vendor", json_sprintf("%04x", card->vendor), "device",
		json_sprintf("%04x", card->device_id), "class",
		json_sprintf("%06x", card->class_code), "holder", holder_names[holder_of(card)],
		"driver", text_or_null(card->driver), "interfaces", interfaces, "group",
		card->group >= 0 ? json_sprintf("%d", card->group) : json_null(), "pmd",
		text_or_null(card->known_to), "active", use[0] != '\0', "use", text_or_null(use));
}

static int
print_json(const struct machine *m, const struct cards *cards, FILE *out)
{
	json_t *devices = json_array();

	for (unsigned i = 0; i < cards->n; i++)
		json_array_append_new(devices, json_of(m, &cards->card[i]));
	return json_print(json_pack("{s:o}", "devices", devices), true, out);
}

/* The network devices, or those that the words mean. */
static int
choose(const struct machine *m, char **words, int n, struct cards *cards, struct plx_why *why)
{
	unsigned kept = 0;
	int err = 0;

	if (n == 0) {
		cards_list(m, cards);
		for (unsigned i = 0; i < cards->n; i++)
			if (plx_pci_card_is_network(&cards->card[i]))
				cards->card[kept++] = cards->card[i];
		cards->n = kept;
		return 0;
	}
	*cards = (struct cards){.card = calloc((size_t)n, sizeof(struct plx_pci_card))};
	if (cards->card == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	for (int i = 0; i < n && err == 0; i++) {
		err = card_find(m, words[i], &cards->card[cards->n], why);
		cards->n += err == 0;
	}
	return err;
}

int
status_print(const struct machine *m, char **words, int n, bool json, FILE *out,
	     struct plx_why *why)
{
	struct cards cards;
	int err = choose(m, words, n, &cards, why);

	if (err == 0 && json)
		err = print_json(m, &cards, out);
	for (unsigned holder = 0; err == 0 && !json && holder < HOLDERS; holder++)
		print_group(m, &cards, (enum holder)holder, out);
	if (err == 0 && !json && cards.n == 0)
		fprintf(out, "no network device on PCI\n");
	cards_free(&cards);
	return err;
}
