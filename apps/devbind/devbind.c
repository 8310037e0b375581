/* SPDX-License-Identifier: BSD-3-Clause */
#include "devbind.h"

#include "change.h"
#include "json.h"
#include "memo.h"
#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One command on its devices. */
struct run {
	const struct machine *m;
	const struct settings *settings;
	struct cards cards;
	json_t *changes;
	FILE *out, *err;
};

static int
change(const struct run *run, const struct plx_pci_card *card, struct change *ret_change)
{
	const struct settings *s = run->settings;

	switch (s->command) {
	case COMMAND_BIND:
		return change_bind(run->m, card, s->driver, &run->cards, s->force, ret_change);
	case COMMAND_UNBIND:
		return change_unbind(run->m, card, s->force, ret_change);
	default:
		return change_restore(run->m, card, s->force, ret_change);
	}
}

static const char *
name_of(const char *driver)
{
	return driver[0] != '\0' ? driver : "no driver";
}

/* What a program without root's rights would need then. */
static void
tell_rights(const struct run *run, const struct plx_pci_card *card)
{
	if (run->settings->command != COMMAND_BIND || !plx_pci_hands_over(run->settings->driver))
		return;
	if (card->group < 0 || strcmp(run->settings->driver, "vfio-pci") != 0 ||
	    plx_pci_group_noiommu(run->m->root, (unsigned)card->group))
		fprintf(run->out,
			"  without an IOMMU the device may write anywhere: only for root, and for "
			"programs you trust\n");
	else
		fprintf(run->out,
			"  programs of yours without root: sudo chown $USER /dev/vfio/%d\n",
			card->group);
}

static void
tell(const struct run *run, const struct plx_pci_card *card, const struct change *change, int err)
{
	const char *from = name_of(change->from), *to = name_of(change->to);

	if (run->changes != NULL) {
		json_array_append_new(run->changes,
				      json_pack("{s:s, s:s?, s:s?, s:s?}", "address",
						change->address, "from",
						change->from[0] != '\0' ? change->from : NULL, "to",
						change->to[0] != '\0' ? change->to : NULL, "error",
						err != 0 ? change->why.text : NULL));
		return;
	}
	if (err != 0) {
		fprintf(run->err, "plx-devbind: %s: %s\n", change->address, change->why.text);
		if (strcmp(from, to) != 0)
			fprintf(run->err, "plx-devbind: %s: %s had it, %s has it now\n",
				change->address, from, to);
	} else if (strcmp(from, to) == 0) {
		fprintf(run->out, "%s: %s has it already\n", change->address, to);
	} else {
		fprintf(run->out, "%s: %s -> %s\n", change->address, from, to);
		tell_rights(run, card);
	}
}

/* The devices that were named, each once, or of restore all that have something to go back to. */
static int
find_cards(struct run *run, struct plx_why *why)
{
	const struct settings *s = run->settings;
	struct names names = {0};
	unsigned n;
	int err = 0;

	if (s->nb_cards == 0)
		memo_list(run->m, &names);
	n = s->nb_cards > 0 ? (unsigned)s->nb_cards : names.n;
	run->cards.card = calloc(n + 1u, sizeof(struct plx_pci_card));
	for (unsigned i = 0; run->cards.card != NULL && i < n && err == 0; i++) {
		struct plx_pci_card *card = &run->cards.card[run->cards.n];
		bool twice = false;

		if (s->nb_cards > 0)
			err = card_find(run->m, s->cards[i], card, why);
		else if (plx_pci_card_read(run->m->root, names.name[i], card) != 0)
			continue;
		for (unsigned j = 0; j < run->cards.n; j++)
			twice |= strcmp(run->cards.card[j].address, card->address) == 0;
		run->cards.n += err == 0 && !twice;
	}
	names_free(&names);
	return run->cards.card == NULL ? plx_why(why, -ENOMEM, "out of memory") : err;
}

static int
change_all(struct run *run)
{
	unsigned failures = 0;

	for (unsigned i = 0; i < run->cards.n; i++) {
		const struct plx_pci_card *card = &run->cards.card[i];
		struct change done;
		int err = change(run, card, &done);

		tell(run, card, &done, err);
		failures += err != 0;
	}
	if (run->changes != NULL)
		json_print(json_pack("{s:O}", "changes", run->changes), true, run->out);
	else if (run->cards.n == 0)
		fprintf(run->out, "nothing to give back\n");
	return failures > 0;
}

int
devbind_run(const struct machine *m, const struct settings *settings, FILE *out, FILE *err)
{
	struct run run = {.m = m, .settings = settings, .out = out, .err = err};
	struct plx_why why;
	int status = 1;

	if (settings->command == COMMAND_STATUS) {
		status = status_print(m, settings->cards, settings->nb_cards, settings->json, out,
				      &why) != 0;
	} else if (find_cards(&run, &why) == 0) {
		run.changes = settings->json ? json_array() : NULL;
		status = change_all(&run);
		json_decref(run.changes);
		cards_free(&run.cards);
		return status;
	}
	if (status != 0)
		fprintf(err, "plx-devbind: %s\n", why.text);
	cards_free(&run.cards);
	return status;
}
