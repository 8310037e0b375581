/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stamps against rings in plain memory, with this test as the kernel that puts them in front of frames, or
 * leaves them out, or has something else there. No socket, no rights.
 */
#include "af_xdp_priv.h"

#include "plx_eal.h"

#include "../eal_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RING	64u
#define BUFFERS 256u
#define KEY	0x8badf00ddeadbeefULL
#define NS_S	1000000000ULL

static struct af_xdp_queue queue;
static struct plx_pool *pool;
static struct {
	uint32_t producer, consumer, flags;
	uint64_t addr[2 * RING];
} fill;
static struct {
	uint32_t producer, consumer, flags;
	struct xdp_desc desc[RING];
} rx;

static const struct xdp_clock tai = {CLOCK_TAI, 0, "TAI"}, monotonic = {CLOCK_MONOTONIC, 0, "M"};

static int
set_up(void **state)
{
	const struct plx_pool_params params = {.name = "p", .n = BUFFERS, .node = -1};

	if (plx_pool_create(&params, &pool, NULL) != 0)
		return -1;
	memset(&queue, 0, sizeof(queue));
	memset(&fill, 0, sizeof(fill));
	memset(&rx, 0, sizeof(rx));
	queue.xsk.fill = (struct xsk_ring){.producer = &fill.producer,
					   .consumer = &fill.consumer,
					   .flags = &fill.flags,
					   .addr = fill.addr,
					   .size = 2 * RING,
					   .mask = 2 * RING - 1,
					   .far = 2 * RING};
	queue.xsk.rx = (struct xsk_ring){.producer = &rx.producer,
					 .consumer = &rx.consumer,
					 .flags = &rx.flags,
					 .desc = rx.desc,
					 .size = RING,
					 .mask = RING - 1};
	queue.xsk.fd = -1;
	queue.xsk.multi_buffer = true;
	queue.open = true;
	queue.rx.held = calloc(BUFFERS / 64, sizeof(uint64_t));
	if (af_xdp_umem_init(&queue.umem, pool, NULL) != 0)
		return -1;
	af_xdp_timeline_init(&queue.rx.time, &tai, KEY);
	af_xdp_rx_fill(&queue);
	return 0;
}

static int
tear_down(void **state)
{
	struct plx_why why = {""};
	int err;

	af_xdp_rx_recover(&queue);
	free(queue.rx.held);
	err = plx_pool_audit(pool, &why);
	if (err == 0)
		err = plx_pool_destroy(pool, &why);
	if (err != 0)
		print_message("%s\n", why.text);
	return err;
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_S + (uint64_t)now.tv_nsec;
}

/* -- the kernel's part ------------------------------------------------------------------------------------ */

/* A frame at that offset in the buffer; returns where it lies. */
static uint8_t *
put_frame(uint32_t offset, uint32_t options)
{
	const uint64_t base = fill.addr[fill.consumer++ & (2 * RING - 1)];

	rx.desc[rx.producer++ & (RING - 1)] = (struct xdp_desc){
		.addr = base | (uint64_t)offset << XSK_OFFSET_SHIFT, .len = 60, .options = options};
	return pool->data + base + offset;
}

static void
put_stamp(uint8_t *frame, uint64_t ns, uint64_t key)
{
	const struct xdp_stamp stamp = {.ns = ns, .key = key};

	memcpy(frame - sizeof(stamp), &stamp, sizeof(stamp));
}

static bool
stamped(const struct plx_mbuf *m)
{
	return (m->ol_flags & PLX_MBUF_RX_TIMESTAMP) != 0;
}

/* -- packets ---------------------------------------------------------------------------------------------- */

static void
each_packet_gets_the_stamp_in_front_of_it(void **state)
{
	const uint64_t before = clock_ns(CLOCK_REALTIME), ns = clock_ns(CLOCK_TAI);
	struct plx_mbuf *pkts[32];

	for (unsigned i = 0; i < 10; i++)
		put_stamp(put_frame(256 + i, 0), ns + i, KEY);
	assert_int_equal(af_xdp_rx_burst_stamped(&queue.rx, pkts, 32), 10);
	for (unsigned i = 0; i < 10; i++) {
		assert_true(stamped(pkts[i]));
		assert_true(pkts[i]->timestamp == pkts[0]->timestamp + i);
	}
	assert_true(pkts[0]->timestamp >= before);
	assert_true(pkts[0]->timestamp <= clock_ns(CLOCK_REALTIME));
	assert_int_equal(queue.rx.unstamped, 0);
	plx_mbuf_free_bulk(pkts, 10);
}

