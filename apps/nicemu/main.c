/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-nicemu: emulated 82540EM cards behind vfio-user sockets, whose wires are taps, ports, or one another.
 *
 *	front.c (a thread)              loop.c (lcores)
 *	prompt, files, figures  --->    driver <-socket-> card <-path.c-> port
 */
#include "args.h"
#include "commands.h"
#include "door.h"
#include "front.h"
#include "house.h"
#include "options.h"
#include "privilege.h"
#include "report.h"
#include "stdfds.h"
#include "stop.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>

#include <errno.h>
#include <stdio.h>

#define STATUS_FAILED  1
#define STATUS_REFUSED 2

static int
complain(const char *text)
{
	fflush(stdout);
	fprintf(stderr, "plx-nicemu: %s\n", text);
	return STATUS_REFUSED;
}

static void
usage(FILE *out)
{
	fprintf(out,
		"Usage: plx-nicemu -s PATH [-t TAP] [options]\n"
		"       plx-nicemu [EAL options] -- [options]\n"
		"Emulates Intel 82540EM network cards for drivers in other processes and virtual "
		"machines.\n\n");
	plx_eal_usage(out);
	args_usage(out);
	fprintf(out, "\nExample: sudo plx-nicemu -s /run/nic.sock -t nic0 -n 10.0.0.1/24\n");
}

/* Taps and ports are open; an address on a tap is taken away again. */
static int
give_up_rights(const struct nicemu_args *args, struct plx_why *why)
{
	uint64_t keep = 0;

	for (unsigned i = 0; i < args->nb_nics; i++) {
		if (args->nics[i].net[0] != '\0')
			keep = PRIVILEGE_BIT(CAP_NET_ADMIN);
		keep |= privilege_for_files(args->nics[i].socket);
	}
	if (args->interactive || args->cmdline_file != NULL)
		keep |= PRIVILEGE_BIT(CAP_DAC_OVERRIDE);
	return args->keep_privileges ? 0 : privilege_drop(keep, why);
}

static void
open_door(struct app *app)
{
	door_begin("plx-nicemu");
	door_lend(&app->console, "show <what>", "as at the prompt: show stats");
	door_lend(&app->console, "cable <nic> up|down", "as at the prompt: a NIC's cable");
	door_lend(&app->console, "fault <nic> <what>", "as at the prompt: fault nic0 drop 100");
}

static int
run(struct app *app, struct plx_why *why)
{
	int ret = house_open(app, why);

	if (ret == 0) {
		open_door(app);
		ret = give_up_rights(&app->args, why);
	}
	if (ret != 0)
		return ret;
	report_start(app, stdout);
	app->started_ns = plx_clock_monotonic_ns();
	ret = house_run(app, front_run, why);
	house_end(app);
	if (ret == 0 && !front_books(app))
		app->console.status = STATUS_FAILED;
	return ret;
}

static void
run_all(struct app *app)
{
	struct plx_why why = {""};

	stop_catch();
	if (run(app, &why) != 0)
		app->console.status = complain(why.text);
	else
		house_end(app);
	plx_door_close();
	if (house_close(app, &why) != 0 && app->console.status != STATUS_REFUSED) {
		complain(why.text);
		app->console.status = STATUS_FAILED;
	}
	stop_release();
}

/* The EAL's options are in front of "--"; without one, there are none. */
static int
start_eal(int argc, char **argv, int at, struct plx_why *why)
{
	char *own[ARGS_EAL_MAX];
	int ret;

	if (at < argc)
		ret = plx_eal_init(at, argv, why);
	else
		ret = plx_eal_init(args_of_eal(argv[0], own), own, why);
	return ret < 0 ? ret : 0;
}

static int
begin(struct app *app, int argc, char **argv, int at, struct plx_why *why)
{
	int ret = at < argc ? args_parse(argc - at, argv + at, &app->args, why)
			    : args_parse(argc, argv, &app->args, why);

	if (ret != 0 || app->args.help || app->args.version)
		return ret;
	app->console.json = app->args.json;
	return app->args.json ? console_part_answers(&app->console, why) : 0;
}

static int
obey(struct app *app, int argc, char **argv)
{
	const int at = options_separator(argc, argv);
	struct plx_why why = {""};
	int ret;

	commands_begin(app);
	if (begin(app, argc, argv, at, &why) != 0)
		return complain(why.text);
	if (app->args.help) {
		usage(stdout);
		return 0;
	}
	if (app->args.version) {
		printf("plx-nicemu (Pollux) %s\n", plx_version());
		return 0;
	}
	ret = start_eal(argc, argv, at, &why);
	if (ret == -ECANCELED) {
		usage(stdout);
		return 0;
	}
	if (ret != 0)
		return complain(why.text);
	run_all(app);
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
	return stdfds_end("plx-nicemu", app.console.answers, status);
}
