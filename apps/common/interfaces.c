/* SPDX-License-Identifier: BSD-3-Clause */
#include "interfaces.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pollux/plx_kvargs.h>

#define NAMES_MAX 64 /* in a sentence */

static void
ask_kernel(int fd, struct interface *interface)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, interface->name, sizeof(request.ifr_name));
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		interface->up = (request.ifr_flags & IFF_UP) != 0;
		interface->running = (request.ifr_flags & IFF_RUNNING) != 0;
		interface->loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
	}
	interface->ethernet = interface->loopback;
	if (ioctl(fd, SIOCGIFHWADDR, &request) == 0)
		interface->ethernet |= request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

int
interfaces_list(struct interface **ret_list)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *names = if_nameindex();
	struct interface *list;
	int n = 0, err = -errno;

	if (names == NULL)
		goto close_fd;
	while (names[n].if_index != 0)
		n++;
	list = calloc((size_t)n + 1, sizeof(*list));
	err = -ENOMEM;
	if (list == NULL)
		goto free_names;
	for (int i = 0; i < n; i++) {
		list[i].number = (unsigned)i + 1;
		snprintf(list[i].name, sizeof(list[i].name), "%s", names[i].if_name);
		ask_kernel(fd, &list[i]);
	}
	*ret_list = list;
	err = n;
free_names:
	if_freenameindex(names);
close_fd:
	if (fd >= 0)
		close(fd);
	return err;
}

static int
refuse(const char *name, const struct interface *list, int n, struct plx_why *why)
{
	const char *names[NAMES_MAX + 1];
	char all[256] = "";
	const char *near;
	int shown = 0;

	for (; shown < n && shown < NAMES_MAX; shown++) {
		names[shown] = list[shown].name;
		if (strlen(all) + IF_NAMESIZE + 8 < sizeof(all))
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
				 shown > 0 ? ", " : "", list[shown].name);
	}
	names[shown] = NULL;
	near = plx_kvargs_nearest(name, names);
	if (near != NULL)
		return plx_why(why, -ENODEV,
			       "there is no interface '%.64s' in this network namespace; did you "
			       "mean '%s'? There are: %s",
			       name, near, all);
	return plx_why(why, -ENODEV,
		       "there is no interface '%.64s' in this network namespace; there are: %s",
		       name, all);
}

int
interfaces_find(const char *name, struct interface *ret_interface, struct plx_why *why)
{
	struct interface *list;
	int n = interfaces_list(&list);
	int found = -1;
	uint64_t number;

	if (n < 0)
		return plx_why(why, n, "the kernel's interfaces cannot be listed: %s",
			       strerror(-n));
	for (int i = 0; i < n && found < 0; i++) {
		if (strcmp(list[i].name, name) == 0)
			found = i;
	}
	if (found < 0 && plx_kvargs_uint(name, 1, (uint64_t)n, &number) == 0)
		found = (int)number - 1;
	if (found >= 0)
		*ret_interface = list[found];
	else
		found = refuse(name, list, n, why);
	free(list);
	return found < 0 ? found : 0;
}

int
interfaces_print(FILE *out)
{
	struct interface *list;
	int n = interfaces_list(&list);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		fprintf(out, "%u.%s [%s%s%s%s]\n", list[i].number, list[i].name,
			list[i].up ? "Up" : "Down", list[i].running ? ", Running" : "",
			list[i].loopback ? ", Loopback" : "",
			list[i].ethernet ? "" : ", no Ethernet: cannot be captured");
	free(list);
	return 0;
}
