/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What drivers do to a card from probe to link, in the order of traces of theirs: Linux' e1000, DPDK's em, net_e1000. None of it is
 * to be complained of, and each finds what it waits for.
 */
#include "microwire.h"
#include "model_bus.h"

#define PORTS	    PLX_E1000_MODEL_BAR_IO
#define LINUX_IMS   0x9du
#define RX_RING	    0x12340000u
#define TX_RING	    0x12350000u
#define BMSR_LINK   E1000_PHY_STATUS_LINK
#define BMSR_BEFORE 0x7949
#define STATS_END   0x4100u

static void
flush(struct bus *bus)
{
	get(bus, E1000_STATUS);
}

/* -- Linux ---------------------------------------------------------------------------------------------------------------- */

/* RST goes through the ports: a write to memory may not be acknowledged. */
static void
linux_reset(struct bus *bus)
{
	set(bus, E1000_IMC, UINT32_MAX);
	set(bus, E1000_RCTL, 0);
	set(bus, E1000_TCTL, E1000_TCTL_PSP);
	flush(bus);
	wait_for(bus, 10 * MS);
	bus_write(bus, PORTS, E1000_IOADDR, E1000_CTRL);
	bus_write(bus, PORTS, E1000_IODATA, get(bus, E1000_CTRL) | E1000_CTRL_RST);
	wait_for(bus, 5 * MS);
	assert_int_equal(get(bus, E1000_CTRL) & E1000_CTRL_RST, 0);
	set(bus, E1000_MANC, get(bus, E1000_MANC) & ~E1000_MANC_ARP_EN);
	set(bus, E1000_IMC, UINT32_MAX);
	get(bus, E1000_ICR);
}

static void
linux_eeprom(struct bus *bus, uint16_t words[E1000_EEPROM_WORDS])
{
	uint16_t sum = 0;

	for (unsigned i = 0; i < E1000_EEPROM_WORDS; i++) {
		assert_true(wire_request(bus));
		words[i] = wire_read(bus, i);
		wire_release(bus);
		sum = (uint16_t)(sum + words[i]);
	}
	assert_int_equal(sum, E1000_EEPROM_SUM);
}

/* 13.5: each word is followed by a flush. */
static void
linux_tables(struct bus *bus, const uint16_t mac[3])
{
	set(bus, E1000_VET, 0);
	for (unsigned i = 0; i < E1000_VFTA_WORDS; i++) {
		set(bus, E1000_VFTA + 4 * i, 0);
		flush(bus);
	}
	for (unsigned i = 0; i < E1000_RA_ENTRIES - 1; i++) {
		set(bus, E1000_RAL(i), i == 0 ? mac[0] | (uint32_t)mac[1] << 16 : 0);
		flush(bus);
		set(bus, E1000_RAH(i), i == 0 ? mac[2] | E1000_RAH_AV : 0);
		flush(bus);
	}
	for (unsigned i = 0; i < E1000_MTA_WORDS; i++) {
		set(bus, E1000_MTA + 4 * i, 0);
		flush(bus);
	}
}

static void
linux_phy(struct bus *bus)
{
	set(bus, E1000_CTRL,
	    (get(bus, E1000_CTRL) | E1000_CTRL_SLU) & ~(E1000_CTRL_FRCSPD | E1000_CTRL_FRCDPLX));
	assert_int_equal((uint32_t)phy_get(bus, 2) << 16 | (phy_get(bus, 3) & 0xfff0), 0x01410c20);
	phy_set(bus, 16, phy_get(bus, 16) | 0x0068);
	phy_set(bus, 20, phy_get(bus, 20) | 0x0070);
	phy_set(bus, 0, phy_get(bus, 0) | E1000_PHY_CTRL_RESET);
	phy_set(bus, 4, 0x0de1);
	phy_set(bus, 9, 0x0200);
	phy_set(bus, 0, phy_get(bus, 0) | E1000_PHY_CTRL_AN_ENABLE | E1000_PHY_CTRL_RESTART_AN);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(phy_get(bus, 1) & BMSR_LINK, 0);
}

