/* SPDX-License-Identifier: BSD-3-Clause */
/* testpmd's own options, in DPDK's words. */
#include "args.h"

#include "engine.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct testpmd_args, field)
#define NS_S	  UINT64_C(1000000000)

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, .help = "Running"},
	{"interactive", 'i', OPTION_ON, AT(interactive),
	 .help = "a prompt; without it, forward until a signal"},
	{"auto-start", 'a', OPTION_ON, AT(auto_start),
	 .help = "with a prompt: start forwarding at once"},
	{"tx-first", 0, OPTION_ON, AT(tx_first),
	 .help = "send a burst on every stream before forwarding"},
	{"stats-period", 0, OPTION_TIME, AT(stats_period_ns), 0, 86400ULL * NS_S, .value = "TIME",
	 .help = "print the ports' statistics again and again"},
	{"display-xstats", 0, OPTION_TEXT, AT(display_xstats), .value = "NAME[,NAME..]",
	 .help = "these counters with the statistics: see show port xstats"},
	{"duration", 0, OPTION_TIME, AT(duration_ns), 0, 31536000ULL * NS_S, .value = "TIME",
	 .help = "end by itself after 10, 500ms, 3m"},
	{"cmdline-file", 0, OPTION_TEXT, AT(cmdline_file), .value = "FILE",
	 .help = "run the commands of a file first, and show them"},
	{"cmdline-file-noecho", 0, OPTION_TEXT, AT(cmdline_file), .value = "FILE",
	 .help = "the same without showing them"},
	{"json", 0, OPTION_ON, AT(json),
	 .help = "every answer is a line of JSON on standard output; all else goes to "
		 "standard error"},
	{"keep-privileges", 0, OPTION_ON, AT(keep_privileges),
	 .help = "give up no capabilities once the ports run"},
	{"help", 'h', OPTION_ON, AT(help), .help = "this text"},

	{"", 0, OPTION_HEADING, .help = "Forwarding"},
	{"forward-mode", 0, OPTION_TEXT, AT(forward_mode), .value = "ENGINE",
	 .help = "what is done with packets (io); there are "},
	{"port-topology", 0, OPTION_CHOICE, AT(topology), .choices = topology_names,
	 .help = "0-1 2-3; 0-1-2-..-0; each to itself (paired)"},
	{"nb-cores", 0, OPTION_UINT, AT(nb_cores), 1, PLX_LCORE_MAX, .value = "N",
	 .help = "forwarding lcores (all but the main one)"},
	{"coremask", 0, OPTION_TEXT, AT(coremask), .value = "MASK",
	 .help = "the lcores that forward, in hexadecimal"},
	{"nb-ports", 0, OPTION_UINT, AT(nb_ports), 1, PLX_ETHDEV_MAX, .value = "N",
	 .help = "forwarding ports: the first so many (all)"},
	{"portmask", 0, OPTION_TEXT, AT(portmask), .value = "MASK",
	 .help = "the ports that forward, in hexadecimal"},
	{"portlist", 0, OPTION_TEXT, AT(portlist), .value = "LIST",
	 .help = "the ports that forward, in pairing order: 0,2,1,3"},
	{"burst", 0, OPTION_UINT, AT(burst), 1, BURST_MAX, .value = "N",
	 .help = "packets asked for at a time (32)"},
	{"txpkts", 0, OPTION_TEXT, AT(txpkts_text), .value = "BYTES[,BYTES..]",
	 .help = "length of packets made (64), segment by segment"},
	{"txsplit", 0, OPTION_CHOICE, AT(txpkts.split), .choices = txsplit_names,
	 .help = "rand: packets made have only the first few segments of txpkts (off)"},
	{"flush-rx", 0, OPTION_ON, AT(flush_rx),
	 .help = "at start, throw away what waits in the rx queues"},
	{"no-flush-rx", 0, OPTION_OFF, AT(flush_rx),
	 .help = "forward what waits in the rx queues (so it is)"},

	{"", 0, OPTION_HEADING, .help = "Measuring"},
	{"record-core-cycles", 0, OPTION_ON, AT(record_cycles),
	 .help = "cycles a packet, of the rounds that found some"},
	{"record-burst-stats", 0, OPTION_ON, AT(record_bursts),
	 .help = "how many packets came and went at a time"},
	{"latency-stats", 0, OPTION_ON, AT(latency_stats),
	 .help = "how long packets made take from port to port, and which get lost"},

	{"", 0, OPTION_HEADING, .help = "Engines"},
	{"eth-peer", 0, OPTION_TEXTS, AT(engines.eth_peer), .value = "PORT,MAC",
	 .help = "whom mac and csum send to on a port (02:00:00:00:00:0PORT)"},
	{"eth-peers-configfile", 0, OPTION_TEXT, AT(engines.eth_peers_file), .value = "FILE",
	 .help = "the same for port 0, 1, ..: a MAC address a line"},
	{"tx-ip", 0, OPTION_TEXT, AT(engines.tx_ip), .value = "SRC,DST",
	 .help = "addresses of txonly's packets (198.18.0.1,198.18.0.2)"},
	{"tx-udp", 0, OPTION_TEXT, AT(engines.tx_udp), .value = "SRC[,DST]",
	 .help = "and their ports (9,9)"},
	{"txonly-multi-flow", 0, OPTION_ON, AT(engines.multi_flow),
	 .help = "txonly sends from 256 addresses in turn"},
	{"flowgen-flows", 0, OPTION_UINT, AT(engines.flows), 1, 1 << 24, .value = "N",
	 .help = "flows that flowgen makes (1024)"},
	{"noisy-tx-sw-buffer-size", 0, OPTION_UINT, AT(engines.noisy_queue), 0, 1 << 20,
	 .value = "PACKETS", .help = "noisy: that wait in a queue before they are sent (0)"},
	{"noisy-tx-sw-buffer-flushtime", 0, OPTION_UINT, AT(engines.noisy_flush_ms), 0, 3600000,
	 .value = "MS", .help = "noisy: send them all after that time without sending (0: never)"},
	{"noisy-lkup-memory", 0, OPTION_UINT, AT(engines.noisy_memory_mb), 0, 1 << 20,
	 .value = "MB", .help = "noisy: memory that is read and written (0)"},
	{"noisy-lkup-num-reads", 0, OPTION_UINT, AT(engines.noisy_reads), 0, 1 << 20, .value = "N",
	 .help = "noisy: reads from it a packet (0)"},
	{"noisy-lkup-num-writes", 0, OPTION_UINT, AT(engines.noisy_writes), 0, 1 << 20,
	 .value = "N", .help = "noisy: writes to it a packet (0)"},
	{"noisy-lkup-num-reads-writes", 0, OPTION_UINT, AT(engines.noisy_reads_writes), 0, 1 << 20,
	 .value = "N", .help = "noisy: reads with a write each a packet (0)"},

	{"cluster-id", 0, OPTION_UINT, AT(engines.cluster_id), 0, UINT16_MAX, .value = "ID",
	 .help = "cluster: by which slaves find the first stream, the next by the next (0)"},
	{"cluster-work", 0, OPTION_CHOICE, AT(engines.cluster_work), .choices = cluster_work_names,
	 .help = "cluster: lcores without a stream count what they get as slaves of the streams, or "
		 "send it on, as it is or with exchanged MAC addresses (none)"},
	{"cluster-trusted", 0, OPTION_ON, AT(engines.cluster_trusted),
	 .help = "its slaves mean no harm: they may write to packets on huge pages, too"},

	{"", 0, OPTION_HEADING, .help = "Ports"},
	{"rxq", 0, OPTION_UINT, AT(rxq), 1, PLX_ETHDEV_QUEUES_MAX, .value = "N",
	 .help = "rx queues a port (1)"},
	{"txq", 0, OPTION_UINT, AT(txq), 1, PLX_ETHDEV_QUEUES_MAX, .value = "N",
	 .help = "tx queues a port (1)"},
	{"rules", 0, OPTION_TEXT, AT(rules), .value = "FILE",
	 .help = "forward only what rules for packets let pass: set port <port> rules at the prompt"},
	{"rules-txq", 0, OPTION_ON, AT(rules_txq),
	 .help = "a tx queue more a port, where it has one, by which rules send; --rules implies it"},
	{"rxd", 0, OPTION_UINT, AT(rxd), 1, UINT16_MAX, .value = "N",
	 .help = "descriptors an rx queue"},
	{"txd", 0, OPTION_UINT, AT(txd), 1, UINT16_MAX, .value = "N",
	 .help = "descriptors a tx queue"},
	{"mtu", 0, OPTION_UINT, AT(mtu), 68, 65535, .value = "BYTES", .help = "MTU of every port"},
	{"max-pkt-len", 0, OPTION_UINT, AT(ports.max_pkt_len), 86, 65535, .value = "BYTES",
	 .help = "the same by the longest frame, header and checksum included"},
	{"disable-promisc", 0, OPTION_ON, AT(disable_promisc), .help = "leave ports as they are"},
	{"disable-device-start", 0, OPTION_ON, AT(ports.disable_start),
	 .help = "ports are ready, and started at the prompt"},
	{"no-lsc-interrupt", 0, OPTION_ON, AT(ports.no_link_events),
	 .help = "do not tell when a link goes or comes"},
	{"rx-offloads", 0, OPTION_TEXT, AT(ports.rx_names), .value = "NAME[,NAME..]",
	 .help = "what ports shall do beside receiving, where they can: "
		 "vlan_strip,timestamp, or DPDK's bits: 0x4001"},
	{"tx-offloads", 0, OPTION_TEXT, AT(ports.tx_names), .value = "NAME[,NAME..]",
	 .help = "and beside sending: ipv4_cksum,tcp_tso, or 0x22"},
	{"enable-rx-cksum", 0, OPTION_ON, AT(ports.rx_cksum),
	 .help = "rx offloads ipv4_cksum,udp_cksum,tcp_cksum"},
	{"enable-scatter", 0, OPTION_ON, AT(ports.scatter), .help = "rx offload scatter"},
	{"enable-lro", 0, OPTION_ON, AT(ports.lro), .help = "rx offload tcp_lro"},
	{"enable-rx-timestamp", 0, OPTION_ON, AT(ports.rx_timestamp),
	 .help = "rx offload timestamp"},
	{"enable-hw-vlan-strip", 0, OPTION_ON, AT(ports.vlan_strip),
	 .help = "rx offload vlan_strip"},
	{"enable-hw-vlan-filter", 0, OPTION_ON, AT(ports.vlan_filter),
	 .help = "rx offload vlan_filter"},
	{"disable-rss", 0, OPTION_ON, AT(ports.disable_rss),
	 .help = "no hash to choose the rx queue"},
	{"rss-ip", 0, OPTION_ON, AT(ports.rss_ip), .help = "one of IP addresses"},
	{"rss-udp", 0, OPTION_ON, AT(ports.rss_udp), .help = "one of UDP ports"},

	{"", 0, OPTION_HEADING, .help = "Buffers"},
	{"total-num-mbufs", 0, OPTION_UINT, AT(total_num_mbufs), 32, PLX_POOL_N_MAX, .value = "N",
	 .help = "buffers of the pool (what rings and caches need)"},
	{"mbuf-size", 0, OPTION_UINT, AT(mbuf_size), 512, UINT16_MAX, .value = "BYTES",
	 .help = "bytes of a buffer, head-room of 256 included (2304)"},
	{"mbcache", 0, OPTION_UINT, AT(mbcache), 0, PLX_POOL_CACHE_MAX, .value = "N",
	 .help = "buffers an lcore keeps for itself (250)"},

	/* DPDK's, of what is not here or goes without saying. */
	{"numa", 0, OPTION_IGNORED},
	{"no-numa", 0, OPTION_IGNORED},
	{"socket-num", 0, OPTION_IGNORED, .value = "NODE"},
	{"port-numa-config", 0, OPTION_IGNORED, .value = "LIST"},
	{"ring-numa-config", 0, OPTION_IGNORED, .value = "LIST"},
	{"mp-alloc", 0, OPTION_IGNORED, .value = "KIND"},
	{"mlockall", 0, OPTION_IGNORED},
	{"no-mlockall", 0, OPTION_IGNORED},
	{"no-iova-contig", 0, OPTION_IGNORED},
	{"disable-link-check", 0, OPTION_IGNORED},
	{"no-rmv-interrupt", 0, OPTION_IGNORED},
	{"hot-plug", 0, OPTION_IGNORED},
	{"print-event", 0, OPTION_IGNORED, .value = "EVENT"},
	{"mask-event", 0, OPTION_IGNORED, .value = "EVENT"},
	{"enable-drop-en", 0, OPTION_IGNORED},
	{"rxpt", 0, OPTION_IGNORED, .value = "N"},
	{"rxht", 0, OPTION_IGNORED, .value = "N"},
	{"rxwt", 0, OPTION_IGNORED, .value = "N"},
	{"rxfreet", 0, OPTION_IGNORED, .value = "N"},
	{"txpt", 0, OPTION_IGNORED, .value = "N"},
	{"txht", 0, OPTION_IGNORED, .value = "N"},
	{"txwt", 0, OPTION_IGNORED, .value = "N"},
	{"txfreet", 0, OPTION_IGNORED, .value = "N"},
	{"txrst", 0, OPTION_IGNORED, .value = "N"},
	{NULL},
};

