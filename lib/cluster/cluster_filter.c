/* SPDX-License-Identifier: BSD-3-Clause */
/* What is not wanted: rules for the whole cluster, asked before anything is spread, and the filters of slaves. */
#include "cluster_priv.h"

#include "plx_clock.h"
#include "plx_net_wire.h"

#include <string.h>

/* A packet's bytes in one piece: where they lie, or for chains the first of them in buf. */
static struct plx_filter_packet
in_one_piece(const struct plx_mbuf *m, uint8_t buf[PLX_CLUSTER_KEY_BYTES])
{
	uint32_t wire = (m->ol_flags & PLX_MBUF_RX_CUT) != 0 ? m->wire_len : m->pkt_len;
	uint32_t len = m->data_len;
	const uint8_t *bytes = plx_mbuf_data(m);

	if (PLX_UNLIKELY(m->next != NULL)) {
		len = m->pkt_len < PLX_CLUSTER_KEY_BYTES ? m->pkt_len : PLX_CLUSTER_KEY_BYTES;
		bytes = plx_mbuf_read(m, 0, len, buf);
	}
	return (struct plx_filter_packet){.bytes = bytes, .caplen = len, .wirelen = wire};
}

/* -- rules -------------------------------------------------------------------------------------------- */

/* A chain, whose bytes must be put together first, is matched by itself. */
static void
match(struct plx_cluster *cluster, struct plx_mbuf *const *pkts, uint16_t n,
      struct plx_filter_verdict *verdicts)
{
	struct plx_filter_packet packets[PLX_CLUSTER_BURST];
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	uint64_t now = plx_clock_monotonic_ns();
	uint16_t from = 0;

	for (uint16_t i = 0; i < n; i++) {
		packets[i] = in_one_piece(pkts[i], buf);
		if (PLX_LIKELY(pkts[i]->next == NULL))
			continue;
		plx_filter_rules_match_burst(cluster->reader, packets + from, i + 1u - from, now,
					     verdicts + from);
		from = i + 1;
	}
	if (from < n)
		plx_filter_rules_match_burst(cluster->reader, packets + from, (unsigned)n - from,
					     now, verdicts + from);
}

static bool
exchange_macs(struct plx_mbuf *m)
{
	uint8_t *bytes = plx_mbuf_data(m), mac[PLX_NET_MAC_LEN];

	if (m->data_len < 2 * sizeof(mac))
		return false;
	memcpy(mac, bytes, sizeof(mac));
	memcpy(bytes, bytes + sizeof(mac), sizeof(mac));
	memcpy(bytes + sizeof(mac), mac, sizeof(mac));
	return true;
}

/* With MAC addresses exchanged: itself if nobody else sees its bytes, else a copy. NULL: no buffer, or too short. */
static struct plx_mbuf *
bounced(struct plx_cluster *cluster, struct plx_mbuf *m, bool itself)
{
	struct plx_mbuf *out = m;

	if (!itself || !plx_mbuf_is_sole(m) || !plx_mbuf_is_direct(m)) {
		out = plx_mbuf_copy(m, cluster->pool, 0, m->pkt_len);
		if (itself)
			plx_mbuf_free(m);
	}
	if (out == NULL || exchange_macs(out))
		return out;
	plx_mbuf_free(out);
	return NULL;
}

/* True if the port is the cluster's; the packet is gone if it went `itself`. */
static bool
send_out(struct plx_cluster *cluster, struct plx_mbuf *m, const struct plx_filter_send *send,
	 bool itself)
{
	uint16_t port =
		send->port == PLX_FILTER_PORT_SAME ? cluster->rx[cluster->rx_now].port : send->port;
	struct egress *egress = egress_of(cluster, port);
	struct plx_mbuf *out;

	if (egress == NULL) {
		COUNT(cluster->stats.misdirected, 1);
		return false;
	}
	if (send->bounce)
		out = bounced(cluster, m, itself);
	else
		out = itself ? m : egress_clone(cluster, m);
	egress_ask(cluster, egress, out);
	return true;
}

/* It does not pass. */
static void
count_fate(struct plx_cluster *cluster, uint8_t fate, bool went)
{
	struct plx_cluster_stats *stats = &cluster->stats;

	if (went) {
		COUNT(stats->forwarded, 1);
		return;
	}
	COUNT(stats->dropped, 1);
	if (fate == PLX_FILTER_UNWANTED)
		COUNT(stats->unwanted, 1);
	else if (fate == PLX_FILTER_SAMPLED_OUT)
		COUNT(stats->sampled_out, 1);
	else
		COUNT(stats->by_rule, 1);
}

/* True if the packet is to be spread. */
static bool
obey(struct plx_cluster *cluster, struct plx_mbuf *m, const struct plx_filter_verdict *verdict)
{
	bool passes = verdict->fate == PLX_FILTER_PASSED, went = false, itself = false;

	for (uint8_t i = 0; i < verdict->nb_sends; i++) {
		bool last = !passes && i + 1 == verdict->nb_sends;
		bool is_egress = send_out(cluster, m, &verdict->sends[i], last);

		itself = last && is_egress;
		went |= is_egress;
	}
	if (passes)
		return true;
	count_fate(cluster, verdict->fate, went);
	if (!itself)
		plx_mbuf_free(m);
	return false;
}

uint16_t
rules_burst(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n)
{
	struct plx_filter_verdict verdicts[PLX_CLUSTER_BURST];
	uint16_t passed = 0;

	match(cluster, pkts, n, verdicts);
	for (uint16_t i = 0; i < n; i++)
		if (obey(cluster, pkts[i], &verdicts[i]))
			pkts[passed++] = pkts[i];
	return passed;
}

/* -- slaves' filters ---------------------------------------------------------------------------------- */

uint64_t
filter_places(struct plx_cluster *cluster, const struct plx_mbuf *m, uint64_t places)
{
	uint8_t buf[PLX_CLUSTER_KEY_BYTES];
	struct plx_filter_packet packet = in_one_piece(m, buf);

	for (uint64_t left = places & cluster->choosy; left != 0; left &= left - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(left)];

		if (plx_filter_match(place->filter, packet.bytes, packet.caplen, packet.wirelen) !=
		    0)
			continue;
		COUNT(place->stats.offered, m->nb_segs);
		COUNT(place->stats.filtered, m->nb_segs);
		places &= ~place->bit;
	}
	return places;
}
