/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a vhost-user back end's answers: the first says how many file descriptors ride on them, the rest is the
 * stream. Whatever it is, the conversation ends with a sentence or with values that are in range, and no descriptor is left.
 */
#include "plx_unixsock.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STREAM_MAX 8192
#define REPLY_MS   20 /* the stream is there or never comes */

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static int
lowest_fd(void)
{
	int fd = dup(STDERR_FILENO);

	must(fd >= 0);
	close(fd);
	return fd;
}

/* The back end's end: everything is said at once, and what we say is swallowed. */
static void
say_all(int sock, const uint8_t *data, size_t size)
{
	int fds[16];
	unsigned n = data[0] % PLX_ARRAY_LEN(fds);

	for (unsigned i = 0; i < n; i++)
		fds[i] = sock;
	if (size > 1)
		must(plx_unixsock_send(sock, data + 1, size - 1, NULL, 0, fds, n, 1000) == 0);
	shutdown(sock, SHUT_WR);
}

static int
talk(struct user_peer *peer)
{
	struct vhost_user_msg memory = {.head.size = 8};
	uint64_t value;
	uint32_t num;
	int ret;

	ret = user_peer_order_state(peer, VHOST_USER_SET_VRING_NUM, 0, 256);
	if (ret == 0)
		ret = user_peer_order(peer, VHOST_USER_SET_MEM_TABLE, &memory);
	if (ret == 0)
		ret = user_peer_ask_u64(peer, VHOST_USER_GET_STATUS, &value);
	if (ret == 0)
		ret = user_peer_ask_state(peer, VHOST_USER_GET_VRING_BASE, 1, &num);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct user_peer peer;
	int sock[2], ret, free_fd = lowest_fd();

	if (size == 0 || size > STREAM_MAX)
		return 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) == 0);
	say_all(sock[1], data, size);
	user_peer_init(&peer, REPLY_MS, REPLY_MS);
	ret = user_peer_greet(&peer, sock[0], 2);
	must(peer.max_pairs >= 1 && peer.max_pairs <= VIRTIO_PAIRS_MAX);
	must(peer.max_regions >= 1 && peer.max_regions <= USER_REGIONS_MAX);
	if (ret == 0)
		ret = talk(&peer);
	must(ret <= 0 && (ret == 0 || ret == -EREMOTEIO || peer.why.text[0] != '\0'));
	user_peer_leave(&peer);
	close(sock[1]);
	must(lowest_fd() == free_fd);
	return 0;
}
