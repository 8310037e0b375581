/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front end's memory: files that it hands over, mapped, and the translation of its addresses.
 *
 *	guest_phys:  [ region 0 ][ region 1 ]      [ region 2 ]      sorted; neighbours may touch, none overlap
 *	             a descriptor may straddle here ^ and is then two pieces
 *
 * A file can be cut off under us, unless it is sealed. QEMU's memory-backend-memfd is (F_SEAL_SHRINK); DPDK's files and
 * QEMU's memory-backend-file are not and cannot be. So: the size is checked when it is mapped; a file that allows it is sealed;
 * any other is guarded (vhost_guard.c), as are huge pages, of which there may be too few when they are first touched.
 */
#include "vhost.h"

#include "plx_bits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_MAX (1ull << 30) /* the largest huge page */

static int
check_numbers(const struct vhost_user_region *said, struct plx_why *why)
{
	if (said->size == 0 || said->size > UINT64_MAX - said->guest_phys ||
	    said->size > UINT64_MAX - said->userspace ||
	    said->size > (uint64_t)INT64_MAX - PAGE_MAX ||
	    said->mmap_offset > (uint64_t)INT64_MAX - PAGE_MAX - said->size)
		return plx_why(why, -EINVAL,
			       "a region of memory at 0x%" PRIx64 " (its own 0x%" PRIx64
			       "), 0x%" PRIx64 " bytes from 0x%" PRIx64
			       " of its file, is none that can be",
			       said->guest_phys, said->userspace, said->size, said->mmap_offset);
	return 0;
}

/* The file must hold all of the region now; *ret_page is what offsets and lengths are multiples of. */
static int
check_file(const struct vhost_user_region *said, int fd, uint64_t *ret_page, struct plx_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return plx_why(why, -errno, "a region's file: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return plx_why(why, -EINVAL, "what came as a region's memory is no file of memory");
	if ((uint64_t)st.st_size < said->mmap_offset + said->size)
		return plx_why(why, -EINVAL,
			       "a region ends at 0x%" PRIx64 " of a file of 0x%" PRIx64 " bytes",
			       said->mmap_offset + said->size, (uint64_t)st.st_size);
	*ret_page = (uint64_t)sysconf(_SC_PAGESIZE);
	/* Of hugetlbfs this is the huge page, by which maps are counted there. */
	if (plx_is_pow2((uint64_t)st.st_blksize) && (uint64_t)st.st_blksize > *ret_page &&
	    (uint64_t)st.st_blksize <= PAGE_MAX)
		*ret_page = (uint64_t)st.st_blksize;
	return 0;
}

/* Sealed against shrinking, or can be. */
static bool
cannot_shrink(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals >= 0 && (seals & F_SEAL_SHRINK) == 0 && (seals & F_SEAL_SEAL) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0)
		seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

static int
map(struct vhost_region *region, const struct vhost_user_region *said, int fd, int fault_fd,
    uint64_t page, struct plx_why *why)
{
	uint64_t from = said->mmap_offset & ~(page - 1);
	/* Of huge pages there may be none when they are touched: no seal is against that. */
	bool sealed = cannot_shrink(fd) && page == (uint64_t)sysconf(_SC_PAGESIZE);
	struct stat st;

	region->map_len = (size_t)plx_align_up(said->mmap_offset + said->size - from, page);
	region->map = mmap(NULL, region->map_len, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_NORESERVE, fd, (off_t)from);
	if (region->map == MAP_FAILED)
		return plx_why(why, -errno, "a region of 0x%zx bytes cannot be mapped: %s",
			       region->map_len, strerror(errno));
	/* Between the look at its size and the seal it may have shrunk. */
	if (sealed &&
	    (fstat(fd, &st) != 0 || (uint64_t)st.st_size < said->mmap_offset + said->size)) {
		munmap(region->map, region->map_len);
		return plx_why(why, -EINVAL, "a region's file shrank while it was mapped");
	}
	region->guard = sealed ? -1 : vhost_guard_add(region->map, region->map_len, fault_fd);
	if (!sealed && region->guard < 0) {
		munmap(region->map, region->map_len);
		return plx_why(why, region->guard, "more regions are mapped than can be guarded");
	}
	region->at = (uint8_t *)region->map + (said->mmap_offset - from);
	return 0;
}

static void
unmap(struct vhost_region *region)
{
	vhost_guard_remove(region->guard);
	munmap(region->map, region->map_len);
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

int
vhost_memory_add(struct vhost_memory *memory, const struct vhost_user_region *said, int fd,
		 int fault_fd, struct plx_why *why)
{
	struct vhost_region region = {
		.guest_phys = said->guest_phys, .userspace = said->userspace, .size = said->size};
	uint64_t page = 0;
	int place, ret;

	if (memory->nb == VHOST_SLOTS_MAX)
		return plx_why(why, -ENOSPC, "more than %d regions of memory", VHOST_SLOTS_MAX);
	ret = check_numbers(said, why);
	if (ret != 0)
		return ret;
	place = find_place(memory, said);
	if (place < 0)
		return plx_why(why, place, "the region at 0x%" PRIx64 " overlaps another",
			       said->guest_phys);
	ret = check_file(said, fd, &page, why);
	if (ret == 0)
		ret = map(&region, said, fd, fault_fd, page, why);
	if (ret != 0)
		return ret;
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
		unmap(region);
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
		unmap(&memory->region[i]);
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
		if (vhost_guard_faulted(memory->region[i].guard))
			return true;
	}
	return false;
}
