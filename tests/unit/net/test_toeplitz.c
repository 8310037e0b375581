/* SPDX-License-Identifier: BSD-3-Clause */
/* "Verifying the RSS Hash Calculation", Microsoft: its values, and a slow reckoning to compare with. */
#include "plx_net_hash.h"

#include "frame.h"
#include "plx_net_build.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <arpa/inet.h>
#include <cmocka.h>

static const struct vector {
	const char *dst;
	uint16_t dst_port;
	const char *src;
	uint16_t src_port;
	uint32_t addresses;
	uint32_t with_ports;
} vectors_ipv4[] =
	{
		{"161.142.100.80", 1766, "66.9.149.187", 2794, 0x323e8fc2, 0x51ccc178},
		{"65.69.140.83", 4739, "199.92.111.2", 14230, 0xd718262a, 0xc626b0ea},
		{"12.22.207.184", 38024, "24.19.198.95", 12898, 0xd2d0a5de, 0x5c2b394a},
		{"209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176, 0xafc7327f},
		{"202.188.127.2", 1303, "153.39.163.191", 44251, 0x5d1809c5, 0x10e828a2},
},
  vectors_ipv6[] = {
	  {"3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2cc18cd5, 0x40207d3d},
	  {"ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0f0c461c, 0xdde51bbf},
	  {"fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251,
	   0x4b61e985, 0x02d1feef},
};

/* Bit by bit, as the specification has it. */
static uint32_t
slow_toeplitz(const uint8_t *key, const uint8_t *input, size_t len)
{
	uint32_t hash = 0;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		if ((input[bit / 8] >> (7 - bit % 8) & 1) == 0)
			continue;
		for (size_t i = 0; i < 32; i++) {
			size_t at = bit + i;

			hash ^= (uint32_t)(key[at / 8] >> (7 - at % 8) & 1) << (31 - i);
		}
	}
	return hash;
}

static void
check_vectors(const struct vector *vectors, size_t n, bool ipv6)
{
	struct plx_net_toeplitz toeplitz;

	assert_int_equal(plx_net_toeplitz_init(&toeplitz, plx_net_toeplitz_key_microsoft, 40), 0);
	for (size_t i = 0; i < n; i++) {
		struct plx_net_build build = {
			.ipv6 = ipv6,
			.src_port = vectors[i].src_port,
			.dst_port = vectors[i].dst_port,
		};
		uint8_t frame[82], tuple[PLX_NET_RSS_TUPLE_MAX];
		size_t addresses = ipv6 ? 32 : 8, len;
		struct plx_net_packet packet;

		inet_pton(ipv6 ? AF_INET6 : AF_INET, vectors[i].src, build.src_ip);
		inet_pton(ipv6 ? AF_INET6 : AF_INET, vectors[i].dst, build.dst_ip);
		assert_int_equal(plx_net_build_frame(&build, frame, sizeof(frame)), 0);
		assert_int_equal(plx_net_parse(frame, sizeof(frame), &packet), PLX_NET_GOOD);
		len = plx_net_rss_tuple(frame, &packet.layers[0], false, tuple);
		assert_int_equal(len, addresses);
		assert_int_equal(plx_net_toeplitz_hash(&toeplitz, tuple, len),
				 vectors[i].addresses);
		len = plx_net_rss_tuple(frame, &packet.layers[0], true, tuple);
		assert_int_equal(len, addresses + 4);
		assert_int_equal(plx_net_toeplitz_hash(&toeplitz, tuple, len),
				 vectors[i].with_ports);
	}
}

static void
toeplitz_gives_the_published_values(void **state)
{
	check_vectors(vectors_ipv4, PLX_ARRAY_LEN(vectors_ipv4), false);
	check_vectors(vectors_ipv6, PLX_ARRAY_LEN(vectors_ipv6), true);
}

static void
toeplitz_takes_keys_of_8_to_52_bytes(void **state)
{
	uint8_t key[PLX_NET_TOEPLITZ_KEY_MAX + 1], input[64];
	struct plx_net_toeplitz toeplitz;

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 37 + 11);
	for (unsigned i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)(i * 59 + 5);
	assert_int_equal(plx_net_toeplitz_init(&toeplitz, key, 7), -EINVAL);
	assert_int_equal(plx_net_toeplitz_init(&toeplitz, key, 53), -EINVAL);
	for (size_t len = 8; len <= 52; len++) {
		uint8_t *exact = exact_copy(key, len);

		assert_int_equal(plx_net_toeplitz_init(&toeplitz, exact, len), 0);
		for (size_t n = 0; n <= len - 4; n++)
			assert_int_equal(plx_net_toeplitz_hash(&toeplitz, input, n),
					 slow_toeplitz(key, input, n));
		assert_int_equal(plx_net_toeplitz_hash(&toeplitz, input, sizeof(input)),
				 slow_toeplitz(key, input, len - 4));
		free(exact);
	}
}

static void
the_symmetric_key_is_symmetric(void **state)
{
	struct plx_net_toeplitz toeplitz;
	uint8_t there[12] = {10, 1, 2, 3, 192, 168, 7, 9, 0x12, 0x34, 0, 80};
	uint8_t back[12] = {192, 168, 7, 9, 10, 1, 2, 3, 0, 80, 0x12, 0x34};

	plx_net_toeplitz_init(&toeplitz, plx_net_toeplitz_key_symmetric, 40);
	assert_int_equal(plx_net_toeplitz_hash(&toeplitz, there, 12),
			 plx_net_toeplitz_hash(&toeplitz, back, 12));
	plx_net_toeplitz_init(&toeplitz, plx_net_toeplitz_key_microsoft, 40);
	assert_int_not_equal(plx_net_toeplitz_hash(&toeplitz, there, 12),
			     plx_net_toeplitz_hash(&toeplitz, back, 12));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(toeplitz_gives_the_published_values),
		cmocka_unit_test(toeplitz_takes_keys_of_8_to_52_bytes),
		cmocka_unit_test(the_symmetric_key_is_symmetric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
