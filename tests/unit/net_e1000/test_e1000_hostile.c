/* SPDX-License-Identifier: BSD-3-Clause */
/* Cards that lie in their rings and registers while a port runs: what that costs, and what not. */
#include "card.h"

#include <poll.h>

#define WHOLE (E1000_RXD_STAT_DD | E1000_RXD_STAT_EOP)

static void *
ring_at(uint32_t low)
{
	const uint64_t addr =
		(uint64_t)efake_register(fake, low + 4) << 32 | efake_register(fake, low);

	return (void *)(uintptr_t)addr;
}

static void
descriptors_that_are_done_without_a_frame_are_given_out_once(void **state)
{
	struct e1000_rx_desc *ring;
	struct plx_mbuf *pkts[2 * DESCS];
	unsigned n = 0;

	make_port(NULL);
	ring = ring_at(E1000_RDBAL);
	for (unsigned i = 0; i < DESCS; i++) {
		ring[i].length = 60;
		ring[i].status = WHOLE;
	}
	for (unsigned i = 0; i < 10; i++)
		n += plx_ethdev_rx_burst(port, 0, pkts + n, (uint16_t)(PLX_ARRAY_LEN(pkts) - n));
	assert_int_equal(n, DESCS - 1); /* one never was the card's */
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			assert_ptr_not_equal(pkts[i], pkts[k]);
	plx_mbuf_free_bulk(pkts, n);
	drop_port();
}

static void
what_is_written_behind_the_ring_is_nobodys(void **state)
{
	struct e1000_rx_desc *ring;
	struct plx_mbuf *pkts[2 * DESCS];

	make_port(NULL);
	ring = ring_at(E1000_RDBAL);
	for (unsigned i = DESCS; i < DESCS + 4; i++) {
		ring[i].length = 60;
		ring[i].status = WHOLE;
	}
	for (unsigned i = 0; i < 5; i++) {
		put(0, 40);
		assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, 2 * DESCS), 40);
		plx_mbuf_free_bulk(pkts, 40);
	}
	drop_port();
}

static void
an_address_that_the_card_changes_in_its_ring_is_not_used(void **state)
{
	struct e1000_rx_desc *ring;
	struct plx_mbuf *m;

	make_port(NULL);
	put(0, 1);
	ring = ring_at(E1000_RDBAL);
	ring[0].addr = 0x1000;
	expect(0, 1);
	m = frame_mbuf(1);
	efake_fault(fake, &(struct efake_faults){.sends_nothing = true});
	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
	((struct e1000_tx_desc *)ring_at(E1000_TDBAL))[0].addr = 0x1000;
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(counter("tx_lost_at_stop"), 1);
	drop_port();
}

static void
heads_that_lie_change_nothing(void **state)
{
	make_port(NULL);
	both_ways(3);
	efake_fault(fake, &(struct efake_faults){.sends_nothing = true});
	efake_set_register(fake, E1000_TDH, 0xffff);
	for (unsigned i = 0; i < 2 * DESCS; i++) {
		struct plx_mbuf *m = frame_mbuf(i);

		if (plx_ethdev_tx_burst(port, 0, &m, 1) == 0)
			plx_mbuf_free(m);
	}
	assert_int_equal(receive_all(), 0);
	assert_int_equal(plx_ethdev_stop(port), 0);
	drop_port();
}

static void
send_some(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct plx_mbuf *m = frame_mbuf(i);

		assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
	}
}

static void
what_is_said_to_be_sent_is_believed_in_order_only(void **state)
{
	struct e1000_tx_desc *ring;
	struct plx_ethdev_ledger ledger;

	make_port(NULL);
	efake_fault(fake, &(struct efake_faults){.sends_nothing = true});
	ring = ring_at(E1000_TDBAL);
	send_some(3);
	ring[2].sta = E1000_TXD_STA_DD;	 /* the last, and not those before it */
	ring[40].sta = E1000_TXD_STA_DD; /* nobody's */
	plx_ethdev_tx_burst(port, 0, NULL, 0);
	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	assert_int_equal(ledger.tx_in_flight, 3);
	ring[0].sta = 0xff;
	plx_ethdev_tx_burst(port, 0, NULL, 0);
	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	assert_int_equal(ledger.tx_in_flight, 2);
	ring[1].sta = 0xff;
	plx_ethdev_tx_burst(port, 0, NULL, 0);
	plx_ethdev_tx_burst(port, 0, NULL, 0);
	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	assert_int_equal(ledger.tx_in_flight, 0);
	assert_int_equal(ledger.tx_sent, 3);
	send_some(DESCS - 1); /* a full ring, whose stale bits are nobody's */
	plx_ethdev_tx_burst(port, 0, NULL, 0);
	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	assert_int_equal(ledger.tx_in_flight, DESCS - 1);
	assert_int_equal(plx_ethdev_stop(port), 0);
	drop_port();
}

static void
a_reset_that_hangs_at_a_stop_holds_no_buffer(void **state)
{
	make_port(NULL);
	both_ways(2);
	put(0, 3);
	efake_fault(fake, &(struct efake_faults){.reset_stuck = true});
	assert_int_equal(plx_ethdev_stop(port), 0);
	plx_pool_cache_flush(pool);
	assert_int_equal(plx_pool_in_use(pool), 0);
	/* It still runs, and reaches nothing. */
	assert_int_equal(plx_ethdev_start(port, &why), -ETIMEDOUT);
	assert_non_null(strstr(why.text, "reset"));
	efake_fault(fake, &(struct efake_faults){0});
	must(plx_ethdev_start(port, &why));
	both_ways(2);
	drop_port();
}

