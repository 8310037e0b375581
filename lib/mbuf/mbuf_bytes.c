/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations across segments: read, copy, chain, linearize. */
#include "mbuf_priv.h"

/* The segment that holds byte *off; *off becomes the offset in it. NULL beyond the end. */
static const struct plx_mbuf *
seek(const struct plx_mbuf *m, uint32_t *off)
{
	while (m != NULL && *off >= m->data_len) {
		*off -= m->data_len;
		m = m->next;
	}
	return m;
}

const void *
plx_mbuf_read(const struct plx_mbuf *m, uint32_t off, uint32_t len, void *buf)
{
	const struct plx_mbuf *seg;
	uint8_t *to = buf;
	uint32_t part;

	if (off > m->pkt_len || len > m->pkt_len - off)
		return NULL;
	seg = seek(m, &off);
	if (seg == NULL)
		return len == 0 ? plx_mbuf_data(m) : NULL;
	if (len <= seg->data_len - off)
		return plx_mbuf_data(seg) + off;
	for (; len > 0; len -= part, to += part, seg = seg->next, off = 0) {
		if (seg == NULL)
			return NULL;
		part = seg->data_len - off;
		part = part < len ? part : len;
		memcpy(to, plx_mbuf_data(seg) + off, part);
	}
	return buf;
}

/* Appends `len` bytes, with new segments from `pool` as they are needed. */
static bool
append_bytes(struct plx_mbuf *head, struct plx_mbuf **last, struct plx_pool *pool,
	     const uint8_t *bytes, uint32_t len)
{
	while (len > 0) {
		uint32_t room = plx_mbuf_tailroom(*last);
		uint32_t part = len < room ? len : room;

		if (room == 0) {
			struct plx_mbuf *seg = plx_mbuf_alloc(pool);

			if (seg == NULL)
				return false;
			(*last)->next = seg;
			*last = seg;
			head->nb_segs++;
			continue;
		}
		memcpy(plx_mbuf_data(*last) + (*last)->data_len, bytes, part);
		(*last)->data_len = (uint16_t)((*last)->data_len + part);
		head->pkt_len += part;
		bytes += part;
		len -= part;
	}
	return true;
}

struct plx_mbuf *
plx_mbuf_copy(const struct plx_mbuf *m, struct plx_pool *pool, uint32_t off, uint32_t len)
{
	const struct plx_mbuf *seg;
	struct plx_mbuf *head, *last;
	uint32_t part;

	if (off > m->pkt_len || pool->headroom >= pool->buf_size)
		return NULL;
	len = len < m->pkt_len - off ? len : m->pkt_len - off;
	head = plx_mbuf_alloc(pool);
	if (head == NULL)
		return NULL;
	last = head;
	for (seg = seek(m, &off); seg != NULL && len > 0; seg = seg->next, off = 0, len -= part) {
		part = seg->data_len - off;
		part = part < len ? part : len;
		if (!append_bytes(head, &last, pool, plx_mbuf_data(seg) + off, part)) {
			plx_mbuf_free(head);
			return NULL;
		}
	}
	plx_mbuf_copy_metadata(head, m);
	return head;
}

int
plx_mbuf_chain(struct plx_mbuf *head, struct plx_mbuf *tail)
{
	if (head->nb_segs + tail->nb_segs > UINT16_MAX ||
	    head->pkt_len + tail->pkt_len < head->pkt_len)
		return -EOVERFLOW;
	plx_mbuf_last(head)->next = tail;
	head->nb_segs = (uint16_t)(head->nb_segs + tail->nb_segs);
	head->pkt_len += tail->pkt_len;
	tail->nb_segs = 1;
	return 0;
}

int
plx_mbuf_linearize(struct plx_mbuf *m)
{
	struct plx_mbuf *rest = m->next;
	uint8_t *end;

	if (rest == NULL)
		return 0;
	if (!plx_mbuf_is_sole(m) || !plx_mbuf_is_direct(m))
		return -EBUSY;
	if (m->pkt_len - m->data_len > plx_mbuf_tailroom(m))
		return -ENOSPC;
	end = plx_mbuf_data(m) + m->data_len;
	PLX_MBUF_FOREACH_SEG(seg, rest) {
		memcpy(end, plx_mbuf_data(seg), seg->data_len);
		end += seg->data_len;
	}
	m->data_len = (uint16_t)m->pkt_len;
	m->next = NULL;
	m->nb_segs = 1;
	plx_mbuf_free_slow(rest);
	return 0;
}
