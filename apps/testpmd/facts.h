/* SPDX-License-Identifier: BSD-3-Clause */
/* What report.h tells people, for programs. A function yields a new object with "port" in it. */
#ifndef PLX_APPS_TESTPMD_FACTS_H
#define PLX_APPS_TESTPMD_FACTS_H

#include "testpmd.h"

#include <jansson.h>

json_t *facts_port_info(uint16_t port);
json_t *facts_port_summary(uint16_t port);
json_t *facts_port_stats(uint16_t port);
json_t *facts_port_xstats(uint16_t port);

/* [{"name", "text"}] */
json_t *facts_hints(const struct hints *hints);

/* These fill an object. */
void facts_config_fwd(const struct testpmd *app, json_t *result);
void facts_config_cores(const struct testpmd *app, json_t *result);
void facts_config_rxtx(const struct testpmd *app, json_t *result);
void facts_config_txpkts(const struct testpmd *app, json_t *result);

#endif
