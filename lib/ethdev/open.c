/* SPDX-License-Identifier: BSD-3-Clause */
/* What programs without wishes of their own need around ports: a pool, a start, and the books as text. */
#include "plx_ethdev_open.h"

#include "plx_bits.h"
#include "plx_ethdev_driver.h"
#include "plx_lcore.h"
#include "plx_net_wire.h"
#include "plx_zone.h"

#include <errno.h>
#include <inttypes.h>

#define CACHE	      256
#define BURSTS	      512 /* buffers on their way, a lcore */
#define FRAME_EXTRA   (sizeof(struct plx_net_ether) + 2 * sizeof(struct plx_net_vlan))
#define FRAME_MAX     16384 /* of an interface with a larger MTU the driver says what does not fit */
#define XDP_CHUNK_MAX 4096

/* What the ports together ask of a pool. */
struct demand {
	uint32_t n;
	uint32_t best; /* size that all of them like best, 0 if they do not agree */
	uint32_t frame;
	uint16_t headroom;
};

static int
add_port(struct demand *demand, uint16_t port, uint16_t nb_queues, struct plx_why *why)
{
	const bool first = demand->n == 0;
	struct plx_ethdev_info info;
	uint16_t mtu = 1500;
	uint32_t frame;

	plx_ethdev_info(port, &info);
	if (nb_queues == 0 || nb_queues > info.max_rx_queues || nb_queues > info.max_tx_queues)
		return plx_why(why, -EINVAL, "%s: %u queues asked for, the device has 1 to %u",
			       info.name, nb_queues,
			       info.max_rx_queues < info.max_tx_queues ? info.max_rx_queues
								       : info.max_tx_queues);
	plx_ethdev_mtu(port, &mtu);
	frame = mtu + (uint32_t)FRAME_EXTRA;
	demand->n += (uint32_t)nb_queues * (uint32_t)(info.rx_desc_default + info.tx_desc_default);
	demand->best = first || info.buf_size_best == demand->best ? info.buf_size_best : 0;
	if (frame > demand->frame)
		demand->frame = frame < FRAME_MAX ? frame : FRAME_MAX;
	if (info.headroom_min > demand->headroom)
		demand->headroom = info.headroom_min;
	return 0;
}

/* 0, the pool's default, where that is enough. */
static uint32_t
buf_size(const struct demand *demand)
{
	const uint32_t need = demand->frame + demand->headroom;

	if (demand->best >= need)
		return demand->best;
	if (demand->best != 0 && need <= XDP_CHUNK_MAX)
		return XDP_CHUNK_MAX;
	return demand->frame <= 2048 ? 0 : (uint32_t)plx_align_up(need, PLX_CACHE_LINE);
}

int
plx_ethdev_pool_create(const char *name, uint16_t nb_queues, uint32_t held,
		       struct plx_pool **ret_pool, struct plx_why *why)
{
	struct demand demand = {.headroom = PLX_MBUF_HEADROOM};
	struct plx_pool_params params = {.name = name, .cache = CACHE, .node = PLX_NODE_ANY};
	int ret;

	if (plx_ethdev_count() == 0)
		return plx_why(why, -ENODEV,
			       "there is no port to make a pool for: name one, for "
			       "example --vdev net_af_xdp0,iface=eth1");
	PLX_ETHDEV_FOREACH(port) {
		ret = add_port(&demand, port, nb_queues, why);
		if (ret != 0)
			return ret;
	}
	params.n = demand.n + held + plx_lcore_count() * (2 * CACHE + BURSTS);
	params.headroom = demand.headroom;
	params.buf_size = buf_size(&demand);
	params.stride = demand.best != 0 && params.buf_size <= XDP_CHUNK_MAX ? params.buf_size : 0;
	return plx_pool_create(&params, ret_pool, why);
}

