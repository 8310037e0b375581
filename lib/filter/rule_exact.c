/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of exact rules: open addressing over 8-byte places (hash, number of the rule), rules in chunks that never move.
 * It grows without a stall: a larger table is put in front of the old one, each later change copies some places, and
 * readers look into both meanwhile. The old one stays as it was until all is copied, so a reader that looked into the new
 * one too early finds the rule in the old.
 */
#include "rule_priv.h"

#include "plx_bits.h"
#include "plx_byteorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MIN 64
#define MOVE_STEP  32	/* places copied by each change */
#define PROBES_MAX 1024 /* of one hash; what a packet can cost is bounded */

static uint64_t
place_load(const uint64_t *place)
{
	return __atomic_load_n(place, __ATOMIC_SEQ_CST);
}

static void
place_store(uint64_t *place, uint64_t value)
{
	__atomic_store_n(place, value, __ATOMIC_SEQ_CST);
}

static uint64_t
place_of(uint32_t hash, uint32_t number)
{
	return (uint64_t)hash << 32 | (number + 1);
}

static struct rule_table *
table_create(uint32_t places)
{
	struct rule_table *table = calloc(1, sizeof(*table) + places * sizeof(uint64_t));

	if (table != NULL)
		table->mask = places - 1;
	return table;
}

/* Room for one more rule before chains get long. */
static bool
table_has_room(const struct rule_table *table)
{
	return ((uint64_t)table->used + 1) * 8 <= ((uint64_t)table->mask + 1) * 5;
}

static bool
entry_meets(const struct rule_exact *entry, const struct rule_flow *flow)
{
	return (entry->flags & flow->direction) != 0 &&
	       memcmp(&entry->key, &flow->key, sizeof(flow->key)) == 0;
}

/* The place of the rule for packets like this, or NULL. */
static const uint64_t *
table_find(const struct rule_exacts *exacts, const struct rule_table *table,
	   const struct rule_flow *flow, uint32_t *ret_number)
{
	for (uint32_t i = 0; i <= PROBES_MAX; i++) {
		const uint64_t *at = &table->places[(flow->hash + i) & table->mask];
		uint64_t place = place_load(at);
		uint32_t number = (uint32_t)place - 1;

		if (place == 0)
			return NULL;
		if ((uint32_t)(place >> 32) != flow->hash || place == RULE_GONE)
			continue;
		if (!entry_meets(rule_exact_at(exacts, number), flow))
			continue;
		*ret_number = number;
		return at;
	}
	return NULL;
}

uint32_t
rule_view_find(const struct rule_exacts *exacts, const struct rule_view *view,
	       const struct rule_flow *flow)
{
	uint32_t number;

	if (table_find(exacts, view->cur, flow, &number) != NULL)
		return number;
	if (view->old != NULL && table_find(exacts, view->old, flow, &number) != NULL)
		return number;
	return RULE_EXACT_NONE;
}

/* -ENOSPC if too many places in a row are taken. A place whose rule is gone is not used again: readers may be on their way past. */
static int
table_insert(struct rule_table *table, uint64_t place)
{
	uint32_t hash = (uint32_t)(place >> 32);

	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		uint64_t *at = &table->places[(hash + i) & table->mask];

		if (*at != 0)
			continue;
		table->used++;
		place_store(at, place);
		return 0;
	}
	return -ENOSPC;
}

/* Another value in the place of this one, if it is there. */
static void
table_set(struct rule_table *table, uint64_t place, uint64_t value)
{
	uint32_t hash = (uint32_t)(place >> 32);

	for (uint32_t i = 0; i <= PROBES_MAX; i++) {
		uint64_t *at = &table->places[(hash + i) & table->mask];

		if (*at == 0)
			return;
		if (*at == place) {
			place_store(at, value);
			return;
		}
	}
}

/* -- growth ------------------------------------------------------------------------------------------ */

