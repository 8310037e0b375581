/* SPDX-License-Identifier: BSD-3-Clause */
/* The rounds of a bouncer. */
#include "bouncer_priv.h"

#include "plx_clock.h"
#include "plx_ethdev.h"
#include "plx_idle.h"

#include <errno.h>
#include <string.h>

#define AHEAD 4 /* packets whose bytes are on their way while one is decided on */

/* One writer, many readers. */
static PLX_ALWAYS_INLINE void
count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* What a queue did not take: offered again, then freed and counted. Returns taken. */
static PLX_NOINLINE uint16_t
send_rest(const struct plx_bouncer *bouncer, struct way *way, struct plx_bouncer_port to,
	  struct plx_mbuf **pkts, uint16_t n)
{
	uint16_t taken = 0;

	for (uint32_t i = 0; i < bouncer->retries && taken < n; i++) {
		if (bouncer->retry_delay_us > 0)
			plx_clock_delay_us(bouncer->retry_delay_us);
		else
			plx_pause();
		count(&way->stats.retried, 1);
		taken = (uint16_t)(taken + plx_ethdev_tx_burst(to.port, to.queue, pkts + taken,
							       (uint16_t)(n - taken)));
	}
	plx_mbuf_free_bulk(pkts + taken, n - taken);
	count(&way->stats.refused, (uint64_t)n - taken);
	return taken;
}

static PLX_ALWAYS_INLINE void
send_all(const struct plx_bouncer *bouncer, struct way *way, struct plx_bouncer_port to,
	 struct plx_mbuf **pkts, uint16_t n, uint64_t *counter)
{
	uint16_t taken = plx_ethdev_tx_burst(to.port, to.queue, pkts, n);

	if (PLX_UNLIKELY(taken < n))
		taken = (uint16_t)(taken + send_rest(bouncer, way, to, pkts + taken,
						     (uint16_t)(n - taken)));
	count(counter, taken);
}

static void
ask(const struct plx_bouncer *bouncer, enum plx_bouncer_way way, struct plx_mbuf *const *pkts,
    uint16_t n, uint8_t *verdicts)
{
	if (bouncer->decide != NULL) {
		memset(verdicts, PLX_BOUNCER_PASS, n);
		bouncer->decide(bouncer->arg, way, pkts, n, verdicts);
		return;
	}
	for (uint16_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			plx_prefetch(plx_mbuf_data(pkts[i + AHEAD]));
		verdicts[i] = bouncer->decide_one(bouncer->arg, way, pkts[i]);
	}
}

/* Takes the packets with that verdict out of pkts, where the others close ranks. Returns how many are left. */
static uint16_t
take_out(uint8_t verdict, struct plx_mbuf **pkts, uint8_t *verdicts, uint16_t n,
	 struct plx_mbuf **ret_taken, uint16_t *ret_nb_taken)
{
	uint16_t left = 0, taken = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (verdicts[i] == verdict) {
			ret_taken[taken++] = pkts[i];
		} else {
			verdicts[left] = verdicts[i];
			pkts[left++] = pkts[i];
		}
	}
	*ret_nb_taken = taken;
	return left;
}

/* What is not simply passed, verdict by verdict: few bursts have many. */
static PLX_NOINLINE void
sort_out(struct plx_bouncer *bouncer, struct way *way, struct plx_mbuf **pkts, uint8_t *verdicts,
	 uint16_t n)
{
	struct plx_mbuf *part[PLX_BOUNCER_BURST_MAX];
	uint16_t nb;

	while (n > 0) {
		const uint8_t verdict = verdicts[0];

		n = take_out(verdict, pkts, verdicts, n, part, &nb);
		if (verdict == PLX_BOUNCER_PASS) {
			send_all(bouncer, way, way->to, part, nb, &way->stats.passed);
		} else if (verdict >= PLX_BOUNCER_TO(0) &&
			   verdict < PLX_BOUNCER_TO(bouncer->nb_others)) {
			send_all(bouncer, way, bouncer->others[verdict - PLX_BOUNCER_TO(0)], part,
				 nb, &way->stats.elsewhere);
		} else {
			plx_mbuf_free_bulk(part, nb);
			count(verdict == PLX_BOUNCER_DROP ? &way->stats.dropped
							  : &way->stats.misdirected,
			      nb);
		}
	}
}

