/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of zones: names, limits, and the choice of pages. */
#include "zone_priv.h"

#include "args_priv.h"
#include "dma_priv.h"
#include "hugepage_priv.h"
#include "iova_priv.h"
#include "plx_bits.h"
#include "plx_list.h"
#include "plx_log.h"
#include "segment_priv.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "eal.zone");

struct zone {
	struct plx_zone pub;
	struct plx_list link;
	struct plx_segment segment;
	uint64_t *page_iova; /* of each page; NULL unless IOVA is PA */
};

static struct {
	pthread_mutex_t lock;
	struct plx_list list;
	uint64_t used;
	uint64_t node_used[PLX_ARGS_NODE_MAX];
	bool no_huge;
	uint64_t max;
	unsigned nb_node_max;
	uint64_t node_max[PLX_ARGS_NODE_MAX];
	bool told; /* that there are no huge pages: once a program */
} zones = {.lock = PTHREAD_MUTEX_INITIALIZER, .list = PLX_LIST_INIT(zones.list)};

void
plx_zone_set_limits(const struct plx_zone_limits *limits)
{
	static const struct plx_zone_limits none;

	if (limits == NULL)
		limits = &none;
	pthread_mutex_lock(&zones.lock);
	zones.no_huge = limits->no_huge;
	zones.max = limits->max;
	zones.nb_node_max = limits->nb_node_max;
	memset(zones.node_max, 0, sizeof(zones.node_max));
	for (unsigned node = 0; node < limits->nb_node_max; node++)
		zones.node_max[node] = limits->node_max[node];
	pthread_mutex_unlock(&zones.lock);
}

static struct zone *
find(const char *name)
{
	PLX_LIST_FOREACH(link, &zones.list) {
		struct zone *zone = PLX_LIST_ITEM(link, struct zone, link);

		if (strcmp(zone->pub.name, name) == 0)
			return zone;
	}
	return NULL;
}

static int
check_request(const char *name, size_t len, int node, struct plx_why *why)
{
	size_t name_len = name != NULL ? strlen(name) : 0;

	if (name_len == 0 || name_len >= PLX_ZONE_NAME_MAX)
		return plx_why(why, -EINVAL, "a zone's name has 1 to %d characters",
			       PLX_ZONE_NAME_MAX - 1);
	if (len == 0 || len > SIZE_MAX / 4)
		return plx_why(why, -EINVAL, "zone %s: %zu bytes are no size", name, len);
	if (node != PLX_NODE_ANY && (node >= PLX_ARGS_NODE_MAX || !plx_segment_has_node(node)))
		return plx_why(why, -EINVAL, "zone %s: there is no NUMA node %d", name, node);
	if (find(name) != NULL)
		return plx_why(why, -EEXIST, "there is a zone %s already", name);
	return 0;
}

static int
check_limits(const char *name, size_t len, int node, struct plx_why *why)
{
	if (zones.max != 0 && (len > zones.max || zones.used > zones.max - len))
		return plx_why(why, -ENOMEM,
			       "zone %s needs %zu KiB; of the %llu MiB that -m allows %llu KiB are "
			       "taken: raise -m",
			       name, len >> 10, (unsigned long long)(zones.max >> 20),
			       (unsigned long long)(zones.used >> 10));
	if (node < 0 || zones.nb_node_max == 0)
		return 0;
	if (len > zones.node_max[node] || zones.node_used[node] > zones.node_max[node] - len)
		return plx_why(why, -ENOMEM,
			       "zone %s needs %zu KiB on node %d; of the %llu MiB that --numa-mem "
			       "allows there %llu KiB are taken: raise it",
			       name, len >> 10, node,
			       (unsigned long long)(zones.node_max[node] >> 20),
			       (unsigned long long)(zones.node_used[node] >> 10));
	return 0;
}

static void
tell_fallback(size_t page_size, size_t len)
{
	char size[24], cure[96];

	if (zones.told)
		return;
	zones.told = true;
	plx_log_notice(
		&logger,
		"no free huge pages: using plain ones, joined where the kernel can. For %s pages: %s" PLX_DOCTOR(
			"hugepages"),
		plx_hugepage_name(page_size, size, sizeof(size)),
		plx_hugepage_cure(page_size, len, cure, sizeof(cure)));
}

static int
create_huge(struct zone *zone, const char *name, size_t len, int node, struct plx_why *why)
{
	size_t sizes[PLX_HUGEPAGE_SIZES_MAX];
	struct plx_hugepage_plan plan;
	int ret = -ENOMEM;

	if (zones.no_huge)
		return -ENOMEM;
	plx_hugepage_plan(&plan, sizes, plx_hugepage_sizes(sizes), len,
			  plx_iova_mode() == PLX_IOVA_PA);
	for (unsigned i = 0; i < plan.n && ret != 0; i++) {
		size_t rounded = (size_t)plx_align_up(len, plan.size[i]);

		ret = check_limits(name, rounded, node, NULL);
		if (ret == 0)
			ret = plx_segment_create(&zone->segment, name, len, plan.size[i], node,
						 why);
	}
	if (ret != 0 && plan.n > 0)
		tell_fallback(plan.size[plan.n - 1], len);
	return ret;
}

