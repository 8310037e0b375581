/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets whose VLAN tag the device took out: rules say of them what they say of the same packets with their tag, what passes is as it
 * came, and what is sent is as it was on the wire.
 */
#include "sieve_rig.h"

#include "plx_byteorder.h"
#include "plx_filter_plugin.h"
#include "plx_vnet_driver.h"
#include "sieve_judge.h"

#define OUTER 10
#define INNER 20
#define LONG  (PLX_SIEVE_CHAIN_BYTES + 100)

enum way {
	PLAIN,	 /* takes nothing out */
	OWN,	 /* bytes are nobody else's */
	SHARED,	 /* somebody else looks at them, too */
	CRAMPED, /* no room in front of them */
	CHAINED, /* in two segments, the first of which ends amid the addresses */
	WAYS,
};

static struct {
	plx_ethdev_rx_fn rx;
	enum way way;
	struct plx_mbuf *others; /* what somebody else holds */
	uint8_t before[RIG_FRAME];
} device;

/* -- the device ------------------------------------------------------------------------------------------ */

/* Its bytes at the very beginning of a buffer. */
static struct plx_mbuf *
without_headroom(struct plx_mbuf *m)
{
	memmove(m->buf, plx_mbuf_data(m), m->data_len);
	m->data_off = 0;
	return m;
}

static struct plx_mbuf *
in_two(struct plx_mbuf *m)
{
	const uint16_t rest = m->data_len - 8;
	struct plx_mbuf *second = plx_mbuf_alloc(pool);

	assert_non_null(second);
	memcpy(plx_mbuf_append(second, rest), plx_mbuf_data(m) + 8, rest);
	plx_mbuf_trim(m, rest);
	assert_int_equal(plx_mbuf_chain(m, second), 0);
	return m;
}

static uint16_t
receive(void *queue, struct plx_mbuf **pkts, uint16_t n)
{
	const uint16_t got = device.rx(queue, pkts, n);

	for (uint16_t i = 0; i < got && device.way != PLAIN; i++) {
		plx_vnet_untag(pkts[i]);
		memcpy(device.before, plx_mbuf_data(pkts[i]), RIG_FRAME);
		if (device.way == SHARED) {
			plx_mbuf_ref(pkts[i]);
			device.others = pkts[i];
		} else if (device.way == CRAMPED) {
			without_headroom(pkts[i]);
		} else if (device.way == CHAINED) {
			in_two(pkts[i]);
		}
	}
	return got;
}

static void
use(enum way way)
{
	struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[rig.port[0]];

	if (fast->rx != receive)
		device.rx = fast->rx;
	fast->rx = receive;
	device.way = way;
}

/* What somebody else saw all the time did not change. */
static void
let_go(void)
{
	if (device.others == NULL)
		return;
	assert_memory_equal(plx_mbuf_data(device.others), device.before, RIG_FRAME);
	plx_mbuf_free(device.others);
	device.others = NULL;
}

/* Of up to two tags, all 802.1Q. */
static struct plx_mbuf *
tagged(unsigned tags)
{
	struct plx_net_build build = {
		.src_mac = {2, 0, 0, 0, 0, 1},
		.dst_mac = {2, 0, 0, 0, 0, 2},
		.nb_vlans = (uint16_t)tags,
		.vlan_tci = {tags != 0 ? OUTER | 0xa000 : 0, tags > 1 ? INNER : 0},
		.proto = PLX_NET_PROTO_UDP,
		.src_ip = {10, 0, 0, 1},
		.dst_ip = {10, 0, 0, 2},
		.src_port = 1000,
		.dst_port = 53,
	};
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	uint8_t *bytes;

	assert_non_null(m);
	bytes = plx_mbuf_append(m, RIG_FRAME + 8);
	memset(bytes, 0, RIG_FRAME + 8);
	memcpy(bytes + RIG_FRAME, "the end", 8);
	assert_int_equal(plx_net_build_frame(&build, bytes, RIG_FRAME + 8), 0);
	if (tags == 2)
		plx_store_be16(bytes + 12, PLX_NET_ETHERTYPE_VLAN);
	return m;
}

/* -- verdicts -------------------------------------------------------------------------------------------- */

