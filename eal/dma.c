/* SPDX-License-Identifier: BSD-3-Clause */
/* Those who must know of memory: every mapper knows every zone that devices reach, whichever came first. */
#include "dma_priv.h"

#include "zone_priv.h"

static struct plx_list mappers = PLX_LIST_INIT(mappers);

/* The next zone that devices reach. */
static const struct plx_zone *
next_reached(const struct plx_zone *zone)
{
	do {
		zone = plx_zones_next(zone);
	} while (zone != NULL && !plx_zone_is_reached(zone->use));
	return zone;
}

/* Takes the zone back from the mappers before `end`. */
static void
unmap_from(const struct plx_zone *zone, const struct plx_list *end)
{
	for (struct plx_list *link = mappers.next; link != end; link = link->next) {
		struct plx_dma_mapper *mapper = PLX_LIST_ITEM(link, struct plx_dma_mapper, link);

		mapper->unmap(mapper, zone);
	}
}

int
plx_dma_map_zone(const struct plx_zone *zone, struct plx_why *why)
{
	if (!plx_zone_is_reached(zone->use))
		return 0;
	PLX_LIST_FOREACH(link, &mappers) {
		struct plx_dma_mapper *mapper = PLX_LIST_ITEM(link, struct plx_dma_mapper, link);
		int ret = mapper->map(mapper, zone, why);

		if (ret != 0) {
			unmap_from(zone, link);
			return plx_why_prefix(why, ret, "zone %s: ", zone->name);
		}
	}
	return 0;
}

void
plx_dma_unmap_zone(const struct plx_zone *zone)
{
	if (plx_zone_is_reached(zone->use))
		unmap_from(zone, &mappers);
}

/* Takes the zones before `end` back from the mapper. */
static void
unmap_zones(struct plx_dma_mapper *mapper, const struct plx_zone *end)
{
	const struct plx_zone *zone = NULL;

	while ((zone = next_reached(zone)) != end)
		mapper->unmap(mapper, zone);
}

static int
map_zones(struct plx_dma_mapper *mapper, struct plx_why *why)
{
	const struct plx_zone *zone = NULL;

	while ((zone = next_reached(zone)) != NULL) {
		int ret = mapper->map(mapper, zone, why);

		if (ret != 0) {
			unmap_zones(mapper, zone);
			return plx_why_prefix(why, ret, "zone %s: ", zone->name);
		}
	}
	return 0;
}

int
plx_dma_add(struct plx_dma_mapper *mapper, struct plx_why *why)
{
	int ret;

	plx_zones_lock();
	plx_list_init(&mapper->link);
	ret = map_zones(mapper, why);
	if (ret == 0)
		plx_list_append(&mappers, &mapper->link);
	plx_zones_unlock();
	return ret;
}

void
plx_dma_remove(struct plx_dma_mapper *mapper)
{
	if (mapper->link.next == NULL)
		return;
	plx_zones_lock();
	if (!plx_list_empty(&mapper->link)) {
		plx_list_remove(&mapper->link);
		unmap_zones(mapper, NULL);
	}
	plx_zones_unlock();
}

bool
plx_dma_any(void)
{
	bool any;

	plx_zones_lock();
	any = next_reached(NULL) != NULL;
	plx_zones_unlock();
	return any;
}

uint64_t
plx_dma_address(const void *addr)
{
	const struct plx_zone *zone = NULL;
	uint64_t iova = PLX_IOVA_BAD;

	plx_zones_lock();
	while (iova == PLX_IOVA_BAD && (zone = next_reached(zone)) != NULL)
		iova = plx_zone_iova(zone, addr);
	plx_zones_unlock();
	return iova;
}
