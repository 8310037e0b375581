/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_net_build.h"

#include "plx_byteorder.h"
#include "plx_net_csum.h"
#include "plx_net_format.h"
#include "plx_net_parse.h"

#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct plx_net_build base = {
	.src_mac = {2, 0, 0, 0, 0, 1},
	.dst_mac = {2, 0, 0, 0, 0, 2},
	.vlan_tci = {100, 200},
	.src_ip = {10, 0, 0, 1},
	.dst_ip = {10, 0, 0, 2},
	.src_port = 5000,
	.dst_port = 80,
};

static void
frames_of_every_kind_and_size_are_good(void **state)
{
	for (unsigned kind = 0; kind < 12; kind++) {
		struct plx_net_build build = base;
		size_t shortest;

		build.ipv6 = kind & 1;
		build.proto = kind & 2 ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP;
		build.nb_vlans = (uint16_t)(kind / 4);
		shortest = plx_net_build_header_len(&build);
		for (size_t len = shortest; len < shortest + 100; len++) {
			uint8_t *frame = malloc(len);
			struct plx_net_packet packet;
			const struct plx_net_layer *layer = &packet.layers[0];

			memset(frame, 0x5a, len);
			assert_int_equal(plx_net_build_frame(&build, frame, len), 0);
			assert_int_equal(plx_net_parse(frame, len, &packet), PLX_NET_GOOD);
			assert_int_equal(layer->end, len);
			assert_int_equal(layer->payload_off, shortest);
			assert_int_equal(layer->nb_vlans, build.nb_vlans);
			assert_int_equal(layer->proto, build.proto);
			assert_int_equal(layer->src_port, 5000);
			assert_int_equal(layer->dst_port, 80);
			assert_int_equal(plx_net_csum_check_l4(frame, layer), PLX_NET_CSUM_GOOD);
			if (!build.ipv6)
				assert_int_equal(plx_net_csum_check_ipv4(frame, layer),
						 PLX_NET_CSUM_GOOD);
			free(frame);
		}
	}
}

static void
the_shortest_headers_fit_82_bytes(void **state)
{
	struct plx_net_build build = base;

	assert_int_equal(plx_net_build_header_len(&build), 42);
	build.ipv6 = true;
	build.nb_vlans = 2;
	build.proto = PLX_NET_PROTO_TCP;
	assert_int_equal(plx_net_build_header_len(&build), 82);
}

static void
what_cannot_be_built_is_refused(void **state)
{
	static uint8_t frame[70000];
	struct plx_net_build build = base;

	assert_int_equal(plx_net_build_frame(&build, frame, 41), -EINVAL);
	assert_int_equal(plx_net_build_frame(&build, frame, 0), -EINVAL);
	assert_int_equal(plx_net_build_frame(&build, frame, 14 + 65535), 0);
	assert_int_equal(plx_net_build_frame(&build, frame, 14 + 65536), -EINVAL);
	build.ipv6 = true;
	assert_int_equal(plx_net_build_frame(&build, frame, 14 + 40 + 65535), 0);
	assert_int_equal(plx_net_build_frame(&build, frame, 14 + 40 + 65536), -EINVAL);
	build.nb_vlans = 3;
	assert_int_equal(plx_net_build_frame(&build, frame, 100), -EINVAL);
	build.nb_vlans = 0;
	build.proto = PLX_NET_PROTO_SCTP;
	assert_int_equal(plx_net_build_frame(&build, frame, 100), -EINVAL);
}

static void
headers_alone_are_those_of_the_whole_frame(void **state)
{
	uint8_t whole[200], headers[42];

	memset(whole, 0x77, sizeof(whole));
	assert_int_equal(plx_net_build_frame(&base, whole, sizeof(whole)), 0);
	assert_int_equal(plx_net_build_headers(&base, headers, sizeof(whole) - 42,
					       plx_net_csum_add(0, whole + 42, sizeof(whole) - 42)),
			 42);
	assert_memory_equal(headers, whole, 42);
}

static void
fields_go_where_they_belong(void **state)
{
	struct plx_net_build build = base;
	uint8_t frame[64] = {0};
	const struct plx_net_ipv4 *ip = (const struct plx_net_ipv4 *)(frame + 14);
	const struct plx_net_tcp *tcp = (const struct plx_net_tcp *)(frame + 34);

	build.proto = PLX_NET_PROTO_TCP;
	build.ttl = 7;
	build.tos = 0xb8;
	build.ip_id = 0x1234;
	build.tcp_flags = PLX_NET_TCP_SYN;
	build.tcp_seq = 0x01020304;
	build.tcp_ack = 0x05060708;
	assert_int_equal(plx_net_build_frame(&build, frame, sizeof(frame)), 0);
	assert_memory_equal(frame, build.dst_mac, 6);
	assert_memory_equal(frame + 6, build.src_mac, 6);
	assert_int_equal(ip->ttl, 7);
	assert_int_equal(ip->tos, 0xb8);
	assert_int_equal(be16toh(ip->id), 0x1234);
	assert_int_equal(be16toh(ip->total_length), 50);
	assert_int_equal(tcp->flags, PLX_NET_TCP_SYN);
	assert_int_equal(be32toh(tcp->seq), 0x01020304);
	assert_int_equal(be32toh(tcp->ack), 0x05060708);
}

