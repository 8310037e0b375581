/* SPDX-License-Identifier: BSD-3-Clause */
/* A burst to all who get it: two quick ways for what is common, one for everything. */
#include "cluster_put_priv.h"
#include "plx_clock.h"
#include "sieve_judge.h"

/* Whose the bucket is, if somebody is there. */
static inline uint32_t
owner_of(const struct plx_cluster *cluster, uint32_t group, uint32_t hash)
{
	return cluster->buckets[group][hash >> BUCKET_SHIFT];
}

/* -- one packet, whatever it is ----------------------------------------------------------------------- */

/* The places that took the packet, of those that should get it. Every segment's holder word says so afterwards. */
static uint64_t
deliver(struct plx_cluster *cluster, struct plx_mbuf *m, uint32_t hash, uint64_t places)
{
	const struct put_base base = put_base(cluster);
	struct plx_cluster_desc desc[SEGMENTS_MAX];
	uint64_t took = 0;
	uint32_t n = 0;

	put_time(cluster, m);
	for (struct plx_mbuf *seg = m; seg != NULL; seg = seg->next) {
		desc[n] = put_desc(put_describe(&base, seg, hash));
		desc[n].vlan_tci = m->vlan_tci;
		desc[n].flags = put_flags(m->ol_flags) | (seg->next != NULL ? PLX_CLUSTER_MORE : 0);
		n++;
	}
	for (uint64_t left = places; left != 0; left &= left - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(left)];

		if (place_put_slow(cluster, place, desc, n))
			took |= place->bit;
	}
	for (uint32_t i = 0; i < n; i++)
		cluster->holders[desc[i].number] = took;
	if (n > 1)
		cluster->hasty |= took; /* these want more room than a slot a packet */
	return took;
}

/* From here on each segment goes home by itself. */
static void
unchain(struct plx_mbuf *m)
{
	while (m != NULL) {
		struct plx_mbuf *next = m->next;

		m->next = NULL;
		m->nb_segs = 1;
		m = next;
	}
}

static bool
is_own(const struct plx_cluster *cluster, const struct plx_mbuf *m)
{
	uint32_t n = 0;

	for (; m != NULL; m = m->next, n++)
		if (m->pool_id != cluster->pool->id || !plx_mbuf_is_sole(m) || n == SEGMENTS_MAX)
			return false;
	return true;
}

/* The packet itself, or a copy of it in the cluster's pool; NULL when that is empty. */
static struct plx_mbuf *
own(struct plx_cluster *cluster, struct plx_mbuf *m)
{
	struct plx_mbuf *copy;

	if (PLX_LIKELY(is_own(cluster, m)))
		return m;
	copy = plx_mbuf_copy(m, cluster->pool, 0, m->pkt_len);
	plx_mbuf_free(m);
	if (copy != NULL && is_own(cluster, copy)) {
		COUNT(cluster->stats.copied, 1);
		return copy;
	}
	plx_mbuf_free(copy);
	COUNT(cluster->stats.no_buffer, 1);
	return NULL;
}

/* One whose tag was taken out goes with it, as one packet that all ports share; where that cannot be made all refuse it. */
static PLX_NOINLINE void
forward_tagged(struct plx_cluster *cluster, struct plx_mbuf *m, uint64_t ports, bool keep)
{
	struct plx_mbuf *out = wire_form(cluster, m, false, !keep);

	for (; ports != 0; ports &= ports - 1) {
		struct egress *egress = &cluster->egress[__builtin_ctzll(ports)];
		bool last = (ports & (ports - 1)) == 0;

		egress_ask(cluster, egress, last || out == NULL ? out : egress_clone(cluster, out));
	}
	if (!keep && out != m)
		plx_mbuf_free(m);
}

/* To all ports but the last as clones, and to that one too if the packet itself is needed. */
static void
forward(struct plx_cluster *cluster, struct plx_mbuf *m, uint64_t ports, bool keep)
{
	if (PLX_UNLIKELY(sieve_tag_len(m) != 0)) {
		forward_tagged(cluster, m, ports, keep);
		return;
	}
	for (; ports != 0; ports &= ports - 1) {
		struct egress *egress = &cluster->egress[__builtin_ctzll(ports)];
		bool last = (ports & (ports - 1)) == 0;

		egress_ask(cluster, egress, last && !keep ? m : egress_clone(cluster, m));
	}
}

