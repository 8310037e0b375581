/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far ends of net_virtio_user: the rings of the fake device behind a socket, which share nothing with our drivers; and that of
 * net_vhost: a net_virtio_user, so that our own two ends are seen together, too. Of rings as the row's name says.
 */
#include "contract.h"
#include "virtio_fake.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_driver.h>

#define PAIRS	     2
#define BACKLOG	     8192 /* what the far end has not sent yet */
#define RING_SIZE    1024
#define LINK_WAIT_MS 5000

static char folder[32], far_name[32];
static bool far_is_there;

/* The far end sends in its own time, whatever the case does meanwhile. */
static struct {
	pthread_t thread;
	pthread_mutex_t lock;
	struct wire *wire;
	bool stopping;
	struct plx_mbuf *pkt[BACKLOG];
	unsigned first, n;
} backlog = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool
link_is_up(uint16_t port)
{
	struct plx_ethdev_link link = {0};

	return plx_ethdev_link(port, &link) == 0 && link.up;
}

/* A wire into a port that does not listen swallows the frames. */
static void
flush(void)
{
	uint16_t done, n;

	do {
		n = (uint16_t)(backlog.n < BURST ? backlog.n : BURST);
		done = plx_ethdev_tx_burst(backlog.wire->far_port, 0, backlog.pkt + backlog.first,
					   n);
		backlog.first += done;
		backlog.n -= done;
	} while (done > 0);
	if (!link_is_up(backlog.wire->far_port)) {
		plx_mbuf_free_bulk(backlog.pkt + backlog.first, (uint16_t)backlog.n);
		backlog.n = 0;
	}
	if (backlog.n == 0)
		backlog.first = 0;
}

static void *
send_on(void *arg)
{
	while (!__atomic_load_n(&backlog.stopping, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&backlog.lock);
		flush();
		pthread_mutex_unlock(&backlog.lock);
		sleep_ms(1);
	}
	return NULL;
}

int
user_put(struct wire *wire, const void *frame, size_t len)
{
	struct plx_mbuf *m = ring_packet(wire->far_pool, frame, len);
	int ret = -ENOBUFS;

	pthread_mutex_lock(&backlog.lock);
	if (m != NULL && backlog.first + backlog.n < BACKLOG) {
		backlog.pkt[backlog.first + backlog.n++] = m;
		flush();
		ret = 0;
	} else {
		plx_mbuf_free(m);
	}
	pthread_mutex_unlock(&backlog.lock);
	return ret;
}

size_t
user_get(struct wire *wire, void *frame, size_t size)
{
	size_t len;

	pthread_mutex_lock(&backlog.lock);
	len = ring_get(wire, frame, size);
	pthread_mutex_unlock(&backlog.lock);
	return len;
}

static bool
is_packed(const struct wire *wire)
{
	return strstr(wire->pmd->name, "packed") != NULL;
}

static int
start_far_port(struct wire *wire, struct plx_why *why)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
					     .tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	int err = plx_ethdev_by_name(far_name, &wire->far_port);

	if (err == 0)
		err = plx_ethdev_configure(wire->far_port, PAIRS, PAIRS, &conf, why);
	for (uint16_t i = 0; err == 0 && i < PAIRS; i++) {
		err = plx_ethdev_rx_queue_setup(wire->far_port, i, RING_SIZE, wire->far_pool, why);
		if (err == 0)
			err = plx_ethdev_tx_queue_setup(wire->far_port, i, RING_SIZE, why);
	}
	return err != 0 ? err : plx_ethdev_start(wire->far_port, why);
}

static int
make_far_port(struct wire *wire, const char *devargs)
{
	struct plx_why why = {""};
	int err = plx_device_attach(devargs, &why);

	if (err == 0)
		err = start_far_port(wire, &why);
	if (err != 0)
		fprintf(stderr, "%s: %s\n", devargs, why.text);
	if (err != 0)
		return err;
	far_is_there = true;
	backlog.wire = wire;
	backlog.stopping = false;
	return -pthread_create(&backlog.thread, NULL, send_on, NULL);
}

