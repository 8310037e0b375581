/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake device's rings as a vhost-user back end. Written from the protocol's specification: it shares the layouts of messages with
 * the driver, and nothing that handles them. A thread does all of it, the rings every millisecond too, with a table of file descriptors
 * of its own, as if it were another program.
 */
#include "plx_vhost_user.h"
#include "virtio_fake_priv.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RINGS	(2 * VFAKE_PAIRS_MAX)
#define MASTER	0x04 /* of the command register, which no message tells of */
#define TURN_MS 1
#define PROTOCOL_BITS                                                                         \
	(VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MQ) | VIRTIO_BIT(VHOST_USER_PROTOCOL_F_REPLY_ACK) | \
	 VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MTU))

struct region {
	struct vhost_user_region said;
	uint8_t *at;
};

struct ring {
	bool enabled;
	int kick, call;
	uint16_t size, base;
	struct vhost_user_addr addr;
};

struct vfake_vhost {
	struct vfake *fake;
	struct plx_pci pci; /* stands for the place that the device has */
	char path[108];	    /* of a UNIX socket */
	int listener, sock, stop;
	unsigned nb_regions;
	struct region region[VHOST_USER_REGIONS_MAX];
	struct ring ring[RINGS];
	uint64_t kicks;
	sem_t ready;
	pthread_t thread;
};

/* -- memory ------------------------------------------------------------------------------------------------------ */

static uint8_t *
reach(void *arg, uint64_t addr, uint64_t len)
{
	const struct vfake_vhost *v = arg;

	for (unsigned i = 0; i < v->nb_regions; i++) {
		const struct vhost_user_region *said = &v->region[i].said;

		if (addr - said->guest_phys < said->size &&
		    len <= said->size - (addr - said->guest_phys))
			return v->region[i].at + (addr - said->guest_phys);
	}
	return NULL;
}

/* What VRING_ADDR says as what descriptors say; 0: in no region. */
static uint64_t
as_guest(const struct vfake_vhost *v, uint64_t user)
{
	for (unsigned i = 0; i < v->nb_regions; i++) {
		const struct vhost_user_region *said = &v->region[i].said;

		if (user - said->userspace < said->size)
			return user - said->userspace + said->guest_phys;
	}
	return 0;
}

static void
forget_memory(struct vfake_vhost *v)
{
	for (unsigned i = 0; i < v->nb_regions; i++)
		munmap(v->region[i].at, v->region[i].said.size);
	v->nb_regions = 0;
}

static bool
set_memory(struct vfake_vhost *v, struct vhost_user_msg *msg)
{
	const struct vhost_user_memory *table = &msg->payload.memory;

	forget_memory(v);
	if (table->nregions != msg->nb_fds || table->nregions > VHOST_USER_REGIONS_MAX) {
		vfake_violation(v->fake, "%u regions and %u files", table->nregions, msg->nb_fds);
		return false;
	}
	for (unsigned i = 0; i < table->nregions; i++) {
		struct region *region = &v->region[i];

		region->said = table->regions[i];
		region->at = mmap(NULL, region->said.size, PROT_READ | PROT_WRITE, MAP_SHARED,
				  msg->fds[i], (off_t)region->said.mmap_offset);
		if (region->at == MAP_FAILED) {
			vfake_violation(v->fake, "region %u cannot be mapped", i);
			return false;
		}
		v->nb_regions++;
	}
	return true;
}

/* -- rings ------------------------------------------------------------------------------------------------------- */

