/* SPDX-License-Identifier: BSD-3-Clause */
#include "ports.h"

#include "port_word.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* "eth1" of "eth1,eth2"; the arguments of a driver are its own: "net_null0,no-rx=1" of "net_null0,no-rx=1,eth2". */
static size_t
word_length(const char *text)
{
	size_t len = strcspn(text, ",");

	while (strncmp(text, "net_", 4) == 0 && text[len] == ',' &&
	       text[len + 1 + strcspn(text + len + 1, "=,")] == '=')
		len += 1 + strcspn(text + len + 1, ",");
	return len;
}

static int
add_list(struct eal_args *args, const char *list, struct plx_why *why)
{
	static const struct port_habit habit = {.twice = "slaves would get each packet twice"};
	int ret = 0;

	for (const char *at = list; ret == 0; at++) {
		const size_t len = word_length(at);
		char *word = len == 0 ? NULL : strndup(at, len);

		if (word == NULL)
			return plx_why(
				why, -EINVAL,
				"--interface: '%s' is no list of ports such as eth1,xdp:eth2",
				list);
		ret = port_word_add_device(args, &habit, word, why);
		free(word);
		at += len;
		if (*at == '\0')
			break;
	}
	return ret;
}

/* As many as it needs, on the one CPU if there is no more. */
static int
add_lcores(struct eal_args *args, const struct settings *settings, struct plx_why *why)
{
	const unsigned n = settings->tx_lcore != SETTINGS_LCORE_NONE ? 3 : 2;
	cpu_set_t cpus;
	int ret, cpu = 0;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0 || (unsigned)CPU_COUNT(&cpus) >= n)
		return eal_args_add_lcores(args, n, why);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	ret = eal_args_add(args, why, "--lcores");
	return ret != 0 ? ret : eal_args_add(args, why, "(0-%u)@%d", n - 1, cpu);
}

static int
add_defaults(struct eal_args *args, const struct settings *settings, struct plx_why *why)
{
	int ret = eal_args_add(args, why, "--idle=sleep");

	if (settings->interfaces.n == 0)
		return plx_why(why, -EINVAL,
			       "no ports: -i eth1,eth2 names interfaces, or they are the EAL's "
			       "options, in front of '--'");
	if (ret == 0)
		ret = eal_args_add(args, why, "--log-level=eal.zone:warning");
	return ret == 0 ? add_lcores(args, settings, why) : ret;
}

int
ports_args(struct eal_args *args, const struct settings *settings, int at, char **argv,
	   struct plx_why *why)
{
	int ret = 0;

	/* With options of the EAL there may be a net_af_packet0 among them. */
	*args = (struct eal_args){.next = settings->short_form ? 0 : (unsigned)at};
	if (settings->short_form)
		ret = add_defaults(args, settings, why);
	for (unsigned i = 0; i < settings->interfaces.n && ret == 0; i++)
		ret = add_list(args, settings->interfaces.item[i], why);
	if (ret == 0 && settings->short_form && !args->pci)
		ret = eal_args_add(args, why, "--no-pci");
	return ret == 0 ? eal_args_finish(args, at, argv, why) : ret;
}
