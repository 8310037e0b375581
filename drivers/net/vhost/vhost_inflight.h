/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The books that outlive a back end: shared memory that the front end keeps and hands to the next one (vhost-user,
 * "Inflight I/O tracking"), as the protocol lays it down:
 *
 *	[ ring 0 ][ ring 1 ] ... [ ring n-1 ]
 *
 * This back end gives every list back before it looks for the next ones, in order. On a split ring the guest's own used index
 * therefore says where to go on; its marks are written all the same, for a back end of another program, and read, for one may have
 * left them (vhost_marks.c). A packed ring has no such index, so the books say where it is, and lists are given back one by one
 * (vhost_marks_packed.c).
 */
#ifndef PLX_DRIVERS_NET_VHOST_VHOST_INFLIGHT_H
#define PLX_DRIVERS_NET_VHOST_VHOST_INFLIGHT_H

#include "plx_base.h"
#include "plx_peermem.h"
#include "plx_vhost_user.h"

struct vhost_ring;

#define VHOST_INFLIGHT_VERSION 1

struct vhost_inflight_desc_split {
	uint8_t inflight;
	uint8_t padding[5];
	uint16_t next;
	uint64_t counter;
};
PLX_STATIC_ASSERT(sizeof(struct vhost_inflight_desc_split) == 16, "DescStateSplit");

struct vhost_inflight_split {
	uint64_t features;
	uint16_t version;
	uint16_t desc_num;
	uint16_t last_batch_head;
	uint16_t used_idx;
	struct vhost_inflight_desc_split desc[];
};
PLX_STATIC_ASSERT(sizeof(struct vhost_inflight_split) == 16, "QueueRegionSplit");

struct vhost_inflight_desc_packed {
	uint8_t inflight;
	uint8_t padding;
	uint16_t next;
	uint16_t last;
	uint16_t num;
	uint64_t counter;
	uint16_t id;
	uint16_t flags;
	uint32_t len;
	uint64_t addr;
};
PLX_STATIC_ASSERT(sizeof(struct vhost_inflight_desc_packed) == 32, "DescStatePacked");

/* All in one aligned word. */
union vhost_inflight_where {
	struct {
		uint16_t used_idx;
		uint16_t old_used_idx;
		uint8_t used_wrap_counter;
		uint8_t old_used_wrap_counter;
		uint8_t padding[2];
	};
	uint64_t all;
};

struct vhost_inflight_packed {
	uint64_t features;
	uint16_t version;
	uint16_t desc_num;
	uint16_t free_head;
	uint16_t old_free_head;
	union vhost_inflight_where where;
	uint8_t padding[8];
	struct vhost_inflight_desc_packed desc[];
};
PLX_STATIC_ASSERT(offsetof(struct vhost_inflight_packed, where) == 16, "aligned: one store");
PLX_STATIC_ASSERT(sizeof(struct vhost_inflight_packed) == 32, "QueueRegionPacked");

/* A list that was taken and not given back. */
struct vhost_mark {
	uint64_t counter; /* later ones have higher */
	uint16_t head;
	uint16_t last, nb_desc; /* of packed rings */
};

/* Of one ring: NULL where there are none. */
struct vhost_books {
	struct vhost_inflight_split *split;
	struct vhost_inflight_packed *packed;
	/* Of split rings. */
	uint64_t counter;   /* of the next mark */
	uint64_t first_own; /* the first that we made */
	uint16_t marked;    /* the index up to which lists are */
};

struct vhost_inflight {
	uint8_t *map; /* NULL: none */
	size_t size;
	struct plx_peermem file;
	uint16_t nb_queues, queue_size;
	size_t stride;
	bool packed;
};

/* Makes the memory for so many rings; *ret_fd is the caller's to send and close. */
int vhost_inflight_create(struct vhost_inflight *inflight, const struct vhost_user_inflight *asked,
			  bool packed, struct vhost_user_inflight *ret_told, int *ret_fd,
			  struct plx_why *why);
/* Takes memory that a back end before us kept its books in; the fd stays the caller's. */
int vhost_inflight_adopt(struct vhost_inflight *inflight, const struct vhost_user_inflight *told,
			 bool packed, int fd, int fault_fd, struct plx_why *why);
void vhost_inflight_drop(struct vhost_inflight *inflight);
/*
 * Opens the books of a ring whose addresses are known, finishes what they say was begun, and sets where it goes on. -EINVAL with
 * why if they cannot be true.
 */
int vhost_inflight_attach(const struct vhost_inflight *inflight, struct vhost_ring *ring,
			  struct plx_why *why);
/*
 * The ring is stopped in order: where it begins next is the front end's to say, which may have reset it, unless there are still lists in
 * flight that are known by the books alone. To be called before it is detached.
 */
void vhost_inflight_stop(struct vhost_ring *ring);
/* Closes them: marks of lists that were looked at and not taken go. Gate closed; fine without books. */
void vhost_inflight_detach(struct vhost_ring *ring);

#endif
