/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device's control queue: commands, and what they change (5.1.6.5). */
#include "plx_byteorder.h"
#include "virtio_fake_priv.h"

#define RX_ALLUNI  2
#define RX_NOBCAST 5
#define HEAD_LEN   2

typedef bool (*command_fn)(struct vfake *fake, uint8_t command, const uint8_t *data, size_t len);

static bool
set_mode(struct vfake *fake, uint8_t command, const uint8_t *data, size_t len)
{
	bool *mode[] = {&fake->state.promisc, &fake->state.allmulti, &fake->state.alluni,
			&fake->state.nomulti, &fake->state.nouni,    &fake->state.nobcast};
	unsigned needs = command < RX_ALLUNI ? VIRTIO_NET_F_CTRL_RX : VIRTIO_NET_F_CTRL_RX_EXTRA;

	if (command > RX_NOBCAST || len != 1 || !vfake_has(fake, needs))
		return false;
	*mode[command] = data[0] != 0;
	return true;
}

/* One table of addresses; the bytes it took, 0 if it is none. */
static size_t
read_table(struct vfake *fake, const uint8_t *data, size_t len, unsigned at, unsigned *ret_n)
{
	uint32_t n = len >= 4 ? plx_load_le32(data) : VFAKE_MACS_MAX + 1;

	if (n > VFAKE_MACS_MAX - at || len < 4 + 6 * (size_t)n)
		return 0;
	memcpy(fake->state.macs[at], data + 4, 6 * (size_t)n);
	*ret_n = n;
	return 4 + 6 * (size_t)n;
}

static bool
set_addresses(struct vfake *fake, uint8_t command, const uint8_t *data, size_t len)
{
	size_t first, second;

	if (command == VIRTIO_NET_CTRL_MAC_ADDR_SET) {
		if (len != 6 || !vfake_has(fake, VIRTIO_NET_F_CTRL_MAC_ADDR))
			return false;
		memcpy(fake->config, data, 6);
		return true;
	}
	if (command != VIRTIO_NET_CTRL_MAC_TABLE_SET || !vfake_has(fake, VIRTIO_NET_F_CTRL_RX))
		return false;
	first = read_table(fake, data, len, 0, &fake->state.nb_unicast);
	if (first == 0)
		return false;
	second = read_table(fake, data + first, len - first, fake->state.nb_unicast,
			    &fake->state.nb_multicast);
	return second != 0 && first + second == len;
}

static bool
set_vlan(struct vfake *fake, uint8_t command, const uint8_t *data, size_t len)
{
	uint16_t vlan = len == 2 ? plx_load_le16(data) : 0xffff;

	if (vlan > 4095 || command > VIRTIO_NET_CTRL_VLAN_DEL ||
	    !vfake_has(fake, VIRTIO_NET_F_CTRL_VLAN))
		return false;
	fake->state.vlans[vlan / 8] &= (uint8_t) ~(1 << vlan % 8);
	if (command == VIRTIO_NET_CTRL_VLAN_ADD)
		fake->state.vlans[vlan / 8] |= (uint8_t)(1 << vlan % 8);
	return true;
}

static bool
acknowledge(struct vfake *fake, uint8_t command, const uint8_t *data, size_t len)
{
	if (command != VIRTIO_NET_CTRL_ANNOUNCE_ACK || len != 0 ||
	    !vfake_has(fake, VIRTIO_NET_F_GUEST_ANNOUNCE) ||
	    !(fake->config[VIRTIO_NET_CFG_STATUS] & VIRTIO_NET_S_ANNOUNCE))
		return false;
	fake->config[VIRTIO_NET_CFG_STATUS] &= (uint8_t)~VIRTIO_NET_S_ANNOUNCE;
	fake->state.announced++;
	return true;
}

static bool
set_pairs(struct vfake *fake, uint16_t pairs, bool agreed)
{
	if (!agreed || pairs < 1 || pairs > fake->options.pairs)
		return false;
	for (unsigned i = 0; i < 2u * pairs; i++)
		if (!fake->queue[i].enabled)
			vfake_violation(fake, "%u pairs are asked for, and queue %u is not enabled",
					pairs, i);
	fake->state.pairs = pairs;
	return true;
}

