/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet buffers. An mbuf is one cache line of header; its bytes are elsewhere:
 *
 *	pool ------> headers  [0][1][2] ... [n-1]      64 bytes each, dense
 *	             data     [0     ][1     ] ...     `stride` bytes each, page-backed, one fd
 *
 * Buffer i is header[i] + data[i]. Free lists, caches and queues between processes carry the 32-bit
 * number i. The data area is an AF_XDP UMEM and a DMA region as it stands.
 *
 *	buf        buf + data_off                 buf + data_off + data_len
 *	|          |                              |
 *	[ head-room | packet bytes of this segment | tail-room ]   .. next segment: m->next
 *
 * Owner: whoever holds the pointer. rx_burst gives it to the caller, tx_burst takes what it counts, free
 * returns it. A free mbuf in its pool always has refcnt 1, nb_segs 1, next NULL, its own pool_id and buf:
 * who frees restores this, so that allocation touches next to nothing and one 64-bit compare tells a free
 * that there is nothing to restore.
 * Thread: functions of a pool, any; functions of a packet, its owner. Path: slow; what bursts are made of is in plx_mbuf_inline.h, and hot. */
#ifndef PLX_LIB_MBUF_PLX_MBUF_H
#define PLX_LIB_MBUF_PLX_MBUF_H

#include "plx_base.h"
#include "plx_config.h"

#include <stdio.h>

PLX_BEGIN_DECLS

struct plx_pool;

#define PLX_MBUF_HEADROOM 256 /* default; what XDP keeps in front of a received frame */

/* ol_flags: facts on received packets, wishes on packets to send. */
#define PLX_MBUF_RX_VLAN	  (1u << 0) /* vlan_tci is valid (tag is still in the data) */
#define PLX_MBUF_RX_VLAN_STRIPPED (1u << 1) /* ... and was taken out of the data: 802.1Q, 0x8100 */
#define PLX_MBUF_RX_HASH	  (1u << 2) /* hash is valid */
#define PLX_MBUF_RX_IP_CSUM_GOOD  (1u << 3)
#define PLX_MBUF_RX_IP_CSUM_BAD	  (1u << 4)
#define PLX_MBUF_RX_L4_CSUM_GOOD  (1u << 5)
#define PLX_MBUF_RX_L4_CSUM_BAD	  (1u << 6)
#define PLX_MBUF_RX_L4_CSUM_NONE  (1u << 7) /* not filled in: a local sender's offload */
#define PLX_MBUF_RX_TIMESTAMP	  (1u << 8) /* timestamp: ns since the epoch, by the device or kernel */
#define PLX_MBUF_RX_OUTGOING	  (1u << 9) /* a copy of what this host sent (af_packet) */
#define PLX_MBUF_RX_CUT \
	(1u << 10) /* the first bytes of wire_len; who sets l2_len .. l4_len takes it away */
#define PLX_MBUF_TX_IP_CSUM   (1u << 16) /* fill in the IPv4 header checksum; l2_len, l3_len set */
#define PLX_MBUF_TX_TCP_CSUM  (1u << 17) /* l2_len, l3_len set, pseudo-header sum in place */
#define PLX_MBUF_TX_UDP_CSUM  (1u << 18)
#define PLX_MBUF_TX_SCTP_CSUM (1u << 19)
#define PLX_MBUF_TX_IPV4      (1u << 20)
#define PLX_MBUF_TX_IPV6      (1u << 21)
#define PLX_MBUF_TX_TCP_SEG   (1u << 22) /* TSO: l4_len and tso_segsz set */
#define PLX_MBUF_TX_VLAN      (1u << 23) /* insert vlan_tci */

/*
 * The application's own, which no driver looks at: it says something about the bytes of the buffer, with `timestamp` as more of it if
 * need be. A free leaves it in the header, so that who takes buffers with plx_pool_get_mbufs finds it again; plx_mbuf_alloc, a
 * device that writes into the buffer and copies of the header take it away. For packets of one segment: of others only the first
 * loses it in net_ring. A driver may change the headers of a packet that it sends, for what was asked of it (checksums, tags).
 */
#define PLX_MBUF_APP (1u << 31)

/* In pool_id: buf points at bytes of another mbuf or of nobody's pool, see clone and attach. */
#define PLX_MBUF_ATTACHED 0x8000u

