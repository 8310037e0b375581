/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones: named, page-backed, NUMA-placed memory that can be handed to a peer by file descriptor. A zone is
 * one memfd (1G or 2M hugetlb pages where they are, plain pages otherwise), sealed against shrinking, so
 * nothing stays behind after any death. There is no malloc in it.
 * Thread: any. Path: slow. */
#ifndef PLX_EAL_PLX_ZONE_H
#define PLX_EAL_PLX_ZONE_H

#include "plx_base.h"

#include <stdio.h>

PLX_BEGIN_DECLS

#define PLX_ZONE_NAME_MAX 160 /* that of a device, and what of it */
#define PLX_NODE_ANY	  (-1)
#define PLX_IOVA_BAD	  UINT64_MAX

/* What a zone holds decides which devices and peers may reach it. */
enum plx_zone_use {
	PLX_ZONE_PRIVATE, /* of this program: no device ever does */
	/*
	 * Of this program and another process, which may be hostile; no device either. On plain pages: who punches a hole into huge
	 * ones makes the next access fault where none is free.
	 */
	PLX_ZONE_SHARED,
	PLX_ZONE_BUFFERS, /* packet bytes: every device and every peer of a port */
	PLX_ZONE_RINGS,	  /* descriptors of one device: buses, and the peer that it is for */
};

/* Whether devices are told of it. */
static inline bool
plx_zone_is_reached(enum plx_zone_use use)
{
	return use == PLX_ZONE_BUFFERS || use == PLX_ZONE_RINGS;
}

/* Readable by all, written by the EAL. */
struct plx_zone {
	char name[PLX_ZONE_NAME_MAX];
	void *addr;	  /* page aligned, zeroed */
	size_t len;	  /* bytes, a multiple of page_size */
	size_t page_size; /* 4K, 2M or 1G */
	int fd;		  /* the whole zone, from offset 0; the EAL's, dup() it to keep it */
	int node;	  /* where it was asked for; PLX_NODE_ANY if anywhere */
	enum plx_zone_use use;
	uint64_t iova; /* of addr if the other bytes follow it there, else PLX_IOVA_BAD */
};

/*
 * Makes a zone of at least `len` bytes on `node`. -EEXIST name taken, -EINVAL, -ENOMEM (why tells how many
 * pages of which size were missing and the command that adds them). Without free huge pages, or with
 * --no-huge, it falls back to plain pages with one notice a program. Thread: any. Path: slow.
 */
int plx_zone_reserve(const char *name, size_t len, int node, const struct plx_zone **ret_zone,
		     struct plx_why *why);

/*
 * The same for memory that others reach: devices, or a process (PLX_ZONE_SHARED). While IOVA is PA, it is on huge pages or the call fails, and rings have one
 * bus address for all of their bytes; the memory is made known to every device there is (plx_dma_driver.h) before this returns.
 */
int plx_zone_reserve_dma(const char *name, size_t len, int node, enum plx_zone_use use,
			 const struct plx_zone **ret_zone, struct plx_why *why);

/* Unmaps and forgets it; NULL is fine. The caller guarantees that nobody uses it. */
void plx_zone_free(const struct plx_zone *zone);

/* The zone of that name, NULL if there is none. Thread: any. Path: slow. */
const struct plx_zone *plx_zone_lookup(const char *name);

/* The bus address of a byte in the zone under the IOVA mode in force, PLX_IOVA_BAD if it has none. */
uint64_t plx_zone_iova(const struct plx_zone *zone, const void *addr);

/*
 * The bus addresses of the zone's pages, each of 1 << *ret_shift bytes: NULL unless IOVA is PA. The array lives as long as
 * the zone. Thread: any. Path: slow.
 */
const uint64_t *plx_zone_page_iova(const struct plx_zone *zone, uint8_t *ret_shift);

/*
 * Copies of the zones there are, in the order they were made: fills up to n, returns how many there are.
 * A copy is what was true then; its addr and fd are gone when the zone is. Thread: any. Path: slow.
 */
unsigned plx_zone_list(struct plx_zone *ret_zones, unsigned n);

/* One line a zone: name, address, length, page size, node. */
void plx_zone_dump(FILE *out);

enum plx_iova_mode {
	PLX_IOVA_VA,
	PLX_IOVA_PA,
};

/* The mode in force: what --iova-mode said, else VA unless a device needs PA. */
enum plx_iova_mode plx_iova_mode(void);

PLX_END_DECLS

#endif
