/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's sockets, from start to stop. Start: program on the interface, then per queue a socket, its
 * buffers, its entry in the program's map: from there on it receives. Stop is the reverse, with a pause for
 * frames that are on their way, and ends with every buffer home and every frame in the books.
 */
#include "af_xdp_priv.h"

#include "plx_bits.h"
#include "plx_clock.h"
#include "plx_log.h"
#include "plx_zone.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DRAIN_MS       50      /* at stop, for what is being sent */
#define SETTLE_STEP_NS 500000L /* at stop, for what is being received */
#define SETTLE_STEPS   40
#define SETTLE_QUIET   3   /* steps in a row without a frame */
#define UNUSED_RING    64u /* the kernel wants FILL and COMPLETION even of one-way sockets */

PLX_LOG_COMPONENT(queue_log, "pmd.net.af_xdp");

/* Open queues of ports with shared_umem=1. */
static struct plx_list sharers = PLX_LIST_INIT(sharers);

/* -- the pool as UMEM ------------------------------------------------------------------------------------ */

int
af_xdp_umem_init(struct af_xdp_umem *umem, struct plx_pool *pool, struct plx_why *why)
{
	const bool aligned = pool->buf_size == pool->stride &&
			     (pool->stride == XSK_CHUNK_MIN || pool->stride == XSK_CHUNK_MAX);
	const uint32_t chunk = pool->buf_size < XSK_CHUNK_MAX ? pool->buf_size : XSK_CHUNK_MAX;
	const uint32_t headroom = pool->headroom > XSK_HEADROOM ? pool->headroom : XSK_HEADROOM;

	if (pool->buf_size < XSK_CHUNK_MIN)
		return plx_why(
			why, -EINVAL,
			"pool %s has buffers of %u bytes, the kernel takes no fewer than %u for "
			"AF_XDP: make it with buf_size %u or 0",
			plx_pool_name(pool), pool->buf_size, XSK_CHUNK_MIN, XSK_CHUNK_MIN);
	if (headroom + 64 > chunk)
		return plx_why(
			why, -EINVAL,
			"pool %s has a head-room of %u bytes, which leaves nothing of the %u "
			"bytes that AF_XDP takes of a buffer",
			plx_pool_name(pool), pool->headroom, chunk);
	*umem = (struct af_xdp_umem){
		.pool = pool,
		.headers = pool->headers,
		.reciprocal = af_xdp_reciprocal(pool->stride),
		.stride = pool->stride,
		.n = pool->n,
		.chunk = chunk,
		.frame = chunk - headroom,
		.headroom = headroom - XSK_HEADROOM,
		.unaligned = !aligned,
	};
	return 0;
}

static bool
wants_scatter(const struct af_xdp_port *port)
{
	return (port->dev.info.rx_offloads & PLX_ETH_RX_OFFLOAD_SCATTER) != 0;
}

static bool
wants_stamps(const struct af_xdp_port *port)
{
	return (port->dev.info.rx_offloads & PLX_ETH_RX_OFFLOAD_TIMESTAMP) != 0;
}

int
af_xdp_mtu_check(struct af_xdp_port *port, uint32_t mtu, struct plx_why *why)
{
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		const struct af_xdp_queue *q = &port->queue[i];
		struct af_xdp_umem umem = {0};

		if (q->rx_pool == NULL || wants_scatter(port) ||
		    af_xdp_umem_init(&umem, q->rx_pool, NULL) != 0 ||
		    mtu + AF_XDP_FRAME_OVERHEAD <= umem.frame)
			continue;
		return plx_why(
			why, -ERANGE,
			"the MTU of %s is too large: %u makes frames of %u bytes, and the "
			"buffers of pool %s take %u; lower it with `ip link set dev %s mtu %u`, "
			"use buffers of up to %u bytes, or ask for the scatter offload" PLX_DOCTOR(
				"interfaces"),
			port->netdev.name, mtu, mtu + AF_XDP_FRAME_OVERHEAD,
			plx_pool_name(q->rx_pool), umem.frame, port->netdev.name,
			umem.frame - AF_XDP_FRAME_OVERHEAD, XSK_CHUNK_MAX);
	}
	return 0;
}

/* -- one queue ------------------------------------------------------------------------------------------- */

static const struct af_xdp_queue *
find_sharer(const struct af_xdp_queue *q)
{
	if (!q->port->args.shared_umem)
		return NULL;
	PLX_LIST_FOREACH(link, &sharers) {
		const struct af_xdp_queue *other = PLX_LIST_ITEM(link, struct af_xdp_queue, link);

		if (other->umem.pool == q->umem.pool)
			return other;
	}
	return NULL;
}

