/* SPDX-License-Identifier: BSD-3-Clause */
/* What every port is told by options; at the prompt `port config` changes it. */
#ifndef PLX_APPS_TESTPMD_PORT_OPTIONS_H
#define PLX_APPS_TESTPMD_PORT_OPTIONS_H

#include <pollux/plx_ethdev.h>

struct port_options {
	const char *rx_names, *tx_names; /* as given: "vlan_strip,timestamp", or DPDK's "0x4001" */
	bool rx_cksum, scatter, vlan_strip, vlan_filter, rx_timestamp, lro;
	bool disable_rss, rss_ip, rss_udp;
	bool disable_start;
	bool no_link_events;
	uint64_t max_pkt_len; /* 0: as the MTU is; header and checksum included */

	/* Worked out by port_options_read(). */
	uint32_t rx_offloads, tx_offloads;
	uint32_t rss_types;
	bool rss; /* rss_types are a wish */
};

/* -EINVAL for a name that is none, and for options that contradict. */
int port_options_read(struct port_options *options, struct plx_why *why);

#endif
