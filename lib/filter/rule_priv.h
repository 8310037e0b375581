/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of a set of rules. What readers see hangs on two pointers: the edition (wildcard rules, policy) and the view of
 * the table of exact rules. Writers hold the lock.
 *
 *	reader	(A) active = epoch	(B) read edition, view, places	... burst ...	(C) active = 0, release
 *	writer	(D) put the new in	(E) epoch += 1, the old is of that number
 *		(F) free the old once every reader's active is 0 or not less than its number, acquire
 *
 * A, B, D, E and F are sequentially consistent. A reader whose active is less than the number read the epoch before E; if F
 * does not see it, its A comes behind F, so its B comes behind D. C pairs with F: what a reader did is over.
 */
#ifndef PLX_LIB_FILTER_RULE_PRIV_H
#define PLX_LIB_FILTER_RULE_PRIV_H

#include "plx_filter.h"
#include "plx_filter_plugin.h"
#include "plx_filter_rules.h"

#include <pthread.h>

#define RULE_TENTH_NS 100000000ull
#define RULE_BURST    32  /* packets that are looked at together */
#define RULE_POSTS    256 /* of a reader; a power of two */

/* -- plugins ----------------------------------------------------------------------------------------- */

struct rule_plugin {
	const struct plx_filter_plugin *ops;
	void *state;
	void *object;	/* of dlopen; NULL for one that is part of the program */
	unsigned users; /* rules that name it */
	char name[PLX_FILTER_NAME_MAX];
};

/* -- wildcard rules ---------------------------------------------------------------------------------- */

/* Everything but the counters never changes while readers may see it. */
struct rule_wild {
	struct plx_filter_rule rule;
	struct plx_filter *bpf;
	struct rule_plugin *plugin;
	struct rule_plugin *action_plugin;
	struct plx_filter_rule_stats stats;
};

/* The values of a packet that rules are classified by. */
enum rule_dim_id {
	RULE_DIM_VLAN,
	RULE_DIM_ETHERTYPE,
	RULE_DIM_PROTO,
	RULE_DIM_SRC_PORT,
	RULE_DIM_DST_PORT,
	RULE_DIM_SRC4,
	RULE_DIM_DST4,
	RULE_DIM_SRC6, /* the upper half of the address */
	RULE_DIM_DST6,
	RULE_DIMS,
};

enum rule_family { RULE_NO_IP, RULE_IPV4, RULE_IPV6, RULE_FAMILIES };

/* No value of that kind: more than any value can be. */
#define RULE_NO_ETHERTYPE 0x10000
#define RULE_NO_PROTO	  0x100
#define RULE_NO_PORT	  0x10000

struct rule_facts {
	uint64_t values[RULE_DIM_DST_PORT + 1];
	uint64_t src; /* of the address, what the family's dimension takes */
	uint64_t dst;
	enum rule_family family;
	uint32_t l3_off; /* of the IP header, if there is one */
	uint32_t hash;	 /* of the flow, if hashed */
	bool hashed;
};

/* Of a value up to 0x10000, the interval is where its upper byte begins and as many steps on as its lower byte says. */
struct rule_pages {
	uint32_t first[257];
	uint16_t page[257]; /* 0: no interval begins inside */
	uint8_t steps[][256];
};

/*
 * Intervals of values; interval i goes from bounds[i] to the next; the row at rows[i * stride] has a bit for each rule that takes it.
 * Rows of several words begin with a summary, in which a bit stands for `group` words: 0 if all of them are.
 */
struct rule_dim {
	uint32_t n;
	uint64_t *bounds;
	uint64_t *rows;
	struct rule_pages *pages; /* of dimensions up to RULE_DIM_DST_PORT */
};

#define RULE_CHECK_MAC	   (1u << 0)
#define RULE_CHECK_IP	   (1u << 1)
#define RULE_CHECK_PAYLOAD (1u << 2)
#define RULE_CHECK_BALANCE (1u << 3)
#define RULE_CHECK_BPF	   (1u << 4)
#define RULE_CHECK_PLUGIN  (1u << 5)

