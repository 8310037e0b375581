/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side of the AF_XDP bench: the same loop over its net_af_xdp. BENCH_DEVARGS adds devargs. */
#include "bench_af_xdp.h"

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

static struct rte_mempool *pool;
static uint8_t frame[FRAME_LEN];

static unsigned
send_all(struct rte_mbuf **pkts, unsigned n)
{
	unsigned sent = rte_eth_tx_burst(0, 0, pkts, (uint16_t)n);

	if (sent < n)
		rte_pktmbuf_free_bulk(pkts + sent, n - sent);
	return sent;
}

static unsigned
step(enum mode mode)
{
	struct rte_mbuf *pkts[BURST];
	unsigned n;

	if (mode == TXONLY) {
		if (rte_pktmbuf_alloc_bulk(pool, pkts, BURST) != 0)
			return rte_eth_tx_burst(0, 0, pkts, 0);
		for (unsigned i = 0; i < BURST; i++)
			memcpy(rte_pktmbuf_append(pkts[i], FRAME_LEN), frame, FRAME_LEN);
		return send_all(pkts, BURST);
	}
	n = rte_eth_rx_burst(0, 0, pkts, BURST);
	if (n == 0)
		return 0;
	if (mode == RXONLY) {
		rte_pktmbuf_free_bulk(pkts, n);
		return n;
	}
	for (unsigned i = 0; i < n; i++)
		swap_macs(rte_pktmbuf_mtod(pkts[i], uint8_t *));
	return send_all(pkts, n);
}

static void
start(const struct job *job)
{
	const char *extra = getenv("BENCH_DEVARGS");
	const struct rte_eth_conf conf = {0};
	char vdev[200], lcores[16];
	char *argv[] = {(char[]){"bench"},
			(char[]){"--lcores"},
			lcores,
			(char[]){"--no-pci"},

			(char[]){"--no-huge"},
			(char[]){"-m"},
			(char[]){"128"},
			(char[]){"--no-telemetry"},
			(char[]){"--no-shconf"},
			(char[]){"--vdev"},
			vdev,
			(char[]){"--log-level=4"},
			NULL};

	snprintf(lcores, sizeof(lcores), "0@%d", job->cpu);
	snprintf(vdev, sizeof(vdev), "net_af_xdp0,iface=%s%s", job->iface,
		 extra != NULL ? extra : "");
	if (rte_eal_init(12, argv) < 0)
		exit(1);
	pool = rte_pktmbuf_pool_create("p", BUFFERS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL || rte_eth_dev_configure(0, 1, 1, &conf) != 0 ||
	    rte_eth_rx_queue_setup(0, 0, DESCS, 0, NULL, pool) != 0 ||
	    rte_eth_tx_queue_setup(0, 0, DESCS, 0, NULL) != 0 || rte_eth_dev_start(0) != 0) {
		fprintf(stderr, "dpdk: the port does not start\n");
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	const struct job job = read_job(argc, argv);
	int err;

	make_frame(frame);
	start(&job);
	err = run_job(&job, step);
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	rte_eal_cleanup();
	return err;
}
