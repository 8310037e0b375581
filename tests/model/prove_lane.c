/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prove_lane [CASE]: a master and slaves that come one after the other into one place, and may be killed anywhere; all with the
 * cluster's own code, in every way it can run (machine.h). Made up are the pool, the port and what each wants to do next.
 *
 * Bytes of a packet are shared memory, too: a buffer that goes home while somebody uses it is filled again, which races.
 */
#include "machine.h"

#include "lane_calls.h"

#include "cluster_put_priv.h"

#include <stdio.h>
#include <string.h>

#define BUFFERS	   3
#define QUEUE_LEN  2
#define VISITS_MAX 2
#define OWN	   1000 /* a slave's own packets have numbers from here on */

static const struct lane_case {
	const char *name;
	uint32_t packets[VISITS_MAX]; /* for each slave */
	bool keeps, sends;	      /* what it may do, each once */
	uint32_t takes;		      /* empty buffers */
	bool mortal;		      /* the first one */
	bool sleeps;
} cases[] = {
	{.name = "lane_reads", .packets = {4, 2}, .mortal = true},
	{.name = "lane_keeps", .packets = {3, 1}, .keeps = true, .mortal = true},
	{.name = "lane_sends", .packets = {3, 1}, .sends = true, .mortal = true},
	{.name = "lane_keeps_and_sends",
	 .packets = {2, 0},
	 .keeps = true,
	 .sends = true,
	 .mortal = true},
	{.name = "lane_sleeps", .packets = {2, 0}, .sleeps = true},
	{.name = "lane_takes", .packets = {0, 0}, .takes = 2, .mortal = true},
};

static const struct lane_case *now;

/* The machine's memory: part of the state. */
struct scene {
	struct plx_cluster cluster;
	struct place place;
	struct plx_pool pool;
	struct plx_mbuf headers[BUFFERS];
	uint64_t holders[BUFFERS];
	bool home[BUFFERS];
	uint32_t visit, put; /* which slave; how many packets it was given */
	unsigned thread;     /* its */
	struct plx_cluster_slave *slave;
	uint32_t transmitted;
};
static struct scene *scene;
/* The slave's, as the kernel has it. */
static struct bell {
	uint32_t rung;
} * scene_bell;
static uint8_t *bytes; /* of packets: one line each */
static struct plx_zone zones[VISITS_MAX];

/* -- what lib/cluster calls --------------------------------------------------------------------------------- */

PLX_THREAD_HOT uint32_t plx_lcore_self;
struct plx_pool *plx_pool_table[PLX_POOL_MAX];
struct plx_ethdev_fast plx_ethdev_fast_table[PLX_ETHDEV_MAX];

void *
lane_calloc(size_t n, size_t size)
{
	size_t *p = machine_alloc(n * size + PLX_CACHE_LINE);

	*p = n * size;
	return (uint8_t *)p + PLX_CACHE_LINE;
}

void
lane_forget(void *p)
{
	if (p != NULL)
		machine_forget(p, *(size_t *)(void *)((uint8_t *)p - PLX_CACHE_LINE));
}

/* Bells: an eventfd is a counter behind a lock. */
int
lane_eventfd(unsigned count, int flags)
{
	return 0;
}

int
lane_close(int fd)
{
	return 0;
}

ssize_t
lane_write(int fd, const void *from, size_t n)
{
	__atomic_exchange_n(&scene_bell->rung, 1, __ATOMIC_ACQ_REL);
	return (ssize_t)n;
}

ssize_t
lane_read(int fd, void *to, size_t n)
{
	return __atomic_exchange_n(&scene_bell->rung, 0, __ATOMIC_ACQ_REL) != 0 ? (ssize_t)n : -1;
}

static bool
is_rung(void *arg)
{
	return scene_bell->rung != 0;
}

int
lane_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	machine_await(is_rung, NULL);
	return 1;
}

int
lane_yield(void)
{
	return 0;
}

uint64_t
plx_clock_monotonic_ns(void)
{
	return 0;
}

int
plx_zone_reserve_dma(const char *name, size_t size, int node, unsigned flags,
		     const struct plx_zone **ret_zone, struct plx_why *why)
{
	*ret_zone = &zones[scene->visit];
	return size <= zones[scene->visit].len ? 0 : -1;
}

void
place_shut(struct plx_cluster *cluster, uint32_t place, uint64_t visit)
{
}

void
slave_detach(struct plx_cluster_slave *slave)
{
}

