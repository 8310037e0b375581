/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_S	    UINT64_C(1000000000)
#define DAY_S	    UINT64_C(86400)
#define DURATION_NS (365 * DAY_S * NS_S)
#define RESERVE_MAX (1u << 20)

#define AT(field) offsetof(struct settings, field)

/* In the order of enum plx_cluster_key; a test holds them against plx_cluster_key_name. */
static const char *const modes[] = {"flow",    "round-robin", "mac",	"ip",
				    "5-tuple", "protocol",    "vlan",	"inner",
				    "src-ip",  "dst-ip",      "fanout", NULL};
/* In the order of enum plx_cluster_overflow. */
static const char *const overflows[] = {"newest", "oldest", "borrow", "pressure", NULL};
static const char *const patiences[] = {"as-idle", "active", "passive", NULL};

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, .help = "The cluster"},
	{"cluster", 'c', OPTION_UINT, AT(id), 0, PLX_CLUSTER_ID_MAX, .value = "ID",
	 .help = "its number, by which slaves find it: cluster:ID"},
	{"interface", 'i', OPTION_TEXTS, AT(interfaces), .value = "PORT[,..]",
	 .help = "a port: eth1, xdp:eth1 (by AF_XDP: the kernel does not see its packets), a PCI address, "
		 "cluster:10 (as a slave of another master), or a driver: net_null0; or one made by the EAL's "
		 "options, in front of '--'"},
	{"slaves", 'n', OPTION_TEXT, AT(slaves), .value = "N[,N..]",
	 .help = "places for slaves (1); several numbers: groups, of which each gets every packet "
		 "and shares it out among its own"},
	{"mode", 'm', OPTION_CHOICE, AT(mode), .choices = modes, .value = "MODE",
	 .help = "what packets are shared out by: flow, round-robin, mac, ip, 5-tuple, protocol, "
		 "vlan, inner, src-ip, dst-ip; or fanout: every slave gets every packet (flow)"},
	{"queue-len", 'q', OPTION_UINT, AT(queue_len), 1, PLX_CLUSTER_QUEUE_MAX, .value = "N",
	 .help = "packets in the queue of a slave, a power of two (1024)"},
	{"extra", 'x', OPTION_UINT, AT(extra), 0, PLX_CLUSTER_EXTRA_MAX, .value = "N",
	 .help = "buffers that a slave may hold beside its queue (0)"},
	{"overflow", 'o', OPTION_CHOICE, AT(overflow), .choices = overflows,
	 .help = "what is lost where a slave's queue is full: the newest packets, the oldest, "
		 "those beyond a common reserve, or none, as all wait for the slowest (newest)"},
	{"reserve", 0, OPTION_UINT, AT(reserve), 1, RESERVE_MAX, .value = "N",
	 .help = "packets in all queues together beyond their lengths, with --overflow borrow "
		 "(as many as all queues have)"},
	{"writable", 0, OPTION_ON, AT(writable),
	 .help = "slaves may change packets, and send: out of all ports"},
	{"trusted", 0, OPTION_ON, AT(trusted),
	 .help = "these slaves mean no harm: they may write to huge pages, too"},
	{"sticky", 0, OPTION_ON, AT(sticky),
	 .help = "the share of a place without slave is lost, in place of going to the others"},

	{"", 0, OPTION_HEADING, .help = "Which packets"},
	{"filter", 0, OPTION_TEXT, AT(filter), .value = "FILTER",
	 .help = "only those, in tcpdump's language"},
	{"rules", 0, OPTION_TEXT, AT(rules), .value = "FILE",
	 .help = "drop, reflect, forward by rules; SIGHUP reads them again"},
	{"purge", 0, OPTION_TIME, AT(purge_ns), NS_S / 10, DURATION_NS, .value = "SECONDS",
	 .help = "with --rules: delete exact rules that no packet met for so long (never)"},
	{"forward", 'f', OPTION_TEXT, AT(forward), .value = "PORT->PORT[,..]",
	 .help = "what comes in by the one port also leaves by the other: '0->1,1->0'; none: nothing yet, but "
		 "plx-ctl may say what"},
	{"wait-slaves", 0, OPTION_UINT, AT(wait_slaves), 0, PLX_CLUSTER_PLACES_MAX, .value = "N",
	 .help = "receive nothing until so many slaves are there"},

	{"", 0, OPTION_HEADING, .help = "Running"},
	{"rx-lcore", 'r', OPTION_UINT, AT(rx_lcore), 0, UINT32_MAX, .value = "LCORE",
	 .help = "that receives and distributes (the first that is not the main one)"},
	{"tx-lcore", 't', OPTION_UINT, AT(tx_lcore), 0, UINT32_MAX, .value = "LCORE",
	 .help = "that sends what leaves by ports (the one that receives)"},
	{"wait", 'w', OPTION_CHOICE, AT(patience), .choices = patiences,
	 .help = "poll, or sleep while nothing comes (as the EAL's --idle says)"},
	{"daemon", 'd', OPTION_ON, AT(background),
	 .help = "go to the background once slaves can come"},
	{"pid-file", 'p', OPTION_TEXT, AT(pid_file), .value = "FILE",
	 .help = "write the process number there; two of the same file do not run at once"},
	{"keep-privileges", 0, OPTION_ON, AT(keep_privileges),
	 .help = "give up no capabilities once all is open"},
	{"duration", 0, OPTION_TIME, AT(duration_ns), 0, DURATION_NS, .value = "TIME",
	 .help = "end by itself after 10, 500ms, 3m"},

	{"", 0, OPTION_HEADING, .help = "What is told"},
	{"stats-period", 'S', OPTION_TIME, AT(period_ns), 0, DAY_S *NS_S, .value = "TIME",
	 .help = "print the books again and again"},
	{"json", 0, OPTION_ON, AT(json),
	 .help = "the books are lines of JSON on standard output; all else goes to standard error"},
	{"verbose", 'v', OPTION_ON, AT(verbose), .help = "tell of slaves that come and go"},
	{"help", 'h', OPTION_ON, AT(help), .help = "this text"},
	{"version", 'V', OPTION_ON, AT(version), .help = "the version"},
	{NULL},
};

