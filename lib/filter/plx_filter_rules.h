/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A set of rules that says of each packet what is to become of it: wildcard rules in the order of their ids, and exact
 * rules, one for each flow, by the hundred thousand. It decides; sending and handing over is the caller's.
 *
 *	a packet --> exact rules (one hash lookup) --> wildcard rules by id --> default policy --> sampling --> verdict
 *
 * The first rule whose action stops decides. An exact rule that continues, and each wildcard rule that does, leaves its
 * mark (a port to send to, a plugin that saw the packet) and lets the next ones decide.
 *
 * Any number of threads match, each with a reader of its own, while others change the rules. A reader takes no lock and
 * waits for nobody: it announces at the beginning of a burst which edition of the rules it works with (one atomic
 * exchange) and takes that back at the end; what a change replaced is freed once no announced edition is that old. A burst
 * sees one edition of the wildcard rules, the old or the new; an exact rule is there or not there for each packet.
 *
 * All rules speak of the outermost headers (layers[0] of plx_net_packet). Integers are in host order, addresses as on
 * the wire. Times are nanoseconds of any clock that does not go back, the same one in all calls.
 * Thread: any, also while packets are matched, unless a function says otherwise. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_FILTER_PLX_FILTER_RULES_H
#define PLX_LIB_FILTER_PLX_FILTER_RULES_H

#include "plx_base.h"
#include "plx_net_parse.h"
#include "plx_net_wire.h"

PLX_BEGIN_DECLS

struct plx_filter_rules;
struct plx_filter_rules_reader;
struct plx_filter_plugin;

#define PLX_FILTER_READERS_MAX	128
#define PLX_FILTER_WILDCARD_MAX 8192
#define PLX_FILTER_EXACT_MAX	(1u << 26)
#define PLX_FILTER_PLUGINS_MAX	64
#define PLX_FILTER_SENDS_MAX	4      /* ports that one packet is sent to */
#define PLX_FILTER_PORT_SAME	0xffff /* the port the packet came from */
#define PLX_FILTER_RULE_NONE	0xffffffffu

/* What a rule does with a packet that meets it. */
enum plx_filter_action {
	PLX_FILTER_FORWARD, /* to the consumer, and stop */
	PLX_FILTER_DROP,    /* not to the consumer, and stop */
	PLX_FILTER_EXECUTE_CONTINUE, /* the plugin's action; its word counts in place of the default policy */
	PLX_FILTER_EXECUTE_STOP, /* the plugin's action; its word counts, else the default policy */
	PLX_FILTER_ADD_RULE, /* to the consumer, an exact rule for its flow is asked for, and stop */
	PLX_FILTER_DELETE_RULE,	     /* to the consumer, a rule is asked to be deleted, and stop */
	PLX_FILTER_REFLECT_STOP,     /* out of a port as it is, not to the consumer */
	PLX_FILTER_REFLECT_CONTINUE, /* out of a port as it is, and on */
	PLX_FILTER_BOUNCE_STOP, /* out of a port with its MAC addresses exchanged, not to the consumer */
	PLX_FILTER_BOUNCE_CONTINUE,
	PLX_FILTER_ACTIONS,
};

/* Conditions of a wildcard rule that count: bits of `has`. */
#define PLX_FILTER_HAS_SRC_MAC	 (1u << 0)
#define PLX_FILTER_HAS_DST_MAC	 (1u << 1)
#define PLX_FILTER_HAS_VLAN	 (1u << 2)
#define PLX_FILTER_HAS_ETHERTYPE (1u << 3)
#define PLX_FILTER_HAS_PROTO	 (1u << 4)
#define PLX_FILTER_HAS_IP	 (1u << 5) /* ip_version */
#define PLX_FILTER_HAS_SRC_IP	 (1u << 6) /* needs HAS_IP, as the next */
#define PLX_FILTER_HAS_DST_IP	 (1u << 7)
#define PLX_FILTER_HAS_SRC_PORT	 (1u << 8)
#define PLX_FILTER_HAS_DST_PORT	 (1u << 9)
#define PLX_FILTER_HAS_PAYLOAD	 (1u << 10)
#define PLX_FILTER_HAS_BALANCE	 (1u << 11)
#define PLX_FILTER_HAS_BPF	 (1u << 12)
#define PLX_FILTER_HAS_PLUGIN	 (1u << 13)
#define PLX_FILTER_HAS_ALL	 ((1u << 14) - 1)