/* No slave is there who wants it. */
static void
spread_past(struct plx_cluster *cluster, struct plx_mbuf *m, uint64_t ports, uint64_t *lost)
{
	if (ports != 0) {
		COUNT(cluster->stats.forwarded, 1);
		forward(cluster, m, ports, false);
		return;
	}
	COUNT(*lost, 1);
	plx_mbuf_free(m);
}

void
spread_one(struct plx_cluster *cluster, struct plx_mbuf *m, uint32_t hash, uint64_t places,
	   uint64_t ports)
{
	uint64_t there = places & cluster->takers, took;

	if (there == 0) {
		spread_past(cluster, m, ports, &cluster->stats.nobody);
		return;
	}
	if (PLX_UNLIKELY((there & cluster->choosy) != 0)) {
		there = filter_places(cluster, m, there);
		if (there == 0) {
			spread_past(cluster, m, ports, &cluster->stats.filtered);
			return;
		}
	}
	m = own(cluster, m);
	if (m == NULL)
		return;
	if (ports != 0)
		forward(cluster, m, ports, true);
	took = deliver(cluster, m, hash, there);
	if (took != 0) {
		COUNT(cluster->stats.delivered, 1);
		unchain(m);
		return;
	}
	if (ports != 0)
		COUNT(cluster->stats.forwarded, 1);
	else
		COUNT(cluster->stats.full, 1);
	plx_mbuf_free(m);
}

/* -- who gets it -------------------------------------------------------------------------------------- */

static uint64_t
places_by_hash(const struct plx_cluster *cluster, uint32_t hash)
{
	uint64_t places = 0;

	for (uint32_t group = 0; group < cluster->nb_groups; group++) {
		uint32_t owner = owner_of(cluster, group, hash);

		if (owner != NO_PLACE)
			places |= 1ULL << owner;
	}
	return places;
}

static void
spread_verdict(struct plx_cluster *cluster, struct plx_mbuf *m,
	       const struct plx_cluster_verdict *verdict)
{
	uint64_t all_places = UINT64_MAX >> (64 - cluster->nb_places);
	uint64_t all_ports = cluster->nb_tx == 0 ? 0 : UINT64_MAX >> (64 - cluster->nb_tx);
	uint64_t places = verdict->slaves, ports = verdict->ports & all_ports;

	if ((verdict->ports & ~all_ports) != 0 || verdict->action > PLX_CLUSTER_HASH ||
	    (verdict->action == PLX_CLUSTER_PASS && (places & ~all_places) != 0))
		COUNT(cluster->stats.misdirected, 1);
	if (verdict->action == PLX_CLUSTER_PASS) {
		spread_one(cluster, m, verdict->hash, places & all_places,
			   ports | cluster->spread.forward);
	} else if (verdict->action == PLX_CLUSTER_HASH) {
		spread_one(cluster, m, verdict->hash, places_by_hash(cluster, verdict->hash),
			   ports | cluster->spread.forward);
	} else {
		COUNT(cluster->stats.dropped, 1);
		plx_mbuf_free(m);
	}
}

static void
spread_decided(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n)
{
	struct plx_cluster_verdict verdicts[PLX_CLUSTER_BURST];

	for (uint16_t i = 0; i < n; i++)
		verdicts[i] = (struct plx_cluster_verdict){.action = PLX_CLUSTER_DROP};
	if (cluster->spread.decide != NULL)
		cluster->spread.decide(cluster->spread.arg, pkts, n, verdicts);
	else
		for (uint16_t i = 0; i < n; i++)
			verdicts[i] = cluster->spread.decide_one(cluster->spread.arg, pkts[i]);
	for (uint16_t i = 0; i < n; i++)
		spread_verdict(cluster, pkts[i], &verdicts[i]);
}

