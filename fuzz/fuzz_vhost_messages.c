/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any conversation with net_vhost: each message is handled, refused, or ends it with a sentence; its files are closed and nothing
 * stays mapped.
 *
 *	input: [request u8][flags u8][files u8: number, kinds][size u16][payload] ...
 */
#include "vhost.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_LEN 0x20000

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static int
make_file(bool memory)
{
	int fd = memory ? memfd_create("fuzz", MFD_CLOEXEC) : eventfd(0, EFD_CLOEXEC);

	must(fd >= 0 && (!memory || ftruncate(fd, FILE_LEN) == 0));
	return fd;
}

/* The next message of the input; false at its end. */
static bool
next_message(const uint8_t **data, size_t *size, struct vhost_user_msg *msg)
{
	const uint8_t *at = *data;
	uint32_t len;

	memset(msg, 0, sizeof(*msg));
	if (*size < 5)
		return false;
	len = at[3] | (uint32_t)at[4] << 8;
	len %= sizeof(msg->payload) + 1;
	msg->head = (struct vhost_user_head){at[0], VHOST_USER_VERSION | (at[1] & 0xc), len};
	msg->nb_fds = (at[2] & 0xf) % (VHOST_USER_FDS_MAX + 1);
	for (unsigned i = 0; i < msg->nb_fds; i++)
		msg->fds[i] = make_file((at[2] & 0x10) != 0);
	*data += 5;
	*size -= 5;
	memcpy(&msg->payload, *data, len < *size ? len : *size);
	len = len < *size ? len : (uint32_t)*size;
	*data += len;
	*size -= len;
	return true;
}

static void
drain(int sock)
{
	char buf[1024];

	while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vhost_port port;
	struct vhost_user_msg msg;
	int sock[2], before, ret = 0;

	memset(&port, 0, sizeof(port));
	vhost_port_init(&port);
	port.args.queues = 2;
	port.args.tso = true;
	port.started = true;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) == 0);
	port.trouble_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	before = dup(0);
	close(before);
	while (ret == 0 && next_message(&data, &size, &msg)) {
		struct plx_why why = {""};

		ret = vhost_protocol_message(&port, sock[0], &msg, &why);
		must(ret <= 0 && (ret == 0 || why.text[0] != '\0'));
		drain(sock[1]);
	}
	vhost_protocol_forget(&port);
	must(port.memory.nb == 0 && port.inflight.map == NULL);
	must(dup(0) == before); /* the lowest number that is free is the one that was */
	close(before);
	close(sock[0]);
	close(sock[1]);
	close(port.trouble_fd);
	return 0;
}
