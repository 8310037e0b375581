/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's link and its flow control. */
#include "commands.h"
#include "port.h"
#include "port_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
set_link_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	const bool up = *(const bool *)arg;
	int ret = plx_ethdev_set_link(port, up);

	return ret == 0 ? 0
			: port_refused(port, up ? "setting its link up" : "setting its link down",
				       ret, why);
}

static int
set_link(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool up = strcmp(words[1], "link-up") == 0;

	return port_each(app, words[3], set_link_one, &up, why);
}

/* -- flow control -------------------------------------------------------------------------------------- */

static int
ask_flow(const char *word, uint16_t *ret_port, struct plx_ethdev_flow_ctrl *ret_flow,
	 struct plx_why *why)
{
	int ret = port_one(word, ret_port, why);

	if (ret != 0)
		return ret;
	ret = plx_ethdev_flow_ctrl(*ret_port, ret_flow);
	return ret == 0 ? 0 : port_refused(*ret_port, "flow control", ret, why);
}

/* "rx on tx off autoneg on": pairs between the command and the port. */
static int
set_flow(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	struct plx_ethdev_flow_ctrl flow;
	uint16_t port;
	int ret = ask_flow(words[nb_words - 1], &port, &flow, why);

	if (ret != 0)
		return ret;
	for (unsigned i = 2; i + 1 < nb_words; i += 2) {
		const bool on = strcmp(words[i + 1], "on") == 0;

		if (strcmp(words[i], "rx") == 0)
			flow.rx = on;
		else if (strcmp(words[i], "tx") == 0)
			flow.tx = on;
		else
			flow.autoneg = on;
	}
	ret = plx_ethdev_set_flow_ctrl(port, &flow);
	return ret == 0 ? 0 : port_refused(port, "flow control", ret, why);
}

/* DPDK's whole form, with what no kernel interface lets anyone set between the pairs. */
static int
set_flow_long(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	char *const pairs[] = {words[0], words[1],  words[2],  words[3], words[4],
			       words[5], words[12], words[13], words[14]};
	bool is_plain = strcmp(words[11], "off") == 0;

	for (unsigned i = 6; i < 10; i++)
		is_plain = is_plain && strcmp(words[i], "0") == 0;
	if (!is_plain)
		return plx_why(
			why, -ENOTSUP,
			"water marks, pause time and pause frames handed on are the device's "
			"own affair: give 0 0 0 0 mac_ctrl_frame_fwd off, or set flow_ctrl %s "
			"%s %s %s autoneg %s %s",
			words[2], words[3], words[4], words[5], words[13], words[14]);
	return set_flow(app, pairs, PLX_ARRAY_LEN(pairs), why);
}

static int
show_flow(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	struct plx_ethdev_flow_ctrl flow;
	uint16_t port;
	int ret = ask_flow(words[2], &port, &flow, why);

	if (ret != 0)
		return ret;
	printf("\n********************* Flow control infos for port %u *********************\n"
	       "FC mode:\n   Rx pause: %s\n   Tx pause: %s\nAutoneg: %s\n",
	       port, words_on(flow.rx), words_on(flow.tx), words_on(flow.autoneg));
	return 0;
}

static int
show_flow_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		struct plx_why *why)
{
	struct plx_ethdev_flow_ctrl flow;
	uint16_t port;
	int ret = ask_flow(words[2], &port, &flow, why);

	if (ret != 0)
		return ret;
	json_object_set_new(result, "port", json_integer(port));
	json_object_set_new(result, "rx_pause", json_boolean(flow.rx));
	json_object_set_new(result, "tx_pause", json_boolean(flow.tx));
	json_object_set_new(result, "autoneg", json_boolean(flow.autoneg));
	return 0;
}

const struct command commands_link[] = {
	{"set link-up|link-down port <port>", "the device's link, as the other end sees it",
	 set_link},
	{"set flow_ctrl rx|tx|autoneg on|off <port>", "pause frames: heed them, send them",
	 set_flow},
	{"set flow_ctrl rx on|off tx on|off <port>", "both at once", set_flow},
	{"set flow_ctrl rx on|off tx on|off autoneg on|off <port>", "all three", set_flow},
	{"set flow_ctrl rx on|off tx on|off <high> <low> <time> <xon> mac_ctrl_frame_fwd on|off "
	 "autoneg on|off <port>",
	 "the same in DPDK's whole form", set_flow_long},
	{"show port <port> flow_ctrl", "pause frames of a port", show_flow, show_flow_facts},
	{NULL},
};
