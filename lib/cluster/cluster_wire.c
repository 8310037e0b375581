/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets as they are on a wire, whoever sends them: rules, forwarding, slaves. */
#include "cluster_priv.h"

#include "sieve_judge.h"

struct plx_mbuf *
wire_form(struct plx_cluster *cluster, struct plx_mbuf *m, bool bounce, bool itself)
{
	struct plx_mbuf *out = m;

	if (!itself || !sieve_owns(m) || plx_mbuf_headroom(m) < sieve_tag_len(m))
		out = plx_mbuf_copy(m, cluster->pool, 0, m->pkt_len);
	if (out == NULL || (sieve_tag_put_back(out) && (!bounce || sieve_exchange_macs(out))))
		return out;
	if (out != m)
		plx_mbuf_free(out);
	return NULL;
}
