/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include "control.h"
#include "engine.h"
#include "words.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_log.h>
#include <pollux/plx_zone.h>

static const struct command commands_control[] = {
	{"help [<section>]", "the sections, the commands of one, or all", control_help,
	 control_help_facts},
	{"load <file>", "run the commands of a file; it may load others", control_load},
	{"quit|exit|q", "stop forwarding and leave", control_quit},
	{NULL},
};

static const struct command_section sections[] = {
	{"control", "help, scripts and leaving", commands_control},
	{"forward", "forwarding packets, and what became of them", commands_forward},
	{"config", "who forwards what, and in which pieces", commands_config},
	{"engine", "what the engines are told", commands_engine},
	{"port", "ports that come and go, start and stop", commands_port},
	{"show", "ports: what they are and what they count", commands_show_port},
	{"settings", "queues, lengths and offloads of ports", commands_port_config},
	{"rules", "which packets of a port are forwarded, by rules", commands_rules},
	{"rss", "how packets are spread over rx queues", commands_rss},
	{"address", "what ports listen to", commands_address},
	{"vlan", "VLAN tags", commands_vlan},
	{"link", "links and flow control", commands_link},
	{"registers", "registers of devices", commands_registers},
	{"dump", "what the program holds: memory, rings, lcores, log", commands_dump},
	{NULL},
};

/* DPDK's sections that are not tables here, by the first word of their commands. */
static const struct console_group groups[] = {
	{"display", "all that shows something", {"show", "clear", "dump"}},
	{"config", NULL, {"set"}},
	{"ports", NULL, {"port"}},
	{NULL},
};

/* -- what parameters can be -------------------------------------------------------------------------- */

static void
add_ports(const struct app *app, const char *prefix, struct words *words)
{
	char number[8];

	PLX_ETHDEV_FOREACH(port) {
		snprintf(number, sizeof(number), "%u", port);
		words_offer(words, prefix, number);
	}
	words_offer(words, prefix, "all");
}

static void
add_engines(const struct app *app, const char *prefix, struct words *words)
{
	for (unsigned i = 0; engine_at(i) != NULL; i++)
		words_offer(words, prefix, engine_at(i)->name);
}

static void
add_levels(const struct app *app, const char *prefix, struct words *words)
{
	for (int level = PLX_LOG_EMERG; level <= PLX_LOG_DEBUG; level++)
		words_offer(words, prefix, plx_log_level_name((enum plx_log_level)level));
}

static void
add_pools(const struct app *app, const char *prefix, struct words *words)
{
	for (unsigned i = 0; plx_pool_at(i) != NULL; i++)
		words_offer(words, prefix, plx_pool_name(plx_pool_at(i)));
}

static void
add_devices(const struct app *app, const char *prefix, struct words *words)
{
	struct plx_device_info devices[64];
	unsigned n = plx_device_list(devices, PLX_ARRAY_LEN(devices));

	for (unsigned i = 0; i < n && i < PLX_ARRAY_LEN(devices); i++)
		words_offer(words, prefix, devices[i].name);
}

static void
add_zones(const struct app *app, const char *prefix, struct words *words)
{
	struct plx_zone zones[64];
	unsigned n = plx_zone_list(zones, PLX_ARRAY_LEN(zones));

	for (unsigned i = 0; i < n && i < PLX_ARRAY_LEN(zones); i++)
		words_offer(words, prefix, zones[i].name);
}

static void
add_components(const struct app *app, const char *prefix, struct words *words)
{
	struct plx_log_entry entries[PLX_LOG_COMPONENTS_MAX];
	unsigned n = plx_log_components(entries, PLX_ARRAY_LEN(entries));

	for (unsigned i = 0; i < n && i < PLX_ARRAY_LEN(entries); i++)
		words_offer(words, prefix, entries[i].name);
	words_offer(words, prefix, "global");
}

static const struct console_parameter parameters[] = {
	{"<port>", add_ports},		 {"<engine>", add_engines},
	{"<level>", add_levels},	 {"<pool>", add_pools},
	{"<device>", add_devices},	 {"<zone>", add_zones},
	{"<component>", add_components}, {NULL},
};

struct console *
app_console(struct app *app)
{
	return &app->console;
}

void
commands_begin(struct app *app)
{
	app->console = (struct console){
		.app = app,
		.program = "plx-testpmd",
		.prompt = "testpmd> ",
		.history = "testpmd_history",
		.sections = sections,
		.parameters = parameters,
		.groups = groups,
	};
}
