/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_pcap for its parts: pcap_ethdev.c (arguments, life), pcap_in.c and pcap_rx.c (files read),
 * pcap_tx.c (files written). Files belong to the port and outlive queues, so that neither stop and start
 * nor a new configuration cuts off what was written.
 */
#ifndef PLX_DRIVERS_NET_PCAP_PCAP_PRIV_H
#define PLX_DRIVERS_NET_PCAP_PCAP_PRIV_H

#include "plx_ethdev_driver.h"
#include "plx_kvargs.h"
#include "plx_pcapfile_reader.h"
#include "plx_pcapfile_writer.h"

#define PCAP_FILES_MAX	  PLX_KVARGS_LIST_MAX
#define PCAP_SEGMENTS_MAX 256
#define PCAP_FRAME_MAX	  65535

enum pcap_format {
	PCAP_FORMAT_PCAP,
	PCAP_FORMAT_PCAP_US,
	PCAP_FORMAT_PCAPNG,
};

enum pcap_time {
	PCAP_TIME_NOW,
	PCAP_TIME_PACKET,
};

/* What the user may say behind net_pcap0. */
struct pcap_args {
	struct plx_kvargs_list rx;
	struct plx_kvargs_list tx;
	bool infinite_rx;
	bool eof;
	uint64_t snaplen;
	int format; /* -1: not given, as is time */
	int time;
	char interface[64]; /* never right, see pcap_ethdev.c */
};

enum pcap_counter {
	PCAP_RX_TOO_LONG,
	PCAP_RX_EMPTY,
	PCAP_RX_NOT_ETHERNET,
	PCAP_RX_POOL_EMPTY,
	PCAP_RX_FILE_FAULTS,
	PCAP_TX_NO_FILE,
	PCAP_TX_NOT_WRITTEN,
	PCAP_TX_TOO_MANY_SEGMENTS,
	PCAP_COUNTERS,
};

/* A packet of an infinite_rx file, kept in memory. */
struct pcap_kept {
	uint64_t offset; /* in bytes[] */
	uint32_t len, wire_len;
};

/* A file that is read, by one queue. */
struct pcap_in {
	const char *path;
	int fd; /* the source's */
	bool regular;
	bool fresh; /* nothing was read of it but the header */
	bool ended; /* atomic: nothing more will come */
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_reader *reader;
	bool has_record; /* `record` is read and not delivered: the pool was empty */
	struct plx_pcapfile_record record;
	struct plx_why fault; /* what ended the file before its end; told at stop */

	/* infinite_rx */
	uint8_t *bytes;
	struct pcap_kept *kept;
	uint32_t nb_kept;
	uint32_t next;

	uint64_t offered; /* packets read: what `received` is */
};

/* A file that is written, by one queue. */
struct pcap_out {
	const char *path;
	struct plx_pcapfile_sink *sink;
	struct plx_pcapfile_writer *writer;
	uint32_t interface;
	bool told; /* its error was logged */
};

/* One side of a queue's counters that ethdev does not have; written by the queue's thread. */
struct pcap_counts {
	uint64_t value[PCAP_COUNTERS];
} PLX_CACHE_ALIGNED;

struct pcap_port {
	struct plx_ethdev dev;
	struct pcap_args args;
	struct pcap_in in[PCAP_FILES_MAX];
	struct pcap_out out[PCAP_FILES_MAX];
	struct pcap_counts rx_counts[PLX_ETHDEV_QUEUES_MAX];
	struct pcap_counts tx_counts[PLX_ETHDEV_QUEUES_MAX];
};

/* The common counters come first: ethdev sums them without asking. */
struct pcap_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct plx_pool *pool;
	struct pcap_in *in; /* NULL: receives nothing */
	uint64_t *counts;
	uint16_t port;
	uint16_t id;
	uint16_t room; /* packet bytes of a buffer */
	bool scatter;
} PLX_CACHE_ALIGNED;

struct pcap_txq {
	struct plx_ethdev_txq_stats stats;
	struct pcap_out *out; /* NULL: packets are dropped and counted */
	uint64_t *counts;
	struct plx_pcapfile_writer_counts before; /* the writer's counts that `stats` have seen */
	uint16_t id;
	bool pcapng;
	bool keep_time;
	struct iovec segments[PCAP_SEGMENTS_MAX];
} PLX_CACHE_ALIGNED;

static inline struct pcap_port *
pcap_port(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct pcap_port, dev);
}

/* Opens a file and checks that it is a capture file with Ethernet frames. */
int pcap_in_open(struct pcap_in *in, const char *path, struct plx_why *why);
/* Makes it ready to be read from its beginning (a pipe: from where it is). */
int pcap_in_start(struct pcap_in *in, bool infinite, struct plx_why *why);
void pcap_in_close(struct pcap_in *in);

/* Creates a file. */
int pcap_out_open(struct pcap_out *out, const char *path, const struct pcap_args *args,
		  const char *name, struct plx_why *why);
int pcap_out_flush(struct pcap_out *out, struct plx_why *why);
void pcap_out_close(struct pcap_out *out);

uint16_t pcap_rx_file(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t pcap_rx_kept(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t pcap_tx(void *queue, struct plx_mbuf **pkts, uint16_t n);
/* Brings the queue's counters up to date with its file. */
void pcap_tx_settle(struct pcap_txq *txq);

#endif
