/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames are for this card (3.2.1, 13.5). */
#include "model_priv.h"
