/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster_count: a slave of a cluster in a process of its own: counts what it gets and tells each second. It needs no EAL, no
 * ports and no rights but its user's; when the master ends or dies it waits for the next one.
 *
 *	plx-cluster -i xdp:eth1 -c 10 -n 2
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
#include <unistd.h>

#define SECOND	UINT64_C(1000000000)
#define WAIT_MS 100
#define COUNTS	"%" PRIu64 " pkts (%" PRIu64 " lost)"
#define LINE	"=========================\n"

static const char usage[] =
	"usage: cluster_count [-a] [-l BYTES] [-f FILTER] [-g GROUP] cluster:ID[@PLACE]\n\n"
	"  -a          poll, in place of sleeping until packets come\n"
	"  -l BYTES    of each packet at most so many count\n"
	"  -f FILTER   only these packets, in tcpdump's language\n"
	"  -g GROUP    of a cluster with groups: which one it belongs to\n";

static struct {
	const char *name; /* "cluster:10", "cluster:10@1" */
	struct plx_cluster_slave_params params;
	uint32_t length; /* bytes of each packet that count */
} asked = {.params.place = PLX_CLUSTER_PLACE_ANY,
	   .params.flags = PLX_CLUSTER_SLAVE_PASSIVE,
	   .length = UINT32_MAX};

static struct count {
	uint64_t packets, bytes, ns, lost, lost_before; /* with masters that are gone */
} total;
static uint64_t whole; /* bytes of the packet whose segments are coming */
static volatile sig_atomic_t stopped;

static void
on_signal(int signo)
{
	stopped = 1;
}

/* What was for this place and had no room in its queue, as the master counts it. */
static void
count_lost(const struct plx_cluster_slave *slave)
{
	struct plx_cluster_slave_stats stats;

	plx_cluster_slave_stats(slave, &stats);
	total.lost = total.lost_before + stats.full + stats.oldest;
}

static struct count
tell(const struct count *before)
{
	const uint64_t packets = total.packets - before->packets, lost = total.lost - before->lost;
	const double s = (double)(total.ns - before->ns) / 1e9;

	printf(LINE "Absolute Stats: " COUNTS " - %" PRIu64 " bytes [%.1f s]\n"
		    "Actual Stats: " COUNTS " [%.1f ms][%.1f pps/%.3f Gbps]\n" LINE,
	       total.packets, total.lost, total.bytes, (double)total.ns / 1e9, packets, lost,
	       s * 1e3, (double)packets / s, (double)(total.bytes - before->bytes) * 8 / s / 1e9);
	fflush(stdout);
	return total;
}

/* What is to be done with a packet goes here: plx_cluster_data(slave, &desc[i]) is where its bytes are. */
static void
count(struct plx_cluster_slave *slave)
{
	const struct plx_cluster_desc *desc;
	const uint32_t n = plx_cluster_peek(slave, &desc, PLX_CLUSTER_BURST);

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

/* Its place is where it looks first when the next master comes; others that have one find theirs, too. */
static int
attach(struct plx_cluster_slave **slave, bool again, struct plx_why *why)
{
	int ret = plx_cluster_attach(asked.name, &asked.params, slave, why);

	if (ret == 0) {
		asked.params.former = plx_cluster_slave_place(*slave);
		fprintf(stderr, "%s: place %u ...\n", asked.name, asked.params.former);
	} else if (again) {
		if (ret != -ENOENT)
			fprintf(stderr, "%s: %s; trying again\n", asked.name, why->text);
		usleep((ret != -ENOENT ? 10 : 1) * WAIT_MS * 1000);
	}
	return ret;
}

static void
serve(struct plx_cluster_slave **slave)
{
	int had = plx_cluster_wait(*slave, WAIT_MS);

	count_lost(*slave);
	count(*slave);
	if (had >= 0)
		return;
	fprintf(stderr, "%s: the master is gone, waiting for the next\n", asked.name);
	plx_cluster_leave(*slave);
	*slave = NULL;
	total.lost_before = total.lost;
	whole = 0;
}

static int
run(struct plx_why *why)
{
	const uint64_t begin = plx_clock_monotonic_ns();
	struct plx_cluster_slave *slave = NULL;
	struct count before = total;
	int ret = attach(&slave, false, why);

	while (ret == 0 && !stopped) {
		if (slave == NULL)
			attach(&slave, true, why);
		else
			serve(&slave);
		total.ns = plx_clock_monotonic_ns() - begin;
		if (total.ns - before.ns >= SECOND)
			before = tell(&before);
	}
	plx_cluster_leave(slave);
	return ret;
}

static int
read_number(int letter, uint32_t *number, struct plx_why *why)
{
	char rest;

	if (*optarg >= '0' && *optarg <= '9' &&
	    sscanf(optarg, "%9" SCNu32 "%c", number, &rest) == 1)
		return 0;
	return plx_why(why, -EINVAL, "-%c: \"%s\" is no number up to 999999999", letter, optarg);
}

static int
read_args(int argc, char **argv, struct plx_why *why)
{
	int letter, ret = 0;

	while (ret == 0 && (letter = getopt(argc, argv, "al:f:g:h")) != -1) {
		if (letter == 'a')
			asked.params.flags = 0;
		else if (letter == 'f')
			asked.params.filter = optarg;
		else if (letter == 'l' || letter == 'g')
			ret = read_number(letter,
					  letter == 'l' ? &asked.length : &asked.params.group, why);
		else if (letter == 'h')
			exit(fputs(usage, stdout) < 0);
		else
			ret = plx_why(why, -EINVAL, "-h lists the options there are");
	}
	if (ret == 0 && optind + 1 != argc)
		ret = plx_why(why, -EINVAL, "the name of one cluster is needed: cluster:10");
	asked.name = argv[optind];
	return ret;
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = read_args(argc, argv, &why);

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (ret == 0)
		ret = run(&why);
	if (ret != 0)
		fprintf(stderr, "cluster_count: %s\n", why.text);
	else
		printf("%s: %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " lost\n", asked.name,
		       total.packets, total.bytes, total.lost);
	return ret != 0;
}
