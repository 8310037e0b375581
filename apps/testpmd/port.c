/* SPDX-License-Identifier: BSD-3-Clause */
/* All ports made ready at start, and closed at the end. */
#include "port.h"

#include <errno.h>

int
ports_make_ready(struct testpmd *app, struct plx_why *why)
{
	int ret;

	PLX_ETHDEV_FOREACH(port) {
		app->ports[app->nb_ports++] = port;
		port_wishes_init(app, port);
	}
	if (app->nb_ports == 0)
		return plx_why(
			why, -ENODEV,
			"there is no port. Name at least one before \"--\", for example\n"
			"  --vdev net_af_xdp0,iface=eth1   a kernel interface by AF_XDP\n"
			"  --vdev net_null0                packets from nowhere, to try it out");
	ret = pool_make_first(app, why);
	for (unsigned i = 0; i < app->nb_ports && ret == 0; i++)
		ret = app->args.ports.disable_start ? port_configure(app, app->ports[i], why)
						    : port_start(app, app->ports[i], why);
	return ret;
}

void
ports_close(struct testpmd *app)
{
	for (unsigned i = 0; i < app->nb_ports; i++)
		plx_ethdev_close(app->ports[i]);
	pools_destroy(app);
}
