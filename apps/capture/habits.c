/* SPDX-License-Identifier: BSD-3-Clause */
#include "habits.h"

#include <errno.h>
#include <string.h>

#define PRINT                                                                                  \
	"packets are written here, and looked into by others: plx-capture ... -w - | tcpdump " \
	"%s -nr -"
#define BUFFER                                                                                     \
	"in place of the kernel's buffer there are --rxd N (packets a queue of the device holds) " \
	"and --ring N (packets that may wait for the disk)"
#define CLOCK \
	"times are the device's or the kernel's where packets bring them; a pcapng file says whose"
#define ETHERNET "all packets are Ethernet, there is nothing to choose"
#define MONITOR	 "monitor mode is set before: iw dev NAME set type monitor"
#define USER                                                                                      \
	"rights are given up once everything is open, without another user; to be one, start as " \
	"it, with the capabilities that 'plx-doctor capabilities' names"

static const struct habit {
	const char *typed;
	const char *here; /* %s: typed */
} habits[] = {
	{"-A", PRINT},
	{"-e", PRINT},
	{"-t", PRINT},
	{"-x", PRINT},
	{"-X", PRINT},
	{"-S", PRINT},
	{"-K", PRINT},
	{"--print", PRINT},
	{"-B", BUFFER},
	{"--buffer-size", BUFFER},
	{"-F", "a filter that stands in a file is written \"$(cat FILE)\""},
	{"-V", "several files are -r FILE -r FILE"},
	{"-I", MONITOR},
	{"--monitor-mode", MONITOR},
	{"-j", CLOCK},
	{"-J", CLOCK},
	{"--time-stamp-type", CLOCK},
	{"--time-stamp-precision", "times are nanoseconds; --format pcap-us has microseconds"},
	{"-L", ETHERNET},
	{"-y", ETHERNET},
	{"--linktype", ETHERNET},
	{"-P", "dumpcap's -P is --format pcap, or a name that ends in .pcap"},
	{"-Z", USER},
	{"--relinquish-privileges", USER},
	{"--immediate-mode", "it is always so"},
	{"--no-promiscuous-mode", "it is --no-promisc"},
	{"--capture-comment", "it is --comment"},
};

void
habits_explain(const char *typed, struct plx_why *why)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(habits); i++) {
		const char *here = habits[i].here, *mark = strstr(here, "%s");

		if (strcmp(habits[i].typed, typed) != 0)
			continue;
		if (mark == NULL)
			plx_why(why, -EINVAL, "unknown option '%s': %s", typed, here);
		else
			plx_why(why, -EINVAL, "unknown option '%s': %.*s%s%s", typed,
				(int)(mark - here), here, typed, mark + 2);
		return;
	}
}

/* What follows tcpdump's -d: an option, or the first word of a filter. */
static bool
begins_filter(const char *next)
{
	static const char *const words[] = {"arp",   "dst", "ether", "host", "icmp", "icmp6",
					    "ip",    "ip6", "net",   "not",  "port", "portrange",
					    "proto", "src", "tcp",   "udp",  "vlan"};

	for (unsigned i = 0; next != NULL && i < PLX_ARRAY_LEN(words); i++) {
		if (strcmp(words[i], next) == 0)
			return true;
	}
	return next == NULL || next[0] == '-';
}

int
habits_check(const char *word, const char *next, struct plx_why *why)
{
	if (strcmp(word, "-p") == 0 && (next == NULL || next[0] == '-'))
		return plx_why(
			why, -EINVAL,
			"-p is a list of ports here, such as 0,2; tcpdump's -p is --no-promisc");
	if (strcmp(word, "-d") == 0 && begins_filter(next))
		return plx_why(why, -EINVAL,
			       "-d is how long to capture, such as 10 or 5m; tcpdump's -d is "
			       "--filter-code");
	return 0;
}
