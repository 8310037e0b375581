/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vhost-user front end and the guest's driver behind it, written for the tests and for them alone: they share the layouts of messages
 * and rings with the driver's side in drivers/net/virtio, no code, and say and do whatever a test wants. What a healthy back end never
 * does fails the test, so all but post and reap is for the test's own thread.
 *
 *	memory, from GUEST_PHYS and GUEST_USER on (two files that touch):
 *	[ ring 0: desc, avail, used ][ ring 1 ] .. [ buffers of BUF_LEN ... ]|[ second file ]
 */
#ifndef PLX_TESTS_FAKES_VHOST_GUEST_H
#define PLX_TESTS_FAKES_VHOST_GUEST_H

#include "plx_vhost_user.h"
#include "plx_virtio_spec.h"

#define GUEST_PHYS  0x40000000ull
#define GUEST_USER  0x7f1200000000ull
#define SECOND_LEN  (64u << 10)
#define RING_OFF(i) ((i)*0x10000u)
#define AVAIL_OFF   0x4000u
#define USED_OFF    0x8000u
#define BUFS_OFF    0x40000u
#define BUF_LEN	    2048u
#define RINGS	    4

/* What a guest has unless it is told otherwise before guest_begin; there is room for rings of 1,024. */
#define RING_SIZE  16
#define MEMORY_LEN (1u << 20)

struct guest {
	int sock;
	int memory_fd, second_fd;
	uint8_t *memory; /* both files, one behind the other */
	int call[RINGS];
	uint64_t features;
	unsigned ring_size;
	uint32_t memory_len;			    /* of the first file */
	uint16_t avail_idx[RINGS], used_idx[RINGS]; /* split */
	unsigned pos[RINGS];			    /* packed */
	bool wrap[RINGS];
};

/* -- messages ------------------------------------------------------------------------------------------------ */

/* Sends a message as it is told; 0 or -1. */
int say_raw(struct guest *guest, uint32_t request, uint32_t flags, const void *payload,
	    uint32_t size, const int *fds, unsigned nb_fds);
/* Says it and waits for the acknowledgement: 0, 1, or -1 if the other end hung up. `fd` may be -1. */
int say(struct guest *guest, uint32_t request, const void *payload, uint32_t size, int fd);
int say_u64(struct guest *guest, uint32_t request, uint64_t value);
int say_state(struct guest *guest, uint32_t request, uint32_t index, uint32_t num);
/* A question: the reply's payload is left in *reply. False if the other end hung up. */
bool ask(struct guest *guest, uint32_t request, const void *payload, uint32_t size,
	 struct vhost_user_msg *reply);
bool is_alive(struct guest *guest);

/* -- a front end ------------------------------------------------------------------------------------------------ */

/* Connects, no more. */
void guest_dial(struct guest *guest, const char *path);
/* The rest of it: with memory and so many rings. */
void guest_begin(struct guest *guest, uint64_t features, unsigned nb_rings);
void guest_end(struct guest *guest);

/* Parts of guest_begin. Everything up to features; all protocol features but STATUS, which would ask for one more message. */
void guest_hello(struct guest *guest, uint64_t features);
void guest_memory(struct guest *guest);
int guest_say_memory(struct guest *guest);
int guest_say_addr(struct guest *guest, uint32_t ring);
void guest_say_ring(struct guest *guest, uint32_t ring, uint32_t base);
bool guest_is_packed(const struct guest *guest);

/* -- the guest's driver --------------------------------------------------------------------------------------------- */

void *ring_part(struct guest *guest, unsigned ring, unsigned off);
uint64_t buf_phys(unsigned buf);
uint8_t *buf_at(struct guest *guest, unsigned buf);

struct piece {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
};

/* Makes a list available under the number `id` (split: the first descriptor it takes). */
void post(struct guest *guest, unsigned ring, const struct piece *pieces, unsigned n, uint16_t id);
void post_one(struct guest *guest, unsigned ring, uint64_t addr, uint32_t len, uint16_t id);
/* The next list that came back, of `n` descriptors: false if there is none. */
bool reap(struct guest *guest, unsigned ring, unsigned n, uint16_t *ret_id, uint32_t *ret_len);
void expect_back(struct guest *guest, unsigned ring, unsigned n, uint16_t id, uint32_t len);

#endif
