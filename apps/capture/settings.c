/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_S UINT64_C(1000000000)

enum { FORMAT_AUTO, FORMAT_PCAP, FORMAT_PCAPNG, FORMAT_PCAP_US };
static const char *const formats[] = {"auto", "pcap", "pcapng", "pcap-us", NULL};

#define AT(field) offsetof(struct settings, field)

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, .help = "What is captured"},
	{"port", 'p', OPTION_SET, AT(ports), 0, 63, NULL, "LIST",
	 "ports to capture, as in 0,2-3 (default: all)"},
	{"filter", 'f', OPTION_TEXTS, AT(texts), .value = "FILTER",
	 .help = "keep what matches, as in tcpdump; several are joined by 'and'.\n"
		 "Words without an option are a filter too: plx-capture ... -- -o a.pcap udp port 53"},
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
	{"verbose", 'v', OPTION_ON, AT(verbose),
	 .help = "progress lines also when standard error is no terminal"},
	{"quiet", 'q', OPTION_ON, AT(quiet), .help = "errors only"},
	{"help", 'h', OPTION_ON, AT(help), .help = "this text"},
	{NULL},
};

static enum plx_pcapfile_format
choose_format(const struct settings *settings)
{
	static const char suffix[] = ".pcapng";
	size_t len = settings->output != NULL ? strlen(settings->output) : 0;

	switch (settings->format_choice) {
	case FORMAT_PCAP:
		return PLX_PCAPFILE_PCAP_NS;
	case FORMAT_PCAP_US:
		return PLX_PCAPFILE_PCAP_US;
	case FORMAT_PCAPNG:
		return PLX_PCAPFILE_PCAPNG;
	default:
		break;
	}
	if (len >= sizeof(suffix) - 1 &&
	    strcmp(settings->output + len - (sizeof(suffix) - 1), suffix) == 0)
		return PLX_PCAPFILE_PCAPNG;
	return PLX_PCAPFILE_PCAP_NS;
}

/* The options as "(a) and (b)" when there are several, the words in a row; one text remains as it is. */
static char *
join_filters(const struct option_texts *texts, int nb_words, char **words)
{
	bool several = texts->n + (nb_words > 0) > 1;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (unsigned i = 0; i < texts->n; i++)
		fprintf(out, several ? "%s(%s)" : "%s%s", i > 0 ? " and " : "", texts->item[i]);
	for (int i = 0; i < nb_words; i++)
		fprintf(out, "%s%s", i > 0 ? " " : several ? " and (" : "", words[i]);
	if (several && nb_words > 0)
		fputc(')', out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int
check(struct settings *settings, struct plx_why *why)
{
	if (settings->help)
		return 0;
	if (settings->output == NULL && settings->top == 0)
		return plx_why(why, -EINVAL,
			       "nothing to do with the packets: give -o FILE to write them, or "
			       "--top N to see who sends them");
	if (settings->quiet && settings->verbose)
		return plx_why(why, -EINVAL, "'--quiet' contradicts '--verbose'; give one of them");
	if (settings->snaplen == 0)
		settings->snaplen = PLX_PCAPFILE_SNAPLEN_MAX;
	settings->format = choose_format(settings);
	return 0;
}

int
settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why)
{
	struct options_found found;
	int err;

	*settings = (struct settings){.promisc = true, .period_ns = NS_S};
	found.words = calloc((size_t)argc + 1, sizeof(*found.words));
	if (found.words == NULL)
		return plx_why(why, -ENOMEM, "no memory for the options");
	err = options_parse(rows, argc, argv, settings, &found, why);
	if (err == 0)
		err = check(settings, why);
	if (err == 0 && settings->texts.n + (unsigned)found.nb_words > 0) {
		settings->filter = join_filters(&settings->texts, found.nb_words, found.words);
		if (settings->filter == NULL)
			err = plx_why(why, -ENOMEM, "no memory for the filter");
	}
	free(found.words);
	return err;
}

void
settings_fini(struct settings *settings)
{
	free(settings->filter);
	settings->filter = NULL;
}

void
settings_usage(FILE *out)
{
	fprintf(out,
		"Usage: plx-capture [EAL options] -- [options] [filter]\n"
		"Writes what ports receive to a file, and accounts for every packet.\n\n"
		"  plx-capture --vdev net_af_xdp0,iface=eth1 -- -o log.pcap\n"
		"  plx-capture -l 0-3 --vdev net_af_xdp0,iface=eth1 -- -o log.pcapng tcp port 443\n"
		"  plx-capture --vdev net_af_packet0,iface=eth1 -- -d 10 --top 10\n");
	options_usage(rows, out);
}

bool
settings_per_worker(const struct settings *settings)
{
	return settings->output != NULL && strstr(settings->output, "%w") != NULL;
}
