/* SPDX-License-Identifier: BSD-3-Clause */
/* The options, a row each. */
#include "settings_priv.h"

static const char *const formats[] = {"auto", "pcap", "pcapng", "pcap-us", NULL};

/* In the order of DRIVER_*, DIRECTION_*. */
static const char *const drivers[] = {"af_packet", "af_xdp", NULL};
static const char *const directions[] = {"inout", "in", "out", NULL};

/* In the order of ON_FULL_*. */
static const char *const on_full[] = {"count", "stop", "wait", NULL};

#define AT(field) offsetof(struct settings, field)

const struct option_row settings_rows[] = {
	{"", 0, OPTION_HEADING, .help = "What is captured"},
	{"interface", 'i', OPTION_TEXTS, AT(interfaces), .value = "INTERFACE",
	 .help = "a copy of what this kernel interface receives and sends, as tcpdump's; by name or\n"
		 "number, several for several. xdp:NAME takes its packets from the kernel: faster.\n"
		 "cluster:ID or cluster:ID@PLACE: what a running plx-cluster hands to this worker"},
	{"attach", 0, OPTION_TEXTS, AT(attaches), .value = "PROGRAM",
	 .help = "copies of what the ports of a running program of ours receive and send; by its name or\n"
		 "process number; PROGRAM:PORT,PORT for some ports. -D lists what runs"},
	{"read", 'r', OPTION_TEXTS, AT(files), .value = "FILE",
	 .help = "read this pcap or pcapng file in place of a port; - is standard input"},
	{"device", 'b', OPTION_TEXTS, AT(devices), .value = "DEVICE",
	 .help = "a device, by PCI address, interface or as --vdev has it; or a rule of --ring-buffer"},
	{"list-interfaces", 'D', OPTION_ON, AT(list), .help = "show what -i may name, and end"},
	{"driver", 0, OPTION_CHOICE, AT(driver), 0, 0, drivers, "DRIVER",
	 "of -i: af_packet (default; the interface keeps working) or af_xdp"},
	{"direction", 'Q', OPTION_CHOICE, AT(direction), 0, 0, directions, "WAY",
	 "of -i with af_packet: inout (default) or in; of --attach also out"},
	{"port", 'p', OPTION_SET, AT(ports), 0, 63, NULL, "LIST",
	 "ports to capture, as in 0,2-3 (default: all)"},
	{"filter", 'f', OPTION_TEXTS, AT(texts), .value = "FILTER",
	 .help = "keep what matches, as in tcpdump; several are joined by 'and'.\n"
		 "Words without an option are a filter too: plx-capture -i eth1 -w a.pcap udp port 53"},
	{"rules", 0, OPTION_TEXT, AT(rules_file), .value = "FILE",
	 .help = "keep what rules for packets let pass, before the filter; plx-ctl plx-capture reload\n"
		 "reads them again"},
	{"purge", 0, OPTION_TIME, AT(purge_ns), NS_S / 10, UINT64_C(31536000) * NS_S, NULL, "TIME",
	 "with --rules: delete exact rules that no packet met for so long (never)"},
	{"filter-code", 0, OPTION_ON, AT(filter_code),
	 .help = "show what the filter is compiled to, as tcpdump -d, and end"},
	{"snaplen", 's', OPTION_UINT, AT(snaplen), 0, PLX_PCAPFILE_SNAPLEN_MAX, NULL, "BYTES",
	 "keep this much of each packet (default and 0: all of it)"},
	{"promisc", 0, OPTION_ON, AT(promisc),
	 .help = "take packets for other stations too (default)"},
	{"no-promisc", 0, OPTION_OFF, AT(promisc),
	 .help = "only what is for the port's own address"},
	{"", 0, OPTION_HEADING, .help = "Where it goes"},
	{"output", 'o', OPTION_TEXT, AT(output), .value = "FILE",
	 .help = "the capture file; - is standard output; %w in the name: a file for each worker.\n"
		 "A file that exists is overwritten"},
	{"write", 'w', OPTION_TEXT, AT(output), .value = "FILE",
	 .help = "the same, as tcpdump has it"},
	{"format", 0, OPTION_CHOICE, AT(format_choice), 0, 0, formats, "FORMAT",
	 "pcap (nanoseconds), pcapng, pcap-us (microseconds);\n"
	 "default: pcapng if the name ends so, else pcap"},
	{"comment", 0, OPTION_TEXTS, AT(comments), .value = "TEXT",
	 .help = "a note at the beginning of a pcapng file; several for several"},
	{"compress", 0, OPTION_TEXT, AT(compress), .value = "zstd[:LEVEL]",
	 .help = "compress while writing, at level 1 (default) to 19; also by a name that ends in .zst.\n"
		 "Sizes of --file-size and --ring-buffer are those before it"},
	{"", 0, OPTION_HEADING, .help = "When a file is full"},
	{"file-size", 'C', OPTION_TEXT, AT(file_size), .value = "SIZE",
	 .help = "as tcpdump: the next file once this one is larger than SIZE millions of bytes\n"
		 "(10k, 10m, 10g: KiB, MiB, GiB): FILE, FILE1, FILE2"},
	{"rotate-seconds", 'G', OPTION_TIME, AT(rotate_ns), NS_S / 100, UINT64_C(31622400) * NS_S,
	 NULL, "TIME",
	 "as tcpdump: a file for each period since the start, FILE being a pattern of strftime(3)"},
	{"file-count", 'W', OPTION_UINT, AT(file_count), 1, 1000000, NULL, "N",
	 "as tcpdump: -C writes over FILE0 .. FILEN-1, -G ends after N files; both keep the newest N"},
	{"ring-buffer", 0, OPTION_TEXTS, AT(ring_rules), .value = "KEY:VALUE",
	 .help = "as dumpcap, also as -b: filesize:KB, duration:TIME, packets:N,\n"
		 "interval:TIME (by the clock), files:N (are kept): FILE_00001_20261121130000.pcap"},
	{"quota", 0, OPTION_UINT, AT(quota), 1000000, UINT64_C(1) << 60, NULL, "BYTES",
	 "of all files of this run; the oldest are removed"},
	{"postrotate-command", 'z', OPTION_TEXT, AT(postrotate), .value = "COMMAND",
	 .help = "as tcpdump: run COMMAND FILE for each file that is finished, the last one too"},
	{"safe-rename", 0, OPTION_ON, AT(safe_rename),
	 .help = "a file is FILE.part until it is whole (default: it is written in place)"},
	{"on-full", 0, OPTION_CHOICE, AT(on_full), 0, 0, on_full, "WHAT",
	 "when it cannot be written: count what is lost and go on (default), stop, or wait for room"},
	{"", 0, OPTION_HEADING, .help = "When it ends"},
	{"autostop", 'a', OPTION_TEXTS, AT(autostop), .value = "KEY:VALUE",
	 .help = "as dumpcap: duration:TIME, packets:N, files:N, filesize:KB (of a file, with -b)"},
	{"count", 'c', OPTION_UINT, AT(count), 1, UINT64_MAX, NULL, "N", "after N packets"},
	{"duration", 'd', OPTION_TIME, AT(duration_ns), NS_S / 1000, UINT64_C(864000) * NS_S, NULL,
	 "TIME", "after so many seconds; 500ms, 10m and 1h are times too"},
	{"", 0, OPTION_HEADING, .help = "How"},
	{"workers", 0, OPTION_UINT, AT(workers), 1, 1024, NULL, "N",
	 "lcores that receive (default: all but the writing one, one a queue at most)"},
	{"queues", 0, OPTION_UINT, AT(queues), 1, 64, NULL, "N",
	 "rx queues a port (default: all of an AF_XDP port, else one a worker, up to 4)"},
	{"rxd", 0, OPTION_UINT, AT(rxd), 1, UINT16_MAX, NULL, "N",
	 "packets an rx queue of a device holds (default: 16384 over all queues, 512 to 4096)"},
	{"ring", 0, OPTION_UINT, AT(ring), 64, 1 << 20, NULL, "N",
	 "packets that may wait for the disk, per queue (default: 16384 over all queues)"},
	{"keep-privileges", 0, OPTION_ON, AT(keep_privileges),
	 .help = "give up no capabilities once everything is open"},
	{"", 0, OPTION_HEADING, .help = "What is shown"},
	{"top", 0, OPTION_UINT, AT(top), 1, 1000, NULL, "N",
	 "the N busiest conversations at the end, and on a terminal while it runs"},
	{"stats-period", 0, OPTION_TIME, AT(period_ns), NS_S / 10, 3600 * NS_S, NULL, "TIME",
	 "time between progress lines (default: 1)"},
	{"json", 0, OPTION_ON, AT(json),
	 .help = "say it to programs: a line of JSON at the end, and one each --stats-period if that\n"
		 "is given, on standard error in place of the text"},
	{"summary", 0, OPTION_TEXT, AT(summary), .value = "FILE",
	 .help = "these lines into a file, beside the text; - is standard output, /dev/fd/3 an fd"},
	{"verbose", 'v', OPTION_ON, AT(verbose),
	 .help = "progress lines also when standard error is no terminal"},
	{"quiet", 'q', OPTION_ON, AT(quiet), .help = "errors only"},
	{"no-names", 'n', OPTION_IGNORED, .help = "as always: addresses and ports are numbers"},
	{"packet-buffered", 'U', OPTION_IGNORED,
	 .help = "as always: a packet is in the file or pipe 100 ms after it came, at most"},
	{"line-buffered", 'l', OPTION_IGNORED, .help = "as -U"},
	{"help", 'h', OPTION_ON, AT(help), .help = "this text"},
	{NULL},
};
