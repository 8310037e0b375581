/* SPDX-License-Identifier: BSD-3-Clause */
/* What a rule asks of a packet, word by word. */
#include "rule_priv.h"
#include "rule_text.h"
#include "rule_words.h"

#include <arpa/inet.h>
#include <string.h>

struct condition {
	const char *word;
	uint32_t bit;
	int (*parse)(struct scanner *s, const struct condition *condition,
		     struct plx_filter_rule *rule);
};

/* Cuts the word at a '/' and returns what is behind it, or NULL. */
static char *
cut_mask(struct scanner *s)
{
	char *slash = strchr(s->text, '/');

	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

static int
parse_mac(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	bool src = condition->bit == PLX_FILTER_HAS_SRC_MAC;
	uint8_t *mac = src ? rule->src_mac : rule->dst_mac;
	uint8_t *mask = src ? rule->src_mac_mask : rule->dst_mac_mask;
	int err = scan_word(s, "a MAC address");
	const char *behind;

	if (err != 0)
		return err;
	behind = cut_mask(s);
	memset(mask, 0xff, PLX_NET_MAC_LEN);
	if (plx_net_mac_parse(s->text, mac) != 0)
		return scan_fail(s, "\"%.40s\" is no MAC address", s->text);
	if (behind != NULL && plx_net_mac_parse(behind, mask) != 0)
		return scan_fail_at(s, (size_t)(behind - s->text),
				    "\"%.40s\" is no mask of a MAC address", behind);
	return 0;
}

static int
parse_vlan(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint64_t value = 0;
	int err = scan_number(s, "a VLAN", PLX_NET_VLAN_ID_MASK, &value);

	rule->vlan = err == 0 ? (uint16_t)value : 0;
	return err;
}

/* A name of the table or a number. */
static int
parse_named(struct scanner *s, const struct rule_word *words, const char *what, uint64_t max,
	    uint64_t *ret)
{
	const char *end;
	int err = scan_word(s, what);

	if (err != 0)
		return err;
	for (; words->name != NULL; words++) {
		if (!scan_is(s, words->name))
			continue;
		*ret = words->value;
		return 0;
	}
	if (s->quoted || !scan_digits(s->text, max, ret, &end) || *end != '\0')
		return scan_fail(s,
				 "\"%.40s\" is no %s: a name that is known, or a number up to %llu",
				 s->text, what, (unsigned long long)max);
	return 0;
}

static int
parse_ethertype(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint64_t value = 0;
	int err = parse_named(s, rule_ethertypes, "ethertype", UINT16_MAX, &value);

	rule->ethertype = (uint16_t)value;
	return err;
}

static int
parse_proto(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint64_t value = 0;
	int err = parse_named(s, rule_protos, "protocol", UINT8_MAX, &value);

	rule->proto = (uint8_t)value;
	return err;
}

static int
set_version(struct scanner *s, struct plx_filter_rule *rule, uint8_t version)
{
	if ((rule->has & PLX_FILTER_HAS_IP) && rule->ip_version != version)
		return scan_fail(s, "this is IPv%u, what is before is IPv%u", version,
				 rule->ip_version);
	rule->ip_version = version;
	rule->has |= PLX_FILTER_HAS_IP;
	return 0;
}

static int
parse_version(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	return set_version(s, rule, scan_is(s, "ipv6") ? 6 : 4);
}

static bool
parse_mask(const char *text, unsigned bytes, uint8_t *mask)
{
	uint64_t length;
	const char *end;

	memset(mask, 0, PLX_NET_IPV6_LEN);
	if (inet_pton(bytes == 4 ? AF_INET : AF_INET6, text, mask) == 1)
		return true;
	if (!scan_digits(text, bytes * 8, &length, &end) || *end != '\0')
		return false;
	memset(mask, 0, PLX_NET_IPV6_LEN);
	for (unsigned i = 0; i < length; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return true;
}

static int
parse_ip(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	bool src = condition->bit == PLX_FILTER_HAS_SRC_IP;
	uint8_t *ip = src ? rule->src_ip : rule->dst_ip;
	uint8_t *mask = src ? rule->src_ip_mask : rule->dst_ip_mask;
	int err = scan_word(s, "an address");
	const char *behind;
	unsigned bytes;

	if (err != 0)
		return err;
	behind = cut_mask(s);
	bytes = strchr(s->text, ':') != NULL ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN;
	memset(ip, 0, PLX_NET_IPV6_LEN);
	memset(mask, 0, PLX_NET_IPV6_LEN);
	memset(mask, 0xff, bytes);
	if (inet_pton(bytes == 4 ? AF_INET : AF_INET6, s->text, ip) != 1)
		return scan_fail(s, "\"%.50s\" is no IP address", s->text);
	if (behind != NULL && !parse_mask(behind, bytes, mask))
		return scan_fail_at(s, (size_t)(behind - s->text),
				    "\"%.50s\" is neither a prefix length up to %u nor a mask",
				    behind, bytes * 8);
	return set_version(s, rule, bytes == 4 ? 4 : 6);
}

static int
parse_ports(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint16_t *range =
		condition->bit == PLX_FILTER_HAS_SRC_PORT ? rule->src_port : rule->dst_port;
	uint64_t first, last;
	const char *end;
	int err = scan_word(s, "a port");

	if (err != 0)
		return err;
	if (s->quoted || !scan_digits(s->text, UINT16_MAX, &first, &end))
		return scan_fail(s,
				 "\"%.40s\" is neither a port nor a range of ports (80, 8000-8080)",
				 s->text);
	last = first;
	if (*end == '-') {
		const char *second = end + 1;

		if (!scan_digits(second, UINT16_MAX, &last, &end))
			return scan_fail_at(s, (size_t)(second - s->text),
					    "the last port is missing or no port");
	}
	if (*end != '\0')
		return scan_fail_at(s, (size_t)(end - s->text),
				    "\"%.40s\" does not belong to a port", end);
	range[0] = (uint16_t)first;
	range[1] = (uint16_t)last;
	return 0;
}

static int
parse_payload(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	int err = scan_word(s, "a pattern");

	if (err != 0)
		return err;
	if (s->text_len == 0 || s->text_len > PLX_FILTER_PATTERN_MAX)
		return scan_fail(s, "a pattern has 1 to %d bytes", PLX_FILTER_PATTERN_MAX);
	memcpy(rule->pattern, s->text, s->text_len);
	rule->pattern_len = (uint16_t)s->text_len;
	return 0;
}

static int
parse_balance(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint64_t id, pool;
	const char *end;
	int err = scan_word(s, "id/pool");

	if (err != 0)
		return err;
	if (!scan_digits(s->text, UINT16_MAX, &id, &end) || *end != '/' ||
	    !scan_digits(end + 1, UINT16_MAX, &pool, &end) || *end != '\0')
		return scan_fail(s, "\"%.40s\" is not of the form id/pool (0/4)", s->text);
	rule->balance_id = (uint16_t)id;
	rule->balance_pool = (uint16_t)pool;
	return 0;
}

/* Compiled once here, so that the error can say where it is. */
static int
parse_bpf(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	struct plx_filter *filter;
	struct plx_why why;
	size_t begin, end;
	int err = scan_name(s, "a BPF expression", rule->bpf, sizeof(rule->bpf));

	if (err != 0)
		return err;
	if (plx_filter_compile(rule->bpf, PLX_FILTER_SNAPLEN, &filter, &why) == 0) {
		plx_filter_destroy(filter);
		return 0;
	}
	if (plx_filter_place(rule->bpf, &begin, &end) != 0)
		begin = 0;
	return scan_fail_at(s, begin + (s->quoted ? 1 : 0), "%s", why.text);
}

static int
parse_plugin(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	return scan_name(s, "the name of a plugin", rule->plugin, sizeof(rule->plugin));
}

static int
parse_flag(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	if (scan_is(s, "locked"))
		rule->locked = true;
	else
		rule->bidirectional = true;
	return 0;
}

static const struct condition conditions[] = {
	{"smac", PLX_FILTER_HAS_SRC_MAC, parse_mac},
	{"dmac", PLX_FILTER_HAS_DST_MAC, parse_mac},
	{"vlan", PLX_FILTER_HAS_VLAN, parse_vlan},
	{"ethertype", PLX_FILTER_HAS_ETHERTYPE, parse_ethertype},
	{"proto", PLX_FILTER_HAS_PROTO, parse_proto},
	{"ipv4", 0, parse_version},
	{"ipv6", 0, parse_version},
	{"src", PLX_FILTER_HAS_SRC_IP, parse_ip},
	{"dst", PLX_FILTER_HAS_DST_IP, parse_ip},
	{"sport", PLX_FILTER_HAS_SRC_PORT, parse_ports},
	{"dport", PLX_FILTER_HAS_DST_PORT, parse_ports},
	{"payload", PLX_FILTER_HAS_PAYLOAD, parse_payload},
	{"balance", PLX_FILTER_HAS_BALANCE, parse_balance},
	{"bpf", PLX_FILTER_HAS_BPF, parse_bpf},
	{"plugin", PLX_FILTER_HAS_PLUGIN, parse_plugin},
	{"bidirectional", 0, parse_flag},
	{"locked", 0, parse_flag},
};

/* Whether the condition makes sense is asked here, where its place is known. */
static int
parse_condition(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	struct plx_filter_rule alone;
	struct plx_why why;
	int err;

	if (rule->has & condition->bit)
		return scan_fail(s, "%s a second time", condition->word);
	err = condition->parse(s, condition, rule);
	if (err != 0)
		return err;
	rule->has |= condition->bit;
	alone = *rule;
	alone.id = 0;
	alone.has = condition->bit | (rule->has & PLX_FILTER_HAS_IP);
	alone.action = PLX_FILTER_FORWARD;
	if (plx_filter_rule_check(&alone, &why) != 0)
		return scan_fail(s, "%s", strchr(why.text, ':') + 2);
	return 0;
}

int
rule_parse_conditions(struct scanner *s, struct plx_filter_rule *rule)
{
	int err = scan_next(s);

	while (err == 0 && s->len > 0) {
		const struct condition *found = NULL;

		for (unsigned i = 0; i < PLX_ARRAY_LEN(conditions); i++)
			if (scan_is(s, conditions[i].word))
				found = &conditions[i];
		if (found == NULL)
			return scan_fail(s, "\"%.40s\" is no condition", s->text);
		err = parse_condition(s, found, rule);
		if (err == 0)
			err = scan_next(s);
	}
	return err;
}
