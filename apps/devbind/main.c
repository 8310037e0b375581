/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-devbind: which kernel driver has each network device, and handing devices to programs and back. Exit status: 0 done,
 * 1 a device was refused or failed, 2 wrong usage.
 */
#include "devbind.h"

#include "stdfds.h"

#include <pollux/plx_eal.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Of IPv4; those of IPv6 are read from /proc. */
static void
addresses_of(const char *interface, char *text, size_t size)
{
	struct ifaddrs *all;
	size_t len = 0;

	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *a = all; a != NULL && len < size; a = a->ifa_next) {
		char address[INET_ADDRSTRLEN];
		struct sockaddr_in in;

		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET ||
		    strcmp(a->ifa_name, interface) != 0)
			continue;
		memcpy(&in, a->ifa_addr, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, address, sizeof(address));
		len += (size_t)snprintf(text + len, size - len, "%s%s", len > 0 ? " " : "",
					address);
	}
	freeifaddrs(all);
}

static int
run(const struct settings *settings)
{
	/* The only place that may write to the real machine. */
	const struct machine real = {.root = "", .live = true, .addresses = addresses_of};
	const struct machine other = {.root = settings->root};

	return devbind_run(settings->root != NULL ? &other : &real, settings, stdout, stderr);
}

int
main(int argc, char **argv)
{
	struct settings settings;
	struct plx_why why;
	int status = 0;

	stdfds_open();
	if (settings_read(&settings, argc, argv, &why) != 0) {
		fprintf(stderr, "plx-devbind: %s\n", why.text);
		status = 2;
	} else if (settings.help) {
		settings_usage(stdout);
	} else if (settings.version) {
		printf("plx-devbind (Pollux) %s\n", plx_version());
	} else {
		status = run(&settings);
	}
	settings_fini(&settings);
	return stdfds_end("plx-devbind", NULL, status);
}
