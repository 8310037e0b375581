/* SPDX-License-Identifier: BSD-3-Clause */
/* An empty driver table, for tests that link rooms instead of the library. */
#include "plx_driver.h"

const struct plx_driver *const plx_driver_builtin[] = {NULL};
