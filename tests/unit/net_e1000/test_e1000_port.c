/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's life on a card that lives in the test: how it is found, restarts, what a burst costs, what cards do wrong. */
#include "card.h"

static const uint8_t eeprom_mac[6] = {0x02, 0, 0, 0, 0, 0x05};

/* -- probe ----------------------------------------------------------------------------------------------------------------- */

static void
the_address_is_that_of_the_eeprom_by_either_way_of_reading(void **state)
{
	const struct efake_faults faults[] = {{0}, {.no_eerd = true}};
	uint8_t mac[6];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(faults); i++) {
		make_card(&faults[i]);
		must(attach(DEVICE));
		assert_int_equal(plx_ethdev_mac(port, mac), 0);
		assert_memory_equal(mac, eeprom_mac, 6);
		drop_port();
	}
}

static void
a_damaged_eeprom_is_refused_unless_the_user_says_the_address(void **state)
{
	uint8_t mac[6];

	make_card(&(struct efake_faults){.eeprom_damaged = true});
	assert_int_equal(attach(DEVICE), -EBADMSG);
	assert_non_null(strstr(why.text, "0xbaba"));
	assert_int_equal(attach(DEVICE ",mac=01:00:00:00:00:01"), -EINVAL);
	must(attach(DEVICE ",mac=02:00:00:00:00:77"));
	assert_int_equal(plx_ethdev_mac(port, mac), 0);
	assert_int_equal(mac[5], 0x77);
	drop_port();
}

static void
a_card_that_does_not_answer_is_refused_in_time(void **state)
{
	static const struct {
		struct efake_faults faults;
		int ret;
	} bad[] = {
		{{.dead = true}, -ENODEV},
		{{.reset_stuck = true}, -ETIMEDOUT},
		{{.eeprom_stuck = true}, -ETIMEDOUT},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		const uint64_t before = now_ms();

		make_card(&bad[i].faults);
		assert_int_equal(attach(DEVICE), bad[i].ret);
		assert_true(why.text[0] != '\0');
		assert_true(now_ms() - before < PATIENCE_MS);
		drop_port();
	}
}

static void
a_phy_that_does_not_answer_refuses_the_start_and_the_next_one_works(void **state)
{
	make_card(&(struct efake_faults){.phy_stuck = true});
	must(attach(DEVICE));
	assert_int_equal(start(NULL), -ETIMEDOUT);
	assert_non_null(strstr(why.text, "PHY"));
	efake_fault(fake, &(struct efake_faults){0});
	must(plx_ethdev_start(port, &why));
	both_ways(3);
	drop_port();
}

/* -- life -------------------------------------------------------------------------------------------------------------------- */

static void
packets_flow_both_ways_past_the_end_of_the_rings_and_after_restarts(void **state)
{
	make_port(NULL);
	both_ways(3 * DESCS);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(plx_ethdev_stop(port), 0);
		must(plx_ethdev_start(port, &why));
		both_ways(5);
	}
	drop_port();
}

/* n packets in one burst each way, every byte compared; they are given back to the card. */
static void
burst_both_ways(unsigned first, uint16_t n)
{
	uint8_t frame[FRAME_LEN], got[2 * FRAME_LEN];
	struct plx_mbuf *pkts[DESCS];

	put(first, n);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, DESCS), n);
	for (unsigned i = 0; i < n; i++) {
		make_frame(frame, sizeof(frame), first + i);
		assert_int_equal(pkts[i]->pkt_len, FRAME_LEN);
		assert_memory_equal(plx_mbuf_data(pkts[i]), frame, FRAME_LEN);
	}
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, n), n);
	for (unsigned i = 0; i < n; i++) {
		make_frame(frame, sizeof(frame), first + i);
		assert_int_equal(efake_take(fake, got, sizeof(got)), FRAME_LEN);
		assert_memory_equal(got, frame, FRAME_LEN);
	}
}

static void
bursts_of_every_size_pass_the_end_of_the_rings(void **state)
{
	struct plx_ethdev_stats stats;
	unsigned total = 0;

	make_port(NULL);
	for (uint16_t n = 1; n < DESCS / 2; n++) {
		for (unsigned i = 0; i < 3; i++, total += n)
			burst_both_ways(total, n);
		plx_ethdev_tx_burst(port, 0, NULL, 0);
		assert_int_equal(plx_ethdev_stats(port, &stats), 0);
		assert_int_equal(stats.tx_packets, total);
		assert_int_equal(stats.tx_bytes, total * FRAME_LEN);
		assert_int_equal(stats.rx_bytes, total * FRAME_LEN);
	}
	drop_port();
}

