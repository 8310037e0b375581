/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a live tap costs the program that is looked at: a loop that receives 32 packets of 64 bytes from net_null and sends
 * them there. The peer is the same loop without a place for taps, that does what is needed at least: nothing, a copy, a match.
 * Cycles of the program's thread a burst; the reader takes his packets while the clock stands.
 */
#include "bench.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_filter.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_tap.h>
#include <pollux/plx_tap_reader.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BURST = 32, ROUNDS = 512, TIMES = 20, READERS_MAX = 4 };

struct look {
	unsigned readers;
	const char *filter;
};

static uint16_t port;
static struct plx_filter *filter;
static uint8_t copies[2 * BURST * ROUNDS][96];

struct reader {
	struct plx_tap *tap;
	struct plx_tap_reader *reader;
};

/* -- ours ---------------------------------------------------------------------------------------------- */

static bool
attach(struct reader *r, const struct look *look)
{
	const struct plx_tap_params params = {
		.port = port, .rx = true, .tx = true, .filter = look->filter};
	int fds[PLX_TAP_FDS];

	if (plx_tap_add(&params, fds, &r->tap, NULL) != 0)
		return false;
	if (plx_tap_reader_create(fds, &r->reader, NULL) != 0)
		r->reader = NULL;
	close(fds[0]);
	close(fds[1]);
	if (r->reader != NULL)
		plx_tap_reader_want(r->reader, true);
	return r->reader != NULL;
}

static void
take_all(struct reader *r)
{
	struct plx_tap_packet packet;

	for (unsigned lane = 0; lane < 2; lane++) {
		while (plx_tap_reader_next(r->reader, lane, &packet) == 1)
			bench_use(&packet);
		plx_tap_reader_release(r->reader, lane);
	}
}

static double
ours(const void *arg)
{
	const struct look *look = arg;
	struct reader readers[READERS_MAX] = {{0}};
	struct plx_mbuf *pkts[BURST];
	uint64_t cycles = 0;
	bool ok = true;

	for (unsigned i = 0; i < look->readers; i++)
		ok &= attach(&readers[i], look);
	for (unsigned time = 0; time < TIMES && ok; time++) {
		const uint64_t start = bench_cycles();

		for (unsigned i = 0; i < ROUNDS; i++) {
			plx_ethdev_rx_burst(port, 0, pkts, BURST);
			plx_ethdev_tx_burst(port, 0, pkts, BURST);
		}
		cycles += bench_cycles() - start;
		for (unsigned i = 0; i < look->readers; i++)
			take_all(&readers[i]);
	}
	for (unsigned i = 0; i < look->readers; i++) {
		plx_tap_reader_destroy(readers[i].reader);
		plx_tap_remove(readers[i].tap);
	}
	return ok ? (double)cycles / (TIMES * ROUNDS) : -1;
}

/* -- without a place for taps ---------------------------------------------------------------------------- */

static void
look_at(const struct look *look, struct plx_mbuf **pkts, uint8_t (*to)[96])
{
	for (unsigned r = 0; r < look->readers; r++) {
		for (unsigned i = 0; i < BURST; i++) {
			const uint8_t *bytes = plx_mbuf_data(pkts[i]);

			if (look->filter != NULL && plx_filter_match(filter, bytes, 64, 64) == 0)
				continue;
			memcpy(to[i], bytes, 64);
		}
	}
}

static double
peer(const void *arg)
{
	const struct look *look = arg;
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	struct plx_mbuf *pkts[BURST];
	uint64_t cycles = 0;

	for (unsigned time = 0; time < TIMES; time++) {
		const uint64_t start = bench_cycles();

		for (unsigned i = 0; i < ROUNDS; i++) {
			fast->rx(fast->rxq[0], pkts, BURST);
			look_at(look, pkts, &copies[(2 * i) * BURST]);
			look_at(look, pkts, &copies[(2 * i + 1) * BURST]);
			fast->tx(fast->txq[0], pkts, BURST);
		}
		cycles += bench_cycles() - start;
		bench_use(copies);
	}
	return (double)cycles / (TIMES * ROUNDS);
}

static const struct look nobody = {0, NULL}, one = {1, NULL}, four = {4, NULL},
			 choosy = {1, "udp port 53"};
static const struct bench_row rows[] = {
	{"nobody looks", ours, peer, &nobody},
	{"one reader, whole packets", ours, peer, &one},
	{"one reader, none matches", ours, peer, &choosy},
	{"four readers, whole packets", ours, peer, &four},
};

int
main(int argc, char **argv)
{
	char program[] = "bench", lcores[] = "--lcores", one_lcore[] = "0@0",
	     no_huge[] = "--no-huge", no_pci[] = "--no-pci", vdev[] = "--vdev",
	     null[] = "net_null0";
	char *eal[] = {program, lcores, one_lcore, no_huge, no_pci, vdev, null, NULL};
	const struct bench bench = {"tap", "cycles/burst of 32, both ways", "bare loop",
				    rows,  sizeof(rows) / sizeof(rows[0]),  false};
	const struct plx_pool_params params = {.name = "bench", .n = 4096, .cache = 256};
	struct plx_pool *pool;
	struct plx_why why;
	int status;

	if (plx_eal_init(7, eal, &why) < 0 || plx_pool_create(&params, &pool, &why) != 0 ||
	    plx_filter_compile(choosy.filter, PLX_FILTER_SNAPLEN, &filter, &why) != 0 ||
	    plx_ethdev_configure(port, 1, 1, NULL, &why) != 0 ||
	    plx_ethdev_rx_queue_setup(port, 0, 0, pool, &why) != 0 ||
	    plx_ethdev_tx_queue_setup(port, 0, 0, &why) != 0 || plx_ethdev_start(port, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return 2;
	}
	status = bench_main(argc, argv, &bench);
	plx_filter_destroy(filter);
	plx_ethdev_close(port);
	plx_pool_destroy(pool, NULL);
	plx_eal_cleanup();
	return status;
}
