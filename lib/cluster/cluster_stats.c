/* SPDX-License-Identifier: BSD-3-Clause */
/* The books of a cluster. */
#include "cluster_priv.h"

#include <errno.h>

/* What of came has not gone; other threads count meanwhile. */
static uint64_t
less(uint64_t came, uint64_t gone)
{
	return came > gone ? came - gone : 0;
}

void
plx_cluster_stats(const struct plx_cluster *cluster, struct plx_cluster_stats *ret_stats)
{
	const struct plx_cluster_stats *stats = &cluster->stats;

	*ret_stats = (struct plx_cluster_stats){
		.received = LOOK(stats->received),
		.delivered = LOOK(stats->delivered),
		.forwarded = LOOK(stats->forwarded),
		.dropped = LOOK(stats->dropped),
		.by_rule = LOOK(stats->by_rule),
		.unwanted = LOOK(stats->unwanted),
		.sampled_out = LOOK(stats->sampled_out),
		.nobody = LOOK(stats->nobody),
		.full = LOOK(stats->full),
		.filtered = LOOK(stats->filtered),
		.no_buffer = LOOK(stats->no_buffer),
		.copied = LOOK(stats->copied),
		.misdirected = LOOK(stats->misdirected),
	};
	for (uint32_t i = 0; i < cluster->nb_tx; i++) {
		struct plx_cluster_port_stats port;

		plx_cluster_tx_stats(cluster, i, &port);
		ret_stats->asked += port.asked;
		ret_stats->transmitted += port.transmitted;
		ret_stats->refused += port.refused;
		ret_stats->waiting += port.waiting;
	}
}

int
plx_cluster_rx_stats(const struct plx_cluster *cluster, uint32_t i,
		     struct plx_cluster_port_stats *ret_stats)
{
	if (i >= cluster->nb_rx)
		return -EINVAL;
	*ret_stats = (struct plx_cluster_port_stats){
		.port = cluster->rx[i].port,
		.queue = cluster->rx[i].queue,
		.received = LOOK(cluster->rx[i].received),
	};
	return 0;
}

int
plx_cluster_tx_stats(const struct plx_cluster *cluster, uint32_t i,
		     struct plx_cluster_port_stats *ret_stats)
{
	const struct egress *egress;

	if (i >= cluster->nb_tx)
		return -EINVAL;
	egress = &cluster->egress[i];
	*ret_stats = (struct plx_cluster_port_stats){
		.port = egress->port,
		.queue = egress->queue,
		.asked = LOOK(egress->asked),
		.transmitted = LOOK(egress->transmitted),
		.refused = LOOK(egress->refused) + LOOK(egress->refused_late),
	};
	ret_stats->waiting = less(ret_stats->asked, ret_stats->transmitted + ret_stats->refused);
	return 0;
}

/* The lock says nothing about what a cluster is. */
static pthread_mutex_t *
desk_of(const struct plx_cluster *cluster)
{
	return (pthread_mutex_t *)(uintptr_t)&cluster->desk;
}

static void
fill_place_stats(const struct place *place, struct plx_cluster_place_stats *ret_stats)
{
	*ret_stats = (struct plx_cluster_place_stats){
		.offered = LOOK(place->stats.offered),
		.queued = LOOK(place->stats.queued) + LOOK(place->tail),
		.full = LOOK(place->stats.full),
		.oldest = LOOK(place->stats.oldest),
		.backlog = less(LOOK(place->backlog.tail), LOOK(place->backlog.head)),
		.filtered = LOOK(place->stats.filtered),
		.granted = LOOK(place->stats.granted),
		.released = LOOK(place->stats.released),
		.sent = LOOK(place->stats.sent),
		.taken_back = LOOK(place->stats.taken_back),
		.refused = LOOK(place->stats.refused),
		.lies = LOOK(place->stats.lies),
		.slaves = place->stats.slaves,
		.present = __atomic_load_n(&place->state, __ATOMIC_ACQUIRE) == PLACE_TAKEN,
		.pid = place->stats.pid,
		.group = place->group,
	};
	ret_stats->held = less(ret_stats->queued + ret_stats->granted,
			       ret_stats->released + ret_stats->sent + ret_stats->taken_back);
}

int
plx_cluster_place_stats(const struct plx_cluster *cluster, uint32_t i,
			struct plx_cluster_place_stats *ret_stats)
{
	if (i >= cluster->nb_places)
		return -EINVAL;
	pthread_mutex_lock(desk_of(cluster));
	fill_place_stats(&cluster->places[i], ret_stats);
	if (cluster->grouped)
		ret_stats->group = cluster->group_of[i];
	pthread_mutex_unlock(desk_of(cluster));
	return 0;
}

