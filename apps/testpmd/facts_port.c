/* SPDX-License-Identifier: BSD-3-Clause */
/* show port ... --json */
#include "facts.h"

#include "json.h"
#include "port_words.h"
#include "rates.h"
#include "xstats.h"

#include <stdlib.h>

static json_t *
link_facts(uint16_t port)
{
	struct plx_ethdev_link link = {0};

	plx_ethdev_link(port, &link);
	return json_pack("{s:b, s:o, s:b, s:b}", "up", link.up, "speed_mbps",
			 link.speed_mbps != 0 ? json_integer(link.speed_mbps) : json_null(),
			 "full_duplex", link.full_duplex, "autoneg", link.autoneg);
}

static json_t *
queue_facts(uint16_t used, uint16_t max, uint16_t desc_min, uint16_t desc_max,
	    uint16_t desc_default)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i}", "queues", used, "queues_max", max,
			 "descriptors_min", desc_min, "descriptors_max", desc_max,
			 "descriptors_default", desc_default);
}

/* Of a port that runs, the queues that do not. */
static json_t *
still_facts(uint16_t port, bool rx, const struct plx_ethdev_info *info)
{
	const unsigned nb = rx ? info->nb_rx_queues : info->nb_tx_queues;
	json_t *still = json_array();

	for (uint16_t q = 0; q < nb && info->state == PLX_ETHDEV_STARTED; q++)
		if (!words_queue_runs(port, rx, q))
			json_array_append_new(still, json_integer(q));
	return still;
}

json_t *
facts_port_summary(uint16_t port)
{
	struct plx_ethdev_info info = {0};
	uint8_t mac[6] = {0};

	plx_ethdev_info(port, &info);
	plx_ethdev_mac(port, mac);
	return json_pack("{s:i, s:o, s:s, s:s, s:s, s:s, s:o}", "port", port, "mac", json_mac(mac),
			 "name", info.name, "driver", info.driver, "mode", info.mode, "state",
			 words_state(info.state), "link", link_facts(port));
}

json_t *
facts_port_info(uint16_t port)
{
	json_t *facts = facts_port_summary(port);
	struct plx_ethdev_info info = {0};
	uint16_t mtu = 0;

	plx_ethdev_info(port, &info);
	plx_ethdev_mtu(port, &mtu);
	json_object_set_new(facts, "node", info.node >= 0 ? json_integer(info.node) : json_null());
	json_object_set_new(facts, "mtu", json_integer(mtu));
	json_object_set_new(facts, "mtu_min", json_integer(info.min_mtu));
	json_object_set_new(facts, "mtu_max", json_integer(info.max_mtu));
	json_object_set_new(facts, "promiscuous", json_boolean(plx_ethdev_promiscuous(port) > 0));
	json_object_set_new(facts, "allmulticast", json_boolean(plx_ethdev_allmulticast(port) > 0));
	json_object_set_new(facts, "mac_addresses_max", json_integer(info.max_mac_addrs));
	json_object_set_new(facts, "rx",
			    queue_facts(info.nb_rx_queues, info.max_rx_queues, info.rx_desc_min,
					info.rx_desc_max, info.rx_desc_default));
	json_object_set_new(facts, "tx",
			    queue_facts(info.nb_tx_queues, info.max_tx_queues, info.tx_desc_min,
					info.tx_desc_max, info.tx_desc_default));
	json_object_set_new(json_object_get(facts, "rx"), "queues_stopped",
			    still_facts(port, true, &info));
	json_object_set_new(json_object_get(facts, "tx"), "queues_stopped",
			    still_facts(port, false, &info));
	json_object_set_new(facts, "reta_size", json_integer(info.reta_size));
	json_object_set_new(facts, "rss_key_size", json_integer(info.rss_key_size));
	json_object_set_new(facts, "rss_types", facts_rss_types(info.rss_types));
	return facts;
}

/* Since the last time; null where there was none. */
static void
add_rates(uint16_t port, const struct plx_ethdev_stats *stats, json_t *facts)
{
	struct rates rates;
	const bool known = rates_since_last(port, stats, &rates);

	json_object_set_new(facts, "rx_pps", known ? json_count(rates.rx_pps) : json_null());
	json_object_set_new(facts, "rx_bps", known ? json_count(rates.rx_bps) : json_null());
	json_object_set_new(facts, "tx_pps", known ? json_count(rates.tx_pps) : json_null());
	json_object_set_new(facts, "tx_bps", known ? json_count(rates.tx_bps) : json_null());
}

json_t *
facts_port_stats(uint16_t port)
{
	struct plx_ethdev_ledger ledger = {0};
	struct plx_ethdev_stats stats = {0};
	json_t *facts;

	plx_ethdev_stats(port, &stats);
	plx_ethdev_ledger(port, &ledger);
	facts = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "port", port,
			  "rx_packets", json_count(stats.rx_packets), "rx_bytes",
			  json_count(stats.rx_bytes), "rx_missed", json_count(stats.rx_missed),
			  "rx_no_mbuf", json_count(stats.rx_no_mbuf), "rx_errors",
			  json_count(stats.rx_errors), "tx_packets", json_count(stats.tx_packets),
			  "tx_bytes", json_count(stats.tx_bytes), "tx_errors",
			  json_count(stats.tx_errors), "ledger", json_ledger(&ledger));
	add_rates(port, &stats, facts);
	return facts;
}

json_t *
facts_port_xstats(uint16_t port)
{
	json_t *values = json_object();
	struct plx_ethdev_xstat *xstats;
	int n;

	xstats = xstats_read(port, &n);
	for (int i = 0; i < n; i++)
		json_object_set_new(values, xstats[i].name, json_count(xstats[i].value));
	free(xstats);
	return json_pack("{s:i, s:o}", "port", port, "xstats", values);
}