static void
what_is_no_stamp_is_counted_and_not_believed(void **state)
{
	const uint64_t ns = clock_ns(CLOCK_TAI);
	struct plx_mbuf *pkts[32];

	put_stamp(put_frame(256, 0), ns, 0);
	put_stamp(put_frame(256, 0), ns, KEY + 1);
	put_stamp(put_frame(256, 0), ns, KEY);
	put_frame(15, 0); /* no room for one */
	put_frame(0, 0);
	assert_int_equal(af_xdp_rx_burst_stamped(&queue.rx, pkts, 32), 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(stamped(pkts[i]), i == 2);
	assert_int_equal(queue.rx.unstamped, 4);
	plx_mbuf_free_bulk(pkts, 5);
}

static void
an_old_stamp_is_not_taken_for_a_later_packets(void **state)
{
	uint8_t *const frame = put_frame(256, 0), *again;
	struct plx_mbuf *m;

	put_stamp(frame, clock_ns(CLOCK_TAI), KEY);
	assert_int_equal(af_xdp_rx_burst_stamped(&queue.rx, &m, 1), 1);
	assert_true(stamped(m));
	plx_mbuf_free(m);
	/* Until the same buffer comes again, from a kernel that now writes nothing. */
	for (unsigned i = 0, tries = 4 * BUFFERS; i < tries; i++) {
		again = put_frame(256, 0);
		assert_int_equal(af_xdp_rx_burst_stamped(&queue.rx, &m, 1), 1);
		assert_false(stamped(m));
		plx_mbuf_free(m);
		if (again == frame)
			return;
	}
	fail_msg("the buffer did not come again");
}

static void
a_chain_has_the_stamp_of_its_first_buffer(void **state)
{
	const uint64_t ns = clock_ns(CLOCK_TAI);
	struct plx_mbuf *pkts[32];

	put_stamp(put_frame(256, XSK_PKT_CONTD), ns, KEY);
	put_stamp(put_frame(256, 0), ns + 7, KEY); /* just bytes there */
	put_frame(256, XSK_PKT_CONTD);
	put_stamp(put_frame(256, 0), ns, KEY);
	assert_int_equal(af_xdp_rx_burst_scatter_stamped(&queue.rx, pkts, 32), 2);
	assert_int_equal(pkts[0]->nb_segs, 2);
	assert_true(stamped(pkts[0]));
	assert_true(pkts[0]->timestamp == ns + queue.rx.time.offset);
	assert_false(stamped(pkts[1]));
	plx_mbuf_free_bulk(pkts, 2);
}

/* -- clocks ------------------------------------------------------------------------------------------------ */

static void
tai_is_whole_seconds_from_the_time_of_the_day(void **state)
{
	struct af_xdp_timeline line;
	uint64_t before, there, after;

	af_xdp_timeline_init(&line, &tai, KEY);
	assert_int_equal((int64_t)line.offset % (int64_t)NS_S, 0);
	before = clock_ns(CLOCK_REALTIME);
	there = af_xdp_timeline_ns(&line, clock_ns(CLOCK_TAI));
	after = clock_ns(CLOCK_REALTIME);
	assert_true(there >= before && there <= after);
}

static void
the_monotonic_clock_is_brought_to_the_time_of_the_day(void **state)
{
	struct af_xdp_timeline line;
	uint64_t before, there, after;

	af_xdp_timeline_init(&line, &monotonic, KEY);
	before = clock_ns(CLOCK_REALTIME);
	there = af_xdp_timeline_ns(&line, clock_ns(CLOCK_MONOTONIC));
	after = clock_ns(CLOCK_REALTIME);
	/* To the error of reading two clocks one after the other; the clocks are years apart. */
	assert_true(there + NS_S >= before && there <= after + NS_S);
}

/* As if the clock of the day had been set: seen at the first stamp a second later, or at a leap of stamps. */
static void
a_clock_that_is_set_is_noticed(void **state)
{
	struct af_xdp_timeline line;
	uint64_t right, at;

	af_xdp_timeline_init(&line, &tai, KEY);
	right = line.offset;
	at = line.looked;
	line.offset = right + 37 * NS_S;
	assert_true(af_xdp_timeline_ns(&line, at + NS_S / 2) == at + NS_S / 2 + right + 37 * NS_S);
	assert_true(af_xdp_timeline_ns(&line, at + NS_S + 1) == at + NS_S + 1 + right);
	line.offset = right - 3 * NS_S;
	assert_true(af_xdp_timeline_ns(&line, at - 5 * NS_S) == at - 5 * NS_S + right);
}

static void
an_offset_stays_while_it_can_be_right(void **state)
{
	struct af_xdp_timeline line;
	uint64_t offset;

	af_xdp_timeline_init(&line, &tai, KEY);
	offset = line.offset;
	for (unsigned i = 1; i <= 100; i++) {
		af_xdp_timeline_ns(&line, line.looked + 2 * NS_S);
		assert_true(line.offset == offset);
	}
	/* And one that cannot is put right to the second, whatever the error of the reading. */
	for (unsigned i = 1; i <= 100; i++) {
		line.offset += 37 * NS_S;
		af_xdp_timeline_ns(&line, line.looked + 2 * NS_S);
		assert_true(line.offset == offset);
	}
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(each_packet_gets_the_stamp_in_front_of_it),
		CASE(what_is_no_stamp_is_counted_and_not_believed),
		CASE(an_old_stamp_is_not_taken_for_a_later_packets),
		CASE(a_chain_has_the_stamp_of_its_first_buffer),
		cmocka_unit_test(tai_is_whole_seconds_from_the_time_of_the_day),
		cmocka_unit_test(the_monotonic_clock_is_brought_to_the_time_of_the_day),
		cmocka_unit_test(a_clock_that_is_set_is_noticed),
		cmocka_unit_test(an_offset_stays_while_it_can_be_right),
	};
	int failed;

	if (eal_fixture_init("0@0") != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return plx_eal_cleanup() != 0 ? 1 : failed;
}
