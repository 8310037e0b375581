/* SPDX-License-Identifier: BSD-3-Clause */
/* The hot bodies of plx_cluster_slave.h; letters as in plx_cluster_lane.h. Do not include by hand. */
#ifndef PLX_LIB_CLUSTER_PLX_CLUSTER_SLAVE_INLINE_H
#define PLX_LIB_CLUSTER_PLX_CLUSTER_SLAVE_INLINE_H

#ifndef PLX_LIB_CLUSTER_PLX_CLUSTER_SLAVE_H
#error "include plx_cluster_slave.h"
#endif

#include "plx_cluster_lane.h"

PLX_BEGIN_DECLS

/* Layout visible for inlining; written by the slave's functions alone. */
struct plx_cluster_slave {
	struct plx_cluster_lane *lane;
	const struct plx_cluster_desc *queue;
	uint8_t *data;	    /* of the pool, as mapped here */
	uint32_t stride;    /* bytes from one buffer to the next */
	uint32_t queue_len; /* power of two */
	uint32_t seen;	    /* the master's tail, when last read */
	uint64_t head;	    /* given back up to here */
	bool unflushed;	    /* returned or sent since the last done */
	struct plx_cluster_slave_private *priv;
};

static inline uint32_t
plx_cluster_peek(struct plx_cluster_slave *slave, const struct plx_cluster_desc **ret_desc,
		 uint32_t n)
{
	uint32_t at = (uint32_t)slave->head & (slave->queue_len - 1);
	uint32_t ready = slave->seen - (uint32_t)slave->head;

	if (ready < n) {
		slave->seen = __atomic_load_n(&slave->lane->master.tail, __ATOMIC_ACQUIRE); /* B */
		ready = slave->seen - (uint32_t)slave->head;
	}
	*ret_desc = slave->queue + at;
	if (n > ready)
		n = ready;
	return n > slave->queue_len - at ? slave->queue_len - at : n;
}

static inline uint8_t *
plx_cluster_data(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc)
{
	return slave->data + (size_t)desc->number * slave->stride + desc->off;
}

static inline void
plx_cluster_done(struct plx_cluster_slave *slave, uint32_t n)
{
	slave->head += n;
	__atomic_store_n(&slave->lane->slave.head, (uint32_t)slave->head, __ATOMIC_RELEASE); /* C */
	if (PLX_UNLIKELY(slave->unflushed))
		plx_cluster_flush(slave);
}

PLX_END_DECLS

#endif
