/* SPDX-License-Identifier: BSD-3-Clause */
/* BARs over vfio: mapped where the kernel lets us, else by pread and pwrite on the device. */
#include "pci/vfio_priv.h"
#include "plx_bits.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t
map_len(uint64_t size)
{
	return (size_t)plx_align_up(size, (uint64_t)sysconf(_SC_PAGESIZE));
}

static bool
map_piece(const struct plx_vfio_device *dev, const struct plx_vfio_region *region, uint8_t *at,
	  uint64_t off, uint64_t len)
{
	return mmap(at + off, map_len(len), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, dev->fd,
		    (off_t)(region->offset + off)) != MAP_FAILED;
}

static bool
map_pieces(const struct plx_vfio_device *dev, const struct plx_vfio_region *region, uint8_t *at)
{
	bool all = true;

	if (region->nb_areas == 0)
		return map_piece(dev, region, at, 0, region->size);
	for (unsigned i = 0; i < region->nb_areas && all; i++)
		all = map_piece(dev, region, at, region->area[i].off, region->area[i].len);
	return all;
}

/* Room for all of it, then the pieces that can be reached. */
int
plx_vfio_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why)
{
	const struct plx_vfio_device *dev = pci->handle;
	const struct plx_vfio_region *region = &dev->bar[bar];
	uint8_t *at;
	int err;

	if (!region->map)
		return 0;
	at = mmap(NULL, map_len(region->size), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return plx_why(why, -errno, "no room to map BAR %u of %llu bytes: %s", bar,
			       (unsigned long long)region->size, strerror(errno));
	if (map_pieces(dev, region, at)) {
		pci->bar[bar].map = at;
		return 0;
	}
	err = errno;
	munmap(at, map_len(region->size));
	return plx_why(why, -err, "BAR %u cannot be mapped: %s", bar, strerror(err));
}

void
plx_vfio_bar_unmap(struct plx_pci *pci, unsigned bar)
{
	if (pci->bar[bar].map == NULL)
		return;
	munmap(pci->bar[bar].map, map_len(pci->bar[bar].size));
	pci->bar[bar].map = NULL;
}

/* Where an access lies in the device's fd; negative if it is not inside the BAR. */
static off_t
place(const struct plx_pci *pci, unsigned bar, uint64_t off, unsigned len)
{
	const struct plx_vfio_device *dev = pci->handle;

	if (bar >= PLX_PCI_BARS || off > dev->bar[bar].size || len > dev->bar[bar].size - off)
		return -1;
	return (off_t)(dev->bar[bar].offset + off);
}

int
plx_vfio_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len)
{
	const struct plx_vfio_device *dev = pci->handle;
	off_t at = place(pci, bar, off, len);

	if (at < 0)
		return -EINVAL;
	return pread(dev->fd, value, len, at) == (ssize_t)len ? 0 : -EIO;
}

int
plx_vfio_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value, unsigned len)
{
	const struct plx_vfio_device *dev = pci->handle;
	off_t at = place(pci, bar, off, len);

	if (at < 0)
		return -EINVAL;
	return pwrite(dev->fd, value, len, at) == (ssize_t)len ? 0 : -EIO;
}
