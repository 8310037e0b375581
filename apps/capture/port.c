/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_lcore.h>
#include <pollux/plx_net_attach.h>
#include <pollux/plx_net_cluster.h>

#include "card.h"
#include "settings.h"
#include "source.h"

#define RING_TOTAL   16384 /* packets of all queues that may wait for the disk */
#define RING_MIN     1024
#define RING_MAX     8192
#define RING_PARTS   65536 /* buffers they may take, unless a size is asked for */
#define BUFFER_USUAL 2048
#define QUEUES_USUAL 4
#define FILES_MAX    16	   /* of one port; more queues than that mean: none was named */
#define DESCS_TOTAL  16384 /* packets that may wait in all device queues */
#define DESCS_MIN    512
#define DESCS_MAX    4096
#define POOL_CACHE   256
#define ETHER_ROOM   22 /* header and two tags */

/* A kernel may stamp a packet this long before it shows it to us. */
#define KERNEL_SLACK_NS 10000000

/* -- which ---------------------------------------------------------------------------------------- */

static bool
wanted(const struct settings *settings, uint16_t port)
{
	return settings->ports == 0 || (port < 64 && (settings->ports >> port & 1) != 0);
}

static bool
is_driver(const struct capture_port *port, const char *name)
{
	return strcmp(port->info.driver, name) == 0;
}

/*
 * An AF_XDP socket sees one queue of the interface, a file is a queue, and so are each queue of a program we are attached to and
 * each place in a cluster: all of them are needed. Others spread their packets over as many queues as there are, so one for each
 * worker is right.
 */
static uint16_t
choose_queues(const struct capture_port *port, const struct settings *settings, unsigned nb_workers)
{
	uint64_t most = port->info.max_rx_queues;
	bool all = is_driver(port, "net_af_xdp") || port->attached || port->works ||
		   (port->is_file && most <= FILES_MAX);
	uint64_t n = settings->workers;

	if (settings->queues != 0)
		return (uint16_t)settings->queues;
	if (n == 0)
		n = nb_workers < QUEUES_USUAL ? nb_workers : QUEUES_USUAL;
	if (all || n > most)
		n = most;
	return (uint16_t)n;
}

static void
label_port(struct capture_port *port)
{
	char name[IF_NAMESIZE] = "";

	if (port->info.if_index != 0)
		if_indextoname(port->info.if_index, name);
	snprintf(port->label, sizeof(port->label), "%s", name[0] != '\0' ? name : port->info.name);
}

/* What is asked for there need not be asked again here, and could not be of packets that were cut. */
static void
know_attached(struct capture_port *port, const struct settings *settings)
{
	struct plx_net_attach_facts facts;

	if (plx_net_attach_facts(port->port, &facts) != 0)
		return;
	port->attached = true;
	port->filtered_there =
		settings->filter != NULL && strcmp(facts.filter, settings->filter) == 0;
	snprintf(port->label, sizeof(port->label), "%s", facts.port);
}

/* Likewise; what has other filters than ours is asked here. */
static void
know_cluster(struct capture_port *port, const struct settings *settings)
{
	struct plx_net_cluster_facts facts;

	if (plx_net_cluster_facts(port->port, &facts) != 0)
		return;
	port->works = true;
	port->filtered_there =
		settings->filter != NULL && strcmp(facts.filter, settings->filter) == 0;
	snprintf(port->label, sizeof(port->label), "%s", facts.name);
}

static int
refuse_missing(const struct settings *settings, struct plx_why *why)
{
	const struct machine machine = {.root = ""};
	char cards[256];

	if (plx_ethdev_count() == 0)
		return plx_why(why, -ENODEV,
			       "there are no ports; name what to capture before '--', as in "
			       "plx-capture --vdev net_af_xdp0,iface=eth1 -- -o log.pcap\n"
			       "(net_af_packet0,iface=eth1 sees copies and leaves the interface to "
			       "the kernel; net_pcap0,rx_pcap=FILE reads a file)%s",
			       cards_offer(&machine, cards, sizeof(cards)));
	for (uint16_t port = 0; port < 64; port++) {
		if ((settings->ports >> port & 1) != 0 &&
		    (port >= PLX_ETHDEV_MAX || plx_ethdev_next(port) != port))
			return plx_why(why, -ENODEV,
				       "--port: there is no port %u; there are ports 0 to %u", port,
				       plx_ethdev_count() - 1);
	}
	return 0;
}

/* Buffers that the largest packet may take: of an MTU of 64 KiB, as lo has it, a ring full is a lot of memory. */
static uint32_t
parts_of(const struct capture_port *port, uint32_t buf_size)
{
	uint16_t mtu;

	return plx_ethdev_mtu(port->port, &mtu) == 0 ? 1 + mtu / buf_size : 1;
}

