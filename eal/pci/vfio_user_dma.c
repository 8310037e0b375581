/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory over vfio-user: the server gets each zone's file and where it is, at our own virtual addresses. One that would rather ask
 * than map is answered, as far as the bytes are in one zone that it was told of.
 */
#include "pci/vfio_user_priv.h"

#include "plx_unixsock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
make_room(struct plx_vfio_user *dev)
{
	unsigned room = dev->maps_room > 0 ? 2 * dev->maps_room : 16;
	struct plx_vfio_user_map *map;

	if (dev->nb_maps < dev->maps_room)
		return 0;
	map = realloc(dev->map, room * sizeof(*map));
	if (map == NULL)
		return -ENOMEM;
	dev->map = map;
	dev->maps_room = room;
	return 0;
}

static int
remember(struct plx_vfio_user *dev, const struct plx_zone *zone)
{
	int ret;

	pthread_mutex_lock(&dev->lock);
	ret = make_room(dev);
	if (ret == 0)
		dev->map[dev->nb_maps++] = (struct plx_vfio_user_map){
			zone->addr, (uintptr_t)zone->addr, zone->len, zone->fd};
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

static void
forget(struct plx_vfio_user *dev, const struct plx_zone *zone)
{
	pthread_mutex_lock(&dev->lock);
	for (unsigned i = 0; i < dev->nb_maps; i++)
		if (dev->map[i].at == zone->addr)
			dev->map[i--] = dev->map[--dev->nb_maps];
	pthread_mutex_unlock(&dev->lock);
}

static int
tell(struct plx_vfio_user *dev, const struct plx_vfio_user_map *known)
{
	const struct vfio_user_dma_map map = {.argsz = sizeof(map),
					      .flags = VFIO_USER_DMA_READABLE |
						       VFIO_USER_DMA_WRITEABLE,
					      .address = known->address,
					      .size = known->size};
	struct plx_vfio_user_call call = {.command = VFIO_USER_DMA_MAP,
					  .head = {&map, sizeof(map)},
					  .fds = &known->fd,
					  .nb_fds = dev->peer.max_msg_fds > 0 ? 1 : 0};

	return plx_vfio_user_call(dev, &call);
}

/* Zones come and go on the main thread, which is the one that asks. */
int
plx_vfio_user_dma_again(struct plx_vfio_user *dev, struct plx_why *why)
{
	int ret = 0;

	for (unsigned i = 0; i < dev->nb_maps && ret == 0; i++)
		ret = tell(dev, &dev->map[i]);
	return ret == 0 ? 0
			: plx_why(why, ret, "the server does not map our memory: %s",
				  strerror(-ret));
}

static int
map_zone(struct plx_dma_mapper *mapper, const struct plx_zone *zone, struct plx_why *why)
{
	struct plx_vfio_user *dev = PLX_CONTAINER_OF(mapper, struct plx_vfio_user, mapper);
	const struct plx_vfio_user_map map = {zone->addr, (uintptr_t)zone->addr, zone->len,
					      zone->fd};
	int ret;

	if (dev->nb_maps >= dev->peer.max_dma_maps)
		return plx_why(why, -ENOSPC, "vfio-user:%s: the server takes %llu zones at most",
			       dev->path, (unsigned long long)dev->peer.max_dma_maps);
	ret = remember(dev, zone);
	if (ret == 0)
		ret = tell(dev, &map);
	if (ret == 0)
		return 0;
	forget(dev, zone);
	return plx_why(why, ret, "vfio-user:%s: the server does not map %zu bytes: %s", dev->path,
		       zone->len, strerror(-ret));
}

static void
unmap_zone(struct plx_dma_mapper *mapper, const struct plx_zone *zone)
{
	struct plx_vfio_user *dev = PLX_CONTAINER_OF(mapper, struct plx_vfio_user, mapper);
	struct vfio_user_dma_unmap unmap = {.argsz = sizeof(unmap),
					    .address = (uintptr_t)zone->addr,
					    .size = zone->len},
				   echo;
	struct plx_vfio_user_call call = {.command = VFIO_USER_DMA_UNMAP,
					  .head = {&unmap, sizeof(unmap)},
					  .data = &echo,
					  .data_size = sizeof(echo)};

	plx_vfio_user_call(dev, &call);
	forget(dev, zone);
}

int
plx_vfio_user_dma_open(struct plx_vfio_user *dev, struct plx_why *why)
{
	int ret;

	dev->mapper = (struct plx_dma_mapper){.map = map_zone, .unmap = unmap_zone};
	ret = plx_dma_add(&dev->mapper, why);
	dev->mapping = ret == 0;
	return ret;
}

void
plx_vfio_user_dma_close(struct plx_vfio_user *dev)
{
	if (dev->mapping)
		plx_dma_remove(&dev->mapper);
	dev->mapping = false;
	free(dev->map);
	dev->map = NULL;
	dev->nb_maps = dev->maps_room = 0;
}

/* -- what the server asks ----------------------------------------------------------------------------------------------- */

static uint8_t *
find(const struct plx_vfio_user *dev, const struct vfio_user_dma_access *access)
{
	for (unsigned i = 0; i < dev->nb_maps; i++) {
		const struct plx_vfio_user_map *map = &dev->map[i];
		const uint64_t off = access->address - map->address;

		if (off < map->size && access->count <= map->size - off)
			return map->at + off;
	}
	return NULL;
}

/* Receives all of it, whatever it is, so that the stream stays whole. */
static int
take(struct plx_vfio_user *dev, int sock, struct vfio_user_msg *msg,
     struct vfio_user_dma_access *ret_access, struct plx_why *why)
{
	int ret;

	if (msg->nb_fds > 0) {
		plx_unixsock_close_fds(msg->fds, msg->nb_fds);
		return plx_why(why, -EPROTO, "files came with a command of the server");
	}
	if (msg->len < sizeof(*ret_access) || msg->len - sizeof(*ret_access) > VFIO_USER_DATA_MAX)
		return plx_why(why, -EPROTO, "a command %u of %u bytes", msg->head.command,
			       msg->len);
	ret = vfio_user_recv_body(sock, msg, ret_access, sizeof(*ret_access), PLX_VFIO_USER_WAIT_MS,
				  why);
	if (ret == 0 && msg->len > sizeof(*ret_access))
		ret = vfio_user_recv_body(sock, msg, dev->buf, msg->len - sizeof(*ret_access),
					  PLX_VFIO_USER_WAIT_MS, why);
	return ret;
}

/* 0 and what the answer holds behind `access`, or the errno that it is. */
static int
carry_out(struct plx_vfio_user *dev, const struct vfio_user_msg *msg,
	  const struct vfio_user_dma_access *access, struct vfio_user_piece *ret_data)
{
	const uint64_t sent = msg->len - sizeof(*access);
	uint8_t *at;

	if (msg->head.command != VFIO_USER_DMA_READ && msg->head.command != VFIO_USER_DMA_WRITE)
		return -ENOSYS;
	if (access->count > VFIO_USER_DATA_MAX)
		return -E2BIG;
	if (sent != (msg->head.command == VFIO_USER_DMA_WRITE ? access->count : 0))
		return -EINVAL;
	at = find(dev, access);
	if (at == NULL)
		return -EFAULT;
	if (msg->head.command == VFIO_USER_DMA_WRITE)
		memcpy(at, dev->buf, access->count);
	else
		*ret_data = (struct vfio_user_piece){at, access->count};
	return 0;
}

void
plx_vfio_user_dma_serve(struct plx_vfio_user *dev, int sock, struct vfio_user_msg *msg)
{
	struct vfio_user_head head = {
		.id = msg->head.id, .command = msg->head.command, .flags = VFIO_USER_TYPE_REPLY};
	struct vfio_user_piece body = {NULL, 0}, data = {NULL, 0};
	struct vfio_user_dma_access access;
	struct plx_why why;
	int ret = take(dev, sock, msg, &access, &why);

	if (ret != 0) {
		plx_vfio_user_break(dev, why.text);
		return;
	}
	ret = carry_out(dev, msg, &access, &data);
	if ((msg->head.flags & VFIO_USER_NO_REPLY) != 0)
		return;
	if (ret == 0) {
		body = (struct vfio_user_piece){&access, sizeof(access)};
	} else {
		head.flags |= VFIO_USER_ERROR;
		head.error = (uint32_t)-ret;
	}
	ret = vfio_user_send(sock, head, body, data, NULL, 0, PLX_VFIO_USER_WAIT_MS);
	if (ret != 0)
		plx_vfio_user_break(dev, strerror(-ret));
}
