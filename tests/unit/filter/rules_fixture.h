/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of rules, a reader and packets, for the tests of rules. */
#ifndef PLX_TESTS_UNIT_FILTER_RULES_FIXTURE_H
#define PLX_TESTS_UNIT_FILTER_RULES_FIXTURE_H

#include "plx_filter_plugin.h"
#include "plx_filter_rules.h"
#include "plx_net_build.h"
#include "plx_net_hash.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000000ull
#define FRAME  128

struct fixture {
	struct plx_filter_rules *rules;
	struct plx_filter_rules_reader *reader;
};

static inline void
fixture_open(struct fixture *f, const struct plx_filter_rules_config *config)
{
	assert_int_equal(plx_filter_rules_create(config, &f->rules, NULL), 0);
	assert_int_equal(plx_filter_rules_reader_create(f->rules, &f->reader, NULL), 0);
}

/* The books must add up whenever a test ends, nothing old stays while no burst runs, and a reader that leaves takes nothing along. */
static inline void
fixture_close(struct fixture *f)
{
	struct plx_filter_rules_stats stats, before;
	uint64_t sum = 0;

	plx_filter_rules_service(f->rules, 0);
	plx_filter_rules_stats(f->rules, &before);
	assert_int_equal(before.retired, 0);
	plx_filter_rules_reader_destroy(f->reader);
	plx_filter_rules_stats(f->rules, &stats);
	assert_int_equal(before.readers, 1);
	before.readers = 0;
	assert_memory_equal(&stats, &before, sizeof(stats));
	for (unsigned i = 0; i < PLX_FILTER_FATES; i++)
		sum += stats.fates[i];
	assert_int_equal(stats.packets, sum);
	assert_int_equal(stats.posts, stats.posts_lost + stats.posts_done + stats.posts_idle +
					      stats.posts_refused);
	plx_filter_rules_destroy(f->rules);
}

static inline void
load(struct fixture *f, const char *text)
{
	struct plx_why why;

	if (plx_filter_rules_load_text(f->rules, text, 0, &why) != 0)
		fail_msg("%s", why.text);
}

/* Words of a packet: "tcp 10.0.0.1:1000 10.0.0.2:80", with "v5 " before it for VLAN 5; addresses are 10.a.b.c or fd00::a.b.c. */
static inline struct plx_net_build
build_of(const char *words)
{
	struct plx_net_build build = {.src_mac = {2, 0, 0, 0, 0, 1}, .dst_mac = {2, 0, 0, 0, 0, 2}};
	unsigned s[4], d[4], sport, dport, vlan = 0, used = 0;
	char proto[8];

	if (sscanf(words, "v%u %n", &vlan, (int *)&used) == 1)
		build.nb_vlans = 1;
	else
		used = 0;
	build.vlan_tci[0] = (uint16_t)vlan;
	if (sscanf(words + used, "%7s %u.%u.%u.%u:%u %u.%u.%u.%u:%u", proto, &s[0], &s[1], &s[2],
		   &s[3], &sport, &d[0], &d[1], &d[2], &d[3], &dport) != 11)
		fail_msg("packet \"%s\"", words);
	build.ipv6 = proto[3] == '6';
	build.proto = proto[0] == 't' ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP;
	if (build.ipv6) {
		build.src_ip[0] = build.dst_ip[0] = 0xfd;
		for (unsigned i = 0; i < 4; i++) {
			build.src_ip[12 + i] = (uint8_t)s[i];
			build.dst_ip[12 + i] = (uint8_t)d[i];
		}
	} else {
		for (unsigned i = 0; i < 4; i++) {
			build.src_ip[i] = (uint8_t)s[i];
			build.dst_ip[i] = (uint8_t)d[i];
		}
	}
	build.src_port = (uint16_t)sport;
	build.dst_port = (uint16_t)dport;
	return build;
}

static inline struct plx_filter_verdict
match_bytes(struct fixture *f, const uint8_t *bytes, uint32_t len, uint64_t now_ns)
{
	struct plx_filter_packet packet = {.bytes = bytes, .caplen = len, .wirelen = len};
	struct plx_filter_verdict verdict;

	plx_filter_rules_match_burst(f->reader, &packet, 1, now_ns, &verdict);
	return verdict;
}

static inline struct plx_filter_verdict
match_at(struct fixture *f, const char *words, uint64_t now_ns)
{
	struct plx_net_build build = build_of(words);
	uint8_t bytes[FRAME] = {0};
	size_t header = plx_net_build_header_len(&build);

	memcpy(bytes + header, "INVITE sip", 10);
	assert_int_equal(plx_net_build_frame(&build, bytes, FRAME), 0);
	return match_bytes(f, bytes, FRAME, now_ns);
}

static inline struct plx_filter_verdict
match(struct fixture *f, const char *words)
{
	return match_at(f, words, 0);
}

#endif