static uint32_t
choose_ring(const struct settings *settings, const struct capture_port *port, unsigned nb_queues)
{
	uint64_t least = settings->ring;
	uint32_t ring = RING_MIN, parts = parts_of(port, BUFFER_USUAL);

	if (least == 0) {
		least = RING_TOTAL / nb_queues;
		least = least > RING_MAX ? RING_MAX : least;
		while (least > RING_MIN && least * parts > RING_PARTS)
			least /= 2;
	} else {
		ring = 64;
	}
	while (ring < least)
		ring *= 2;
	return ring;
}

/* Longer device queues than usual: they are what bridges the moments when this program does not run. */
static uint16_t
choose_descs(const struct settings *settings, const struct capture_port *port, unsigned nb_queues)
{
	uint64_t n = DESCS_TOTAL / nb_queues;

	if (settings->rxd != 0)
		return (uint16_t)settings->rxd;
	if (port->attached || port->works)
		return DESCS_MIN; /* packets wait in its lanes, not in buffers */
	if (n > DESCS_MAX)
		n = DESCS_MAX;
	if (n < DESCS_MIN)
		n = DESCS_MIN;
	if (port->info.rx_desc_max != 0 && n > port->info.rx_desc_max)
		n = port->info.rx_desc_max;
	return (uint16_t)n;
}

int
ports_choose(const struct settings *settings, unsigned nb_workers, struct capture_port *ports,
	     struct plx_why *why)
{
	unsigned nb_queues = 0;
	int n = 0, err;

	err = refuse_missing(settings, why);
	if (err != 0)
		return err;
	PLX_ETHDEV_FOREACH(number) {
		struct capture_port *port = &ports[n];

		if (!wanted(settings, number))
			continue;
		*port = (struct capture_port){.port = number};
		err = plx_ethdev_info(number, &port->info);
		if (err != 0)
			return plx_why(why, err, "port %u cannot be asked what it is", number);
		port->is_file = is_driver(port, "net_pcap");
		label_port(port);
		know_attached(port, settings);
		know_cluster(port, settings);
		port->nb_queues = choose_queues(port, settings, nb_workers);
		nb_queues += port->nb_queues;
		n++;
	}
	for (int i = 0; i < n; i++) {
		ports[i].ring = choose_ring(settings, &ports[i], nb_queues);
		ports[i].descs = choose_descs(settings, &ports[i], nb_queues);
	}
	return n;
}

/* -- set-up --------------------------------------------------------------------------------------- */

/* The size that suits the device best, if a frame of its MTU fits: what is chained costs more than it wins. */
static bool
best_fits(const struct capture_port *port)
{
	uint16_t mtu;

	return port->info.buf_size_best > PLX_MBUF_HEADROOM &&
	       plx_ethdev_mtu(port->port, &mtu) == 0 &&
	       (uint32_t)mtu + ETHER_ROOM <= port->info.buf_size_best - PLX_MBUF_HEADROOM;
}

/* What a port that cannot scatter needs for a whole frame, or the usual size. */
static uint32_t
buffer_size(const struct capture_port *port)
{
	uint32_t headroom = port->info.headroom_min > PLX_MBUF_HEADROOM ? port->info.headroom_min
									: PLX_MBUF_HEADROOM;
	uint32_t bytes = BUFFER_USUAL;
	uint16_t mtu;

	if ((port->info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) == 0 &&
	    plx_ethdev_mtu(port->port, &mtu) == 0 && (uint32_t)mtu + ETHER_ROOM > bytes)
		bytes = (uint32_t)mtu + ETHER_ROOM;
	if (port->info.rx_buf_min > bytes)
		bytes = port->info.rx_buf_min;
	if (best_fits(port))
		return port->info.buf_size_best;
	return headroom + bytes < UINT16_MAX ? headroom + bytes : UINT16_MAX;
}

/*
 * Enough that the pool never is what runs out when the writer is slow: full rings, full device queues (those
 * waiting, and twice as many that an AF_XDP port offers to the kernel), bursts on their way, and what caches of
 * all lcores may keep. Packets larger than a buffer take several.
 */
static uint32_t
pool_size(const struct capture_port *port, unsigned nb_workers, uint32_t buf_size)
{
	uint32_t parts = parts_of(port, buf_size), per_queue;

	per_queue = 3 * port->descs + parts * (port->ring + 4 * SOURCE_BURST);
	return port->nb_queues * per_queue + (nb_workers + 2) * 2 * POOL_CACHE;
}

