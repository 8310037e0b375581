/* SPDX-License-Identifier: BSD-3-Clause */
#include "house.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_kvargs.h>
#include <pollux/plx_lcore.h>

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define HELD 1024 /* buffers that a NIC may have on their way */

/* -- wires --------------------------------------------------------------------------------------------- */

static bool
is_taken(const struct app *app, uint16_t port)
{
	for (unsigned i = 0; i < app->nb_nics; i++) {
		if (app->nics[i].wire.port == port)
			return true;
	}
	return false;
}

static void
free_name(char name[32])
{
	uint16_t port;

	for (unsigned n = 0; n < PLX_ETHDEV_MAX; n++) {
		snprintf(name, 32, "net_tap%u", n);
		if (plx_ethdev_by_name(name, &port) != 0)
			return;
	}
}

/* One that is there is taken over as it is, which needs no rights, and stays. */
static int
make_tap(struct nic *nic, struct plx_why *why)
{
	const bool is_there = if_nametoindex(nic->conf.tap) != 0;
	struct plx_why cause = {""};
	char name[32], devargs[96];
	int ret;

	free_name(name);
	snprintf(devargs, sizeof(devargs), "%s,iface='%s'%s", name, nic->conf.tap,
		 is_there ? ",persist=1" : "");
	ret = plx_ethdev_attach(devargs, &nic->wire.port, &cause);
	return ret == 0 ? 0 : plx_why(why, ret, "%s: %s", nic->name, cause.text);
}

static int
find_port(const struct app *app, struct nic *nic, struct plx_why *why)
{
	const char *word = nic->conf.port;
	struct plx_ethdev_info info;
	uint64_t number;
	uint16_t port;

	if (plx_kvargs_uint(word, 0, PLX_ETHDEV_MAX - 1, &number) == 0 &&
	    plx_ethdev_info((uint16_t)number, &info) == 0)
		port = (uint16_t)number;
	else if (plx_ethdev_by_name(word, &port) != 0)
		return plx_why(
			why, -ENODEV,
			"%s: there is no port \"%s\"; there are %u, which are named before "
			"\"--\", as in --vdev net_af_xdp0,iface=eth1 -- --nic socket=..,port=0",
			nic->name, word, plx_ethdev_count());
	if (is_taken(app, port))
		return plx_why(why, -EBUSY,
			       "%s: port %s is the wire of another NIC; give each its own",
			       nic->name, word);
	nic->wire.port = port;
	return 0;
}

/* The first that nobody has asked for. */
static int
take_any_port(const struct app *app, struct nic *nic, struct plx_why *why)
{
	PLX_ETHDEV_FOREACH(port) {
		if (is_taken(app, port))
			continue;
		nic->wire.port = port;
		return 0;
	}
	return plx_why(why, -ENODEV,
		       "%s has no wire. Give it one:\n"
		       "  -t NAME (tap=NAME)                                a tap of this machine\n"
		       "  --vdev net_af_xdp0,iface=eth1 -- ... port=0       any port\n"
		       "  --join nic0,nic1 (port=nic1)                      another NIC of these",
		       nic->name);
}

static int
find_wires(struct app *app, struct plx_why *why)
{
	int ret = 0;

	for (unsigned i = 0; i < app->nb_nics && ret == 0; i++) {
		struct nic *nic = &app->nics[i];

		if (nic->conf.peer >= 0)
			nic->wire.peer = &app->nics[nic->conf.peer];
		else if (nic->conf.tap[0] != '\0')
			ret = make_tap(nic, why);
		else if (nic->conf.port[0] != '\0')
			ret = find_port(app, nic, why);
	}
	for (unsigned i = 0; i < app->nb_nics && ret == 0; i++) {
		struct nic *nic = &app->nics[i];

		if (nic->wire.peer == NULL && nic->wire.port == PLX_ETHDEV_MAX)
			ret = take_any_port(app, nic, why);
	}
	return ret;
}

static int
give_address(struct nic *nic, struct plx_why *why)
{
	struct plx_ethdev_info info;
	int ret;

	if (nic->conf.net[0] == '\0')
		return 0;
	plx_ethdev_info(nic->wire.port, &info);
	ret = address_parse(nic->conf.net, &nic->address, why);
	if (ret == 0)
		ret = address_add(&nic->address, info.if_index, why);
	nic->has_address = ret == 0;
	return ret < 0 ? ret : 0;
}

static int
open_wires(struct app *app, struct plx_why *why)
{
	int ret = 0;

	if (plx_ethdev_count() > 0)
		ret = plx_ethdev_pool_create("nicemu", 1, HELD * app->nb_nics, &app->pool, why);
	for (unsigned i = 0; i < app->nb_nics && ret == 0; i++) {
		struct nic *nic = &app->nics[i];

		if (nic->wire.peer != NULL)
			continue;
		ret = wire_open_port(&nic->wire, nic->wire.port, app->pool,
				     nic->conf.pcap[0] == '\0', (uint16_t)app->args.mtu, why);
		if (ret == 0)
			ret = give_address(nic, why);
	}
	return ret;
}

