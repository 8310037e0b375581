/* SPDX-License-Identifier: BSD-3-Clause */
#include "xstats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* True if the list "a,b,c" has the name. */
static bool
list_has(const char *list, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	}
	return false;
}

struct plx_ethdev_xstat *
xstats_read(uint16_t port, int *ret_n)
{
	struct plx_ethdev_xstat *all;

	*ret_n = plx_ethdev_xstats(port, NULL, 0);
	all = *ret_n > 0 ? calloc((size_t)*ret_n, sizeof(*all)) : NULL;
	*ret_n = all != NULL ? plx_ethdev_xstats(port, all, (unsigned)*ret_n) : 0;
	return all;
}

void
xstats_display(const struct app *app, uint16_t port, FILE *out)
{
	struct plx_ethdev_xstat *all;
	int n;

	if (app->args.display_xstats == NULL)
		return;
	all = xstats_read(port, &n);
	for (int i = 0; i < n; i++) {
		if (list_has(app->args.display_xstats, all[i].name))
			fprintf(out, "  %s: %" PRIu64 "\n", all[i].name, all[i].value);
	}
	free(all);
}

static bool
any_port_counts(const struct app *app, const char *name)
{
	bool found = false;

	for (unsigned p = 0; p < app->nb_ports && !found; p++) {
		int n;
		struct plx_ethdev_xstat *all = xstats_read(app->ports[p], &n);

		for (int i = 0; i < n && !found; i++)
			found = strcmp(all[i].name, name) == 0;
		free(all);
	}
	return found;
}

int
xstats_check_display(const struct app *app, struct plx_why *why)
{
	char name[sizeof(((struct plx_ethdev_xstat *)NULL)->name)];
	const char *at = app->args.display_xstats;

	while (at != NULL) {
		const size_t len = strcspn(at, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (!any_port_counts(app, name))
			return plx_why(why, -EINVAL,
				       "--display-xstats: no port counts \"%s\"; show port xstats "
				       "all lists what they count",
				       name);
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return 0;
}
