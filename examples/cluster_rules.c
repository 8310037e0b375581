/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster_rules: a slave of a cluster that runs a file of rules itself, over what it was handed: others of the same cluster may have
 * other rules, or none. Tells at the end what became of its packets, rule by rule; SIGHUP reads the file again.
 *
 *	plx-cluster -i xdp:eth1 -c 10 -n 2
 *	cluster_rules mine.rules cluster:10
 */
#include <pollux/plx_clock.h>
#include <pollux/plx_cluster_slave.h>
#include <pollux/plx_filter_rules.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST	64
#define WAIT_MS 100
#define IDLE_NS (60 * UINT64_C(1000000000)) /* exact rules that nothing met end */

static const char usage[] = "usage: cluster_rules FILE cluster:ID[@PLACE]";
static const char *path;
static struct plx_filter_rules *rules;
static struct plx_filter_rules_reader *reader;
static uint64_t fates[PLX_FILTER_FATES];
static volatile sig_atomic_t stopped, hung_up;

static void
on_signal(int signo)
{
	if (signo == SIGHUP)
		hung_up = 1;
	else
		stopped = 1;
}

/* The packets are looked at where they lie, or one by one in `room`. What passes is to be worked on here. */
static void
sift(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc, uint32_t n)
{
	struct plx_filter_packet packets[BURST];
	struct plx_filter_verdict verdicts[BURST];
	uint8_t room[PLX_CLUSTER_VIEW];
	uint32_t k = 0;

	for (uint32_t i = 0; i < n;) {
		i += plx_cluster_packet(slave, &desc[i], n - i, room, &packets[k++]);
		if (i < n && packets[k - 1].bytes != room)
			continue;
		plx_filter_rules_match_burst(reader, packets, k, plx_clock_monotonic_ns(),
					     verdicts);
		while (k > 0)
			fates[verdicts[--k].fate]++;
	}
}

static int
read_rules(struct plx_why *why)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	int ret = 0;

	if (in == NULL)
		return plx_why(why, -errno, "%s: %s", path, strerror(errno));
	if (getdelim(&text, &size, '\0', in) < 0 && ferror(in))
		ret = plx_why(why, -EIO, "%s: it cannot be read", path);
	else
		ret = plx_filter_rules_load_text(rules, feof(in) && text != NULL ? text : "",
						 plx_clock_monotonic_ns(), why);
	free(text);
	fclose(in);
	return ret;
}

/* Beside the packets: what rules asked for, rules that ended, a file that is new. */
static void
keep_rules(void)
{
	struct plx_why why;

	plx_filter_rules_service(rules, plx_clock_monotonic_ns());
	plx_filter_rules_purge(rules, plx_clock_monotonic_ns(), IDLE_NS, 1024);
	if (!hung_up)
		return;
	hung_up = 0;
	if (read_rules(&why) == 0)
		fprintf(stderr, "%s: read again\n", path);
	else
		fprintf(stderr, "the rules stay as they were: %s\n", why.text);
}

/* Until a signal, or the master is gone. */
static int
run(const char *name, struct plx_why *why)
{
	const struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY,
							.flags = PLX_CLUSTER_SLAVE_PASSIVE};
	const struct plx_cluster_desc *desc;
	struct plx_cluster_slave *slave;
	int ret = plx_cluster_attach(name, &params, &slave, why);

	if (ret != 0)
		return ret;
	fprintf(stderr, "%s: place %u, the rules of %s ...\n", name, plx_cluster_slave_place(slave),
		path);
	while (!stopped && (ret = plx_cluster_wait(slave, WAIT_MS)) >= 0) {
		const uint32_t n = plx_cluster_peek(slave, &desc, BURST);

		sift(slave, desc, n);
		plx_cluster_done(slave, n);
		keep_rules();
	}
	plx_cluster_leave(slave);
	return 0;
}

static void
tell(void)
{
	struct plx_filter_line line = {.kind = PLX_FILTER_LINE_RULE};
	struct plx_filter_rule_stats stats;
	char text[PLX_FILTER_LINE_TEXT];

	for (uint32_t id = 0; plx_filter_rules_next(rules, id, &line.rule, &stats) == 0;
	     id = line.rule.id + 1) {
		plx_filter_line_format(&line, text, sizeof(text));
		printf("rule %s: %" PRIu64 " packets\n", text, stats.packets);
	}
	printf("passed %" PRIu64 ", dropped %" PRIu64 ", unwanted %" PRIu64 ", sampled out %" PRIu64
	       ", to be sent %" PRIu64 "\n",
	       fates[PLX_FILTER_PASSED], fates[PLX_FILTER_DROPPED], fates[PLX_FILTER_UNWANTED],
	       fates[PLX_FILTER_SAMPLED_OUT], fates[PLX_FILTER_SENT]);
}

static int
begin(int argc, char **argv, struct plx_why *why)
{
	const struct plx_filter_rules_config config = {.now_ns = plx_clock_monotonic_ns()};
	int ret;

	if (argc != 3)
		return plx_why(why, -EINVAL, "%s", usage);
	path = argv[1];
	ret = plx_filter_rules_create(&config, &rules, why);
	if (ret == 0)
		ret = read_rules(why);
	if (ret == 0)
		ret = plx_filter_rules_reader_create(rules, &reader, why);
	if (ret == 0)
		ret = run(argv[2], why);
	if (ret == 0)
		tell();
	plx_filter_rules_destroy(rules);
	return ret;
}

int
main(int argc, char **argv)
{
	struct plx_why why;

	if (argc == 2 && strcmp(argv[1], "-h") == 0)
		return puts(usage) < 0;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	if (begin(argc, argv, &why) == 0)
		return 0;
	fprintf(stderr, "cluster_rules: %s\n", why.text);
	return 1;
}
