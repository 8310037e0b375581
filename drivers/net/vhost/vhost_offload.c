/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums and segmentation: what a guest left out is told to the application, or done where it did not ask to be told; what the
 * application left out is told to the guest, or done where it did not agree to that.
 */
#include "vhost.h"

#include "plx_net_csum.h"

#include <errno.h>

#define UDP_CSUM_OFFSET 6

/* The sum of `left` bytes of all segments from `from` on. */
static uint16_t
sum_from(const struct plx_mbuf *m, uint32_t from, uint32_t left)
{
	uint64_t sum = 0;
	bool odd = false;

	PLX_MBUF_FOREACH_SEG(seg, m) {
		uint32_t off = from < seg->data_len ? from : seg->data_len;
		uint32_t len = seg->data_len - off < left ? seg->data_len - off : left;

		from -= off;
		left -= len;
		if (odd)
			sum = plx_net_csum_swap(sum);
		sum = plx_net_csum_add(sum, plx_mbuf_data(seg) + off, len);
		if (odd)
			sum = plx_net_csum_swap(sum);
		odd ^= len & 1;
	}
	return plx_net_csum_fold(sum);
}

static uint8_t *
byte_at(struct plx_mbuf *m, uint32_t off)
{
	while (off >= m->data_len) {
		off -= m->data_len;
		m = m->next;
	}
	return plx_mbuf_data(m) + off;
}

/* Of UDP, 0 says that there is no sum. */
static uint16_t
as_sent(uint16_t csum, uint16_t offset)
{
	return csum == 0 && offset == UDP_CSUM_OFFSET ? 0xffff : csum;
}

/* The field holds the sum of the pseudo-header (5.1.6.2): with it in place, the sum of all is the sum that is missing. */
static void
complete(struct plx_mbuf *m, uint16_t start, uint16_t offset)
{
	uint16_t csum = as_sent((uint16_t)~sum_from(m, start, m->pkt_len - start), offset);
	uint8_t bytes[2];

	memcpy(bytes, &csum, sizeof(csum));
	*byte_at(m, start + offset) = bytes[0];
	*byte_at(m, start + offset + 1u) = bytes[1];
}

static bool
gso_is_sound(const struct vhost_rxq *rxq, const struct plx_vnet_header *header)
{
	switch (header->gso_type & ~VIRTIO_NET_GSO_ECN) {
	case VIRTIO_NET_GSO_TCPV4:
		if (!vhost_has(rxq->port, VIRTIO_NET_F_HOST_TSO4))
			return false;
		break;
	case VIRTIO_NET_GSO_TCPV6:
		if (!vhost_has(rxq->port, VIRTIO_NET_F_HOST_TSO6))
			return false;
		break;
	default:
		return false;
	}
	return header->gso_size != 0 && (header->flags & VIRTIO_NET_HDR_NEEDS_CSUM) != 0;
}

int
vhost_offload_rx(const struct vhost_rxq *rxq, const struct plx_vnet_header *header,
		 struct plx_mbuf *m)
{
	const bool needs_csum = (header->flags & VIRTIO_NET_HDR_NEEDS_CSUM) != 0;

	if (needs_csum && (!vhost_has(rxq->port, VIRTIO_NET_F_CSUM) ||
			   (uint32_t)header->csum_start + header->csum_offset + 2 > m->pkt_len))
		return -EINVAL;
	if (header->gso_type != VIRTIO_NET_GSO_NONE && !gso_is_sound(rxq, header))
		return -EINVAL;
	if (header->gso_type != VIRTIO_NET_GSO_NONE && !rxq->lro)
		return -EOPNOTSUPP;
	plx_vnet_rx(header, m);
	if (!needs_csum || rxq->csum || header->gso_type != VIRTIO_NET_GSO_NONE)
		return 0;
	complete(m, header->csum_start, header->csum_offset);
	m->ol_flags = (m->ol_flags & ~PLX_MBUF_RX_L4_CSUM_NONE) | PLX_MBUF_RX_L4_CSUM_GOOD;
	return 0;
}

/* Takes more bytes of the packet into head[], up to where the checksum field ends. */
static int
lengthen_head(const struct plx_mbuf *m, struct plx_vnet_tx *tx)
{
	uint32_t end = (uint32_t)tx->header.csum_start + tx->header.csum_offset + 2;
	uint32_t more;
	const void *bytes;

	if (end <= tx->head_len)
		return 0;
	more = end - tx->head_len;
	if (end > PLX_VNET_HEAD_MAX || tx->skip + more > m->pkt_len)
		return -EINVAL;
	bytes = plx_mbuf_read(m, tx->skip, more, tx->head + tx->head_len);
	if (bytes != tx->head + tx->head_len)
		memcpy(tx->head + tx->head_len, bytes, more);
	tx->head_len = (uint16_t)end;
	tx->skip = (uint16_t)(tx->skip + more);
	return 0;
}

/* The checksum that the guest would have had to fill in, over what follows in head[] and `len` bytes behind it. */
static void
complete_tx(const struct plx_mbuf *m, struct plx_vnet_tx *tx, uint32_t len)
{
	const uint16_t start = tx->header.csum_start, offset = tx->header.csum_offset;
	uint64_t sum = sum_from(m, tx->skip, len);
	uint16_t csum;

	if ((tx->head_len - start) % 2 != 0)
		sum = plx_net_csum_swap(sum);
	sum = plx_net_csum_add(sum, tx->head + start, tx->head_len - start);
	csum = as_sent((uint16_t)~plx_net_csum_fold(sum), offset);
	memcpy(tx->head + start + offset, &csum, sizeof(csum));
	tx->header = (struct plx_vnet_header){0};
}

int
vhost_offload_tx(const struct vhost_port *port, const struct plx_mbuf *m,
		 struct plx_vnet_tx *ret_tx)
{
	int ret = 0;

	ret_tx->header = (struct plx_vnet_header){0};
	ret_tx->skip = ret_tx->head_len = 0;
	if ((m->ol_flags & PLX_VNET_TX_FLAGS) != 0)
		ret = plx_vnet_tx(m, ret_tx);
	if (ret != 0 || ret_tx->header.flags == 0)
		return ret;
	if (ret_tx->header.gso_type != VIRTIO_NET_GSO_NONE) {
		unsigned needed = ret_tx->header.gso_type == VIRTIO_NET_GSO_TCPV4
					  ? VIRTIO_NET_F_GUEST_TSO4
					  : VIRTIO_NET_F_GUEST_TSO6;

		return vhost_has(port, needed) ? 0 : -EOPNOTSUPP;
	}
	if (vhost_has(port, VIRTIO_NET_F_GUEST_CSUM))
		return 0;
	ret = lengthen_head(m, ret_tx);
	if (ret == 0)
		complete_tx(m, ret_tx, m->pkt_len - ret_tx->skip);
	return ret;
}

uint32_t
vhost_offload_cut(const struct vhost_port *port, const struct plx_mbuf *m,
		  const struct plx_vnet_tx *whole, uint32_t off, struct plx_vnet_tx *ret_piece)
{
	uint32_t len = plx_vnet_piece(m, whole, off, ret_piece);

	if (!vhost_has(port, VIRTIO_NET_F_GUEST_CSUM))
		complete_tx(m, ret_piece, len);
	return len;
}
