/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What does a packet cost an end of vhost-user, net_virtio_user or net_vhost, beside DPDK's in the same role?
 *
 * Both ends live in one process, and the peer is DPDK's other end. "alone": one thread is both ends in turn, so that caches are
 * warm and what is counted, cycles of the end in question, is instructions and little else. "near", "far": a thread for each on
 * processors 0 and 1, which share a cache or do not (hop.c); what is counted is how long a packet takes in the better
 * windows of 50 us, as other processes may take a processor away for a while. "busy peer": the peer is our other end, which works
 * between its bursts, as programs do. It is then the slower of the two, and what the end in question does to its cache shows.
 */
#include "bench_vhost_ends.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_lcore.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_zone.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- our side ------------------------------------------------------------------------------------------------ */

static struct plx_pool *pool;

#define MBUF struct plx_mbuf *

static inline bool
alloc_bulk(struct plx_mbuf **pkts, unsigned n)
{
	return plx_mbuf_alloc_bulk(pool, pkts, n) == 0;
}

static inline void
free_bulk(struct plx_mbuf **pkts, unsigned n)
{
	plx_mbuf_free_bulk(pkts, n);
}

static inline void
set_len(struct plx_mbuf *m, unsigned len)
{
	m->pkt_len = len;
	m->data_len = (uint16_t)len;
}

static inline uint8_t *
data(struct plx_mbuf *m)
{
	return plx_mbuf_data(m);
}

static inline unsigned
rx(uint16_t port, struct plx_mbuf **pkts, uint16_t n)
{
	return plx_ethdev_rx_burst(port, 0, pkts, n);
}

static inline unsigned
tx(uint16_t port, struct plx_mbuf **pkts, uint16_t n)
{
	return plx_ethdev_tx_burst(port, 0, pkts, n);
}

#include "bench_vhost_loops.h"

static int
start_eal(struct plx_why *why)
{
	char words[][16] = {"bench", "--no-huge", "--no-pci", "--lcores", "0@0,1@1"};
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
	struct plx_pool_params params = {
		.name = "ends", .n = ENDS_POOL, .cache = 256, .node = PLX_NODE_ANY};
	int ret = plx_eal_init(5, argv, why);

	return ret < 0 ? ret : plx_pool_create(&params, &pool, why);
}

static int
start_port(uint16_t port, struct plx_why *why)
{
	struct plx_ethdev_conf conf = {0};
	int ret = plx_ethdev_configure(port, 1, 1, &conf, why);

	if (ret == 0)
		ret = plx_ethdev_rx_queue_setup(port, 0, ENDS_DESCS, pool, why);
	if (ret == 0)
		ret = plx_ethdev_tx_queue_setup(port, 0, ENDS_DESCS, why);
	return ret == 0 ? plx_ethdev_start(port, why) : ret;
}

static int
begin(const char *vdev)
{
	struct plx_why why;
	uint16_t port = 0;
	int ret = pool == NULL ? start_eal(&why) : 0;

	if (ret == 0)
		ret = plx_ethdev_attach(vdev, &port, &why);
	if (ret == 0)
		ret = start_port(port, &why);
	if (ret < 0)
		fprintf(stderr, "ours: %s\n", why.text);
	return ret == 0 ? port : -1;
}

static bool
is_up(uint16_t port)
{
	struct plx_ethdev_link link;

	return plx_ethdev_link(port, &link) == 0 && link.up;
}

static void
launch(int (*fn)(void *arg), void *arg)
{
	plx_lcore_launch(fn, arg, 1);
}

static void
join(void)
{
	plx_lcore_wait(1);
}

const struct bench_end bench_end_ours = {begin,	   is_up,  end_send, end_receive,
					 end_swap, launch, join};

/* -- rows ------------------------------------------------------------------------------------------------------- */

enum place { ALONE, NEAR, FAR };
enum flow { RXONLY, TXONLY, MACSWAP };

struct setup {
	bool front; /* is the end in question */
	bool packed;
	enum flow flow; /* of the end in question */
	unsigned len;
	enum place place;
	bool busy; /* the peer is our other end, and has work of its own */
};

#define WINDOWS	     2000
#define GROUP	     64 /* bursts of a window, alone */
#define TRIES	     8	/* until the processors are where they should be */
#define TRY_AGAIN_US 300000
#define TURNS_MAX    400 /* the ends' settling: turns without a packet */
#define BUSY	     60	 /* cycles a packet */

static struct {
	const struct bench_end *end, *peer;
	uint16_t port, peer_port;
	const struct setup *setup;
	bool stop;
	double windows[WINDOWS];
	unsigned nb;
} run;

static unsigned
end_turn(uint64_t *cycles)
{
	switch (run.setup->flow) {
	case RXONLY:
		return run.end->receive(run.port, cycles);
	case TXONLY:
		return run.end->send(run.port, run.setup->len, cycles);
	default:
		return run.end->swap(run.port, cycles);
	}
}

static void
work(uint64_t cycles)
{
	const uint64_t began = bench_cycles();

	while (bench_cycles() - began < cycles)
		;
}

static void
peer_turn(void)
{
	uint64_t cycles = 0;

	if (run.setup->busy)
		work(BUSY * ENDS_BURST);
	if (run.setup->flow != TXONLY)
		run.peer->send(run.peer_port, run.setup->len, &cycles);
	if (run.setup->flow != RXONLY)
		run.peer->receive(run.peer_port, &cycles);
}

static int
peer_loop(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&run.stop, __ATOMIC_RELAXED))
		peer_turn();
	return 0;
}

