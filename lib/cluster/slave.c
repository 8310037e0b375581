/* SPDX-License-Identifier: BSD-3-Clause */
/* What a slave does with its lane. Letters as in plx_cluster_lane.h. */
#include "cluster_priv.h"

#include <errno.h>
#include <stdlib.h>

/* Between two stores that others see: where a test ends the slave (tests/stress/crash_point.h). */
#ifndef PLX_CLUSTER_POINT
#define PLX_CLUSTER_POINT() ((void)0)
#endif

static bool
is_power_of_two(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static bool
lies_inside(size_t bytes, uint32_t at, uint64_t n, size_t size)
{
	return at % size == 0 && at >= sizeof(struct plx_cluster_lane) && at <= bytes &&
	       n * size <= bytes - at;
}

/* What no master of this release makes, so that nothing that is counted or sized by it is without bounds. */
static bool
is_sane(const struct plx_cluster_lane_shape *shape)
{
	return shape->queue_len <= PLX_CLUSTER_QUEUE_MAX &&
	       shape->send_len <= PLX_CLUSTER_QUEUE_MAX &&
	       shape->return_len <= 2 * (PLX_CLUSTER_QUEUE_MAX + PLX_CLUSTER_EXTRA_MAX) &&
	       shape->grant_len <= GRANTS_MAX && shape->extra <= PLX_CLUSTER_EXTRA_MAX &&
	       shape->place < PLX_CLUSTER_PLACES_MAX &&
	       shape->nb_rx_ports <= PLX_CLUSTER_PORTS_MAX &&
	       shape->nb_tx_ports <= PLX_CLUSTER_PORTS_MAX;
}

static int
check_shape(const struct plx_cluster_lane_shape *shape, size_t bytes, struct plx_why *why)
{
	bool times = (shape->flags & PLX_CLUSTER_SLAVE_TIMES) != 0;

	if (shape->magic != PLX_CLUSTER_LANE_MAGIC)
		return plx_why(why, -EPROTO, "this is no lane of a cluster");
	if (shape->version != PLX_CLUSTER_LANE_VERSION)
		return plx_why(why, -EPROTO,
			       "the cluster's lanes have version %u, this program knows %u: both "
			       "must be of the same release",
			       shape->version, PLX_CLUSTER_LANE_VERSION);
	if (!is_power_of_two(shape->queue_len) || !is_power_of_two(shape->return_len) ||
	    !is_power_of_two(shape->send_len) ||
	    (shape->grant_len != 0 && !is_power_of_two(shape->grant_len)) ||
	    !lies_inside(bytes, shape->queue_at, shape->queue_len,
			 sizeof(struct plx_cluster_desc)) ||
	    !lies_inside(bytes, shape->kept_at, shape->queue_len, sizeof(uint64_t)) ||
	    !lies_inside(bytes, shape->grant_at, shape->grant_len, sizeof(uint32_t)) ||
	    !lies_inside(bytes, shape->return_at, shape->return_len, sizeof(uint32_t)) ||
	    !lies_inside(bytes, shape->send_at, shape->send_len,
			 sizeof(struct plx_cluster_order)) ||
	    (times && !lies_inside(bytes, shape->times_at, shape->queue_len, sizeof(uint64_t))))
		return plx_why(why, -EPROTO, "the cluster's lane does not fit into its memory");
	return is_sane(shape) ? 0
			      : plx_why(why, -EPROTO, "the cluster's lane cannot be as it says");
}

static void *
at(struct plx_cluster_lane *lane, uint32_t offset)
{
	return (uint8_t *)lane + offset;
}

int
slave_make(struct plx_cluster_lane *lane, size_t bytes, uint8_t *data,
	   struct plx_cluster_slave **ret_slave, struct plx_why *why)
{
	struct plx_cluster_slave *slave = calloc(1, sizeof(*slave));
	struct plx_cluster_slave_private *priv = calloc(1, sizeof(*priv));
	int ret =
		slave == NULL || priv == NULL ? plx_why(why, -ENOMEM, "no memory for a slave") : 0;

	if (ret == 0) {
		priv->shape = lane->shape;
		__asm__ volatile("" : : : "memory"); /* copied once, then checked */
		ret = check_shape(&priv->shape, bytes, why);
	}
	if (ret < 0) {
		free(slave);
		free(priv);
		return ret;
	}
	slave->lane = lane;
	slave->queue = at(lane, priv->shape.queue_at);
	slave->data = data;
	slave->stride = priv->shape.stride;
	slave->queue_len = priv->shape.queue_len;
	slave->priv = priv;
	priv->kept = at(lane, priv->shape.kept_at);
	priv->grant = at(lane, priv->shape.grant_at);
	priv->back = at(lane, priv->shape.return_at);
	priv->send = at(lane, priv->shape.send_at);
	priv->times =
		priv->shape.flags & PLX_CLUSTER_SLAVE_TIMES ? at(lane, priv->shape.times_at) : NULL;
	priv->bell = -1;
	priv->master_bell = -1;
	priv->sock = -1;
	*ret_slave = slave;
	return 0;
}

void
slave_free(struct plx_cluster_slave *slave)
{
	free(slave->priv);
	free(slave);
}

uint32_t
plx_cluster_slave_place(const struct plx_cluster_slave *slave)
{
	return slave->priv->shape.place;
}

void
plx_cluster_slave_stats(const struct plx_cluster_slave *slave,
			struct plx_cluster_slave_stats *ret_stats)
{
	const struct plx_cluster_lane *lane = slave->lane;

	*ret_stats = (struct plx_cluster_slave_stats){
		.queued = LOOK(lane->books.queued),
		.full = LOOK(lane->books.full),
		.oldest = LOOK(lane->books.oldest),
		.backlog = LOOK(lane->books.backlog),
		.filtered = LOOK(lane->books.filtered),
		.granted = LOOK(lane->books.granted),
		.released = LOOK(lane->books.released),
		.sent = LOOK(lane->books.sent),
		.refused = LOOK(lane->books.refused),
		.lies = LOOK(lane->books.lies),
	};
	ret_stats->offered = ret_stats->queued + ret_stats->full + ret_stats->oldest +
			     ret_stats->backlog + ret_stats->filtered;
}

void
plx_cluster_slave_facts(const struct plx_cluster_slave *slave,
			struct plx_cluster_slave_facts *ret_facts)
{
	const struct plx_cluster_lane_shape *shape = &slave->priv->shape;

	*ret_facts = (struct plx_cluster_slave_facts){
		.place = shape->place,
		.flags = shape->flags,
		.queue_len = shape->queue_len,
		.extra = shape->extra,
		.nb_rx_ports = shape->nb_rx_ports,
		.nb_tx_ports = shape->nb_tx_ports,
		.buffers = shape->buffers,
		.buf_size = shape->buf_size,
		.headroom = shape->headroom,
	};
}

uint64_t
plx_cluster_time(const struct plx_cluster_slave *slave, uint32_t i)
{
	const uint64_t *times = slave->priv->times;

	return times == NULL ? 0 : times[(uint32_t)(slave->head + i) & (slave->queue_len - 1)];
}

/* -- keeping, giving back, empty ones ------------------------------------------------------------------- */

/* The slot's packet is not given back by done. */
static void
mark_kept(struct plx_cluster_slave *slave, uint32_t i)
{
	uint64_t position = slave->head + i;

	__atomic_store_n(&slave->priv->kept[(uint32_t)position & (slave->queue_len - 1)],
			 position + 1, __ATOMIC_RELAXED);
	PLX_CLUSTER_POINT();
	if (position >= slave->priv->kept_to) {
		slave->priv->kept_to = position + 1;
		__atomic_store_n(&slave->lane->slave.kept_to, position + 1, __ATOMIC_RELAXED);
	}
	PLX_CLUSTER_POINT();
}

bool
plx_cluster_keep(struct plx_cluster_slave *slave, uint32_t i)
{
	if (slave->priv->held >= slave->priv->shape.extra)
		return false;
	slave->priv->held++;
	mark_kept(slave, i);
	return true;
}

bool
plx_cluster_alloc(struct plx_cluster_slave *slave, uint32_t *ret_number)
{
	struct plx_cluster_slave_private *priv = slave->priv;
	uint32_t tail;

	if (priv->shape.grant_len == 0)
		return false;
	tail = __atomic_load_n(&slave->lane->master.grant_tail, __ATOMIC_ACQUIRE);
	if (tail == priv->grant_head || priv->held >= priv->shape.extra)
		return false;
	*ret_number = __atomic_load_n(&priv->grant[priv->grant_head & (priv->shape.grant_len - 1)],
				      __ATOMIC_RELAXED);
	priv->held++;
	PLX_CLUSTER_POINT();
	__atomic_store_n(&slave->lane->slave.grant_head, ++priv->grant_head, __ATOMIC_RELEASE);
	PLX_CLUSTER_POINT();
	return true;
}

/* There is always room: return_len is more than a slave can hold. */
void
plx_cluster_return(struct plx_cluster_slave *slave, uint32_t number)
{
	struct plx_cluster_slave_private *priv = slave->priv;

	__atomic_store_n(&priv->back[priv->return_tail & (priv->shape.return_len - 1)], number,
			 __ATOMIC_RELAXED);
	PLX_CLUSTER_POINT();
	priv->return_tail++;
	priv->held--;
	slave->unflushed = true;
}

/* -- sending -------------------------------------------------------------------------------------------- */

static bool
order(struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc, uint64_t ports)
{
	struct plx_cluster_slave_private *priv = slave->priv;

	if (priv->send_tail - priv->send_seen == priv->shape.send_len) {
		priv->send_seen = __atomic_load_n(&slave->lane->master.send_head, __ATOMIC_ACQUIRE);
		if (priv->send_tail - priv->send_seen == priv->shape.send_len)
			return false;
	}
	priv->send[priv->send_tail & (priv->shape.send_len - 1)] = (struct plx_cluster_order){
		.number = desc->number,
		.off = desc->off,
		.len = desc->len,
		.ports = ports,
	};
	PLX_CLUSTER_POINT();
	priv->send_tail++;
	slave->unflushed = true;
	return true;
}

bool
plx_cluster_send(struct plx_cluster_slave *slave, uint32_t i, uint64_t ports)
{
	uint64_t position = slave->head + i;
	const struct plx_cluster_desc *desc =
		&slave->queue[(uint32_t)position & (slave->queue_len - 1)];

	if (!order(slave, desc, ports))
		return false;
	mark_kept(slave, i);
	if (position + 1 > slave->priv->sent_up_to)
		slave->priv->sent_up_to = position + 1;
	return true;
}

bool
plx_cluster_send_kept(struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc,
		      uint64_t ports)
{
	if (!order(slave, desc, ports))
		return false;
	slave->priv->held--;
	return true;
}

void
plx_cluster_flush(struct plx_cluster_slave *slave)
{
	struct plx_cluster_slave_private *priv = slave->priv;
	struct plx_cluster_lane *lane = slave->lane;
	bool sends = priv->send_tail != lane->slave.send_tail;

	if (slave->head < priv->sent_up_to)
		return; /* what is sent must have been given back before: the next done does both */
	PLX_CLUSTER_POINT();
	__atomic_store_n(&lane->slave.return_tail, priv->return_tail, __ATOMIC_RELEASE); /* C */
	PLX_CLUSTER_POINT();
	__atomic_store_n(&lane->slave.send_tail, priv->send_tail, __ATOMIC_RELEASE); /* C */
	slave->unflushed = false;
	PLX_CLUSTER_POINT();
	if (!sends)
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&lane->bell.dozing, __ATOMIC_RELAXED) == 0)
		return;
	if (priv->sock < 0)
		cluster_ring(priv->master_bell);
	else
		cluster_ring_sock(priv->sock);
}