static void
clear_statistics(struct bus *bus)
{
	for (uint32_t reg = E1000_CRCERRS; reg < STATS_END; reg += 4)
		if (reg != 0x4024 && reg != 0x402c && reg != 0x4044 && reg != 0x4084 &&
		    reg != 0x4098 && reg != 0x409c)
			assert_int_equal(get(bus, reg), 0);
}

static void
linux_flow(struct bus *bus)
{
	set(bus, E1000_FCT, E1000_FCT_VALUE);
	set(bus, E1000_FCAH, E1000_FCAH_VALUE);
	set(bus, E1000_FCAL, E1000_FCAL_VALUE);
	set(bus, E1000_FCTTV, 0xffff);
	set(bus, E1000_FCRTL, 0x9650 | E1000_FCRTL_XONE);
	set(bus, E1000_FCRTH, 0x9c40);
	set(bus, E1000_TXDCTL, 0x01010000);
	clear_statistics(bus);
	set(bus, E1000_VET, E1000_VET_VALUE);
	set(bus, E1000_AIT, 0);
	set(bus, E1000_CTRL, get(bus, E1000_CTRL) | E1000_CTRL_VME);
}

static void
linux_probe(struct bus *bus)
{
	uint16_t words[E1000_EEPROM_WORDS];

	linux_reset(bus);
	linux_eeprom(bus, words);
	assert_memory_equal(words, plx_e1000_model_eeprom(bus->card), sizeof(words));
	set(bus, E1000_PBA, 0x30);
	linux_reset(bus);
	set(bus, E1000_WUC, 0);
	get(bus, E1000_LEDCTL);
	linux_tables(bus, words);
	linux_phy(bus);
	linux_flow(bus);
}

static void
linux_open(struct bus *bus)
{
	phy_get(bus, 0);
	set(bus, E1000_TDLEN, 4096);
	set(bus, E1000_TDBAH, 0);
	set(bus, E1000_TDBAL, TX_RING);
	set(bus, E1000_TDT, 0);
	set(bus, E1000_TDH, 0);
	set(bus, E1000_TIPG, E1000_TIPG_COPPER);
	set(bus, E1000_TIDV, 8);
	set(bus, E1000_TADV, 32);
	set(bus, E1000_TCTL, 0x010000f8);
	set(bus, E1000_RCTL, 0);
	set(bus, E1000_RDTR, 0);
	set(bus, E1000_RADV, 8);
	set(bus, E1000_ITR, 0xc3);
	set(bus, E1000_RDLEN, 4096);
	set(bus, E1000_RDBAH, 0);
	set(bus, E1000_RDBAL, RX_RING);
	set(bus, E1000_RDT, 0);
	set(bus, E1000_RDH, 0);
	set(bus, E1000_RXCSUM, 0x200);
	set(bus, E1000_RCTL, 0x8002);
	set(bus, E1000_RDT, 0xfe);
	set(bus, E1000_IMS, LINUX_IMS);
	set(bus, E1000_ICS, E1000_INT_LSC);
}

/* Interrupt: causes are read, all is masked, work is done, the mask is set again. */
static uint32_t
linux_interrupt(struct bus *bus)
{
	const uint32_t causes = get(bus, E1000_ICR);

	assert_false(bus->line);
	set(bus, E1000_IMC, UINT32_MAX);
	flush(bus);
	return causes;
}

