/* SPDX-License-Identifier: BSD-3-Clause */
#include "args.h"

#include "options.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* As they are typed. */
struct typed {
	struct nicemu_args args;
	const char *socket, *tap, *net, *mac, *pcap;
	bool doorbells;
	struct option_texts nics, joins;
};

#define AT(field) offsetof(struct typed, field)

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, .help = "A NIC"},
	{"socket", 's', OPTION_TEXT, AT(socket), .value = "PATH",
	 .help = "where its driver connects: -a vfio-user:PATH, QEMU's vfio-user-pci"},
	{"tap", 't', OPTION_TEXT, AT(tap), .value = "NAME",
	 .help = "its wire is a tap of that name, made if it is not there (else port 0)"},
	{"net", 'n', OPTION_TEXT, AT(net), .value = "ADDRESS/BITS",
	 .help = "the tap's address, put there and taken away at the end"},
	{"mac", 'm', OPTION_TEXT, AT(mac), .value = "MAC", .help = "its address (made up)"},
	{"pcap", 0, OPTION_TEXT, AT(pcap), .value = "FILE",
	 .help = "what is on its wire, both ways: pcapng, or pcap by the name's end"},
	{"doorbells", 0, OPTION_ON, AT(doorbells),
	 .help = "its driver may map the rings' registers: fast, polls, not for QEMU"},

	{"", 0, OPTION_HEADING, .help = "More of them"},
	{"nic", 0, OPTION_TEXTS, AT(nics), .value = "socket=PATH[,KEY=VALUE..]", .help = "a NIC"},
	{"join", 0, OPTION_TEXTS, AT(joins), .value = "NIC,NIC",
	 .help = "two NICs are each other's wire: nic0,nic1"},

	{"", 0, OPTION_HEADING, .help = "Running"},
	{"interactive", 'i', OPTION_ON, AT(args.interactive),
	 .help = "a prompt; without it, until a signal"},
	{"cmdline-file", 0, OPTION_TEXT, AT(args.cmdline_file), .value = "FILE",
	 .help = "run the commands of a file first"},
	{"poll", 0, OPTION_ON, AT(args.poll),
	 .help = "poll cards and wires, in place of sleeping until something comes"},
	{"lossless", 0, OPTION_ON, AT(args.lossless),
	 .help = "no frame is lost at a card: it waits in the port, or at the far end, while the card is down, too"},
	{"mtu", 0, OPTION_UINT, AT(args.mtu), 68, UINT16_MAX, .value = "BYTES",
	 .help = "MTU of the ports and taps that are wires (as it is)"},
	{"stats-period", 0, OPTION_TIME, AT(args.stats_period_ns), 0, 86400ULL * 1000000000ULL,
	 .value = "TIME", .help = "print the books again and again"},
	{"duration", 0, OPTION_TIME, AT(args.duration_ns), 0, 31536000ULL * 1000000000ULL,
	 .value = "TIME", .help = "end by itself after 10, 500ms, 3m"},
	{"json", 0, OPTION_ON, AT(args.json),
	 .help = "every answer, and the books at the end, is a line of JSON on standard output; all "
		 "else goes to standard error"},
	{"keep-privileges", 0, OPTION_ON, AT(args.keep_privileges),
	 .help = "give up no capabilities once all is open"},
	{"verbose", 'v', OPTION_ON, AT(args.verbose),
	 .help = "tell of drivers that come and go, and of what they do wrong"},
	{"help", 'h', OPTION_ON, AT(args.help), .help = "this text"},
	{"version", 'V', OPTION_ON, AT(args.version), .help = "the version"},
	{NULL},
};

/* -- the NICs ---------------------------------------------------------------------------------------- */

static int
take_text(const char *option, const char *text, char *to, size_t size, struct plx_why *why)
{
	if (text == NULL)
		return 0;
	if ((size_t)snprintf(to, size, "%s", text) >= size)
		return plx_why(why, -EINVAL, "--%s: \"%.32s..\" is longer than %zu bytes", option,
			       text, size - 1);
	return 0;
}

static bool
has_nic_of_options(const struct typed *t)
{
	return t->socket != NULL || t->tap != NULL || t->net != NULL || t->mac != NULL ||
	       t->pcap != NULL || t->doorbells;
}

