/* SPDX-License-Identifier: BSD-3-Clause */
/* What engines are told at the prompt: peers, checksums, segments, retries. */
#include "commands.h"
#include "facts.h"
#include "port.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	uint32_t offload;
} checksums[] = {
	{"ip", PLX_ETH_TX_OFFLOAD_IPV4_CSUM},
	{"udp", PLX_ETH_TX_OFFLOAD_UDP_CSUM},
	{"tcp", PLX_ETH_TX_OFFLOAD_TCP_CSUM},
	{"sctp", PLX_ETH_TX_OFFLOAD_SCTP_CSUM},
};

/* The port `word` names, while nothing is forwarded. */
static int
quiet_port(const struct app *app, const char *word, uint16_t *ret_port, struct plx_why *why)
{
	int ret = forward_is_stopped(app, why);

	return ret == 0 ? port_one(word, ret_port, why) : ret;
}

static int
set_peer(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint8_t mac[PLX_NET_MAC_LEN];
	uint16_t port;
	int ret = quiet_port(app, words[2], &port, why);

	if (ret == 0)
		ret = command_mac(words[3], mac, why);
	if (ret == 0)
		memcpy(app->args.engines.ports[port].peer, mac, sizeof(mac));
	return ret;
}

static int
set_retry(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	struct engine_settings *settings = &app->args.engines;
	uint64_t delay_us, max;
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		ret = command_number(words[4], "delay in microseconds", 0, 1000000, &delay_us, why);
	if (ret == 0)
		ret = command_number(words[6], "retries", 0, 1000000, &max, why);
	if (ret != 0)
		return ret;
	settings->retry_delay_us = delay_us;
	settings->retry_max = max;
	return 0;
}

static int
csum_set(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	struct port_offload offload = {.on = strcmp(words[3], "hw") == 0};
	unsigned row = 0;
	uint16_t port;
	int ret = quiet_port(app, words[4], &port, why);

	while (strcmp(checksums[row].word, words[2]) != 0)
		row++;
	offload.bit = checksums[row].offload;
	if (ret == 0)
		ret = port_change_offload(app, port, &offload, why);
	if (ret == 0)
		report_csum(app, port, stdout);
	return ret;
}

static int
csum_mac_swap(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t port;
	int ret = quiet_port(app, words[3], &port, why);

	if (ret == 0)
		app->args.engines.ports[port].keeps_macs = strcmp(words[2], "off") == 0;
	return ret;
}

static int
csum_show(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret == 0)
		report_csum(app, port, stdout);
	return ret;
}

static int
csum_show_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		struct plx_why *why)
{
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret == 0)
		facts_csum(app, port, result);
	return ret;
}

static int
tso_set(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint64_t segsz;
	uint16_t port;
	int ret = quiet_port(app, words[3], &port, why);

	if (ret == 0)
		ret = command_number(words[2], "segment size", 0, UINT16_MAX, &segsz, why);
	if (ret == 0)
		ret = port_change_offload(
			app, port,
			&(struct port_offload){.bit = PLX_ETH_TX_OFFLOAD_TCP_TSO, .on = segsz != 0},
			why);
	if (ret != 0)
		return ret;
	app->args.engines.ports[port].tso_segsz = (uint16_t)segsz;
	report_tso(app, port, stdout);
	return 0;
}

static int
tso_show(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret == 0)
		report_tso(app, port, stdout);
	return ret;
}

static int
tso_show_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
	       struct plx_why *why)
{
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret == 0)
		facts_tso(app, port, result);
	return ret;
}

const struct command commands_engine[] = {
	{"set eth-peer <port> <mac>", "whom mac and csum send to", set_peer},
	{"set burst tx delay <us> retry <times>", "what retry means in set fwd", set_retry},
	{"csum set ip|udp|tcp|sctp hw|sw <port>", "who makes the checksums of a port", csum_set},
	{"csum mac-swap on|off <port>", "whether csum sends from the port to its peer",
	 csum_mac_swap},
	{"csum show <port>", "who makes them", csum_show, csum_show_facts},
	{"tso set <bytes> <port>", "payload of TCP segments that a port cuts for csum; 0: none",
	 tso_set},
	{"tso show <port>", "the same", tso_show, tso_show_facts},
	{NULL},
};