static void
linux_finds_the_card_and_waits_for_its_link(void **state)
{
	struct bus *bus = *state;

	linux_probe(bus);
	linux_open(bus);
	assert_true(bus->line);
	assert_int_equal(linux_interrupt(bus) & E1000_INT_LSC, E1000_INT_LSC);
	phy_get(bus, 1);
	assert_int_equal(phy_get(bus, 1), BMSR_BEFORE);
	set(bus, E1000_IMS, LINUX_IMS);
	wait_for(bus, NEGOTIATES - MS);
	assert_false(bus->line);
	wait_for(bus, MS);
	assert_true(bus->line);
	assert_int_equal(linux_interrupt(bus), E1000_INT_LSC);
	assert_int_equal(phy_get(bus, 1) & BMSR_LINK, 0); /* it was lost since */
	assert_int_equal(phy_get(bus, 1), 0x796d);
	assert_int_equal(phy_get(bus, 17), 0xac00);
	assert_int_equal(phy_get(bus, 4) & phy_get(bus, 5) & E1000_PHY_AN_PAUSE,
			 E1000_PHY_AN_PAUSE);
	assert_int_equal(get(bus, E1000_STATUS) & 0xc3, 0x83);
	set(bus, E1000_CTRL, get(bus, E1000_CTRL) | E1000_CTRL_RFCE | E1000_CTRL_TFCE);
	set(bus, E1000_TCTL, 0x0103f0fa);
	assert_int_equal(get(bus, E1000_TCTL), 0x0103f0fa);
	set(bus, E1000_IMS, LINUX_IMS);
	assert_false(bus->line);
	assert_int_equal(bus->complaints, 0);
	assert_int_equal(get(bus, E1000_RAL(0)), 0x33221102);
	assert_int_equal(get(bus, E1000_RDT), 0xfe);
}

static void
linux_closes_and_opens_again(void **state)
{
	struct bus *bus = *state;

	linux_probe(bus);
	for (unsigned i = 0; i < 5; i++) {
		linux_open(bus);
		linux_interrupt(bus);
		set(bus, E1000_IMS, LINUX_IMS);
		wait_for(bus, NEGOTIATES);
		assert_true(emodel_has_link(bus->card));
		set(bus, E1000_TCTL, 0x0103f0fa);
		linux_interrupt(bus);
		set(bus, E1000_RCTL, get(bus, E1000_RCTL) & ~E1000_RCTL_EN);
		set(bus, E1000_TCTL, get(bus, E1000_TCTL) & ~E1000_TCTL_EN);
		linux_reset(bus);
		linux_phy(bus);
	}
	assert_int_equal(bus->complaints, 0);
}

/* Its watchdog: statistics, and a kick by ICS. */
static void
linux_kicks_itself(void **state)
{
	struct bus *bus = *state;

	linux_probe(bus);
	linux_open(bus);
	wait_for(bus, NEGOTIATES);
	linux_interrupt(bus);
	set(bus, E1000_IMS, LINUX_IMS);
	wait_for(bus, 2000 * MS);
	clear_statistics(bus);
	assert_int_equal(phy_get(bus, 10) & 0xff, 0);
	assert_false(bus->line);
	set(bus, E1000_ICS, E1000_INT_RXDMT0);
	assert_true(bus->line);
	assert_int_equal(linux_interrupt(bus), E1000_INT_RXDMT0);
}

/* -- DPDK ------------------------------------------------------------------------------------------------------------------------ */

static void
dpdk_init(struct bus *bus)
{
	set(bus, E1000_IMC, UINT32_MAX);
	set(bus, E1000_RCTL, 0);
	set(bus, E1000_TCTL, E1000_TCTL_PSP);
	flush(bus);
	wait_for(bus, 10 * MS);
	set(bus, E1000_CTRL, get(bus, E1000_CTRL) | E1000_CTRL_RST);
	wait_for(bus, 5 * MS);
	set(bus, E1000_MANC, get(bus, E1000_MANC) & ~E1000_MANC_ARP_EN);
	set(bus, E1000_IMC, UINT32_MAX);
	get(bus, E1000_ICR);
}

static void
dpdk_rings(struct bus *bus)
{
	set(bus, E1000_TDLEN, 512 * 16);
	set(bus, E1000_TDBAH, 1);
	set(bus, E1000_TDBAL, TX_RING);
	set(bus, E1000_TDT, 0);
	set(bus, E1000_TDH, 0);
	set(bus, E1000_TXDCTL, 0x01010000);
	set(bus, E1000_TCTL, 0x0103f0fa);
	set(bus, E1000_RCTL, get(bus, E1000_RCTL) & ~E1000_RCTL_EN);
	set(bus, E1000_RFCTL, get(bus, E1000_RFCTL));
	set(bus, E1000_RDLEN, 256 * 16);
	set(bus, E1000_RDBAH, 1);
	set(bus, E1000_RDBAL, RX_RING);
	set(bus, E1000_RDH, 0);
	set(bus, E1000_RDT, 255);
	set(bus, E1000_RXDCTL, 0x01000000);
	set(bus, E1000_RXCSUM, get(bus, E1000_RXCSUM) & ~E1000_RXCSUM_TUOFL);
	set(bus, E1000_RCTL, E1000_RCTL_EN | E1000_RCTL_BAM | E1000_RCTL_SECRC);
}

