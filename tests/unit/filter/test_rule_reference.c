/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 100,000 exact rules and 1,000 wildcard rules, and wildcard rules alone from one to 3,300, against a reference that goes through all of
 * them one by one, and works on the numbers that the packets were built of, not on their bytes.
 */
#include "rules_fixture.h"

enum { EXACT = 100000, WILD = 1000, WILD_MAX = 3300, PACKETS = 1500 };

struct flow {
	uint8_t src[16];
	uint8_t dst[16];
	uint16_t ports[2];
	uint16_t vlan;
	uint8_t proto;
	bool ipv6;
};

static uint32_t
draw(uint32_t below)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % below;
}

/* Values from small ranges, so that rules and packets meet. */
static struct flow
draw_flow(void)
{
	struct flow flow = {.vlan = (uint16_t)draw(4), .ipv6 = draw(3) == 0};

	flow.proto = draw(2) != 0 ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP;
	flow.src[0] = flow.dst[0] = flow.ipv6 ? 0xfd : 10;
	flow.src[flow.ipv6 ? 7 : 2] = (uint8_t)draw(4);
	flow.dst[flow.ipv6 ? 7 : 2] = (uint8_t)draw(4);
	flow.src[flow.ipv6 ? 15 : 3] = (uint8_t)draw(16);
	flow.dst[flow.ipv6 ? 15 : 3] = (uint8_t)draw(16);
	flow.ports[0] = (uint16_t)(1000 + draw(40));
	flow.ports[1] = (uint16_t)(1000 + draw(40));
	return flow;
}

static struct flow
turned(const struct flow *flow)
{
	struct flow other = *flow;

	memcpy(other.src, flow->dst, 16);
	memcpy(other.dst, flow->src, 16);
	other.ports[0] = flow->ports[1];
	other.ports[1] = flow->ports[0];
	return other;
}

static bool
equal(const struct flow *a, const struct flow *b)
{
	return a->vlan == b->vlan && a->proto == b->proto && a->ipv6 == b->ipv6 &&
	       a->ports[0] == b->ports[0] && a->ports[1] == b->ports[1] &&
	       memcmp(a->src, b->src, 16) == 0 && memcmp(a->dst, b->dst, 16) == 0;
}

/* -- the reference ----------------------------------------------------------------------------------- */

static bool
bits_equal(const uint8_t *a, const uint8_t *b, const uint8_t *mask, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++) {
		unsigned bit = 0x80u >> i % 8;

		if ((mask[i / 8] & bit) && (a[i / 8] & bit) != (b[i / 8] & bit))
			return false;
	}
	return true;
}

static bool
one_way(const struct plx_filter_rule *rule, const struct flow *flow)
{
	unsigned bits = flow->ipv6 ? 128 : 32;

	if ((rule->has & PLX_FILTER_HAS_VLAN) && rule->vlan != flow->vlan)
		return false;
	if ((rule->has & PLX_FILTER_HAS_PROTO) && rule->proto != flow->proto)
		return false;
	if ((rule->has & PLX_FILTER_HAS_ETHERTYPE) &&
	    rule->ethertype != (flow->ipv6 ? 0x86dd : 0x0800))
		return false;
	if ((rule->has & PLX_FILTER_HAS_IP) && rule->ip_version != (flow->ipv6 ? 6 : 4))
		return false;
	if ((rule->has & PLX_FILTER_HAS_SRC_IP) &&
	    !bits_equal(rule->src_ip, flow->src, rule->src_ip_mask, bits))
		return false;
	if ((rule->has & PLX_FILTER_HAS_DST_IP) &&
	    !bits_equal(rule->dst_ip, flow->dst, rule->dst_ip_mask, bits))
		return false;
	if ((rule->has & PLX_FILTER_HAS_SRC_PORT) &&
	    (flow->ports[0] < rule->src_port[0] || flow->ports[0] > rule->src_port[1]))
		return false;
	return !(rule->has & PLX_FILTER_HAS_DST_PORT) ||
	       (flow->ports[1] >= rule->dst_port[0] && flow->ports[1] <= rule->dst_port[1]);
}