/* Shows readers other tables. */
static int
show_tables(struct plx_filter_rules *rules, struct rule_table *cur, struct rule_table *old)
{
	struct rule_exacts *exacts = &rules->exacts;
	struct rule_view *view = malloc(sizeof(*view)), *before = exacts->view;

	if (view == NULL)
		return -ENOMEM;
	view->cur = cur;
	view->old = old;
	__atomic_store_n(&exacts->view, view, __ATOMIC_SEQ_CST);
	rule_retire(rules, RULE_RETIRED_VIEW, before, 0);
	return 0;
}

/* Copies some places; when all are, the old table goes. Without memory that waits for the next change. */
static void
move_some(struct plx_filter_rules *rules)
{
	struct rule_exacts *exacts = &rules->exacts;
	struct rule_table *old = exacts->view->old;

	if (old == NULL)
		return;
	for (unsigned i = 0; i < MOVE_STEP && exacts->moved <= old->mask; i++) {
		uint64_t place = old->places[exacts->moved];

		/* No room in a row: the rule stays where it is, and the old table with it. */
		if (place != 0 && place != RULE_GONE && table_insert(exacts->view->cur, place) != 0)
			return;
		exacts->moved++;
	}
	if (exacts->moved > old->mask && show_tables(rules, exacts->view->cur, NULL) == 0)
		rule_retire(rules, RULE_RETIRED_TABLE, old, 0);
}

static int
grow(struct plx_filter_rules *rules)
{
	struct rule_exacts *exacts = &rules->exacts;
	uint64_t places = exacts->view->cur->mask + 1ull;
	uint64_t wanted = plx_pow2_ceil(2 * (uint64_t)exacts->live + PLACES_MIN);
	struct rule_table *table;

	if (wanted < places / 2)
		wanted = places / 2;
	table = table_create((uint32_t)wanted);
	if (table == NULL)
		return -ENOMEM;
	if (show_tables(rules, table, exacts->view->cur) != 0) {
		free(table);
		return -ENOMEM;
	}
	exacts->moved = 0;
	return 0;
}

static int
make_room(struct plx_filter_rules *rules)
{
	struct rule_exacts *exacts = &rules->exacts;

	move_some(rules);
	if (table_has_room(exacts->view->cur))
		return 0;
	for (uint64_t left = exacts->view->old != NULL ? exacts->view->old->mask + 1ull : 0;
	     left > 0; left -= left < MOVE_STEP ? left : MOVE_STEP)
		move_some(rules);
	if (exacts->view->old != NULL)
		return -ENOSPC;
	return grow(rules);
}

/* -- numbers ----------------------------------------------------------------------------------------- */

static uint8_t *
state_of(const struct rule_exacts *exacts, uint32_t number)
{
	return &exacts->chunks[number / RULE_CHUNK]->state[number % RULE_CHUNK];
}

static int
add_chunk(struct rule_exacts *exacts)
{
	uint32_t room = (exacts->nb_chunks + 1) * RULE_CHUNK;
	uint32_t *free_numbers = exacts->free;

	if (exacts->nb_chunks == 2 * (exacts->max / RULE_CHUNK + 1))
		return -ENOMEM;
	if (room > exacts->free_room) {
		free_numbers = realloc(exacts->free, 2 * (size_t)room * sizeof(*free_numbers));
		if (free_numbers == NULL)
			return -ENOMEM;
		exacts->free = free_numbers;
		exacts->free_room = 2 * room;
	}
	exacts->chunks[exacts->nb_chunks] =
		aligned_alloc(PLX_CACHE_LINE, sizeof(struct rule_exact_chunk));
	if (exacts->chunks[exacts->nb_chunks] == NULL)
		return -ENOMEM;
	memset(exacts->chunks[exacts->nb_chunks]->state, RULE_EXACT_FREE, RULE_CHUNK);
	exacts->nb_chunks++;
	return 0;
}

static int
take_number(struct rule_exacts *exacts, uint32_t *ret_number)
{
	if (exacts->nb_free > 0) {
		*ret_number = exacts->free[--exacts->nb_free];
		return 0;
	}
	if (exacts->made == exacts->nb_chunks * RULE_CHUNK && add_chunk(exacts) != 0)
		return -ENOMEM;
	*ret_number = exacts->made++;
	return 0;
}

