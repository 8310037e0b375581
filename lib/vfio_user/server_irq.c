/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupts: eventfds that the client gives, and the level of INTx on top of them. */
#include "plx_unixsock.h"
#include "server_priv.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* An eventfd that is full was told often enough; the client may have made it block. */
static void
ring(struct plx_vfio_user_server *server, int fd)
{
	struct pollfd wanted = {.fd = fd, .events = POLLOUT};

	if (fd >= 0 && poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLOUT) != 0 &&
	    eventfd_write(fd, 1) == 0)
		server->stats.interrupts++;
}

static void
fire(struct plx_vfio_user_server *server, struct vfio_user_vector *vector)
{
	vector->pending = vector->masked;
	if (!vector->masked)
		ring(server, vector->fd);
}

void
plx_vfio_user_server_irq(struct plx_vfio_user_server *server, enum plx_vfio_user_irq irq,
			 unsigned vector)
{
	if (irq == PLX_VFIO_USER_IRQ_INTX)
		plx_vfio_user_server_intx(server, true);
	else if (vector < server->device->irqs[irq])
		fire(server, &server->vector[irq][vector]);
}

/* A line that is up is told once, and then only after it was unmasked, or to another eventfd: that is an edge. */
static void
evaluate_intx(struct plx_vfio_user_server *server)
{
	struct vfio_user_vector *line = server->vector[PLX_VFIO_USER_IRQ_INTX];

	if (!server->intx_up || server->intx_told || line->masked || line->fd < 0)
		return;
	server->intx_told = true;
	ring(server, line->fd);
}

void
plx_vfio_user_server_intx(struct plx_vfio_user_server *server, bool up)
{
	server->intx_up = up;
	if (server->device->irqs[PLX_VFIO_USER_IRQ_INTX] > 0)
		evaluate_intx(server);
}

static void
set_fd(struct vfio_user_vector *vector, int fd)
{
	if (vector->fd >= 0)
		close(vector->fd);
	vector->fd = fd;
}

static void
act(struct plx_vfio_user_server *server, uint32_t index, struct vfio_user_vector *vector,
    uint32_t action)
{
	const bool intx = index == PLX_VFIO_USER_IRQ_INTX;

	if (action == VFIO_USER_SET_TRIGGER) {
		fire(server, vector);
		return;
	}
	vector->masked = action == VFIO_USER_SET_MASK;
	if (vector->masked)
		return;
	if (intx) {
		server->intx_told = false;
		evaluate_intx(server);
	} else if (vector->pending) {
		fire(server, vector);
	}
}

static bool
one_bit(uint32_t bits)
{
	return bits != 0 && (bits & (bits - 1)) == 0;
}

static int
check(const struct plx_vfio_user_server *server, const struct vfio_user_irq_set *set,
      unsigned nb_fds)
{
	const uint32_t data = set->flags & VFIO_USER_SET_DATA;
	const uint32_t action = set->flags & VFIO_USER_SET_ACTION;

	if ((set->flags & ~(data | action)) != 0 || !one_bit(data) || !one_bit(action) ||
	    set->index >= PLX_VFIO_USER_IRQS)
		return -EINVAL;
	if (set->start > server->device->irqs[set->index] ||
	    set->count > server->device->irqs[set->index] - set->start)
		return -EINVAL;
	if (data == VFIO_USER_SET_EVENTFD) {
		if (action != VFIO_USER_SET_TRIGGER)
			return -ENOTSUP;
		return nb_fds == 0 || nb_fds == set->count ? 0 : -EINVAL;
	}
	return nb_fds == 0 ? 0 : -EINVAL;
}

/* To write to a pipe or a socket whose other end is closed would end the program (SIGPIPE). */
static int
check_fds(const int *fds, unsigned nb_fds)
{
	for (unsigned i = 0; i < nb_fds; i++)
		if (!plx_unixsock_is_eventfd(fds[i]))
			return -EINVAL;
	return 0;
}

int
vfio_user_server_set_irqs(struct plx_vfio_user_server *server, const struct vfio_user_irq_set *set,
			  const uint8_t *bools, int *fds, unsigned nb_fds)
{
	const uint32_t data = set->flags & VFIO_USER_SET_DATA;
	int ret = check(server, set, nb_fds);

	if (ret == 0)
		ret = check_fds(fds, nb_fds);
	if (ret != 0)
		return ret;
	/* NONE, TRIGGER and no vector: all of this kind are switched off. */
	if (set->count == 0 && set->flags == (VFIO_USER_SET_NONE | VFIO_USER_SET_TRIGGER)) {
		for (uint32_t i = 0; i < server->device->irqs[set->index]; i++) {
			set_fd(&server->vector[set->index][i], -1);
			server->vector[set->index][i].masked = false;
			server->vector[set->index][i].pending = false;
		}
		return 0;
	}
	for (uint32_t i = 0; i < set->count; i++) {
		struct vfio_user_vector *vector = &server->vector[set->index][set->start + i];

		if (data == VFIO_USER_SET_EVENTFD) {
			set_fd(vector, nb_fds > 0 ? fds[i] : -1);
			if (nb_fds > 0)
				fds[i] = -1;
			if (set->index == PLX_VFIO_USER_IRQ_INTX) {
				server->intx_told = false;
				evaluate_intx(server);
			}
		} else if (data == VFIO_USER_SET_NONE || bools[i] != 0) {
			act(server, set->index, vector, set->flags & VFIO_USER_SET_ACTION);
		}
	}
	return 0;
}

void
vfio_user_server_irqs_clear(struct plx_vfio_user_server *server)
{
	for (unsigned index = 0; index < PLX_VFIO_USER_IRQS; index++) {
		for (uint32_t i = 0; i < server->device->irqs[index]; i++) {
			set_fd(&server->vector[index][i], -1);
			server->vector[index][i] = (struct vfio_user_vector){.fd = -1};
		}
	}
}