static int
check_selection(struct testpmd_args *args, struct plx_why *why)
{
	if (args->portlist != NULL && args->portmask != NULL)
		return plx_why(why, -EINVAL, "--portlist contradicts --portmask; give one of them");
	if (args->mtu != 0 && args->ports.max_pkt_len != 0)
		return plx_why(why, -EINVAL, "--mtu contradicts --max-pkt-len; give one of them");
	return txpkts_parse(args->txpkts_text, &args->txpkts, why);
}

/* What only makes sense with a prompt, and what only without. */
static int
check_prompt(const struct testpmd_args *args, struct plx_why *why)
{
	if (args->ports.disable_start && (!args->interactive || args->auto_start))
		return plx_why(why, -EINVAL,
			       "--disable-device-start goes with --interactive alone: ports are "
			       "started at the prompt, before anything is forwarded");
	if (args->auto_start && !args->interactive)
		return plx_why(why, -EINVAL,
			       "--auto-start goes with --interactive; without a prompt forwarding "
			       "starts anyway");
	if (!args->interactive)
		return 0;
	if (args->duration_ns != 0)
		return plx_why(why, -EINVAL,
			       "--duration contradicts --interactive: the prompt ends with quit");
	if (args->stats_period_ns != 0)
		return plx_why(why, -EINVAL,
			       "--stats-period contradicts --interactive: at the prompt, show port "
			       "stats all tells");
	if (args->tx_first && !args->auto_start)
		return plx_why(why, -EINVAL,
			       "--tx-first with --interactive needs --auto-start; or type start "
			       "tx_first at the prompt");
	return 0;
}

