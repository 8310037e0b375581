/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of buses. A bus knows which names are its devices' and which driver wants which device; the
 * device table (device.c) does the rest. eal/vdev is one; a further one is a folder and a row in bus.c.
 */
#ifndef PLX_EAL_BUS_PRIV_H
#define PLX_EAL_BUS_PRIV_H

#include "args_priv.h"
#include "plx_driver.h"

struct plx_bus_ops {
	const char *name;
	enum plx_bus bus;
	/* True if a device of this name would be on this bus. */
	bool (*owns)(const char *name);
	/* Replaces a name by the one of all its spellings that the device has. NULL: there is one. */
	void (*canonical)(char name[PLX_DEVICE_NAME_MAX]);
	/*
	 * Finds the devices that are there and attaches those that the command line wants, with
	 * plx_device_attach. NULL: this bus has no devices but those asked for by name.
	 */
	int (*scan)(const struct plx_args *args, struct plx_why *why);
	/* Fills in what the bus knows of the device: node. -ENODEV if there is none. May be NULL. */
	int (*look_up)(struct plx_device *dev, struct plx_why *why);
	/* Undoes look_up, after the driver is gone or did not want it. May be NULL. */
	void (*release)(struct plx_device *dev);
	/* The driver for the device, NULL with a sentence if none. */
	const struct plx_driver *(*match)(const struct plx_device *dev, struct plx_why *why);
};

extern const struct plx_bus_ops plx_bus_vdev, plx_bus_pci;

/* The bus of a device of this name; never NULL, as any name may be a virtual device's. */
const struct plx_bus_ops *plx_bus_of(const char *name);

/* Scans all buses in order. */
int plx_bus_scan(const struct plx_args *args, struct plx_why *why);

#endif
