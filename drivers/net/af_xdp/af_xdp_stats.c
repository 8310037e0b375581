/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The books. Received is what the XDP program counted on its way in, independently of the sockets; losses
 * are what the sockets count per packet:
 *
 *	redirected + too_long	= delivered + waiting + too_long	the program's own drop
 *				  + rx_dropped			no buffer in FILL
 *				  + rx_ring_full		no room in RX
 *				  + errors			a descriptor that cannot be
 *				  + discarded			in RX when the port stopped
 *
 * Programs and sockets go at stop; what they counted is kept in `past`.
 */
#include "af_xdp_priv.h"

#include <string.h>

const struct plx_ethdev_counter af_xdp_counters[AF_XDP_COUNTERS] = {
	[AF_XDP_RX_FILL_EMPTY] = {"rx_missed_no_buffer", "no buffer offered to the kernel",
				  PLX_COUNTER_RX_MISSED},
	[AF_XDP_RX_RING_FULL] = {"rx_missed_ring_full", "kernel receive ring full",
				 PLX_COUNTER_RX_MISSED},
	[AF_XDP_RX_TOO_LONG] = {"rx_too_long", "longer than a buffer", PLX_COUNTER_RX_ERROR},
	[AF_XDP_RX_DISCARDED] = {"rx_discarded_at_stop", "waiting when the port stopped",
				 PLX_COUNTER_RX_MISSED},
	[AF_XDP_TX_TOO_LONG] = {"tx_bad_length", "too short, or too long to send",
				PLX_COUNTER_TX_ERROR},
	[AF_XDP_TX_NO_BUFFER] = {"tx_no_buffer_to_copy", "no buffer to copy into",
				 PLX_COUNTER_TX_ERROR},
	[AF_XDP_TX_DISCARDED] = {"tx_discarded_at_stop", "not sent when the port stopped",
				 PLX_COUNTER_TX_ERROR},
	[AF_XDP_TX_INVALID] = {"tx_invalid_descs", "refused descriptors", PLX_COUNTER_INFO},
	[AF_XDP_TX_BAD_COMPLETIONS] = {"tx_bad_completions", "completions of nothing sent",
				       PLX_COUNTER_INFO},
	[AF_XDP_RX_FILTERED] = {"rx_passed_by_filter",
				"left to the kernel by filter=", PLX_COUNTER_INFO},
	[AF_XDP_RX_STARVED] = {"rx_fill_ring_empty", "times the kernel found no buffer",
			       PLX_COUNTER_INFO},
	[AF_XDP_RX_INVALID] = {"rx_invalid_descs", "buffers the kernel refused", PLX_COUNTER_INFO},
	[AF_XDP_RX_BAD_DESCS] = {"rx_bad_descs", "descriptors of buffers the kernel had not",
				 PLX_COUNTER_INFO},
	[AF_XDP_RX_SHORT_REFILLS] = {"rx_short_refills", "times the pool was empty",
				     PLX_COUNTER_INFO},
	[AF_XDP_RX_UNSTAMPED] = {"rx_without_stamp", "packets without the time stamp asked for",
				 PLX_COUNTER_INFO},
	[AF_XDP_RX_WAKEUPS] = {"rx_wakeups", "system calls to receive", PLX_COUNTER_INFO},
	[AF_XDP_TX_COPIED] = {"tx_copied", "packets copied because they lay elsewhere",
			      PLX_COUNTER_INFO},
	[AF_XDP_TX_KICKS] = {"tx_kicks", "system calls to send", PLX_COUNTER_INFO},
};

static uint64_t
look(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* What an open socket and its program have counted so far. */
static void
add_live(const struct af_xdp_queue *q, uint64_t *values, uint64_t *received)
{
	struct xsk_stats kernel;

	if (xsk_statistics(&q->xsk, &kernel) == 0) {
		values[AF_XDP_RX_FILL_EMPTY] += kernel.rx_dropped;
		values[AF_XDP_RX_RING_FULL] += kernel.rx_ring_full;
		values[AF_XDP_RX_STARVED] += kernel.rx_fill_ring_empty;
		values[AF_XDP_RX_INVALID] += kernel.rx_invalid_descs;
		values[AF_XDP_TX_INVALID] += kernel.tx_invalid_descs;
	}
	if (q->live != NULL) {
		const uint64_t too_long = look(&q->live->too_long) - q->base.too_long;

		values[AF_XDP_RX_TOO_LONG] += too_long;
		values[AF_XDP_RX_FILTERED] += look(&q->live->passed) - q->base.passed;
		*received += look(&q->live->redirected) - q->base.redirected + too_long;
	}
}

/* What our own threads have counted; it stays with the queue. */
static void
add_own(const struct af_xdp_queue *q, uint64_t *values)
{
	values[AF_XDP_RX_DISCARDED] += look(&q->rx.discarded);
	values[AF_XDP_RX_BAD_DESCS] += look(&q->rx.bad_descs);
	values[AF_XDP_RX_SHORT_REFILLS] += look(&q->rx.short_refills);
	values[AF_XDP_RX_WAKEUPS] += look(&q->rx.wakeups);
	values[AF_XDP_RX_UNSTAMPED] += look(&q->rx.unstamped);
	values[AF_XDP_TX_TOO_LONG] += look(&q->tx.bad_length);
	values[AF_XDP_TX_NO_BUFFER] += look(&q->tx.no_buffer);
	values[AF_XDP_TX_DISCARDED] += look(&q->tx.discarded);
	values[AF_XDP_TX_BAD_COMPLETIONS] += look(&q->tx.bad_completions);
	values[AF_XDP_TX_COPIED] += look(&q->tx.copied);
	values[AF_XDP_TX_KICKS] += look(&q->tx.kicks);
}

int
af_xdp_counters_read(struct plx_ethdev *dev, uint64_t *values, uint64_t *ret_received)
{
	const struct af_xdp_port *port = af_xdp_port(dev);
	uint64_t received = port->past_received;

	memcpy(values, port->past, sizeof(port->past));
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		if (port->queue[i].open)
			add_live(&port->queue[i], values, &received);
		add_own(&port->queue[i], values);
	}
	*ret_received = received;
	return 0;
}

void
af_xdp_counters_keep(struct af_xdp_port *port, const struct af_xdp_queue *q)
{
	add_live(q, port->past, &port->past_received);
}
