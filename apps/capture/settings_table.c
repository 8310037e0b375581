/* SPDX-License-Identifier: BSD-3-Clause */
/* The options, a row each. */
#include "settings_priv.h"

static const char *const formats[] = {"auto", "pcap", "pcapng", "pcap-us", NULL};

/* In the order of DRIVER_*, DIRECTION_*. */
static const char *const drivers[] = {"af_packet", "af_xdp", NULL};
static const char *const directions[] = {"inout", "in", NULL};

#define AT(field) offsetof(struct settings, field)

const struct option_row settings_rows[] = {
	{"", 0, OPTION_HEADING, .help = "What is captured"},
	{"interface", 'i', OPTION_TEXTS, AT(interfaces), .value = "INTERFACE",
	 .help = "a copy of what this kernel interface receives and sends, as tcpdump's; by name or\n"
		 "number, several for several. xdp:NAME takes its packets from the kernel: faster"},
	{"read", 'r', OPTION_TEXTS, AT(files), .value = "FILE",
	 .help = "read this pcap or pcapng file in place of a port; - is standard input"},
	{"device", 'b', OPTION_TEXTS, AT(devices), .value = "DEVICE",
	 .help = "a device, by PCI address, interface or as --vdev has it"},
	{"list-interfaces", 'D', OPTION_ON, AT(list), .help = "show what -i may name, and end"},
	{"driver", 0, OPTION_CHOICE, AT(driver), 0, 0, drivers, "DRIVER",
	 "of -i: af_packet (default; the interface keeps working) or af_xdp"},
	{"direction", 'Q', OPTION_CHOICE, AT(direction), 0, 0, directions, "WAY",
	 "of -i with af_packet: inout (default) or in"},
	{"port", 'p', OPTION_SET, AT(ports), 0, 63, NULL, "LIST",
	 "ports to capture, as in 0,2-3 (default: all)"},
	{"filter", 'f', OPTION_TEXTS, AT(texts), .value = "FILTER",
	 .help = "keep what matches, as in tcpdump; several are joined by 'and'.\n"
		 "Words without an option are a filter too: plx-capture -i eth1 -w a.pcap udp port 53"},
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
	{"", 0, OPTION_HEADING, .help = "When it ends"},
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
	{"", 0, OPTION_HEADING, .help = "What is shown"},
	{"top", 0, OPTION_UINT, AT(top), 1, 1000, NULL, "N",
	 "the N busiest conversations at the end"},
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
