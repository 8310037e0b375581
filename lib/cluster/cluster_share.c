/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose share is what. A group's flows fall into buckets by their hash, and each bucket has an owner. When a slave comes or
 * goes, as few buckets as possible change hands, so that flows stay where they are.
 */
#include "cluster_priv.h"

static bool
belongs(const struct plx_cluster *cluster, const struct place *place, uint32_t group)
{
	switch (cluster->spread.mode) {
	case PLX_CLUSTER_SHARE:
		return group == 0;
	case PLX_CLUSTER_FANOUT:
		return group == (uint32_t)(place - cluster->places);
	default:
		if (cluster->grouped)
			return group == cluster->group_of[place - cluster->places];
		return place->visit != 0 && group == place->group;
	}
}

static uint32_t
groups_of(const struct plx_cluster *cluster)
{
	switch (cluster->spread.mode) {
	case PLX_CLUSTER_SHARE:
		return 1;
	case PLX_CLUSTER_FANOUT:
		return cluster->nb_places;
	default:
		return cluster->spread.nb_groups;
	}
}

/* The next member that has less than its share; all have theirs when the buckets are gone. */
static uint32_t
needy(uint64_t members, const uint32_t *has, uint32_t share)
{
	uint32_t least = NO_PLACE;

	for (; members != 0; members &= members - 1) {
		uint32_t place = (uint32_t)__builtin_ctzll(members);

		if (has[place] < share && (least == NO_PLACE || has[place] < has[least]))
			least = place;
	}
	return least;
}

/* First who owned a bucket keeps it, up to its share; then the free ones go to who has least. */
static void
divide(uint8_t buckets[BUCKETS], uint64_t members)
{
	uint32_t n = (uint32_t)__builtin_popcountll(members), larger,
		 has[PLX_CLUSTER_PLACES_MAX] = {0};
	uint32_t share;

	if (n == 0) {
		for (uint32_t i = 0; i < BUCKETS; i++)
			buckets[i] = NO_PLACE;
		return;
	}
	share = BUCKETS / n;
	larger = BUCKETS % n; /* so many get one more */
	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint8_t owner = buckets[i];

		if (owner == NO_PLACE || (members & 1ULL << owner) == 0 ||
		    has[owner] >= share + (larger > 0)) {
			buckets[i] = NO_PLACE;
			continue;
		}
		if (++has[owner] == share + 1)
			larger--;
	}
	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint32_t owner;

		if (buckets[i] != NO_PLACE)
			continue;
		owner = needy(members, has, share + 1);
		buckets[i] = (uint8_t)owner;
		has[owner]++;
	}
}

/* The first group's buckets, without owners that a packet cannot simply be given to. */
static void
note_quick(struct plx_cluster *cluster)
{
	uint64_t quick = cluster->present & ~cluster->choosy;

	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint8_t owner = cluster->buckets[0][i];

		cluster->quick[i] =
			owner != NO_PLACE && (quick & 1ULL << owner) != 0 ? owner : NO_PLACE;
	}
}

void
share_divide(struct plx_cluster *cluster)
{
	uint64_t senders = cluster->present & ~cluster->takers;
	uint64_t there = cluster->params.sticky ? ~senders : cluster->takers;

	cluster->nb_groups = groups_of(cluster);
	for (uint32_t group = 0; group < cluster->nb_groups; group++) {
		uint64_t members = 0;

		for (uint32_t i = 0; i < cluster->nb_places; i++)
			if ((there & 1ULL << i) != 0 &&
			    belongs(cluster, &cluster->places[i], group))
				members |= 1ULL << i;
		cluster->members[group] = members;
		divide(cluster->buckets[group], members);
	}
	note_quick(cluster);
}
