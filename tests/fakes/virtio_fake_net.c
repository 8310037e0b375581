/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames through the fake device: from the wire into receive queues, from transmit queues to the wire (5.1.6). */
#include "virtio_fake_priv.h"

#include <errno.h>
#include <stdlib.h>

#define FRAME_MAX 65550

struct vfake_frame *
vfake_frames_pop(struct vfake_frames *frames)
{
	struct vfake_frame *frame = frames->first;

	if (frame == NULL)
		return NULL;
	frames->first = frame->next;
	frames->n--;
	return frame;
}

void
vfake_frames_push(struct vfake_frames *frames, struct vfake_frame *frame)
{
	frame->next = NULL;
	if (frames->first == NULL)
		frames->last = &frames->first;
	*frames->last = frame;
	frames->last = &frame->next;
	frames->n++;
}

unsigned
vfake_header_len(const struct vfake *fake)
{
	if (vfake_has(fake, VIRTIO_NET_F_HASH_REPORT))
		return VIRTIO_NET_HDR_LEN_HASH;
	if (vfake_has(fake, VIRTIO_NET_F_MRG_RXBUF) || vfake_has(fake, VIRTIO_F_VERSION_1))
		return VIRTIO_NET_HDR_LEN;
	return VIRTIO_NET_HDR_LEN_LEGACY;
}

/* -- in -------------------------------------------------------------------------------------------------------------- */

/* Writes into a chain from its byte `at` on; returns how many fitted. */
static size_t
scatter(const struct vfake_chain *chain, size_t at, const uint8_t *from, size_t len)
{
	size_t done = 0;

	for (unsigned i = 0; i < chain->n && done < len; i++) {
		size_t room = chain->seg[i].len, part;

		if (at >= room) {
			at -= room;
			continue;
		}
		part = room - at < len - done ? room - at : len - done;
		memcpy(chain->seg[i].bytes + at, from + done, part);
		done += part;
		at = 0;
	}
	return done;
}

static bool
is_for_writing(struct vfake *fake, const struct vfake_queue *q, const struct vfake_chain *chain)
{
	unsigned header_len = vfake_header_len(fake);
	bool split_header = !vfake_has(fake, VIRTIO_F_ANY_LAYOUT) &&
			    !vfake_has(fake, VIRTIO_F_VERSION_1) &&
			    !vfake_has(fake, VIRTIO_NET_F_MRG_RXBUF);

	for (unsigned i = 0; i < chain->n; i++)
		if (!chain->seg[i].write) {
			vfake_violation(fake, "queue %u: a buffer to read", q->index);
			return false;
		}
	if (split_header && chain->seg[0].len != header_len)
		vfake_violation(fake,
				"queue %u: the header has no descriptor of its own (5.1.6.3.1)",
				q->index);
	return true;
}

struct posted {
	uint16_t id, slots;
	size_t len;
};

/* Fills in buffers of the queue until the frame is in; their number, 0 if they are not enough. */
static unsigned
fill_buffers(struct vfake *fake, struct vfake_queue *q, const uint8_t *bytes, size_t len,
	     struct posted *posted, unsigned most, uint8_t **ret_header)
{
	unsigned n = 0;
	size_t done = 0;

	while (done < len && n < most) {
		struct vfake_chain *chain = &fake->chain;
		size_t part;

		if (!vfake_pop(fake, q, chain) || !is_for_writing(fake, q, chain))
			return 0;
		if (n == 0)
			*ret_header = chain->seg[0].bytes;
		part = scatter(chain, 0, bytes + done, len - done);
		posted[n++] = (struct posted){.id = chain->id, .slots = chain->slots, .len = part};
		done += part;
	}
	return done == len ? n : 0;
}

/* The first buffer of a queue holds less than the frame, and may not be continued. */
static bool
is_too_long(struct vfake *fake, const struct vfake_queue *q, size_t len)
{
	struct vfake_queue look = *q;

	return !vfake_has(fake, VIRTIO_NET_F_MRG_RXBUF) && vfake_pop(fake, &look, &fake->chain) &&
	       vfake_chain_room(&fake->chain) < len;
}