/* The stack has room for all numbers that were made. */
static void
give_number(struct rule_exacts *exacts, uint32_t number)
{
	*state_of(exacts, number) = RULE_EXACT_FREE;
	exacts->free[exacts->nb_free++] = number;
}

void
rule_exact_forget(struct plx_filter_rules *rules, uint32_t number)
{
	give_number(&rules->exacts, number);
}

uint32_t
rule_exact_next(const struct rule_exacts *exacts, uint32_t from)
{
	for (; from < exacts->made; from++)
		if (*state_of(exacts, from) == RULE_EXACT_LIVE)
			return from;
	return RULE_EXACT_NONE;
}

/* -- rules ------------------------------------------------------------------------------------------- */

static uint8_t
flags_of(const struct plx_filter_exact *exact, const struct rule_flow *flow)
{
	unsigned flags = exact->bidirectional ? RULE_EXACT_BOTH : flow->direction;

	return (uint8_t)(flags | (exact->locked ? RULE_EXACT_LOCKED : 0));
}

static int
fill_entry(const struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
	   const struct rule_flow *flow, uint8_t flags, uint64_t now_ns, struct rule_exact *entry,
	   struct plx_why *why)
{
	unsigned plugin = 0;
	bool execute = exact->action == PLX_FILTER_EXECUTE_CONTINUE ||
		       exact->action == PLX_FILTER_EXECUTE_STOP;

	if (execute) {
		const struct rule_plugin *found =
			rule_plugin_find(rules, exact->action_plugin, &plugin);

		if (found == NULL || found->ops->handle == NULL)
			return plx_why(why, -ENOENT, "no plugin \"%s\" with an action is loaded",
				       exact->action_plugin);
	}
	*entry = (struct rule_exact){
		.key = flow->key,
		.action = exact->action,
		.flags = flags,
		.port = execute ? (uint16_t)plugin : exact->port,
		.last = (uint32_t)((now_ns - rules->born_ns) / RULE_TENTH_NS),
	};
	if (execute)
		rules->plugins[plugin]->users++;
	return 0;
}

static int
refuse_taken(const struct plx_filter_rules *rules, uint32_t number, struct plx_why *why)
{
	const struct rule_exact *entry = rule_exact_at(&rules->exacts, number);

	return plx_why(why, -EEXIST, "these packets have an exact rule already: %s, %s",
		       rule_action_names[entry->action],
		       (entry->flags & RULE_EXACT_BOTH) == RULE_EXACT_BOTH ? "both directions"
									   : "one direction");
}

/* The rule that meets any packet that `exact` would meet. */
static uint32_t
find_overlap(const struct rule_exacts *exacts, const struct rule_flow *flow, uint8_t flags)
{
	struct rule_flow any = *flow;

	any.direction = flags & RULE_EXACT_BOTH;
	return rule_view_find(exacts, exacts->view, &any);
}

int
rule_exact_add(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
	       uint8_t more_flags, uint64_t now_ns, struct plx_why *why)
{
	struct rule_exacts *exacts = &rules->exacts;
	struct rule_flow flow;
	uint32_t number;
	uint8_t flags;
	int err;

	rule_flow_of_exact(exact, &flow);
	flags = (uint8_t)(flags_of(exact, &flow) | more_flags);
	number = find_overlap(exacts, &flow, flags);
	if (number != RULE_EXACT_NONE)
		return refuse_taken(rules, number, why);
	if (exacts->live >= exacts->max)
		return plx_why(why, -ENOSPC,
			       "the table of exact rules is full: %u rules (max_exact)",
			       exacts->max);
	err = make_room(rules);
	if (err != 0)
		return plx_why(why, err, "no memory for a larger table of exact rules");
	if (take_number(exacts, &number) != 0)
		return plx_why(why, -ENOMEM, "no memory for another %u exact rules", RULE_CHUNK);
	err = fill_entry(rules, exact, &flow, flags, now_ns, rule_exact_at(exacts, number), why);
	if (err != 0) {
		give_number(exacts, number);
		return err;
	}
	*state_of(exacts, number) = RULE_EXACT_LIVE;
	__atomic_store_n(&exacts->live, exacts->live + 1, __ATOMIC_RELEASE);
	if (table_insert(exacts->view->cur, place_of(flow.hash, number)) == 0)
		return 0;
	rule_exact_remove(rules, number);
	return plx_why(why, -ENOSPC, "more than %u exact rules share one place of the table",
		       PROBES_MAX);
}

