/* SPDX-License-Identifier: BSD-3-Clause */
/* A burst against the rules: the data path. */
#include "rule_priv.h"

#include <string.h>

/* What a burst works with. */
struct matcher {
	struct plx_filter_rules_reader *reader;
	const struct plx_filter_rules *rules;
	const struct rule_edition *edition;
	const struct rule_view *view;
	uint64_t now_ns;
	uint32_t tenths;
	bool shared;
	bool hash_all;
	struct plx_filter_rules_stats stats;
};

/* One packet on its way through the rules. */
struct passage {
	struct plx_filter_packet packet; /* parsed is there after whole_packet() */
	struct plx_net_packet *parsed;	 /* room for it */
	struct rule_facts facts;
	struct rule_flow flow;
	bool has_flow;
	uint8_t said; /* enum plx_filter_said: the word in place of the default policy */
};

/* Not all rules look at more than the facts. */
static const struct plx_filter_packet *
whole_packet(struct passage *p)
{
	if (p->packet.parsed == NULL) {
		plx_net_parse(p->packet.bytes, p->packet.caplen, p->parsed);
		p->packet.parsed = p->parsed;
	}
	return &p->packet;
}

static void
add_to(const struct matcher *m, uint64_t *counter, uint64_t n)
{
	if (m->shared)
		__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
	else
		__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n,
				 __ATOMIC_RELAXED);
}

