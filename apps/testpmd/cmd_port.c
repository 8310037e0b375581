/* SPDX-License-Identifier: BSD-3-Clause */
/* port start, stop, close, reset, attach, detach. */
#include "commands.h"
#include "port.h"
#include "port_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool
is_started(uint16_t port)
{
	struct plx_ethdev_info info = {0};

	return plx_ethdev_info(port, &info) == 0 && info.state == PLX_ETHDEV_STARTED;
}

static int
start_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	const char *const word = arg;
	uint8_t mac[6] = {0};
	int ret;

	if (strcmp(word, "all") == 0 && is_started(port))
		return 0;
	ret = port_start(app, port, why);
	plx_ethdev_mac(port, mac);
	if (ret == 0)
		printf("Port %u: %s\n", port, words_mac(mac).text);
	return ret;
}

static int
stop_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	return port_stop(app, port, why);
}

static int
close_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	int ret = port_close(app, port, why);

	if (ret == 0)
		printf("Port %u is closed\n", port);
	return ret;
}

static int
reset_one(struct app *app, uint16_t port, const void *arg, struct plx_why *why)
{
	return port_reset(app, port, why);
}

static const struct {
	const char *word;
	const char *title;
	port_fn one;
} lives[] = {
	{"start", NULL, start_one},
	{"stop", "Stopping ports...", stop_one},
	{"close", "Closing ports...", close_one},
	{"reset", "Resetting ports...", reset_one},
};

static int
change_life(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t first, last;
	unsigned row = 0;
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		ret = command_ports(words[2], &first, &last, why);
	if (ret != 0)
		return ret;
	while (strcmp(lives[row].word, words[1]) != 0)
		row++;
	if (lives[row].title != NULL)
		printf("%s\n", lives[row].title);
	ret = port_each(app, words[2], lives[row].one, words[2], why);
	if (ret == 0)
		printf("Done\n");
	return ret;
}

static int
attach(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t port = 0;
	int ret = forward_is_stopped(app, why);

	if (ret == 0)
		ret = port_attach(app, words[2], &port, why);
	if (ret != 0)
		return ret;
	printf("Attaching a new port...\nPort %u is attached. Now total ports is %u\nDone\n", port,
	       plx_ethdev_count());
	return 0;
}

/* A port number or the name of its device. */
static int
detach(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	uint16_t port;
	int ret = forward_is_stopped(app, why);

	if (ret == 0 && plx_ethdev_by_name(words[2], &port) != 0)
		ret = port_one(words[2], &port, why);
	if (ret == 0)
		ret = port_detach(app, port, why);
	if (ret != 0)
		return ret;
	printf("Detaching a port...\nPort %u is detached. Now total ports is %u\nDone\n", port,
	       plx_ethdev_count());
	return 0;
}

static int
detach_all(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	int ret = forward_is_stopped(app, why);

	for (unsigned i = 0; i < app->nb_ports && ret == 0; i++)
		ret = port_check_stopped(app->ports[i], "detaching it", why);
	while (app->nb_ports > 0 && ret == 0)
		ret = port_detach(app, app->ports[app->nb_ports - 1], why);
	if (ret == 0)
		printf("Detaching ports...\nNow total ports is %u\nDone\n", plx_ethdev_count());
	return ret;
}

/* -- one queue alone ---------------------------------------------------------------------------------------- */

/* "port 0 rxq 1 ...": which is meant. */
static int
queue_of(char *const *words, uint16_t *ret_port, uint16_t *ret_queue, bool *ret_rx,
	 struct plx_why *why)
{
	uint64_t queue = 0;
	int ret = port_one(words[1], ret_port, why);

	if (ret == 0)
		ret = command_number(words[3], "queue", 0, PLX_ETHDEV_QUEUES_MAX - 1, &queue, why);
	*ret_queue = (uint16_t)queue;
	*ret_rx = strcmp(words[2], "rxq") == 0;
	return ret;
}

/* Also while packets are forwarded: whoever polls the queue gets nothing meanwhile. */
static int
run_queue(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool on = strcmp(words[4], "start") == 0;
	uint16_t port, queue;
	bool rx;
	int ret = queue_of(words, &port, &queue, &rx, why);

	if (ret != 0)
		return ret;
	if (rx)
		return on ? plx_ethdev_rx_queue_start(port, queue, why)
			  : plx_ethdev_rx_queue_stop(port, queue, why);
	return on ? plx_ethdev_tx_queue_start(port, queue, why)
		  : plx_ethdev_tx_queue_stop(port, queue, why);
}

static int
defer_queue(struct app *app, char *const *words, unsigned nb_words, struct plx_why *why)
{
	const bool on = strcmp(words[5], "on") == 0;
	uint16_t port, queue;
	bool rx;
	int ret = queue_of(words, &port, &queue, &rx, why);

	return ret == 0 ? port_defer_queue(app, port, rx, queue, on, why) : ret;
}

const struct command commands_port[] = {
	{"port start|stop|close|reset <port>", "a port number, or all", change_life},
	{"port attach <devargs>", "make a port, as in net_null3,size=64", attach},
	{"port detach all", "take all ports and their devices away", detach_all},
	{"port detach <port>", "take a port and its device away", detach},
	{"device detach <device>", "the same", detach},
	{"port <port> rxq|txq <queue> start|stop",
	 "one queue alone, also while packets are forwarded", run_queue},
	{"port <port> rxq|txq <queue> deferred_start on|off",
	 "whether port start leaves it stopped", defer_queue},
	{NULL},
};
