/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front end's memory: files that it hands over, mapped, and the translation of its addresses.
 *
 *	guest_phys:  [ region 0 ][ region 1 ]      [ region 2 ]      sorted; neighbours may touch, none overlap
 *	             a descriptor may straddle here ^ and is then two pieces
 *
 * That a file can be cut off under us is dealt with in lib/peermem.
 */
#include "vhost.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int
check_numbers(const struct vhost_user_region *said, struct plx_why *why)
{
	if (said->size == 0 || said->size > UINT64_MAX - said->guest_phys ||
	    said->size > UINT64_MAX - said->userspace)
		return plx_why(why, -EINVAL,
			       "a region of memory at 0x%" PRIx64 " (its own 0x%" PRIx64
			       "), 0x%" PRIx64 " bytes from 0x%" PRIx64
			       " of its file, is none that can be",
			       said->guest_phys, said->userspace, said->size, said->mmap_offset);
	return 0;
}

/* Where it belongs in the table, or -EINVAL if it overlaps a neighbour. */
static int
find_place(const struct vhost_memory *memory, const struct vhost_user_region *said)
{
	unsigned i = 0;

	while (i < memory->nb && memory->region[i].guest_phys < said->guest_phys)
		i++;
	if (i > 0 &&
	    said->guest_phys - memory->region[i - 1].guest_phys < memory->region[i - 1].size)
		return -EINVAL;
	if (i < memory->nb && memory->region[i].guest_phys - said->guest_phys < said->size)
		return -EINVAL;
	return (int)i;
}

static int
identify(struct vhost_region *region, int fd, struct plx_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return plx_why(why, -errno, "a region's file: %s", strerror(errno));
	region->identity[0] = st.st_dev;
	region->identity[1] = st.st_ino;
	return 0;
}

/* The one that is just like it, to the byte of the file; NULL: none is. */
static struct vhost_region *
find_twin(struct vhost_memory *memory, const struct vhost_region *region)
{
	for (unsigned i = 0; i < memory->nb; i++) {
		struct vhost_region *other = &memory->region[i];

		if (other->guest_phys == region->guest_phys && other->size == region->size &&
		    other->userspace == region->userspace && other->offset == region->offset &&
		    memcmp(other->identity, region->identity, sizeof(other->identity)) == 0)
			return other;
	}
	return NULL;
}

int
vhost_memory_add(struct vhost_memory *memory, const struct vhost_user_region *said, int fd,
		 int fault_fd, struct plx_why *why)
{
	struct vhost_region region = {.guest_phys = said->guest_phys,
				      .userspace = said->userspace,
				      .size = said->size,
				      .offset = said->mmap_offset,
				      .added = 1};
	struct vhost_region *twin;
	int place, ret;

	ret = check_numbers(said, why);
	if (ret == 0)
		ret = identify(&region, fd, why);
	if (ret != 0)
		return ret;
	twin = find_twin(memory, &region);
	if (twin != NULL) {
		twin->added++;
		return 0;
	}
	if (memory->nb == VHOST_SLOTS_MAX)
		return plx_why(why, -ENOSPC, "more than %d regions of memory", VHOST_SLOTS_MAX);
	place = find_place(memory, said);
	if (place < 0)
		return plx_why(why, place, "the region at 0x%" PRIx64 " overlaps another",
			       said->guest_phys);
	ret = plx_peermem_map(&region.file, fd, said->mmap_offset, said->size,
			      PROT_READ | PROT_WRITE, NULL, fault_fd, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "the region at 0x%" PRIx64 ": ", said->guest_phys);
	region.at = region.file.at;
	memmove(&memory->region[place + 1], &memory->region[place],
		(memory->nb - (unsigned)place) * sizeof(region));
	memory->region[place] = region;
	memory->nb++;
	return 0;
}

int
vhost_memory_remove(struct vhost_memory *memory, const struct vhost_user_region *said)
{
	for (unsigned i = 0; i < memory->nb; i++) {
		struct vhost_region *region = &memory->region[i];

		if (region->guest_phys != said->guest_phys || region->size != said->size ||
		    region->userspace != said->userspace)
			continue;
		if (--region->added > 0)
			return 0;
		plx_peermem_unmap(&region->file);
		memory->nb--;
		memmove(region, region + 1, (memory->nb - i) * sizeof(*region));
		return 0;
	}
	return -ENOENT;
}

void
vhost_memory_clear(struct vhost_memory *memory)
{
	for (unsigned i = 0; i < memory->nb; i++)
		plx_peermem_unmap(&memory->region[i].file);
	memory->nb = 0;
}

const struct vhost_region *
vhost_memory_find(const struct vhost_memory *memory, uint64_t guest_phys)
{
	for (unsigned i = 0; i < memory->nb; i++) {
		if (vhost_region_has(&memory->region[i], guest_phys))
			return &memory->region[i];
	}
	return NULL;
}

void *
vhost_memory_ring(const struct vhost_memory *memory, uint64_t address, uint64_t len)
{
	for (unsigned i = 0; i < memory->nb; i++) {
		const struct vhost_region *region = &memory->region[i];
		uint64_t off = address - region->userspace;

		if (off < region->size && len <= region->size - off)
			return region->at + off;
	}
	return NULL;
}

bool
vhost_memory_faulted(const struct vhost_memory *memory)
{
	for (unsigned i = 0; i < memory->nb; i++) {
		if (plx_peermem_faulted(&memory->region[i].file))
			return true;
	}
	return false;
}