static int
prepare(struct wire *wire, const char *name, const char *far)
{
	const struct plx_pool_params params = {.name = "far", .n = POOL_BUFFERS, .node = -1};

	snprintf(wire->name, sizeof(wire->name), "%s", name);
	snprintf(far_name, sizeof(far_name), "%s", far);
	snprintf(folder, sizeof(folder), "/tmp/plx-contract-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(wire->path[0], sizeof(wire->path[0]), "%s/sock", folder);
	return plx_pool_create(&params, &wire->far_pool, NULL);
}

static void
devargs_of_front(const struct wire *wire, const char *name, bool wait, char devargs[256])
{
	snprintf(devargs, 256, "%s,path=%s,queues=%d,queue_size=%d,packed_vq=%d,wait=%d", name,
		 wire->path[0], PAIRS, RING_SIZE, is_packed(wire), wait);
}

static void
devargs_of_back(const struct wire *wire, const char *name, char devargs[256])
{
	snprintf(devargs, 256, "%s,iface=%s,queues=%d", name, wire->path[0], PAIRS);
}

static struct vfake *fake;
static struct vfake_vhost *back_end;

int
front_open(struct wire *wire)
{
	struct vfake_options options = {
		.features = VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) |
			    VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_NET_F_MTU) |
			    VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC),
		.pairs = PAIRS,
		.queue_size = RING_SIZE,
		.mtu = 9000};
	int err = prepare(wire, "net_virtio_user0", "");

	devargs_of_front(wire, wire->name, false, wire->devargs);
	if (is_packed(wire))
		options.features |= VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	fake = vfake_create("vhost", &options);
	if (err == 0 && fake != NULL)
		back_end = vfake_vhost_serve(fake, wire->path[0]);
	return back_end != NULL ? 0 : -1;
}

int
front_put(struct wire *wire, const void *frame, size_t len)
{
	return vfake_put(fake, 0, frame, len);
}

size_t
front_get(struct wire *wire, void *frame, size_t size)
{
	return vfake_take(fake, VFAKE_ANY, frame, size, NULL);
}

void
front_close(struct wire *wire)
{
	char violations[1024];

	vfake_vhost_unserve(back_end);
	back_end = NULL;
	snprintf(violations, sizeof(violations), "%s", vfake_violations(fake));
	vfake_destroy(fake);
	fake = NULL;
	user_close(wire);
	if (violations[0] != '\0')
		wire->complaint = "the back end found that the driver broke a rule";
	print_error("%s", violations);
}

int
back_open(struct wire *wire)
{
	int err = prepare(wire, "net_vhost0", "net_virtio_user0");

	devargs_of_back(wire, wire->name, wire->devargs);
	return err;
}

static void
take_far_port_away(void)
{
	if (!far_is_there)
		return;
	__atomic_store_n(&backlog.stopping, true, __ATOMIC_RELEASE);
	pthread_join(backlog.thread, NULL);
	plx_mbuf_free_bulk(backlog.pkt + backlog.first, (uint16_t)backlog.n);
	backlog.first = backlog.n = 0;
	plx_device_detach(far_name, NULL);
	far_is_there = false;
}

/* A new front end for each life of the port: the last one would take its time to call again. */
int
back_plug(struct wire *wire)
{
	char devargs[256];
	uint64_t until = now_ms() + LINK_WAIT_MS;

	devargs_of_front(wire, far_name, true, devargs);
	take_far_port_away();
	if (make_far_port(wire, devargs) != 0)
		return -1;
	while (!link_is_up(wire->port) && now_ms() < until)
		sleep_ms(1);
	return link_is_up(wire->port) ? 0 : -1;
}

void
user_close(struct wire *wire)
{
	struct plx_why why = {""};

	take_far_port_away();
	plx_pool_cache_flush(wire->far_pool);
	if (plx_pool_destroy(wire->far_pool, &why) != 0)
		wire->complaint = "the far end keeps buffers";
	if (rmdir(folder) != 0)
		wire->complaint = "the socket's file is left behind";
}
