/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any conversation with a server of vfio-user: each message is answered, swallowed, or ends it; the device sees no access outside
 * of its regions, files are closed and nothing stays mapped.
 *
 *	input: [command u8][flags u8][files u8: number, kind][size u16][payload] ...
 */
#include "plx_unixsock.h"
#include "plx_vfio_user.h"
#include "plx_vfio_user_server.h"
#include "own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define BAR_LEN	 0x1000
#define FILE_LEN 0x4000
#define SOON_MS	 100

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static int
access_device(void *arg, unsigned region, uint64_t offset, void *data, uint32_t len, bool write)
{
	struct plx_vfio_user_server **server = arg;
	uint64_t address = 0;

	must((region == 0 && offset + len <= BAR_LEN) || (region == 7 && offset + len <= 256));
	memset(data, write ? ((uint8_t *)data)[0] : 0, len);
	/* A device that does DMA where it is told to. */
	if (write && len >= sizeof(address)) {
		memcpy(&address, data, sizeof(address));
		plx_vfio_user_server_write(*server, address, data, len);
		plx_vfio_user_server_irq(*server, PLX_VFIO_USER_IRQ_MSIX, (unsigned)address);
		plx_vfio_user_server_intx(*server, (address & 1) != 0);
	}
	return 0;
}

/* The next message of the input; false at its end. */
static bool
say_next(int sock, const uint8_t **data, size_t *size)
{
	struct vfio_user_head head = {0};
	int fds[VFIO_USER_FDS_MAX];
	unsigned n;
	size_t len;
	int ret;

	if (*size < 5)
		return false;
	head.command = (*data)[0];
	head.flags = (*data)[1];
	n = (*data)[2] & 0xf;
	for (unsigned i = 0; i < n; i++) {
		fds[i] = ((*data)[2] & 0x10) != 0 ? memfd_create("fuzz", MFD_CLOEXEC)
						  : eventfd(0, EFD_CLOEXEC);
		must(fds[i] >= 0);
		if (((*data)[2] & 0x10) != 0)
			must(ftruncate(fds[i], FILE_LEN) == 0);
	}
	len = (*data)[3] | (size_t)(*data)[4] << 8;
	*data += 5;
	*size -= 5;
	len = len < *size ? len : *size;
	ret = vfio_user_send(sock, head, (struct vfio_user_piece){NULL, 0},
			     (struct vfio_user_piece){*data, len}, fds, n, SOON_MS);
	plx_unixsock_close_fds(fds, n);
	*data += len;
	*size -= len;
	return ret == 0;
}

static void
drain(int sock)
{
	struct vfio_user_msg msg;
	static uint8_t body[VFIO_USER_BODY_MAX];

	while (plx_unixsock_readable(sock) && vfio_user_recv_head(sock, &msg, SOON_MS, NULL) == 0) {
		/* Requests of the server, or answers: well formed. */
		must(msg.len == 0 ||
		     vfio_user_recv_body(sock, &msg, body, msg.len, SOON_MS, NULL) == 0);
		plx_unixsock_close_fds(msg.fds, msg.nb_fds);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plx_vfio_user_server *server = NULL;
	struct plx_vfio_user_device device = {
		.arg = &server, .access = access_device, .irqs = {1, 0, 4, 1, 1}};
	char path[OWN_PATH + 16];
	int before = dup(0), sock;

	close(before);
	device.region[0] = (struct plx_vfio_user_region){.size = BAR_LEN, .flags = 3};
	device.region[7] = (struct plx_vfio_user_region){.size = 256, .flags = 3};
	own_name(path, sizeof(path));
	must(plx_vfio_user_server_create(path, &device, &server, NULL) == 0);
	sock = plx_unixsock_connect(path, NULL);
	must(sock >= 0);
	plx_vfio_user_server_poll(server);
	while (say_next(sock, &data, &size)) {
		plx_vfio_user_server_poll(server);
		drain(sock);
	}
	close(sock);
	for (unsigned i = 0; i < 8; i++)
		plx_vfio_user_server_poll(server);
	must(!plx_vfio_user_server_connected(server));
	plx_vfio_user_server_destroy(server);
	must(dup(0) == before); /* the lowest number that is free is the one that was */
	close(before);
	return 0;
}
