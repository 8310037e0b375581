/* SPDX-License-Identifier: BSD-3-Clause */
/* Components, the rules that set their levels, and the sink. No heap: rules stand in a fixed table. */
#include "plx_log.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define LOG_TEXT_MAX 1024

struct rule {
	char pattern[PLX_LOG_PATTERN_MAX];
	enum plx_log_level level;
};

static struct {
	pthread_mutex_t lock; /* of rules and nb_rules, and of every component's level */
	struct rule rules[PLX_LOG_RULES_MAX];
	unsigned nb_rules;
	/* Names are copied: a component of a plugin goes away with it. */
	char components[PLX_LOG_COMPONENTS_MAX][PLX_LOG_PATTERN_MAX];
	unsigned nb_components;
	unsigned generation; /* atomic; never 0, so that a new component is always out of date */
	plx_log_sink_fn sink;
	void *sink_arg;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER, .generation = 1};

static const struct {
	const char *name;
	enum plx_log_level level;
} level_names[] = {
	/* The first of a level is the one that is shown. */
	{"emergency", PLX_LOG_EMERG}, {"alert", PLX_LOG_ALERT},	    {"critical", PLX_LOG_CRIT},
	{"error", PLX_LOG_ERR},	      {"warning", PLX_LOG_WARNING}, {"notice", PLX_LOG_NOTICE},
	{"info", PLX_LOG_INFO},	      {"debug", PLX_LOG_DEBUG},	    {"emerg", PLX_LOG_EMERG},
	{"crit", PLX_LOG_CRIT},	      {"err", PLX_LOG_ERR},	    {"warn", PLX_LOG_WARNING},
};

const char *
plx_log_level_name(enum plx_log_level level)
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(level_names); i++) {
		if (level_names[i].level == level)
			return level_names[i].name;
	}
	return "unknown";
}

/* A name or a number 1-8; 0 if it is neither. */
static enum plx_log_level
parse_level(const char *text)
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(level_names); i++) {
		if (strcasecmp(level_names[i].name, text) == 0)
			return level_names[i].level;
	}
	if (text[0] >= '1' && text[0] <= '8' && text[1] == '\0')
		return (enum plx_log_level)(text[0] - '0');
	return (enum plx_log_level)0;
}

static int
parse_rule(const char *text, struct rule *ret_rule, struct plx_why *why)
{
	const char *cut = strrchr(text, ':');
	const char *level = text;
	const char *pattern = "*";
	size_t len = 1;

	if (cut == NULL)
		cut = strrchr(text, ',');
	if (cut != NULL) {
		level = cut + 1;
		pattern = text;
		len = (size_t)(cut - text);
	}
	if (len == 0 || len >= PLX_LOG_PATTERN_MAX)
		return plx_why(why, -EINVAL,
			       "log rule '%s': the pattern has %zu characters, allowed are 1 to %d",
			       text, len, PLX_LOG_PATTERN_MAX - 1);
	ret_rule->level = parse_level(level);
	if (ret_rule->level == 0)
		return plx_why(
			why, -EINVAL,
			"log rule '%s': unknown level '%s'; levels are emergency, alert, critical, "
			"error, warning, notice, info, debug or 1 to 8",
			text, level);
	memcpy(ret_rule->pattern, pattern, len);
	ret_rule->pattern[len] = '\0';
	return 0;
}

static void
next_generation(void)
{
	unsigned next = table.generation + 1;

	__atomic_store_n(&table.generation, next != 0 ? next : 1, __ATOMIC_RELEASE);
}

/* What the new rule makes moot goes: so switching levels for days never fills the table. */
static void
drop_moot_rules(const struct rule *rule)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < table.nb_rules; i++) {
		if (strcmp(rule->pattern, "*") != 0 &&
		    strcmp(table.rules[i].pattern, rule->pattern) != 0)
			table.rules[kept++] = table.rules[i];
	}
	table.nb_rules = kept;
}

