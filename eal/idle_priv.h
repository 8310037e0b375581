/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_EAL_IDLE_PRIV_H
#define PLX_EAL_IDLE_PRIV_H

#include "plx_idle.h"

/* Back to the default, which depends on the lcores. */
void plx_idle_unset_policy(void);

#endif
