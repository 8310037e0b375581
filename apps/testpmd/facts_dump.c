/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program holds, as rows for dump: flat objects that all have the same keys. */
#include "facts.h"

#include "json.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_log.h>
#include <pollux/plx_net_ring.h>
#include <pollux/plx_zone.h>

#include <stdlib.h>

#define KEEP_TRYING 4 /* for lists that may grow while they are read */

static json_t *
node_or_null(int node)
{
	return node >= 0 ? json_integer(node) : json_null();
}

json_t *
facts_pools(void)
{
	json_t *rows = json_array();
	struct plx_pool *pool;

	for (unsigned i = 0; (pool = plx_pool_at(i)) != NULL; i++) {
		struct plx_pool_info info;

		plx_pool_info(pool, &info);
		json_array_append_new(
			rows,
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "name",
				  info.name, "buffers", (json_int_t)info.n, "free",
				  (json_int_t)info.in_ring, "cached", (json_int_t)info.in_caches,
				  "out", (json_int_t)info.out, "cache_size", (json_int_t)info.cache,
				  "buffer_bytes", (json_int_t)info.buf_size, "stride_bytes",
				  (json_int_t)info.stride, "memory_bytes", (json_int_t)info.bytes,
				  "node", node_or_null(info.node)));
	}
	return rows;
}

/* -- rings ------------------------------------------------------------------------------------------- */

static void
add_ring(json_t *rows, json_t *name, const char *kind, uint32_t capacity, uint32_t used)
{
	json_array_append_new(rows, json_pack("{s:o, s:s, s:I, s:I}", "name", name, "kind", kind,
					      "capacity", (json_int_t)capacity, "used",
					      (json_int_t)used));
}

json_t *
facts_rings(void)
{
	unsigned n = plx_net_ring_lanes(NULL, 0);
	struct plx_net_ring_lane *lanes = calloc(n + 1, sizeof(*lanes));
	json_t *rows = json_array();
	struct plx_pool *pool;

	for (unsigned i = 0; (pool = plx_pool_at(i)) != NULL; i++) {
		struct plx_pool_info info;

		plx_pool_info(pool, &info);
		add_ring(rows, json_sprintf("%s.free", info.name), "mpmc", info.n, info.in_ring);
	}
	n = lanes != NULL ? plx_net_ring_lanes(lanes, n) : 0;
	for (unsigned i = 0; i < n; i++)
		add_ring(rows, json_sprintf("%s-%s.%u", lanes[i].from, lanes[i].to, lanes[i].queue),
			 "spsc", lanes[i].capacity, lanes[i].used);
	free(lanes);
	return rows;
}

/* -- memory ------------------------------------------------------------------------------------------ */

/* The zones there are: the caller frees them. NULL without memory or zones. */
static struct plx_zone *
list_zones(unsigned *ret_n)
{
	unsigned there = plx_zone_list(NULL, 0);

	for (unsigned try = 0; try < KEEP_TRYING; try++) {
		struct plx_zone *zones = calloc(there + 1, sizeof(*zones));
		unsigned room = there;

		*ret_n = 0;
		if (zones == NULL)
			return NULL;
		there = plx_zone_list(zones, room);
		*ret_n = there < room ? there : room;
		if (there <= room || try + 1 == KEEP_TRYING)
			return zones;
		free(zones);
	}
	return NULL;
}

json_t *
facts_zones(void)
{
	unsigned n = 0;
	struct plx_zone *zones = list_zones(&n);
	json_t *rows = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
			rows, json_pack("{s:s, s:o, s:I, s:I, s:o, s:i, s:o}", "name",
					zones[i].name, "address", json_sprintf("%p", zones[i].addr),
					"bytes", (json_int_t)zones[i].len, "page_bytes",
					(json_int_t)zones[i].page_size, "node",
					node_or_null(zones[i].node), "fd", zones[i].fd, "iova",
					zones[i].iova != PLX_IOVA_BAD
						? json_sprintf("0x%llx",
							       (unsigned long long)zones[i].iova)
						: json_null()));
	free(zones);
	return rows;
}

