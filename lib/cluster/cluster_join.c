/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slaves that come and go.
 *
 *	EMPTY --place_open--> TAKEN --place_shut, banish--> GONE --bury--> EMPTY
 *
 * Who opens a place prepares everything, closes the gate for as long as it takes to link it, and opens it again. Who notices a death
 * only sets a bit; the master takes the place out of the spread at its next round and takes back what was held, a piece each
 * round, so that no burst waits for it. While no master runs, whoever wants the place does that work.
 */
#include "cluster_put_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static enum place_state
state_of(const struct place *place)
{
	return __atomic_load_n(&place->state, __ATOMIC_ACQUIRE);
}

/* -- going -------------------------------------------------------------------------------------------- */

static void
mark_gone(struct plx_cluster *cluster, struct place *place)
{
	__atomic_store_n(&place->state, PLACE_GONE, __ATOMIC_RELEASE);
	__atomic_fetch_or(&cluster->gone, place->bit, __ATOMIC_RELEASE);
}

static void
say_over(struct place *place)
{
	place_tell(place);
	__atomic_store_n(&place->lane->master.over, 1, __ATOMIC_RELEASE);
	if (place->sock < 0)
		cluster_ring(place->bell); /* others hear that they are hung up on */
}

void
place_shut(struct plx_cluster *cluster, uint32_t i, uint64_t visit)
{
	struct place *place = &cluster->places[i];

	pthread_mutex_lock(&cluster->desk);
	plx_gate_close(&cluster->gate);
	if (place->visit == visit)
		place->seated = false;
	if (state_of(place) == PLACE_TAKEN && place->visit == visit) {
		say_over(place);
		mark_gone(cluster, place);
	}
	plx_gate_open(&cluster->gate);
	pthread_mutex_unlock(&cluster->desk);
}

unsigned
places_banish(struct plx_cluster *cluster)
{
	unsigned sent = 0;

	for (uint64_t left = cluster->doomed & cluster->present; left != 0; left &= left - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(left)];

		if (state_of(place) != PLACE_TAKEN)
			continue;
		say_over(place);
		if (place->sock >= 0)
			shutdown(place->sock, SHUT_RDWR);
		mark_gone(cluster, place);
		sent++;
	}
	cluster->doomed = 0;
	return sent;
}

static void
take_out(struct plx_cluster *cluster, uint64_t gone)
{
	__atomic_store_n(&cluster->present, cluster->present & ~gone, __ATOMIC_RELAXED);
	cluster->takers &= ~gone;
	cluster->timed &= ~gone;
	cluster->passive &= ~gone;
	cluster->choosy &= ~gone;
	cluster->touched &= ~gone;
	__atomic_store_n(&cluster->backlogged, cluster->backlogged & ~gone, __ATOMIC_RELAXED);
	cluster->doomed &= ~gone;
	share_divide(cluster);
}

unsigned
places_bury(struct plx_cluster *cluster)
{
	uint64_t gone = __atomic_load_n(&cluster->gone, __ATOMIC_ACQUIRE);
	unsigned moved = 0;

	if ((gone & cluster->present) != 0)
		take_out(cluster, gone);
	for (uint64_t left = gone; left != 0; left &= left - 1, moved++) {
		struct place *place = &cluster->places[__builtin_ctzll(left)];

		if (!place_sweep(cluster, place, SWEEP_PIECE))
			continue;
		/* In this order: who finds nobody gone finds the place empty. */
		__atomic_store_n(&place->state, PLACE_EMPTY, __ATOMIC_RELEASE);
		__atomic_fetch_and(&cluster->gone, ~place->bit, __ATOMIC_RELEASE);
	}
	return moved;
}

/* -- coming ------------------------------------------------------------------------------------------- */

/* One that was sent away may still look at its lane: it is free when the thread has left, too. */
static bool
is_free(const struct place *place)
{
	return state_of(place) == PLACE_EMPTY && !place->seated;
}

/* Does the master's work on those that are gone, while it is kept out. */
static void
bury_here(struct plx_cluster *cluster)
{
	while (__atomic_load_n(&cluster->gone, __ATOMIC_ACQUIRE) != 0) {
		plx_gate_close(&cluster->gate);
		places_bury(cluster);
		plx_gate_open(&cluster->gate);
	}
}

/* Whether the place may be given to who asks for the group. */
static bool
is_of_group(const struct plx_cluster *cluster, uint32_t place, uint32_t group)
{
	return !cluster->grouped || cluster->group_of[place] == group;
}

static int
choose(struct plx_cluster *cluster, const struct plx_cluster_slave_params *params,
       uint32_t *ret_place, struct plx_why *why)
{
	const uint32_t wanted = params->place;

	if (wanted != PLX_CLUSTER_PLACE_ANY) {
		if (wanted >= cluster->nb_places)
			return plx_why(why, -EINVAL, "cluster %u has places 0 to %u, not %u",
				       cluster->params.id, cluster->nb_places - 1, wanted);
		if (!is_free(&cluster->places[wanted]))
			return plx_why(why, -EBUSY, "place %u of cluster %u is taken", wanted,
				       cluster->params.id);
		*ret_place = wanted;
		return 0;
	}
	for (uint32_t n = 0; n < cluster->nb_places; n++) {
		uint32_t i = (n + params->former % cluster->nb_places) % cluster->nb_places;

		if (!is_free(&cluster->places[i]) || !is_of_group(cluster, i, params->group))
			continue;
		*ret_place = i;
		return 0;
	}
	if (cluster->grouped)
		return plx_why(why, -ENOSPC, "all places of group %u of cluster %u are taken",
			       params->group, cluster->params.id);
	return plx_why(why, -ENOSPC, "all %u places of cluster %u are taken", cluster->nb_places,
		       cluster->params.id);
}

