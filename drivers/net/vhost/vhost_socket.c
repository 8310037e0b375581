/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where front ends come from: a socket that we listen at, or one that we try until somebody listens there. One front end at a
 * time; the next is served when it is gone. All callbacks run on the control thread.
 */
#include "vhost.h"

#include "plx_log.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

PLX_LOG_COMPONENT(vhost_log, "pmd.net.vhost");

#define RETRY_US 500000

static int wait_for_front_end(struct vhost_port *port);

/* -- a connection ------------------------------------------------------------------------------------------ */

/* Under the lock, on the control thread. */
static void
hang_up(struct vhost_port *port)
{
	int err;

	/* The number is kept: the callback that hangs up is running, and closing the port waits for it by that number. */
	plx_event_remove(port->sock_event);
	vhost_protocol_forget(port);
	close(port->sock);
	port->sock = -1;
	err = port->closing ? 0 : wait_for_front_end(port);
	if (err != 0)
		plx_log_err(&vhost_log, "%s: waits for no other front end: %s", port->dev.info.name,
			    strerror(-err));
}

static void
refuse(struct vhost_port *port, const struct plx_why *why)
{
	port->counter[VHOST_REFUSED]++;
	plx_log_err(&vhost_log, "%s: the front end is sent away: %s", port->dev.info.name,
		    why->text);
	hang_up(port);
}

static const char *
why_down(const struct vhost_port *port)
{
	if (port->link_down)
		return "it was set down";
	return port->sock < 0 ? "the front end is gone" : "the front end stopped its rings";
}

/* Unlocks, and tells if the link came or went since this was last done. Watchers may ask the port. */
static void
end_turn(struct vhost_port *port)
{
	const char *name = port->dev.info.name;
	const bool up = !port->link_down && vhost_rings_ready(port);
	const bool news = up != port->told_up;

	if (news && up)
		plx_log_notice(&vhost_log, "%s: link up, %s rings", name,
			       vhost_has(port, VIRTIO_F_RING_PACKED) ? "packed" : "split");
	else if (news)
		plx_log_notice(&vhost_log, "%s: link down: %s", name, why_down(port));
	port->told_up = up;
	pthread_mutex_unlock(&port->lock);
	if (news)
		plx_ethdev_link_changed(&port->dev, up);
}

static void
take_message(struct vhost_port *port, int sock)
{
	struct vhost_user_msg msg;
	struct plx_why why = {""};
	int ret = vhost_user_recv(sock, &msg, VHOST_WAIT_MS, &why);

	if (ret == 0)
		ret = vhost_protocol_message(port, sock, &msg, &why);
	/* It may have hung up before a message or before the answer to one. */
	if (ret == -ECONNRESET || ret == -EPIPE)
		hang_up(port);
	else if (ret != 0)
		refuse(port, &why);
}

static void
on_message(void *arg, int fd, uint32_t events)
{
	struct vhost_port *port = arg;

	pthread_mutex_lock(&port->lock);
	if (!port->closing && port->sock == fd)
		take_message(port, fd);
	end_turn(port);
}

static int
begin(struct vhost_port *port, int sock)
{
	int err = plx_event_fd_add(sock, EPOLLIN | EPOLLRDHUP, on_message, port, &port->sock_event);

	if (err != 0) {
		close(sock);
		return err;
	}
	port->sock = sock;
	port->counter[VHOST_CONNECTIONS]++;
	return 0;
}

/* -- waiting for one --------------------------------------------------------------------------------------------- */

static void
on_knock(void *arg, int fd, uint32_t events)
{
	struct vhost_port *port = arg;
	int sock;

	pthread_mutex_lock(&port->lock);
	if (!port->closing && port->sock < 0) {
		sock = plx_unixsock_accept(fd);
		/* Others wait in the kernel's queue until this one is gone. */
		if (sock >= 0 && begin(port, sock) == 0) {
			plx_event_remove(port->listener_event);
			port->listener_event = 0;
		}
	}
	pthread_mutex_unlock(&port->lock);
}

