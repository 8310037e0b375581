/* SPDX-License-Identifier: BSD-3-Clause */
/* The link as the user wants it, interrupts over restarts, registers as people see them. */
#include "card.h"

static bool
is_up(void)
{
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_link(port, &link), 0);
	return link.up;
}

static void
link_down_stops_both_rings_and_takes_the_phys_power(void **state)
{
	uint8_t frame[FRAME_LEN], got[2 * FRAME_LEN];
	struct plx_mbuf *m;

	make_port(NULL);
	both_ways(2);
	assert_int_equal(plx_ethdev_set_link(port, false), 0);
	assert_false(is_up());
	assert_int_equal(efake_register(fake, E1000_CTRL) & E1000_CTRL_SLU, 0);
	assert_int_equal(efake_register(fake, E1000_TCTL) & E1000_TCTL_EN, 0);
	assert_int_equal(efake_register(fake, E1000_RCTL) & E1000_RCTL_EN, 0);
	m = frame_mbuf(7);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
	put(1, 3);
	assert_int_equal(receive_all(), 0);
	assert_int_equal(plx_ethdev_set_promiscuous(port, true), 0); /* and stays so */
	assert_int_equal(efake_register(fake, E1000_RCTL) & E1000_RCTL_EN, 0);

	assert_int_equal(plx_ethdev_set_link(port, true), 0);
	assert_true(is_up());
	assert_true((efake_register(fake, E1000_CTRL) & E1000_CTRL_SLU) != 0);
	make_frame(frame, sizeof(frame), 7);
	assert_int_equal(efake_take(fake, got, sizeof(got)), FRAME_LEN); /* what waited goes */
	assert_memory_equal(got, frame, FRAME_LEN);
	both_ways(1);
	drop_port();
}

static void
the_wish_for_no_link_outlives_a_restart(void **state)
{
	unsigned reads, writes;

	make_port(NULL);
	assert_int_equal(plx_ethdev_stop(port), 0);
	efake_accesses(fake, &reads, &writes);
	assert_int_equal(plx_ethdev_set_link(port, false), 0);
	efake_accesses(fake, &reads, &writes);
	assert_int_equal(reads + writes, 0); /* the start tells the card */
	must(plx_ethdev_start(port, &why));
	assert_false(is_up());
	put(0, 1);
	assert_int_equal(receive_all(), 0);
	assert_int_equal(plx_ethdev_set_link(port, true), 0);
	assert_true(is_up());
	both_ways(2);
	drop_port();
}

static void
a_link_that_the_user_takes_down_is_told_as_any_other(void **state)
{
	make_port(NULL);
	news = 0;
	must(plx_ethdev_watch_links(hear, NULL, &why));
	assert_int_equal(plx_ethdev_set_link(port, false), 0);
	assert_true(hears(1));
	assert_int_equal(plx_ethdev_set_link(port, true), 0);
	assert_true(hears(0x101));
	plx_ethdev_unwatch_links();
	drop_port();
}

static void
a_link_that_is_set_interrupts_at_once(void **state)
{
	make_card(&(struct efake_faults){.no_interrupts =
						 true}); /* so that nobody takes the cause away */
	must(attach(DEVICE));
	must(start(NULL));
	assert_int_equal(efake_register(fake, E1000_ICR) & E1000_INT_LSC, 0);
	assert_int_equal(plx_ethdev_set_link(port, false), 0);
	assert_true((efake_register(fake, E1000_ICR) & E1000_INT_LSC) != 0);
	drop_port();
}

static void
interrupts_are_there_after_every_restart(void **state)
{
	make_port(NULL);
	for (unsigned i = 0; i < 20; i++) {
		/* Without interrupts none would be let through. */
		assert_true((efake_register(fake, E1000_IMS) & E1000_INT_LSC) != 0);
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_int_equal(efake_register(fake, E1000_IMS), 0);
		must(plx_ethdev_start(port, &why));
	}
	drop_port();
}

