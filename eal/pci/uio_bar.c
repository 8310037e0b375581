/* SPDX-License-Identifier: BSD-3-Clause */
/* BARs by sysfs: resourceN is mapped if it is memory, read and written if it is I/O ports. */
#include "pci/uio_priv.h"

#include "pci/sysfs_priv.h"
#include "plx_bits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A line of `resource` for each BAR: first byte, last byte, flags. All zeroes: there is none. */
static int
read_line(FILE *file, uint64_t *ret_start, uint64_t *ret_size)
{
	unsigned long long start, end, flags;

	if (fscanf(file, "%llx %llx %llx", &start, &end, &flags) != 3 || end < start)
		return -EPROTO;
	*ret_start = start;
	*ret_size = end == 0 ? 0 : end - start + 1;
	return 0;
}

static int
open_bar(struct plx_pci *pci, unsigned i, const char *address, struct plx_why *why)
{
	struct plx_uio_device *dev = pci->handle;
	char path[PLX_SYSFS_PATH_MAX];

	if (pci->bar[i].size == 0)
		return 0;
	plx_sysfs_path(path, "/sys/bus/pci/devices/%s/resource%u", address, i);
	dev->bar[i].fd = open(path, O_RDWR | O_CLOEXEC);
	if (dev->bar[i].fd < 0)
		return plx_why(why, -errno, "%s: %s%s", path, strerror(errno),
			       errno == EACCES || errno == EPERM ? " (run as root)" : "");
	return 0;
}

int
plx_uio_bars_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	struct plx_uio_device *dev = pci->handle;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char path[PLX_SYSFS_PATH_MAX];
	uint64_t start = 0;
	FILE *file;
	int ret = 0;

	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		dev->bar[i].fd = -1;
	plx_sysfs_path(path, "/sys/bus/pci/devices/%s/resource", address);
	file = fopen(path, "re");
	if (file == NULL)
		return plx_why(why, -errno, "%s: %s", path, strerror(errno));
	for (unsigned i = 0; i < PLX_PCI_BARS && ret == 0; i++) {
		pci->bar[i] = (struct plx_pci_bar){0};
		ret = read_line(file, &start, &pci->bar[i].size);
		if (ret != 0)
			plx_why(why, ret, "%s: line %u is not three numbers", path, i + 1);
		else
			ret = open_bar(pci, i, address, why);
		dev->bar[i].map_off = start % page;
	}
	fclose(file);
	if (ret != 0)
		plx_uio_bars_close(pci);
	return ret;
}

void
plx_uio_bars_close(struct plx_pci *pci)
{
	struct plx_uio_device *dev = pci->handle;

	for (unsigned i = 0; i < PLX_PCI_BARS; i++) {
		struct plx_uio_bar *bar = &dev->bar[i];

		if (pci->bar[i].map != NULL)
			munmap(pci->bar[i].map - bar->map_off, bar->map_len);
		pci->bar[i].map = NULL;
		if (bar->fd >= 0)
			close(bar->fd);
		bar->fd = -1;
	}
}

/* The kernel maps the whole page that a small BAR lies in. */
int
plx_uio_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why)
{
	struct plx_uio_device *dev = pci->handle;
	struct plx_uio_bar *own = &dev->bar[bar];
	uint8_t *at;

	if (pci->bar[bar].io)
		return 0;
	own->map_len = (size_t)plx_align_up(own->map_off + pci->bar[bar].size,
					    (uint64_t)sysconf(_SC_PAGESIZE));
	at = mmap(NULL, own->map_len, PROT_READ | PROT_WRITE, MAP_SHARED, own->fd, 0);
	if (at == MAP_FAILED)
		return plx_why(why, -errno, "BAR %u cannot be mapped: %s%s", bar, strerror(errno),
			       errno == EPERM ? " (a locked down kernel forbids it: vfio-pci)"
					      : "");
	pci->bar[bar].map = at + own->map_off;
	return 0;
}

/* The bytes of the next access: ports take 1, 2 or 4. */
static unsigned
piece(unsigned len)
{
	return len > 4 ? 4 : len;
}

static bool
is_inside(const struct plx_pci *pci, unsigned bar, uint64_t off, unsigned len)
{
	return bar < PLX_PCI_BARS && off <= pci->bar[bar].size && len <= pci->bar[bar].size - off;
}

int
plx_uio_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len)
{
	const struct plx_uio_device *dev = pci->handle;
	uint8_t *to = value;

	if (!is_inside(pci, bar, off, len))
		return -EINVAL;
	for (unsigned n; len > 0; off += n, to += n, len -= n) {
		n = piece(len);
		if (pread(dev->bar[bar].fd, to, n, (off_t)off) != (ssize_t)n)
			return -EIO;
	}
	return 0;
}

int
plx_uio_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value, unsigned len)
{
	const struct plx_uio_device *dev = pci->handle;
	const uint8_t *from = value;

	if (!is_inside(pci, bar, off, len))
		return -EINVAL;
	for (unsigned n; len > 0; off += n, from += n, len -= n) {
		n = piece(len);
		if (pwrite(dev->bar[bar].fd, from, n, (off_t)off) != (ssize_t)n)
			return -EIO;
	}
	return 0;
}
