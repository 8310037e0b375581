/* SPDX-License-Identifier: BSD-3-Clause */
/* mac: as a router would: from the tx port's own address to its peer's (--eth-peer). */
#include "engine.h"

#include <errno.h>
#include <string.h>

/* The first twelve bytes of every packet. */
struct mac {
	uint8_t dst[PLX_NET_MAC_LEN];
	uint8_t src[PLX_NET_MAC_LEN];
};

static int
begin(struct stream *stream, struct plx_why *why)
{
	struct mac *own = engine_alloc(stream, sizeof(*own), why);

	if (own == NULL)
		return -ENOMEM;
	memcpy(own->dst, stream->app->args.engines.ports[stream->tx_port].peer, sizeof(own->dst));
	plx_ethdev_mac(stream->tx_port, own->src);
	return 0;
}

static unsigned
run(struct stream *stream)
{
	const struct mac own = *(const struct mac *)stream->engine;
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);

	for (uint16_t i = 0; i < got; i++) {
		if (PLX_LIKELY(pkts[i]->data_len >= sizeof(own)))
			memcpy(plx_mbuf_data(pkts[i]), &own, sizeof(own));
	}
	if (got > 0)
		stream_send(stream, pkts, got);
	return got;
}

const struct engine engine_mac = {
	.name = "mac",
	.about = "from the tx port's MAC to its peer's",
	.begin = begin,
	.end = engine_free,
	.run = run,
};
