/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include "pool_fixture.h"

#define RING 128

static struct source *
make(const struct source_params *params)
{
	struct source *s = NULL;

	assert_int_equal(source_create(params, &s), 0);
	return s;
}

/* n packets of 60 bytes with that fill. */
static void
offer(struct source *s, unsigned n, uint8_t fill, uint64_t now_ns)
{
	struct plx_mbuf *pkts[SOURCE_BURST];

	for (unsigned i = 0; i < n; i++)
		pkts[i] = packet(60, fill);
	source_accept(s, pkts, n, now_ns);
}

static unsigned
drain(struct source *s)
{
	struct plx_mbuf *pkts[SOURCE_BURST];
	unsigned n, sum = 0;

	while ((n = source_take(s, pkts, SOURCE_BURST)) != 0) {
		plx_mbuf_free_bulk(pkts, n);
		sum += n;
	}
	return sum;
}

static void
packets_are_stamped_unless_they_bring_a_time(void **state)
{
	struct source *s = make(&(struct source_params){.ring = RING});
	struct plx_mbuf *pkts[2] = {packet(60, 0), packet(60, 0)};

	pkts[1]->timestamp = 77;
	pkts[1]->ol_flags = PLX_MBUF_RX_TIMESTAMP;
	source_accept(s, pkts, 2, 1000);
	assert_int_equal(source_take(s, pkts, 2), 2);
	assert_int_equal(pkts[0]->timestamp, 1000);
	assert_int_equal(pkts[1]->timestamp, 77);
	assert_int_equal(tally_read(&s->counts.delivered), 2);
	assert_int_equal(tally_read(&s->counts.bytes), 120);
	plx_mbuf_free_bulk(pkts, 2);
	source_destroy(s);
}

static void
what_does_not_fit_is_counted_and_given_back(void **state)
{
	struct source *s = make(&(struct source_params){.ring = RING});

	for (unsigned i = 0; i < 4; i++)
		offer(s, 50, 0, 1000 + i);
	assert_int_equal(tally_read(&s->counts.delivered), 200);
	assert_int_equal(tally_read(&s->counts.too_slow), 200 - RING);
	assert_true(source_presses(s));
	assert_int_equal(drain(s), RING);
	assert_false(source_presses(s));
	assert_int_equal(plx_pool_in_use(pool), 0);
	source_destroy(s);
}