uint32_t
rule_exact_overlap(const struct plx_filter_rules *rules, const struct plx_filter_exact *exact)
{
	struct rule_flow flow;

	rule_flow_of_exact(exact, &flow);
	return find_overlap(&rules->exacts, &flow, flags_of(exact, &flow));
}

int
rule_exact_substitute(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
		      uint8_t more_flags, uint64_t now_ns, uint32_t *ret_number,
		      struct plx_why *why)
{
	struct rule_exacts *exacts = &rules->exacts;
	struct rule_flow flow;
	int err;

	if (take_number(exacts, ret_number) != 0)
		return plx_why(why, -ENOMEM, "no memory for another %u exact rules", RULE_CHUNK);
	rule_flow_of_exact(exact, &flow);
	err = fill_entry(rules, exact, &flow, (uint8_t)(flags_of(exact, &flow) | more_flags),
			 now_ns, rule_exact_at(exacts, *ret_number), why);
	if (err != 0)
		give_number(exacts, *ret_number);
	return err;
}

static void
leave_plugin(struct plx_filter_rules *rules, const struct rule_exact *entry)
{
	if (entry->action == PLX_FILTER_EXECUTE_CONTINUE ||
	    entry->action == PLX_FILTER_EXECUTE_STOP)
		rules->plugins[entry->port]->users--;
}

void
rule_exact_abandon(struct plx_filter_rules *rules, uint32_t number)
{
	leave_plugin(rules, rule_exact_at(&rules->exacts, number));
	give_number(&rules->exacts, number);
}

static void
flow_of_entry(const struct rule_exact *entry, struct rule_flow *ret)
{
	struct plx_filter_exact exact;

	rule_exact_describe(NULL, entry, &exact, NULL);
	rule_flow_of_exact(&exact, ret);
}

void
rule_exact_remove(struct plx_filter_rules *rules, uint32_t number)
{
	struct rule_exacts *exacts = &rules->exacts;
	const struct rule_exact *entry = rule_exact_at(exacts, number);
	struct rule_flow flow;

	flow_of_entry(entry, &flow);
	table_set(exacts->view->cur, place_of(flow.hash, number), RULE_GONE);
	if (exacts->view->old != NULL)
		table_set(exacts->view->old, place_of(flow.hash, number), RULE_GONE);
	leave_plugin(rules, entry);
	*state_of(exacts, number) = RULE_EXACT_DYING;
	__atomic_store_n(&exacts->live, exacts->live - 1, __ATOMIC_RELEASE);
	rule_retire(rules, RULE_RETIRED_EXACT, NULL, number);
}

/* One store in each table: readers find the one or the other. */
void
rule_exact_swap(struct plx_filter_rules *rules, uint32_t before, uint32_t after)
{
	struct rule_exacts *exacts = &rules->exacts;
	const struct rule_exact *entry = rule_exact_at(exacts, before);
	struct rule_flow flow;

	flow_of_entry(entry, &flow);
	table_set(exacts->view->cur, place_of(flow.hash, before), place_of(flow.hash, after));
	if (exacts->view->old != NULL)
		table_set(exacts->view->old, place_of(flow.hash, before),
			  place_of(flow.hash, after));
	leave_plugin(rules, entry);
	*state_of(exacts, after) = RULE_EXACT_LIVE;
	*state_of(exacts, before) = RULE_EXACT_DYING;
	rule_retire(rules, RULE_RETIRED_EXACT, NULL, before);
}

