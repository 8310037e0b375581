/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-testpmd: forwards packets between ports, by prompt or by itself, and tells what became of each.
 *
 *	main lcore                 the other lcores
 *	prompt or waiting   ---->  forward_loop(): rx burst -> engine -> tx burst, stream by stream
 */
#include "args.h"
#include "commands.h"
#include "door.h"
#include "engine.h"
#include "judge.h"
#include "privilege.h"
#include "prompt.h"
#include "report.h"
#include "script.h"
#include "stdfds.h"
#include "stop.h"
#include "xstats.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
complain(const char *text)
{
	fflush(stdout);
	fprintf(stderr, "plx-testpmd: %s\n", text);
	return STATUS_REFUSED;
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

/* Without a prompt the same figures, for people or for programs. */
static void
report_ports(struct app *app)
{
	struct plx_why why;

	if (app->args.json) {
		command_run(&app->console, "show port stats all", &why);
		return;
	}
	for (unsigned i = 0; i < app->nb_ports; i++) {
		report_port_stats(app->ports[i], stdout);
		xstats_display(app, app->ports[i], stdout);
	}
	fflush(stdout);
}

/* On a terminal figures are written over those of the last time. */
static void
clear_screen(const struct app *app)
{
	static const char home_and_clear[] = "\033[H\033[J";

	if (!app->args.json && isatty(STDOUT_FILENO))
		fputs(home_and_clear, stdout);
}

/* Without a prompt: until a signal or the time is over, with figures on the way. */
static void
wait_until_stopped(struct app *app)
{
	const uint64_t step_us = 50000;
	const uint64_t period = app->args.stats_period_ns, duration = app->args.duration_ns;
	uint64_t start = plx_clock_monotonic_ns(), next_report = start + period, now;

	while (!stop_requested()) {
		usleep(step_us);
		plx_door_serve();
		now = plx_clock_monotonic_ns();
		if (period != 0 && now >= next_report) {
			clear_screen(app);
			report_ports(app);
			next_report += period;
		}
		if (duration != 0 && now - start >= duration)
			break;
	}
}

static int
start_forwarding(struct app *app, struct plx_why *why)
{
	int ret = forward_start(app, app->args.tx_first ? 1 : 0, why);

	if (ret != 0)
		return ret;
	report_config(app, stdout);
	fflush(stdout);
	return 0;
}

static void
report_end(struct app *app)
{
	struct plx_why why;

	forward_stop(app);
	if (app->args.json)
		command_run(&app->console, "show fwd stats", &why);
	else
		report_forward(app, stdout);
	report_ports(app);
}

/* A file of commands that could not be read stops the start; one whose commands failed does not. */
static int
run_cmdline_file(struct app *app, struct plx_why *why)
{
	int ret;

	if (app->args.cmdline_file == NULL)
		return 0;
	ret = script_run(&app->console, app->args.cmdline_file, app->args.cmdline_echo, why);
	if (ret == -EIO) {
		complain(why->text);
		app->console.status = STATUS_FAILED;
		ret = 0;
	}
	return ret;
}

static int
run(struct app *app, struct plx_why *why)
{
	bool start = !app->args.interactive || app->args.auto_start;
	int ret = run_cmdline_file(app, why);

	start = start && !app->forwarding && !app->console.quit && !stop_requested();
	if (ret == 0 && start)
		ret = start_forwarding(app, why);
	if (ret != 0) {
		forward_stop(app);
		return ret;
	}
	if (app->args.interactive && !app->console.quit)
		prompt_run(&app->console);
	else if (!app->console.quit)
		wait_until_stopped(app);
	if (app->forwarding)
		report_end(app);
	return 0;
}

/* -- a run --------------------------------------------------------------------------------------------- */

/*
 * The ports run. At a prompt, or with commands from a file, they may be opened and changed later; without, an MTU that
 * was changed is put back.
 */
static int
give_up_rights(const struct testpmd_args *args, struct plx_why *why)
{
	const uint64_t files = PRIVILEGE_BIT(CAP_DAC_OVERRIDE);
	uint64_t keep = 0;

	if (args->keep_privileges)
		return 0;
	if (args->interactive || args->cmdline_file != NULL)
		keep = PRIVILEGE_NET | files;
	else if (args->mtu != 0 || args->ports.max_pkt_len != 0)
		keep = PRIVILEGE_BIT(CAP_NET_ADMIN);
	return privilege_drop(keep, why);
}

static void
run_ports(struct app *app)
{
	struct plx_why why;
	int ret;

	ret = ports_make_ready(app, &why);
	if (ret == 0)
		ret = selection_from_args(app, &why);
	if (ret == 0)
		ret = xstats_check_display(app, &why);
	if (ret == 0)
		ret = give_up_rights(&app->args, &why);
	if (ret == 0)
		ret = run(app, &why);
	if (ret != 0)
		app->console.status = complain(why.text);
	else
		judge_books(app);
	judge_files(app);
	ports_close(app);
	streams_free(app);
	if (ret == 0)
		printf("\nBye...\n");
}

/* -- beginning --------------------------------------------------------------------------------------- */

/* So that the line can be copied into a shell. */
static void
put_quoted(const char *word, FILE *out)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-_=,.:/+@%";
	bool quote = strspn(word, safe) < strlen(word) || word[0] == '\0';

	fprintf(out, quote && strchr(word, '\'') == NULL ? "'%s'" : "%s", word);
}

/* Somebody left out the "--": shows the line as it was meant. */
static void
hint_at_separator(int argc, char **argv)
{
	int at;
	const char *word = args_misplaced(argc, argv, &at);

	if (word == NULL)
		return;
	fprintf(stderr, "%s is an option of plx-testpmd, not of the EAL; \"--\" parts them:\n  ",
		word);
	for (int i = 0; i < argc; i++) {
		fputs(i == 0 ? "" : i == at ? " -- " : " ", stderr);
		put_quoted(argv[i], stderr);
	}
	fputc('\n', stderr);
}

static int
begin(struct app *app, int argc, char **argv, struct plx_why *why)
{
	int ret = args_parse(argc, argv, &app->args, why);

	app->console.json = app->args.json;
	if (ret == 0 && app->args.json)
		ret = console_part_answers(&app->console, why);
	return ret;
}

static int
obey(struct app *app, int argc, char **argv)
{
	struct plx_why why;
	int used;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) { /* the EAL says it and goes on */
		printf("plx-testpmd (Pollux) %s\n", plx_version());
		return 0;
	}
	commands_begin(app);
	used = plx_eal_init(argc, argv, &why);
	if (used == -ECANCELED) {
		usage(stdout);
		return 0;
	}
	if (used < 0) {
		complain(why.text);
		hint_at_separator(argc, argv);
		return STATUS_REFUSED;
	}
	if (begin(app, argc - used, argv + used, &why) != 0) {
		app->console.status = complain(why.text);
	} else if (app->args.help) {
		usage(stdout);
	} else {
		app->engine = engine_find(app->args.forward_mode);
		stop_catch();
		door_begin("plx-testpmd");
		door_lend(&app->console, "show <what>", "as at the prompt: show port stats all");
		run_ports(app);
		plx_door_close();
		stop_release();
	}
	plx_eal_cleanup();
	return app->console.status;
}

int
main(int argc, char **argv)
{
	static struct app app;
	int status;

	stdfds_open();
	status = obey(&app, argc, argv);
	return stdfds_end("plx-testpmd", app.console.answers, status);
}
