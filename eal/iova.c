/* SPDX-License-Identifier: BSD-3-Clause */
/* IOVA modes, and physical addresses by /proc/self/pagemap. */
#include "iova_priv.h"

#include "dma_priv.h"
#include "plx_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "eal.iova");

/* Documentation/admin-guide/mm/pagemap.rst: bit 63 present, bits 0-54 the frame, 0 without rights. */
#define PAGEMAP_PRESENT	   (1ULL << 63)
#define PAGEMAP_FRAME_MASK ((1ULL << 55) - 1)

static enum plx_iova_mode iova_mode = PLX_IOVA_VA;
static bool keep_mode;
/* Open as long as the mode is PA: the kernel asks for the rights that were there then, which programs give up later. */
static int pagemap = -1;

enum plx_iova_mode
plx_iova_mode(void)
{
	return iova_mode;
}

static void
close_pagemap(void)
{
	if (pagemap >= 0)
		close(pagemap);
	pagemap = -1;
}

/* The physical address of the page at addr, which must be in memory. */
static int
physical(const void *addr, uint64_t *ret_address, struct plx_why *why)
{
	size_t plain = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t entry, number = (uint64_t)(uintptr_t)addr / plain;

	if (pread(pagemap, &entry, sizeof(entry), (off_t)(number * sizeof(entry))) !=
	    (ssize_t)sizeof(entry))
		return plx_why(why, -EIO, "/proc/self/pagemap cannot be read at %p", addr);
	if ((entry & PAGEMAP_PRESENT) == 0)
		return plx_why(why, -EIO, "the page at %p is not in memory", addr);
	if ((entry & PAGEMAP_FRAME_MASK) == 0)
		return plx_why(
			why, -EPERM,
			"the kernel hides physical addresses from programs without CAP_SYS_ADMIN: "
			"run as root, or with bus addresses that are virtual" PLX_DOCTOR(
				"capabilities"));
	*ret_address = (entry & PAGEMAP_FRAME_MASK) * plain;
	return 0;
}

int
plx_iova_set_mode(enum plx_iova_mode mode, struct plx_why *why)
{
	uint64_t address = 0;
	int ret;

	iova_mode = PLX_IOVA_VA;
	keep_mode = false;
	close_pagemap();
	if (mode == PLX_IOVA_VA)
		return 0;
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return plx_why(why, -errno, "/proc/self/pagemap: %s", strerror(errno));
	ret = physical(&address, &address, why);
	if (ret == 0)
		iova_mode = mode;
	else
		close_pagemap();
	return ret;
}

void
plx_iova_keep_mode(void)
{
	keep_mode = true;
}

int
plx_dma_need_pa(struct plx_why *why)
{
	int ret;

	if (iova_mode == PLX_IOVA_PA)
		return 0;
	if (keep_mode)
		return plx_why(why, -EBUSY,
			       "it works with physical addresses only, and --iova-mode va forbids "
			       "them: leave the option out");
	if (plx_dma_any())
		return plx_why(
			why, -EBUSY,
			"it works with physical addresses only, and memory was handed out under "
			"virtual ones already: start the program with --iova-mode pa");
	ret = plx_iova_set_mode(PLX_IOVA_PA, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "it works with physical addresses only: ");
	plx_log_info(&logger, "a device works with physical addresses only: all are given "
			      "them from now on");
	return 0;
}

int
plx_iova_pages(const struct plx_segment *segment, uint64_t **ret_pages, struct plx_why *why)
{
	size_t nb_pages = segment->len / segment->page_size;
	uint64_t *pages;
	int ret = 0;

	*ret_pages = NULL;
	if (iova_mode == PLX_IOVA_VA)
		return 0;
	if (segment->page_size == (size_t)sysconf(_SC_PAGESIZE)) {
		plx_log_debug(&logger, "plain pages have no lasting physical address");
		return 0;
	}
	pages = calloc(nb_pages, sizeof(*pages));
	if (pages == NULL)
		ret = plx_why(why, -ENOMEM, "no memory for the addresses of %zu pages", nb_pages);
	for (size_t i = 0; i < nb_pages && ret == 0; i++)
		ret = physical((const char *)segment->addr + i * segment->page_size, &pages[i],
			       why);
	if (ret != 0) {
		free(pages);
		return ret;
	}
	*ret_pages = pages;
	return 0;
}
