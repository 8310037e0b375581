/* SPDX-License-Identifier: BSD-3-Clause */
/* rxonly: packets are received, counted and freed. */
#include "engine.h"

static unsigned
run(struct stream *stream)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	plx_mbuf_free_bulk(pkts, got);
	return got;
}

const struct engine engine_rxonly = {
	.name = "rxonly",
	.about = "packets are received and freed",
	.run = run,
};
