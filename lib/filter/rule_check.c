/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that make no sense by themselves, and rules that contradict each other. */
#include "rule_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const rule_action_names[PLX_FILTER_ACTIONS] = {
	"forward",     "drop",	  "execute-continue", "execute", "add-rule",
	"delete-rule", "reflect", "reflect-continue", "bounce",	 "bounce-continue",
};

bool
rule_is_final(uint8_t action)
{
	return action != PLX_FILTER_EXECUTE_CONTINUE && action != PLX_FILTER_REFLECT_CONTINUE &&
	       action != PLX_FILTER_BOUNCE_CONTINUE;
}

static bool
outside_mask(const uint8_t *value, const uint8_t *mask, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((value[i] & ~mask[i]) != 0)
			return true;
	return false;
}

static int
check_address(uint32_t has, uint32_t bit, const uint8_t *value, const uint8_t *mask, unsigned n,
	      const char *what, struct plx_why *why)
{
	if (!(has & bit) || !outside_mask(value, mask, n))
		return 0;
	return plx_why(why, -EINVAL,
		       "%s has bits outside its mask: no packet can meet it; clear them, or use a "
		       "longer mask",
		       what);
}

static int
check_addresses(const struct plx_filter_rule *rule, struct plx_why *why)
{
	unsigned ip_len = rule->ip_version == 6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN;
	int err;

	err = check_address(rule->has, PLX_FILTER_HAS_SRC_MAC, rule->src_mac, rule->src_mac_mask,
			    PLX_NET_MAC_LEN, "the source MAC address", why);
	if (err == 0)
		err = check_address(rule->has, PLX_FILTER_HAS_DST_MAC, rule->dst_mac,
				    rule->dst_mac_mask, PLX_NET_MAC_LEN,
				    "the destination MAC address", why);
	if (err == 0)
		err = check_address(rule->has, PLX_FILTER_HAS_SRC_IP, rule->src_ip,
				    rule->src_ip_mask, ip_len, "the source address", why);
	if (err == 0)
		err = check_address(rule->has, PLX_FILTER_HAS_DST_IP, rule->dst_ip,
				    rule->dst_ip_mask, ip_len, "the destination address", why);
	return err;
}

static int
check_range(uint32_t has, uint32_t bit, const uint16_t range[2], const char *what,
	    struct plx_why *why)
{
	if (!(has & bit) || range[0] <= range[1])
		return 0;
	return plx_why(why, -EINVAL, "the range of %s ports %u-%u is empty", what, range[0],
		       range[1]);
}

/* True if the text ends inside its array and is not empty. */
static bool
is_text(const char *text, size_t size)
{
	return text[0] != '\0' && memchr(text, '\0', size) != NULL;
}

static int
check_values(const struct plx_filter_rule *rule, struct plx_why *why)
{
	uint32_t ips = PLX_FILTER_HAS_SRC_IP | PLX_FILTER_HAS_DST_IP;
	int err;

	if (rule->has & ~PLX_FILTER_HAS_ALL)
		return plx_why(why, -EINVAL, "unknown conditions 0x%x",
			       rule->has & ~PLX_FILTER_HAS_ALL);
	if ((rule->has & ips) && !(rule->has & PLX_FILTER_HAS_IP))
		return plx_why(why, -EINVAL, "it has an address and no IP version");
	if ((rule->has & PLX_FILTER_HAS_IP) && rule->ip_version != 4 && rule->ip_version != 6)
		return plx_why(why, -EINVAL, "IP version %u: 4 and 6 are known", rule->ip_version);
	if ((rule->has & PLX_FILTER_HAS_VLAN) && rule->vlan > PLX_NET_VLAN_ID_MASK)
		return plx_why(why, -EINVAL, "VLAN %u is not in 0 .. 4095", rule->vlan);
	err = check_range(rule->has, PLX_FILTER_HAS_SRC_PORT, rule->src_port, "source", why);
	if (err == 0)
		err = check_range(rule->has, PLX_FILTER_HAS_DST_PORT, rule->dst_port, "destination",
				  why);
	return err != 0 ? err : check_addresses(rule, why);
}

