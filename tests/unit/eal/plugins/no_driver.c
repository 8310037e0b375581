/* SPDX-License-Identifier: BSD-3-Clause */
/* A shared object that is no driver. */
#include "plx_base.h"

PLX_BEGIN_DECLS
extern const int plx_nothing;
PLX_END_DECLS

const int plx_nothing = 1;
