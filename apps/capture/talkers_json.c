/* SPDX-License-Identifier: BSD-3-Clause */
#include "talkers_priv.h"

#include <stdlib.h>

#include "json.h"

static json_t *
end_json(const struct talker *talker, unsigned i)
{
	const struct talker_end *end = &talker->key.end[i];
	json_t *port = end->port != 0 ? json_integer(end->port) : json_null();

	return json_pack("{s:s, s:o, s:o, s:o}", "address", talker_address(talker, i).text, "port",
			 port, "packets", json_count(talker->packets[i]), "bytes",
			 json_count(talker->bytes[i]));
}

static json_t *
talker_json(const struct talker *talker)
{
	return json_pack("{s:s, s:[o, o]}", "protocol", talker_protocol(&talker->key).text, "ends",
			 end_json(talker, 0), end_json(talker, 1));
}

json_t *
talkers_json(const struct talkers *talkers, unsigned n)
{
	struct talker *top = calloc(n, sizeof(*top));
	uint64_t packets = talkers->packets, bytes = talkers->bytes;
	json_t *all = json_array();

	if (top == NULL || all == NULL) {
		free(top);
		json_decref(all);
		return NULL;
	}
	n = talkers_top(talkers, top, n);
	for (unsigned i = 0; i < n; i++) {
		json_array_append_new(all, talker_json(&top[i]));
		packets -= top[i].packets[0] + top[i].packets[1];
		bytes -= top[i].bytes[0] + top[i].bytes[1];
	}
	free(top);
	return json_pack("{s:o, s:{s:o, s:o}}", "conversations", all, "others", "packets",
			 json_count(packets), "bytes", json_count(bytes));
}
