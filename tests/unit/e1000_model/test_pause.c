/* SPDX-License-Identifier: BSD-3-Clause */
/* Pauses: those that the far end wants, and those that the card asks for. */
#include "rx_card.h"

#define FULL_DUPLEX (E1000_STATUS_LU | E1000_STATUS_FD)
#define GIGABIT	    (2u << E1000_STATUS_SPEED_SHIFT)
#define START	    1000u

static const uint8_t group[] = {1, 0x80, 0xc2, 0, 0, 1};
static const uint8_t station[] = {2, 0, 0, 0, 0, 1};

static void
make_control(const uint8_t *to, uint16_t opcode, uint16_t slots)
{
	make_frame(60, 1);
	memset(frame + 14, 0, 46);
	memcpy(frame, to, 6);
	plx_store_be16(frame + 12, 0x8808);
	plx_store_be16(frame + 14, opcode);
	plx_store_be16(frame + 16, slots);
}

static void
make(uint32_t ctrl, uint32_t rctl)
{
	make_ready_card();
	set(E1000_CTRL, ctrl);
	set(E1000_RCTL, ENABLED | rctl);
	set(E1000_FCAL, E1000_FCAL_VALUE);
	set(E1000_FCAH, E1000_FCAH_VALUE);
	set(E1000_FCT, E1000_FCT_VALUE);
	plx_e1000_model_tick(model, START);
}

/* -- theirs ---------------------------------------------------------------------------------------------------------- */

static void
a_pause_holds_for_as_long_as_it_says_at_the_speed_of_the_link(void **state)
{
	static const struct {
		uint32_t speed;
		uint64_t slot_ns;
	} rows[] = {{0, 51200}, {1, 5120}, {2, 512}, {3, 512}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		make(E1000_CTRL_RFCE, E1000_RCTL_DPF);
		set(E1000_STATUS, FULL_DUPLEX | rows[i].speed << E1000_STATUS_SPEED_SHIFT);
		make_control(group, 1, 100);
		assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
		assert_true(emodel_is_paused(model));
		plx_e1000_model_tick(model, START + 100 * rows[i].slot_ns - 1);
		assert_true(emodel_is_paused(model));
		plx_e1000_model_tick(model, START + 100 * rows[i].slot_ns);
		assert_false(emodel_is_paused(model));
		assert_int_equal(reg(E1000_XOFFRXC), 1);
		assert_int_equal(reg(E1000_RDH), 0);
		assert_int_equal(reg(E1000_GPRC), 0);
		assert_int_equal(reg(E1000_TPR), 1);
		assert_int_equal(reg(E1000_TORL), 64);
		drop_rx_card();
	}
}

static void
a_pause_of_no_time_ends_one_and_a_new_one_replaces_it(void **state)
{
	make(E1000_CTRL_RFCE, E1000_RCTL_DPF);
	make_control(station, 1, 100);
	put(60);
	make_control(group, 1, 1000);
	put(60);
	plx_e1000_model_tick(model, START + 101 * 512);
	assert_true(emodel_is_paused(model));
	make_control(group, 1, 0);
	put(60);
	assert_false(emodel_is_paused(model));
	assert_int_equal(plx_e1000_model_tick(model, START + 102 * 512), EMODEL_NEVER);
	assert_int_equal(reg(E1000_XOFFRXC), 2);
	assert_int_equal(reg(E1000_XONRXC), 1);
	drop_rx_card();
}

static void
what_is_no_pause_for_us_is_a_frame_as_any(void **state)
{
	static const uint8_t other[] = {1, 0x80, 0xc2, 0, 0, 2};

	for (unsigned i = 0; i < 6; i++) {
		make(i == 0 ? 0 : E1000_CTRL_RFCE, E1000_RCTL_DPF | E1000_RCTL_MPE);
		make_control(i == 1 ? other : group, 1, 100);
		if (i == 2)
			frame[13] = 9;
		if (i == 3)
			set(E1000_STATUS, E1000_STATUS_LU);
		if (i == 4)
			set(E1000_FCT, 0x8809);
		if (i == 5)
			set(E1000_FCAL, 0);
		assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
		assert_false(emodel_is_paused(model));
		assert_int_equal(reg(E1000_RDH), 1);
		assert_int_equal(reg(E1000_GPRC), 1);
		assert_int_equal(reg(E1000_XOFFRXC), 0);
		drop_rx_card();
	}
	make(E1000_CTRL_RFCE, E1000_RCTL_DPF);
	make_control(group, 1, 100);
	assert_int_equal(put(17), PLX_E1000_MODEL_FILTERED); /* cut before its time */
	set(E1000_RAH(0), 0x0100);
	make_control(station, 1, 100);
	assert_int_equal(put(60), PLX_E1000_MODEL_FILTERED); /* an address that is not valid */
	drop_rx_card();
}

