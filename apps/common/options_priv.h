/* SPDX-License-Identifier: BSD-3-Clause */
/* What options.c and option_value.c share. */
#ifndef PLX_APPS_COMMON_OPTIONS_PRIV_H
#define PLX_APPS_COMMON_OPTIONS_PRIV_H

#include "options.h"

/* Stores `text` into the row's field. -EINVAL with the sentence behind "--name: ". */
int
option_value_store(const struct option_row *row, const char *text, void *out, struct plx_why *why);

static inline bool
option_takes_value(const struct option_row *row)
{
	if (row->kind == OPTION_IGNORED)
		return row->value != NULL;
	return row->kind != OPTION_ON && row->kind != OPTION_OFF;
}

#endif
