/* SPDX-License-Identifier: BSD-3-Clause */
/* dump: what the program holds beside its ports, by DPDK's words (dump_mempool) and as two (dump mempool). */
#include "commands.h"
#include "facts.h"
#include "table.h"

#include <pollux/plx_log.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What can be dumped, and what one of them is called. */
static const struct dump {
	const char *word;
	const char *what; /* one of them */
	json_t *(*facts)(void);
} dumps[] = {
	{"mempool", "pool", facts_pools},	   {"ring", "ring", facts_rings},
	{"memzone", "zone", facts_zones},	   {"zone", "zone", facts_zones},
	{"physmem", "zone", facts_zones},	   {"socket_mem", "node", facts_nodes},
	{"struct_sizes", "struct", facts_structs}, {"lcores", "lcore", facts_lcores},
	{"devargs", "device", facts_devices},	   {"log_types", "component", facts_log},
};

static const struct dump *
find_dump(const char *word)
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(dumps); i++) {
		if (strcmp(dumps[i].word, word) == 0)
			return &dumps[i];
	}
	return NULL;
}

/* Leaves the row of that name alone. */
static int
pick(json_t *rows, const struct dump *dump, const char *name, struct plx_why *why)
{
	for (size_t i = json_array_size(rows); i-- > 0;) {
		const char *its =
			json_string_value(json_object_get(json_array_get(rows, i), "name"));

		if (its == NULL || strcmp(its, name) != 0)
			json_array_remove(rows, i);
	}
	if (json_array_size(rows) > 0)
		return 0;
	return plx_why(why, -ENOENT, "there is no %s \"%.64s\"; \"dump %s\" lists them", dump->what,
		       name, dump->word);
}

/* "dump_mempool x" and "dump mempool x" alike, and "show device info x" as "dump devargs x". */
static int
make_rows(char *const *words, unsigned nb_words, json_t **ret_rows, struct plx_why *why)
{
	const bool joined = strncmp(words[0], "dump_", 5) == 0, shown = words[0][0] == 's';
	const struct dump *dump = find_dump(joined  ? words[0] + strlen("dump_")
					    : shown ? "devargs"
						    : words[1]);
	const unsigned at = joined ? 1 : shown ? 3 : 2;
	int ret = 0;

	*ret_rows = dump->facts();
	if (nb_words > at && strcmp(words[at], "all") != 0)
		ret = pick(*ret_rows, dump, words[at], why);
	return ret;
}

static int
dump(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	json_t *rows = NULL;
	int ret = make_rows(words, nb_words, &rows, why);

	if (ret == 0)
		table_print(rows, stdout);
	json_decref(rows);
	return ret;
}

static int
dump_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	   struct plx_why *why)
{
	json_t *rows = NULL;
	int ret = make_rows(words, nb_words, &rows, why);

	json_object_set_new(result, "rows", rows);
	return ret;
}

static int
set_log(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const char *component = strcmp(words[2], "global") == 0 ? "*" : words[2];
	char rule[256];

	if (strpbrk(component, ":,") != NULL)
		return plx_why(why, -EINVAL,
			       "\"%.64s\" is no component, such as pmd.net.af_xdp, eal.* or global",
			       component);
	snprintf(rule, sizeof(rule), "%.120s:%.60s", component, words[3]);
	return plx_log_add_rule(rule, why);
}

const struct command commands_dump[] = {
	{"dump mempool [<pool>]", "pools: buffers at home, in caches and out", dump, dump_facts},
	{"dump ring [<ring>]", "rings: of pools and between ports", dump, dump_facts},
	{"dump zone|memzone|physmem [<zone>]", "memory by zone: where, how much, which pages", dump,
	 dump_facts},
	{"dump socket_mem", "memory by NUMA node", dump, dump_facts},
	{"dump lcores", "lcores: their role, CPUs and state", dump, dump_facts},
	{"dump devargs [<device>]", "devices with their arguments", dump, dump_facts},
	{"show device info <device>", "the same; all stands for every one", dump, dump_facts},
	{"dump log_types", "what can be logged, by component and level", dump, dump_facts},
	{"dump struct_sizes", "bytes of what packets are made of", dump, dump_facts},
	{"dump_mempool [<pool>]", "the same, as DPDK spells it", dump, dump_facts},
	{"dump_ring [<ring>]", "the same, as DPDK spells it", dump, dump_facts},
	{"dump_memzone|dump_physmem [<zone>]", "the same, as DPDK spells it", dump, dump_facts},
	{"dump_socket_mem|dump_lcores|dump_devargs|dump_log_types|dump_struct_sizes",
	 "the same, as DPDK spells it", dump, dump_facts},
	{"set log <component> <level>", "what is logged; global is every component", set_log},
	{NULL},
};
