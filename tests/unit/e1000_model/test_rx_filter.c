/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames are for the card: addresses, hashes, modes, tags. */
#include "rx_card.h"

static void
address(uint64_t mac)
{
	for (unsigned i = 0; i < 6; i++)
		frame[i] = (uint8_t)(mac >> (40 - 8 * i));
}

/* A frame to `mac`: whether it is taken, and if so whether it is exactly meant. */
static void
check(uint64_t mac, enum plx_e1000_model_taken taken, bool pif)
{
	const uint32_t at = reg(E1000_RDH);

	address(mac);
	assert_int_equal(put(FRAME_LEN), taken);
	assert_int_equal(reg(E1000_RDH), (at + (taken == PLX_E1000_MODEL_TAKEN)) % DESCS);
	if (taken != PLX_E1000_MODEL_TAKEN)
		return;
	assert_int_equal((ring[at].status & E1000_RXD_STAT_PIF) != 0, pif);
	give(1);
}

static void
taken(uint64_t mac)
{
	check(mac, PLX_E1000_MODEL_TAKEN, false);
}

static void
hashed(uint64_t mac)
{
	check(mac, PLX_E1000_MODEL_TAKEN, true);
}

static void
not_taken(uint64_t mac)
{
	check(mac, PLX_E1000_MODEL_FILTERED, false);
}

#define OWN	  0x020000000001
#define OTHER	  0x020000000002
#define GROUP	  0x01005e000001
#define EVERYBODY 0xffffffffffff

static void
make(uint32_t rctl)
{
	make_ready_card();
	set(E1000_RCTL, E1000_RCTL_EN | E1000_RCTL_SECRC | rctl);
	make_frame(FRAME_LEN, 1);
}

static void
only_its_own_address_by_default(void **state)
{
	make(0);
	taken(OWN);
	for (unsigned bit = 0; bit < 48; bit++)
		not_taken(OWN ^ 1ull << bit);
	not_taken(GROUP);
	not_taken(EVERYBODY);
	assert_int_equal(reg(E1000_TPR), 1);
	assert_int_equal(model->stats.filtered, 50);
	drop_rx_card();
}

static void
sixteen_addresses_if_they_are_valid(void **state)
{
	make(0);
	for (unsigned i = 1; i < E1000_RA_ENTRIES; i++) {
		const uint64_t mac = 0x021122334400 + i;

		not_taken(mac);
		set(E1000_RAL(i), 0x33221102);
		set(E1000_RAH(i), i << 8 | 0x44);
		not_taken(mac);
		set(E1000_RAH(i), E1000_RAH_AV | i << 8 | 0x44);
		taken(mac);
	}
	set(E1000_RAH(0), 0x0100);
	not_taken(OWN);
	set(E1000_RAL(3), 0x005e0001); /* a group's, exactly */
	set(E1000_RAH(3), E1000_RAH_AV | 0x0100);
	taken(GROUP);
	drop_rx_card();
}

static void
an_entry_may_be_of_a_source(void **state)
{
	make(0);
	set(E1000_RAL(5), 0x00000002);
	set(E1000_RAH(5), E1000_RAH_AV | 1u << 16 | 0x0900);
	taken(OTHER); /* make_frame's source is 02:00:00:00:00:09 */
	frame[11] = 8;
	not_taken(OTHER);
	not_taken(0x020000000009);
	set(E1000_RAH(5), E1000_RAH_AV | 2u << 16 | 0x0800);
	not_taken(OTHER);
	drop_rx_card();
}

static void
modes_take_each_its_kind(void **state)
{
	make(E1000_RCTL_UPE);
	taken(OTHER);
	not_taken(GROUP);
	not_taken(EVERYBODY);
	drop_rx_card();
	make(E1000_RCTL_MPE);
	not_taken(OTHER);
	taken(GROUP);
	taken(EVERYBODY);
	drop_rx_card();
	make(E1000_RCTL_BAM);
	not_taken(OTHER);
	not_taken(GROUP);
	taken(EVERYBODY);
	not_taken(EVERYBODY ^ 1);
	drop_rx_card();
}