static void
a_stopped_port_leaves_its_card_alone(void **state)
{
	unsigned reads, writes;

	make_port(NULL);
	assert_int_equal(plx_ethdev_stop(port), 0);
	efake_accesses(fake, &reads, &writes);
	efake_set_register(fake, E1000_IMS,
			   E1000_INT_LSC); /* its line rises, and nobody has an fd for it */
	efake_set_link(fake, false);
	efake_set_link(fake, true);
	nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 300000000}, NULL);
	efake_accesses(fake, &reads, &writes);
	assert_int_equal(reads + writes, 0);
	drop_port();
}

static void
a_card_that_somebody_left_running_is_no_bus_master_until_it_starts(void **state)
{
	static const struct efake_faults faults[] = {
		{.reset_stuck = true}, {.eeprom_stuck = true}, {.eeprom_damaged = true}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(faults); i++) {
		make_card(&faults[i]);
		efake_leave_running(fake);
		assert_int_not_equal(attach(DEVICE), 0);
		drop_port(); /* a bus master that is closed is a violation */
	}
	make_card(NULL);
	efake_leave_running(fake);
	must(attach(DEVICE));
	drop_port();
}

/* -- registers ------------------------------------------------------------------------------------------------------- */

static const struct plx_ethdev_reg *
find_reg(const struct plx_ethdev_reg *regs, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(regs[i].name, name) == 0)
			return &regs[i];
	return NULL;
}

static void
registers_are_told_by_name_and_looking_changes_nothing(void **state)
{
	static struct plx_ethdev_reg regs[PLX_ETHDEV_REGS_MAX];
	const struct plx_ethdev_reg *reg;
	int n;

	make_port(NULL);
	assert_int_equal(plx_ethdev_mac_add(port, (const uint8_t[6]){2, 0, 0, 0, 1, 2}), 0);
	put(0, 1);
	efake_set_register(fake, E1000_CRCERRS, 3);
	n = plx_ethdev_registers(port, regs, PLX_ETHDEV_REGS_MAX);
	assert_in_range(n, 40, PLX_ETHDEV_REGS_MAX);
	assert_int_equal(plx_ethdev_registers(port, regs, 1), n);
	assert_int_equal(plx_ethdev_registers(port, NULL, 0), n);
	for (int i = 0; i < n; i++)
		assert_int_equal(regs[i].value, efake_register(fake, regs[i].offset));
	reg = find_reg(regs, n, "RCTL");
	assert_non_null(reg);
	assert_int_equal(reg->offset, E1000_RCTL);
	assert_non_null(find_reg(regs, n, "RAH[1]"));
	assert_null(find_reg(regs, n, "RAH[2]"));
	assert_null(find_reg(regs, n, "ICR"));
	assert_int_equal(efake_register(fake, E1000_CRCERRS), 3);
	assert_int_equal(counter("rx_crc_errors"), 3);
	expect(0, 1);
	efake_fault(fake, &(struct efake_faults){.dead = true});
	assert_int_equal(plx_ethdev_registers(port, regs, PLX_ETHDEV_REGS_MAX), -ENODEV);
	efake_fault(fake, &(struct efake_faults){0});
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(link_down_stops_both_rings_and_takes_the_phys_power),
		CARD_TEST(the_wish_for_no_link_outlives_a_restart),
		CARD_TEST(a_link_that_the_user_takes_down_is_told_as_any_other),
		CARD_TEST(a_link_that_is_set_interrupts_at_once),
		CARD_TEST(interrupts_are_there_after_every_restart),
		CARD_TEST(a_stopped_port_leaves_its_card_alone),
		CARD_TEST(a_card_that_somebody_left_running_is_no_bus_master_until_it_starts),
		CARD_TEST(registers_are_told_by_name_and_looking_changes_nothing),
	};

	return cmocka_run_group_tests(tests, card_setup, card_teardown);
}
