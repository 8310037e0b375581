/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who forwards: which ports in which order, which lcores. What was asked for (portlist, nbport, corelist, nbcore)
 * is kept apart from what that comes to now, since ports come, go, stop and start.
 */
#ifndef PLX_APPS_TESTPMD_SELECTION_H
#define PLX_APPS_TESTPMD_SELECTION_H

#include "number_list.h"

struct app;

/* As asked for; an empty list and a limit of 0 stand for all. */
struct selection {
	struct number_list ports; /* in pairing order */
	unsigned nbport;	  /* only the first so many of them */
	struct number_list lcores;
	unsigned nbcore;
};

/* Each checks what it is given against what is there, and changes nothing when it fails. -EINVAL, -ENODEV. */
int selection_ports(struct app *app, const struct number_list *list, struct plx_why *why);
int selection_lcores(struct app *app, const struct number_list *list, struct plx_why *why);
int selection_nbport(struct app *app, unsigned n, struct plx_why *why);
int selection_nbcore(struct app *app, unsigned n, struct plx_why *why);

/* What the options say about all four, once the ports are there. */
int selection_from_args(struct app *app, struct plx_why *why);

/* Works out app->fwd_ports (with a note for each that is left out) and app->lcores. */
void selection_resolve(struct app *app);

#endif
