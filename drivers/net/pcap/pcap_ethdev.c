/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_pcap: a port that receives what is in capture files and writes what it sends into others. Each file
 * is a queue. Read from the last page to the first. Not here: interfaces of the kernel (net_af_packet and
 * net_af_xdp), pacing by the packets' times.
 */
#include "pcap_priv.h"

#include "plx_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

PLX_LOG_COMPONENT(pcap_log, "pmd.net.pcap");

#define DESCS_DEFAULT 512

static const char *const format_names[] = {"pcap", "pcap_us", "pcapng", NULL};
static const char *const time_names[] = {"now", "packet", NULL};

#define PCAP_INTERFACE(name)                                                \
	{                                                                   \
		.key = name, .type = PLX_KVARGS_STRING,                     \
		.offset = offsetof(struct pcap_args, interface), .max = 64, \
		.help = "not here: see net_af_packet and net_af_xdp",       \
	}

static const struct plx_kvargs_field pcap_fields[] = {
	{.key = "rx_pcap",
	 .type = PLX_KVARGS_LIST,
	 .offset = offsetof(struct pcap_args, rx),
	 .help = "file to receive from, - is standard input; each one is an rx queue"},
	{.key = "tx_pcap",
	 .type = PLX_KVARGS_LIST,
	 .offset = offsetof(struct pcap_args, tx),
	 .help = "file to write, - is standard output; each one is a tx queue"},
	{.key = "infinite_rx",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct pcap_args, infinite_rx),
	 .help = "keep the files in memory and repeat them for ever (0)"},
	{.key = "eof",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct pcap_args, eof),
	 .help = "the link goes down at the end of all files (0)"},
	{.key = "snaplen",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct pcap_args, snaplen),
	 .min = 1,
	 .max = PLX_PCAPFILE_SNAPLEN_MAX,
	 .help = "bytes written of each packet (all)"},
	{.key = "format",
	 .type = PLX_KVARGS_CHOICE,
	 .offset = offsetof(struct pcap_args, format),
	 .choices = format_names,
	 .help = "of files written: pcap with nanoseconds or microseconds, or pcapng (pcap)"},
	{.key = "time",
	 .type = PLX_KVARGS_CHOICE,
	 .offset = offsetof(struct pcap_args, time),
	 .choices = time_names,
	 .help = "written with each packet: that of sending, or that it was received with (now)"},
	PCAP_INTERFACE("iface"),
	PCAP_INTERFACE("rx_iface"),
	PCAP_INTERFACE("rx_iface_in"),
	PCAP_INTERFACE("tx_iface"),
	{.key = NULL},
};

static const struct plx_ethdev_counter pcap_counters[PCAP_COUNTERS] = {
	[PCAP_RX_TOO_LONG] = {"rx_too_long", "longer than a buffer, scatter off",
			      PLX_COUNTER_RX_ERROR},
	[PCAP_RX_EMPTY] = {"rx_empty", "no bytes captured", PLX_COUNTER_RX_ERROR},
	[PCAP_RX_NOT_ETHERNET] = {"rx_not_ethernet", "not an Ethernet frame", PLX_COUNTER_RX_ERROR},
	[PCAP_RX_POOL_EMPTY] = {"rx_pool_empty", "bursts cut short by an empty pool, nothing lost",
				PLX_COUNTER_INFO},
	[PCAP_RX_FILE_FAULTS] = {"rx_file_faults", "files that ended with an error",
				 PLX_COUNTER_INFO},
	[PCAP_TX_NO_FILE] = {"tx_no_file", "no tx_pcap file for the queue", PLX_COUNTER_TX_ERROR},
	[PCAP_TX_NOT_WRITTEN] = {"tx_not_written", "the file could not be written",
				 PLX_COUNTER_TX_ERROR},
	[PCAP_TX_TOO_MANY_SEGMENTS] = {"tx_too_many_segments", "more segments than are written",
				       PLX_COUNTER_TX_ERROR},
};

/* -- counters, link -------------------------------------------------------------------------------------- */

