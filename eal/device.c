/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of devices: attach, detach, find. */
#include "device_priv.h"

#include "bus_priv.h"
#include "plx_eal.h"
#include "plx_kvargs.h"
#include "plx_list.h"
#include "plx_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "eal.device");

struct device {
	struct plx_device pub;
	const struct plx_bus_ops *bus;
	struct plx_list link;
	char *args;
};

static struct plx_list devices = PLX_LIST_INIT(devices);

static struct device *
find(const char *name)
{
	PLX_LIST_FOREACH(link, &devices) {
		struct device *device = PLX_LIST_ITEM(link, struct device, link);

		if (strcmp(device->pub.name, name) == 0)
			return device;
	}
	return NULL;
}

/* By any name that the device's bus takes for its own. */
static struct device *
find_spelled(const char *name)
{
	const struct plx_bus_ops *bus = plx_bus_of(name);
	char canonical[PLX_DEVICE_NAME_MAX];

	if (bus->canonical == NULL)
		return find(name);
	snprintf(canonical, sizeof(canonical), "%s", name);
	bus->canonical(canonical);
	return find(canonical);
}

static int
refuse_second(const char *name, const struct plx_bus_ops *bus, struct plx_why *why)
{
	if (bus->bus == PLX_BUS_PCI)
		return plx_why(why, -EEXIST, "device %s: it is in use by this program already",
			       name);
	return plx_why(why, -EEXIST,
		       "device %s: there is one of that name already; each needs its own, as "
		       "in net_null0, net_null1",
		       name);
}

static void
device_free(struct device *device)
{
	free(device->args);
	free(device);
}

static struct device *
device_alloc(const char *name, const char *args, const struct plx_bus_ops *bus)
{
	struct device *device = calloc(1, sizeof(*device));

	if (device == NULL)
		return NULL;
	device->args = strdup(args);
	if (device->args == NULL) {
		device_free(device);
		return NULL;
	}
	snprintf(device->pub.name, sizeof(device->pub.name), "%s", name);
	device->bus = bus;
	device->pub.bus = bus->bus;
	device->pub.node = -1;
	device->pub.args = device->args;
	plx_list_init(&device->link);
	return device;
}

static void
release(struct device *device)
{
	if (device->bus->release != NULL)
		device->bus->release(&device->pub);
}

/* Looks up, matches and probes. The device is in the list while its driver probes it. */
static int
probe(struct device *device, struct plx_why *why)
{
	const struct plx_bus_ops *bus = device->bus;
	int ret = bus->look_up != NULL ? bus->look_up(&device->pub, why) : 0;

	if (ret != 0)
		return ret;
	device->pub.driver = bus->match(&device->pub, why);
	if (device->pub.driver == NULL) {
		ret = -ENODEV;
		goto release;
	}
	plx_list_append(&devices, &device->link);
	ret = device->pub.driver->probe(&device->pub, why);
	if (ret != 0)
		goto forget;
	return 0;

forget:
	plx_list_remove(&device->link);
release:
	release(device);
	return ret;
}

int
plx_device_attach(const char *devargs, struct plx_why *why)
{
	char name[PLX_DEVICE_NAME_MAX];
	const struct plx_bus_ops *bus;
	struct plx_why cause = {""};
	struct device *device;
	const char *args;
	int ret;

	ret = plx_kvargs_split(devargs, name, sizeof(name), &args, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "device '%.64s': ", devargs);
	bus = plx_bus_of(name);
	if (bus->canonical != NULL)
		bus->canonical(name);
	if (find(name) != NULL)
		return refuse_second(name, bus, why);
	device = device_alloc(name, args, bus);
	if (device == NULL)
		return plx_why(why, -ENOMEM, "device %s: no memory", name);
	ret = probe(device, &cause);
	if (ret != 0) {
		device_free(device);
		return plx_why(why, ret, "device %s: %s", name,
			       cause.text[0] != '\0' ? cause.text : strerror(-ret));
	}
	plx_log_info(&logger, "%s: driver %s", name, device->pub.driver->name);
	return 0;
}

static void
device_remove(struct device *device)
{
	device->pub.driver->remove(&device->pub);
	release(device);
	plx_list_remove(&device->link);
	device_free(device);
}

int
plx_device_detach(const char *name, struct plx_why *why)
{
	struct device *device = find_spelled(name);

	if (device == NULL)
		return plx_why(why, -ENODEV, "there is no device %.64s", name);
	device_remove(device);
	return 0;
}

struct plx_device *
plx_device_find(const char *name)
{
	struct device *device = find_spelled(name);

	return device != NULL ? &device->pub : NULL;
}

struct plx_device *
plx_device_at(unsigned i)
{
	PLX_LIST_FOREACH(link, &devices)
		if (i-- == 0)
			return &PLX_LIST_ITEM(link, struct device, link)->pub;
	return NULL;
}

unsigned
plx_device_list(struct plx_device_info *ret_devices, unsigned n)
{
	const struct plx_device *dev;
	unsigned i = 0;

	for (; (dev = plx_device_at(i)) != NULL; i++) {
		struct plx_device_info *info = &ret_devices[i];

		if (i >= n)
			continue;
		*info = (struct plx_device_info){.is_vdev = dev->bus == PLX_BUS_VDEV,
						 .node = dev->node};
		snprintf(info->name, sizeof(info->name), "%s", dev->name);
		snprintf(info->driver, sizeof(info->driver), "%s",
			 dev->driver != NULL ? dev->driver->name : "");
		snprintf(info->args, sizeof(info->args), "%s", dev->args);
	}
	return i;
}

void
plx_device_remove_all(void)
{
	while (!plx_list_empty(&devices))
		device_remove(PLX_LIST_ITEM(devices.prev, struct device, link));
}
