/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VLAN tags that a port took out of the bytes. Filters and files have them where they were on the wire, as tcpdump does: the
 * bytes themselves may be others', who only lend them.
 */
#ifndef PLX_APPS_CAPTURE_TAG_H
#define PLX_APPS_CAPTURE_TAG_H

#include <pollux/plx_byteorder.h>
#include <pollux/plx_mbuf.h>

#define TAG_AT	 12 /* behind both addresses */
#define TAG_LEN	 4
#define TAG_TYPE 0x8100 /* 802.1Q: the only ones that ports take out */

/* Bytes of the tag that is missing; 0 for none. Path: hot. */
static inline uint32_t
tag_len(const struct plx_mbuf *m)
{
	const bool missing = (m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED) != 0;

	return PLX_UNLIKELY(missing) && m->data_len >= TAG_AT ? TAG_LEN : 0;
}

static inline uint32_t
tag_wire_len(const struct plx_mbuf *m)
{
	return plx_mbuf_wire_len(m) + tag_len(m);
}

static inline void
tag_make(const struct plx_mbuf *m, uint8_t tag[TAG_LEN])
{
	plx_store_be16(tag, TAG_TYPE);
	plx_store_be16(tag + 2, m->vlan_tci);
}

#endif