void
plx_zone_free(const struct plx_zone *zone)
{
	machine_forget(zone->addr, zone->len);
}

void
plx_filter_destroy(struct plx_filter *filter)
{
}

bool
plx_pool_get_slow(struct plx_pool *pool, uint32_t *index, uint32_t n)
{
	for (uint32_t i = 0; i < BUFFERS && n == 1; i++) {
		if (!scene->home[i])
			continue;
		scene->home[i] = false;
		*index = i;
		return true;
	}
	return false;
}

void
plx_pool_put_slow(struct plx_pool *pool, const uint32_t *index, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (index[i] >= BUFFERS || scene->home[index[i]])
			machine_fail("buffer %u goes home and is there", index[i]);
		if (scene->holders[index[i]] != 0)
			machine_fail("buffer %u goes home and is held", index[i]);
		scene->home[index[i]] = true;
	}
}

/* With mbuf_debug. */
void
plx_mbuf_note_taken(const struct plx_mbuf *m, const char *holder, uint16_t port, uint16_t queue)
{
}

void
plx_mbuf_note_home(const struct plx_mbuf *m)
{
}

void
plx_mbuf_free_slow(struct plx_mbuf *m)
{
	machine_fail("buffer %td is no plain one", m - scene->headers);
}

void
plx_mbuf_free_bulk_slow(struct plx_mbuf **mbufs, uint32_t n)
{
	machine_fail("buffer %td is no plain one", mbufs[0] - scene->headers);
}

struct plx_mbuf *
plx_mbuf_clone(struct plx_mbuf *m, struct plx_pool *clones)
{
	machine_fail("buffer %td is cloned, and has one holder", m - scene->headers);
	return NULL;
}

struct plx_mbuf *
wire_form(struct plx_cluster *cluster, struct plx_mbuf *m, bool bounce, bool itself)
{
	machine_fail("buffer %td has a tag to put back", m - cluster->headers);
	return NULL;
}

bool
slave_robbed(const struct plx_cluster_slave *slave)
{
	return false;
}

uint16_t
plx_ethdev_hooked_tx_burst(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	return n;
}

/* -- packets ------------------------------------------------------------------------------------------------ */

static uint32_t *
number_in(uint32_t buffer)
{
	return (uint32_t *)(void *)(bytes + (size_t)buffer * PLX_CACHE_LINE);
}

/* A port that is done with it at once. */
static uint16_t
transmit(void *txq, struct plx_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		uint32_t buffer = (uint32_t)(pkts[i] - scene->headers);

		if (*number_in(buffer) == 0)
			machine_fail("what is sent was not written");
		scene->transmitted++;
		plx_pool_put_slow(&scene->pool, &buffer, 1);
	}
	return n;
}

/* -- the slave ---------------------------------------------------------------------------------------------- */

struct own {
	bool keeps, sends; /* still may */
	uint32_t takes;
	bool keeping;
	struct plx_cluster_desc kept;
	uint32_t kept_number;
	uint32_t seen;
};

static void
give_back(struct plx_cluster_slave *slave, struct own *own)
{
	if (*number_in(own->kept.number) != own->kept_number)
		machine_fail("a kept packet has changed");
	if (machine_pick(2) == 0)
		plx_cluster_return(slave, own->kept.number);
	else if (!plx_cluster_send_kept(slave, &own->kept, 1))
		return;
	own->keeping = false;
	plx_cluster_flush(slave);
}

static void
take(struct plx_cluster_slave *slave, struct own *own)
{
	uint32_t number;

	if (!plx_cluster_alloc(slave, &number))
		return;
	*number_in(number) = OWN;
	own->kept = (struct plx_cluster_desc){.number = number, .len = 4};
	own->kept_number = OWN;
	own->keeping = true;
	own->takes--;
}

static void
look_at(struct plx_cluster_slave *slave, struct own *own, const struct plx_cluster_desc *desc)
{
	uint32_t acts = 1u + own->keeps + own->sends;
	uint32_t act = machine_pick(acts);

	if (desc->hash != own->seen + 1 || *number_in(desc->number) != desc->hash)
		machine_fail("packet %u is not the one that was put there", own->seen + 1);
	if (act > 0 && act == acts - 1 && own->sends) {
		if (plx_cluster_send(slave, 0, 1))
			own->sends = false;
		plx_cluster_flush(
			slave); /* as for something else that it gave back: too early for this */
	} else if (act > 0 && plx_cluster_keep(slave, 0)) {
		own->kept = *desc;
		own->kept_number = own->seen + 1;
		own->keeping = true;
		own->keeps = false;
	}
	if (*number_in(desc->number) != own->seen + 1)
		machine_fail("packet %u has changed while it was looked at", own->seen + 1);
	own->seen++;
	plx_cluster_done(slave, 1);
}

