/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster_count: a slave of a cluster in a process of its own: counts what it gets and tells each second. It needs no EAL, no
 * ports and no rights but its user's; when the master ends or dies it waits for the next one.
 *
 *	plx-cluster --vdev net_af_xdp0,iface=eth1 -- -c 10 -n 2
 *	cluster_count cluster:10
 */
#include <pollux/plx_clock.h>
#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BURST	 64
#define SECOND	 UINT64_C(1000000000)
#define WAIT_MS	 100
#define RETRY_US 100000
#define LINE	 "=========================\n"

static struct {
	const char *name; /* "cluster:10", "cluster:10@1" */
	struct plx_cluster_slave_params params;
	uint64_t length; /* bytes of each packet that count */
} asked = {.params.place = PLX_CLUSTER_PLACE_ANY,
	   .params.flags = PLX_CLUSTER_SLAVE_PASSIVE,
	   .length = UINT64_MAX};

static struct count {
	uint64_t packets, bytes, ns;
} total;
static uint64_t whole; /* bytes of the packet whose segments are coming */
static volatile sig_atomic_t stopped;

static void
on_signal(int signo)
{
	stopped = 1;
}

static void
tell(const struct count *before)
{
	const uint64_t packets = total.packets - before->packets;
	const uint64_t bytes = total.bytes - before->bytes;
	const double s = (double)(total.ns - before->ns) / 1e9;

	printf(LINE "Absolute Stats: %" PRIu64 " pkts - %" PRIu64 " bytes [%.1f s]\n",
	       total.packets, total.bytes, (double)total.ns / 1e9);
	printf("Actual Stats: %" PRIu64 " pkts [%.1f ms][%.1f pps/%.3f Gbps]\n" LINE, packets,
	       s * 1e3, (double)packets / s, (double)bytes * 8 / s / 1e9);
	fflush(stdout);
}

/* What is to be done with a packet goes here: plx_cluster_data(slave, &desc[i]) is where its bytes are. */
static void
count(struct plx_cluster_slave *slave)
{
	const struct plx_cluster_desc *desc;
	const uint32_t n = plx_cluster_peek(slave, &desc, BURST);

	for (uint32_t i = 0; i < n; i++) {
		whole += desc[i].len;
		if ((desc[i].flags & PLX_CLUSTER_MORE) != 0)
			continue;
		total.packets++;
		total.bytes += whole < asked.length ? whole : asked.length;
		whole = 0;
	}
	plx_cluster_done(slave, n);
}

/* The first time an error is the end; later a master may come back. */
static int
attach(struct plx_cluster_slave **slave, bool first, struct plx_why *why)
{
	int ret = plx_cluster_attach(asked.name, &asked.params, slave, why);

	if (ret == 0)
		fprintf(stderr, "%s: place %u ...\n", asked.name, plx_cluster_slave_place(*slave));
	else if (!first)
		usleep(RETRY_US);
	return ret;
}

static void
detach(struct plx_cluster_slave **slave)
{
	plx_cluster_leave(*slave);
	*slave = NULL;
	whole = 0;
	fprintf(stderr, "%s: the master is gone, waiting for the next\n", asked.name);
}

static int
run(struct plx_why *why)
{
	const uint64_t begin = plx_clock_monotonic_ns();
	struct plx_cluster_slave *slave = NULL;
	struct count before = total;
	int ret = attach(&slave, true, why), had;

	if (ret != 0)
		return ret;
	while (!stopped) {
		had = slave != NULL ? plx_cluster_wait(slave, WAIT_MS) : 0;
		if (had > 0)
			count(slave);
		else if (had < 0)
			detach(&slave);
		else if (slave == NULL)
			attach(&slave, false, why);
		total.ns = plx_clock_monotonic_ns() - begin;
		if (total.ns - before.ns < SECOND)
			continue;
		tell(&before);
		before = total;
	}
	plx_cluster_leave(slave);
	return 0;
}

static void
usage(FILE *out)
{
	fprintf(out, "usage: cluster_count [-a] [-l BYTES] [-f FILTER] [-g GROUP] "
		     "cluster:ID[@PLACE]\n\n"
		     "  -a          poll, in place of sleeping until packets come\n"
		     "  -l BYTES    of each packet at most so many count\n"
		     "  -f FILTER   only these packets, in tcpdump's language\n"
		     "  -g GROUP    of a cluster with groups: which one it belongs to\n");
}

static int
read_number(char letter, const char *text, uint64_t max, uint64_t *number, struct plx_why *why)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && *number <= max)
		return 0;
	return plx_why(why, -EINVAL, "-%c: \"%s\" is no number up to %" PRIu64, letter, text, max);
}

static int
read_args(int argc, char **argv, struct plx_why *why)
{
	uint64_t group;
	int letter, ret = 0;

	while (ret == 0 && (letter = getopt(argc, argv, "al:f:g:h")) != -1) {
		if (letter == 'a')
			asked.params.flags = 0;
		else if (letter == 'f')
			asked.params.filter = optarg;
		else if (letter == 'l')
			ret = read_number('l', optarg, UINT32_MAX, &asked.length, why);
		else if (letter == 'g' &&
			 (ret = read_number('g', optarg, UINT32_MAX, &group, why)) == 0)
			asked.params.group = (uint32_t)group;
		else if (letter == 'h')
			return -ECANCELED;
		else if (letter == '?')
			ret = plx_why(why, -EINVAL, "-h lists the options there are");
	}
	if (ret == 0 && optind + 1 != argc)
		ret = plx_why(why, -EINVAL, "the name of one cluster is needed: cluster:10");
	asked.name = ret == 0 ? argv[optind] : NULL;
	return ret;
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = read_args(argc, argv, &why);

	if (ret == -ECANCELED) {
		usage(stdout);
		return 0;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (ret == 0)
		ret = run(&why);
	if (ret != 0)
		fprintf(stderr, "cluster_count: %s\n", why.text);
	else
		printf("%s: %" PRIu64 " packets, %" PRIu64 " bytes\n", asked.name, total.packets,
		       total.bytes);
	return ret != 0;
}
