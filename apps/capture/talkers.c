/* SPDX-License-Identifier: BSD-3-Clause */
#include "talkers_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_net_parse.h>
#include <pollux/plx_net_wire.h>

PLX_STATIC_ASSERT(sizeof(struct talker_key) == 40, "no padding: keys are compared as bytes");

int
talkers_create(struct talkers **ret_talkers)
{
	*ret_talkers = calloc(1, sizeof(**ret_talkers));
	return *ret_talkers != NULL ? 0 : -ENOMEM;
}

void
talkers_destroy(struct talkers *talkers)
{
	free(talkers);
}

/* -- from bytes to a key ------------------------------------------------------------------------------ */

static void
copy_ends(struct talker_key *key, const void *src, const void *dst, size_t len)
{
	memcpy(key->end[0].addr, src, len);
	memcpy(key->end[1].addr, dst, len);
}

/* Names the ends as they stand in the packet: 0 is the sender. False if there is not even Ethernet. */
static bool
read_ends(const uint8_t *bytes, uint32_t len, struct talker_key *key)
{
	struct plx_net_packet packet;
	const struct plx_net_layer *layer = &packet.layers[0];
	const uint8_t *l3;

	memset(key, 0, sizeof(*key));
	plx_net_parse(bytes, len, &packet);
	if (packet.nb_layers == 0)
		return false;
	l3 = bytes + layer->l3_off;
	key->ethertype = layer->ethertype;
	if (plx_net_layer_is_ipv4(layer)) {
		key->kind = TALKER_IPV4;
		copy_ends(key, l3 + offsetof(struct plx_net_ipv4, src),
			  l3 + offsetof(struct plx_net_ipv4, dst), PLX_NET_IPV4_LEN);
	} else if (plx_net_layer_is_ipv6(layer)) {
		key->kind = TALKER_IPV6;
		copy_ends(key, l3 + offsetof(struct plx_net_ipv6, src),
			  l3 + offsetof(struct plx_net_ipv6, dst), PLX_NET_IPV6_LEN);
	} else {
		key->kind = TALKER_MAC;
		copy_ends(key, bytes + PLX_NET_MAC_LEN, bytes, PLX_NET_MAC_LEN);
		return true;
	}
	key->proto = layer->proto;
	key->end[0].port = layer->src_port;
	key->end[1].port = layer->dst_port;
	return true;
}

/* Puts the smaller end first; returns which end the sender is now. */
static unsigned
sort_ends(struct talker_key *key)
{
	struct talker_end sender = key->end[0];

	if (memcmp(&key->end[0], &key->end[1], sizeof(sender)) <= 0)
		return 0;
	key->end[0] = key->end[1];
	key->end[1] = sender;
	return 1;
}

/* -- the table ------------------------------------------------------------------------------------ */

static uint32_t
hash_key(const struct talker_key *key)
{
	uint64_t words[sizeof(*key) / 8], h = 0x9e3779b97f4a7c15;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < PLX_ARRAY_LEN(words); i++) {
		h = (h ^ words[i]) * 0xff51afd7ed558ccd;
		h ^= h >> 32;
	}
	return (uint32_t)h | 1; /* 0 marks a free slot */
}

static uint64_t
weight(const struct talkers_slot *slot)
{
	return slot->talker.bytes[0] + slot->talker.bytes[1];
}

static struct talkers_slot *
find_slot(struct talkers *t, const struct talker_key *key)
{
	uint32_t hash = hash_key(key);
	struct talkers_slot *set = &t->slots[(hash >> 1) % TALKERS_SETS * TALKERS_WAYS];
	struct talkers_slot *victim = set;

	for (struct talkers_slot *slot = set; slot < set + TALKERS_WAYS; slot++) {
		if (slot->hash == hash && memcmp(&slot->talker.key, key, sizeof(*key)) == 0)
			return slot;
		if (weight(slot) < weight(victim))
			victim = slot;
	}
	if (victim->hash != 0)
		t->evicted++;
	*victim = (struct talkers_slot){.hash = hash, .talker = {.key = *key}};
	return victim;
}

void
talkers_add(struct talkers *talkers, const uint8_t *bytes, uint32_t len, uint32_t wire_len)
{
	struct talkers_slot *slot;
	struct talker_key key;
	unsigned sender;

	talkers->packets++;
	talkers->bytes += wire_len;
	if (!read_ends(bytes, len, &key))
		return;
	sender = sort_ends(&key);
	slot = find_slot(talkers, &key);
	slot->talker.packets[sender]++;
	slot->talker.bytes[sender] += wire_len;
}

static int
heavier_first(const void *a, const void *b)
{
	const struct talkers_slot *const *x = a, *const *y = b;

	return weight(*x) > weight(*y) ? -1 : weight(*x) < weight(*y);
}

unsigned
talkers_top(const struct talkers *talkers, struct talker *ret_top, unsigned n)
{
	const struct talkers_slot **used;
	unsigned found = 0;

	used = calloc(PLX_ARRAY_LEN(talkers->slots), sizeof(struct talkers_slot *));
	if (used == NULL)
		return 0;
	for (size_t i = 0; i < PLX_ARRAY_LEN(talkers->slots); i++) {
		if (talkers->slots[i].hash != 0)
			used[found++] = &talkers->slots[i];
	}
	qsort(used, found, sizeof(struct talkers_slot *), heavier_first);
	for (unsigned i = 0; i < found && i < n; i++)
		ret_top[i] = used[i]->talker;
	free(used);
	return found < n ? found : n;
}

/* Keeps the n heaviest of what it is given, in order. */
static unsigned
insert(struct talker_rate *rates, unsigned found, unsigned n, const struct talker_rate *rate)
{
	unsigned at = found;

	while (at > 0 && rates[at - 1].bytes < rate->bytes)
		at--;
	if (at == n)
		return found;
	if (found == n)
		found--;
	memmove(&rates[at + 1], &rates[at], (found - at) * sizeof(*rates));
	rates[at] = *rate;
	return found + 1;
}

unsigned
talkers_busiest(struct talkers *talkers, struct talker_rate *ret_rates, unsigned n)
{
	unsigned found = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(talkers->slots); i++) {
		struct talkers_slot *slot = &talkers->slots[i];
		uint64_t packets = slot->talker.packets[0] + slot->talker.packets[1];
		struct talker_rate rate = {
			.talker = slot->talker,
			.packets = packets - slot->seen_packets,
			.bytes = weight(slot) - slot->seen_bytes,
		};

		if (rate.packets == 0)
			continue;
		slot->seen_packets = packets;
		slot->seen_bytes = weight(slot);
		found = insert(ret_rates, found, n, &rate);
	}
	return found;
}
