/* SPDX-License-Identifier: BSD-3-Clause */
/* A cluster's life, and its master's round. */
#include "cluster_put_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_DEFAULT 1024
#define SEND_RING     1024
#define TELL_AFTER \
	64 /* rounds: no line of a slave's is written more often than that for its books */
#define DOZE_AFTER \
	64 /* empty rounds: slaves are told in time, and not at every gap between bursts */

/* -- a round ------------------------------------------------------------------------------------------ */

static unsigned
take(struct plx_cluster *cluster, uint32_t i)
{
	struct plx_cluster_port_stats *rx = &cluster->rx[i];
	struct plx_mbuf *pkts[PLX_CLUSTER_BURST];
	uint16_t n = plx_ethdev_rx_burst(rx->port, rx->queue, pkts, PLX_CLUSTER_BURST);

	if (n == 0)
		return 0;
	cluster->full_burst |= n == PLX_CLUSTER_BURST;
	COUNT(rx->received, n);
	COUNT(cluster->stats.received, n);
	cluster->rx_now = (uint8_t)i;
	spread_burst(cluster, pkts, n);
	return n;
}

static unsigned
drain(struct plx_cluster *cluster)
{
	unsigned moved = 0;

	for (uint64_t left = cluster->backlogged; left != 0; left &= left - 1)
		moved += place_drain(cluster, &cluster->places[__builtin_ctzll(left)]);
	return moved;
}

/* Slaves that ask for it may hold everybody up. */
static bool
is_pressed(const struct plx_cluster *cluster)
{
	return cluster->backlogged != 0 && cluster->params.overflow == PLX_CLUSTER_PRESSURE;
}

/*
 * What a look at a place costs depends little on what it finds: a line of the slave's, and branches that nobody can foresee. So
 * as long as bursts come full a place has its turn each LOOK_EVERY rounds; but in every round if it has more to say than what it is done
 * with, or could run out of room. A round without a full burst looks at the others, too.
 */
static uint64_t
places_due(struct plx_cluster *cluster)
{
	const uint32_t by = cluster->look_round++ % LOOK_EVERY;
	const uint64_t turn = cluster->every << by | cluster->every >> (-by & 63);

	return cluster->present & (turn | cluster->hasty | cluster->backlogged);
}

static unsigned
look(struct plx_cluster *cluster, uint64_t places)
{
	unsigned moved = 0;

	for (; places != 0; places &= places - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(places)];
		uint32_t said = place->return_head + place->send_head + place->grant_tail;

		moved += place_collect(cluster, place);
		said -= place->return_head + place->send_head + place->grant_tail;
		cluster->hasty &= ~place->bit;
		if (PLX_UNLIKELY(said != 0 || put_is_narrow(cluster, place)))
			cluster->hasty |= place->bit;
	}
	if (PLX_UNLIKELY(cluster->doomed != 0))
		moved += places_banish(cluster);
	return moved;
}

static unsigned
work(struct plx_cluster *cluster)
{
	unsigned moved = 0;
	uint64_t due;

	if (PLX_UNLIKELY(__atomic_load_n(&cluster->gone, __ATOMIC_RELAXED) != 0))
		moved += places_bury(cluster);
	due = places_due(cluster);
	cluster->full_burst = false;
	moved += look(cluster, due);
	if (PLX_UNLIKELY(cluster->backlogged != 0))
		moved += drain(cluster);
	for (uint32_t i = 0; i < cluster->nb_rx && !is_pressed(cluster); i++)
		moved += take(cluster, i);
	places_show(cluster);
	if (!cluster->full_burst)
		moved += look(cluster, cluster->present & ~due);
	if (cluster->nb_tx != 0)
		moved += egress_flush(cluster);
	return moved;
}

