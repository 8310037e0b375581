/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nfv_firewall: a wire between two ports with a file of rules in it, which SIGHUP reads again while packets flow. What rules drop
 * is counted by rule. A cluster without slaves does the work: it asks the rules, and carries out what they say.
 *
 *	nfv_firewall -l 0 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2 -- firewall.rules
 */
#include <pollux/plx_clock.h>
#include <pollux/plx_cluster.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_filter_rules.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_NS (60 * UINT64_C(1000000000)) /* exact rules that nothing met end */

static const struct plx_cluster_port ports[] = {{.port = 0}, {.port = 1}};
static struct plx_filter_rules *rules;
static const char *path;

/* -- rules ------------------------------------------------------------------------------------------- */

static int
read_rules(struct plx_why *why)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	int ret;

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

/* On the EAL's control thread, as the next ones, while the main one moves packets. */
static void
reload(void *arg, int signo)
{
	struct plx_why why;

	if (read_rules(&why) == 0)
		fprintf(stderr, "%s: read again\n", path);
	else
		fprintf(stderr, "the rules stay as they were: %s\n", why.text);
}

static void
stop(void *cluster, int signo)
{
	plx_cluster_break(cluster);
}

static void
keep_rules(void *arg)
{
	plx_filter_rules_service(rules, plx_clock_monotonic_ns());
	plx_filter_rules_purge(rules, plx_clock_monotonic_ns(), IDLE_NS, 0);
}

/* -- packets ------------------------------------------------------------------------------------------ */

/* What the rules let through crosses. */
static struct plx_cluster_verdict
cross(void *arg, struct plx_mbuf *pkt)
{
	return (struct plx_cluster_verdict){.action = PLX_CLUSTER_PASS, .ports = 2u >> pkt->port};
}

static void
run(struct plx_cluster *cluster)
{
	plx_event_id events[4] = {0};

	plx_event_signal_add(SIGINT, stop, cluster, &events[0]);
	plx_event_signal_add(SIGTERM, stop, cluster, &events[1]);
	plx_event_signal_add(SIGHUP, reload, NULL, &events[2]);
	plx_event_alarm_add(1000000, 1000000, keep_rules, NULL, &events[3]);
	fprintf(stderr, "a wire with the rules of %s ...\n", path);
	plx_cluster_run(cluster);
	for (unsigned i = 0; i < 4; i++)
		plx_event_remove(events[i]);
}

static void
report_rules(void)
{
	struct plx_filter_line line = {.kind = PLX_FILTER_LINE_RULE};
	struct plx_filter_rule_stats stats;
	char text[PLX_FILTER_LINE_TEXT];

	for (uint32_t id = 0; plx_filter_rules_next(rules, id, &line.rule, &stats) == 0;
	     id = line.rule.id + 1) {
		plx_filter_line_format(&line, text, sizeof(text));
		printf("rule %s: %" PRIu64 " packets, %" PRIu64 " bytes\n", text, stats.packets,
		       stats.bytes);
	}
}

/* Destroys the cluster, closes the ports and holds their books against ours. */
static int
report(struct plx_cluster *cluster, struct plx_pool *pool, struct plx_why *why)
{
	struct plx_cluster_stats stats;
	struct plx_ethdev_stats sum;
	int ret = plx_cluster_audit(cluster, why), closed;

	plx_cluster_stats(cluster, &stats);
	plx_cluster_destroy(cluster);
	closed = plx_ethdev_close_all(pool, stdout, &sum, ret == 0 ? why : NULL);
	ret = ret != 0 ? ret : closed;
	report_rules();
	printf("received %" PRIu64 " = forwarded %" PRIu64 " + dropped by rules %" PRIu64
	       " + dropped by policy %" PRIu64 " + sampled out %" PRIu64 "\n",
	       stats.received, stats.forwarded, stats.by_rule, stats.unwanted, stats.sampled_out);
	printf("to be sent %" PRIu64 " = sent %" PRIu64 " + lost, no room to send %" PRIu64 "\n",
	       stats.asked, stats.transmitted, stats.refused + stats.waiting);
	if (ret == 0 && (sum.rx_packets != stats.received ||
			 stats.received != stats.forwarded + stats.by_rule + stats.unwanted +
						   stats.sampled_out))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	printf("%s", ret == 0 ? "every packet is accounted for\n" : "");
	return ret;
}

static int
firewall(struct plx_why *why)
{
	struct plx_cluster_params params = {.rx_ports = ports,
					    .tx_ports = ports,
					    .nb_rx_ports = 2,
					    .nb_tx_ports = 2,
					    .places = 1,
					    .spread = {.decide_one = cross, .rules = rules}};
	struct plx_cluster *cluster;
	int ret = plx_ethdev_open_all(2, 1, 0, &params.pool, why);

	if (ret != 0)
		return ret;
	if ((ret = plx_cluster_create(&params, &cluster, why)) != 0) {
		plx_ethdev_close_all(params.pool, NULL, NULL, NULL);
		return ret;
	}
	run(cluster);
	return report(cluster, params.pool, why);
}

static int
begin(int argc, char **argv, struct plx_why *why)
{
	const struct plx_filter_rules_config config = {.now_ns = plx_clock_monotonic_ns()};
	int ret;

	if (argc != 2)
		return plx_why(why, -EINVAL, "a file of rules is needed: -- firewall.rules");
	path = argv[1];
	ret = plx_filter_rules_create(&config, &rules, why);
	if (ret == 0)
		ret = read_rules(why);
	if (ret == 0)
		ret = firewall(why);
	plx_filter_rules_destroy(rules);
	return ret;
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: nfv_firewall [EAL options] -- FILE\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		ret = begin(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "nfv_firewall: %s\n", why.text);
	return ret < 0;
}
