/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hot bodies of plx_mbuf.h: a pool's layout, its per-lcore caches, alloc, free and the accessors.
 * Do not include by hand.
 *
 *	alloc  <-- cache of this lcore (last in, first out) <-- shared ring of numbers (mpmc)
 *	free   -->                                          -->
 *
 * A cache belongs to one lcore: no atomics. Threads that are no lcore have none and go to the ring.
 */
#ifndef PLX_LIB_MBUF_PLX_MBUF_INLINE_H
#define PLX_LIB_MBUF_PLX_MBUF_INLINE_H

#ifndef PLX_LIB_MBUF_PLX_MBUF_H
#error "include plx_mbuf.h"
#endif

#include "plx_lcore.h"

#include <errno.h>
#include <string.h>

PLX_BEGIN_DECLS

/* Layout visible for inlining. `len` numbers are in the cache; from `flush_at` on it gives back. */
struct plx_pool_cache {
	uint32_t len;
	uint32_t flush_at;
	uint32_t index[];
};

/* Layout visible for inlining: read-only once made. The rest of a pool is private to lib/mbuf. */
struct plx_pool {
	struct plx_mbuf *headers;
	uint8_t *data;
	uint8_t *caches; /* nb_caches of them, cache_stride bytes apart; none without a cache */
	uint32_t cache_stride;
	uint32_t nb_caches;
	uint32_t n;
	uint32_t stride;
	uint32_t buf_size;
	uint16_t headroom;
	uint16_t id;
	uint8_t page_shift;	     /* of page_iova */
	const uint64_t *page_iova;   /* bus address of each page of data; NULL unless IOVA is PA */
	struct plx_pool_note *notes; /* who holds each buffer; NULL unless built with mbuf_debug */
	struct plx_pool_private *priv;
} PLX_CACHE_ALIGNED;

extern struct plx_pool *plx_pool_table[PLX_POOL_MAX];

static inline struct plx_pool *
plx_mbuf_pool(const struct plx_mbuf *m)
{
	return plx_pool_table[m->pool_id & ~PLX_MBUF_ATTACHED];
}

static inline struct plx_mbuf *
plx_pool_mbuf(const struct plx_pool *pool, uint32_t index)
{
	return pool->headers + index;
}

/* The buffer's number in its pool. */
static inline uint32_t
plx_pool_index(const struct plx_pool *pool, const struct plx_mbuf *m)
{
	return (uint32_t)(m - pool->headers);
}

/* Start of buffer `index`, head-room included. */
static inline uint8_t *
plx_pool_data(const struct plx_pool *pool, uint32_t index)
{
	return pool->data + (size_t)index * pool->stride;
}

/* The calling lcore's cache, NULL for threads without one. */
static inline struct plx_pool_cache *
plx_pool_cache_here(const struct plx_pool *pool)
{
	uint32_t lcore = plx_lcore_id();

	if (PLX_UNLIKELY(lcore >= pool->nb_caches))
		return NULL;
	return (struct plx_pool_cache *)(void *)(pool->caches + (size_t)lcore * pool->cache_stride);
}

/* -- who holds what (mbuf_debug) ---------------------------------------------------------------------- */

struct plx_pool_note {
	const char *holder; /* static text; NULL: in the pool */
	uint32_t lcore;
	uint16_t port, queue;
};

#define PLX_MBUF_NOTE_STRING(x) #x
#define PLX_MBUF_NOTE_LINE(x)	PLX_MBUF_NOTE_STRING(x)
#define PLX_MBUF_HERE		__FILE__ ":" PLX_MBUF_NOTE_LINE(__LINE__)
#define PLX_MBUF_NO_PORT	UINT16_MAX

/* Private to the macros: the compiler drops both in other builds. */
void
plx_mbuf_note_taken(const struct plx_mbuf *m, const char *holder, uint16_t port, uint16_t queue);
void plx_mbuf_note_home(const struct plx_mbuf *m);

