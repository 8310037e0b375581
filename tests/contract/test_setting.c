/* SPDX-License-Identifier: BSD-3-Clause */
/* MTU, addresses, receive modes, link, waiting. */
#include "contract.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

static const uint8_t foreign[6] = {0x02, 0xbb, 0, 0, 0, 7};
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void
an_mtu_out_of_range_is_refused(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_info info;
	struct plx_why why = {""};
	uint16_t before, after;

	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	assert_int_equal(plx_ethdev_mtu(wire->port, &before), 0);
	assert_in_range(before, info.min_mtu, info.max_mtu);
	if (info.max_mtu < UINT16_MAX)
		assert_int_equal(plx_ethdev_set_mtu(wire->port, (uint16_t)(info.max_mtu + 1), &why),
				 -EINVAL);
	assert_int_equal(plx_ethdev_set_mtu(wire->port, (uint16_t)(info.min_mtu - 1), &why),
			 -EINVAL);
	assert_true(strlen(why.text) > 0);
	assert_int_equal(
		plx_ethdev_configure(wire->port, 1, 1, &(struct plx_ethdev_conf){.mtu = 1}, NULL),
		-EINVAL);
	assert_int_equal(plx_ethdev_mtu(wire->port, &after), 0);
	assert_int_equal(before, after);
}

static void
the_mtu_can_be_changed(void **state)
{
	struct wire *wire = *state;
	uint16_t mtu;

	assert_int_equal(plx_ethdev_set_mtu(wire->port, 1400, NULL), 0);
	assert_int_equal(plx_ethdev_mtu(wire->port, &mtu), 0);
	assert_int_equal(mtu, 1400);
	wire_start(wire, 1, &(struct plx_ethdev_conf){.mtu = 2000});
	assert_int_equal(plx_ethdev_mtu(wire->port, &mtu), 0);
	assert_int_equal(mtu, 2000);
	if (wire->pmd->has & HAS_RX) {
		wire_put(wire, 0, 5, 2014);
		wire_expect(wire, 0, 5, 2014);
	}
}

static void
the_mtu_can_grow_while_the_port_runs(void **state)
{
	struct wire *wire = *state;

	if (wire->pmd->stretch != NULL)
		assert_int_equal(wire->pmd->stretch(wire, 9000), 0);
	wire_start(wire, 1, &(struct plx_ethdev_conf){.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER});
	wire_put(wire, 0, 5, 1500);
	wire_expect(wire, 0, 5, 1500);
	assert_int_equal(plx_ethdev_set_mtu(wire->port, 8000, NULL), 0);
	wire_put(wire, 5, 5, 8014);
	wire_expect(wire, 5, 5, 8014);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
the_address_can_be_changed_but_not_to_a_group_or_nothing(void **state)
{
	static const uint8_t mine[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55}, nothing[6];
	struct wire *wire = *state;
	uint8_t mac[6];

	assert_int_equal(plx_ethdev_set_mac(wire->port, group), -EINVAL);
	assert_int_equal(plx_ethdev_set_mac(wire->port, nothing), -EINVAL);
	assert_int_equal(plx_ethdev_set_mac(wire->port, mine), 0);
	assert_int_equal(plx_ethdev_mac(wire->port, mac), 0);
	assert_memory_equal(mac, mine, 6);
	if (!(wire->pmd->has & HAS_RX))
		return;
	memcpy(wire->mac, mine, 6);
	wire_start(wire, 1, NULL);
	wire_put(wire, 0, 5, 100);
	wire_expect(wire, 0, 5, 100);
}

static void
receive_modes_are_remembered(void **state)
{
	struct wire *wire = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(plx_ethdev_set_promiscuous(wire->port, true), 0);
		assert_int_equal(plx_ethdev_promiscuous(wire->port), 1);
		assert_int_equal(plx_ethdev_set_allmulticast(wire->port, true), 0);
		assert_int_equal(plx_ethdev_allmulticast(wire->port), 1);
		wire_start(wire, 1, NULL);
		assert_int_equal(plx_ethdev_promiscuous(wire->port), 1);
		assert_int_equal(plx_ethdev_set_promiscuous(wire->port, false), 0);
		assert_int_equal(plx_ethdev_promiscuous(wire->port), 0);
		assert_int_equal(plx_ethdev_set_allmulticast(wire->port, false), 0);
		assert_int_equal(plx_ethdev_allmulticast(wire->port), 0);
		assert_int_equal(plx_ethdev_stop(wire->port), 0);
	}
}

