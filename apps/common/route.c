/* SPDX-License-Identifier: BSD-3-Clause */
#include "route.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_one_of(const char *name, const char *names)
{
	size_t len = strlen(name);

	for (const char *at = names; len > 0 && (at = strstr(at, name)) != NULL; at += len) {
		if ((at == names || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* "eth0 DESTINATION GATEWAY FLAGS REFCNT USE METRIC MASK": of IPv4 no bit of destination and mask is set. */
static bool
is_default4(const char *line)
{
	unsigned destination, mask;

	return sscanf(line, "%*s %x %*s %*s %*s %*s %*s %x", &destination, &mask) == 2 &&
	       destination == 0 && mask == 0;
}

/* "DESTINATION LENGTH ...": of IPv6 the length is none. */
static bool
is_default6(const char *line)
{
	unsigned length;

	return sscanf(line, "%*32s %x", &length) == 1 && length == 0;
}

/* IPv4 has the interface first; IPv6 last, and a route of its own (ff00::, fe80::) for every interface. */
static bool
file_uses(const struct machine *m, const char *file, bool last, bool only_default,
	  const char *interfaces)
{
	char path[PATH_MAX], line[512];
	bool uses = false;
	FILE *in;

	snprintf(path, sizeof(path), "%s%s", m->root, file);
	in = fopen(path, "re");
	if (in == NULL)
		return false;
	while (!uses && fgets(line, sizeof(line), in) != NULL) {
		char *name = line, *end;

		line[strcspn(line, "\n")] = '\0';
		if (last && (strncmp(line, "fe80", 4) == 0 || strncmp(line, "ff00", 4) == 0))
			continue;
		if (only_default && !(last ? is_default6(line) : is_default4(line)))
			continue;
		if (last && (end = strrchr(line, ' ')) != NULL)
			name = end + 1;
		else
			name[strcspn(name, " \t")] = '\0';
		uses = is_one_of(name, interfaces);
	}
	fclose(in);
	return uses;
}

bool
route_uses(const struct machine *m, const char *interfaces)
{
	return file_uses(m, "/proc/net/route", false, false, interfaces) ||
	       file_uses(m, "/proc/net/ipv6_route", true, false, interfaces);
}

bool
route_is_default(const struct machine *m, const char *interfaces)
{
	return file_uses(m, "/proc/net/route", false, true, interfaces) ||
	       file_uses(m, "/proc/net/ipv6_route", true, true, interfaces);
}
