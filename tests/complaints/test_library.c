/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What users of such libraries complain about, and what cannot happen here: docs/complaints.md has the list. One
 * case a complaint, chosen on the command line; over the public headers only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_net_build.h>
#include <pollux/plx_net_hash.h>

#include <errno.h>
#include <fcntl.h>

#define DEVICES_MAX 8

static int
init_with(const char *const *devices, struct plx_why *why)
{
	static const char *const common[] = {"test", "--lcores", "(0,1)@0", "--no-huge",
					     "--no-pci"};
	char *argv[PLX_ARRAY_LEN(common) + 2 * DEVICES_MAX + 1] = {NULL},
							     *kept[PLX_ARRAY_LEN(argv)];
	int argc = 0, ret;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(common); i++)
		argv[argc++] = strdup(common[i]);
	for (; *devices != NULL; devices++) {
		argv[argc++] = strdup("--vdev");
		argv[argc++] = strdup(*devices);
	}
	memcpy(kept, argv, sizeof(argv));
	ret = plx_eal_init(argc, argv, why);
	while (argc > 0)
		free(kept[--argc]);
	return ret < 0 ? ret : 0;
}

static void
start_with(const char *const *devices)
{
	struct plx_why why = {""};

	if (init_with(devices, &why) != 0)
		fail_msg("%s", why.text);
}

static struct plx_pool *
make_pool(uint32_t n)
{
	const struct plx_pool_params params = {.name = "test", .n = n, .node = -1};
	struct plx_pool *pool = NULL;
	struct plx_why why = {""};

	if (plx_pool_create(&params, &pool, &why) != 0)
		fail_msg("%s", why.text);
	return pool;
}

static void
start_port(uint16_t port, struct plx_pool *pool, const struct plx_ethdev_conf *conf, uint16_t descs)
{
	struct plx_why why = {""};

	if (plx_ethdev_configure(port, 1, 1, conf, &why) != 0 ||
	    plx_ethdev_rx_queue_setup(port, 0, descs, pool, &why) != 0 ||
	    plx_ethdev_tx_queue_setup(port, 0, descs, &why) != 0 ||
	    plx_ethdev_start(port, &why) != 0)
		fail_msg("%s", why.text);
}

/* "The library exits, and cannot be started twice." */
static void
reinit(void **state)
{
	static const char *const devices[] = {"net_null0", "net_ring0", NULL};
	static const char *const none[] = {NULL};

	for (unsigned life = 0; life < 20; life++) {
		struct plx_pool *pool;
		struct plx_why why;

		start_with(devices);
		assert_int_equal(plx_ethdev_count(), 2);
		pool = make_pool(4096);
		start_port(0, pool, &(struct plx_ethdev_conf){0}, 0);
		start_port(1, pool, &(struct plx_ethdev_conf){0}, 0);
		plx_ethdev_close(0);
		plx_ethdev_close(1);
		assert_int_equal(plx_pool_destroy(pool, &why), 0);
		assert_int_equal(plx_eal_cleanup(), 0);
	}
	/* An error comes back, too, and the next start works. */
	for (unsigned life = 0; life < 3; life++) {
		static const char *const wrong[] = {"net_nosuch0", NULL};
		struct plx_why why = {""};

		assert_int_not_equal(init_with(wrong, &why), 0);
		assert_non_null(strstr(why.text, "net_nosuch"));
		start_with(none);
		assert_int_equal(plx_eal_cleanup(), 0);
	}
}

/* "Packets vanish when the ring of the device is full." */
static void
silent_tx_loss(void **state)
{
	static const char *const devices[] = {"net_ring0,entries=64", NULL};
	struct plx_mbuf *pkts[256];
	struct plx_ethdev_stats stats;
	struct plx_pool *pool;
	struct plx_why why;
	uint16_t taken;

	start_with(devices);
	pool = make_pool(4096);
	start_port(0, pool, &(struct plx_ethdev_conf){0}, 64);
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, 256), 0);
	for (unsigned i = 0; i < 256; i++)
		assert_non_null(plx_mbuf_append(pkts[i], 60));
	taken = plx_ethdev_tx_burst(0, 0, pkts, 256);
	assert_in_range(taken, 1, 255);
	/* What was not taken is still the caller's, whole. */
	for (unsigned i = taken; i < 256; i++) {
		assert_int_equal(plx_mbuf_check(pkts[i], &why), 0);
		assert_int_equal(pkts[i]->pkt_len, 60);
	}
	assert_int_equal(plx_ethdev_stats(0, &stats), 0);
	assert_int_equal(stats.tx_packets, taken);
	plx_mbuf_free_bulk(pkts + taken, 256u - taken);
	plx_ethdev_close(0);
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
	plx_eal_cleanup();
}

