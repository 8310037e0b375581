/* SPDX-License-Identifier: BSD-3-Clause */
/* A program's set of rules: from a file, which can be read again while it runs, or one filter. */
#ifndef PLX_APPS_COMMON_RULES_H
#define PLX_APPS_COMMON_RULES_H

#include <stdio.h>

#include <jansson.h>
#include <pollux/plx_filter_rules.h>

struct rules {
	struct plx_filter_rules *set; /* NULL: everything is wanted */
	char *path;		      /* of the file, from the root; NULL: there is none */
};

/* Thread of everything here: one at a time. */

/* From a file. An error, which names line and column, leaves none. */
int rules_open(struct rules *rules, const char *path, struct plx_why *why);

/* Those that a filter in tcpdump's language wants, and no others. */
int rules_open_filter(struct rules *rules, const char *filter, struct plx_why *why);

/* Reads the file again; on an error the rules are as they were. -ENOENT without a file. */
int rules_reload(struct rules *rules, struct plx_why *why);

/* The same from another file from now on. */
int rules_load(struct rules *rules, const char *path, struct plx_why *why);

/* -ENOTSUP if a rule would send: reflect and bounce, for programs that only look. */
int rules_refuse_sends(const struct rules *rules, struct plx_why *why);

/* What actions asked for, and (purge_ns, 0: never) exact rules that nothing met for so long; now and then. */
void rules_serve(struct rules *rules, uint64_t purge_ns);

/* Nobody may use the set any more. */
void rules_close(struct rules *rules);

/* Each wildcard rule and what it met. */
void rules_print(const struct rules *rules, FILE *out);
json_t *rules_json(const struct rules *rules);

/* How many there are of either kind, and what became of those that actions asked for. */
json_t *rules_sums_json(const struct rules *rules);

#endif