#define PLX_FILTER_PATTERN_MAX 64
#define PLX_FILTER_BPF_MAX     512
#define PLX_FILTER_NAME_MAX    32

/*
 * A wildcard rule. What `has` does not name must not be looked at, and is any value. A rule without conditions meets
 * every packet.
 */
struct plx_filter_rule {
	uint32_t id;  /* the order, and the name; not PLX_FILTER_RULE_NONE */
	uint32_t has; /* PLX_FILTER_HAS_ */
	uint8_t src_mac[PLX_NET_MAC_LEN];
	uint8_t src_mac_mask[PLX_NET_MAC_LEN];
	uint8_t dst_mac[PLX_NET_MAC_LEN];
	uint8_t dst_mac_mask[PLX_NET_MAC_LEN];
	uint16_t vlan;	    /* the outer tag's id; 0: no tag, or a tag for priority only */
	uint16_t ethertype; /* behind the tags */
	uint8_t proto;	    /* behind extension headers */
	uint8_t ip_version; /* 4 or 6 */
	uint8_t src_ip[PLX_NET_IPV6_LEN]; /* IPv4: the first four bytes */
	uint8_t src_ip_mask[PLX_NET_IPV6_LEN];
	uint8_t dst_ip[PLX_NET_IPV6_LEN];
	uint8_t dst_ip_mask[PLX_NET_IPV6_LEN];
	uint16_t src_port[2]; /* first and last of the range; only TCP, UDP and SCTP have ports */
	uint16_t dst_port[2];
	uint8_t pattern[PLX_FILTER_PATTERN_MAX]; /* occurs somewhere behind the transport header */
	uint16_t pattern_len;
	uint16_t balance_id; /* meets packets whose flow hash, modulo the pool, is the id */
	uint16_t balance_pool;
	char bpf[PLX_FILTER_BPF_MAX];	  /* in libpcap's language */
	char plugin[PLX_FILTER_NAME_MAX]; /* the instance whose filter function is asked */

	bool bidirectional; /* also meets packets whose two ends (MAC, IP, port) are exchanged */
	bool locked;	    /* not deleted by actions */

	uint8_t action;				 /* enum plx_filter_action */
	uint16_t port;				 /* reflect, bounce; or PLX_FILTER_PORT_SAME */
	char action_plugin[PLX_FILTER_NAME_MAX]; /* execute */
	uint8_t add_action; /* add rule: what the new rule does: forward, drop, reflect, bounce; both directions if bidirectional */
	uint16_t add_port;
	uint32_t
		delete_id; /* delete rule: a wildcard rule, or PLX_FILTER_RULE_NONE: the exact rule of the flow */
};

/* An exact rule: the six values a packet must have. Only IP has them; ports are 0 where there are none. */
struct plx_filter_exact {
	uint16_t vlan; /* as in plx_filter_rule */
	uint8_t ip_version;
	uint8_t proto;
	uint8_t src_ip[PLX_NET_IPV6_LEN];
	uint8_t dst_ip[PLX_NET_IPV6_LEN];
	uint16_t src_port;
	uint16_t dst_port;
	bool bidirectional;
	bool locked;	/* not purged, not deleted by actions */
	uint8_t action; /* any but ADD_RULE; DELETE_RULE deletes itself: the rule is for one packet */
	uint16_t port;
	char action_plugin[PLX_FILTER_NAME_MAX];
};

/* A packet to match. */
struct plx_filter_packet {
	const uint8_t *bytes; /* from the Ethernet header on */
	const struct plx_net_packet
		*parsed;  /* what plx_net_parse said; NULL: it is asked if a rule needs it */
	uint32_t caplen;  /* bytes that are there */
	uint32_t wirelen; /* what the packet had on the wire; the length that is counted */
};

