/* SPDX-License-Identifier: BSD-3-Clause */
/* A port of net_virtio on a fake device (tests/fakes), and a pool that must be whole after every case. */
#ifndef PLX_TESTS_UNIT_NET_VIRTIO_FAKE_PORT_H
#define PLX_TESTS_UNIT_NET_VIRTIO_FAKE_PORT_H

#include "eal_fixture.h"
#include "event_marks.h"
#include "fds.h"
#include "plx_driver.h"
#include "plx_ethdev.h"
#include "virtio_fake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define FAKE_DEVICE "fake:x"
#define FAKE_BUFS   1024
#define FAKE_DESCS  64
#define FRAME_LEN   100

extern const struct plx_driver plx_driver_net_virtio;

static struct plx_pool *pool;
static struct vfake *fake;
static uint16_t port;
static struct plx_why why;

struct flavour {
	const char *name;
	struct vfake_options options;
};
static const struct flavour flavours[] = {
	{"modern, split", {.features = VFAKE_MODERN, .vectors = 4}},
	{"modern, packed", {.features = VFAKE_MODERN_PACKED, .vectors = 4}},
	{"legacy", {.kind = VFAKE_KIND_LEGACY, .features = VFAKE_LEGACY, .queue_size = FAKE_DESCS}},
	{"modern, split, in order",
	 {.features = VFAKE_MODERN | VIRTIO_BIT(VIRTIO_F_IN_ORDER), .batches = true}},
	{"modern, packed, in order",
	 {.features = VFAKE_MODERN_PACKED | VIRTIO_BIT(VIRTIO_F_IN_ORDER), .batches = true}},
};
#define NB_FLAVOURS PLX_ARRAY_LEN(flavours)

static inline uint64_t
now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static inline void
make_frame(uint8_t frame[FRAME_LEN], unsigned seed)
{
	for (unsigned i = 0; i < FRAME_LEN; i++)
		frame[i] = (uint8_t)(seed * 7 + i);
	memset(frame, 0xff, 6); /* broadcast: no filter minds */
	frame[12] = 0x88;
	frame[13] = 0xb5;
}

/* -- a port ------------------------------------------------------------------------------------------------ */

static unsigned fds_before;
static plx_event_id events_before;

/* The fake alone. */
static inline void
make_device(const struct vfake_options *options)
{
	fds_before = open_fds();
	events_before = event_mark();
	fake = vfake_create("x", options);
	assert_non_null(fake);
}

/* 0, or what probing said. */
static inline int
attach(const char *devargs)
{
	int ret = plx_device_attach(devargs, &why);

	return ret != 0 ? ret : plx_ethdev_by_name(FAKE_DEVICE, &port);
}

static inline int
start(uint16_t queues, const struct plx_ethdev_conf *conf)
{
	int ret = plx_ethdev_configure(port, queues, queues, conf, &why);

	for (uint16_t i = 0; ret == 0 && i < queues; i++) {
		ret = plx_ethdev_rx_queue_setup(port, i, FAKE_DESCS, pool, &why);
		if (ret == 0)
			ret = plx_ethdev_tx_queue_setup(port, i, FAKE_DESCS, &why);
	}
	return ret != 0 ? ret : plx_ethdev_start(port, &why);
}

static inline void
must(int ret)
{
	if (ret != 0)
		fail_msg("%d: %s", ret, why.text);
}

static inline void
make_port(const struct vfake_options *options)
{
	make_device(options);
	must(attach(FAKE_DEVICE));
	must(start(1, NULL));
}

static inline void
pool_is_whole(void)
{
	plx_pool_cache_flush(pool);
	if (plx_pool_audit(pool, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(plx_pool_in_use(pool), 0);
}

/* Device and port go; the buffers must be home. */
static inline void
drop_port(void)
{
	if (plx_device_find(FAKE_DEVICE) != NULL)
		assert_int_equal(plx_device_detach(FAKE_DEVICE, NULL), 0);
	vfake_destroy(fake);
	fake = NULL;
	pool_is_whole();
	assert_int_equal(open_fds(), fds_before);
	assert_int_equal(events_left(events_before), 0);
}

/* -- traffic --------------------------------------------------------------------------------------------------- */

static inline void
put(unsigned first, unsigned n)
{
	uint8_t frame[FRAME_LEN];

	for (unsigned i = 0; i < n; i++) {
		make_frame(frame, first + i);
		assert_int_equal(vfake_put(fake, 0, frame, sizeof(frame)), 0);
	}
}

/* Receives and frees whatever comes; how many. */
static inline unsigned
receive_all(void)
{
	struct plx_mbuf *pkts[32];
	unsigned total = 0, n, idle = 0;

	while (idle < 3) {
		n = plx_ethdev_rx_burst(port, 0, pkts, 32);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(plx_mbuf_check(pkts[i], NULL), 0);
		plx_mbuf_free_bulk(pkts, n);
		total += n;
		idle = n > 0 ? 0 : idle + 1;
	}
	return total;
}

static inline void
expect(unsigned first, unsigned n)
{
	uint8_t frame[FRAME_LEN];
	struct plx_mbuf *m;

	for (unsigned i = 0; i < n; i++) {
		make_frame(frame, first + i);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
		assert_int_equal(m->pkt_len, FRAME_LEN);
		assert_memory_equal(plx_mbuf_data(m), frame, FRAME_LEN);
		plx_mbuf_free(m);
	}
}

/* Sends n frames; how many were taken. */
static inline unsigned
send_some(unsigned first, unsigned n)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < n; i++) {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);
		uint8_t frame[FRAME_LEN];

		assert_non_null(m);
		make_frame(frame, first + i);
		memcpy(plx_mbuf_append(m, FRAME_LEN), frame, FRAME_LEN);
		if (plx_ethdev_tx_burst(port, 0, &m, 1) == 1)
			taken++;
		else
			plx_mbuf_free(m);
	}
	return taken;
}

static inline void
both_ways(unsigned n)
{
	uint8_t frame[FRAME_LEN], got[FRAME_LEN];

	for (unsigned i = 0; i < n; i++) {
		put(i, 1);
		expect(i, 1);
		assert_int_equal(send_some(i, 1), 1);
		make_frame(frame, i);
		assert_int_equal(vfake_take(fake, VFAKE_ANY, got, sizeof(got), NULL), FRAME_LEN);
		assert_memory_equal(got, frame, FRAME_LEN);
	}
}

/* -- fixture ------------------------------------------------------------------------------------------------------ */

static inline int
fake_port_setup(void **state)
{
	const struct plx_pool_params params = {
		.name = "pool", .n = FAKE_BUFS, .node = PLX_NODE_ANY};

	if (eal_fixture_init("0@0") != 0)
		return -1;
	vfake_transport_add();
	if (plx_driver_add(&plx_driver_net_virtio, &why) != 0)
		return -1;
	return plx_pool_create(&params, &pool, &why);
}

/* After each case: what a failed one left. */
static inline int
fake_port_sweep(void **state)
{
	if (fake == NULL)
		return 0;
	plx_device_detach(FAKE_DEVICE, NULL);
	vfake_destroy(fake);
	fake = NULL;
	return -1;
}

#define FAKE_PORT_TEST(function) cmocka_unit_test_teardown(function, fake_port_sweep)

static inline int
fake_port_teardown(void **state)
{
	if (plx_pool_destroy(pool, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return -1;
	}
	return plx_eal_cleanup();
}

#endif
