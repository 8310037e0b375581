/* SPDX-License-Identifier: BSD-3-Clause */
/* The programs that run, for people or for programs. */
#ifndef PLX_APPS_CTL_TABLE_H
#define PLX_APPS_CTL_TABLE_H

#include "find.h"

#include <stdio.h>

/* 0, or -EIO. */
int table_print(const struct programs *programs, uint64_t timeout_ns, bool json, FILE *out);

#endif
