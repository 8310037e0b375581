/* SPDX-License-Identifier: BSD-3-Clause */
/* Mbufs that describe bytes which are not their own: external memory and clones. */
#include "mbuf_priv.h"

#include "plx_dma_driver.h"

static void
point_at(struct plx_mbuf *m, uint8_t *buf, struct mbuf_link link)
{
	struct plx_pool *pool = plx_mbuf_pool(m);

	*mbuf_link(pool, m) = link;
	m->buf = buf;
	m->pool_id |= PLX_MBUF_ATTACHED;
}

int
plx_mbuf_attach_external(struct plx_mbuf *m, void *addr, uint16_t len,
			 struct plx_mbuf_external *ext)
{
	if (!plx_mbuf_is_direct(m) || !plx_mbuf_is_sole(m) || m->next != NULL || addr == NULL)
		return -EINVAL;
	ext->addr = addr;
	__atomic_store_n(&ext->refcnt, 1, __ATOMIC_RELAXED);
	point_at(m, addr, (struct mbuf_link){.external = ext});
	plx_mbuf_set_lengths(m, len, len, 0);
	return 0;
}

/* Shares the bytes of one segment. */
static void
clone_segment(struct plx_mbuf *copy, struct plx_mbuf *seg)
{
	struct mbuf_link link = {.origin = seg};

	if (!plx_mbuf_is_direct(seg))
		link = *mbuf_link(plx_mbuf_pool(seg), seg);
	__atomic_fetch_add(link.external != NULL ? &link.external->refcnt : &link.origin->refcnt, 1,
			   __ATOMIC_RELAXED);
	point_at(copy, seg->buf, link);
	plx_mbuf_set_lengths(copy, seg->data_len, seg->data_len, seg->data_off);
}

/* Of bytes that are nobody's buffer: they must follow each other for the device, too. */
static uint64_t
external_iova(const uint8_t *data, uint16_t len)
{
	uint64_t first = plx_dma_address(data);

	if (first == PLX_IOVA_BAD || len == 0)
		return first;
	return plx_dma_address(data + len - 1) == first + len - 1 ? first : PLX_IOVA_BAD;
}

uint64_t
plx_mbuf_iova_slow(const struct plx_mbuf *m)
{
	struct mbuf_link link = *mbuf_link(plx_mbuf_pool(m), m);
	const struct plx_pool *pool;

	if (link.external != NULL)
		return external_iova(plx_mbuf_data(m), m->data_len);
	pool = plx_mbuf_pool(link.origin);
	return plx_pool_iova(pool, plx_pool_index(pool, link.origin), m->data_off);
}

void
plx_mbuf_copy_metadata(struct plx_mbuf *to, const struct plx_mbuf *from)
{
	to->timestamp = from->timestamp;
	to->port = from->port;
	to->ol_flags = from->ol_flags & ~PLX_MBUF_APP; /* says something of other bytes */
	to->hash = from->hash;
	to->packet_type = from->packet_type;
	to->vlan_tci = from->vlan_tci;
	to->vlan_tci_outer = from->vlan_tci_outer;
	to->l2_len = from->l2_len;
	to->l4_len = from->l4_len;
	to->l3_len = from->l3_len;
	to->tso_segsz = from->tso_segsz;
	to->queue = from->queue;
}

struct plx_mbuf *
plx_mbuf_clone(struct plx_mbuf *m, struct plx_pool *pool)
{
	struct plx_mbuf *head = NULL, **link = &head;
	uint16_t nb_segs = 0;

	for (struct plx_mbuf *seg = m; seg != NULL; seg = seg->next) {
		struct plx_mbuf *copy = plx_mbuf_alloc(pool);

		if (copy == NULL) {
			plx_mbuf_free(head);
			return NULL;
		}
		clone_segment(copy, seg);
		*link = copy;
		link = &copy->next;
		nb_segs++;
		head->nb_segs = nb_segs; /* right at every step, for the free above */
	}
	head->pkt_len = m->pkt_len;
	plx_mbuf_copy_metadata(head, m);
	return head;
}