/* False: it must wait for buffers. */
static bool
deliver(struct vfake *fake, struct vfake_queue *q, struct vfake_frame *frame)
{
	static struct posted posted[VFAKE_RX_BATCH_MAX];
	static uint8_t bytes[FRAME_MAX + VIRTIO_NET_HDR_LEN_HASH];
	unsigned header_len = vfake_header_len(fake), n;
	bool merge = vfake_has(fake, VIRTIO_NET_F_MRG_RXBUF);
	const struct vfake_queue before = *q;
	uint8_t *header = NULL;

	if (is_too_long(fake, q, header_len + frame->len)) {
		fake->state.too_long++;
		return true;
	}
	frame->header.num_buffers = 1;
	memcpy(bytes, &frame->header, header_len);
	memcpy(bytes + header_len, frame->bytes, frame->len);
	n = fill_buffers(fake, q, bytes, header_len + frame->len, posted,
			 merge ? PLX_ARRAY_LEN(posted) : 1, &header);
	if (n == 0) {
		*q = before;
		return false;
	}
	if (header_len > VIRTIO_NET_HDR_LEN_LEGACY) {
		uint16_t told =
			fake->faults.num_buffers_lies ? fake->faults.num_buffers : (uint16_t)n;

		memcpy(header + offsetof(struct virtio_net_hdr_full, num_buffers), &told,
		       sizeof(told));
	}
	for (unsigned i = 0; i < n; i++)
		vfake_push(fake, q, posted[i].id, posted[i].slots, (uint32_t)posted[i].len, true);
	q->frames++;
	return true;
}

static void
receive(struct vfake *fake, struct vfake_queue *q, struct vfake_frames *frames)
{
	while (frames->first != NULL && deliver(fake, q, frames->first))
		free(vfake_frames_pop(frames));
	vfake_tell(fake, q);
}

/* -- out --------------------------------------------------------------------------------------------------------------- */

static void
check_header(struct vfake *fake, const struct vfake_queue *q,
	     const struct virtio_net_hdr_full *header, size_t len)
{
	uint8_t gso = header->gso_type & (uint8_t)~VIRTIO_NET_GSO_ECN;

	if (header->num_buffers > (fake->peer ? 1 : 0))
		vfake_violation(fake, "queue %u: num_buffers %u in a frame that is sent", q->index,
				header->num_buffers);
	if (header->flags & ~VIRTIO_NET_HDR_NEEDS_CSUM)
		vfake_violation(fake, "queue %u: flags 0x%x in a header", q->index, header->flags);
	if ((header->flags & VIRTIO_NET_HDR_NEEDS_CSUM) != 0 &&
	    (!vfake_has(fake, VIRTIO_NET_F_CSUM) ||
	     header->csum_start + header->csum_offset + 2u > len))
		vfake_violation(fake, "queue %u: a checksum at %u + %u of %zu bytes", q->index,
				header->csum_start, header->csum_offset, len);
	if (gso == VIRTIO_NET_GSO_NONE)
		return;
	if (!(gso == VIRTIO_NET_GSO_TCPV4 && vfake_has(fake, VIRTIO_NET_F_HOST_TSO4)) &&
	    !(gso == VIRTIO_NET_GSO_TCPV6 && vfake_has(fake, VIRTIO_NET_F_HOST_TSO6)))
		vfake_violation(fake, "queue %u: gso_type %u was not agreed", q->index, gso);
	if (header->gso_size == 0 || !(header->flags & VIRTIO_NET_HDR_NEEDS_CSUM))
		vfake_violation(fake, "queue %u: gso_size %u, flags 0x%x (5.1.6.2)", q->index,
				header->gso_size, header->flags);
}

/* The bytes of a chain, header and frame; NULL after a violation. */
static struct vfake_frame *
gather(struct vfake *fake, const struct vfake_queue *q, const struct vfake_chain *chain)
{
	unsigned header_len = vfake_header_len(fake);
	size_t room = vfake_chain_room(chain), done = 0;
	uint8_t *bytes = malloc(room + VIRTIO_NET_HDR_LEN_HASH);
	struct vfake_frame *frame = calloc(1, sizeof(*frame) + room);

	if (bytes == NULL || frame == NULL || room < header_len || chain->seg[chain->n - 1].write) {
		vfake_violation(fake, "queue %u: %zu bytes are no frame", q->index, room);
		free(bytes);
		free(frame);
		return NULL;
	}
	if (!vfake_has(fake, VIRTIO_F_ANY_LAYOUT) && !vfake_has(fake, VIRTIO_F_VERSION_1) &&
	    chain->seg[0].len != header_len)
		vfake_violation(fake,
				"queue %u: the header has no descriptor of its own (5.1.6.2.1)",
				q->index);
	for (unsigned i = 0; i < chain->n; i++) {
		memcpy(bytes + done, chain->seg[i].bytes, chain->seg[i].len);
		done += chain->seg[i].len;
	}
	memcpy(&frame->header, bytes, header_len);
	frame->len = room - header_len;
	memcpy(frame->bytes, bytes + header_len, frame->len);
	free(bytes);
	check_header(fake, q, &frame->header, frame->len);
	return frame;
}

