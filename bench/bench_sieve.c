/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rules on a port cost the program that receives: a loop that takes 32 packets of 64 bytes from net_pcap, which repeats a file of
 * 4,096 flows out of memory, and frees them. The peer receives without a place for rules and asks rte_acl about the same rules, or
 * libpcap's interpreter about the same filter, and frees what they drop first. Both sides free all of it in the end.
 */
#include "bench.h"
#include "bench_sieve.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_filter.h>
#include <pollux/plx_filter_rules.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_net_build.h>
#include <pollux/plx_sieve.h>

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BURST = 32, ROUNDS = 4096, FLOWS = 4096, FRAME = 64, MANY = 1000 };
enum { IP_AT = 14, PROTO_AT = IP_AT + 9 };

static const char expression[] = "tcp dst port 80 and net 10.0.0.0/8";

/* The last rule of `last` meets every second packet, and no other rule any. */
struct set {
	unsigned n;
	bool last;
	const char *bpf;
	struct plx_filter_rules *rules;
	void *acl;
	struct bpf_program program;
};

static uint16_t port;

/* -- traffic -------------------------------------------------------------------------------------------- */

static void
write_flows(const char *path)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *file = pcap_dump_open(dead, path);

	for (unsigned i = 0; i < FLOWS && file != NULL; i++) {
		const struct pcap_pkthdr head = {.caplen = FRAME, .len = FRAME};
		const struct plx_net_build build = {
			.proto = i % 2 != 0 ? PLX_NET_PROTO_TCP : PLX_NET_PROTO_UDP,
			.src_ip = {10, (uint8_t)(i * 29), (uint8_t)(i >> 4), 1},
			.dst_ip = {11, 0, (uint8_t)i, 2},
			.src_port = (uint16_t)(1024 + i),
			.dst_port = 80};
		uint8_t bytes[FRAME] = {0};

		plx_net_build_frame(&build, bytes, FRAME);
		pcap_dump((u_char *)file, &head, bytes);
	}
	if (file != NULL)
		pcap_dump_close(file);
	pcap_close(dead);
}

/* -- rules ---------------------------------------------------------------------------------------------- */

static struct bench_sieve_rule
rule_of(const struct set *set, unsigned i)
{
	if (set->last && i + 1 == set->n)
		return (struct bench_sieve_rule){PLX_NET_PROTO_UDP, 8, 10u << 24, 80, 80};
	return (struct bench_sieve_rule){
		.proto = i % 3 == 0 ? PLX_NET_PROTO_UDP : PLX_NET_PROTO_TCP,
		.src_bits = 24,
		.src = 10u << 24 | (i & 0xff) << 16 | (i >> 8) << 8,
		.first = (uint16_t)(1000 + i),
		.last = (uint16_t)(1010 + i),
	};
}

static void
put_line(char **to, unsigned id, const struct bench_sieve_rule *rule)
{
	*to += sprintf(*to, "%u drop proto %u src %u.%u.%u.%u/%u dport %u-%u\n", id, rule->proto,
		       rule->src >> 24, rule->src >> 16 & 0xff, rule->src >> 8 & 0xff,
		       rule->src & 0xff, rule->src_bits, rule->first, rule->last);
}

static bool
load(struct set *set, struct plx_why *why)
{
	static char text[MANY * 80];
	static struct bench_sieve_rule rules[MANY];
	char *to = text;

	text[0] = '\0';
	for (unsigned i = 0; i < set->n; i++) {
		rules[i] = rule_of(set, i);
		put_line(&to, i, &rules[i]);
	}
	if (set->bpf != NULL) {
		pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);

		sprintf(text, "10 drop bpf \"%s\"\n", set->bpf);
		if (pcap_compile(dead, &set->program, set->bpf, 1, PCAP_NETMASK_UNKNOWN) != 0)
			return false;
		pcap_close(dead);
	}
	if (set->n > 0 && (set->acl = bench_sieve_dpdk_load(rules, set->n)) == NULL)
		printf("rte_acl does not take %u rules: that peer is left out\n", set->n);
	return plx_filter_rules_create(NULL, &set->rules, why) == 0 &&
	       plx_filter_rules_load_text(set->rules, text, 1, why) == 0;
}

/* -- the loops ------------------------------------------------------------------------------------------ */

static double
ours(const void *arg)
{
	const struct set *set = arg;
	struct plx_sieve_params params = {.port = port, .rules = set->rules};
	struct plx_mbuf *pkts[BURST];
	struct plx_sieve *sieve;
	uint64_t start;

	if (plx_sieve_open(&params, &sieve, NULL) != 0)
		return -1;
	start = bench_cycles();
	for (unsigned i = 0; i < ROUNDS; i++)
		plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(port, 0, pkts, BURST));
	start = bench_cycles() - start;
	plx_sieve_close(sieve);
	return (double)start / (ROUNDS * BURST);
}

static void
ask_acl(const struct set *set, struct plx_mbuf **pkts, uint16_t n, uint32_t *drop)
{
	const uint8_t *at[BURST];

	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *bytes = plx_mbuf_data(pkts[i]);

		at[i] = bytes + PROTO_AT;
		if (bytes[12] != 0x08 || bytes[13] != 0 || bytes[IP_AT] != 0x45)
			abort(); /* others would be for another set, and there are none */
	}
	bench_sieve_dpdk_classify(set->acl, at, n, drop);
}

static void
ask_pcap(const struct set *set, struct plx_mbuf **pkts, uint16_t n, uint32_t *drop)
{
	for (uint16_t i = 0; i < n; i++)
		drop[i] = bpf_filter(set->program.bf_insns, plx_mbuf_data(pkts[i]),
				     pkts[i]->pkt_len, pkts[i]->data_len);
}