enum plx_filter_fate {
	PLX_FILTER_PASSED,	/* to the consumer */
	PLX_FILTER_DROPPED,	/* by a rule */
	PLX_FILTER_UNWANTED,	/* no rule decided, and the policy is to drop */
	PLX_FILTER_SENT,	/* a rule sends it out of a port and nowhere else */
	PLX_FILTER_SAMPLED_OUT, /* passed, but is not one of the N-th */
	PLX_FILTER_FATES,
};

struct plx_filter_send {
	uint16_t port; /* or PLX_FILTER_PORT_SAME */
	bool bounce;   /* exchange the MAC addresses first */
};

/* What is to become of a packet. Sends are to be done whatever the fate is. */
struct plx_filter_verdict {
	uint8_t fate; /* enum plx_filter_fate */
	uint8_t nb_sends;
	bool exact;    /* an exact rule decided */
	uint32_t rule; /* id of the wildcard rule that decided; else PLX_FILTER_RULE_NONE */
	uint32_t
		hash; /* plx_net_flow_hash of the packet; 0 if neither rules nor want_hash asked for it */
	struct plx_filter_send sends[PLX_FILTER_SENDS_MAX];
};

struct plx_filter_rules_config {
	uint32_t max_wildcard; /* 0: 4096 */
	uint32_t max_exact;    /* 0: 1,048,576; costs 1 byte in 128 until rules are there */
	uint32_t sample; /* one packet in so many that pass reaches the consumer; 0 and 1: all */
	bool drop;	 /* the default policy is to drop */
	bool want_hash;	 /* verdicts have the flow hash of every packet */
	uint64_t now_ns;
};

/* What a rule has seen. */
struct plx_filter_rule_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t
		last_ns; /* of an exact rule: to a tenth of a second, and its addition if there was no match */
};

/* packets = the sum of fates[], always once no reader is in a burst. */
struct plx_filter_rules_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t fates[PLX_FILTER_FATES];
	uint64_t sends;
	uint64_t sends_lost; /* more than PLX_FILTER_SENDS_MAX for one packet */
	uint64_t posts;	     /* rules that actions asked to add or delete */
	uint64_t posts_lost; /* ... for which a reader's queue had no room */
	uint64_t posts_done; /* ... that plx_filter_rules_service carried out */
	uint64_t
		posts_idle; /* ... that had nothing to do: it is there already, it is gone already, it is locked */
	uint64_t posts_refused; /* ... that could not be: no room */
	uint64_t purged;
	uint32_t wildcard; /* rules that there are */
	uint32_t exact;
	uint32_t readers;
	uint32_t retired;	  /* things that wait for readers to leave an older edition */
	uint64_t wildcard_memory; /* bytes */
	uint64_t exact_memory;
};

/* -- the set ----------------------------------------------------------------------------------------- */

/* config NULL: all zero. -EINVAL, -ENOMEM. Thread: any. Path: slow. */
int plx_filter_rules_create(const struct plx_filter_rules_config *config,
			    struct plx_filter_rules **ret_rules, struct plx_why *why);

/* Frees all, plugins and readers included. NULL is fine. Thread: any, while no other uses the set or a reader. */
void plx_filter_rules_destroy(struct plx_filter_rules *rules);

/* Sums. Thread: any. Path: slow. */
void plx_filter_rules_stats(struct plx_filter_rules *rules, struct plx_filter_rules_stats *ret);

/* Default policy and sampling, from the next burst on. -ENOMEM. Thread: any. Path: slow. */
int plx_filter_rules_set_policy(struct plx_filter_rules *rules, bool drop, uint32_t sample,
				struct plx_why *why);

/* What they are. */
void plx_filter_rules_policy(struct plx_filter_rules *rules, bool *ret_drop, uint32_t *ret_sample);

/* -- matching ---------------------------------------------------------------------------------------- */

