/* SPDX-License-Identifier: BSD-3-Clause */
/* The options about files that follow one another, tcpdump's and dumpcap's, as the rules of a set of files. */
#ifndef PLX_APPS_CAPTURE_ROTATION_H
#define PLX_APPS_CAPTURE_ROTATION_H

#include "settings.h"

/*
 * Fills settings->rules from -C -G -W, -b and -a, --quota and --safe-rename; conditions of -a that are -c or
 * -d under another name go there. -EINVAL with a sentence.
 */
int rotation_read(struct settings *settings, struct plx_why *why);

/* True if there may be more than one file. */
bool rotation_wanted(const struct settings *settings);

/* -b has two meanings: a rule of dumpcap's such as filesize:1000, or a device. */
bool rotation_is_rule(const char *text);

#endif
