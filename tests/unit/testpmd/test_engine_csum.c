/* SPDX-License-Identifier: BSD-3-Clause */
/* csum: bad checksums become good ones and are counted, and nothing else of a frame changes. */
#include "engine_fixture.h"

enum { BAD_IP, BAD_L4 };

static void
addresses(struct frame *f, bool ipv6, uint8_t proto)
{
	put16(f, ipv6 ? PLX_NET_ETHERTYPE_IPV6 : PLX_NET_ETHERTYPE_IPV4);
	if (ipv6)
		put_ipv6(f, proto);
	else
		put_ipv4(f, proto);
}

static void
transport(struct frame *f, uint8_t proto)
{
	if (proto == PLX_NET_PROTO_TCP)
		put_tcp(f, 1000, 80);
	else if (proto == PLX_NET_PROTO_UDP)
		put_udp(f, 1000, 2000);
	else
		put_sctp(f, 1000, 2000);
}

/* A good frame of any kind, with a payload of an odd length. */
static void
good(struct frame *f, unsigned nb_tags, bool ipv6, uint8_t proto)
{
	*f = (struct frame){0};
	put_macs(f);
	for (unsigned i = 0; i < nb_tags; i++)
		put_tag(f, PLX_NET_ETHERTYPE_VLAN, (uint16_t)i);
	addresses(f, ipv6, proto);
	transport(f, proto);
	for (unsigned i = 0; i < 101; i++)
		put8(f, (uint8_t)(i * 7));
	frame_close(f);
	fill_csums(f);
}

/* A byte that the checksum of the transport covers. */
static void
spoil_payload(struct frame *f)
{
	f->bytes[f->len - 3] ^= 0x55;
}

/* The TTL, which is in the header's checksum and not in the pseudo-header's. */
static void
spoil_ipv4(struct frame *f, unsigned nb_tags)
{
	f->bytes[14 + nb_tags * 4 + 8]++;
}

static void
same(const struct frame *found, const struct frame *expected)
{
	assert_int_equal(found->len, expected->len);
	assert_memory_equal(found->bytes, expected->bytes, expected->len);
}

static const uint8_t protos[] = {PLX_NET_PROTO_TCP, PLX_NET_PROTO_UDP, PLX_NET_PROTO_SCTP};

static void
keep_macs(void)
{
	app.args.engines.ports[NEAR].keeps_macs = true;
}

/* All kinds of frames, whole and in pieces whose borders lie anywhere. */
static void
bad_checksums_become_good_and_are_counted(void **state)
{
	static const size_t pieces[] = {4096, 1, 13, 14, 20, 25, 35, 41, 60, 77};
	uint64_t bad_ip = 0, bad_l4 = 0;
	struct frame f, expected;

	keep_macs();
	begin("csum");
	for (unsigned kind = 0; kind < 3 * 3 * 2 * PLX_ARRAY_LEN(pieces); kind++) {
		const unsigned nb_tags = kind / 3 % 3;
		const bool ipv6 = kind / 9 % 2 != 0;

		good(&f, nb_tags, ipv6, protos[kind % 3]);
		spoil_payload(&f);
		if (!ipv6)
			spoil_ipv4(&f, nb_tags);
		expected = f;
		fill_csums(&expected);
		assert_true(pass_in_pieces(&f, pieces[kind / 18]));
		same(&f, &expected);
		assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
		bad_ip += !ipv6;
		bad_l4++;
		assert_int_equal(stream.counts[BAD_IP], bad_ip);
		assert_int_equal(stream.counts[BAD_L4], bad_l4);
	}
	end();
}

static void
good_frames_pass_as_they_are(void **state)
{
	struct frame f, expected;

	keep_macs();
	begin("csum");
	for (unsigned kind = 0; kind < 18; kind++) {
		good(&f, kind / 3 % 3, kind / 9 != 0, protos[kind % 3]);
		expected = f;
		assert_true(pass(&f));
		same(&f, &expected);
	}
	assert_int_equal(stream.counts[BAD_IP], 0);
	assert_int_equal(stream.counts[BAD_L4], 0);
	end();
}

static void
macs_are_the_ports_and_its_peers(void **state)
{
	struct frame f, expected;

	good(&f, 0, false, PLX_NET_PROTO_UDP);
	expected = f;
	memcpy(expected.bytes, app.args.engines.ports[NEAR].peer, 6);
	memcpy(expected.bytes + 6, near_mac, 6);
	begin("csum");
	assert_true(pass(&f));
	same(&f, &expected);
	end();
}

