/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-testpmd: forwards packets between ports, by prompt or by itself, and tells what became of each.
 *
 *	main lcore                 the other lcores
 *	prompt or waiting   ---->  forward_loop(): rx burst -> engine -> tx burst, stream by stream
 */
#include "args.h"
#include "engine.h"
#include "faults.h"
#include "prompt.h"
#include "report.h"
#include "stop.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int
complain(const char *text)
{
	fflush(stdout);
	fprintf(stderr, "plx-testpmd: %s\n", text);
	return 1;
}

static void
usage(FILE *out)
{
	fprintf(out, "Usage: plx-testpmd [EAL options] -- [options]\n"
		     "Forwards packets between ports, and tells what became of each.\n\n");
	plx_eal_usage(out);
	args_usage(out);
	fprintf(out, "\nExample: plx-testpmd -l 0-1 --vdev net_null0 --vdev net_null1 -- -i\n");
}

static int
choose_lcores(struct testpmd *app, struct plx_why *why)
{
	const unsigned workers = plx_lcore_count() - 1;

	if (app->args.nb_cores > workers)
		return plx_why(why, -EINVAL,
			       "--nb-cores %u: there are %u lcores, and the main one does not "
			       "forward; name more with -l, or with --lcores '(0-%u)@0' on one CPU",
			       (unsigned)app->args.nb_cores, workers + 1,
			       (unsigned)app->args.nb_cores);
	PLX_LCORE_FOREACH_WORKER(lcore) {
		if (app->args.nb_cores == 0 || app->nb_lcores < app->args.nb_cores)
			app->lcores[app->nb_lcores++] = lcore;
	}
	return 0;
}

/* Without a prompt: until a signal or the time is over, with figures on the way. */
static void
wait_until_stopped(struct testpmd *app)
{
	const uint64_t step_us = 50000;
	uint64_t start = plx_clock_monotonic_ns(), next_report, now;

	next_report = start + app->args.stats_period_s * 1000000000ULL;
	while (!stop_requested()) {
		usleep(step_us);
		now = plx_clock_monotonic_ns();
		if (app->args.stats_period_s != 0 && now >= next_report) {
			for (unsigned i = 0; i < app->nb_ports; i++)
				report_port_stats(app->ports[i], stdout);
			fflush(stdout);
			next_report += app->args.stats_period_s * 1000000000ULL;
		}
		if (app->args.duration_s != 0 &&
		    now - start >= app->args.duration_s * 1000000000ULL)
			break;
	}
}

static int
run(struct testpmd *app, struct plx_why *why)
{
	bool start = !app->args.interactive || app->args.auto_start;
	int ret = 0;

	if (start)
		ret = forward_start(app, app->args.tx_first ? 1 : 0, why);
	if (ret != 0)
		return ret;
	if (start)
		report_config(app, stdout);
	fflush(stdout);
	if (app->args.interactive)
		prompt_run(app);
	else
		wait_until_stopped(app);
	if (app->forwarding) {
		forward_stop(app);
		report_forward(app, stdout);
		for (unsigned i = 0; i < app->nb_ports; i++)
			report_port_stats(app->ports[i], stdout);
	}
	return 0;
}

/* Files that were cut or could not be written: the log has said which. */
static void
judge_files(struct testpmd *app)
{
	for (unsigned i = 0; i < app->nb_ports; i++) {
		if (faults_of_files(app->ports[i]) != 0)
			app->status = 1;
	}
}

static int
run_ports(struct testpmd *app)
{
	struct plx_why why;
	int ret;

	ret = choose_lcores(app, &why);
	if (ret == 0)
		ret = ports_make_ready(app, &why);
	if (ret == 0)
		ret = run(app, &why);
	if (ret != 0)
		app->status = complain(why.text);
	judge_files(app);
	ports_close(app);
	streams_free(app);
	if (ret == 0)
		printf("\nBye...\n");
	return app->status;
}

int
main(int argc, char **argv)
{
	static struct testpmd app;
	struct plx_why why;
	int used;

	used = plx_eal_init(argc, argv, &why);
	if (used == -ECANCELED) {
		usage(stdout);
		return 0;
	}
	if (used < 0)
		return complain(why.text);
	if (args_parse(argc - used, argv + used, &app.args, &why) != 0) {
		complain(why.text);
		app.status = 2;
	} else if (app.args.help) {
		usage(stdout);
	} else {
		app.engine = engine_find(app.args.forward_mode);
		stop_catch();
		run_ports(&app);
		stop_release();
	}
	plx_eal_cleanup();
	return app.status;
}
