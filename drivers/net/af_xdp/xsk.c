/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AF_XDP by system calls. The order is the kernel's: socket, UMEM (or another socket's), ring sizes, map
 * the rings, bind. Flags that a kernel does not know fail the bind with EINVAL: they are then taken away
 * one after the other.
 */
#include "xsk.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* linux-libc-dev 6.1 ends before these. */
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#endif
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif
#ifndef SO_BUSY_POLL_BUDGET
#define SO_BUSY_POLL_BUDGET 70
#endif
#ifndef SO_BUSY_POLL
#define SO_BUSY_POLL 46
#endif

#define BIND_TRIES    200 /* of 5 ms: a second */
#define BIND_PAUSE_NS 5000000L
#define RELEASE_NS    200000000L /* ten times what the kernel usually takes to free a queue */
#define BUSY_POLL_US  20
#define SEND_BUFFER   (8 << 20) /* bytes of packets between a kick and the far end taking them */

static int
set_option(int fd, int option, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_XDP, option, value, len) == 0 ? 0 : -errno;
}

/* -- UMEM -------------------------------------------------------------------------------------------- */

static int
register_umem(int fd, const struct xsk_area *area, struct plx_why *why)
{
	/* The first 32 bytes, which every kernel knows; later fields are for offloads we do not use. */
	const struct xdp_umem_reg reg = {
		.addr = (uintptr_t)area->addr,
		.len = area->len,
		.chunk_size = area->chunk,
		.headroom = area->headroom,
		.flags = area->unaligned ? XDP_UMEM_UNALIGNED_CHUNK_FLAG : 0,
	};
	struct rlimit limit;
	int err = set_option(fd, XDP_UMEM_REG, &reg, sizeof(reg));

	if (err == 0)
		return 0;
	if (err == -ENOBUFS && getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
		return plx_why(
			why, err,
			"locking %llu KiB of packet buffers exceeds the limit of %llu KiB: "
			"run `ulimit -l unlimited` first (LimitMEMLOCK=infinity in a unit), or "
			"add CAP_IPC_LOCK" PLX_DOCTOR("memlock"),
			(unsigned long long)area->len / 1024,
			(unsigned long long)limit.rlim_cur / 1024);
	if (err == -EINVAL)
		return plx_why(why, err,
			       "the kernel refuses buffers of %u bytes: AF_XDP wants %u to %u%s",
			       area->chunk, XSK_CHUNK_MIN, XSK_CHUNK_MAX,
			       area->unaligned ? "" : ", a power of two");
	return plx_why(why, err,
		       "cannot register %llu KiB of packet buffers with the kernel: %s" PLX_DOCTOR(
			       "memory"),
		       (unsigned long long)area->len / 1024, strerror(-err));
}

/* -- rings ------------------------------------------------------------------------------------------- */

static int
map_ring(int fd, struct xsk_ring *ring, uint32_t size, const struct xdp_ring_offset *at, off_t page,
	 size_t entry, bool we_produce)
{
	uint8_t *base;

	ring->map_len = at->desc + size * entry;
	base = mmap(NULL, ring->map_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		    page);
	if (base == MAP_FAILED)
		return -errno;
	ring->map = base;
	ring->producer = (uint32_t *)(void *)(base + at->producer);
	ring->consumer = (uint32_t *)(void *)(base + at->consumer);
	ring->flags = (uint32_t *)(void *)(base + at->flags);
	ring->addr = (uint64_t *)(void *)(base + at->desc);
	ring->size = size;
	ring->mask = size - 1;
	ring->near = 0;
	ring->far = we_produce ? size : 0;
	return 0;
}

static void
unmap_ring(struct xsk_ring *ring)
{
	if (ring->map != NULL)
		munmap(ring->map, ring->map_len);
	memset(ring, 0, sizeof(*ring));
}

static int
make_rings(struct xsk *xsk, const struct xsk_params *params)
{
	const struct {
		struct xsk_ring *ring;
		uint32_t size;
		int option;
		off_t page;
		size_t entry;
		size_t offsets;
		bool we_produce;
	} rows[] = {
		{&xsk->fill, params->fill_descs, XDP_UMEM_FILL_RING,
		 (off_t)XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t),
		 offsetof(struct xdp_mmap_offsets, fr), true},
		{&xsk->comp, params->comp_descs, XDP_UMEM_COMPLETION_RING,
		 (off_t)XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t),
		 offsetof(struct xdp_mmap_offsets, cr), false},
		{&xsk->rx, params->rx_descs, XDP_RX_RING, XDP_PGOFF_RX_RING,
		 sizeof(struct xdp_desc), offsetof(struct xdp_mmap_offsets, rx), false},
		{&xsk->tx, params->tx_descs, XDP_TX_RING, (off_t)XDP_PGOFF_TX_RING,
		 sizeof(struct xdp_desc), offsetof(struct xdp_mmap_offsets, tx), true},
	};
	struct xdp_mmap_offsets offsets;
	socklen_t len = sizeof(offsets);

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		int size = (int)rows[i].size;
		int err;

		if (size == 0)
			continue;
		err = set_option(xsk->fd, rows[i].option, &size, sizeof(size));
		if (err != 0)
			return err;
	}
	if (getsockopt(xsk->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &len) != 0)
		return -errno;
	if (len != sizeof(offsets)) /* before Linux 5.4 */
		return -EOPNOTSUPP;
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		const void *at = (const uint8_t *)&offsets + rows[i].offsets;
		int err;

		if (rows[i].size == 0)
			continue;
		err = map_ring(xsk->fd, rows[i].ring, rows[i].size, at, rows[i].page, rows[i].entry,
			       rows[i].we_produce);
		if (err != 0)
			return err;
	}
	return 0;
}

