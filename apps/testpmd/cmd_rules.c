/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules on ports, also while packets are forwarded. */
#include "commands.h"
#include "port.h"
#include "port_rules.h"

#include <string.h>

static int
clear_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	return port_rules_clear(app, port);
}

static int
set_rules(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	if (strcmp(words[4], "none") == 0)
		return port_each(app, words[2], clear_one, NULL, why);
	return port_each(app, words[2], port_rules_set, words[4], why);
}

static int
show_rules(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t first, last;
	int ret = command_ports(words[2], &first, &last, why);

	if (ret != 0)
		return ret;
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1)))
		port_rules_print(app, port, stdout);
	return 0;
}

static int
show_rules_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		 struct plx_why *why)
{
	json_t *ports = json_array();
	uint16_t first, last;
	int ret = command_ports(words[2], &first, &last, why);

	json_object_set_new(result, "ports", ports);
	if (ret != 0)
		return ret;
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1)))
		json_array_append_new(ports, port_rules_json(app, port));
	return 0;
}

const struct command commands_rules[] = {
	{"set port <port> rules <file>", "forward only what rules let pass; none: everything",
	 set_rules},
	{"show port <port> rules", "its rules, and what they did with its packets", show_rules,
	 show_rules_facts},
	{NULL},
};