static void
a_pause_comes_to_the_driver_only_through_its_filters_and_if_it_wants(void **state)
{
	make(E1000_CTRL_RFCE, 0);
	make_control(group, 1, 100);
	assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(reg(E1000_RDH), 0);
	make_control(station, 1, 100);
	assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(reg(E1000_RDH), 1);
	assert_true(emodel_is_paused(model));
	assert_int_equal(reg(E1000_GPRC), 0);
	assert_int_equal(reg(E1000_TPR), 2);
	set(E1000_RCTL, ENABLED | E1000_RCTL_DPF);
	assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(reg(E1000_RDH), 1);
	set(E1000_RCTL, ENABLED | E1000_RCTL_MPE);
	make_control(group, 1, 100);
	assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(reg(E1000_RDH), 2);
	drop_rx_card();
}

static void
other_opcodes_are_counted_and_passed_on_if_they_are_to_be(void **state)
{
	make(E1000_CTRL_RFCE, E1000_RCTL_DPF);
	make_control(group, 2, 100);
	assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(reg(E1000_RDH), 0);
	assert_false(emodel_is_paused(model));
	set(E1000_RCTL, ENABLED | E1000_RCTL_DPF | E1000_RCTL_PMCF);
	assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
	expect(0, 60, WHOLE | E1000_RXD_STAT_IXSM | E1000_RXD_STAT_PIF);
	make_control(station, 2, 100);
	assert_int_equal(put(60), PLX_E1000_MODEL_TAKEN);
	expect(1, 60, WHOLE | E1000_RXD_STAT_IXSM);
	assert_int_equal(reg(E1000_FCRUC), 3);
	assert_int_equal(reg(E1000_XOFFRXC), 0);
	drop_rx_card();
}

/* -- ours --------------------------------------------------------------------------------------------------------------- */

#define TIME 200u
#define HIGH 30000u /* with 48 KiB and buffers of 2 KiB: 9 descriptors are left, 8.7 */
#define LOW  21000u /* 14 are, 13.8 */

static void
make_pausing(uint32_t rctl, uint32_t xone)
{
	make(E1000_CTRL_TFCE, rctl);
	set(E1000_PBA, 48);
	set(E1000_FCRTH, HIGH);
	set(E1000_FCRTL, LOW | xone);
	set(E1000_FCTTV, TIME);
}

static void
poll(void)
{
	plx_e1000_model_poll(model, 32);
}

static void
expect_sent(unsigned n, uint16_t slots)
{
	const uint8_t head[] = {1, 0x80, 0xc2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x88, 0x08, 0, 1};

	assert_int_equal(nb_sent, n);
	if (n == 0)
		return;
	assert_memory_equal(sent[n - 1], head, sizeof(head));
	assert_int_equal(plx_load_be16(sent[n - 1] + 16), slots);
	for (unsigned i = 18; i < 60; i++)
		assert_int_equal(sent[n - 1][i], 0);
}

static void
receive(unsigned n)
{
	make_frame(FRAME_LEN, 1);
	for (; n > 0; n--)
		assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_TAKEN);
}

static void
quiet_is_asked_for_when_room_is_short_and_ended_when_there_is_some(void **state)
{
	make_pausing(0, E1000_FCRTL_XONE);
	poll();
	receive(DESCS - 1 - 10); /* ten are left */
	poll();
	expect_sent(0, 0);
	receive(1);
	poll();
	expect_sent(1, TIME);
	poll();
	give(4); /* thirteen */
	poll();
	expect_sent(1, TIME);
	give(1);
	poll();
	expect_sent(2, 0);
	assert_int_equal(reg(E1000_XOFFTXC), 1);
	assert_int_equal(reg(E1000_XONTXC), 1);
	assert_int_equal(plx_e1000_model_tick(model, START + 1), EMODEL_NEVER);
	receive(6);
	poll();
	expect_sent(3, TIME);
	drop_rx_card();
}

static void
quiet_is_asked_for_again_while_it_is_needed_and_before_it_ends(void **state)
{
	uint64_t due;

	make_pausing(0, 0);
	receive(DESCS - 1);
	poll();
	expect_sent(1, TIME);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_FULL); /* they had not heard it yet */
	poll();
	expect_sent(1, TIME);
	due = plx_e1000_model_tick(model, START + 1);
	assert_true(due > START + 1 && due < START + TIME * 512);
	poll();
	expect_sent(1, TIME);
	plx_e1000_model_tick(model, due);
	poll();
	expect_sent(2, TIME);
	give(DESCS - 1);
	poll();
	expect_sent(2, TIME); /* without XONE the pause just ends */
	assert_int_equal(plx_e1000_model_tick(model, due + 1), EMODEL_NEVER);
	assert_int_equal(reg(E1000_XONTXC), 0);
	drop_rx_card();
}

static void
an_empty_ring_is_no_reason_before_a_frame_comes(void **state)
{
	make_pausing(0, E1000_FCRTL_XONE);
	make_ring(RING);
	poll();
	poll();
	expect_sent(0, 0);
	make_frame(FRAME_LEN, 1);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_FULL);
	poll();
	expect_sent(1, TIME);
	drop_rx_card();
}

