/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of net_vhost: a front end and the guest's driver of tests/fakes, which share nothing with our drivers, with rings of the
 * kind that the row's name says. Each pair receives into one buffer a descriptor, and a frame may take several; what it sends has
 * two descriptors, which part within the frame. It sends in its own time, whatever the case does meanwhile. What a back end gives
 * back must be what it was given.
 */
#include "contract.h"
#include "vhost_guest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS	   2
#define QUEUE_SIZE 1024
#define HDR	   12
#define FIRST_PART (HDR + 20)
#define BACKLOG	   8192 /* what the guest has not sent yet */

/* What the guest sends lies behind the buffers it receives into, a slot each. */
#define SLOTS	  (QUEUE_SIZE / 2)
#define SLOT_BUFS (FRAME_MAX / BUF_LEN + 1)
#define SLOT(i)	  (PAIRS * QUEUE_SIZE + (i)*SLOT_BUFS)
#define GUEST_LEN (BUFS_OFF + SLOT(SLOTS) * BUF_LEN)

struct frame {
	size_t len;
	uint8_t bytes[];
};

static struct {
	struct guest guest;
	bool is_there, stopping;
	pthread_t thread;
	pthread_mutex_t lock;
	struct frame *waiting[BACKLOG];
	unsigned first, n;
	bool slot_busy[SLOTS];
	bool posted[PAIRS][QUEUE_SIZE];
	const char *broken; /* rule */
} far = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
breaks(const char *rule)
{
	if (far.broken == NULL)
		far.broken = rule;
}

/* -- the guest sends ----------------------------------------------------------------------------------------------- */

static void
take_slots_back(void)
{
	uint16_t id;
	uint32_t len;

	while (reap(&far.guest, 1, 2, &id, &len)) {
		if (id % 2 != 0 || id / 2 >= SLOTS || !far.slot_busy[id / 2]) {
			breaks("a list came back that was not sent");
			return;
		}
		if (len != 0)
			breaks("something was written into what was sent");
		far.slot_busy[id / 2] = false;
	}
}

static void
send_from(unsigned slot, const struct frame *frame)
{
	const uint64_t at = buf_phys(SLOT(slot));
	uint8_t *bytes = buf_at(&far.guest, SLOT(slot));
	const uint32_t len = (uint32_t)(HDR + frame->len);
	const struct piece pieces[] = {{at, len < FIRST_PART ? HDR : FIRST_PART, 0},
				       {at + (len < FIRST_PART ? HDR : FIRST_PART),
					len - (len < FIRST_PART ? HDR : FIRST_PART), 0}};

	memset(bytes, 0, HDR);
	memcpy(bytes + HDR, frame->bytes, frame->len);
	far.slot_busy[slot] = true;
	post(&far.guest, 1, pieces, 2, (uint16_t)(2 * slot));
}

static void
flush(void)
{
	take_slots_back();
	for (unsigned slot = 0; slot < SLOTS && far.n > 0; slot++) {
		if (far.slot_busy[slot])
			continue;
		send_from(slot, far.waiting[far.first]);
		free(far.waiting[far.first++]);
		far.n--;
	}
	if (far.n == 0)
		far.first = 0;
}

static void *
send_on(void *arg)
{
	while (!__atomic_load_n(&far.stopping, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&far.lock);
		flush();
		pthread_mutex_unlock(&far.lock);
		sleep_ms(1);
	}
	return NULL;
}

int
back_put(struct wire *wire, const void *bytes, size_t len)
{
	struct frame *frame = malloc(sizeof(*frame) + len);
	int ret = -1;

	pthread_mutex_lock(&far.lock);
	if (frame != NULL && len <= FRAME_MAX && far.first + far.n < BACKLOG) {
		frame->len = len;
		memcpy(frame->bytes, bytes, len);
		far.waiting[far.first + far.n++] = frame;
		flush();
		ret = 0;
	} else {
		free(frame);
	}
	pthread_mutex_unlock(&far.lock);
	return ret;
}

/* -- the guest receives -------------------------------------------------------------------------------------------- */

static void
post_buffer(unsigned pair, uint16_t id)
{
	const unsigned buf = pair * QUEUE_SIZE + id;

	far.posted[pair][id] = true;
	memset(buf_at(&far.guest, buf), 0xee, HDR);
	post_one(&far.guest, 2 * pair, buf_phys(buf), BUF_LEN, id);
}