#if PLX_MBUF_DEBUG
#define PLX_MBUF_NOTE(m, holder, port, queue) plx_mbuf_note_taken(m, holder, port, queue)
#define PLX_MBUF_NOTE_HOME(m)		      plx_mbuf_note_home(m)
#else
#define PLX_MBUF_NOTE(m, holder, port, queue) ((void)(m), (void)(holder))
#define PLX_MBUF_NOTE_HOME(m)		      ((void)(m))
#endif

/* -- numbers ----------------------------------------------------------------------------------------- */

/* What the inlines do not do: no cache, cache empty or full. */
bool plx_pool_get_slow(struct plx_pool *pool, uint32_t *index, uint32_t n);
void plx_pool_put_slow(struct plx_pool *pool, const uint32_t *index, uint32_t n);

/* A few numbers are copied faster by hand than by a call; many, or a count the compiler knows, are not. */
static inline void
plx_pool_copy_numbers(uint32_t *to, const uint32_t *from, uint32_t n)
{
	if (__builtin_constant_p(n) || n > 8) {
		memcpy(to, from, n * sizeof(*to));
	} else {
#pragma GCC unroll 1
		for (uint32_t i = 0; i < n; i++)
			to[i] = from[i];
	}
}

/*
 * Takes n numbers, all or none: false if the pool has not that many. For drivers, which hand numbers to
 * devices; their headers are as free left them. Thread: any. Path: hot.
 */
static inline bool
plx_pool_get_bulk_at(struct plx_pool *pool, uint32_t *index, uint32_t n, const char *holder)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);

	if (PLX_LIKELY(cache != NULL && cache->len >= n)) {
		cache->len -= n;
		plx_pool_copy_numbers(index, cache->index + cache->len, n);
	} else if (!plx_pool_get_slow(pool, index, n)) {
		return false;
	}
	for (uint32_t i = 0; PLX_MBUF_DEBUG && i < n; i++)
		PLX_MBUF_NOTE(plx_pool_mbuf(pool, index[i]), holder, PLX_MBUF_NO_PORT, 0);
	return true;
}
#define plx_pool_get_bulk(pool, index, n) plx_pool_get_bulk_at(pool, index, n, PLX_MBUF_HERE)

/* Gives n numbers back, whose headers are as free leaves them. Thread: any. Path: hot. */
static inline void
plx_pool_put_bulk(struct plx_pool *pool, const uint32_t *index, uint32_t n)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);

	for (uint32_t i = 0; PLX_MBUF_DEBUG && i < n; i++)
		PLX_MBUF_NOTE_HOME(plx_pool_mbuf(pool, index[i]));
	if (PLX_LIKELY(cache != NULL && cache->len + n <= cache->flush_at)) {
		plx_pool_copy_numbers(cache->index + cache->len, index, n);
		cache->len += n;
	} else {
		plx_pool_put_slow(pool, index, n);
	}
}

/*
 * Gives n numbers back of whose buffers no packet was made, though a device may have written into them: what an application left
 * said of their bytes (PLX_MBUF_APP) is no longer true. Thread: any. Path: slow.
 */
static inline void
plx_pool_put_written(struct plx_pool *pool, const uint32_t *index, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		plx_pool_mbuf(pool, index[i])->ol_flags &= ~PLX_MBUF_APP;
	plx_pool_put_bulk(pool, index, n);
}

/* -- alloc ------------------------------------------------------------------------------------------- */

/* One 64-bit store each: lengths and offset; flags and hash. */
static inline void
plx_mbuf_set_lengths(struct plx_mbuf *m, uint32_t pkt_len, uint16_t data_len, uint16_t data_off)
{
	m->pkt_len = pkt_len;
	m->data_len = data_len;
	m->data_off = data_off;
}

/* Bytes that the packet had before anybody cut it. Path: hot. */
static inline uint32_t
plx_mbuf_wire_len(const struct plx_mbuf *m)
{
	const bool cut = (m->ol_flags & PLX_MBUF_RX_CUT) != 0;

	return cut && m->wire_len > m->pkt_len ? m->wire_len : m->pkt_len;
}

/* These are the first bytes of a packet that had wire_len. Path: hot. */
static inline void
plx_mbuf_set_wire_len(struct plx_mbuf *m, uint32_t wire_len)
{
	m->ol_flags |= PLX_MBUF_RX_CUT;
	m->wire_len = wire_len;
}

