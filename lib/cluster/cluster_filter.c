/* SPDX-License-Identifier: BSD-3-Clause */
/* What is not wanted: rules for the whole cluster, asked before anything is spread, and the filters of slaves. */
#include "cluster_priv.h"

#include "sieve_judge.h"

PLX_STATIC_ASSERT(PLX_CLUSTER_BURST <= SIEVE_BURST, "a burst is judged at once");

/* -- rules -------------------------------------------------------------------------------------------- */

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
	if (send->bounce || sieve_tag_len(m) != 0) {
		out = wire_form(cluster, m, send->bounce, itself);
		if (itself && out != m)
			plx_mbuf_free(m);
	} else {
		out = itself ? m : egress_clone(cluster, m);
	}
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

	sieve_judge(cluster->reader, pkts, n, verdicts);
	for (uint16_t i = 0; i < n; i++)
		if (obey(cluster, pkts[i], &verdicts[i]))
			pkts[passed++] = pkts[i];
	return passed;
}

/* -- slaves' filters ---------------------------------------------------------------------------------- */

uint64_t
filter_places(struct plx_cluster *cluster, const struct plx_mbuf *m, uint64_t places)
{
	uint8_t buf[PLX_SIEVE_CHAIN_BYTES];
	struct plx_filter_packet packet = sieve_packet(m, buf);

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
