/* SPDX-License-Identifier: BSD-3-Clause */
/* Regions over vfio-user: mapped where the server gives a file, else a message an access. */
#include "pci/vfio_user_priv.h"
#include "plx_bits.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREAS_MAX 64

/* A command that the kernel's structs answer, too: they are the same. */
union region_reply {
	struct vfio_user_region_info info;
	uint8_t bytes[sizeof(struct vfio_user_region_info) + sizeof(struct vfio_user_sparse_mmap) +
		      AREAS_MAX * sizeof(struct vfio_user_area)];
};

int
plx_vfio_user_region(struct plx_vfio_user *dev, unsigned index, struct plx_vfio_region *ret_region,
		     int *ret_fd)
{
	union region_reply reply = {0};
	const struct vfio_user_region_info asked = {.argsz = sizeof(reply), .index = index};
	struct plx_vfio_user_call call = {.command = VFIO_USER_DEVICE_GET_REGION_INFO,
					  .head = {&asked, sizeof(asked)},
					  .reply = &reply,
					  .reply_len = sizeof(reply.info),
					  .data = reply.bytes + sizeof(reply.info),
					  .data_size = sizeof(reply) - sizeof(reply.info),
					  .wants_fds = true};
	int ret = plx_vfio_user_call(dev, &call);

	*ret_fd = -1;
	if (ret != 0)
		return ret;
	ret = reply.info.index == index
		      ? plx_vfio_region_parse(&reply, sizeof(reply.info) + call.data_len,
					      ret_region)
		      : -EPROTO;
	if (ret == 0 && ret_region->map && call.answer.nb_fds > 0) {
		*ret_fd = call.answer.fds[0];
		call.answer.fds[0] = -1;
	}
	/* Areas that did not fit into the answer are none that can be trusted to be all. */
	ret_region->map &= *ret_fd >= 0 && reply.info.argsz <= sizeof(reply);
	plx_unixsock_close_fds(call.answer.fds, call.answer.nb_fds);
	return ret;
}

/* To `to` or, if it is NULL, from `from`. */
int
plx_vfio_user_access(struct plx_vfio_user *dev, unsigned region, uint64_t off, void *to,
		     const void *from, uint32_t len, bool posted)
{
	const struct vfio_user_region_access asked = {
		.offset = off, .region = region, .count = len};
	struct vfio_user_region_access said;
	struct plx_vfio_user_call call = {.command = to != NULL ? VFIO_USER_REGION_READ
								: VFIO_USER_REGION_WRITE,
					  .posted = posted,
					  .head = {&asked, sizeof(asked)},
					  .body = {from, to == NULL ? len : 0},
					  .reply = &said,
					  .reply_len = sizeof(said),
					  .data = to,
					  .data_size = to != NULL ? len : 0};
	int ret = plx_vfio_user_call(dev, &call);

	if (ret == 0 && to != NULL && call.data_len != len)
		ret = -EIO;
	return ret == 0 || ret == -EINVAL ? ret : -EIO;
}

/* -- BARs -------------------------------------------------------------------------------------------------------------- */

static size_t
map_len(uint64_t size)
{
	return (size_t)plx_align_up(size, (uint64_t)sysconf(_SC_PAGESIZE));
}

static int
map_piece(struct plx_vfio_user_bar *bar, uint8_t *at, uint64_t off, uint64_t len,
	  struct plx_why *why)
{
	int ret = plx_peermem_map(&bar->piece[bar->nb_pieces], bar->fd, bar->region.offset + off,
				  len, PROT_READ | PROT_WRITE, at + off, -1, why);

	bar->nb_pieces += ret == 0;
	return ret;
}

static void
unmap_pieces(struct plx_vfio_user_bar *bar)
{
	while (bar->nb_pieces > 0)
		plx_peermem_unmap(&bar->piece[--bar->nb_pieces]);
}

static int
map_pieces(struct plx_vfio_user_bar *bar, uint8_t *at, struct plx_why *why)
{
	int ret = 0;

	if (bar->region.nb_areas == 0)
		return map_piece(bar, at, 0, bar->region.size, why);
	for (unsigned i = 0; i < bar->region.nb_areas && ret == 0; i++)
		ret = map_piece(bar, at, bar->region.area[i].off, bar->region.area[i].len, why);
	return ret;
}

int
plx_vfio_user_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	struct plx_vfio_user_bar *b = &dev->bar[bar];
	uint8_t *at;
	int ret;

	if (!b->region.map)
		return 0;
	at = mmap(NULL, map_len(b->region.size), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return plx_why(why, -errno, "no room to map BAR %u of %llu bytes: %s", bar,
			       (unsigned long long)b->region.size, strerror(errno));
	ret = map_pieces(b, at, why);
	if (ret == 0) {
		pci->bar[bar].map = at;
		return 0;
	}
	unmap_pieces(b);
	munmap(at, map_len(b->region.size));
	return plx_why_prefix(why, ret, "BAR %u: ", bar);
}

int
plx_vfio_user_bar_again(struct plx_pci *pci, unsigned bar, struct plx_why *why)
{
	struct plx_vfio_user *dev = pci->handle;
	struct plx_vfio_user_bar *b = &dev->bar[bar];

	while (b->nb_pieces > 0)
		plx_peermem_leave(&b->piece[--b->nb_pieces]);
	return map_pieces(b, pci->bar[bar].map, why);
}

void
plx_vfio_user_bar_unmap(struct plx_pci *pci, unsigned bar)
{
	struct plx_vfio_user *dev = pci->handle;

	plx_unixsock_close_fds(&dev->bar[bar].fd, 1);
	if (pci->bar[bar].map == NULL)
		return;
	unmap_pieces(&dev->bar[bar]);
	munmap(pci->bar[bar].map, map_len(pci->bar[bar].size));
	pci->bar[bar].map = NULL;
}

static bool
is_inside(const struct plx_vfio_user *dev, unsigned bar, uint64_t off, unsigned len)
{
	return bar < PLX_PCI_BARS && off <= dev->bar[bar].region.size &&
	       len <= dev->bar[bar].region.size - off;
}

int
plx_vfio_user_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len)
{
	struct plx_vfio_user *dev = pci->handle;

	if (!is_inside(dev, bar, off, len))
		return -EINVAL;
	return plx_vfio_user_access(dev, bar, off, value, NULL, len, false);
}

/* Writes to memory are posted, as on a real bus: what is read next comes behind them. */
int
plx_vfio_user_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value,
			unsigned len)
{
	struct plx_vfio_user *dev = pci->handle;

	if (!is_inside(dev, bar, off, len))
		return -EINVAL;
	return plx_vfio_user_access(dev, bar, off, NULL, value, len,
				    dev->posts && !pci->bar[bar].io);
}
