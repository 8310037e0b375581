/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One engine on one stream: net_ring0 is the far end, where a test gives frames and takes what came out; the
 * engine receives and sends at net_ring1.
 */
#ifndef PLX_TESTS_UNIT_TESTPMD_ENGINE_FIXTURE_H
#define PLX_TESTS_UNIT_TESTPMD_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../net/frame.h"
#include "engine.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_net_csum.h>
#include <pollux/plx_zone.h>

#include <string.h>

#define FAR	0
#define NEAR	1
#define PORTS	2
#define ENTRIES 64 /* packets a ring holds */
#ifndef POOL_BUFFERS
#define POOL_BUFFERS 1024
#endif

static struct plx_pool *pool;
static struct app app;
static struct stream stream;
static const struct engine *engine;
static struct plx_why why;
static uint8_t near_mac[6];

static inline void
start_port(uint16_t port)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
					     .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};

	assert_int_equal(plx_ethdev_configure(port, 1, 1, &conf, &why), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, pool, &why), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 0, 0, &why), 0);
	assert_int_equal(plx_ethdev_start(port, &why), 0);
}

static inline int
setup(void **state)
{
	const struct plx_pool_params params = {
		.name = "pool", .n = POOL_BUFFERS, .node = PLX_NODE_ANY};

	assert_int_equal(plx_pool_create(&params, &pool, &why), 0);
	start_port(FAR);
	start_port(NEAR);
	memset(&app, 0, sizeof(app));
	app.pool = pool;
	app.args.burst = 32;
	app.args.txpkts = (struct txpkts){.n = 1, .len = {64}};
	engine_settings_init(&app.args.engines);
	stream = (struct stream){.rx_port = NEAR, .tx_port = NEAR, .app = &app};
	plx_ethdev_mac(NEAR, near_mac);
	return 0;
}

/* Whatever a test did, every buffer must be home and sane at its end. */
static inline int
teardown(void **state)
{
	plx_ethdev_close(FAR);
	plx_ethdev_close(NEAR);
	if (plx_pool_audit(pool, &why) == 0 && plx_pool_destroy(pool, &why) == 0)
		return 0;
	fprintf(stderr, "%s\n", why.text);
	return -1;
}

static inline void
begin(const char *name)
{
	engine = engine_find(name);
	assert_non_null(engine);
	if (engine->begin != NULL)
		assert_int_equal(engine->begin(&stream, &why), 0);
}

static inline void
end(void)
{
	if (engine->end != NULL)
		engine->end(&stream);
}

/* Gives the engine a frame in pieces of at most `piece` bytes. */
static inline void
give_in_pieces(const void *bytes, size_t len, size_t piece)
{
	struct plx_mbuf *first = NULL;

	for (size_t off = 0; off < len; off += piece) {
		uint16_t part = (uint16_t)(len - off < piece ? len - off : piece);
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		assert_non_null(m);
		memcpy(plx_mbuf_append(m, part), (const uint8_t *)bytes + off, part);
		if (first == NULL)
			first = m;
		else
			assert_int_equal(plx_mbuf_chain(first, m), 0);
	}
	assert_int_equal(plx_ethdev_tx_burst(FAR, 0, &first, 1), 1);
}

static inline void
give(const void *bytes, size_t len)
{
	give_in_pieces(bytes, len, len);
}

/* The next packet that came out: its length, 0 if there is none. */
static inline size_t
take(uint8_t *ret_bytes)
{
	struct plx_mbuf *m;
	const void *bytes;
	size_t len;

	if (plx_ethdev_rx_burst(FAR, 0, &m, 1) == 0)
		return 0;
	assert_int_equal(plx_mbuf_check(m, &why), 0);
	len = m->pkt_len;
	assert_true(len <= FRAME_MAX);
	bytes = plx_mbuf_read(m, 0, (uint32_t)len, ret_bytes);
	if (bytes != ret_bytes)
		memcpy(ret_bytes, bytes, len);
	plx_mbuf_free(m);
	return len;
}

/* What a frame becomes: f in, f out; true if anything came out. */
static inline bool
pass_in_pieces(struct frame *f, size_t piece)
{
	give_in_pieces(f->bytes, f->len, piece);
	engine->run(&stream);
	f->len = take(f->bytes);
	return f->len > 0;
}

static inline bool
pass(struct frame *f)
{
	return pass_in_pieces(f, f->len);
}

static inline enum plx_net_csum_state
ipv4_csum(const struct frame *f)
{
	struct plx_net_packet packet;

	assert_int_equal(plx_net_parse(f->bytes, f->len, &packet), PLX_NET_GOOD);
	return plx_net_csum_check_ipv4(f->bytes, &packet.layers[0]);
}

static inline enum plx_net_csum_state
l4_csum(const struct frame *f)
{
	struct plx_net_packet packet;

	assert_int_equal(plx_net_parse(f->bytes, f->len, &packet), PLX_NET_GOOD);
	return plx_net_csum_check_l4(f->bytes, &packet.layers[0]);
}

/* Writes right checksums into a frame. */
static inline void
fill_csums(struct frame *f)
{
	struct plx_net_packet packet;

	assert_int_equal(plx_net_parse(f->bytes, f->len, &packet), PLX_NET_GOOD);
	plx_net_csum_fill_ipv4(f->bytes, &packet.layers[0]);
	plx_net_csum_fill_l4(f->bytes, &packet.layers[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static inline int
run_engine_tests(const struct CMUnitTest *tests, size_t n)
{
	static char words[][48] = {"test",
				   "--lcores",
				   "0",
				   "--no-huge",
				   "--no-pci",
				   "--vdev=net_ring0,peer=net_ring1,entries=64",
				   "--vdev=net_ring1"};
	char *argv[PLX_ARRAY_LEN(words) + 1] = {NULL};
	int failed;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(words); i++)
		argv[i] = words[i];
	if (plx_eal_init(PLX_ARRAY_LEN(words), argv, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	failed = _cmocka_run_group_tests("engine", tests, n, NULL, NULL);
	plx_eal_cleanup();
	return failed;
}

#endif