static void
store_ip(uint8_t *ip, const uint64_t address[2], uint8_t version)
{
	memset(ip, 0, PLX_NET_IPV6_LEN);
	if (version == 4) {
		plx_store_be32(ip, (uint32_t)address[1]);
		return;
	}
	plx_store_be64(ip, address[0]);
	plx_store_be64(ip + 8, address[1]);
}

/* rules may be NULL if the plugin's name does not matter. */
void
rule_exact_describe(const struct plx_filter_rules *rules, const struct rule_exact *entry,
		    struct plx_filter_exact *ret_exact, struct plx_filter_rule_stats *ret_stats)
{
	const struct rule_key *key = &entry->key;
	bool swap = (entry->flags & RULE_EXACT_BOTH) == RULE_EXACT_B_TO_A;
	bool execute = entry->action == PLX_FILTER_EXECUTE_CONTINUE ||
		       entry->action == PLX_FILTER_EXECUTE_STOP;

	*ret_exact = (struct plx_filter_exact){
		.vlan = key->vlan,
		.ip_version = key->version,
		.proto = key->proto,
		.src_port = swap ? key->b_port : key->a_port,
		.dst_port = swap ? key->a_port : key->b_port,
		.bidirectional = (entry->flags & RULE_EXACT_BOTH) == RULE_EXACT_BOTH,
		.locked = (entry->flags & RULE_EXACT_LOCKED) != 0,
		.action = entry->action,
		.port = execute ? 0 : entry->port,
	};
	store_ip(ret_exact->src_ip, swap ? key->b : key->a, key->version);
	store_ip(ret_exact->dst_ip, swap ? key->a : key->b, key->version);
	if (execute && rules != NULL)
		memcpy(ret_exact->action_plugin, rules->plugins[entry->port]->name,
		       sizeof(ret_exact->action_plugin));
	if (ret_stats == NULL)
		return;
	ret_stats->packets = __atomic_load_n(&entry->packets, __ATOMIC_RELAXED);
	ret_stats->bytes = __atomic_load_n(&entry->bytes, __ATOMIC_RELAXED);
	ret_stats->last_ns =
		rules->born_ns + __atomic_load_n(&entry->last, __ATOMIC_RELAXED) * RULE_TENTH_NS;
}

/* -- life -------------------------------------------------------------------------------------------- */

int
rule_exacts_init(struct rule_exacts *exacts, uint32_t max)
{
	exacts->max = max;
	/* Numbers of deleted rules that readers may still see are not to be had: twice as many chunks as rules need. */
	exacts->chunks = calloc(2 * ((size_t)max / RULE_CHUNK + 1), sizeof(void *));
	exacts->view = calloc(1, sizeof(*exacts->view));
	if (exacts->chunks == NULL || exacts->view == NULL)
		return -ENOMEM;
	exacts->view->cur = table_create(PLACES_MIN);
	return exacts->view->cur != NULL ? 0 : -ENOMEM;
}

void
rule_exacts_fini(struct rule_exacts *exacts)
{
	for (uint32_t i = 0; i < exacts->nb_chunks; i++)
		free(exacts->chunks[i]);
	if (exacts->view != NULL) {
		free(exacts->view->cur);
		free(exacts->view->old);
	}
	free(exacts->view);
	free(exacts->chunks);
	free(exacts->free);
}

static size_t
table_bytes(const struct rule_table *table)
{
	return table == NULL ? 0 : sizeof(*table) + (table->mask + (size_t)1) * sizeof(uint64_t);
}

size_t
rule_exacts_bytes(const struct rule_exacts *exacts)
{
	return exacts->nb_chunks * sizeof(struct rule_exact_chunk) +
	       exacts->free_room * sizeof(uint32_t) + table_bytes(exacts->view->cur) +
	       table_bytes(exacts->view->old) +
	       2 * ((size_t)exacts->max / RULE_CHUNK + 1) * sizeof(void *);
}