static int
pcap_read_counters(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	struct pcap_port *port = pcap_port(dev);
	uint64_t received = 0;

	memset(values, 0, PCAP_COUNTERS * sizeof(*values));
	for (unsigned q = 0; q < PLX_ETHDEV_QUEUES_MAX; q++) {
		for (unsigned i = 0; i < PCAP_COUNTERS; i++)
			values[i] +=
				__atomic_load_n(&port->rx_counts[q].value[i], __ATOMIC_RELAXED) +
				__atomic_load_n(&port->tx_counts[q].value[i], __ATOMIC_RELAXED);
	}
	for (unsigned i = 0; i < port->args.rx.n; i++)
		received += __atomic_load_n(&port->in[i].offered, __ATOMIC_RELAXED);
	*ret_received = received;
	return 0;
}

/* A record that was read and waits for a buffer; after stop it is not ours to deliver, see pcap_stop. */
static int
pcap_rx_queue_count(struct plx_ethdev *dev, void *queue)
{
	const struct pcap_rxq *rxq = queue;

	return dev->info.state == PLX_ETHDEV_STARTED && rxq->in != NULL &&
	       __atomic_load_n(&rxq->in->has_record, __ATOMIC_RELAXED);
}

static bool
all_ended(const struct pcap_port *port)
{
	for (uint16_t i = 0; i < port->dev.info.nb_rx_queues && i < port->args.rx.n; i++) {
		if (!__atomic_load_n(&port->in[i].ended, __ATOMIC_RELAXED))
			return false;
	}
	return port->args.rx.n > 0;
}

static int
pcap_link(struct plx_ethdev *dev, struct plx_ethdev_link *ret_link)
{
	const struct pcap_port *port = pcap_port(dev);

	*ret_link = (struct plx_ethdev_link){
		.full_duplex = true,
		.up = dev->info.state == PLX_ETHDEV_STARTED && !(port->args.eof && all_ended(port)),
	};
	return 0;
}

/* Pipes can be waited for; a file is always ready, so waiting for it would be polling. */
static int
pcap_rx_fd(struct plx_ethdev *dev, void *queue)
{
	const struct pcap_rxq *rxq = queue;

	return rxq->in == NULL || rxq->in->regular ? -ENOTSUP : rxq->in->fd;
}

static int
pcap_set_mtu(struct plx_ethdev *dev, uint16_t mtu, struct plx_why *why)
{
	return 0;
}

static int
pcap_set_flag(struct plx_ethdev *dev, bool on)
{
	return 0;
}

static int
pcap_set_mac(struct plx_ethdev *dev, const uint8_t mac[6])
{
	return 0;
}

/* -- queues ---------------------------------------------------------------------------------------------- */

