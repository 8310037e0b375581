/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that can be told apart and checked byte by byte. */
#include "contract.h"

#include <arpa/inet.h>
#include <string.h>

#define TYPE_OURS  0x88b5 /* IEEE 802: for local experiments */
#define HEADER_LEN 14
#define SEQ_LEN	   4

static const uint8_t far_mac[6] = {0x02, 0xfa, 0, 0, 0, 1};

static uint8_t
pattern(uint32_t seq, size_t i)
{
	return (uint8_t)(seq * 7 + i * 13 + (i >> 8));
}

void
frame_make(uint8_t *frame, size_t len, const uint8_t to[6], uint32_t seq)
{
	uint16_t type = htons(TYPE_OURS);
	uint32_t number = htonl(seq);

	memcpy(frame, to, 6);
	memcpy(frame + 6, far_mac, 6);
	memcpy(frame + 12, &type, 2);
	for (size_t i = HEADER_LEN; i < len; i++)
		frame[i] = pattern(seq, i);
	if (len >= HEADER_LEN + SEQ_LEN)
		memcpy(frame + HEADER_LEN, &number, SEQ_LEN);
}

bool
frame_is_ours(const uint8_t *frame, size_t len)
{
	uint16_t type = htons(TYPE_OURS);

	return len >= HEADER_LEN && memcmp(frame + 12, &type, 2) == 0;
}

uint32_t
frame_seq(const uint8_t *frame)
{
	uint32_t number;

	memcpy(&number, frame + HEADER_LEN, SEQ_LEN);
	return ntohl(number);
}

void
frame_check(const uint8_t *frame, size_t len, const uint8_t to[6], uint32_t seq)
{
	uint8_t right[FRAME_MAX];

	assert_true(len <= sizeof(right));
	frame_make(right, len, to, seq);
	if (memcmp(frame, right, len) == 0)
		return;
	print_error("frame %u of %zu bytes differs; it calls itself %u\n", seq, len,
		    len >= HEADER_LEN + SEQ_LEN ? frame_seq(frame) : 0);
	assert_memory_equal(frame, right, len);
}

void
frame_check_mbuf(const struct plx_mbuf *m, const uint8_t to[6])
{
	uint8_t buf[FRAME_MAX];
	const uint8_t *bytes;

	assert_true(m->pkt_len <= FRAME_MAX);
	bytes = plx_mbuf_read(m, 0, m->pkt_len, buf);
	assert_true(frame_is_ours(bytes, m->pkt_len));
	frame_check(bytes, m->pkt_len, to, frame_seq(bytes));
}

struct plx_mbuf *
frame_mbuf(struct plx_pool *pool, size_t len, const uint8_t to[6], uint32_t seq, unsigned nb_segs)
{
	uint8_t bytes[FRAME_MAX];
	struct plx_mbuf *head = NULL;

	frame_make(bytes, len < HEADER_LEN ? HEADER_LEN : len, to, seq);
	for (unsigned i = 0; i < nb_segs; i++) {
		size_t from = len * i / nb_segs, end = len * (i + 1) / nb_segs;
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		assert_non_null(m);
		memcpy(plx_mbuf_append(m, (uint16_t)(end - from)), bytes + from, end - from);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(plx_mbuf_chain(head, m), 0);
	}
	return head;
}

static uint16_t
ipv4_sum(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t
frame_make_udp(uint8_t *frame, const uint8_t to[6], uint16_t flow, size_t payload)
{
	uint8_t *ip = frame + HEADER_LEN, *udp = ip + 20;
	uint16_t udp_len = htons((uint16_t)(8 + payload)), ip_len = htons((uint16_t)(28 + payload));
	uint16_t from_port = htons((uint16_t)(10000 + flow)), to_port = htons(9), sum;

	memset(frame, 0, HEADER_LEN + 28 + payload);
	memcpy(frame, to, 6);
	memcpy(frame + 6, far_mac, 6);
	frame[12] = 0x08;
	ip[0] = 0x45;
	memcpy(ip + 2, &ip_len, 2);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, "\x0a\x63\x00\x01\x0a\x63\x00\x02", 8);
	sum = htons(ipv4_sum(ip));
	memcpy(ip + 10, &sum, 2);
	memcpy(udp, &from_port, 2);
	memcpy(udp + 2, &to_port, 2);
	memcpy(udp + 4, &udp_len, 2);
	return HEADER_LEN + 28 + payload;
}