/* -- bind -------------------------------------------------------------------------------------------- */

static int
bind_patiently(int fd, const struct sockaddr_xdp *to)
{
	const struct timespec pause = {0, BIND_PAUSE_NS};

	for (unsigned i = 0;; i++) {
		if (bind(fd, (const struct sockaddr *)(const void *)to, sizeof(*to)) == 0)
			return 0;
		if (errno != EBUSY || i >= BIND_TRIES)
			return -errno;
		/* The kernel frees the pool of a closed socket from a work queue. */
		nanosleep(&pause, NULL);
	}
}

static int
bind_negotiated(struct xsk *xsk, const struct xsk_params *params)
{
	struct sockaddr_xdp to = {
		.sxdp_family = AF_XDP,
		.sxdp_ifindex = params->if_index,
		.sxdp_queue_id = params->queue,
	};
	int err;

	if (params->shared_fd >= 0) {
		/* The second socket inherits what the first bound with, and must not say it again. */
		to.sxdp_flags = XDP_SHARED_UMEM;
		to.sxdp_shared_umem_fd = (uint32_t)params->shared_fd;
		xsk->need_wakeup = params->need_wakeup;
		xsk->multi_buffer = params->multi_buffer;
		return bind_patiently(xsk->fd, &to);
	}
	xsk->need_wakeup = params->need_wakeup;
	xsk->multi_buffer = params->multi_buffer;
	for (;;) {
		to.sxdp_flags = (uint16_t)((params->copy == XSK_COPY_FORCE ? XDP_COPY : 0) |
					   (params->copy == XSK_COPY_NEVER ? XDP_ZEROCOPY : 0) |
					   (xsk->need_wakeup ? XDP_USE_NEED_WAKEUP : 0) |
					   (xsk->multi_buffer ? XDP_USE_SG : 0));
		err = bind_patiently(xsk->fd, &to);
		if (err != -EINVAL)
			return err;
		if (xsk->multi_buffer) /* Linux 6.6 */
			xsk->multi_buffer = false;
		else if (xsk->need_wakeup) /* Linux 5.4 */
			xsk->need_wakeup = false;
		else
			return err;
	}
}