struct plx_mbuf {
	uint8_t *buf;	       /* start of the buffer, head-room included */
	struct plx_mbuf *next; /* next segment, NULL in the last */
	uint64_t
		timestamp; /* valid with PLX_MBUF_RX_TIMESTAMP; the application's with PLX_MBUF_APP */

	uint32_t pkt_len;  /* bytes in all segments; first segment only */
	uint16_t data_len; /* bytes in this segment */
	uint16_t data_off; /* where they begin, from buf */

	/* One word that a free compares; nothing in it is written while a packet is received. */
	uint16_t refcnt;    /* holders of this header; >1 by plx_mbuf_ref and clones; atomic */
	uint16_t pool_id;   /* its pool's number, and PLX_MBUF_ATTACHED */
	uint16_t nb_segs;   /* first segment only */
	uint16_t tso_segsz; /* bytes of payload a segment, with PLX_MBUF_TX_TCP_SEG; not compared */

	uint32_t ol_flags;
	uint32_t hash; /* RSS or plx_net flow hash; valid with PLX_MBUF_RX_HASH */

	uint32_t packet_type; /* plx_net_parse() summary, 0 unknown */
	uint16_t vlan_tci;
	uint16_t vlan_tci_outer;

	union {
		/* How the headers lie, for TX offloads: plain sums, so that l2_len + l3_len is where L4 begins. */
		struct {
			uint8_t l2_len;
			uint8_t l4_len;
			uint16_t l3_len;
		};
		uint32_t wire_len; /* with PLX_MBUF_RX_CUT: what the packet had before it was cut */
	};

	uint16_t port;	/* where it was received */
	uint16_t queue; /* and on which queue */
};
PLX_STATIC_ASSERT(sizeof(struct plx_mbuf) == PLX_CACHE_LINE, "an mbuf header is one cache line");
PLX_STATIC_ASSERT(offsetof(struct plx_mbuf, pkt_len) == 24, "length word");
PLX_STATIC_ASSERT(offsetof(struct plx_mbuf, refcnt) == 32, "state word");

/* -- pools --------------------------------------------------------------------------------------- */

#define PLX_POOL_NAME_MAX  48
#define PLX_POOL_CACHE_MAX 512
#define PLX_POOL_MAX	   256 /* pools at once in a program */
#define PLX_POOL_N_MAX	   (1u << 26)

struct plx_pool_params {
	const char *name; /* unique, 1 .. PLX_POOL_NAME_MAX - 1 characters */
	uint32_t n;	  /* buffers, 1 .. PLX_POOL_N_MAX */
	uint32_t
		buf_size; /* bytes a buffer, head-room included, 64 .. 65,535; 0 = 2,048 + head-room */
	uint16_t headroom; /* where plx_mbuf_alloc puts data_off; 0 = PLX_MBUF_HEADROOM */
	uint16_t cache;	 /* buffers an lcore keeps for itself, 0 .. PLX_POOL_CACHE_MAX, <= n / 2 */
	int node;	 /* PLX_NODE_ANY or a NUMA node */
	uint32_t stride; /* bytes from one data[i] to the next, a multiple of 64 >= buf_size;
			     * 0 = chosen to spread packet heads over the cache sets (docs/adr/) */
};

/*
 * Makes a pool. -EINVAL (why names the field), -EEXIST, -ENOSPC for more than PLX_POOL_MAX, -ENOMEM.
 * Thread: any. Path: slow.
 */
int plx_pool_create(const struct plx_pool_params *params, struct plx_pool **ret_pool,
		    struct plx_why *why);

/*
 * Frees the pool if every buffer is home. If some are out it stays whole and returns -EBUSY; why counts
 * them, and in builds with mbuf_debug the log names who holds how many and where they got them.
 * NULL is fine. The caller guarantees that no other thread allocates or frees meanwhile.
 */
int plx_pool_destroy(struct plx_pool *pool, struct plx_why *why);

/* The pool of that name, NULL if there is none. Thread: any. Path: slow. */
struct plx_pool *plx_pool_lookup(const char *name);
struct plx_pool *plx_pool_at(unsigned i); /* i-th in creation order, NULL behind the last */

/* The name it was created with. */
const char *plx_pool_name(const struct plx_pool *pool);

