/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtio-net header from and to mbufs. See plx_vnet_driver.h. */
#include "plx_vnet_driver.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "plx_byteorder.h"

#define MACS_LEN	 12
#define TAG_LEN		 4
#define TYPE_LEN	 2
#define TYPE_TAG	 0x8100 /* IEEE 802.1Q */
#define TCP_CSUM_OFFSET	 16
#define UDP_CSUM_OFFSET	 6
#define IPV4_CSUM_OFFSET 10
#define IPV4_LEN_OFFSET	 2
#define IPV4_ID_OFFSET	 4
#define IPV6_LEN_OFFSET	 4
#define IPV4_HEADER_MIN	 20
#define IPV6_HEADER_MIN	 40
#define TCP_HEADER_MIN	 20
#define TCP_SEQ_OFFSET	 4
#define TCP_FLAGS_OFFSET 13
#define TCP_FIN		 0x01
#define TCP_PSH		 0x08
#define TCP_CWR		 0x80
#define PROTOCOL_TCP	 6

PLX_STATIC_ASSERT(sizeof(struct plx_vnet_header) == sizeof(struct virtio_net_hdr), "same header");
PLX_STATIC_ASSERT(offsetof(struct plx_vnet_header, csum_start) ==
			  offsetof(struct virtio_net_hdr, csum_start),
		  "same header");

/* Adds up 16-bit words; `len` is even. */
static uint32_t
sum_words(const uint8_t *p, unsigned len)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < len; i += 2)
		sum += plx_load_be16(p + i);
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
fill_ipv4_sum(uint8_t *ip, unsigned len)
{
	plx_store_be16(ip + IPV4_CSUM_OFFSET, 0);
	plx_store_be16(ip + IPV4_CSUM_OFFSET, (uint16_t)~fold(sum_words(ip, len & ~1u)));
}

/* What Linux wants in a TCP header whose sum it completes: the pseudo-header with the whole length, TCP header and payload. */
static void
fill_tcp_pseudo_sum(const struct plx_mbuf *m, const uint8_t *ip, uint8_t *tcp, uint32_t len)
{
	uint32_t sum = PROTOCOL_TCP + (len & 0xffff) + (len >> 16);

	if (m->ol_flags & PLX_MBUF_TX_IPV6)
		sum += sum_words(ip + 8, 32);
	else
		sum += sum_words(ip + 12, 8);
	plx_store_be16(tcp + TCP_CSUM_OFFSET, fold(sum));
}

/* Bytes at the front that must be looked at or changed; -EINVAL if the lengths are nonsense. */
static int
head_needed(const struct plx_mbuf *m)
{
	uint32_t l3_min = m->ol_flags & PLX_MBUF_TX_IPV6 ? IPV6_HEADER_MIN : IPV4_HEADER_MIN;
	uint32_t need = 0;

	if (m->ol_flags & PLX_MBUF_TX_VLAN)
		need = MACS_LEN;
	if (m->ol_flags & (PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_TCP_SEG)) {
		need = m->l2_len + m->l3_len;
		if (m->l2_len < MACS_LEN + 2 || m->l3_len < l3_min)
			return -EINVAL;
	}
	if (m->ol_flags & PLX_MBUF_TX_TCP_SEG) {
		need += m->l4_len;
		if (m->l4_len < TCP_HEADER_MIN || m->tso_segsz == 0)
			return -EINVAL;
	}
	return need <= m->pkt_len && need + TAG_LEN <= PLX_VNET_HEAD_MAX ? (int)need : -EINVAL;
}

static void
insert_tag(const struct plx_mbuf *m, struct plx_vnet_tx *tx)
{
	memmove(tx->head + MACS_LEN + TAG_LEN, tx->head + MACS_LEN, tx->head_len - MACS_LEN);
	plx_store_be16(tx->head + MACS_LEN, TYPE_TAG);
	plx_store_be16(tx->head + MACS_LEN + 2, m->vlan_tci);
	tx->head_len += TAG_LEN;
}

static void
make_head(const struct plx_mbuf *m, struct plx_vnet_tx *tx, uint16_t need)
{
	const void *bytes = plx_mbuf_read(m, 0, need, tx->head);
	uint8_t *ip = tx->head + m->l2_len;

	if (bytes != tx->head)
		memcpy(tx->head, bytes, need);
	tx->head_len = tx->skip = need;
	if ((m->ol_flags & PLX_MBUF_TX_IP_CSUM) && !(m->ol_flags & PLX_MBUF_TX_IPV6))
		fill_ipv4_sum(ip, m->l3_len);
	if (m->ol_flags & PLX_MBUF_TX_TCP_SEG)
		fill_tcp_pseudo_sum(m, ip, ip + m->l3_len, m->pkt_len - m->l2_len - m->l3_len);
	if (m->ol_flags & PLX_MBUF_TX_VLAN)
		insert_tag(m, tx);
}

static int
make_header(const struct plx_mbuf *m, struct plx_vnet_tx *tx, uint16_t tag)
{
	struct plx_vnet_header *header = &tx->header;
	uint32_t start = m->l2_len + m->l3_len;

	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = (uint16_t)(start + tag);
	header->csum_offset =
		m->ol_flags & PLX_MBUF_TX_UDP_CSUM ? UDP_CSUM_OFFSET : TCP_CSUM_OFFSET;
	if (start + header->csum_offset + 2u > m->pkt_len)
		return -EINVAL;
	header->hdr_len = header->csum_start;
	/* One segment is a plain packet: nothing to cut. */
	if (!(m->ol_flags & PLX_MBUF_TX_TCP_SEG) || m->pkt_len - start - m->l4_len <= m->tso_segsz)
		return 0;
	header->hdr_len = (uint16_t)(header->csum_start + m->l4_len);
	header->gso_size = m->tso_segsz;
	header->gso_type = m->ol_flags & PLX_MBUF_TX_IPV6 ? VIRTIO_NET_HDR_GSO_TCPV6
							  : VIRTIO_NET_HDR_GSO_TCPV4;
	return 0;
}