/* Does a frame to this address come through? */
static bool
hears(struct wire *wire, const uint8_t to[6])
{
	uint8_t mine[6];
	struct plx_mbuf *m;
	bool heard;

	/* A frame to ourselves, sent after it, tells when to stop waiting. */
	memcpy(mine, wire->mac, 6);
	memcpy(wire->mac, to, 6);
	wire_put(wire, 1, 1, 100);
	memcpy(wire->mac, mine, 6);
	wire_put(wire, 2, 1, 100);
	assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	heard = frame_seq(plx_mbuf_data(m)) == 1;
	if (heard) {
		frame_check(plx_mbuf_data(m), 100, to, 1);
		plx_mbuf_free(m);
		assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	}
	frame_check(plx_mbuf_data(m), 100, mine, 2);
	plx_mbuf_free(m);
	return heard;
}

static void
only_promiscuous_mode_hears_foreign_frames(void **state)
{
	struct wire *wire = *state;

	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, false), 0);
	wire_start(wire, 1, NULL);
	assert_false(hears(wire, foreign));
	assert_true(hears(wire, everybody));
	assert_false(hears(wire, group));
	assert_int_equal(plx_ethdev_set_allmulticast(wire->port, true), 0);
	assert_true(hears(wire, group));
	assert_false(hears(wire, foreign));
	assert_int_equal(plx_ethdev_set_allmulticast(wire->port, false), 0);
	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, true), 0);
	assert_true(hears(wire, foreign));
	assert_true(hears(wire, group));
	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, false), 0);
	assert_false(hears(wire, foreign));
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

/* Its buffer was written into nevertheless: the end of each case looks at the marks. */
static void
a_foreign_frame_leaves_no_mark_of_ours(void **state)
{
	struct wire *wire = *state;
	uint8_t mine[6];

	wire_start(wire, 1, NULL);
	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, false), 0);
	memcpy(mine, wire->mac, 6);
	memcpy(wire->mac, foreign, 6);
	wire_put(wire, 1, 1, 100);
	memcpy(wire->mac, mine, 6);
	wire_expect_silence(wire);
}

