/* SPDX-License-Identifier: BSD-3-Clause */
/* How packets are spread over rx queues: hash types, key and table. */
#include "commands.h"
#include "facts.h"
#include "port.h"
#include "report.h"
#include "rss_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* -- changing ------------------------------------------------------------------------------------------ */

static const struct {
	const char *word;
	uint32_t types;
} type_sets[] = {
	{"all", UINT32_MAX},
	{"default", UINT32_MAX},
	{"none", 0},
	{"ip", PLX_ETH_RSS_IPV4 | PLX_ETH_RSS_IPV6},
	{"tcp", PLX_ETH_RSS_TCP},
	{"udp", PLX_ETH_RSS_UDP},
	{"sctp", PLX_ETH_RSS_SCTP},
};

static int
set_types(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	const uint32_t types = *(const uint32_t *)arg;
	struct plx_ethdev_info info = {0};
	char there[64];
	int ret;

	plx_ethdev_info(port, &info);
	if (info.reta_size != 0 && types != 0 && (types & info.rss_types) == 0)
		return plx_why(why, -ENOTSUP, "port %u (%s) can hash by %s only", port, info.name,
			       plx_ethdev_bits_text(PLX_ETHDEV_RSS_TYPES, info.rss_types, there,
						    sizeof(there)));
	ret = plx_ethdev_set_rss_key(port, NULL, 0, types & info.rss_types);
	if (ret != 0)
		return port_refused(port, "spreading by a hash (RSS)", ret, why);
	app->wishes[port].rss = true;
	return 0;
}

static int
config_types(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	unsigned row = 0;

	if (strcmp(words[4], "ether") == 0)
		return plx_why(why, -ENOTSUP,
			       "rss ether: no device here hashes Ethernet addresses; ip, tcp, udp "
			       "and sctp are there");
	while (strcmp(type_sets[row].word, words[4]) != 0)
		row++;
	return port_each(app, words[2], set_types, &type_sets[row].types, why);
}

static int
config_table(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t table[PLX_ETHDEV_RETA_MAX] = {0};
	struct plx_ethdev_info info = {0};
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret != 0)
		return ret;
	plx_ethdev_info(port, &info);
	ret = plx_ethdev_reta(port, table, info.reta_size);
	if (ret != 0)
		return port_refused(port, "a redirection table", ret, why);
	ret = rss_parse_pairs(words[5], &info, table, why);
	if (ret != 0)
		return ret;
	ret = plx_ethdev_set_reta(port, table, info.reta_size);
	if (ret != 0)
		return port_refused(port, "a redirection table", ret, why);
	app->wishes[port].reta_queues = info.nb_rx_queues;
	return 0;
}

static int
config_key(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint8_t key[PLX_ETHDEV_RSS_KEY_MAX], before[PLX_ETHDEV_RSS_KEY_MAX];
	struct plx_ethdev_info info = {0};
	uint32_t types;
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret != 0)
		return ret;
	plx_ethdev_info(port, &info);
	ret = plx_ethdev_rss_key(port, before, &types);
	if (ret != 0)
		return port_refused(port, "a hash key", ret, why);
	ret = rss_check_type(words[4], &info, why);
	if (ret == 0)
		ret = rss_parse_key(words[5], info.rss_key_size, key, why);
	if (ret != 0)
		return ret;
	ret = plx_ethdev_set_rss_key(port, key, info.rss_key_size, types);
	if (ret != 0)
		return port_refused(port, "a hash key", ret, why);
	app->wishes[port].rss = true;
	return 0;
}

/* -- showing ------------------------------------------------------------------------------------------- */

/* A port that hashes, and what it does. */
static int
ask(const char *word, struct rss_facts *ret_rss, struct plx_why *why)
{
	int ret = port_one(word, &ret_rss->port, why);

	if (ret != 0)
		return ret;
	plx_ethdev_info(ret_rss->port, &ret_rss->info);
	ret = plx_ethdev_rss_key(ret_rss->port, ret_rss->key, &ret_rss->types);
	if (ret == 0)
		ret = plx_ethdev_reta(ret_rss->port, ret_rss->table, ret_rss->info.reta_size);
	return ret == 0 ? 0 : port_refused(ret_rss->port, "spreading by a hash (RSS)", ret, why);
}

static int
show_hash(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	struct rss_facts rss;
	int ret = ask(words[2], &rss, why);

	if (ret == 0)
		report_rss_hash(&rss, nb_words > 4, stdout);
	return ret;
}

static int
show_hash_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		struct plx_why *why)
{
	struct rss_facts rss;
	int ret = ask(words[2], &rss, why);

	if (ret == 0)
		facts_rss_hash(&rss, result);
	return ret;
}

/* The entries that "[<size>] [<masks>]" choose: all of them without. */
static int
ask_table(char *const *words, unsigned nb_words, struct rss_facts *ret_rss,
	  bool ret_chosen[PLX_ETHDEV_RETA_MAX], struct plx_why *why)
{
	int ret = ask(words[2], ret_rss, why);
	uint64_t size = ret_rss->info.reta_size;

	if (ret == 0 && nb_words > 5)
		ret = command_number(words[5], "size", 1, ret_rss->info.reta_size, &size, why);
	for (unsigned i = 0; i < PLX_ETHDEV_RETA_MAX && ret == 0; i++)
		ret_chosen[i] = i < size;
	if (ret == 0 && nb_words > 6)
		ret = rss_parse_masks(words[6], (unsigned)size, ret_chosen, why);
	return ret;
}

static int
show_table(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	bool chosen[PLX_ETHDEV_RETA_MAX];
	struct rss_facts rss = {0};
	int ret = ask_table(words, nb_words, &rss, chosen, why);

	if (ret == 0)
		report_reta(&rss, chosen, stdout);
	return ret;
}

static int
show_table_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		 struct plx_why *why)
{
	bool chosen[PLX_ETHDEV_RETA_MAX];
	struct rss_facts rss = {0};
	int ret = ask_table(words, nb_words, &rss, chosen, why);

	if (ret == 0)
		facts_reta(&rss, chosen, result);
	return ret;
}

const struct command commands_rss[] = {
	{"port config <port> rss all|default|ip|tcp|udp|sctp|ether|none",
	 "what the hash that chooses the rx queue is made of", config_types},
	{"port config <port> rss reta <pairs>", "(hash,queue)[,(hash,queue)]: entries of the table",
	 config_table},
	{"port config <port> rss-hash-key <type> <key>", "the key of the hash, in hexadecimal",
	 config_key},
	{"show port <port> rss-hash [key]", "what the hash is made of", show_hash, show_hash_facts},
	{"show port <port> rss reta [<size>] [<masks>]",
	 "the table from hash to queue, all of it or as in (0xff,0x0)", show_table,
	 show_table_facts},
	{NULL},
};