/* "Buffers leak, and nobody says whose fault it is." */
static void
leaks(void **state)
{
	static const char *const none[] = {NULL};
	struct plx_mbuf *pkts[3];
	struct plx_why why = {""};
	struct plx_pool *pool;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	start_with(none);
	pool = make_pool(64);
	assert_int_equal(plx_mbuf_alloc_bulk(pool, pkts, 3), 0);
	assert_int_equal(plx_pool_destroy(pool, &why), -EBUSY);
	assert_non_null(strstr(why.text, "test"));
	assert_non_null(strstr(why.text, "3"));
	out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(plx_pool_report(pool, out), 3);
	fclose(out);
	assert_non_null(strstr(text, "3"));
	free(text);
	plx_mbuf_free_bulk(pkts, 3);
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
	plx_eal_cleanup();
}

/* "It refuses to start, since the device lacks something that I do not need." */
static void
optional_features(void **state)
{
	static const char *const devices[] = {"net_null0", "net_ring0", NULL};
	const struct plx_ethdev_conf everything = {
		.rx_offloads = 0x3ff, .tx_offloads = 0x7f, .rss_types = 0x1f};
	struct plx_pool *pool;
	struct plx_why why;

	start_with(devices);
	pool = make_pool(4096);
	PLX_ETHDEV_FOREACH(port) {
		struct plx_ethdev_info info;

		start_port(port, pool, &everything, 0);
		assert_int_equal(plx_ethdev_info(port, &info), 0);
		assert_int_equal(info.state, PLX_ETHDEV_STARTED);
		/* Nothing is claimed that is not there. */
		assert_int_equal(info.rx_offloads & ~info.rx_offloads_capable, 0);
		assert_int_equal(info.tx_offloads & ~info.tx_offloads_capable, 0);
		plx_ethdev_close(port);
	}
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
	plx_eal_cleanup();
}

static uint32_t
hash_of(struct plx_net_build build, uint16_t nb_vlans, bool back)
{
	uint8_t frame[128], other[PLX_NET_IPV6_LEN];
	uint16_t port = build.src_port;

	build.nb_vlans = nb_vlans;
	build.vlan_tci[0] = 7;
	build.vlan_tci[1] = 8;
	if (back) {
		memcpy(other, build.src_ip, sizeof(other));
		memcpy(build.src_ip, build.dst_ip, sizeof(other));
		memcpy(build.dst_ip, other, sizeof(other));
		build.src_port = build.dst_port;
		build.dst_port = port;
	}
	assert_int_equal(plx_net_build_frame(&build, frame, sizeof(frame)), 0);
	return plx_net_flow_hash(frame, sizeof(frame));
}

/* "The two directions of a flow go to different workers; with VLAN tags they go anywhere." */
static void
asymmetric_hash(void **state)
{
	struct plx_net_build build = {.proto = PLX_NET_PROTO_TCP,
				      .src_ip = {10, 0, 0, 1},
				      .dst_ip = {10, 0, 0, 2},
				      .dst_port = 443};
	uint32_t seen[64];

	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		unsigned different = 0;

		build.ipv6 = ipv6 == 1;
		for (uint16_t flow = 0; flow < 64; flow++) {
			build.src_port = (uint16_t)(40000 + flow);
			seen[flow] = hash_of(build, 0, false);
			for (uint16_t vlans = 0; vlans < 3; vlans++) {
				assert_int_equal(hash_of(build, vlans, true), seen[flow]);
				assert_int_equal(hash_of(build, vlans, false), seen[flow]);
			}
			different += flow > 0 && seen[flow] != seen[flow - 1];
		}
		/* And yet flows are told apart. */
		assert_in_range(different, 60, 63);
	}
}

static const struct {
	const char *name;
	void (*run)(void **state);
} cases[] = {
	{"reinit", reinit},
	{"silent_tx_loss", silent_tx_loss},
	{"leaks", leaks},
	{"optional_features", optional_features},
	{"asymmetric_hash", asymmetric_hash},
};

int
main(int argc, char **argv)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		const struct CMUnitTest tests[] = {{cases[i].name, cases[i].run, NULL, NULL, NULL}};

		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0)
			return cmocka_run_group_tests(tests, NULL, NULL);
	}
	fprintf(stderr, "which complaint?\n");
	return 99;
}