static const struct {
	const char *rule;
	bool meets[3]; /* packets of 0, 1 and 2 tags */
} rules[] = {
	{"10 drop vlan 10", {false, true, true}},
	{"10 drop vlan 20", {false, false, false}}, /* the outer one counts */
	{"10 drop vlan 0", {true, false, false}},
	{"10 drop ethertype ipv4 vlan 10 dport 53", {false, true, true}},
	{"exact drop proto udp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 53",
	 {true, false, false}},
	{"exact drop proto udp src 10.0.0.1 sport 1000 dst 10.0.0.2 dport 53 vlan 10",
	 {false, true, true}},
	{"10 drop bpf \"vlan 10\"", {false, true, true}},
	{"10 drop bpf \"vlan 10 and udp port 53\"", {false, true, false}},
	{"10 drop bpf \"vlan 10 and vlan 20 and udp port 53\"", {false, false, true}},
	{"10 drop bpf \"udp port 53\"", {true, false, false}}, /* as libpcap has it */
	{"10 drop bpf \"len = 72\"", {true, true, true}},
	{"10 drop bpf \"ether[14:2] & 0xe000 = 0xa000\"", {false, true, true}},
	{"10 drop payload \"the end\"", {true, true, true}},
	{"10 drop smac 02:00:00:00:00:01 vlan 10", {false, true, true}},
};

static void
try(unsigned i, unsigned tags, enum way way)
{
	struct plx_mbuf *m = tagged(tags), *got = NULL;
	uint8_t bytes[RIG_FRAME + 8], room[RIG_FRAME + 8];
	const bool missing = tags != 0 && way != PLAIN;
	uint16_t n;

	memcpy(bytes, plx_mbuf_data(m), sizeof(bytes));
	use(way);
	rig_put(m, 0);
	n = rig_get(&got, 1);
	if (n == rules[i].meets[tags])
		fail_msg("%s: %u tags, way %u", rules[i].rule, tags, way);
	if (n != 0) {
		assert_int_equal((got->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED) != 0, missing);
		assert_int_equal(got->pkt_len, sizeof(bytes) - (missing ? 4 : 0));
		if (missing) {
			assert_int_equal(got->vlan_tci, OUTER | 0xa000);
			memmove(bytes + 12, bytes + 16, sizeof(bytes) - 16);
		}
		assert_memory_equal(plx_mbuf_read(got, 0, got->pkt_len, room), bytes, got->pkt_len);
		plx_mbuf_free(got);
	}
	let_go();
}

static void
a_tag_is_seen_wherever_it_is(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rules); i++) {
		rig_rules(rules[i].rule);
		for (unsigned tags = 0; tags <= 2; tags++)
			for (unsigned way = 0; way < WAYS; way++)
				try(i, tags, way);
		rig_drop_rules();
	}
}

static bool
look_at_others(void *state, const struct plx_filter_packet *packet)
{
	bool *ret_same = state;

	*ret_same = memcmp(plx_mbuf_data(device.others), device.before, RIG_FRAME) == 0;
	return false;
}

static bool same;

static int
make_witness(const char *args, void **ret_state, struct plx_why *why)
{
	*ret_state = &same;
	return 0;
}

/* While rules look at a packet, who else holds it sees it as it is. */
static void
bytes_of_others_are_left_alone(void **state)
{
	static const struct plx_filter_plugin witness = {.version = PLX_FILTER_PLUGIN_VERSION,
							 .name = "witness",
							 .create = make_witness,
							 .filter = look_at_others};

	rig_rules("");
	assert_int_equal(plx_filter_rules_plugin_add(rig.rules, &witness, NULL, "", NULL), 0);
	assert_int_equal(plx_filter_rules_load_text(rig.rules, "10 drop plugin witness\n", 0, NULL),
			 0);
	use(SHARED);
	rig_put(tagged(1), 0);
	assert_int_equal(rig_drink(), 1);
	assert_true(same);
	let_go();
}

/* Of a burst in which all kinds come together each gets its own verdict. */
static void
every_packet_of_a_burst_gets_its_own_verdict(void **state)
{
	struct plx_mbuf *pkts[RIG_ENTRIES];
	uint16_t n;

	rig_rules("10 drop bpf \"vlan 10 and vlan 20\"\n20 drop vlan 0\n");
	for (unsigned way = OWN; way < WAYS; way++) {
		if (way == SHARED)
			continue; /* one at a time here */
		use(way);
		for (unsigned i = 0; i < 150; i++)
			rig_put(tagged(i % 3), 0);
		n = rig_get(pkts, RIG_ENTRIES);
		assert_int_equal(n, 50);
		for (uint16_t i = 0; i < n; i++)
			assert_int_equal(pkts[i]->pkt_len, RIG_FRAME + 4);
		plx_mbuf_free_bulk(pkts, n);
	}
	rig_books();
}

