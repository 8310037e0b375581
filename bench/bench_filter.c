/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rules cost: packets by sets of 0 to 100,000 of them, against a plain loop over the same wildcard rules; how fast exact
 * rules are added and deleted; and our BPF against libpcap's interpreter and DPDK's compiler.
 */
#include "bench.h"
#include "bench_filter.h"

#include <pollux/plx_filter.h>
#include <pollux/plx_filter_rules.h>
#include <pollux/plx_net_build.h>

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 4096, FRAME = 64, BURST = 32, PASSES = 64 };

static uint8_t bytes[FRAMES][FRAME];
static const uint8_t *frames[FRAMES];
static struct plx_filter_packet packets[FRAMES];
static struct plx_filter *bpf;

static void
make_frames(void)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		struct plx_net_build build = {
			.proto = i % 2 != 0 ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP,
			.src_ip = {10, (uint8_t)(i * 29), (uint8_t)(i >> 4), 1},
			.dst_ip = {11, 0, (uint8_t)i, 2},
			.src_port = (uint16_t)(1024 + i),
			.dst_port = 80};

		plx_net_build_frame(&build, bytes[i], FRAME);
		frames[i] = bytes[i];
		packets[i] = (struct plx_filter_packet){bytes[i], NULL, FRAME, FRAME};
	}
}

/* -- sets of rules ----------------------------------------------------------------------------------- */

struct set {
	struct plx_filter_rules *rules;
	struct plx_filter_rules_reader *reader;
	struct plx_filter_rule *wild;
	unsigned nb_wild;
};

/* Rules of a firewall that none of the packets meets: networks, ports, protocols. */
static struct plx_filter_rule
wild_rule(unsigned i)
{
	struct plx_filter_rule rule = {
		.id = i,
		.has = PLX_FILTER_HAS_IP | PLX_FILTER_HAS_SRC_IP | PLX_FILTER_HAS_DST_PORT |
		       PLX_FILTER_HAS_PROTO,
		.ip_version = 4,
		.proto = i % 3 == 0 ? PLX_NET_PROTO_UDP : PLX_NET_PROTO_TCP,
		.src_ip = {10, (uint8_t)i, (uint8_t)(i >> 8)},
		.src_ip_mask = {255, 255, 255},
		.dst_port = {(uint16_t)(1000 + i), (uint16_t)(1010 + i)},
		.action = PLX_FILTER_DROP,
	};

	return rule;
}

/* Every second packet has one of the first 2,048. */
static struct plx_filter_exact
exact_rule(unsigned i)
{
	struct plx_filter_exact exact = {
		.ip_version = 4,
		.proto = i % 2 != 0 ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP,
		.src_ip = {10, (uint8_t)(i * 29), (uint8_t)(i >> 4), (uint8_t)(1 + (i >> 12))},
		.dst_ip = {11, 0, (uint8_t)i, 2},
		.src_port = (uint16_t)(1024 + i),
		.dst_port = i < FRAMES / 2 || i >= FRAMES ? 80 : 81,
		.action = PLX_FILTER_DROP,
	};

	return exact;
}

static struct set
make_set(unsigned nb_wild, unsigned nb_exact)
{
	struct set set = {.nb_wild = nb_wild, .wild = calloc(nb_wild + 1, sizeof(*set.wild))};

	if (set.wild == NULL || plx_filter_rules_create(NULL, &set.rules, NULL) != 0 ||
	    plx_filter_rules_reader_create(set.rules, &set.reader, NULL) != 0)
		exit(1);
	for (unsigned i = 0; i < nb_wild; i++)
		set.wild[i] = wild_rule(i);
	plx_filter_rules_replace(set.rules, set.wild, nb_wild, NULL);
	for (unsigned i = 0; i < nb_exact; i++) {
		struct plx_filter_exact exact = exact_rule(i);

		plx_filter_rules_exact_add(set.rules, &exact, 0, NULL);
	}
	return set;
}

static double
ours_match(const void *arg)
{
	const struct set *set = arg;
	struct plx_filter_verdict verdicts[BURST];
	uint64_t start = bench_cycles();

	for (unsigned pass = 0; pass < PASSES; pass++)
		for (unsigned i = 0; i < FRAMES; i += BURST) {
			plx_filter_rules_match_burst(set->reader, packets + i, BURST, 1, verdicts);
			bench_use(verdicts);
		}
	return (double)PASSES * FRAMES /
	       ((double)(bench_cycles() - start) / bench_cycles_per_second()) / 1e6;
}

/* What one writes first: parse, then each rule in turn. */
static bool
plain_meets(const struct plx_filter_rule *rule, const struct plx_net_layer *layer,
	    const uint8_t *ip)
{
	if (layer->proto != rule->proto || layer->dst_port < rule->dst_port[0] ||
	    layer->dst_port > rule->dst_port[1])
		return false;
	for (unsigned i = 0; i < 4; i++)
		if ((ip[12 + i] ^ rule->src_ip[i]) & rule->src_ip_mask[i])
			return false;
	return true;
}

