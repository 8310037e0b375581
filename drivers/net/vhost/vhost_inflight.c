/* SPDX-License-Identifier: BSD-3-Clause */
/* Making, taking over and reading the books that outlive us. */
#include "vhost_inflight.h"

#include "plx_bits.h"
#include "vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t
stride_of(uint16_t queue_size, bool packed)
{
	size_t len = packed ? sizeof(struct vhost_inflight_packed) +
				      queue_size * sizeof(struct vhost_inflight_desc_packed)
			    : sizeof(struct vhost_inflight_split) +
				      queue_size * sizeof(struct vhost_inflight_desc_split);

	return (size_t)plx_align_up(len, PLX_CACHE_LINE);
}

static size_t
total(const struct vhost_inflight *inflight)
{
	const size_t log = inflight->packed ? sizeof(struct vhost_log) : 0;

	return inflight->nb_queues * (inflight->stride + log);
}

static int
set_shape(struct vhost_inflight *inflight, const struct vhost_user_inflight *said, bool packed,
	  struct plx_why *why)
{
	if (said->num_queues == 0 || said->num_queues > VHOST_RINGS_MAX || said->queue_size == 0 ||
	    said->queue_size > VIRTIO_QUEUE_SIZE_MAX)
		return plx_why(why, -EINVAL, "books for %u rings of %u descriptors",
			       said->num_queues, said->queue_size);
	*inflight = (struct vhost_inflight){.nb_queues = said->num_queues,
					    .queue_size = said->queue_size,
					    .stride = stride_of(said->queue_size, packed),
					    .packed = packed,
					    .has_logs = packed,
					    .file.guard = -1};
	inflight->size = total(inflight);
	return 0;
}

static struct vhost_books
books_of(const struct vhost_inflight *inflight, uint16_t index)
{
	uint8_t *at = inflight->map + index * inflight->stride;
	uint8_t *log = inflight->map + inflight->nb_queues * inflight->stride +
		       index * sizeof(struct vhost_log);

	if (!inflight->packed)
		return (struct vhost_books){.split = (void *)at};
	return (struct vhost_books){.packed = (void *)at,
				    .log = inflight->has_logs ? (void *)log : NULL};
}

/* As the protocol wants them at first. */
static void
fill_in(const struct vhost_inflight *inflight)
{
	for (uint16_t i = 0; i < inflight->nb_queues; i++) {
		struct vhost_books books = books_of(inflight, i);

		if (!inflight->packed) {
			books.split->version = VHOST_INFLIGHT_VERSION;
			books.split->desc_num = inflight->queue_size;
			continue;
		}
		books.packed->version = VHOST_INFLIGHT_VERSION;
		books.packed->desc_num = inflight->queue_size;
		books.packed->used_wrap_counter = books.packed->old_used_wrap_counter = 1;
		books.log->magic = VHOST_LOG_MAGIC;
		for (uint16_t k = 0; k < inflight->queue_size; k++)
			books.packed->desc[k].next = (uint16_t)(k + 1);
	}
}

int
vhost_inflight_create(struct vhost_inflight *inflight, const struct vhost_user_inflight *asked,
		      bool packed, struct vhost_user_inflight *ret_told, int *ret_fd,
		      struct plx_why *why)
{
	int ret = set_shape(inflight, asked, packed, why);
	int fd;

