/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of net_vhost share: the port, its conversation, the front end's memory and rings.
 *
 *	front end --socket--> messages (control thread, vhost_protocol.c) --> memory, rings
 *	guest's tx ring --copy--> rx_burst of queue i		ring 2i + 1
 *	guest's rx ring <--copy-- tx_burst of queue i		ring 2i
 *
 * Two kinds of threads: the control thread (and the main lcore, in start and stop) changes memory and rings under
 * port->lock and only behind closed gates; an lcore touches its ring only behind the open gate, without a lock.
 * Everything in the front end's memory is hostile: copied once, then checked.
 */
#ifndef PLX_DRIVERS_NET_VHOST_VHOST_H
#define PLX_DRIVERS_NET_VHOST_VHOST_H

#include "plx_ethdev_driver.h"
#include "plx_event.h"
#include "plx_gate.h"
#include "plx_peermem.h"
#include "plx_vhost_user.h"
#include "plx_virtio_spec.h"
#include "plx_vnet_driver.h"
#include "vhost_inflight.h"

#include <pthread.h>
#include <string.h>

#define VHOST_PAIRS_MAX	 PLX_ETHDEV_QUEUES_MAX
#define VHOST_RINGS_MAX	 (2 * VHOST_PAIRS_MAX)
#define VHOST_SLOTS_MAX	 32  /* regions of memory */
#define VHOST_BATCH	 64  /* descriptor lists looked at together */
#define VHOST_PIECES_MAX 512 /* pieces a descriptor list, or a packet, may be spread over */
#define VHOST_WAIT_MS	 500 /* the longest that a message may take once it has begun */
#define VHOST_PATH_MAX	 108 /* of a UNIX socket */

/* -- devargs (vhost_args.c) -------------------------------------------------------------------------------- */

struct vhost_args {
	char iface[VHOST_PATH_MAX];
	uint64_t queues;
	bool client;
	bool tso;
	uint8_t mac[6];	      /* of the port; zero: made up */
	uint8_t guest_mac[6]; /* told to the front end; zero: its own choice */
};

int vhost_args_parse(const char *text, struct vhost_args *ret_args, struct plx_why *why);

/* -- the front end's memory (vhost_memory.c) ------------------------------------------------------------------ */

struct vhost_region {
	uint64_t guest_phys; /* what descriptors say */
	uint64_t userspace;  /* what VRING_ADDR says */
	uint64_t size;
	uint8_t *at; /* here */
	struct plx_peermem file;
	uint64_t offset;      /* in the file */
	uint64_t identity[2]; /* of the file: device and inode */
	unsigned added;	      /* times that it was; it goes when it was removed as often */
};

/* Sorted by guest_phys, without overlaps. */
struct vhost_memory {
	unsigned nb;
	struct vhost_region region[VHOST_SLOTS_MAX];
};

/*
 * Maps a region; the fd stays the caller's. -EINVAL with what is wrong with it. One that is there already, of the same file, is
 * counted: QEMU 7 tells of it once for each pair of queues.
 */
int vhost_memory_add(struct vhost_memory *memory, const struct vhost_user_region *said, int fd,
		     int fault_fd, struct plx_why *why);
/* -ENOENT if no region is just like that. */
int vhost_memory_remove(struct vhost_memory *memory, const struct vhost_user_region *said);
void vhost_memory_clear(struct vhost_memory *memory);
/* `len` bytes at a userspace address, which must lie in one region; NULL otherwise. */
void *vhost_memory_ring(const struct vhost_memory *memory, uint64_t address, uint64_t len);
/* A region was found to be shorter than it was said to be. */
bool vhost_memory_faulted(const struct vhost_memory *memory);

static inline bool
vhost_region_has(const struct vhost_region *region, uint64_t guest_phys)
{
	return guest_phys - region->guest_phys < region->size;
}

/* The region of a guest address, NULL if there is none. */
const struct vhost_region *
vhost_memory_find(const struct vhost_memory *memory, uint64_t guest_phys);

/* -- descriptor lists and rings (vhost_ring.c, vhost_chain.c, vhost_split.c, vhost_packed.c) ------------------------ */

struct vhost_piece {
	uint8_t *at;
	uint32_t len;
};