static void
udp_sent_without_a_checksum_stays_so(void **state)
{
	struct frame f, expected;

	keep_macs();
	begin("csum");
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		good(&f, 0, ipv6 != 0, PLX_NET_PROTO_UDP);
		memset(f.bytes + (ipv6 != 0 ? 54 : 34) + 6, 0, 2);
		expected = f;
		assert_true(pass(&f));
		same(&f, &expected);
	}
	assert_int_equal(stream.counts[BAD_L4], 0);
	end();
}

/* The checksum of a datagram in several fragments is over all of them. */
static void
fragments_get_their_ip_checksum_only(void **state)
{
	static const uint16_t frags[] = {PLX_NET_IPV4_MF, PLX_NET_IPV4_MF | 3, 5};
	struct frame f, expected;

	keep_macs();
	begin("csum");
	for (unsigned i = 0; i < PLX_ARRAY_LEN(frags); i++) {
		f = (struct frame){0};
		put_ether(&f, PLX_NET_ETHERTYPE_IPV4);
		put_ipv4_frag(&f, PLX_NET_PROTO_UDP, frags[i]);
		put_udp(&f, 1000, 2000);
		put(&f, "sixteen bytes of", 16);
		f.bytes[40] = 0x12; /* a checksum that is not over these bytes */
		frame_close(&f);
		expected = f;
		fill_csums(&expected);
		assert_true(pass(&f));
		same(&f, &expected);
		assert_int_equal(ipv4_csum(&f), PLX_NET_CSUM_GOOD);
	}
	assert_int_equal(stream.counts[BAD_IP], 3);
	assert_int_equal(stream.counts[BAD_L4], 0);
	end();
}

static void
padding_behind_the_datagram_does_not_count(void **state)
{
	struct frame f = {0}, expected;

	put_ether(&f, PLX_NET_ETHERTYPE_IPV4);
	put_ipv4(&f, PLX_NET_PROTO_UDP);
	put_udp(&f, 1000, 2000);
	put(&f, "abc", 3);
	frame_close(&f);
	put(&f, "trailing bytes", 14);
	spoil_ipv4(&f, 0);
	f.bytes[40] = 1;
	expected = f;
	fill_csums(&expected);
	keep_macs();
	begin("csum");
	assert_true(pass(&f));
	same(&f, &expected);
	end();
}

/* Cut anywhere, a frame may get an IP checksum, but no byte behind that changes. */
static void
a_frame_that_is_cut_keeps_its_transport(void **state)
{
	struct frame whole;

	good(&whole, 1, false, PLX_NET_PROTO_TCP);
	keep_macs();
	begin("csum");
	for (size_t len = 1; len < whole.len; len++) {
		struct frame f = whole, expected = whole;

		f.len = expected.len = len;
		assert_true(pass_in_pieces(&f, len % 3 == 0 ? 17 : len));
		same(&f, &expected);
	}
	assert_int_equal(stream.counts[BAD_IP], 0);
	assert_int_equal(stream.counts[BAD_L4], 0);
	end();
}

static void
what_is_not_ip_passes(void **state)
{
	struct frame f = {0}, expected;

	put_ether(&f, PLX_NET_ETHERTYPE_ARP);
	put_arp(&f, PLX_NET_ARP_REQUEST, 1, 2);
	frame_close(&f);
	expected = f;
	keep_macs();
	begin("csum");
	assert_true(pass(&f));
	same(&f, &expected);
	end();
}

/* Lengths that lie: 200,000 frames with some bytes changed come out as long as they were, and none crashes. */
static void
spoilt_headers_never_hurt(void **state)
{
	uint64_t chance = 88172645463325252ull;
	struct frame f;

	begin("csum");
	for (unsigned i = 0; i < 200000; i++) {
		size_t len;

		good(&f, i % 2, i % 3 == 0, protos[i % 3]);
		len = f.len;
		for (unsigned change = 0; change < 3; change++) {
			chance ^= chance << 13;
			chance ^= chance >> 7;
			chance ^= chance << 17;
			f.bytes[12 + chance % 60] = (uint8_t)(chance >> 32);
		}
		assert_true(pass_in_pieces(&f, i % 5 == 0 ? 50 : len));
		assert_int_equal(f.len, len);
	}
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_checksums_become_good_and_are_counted),
		TEST(good_frames_pass_as_they_are),
		TEST(macs_are_the_ports_and_its_peers),
		TEST(udp_sent_without_a_checksum_stays_so),
		TEST(fragments_get_their_ip_checksum_only),
		TEST(padding_behind_the_datagram_does_not_count),
		TEST(a_frame_that_is_cut_keeps_its_transport),
		TEST(what_is_not_ip_passes),
		TEST(spoilt_headers_never_hurt),
	};

	return run_engine_tests(tests, PLX_ARRAY_LEN(tests));
}