/* -- text ------------------------------------------------------------------------------------------ */

static void
assert_text(struct plx_net_build *build, const char *text)
{
	char line[PLX_NET_FORMAT_TEXT];
	uint8_t frame[100] = {0};
	int len;

	assert_int_equal(plx_net_build_frame(build, frame, sizeof(frame)), 0);
	len = plx_net_format(frame, sizeof(frame), line, sizeof(line));
	assert_string_equal(line, text);
	assert_int_equal(len, strlen(text));
	for (size_t size = 0; size < strlen(text); size++) {
		char *small = malloc(size > 0 ? size : 1);

		assert_int_equal(plx_net_format(frame, sizeof(frame), small, size), len);
		if (size > 0)
			assert_int_equal(strlen(small), size - 1);
		free(small);
	}
}

static void
a_frame_is_one_line(void **state)
{
	struct plx_net_build build = base;

	assert_text(&build, "10.0.0.1.5000 > 10.0.0.2.80 UDP 100 bytes");
	build.proto = PLX_NET_PROTO_TCP;
	build.nb_vlans = 1;
	assert_text(&build, "vlan 100 10.0.0.1.5000 > 10.0.0.2.80 TCP 100 bytes");
	build.ipv6 = true;
	assert_text(&build, "vlan 100 a00:1::.5000 > a00:2::.80 TCP 100 bytes");
}

static void
what_is_no_ip_or_damaged_is_one_line_too(void **state)
{
	char line[PLX_NET_FORMAT_TEXT];
	uint8_t frame[60] = {1, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0x27};

	plx_net_format(frame, sizeof(frame), line, sizeof(line));
	assert_string_equal(line,
			    "02:00:00:00:00:01 > 01:80:c2:00:00:00 ethertype 0x0027 60 bytes");
	plx_net_format(frame, 13, line, sizeof(line));
	assert_string_equal(line, "no Ethernet header 13 bytes, malformed at 0: ethernet: header "
				  "cut short");
	assert_int_equal(plx_net_build_frame(&base, frame, sizeof(frame)), 0);
	plx_store_be16(frame + 20, 185);
	plx_net_format(frame, sizeof(frame), line, sizeof(line));
	assert_string_equal(line, "10.0.0.1 > 10.0.0.2 UDP fragment 1480 60 bytes");
}

static void
mac_addresses_are_read_and_written(void **state)
{
	uint8_t mac[6] = {9, 9, 9, 9, 9, 9};
	char text[PLX_NET_MAC_TEXT];

	assert_int_equal(plx_net_mac_parse("02:0a:FF:0:1-2c", mac), 0);
	assert_string_equal(plx_net_mac_format(mac, text), "02:0a:ff:00:01:2c");
	assert_int_equal(plx_net_mac_parse("", mac), -EINVAL);
	assert_int_equal(plx_net_mac_parse("02:00:00:00:00", mac), -EINVAL);
	assert_int_equal(plx_net_mac_parse("02:00:00:00:00:", mac), -EINVAL);
	assert_int_equal(plx_net_mac_parse("02:00:00:00:00:01:", mac), -EINVAL);
	assert_int_equal(plx_net_mac_parse("02:00:00:00:00:011", mac), -EINVAL);
	assert_int_equal(plx_net_mac_parse("02:00:00:00:00:g1", mac), -EINVAL);
	assert_int_equal(plx_net_mac_parse("020000000001", mac), -EINVAL);
	assert_string_equal(plx_net_mac_format(mac, text), "02:0a:ff:00:01:2c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_every_kind_and_size_are_good),
		cmocka_unit_test(the_shortest_headers_fit_82_bytes),
		cmocka_unit_test(what_cannot_be_built_is_refused),
		cmocka_unit_test(headers_alone_are_those_of_the_whole_frame),
		cmocka_unit_test(fields_go_where_they_belong),
		cmocka_unit_test(a_frame_is_one_line),
		cmocka_unit_test(what_is_no_ip_or_damaged_is_one_line_too),
		cmocka_unit_test(mac_addresses_are_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