int
args_parse(int argc, char **argv, struct testpmd_args *args, struct plx_why *why)
{
	struct options_found found = {.program = "plx-testpmd", .behind = true};
	char names[ENGINE_NAMES_MAX];
	int ret;

	*args = (struct testpmd_args){.forward_mode = "io",
				      .rxq = 1,
				      .txq = 1,
				      .burst = 32,
				      .mbcache = 250,
				      .txpkts_text = "64"};
	engine_settings_init(&args->engines);
	ret = options_parse(rows, argc, argv, args, &found, why);
	if (ret == 0 && found.nb_words > 0)
		ret = plx_why(why, -EINVAL,
			      "\"%s\" is no option of testpmd; commands are typed at the prompt "
			      "(-i)",
			      found.words[0]);
	args->rules_txq |= args->rules != NULL;
	args->cmdline_echo = options_given(rows, &found, "cmdline-file");
	free(found.words);
	if (ret == 0 && engine_find(args->forward_mode) == NULL)
		ret = plx_why(why, -EINVAL,
			      "--forward-mode %s: there is no such engine; there are %s",
			      args->forward_mode, engine_names(names));
	if (ret == 0)
		ret = engine_settings_read(&args->engines, why);
	if (ret == 0)
		ret = port_options_read(&args->ports, why);
	if (ret == 0)
		ret = check_selection(args, why);
	return ret == 0 ? check_prompt(args, why) : ret;
}

void
args_usage(FILE *out)
{
	struct option_row shown[PLX_ARRAY_LEN(rows)];
	char names[ENGINE_NAMES_MAX], help[ENGINE_NAMES_MAX + 64];

	memcpy(shown, rows, sizeof(rows));
	for (struct option_row *row = shown; row->name != NULL; row++) {
		if (strcmp(row->name, "forward-mode") != 0)
			continue;
		snprintf(help, sizeof(help), "%s%s", row->help, engine_names(names));
		row->help = help;
	}
	options_usage(shown, out);
}

const char *
args_misplaced(int argc, char **argv, int *ret_at)
{
	if (options_separator(argc, argv) < argc)
		return NULL;
	for (int i = 1; i < argc; i++) {
		if (!options_has(rows, argv[i]))
			continue;
		*ret_at = i;
		return argv[i];
	}
	return NULL;
}