/* A packet that was cut, and one longer than what is looked at. */
static void
lengths_are_those_of_the_wire(void **state)
{
	struct plx_filter_rules_stats stats;
	struct plx_mbuf *m = tagged(1);

	rig_rules("10 drop bpf \"vlan 10 and greater 1504 and less 1504\"\n");
	use(PLAIN);
	plx_vnet_untag(m);
	m->ol_flags |= PLX_MBUF_RX_CUT;
	m->wire_len = 1500;
	for (unsigned i = 0; i < 2; i++) {
		struct plx_filter_verdict verdict;
		struct plx_filter_rules_reader *reader;

		assert_int_equal(plx_filter_rules_reader_create(rig.rules, &reader, NULL), 0);
		if (i == 1)
			plx_mbuf_ref(m);
		sieve_judge(reader, &m, 1, &verdict);
		assert_int_equal(verdict.fate, PLX_FILTER_DROPPED);
		assert_int_equal(m->wire_len, 1500);
		plx_filter_rules_reader_destroy(reader);
	}
	plx_mbuf_free(m);
	plx_mbuf_free(m);
	plx_filter_rules_stats(rig.rules, &stats);
	assert_int_equal(stats.bytes, 2 * 1504);
}

static void
of_a_long_chain_the_first_bytes_are_seen(void **state)
{
	uint8_t buf[PLX_SIEVE_CHAIN_BYTES];
	struct plx_mbuf *m = tagged(1), *next;
	struct plx_filter_packet packet;

	plx_vnet_untag(m);
	while (m->pkt_len < LONG) {
		next = plx_mbuf_alloc(pool);
		assert_non_null(next);
		memset(plx_mbuf_append(next, 200), 0x55, 200);
		assert_int_equal(plx_mbuf_chain(m, next), 0);
	}
	packet = sieve_packet(m, buf);
	assert_int_equal(packet.caplen, PLX_SIEVE_CHAIN_BYTES);
	assert_int_equal(packet.wirelen, m->pkt_len + 4);
	assert_int_equal(plx_load_be16(packet.bytes + 12), PLX_NET_ETHERTYPE_VLAN);
	assert_int_equal(plx_load_be16(packet.bytes + 14), OUTER | 0xa000);
	assert_int_equal(packet.bytes[PLX_SIEVE_CHAIN_BYTES - 1], 0x55);
	plx_mbuf_free(m);
}

/* -- sending --------------------------------------------------------------------------------------------- */

static void
send_one(const char *action, enum way way, unsigned tags)
{
	const bool bounce = strncmp(action, "bounce", 6) == 0;
	const bool on = strstr(action, "continue") != NULL;
	struct plx_mbuf *m = tagged(tags), *out = NULL;
	uint8_t want[RIG_FRAME + 8], room[RIG_FRAME + 8];
	char text[64];

	memcpy(want, plx_mbuf_data(m), sizeof(want));
	snprintf(text, sizeof(text), "10 %s 2\n", action);
	rig_rules(text);
	use(way);
	rig_put(m, 0);
	assert_int_equal(rig_drink(), on);
	rig_settle();
	assert_int_equal(rig_out(1, &out, 1), 1);
	if (bounce)
		memcpy(want, (const uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, 12);
	assert_int_equal(out->pkt_len, sizeof(want));
	assert_memory_equal(plx_mbuf_read(out, 0, sizeof(want), room), want, sizeof(want));
	assert_int_equal(out->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED, 0);
	plx_mbuf_free(out);
	let_go();
	rig_drop_rules();
}

static void
what_is_sent_has_its_tag(void **state)
{
	static const char *const actions[] = {"reflect", "reflect-continue", "bounce",
					      "bounce-continue"};

	rig_egress(1);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(actions); i++)
		for (unsigned tags = 0; tags <= 2; tags++) {
			send_one(actions[i], PLAIN, tags);
			send_one(actions[i], OWN, tags);
			send_one(actions[i], SHARED, tags);
		}
}

/* Without room in front of its bytes it cannot have it again. */
static void
what_has_no_room_for_its_tag_is_not_sent(void **state)
{
	rig_egress(1);
	rig_rules("10 reflect 2\n");
	use(CRAMPED);
	rig_put(tagged(1), 0);
	rig_put(tagged(0), 0);
	assert_int_equal(rig_drink(), 0);
	assert_int_equal(rig_books().unmade, 1);
	assert_int_equal(rig_books().sent, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_tag_is_seen_wherever_it_is),
		RIG_TEST(bytes_of_others_are_left_alone),
		RIG_TEST(every_packet_of_a_burst_gets_its_own_verdict),
		RIG_TEST(lengths_are_those_of_the_wire),
		RIG_TEST(of_a_long_chain_the_first_bytes_are_seen),
		RIG_TEST(what_is_sent_has_its_tag),
		RIG_TEST(what_has_no_room_for_its_tag_is_not_sent),
	};

	return cmocka_run_group_tests(tests, rig_init, eal_pool_fini);
}
