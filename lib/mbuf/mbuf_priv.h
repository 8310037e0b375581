/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/mbuf share about attached mbufs. */
#ifndef PLX_LIB_MBUF_MBUF_PRIV_H
#define PLX_LIB_MBUF_MBUF_PRIV_H

#include "plx_mbuf.h"

/* What an attached mbuf points at; kept at the start of its own, idle data area. */
struct mbuf_link {
	struct plx_mbuf *origin;	    /* a clone's: a direct mbuf; else NULL */
	struct plx_mbuf_external *external; /* or this */
};

static inline struct mbuf_link *
mbuf_link(const struct plx_pool *pool, const struct plx_mbuf *m)
{
	return (struct mbuf_link *)(void *)plx_pool_data(pool, plx_pool_index(pool, m));
}

/* All but lengths, segments and ownership. */
void plx_mbuf_copy_metadata(struct plx_mbuf *to, const struct plx_mbuf *from);

#endif