/* Nothing waits for the link but who asks for it. */
static void
dpdk_starts_before_there_is_a_link(void **state)
{
	struct bus *bus = *state;
	uint16_t words[E1000_EEPROM_WORDS];

	dpdk_init(bus);
	linux_eeprom(bus, words);
	linux_tables(bus, words);
	set(bus, E1000_PBA, 0x28);
	set(bus, E1000_VET, E1000_VET_VALUE);
	dpdk_rings(bus);
	clear_statistics(bus);
	set(bus, E1000_ITR, 0xffff);
	linux_phy(bus);
	assert_false(emodel_has_link(bus->card));
	for (unsigned tenths = 0; tenths < 5; tenths++) {
		phy_get(bus, 1);
		assert_int_equal(phy_get(bus, 1) & BMSR_LINK, 0);
		wait_for(bus, 100 * MS);
	}
	phy_get(bus, 1);
	assert_int_equal(phy_get(bus, 1) & BMSR_LINK, BMSR_LINK);
	assert_int_equal(get(bus, E1000_STATUS) & 0xc3, 0x83);
	assert_false(bus->line); /* it polls */
	assert_int_equal(bus->complaints, 0);
}

/* -- net_e1000 ----------------------------------------------------------------------------------------------------------------- */

static void
net_e1000_reads_by_eerd_and_negotiates_only_for_a_reason(void **state)
{
	struct bus *bus = *state;
	uint16_t sum = 0;

	dpdk_init(bus);
	for (unsigned i = 0; i < E1000_EEPROM_WORDS; i++) {
		set(bus, E1000_EERD, E1000_EERD_START | i << E1000_EERD_ADDR_SHIFT);
		assert_int_equal(get(bus, E1000_EERD) & E1000_EERD_DONE, E1000_EERD_DONE);
		sum = (uint16_t)(sum + (get(bus, E1000_EERD) >> E1000_EERD_DATA_SHIFT));
	}
	assert_int_equal(sum, E1000_EEPROM_SUM);
	set(bus, E1000_CTRL,
	    (get(bus, E1000_CTRL) & ~E1000_CTRL_VME) | E1000_CTRL_SLU | E1000_CTRL_ASDE);
	set(bus, E1000_WUC, 0);
	set(bus, E1000_WUFC, 0);
	clear_statistics(bus);
	assert_int_equal(phy_get(bus, E1000_PHY_ID1), 0x0141);
	assert_int_equal(phy_get(bus, 4) & 0x0c00, 0x0c00);
	assert_int_equal(phy_get(bus, 0) & 0x1800, E1000_PHY_CTRL_AN_ENABLE);
	assert_true(emodel_has_link(bus->card)); /* all the time */
	set(bus, E1000_ITR, 488);
	set(bus, E1000_IMS, E1000_INT_LSC | E1000_INT_RXSEQ);
	assert_false(bus->line);
	plx_e1000_model_set_cable(bus->card, false);
	assert_true(bus->line);
	assert_int_equal(get(bus, E1000_ICR), E1000_INT_LSC);
	plx_e1000_model_set_cable(bus->card, true);
	wait_for(bus, NEGOTIATES);
	assert_true(bus->line);
	assert_true(emodel_has_link(bus->card));
	assert_int_equal(bus->complaints, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(linux_finds_the_card_and_waits_for_its_link),
		LINKED_TEST(linux_closes_and_opens_again),
		BUS_TEST(linux_kicks_itself),
		BUS_TEST(dpdk_starts_before_there_is_a_link),
		LINKED_TEST(net_e1000_reads_by_eerd_and_negotiates_only_for_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
