/* SPDX-License-Identifier: BSD-3-Clause */
#include "selection.h"

#include "testpmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* -- asking ------------------------------------------------------------------------------------------ */

static unsigned
nb_workers(void)
{
	return plx_lcore_count() - 1;
}

static bool
is_port(const struct app *app, uint16_t port)
{
	for (unsigned i = 0; i < app->nb_ports; i++) {
		if (app->ports[i] == port)
			return true;
	}
	return false;
}

int
selection_ports(struct app *app, const struct number_list *list, struct plx_why *why)
{
	for (unsigned i = 0; i < list->n; i++) {
		if (!is_port(app, list->item[i]))
			return plx_why(why, -ENODEV,
				       "portlist: there is no port %u; \"show port summary all\" "
				       "lists them",
				       list->item[i]);
	}
	app->chosen.ports = *list;
	app->chosen.nbport = 0;
	return 0;
}

/* "1 2 3": the lcores that may forward. */
static void
name_workers(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	PLX_LCORE_FOREACH_WORKER(lcore) {
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, " %u", lcore);
	}
}

int
selection_lcores(struct app *app, const struct number_list *list, struct plx_why *why)
{
	char there[128];

	name_workers(there, sizeof(there));
	for (unsigned i = 0; i < list->n; i++) {
		if (list->item[i] == plx_lcore_main())
			return plx_why(
				why, -EINVAL,
				"corelist: lcore %u is the main one, which keeps the prompt; "
				"those that may forward:%s",
				list->item[i], there);
		if (!plx_lcore_enabled(list->item[i]))
			return plx_why(why, -EINVAL,
				       "corelist: there is no lcore %u; those that may forward:%s; "
				       "-l and --lcores name more",
				       list->item[i], there);
	}
	app->chosen.lcores = *list;
	app->chosen.nbcore = 0;
	return 0;
}

int
selection_nbport(struct app *app, unsigned n, struct plx_why *why)
{
	const unsigned most = app->chosen.ports.n != 0 ? app->chosen.ports.n : app->nb_ports;

	if (n > most)
		return plx_why(
			why, -EINVAL,
			"nbport %u: %u %s; name more with --vdev or -a, or with set portlist", n,
			most, app->chosen.ports.n != 0 ? "are in the portlist" : "ports are there");
	app->chosen.nbport = n;
	return 0;
}

int
selection_nbcore(struct app *app, unsigned n, struct plx_why *why)
{
	const unsigned most = app->chosen.lcores.n != 0 ? app->chosen.lcores.n : nb_workers();

	if (n > most && app->chosen.lcores.n != 0)
		return plx_why(why, -EINVAL,
			       "nbcore %u: %u are in the corelist; name more with set corelist", n,
			       most);
	if (n > most)
		return plx_why(why, -EINVAL,
			       "--nb-cores %u: there are %u lcores, and the main one does not "
			       "forward; name more with -l, or with --lcores '(0-%u)@0' on one CPU",
			       n, most + 1, n);
	app->chosen.nbcore = n;
	return 0;
}

static int
ports_from_args(struct app *app, struct plx_why *why)
{
	const struct testpmd_args *args = &app->args;
	struct number_list list;
	int ret = 0;

	if (args->portlist != NULL)
		ret = number_list_parse(args->portlist, "--portlist", PLX_ETHDEV_MAX, &list, why);
	else if (args->portmask != NULL)
		ret = number_mask_parse(args->portmask, "--portmask", PLX_ETHDEV_MAX, &list, why);
	else
		return args->nb_ports != 0 ? selection_nbport(app, (unsigned)args->nb_ports, why)
					   : 0;
	if (ret == 0)
		ret = selection_ports(app, &list, why);
	if (ret == 0 && args->nb_ports != 0)
		ret = selection_nbport(app, (unsigned)args->nb_ports, why);
	return ret;
}

static int
lcores_from_args(struct app *app, struct plx_why *why)
{
	struct number_list list;
	int ret = 0;

	if (app->args.coremask != NULL) {
		ret = number_mask_parse(app->args.coremask, "--coremask", PLX_LCORE_MAX, &list,
					why);
		if (ret == 0)
			ret = selection_lcores(app, &list, why);
	}
	if (ret == 0 && app->args.nb_cores != 0)
		ret = selection_nbcore(app, (unsigned)app->args.nb_cores, why);
	return ret;
}

int
selection_from_args(struct app *app, struct plx_why *why)
{
	int ret = lcores_from_args(app, why);

	return ret == 0 ? ports_from_args(app, why) : ret;
}

/* -- answering --------------------------------------------------------------------------------------- */

/* Why a port takes no part, NULL if it does. */
static const char *
absence(const struct app *app, uint16_t port)
{
	struct plx_ethdev_info info;

	if (!is_port(app, port) || plx_ethdev_info(port, &info) != 0)
		return "is not there any more";
	if (info.state == PLX_ETHDEV_CLOSED)
		return "is closed";
	return info.state == PLX_ETHDEV_STARTED ? NULL : "is stopped";
}

static void
resolve_port(struct app *app, uint16_t port)
{
	const char *absent = absence(app, port);

	if (absent == NULL) {
		app->fwd_ports[app->nb_fwd_ports++] = port;
		return;
	}
	if (strcmp(absent, "is not there any more") == 0)
		hints_add(&app->notes, "port-gone",
			  "Port %u %s and is left out; set portlist names others.", port, absent);
	else
		hints_add(&app->notes, "port-stopped",
			  "Port %u %s and is left out; port start %u brings it back.", port, absent,
			  port);
}

static void
resolve_ports(struct app *app)
{
	const struct number_list *list = &app->chosen.ports;
	unsigned n = list->n != 0 ? list->n : app->nb_ports;

	if (app->chosen.nbport != 0 && app->chosen.nbport < n)
		n = app->chosen.nbport;
	app->nb_fwd_ports = 0;
	for (unsigned i = 0; i < n; i++)
		resolve_port(app, list->n != 0 ? list->item[i] : app->ports[i]);
}

static void
resolve_lcores(struct app *app)
{
	const struct number_list *list = &app->chosen.lcores;

	app->nb_lcores = 0;
	if (list->n != 0) {
		for (unsigned i = 0; i < list->n; i++)
			app->lcores[app->nb_lcores++] = list->item[i];
	} else {
		PLX_LCORE_FOREACH_WORKER(lcore)
			app->lcores[app->nb_lcores++] = lcore;
	}
	if (app->chosen.nbcore != 0 && app->chosen.nbcore < app->nb_lcores)
		app->nb_lcores = app->chosen.nbcore;
}

void
selection_resolve(struct app *app)
{
	app->notes.n = 0;
	resolve_ports(app);
	resolve_lcores(app);
}
