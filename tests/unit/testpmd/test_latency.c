/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes with stamps that the test makes up: times, loss, order, and what they leave alone. */
#include "engine_fixture.h"
#include "latency.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_net_build.h>

#include <errno.h>

#define N 4

static struct plx_mbuf *pkts[N];
static bool probed[N];

/* A UDP packet with bytes of its own behind the headers, in segments of at most `piece` bytes. */
static struct plx_mbuf *
packet(uint16_t len, uint16_t piece)
{
	const struct plx_net_build build = {
		.src_ip = {10, 0, 0, 1}, .dst_ip = {10, 0, 0, 2}, .src_port = 5, .dst_port = 6};
	struct plx_mbuf *first = NULL;
	uint8_t bytes[256];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	assert_int_equal(plx_net_build_frame(&build, bytes, len), 0);
	for (uint16_t off = 0; off < len; off = (uint16_t)(off + piece)) {
		uint16_t part = (uint16_t)(len - off < piece ? len - off : piece);
		struct plx_mbuf *m = plx_mbuf_alloc(pool);

		memcpy(plx_mbuf_append(m, part), bytes + off, part);
		if (first == NULL)
			first = m;
		else
			assert_int_equal(plx_mbuf_chain(first, m), 0);
	}
	return first;
}

static int
setup_stream(void **state)
{
	int ret = setup(state);

	app.streams = &stream;
	app.nb_streams = 1;
	app.engine = &engine_txonly;
	app.args.latency_stats = true;
	assert_int_equal(latency_begin(&app, &why), 0);
	for (unsigned i = 0; i < N; i++)
		pkts[i] = packet(100, 100);
	return ret;
}

static int
teardown_stream(void **state)
{
	plx_mbuf_free_bulk(pkts, N);
	latency_free(&app);
	return teardown(state);
}

static void
send(unsigned first, unsigned n, uint64_t now)
{
	latency_stamp(&stream, pkts + first, (uint16_t)n, now, probed);
	latency_sent(&stream, probed, (uint16_t)n);
}

static void
take_one(unsigned i, uint64_t now)
{
	latency_take(&stream, pkts + i, 1, now);
}

static bool
csum_is_good(const struct plx_mbuf *m)
{
	struct plx_net_packet parsed;
	uint8_t room[256];
	const uint8_t *bytes = plx_mbuf_read(m, 0, m->pkt_len, room);

	assert_int_equal(plx_net_parse(bytes, m->pkt_len, &parsed), PLX_NET_GOOD);
	return plx_net_csum_check_l4(bytes, &parsed.layers[0]) == PLX_NET_CSUM_GOOD;
}

static void
times_are_the_distance_of_the_stamps(void **state)
{
	struct latency *l = stream.latency;

	send(0, 4, 1000);
	take_one(0, 1010);
	take_one(1, 1030);
	take_one(2, 1020);
	take_one(3, 1010);
	assert_int_equal(l->sent, 4);
	assert_int_equal(l->received, 4);
	assert_int_equal(l->late, 0);
	assert_int_equal(l->least, 10);
	assert_int_equal(l->greatest, 30);
	assert_int_equal(l->sum, 70);
	assert_int_equal(histogram_percentile(&l->histogram, 500), 10);
	assert_int_equal(histogram_percentile(&l->histogram, 990), 30);
	/* |20| |10| |10|, each a sixteenth of the way */
	assert_true(l->jitter > 2.30 && l->jitter < 2.32);
	assert_int_equal(latency_missing(l), 0);
}

static void
what_does_not_come_is_missing_and_what_comes_behind_is_late(void **state)
{
	struct latency *l = stream.latency;

	send(0, 4, 1000);
	take_one(1, 1001);
	take_one(0, 1002);
	take_one(3, 1003);
	assert_int_equal(l->received, 3);
	assert_int_equal(l->late, 1);
	assert_int_equal(latency_missing(l), 1);
}

static void
numbers_of_packets_not_taken_go_to_the_next(void **state)
{
	latency_stamp(&stream, pkts, 4, 1000, probed);
	latency_sent(&stream, probed, 1);
	assert_int_equal(stream.latency->sent, 1);
	send(1, 3, 1001);
	for (unsigned i = 0; i < 4; i++)
		take_one(i, 2000);
	assert_int_equal(stream.latency->late, 0);
	assert_int_equal(latency_missing(stream.latency), 0);
}