static void
begin_ring(struct vfake_vhost *v, unsigned i)
{
	struct vfake_queue *q = &v->fake->queue[i];
	struct ring *ring = &v->ring[i];

	if (q->enabled || !ring->enabled || ring->kick < 0)
		return;
	vfake_queue_clear(v->fake, q);
	q->size = ring->size;
	q->desc = as_guest(v, ring->addr.desc);
	q->driver = as_guest(v, ring->addr.avail);
	q->device = as_guest(v, ring->addr.used);
	q->vector = (uint16_t)i;
	q->next_avail = ring->base & 0x7fff;
	if (vfake_has(v->fake, VIRTIO_F_RING_PACKED))
		q->avail_wrap = q->used_wrap = (ring->base & 0x8000) != 0;
	else
		q->next_avail = ring->base;
	q->next_used = q->told_used = q->next_avail;
	vfake_queue_enable(v->fake, q);
}

static void
drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* GET_VRING_BASE stops it. */
static uint32_t
end_ring(struct vfake_vhost *v, unsigned i)
{
	struct vfake_queue *q = &v->fake->queue[i];
	uint32_t base = q->next_avail;

	if (q->packed)
		base |= q->avail_wrap ? 0x8000 : 0;
	q->enabled = false;
	drop(&v->ring[i].kick);
	return base;
}

/* A wire into a device whose rings are all stopped leads nowhere. */
static void
swallow(struct vfake *fake)
{
	struct vfake_frame *frame;

	for (unsigned i = 0; i < RINGS; i += 2) {
		if (fake->queue[i].enabled)
			return;
	}
	for (unsigned i = 0; i < VFAKE_PAIRS_MAX; i++) {
		while ((frame = vfake_frames_pop(&fake->in[i])) != NULL)
			free(frame);
	}
}

static void
count_kicks(struct vfake_vhost *v)
{
	for (unsigned i = 0; i < RINGS; i++) {
		eventfd_t count;

		if (v->ring[i].kick >= 0 && eventfd_read(v->ring[i].kick, &count) == 0) {
			v->kicks += count;
			v->fake->queue[i].notifications += count;
		}
	}
}

/* -- messages ------------------------------------------------------------------------------------------------------ */

static bool
receive(int sock, struct vhost_user_msg *msg)
{
	char control[CMSG_SPACE(sizeof(msg->fds))];
	struct iovec iov = {&msg->head, sizeof(msg->head)};
	struct msghdr header = {.msg_iov = &iov,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};

	memset(msg, 0, sizeof(*msg));
	if (recvmsg(sock, &header, MSG_WAITALL | MSG_CMSG_CLOEXEC) != sizeof(msg->head))
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL; c = CMSG_NXTHDR(&header, c)) {
		msg->nb_fds = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(msg->fds, CMSG_DATA(c), msg->nb_fds * sizeof(int));
	}
	if (msg->head.size > sizeof(msg->payload))
		return false;
	return msg->head.size == 0 ||
	       recv(sock, &msg->payload, msg->head.size, MSG_WAITALL) == (ssize_t)msg->head.size;
}

static void
answer(struct vfake_vhost *v, const struct vhost_user_msg *msg, const void *payload, uint32_t size)
{
	uint8_t bytes[sizeof(msg->head) + sizeof(msg->payload)];
	const struct vhost_user_head head = {msg->head.request, 0x5, size};

	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), payload, size);
	if (send(v->sock, bytes, sizeof(head) + size, MSG_NOSIGNAL) < 0)
		vfake_violation(v->fake, "the front end does not wait for an answer to %u",
				msg->head.request);
}

static void
answer_u64(struct vfake_vhost *v, const struct vhost_user_msg *msg, uint64_t value)
{
	answer(v, msg, &value, sizeof(value));
}

static uint64_t
offered(const struct vfake_vhost *v)
{
	return v->fake->options.features | VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES);
}

static bool
set_features(struct vfake_vhost *v, uint64_t bits)
{
	if ((bits & ~offered(v)) != 0) {
		vfake_violation(v->fake, "features that were not offered: 0x%llx",
				(unsigned long long)(bits & ~offered(v)));
		return false;
	}
	v->fake->driver_features = bits & ~VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES);
	v->fake->state.features = v->fake->driver_features;
	v->fake->state.status = VIRTIO_STATUS_DRIVER_OK;
	return true;
}