/* Cycles a packet of the end in question; bursts that found nothing count, as they do in life. */
static void
measure_alone(void)
{
	while (run.nb < WINDOWS) {
		uint64_t cycles = 0, packets = 0;

		for (unsigned i = 0; i < GROUP; i++) {
			peer_turn();
			packets += end_turn(&cycles);
		}
		if (packets > 0)
			run.windows[run.nb++] = (double)cycles / (double)packets;
		else if (++run.windows[WINDOWS - 1] > TURNS_MAX)
			break;
	}
}

static void
measure_across(void)
{
	const uint64_t window = (uint64_t)(bench_cycles_per_second() * 50e-6);
	uint64_t until = bench_cycles() + (uint64_t)bench_cycles_per_second();

	run.peer->launch(peer_loop, NULL);
	while (run.nb < WINDOWS && bench_cycles() < until) {
		uint64_t cycles = 0, packets = 0, began = bench_cycles(), now;

		do {
			packets += end_turn(&cycles);
			now = bench_cycles();
		} while (now - began < window);
		if (packets > 0 && now - began < window + window / 4)
			run.windows[run.nb++] = (double)(now - began) / (double)packets;
	}
	__atomic_store_n(&run.stop, true, __ATOMIC_RELAXED);
	run.peer->join();
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The back end first: it is there when the front end comes. An EAL leaves the main thread where it wants it. */
static int
begin_ends(const struct setup *setup, const char *path)
{
	const struct bench_end *front = setup->front ? run.end : run.peer;
	const struct bench_end *back = setup->front ? run.peer : run.end;
	char front_dev[128], back_dev[128];
	int at_front, at_back;

	snprintf(back_dev, sizeof(back_dev), "net_vhost0,iface=%s,queues=1", path);
	snprintf(front_dev, sizeof(front_dev),
		 "net_virtio_user0,path=%s,queues=1,packed_vq=%d,queue_size=%d", path,
		 setup->packed, ENDS_DESCS);
	at_back = back->begin(back_dev);
	bench_pin(-1);
	at_front = at_back < 0 ? -1 : front->begin(front_dev);
	if (at_front < 0)
		return -1;
	for (unsigned i = 0;
	     i < 2000 && !(front->is_up((uint16_t)at_front) && back->is_up((uint16_t)at_back)); i++)
		usleep(1000);
	usleep(100000);
	run.port = (uint16_t)(setup->front ? at_front : at_back);
	run.peer_port = (uint16_t)(setup->front ? at_back : at_front);
	return bench_pin(0);
}

/* In a process of its own, as neither side starts twice. Negative: failed. */
static double
child(const struct setup *setup, const struct bench_end *end)
{
	char path[64];

	run.setup = setup;
	run.end = end;
	run.peer = setup->busy ? &bench_end_ours : &bench_end_dpdk;
	snprintf(path, sizeof(path), "/tmp/bench-ends-%d.sock", getpid());
	unlink(path);
	if (begin_ends(setup, path) != 0)
		return -1;
	if (setup->place == ALONE)
		measure_alone();
	else
		measure_across();
	unlink(path);
	if (run.nb == 0)
		return -1;
	qsort(run.windows, run.nb, sizeof(run.windows[0]), ascending);
	return run.windows[run.nb / (setup->place == ALONE ? 4 : 10)];
}

static double
sample_here(const struct setup *setup, const struct bench_end *end)
{
	double result = -1;
	int fds[2];
	pid_t pid;

	if (pipe(fds) != 0)
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(20);
		result = child(setup, end);
		_exit(write(fds[1], &result, sizeof(result)) != sizeof(result));
	}
	close(fds[1]);
	if (pid < 0 || read(fds[0], &result, sizeof(result)) != sizeof(result))
		result = -1;
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return result;
}

static bool
is_place(enum place place)
{
	double hop = place == ALONE ? 0 : bench_hop(0, 1);

	return place == ALONE || (hop >= 0 && (hop < BENCH_HOP_NEAR) == (place == NEAR));
}

/* Before and after it the processors must be where the row wants them; the host moves them. */
static double
sample(const struct setup *setup, const struct bench_end *end)
{
	for (unsigned i = 0; i < TRIES; i++) {
		double result = is_place(setup->place) ? sample_here(setup, end) : -1;

		if (result >= 0 && is_place(setup->place))
			return result;
		usleep(TRY_AGAIN_US);
	}
	return -1;
}

static double
ours(const void *arg)
{
	return sample(arg, &bench_end_ours);
}

static double
theirs(const void *arg)
{
	return sample(arg, &bench_end_dpdk);
}

#define NB_ROWS 120

int
main(int argc, char **argv)
{
	static const char *const places[] = {"alone", "near", "far"};
	static const char *const flows[] = {"rxonly", "txonly", "macswap"};
	static struct setup setups[NB_ROWS];
	static char names[NB_ROWS][48];
	static struct bench_row rows[NB_ROWS];

	for (unsigned i = 0; i < NB_ROWS; i++) {
		struct setup *s = &setups[i];
		const bool busy = i >= 72;
		const unsigned place = busy ? i / 24 - 2 : i / 24;

		*s = (struct setup){.flow = i % 3,
				    .packed = i / 3 % 2,
				    .len = i / 6 % 2 ? 1500 : 64,
				    .front = i / 12 % 2 == 0,
				    .place = place,
				    .busy = busy};
		snprintf(names[i], sizeof(names[i]), "%s %s %s %s %u%s", places[s->place],
			 s->front ? "front" : "back", s->packed ? "packed" : "split",
			 flows[s->flow], s->len, s->busy ? " busy peer" : "");
		rows[i] = (struct bench_row){names[i], ours, theirs, s};
	}
	return bench_main(
		argc, argv,
		&(struct bench){"vhost_ends", "cycles/packet", "dpdk", rows, NB_ROWS, false});
}
