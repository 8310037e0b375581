/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What programs tell other programs: jansson's objects, built beside the text that people read. Keys are
 * words in lower case joined by _; units last (time_ns, rate_bps); what is not known is null, not 0.
 */
#ifndef PLX_APPS_COMMON_JSON_H
#define PLX_APPS_COMMON_JSON_H

#include <pollux/plx_base.h>

#include <jansson.h>
#include <stdio.h>

struct plx_ethdev_ledger;

/* A count. JSON knows 2^53 exactly and jansson 2^63: beyond, the largest is told. */
json_t *json_count(uint64_t count);

/* "00:11:22:33:44:55" */
json_t *json_mac(const uint8_t mac[6]);

/* {"rx": {"received", "delivered", "waiting", "lost": {name: n}}, "tx": {...}, "balanced": bool} */
json_t *json_ledger(const struct plx_ethdev_ledger *ledger);

/* Writes it on one line, or indented with `pretty`, and lets go of it. 0, -ENOMEM for NULL, -EIO. */
int json_print(json_t *value, bool pretty, FILE *out);

#endif
