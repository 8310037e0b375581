/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksums of the headers that the parser found: checking them and filling them in. */
#include "plx_net_csum.h"

#include "parse_priv.h"

#define IPV4_OPTION_END	 0
#define IPV4_OPTION_NOP	 1
#define IPV4_OPTION_LSRR 131
#define IPV4_OPTION_SSRR 137

/* Where the checksum lies and the sum it is to complete, its own value included. */
struct covered {
	uint32_t csum_off; /* in the frame */
	uint32_t len;	   /* bytes from l4_off */
	uint64_t pseudo;
};

static uint32_t
ipv4_header_length(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	return (bytes[layer->l3_off] & 0xf) * 4u;
}

/* A loose or strict source route among the options. */
static bool
has_source_route(const uint8_t *options, uint32_t len)
{
	for (uint32_t i = 0; i < len && options[i] != IPV4_OPTION_END;) {
		if (options[i] == IPV4_OPTION_LSRR || options[i] == IPV4_OPTION_SSRR)
			return true;
		if (options[i] == IPV4_OPTION_NOP)
			i++;
		else if (i + 1 < len && options[i + 1] >= 2)
			i += options[i + 1];
		else
			return false;
	}
	return false;
}

/* A routing header with segments left. */
static bool
has_segments_left(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	uint32_t off = layer->l3_off + (uint32_t)sizeof(struct plx_net_ipv6);
	uint8_t proto = bytes[layer->l3_off + offsetof(struct plx_net_ipv6, next_header)];

	while (off < layer->l4_off) {
		const uint8_t *ext = bytes + off;

		if (proto == PLX_NET_PROTO_ROUTING)
			return ext[3] != 0;
		off += net_ext_length(proto, ext[1]);
		proto = ext[0];
	}
	return false;
}

/* Sender and receiver sum the last destination of a route, which is not yet the one in front. */
static bool
is_on_its_way(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const uint8_t *ip = bytes + layer->l3_off;

	if (layer->l3 == PLX_NET_L3_IPV4_OPT)
		return has_source_route(ip + sizeof(struct plx_net_ipv4),
					ipv4_header_length(bytes, layer) -
						(uint32_t)sizeof(struct plx_net_ipv4));
	return layer->l3 == PLX_NET_L3_IPV6_EXT && has_segments_left(bytes, layer);
}

static uint64_t
pseudo(const uint8_t *bytes, const struct plx_net_layer *layer, uint32_t len)
{
	const uint8_t *ip = bytes + layer->l3_off;

	if (plx_net_layer_is_ipv4(layer))
		return plx_net_csum_pseudo_ipv4(ip + offsetof(struct plx_net_ipv4, src),
						ip + offsetof(struct plx_net_ipv4, dst),
						layer->proto, len);
	return plx_net_csum_pseudo_ipv6(ip + offsetof(struct plx_net_ipv6, src),
					ip + offsetof(struct plx_net_ipv6, dst), layer->proto, len);
}

/* Bytes that IP says there are, or 0 if they are not all here. */
static uint32_t
l4_length(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	const uint8_t *ip = bytes + layer->l3_off;
	uint32_t end;

	if (plx_net_layer_is_ipv4(layer))
		end = plx_load_be16(ip + offsetof(struct plx_net_ipv4, total_length));
	else
		end = plx_load_be16(ip + offsetof(struct plx_net_ipv6, payload_length)) +
		      (uint32_t)sizeof(struct plx_net_ipv6);
	return layer->l3_off + end == layer->end ? layer->end - layer->l4_off : 0;
}

