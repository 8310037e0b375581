/* SPDX-License-Identifier: BSD-3-Clause */
/* What the targets have in common whose device is hostile while packets come and go. */
#ifndef PLX_FUZZ_FUZZ_TRAFFIC_H
#define PLX_FUZZ_FUZZ_TRAFFIC_H

#include "fuzz_port.h"

#include <string.h>

#define DESCS	  32
#define FRAME_LEN 60
#define FRAME_MAX 5000
#define STEPS_MAX 200

struct input {
	const uint8_t *at, *end;
};

static inline uint8_t
next(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static inline uint32_t
next32(struct input *in)
{
	uint32_t value = next(in);

	value |= (uint32_t)next(in) << 8;
	value |= (uint32_t)next(in) << 16;
	return value | (uint32_t)next(in) << 24;
}

/* Packets that are sane, at most n of them, n <= DESCS. */
static inline unsigned
receive(uint16_t port, uint16_t n)
{
	struct plx_mbuf *pkts[DESCS];

	n = plx_ethdev_rx_burst(port, 0, pkts, n);
	must(n <= DESCS);
	for (uint16_t i = 0; i < n; i++)
		must(plx_mbuf_check(pkts[i], NULL) == 0);
	plx_mbuf_free_bulk(pkts, n);
	return n;
}

/* Packets of `segs` segments. Returns how many were taken. */
static inline unsigned
send(uint16_t port, struct plx_pool *pool, unsigned n, unsigned segs, uint64_t ol_flags)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < n; i++) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		if (m == NULL)
			break;
		memset(plx_mbuf_append(m, FRAME_LEN), 0xff, FRAME_LEN);
		m->ol_flags = ol_flags;
		for (unsigned k = 1; k < segs; k++) {
			struct plx_mbuf *tail = plx_mbuf_alloc(pool);

			if (tail == NULL)
				break;
			memset(plx_mbuf_append(tail, FRAME_LEN), 0xff, FRAME_LEN);
			must(plx_mbuf_chain(m, tail) == 0);
		}
		if (plx_ethdev_tx_burst(port, 0, &m, 1) == 1)
			taken++;
		else
			plx_mbuf_free(m);
	}
	return taken;
}

/* Every buffer is home. */
static inline void
all_are_home(struct plx_pool *pool)
{
	plx_pool_cache_flush(pool);
	must(plx_pool_in_use(pool) == 0);
	must(plx_pool_audit(pool, NULL) == 0);
}

#endif
