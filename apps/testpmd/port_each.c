/* SPDX-License-Identifier: BSD-3-Clause */
/* One port or all of them, and the sentence when a device says no. */
#include "commands.h"
#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
port_each(struct app *app, const char *word, port_fn fn, const void *arg, struct plx_why *why)
{
	unsigned nb_failed = 0;
	uint16_t first, last;
	int ret = command_ports(word, &first, &last, why), failed = 0;

	if (ret != 0)
		return ret;
	for (uint16_t port = plx_ethdev_next(first); port <= last;
	     port = plx_ethdev_next((uint16_t)(port + 1))) {
		struct plx_why cause = {""};

		ret = fn(app, port, arg, &cause);
		if (ret == 0)
			continue;
		if (nb_failed++ == 0) {
			failed = ret;
			*why = cause;
		}
	}
	if (nb_failed > 1) {
		size_t used = strlen(why->text);

		snprintf(why->text + used, sizeof(why->text) - used, " (and %u more ports)",
			 nb_failed - 1);
	}
	return failed;
}

int
port_one(const char *word, uint16_t *ret_port, struct plx_why *why)
{
	uint16_t last;

	if (strcmp(word, "all") == 0)
		return plx_why(why, -EINVAL, "port \"all\": a single port is expected here");
	return command_ports(word, ret_port, &last, why);
}

int
port_refused(uint16_t port, const char *what, int err, struct plx_why *why)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	if (err == -ENOTSUP)
		return plx_why(why, err, "port %u (%s): %s is not supported by %s or its device",
			       port, info.name, what, info.driver);
	if (err == -EPERM || err == -EACCES)
		return plx_why(why, err,
			       "port %u (%s): %s needs CAP_NET_ADMIN: run as root, or setcap "
			       "cap_net_admin,cap_net_raw+ep on the program",
			       port, info.name, what);
	if (err == -ENODEV)
		return plx_why(why, err, "port %u (%s): %s: the interface has gone", port,
			       info.name, what);
	return plx_why(why, err, "port %u (%s): %s: %s", port, info.name, what, strerror(-err));
}
