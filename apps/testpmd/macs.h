/* SPDX-License-Identifier: BSD-3-Clause */
/* The two addresses at the beginning of a frame. */
#ifndef PLX_APPS_TESTPMD_MACS_H
#define PLX_APPS_TESTPMD_MACS_H

#include <pollux/plx_base.h>

#include <stdint.h>
#include <string.h>

#define MACS_LEN 12 /* of both */

/* They change places, in a frame that has both in its first segment; others stay as they are. Path: hot. */
static inline void
macs_swap(uint8_t *frame, uint32_t len)
{
	uint8_t dst[MACS_LEN / 2];

	if (PLX_UNLIKELY(len < MACS_LEN))
		return;
	memcpy(dst, frame, sizeof(dst));
	memcpy(frame, frame + sizeof(dst), sizeof(dst));
	memcpy(frame + sizeof(dst), dst, sizeof(dst));
}

#endif
