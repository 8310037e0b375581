/* SPDX-License-Identifier: BSD-3-Clause */
/* How a port spreads packets over its queues, for people and for programs. */
#include "facts.h"
#include "report.h"
#include "rss_words.h"

#include <stdio.h>

void
report_rss_hash(const struct rss_facts *rss, bool with_key, FILE *out)
{
	char types[64];

	if (rss->types == 0)
		fprintf(out, "RSS disabled\n");
	else
		fprintf(out, "RSS functions:\n %s\n",
			plx_ethdev_bits_text(PLX_ETHDEV_RSS_TYPES, rss->types, types,
					     sizeof(types)));
	if (!with_key)
		return;
	fprintf(out, "RSS key:\n");
	for (unsigned i = 0; i < rss->info.rss_key_size; i++)
		fprintf(out, "%02X", rss->key[i]);
	fprintf(out, "\n");
}

void
report_reta(const struct rss_facts *rss, const bool *chosen, FILE *out)
{
	for (unsigned i = 0; i < rss->info.reta_size; i++) {
		if (chosen[i])
			fprintf(out, "RSS RETA configuration: hash index=%u, queue=%u\n", i,
				rss->table[i]);
	}
}

void
facts_rss_hash(const struct rss_facts *rss, json_t *result)
{
	char key[2 * PLX_ETHDEV_RSS_KEY_MAX + 1] = "";

	for (unsigned i = 0; i < rss->info.rss_key_size; i++)
		snprintf(key + 2 * i, 3, "%02x", rss->key[i]);
	json_object_set_new(result, "port", json_integer(rss->port));
	json_object_set_new(result, "types", facts_rss_types(rss->types));
	json_object_set_new(result, "key", json_string(key));
}

void
facts_reta(const struct rss_facts *rss, const bool *chosen, json_t *result)
{
	json_t *entries = json_object();
	char name[8];

	for (unsigned i = 0; i < rss->info.reta_size; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (chosen[i])
			json_object_set_new(entries, name, json_integer(rss->table[i]));
	}
	json_object_set_new(result, "port", json_integer(rss->port));
	json_object_set_new(result, "reta_size", json_integer(rss->info.reta_size));
	json_object_set_new(result, "reta", entries);
}