static int
explain_bind(const struct xsk_params *params, int err, struct plx_why *why)
{
	switch (err) {
	case -EBUSY:
		return plx_why(
			why, err,
			"queue %u of %s is in use by another AF_XDP socket: stop that program "
			"(`ss -a --xdp -p` may name it) or choose other queues with start_queue=" PLX_DOCTOR(
				"interfaces"),
			params->queue, params->if_name);
	case -EINVAL:
		return plx_why(why, err,
			       "the kernel refuses queue %u of %s: see how many there are with "
			       "`ethtool -l %s`" PLX_DOCTOR("interfaces"),
			       params->queue, params->if_name, params->if_name);
	case -EOPNOTSUPP:
		return plx_why(
			why, err,
			"the driver of %s has no zero-copy for AF_XDP%s: leave out zero_copy=1 to "
			"run in copy mode" PLX_DOCTOR("interfaces"),
			params->if_name, params->multi_buffer ? " with multi-buffer" : "");
	case -ENODEV:
		return plx_why(why, err, "interface %s (index %u) is gone", params->if_name,
			       params->if_index);
	default:
		return plx_why(why, err, "cannot bind to queue %u of %s: %s", params->queue,
			       params->if_name, strerror(-err));
	}
}

/* -- options that may be missing --------------------------------------------------------------------- */

static void
set_tx_budget(struct xsk *xsk, const struct xsk_params *params)
{
	uint32_t budget = params->tx_budget;

	if (budget > params->tx_descs)
		budget = params->tx_descs;
	if (budget >= 32 &&
	    set_option(xsk->fd, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof(budget)) == 0)
		xsk->tx_budget = budget;
}

static void
set_busy_poll(struct xsk *xsk, const struct xsk_params *params)
{
	const int on = 1;
	const int us = BUSY_POLL_US;
	const int budget = (int)params->busy_budget;

	if (params->busy_budget == 0)
		return;
	xsk->busy_poll =
		setsockopt(xsk->fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, &on, sizeof(on)) == 0 &&
		setsockopt(xsk->fd, SOL_SOCKET, SO_BUSY_POLL, &us, sizeof(us)) == 0 &&
		setsockopt(xsk->fd, SOL_SOCKET, SO_BUSY_POLL_BUDGET, &budget, sizeof(budget)) == 0;
}

/*
 * In copy mode the socket's send buffer bounds the packets under way; the default of 208 KiB is some 270
 * small ones. Without CAP_NET_ADMIN the smaller limit stays, which only costs speed.
 */
static void
widen_send_buffer(int fd)
{
	const int bytes = SEND_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static bool
is_zerocopy(int fd)
{
	struct xdp_options options = {0};
	socklen_t len = sizeof(options);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &len) == 0 &&
	       (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
}

/* -- life -------------------------------------------------------------------------------------------- */

static int
open_socket(struct plx_why *why)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		return fd;
	if (errno == EPERM)
		return plx_why(
			why, -EPERM,
			"AF_XDP needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF: run as root, or "
			"`setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep PROGRAM`" PLX_DOCTOR(
				"capabilities"));
	if (errno == EAFNOSUPPORT)
		return plx_why(
			why, -EAFNOSUPPORT,
			"this kernel has no AF_XDP (CONFIG_XDP_SOCKETS): use net_af_packet" PLX_DOCTOR(
				"kernel"));
	return plx_why(why, -errno, "cannot open an AF_XDP socket: %s", strerror(errno));
}

