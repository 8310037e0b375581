/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest driver that can be loaded. */
#include "plx_driver.h"

#include <errno.h>

static int
good_probe(struct plx_device *dev, struct plx_why *why)
{
	return dev->args[0] == '\0' ? 0 : -EINVAL;
}

static void
good_remove(struct plx_device *dev)
{
}

PLX_BEGIN_DECLS
extern const struct plx_driver plx_plugin_driver;
PLX_END_DECLS

const struct plx_driver plx_plugin_driver = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_good",
	.about = "takes devices without arguments",
	.probe = good_probe,
	.remove = good_remove,
};