/* What is counted for slaves: at times, and when there is nothing else to do. */
static void
tell_books(struct plx_cluster *cluster, unsigned moved)
{
	if (moved == 0 ? cluster->untold == 0 : ++cluster->untold < TELL_AFTER)
		return;
	cluster->untold = 0;
	for (uint64_t left = cluster->present; left != 0; left &= left - 1)
		place_tell(&cluster->places[__builtin_ctzll(left)]);
}

unsigned
plx_cluster_poll(struct plx_cluster *cluster)
{
	unsigned moved;

	if (PLX_UNLIKELY(!plx_gate_enter(&cluster->gate)))
		return 0;
	moved = work(cluster);
	tell_books(cluster, moved);
	plx_gate_leave(&cluster->gate);
	return moved;
}

/* -- running ------------------------------------------------------------------------------------------ */

/* Keeping the master awake is all it wants. */
static bool
rings_for_nothing(const struct place *place)
{
	const struct plx_cluster_place_stats *now = &place->stats, *came = &place->came;

	return place->rung > now->sent - came->sent + now->lies - came->lies + BELLS_SPARE;
}

/* Within the gate: the connection of one that is gone may be closed already. Who rings without end is heard in part. */
static void
hush(struct plx_cluster *cluster)
{
	uint64_t there = cluster->present & ~__atomic_load_n(&cluster->gone, __ATOMIC_ACQUIRE);
	uint64_t count;
	ssize_t got = read(cluster->bell, &count, sizeof(count));

	for (; there != 0; there &= there - 1) {
		struct place *place = &cluster->places[__builtin_ctzll(there)];
		const uint64_t before = place->rung;

		got = place->sock < 0 ? -1 : 0;
		for (unsigned i = 0; i < BELLS_MAX && got >= 0; i++) {
			got = recv(place->sock, &count, sizeof(count), MSG_DONTWAIT);
			place->rung += got > 0;
		}
		if (PLX_UNLIKELY(place->rung != before && rings_for_nothing(place)))
			place_doom(cluster, place);
	}
	(void)got; /* nobody rang: fine, too */
}

