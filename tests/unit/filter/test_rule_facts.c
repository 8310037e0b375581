/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The short ways to what rules ask of a packet against the long ones: facts without the parser, values looked up in place
 * of searched.
 */
#include "rule_priv.h"

#include "plx_net_build.h"
#include "plx_net_parse.h"

#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filter_samples.h"

#define FRAME_MAX 256

static void
assert_same_facts(const struct rule_facts *found, const struct rule_facts *wanted)
{
	assert_memory_equal(found->values, wanted->values, sizeof(found->values));
	assert_int_equal(found->family, wanted->family);
	assert_int_equal(found->src, wanted->src);
	assert_int_equal(found->dst, wanted->dst);
	assert_int_equal(found->l3_off, wanted->l3_off);
	assert_int_equal(found->hashed, wanted->hashed);
}

/* True if the frame was peeked at. */
static bool
compare_facts(const uint8_t *frame, uint32_t len)
{
	uint8_t *bytes = malloc(len > 0 ? len : 1); /* for sanitizers to see a byte too many */
	struct plx_filter_packet packet = {bytes, NULL, len, len};
	struct rule_facts peeked, wanted;
	struct plx_net_packet parsed;
	bool said;

	memset(&peeked, 0xaa, sizeof(peeked));
	memcpy(bytes, frame, len);
	said = rule_facts_peek(&packet, &peeked);
	plx_net_parse(bytes, len, &parsed);
	packet.parsed = &parsed;
	rule_facts_make(&packet, &wanted);
	if (said)
		assert_same_facts(&peeked, &wanted);
	free(bytes);
	return said;
}

static struct plx_net_build
draw_build(void)
{
	struct plx_net_build build = {
		.ipv6 = random_word() % 2 != 0,
		.proto = random_word() % 2 != 0 ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP,
		.src_port = (uint16_t)random_word(),
		.dst_port = (uint16_t)random_word(),
	};

	for (unsigned i = 0; i < 16; i++) {
		build.src_ip[i] = (uint8_t)random_word();
		build.dst_ip[i] = (uint8_t)random_word();
	}
	return build;
}

static void
plain_frames_are_peeked_at(void **state)
{
	for (unsigned i = 0; i < 500; i++) {
		struct plx_net_build build = draw_build();
		uint8_t frame[FRAME_MAX];
		uint32_t len = 74 + random_word() % 100;

		assert_int_equal(plx_net_build_frame(&build, frame, len), 0);
		assert_true(compare_facts(frame, len));
	}
}

/* Every bit of the headers turned, and every length. */
static void
facts_of_damaged_frames_are_the_parsers(void **state)
{
	for (unsigned i = 0; i < 40; i++) {
		struct plx_net_build build = draw_build();
		uint8_t frame[FRAME_MAX];

		assert_int_equal(plx_net_build_frame(&build, frame, 100), 0);
		for (uint32_t len = 0; len <= 100; len++)
			compare_facts(frame, len);
		for (unsigned bit = 0; bit < 8 * 74; bit++) {
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
			compare_facts(frame, 100);
			compare_facts(frame, 74);
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void
facts_of_random_frames_are_the_parsers(void **state)
{
	unsigned peeked = 0;

	for (unsigned i = 0; i < 100000; i++) {
		uint8_t frame[FRAME_MAX];
		uint32_t len = make_frame(frame, FRAME_MAX);

		peeked += compare_facts(frame, len);
	}
	assert_in_range(peeked, 100, 99000);
}

/* -- values ------------------------------------------------------------------------------------------ */

static struct rule_wild *
draw_wild(unsigned id)
{
	struct rule_wild *wild = calloc(1, sizeof(*wild));
	uint32_t from =
		random_word() % 3 != 0 ? random_word() % 0x10000 : random_word() % 4 * 0x100;
	uint32_t to = from + random_word() % (random_word() % 4 == 0 ? 0x8000 : 3);

	wild->rule.id = id;
	wild->rule.has = PLX_FILTER_HAS_DST_PORT | PLX_FILTER_HAS_PROTO | PLX_FILTER_HAS_VLAN;
	if (random_word() % 8 == 0)
		from = 0;
	if (random_word() % 8 == 0 || to > UINT16_MAX)
		to = UINT16_MAX;
	wild->rule.dst_port[0] = (uint16_t)from;
	wild->rule.dst_port[1] = (uint16_t)to;
	wild->rule.proto = (uint8_t)(random_word() % 2 != 0 ? 255 : random_word());
	wild->rule.vlan = (uint16_t)(random_word() % 4096);
	return wild;
}

static void
values_looked_up_lie_where_a_search_finds_them(void **state)
{
	static const enum rule_dim_id ids[] = {RULE_DIM_DST_PORT, RULE_DIM_PROTO, RULE_DIM_VLAN};
	static const unsigned sizes[] = {1, 2, 3, 10, 100, 2000};

	for (size_t s = 0; s < PLX_ARRAY_LEN(sizes); s++) {
		struct rule_wild **wild = calloc(sizes[s], sizeof(struct rule_wild *));
		struct rule_set *set;

		for (unsigned i = 0; i < sizes[s]; i++)
			wild[i] = draw_wild(i);
		assert_int_equal(rule_set_create(wild, sizes[s], &set), 0);
		for (size_t i = 0; i < PLX_ARRAY_LEN(ids); i++)
			for (uint64_t value = 0; value <= RULE_NO_PORT; value++)
				assert_int_equal(rule_dim_look_up(&set->dims[ids[i]], value),
						 rule_dim_find(&set->dims[ids[i]], value));
		for (unsigned i = 0; i < sizes[s]; i++)
			rule_wild_destroy(set->wild[i]);
		rule_set_destroy(set);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_frames_are_peeked_at),
		cmocka_unit_test(facts_of_damaged_frames_are_the_parsers),
		cmocka_unit_test(facts_of_random_frames_are_the_parsers),
		cmocka_unit_test(values_looked_up_lie_where_a_search_finds_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
