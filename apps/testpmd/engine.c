/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines there are. */
#include "engine.h"

#include <stdio.h>
#include <string.h>

static const struct engine *const engines[] = {
	&engine_io,
	&engine_macswap,
	&engine_rxonly,
	&engine_txonly,
};

const struct engine *
engine_at(unsigned i)
{
	return i < PLX_ARRAY_LEN(engines) ? engines[i] : NULL;
}

const struct engine *
engine_find(const char *name)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(engines); i++) {
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	}
	return NULL;
}

const char *
engine_names(char buf[ENGINE_NAMES_MAX])
{
	size_t used = 0;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(engines) && used < ENGINE_NAMES_MAX; i++)
		used += (size_t)snprintf(buf + used, ENGINE_NAMES_MAX - used, "%s%s",
					 i > 0 ? ", " : "", engines[i]->name);
	return buf;
}
