/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash of Microsoft's RSS specification: for each bit of the input that is set, from the left, the 32
 * bits of the key that begin at the same bit are added without carry. The sums over half bytes are made
 * beforehand.
 */
#include "plx_net_hash.h"

#include "plx_bits.h"
#include "plx_byteorder.h"
#include "plx_net_wire.h"

#include <errno.h>

const uint8_t plx_net_toeplitz_key_microsoft[PLX_NET_TOEPLITZ_KEY_LEN] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

const uint8_t plx_net_toeplitz_key_symmetric[PLX_NET_TOEPLITZ_KEY_LEN] = {
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
};

/* The 32 bits of the key that begin at `bit`, which is at most 8 * (key_len - 4) - 1. */
static uint32_t
key_window(const uint8_t *key, unsigned bit)
{
	uint64_t bits = (uint64_t)plx_load_be32(key + bit / 8) << 8 | key[bit / 8 + 4];

	return (uint32_t)(bits >> (8 - bit % 8));
}

int
plx_net_toeplitz_init(struct plx_net_toeplitz *toeplitz, const uint8_t *key, size_t key_len)
{
	if (key_len < PLX_NET_TOEPLITZ_KEY_MIN || key_len > PLX_NET_TOEPLITZ_KEY_MAX)
		return -EINVAL;
	toeplitz->input_max = (uint32_t)key_len - 4;
	for (unsigned half = 0; half < 2 * toeplitz->input_max; half++) {
		uint32_t *row = toeplitz->table[half];

		row[0] = 0;
		for (unsigned value = 1; value < 16; value++) {
			unsigned top = plx_log2(value);

			row[value] =
				row[value & ~(1u << top)] ^ key_window(key, 4 * half + 3 - top);
		}
	}
	return 0;
}

uint32_t
plx_net_toeplitz_hash(const struct plx_net_toeplitz *toeplitz, const uint8_t *input, size_t len)
{
	const uint32_t(*row)[16] = toeplitz->table;
	uint32_t hash = 0;

	if (len > toeplitz->input_max)
		len = toeplitz->input_max;
	for (size_t i = 0; i < len; i++, row += 2)
		hash ^= row[0][input[i] >> 4] ^ row[1][input[i] & 0xf];
	return hash;
}

size_t
plx_net_rss_tuple(const uint8_t *bytes, const struct plx_net_layer *layer, bool ports,
		  uint8_t ret_tuple[PLX_NET_RSS_TUPLE_MAX])
{
	const uint8_t *ip = bytes + layer->l3_off;
	size_t len;

	if (plx_net_layer_is_ipv4(layer)) {
		len = 2 * PLX_NET_IPV4_LEN;
		memcpy(ret_tuple, ip + offsetof(struct plx_net_ipv4, src), len);
	} else if (plx_net_layer_is_ipv6(layer)) {
		len = 2 * PLX_NET_IPV6_LEN;
		memcpy(ret_tuple, ip + offsetof(struct plx_net_ipv6, src), len);
	} else {
		return 0;
	}
	if (!ports || layer->flags & PLX_NET_FLAG_FRAGMENT ||
	    (layer->l4 != PLX_NET_L4_TCP && layer->l4 != PLX_NET_L4_UDP &&
	     layer->l4 != PLX_NET_L4_SCTP))
		return len;
	plx_store_be16(ret_tuple + len, layer->src_port);
	plx_store_be16(ret_tuple + len + 2, layer->dst_port);
	return len + 4;
}
