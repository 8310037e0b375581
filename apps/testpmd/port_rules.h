/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules on ports: what an engine gets of a port is what its rules let pass. Each port has a set of its own, put on, changed and taken
 * off while packets are forwarded.
 */
#ifndef PLX_APPS_TESTPMD_PORT_RULES_H
#define PLX_APPS_TESTPMD_PORT_RULES_H

#include "testpmd.h"

#include <jansson.h>

/* From a file, in place of those the port has; on an error these stay. Also a port_fn, whose arg is the path. */
int port_rules_set(struct app *app, uint16_t port, const void *path, struct plx_why *why);

/* Takes them off. A port without is fine. */
int port_rules_clear(struct app *app, uint16_t port);

/* The tx queues a port is configured with: one more than asked for, with --rules-txq or --rules, where it has one. */
uint16_t port_rules_txq(const struct app *app, uint16_t port);

/* The port runs, maybe with other queues: they are judged too, and rules may send by its last one. */
int port_rules_start(struct app *app, uint16_t port, struct plx_why *why);

/* Before it stops: nothing is sent any more. */
void port_rules_stop(struct app *app, uint16_t port);

void port_rules_print(const struct app *app, uint16_t port, FILE *out);
json_t *port_rules_json(const struct app *app, uint16_t port);

#endif
