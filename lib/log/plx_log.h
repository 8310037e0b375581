/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log messages by component. A component is a static object with a dotted name that follows the path of
 * its room (lib.ring, eal.zone, pmd.net.af_xdp); users choose levels by pattern: --log-level 'pmd.*:debug'.
 * No constructors: a component finds its level the first time it logs, and again after a rule was added.
 * Nothing on the data path logs.
 * Thread: any, unless a function says otherwise. Path: slow. */
#ifndef PLX_LIB_LOG_PLX_LOG_H
#define PLX_LIB_LOG_PLX_LOG_H

#include "plx_base.h"

#include <stdarg.h>

PLX_BEGIN_DECLS

/* The numbers of DPDK's --log-level. */
enum plx_log_level {
	PLX_LOG_EMERG = 1,
	PLX_LOG_ALERT,
	PLX_LOG_CRIT,
	PLX_LOG_ERR,
	PLX_LOG_WARNING,
	PLX_LOG_NOTICE,
	PLX_LOG_INFO,
	PLX_LOG_DEBUG,
};

/* One component; make it with PLX_LOG_COMPONENT. Layout visible for the macro below only. */
struct plx_log {
	const char *name;
	unsigned generation; /* of the rules that `level` was read from */
	enum plx_log_level level;
};

#define PLX_LOG_COMPONENT(var, dotted_name) \
	static struct plx_log var = {dotted_name, 0, PLX_LOG_NOTICE}

/*
 * Where messages go. `text` has no newline. The default sink writes "pollux: component: text" to stderr.
 */
typedef void (*plx_log_sink_fn)(void *arg, enum plx_log_level level, const char *component,
				const char *text);

/* NULL restores the default sink. Thread: call while nothing else logs. */
void plx_log_set_sink(plx_log_sink_fn sink, void *arg);

#define PLX_LOG_RULES_MAX \
	64 /* a rule replaces one of its pattern; one for "*" or "level" replaces all */
#define PLX_LOG_PATTERN_MAX 64

/*
 * Adds a rule "pattern:level", "pattern,level" or "level" as DPDK spells them: the pattern is a shell pattern over
 * component names, the level a name or a number 1-8. A later rule wins. -EINVAL, or -ENOSPC after
 * PLX_LOG_RULES_MAX rules, with a sentence in why. Thread: any.
 */
int plx_log_add_rule(const char *rule, struct plx_why *why);

/* A component, or a rule's pattern, and its level. */
struct plx_log_entry {
	char name[PLX_LOG_PATTERN_MAX];
	enum plx_log_level level;
};

#define PLX_LOG_COMPONENTS_MAX 128 /* that are remembered for the list */

/*
 * The components that had something to say so far, or would have had at another level, with the level in
 * force: fills up to n, returns how many there are. Thread: any. Path: slow.
 */
unsigned plx_log_components(struct plx_log_entry *ret_entries, unsigned n);

/* The rules in force, the later ones win: fills up to n, returns how many there are. Thread: any. */
unsigned plx_log_rules(struct plx_log_entry *ret_entries, unsigned n);

/* Forgets every rule: the level of all is NOTICE again. */
void plx_log_reset(void);

/* True if a message of that level would be written: to spare the work of building it. */
bool plx_log_enabled(struct plx_log *log, enum plx_log_level level);

/*
 * One message, at most 1,023 characters; control characters become spaces, so that a name from outside
 * cannot forge a line. errno is kept. Thread: any. Path: slow.
 */
void plx_log_write(struct plx_log *log, enum plx_log_level level, const char *format, ...)
	PLX_PRINTF(3, 4);

/* "error", "warning", ...: as the levels are spelled in --log-level. */
const char *plx_log_level_name(enum plx_log_level level);

PLX_END_DECLS

#define plx_log_err(log, ...)	 plx_log_write(log, PLX_LOG_ERR, __VA_ARGS__)
#define plx_log_warn(log, ...)	 plx_log_write(log, PLX_LOG_WARNING, __VA_ARGS__)
#define plx_log_notice(log, ...) plx_log_write(log, PLX_LOG_NOTICE, __VA_ARGS__)
#define plx_log_info(log, ...)	 plx_log_write(log, PLX_LOG_INFO, __VA_ARGS__)
#define plx_log_debug(log, ...)	 plx_log_write(log, PLX_LOG_DEBUG, __VA_ARGS__)

#endif
