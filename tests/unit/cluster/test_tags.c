/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets whose VLAN tag a device took out: what is sent has it again, whoever sends, and what slaves ask of rules and filters sees it. */
#include "rig.h"

#include "cluster_priv.h"
#include "plx_filter_rules.h"

#define TCI 0xa00a

static const uint8_t tag[] = {0x81, 0x00, TCI >> 8, TCI & 0xff};

static struct plx_mbuf *
untagged(uint32_t number)
{
	struct plx_mbuf *m = rig_packet(0, number);

	m->ol_flags |= PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED;
	m->vlan_tci = TCI;
	return m;
}

/* As if it had come out of port 0: ports of this test keep no flags. */
static void
arrive(struct plx_mbuf *m)
{
	rig.cluster->rx[0].received++;
	rig.cluster->stats.received++;
	spread_burst(rig.cluster, &m, 1);
	places_show(rig.cluster);
	egress_flush(rig.cluster);
}

/* Its bytes with the tag that is missing, in want. Returns how many. */
static uint32_t
as_on_the_wire(const struct plx_mbuf *m, uint8_t want[512])
{
	const uint32_t len = m->pkt_len;
	uint8_t room[512];

	assert_true(len + 4 <= sizeof(room));
	memcpy(want, plx_mbuf_read(m, 0, 12, room), 12);
	memcpy(want + 12, tag, 4);
	memcpy(want + 16, plx_mbuf_read(m, 12, len - 12, room), len - 12);
	return len + 4;
}

/* One packet waits in the port, and has these bytes. */
static void
expect_out(unsigned port, const uint8_t *want, uint32_t len)
{
	struct plx_mbuf *out = NULL;
	uint8_t room[512];

	assert_int_equal(rig_out(port, &out, 1), 1);
	assert_int_equal(out->pkt_len, len);
	assert_memory_equal(plx_mbuf_read(out, 0, len, room), want, len);
	assert_int_equal(plx_mbuf_check(out, NULL), 0);
	assert_int_equal(out->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED, 0);
	plx_mbuf_free(out);
	assert_int_equal(rig_out(port, NULL, 1), 0);
}

/* The slave has it as the port gave it. */
static void
expect_seen(struct plx_cluster_slave *slave, uint32_t number)
{
	const struct plx_cluster_desc *desc;

	assert_int_equal(plx_cluster_peek(slave, &desc, 2), 1);
	assert_int_equal(desc->flags, PLX_CLUSTER_VLAN_STRIPPED);
	assert_int_equal(desc->vlan_tci, TCI);
	assert_int_equal(desc->len, RIG_FRAME);
	assert_int_equal(rig_number(slave, desc), number);
	plx_cluster_done(slave, 1);
}

static struct plx_cluster_stats
stats_now(void)
{
	struct plx_cluster_stats stats;

	rig_audit();
	plx_cluster_stats(rig.cluster, &stats);
	return stats;
}

/* -- forwarding ----------------------------------------------------------------------------------------- */

static struct plx_cluster_verdict verdict;

static struct plx_cluster_verdict
decide(void *arg, struct plx_mbuf *m)
{
	return verdict;
}

static void
try_forward(bool slave_too)
{
	struct plx_cluster_slave *slave = NULL;
	uint8_t want[512];
	struct plx_mbuf *m;
	uint32_t len;

	rig.params.nb_tx_ports = 2;
	rig_make();
	if (slave_too)
		slave = rig_join(0, 0);
	m = untagged(7);
	len = as_on_the_wire(m, want);
	arrive(m);
	expect_out(0, want, len);
	expect_out(1, want, len);
	if (slave_too)
		expect_seen(slave, 7);
	arrive(rig_packet(0, 8)); /* has none, and gets none */
	assert_int_equal(rig_out(0, &m, 1), 1);
	assert_int_equal(m->pkt_len, RIG_FRAME);
	plx_mbuf_free(m);
	assert_int_equal(stats_now().transmitted, 4);
	assert_int_equal(stats_now().delivered, 2 * slave_too);
	assert_int_equal(stats_now().forwarded, 2 * !slave_too);
	plx_cluster_leave(slave);
}

static void
all_that_is_forwarded_has_its_tag(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		rig.params.spread.forward = 3;
		try_forward(i);
		rig_end(state);
		rig_params(state);
	}
}

static void
what_a_decision_forwards_has_its_tag(void **state)
{
	static const enum plx_cluster_action actions[] = {PLX_CLUSTER_PASS, PLX_CLUSTER_HASH};

	for (unsigned i = 0; i < 4; i++) {
		rig.params.spread.decide_one = decide;
		verdict = (struct plx_cluster_verdict){
			.action = actions[i / 2], .ports = 3, .slaves = i % 2};
		try_forward(i % 2);
		rig_end(state);
		rig_params(state);
	}
}

