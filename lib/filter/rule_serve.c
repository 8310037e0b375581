/* SPDX-License-Identifier: BSD-3-Clause */
/* Exact rules as callers see them, what actions asked for, and what was idle too long. */
#include "rule_priv.h"

#include <errno.h>

int
plx_filter_rules_exact_add(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
			   uint64_t now_ns, struct plx_why *why)
{
	int err;

	err = plx_filter_exact_check(exact, why);
	if (err != 0)
		return err;
	pthread_mutex_lock(&rules->lock);
	rule_reclaim(rules);
	err = rule_exact_add(rules, exact, 0, now_ns, why);
	pthread_mutex_unlock(&rules->lock);
	return err;
}

/* The rule that meets packets with these values, in the direction that is given. */
static uint32_t
find(const struct plx_filter_rules *rules, const struct plx_filter_exact *exact)
{
	struct rule_flow flow;

	rule_flow_of_exact(exact, &flow);
	return rule_view_find(&rules->exacts, rules->exacts.view, &flow);
}

static bool
is_bidirectional(const struct plx_filter_rules *rules, uint32_t number)
{
	uint8_t flags = rule_exact_at(&rules->exacts, number)->flags;

	return (flags & RULE_EXACT_BOTH) == RULE_EXACT_BOTH;
}

static bool
ends_are_one(const struct plx_filter_exact *exact)
{
	struct rule_flow flow;

	rule_flow_of_exact(exact, &flow);
	return flow.direction == RULE_EXACT_BOTH;
}

int
plx_filter_rules_exact_delete(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
			      struct plx_why *why)
{
	bool both = exact->bidirectional || ends_are_one(exact);
	uint32_t number;
	int err = 0;

	pthread_mutex_lock(&rules->lock);
	number = find(rules, exact);
	if (number == RULE_EXACT_NONE || is_bidirectional(rules, number) != both)
		err = plx_why(why, -ENOENT, "there is no such exact rule");
	else
		rule_exact_remove(rules, number);
	rule_reclaim(rules);
	pthread_mutex_unlock(&rules->lock);
	return err;
}

int
plx_filter_rules_exact_find(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
			    struct plx_filter_exact *ret_exact,
			    struct plx_filter_rule_stats *ret_stats)
{
	uint32_t number;

	pthread_mutex_lock(&rules->lock);
	number = find(rules, exact);
	if (number != RULE_EXACT_NONE)
		rule_exact_describe(rules, rule_exact_at(&rules->exacts, number), ret_exact,
				    ret_stats);
	pthread_mutex_unlock(&rules->lock);
	return number != RULE_EXACT_NONE ? 0 : -ENOENT;
}

int
plx_filter_rules_exact_next(struct plx_filter_rules *rules, uint32_t *cursor,
			    struct plx_filter_exact *ret_exact,
			    struct plx_filter_rule_stats *ret_stats)
{
	uint32_t number;

	pthread_mutex_lock(&rules->lock);
	number = rule_exact_next(&rules->exacts, *cursor);
	if (number != RULE_EXACT_NONE) {
		rule_exact_describe(rules, rule_exact_at(&rules->exacts, number), ret_exact,
				    ret_stats);
		*cursor = number + 1;
	}
	pthread_mutex_unlock(&rules->lock);
	return number != RULE_EXACT_NONE ? 0 : -ENOENT;
}

/* -- what actions asked for -------------------------------------------------------------------------- */

static int
delete_flow(struct plx_filter_rules *rules, const struct plx_filter_exact *exact)
{
	uint32_t number = find(rules, exact);

	if (number == RULE_EXACT_NONE ||
	    (rule_exact_at(&rules->exacts, number)->flags & RULE_EXACT_LOCKED))
		return -ENOENT;
	rule_exact_remove(rules, number);
	return 0;
}

static int
delete_wild(struct plx_filter_rules *rules, uint32_t id)
{
	const struct rule_wild *wild = rule_wild_find(rules, id);

	if (wild == NULL || wild->rule.id != id || wild->rule.locked)
		return -ENOENT;
	return rule_wild_delete(rules, id, NULL);
}