/* One for each thread that matches. -ENOSPC: there are PLX_FILTER_READERS_MAX. -ENOMEM. Path: slow. */
int
plx_filter_rules_reader_create(struct plx_filter_rules *rules,
			       struct plx_filter_rules_reader **ret_reader, struct plx_why *why);

/* What its actions posted and was not served yet is served first. NULL is fine. Thread: any, while no other uses this reader, not inside a burst. */
void plx_filter_rules_reader_destroy(struct plx_filter_rules_reader *reader);

/*
 * Says what is to become of n packets. Nothing is allocated, no lock is taken, the kernel is not called. Thread: one at
 * a time for a reader. Path: hot.
 */
void plx_filter_rules_match_burst(struct plx_filter_rules_reader *reader,
				  const struct plx_filter_packet *packets, unsigned n,
				  uint64_t now_ns, struct plx_filter_verdict *ret_verdicts);

/*
 * Asks for an exact rule to be added, or (remove) deleted, from inside a burst; a plugin's action may. It is done by the
 * next plx_filter_rules_service. False, counted in posts_lost, if the reader's queue is full. Thread: the reader's. Path: hot.
 */
bool plx_filter_rules_post(struct plx_filter_rules_reader *reader,
			   const struct plx_filter_exact *exact, bool remove);

/*
 * Carries out what actions asked for and frees what no reader can see any more. To be called from time to time, by any thread
 * outside of a burst; a program with one thread calls it after its bursts. Returns how many requests it took. Path: slow.
 */
unsigned plx_filter_rules_service(struct plx_filter_rules *rules, uint64_t now_ns);

/* -- wildcard rules ---------------------------------------------------------------------------------- */

/*
 * Thread: any, also while packets are matched. Path: slow; each change makes a new edition, so many rules are better
 * replaced at once. On any error the rules are as they were.
 *
 * -EINVAL: a field makes no sense, or the rule contradicts one that has the same conditions and another final action;
 * -EEXIST: the id is taken; -ENOENT: no such plugin; -ENOSPC: max_wildcard; -ENOMEM.
 */
int plx_filter_rules_add(struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
			 struct plx_why *why);

/* -ENOENT if there is no such rule. */
int plx_filter_rules_delete(struct plx_filter_rules *rules, uint32_t id, struct plx_why *why);

/* All wildcard rules at once, in any order. A rule that was there with the same words keeps its counters. */
int plx_filter_rules_replace(struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
			     unsigned n, struct plx_why *why);

/* The rule with the smallest id >= `id`, and its counters; both may be NULL. -ENOENT behind the last. */
int
plx_filter_rules_next(struct plx_filter_rules *rules, uint32_t id, struct plx_filter_rule *ret_rule,
		      struct plx_filter_rule_stats *ret_stats);

/* Checks a rule by itself. 0 or -EINVAL. Thread: any. Path: slow. */
int plx_filter_rule_check(const struct plx_filter_rule *rule, struct plx_why *why);

/* -- exact rules ------------------------------------------------------------------------------------- */

/*
 * Thread: any, also while packets are matched. Path: slow, though a million a second. The table grows a few places
 * with each addition, so that none takes long.
 *
 * -EINVAL; -EEXIST: there is a rule for these packets, or for one direction of them; -ENOENT: no such plugin; -ENOSPC: max_exact,
 * or a thousand rules with one hash; -ENOMEM.
 */
int plx_filter_rules_exact_add(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
			       uint64_t now_ns, struct plx_why *why);

/* The rule with the same six values and the same bidirectional. -ENOENT. */
int plx_filter_rules_exact_delete(struct plx_filter_rules *rules,
				  const struct plx_filter_exact *exact, struct plx_why *why);

/* The rule that meets packets with the six values of `exact`. -ENOENT. */
int
plx_filter_rules_exact_find(struct plx_filter_rules *rules, const struct plx_filter_exact *exact,
			    struct plx_filter_exact *ret_exact,
			    struct plx_filter_rule_stats *ret_stats);

/* Walks all: *cursor begins with 0. -ENOENT behind the last. Rules that come meanwhile may be missed. */
int plx_filter_rules_exact_next(struct plx_filter_rules *rules, uint32_t *cursor,
				struct plx_filter_exact *ret_exact,
				struct plx_filter_rule_stats *ret_stats);

