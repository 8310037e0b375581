/* SPDX-License-Identifier: BSD-3-Clause */
/* A wildcard rule made ready: its filter compiled, its plugins found. */
#include "rule_priv.h"

#include <errno.h>
#include <stdlib.h>

static int
find_plugins(const struct plx_filter_rules *rules, struct rule_wild *wild, struct plx_why *why)
{
	const struct plx_filter_rule *rule = &wild->rule;

	if (rule->has & PLX_FILTER_HAS_PLUGIN) {
		wild->plugin = rule_plugin_find(rules, rule->plugin, NULL);
		if (wild->plugin == NULL || wild->plugin->ops->filter == NULL)
			return plx_why(why, -ENOENT, "no plugin \"%s\" with a condition is loaded",
				       rule->plugin);
	}
	if (rule->action == PLX_FILTER_EXECUTE_CONTINUE ||
	    rule->action == PLX_FILTER_EXECUTE_STOP) {
		wild->action_plugin = rule_plugin_find(rules, rule->action_plugin, NULL);
		if (wild->action_plugin == NULL || wild->action_plugin->ops->handle == NULL)
			return plx_why(why, -ENOENT, "no plugin \"%s\" with an action is loaded",
				       rule->action_plugin);
	}
	return 0;
}

int
rule_wild_create(const struct plx_filter_rules *rules, const struct plx_filter_rule *rule,
		 struct rule_wild **ret_wild, struct plx_why *why)
{
	struct rule_wild *wild;
	int err;

	err = plx_filter_rule_check(rule, why);
	if (err != 0)
		return err;
	wild = calloc(1, sizeof(*wild));
	if (wild == NULL)
		return plx_why(why, -ENOMEM, "no memory for rule %u", rule->id);
	wild->rule = *rule;
	err = find_plugins(rules, wild, why);
	if (err == 0 && (rule->has & PLX_FILTER_HAS_BPF))
		err = plx_filter_compile(rule->bpf, PLX_FILTER_SNAPLEN, &wild->bpf, why);
	if (err == 0) {
		*ret_wild = wild;
		return 0;
	}
	free(wild);
	return plx_why_prefix(why, err, "rule %u: ", rule->id);
}

void
rule_wild_destroy(struct rule_wild *wild)
{
	if (wild == NULL)
		return;
	plx_filter_destroy(wild->bpf);
	free(wild);
}
