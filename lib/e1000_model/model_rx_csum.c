/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of what comes in (3.2.9, 13.4.27). Headers are passed as the card's filters pass them; the rest is left to the driver. */
#include "model_priv.h"

#include "plx_byteorder.h"
#include "plx_net_csum.h"
#include "plx_net_wire.h"

#define ETHER_LEN     14u
#define TAG_LEN	      4u
#define SNAP_LEN      8u /* LLC aa aa 03, organization 00 00 00, ethertype */
#define IPV4_LEN_MIN  20u
#define IPV4_FRAGMENT 0x3fffu /* offset, and more of them */
#define EXTENSION_MAX 64u     /* 3.2.9.5 */
#define TCP_LEN_MIN   20u
#define UDP_LEN	      8u
#define UDP_SUM_AT    6u

/* Where the transport's header and data are, and what of the pseudo-header is in its sum already. */
struct transport {
	const uint8_t *at;
	uint32_t len;
	uint8_t proto;
	bool ipv4;
	const uint8_t *src, *dst;
};

/* Ethernet II, 802.3ac, SNAP (3.2.9.3): the ethertype, and what follows it. */
static uint16_t
pass_link(const uint8_t **at, uint32_t *left, bool tagged)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
	const uint32_t ether = ETHER_LEN + (tagged ? TAG_LEN : 0);
	uint16_t type = plx_load_be16(*at + ether - 2);

	*at += ether;
	*left -= ether;
	if (type >= PLX_NET_ETHERTYPE_MIN)
		return type;
	if (*left < SNAP_LEN || memcmp(*at, snap, sizeof(snap)) != 0)
		return 0;
	type = plx_load_be16(*at + sizeof(snap));
	*at += SNAP_LEN;
	*left -= SNAP_LEN;
	return type;
}

/* 3.2.9.4. False: not one that the card knows. */
static bool
pass_ipv4(const uint8_t *at, uint32_t left, uint32_t rxcsum, uint8_t *status, uint8_t *errors,
	  struct transport *ret)
{
	uint32_t head, total;

	if (left < IPV4_LEN_MIN || at[0] >> 4 != 4)
		return false;
	head = (at[0] & 0xfu) * 4;
	if (head < IPV4_LEN_MIN || head > left)
		return false;
	if ((rxcsum & E1000_RXCSUM_IPOFL) != 0) {
		*status |= E1000_RXD_STAT_IPCS;
		*errors |= plx_net_csum(at, head) != 0 ? E1000_RXD_ERR_IPE : 0;
	}
	total = plx_load_be16(at + 2);
	if ((plx_load_be16(at + 6) & IPV4_FRAGMENT) != 0 || total < head || total > left)
		return false;
	*ret = (struct transport){.at = at + head,
				  .len = total - head,
				  .proto = at[9],
				  .ipv4 = true,
				  .src = at + 12,
				  .dst = at + 16};
	return true;
}

static bool
is_passed_extension(uint8_t proto)
{
	return proto == PLX_NET_PROTO_HOPOPTS || proto == PLX_NET_PROTO_ROUTING ||
	       proto == PLX_NET_PROTO_DSTOPTS;
}

/* 3.2.9.5: up to three kinds of extensions. A packet still on its route has another sum than its header says. */
static bool
pass_ipv6(const uint8_t *at, uint32_t left, struct transport *ret)
{
	uint32_t payload, skip;
	uint8_t proto;

	if (left < sizeof(struct plx_net_ipv6) || at[0] >> 4 != 6)
		return false;
	payload = plx_load_be16(at + 4);
	if (payload > left - sizeof(struct plx_net_ipv6))
		return false;
	*ret = (struct transport){.src = at + 8, .dst = at + 24};
	proto = at[6];
	for (at += sizeof(struct plx_net_ipv6); is_passed_extension(proto); at += skip) {
		if (payload < 8)
			return false;
		skip = (at[1] + 1u) * 8;
		if (skip > EXTENSION_MAX || skip > payload ||
		    (proto == PLX_NET_PROTO_ROUTING && at[3] != 0))
			return false;
		proto = at[0];
		payload -= skip;
	}
	ret->at = at;
	ret->len = payload;
	ret->proto = proto;
	return true;
}

/* 3.2.9.6. A datagram without a sum has none that could be wrong. */
static bool
has_sum(const struct transport *t)
{
	if (t->proto == PLX_NET_PROTO_TCP)
		return t->len >= TCP_LEN_MIN;
	return t->proto == PLX_NET_PROTO_UDP && t->len >= UDP_LEN &&
	       plx_load_be16(t->at + 4) == t->len && plx_load_be16(t->at + UDP_SUM_AT) != 0;
}

static bool
is_right(const struct transport *t)
{
	const uint64_t pseudo =
		t->ipv4 ? plx_net_csum_pseudo_ipv4(t->src, t->dst, t->proto, t->len)
			: plx_net_csum_pseudo_ipv6(t->src, t->dst, t->proto, t->len);

	return plx_net_csum_fold(plx_net_csum_add(pseudo, t->at, t->len)) == UINT16_MAX;
}

static bool
pass_ip(const struct plx_e1000_model *model, uint32_t rxcsum, const struct iovec *frame,
	bool tagged, uint8_t *status, uint8_t *errors, struct transport *ret)
{
	const uint32_t off = emodel_get(model, E1000_RFCTL);
	uint32_t left = (uint32_t)frame->iov_len;
	const uint8_t *at = frame->iov_base;

	switch (pass_link(&at, &left, tagged)) {
	case PLX_NET_ETHERTYPE_IPV4:
		return pass_ipv4(at, left, rxcsum, status, errors, ret);
	case PLX_NET_ETHERTYPE_IPV6:
		return (off & (E1000_RFCTL_IPV6_DIS | E1000_RFCTL_IPV6_XSUM_DIS)) == 0 &&
		       pass_ipv6(at, left, ret);
	default:
		return false;
	}
}

void
emodel_rx_sums(const struct plx_e1000_model *model, uint32_t rxcsum, const struct iovec *frame,
	       bool tagged, uint8_t *status, uint8_t *errors)
{
	struct transport transport;

	if (pass_ip(model, rxcsum, frame, tagged, status, errors, &transport) &&
	    (rxcsum & E1000_RXCSUM_TUOFL) != 0 && has_sum(&transport)) {
		*status |= E1000_RXD_STAT_TCPCS;
		*errors |= is_right(&transport) ? 0 : E1000_RXD_ERR_TCPE;
	}
	if ((*status & (E1000_RXD_STAT_IPCS | E1000_RXD_STAT_TCPCS)) == 0)
		*status |= E1000_RXD_STAT_IXSM;
}

/* A part of odd length shifts those behind it by a byte. */
uint16_t
emodel_rx_packet_sum(uint32_t rxcsum, const struct iovec *parts, unsigned nb_parts)
{
	size_t skip = rxcsum & E1000_RXCSUM_PCSS_MASK;
	uint64_t sum = 0;
	bool odd = false;

	for (unsigned i = 0; i < nb_parts; i++) {
		const size_t from = skip < parts[i].iov_len ? skip : parts[i].iov_len;
		const size_t len = parts[i].iov_len - from;
		const uint64_t part =
			plx_net_csum_add(0, (const uint8_t *)parts[i].iov_base + from, len);

		sum += odd ? plx_net_csum_swap(part) : part;
		odd ^= len % 2 != 0;
		skip -= from;
	}
	return be16toh((uint16_t)~plx_net_csum_fold(sum));
}
