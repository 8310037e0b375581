/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of what comes in (3.2.9, 13.4.27). */
#include "model_priv.h"
