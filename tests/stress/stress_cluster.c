/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cluster with everything in motion: a master, a thread that sends, slaves that sleep, dawdle, stall, keep, send, come and
 * go, and a distribution that changes meanwhile. Every packet that a slave gets, keeps or that goes out has the bytes it
 * was made with; each flow is in order for each slave; the books are exact at the end and no buffer is missing.
 */
#include "patience.h"
#include "plx_clock.h"
#include "stress_cluster.h"

enum { PACKETS = 20000, SLAVES = 4 };

/* Who behaves how. */
enum {
	HASTY = 1,   /* takes all there is; active */
	KEEPS = 2,   /* keeps packets, and looks at them again before it gives them back */
	SENDS = 4,   /* sends packets, kept ones, and its own */
	STALLS = 8,  /* does nothing for long */
	LEAVES = 16, /* and comes again, and leaves what it has as it is */
};

struct life {
	struct plx_cluster_slave *slave;
	unsigned number, manner;
	bool alone; /* nobody else sees its packets: it may write into them */
	uint32_t seed, n_kept;
	struct plx_cluster_desc kept[EXTRA];
	uint32_t next[FLOWS]; /* the number after the last one seen */
};

static struct plx_cluster *cluster;
static uint64_t fed, came_out;
static bool fed_up, all_over, alone_now;
static unsigned joins;
static bool has_got[SLAVES]; /* atomic */

static bool
is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static uint32_t
dice(struct life *life, uint32_t sides)
{
	life->seed = life->seed * 1664525 + 1013904223;
	return (life->seed >> 8) % sides;
}

/* -- a slave ------------------------------------------------------------------------------------------ */

/* Its own now: new bytes, which must be there still when it goes out. */
static void
rewrite(struct life *life, const struct plx_cluster_desc *desc)
{
	uint8_t *bytes = plx_cluster_data(life->slave, desc);
	struct tag tag = {.flow = dice(life, FLOWS), .number = dice(life, 1000), .salt = 1};

	memset(bytes, 0, TAG_AT);
	write_bytes(bytes, &tag);
}

static void
let_go_of_one(struct life *life)
{
	uint32_t i = dice(life, life->n_kept);
	struct plx_cluster_desc desc = life->kept[i];

	read_bytes(plx_cluster_data(life->slave, &desc), "a kept packet changed");
	if ((life->manner & SENDS) != 0 && dice(life, 2) == 0) {
		if (life->alone)
			rewrite(life, &desc);
		if (!plx_cluster_send_kept(life->slave, &desc, 1))
			return;
	} else {
		plx_cluster_return(life->slave, desc.number);
	}
	life->kept[i] = life->kept[--life->n_kept];
}

static void
send_its_own(struct life *life)
{
	struct plx_cluster_desc desc = {.off = 300, .len = FRAME};

	if (!plx_cluster_alloc(life->slave, &desc.number))
		return;
	rewrite(life, &desc);
	if (!plx_cluster_send_kept(life->slave, &desc, 1))
		plx_cluster_return(life->slave, desc.number);
}

static void
look_at(struct life *life, const struct plx_cluster_desc *desc, uint32_t i)
{
	struct tag tag = read_bytes(plx_cluster_data(life->slave, desc), "a packet came damaged");

	require(tag.salt == 0, "a packet came that was never received");
	require(tag.number >= life->next[tag.flow], "a flow is out of order");
	life->next[tag.flow] = tag.number + 1;
	__atomic_store_n(&has_got[life->number], true, __ATOMIC_RELEASE);
	if ((life->manner & KEEPS) != 0 && life->n_kept < EXTRA && dice(life, 4) == 0 &&
	    plx_cluster_keep(life->slave, i)) {
		life->kept[life->n_kept++] = *desc;
		return;
	}
	if ((life->manner & SENDS) == 0 || dice(life, 4) != 0)
		return;
	if (life->alone)
		rewrite(life, desc);
	plx_cluster_send(life->slave, i, 1); /* else it is given back */
}

static void
stall(struct life *life)
{
	if ((life->manner & STALLS) != 0 && dice(life, 50) == 0)
		for (uint32_t i = 0; i < 2000 && !is_set(&fed_up); i++)
			sched_yield();
}