/* The bytes of a descriptor list, translated. */
struct vhost_chain {
	unsigned nb;
	uint32_t len;
	struct vhost_piece piece[VHOST_PIECES_MAX];
};

/* One descriptor list that the guest made available. */
struct vhost_slot {
	uint8_t *at;  /* where its bytes are, if it is one descriptor in one region; else NULL */
	uint32_t len; /* how many, if so */
	uint32_t used_len; /* what goes back to the guest */
	uint16_t id;	   /* split: head; packed: buffer id */
	uint16_t pos;	   /* packed: slot of the ring it begins in */
	uint16_t nb_desc;  /* packed: slots of the ring it takes */
	bool wrap;	   /* packed: wrap counter at pos */
	bool resumed;	   /* packed: a back end before us had taken it */
};

/* The lists from ring->next on that were looked at, not yet given back. */
struct vhost_batch {
	unsigned nb;
	uint16_t pos; /* what follows the last one: split index, packed slot */
	bool wrap;
	struct vhost_slot slot[VHOST_BATCH];
};

/* One virtqueue. The first part is the data path's. */
struct vhost_ring {
	struct plx_gate gate; /* open: attached, enabled, sound, and the port runs */
	bool packed;
	bool write;	/* the guest's buffers are written: its receive ring */
	bool event_idx; /* negotiated */
	bool in_order;	/* negotiated */
	bool wrap;	/* packed: of next */
	bool broken;	/* the guest wrote nonsense; atomic, told by the lcore */
	uint16_t size;
	uint16_t next;	     /* split: index of the next list, free-running; packed: its slot */
	uint16_t seen;	     /* split: avail->idx as last read */
	uint16_t nb_resumed; /* lists from next on that a back end before us had taken: ... */
	const struct vhost_memory *memory;
	const struct vhost_region *last; /* where the last list was */
	union {
		struct {
			const struct virtio_desc *desc;
			const struct virtio_avail *avail;
			struct virtio_used *used;
		} split;
		struct {
			struct virtio_packed_desc *desc;
			const struct virtio_packed_event *driver;
			struct virtio_packed_event *device;
		} packed_ring;
	};
	uint16_t *
		resumed; /* ... by place in the ring, split: their heads; packed: their entries in the books, ... */
	struct virtio_packed_desc *resumed_desc; /* ... and descriptors */
	struct vhost_books books; /* in flight: none where they were not negotiated */
	uint32_t since; /* descriptors given back since the guest was last thought of calling */
	int call_fd;	/* -1: nobody wants to be called */
	int trouble_fd;
	uint64_t calls;

	/* The control thread's. */
	bool attached;
	bool enabled;
	bool off; /* our queue was stopped alone; atomic, as bursts that find the gate closed read it */
	bool has_addr, has_kick, has_base;
	bool told; /* that it is broken */
	uint16_t index;
	int kick_fd, err_fd;
	struct vhost_user_addr addr;
} PLX_CACHE_ALIGNED;

/* Resolves and checks addresses; resumes where the ring was left. -EINVAL with why. Gate closed. */
int vhost_ring_attach(struct vhost_ring *ring, const struct vhost_memory *memory, uint64_t features,
		      struct plx_why *why);
/* The guest may do with the ring what it likes from here on. Gate closed. */
void vhost_ring_detach(struct vhost_ring *ring);
/* As before the first message: closes its fds. */
void vhost_ring_reset(struct vhost_ring *ring);
static inline bool
vhost_ring_is_broken(const struct vhost_ring *ring)
{
	return __atomic_load_n(&ring->broken, __ATOMIC_RELAXED);
}

static inline bool
vhost_ring_is_off(const struct vhost_ring *ring)
{
	return __atomic_load_n(&ring->off, __ATOMIC_RELAXED);
}

/* Marks it broken and wakes the control thread, which tells it. From the data path; once. */
void vhost_ring_break(struct vhost_ring *ring) PLX_COLD;
/* In VRING_BASE's form. */
uint32_t vhost_ring_base(const struct vhost_ring *ring);
void vhost_ring_set_base(struct vhost_ring *ring, uint32_t base);
/* Calls the guest if it wants to be called for what was published since the last time. */
void vhost_ring_call(struct vhost_ring *ring);