static int
make_pool(struct capture_port *port, unsigned nb_workers, struct plx_why *why)
{
	char name[PLX_POOL_NAME_MAX];
	struct plx_pool_params params = {
		.name = name,
		.n = pool_size(port, nb_workers, buffer_size(port)),
		.buf_size = buffer_size(port),
		.stride = best_fits(port) ? port->info.buf_size_best : 0,
		.headroom = port->info.headroom_min > PLX_MBUF_HEADROOM ? port->info.headroom_min
									: PLX_MBUF_HEADROOM,
		.cache = POOL_CACHE,
		.node = port->info.node,
	};
	int err;

	snprintf(name, sizeof(name), "capture%u", port->port);
	err = plx_pool_create(&params, &port->pool, why);
	return err == 0 ? 0 : plx_why_prefix(why, err, "port %u: ", port->port);
}

static int
configure(struct capture_port *port, struct plx_why *why)
{
	const uint32_t useful = PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_TIMESTAMP |
				PLX_ETH_RX_OFFLOAD_RSS_HASH;
	struct plx_ethdev_conf conf = {
		.rx_offloads = port->info.rx_offloads_capable & useful,
	};
	int err = plx_ethdev_configure(port->port, port->nb_queues, 0, &conf, why);

	if (err == 0)
		err = plx_ethdev_info(port->port, &port->info);
	if ((port->info.rx_offloads & PLX_ETH_RX_OFFLOAD_TIMESTAMP) != 0)
		port->slack_ns = KERNEL_SLACK_NS;
	return err;
}

static void
ask_link(struct capture_port *port)
{
	struct plx_ethdev_link link;

	if (plx_ethdev_link(port->port, &link) != 0)
		return;
	port->speed_mbps = link.speed_mbps;
	port->was_up = link.up;
}

int
port_open(struct capture_port *port, unsigned nb_workers, struct plx_why *why)
{
	int err = configure(port, why);

	if (err == 0)
		err = make_pool(port, nb_workers, why);
	for (uint16_t queue = 0; queue < port->nb_queues && err == 0; queue++)
		err = plx_ethdev_rx_queue_setup(port->port, queue, port->descs, port->pool, why);
	/* Files name the speed before the port is started. */
	if (err == 0)
		ask_link(port);
	return err;
}

int
port_start(struct capture_port *port, const struct settings *settings, struct plx_why *why)
{
	int err = plx_ethdev_start(port->port, why);

	if (err != 0)
		return err;
	port->started = true;
	/* A port without such a switch shows what it shows. */
	if (settings->promisc)
		plx_ethdev_set_promiscuous(port->port, true);
	ask_link(port);
	return plx_ethdev_info(port->port, &port->info);
}

void
port_stop(struct capture_port *port)
{
	if (port->started)
		plx_ethdev_stop(port->port);
	port->started = false;
}

int
port_close(struct capture_port *port, struct plx_why *why)
{
	int err = 0;

	port_stop(port);
	plx_ethdev_close(port->port);
	if (port->pool != NULL)
		err = plx_pool_destroy(port->pool, why);
	port->pool = NULL;
	return err;
}

void
port_clock(const struct capture_port *port, char *buf, size_t size)
{
	const char *source =
		port->info.rx_clock[0] != '\0' ? port->info.rx_clock : "stamp of the driver";

	if ((port->info.rx_offloads & PLX_ETH_RX_OFFLOAD_TIMESTAMP) == 0)
		source = "stamp of plx-capture at the burst that received it, CLOCK_REALTIME";
	if (port->is_file)
		snprintf(buf, size, "time: as in the file that was read");
	else
		snprintf(buf, size, "time: %s, ns", source);
}

void
port_hardware(const struct capture_port *port, char *buf, size_t size)
{
	char link[64], target[256];
	const char *slash;
	ssize_t n = -1;

	snprintf(link, sizeof(link), "/sys/class/net/%.16s/device/driver", port->label);
	if (port->info.if_index != 0)
		n = readlink(link, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	slash = strrchr(target, '/');
	if (slash != NULL)
		snprintf(buf, size, "%s over %s", port->info.driver, slash + 1);
	else
		snprintf(buf, size, "%s", port->info.driver);
}

bool
port_at_end(struct capture_port *port)
{
	struct plx_ethdev_link link;

	if ((!port->is_file && !port->attached) || plx_ethdev_link(port->port, &link) != 0)
		return false;
	port->was_up |= link.up;
	return (port->was_up || port->attached) && !link.up;
}

void
port_look(struct capture_port *port)
{
	struct plx_ethdev_link link;

	if (port->info.if_index != 0 && plx_ethdev_link(port->port, &link) == -ENODEV)
		port->gone = true;
}