/* struct virtio_net_rss_config: types, mask, unclassified, table, max_tx_vq, key length, key (5.1.6.5.7.1). */
static bool
set_rss(struct vfake *fake, const uint8_t *data, size_t len)
{
	struct vfake_state *state = &fake->state;
	uint32_t entries = len >= 8 ? plx_load_le16(data + 4) + 1u : 0;
	size_t behind = 8 + 2 * (size_t)entries;
	uint8_t key_len = len > behind + 2 ? data[behind + 2] : 0;

	if (entries == 0 || entries > VFAKE_RSS_TABLE || (entries & (entries - 1)) != 0 ||
	    key_len > VFAKE_RSS_KEY || len != behind + 3 + key_len ||
	    !vfake_has(fake, VIRTIO_NET_F_RSS))
		return false;
	for (unsigned i = 0; i < entries; i++) {
		state->rss_table[i] = plx_load_le16(data + 8 + 2 * (size_t)i);
		if (state->rss_table[i] >= fake->options.pairs)
			return false;
	}
	state->hash_types = plx_load_le32(data);
	state->rss_mask = (uint16_t)(entries - 1);
	state->rss_unclassified = plx_load_le16(data + 6);
	state->rss_max_tx = plx_load_le16(data + behind);
	memcpy(state->rss_key, data + behind + 3, key_len);
	state->rss = true;
	return state->rss_unclassified < fake->options.pairs &&
	       set_pairs(fake, state->rss_max_tx, true);
}

/* struct virtio_net_hash_config: types, four reserved words, key length, key (5.1.6.5.6.4). */
static bool
set_hash(struct vfake *fake, const uint8_t *data, size_t len)
{
	uint8_t key_len = len >= 13 ? data[12] : 0xff;

	if (key_len > VFAKE_RSS_KEY || len != 13u + key_len ||
	    !vfake_has(fake, VIRTIO_NET_F_HASH_REPORT))
		return false;
	fake->state.hash_types = plx_load_le32(data);
	memcpy(fake->state.rss_key, data + 13, key_len);
	fake->state.hash_report = true;
	return true;
}

static bool
set_queues(struct vfake *fake, uint8_t command, const uint8_t *data, size_t len)
{
	if (command == VIRTIO_NET_CTRL_MQ_RSS)
		return set_rss(fake, data, len);
	if (command == VIRTIO_NET_CTRL_MQ_HASH)
		return set_hash(fake, data, len);
	return command == VIRTIO_NET_CTRL_MQ_PAIRS_SET && len == 2 &&
	       set_pairs(fake, plx_load_le16(data), vfake_has(fake, VIRTIO_NET_F_MQ));
}

static const command_fn classes[] = {
	[VIRTIO_NET_CTRL_RX] = set_mode,   [VIRTIO_NET_CTRL_MAC] = set_addresses,
	[VIRTIO_NET_CTRL_VLAN] = set_vlan, [VIRTIO_NET_CTRL_ANNOUNCE] = acknowledge,
	[VIRTIO_NET_CTRL_MQ] = set_queues,
};

static uint8_t
answer(struct vfake *fake, const uint8_t *bytes, size_t len)
{
	bool done;

	fake->state.commands++;
	if (fake->faults.ctrl_refuses)
		return VIRTIO_NET_ERR;
	done = len >= HEAD_LEN && bytes[0] < PLX_ARRAY_LEN(classes) &&
	       classes[bytes[0]](fake, bytes[1], bytes + HEAD_LEN, len - HEAD_LEN);
	if (!done)
		fake->state.refused++;
	return done ? VIRTIO_NET_OK : VIRTIO_NET_ERR;
}

void
vfake_ctrl_work(struct vfake *fake, struct vfake_queue *q)
{
	struct vfake_chain *chain = &fake->chain;
	uint8_t bytes[VFAKE_CTRL_MAX];

	if (fake->faults.ctrl_silent)
		return;
	while (vfake_pop(fake, q, chain)) {
		const struct vfake_seg *ack = &chain->seg[chain->n - 1];
		size_t len = 0;

		for (unsigned i = 0; i + 1 < chain->n && len + chain->seg[i].len <= sizeof(bytes);
		     i++) {
			memcpy(bytes + len, chain->seg[i].bytes, chain->seg[i].len);
			len += chain->seg[i].len;
		}
		if (chain->n < 2 || !ack->write || chain->seg[chain->n - 2].write) {
			vfake_violation(fake, "the control queue: a request of %u descriptors",
					chain->n);
			return;
		}
		*ack->bytes = answer(fake, bytes, len);
		vfake_push(fake, q, chain->id, chain->slots, 1, true);
	}
	vfake_tell(fake, q);
}
