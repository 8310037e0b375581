/* SPDX-License-Identifier: BSD-3-Clause */
/* macswap: source and destination MAC change places, so that a sender gets its packets back. */
#include "engine.h"

#include <string.h>

static inline void
swap_macs(uint8_t *frame)
{
	uint8_t dst[6];

	memcpy(dst, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, dst, 6);
}

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	for (uint16_t i = 0; i < got; i++) {
		if (PLX_LIKELY(pkts[i]->data_len >= 12))
			swap_macs(plx_mbuf_data(pkts[i]));
	}
	if (got > 0)
		stream_send(stream, pkts, got);
	return got;
}

const struct engine engine_macswap = {
	.name = "macswap",
	.about = "source and destination MAC change places",
	.run = run,
};
