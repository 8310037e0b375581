/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtual devices: there because they were asked for. The driver is the one whose name the device's name
 * begins with, the longest if there are several: net_af_xdp0 is net_af_xdp's, though there be a net_af.
 */
#include "bus_priv.h"

#include "driver_priv.h"

#include <errno.h>
#include <string.h>

static bool
vdev_owns(const char *name)
{
	return true;
}

static int
vdev_scan(const struct plx_args *args, struct plx_why *why)
{
	for (unsigned i = 0; i < args->devices.n; i++) {
		int ret = plx_device_attach(args->devices.item[i], why);

		if (ret != 0)
			return ret;
	}
	return 0;
}

static const struct plx_driver *
longest_match(const char *name)
{
	const struct plx_driver *driver, *best = NULL;
	size_t best_len = 0;

	for (unsigned i = 0; (driver = plx_driver_at(i)) != NULL; i++) {
		size_t len = strlen(driver->name);

		if (driver->bus != PLX_BUS_VDEV || len <= best_len ||
		    strncmp(driver->name, name, len) != 0)
			continue;
		best = driver;
		best_len = len;
	}
	return best;
}

static const struct plx_driver *
vdev_match(const struct plx_device *dev, struct plx_why *why)
{
	const struct plx_driver *driver = longest_match(dev->name);
	char names[256];

	if (driver != NULL)
		return driver;
	plx_why(why, -ENODEV,
		"no driver for a virtual device of that name; there are: %s. -d file.so "
		"loads another",
		plx_driver_names(PLX_BUS_VDEV, names, sizeof(names)));
	return NULL;
}

const struct plx_bus_ops plx_bus_vdev = {
	.name = "vdev",
	.bus = PLX_BUS_VDEV,
	.owns = vdev_owns,
	.scan = vdev_scan,
	.match = vdev_match,
};
