/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sink over another one that waits while there is no room: for files that were removed until their space is free, with
 * `forever` (--on-full wait) for anything. Meanwhile packets wait in the sources' rings, and what does not fit there is
 * lost as "writer too slow". A stop that is asked for ends the wait.
 */
#ifndef PLX_APPS_CAPTURE_PATIENT_H
#define PLX_APPS_CAPTURE_PATIENT_H

#include <pollux/plx_pcapfile_writer.h>

#include "release.h"
#include "trouble.h"

/* Takes `inner` if it returns 0. -ENOMEM. */
int patient_sink_make(struct plx_pcapfile_sink *inner, struct trouble *trouble,
		      struct release *release, bool forever, struct plx_pcapfile_sink **ret_sink);

#endif
