/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The marks of a split ring's lists in flight (vhost-user, "Inflight I/O tracking"), as any back end can read them, and as any may
 * have left them:
 *
 *	looked at	(A) desc[head].counter	(B) desc[head].inflight = 1
 *	given back	(C) desc[head].next = last_batch_head, last_batch_head = head, for each of the batch
 *			(D) the used ring's idx	(E) desc[head].inflight = 0, for each	(F) used_idx
 *
 * Killed between D and F, used_idx is not the ring's own, and the batch that was given back is the chain from last_batch_head
 * on. What is marked then was taken and never given back: it goes first, in the order of the counters, and the available ring is
 * gone on with behind as many. This back end takes in order and gives back in order, so its own marks say what the ring says; those
 * of others may be of any lists.
 *
 * A front end may write anything into the region. All of it is read once and checked.
 */
#include "vhost.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define READ(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

/* -- written: the data path, where there are books ------------------------------------------------------------------ */

void
vhost_marks_take(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned from)
{
	struct vhost_books *books = &ring->books;
	uint16_t pos = (uint16_t)(batch->pos - (batch->nb - from));

	for (unsigned i = from; i < batch->nb; i++, pos++) {
		struct vhost_inflight_desc_split *desc = &books->split->desc[batch->slot[i].id];

		if ((int16_t)(pos - books->marked) < 0)
			continue;		  /* looked at before, and left */
		desc->counter = books->counter++; /* A */
		__atomic_store_n(&desc->inflight, 1, __ATOMIC_RELEASE); /* B */
		books->marked = (uint16_t)(pos + 1);
	}
}

void
vhost_marks_link(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb)
{
	struct vhost_inflight_split *split = ring->books.split;

	for (unsigned i = 0; i < nb; i++) { /* C */
		const uint16_t head = batch->slot[i].id;

		split->desc[head].next = READ(split->last_batch_head);
		__atomic_store_n(&split->last_batch_head, head, __ATOMIC_RELEASE);
	}
}

void
vhost_marks_give(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb)
{
	struct vhost_inflight_split *split = ring->books.split;

	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* D before E, as who comes after us reads them */
	for (unsigned i = 0; i < nb; i++)
		__atomic_store_n(&split->desc[batch->slot[i].id].inflight, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&split->used_idx, ring->next, __ATOMIC_RELEASE); /* F */
}

void
vhost_marks_drop(struct vhost_ring *ring)
{
	const struct vhost_books *books = &ring->books;

	/* Those of other counters are taken lists that are still to be given back. */
	for (unsigned i = 0; i < ring->size; i++) {
		struct vhost_inflight_desc_split *desc = &books->split->desc[i];

		if (READ(desc->inflight) != 0 &&
		    READ(desc->counter) - books->first_own < books->counter - books->first_own)
			__atomic_store_n(&desc->inflight, 0, __ATOMIC_RELAXED);
	}
}

/* -- read: a ring is attached ---------------------------------------------------------------------------------------- */

static int
by_counter(const void *a, const void *b)
{
	const struct vhost_mark *x = a, *y = b;

	if (x->counter != y->counter)
		return x->counter < y->counter ? -1 : 1;
	return x->head - y->head;
}

void
vhost_marks_sort(struct vhost_mark *marks, unsigned nb)
{
	qsort(marks, nb, sizeof(*marks), by_counter);
}

static void
begin_region(struct vhost_inflight_split *split, uint16_t desc_num, uint16_t used_idx)
{
	for (unsigned i = 0; i < desc_num; i++)
		split->desc[i] = (struct vhost_inflight_desc_split){0};
	split->features = 0;
	split->desc_num = desc_num;
	split->last_batch_head = 0;
	split->used_idx = used_idx;
	__atomic_store_n(&split->version, VHOST_INFLIGHT_VERSION, __ATOMIC_RELEASE);
}