/* Zero-copy devices cannot take buffers that cross a page, and refuse each one in silence. */
static enum xsk_copy
choose_copy(const struct af_xdp_port *port, const struct af_xdp_umem *umem)
{
	if (port->args.zero_copy)
		return XSK_COPY_NEVER;
	if (port->args.force_copy || XSK_CHUNK_MAX % umem->stride != 0 ||
	    xdp_prog_mode_is_generic(port->prog))
		return XSK_COPY_FORCE;
	return XSK_COPY_AUTO;
}

static void
describe_socket(struct af_xdp_queue *q, unsigned i)
{
	const struct af_xdp_port *port = q->port;
	const struct af_xdp_queue *sharer = find_sharer(q);
	const uint32_t tx_descs = q->sends ? port->dev.tx_descs[i] : 0;
	const uint32_t rx_descs = q->rx_pool != NULL ? port->dev.rx_descs[i] : 0;

	q->params = (struct xsk_params){
		.if_name = port->netdev.name,
		.if_index = port->netdev.index,
		.queue = (uint32_t)port->args.start_queue + i,
		.area = {.addr = q->umem.pool->data,
			 .len = (uint64_t)q->umem.n * q->umem.stride,
			 .chunk = q->umem.chunk,
			 .headroom = q->umem.headroom,
			 .unaligned = q->umem.unaligned},
		.rx_descs = rx_descs,
		.tx_descs = tx_descs,
		.fill_descs = rx_descs != 0 ? 2 * rx_descs : UNUSED_RING,
		.comp_descs = tx_descs != 0 ? tx_descs : UNUSED_RING,
		.shared_fd = sharer != NULL ? sharer->xsk.fd : -1,
		.copy = choose_copy(port, &q->umem),
		.need_wakeup = sharer != NULL ? sharer->xsk.need_wakeup : port->args.need_wakeup,
		.multi_buffer = sharer != NULL ? sharer->xsk.multi_buffer
					       : wants_scatter(port) ||
							 (port->dev.info.tx_offloads &
							  PLX_ETH_TX_OFFLOAD_MULTI_SEGS) != 0,
		.busy_budget = (uint32_t)port->args.busy_budget,
		.tx_budget = (uint32_t)port->args.tx_budget,
	};
}

static int
make_books(struct af_xdp_queue *q, struct plx_why *why)
{
	q->rx.held = calloc((q->umem.n + 63) / 64, sizeof(*q->rx.held));
	q->tx.state = calloc(q->umem.n, sizeof(*q->tx.state));
	if (q->rx.held == NULL || q->tx.state == NULL) {
		free(q->rx.held);
		free(q->tx.state);
		return plx_why(why, -ENOMEM, "no memory to keep track of %u buffers", q->umem.n);
	}
	return 0;
}

static int
open_queue(struct af_xdp_queue *q, unsigned i, struct plx_pool *pool, struct plx_why *why)
{
	struct af_xdp_port *port = q->port;
	int err = af_xdp_umem_init(&q->umem, pool, why);

	if (err == 0)
		err = make_books(q, why);
	if (err != 0)
		return err;
	describe_socket(q, i);
	err = xsk_open(&q->xsk, &q->params, why);
	if (err != 0) {
		free(q->rx.held);
		free(q->tx.state);
		return err;
	}
	q->open = true;
	if (port->args.shared_umem)
		plx_list_append(&sharers, &q->link);
	q->rx.busy = q->xsk.busy_poll;
	q->tx.plain = plx_mbuf_state_plain(pool->id);
	q->tx.multi_buffer = q->xsk.multi_buffer;
	q->tx.kick_always = !q->xsk.need_wakeup && !q->xsk.zerocopy;
	q->live = NULL;
	if (q->rx_pool != NULL)
		af_xdp_rx_fill(q);
	return 0;
}

/* The kernel's and the program's counts are taken over, so this comes when nothing moves any more. */
static void
close_queue(struct af_xdp_queue *q)
{
	plx_ethdev_add(&q->rx.discarded, af_xdp_rx_waiting(q));
	af_xdp_counters_keep(q->port, q);
	q->open = false;
	q->live = NULL;
	if (q->port->args.shared_umem)
		plx_list_remove(&q->link);
	xsk_close(&q->xsk, &q->params);
	af_xdp_rx_recover(q);
	af_xdp_tx_recover(q);
	free(q->rx.held);
	free(q->tx.state);
	q->rx.held = NULL;
	q->tx.state = NULL;
}