static double
plain_match(const void *arg)
{
	const struct set *set = arg;
	uint64_t start = bench_cycles(), met = 0;

	for (unsigned pass = 0; pass < PASSES / 16; pass++)
		for (unsigned i = 0; i < FRAMES; i++) {
			struct plx_net_packet parsed;

			plx_net_parse(bytes[i], FRAME, &parsed);
			for (unsigned k = 0; k < set->nb_wild; k++)
				met += plain_meets(&set->wild[k], &parsed.layers[0],
						   bytes[i] + parsed.layers[0].l3_off);
		}
	bench_use(&met);
	return (double)(PASSES / 16) * FRAMES /
	       ((double)(bench_cycles() - start) / bench_cycles_per_second()) / 1e6;
}

/* Million rules a second, from an empty table. */
static double
ours_add(const void *arg)
{
	const unsigned *n = arg;
	struct plx_filter_rules *rules;
	uint64_t start;

	if (plx_filter_rules_create(NULL, &rules, NULL) != 0)
		return -1;
	start = bench_cycles();
	for (unsigned i = 0; i < *n; i++) {
		struct plx_filter_exact exact = exact_rule(i);

		plx_filter_rules_exact_add(rules, &exact, 0, NULL);
	}
	start = bench_cycles() - start;
	plx_filter_rules_destroy(rules);
	return *n / ((double)start / bench_cycles_per_second()) / 1e6;
}

/* -- BPF --------------------------------------------------------------------------------------------- */

static double
rate(uint64_t start)
{
	return (double)PASSES * FRAMES /
	       ((double)(bench_cycles() - start) / bench_cycles_per_second()) / 1e6;
}

static double
ours_bpf(const void *arg)
{
	uint64_t start = bench_cycles(), met = 0;

	for (unsigned pass = 0; pass < PASSES; pass++)
		for (unsigned i = 0; i < FRAMES; i++)
			met += plx_filter_match(bpf, bytes[i], FRAME, FRAME) != 0;
	bench_use(&met);
	return rate(start);
}

static double
pcap_bpf(const void *arg)
{
	unsigned n;
	const struct plx_filter_insn *insns = plx_filter_insns(bpf, &n);
	uint64_t start = bench_cycles(), met = 0;

	for (unsigned pass = 0; pass < PASSES; pass++)
		for (unsigned i = 0; i < FRAMES; i++)
			met += bpf_filter((const struct bpf_insn *)(const void *)insns, bytes[i],
					  FRAME, FRAME) != 0;
	bench_use(&met);
	return rate(start);
}

static double
dpdk_bpf(const void *arg)
{
	uint64_t start = bench_cycles(), met = 0;

	for (unsigned pass = 0; pass < PASSES; pass++)
		met += bench_filter_dpdk_run(frames, FRAMES, FRAME);
	bench_use(&met);
	return rate(start);
}

static void
print_memory(const struct set *set)
{
	struct plx_filter_rules_stats stats;

	plx_filter_rules_stats(set->rules, &stats);
	printf("memory: %u wildcard rules %.1f KiB, %u exact rules %.1f bytes each\n",
	       stats.wildcard, (double)stats.wildcard_memory / 1024, stats.exact,
	       stats.exact > 0 ? (double)stats.exact_memory / stats.exact : 0.0);
}

int
main(int argc, char **argv)
{
	static const unsigned counts[] = {1000, 100000, 1000000};
	struct set none = make_set(0, 0), ten = make_set(10, 0), thousand = make_set(1000, 0);
	struct set exact = make_set(0, 100000), both = make_set(1000, 100000);
	const struct bench_row rows[] = {
		{"packets, no rules (Mpps)", ours_match, NULL, &none},
		{"packets, 10 wildcard rules (a plain loop)", ours_match, plain_match, &ten},
		{"packets, 1,000 wildcard rules (a plain loop)", ours_match, plain_match,
		 &thousand},
		{"packets, 100,000 exact rules", ours_match, NULL, &exact},
		{"packets, 1,000 wildcard and 100,000 exact rules", ours_match, NULL, &both},
		{"1,000 exact rules added (M/s)", ours_add, NULL, &counts[0]},
		{"100,000 exact rules added (M/s)", ours_add, NULL, &counts[1]},
		{"1,000,000 exact rules added (M/s)", ours_add, NULL, &counts[2]},
		{"BPF (libpcap's interpreter)", ours_bpf, pcap_bpf, NULL},
		{"BPF (DPDK's compiler)", ours_bpf, dpdk_bpf, NULL},
	};
	size_t n = sizeof(rows) / sizeof(rows[0]);
	const struct plx_filter_insn *insns;
	unsigned nb_insns;

	make_frames();
	if (plx_filter_compile("tcp dst port 80 and net 10.0.0.0/8", FRAME, &bpf, NULL) != 0)
		return 1;
	insns = plx_filter_insns(bpf, &nb_insns);
	if (bench_filter_dpdk_load(insns, nb_insns) != 0) {
		printf("DPDK cannot compile the filter: that row is left out\n");
		n--;
	}
	print_memory(&thousand);
	print_memory(&exact);
	return bench_main(argc, argv,
			  &(struct bench){"filter", "million/s", "peer", rows, n, true});
}