/* What a driver writes into a buffer's header when a whole packet is in it. Path: hot. */
static inline void
plx_mbuf_received(struct plx_mbuf *m, uint16_t len, uint16_t data_off, uint16_t port,
		  uint16_t queue)
{
	plx_mbuf_set_lengths(m, len, len, data_off);
	m->ol_flags = 0;
	m->hash = 0;
	m->packet_type = 0;
	m->port = port;
	m->queue = queue;
}

/* What alloc makes of a header: an empty packet. Path: hot. */
static inline void
plx_mbuf_fresh(struct plx_mbuf *m, uint16_t headroom)
{
	plx_mbuf_received(m, 0, headroom, UINT16_MAX, 0);
	m->vlan_tci = 0;
	m->vlan_tci_outer = 0;
	m->l2_len = 0;
	m->l4_len = 0;
	m->l3_len = 0;
}

/*
 * Takes n buffers as pointers, all or none, without touching their headers: for drivers, which follow with
 * plx_mbuf_received on each, and for applications that look for PLX_MBUF_APP and follow with plx_mbuf_fresh. False if the pool
 * has not that many. Path: hot.
 */
static inline bool
plx_pool_get_mbufs_at(struct plx_pool *pool, struct plx_mbuf **mbufs, uint32_t n,
		      const char *holder)
{
	struct plx_pool_cache *cache = plx_pool_cache_here(pool);
	struct plx_mbuf *headers = pool->headers;

	if (PLX_LIKELY(cache != NULL && cache->len >= n)) {
		const uint32_t *index;

		cache->len -= n;
		index = cache->index + cache->len;
		for (uint32_t i = 0; i < n; i++) {
			mbufs[i] = headers + index[i];
			PLX_MBUF_NOTE(mbufs[i], holder, PLX_MBUF_NO_PORT, 0);
		}
		return true;
	}
	for (uint32_t done = 0, part; done < n; done += part) {
		uint32_t index[64];

		part = n - done < 64 ? n - done : 64;
		if (PLX_UNLIKELY(!plx_pool_get_slow(pool, index, part))) {
			for (uint32_t i = 0; i < done; i++) {
				uint32_t back = plx_pool_index(pool, mbufs[i]);

				plx_pool_put_bulk(pool, &back, 1);
			}
			return false;
		}
		for (uint32_t i = 0; i < part; i++) {
			mbufs[done + i] = headers + index[i];
			PLX_MBUF_NOTE(mbufs[done + i], holder, PLX_MBUF_NO_PORT, 0);
		}
	}
	return true;
}
#define plx_pool_get_mbufs(pool, mbufs, n) plx_pool_get_mbufs_at(pool, mbufs, n, PLX_MBUF_HERE)

static inline int
plx_mbuf_alloc_bulk_at(struct plx_pool *pool, struct plx_mbuf **mbufs, uint32_t n,
		       const char *holder)
{
	if (!plx_pool_get_mbufs_at(pool, mbufs, n, holder))
		return -ENOBUFS;
	for (uint32_t i = 0; i < n; i++)
		plx_mbuf_fresh(mbufs[i], pool->headroom);
	return 0;
}
/* n empty packets with the pool's head-room, all or none: 0 or -ENOBUFS. Thread: any. Path: hot. */
#define plx_mbuf_alloc_bulk(pool, mbufs, n) plx_mbuf_alloc_bulk_at(pool, mbufs, n, PLX_MBUF_HERE)

static inline struct plx_mbuf *
plx_mbuf_alloc_at(struct plx_pool *pool, const char *holder)
{
	struct plx_mbuf *m;

	return plx_mbuf_alloc_bulk_at(pool, &m, 1, holder) == 0 ? m : NULL;
}
/* An empty packet with the pool's head-room, NULL when the pool is empty. Thread: any. Path: hot. */
#define plx_mbuf_alloc(pool) plx_mbuf_alloc_at(pool, PLX_MBUF_HERE)

/* -- free -------------------------------------------------------------------------------------------- */

#define PLX_MBUF_STATE_MASK 0x0000ffffffffffffULL