static void
tell_dozing(struct plx_cluster *cluster, bool dozing)
{
	if (!plx_gate_enter(&cluster->gate))
		return;
	cluster->dozing = dozing;
	for (uint64_t left = cluster->present; left != 0; left &= left - 1)
		__atomic_store_n(&cluster->places[__builtin_ctzll(left)].lane->bell.dozing, dozing,
				 __ATOMIC_RELAXED);
	if (!dozing)
		hush(cluster);
	plx_gate_leave(&cluster->gate);
	if (dozing)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* By one who had nothing to say, as it seems: it is not to be heard again and again. */
static bool
was_rung(struct plx_cluster *cluster)
{
	struct pollfd ears = {.fd = cluster->ears, .events = POLLIN};

	if (poll(&ears, 1, 0) <= 0 || !plx_gate_enter(&cluster->gate))
		return false;
	hush(cluster);
	plx_gate_leave(&cluster->gate);
	return true;
}

/* What the idle policy is told: before the first sleep slaves must know, and be looked at once more. */
static unsigned
before_rest(struct plx_cluster *cluster, const struct plx_idle *idle, unsigned moved)
{
	if (moved == 0 && cluster->dozing)
		return was_rung(cluster);
	if ((moved != 0) != cluster->dozing || (moved == 0 && idle->empty < DOZE_AFTER))
		return moved;
	tell_dozing(cluster, moved == 0);
	return 1;
}

/*
 * While packets wait for room in a queue: slaves do not ring for what they give back, and ports whose packets are not taken
 * would wake it at once.
 */
static void
rest_briefly(struct plx_idle *brief, const struct plx_cluster *cluster)
{
	plx_idle_init(brief);
	plx_idle_add_fd(brief, cluster->ears);
	plx_idle_add_fd(brief, -1);
}

void
plx_cluster_run(struct plx_cluster *cluster)
{
	struct plx_idle idle, brief;
	bool has_backlog;

	plx_idle_init(&idle);
	for (uint32_t i = 0; i < cluster->nb_rx; i++)
		plx_ethdev_idle_add(&idle, cluster->rx[i].port, cluster->rx[i].queue);
	plx_idle_add_fd(&idle, cluster->ears);
	rest_briefly(&brief, cluster);
	while (!__atomic_load_n(&cluster->stop, __ATOMIC_RELAXED)) {
		unsigned moved = plx_cluster_poll(cluster);

		if (idle.policy == PLX_IDLE_SLEEP)
			moved = before_rest(cluster, &idle, moved);
		/* Who joins meanwhile may bury somebody in the master's place. */
		has_backlog = __atomic_load_n(&cluster->backlogged, __ATOMIC_RELAXED) != 0;
		plx_idle_round(has_backlog ? &brief : &idle, moved);
	}
	if (cluster->dozing)
		tell_dozing(cluster, false);
}

void
plx_cluster_run_send(struct plx_cluster *cluster)
{
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_idle_add_fd(&idle, -1);
	while (!__atomic_load_n(&cluster->stop, __ATOMIC_RELAXED))
		plx_idle_round(&idle, plx_cluster_poll_send(cluster));
}

void
plx_cluster_break(struct plx_cluster *cluster)
{
	__atomic_store_n(&cluster->stop, true, __ATOMIC_RELAXED);
}

/* -- distribution ------------------------------------------------------------------------------------- */

static int
check_spread(const struct plx_cluster_params *params, const struct plx_cluster_spread *spread,
	     struct plx_why *why)
{
	if (spread->mode >= PLX_CLUSTER_MODES)
		return plx_why(why, -EINVAL, "mode %d is none", (int)spread->mode);
	if (spread->key >= PLX_CLUSTER_KEYS)
		return plx_why(why, -EINVAL, "key %d is none", (int)spread->key);
	if (spread->mode == PLX_CLUSTER_GROUPS &&
	    (spread->nb_groups < 2 || spread->nb_groups > params->places))
		return plx_why(why, -EINVAL, "%u groups for %u places: 2 to %u can be",
			       spread->nb_groups, params->places, params->places);
	if (spread->decide != NULL && spread->decide_one != NULL)
		return plx_why(why, -EINVAL, "two functions that decide: give one");
	if (params->nb_tx_ports < 64 && (spread->forward >> params->nb_tx_ports) != 0)
		return plx_why(why, -EINVAL,
			       "forward names egress ports 0x%llx, the cluster has %u",
			       (unsigned long long)spread->forward, params->nb_tx_ports);
	return 0;
}

/* Groups that have places of their own have all of them. */
static int
check_groups(uint32_t places, const struct plx_cluster_spread *spread, const uint32_t *group_places,
	     struct plx_why *why)
{
	uint64_t sum = 0;

	if (group_places == NULL || spread->mode != PLX_CLUSTER_GROUPS)
		return 0;
	for (uint32_t i = 0; i < spread->nb_groups; i++) {
		if (group_places[i] == 0)
			return plx_why(why, -EINVAL, "group_places: group %u has none", i);
		sum += group_places[i];
	}
	return sum == places
		       ? 0
		       : plx_why(why, -EINVAL, "group_places: %llu in all groups, but %u places",
				 (unsigned long long)sum, places);
}

/* Which group has which place; before there are slaves, or with the master kept out. */
static void
note_groups(struct plx_cluster *cluster, const uint32_t *group_places)
{
	const struct plx_cluster_spread *spread = &cluster->spread;
	uint32_t place = 0;

	cluster->grouped = group_places != NULL && spread->mode == PLX_CLUSTER_GROUPS;
	memset(cluster->group_of, 0, sizeof(cluster->group_of));
	for (uint32_t group = 0; cluster->grouped && group < spread->nb_groups; group++)
		for (uint32_t i = 0; i < group_places[group]; i++)
			cluster->group_of[place++] = (uint8_t)group;
}

static void
regroup(struct plx_cluster *cluster, const uint32_t *group_places)
{
	note_groups(cluster, group_places);
	for (uint32_t i = 0; i < cluster->nb_places; i++)
		cluster->places[i].group = cluster->group_of[i];
}

static int
replace_spread(struct plx_cluster *cluster, const struct plx_cluster_spread *spread,
	       bool with_groups, const uint32_t *group_places, struct plx_why *why)
{
	struct plx_filter_rules_reader *reader = NULL, *old;
	int ret = check_spread(&cluster->params, spread, why);

	if (ret == 0)
		ret = check_groups(cluster->nb_places, spread, group_places, why);
	if (ret == 0 && spread->rules != NULL)
		ret = plx_filter_rules_reader_create(spread->rules, &reader, why);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&cluster->desk);
	plx_gate_close(&cluster->gate);
	old = cluster->reader;
	cluster->reader = reader;
	cluster->spread = *spread;
	if (with_groups)
		regroup(cluster, group_places);
	share_divide(cluster);
	plx_gate_open(&cluster->gate);
	pthread_mutex_unlock(&cluster->desk);
	plx_filter_rules_reader_destroy(old);
	return 0;
}

