/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests and debugging: is this packet sound, and what is in it. */
#include "mbuf_priv.h"

#include <inttypes.h>

static int
check_segment(const struct plx_mbuf *m, struct plx_why *why)
{
	const struct plx_pool *pool;
	uint32_t index;

	if ((m->pool_id & ~PLX_MBUF_ATTACHED) >= PLX_POOL_MAX || plx_mbuf_pool(m) == NULL)
		return plx_why(why, -EUCLEAN, "mbuf %p: no pool has number %u", (const void *)m,
			       m->pool_id & ~PLX_MBUF_ATTACHED);
	pool = plx_mbuf_pool(m);
	index = plx_pool_index(pool, m);
	if (m < pool->headers || index >= pool->n)
		return plx_why(why, -EUCLEAN, "mbuf %p is not in its pool %s", (const void *)m,
			       plx_pool_name(pool));
	if (m->refcnt == 0)
		return plx_why(why, -EUCLEAN, "mbuf %" PRIu32 " has no reference", index);
	if (!plx_mbuf_is_direct(m))
		return 0;
	if (m->buf != plx_pool_data(pool, index))
		return plx_why(why, -EUCLEAN, "mbuf %" PRIu32 " points at other bytes than its own",
			       index);
	if (m->data_off + m->data_len > pool->buf_size)
		return plx_why(why, -EUCLEAN,
			       "mbuf %" PRIu32 ": %u + %u bytes in a buffer of %" PRIu32, index,
			       m->data_off, m->data_len, pool->buf_size);
	return 0;
}

int
plx_mbuf_check(const struct plx_mbuf *m, struct plx_why *why)
{
	uint32_t len = 0, segs = 0;
	int ret;

	PLX_MBUF_FOREACH_SEG(seg, m) {
		ret = check_segment(seg, why);
		if (ret != 0)
			return ret;
		len += seg->data_len;
		if (++segs > m->nb_segs)
			break;
	}
	if (segs != m->nb_segs)
		return plx_why(why, -EUCLEAN, "mbuf: %u segments announced, %" PRIu32 " found",
			       m->nb_segs, segs);
	if (len != m->pkt_len)
		return plx_why(why, -EUCLEAN,
			       "mbuf: %" PRIu32 " bytes announced, %" PRIu32 " found", m->pkt_len,
			       len);
	return 0;
}

void
plx_mbuf_dump(FILE *out, const struct plx_mbuf *m, uint32_t bytes)
{
	uint32_t shown = bytes < m->pkt_len ? bytes : m->pkt_len;

	fprintf(out,
		"mbuf %" PRIu32 " of pool %s: %" PRIu32
		" bytes in %u segments, port %u queue %u, flags "
		"0x%" PRIx32 ", hash 0x%" PRIx32 ", references %u\n",
		plx_pool_index(plx_mbuf_pool(m), m), plx_pool_name(plx_mbuf_pool(m)), m->pkt_len,
		m->nb_segs, m->port, m->queue, m->ol_flags, m->hash, m->refcnt);
	for (uint32_t i = 0; i < shown; i++) {
		uint8_t room;
		const uint8_t *byte = plx_mbuf_read(m, i, 1, &room);

		if (i % 16 == 0)
			fprintf(out, "  %04" PRIx32 " ", i);
		fprintf(out, " %02x%s", *byte, i % 16 == 15 || i + 1 == shown ? "\n" : "");
	}
}