/* Its bytes are others' too, lie at the very beginning of the buffer, or in several. */
static void
a_tag_finds_its_place_in_all_packets(void **state)
{
	struct plx_mbuf *shared, *chain;
	uint8_t want[512], before[RIG_FRAME];
	uint32_t len;

	rig.params.nb_tx_ports = 1;
	rig.params.spread.forward = 1;
	rig_make();
	shared = untagged(1);
	memcpy(before, plx_mbuf_data(shared), RIG_FRAME);
	len = as_on_the_wire(shared, want);
	plx_mbuf_ref(shared);
	arrive(shared);
	expect_out(0, want, len);
	assert_memory_equal(plx_mbuf_data(shared), before, RIG_FRAME);
	memmove(shared->buf, plx_mbuf_data(shared), RIG_FRAME);
	shared->data_off = 0;
	arrive(shared);
	expect_out(0, want, len);
	chain = untagged(2);
	plx_mbuf_chain(chain, rig_packet(1, 3));
	len = as_on_the_wire(chain, want);
	arrive(chain);
	expect_out(0, want, len);
	assert_int_equal(stats_now().forwarded, 3);
}

static void
without_a_buffer_for_it_the_ports_refuse(void **state)
{
	struct plx_mbuf *all[RIG_BUFFERS], *m;
	struct plx_cluster_slave *slave;
	uint32_t n = 0;

	rig.params.nb_tx_ports = 2;
	rig.params.spread.forward = 3;
	rig_make();
	slave = rig_join(0, 0);
	m = untagged(5);
	while ((all[n] = plx_mbuf_alloc(rig.pool)) != NULL)
		n++;
	arrive(m);
	expect_seen(slave, 5); /* is not told to wait for that */
	assert_int_equal(stats_now().asked, 2);
	assert_int_equal(stats_now().refused, 2);
	plx_mbuf_free_bulk(all, n);
	plx_cluster_leave(slave);
}

/* -- slaves that send ----------------------------------------------------------------------------------- */

/* As it came: alone, and while another one looks at it. */
static void
what_a_slave_sends_as_it_came_has_its_tag(void **state)
{
	for (uint32_t others = 0; others < 2; others++) {
		struct plx_cluster_slave *slave, *other = NULL;
		const struct plx_cluster_desc *desc;
		uint8_t want[512];
		struct plx_mbuf *m;
		uint32_t len;

		rig.params.nb_tx_ports = 2;
		rig.params.spread.mode = PLX_CLUSTER_FANOUT;
		rig_make();
		slave = rig_join(0, 0);
		if (others != 0)
			other = rig_join(1, 0);
		m = untagged(9);
		len = as_on_the_wire(m, want);
		arrive(m);
		assert_int_equal(plx_cluster_peek(slave, &desc, 1), 1);
		assert_true(plx_cluster_send(slave, 0, 3));
		plx_cluster_done(slave, 1);
		rig_poll();
		expect_out(0, want, len);
		expect_out(1, want, len);
		if (others != 0)
			expect_seen(other, 9);
		rig_poll();
		rig_audit();
		assert_int_equal(plx_pool_in_use(rig.pool), 0);
		plx_cluster_leave(slave);
		plx_cluster_leave(other);
		rig_end(state);
		rig_params(state);
	}
}

/* Another part of it, or what was put in front: the slave's own words. */
static void
what_a_slave_cut_goes_as_it_is(void **state)
{
	static const struct {
		int off, len;
	} cases[] = {{4, -4}, {-4, 4}, {0, -1}, {0, 1}, {1, 0}};

	rig.params.nb_tx_ports = 1;
	rig_make();
	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_cluster_slave *slave = rig_join(0, 0);
		const struct plx_cluster_desc *desc;
		struct plx_cluster_desc part;
		uint8_t want[RIG_FRAME + 8];

		arrive(untagged(9));
		assert_int_equal(plx_cluster_peek(slave, &desc, 1), 1);
		part = *desc;
		part.off = (uint16_t)(part.off + cases[i].off);
		part.len = (uint16_t)(part.len + cases[i].len);
		memcpy(want, plx_cluster_data(slave, &part), part.len);
		assert_true(plx_cluster_keep(slave, 0));
		plx_cluster_done(slave, 1);
		assert_true(plx_cluster_send_kept(slave, &part, 1));
		plx_cluster_flush(slave);
		rig_poll();
		expect_out(0, want, part.len);
		plx_cluster_leave(slave);
		rig_poll();
	}
}

/* A slave may only send whole packets. The header of a part's buffer is as long as all were. */
static void
a_part_of_a_chain_goes_as_it_is(void **state)
{
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	uint8_t want[RIG_FRAME];
	struct plx_mbuf *m = untagged(9);

	rig.params.nb_tx_ports = 1;
	rig_make();
	slave = rig_join(0, 0);
	memcpy(want, plx_mbuf_data(m), RIG_FRAME);
	plx_mbuf_chain(m, rig_packet(1, 10));
	arrive(m);
	assert_int_equal(plx_cluster_peek(slave, &desc, 2), 2);
	assert_true(plx_cluster_send(slave, 0, 1));
	plx_cluster_done(slave, 2);
	rig_poll();
	expect_out(0, want, RIG_FRAME);
	plx_cluster_leave(slave);
}

