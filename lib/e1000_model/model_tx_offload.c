/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums and cutting on the way out (3.3.6, 3.5, 3.6). */
#include "model_priv.h"