/* The reader's own counters: it alone writes them, others may read. */
static void
bump(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

bool
rule_post(struct plx_filter_rules_reader *reader, enum rule_post_kind kind,
	  const struct plx_filter_exact *exact, uint32_t id)
{
	uint32_t head = reader->post_head;
	struct rule_post *post;

	bump(&reader->stats.posts, 1);
	if (head - __atomic_load_n(&reader->post_tail, __ATOMIC_ACQUIRE) == RULE_POSTS) {
		bump(&reader->stats.posts_lost, 1);
		return false;
	}
	post = &reader->posts[head % RULE_POSTS];
	post->kind = kind;
	post->id = id;
	if (exact != NULL)
		post->exact = *exact;
	__atomic_store_n(&reader->post_head, head + 1, __ATOMIC_RELEASE);
	return true;
}

bool
plx_filter_rules_post(struct plx_filter_rules_reader *reader, const struct plx_filter_exact *exact,
		      bool remove)
{
	return rule_post(reader, remove ? RULE_POST_DELETE_FLOW : RULE_POST_ADD, exact, 0);
}

/* -- actions ----------------------------------------------------------------------------------------- */

static void
send_to(struct matcher *m, uint16_t port, bool bounce, struct plx_filter_verdict *verdict)
{
	if (verdict->nb_sends == PLX_FILTER_SENDS_MAX) {
		m->stats.sends_lost++;
		return;
	}
	verdict->sends[verdict->nb_sends++] = (struct plx_filter_send){port, bounce};
	m->stats.sends++;
}

/* An exact rule for the packet's flow, as far as the packet says. */
static void
exact_of_flow(const struct rule_flow *flow, struct plx_filter_exact *ret)
{
	struct rule_exact entry = {.key = flow->key, .flags = flow->direction};

	rule_exact_describe(NULL, &entry, ret, NULL);
	ret->bidirectional = false;
}

static bool
find_flow(struct passage *p)
{
	if (!p->has_flow)
		p->has_flow = rule_flow_of_packet(&p->packet, &p->facts, &p->flow);
	return p->has_flow;
}

static void
ask_to_add(struct matcher *m, struct passage *p, const struct plx_filter_rule *rule)
{
	struct plx_filter_exact exact;

	if (!find_flow(p))
		return;
	exact_of_flow(&p->flow, &exact);
	exact.action = rule->add_action;
	exact.port = rule->add_port;
	exact.bidirectional = rule->bidirectional;
	rule_post(m->reader, RULE_POST_ADD, &exact, 0);
}

/* id PLX_FILTER_RULE_NONE: the exact rule of the flow. */
static void
ask_to_delete(struct matcher *m, struct passage *p, uint32_t id)
{
	struct plx_filter_exact exact;

	if (id != PLX_FILTER_RULE_NONE) {
		rule_post(m->reader, RULE_POST_DELETE_WILD, NULL, id);
		return;
	}
	if (!find_flow(p))
		return;
	exact_of_flow(&p->flow, &exact);
	rule_post(m->reader, RULE_POST_DELETE_FLOW, &exact, 0);
}

static uint8_t
default_fate(const struct matcher *m, const struct passage *p)
{
	if (p->said != PLX_FILTER_SAID_NOTHING)
		return p->said == PLX_FILTER_SAID_DROP ? PLX_FILTER_DROPPED : PLX_FILTER_PASSED;
	return m->edition->drop ? PLX_FILTER_UNWANTED : PLX_FILTER_PASSED;
}

static void
execute(struct matcher *m, struct passage *p, const struct rule_plugin *plugin)
{
	enum plx_filter_said said = plugin->ops->handle(plugin->state, whole_packet(p), m->reader);

	if (said != PLX_FILTER_SAID_NOTHING)
		p->said = (uint8_t)said;
}

/* What exact and wildcard rules have in common. True if the action stops: the fate is then known. */
static PLX_ALWAYS_INLINE bool
act(struct matcher *m, struct passage *p, uint8_t action, uint16_t port,
    const struct rule_plugin *plugin, struct plx_filter_verdict *verdict)
{
	switch (action) {
	case PLX_FILTER_DROP:
		verdict->fate = PLX_FILTER_DROPPED;
		return true;
	case PLX_FILTER_EXECUTE_CONTINUE:
		execute(m, p, plugin);
		return false;
	case PLX_FILTER_EXECUTE_STOP:
		execute(m, p, plugin);
		verdict->fate = default_fate(m, p);
		return true;
	case PLX_FILTER_REFLECT_CONTINUE:
	case PLX_FILTER_BOUNCE_CONTINUE:
		send_to(m, port, action == PLX_FILTER_BOUNCE_CONTINUE, verdict);
		return false;
	case PLX_FILTER_REFLECT_STOP:
	case PLX_FILTER_BOUNCE_STOP:
		send_to(m, port, action == PLX_FILTER_BOUNCE_STOP, verdict);
		verdict->fate = PLX_FILTER_SENT;
		return true;
	default:
		verdict->fate = PLX_FILTER_PASSED;
		return true;
	}
}

static bool
meet_exact(struct matcher *m, struct passage *p, struct rule_exact *entry,
	   struct plx_filter_verdict *verdict)
{
	const struct rule_plugin *plugin = NULL;

	add_to(m, &entry->packets, 1);
	add_to(m, &entry->bytes, p->packet.wirelen);
	if (__atomic_load_n(&entry->last, __ATOMIC_RELAXED) != m->tenths)
		__atomic_store_n(&entry->last, m->tenths, __ATOMIC_RELAXED);
	if (entry->action == PLX_FILTER_EXECUTE_CONTINUE ||
	    entry->action == PLX_FILTER_EXECUTE_STOP)
		plugin = m->rules->plugins[entry->port];
	if (entry->action == PLX_FILTER_DELETE_RULE)
		ask_to_delete(m, p, PLX_FILTER_RULE_NONE);
	if (!act(m, p, entry->action, entry->port, plugin, verdict))
		return false;
	verdict->exact = true;
	return true;
}

static PLX_ALWAYS_INLINE bool
meet_wild(struct matcher *m, struct passage *p, struct rule_wild *wild,
	  struct plx_filter_verdict *verdict)
{
	const struct plx_filter_rule *rule = &wild->rule;

	add_to(m, &wild->stats.packets, 1);
	add_to(m, &wild->stats.bytes, p->packet.wirelen);
	__atomic_store_n(&wild->stats.last_ns, m->now_ns, __ATOMIC_RELAXED);
	if (rule->action == PLX_FILTER_ADD_RULE)
		ask_to_add(m, p, rule);
	if (rule->action == PLX_FILTER_DELETE_RULE)
		ask_to_delete(m, p, rule->delete_id);
	if (!act(m, p, rule->action, rule->port, wild->action_plugin, verdict))
		return false;
	verdict->rule = rule->id;
	return true;
}

/* -- wildcard rules ---------------------------------------------------------------------------------- */

/*
 * The rows of what is looked up, one for each dimension that rules ask for, are joined by their first words alone, which are all
 * of a small set's rows. 0: no rule can be met. Addresses are searched only if many rules are left; else each is asked.
 */
#define FEW_LEFT 4

static inline unsigned
look_rows_up(const struct rule_set *set, const struct rule_facts *facts, const uint64_t **rows,
	     uint64_t *ret_first)
{
	uint64_t first = set->families[facts->family][0];
	unsigned n = 0;

	rows[n++] = set->families[facts->family];
	for (unsigned i = set->nb_small; i-- > 0 && first != 0;) {
		const struct rule_dim *dim = &set->dims[set->small[i]];
		uint64_t value = facts->values[set->small[i]];

		rows[n] = dim->rows + (size_t)rule_dim_look_up(dim, value) * set->stride;
		first &= rows[n++][0];
	}
	*ret_first = first;
	return n;
}

static unsigned
search_rows(const struct rule_set *set, const struct rule_facts *facts, const uint64_t **rows)
{
	bool ipv6 = facts->family == RULE_IPV6;
	const struct rule_dim *src = &set->dims[ipv6 ? RULE_DIM_SRC6 : RULE_DIM_SRC4];
	const struct rule_dim *dst = &set->dims[ipv6 ? RULE_DIM_DST6 : RULE_DIM_DST4];
	unsigned n = 0;

	if (facts->family == RULE_NO_IP)
		return 0;
	if (src->n > 1)
		rows[n++] = src->rows + (size_t)rule_dim_find(src, facts->src) * set->stride;
	if (dst->n > 1)
		rows[n++] = dst->rows + (size_t)rule_dim_find(dst, facts->dst) * set->stride;
	return n;
}

static inline bool
addresses_hold(const struct rule_place *place, const struct rule_facts *facts)
{
	return facts->family == RULE_NO_IP ||
	       (facts->src >= place->src[0] && facts->src <= place->src[1] &&
		facts->dst >= place->dst[0] && facts->dst <= place->dst[1]);
}

/* What there is to ask of it beside the facts. A filter reads the bytes alone; the rest needs the packet parsed. */
static inline bool
checks_hold(struct passage *p, const struct rule_place *place)
{
	if (place->checks == 0)
		return true;
	if (place->checks == RULE_CHECK_BPF)
		return plx_filter_match(place->wild->bpf, p->packet.bytes, p->packet.caplen,
					p->packet.wirelen) != 0;
	return rule_place_holds(place, whole_packet(p), &p->facts);
}

/* A rule that goes on must not act twice on a packet that meets it in both directions. */
static PLX_ALWAYS_INLINE bool
meet_places(struct matcher *m, struct passage *p, unsigned word, uint64_t bits,
	    const struct rule_wild **last, struct plx_filter_verdict *verdict)
{
	for (; bits != 0; bits &= bits - 1) {
		const struct rule_place *place =
			&m->edition->set->places[word * 64 + (unsigned)__builtin_ctzll(bits)];

		if (place->wild == *last || !addresses_hold(place, &p->facts) ||
		    !checks_hold(p, place))
			continue;
		*last = place->wild;
		if (meet_wild(m, p, place->wild, verdict))
			return true;
	}
	return false;
}

static bool
meet_rows(struct matcher *m, struct passage *p, const uint64_t **rows, unsigned n, uint64_t first,
	  struct plx_filter_verdict *verdict)
{
	const struct rule_set *set = m->edition->set;
	const struct rule_wild *last = NULL;
	bool searched = false;

	for (unsigned word = 0; word < set->words; word++) {
		uint64_t bits = UINT64_MAX;

		if (set->head > 0 && (first >> word / set->group & 1) == 0)
			continue;
		for (unsigned i = 0; i < n; i++)
			bits &= rows[i][set->head + word];
		if (!searched && __builtin_popcountll(bits) > FEW_LEFT) {
			unsigned known = n;

			searched = true;
			n += search_rows(set, &p->facts, rows + n);
			for (unsigned i = known; i < n; i++)
				bits &= rows[i][set->head + word];
		}
		if (bits != 0 && meet_places(m, p, word, bits, &last, verdict))
			return true;
	}
	return false;
}

/* In a small set the first words are whole rows. */
static inline bool
meet_wildcards(struct matcher *m, struct passage *p, const uint64_t **rows, unsigned n,
	       uint64_t first, struct plx_filter_verdict *verdict)
{
	const struct rule_wild *last = NULL;

	if (m->edition->set->head == 0 && __builtin_popcountll(first) <= FEW_LEFT)
		return meet_places(m, p, 0, first, &last, verdict);
	return meet_rows(m, p, rows, n, first, verdict);
}

/* -- the burst --------------------------------------------------------------------------------------- */

static inline void
begin(struct matcher *m, const struct plx_filter_packet *packet, unsigned i, struct passage *p)
{
	p->packet = *packet;
	p->parsed = &m->reader->parsed[i];
	p->said = PLX_FILTER_SAID_NOTHING;
	p->has_flow = false;
}

static inline void
find_facts(struct passage *p)
{
	if (p->packet.parsed != NULL || !rule_facts_peek(&p->packet, &p->facts))
		rule_facts_make(whole_packet(p), &p->facts);
}

/* One packet in N of those that pass. */
static void
sample(struct matcher *m, struct plx_filter_verdict *verdict)
{
	if (m->edition->sample <= 1 || verdict->fate != PLX_FILTER_PASSED)
		return;
	if (++m->reader->passed >= m->edition->sample)
		m->reader->passed = 0;
	else
		verdict->fate = PLX_FILTER_SAMPLED_OUT;
}

static void
conclude(struct matcher *m, uint32_t wirelen, struct plx_filter_verdict *verdict)
{
	sample(m, verdict);
	m->stats.packets++;
	m->stats.bytes += wirelen;
	m->stats.fates[verdict->fate]++;
}

static void
begin_verdict(struct plx_filter_verdict *verdict)
{
	verdict->nb_sends = 0;
	verdict->exact = false;
	verdict->rule = PLX_FILTER_RULE_NONE;
	verdict->hash = 0;
}

static PLX_ALWAYS_INLINE void
finish_one(struct matcher *m, struct passage *p, bool decided, struct plx_filter_verdict *verdict)
{
	if (!decided)
		verdict->fate = default_fate(m, p);
	if (m->hash_all)
		rule_facts_hash(whole_packet(p), &p->facts);
	if (p->facts.hashed)
		verdict->hash = p->facts.hash;
	conclude(m, p->packet.wirelen, verdict);
}

static void
match_one(struct matcher *m, struct passage *p, uint32_t number, struct plx_filter_verdict *verdict)
{
	const uint64_t *rows[RULE_DIMS + 1];
	bool decided = false;
	uint64_t first;
	unsigned n;

	begin_verdict(verdict);
	if (number != RULE_EXACT_NONE)
		decided = meet_exact(m, p, rule_exact_at(&m->rules->exacts, number), verdict);
	if (!decided) {
		n = look_rows_up(m->edition->set, &p->facts, rows, &first);
		decided = first != 0 && meet_wildcards(m, p, rows, n, first, verdict);
	}
	finish_one(m, p, decided, verdict);
}

/* The table is far away: all packets' places are asked for before the first is looked at, and so are the rules. */
static void
find_exact(const struct matcher *m, struct passage *p, unsigned n, uint32_t *numbers)
{
	const struct rule_table *table = m->view->cur;

	for (unsigned i = 0; i < n; i++)
		if (find_flow(&p[i]))
			plx_prefetch(&table->places[p[i].flow.hash & table->mask]);
	for (unsigned i = 0; i < n; i++) {
		uint64_t place;

		if (!p[i].has_flow)
			continue;
		place = __atomic_load_n(&table->places[p[i].flow.hash & table->mask],
					__ATOMIC_SEQ_CST);
		if ((uint32_t)(place >> 32) == p[i].flow.hash && place != 0 && place != RULE_GONE)
			plx_prefetch(rule_exact_at(&m->rules->exacts, (uint32_t)place - 1));
	}
	for (unsigned i = 0; i < n; i++)
		numbers[i] = p[i].has_flow ? rule_view_find(&m->rules->exacts, m->view, &p[i].flow)
					   : RULE_EXACT_NONE;
}

static void
match_some(struct matcher *m, const struct plx_filter_packet *packets, unsigned n,
	   struct plx_filter_verdict *verdicts)
{
	struct passage passages[RULE_BURST];
	uint32_t numbers[RULE_BURST];

	for (unsigned i = 0; i < n; i++) {
		begin(m, &packets[i], i, &passages[i]);
		find_facts(&passages[i]);
	}
	if (__atomic_load_n(&m->rules->exacts.live, __ATOMIC_ACQUIRE) > 0)
		find_exact(m, passages, n, numbers);
	else
		memset(numbers, 0xff, n * sizeof(*numbers));
	for (unsigned i = 0; i < n; i++)
		match_one(m, &passages[i], numbers[i], &verdicts[i]);
}

static inline void
match_unmet(struct matcher *m, uint8_t fate, uint32_t wirelen, struct plx_filter_verdict *verdict)
{
	begin_verdict(verdict);
	verdict->fate = fate;
	conclude(m, wirelen, verdict);
}

/* Wildcard rules only. Of a packet that no rule takes nothing is asked but its facts. */
static void
match_wild(struct matcher *m, const struct plx_filter_packet *packets, unsigned n,
	   struct plx_filter_verdict *verdicts)
{
	uint8_t fate = m->edition->drop ? PLX_FILTER_UNWANTED : PLX_FILTER_PASSED;
	const struct rule_set *set = m->edition->set;
	const uint64_t *rows[RULE_DIMS + 1];
	struct passage p;

	for (unsigned i = 0; i < n; i++) {
		bool peeked = packets[i].parsed == NULL && rule_facts_peek(&packets[i], &p.facts);
		uint64_t first;
		unsigned nb_rows;

		if (!peeked) {
			begin(m, &packets[i], 0, &p);
			rule_facts_make(whole_packet(&p), &p.facts);
		}
		nb_rows = look_rows_up(set, &p.facts, rows, &first);
		if (first == 0) {
			match_unmet(m, fate, packets[i].wirelen, &verdicts[i]);
			continue;
		}
		if (peeked)
			begin(m, &packets[i], 0, &p);
		begin_verdict(&verdicts[i]);
		finish_one(m, &p, meet_wildcards(m, &p, rows, nb_rows, first, &verdicts[i]),
			   &verdicts[i]);
	}
}

/* Rules that ask for no facts, each for itself then: filters above all. */
static void
match_factless(struct matcher *m, const struct plx_filter_packet *packets, unsigned n,
	       struct plx_filter_verdict *verdicts)
{
	const uint64_t *rows[RULE_DIMS + 1] = {m->edition->set->families[RULE_NO_IP]};
	struct passage p = {.facts.family = RULE_NO_IP};

	for (unsigned i = 0; i < n; i++) {
		begin(m, &packets[i], 0, &p);
		p.facts.hashed = false;
		begin_verdict(&verdicts[i]);
		finish_one(m, &p, meet_wildcards(m, &p, rows, 1, rows[0][0], &verdicts[i]),
			   &verdicts[i]);
	}
}

/* No rules: nothing is looked at. */
static void
match_none(struct matcher *m, const struct plx_filter_packet *packets, unsigned n,
	   struct plx_filter_verdict *verdicts)
{
	uint8_t fate = m->edition->drop ? PLX_FILTER_UNWANTED : PLX_FILTER_PASSED;

	for (unsigned i = 0; i < n; i++)
		match_unmet(m, fate, packets[i].wirelen, &verdicts[i]);
}

static void
flush_stats(struct plx_filter_rules_stats *to, const struct plx_filter_rules_stats *from)
{
	bump(&to->packets, from->packets);
	bump(&to->bytes, from->bytes);
	for (unsigned i = 0; i < PLX_FILTER_FATES; i++)
		bump(&to->fates[i], from->fates[i]);
	bump(&to->sends, from->sends);
	bump(&to->sends_lost, from->sends_lost);
}

void
plx_filter_rules_match_burst(struct plx_filter_rules_reader *reader,
			     const struct plx_filter_packet *packets, unsigned n, uint64_t now_ns,
			     struct plx_filter_verdict *ret_verdicts)
{
	struct plx_filter_rules *rules = reader->rules;
	struct matcher m = {.reader = reader, .rules = rules, .now_ns = now_ns};
	void (*match)(struct matcher * m, const struct plx_filter_packet *packets, unsigned n,
		      struct plx_filter_verdict *verdicts) = match_some;

	__atomic_store_n(&reader->active, __atomic_load_n(&rules->epoch, __ATOMIC_SEQ_CST),
			 __ATOMIC_SEQ_CST);				/* A */
	m.edition = __atomic_load_n(&rules->edition, __ATOMIC_SEQ_CST); /* B */
	m.view = __atomic_load_n(&rules->exacts.view, __ATOMIC_SEQ_CST);
	m.shared = __atomic_load_n(&rules->shared, __ATOMIC_SEQ_CST);
	m.tenths = (uint32_t)((now_ns - rules->born_ns) / RULE_TENTH_NS);
	m.hash_all = rules->want_hash;
	if (!m.hash_all && __atomic_load_n(&rules->exacts.live, __ATOMIC_ACQUIRE) == 0)
		match = m.edition->set->n == 0	   ? match_none
			: m.edition->set->factless ? match_factless
						   : match_wild;
	for (unsigned done = 0; done < n; done += RULE_BURST) {
		unsigned some = n - done < RULE_BURST ? n - done : RULE_BURST;

		match(&m, packets + done, some, ret_verdicts + done);
	}
	flush_stats(&reader->stats, &m.stats);
	__atomic_store_n(&reader->active, 0, __ATOMIC_RELEASE); /* C */
}
