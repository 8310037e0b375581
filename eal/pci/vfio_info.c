/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to vfio whose answers have a chain of capabilities behind them. */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

static int
ask_kernel(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

static plx_vfio_ioctl_fn answers = ask_kernel;

void
plx_vfio_set_ioctl(plx_vfio_ioctl_fn fn)
{
	answers = fn != NULL ? fn : ask_kernel;
}

int
plx_vfio_ioctl(int fd, unsigned long request, void *arg)
{
	return answers(fd, request, arg);
}

/* The first word of each answer: how long it is, or would be if there were room. */
static uint32_t
argsz(const void *info)
{
	uint32_t size;

	memcpy(&size, info, sizeof(size));
	return size;
}

int
plx_vfio_ask(int fd, unsigned long request, const void *head, size_t size, void **ret_info,
	     size_t *ret_size)
{
	uint32_t room = (uint32_t)size;
	uint8_t *info = NULL, *more;
	int err;

	for (;;) {
		more = realloc(info, room);
		if (more == NULL) {
			err = ENOMEM;
			break;
		}
		info = more;
		memset(info, 0, room);
		memcpy(info, head, size);
		memcpy(info, &room, sizeof(room));
		if (plx_vfio_ioctl(fd, request, info) < 0) {
			err = errno;
			break;
		}
		if (argsz(info) <= room) {
			*ret_info = info;
			*ret_size = room;
			return 0;
		}
		room = argsz(info);
		if (room > PLX_VFIO_INFO_MAX) {
			err = EPROTO;
			break;
		}
	}
	free(info);
	return -err;
}

const void *
plx_vfio_cap(const void *info, size_t size, uint32_t first, uint16_t id, size_t *ret_len)
{
	struct vfio_info_cap_header header;
	uint32_t at = first;

	/* No more capabilities than headers fit: a chain that loops ends, too. */
	for (size_t left = size / sizeof(header); at != 0 && left > 0; left--) {
		if (at > size || size - at < sizeof(header))
			return NULL;
		memcpy(&header, (const uint8_t *)info + at, sizeof(header));
		if (header.id == id) {
			*ret_len = size - at;
			return (const uint8_t *)info + at;
		}
		at = header.next;
	}
	return NULL;
}