static PLX_NOINLINE void
decide(struct plx_bouncer *bouncer, struct way *way, struct plx_mbuf **pkts, uint16_t n)
{
	uint8_t verdicts[PLX_BOUNCER_BURST_MAX], any = 0;

	ask(bouncer, (enum plx_bouncer_way)(way - bouncer->ways), pkts, n, verdicts);
	for (uint16_t i = 0; i < n; i++)
		any |= verdicts[i];
	if (PLX_LIKELY(any == PLX_BOUNCER_PASS))
		send_all(bouncer, way, way->to, pkts, n, &way->stats.passed);
	else
		sort_out(bouncer, way, pkts, verdicts, n);
}

static PLX_ALWAYS_INLINE unsigned
bounce(struct plx_bouncer *bouncer, struct way *way)
{
	struct plx_mbuf *pkts[PLX_BOUNCER_BURST_MAX];
	uint16_t n = plx_ethdev_rx_burst(way->from.port, way->from.queue, pkts, bouncer->burst);

	if (n == 0)
		return 0;
	count(&way->stats.received, n);
	if (PLX_UNLIKELY(bouncer->decides))
		decide(bouncer, way, pkts, n);
	else
		send_all(bouncer, way, way->to, pkts, n, &way->stats.passed);
	return n;
}

unsigned
plx_bouncer_poll(struct plx_bouncer *bouncer)
{
	unsigned moved = 0;

	for (struct way *way = bouncer->ways + bouncer->begin; way < bouncer->ways + bouncer->end;
	     way++)
		moved += bounce(bouncer, way);
	return moved;
}

void
plx_bouncer_run(struct plx_bouncer *bouncer)
{
	struct plx_idle idle;

	plx_idle_init(&idle);
	for (unsigned i = bouncer->begin; i < bouncer->end; i++)
		plx_ethdev_idle_add(&idle, bouncer->ways[i].from.port, bouncer->ways[i].from.queue);
	while (!__atomic_load_n(&bouncer->broken, __ATOMIC_RELAXED))
		plx_idle_round(&idle, plx_bouncer_poll(bouncer));
	__atomic_store_n(&bouncer->broken, false, __ATOMIC_RELAXED);
}

void
plx_bouncer_break(struct plx_bouncer *bouncer)
{
	__atomic_store_n(&bouncer->broken, true, __ATOMIC_RELAXED);
}

int
plx_bouncer_stats(const struct plx_bouncer *bouncer, enum plx_bouncer_way way,
		  struct plx_bouncer_stats *ret_stats)
{
	const struct plx_bouncer_stats *stats;

	if ((unsigned)way >= PLX_BOUNCER_WAYS)
		return -EINVAL;
	stats = &bouncer->ways[way].stats;
	*ret_stats = (struct plx_bouncer_stats){
		.received = __atomic_load_n(&stats->received, __ATOMIC_RELAXED),
		.passed = __atomic_load_n(&stats->passed, __ATOMIC_RELAXED),
		.elsewhere = __atomic_load_n(&stats->elsewhere, __ATOMIC_RELAXED),
		.dropped = __atomic_load_n(&stats->dropped, __ATOMIC_RELAXED),
		.misdirected = __atomic_load_n(&stats->misdirected, __ATOMIC_RELAXED),
		.refused = __atomic_load_n(&stats->refused, __ATOMIC_RELAXED),
		.retried = __atomic_load_n(&stats->retried, __ATOMIC_RELAXED),
	};
	return 0;
}