/* Adds the zone to the row of its node and page size. */
static void
add_to_node(json_t *rows, const struct plx_zone *zone)
{
	json_t *node = node_or_null(zone->node), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *count = json_object_get(row, "zones"),
		       *bytes = json_object_get(row, "bytes");

		if (!json_equal(json_object_get(row, "node"), node) ||
		    json_integer_value(json_object_get(row, "page_bytes")) !=
			    (json_int_t)zone->page_size)
			continue;
		json_integer_set(count, json_integer_value(count) + 1);
		json_integer_set(bytes, json_integer_value(bytes) + (json_int_t)zone->len);
		json_decref(node);
		return;
	}
	json_array_append_new(rows, json_pack("{s:o, s:I, s:i, s:I}", "node", node, "page_bytes",
					      (json_int_t)zone->page_size, "zones", 1, "bytes",
					      (json_int_t)zone->len));
}

json_t *
facts_nodes(void)
{
	unsigned n = 0;
	struct plx_zone *zones = list_zones(&n);
	json_t *rows = json_array();

	for (unsigned i = 0; i < n; i++)
		add_to_node(rows, &zones[i]);
	free(zones);
	return rows;
}

json_t *
facts_structs(void)
{
	static const struct {
		const char *name;
		size_t bytes;
	} structs[] = {
		{"plx_mbuf", sizeof(struct plx_mbuf)},
		{"plx_pool", sizeof(struct plx_pool)},
		{"plx_zone", sizeof(struct plx_zone)},
		{"plx_ethdev_info", sizeof(struct plx_ethdev_info)},
		{"plx_ethdev_stats", sizeof(struct plx_ethdev_stats)},
		{"plx_ethdev_ledger", sizeof(struct plx_ethdev_ledger)},
	};
	json_t *rows = json_array();

	for (size_t i = 0; i < PLX_ARRAY_LEN(structs); i++)
		json_array_append_new(rows, json_pack("{s:s, s:I}", "name", structs[i].name,
						      "bytes", (json_int_t)structs[i].bytes));
	return rows;
}

/* -- lcores, devices, log ---------------------------------------------------------------------------- */

/* "0-3,8" */
static void
cpu_list(uint32_t lcore, char *text, size_t size)
{
	size_t used = 0;
	cpu_set_t set;

	text[0] = '\0';
	if (plx_lcore_cpuset(lcore, &set) != 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && used + 16 < size; cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, &set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set))
			last++;
		used += (size_t)snprintf(text + used, size - used, last > cpu ? "%s%d-%d" : "%s%d",
					 used > 0 ? "," : "", cpu, last);
		cpu = last;
	}
}

json_t *
facts_lcores(void)
{
	static const char *const states[] = {
		[PLX_LCORE_WAIT] = "waiting",
		[PLX_LCORE_RUNNING] = "running",
		[PLX_LCORE_FINISHED] = "finished",
	};
	json_t *rows = json_array();

	PLX_LCORE_FOREACH(lcore) {
		bool is_main = lcore == plx_lcore_main();
		char cpus[512];

		cpu_list(lcore, cpus, sizeof(cpus));
		json_array_append_new(
			rows, json_pack("{s:I, s:s, s:s, s:o, s:s}", "lcore", (json_int_t)lcore,
					"role", is_main ? "main" : "worker", "cpus", cpus, "node",
					node_or_null(plx_lcore_node(lcore)), "state",
					is_main ? "running" : states[plx_lcore_state(lcore)]));
	}
	return rows;
}

json_t *
facts_devices(void)
{
	unsigned n = plx_device_list(NULL, 0);
	struct plx_device_info *devices = calloc(n + 1, sizeof(*devices));
	json_t *rows = json_array();

	n = devices != NULL ? plx_device_list(devices, n) : 0;
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
			rows,
			json_pack("{s:s, s:s, s:s, s:o, s:s}", "name", devices[i].name, "bus",
				  devices[i].is_vdev ? "vdev" : "pci", "driver", devices[i].driver,
				  "node", node_or_null(devices[i].node), "args", devices[i].args));
	free(devices);
	return rows;
}

static void
add_log(json_t *rows, const char *kind, const struct plx_log_entry *entries, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "name", entries[i].name,
						      "kind", kind, "level",
						      plx_log_level_name(entries[i].level)));
}

static unsigned
at_most(unsigned n, unsigned max)
{
	return n < max ? n : max;
}

json_t *
facts_log(void)
{
	struct plx_log_entry entries[PLX_LOG_COMPONENTS_MAX];
	const unsigned max = PLX_ARRAY_LEN(entries);
	json_t *rows = json_array();

	add_log(rows, "rule", entries, at_most(plx_log_rules(entries, max), max));
	add_log(rows, "component", entries, at_most(plx_log_components(entries, max), max));
	return rows;
}
