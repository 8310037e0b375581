/* SPDX-License-Identifier: BSD-3-Clause */
/* Small files of the kernel's, below /sys and /dev, which tests have a folder of their own for. */
#ifndef PLX_EAL_PCI_SYSFS_PRIV_H
#define PLX_EAL_PCI_SYSFS_PRIV_H

#include "plx_base.h"

#define PLX_SYSFS_PATH_MAX 256

/* What stands in front of every path from now on; NULL: nothing. The text must stay. For tests. */
void plx_sysfs_set_root(const char *root);

/* The path of a file: the root and what the format says. Returns path; cut if it does not fit. */
const char *plx_sysfs_path(char path[PLX_SYSFS_PATH_MAX], const char *format, ...) PLX_PRINTF(2, 3);

/* The file's first line without its end, cut to size - 1. 0 or a negative errno. */
int plx_sysfs_line(const char *path, char *line, size_t size);

/* The last part of where the link leads: the name of a driver, of a group. 0 or a negative errno. */
int plx_sysfs_link(const char *path, char *name, size_t size);

#endif