/* False if there is no checksum that could be told good or bad. */
static bool
cover(const uint8_t *bytes, const struct plx_net_layer *layer, struct covered *ret)
{
	uint32_t field;

	if (layer->l4_off == 0 || layer->flags & PLX_NET_FLAG_FRAGMENT)
		return false;
	ret->len = l4_length(bytes, layer);
	switch (layer->l4) {
	case PLX_NET_L4_TCP:
		field = offsetof(struct plx_net_tcp, csum);
		break;
	case PLX_NET_L4_UDP:
		field = offsetof(struct plx_net_udp, csum);
		if (plx_load_be16(bytes + layer->l4_off + 4) > ret->len)
			return false;
		ret->len = plx_load_be16(bytes + layer->l4_off + 4);
		break;
	case PLX_NET_L4_ICMP:
		field = offsetof(struct plx_net_icmp, csum);
		break;
	case PLX_NET_L4_SCTP:
		field = offsetof(struct plx_net_sctp, csum);
		break;
	default:
		return false;
	}
	if (ret->len < field + 2)
		return false;
	if (is_on_its_way(bytes, layer))
		return false;
	ret->csum_off = layer->l4_off + field;
	ret->pseudo = 0;
	if (layer->l4 != PLX_NET_L4_ICMP || plx_net_layer_is_ipv6(layer))
		ret->pseudo = pseudo(bytes, layer, ret->len);
	return true;
}

static uint32_t
sctp_csum(const uint8_t *bytes, const struct plx_net_layer *layer, const struct covered *covered)
{
	static const uint8_t zero[4];
	uint32_t head = covered->csum_off - layer->l4_off;
	uint32_t crc = plx_net_crc32c(0, bytes + layer->l4_off, head);

	crc = plx_net_crc32c(crc, zero, sizeof(zero));
	return plx_net_crc32c(crc, bytes + covered->csum_off + 4, covered->len - head - 4);
}

enum plx_net_csum_state
plx_net_csum_check_ipv4(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	if (!plx_net_layer_is_ipv4(layer))
		return PLX_NET_CSUM_UNKNOWN;
	return plx_net_csum(bytes + layer->l3_off, ipv4_header_length(bytes, layer)) == 0
		       ? PLX_NET_CSUM_GOOD
		       : PLX_NET_CSUM_BAD;
}

enum plx_net_csum_state
plx_net_csum_check_l4(const uint8_t *bytes, const struct plx_net_layer *layer)
{
	struct covered covered;
	uint64_t sum;

	if (!cover(bytes, layer, &covered))
		return PLX_NET_CSUM_UNKNOWN;
	if (layer->l4 == PLX_NET_L4_SCTP)
		return plx_load_le32(bytes + covered.csum_off) == sctp_csum(bytes, layer, &covered)
			       ? PLX_NET_CSUM_GOOD
			       : PLX_NET_CSUM_BAD;
	if (layer->l4 == PLX_NET_L4_UDP && plx_load_be16(bytes + covered.csum_off) == 0)
		return plx_net_layer_is_ipv4(layer) ? PLX_NET_CSUM_NONE : PLX_NET_CSUM_BAD;
	sum = plx_net_csum_add(covered.pseudo, bytes + layer->l4_off, covered.len);
	return plx_net_csum_fold(sum) == 0xffff ? PLX_NET_CSUM_GOOD : PLX_NET_CSUM_BAD;
}

bool
plx_net_csum_fill_ipv4(uint8_t *bytes, const struct plx_net_layer *layer)
{
	uint8_t *field = bytes + layer->l3_off + offsetof(struct plx_net_ipv4, csum);
	uint16_t csum = 0;

	if (!plx_net_layer_is_ipv4(layer))
		return false;
	memcpy(field, &csum, sizeof(csum));
	csum = plx_net_csum(bytes + layer->l3_off, ipv4_header_length(bytes, layer));
	memcpy(field, &csum, sizeof(csum));
	return true;
}

bool
plx_net_csum_fill_l4(uint8_t *bytes, const struct plx_net_layer *layer)
{
	struct covered covered;
	uint16_t csum = 0;

	if (!cover(bytes, layer, &covered))
		return false;
	if (layer->l4 == PLX_NET_L4_SCTP) {
		plx_store_le32(bytes + covered.csum_off, sctp_csum(bytes, layer, &covered));
		return true;
	}
	memcpy(bytes + covered.csum_off, &csum, sizeof(csum));
	csum = (uint16_t)~plx_net_csum_fold(
		plx_net_csum_add(covered.pseudo, bytes + layer->l4_off, covered.len));
	if (csum == 0 && layer->l4 == PLX_NET_L4_UDP)
		csum = 0xffff;
	memcpy(bytes + covered.csum_off, &csum, sizeof(csum));
	return true;
}
