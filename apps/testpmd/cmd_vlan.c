/* SPDX-License-Identifier: BSD-3-Clause */
/* VLAN tags: taken out of what is received, let through by number, put into what is sent. */
#include "commands.h"
#include "port.h"

#include <errno.h>
#include <string.h>

static int
set_vlan(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const struct port_offload offload = {
		.rx = true,
		.bit = strcmp(words[2], "strip") == 0 ? PLX_ETH_RX_OFFLOAD_VLAN_STRIP
						      : PLX_ETH_RX_OFFLOAD_VLAN_FILTER,
		.on = strcmp(words[3], "on") == 0,
	};
	int ret = forward_is_stopped(app, why);

	return ret == 0 ? port_each(app, words[4], port_change_offload, &offload, why) : ret;
}

static int
filter_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	const char *const *words = arg;
	const bool all = strcmp(words[2], "all") == 0, on = strcmp(words[1], "add") == 0;
	uint64_t vlan = 0;
	int ret = all ? 0 : command_number(words[2], "vlan", 0, 4094, &vlan, why);
	const uint16_t last = (uint16_t)(all ? 4094 : vlan);

	if (ret != 0)
		return ret;
	for (uint16_t v = (uint16_t)vlan; v <= last && ret == 0; v++)
		ret = plx_ethdev_set_vlan_filter(port, v, on);
	return ret == 0 ? 0 : port_refused(port, "a filter by VLAN", ret, why);
}

static int
rx_vlan(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return port_each(app, words[3], filter_one, words, why);
}

static int
tx_vlan(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const struct port_offload insert = {
		.bit = PLX_ETH_TX_OFFLOAD_VLAN_INSERT,
		.on = strcmp(words[1], "set") == 0,
	};
	uint64_t vlan = 0;
	uint16_t port;
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		ret = port_one(words[2], &port, why);
	if (ret == 0 && insert.on)
		ret = command_number(words[3], "vlan", 1, 4094, &vlan, why);
	if (ret == 0)
		ret = port_change_offload(app, port, &insert, why);
	if (ret == 0)
		app->wishes[port].tx_vlan = (uint16_t)vlan;
	return ret;
}

const struct command commands_vlan[] = {
	{"vlan set strip|filter on|off <port>", "take tags out; receive listed VLANs only",
	 set_vlan},
	{"rx_vlan add|rm <vlan> <port>", "a VLAN to receive, or all", rx_vlan},
	{"tx_vlan set <port> <vlan>", "the device tags what is sent", tx_vlan},
	{"tx_vlan reset <port>", "it does not any more", tx_vlan},
	{NULL},
};