/* Which packets of a burst the peer drops; set ones, where it asks anybody. */
static void
ask(const struct set *set, struct plx_mbuf **pkts, uint16_t n, uint32_t *drop)
{
	if (set->acl != NULL)
		ask_acl(set, pkts, n, drop);
	else if (set->bpf != NULL)
		ask_pcap(set, pkts, n, drop);
}

static double
peer(const void *arg)
{
	const struct plx_ethdev_fast *fast = &plx_ethdev_fast_table[port];
	const struct set *set = arg;
	struct plx_mbuf *pkts[BURST];
	uint32_t drop[BURST] = {0};
	uint64_t start;

	if (set->n > 0 && set->acl == NULL)
		return -1;
	start = bench_cycles();
	for (unsigned i = 0; i < ROUNDS; i++) {
		const uint16_t n = fast->rx(fast->rxq[0], pkts, BURST);
		uint16_t passed = 0;

		ask(set, pkts, n, drop);
		for (uint16_t k = 0; k < n; k++) {
			if (drop[k] != 0)
				plx_mbuf_free(pkts[k]);
			else
				pkts[passed++] = pkts[k];
		}
		plx_mbuf_free_bulk(pkts, passed);
	}
	return (double)(bench_cycles() - start) / (ROUNDS * BURST);
}

/* Of the file, once: the same on both sides, or what is measured is not the same. */
static bool
agree(const struct set *set)
{
	struct plx_sieve_params params = {.port = port, .rules = set->rules};
	struct plx_sieve_stats stats;
	struct plx_mbuf *pkts[BURST];
	struct plx_sieve *sieve;
	uint64_t theirs = 0;

	if ((set->n > 0 && set->acl == NULL) || plx_sieve_open(&params, &sieve, NULL) != 0)
		return set->n > 0 && set->acl == NULL;
	for (unsigned i = 0; i < FLOWS; i += BURST)
		plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(port, 0, pkts, BURST));
	plx_sieve_stats(sieve, &stats);
	plx_sieve_close(sieve);
	for (unsigned i = 0; i < FLOWS; i += BURST) {
		const uint16_t n = plx_ethdev_rx_burst(port, 0, pkts, BURST);
		uint32_t drop[BURST] = {0};

		ask(set, pkts, n, drop);
		for (uint16_t k = 0; k < n; k++)
			theirs += drop[k] != 0;
		plx_mbuf_free_bulk(pkts, n);
	}
	if (stats.packets == FLOWS && stats.dropped == theirs)
		return true;
	fprintf(stderr, "%llu of %llu packets are dropped, by the peer %llu\n",
		(unsigned long long)stats.dropped, (unsigned long long)stats.packets,
		(unsigned long long)theirs);
	return false;
}

/* The same loop without a word about rules. */
static double
bare(const void *arg)
{
	struct plx_mbuf *pkts[BURST];
	const uint64_t start = bench_cycles();

	for (unsigned i = 0; i < ROUNDS; i++)
		plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(port, 0, pkts, BURST));
	return (double)(bench_cycles() - start) / (ROUNDS * BURST);
}

static struct set none = {0}, ten = {.n = 10}, thousand = {.n = MANY},
		  ten_last = {.n = 10, .last = true}, thousand_last = {.n = MANY, .last = true},
		  one_bpf = {.bpf = expression};
static const struct bench_row rows[] = {
	{"no sieve (the same without a place for one)", bare, peer, &none},
	{"no rules (the same)", ours, peer, &none},
	{"10 rules, none met (rte_acl)", ours, peer, &ten},
	{"10 rules, the last met by half (rte_acl)", ours, peer, &ten_last},
	{"1,000 rules, none met (rte_acl)", ours, peer, &thousand},
	{"1,000 rules, the last met by half (rte_acl)", ours, peer, &thousand_last},
	{"a BPF rule, met by half (libpcap)", ours, peer, &one_bpf},
};

static bool
prepare(const char *path, struct plx_pool **ret_pool, struct plx_why *why)
{
	struct set *const sets[] = {&none, &ten, &thousand, &ten_last, &thousand_last, &one_bpf};
	const struct plx_pool_params params = {.name = "bench", .n = 8191, .cache = 256};
	char vdev[128], program[] = "bench", lcores[] = "--lcores", one_lcore[] = "0@0",
			no_huge[] = "--no-huge", no_pci[] = "--no-pci", option[] = "--vdev";
	char *eal[] = {program, lcores, one_lcore, no_huge, no_pci, option, vdev, NULL};

	write_flows(path);
	snprintf(vdev, sizeof(vdev), "net_pcap0,rx_pcap=%s,infinite_rx=1", path);
	if (plx_eal_init(7, eal, why) < 0 || plx_pool_create(&params, ret_pool, why) != 0 ||
	    plx_ethdev_open(port, 1, *ret_pool, why) != 0)
		return false;
	for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!load(sets[i], why) || !agree(sets[i]))
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	const struct bench bench = {
		"sieve", "cycles/packet", "peer", rows, sizeof(rows) / sizeof(rows[0]), false};
	char path[] = "/tmp/plx-bench-sieve-XXXXXX";
	const int fd = mkstemp(path);
	struct plx_why why = {""};
	struct plx_pool *pool;
	int status = 2;

	if (fd < 0)
		return 2;
	if (prepare(path, &pool, &why))
		status = bench_main(argc, argv, &bench);
	else
		fprintf(stderr, "%s\n", why.text);
	close(fd);
	unlink(path);
	plx_ethdev_close(port);
	plx_eal_cleanup();
	return status;
}