static bool
fits(uint16_t port, const struct plx_pool *pool)
{
	uint16_t mtu = 1500;

	plx_ethdev_mtu(port, &mtu);
	return mtu + FRAME_EXTRA <= pool->buf_size - pool->headroom;
}

int
plx_ethdev_open(uint16_t port, uint16_t nb_queues, struct plx_pool *pool, struct plx_why *why)
{
	struct plx_ethdev_conf conf = {0};
	struct plx_ethdev_info info;
	int ret;

	if (plx_ethdev_info(port, &info) != 0)
		return plx_why(why, -ENODEV, "there is no port %u; there are %u ports", port,
			       plx_ethdev_count());
	if (info.state != PLX_ETHDEV_CLOSED)
		return plx_why(why, -EBUSY, "port %u (%s) is open already", port, info.name);
	if (!fits(port, pool)) {
		conf.rx_offloads = info.rx_offloads_capable & PLX_ETH_RX_OFFLOAD_SCATTER;
		conf.tx_offloads = info.tx_offloads_capable & PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	}
	ret = plx_ethdev_configure(port, nb_queues, nb_queues, &conf, why);
	for (uint16_t q = 0; q < nb_queues && ret == 0; q++) {
		ret = plx_ethdev_rx_queue_setup(port, q, 0, pool, why);
		if (ret == 0)
			ret = plx_ethdev_tx_queue_setup(port, q, 0, why);
	}
	if (ret == 0)
		ret = plx_ethdev_start(port, why);
	if (ret != 0)
		plx_ethdev_close(port);
	return ret;
}

bool
plx_ethdev_ended(uint16_t port)
{
	const struct plx_ethdev *dev = plx_ethdev_at(port);
	struct plx_ethdev_link link;

	if (dev == NULL || dev->info.if_index != 0 || dev->link_returns)
		return false;
	return plx_ethdev_link(port, &link) == 0 && !link.up;
}

/* -- books -------------------------------------------------------------------------------------------- */

static uint64_t
sum(const struct plx_ethdev_ledger_row *rows, unsigned n)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < n; i++)
		lost += rows[i].packets;
	return lost;
}

static void
print_losses(const struct plx_ethdev_ledger_row *rows, unsigned n, FILE *out)
{
	for (unsigned i = 0; i < n; i++)
		if (rows[i].packets != 0)
			fprintf(out, "  lost: %-26s %12" PRIu64 "\n", rows[i].name,
				rows[i].packets);
}

int
plx_ethdev_ledger_print(uint16_t port, FILE *out)
{
	struct plx_ethdev_ledger ledger;
	struct plx_ethdev_info info;
	int64_t rx, tx;

	if (plx_ethdev_info(port, &info) != 0 || plx_ethdev_ledger(port, &ledger) != 0)
		return -ENODEV;
	fprintf(out,
		"port %u (%s): received %" PRIu64 " = delivered %" PRIu64 " + waiting %" PRIu64
		" + lost %" PRIu64,
		port, info.name, ledger.rx_received, ledger.rx_delivered, ledger.rx_waiting,
		sum(ledger.rx_loss, ledger.nb_rx_losses));
	if (ledger.nb_rx_sifted != 0)
		fprintf(out, " + kept by rules %" PRIu64,
			sum(ledger.rx_sifted, ledger.nb_rx_sifted));
	fputc('\n', out);
	print_losses(ledger.rx_loss, ledger.nb_rx_losses, out);
	for (unsigned i = 0; i < ledger.nb_rx_sifted; i++)
		if (ledger.rx_sifted[i].packets != 0)
			fprintf(out, "  %-32s %12" PRIu64 "\n", ledger.rx_sifted[i].name,
				ledger.rx_sifted[i].packets);
	if (ledger.tx_taken != 0)
		fprintf(out,
			"port %u (%s): handed over %" PRIu64 " = sent %" PRIu64
			" + in flight %" PRIu64 " + lost %" PRIu64 "\n",
			port, info.name, ledger.tx_taken, ledger.tx_sent, ledger.tx_in_flight,
			sum(ledger.tx_loss, ledger.nb_tx_losses));
	print_losses(ledger.tx_loss, ledger.nb_tx_losses, out);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	if (rx == 0 && tx == 0)
		return 0;
	fprintf(out, "port %u (%s): not accounted for: %" PRId64 " received, %" PRId64 " sent\n",
		port, info.name, rx, tx);
	return -EUCLEAN;
}

