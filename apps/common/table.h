/* SPDX-License-Identifier: BSD-3-Clause */
/* An array of flat objects as lines: the keys of the first are the heads of columns. */
#ifndef PLX_APPS_COMMON_TABLE_H
#define PLX_APPS_COMMON_TABLE_H

#include <jansson.h>
#include <stdio.h>

/* Numbers stand to the right, null as "-"; nothing is there: "none". */
void table_print(const json_t *rows, FILE *out);

#endif
