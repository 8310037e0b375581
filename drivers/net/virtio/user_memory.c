/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which memory the peer maps: the buffers of all pools and the rings of this device, nothing else of the program. Addresses
 * are our own virtual ones, in descriptors as well as for rings.
 */
#include "user.h"

#include <errno.h>
#include <string.h>

static struct virtio_user *
user_of(struct plx_dma_mapper *mapper)
{
	return PLX_CONTAINER_OF(mapper, struct virtio_user, memory.mapper);
}

static struct vhost_user_region
region_of(const struct plx_zone *zone)
{
	uint64_t address = (uint64_t)(uintptr_t)zone->addr;

	return (struct vhost_user_region){
		.guest_phys = address, .userspace = address, .size = zone->len};
}

static int
tell_all(struct virtio_user *user)
{
	const struct user_memory *memory = &user->memory;
	struct vhost_user_msg msg = {.payload.memory.nregions = memory->n, .nb_fds = memory->n};

	for (unsigned i = 0; i < memory->n; i++) {
		msg.payload.memory.regions[i] = region_of(memory->zones[i]);
		msg.fds[i] = memory->zones[i]->fd;
	}
	msg.head.size = (uint32_t)(offsetof(struct vhost_user_memory, regions) +
				   memory->n * sizeof(struct vhost_user_region));
	return user_peer_order(&user->peer, VHOST_USER_SET_MEM_TABLE, &msg);
}

/* A zone to be taken away goes without its fd, of which the message has no need. */
static int
tell_one(struct virtio_user *user, uint32_t request, const struct plx_zone *zone)
{
	struct vhost_user_msg msg = {.head.size = sizeof(struct vhost_user_mem_reg),
				     .payload.mem_reg.region = region_of(zone)};

	if (request == VHOST_USER_ADD_MEM_REG) {
		msg.fds[0] = zone->fd;
		msg.nb_fds = 1;
	}
	return user_peer_order(&user->peer, request, &msg);
}

static bool
has_slots(const struct virtio_user *user)
{
	return user_peer_agreed(&user->peer, VHOST_USER_PROTOCOL_F_MEM_SLOTS);
}

int
user_memory_tell(struct virtio_user *user)
{
	struct user_memory *memory = &user->memory;
	int ret = 0;

	if (memory->told)
		return 0;
	if (!has_slots(user)) {
		ret = tell_all(user);
	} else {
		for (unsigned i = 0; i < memory->n && ret == 0; i++)
			ret = tell_one(user, VHOST_USER_ADD_MEM_REG, memory->zones[i]);
	}
	memory->told = ret == 0;
	return ret;
}

/* A running peer is told at once, by one zone or by a new table. */
static int
tell_change(struct virtio_user *user, uint32_t request, const struct plx_zone *zone)
{
	if (!user->memory.told)
		return 0;
	if (has_slots(user))
		return tell_one(user, request, zone);
	if (user->memory.n > 0)
		return tell_all(user);
	user->memory.told = false;
	return 0;
}

static bool
is_ours(const struct virtio_user *user, const struct plx_zone *zone)
{
	return zone->use == PLX_ZONE_BUFFERS || virtio_piece_zone(&user->dev, zone);
}

static int
add_locked(struct virtio_user *user, const struct plx_zone *zone, struct plx_why *why)
{
	struct user_memory *memory = &user->memory;
	int ret;

	if (memory->n >= user->peer.max_regions)
		return plx_why(
			why, -ENOSPC,
			"%s: the back end maps %u regions of memory at most: have fewer pools, "
			"or devices with fewer rings",
			user->dev.eth.device->name, user->peer.max_regions);
	memory->zones[memory->n++] = zone;
	ret = tell_change(user, VHOST_USER_ADD_MEM_REG, zone);
	if (ret != -EREMOTEIO)
		return 0; /* a lost peer learns of it when it is back */
	memory->n--;
	return plx_why(why, ret, "%s: the back end refuses to map this memory",
		       user->dev.eth.device->name);
}

static int
memory_map(struct plx_dma_mapper *mapper, const struct plx_zone *zone, struct plx_why *why)
{
	struct virtio_user *user = user_of(mapper);
	int ret = 0;

	if (!is_ours(user, zone))
		return 0;
	pthread_mutex_lock(&user->lock);
	ret = add_locked(user, zone, why);
	pthread_mutex_unlock(&user->lock);
	return ret;
}

static void
remove_locked(struct virtio_user *user, const struct plx_zone *zone)
{
	struct user_memory *memory = &user->memory;

	for (unsigned i = 0; i < memory->n; i++) {
		if (memory->zones[i] != zone)
			continue;
		memory->zones[i] = memory->zones[--memory->n];
		tell_change(user, VHOST_USER_REM_MEM_REG, zone);
		return;
	}
}

static void
memory_unmap(struct plx_dma_mapper *mapper, const struct plx_zone *zone)
{
	struct virtio_user *user = user_of(mapper);

	pthread_mutex_lock(&user->lock);
	remove_locked(user, zone);
	pthread_mutex_unlock(&user->lock);
}

int
user_memory_begin(struct virtio_user *user, struct plx_why *why)
{
	user->memory.mapper = (struct plx_dma_mapper){.map = memory_map, .unmap = memory_unmap};
	return plx_dma_add(&user->memory.mapper, why);
}

void
user_memory_end(struct virtio_user *user)
{
	if (user->memory.mapper.map != NULL)
		plx_dma_remove(&user->memory.mapper);
	user->memory.mapper.map = NULL;
}
