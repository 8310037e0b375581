/* SPDX-License-Identifier: BSD-3-Clause */
/* The slow beginning of an output (output.h). For its other halves. */
#ifndef PLX_APPS_CAPTURE_OUTPUT_OPEN_H
#define PLX_APPS_CAPTURE_OUTPUT_OPEN_H

#include "output.h"

/* The clocks as they are now; those of a replay are its packets'. */
void output_take_time(struct output *o);

#endif
