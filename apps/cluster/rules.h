/* SPDX-License-Identifier: BSD-3-Clause */
/* Which packets are wanted, by --filter or --rules. */
#ifndef PLX_APPS_CLUSTER_RULES_H
#define PLX_APPS_CLUSTER_RULES_H

#include "settings.h"

#include <pollux/plx_filter_rules.h>

struct rules {
	struct plx_filter_rules *set; /* NULL: everything is */
	char *path;		      /* of the file, from the root; NULL: --filter */
};

/* Thread of everything here: main. */
int rules_open(struct rules *rules, const struct settings *settings, struct plx_why *why);

/* Reads the file again; on an error the rules are as they were. -ENOENT without a file. */
int rules_reload(struct rules *rules, struct plx_why *why);

/* What actions asked for; now and then. */
void rules_serve(struct rules *rules);

/* Nobody may use the set any more. */
void rules_close(struct rules *rules);

#endif
