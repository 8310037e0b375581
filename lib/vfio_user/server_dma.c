/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client's memory: files mapped where it gave some, messages where it did not.
 *
 *	address:   [ map 0, file ][ map 1, file ]      [ map 2, no file ]
 *	           an access may straddle here ^ and is then two pieces
 */
#include "plx_unixsock.h"
#include "server_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WAITING_BYTES_MAX (4u << 20)

/* Where it belongs in the table; -EEXIST if it overlaps a neighbour, the neighbour's place in *ret_same if it is the same map. */
static int
find_place(const struct plx_vfio_user_server *server, const struct vfio_user_dma_map *said,
	   bool *ret_same)
{
	const struct vfio_user_map *map = server->map;
	unsigned i = 0;

	while (i < server->nb_maps && map[i].address < said->address)
		i++;
	*ret_same = i < server->nb_maps && map[i].address == said->address &&
		    map[i].size == said->size && map[i].flags == said->flags &&
		    map[i].offset == said->offset;
	if (i > 0 && said->address - map[i - 1].address < map[i - 1].size)
		return -EEXIST;
	if (i < server->nb_maps && map[i].address - said->address < said->size)
		return -EEXIST;
	return (int)i;
}

static int
prot_of(uint32_t flags)
{
	return (flags & VFIO_USER_DMA_READABLE ? PROT_READ : 0) |
	       (flags & VFIO_USER_DMA_WRITEABLE ? PROT_WRITE : 0);
}

int
vfio_user_server_map(struct plx_vfio_user_server *server, const struct vfio_user_dma_map *said,
		     int fd)
{
	struct vfio_user_map map = {.address = said->address,
				    .size = said->size,
				    .offset = said->offset,
				    .flags = said->flags,
				    .mapped = fd >= 0,
				    .file.guard = -1};
	bool same;
	int place, ret;

	if (said->size == 0 || said->size > UINT64_MAX - said->address || said->flags == 0 ||
	    (said->flags & ~(VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITEABLE)) != 0)
		return -EINVAL;
	place = find_place(server, said, &same);
	if (same)
		return 0;
	if (place < 0)
		return place;
	if (server->nb_maps == PLX_VFIO_USER_SERVER_MAPS_MAX)
		return -ENOSPC;
	if (fd >= 0) {
		ret = plx_peermem_map(&map.file, fd, said->offset, said->size, prot_of(said->flags),
				      NULL, server->again, NULL);
		if (ret != 0)
			return ret;
	}
	memmove(&server->map[place + 1], &server->map[place],
		(server->nb_maps - (unsigned)place) * sizeof(map));
	server->map[place] = map;
	server->nb_maps++;
	return 0;
}

static void
drop(struct plx_vfio_user_server *server, struct vfio_user_map *map)
{
	if (server->device->unmapped != NULL)
		server->device->unmapped(server->device->arg, map->address, map->size);
	if (map->mapped)
		plx_peermem_unmap(&map->file);
}

int
vfio_user_server_unmap(struct plx_vfio_user_server *server, uint64_t address, uint64_t size)
{
	for (unsigned i = 0; i < server->nb_maps; i++) {
		struct vfio_user_map *map = &server->map[i];

		if (map->address != address || map->size != size)
			continue;
		drop(server, map);
		server->nb_maps--;
		memmove(map, map + 1, (server->nb_maps - i) * sizeof(*map));
		return 0;
	}
	return -ENOENT;
}

void
vfio_user_server_unmap_all(struct plx_vfio_user_server *server)
{
	while (server->nb_maps > 0)
		drop(server, &server->map[--server->nb_maps]);
}

bool
vfio_user_server_shrunk(const struct plx_vfio_user_server *server)
{
	for (unsigned i = 0; i < server->nb_maps; i++)
		if (server->map[i].mapped && plx_peermem_faulted(&server->map[i].file))
			return true;
	return false;
}

