/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of drivers: those built in, then those added. */
#include "driver_priv.h"

#include "plx_config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ADDED_MAX 64

struct added {
	const struct plx_driver *driver;
	void *plugin; /* NULL: added by the program itself */
};

static struct {
	unsigned n;
	struct added added[ADDED_MAX];
} table;

static unsigned
builtin_count(void)
{
	unsigned n = 0;

	while (plx_driver_builtin[n] != NULL)
		n++;
	return n;
}

const struct plx_driver *
plx_driver_at(unsigned i)
{
	unsigned builtin = builtin_count();

	if (i < builtin)
		return plx_driver_builtin[i];
	i -= builtin;
	return i < table.n ? table.added[i].driver : NULL;
}

static bool
name_taken(const char *name)
{
	const struct plx_driver *driver;

	for (unsigned i = 0; (driver = plx_driver_at(i)) != NULL; i++)
		if (strcmp(driver->name, name) == 0)
			return true;
	return false;
}

static int
check(const struct plx_driver *driver, struct plx_why *why)
{
	if (driver->api != PLX_DRIVER_API)
		return plx_why(why, -EINVAL,
			       "the driver is made for driver interface %u, this library has %u: "
			       "compile it against the headers of version " PLX_VERSION,
			       driver->api, PLX_DRIVER_API);
	if (driver->name == NULL || driver->name[0] == '\0' ||
	    strlen(driver->name) >= PLX_DEVICE_NAME_MAX || driver->probe == NULL ||
	    driver->remove == NULL)
		return plx_why(why, -EINVAL, "the driver has no name, probe or remove");
	if (name_taken(driver->name))
		return plx_why(why, -EEXIST, "there is a driver %s already", driver->name);
	if (table.n == ADDED_MAX)
		return plx_why(why, -ENOSPC, "no more than %d drivers can be added", ADDED_MAX);
	return 0;
}

int
plx_driver_add_plugin(const struct plx_driver *driver, void *handle, struct plx_why *why)
{
	int ret = check(driver, why);

	if (ret == 0)
		table.added[table.n++] = (struct added){driver, handle};
	return ret;
}

int
plx_driver_add(const struct plx_driver *driver, struct plx_why *why)
{
	return plx_driver_add_plugin(driver, NULL, why);
}

unsigned
plx_driver_added(void)
{
	return table.n;
}

void
plx_driver_drop(unsigned mark)
{
	while (table.n > mark) {
		struct added *last = &table.added[--table.n];

		if (last->plugin != NULL)
			dlclose(last->plugin);
	}
}

const char *
plx_driver_names(enum plx_bus bus, char *text, size_t size)
{
	const struct plx_driver *driver;
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; (driver = plx_driver_at(i)) != NULL && len < size; i++)
		if (driver->bus == bus)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? " " : "",
						driver->name);
	return text;
}
