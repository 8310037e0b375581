/* SPDX-License-Identifier: BSD-3-Clause */
#include "control.h"

#include "help.h"
#include "script.h"

int
control_help(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return help_show(app_console(app), nb_words > 1 ? words[1] : NULL, why);
}

int
control_help_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		   struct plx_why *why)
{
	return help_facts(app_console(app), nb_words > 1 ? words[1] : NULL, result, why);
}

int
control_load(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return script_run(app_console(app), words[1], true, why);
}

int
control_quit(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	app_console(app)->quit = true;
	return 0;
}