/* The fd of a KICK or CALL stays here. */
static void
keep_fd(struct vfake_vhost *v, struct vhost_user_msg *msg, int *to)
{
	const unsigned wanted = (msg->payload.u64 & VHOST_USER_VRING_NO_FD) != 0 ? 0 : 1;

	if (msg->nb_fds != wanted)
		vfake_violation(v->fake, "%u files came with a ring's eventfd", msg->nb_fds);
	drop(to);
	if (msg->nb_fds > 0)
		*to = msg->fds[0];
	msg->nb_fds = 0;
}

static bool
obey_ring(struct vfake_vhost *v, struct vhost_user_msg *msg)
{
	const struct vhost_user_state *state = &msg->payload.state;
	const unsigned i = state->index & VHOST_USER_VRING_INDEX_MASK;
	struct ring *ring = &v->ring[i];

	if (i >= RINGS || i >= 2u * v->fake->options.pairs) {
		vfake_violation(v->fake, "there is no ring %u", i);
		return false;
	}
	switch (msg->head.request) {
	case VHOST_USER_SET_VRING_NUM:
		ring->size = (uint16_t)state->num;
		break;
	case VHOST_USER_SET_VRING_BASE:
		ring->base = (uint16_t)state->num;
		break;
	case VHOST_USER_SET_VRING_ADDR:
		ring->addr = msg->payload.addr;
		break;
	case VHOST_USER_SET_VRING_KICK:
		keep_fd(v, msg, &ring->kick);
		break;
	case VHOST_USER_SET_VRING_CALL:
		keep_fd(v, msg, &ring->call);
		v->fake->fds[i] = ring->call;
		break;
	case VHOST_USER_SET_VRING_ERR:
		break;
	case VHOST_USER_SET_VRING_ENABLE:
		ring->enabled = state->num != 0;
		v->fake->queue[i].enabled &= ring->enabled;
		break;
	default:
		return false;
	}
	begin_ring(v, i);
	return true;
}

static bool
obey(struct vfake_vhost *v, struct vhost_user_msg *msg)
{
	switch (msg->head.request) {
	case VHOST_USER_SET_OWNER:
	case VHOST_USER_SET_PROTOCOL_FEATURES:
	case VHOST_USER_NET_SET_MTU:
		return true;
	case VHOST_USER_SET_FEATURES:
		return set_features(v, msg->payload.u64);
	case VHOST_USER_SET_MEM_TABLE:
		return set_memory(v, msg);
	default:
		return obey_ring(v, msg);
	}
}

static void
handle(struct vfake_vhost *v, struct vhost_user_msg *msg)
{
	struct vhost_user_state state = msg->payload.state;
	bool good;

	switch (msg->head.request) {
	case VHOST_USER_GET_FEATURES:
		answer_u64(v, msg, offered(v));
		return;
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		answer_u64(v, msg, PROTOCOL_BITS);
		return;
	case VHOST_USER_GET_QUEUE_NUM:
		answer_u64(v, msg, v->fake->options.pairs);
		return;
	case VHOST_USER_GET_VRING_BASE:
		state.num = end_ring(v, state.index % RINGS);
		answer(v, msg, &state, sizeof(state));
		return;
	default:
		good = obey(v, msg);
	}
	if (!good)
		vfake_violation(v->fake, "message %u was not understood", msg->head.request);
	if (msg->head.flags & VHOST_USER_FLAG_NEED_REPLY)
		answer_u64(v, msg, !good);
}

/* -- the conversation -------------------------------------------------------------------------------------------- */

static void
begin(struct vfake_vhost *v)
{
	drop(&v->sock);
	v->sock = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC);
}

