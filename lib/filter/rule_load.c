/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole text of rules, in place of the one before. */
#include "rule_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct text {
	struct plx_filter_rule *rules;
	struct plx_filter_exact *exacts;
	size_t nb_rules;
	size_t nb_exacts;
	uint32_t sample;
	bool drop;
};

static void
text_fini(struct text *text)
{
	free(text->rules);
	free(text->exacts);
}

/* Room for one more, in powers of two. */
static void *
more(void *array, size_t n, size_t size)
{
	if (n != 0 && (n < 16 || (n & (n - 1)) != 0))
		return array;
	return realloc(array, (n == 0 ? 16 : 2 * n) * size);
}

static int
take_line(struct text *text, const struct plx_filter_line *line, struct plx_why *why)
{
	void *array;

	switch (line->kind) {
	case PLX_FILTER_LINE_RULE:
		array = more(text->rules, text->nb_rules, sizeof(line->rule));
		if (array == NULL)
			return plx_why(why, -ENOMEM, "no memory for more rules");
		text->rules = array;
		text->rules[text->nb_rules++] = line->rule;
		break;
	case PLX_FILTER_LINE_EXACT:
		array = more(text->exacts, text->nb_exacts, sizeof(line->exact));
		if (array == NULL)
			return plx_why(why, -ENOMEM, "no memory for more rules");
		text->exacts = array;
		text->exacts[text->nb_exacts++] = line->exact;
		break;
	case PLX_FILTER_LINE_POLICY:
		text->drop = line->drop;
		break;
	case PLX_FILTER_LINE_SAMPLE:
		text->sample = line->sample;
		break;
	default:
		break;
	}
	return 0;
}

static int
parse_all(const char *from, struct text *text, struct plx_why *why)
{
	struct plx_filter_line line;

	for (unsigned number = 1; *from != '\0'; number++) {
		const char *end = strchr(from, '\n');
		int err = plx_filter_line_parse(from, &line, NULL, why);

		if (err == 0)
			err = take_line(text, &line, why);
		if (err != 0)
			return plx_why_prefix(why, err, "line %u, ", number);
		if (end == NULL)
			break;
		from = end + 1;
	}
	return 0;
}

/* -- exact rules ------------------------------------------------------------------------------------- */

static uint32_t
find(const struct plx_filter_rules *rules, const struct plx_filter_exact *exact)
{
	struct rule_flow flow;

	rule_flow_of_exact(exact, &flow);
	return rule_view_find(&rules->exacts, rules->exacts.view, &flow);
}

static bool
same_words(const struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
	   uint32_t number)
{
	struct plx_filter_exact other;

	rule_exact_describe(rules, rule_exact_at(&rules->exacts, number), &other, NULL);
	return other.action == exact->action && other.port == exact->port &&
	       other.locked == exact->locked && other.bidirectional == exact->bidirectional &&
	       strcmp(other.action_plugin, exact->action_plugin) == 0;
}

/* What a text does to the exact rules: prepared, then carried out, which cannot fail, or undone. */
struct exact_change {
	uint32_t *
		before; /* of each rule of the text: the one in its place; RULE_EXACT_NONE: it was added */
	uint32_t *after; /* its own; the same number if it stays */
	size_t n;
};

static bool
is_of_text(const struct plx_filter_rules *rules, uint32_t number)
{
	return (rule_exact_at(&rules->exacts, number)->flags & RULE_EXACT_TEXT) != 0;
}

static int
prepare_one(struct plx_filter_rules *rules, const struct plx_filter_exact *exact, uint64_t now_ns,
	    uint32_t *ret_before, uint32_t *ret_after, struct plx_why *why)
{
	uint32_t number = rule_exact_overlap(rules, exact);
	int err;

	*ret_before = *ret_after = number;
	if (number == RULE_EXACT_NONE) {
		err = rule_exact_add(rules, exact, RULE_EXACT_TEXT, now_ns, why);
		*ret_after = err == 0 ? find(rules, exact) : RULE_EXACT_NONE;
		return err;
	}
	if (is_of_text(rules, number) && same_words(rules, exact, number))
		return 0;
	if (!is_of_text(rules, number))
		return plx_why(why, -EEXIST,
			       "these packets have an exact rule already that is not of a text");
	return rule_exact_substitute(rules, exact, RULE_EXACT_TEXT, now_ns, ret_after, why);
}

