/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_net_build.h"

#include "plx_byteorder.h"
#include "plx_net_csum.h"

#include <endian.h>
#include <errno.h>

#define DEFAULT_TTL 64

static uint8_t
proto_of(const struct plx_net_build *build)
{
	return build->proto != 0 ? build->proto : PLX_NET_PROTO_UDP;
}

static size_t
l4_header_len(const struct plx_net_build *build)
{
	return proto_of(build) == PLX_NET_PROTO_TCP ? sizeof(struct plx_net_tcp)
						    : sizeof(struct plx_net_udp);
}

size_t
plx_net_build_header_len(const struct plx_net_build *build)
{
	return sizeof(struct plx_net_ether) + build->nb_vlans * sizeof(struct plx_net_vlan) +
	       (build->ipv6 ? sizeof(struct plx_net_ipv6) : sizeof(struct plx_net_ipv4)) +
	       l4_header_len(build);
}

static uint8_t *
put_ether(const struct plx_net_build *build, uint8_t *at)
{
	memcpy(at, build->dst_mac, PLX_NET_MAC_LEN);
	memcpy(at + PLX_NET_MAC_LEN, build->src_mac, PLX_NET_MAC_LEN);
	at += 2 * PLX_NET_MAC_LEN;
	for (unsigned i = 0; i < build->nb_vlans; i++, at += sizeof(struct plx_net_vlan)) {
		bool service = i + 1 < build->nb_vlans;

		plx_store_be16(at, service ? PLX_NET_ETHERTYPE_QINQ : PLX_NET_ETHERTYPE_VLAN);
		plx_store_be16(at + 2, build->vlan_tci[i]);
	}
	plx_store_be16(at, build->ipv6 ? PLX_NET_ETHERTYPE_IPV6 : PLX_NET_ETHERTYPE_IPV4);
	return at + 2;
}

static uint8_t *
put_ipv4(const struct plx_net_build *build, uint8_t *at, size_t l4_len)
{
	struct plx_net_ipv4 *ip = (struct plx_net_ipv4 *)at;

	*ip = (struct plx_net_ipv4){
		.version_ihl = 0x45,
		.tos = build->tos,
		.total_length = htobe16((uint16_t)(sizeof(*ip) + l4_len)),
		.id = htobe16(build->ip_id),
		.ttl = build->ttl != 0 ? build->ttl : DEFAULT_TTL,
		.proto = proto_of(build),
	};
	memcpy(ip->src, build->src_ip, PLX_NET_IPV4_LEN);
	memcpy(ip->dst, build->dst_ip, PLX_NET_IPV4_LEN);
	ip->csum = plx_net_csum(ip, sizeof(*ip));
	return at + sizeof(*ip);
}

static uint8_t *
put_ipv6(const struct plx_net_build *build, uint8_t *at, size_t l4_len)
{
	struct plx_net_ipv6 *ip = (struct plx_net_ipv6 *)at;

	*ip = (struct plx_net_ipv6){
		.vtc_flow = htobe32(6u << 28 | (uint32_t)build->tos << 20),
		.payload_length = htobe16((uint16_t)l4_len),
		.next_header = proto_of(build),
		.hop_limit = build->ttl != 0 ? build->ttl : DEFAULT_TTL,
	};
	memcpy(ip->src, build->src_ip, PLX_NET_IPV6_LEN);
	memcpy(ip->dst, build->dst_ip, PLX_NET_IPV6_LEN);
	return at + sizeof(*ip);
}

static uint64_t
pseudo(const struct plx_net_build *build, size_t l4_len)
{
	if (build->ipv6)
		return plx_net_csum_pseudo_ipv6(build->src_ip, build->dst_ip, proto_of(build),
						(uint32_t)l4_len);
	return plx_net_csum_pseudo_ipv4(build->src_ip, build->dst_ip, proto_of(build),
					(uint32_t)l4_len);
}

static void
put_udp(const struct plx_net_build *build, uint8_t *at, size_t l4_len, uint64_t sum)
{
	struct plx_net_udp *udp = (struct plx_net_udp *)at;

	*udp = (struct plx_net_udp){
		.src_port = htobe16(build->src_port),
		.dst_port = htobe16(build->dst_port),
		.length = htobe16((uint16_t)l4_len),
	};
	udp->csum = (uint16_t)~plx_net_csum_fold(plx_net_csum_add(sum, udp, sizeof(*udp)));
	if (udp->csum == 0)
		udp->csum = 0xffff;
}

static void
put_tcp(const struct plx_net_build *build, uint8_t *at, uint64_t sum)
{
	struct plx_net_tcp *tcp = (struct plx_net_tcp *)at;

	*tcp = (struct plx_net_tcp){
		.src_port = htobe16(build->src_port),
		.dst_port = htobe16(build->dst_port),
		.seq = htobe32(build->tcp_seq),
		.ack = htobe32(build->tcp_ack),
		.data_offset = sizeof(*tcp) / 4 << 4,
		.flags = build->tcp_flags != 0 ? build->tcp_flags : PLX_NET_TCP_ACK,
		.window = htobe16(0xffff),
	};
	tcp->csum = (uint16_t)~plx_net_csum_fold(plx_net_csum_add(sum, tcp, sizeof(*tcp)));
}

static bool
is_sane(const struct plx_net_build *build, size_t payload_len)
{
	size_t l4_len = l4_header_len(build) + payload_len;
	size_t l3_len = build->ipv6 ? l4_len : sizeof(struct plx_net_ipv4) + l4_len;

	return build->nb_vlans <= 2 && payload_len <= UINT16_MAX && l3_len <= UINT16_MAX &&
	       (proto_of(build) == PLX_NET_PROTO_UDP || proto_of(build) == PLX_NET_PROTO_TCP);
}

int
plx_net_build_headers(const struct plx_net_build *build, uint8_t *bytes, size_t payload_len,
		      uint64_t payload_sum)
{
	size_t l4_len = l4_header_len(build) + payload_len;
	uint8_t *at;

	if (!is_sane(build, payload_len))
		return -EINVAL;
	at = put_ether(build, bytes);
	at = build->ipv6 ? put_ipv6(build, at, l4_len) : put_ipv4(build, at, l4_len);
	payload_sum = plx_net_csum_fold(payload_sum) + pseudo(build, l4_len);
	if (proto_of(build) == PLX_NET_PROTO_TCP)
		put_tcp(build, at, payload_sum);
	else
		put_udp(build, at, l4_len, payload_sum);
	return (int)plx_net_build_header_len(build);
}

int
plx_net_build_frame(const struct plx_net_build *build, uint8_t *bytes, size_t frame_len)
{
	size_t header_len = plx_net_build_header_len(build);
	size_t payload_len = frame_len - header_len;
	int ret;

	if (frame_len < header_len || !is_sane(build, payload_len))
		return -EINVAL;
	ret = plx_net_build_headers(build, bytes, payload_len,
				    plx_net_csum_add(0, bytes + header_len, payload_len));
	return ret < 0 ? ret : 0;
}