/* Takes and gives back n packets; the drops told in front of each must be those of `expected`, 0 behind its end. */
static void
expect_drops(struct source *s, unsigned n, unsigned nb_expected, const uint64_t *expected)
{
	struct plx_mbuf *pkts[RING];

	assert_int_equal(source_take(s, pkts, n), n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(source_drops_before(s), i < nb_expected ? expected[i] : 0);
	plx_mbuf_free_bulk(pkts, n);
}

static void
the_packet_behind_a_loss_knows_how_many_were_lost(void **state)
{
	struct source *s = make(&(struct source_params){.ring = RING});

	offer(s, 60, 0, 1);
	offer(s, 60, 0, 2);
	offer(s, 60, 0, 3); /* 8 fit */
	offer(s, 10, 0, 4); /* none does */
	expect_drops(s, 1, 0, NULL);
	offer(s, 5, 0, 5); /* one does: 62 were lost before it, and 4 behind it */
	expect_drops(s, RING - 1, 0, NULL);
	expect_drops(s, 1, 1, (const uint64_t[]){62});
	offer(s, 3, 0, 6);
	expect_drops(s, 3, 1, (const uint64_t[]){4});
	assert_int_equal(tally_read(&s->counts.too_slow), 66);
	source_destroy(s);
}

static void
more_gaps_than_can_be_kept_are_told_together(void **state)
{
	struct source *s = make(&(struct source_params){.ring = RING});
	uint64_t told = 0;
	struct plx_mbuf *m;

	offer(s, SOURCE_BURST, 0, 1);
	offer(s, SOURCE_BURST, 0, 1);
	for (unsigned i = 0; i < 3 * SOURCE_GAPS; i++)
		offer(s, 2, 0, 1);
	for (unsigned i = 0; source_take(s, &m, 1) == 1; i++) {
		plx_mbuf_free(m);
		told += source_drops_before(s);
		if (i < 2 * RING)
			offer(s, 2, 0, 1);
	}
	assert_int_equal(told + s->untold, tally_read(&s->counts.too_slow));
	assert_true(told > 6 * SOURCE_GAPS);
	source_destroy(s);
}

static void
a_filter_keeps_what_matches_in_order(void **state)
{
	struct plx_filter *filter = NULL;
	struct plx_mbuf *pkts[6], *kept[6];
	struct source *s;

	assert_int_equal(plx_filter_compile("ether[0] = 2", PLX_FILTER_SNAPLEN, &filter, NULL), 0);
	s = make(&(struct source_params){.ring = RING, .filter = filter});
	for (unsigned i = 0; i < 6; i++)
		pkts[i] = packet((uint16_t)(60 + i), i % 2 == 0 ? 2 : 3);
	source_accept(s, pkts, 6, 1000);
	assert_int_equal(source_take(s, kept, 6), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(kept[i]->pkt_len, 60 + 2 * i);
	assert_int_equal(tally_read(&s->counts.filtered), 3);
	assert_int_equal(plx_pool_in_use(pool), 3);
	plx_mbuf_free_bulk(kept, 3);
	source_destroy(s);
	plx_filter_destroy(filter);
}

static void
a_filter_sees_all_segments(void **state)
{
	struct plx_filter *filter = NULL;
	struct plx_mbuf *m = packet(100, 1), *kept;
	struct source *s;

	assert_int_equal(plx_mbuf_chain(m, packet(100, 9)), 0);
	assert_int_equal(
		plx_filter_compile("ether[99] = 1 and ether[100:4] = 0x09090909 and len = 200",
				   PLX_FILTER_SNAPLEN, &filter, NULL),
		0);
	s = make(&(struct source_params){.ring = RING, .filter = filter});
	source_accept(s, &m, 1, 1000);
	assert_int_equal(source_take(s, &kept, 1), 1);
	plx_mbuf_free(kept);
	source_destroy(s);
	plx_filter_destroy(filter);
}

static void
a_filter_sees_the_tag_that_a_port_took_out(void **state)
{
	struct plx_filter *filter = NULL;
	struct plx_mbuf *pkts[6], *kept[6];
	struct source *s;

	assert_int_equal(
		plx_filter_compile("vlan 5 and len == 70 and ether[65] = 7 and ether[69] = 8",
				   PLX_FILTER_SNAPLEN, &filter, NULL),
		0);
	s = make(&(struct source_params){.ring = RING, .filter = filter});
	for (uint16_t i = 0; i < 6; i++) {
		pkts[i] = packet(62, 7);
		assert_int_equal(plx_mbuf_chain(pkts[i], packet(4, 8)), 0);
		pkts[i]->ol_flags = PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
		pkts[i]->vlan_tci = 0x2004 + i % 3;
	}
	source_accept(s, pkts, 6, 1000);
	assert_int_equal(tally_read(&s->counts.bytes), 6 * 70);
	assert_int_equal(source_take(s, kept, 6), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(kept[i]->vlan_tci, 0x2005);
		assert_int_equal(kept[i]->pkt_len, 66);
		plx_mbuf_free(kept[i]);
	}
	source_destroy(s);
	plx_filter_destroy(filter);
}

static void
the_floor_rises_with_time_and_never_falls(void **state)
{
	struct source *s = make(&(struct source_params){.ring = RING, .slack_ns = 10});
	struct plx_mbuf *pkts[2];

	offer(s, 1, 0, 1000);
	assert_int_equal(tally_read(&s->floor_ns), 990);
	offer(s, 0, 0, 1500);
	assert_int_equal(tally_read(&s->floor_ns), 1490);
	offer(s, 1, 0, 1200);
	assert_int_equal(tally_read(&s->floor_ns), 1490);
	assert_int_equal(source_take(s, pkts, 2), 2);
	assert_int_equal(pkts[1]->timestamp, 1490);
	plx_mbuf_free_bulk(pkts, 2);
	source_close(s);
	assert_true(tally_read(&s->floor_ns) == UINT64_MAX);
	source_destroy(s);
}

static void
a_file_has_times_of_its_own_and_can_wait(void **state)
{
	struct source *s = make(&(struct source_params){.ring = RING, .patient = true});
	struct plx_mbuf *m = packet(60, 0);

	m->timestamp = 5;
	m->ol_flags = PLX_MBUF_RX_TIMESTAMP;
	source_accept(s, &m, 1, 1000);
	assert_int_equal(tally_read(&s->floor_ns), 5);
	for (unsigned i = 0; i < RING; i += 64)
		offer(s, 60, 0, 2000);
	assert_false(source_presses(s));
	source_accept(s, NULL, 0, 3000);
	assert_int_equal(tally_read(&s->floor_ns), 3000);
	assert_int_equal(drain(s), 121);
	source_destroy(s);
}

static void
a_ring_must_be_a_power_of_two(void **state)
{
	struct source *s = NULL;

	assert_int_not_equal(source_create(&(struct source_params){.ring = 100}, &s), 0);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_stamped_unless_they_bring_a_time),
		cmocka_unit_test(what_does_not_fit_is_counted_and_given_back),
		cmocka_unit_test(the_packet_behind_a_loss_knows_how_many_were_lost),
		cmocka_unit_test(more_gaps_than_can_be_kept_are_told_together),
		cmocka_unit_test(a_filter_keeps_what_matches_in_order),
		cmocka_unit_test(a_filter_sees_all_segments),
		cmocka_unit_test(a_filter_sees_the_tag_that_a_port_took_out),
		cmocka_unit_test(the_floor_rises_with_time_and_never_falls),
		cmocka_unit_test(a_file_has_times_of_its_own_and_can_wait),
		cmocka_unit_test(a_ring_must_be_a_power_of_two),
	};

	return cmocka_run_group_tests_name("source", tests, fixture_begin, fixture_end);
}
