/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of drivers, beyond what plx_driver.h shows. */
#ifndef PLX_EAL_DRIVER_PRIV_H
#define PLX_EAL_DRIVER_PRIV_H

#include "plx_driver.h"

/* How many were added behind the ones built in: a mark to come back to. */
unsigned plx_driver_added(void);

/* Forgets those added since the mark, and closes the plugins they came from. */
void plx_driver_drop(unsigned mark);

/* Loads the driver of a .so file, or of all of a folder in the order of their names. */
int plx_plugin_load(const char *path, struct plx_why *why);

/* As plx_driver_add; the handle is closed with dlclose when the driver is forgotten. */
int plx_driver_add_plugin(const struct plx_driver *driver, void *handle, struct plx_why *why);

/* "net_null net_ring ": the names of the drivers of a bus. Returns text. */
const char *plx_driver_names(enum plx_bus bus, char *text, size_t size);

#endif