static void
end(struct vfake_vhost *v)
{
	drop(&v->sock);
	for (unsigned i = 0; i < RINGS; i++) {
		drop(&v->ring[i].kick);
		drop(&v->ring[i].call);
		v->ring[i] = (struct ring){.kick = -1, .call = -1};
		v->fake->fds[i] = -1;
	}
	vfake_reset(v->fake);
	v->fake->state.pairs = v->fake->options.pairs;
	forget_memory(v);
}

static void
converse(struct vfake_vhost *v)
{
	struct vhost_user_msg msg;

	if (!receive(v->sock, &msg)) {
		end(v);
		return;
	}
	handle(v, &msg);
	for (unsigned i = 0; i < msg.nb_fds; i++)
		close(msg.fds[i]);
}

static void
serve(struct vfake_vhost *v)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = v->stop, .events = POLLIN},
				       {.fd = v->listener, .events = v->sock < 0 ? POLLIN : 0},
				       {.fd = v->sock, .events = POLLIN}};

		if (poll(fds, PLX_ARRAY_LEN(fds), TURN_MS) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0)
			return;
		pthread_mutex_lock(&v->fake->lock);
		if (fds[1].revents != 0)
			begin(v);
		if (fds[2].revents != 0)
			converse(v);
		count_kicks(v);
		swallow(v->fake);
		vfake_poll(v->fake);
		pthread_mutex_unlock(&v->fake->lock);
	}
}

static int
listen_at(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (sock >= 0 &&
	    (bind(sock, (struct sockaddr *)&addr, sizeof(addr)) != 0 || listen(sock, 4) != 0)) {
		close(sock);
		return -1;
	}
	return sock;
}

static void *
run(void *arg)
{
	struct vfake_vhost *v = arg;

	if (unshare(CLONE_FILES) == 0)
		v->listener = listen_at(v->path);
	sem_post(&v->ready);
	if (v->listener < 0)
		return NULL;
	serve(v);
	pthread_mutex_lock(&v->fake->lock);
	end(v);
	pthread_mutex_unlock(&v->fake->lock);
	drop(&v->listener);
	unlink(v->path);
	return NULL;
}

struct vfake_vhost *
vfake_vhost_serve(struct vfake *fake, const char *path)
{
	struct vfake_vhost *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->fake = fake;
	v->listener = v->sock = -1;
	for (unsigned i = 0; i < RINGS; i++)
		v->ring[i].kick = v->ring[i].call = -1;
	v->stop = eventfd(0, EFD_CLOEXEC);
	snprintf(v->path, sizeof(v->path), "%s", path);
	sem_init(&v->ready, 0, 0);
	fake->reach = reach;
	fake->reach_arg = v;
	fake->peer = true;
	fake->pci = &v->pci;
	fake->space[4] |= MASTER;
	fake->irq_kind = PLX_PCI_IRQ_MSIX;
	fake->nb_fds = RINGS;
	fake->faults.idle = true; /* for everybody but the thread */
	memset(fake->fds, -1, sizeof(fake->fds));
	vfake_reset(fake);
	fake->state.pairs = fake->options.pairs;
	if (pthread_create(&v->thread, NULL, run, v) == 0) {
		sem_wait(&v->ready);
		if (v->listener >= 0)
			return v;
		pthread_join(v->thread, NULL);
	}
	sem_destroy(&v->ready);
	close(v->stop);
	free(v);
	return NULL;
}

uint64_t
vfake_vhost_kicks(struct vfake_vhost *v)
{
	uint64_t kicks;

	pthread_mutex_lock(&v->fake->lock);
	kicks = v->kicks;
	pthread_mutex_unlock(&v->fake->lock);
	return kicks;
}

void
vfake_vhost_unserve(struct vfake_vhost *v)
{
	if (v == NULL)
		return;
	eventfd_write(v->stop, 1);
	pthread_join(v->thread, NULL);
	v->fake->pci = NULL;
	v->fake->reach = NULL;
	sem_destroy(&v->ready);
	close(v->stop);
	free(v);
}