int
xsk_open(struct xsk *xsk, const struct xsk_params *params, struct plx_why *why)
{
	int err;

	memset(xsk, 0, sizeof(*xsk));
	xsk->fd = open_socket(why);
	if (xsk->fd < 0)
		return xsk->fd;
	if (params->shared_fd < 0) {
		err = register_umem(xsk->fd, &params->area, why);
		if (err != 0)
			goto close_socket;
	}
	err = make_rings(xsk, params);
	if (err != 0) {
		plx_why(why, err,
			"cannot make the rings of queue %u of %s: %s" PLX_DOCTOR("kernel"),
			params->queue, params->if_name, strerror(-err));
		goto close_socket;
	}
	set_busy_poll(xsk, params);
	err = bind_negotiated(xsk, params);
	if (err != 0) {
		explain_bind(params, err, why);
		goto close_socket;
	}
	set_tx_budget(xsk, params);
	widen_send_buffer(xsk->fd);
	xsk->zerocopy = is_zerocopy(xsk->fd);
	return 0;

close_socket:
	xsk_close(xsk, NULL);
	return err;
}

/*
 * A device in zero-copy mode may write into fill buffers until the kernel's work queue has taken the pool
 * away from it. A bind to the same queue succeeds only after that, so try one.
 */
static void
wait_until_released(const struct xsk_params *params)
{
	const struct timespec released = {0, RELEASE_NS};
	struct xsk probe;
	struct xsk_params small = *params;
	int err;
	void *page = mmap(NULL, XSK_CHUNK_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		return;
	small.area = (struct xsk_area){.addr = page, .len = XSK_CHUNK_MAX, .chunk = XSK_CHUNK_MAX};
	small.rx_descs = small.fill_descs = small.comp_descs = 64;
	small.tx_descs = 0;
	small.shared_fd = -1;
	small.copy = XSK_COPY_FORCE;
	err = xsk_open(&probe, &small, NULL);
	if (err == 0)
		xsk_close(&probe, NULL);
	else if (err ==
		 -EPERM) /* capabilities were given up: it cannot be tried, only waited for */
		nanosleep(&released, NULL);
	munmap(page, XSK_CHUNK_MAX);
}

void
xsk_close(struct xsk *xsk, const struct xsk_params *params)
{
	unmap_ring(&xsk->rx);
	unmap_ring(&xsk->tx);
	unmap_ring(&xsk->fill);
	unmap_ring(&xsk->comp);
	if (xsk->fd >= 0)
		close(xsk->fd);
	xsk->fd = -1;
	if (xsk->zerocopy && params != NULL)
		wait_until_released(params);
}

int
xsk_statistics(const struct xsk *xsk, struct xsk_stats *ret_stats)
{
	struct xdp_statistics raw = {0};
	socklen_t len = sizeof(raw);

	if (getsockopt(xsk->fd, SOL_XDP, XDP_STATISTICS, &raw, &len) != 0)
		return -errno;
	*ret_stats = (struct xsk_stats){
		.rx_dropped = raw.rx_dropped,
		.rx_ring_full = raw.rx_ring_full,
		.rx_invalid_descs = raw.rx_invalid_descs,
		.rx_fill_ring_empty = raw.rx_fill_ring_empty_descs,
		.tx_invalid_descs = raw.tx_invalid_descs,
		.tx_ring_empty = raw.tx_ring_empty_descs,
	};
	return 0;
}

/* -- data path --------------------------------------------------------------------------------------- */

enum xsk_kick
xsk_kick_tx(const struct xsk *xsk)
{
	if (sendto(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0)
		return XSK_KICK_OK;
	switch (errno) {
	case EBUSY: /* copy mode: completed, but the device did not take it */
		return xsk->zerocopy ? XSK_KICK_AGAIN : XSK_KICK_DROPPED;
	case ENETDOWN:
	case ENXIO:
		return XSK_KICK_DOWN;
	default: /* EAGAIN, ENOBUFS, ENOMEM, EINTR */
		return XSK_KICK_AGAIN;
	}
}

void
xsk_kick_rx(const struct xsk *xsk)
{
	/* Nothing is read: it lets a busy-polling or sleeping driver run. Errors are seen elsewhere. */
	(void)recvfrom(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}