/* -- lists -------------------------------------------------------------------------------------------- */

static bool
read_number(const char **at, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;
	const char *p = *at;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9' && number <= max; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	*at = p;
	*ret_number = (uint32_t)number;
	return number <= max;
}

static int
check_mode(const struct settings *settings, struct plx_why *why)
{
	if (settings->nb_groups > 1 && settings->mode == MODE_FANOUT)
		return plx_why(why, -EINVAL,
			       "--mode fanout gives everything to every slave: it has no groups, "
			       "and here are %u",
			       settings->nb_groups);
	return 0;
}

static int
read_slaves(struct settings *settings, struct plx_why *why)
{
	const char *at = settings->slaves != NULL ? settings->slaves : "1";

	settings->nb_groups = settings->places = 0;
	do {
		uint32_t n;

		if (!read_number(&at, PLX_CLUSTER_PLACES_MAX, &n) || n == 0 ||
		    settings->places + n > PLX_CLUSTER_PLACES_MAX)
			return plx_why(why, -EINVAL,
				       "--slaves: '%s' is no number of slaves or list such as 2,1, "
				       "together 1 to %d",
				       settings->slaves, PLX_CLUSTER_PLACES_MAX);
		settings->group_places[settings->nb_groups++] = n;
		settings->places += n;
	} while (*at++ == ',');
	if (at[-1] != '\0')
		return plx_why(why, -EINVAL, "--slaves: '%s' is no list such as 2,1",
			       settings->slaves);
	return check_mode(settings, why);
}

static int
read_forward(struct settings *settings, struct plx_why *why)
{
	const char *at = settings->forward;

	settings->forwards = false;
	settings->port_named = 0;
	memset(settings->forward_to, 0, sizeof(settings->forward_to));
	if (at == NULL)
		return 0;
	settings->sends = true;
	if (strcmp(at, "none") == 0)
		return 0;
	settings->forwards = true;
	do {
		uint32_t from, to;

		if (!read_number(&at, PLX_CLUSTER_PORTS_MAX - 1, &from) ||
		    strncmp(at, "->", 2) != 0)
			goto refuse;
		at += 2;
		if (!read_number(&at, PLX_CLUSTER_PORTS_MAX - 1, &to))
			goto refuse;
		settings->forward_to[from] |= UINT64_C(1) << to;
		if (from > settings->port_named)
			settings->port_named = from;
		if (to > settings->port_named)
			settings->port_named = to;
	} while (*at++ == ',');
	if (at[-1] == '\0')
		return 0;
refuse:
	return plx_why(why, -EINVAL,
		       "--forward: '%s' is no list such as '0->1,1->0' of ports 0 to %d, nor none "
		       "(quote it: the shell knows > as well)",
		       settings->forward, PLX_CLUSTER_PORTS_MAX - 1);
}

/* -- all together ------------------------------------------------------------------------------------- */

static int
check(struct settings *settings, const struct options_found *found, struct plx_why *why)
{
	if (found->nb_words > 0)
		return plx_why(
			why, -EINVAL,
			"\"%.64s\" is no option of plx-cluster; ports are named by -i, or by the "
			"EAL's options, in front of '--': --vdev net_af_xdp0,iface=eth1",
			found->words[0]);
	if (!options_given(rows, found, "cluster"))
		return plx_why(why, -EINVAL, "the cluster needs a number: --cluster 10");
	if ((settings->queue_len & (settings->queue_len - 1)) != 0)
		return plx_why(why, -EINVAL, "--queue-len: %llu is no power of two",
			       (unsigned long long)settings->queue_len);
	if (settings->trusted && !settings->writable)
		return plx_why(why, -EINVAL, "--trusted is of slaves that may write: --writable");
	if (settings->filter != NULL && settings->rules != NULL)
		return plx_why(why, -EINVAL,
			       "'--filter' contradicts '--rules'; a filter can be a rule: 10 "
			       "forward bpf \"...\" and policy drop");
	if (settings->purge_ns != 0 && settings->rules == NULL)
		return plx_why(why, -EINVAL, "--purge deletes exact rules, of --rules FILE");
	if (settings->reserve != 0 && settings->overflow != PLX_CLUSTER_BORROW)
		return plx_why(why, -EINVAL, "--reserve is what --overflow borrow borrows from");
	if (settings->rx_lcore != SETTINGS_LCORE_NONE && settings->rx_lcore == settings->tx_lcore)
		return plx_why(why, -EINVAL,
			       "--rx-lcore and --tx-lcore both name lcore %llu; without --tx-lcore "
			       "it does both",
			       (unsigned long long)settings->rx_lcore);
	if (settings->background && (settings->period_ns != 0 || settings->json))
		return plx_why(why, -EINVAL,
			       "'--daemon' has no output for '%s'; plx-ctl asks it: plx-ctl "
			       "plx-cluster cluster",
			       settings->json ? "--json" : "--stats-period");
	return 0;
}

