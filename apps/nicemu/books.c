/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"

#include "json.h"

#include <stdio.h>

const char *const way_names[WAYS] = {[TO_WIRE] = "to_wire", [TO_CARD] = "to_card"};

static const char *const loss_names[LOSSES] = {
	[LOSS_FULL] = "the card had no descriptors",
	[LOSS_FILTERED] = "not for this card",
	[LOSS_DOWN] = "the card was down",
	[LOSS_BAD] = "too long or short, or no memory for it",
	[LOSS_DROPPED] = "fault: drop",
	[LOSS_HELD] = "fault: delay, too many waited",
	[LOSS_LONG] = "too long for the port",
	[LOSS_END] = "waited when all ended",
};

void
books_account(const struct nic_books *books, enum way way, struct account *ret_account)
{
	const struct way_books *b = &books->way[way];
	char name[64];

	account_init(ret_account, way == TO_WIRE ? "from the card" : "from the wire", b->frames);
	account_add(ret_account, way == TO_WIRE ? "sent on the wire" : "received by the card",
		    b->passed, true);
	account_add(ret_account, "still waiting", books->waiting[way], false);
	for (unsigned i = 0; i < LOSSES; i++) {
		snprintf(name, sizeof(name), "lost: %s", loss_names[i]);
		account_add(ret_account, name, b->lost[i], false);
	}
}

/* What never came as far as the card. */
static uint64_t
kept_from_card(const struct nic_books *books)
{
	const struct way_books *b = &books->way[TO_CARD];

	return b->lost[LOSS_DROPPED] + b->lost[LOSS_HELD] + b->lost[LOSS_END] +
	       books->waiting[TO_CARD];
}

int64_t
books_against_card(const struct nic_books *books, enum way way)
{
	const struct way_books *b = &books->way[way];

	if (way == TO_WIRE)
		return (int64_t)(books->card.sent - b->frames);
	return (int64_t)(books->card.in - books->card.looped - (b->frames - kept_from_card(books)));
}

bool
books_are_right(const struct nic_books *books)
{
	bool right = true;

	for (enum way way = 0; way < WAYS; way++) {
		struct account account;

		books_account(books, way, &account);
		right = right && account_balance(&account) == 0 &&
			books_against_card(books, way) == 0;
	}
	return right;
}

/* -- for programs ---------------------------------------------------------------------------------------- */

static json_t *
way_json(const struct nic_books *books, enum way way)
{
	const struct way_books *b = &books->way[way];
	json_t *lost = json_object(), *result = json_object();

	for (unsigned i = 0; i < LOSSES; i++)
		json_object_set_new(lost, loss_names[i], json_count(b->lost[i]));
	json_object_set_new(result, "frames", json_count(b->frames));
	json_object_set_new(result, "bytes", json_count(b->bytes));
	json_object_set_new(result, "passed", json_count(b->passed));
	json_object_set_new(result, "passed_bytes", json_count(b->passed_bytes));
	json_object_set_new(result, "waiting", json_count(books->waiting[way]));
	json_object_set_new(result, "lost", lost);
	json_object_set_new(result, "corrupted", json_count(b->corrupted));
	json_object_set_new(result, "delayed", json_count(b->delayed));
	json_object_set_new(result, "uncut", json_count(b->uncut));
	json_object_set_new(result, "pieces", json_count(b->pieces));
	json_object_set_new(result, "pauses", json_count(b->pauses));
	return result;
}

static json_t *
card_json(const struct nic_books *books)
{
	const struct plx_e1000_model_stats *s = &books->card;
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {
		{"in", s->in},
		{"taken", s->taken},
		{"filtered", s->filtered},
		{"full", s->full},
		{"down", s->down},
		{"bad", s->bad},
		{"out", s->out},
		{"sent", s->sent},
		{"out_bad", s->out_bad},
		{"looped", s->looped},
		{"dma_errors", s->dma_errors},
		{"interrupts", s->interrupts},
		{"reads", s->reads},
		{"writes", s->writes},
		{"complaints", s->complaints},
		{"unsent", books->unsent},
	};
	json_t *result = json_object();

	for (unsigned i = 0; i < PLX_ARRAY_LEN(counts); i++)
		json_object_set_new(result, counts[i].name, json_count(counts[i].count));
	return result;
}

json_t *
books_json(const struct nic_books *books)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", way_names[TO_WIRE], way_json(books, TO_WIRE),
			 way_names[TO_CARD], way_json(books, TO_CARD), "card", card_json(books),
			 "starved", json_count(books->starved), "balanced", books_are_right(books));
}