int
plx_vnet_tx(const struct plx_mbuf *m, struct plx_vnet_tx *ret_tx)
{
	const uint32_t l4 = PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_UDP_CSUM | PLX_MBUF_TX_TCP_SEG;
	int need = head_needed(m);

	if (need < 0)
		return need;
	ret_tx->header = (struct plx_vnet_header){0};
	ret_tx->head_len = ret_tx->skip = 0;
	if (need > 0)
		make_head(m, ret_tx, (uint16_t)need);
	if ((m->ol_flags & l4) == 0)
		return 0;
	return make_header(m, ret_tx, (uint16_t)(ret_tx->head_len - ret_tx->skip));
}

/* -- cutting ------------------------------------------------------------------------------------------------------------ */

/* `len`: bytes behind the IP header; the identification counts pieces, as of a stack that had cut them itself. */
static void
count_ip_on(const struct plx_mbuf *m, uint8_t *ip, uint32_t number, uint32_t len)
{
	if (m->ol_flags & PLX_MBUF_TX_IPV6) {
		plx_store_be16(ip + IPV6_LEN_OFFSET, (uint16_t)(m->l3_len - IPV6_HEADER_MIN + len));
		return;
	}
	plx_store_be16(ip + IPV4_LEN_OFFSET, (uint16_t)(m->l3_len + len));
	plx_store_be16(ip + IPV4_ID_OFFSET,
		       (uint16_t)(plx_load_be16(ip + IPV4_ID_OFFSET) + number));
	fill_ipv4_sum(ip, m->l3_len);
}

/* What ends a stream or wants it delivered is the last one's, that a window was reduced is the first one's to say. */
static void
count_tcp_on(uint8_t *tcp, uint32_t off, bool last)
{
	plx_store_be32(tcp + TCP_SEQ_OFFSET, plx_load_be32(tcp + TCP_SEQ_OFFSET) + off);
	if (!last)
		tcp[TCP_FLAGS_OFFSET] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (off > 0)
		tcp[TCP_FLAGS_OFFSET] &= (uint8_t)~TCP_CWR;
}

uint32_t
plx_vnet_piece(const struct plx_mbuf *m, const struct plx_vnet_tx *whole, uint32_t off,
	       struct plx_vnet_tx *ret_piece)
{
	const uint32_t left = m->pkt_len - whole->skip - off;
	const uint32_t len = left < whole->header.gso_size ? left : whole->header.gso_size;
	uint8_t *tcp = ret_piece->head + whole->header.csum_start;
	uint8_t *ip = tcp - m->l3_len;

	ret_piece->header = (struct plx_vnet_header){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.hdr_len = whole->header.csum_start,
		.csum_start = whole->header.csum_start,
		.csum_offset = whole->header.csum_offset,
	};
	ret_piece->head_len = whole->head_len;
	ret_piece->skip = whole->skip + off;
	memcpy(ret_piece->head, whole->head, whole->head_len);
	count_ip_on(m, ip, off / whole->header.gso_size, m->l4_len + len);
	count_tcp_on(tcp, off, len == left);
	fill_tcp_pseudo_sum(m, ip, tcp, m->l4_len + len);
	return len;
}

void
plx_vnet_rx(const struct plx_vnet_header *header, struct plx_mbuf *m)
{
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		m->ol_flags |= PLX_MBUF_RX_L4_CSUM_NONE;
	else if (header->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		m->ol_flags |= PLX_MBUF_RX_L4_CSUM_GOOD;
	m->tso_segsz = header->gso_type == VIRTIO_NET_HDR_GSO_NONE ? 0 : header->gso_size;
}

void
plx_vnet_untag(struct plx_mbuf *m)
{
	uint8_t *frame = plx_mbuf_data(m);

	if (m->data_len < MACS_LEN + TAG_LEN + TYPE_LEN ||
	    plx_load_be16(frame + MACS_LEN) != TYPE_TAG)
		return;
	m->vlan_tci = plx_load_be16(frame + MACS_LEN + TYPE_LEN);
	m->ol_flags |= PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
	memmove(frame + TAG_LEN, frame, MACS_LEN);
	m->data_off = (uint16_t)(m->data_off + TAG_LEN);
	m->data_len = (uint16_t)(m->data_len - TAG_LEN);
	m->pkt_len -= TAG_LEN;
}

int
plx_vnet_gather(const struct plx_mbuf *m, uint32_t skip, struct iovec *ret_iov, int max)
{
	int n = 0;

	PLX_MBUF_FOREACH_SEG(seg, m) {
		uint32_t off = skip < seg->data_len ? skip : seg->data_len;

		skip -= off;
		if (off == seg->data_len)
			continue;
		if (n == max)
			return -EMSGSIZE;
		ret_iov[n].iov_base = plx_mbuf_data(seg) + off;
		ret_iov[n].iov_len = seg->data_len - off;
		n++;
	}
	return n;
}