/* refcnt 1, this pool, not attached, one segment: the four facts in one word. */
static inline uint64_t
plx_mbuf_state_plain(uint16_t pool_id)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return 1 | (uint64_t)pool_id << 16 | 1ULL << 32;
#else
	return 1ULL << 48 | (uint64_t)pool_id << 32 | 1ULL << 16;
#endif
}

static inline uint64_t
plx_mbuf_state(const struct plx_mbuf *m)
{
	uint64_t word =
		__atomic_load_n((const uint64_t *)(const void *)&m->refcnt, __ATOMIC_ACQUIRE);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return word & PLX_MBUF_STATE_MASK;
#else
	return word & ~0xffffULL;
#endif
}

/* Chains, shared and attached packets. */
void plx_mbuf_free_slow(struct plx_mbuf *m);

/*
 * Gives up the caller's reference to a packet, all segments; the last one sends the buffers home.
 * NULL is fine. Thread: any. Path: hot.
 */
static inline void
plx_mbuf_free(struct plx_mbuf *m)
{
	struct plx_pool *pool;
	uint32_t index;

	if (PLX_UNLIKELY(m == NULL))
		return;
	pool = plx_mbuf_pool(m);
	if (PLX_UNLIKELY(plx_mbuf_state(m) != plx_mbuf_state_plain(pool->id))) {
		plx_mbuf_free_slow(m);
		return;
	}
	index = plx_pool_index(pool, m);
	plx_pool_put_bulk(pool, &index, 1);
}

/* The bulk free where there is no cache or no room in it, or a packet that is not plain. */
void plx_mbuf_free_bulk_slow(struct plx_mbuf **mbufs, uint32_t n);

/* The same for n packets (no NULLs): numbers of one pool go home together. Path: hot. */
static inline void
plx_mbuf_free_bulk(struct plx_mbuf **mbufs, uint32_t n)
{
	struct plx_pool_cache *cache;
	struct plx_mbuf *headers;
	struct plx_pool *pool;
	uint32_t len, i;
	uint64_t plain;

	if (PLX_UNLIKELY(n == 0))
		return;
	pool = plx_mbuf_pool(mbufs[0]);
	cache = plx_pool_cache_here(pool);
	i = 0;
	if (PLX_LIKELY(cache != NULL && cache->len + n <= cache->flush_at)) {
		headers = pool->headers;
		plain = plx_mbuf_state_plain(pool->id);
		len = cache->len;
		for (; i < n && PLX_LIKELY(plx_mbuf_state(mbufs[i]) == plain); i++) {
			PLX_MBUF_NOTE_HOME(mbufs[i]);
			cache->index[len++] = (uint32_t)(mbufs[i] - headers);
		}
		cache->len = len;
	}
	if (PLX_UNLIKELY(i < n))
		plx_mbuf_free_bulk_slow(mbufs + i, n - i);
}

/* -- references ------------------------------------------------------------------------------------- */

/* One more holder of the packet (all segments): each frees once. Path: hot. */
static inline void
plx_mbuf_ref(struct plx_mbuf *m)
{
	for (; m != NULL; m = m->next)
		__atomic_fetch_add(&m->refcnt, 1, __ATOMIC_RELAXED);
}

/* True if nobody else holds this segment's header. */
static inline bool
plx_mbuf_is_sole(const struct plx_mbuf *m)
{
	return __atomic_load_n(&m->refcnt, __ATOMIC_ACQUIRE) == 1;
}

/* True if the bytes are the mbuf's own buffer. */
static inline bool
plx_mbuf_is_direct(const struct plx_mbuf *m)
{
	return (m->pool_id & PLX_MBUF_ATTACHED) == 0;
}

/* -- bytes ------------------------------------------------------------------------------------------- */

/* The first byte of this segment. */
static inline uint8_t *
plx_mbuf_data(const struct plx_mbuf *m)
{
	return m->buf + m->data_off;
}

/* Where bytes lie that are not in the mbuf's own buffer: PLX_IOVA_BAD (all ones) if devices cannot reach them. */
uint64_t plx_mbuf_iova_slow(const struct plx_mbuf *m);