static void
a_burst_reads_no_register_and_writes_one_tail(void **state)
{
	struct plx_mbuf *pkts[DESCS / 2];
	unsigned reads, writes;

	make_port(NULL);
	put(0, DESCS / 2);
	efake_accesses(fake, &reads, &writes);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, DESCS / 2), DESCS / 2);
	efake_accesses(fake, &reads, &writes);
	assert_int_equal(reads, 0);
	assert_int_equal(writes, 1);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, DESCS / 2), DESCS / 2);
	efake_accesses(fake, &reads, &writes);
	assert_int_equal(reads, 0);
	assert_int_equal(writes, 1);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 1), 0);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, NULL, 0), 0);
	efake_accesses(fake, &reads, &writes);
	assert_int_equal(reads + writes, 0);
	drop_port();
}

static void
a_pool_that_has_too_few_gives_what_it_has(void **state)
{
	static struct plx_mbuf *taken[BUFFERS];
	unsigned n = 0;

	while (n < BUFFERS - 40 && (taken[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	make_port(NULL);
	put(0, DESCS);
	assert_in_range(receive_all(), 33, 40); /* more than a part, and as many as there were */
	assert_true(counter("rx_pool_empty") > 0);
	assert_true(counter("rx_missed_card_full") > 0);
	plx_mbuf_free_bulk(taken, n);
	for (unsigned i = 0; i < 3; i++) {
		put(0, DESCS / 2);
		assert_true(receive_all() > 0);
	}
	both_ways(2 * DESCS);
	drop_port();
}

static void
what_waits_at_a_stop_is_lost_under_a_name(void **state)
{
	make_port(NULL);
	put(0, 7);
	assert_int_equal(plx_ethdev_rx_queue_count(port, 0), 7);
	expect(0, 2);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(counter("rx_missed_at_stop"), 5);
	efake_fault(fake, &(struct efake_faults){.sends_nothing = true});
	must(plx_ethdev_start(port, &why));
	for (unsigned i = 0; i < DESCS - 1; i++) {
		struct plx_mbuf *m = frame_mbuf(i);

		assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
	}
	struct plx_mbuf *m = frame_mbuf(0);

	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 0);
	plx_mbuf_free(m);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(counter("tx_lost_at_stop"), DESCS - 1);
	drop_port();
}

/* -- cards that lie or go ------------------------------------------------------------------------------------------------------ */

static void
raw(uint16_t length, uint8_t status, uint8_t errors)
{
	const struct e1000_rx_desc desc = {.length = length, .status = status, .errors = errors};
	uint8_t bytes[256] = {0};

	assert_true(efake_put_raw(fake, bytes, sizeof(bytes), &desc));
}

#define WHOLE (E1000_RXD_STAT_DD | E1000_RXD_STAT_EOP)

static void
a_length_that_cannot_be_costs_that_frame_and_no_more(void **state)
{
	make_port(NULL);
	raw(2049, WHOLE, 0);
	raw(0, WHOLE, 0);
	raw(UINT16_MAX, WHOLE, 0);
	put(0, 1);
	expect(0, 1);
	assert_int_equal(counter("rx_bad_length"), 3);
	assert_int_equal(counter("rx_errors"), 3);
	both_ways(2 * DESCS);
	drop_port();
}

static void
a_frame_that_is_marked_bad_is_not_delivered(void **state)
{
	make_port(NULL);
	raw(100, WHOLE, E1000_RXD_ERR_CE);
	raw(100, WHOLE, E1000_RXD_ERR_RXE);
	raw(100, WHOLE, E1000_RXD_ERR_TCPE); /* a wrong checksum is no bad frame */
	assert_int_equal(receive_all(), 1);
	assert_int_equal(counter("rx_bad_frame"), 2);
	drop_port();
}

static void
a_chain_without_end_is_dropped_once_and_holds_no_buffers(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER};

	make_port(&conf);
	for (unsigned i = 0; i < 3 * DESCS; i++) {
		raw(2048, E1000_RXD_STAT_DD, 0);
		assert_int_equal(receive_all(), 0);
	}
	assert_true(plx_pool_in_use(pool) <= DESCS + 8);
	raw(10, WHOLE, 0); /* its end at last */
	assert_int_equal(receive_all(), 0);
	assert_int_equal(counter("rx_too_long"), 1);
	assert_int_equal(counter("rx_errors"), 1);
	both_ways(5);
	drop_port();
}

static void
a_packet_whose_rest_is_missing_at_a_stop_goes_home(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER};

	make_port(&conf);
	raw(2048, E1000_RXD_STAT_DD, 0);
	raw(2048, E1000_RXD_STAT_DD, 0);
	assert_int_equal(receive_all(), 0);
	assert_int_equal(plx_ethdev_stop(port), 0);
	plx_pool_cache_flush(pool);
	assert_int_equal(plx_pool_in_use(pool), 0);
	must(plx_ethdev_start(port, &why));
	both_ways(2); /* and is no part of what comes next */
	drop_port();
}

static void
the_rest_of_a_packet_that_was_dropped_is_not_lost_again_at_a_stop(void **state)
{
	make_port(NULL);
	raw(2048, E1000_RXD_STAT_DD, 0);
	assert_int_equal(receive_all(), 0);
	raw(5, WHOLE, 0); /* its end */
	put(0, 1);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(counter("rx_errors"), 1);
	assert_int_equal(counter("rx_missed_at_stop"), 1);
	drop_port();
}

