/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that a peer hands over as a file: checked, mapped, and safe against being cut off under us. For rooms of the
 * library; sizes are bytes, errors negative errno.
 *
 * A file that can shrink turns the next read into SIGBUS. One that allows it is sealed against that; any other is guarded, as
 * are huge pages, of which there may be too few when they are first touched: the first fault puts zeroes in place of the whole
 * map, which nothing harmful can be read from, marks it, and writes fault_fd, an eventfd.
 */
#ifndef PLX_LIB_PEERMEM_PLX_PEERMEM_H
#define PLX_LIB_PEERMEM_PLX_PEERMEM_H

#include "plx_base.h"

struct plx_peermem {
	uint8_t *at; /* the bytes that were asked for */
	void *map;   /* what was mapped to have them */
	size_t map_len;
	int guard; /* -1: cannot shrink */
};

/*
 * Maps `len` bytes from `offset` of the file, which must hold them now; prot as of mmap(2). `fixed`: where, inside of a
 * reservation of the caller that is then replaced; NULL: anywhere. The fd stays the caller's. -EINVAL with what is wrong with
 * it, -ENOSPC when more is mapped than can be guarded. Thread: any. Path: slow.
 */
int plx_peermem_map(struct plx_peermem *mem, int fd, uint64_t offset, uint64_t len, int prot,
		    void *fixed, int fault_fd, struct plx_why *why);

/* Takes back the guard and the map. */
void plx_peermem_unmap(struct plx_peermem *mem);

/* Takes back the guard alone: the map stays, for the caller to put another one in its place. */
void plx_peermem_leave(struct plx_peermem *mem);

/* The file was found to be shorter than it was. Thread: any. Path: warm. */
bool plx_peermem_faulted(const struct plx_peermem *mem);

#endif
