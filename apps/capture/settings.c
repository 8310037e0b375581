/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "habits.h"
#include "rotation.h"

static enum plx_pcapfile_format
choose_format(const struct settings *settings)
{
	static const char suffix[] = ".pcapng", packed[] = ".zst";
	size_t len = settings->output != NULL ? strlen(settings->output) : 0;

	if (len > sizeof(packed) - 1 &&
	    strcmp(settings->output + len - (sizeof(packed) - 1), packed) == 0)
		len -= sizeof(packed) - 1;

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
	    strncmp(settings->output + len - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) == 0)
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
	const unsigned live = settings->interfaces.n + settings->devices.n + settings->attaches.n;

	if (settings->help || settings->list || settings->filter_code)
		return 0;
	if (settings->files.n != 0 && live != 0)
		return plx_why(why, -EINVAL,
			       "'--read' contradicts '%s': packets come from files or from "
			       "interfaces",
			       settings->interfaces.n != 0 ? "--interface"
			       : settings->devices.n != 0  ? "--device"
							   : "--attach");
	if (settings->short_form && settings->files.n == 0 && live == 0)
		return plx_why(
			why, -EINVAL,
			"nothing is named to capture: -i INTERFACE (-D lists them), -r FILE, "
			"--attach PROGRAM, or devices as options of the EAL in front of '--', as in "
			"plx-capture --vdev net_af_xdp0,iface=eth1 -- -w log.pcap");
	if (settings->output == NULL && settings->top == 0)
		return plx_why(
			why, -EINVAL,
			"nothing to do with the packets: give -o FILE to write them (-o - into a "
			"pipe, as in plx-capture -i eth1 -o - | tcpdump -r -), or --top N to "
			"see who sends them");
	if (settings->quiet && settings->verbose)
		return plx_why(why, -EINVAL, "'--quiet' contradicts '--verbose'; give one of them");
	if (settings->purge_ns != 0 && settings->rules_file == NULL)
		return plx_why(why, -EINVAL, "--purge deletes exact rules, of --rules FILE");
	if (settings->summary != NULL && settings->output != NULL &&
	    strcmp(settings->summary, "-") == 0 && strcmp(settings->output, "-") == 0)
		return plx_why(why, -EINVAL,
			       "'--summary -' and '--output -' would mix on standard output");
	/* The text makes room for the lines, where both would go to the same place. */
	if (settings->json && settings->summary == NULL)
		settings->quiet = true;
	if (settings->snaplen == 0)
		settings->snaplen = PLX_PCAPFILE_SNAPLEN_MAX;
	settings->format = choose_format(settings);
	if (settings->comments.n != 0 && settings->format != PLX_PCAPFILE_PCAPNG)
		return plx_why(
			why, -EINVAL,
			"--comment: only pcapng files have room for it: --format pcapng, or a "
			"name that ends in .pcapng");
	return rotation_read(settings, why);
}

/* -b names a device, or is one of dumpcap's rules for files. */
static int
part_devices(struct settings *settings, struct plx_why *why)
{
	struct option_texts both = settings->devices;

	settings->devices.n = 0;
	for (unsigned i = 0; i < both.n; i++) {
		struct option_texts *to =
			rotation_is_rule(both.item[i]) ? &settings->ring_rules : &settings->devices;

		if (to->n == OPTION_TEXTS_MAX)
			return plx_why(why, -EINVAL, "-b is given more than %d times",
				       OPTION_TEXTS_MAX);
		to->item[to->n++] = both.item[i];
	}
	return 0;
}

int
settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why)
{
	struct options_found found = {.program = "plx-capture"};
	int err;

	*settings = (struct settings){.promisc = true, .period_ns = NS_S};
	settings->short_form = strcmp(argv[0], "--") != 0;
	err = options_parse(settings_rows, argc, argv, settings, &found, why);
	if (err != 0)
		habits_explain(found.unknown, why);
	settings->period_given = err == 0 && options_given(settings_rows, &found, "stats-period");
	if (err == 0)
		err = part_devices(settings, why);
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
		"Usage: plx-capture [options] [filter]\n"
		"       plx-capture [EAL options] -- [options] [filter]\n"
		"Writes what ports receive to a file, and accounts for every packet.\n\n"
		"  plx-capture -i eth1 -w log.pcap tcp port 443\n"
		"  plx-capture -i eth1 --top 10\n"
		"  plx-capture -i xdp:eth1 -i xdp:eth2 -w log.pcapng\n"
		"  plx-capture -i cluster:10 -w log.pcapng\n"
		"  plx-capture --attach testpmd -w log.pcapng\n"
		"  plx-capture -r log.pcapng -w dns.pcap port 53\n"
		"  plx-capture -l 0-3 --vdev net_af_xdp0,iface=eth1,mode=native -- -w log.pcapng\n\n"
		"A '--' parts the EAL's options from these; without it all are these.\n"
		"Exit status: 0; 1 if something failed on the way or was cut short; 2 if it did not start.\n");
	options_usage(settings_rows, out);
}

bool
settings_per_worker(const struct settings *settings)
{
	return settings->output != NULL && strstr(settings->output, "%w") != NULL;
}
