/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work that a port passes on to the kernel. The judge is the kernel's own stack: a datagram whose sums are
 * wrong does not reach its socket.
 */
#include "contract.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADERS_UDP 42
#define HEADERS_TCP 54
#define PAYLOAD	    200

/* The host's address at the far end, where frame_make_udp() sends to. */
#define HOST_ADDRESS "10.99.0.2"

static const char *
far_iface(const struct wire *wire)
{
	return strcmp(wire->iface, "va") == 0 ? "vb" : wire->iface;
}

static void
mac_of(const char *iface, uint8_t mac[6])
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", iface);
	assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &request), 0);
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	close(fd);
}

/* A UDP socket of the host at the far end. */
static int
host_socket(struct wire *wire)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(net_run("ip address replace " HOST_ADDRESS "/24 dev %s", far_iface(wire)),
			 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&here, sizeof(here)), 0);
	return fd;
}

/* Without an address the far kernel has nothing to ask or to answer in the cases after this one. */
static void
host_close(struct wire *wire, int fd)
{
	close(fd);
	assert_int_equal(net_run("ip address flush dev %s && ip neigh flush dev %s nud all",
				 far_iface(wire), far_iface(wire)),
			 0);
}

static ssize_t
host_receive(int fd, void *buf, size_t size, unsigned patience_ms)
{
	for (uint64_t until = now_ms() + patience_ms; now_ms() < until; sleep_ms(1)) {
		ssize_t len = recv(fd, buf, size, 0);

		if (len >= 0)
			return len;
	}
	return -1;
}

static uint32_t
add_words(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (len % 2 != 0)
		sum += (uint32_t)p[len - 1] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
store16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint16_t
pseudo_sum(const uint8_t *ip, size_t l4_len)
{
	return fold(add_words(ip + 12, 8) + ip[9] + (uint32_t)l4_len);
}

/* A datagram to the host, in two segments, without an IPv4 sum and with the pseudo-header's in UDP. */
static struct plx_mbuf *
unfinished_udp(struct wire *wire)
{
	uint8_t frame[HEADERS_UDP + PAYLOAD], mac[6];
	struct plx_mbuf *m = plx_mbuf_alloc(wire->pool), *tail = plx_mbuf_alloc(wire->pool);

	mac_of(far_iface(wire), mac);
	frame_make_udp(frame, mac, 1, PAYLOAD);
	for (size_t i = 0; i < PAYLOAD; i++)
		frame[HEADERS_UDP + i] = (uint8_t)(i * 3);
	store16(frame + 24, 0);
	store16(frame + 40, pseudo_sum(frame + 14, 8 + PAYLOAD));
	memcpy(plx_mbuf_append(m, 30), frame, 30);
	memcpy(plx_mbuf_append(tail, sizeof(frame) - 30), frame + 30, sizeof(frame) - 30);
	assert_int_equal(plx_mbuf_chain(m, tail), 0);
	m->l2_len = 14;
	m->l3_len = 20;
	m->ol_flags |= PLX_MBUF_TX_IPV4;
	return m;
}

static const struct plx_ethdev_conf all_offloads = {
	.tx_offloads = PLX_ETH_TX_OFFLOAD_IPV4_CSUM | PLX_ETH_TX_OFFLOAD_UDP_CSUM |
		       PLX_ETH_TX_OFFLOAD_TCP_CSUM | PLX_ETH_TX_OFFLOAD_TCP_TSO |
		       PLX_ETH_TX_OFFLOAD_VLAN_INSERT | PLX_ETH_TX_OFFLOAD_MULTI_SEGS,
};

static void
checksums_are_filled_in_on_the_way_out(void **state)
{
	const uint32_t both = PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_UDP_CSUM;
	static const uint32_t wishes[] = {both, PLX_MBUF_TX_UDP_CSUM, PLX_MBUF_TX_IP_CSUM, 0};
	struct wire *wire = *state;
	uint8_t payload[PAYLOAD];
	int fd;

	wire_start(wire, 1, &all_offloads);
	fd = host_socket(wire);
	for (size_t i = 0; i < PLX_ARRAY_LEN(wishes); i++) {
		struct plx_mbuf *m = unfinished_udp(wire);
		bool right = wishes[i] == both;
		ssize_t len;

		m->ol_flags |= wishes[i];
		plx_mbuf_ref(m);
		wire_send(wire, 0, &(struct plx_mbuf *){m}, 1);
		len = host_receive(fd, payload, sizeof(payload), right ? PATIENCE_MS : 50);
		assert_int_equal(len, right ? PAYLOAD : -1);
		for (size_t k = 0; right && k < PAYLOAD; k++)
			assert_int_equal(payload[k], (uint8_t)(k * 3));
		/* The bytes may be shared with others: nobody writes into them. */
		assert_int_equal(plx_mbuf_data(m)[24], 0);
		assert_int_equal(plx_mbuf_data(m)[25], 0);
		plx_mbuf_free(m);
	}
	host_close(wire, fd);
	wire_check_ledger(wire);
}

static void
a_vlan_tag_is_inserted(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, 5, 3);
	uint8_t frame[FRAME_MAX];

	wire_start(wire, 1, &all_offloads);
	m->ol_flags |= PLX_MBUF_TX_VLAN;
	m->vlan_tci = 0x2123;
	wire_send(wire, 0, &m, 1);
	assert_int_equal(wire_take(wire, frame, sizeof(frame)), 104);
	assert_memory_equal(frame + 12, "\x81\x00\x21\x23", 4);
	memmove(frame + 12, frame + 16, 88);
	frame_check(frame, 100, wire->mac, 5);
}

