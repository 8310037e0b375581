/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksums and segmentation (3.3.6, 3.5, 3.6): the context of a packet, and headers as the card wants to find them. */
#include "e1000.h"

#include "plx_byteorder.h"
#include "plx_net_csum.h"

#include <errno.h>
#include <string.h>

#define ETHER_LEN    14u
#define IPV4_MIN     20u
#define IPV6_MIN     40u
#define TCP_MIN	     20u
#define IPV4_TOTAL   2u /* offsets of fields in headers */
#define IPV4_SUM     10u
#define IPV4_SRC     12u
#define IPV4_DST     16u
#define IPV6_PAYLOAD 4u
#define IPV6_SRC     8u
#define IPV6_DST     24u
#define TCP_SUM	     16u
#define UDP_SUM	     6u
#define PROTO_TCP    6u
#define L4_WISHES    (PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_UDP_CSUM | PLX_MBUF_TX_TCP_SEG)
#define MSS_LEAST    1u
#define CUT_HEAD_MAX 240u /* bytes of headers that the card keeps for its segments (3.5.9) */

static bool
is_ipv6(const struct plx_mbuf *m)
{
	return (m->ol_flags & PLX_MBUF_TX_IPV6) != 0;
}

static bool
cuts(const struct plx_mbuf *m)
{
	return (m->ol_flags & PLX_MBUF_TX_TCP_SEG) != 0;
}

static bool
sums_ip(const struct plx_mbuf *m)
{
	return !is_ipv6(m) && (m->ol_flags & (PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_TCP_SEG)) != 0;
}

static uint32_t
l4_at(const struct plx_mbuf *m)
{
	return (uint32_t)m->l2_len + m->l3_len;
}

static uint32_t
l4_sum_at(const struct plx_mbuf *m)
{
	return l4_at(m) + ((m->ol_flags & PLX_MBUF_TX_UDP_CSUM) != 0 ? UDP_SUM : TCP_SUM);
}

/* Headers, in bytes; -EINVAL if the lengths fit neither each other nor the fields of a context. */
static int
head_len(const struct plx_mbuf *m)
{
	uint32_t len = l4_at(m);

	if (m->l2_len < ETHER_LEN || m->l3_len < (is_ipv6(m) ? IPV6_MIN : IPV4_MIN) ||
	    l4_sum_at(m) > UINT8_MAX)
		return -EINVAL;
	if ((m->ol_flags & L4_WISHES) != 0)
		len = l4_sum_at(m) + sizeof(uint16_t);
	if (cuts(m)) {
		len = l4_at(m) + m->l4_len;
		if (m->l4_len < TCP_MIN || m->tso_segsz < MSS_LEAST || len > CUT_HEAD_MAX)
			return -EINVAL;
	}
	return len <= m->pkt_len && m->pkt_len <= E1000_TXD_LEN_MASK ? (int)len : -EINVAL;
}

/* 3.6: the field that the sum goes into counts as well: it must be zero. */
static bool
must_write(const struct plx_mbuf *m, uint32_t head)
{
	uint8_t bytes[UINT8_MAX + 1];
	const uint8_t *at;

	if (cuts(m))
		return true;
	if (!sums_ip(m))
		return false;
	at = plx_mbuf_read(m, 0, head, bytes);
	return at != NULL && plx_load_be16(at + m->l2_len + IPV4_SUM) != 0;
}

/* Its headers in one piece of memory that nobody else reads. */
static int
make_writable(struct plx_mbuf **m, uint32_t head)
{
	struct plx_mbuf *copy;

	if (plx_mbuf_is_direct(*m) && plx_mbuf_is_sole(*m) && (*m)->data_len >= head)
		return 0;
	copy = plx_mbuf_copy(*m, plx_mbuf_pool(*m), 0, (*m)->pkt_len);
	if (copy == NULL)
		return -ENOBUFS;
	if (copy->data_len < head) {
		plx_mbuf_free(copy);
		return -EINVAL;
	}
	*m = copy;
	return 0;
}

/* 3.5: lengths are those of each segment, which the card adds; so the pseudo-header's sum is without one. */
static void
write_heads(const struct plx_mbuf *m)
{
	uint8_t *ip = plx_mbuf_data(m) + m->l2_len, *tcp = ip + m->l3_len;
	uint16_t folded;
	uint64_t sum;

	if (!is_ipv6(m))
		plx_store_be16(ip + IPV4_SUM, 0);
	if (!cuts(m))
		return;
	if (is_ipv6(m)) {
		plx_store_be16(ip + IPV6_PAYLOAD, 0);
		sum = plx_net_csum_pseudo_ipv6(ip + IPV6_SRC, ip + IPV6_DST, PROTO_TCP, 0);
	} else {
		plx_store_be16(ip + IPV4_TOTAL, 0);
		sum = plx_net_csum_pseudo_ipv4(ip + IPV4_SRC, ip + IPV4_DST, PROTO_TCP, 0);
	}
	folded = plx_net_csum_fold(sum);
	memcpy(tcp + TCP_SUM, &folded, sizeof(folded));
}

/* 3.3.6 */
static void
make_context(const struct plx_mbuf *m, struct e1000_tx_context_desc *context)
{
	uint32_t cmd = E1000_TXD_CMD_DEXT;

	if ((m->ol_flags & PLX_MBUF_TX_UDP_CSUM) == 0)
		cmd |= E1000_TXD_TUCMD_TCP;
	if (!is_ipv6(m))
		cmd |= E1000_TXD_TUCMD_IP;
	if (cuts(m))
		cmd |= E1000_TXD_CMD_TSE;
	*context = (struct e1000_tx_context_desc){
		.ipcss = m->l2_len,
		.ipcso = (uint8_t)(m->l2_len + IPV4_SUM),
		.ipcse = is_ipv6(m) ? 0 : (uint16_t)(l4_at(m) - 1),
		.tucss = (uint8_t)l4_at(m),
		.tucso = (uint8_t)l4_sum_at(m),
		.cmd_paylen = cmd << E1000_TXD_CMD_SHIFT | E1000_TXD_DTYP_CONTEXT,
	};
	if (!cuts(m))
		return;
	context->hdrlen = (uint8_t)(l4_at(m) + m->l4_len);
	context->mss = m->tso_segsz;
	context->cmd_paylen |= m->pkt_len - context->hdrlen;
}

int
e1000_tx_prepare(struct plx_mbuf **m, struct e1000_tx_context_desc *ret_context, uint8_t *ret_popts)
{
	const int head = head_len(*m);
	int ret;

	if (head < 0)
		return head;
	if (must_write(*m, (uint32_t)head)) {
		ret = make_writable(m, (uint32_t)head);
		if (ret != 0)
			return ret;
		write_heads(*m);
	}
	make_context(*m, ret_context);
	*ret_popts = (uint8_t)((sums_ip(*m) ? E1000_TXD_POPTS_IXSM : 0) |
			       (((*m)->ol_flags & L4_WISHES) != 0 ? E1000_TXD_POPTS_TXSM : 0));
	return 0;
}
