/* SPDX-License-Identifier: BSD-3-Clause */
/* What the engines are told, by options and by commands; an engine's begin() looks here. */
#ifndef PLX_APPS_TESTPMD_ENGINE_SETTINGS_H
#define PLX_APPS_TESTPMD_ENGINE_SETTINGS_H

#include "options.h"

#include <pollux/plx_ethdev.h>
#include <pollux/plx_net_wire.h>

/* Of a port that packets are sent to. */
struct engine_port {
	uint8_t peer[PLX_NET_MAC_LEN]; /* who is at the other end */
	uint16_t tso_segsz;	       /* 0: TCP segments are not cut */
	bool keeps_macs;	       /* csum leaves the MAC addresses alone */
};

enum cluster_work { CLUSTER_WORK_NONE, CLUSTER_WORK_COUNT, CLUSTER_WORK_IO, CLUSTER_WORK_MACSWAP };
extern const char *const cluster_work_names[]; /* by enum cluster_work, ends with NULL */

struct engine_settings {
	struct engine_port ports[PLX_ETHDEV_MAX];

	/* As they were given; engine_settings_read() turns them into the rest. */
	struct option_texts eth_peer;
	const char *eth_peers_file;
	const char *tx_ip, *tx_udp;

	/* set fwd ... retry: what a full tx queue does not take is offered again */
	bool retry;
	uint64_t retry_delay_us, retry_max;

	/* txonly */
	uint8_t src_ip[PLX_NET_IPV4_LEN], dst_ip[PLX_NET_IPV4_LEN];
	uint16_t src_port, dst_port;
	bool multi_flow;
	/* flowgen */
	uint64_t flows;
	/* noisy: a queue before tx, and looking up in memory, by the packet */
	uint64_t noisy_queue;
	uint64_t noisy_flush_ms;
	uint64_t noisy_memory_mb;
	uint64_t noisy_reads, noisy_writes, noisy_reads_writes;
	/* cluster: of the first stream */
	uint64_t cluster_id;
	int cluster_work;     /* enum cluster_work: of lcores without a stream */
	bool cluster_trusted; /* slaves may write to huge pages */
};

/* Sets what holds where no option says otherwise. */
void engine_settings_init(struct engine_settings *settings);

/* Reads the texts. 0, -EINVAL or an error of the file, with a why that names the option. */
int engine_settings_read(struct engine_settings *settings, struct plx_why *why);

#endif
