/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of every packet, at one moment: for people and for programs. */
#ifndef PLX_APPS_CLUSTER_BOOKS_H
#define PLX_APPS_CLUSTER_BOOKS_H

#include "master.h"

#include <jansson.h>

struct books {
	uint64_t ns; /* since the start */
	uint32_t id, nb_places, nb_rx, nb_tx;
	const char *mode, *overflow;
	bool grouped;
	struct plx_cluster_stats all;
	struct plx_cluster_place_stats places[PLX_CLUSTER_PLACES_MAX];
	struct plx_cluster_port_stats rx[PLX_CLUSTER_PORTS_MAX], tx[PLX_CLUSTER_PORTS_MAX];
};

/* Reads them. Exact when the lcores are at rest. Thread: main. */
void books_take(const struct master *master, struct books *ret_books);

/* False if some equation does not hold; with nothing at rest that means little. */
bool books_add_up(const struct books *books);

/* Everything, with the rates since `before` (NULL: the start). */
void books_print(const struct books *books, const struct books *before, FILE *out);
json_t *books_json(const struct books *books);

#endif
