/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side of bench_vhost_ends. */
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_mbuf.h>

#include <stdio.h>
#include <unistd.h>

static struct rte_mempool *pool;

#define MBUF struct rte_mbuf *

static inline bool
alloc_bulk(struct rte_mbuf **pkts, unsigned n)
{
	return rte_pktmbuf_alloc_bulk(pool, pkts, n) == 0;
}

static inline void
free_bulk(struct rte_mbuf **pkts, unsigned n)
{
	rte_pktmbuf_free_bulk(pkts, n);
}

static inline void
set_len(struct rte_mbuf *m, unsigned len)
{
	m->pkt_len = len;
	m->data_len = (uint16_t)len;
}

static inline uint8_t *
data(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, uint8_t *);
}

static inline unsigned
rx(uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_rx_burst(port, 0, pkts, n);
}

static inline unsigned
tx(uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	return rte_eth_tx_burst(port, 0, pkts, n);
}

#include "bench_vhost_loops.h"

static int
start_eal(void)
{
	char words[][24] = {"bench",	     "--no-huge",	  "--no-pci",
			    "-m256",	     "--log-level=error", "--no-telemetry",
			    "--file-prefix", "--lcores",	  "0@0,1@1"};
	char prefix[32];
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5],
			words[6], prefix,   words[7], words[8], NULL};

	snprintf(prefix, sizeof(prefix), "ends%d", getpid());
	if (rte_eal_init(10, argv) < 0)
		return -rte_errno;
	pool = rte_pktmbuf_pool_create("ends", ENDS_POOL, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool != NULL ? 0 : -rte_errno;
}

static int
start_port(uint16_t port)
{
	struct rte_eth_conf conf = {0};
	int ret = rte_eth_dev_configure(port, 1, 1, &conf);

	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, ENDS_DESCS, SOCKET_ID_ANY, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, ENDS_DESCS, SOCKET_ID_ANY, NULL);
	return ret == 0 ? rte_eth_dev_start(port) : ret;
}

static int
begin(const char *vdev)
{
	char name[32];
	const char *args = strchr(vdev, ',') + 1;
	uint16_t port = 0;
	int ret = pool == NULL ? start_eal() : 0;

	snprintf(name, sizeof(name), "%.*s", (int)(args - 1 - vdev), vdev);
	if (ret == 0)
		ret = rte_eal_hotplug_add("vdev", name, args);
	if (ret == 0)
		ret = rte_eth_dev_get_port_by_name(name, &port);
	if (ret == 0)
		ret = start_port(port);
	if (ret != 0)
		fprintf(stderr, "dpdk: %s\n", rte_strerror(-ret));
	return ret == 0 ? port : -1;
}

static bool
is_up(uint16_t port)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

static void
launch(int (*fn)(void *arg), void *arg)
{
	rte_eal_remote_launch(fn, arg, 1);
}

static void
join(void)
{
	rte_eal_wait_lcore(1);
}

const struct bench_end bench_end_dpdk = {begin,	   is_up,  end_send, end_receive,
					 end_swap, launch, join};
