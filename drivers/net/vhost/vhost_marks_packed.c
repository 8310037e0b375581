/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The marks of a packed ring's lists in flight (vhost-user, "Inflight I/O tracking"), as any back end can read them, and as any may
 * have left them:
 *
 *	entry[free_head] -> entry -> ...	that stand for nothing
 *	entry[head] -> ... -> entry[last]	one list in flight, its descriptors copied: those in the ring may be gone
 *	(old_)used_idx, (old_)used_wrap_counter	where the next list is given back
 *
 * Lists are given back one by one where there are books, each by four steps, of which a successor finds the first few:
 *
 *	(A) the list's entries in front of the free ones, if it has any	(B) used_idx: ahead, old_used_idx: here
 *	(C) the descriptor in the ring: it is given back	(D) inflight = 0, old_free_head = free_head
 *
 * and B of the next, or of nothing, moves old_used_idx. Between B and C the descriptor at old_used_idx is still available: not given
 * back. What is in flight then goes first, in the order of the counters, and the ring is gone on with behind as many descriptors. This
 * back end takes in order and gives back in order, so what it has taken is in the ring until it is given back, and it makes no entries; those
 * of others may be of any lists, and their descriptors are served from a copy that lies as they would lie in the ring.
 *
 * A front end may write anything into the region. All of it is read once and checked.
 */
#include "vhost.h"

#include <errno.h>
#include <stdlib.h>

#define READ(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

/* A place in the ring. */
struct place {
	uint16_t pos;
	bool wrap;
};

static struct place
behind(const struct vhost_ring *ring, struct place at, unsigned nb_desc)
{
	const unsigned pos = at.pos + nb_desc;

	return pos < ring->size ? (struct place){(uint16_t)pos, at.wrap}
				: (struct place){(uint16_t)(pos - ring->size), !at.wrap};
}

/* Both places at once: whoever comes next never sees one without the other. */
static void
set_where(struct vhost_inflight_packed *packed, struct place used, struct place old)
{
	const union vhost_inflight_where where = {.used_idx = used.pos,
						  .old_used_idx = old.pos,
						  .used_wrap_counter = used.wrap,
						  .old_used_wrap_counter = old.wrap};

	__atomic_store_n(&packed->where.all, where.all, __ATOMIC_RELEASE);
}

/* -- written: lists are given back --------------------------------------------------------------------------------- */

void
vhost_marks_link_packed(struct vhost_ring *ring, const struct vhost_slot *slot)
{
	const struct place at = {slot->pos, slot->wrap};
	struct vhost_inflight_packed *packed = ring->books.packed;

	if (slot->resumed) { /* A */
		const struct place end = behind(ring, at, slot->nb_desc - 1u);

		packed->desc[ring->resumed[end.pos]].next = READ(packed->free_head);
		__atomic_store_n(&packed->free_head, ring->resumed[at.pos], __ATOMIC_RELEASE);
	}
	set_where(packed, behind(ring, at, slot->nb_desc), at); /* B */
}

void
vhost_marks_give_packed(struct vhost_ring *ring, const struct vhost_slot *slot)
{
	const struct place next =
		behind(ring, (struct place){slot->pos, slot->wrap}, slot->nb_desc);
	struct vhost_inflight_packed *packed = ring->books.packed;

	if (slot->resumed) { /* D */
		__atomic_store_n(&packed->desc[ring->resumed[slot->pos]].inflight, 0,
				 __ATOMIC_RELEASE);
		__atomic_store_n(&packed->old_free_head, READ(packed->free_head), __ATOMIC_RELEASE);
	}
	set_where(packed, next, next);
}

/* -- read: a ring is attached ---------------------------------------------------------------------------------------- */

void
vhost_marks_begin_packed(struct vhost_inflight_packed *packed, uint16_t desc_num, uint16_t pos,
			 bool wrap)
{
	const struct place at = {pos, wrap};

	for (unsigned i = 0; i < desc_num; i++)
		packed->desc[i] = (struct vhost_inflight_desc_packed){.next = (uint16_t)(i + 1)};
	packed->features = 0;
	packed->desc_num = desc_num;
	packed->free_head = packed->old_free_head = 0;
	set_where(packed, at, at);
}

/* Where the ring is gone on with: a list that was being given back has been, or has not. */
static int
settle(struct vhost_ring *ring, struct vhost_inflight_packed *packed, struct plx_why *why)
{
	const union vhost_inflight_where where = {.all = READ(packed->where.all)};
	struct place used = {where.used_idx, where.used_wrap_counter != 0};
	const struct place old = {where.old_used_idx, where.old_used_wrap_counter != 0};
	bool given_back = false;

	if (where.used_idx >= ring->size || where.old_used_idx >= ring->size ||
	    where.used_wrap_counter > 1 || where.old_used_wrap_counter > 1)
		return plx_why(why, -EINVAL,
			       "ring %u: the books say that its lists are given back at %u (%u), "
			       "before at %u (%u), of %u descriptors",
			       ring->index, where.used_idx, where.used_wrap_counter,
			       where.old_used_idx, where.old_used_wrap_counter, ring->size);
	if (used.pos != old.pos || used.wrap != old.wrap)
		given_back = !vhost_packed_is_available(
			__atomic_load_n(&ring->packed_ring.desc[old.pos].flags, __ATOMIC_ACQUIRE),
			old.wrap);
	if (given_back) {
		packed->old_free_head = READ(packed->free_head);
	} else {
		packed->free_head = READ(packed->old_free_head);
		used = old;
	}
	set_where(packed, used, used);
	ring->next = used.pos;
	ring->wrap = used.wrap;
	return 0;
}

