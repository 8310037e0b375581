/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that change while threads match. Each edition of the wildcard rules has one sense in two rules, a number that is
 * in both, and every packet of a burst must see the same: an edition is seen whole or not at all. Of the exact rules one half never
 * goes and must always be met, the other comes and goes; a rule that is met must be one that can be there.
 */
#include "plx_filter_rules.h"
#include "plx_net_build.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READERS = 3, FLOWS = 64, FRAME = 96, CHANGES = 1500 };

static struct plx_filter_rules *rules;
static uint8_t frames[2 * FLOWS][FRAME];
static bool stop;
static unsigned failures;
static uint64_t bursts;

static void
require(bool truth, const char *what)
{
	if (truth)
		return;
	if (__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED) == 0)
		fprintf(stderr, "%s\n", what);
}

/* Flow f, as a packet and as a rule. */
static struct plx_filter_exact
flow(unsigned f, uint8_t *frame)
{
	struct plx_filter_exact exact = {.ip_version = 4,
					 .proto = PLX_NET_PROTO_UDP,
					 .src_ip = {10, 0, 0, 1},
					 .dst_ip = {10, 0, 0, 2},
					 .src_port = (uint16_t)(1000 + f),
					 .dst_port = 53,
					 .action = PLX_FILTER_REFLECT_STOP,
					 .port = (uint16_t)f};
	struct plx_net_build build = {.proto = exact.proto,
				      .src_ip = {10, 0, 0, 1},
				      .dst_ip = {10, 0, 0, 2},
				      .src_port = exact.src_port,
				      .dst_port = exact.dst_port};

	if (frame != NULL)
		plx_net_build_frame(&build, frame, FRAME);
	return exact;
}

static void
check(const struct plx_filter_verdict *verdicts, unsigned n)
{
	uint16_t edition = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct plx_filter_verdict *v = &verdicts[i];
		unsigned f = i % (2 * FLOWS);

		if (v->exact) {
			require(v->nb_sends == 1 && v->sends[0].port == f,
				"a packet met the exact rule of another flow");
			continue;
		}
		require(f >= FLOWS, "a packet missed an exact rule that was always there");
		require(v->nb_sends == 2 && v->sends[0].port == v->sends[1].port,
			"a packet saw parts of two editions");
		require(edition == 0 || edition == v->sends[0].port,
			"two packets of one burst saw two editions");
		edition = v->sends[0].port;
	}
}

static void *
match(void *arg)
{
	struct plx_filter_rules_reader *reader;
	struct plx_filter_verdict verdicts[2 * FLOWS];
	struct plx_filter_packet packets[2 * FLOWS];
	uint64_t now = 1;

	for (unsigned i = 0; i < 2 * FLOWS; i++)
		packets[i] = (struct plx_filter_packet){frames[i], NULL, FRAME, FRAME};
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		require(plx_filter_rules_reader_create(rules, &reader, NULL) == 0, "no reader");
		for (unsigned i = 0; i < 50; i++) {
			plx_filter_rules_match_burst(reader, packets, 2 * FLOWS, now++ << 20,
						     verdicts);
			check(verdicts, 2 * FLOWS);
			__atomic_fetch_add(&bursts, 1, __ATOMIC_RELAXED);
		}
		plx_filter_rules_reader_destroy(reader);
	}
	return NULL;
}

static void
set_edition(unsigned number)
{
	uint16_t port = (uint16_t)(number % 60000 + 1);
	const struct plx_filter_rule both[] = {
		{.id = 1, .action = PLX_FILTER_REFLECT_CONTINUE, .port = port},
		{.id = 2,
		 .has = PLX_FILTER_HAS_DST_PORT,
		 .dst_port = {53, 53},
		 .action = PLX_FILTER_REFLECT_STOP,
		 .port = port},
	};

	require(plx_filter_rules_replace(rules, both, 2, NULL) == 0, "no edition");
}

/* Flows that no packet has, so that the table grows and is rebuilt. */
static void
churn(unsigned i)
{
	struct plx_filter_exact exact = flow(FLOWS + i % FLOWS, NULL);

	if (plx_filter_rules_exact_add(rules, &exact, 0, NULL) != 0)
		require(plx_filter_rules_exact_delete(rules, &exact, NULL) == 0,
			"not to be deleted");
	for (unsigned k = 0; k < 40; k++) {
		exact.vlan = (uint16_t)(1 + (i * 40 + k) % 4095);
		if (plx_filter_rules_exact_add(rules, &exact, 0, NULL) != 0)
			plx_filter_rules_exact_delete(rules, &exact, NULL);
	}
}

static void
change(void)
{
	for (unsigned i = 0; i < CHANGES; i++) {
		set_edition(i);
		churn(i * 7);
		if (i % 100 == 0)
			plx_filter_rules_service(rules, 0);
		if (i % 300 == 299)
			plx_filter_rules_set_policy(rules, i % 2 != 0, 0, NULL);
	}
}

/* Several threads count in one place; none is lost. */
static void
check_counters(void)
{
	for (unsigned f = 0; f < FLOWS; f++) {
		struct plx_filter_exact exact = flow(f, NULL), found;
		struct plx_filter_rule_stats stats = {0};

		plx_filter_rules_exact_find(rules, &exact, &found, &stats);
		require(stats.packets == bursts, "a rule did not count all of its packets");
	}
}

static void
check_books(void)
{
	struct plx_filter_rules_stats stats;
	uint64_t sum = 0;

	plx_filter_rules_service(rules, 0);
	plx_filter_rules_stats(rules, &stats);
	for (unsigned i = 0; i < PLX_FILTER_FATES; i++)
		sum += stats.fates[i];
	require(stats.packets == sum && sum > 0, "the books do not add up");
	require(stats.retired == 0, "something was never freed");
}

int
main(void)
{
	pthread_t threads[READERS];

	if (plx_filter_rules_create(NULL, &rules, NULL) != 0)
		return 1;
	set_edition(0);
	for (unsigned f = 0; f < 2 * FLOWS; f++) {
		struct plx_filter_exact exact = flow(f, frames[f]);

		if (f < FLOWS) {
			exact.locked = true;
			require(plx_filter_rules_exact_add(rules, &exact, 0, NULL) == 0, "no rule");
		}
	}
	for (unsigned i = 0; i < READERS; i++)
		pthread_create(&threads[i], NULL, match, NULL);
	change();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	check_books();
	check_counters();
	plx_filter_rules_destroy(rules);
	printf("%u changes, %u failures\n", CHANGES, failures);
	return failures != 0;
}
