/* SPDX-License-Identifier: BSD-3-Clause */
/* What was replaced, and when no reader can see it any more. */
#include "rule_priv.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* The oldest epoch that a reader is in. */
static uint64_t
oldest_active(const struct plx_filter_rules *rules)
{
	uint64_t oldest = UINT64_MAX;

	for (unsigned i = 0; i < PLX_FILTER_READERS_MAX; i++) {
		uint64_t active;

		if (rules->readers[i] == NULL)
			continue;
		active = __atomic_load_n(&rules->readers[i]->active, __ATOMIC_SEQ_CST); /* F */
		if (active != 0 && active < oldest)
			oldest = active;
	}
	return oldest;
}

static void
free_retired(struct plx_filter_rules *rules, const struct rule_retired *item)
{
	switch (item->kind) {
	case RULE_RETIRED_SET:
		rule_set_destroy(item->object);
		break;
	case RULE_RETIRED_WILD:
		rule_wild_destroy(item->object);
		break;
	case RULE_RETIRED_EXACT:
		rule_exact_forget(rules, item->number);
		break;
	case RULE_RETIRED_EDITION:
	case RULE_RETIRED_TABLE:
	case RULE_RETIRED_VIEW:
		free(item->object);
		break;
	}
}

static bool
make_room(struct rule_retirement *queue)
{
	size_t room = queue->room > 0 ? 2 * queue->room : 64;
	struct rule_retired *items;

	if (queue->n < queue->room)
		return true;
	items = malloc(room * sizeof(*items));
	if (items == NULL)
		return false;
	for (size_t i = 0; i < queue->n; i++)
		items[i] = queue->items[(queue->first + i) & (queue->room - 1)];
	free(queue->items);
	queue->items = items;
	queue->first = 0;
	queue->room = room;
	return true;
}

void
rule_retire(struct plx_filter_rules *rules, enum rule_retired_kind kind, void *object,
	    uint32_t number)
{
	struct rule_retirement *queue = &rules->retirement;
	struct rule_retired item = {
		.epoch = __atomic_add_fetch(&rules->epoch, 1, __ATOMIC_SEQ_CST), /* E */
		.kind = kind,
		.number = number,
		.object = object,
	};

	if (make_room(queue)) {
		queue->items[(queue->first + queue->n++) & (queue->room - 1)] = item;
		return;
	}
	rule_wait_for_readers(rules);
	free_retired(rules, &item);
}

void
rule_reclaim(struct plx_filter_rules *rules)
{
	struct rule_retirement *queue = &rules->retirement;
	uint64_t oldest;

	if (queue->n == 0)
		return;
	oldest = oldest_active(rules);
	while (queue->n > 0 && queue->items[queue->first].epoch <= oldest) {
		struct rule_retired item = queue->items[queue->first];

		queue->first = (queue->first + 1) & (queue->room - 1);
		queue->n--;
		free_retired(rules, &item);
	}
}

void
rule_wait_for_readers(struct plx_filter_rules *rules)
{
	uint64_t epoch = __atomic_add_fetch(&rules->epoch, 1, __ATOMIC_SEQ_CST);

	while (oldest_active(rules) < epoch)
		sched_yield();
}

/* -- readers ----------------------------------------------------------------------------------------- */

static int
find_seat(const struct plx_filter_rules *rules)
{
	for (int i = 0; i < PLX_FILTER_READERS_MAX; i++)
		if (rules->readers[i] == NULL)
			return i;
	return -1;
}

/* Counting with plain stores is for one reader; the one that is there must have seen that there are more. */
static void
count_together(struct plx_filter_rules *rules)
{
	if (rules->nb_readers != 1 || rules->shared)
		return;
	__atomic_store_n(&rules->shared, true, __ATOMIC_SEQ_CST);
	rule_wait_for_readers(rules);
}

int
plx_filter_rules_reader_create(struct plx_filter_rules *rules,
			       struct plx_filter_rules_reader **ret_reader, struct plx_why *why)
{
	struct plx_filter_rules_reader *reader = aligned_alloc(PLX_CACHE_LINE, sizeof(*reader));
	int seat;

	if (reader == NULL)
		return plx_why(why, -ENOMEM, "no memory for a reader of rules");
	memset(reader, 0, sizeof(*reader));
	reader->rules = rules;
	pthread_mutex_lock(&rules->lock);
	seat = find_seat(rules);
	if (seat >= 0) {
		count_together(rules);
		rules->readers[seat] = reader;
		rules->nb_readers++;
	}
	pthread_mutex_unlock(&rules->lock);
	if (seat < 0) {
		free(reader);
		return plx_why(why, -ENOSPC,
			       "these rules have %d readers already, the most they can",
			       PLX_FILTER_READERS_MAX);
	}
	*ret_reader = reader;
	return 0;
}

static void
keep_counts(struct plx_filter_rules_stats *past, const struct plx_filter_rules_reader *reader)
{
	past->packets += reader->stats.packets;
	past->bytes += reader->stats.bytes;
	for (unsigned i = 0; i < PLX_FILTER_FATES; i++)
		past->fates[i] += reader->stats.fates[i];
	past->sends += reader->stats.sends;
	past->sends_lost += reader->stats.sends_lost;
	past->posts += reader->stats.posts;
	past->posts_lost += reader->stats.posts_lost;
}

void
plx_filter_rules_reader_destroy(struct plx_filter_rules_reader *reader)
{
	struct plx_filter_rules *rules;

	if (reader == NULL)
		return;
	rules = reader->rules;
	pthread_mutex_lock(&rules->lock);
	rule_serve_reader(rules, reader, rules->served_ns);
	for (unsigned i = 0; i < PLX_FILTER_READERS_MAX; i++)
		if (rules->readers[i] == reader)
			rules->readers[i] = NULL;
	rules->nb_readers--;
	keep_counts(&rules->past, reader);
	pthread_mutex_unlock(&rules->lock);
	free(reader);
}

void
rule_retirement_fini(struct plx_filter_rules *rules)
{
	for (unsigned i = 0; i < PLX_FILTER_READERS_MAX; i++) {
		free(rules->readers[i]);
		rules->readers[i] = NULL;
	}
	rule_reclaim(rules);
	free(rules->retirement.items);
}
