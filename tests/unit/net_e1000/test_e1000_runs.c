/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs of descriptors: where the card is asked to tell what is done, and that what it tells is counted to the last packet. */
#include "card.h"

#define RUN 32u /* descriptors: no run is longer */

enum kind { PLAIN, CHAIN, SUMS, KINDS };

static struct plx_mbuf *
packet(enum kind kind, unsigned seed)
{
	struct plx_mbuf *m = frame_mbuf(seed), *tail;

	if (kind == SUMS) {
		uint8_t *ip = (uint8_t *)plx_mbuf_data(m) + 14;

		plx_store_be16(ip - 2, 0x0800);
		plx_store_be32(ip, 0x45000000 | (FRAME_LEN - 14));
		ip[9] = 17;
		m->l2_len = 14;
		m->l3_len = 20;
		m->ol_flags = PLX_MBUF_TX_IPV4 | PLX_MBUF_TX_IP_CSUM;
	} else if (kind == CHAIN) {
		tail = plx_mbuf_alloc(pool);
		assert_non_null(tail);
		plx_mbuf_append(tail, 10);
		assert_int_equal(plx_mbuf_chain(m, tail), 0);
	}
	return m;
}

/* n packets whose kinds `pattern` tells, two bits each, again and again; how many bytes they had. */
static unsigned
send_pattern(unsigned pattern, uint16_t n)
{
	struct plx_mbuf *pkts[DESCS];
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		const enum kind kind = (pattern >> 2 * (i % 4) & 3) % KINDS;

		pkts[i] = packet(kind, i);
		sum += pkts[i]->pkt_len;
	}
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, n), n);
	return sum;
}

/* Each is there, and the bytes of those that are left as they are. */
static void
take_pattern(unsigned pattern, uint16_t n)
{
	uint8_t frame[FRAME_LEN], got[2 * FRAME_LEN];

	for (unsigned i = 0; i < n; i++) {
		const enum kind kind = (pattern >> 2 * (i % 4) & 3) % KINDS;
		const size_t len = efake_take(fake, got, sizeof(got));

		assert_int_equal(len, FRAME_LEN + (kind == CHAIN ? 10 : 0));
		make_frame(frame, sizeof(frame), i);
		if (kind != SUMS)
			assert_memory_equal(got, frame, FRAME_LEN);
	}
}

static void
bursts_of_all_kinds_are_counted_to_the_last_packet(void **state)
{
	struct plx_ethdev_ledger ledger;
	struct plx_ethdev_stats stats;
	uint64_t packets = 0, sum = 0;

	make_port(NULL);
	for (unsigned pattern = 0; pattern < 256; pattern++) {
		const uint16_t n = (uint16_t)(1 + pattern % 21);

		sum += send_pattern(pattern, n);
		packets += n;
		take_pattern(pattern, n);
		plx_ethdev_tx_burst(port, 0, NULL, 0);
		assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
		assert_int_equal(ledger.tx_in_flight, 0);
		assert_int_equal(plx_ethdev_stats(port, &stats), 0);
		assert_int_equal(stats.tx_packets, packets);
		assert_int_equal(stats.tx_bytes, sum);
	}
	drop_port();
}

/* How many of the first n descriptors have RS; the last has, and between two there are `most` at most. */
static unsigned
runs_in(unsigned n, unsigned most)
{
	const uint64_t base = (uint64_t)efake_register(fake, E1000_TDBAH) << 32 |
			      efake_register(fake, E1000_TDBAL);
	const struct e1000_tx_desc *ring = (const void *)(uintptr_t)base;
	unsigned runs = 0, len = 0;

	for (unsigned i = 0; i < n; i++) {
		assert_true(++len <= most);
		if ((ring[i].cmd & E1000_TXD_CMD_RS) == 0)
			continue;
		runs++;
		len = 0;
	}
	assert_int_equal(len, 0);
	return runs;
}

static void
the_card_is_asked_once_a_run(void **state)
{
	make_port(NULL);
	send_pattern(0, 60); /* plain ones */
	assert_int_equal(runs_in(60, RUN), 2);
	take_pattern(0, 60);
	must(plx_ethdev_stop(port));
	must(plx_ethdev_start(port, &why));
	send_pattern(0x55, 31); /* chains, two descriptors each */
	assert_int_equal(runs_in(62, RUN), 2);
	take_pattern(0x55, 31);
	must(plx_ethdev_stop(port));
	must(plx_ethdev_start(port, &why));
	send_pattern(0x54, 16); /* a plain one, then three chains */
	assert_int_equal(runs_in(28, RUN), 1);
	take_pattern(0x54, 16);
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(bursts_of_all_kinds_are_counted_to_the_last_packet),
		CARD_TEST(the_card_is_asked_once_a_run),
	};

	return cmocka_run_group_tests(tests, card_setup, card_teardown);
}
