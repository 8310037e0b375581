/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of text as a rule. */
#include "rule_priv.h"
#include "rule_words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The line, and the word that is being looked at. */
struct scanner {
	const char *begin;
	const char *at; /* behind the word */
	const char *word;
	size_t len; /* 0 at the end */
	bool quoted;
	char text[PLX_FILTER_LINE_TEXT]; /* of the word, without quotes and escapes */
	size_t text_len;
	unsigned *ret_column;
	struct plx_why *why;
};

/* The error, at the word, or `skip` characters into it. */
static int
	PLX_PRINTF(3, 4) PLX_COLD fail_at(struct scanner *s, size_t skip, const char *format, ...)
{
	unsigned column = (unsigned)(s->word - s->begin + (ptrdiff_t)skip) + 1;
	char text[sizeof(s->why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (s->ret_column != NULL)
		*s->ret_column = column;
	return plx_why(s->why, -EINVAL, "column %u: %.480s", column, text);
}

#define fail(s, ...) fail_at(s, 0, __VA_ARGS__)

static bool
line_ends(char c)
{
	return c == '\0' || c == '\n';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash: \" \\ \xNN. Returns how many characters it takes, 0 if it is none. */
static size_t
unescape(const char *at, char *ret)
{
	if (at[0] == '"' || at[0] == '\\') {
		*ret = at[0];
		return 1;
	}
	if (at[0] != 'x' || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
		return 0;
	*ret = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
	return 3;
}

static int
scan_quoted(struct scanner *s)
{
	const char *c = s->word + 1;

	for (; *c != '"'; c++) {
		char byte = *c;

		if (line_ends(*c))
			return fail(s, "the quotation does not end");
		if (s->text_len == sizeof(s->text) - 1)
			return fail(s, "the quotation is longer than %zu", sizeof(s->text) - 1);
		if (*c == '\\') {
			size_t n = unescape(c + 1, &byte);

			if (n == 0)
				return fail_at(
					s, (size_t)(c - s->word),
					"after \\ comes \", \\ or x and two hexadecimal digits");
			c += n;
		}
		s->text[s->text_len++] = byte;
	}
	s->at = c + 1;
	s->quoted = true;
	return 0;
}

/* The next word; len 0 at the end. */
static int
next(struct scanner *s)
{
	int err = 0;

	while (!line_ends(*s->at) && isspace((unsigned char)*s->at))
		s->at++;
	s->word = s->at;
	s->text_len = 0;
	s->quoted = false;
	if (*s->at == '"') {
		err = scan_quoted(s);
	} else if (*s->at != '#') {
		while (!line_ends(*s->at) && !isspace((unsigned char)*s->at) && *s->at != '#' &&
		       s->text_len < sizeof(s->text) - 1)
			s->text[s->text_len++] = *s->at++;
	}
	s->text[s->text_len] = '\0';
	s->len = (size_t)(s->at - s->word);
	return err;
}

static bool
is(const struct scanner *s, const char *word)
{
	return !s->quoted && strcmp(s->text, word) == 0;
}

/* The next word, which must be there. */
static int
need(struct scanner *s, const char *what)
{
	int err = next(s);

	if (err != 0)
		return err;
	return s->len > 0 ? 0 : fail(s, "%s is missing", what);
}

/* Digits of `text`, decimal or 0x, up to max; *ret_end is behind them. */
static bool
number(const char *text, uint64_t max, uint64_t *ret, const char **ret_end)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	uint64_t value = 0;
	const char *c = text + (hex ? 2 : 0), *first = c;

	for (; hex_digit(*c) >= 0 && (hex || hex_digit(*c) <= 9); c++) {
		value = value * (hex ? 16 : 10) + (uint64_t)hex_digit(*c);
		if (value > max)
			return false;
	}
	*ret = value;
	*ret_end = c;
	return c != first;
}

/* The next word is a number. */
static int
need_number(struct scanner *s, const char *what, uint64_t max, uint64_t *ret)
{
	const char *end;
	int err = need(s, what);

	if (err != 0)
		return err;
	if (s->quoted || !number(s->text, max, ret, &end) || *end != '\0')
		return fail(s, "%s is a number from 0 to %llu, not \"%.40s\"", what,
			    (unsigned long long)max, s->text);
	return 0;
}

static int
need_name(struct scanner *s, const char *what, char *ret, size_t size)
{
	int err = need(s, what);

	if (err != 0)
		return err;
	if (s->quoted && size == PLX_FILTER_NAME_MAX)
		return fail(s, "%s stands without quotation marks", what);
	if (s->text_len >= size || strlen(s->text) != s->text_len || s->text_len == 0)
		return fail(s, "%s has 1 to %zu characters", what, size - 1);
	memset(ret, 0, size);
	memcpy(ret, s->text, s->text_len);
	return 0;
}

/* -- conditions -------------------------------------------------------------------------------------- */

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
	int err = need(s, "a MAC address");
	const char *behind;

	if (err != 0)
		return err;
	behind = cut_mask(s);
	memset(mask, 0xff, PLX_NET_MAC_LEN);
	if (plx_net_mac_parse(s->text, mac) != 0)
		return fail(s, "\"%.40s\" is no MAC address", s->text);
	if (behind != NULL && plx_net_mac_parse(behind, mask) != 0)
		return fail_at(s, (size_t)(behind - s->text),
			       "\"%.40s\" is no mask of a MAC address", behind);
	return 0;
}

static int
parse_vlan(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint64_t value = 0;
	int err = need_number(s, "a VLAN", PLX_NET_VLAN_ID_MASK, &value);

	rule->vlan = err == 0 ? (uint16_t)value : 0;
	return err;
}

/* A name of the table or a number. */
static int
parse_named(struct scanner *s, const struct rule_word *words, const char *what, uint64_t max,
	    uint64_t *ret)
{
	const char *end;
	int err = need(s, what);

	if (err != 0)
		return err;
	for (; words->name != NULL; words++) {
		if (!is(s, words->name))
			continue;
		*ret = words->value;
		return 0;
	}
	if (s->quoted || !number(s->text, max, ret, &end) || *end != '\0')
		return fail(s, "\"%.40s\" is no %s: a name that is known, or a number up to %llu",
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
		return fail(s, "this is IPv%u, what is before is IPv%u", version, rule->ip_version);
	rule->ip_version = version;
	rule->has |= PLX_FILTER_HAS_IP;
	return 0;
}

static int
parse_version(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	return set_version(s, rule, is(s, "ipv6") ? 6 : 4);
}

static bool
parse_mask(const char *text, unsigned bytes, uint8_t *mask)
{
	uint64_t length;
	const char *end;

	memset(mask, 0, PLX_NET_IPV6_LEN);
	if (inet_pton(bytes == 4 ? AF_INET : AF_INET6, text, mask) == 1)
		return true;
	if (!number(text, bytes * 8, &length, &end) || *end != '\0')
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
	int err = need(s, "an address");
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
		return fail(s, "\"%.50s\" is no IP address", s->text);
	if (behind != NULL && !parse_mask(behind, bytes, mask))
		return fail_at(s, (size_t)(behind - s->text),
			       "\"%.50s\" is neither a prefix length up to %u nor a mask", behind,
			       bytes * 8);
	return set_version(s, rule, bytes == 4 ? 4 : 6);
}

static int
parse_ports(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint16_t *range =
		condition->bit == PLX_FILTER_HAS_SRC_PORT ? rule->src_port : rule->dst_port;
	uint64_t first, last;
	const char *end;
	int err = need(s, "a port");

	if (err != 0)
		return err;
	if (s->quoted || !number(s->text, UINT16_MAX, &first, &end))
		return fail(s, "\"%.40s\" is neither a port nor a range of ports (80, 8000-8080)",
			    s->text);
	last = first;
	if (*end == '-') {
		const char *second = end + 1;

		if (!number(second, UINT16_MAX, &last, &end))
			return fail_at(s, (size_t)(second - s->text),
				       "the last port is missing or no port");
	}
	if (*end != '\0')
		return fail_at(s, (size_t)(end - s->text), "\"%.40s\" does not belong to a port",
			       end);
	range[0] = (uint16_t)first;
	range[1] = (uint16_t)last;
	return 0;
}

static int
parse_payload(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	int err = need(s, "a pattern");

	if (err != 0)
		return err;
	if (s->text_len == 0 || s->text_len > PLX_FILTER_PATTERN_MAX)
		return fail(s, "a pattern has 1 to %d bytes", PLX_FILTER_PATTERN_MAX);
	memcpy(rule->pattern, s->text, s->text_len);
	rule->pattern_len = (uint16_t)s->text_len;
	return 0;
}

static int
parse_balance(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	uint64_t id, pool;
	const char *end;
	int err = need(s, "id/pool");

	if (err != 0)
		return err;
	if (!number(s->text, UINT16_MAX, &id, &end) || *end != '/' ||
	    !number(end + 1, UINT16_MAX, &pool, &end) || *end != '\0')
		return fail(s, "\"%.40s\" is not of the form id/pool (0/4)", s->text);
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
	int err = need_name(s, "a BPF expression", rule->bpf, sizeof(rule->bpf));

	if (err != 0)
		return err;
	if (plx_filter_compile(rule->bpf, PLX_FILTER_SNAPLEN, &filter, &why) == 0) {
		plx_filter_destroy(filter);
		return 0;
	}
	if (plx_filter_place(rule->bpf, &begin, &end) != 0)
		begin = 0;
	return fail_at(s, begin + (s->quoted ? 1 : 0), "%s", why.text);
}

static int
parse_plugin(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	return need_name(s, "the name of a plugin", rule->plugin, sizeof(rule->plugin));
}

static int
parse_flag(struct scanner *s, const struct condition *condition, struct plx_filter_rule *rule)
{
	if (is(s, "locked"))
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
		return fail(s, "%s a second time", condition->word);
	err = condition->parse(s, condition, rule);
	if (err != 0)
		return err;
	rule->has |= condition->bit;
	alone = *rule;
	alone.id = 0;
	alone.has = condition->bit | (rule->has & PLX_FILTER_HAS_IP);
	alone.action = PLX_FILTER_FORWARD;
	if (plx_filter_rule_check(&alone, &why) != 0)
		return fail(s, "%s", strchr(why.text, ':') + 2);
	return 0;
}

static int
parse_conditions(struct scanner *s, struct plx_filter_rule *rule)
{
	int err = next(s);

	while (err == 0 && s->len > 0) {
		const struct condition *found = NULL;

		for (unsigned i = 0; i < PLX_ARRAY_LEN(conditions); i++)
			if (is(s, conditions[i].word))
				found = &conditions[i];
		if (found == NULL)
			return fail(s, "\"%.40s\" is no condition", s->text);
		err = parse_condition(s, found, rule);
		if (err == 0)
			err = next(s);
	}
	return err;
}

/* -- actions ----------------------------------------------------------------------------------------- */

static int
find_action(struct scanner *s, uint8_t *ret)
{
	for (uint8_t i = 0; i < PLX_FILTER_ACTIONS; i++) {
		if (!is(s, rule_action_names[i]))
			continue;
		*ret = i;
		return 0;
	}
	return fail(s, "\"%.40s\" is no action", s->text);
}

static int
parse_port(struct scanner *s, uint16_t *ret)
{
	uint64_t value = 0;
	const char *end;
	int err = need(s, "a port number, or \"same\",");

	if (err != 0)
		return err;
	if (is(s, "same")) {
		*ret = PLX_FILTER_PORT_SAME;
		return 0;
	}
	if (s->quoted || !number(s->text, PLX_FILTER_PORT_SAME - 1, &value, &end) || *end != '\0')
		return fail(s, "\"%.40s\" is neither the number of a port nor \"same\"", s->text);
	*ret = (uint16_t)value;
	return 0;
}

static int
parse_added(struct scanner *s, struct plx_filter_rule *rule)
{
	int err = need(s, "what the added rule does");

	if (err == 0)
		err = find_action(s, &rule->add_action);
	if (err == 0 && rule->add_action >= PLX_FILTER_REFLECT_STOP)
		return parse_port(s, &rule->add_port);
	if (err == 0 && rule->add_action > PLX_FILTER_DROP)
		return fail(s, "add-rule can add rules that forward, drop, reflect or bounce");
	return err;
}

static int
parse_deleted(struct scanner *s, struct plx_filter_rule *rule)
{
	uint64_t id = 0;
	int err = need(s, "\"flow\", or the id of a rule,");

	rule->delete_id = PLX_FILTER_RULE_NONE;
	if (err == 0 && !is(s, "flow")) {
		const char *end;

		if (s->quoted || !number(s->text, PLX_FILTER_RULE_NONE - 1, &id, &end) ||
		    *end != '\0')
			return fail(s, "\"%.40s\" is neither \"flow\" nor the id of a rule",
				    s->text);
		rule->delete_id = (uint32_t)id;
	}
	return err;
}

/* The word is the action's. */
static int
parse_action(struct scanner *s, struct plx_filter_rule *rule)
{
	int err = find_action(s, &rule->action);

	if (err != 0)
		return err;
	switch (rule->action) {
	case PLX_FILTER_FORWARD:
	case PLX_FILTER_DROP:
		return 0;
	case PLX_FILTER_EXECUTE_CONTINUE:
	case PLX_FILTER_EXECUTE_STOP:
		return need_name(s, "the name of a plugin", rule->action_plugin,
				 sizeof(rule->action_plugin));
	case PLX_FILTER_ADD_RULE:
		return parse_added(s, rule);
	case PLX_FILTER_DELETE_RULE:
		return parse_deleted(s, rule);
	default:
		return parse_port(s, &rule->port);
	}
}

/* -- lines ------------------------------------------------------------------------------------------- */

static bool
is_all_ones(const uint8_t *mask, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (mask[i] != 0xff)
			return false;
	return true;
}

static const char *
not_exact(const struct plx_filter_rule *rule)
{
	uint32_t needed = PLX_FILTER_HAS_SRC_IP | PLX_FILTER_HAS_DST_IP | PLX_FILTER_HAS_PROTO;
	uint32_t ports = PLX_FILTER_HAS_SRC_PORT | PLX_FILTER_HAS_DST_PORT;
	unsigned ip_len = rule->ip_version == 6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN;

	if ((rule->has & needed) != needed)
		return "an exact rule needs proto, src and dst";
	if (rule->has & ~(needed | ports | PLX_FILTER_HAS_IP | PLX_FILTER_HAS_VLAN))
		return "an exact rule has vlan, proto, src, dst, sport and dport, and nothing else";
	if (!is_all_ones(rule->src_ip_mask, ip_len) || !is_all_ones(rule->dst_ip_mask, ip_len))
		return "an exact rule has whole addresses";
	if (((rule->has & PLX_FILTER_HAS_SRC_PORT) && rule->src_port[0] != rule->src_port[1]) ||
	    ((rule->has & PLX_FILTER_HAS_DST_PORT) && rule->dst_port[0] != rule->dst_port[1]))
		return "an exact rule has single ports";
	if (rule->action == PLX_FILTER_ADD_RULE ||
	    (rule->action == PLX_FILTER_DELETE_RULE && rule->delete_id != PLX_FILTER_RULE_NONE))
		return "an exact rule cannot do that";
	return NULL;
}

static int
parse_exact(struct scanner *s, struct plx_filter_exact *exact)
{
	struct plx_filter_rule rule = {.id = 0};
	const char *const begin = s->word;
	const char *wrong;
	int err = need(s, "an action");

	if (err == 0)
		err = parse_action(s, &rule);
	if (err == 0)
		err = parse_conditions(s, &rule);
	if (err != 0)
		return err;
	wrong = not_exact(&rule);
	if (wrong != NULL) {
		s->word = begin;
		return fail(s, "%s", wrong);
	}
	*exact = (struct plx_filter_exact){
		.vlan = rule.vlan,
		.ip_version = rule.ip_version,
		.proto = rule.proto,
		.src_port = rule.src_port[0],
		.dst_port = rule.dst_port[0],
		.bidirectional = rule.bidirectional,
		.locked = rule.locked,
		.action = rule.action,
		.port = rule.port,
	};
	memcpy(exact->src_ip, rule.src_ip, sizeof(exact->src_ip));
	memcpy(exact->dst_ip, rule.dst_ip, sizeof(exact->dst_ip));
	memcpy(exact->action_plugin, rule.action_plugin, sizeof(exact->action_plugin));
	return 0;
}

static int
parse_rule(struct scanner *s, struct plx_filter_rule *rule)
{
	uint64_t id = 0;
	const char *end;
	int err;

	memset(rule, 0, sizeof(*rule));
	if (s->quoted || !number(s->text, PLX_FILTER_RULE_NONE - 1, &id, &end) || *end != '\0')
		return fail(s,
			    "a line begins with the id of a rule, \"exact\", \"policy\" or "
			    "\"sample\", not \"%.40s\"",
			    s->text);
	rule->id = (uint32_t)id;
	err = need(s, "an action");
	if (err == 0)
		err = parse_action(s, rule);
	return err == 0 ? parse_conditions(s, rule) : err;
}

static int
need_end(struct scanner *s)
{
	int err = next(s);

	if (err != 0)
		return err;
	return s->len == 0 ? 0 : fail(s, "\"%.40s\" is too much", s->text);
}

static int
parse_policy(struct scanner *s, bool *ret_drop)
{
	int err = need(s, "\"forward\" or \"drop\"");

	if (err != 0)
		return err;
	*ret_drop = is(s, "drop");
	if (!*ret_drop && !is(s, "forward"))
		return fail(s, "a policy is \"forward\" or \"drop\", not \"%.40s\"", s->text);
	return need_end(s);
}

static int
parse_sample(struct scanner *s, uint32_t *ret)
{
	uint64_t value = 0;
	int err = need_number(s, "one packet in how many", UINT32_MAX, &value);

	if (err != 0)
		return err;
	*ret = (uint32_t)value;
	return need_end(s);
}

int
plx_filter_line_parse(const char *text, struct plx_filter_line *ret, unsigned *ret_column,
		      struct plx_why *why)
{
	struct scanner s = {.begin = text, .at = text, .ret_column = ret_column, .why = why};
	int err = next(&s);

	if (err != 0)
		return err;
	if (s.len == 0) {
		ret->kind = PLX_FILTER_LINE_EMPTY;
		return 0;
	}
	if (is(&s, "exact")) {
		ret->kind = PLX_FILTER_LINE_EXACT;
		return parse_exact(&s, &ret->exact);
	}
	if (is(&s, "policy")) {
		ret->kind = PLX_FILTER_LINE_POLICY;
		return parse_policy(&s, &ret->drop);
	}
	if (is(&s, "sample")) {
		ret->kind = PLX_FILTER_LINE_SAMPLE;
		return parse_sample(&s, &ret->sample);
	}
	ret->kind = PLX_FILTER_LINE_RULE;
	return parse_rule(&s, &ret->rule);
}
