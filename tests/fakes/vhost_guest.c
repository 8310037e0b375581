/* SPDX-License-Identifier: BSD-3-Clause */
#include "patience.h"
#include "vhost_guest.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define FDS_MAX 32 /* more than a message may have */

/* -- messages ------------------------------------------------------------------------------------------------ */

static bool
is_heard(const struct guest *guest)
{
	struct pollfd fd = {.fd = guest->sock, .events = POLLIN};

	return poll(&fd, 1, PATIENCE_MS) == 1;
}

/* An answer with its files. False if the other end hung up, or is silent. */
static bool
hear(struct guest *guest, struct vhost_user_msg *reply)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(reply->fds))];
	struct iovec iov = {&reply->head, sizeof(reply->head)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};

	memset(reply, 0, sizeof(*reply));
	if (!is_heard(guest) ||
	    recvmsg(guest->sock, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC) != sizeof(reply->head) ||
	    reply->head.size > sizeof(reply->payload))
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		reply->nb_fds = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(reply->fds, CMSG_DATA(c), reply->nb_fds * sizeof(int));
	}
	return reply->head.size == 0 || recv(guest->sock, &reply->payload, reply->head.size,
					     MSG_WAITALL) == (ssize_t)reply->head.size;
}

int
say_raw(struct guest *guest, uint32_t request, uint32_t flags, const void *payload, uint32_t size,
	const int *fds, unsigned nb_fds)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FDS_MAX * sizeof(int))] = {0};
	struct vhost_user_head head = {request, VHOST_USER_VERSION | flags, size};
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)(uintptr_t)payload, size}};
	struct msghdr msg = {.msg_iov = parts, .msg_iovlen = size > 0 ? 2 : 1};

	assert_true(nb_fds <= FDS_MAX);
	if (nb_fds > 0) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(nb_fds * sizeof(int));
		*c = (struct cmsghdr){CMSG_LEN(nb_fds * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(c), fds, nb_fds * sizeof(int));
	}
	return sendmsg(guest->sock, &msg, MSG_NOSIGNAL) == (ssize_t)(sizeof(head) + size) ? 0 : -1;
}

int
say(struct guest *guest, uint32_t request, const void *payload, uint32_t size, int fd)
{
	struct vhost_user_msg reply;

	if (say_raw(guest, request, VHOST_USER_FLAG_NEED_REPLY, payload, size, &fd, fd >= 0) != 0 ||
	    !hear(guest, &reply))
		return -1;
	assert_int_equal(reply.head.request, request);
	assert_int_equal(reply.head.flags, VHOST_USER_VERSION | VHOST_USER_FLAG_REPLY);
	return reply.payload.u64 != 0;
}

int
say_u64(struct guest *guest, uint32_t request, uint64_t value)
{
	return say(guest, request, &value, sizeof(value), -1);
}

int
say_state(struct guest *guest, uint32_t request, uint32_t index, uint32_t num)
{
	const struct vhost_user_state state = {index, num};

	return say(guest, request, &state, sizeof(state), -1);
}

bool
ask(struct guest *guest, uint32_t request, const void *payload, uint32_t size,
    struct vhost_user_msg *reply)
{
	return say_raw(guest, request, 0, payload, size, NULL, 0) == 0 && hear(guest, reply);
}

bool
is_alive(struct guest *guest)
{
	struct vhost_user_msg reply;

	return ask(guest, VHOST_USER_GET_FEATURES, NULL, 0, &reply);
}

/* -- a front end ------------------------------------------------------------------------------------------------ */

