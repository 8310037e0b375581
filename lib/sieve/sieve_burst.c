/* SPDX-License-Identifier: BSD-3-Clause */
/* A burst: judged, obeyed, counted. */
#include "sieve_priv.h"

#include "plx_net_wire.h"

#include <string.h>

/* -- sending ------------------------------------------------------------------------------------------- */

static void
flush(struct lane *lane)
{
	uint16_t taken;

	if (lane->nb_out == 0)
		return;
	taken = sieve_egress_put(lane->egress, lane->out, lane->nb_out);
	plx_ethdev_add(&lane->counts.handed_over, taken);
	plx_ethdev_add(&lane->counts.crowded, lane->nb_out - taken);
	lane->nb_out = 0;
}

static void
put_out(struct lane *lane, struct sieve_egress *egress, struct plx_mbuf *m)
{
	if (lane->egress != egress || lane->nb_out == SIEVE_BURST)
		flush(lane);
	lane->egress = egress;
	lane->out[lane->nb_out++] = m;
}

/*
 * What goes out: the packet if this is the end of its way, and its bytes are nobody else's where they are to change; else a
 * copy, since who gets the packet may write into it. It has the tag again that the device took out. NULL, with m as it was: no
 * buffer, or too short.
 */
static struct plx_mbuf *
to_be_sent(struct plx_mbuf *m, const struct plx_filter_send *send, bool itself)
{
	const bool changes = send->bounce || sieve_tag_len(m) != 0;
	struct plx_mbuf *out = m;

	if (changes && m->data_len < 2 * PLX_NET_MAC_LEN)
		return NULL;
	if (!itself || (changes && !sieve_owns(m)))
		out = plx_mbuf_copy(m, plx_mbuf_pool(m), 0, m->pkt_len);
	if (out != NULL && !sieve_tag_put_back(out)) {
		if (out != m)
			plx_mbuf_free(out);
		return NULL;
	}
	if (out != NULL && send->bounce)
		sieve_exchange_macs(out);
	return out;
}

/* Which packet went out: m itself, a copy, or (NULL) none. */
static struct plx_mbuf *
send_out(struct lane *lane, uint16_t port, struct plx_mbuf *m, const struct plx_filter_send *send,
	 bool itself)
{
	struct sieve_egress *egress =
		sieve_egress_of(send->port == PLX_FILTER_PORT_SAME ? port : send->port);
	struct plx_mbuf *out;

	plx_ethdev_add(&lane->counts.asked, 1);
	if (egress == NULL) {
		plx_ethdev_add(&lane->counts.misdirected, 1);
		return NULL;
	}
	out = to_be_sent(m, send, itself);
	if (out == NULL)
		plx_ethdev_add(&lane->counts.unmade, 1);
	else
		put_out(lane, egress, out);
	return out;
}

/* -- a packet ------------------------------------------------------------------------------------------ */

static enum plx_ethdev_sifted_fate
fate_of(uint8_t fate, bool went)
{
	switch (fate) {
	case PLX_FILTER_UNWANTED:
		return PLX_ETHDEV_SIFTED_UNWANTED;
	case PLX_FILTER_SAMPLED_OUT:
		return PLX_ETHDEV_SIFTED_SAMPLED_OUT;
	case PLX_FILTER_SENT:
		return went ? PLX_ETHDEV_SIFTED_SENT : PLX_ETHDEV_SIFTED_UNSENT;
	default:
		return PLX_ETHDEV_SIFTED_DROPPED;
	}
}

static void
count(struct lane *lane, struct plx_ethdev_sifted *sifted, enum plx_ethdev_sifted_fate fate,
      uint32_t bytes)
{
	plx_ethdev_sift(sifted, fate, bytes);
	plx_ethdev_add(&lane->counts.fates[fate], 1);
}

enum fate {
	PASSES,
	SENT,  /* somebody else has it */
	ENDED, /* to be freed */
};

static enum fate
obey(const struct edition *edition, struct lane *lane, struct plx_mbuf *m,
     const struct plx_filter_verdict *verdict, struct plx_ethdev_sifted *sifted)
{
	const bool passes = verdict->fate == PLX_FILTER_PASSED;
	const uint32_t bytes = plx_mbuf_wire_len(m);
	bool went = false, itself = false;

	for (uint8_t i = 0; i < verdict->nb_sends; i++) {
		const bool last = !passes && i + 1 == verdict->nb_sends;
		const struct plx_mbuf *out =
			send_out(lane, edition->port, m, &verdict->sends[i], last);

		went |= out != NULL;
		itself = out == m;
	}
	if (passes)
		return PASSES;
	count(lane, sifted, fate_of(verdict->fate, went), bytes);
	return itself ? SENT : ENDED;
}

/* -- a burst ------------------------------------------------------------------------------------------- */

static void
count_received(struct lane *lane, struct plx_mbuf *const *pkts, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += plx_mbuf_wire_len(pkts[i]);
	plx_ethdev_add(&lane->counts.packets, n);
	plx_ethdev_add(&lane->counts.bytes, bytes);
}

static uint16_t
sift(const struct edition *edition, uint16_t queue, struct plx_mbuf **pkts, uint16_t n,
     struct plx_ethdev_sifted *sifted)
{
	struct plx_filter_verdict verdicts[SIEVE_BURST];
	struct plx_mbuf *ended[SIEVE_BURST];
	struct lane *lane = &edition->lanes[queue];
	uint16_t passed = 0, nb_ended = 0;

	sieve_judge(edition->reader[queue], pkts, n, verdicts);
	for (uint16_t i = 0; i < n; i++) {
		struct plx_mbuf *m = pkts[i];
		const enum fate fate = obey(edition, lane, m, &verdicts[i], sifted);

		if (fate == PASSES)
			pkts[passed++] = m;
		else if (fate == ENDED)
			ended[nb_ended++] = m;
	}
	plx_mbuf_free_bulk(ended, nb_ended);
	plx_ethdev_add(&lane->counts.passed, passed);
	return passed;
}

static void
refuse(struct lane *lane, struct plx_mbuf **pkts, uint16_t n, struct plx_ethdev_sifted *sifted)
{
	for (uint16_t i = 0; i < n; i++)
		count(lane, sifted, PLX_ETHDEV_SIFTED_UNREAD, plx_mbuf_wire_len(pkts[i]));
	plx_mbuf_free_bulk(pkts, n);
}

uint16_t
sieve_burst(void *arg, uint16_t queue, struct plx_mbuf **pkts, uint16_t n,
	    struct plx_ethdev_sifted *sifted)
{
	const struct edition *edition = arg;
	struct lane *lane = &edition->lanes[queue];
	uint16_t passed = 0, part, through;

	count_received(lane, pkts, n);
	if (PLX_UNLIKELY(queue >= edition->nb_readers)) {
		refuse(lane, pkts, n, sifted);
		return 0;
	}
	for (uint16_t at = 0; at < n; at += part) {
		part = n - at < SIEVE_BURST ? n - at : SIEVE_BURST;
		through = sift(edition, queue, pkts + at, part, sifted);
		memmove(pkts + passed, pkts + at, through * sizeof(*pkts));
		passed += through;
	}
	flush(lane);
	return passed;
}
