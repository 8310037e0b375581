/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports on the pair, from devargs to running and back, for the tests of net_af_xdp. */
#ifndef PLX_TESTS_FUNC_XDP_PORT_H
#define PLX_TESTS_FUNC_XDP_PORT_H

#include <pollux/plx_driver.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_mbuf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "veth_pair.h"

#define POOL_BUFFERS 8192

struct xdp_port_conf {
	const char *devargs; /* behind "net_af_xdp0," */
	unsigned queues;     /* 0: one */
	uint16_t descs;	     /* 0: the default */
	bool no_rx, no_tx;
	uint32_t rx_offloads, tx_offloads;
	struct plx_pool *pool;
};

static inline struct plx_pool *
pool_make(const char *prefix, uint32_t n, uint32_t buf_size, uint32_t stride)
{
	static unsigned made;
	char name[32];
	const struct plx_pool_params params = {.name = name,
					       .n = n,
					       .buf_size = buf_size,
					       .stride = stride,
					       .cache = 64,
					       .node = -1};
	struct plx_pool *pool = NULL;
	struct plx_why why = {""};

	/* What a failed test left behind does not fail the next. */
	snprintf(name, sizeof(name), "%s%u", prefix, made++);
	if (plx_pool_create(&params, &pool, &why) != 0)
		fail_msg("pool: %s", why.text);
	return pool;
}

/* Every buffer is home and sane. */
static inline void
pool_unmake(struct plx_pool *pool)
{
	struct plx_why why = {""};

	assert_int_equal(plx_pool_in_use(pool), 0);
	if (plx_pool_audit(pool, &why) != 0 || plx_pool_destroy(pool, &why) != 0)
		fail_msg("pool: %s", why.text);
}

/* attach, configure, set up, start: 0 or the first error with its sentence. */
static inline int
port_try(const char *name, const struct xdp_port_conf *conf, uint16_t *ret_port,
	 struct plx_why *why)
{
	const struct plx_ethdev_conf wishes = {.rx_offloads = conf->rx_offloads,
					       .tx_offloads = conf->tx_offloads};
	const uint16_t queues = (uint16_t)(conf->queues != 0 ? conf->queues : 1);
	const uint16_t nb_rx = conf->no_rx ? 0 : queues, nb_tx = conf->no_tx ? 0 : queues;
	char devargs[400];
	uint16_t port = 0;
	int err;

	snprintf(devargs, sizeof(devargs), "%s,%s", name, conf->devargs);
	err = plx_device_attach(devargs, why);
	if (err != 0)
		return err;
	err = plx_ethdev_by_name(name, &port);
	if (err == 0)
		err = plx_ethdev_configure(port, nb_rx, nb_tx, &wishes, why);
	for (uint16_t i = 0; err == 0 && i < nb_rx; i++)
		err = plx_ethdev_rx_queue_setup(port, i, conf->descs, conf->pool, why);
	for (uint16_t i = 0; err == 0 && i < nb_tx; i++)
		err = plx_ethdev_tx_queue_setup(port, i, conf->descs, why);
	if (err == 0)
		err = plx_ethdev_start(port, why);
	if (err != 0)
		plx_device_detach(name, NULL);
	*ret_port = port;
	return err;
}

static inline uint16_t
port_start(const char *name, const struct xdp_port_conf *conf)
{
	struct plx_why why = {""};
	uint16_t port = 0;

	if (port_try(name, conf, &port, &why) != 0)
		fail_msg("%s", why.text);
	return port;
}

/* The starting port must fail with a sentence that has all of the words, up to a NULL. */
static inline void
port_refused(const struct xdp_port_conf *conf, int err, const char *const *words)
{
	struct plx_why why = {""};
	uint16_t port;
	int got = port_try("net_af_xdp0", conf, &port, &why);

	if (got != err)
		fail_msg("%d, not %d: %s", got, err, why.text);
	for (; *words != NULL; words++) {
		if (strstr(why.text, *words) == NULL)
			fail_msg("no \"%s\" in: %s", *words, why.text);
	}
	print_message("    %s\n", why.text);
}

static inline void
assert_balanced(uint16_t port)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	if (rx != 0 || tx != 0) {
		print_message(
			"received %llu delivered %llu waiting %llu | taken %llu sent %llu flight %llu\n",
			(unsigned long long)ledger.rx_received,
			(unsigned long long)ledger.rx_delivered,
			(unsigned long long)ledger.rx_waiting, (unsigned long long)ledger.tx_taken,
			(unsigned long long)ledger.tx_sent,
			(unsigned long long)ledger.tx_in_flight);
		for (unsigned i = 0; i < ledger.nb_rx_losses; i++)
			print_message("  rx %s: %llu\n", ledger.rx_loss[i].name,
				      (unsigned long long)ledger.rx_loss[i].packets);
		for (unsigned i = 0; i < ledger.nb_tx_losses; i++)
			print_message("  tx %s: %llu\n", ledger.tx_loss[i].name,
				      (unsigned long long)ledger.tx_loss[i].packets);
		fail_msg("books do not balance: rx %lld tx %lld", (long long)rx, (long long)tx);
	}
}

