/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_clock.h>

#define BYTES_MAX (16u << 20)

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
		return plx_why(why, -errno, "--rules %s: %s", path, strerror(errno));
	errno = 0;
	n = getdelim(&text, &size, '\0', in);
	if (ferror(in))
		ret = plx_why(why, -EIO, "--rules %s: %s", path, strerror(errno));
	else if (n > 0 && (text[n - 1] == '\0' || n > BYTES_MAX))
		ret = plx_why(why, -EINVAL, "--rules %s: that is no text", path);
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

int
rules_reload(struct rules *rules, struct plx_why *why)
{
	char *text = NULL;
	int ret;

	if (rules->path == NULL)
		return plx_why(why, -ENOENT, "there is no file of rules (--rules)");
	ret = read_file(rules->path, &text, why);
	if (ret != 0)
		return ret;
	ret = plx_filter_rules_load_text(rules->set, text, plx_clock_monotonic_ns(), why);
	free(text);
	return ret == 0 ? 0 : plx_why_prefix(why, ret, "--rules %s: ", rules->path);
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
rules_open(struct rules *rules, const struct settings *settings, struct plx_why *why)
{
	const struct plx_filter_rules_config config = {.drop = settings->filter != NULL,
						       .now_ns = plx_clock_monotonic_ns()};
	int ret;

	*rules = (struct rules){NULL};
	if (settings->filter == NULL && settings->rules == NULL)
		return 0;
	if (settings->rules != NULL) {
		/* The working folder may be another one when it is read again. */
		rules->path = realpath(settings->rules, NULL);
		if (rules->path == NULL)
			return plx_why(why, -errno, "--rules %s: %s", settings->rules,
				       strerror(errno));
	}
	ret = plx_filter_rules_create(&config, &rules->set, why);
	if (ret == 0)
		ret = settings->filter != NULL ? only(rules, settings->filter, why)
					       : rules_reload(rules, why);
	if (ret != 0)
		rules_close(rules);
	return ret;
}

void
rules_serve(struct rules *rules)
{
	if (rules->set != NULL)
		plx_filter_rules_service(rules->set, plx_clock_monotonic_ns());
}

void
rules_close(struct rules *rules)
{
	plx_filter_rules_destroy(rules->set);
	free(rules->path);
	*rules = (struct rules){NULL};
}