/* Checks an exact rule by itself. 0 or -EINVAL. Thread: any. Path: slow. */
int plx_filter_exact_check(const struct plx_filter_exact *exact, struct plx_why *why);

/*
 * Deletes exact rules that are not locked and met no packet for idle_ns, and lets plugins forget what is as old. Looks at
 * `budget` rules at most (0: all) and goes on there next time. Returns how many it deleted.
 */
unsigned plx_filter_rules_purge(struct plx_filter_rules *rules, uint64_t now_ns, uint64_t idle_ns,
				unsigned budget);

/* -- plugins ----------------------------------------------------------------------------------------- */

/*
 * Loads a shared object (plx_filter_plugin.h) and makes an instance of it for rules to use under `name` (NULL: the
 * plugin's own name). args may be NULL. -ENOENT: no such file; -ENOEXEC: the linker's words; -EINVAL: no plugin or
 * one of another version; -EEXIST: the name is taken; -ENOSPC; what its create function returned. Path: slow.
 */
int plx_filter_rules_plugin_load(struct plx_filter_rules *rules, const char *path, const char *name,
				 const char *args, struct plx_why *why);

/* The same for a plugin that is part of the program and outlives the set. */
int
plx_filter_rules_plugin_add(struct plx_filter_rules *rules, const struct plx_filter_plugin *plugin,
			    const char *name, const char *args, struct plx_why *why);

/* Waits until no reader is inside. -ENOENT; -EBUSY: rules use it. Not from inside a burst. */
int plx_filter_rules_plugin_unload(struct plx_filter_rules *rules, const char *name,
				   struct plx_why *why);

/* What the plugin says of itself; the length, as snprintf, or -ENOENT. */
int plx_filter_rules_plugin_stats(struct plx_filter_rules *rules, const char *name, char *buf,
				  size_t size);

/* -- text -------------------------------------------------------------------------------------------- */

enum plx_filter_line_kind {
	PLX_FILTER_LINE_EMPTY, /* blank, or a comment: # to the end */
	PLX_FILTER_LINE_RULE,
	PLX_FILTER_LINE_EXACT,
	PLX_FILTER_LINE_POLICY,
	PLX_FILTER_LINE_SAMPLE,
};

/* One line of a file of rules. */
struct plx_filter_line {
	enum plx_filter_line_kind kind;
	union {
		struct plx_filter_rule rule;
		struct plx_filter_exact exact;
		bool drop;
		uint32_t sample;
	};
};

/*
 *	10 drop proto tcp src 10.0.0.0/8 dport 80-89 bidirectional
 *	20 reflect 1 vlan 5 payload "GET \x20" balance 0/4
 *	30 add-rule drop proto udp bpf "udp[8] = 1"
 *	exact forward proto tcp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 80
 *	policy drop
 *	sample 10
 *
 * docs/guides/filter-rules.md has all words. -EINVAL: *ret_column (may be NULL), from 1, is where the text is wrong, and why
 * says so too. Ends at a NUL or a line feed. Thread: any. Path: slow.
 */
int plx_filter_line_parse(const char *text, struct plx_filter_line *ret, unsigned *ret_column,
			  struct plx_why *why);

/* Any line, in a form that plx_filter_line_parse takes. The length, as snprintf. */
int plx_filter_line_format(const struct plx_filter_line *line, char *buf, size_t size);

#define PLX_FILTER_LINE_TEXT 2048 /* holds any line */

/*
 * Makes the rules what a whole text says: wildcard rules, policy and sampling in one step, exact rules of the text before
 * and those that the text before had and this one has not after it. Exact rules from elsewhere stay. On an error, which names
 * line and column, nothing has changed. What plx_filter_rules_add and exact_add return. Thread: any. Path: slow.
 */
int plx_filter_rules_load_text(struct plx_filter_rules *rules, const char *text, uint64_t now_ns,
			       struct plx_why *why);

PLX_END_DECLS

#endif
