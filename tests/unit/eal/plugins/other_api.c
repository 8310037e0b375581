/* SPDX-License-Identifier: BSD-3-Clause */
/* A driver made for another version of the interface. */
#include "plx_driver.h"

PLX_BEGIN_DECLS
extern const struct plx_driver plx_plugin_driver;
PLX_END_DECLS

const struct plx_driver plx_plugin_driver = {
	.api = PLX_DRIVER_API + 7,
	.name = "net_other_api",
};
