/* SPDX-License-Identifier: BSD-3-Clause */
/* Drivers from shared objects: -d file.so, -d folder. */
#include "driver_priv.h"

#include "plx_log.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

PLX_LOG_COMPONENT(logger, "eal.plugin");

#define SYMBOL "plx_plugin_driver"

/* dlopen searches the system's folders for a name without '/'; we mean the file. */
static void *
open_object(const char *path)
{
	char full[PATH_MAX];

	if (strchr(path, '/') != NULL)
		return dlopen(path, RTLD_NOW | RTLD_LOCAL);
	snprintf(full, sizeof(full), "./%s", path);
	return dlopen(full, RTLD_NOW | RTLD_LOCAL);
}

/* -ENOENT if it is a shared object but no driver. */
static int
load_file(const char *path, struct plx_why *why)
{
	const struct plx_driver *driver;
	void *handle;
	int ret;

	handle = open_object(path);
	if (handle == NULL)
		return plx_why(why, -ENOEXEC, "plugin %.100s cannot be loaded: %.300s", path,
			       dlerror());
	driver = dlsym(handle, SYMBOL);
	if (driver == NULL)
		ret = plx_why(why, -ENOENT,
			      "plugin %.200s is no driver: it exports no struct " SYMBOL, path);
	else
		ret = plx_driver_add_plugin(driver, handle, why);
	if (ret == 0) {
		plx_log_debug(&logger, "driver %s from %s", driver->name, path);
		return 0;
	}
	dlclose(handle);
	if (driver != NULL)
		plx_why_prefix(why, ret, "plugin %.200s: ", path);
	return ret;
}

static int
is_object(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 3 && strcmp(entry->d_name + len - 3, ".so") == 0;
}

/* Other shared objects may lie in the folder: what is no driver is passed over. */
static int
load_entry(const char *folder, const char *name, struct plx_why *why)
{
	char path[PATH_MAX];
	int ret;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return plx_why(why, -ENAMETOOLONG, "plugin %.200s: the path is too long", name);
	ret = load_file(path, why);
	if (ret != -ENOENT)
		return ret;
	plx_log_info(&logger, "%s is no driver: passed over", path);
	return 0;
}

static int
load_folder(const char *folder, struct plx_why *why)
{
	struct dirent **entries;
	int n, ret = 0;

	n = scandir(folder, &entries, is_object, alphasort);
	if (n < 0)
		return plx_why(why, -errno, "plugin folder %.200s: %s", folder, strerror(errno));
	if (n == 0)
		plx_log_notice(&logger, "plugin folder %s has no .so file", folder);
	for (int i = 0; i < n; i++) {
		if (ret == 0)
			ret = load_entry(folder, entries[i]->d_name, why);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int
plx_plugin_load(const char *path, struct plx_why *why)
{
	struct stat info;

	if (stat(path, &info) != 0)
		return plx_why(why, -errno, "plugin %.200s: %s", path, strerror(errno));
	return S_ISDIR(info.st_mode) ? load_folder(path, why) : load_file(path, why);
}