int
settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why)
{
	struct options_found found = {.program = "plx-cluster"};
	int ret;

	*settings = (struct settings){.queue_len = 1024,
				      .rx_lcore = SETTINGS_LCORE_NONE,
				      .tx_lcore = SETTINGS_LCORE_NONE,
				      .short_form = strcmp(argv[0], "--") != 0};
	ret = options_parse(rows, argc, argv, settings, &found, why);
	if (ret == 0 && !settings->help && !settings->version) {
		ret = check(settings, &found, why);
		if (ret == 0)
			ret = read_slaves(settings, why);
		if (ret == 0)
			ret = read_forward(settings, why);
		if (ret == 0 && settings->wait_slaves > settings->places)
			ret = plx_why(why, -EINVAL,
				      "--wait-slaves: %llu will never be there, --slaves has "
				      "places for %u",
				      (unsigned long long)settings->wait_slaves, settings->places);
		if (settings->overflow == PLX_CLUSTER_BORROW && settings->reserve == 0)
			settings->reserve = settings->places * settings->queue_len;
		if (settings->reserve > RESERVE_MAX)
			settings->reserve = RESERVE_MAX;
	}
	free(found.words);
	return ret;
}

int
settings_set_mode(struct settings *settings, const char *word, struct plx_why *why)
{
	char *argv[] = {(char[]){"mode"}, (char[]){"--mode"}, (char *)(uintptr_t)word};
	struct options_found found = {.program = NULL};
	struct settings other = *settings;
	int ret = options_parse(rows, 3, argv, &other, &found, why);

	free(found.words);
	if (ret == 0)
		ret = check_mode(&other, why);
	if (ret == 0)
		settings->mode = other.mode;
	return ret;
}

int
settings_set_groups(struct settings *settings, const char *word, struct plx_why *why)
{
	struct settings other = *settings;
	int ret;

	other.slaves = word;
	ret = read_slaves(&other, why);
	if (ret == 0 && other.places != settings->places)
		ret = plx_why(
			why, -EINVAL,
			"groups %.64s have %u places, the cluster has %u, as --slaves said when "
			"it began",
			word, other.places, settings->places);
	if (ret < 0)
		return ret;
	settings->nb_groups = other.nb_groups;
	memcpy(settings->group_places, other.group_places, sizeof(settings->group_places));
	return 0;
}

int
settings_set_forward(struct settings *settings, const char *word, struct plx_why *why)
{
	struct settings other = *settings;
	int ret;

	other.forward = word;
	ret = read_forward(&other, why);
	if (ret < 0)
		return ret;
	settings->forwards = other.forwards;
	settings->port_named = other.port_named;
	memcpy(settings->forward_to, other.forward_to, sizeof(settings->forward_to));
	return 0;
}

void
settings_usage(FILE *out)
{
	fprintf(out, "Usage: plx-cluster -i PORT[,..] -c ID [options]\n"
		     "       plx-cluster [EAL options] -- -c ID [options]\n"
		     "Hands the packets of all ports to slaves, which are other processes, without "
		     "copying them.\n");
	options_usage(rows, out);
	fprintf(out, "\nExamples: sudo plx-cluster -i xdp:eth1 -c 10 -n 4\n"
		     "          kill -HUP $(cat /run/cluster.pid)     reads --rules again\n\n");
}

const char *
settings_mode_name(const struct settings *settings)
{
	return modes[settings->mode];
}

const char *
settings_overflow_name(const struct settings *settings)
{
	return overflows[settings->overflow];
}

void
settings_print_groups(const struct settings *settings, FILE *out)
{
	for (uint32_t i = 0; i < settings->nb_groups; i++)
		fprintf(out, "%s%u", i == 0 ? "" : ",", settings->group_places[i]);
}

void
settings_print_forward(const struct settings *settings, FILE *out)
{
	const char *comma = "";

	if (!settings->forwards)
		fputs("none", out);
	for (uint32_t from = 0; from < PLX_CLUSTER_PORTS_MAX; from++)
		for (uint64_t left = settings->forward_to[from]; left != 0; left &= left - 1) {
			fprintf(out, "%s%u->%d", comma, from, __builtin_ctzll(left));
			comma = ",";
		}
}