/* -- loops --------------------------------------------------------------------------------------------- */

/* Joined cards call each other, and so are on one loop. */
static void
spread(struct app *app)
{
	const unsigned lcores = plx_lcore_count();
	unsigned next = 0;

	for (unsigned i = 0; i < app->nb_nics; i++) {
		struct nic *nic = &app->nics[i];

		nic->loop = nic->wire.peer != NULL && nic->wire.peer->loop != NULL
				    ? nic->wire.peer->loop
				    : &app->loops[next++ % lcores];
		nic->loop->nic[nic->loop->nb_nics++] = nic;
		nic->loop->polls |= nic->conf.doorbells || app->args.poll;
	}
	app->nb_loops = next < lcores ? next : lcores;
}

static int
open_loops(struct app *app, struct plx_why *why)
{
	uint32_t worker = PLX_LCORE_NONE;
	int ret = 0;

	spread(app);
	for (unsigned i = 0; i < app->nb_loops && ret == 0; i++) {
		worker = i == 0 ? PLX_LCORE_NONE : plx_lcore_next(worker, true);
		app->loops[i].lcore = i == 0 ? plx_lcore_main() : worker;
		ret = loop_init(&app->loops[i], why);
	}
	return ret;
}

/* -- life ---------------------------------------------------------------------------------------------- */

int
house_open(struct app *app, struct plx_why *why)
{
	int ret;

	for (unsigned i = 0; i < app->args.nb_nics; i++) {
		struct nic *nic = &app->nics[app->nb_nics++];

		nic->number = i;
		nic->conf = app->args.nics[i];
		nic->verbose = app->args.verbose;
		nic->wire.port = PLX_ETHDEV_MAX;
		snprintf(nic->name, sizeof(nic->name), "nic%u", i);
	}
	ret = find_wires(app, why);
	if (ret == 0)
		ret = open_wires(app, why);
	for (unsigned i = 0; i < app->nb_nics && ret == 0; i++)
		ret = nic_open(&app->nics[i], why);
	return ret == 0 ? open_loops(app, why) : ret;
}

struct front {
	struct app *app;
	void (*run)(struct app *app);
};

static void *
run_front(void *arg)
{
	struct front *front = arg;

	front->run(front->app);
	for (unsigned i = 0; i < front->app->nb_loops; i++)
		loop_end(&front->app->loops[i]);
	return NULL;
}

int
house_run(struct app *app, void (*run)(struct app *app), struct plx_why *why)
{
	struct front front = {app, run};
	pthread_t thread;
	int ret;

	for (unsigned i = 0; i < app->nb_loops; i++)
		app->loops[i].runs = true;
	ret = pthread_create(&thread, NULL, run_front, &front);
	if (ret != 0)
		return plx_why(why, -ret, "a thread for the prompt: %s", strerror(ret));
	for (unsigned i = 1; i < app->nb_loops; i++)
		plx_lcore_launch(loop_run, &app->loops[i], app->loops[i].lcore);
	loop_run(&app->loops[0]);
	pthread_join(thread, NULL);
	plx_lcore_wait_all();
	for (unsigned i = 0; i < app->nb_loops; i++)
		app->loops[i].runs = false;
	return 0;
}

void
house_end(struct app *app)
{
	app->ended_ns = plx_clock_monotonic_ns();
	for (unsigned i = 0; i < app->nb_nics; i++) {
		struct nic *nic = &app->nics[i];

		nic_end(nic);
		if (nic->has_address) {
			struct plx_ethdev_info info = {0};

			plx_ethdev_info(nic->wire.port, &info);
			address_remove(&nic->address, info.if_index);
			nic->has_address = false;
		}
		if (nic->wire.peer == NULL && nic->wire.port < PLX_ETHDEV_MAX)
			plx_ethdev_stop(nic->wire.port);
	}
}

int
house_close(struct app *app, struct plx_why *why)
{
	int ret = 0, closed;

	for (unsigned i = 0; i < app->nb_nics; i++) {
		closed = nic_close(&app->nics[i], ret == 0 ? why : NULL);
		ret = ret == 0 ? closed : ret;
	}
	for (unsigned i = 0; i < app->nb_loops; i++)
		loop_fini(&app->loops[i]);
	PLX_ETHDEV_FOREACH(port)
		plx_ethdev_close(port);
	closed = plx_pool_destroy(app->pool, ret == 0 ? why : NULL);
	app->pool = NULL;
	return ret == 0 ? closed : ret;
}

const char *
house_wire_text(const struct nic *nic, char *text, size_t size)
{
	struct plx_ethdev_info info = {0};

	if (nic->wire.peer != NULL) {
		snprintf(text, size, "%s", nic->wire.peer->name);
		return text;
	}
	plx_ethdev_info(nic->wire.port, &info);
	if (nic->conf.tap[0] != '\0')
		snprintf(text, size, "tap %s", nic->conf.tap);
	else
		snprintf(text, size, "port %u (%s)", nic->wire.port, info.name);
	return text;
}
