/* SPDX-License-Identifier: BSD-3-Clause */
#include "sieve_judge.h"

#include "plx_clock.h"

#include <string.h>

#define MACS_LEN ((uint32_t)(2 * PLX_NET_MAC_LEN))
#define TAG_LEN	 ((uint16_t)sizeof(struct plx_net_vlan))

/* -- tags that a device took out ----------------------------------------------------------------------- */

bool
sieve_tag_put_back(struct plx_mbuf *m)
{
	uint8_t *bytes;

	if (sieve_tag_len(m) == 0)
		return true;
	if (m->data_len < MACS_LEN || m->data_len > UINT16_MAX - TAG_LEN)
		return false;
	bytes = plx_mbuf_prepend(m, TAG_LEN);
	if (bytes == NULL)
		return false;
	memmove(bytes, bytes + TAG_LEN, MACS_LEN);
	sieve_tag_write(bytes + MACS_LEN, m->vlan_tci);
	m->ol_flags &= ~PLX_MBUF_RX_VLAN_STRIPPED;
	if (m->ol_flags & PLX_MBUF_RX_CUT)
		m->wire_len += TAG_LEN;
	return true;
}

/* Undoes that. */
static void
tag_take_out(struct plx_mbuf *m)
{
	uint8_t *bytes = plx_mbuf_data(m);

	memmove(bytes + TAG_LEN, bytes, MACS_LEN);
	plx_mbuf_adj(m, TAG_LEN);
	m->ol_flags |= PLX_MBUF_RX_VLAN_STRIPPED;
	if (m->ol_flags & PLX_MBUF_RX_CUT)
		m->wire_len -= TAG_LEN;
}

/* -- bytes --------------------------------------------------------------------------------------------- */

static void
copy(const struct plx_mbuf *m, uint32_t off, uint32_t len, uint8_t *to)
{
	const void *bytes = plx_mbuf_read(m, off, len, to);

	if (bytes != to && len != 0)
		memcpy(to, bytes, len);
}

struct plx_filter_packet
sieve_packet_copied(const struct plx_mbuf *m, uint8_t buf[PLX_SIEVE_CHAIN_BYTES])
{
	const uint32_t tag = sieve_tag_len(m), room = PLX_SIEVE_CHAIN_BYTES - tag;
	const uint32_t len = m->pkt_len < room ? m->pkt_len : room;
	const uint32_t front = tag != 0 ? MACS_LEN : 0;

	copy(m, 0, front, buf);
	if (tag != 0)
		sieve_tag_write(buf + front, m->vlan_tci);
	copy(m, front, len - front, buf + front + tag);
	return (struct plx_filter_packet){
		.bytes = buf, .caplen = len + tag, .wirelen = plx_mbuf_wire_len(m) + tag};
}

/* -- verdicts ------------------------------------------------------------------------------------------ */

/* For the time of a burst; a shared packet's bytes are copied in place of that. */
static inline bool
lends_tag(struct plx_mbuf *m)
{
	return sieve_tag_len(m) != 0 && sieve_owns(m) && sieve_tag_put_back(m);
}

/* What must be copied in front, a chain or one without its tag whose bytes are others', ends a call. */
void
sieve_judge(struct plx_filter_rules_reader *reader, struct plx_mbuf *const *pkts, uint16_t n,
	    struct plx_filter_verdict *ret_verdicts)
{
	struct plx_filter_packet packets[SIEVE_BURST];
	uint8_t buf[PLX_SIEVE_CHAIN_BYTES];
	const uint64_t now_ns = plx_clock_monotonic_ns();
	uint64_t tagged = 0;
	uint16_t from = 0;

	for (uint16_t i = 0; i < n; i++) {
		tagged |= (uint64_t)lends_tag(pkts[i]) << i;
		packets[i] = sieve_packet(pkts[i], buf);
		if (PLX_LIKELY(packets[i].bytes != buf && i + 1 < n))
			continue;
		plx_filter_rules_match_burst(reader, packets + from, i + 1u - from, now_ns,
					     ret_verdicts + from);
		from = i + 1;
	}
	for (; tagged != 0; tagged &= tagged - 1)
		tag_take_out(pkts[__builtin_ctzll(tagged)]);
}

bool
sieve_exchange_macs(struct plx_mbuf *m)
{
	uint8_t *bytes = plx_mbuf_data(m), mac[PLX_NET_MAC_LEN];

	if (m->data_len < 2 * sizeof(mac))
		return false;
	memcpy(mac, bytes, sizeof(mac));
	memcpy(bytes, bytes + sizeof(mac), sizeof(mac));
	memcpy(bytes + sizeof(mac), mac, sizeof(mac));
	return true;
}