/* A rule in one of its directions. */
struct rule_place {
	struct rule_wild *wild;
	uint64_t src[2]; /* of the address as dimensions have it: from and to */
	uint64_t dst[2];
	uint16_t checks; /* what the dimensions do not say */
	bool reversed;
};

/* Wildcard rules made ready: built, then never changed. */
struct rule_set {
	unsigned nb_wild;
	unsigned n; /* places; a bidirectional rule has two */
	unsigned words;
	unsigned head; /* words of the summary before those of a row: 0 or 1 */
	unsigned stride;
	unsigned group;
	struct rule_wild *
		*wild; /* by id; owned by the edition's successor or the writer, not by the set */
	struct rule_place *places;
	uint64_t *families[RULE_FAMILIES];
	struct rule_dim dims[RULE_DIMS];
	unsigned nb_small; /* dimensions with pages that rules ask for, and which */
	enum rule_dim_id small[RULE_DIM_DST_PORT + 1];
	bool factless; /* no rule needs a packet's facts */
	size_t bytes;
};

/* -ENOMEM. Takes over `wild`, an array of malloc, on success. */
int rule_set_create(struct rule_wild **wild, unsigned n, struct rule_set **ret_set);
void rule_set_destroy(struct rule_set *set);

/* The number of leading ones of a mask, or -1 if ones follow zeroes. */
int rule_mask_length(const uint8_t *mask, unsigned bytes);

/* The interval that a value lies in. */
static inline uint32_t
rule_dim_find(const struct rule_dim *dim, uint64_t value)
{
	const uint64_t *bounds = dim->bounds;
	uint32_t base = 0;

	for (uint32_t n = dim->n; n > 1; n -= n / 2)
		base += bounds[base + n / 2] <= value ? n / 2 : 0;
	return base;
}

/* The same without a search, where there are pages. */
static inline uint32_t
rule_dim_look_up(const struct rule_dim *dim, uint64_t value)
{
	const struct rule_pages *pages = dim->pages;
	unsigned upper = (unsigned)(value >> 8);

	return pages->first[upper] + pages->steps[pages->page[upper]][value & 0xff];
}

/* True if the rest of a place's conditions hold. */
bool rule_place_holds(const struct rule_place *place, const struct plx_filter_packet *packet,
		      struct rule_facts *facts);

/*
 * The same as rule_facts_make() without a parsed packet, for TCP and UDP over IP with nothing before, between or wrong. False, and
 * nothing said, of all other frames.
 */
bool rule_facts_peek(const struct plx_filter_packet *packet, struct rule_facts *ret);
void rule_facts_make(const struct plx_filter_packet *packet, struct rule_facts *ret);
uint32_t rule_facts_hash(const struct plx_filter_packet *packet, struct rule_facts *facts);

/* What a reader works with during a burst. */
struct rule_edition {
	struct rule_set *set;
	uint32_t sample;
	bool drop;
};

/* -- exact rules ------------------------------------------------------------------------------------- */

/* The two ends in order, so that both directions have one key. */
struct rule_key {
	uint64_t a[2];
	uint64_t b[2];
	uint16_t a_port;
	uint16_t b_port;
	uint16_t vlan;
	uint8_t proto;
	uint8_t version;
};

#define RULE_EXACT_A_TO_B 0x01u
#define RULE_EXACT_B_TO_A 0x02u
#define RULE_EXACT_BOTH	  0x03u
#define RULE_EXACT_LOCKED 0x04u
#define RULE_EXACT_TEXT	  0x08u /* of the text that was loaded last */

struct rule_exact {
	struct rule_key key;
	uint8_t action;
	uint8_t flags;
	uint16_t port; /* of execute: the plugin's number */
	uint32_t last; /* in tenths of a second since the set was created */
	uint64_t packets;
	uint64_t bytes;
} PLX_CACHE_ALIGNED;
PLX_STATIC_ASSERT(sizeof(struct rule_exact) == PLX_CACHE_LINE, "a match touches one line");

#define RULE_CHUNK 1024

enum rule_exact_state { RULE_EXACT_FREE, RULE_EXACT_LIVE, RULE_EXACT_DYING };

