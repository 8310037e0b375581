/* SPDX-License-Identifier: BSD-3-Clause */
/* What testpmd tells, in the words of DPDK's where people's eyes and scripts know them. */
#ifndef PLX_APPS_TESTPMD_REPORT_H
#define PLX_APPS_TESTPMD_REPORT_H

#include "testpmd.h"

#include <stdio.h>

void report_port_info(uint16_t port, FILE *out);
void report_port_summary_head(FILE *out);
void report_port_summary(uint16_t port, FILE *out);
void report_port_stats(uint16_t port, FILE *out);
void report_port_xstats(uint16_t port, FILE *out);

/* Which lcore forwards from where to where, with the notes about it; who they are; how; packets made. */
void report_config(const struct app *app, FILE *out);
void report_config_cores(const struct app *app, FILE *out);
void report_config_rxtx(const struct app *app, FILE *out);
void report_config_txpkts(const struct app *app, FILE *out);

/* How long packets took from port to port; only with app->latencies. */
void report_latency(const struct app *app, FILE *out);

/* A sentence a line. */
void report_hints(const struct hints *hints, FILE *out);

/* Streams by port, the sum, and a hint if nothing came. */
void report_forward(const struct app *app, FILE *out);

/* What a port can do beside moving bytes, in words; a part of its facts. */
void report_offloads(const struct plx_ethdev_info *info, FILE *out);
void report_port_offloads(uint16_t port, FILE *out);
/* One direction, as DPDK shows it: what the device could do, or what is in force. */
void report_offloads_one_way(uint16_t port, bool rx, bool capable, FILE *out);

/* What the hash is made of, its key; and the chosen entries of the table. */
struct rss_facts;
void report_rss_hash(const struct rss_facts *rss, bool with_key, FILE *out);
void report_reta(const struct rss_facts *rss, const bool *chosen, FILE *out);

void report_port_macs(uint16_t port, FILE *out);
void report_port_mcast_macs(uint16_t port, FILE *out);
void report_queue(uint16_t port, uint16_t queue, bool rx,
		  const struct plx_ethdev_queue_info *queue_info, FILE *out);

/* Who makes a port's checksums, and where its TCP packets are cut. */
void report_csum(const struct app *app, uint16_t port, FILE *out);
void report_tso(const struct app *app, uint16_t port, FILE *out);

#endif
