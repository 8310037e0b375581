/* SPDX-License-Identifier: BSD-3-Clause */
/* The two pages of BAR 0 that a driver may map: a file that cannot be cut off, one for each client. */
#include "nicemu_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* At the offsets that the pages have in the BAR; what is in front of them is never touched, and takes no memory. */
#define FILE_LEN (PLX_E1000_MODEL_RX_PAGE + NICEMU_PAGES_LEN)
PLX_STATIC_ASSERT(PLX_E1000_MODEL_TX_PAGE == PLX_E1000_MODEL_RX_PAGE + PLX_E1000_MODEL_PAGE_LEN,
		  "one behind the other");

static int
open_file(void)
{
	int fd = memfd_create("plx-nicemu", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd >= 0 && ftruncate(fd, FILE_LEN) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	err = errno;
	if (fd >= 0)
		close(fd);
	return -err;
}

/* The address stays: the model knows it. */
int
nicemu_pages_renew(struct plx_nicemu *nic)
{
	struct plx_vfio_user_region *bar = &nic->device.region[PLX_E1000_MODEL_BAR_REGS];
	void *at;
	int fd = open_file(), err;

	if (fd < 0)
		return fd;
	at = mmap(nic->pages, NICEMU_PAGES_LEN, PROT_READ | PROT_WRITE,
		  MAP_SHARED | (nic->pages != NULL ? MAP_FIXED : 0), fd, PLX_E1000_MODEL_RX_PAGE);
	if (at == MAP_FAILED) {
		err = errno;
		close(fd);
		return -err;
	}
	if (nic->pages_fd >= 0)
		close(nic->pages_fd);
	nic->pages = at;
	nic->pages_fd = bar->fd = fd;
	return 0;
}

int
nicemu_pages_create(struct plx_nicemu *nic, struct plx_why *why)
{
	struct plx_vfio_user_region *bar = &nic->device.region[PLX_E1000_MODEL_BAR_REGS];
	int ret;

	if (sysconf(_SC_PAGESIZE) > (long)PLX_E1000_MODEL_PAGE_LEN)
		return plx_why(why, -ENOTSUP,
			       "doorbells are two pages of %u bytes, and this machine's are larger",
			       PLX_E1000_MODEL_PAGE_LEN);
	ret = nicemu_pages_renew(nic);
	if (ret != 0)
		return plx_why(why, ret, "pages for doorbells: %s", strerror(-ret));
	bar->nb_areas = 1;
	bar->area[0] = (struct plx_vfio_user_area){PLX_E1000_MODEL_RX_PAGE, NICEMU_PAGES_LEN};
	return 0;
}

void
nicemu_pages_destroy(struct plx_nicemu *nic)
{
	if (nic->pages != NULL)
		munmap(nic->pages, NICEMU_PAGES_LEN);
	if (nic->pages_fd >= 0)
		close(nic->pages_fd);
}
