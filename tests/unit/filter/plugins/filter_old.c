/* SPDX-License-Identifier: BSD-3-Clause */
/* A plugin of another version of the interface. */
#include "plx_filter_plugin.h"

extern const struct plx_filter_plugin plx_filter_plugin;
const struct plx_filter_plugin plx_filter_plugin = {.version = 0, .name = "old"};
