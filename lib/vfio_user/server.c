/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's life: its socket, one client after the other, and what waits to be done. */
#include "plx_unixsock.h"
#include "server_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TURN_MAX 64 /* messages of one poll() */

void
vfio_user_server_again(struct plx_vfio_user_server *server)
{
	if (!server->rings)
		eventfd_write(server->again, 1);
	server->rings = true;
}

/* What rang is looked at now. */
static void
silence(struct plx_vfio_user_server *server)
{
	eventfd_t count;

	server->rings = false;
	eventfd_read(server->again, &count);
}

int
vfio_user_server_break(struct plx_vfio_user_server *server, int err, const struct plx_why *why)
{
	if (server->broken == 0) {
		server->broken = err;
		server->why = *why;
		vfio_user_server_again(server);
	}
	return err;
}

static int
watch(struct plx_vfio_user_server *server, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};

	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void
unwatch(struct plx_vfio_user_server *server, int fd)
{
	epoll_ctl(server->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void
forget_waiting(struct plx_vfio_user_server *server)
{
	while (server->waiting != NULL) {
		struct vfio_user_waiting *waiting = server->waiting;

		server->waiting = waiting->next;
		plx_unixsock_close_fds(waiting->msg.fds, waiting->msg.nb_fds);
		free(waiting);
	}
	server->last = &server->waiting;
	server->nb_waiting = 0;
	server->waiting_bytes = 0;
}

/* Everything of the client's goes; who waits in the backlog is next. */
static void
send_away(struct plx_vfio_user_server *server)
{
	const struct plx_vfio_user_device *device = server->device;
	const bool agreed = server->agreed;

	unwatch(server, server->client.sock);
	vfio_user_stream_close(&server->client);
	vfio_user_stream_close(&server->twin);
	server->agreed = false;
	forget_waiting(server);
	vfio_user_server_irqs_clear(server);
	vfio_user_server_unmap_all(server);
	server->stats.sent_away += server->broken != 0 && server->broken != -ECONNRESET;
	if (agreed && device->gone != NULL)
		device->gone(device->arg, server->why.text);
	server->broken = 0;
	server->why.text[0] = '\0';
	silence(server); /* a file that has shrunk rings, too */
	watch(server, server->listener);
}

/* While a client is there the next ones wait in the listener's backlog. */
static void
take_in(struct plx_vfio_user_server *server)
{
	int sock = plx_unixsock_accept(server->listener);

	if (sock < 0)
		return;
	if (watch(server, sock) != 0) {
		close(sock);
		return;
	}
	unwatch(server, server->listener);
	server->client.sock = sock;
	server->next_id = 0;
}

/* A command that was put aside goes first: commands are carried out in the order they came. */
static bool
next_waiting(struct plx_vfio_user_server *server)
{
	struct vfio_user_waiting *waiting = server->waiting;

	if (waiting == NULL)
		return false;
	server->waiting = waiting->next;
	if (server->waiting == NULL)
		server->last = &server->waiting;
	server->nb_waiting--;
	server->waiting_bytes -= waiting->msg.len;
	vfio_user_server_command(server, &waiting->msg, waiting->body);
	free(waiting);
	return true;
}

static bool
next_message(struct plx_vfio_user_server *server)
{
	struct vfio_user_msg msg;
	struct plx_why why;
	int ret = vfio_user_stream_head(&server->client, &msg, 0, &why);

	if (ret == -EAGAIN)
		return false;
	if (ret == 0 && msg.len > 0)
		ret = vfio_user_stream_body(&server->client, &msg, server->in, msg.len, &why);
	if (ret == 0 && (msg.head.flags & VFIO_USER_TYPE_MASK) != VFIO_USER_TYPE_COMMAND) {
		plx_unixsock_close_fds(msg.fds, msg.nb_fds);
		ret = plx_why(&why, -EPROTO, "an answer to what was not asked: %u (%s)",
			      msg.head.command, vfio_user_name(msg.head.command));
	}
	if (ret != 0)
		vfio_user_server_break(server, ret, &why);
	else
		vfio_user_server_command(server, &msg, server->in);
	return ret == 0;
}

static bool
ran_dry(const struct plx_vfio_user_server *server, unsigned done)
{
	return done > 0 && server->client.dry && !vfio_user_stream_has(&server->client);
}

static void
look_for_shrunk(struct plx_vfio_user_server *server)
{
	struct plx_why why;

	if (server->client.sock < 0 || !vfio_user_server_shrunk(server))
		return;
	plx_why(&why, -EFAULT, "a file of its memory has become shorter than it said");
	vfio_user_server_break(server, -EFAULT, &why);
}

/*
 * One system call finds out that there is nothing to be done, which is what most calls of those that poll find. Where something was, and it was
 * all there was, the next call looks again: the socket's fd is readable if there is more by then.
 */
unsigned
plx_vfio_user_server_poll(struct plx_vfio_user_server *server)
{
	unsigned n = 0;

	if (server->rings)
		silence(server);
	if (server->client.sock < 0)
		take_in(server);
	look_for_shrunk(server);
	while (server->client.sock >= 0 && server->broken == 0 && n < TURN_MAX &&
	       (next_waiting(server) || (!ran_dry(server, n) && next_message(server))))
		n++;
	look_for_shrunk(server);
	if (server->client.sock >= 0 && server->broken != 0)
		send_away(server);
	if (server->waiting != NULL || vfio_user_stream_has(&server->client))
		vfio_user_server_again(server);
	return n;
}

int
plx_vfio_user_server_fd(const struct plx_vfio_user_server *server)
{
	return server->epoll;
}

bool
plx_vfio_user_server_connected(const struct plx_vfio_user_server *server)
{
	return server->agreed && server->broken == 0;
}

void
plx_vfio_user_server_stats(const struct plx_vfio_user_server *server,
			   struct plx_vfio_user_server_stats *ret_stats)
{
	*ret_stats = server->stats;
}

/* -- life -------------------------------------------------------------------------------------------------------------- */

static int
check_region(const struct plx_vfio_user_region *region, unsigned index, struct plx_why *why)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (region->nb_areas > PLX_VFIO_USER_SERVER_AREAS_MAX)
		return plx_why(why, -EINVAL, "region %u has %u areas to map, %d are possible",
			       index, region->nb_areas, PLX_VFIO_USER_SERVER_AREAS_MAX);
	for (unsigned i = 0; i < region->nb_areas; i++) {
		const struct plx_vfio_user_area *area = &region->area[i];

		if (area->offset % page != 0 || area->size % page != 0 || area->size == 0 ||
		    area->offset > region->size || area->size > region->size - area->offset)
			return plx_why(why, -EINVAL,
				       "area %u of region %u is not of whole pages inside of it", i,
				       index);
	}
	return 0;
}

static int
check_device(const struct plx_vfio_user_device *device, struct plx_why *why)
{
	int ret = 0;

	if (device->access == NULL || device->irqs[PLX_VFIO_USER_IRQ_INTX] > 1)
		return plx_why(why, -EINVAL, "a device needs access(), and INTx is one at most");
	for (unsigned i = 0; i < PLX_VFIO_USER_IRQS; i++)
		if (device->irqs[i] > PLX_VFIO_USER_SERVER_IRQS_MAX)
			return plx_why(why, -EINVAL, "%u interrupts of a kind, %d are possible",
				       device->irqs[i], PLX_VFIO_USER_SERVER_IRQS_MAX);
	for (unsigned i = 0; i < PLX_VFIO_USER_REGIONS && ret == 0; i++)
		ret = check_region(&device->region[i], i, why);
	return ret;
}

static int
allocate(struct plx_vfio_user_server *server)
{
	bool enough = true;

	server->in = malloc(VFIO_USER_BODY_MAX);
	server->out = malloc(VFIO_USER_BODY_MAX);
	for (unsigned i = 0; i < PLX_VFIO_USER_IRQS; i++) {
		const uint32_t n = server->device->irqs[i];

		server->vector[i] = calloc(n + 1, sizeof(*server->vector[i]));
		enough &= server->vector[i] != NULL;
		for (uint32_t k = 0; server->vector[i] != NULL && k < n; k++)
			server->vector[i][k].fd = -1;
	}
	return enough && server->in != NULL && server->out != NULL ? 0 : -ENOMEM;
}

static void
release(struct plx_vfio_user_server *server)
{
	for (unsigned i = 0; i < PLX_VFIO_USER_IRQS; i++)
		free(server->vector[i]);
	free(server->in);
	free(server->out);
	plx_unixsock_close_fds(&server->again, 1);
	plx_unixsock_close_fds(&server->epoll, 1);
	free(server);
}

static int
open_fds(struct plx_vfio_user_server *server, const char *path, struct plx_why *why)
{
	int ret;

	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->again = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->epoll < 0 || server->again < 0)
		return plx_why(why, -errno, "file descriptors of a server: %s", strerror(errno));
	ret = watch(server, server->again);
	if (ret != 0)
		return plx_why(why, ret, "epoll: %s", strerror(-ret));
	server->listener = plx_unixsock_listen(path, why);
	if (server->listener < 0)
		return server->listener;
	snprintf(server->path, sizeof(server->path), "%s", path);
	ret = watch(server, server->listener);
	if (ret != 0) {
		unlink(path);
		plx_unixsock_close_fds(&server->listener, 1);
		return plx_why(why, ret, "epoll: %s", strerror(-ret));
	}
	return 0;
}

int
plx_vfio_user_server_create(const char *path, const struct plx_vfio_user_device *device,
			    struct plx_vfio_user_server **ret_server, struct plx_why *why)
{
	struct plx_vfio_user_server *server;
	int ret = check_device(device, why);

	if (ret != 0)
		return ret;
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		return plx_why(why, -ENOMEM, "no memory for a server of vfio-user");
	server->device = device;
	server->listener = server->epoll = server->again = -1;
	server->client.sock = server->twin.sock = -1;
	server->last = &server->waiting;
	ret = allocate(server);
	if (ret != 0)
		plx_why(why, ret, "no memory for a server of vfio-user");
	else
		ret = open_fds(server, path, why);
	if (ret != 0) {
		release(server);
		return ret;
	}
	*ret_server = server;
	return 0;
}

void
plx_vfio_user_server_destroy(struct plx_vfio_user_server *server)
{
	if (server == NULL)
		return;
	if (server->client.sock >= 0) {
		plx_why(&server->why, 0, "the server ends");
		send_away(server);
	}
	unlink(server->path);
	plx_unixsock_close_fds(&server->listener, 1);
	release(server);
}
