/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of a virtqueue, by the letter of the specification and with no line of the driver's: takes chains, gives them
 * back, and lies where a test tells it to. Addresses are the program's own.
 */
#ifndef PLX_TESTS_UNIT_NET_VIRTIO_DEVICE_SIDE_H
#define PLX_TESTS_UNIT_NET_VIRTIO_DEVICE_SIDE_H

#include "plx_virtio_spec.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DEVICE_PARTS_MAX 512

struct device_side {
	bool packed;
	uint16_t size;
	void *desc, *driver, *device; /* the three parts */
	uint16_t avail, used;	      /* split: free-running; packed: slots */
	bool avail_wrap, used_wrap;
};

/* A buffer as the driver gave it. */
struct device_chain {
	uint16_t id;
	uint16_t descs; /* of the ring */
	bool indirect;
	unsigned n;
	struct {
		uint8_t *at;
		uint32_t len;
		bool writable;
	} parts[DEVICE_PARTS_MAX];
};

static inline struct device_side
device_side(bool packed, uint16_t size, uint64_t desc, uint64_t driver, uint64_t device)
{
	return (struct device_side){
		.packed = packed,
		.size = size,
		.desc = (void *)(uintptr_t)desc,
		.driver = (void *)(uintptr_t)driver,
		.device = (void *)(uintptr_t)device,
		.avail_wrap = true,
		.used_wrap = true,
	};
}

static inline bool
device_add(struct device_chain *c, uint64_t addr, uint32_t len, uint16_t flags)
{
	if (c->n == DEVICE_PARTS_MAX || len == 0)
		return false;
	c->parts[c->n].at = (uint8_t *)(uintptr_t)addr;
	c->parts[c->n].len = len;
	c->parts[c->n].writable = (flags & 2) != 0;
	c->n++;
	return true;
}

/* -- split: 16-byte descriptors, {flags, idx, ring}, {flags, idx, {id, len}} -------------------------------- */

static inline bool
device_take_split(struct device_side *d, struct device_chain *c)
{
	const struct virtio_desc *table = d->desc;
	uint16_t *avail = d->driver;
	uint16_t at;

	if (__atomic_load_n(&avail[1], __ATOMIC_SEQ_CST) == d->avail)
		return false;
	at = c->id = avail[2 + d->avail % d->size];
	d->avail++;
	if (table[at].flags & 4) {
		uint32_t entries = table[at].len / 16;

		c->indirect = true;
		c->descs = 1;
		table = (const struct virtio_desc *)(uintptr_t)table[at].addr;
		for (uint32_t i = 0; device_add(c, table[i].addr, table[i].len, table[i].flags);
		     i = table[i].next)
			if (!(table[i].flags & 1))
				return c->n == entries;
		return false;
	}
	while (device_add(c, table[at].addr, table[at].len, table[at].flags)) {
		c->descs++;
		if (!(table[at].flags & 1))
			return true;
		at = table[at].next;
	}
	return false;
}

/* An element without its index. */
static inline void
device_write_used(struct device_side *d, uint16_t at, uint32_t id, uint32_t len)
{
	uint32_t *element = (uint32_t *)d->device + 1 + 2 * (at % d->size);

	__atomic_store_n(&element[0], id, __ATOMIC_RELAXED);
	__atomic_store_n(&element[1], len, __ATOMIC_RELAXED);
}

static inline void
device_write_used_idx(struct device_side *d, uint16_t idx)
{
	__atomic_store_n((uint16_t *)d->device + 1, idx, __ATOMIC_SEQ_CST);
}

/* -- packed: descriptors {addr, len, id, flags} ------------------------------------------------------------- */

static inline bool
device_next_slot(struct device_side *d, uint16_t *slot)
{
	if (++*slot < d->size)
		return false;
	*slot = 0;
	return true;
}

/* Devices look at the flags alone; the thread sanitizer knows an order only where both sides access the same word. */
#define DEVICE_WHOLE_WORDS PLX_THREADS_SANITIZED

/* A descriptor's flags with what they vouch for. */
static inline uint16_t
device_look(struct virtio_packed_desc *desc)
{
#if DEVICE_WHOLE_WORDS
	return (uint16_t)(__atomic_load_n((uint64_t *)(void *)&desc->len, __ATOMIC_ACQUIRE) >> 48);
#else
	return __atomic_load_n(&desc->flags, __ATOMIC_SEQ_CST);
#endif
}