/* Whose maker would believe that it holds what was made, behind the headers too. */
static void
a_probe_takes_the_mark_of_the_buffer_it_is_written_into(void **state)
{
	plx_mbuf_free(pkts[0]);
	pkts[0] = packet(100, 50);
	pkts[0]->next->ol_flags |= PLX_MBUF_APP;
	pkts[1]->ol_flags |= PLX_MBUF_APP;
	pkts[2]->ol_flags |= PLX_MBUF_APP | PLX_MBUF_TX_VLAN;
	send(0, 2, 1000);
	assert_int_equal(pkts[0]->next->ol_flags, 0);
	assert_int_equal(pkts[1]->ol_flags, 0);
	assert_int_equal(pkts[2]->ol_flags, PLX_MBUF_APP | PLX_MBUF_TX_VLAN);
	send(2, 1, 1000);
	assert_int_equal(pkts[2]->ol_flags, PLX_MBUF_TX_VLAN);
}

static void
checksums_stay_right(void **state)
{
	for (uint64_t now = 1; now != 0; now <<= 1) {
		send(0, 4, now);
		for (unsigned i = 0; i < 4; i++)
			assert_true(csum_is_good(pkts[i]));
	}
	assert_int_equal(stream.latency->sent, 4 * 64);
}

static void
a_probe_may_lie_in_several_segments_and_at_odd_lengths(void **state)
{
	for (uint16_t len = LATENCY_LEN_MIN; len < 140; len++) {
		for (uint16_t piece = 42; piece < 64; piece += 7) {
			plx_mbuf_free(pkts[0]);
			pkts[0] = packet(len, piece);
			send(0, 1, 5000);
			assert_true(csum_is_good(pkts[0]));
			take_one(0, 5007);
		}
	}
	assert_int_equal(latency_missing(stream.latency), 0);
	assert_int_equal(stream.latency->greatest, 7);
	assert_int_equal(stream.latency->least, 7);
}

static void
packets_without_room_or_of_others_are_left_alone(void **state)
{
	plx_mbuf_free(pkts[0]);
	pkts[0] = packet(LATENCY_LEN_MIN - 1, 100);
	send(0, 1, 1000);
	assert_int_equal(stream.latency->sent, 0);
	stream.latency->makes = false;
	send(1, 3, 1000);
	assert_int_equal(stream.latency->sent, 0);
	for (unsigned i = 0; i < 4; i++)
		take_one(i, 1001);
	assert_int_equal(stream.latency->received, 0);
	/* Ours of an earlier run. */
	stream.latency->makes = true;
	send(1, 3, 1000);
	app.latency_magic ^= 0x100;
	take_one(1, 1001);
	assert_int_equal(stream.latency->received, 0);
}

static void
a_forwarded_probe_gets_a_new_stamp(void **state)
{
	send(0, 1, 1000);
	stream.latency->makes = false;
	take_one(0, 1100);
	send(0, 1, 2000);
	take_one(0, 2003);
	assert_int_equal(stream.latency->received, 2);
	assert_int_equal(stream.latency->least, 3);
	assert_int_equal(stream.latency->greatest, 100);
	assert_int_equal(stream.latency->late, 0);
	assert_true(csum_is_good(pkts[0]));
}

static void
a_clock_that_lags_behind_counts_as_no_time(void **state)
{
	send(0, 1, 1000);
	take_one(0, 999);
	assert_int_equal(stream.latency->greatest, 0);
	assert_int_equal(stream.latency->received, 1);
}

static void
counting_from_zero_keeps_the_sequence(void **state)
{
	send(0, 4, 1000);
	latency_clear(stream.latency);
	send(0, 4, 2000);
	for (unsigned i = 0; i < 4; i++)
		take_one(i, 2001);
	assert_int_equal(stream.latency->sent, 4);
	assert_int_equal(stream.latency->received, 4);
	assert_int_equal(stream.latency->late, 0);
}

static void
packets_too_short_for_a_probe_are_refused_at_start(void **state)
{
	latency_free(&app);
	app.args.txpkts.len[0] = LATENCY_LEN_MIN - 1;
	assert_int_equal(latency_begin(&app, &why), -EINVAL);
	assert_non_null(strstr(why.text, "set txpkts 62"));
	app.args.txpkts.len[0] = LATENCY_LEN_MIN;
	assert_int_equal(latency_begin(&app, &why), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_stream, teardown_stream)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(times_are_the_distance_of_the_stamps),
		CASE(what_does_not_come_is_missing_and_what_comes_behind_is_late),
		CASE(numbers_of_packets_not_taken_go_to_the_next),
		CASE(a_probe_takes_the_mark_of_the_buffer_it_is_written_into),
		CASE(checksums_stay_right),
		CASE(a_probe_may_lie_in_several_segments_and_at_odd_lengths),
		CASE(packets_without_room_or_of_others_are_left_alone),
		CASE(a_forwarded_probe_gets_a_new_stamp),
		CASE(a_clock_that_lags_behind_counts_as_no_time),
		CASE(counting_from_zero_keeps_the_sequence),
		CASE(packets_too_short_for_a_probe_are_refused_at_start),
	};

	return run_engine_tests(tests, PLX_ARRAY_LEN(tests));
}