/* A list whose taking was not finished, or whose giving back was, is among these. */
static void
clear_free(struct vhost_inflight_packed *packed, uint16_t desc_num)
{
	uint16_t at = READ(packed->free_head);

	for (unsigned i = 0; i < desc_num && at < desc_num; i++) {
		__atomic_store_n(&packed->desc[at].inflight, 0, __ATOMIC_RELAXED);
		at = READ(packed->desc[at].next);
	}
}

static int
nonsense(const struct vhost_ring *ring, unsigned inflight, const struct vhost_mark *mark,
	 struct plx_why *why)
{
	return plx_why(why, -EINVAL,
		       "ring %u: the books of what is in flight are nonsense: mark %u of a list of "
		       "%u descriptors from %u to %u, of %u",
		       ring->index, inflight, mark->nb_desc, mark->head, mark->last, ring->size);
}

/* All marks, in their order; how many, or an error. */
static int
collect(const struct vhost_ring *ring, const struct vhost_inflight_packed *packed,
	uint16_t desc_num, struct vhost_mark *marks, struct plx_why *why)
{
	unsigned nb = 0, nb_desc = 0;

	for (unsigned i = 0; i < desc_num; i++) {
		const struct vhost_inflight_desc_packed *desc = &packed->desc[i];
		const uint8_t inflight = READ(desc->inflight);
		const struct vhost_mark mark = {READ(desc->counter), (uint16_t)i, READ(desc->last),
						READ(desc->num)};

		if (inflight == 0)
			continue;
		nb_desc += mark.nb_desc;
		if (inflight != 1 || nb_desc > ring->size)
			return nonsense(ring, inflight, &mark, why);
		marks[nb++] = mark;
	}
	vhost_marks_sort(marks, nb);
	return (int)nb;
}

/* A list's descriptors, from `at` on, as if the driver had just made them available there. */
static int
copy_list(struct vhost_ring *ring, const struct vhost_inflight_packed *packed, uint16_t desc_num,
	  const struct vhost_mark *mark, struct place *at, struct plx_why *why)
{
	const uint16_t kept = VIRTIO_DESC_F_WRITE | VIRTIO_DESC_F_INDIRECT;
	uint16_t entry = mark->head;

	for (unsigned left = mark->nb_desc; left > 0; left--) {
		const struct vhost_inflight_desc_packed *desc = &packed->desc[entry];
		uint16_t flags = READ(desc->flags) & kept;

		flags |= left > 1 ? VIRTIO_DESC_F_NEXT : 0;
		flags |= at->wrap ? VIRTIO_PACKED_F_AVAIL : VIRTIO_PACKED_F_USED;
		ring->resumed[at->pos] = entry;
		ring->resumed_desc[at->pos] = (struct virtio_packed_desc){
			READ(desc->addr), READ(desc->len), READ(desc->id), flags};
		*at = behind(ring, *at, 1);
		if (left == 1 && entry == mark->last)
			return 0;
		entry = READ(desc->next);
		if (entry >= desc_num)
			break;
	}
	return nonsense(ring, 1, mark, why);
}

static int
resume(struct vhost_ring *ring, const struct vhost_inflight_packed *packed, uint16_t desc_num,
       const struct vhost_mark *marks, unsigned nb, struct plx_why *why)
{
	struct place at = {ring->next, ring->wrap};

	if (nb == 0)
		return 0;
	ring->resumed = calloc(ring->size, sizeof(*ring->resumed));
	ring->resumed_desc = calloc(ring->size, sizeof(*ring->resumed_desc));
	if (ring->resumed == NULL || ring->resumed_desc == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < nb; i++) {
		int ret = copy_list(ring, packed, desc_num, &marks[i], &at, why);

		if (ret != 0)
			return ret;
	}
	ring->nb_resumed = (uint16_t)nb;
	return 0;
}

int
vhost_marks_open_packed(struct vhost_ring *ring, struct vhost_books *books, uint16_t desc_num,
			struct plx_why *why)
{
	struct vhost_inflight_packed *packed = books->packed;
	const uint16_t version = READ(packed->version), said = READ(packed->desc_num);
	struct vhost_mark *marks;
	int ret;

	if (version == 0) {
		vhost_marks_begin_packed(packed, desc_num, ring->next, ring->wrap);
		__atomic_store_n(&packed->version, VHOST_INFLIGHT_VERSION, __ATOMIC_RELEASE);
		return 0;
	}
	ret = vhost_marks_check_head(ring, version, said, READ(packed->features), desc_num, why);
	if (ret == 0)
		ret = settle(ring, packed, why);
	if (ret != 0)
		return ret;
	marks = malloc(said * sizeof(*marks));
	if (marks == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	clear_free(packed, said);
	ret = collect(ring, packed, said, marks, why);
	if (ret >= 0)
		ret = resume(ring, packed, said, marks, (unsigned)ret, why);
	free(marks);
	return ret;
}