void
guest_dial(struct guest *guest, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	*guest = (struct guest){
		.memory_fd = -1, .second_fd = -1, .ring_size = RING_SIZE, .memory_len = MEMORY_LEN};
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	guest->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(guest->sock >= 0);
	assert_int_equal(connect(guest->sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	for (int i = 0; i < RINGS; i++)
		guest->call[i] = -1;
}

void
guest_memory(struct guest *guest)
{
	guest->memory_fd = memfd_create("guest", MFD_CLOEXEC);
	guest->second_fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(guest->memory_fd, guest->memory_len), 0);
	assert_int_equal(ftruncate(guest->second_fd, SECOND_LEN), 0);
	guest->memory = mmap(NULL, guest->memory_len + SECOND_LEN, PROT_READ | PROT_WRITE,
			     MAP_SHARED, guest->memory_fd, 0);
	assert_true(guest->memory != MAP_FAILED);
	assert_true(mmap(guest->memory + guest->memory_len, SECOND_LEN, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, guest->second_fd, 0) != MAP_FAILED);
}

int
guest_say_memory(struct guest *guest)
{
	struct vhost_user_memory table = {
		.nregions = 2,
		.regions = {{GUEST_PHYS, guest->memory_len, GUEST_USER, 0},
			    {GUEST_PHYS + guest->memory_len, SECOND_LEN,
			     GUEST_USER + guest->memory_len, 0}}};
	int fds[2] = {guest->memory_fd, guest->second_fd};
	struct vhost_user_msg reply;

	if (say_raw(guest, VHOST_USER_SET_MEM_TABLE, VHOST_USER_FLAG_NEED_REPLY, &table,
		    8 + 2 * sizeof(table.regions[0]), fds, 2) != 0 ||
	    !hear(guest, &reply))
		return -1;
	return reply.payload.u64 != 0;
}

int
guest_say_addr(struct guest *guest, uint32_t ring)
{
	const uint64_t at = GUEST_USER + RING_OFF(ring);
	const struct vhost_user_addr addr = {
		.index = ring, .desc = at, .avail = at + AVAIL_OFF, .used = at + USED_OFF};

	return say(guest, VHOST_USER_SET_VRING_ADDR, &addr, sizeof(addr), -1);
}

void
guest_say_ring(struct guest *guest, uint32_t ring, uint32_t base)
{
	const uint64_t index = ring;
	int kick = eventfd(0, EFD_CLOEXEC);

	guest->call[ring] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(say_state(guest, VHOST_USER_SET_VRING_NUM, ring, guest->ring_size), 0);
	assert_int_equal(say_state(guest, VHOST_USER_SET_VRING_BASE, ring, base), 0);
	assert_int_equal(guest_say_addr(guest, ring), 0);
	assert_int_equal(
		say(guest, VHOST_USER_SET_VRING_CALL, &index, sizeof(index), guest->call[ring]), 0);
	assert_int_equal(say(guest, VHOST_USER_SET_VRING_KICK, &index, sizeof(index), kick), 0);
	assert_int_equal(say_state(guest, VHOST_USER_SET_VRING_ENABLE, ring, 1), 0);
	close(kick);
}

void
guest_hello(struct guest *guest, uint64_t features)
{
	struct vhost_user_msg reply;

	assert_int_equal(say_raw(guest, VHOST_USER_SET_OWNER, 0, NULL, 0, NULL, 0), 0);
	assert_true(ask(guest, VHOST_USER_GET_FEATURES, NULL, 0, &reply));
	guest->features =
		(features | VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES)) & reply.payload.u64;
	assert_true(ask(guest, VHOST_USER_GET_PROTOCOL_FEATURES, NULL, 0, &reply));
	reply.payload.u64 &= ~VIRTIO_BIT(VHOST_USER_PROTOCOL_F_STATUS);
	assert_int_equal(
		say_raw(guest, VHOST_USER_SET_PROTOCOL_FEATURES, 0, &reply.payload, 8, NULL, 0), 0);
	assert_int_equal(say_u64(guest, VHOST_USER_SET_FEATURES, guest->features), 0);
}