/* By the driver, out of the frame's own bytes; two tags are one and one left. */
static void
a_vlan_tag_is_taken_out(void **state)
{
	const struct plx_ethdev_conf strip = {.rx_offloads = PLX_ETH_RX_OFFLOAD_VLAN_STRIP};
	struct wire *wire = *state;
	uint8_t frame[108];
	struct plx_mbuf *m;

	wire_start(wire, 1, &strip);
	frame_make(frame + 8, 100, wire->mac, 1);
	for (unsigned tags = 0; tags <= 2; tags++) {
		uint8_t *at = frame + 8 - 4 * tags;

		if (tags > 0) {
			memmove(at, at + 4, 12);
			memcpy(at + 12, "\x81\x00\x21\x20", 4);
			at[15] |= (uint8_t)tags;
		}
		assert_int_equal(wire->pmd->put(wire, at, 100 + 4 * (size_t)tags), 0);
		assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
		assert_int_equal((m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED) != 0, tags > 0);
		assert_int_equal(m->vlan_tci, tags > 0 ? 0x2120 + tags : 0);
		assert_int_equal(m->pkt_len, tags == 2 ? 104 : 100);
		if (tags < 2)
			frame_check(plx_mbuf_data(m), 100, wire->mac, 1);
		plx_mbuf_free(m);
	}
	wire_check_ledger(wire);
}

#define TSO_PAYLOAD 4500
#define TSO_SEGMENT 1000

static struct plx_mbuf *
big_tcp(struct wire *wire)
{
	uint8_t frame[HEADERS_TCP + TSO_PAYLOAD] = {0};
	struct plx_mbuf *head = NULL;

	frame_make_udp(frame, wire->mac, 1, TSO_PAYLOAD + 12);
	frame[23] = 6;
	store16(frame + 24, 0);
	memset(frame + 34, 0, 20);
	store16(frame + 34, 10001);
	store16(frame + 36, 9);
	frame[46] = 5 << 4;
	frame[47] = 0x10;
	store16(frame + 48, 1000);
	for (size_t i = 0; i < TSO_PAYLOAD; i++)
		frame[HEADERS_TCP + i] = (uint8_t)(i % 251);
	for (size_t done = 0; done < sizeof(frame); done += 1500) {
		struct plx_mbuf *m = plx_mbuf_alloc(wire->pool);
		size_t part = sizeof(frame) - done < 1500 ? sizeof(frame) - done : 1500;

		memcpy(plx_mbuf_append(m, (uint16_t)part), frame + done, part);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(plx_mbuf_chain(head, m), 0);
	}
	head->l2_len = 14;
	head->l3_len = 20;
	head->l4_len = 20;
	head->tso_segsz = TSO_SEGMENT;
	head->ol_flags |=
		PLX_MBUF_TX_IPV4 | PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_TCP_SEG;
	return head;
}

