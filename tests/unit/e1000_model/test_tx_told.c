/* SPDX-License-Identifier: BSD-3-Clause */
/* What the driver is told of what it sent: in memory, by interrupts, at once or later. */
#include "sending.h"

#include "plx_net_csum.h"

/* -- what the driver is told ---------------------------------------------------------------------------------------------------- */

static void
only_what_asks_is_written_back(void **state)
{
	struct e1000_tx_desc desc = {.addr = BUFFERS,
				     .length = 64,
				     .cmd = LAST,
				     .cso = 9,
				     .sta = 0xfe,
				     .css = 77,
				     .special = 0x1234};
	uint8_t expected[16];

	put_desc(&desc);
	desc.cmd = EOP | IFCS;
	put_desc(&desc);
	desc.cmd = EOP | IFCS | E1000_TXD_CMD_RPS;
	put_desc(&desc);
	assert_int_equal(go(), 3);
	desc.cmd = LAST;
	desc.sta = E1000_TXD_STA_DD;
	memcpy(expected, &desc, 16);
	assert_memory_equal(desc_byte(0, 0), expected, 16);
	assert_int_equal(*desc_byte(1, 12), 0xfe);
	assert_int_equal(*desc_byte(2, 12), E1000_TXD_STA_DD);
	assert_int_equal(causes(), E1000_INT_TXDW | E1000_INT_TXQE | E1000_INT_TXD_LOW);
}

static void
nobody_is_told_who_did_not_ask(void **state)
{
	legacy(BUFFERS, 64, EOP | IFCS);
	go();
	assert_int_equal(causes() & E1000_INT_TXDW, 0);
}

static void
write_back_waits_for_the_threshold(void **state)
{
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 4u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	for (unsigned i = 0; i < 3; i++)
		legacy(BUFFERS, 64, i == 1 ? EOP | IFCS : LAST);
	assert_int_equal(go(), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_false(is_done(i));
	assert_int_equal(causes() & E1000_INT_TXDW, 0);
	/* The fourth brings all; two more begin to wait. */
	for (unsigned i = 3; i < 6; i++)
		legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 3);
	assert_true(is_done(0));
	assert_false(is_done(1)); /* did not ask */
	assert_true(is_done(2));
	assert_true(is_done(3));
	assert_false(is_done(4));
	assert_false(is_done(5));
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
	/* Until the delay is over. */
	assert_int_equal(model->due[EMODEL_TIMER_TX_DELAY], 10 * 1024);
	plx_e1000_model_tick(model, 10 * 1024 - 1);
	go(); /* does not begin again */
	assert_false(is_done(4));
	plx_e1000_model_tick(model, 10 * 1024);
	assert_true(is_done(4));
	assert_true(is_done(5));
	assert_int_equal(causes(), E1000_INT_TXDW);
	assert_int_equal(model->due[EMODEL_TIMER_TX_DELAY], EMODEL_NEVER);
}

static void
the_count_begins_with_who_asks(void **state)
{
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 3u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	for (unsigned i = 0; i < 5; i++)
		legacy(BUFFERS, 64, EOP | IFCS);
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS, 64, EOP | IFCS);
	go();
	assert_false(is_done(5));
	legacy(BUFFERS, 64, EOP | IFCS);
	go();
	assert_true(is_done(5));
}

static void
without_granularity_the_threshold_counts_cache_lines(void **state)
{
	model->config[0x0c] = 8; /* 32 bytes: two descriptors */
	emodel_set(model, E1000_TXDCTL, 2u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	for (unsigned i = 0; i < 3; i++)
		legacy(BUFFERS, 64, LAST);
	go();
	assert_false(is_done(0));
	legacy(BUFFERS, 64, LAST);
	go();
	assert_true(is_done(0));
	assert_true(is_done(3));
}

static void
a_threshold_without_a_delay_does_not_hang(void **state)
{
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 8u << E1000_TXDCTL_WTHRESH_SHIFT);
	legacy(BUFFERS, 64, LAST);
	go();
	assert_true(is_done(0));
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
}

static void
what_is_gathered_is_not_told_too_early(void **state)
{
	/* The threshold is reached within a frame whose bytes are still the driver's. */
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 2u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	out.room = 0;
	for (unsigned i = 0; i < 3; i++)
		legacy(BUFFERS + 64 * i, 64, i == 2 ? LAST : RS);
	assert_int_equal(go(), 0); /* refused, and so held: ours */
	for (unsigned i = 0; i < 3; i++)
		assert_true(is_done(i));
	memset(out.buffers, 0, 192);
	out.room = 1;
	assert_int_equal(go(), 1);
	assert_int_equal(out.frames[0].len, 192);
	assert_int_not_equal(out.frames[0].bytes[1], 0);
}

