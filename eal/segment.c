/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making memory. Pages are allocated by fallocate before anything touches them: huge pages that are
 * reserved but cannot be had (cpuset, NUMA policy, cgroup) are then an error, where touching would be
 * SIGBUS.
 */
#include "segment_priv.h"

#include "hugepage_priv.h"
#include "memory_priv.h"
#include "plx_bits.h"
#include "plx_log.h"

#include <errno.h>
#include <fcntl.h>
#include <numa.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
/* The shadow begins at 2 GiB, and what is above it no device with page numbers of 32 bits reaches. */
#define LOW_START ((uintptr_t)256 << 20)
#define LOW_END	  ((uintptr_t)2000 << 20)
#else
#define LOW_START ((uintptr_t)4 << 30)
#define LOW_END	  ((uintptr_t)256 << 30)
#endif
#define JOINED (2UL << 20) /* what the kernel joins plain pages to */

PLX_LOG_COMPONENT(logger, "eal.zone");

static bool
is_plain(size_t page_size)
{
	return page_size == (size_t)sysconf(_SC_PAGESIZE);
}

static int
open_memfd(const char *name, size_t page_size)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	char full[128];
	int fd;

	if (!is_plain(page_size))
		flags |= MFD_HUGETLB | plx_log2(page_size) << MFD_HUGE_SHIFT;
	snprintf(full, sizeof(full), "plx:%s", name);
	fd = memfd_create(full, flags);
	return fd >= 0 ? fd : -errno;
}

bool
plx_segment_has_node(int node)
{
	return node == 0 || (node > 0 && numa_available() >= 0 && node <= numa_max_node());
}

/*
 * A shared mapping's policy belongs to the memfd, so fallocate follows it too. Huge pages are bound, as
 * a shortage can be told; plain ones only prefer the node, as the kernel would kill for them.
 */
static void
place(const struct plx_segment *segment, int node)
{
	struct bitmask *nodes;
	int mode = is_plain(segment->page_size) ? MPOL_PREFERRED : MPOL_BIND;

	if (node < 0 || numa_available() < 0)
		return;
	nodes = numa_allocate_nodemask();
	numa_bitmask_setbit(nodes, (unsigned)node);
	if (mbind(segment->addr, segment->len, mode, nodes->maskp, nodes->size + 1, 0) != 0)
		plx_log_info(&logger, "memory cannot be placed on node %d: %s", node,
			     strerror(errno));
	numa_free_nodemask(nodes);
}

static int
too_few(const struct plx_segment *segment, int node, int err, struct plx_why *why)
{
	char size[24], where[24] = "", cure[96];

	plx_hugepage_name(segment->page_size, size, sizeof(size));
	if (is_plain(segment->page_size))
		return plx_why(why, -ENOMEM,
			       "%zu KiB of memory are needed, %llu KiB can be had: %s" PLX_DOCTOR(
				       "memory"),
			       segment->len >> 10,
			       (unsigned long long)(plx_memory_available() >> 10), strerror(err));
	if (node >= 0)
		snprintf(where, sizeof(where), " on node %d", node);
	return plx_why(why, -ENOMEM,
		       "%zu pages of %s are needed, %llu are free%s: %s" PLX_DOCTOR("hugepages"),
		       segment->len / segment->page_size, size,
		       (unsigned long long)plx_hugepage_free(segment->page_size, node), where,
		       plx_hugepage_cure(segment->page_size, segment->len, cure, sizeof(cure)));
}

/*
 * Has the kernel join plain pages to 2 MiB ones, as far as it can and will (Linux 6.1; shmem_enabled does
 * not matter to a program that asks). One page of each is there first: it refuses to join nothing. That is
 * not only kinder to the TLB but many times faster than filling page by page.
 */