/* Headers and bytes of one piece; returns where the next one must begin. */
static size_t
check_piece(const uint8_t *frame, size_t len, size_t at)
{
	const uint8_t *ip = frame + 14, *tcp = ip + 20;
	uint32_t seq =
		(uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
	size_t l4_len = len - 34;

	assert_true(len > HEADERS_TCP);
	assert_int_equal(ip[2] << 8 | ip[3], len - 14);
	assert_int_equal(fold(add_words(ip, 20)), 0xffff);
	assert_int_equal(seq, at);
	/* Complete, or left to whoever takes the frame out of this host. */
	if (fold(add_words(ip + 12, 8) + ip[9] + (uint32_t)l4_len + add_words(tcp, l4_len)) !=
	    0xffff)
		assert_int_equal(tcp[16] << 8 | tcp[17], pseudo_sum(ip, l4_len));
	for (size_t i = 0; i < len - HEADERS_TCP; i++)
		assert_int_equal(tcp[20 + i], (at + i) % 251);
	return at + len - HEADERS_TCP;
}

static void
tcp_is_cut_by_the_kernel(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m;
	uint8_t frame[FRAME_MAX];
	size_t at = 0;

	wire_start(wire, 1, &all_offloads);
	m = big_tcp(wire);
	wire_send(wire, 0, &m, 1);
	while (at < TSO_PAYLOAD) {
		size_t len = wire_take(wire, frame, sizeof(frame));

		assert_int_not_equal(len, 0);
		at = check_piece(frame, len, at);
	}
	assert_int_equal(at, TSO_PAYLOAD);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
	wire_check_ledger(wire);
}

static void
nonsense_lengths_for_offloads_are_counted_as_errors(void **state)
{
	static const struct {
		uint8_t l2, l4;
		uint16_t l3, segsz;
		uint32_t flags;
	} bad[] = {
		{0, 0, 0, 0, PLX_MBUF_TX_IP_CSUM},
		{14, 0, 65535, 0, PLX_MBUF_TX_IP_CSUM},
		{14, 0, 65535, 0, PLX_MBUF_TX_UDP_CSUM},
		{255, 255, 60000, 9, PLX_MBUF_TX_TCP_SEG},
		{14, 20, 20, 0, PLX_MBUF_TX_TCP_SEG},
		{14, 3, 20, 100, PLX_MBUF_TX_TCP_SEG},
		{14, 20, 20, 100, PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_IPV6},
		{14, 20, 200, 100, PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_VLAN},
	};
	struct wire *wire = *state;
	struct plx_ethdev_stats stats;

	wire_start(wire, 1, &all_offloads);
	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		struct plx_mbuf *m = frame_mbuf(wire->pool, 60, wire->mac, 1, 1);

		m->l2_len = bad[i].l2;
		m->l3_len = bad[i].l3;
		m->l4_len = bad[i].l4;
		m->tso_segsz = bad[i].segsz;
		m->ol_flags |= bad[i].flags;
		wire_send(wire, 0, &m, 1);
	}
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_errors, PLX_ARRAY_LEN(bad));
	assert_int_equal(stats.tx_packets, 0);
	wire_check_ledger(wire);
}

/* A frame with a virtio-net header that leaves the UDP sum to the receiver. */
static void
put_unfinished(struct wire *wire)
{
	struct {
		uint8_t flags, gso_type;
		uint16_t hdr_len, gso_size, csum_start, csum_offset;
		uint8_t frame[HEADERS_UDP + PAYLOAD];
	} packet = {.flags = 1, .csum_start = 34, .csum_offset = 6};
	int fd = net_socket(far_iface(wire), true);

	frame_make_udp(packet.frame, wire->mac, 1, PAYLOAD);
	store16(packet.frame + 40, pseudo_sum(packet.frame + 14, 8 + PAYLOAD));
	assert_int_equal(send(fd, &packet, sizeof(packet), 0), sizeof(packet));
	close(fd);
}

static bool
udp_sum_is_right(const struct plx_mbuf *m)
{
	const uint8_t *ip = plx_mbuf_data(m) + 14;
	size_t l4_len = m->pkt_len - 34;

	return fold(add_words(ip + 12, 8) + 17 + (uint32_t)l4_len + add_words(ip + 20, l4_len)) ==
	       0xffff;
}

static void
unfinished_checksums_are_told_on_the_way_in(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_UDP_CSUM |
						      PLX_ETH_RX_OFFLOAD_TCP_CSUM};
	struct plx_mbuf *m;

	wire_start(wire, 1, &conf);
	put_unfinished(wire);
	assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	assert_int_equal(m->pkt_len, HEADERS_UDP + PAYLOAD);
	assert_true(m->ol_flags & PLX_MBUF_RX_L4_CSUM_NONE);
	assert_false(m->ol_flags & PLX_MBUF_RX_L4_CSUM_GOOD);
	assert_false(udp_sum_is_right(m));
	plx_mbuf_free(m);
}

const struct contract_case offload_cases[] = {
	CASE(checksums_are_filled_in_on_the_way_out, .needs = HAS_TX | HAS_OFFLOADS),
	CASE(a_vlan_tag_is_inserted, .needs = HAS_TX | HAS_TAGS),
	CASE(a_vlan_tag_is_taken_out, .needs = HAS_RX | HAS_STRIPS),
	CASE(tcp_is_cut_by_the_kernel, .needs = HAS_TX | HAS_OFFLOADS),
	CASE(nonsense_lengths_for_offloads_are_counted_as_errors, .needs = HAS_TX | HAS_OFFLOADS),
	CASE(unfinished_checksums_are_told_on_the_way_in, .needs = HAS_RX | HAS_OFFLOADS),
	{0},
};