	if (ret != 0)
		return ret;
	fd = memfd_create("vhost-inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)inflight->size) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		goto fail;
	inflight->file.map_len = inflight->size;
	inflight->file.map = mmap(NULL, inflight->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (inflight->file.map == MAP_FAILED)
		goto fail;
	inflight->map = inflight->file.map;
	fill_in(inflight);
	*ret_told = *asked;
	ret_told->mmap_size = inflight->size;
	ret_told->mmap_offset = 0;
	*ret_fd = fd;
	return 0;

fail:
	ret = plx_why(why, -errno, "no memory of %zu bytes for what is in flight: %s",
		      inflight->size, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

int
vhost_inflight_adopt(struct vhost_inflight *inflight, const struct vhost_user_inflight *told,
		     bool packed, int fd, int fault_fd, struct plx_why *why)
{
	struct vhost_memory memory = {0};
	struct vhost_user_region region = {.size = told->mmap_size,
					   .mmap_offset = told->mmap_offset};
	int ret = set_shape(inflight, told, packed, why);

	if (ret != 0)
		return ret;
	inflight->has_logs = told->mmap_size >= inflight->size;
	if (told->mmap_size < inflight->nb_queues * inflight->stride ||
	    told->mmap_offset % PLX_CACHE_LINE != 0)
		return plx_why(why, -EINVAL,
			       "books of %" PRIu64 " bytes for %u rings of %u descriptors, which "
			       "take %zu",
			       told->mmap_size, told->num_queues, told->queue_size,
			       inflight->nb_queues * inflight->stride);
	/* The same checks and care as for any file of theirs. */
	ret = vhost_memory_add(&memory, &region, fd, fault_fd, why);
	if (ret != 0)
		return ret;
	inflight->map = memory.region[0].at;
	inflight->file = memory.region[0].file;
	return 0;
}

void
vhost_inflight_drop(struct vhost_inflight *inflight)
{
	if (inflight->map == NULL)
		return;
	plx_peermem_unmap(&inflight->file);
	*inflight = (struct vhost_inflight){.file.guard = -1};
}

/* A batch that was being given back: all of it, unless the driver has seen its first list, which is written last. */
static void
finish(struct vhost_ring *ring, const struct vhost_log *shared, struct vhost_log *log)
{
	struct virtio_packed_desc *desc = ring->packed_ring.desc;
	uint16_t flags;

	*log = *shared;
	if (log->nb == 0 || log->nb > VHOST_LOG_MAX)
		return;
	for (uint32_t i = 0; i < log->nb; i++) {
		if (log->entry[i].pos >= ring->size)
			return;
	}
	flags = __atomic_load_n(&desc[log->entry[0].pos].flags, __ATOMIC_ACQUIRE);
	if (((flags & VIRTIO_PACKED_F_AVAIL) != 0) == (log->first_wrap != 0) &&
	    ((flags & VIRTIO_PACKED_F_USED) != 0) != (log->first_wrap != 0)) {
		for (uint32_t i = log->nb; i-- > 0;)
			__atomic_store_n((uint64_t *)(void *)&desc[log->entry[i].pos].len,
					 log->entry[i].word, __ATOMIC_RELEASE);
	}
	ring->wrap = log->wrap != 0;
	if (log->next >= ring->size)
		ring->wrap = !ring->wrap;
	ring->next = (uint16_t)(log->next % ring->size);
}

static void
attach_packed(struct vhost_ring *ring, struct vhost_books *books)
{
	const struct vhost_inflight_packed copy = *books->packed;
	struct vhost_log log;

	ring->next = (uint16_t)(copy.old_used_idx % ring->size);
	ring->wrap = copy.old_used_wrap_counter != 0;
	finish(ring, books->log, &log);
	vhost_books_done(books, ring->next, ring->wrap);
}

int
vhost_inflight_attach(const struct vhost_inflight *inflight, struct vhost_ring *ring,
		      struct plx_why *why)
{
	struct vhost_books books;
	int ret;

	if (inflight->map == NULL || ring->index >= inflight->nb_queues ||
	    ring->size > inflight->queue_size || inflight->packed != ring->packed)
		return 0;
	books = books_of(inflight, ring->index);
	if (ring->packed) {
		if (books.log == NULL || books.log->magic != VHOST_LOG_MAGIC)
			return 0;
		attach_packed(ring, &books);
	} else {
		ret = vhost_marks_open(ring, &books, inflight->queue_size, why);
		if (ret != 0)
			return ret;
	}
	ring->books = books;
	return 0;
}

void
vhost_inflight_detach(struct vhost_ring *ring)
{
	if (ring->books.split != NULL)
		vhost_marks_drop(ring);
	ring->books = (struct vhost_books){.split = NULL};
}
