/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_args.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_format(struct eal_args *args, struct plx_why *why, const char *format, va_list list)
	PLX_PRINTF(3, 0);

static int
add_format(struct eal_args *args, struct plx_why *why, const char *format, va_list list)
{
	char *text = NULL;

	if (args->nb_texts == EAL_ARGS_MAX || vasprintf(&text, format, list) < 0)
		return plx_why(why, -ENOMEM, "no memory for the EAL's arguments");
	args->texts[args->nb_texts++] = text;
	return 0;
}

int
eal_args_add(struct eal_args *args, struct plx_why *why, const char *format, ...)
{
	va_list list;
	int err;

	va_start(list, format);
	err = add_format(args, why, format, list);
	va_end(list);
	return err;
}

int
eal_args_add_vdev(struct eal_args *args, struct plx_why *why, const char *format, ...)
{
	int err = eal_args_add(args, why, "--vdev");
	va_list list;

	va_start(list, format);
	if (err == 0)
		err = add_format(args, why, format, list);
	va_end(list);
	return err;
}

int
eal_args_add_lcores(struct eal_args *args, unsigned n, struct plx_why *why)
{
	char text[128] = "";
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return 0;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && n > 0; cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
			 text[0] != '\0' ? "," : "", cpu);
		n--;
	}
	return eal_args_add(args, why, "-l") != 0 ? -ENOMEM : eal_args_add(args, why, "%s", text);
}

int
eal_args_finish(struct eal_args *args, int at, char **argv, struct plx_why *why)
{
	args->argv = calloc((size_t)at + args->nb_texts + 2, sizeof(*args->argv));
	if (args->argv == NULL)
		return plx_why(why, -ENOMEM, "no memory for the EAL's arguments");
	for (int i = 0; i < at; i++)
		args->argv[args->argc++] = argv[i];
	for (unsigned i = 0; i < args->nb_texts; i++)
		args->argv[args->argc++] = args->texts[i];
	return 0;
}

void
eal_args_fini(struct eal_args *args)
{
	for (unsigned i = 0; i < args->nb_texts; i++)
		free(args->texts[i]);
	free(args->argv);
	*args = (struct eal_args){0};
}
