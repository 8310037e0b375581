/* SPDX-License-Identifier: BSD-3-Clause */
#include "extcap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_eal.h>
#include <pollux/plx_filter.h>

#include "interfaces.h"

#define PREFIX	   "plx-"
#define PREFIX_XDP "plx-xdp-"

struct request {
	bool interfaces;
	bool dlts;
	bool config;
	bool capture;
	const char *version; /* Wireshark's; nothing depends on it */
	const char *interface;
	const char *fifo;
	const char *filter;
	const char *snaplen;
	const char *direction;
	bool no_promisc;
};

#define AT(field) offsetof(struct request, field)

static const struct option_row rows[] = {
	{"extcap-interfaces", 0, OPTION_ON, AT(interfaces), .help = "list the interfaces"},
	{"extcap-version", 0, OPTION_TEXT, AT(version), .help = "Wireshark's version"},
	{"extcap-interface", 0, OPTION_TEXT, AT(interface), .help = "the one that is meant"},
	{"extcap-dlts", 0, OPTION_ON, AT(dlts), .help = "its link types"},
	{"extcap-config", 0, OPTION_ON, AT(config), .help = "its options"},
	{"extcap-capture-filter", 0, OPTION_TEXT, AT(filter), .help = "as -f"},
	{"capture", 0, OPTION_ON, AT(capture), .help = "capture"},
	{"fifo", 0, OPTION_TEXT, AT(fifo), .help = "where to"},
	{"snaplen", 0, OPTION_TEXT, AT(snaplen), .help = "as -s"},
	{"direction", 0, OPTION_TEXT, AT(direction), .help = "as -Q"},
	{"no-promisc", 0, OPTION_ON, AT(no_promisc), .help = "as there"},
	{NULL},
};

bool
extcap_is_asked(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--extcap-", 9) == 0)
			return true;
	}
	return false;
}

static int
list_interfaces(FILE *out, struct plx_why *why)
{
	struct interface *list;
	int n = interfaces_list(&list);

	if (n < 0)
		return plx_why(why, n, "the kernel's interfaces cannot be listed: %s",
			       strerror(-n));
	fprintf(out, "extcap {version=%s}{display=Pollux}\n", plx_version());
	for (int i = 0; i < n; i++) {
		const char *name = list[i].name;

		if (!list[i].ethernet || strpbrk(name, "{}") != NULL)
			continue;
		fprintf(out, "interface {value=" PREFIX "%s}{display=%s by AF_PACKET (Pollux)}\n",
			name, name);
		fprintf(out, "interface {value=" PREFIX_XDP "%s}{display=%s by AF_XDP (Pollux)}\n",
			name, name);
	}
	free(list);
	return 0;
}

static bool
is_xdp(const char *value)
{
	return strncmp(value, PREFIX_XDP, strlen(PREFIX_XDP)) == 0;
}

/* AF_XDP has no outgoing packets, and takes all that come. */
static void
list_options(const char *interface, FILE *out)
{
	fprintf(out, "arg {number=0}{call=--snaplen}{display=Bytes kept of a packet}{type=integer}"
		     "{range=0,262144}{default=0}{tooltip=0: all of them}\n");
	if (is_xdp(interface))
		return;
	fprintf(out, "arg {number=1}{call=--direction}{display=Direction}{type=selector}"
		     "{tooltip=What the host sends, too, or only what it receives}\n"
		     "value {arg=1}{value=inout}{display=both}{default=true}\n"
		     "value {arg=1}{value=in}{display=received}{default=false}\n"
		     "arg {number=2}{call=--no-promisc}{display=Only packets for this host}"
		     "{type=boolflag}{default=false}\n");
}

/* Whatever is said about it means that it is wrong. */
static void
judge_filter(const char *text, FILE *out)
{
	struct plx_filter *filter;
	struct plx_why why;

	if (plx_filter_compile(text, PLX_FILTER_SNAPLEN, &filter, &why) != 0)
		fprintf(out, "%s\n", why.text);
	else
		plx_filter_destroy(filter);
}

static void
add(struct extcap *e, const char *option, const char *value)
{
	if (value == NULL)
		return;
	e->argv[e->argc++] = (char *)(uintptr_t)option;
	e->argv[e->argc++] = (char *)(uintptr_t)value;
}

static int
make_capture(const struct request *r, char *program, struct extcap *e, struct plx_why *why)
{
	const char *name = r->interface + strlen(PREFIX);

	if (r->fifo == NULL)
		return plx_why(why, -EINVAL, "'--capture' needs '--fifo FILE'");
	if (is_xdp(r->interface))
		snprintf(e->texts[0], sizeof(e->texts[0]), "xdp:%.100s",
			 r->interface + strlen(PREFIX_XDP));
	else
		snprintf(e->texts[0], sizeof(e->texts[0]), "%.100s", name);
	e->argc = 0;
	e->argv[e->argc++] = program;
	add(e, "-i", e->texts[0]);
	add(e, "-w", r->fifo);
	add(e, "--format", "pcapng");
	add(e, "-s", r->snaplen);
	add(e, "-Q", r->direction);
	add(e, "-f", r->filter != NULL && r->filter[0] != '\0' ? r->filter : NULL);
	if (r->no_promisc)
		e->argv[e->argc++] = (char *)(uintptr_t) "--no-promisc";
	e->argv[e->argc++] = (char *)(uintptr_t) "-q";
	return 1;
}

/* Wireshark hands an empty filter over as one. */
static int
read_request(int argc, char **argv, struct request *r, struct plx_why *why)
{
	char **kept = calloc((size_t)argc + 1, sizeof(*kept));
	struct options_found found = {.program = NULL};
	int n = 0, err;

	if (kept == NULL)
		return -ENOMEM;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--extcap-capture-filter=") != 0)
			kept[n++] = argv[i];
	}
	err = options_parse(rows, n, kept, r, &found, why);
	if (err == 0 && found.nb_words > 0)
		err = plx_why(why, -EINVAL, "'%.64s' belongs to no option of extcap",
			      found.words[0]);
	free(found.words);
	free(kept);
	return err;
}

int
extcap_serve(int argc, char **argv, FILE *out, struct extcap *ret_extcap, struct plx_why *why)
{
	struct request r = {0};
	int err = read_request(argc, argv, &r, why);

	if (err != 0)
		return err;
	if (r.interfaces)
		return list_interfaces(out, why);
	if (r.interface == NULL)
		return plx_why(why, -EINVAL,
			       "which interface? --extcap-interface NAME, as --extcap-interfaces "
			       "lists them");
	if (strncmp(r.interface, PREFIX, strlen(PREFIX)) != 0)
		return plx_why(why, -ENODEV,
			       "'%.64s' is none of ours; --extcap-interfaces lists them",
			       r.interface);
	if (r.capture)
		return make_capture(&r, argv[0], ret_extcap, why);
	if (r.dlts)
		fprintf(out, "dlt {number=1}{name=EN10MB}{display=Ethernet}\n");
	else if (r.config)
		list_options(r.interface, out);
	else if (r.filter != NULL)
		judge_filter(r.filter, out);
	return 0;
}