/* The last batch had been given back when its marks could not be taken off any more. */
static void
settle_last_batch(const struct vhost_ring *ring, struct vhost_inflight_split *split)
{
	uint16_t nb = (uint16_t)(ring->next - READ(split->used_idx));
	uint16_t head = READ(split->last_batch_head);

	for (uint16_t i = 0; i < nb && i < ring->size && head < ring->size; i++) {
		__atomic_store_n(&split->desc[head].inflight, 0, __ATOMIC_RELAXED);
		head = READ(split->desc[head].next);
	}
	__atomic_store_n(&split->used_idx, ring->next, __ATOMIC_RELEASE);
}

/* All marks, in their order; how many, or an error. */
static int
collect(const struct vhost_ring *ring, const struct vhost_inflight_split *split, uint16_t desc_num,
	struct vhost_mark *marks, struct plx_why *why)
{
	const uint16_t out = (uint16_t)(READ(ring->split.avail->idx) - ring->next);
	unsigned nb = 0;

	for (unsigned i = 0; i < desc_num; i++) {
		const uint8_t inflight = READ(split->desc[i].inflight);

		if (inflight == 0)
			continue;
		if (inflight != 1 || i >= ring->size)
			return plx_why(
				why, -EINVAL,
				"ring %u: the books of what is in flight are nonsense: mark %u "
				"of list %u of %u",
				ring->index, inflight, i, ring->size);
		marks[nb++] = (struct vhost_mark){READ(split->desc[i].counter), (uint16_t)i};
	}
	if (nb > out)
		return plx_why(why, -EINVAL,
			       "ring %u: the books say that %u lists are in flight, the ring that "
			       "%u are out",
			       ring->index, nb, out);
	vhost_marks_sort(marks, nb);
	return (int)nb;
}

static int
resume(struct vhost_ring *ring, struct vhost_books *books, const struct vhost_mark *marks,
       unsigned nb, struct plx_why *why)
{
	books->first_own = books->counter = nb > 0 ? marks[nb - 1].counter + 1 : 0;
	books->marked = (uint16_t)(ring->next + nb);
	if (nb == 0)
		return 0;
	ring->resumed = malloc(ring->size * sizeof(*ring->resumed));
	if (ring->resumed == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < nb; i++)
		ring->resumed[(ring->next + i) & (ring->size - 1)] = marks[i].head;
	ring->nb_resumed = (uint16_t)nb;
	return 0;
}

int
vhost_marks_check_head(const struct vhost_ring *ring, uint16_t version, uint16_t said,
		       uint64_t features, uint16_t desc_num, struct plx_why *why)
{
	if (version == VHOST_INFLIGHT_VERSION && said >= ring->size && said <= desc_num &&
	    features == 0)
		return 0;
	return plx_why(why, -EINVAL,
		       "ring %u: books of version %u for %u descriptors, with features 0x%" PRIx64
		       "; known is version %u without any, for %u to %u",
		       ring->index, version, said, features, VHOST_INFLIGHT_VERSION, ring->size,
		       desc_num);
}

int
vhost_marks_open(struct vhost_ring *ring, struct vhost_books *books, uint16_t desc_num,
		 struct plx_why *why)
{
	struct vhost_inflight_split *split = books->split;
	const uint16_t version = READ(split->version), said = READ(split->desc_num);
	struct vhost_mark *marks;
	int ret;

	if (version == 0) {
		begin_region(split, desc_num, ring->next);
		return resume(ring, books, NULL, 0, why);
	}
	ret = vhost_marks_check_head(ring, version, said, READ(split->features), desc_num, why);
	if (ret != 0)
		return ret;
	marks = malloc(desc_num * sizeof(*marks));
	if (marks == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	settle_last_batch(ring, split);
	ret = collect(ring, split, said, marks, why);
	if (ret >= 0)
		ret = resume(ring, books, marks, (unsigned)ret, why);
	free(marks);
	return ret;
}