/* Since its slave came. The lane's are never read here: the slave could have written them. */
void
place_tell(struct place *place)
{
	const struct plx_cluster_place_stats *now = &place->stats, *came = &place->came;
	struct plx_cluster_lane *lane = place->lane;

#define TELL(name, n) __atomic_store_n(&lane->books.name, (n), __ATOMIC_RELAXED)
	TELL(queued, now->queued - came->queued + place->tail);
	TELL(full, now->full - came->full);
	TELL(oldest, now->oldest - came->oldest);
	TELL(backlog, place->backlog.tail - place->backlog.head);
	TELL(filtered, now->filtered - came->filtered);
	TELL(granted, now->granted - came->granted);
	TELL(released, now->released - came->released);
	TELL(sent, now->sent - came->sent);
	TELL(refused, now->refused - came->refused);
	TELL(lies, now->lies - came->lies);
#undef TELL
}

/* -- audit -------------------------------------------------------------------------------------------- */

static int
audit_packets(const struct plx_cluster *cluster, struct plx_why *why)
{
	struct plx_cluster_stats stats;
	uint64_t sum;

	plx_cluster_stats(cluster, &stats);
	sum = stats.delivered + stats.forwarded + stats.dropped + stats.nobody + stats.full +
	      stats.filtered + stats.no_buffer;
	if (sum == stats.received)
		return 0;
	return plx_why(why, -EUCLEAN,
		       "received %llu packets, but delivered, forwarded and lost %llu",
		       (unsigned long long)stats.received, (unsigned long long)sum);
}

/* How many buffers have the place's bit. */
static uint64_t
count_bits(const struct plx_cluster *cluster, uint64_t bit)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < cluster->pool->n; i++)
		n += (cluster->holders[i] & bit) != 0;
	return n;
}

static int
audit_place(const struct plx_cluster *cluster, uint32_t i, struct plx_why *why)
{
	struct plx_cluster_place_stats stats;
	uint64_t bits = count_bits(cluster, 1ULL << i), offered;

	fill_place_stats(&cluster->places[i], &stats);
	offered = stats.queued + stats.full + stats.oldest + stats.backlog + stats.filtered;
	if (stats.offered != offered)
		return plx_why(why, -EUCLEAN, "place %u: offered %llu, but queued and lost %llu", i,
			       (unsigned long long)stats.offered, (unsigned long long)offered);
	if (stats.held + stats.backlog != bits)
		return plx_why(why, -EUCLEAN,
			       "place %u: its books say it holds %llu and %llu in the backlog, but "
			       "%llu buffers have its bit",
			       i, (unsigned long long)stats.held, (unsigned long long)stats.backlog,
			       (unsigned long long)bits);
	return 0;
}

static int
audit_egress(const struct plx_cluster *cluster, uint32_t i, struct plx_why *why)
{
	const struct egress *egress = &cluster->egress[i];
	uint64_t there = egress->n, sum;

	if (egress->ring != NULL)
		there += plx_ring_spsc_count(egress->ring);
	sum = LOOK(egress->transmitted) + LOOK(egress->refused) + LOOK(egress->refused_late) +
	      there;
	if (LOOK(egress->asked) == sum)
		return 0;
	return plx_why(why, -EUCLEAN,
		       "egress %u: %llu asked for, but sent, refused and waiting %llu", i,
		       (unsigned long long)LOOK(egress->asked), (unsigned long long)sum);
}

static int
audit_backlogs(const struct plx_cluster *cluster, struct plx_why *why)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < cluster->nb_places; i++)
		sum += cluster->places[i].backlog.tail - cluster->places[i].backlog.head;
	if (sum == cluster->in_backlogs)
		return 0;
	return plx_why(why, -EUCLEAN, "backlogs have %llu buffers, but %u are counted",
		       (unsigned long long)sum, cluster->in_backlogs);
}

int
plx_cluster_audit(const struct plx_cluster *cluster, struct plx_why *why)
{
	int ret;

	pthread_mutex_lock(desk_of(cluster)); /* who comes gets empty buffers at once */
	ret = audit_packets(cluster, why);
	if (ret == 0)
		ret = audit_backlogs(cluster, why);
	for (uint32_t i = 0; i < cluster->nb_tx && ret == 0; i++)
		ret = audit_egress(cluster, i, why);
	for (uint32_t i = 0; i < cluster->nb_places && ret == 0; i++)
		ret = audit_place(cluster, i, why);
	pthread_mutex_unlock(desk_of(cluster));
	return ret;
}