int
plx_cluster_set_spread(struct plx_cluster *cluster, const struct plx_cluster_spread *spread,
		       struct plx_why *why)
{
	return replace_spread(cluster, spread, false, NULL, why);
}

int
plx_cluster_set_groups(struct plx_cluster *cluster, const struct plx_cluster_spread *spread,
		       const uint32_t *group_places, struct plx_why *why)
{
	if ((group_places != NULL) != (spread->mode == PLX_CLUSTER_GROUPS))
		return plx_why(why, -EINVAL,
			       "groups have places of their own, and nothing else has");
	return replace_spread(cluster, spread, true, group_places, why);
}

/* -- life --------------------------------------------------------------------------------------------- */

static int
check_ports(const struct plx_cluster_port *ports, uint32_t n, const char *what, struct plx_why *why)
{
	if (n > PLX_CLUSTER_PORTS_MAX)
		return plx_why(why, -EINVAL, "%u %s ports: %u can be", n, what,
			       PLX_CLUSTER_PORTS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		struct plx_ethdev_queue_info info;
		bool rx = what[0] == 'r';
		int ret = rx ? plx_ethdev_rx_queue_info(ports[i].port, ports[i].queue, &info)
			     : plx_ethdev_tx_queue_info(ports[i].port, ports[i].queue, &info);

		if (ret < 0)
			return plx_why(why, -EINVAL, "port %u has no %s queue %u that is set up",
				       ports[i].port, what, ports[i].queue);
	}
	return 0;
}

/*
 * Who may write to huge pages may also give them back to the kernel, and the master's next access ends it where none is free. Plain
 * pages come again, empty.
 */
static int
check_pages(const struct plx_cluster_params *params, struct plx_why *why)
{
	const size_t size = plx_pool_zone(params->pool)->page_size;

	if (!params->writable || params->trusted || size <= (size_t)sysconf(_SC_PAGESIZE))
		return 0;
	return plx_why(why, -EPERM,
		       "cluster %u: slaves that may write to packets on huge pages (%zu kB) could "
		       "end this program; either plain pages (--no-huge), or slaves that are "
		       "trusted (params.trusted, plx-cluster --trusted)",
		       params->id, size / 1024);
}