static bool
meets(const struct plx_filter_rule *rule, const struct flow *flow)
{
	struct flow back = turned(flow);

	return one_way(rule, flow) || (rule->bidirectional && one_way(rule, &back));
}

struct exact_rule {
	struct flow flow;
	bool both;
	bool there;
	uint8_t action;
	uint64_t packets;
};

static struct exact_rule *exact_rules;
static unsigned nb_exact, nb_wild;
static struct plx_filter_rule wild_rules[WILD_MAX];
static uint64_t wild_packets[WILD_MAX];

static struct exact_rule *
reference_exact(const struct flow *flow)
{
	struct flow back = turned(flow);

	for (unsigned i = 0; i < nb_exact; i++) {
		struct exact_rule *rule = &exact_rules[i];

		if (rule->there &&
		    (equal(&rule->flow, flow) || (rule->both && equal(&rule->flow, &back))))
			return rule;
	}
	return NULL;
}

struct expected {
	uint8_t fate;
	uint32_t rule;
	unsigned sends;
};

/* Wildcard rules are not in the order of their ids: the smallest that stops is looked for, then those below it that go on. */
static struct expected
reference(const struct flow *flow)
{
	struct expected e = {PLX_FILTER_UNWANTED, PLX_FILTER_RULE_NONE, 0};
	struct exact_rule *exact = reference_exact(flow);

	if (exact != NULL) {
		exact->packets++;
		e.fate = exact->action == PLX_FILTER_DROP ? PLX_FILTER_DROPPED : PLX_FILTER_PASSED;
		return e;
	}
	for (unsigned i = 0; i < nb_wild; i++)
		if (wild_rules[i].action != PLX_FILTER_REFLECT_CONTINUE &&
		    wild_rules[i].id < e.rule && meets(&wild_rules[i], flow)) {
			e.rule = wild_rules[i].id;
			e.fate = wild_rules[i].action == PLX_FILTER_DROP ? PLX_FILTER_DROPPED
									 : PLX_FILTER_PASSED;
		}
	for (unsigned i = 0; i < nb_wild; i++)
		if (wild_rules[i].id <= e.rule && meets(&wild_rules[i], flow)) {
			wild_packets[i]++;
			e.sends += wild_rules[i].action == PLX_FILTER_REFLECT_CONTINUE;
		}
	return e;
}

/* -- rules and packets at random --------------------------------------------------------------------- */

