/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames the fake device lets in, and to which queue (5.1.6.4, 5.1.6.5). */
#include "plx_byteorder.h"
#include "virtio_fake_priv.h"

#define ETHER_LEN   14
#define TYPE_VLAN   0x8100
#define TYPE_IPV4   0x0800
#define TYPE_IPV6   0x86dd
#define PROTO_TCP   6
#define PROTO_UDP   17
#define IPV4_LEN    20
#define IPV6_LEN    40
#define GROUP_BIT   1
#define TUPLE_MAX   36
#define REPORT(bit) ((uint16_t)(1 + __builtin_ctz(bit))) /* 5.1.6.4.3 */

static bool
is_listed(const struct vfake_state *state, unsigned from, unsigned n, const uint8_t *mac)
{
	for (unsigned i = from; i < from + n; i++)
		if (memcmp(state->macs[i], mac, 6) == 0)
			return true;
	return false;
}

static bool
wants_address(const struct vfake *fake, const uint8_t *mac)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct vfake_state *state = &fake->state;

	if (state->promisc)
		return true;
	if (memcmp(mac, broadcast, 6) == 0)
		return !state->nobcast;
	if (mac[0] & GROUP_BIT)
		return !state->nomulti && (state->allmulti || is_listed(state, state->nb_unicast,
									state->nb_multicast, mac));
	return !state->nouni && (state->alluni || memcmp(mac, fake->config, 6) == 0 ||
				 is_listed(state, 0, state->nb_unicast, mac));
}

bool
vfake_wants(const struct vfake *fake, const uint8_t *frame, size_t len)
{
	if (len < ETHER_LEN)
		return true;
	if (!fake->state.promisc && vfake_has(fake, VIRTIO_NET_F_CTRL_VLAN) &&
	    len >= ETHER_LEN + 2 && plx_load_be16(frame + 12) == TYPE_VLAN) {
		uint16_t vlan = plx_load_be16(frame + 14) & 0xfff;

		if (!(fake->state.vlans[vlan / 8] & 1 << vlan % 8))
			return false;
	}
	return wants_address(fake, frame);
}

/* -- hash -------------------------------------------------------------------------------------------------------------- */

/* Toeplitz, bit by bit. */
static uint32_t
toeplitz(const uint8_t *key, const uint8_t *bytes, unsigned len)
{
	uint32_t hash = 0, window = plx_load_be32(key);

	for (unsigned i = 0; i < len * 8; i++) {
		unsigned next = i + 32;

		if (bytes[i / 8] & 0x80 >> i % 8)
			hash ^= window;
		window = window << 1 | (key[next / 8 % VFAKE_RSS_KEY] >> (7 - next % 8) & 1);
	}
	return hash;
}

/* What is hashed of the frame under the types in force, and as which; its length, 0 if nothing is. */
static unsigned
tuple_of(const struct vfake *fake, const uint8_t *frame, size_t len, uint8_t tuple[TUPLE_MAX],
	 uint32_t *ret_type)
{
	const uint8_t *ip = frame + ETHER_LEN;
	bool v6 = len >= ETHER_LEN + IPV6_LEN && plx_load_be16(frame + 12) == TYPE_IPV6;
	bool v4 = len >= ETHER_LEN + IPV4_LEN && plx_load_be16(frame + 12) == TYPE_IPV4;
	unsigned addresses = v6 ? 32 : 8, head = v6 ? IPV6_LEN : v4 ? (ip[0] & 15u) * 4 : 0;
	uint32_t plain = v6 ? VIRTIO_NET_HASH_IPV6 : VIRTIO_NET_HASH_IPV4, ports = 0;
	uint8_t proto = v6 ? ip[6] : v4 ? ip[9] : 0;

	if (!v4 && !v6)
		return 0;
	if (proto == PROTO_TCP)
		ports = v6 ? VIRTIO_NET_HASH_TCPV6 : VIRTIO_NET_HASH_TCPV4;
	if (proto == PROTO_UDP)
		ports = v6 ? VIRTIO_NET_HASH_UDPV6 : VIRTIO_NET_HASH_UDPV4;
	memcpy(tuple, ip + (v6 ? 8 : 12), addresses);
	if ((ports & fake->state.hash_types) != 0 && len >= ETHER_LEN + head + 4) {
		memcpy(tuple + addresses, ip + head, 4);
		*ret_type = ports;
		return addresses + 4;
	}
	*ret_type = plain;
	return (plain & fake->state.hash_types) != 0 ? addresses : 0;
}

uint16_t
vfake_spread(const struct vfake *fake, const uint8_t *frame, size_t len,
	     struct virtio_net_hdr_full *header)
{
	uint8_t tuple[TUPLE_MAX];
	uint32_t type = 0, hash;
	unsigned n = tuple_of(fake, frame, len, tuple, &type);

	if (n == 0)
		return fake->state.rss ? fake->state.rss_unclassified : 0;
	hash = toeplitz(fake->state.rss_key, tuple, n);
	if (vfake_has(fake, VIRTIO_NET_F_HASH_REPORT)) {
		header->hash_value = hash;
		header->hash_report = REPORT(type);
	}
	return fake->state.rss ? fake->state.rss_table[hash & fake->state.rss_mask] : 0;
}