static void
delays_delay_the_interrupt_only(void **state)
{
	emodel_set(model, E1000_TIDV, 8);
	emodel_set(model, E1000_TADV, 32);
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	assert_true(is_done(0));
	assert_int_equal(causes() & E1000_INT_TXDW, 0);
	assert_int_equal(model->due[EMODEL_TIMER_TX_DELAY], 8 * 1024);
	assert_int_equal(model->due[EMODEL_TIMER_TX_LIMIT], 32 * 1024);
	/* Another one starts the delay again, the limit goes on. */
	plx_e1000_model_tick(model, 5 * 1024);
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	assert_int_equal(model->due[EMODEL_TIMER_TX_DELAY], 13 * 1024);
	assert_int_equal(model->due[EMODEL_TIMER_TX_LIMIT], 32 * 1024);
	plx_e1000_model_tick(model, 13 * 1024);
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
	assert_int_equal(model->due[EMODEL_TIMER_TX_LIMIT], EMODEL_NEVER);
}

/* What is over then is seen by nobody who does not look: who sleeps until something is due is not woken for it. */
static void
a_delay_wakes_only_for_an_interrupt(void **state)
{
	emodel_set(model, E1000_TIDV, 8);
	emodel_timer_clear(model, EMODEL_TIMER_LINK);
	emodel_set(model, E1000_ITR, 400); /* times 256 ns: 100 of the units */
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	/* It does not want to be told. Who looks when it is over sees it all the same. */
	assert_int_equal(plx_e1000_model_tick(model, 0), EMODEL_NEVER);
	assert_int_equal(plx_e1000_model_tick(model, 8 * 1024), EMODEL_NEVER);
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
	/* It does, and nothing keeps it back. */
	emodel_write(model, E1000_IMS, E1000_INT_TXDW);
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	assert_int_equal(plx_e1000_model_tick(model, 10 * 1024), 16 * 1024);
	assert_int_equal(plx_e1000_model_tick(model, 16 * 1024), EMODEL_NEVER);
	assert_int_equal(model->stats.interrupts, 1);
	/* It is being told. */
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	assert_int_equal(plx_e1000_model_tick(model, 17 * 1024), EMODEL_NEVER);
	/* It was, and ITR keeps the next one back. */
	emodel_read(model, E1000_ICR);
	assert_int_equal(plx_e1000_model_tick(model, 18 * 1024), 116 * 1024);
	assert_int_equal(plx_e1000_model_tick(model, 90 * 1024), 116 * 1024);
	assert_int_equal(model->stats.interrupts, 1);
	assert_int_equal(plx_e1000_model_tick(model, 116 * 1024), EMODEL_NEVER);
	assert_int_equal(model->stats.interrupts, 2);
}

static void
a_delay_after_which_memory_is_written_wakes(void **state)
{
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 4u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	emodel_timer_clear(model, EMODEL_TIMER_LINK);
	legacy(BUFFERS, 64, LAST);
	go();
	assert_int_equal(plx_e1000_model_tick(model, 0), 10 * 1024);
	assert_int_equal(plx_e1000_model_tick(model, 10 * 1024), EMODEL_NEVER);
	assert_true(is_done(0));
}

static void
the_limit_comes_if_the_delay_does_not(void **state)
{
	emodel_set(model, E1000_TIDV, 8);
	emodel_set(model, E1000_TADV, 10);
	for (unsigned t = 0; t < 10; t += 5) {
		plx_e1000_model_tick(model, t * 1024);
		legacy(BUFFERS, 64, LAST | IDE);
		go();
	}
	assert_int_equal(causes() & E1000_INT_TXDW, 0);
	plx_e1000_model_tick(model, 10 * 1024);
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
	assert_int_equal(model->due[EMODEL_TIMER_TX_DELAY], EMODEL_NEVER);
}

static void
who_does_not_delay_stops_the_timers(void **state)
{
	emodel_set(model, E1000_TIDV, 8);
	emodel_set(model, E1000_TADV, 32);
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	assert_int_equal(causes() & E1000_INT_TXDW, 0);
	legacy(BUFFERS, 64, LAST | IDE);
	legacy(BUFFERS, 64, LAST);
	go();
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
	assert_int_equal(model->due[EMODEL_TIMER_TX_DELAY], EMODEL_NEVER);
	assert_int_equal(model->due[EMODEL_TIMER_TX_LIMIT], EMODEL_NEVER);
	/* And the other way round; no limit is none. */
	emodel_set(model, E1000_TADV, 0);
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
	assert_int_equal(model->due[EMODEL_TIMER_TX_DELAY], 8 * 1024);
	assert_int_equal(model->due[EMODEL_TIMER_TX_LIMIT], EMODEL_NEVER);
	/* A delay of nothing is none. */
	emodel_set(model, E1000_TIDV, 0);
	emodel_timer_clear(model, EMODEL_TIMER_TX_DELAY);
	legacy(BUFFERS, 64, LAST | IDE);
	go();
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
}

static void
a_queue_that_runs_low_or_dry_says_so(void **state)
{
	emodel_set(model, E1000_TXDCTL, 1u << 25); /* eight descriptors */
	for (unsigned i = 0; i < 20; i++)
		legacy(BUFFERS, 64, EOP | IFCS);
	assert_int_equal(kick(11), 11); /* nine left */
	assert_int_equal(causes(), 0);
	assert_int_equal(kick(1), 1);
	assert_int_equal(causes(), E1000_INT_TXD_LOW);
	assert_int_equal(kick(7), 7);
	assert_int_equal(causes(), 0);
	assert_int_equal(kick(1), 1);
	assert_int_equal(causes(), E1000_INT_TXQE);
	assert_int_equal(kick(1), 0);
	assert_int_equal(causes(), 0);
}