static inline bool
device_take_packed(struct device_side *d, struct device_chain *c)
{
	struct virtio_packed_desc *ring = d->desc;
	uint16_t flags = device_look(&ring[d->avail]);

	if (((flags >> 7) & 1) != d->avail_wrap || ((flags >> 15) & 1) == d->avail_wrap)
		return false;
	for (;;) {
		const struct virtio_packed_desc desc = ring[d->avail];

		c->descs++;
		c->id = desc.id;
		if (device_next_slot(d, &d->avail))
			d->avail_wrap = !d->avail_wrap;
		if (desc.flags & 4) {
			const struct virtio_packed_desc *table =
				(const struct virtio_packed_desc *)(uintptr_t)desc.addr;

			c->indirect = true;
			for (uint32_t i = 0; i < desc.len / 16; i++)
				if (!device_add(c, table[i].addr, table[i].len, table[i].flags))
					return false;
			return (desc.flags & 1) == 0;
		}
		if (!device_add(c, desc.addr, desc.len, desc.flags))
			return false;
		if (!(desc.flags & 1))
			return true;
	}
}

/* A used descriptor in slot `at`, of the lap of `wrap`. */
static inline void
device_write_slot(struct device_side *d, uint16_t at, uint16_t id, uint32_t len, uint16_t flags)
{
	struct virtio_packed_desc *ring = d->desc;

#if DEVICE_WHOLE_WORDS
	__atomic_store_n((uint64_t *)(void *)&ring[at].len,
			 len | (uint64_t)id << 32 | (uint64_t)flags << 48, __ATOMIC_SEQ_CST);
#else
	__atomic_store_n(&ring[at].id, id, __ATOMIC_RELAXED);
	__atomic_store_n(&ring[at].len, len, __ATOMIC_RELAXED);
	__atomic_store_n(&ring[at].flags, flags, __ATOMIC_SEQ_CST);
#endif
}

static inline void
device_skip_used(struct device_side *d, uint16_t descs)
{
	while (descs-- > 0)
		if (device_next_slot(d, &d->used))
			d->used_wrap = !d->used_wrap;
}

/* -- both ------------------------------------------------------------------------------------------------ */

/* The next chain, if there is one and it is well formed. */
static inline bool
device_take(struct device_side *d, struct device_chain *c)
{
	c->id = c->descs = 0;
	c->n = 0;
	c->indirect = false;
	return d->packed ? device_take_packed(d, c) : device_take_split(d, c);
}

/* Returns an id with `len` bytes written, over `descs` descriptors (packed) or elements (split, a batch). */
static inline void
device_give(struct device_side *d, uint16_t id, uint32_t len, uint16_t descs)
{
	if (d->packed) {
		device_write_slot(d, d->used, id, len, d->used_wrap ? 0x8080 : 0);
		device_skip_used(d, descs);
		return;
	}
	device_write_used(d, d->used, id, len);
	d->used = (uint16_t)(d->used + descs);
	device_write_used_idx(d, d->used);
}

static inline void
device_give_back(struct device_side *d, const struct device_chain *c, uint32_t len)
{
	device_give(d, c->id, len, d->packed ? c->descs : 1);
}

/* Fills a writable chain with `len` bytes of `bytes`; false if they do not fit. */
static inline bool
device_fill(const struct device_chain *c, const void *bytes, uint32_t len)
{
	const uint8_t *from = bytes;

	for (unsigned i = 0; i < c->n; i++) {
		uint32_t part = len < c->parts[i].len ? len : c->parts[i].len;

		if (!c->parts[i].writable)
			return false;
		memcpy(c->parts[i].at, from, part);
		from += part;
		len -= part;
	}
	return len == 0;
}

/* All bytes of a chain, at most `max`. Returns how many there were. */
static inline uint32_t
device_read(const struct device_chain *c, void *to, uint32_t max)
{
	uint32_t len = 0;

	for (unsigned i = 0; i < c->n; i++) {
		uint32_t room = len < max ? max - len : 0;

		if (c->parts[i].writable)
			return 0;
		memcpy((uint8_t *)to + (len < max ? len : max), c->parts[i].at,
		       c->parts[i].len < room ? c->parts[i].len : room);
		len += c->parts[i].len;
	}
	return len;
}

/* No notifications wanted, or those past an index (EVENT_IDX). */
static inline void
device_want(struct device_side *d, bool wanted)
{
	if (d->packed)
		__atomic_store_n((uint16_t *)d->device + 1, (uint16_t)(wanted ? 0 : 1),
				 __ATOMIC_SEQ_CST);
	else
		__atomic_store_n((uint16_t *)d->device, (uint16_t)(wanted ? 0 : 1),
				 __ATOMIC_SEQ_CST);
}

static inline void
device_want_at(struct device_side *d, uint16_t event)
{
	uint16_t *words = d->device;

	if (d->packed) {
		__atomic_store_n(&words[0], event, __ATOMIC_SEQ_CST);
		__atomic_store_n(&words[1], 2, __ATOMIC_SEQ_CST);
	} else {
		__atomic_store_n(&words[2 + 4 * d->size], event, __ATOMIC_SEQ_CST);
	}
}

#endif