static void
the_hash_of_a_group_is_where_mo_says_and_is_told_to_be_one(void **state)
{
	/* Of 01:00:5e:7f:35:9c: the last two bytes are 9c35, of which twelve bits count. */
	static const uint32_t hashes[] = {0x9c3, 0x386, 0x70d, 0xc35};
	const uint64_t mac = 0x01005e7f359c;

	for (uint32_t mo = 0; mo < 4; mo++) {
		const uint32_t hash = hashes[mo], word = E1000_MTA + hash / 32 * 4;

		make(mo << E1000_RCTL_MO_SHIFT);
		for (uint32_t i = 0; i < E1000_MTA_WORDS; i++)
			set(E1000_MTA + 4 * i, UINT32_MAX);
		set(word, ~(1u << hash % 32));
		not_taken(mac);
		for (uint32_t i = 0; i < E1000_MTA_WORDS; i++)
			set(E1000_MTA + 4 * i, 0);
		set(word, 1u << hash % 32);
		hashed(mac);
		not_taken(mac & ~(1ull << 40)); /* not a group */
		set(E1000_RAL(7), 0x7f5e0001);
		set(E1000_RAH(7), E1000_RAH_AV | 0x9c35);
		taken(mac);
		set(E1000_RAH(7), 0);
		set(E1000_RCTL, reg(E1000_RCTL) | E1000_RCTL_MPE);
		taken(mac);
		drop_rx_card();
	}
}

static void
everybody_may_be_in_the_hash_as_well(void **state)
{
	make(0);
	set(E1000_MTA + 4 * 127, 1u << 31);
	hashed(EVERYBODY);
	drop_rx_card();
}

static void
tags_are_filtered_when_they_are_to_be(void **state)
{
	make(E1000_RCTL_VFE);
	taken(OWN); /* no tag: not asked */
	plx_store_be32(frame + 12, 0x81000000 | 0x2000 | 77);
	not_taken(OWN);
	set(E1000_VFTA + 77 / 32 * 4, 1u << 77 % 32);
	taken(OWN);
	not_taken(OTHER);
	plx_store_be32(frame + 12, 0x81000000 | 78);
	not_taken(OWN);
	set(E1000_VET, 0x9100);
	taken(OWN); /* no tag that the card knows */
	set(E1000_VET, E1000_VET_VALUE);
	plx_store_be32(frame + 12, 0x81000000 | 0xfff);
	set(E1000_VFTA + 127 * 4, 1u << 31);
	taken(OWN);
	set(E1000_RCTL, reg(E1000_RCTL) & ~E1000_RCTL_VFE);
	plx_store_be32(frame + 12, 0x81000000 | 78);
	taken(OWN);
	drop_rx_card();
}

static void
the_canonical_bit_counts_when_it_is_to(void **state)
{
	make(0);
	plx_store_be32(frame + 12, 0x81001005);
	taken(OWN);
	set(E1000_RCTL, reg(E1000_RCTL) | E1000_RCTL_CFIEN);
	not_taken(OWN);
	set(E1000_RCTL, reg(E1000_RCTL) | E1000_RCTL_CFI);
	taken(OWN);
	plx_store_be32(frame + 12, 0x81000005);
	not_taken(OWN);
	plx_store_be16(frame + 12, 0x88b5);
	taken(OWN);
	drop_rx_card();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_own_address_by_default),
		cmocka_unit_test(sixteen_addresses_if_they_are_valid),
		cmocka_unit_test(an_entry_may_be_of_a_source),
		cmocka_unit_test(modes_take_each_its_kind),
		cmocka_unit_test(the_hash_of_a_group_is_where_mo_says_and_is_told_to_be_one),
		cmocka_unit_test(everybody_may_be_in_the_hash_as_well),
		cmocka_unit_test(tags_are_filtered_when_they_are_to_be),
		cmocka_unit_test(the_canonical_bit_counts_when_it_is_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