/*
 * The bus address of plx_mbuf_data(m), whose data_len bytes follow each other there too. For drivers of devices that do
 * DMA. Path: hot for direct mbufs; clones and external bytes are looked up.
 */
static inline uint64_t
plx_mbuf_iova(const struct plx_mbuf *m)
{
	const struct plx_pool *pool;
	uint64_t off;

	if (PLX_UNLIKELY((m->pool_id & PLX_MBUF_ATTACHED) != 0))
		return plx_mbuf_iova_slow(m);
	pool = plx_mbuf_pool(m);
	if (PLX_LIKELY(pool->page_iova == NULL))
		return (uint64_t)(uintptr_t)plx_mbuf_data(m);
	off = (uint64_t)(plx_mbuf_data(m) - pool->data);
	return pool->page_iova[off >> pool->page_shift] + (off & ((1ULL << pool->page_shift) - 1));
}

/* The same for byte `off` of buffer `index`, whatever its header says: for receive rings. */
static inline uint64_t
plx_pool_iova(const struct plx_pool *pool, uint32_t index, uint32_t off)
{
	uint64_t at = (uint64_t)index * pool->stride + off;

	if (PLX_LIKELY(pool->page_iova == NULL))
		return (uint64_t)(uintptr_t)pool->data + at;
	return pool->page_iova[at >> pool->page_shift] + (at & ((1ULL << pool->page_shift) - 1));
}

static inline uint32_t
plx_mbuf_headroom(const struct plx_mbuf *m)
{
	return m->data_off;
}

/* Bytes free behind this segment's data: 0 for bytes that are not the mbuf's own. */
static inline uint32_t
plx_mbuf_tailroom(const struct plx_mbuf *m)
{
	if (!plx_mbuf_is_direct(m))
		return 0;
	return plx_mbuf_pool(m)->buf_size - m->data_off - m->data_len;
}

static inline struct plx_mbuf *
plx_mbuf_last(struct plx_mbuf *m)
{
	while (m->next != NULL)
		m = m->next;
	return m;
}

#define PLX_MBUF_FOREACH_SEG(seg, m) \
	for (const struct plx_mbuf *seg = (m); seg != NULL; seg = seg->next)

/* Adds n bytes in front; the new first byte, or NULL if the head-room is too small. */
static inline uint8_t *
plx_mbuf_prepend(struct plx_mbuf *m, uint16_t n)
{
	if (PLX_UNLIKELY(n > m->data_off))
		return NULL;
	m->data_off = (uint16_t)(m->data_off - n);
	m->data_len = (uint16_t)(m->data_len + n);
	m->pkt_len += n;
	return plx_mbuf_data(m);
}

/* Adds n bytes behind the last segment; where they go, or NULL if its tail-room is too small. */
static inline uint8_t *
plx_mbuf_append(struct plx_mbuf *m, uint16_t n)
{
	struct plx_mbuf *last = plx_mbuf_last(m);
	uint8_t *end = plx_mbuf_data(last) + last->data_len;

	if (PLX_UNLIKELY(n > plx_mbuf_tailroom(last)))
		return NULL;
	last->data_len = (uint16_t)(last->data_len + n);
	m->pkt_len += n;
	return end;
}

/* Takes n bytes off the front of the first segment; the new first byte, or NULL if it has fewer. */
static inline uint8_t *
plx_mbuf_adj(struct plx_mbuf *m, uint16_t n)
{
	if (PLX_UNLIKELY(n > m->data_len))
		return NULL;
	m->data_off = (uint16_t)(m->data_off + n);
	m->data_len = (uint16_t)(m->data_len - n);
	m->pkt_len -= n;
	return plx_mbuf_data(m);
}

/* Takes n bytes off the end of the last segment; false if it has fewer. */
static inline bool
plx_mbuf_trim(struct plx_mbuf *m, uint16_t n)
{
	struct plx_mbuf *last = plx_mbuf_last(m);

	if (PLX_UNLIKELY(n > last->data_len))
		return false;
	last->data_len = (uint16_t)(last->data_len - n);
	m->pkt_len -= n;
	return true;
}

PLX_END_DECLS

#endif