static int
check_contents(const struct plx_filter_rule *rule, struct plx_why *why)
{
	if ((rule->has & PLX_FILTER_HAS_PAYLOAD) &&
	    (rule->pattern_len == 0 || rule->pattern_len > PLX_FILTER_PATTERN_MAX))
		return plx_why(why, -EINVAL, "a payload pattern of %u bytes, 1 .. %d can be",
			       rule->pattern_len, PLX_FILTER_PATTERN_MAX);
	if ((rule->has & PLX_FILTER_HAS_BALANCE) && rule->balance_pool == 0)
		return plx_why(why, -EINVAL, "a balance pool of 0");
	if ((rule->has & PLX_FILTER_HAS_BALANCE) && rule->balance_id >= rule->balance_pool)
		return plx_why(why, -EINVAL, "balance id %u is not in a pool of %u (0 .. %u)",
			       rule->balance_id, rule->balance_pool, rule->balance_pool - 1);
	if ((rule->has & PLX_FILTER_HAS_BPF) && !is_text(rule->bpf, sizeof(rule->bpf)))
		return plx_why(why, -EINVAL, "the BPF expression is empty or longer than %d",
			       PLX_FILTER_BPF_MAX - 1);
	if ((rule->has & PLX_FILTER_HAS_PLUGIN) && !is_text(rule->plugin, sizeof(rule->plugin)))
		return plx_why(why, -EINVAL, "the plugin has no name, or one longer than %d",
			       PLX_FILTER_NAME_MAX - 1);
	return 0;
}

/* `name` is of the array that execute takes. */
static int
check_action(uint8_t action, const char *name, struct plx_why *why)
{
	if (action >= PLX_FILTER_ACTIONS)
		return plx_why(why, -EINVAL, "unknown action %u", action);
	if ((action == PLX_FILTER_EXECUTE_CONTINUE || action == PLX_FILTER_EXECUTE_STOP) &&
	    !is_text(name, PLX_FILTER_NAME_MAX))
		return plx_why(why, -EINVAL, "%s needs the name of a plugin",
			       rule_action_names[action]);
	return 0;
}

/* What the rule of a flow can do that add-rule makes. */
static bool
can_be_added(uint8_t action)
{
	return action == PLX_FILTER_FORWARD || action == PLX_FILTER_DROP ||
	       (action >= PLX_FILTER_REFLECT_STOP && action < PLX_FILTER_ACTIONS);
}

int
plx_filter_rule_check(const struct plx_filter_rule *rule, struct plx_why *why)
{
	int err;

	if (rule->id == PLX_FILTER_RULE_NONE)
		return plx_why(why, -EINVAL, "id %u is not one", rule->id);
	err = check_values(rule, why);
	if (err == 0)
		err = check_contents(rule, why);
	if (err == 0)
		err = check_action(rule->action, rule->action_plugin, why);
	if (err == 0 && rule->action == PLX_FILTER_ADD_RULE && !can_be_added(rule->add_action))
		err = plx_why(why, -EINVAL,
			      "add-rule can add rules that forward, drop, reflect or bounce");
	return err == 0 ? 0 : plx_why_prefix(why, err, "rule %u: ", rule->id);
}

int
plx_filter_exact_check(const struct plx_filter_exact *exact, struct plx_why *why)
{
	if (exact->ip_version != 4 && exact->ip_version != 6)
		return plx_why(why, -EINVAL, "exact rule: IP version %u: 4 and 6 are known",
			       exact->ip_version);
	if (exact->vlan > PLX_NET_VLAN_ID_MASK)
		return plx_why(why, -EINVAL, "exact rule: VLAN %u is not in 0 .. 4095",
			       exact->vlan);
	if (exact->action == PLX_FILTER_ADD_RULE)
		return plx_why(why, -EINVAL, "exact rule: add-rule is for wildcard rules");
	if (check_action(exact->action, exact->action_plugin, why) != 0)
		return plx_why_prefix(why, -EINVAL, "exact rule: ");
	return 0;
}

/* -- two rules --------------------------------------------------------------------------------------- */

static bool
same_bytes(uint32_t has, uint32_t bit, const void *a, const void *b, size_t n)
{
	return !(has & bit) || memcmp(a, b, n) == 0;
}

static bool
same_text(uint32_t has, uint32_t bit, const char *a, const char *b)
{
	return !(has & bit) || strcmp(a, b) == 0;
}

static bool
same_ends(const struct plx_filter_rule *a, const struct plx_filter_rule *b)
{
	unsigned ip_len = a->ip_version == 6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN;
	uint32_t has = a->has;

	return same_bytes(has, PLX_FILTER_HAS_SRC_MAC, a->src_mac, b->src_mac, 6) &&
	       same_bytes(has, PLX_FILTER_HAS_SRC_MAC, a->src_mac_mask, b->src_mac_mask, 6) &&
	       same_bytes(has, PLX_FILTER_HAS_DST_MAC, a->dst_mac, b->dst_mac, 6) &&
	       same_bytes(has, PLX_FILTER_HAS_DST_MAC, a->dst_mac_mask, b->dst_mac_mask, 6) &&
	       same_bytes(has, PLX_FILTER_HAS_SRC_IP, a->src_ip, b->src_ip, ip_len) &&
	       same_bytes(has, PLX_FILTER_HAS_SRC_IP, a->src_ip_mask, b->src_ip_mask, ip_len) &&
	       same_bytes(has, PLX_FILTER_HAS_DST_IP, a->dst_ip, b->dst_ip, ip_len) &&
	       same_bytes(has, PLX_FILTER_HAS_DST_IP, a->dst_ip_mask, b->dst_ip_mask, ip_len) &&
	       same_bytes(has, PLX_FILTER_HAS_SRC_PORT, a->src_port, b->src_port, 4) &&
	       same_bytes(has, PLX_FILTER_HAS_DST_PORT, a->dst_port, b->dst_port, 4);
}

