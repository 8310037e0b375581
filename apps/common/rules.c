/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_clock.h>

#include "json.h"
#include "units.h"

#define BYTES_MAX    (16u << 20)
#define PURGE_BUDGET 65536 /* exact rules that are looked at, at a time */

/* The whole file, ended by a NUL; *ret_text is the caller's. */
static int
read_file(const char *path, char **ret_text, struct plx_why *why)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;
	int ret = 0;

	if (in == NULL)
		return plx_why(why, -errno, "rules %s: %s", path, strerror(errno));
	errno = 0;
	n = getdelim(&text, &size, '\0', in);
	if (ferror(in))
		ret = plx_why(why, -EIO, "rules %s: %s", path, strerror(errno));
	else if (n > 0 && (text[n - 1] == '\0' || n > BYTES_MAX))
		ret = plx_why(why, -EINVAL, "rules %s: that is no text", path);
	fclose(in);
	if (ret == 0 && n <= 0) {
		free(text);
		text = strdup("");
		ret = text != NULL ? 0 : plx_why(why, -ENOMEM, "out of memory");
	}
	if (ret != 0)
		free(text);
	else
		*ret_text = text;
	return ret;
}

static int
load(struct rules *rules, const char *path, struct plx_why *why)
{
	char *text = NULL;
	int ret = read_file(path, &text, why);

	if (ret != 0)
		return ret;
	ret = plx_filter_rules_load_text(rules->set, text, plx_clock_monotonic_ns(), why);
	free(text);
	return ret == 0 ? 0 : plx_why_prefix(why, ret, "rules %s: ", path);
}

int
rules_reload(struct rules *rules, struct plx_why *why)
{
	if (rules->path == NULL)
		return plx_why(why, -ENOENT, "there is no file of rules (--rules)");
	return load(rules, rules->path, why);
}

int
rules_load(struct rules *rules, const char *path, struct plx_why *why)
{
	/* The working folder may be another one when it is read again. */
	char *whole = realpath(path, NULL);
	int ret;

	if (whole == NULL)
		return plx_why(why, -errno, "rules %s: %s", path, strerror(errno));
	ret = load(rules, whole, why);
	if (ret == 0) {
		free(rules->path);
		rules->path = whole;
	} else {
		free(whole);
	}
	return ret;
}

static int
create(struct rules *rules, bool drop, struct plx_why *why)
{
	const struct plx_filter_rules_config config = {.drop = drop,
						       .now_ns = plx_clock_monotonic_ns()};

	*rules = (struct rules){NULL};
	return plx_filter_rules_create(&config, &rules->set, why);
}

int
rules_open(struct rules *rules, const char *path, struct plx_why *why)
{
	int ret = create(rules, false, why);

	if (ret == 0)
		ret = rules_load(rules, path, why);
	if (ret != 0)
		rules_close(rules);
	return ret;
}

static int
only(struct rules *rules, const char *filter, struct plx_why *why)
{
	struct plx_filter_rule rule = {
		.id = 1, .has = PLX_FILTER_HAS_BPF, .action = PLX_FILTER_FORWARD};
	int ret;

	if (strlen(filter) >= sizeof(rule.bpf))
		return plx_why(why, -EINVAL,
			       "--filter: %zu characters are too many, %zu can be; several rules "
			       "can say it (--rules)",
			       strlen(filter), sizeof(rule.bpf) - 1);
	memcpy(rule.bpf, filter, strlen(filter) + 1);
	ret = plx_filter_rules_add(rules->set, &rule, why);
	return ret == 0 ? 0 : plx_why_prefix(why, ret, "--filter: ");
}

int
rules_open_filter(struct rules *rules, const char *filter, struct plx_why *why)
{
	int ret = create(rules, true, why);

	if (ret == 0)
		ret = only(rules, filter, why);
	if (ret != 0)
		rules_close(rules);
	return ret;
}

