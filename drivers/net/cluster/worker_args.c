/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include "plx_kvargs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SCHEME	  "cluster:"
#define ID_MAX	  65535
#define PLACE_MAX 63

#define AT(field) offsetof(struct worker_args, field)

static const struct plx_kvargs_field fields[] = {
	{.key = "cluster",
	 .type = PLX_KVARGS_STRING,
	 .offset = AT(cluster),
	 .max = sizeof(((struct worker_args *)0)->cluster),
	 .required = true,
	 .help = "which cluster, and which place of it: 10, 10@2"},
	{.key = "queues",
	 .type = PLX_KVARGS_UINT,
	 .offset = AT(queues),
	 .min = 1,
	 .max = WORKER_SEATS_MAX,
	 .help = "places to take, an rx and a tx queue each (1)"},
	{.key = "group",
	 .type = PLX_KVARGS_UINT,
	 .offset = AT(group),
	 .max = PLACE_MAX,
	 .help = "which group to belong to, of a cluster with groups (0)"},
	{.key = "filter",
	 .type = PLX_KVARGS_STRING,
	 .offset = AT(filter),
	 .max = sizeof(((struct worker_args *)0)->filter),
	 .help = "only what matches, as tcpdump has it, in quotes"},
	{.key = "times",
	 .type = PLX_KVARGS_BOOL,
	 .offset = AT(times),
	 .help = "have the master tell when each packet came (1)"},
	{.key = "writable",
	 .type = PLX_KVARGS_BOOL,
	 .offset = AT(writable),
	 .help = "send packets, which the master must allow (0)"},
	{.key = "send_only",
	 .type = PLX_KVARGS_BOOL,
	 .offset = AT(send_only),
	 .help = "receive nothing, with writable=1 (0)"},
	{.key = "tx_ports",
	 .type = PLX_KVARGS_UINT,
	 .offset = AT(tx_ports),
	 .min = 1,
	 .max = UINT64_MAX,
	 .help = "which of the master's tx ports packets leave by, a bit each (1)"},
	{.key = NULL},
};

/* "10", "10@2": the place's text or NULL. */
static int
check_name(const struct worker_args *args, struct plx_why *why)
{
	char id[sizeof(args->cluster)], *place;
	uint64_t number;

	snprintf(id, sizeof(id), "%s", args->cluster);
	place = strchr(id, '@');
	if (place != NULL)
		*place++ = '\0';
	if (plx_kvargs_uint(id, 0, ID_MAX, &number) != 0)
		return plx_why(why, -EINVAL,
			       "cluster: \"%s\" is no cluster: 10 is expected, or 10@2 for its "
			       "place 2",
			       args->cluster);
	if (place == NULL)
		return 0;
	if (plx_kvargs_uint(place, 0, PLACE_MAX, &number) != 0)
		return plx_why(why, -EINVAL, "cluster: \"%s\" is no place, which are 0 to %u",
			       place, PLACE_MAX);
	if (number + args->queues <= PLACE_MAX + 1)
		return 0;
	return plx_why(why, -EINVAL, "cluster: %s and %" PRIu64 " more places: the last is %u",
		       args->cluster, args->queues - 1, PLACE_MAX);
}

int
worker_args_read(const char *text, struct worker_args *ret_args, struct plx_why *why)
{
	struct worker_args *args = ret_args;
	int ret;

	args->tx_ports = 0;
	ret = plx_kvargs_parse(text, fields, args, why);
	if (ret != 0)
		return ret;
	if (args->tx_ports != 0 && !args->writable)
		return plx_why(why, -EINVAL, "tx_ports: nothing is sent without writable=1");
	if (args->tx_ports == 0)
		args->tx_ports = 1;
	if (args->send_only && !args->writable)
		return plx_why(why, -EINVAL, "send_only: nothing is sent without writable=1");
	/* As it is written everywhere else. */
	if (strncmp(args->cluster, SCHEME, strlen(SCHEME)) == 0)
		memmove(args->cluster, args->cluster + strlen(SCHEME),
			sizeof(args->cluster) - strlen(SCHEME));
	return check_name(args, why);
}

void
worker_args_name(const struct worker_args *args, unsigned i, char *ret_name, size_t size)
{
	const char *at = strchr(args->cluster, '@');
	uint64_t place = 0;

	if (at == NULL || plx_kvargs_uint(at + 1, 0, PLACE_MAX, &place) != 0)
		snprintf(ret_name, size, SCHEME "%s", args->cluster);
	else
		snprintf(ret_name, size, SCHEME "%.*s@%" PRIu64, (int)(at - args->cluster),
			 args->cluster, place + i);
}
