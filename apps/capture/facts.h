/* SPDX-License-Identifier: BSD-3-Clause */
/* What a pcapng file says about a port's traffic: at its end, and wherever else a file ends. */
#ifndef PLX_APPS_CAPTURE_FACTS_H
#define PLX_APPS_CAPTURE_FACTS_H

#include "capture.h"

struct facts {
	struct plx_pcapfile_stats stats; /* its comment is the text below */
	char text[768];			 /* the losses by name */
};

/*
 * What the writer's sources of that port saw so far, or in all once the capture has ended; of the device only
 * when one file has all of it. Thread: the writer.
 */
void facts_of_port(const struct capture *capture, const struct writer *writer, unsigned port_index,
		   struct facts *ret_facts);

#endif
