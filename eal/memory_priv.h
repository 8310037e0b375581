/* SPDX-License-Identifier: BSD-3-Clause */
/* How much plain memory can be had: asking for more would not fail but get the program killed. */
#ifndef PLX_EAL_MEMORY_PRIV_H
#define PLX_EAL_MEMORY_PRIV_H

#include "plx_base.h"

/* Bytes that the machine and the program's memory cgroups (v2) have left; UINT64_MAX if none tells. */
uint64_t plx_memory_available(void);

/*
 * The same for the cgroup `path` ("/a/b") and those above it, under the folder `root`: limit less usage,
 * files in the page cache not counted as used. UINT64_MAX without limits.
 */
uint64_t plx_memory_cgroup_left(const char *root, const char *path);

#endif