/* A device that works with physical addresses cannot do with plain pages, which the kernel may move. */
static int
no_huge_pages(const char *name, size_t len, struct plx_why *why)
{
	char cure[96];

	return plx_why(
		why, -ENOMEM,
		"zone %s: devices are given physical addresses, which only huge pages keep, and "
		"too few are free: %s" PLX_DOCTOR("hugepages"),
		name, plx_hugepage_cure(2u << 20, len, cure, sizeof(cure)));
}

static int
create_segment(struct zone *zone, const char *name, size_t len, int node, struct plx_why *why)
{
	size_t plain = (size_t)sysconf(_SC_PAGESIZE);
	int ret;

	if (zone->pub.use != PLX_ZONE_SHARED && create_huge(zone, name, len, node, why) == 0)
		return 0;
	if (plx_iova_mode() == PLX_IOVA_PA && plx_zone_is_reached(zone->pub.use))
		return no_huge_pages(name, len, why);
	ret = check_limits(name, (size_t)plx_align_up(len, plain), node, why);
	if (ret != 0)
		return ret;
	ret = plx_segment_create(&zone->segment, name, len, plain, node, why);
	return ret == 0 ? 0 : plx_why_prefix(why, ret, "zone %s: ", name);
}

/* The bus address of the first byte if all others follow it there, else PLX_IOVA_BAD. */
static uint64_t
single_address(const struct zone *zone)
{
	const struct plx_segment *segment = &zone->segment;

	if (plx_iova_mode() == PLX_IOVA_VA)
		return (uint64_t)(uintptr_t)segment->addr;
	if (zone->page_iova == NULL)
		return PLX_IOVA_BAD;
	for (size_t i = 1; i < segment->len / segment->page_size; i++)
		if (zone->page_iova[i] != zone->page_iova[0] + i * segment->page_size)
			return PLX_IOVA_BAD;
	return zone->page_iova[0];
}

/* A device is told where its rings begin and takes it that the rest follows. */
static int
check_rings(const struct zone *zone, const char *name, struct plx_why *why)
{
	char size[24];

	if (zone->pub.use != PLX_ZONE_RINGS || single_address(zone) != PLX_IOVA_BAD)
		return 0;
	return plx_why(why, -ENOMEM,
		       "zone %s: %zu KiB of rings are on pages of %s that do not follow each other "
		       "in physical memory: fewer descriptors, or larger pages",
		       name, zone->segment.len >> 10,
		       plx_hugepage_name(zone->segment.page_size, size, sizeof(size)));
}

static void
publish(struct zone *zone, const char *name, int node)
{
	struct plx_zone *pub = &zone->pub;

	snprintf(pub->name, sizeof(pub->name), "%s", name);
	pub->addr = zone->segment.addr;
	pub->len = zone->segment.len;
	pub->page_size = zone->segment.page_size;
	pub->fd = zone->segment.fd;
	pub->node = node;
	pub->iova = single_address(zone);
	plx_list_append(&zones.list, &zone->link);
	zones.used += pub->len;
	if (node >= 0)
		zones.node_used[node] += pub->len;
	plx_log_debug(&logger, "zone %s: %zu KiB in pages of %zu KiB", pub->name, pub->len >> 10,
		      pub->page_size >> 10);
}

/* The reverse of publish. */
static void
withdraw(struct zone *zone)
{
	zones.used -= zone->pub.len;
	if (zone->pub.node >= 0)
		zones.node_used[zone->pub.node] -= zone->pub.len;
	plx_list_remove(&zone->link);
}

static int
reserve_locked(const char *name, size_t len, int node, enum plx_zone_use use,
	       struct zone **ret_zone, struct plx_why *why)
{
	struct zone *zone;
	int ret;

	ret = check_request(name, len, node, why);
	if (ret != 0)
		return ret;
	zone = calloc(1, sizeof(*zone));
	if (zone == NULL)
		return plx_why(why, -ENOMEM, "zone %s: no memory for its record", name);
	zone->pub.use = use;
	ret = create_segment(zone, name, len, node, why);
	if (ret != 0)
		goto free_zone;
	ret = plx_iova_pages(&zone->segment, &zone->page_iova, why);
	if (ret != 0)
		goto destroy_segment;
	ret = check_rings(zone, name, why);
	if (ret != 0)
		goto free_pages;
	publish(zone, name, node);
	ret = plx_dma_map_zone(&zone->pub, why);
	if (ret != 0)
		goto withdraw;
	*ret_zone = zone;
	return 0;

withdraw:
	withdraw(zone);
free_pages:
	free(zone->page_iova);
destroy_segment:
	plx_segment_destroy(&zone->segment);
free_zone:
	free(zone);
	return ret;
}

