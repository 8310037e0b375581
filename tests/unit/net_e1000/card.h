/* SPDX-License-Identifier: BSD-3-Clause */
/* A port of net_e1000 on a fake card (tests/fakes), and a pool that must be whole after every case. */
#ifndef PLX_TESTS_UNIT_NET_E1000_CARD_H
#define PLX_TESTS_UNIT_NET_E1000_CARD_H

#include "e1000_fake.h"
#include "eal_fixture.h"
#include "patience.h"
#include "plx_byteorder.h"
#include "plx_driver.h"
#include "plx_ethdev.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DEVICE	  EFAKE_TRANSPORT ":x"
#define BUFFERS	  1024
#define DESCS	  64
#define FRAME_LEN 100

extern const struct plx_driver plx_driver_net_e1000;

static struct plx_pool *pool;
static struct efake *fake;
static uint16_t port;
static struct plx_why why;

static inline void
must(int ret)
{
	if (ret != 0)
		fail_msg("%d: %s", ret, why.text);
}

static inline void
make_card(const struct efake_faults *faults)
{
	fake = efake_create("x");
	assert_non_null(fake);
	if (faults != NULL)
		efake_fault(fake, faults);
}

static inline int
attach(const char *devargs)
{
	int ret = plx_device_attach(devargs, &why);

	return ret != 0 ? ret : plx_ethdev_by_name(DEVICE, &port);
}

static inline int
start(const struct plx_ethdev_conf *conf)
{
	int ret = plx_ethdev_configure(port, 1, 1, conf, &why);

	if (ret == 0)
		ret = plx_ethdev_rx_queue_setup(port, 0, DESCS, pool, &why);
	if (ret == 0)
		ret = plx_ethdev_tx_queue_setup(port, 0, DESCS, &why);
	return ret != 0 ? ret : plx_ethdev_start(port, &why);
}

static inline void
make_port(const struct plx_ethdev_conf *conf)
{
	make_card(NULL);
	must(attach(DEVICE));
	must(start(conf));
}

/* Device and port go; the books balance, the buffers are home, the driver kept to the manual. */
static inline void
drop_port(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	if (plx_device_find(DEVICE) != NULL) {
		assert_int_equal(plx_ethdev_close(port), 0);
		assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
		plx_ethdev_ledger_balance(&ledger, &rx, &tx);
		assert_int_equal(rx, 0);
		assert_int_equal(tx, 0);
		assert_int_equal(plx_device_detach(DEVICE, NULL), 0);
	}
	assert_string_equal(efake_violations(fake), "");
	efake_destroy(fake);
	fake = NULL;
	plx_pool_cache_flush(pool);
	if (plx_pool_audit(pool, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(plx_pool_in_use(pool), 0);
}

static inline uint64_t
counter(const char *name)
{
	struct plx_ethdev_xstat stats[128];
	int n = plx_ethdev_xstats(port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++)
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	fail_msg("no counter %s", name);
	return 0;
}

/* -- traffic -------------------------------------------------------------------------------------------------------- */

static inline void
make_frame(uint8_t *frame, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(seed * 7 + i + (i >> 8));
	memset(frame, 0xff, 6);
	frame[12] = 0x88;
	frame[13] = 0xb5;
}

static inline void
put(unsigned first, unsigned n)
{
	uint8_t frame[FRAME_LEN];

	for (unsigned i = 0; i < n; i++) {
		make_frame(frame, sizeof(frame), first + i);
		efake_put(fake, frame, sizeof(frame));
	}
}

static inline void
expect(unsigned first, unsigned n)
{
	uint8_t frame[FRAME_LEN];
	struct plx_mbuf *m;

	for (unsigned i = 0; i < n; i++) {
		make_frame(frame, sizeof(frame), first + i);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
		assert_int_equal(m->pkt_len, FRAME_LEN);
		assert_memory_equal(plx_mbuf_data(m), frame, FRAME_LEN);
		plx_mbuf_free(m);
	}
}

static inline unsigned
receive_all(void)
{
	struct plx_mbuf *pkts[32];
	unsigned total = 0, n;

	do {
		n = plx_ethdev_rx_burst(port, 0, pkts, 32);
		for (unsigned i = 0; i < n; i++)
			must(plx_mbuf_check(pkts[i], &why));
		plx_mbuf_free_bulk(pkts, n);
		total += n;
	} while (n > 0);
	return total;
}

static inline struct plx_mbuf *
frame_mbuf(unsigned seed)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	assert_non_null(m);
	make_frame(plx_mbuf_append(m, FRAME_LEN), FRAME_LEN, seed);
	return m;
}

static inline void
send_and_take(unsigned first, unsigned n)
{
	uint8_t frame[FRAME_LEN], got[2 * FRAME_LEN];
	struct plx_ethdev_ledger ledger;

	for (unsigned i = 0; i < n; i++) {
		struct plx_mbuf *m = frame_mbuf(first + i);

		assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
		make_frame(frame, sizeof(frame), first + i);
		assert_int_equal(efake_take(fake, got, sizeof(got)), FRAME_LEN);
		assert_memory_equal(got, frame, FRAME_LEN);
	}
	/* Each burst ends with a packet whose end is reported. */
	plx_ethdev_tx_burst(port, 0, NULL, 0);
	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	assert_int_equal(ledger.tx_in_flight, 0);
}

static inline void
both_ways(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		put(i, 1);
		expect(i, 1);
		send_and_take(i, 1);
	}
}

/* -- news ------------------------------------------------------------------------------------------------------------- */

static unsigned news; /* links that went, and 0x100 for each that came */

static inline void
hear(void *arg, uint16_t number, bool up)
{
	__atomic_fetch_add(&news, up ? 0x100 : 1, __ATOMIC_RELAXED);
}

static inline uint64_t
now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* So much news comes. */
static inline bool
hears(unsigned wanted)
{
	WAIT_UNTIL(__atomic_load_n(&news, __ATOMIC_RELAXED) >= wanted);
	return __atomic_load_n(&news, __ATOMIC_RELAXED) >= wanted;
}

/* -- fixture ---------------------------------------------------------------------------------------------------------- */

static inline int
card_setup(void **state)
{
	const struct plx_pool_params params = {.name = "pool", .n = BUFFERS, .node = PLX_NODE_ANY};

	if (eal_fixture_init("0@0") != 0)
		return -1;
	efake_transport_add();
	if (plx_driver_add(&plx_driver_net_e1000, &why) != 0)
		return -1;
	return plx_pool_create(&params, &pool, &why);
}

/* After each case: what a failed one left. */
static inline int
card_sweep(void **state)
{
	if (fake == NULL)
		return 0;
	plx_device_detach(DEVICE, NULL);
	efake_destroy(fake);
	fake = NULL;
	return -1;
}

static inline int
card_teardown(void **state)
{
	if (plx_pool_destroy(pool, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return -1;
	}
	return plx_eal_cleanup();
}

#define CARD_TEST(function) cmocka_unit_test_teardown(function, card_sweep)

#endif