static void
join_pages(const struct plx_segment *segment)
{
	size_t len = (size_t)plx_align_down(segment->len, JOINED);

	for (size_t at = 0; at < len; at += JOINED)
		memset((char *)segment->addr + at, 0, 1);
	if (len > 0 && madvise(segment->addr, len, MADV_COLLAPSE) != 0)
		plx_log_debug(&logger, "plain pages stay small: %s", strerror(errno));
}

static int
fill(const struct plx_segment *segment)
{
	int ret;

	if (is_plain(segment->page_size)) {
		if (segment->len > plx_memory_available())
			return -ENOMEM;
		join_pages(segment);
	}
	do {
		ret = fallocate(segment->fd, 0, 0, (off_t)segment->len);
	} while (ret != 0 && errno == EINTR);
	if (ret != 0)
		return -errno;
	if (madvise(segment->addr, segment->len, MADV_POPULATE_WRITE) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* A kernel before 5.14. The pages are there and zero already. */
	memset(segment->addr, 0, segment->len);
	return 0;
}

static void *
map_at(void *addr, const struct plx_segment *segment)
{
	return mmap(addr, segment->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, segment->fd,
		    0);
}

/*
 * Where the next segment may go, if it is free: from 4 GiB on, so that bus addresses that are virtual ones fit an IOMMU of
 * 39 bits. Elsewhere is fine too, for devices that reach it.
 */
static uintptr_t
next_low(size_t len, size_t align)
{
	static uintptr_t next = LOW_START;
	uintptr_t at = __atomic_load_n(&next, __ATOMIC_RELAXED);
	uintptr_t start, after;

	do {
		start = plx_align_up(at, align);
		after = start + plx_align_up(len, align) + align;
		if (after > LOW_END)
			after = LOW_START;
	} while (!__atomic_compare_exchange_n(&next, &at, after, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return start;
}

/* Maps at a multiple of `align`, low if it can be, by taking more room than needed and giving back both ends. */
static void *
map(const struct plx_segment *segment)
{
	size_t align =
		segment->page_size < JOINED && segment->len >= JOINED ? JOINED : segment->page_size;
	void *hint = (void *)next_low(segment->len, align);
	size_t room = segment->len + align;
	char *start, *addr, *mapped;

	start = mmap(hint, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return MAP_FAILED;
	addr = start + (plx_align_up((uintptr_t)start, align) - (uintptr_t)start);
	mapped = map_at(addr, segment);
	if (mapped == MAP_FAILED) {
		munmap(start, room);
		return MAP_FAILED;
	}
	if (addr > start)
		munmap(start, (size_t)(addr - start));
	munmap(addr + segment->len, align - (size_t)(addr - start));
	return mapped;
}

int
plx_segment_create(struct plx_segment *segment, const char *name, size_t len, size_t page_size,
		   int node, struct plx_why *why)
{
	int ret;

	segment->page_size = page_size;
	segment->len = plx_align_up(len, page_size);
	segment->fd = open_memfd(name, page_size);
	if (segment->fd < 0)
		return plx_why(why, segment->fd, "memfd_create: %s%s", strerror(-segment->fd),
			       segment->fd == -EMFILE ? " (ulimit -n)" : "");
	if (ftruncate(segment->fd, (off_t)segment->len) != 0) {
		ret = plx_why(why, -errno, "memory of %zu bytes: %s", segment->len,
			      strerror(errno));
		goto close_fd;
	}
	segment->addr = map(segment);
	if (segment->addr == MAP_FAILED) {
		ret = too_few(segment, -1, errno, why);
		goto close_fd;
	}
	place(segment, node);
	ret = fill(segment);
	if (ret != 0) {
		ret = too_few(segment, node, -ret, why);
		goto unmap;
	}
	if (fcntl(segment->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		ret = plx_why(why, -errno, "sealing memory: %s", strerror(errno));
		goto unmap;
	}
	return 0;

unmap:
	munmap(segment->addr, segment->len);
close_fd:
	close(segment->fd);
	return ret;
}

void
plx_segment_destroy(struct plx_segment *segment)
{
	munmap(segment->addr, segment->len);
	close(segment->fd);
}
