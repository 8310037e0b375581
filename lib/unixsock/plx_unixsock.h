/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UNIX sockets that carry messages with file descriptors: streams, which vhost-user and vfio-user are made of, and packets,
 * which the programs' own control sockets are made of. For rooms of the library; sizes are bytes, times milliseconds, errors negative errno.
 */
#ifndef PLX_LIB_UNIXSOCK_PLX_UNIXSOCK_H
#define PLX_LIB_UNIXSOCK_PLX_UNIXSOCK_H

#include "plx_base.h"

#include <sys/types.h>

#define PLX_UNIXSOCK_FDS_MAX 32

/*
 * Listens at the path: non-blocking, close-on-exec. A socket file that nobody listens on any more is replaced;
 * one that is in use, or a file that is no socket, is refused. Returns the fd.
 */
int plx_unixsock_listen(const char *path, struct plx_why *why);
/* The same for packets (SOCK_SEQPACKET). */
int plx_unixsock_listen_packets(const char *path, struct plx_why *why);

/*
 * Connects; blocking I/O with time limits follows. Returns the fd, or what refused, with the cure: -ENOENT, -ECONNREFUSED,
 * -ENOTSOCK, -EPROTOTYPE, -EACCES, -ETIMEDOUT when a listener takes nobody in.
 */
int plx_unixsock_connect(const char *path, struct plx_why *why);
int plx_unixsock_connect_packets(const char *path, struct plx_why *why);

/* The next peer, -EAGAIN if none waits. */
int plx_unixsock_accept(int listener);

/*
 * Sends all of head and body in order, the fds with the first byte. -ETIMEDOUT, -EPIPE, or what the kernel says; after
 * an error the stream is lost. `body` may be NULL with 0 bytes.
 */
int plx_unixsock_send(int fd, const void *head, size_t head_len, const void *body, size_t body_len,
		      const int *fds, unsigned nb_fds, int timeout_ms);

/*
 * Receives exactly `len` bytes and the fds that came with them: up to *nb_fds go to fds[], more are closed and
 * -EMFILE returned with none left open. NULL for fds: none is expected, any is -EMFILE. Fds are close-on-exec.
 * 0, -ECONNRESET at the end of the stream, -EPROTO where it ends in the middle of them, -ETIMEDOUT; on an error no fd stays
 * open. timeout_ms is for the whole.
 */
int plx_unixsock_recv(int fd, void *buf, size_t len, int *fds, unsigned *nb_fds, int timeout_ms);

/*
 * What of a stream is there already, up to `size` bytes, and the fds that came with it, as above: how many bytes. Fds came with the
 * last of what the other end sent in one call: the kernel reads no further then. -EAGAIN, -ECONNRESET, -EMFILE.
 */
ssize_t plx_unixsock_recv_some(int fd, void *buf, size_t size, int *fds, unsigned *nb_fds);

/*
 * A look at what of a stream is there, up to `size` bytes, which stays there: how many bytes. It goes no further than the end of the first
 * call of the other end's that sent fds. -EAGAIN, -ECONNRESET.
 */
ssize_t plx_unixsock_peek(int fd, void *buf, size_t size);

/*
 * Receives one packet of up to `size` bytes, and its fds as above. Its length; -EMSGSIZE for a longer one, which is lost,
 * -ECONNRESET also for one of no bytes, -EMFILE, -ETIMEDOUT. (plx_unixsock_send sends one packet, or nothing.)
 */
ssize_t plx_unixsock_recv_packet(int fd, void *buf, size_t size, int *fds, unsigned *nb_fds,
				 int timeout_ms);

/* True if the peer has hung up or something waits to be read. Does not block. */
bool plx_unixsock_readable(int fd);

/* Closes those that are not negative and makes them -1. */
void plx_unixsock_close_fds(int *fds, unsigned n);

/* Whether a peer's fd is an eventfd, as far as /proc tells: writing to anything else could hang, or worse. */
bool plx_unixsock_is_eventfd(int fd);

#endif