/* Stops, checks the books, detaches. */
static inline void
port_end(uint16_t port)
{
	struct plx_ethdev_info info;

	assert_int_equal(plx_ethdev_info(port, &info), 0);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_balanced(port);
	assert_int_equal(plx_device_detach(info.name, NULL), 0);
}

/* What most tests begin and end with: net_af_xdp0 on vb over a pool of its own, and a raw socket on va. */
struct wire {
	struct plx_pool *pool;
	uint16_t port;
	int fd;
};

/* The pool of conf is made here. */
static inline struct wire
wire_up_on(uint32_t buffers, struct xdp_port_conf conf)
{
	struct wire w = {.pool = pool_make("p", buffers, 0, 0)};

	conf.pool = w.pool;
	w.port = port_start("net_af_xdp0", &conf);
	w.fd = raw_open("va");
	return w;
}

static inline struct wire
wire_up(const char *devargs)
{
	return wire_up_on(POOL_BUFFERS, (struct xdp_port_conf){.devargs = devargs});
}

static inline void
wire_down(struct wire *w)
{
	close(w->fd);
	port_end(w->port);
	pool_unmake(w->pool);
}

static inline uint64_t
port_counter(uint16_t port, const char *name)
{
	struct plx_ethdev_xstat stats[256];
	int n = plx_ethdev_xstats(port, stats, 256);

	for (int i = 0; i < n && i < 256; i++) {
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	}
	fail_msg("no xstat %s", name);
	return 0;
}

/* Receives up to n packets within the time; returns how many. */
static inline unsigned
port_receive(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, unsigned n, double seconds)
{
	const double end = now_s() + seconds;
	unsigned got = 0;

	while (got < n && now_s() < end) {
		unsigned want = n - got < 32 ? n - got : 32;
		unsigned part = plx_ethdev_rx_burst(port, queue, pkts + got, (uint16_t)want);

		got += part;
		if (part == 0)
			sched_yield();
	}
	return got;
}

/* Sends all, and reaps until the device has them. */
static inline void
port_send(uint16_t port, uint16_t queue, struct plx_mbuf **pkts, unsigned n)
{
	const double end = now_s() + 20;
	struct plx_ethdev_stats stats;
	unsigned sent = 0;

	while (sent < n && now_s() < end) {
		sent += plx_ethdev_tx_burst(port, queue, pkts + sent, (uint16_t)(n - sent));
		sched_yield();
	}
	assert_int_equal(sent, n);
	do {
		plx_ethdev_tx_burst(port, queue, NULL, 0);
		sched_yield();
		plx_ethdev_stats(port, &stats);
	} while (stats.tx_packets + stats.tx_errors < n && now_s() < end);
}

/* n frames from va arrive on the port, whole and in order; the pool is home afterwards. */
static inline void
receive_and_check(const struct xdp_port_conf *conf, unsigned n, unsigned len)
{
	struct plx_mbuf *pkts[512];
	uint16_t port = port_start("net_af_xdp0", conf);
	int fd = raw_open("va");
	uint8_t frame[FRAME_MAX], copy[FRAME_MAX];

	raw_send_n(fd, n, len, 1);
	assert_int_equal(port_receive(port, 0, pkts, n, 20), n);
	for (unsigned i = 0; i < n; i++) {
		struct plx_why why = {""};

		frame_make(frame, len, 0, i);
		assert_int_equal(pkts[i]->pkt_len, len);
		assert_int_equal(pkts[i]->port, port);
		if (plx_mbuf_check(pkts[i], &why) != 0)
			fail_msg("%s", why.text);
		assert_memory_equal(plx_mbuf_read(pkts[i], 0, len, copy), frame, len);
		plx_mbuf_free(pkts[i]);
	}
	close(fd);
	port_end(port);
}

static inline int
eal_up(void)
{
	char program[] = "test", cores[] = "--lcores", set[] = "0@0", no_huge[] = "--no-huge",
	     no_pci[] = "--no-pci";
	char *argv[] = {program, cores, set, no_huge, no_pci, NULL};
	struct plx_why why = {""};

	if (plx_eal_init(5, argv, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return -1;
	}
	return 0;
}

/* -- set-up and tear-down of a test ------------------------------------------------------------------------ */

static inline int
one_queue(void **state)
{
	pair_up(1);
	return 0;
}

static inline int
four_queues(void **state)
{
	pair_up(4);
	return 0;
}

static inline int
tear_down(void **state)
{
	plx_device_detach("net_af_xdp0", NULL);
	plx_device_detach("net_af_xdp1", NULL);
	pair_down();
	return 0;
}

#endif