/* Up to `want` lists into the batch, which it began by vhost_batch_begin. Returns how many there are in it. */
unsigned vhost_split_more(struct vhost_ring *ring, struct vhost_batch *batch, unsigned want);
unsigned vhost_packed_more(struct vhost_ring *ring, struct vhost_batch *batch, unsigned want);
/* Gives the first nb back to the guest and moves on. */
void vhost_split_publish(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb);
void vhost_packed_publish(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb);
bool vhost_split_wants_call(const struct vhost_ring *ring);
bool vhost_packed_wants_call(const struct vhost_ring *ring);

/* 2.8.1: the driver made the descriptor with these flags available in the round of that wrap counter. */
static inline bool
vhost_packed_is_available(uint16_t flags, bool wrap)
{
	return ((flags & VIRTIO_PACKED_F_AVAIL) != 0) == wrap &&
	       ((flags & VIRTIO_PACKED_F_USED) != 0) != wrap;
}

/* Where the descriptors of a list are: in the ring, or with what was resumed. */
static inline const struct virtio_packed_desc *
vhost_packed_table(const struct vhost_ring *ring, bool resumed)
{
	return PLX_UNLIKELY(resumed) ? ring->resumed_desc : ring->packed_ring.desc;
}

/* Marks of lists in flight on split rings (vhost_marks.c). Reads those that are there; -EINVAL with why if they cannot be true. */
int vhost_marks_open(struct vhost_ring *ring, struct vhost_books *books, uint16_t desc_num,
		     struct plx_why *why);
/* Takes off those of lists that were looked at and not given back: they stay with the guest. */
void vhost_marks_drop(struct vhost_ring *ring);
/* Lists of the batch from `from` on are looked at; the first nb are about to be given back, and have been. Path: slow copies. */
void
vhost_marks_take(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned from) PLX_COLD;
void
vhost_marks_link(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb) PLX_COLD;
void
vhost_marks_give(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb) PLX_COLD;
/* What both kinds of books begin with is as it must be for this ring; -EINVAL with why if not. */
int vhost_marks_check_head(const struct vhost_ring *ring, uint16_t version, uint16_t said,
			   uint64_t features, uint16_t desc_num, struct plx_why *why);
/* In the order in which they were taken, of both kinds. */
void vhost_marks_sort(struct vhost_mark *marks, unsigned nb);

/* The same on packed rings (vhost_marks_packed.c): made, read, ... */
void vhost_marks_begin_packed(struct vhost_inflight_packed *packed, uint16_t desc_num, uint16_t pos,
			      bool wrap);
int vhost_marks_open_packed(struct vhost_ring *ring, struct vhost_books *books, uint16_t desc_num,
			    struct plx_why *why);
/* ... and written before and after a list is given back. Path: slow copies. */
void vhost_marks_link_packed(struct vhost_ring *ring, const struct vhost_slot *slot) PLX_COLD;
void vhost_marks_give_packed(struct vhost_ring *ring, const struct vhost_slot *slot) PLX_COLD;

/*
 * The header and the first bytes of the packet, which are copied soon: from there, or to there. A line in which only the header is
 * is rarely written (vhost_tx.c).
 */
static inline void
vhost_slot_prefetch(const struct vhost_slot *slot, bool write)
{
	if (PLX_UNLIKELY(slot->at == NULL))
		return;
	if (write) {
		if ((uintptr_t)slot->at % PLX_CACHE_LINE < PLX_CACHE_LINE - VIRTIO_NET_HDR_LEN)
			plx_prefetch_write(slot->at);
		else
			plx_prefetch(slot->at);
		plx_prefetch_write(slot->at + PLX_CACHE_LINE);
	} else {
		plx_prefetch(slot->at);
		plx_prefetch(slot->at + PLX_CACHE_LINE);
	}
}

static inline void
vhost_batch_begin(const struct vhost_ring *ring, struct vhost_batch *batch)
{
	batch->nb = 0;
	batch->pos = ring->next;
	batch->wrap = ring->wrap;
}

static inline unsigned
vhost_batch_more(struct vhost_ring *ring, struct vhost_batch *batch, unsigned want)
{
	return ring->packed ? vhost_packed_more(ring, batch, want)
			    : vhost_split_more(ring, batch, want);
}

