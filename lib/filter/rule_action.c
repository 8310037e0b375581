/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a packet, word by word. */
#include "rule_priv.h"
#include "rule_text.h"

static int
find_action(struct scanner *s, uint8_t *ret)
{
	for (uint8_t i = 0; i < PLX_FILTER_ACTIONS; i++) {
		if (!scan_is(s, rule_action_names[i]))
			continue;
		*ret = i;
		return 0;
	}
	return scan_fail(s, "\"%.40s\" is no action", s->text);
}

static int
parse_port(struct scanner *s, uint16_t *ret)
{
	uint64_t value = 0;
	const char *end;
	int err = scan_word(s, "a port number, or \"same\",");

	if (err != 0)
		return err;
	if (scan_is(s, "same")) {
		*ret = PLX_FILTER_PORT_SAME;
		return 0;
	}
	if (s->quoted || !scan_digits(s->text, PLX_FILTER_PORT_SAME - 1, &value, &end) ||
	    *end != '\0')
		return scan_fail(s, "\"%.40s\" is neither the number of a port nor \"same\"",
				 s->text);
	*ret = (uint16_t)value;
	return 0;
}

static int
parse_added(struct scanner *s, struct plx_filter_rule *rule)
{
	int err = scan_word(s, "what the added rule does");

	if (err == 0)
		err = find_action(s, &rule->add_action);
	if (err == 0 && rule->add_action >= PLX_FILTER_REFLECT_STOP)
		return parse_port(s, &rule->add_port);
	if (err == 0 && rule->add_action > PLX_FILTER_DROP)
		return scan_fail(s, "add-rule can add rules that forward, drop, reflect or bounce");
	return err;
}

static int
parse_deleted(struct scanner *s, struct plx_filter_rule *rule)
{
	uint64_t id = 0;
	int err = scan_word(s, "\"flow\", or the id of a rule,");

	rule->delete_id = PLX_FILTER_RULE_NONE;
	if (err == 0 && !scan_is(s, "flow")) {
		const char *end;

		if (s->quoted || !scan_digits(s->text, PLX_FILTER_RULE_NONE - 1, &id, &end) ||
		    *end != '\0')
			return scan_fail(s, "\"%.40s\" is neither \"flow\" nor the id of a rule",
					 s->text);
		rule->delete_id = (uint32_t)id;
	}
	return err;
}

int
rule_parse_action(struct scanner *s, struct plx_filter_rule *rule)
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
		return scan_name(s, "the name of a plugin", rule->action_plugin,
				 sizeof(rule->action_plugin));
	case PLX_FILTER_ADD_RULE:
		return parse_added(s, rule);
	case PLX_FILTER_DELETE_RULE:
		return parse_deleted(s, rule);
	default:
		return parse_port(s, &rule->port);
	}
}
