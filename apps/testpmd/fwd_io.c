/* SPDX-License-Identifier: BSD-3-Clause */
/* io: packets go on as they came, unread. */
#include "engine.h"

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	if (got > 0)
		stream_send(stream, pkts, got);
	return got;
}

const struct engine engine_io = {
	.name = "io",
	.about = "packets go on as they came",
	.run = run,
};
