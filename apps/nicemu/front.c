/* SPDX-License-Identifier: BSD-3-Clause */
#include "front.h"

#include "command.h"
#include "door.h"
#include "prompt.h"
#include "report.h"
#include "script.h"
#include "stop.h"

#include <pollux/plx_clock.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define STEP_US 50000

bool
front_books(struct app *app)
{
	struct plx_why why;
	bool right = true;

	if (app->console.json) {
		command_run(&app->console, "show stats", &why);
		for (unsigned i = 0; i < app->nb_nics; i++) {
			json_t *books = report_books_json(app, &app->nics[i]);

			right = json_is_true(json_object_get(books, "balanced")) && right;
			json_decref(books);
		}
		return right;
	}
	for (unsigned i = 0; i < app->nb_nics; i++)
		right = report_books(app, &app->nics[i], stdout) && right;
	return right;
}

/* On a terminal figures are written over those of the last time. */
static void
show_again(struct app *app)
{
	if (!app->console.json && isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
	front_books(app);
}

static void
wait_for_end(struct app *app)
{
	const uint64_t period = app->args.stats_period_ns;
	const uint64_t begin = plx_clock_monotonic_ns();
	uint64_t next = begin + period;

	while (!stop_requested()) {
		uint64_t now;

		usleep(STEP_US);
		plx_door_serve();
		now = plx_clock_monotonic_ns();
		if (period != 0 && now >= next) {
			show_again(app);
			next += period;
		}
		if (app->args.duration_ns != 0 && now - begin >= app->args.duration_ns)
			return;
	}
}

/* What failed has been told; who runs a script of faults wants the NICs nevertheless. */
static int
run_file(struct app *app)
{
	struct plx_why why;
	int ret;

	if (app->args.cmdline_file == NULL)
		return 0;
	ret = script_run(&app->console, app->args.cmdline_file, true, &why);
	if (ret != 0) {
		fflush(stdout);
		fprintf(stderr, "plx-nicemu: %s\n", why.text);
		app->console.status = ret == -EIO ? 1 : 2;
	}
	return ret == -EIO ? 0 : ret;
}

void
front_run(struct app *app)
{
	if (run_file(app) != 0 || app->console.quit)
		return;
	if (app->args.interactive)
		prompt_run(&app->console);
	else
		wait_for_end(app);
}