/* What is too short to be bounced leaves nothing behind. */
static void
what_cannot_be_made_is_no_copy(void **state)
{
	struct plx_mbuf *m = rig_packet(0, 0);

	rig_make();
	plx_mbuf_trim(m, RIG_FRAME - 11);
	assert_null(wire_form(rig.cluster, m, true, false));
	assert_int_equal(plx_pool_in_use(rig.pool), 1);
	assert_null(wire_form(rig.cluster, m, true, true));
	assert_int_equal(plx_pool_in_use(rig.pool), 1);
	plx_mbuf_free(m);
}

/* -- what slaves see ------------------------------------------------------------------------------------ */

static struct plx_filter_packet
view(struct plx_cluster_slave *slave, uint8_t buf[PLX_CLUSTER_VIEW], uint32_t used)
{
	const struct plx_cluster_desc *desc;
	struct plx_filter_packet packet;
	uint32_t n = plx_cluster_peek(slave, &desc, 32);

	assert_int_equal(plx_cluster_packet(slave, desc, n, buf, &packet), used);
	if (packet.bytes != buf)
		assert_ptr_equal(packet.bytes, plx_cluster_data(slave, desc));
	plx_cluster_done(slave, used);
	return packet;
}

static void
a_plain_packet_is_seen_where_it_lies(void **state)
{
	struct plx_cluster_slave *slave;
	uint8_t buf[PLX_CLUSTER_VIEW];
	struct plx_filter_packet packet;

	rig_make();
	slave = rig_join(0, 0);
	arrive(rig_packet(0, 1));
	arrive(rig_packet(0, 2));
	for (uint32_t i = 1; i <= 2; i++) {
		packet = view(slave, buf, 1);
		assert_ptr_not_equal(packet.bytes, buf);
		assert_int_equal(packet.caplen, RIG_FRAME);
		assert_int_equal(packet.wirelen, RIG_FRAME);
	}
	plx_cluster_leave(slave);
}

static void
a_tagged_packet_and_a_chain_are_seen_in_one_piece(void **state)
{
	struct plx_cluster_slave *slave;
	uint8_t buf[PLX_CLUSTER_VIEW], want[512];
	struct plx_filter_packet packet;
	struct plx_mbuf *m = untagged(3);
	uint32_t len;

	rig_make();
	slave = rig_join(0, 0);
	len = as_on_the_wire(m, want);
	arrive(m);
	arrive(rig_packet(0, 4));
	packet = view(slave, buf, 1);
	assert_int_equal(packet.caplen, len);
	assert_int_equal(packet.wirelen, len);
	assert_memory_equal(packet.bytes, want, len);
	assert_ptr_not_equal(view(slave, buf, 1).bytes, buf);
	m = untagged(5);
	plx_mbuf_trim(m, RIG_FRAME - 8); /* amid the addresses */
	plx_mbuf_chain(m, rig_packet(1, 6));
	plx_mbuf_chain(m, rig_packet(2, 7));
	len = as_on_the_wire(m, want);
	arrive(m);
	packet = view(slave, buf, 3);
	assert_int_equal(packet.caplen, len);
	assert_memory_equal(packet.bytes, want, len);
	plx_cluster_leave(slave);
}

/* What is longer is seen as far as there is room, and told for what it is. What has no addresses has no tag behind them. */
static void
a_view_has_its_bounds(void **state)
{
	struct plx_cluster_slave *slave;
	uint8_t buf[PLX_CLUSTER_VIEW + 1];
	struct plx_filter_packet packet;
	struct plx_mbuf *m = untagged(1);

	rig_make();
	slave = rig_join(0, 0);
	for (uint32_t i = 0; i < 40; i++)
		plx_mbuf_chain(m, rig_packet(0, i));
	buf[PLX_CLUSTER_VIEW] = 0x5a;
	arrive(m);
	packet = view(slave, buf, 32); /* of those that were peeked at */
	assert_int_equal(packet.caplen, PLX_CLUSTER_VIEW);
	assert_int_equal(packet.wirelen, 32 * RIG_FRAME + 4);
	assert_int_equal(buf[PLX_CLUSTER_VIEW], 0x5a);
	rig_drink(slave);
	m = untagged(1);
	plx_mbuf_trim(m, RIG_FRAME - 11);
	arrive(m);
	packet = view(slave, buf, 1);
	assert_int_equal(packet.caplen, 11);
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(all_that_is_forwarded_has_its_tag),
		RIG_TEST(what_a_decision_forwards_has_its_tag),
		RIG_TEST(a_tag_finds_its_place_in_all_packets),
		RIG_TEST(without_a_buffer_for_it_the_ports_refuse),
		RIG_TEST(what_a_slave_sends_as_it_came_has_its_tag),
		RIG_TEST(what_a_slave_cut_goes_as_it_is),
		RIG_TEST(a_part_of_a_chain_goes_as_it_is),
		RIG_TEST(what_cannot_be_made_is_no_copy),
		RIG_TEST(a_plain_packet_is_seen_where_it_lies),
		RIG_TEST(a_tagged_packet_and_a_chain_are_seen_in_one_piece),
		RIG_TEST(a_view_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