bool
guest_is_packed(const struct guest *guest)
{
	return (guest->features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;
}

void
guest_begin(struct guest *guest, uint64_t features, unsigned nb_rings)
{
	guest_hello(guest, features);
	guest_memory(guest);
	assert_int_equal(guest_say_memory(guest), 0);
	for (uint32_t i = 0; i < nb_rings; i++) {
		guest->wrap[i] = true;
		guest_say_ring(guest, i, guest_is_packed(guest) ? 0x8000 : 0);
	}
}

void
guest_end(struct guest *guest)
{
	close(guest->sock);
	for (int i = 0; i < RINGS; i++) {
		if (guest->call[i] >= 0)
			close(guest->call[i]);
	}
	if (guest->memory != NULL)
		munmap(guest->memory, guest->memory_len + SECOND_LEN);
	if (guest->memory_fd >= 0)
		close(guest->memory_fd);
	if (guest->second_fd >= 0)
		close(guest->second_fd);
}

/* -- the guest's driver --------------------------------------------------------------------------------------------- */

void *
ring_part(struct guest *guest, unsigned ring, unsigned off)
{
	return guest->memory + RING_OFF(ring) + off;
}

uint64_t
buf_phys(unsigned buf)
{
	return GUEST_PHYS + BUFS_OFF + buf * BUF_LEN;
}

uint8_t *
buf_at(struct guest *guest, unsigned buf)
{
	return guest->memory + BUFS_OFF + buf * BUF_LEN;
}

static void
post_split(struct guest *guest, unsigned ring, const struct piece *pieces, unsigned n,
	   uint16_t head)
{
	struct virtio_desc *desc = ring_part(guest, ring, 0);
	struct virtio_avail *avail = ring_part(guest, ring, AVAIL_OFF);

	for (unsigned i = 0; i < n; i++)
		desc[head + i] = (struct virtio_desc){
			pieces[i].addr, pieces[i].len,
			(uint16_t)(pieces[i].flags | (i + 1 < n ? VIRTIO_DESC_F_NEXT : 0)),
			(uint16_t)(head + i + 1)};
	avail->ring[guest->avail_idx[ring]++ % guest->ring_size] = head;
	__atomic_store_n(&avail->idx, guest->avail_idx[ring], __ATOMIC_RELEASE);
}

static void
post_packed(struct guest *guest, unsigned ring, const struct piece *pieces, unsigned n, uint16_t id)
{
	struct virtio_packed_desc *desc = ring_part(guest, ring, 0);
	unsigned head = guest->pos[ring];
	uint16_t head_flags = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned pos = guest->pos[ring];
		uint16_t flags = (uint16_t)(pieces[i].flags | (i + 1 < n ? VIRTIO_DESC_F_NEXT : 0) |
					    (guest->wrap[ring] ? VIRTIO_PACKED_F_AVAIL
							       : VIRTIO_PACKED_F_USED));

		desc[pos].addr = pieces[i].addr;
		desc[pos].len = pieces[i].len;
		desc[pos].id = id;
		if (i == 0)
			head_flags = flags;
		else
			desc[pos].flags = flags;
		guest->pos[ring] = (pos + 1) % guest->ring_size;
		guest->wrap[ring] ^= pos + 1 == guest->ring_size;
	}
	__atomic_store_n(&desc[head].flags, head_flags, __ATOMIC_RELEASE);
}

void
post(struct guest *guest, unsigned ring, const struct piece *pieces, unsigned n, uint16_t id)
{
	if (guest_is_packed(guest))
		post_packed(guest, ring, pieces, n, id);
	else
		post_split(guest, ring, pieces, n, id);
}

void
post_one(struct guest *guest, unsigned ring, uint64_t addr, uint32_t len, uint16_t id)
{
	const struct piece piece = {addr, len, ring % 2 == 0 ? VIRTIO_DESC_F_WRITE : 0};

	post(guest, ring, &piece, 1, id);
}

bool
reap(struct guest *guest, unsigned ring, unsigned n, uint16_t *ret_id, uint32_t *ret_len)
{
	if (!guest_is_packed(guest)) {
		struct virtio_used *used = ring_part(guest, ring, USED_OFF);

		if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == guest->used_idx[ring])
			return false;
		*ret_id = (uint16_t)used->ring[guest->used_idx[ring] % guest->ring_size].id;
		*ret_len = used->ring[guest->used_idx[ring]++ % guest->ring_size].len;
		return true;
	}
	/* used_idx counts slots given back; the wrap counter is the number of times around. */
	struct virtio_packed_desc *desc = ring_part(guest, ring, 0);
	unsigned slot = guest->used_idx[ring] % guest->ring_size;
	bool wrap = guest->used_idx[ring] / guest->ring_size % 2 == 0;
	uint16_t flags = __atomic_load_n(&desc[slot].flags, __ATOMIC_ACQUIRE);

	if (((flags & VIRTIO_PACKED_F_AVAIL) != 0) != wrap ||
	    ((flags & VIRTIO_PACKED_F_USED) != 0) != wrap)
		return false;
	*ret_id = desc[slot].id;
	*ret_len = desc[slot].len;
	guest->used_idx[ring] = (uint16_t)(guest->used_idx[ring] + n);
	return true;
}

void
expect_back(struct guest *guest, unsigned ring, unsigned n, uint16_t id, uint32_t len)
{
	uint16_t got_id = 0xffff;
	uint32_t got_len = 0xffffffff;

	assert_true(reap(guest, ring, n, &got_id, &got_len));
	assert_int_equal(got_id, id);
	assert_int_equal(got_len, len);
}
