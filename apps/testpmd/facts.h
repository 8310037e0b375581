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
json_t *facts_port_offloads(uint16_t port);
json_t *facts_port_macs(uint16_t port);
json_t *facts_port_mcast_macs(uint16_t port);

/* The words of a set: of one direction, possible or in force; of hash types. */
json_t *facts_offloads_one_way(uint16_t port, bool rx, bool capable);
json_t *facts_rss_types(uint32_t types);

struct rss_facts;
/* Put into `result`. */
void facts_rss_hash(const struct rss_facts *rss, json_t *result);
void facts_reta(const struct rss_facts *rss, const bool *chosen, json_t *result);
void facts_queue(uint16_t port, uint16_t queue, bool rx,
		 const struct plx_ethdev_queue_info *queue_info, json_t *result);

/* [{"name", "text"}] */
json_t *facts_hints(const struct hints *hints);

/* These fill an object. */
void facts_forward(const struct app *app, json_t *result);
int facts_latency(const struct app *app, json_t *result); /* -ENOMEM */
void facts_config_fwd(const struct app *app, json_t *result);
void facts_config_cores(const struct app *app, json_t *result);
void facts_config_rxtx(const struct app *app, json_t *result);
void facts_config_txpkts(const struct app *app, json_t *result);

void facts_csum(const struct app *app, uint16_t port, json_t *result);
void facts_tso(const struct app *app, uint16_t port, json_t *result);

/* For dump: new arrays of flat objects, all with the same keys; what can be picked by name has a "name". */
json_t *facts_pools(void);
json_t *facts_rings(void);
json_t *facts_zones(void);
json_t *facts_nodes(void);
json_t *facts_structs(void);
json_t *facts_lcores(void);
json_t *facts_devices(void);
json_t *facts_log(void);

#endif