/* -- what cannot be told ------------------------------------------------------------------------------------------------------ */

static void
write_backs_that_fail_are_tried_again(void **state)
{
	legacy(BUFFERS, 64, LAST);
	legacy(BUFFERS, 64, LAST);
	memory.maps[0].read_only = true;
	assert_int_equal(go(), 2);
	assert_int_equal(errors(), 1);
	assert_false(is_done(0));
	assert_int_equal(causes() & E1000_INT_TXDW, 0);
	memory.maps[0].read_only = false;
	assert_int_equal(go(), 0);
	assert_true(is_done(0));
	assert_true(is_done(1));
	assert_int_equal(causes() & E1000_INT_TXDW, E1000_INT_TXDW);
}

static void
a_ring_that_cannot_be_written_stops_in_the_end(void **state)
{
	memory.maps[0].read_only = true;
	for (unsigned i = 0; i < 2 * EMODEL_UNDONE - 1; i++) {
		legacy(BUFFERS, 64, LAST);
		if (i % 60 == 59)
			go();
	}
	assert_int_equal(out.nb, EMODEL_UNDONE);
	memory.maps[0].read_only = false;
	assert_int_equal(go() > 0, true);
}

static void
what_waits_is_not_told_to_another_ring(void **state)
{
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 60u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 1);
	emodel_set(model, E1000_TDBAL, RING + 128); /* and no poll before the delay is over */
	plx_e1000_model_tick(model, 10 * 1024);
	assert_false(is_done(0));
	assert_false(is_done(8));
	emodel_set(model, E1000_TDBAL, RING);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 1);
	emodel_set(model, E1000_TDLEN, 128);
	plx_e1000_model_tick(model, 30 * 1024);
	assert_false(is_done(1));
}

static void
what_waits_is_not_told_by_who_is_no_master(void **state)
{
	emodel_set(model, E1000_TXDCTL, E1000_TXDCTL_GRAN | 60u << E1000_TXDCTL_WTHRESH_SHIFT);
	emodel_set(model, E1000_TIDV, 10);
	legacy(BUFFERS, 64, LAST);
	assert_int_equal(go(), 1);
	model->config[4] = 0;
	plx_e1000_model_tick(model, 10 * 1024);
	assert_false(is_done(0));
	model->config[4] = 4;
	emodel_set(model, E1000_TIDV, 0);
	go();
	assert_true(is_done(0));
}

static void
what_is_told_within_a_frame_is_ours_before(void **state)
{
	for (unsigned i = 0; i < EMODEL_UNDONE + 20; i++)
		legacy(BUFFERS + i, 1, i == EMODEL_UNDONE + 19 ? LAST : RS);
	assert_int_equal(go(), 1);
	is_frame(0, BUFFERS, EMODEL_UNDONE + 20);
	assert_ptr_not_equal(out.frames[0].first, out.buffers);
}

static void
what_could_not_be_told_is_told_first(void **state)
{
	memory_free(&memory);
	memory_add(&memory, RING, 32);
	memory_add(&memory, RING + 32, RING_SIZE * 16 - 32);
	out.buffers = memory_add(&memory, BUFFERS, BUFFERS_LEN);
	emodel_dma_forget(model);
	for (unsigned i = 0; i < 4; i++)
		legacy(BUFFERS, 64, LAST);
	memory.maps[1].read_only = true;
	assert_int_equal(go(), 4);
	assert_true(is_done(1));
	assert_false(is_done(2));
	memory.maps[1].read_only = false;
	assert_int_equal(go(), 0);
	assert_true(is_done(2));
	assert_true(is_done(3));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_sender, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_asks_is_written_back),
		TEST(nobody_is_told_who_did_not_ask),
		TEST(write_back_waits_for_the_threshold),
		TEST(the_count_begins_with_who_asks),
		TEST(without_granularity_the_threshold_counts_cache_lines),
		TEST(a_threshold_without_a_delay_does_not_hang),
		TEST(what_is_gathered_is_not_told_too_early),
		TEST(delays_delay_the_interrupt_only),
		TEST(a_delay_wakes_only_for_an_interrupt),
		TEST(a_delay_after_which_memory_is_written_wakes),
		TEST(the_limit_comes_if_the_delay_does_not),
		TEST(who_does_not_delay_stops_the_timers),
		TEST(a_queue_that_runs_low_or_dry_says_so),
		TEST(write_backs_that_fail_are_tried_again),
		TEST(a_ring_that_cannot_be_written_stops_in_the_end),
		TEST(what_waits_is_not_told_to_another_ring),
		TEST(what_waits_is_not_told_by_who_is_no_master),
		TEST(what_is_told_within_a_frame_is_ours_before),
		TEST(what_could_not_be_told_is_told_first),
	};

	return cmocka_run_group_tests_name("e1000_model_tx_told", tests, NULL, NULL);
}