/* Each group's next slave. */
static uint64_t
places_by_turn(struct plx_cluster *cluster)
{
	uint64_t places = 0;

	for (uint32_t group = 0; group < cluster->nb_groups; group++) {
		uint64_t members = cluster->members[group];
		uint64_t behind = members & ~(UINT64_MAX >> (63 - cluster->turn[group]));

		if (members == 0)
			continue;
		cluster->turn[group] = (uint32_t)__builtin_ctzll(behind != 0 ? behind : members);
		places |= 1ULL << cluster->turn[group];
	}
	return places;
}

static void
spread_any(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n, const uint32_t *hash)
{
	bool by_turn = cluster->spread.key == PLX_CLUSTER_KEY_ROUND_ROBIN;

	for (uint16_t i = 0; i < n; i++)
		spread_one(cluster, pkts[i], hash[i],
			   by_turn ? places_by_turn(cluster) : places_by_hash(cluster, hash[i]),
			   cluster->spread.forward);
}

/* -- the quick ways ----------------------------------------------------------------------------------- */

/* A place that does not take it at once: it may have a backlog, or the packet is lost. */
static PLX_NOINLINE bool
share_late(struct plx_cluster *cluster, struct plx_mbuf *m, struct place *place, struct put put)
{
	struct plx_cluster_desc desc = put_desc(put);

	cluster->holders[put.number] = place->bit;
	if (place_put_slow(cluster, place, &desc, 1))
		return true;
	cluster->holders[put.number] = 0;
	COUNT(cluster->stats.full, 1);
	plx_mbuf_free(m);
	return false;
}

/* One slave each, of whom none asks for times. */
static void
spread_share(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n, const uint32_t *hash)
{
	const struct put_base base = put_base(cluster);
	const uint8_t *quick = cluster->quick;
	struct place *places = cluster->places;
	uint64_t *holders = cluster->holders, touched = 0, delivered = n;

	for (uint16_t i = 0; i < n; i++) {
		struct plx_mbuf *m = pkts[i];
		uint32_t owner = quick[hash[i] >> BUCKET_SHIFT];
		struct place *place = &places[owner];
		struct put put;
		uint64_t tail;

		if (PLX_UNLIKELY(owner == NO_PLACE || !put_is_plain(&base, m))) {
			delivered--;
			spread_one(cluster, m, hash[i], places_by_hash(cluster, hash[i]), 0);
			continue;
		}
		put = put_describe(&base, m, hash[i]);
		tail = place->tail;
		if (PLX_UNLIKELY(tail >= place->limit)) {
			delivered -= !share_late(cluster, m, place, put);
			continue;
		}
		holders[put.number] = 1ULL << owner;
		touched |= 1ULL << owner;
		put_at(place, tail, put);
	}
	cluster->touched |= touched;
	COUNT(cluster->stats.delivered, delivered);
}

void
spread_burst(struct plx_cluster *cluster, struct plx_mbuf **pkts, uint16_t n)
{
	static const uint32_t no_hash[PLX_CLUSTER_BURST];
	const struct plx_cluster_spread *spread = &cluster->spread;
	uint32_t hash[PLX_CLUSTER_BURST];

	if (PLX_UNLIKELY(cluster->reader != NULL)) {
		n = rules_burst(cluster, pkts, n);
		if (n == 0)
			return;
	}
	if (cluster->timed != 0)
		cluster->time_burst = plx_clock_realtime_ns();
	if (spread->decide != NULL || spread->decide_one != NULL) {
		spread_decided(cluster, pkts, n);
		return;
	}
	if (spread->mode == PLX_CLUSTER_FANOUT) {
		if (spread->forward == 0 && cluster->takers != 0 && cluster->choosy == 0)
			spread_fanout(cluster, pkts, n);
		else
			spread_any(cluster, pkts, n, no_hash);
		return;
	}
	plx_cluster_key_burst(spread->key, pkts, n, hash, &cluster->round);
	if (PLX_LIKELY(spread->mode == PLX_CLUSTER_SHARE && spread->forward == 0 &&
		       spread->key != PLX_CLUSTER_KEY_ROUND_ROBIN && cluster->timed == 0))
		spread_share(cluster, pkts, n, hash);
	else
		spread_any(cluster, pkts, n, hash);
}