static void
undo(struct plx_filter_rules *rules, const struct exact_change *change)
{
	for (size_t i = 0; i < change->n; i++) {
		if (change->before[i] == RULE_EXACT_NONE)
			rule_exact_remove(rules, change->after[i]);
		else if (change->after[i] != change->before[i])
			rule_exact_abandon(rules, change->after[i]);
	}
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Two rules of the text in the place of one that is there already overlap. */
static int
check_twice(const struct exact_change *change, struct plx_why *why)
{
	uint32_t *sorted = malloc((change->n + 1) * sizeof(*sorted));
	int err = 0;

	if (sorted == NULL)
		return plx_why(why, -ENOMEM, "no memory for %zu exact rules", change->n);
	memcpy(sorted, change->before, change->n * sizeof(*sorted));
	qsort(sorted, change->n, sizeof(*sorted), by_number);
	for (size_t i = 1; err == 0 && i < change->n; i++)
		if (sorted[i] == sorted[i - 1] && sorted[i] != RULE_EXACT_NONE)
			err = plx_why(
				why, -EEXIST,
				"two exact rules of the text are for the same packets as one that is there: "
				"load the text without them first");
	free(sorted);
	return err;
}

static int
prepare(struct plx_filter_rules *rules, const struct text *text, uint64_t now_ns,
	struct exact_change *change, struct plx_why *why)
{
	size_t n = text->nb_exacts;
	int err = 0;

	change->before = malloc((n + 1) * sizeof(uint32_t));
	change->after = malloc((n + 1) * sizeof(uint32_t));
	if (change->before == NULL || change->after == NULL)
		return plx_why(why, -ENOMEM, "no memory for %zu exact rules", n);
	for (change->n = 0; err == 0 && change->n < n;) {
		size_t i = change->n;

		err = plx_filter_exact_check(&text->exacts[i], why);
		if (err == 0)
			err = prepare_one(rules, &text->exacts[i], now_ns, &change->before[i],
					  &change->after[i], why);
		if (err == 0)
			change->n++;
		else
			plx_why_prefix(why, err, "exact rule %zu of the text: ", i + 1);
	}
	if (err == 0)
		err = check_twice(change, why);
	if (err != 0)
		undo(rules, change);
	return err;
}

/* Rules of the text before that this one does not have. */
static void
remove_stale(struct plx_filter_rules *rules, const struct exact_change *change)
{
	const struct rule_exacts *exacts = &rules->exacts;

	for (uint32_t i = rule_exact_next(exacts, 0); i != RULE_EXACT_NONE;
	     i = rule_exact_next(exacts, i + 1))
		if (is_of_text(rules, i) &&
		    bsearch(&i, change->after, change->n, sizeof(i), by_number) == NULL)
			rule_exact_remove(rules, i);
}

static void
carry_out(struct plx_filter_rules *rules, const struct exact_change *change)
{
	for (size_t i = 0; i < change->n; i++)
		if (change->before[i] != RULE_EXACT_NONE && change->before[i] != change->after[i])
			rule_exact_swap(rules, change->before[i], change->after[i]);
	qsort(change->after, change->n, sizeof(*change->after), by_number);
	remove_stale(rules, change);
}

/* The lock is held. */
static int
load(struct plx_filter_rules *rules, const struct text *text, uint64_t now_ns, struct plx_why *why)
{
	struct exact_change exacts = {.n = 0};
	struct rule_change wild;
	int err;

	err = rule_change_replace(rules, text->rules, (unsigned)text->nb_rules, &wild, why);
	if (err != 0)
		return err;
	wild.edition->drop = text->drop;
	wild.edition->sample = text->sample;
	err = prepare(rules, text, now_ns, &exacts, why);
	if (err == 0) {
		rule_change_commit(rules, &wild);
		carry_out(rules, &exacts);
	} else {
		rule_change_drop(rules, &wild);
	}
	free(exacts.before);
	free(exacts.after);
	return err;
}

int
plx_filter_rules_load_text(struct plx_filter_rules *rules, const char *text, uint64_t now_ns,
			   struct plx_why *why)
{
	struct text parsed = {.sample = 0};
	int err;

	err = parse_all(text, &parsed, why);
	if (err == 0) {
		pthread_mutex_lock(&rules->lock);
		rule_reclaim(rules);
		err = load(rules, &parsed, now_ns, why);
		rule_reclaim(rules);
		pthread_mutex_unlock(&rules->lock);
	}
	text_fini(&parsed);
	return err;
}