/* From here on frames come in. */
static int
join_program(struct af_xdp_queue *q, struct plx_why *why)
{
	struct af_xdp_port *port = q->port;
	int err;

	af_xdp_timeline_init(&q->rx.time, port->clock, xdp_prog_stamp_key(port->prog));
	q->live = xdp_prog_counters(port->prog, q->params.queue);
	q->base = *q->live;
	err = xdp_prog_queue_add(port->prog, q->params.queue, q->xsk.fd);
	if (err != 0)
		plx_why(why, err, "cannot direct queue %u of %s to us: %s", q->params.queue,
			port->netdev.name, strerror(-err));
	return err;
}

/* -- the port -------------------------------------------------------------------------------------------- */

static unsigned
count_queues(const struct af_xdp_port *port)
{
	const struct plx_ethdev_info *info = &port->dev.info;

	return info->nb_rx_queues > info->nb_tx_queues ? info->nb_rx_queues : info->nb_tx_queues;
}

static int
check_interface(struct af_xdp_port *port, struct plx_why *why)
{
	const char *name = port->netdev.name;
	uint32_t flags, mtu;
	int err = plx_netdev_flags(&port->netdev, &flags);

	if (err == 0)
		err = plx_netdev_mtu(&port->netdev, &mtu);
	if (err != 0)
		return plx_why(why, err, "cannot look at interface %s: %s", name, strerror(-err));
	if ((flags & IFF_UP) == 0)
		return plx_why(
			why, -ENETDOWN,
			"interface %s is down: `ip link set dev %s up`" PLX_DOCTOR("interfaces"),
			name, name);
	return af_xdp_mtu_check(port, mtu, why);
}

/* The longest frame that every receiving queue can take, 0 with scatter: no limit. */
static uint32_t
longest_frame(const struct af_xdp_port *port)
{
	uint32_t least = UINT32_MAX;

	for (unsigned i = 0; i < port->dev.info.nb_rx_queues; i++) {
		struct af_xdp_umem umem = {0};

		if (af_xdp_umem_init(&umem, port->queue[i].rx_pool, NULL) == 0 &&
		    umem.frame < least)
			least = umem.frame;
	}
	return wants_scatter(port) ? 0 : least;
}

static int
attach_program(struct af_xdp_port *port, struct plx_why *why)
{
	struct xdp_prog_params params = {
		.if_name = port->netdev.name,
		.if_index = port->netdev.index,
		.queues = port->device_queues,
		.mode = (enum xdp_mode)port->args.mode,
		.frags = wants_scatter(port),
		.max_frame = longest_frame(port),
		.clock_helper = wants_stamps(port) ? port->clock->helper : 0,
		.filter = port->filter,
		.filter_text = port->args.filter,
	};
	int err = plx_netdev_mtu(&port->netdev, &params.mtu);

	if (err != 0)
		return plx_why(why, err, "cannot look at interface %s: %s", port->netdev.name,
			       strerror(-err));
	return xdp_prog_attach(&params, &port->prog, why);
}

/* A port that only sends has no pool to send from: everything is copied into one of its own. */
static int
make_own_pool(struct af_xdp_port *port, struct plx_why *why)
{
	char name[PLX_POOL_NAME_MAX];
	struct plx_pool_params params = {.name = name, .node = PLX_NODE_ANY};

	if (port->dev.info.nb_rx_queues != 0)
		return 0;
	for (unsigned i = 0; i < port->dev.info.nb_tx_queues; i++)
		params.n += 2u * port->dev.tx_descs[i];
	snprintf(name, sizeof(name), "%.40s-tx", port->dev.info.name);
	return plx_pool_create(&params, &port->own_pool, why);
}

static struct plx_pool *
pool_of_queue(const struct af_xdp_port *port, unsigned i)
{
	if (port->queue[i].rx_pool != NULL)
		return port->queue[i].rx_pool;
	return port->queue[0].rx_pool != NULL ? port->queue[0].rx_pool : port->own_pool;
}

static int
open_all(struct af_xdp_port *port, struct plx_why *why)
{
	for (unsigned i = 0; i < count_queues(port); i++) {
		int err = open_queue(&port->queue[i], i, pool_of_queue(port, i), why);

		if (err != 0)
			return err;
	}
	for (unsigned i = 0; i < port->dev.info.nb_rx_queues; i++) {
		int err = join_program(&port->queue[i], why);

		if (err != 0)
			return err;
	}
	return 0;
}