static void
serve_one(struct plx_filter_rules *rules, const struct rule_post *post, uint64_t now_ns)
{
	int err;

	switch (post->kind) {
	case RULE_POST_ADD:
		err = plx_filter_exact_check(&post->exact, NULL);
		if (err == 0)
			err = rule_exact_add(rules, &post->exact, 0, now_ns, NULL);
		break;
	case RULE_POST_DELETE_FLOW:
		err = delete_flow(rules, &post->exact);
		break;
	default:
		err = delete_wild(rules, post->id);
		break;
	}
	if (err == 0)
		rules->past.posts_done++;
	else if (err == -EEXIST || err == -ENOENT)
		rules->past.posts_idle++;
	else
		rules->past.posts_refused++;
}

unsigned
rule_serve_reader(struct plx_filter_rules *rules, struct plx_filter_rules_reader *reader,
		  uint64_t now_ns)
{
	uint32_t head = __atomic_load_n(&reader->post_head, __ATOMIC_ACQUIRE);
	unsigned served = head - reader->post_tail;

	for (uint32_t tail = reader->post_tail; tail != head; tail++) {
		serve_one(rules, &reader->posts[tail % RULE_POSTS], now_ns);
		__atomic_store_n(&reader->post_tail, tail + 1, __ATOMIC_RELEASE);
	}
	return served;
}

unsigned
plx_filter_rules_service(struct plx_filter_rules *rules, uint64_t now_ns)
{
	unsigned served = 0;

	pthread_mutex_lock(&rules->lock);
	rules->served_ns = now_ns;
	rule_reclaim(rules);
	for (unsigned i = 0; i < PLX_FILTER_READERS_MAX; i++)
		if (rules->readers[i] != NULL)
			served += rule_serve_reader(rules, rules->readers[i], now_ns);
	rule_reclaim(rules);
	pthread_mutex_unlock(&rules->lock);
	return served;
}

/* -- idle -------------------------------------------------------------------------------------------- */

static bool
is_idle(const struct plx_filter_rules *rules, const struct rule_exact *entry, uint64_t now_ns,
	uint64_t idle_ns)
{
	uint32_t now = (uint32_t)((now_ns - rules->born_ns) / RULE_TENTH_NS);
	int32_t idle = (int32_t)(now - __atomic_load_n(&entry->last, __ATOMIC_RELAXED));

	return !(entry->flags & RULE_EXACT_LOCKED) && idle > 0 &&
	       (uint64_t)idle * RULE_TENTH_NS >= idle_ns;
}

static unsigned
purge_exact(struct plx_filter_rules *rules, uint64_t now_ns, uint64_t idle_ns, unsigned budget)
{
	struct rule_exacts *exacts = &rules->exacts;
	uint32_t look = budget == 0 || budget > exacts->made ? exacts->made : budget;
	unsigned purged = 0;

	for (; look > 0; look--) {
		uint32_t number = exacts->purge_at >= exacts->made ? 0 : exacts->purge_at;

		exacts->purge_at = number + 1;
		if (rule_exact_next(exacts, number) != number ||
		    !is_idle(rules, rule_exact_at(exacts, number), now_ns, idle_ns))
			continue;
		rule_exact_remove(rules, number);
		purged++;
	}
	return purged;
}

unsigned
plx_filter_rules_purge(struct plx_filter_rules *rules, uint64_t now_ns, uint64_t idle_ns,
		       unsigned budget)
{
	unsigned purged;

	pthread_mutex_lock(&rules->lock);
	rules->served_ns = now_ns;
	purged = purge_exact(rules, now_ns, idle_ns, budget);
	rules->past.purged += purged;
	for (unsigned i = 0; i < PLX_FILTER_PLUGINS_MAX; i++) {
		const struct rule_plugin *plugin = rules->plugins[i];

		if (plugin != NULL && plugin->ops->purge != NULL)
			plugin->ops->purge(plugin->state, now_ns, idle_ns);
	}
	rule_reclaim(rules);
	pthread_mutex_unlock(&rules->lock);
	return purged;
}
