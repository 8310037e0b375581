/* SPDX-License-Identifier: BSD-3-Clause */
/* macswap: source and destination MAC change places, so that a sender gets its packets back. */
#include "engine.h"
#include "macs.h"

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	for (uint16_t i = 0; i < got; i++)
		macs_swap(plx_mbuf_data(pkts[i]), pkts[i]->data_len);
	if (got > 0)
		stream_send(stream, pkts, got);
	return got;
}

const struct engine engine_macswap = {
	.name = "macswap",
	.about = "source and destination MAC change places",
	.run = run,
};
