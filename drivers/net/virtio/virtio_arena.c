/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the queues of one device lie: a few zones, each cut into pieces of whole pages. One zone a queue would cost a huge
 * page each, and a vhost-user peer maps eight zones at most.
 */
#include "plx_bits.h"
#include "virtio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_PAGE  4096u /* pieces begin at multiples: the legacy layout wants it */
#define ARENA_PAGES 128u  /* of a zone, unless one piece needs more */

struct virtio_arena {
	struct virtio_arena *next;
	const struct plx_zone *zone;
	unsigned nb_pages, nb_used;
	bool used[]; /* of each page */
};

static unsigned
pages_of(size_t len)
{
	return (unsigned)(plx_align_up(len, ARENA_PAGE) / ARENA_PAGE);
}

/* The first page of n free ones in a row, or nb_pages. */
static unsigned
find_room(const struct virtio_arena *arena, unsigned n)
{
	unsigned row = 0;

	for (unsigned i = 0; i < arena->nb_pages; i++) {
		row = arena->used[i] ? 0 : row + 1;
		if (row == n)
			return i + 1 - n;
	}
	return arena->nb_pages;
}

static int
add_arena(struct virtio_dev *dev, unsigned nb_pages, struct plx_why *why)
{
	unsigned pages = nb_pages > ARENA_PAGES ? nb_pages : ARENA_PAGES;
	const char *device = dev->eth.device->name;
	struct virtio_arena *arena;
	const struct plx_zone *zone;
	char name[PLX_ZONE_NAME_MAX];
	int ret;

	if (snprintf(name, sizeof(name), "%s/rings%u", device, dev->arenas_made) >=
	    (int)sizeof(name))
		return plx_why(why, -ENAMETOOLONG, "the name %s is too long for its memory's",
			       device);
	ret = plx_zone_reserve_dma(name, (size_t)pages * ARENA_PAGE, dev->eth.device->node,
				   PLX_ZONE_RINGS, &zone, why);
	if (ret != 0)
		return ret;
	pages = (unsigned)(zone->len / ARENA_PAGE); /* huge pages have more */
	arena = calloc(1, sizeof(*arena) + pages * sizeof(arena->used[0]));
	if (arena == NULL) {
		plx_zone_free(zone);
		return plx_why(why, -ENOMEM, "out of memory");
	}
	arena->zone = zone;
	arena->nb_pages = pages;
	arena->next = dev->arenas;
	dev->arenas = arena;
	dev->arenas_made++;
	return 0;
}

int
virtio_piece_get(struct virtio_dev *dev, size_t len, struct virtio_piece *ret_piece,
		 struct plx_why *why)
{
	unsigned n = pages_of(len), at = 0;
	struct virtio_arena *arena;
	int ret;

	for (arena = dev->arenas; arena != NULL; arena = arena->next) {
		at = find_room(arena, n);
		if (at < arena->nb_pages)
			break;
	}
	if (arena == NULL) {
		ret = add_arena(dev, n, why);
		if (ret != 0)
			return ret;
		arena = dev->arenas;
		at = 0;
	}
	memset(&arena->used[at], true, n);
	arena->nb_used += n;
	*ret_piece =
		(struct virtio_piece){.zone = arena->zone,
				      .addr = (char *)arena->zone->addr + (size_t)at * ARENA_PAGE,
				      .len = (size_t)n * ARENA_PAGE};
	memset(ret_piece->addr, 0, ret_piece->len);
	return 0;
}

void
virtio_piece_put(struct virtio_dev *dev, struct virtio_piece *piece)
{
	struct virtio_arena **link = &dev->arenas, *arena;
	unsigned at, n = pages_of(piece->len);

	if (piece->zone == NULL)
		return;
	while ((*link)->zone != piece->zone)
		link = &(*link)->next;
	arena = *link;
	at = (unsigned)(((char *)piece->addr - (char *)arena->zone->addr) / ARENA_PAGE);
	memset(&arena->used[at], false, n);
	arena->nb_used -= n;
	*piece = (struct virtio_piece){.zone = NULL};
	if (arena->nb_used > 0)
		return;
	*link = arena->next;
	plx_zone_free(arena->zone);
	free(arena);
}

bool
virtio_piece_zone(const struct virtio_dev *dev, const struct plx_zone *zone)
{
	size_t len = strlen(dev->eth.device->name);

	return zone->use == PLX_ZONE_RINGS &&
	       strncmp(zone->name, dev->eth.device->name, len) == 0 && zone->name[len] == '/';
}
