/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port listens to: groups, further addresses, VLANs; and that a restart forgets none of it. */
#include "card.h"

/* A frame to that address, with a tag unless that is 0. */
static void
put_to(const uint8_t mac[6], uint16_t tag)
{
	uint8_t frame[FRAME_LEN];

	make_frame(frame, sizeof(frame), 1);
	memcpy(frame, mac, 6);
	if (tag != 0)
		plx_store_be32(frame + 12, 0x81000000u | tag);
	efake_put(fake, frame, sizeof(frame));
}

static unsigned
hears_of(const uint8_t mac[6], uint16_t tag)
{
	put_to(mac, tag);
	return receive_all();
}

static void
restart(void)
{
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(plx_ethdev_start(port, &why));
}

static void
groups_are_told_apart_by_twelve_bits(void **state)
{
	/* 13.5.1: bits 47 to 36, which are the last byte and half of the one before. */
	static const uint8_t groups[][6] = {{0x01, 0, 0x5e, 0, 0x00, 0x07},
					    {0x33, 0x33, 0, 0, 0x10, 0x80}};
	static const uint8_t others[][6] = {{0x01, 0, 0x5e, 0, 0x00, 0x08},
					    {0x01, 0, 0x5e, 0, 0x10, 0x07},
					    {0x33, 0x33, 0, 0, 0x20, 0x80}};
	static const uint8_t same_hash[6] = {0x01, 0, 0x5e, 0x7f, 0x0f, 0x07};

	make_port(NULL);
	assert_int_equal(hears_of(groups[0], 0), 0);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(groups); i++)
		assert_int_equal(plx_ethdev_mac_add(port, groups[i]), 0);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < PLX_ARRAY_LEN(groups); i++)
			assert_int_equal(hears_of(groups[i], 0), 1);
		for (unsigned i = 0; i < PLX_ARRAY_LEN(others); i++)
			assert_int_equal(hears_of(others[i], 0), 0);
		assert_int_equal(hears_of(same_hash, 0), 1); /* the card cannot tell */
		restart();
	}
	assert_int_equal(plx_ethdev_set_allmulticast(port, true), 0);
	assert_int_equal(hears_of(others[0], 0), 1);
	assert_int_equal(plx_ethdev_set_allmulticast(port, false), 0);
	assert_int_equal(plx_ethdev_mac_remove(port, groups[0]), 0);
	assert_int_equal(hears_of(groups[0], 0), 0);
	assert_int_equal(hears_of(groups[1], 0), 1);
	drop_port();
}

static void
addresses_beyond_the_cards_make_it_promiscuous_until_they_are_fewer(void **state)
{
	static const uint8_t stranger[6] = {2, 9, 9, 9, 9, 9};
	uint8_t mac[6] = {2, 0, 0, 0, 1, 0};

	make_port(NULL);
	for (unsigned i = 0; i < E1000_RA_ENTRIES - 1; i++) {
		mac[5] = (uint8_t)i;
		assert_int_equal(plx_ethdev_mac_add(port, mac), 0);
	}
	assert_int_equal(hears_of(mac, 0), 1);
	assert_int_equal(hears_of(stranger, 0), 0);
	mac[5]++;
	assert_int_equal(plx_ethdev_mac_add(port, mac), 0);
	assert_int_equal(hears_of(mac, 0), 1);
	assert_int_equal(hears_of(stranger, 0), 1);
	restart();
	assert_int_equal(hears_of(stranger, 0), 1);
	assert_int_equal(plx_ethdev_mac_remove(port, mac), 0);
	assert_int_equal(hears_of(stranger, 0), 0);
	assert_int_equal(hears_of(mac, 0), 0);
	mac[5]--;
	assert_int_equal(hears_of(mac, 0), 1);
	drop_port();
}

static void
vlans_that_are_not_listed_do_not_come(void **state)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint16_t listed[] = {1, 5, 31, 32, 4094};
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_VLAN_FILTER};

	make_port(&conf);
	assert_int_equal(hears_of(all, 0), 1);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(listed); i++) {
		assert_int_equal(hears_of(all, listed[i]), 0);
		assert_int_equal(plx_ethdev_set_vlan_filter(port, listed[i], true), 0);
	}
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < PLX_ARRAY_LEN(listed); i++)
			assert_int_equal(hears_of(all, listed[i]), 1);
		assert_int_equal(hears_of(all, 6), 0);
		assert_int_equal(hears_of(all, 33), 0);
		restart();
	}
	assert_int_equal(plx_ethdev_set_vlan_filter(port, 5, false), 0);
	assert_int_equal(hears_of(all, 5), 0);
	assert_int_equal(hears_of(all, 32), 1);
	drop_port();
}

static void
without_the_offload_every_vlan_comes_and_none_can_be_listed(void **state)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	make_port(NULL);
	assert_int_equal(hears_of(all, 77), 1);
	assert_int_equal(plx_ethdev_set_vlan_filter(port, 5, true), -ENOTSUP);
	drop_port();
}

/* -- pause frames (11, 802.3 annex 28B) ------------------------------------------------------------------------------- */

static uint32_t
pauses(void)
{
	return efake_register(fake, E1000_CTRL) & (E1000_CTRL_RFCE | E1000_CTRL_TFCE);
}

static void
pause_frames_are_forced_or_agreed_on(void **state)
{
	static const struct {
		struct plx_ethdev_flow_ctrl flow;
		uint32_t ctrl;
	} said[] = {/* The far end can do symmetric pauses only. */
		    {{.rx = true, .tx = true, .autoneg = true}, E1000_CTRL_RFCE | E1000_CTRL_TFCE},
		    {{.rx = true, .autoneg = true}, E1000_CTRL_RFCE},
		    {{.tx = true, .autoneg = true}, 0},
		    {{.autoneg = true}, 0},
		    {{.rx = true}, E1000_CTRL_RFCE},
		    {{.tx = true}, E1000_CTRL_TFCE},
		    {{.rx = true, .tx = true}, E1000_CTRL_RFCE | E1000_CTRL_TFCE}};
	struct plx_ethdev_flow_ctrl flow;

	make_port(NULL);
	assert_int_equal(pauses(), E1000_CTRL_RFCE | E1000_CTRL_TFCE);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(said); i++) {
		assert_int_equal(plx_ethdev_set_flow_ctrl(port, &said[i].flow), 0);
		assert_int_equal(plx_ethdev_flow_ctrl(port, &flow), 0);
		assert_memory_equal(&flow, &said[i].flow, sizeof(flow));
		assert_int_equal(pauses(), said[i].ctrl);
		assert_int_equal(efake_register(fake, E1000_FCRTH) != 0,
				 (said[i].ctrl & E1000_CTRL_TFCE) != 0);
		restart();
		assert_int_equal(pauses(), said[i].ctrl);
	}
	assert_int_equal(efake_register(fake, E1000_FCAL), E1000_FCAL_VALUE);
	assert_int_equal(efake_register(fake, E1000_FCT), E1000_FCT_VALUE);
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(groups_are_told_apart_by_twelve_bits),
		CARD_TEST(addresses_beyond_the_cards_make_it_promiscuous_until_they_are_fewer),
		CARD_TEST(vlans_that_are_not_listed_do_not_come),
		CARD_TEST(without_the_offload_every_vlan_comes_and_none_can_be_listed),
		CARD_TEST(pause_frames_are_forced_or_agreed_on),
	};

	return cmocka_run_group_tests(tests, card_setup, card_teardown);
}
