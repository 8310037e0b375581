/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our side of the AF_XDP bench: the public interface, one queue, one thread, and the buffers that the port
 * likes best. In the environment, BENCH_DEVARGS (",key=value") adds devargs, BENCH_STRIDE sets buffer size and
 * stride (0: those of any pool), BENCH_DESCS the rings; BENCH_STAMPS asks for time stamps.
 */
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_mbuf.h>

#include "bench_af_xdp.h"

static uint16_t port;
static struct plx_pool *pool;
static uint8_t frame[FRAME_LEN];

static unsigned
send_all(struct plx_mbuf **pkts, unsigned n)
{
	unsigned sent = plx_ethdev_tx_burst(port, 0, pkts, (uint16_t)n);

	if (sent < n)
		plx_mbuf_free_bulk(pkts + sent, n - sent);
	return sent;
}

static unsigned
step(enum mode mode)
{
	struct plx_mbuf *pkts[BURST];
	unsigned n;

	if (mode == TXONLY) {
		if (plx_mbuf_alloc_bulk(pool, pkts, BURST) != 0)
			return plx_ethdev_tx_burst(port, 0, NULL, 0);
		for (unsigned i = 0; i < BURST; i++)
			memcpy(plx_mbuf_append(pkts[i], FRAME_LEN), frame, FRAME_LEN);
		return send_all(pkts, BURST);
	}
	n = plx_ethdev_rx_burst(port, 0, pkts, BURST);
	if (n == 0)
		return 0;
	if (mode == RXONLY) {
		plx_mbuf_free_bulk(pkts, n);
		return n;
	}
	for (unsigned i = 0; i < n; i++)
		swap_macs(plx_mbuf_data(pkts[i]));
	return send_all(pkts, n);
}

static int
start(const struct job *job, struct plx_why *why)
{
	const char *stride = getenv("BENCH_STRIDE"), *extra = getenv("BENCH_DEVARGS");
	const char *descs = getenv("BENCH_DESCS");
	const struct plx_ethdev_conf conf = {
		.rx_offloads = getenv("BENCH_STAMPS") != NULL ? PLX_ETH_RX_OFFLOAD_TIMESTAMP : 0};
	struct plx_pool_params params = {.name = "p", .n = BUFFERS, .cache = 256, .node = -1};
	struct plx_ethdev_info info = {0};
	char vdev[200], lcores[16];
	char *argv[] = {(char[]){"bench"},
			(char[]){"--lcores"},
			lcores,
			(char[]){"--no-pci"},
			(char[]){"--vdev"},
			vdev,
			NULL};
	int err;

	snprintf(lcores, sizeof(lcores), "0@%d", job->cpu);
	snprintf(vdev, sizeof(vdev), "net_af_xdp0,iface=%s%s", job->iface,
		 extra != NULL ? extra : "");
	err = plx_eal_init(6, argv, why);
	if (err >= 0)
		err = plx_ethdev_by_name("net_af_xdp0", &port);
	if (err == 0)
		err = plx_ethdev_info(port, &info);
	params.stride = params.buf_size =
		stride != NULL ? (uint32_t)atoi(stride) : info.buf_size_best;
	if (err == 0)
		err = plx_pool_create(&params, &pool, why);
	if (err == 0)
		err = plx_ethdev_configure(port, 1, 1, &conf, why);
	if (err == 0)
		err = plx_ethdev_rx_queue_setup(port, 0, descs ? (uint16_t)atoi(descs) : DESCS,
						pool, why);
	if (err == 0)
		err = plx_ethdev_tx_queue_setup(port, 0, descs ? (uint16_t)atoi(descs) : DESCS,
						why);
	return err == 0 ? plx_ethdev_start(port, why) : err;
}

int
main(int argc, char **argv)
{
	const struct job job = read_job(argc, argv);
	struct plx_why why = {""};

	make_frame(frame);
	if (start(&job, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	run_job(&job, step);
	return plx_eal_cleanup();
}