struct rule_exact_chunk {
	struct rule_exact exact[RULE_CHUNK];
	uint8_t state[RULE_CHUNK]; /* of the writer */
};

/* Places with the hash above and the number + 1 below; 0 has never been used, RULE_GONE was. */
#define RULE_GONE 0xffffffffull

struct rule_table {
	uint32_t mask;
	uint32_t used; /* places that are not 0 */
	uint64_t places[];
};

/* While the table grows, what is not in `cur` yet is in `old`. */
struct rule_view {
	struct rule_table *cur;
	struct rule_table *old;
};

struct rule_exacts {
	struct rule_view *view; /* readers too */
	uint32_t live;		/* readers too */
	uint32_t max;
	uint32_t moved; /* places of old that were copied */
	uint32_t nb_chunks;
	uint32_t made; /* numbers that were ever given */
	uint32_t nb_free;
	uint32_t purge_at;
	uint32_t *free; /* a stack of numbers */
	uint32_t free_room;
	struct rule_exact_chunk **chunks;
};

struct rule_flow {
	struct rule_key key;
	uint32_t hash;
	uint8_t direction; /* RULE_EXACT_A_TO_B, B_TO_A, or both if the ends are equal */
};

/* False if the packet is no IP. */
bool rule_flow_of_packet(const struct plx_filter_packet *packet, const struct rule_facts *facts,
			 struct rule_flow *ret);
void rule_flow_of_exact(const struct plx_filter_exact *exact, struct rule_flow *ret);

static inline struct rule_exact *
rule_exact_at(const struct rule_exacts *exacts, uint32_t number)
{
	return &exacts->chunks[number / RULE_CHUNK]->exact[number % RULE_CHUNK];
}

#define RULE_EXACT_NONE 0xffffffffu

/* The number of the rule for packets like this, or RULE_EXACT_NONE. Readers and writers. */
uint32_t rule_view_find(const struct rule_exacts *exacts, const struct rule_view *view,
			const struct rule_flow *flow);

int rule_exacts_init(struct rule_exacts *exacts, uint32_t max);
void rule_exacts_fini(struct rule_exacts *exacts);
size_t rule_exacts_bytes(const struct rule_exacts *exacts);

/* -- the set ----------------------------------------------------------------------------------------- */

enum rule_retired_kind {
	RULE_RETIRED_EDITION,
	RULE_RETIRED_SET,
	RULE_RETIRED_WILD,
	RULE_RETIRED_EXACT,
	RULE_RETIRED_TABLE,
	RULE_RETIRED_VIEW,
};

struct rule_retired {
	uint64_t epoch;
	enum rule_retired_kind kind;
	uint32_t number;
	void *object;
};

/* First in, first out. */
struct rule_retirement {
	struct rule_retired *items;
	size_t first;
	size_t n;
	size_t room; /* a power of two or 0 */
};

enum rule_post_kind { RULE_POST_ADD, RULE_POST_DELETE_FLOW, RULE_POST_DELETE_WILD };

struct rule_post {
	enum rule_post_kind kind;
	uint32_t id;
	struct plx_filter_exact exact;
};

struct plx_filter_rules_reader {
	uint64_t active PLX_CACHE_ALIGNED; /* the epoch, while in a burst */
	uint32_t passed;		   /* of the sample that is being counted */
	struct plx_filter_rules *rules;
	struct plx_filter_rules_stats stats;  /* only what packets count */
	uint32_t post_head PLX_CACHE_ALIGNED; /* written by the reader */
	uint32_t post_tail PLX_CACHE_ALIGNED; /* written under the lock */
	struct rule_post posts[RULE_POSTS];
	struct plx_net_packet parsed[RULE_BURST];
};

/* Thread: the reader's. False, and counted, if its queue is full. */
bool rule_post(struct plx_filter_rules_reader *reader, enum rule_post_kind kind,
	       const struct plx_filter_exact *exact, uint32_t id);

struct plx_filter_rules {
	struct rule_edition *edition PLX_CACHE_ALIGNED; /* readers */
	uint64_t epoch;
	uint64_t born_ns;
	bool shared; /* more than one reader counts */
	bool want_hash;
	struct rule_exacts exacts;
	struct rule_plugin *plugins[PLX_FILTER_PLUGINS_MAX];

