/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets as a driver's stack hands them over, and what lib/net makes of them. */
#ifndef PLX_TESTS_UNIT_E1000_MODEL_PACKETS_H
#define PLX_TESTS_UNIT_E1000_MODEL_PACKETS_H

#include "sending.h"

#include "plx_byteorder.h"
#include "plx_net_build.h"
#include "plx_net_csum.h"

#define IXSM E1000_TXD_POPTS_IXSM
#define TXSM E1000_TXD_POPTS_TXSM
#define TCP  E1000_TXD_TUCMD_TCP
#define IPV4 E1000_TXD_TUCMD_IP
#define PSH  0x08
#define FIN  0x01
#define ACK  0x10

/* A packet as the driver's stack hands it over. */
struct packet {
	struct plx_net_build build;
	uint32_t len, hdrlen, l3, l4, sum_at;
	struct e1000_tx_context_desc context;
	uint8_t tucmd;
};

static inline int
set_up(void **state)
{
	make_sender(0);
	emodel_set(model, E1000_CTRL, E1000_CTRL_VME);
	return 0;
}

static inline void
take(unsigned what)
{
	free_sender();
	make_sender(what);
	emodel_set(model, E1000_CTRL, E1000_CTRL_VME);
}

static inline struct packet
packet_of(bool ipv6, bool tcp, uint32_t payload)
{
	struct packet p = {
		.build = {.ipv6 = ipv6,
			  .proto = tcp ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP,
			  .src_mac = {2, 0, 0, 0, 0, 1},
			  .dst_mac = {2, 0, 0, 0, 0, 2},
			  .src_ip = {10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
			  .dst_ip = {10, 200, 255, 254, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3},
			  .src_port = 4000,
			  .dst_port = 80,
			  .ip_id = 0xfffe,
			  .tcp_seq = 0xfffff000,
			  .tcp_ack = 77,
			  .tcp_flags = tcp ? ACK | PSH | FIN : 0}};

	p.l3 = 14;
	p.l4 = p.l3 + (ipv6 ? 40 : 20);
	p.hdrlen = p.l4 + (tcp ? 20 : 8);
	p.len = p.hdrlen + payload;
	p.sum_at = p.l4 + (tcp ? 16 : 6);
	p.tucmd = (tcp ? TCP : 0) | (ipv6 ? 0 : IPV4);
	p.context = (struct e1000_tx_context_desc){
		.ipcss = (uint8_t)p.l3,
		.ipcso = (uint8_t)(p.l3 + 10),
		.ipcse = (uint16_t)(ipv6 ? 0 : p.l4 - 1),
		.tucss = (uint8_t)p.l4,
		.tucso = (uint8_t)p.sum_at,
	};
	return p;
}

/* Into memory: sums not there yet, but for that of the pseudo-header with this length. */
static inline void
place(const struct packet *p, uint32_t pseudo_len)
{
	const struct plx_net_build *b = &p->build;
	uint8_t *bytes = out.buffers;
	uint64_t sum =
		b->ipv6 ? plx_net_csum_pseudo_ipv6(b->src_ip, b->dst_ip, b->proto, pseudo_len)
			: plx_net_csum_pseudo_ipv4(b->src_ip, b->dst_ip, b->proto, pseudo_len);
	uint16_t folded = plx_net_csum_fold(sum);

	assert_int_equal(plx_net_build_headers(b, bytes, p->len - p->hdrlen, 0), p->hdrlen);
	if (!b->ipv6)
		memset(bytes + p->context.ipcso, 0, 2);
	memcpy(bytes + p->sum_at, &folded, 2);
}

/* Lengths are the card's business, too. */
static inline void
place_to_cut(const struct packet *p)
{
	struct packet small = *p;

	small.len = small.hdrlen;
	place(&small, 0);
}

/* What lib/net makes of the payload at `off`. */
static inline void
expect(unsigned frame, struct plx_net_build build, uint32_t hdrlen, uint32_t off, uint32_t len)
{
	uint8_t bytes[17000];

	memcpy(bytes + hdrlen, out.buffers + off, len);
	assert_int_equal(plx_net_build_frame(&build, bytes, hdrlen + len), 0);
	assert_true(frame < out.nb);
	if (hdrlen + len < 60)
		memset(bytes + hdrlen + len, 0, 60 - hdrlen - len);
	assert_int_equal(out.frames[frame].len, hdrlen + len < 60 ? 60 : hdrlen + len);
	assert_memory_equal(out.frames[frame].bytes, bytes, out.frames[frame].len);
}

static inline struct packet
to_cut(bool ipv6, bool tcp, uint32_t payload, uint16_t mss)
{
	struct packet p = packet_of(ipv6, tcp, payload);

	p.context.hdrlen = (uint8_t)p.hdrlen;
	p.context.mss = mss;
	place_to_cut(&p);
	return p;
}

/* Pieces from `first` on are those of this packet whose headers and payload are in the buffers. */
static inline void
expect_pieces(unsigned first, const struct packet *p, uint32_t payload_at)
{
	struct plx_net_build build = p->build;
	uint32_t payload = p->len - p->hdrlen;

	for (uint32_t done = 0; done < payload; done += p->context.mss) {
		const uint32_t n =
			payload - done < p->context.mss ? payload - done : p->context.mss;

		if (p->build.proto == PLX_NET_PROTO_TCP)
			build.tcp_flags = done + n == payload ? p->build.tcp_flags : ACK;
		expect(first++, build, p->hdrlen, payload_at + done, n);
		build.ip_id++;
		build.tcp_seq += n;
	}
	assert_int_equal(first, out.nb);
}

#endif
