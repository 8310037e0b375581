/* SPDX-License-Identifier: BSD-3-Clause */
/* One request at a time on a queue: what the control queue is. Slow, and bounded in time whatever the device does. */
#include "virtio_queue.h"

#include <errno.h>
#include <string.h>

#include "plx_clock.h"
#include "virtio_packed.h"
#include "virtio_split.h"

#define HEAD_LEN  2  /* class and command, which a legacy device wants by themselves (5.1.6.5.1) */
#define POLL_US	  20 /* between two looks at the ring */
#define NS_PER_MS 1000000ull
#define DESCS_MAX 3

/* The parts of a request, as descriptors. */
struct request {
	struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags;
	} parts[DESCS_MAX];
	unsigned n;
};

static void
add_part(struct request *r, uint64_t addr, unsigned len, uint16_t flags)
{
	if (len == 0)
		return;
	r->parts[r->n].addr = addr;
	r->parts[r->n].len = len;
	r->parts[r->n].flags = flags;
	r->n++;
}

static void
give_split(struct virtio_queue *q, const struct request *r)
{
	for (unsigned i = 0; i < r->n; i++)
		q->split.desc[i] = (struct virtio_desc){
			.addr = r->parts[i].addr,
			.len = r->parts[i].len,
			.flags = (uint16_t)(r->parts[i].flags |
					    (i + 1 < r->n ? VIRTIO_DESC_F_NEXT : 0)),
			.next = (uint16_t)(i + 1 < r->n ? i + 1 : 0),
		};
	virtio_split_offer(q, q->next_avail, 0);
	virtio_split_publish(q, (uint16_t)(q->next_avail + 1));
}

static void
give_packed(struct virtio_queue *q, const struct request *r)
{
	struct virtio_packed_burst burst = virtio_packed_begin(q);

	for (unsigned i = 0; i < r->n; i++)
		virtio_packed_add(
			q, &burst, r->parts[i].addr, r->parts[i].len, 0,
			(uint16_t)(r->parts[i].flags | (i + 1 < r->n ? VIRTIO_DESC_F_NEXT : 0)));
	virtio_packed_publish(q, &burst);
}

static bool
taken_split(struct virtio_queue *q)
{
	if (virtio_split_ready(q, 1) == 0)
		return false;
	if (virtio_split_used_id(q, q->next_used) != 0)
		virtio_queue_break(q);
	q->next_used++;
	return !q->broken;
}

static bool
taken_packed(struct virtio_queue *q, unsigned n)
{
	uint64_t word;

	if (!virtio_packed_used(q, q->next_used, q->used_wrap, &word))
		return false;
	if (virtio_packed_id(word) != 0)
		virtio_queue_break(q);
	q->next_used = (uint16_t)(q->next_used + n);
	if (q->next_used >= q->size) {
		q->next_used = (uint16_t)(q->next_used - q->size);
		q->used_wrap = !q->used_wrap;
	}
	return !q->broken;
}

/* Until the device returned the request, broke a rule or the time is over. */
static int
wait_for(struct virtio_queue *q, unsigned n, int timeout_ms)
{
	uint64_t end = plx_clock_monotonic_ns() + (uint64_t)timeout_ms * NS_PER_MS;

	for (unsigned looks = 1;; looks++) {
		/* Before the look, so that one comes after. */
		bool late = looks >= VIRTIO_LOOKS_MIN && plx_clock_monotonic_ns() >= end;

		if (q->packed ? taken_packed(q, n) : taken_split(q))
			return 0;
		if (q->broken)
			return -EIO;
		if (late) {
			virtio_queue_break(q); /* it may still write to the scratch memory */
			return -ETIMEDOUT;
		}
		plx_clock_delay_us(POLL_US);
	}
}

int
virtio_queue_call(struct virtio_queue *q, const void *out, unsigned out_len, void *in,
		  unsigned in_len, int timeout_ms)
{
	uint64_t addr = virtio_queue_address(q, q->scratch);
	uint8_t *scratch = q->scratch;
	struct request r = {.n = 0};
	int ret;

	if (q->broken)
		return -EIO;
	if (out_len > VIRTIO_CALL_MAX || in_len > VIRTIO_CALL_MAX)
		return -EMSGSIZE;
	add_part(&r, addr, out_len < HEAD_LEN ? out_len : HEAD_LEN, 0);
	add_part(&r, addr + HEAD_LEN, out_len > HEAD_LEN ? out_len - HEAD_LEN : 0, 0);
	add_part(&r, addr + VIRTIO_CALL_MAX, in_len, VIRTIO_DESC_F_WRITE);
	if (r.n == 0 || r.n > q->size)
		return -EMSGSIZE;
	memcpy(scratch, out, out_len);
	memcpy(scratch + VIRTIO_CALL_MAX, in, in_len);
	if (q->packed)
		give_packed(q, &r);
	else
		give_split(q, &r);
	ret = wait_for(q, r.n, timeout_ms);
	if (ret == 0)
		memcpy(in, scratch + VIRTIO_CALL_MAX, in_len);
	return ret;
}
