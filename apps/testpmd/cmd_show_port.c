/* SPDX-License-Identifier: BSD-3-Clause */
/* show port, show rxq and txq, clear port. */
#include "commands.h"
#include "facts.h"
#include "port.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What there is to show of a port: to people, and to programs. */
static const struct {
	const char *word;
	void (*head)(FILE *out); /* once, before the first port */
	void (*report)(uint16_t port, FILE *out);
	json_t *(*facts)(uint16_t port);
} shows[] = {
	{"info", NULL, report_port_info, facts_port_info},
	{"stats", NULL, report_port_stats, facts_port_stats},
	{"xstats", NULL, report_port_xstats, facts_port_xstats},
	{"summary", report_port_summary_head, report_port_summary, facts_port_summary},
	{"offloads", NULL, report_port_offloads, facts_port_offloads},
	{"macs", NULL, report_port_macs, facts_port_macs},
	{"mcast_macs", NULL, report_port_mcast_macs, facts_port_mcast_macs},
};

static unsigned
show_row(const char *word)
{
	unsigned row = 0;

	while (strcmp(shows[row].word, word) != 0)
		row++;
	return row;
}

static int
show(const char *word, const char *what, struct plx_why *why)
{
	const unsigned row = show_row(what);
	uint16_t first, last;
	int ret = command_ports(word, &first, &last, why);

	if (ret != 0)
		return ret;
	if (shows[row].head != NULL)
		shows[row].head(stdout);
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1)))
		shows[row].report(port, stdout);
	return 0;
}

static int
tell(const char *word, const char *what, json_t *result, struct plx_why *why)
{
	const unsigned row = show_row(what);
	json_t *ports = json_array();
	uint16_t first, last;
	int ret = command_ports(word, &first, &last, why);

	json_object_set_new(result, "ports", ports);
	if (ret != 0)
		return ret;
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1)))
		json_array_append_new(ports, shows[row].facts(port));
	return 0;
}

/* show port info 0 */
static int
show_port(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return show(words[3], words[2], why);
}

static int
show_port_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		struct plx_why *why)
{
	return tell(words[3], words[2], result, why);
}

/* show port 0 macs */
static int
show_of_port(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return show(words[2], words[3], why);
}

static int
show_of_port_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		   struct plx_why *why)
{
	return tell(words[2], words[3], result, why);
}

/* -- offloads, one way --------------------------------------------------------------------------------- */

static int
show_offloads(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret == 0)
		report_offloads_one_way(port, strcmp(words[3], "rx_offload") == 0,
					strcmp(words[4], "capabilities") == 0, stdout);
	return ret;
}

static int
show_offloads_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		    struct plx_why *why)
{
	uint16_t port;
	int ret = port_one(words[2], &port, why);

	if (ret != 0)
		return ret;
	json_object_set_new(result, "port", json_integer(port));
	json_object_set_new(result, words[4],
			    facts_offloads_one_way(port, strcmp(words[3], "rx_offload") == 0,
						   strcmp(words[4], "capabilities") == 0));
	return 0;
}

/* -- queues -------------------------------------------------------------------------------------------- */

/* "show rxq info 0 1": the queue, if it is set up. */
static int
queue_of(const char *port_word, const char *queue_word, bool rx, uint16_t *ret_port,
	 uint16_t *ret_queue, struct plx_ethdev_queue_info *ret_info, struct plx_why *why)
{
	uint64_t queue = 0;
	int ret = port_one(port_word, ret_port, why);

	if (ret == 0)
		ret = command_number(queue_word, "queue", 0, PLX_ETHDEV_QUEUES_MAX - 1, &queue,
				     why);
	if (ret != 0)
		return ret;
	*ret_queue = (uint16_t)queue;
	ret = rx ? plx_ethdev_rx_queue_info(*ret_port, *ret_queue, ret_info)
		 : plx_ethdev_tx_queue_info(*ret_port, *ret_queue, ret_info);
	if (ret != 0)
		plx_why(why, ret, "port %u has no %s queue %u now; `show port info %u` counts them",
			*ret_port, rx ? "rx" : "tx", *ret_queue, *ret_port);
	return ret;
}

static int
show_queue(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool rx = strcmp(words[1], "rxq") == 0;
	struct plx_ethdev_queue_info info;
	uint16_t port, queue;
	int ret = queue_of(words[3], words[4], rx, &port, &queue, &info, why);

	if (ret == 0)
		report_queue(port, queue, rx, &info, stdout);
	return ret;
}

static int
show_queue_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		 struct plx_why *why)
{
	const bool rx = strcmp(words[1], "rxq") == 0;
	struct plx_ethdev_queue_info info;
	uint16_t port, queue;
	int ret = queue_of(words[3], words[4], rx, &port, &queue, &info, why);

	if (ret == 0)
		facts_queue(port, queue, rx, &info, result);
	return ret;
}

/* "show port 0 rxq 0 desc used count" */
static int
used_count(char *const *words, int *ret_used, struct plx_why *why)
{
	struct plx_ethdev_queue_info info;
	uint16_t port, queue;
	int ret = queue_of(words[2], words[4], true, &port, &queue, &info, why);

	if (ret != 0)
		return ret;
	*ret_used = plx_ethdev_rx_queue_count(port, queue);
	return *ret_used >= 0
		       ? 0
		       : port_refused(port, "counting what waits in a queue", *ret_used, why);
}

static int
show_used(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	int used = 0, ret = used_count(words, &used, why);

	if (ret == 0)
		printf("Used desc count = %d\n", used);
	return ret;
}

static int
show_used_facts(struct app *app, char *const *words, unsigned nb_words, json_t *result,
		struct plx_why *why)
{
	int used = 0, ret = used_count(words, &used, why);

	if (ret == 0)
		json_object_set_new(result, "used_count", json_integer(used));
	return ret;
}

/* -- clear --------------------------------------------------------------------------------------------- */

static int
clear_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	printf("\n  NIC %sstatistics for port %u cleared\n", (const char *)arg, port);
	return plx_ethdev_stats_reset(port);
}

static int
clear_port(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	return port_each(app, words[3], clear_one,
			 strcmp(words[2], "xstats") == 0 ? "extended " : "", why);
}

const struct command commands_show_port[] = {
	{"show port info|stats|xstats|summary|offloads <port>", "a port number, or all", show_port,
	 show_port_facts},
	{"show port <port> macs|mcast_macs", "its addresses, or the groups it listens to",
	 show_of_port, show_of_port_facts},
	{"show port <port> rx_offload|tx_offload capabilities|configuration",
	 "what it could do beside moving bytes, what it does", show_offloads, show_offloads_facts},
	{"show port <port> rxq <queue> desc used count", "packets that wait in a queue", show_used,
	 show_used_facts},
	{"show rxq|txq info <port> <queue>", "descriptors and pool of a queue", show_queue,
	 show_queue_facts},
	{"clear port stats|xstats <port>", "count from zero", clear_port},
	{NULL},
};
