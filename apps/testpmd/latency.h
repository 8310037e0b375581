/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long packets take from one port to another, over whatever lies between: each packet that this program makes
 * carries a probe in its last bytes, and each stream that receives one of them reads it.
 *
 *	... payload | magic stream fix sequence stamp |     20 bytes, at an even offset
 *
 * The stamp is read from the clock right before tx_burst, and compared with the clock right after rx_burst: one hop,
 * both queues and the kernel or wire between included. A packet that is forwarded gets a new stamp. The sequence tells
 * of loss and reordering, and `fix` makes the 16-bit sum of the bytes what it was, so that checksums stay right.
 */
#ifndef PLX_APPS_TESTPMD_LATENCY_H
#define PLX_APPS_TESTPMD_LATENCY_H

#include "histogram.h"
#include "testpmd.h"

#define LATENCY_PROBE	    20 /* bytes */
#define LATENCY_LEN_MIN	    62 /* of a packet: the headers, and the probe at an even offset */
#define LATENCY_STREAMS_MAX 512

/* What one stream's lcore knows. Times in ticks. */
struct latency {
	bool makes;	   /* packets it sends are its own: it may write into them */
	uint32_t sequence; /* of its next probe */
	uint64_t sent;	   /* probes */
	uint64_t received;
	uint64_t late; /* received behind one that was sent after it */
	uint64_t least, greatest, sum;
	uint64_t last;
	double jitter; /* as in RFC 3550, 6.4.1 */
	struct histogram histogram;
	uint32_t *expected; /* the next sequence, by the stream that sends */
} PLX_CACHE_ALIGNED;

/* Room for the streams of app, if args say so. -EINVAL packets too short, -ENOMEM. */
int latency_begin(struct app *app, struct plx_why *why);
void latency_free(struct app *app);
/* Counts from zero; sequences go on. */
void latency_clear(struct latency *latency);

/*
 * Writes probes into what is about to be sent; ret_probed[i] says which packets have one then. After it, `taken` of
 * the packets were. Path: warm.
 */
void latency_stamp(struct stream *stream, struct plx_mbuf **pkts, uint16_t n, uint64_t now,
		   bool *ret_probed);
void latency_sent(struct stream *stream, const bool *probed, uint16_t taken);
/* Reads the probes of what was received. Path: warm. */
void latency_take(struct stream *stream, struct plx_mbuf **pkts, uint16_t n, uint64_t now);

/* Receives and frees what came back to a stream whose engine only sends. Returns the packets. */
unsigned latency_collect(struct stream *stream);
/* True if that is needed. */
bool latency_collects(const struct app *app);
/* After the lcores stopped: what is still on its way, as long as it keeps coming. */
void latency_settle(struct app *app);

/* What the streams know, together; the caller's. Percentiles are in nanoseconds. */
void latency_sum(const struct app *app, struct latency *ret_sum);
uint64_t latency_percentile_ns(const struct latency *latency, unsigned per_mille);
uint64_t latency_average_ns(const struct latency *latency);
/* Sent and not received: lost, or on their way. */
uint64_t latency_missing(const struct latency *latency);

#endif
