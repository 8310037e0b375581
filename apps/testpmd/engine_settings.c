/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines' options that are more than a number: addresses, and a file of them. */
#include "engine_settings.h"

#include <pollux/plx_kvargs.h>
#include <pollux/plx_net_format.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DISCARD_PORT 9

/* The addresses are set aside for such tests: RFC 2544, 198.18.0.0/15. */
const char *const cluster_work_names[] = {
	[CLUSTER_WORK_NONE] = "none",
	[CLUSTER_WORK_COUNT] = "count",
	[CLUSTER_WORK_IO] = "io",
	[CLUSTER_WORK_MACSWAP] = "macswap",
	NULL,
};

void
engine_settings_init(struct engine_settings *settings)
{
	*settings = (struct engine_settings){
		.src_ip = {198, 18, 0, 1},
		.dst_ip = {198, 18, 0, 2},
		.src_port = DISCARD_PORT,
		.dst_port = DISCARD_PORT,
		.flows = 1024,
		.retry_delay_us = 1,
		.retry_max = 64,
	};
	for (unsigned port = 0; port < PLX_ETHDEV_MAX; port++) {
		settings->ports[port].peer[0] = 0x02;
		settings->ports[port].peer[5] = (uint8_t)port;
	}
}

/* "0,02:00:00:00:00:01" */
static int
read_peer(struct engine_settings *settings, const char *text, struct plx_why *why)
{
	const char *comma = strchr(text, ',');
	char number[8] = "";
	uint64_t port;

	if (comma != NULL && (size_t)(comma - text) < sizeof(number)) {
		memcpy(number, text, (size_t)(comma - text));
		if (plx_kvargs_uint(number, 0, PLX_ETHDEV_MAX - 1, &port) == 0 &&
		    plx_net_mac_parse(comma + 1, settings->ports[port].peer) == 0)
			return 0;
	}
	return plx_why(why, -EINVAL,
		       "--eth-peer %s: a port (0 to %d) and a MAC address are expected, as in "
		       "0,02:00:00:00:00:01",
		       text, PLX_ETHDEV_MAX - 1);
}

/* One MAC address a line, of port 0, 1 and so on; empty lines and those that begin with # do not count. */
static int
read_peers_lines(struct engine_settings *settings, FILE *file, struct plx_why *why)
{
	unsigned port = 0, number = 0;
	char line[128];

	while (fgets(line, sizeof(line), file) != NULL) {
		const char *word = line + strspn(line, " \t\r\n");

		number++;
		line[strcspn(line, "#\r\n")] = '\0';
		if (*word == '\0')
			continue;
		for (char *end = line + strlen(line); end > word && strchr(" \t", end[-1]); end--)
			end[-1] = '\0';
		if (port == PLX_ETHDEV_MAX)
			return plx_why(why, -EINVAL,
				       "--eth-peers-configfile %s, line %u: there are %d ports at "
				       "most",
				       settings->eth_peers_file, number, PLX_ETHDEV_MAX);
		if (plx_net_mac_parse(word, settings->ports[port].peer) != 0)
			return plx_why(why, -EINVAL,
				       "--eth-peers-configfile %s, line %u: \"%s\" is no MAC "
				       "address; one a line is expected, of port 0, 1 and so on",
				       settings->eth_peers_file, number, word);
		port++;
	}
	return 0;
}

static int
read_peers_file(struct engine_settings *settings, struct plx_why *why)
{
	FILE *file = fopen(settings->eth_peers_file, "re");
	int ret;

	if (file == NULL)
		return plx_why(why, -errno, "--eth-peers-configfile %s: %s",
			       settings->eth_peers_file, strerror(errno));
	ret = read_peers_lines(settings, file, why);
	if (ret == 0 && ferror(file))
		ret = plx_why(why, -EIO, "--eth-peers-configfile %s: it cannot be read",
			      settings->eth_peers_file);
	fclose(file);
	return ret;
}

/* The text up to a comma into `part`, the rest returned; NULL if there is none. */
static const char *
cut(const char *text, char *part, size_t size)
{
	size_t len = strcspn(text, ",");

	snprintf(part, size, "%.*s", (int)len, text);
	return text[len] == ',' ? text + len + 1 : NULL;
}

static int
read_tx_ip(struct engine_settings *settings, struct plx_why *why)
{
	char src[64];
	const char *dst = cut(settings->tx_ip, src, sizeof(src));

	if (dst != NULL && inet_pton(AF_INET, src, settings->src_ip) == 1 &&
	    inet_pton(AF_INET, dst, settings->dst_ip) == 1)
		return 0;
	return plx_why(why, -EINVAL,
		       "--tx-ip %s: two IPv4 addresses are expected, source and destination, as "
		       "in 198.18.0.1,198.18.0.2",
		       settings->tx_ip);
}

static int
read_tx_udp(struct engine_settings *settings, struct plx_why *why)
{
	char first[64];
	const char *second = cut(settings->tx_udp, first, sizeof(first));
	uint64_t src, dst;

	if (plx_kvargs_uint(first, 0, UINT16_MAX, &src) != 0 ||
	    plx_kvargs_uint(second != NULL ? second : first, 0, UINT16_MAX, &dst) != 0)
		return plx_why(why, -EINVAL,
			       "--tx-udp %s: one port or two are expected, source and "
			       "destination, as in 9,9",
			       settings->tx_udp);
	settings->src_port = (uint16_t)src;
	settings->dst_port = (uint16_t)dst;
	return 0;
}

int
engine_settings_read(struct engine_settings *settings, struct plx_why *why)
{
	int ret = 0;

	if (settings->eth_peers_file != NULL)
		ret = read_peers_file(settings, why);
	for (unsigned i = 0; i < settings->eth_peer.n && ret == 0; i++)
		ret = read_peer(settings, settings->eth_peer.item[i], why);
	if (ret == 0 && settings->tx_ip != NULL)
		ret = read_tx_ip(settings, why);
	if (ret == 0 && settings->tx_udp != NULL)
		ret = read_tx_udp(settings, why);
	return ret;
}
