/* SPDX-License-Identifier: BSD-3-Clause */
/* Which memory the fake device may reach: the zones it was told of, as an IOMMU is. */
#include "virtio_fake_priv.h"

#include <inttypes.h>

static int
zone_map(struct plx_dma_mapper *mapper, const struct plx_zone *zone, struct plx_why *why)
{
	struct vfake *fake = PLX_CONTAINER_OF(mapper, struct vfake, mapper);
	int ret = 0;

	pthread_mutex_lock(&fake->lock);
	if (fake->nb_zones == VFAKE_ZONES_MAX) {
		ret = -1;
	} else {
		fake->zone[fake->nb_zones].addr = zone->addr;
		fake->zone[fake->nb_zones++].len = zone->len;
	}
	pthread_mutex_unlock(&fake->lock);
	return ret == 0 ? 0
			: plx_why(why, -28, "the fake device knows %u zones at most",
				  VFAKE_ZONES_MAX);
}

static bool
is_within(uint64_t addr, const uint8_t *start, size_t len)
{
	return addr >= (uintptr_t)start && addr - (uintptr_t)start < len;
}

static void
zone_unmap(struct plx_dma_mapper *mapper, const struct plx_zone *zone)
{
	struct vfake *fake = PLX_CONTAINER_OF(mapper, struct vfake, mapper);

	pthread_mutex_lock(&fake->lock);
	for (unsigned i = 0; i < VFAKE_QUEUES_MAX; i++)
		if (fake->queue[i].enabled &&
		    is_within(fake->queue[i].desc, zone->addr, zone->len) && !fake->faults.dead &&
		    !fake->faults.reset_stuck)
			vfake_violation(fake, "the memory of queue %u goes while it is enabled", i);
	for (unsigned i = 0; i < fake->nb_zones; i++)
		if (fake->zone[i].addr == zone->addr)
			fake->zone[i--] = fake->zone[--fake->nb_zones];
	pthread_mutex_unlock(&fake->lock);
}

int
vfake_memory_open(struct vfake *fake, struct plx_why *why)
{
	fake->nb_zones = 0;
	if (fake->reach != NULL)
		return 0;
	fake->mapper = (struct plx_dma_mapper){.map = zone_map, .unmap = zone_unmap};
	return plx_dma_add(&fake->mapper, why);
}

void
vfake_memory_close(struct vfake *fake)
{
	if (fake->reach == NULL)
		plx_dma_remove(&fake->mapper);
	fake->nb_zones = 0;
}

uint8_t *
vfake_dma(struct vfake *fake, uint64_t addr, uint64_t len)
{
	uint8_t *at = fake->reach != NULL ? fake->reach(fake->reach_arg, addr, len) : NULL;

	if (at != NULL)
		return at;
	for (unsigned i = 0; i < fake->nb_zones; i++) {
		const size_t size = fake->zone[i].len;

		if (is_within(addr, fake->zone[i].addr, size) &&
		    len <= size - (addr - (uintptr_t)fake->zone[i].addr))
			return fake->zone[i].addr + (addr - (uintptr_t)fake->zone[i].addr);
	}
	vfake_violation(fake, "DMA outside of all zones: %" PRIu64 " bytes at 0x%" PRIx64, len,
			addr);
	return NULL;
}