/* The map that an address lies in and that allows it. */
static const struct vfio_user_map *
map_of(const struct plx_vfio_user_server *server, uint64_t address, bool write)
{
	unsigned low = 0, high = server->nb_maps;
	const struct vfio_user_map *map;

	/* The last map that begins at or before it. */
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (server->map[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	map = &server->map[low - 1];
	if (address - map->address >= map->size ||
	    (map->flags & (write ? VFIO_USER_DMA_WRITEABLE : VFIO_USER_DMA_READABLE)) == 0)
		return NULL;
	return map;
}

static uint64_t
at_most(uint64_t len, const struct vfio_user_map *map, uint64_t address)
{
	uint64_t left = map->size - (address - map->address);

	return len < left ? len : left;
}

void *
plx_vfio_user_server_find(const struct plx_vfio_user_server *server, uint64_t address, uint64_t len,
			  bool write, uint64_t *ret_len)
{
	const struct vfio_user_map *map = map_of(server, address, write);

	if (map == NULL || !map->mapped)
		return NULL;
	*ret_len = at_most(len, map, address);
	return map->file.at + (address - map->address);
}

/* -- by message ------------------------------------------------------------------------------------------------------ */

/* Puts a command aside until poll(), bounded. */
static int
put_aside(struct plx_vfio_user_server *server, struct vfio_user_msg *msg)
{
	struct vfio_user_waiting *waiting = NULL;
	struct plx_why why = {""};
	int ret;

	if (server->nb_waiting < PLX_VFIO_USER_SERVER_QUEUE_MAX &&
	    server->waiting_bytes + msg->len <= WAITING_BYTES_MAX)
		waiting = malloc(sizeof(*waiting) + msg->len);
	if (waiting == NULL) {
		plx_unixsock_close_fds(msg->fds, msg->nb_fds);
		plx_why(&why, -ENOBUFS, "it sends commands and does not answer: %u of them wait",
			server->nb_waiting);
		return vfio_user_server_break(server, -ENOBUFS, &why);
	}
	ret = msg->len == 0
		      ? 0
		      : vfio_user_stream_body(&server->client, msg, waiting->body, msg->len, &why);
	if (ret != 0) {
		free(waiting);
		return vfio_user_server_break(server, ret, &why);
	}
	waiting->next = NULL;
	waiting->msg = *msg;
	*server->last = waiting;
	server->last = &waiting->next;
	server->nb_waiting++;
	server->waiting_bytes += msg->len;
	vfio_user_server_again(server);
	return 0;
}

/* The rest of an answer whose header came. A header alone is taken for the answer to a DMA_WRITE: some clients send that. */
static int
take_answer(struct plx_vfio_user_server *server, struct vfio_user_stream *stream,
	    struct vfio_user_msg *msg, struct vfio_user_head asked, uint64_t address, void *to,
	    size_t len)
{
	const size_t data = asked.command == VFIO_USER_DMA_READ ? len : 0;
	struct vfio_user_dma_access said = {.address = address, .count = len};
	struct plx_why why;
	int ret;

	plx_unixsock_close_fds(msg->fds, msg->nb_fds);
	if (msg->head.id != asked.id || msg->head.command != asked.command || msg->nb_fds > 0)
		return plx_why(&why, -EPROTO, "an answer to what was not asked: %u (%s)",
			       msg->head.command, vfio_user_name(msg->head.command)),
		       vfio_user_server_break(server, -EPROTO, &why);
	if ((msg->head.flags & VFIO_USER_ERROR) != 0 && msg->len == 0)
		return msg->head.error > 0 && msg->head.error < 4096 ? -(int)msg->head.error : -EIO;
	if (msg->len == 0 && asked.command == VFIO_USER_DMA_WRITE)
		return 0;
	if (msg->len != sizeof(said) + data)
		return plx_why(&why, -EPROTO, "an answer to %s of %u bytes in place of %zu",
			       vfio_user_name(asked.command), msg->len, sizeof(said) + data),
		       vfio_user_server_break(server, -EPROTO, &why);
	ret = vfio_user_stream_body(stream, msg, &said, sizeof(said), &why);
	if (ret == 0 && data > 0)
		ret = vfio_user_stream_body(stream, msg, to, data, &why);
	if (ret == 0 && (said.address != address || said.count != len))
		ret = plx_why(&why, -EPROTO, "an answer to %s about other bytes",
			      vfio_user_name(asked.command));
	return ret == 0 ? 0 : vfio_user_server_break(server, ret, &why);
}

static int
ask(struct plx_vfio_user_server *server, uint16_t command, uint64_t address, void *to,
    const void *from, size_t len)
{
	struct vfio_user_stream *stream = server->twin.sock >= 0 ? &server->twin : &server->client;
	const struct vfio_user_head head = {.id = server->next_id++, .command = command};
	const struct vfio_user_dma_access access = {.address = address, .count = len};
	struct plx_why why = {""};
	int ret;

	server->stats.dma_messages++;
	ret = vfio_user_send(stream->sock, head, (struct vfio_user_piece){&access, sizeof(access)},
			     (struct vfio_user_piece){from, from != NULL ? len : 0}, NULL, 0,
			     PLX_VFIO_USER_SERVER_WAIT_MS);

	if (ret != 0) {
		plx_why(&why, ret, "%s cannot be sent: %s", vfio_user_name(command),
			strerror(-ret));
		return vfio_user_server_break(server, ret, &why);
	}
	/* Each turn either ends or takes room in a queue that is bounded. */
	for (;;) {
		struct vfio_user_msg msg;

		ret = vfio_user_stream_head(stream, &msg, PLX_VFIO_USER_SERVER_WAIT_MS, &why);
		if (ret != 0)
			return vfio_user_server_break(server, ret, &why);
		if (vfio_user_stream_has(&server->client))
			vfio_user_server_again(server);
		if ((msg.head.flags & VFIO_USER_TYPE_MASK) == VFIO_USER_TYPE_REPLY)
			return take_answer(server, stream, &msg, head, address, to, len);
		if (stream == &server->twin) {
			plx_unixsock_close_fds(msg.fds, msg.nb_fds);
			plx_why(&why, -EPROTO, "a command came on the socket of answers");
			return vfio_user_server_break(server, -EPROTO, &why);
		}
		ret = put_aside(server, &msg);
		if (ret != 0)
			return ret;
	}
}

/* One piece in one map. */
static int
copy_piece(struct plx_vfio_user_server *server, const struct vfio_user_map *map, uint64_t address,
	   uint8_t *to, const uint8_t *from, size_t len)
{
	uint8_t *at;

	if (!map->mapped)
		return ask(server, to != NULL ? VFIO_USER_DMA_READ : VFIO_USER_DMA_WRITE, address,
			   to, from, len);
	at = map->file.at + (address - map->address);
	if (to != NULL)
		memcpy(to, at, len);
	else
		memcpy(at, from, len);
	return 0;
}

static int
copy(struct plx_vfio_user_server *server, uint64_t address, uint8_t *to, const uint8_t *from,
     size_t len)
{
	const uint64_t most = server->peer.max_data_xfer_size < VFIO_USER_DATA_MAX
				      ? server->peer.max_data_xfer_size
				      : VFIO_USER_DATA_MAX;

	while (len > 0) {
		const struct vfio_user_map *map = map_of(server, address, from != NULL);
		size_t n;
		int ret;

		if (!server->agreed || server->broken != 0)
			return -ENOTCONN;
		if (map == NULL)
			return -EFAULT;
		n = (size_t)at_most(len, map, address);
		if (!map->mapped && n > most)
			n = (size_t)most;
		ret = copy_piece(server, map, address, to, from, n);
		if (ret != 0)
			return ret;
		address += n;
		if (to != NULL)
			to += n;
		if (from != NULL)
			from += n;
		len -= n;
	}
	return 0;
}

static int
counted(struct plx_vfio_user_server *server, int ret)
{
	server->stats.dma_failed += ret != 0;
	return ret;
}

int
plx_vfio_user_server_read(struct plx_vfio_user_server *server, uint64_t address, void *to,
			  size_t len)
{
	return counted(server, copy(server, address, to, NULL, len));
}

int
plx_vfio_user_server_write(struct plx_vfio_user_server *server, uint64_t address, const void *from,
			   size_t len)
{
	return counted(server, copy(server, address, NULL, from, len));
}