static int
check_params(const struct plx_cluster_params *params, struct plx_why *why)
{
	uint32_t len = params->queue_len;
	int ret;

	if (params->id > PLX_CLUSTER_ID_MAX)
		return plx_why(why, -EINVAL, "cluster id %u: 0 to %u can be", params->id,
			       PLX_CLUSTER_ID_MAX);
	if (params->pool == NULL)
		return plx_why(why, -EINVAL, "a cluster needs the pool its packets are in");
	if (params->places < 1 || params->places > PLX_CLUSTER_PLACES_MAX)
		return plx_why(why, -EINVAL, "%u places: 1 to %u can be", params->places,
			       PLX_CLUSTER_PLACES_MAX);
	if (len != 0 && ((len & (len - 1)) != 0 || len > PLX_CLUSTER_QUEUE_MAX))
		return plx_why(why, -EINVAL, "queues of %u: a power of two up to %u can be", len,
			       PLX_CLUSTER_QUEUE_MAX);
	if (params->extra > PLX_CLUSTER_EXTRA_MAX)
		return plx_why(why, -EINVAL, "%u extra buffers a slave: up to %u can be",
			       params->extra, PLX_CLUSTER_EXTRA_MAX);
	if (params->overflow >= PLX_CLUSTER_OVERFLOWS)
		return plx_why(why, -EINVAL, "overflow %d is none", (int)params->overflow);
	if (params->overflow == PLX_CLUSTER_BORROW &&
	    (params->reserve == 0 || params->reserve > 1u << 20))
		return plx_why(why, -EINVAL, "a reserve of %u to borrow from: 1 to %u can be",
			       params->reserve, 1u << 20);
	ret = check_pages(params, why);
	if (ret == 0)
		ret = check_ports(params->rx_ports, params->nb_rx_ports, "rx", why);
	if (ret == 0)
		ret = check_ports(params->tx_ports, params->nb_tx_ports, "tx", why);
	if (ret == 0)
		ret = check_spread(params, &params->spread, why);
	return ret < 0 ? ret
		       : check_groups(params->places, &params->spread, params->group_places, why);
}

static int
make_rings(struct plx_cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->nb_tx && cluster->params.send_thread; i++) {
		size_t bytes = plx_ring_spsc_size(SEND_RING, sizeof(uint64_t));
		struct plx_ring_spsc *ring = aligned_alloc(PLX_CACHE_LINE, bytes);

		if (ring == NULL)
			return -ENOMEM;
		plx_ring_spsc_init(ring, SEND_RING, sizeof(uint64_t));
		cluster->egress[i].ring = ring;
	}
	return 0;
}

static void
note_ports(struct plx_cluster *cluster)
{
	const struct plx_cluster_params *params = &cluster->params;

	cluster->nb_rx = params->nb_rx_ports;
	cluster->nb_tx = params->nb_tx_ports;
	for (uint32_t i = 0; i < cluster->nb_rx; i++) {
		cluster->rx[i].port = params->rx_ports[i].port;
		cluster->rx[i].queue = params->rx_ports[i].queue;
	}
	for (uint32_t i = 0; i < cluster->nb_tx; i++) {
		struct egress *egress = &cluster->egress[i];

		egress->port = params->tx_ports[i].port;
		egress->queue = params->tx_ports[i].queue;
	}
	cluster->params.rx_ports = NULL; /* the caller's */
	cluster->params.tx_ports = NULL;
}

static struct place *
make_places(uint32_t n)
{
	struct place *places = aligned_alloc(PLX_CACHE_LINE, n * sizeof(*places));

	if (places == NULL)
		return NULL;
	memset(places, 0, n * sizeof(*places));
	for (uint32_t i = 0; i < n; i++)
		places[i].bell = places[i].sock = -1;
	return places;
}

/* What wakes the master, as one file. */
static bool
make_ears(struct plx_cluster *cluster)
{
	struct epoll_event readable = {.events = EPOLLIN};

	cluster->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	cluster->ears = epoll_create1(EPOLL_CLOEXEC);
	return cluster->bell >= 0 && cluster->ears >= 0 &&
	       epoll_ctl(cluster->ears, EPOLL_CTL_ADD, cluster->bell, &readable) == 0;
}

/* What places hold longer because they are not looked at in every round is no more than a small part of the pool. */
static uint64_t
looks(const struct plx_pool *pool)
{
	const uint32_t bursts = pool->n / 16 / PLX_CLUSTER_BURST;
	uint32_t every = LOOK_EVERY;

	while (every > 1 && every > bursts)
		every /= 2;
	return UINT64_MAX / ((1ULL << every) - 1);
}

