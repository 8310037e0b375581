/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines there are. */
#include "engine.h"

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
