/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules on a port of any driver: what they keep is counted and given back, what they send goes out. */
#include "contract.h"

#include <string.h>

#include <pollux/plx_filter_rules.h>
#include <pollux/plx_sieve.h>

#define FRAMES 40
#define BYTES  100

static struct plx_filter_rules *rules;
static struct plx_sieve *sieve;

static void
put_on(struct wire *wire, const char *text)
{
	struct plx_sieve_params params = {.port = wire->port};
	struct plx_why why = {""};

	if (plx_filter_rules_create(NULL, &rules, &why) != 0 ||
	    plx_filter_rules_load_text(rules, text, 1, &why) != 0)
		fail_msg("%s", why.text);
	params.rules = rules;
	if (plx_sieve_open(&params, &sieve, &why) != 0)
		fail_msg("%s", why.text);
}

static void
take_off(void)
{
	plx_sieve_close(sieve);
	plx_filter_rules_destroy(rules);
	sieve = NULL;
	rules = NULL;
}

/* Even ones pass, whichever queue they come by; the odd ones do not; half a minute at most. */
static void
receive_even_ones(struct wire *wire, uint16_t nb_queues)
{
	const uint64_t until = now_ms() + PATIENCE_MS;
	struct plx_sieve_stats stats;
	uint8_t buf[FRAME_MAX];
	struct plx_mbuf *pkts[BURST];
	uint32_t even = 0;

	do {
		for (uint16_t queue = 0; queue < nb_queues; queue++) {
			uint16_t n = plx_ethdev_rx_burst(wire->port, queue, pkts, BURST);

			for (uint16_t i = 0; i < n; i++) {
				const uint8_t *bytes =
					plx_mbuf_read(pkts[i], 0, pkts[i]->pkt_len, buf);

				if (!frame_is_ours(bytes, pkts[i]->pkt_len))
					continue;
				frame_check(bytes, BYTES, wire->mac, frame_seq(bytes));
				assert_int_equal(frame_seq(bytes) % 2, 0);
				even++;
			}
			plx_mbuf_free_bulk(pkts, n);
		}
		plx_sieve_stats(sieve, &stats);
	} while ((even < FRAMES / 2 || stats.packets - stats.passed < FRAMES / 2) &&
		 now_ms() < until);
	assert_int_equal(even, FRAMES / 2);
	assert_int_equal(stats.packets - stats.passed, FRAMES / 2);
}

static void
what_rules_keep_is_in_the_ledger(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_ledger ledger;

	wire_start(wire, 1, NULL);
	put_on(wire, "10 drop bpf \"ether[17] & 1 = 1\"\n");
	wire_put(wire, 0, FRAMES, BYTES);
	receive_even_ones(wire, 1);
	assert_int_equal(plx_ethdev_ledger(wire->port, &ledger), 0);
	assert_int_equal(ledger.rx_sifted[0].packets, FRAMES / 2);
	wire_check_ledger(wire);
	/* They stay over a stop and a start. */
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	wire_wait_for_far_end(wire);
	wire_put(wire, 1, 1, BYTES);
	wire_expect_silence(wire);
	take_off();
	wire_put(wire, 1, 1, BYTES);
	wire_expect(wire, 1, 1, BYTES);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
what_rules_send_goes_out_by_their_queue(void **state)
{
	struct wire *wire = *state;
	struct plx_sieve_egress_stats stats;
	uint8_t frame[FRAME_MAX];

	wire_start(wire, 2, NULL);
	assert_int_equal(plx_sieve_egress_open(wire->port, 1, NULL), 0);
	put_on(wire, "10 bounce same bpf \"ether[17] & 1 = 1\"\n");
	wire_put(wire, 0, FRAMES, BYTES);
	receive_even_ones(wire, 2);
	/* The last of them may be the control thread's to send. */
	WAIT_UNTIL(plx_sieve_egress_stats(wire->port, &stats) != 0 ||
		   stats.transmitted + stats.refused >= FRAMES / 2);
	assert_int_equal(stats.transmitted, FRAMES / 2);
	for (uint32_t i = 0; i < FRAMES / 2; i++) {
		assert_true(wire_take(wire, frame, sizeof(frame)) >= BYTES);
		assert_int_equal(frame_seq(frame), 2 * i + 1);
		assert_memory_equal(frame + 6, wire->mac, 6); /* from whom it was to */
	}
	take_off();
	plx_sieve_egress_close(wire->port);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	wire_drain(wire);
}

const struct contract_case sieve_cases[] = {
	CASE(what_rules_keep_is_in_the_ledger, .needs = HAS_RX),
	CASE(what_rules_send_goes_out_by_their_queue, .needs = HAS_RX | HAS_TX | HAS_QUEUES),
	{0},
};