static int
furnish(struct plx_cluster *cluster, const struct plx_cluster_params *params, struct plx_why *why)
{
	int ret;

	cluster->params = *params;
	if (params->queue_len == 0)
		cluster->params.queue_len = QUEUE_DEFAULT;
	cluster->pool = params->pool;
	cluster->headers = params->pool->headers;
	cluster->plain = plx_mbuf_state_plain(params->pool->id);
	cluster->nb_places = params->places;
	cluster->every = looks(params->pool);
	cluster->room = params->nb_rx_ports * PLX_CLUSTER_BURST;
	cluster->spread = params->spread;
	cluster->places = make_places(params->places);
	cluster->holders = calloc(params->pool->n, sizeof(*cluster->holders));
	if (!make_ears(cluster) || cluster->holders == NULL || cluster->places == NULL)
		return plx_why(why, -ENOMEM, "no memory for a cluster of %u places",
			       params->places);
	memset(cluster->buckets, NO_PLACE, sizeof(cluster->buckets));
	note_ports(cluster);
	note_groups(cluster, params->group_places);
	cluster->params.group_places = NULL; /* the caller's */
	ret = make_rings(cluster);
	if (ret < 0)
		return plx_why(why, ret, "no memory for the rings of a cluster");
	if (params->spread.rules != NULL)
		ret = plx_filter_rules_reader_create(params->spread.rules, &cluster->reader, why);
	if (ret < 0)
		return ret;
	return cluster->nb_tx == 0 ? 0 : clones_get(&cluster->clones, why);
}

int
plx_cluster_create(const struct plx_cluster_params *params, struct plx_cluster **ret_cluster,
		   struct plx_why *why)
{
	struct plx_cluster *cluster;
	int ret = check_params(params, why);

	if (ret < 0)
		return ret;
	cluster = aligned_alloc(PLX_CACHE_LINE, sizeof(*cluster));
	if (cluster == NULL)
		return plx_why(why, -ENOMEM, "no memory for a cluster");
	memset(cluster, 0, sizeof(*cluster));
	cluster->bell = cluster->ears = -1;
	pthread_mutex_init(&cluster->desk, NULL);
	ret = furnish(cluster, params, why);
	if (ret < 0) {
		plx_cluster_destroy(cluster);
		return ret;
	}
	share_divide(cluster);
	plx_gate_open(&cluster->gate);
	*ret_cluster = cluster;
	return 0;
}

static void
take_back_all(struct plx_cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->nb_places && cluster->places != NULL; i++) {
		struct place *place = &cluster->places[i];

		if (place->lane != NULL) {
			place_tell(place);
			__atomic_store_n(&place->lane->master.over, 1, __ATOMIC_RELEASE);
			cluster_ring(place->bell); /* processes were sent away */
			while (!place_sweep(cluster, place, UINT32_MAX))
				;
		}
		lane_free(place);
	}
}

void
plx_cluster_destroy(struct plx_cluster *cluster)
{
	if (cluster == NULL)
		return;
	plx_cluster_close(cluster);
	plx_gate_close(&cluster->gate);
	take_back_all(cluster);
	egress_flush(cluster);
	while (plx_cluster_poll_send(cluster) != 0)
		;
	for (uint32_t i = 0; i < cluster->nb_tx; i++) {
		free(cluster->egress[i].ring);
		cluster->egress[i].ring = NULL;
	}
	clones_put(cluster->clones);
	plx_filter_rules_reader_destroy(cluster->reader);
	if (cluster->ears >= 0)
		close(cluster->ears);
	if (cluster->bell >= 0)
		close(cluster->bell);
	pthread_mutex_destroy(&cluster->desk);
	free(cluster->holders);
	free(cluster->places);
	free(cluster);
}