/* The memory the packet bytes lie in, from buffer 0 on: for AF_XDP, DMA maps and peers. */
struct plx_zone;
const struct plx_zone *plx_pool_zone(const struct plx_pool *pool);

/* A pool in figures. */
struct plx_pool_info {
	char name[PLX_POOL_NAME_MAX];
	uint32_t n;			     /* buffers there are: in_ring + in_caches + out */
	uint32_t in_ring;		     /* at home, for every lcore */
	uint32_t in_caches;		     /* at home, each for the lcore whose cache it is */
	uint32_t out;			     /* held by devices and applications */
	uint32_t cache;			     /* buffers an lcore keeps for itself */
	uint32_t buf_size, stride, headroom; /* bytes */
	uint64_t bytes;			     /* of memory: buffers, headers, ring and caches */
	int node;			     /* PLX_NODE_ANY or where it was asked for */
};

/* What there is and where it is: exact when nobody allocates or frees. Thread: any. Path: slow. */
void plx_pool_info(const struct plx_pool *pool, struct plx_pool_info *ret_info);

/* Buffers at home, caches included: exact when nobody allocates or frees. Path: slow. */
uint32_t plx_pool_available(const struct plx_pool *pool);
uint32_t plx_pool_in_use(const struct plx_pool *pool);

/* Checks every invariant of a pool at rest (no number twice, headers sane). 0 or -EUCLEAN with why. */
int plx_pool_audit(const struct plx_pool *pool, struct plx_why *why);

/* Who holds what: by holder with mbuf_debug, else the count. Returns buffers that are out. */
uint32_t plx_pool_report(const struct plx_pool *pool, FILE *out);

/* Gives the calling lcore's cached buffers back to the pool. Nothing in a thread that is no lcore. */
void plx_pool_cache_flush(struct plx_pool *pool);

/* -- slow operations on packets ---------------------------------------------------------------------- */

/* Called when the last reference to external bytes goes. Runs on the freeing thread: keep it short. */
typedef void (*plx_mbuf_external_fn)(void *arg, void *addr);

/* What external bytes need to live; the caller keeps it until `release` runs. */
struct plx_mbuf_external {
	plx_mbuf_external_fn release;
	void *arg;
	void *addr;
	uint16_t refcnt; /* set by attach */
};

/*
 * Makes m (fresh from alloc) a packet of the `len` bytes at `addr`, which are in no pool. When the last
 * reference goes, ext->release(arg, addr) is called. -EINVAL if m is not a direct, unshared mbuf.
 */
int plx_mbuf_attach_external(struct plx_mbuf *m, void *addr, uint16_t len,
			     struct plx_mbuf_external *ext);

/*
 * A packet that shares the bytes of `m`, segment by segment, with headers from `pool` (whose buffers must
 * hold 64 bytes). Both may be freed in any order; neither may write bytes while the other lives.
 * NULL if the pool is empty. Thread: any owner of m.
 */
struct plx_mbuf *plx_mbuf_clone(struct plx_mbuf *m, struct plx_pool *pool);

/* A packet with copies of bytes [off, off + len) of m, chained if need be. NULL if the pool is empty
 * or off lies beyond the packet. Metadata is copied too. */
struct plx_mbuf *
plx_mbuf_copy(const struct plx_mbuf *m, struct plx_pool *pool, uint32_t off, uint32_t len);

/* Appends `tail` (then owned by `head`) to `head`. -EOVERFLOW if segments or length do not fit. */
int plx_mbuf_chain(struct plx_mbuf *head, struct plx_mbuf *tail);

/* Copies all bytes into the first segment. -ENOSPC if its tail-room is too small, -EBUSY if shared. */
int plx_mbuf_linearize(struct plx_mbuf *m);

/*
 * `len` bytes at `off`, contiguous: a pointer into the packet, or `buf` after copying there when they
 * span segments; NULL when the packet is shorter.
 */
const void *plx_mbuf_read(const struct plx_mbuf *m, uint32_t off, uint32_t len, void *buf);

/* 0 or -EUCLEAN with why: lengths, segments, references, pool. For tests and debugging. */
int plx_mbuf_check(const struct plx_mbuf *m, struct plx_why *why);

/* Metadata and the first `bytes` bytes in hex. */
void plx_mbuf_dump(FILE *out, const struct plx_mbuf *m, uint32_t bytes);

PLX_END_DECLS

#include "plx_mbuf_inline.h"

#endif
