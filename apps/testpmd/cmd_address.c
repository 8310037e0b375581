/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port listens to: promiscuous, all groups, its address, further ones, groups. */
#include "commands.h"
#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MACS_MAX 64

/* -- receive modes ------------------------------------------------------------------------------------- */

static int
set_promisc(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	const bool on = *(const bool *)arg;
	int ret = plx_ethdev_set_promiscuous(port, on);

	if (ret != 0)
		return port_refused(port, "promiscuous mode", ret, why);
	app->wishes[port].promiscuous = on;
	return 0;
}

static int
set_allmulti(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	int ret = plx_ethdev_set_allmulticast(port, *(const bool *)arg);

	return ret == 0 ? 0 : port_refused(port, "allmulticast mode", ret, why);
}

static int
set_mode(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool on = strcmp(words[3], "on") == 0;

	return port_each(app, words[2],
			 strcmp(words[1], "promisc") == 0 ? set_promisc : set_allmulti, &on, why);
}

/* -- addresses ----------------------------------------------------------------------------------------- */

/* The sentence for what the list of addresses answers. */
static int
list_refused(uint16_t port, const char *mac, int err, struct plx_why *why)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	switch (err) {
	case 0:
		return 0;
	case -EEXIST:
		return plx_why(why, err, "port %u (%s) listens to %s already", port, info.name,
			       mac);
	case -ENOENT:
		return plx_why(why, err,
			       "port %u (%s) has no %s; `show port %u macs` and `mcast_macs` list "
			       "what it has",
			       port, info.name, mac, port);
	case -ENOSPC:
		return plx_why(why, err,
			       "port %u (%s): the list is full with %u addresses, its own included",
			       port, info.name, info.max_mac_addrs);
	case -EINVAL:
		return plx_why(why, err, "port %u (%s): %s cannot be the address of one station",
			       port, info.name, mac);
	default:
		return port_refused(port, "a further address", err, why);
	}
}

/* "... add 0 02:...": the last two words. */
static int
port_and_mac(char *const *words, uint16_t *ret_port, uint8_t ret_mac[6], struct plx_why *why)
{
	int ret = port_one(words[2], ret_port, why);

	return ret == 0 ? command_mac(words[3], ret_mac, why) : ret;
}

/* One station's addresses; groups are mcast_addr's. */
static int
change_mac(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint8_t mac[6], own[6] = {0};
	uint16_t port;
	int ret = port_and_mac(words, &port, mac, why);

	if (ret != 0)
		return ret;
	if ((mac[0] & 1) != 0)
		return plx_why(why, -EINVAL,
			       "%s is the address of a group: mcast_addr add|remove %u %s",
			       words[3], port, words[3]);
	plx_ethdev_mac(port, own);
	if (strcmp(words[1], "set") == 0) {
		ret = plx_ethdev_set_mac(port, mac);
		return ret == 0 || ret == -EINVAL ? list_refused(port, words[3], ret, why)
						  : port_refused(port, "another address", ret, why);
	}
	if (strcmp(words[1], "add") == 0)
		return list_refused(port, words[3], plx_ethdev_mac_add(port, mac), why);
	if (memcmp(mac, own, 6) == 0)
		return plx_why(why, -EINVAL,
			       "%s is the port's own address, which it cannot be without; mac_addr "
			       "set gives it another",
			       words[3]);
	return list_refused(port, words[3], plx_ethdev_mac_remove(port, mac), why);
}

static int
change_group(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint8_t mac[6];
	uint16_t port;
	int ret = port_and_mac(words, &port, mac, why);

	if (ret != 0)
		return ret;
	if ((mac[0] & 1) == 0)
		return plx_why(why, -EINVAL,
			       "%s is the address of one station: mac_addr add|remove %u %s",
			       words[3], port, words[3]);
	ret = strcmp(words[1], "add") == 0 ? plx_ethdev_mac_add(port, mac)
					   : plx_ethdev_mac_remove(port, mac);
	return list_refused(port, words[3], ret, why);
}

static int
flush_groups(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	uint8_t macs[MACS_MAX][6];
	int n = plx_ethdev_mac_list(port, macs, MACS_MAX), ret = 0;

	for (int i = 0; i < n && ret == 0; i++) {
		if ((macs[i][0] & 1) != 0)
			ret = plx_ethdev_mac_remove(port, macs[i]);
	}
	return ret == 0 ? 0 : port_refused(port, "leaving a group", ret, why);
}

static int
flush(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return port_each(app, words[2], flush_groups, NULL, why);
}

const struct command commands_address[] = {
	{"set promisc|allmulti <port> on|off", "hear frames for others; hear every group",
	 set_mode},
	{"mac_addr add|remove|set <port> <mac>", "further addresses, or another one of its own",
	 change_mac},
	{"mcast_addr add|remove <port> <mac>", "groups that the port listens to", change_group},
	{"mcast_addr flush <port>", "leave all of them", flush},
	{NULL},
};