	pthread_mutex_t lock PLX_CACHE_ALIGNED;
	uint32_t max_wildcard;
	uint64_t served_ns; /* the time of the last call that told it */
	unsigned nb_readers;
	struct plx_filter_rules_reader *readers[PLX_FILTER_READERS_MAX];
	struct rule_retirement retirement;
	struct plx_filter_rules_stats past; /* of readers that left, and what writers count */
};

/* All of these: the lock is held. */

/* To be freed when no reader can see it; waits for that if there is no memory to remember it. */
void rule_retire(struct plx_filter_rules *rules, enum rule_retired_kind kind, void *object,
		 uint32_t number);
void rule_reclaim(struct plx_filter_rules *rules);
/* Returns when what readers could see before cannot be seen any more. */
void rule_wait_for_readers(struct plx_filter_rules *rules);
void rule_retirement_fini(struct plx_filter_rules *rules);
/* Does what a reader's actions asked for; returns how many requests it took. */
unsigned rule_serve_reader(struct plx_filter_rules *rules, struct plx_filter_rules_reader *reader,
			   uint64_t now_ns);

int rule_wild_create(const struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
		     struct rule_wild **ret_wild, struct plx_why *why);
void rule_wild_destroy(struct rule_wild *wild);
/* NULL if there is none. */
struct rule_plugin *
rule_plugin_find(const struct plx_filter_rules *rules, const char *name, unsigned *ret_number);
void rule_plugin_destroy(struct rule_plugin *plugin);

int rule_exact_add(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
		   uint8_t more_flags, uint64_t now_ns, struct plx_why *why);
/* Takes the rule out of the table and retires it. */
void rule_exact_remove(struct plx_filter_rules *rules, uint32_t number);
void
rule_exact_describe(const struct plx_filter_rules *rules, const struct rule_exact *entry,
		    struct plx_filter_exact *ret_exact, struct plx_filter_rule_stats *ret_stats);
/* The rule that meets a packet which `exact` would meet, or RULE_EXACT_NONE. */
uint32_t
rule_exact_overlap(const struct plx_filter_rules *rules, const struct plx_filter_exact *exact);
/* A rule for the flow of another, which it takes the place of when swapped in; else it is to be abandoned. */
int rule_exact_substitute(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
			  uint8_t more_flags, uint64_t now_ns, uint32_t *ret_number,
			  struct plx_why *why);
void rule_exact_swap(struct plx_filter_rules *rules, uint32_t before, uint32_t after);
void rule_exact_abandon(struct plx_filter_rules *rules, uint32_t number);
/* The number is to be had again. */
void rule_exact_forget(struct plx_filter_rules *rules, uint32_t number);
/* The next number >= from that is in use, or RULE_EXACT_NONE. */
uint32_t rule_exact_next(const struct rule_exacts *exacts, uint32_t from);

int rule_wild_delete(struct plx_filter_rules *rules, uint32_t id, struct plx_why *why);
struct rule_wild *rule_wild_find(const struct plx_filter_rules *rules, uint32_t id);

/* A change of the wildcard rules that is complete but not seen yet: prepared, then committed or dropped. */
struct rule_change {
	struct rule_edition *edition;
	bool new_set;
};
int rule_change_replace(struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
			unsigned n, struct rule_change *ret, struct plx_why *why);
void rule_change_commit(struct plx_filter_rules *rules, struct rule_change *change);
void rule_change_drop(struct plx_filter_rules *rules, struct rule_change *change);

/* The conditions of two rules are the same. */
bool rule_same_conditions(const struct plx_filter_rule *a, const struct plx_filter_rule *b);
/* -EINVAL if they contradict; `a` comes before `b`. */
int rule_check_pair(const struct plx_filter_rule *a, const struct plx_filter_rule *b,
		    struct plx_why *why);
/* The same of all pairs of many. */
int rule_check_contradictions(struct rule_wild *const *wild, unsigned n, struct plx_why *why);
bool rule_is_final(uint8_t action);
extern const char *const rule_action_names[PLX_FILTER_ACTIONS];

#endif
