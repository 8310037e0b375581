/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending into a file. A packet is sent when the writer has taken it. If the file then refuses the writer's
 * buffer (disk full), exactly the packets that it does not have go over from sent to tx_not_written.
 * There is one write(2) per megabyte.
 */
#include "pcap_priv.h"

#include "plx_clock.h"

#include <string.h>

int
pcap_out_open(struct pcap_out *out, const char *path, const struct pcap_args *args,
	      const char *name, struct plx_why *why)
{
	static const enum plx_pcapfile_format formats[] = {
		[PCAP_FORMAT_PCAP] = PLX_PCAPFILE_PCAP_NS,
		[PCAP_FORMAT_PCAP_US] = PLX_PCAPFILE_PCAP_US,
		[PCAP_FORMAT_PCAPNG] = PLX_PCAPFILE_PCAPNG,
	};
	const struct plx_pcapfile_writer_params params = {
		.format = formats[args->format < 0 ? PCAP_FORMAT_PCAP : args->format],
		.snaplen = (uint32_t)args->snaplen,
		.application = "Pollux " PLX_VERSION,
	};
	const struct plx_pcapfile_interface interface = {.name = name,
							 .description = "sent by net_pcap"};
	int err;

	out->path = path;
	err = plx_pcapfile_sink_open(path, &out->sink, why);
	if (err != 0)
		return err;
	err = plx_pcapfile_writer_create(&params, out->sink, &out->writer, why);
	if (err == 0)
		err = plx_pcapfile_writer_add_interface(out->writer, &interface, &out->interface,
							why);
	if (err != 0)
		pcap_out_close(out);
	return err;
}

int
pcap_out_flush(struct pcap_out *out, struct plx_why *why)
{
	return plx_pcapfile_writer_flush(out->writer, why);
}

void
pcap_out_close(struct pcap_out *out)
{
	plx_pcapfile_writer_destroy(out->writer);
	plx_pcapfile_sink_close(out->sink, NULL);
	out->writer = NULL;
	out->sink = NULL;
}

/* Sent = accepted by the writer less what the file then lost; the difference may go down. */
void
pcap_tx_settle(struct pcap_txq *txq)
{
	const struct plx_pcapfile_writer_counts *then = &txq->before;
	struct plx_pcapfile_writer_counts now;
	uint64_t lost;

	plx_pcapfile_writer_counts(txq->out->writer, &now);
	lost = now.lost.packets - then->lost.packets;
	plx_ethdev_add(&txq->stats.packets, now.accepted.packets - then->accepted.packets - lost);
	plx_ethdev_add(&txq->stats.bytes, now.accepted.bytes - then->accepted.bytes -
						  (now.lost.bytes - then->lost.bytes));
	plx_ethdev_add(&txq->counts[PCAP_TX_NOT_WRITTEN], lost);
	txq->before = now;
}

/* The packet's bytes as segments; 0 if it has too many. */
static unsigned
gather(struct pcap_txq *txq, const struct plx_mbuf *m)
{
	unsigned n = 0;

	PLX_MBUF_FOREACH_SEG(seg, m) {
		if (n == PCAP_SEGMENTS_MAX)
			return 0;
		txq->segments[n++] = (struct iovec){plx_mbuf_data(seg), seg->data_len};
	}
	return n;
}

static void
write_one(struct pcap_txq *txq, const struct plx_mbuf *m, uint64_t now_ns)
{
	struct plx_pcapfile_packet packet = {.time_ns = now_ns,
					     .wire_len = plx_mbuf_wire_len(m),
					     .interface = txq->out->interface};
	unsigned n = gather(txq, m);

	if (PLX_UNLIKELY(n == 0)) {
		plx_ethdev_add(&txq->counts[PCAP_TX_TOO_MANY_SEGMENTS], 1);
		return;
	}
	if (txq->keep_time && (m->ol_flags & PLX_MBUF_RX_TIMESTAMP) != 0)
		packet.time_ns = m->timestamp;
	if (txq->pcapng) {
		packet.has = PLX_PCAPFILE_HAS_FLAGS | PLX_PCAPFILE_HAS_QUEUE;
		packet.flags = PLX_PCAPFILE_OUTBOUND;
		packet.queue = txq->id;
	}
	if (PLX_UNLIKELY(plx_pcapfile_writer_packet(txq->out->writer, &packet, txq->segments, n) !=
			 0))
		plx_ethdev_add(&txq->counts[PCAP_TX_NOT_WRITTEN], 1);
}

uint16_t
pcap_tx(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	struct pcap_txq *txq = queue;
	uint64_t now_ns;

	if (n == 0)
		return 0;
	if (txq->out != NULL) {
		now_ns = plx_clock_realtime_ns();
		for (uint16_t i = 0; i < n; i++)
			write_one(txq, pkts[i], now_ns);
		pcap_tx_settle(txq);
	} else {
		plx_ethdev_add(&txq->counts[PCAP_TX_NO_FILE], n);
	}
	plx_ethdev_add(&txq->stats.taken, n);
	plx_mbuf_free_bulk(pkts, n);
	return n;
}
