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
					    .file.guard = -1};
	inflight->size = inflight->nb_queues * inflight->stride;
	return 0;
}

static struct vhost_books
books_of(const struct vhost_inflight *inflight, uint16_t index)
{
	uint8_t *at = inflight->map + index * inflight->stride;

	return inflight->packed ? (struct vhost_books){.packed = (void *)at}
				: (struct vhost_books){.split = (void *)at};
}

/* As the protocol wants them at first; those of a packed ring are in use (version 1) when it is known where it begins. */
static void
fill_in(const struct vhost_inflight *inflight)
{
	for (uint16_t i = 0; i < inflight->nb_queues; i++) {
		struct vhost_books books = books_of(inflight, i);

		if (inflight->packed) {
			vhost_marks_begin_packed(books.packed, inflight->queue_size, 0, true);
			continue;
		}
		books.split->version = VHOST_INFLIGHT_VERSION;
		books.split->desc_num = inflight->queue_size;
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
	if (told->mmap_size < inflight->size || told->mmap_offset % PLX_CACHE_LINE != 0)
		return plx_why(why, -EINVAL,
			       "books of %" PRIu64 " bytes for %u rings of %u descriptors, which "
			       "take %zu",
			       told->mmap_size, told->num_queues, told->queue_size, inflight->size);
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
	ret = ring->packed ? vhost_marks_open_packed(ring, &books, inflight->queue_size, why)
			   : vhost_marks_open(ring, &books, inflight->queue_size, why);
	if (ret == 0)
		ring->books = books;
	return ret;
}

void
vhost_inflight_stop(struct vhost_ring *ring)
{
	if (ring->nb_resumed > 0)
		return;
	if (ring->books.split != NULL)
		ring->books.split->version = 0;
	if (ring->books.packed != NULL)
		ring->books.packed->version = 0;
}

void
vhost_inflight_detach(struct vhost_ring *ring)
{
	if (ring->books.split != NULL)
		vhost_marks_drop(ring);
	ring->books = (struct vhost_books){.split = NULL};
}
