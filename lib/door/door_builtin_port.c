/* SPDX-License-Identifier: BSD-3-Clause */
/* What every program answers of its ports, pools and lcores. */
#include "door_priv.h"

#include "plx_ethdev.h"
#include "plx_lcore.h"
#include "plx_mbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *
state_name(enum plx_ethdev_state state)
{
	switch (state) {
	case PLX_ETHDEV_STARTED:
		return "started";
	case PLX_ETHDEV_CONFIGURED:
		return "configured";
	default:
		return "closed";
	}
}

static int
ask_port(const struct plx_door_request *request, uint16_t *ret_port,
	 struct plx_ethdev_info *ret_info, struct plx_why *why)
{
	uint64_t number = 0;
	int ret = plx_door_request_number(request, 0, "port", PLX_ETHDEV_MAX - 1, &number, why);

	if (ret != 0)
		return ret;
	*ret_port = (uint16_t)number;
	if (plx_ethdev_info(*ret_port, ret_info) != 0)
		return plx_why(why, -ENODEV, "there is no port %u; ports lists them",
			       (unsigned)number);
	return 0;
}

static void
put_link(uint16_t port, struct plx_door_reply *reply)
{
	struct plx_ethdev_link link = {0};

	plx_ethdev_link(port, &link);
	plx_door_reply_bool(reply, "up", link.up);
	if (link.speed_mbps != 0)
		plx_door_reply_count(reply, "speed_mbps", link.speed_mbps);
	else
		plx_door_reply_null(reply, "speed_mbps");
	plx_door_reply_bool(reply, "full_duplex", link.full_duplex);
	plx_door_reply_bool(reply, "autoneg", link.autoneg);
}

static void
put_mac(uint16_t port, struct plx_door_reply *reply)
{
	uint8_t mac[6] = {0};
	char text[18];

	plx_ethdev_mac(port, mac);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	plx_door_reply_text(reply, "mac", text);
}

static void
put_port(uint16_t port, struct plx_door_reply *reply)
{
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	plx_door_reply_object(reply, NULL);
	plx_door_reply_count(reply, "port", port);
	plx_door_reply_text(reply, "name", info.name);
	plx_door_reply_text(reply, "driver", info.driver);
	plx_door_reply_text(reply, "mode", info.mode);
	plx_door_reply_text(reply, "state", state_name(info.state));
	put_mac(port, reply);
	plx_door_reply_count(reply, "rx_queues", info.nb_rx_queues);
	plx_door_reply_count(reply, "tx_queues", info.nb_tx_queues);
	plx_door_reply_object(reply, "link");
	put_link(port, reply);
	plx_door_reply_end(reply);
	plx_door_reply_end(reply);
}

static int
ports(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
      struct plx_why *why)
{
	plx_door_reply_array(reply, "ports");
	PLX_ETHDEV_FOREACH(port)
		put_port(port, reply);
	plx_door_reply_end(reply);
	return 0;
}

static int
link(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
     struct plx_why *why)
{
	struct plx_ethdev_info info;
	uint16_t port;
	int ret = ask_port(request, &port, &info, why);

	if (ret != 0)
		return ret;
	plx_door_reply_count(reply, "port", port);
	put_link(port, reply);
	return 0;
}

static int
stats(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
      struct plx_why *why)
{
	struct plx_ethdev_info info;
	struct plx_ethdev_stats now = {0};
	uint16_t port;
	int ret = ask_port(request, &port, &info, why);

	if (ret == 0)
		ret = plx_ethdev_stats(port, &now);
	if (ret != 0)
		return ret;
	plx_door_reply_count(reply, "port", port);
	plx_door_reply_count(reply, "rx_packets", now.rx_packets);
	plx_door_reply_count(reply, "rx_bytes", now.rx_bytes);
	plx_door_reply_count(reply, "rx_missed", now.rx_missed);
	plx_door_reply_count(reply, "rx_no_mbuf", now.rx_no_mbuf);
	plx_door_reply_count(reply, "rx_errors", now.rx_errors);
	plx_door_reply_count(reply, "tx_packets", now.tx_packets);
	plx_door_reply_count(reply, "tx_bytes", now.tx_bytes);
	plx_door_reply_count(reply, "tx_errors", now.tx_errors);
	return 0;
}

static int
xstats(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
       struct plx_why *why)
{
	struct plx_ethdev_info info;
	struct plx_ethdev_xstat *all;
	uint16_t port;
	int ret = ask_port(request, &port, &info, why), room, n;

	if (ret != 0)
		return ret;
	room = plx_ethdev_xstats(port, NULL, 0);
	if (room < 0)
		return room;
	all = calloc((size_t)room + 1, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	n = plx_ethdev_xstats(port, all, (unsigned)room);
	plx_door_reply_count(reply, "port", port);
	plx_door_reply_object(reply, "xstats");
	for (int i = 0; i < n && i < room; i++)
		plx_door_reply_count(reply, all[i].name, all[i].value);
	plx_door_reply_end(reply);
	free(all);
	return 0;
}

static int
pools(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
      struct plx_why *why)
{
	struct plx_pool *pool;

	plx_door_reply_array(reply, "pools");
	for (unsigned i = 0; (pool = plx_pool_at(i)) != NULL; i++) {
		struct plx_pool_info info;

		plx_pool_info(pool, &info);
		plx_door_reply_object(reply, NULL);
		plx_door_reply_text(reply, "name", info.name);
		plx_door_reply_count(reply, "buffers", info.n);
		plx_door_reply_count(reply, "free", info.in_ring);
		plx_door_reply_count(reply, "cached", info.in_caches);
		plx_door_reply_count(reply, "out", info.out);
		plx_door_reply_count(reply, "memory_bytes", info.bytes);
		plx_door_reply_end(reply);
	}
	plx_door_reply_end(reply);
	return 0;
}

static void
put_cpus(uint32_t lcore, struct plx_door_reply *reply)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	plx_lcore_cpuset(lcore, &set);
	plx_door_reply_array(reply, "cpus");
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set))
			plx_door_reply_count(reply, NULL, cpu);
	}
	plx_door_reply_end(reply);
}

static int
lcores(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
       struct plx_why *why)
{
	static const char *const states[] = {"waits", "runs", "finished"};

	plx_door_reply_array(reply, "lcores");
	PLX_LCORE_FOREACH(lcore) {
		const bool is_main = lcore == plx_lcore_main();

		plx_door_reply_object(reply, NULL);
		plx_door_reply_count(reply, "lcore", lcore);
		plx_door_reply_text(reply, "role", is_main ? "main" : "worker");
		plx_door_reply_text(reply, "state",
				    is_main ? "runs" : states[plx_lcore_state(lcore)]);
		put_cpus(lcore, reply);
		plx_door_reply_end(reply);
	}
	plx_door_reply_end(reply);
	return 0;
}

const struct plx_door_command door_port_builtins[] = {
	{"ports", "the ports, and their links", ports},
	{"stats <port>", "what a port counts", stats},
	{"xstats <port>", "the same, in detail", xstats},
	{"link <port>", "its link", link},
	{"pools", "buffers, and where they are", pools},
	{"lcores", "lcores, and their CPUs", lcores},
	{NULL},
};
