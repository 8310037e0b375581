/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Marks of lists in flight on split rings, as the vhost-user specification lays them down ("Inflight I/O tracking"): the region is
 * written and read here by its bytes alone, as another program's back end would.
 *
 *	0 features (8)  8 version (2)  10 desc_num (2)  12 last_batch_head (2)  14 used_idx (2)
 *	16 + 16 * i: inflight (1)  padding (5)  next (2)  counter (8)
 */
#ifndef PLX_TESTS_UNIT_NET_VHOST_BOOK_SPLIT_H
#define PLX_TESTS_UNIT_NET_VHOST_BOOK_SPLIT_H

#define REGION 320 /* 16 + 16 * 16, up to a multiple of 64 */
#include "marks_test.h"

static inline void
set_head(unsigned ring, uint16_t last_batch_head, uint16_t used_idx)
{
	set(ring, 8, 2, 1);
	set(ring, 10, 2, LISTS);
	set(ring, 12, 2, last_batch_head);
	set(ring, 14, 2, used_idx);
}

static inline void
set_list(unsigned ring, uint16_t head, bool inflight, uint16_t next, uint64_t counter)
{
	set(ring, 16 + 16 * head, 1, inflight);
	set(ring, 16 + 16 * head + 6, 2, next);
	set(ring, 16 + 16 * head + 8, 8, counter);
}

/* What a back end of another program does when it connects, word by word; the heads to be submitted again, in order. */
static inline unsigned
read_by_the_book(unsigned ring, uint16_t used_idx, uint16_t heads[LISTS])
{
	uint64_t counters[LISTS];
	unsigned n = 0;

	if (get(ring, 14, 2) != used_idx) {
		uint16_t batch = (uint16_t)(used_idx - get(ring, 14, 2));
		uint16_t head = (uint16_t)get(ring, 12, 2);

		for (uint16_t i = 0; i < batch; i++) {
			assert_true(head < LISTS);
			set(ring, 16 + 16 * head, 1, 0);
			head = (uint16_t)get(ring, 16 + 16 * head + 6, 2);
		}
		set(ring, 14, 2, used_idx);
	}
	for (uint16_t head = 0; head < LISTS; head++) {
		uint64_t counter = get(ring, 16 + 16 * head + 8, 8);
		unsigned at = n;

		if (get(ring, 16 + 16 * head, 1) == 0)
			continue;
		for (; at > 0 && counters[at - 1] > counter; at--) {
			counters[at] = counters[at - 1];
			heads[at] = heads[at - 1];
		}
		counters[at] = counter;
		heads[at] = head;
		n++;
	}
	return n;
}

static inline unsigned
marks(unsigned ring)
{
	unsigned n = 0;

	for (uint16_t head = 0; head < LISTS; head++)
		n += get(ring, 16 + 16 * head, 1) != 0;
	return n;
}

#endif
