/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A back end that keeps the books of a packed ring as the vhost-user specification says, sentence by sentence, on the bytes alone. It
 * dies when it has taken as many steps as it is given.
 *
 *	0 features (8)  8 version (2)  10 desc_num (2)  12 free_head (2)  14 old_free_head (2)
 *	16 used_idx (2)  18 old_used_idx (2)  20 used_wrap_counter (1)  21 old_used_wrap_counter (1)
 *	32 + 32 * i: inflight (1)  padding (1)  next (2)  last (2)  num (2)  counter (8)  id (2)  flags (2)  len (4)  addr (8)
 */
#ifndef PLX_TESTS_UNIT_NET_VHOST_BOOK_PACKED_H
#define PLX_TESTS_UNIT_NET_VHOST_BOOK_PACKED_H

#define REGION 576 /* 32 + 32 * 16, up to a multiple of 64 */
#include "marks_test.h"

#define FREE_HEAD     12, 2
#define OLD_FREE_HEAD 14, 2
#define USED_IDX      16, 2
#define OLD_USED_IDX  18, 2
#define USED_WRAP     20, 1
#define OLD_USED_WRAP 21, 1
#define ENTRY(i)      (32u + 32u * (unsigned)(i))
#define INFLIGHT(i)   ENTRY(i), 1
#define NEXT(i)	      ENTRY(i) + 2, 2
#define LAST(i)	      ENTRY(i) + 4, 2
#define NUM(i)	      ENTRY(i) + 6, 2
#define COUNTER(i)    ENTRY(i) + 8, 8
#define ID(i)	      ENTRY(i) + 16, 2
#define FLAGS(i)      ENTRY(i) + 18, 2
#define LEN(i)	      ENTRY(i) + 20, 4
#define ADDR(i)	      ENTRY(i) + 24, 8
#define ALL	      1000 /* steps: more than there are */

static struct {
	unsigned avail;
	bool wrap;
	uint64_t counter;
} book[2];
static int steps; /* that it still takes before it dies */
static struct virtio_packed_desc *descs[2];

static inline bool
dies(void)
{
	return steps-- <= 0;
}

#define STEP(what)                \
	do {                      \
		if (dies())       \
			return 0; \
		what;             \
	} while (0)

static inline void
book_begin(unsigned ring)
{
	memset(books + ring * REGION, 0, REGION);
	set(ring, 8, 2, 1);
	set(ring, 10, 2, LISTS);
	set(ring, USED_WRAP, 1);
	set(ring, OLD_USED_WRAP, 1);
	for (unsigned i = 0; i < LISTS; i++)
		set(ring, NEXT(i), i + 1);
	book[ring].avail = 0;
	book[ring].wrap = true;
	book[ring].counter = 40;
}

/* "When receiving available buffers from the driver": the entry of the next list. */
static inline unsigned
book_take(unsigned ring)
{
	const unsigned e = (unsigned)get(ring, OLD_FREE_HEAD);
	bool head = true;

	for (;;) {
		const struct virtio_packed_desc d = descs[ring][book[ring].avail];
		const bool last = (d.flags & VIRTIO_DESC_F_NEXT) == 0;
		const unsigned f = (unsigned)get(ring, FREE_HEAD);

		if (head) {
			STEP(set(ring, NUM(e), 0));
			STEP(set(ring, COUNTER(e), book[ring].counter++));
			STEP(set(ring, INFLIGHT(e), 1));
		}
		head = false;
		if (last)
			STEP(set(ring, LAST(e), f));
		STEP(set(ring, NUM(e), get(ring, NUM(e)) + 1));
		STEP(set(ring, ADDR(f), d.addr));
		STEP(set(ring, LEN(f), d.len));
		STEP(set(ring, FLAGS(f), d.flags));
		STEP(set(ring, ID(f), d.id));
		STEP(set(ring, FREE_HEAD, get(ring, NEXT(f))));
		book[ring].avail = (book[ring].avail + 1) % LISTS;
		book[ring].wrap ^= book[ring].avail == 0;
		if (last)
			break;
	}
	STEP(set(ring, OLD_FREE_HEAD, get(ring, FREE_HEAD)));
	return e;
}

