/* SPDX-License-Identifier: BSD-3-Clause */
/* The set of rules: its life, its editions, and what changes the wildcard rules. */
#include "rule_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -- life -------------------------------------------------------------------------------------------- */

static int
first_edition(struct plx_filter_rules *rules, const struct plx_filter_rules_config *config)
{
	struct rule_edition *edition = calloc(1, sizeof(*edition));

	if (edition == NULL)
		return -ENOMEM;
	if (rule_set_create(NULL, 0, &edition->set) != 0) {
		free(edition);
		return -ENOMEM;
	}
	edition->drop = config->drop;
	edition->sample = config->sample;
	rules->edition = edition;
	return 0;
}

static int
check_config(const struct plx_filter_rules_config *config, struct plx_why *why)
{
	if (config->max_wildcard > PLX_FILTER_WILDCARD_MAX)
		return plx_why(why, -EINVAL, "max_wildcard %u: %d is the most",
			       config->max_wildcard, PLX_FILTER_WILDCARD_MAX);
	if (config->max_exact > PLX_FILTER_EXACT_MAX)
		return plx_why(why, -EINVAL, "max_exact %u: %u is the most", config->max_exact,
			       PLX_FILTER_EXACT_MAX);
	return 0;
}

int
plx_filter_rules_create(const struct plx_filter_rules_config *config,
			struct plx_filter_rules **ret_rules, struct plx_why *why)
{
	static const struct plx_filter_rules_config defaults;
	struct plx_filter_rules *rules;

	if (config == NULL)
		config = &defaults;
	if (check_config(config, why) != 0)
		return -EINVAL;
	rules = aligned_alloc(PLX_CACHE_LINE, sizeof(*rules));
	if (rules == NULL)
		return plx_why(why, -ENOMEM, "no memory for rules");
	memset(rules, 0, sizeof(*rules));
	pthread_mutex_init(&rules->lock, NULL);
	rules->epoch = 1;
	rules->born_ns = rules->served_ns = config->now_ns;
	rules->want_hash = config->want_hash;
	rules->max_wildcard = config->max_wildcard > 0 ? config->max_wildcard : 4096;
	if (first_edition(rules, config) != 0 ||
	    rule_exacts_init(&rules->exacts,
			     config->max_exact > 0 ? config->max_exact : 1u << 20) != 0) {
		plx_filter_rules_destroy(rules);
		return plx_why(why, -ENOMEM, "no memory for rules");
	}
	*ret_rules = rules;
	return 0;
}

static void
edition_destroy(struct rule_edition *edition)
{
	if (edition == NULL)
		return;
	for (unsigned i = 0; i < edition->set->nb_wild; i++)
		rule_wild_destroy(edition->set->wild[i]);
	rule_set_destroy(edition->set);
	free(edition);
}

void
plx_filter_rules_destroy(struct plx_filter_rules *rules)
{
	if (rules == NULL)
		return;
	rule_retirement_fini(rules);
	edition_destroy(rules->edition);
	rule_exacts_fini(&rules->exacts);
	for (unsigned i = 0; i < PLX_FILTER_PLUGINS_MAX; i++)
		rule_plugin_destroy(rules->plugins[i]);
	pthread_mutex_destroy(&rules->lock);
	free(rules);
}

/* -- editions ---------------------------------------------------------------------------------------- */

/* A copy of the edition with another set (NULL: the same). */
static int
prepare(struct plx_filter_rules *rules, struct rule_set *set, struct rule_change *ret,
	struct plx_why *why)
{
	ret->edition = malloc(sizeof(*ret->edition));
	if (ret->edition == NULL)
		return plx_why(why, -ENOMEM, "no memory for an edition of the rules");
	*ret->edition = *rules->edition;
	ret->new_set = set != NULL;
	if (set != NULL)
		ret->edition->set = set;
	return 0;
}

