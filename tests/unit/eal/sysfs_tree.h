/* SPDX-License-Identifier: BSD-3-Clause */
/* A /sys of the test's own, in a folder that goes with the test. The real one is never looked at. */
#ifndef PLX_TESTS_UNIT_EAL_SYSFS_TREE_H
#define PLX_TESTS_UNIT_EAL_SYSFS_TREE_H

#include "pci/sysfs_priv.h"
#include "own.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SYSFS_DEVICES  "/sys/bus/pci/devices"
#define SYSFS_NAME_MAX 512

static char sysfs_root[64];

static inline void
sysfs_path(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, "%s%s", sysfs_root, name);
	for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
}

static inline void
sysfs_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	sysfs_path(path, name);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static inline void
sysfs_symlink(const char *name, const char *target)
{
	char path[PATH_MAX];

	sysfs_path(path, name);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

/* An attribute of a device; made with the device's folder if need be. */
static inline void
sysfs_attribute(const char *address, const char *attribute, const char *text)
{
	char name[SYSFS_NAME_MAX];

	snprintf(name, sizeof(name), SYSFS_DEVICES "/%s/%s", address, attribute);
	sysfs_file(name, text);
}

/* Which kernel driver holds the device. */
static inline void
sysfs_bind(const char *address, const char *driver)
{
	char name[SYSFS_NAME_MAX], target[SYSFS_NAME_MAX];

	snprintf(name, sizeof(name), SYSFS_DEVICES "/%s/driver", address);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	sysfs_symlink(name, target);
}

/* A device with ids and class, held by `driver` if not NULL. Its configuration space is a folder: who reads it fails. */
static inline void
sysfs_device(const char *address, const char *vendor, const char *device, const char *class_code,
	     const char *driver)
{
	sysfs_attribute(address, "vendor", vendor);
	sysfs_attribute(address, "device", device);
	sysfs_attribute(address, "class", class_code);
	sysfs_attribute(address, "config/never", "");
	if (driver != NULL)
		sysfs_bind(address, driver);
}

static inline int
sysfs_setup(void **state)
{
	if (own_folder(sysfs_root) == NULL)
		return -1;
	plx_sysfs_set_root(sysfs_root);
	return 0;
}

/* How many mappings of this process are of files whose names hold that. */
static inline unsigned
mappings_of(const char *name)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, name) != NULL;
	fclose(file);
	return n;
}

static inline int
sysfs_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static inline int
sysfs_teardown(void **state)
{
	plx_sysfs_set_root(NULL);
	return nftw(sysfs_root, sysfs_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