int
plx_zone_reserve_dma(const char *name, size_t len, int node, enum plx_zone_use use,
		     const struct plx_zone **ret_zone, struct plx_why *why)
{
	struct zone *zone = NULL;
	int ret;

	pthread_mutex_lock(&zones.lock);
	ret = reserve_locked(name, len, node, use, &zone, why);
	pthread_mutex_unlock(&zones.lock);
	if (ret == 0)
		*ret_zone = &zone->pub;
	return ret;
}

int
plx_zone_reserve(const char *name, size_t len, int node, const struct plx_zone **ret_zone,
		 struct plx_why *why)
{
	return plx_zone_reserve_dma(name, len, node, PLX_ZONE_PRIVATE, ret_zone, why);
}

static void
free_locked(struct zone *zone)
{
	plx_dma_unmap_zone(&zone->pub);
	withdraw(zone);
	plx_segment_destroy(&zone->segment);
	free(zone->page_iova);
	free(zone);
}

void
plx_zone_free(const struct plx_zone *zone)
{
	if (zone == NULL)
		return;
	pthread_mutex_lock(&zones.lock);
	free_locked(PLX_CONTAINER_OF(zone, struct zone, pub));
	pthread_mutex_unlock(&zones.lock);
}

void
plx_zone_free_all(void)
{
	pthread_mutex_lock(&zones.lock);
	PLX_LIST_FOREACH_SAFE(link, &zones.list)
		free_locked(PLX_LIST_ITEM(link, struct zone, link));
	pthread_mutex_unlock(&zones.lock);
}

const struct plx_zone *
plx_zone_lookup(const char *name)
{
	struct zone *zone;

	pthread_mutex_lock(&zones.lock);
	zone = find(name);
	pthread_mutex_unlock(&zones.lock);
	return zone != NULL ? &zone->pub : NULL;
}

uint64_t
plx_zone_iova(const struct plx_zone *zone, const void *addr)
{
	const struct zone *full = PLX_CONTAINER_OF(zone, struct zone, pub);
	uintptr_t offset = (uintptr_t)addr - (uintptr_t)zone->addr;
	uint64_t page;

	if (offset >= zone->len)
		return PLX_IOVA_BAD;
	if (zone->iova != PLX_IOVA_BAD)
		return zone->iova + offset;
	if (full->page_iova == NULL)
		return PLX_IOVA_BAD;
	page = full->page_iova[offset / zone->page_size];
	return page == PLX_IOVA_BAD ? PLX_IOVA_BAD : page + offset % zone->page_size;
}

void
plx_zones_lock(void)
{
	pthread_mutex_lock(&zones.lock);
}

void
plx_zones_unlock(void)
{
	pthread_mutex_unlock(&zones.lock);
}

const struct plx_zone *
plx_zones_next(const struct plx_zone *zone)
{
	const struct plx_list *link =
		zone == NULL ? &zones.list : &PLX_CONTAINER_OF(zone, struct zone, pub)->link;

	return link->next == &zones.list ? NULL
					 : &PLX_LIST_ITEM(link->next, struct zone, link)->pub;
}

const uint64_t *
plx_zone_page_iova(const struct plx_zone *zone, uint8_t *ret_shift)
{
	*ret_shift = (uint8_t)__builtin_ctzll(zone->page_size);
	return PLX_CONTAINER_OF(zone, struct zone, pub)->page_iova;
}

unsigned
plx_zone_list(struct plx_zone *ret_zones, unsigned n)
{
	unsigned i = 0;

	pthread_mutex_lock(&zones.lock);
	PLX_LIST_FOREACH(link, &zones.list) {
		if (i < n)
			ret_zones[i] = PLX_LIST_ITEM(link, struct zone, link)->pub;
		i++;
	}
	pthread_mutex_unlock(&zones.lock);
	return i;
}

void
plx_zone_dump(FILE *out)
{
	pthread_mutex_lock(&zones.lock);
	PLX_LIST_FOREACH(link, &zones.list) {
		const struct plx_zone *zone = &PLX_LIST_ITEM(link, struct zone, link)->pub;
		char size[24], node[16] = "any node";

		if (zone->node >= 0)
			snprintf(node, sizeof(node), "node %d", zone->node);
		fprintf(out, "%s: %p, %zu KiB, %s pages, %s\n", zone->name, zone->addr,
			zone->len >> 10, plx_hugepage_name(zone->page_size, size, sizeof(size)),
			node);
	}
	pthread_mutex_unlock(&zones.lock);
}
