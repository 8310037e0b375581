/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of text as a rule. */
#include "rule_text.h"

#include "plx_net_wire.h"

#include <string.h>

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
	int err = scan_word(s, "an action");

	if (err == 0)
		err = rule_parse_action(s, &rule);
	if (err == 0)
		err = rule_parse_conditions(s, &rule);
	if (err != 0)
		return err;
	wrong = not_exact(&rule);
	if (wrong != NULL) {
		s->word = begin;
		return scan_fail(s, "%s", wrong);
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
	if (s->quoted || !scan_digits(s->text, PLX_FILTER_RULE_NONE - 1, &id, &end) || *end != '\0')
		return scan_fail(s,
				 "a line begins with the id of a rule, \"exact\", \"policy\" or "
				 "\"sample\", not \"%.40s\"",
				 s->text);
	rule->id = (uint32_t)id;
	err = scan_word(s, "an action");
	if (err == 0)
		err = rule_parse_action(s, rule);
	return err == 0 ? rule_parse_conditions(s, rule) : err;
}

static int
parse_policy(struct scanner *s, bool *ret_drop)
{
	int err = scan_word(s, "\"forward\" or \"drop\"");

	if (err != 0)
		return err;
	*ret_drop = scan_is(s, "drop");
	if (!*ret_drop && !scan_is(s, "forward"))
		return scan_fail(s, "a policy is \"forward\" or \"drop\", not \"%.40s\"", s->text);
	return scan_end(s);
}

static int
parse_sample(struct scanner *s, uint32_t *ret)
{
	uint64_t value = 0;
	int err = scan_number(s, "one packet in how many", UINT32_MAX, &value);

	if (err != 0)
		return err;
	*ret = (uint32_t)value;
	return scan_end(s);
}

int
plx_filter_line_parse(const char *text, struct plx_filter_line *ret, unsigned *ret_column,
		      struct plx_why *why)
{
	struct scanner s = {.begin = text, .at = text, .ret_column = ret_column, .why = why};
	int err = scan_next(&s);

	if (err != 0)
		return err;
	if (s.len == 0) {
		ret->kind = PLX_FILTER_LINE_EMPTY;
		return 0;
	}
	if (scan_is(&s, "exact")) {
		ret->kind = PLX_FILTER_LINE_EXACT;
		return parse_exact(&s, &ret->exact);
	}
	if (scan_is(&s, "policy")) {
		ret->kind = PLX_FILTER_LINE_POLICY;
		return parse_policy(&s, &ret->drop);
	}
	if (scan_is(&s, "sample")) {
		ret->kind = PLX_FILTER_LINE_SAMPLE;
		return parse_sample(&s, &ret->sample);
	}
	ret->kind = PLX_FILTER_LINE_RULE;
	return parse_rule(&s, &ret->rule);
}
