/* SPDX-License-Identifier: BSD-3-Clause */
/* All ports made ready at start, and closed at the end. */
#include "port.h"

#include "card.h"
#include "port_rules.h"
#include "prompt.h"

#include <pollux/plx_eal.h>

#include <errno.h>
#include <stdio.h>

/* On the control thread, beside whatever the prompt prints. */
static void
tell_link(void *arg, uint16_t port, bool up)
{
	flockfile(stdout);
	prompt_leave(stdout);
	printf("Port %u: link state change event, link is %s\n", port, up ? "up" : "down");
	fflush(stdout);
	funlockfile(stdout);
}

static void
tell_removal(void *arg, const char *device)
{
	flockfile(stdout);
	prompt_leave(stdout);
	printf("Device %s: removal event; port stop and port detach give it back\n", device);
	fflush(stdout);
	funlockfile(stdout);
}

/* Of use, but nothing depends on it. */
static void
watch_links(const struct app *app)
{
	struct plx_why why = {""};

	if (!app->args.ports.no_link_events && plx_ethdev_watch_links(tell_link, NULL, &why) != 0)
		fprintf(stderr, "link changes will not be told: %s\n", why.text);
	plx_device_watch_removals(tell_removal, NULL, NULL);
}

static int
refuse_none(struct plx_why *why)
{
	const struct machine machine = {.root = ""};
	char cards[256];

	return plx_why(why, -ENODEV,
		       "there is no port. Name at least one before \"--\", for example\n"
		       "  --vdev net_af_xdp0,iface=eth1   a kernel interface by AF_XDP\n"
		       "  --vdev net_null0                packets from nowhere, to try it out%s",
		       cards_offer(&machine, cards, sizeof(cards)));
}

int
ports_make_ready(struct app *app, struct plx_why *why)
{
	int ret;

	PLX_ETHDEV_FOREACH(port) {
		app->ports[app->nb_ports++] = port;
		port_wishes_init(app, port);
	}
	if (app->nb_ports == 0)
		return refuse_none(why);
	ret = pool_make_first(app, why);
	for (unsigned i = 0; i < app->nb_ports && ret == 0; i++)
		ret = app->args.ports.disable_start ? port_configure(app, app->ports[i], why)
						    : port_start(app, app->ports[i], why);
	if (ret == 0)
		watch_links(app);
	return ret;
}

void
ports_close(struct app *app)
{
	plx_ethdev_unwatch_links();
	plx_device_unwatch_removals();
	for (unsigned i = 0; i < app->nb_ports; i++) {
		port_rules_stop(app, app->ports[i]);
		port_rules_clear(app, app->ports[i]);
		plx_ethdev_close(app->ports[i]);
	}
	pools_destroy(app);
}
