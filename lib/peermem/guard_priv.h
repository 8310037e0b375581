/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranges whose faults are caught. */
#ifndef PLX_LIB_PEERMEM_GUARD_PRIV_H
#define PLX_LIB_PEERMEM_GUARD_PRIV_H

#include "plx_base.h"

/* The guard's number, -ENOSPC. */
int plx_peermem_guard_add(void *at, size_t len, int fault_fd);
/* Before the range is unmapped; -1 is fine. */
void plx_peermem_guard_remove(int guard);
bool plx_peermem_guard_faulted(int guard);

#endif
