/* SPDX-License-Identifier: BSD-3-Clause */
/* Any words as a command line: it is parsed into a struct that holds together, or refused with a sentence. */
#include "args_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 300

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* Cuts the text at newlines into argv; returns argc. */
static int
split(char *text, char **argv)
{
	int argc = 0;

	while (text != NULL && argc < WORDS_MAX) {
		char *end = strchr(text, '\n');

		if (end != NULL)
			*end++ = '\0';
		argv[argc++] = text;
		text = end;
	}
	argv[argc] = NULL;
	return argc;
}

static void
check_list(const struct plx_args_list *list)
{
	must(list->n <= PLX_ARGS_LIST_MAX);
	for (unsigned i = 0; i < list->n; i++)
		must(list->item[i][0] != '\0');
}

static void
check_lcores(const struct plx_lcore_map *map)
{
	unsigned count = 0;
	char text[40];

	for (uint32_t lcore = 0; lcore < PLX_LCORE_MAX; lcore++) {
		count += plx_lcore_map_has(map, lcore);
		plx_cpuset_format(&map->cpus[lcore], text, sizeof(text));
		must(strlen(text) < sizeof(text));
	}
	must(count == map->count);
}

static void
check_parsed(const struct plx_args *args, int argc)
{
	must(args->consumed >= 0 && args->consumed < argc);
	must(args->main_lcore == PLX_LCORE_NONE || args->main_lcore < PLX_LCORE_MAX);
	must(args->nb_node_max <= PLX_ARGS_NODE_MAX);
	must(args->prefix == NULL || strchr(args->prefix, '/') == NULL);
	check_list(&args->devices);
	check_list(&args->allow);
	check_list(&args->block);
	check_list(&args->plugins);
	check_list(&args->log_rules);
	check_lcores(&args->lcores);
}

/* What the machine would say: two CPUs. */
static void
check_fit(const struct plx_lcore_map *map)
{
	struct plx_why why = {""};
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	CPU_SET(0, &allowed);
	CPU_SET(1, &allowed);
	if (plx_lcore_map_check(map, &allowed, &why) != 0)
		must(why.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plx_args args;
	char *text = malloc(size + 1);
	char *argv[WORDS_MAX + 1];
	struct plx_why why = {""};
	int argc, ret;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	argc = split(text, argv);
	ret = plx_args_parse(&args, argc, argv, &why);
	must(ret == 0 || ret == -EINVAL || ret == -ECANCELED);
	if (ret == 0) {
		check_parsed(&args, argc);
		check_fit(&args.lcores);
	} else {
		must(why.text[0] != '\0');
	}
	free(text);
	return 0;
}