static int
check_books(uint16_t port)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	if (plx_ethdev_ledger(port, &ledger) != 0)
		return -ENODEV;
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	return rx == 0 && tx == 0 ? 0 : -EUCLEAN;
}

/* -- all ---------------------------------------------------------------------------------------------- */

static int
check_count(unsigned nb_ports, struct plx_why *why)
{
	const unsigned count = plx_ethdev_count();

	if (nb_ports == 0 ? count > 0 : count == nb_ports)
		return 0;
	return plx_why(why, -ENODEV,
		       "%u port%s needed, there %s %u. Name each with an option, for example\n"
		       "  --vdev net_af_xdp0,iface=eth1   a kernel interface by AF_XDP\n"
		       "  --vdev net_null0                packets from nowhere, to try it out",
		       nb_ports == 0 ? 1 : nb_ports, nb_ports > 1 ? "s are" : " is",
		       count == 1 ? "is" : "are", count);
}

int
plx_ethdev_open_all(unsigned nb_ports, uint16_t nb_queues, uint32_t held,
		    struct plx_pool **ret_pool, struct plx_why *why)
{
	struct plx_pool *pool;
	int ret = check_count(nb_ports, why);

	if (ret == 0)
		ret = plx_ethdev_pool_create("packets", nb_queues, held, &pool, why);
	if (ret != 0)
		return ret;
	PLX_ETHDEV_FOREACH(port) {
		ret = plx_ethdev_open(port, nb_queues, pool, why);
		if (ret != 0)
			goto close;
		plx_ethdev_set_promiscuous(port, true); /* one that cannot is no reason to stop */
	}
	*ret_pool = pool;
	return 0;

close:
	PLX_ETHDEV_FOREACH(port)
		plx_ethdev_close(port);
	plx_pool_destroy(pool, NULL);
	return ret;
}

static void
add_stats(uint16_t port, struct plx_ethdev_stats *sum)
{
	struct plx_ethdev_stats stats;

	if (plx_ethdev_stats(port, &stats) != 0)
		return;
	sum->rx_packets += stats.rx_packets;
	sum->rx_bytes += stats.rx_bytes;
	sum->tx_packets += stats.tx_packets;
	sum->tx_bytes += stats.tx_bytes;
	sum->rx_missed += stats.rx_missed;
	sum->rx_no_mbuf += stats.rx_no_mbuf;
	sum->rx_errors += stats.rx_errors;
	sum->tx_errors += stats.tx_errors;
}

int
plx_ethdev_close_all(struct plx_pool *pool, FILE *out, struct plx_ethdev_stats *ret_sum,
		     struct plx_why *why)
{
	struct plx_ethdev_stats sum = {0};
	struct plx_ethdev_info info;
	int ret = 0, wrong;

	PLX_ETHDEV_FOREACH(port)
		plx_ethdev_close(port);
	PLX_ETHDEV_FOREACH(port) {
		add_stats(port, &sum);
		wrong = out != NULL ? plx_ethdev_ledger_print(port, out) : check_books(port);
		if (wrong != 0 && plx_ethdev_info(port, &info) == 0)
			ret = plx_why(why, wrong, "the books of port %u (%s) do not balance", port,
				      info.name);
	}
	if (ret_sum != NULL)
		*ret_sum = sum;
	wrong = plx_pool_destroy(pool, ret == 0 ? why : NULL);
	return ret != 0 ? ret : wrong;
}