static void
a_driver_that_keeps_few_buffers_is_not_spared_for_ever(void **state)
{
	uint64_t due;

	make_pausing(0, E1000_FCRTL_XONE);
	receive(DESCS - 1 - 5); /* five, and never more */
	poll();
	expect_sent(1, TIME);
	due = plx_e1000_model_tick(model, START + 1);
	plx_e1000_model_tick(model, due);
	poll();
	expect_sent(2, 0);
	for (unsigned i = 0; i < 3; i++) {
		receive(1);
		give(1);
		poll();
		expect_sent(2, 0);
	}
	receive(5); /* none at all */
	poll();
	expect_sent(3, TIME);
	receive(0);
	poll();
	expect_sent(3, TIME);
	drop_rx_card();
}

static void
nothing_is_asked_for_unless_all_is_set_for_it(void **state)
{
	for (unsigned i = 0; i < 6; i++) {
		make_pausing(0, E1000_FCRTL_XONE);
		receive(DESCS - 1);
		if (i == 0)
			set(E1000_CTRL, 0);
		if (i == 1)
			set(E1000_STATUS, E1000_STATUS_LU | GIGABIT);
		if (i == 2)
			set(E1000_STATUS, E1000_STATUS_FD | GIGABIT);
		if (i == 3)
			set(E1000_RCTL, 0);
		if (i == 4)
			set(E1000_FCRTH, 0);
		if (i == 5)
			set_command(0);
		poll();
		expect_sent(0, 0);
		drop_rx_card();
	}
}

static void
what_was_asked_for_is_forgotten_when_it_is_switched_off(void **state)
{
	make_pausing(0, E1000_FCRTL_XONE);
	receive(DESCS - 1);
	poll();
	set(E1000_CTRL, 0);
	poll();
	expect_sent(1, TIME);
	assert_int_equal(plx_e1000_model_tick(model, START + 1), EMODEL_NEVER);
	set(E1000_CTRL, E1000_CTRL_TFCE);
	poll();
	expect_sent(1, TIME);
	assert_int_equal(put(FRAME_LEN), PLX_E1000_MODEL_FULL);
	poll();
	expect_sent(2, TIME);
	plx_e1000_model_tick(model, plx_e1000_model_tick(model, START + 1));
	set(E1000_CTRL, 0); /* just when it was time to ask again */
	poll();
	set(E1000_CTRL, E1000_CTRL_TFCE);
	poll();
	expect_sent(2, TIME);
	drop_rx_card();
	make_pausing(0, 0);
	receive(6);
	poll();
	expect_sent(1, TIME);
	set(E1000_CTRL, 0);
	poll();
	set(E1000_CTRL, E1000_CTRL_TFCE);
	receive(1);
	poll();
	expect_sent(2, TIME);
	drop_rx_card();
}

static void
buffers_that_are_larger_hold_more(void **state)
{
	make_pausing(E1000_RCTL_BSEX | 2u << 16 | E1000_RCTL_LPE, 0); /* 8 KiB */
	receive(DESCS - 1 - 3);
	poll();
	expect_sent(0, 0);
	receive(1);
	poll();
	expect_sent(1, TIME);
	drop_rx_card();
}

static void
the_driver_can_have_one_go_out(void **state)
{
	make(0, 0);
	set(E1000_FCTTV, 7);
	emodel_write(model, E1000_TCTL, E1000_TCTL_SWXOFF);
	assert_int_equal(reg(E1000_TCTL), 0);
	expect_sent(0, 0);
	poll();
	expect_sent(1, 7);
	poll();
	expect_sent(1, 7);
	set(E1000_FCTTV, 0);
	emodel_pause_asked(model);
	poll();
	expect_sent(2, 0);
	assert_int_equal(reg(E1000_XOFFTXC), 1);
	assert_int_equal(reg(E1000_XONTXC), 1);
	set(E1000_STATUS, 0);
	emodel_pause_asked(model);
	poll();
	expect_sent(2, 0);
	drop_rx_card();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_holds_for_as_long_as_it_says_at_the_speed_of_the_link),
		cmocka_unit_test(a_pause_of_no_time_ends_one_and_a_new_one_replaces_it),
		cmocka_unit_test(what_is_no_pause_for_us_is_a_frame_as_any),
		cmocka_unit_test(
			a_pause_comes_to_the_driver_only_through_its_filters_and_if_it_wants),
		cmocka_unit_test(other_opcodes_are_counted_and_passed_on_if_they_are_to_be),
		cmocka_unit_test(
			quiet_is_asked_for_when_room_is_short_and_ended_when_there_is_some),
		cmocka_unit_test(quiet_is_asked_for_again_while_it_is_needed_and_before_it_ends),
		cmocka_unit_test(an_empty_ring_is_no_reason_before_a_frame_comes),
		cmocka_unit_test(a_driver_that_keeps_few_buffers_is_not_spared_for_ever),
		cmocka_unit_test(nothing_is_asked_for_unless_all_is_set_for_it),
		cmocka_unit_test(what_was_asked_for_is_forgotten_when_it_is_switched_off),
		cmocka_unit_test(buffers_that_are_larger_hold_more),
		cmocka_unit_test(the_driver_can_have_one_go_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
