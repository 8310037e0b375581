/* SPDX-License-Identifier: BSD-3-Clause */
/* Checking, sealing and mapping a peer's file. See plx_peermem.h. */
#include "plx_peermem.h"

#include "guard_priv.h"
#include "plx_bits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_MAX (1ull << 30) /* the largest huge page */

static int
check_numbers(uint64_t offset, uint64_t len, struct plx_why *why)
{
	const uint64_t most = (uint64_t)INT64_MAX - PAGE_MAX;

	if (len == 0 || len > most || offset > most - len)
		return plx_why(why, -EINVAL,
			       "0x%" PRIx64 " bytes from 0x%" PRIx64
			       " of a file are none that can be",
			       len, offset);
	return 0;
}

/* The file must hold all of it now; *ret_page is what offsets and lengths are multiples of. */
static int
check_file(int fd, uint64_t end, uint64_t *ret_page, struct plx_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return plx_why(why, -errno, "the file of the memory: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return plx_why(why, -EINVAL, "what came as memory is no file of memory");
	if ((uint64_t)st.st_size < end)
		return plx_why(why, -EINVAL,
			       "the memory ends at 0x%" PRIx64 " of a file of 0x%" PRIx64 " bytes",
			       end, (uint64_t)st.st_size);
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

/* Between the look at its size and the seal it may have shrunk; without a seal it may do so any time. */
static int
make_safe(struct plx_peermem *mem, int fd, uint64_t end, bool sealed, int fault_fd,
	  struct plx_why *why)
{
	struct stat st;

	mem->guard = -1;
	if (!sealed) {
		mem->guard = plx_peermem_guard_add(mem->map, mem->map_len, fault_fd);
		return mem->guard >= 0 ? 0
				       : plx_why(why, mem->guard,
						 "more memory is mapped than can be guarded");
	}
	if (fstat(fd, &st) != 0 || (uint64_t)st.st_size < end)
		return plx_why(why, -EINVAL, "the file of the memory shrank while it was mapped");
	return 0;
}

int
plx_peermem_map(struct plx_peermem *mem, int fd, uint64_t offset, uint64_t len, int prot,
		void *fixed, int fault_fd, struct plx_why *why)
{
	uint64_t page = 0, from;
	bool sealed;
	int ret = check_numbers(offset, len, why);

	if (ret == 0)
		ret = check_file(fd, offset + len, &page, why);
	if (ret != 0)
		return ret;
	from = offset & ~(page - 1);
	if (fixed != NULL && from != offset)
		return plx_why(why, -EINVAL,
			       "0x%" PRIx64 " of a file is not the beginning of a page", offset);
	/* Of huge pages there may be none when they are touched: no seal is against that. */
	sealed = cannot_shrink(fd) && page == (uint64_t)sysconf(_SC_PAGESIZE);
	mem->map_len = (size_t)plx_align_up(offset + len - from, page);
	mem->map =
		mmap(fixed, mem->map_len, prot,
		     MAP_SHARED | MAP_NORESERVE | (fixed != NULL ? MAP_FIXED : 0), fd, (off_t)from);
	if (mem->map == MAP_FAILED)
		return plx_why(why, -errno, "memory of 0x%zx bytes cannot be mapped: %s",
			       mem->map_len, strerror(errno));
	ret = make_safe(mem, fd, offset + len, sealed, fault_fd, why);
	if (ret != 0) {
		munmap(mem->map, mem->map_len);
		return ret;
	}
	mem->at = (uint8_t *)mem->map + (offset - from);
	return 0;
}

void
plx_peermem_unmap(struct plx_peermem *mem)
{
	plx_peermem_guard_remove(mem->guard);
	munmap(mem->map, mem->map_len);
}

void
plx_peermem_leave(struct plx_peermem *mem)
{
	plx_peermem_guard_remove(mem->guard);
}

bool
plx_peermem_faulted(const struct plx_peermem *mem)
{
	return plx_peermem_guard_faulted(mem->guard);
}
