/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-ctl: lists the programs that run, and asks one of them through its control socket. Exit status: 0; 1 it refused or
 * did not answer; 2 wrong usage, or no such program.
 */
#include "ask.h"
#include "find.h"
#include "json.h"
#include "settings.h"
#include "stdfds.h"
#include "table.h"

#include <pollux/plx_eal.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, REFUSED = 2 };

static int
complain(const struct plx_why *why, int status)
{
	fflush(stdout);
	fprintf(stderr, "plx-ctl: %s\n", why->text);
	return status;
}

static int
show(json_t *result, const struct settings *settings)
{
	const bool pretty = !settings->json && isatty(STDOUT_FILENO);

	return json_print(result, pretty, stdout) == 0 ? DONE : FAILED;
}

static int
ask_program(const struct settings *settings, const char *path)
{
	static char help[] = "help", *const only_help[] = {help};
	const bool is_alone = settings->nb_words == 1;
	char *command = is_alone ? ask_join(only_help, 1)
				 : ask_join(settings->words + 1, settings->nb_words - 1);
	struct plx_why why = {"out of memory"};
	json_t *result;
	int ret =
		command != NULL ? ask(path, command, settings->timeout_ns, &result, &why) : -ENOMEM;

	free(command);
	return ret == 0 ? show(result, settings) : complain(&why, FAILED);
}

static int
list_programs(const struct settings *settings)
{
	struct plx_why why = {"out of memory"};
	struct programs programs;
	int ret;

	if (programs_find(&programs) != 0)
		return complain(&why, FAILED);
	ret = table_print(&programs, settings->timeout_ns, settings->json, stdout);
	programs_free(&programs);
	return ret == 0 ? DONE : FAILED;
}

static int
serve(const struct settings *settings)
{
	char path[PLX_DOOR_PATH_MAX];
	struct plx_why why;

	if (settings->nb_words == 0)
		return list_programs(settings);
	if (plx_door_find(settings->words[0], path, &why) != 0)
		return complain(&why, REFUSED);
	return ask_program(settings, path);
}

int
main(int argc, char **argv)
{
	struct settings settings;
	struct plx_why why;
	int status = DONE;

	stdfds_open();
	if (settings_read(&settings, argc, argv, &why) != 0)
		status = complain(&why, REFUSED);
	else if (settings.help)
		settings_usage(stdout);
	else if (settings.version)
		printf("plx-ctl (Pollux) %s\n", plx_version());
	else
		status = serve(&settings);
	settings_fini(&settings);
	return stdfds_end("plx-ctl", NULL, status);
}