static int
add_nic_of_options(const struct typed *t, struct nicemu_args *args, struct plx_why *why)
{
	struct nic_conf *conf = &args->nics[args->nb_nics++];
	int ret;

	nic_conf_init(conf);
	conf->doorbells = t->doorbells;
	ret = take_text("socket", t->socket, conf->socket, sizeof(conf->socket), why);
	if (ret == 0)
		ret = take_text("tap", t->tap, conf->tap, sizeof(conf->tap), why);
	if (ret == 0)
		ret = take_text("net", t->net, conf->net, sizeof(conf->net), why);
	if (ret == 0)
		ret = take_text("mac", t->mac, conf->mac_text, sizeof(conf->mac_text), why);
	if (ret == 0)
		ret = take_text("pcap", t->pcap, conf->pcap, sizeof(conf->pcap), why);
	if (ret == 0 && t->socket == NULL)
		ret = plx_why(
			why, -EINVAL,
			"-t, -n, -m, --pcap and --doorbells are those of the NIC of -s PATH, "
			"which is not there; --nic has them as keys: tap=, net=, mac=, pcap=");
	return ret;
}

static int
add_nics(const struct typed *t, struct nicemu_args *args, struct plx_why *why)
{
	int ret = has_nic_of_options(t) ? add_nic_of_options(t, args, why) : 0;

	for (unsigned i = 0; i < t->nics.n && ret == 0; i++) {
		if (args->nb_nics == NICS_MAX)
			return plx_why(why, -EINVAL, "there are more than %d NICs", NICS_MAX);
		ret = nic_conf_parse(t->nics.item[i], &args->nics[args->nb_nics++], why);
	}
	for (unsigned i = 0; i < t->joins.n && ret == 0; i++)
		ret = nic_conf_join(t->joins.item[i], args->nics, args->nb_nics, why);
	for (unsigned i = 0; i < args->nb_nics && args->lossless; i++)
		args->nics[i].lossless = true;
	return ret == 0 ? nic_conf_check(args->nics, args->nb_nics, why) : ret;
}

int
args_parse(int argc, char **argv, struct nicemu_args *args, struct plx_why *why)
{
	struct options_found found = {.program = "plx-nicemu"};
	struct typed *t = calloc(1, sizeof(*t));
	int ret;

	if (t == NULL)
		ret = plx_why(why, -ENOMEM, "out of memory");
	else
		ret = options_parse(rows, argc, argv, t, &found, why);
	if (ret == 0 && found.nb_words > 0)
		ret = plx_why(
			why, -EINVAL,
			"\"%.64s\" is no option of plx-nicemu; commands are typed at the prompt "
			"(-i)",
			found.words[0]);
	if (ret == 0) {
		*args = t->args;
		ret = args->help || args->version ? 0 : add_nics(t, args, why);
	}
	free(found.words);
	free(t);
	return ret;
}

void
args_usage(FILE *out)
{
	struct option_row shown[PLX_ARRAY_LEN(rows)];
	char keys[1024];
	size_t used = 0;
	const char *key, *help;

	memcpy(shown, rows, sizeof(rows));
	for (unsigned i = 0; (key = nic_conf_key(i, &help)) != NULL && used < sizeof(keys); i++)
		used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s: %s",
					 i > 0 ? ";\n" : "the keys are\n", key, help);
	for (struct option_row *row = shown; row->name != NULL; row++) {
		if (strcmp(row->name, "nic") == 0)
			row->help = keys;
	}
	options_usage(shown, out);
}

/* -- the EAL's ----------------------------------------------------------------------------------------- */

int
args_of_eal(char *program, char *ret_argv[ARGS_EAL_MAX])
{
	static char no_pci[] = "--no-pci", level[] = "--log-level=eal.zone:warning", l[] = "-l";
	static char cpu[16];
	cpu_set_t cpus;
	int n = 0;

	ret_argv[n++] = program;
	ret_argv[n++] = no_pci;
	ret_argv[n++] = level;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0) {
		unsigned first = 0;

		while (first < CPU_SETSIZE - 1 && !CPU_ISSET(first, &cpus))
			first++;
		snprintf(cpu, sizeof(cpu), "%u", first);
		ret_argv[n++] = l;
		ret_argv[n++] = cpu;
	}
	ret_argv[n] = NULL;
	return n;
}