static void
listed_addresses_are_heard_until_they_are_removed(void **state)
{
	struct wire *wire = *state;

	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, false), 0);
	assert_int_equal(plx_ethdev_mac_add(wire->port, group), 0);
	wire_start(wire, 1, NULL);
	assert_true(hears(wire, group));
	assert_int_equal(plx_ethdev_mac_add(wire->port, group), -EEXIST);
	assert_int_equal(plx_ethdev_mac_add(wire->port, foreign), 0);
	assert_true(hears(wire, foreign));
	assert_int_equal(plx_ethdev_mac_remove(wire->port, foreign), 0);
	assert_false(hears(wire, foreign));
	assert_int_equal(plx_ethdev_mac_remove(wire->port, foreign), -ENOENT);
	assert_int_equal(plx_ethdev_mac_remove(wire->port, group), 0);
	assert_false(hears(wire, group));
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
the_address_list_has_an_end(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_info info;
	uint8_t mac[6] = {0x02, 0xcc, 0, 0, 0, 0};
	unsigned n = 0;
	int err = 0;

	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	while (err == 0 && n <= info.max_mac_addrs) {
		mac[5] = (uint8_t)++n;
		err = plx_ethdev_mac_add(wire->port, mac);
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(n, info.max_mac_addrs);
}

static void
what_was_set_outlives_stop_configure_and_start(void **state)
{
	static const uint8_t mine[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x66};
	struct wire *wire = *state;
	uint8_t mac[6], list[2][6];
	uint16_t mtu;

	wire_start(wire, 1, NULL);
	assert_int_equal(plx_ethdev_set_mac(wire->port, mine), 0);
	assert_int_equal(plx_ethdev_mac_add(wire->port, group), 0);
	assert_int_equal(plx_ethdev_set_allmulticast(wire->port, true), 0);
	assert_int_equal(plx_ethdev_set_mtu(wire->port, 1400, NULL), 0);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_start(wire, 1, NULL);
	assert_int_equal(plx_ethdev_mac(wire->port, mac), 0);
	assert_memory_equal(mac, mine, 6);
	assert_int_equal(plx_ethdev_mac_list(wire->port, list, 2), 1);
	assert_memory_equal(list[0], group, 6);
	assert_int_equal(plx_ethdev_allmulticast(wire->port), 1);
	assert_int_equal(plx_ethdev_mtu(wire->port, &mtu), 0);
	assert_int_equal(mtu, 1400);
	memcpy(wire->mac, mine, 6);
	wire_put(wire, 0, 5, 100);
	wire_expect(wire, 0, 5, 100);
	assert_int_equal(plx_ethdev_set_allmulticast(wire->port, false), 0);
	if (wire->pmd->has & HAS_FILTER) {
		assert_int_equal(plx_ethdev_set_promiscuous(wire->port, false), 0);
		assert_true(hears(wire, group));
		assert_false(hears(wire, foreign));
	}
}

static void
flow_control_can_be_set_or_is_not_there(void **state)
{
	struct plx_ethdev_flow_ctrl before, after;
	struct wire *wire = *state;
	int err = plx_ethdev_flow_ctrl(wire->port, &before);

	if (err != 0) {
		assert_int_equal(err, -ENOTSUP);
		before = (struct plx_ethdev_flow_ctrl){.rx = true};
		assert_int_equal(plx_ethdev_set_flow_ctrl(wire->port, &before), -ENOTSUP);
		return;
	}
	assert_int_equal(plx_ethdev_set_flow_ctrl(wire->port, &before), 0);
	assert_int_equal(plx_ethdev_flow_ctrl(wire->port, &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void
a_hash_table_is_kept_or_there_is_none(void **state)
{
	struct wire *wire = *state;
	uint16_t table[PLX_ETHDEV_RETA_MAX] = {0}, kept[PLX_ETHDEV_RETA_MAX];
	struct plx_ethdev_info info;

	wire_start(wire, 2, NULL);
	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	if (info.reta_size == 0) {
		assert_int_equal(plx_ethdev_set_reta(wire->port, table, 0), -ENOTSUP);
		assert_int_equal(plx_ethdev_set_rss_key(wire->port, NULL, 0, 0), -ENOTSUP);
		return;
	}
	table[1] = 2;
	assert_int_equal(plx_ethdev_set_reta(wire->port, table, info.reta_size), -EINVAL);
	table[1] = 1;
	assert_int_equal(plx_ethdev_set_reta(wire->port, table, info.reta_size), 0);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	assert_int_equal(plx_ethdev_reta(wire->port, kept, info.reta_size), 0);
	assert_memory_equal(kept, table, info.reta_size * sizeof(kept[0]));
}

static bool
link_is(const struct wire *wire, bool up)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	struct plx_ethdev_link link;

	do {
		assert_int_equal(plx_ethdev_link(wire->port, &link), 0);
		if (link.up == up)
			return true;
		sleep_ms(5);
	} while (now_ms() < until);
	return false;
}

static void
a_started_port_has_link(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	assert_true(link_is(wire, true));
}

static void
the_link_can_be_set_down_and_up(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	assert_int_equal(plx_ethdev_set_link(wire->port, false), 0);
	assert_true(link_is(wire, false));
	assert_int_equal(plx_ethdev_set_link(wire->port, true), 0);
	assert_true(link_is(wire, true));
	wire_wait_for_far_end(wire);
	wire_put(wire, 0, 5, 100);
	wire_expect(wire, 0, 5, 100);
}

static struct {
	unsigned downs, ups;
	uint16_t port;
} news;

static void
hear_news(void *arg, uint16_t port, bool up)
{
	__atomic_store_n(&news.port, port, __ATOMIC_RELAXED);
	__atomic_fetch_add(up ? &news.ups : &news.downs, 1, __ATOMIC_RELEASE);
}

static bool
comes(const unsigned *count)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	while (__atomic_load_n(count, __ATOMIC_ACQUIRE) == 0 && now_ms() < until)
		sleep_ms(5);
	return __atomic_load_n(count, __ATOMIC_ACQUIRE) > 0;
}

static void
a_link_that_goes_and_comes_is_told(void **state)
{
	struct wire *wire = *state;
	unsigned before;

	wire_start(wire, 1, NULL);
	assert_true(link_is(wire, true));
	memset(&news, 0, sizeof(news));
	assert_int_equal(plx_ethdev_watch_links(hear_news, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_watch_links(hear_news, NULL, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_set_link(wire->port, false), 0);
	assert_true(comes(&news.downs));
	assert_int_equal(news.port, wire->port);
	assert_int_equal(plx_ethdev_set_link(wire->port, true), 0);
	assert_true(comes(&news.ups));
	plx_ethdev_unwatch_links();
	plx_ethdev_unwatch_links();
	before = news.downs;
	assert_int_equal(plx_ethdev_set_link(wire->port, false), 0);
	assert_true(link_is(wire, false));
	assert_int_equal(news.downs, before);
}

/* Puts a tagged frame in and one without a tag behind it: was the first one heard? */
static bool
hears_vlan(struct wire *wire, uint16_t vlan)
{
	uint8_t frame[104];
	struct plx_mbuf *m;
	bool heard;

	frame_make(frame, 100, wire->mac, 1);
	memmove(frame + 16, frame + 12, 88);
	frame[12] = 0x81;
	frame[13] = 0;
	frame[14] = (uint8_t)(0x20 | vlan >> 8);
	frame[15] = (uint8_t)vlan;
	assert_int_equal(wire->pmd->put(wire, frame, sizeof(frame)), 0);
	wire_put(wire, 2, 1, 100);
	assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	heard = m->pkt_len == sizeof(frame);
	plx_mbuf_free(m);
	if (heard) {
		assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
		plx_mbuf_free(m);
	}
	return heard;
}

static void
a_vlan_filter_lets_listed_vlans_through_or_there_is_none(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_VLAN_FILTER};
	struct wire *wire = *state;
	struct plx_ethdev_info info;

	assert_int_equal(plx_ethdev_set_vlan_filter(wire->port, 4095, true), -EINVAL);
	wire_start(wire, 1, &conf);
	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	if ((info.rx_offloads & PLX_ETH_RX_OFFLOAD_VLAN_FILTER) == 0) {
		assert_int_equal(plx_ethdev_set_vlan_filter(wire->port, 5, true), -ENOTSUP);
		return;
	}
	assert_false(hears_vlan(wire, 5));
	assert_int_equal(plx_ethdev_set_vlan_filter(wire->port, 5, true), 0);
	assert_int_equal(plx_ethdev_set_vlan_filter(wire->port, 7, true), 0);
	assert_true(hears_vlan(wire, 5));
	assert_true(hears_vlan(wire, 7));
	assert_false(hears_vlan(wire, 6));
	assert_int_equal(plx_ethdev_set_vlan_filter(wire->port, 4094, true), 0);
	assert_int_equal(plx_ethdev_set_vlan_filter(wire->port, 5, false), 0);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_start(wire, 1, &conf);
	assert_false(hears_vlan(wire, 5));
	assert_true(hears_vlan(wire, 7));
	assert_true(hears_vlan(wire, 4094));
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_start(wire, 1, NULL);
	assert_true(hears_vlan(wire, 5));
	wire_check_ledger(wire);
}

/* An interrupt that comes late may wake for what was received already. */
static void
expect_sleep(struct wire *wire, struct pollfd *item)
{
	const uint64_t until = now_ms() + PATIENCE_MS;

	while (poll(item, 1, 20) != 0) {
		assert_true(now_ms() < until);
		wire_expect_silence(wire);
	}
}

static void
the_fd_wakes_for_packets_and_sleeps_without(void **state)
{
	struct wire *wire = *state;
	struct pollfd item = {.events = POLLIN};

	wire_start(wire, 1, NULL);
	item.fd = plx_ethdev_rx_fd(wire->port, 0);
	assert_true(item.fd >= 0);
	assert_int_equal(plx_ethdev_rx_fd(wire->port, 1), -EINVAL);
	for (int round = 0; round < 3; round++) {
		expect_sleep(wire, &item);
		wire_put(wire, 0, 3, 100);
		assert_int_equal(poll(&item, 1, PATIENCE_MS), 1);
		assert_true(item.revents & POLLIN);
		wire_expect(wire, 0, 3, 100);
		wire_expect_silence(wire);
	}
}

static void
unsupported_settings_say_so(void **state)
{
	struct wire *wire = *state;
	unsigned has = wire->pmd->has;

	if (!(has & HAS_FD)) {
		wire_start(wire, 1, NULL);
		assert_int_equal(plx_ethdev_rx_fd(wire->port, 0), -ENOTSUP);
	}
	if (!(has & HAS_LINK))
		assert_int_equal(plx_ethdev_set_link(wire->port, false), -ENOTSUP);
	if (!(has & HAS_MAC_LIST))
		assert_int_equal(plx_ethdev_mac_add(wire->port, foreign), -ENOTSUP);
	if (!(has & HAS_PROMISC))
		assert_int_equal(plx_ethdev_set_promiscuous(
					 wire->port, plx_ethdev_promiscuous(wire->port) == 0),
				 -ENOTSUP);
}

static void
received_packets_carry_the_time(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *pkts[3];
	struct timespec now;
	uint64_t last = 0, ns;

	wire_start(wire, 1, &(struct plx_ethdev_conf){.rx_offloads = PLX_ETH_RX_OFFLOAD_TIMESTAMP});
	wire_put(wire, 0, 3, 100);
	assert_int_equal(wire_receive(wire, 0, pkts, 3), 3);
	clock_gettime(CLOCK_REALTIME, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	for (int i = 0; i < 3; i++) {
		assert_true(pkts[i]->ol_flags & PLX_MBUF_RX_TIMESTAMP);
		assert_true(pkts[i]->timestamp >= last);
		assert_true(pkts[i]->timestamp <= ns);
		assert_true(ns - pkts[i]->timestamp < PATIENCE_MS * UINT64_C(1000000));
		last = pkts[i]->timestamp;
	}
	plx_mbuf_free_bulk(pkts, 3);
}

const struct contract_case setting_cases[] = {
	CASE(an_mtu_out_of_range_is_refused),
	CASE(the_mtu_can_be_changed, .needs = HAS_MTU),
	CASE(the_mtu_can_grow_while_the_port_runs,
	     .needs = HAS_RX | HAS_MTU | HAS_SCATTER | HAS_JUMBO),
	CASE(the_address_can_be_changed_but_not_to_a_group_or_nothing, .needs = HAS_MAC),
	CASE(receive_modes_are_remembered, .needs = HAS_PROMISC),
	CASE(only_promiscuous_mode_hears_foreign_frames,
	     .needs = HAS_RX | HAS_PROMISC | HAS_FILTER),
	CASE(a_foreign_frame_leaves_no_mark_of_ours, .needs = HAS_RX | HAS_PROMISC | HAS_FILTER),
	CASE(listed_addresses_are_heard_until_they_are_removed,
	     .needs = HAS_RX | HAS_MAC_LIST | HAS_FILTER),
	CASE(the_address_list_has_an_end, .needs = HAS_MAC_LIST),
	CASE(what_was_set_outlives_stop_configure_and_start,
	     .needs = HAS_RX | HAS_MAC | HAS_MAC_LIST | HAS_PROMISC | HAS_MTU),
	CASE(flow_control_can_be_set_or_is_not_there),
	CASE(a_hash_table_is_kept_or_there_is_none, .needs = HAS_QUEUES),
	CASE(a_started_port_has_link),
	CASE(the_link_can_be_set_down_and_up, .needs = HAS_RX | HAS_LINK),
	CASE(a_link_that_goes_and_comes_is_told, .needs = HAS_LINK),
	CASE(a_vlan_filter_lets_listed_vlans_through_or_there_is_none, .needs = HAS_RX),
	CASE(the_fd_wakes_for_packets_and_sleeps_without, .needs = HAS_RX | HAS_FD),
	CASE(unsupported_settings_say_so),
	CASE(received_packets_carry_the_time, .needs = HAS_RX | HAS_TIME),
	{0},
};
