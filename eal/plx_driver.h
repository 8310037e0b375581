/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a driver is to the EAL: one const struct. Drivers that are built in stand in a table that the build
 * generates; a plugin (-d file.so) exports its own as `plx_plugin_driver`. There are no constructors.
 *
 * For authors of drivers. Applications see devices only through ports (plx_ethdev.h).
 * Thread: main. Path: slow. */
#ifndef PLX_EAL_PLX_DRIVER_H
#define PLX_EAL_PLX_DRIVER_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_DEVICE_NAME_MAX 128 /* "vfio-user:" and any path of a socket fit */

enum plx_bus {
	PLX_BUS_VDEV, /* made from an argument string: net_null0,size=64 */
	PLX_BUS_PCI,  /* found at an address: 0000:00:08.0 */
};

struct plx_driver;
struct plx_pci;

/* A device that the EAL knows. The EAL owns it; it lives from probe to remove. */
struct plx_device {
	char name[PLX_DEVICE_NAME_MAX]; /* net_null0, 0000:00:08.0: unique in the program */
	enum plx_bus bus;
	int node;			 /* NUMA node, -1 unknown */
	const char *args;		 /* the text behind the name's comma, "" if none */
	const struct plx_driver *driver; /* NULL while no driver has taken it */
	void *data;			 /* the driver's own */
	struct plx_pci *pci; /* open while it is probed (plx_pci_driver.h); NULL on other buses */
};

/* Which PCI devices a driver takes. */
struct plx_pci_id {
	uint16_t vendor, device;
};

#define PLX_DRIVER_API 2 /* changes when the layout or meaning of struct plx_driver does */

struct plx_driver {
	uint32_t api; /* PLX_DRIVER_API */
	enum plx_bus bus;
	const char *name;  /* net_null: a vdev's begins with it; the longest such driver has it */
	const char *about; /* one line for lists */
	/*
	 * Takes the device or says why not. Called on the main lcore by plx_eal_init and by hot plug.
	 * Returns 0 or a negative errno; on failure it leaves nothing behind.
	 */
	int (*probe)(struct plx_device *dev, struct plx_why *why);
	/* Gives up the device and all that belongs to it; its ports are closed by it. Never fails. */
	void (*remove)(struct plx_device *dev);
	const struct plx_pci_id *ids; /* of bus PCI: ends with vendor 0 */
};

/* The drivers built in, NULL at the end. Generated; a program without drivers supplies an empty one. */
extern const struct plx_driver *const plx_driver_builtin[];

/* The i-th driver, built-in ones first, then plugins in the order of loading; NULL behind the last. */
const struct plx_driver *plx_driver_at(unsigned i);

/*
 * Adds a driver at run time, also before plx_eal_init; cleanup forgets it, until when the struct must live.
 * -EEXIST for a name that is taken, -EINVAL for another PLX_DRIVER_API. Thread: main, at init or between
 * hot plugs.
 */
int plx_driver_add(const struct plx_driver *driver, struct plx_why *why);

/*
 * Hot plug: makes (vdev) or looks up (PCI) the device that `devargs` names and probes it. -EEXIST if it is
 * there, -ENODEV if no driver wants it, or what the driver returned. Thread: main. Path: slow.
 */
int plx_device_attach(const char *devargs, struct plx_why *why);

/* The reverse. -ENODEV. Thread: main, while no lcore uses the device. */
int plx_device_detach(const char *name, struct plx_why *why);

/* NULL if there is none of that name. */
struct plx_device *plx_device_find(const char *name);

/* The i-th device in order of probing, NULL behind the last. */
struct plx_device *plx_device_at(unsigned i);

PLX_END_DECLS

#endif