static bool
is_send(uint8_t action)
{
	return action >= PLX_FILTER_REFLECT_STOP && action <= PLX_FILTER_BOUNCE_CONTINUE;
}

static int
refuse_send(const struct rules *rules, const struct plx_filter_line *line, struct plx_why *why)
{
	char text[PLX_FILTER_LINE_TEXT];

	plx_filter_line_format(line, text, sizeof(text));
	return plx_why(why, -ENOTSUP, "rules %s: nothing is sent from here: '%.120s'", rules->path,
		       text);
}

int
rules_refuse_sends(const struct rules *rules, struct plx_why *why)
{
	struct plx_filter_line line = {.kind = PLX_FILTER_LINE_RULE};
	uint32_t cursor = 0;

	for (uint32_t id = 0; plx_filter_rules_next(rules->set, id, &line.rule, NULL) == 0;
	     id = line.rule.id + 1) {
		if (is_send(line.rule.action) ||
		    (line.rule.action == PLX_FILTER_ADD_RULE && is_send(line.rule.add_action)))
			return refuse_send(rules, &line, why);
	}
	line.kind = PLX_FILTER_LINE_EXACT;
	while (plx_filter_rules_exact_next(rules->set, &cursor, &line.exact, NULL) == 0) {
		if (is_send(line.exact.action))
			return refuse_send(rules, &line, why);
	}
	return 0;
}

void
rules_serve(struct rules *rules, uint64_t purge_ns)
{
	const uint64_t now_ns = plx_clock_monotonic_ns();

	if (rules->set == NULL)
		return;
	plx_filter_rules_service(rules->set, now_ns);
	if (purge_ns != 0)
		plx_filter_rules_purge(rules->set, now_ns, purge_ns, PURGE_BUDGET);
}

void
rules_close(struct rules *rules)
{
	plx_filter_rules_destroy(rules->set);
	free(rules->path);
	*rules = (struct rules){NULL};
}

/* -- what they met ------------------------------------------------------------------------------------- */

/* The rule behind `id`, as text. */
static bool
next(const struct rules *rules, uint32_t *id, char text[PLX_FILTER_LINE_TEXT],
     struct plx_filter_rule_stats *ret_stats)
{
	struct plx_filter_line line = {.kind = PLX_FILTER_LINE_RULE};

	if (rules->set == NULL ||
	    plx_filter_rules_next(rules->set, *id, &line.rule, ret_stats) != 0)
		return false;
	plx_filter_line_format(&line, text, PLX_FILTER_LINE_TEXT);
	*id = line.rule.id;
	return true;
}

void
rules_print(const struct rules *rules, FILE *out)
{
	struct plx_filter_rule_stats stats;
	char text[PLX_FILTER_LINE_TEXT];

	for (uint32_t id = 0; next(rules, &id, text, &stats); id++)
		fprintf(out, "  rule %s: %s packets\n", text, units_count(stats.packets).text);
}

json_t *
rules_json(const struct rules *rules)
{
	json_t *array = json_array();
	struct plx_filter_rule_stats stats;
	char text[PLX_FILTER_LINE_TEXT];

	for (uint32_t id = 0; next(rules, &id, text, &stats); id++)
		json_array_append_new(array,
				      json_pack("{s:I, s:o, s:o, s:s}", "rule", (json_int_t)id,
						"packets", json_count(stats.packets), "bytes",
						json_count(stats.bytes), "text", text));
	return array;
}

json_t *
rules_sums_json(const struct rules *rules)
{
	struct plx_filter_rules_stats stats = {0};

	if (rules->set != NULL)
		plx_filter_rules_stats(rules->set, &stats);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "wildcard", json_count(stats.wildcard),
			 "exact", json_count(stats.exact), "asked_for", json_count(stats.posts),
			 "lost", json_count(stats.posts_lost + stats.posts_refused), "purged",
			 json_count(stats.purged));
}