static void
transmit(struct vfake *fake, struct vfake_queue *q, struct vfake_frames *frames)
{
	bool batches = fake->options.batches && vfake_has(fake, VIRTIO_F_IN_ORDER);
	struct vfake_chain *chain = &fake->chain;
	uint16_t id = 0, slots = 0;
	uint32_t lists = 0;

	while (vfake_pop(fake, q, chain)) {
		struct vfake_frame *frame = gather(fake, q, chain);

		if (frame != NULL) {
			vfake_frames_push(frames, frame);
			q->frames++;
		}
		if (!batches)
			vfake_push(fake, q, chain->id, chain->slots, 0, false);
		id = chain->id;
		slots = (uint16_t)(slots + chain->slots);
		lists++;
	}
	/* 2.7.9, 2.8.7: one entry, of the last; the ring goes on behind all of them. */
	if (batches && lists > 0) {
		vfake_push(fake, q, id, slots, 0, false);
		if (!q->packed)
			q->next_used = (uint16_t)(q->next_used + lists - 1);
	}
	vfake_tell(fake, q);
}

/* -- both ---------------------------------------------------------------------------------------------------------------- */

static bool
may_work(struct vfake *fake)
{
	const uint8_t master = 0x04, command = fake->space[0x04];

	if (fake->pci == NULL || fake->faults.dead ||
	    !(fake->state.status & VIRTIO_STATUS_DRIVER_OK) ||
	    (fake->state.status & VIRTIO_STATUS_DEVICE_NEEDS_RESET))
		return false;
	if (!(command & master))
		vfake_violation(fake, "DMA, and the driver did not make the device a bus master");
	return (command & master) != 0;
}

static void
work(struct vfake *fake, bool taking)
{
	uint16_t ctrl = vfake_ctrl_index(fake);

	if (!may_work(fake))
		return;
	for (uint16_t i = 0; i < vfake_nb_queues(fake); i++) {
		struct vfake_queue *q = &fake->queue[i];

		if (!q->enabled)
			continue;
		if (i == ctrl)
			vfake_ctrl_work(fake, q);
		else if (i % 2 == 0)
			receive(fake, q, &fake->in[i / 2]);
		else if (i / 2 < fake->state.pairs && (taking || !fake->options.holds))
			transmit(fake, q, &fake->out[i / 2]);
	}
}

void
vfake_work(struct vfake *fake)
{
	work(fake, false);
}

void
vfake_poll(struct vfake *fake)
{
	pthread_mutex_lock(&fake->lock);
	work(fake, true);
	pthread_mutex_unlock(&fake->lock);
}

static struct vfake_frame *
make_frame(const void *bytes, size_t len)
{
	struct vfake_frame *frame = len <= FRAME_MAX ? calloc(1, sizeof(*frame) + len) : NULL;

	if (frame != NULL) {
		frame->len = len;
		memcpy(frame->bytes, bytes, len);
	}
	return frame;
}

static void
arrive(struct vfake *fake, uint16_t pair, struct vfake_frame *frame)
{
	vfake_frames_push(&fake->in[pair], frame);
	if (!fake->faults.idle)
		work(fake, false);
}

int
vfake_put(struct vfake *fake, uint16_t pair, const void *bytes, size_t len)
{
	struct vfake_frame *frame = make_frame(bytes, len);
	int ret = frame != NULL ? 0 : -ENOMEM;

	pthread_mutex_lock(&fake->lock);
	if (frame != NULL && !vfake_wants(fake, bytes, len)) {
		fake->state.filtered++;
		free(frame);
	} else if (frame != NULL) {
		uint16_t spread = vfake_spread(fake, bytes, len, &frame->header);

		arrive(fake, pair == VFAKE_ANY ? spread : pair, frame);
	}
	pthread_mutex_unlock(&fake->lock);
	return ret;
}

int
vfake_put_raw(struct vfake *fake, uint16_t pair, const struct virtio_net_hdr_full *header,
	      const void *bytes, size_t len)
{
	struct vfake_frame *frame = make_frame(bytes, len);

	if (frame == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&fake->lock);
	frame->header = *header;
	arrive(fake, pair, frame);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

size_t
vfake_take(struct vfake *fake, uint16_t pair, void *bytes, size_t size,
	   struct virtio_net_hdr_full *ret_header)
{
	struct vfake_frame *frame = NULL;
	size_t len = 0;

	pthread_mutex_lock(&fake->lock);
	if (!fake->faults.idle)
		work(fake, true);
	for (uint16_t i = 0; frame == NULL && i < VFAKE_PAIRS_MAX; i++)
		if (pair == VFAKE_ANY || pair == i)
			frame = vfake_frames_pop(&fake->out[i]);
	if (frame != NULL) {
		len = frame->len < size ? frame->len : size;
		memcpy(bytes, frame->bytes, len);
		if (ret_header != NULL)
			*ret_header = frame->header;
	}
	pthread_mutex_unlock(&fake->lock);
	free(frame);
	return len;
}

unsigned
vfake_waiting(struct vfake *fake)
{
	unsigned n = 0;

	pthread_mutex_lock(&fake->lock);
	for (unsigned i = 0; i < VFAKE_PAIRS_MAX; i++)
		n += fake->in[i].n;
	pthread_mutex_unlock(&fake->lock);
	return n;
}