static void
slave_main(void *arg)
{
	struct plx_cluster_slave *slave = arg;
	const uint32_t packets = now->packets[scene->visit];
	struct own own = {.keeps = now->keeps, .sends = now->sends, .takes = now->takes};

	while (own.seen < packets || own.keeping || own.takes > 0) {
		const struct plx_cluster_desc *desc;

		if (own.keeping && machine_pick(2) == 1)
			give_back(slave, &own);
		if (own.takes > 0 && !own.keeping)
			take(slave, &own);
		if (now->sleeps)
			plx_cluster_wait(slave, -1);
		if (plx_cluster_peek(slave, &desc, QUEUE_LEN) != 0)
			look_at(slave, &own, desc);
	}
}

/* -- the master --------------------------------------------------------------------------------------------- */

static void
check(int ret, const struct plx_why *why)
{
	if (ret < 0)
		machine_fail("%s", why->text);
}

/* As cluster_join.c links one in. */
static void
come(void)
{
	struct plx_cluster_slave_params params = {
		.flags = (now->takes > 0 ? PLX_CLUSTER_SLAVE_WRITE : 0) |
			 (now->sleeps ? PLX_CLUSTER_SLAVE_PASSIVE : 0)};
	struct place *place = &scene->place;
	struct plx_cluster_slave *slave = NULL;
	struct plx_why why;

	machine_hide(true);
	check(lane_make(&scene->cluster, 0, &params, &why), &why);
	put_limit(&scene->cluster, place);
	place->stats = (struct plx_cluster_place_stats){0};
	check(slave_make(place->lane, place->shape.bytes, bytes, &slave, &why), &why);
	slave->priv->bell = place->bell;
	scene->cluster.passive = now->sleeps ? place->bit : 0;
	machine_share(place->lane, place->shape.bytes);
	machine_hide(false);
	if (place->shape.grant_len != 0)
		place_grant(&scene->cluster, place);
	scene->put = 0;
	scene->slave = slave;
	scene->thread = machine_start(slave_main, slave);
	if (scene->visit == 0 && now->mortal)
		machine_mortal((int)scene->thread);
}

static bool
can_give(void)
{
	return scene->put < now->packets[scene->visit] && put_has_room(&scene->place, 1) &&
	       (scene->home[0] || scene->home[1] || scene->home[2]);
}

/* A packet is received, and is the slave's. */
static void
give(void)
{
	struct plx_cluster *cluster = &scene->cluster;
	struct plx_mbuf *m = plx_mbuf_alloc(&scene->pool);
	struct put_base base = put_base(cluster);
	uint32_t buffer = (uint32_t)(m - scene->headers);

	*number_in(buffer) = ++scene->put;
	plx_mbuf_received(m, 4, 0, 0, 0);
	scene->holders[buffer] = scene->place.bit;
	if (!put_one(cluster, &scene->place, put_describe(&base, m, scene->put)))
		machine_fail("no room, and there was some");
}

static void
collect(void)
{
	place_collect(&scene->cluster, &scene->place);
	egress_flush(&scene->cluster);
}

/* Who ended by itself has given all back, and the master finds that. */
static void
leave_nothing(void)
{
	const struct place *place = &scene->place;

	collect();
	if (place->reclaimed != place->tail)
		machine_fail("%llu were given back and are not seen",
			     (unsigned long long)(place->tail - place->reclaimed));
	for (uint32_t i = 0; i < BUFFERS && place->shape.grant_len == 0; i++)
		if (!scene->home[i])
			machine_fail("buffer %u was given back and is not home", i);
}