static inline void
vhost_batch_publish(struct vhost_ring *ring, const struct vhost_batch *batch, unsigned nb)
{
	if (ring->packed)
		vhost_packed_publish(ring, batch, nb);
	else
		vhost_split_publish(ring, batch, nb);
}

/* From here on the copy is what counts: the compiler must not go back to where it came from. */
#define VHOST_PRIVATE(copy) __asm__ volatile("" : "+m"(copy))

/* A descriptor of either kind (16 bytes, aligned), once: the compiler must not look again. Path: hot. */
static inline void
vhost_copy_desc(void *copy, const void *shared)
{
	uint64_t word[2] = {__atomic_load_n((const uint64_t *)shared, __ATOMIC_RELAXED),
			    __atomic_load_n((const uint64_t *)shared + 1, __ATOMIC_RELAXED)};

	memcpy(copy, word, sizeof(word));
}

/* Appends the bytes of a slot's list to the chain. -EINVAL if any of it is not as it should be. */
int
vhost_chain_add(struct vhost_ring *ring, const struct vhost_slot *slot, struct vhost_chain *chain);

/*
 * Where `len` bytes at a guest address are, if they are in one region; NULL otherwise. Path: hot.
 */
static inline uint8_t *
vhost_ring_at(struct vhost_ring *ring, uint64_t guest_phys, uint32_t len)
{
	const struct vhost_region *region = ring->last;
	uint64_t off;

	if (PLX_UNLIKELY(region == NULL || !vhost_region_has(region, guest_phys))) {
		region = vhost_memory_find(ring->memory, guest_phys);
		if (region == NULL)
			return NULL;
		ring->last = region;
	}
	off = guest_phys - region->guest_phys;
	return len <= region->size - off ? region->at + off : NULL;
}

/* -- the port -------------------------------------------------------------------------------------------------------- */

enum vhost_counter {
	VHOST_RX_BAD_DESC,
	VHOST_RX_BAD_HEADER,
	VHOST_RX_UNCUT,
	VHOST_RX_POOL_EMPTY,
	VHOST_TX_TOO_LONG,
	VHOST_TX_BAD_DESC,
	VHOST_CALLS,
	VHOST_BROKEN_RINGS,
	VHOST_CONNECTIONS,
	VHOST_REFUSED,
	VHOST_COUNTERS,
};

struct vhost_port {
	struct plx_ethdev dev;
	struct vhost_args args;
	pthread_mutex_t lock; /* of all below, and of the control part of rings */
	bool started;
	bool link_down; /* by the application */
	bool told_up;	/* the last that was told of the link */
	bool closing;

	int listener, sock;  /* -1: none */
	uint64_t socket_ino; /* of the file that is ours to remove */
	plx_event_id listener_event, sock_event, retry_event, trouble_event;
	int trouble_fd; /* rung by lcores and guards */

	bool has_features;
	uint64_t features, protocol_features;
	uint8_t status;
	uint16_t guest_mtu; /* as told by NET_SET_MTU, 0: not */
	struct vhost_memory memory;
	struct vhost_inflight inflight;
	uint64_t counter[VHOST_COUNTERS]; /* of what is not a queue's, and of released queues */
	struct vhost_ring ring[VHOST_RINGS_MAX];
};

/* A burst that found the gate closed: counted if the queue was stopped alone. 0. */
uint16_t vhost_refuse(const struct vhost_port *port, const struct vhost_ring *ring) PLX_COLD;

struct vhost_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct plx_pool *pool;
	struct vhost_port *port;
	struct vhost_ring *ring;
	uint16_t id;
	uint16_t room;	/* bytes of a packet that one buffer takes */
	bool scatter;	/* chains are wanted */
	bool csum, lro; /* unfinished sums and uncut TCP are wanted */
	bool strip;	/* VLAN tags are taken out */
	uint16_t header_len;
	uint64_t bad_desc, bad_header, uncut, pool_empty;
	struct vhost_chain chain;
} PLX_CACHE_ALIGNED;

