/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that come and go while the program runs: the EAL's hot plug, by port. */
#include "ethdev_priv.h"
#include "plx_kvargs.h"

#include <errno.h>

int
plx_ethdev_attach(const char *devargs, uint16_t *ret_port, struct plx_why *why)
{
	char name[PLX_DEVICE_NAME_MAX];
	const struct plx_device *dev;
	const char *args;
	int ret = plx_kvargs_split(devargs, name, sizeof(name), &args, why);

	if (ret != 0)
		return plx_why_prefix(why, ret, "device '%.64s': ", devargs);
	ret = plx_device_attach(devargs, why);
	if (ret != 0)
		return ret;
	dev = plx_device_find(name); /* which may have another spelling of it */
	if (dev != NULL && plx_ethdev_by_name(dev->name, ret_port) == 0)
		return 0;
	plx_device_detach(name, NULL);
	return plx_why(why, -ENOTSUP, "device %s is there, but it has no port", name);
}

int
plx_ethdev_detach(uint16_t port, struct plx_why *why)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);

	if (dev == NULL)
		return plx_why(why, -ENODEV, "there is no port %u; there are %u ports", port,
			       plx_ethdev_count());
	if (dev->info.state == PLX_ETHDEV_STARTED)
		return plx_why(why, -EBUSY, "port %u (%s): stop it before detaching", port,
			       dev->info.name);
	return plx_device_detach(dev->device->name, why);
}