static void
on_retry(void *arg)
{
	struct vhost_port *port = arg;
	int sock;

	pthread_mutex_lock(&port->lock);
	if (!port->closing && port->sock < 0) {
		sock = plx_unixsock_connect(port->args.iface, NULL);
		if (sock >= 0 && begin(port, sock) == 0)
			plx_event_remove(port->retry_event);
	}
	pthread_mutex_unlock(&port->lock);
}

static int
wait_for_front_end(struct vhost_port *port)
{
	if (port->args.client)
		return plx_event_alarm_add(0, RETRY_US, on_retry, port, &port->retry_event);
	return plx_event_fd_add(port->listener, EPOLLIN, on_knock, port, &port->listener_event);
}

/* -- what lcores and guards have to tell ------------------------------------------------------------------------------- */

static void
tell_broken(struct vhost_port *port, struct vhost_ring *ring)
{
	ring->told = true;
	plx_gate_close(&ring->gate);
	vhost_ring_detach(ring);
	port->counter[VHOST_BROKEN_RINGS]++;
	plx_log_err(
		&vhost_log,
		"%s: ring %u is stopped: its indexes are nonsense; the guest must set it up again",
		port->dev.info.name, ring->index);
	if (ring->err_fd >= 0)
		vhost_user_bell_ring(ring->err_fd);
}

static void
on_trouble(void *arg, int fd, uint32_t events)
{
	struct vhost_port *port = arg;
	struct plx_why why;
	uint64_t count;
	ssize_t got;

	pthread_mutex_lock(&port->lock);
	got = read(fd, &count, sizeof(count));
	(void)got;
	/* First, as a ring of which only zeroes are left is broken for that reason. */
	if (port->sock >= 0 &&
	    (vhost_memory_faulted(&port->memory) || plx_peermem_faulted(&port->inflight.file))) {
		plx_why(&why, -EFAULT,
			"a file of its memory has become shorter than it said, or its huge pages "
			"are not there");
		refuse(port, &why);
	}
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		struct vhost_ring *ring = &port->ring[i];

		if (vhost_ring_is_broken(ring) && !ring->told)
			tell_broken(port, ring);
	}
	end_turn(port);
}

/* -- life ------------------------------------------------------------------------------------------------------------------ */

static int
listen_at(struct vhost_port *port, struct plx_why *why)
{
	struct stat st;

	port->listener = plx_unixsock_listen(port->args.iface, why);
	if (port->listener < 0)
		return port->listener;
	if (stat(port->args.iface, &st) == 0)
		port->socket_ino = st.st_ino;
	return 0;
}

int
vhost_socket_open(struct vhost_port *port, struct plx_why *why)
{
	int err;

	port->trouble_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (port->trouble_fd < 0)
		return plx_why(why, -errno, "eventfd: %s", strerror(errno));
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		port->ring[i].trouble_fd = port->trouble_fd;
	err = port->args.client ? 0 : listen_at(port, why);
	if (err != 0)
		goto close_all;
	err = plx_event_fd_add(port->trouble_fd, EPOLLIN, on_trouble, port, &port->trouble_event);
	if (err == 0)
		err = wait_for_front_end(port);
	if (err == 0)
		return 0;
	plx_why(why, err, "cannot wait for front ends: %s", strerror(-err));

close_all:
	vhost_socket_close(port);
	return err;
}

/* Ours to remove, unless somebody put another in its place. */
static void
remove_file(const struct vhost_port *port)
{
	struct stat st;

	if (port->listener >= 0 && stat(port->args.iface, &st) == 0 &&
	    st.st_ino == port->socket_ino)
		unlink(port->args.iface);
}

void
vhost_socket_close(struct vhost_port *port)
{
	/* From here on callbacks change nothing; then they are waited for, without the lock that they take. */
	pthread_mutex_lock(&port->lock);
	port->closing = true;
	pthread_mutex_unlock(&port->lock);
	plx_event_remove(port->listener_event);
	plx_event_remove(port->retry_event);
	plx_event_remove(port->sock_event);
	plx_event_remove(port->trouble_event);
	vhost_protocol_forget(port);
	remove_file(port);
	plx_unixsock_close_fds(&port->listener, 1);
	plx_unixsock_close_fds(&port->sock, 1);
	plx_unixsock_close_fds(&port->trouble_fd, 1);
}