static void
live(struct life *life)
{
	const struct plx_cluster_desc *desc;

	while (!is_set(&all_over)) {
		uint32_t n = (life->manner & HASTY) != 0 ? 32 : 1 + dice(life, 8);

		if (plx_cluster_wait(life->slave, 5) < 0)
			break;
		n = plx_cluster_peek(life->slave, &desc, n);
		for (uint32_t i = 0; i < n; i++)
			look_at(life, &desc[i], i);
		plx_cluster_done(life->slave, n);
		while (life->n_kept > 0 && (life->n_kept == EXTRA || dice(life, 3) == 0))
			let_go_of_one(life);
		if ((life->manner & SENDS) != 0 && dice(life, 8) == 0)
			send_its_own(life);
		plx_cluster_flush(life->slave);
		stall(life);
		if ((life->manner & LEAVES) != 0 && dice(life, 40) == 0)
			break;
	}
}

static void *
be_a_slave(void *arg)
{
	static const unsigned manners[SLAVES] = {HASTY, KEEPS | SENDS, STALLS | KEEPS,
						 LEAVES | SENDS | KEEPS};
	uint32_t number = (uint32_t)(uintptr_t)arg;

	for (uint32_t visit = 0; !is_set(&all_over); visit++) {
		struct life life = {
			.number = number, .manner = manners[number], .seed = number * 1000 + visit};
		struct plx_cluster_slave_params params = {.place = number,
							  .group = number % 2,
							  .flags = PLX_CLUSTER_SLAVE_WRITE |
								   PLX_CLUSTER_SLAVE_TIMES};

		if ((life.manner & HASTY) == 0)
			params.flags |= PLX_CLUSTER_SLAVE_PASSIVE;
		life.alone = alone_now;
		if (plx_cluster_join(cluster, &params, &life.slave, NULL) < 0) {
			require(false, "a slave could not join");
			break;
		}
		__atomic_fetch_add(&joins, 1, __ATOMIC_RELAXED);
		live(&life);
		plx_cluster_leave(life.slave);
	}
	require(is_set(&has_got[number]), "a slave never got anything");
	return NULL;
}

/* -- the others --------------------------------------------------------------------------------------- */

static void *
be_the_master(void *arg)
{
	plx_cluster_run(cluster);
	return arg;
}

static void *
be_the_sender(void *arg)
{
	plx_cluster_run_send(cluster);
	return arg;
}

static void
drain_far(void)
{
	struct plx_mbuf *pkts[32];
	uint16_t n;

	while ((n = plx_ethdev_rx_burst(far[1], 0, pkts, 32)) != 0)
		for (uint16_t i = 0; i < n; i++) {
			require(pkts[i]->pkt_len == FRAME, "a packet went out with another length");
			read_bytes(plx_mbuf_data(pkts[i]), "a packet went out damaged");
			plx_mbuf_free(pkts[i]);
			__atomic_fetch_add(&came_out, 1, __ATOMIC_RELAXED);
		}
}

static bool
all_have_got(void)
{
	bool all = true;

	for (uint32_t i = 0; i < SLAVES; i++)
		all &= is_set(&has_got[i]);
	return all;
}

/* More than PACKETS when a slave had to wait for a processor meanwhile. */
static void *
be_the_world(void *arg)
{
	const uint64_t end = plx_clock_monotonic_ns() + PATIENCE_MS * UINT64_C(1000000);
	uint32_t next[FLOWS] = {0};

	for (uint32_t i = 0; i < PACKETS || (!all_have_got() && plx_clock_monotonic_ns() < end);) {
		struct plx_mbuf *m = make_packet(i % FLOWS, next[i % FLOWS]);

		drain_far();
		if (m != NULL && plx_ethdev_tx_burst(far[0], 0, &m, 1) == 1) {
			next[i % FLOWS]++;
			i++;
			__atomic_fetch_add(&fed, 1, __ATOMIC_RELEASE);
			continue;
		}
		plx_mbuf_free(m);
		sched_yield();
	}
	__atomic_store_n(&fed_up, true, __ATOMIC_RELEASE);
	while (!is_set(&all_over)) {
		drain_far();
		sched_yield();
	}
	return arg;
}