static inline void
book_advance(unsigned ring, unsigned by)
{
	const unsigned to = (unsigned)get(ring, USED_IDX) + by;

	set(ring, USED_IDX, to % LISTS);
	if (to >= LISTS)
		set(ring, USED_WRAP, get(ring, USED_WRAP) ^ 1);
}

/* "When supplying used buffers to the driver", a batch of one or two lists. */
static inline unsigned
book_give(unsigned ring, const unsigned *e, unsigned nb, uint32_t len)
{
	unsigned at[2];

	for (unsigned i = 0; i < nb; i++) {
		STEP(set(ring, NEXT(get(ring, LAST(e[i]))), get(ring, FREE_HEAD)));
		STEP(set(ring, FREE_HEAD, e[i]));
	}
	at[0] = (unsigned)get(ring, USED_IDX);
	at[1] = (unsigned)(at[0] + get(ring, NUM(e[0]))) % LISTS;
	STEP(for (unsigned i = 0; i < nb; i++) book_advance(ring, (unsigned)get(ring, NUM(e[i]))));
	/* The first of a batch last, so that the driver sees all or nothing. */
	for (unsigned i = nb; i-- > 0;) {
		const bool wrap = get(ring, OLD_USED_WRAP) ^ (at[i] < at[0]);

		STEP(descs[ring][at[i]].id = (uint16_t)get(ring, ID(get(ring, LAST(e[i]))));
		     descs[ring][at[i]].len = len;
		     descs[ring][at[i]].flags =
			     wrap ? VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED : 0);
	}
	for (unsigned i = 0; i < nb; i++)
		STEP(set(ring, INFLIGHT(e[i]), 0));
	STEP(set(ring, OLD_FREE_HEAD, get(ring, FREE_HEAD)));
	STEP(set(ring, OLD_USED_IDX, get(ring, USED_IDX));
	     set(ring, OLD_USED_WRAP, get(ring, USED_WRAP)));
	return 0;
}

/* "When reconnecting": the entries to be submitted again, in order. */
static inline unsigned
book_reconnect(unsigned ring, unsigned entries[LISTS])
{
	unsigned n = 0, at;

	if (get(ring, USED_IDX) != get(ring, OLD_USED_IDX)) {
		const uint16_t both = VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED;
		const uint16_t available =
			get(ring, OLD_USED_WRAP) ? VIRTIO_PACKED_F_AVAIL : VIRTIO_PACKED_F_USED;

		if ((descs[ring][get(ring, OLD_USED_IDX)].flags & both) != available) {
			set(ring, OLD_FREE_HEAD, get(ring, FREE_HEAD));
			set(ring, OLD_USED_IDX, get(ring, USED_IDX));
			set(ring, OLD_USED_WRAP, get(ring, USED_WRAP));
		}
	}
	set(ring, FREE_HEAD, get(ring, OLD_FREE_HEAD));
	set(ring, USED_IDX, get(ring, OLD_USED_IDX));
	set(ring, USED_WRAP, get(ring, OLD_USED_WRAP));
	at = (unsigned)get(ring, FREE_HEAD);
	for (unsigned i = 0; i < LISTS && at < LISTS; i++) {
		set(ring, INFLIGHT(at), 0);
		at = (unsigned)get(ring, NEXT(at));
	}
	for (unsigned i = 0; i < LISTS; i++) {
		unsigned k = n;

		if (get(ring, INFLIGHT(i)) == 0)
			continue;
		for (; k > 0 && get(ring, COUNTER(entries[k - 1])) > get(ring, COUNTER(i)); k--)
			entries[k] = entries[k - 1];
		entries[k] = i;
		n++;
	}
	return n;
}

static inline unsigned
marks(unsigned ring)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LISTS; i++)
		n += get(ring, INFLIGHT(i)) != 0;
	return n;
}

static inline unsigned
free_entries(unsigned ring)
{
	unsigned at = (unsigned)get(ring, FREE_HEAD), n = 0;

	while (n < LISTS && at < LISTS) {
		at = (unsigned)get(ring, NEXT(at));
		n++;
	}
	return n;
}

#endif
