/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The free that has something to restore: chains, shared headers, attached bytes. A segment goes home when
 * its last reference goes; whoever drops it restores the header to what plx_mbuf.h promises of free ones.
 */
#include "mbuf_priv.h"

static void
send_home(struct plx_pool *pool, struct plx_mbuf *m)
{
	uint32_t index = plx_pool_index(pool, m);

	m->next = NULL;
	m->nb_segs = 1;
	__atomic_store_n(&m->refcnt, 1, __ATOMIC_RELAXED);
	plx_pool_put_bulk(pool, &index, 1);
}

/* True for the one that dropped the last reference. */
static bool
drop(uint16_t *refcnt)
{
	if (__atomic_load_n(refcnt, __ATOMIC_ACQUIRE) == 1)
		return true;
	return __atomic_fetch_sub(refcnt, 1, __ATOMIC_ACQ_REL) == 1;
}

static void
detach(struct plx_pool *pool, struct plx_mbuf *m)
{
	struct mbuf_link link = *mbuf_link(pool, m);

	m->buf = plx_pool_data(pool, plx_pool_index(pool, m));
	m->pool_id = pool->id;
	if (link.external != NULL) {
		if (drop(&link.external->refcnt))
			link.external->release(link.external->arg, link.external->addr);
	} else if (drop(&link.origin->refcnt)) {
		/* The origin is direct: clones of clones point at the first one. */
		send_home(plx_mbuf_pool(link.origin), link.origin);
	}
}

static void
free_segment(struct plx_mbuf *m)
{
	struct plx_pool *pool;

	if (!drop(&m->refcnt))
		return;
	pool = plx_mbuf_pool(m);
	if (!plx_mbuf_is_direct(m))
		detach(pool, m);
	send_home(pool, m);
}

void
plx_mbuf_free_slow(struct plx_mbuf *m)
{
	while (m != NULL) {
		struct plx_mbuf *next = m->next;

		free_segment(m);
		m = next;
	}
}

/* Runs of plain packets of one pool, up to the size of `index`, go home in one step each. */
void
plx_mbuf_free_bulk_slow(struct plx_mbuf **mbufs, uint32_t n)
{
	uint32_t index[64], count, i = 0;

	while (i < n) {
		struct plx_pool *pool = plx_mbuf_pool(mbufs[i]);
		uint64_t plain = plx_mbuf_state_plain(pool->id);

		for (count = 0; i < n && count < PLX_ARRAY_LEN(index); count++, i++) {
			if (plx_mbuf_state(mbufs[i]) != plain)
				break;
			index[count] = plx_pool_index(pool, mbufs[i]);
		}
		if (count > 0)
			plx_pool_put_bulk(pool, index, count);
		else
			plx_mbuf_free_slow(mbufs[i++]);
	}
}