/* Whoever ended, and however: all comes home, once, and what it gave back itself was no lie. */
static void
bury(void)
{
	struct place *place = &scene->place;
	const struct plx_cluster_place_stats *stats = &place->stats;

	machine_learn(scene->thread);
	if (!machine_was_killed(scene->thread))
		leave_nothing();
	else if (machine_pick(2) == 1)
		collect(); /* a round in which its end was not heard of yet */
	while (!place_sweep(&scene->cluster, place, 1))
		;
	for (uint32_t i = 0; i < BUFFERS; i++)
		if (!scene->home[i] || scene->holders[i] != 0)
			machine_fail("buffer %u is lost", i);
	if (stats->lies != 0 || scene->cluster.doomed != 0)
		machine_fail("an honest slave lied");
	if (stats->released + stats->sent + stats->taken_back != scene->put + stats->granted)
		machine_fail("the books: %llu given back, %llu sent, %llu taken back of %llu",
			     (unsigned long long)stats->released, (unsigned long long)stats->sent,
			     (unsigned long long)stats->taken_back,
			     (unsigned long long)(scene->put + stats->granted));
	if (stats->sent != scene->transmitted)
		machine_fail("%llu were sent and %u left", (unsigned long long)stats->sent,
			     scene->transmitted);
	scene->transmitted = 0;
	slave_free(scene->slave);
	lane_free(place);
	machine_forget_thread(scene->thread);
}

static bool
slave_is_over(void *arg)
{
	return machine_is_over(scene->thread);
}

/* A master that shows its packets and looks no more: who sleeps has been woken. */
static void
show_and_go(void)
{
	while (can_give()) {
		give();
		if (machine_pick(2) == 1)
			places_show(&scene->cluster);
	}
	places_show(&scene->cluster);
	machine_await(slave_is_over, NULL);
	bury();
}

static void
master_main(void *arg)
{
	if (now->sleeps) {
		show_and_go();
		return;
	}
	for (;;) {
		bool over = machine_is_over(scene->thread);

		if (machine_pick(1u + (over || can_give())) == 0) {
			collect();
		} else if (!over) {
			give();
			places_show(&scene->cluster);
		} else {
			bury();
			if (++scene->visit == VISITS_MAX || now->packets[scene->visit] == 0)
				return;
			come();
		}
	}
}

static void
setup(void)
{
	static void *txq[1];
	struct plx_cluster *cluster;

	scene = machine_alloc(sizeof(*scene));
	bytes = machine_alloc((size_t)BUFFERS * PLX_CACHE_LINE);
	cluster = &scene->cluster;
	machine_constant(&cluster->spread, offsetof(struct plx_cluster, round) -
						   offsetof(struct plx_cluster, spread));
	machine_constant(cluster->turn, sizeof(cluster->turn) + sizeof(cluster->rx));
	machine_constant(&cluster->egress[0].pkts[1],
			 sizeof(cluster->egress[0].pkts) - sizeof(cluster->egress[0].pkts[0]));
	machine_constant(&cluster->egress[1], sizeof(cluster->egress) - sizeof(cluster->egress[0]));
	scene->pool = (struct plx_pool){.headers = scene->headers,
					.data = bytes,
					.n = BUFFERS,
					.stride = PLX_CACHE_LINE,
					.buf_size = PLX_CACHE_LINE};
	plx_pool_table[0] = &scene->pool;
	for (uint32_t i = 0; i < BUFFERS; i++) {
		scene->headers[i].refcnt = 1;
		scene->headers[i].nb_segs = 1;
		scene->home[i] = true;
	}
	plx_ethdev_fast_table[0] = (struct plx_ethdev_fast){.tx = transmit, .txq = txq};
	cluster->pool = &scene->pool;
	cluster->headers = scene->headers;
	cluster->plain = plx_mbuf_state_plain(0);
	cluster->holders = scene->holders;
	cluster->places = &scene->place;
	cluster->nb_places = 1;
	cluster->nb_tx = 1;
	cluster->params.queue_len = QUEUE_LEN;
	cluster->params.extra = now->keeps || now->takes > 0 ? 1 : 0;
	scene->place.bell = scene->place.sock = -1;
	for (uint32_t i = 0; i < VISITS_MAX; i++)
		zones[i] = (struct plx_zone){.addr = machine_alloc(2048), .len = 2048};
	scene_bell = machine_alloc(sizeof(*scene_bell));
	machine_share(scene_bell, sizeof(*scene_bell));
	machine_share(bytes, (size_t)BUFFERS * PLX_CACHE_LINE);
	machine_start(master_main, NULL);
	come();
}

static void
end(void)
{
}

static const char *
choose(size_t i)
{
	now = &cases[i];
	return i < PLX_ARRAY_LEN(cases) ? now->name : NULL;
}

int
main(int argc, char **argv)
{
	return machine_prove(argc, argv, choose, setup, end);
}