static int
pcap_rx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		    void **ret_queue, struct plx_why *why)
{
	struct pcap_port *port = pcap_port(dev);
	struct pcap_rxq *rxq = plx_ethdev_alloc(sizeof(*rxq));

	if (rxq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	rxq->pool = pool;
	rxq->in = queue < port->args.rx.n ? &port->in[queue] : NULL;
	rxq->counts = port->rx_counts[queue].value;
	rxq->port = dev->port;
	rxq->id = queue;
	rxq->room = (uint16_t)(pool->buf_size - pool->headroom);
	rxq->scatter = (dev->info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
	*ret_queue = rxq;
	return 0;
}

static int
pcap_tx_queue_setup(struct plx_ethdev *dev, uint16_t queue, uint16_t descs, void **ret_queue,
		    struct plx_why *why)
{
	struct pcap_port *port = pcap_port(dev);
	struct pcap_txq *txq = plx_ethdev_alloc(sizeof(*txq));

	if (txq == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	txq->out = queue < port->args.tx.n ? &port->out[queue] : NULL;
	txq->counts = port->tx_counts[queue].value;
	txq->id = queue;
	txq->pcapng = port->args.format == PCAP_FORMAT_PCAPNG;
	txq->keep_time = port->args.time == PCAP_TIME_PACKET;
	if (txq->out != NULL)
		plx_pcapfile_writer_counts(txq->out->writer, &txq->before);
	*ret_queue = txq;
	return 0;
}

/* No buffer stays in a queue. */
static void
pcap_queue_release(struct plx_ethdev *dev, void *queue)
{
	free(queue);
}

/* -- start and stop -------------------------------------------------------------------------------------- */

static int
pcap_start(struct plx_ethdev *dev, struct plx_why *why)
{
	struct pcap_port *port = pcap_port(dev);
	int err;

	for (uint16_t i = 0; i < dev->info.nb_rx_queues && i < port->args.rx.n; i++) {
		err = pcap_in_start(&port->in[i], port->args.infinite_rx, why);
		if (err != 0)
			return err;
	}
	for (uint16_t i = 0; i < dev->info.nb_tx_queues && i < port->args.tx.n; i++) {
		err = pcap_out_flush(&port->out[i], why);
		if (err != 0)
			return err;
	}
	return 0;
}

/* What the data path may not say is said here, once a file. */
static void
report_faults(struct pcap_port *port)
{
	const char *name = port->dev.info.name;

	for (unsigned i = 0; i < port->args.rx.n; i++) {
		if (port->in[i].fault.text[0] != '\0')
			plx_log_warn(&pcap_log, "%s rx queue %u: %s", name, i,
				     port->in[i].fault.text);
		port->in[i].fault.text[0] = '\0';
	}
	for (unsigned i = 0; i < port->args.tx.n; i++) {
		const char *text = plx_pcapfile_writer_why(port->out[i].writer);

		if (text[0] != '\0' && !port->out[i].told)
			plx_log_err(&pcap_log, "%s tx queue %u: %s", name, i, text);
		port->out[i].told = text[0] != '\0';
	}
}

/* A packet that was read and not delivered does not count: it will be offered at the next start. */
static void
pcap_stop(struct plx_ethdev *dev)
{
	struct pcap_port *port = pcap_port(dev);

	for (uint16_t i = 0; i < dev->info.nb_rx_queues && i < port->args.rx.n; i++) {
		struct pcap_in *in = &port->in[i];

		if (in->has_record)
			__atomic_store_n(&in->offered, in->offered - 1, __ATOMIC_RELAXED);
	}
	for (uint16_t i = 0; i < dev->info.nb_tx_queues && i < port->args.tx.n; i++) {
		pcap_out_flush(&port->out[i], NULL);
		pcap_tx_settle(dev->txq[i]);
	}
	report_faults(port);
}

static const struct plx_ethdev_ops pcap_ops = {
	.rx_queue_setup = pcap_rx_queue_setup,
	.tx_queue_setup = pcap_tx_queue_setup,
	.rx_queue_release = pcap_queue_release,
	.tx_queue_release = pcap_queue_release,
	.start = pcap_start,
	.stop = pcap_stop,
	.link = pcap_link,
	.set_mtu = pcap_set_mtu,
	.set_promiscuous = pcap_set_flag,
	.set_allmulticast = pcap_set_flag,
	.set_mac = pcap_set_mac,
	.rx_fd = pcap_rx_fd,
	.rx_queue_count = pcap_rx_queue_count,
	.counters = pcap_read_counters,
};

/* -- probe and remove ------------------------------------------------------------------------------------ */

static int
check_args(const struct pcap_args *args, struct plx_why *why)
{
	if (args->interface[0] != '\0')
		return plx_why(why, -EINVAL,
			       "net_pcap reads and writes files only; for the interface '%s' use "
			       "net_af_packet0,iface=%s (it keeps working beside us) or "
			       "net_af_xdp0,iface=%s (faster)",
			       args->interface, args->interface, args->interface);
	if (args->rx.n == 0 && args->tx.n == 0)
		return plx_why(why, -EINVAL, "give rx_pcap=FILE, tx_pcap=FILE or both");
	if (args->rx.n == 0 && (args->infinite_rx || args->eof))
		return plx_why(why, -EINVAL, "%s needs rx_pcap=FILE",
			       args->eof ? "eof" : "infinite_rx");
	if (args->infinite_rx && args->eof)
		return plx_why(why, -EINVAL,
			       "infinite_rx and eof contradict each other: what is repeated for "
			       "ever has no end");
	if (args->tx.n == 0 && (args->snaplen != 0 || args->format >= 0 || args->time >= 0))
		return plx_why(why, -EINVAL, "%s needs tx_pcap=FILE",
			       args->snaplen != 0  ? "snaplen"
			       : args->format >= 0 ? "format"
						   : "time");
	return 0;
}

static void
close_files(struct pcap_port *port)
{
	for (unsigned i = 0; i < PCAP_FILES_MAX; i++) {
		pcap_in_close(&port->in[i]);
		pcap_out_close(&port->out[i]);
	}
}

/* Opening for writing empties a file: not one that is still to be read, and not one twice. */
static int
check_same(const char *path, const struct plx_kvargs_list *others, unsigned n, struct plx_why *why)
{
	struct stat mine, other;

	if (stat(path, &mine) != 0 || !S_ISREG(mine.st_mode))
		return 0;
	for (unsigned i = 0; i < n; i++) {
		if (stat(others->item[i], &other) == 0 && mine.st_dev == other.st_dev &&
		    mine.st_ino == other.st_ino)
			return plx_why(why, -EINVAL,
				       "tx_pcap='%s' is the same file as '%s': writing would empty "
				       "it",
				       path, others->item[i]);
	}
	return 0;
}

static int
open_files(struct pcap_port *port, struct plx_why *why)
{
	const struct plx_kvargs_list *rx = &port->args.rx, *tx = &port->args.tx;
	int err = 0;

	for (unsigned i = 0; i < rx->n && err == 0; i++)
		err = pcap_in_open(&port->in[i], rx->item[i], why);
	for (unsigned i = 0; i < tx->n && err == 0; i++) {
		err = check_same(tx->item[i], rx, rx->n, why);
		if (err == 0)
			err = check_same(tx->item[i], tx, i, why);
		if (err == 0)
			err = pcap_out_open(&port->out[i], tx->item[i], &port->args,
					    port->dev.device->name, why);
	}
	return err;
}

static void
describe(struct pcap_port *port)
{
	const struct plx_kvargs_list *rx = &port->args.rx, *tx = &port->args.tx;
	struct plx_ethdev *dev = &port->dev;

	dev->ops = &pcap_ops;
	dev->counters = pcap_counters;
	dev->nb_counters = PCAP_COUNTERS;
	dev->rx_burst = port->args.infinite_rx ? pcap_rx_kept : pcap_rx_file;
	dev->tx_burst = pcap_tx;
	dev->info.max_rx_queues = rx->n > 0 ? (uint16_t)rx->n : PLX_ETHDEV_QUEUES_MAX;
	dev->info.max_tx_queues = tx->n > 0 ? (uint16_t)tx->n : PLX_ETHDEV_QUEUES_MAX;
	dev->info.max_mtu = PCAP_FRAME_MAX - 18;
	dev->info.rx_desc_min = dev->info.tx_desc_min = 1;
	dev->info.rx_desc_max = dev->info.tx_desc_max = UINT16_MAX;
	dev->info.rx_desc_default = dev->info.tx_desc_default = DESCS_DEFAULT;
	dev->info.rx_buf_min = 1;
	dev->info.rx_offloads_capable = PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_TIMESTAMP;
	dev->info.tx_offloads_capable = PLX_ETH_TX_OFFLOAD_MULTI_SEGS;
	snprintf(dev->info.mode, sizeof(dev->info.mode), "from %.60s%s%s into %.60s%s",
		 rx->n > 0 ? rx->item[0] : "no file", rx->n > 1 ? ", ..." : "",
		 port->args.infinite_rx ? " for ever" : "", tx->n > 0 ? tx->item[0] : "no file",
		 tx->n > 1 ? ", ..." : "");
}

static int
pcap_probe(struct plx_device *device, struct plx_why *why)
{
	struct pcap_port *port = plx_ethdev_alloc(sizeof(*port));
	int err;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	port->dev.device = device;
	port->args.format = port->args.time = -1;
	err = plx_kvargs_parse(device->args, pcap_fields, &port->args, why);
	if (err == 0)
		err = check_args(&port->args, why);
	if (err != 0)
		goto free_port;
	err = open_files(port, why);
	if (err != 0)
		goto close_files;
	describe(port);
	err = plx_ethdev_register(&port->dev, why);
	if (err != 0)
		goto close_files;
	device->data = port;
	return 0;

close_files:
	close_files(port);
free_port:
	free(port);
	return err;
}

static void
pcap_remove(struct plx_device *device)
{
	struct pcap_port *port = device->data;

	plx_ethdev_unregister(&port->dev);
	for (unsigned i = 0; i < port->args.tx.n; i++)
		pcap_out_flush(&port->out[i], NULL);
	report_faults(port);
	close_files(port);
	free(port);
}

const struct plx_driver plx_driver_net_pcap = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_pcap",
	.about = "packets from capture files and into them",
	.probe = pcap_probe,
	.remove = pcap_remove,
};