static bool
set_has(const struct rule_set *set, const struct rule_wild *wild)
{
	for (unsigned lo = 0, hi = set->nb_wild; lo < hi;) {
		unsigned mid = (lo + hi) / 2;

		if (set->wild[mid]->rule.id == wild->rule.id)
			return set->wild[mid] == wild;
		if (set->wild[mid]->rule.id < wild->rule.id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static void
use_plugins(const struct rule_wild *wild, int more)
{
	if (wild->plugin != NULL)
		wild->plugin->users += (unsigned)more;
	if (wild->action_plugin != NULL)
		wild->action_plugin->users += (unsigned)more;
}

void
rule_change_commit(struct plx_filter_rules *rules, struct rule_change *change)
{
	struct rule_edition *before = rules->edition;
	const struct rule_set *set = change->edition->set;

	__atomic_store_n(&rules->edition, change->edition, __ATOMIC_SEQ_CST); /* D */
	if (change->new_set) {
		for (unsigned i = 0; i < set->nb_wild; i++)
			if (!set_has(before->set, set->wild[i]))
				use_plugins(set->wild[i], 1);
		for (unsigned i = 0; i < before->set->nb_wild; i++) {
			struct rule_wild *wild = before->set->wild[i];

			if (set_has(set, wild))
				continue;
			use_plugins(wild, -1);
			rule_retire(rules, RULE_RETIRED_WILD, wild, 0);
		}
		rule_retire(rules, RULE_RETIRED_SET, before->set, 0);
	}
	rule_retire(rules, RULE_RETIRED_EDITION, before, 0);
}

/* The rules that are only in the change go too. */
void
rule_change_drop(struct plx_filter_rules *rules, struct rule_change *change)
{
	const struct rule_set *set = change->edition->set;

	for (unsigned i = 0; change->new_set && i < set->nb_wild; i++)
		if (!set_has(rules->edition->set, set->wild[i]))
			rule_wild_destroy(set->wild[i]);
	if (change->new_set)
		rule_set_destroy(change->edition->set);
	free(change->edition);
}

/* `wild` is in the order of ids. */
static int
check_together(const struct plx_filter_rules *rules, struct rule_wild *const *wild, unsigned n,
	       struct plx_why *why)
{
	if (n > rules->max_wildcard)
		return plx_why(why, -ENOSPC, "%u wildcard rules, there can be %u (max_wildcard)", n,
			       rules->max_wildcard);
	for (unsigned i = 1; i < n; i++)
		if (wild[i]->rule.id == wild[i - 1]->rule.id)
			return plx_why(why, -EEXIST, "there is a rule %u already",
				       wild[i]->rule.id);
	return 0;
}

/* Takes over wild on success only. */
static int
prepare_set(struct plx_filter_rules *rules, struct rule_wild **wild, unsigned n,
	    struct rule_change *ret, struct plx_why *why)
{
	struct rule_set *set;
	int err;

	err = check_together(rules, wild, n, why);
	if (err != 0)
		return err;
	if (rule_set_create(wild, n, &set) != 0)
		return plx_why(why, -ENOMEM, "no memory for a set of %u rules", n);
	err = prepare(rules, set, ret, why);
	if (err != 0) {
		set->wild = NULL;
		rule_set_destroy(set);
	}
	return err;
}

static struct rule_wild **
wild_array(unsigned n)
{
	return malloc((n + 1) * sizeof(struct rule_wild *));
}

/* -- one rule ---------------------------------------------------------------------------------------- */

struct rule_wild *
rule_wild_find(const struct plx_filter_rules *rules, uint32_t id)
{
	const struct rule_set *set = rules->edition->set;
	unsigned lo = 0, hi = set->nb_wild;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (set->wild[mid]->rule.id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < set->nb_wild ? set->wild[lo] : NULL;
}

static int
add_wild(struct plx_filter_rules *rules, struct rule_wild *wild, struct plx_why *why)
{
	const struct rule_set *set = rules->edition->set;
	struct rule_wild **array = wild_array(set->nb_wild + 1);
	struct rule_change change;
	unsigned n = 0;
	int err;

	if (array == NULL)
		return plx_why(why, -ENOMEM, "no memory for another rule");
	while (n < set->nb_wild && set->wild[n]->rule.id <= wild->rule.id) {
		array[n] = set->wild[n];
		n++;
	}
	array[n] = wild;
	err = 0;
	for (unsigned i = 0; err == 0 && i < set->nb_wild; i++)
		err = i < n ? rule_check_pair(&set->wild[i]->rule, &wild->rule, why)
			    : rule_check_pair(&wild->rule, &set->wild[i]->rule, why);
	for (unsigned i = n; i < set->nb_wild; i++)
		array[i + 1] = set->wild[i];
	if (err == 0)
		err = prepare_set(rules, array, set->nb_wild + 1, &change, why);
	if (err == 0)
		rule_change_commit(rules, &change);
	else
		free(array);
	return err;
}

int
plx_filter_rules_add(struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
		     struct plx_why *why)
{
	struct rule_wild *wild;
	int err;

	pthread_mutex_lock(&rules->lock);
	err = rule_wild_create(rules, rule, &wild, why);
	if (err == 0) {
		err = add_wild(rules, wild, why);
		if (err != 0)
			rule_wild_destroy(wild);
	}
	rule_reclaim(rules);
	pthread_mutex_unlock(&rules->lock);
	return err;
}

int
rule_wild_delete(struct plx_filter_rules *rules, uint32_t id, struct plx_why *why)
{
	const struct rule_set *set = rules->edition->set;
	const struct rule_wild *wild = rule_wild_find(rules, id);
	struct rule_wild **array;
	struct rule_change change;
	unsigned n = 0;
	int err;

	if (wild == NULL || wild->rule.id != id)
		return plx_why(why, -ENOENT, "there is no rule %u", id);
	array = wild_array(set->nb_wild);
	if (array == NULL)
		return plx_why(why, -ENOMEM, "no memory for an edition of the rules");
	for (unsigned i = 0; i < set->nb_wild; i++)
		if (set->wild[i] != wild)
			array[n++] = set->wild[i];
	err = prepare_set(rules, array, n, &change, why);
	if (err == 0)
		rule_change_commit(rules, &change);
	else
		free(array);
	return err;
}

int
plx_filter_rules_delete(struct plx_filter_rules *rules, uint32_t id, struct plx_why *why)
{
	int err;

	pthread_mutex_lock(&rules->lock);
	err = rule_wild_delete(rules, id, why);
	rule_reclaim(rules);
	pthread_mutex_unlock(&rules->lock);
	return err;
}

/* -- all rules --------------------------------------------------------------------------------------- */

static bool
same_rule(const struct plx_filter_rule *a, const struct plx_filter_rule *b)
{
	bool executes =
		a->action == PLX_FILTER_EXECUTE_CONTINUE || a->action == PLX_FILTER_EXECUTE_STOP;

	return rule_same_conditions(a, b) && a->action == b->action && a->locked == b->locked &&
	       a->port == b->port && a->add_action == b->add_action && a->add_port == b->add_port &&
	       a->delete_id == b->delete_id &&
	       (!executes || strcmp(a->action_plugin, b->action_plugin) == 0);
}

/* A rule that is there already stays, with its counters. */
static int
keep_or_create(const struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
	       struct rule_wild **ret_wild, struct plx_why *why)
{
	struct rule_wild *wild = rule_wild_find(rules, rule->id);

	if (wild == NULL || wild->rule.id != rule->id || plx_filter_rule_check(rule, NULL) != 0 ||
	    !same_rule(&wild->rule, rule))
		return rule_wild_create(rules, rule, ret_wild, why);
	*ret_wild = wild;
	return 0;
}

static void
drop_array(const struct plx_filter_rules *rules, struct rule_wild **array, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!set_has(rules->edition->set, array[i]))
			rule_wild_destroy(array[i]);
	free(array);
}

static int
by_id(const void *a, const void *b)
{
	const struct rule_wild *const *x = a, *const *y = b;

	return (*x)->rule.id < (*y)->rule.id ? -1 : (*x)->rule.id > (*y)->rule.id;
}

int
rule_change_replace(struct plx_filter_rules *rules, const struct plx_filter_rule *rule, unsigned n,
		    struct rule_change *ret, struct plx_why *why)
{
	struct rule_wild **array = wild_array(n);
	unsigned made = 0;
	int err = 0;

	if (array == NULL)
		return plx_why(why, -ENOMEM, "no memory for %u rules", n);
	while (err == 0 && made < n) {
		err = keep_or_create(rules, &rule[made], &array[made], why);
		if (err == 0)
			made++;
	}
	if (err == 0) {
		qsort(array, n, sizeof(*array), by_id);
		err = rule_check_contradictions(array, n, why);
	}
	if (err == 0)
		err = prepare_set(rules, array, n, ret, why);
	if (err != 0)
		drop_array(rules, array, made);
	return err;
}

int
plx_filter_rules_replace(struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
			 unsigned n, struct plx_why *why)
{
	struct rule_change change;
	int err;

	pthread_mutex_lock(&rules->lock);
	err = rule_change_replace(rules, rule, n, &change, why);
	if (err == 0)
		rule_change_commit(rules, &change);
	rule_reclaim(rules);
	pthread_mutex_unlock(&rules->lock);
	return err;
}

int
plx_filter_rules_next(struct plx_filter_rules *rules, uint32_t id, struct plx_filter_rule *ret_rule,
		      struct plx_filter_rule_stats *ret_stats)
{
	const struct rule_wild *wild;

	pthread_mutex_lock(&rules->lock);
	wild = rule_wild_find(rules, id);
	if (wild != NULL && ret_rule != NULL)
		*ret_rule = wild->rule;
	if (wild != NULL && ret_stats != NULL) {
		ret_stats->packets = __atomic_load_n(&wild->stats.packets, __ATOMIC_RELAXED);
		ret_stats->bytes = __atomic_load_n(&wild->stats.bytes, __ATOMIC_RELAXED);
		ret_stats->last_ns = __atomic_load_n(&wild->stats.last_ns, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&rules->lock);
	return wild != NULL ? 0 : -ENOENT;
}

/* -- policy and sums --------------------------------------------------------------------------------- */

int
plx_filter_rules_set_policy(struct plx_filter_rules *rules, bool drop, uint32_t sample,
			    struct plx_why *why)
{
	struct rule_change change;
	int err;

	pthread_mutex_lock(&rules->lock);
	err = prepare(rules, NULL, &change, why);
	if (err == 0) {
		change.edition->drop = drop;
		change.edition->sample = sample;
		rule_change_commit(rules, &change);
	}
	rule_reclaim(rules);
	pthread_mutex_unlock(&rules->lock);
	return err;
}

void
plx_filter_rules_policy(struct plx_filter_rules *rules, bool *ret_drop, uint32_t *ret_sample)
{
	pthread_mutex_lock(&rules->lock);
	*ret_drop = rules->edition->drop;
	*ret_sample = rules->edition->sample;
	pthread_mutex_unlock(&rules->lock);
}

static void
add_counts(struct plx_filter_rules_stats *sum, const struct plx_filter_rules_stats *part)
{
	sum->packets += __atomic_load_n(&part->packets, __ATOMIC_RELAXED);
	sum->bytes += __atomic_load_n(&part->bytes, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < PLX_FILTER_FATES; i++)
		sum->fates[i] += __atomic_load_n(&part->fates[i], __ATOMIC_RELAXED);
	sum->sends += __atomic_load_n(&part->sends, __ATOMIC_RELAXED);
	sum->sends_lost += __atomic_load_n(&part->sends_lost, __ATOMIC_RELAXED);
	sum->posts += __atomic_load_n(&part->posts, __ATOMIC_RELAXED);
	sum->posts_lost += __atomic_load_n(&part->posts_lost, __ATOMIC_RELAXED);
}

void
plx_filter_rules_stats(struct plx_filter_rules *rules, struct plx_filter_rules_stats *ret)
{
	pthread_mutex_lock(&rules->lock);
	*ret = rules->past;
	for (unsigned i = 0; i < PLX_FILTER_READERS_MAX; i++)
		if (rules->readers[i] != NULL)
			add_counts(ret, &rules->readers[i]->stats);
	ret->wildcard = rules->edition->set->nb_wild;
	ret->exact = rules->exacts.live;
	ret->readers = rules->nb_readers;
	ret->retired = (uint32_t)rules->retirement.n;
	ret->wildcard_memory = rules->edition->set->bytes;
	ret->exact_memory = rule_exacts_bytes(&rules->exacts);
	pthread_mutex_unlock(&rules->lock);
}
