/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of a set of files, for the two halves: rotation.c (tcpdump's, and all together), rotation_dumpcap.c. */
#ifndef PLX_APPS_CAPTURE_ROTATION_PRIV_H
#define PLX_APPS_CAPTURE_ROTATION_PRIV_H

#include "rotation.h"

#define BYTES_MAX (UINT64_C(1) << 50)

/* Something says when a file is full. */
bool rotation_has_limit(const struct plx_pcapfile_fileset_params *rules);

/* -b and -a. */
int rotation_read_dumpcaps(struct settings *settings, struct plx_why *why);

/* -a filesize, as dumpcap has it: with -b the file's size, without it the end of the capture. */
int rotation_apply_stop_bytes(struct settings *settings, struct plx_why *why);

#endif
