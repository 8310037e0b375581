/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that engines make (txonly, flowgen): UDP in the shape of txpkts, segment by segment, all alike or of flows
 * that differ in one address and follow one another.
 */
#ifndef PLX_APPS_TESTPMD_MAKER_H
#define PLX_APPS_TESTPMD_MAKER_H

#include "engine.h"
#include "flows.h"

#include <pollux/plx_net_build.h>

/* The address of flow i is `first` with i * step added in the bits of `mask`. */
struct maker_flows {
	size_t off; /* FLOWS_SRC or FLOWS_DST; 0: packets are all alike, and the rest is not looked at */
	uint32_t n;		    /* how many, at least 1 */
	uint32_t first, step, mask; /* host order */
};

/*
 * Makes stream->engine from the headers in `build`, whose address of the flows is 0.0.0.0; engine_free() undoes it.
 * -EINVAL or -ENOTSUP with a why if buffers are too small for a segment or the port does not send chains.
 */
int maker_create(struct stream *stream, const struct plx_net_build *build,
		 const struct maker_flows *flows, struct plx_why *why);

/*
 * Makes a burst and sends it. Returns how many were made, 0 when the pool is empty. The flows of packets that the
 * queue did not take come next, so that each has its share. Path: hot.
 */
unsigned maker_run(struct stream *stream);

#endif
