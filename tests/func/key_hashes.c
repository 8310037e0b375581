/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints a line for each packet of the one port it is given: its hash by every key, for check_keys.py. */
#include <pollux/plx_cluster_key.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>

#include <inttypes.h>
#include <stdio.h>

#define BURST 32

static void
print(struct plx_mbuf *const *pkts, uint16_t n)
{
	uint32_t hash[PLX_CLUSTER_KEYS][BURST];
	uint64_t round = 0;

	for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++)
		plx_cluster_key_burst((enum plx_cluster_key)key, pkts, n, hash[key], &round);
	for (uint16_t i = 0; i < n; i++) {
		for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++)
			printf("%" PRIu32 "%c", hash[key][i],
			       key + 1 < PLX_CLUSTER_KEYS ? ' ' : '\n');
	}
}

static int
run(struct plx_why *why)
{
	struct plx_mbuf *pkts[BURST];
	struct plx_pool *pool;
	int ret = plx_ethdev_open_all(1, 1, 0, &pool, why);

	if (ret != 0)
		return ret;
	for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++)
		printf("%s%c", plx_cluster_key_name((enum plx_cluster_key)key),
		       key + 1 < PLX_CLUSTER_KEYS ? ' ' : '\n');
	for (;;) {
		uint16_t n = plx_ethdev_rx_burst(0, 0, pkts, BURST);

		if (n == 0 && plx_ethdev_ended(0))
			break;
		print(pkts, n);
		plx_mbuf_free_bulk(pkts, n);
	}
	return plx_ethdev_close_all(pool, NULL, NULL, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret >= 0)
		ret = run(&why);
	if (ret < 0)
		fprintf(stderr, "key_hashes: %s\n", why.text);
	plx_eal_cleanup();
	return ret < 0;
}