static void
draw_ip(uint8_t *ip, uint8_t *mask, const uint8_t *from, bool ipv6)
{
	unsigned bytes = ipv6 ? 16 : 4, length = bytes * 8 - draw(bytes * 8 / 3);

	memset(mask, 0, 16);
	for (unsigned i = 0; i < length; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	if (draw(4) == 0)
		mask[draw(bytes)] = (uint8_t)draw(256);
	for (unsigned i = 0; i < bytes; i++)
		ip[i] = from[i] & mask[i];
}

static void
draw_ports(uint16_t range[2], uint16_t from)
{
	range[0] = (uint16_t)(from - draw(4));
	range[1] = (uint16_t)(from + draw(draw(4) == 0 ? 1000 : 2));
}

static struct plx_filter_rule
draw_rule(uint32_t id)
{
	static const uint8_t actions[] = {PLX_FILTER_DROP, PLX_FILTER_FORWARD,
					  PLX_FILTER_REFLECT_CONTINUE};
	struct plx_filter_rule rule = {.id = id, .bidirectional = draw(3) == 0};
	struct flow flow = draw_flow();

	rule.action = actions[draw(20) == 0 ? 2 : draw(2)];
	/* Many conditions, or the first rules would take all packets. */
	rule.has = PLX_FILTER_HAS_IP | PLX_FILTER_HAS_SRC_IP;
	rule.has |= draw(4) != 0 ? PLX_FILTER_HAS_DST_IP : 0;
	rule.has |= draw(3) != 0 ? PLX_FILTER_HAS_DST_PORT : 0;
	rule.has |= draw(2) != 0 ? PLX_FILTER_HAS_SRC_PORT : 0;
	rule.has |= draw(2) != 0 ? PLX_FILTER_HAS_VLAN : 0;
	rule.has |= draw(2) != 0 ? PLX_FILTER_HAS_PROTO : 0;
	rule.has |= draw(9) == 0 ? PLX_FILTER_HAS_ETHERTYPE : 0;
	rule.ip_version = flow.ipv6 ? 6 : 4;
	rule.vlan = flow.vlan;
	rule.proto = flow.proto;
	rule.ethertype = flow.ipv6 ? 0x86dd : 0x0800;
	draw_ip(rule.src_ip, rule.src_ip_mask, flow.src, flow.ipv6);
	draw_ip(rule.dst_ip, rule.dst_ip_mask, flow.dst, flow.ipv6);
	draw_ports(rule.src_port, flow.ports[0]);
	draw_ports(rule.dst_port, flow.ports[1]);
	return rule;
}

static struct plx_filter_exact
exact_of(const struct exact_rule *rule)
{
	struct plx_filter_exact exact = {
		.vlan = rule->flow.vlan,
		.ip_version = rule->flow.ipv6 ? 6 : 4,
		.proto = rule->flow.proto,
		.src_port = rule->flow.ports[0],
		.dst_port = rule->flow.ports[1],
		.bidirectional = rule->both,
		.action = rule->action,
	};

	memcpy(exact.src_ip, rule->flow.src, 16);
	memcpy(exact.dst_ip, rule->flow.dst, 16);
	return exact;
}

/* What overlaps with another is refused, and the reference does not have it. */
static void
add_rules(struct fixture *f)
{
	unsigned wild = 0;

	for (unsigned i = 0; i < nb_exact; i++) {
		struct exact_rule *rule = &exact_rules[i];
		struct plx_filter_exact exact;
		int err;

		rule->flow = draw_flow();
		rule->both = draw(2) != 0;
		rule->action = draw(2) != 0 ? PLX_FILTER_DROP : PLX_FILTER_FORWARD;
		exact = exact_of(rule);
		err = plx_filter_rules_exact_add(f->rules, &exact, 0, NULL);
		assert_true(err == 0 || err == -EEXIST);
		rule->there = err == 0;
	}
	while (wild < nb_wild / 2) {
		wild_rules[wild] = draw_rule(draw(1000000));
		wild += plx_filter_rules_add(f->rules, &wild_rules[wild], NULL) == 0;
	}
	/* The rest at once: replaced are all. */
	for (; wild < nb_wild; wild++)
		wild_rules[wild] = draw_rule(1000000 + (nb_wild - wild));
	assert_int_equal(plx_filter_rules_replace(f->rules, wild_rules, nb_wild, NULL), 0);
}

static void
replace_rules(struct fixture *f)
{
	/* With one final action: so many rules contradict each other otherwise. */
	for (unsigned i = 0; i < nb_wild; i++) {
		wild_rules[i] = draw_rule(i * 3);
		if (wild_rules[i].action == PLX_FILTER_FORWARD)
			wild_rules[i].action = PLX_FILTER_DROP;
	}
	assert_int_equal(plx_filter_rules_replace(f->rules, wild_rules, nb_wild, NULL), 0);
}

static struct flow
draw_packet(uint8_t *bytes)
{
	struct flow flow =
		nb_exact > 0 && draw(3) != 0 ? exact_rules[draw(nb_exact)].flow : draw_flow();
	struct plx_net_build build;

	if (draw(2) != 0)
		flow = turned(&flow);
	build = (struct plx_net_build){
		.nb_vlans = flow.vlan != 0,
		.vlan_tci = {flow.vlan},
		.ipv6 = flow.ipv6,
		.proto = flow.proto,
		.src_port = flow.ports[0],
		.dst_port = flow.ports[1],
	};
	memcpy(build.src_ip, flow.src, 16);
	memcpy(build.dst_ip, flow.dst, 16);
	assert_int_equal(plx_net_build_frame(&build, bytes, FRAME), 0);
	return flow;
}

static void
match_packets(struct fixture *f)
{
	struct plx_filter_packet packets[PACKETS];
	struct plx_filter_verdict *verdicts = calloc(PACKETS, sizeof(*verdicts));
	struct flow *flows = calloc(PACKETS, sizeof(*flows));
	uint8_t *bytes = calloc(PACKETS, FRAME);

	for (unsigned i = 0; i < PACKETS; i++) {
		flows[i] = draw_packet(bytes + i * FRAME);
		packets[i] = (struct plx_filter_packet){bytes + i * FRAME, NULL, FRAME, FRAME};
	}
	plx_filter_rules_match_burst(f->reader, packets, PACKETS, 0, verdicts);
	for (unsigned i = 0; i < PACKETS; i++) {
		struct expected e = reference(&flows[i]);
		unsigned sends = e.sends < PLX_FILTER_SENDS_MAX ? e.sends : PLX_FILTER_SENDS_MAX;

		assert_int_equal(verdicts[i].fate, e.fate);
		assert_int_equal(verdicts[i].rule, e.rule);
		assert_int_equal(verdicts[i].nb_sends, sends);
	}
	free(bytes);
	free(flows);
	free(verdicts);
}

static void
check_counters(struct fixture *f)
{
	struct plx_filter_rule_stats stats;
	struct plx_filter_exact found;

	for (unsigned i = 0; i < nb_wild; i++) {
		plx_filter_rules_next(f->rules, wild_rules[i].id, NULL, &stats);
		assert_int_equal(stats.packets, wild_packets[i]);
	}
	for (unsigned i = 0; i < nb_exact; i += 7) {
		struct plx_filter_exact exact = exact_of(&exact_rules[i]);

		if (!exact_rules[i].there)
			continue;
		assert_int_equal(plx_filter_rules_exact_find(f->rules, &exact, &found, &stats), 0);
		assert_int_equal(stats.packets, exact_rules[i].packets);
		assert_int_equal(found.action, exact.action);
	}
}

static void
begin_books(unsigned exact, unsigned wild)
{
	nb_exact = exact;
	nb_wild = wild;
	exact_rules = calloc(EXACT, sizeof(*exact_rules));
	memset(wild_packets, 0, sizeof(wild_packets));
}

static void
a_hundred_thousand_rules_decide_as_the_reference(void **state)
{
	struct plx_filter_rules_stats stats;
	struct fixture f;

	begin_books(EXACT, WILD);
	fixture_open(&f, &(struct plx_filter_rules_config){.drop = true});
	add_rules(&f);
	match_packets(&f);
	/* A third of them goes; then once more. */
	for (unsigned i = 0; i < nb_exact; i += 3) {
		struct plx_filter_exact exact = exact_of(&exact_rules[i]);

		if (exact_rules[i].there)
			assert_int_equal(plx_filter_rules_exact_delete(f.rules, &exact, NULL), 0);
		exact_rules[i].there = false;
	}
	match_packets(&f);
	check_counters(&f);
	plx_filter_rules_stats(f.rules, &stats);
	assert_true(stats.fates[PLX_FILTER_DROPPED] > PACKETS / 10);
	assert_true(stats.fates[PLX_FILTER_PASSED] > PACKETS / 10);
	assert_true(stats.fates[PLX_FILTER_UNWANTED] > 0);
	assert_true(stats.sends > 0);
	fixture_close(&f);
	free(exact_rules);
}

/* Sets of one word of bits, of several, and of more than the summary of a row has bits for. */
static void
wildcard_rules_alone_decide_as_the_reference(void **state)
{
	static const unsigned sizes[] = {1, 2, 10, 31, 60, 64, 65, 200, WILD_MAX};

	for (size_t i = 0; i < PLX_ARRAY_LEN(sizes); i++) {
		struct fixture f;

		begin_books(0, sizes[i]);
		fixture_open(&f, &(struct plx_filter_rules_config){.drop = true,
								   .max_wildcard = WILD_MAX});
		if (sizes[i] > WILD)
			replace_rules(&f);
		else
			add_rules(&f);
		match_packets(&f);
		match_packets(&f);
		check_counters(&f);
		fixture_close(&f);
		free(exact_rules);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_thousand_rules_decide_as_the_reference),
		cmocka_unit_test(wildcard_rules_alone_decide_as_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
