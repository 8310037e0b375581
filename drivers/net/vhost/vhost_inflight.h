/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The books that outlive a back end: shared memory that the front end keeps and hands to the next one (vhost-user,
 * "Inflight I/O tracking"). What the protocol lays down comes first, our own log behind it:
 *
 *	[ ring 0 ][ ring 1 ] ... [ ring n-1 ]	[ log 0 ] ... [ log n-1 ]
 *
 * This back end gives every list back before it looks for the next ones, in order. On a split ring the guest's own used index
 * therefore says where to go on; its marks are written all the same, for a back end of another program, and read, for one may have
 * left them (vhost_marks.c). A packed ring has no such index, and giving back a batch is many stores, so each batch is written to the
 * log first: a successor finishes what it finds there. Regions of others have no log.
 */
#ifndef PLX_DRIVERS_NET_VHOST_VHOST_INFLIGHT_H
#define PLX_DRIVERS_NET_VHOST_VHOST_INFLIGHT_H

#include "plx_base.h"
#include "plx_peermem.h"
#include "plx_vhost_user.h"

struct vhost_ring;

#define VHOST_INFLIGHT_VERSION 1
#define VHOST_LOG_MAGIC	       0x676f6c2078756c70ull
#define VHOST_LOG_MAX	       64 /* lists given back together */

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

struct vhost_inflight_packed {
	uint64_t features;
	uint16_t version;
	uint16_t desc_num;
	uint16_t free_head;
	uint16_t old_free_head;
	uint16_t used_idx;
	uint16_t old_used_idx;
	uint8_t used_wrap_counter;
	uint8_t old_used_wrap_counter;
	uint8_t padding[10];
	struct vhost_inflight_desc_packed desc[];
};
PLX_STATIC_ASSERT(sizeof(struct vhost_inflight_packed) == 32, "QueueRegionPacked");

struct vhost_log_entry {
	uint64_t word; /* upper half of a used descriptor */
	uint64_t pos;
};

struct vhost_log {
	uint64_t magic;
	uint32_t nb; /* lists that are being given back; 0: none */
	uint16_t next;
	uint8_t wrap, first_wrap;
	struct vhost_log_entry entry[VHOST_LOG_MAX];
};

/* Of one ring: NULL where there are none. */
struct vhost_books {
	struct vhost_inflight_split *split;
	struct vhost_inflight_packed *packed;
	struct vhost_log *log;
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
	bool has_logs; /* behind what the protocol lays down there is room for ours */
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
/* Closes them: marks of lists that were looked at and not taken go. Gate closed; fine without books. */
void vhost_inflight_detach(struct vhost_ring *ring);

/* A batch has been given back. Path: hot where there are books. */
static inline void
vhost_books_done(struct vhost_books *books, uint16_t next, bool wrap)
{
	books->packed->used_idx = books->packed->old_used_idx = next;
	books->packed->used_wrap_counter = books->packed->old_used_wrap_counter = wrap;
	__atomic_store_n(&books->log->nb, 0, __ATOMIC_RELEASE);
}

#endif