bool
rule_same_conditions(const struct plx_filter_rule *a, const struct plx_filter_rule *b)
{
	uint32_t has = a->has;

	return has == b->has && a->bidirectional == b->bidirectional &&
	       same_bytes(has, PLX_FILTER_HAS_IP, &a->ip_version, &b->ip_version, 1) &&
	       same_ends(a, b) && same_bytes(has, PLX_FILTER_HAS_VLAN, &a->vlan, &b->vlan, 2) &&
	       same_bytes(has, PLX_FILTER_HAS_ETHERTYPE, &a->ethertype, &b->ethertype, 2) &&
	       same_bytes(has, PLX_FILTER_HAS_PROTO, &a->proto, &b->proto, 1) &&
	       (!(has & PLX_FILTER_HAS_PAYLOAD) ||
		(a->pattern_len == b->pattern_len &&
		 memcmp(a->pattern, b->pattern, a->pattern_len) == 0)) &&
	       same_bytes(has, PLX_FILTER_HAS_BALANCE, &a->balance_id, &b->balance_id, 2) &&
	       same_bytes(has, PLX_FILTER_HAS_BALANCE, &a->balance_pool, &b->balance_pool, 2) &&
	       same_text(has, PLX_FILTER_HAS_BPF, a->bpf, b->bpf) &&
	       same_text(has, PLX_FILTER_HAS_PLUGIN, a->plugin, b->plugin);
}

int
rule_check_pair(const struct plx_filter_rule *a, const struct plx_filter_rule *b,
		struct plx_why *why)
{
	if (!rule_is_final(a->action) || !rule_is_final(b->action) || a->action == b->action ||
	    !rule_same_conditions(a, b))
		return 0;
	return plx_why(why, -EINVAL,
		       "rule %u (%s) and rule %u (%s) contradict: they have the same conditions",
		       a->id, rule_action_names[a->action], b->id, rule_action_names[b->action]);
}

/* What a rule is sorted by to find others with the same conditions. */
static uint64_t
conditions_hash(const struct plx_filter_rule *rule)
{
	uint64_t hash = rule->has;
	uint64_t words[] = {
		rule->has & PLX_FILTER_HAS_PROTO ? rule->proto : 0,
		rule->has & PLX_FILTER_HAS_VLAN ? rule->vlan : 0,
		rule->has & PLX_FILTER_HAS_SRC_PORT ? rule->src_port[0] : 0,
		rule->has & PLX_FILTER_HAS_DST_PORT ? rule->dst_port[0] : 0,
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(words); i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
	for (unsigned i = 0; i < PLX_NET_IPV6_LEN; i++) {
		hash ^= rule->has & PLX_FILTER_HAS_SRC_IP ? rule->src_ip[i] : 0;
		hash ^= rule->has & PLX_FILTER_HAS_DST_IP ? rule->dst_ip[i] << 8 : 0;
		hash *= 0x9e3779b97f4a7c15ull;
	}
	return hash;
}

struct hashed_rule {
	uint64_t hash;
	const struct plx_filter_rule *rule;
};

static int
by_hash(const void *a, const void *b)
{
	const struct hashed_rule *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->rule->id < y->rule->id ? -1 : x->rule->id > y->rule->id;
}

int
rule_check_contradictions(struct rule_wild *const *wild, unsigned n, struct plx_why *why)
{
	struct hashed_rule *sorted = malloc((n + 1) * sizeof(*sorted));
	int err = 0;

	if (sorted == NULL)
		return plx_why(why, -ENOMEM, "no memory to compare rules");
	for (unsigned i = 0; i < n; i++)
		sorted[i] = (struct hashed_rule){conditions_hash(&wild[i]->rule), &wild[i]->rule};
	qsort(sorted, n, sizeof(*sorted), by_hash);
	for (unsigned i = 0; err == 0 && i < n; i++)
		for (unsigned k = i + 1;
		     err == 0 && k < n && k < i + 64 && sorted[k].hash == sorted[i].hash; k++)
			err = rule_check_pair(sorted[i].rule, sorted[k].rule, why);
	free(sorted);
	return err;
}