/* The next buffer that came back; NULL: none. */
static const uint8_t *
next_buffer(unsigned pair, uint16_t *ret_id, uint32_t *ret_len)
{
	if (!reap(&far.guest, 2 * pair, 1, ret_id, ret_len))
		return NULL;
	if (*ret_id >= QUEUE_SIZE || !far.posted[pair][*ret_id]) {
		breaks("a buffer came back that was not there to be filled");
		return NULL;
	}
	if (*ret_len > BUF_LEN) {
		breaks("more was written than a buffer holds");
		*ret_len = BUF_LEN;
	}
	far.posted[pair][*ret_id] = false;
	return buf_at(&far.guest, pair * QUEUE_SIZE + *ret_id);
}

/* All buffers of a frame are given back at once (5.1.6.4), so the rest is there when the first is. */
static size_t
receive(unsigned pair, uint8_t *frame, size_t size)
{
	struct virtio_net_hdr_full header = {0};
	size_t len = 0;
	unsigned nb_buffers = 1;

	for (unsigned i = 0; i < nb_buffers; i++) {
		const uint32_t skip = i == 0 ? HDR : 0;
		uint16_t id;
		uint32_t got;
		const uint8_t *bytes = next_buffer(pair, &id, &got);

		if (bytes == NULL && i == 0)
			return 0;
		if (bytes == NULL || got < skip || (i > 0 && got == 0) || len + got - skip > size) {
			breaks("a frame has not the buffers that it says");
			return len;
		}
		if (i == 0) {
			memcpy(&header, bytes, HDR);
			nb_buffers = header.num_buffers;
		}
		memcpy(frame + len, bytes + skip, got - skip);
		len += got - skip;
		post_buffer(pair, id);
	}
	if (nb_buffers == 0)
		breaks("a frame of no buffers");
	return len;
}

size_t
back_get(struct wire *wire, void *frame, size_t size)
{
	size_t len = 0;

	pthread_mutex_lock(&far.lock);
	for (unsigned pair = 0; pair < PAIRS && len == 0; pair++)
		len = receive(pair, frame, size);
	pthread_mutex_unlock(&far.lock);
	return len;
}

/* -- life ---------------------------------------------------------------------------------------------------------- */

static uint64_t
features_of(const struct wire *wire)
{
	uint64_t features = VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) |
			    VIRTIO_BIT(VIRTIO_NET_F_MQ);

	return user_is_packed(wire) ? features | VIRTIO_BIT(VIRTIO_F_RING_PACKED) : features;
}

static void
take_guest_away(void)
{
	if (!far.is_there)
		return;
	__atomic_store_n(&far.stopping, true, __ATOMIC_RELEASE);
	pthread_join(far.thread, NULL);
	take_slots_back();
	guest_end(&far.guest);
	while (far.n > 0)
		free(far.waiting[far.first + --far.n]);
	far.first = 0;
	far.is_there = false;
}

static int
make_guest(const struct wire *wire)
{
	guest_dial(&far.guest, wire->path[0]);
	far.guest.ring_size = QUEUE_SIZE;
	far.guest.memory_len = GUEST_LEN;
	guest_begin(&far.guest, features_of(wire), 2 * PAIRS);
	memset(far.slot_busy, 0, sizeof(far.slot_busy));
	for (unsigned pair = 0; pair < PAIRS; pair++) {
		for (uint16_t i = 0; i < QUEUE_SIZE; i++)
			post_buffer(pair, i);
	}
	far.stopping = false;
	far.is_there = pthread_create(&far.thread, NULL, send_on, NULL) == 0;
	return far.is_there ? 0 : -1;
}

static bool
link_is_up(uint16_t port)
{
	struct plx_ethdev_link link = {0};

	return plx_ethdev_link(port, &link) == 0 && link.up;
}

int
back_open(struct wire *wire)
{
	int err = user_socket_make(wire, "net_vhost0");

	snprintf(wire->devargs, sizeof(wire->devargs), "%s,iface=%s,queues=%d", wire->name,
		 wire->path[0], PAIRS);
	far.broken = NULL;
	return err;
}

/* A new guest for each life of the port. */
int
back_plug(struct wire *wire)
{
	const uint64_t until = now_ms() + PATIENCE_MS;

	take_guest_away();
	if (make_guest(wire) != 0)
		return -1;
	while (!link_is_up(wire->port) && now_ms() < until)
		sleep_ms(1);
	return link_is_up(wire->port) ? 0 : -1;
}

void
back_close(struct wire *wire)
{
	take_guest_away();
	user_socket_remove(wire);
	if (far.broken != NULL)
		wire->complaint = far.broken;
}