static int
check(const struct plx_cluster *cluster, const struct plx_cluster_slave_params *params,
      struct plx_why *why)
{
	const uint32_t known = PLX_CLUSTER_SLAVE_TIMES | PLX_CLUSTER_SLAVE_PASSIVE |
			       PLX_CLUSTER_SLAVE_WRITE | PLX_CLUSTER_SLAVE_SEND_ONLY;

	if ((params->flags & ~known) != 0)
		return plx_why(why, -EINVAL, "flags 0x%x: only 0x%x are known", params->flags,
			       known);
	if ((params->flags & PLX_CLUSTER_SLAVE_WRITE) != 0 && !cluster->params.writable)
		return plx_why(
			why, -EACCES,
			"cluster %u lets its slaves read packets, not change or send their own",
			cluster->params.id);
	if ((params->flags & PLX_CLUSTER_SLAVE_SEND_ONLY) != 0 &&
	    (params->flags & PLX_CLUSTER_SLAVE_WRITE) == 0)
		return plx_why(
			why, -EINVAL,
			"a slave that only sends must ask to write (PLX_CLUSTER_SLAVE_WRITE)");
	if (cluster->spread.mode == PLX_CLUSTER_GROUPS &&
	    params->group >= cluster->spread.nb_groups)
		return plx_why(why, -EINVAL, "cluster %u has groups 0 to %u, not %u",
			       cluster->params.id, cluster->spread.nb_groups - 1, params->group);
	return 0;
}

/* With the master kept out: the place is in the spread from here on. */
static void
link_in(struct plx_cluster *cluster, struct place *place)
{
	put_limit(cluster, place);
	place->visit++;
	place->rung = 0;
	place->stats.slaves++;
	place->came = place->stats;
	place->lane->bell.dozing = cluster->dozing;
	if (place->shape.grant_len != 0)
		place_grant(cluster, place);
	place_tell(place);
	__atomic_store_n(&place->state, PLACE_TAKEN, __ATOMIC_RELEASE);
	__atomic_store_n(&cluster->present, cluster->present | place->bit, __ATOMIC_RELAXED);
	if ((place->shape.flags & PLX_CLUSTER_SLAVE_SEND_ONLY) == 0)
		cluster->takers |= place->bit;
	if (place->times != NULL)
		cluster->timed |= place->bit;
	if ((place->shape.flags & PLX_CLUSTER_SLAVE_PASSIVE) != 0)
		cluster->passive |= place->bit;
	if (place->filter != NULL)
		cluster->choosy |= place->bit;
	share_divide(cluster);
}

/* The master hears who rings by a connection until that is closed. */
static int
lend_ears(const struct plx_cluster *cluster, int sock, struct plx_why *why)
{
	struct epoll_event readable = {.events = EPOLLIN};

	if (sock < 0 || epoll_ctl(cluster->ears, EPOLL_CTL_ADD, sock, &readable) == 0)
		return 0;
	return plx_why(why, -errno, "the connection: %s", strerror(errno));
}

/* The filter is the place's on success. */
static int
open_locked(struct plx_cluster *cluster, const struct plx_cluster_slave_params *params,
	    const struct place_owner *owner, struct plx_filter *filter, uint32_t *ret_place,
	    struct plx_why *why)
{
	struct place *place;
	int ret = check(cluster, params, why);

	if (ret < 0)
		return ret;
	bury_here(cluster);
	ret = choose(cluster, params, ret_place, why);
	if (ret < 0)
		return ret;
	ret = lend_ears(cluster, owner->sock, why);
	if (ret < 0)
		return ret;
	place = &cluster->places[*ret_place];
	lane_free(place);
	ret = lane_make(cluster, *ret_place, params, why);
	if (ret < 0)
		return ret;
	place->filter = filter;
	place->sock = owner->sock;
	place->stats.pid = owner->pid;
	place->seated = owner->sock < 0;
	plx_gate_close(&cluster->gate);
	link_in(cluster, place);
	plx_gate_open(&cluster->gate);
	return 0;
}

int
place_open(struct plx_cluster *cluster, const struct plx_cluster_slave_params *params,
	   const struct place_owner *owner, uint32_t *ret_place, uint64_t *ret_visit,
	   struct plx_why *why)
{
	bool choosy = params->filter != NULL && params->filter[0] != '\0';
	struct plx_filter *filter = NULL;
	int ret = 0;

	if (choosy)
		ret = plx_filter_compile(params->filter, PLX_FILTER_SNAPLEN, &filter, why);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&cluster->desk);
	ret = open_locked(cluster, params, owner, filter, ret_place, why);
	if (ret == 0)
		*ret_visit = cluster->places[*ret_place].visit;
	pthread_mutex_unlock(&cluster->desk);
	if (ret < 0)
		plx_filter_destroy(filter);
	return ret;
}

/* -- threads of this program -------------------------------------------------------------------------- */

int
plx_cluster_join(struct plx_cluster *cluster, const struct plx_cluster_slave_params *params,
		 struct plx_cluster_slave **ret_slave, struct plx_why *why)
{
	const struct place_owner owner = {.sock = -1};
	struct place *place;
	uint64_t visit;
	uint32_t i;
	int ret = place_open(cluster, params, &owner, &i, &visit, why);

	if (ret < 0)
		return ret;
	place = &cluster->places[i];
	ret = slave_make(place->lane, place->shape.bytes, cluster->pool->data, ret_slave, why);
	if (ret < 0) {
		place_shut(cluster, i, visit);
		return ret;
	}
	(*ret_slave)->priv->cluster = cluster;
	(*ret_slave)->priv->visit = visit;
	(*ret_slave)->priv->bell = place->bell;
	(*ret_slave)->priv->master_bell = cluster->bell;
	return 0;
}