static uint64_t
received(void)
{
	struct plx_cluster_stats stats;

	plx_cluster_stats(cluster, &stats);
	return stats.received;
}

/* Another distribution each time, until all were received. */
static void
change_spreads(bool alone)
{
	static const enum plx_cluster_key keys[] = {PLX_CLUSTER_KEY_FLOW, PLX_CLUSTER_KEY_IP,
						    PLX_CLUSTER_KEY_ROUND_ROBIN};

	for (uint32_t i = 0; !is_set(&fed_up) || received() < fed; i++) {
		struct plx_cluster_spread spread = {
			.mode = alone ? PLX_CLUSTER_SHARE : i / 3 % PLX_CLUSTER_MODES,
			.key = keys[i % 3],
			.nb_groups = 2,
			.forward = !alone && i % 5 == 0,
		};

		require(plx_cluster_set_spread(cluster, &spread, NULL) == 0, "no new spread");
		for (uint32_t k = 0; k < 50; k++)
			sched_yield();
	}
}

static void
check_end(void)
{
	struct plx_cluster_stats stats;
	struct plx_why why;

	if (plx_cluster_audit(cluster, &why) < 0)
		require(false, why.text);
	plx_cluster_stats(cluster, &stats);
	require(stats.received == fed, "packets were lost before they were received");
	require(stats.misdirected == 0 && stats.no_buffer == 0, "a loss that cannot be");
	for (uint32_t i = 0; i < SLAVES; i++) {
		struct plx_cluster_place_stats place;

		plx_cluster_place_stats(cluster, i, &place);
		require(place.lies == 0, "an honest slave was called a liar");
	}
	plx_cluster_destroy(cluster);
	drain_far();
	require(stats.transmitted <= came_out, "packets were lost on the way out");
	require(plx_pool_in_use(pool) == 0, "buffers are missing");
	if (plx_pool_audit(pool, &why) < 0)
		require(false, why.text);
}

static void
run(bool alone, enum plx_cluster_overflow overflow, enum plx_idle_policy idle)
{
	void *(*const others[])(void *) = {be_the_master, be_the_sender, be_the_world};
	pthread_t threads[3 + SLAVES];
	struct plx_cluster_params params = {.id = 1,
					    .pool = pool,
					    .rx_ports = &ports[0],
					    .nb_rx_ports = 1,
					    .tx_ports = &ports[1],
					    .nb_tx_ports = 1,
					    .places = SLAVES,
					    .queue_len = QUEUE,
					    .extra = EXTRA,
					    .overflow = overflow,
					    .reserve = 2 * QUEUE,
					    .writable = true,
					    .send_thread = true};
	struct plx_why why;

	fed = came_out = 0;
	memset(has_got, 0, sizeof(has_got));
	fed_up = all_over = false;
	alone_now = alone;
	plx_idle_set_policy(idle);
	if (plx_cluster_create(&params, &cluster, &why) < 0) {
		require(false, why.text);
		return;
	}
	for (uintptr_t i = 0; i < 3 + SLAVES; i++)
		pthread_create(&threads[i], NULL, i < 3 ? others[i] : be_a_slave,
			       (void *)(i < 3 ? 0 : i - 3));
	change_spreads(alone);
	__atomic_store_n(&all_over, true, __ATOMIC_RELEASE);
	for (unsigned i = 2; i < 3 + SLAVES; i++)
		pthread_join(threads[i], NULL);
	plx_cluster_break(cluster);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	check_end();
	printf("overflow %d: %u joins, %llu packets out, %u failures\n", (int)overflow, joins,
	       (unsigned long long)came_out, failures);
}

int
main(void)
{
	if (!open_all())
		return 1;
	run(true, PLX_CLUSTER_DROP_NEWEST, PLX_IDLE_YIELD);
	run(false, PLX_CLUSTER_DROP_OLDEST, PLX_IDLE_SLEEP);
	run(false, PLX_CLUSTER_BORROW, PLX_IDLE_YIELD);
	run(true, PLX_CLUSTER_PRESSURE, PLX_IDLE_SLEEP);
	close_all();
	return failures != 0;
}