struct vhost_txq {
	struct plx_ethdev_txq_stats stats;
	struct vhost_port *port;
	struct vhost_ring *ring;
	uint64_t too_long, bad_desc;
	struct plx_vnet_tx tx, piece;
	struct plx_mbuf *
		rest; /* of a packet that is being cut, what is still to be sent: from rest_off on; NULL: none */
	uint32_t rest_off; /* into its payload */
	struct vhost_chain chain;
} PLX_CACHE_ALIGNED;

static inline struct vhost_port *
vhost_port(struct plx_ethdev *dev)
{
	return PLX_CONTAINER_OF(dev, struct vhost_port, dev);
}

static inline bool
vhost_has(const struct vhost_port *port, unsigned feature)
{
	return (port->features & VIRTIO_BIT(feature)) != 0;
}

/* Bytes in front of each packet (5.1.6.1). */
static inline uint16_t
vhost_header_len(uint64_t features)
{
	const uint64_t longer = VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) |
				VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED);

	return features & longer ? VIRTIO_NET_HDR_LEN : VIRTIO_NET_HDR_LEN_LEGACY;
}

/* A zeroed port with nobody at the other end (vhost_ethdev.c). */
void vhost_port_init(struct vhost_port *port);

/* -- the socket and the conversation (vhost_socket.c, vhost_protocol.c) ----------------------------------------------- */

int vhost_socket_open(struct vhost_port *port, struct plx_why *why);
void vhost_socket_close(struct vhost_port *port);

/* What the port offers. */
uint64_t vhost_features(const struct vhost_port *port);
uint64_t vhost_protocol_features(void);
/* Handles one message and answers it. Negative: the front end is to be sent away, why says for what. Under the lock. */
int vhost_protocol_message(struct vhost_port *port, int sock, struct vhost_user_msg *msg,
			   struct plx_why *why);
/* The front end is gone: forgets all that it said. Under the lock. */
void vhost_protocol_forget(struct vhost_port *port);

/* Closes all gates: memory and rings may be changed. Under the lock, as the next. */
void vhost_rings_pause(struct vhost_port *port);
/* Attaches what is complete and opens the gates of what may run. */
int vhost_rings_resume(struct vhost_port *port, struct plx_why *why);
/* Both rings of the first pair could run. */
bool vhost_rings_ready(const struct vhost_port *port);

/* -- data path (vhost_rx.c, vhost_tx.c, vhost_tx_slow.c, vhost_offload.c) --------------------------------------------------------- */

uint16_t vhost_rx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);
uint16_t vhost_tx_burst(void *queue, struct plx_mbuf **pkts, uint16_t n);

/*
 * Wishes and facts of a packet that came with this header. -EINVAL: the header is nonsense; -EOPNOTSUPP: the packet is uncut, which
 * nobody asked for.
 */
int vhost_offload_rx(const struct vhost_rxq *rxq, const struct plx_vnet_header *header,
		     struct plx_mbuf *m);
/* Gives up what is left of a packet that was being cut. No burst runs. */
void vhost_tx_give_up(struct vhost_txq *txq);

/* As plx_vnet_tx, and does what the guest did not agree to do itself; -EOPNOTSUPP: the packet is to be cut for it. */
int vhost_offload_tx(const struct vhost_port *port, const struct plx_mbuf *m,
		     struct plx_vnet_tx *ret_tx);
/* As plx_vnet_piece, with the checksum if the guest did not agree to fill that in. */
uint32_t
vhost_offload_cut(const struct vhost_port *port, const struct plx_mbuf *m,
		  const struct plx_vnet_tx *whole, uint32_t off, struct plx_vnet_tx *ret_piece);

/*
 * Copies without reading or writing a byte beyond: a few moves that overlap for short packets, memcpy for long ones. Path: hot.
 */
static PLX_ALWAYS_INLINE void
vhost_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len > 256) {
		memcpy(to, from, len);
	} else if (len >= 64) {
		for (size_t i = 0; i + 64 < len; i += 64)
			memcpy(to + i, from + i, 64);
		memcpy(to + len - 64, from + len - 64, 64);
	} else if (len >= 32) {
		memcpy(to, from, 32);
		memcpy(to + len - 32, from + len - 32, 32);
	} else if (len >= 16) {
		memcpy(to, from, 16);
		memcpy(to + len - 16, from + len - 16, 16);
	} else {
		for (size_t i = 0; i < len; i++)
			to[i] = from[i];
	}
}

#endif