static int
check_scatter(const struct af_xdp_port *port, struct plx_why *why)
{
	uint32_t mtu = 0;

	if (!wants_scatter(port) || (port->queue[0].xsk.multi_buffer && xdp_prog_frags(port->prog)))
		return 0;
	(void)plx_netdev_mtu((struct plx_netdev *)(uintptr_t)&port->netdev, &mtu);
	if (mtu + AF_XDP_FRAME_OVERHEAD > port->queue[0].umem.frame)
		return plx_why(
			why, -ERANGE,
			"the MTU of %s is too large: this kernel or the driver (%s) has no "
			"multi-buffer XDP (Linux 6.6), so `ip link set dev %s mtu %u` is the most" PLX_DOCTOR(
				"kernel"),
			port->netdev.name, port->driver, port->netdev.name,
			port->queue[0].umem.frame - AF_XDP_FRAME_OVERHEAD);
	plx_log_notice(&queue_log, "%s: no multi-buffer XDP here, packets come in one buffer each",
		       port->netdev.name);
	return 0;
}

int
af_xdp_queues_open(struct af_xdp_port *port, struct plx_why *why)
{
	int err = check_interface(port, why);

	if (err != 0)
		return err;
	err = make_own_pool(port, why);
	if (err != 0)
		return err;
	if (port->dev.info.nb_rx_queues != 0)
		err = attach_program(port, why);
	if (err == 0)
		err = open_all(port, why);
	if (err == 0)
		err = check_scatter(port, why);
	if (err != 0)
		af_xdp_queues_close(port);
	return err;
}

/* -- stopping -------------------------------------------------------------------------------------------- */

static uint64_t
seen_by_program(const struct af_xdp_port *port)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		const struct xdp_counters *live = port->queue[i].live;

		if (live != NULL)
			sum += __atomic_load_n(&live->redirected, __ATOMIC_RELAXED);
	}
	return sum;
}

/* A frame may have met the program a moment before that was taken off, and not be in a ring yet. */
static void
settle(const struct af_xdp_port *port)
{
	const struct timespec step = {0, SETTLE_STEP_NS};
	uint64_t seen = seen_by_program(port);

	for (unsigned i = 0, quiet = 0; i < SETTLE_STEPS && quiet < SETTLE_QUIET; i++) {
		uint64_t now;

		nanosleep(&step, NULL);
		now = seen_by_program(port);
		quiet = now == seen ? quiet + 1 : 0;
		seen = now;
	}
}

void
af_xdp_queues_close(struct af_xdp_port *port)
{
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		if (port->queue[i].live != NULL)
			xdp_prog_queue_remove(port->prog, port->queue[i].params.queue);
	}
	xdp_prog_silence(port->prog);
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		if (port->queue[i].open && port->queue[i].sends)
			af_xdp_tx_drain(&port->queue[i], DRAIN_MS);
	}
	if (port->prog != NULL)
		settle(port);
	for (unsigned i = 0; i < AF_XDP_QUEUES_MAX; i++) {
		if (port->queue[i].open)
			close_queue(&port->queue[i]);
	}
	xdp_prog_detach(port->prog);
	port->prog = NULL;
	if (plx_pool_destroy(port->own_pool, NULL) == 0)
		port->own_pool = NULL;
}

/* -- in words -------------------------------------------------------------------------------------------- */

void
af_xdp_mode_text(const struct af_xdp_port *port, char *text, size_t size)
{
	const struct af_xdp_queue *q = &port->queue[0];
	const char *copy = "zero-copy";
	char reason[64] = "";

	if (!q->xsk.zerocopy) {
		copy = "copy mode";
		if (port->args.force_copy)
			snprintf(reason, sizeof(reason), " (as asked)");
		else if (q->params.copy == XSK_COPY_FORCE && !xdp_prog_mode_is_generic(port->prog))
			snprintf(reason, sizeof(reason),
				 " (zero-copy wants pool strides of 2048 or 4096)");
		else if (q->params.copy == XSK_COPY_AUTO)
			snprintf(reason, sizeof(reason), " (%s has no zero-copy)", port->driver);
	}
	snprintf(text, size, "%s XDP, %s%s%s, %s chunks%s%s%s%s",
		 port->prog == NULL			? "no"
		 : xdp_prog_mode_is_generic(port->prog) ? "generic"
							: "native",
		 copy, reason, q->xsk.need_wakeup ? ", need_wakeup" : "",
		 q->umem.unaligned ? "unaligned" : "aligned",
		 q->xsk.multi_buffer ? ", multi-buffer" : "",
		 wants_stamps(port) ? ", time stamps" : "",
		 q->xsk.busy_poll ? ", busy polling" : "",
		 q->params.shared_fd >= 0 ? ", shared UMEM" : "");
}
