/* SPDX-License-Identifier: BSD-3-Clause */
#include "use.h"

#include "route.h"

#include <ctype.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCOPE_LINK 0x20 /* include/net/ipv6.h: IPV6_ADDR_LINKLOCAL, which every interface has */

struct uses {
	char *text;
	size_t size, len;
};

static void add_use(struct uses *uses, const char *format, ...) PLX_PRINTF(2, 3);

static void
add_use(struct uses *uses, const char *format, ...)
{
	va_list args;

	if (uses->len + 2 >= uses->size)
		return;
	if (uses->len > 0)
		uses->len += (size_t)snprintf(uses->text + uses->len, uses->size - uses->len, ", ");
	va_start(args, format);
	uses->len +=
		(size_t)vsnprintf(uses->text + uses->len, uses->size - uses->len, format, args);
	va_end(args);
	if (uses->len >= uses->size)
		uses->len = uses->size - 1;
}

/* A line of /proc/net/if_inet6: address, index, prefix length, scope, flags, interface. */
static bool
has_address6(const struct machine *m, const char *interface)
{
	char text[8192], *line, *rest = text;

	machine_read(m, text, sizeof(text), "/proc/net/if_inet6");
	while ((line = strsep(&rest, "\n")) != NULL) {
		char name[IF_NAMESIZE];
		unsigned scope;

		if (sscanf(line, "%*s %*s %*s %x %*s %15s", &scope, name) == 2 &&
		    scope != SCOPE_LINK && strcmp(name, interface) == 0)
			return true;
	}
	return false;
}

/* Bridges, bonds and VLANs on top of it: the links that the kernel makes in the interface's folder. */
static void
add_uppers(const struct machine *m, const char *interface, struct uses *uses)
{
	struct names names;
	char master[IF_NAMESIZE];

	machine_target(m, master, sizeof(master), "/sys/class/net/%s/master", interface);
	if (master[0] != '\0')
		add_use(uses, "%s belongs to %s", interface, master);
	machine_list(m, &names, "/sys/class/net/%s", interface);
	for (unsigned i = 0; i < names.n; i++)
		if (strncmp(names.name[i], "upper_", 6) == 0 &&
		    strcmp(names.name[i] + 6, master) != 0)
			add_use(uses, "%s stands on %s", names.name[i] + 6, interface);
	names_free(&names);
}

static void
add_interface(const struct machine *m, const char *interface, struct uses *uses)
{
	char addresses[128] = "";

	if (machine_hides(m, interface))
		add_use(uses, "%s is in another network namespace", interface);
	if (m->addresses != NULL)
		m->addresses(interface, addresses, sizeof(addresses));
	if (addresses[0] != '\0')
		add_use(uses, "%s has the address %s", interface, addresses);
	if (has_address6(m, interface))
		add_use(uses, "%s has an IPv6 address", interface);
	if (route_is_default(m, interface))
		add_use(uses, "the default route leads through %s", interface);
	else if (route_uses(m, interface))
		add_use(uses, "a route leads through %s", interface);
	add_uppers(m, interface, uses);
}

/* True if one of the process' descriptors is the device's file, as a program has it that uses the device. */
static bool
process_has(const struct machine *m, const char *pid, const char *file)
{
	struct names fds;
	bool has = false;

	machine_list(m, &fds, "/proc/%s/fd", pid);
	for (unsigned i = 0; i < fds.n && !has; i++) {
		char target[64];

		machine_target(m, target, sizeof(target), "/proc/%s/fd/%s", pid, fds.name[i]);
		has = strcmp(target, file) == 0;
	}
	names_free(&fds);
	return has;
}

static void
add_holders(const struct machine *m, const char *file, struct uses *uses)
{
	struct names pids;

	machine_list(m, &pids, "/proc");
	for (unsigned i = 0; i < pids.n; i++) {
		char name[64];

		if (!isdigit((unsigned char)pids.name[i][0]) || !process_has(m, pids.name[i], file))
			continue;
		machine_read(m, name, sizeof(name), "/proc/%s/comm", pids.name[i]);
		add_use(uses, "process %s (%s) uses it", pids.name[i], name);
	}
	names_free(&pids);
}

/* Programs that a device is handed to: by /dev/vfio/17, or noiommu-0; by /dev/uio0. */
static void
add_programs(const struct machine *m, const struct plx_pci_card *card, struct uses *uses)
{
	struct names uio;
	char file[32];

	if (card->group >= 0) {
		snprintf(file, sizeof(file), "%d", card->group);
		add_holders(m, file, uses);
		snprintf(file, sizeof(file), "noiommu-%d", card->group);
		add_holders(m, file, uses);
	}
	machine_list(m, &uio, CARD_DEVICES "/%s/uio", card->address);
	for (unsigned i = 0; i < uio.n; i++)
		add_holders(m, uio.name[i], uses);
	names_free(&uio);
}

const char *
use_of(const struct machine *m, const struct plx_pci_card *card, char *text, size_t size)
{
	struct uses uses = {.text = text, .size = size};
	char list[sizeof(card->interfaces)], *interface, *rest = list;

	text[0] = '\0';
	if (card->handed_to_programs) {
		add_programs(m, card, &uses);
		return text;
	}
	snprintf(list, sizeof(list), "%s", card->interfaces);
	while ((interface = strsep(&rest, " ")) != NULL)
		if (interface[0] != '\0')
			add_interface(m, interface, &uses);
	if (card->driver[0] != '\0' && card->interfaces[0] == '\0' && plx_pci_card_is_network(card))
		add_use(&uses,
			"%s has it and no interface of it is to be seen here: it may be in another "
			"network namespace",
			card->driver);
	if (card->driver[0] != '\0' && !plx_pci_card_is_network(card))
		add_use(&uses, "it is no network device (class 0x%06x)", card->class_code);
	return text;
}
