/* SPDX-License-Identifier: BSD-3-Clause */
/* port config: queues, descriptors, lengths and offloads. What needs new queues is made real by port start. */
#include "commands.h"
#include "port.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Every port has to be stopped: queues and descriptors are the same on all. */
static int
check_all_stopped(const struct app *app, const char *what, struct plx_why *why)
{
	int ret = forward_is_stopped(app, why);

	for (unsigned i = 0; i < app->nb_ports && ret == 0; i++)
		ret = port_check_stopped(app->ports[i], what, why);
	return ret;
}

static void
mark_all_changed(struct app *app)
{
	for (unsigned i = 0; i < app->nb_ports; i++)
		app->wishes[app->ports[i]].changed = true;
}

/* -- queues and descriptors ----------------------------------------------------------------------------- */

static const struct {
	const char *word;
	size_t offset; /* of the option that it stands for */
	size_t limit;  /* of the device's limit in its facts */
	const char *what;
} counts[] = {
	{"rxq", offsetof(struct testpmd_args, rxq), offsetof(struct plx_ethdev_info, max_rx_queues),
	 "rx queues"},
	{"txq", offsetof(struct testpmd_args, txq), offsetof(struct plx_ethdev_info, max_tx_queues),
	 "tx queues"},
	{"rxd", offsetof(struct testpmd_args, rxd), offsetof(struct plx_ethdev_info, rx_desc_max),
	 "rx descriptors"},
	{"txd", offsetof(struct testpmd_args, txd), offsetof(struct plx_ethdev_info, tx_desc_max),
	 "tx descriptors"},
};

static int
check_limit(const struct app *app, unsigned row, uint64_t n, struct plx_why *why)
{
	for (unsigned i = 0; i < app->nb_ports; i++) {
		struct plx_ethdev_info info;
		uint16_t most;

		plx_ethdev_info(app->ports[i], &info);
		memcpy(&most, (const char *)&info + counts[row].limit, sizeof(most));
		if (n > most)
			return plx_why(why, -EINVAL, "%" PRIu64 " %s: port %u (%s) has at most %u",
				       n, counts[row].what, app->ports[i], info.name, most);
	}
	return 0;
}

static int
config_count(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	unsigned row = 0;
	uint64_t n;
	int ret = check_all_stopped(app, "another number of queues or descriptors", why);

	while (strcmp(counts[row].word, words[3]) != 0)
		row++;
	if (ret == 0)
		ret = command_number(words[4], words[3], 1, UINT16_MAX, &n, why);
	if (ret == 0)
		ret = check_limit(app, row, n, why);
	if (ret != 0)
		return ret;
	memcpy((char *)&app->args + counts[row].offset, &n, sizeof(n));
	mark_all_changed(app);
	return 0;
}

/* -- lengths ------------------------------------------------------------------------------------------- */

static int
set_mtu(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	struct plx_ethdev_info info = {0};
	int ret = plx_ethdev_set_mtu(port, *(const uint16_t *)arg, why);

	if (ret != 0)
		return ret;
	plx_ethdev_info(port, &info);
	app->wishes[port].mtu = 0;
	/* Frames that do not fit a buffer any more need queues that take chains. */
	if (info.state != PLX_ETHDEV_STARTED)
		app->wishes[port].changed = true;
	return 0;
}

static int
config_mtu_of(struct app *app, const char *port, const char *bytes, struct plx_why *why)
{
	uint64_t n;
	uint16_t mtu;
	int ret = command_number(bytes, "mtu", 68, UINT16_MAX, &n, why);

	if (ret != 0)
		return ret;
	mtu = (uint16_t)n;
	return port_each(app, port, set_mtu, &mtu, why);
}

/* port config 0 mtu 9000 */
static int
config_mtu(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return config_mtu_of(app, words[2], words[4], why);
}

/* port config mtu 0 9000 */
static int
config_mtu_first(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return config_mtu_of(app, words[3], words[4], why);
}

static int
config_max_pkt_len(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	struct plx_ethdev_info info;
	uint64_t n;
	int ret = check_all_stopped(app, "another length of packets", why);

	if (ret == 0)
		ret = command_number(words[4], "max-pkt-len", 68 + PORT_FRAME_OVERHEAD, UINT16_MAX,
				     &n, why);
	for (unsigned i = 0; i < app->nb_ports && ret == 0; i++) {
		plx_ethdev_info(app->ports[i], &info);
		if (n - PORT_FRAME_OVERHEAD < info.min_mtu ||
		    n - PORT_FRAME_OVERHEAD > info.max_mtu)
			ret = plx_why(why, -EINVAL,
				      "max-pkt-len %" PRIu64 ": port %u (%s) takes %d to %d", n,
				      app->ports[i], info.name, info.min_mtu + PORT_FRAME_OVERHEAD,
				      info.max_mtu + PORT_FRAME_OVERHEAD);
	}
	if (ret != 0)
		return ret;
	app->args.ports.max_pkt_len = n;
	n -= PORT_FRAME_OVERHEAD;
	return port_each(app, "all", set_mtu, &(uint16_t){(uint16_t)n}, why);
}

/* -- offloads ------------------------------------------------------------------------------------------ */

static int
config_offload(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool rx = strcmp(words[3], "rx_offload") == 0;
	const struct port_offload offload = {
		.rx = rx,
		.bit = plx_ethdev_bit_by_name(rx ? PLX_ETHDEV_RX_OFFLOADS : PLX_ETHDEV_TX_OFFLOADS,
					      words[4]),
		.on = strcmp(words[5], "on") == 0,
	};
	char names[256];
	int ret = forward_is_stopped(app, why);

	if (ret == 0 && offload.bit == 0)
		ret = plx_why(
			why, -EINVAL, "there is no %s \"%s\"; there are %s", words[3], words[4],
			plx_ethdev_bits_text(rx ? PLX_ETHDEV_RX_OFFLOADS : PLX_ETHDEV_TX_OFFLOADS,
					     UINT32_MAX, names, sizeof(names)));
	return ret == 0 ? port_each(app, words[2], port_wish_offload, &offload, why) : ret;
}

const struct command commands_port_config[] = {
	{"port config all rxq|txq|rxd|txd <number>", "queues, descriptors a queue", config_count},
	{"port config all max-pkt-len <bytes>", "the longest frame, header and checksum included",
	 config_max_pkt_len},
	{"port config <port> mtu <bytes>", "also while the port runs, where its driver can",
	 config_mtu},
	{"port config mtu <port> <bytes>", "the same", config_mtu_first},
	{"port config <port> rx_offload|tx_offload <offload> on|off",
	 "what the device shall do beside moving bytes", config_offload},
	{NULL},
};
