/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's addresses, offloads and queues, for programs. */
#include "facts.h"

#include "json.h"
#include "port_words.h"

#define MACS_MAX 64

static json_t *
mac_facts(uint16_t port, bool groups)
{
	uint8_t macs[MACS_MAX][6] = {{0}}, own[6] = {0};
	int n = plx_ethdev_mac_list(port, macs, MACS_MAX);
	json_t *list = json_array();

	plx_ethdev_mac(port, own);
	if (!groups)
		json_array_append_new(list, json_mac(own));
	for (int i = 0; i < n; i++) {
		if ((macs[i][0] & 1) == groups)
			json_array_append_new(list, json_mac(macs[i]));
	}
	return list;
}

json_t *
facts_port_macs(uint16_t port)
{
	return json_pack("{s:i, s:o}", "port", port, "macs", mac_facts(port, false));
}

json_t *
facts_port_mcast_macs(uint16_t port)
{
	return json_pack("{s:i, s:o}", "port", port, "mcast_macs", mac_facts(port, true));
}

static json_t *
name_facts(enum plx_ethdev_names names, uint32_t bits)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < 32; i++) {
		if ((bits & 1u << i) != 0)
			json_array_append_new(list, json_string(plx_ethdev_bit_name(names, i)));
	}
	return list;
}

json_t *
facts_rss_types(uint32_t types)
{
	return name_facts(PLX_ETHDEV_RSS_TYPES, types);
}

json_t *
facts_offloads_one_way(uint16_t port, bool rx, bool capable)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	if (rx)
		return name_facts(PLX_ETHDEV_RX_OFFLOADS,
				  capable ? info.rx_offloads_capable : info.rx_offloads);
	return name_facts(PLX_ETHDEV_TX_OFFLOADS,
			  capable ? info.tx_offloads_capable : info.tx_offloads);
}

json_t *
facts_port_offloads(uint16_t port)
{
	return json_pack("{s:i, s:{s:o, s:o}, s:{s:o, s:o}}", "port", port, "rx", "capabilities",
			 facts_offloads_one_way(port, true, true), "configuration",
			 facts_offloads_one_way(port, true, false), "tx", "capabilities",
			 facts_offloads_one_way(port, false, true), "configuration",
			 facts_offloads_one_way(port, false, false));
}

void
facts_queue(uint16_t port, uint16_t queue, bool rx, const struct plx_ethdev_queue_info *queue_info,
	    json_t *result)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	json_object_set_new(result, "port", json_integer(port));
	json_object_set_new(result, "queue", json_integer(queue));
	json_object_set_new(result, "state", json_string(words_queue_state(queue_info->state)));
	json_object_set_new(result, "deferred_start", json_boolean(queue_info->deferred));
	json_object_set_new(result, "descriptors", json_integer(queue_info->descs));
	if (!rx)
		return;
	json_object_set_new(result, "pool", json_string(plx_pool_name(queue_info->pool)));
	json_object_set_new(result, "buffer_bytes",
			    json_integer(queue_info->pool->buf_size - queue_info->pool->headroom));
	json_object_set_new(result, "scatter",
			    json_boolean((info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0));
}