static void
an_eeprom_with_an_address_that_cannot_be_is_refused(void **state)
{
	static const uint16_t first[] = {0x0001, 0x0000};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(first); i++) {
		make_card(NULL);
		efake_set_mac_words(fake, first[i], 0, 0);
		assert_int_equal(attach(DEVICE), -EADDRNOTAVAIL);
		assert_non_null(strstr(why.text, "mac="));
		must(attach(DEVICE ",mac=02:00:00:00:00:77"));
		drop_port();
	}
}

static void
a_phy_that_dies_while_links_come_and_go_delays_nobody_for_long(void **state)
{
	const uint64_t before = now_ms();

	make_port(NULL);
	news = 0;
	must(plx_ethdev_watch_links(hear, NULL, &why));
	efake_fault(fake, &(struct efake_faults){.phy_stuck = true});
	efake_set_link(fake, false);
	assert_true(hears(1));
	efake_set_link(fake, true);
	assert_true(hears(0x101));
	assert_int_equal(plx_ethdev_set_link(port, false), -ETIMEDOUT);
	efake_fault(fake, &(struct efake_faults){0});
	assert_int_equal(plx_ethdev_set_link(port, true), 0);
	plx_ethdev_unwatch_links();
	both_ways(1);
	assert_true(now_ms() - before < PATIENCE_MS);
	drop_port();
}

static void
a_status_register_of_nonsense_is_a_link_of_some_speed(void **state)
{
	struct plx_ethdev_link link;

	make_port(NULL);
	for (unsigned i = 0; i < 32; i++) {
		efake_set_register(fake, E1000_STATUS, 0xfffffffeu << i | E1000_STATUS_LU);
		assert_int_equal(plx_ethdev_link(port, &link), 0);
		assert_true(link.up);
		assert_true(link.speed_mbps == 10 || link.speed_mbps == 100 ||
			    link.speed_mbps == 1000);
	}
	both_ways(1);
	drop_port();
}

static void
statistics_that_are_full_are_told_to_be(void **state)
{
	make_port(NULL);
	efake_set_register(fake, E1000_CRCERRS, UINT32_MAX - 1);
	assert_int_equal(counter("card_counters_full"), 0);
	efake_set_register(fake, E1000_CRCERRS, UINT32_MAX);
	efake_set_register(fake, E1000_GORCL, UINT32_MAX); /* half of a pair is not full */
	assert_int_equal(counter("card_counters_full"), 1);
	assert_int_equal(counter("rx_crc_errors"), 2ull * UINT32_MAX - 1);
	assert_int_equal(counter("rx_card_good_bytes"), UINT32_MAX);
	drop_port();
}

/* -- a storm -------------------------------------------------------------------------------------------------------- */

/* Who sleeps on the queue is woken. */
static void
wait_for_packets(void)
{
	struct pollfd pollfd = {.fd = plx_ethdev_rx_fd(port, 0), .events = POLLIN};

	assert_true(pollfd.fd >= 0);
	receive_all();
	put(0, 1);
	assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	expect(0, 1);
}

static void
a_storm_of_interrupts_is_cut_off_and_the_port_goes_on(void **state)
{
	const uint64_t before = now_ms();

	make_port(NULL);
	efake_fault(fake, &(struct efake_faults){.irq_storm = true});
	efake_set_link(fake, true);
	while (counter("irq_storms") == 0 && now_ms() - before < PATIENCE_MS)
		both_ways(1);
	efake_fault(fake, &(struct efake_faults){0});
	assert_true(counter("irq_storms") > 0);
	news = 0;
	must(plx_ethdev_watch_links(hear, NULL, &why));
	efake_set_link(fake, false);
	assert_true(hears(1));
	efake_set_link(fake, true);
	assert_true(hears(0x101));
	plx_ethdev_unwatch_links();
	wait_for_packets(); /* interrupts are back */
	both_ways(2);
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(descriptors_that_are_done_without_a_frame_are_given_out_once),
		CARD_TEST(what_is_written_behind_the_ring_is_nobodys),
		CARD_TEST(an_address_that_the_card_changes_in_its_ring_is_not_used),
		CARD_TEST(heads_that_lie_change_nothing),
		CARD_TEST(what_is_said_to_be_sent_is_believed_in_order_only),
		CARD_TEST(a_reset_that_hangs_at_a_stop_holds_no_buffer),
		CARD_TEST(an_eeprom_with_an_address_that_cannot_be_is_refused),
		CARD_TEST(a_phy_that_dies_while_links_come_and_go_delays_nobody_for_long),
		CARD_TEST(a_status_register_of_nonsense_is_a_link_of_some_speed),
		CARD_TEST(statistics_that_are_full_are_told_to_be),
		CARD_TEST(a_storm_of_interrupts_is_cut_off_and_the_port_goes_on),
	};

	return cmocka_run_group_tests(tests, card_setup, card_teardown);
}