static void
without_scatter_a_chain_is_one_error(void **state)
{
	make_port(NULL);
	for (unsigned i = 0; i < 3; i++)
		raw(2048, E1000_RXD_STAT_DD, 0);
	raw(5, WHOLE, 0);
	put(1, 1);
	expect(1, 1);
	assert_int_equal(counter("rx_errors"), 1);
	drop_port();
}

static void
a_card_that_goes_under_a_running_port_hangs_nothing_and_counts_nothing(void **state)
{
	struct plx_ethdev_link link;
	struct plx_mbuf *m;
	uint64_t before;

	make_port(NULL);
	both_ways(3);
	efake_fault(fake, &(struct efake_faults){.dead = true});
	before = now_ms();
	assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 0);
	m = frame_mbuf(0);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
	assert_int_equal(plx_ethdev_link(port, &link), 0);
	assert_false(link.up);
	assert_int_equal(counter("rx_missed_card_full"), 0);
	assert_int_equal(counter("rx_crc_errors"), 0);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_ethdev_start(port, &why), -ENODEV);
	assert_true(now_ms() - before < PATIENCE_MS);
	efake_fault(fake, &(struct efake_faults){0});
	must(plx_ethdev_start(port, &why));
	both_ways(3);
	drop_port();
}

/* -- statistics (13.7) ------------------------------------------------------------------------------------------------------------ */

static void
what_the_card_counts_is_added_up_and_a_pair_is_one_number(void **state)
{
	make_port(NULL);
	efake_set_register(fake, E1000_CRCERRS, 3);
	efake_set_register(fake, E1000_GOTCL, 5);
	efake_set_register(fake, E1000_GOTCH, 1);
	assert_int_equal(counter("rx_crc_errors"), 3);
	assert_int_equal(counter("tx_card_good_bytes"), (1ull << 32) + 5);
	efake_set_register(fake, E1000_CRCERRS, 4);
	assert_int_equal(counter("rx_crc_errors"), 7);
	efake_set_register(fake, E1000_CRCERRS, UINT32_MAX); /* full, not gone */
	assert_int_equal(counter("rx_crc_errors"), 7 + (uint64_t)UINT32_MAX);
	put(0, 2);
	assert_int_equal(counter("rx_card_good_packets"), 2);
	assert_int_equal(receive_all(), 2);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(counter("rx_card_good_packets"), 2);
	drop_port();
}

static void
a_link_that_goes_and_comes_is_told_with_and_without_interrupts(void **state)
{
	for (int without = 0; without < 2; without++) {
		make_card(&(struct efake_faults){.no_interrupts = without == 1});
		must(attach(DEVICE));
		must(start(NULL));
		news = 0;
		must(plx_ethdev_watch_links(hear, NULL, &why));
		efake_set_link(fake, false);
		assert_true(hears(1));
		efake_set_link(fake, true);
		assert_true(hears(0x101));
		plx_ethdev_unwatch_links();
		assert_int_equal(news, 0x101);
		assert_int_equal(counter("link_changes"), 2);
		drop_port();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(the_address_is_that_of_the_eeprom_by_either_way_of_reading),
		CARD_TEST(a_damaged_eeprom_is_refused_unless_the_user_says_the_address),
		CARD_TEST(a_card_that_does_not_answer_is_refused_in_time),
		CARD_TEST(a_phy_that_does_not_answer_refuses_the_start_and_the_next_one_works),
		CARD_TEST(packets_flow_both_ways_past_the_end_of_the_rings_and_after_restarts),
		CARD_TEST(bursts_of_every_size_pass_the_end_of_the_rings),
		CARD_TEST(a_burst_reads_no_register_and_writes_one_tail),
		CARD_TEST(a_pool_that_has_too_few_gives_what_it_has),
		CARD_TEST(what_waits_at_a_stop_is_lost_under_a_name),
		CARD_TEST(a_length_that_cannot_be_costs_that_frame_and_no_more),
		CARD_TEST(a_frame_that_is_marked_bad_is_not_delivered),
		CARD_TEST(a_chain_without_end_is_dropped_once_and_holds_no_buffers),
		CARD_TEST(a_packet_whose_rest_is_missing_at_a_stop_goes_home),
		CARD_TEST(the_rest_of_a_packet_that_was_dropped_is_not_lost_again_at_a_stop),
		CARD_TEST(without_scatter_a_chain_is_one_error),
		CARD_TEST(a_card_that_goes_under_a_running_port_hangs_nothing_and_counts_nothing),
		CARD_TEST(what_the_card_counts_is_added_up_and_a_pair_is_one_number),
		CARD_TEST(a_link_that_goes_and_comes_is_told_with_and_without_interrupts),
	};

	return cmocka_run_group_tests(tests, card_setup, card_teardown);
}