int
plx_log_add_rule(const char *text, struct plx_why *why)
{
	struct rule rule;
	int err;

	err = parse_rule(text, &rule, why);
	if (err != 0)
		return err;
	pthread_mutex_lock(&table.lock);
	drop_moot_rules(&rule);
	if (table.nb_rules < PLX_LOG_RULES_MAX) {
		table.rules[table.nb_rules++] = rule;
		next_generation();
	} else {
		err = plx_why(why, -ENOSPC, "log rule '%s': there are %d rules already", text,
			      PLX_LOG_RULES_MAX);
	}
	pthread_mutex_unlock(&table.lock);
	return err;
}

void
plx_log_reset(void)
{
	pthread_mutex_lock(&table.lock);
	table.nb_rules = 0;
	next_generation();
	pthread_mutex_unlock(&table.lock);
}

static enum plx_log_level
level_of(const char *name)
{
	for (unsigned i = table.nb_rules; i-- > 0;) {
		if (fnmatch(table.rules[i].pattern, name, 0) == 0)
			return table.rules[i].level;
	}
	return PLX_LOG_NOTICE;
}

/* For the list of components. */
static void
remember(const char *name)
{
	for (unsigned i = 0; i < table.nb_components; i++) {
		if (strncmp(table.components[i], name, PLX_LOG_PATTERN_MAX - 1) == 0)
			return;
	}
	if (table.nb_components < PLX_LOG_COMPONENTS_MAX)
		snprintf(table.components[table.nb_components++], PLX_LOG_PATTERN_MAX, "%s", name);
}

/* Reads the component's level from the rules again. */
static enum plx_log_level
refresh(struct plx_log *log)
{
	enum plx_log_level level;

	pthread_mutex_lock(&table.lock);
	remember(log->name);
	level = level_of(log->name);
	__atomic_store_n(&log->level, level, __ATOMIC_RELAXED);
	__atomic_store_n(&log->generation, table.generation, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&table.lock);
	return level;
}

unsigned
plx_log_components(struct plx_log_entry *ret_entries, unsigned n)
{
	unsigned count;

	pthread_mutex_lock(&table.lock);
	count = table.nb_components;
	for (unsigned i = 0; i < count && i < n; i++) {
		memcpy(ret_entries[i].name, table.components[i], PLX_LOG_PATTERN_MAX);
		ret_entries[i].level = level_of(table.components[i]);
	}
	pthread_mutex_unlock(&table.lock);
	return count;
}

unsigned
plx_log_rules(struct plx_log_entry *ret_entries, unsigned n)
{
	unsigned count;

	pthread_mutex_lock(&table.lock);
	count = table.nb_rules;
	for (unsigned i = 0; i < count && i < n; i++) {
		memcpy(ret_entries[i].name, table.rules[i].pattern, PLX_LOG_PATTERN_MAX);
		ret_entries[i].level = table.rules[i].level;
	}
	pthread_mutex_unlock(&table.lock);
	return count;
}

bool
plx_log_enabled(struct plx_log *log, enum plx_log_level level)
{
	unsigned now = __atomic_load_n(&table.generation, __ATOMIC_ACQUIRE);

	if (PLX_LIKELY(__atomic_load_n(&log->generation, __ATOMIC_ACQUIRE) == now))
		return level <= __atomic_load_n(&log->level, __ATOMIC_RELAXED);
	return level <= refresh(log);
}

void
plx_log_set_sink(plx_log_sink_fn sink, void *arg)
{
	table.sink = sink;
	table.sink_arg = arg;
}

/* One write a message, so that lines of several threads and processes do not mix. */
static void
write_stderr(const char *component, const char *text)
{
	char line[LOG_TEXT_MAX + 128];
	int len = snprintf(line, sizeof(line), "pollux: %s: %s\n", component, text);
	ssize_t written;

	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line)) {
		len = sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	do
		written = write(STDERR_FILENO, line, (size_t)len);
	while (written < 0 && errno == EINTR);
}

/* Names come from users, files and peers: no line breaks, no terminal escapes. */
static void
make_one_line(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' ';
	}
}

void
plx_log_write(struct plx_log *log, enum plx_log_level level, const char *format, ...)
{
	int saved_errno = errno;
	char text[LOG_TEXT_MAX];
	va_list args;

	if (!plx_log_enabled(log, level))
		return;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	make_one_line(text);
	if (table.sink != NULL)
		table.sink(table.sink_arg, level, log->name, text);
	else
		write_stderr(log->name, text);
	errno = saved_errno;
}
