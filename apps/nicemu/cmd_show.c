/* SPDX-License-Identifier: BSD-3-Clause */
/* show nics, stats, registers, faults. */
#include "commands.h"
#include "report.h"
#include "table.h"

#include <stdio.h>

/* A value a NIC that the word means. */
static int
each(struct app *app, const char *word, json_t *(*fn)(const struct nic *nic), json_t *ret_array,
     struct plx_why *why)
{
	unsigned first, last;
	int ret = command_nics(app, word, &first, &last, why);

	for (unsigned i = first; ret == 0 && i <= last; i++)
		json_array_append_new(ret_array, fn(&app->nics[i]));
	return ret;
}

static int
nics_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	   struct plx_why *why)
{
	json_t *nics = json_array();

	json_object_set_new(result, "nics", nics);
	return each(app, "all", report_nic_json, nics, why);
}

static int
nics(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	json_t *rows = json_array();
	int ret = each(app, "all", report_nic_json, rows, why);

	if (ret == 0)
		table_print(rows, stdout);
	json_decref(rows);
	return ret;
}

static int
stats_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	    struct plx_why *why)
{
	unsigned first, last;
	int ret = command_nics(app, nb_words > 2 ? words[2] : "all", &first, &last, why);
	json_t *all = json_array();

	json_object_set_new(result, "nics", all);
	for (unsigned i = first; ret == 0 && i <= last; i++)
		json_array_append_new(all, report_books_json(app, &app->nics[i]));
	return ret;
}

static int
stats(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	unsigned first, last;
	int ret = command_nics(app, nb_words > 2 ? words[2] : "all", &first, &last, why);

	for (unsigned i = first; ret == 0 && i <= last; i++)
		report_books(app, &app->nics[i], stdout);
	return ret;
}

static int
registers_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		struct plx_why *why)
{
	unsigned first, last;
	int ret = command_nics(app, words[2], &first, &last, why);

	for (unsigned i = first; ret == 0 && i <= last; i++)
		json_object_set_new(result, app->nics[i].name,
				    report_registers_json(&app->nics[i]));
	return ret;
}

static int
registers(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	json_t *all = json_object(), *of_nic, *value;
	int ret = registers_facts(app, words, nb_words, all, why);
	const char *nic, *name;

	json_object_foreach(all, nic, of_nic)
	{
		unsigned column = 0;

		printf("%s\n", nic);
		json_object_foreach(of_nic, name, value)
		{
			printf("  %-8s %s%s", name, json_string_value(value),
			       ++column % 3 == 0 ? "\n" : "");
		}
		fputs(column % 3 == 0 ? "" : "\n", stdout);
	}
	json_decref(all);
	return ret;
}

static int
faults_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	     struct plx_why *why)
{
	json_t *all = json_array();

	json_object_set_new(result, "nics", all);
	return each(app, nb_words > 2 ? words[2] : "all", report_faults_json, all, why);
}

/* Only what is wrong. */
static unsigned
print_faults(const json_t *of, const char *where)
{
	const char *name;
	json_t *value;
	unsigned n = 0;

	json_object_foreach((json_t *)(uintptr_t)of, name, value)
	{
		if (json_is_false(value) ||
		    (json_is_integer(value) && json_integer_value(value) == 0))
			continue;
		printf(" %s %s", where, name);
		if (json_is_integer(value))
			printf(" %lld", (long long)json_integer_value(value));
		n++;
	}
	return n;
}

static int
faults(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	json_t *result = json_object(), *row;
	int ret = faults_facts(app, words, nb_words, result, why);
	size_t i;

	json_array_foreach(json_object_get(result, "nics"), i, row)
	{
		unsigned n = 0;

		printf("%s:", json_string_value(json_object_get(row, "nic")));
		n += print_faults(json_object_get(row, "card"), "card");
		n += print_faults(json_object_get(row, "to_wire"), "to_wire");
		n += print_faults(json_object_get(row, "to_card"), "to_card");
		puts(n == 0 ? " none" : "");
	}
	json_decref(result);
	return ret;
}

const struct command commands_show[] = {
	{"show nics", "sockets, addresses, wires, links, drivers", nics, nics_facts},
	{"show stats [<nic>]", "what became of each frame", stats, stats_facts},
	{"show registers <nic>", "a card's registers, as they are", registers, registers_facts},
	{"show faults [<nic>]", "what is wrong by command", faults, faults_facts},
	{NULL},
};
