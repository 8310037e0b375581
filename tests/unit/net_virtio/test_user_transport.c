/* SPDX-License-Identifier: BSD-3-Clause */
/* What a back end is told, and in which order, when a device is negotiated, started and reset; and what it maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal_fixture.h"
#include "patience.h"
#include "plx_driver.h"
#include "user.h"
#include "user_backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

static struct plx_device device = {.name = "net_virtio_user0", .node = PLX_NODE_ANY};

static struct {
	struct backend b;
	struct virtio_user *user;
	const struct virtio_transport *transport;
} scene;

static void
open_scene(const char *args)
{
	struct virtio_user *user = plx_ethdev_alloc(sizeof(*user));
	struct plx_why why = {""};

	assert_non_null(user);
	scene.user = user;
	scene.transport = &user_transport;
	pthread_mutex_init(&user->lock, NULL);
	user->dev = (struct virtio_dev){
		.eth.device = &device, .transport = scene.transport, .transport_data = user};
	assert_int_equal(user_args_parse(args, &user->args, &why), 0);
	user_peer_init(&user->peer, PATIENCE_MS, PATIENCE_MS);
	assert_int_equal(user_queues_create(user, &why), 0);
	assert_int_equal(user_memory_begin(user, &why), 0);
}

static void
connect_scene(void)
{
	struct virtio_user *user = scene.user;
	uint64_t features;

	assert_int_equal(
		user_peer_greet(&user->peer, backend_start(&scene.b), (unsigned)user->args.queues),
		0);
	/* Its answer says that it has taken all of the greeting. */
	assert_int_equal(user_peer_ask_u64(&user->peer, VHOST_USER_GET_FEATURES, &features), 0);
	scene.b.nb_notes = 0;
}

static void
close_scene(bool connected)
{
	user_memory_end(scene.user);
	user_peer_leave(&scene.user->peer);
	if (connected)
		backend_stop(&scene.b);
	user_queues_destroy(scene.user);
	pthread_mutex_destroy(&scene.user->lock);
	free(scene.user);
}

static const struct vhost_user_msg *
note(unsigned i)
{
	assert_true(i < scene.b.nb_notes);
	return &scene.b.notes[i];
}

static void
told(const uint32_t *requests, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (note(i)->head.request != requests[i])
			fail_msg("message %u is %s, not %s", i,
				 vhost_user_name(note(i)->head.request),
				 vhost_user_name(requests[i]));
	assert_int_equal(scene.b.nb_notes, n);
}

#define TOLD(...) \
	told((const uint32_t[]){__VA_ARGS__}, PLX_ARRAY_LEN(((const uint32_t[]){__VA_ARGS__})))

/* -- features ------------------------------------------------------------------------------------------------------------ */

static uint64_t
offered(void)
{
	uint64_t features = 0;

	assert_int_equal(scene.transport->features(&scene.user->dev, &features), 0);
	return features;
}

static bool
offers(unsigned feature)
{
	return (offered() & VIRTIO_BIT(feature)) != 0;
}

static void
features_are_the_back_ends_and_what_the_user_allows(void **state)
{
	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x");
	connect_scene();
	assert_true(offers(VIRTIO_F_VERSION_1) && offers(VIRTIO_NET_F_MRG_RXBUF));
	assert_true(offers(VIRTIO_F_IN_ORDER) && offers(VIRTIO_NET_F_CSUM));
	assert_true(offers(VIRTIO_NET_F_STATUS) && offers(VIRTIO_NET_F_CTRL_VQ));
	assert_false(offers(VIRTIO_F_RING_PACKED) || offers(VIRTIO_NET_F_MQ));
	/* Translation by the other end is not what we do, nor is an MTU that nobody wished for. */
	assert_false(offers(VIRTIO_F_ACCESS_PLATFORM) || offers(VIRTIO_NET_F_MTU));
	assert_false(offers(VHOST_USER_F_PROTOCOL_FEATURES));
	close_scene(true);

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x,queues=2,packed_vq=1,mrg_rxbuf=0,in_order=0,mtu=1400");
	connect_scene();
	assert_true(offers(VIRTIO_F_RING_PACKED) && offers(VIRTIO_NET_F_MQ));
	assert_true(offers(VIRTIO_NET_F_MTU));
	assert_false(offers(VIRTIO_NET_F_MRG_RXBUF) || offers(VIRTIO_F_IN_ORDER));
	close_scene(true);

	/* Several queues, and no way to ask how many. */
	scene.b = (struct backend){BACKEND_GOOD};
	scene.b.protocol &= ~VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MQ);
	open_scene("path=/x,queues=2");
	connect_scene();
	assert_false(offers(VIRTIO_NET_F_MQ));
	close_scene(true);
}

static void
what_is_no_matter_of_the_back_ends_is_kept_from_it(void **state)
{
	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x,mtu=1400");
	connect_scene();
	assert_int_equal(scene.transport->set_features(&scene.user->dev, offered()), 0);
	TOLD(VHOST_USER_SET_FEATURES, VHOST_USER_NET_SET_MTU);
	assert_true((scene.b.taken & VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES)) != 0);
	assert_true((scene.b.taken & ~scene.b.features) == 0);
	assert_false((scene.b.taken & VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM)) != 0);
	assert_int_equal(note(1)->payload.u64, 1400);
	close_scene(true);
}

/* -- rings --------------------------------------------------------------------------------------------------------------- */

static struct virtio_queue
make_queue(uint16_t index, bool packed, void *at)
{
	struct virtio_queue q = {.dev = &scene.user->dev, .index = index, .size = 256};

	q.packed = packed;
	q.split.desc = at;
	q.split.avail = (void *)((char *)at + 4096);
	q.split.used = (void *)((char *)at + 8192);
	return q;
}

static void
a_queue_starts_and_stops_in_the_order_that_back_ends_know(void **state)
{
	struct plx_why why = {""};
	struct virtio_piece piece;
	struct virtio_queue q;

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x");
	connect_scene();
	assert_int_equal(virtio_piece_get(&scene.user->dev, 12288, &piece, &why), 0);
	q = make_queue(1, false, piece.addr);
	assert_int_equal(scene.transport->queue_start(&scene.user->dev, &q, &why), 0);
	TOLD(VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_VRING_CALL, VHOST_USER_SET_VRING_NUM,
	     VHOST_USER_SET_VRING_BASE, VHOST_USER_SET_VRING_ADDR, VHOST_USER_SET_VRING_KICK,
	     VHOST_USER_SET_VRING_ENABLE);
	assert_true((note(0)->head.flags & VHOST_USER_FLAG_NEED_REPLY) != 0);
	assert_int_equal(note(0)->payload.memory.nregions, 1);
	assert_int_equal(note(0)->payload.memory.regions[0].userspace, (uintptr_t)piece.zone->addr);
	assert_int_equal(note(0)->payload.memory.regions[0].guest_phys,
			 (uintptr_t)piece.zone->addr);
	assert_int_equal(note(0)->payload.memory.regions[0].size, piece.zone->len);
	assert_int_equal(note(2)->payload.state.index, 1);
	assert_int_equal(note(2)->payload.state.num, 256);
	assert_int_equal(note(3)->payload.state.num, 0);
	assert_int_equal(note(4)->payload.addr.desc, (uintptr_t)piece.addr);
	assert_int_equal(note(4)->payload.addr.avail, (uintptr_t)piece.addr + 4096);
	assert_int_equal(note(4)->payload.addr.used, (uintptr_t)piece.addr + 8192);
	assert_int_equal(note(6)->payload.state.num, 1);
	assert_int_equal(q.kick_fd, scene.user->queues[1].kick_fd);
	scene.b.nb_notes = 0;
	assert_int_equal(scene.transport->queue_stop(&scene.user->dev, &q), 0);
	TOLD(VHOST_USER_SET_VRING_ENABLE, VHOST_USER_GET_VRING_BASE);
	assert_int_equal(note(0)->payload.state.num, 0);
	/* It is stopped once, also by a reset. */
	scene.b.nb_notes = 0;
	assert_int_equal(scene.transport->set_status(&scene.user->dev, 0), 0);
	TOLD(VHOST_USER_SET_STATUS);
	/* A zone that goes leaves the table. */
	virtio_piece_put(&scene.user->dev, &piece);
	close_scene(true);
}

static void
a_packed_ring_begins_with_its_wrap_counter(void **state)
{
	struct virtio_piece piece;
	struct virtio_queue q;

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x,packed_vq=1");
	connect_scene();
	assert_int_equal(virtio_piece_get(&scene.user->dev, 12288, &piece, NULL), 0);
	q = make_queue(0, true, piece.addr);
	assert_int_equal(scene.transport->queue_start(&scene.user->dev, &q, NULL), 0);
	assert_int_equal(note(3)->payload.state.num, 0x8000);
	virtio_piece_put(&scene.user->dev, &piece);
	close_scene(true);
}

static void
a_back_end_without_protocol_features_has_rings_enabled(void **state)
{
	struct virtio_piece piece;
	struct virtio_queue q;

	scene.b = (struct backend){BACKEND_GOOD};
	scene.b.features &= ~VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES);
	open_scene("path=/x");
	connect_scene();
	assert_int_equal(virtio_piece_get(&scene.user->dev, 12288, &piece, NULL), 0);
	q = make_queue(0, false, piece.addr);
	assert_int_equal(scene.transport->queue_start(&scene.user->dev, &q, NULL), 0);
	assert_int_equal(scene.transport->set_status(&scene.user->dev, 0), 0);
	TOLD(VHOST_USER_SET_MEM_TABLE, VHOST_USER_GET_FEATURES, VHOST_USER_SET_VRING_CALL,
	     VHOST_USER_SET_VRING_NUM, VHOST_USER_SET_VRING_BASE, VHOST_USER_SET_VRING_ADDR,
	     VHOST_USER_SET_VRING_KICK, VHOST_USER_GET_VRING_BASE);
	virtio_piece_put(&scene.user->dev, &piece);
	close_scene(true);
}

static void
a_reset_stops_the_rings_and_then_says_so(void **state)
{
	struct virtio_piece piece;
	struct virtio_queue q;
	uint8_t status;

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x");
	connect_scene();
	assert_int_equal(scene.transport->set_status(&scene.user->dev, 0x0b), 0);
	assert_int_equal(scene.transport->status(&scene.user->dev, &status), 0);
	assert_int_equal(status, 0x0b);
	assert_int_equal(virtio_piece_get(&scene.user->dev, 12288, &piece, NULL), 0);
	q = make_queue(0, false, piece.addr);
	assert_int_equal(scene.transport->queue_start(&scene.user->dev, &q, NULL), 0);
	scene.b.nb_notes = 0;
	assert_int_equal(scene.transport->set_status(&scene.user->dev, 0), 0);
	TOLD(VHOST_USER_SET_VRING_ENABLE, VHOST_USER_GET_VRING_BASE, VHOST_USER_SET_STATUS);
	virtio_piece_put(&scene.user->dev, &piece);
	close_scene(true);
}

static void
a_ring_that_is_refused_or_lost_fails_with_a_sentence(void **state)
{
	static const struct {
		enum fault fault;
		const char *says;
	} rows[] = {{FAULT_REFUSE, "refuses a ring of 256"}, {FAULT_HANG_UP, "hung up"}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct plx_why why = {""};
		struct virtio_piece piece;
		struct virtio_queue q;

		scene.b = (struct backend){BACKEND_GOOD, .fault_at = VHOST_USER_SET_VRING_ADDR,
					   .fault = rows[i].fault};
		open_scene("path=/x");
		connect_scene();
		assert_int_equal(virtio_piece_get(&scene.user->dev, 12288, &piece, NULL), 0);
		q = make_queue(0, false, piece.addr);
		assert_int_equal(scene.transport->queue_start(&scene.user->dev, &q, &why), -EIO);
		assert_non_null(strstr(why.text, rows[i].says));
		/* A reset succeeds in either case: the ring is ours. */
		assert_int_equal(scene.transport->set_status(&scene.user->dev, 0), 0);
		virtio_piece_put(&scene.user->dev, &piece);
		close_scene(true);
	}
}

/* -- without a peer -------------------------------------------------------------------------------------------------------- */

static uint16_t
config_u16(unsigned off)
{
	uint16_t value;

	assert_int_equal(scene.transport->config_read(&scene.user->dev, off, &value, sizeof(value)),
			 0);
	return value;
}

static void
a_device_without_a_peer_negotiates_and_does_not_start(void **state)
{
	struct plx_why why = {""};
	struct virtio_queue q;
	uint8_t status, bytes[32];

	open_scene("path=/x,packed_vq=1,queues=2,queue_size=1024");
	assert_int_equal(scene.transport->set_status(&scene.user->dev, 0x0b), 0);
	assert_int_equal(scene.transport->status(&scene.user->dev, &status), 0);
	assert_int_equal(status, 0x0b);
	assert_true(offers(VIRTIO_F_VERSION_1) && offers(VIRTIO_F_RING_PACKED));
	assert_false(offers(VIRTIO_NET_F_CSUM) || offers(VIRTIO_F_IN_ORDER));
	assert_int_equal(scene.transport->set_features(&scene.user->dev, offered()), 0);
	assert_int_equal(config_u16(VIRTIO_NET_CFG_STATUS), 0);
	assert_int_equal(config_u16(VIRTIO_NET_CFG_MAX_PAIRS), 2);
	assert_int_equal(scene.transport->config_read(&scene.user->dev, 10, bytes, 4), -ERANGE);
	assert_int_equal(scene.transport->config_read(&scene.user->dev, UINT32_MAX, bytes, 2),
			 -ERANGE);
	q = (struct virtio_queue){.dev = &scene.user->dev, .size = 256};
	assert_int_equal(scene.transport->queue_start(&scene.user->dev, &q, &why), -ENOTCONN);
	assert_int_equal(scene.transport->set_status(&scene.user->dev, 0), 0);
	close_scene(false);
}

static void
the_link_is_the_connection(void **state)
{
	uint32_t before, after;

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x,queues=4");
	scene.b.pairs = 2;
	connect_scene();
	assert_int_equal(config_u16(VIRTIO_NET_CFG_STATUS), VIRTIO_NET_S_LINK_UP);
	assert_int_equal(config_u16(VIRTIO_NET_CFG_MAX_PAIRS), 2);
	assert_int_equal(scene.transport->generation(&scene.user->dev, &before), 0);
	scene.user->generation++;
	assert_int_equal(scene.transport->generation(&scene.user->dev, &after), 0);
	assert_int_not_equal(before, after);
	close_scene(true);
}

/* -- control --------------------------------------------------------------------------------------------------------------- */

static void
pairs_are_enabled_and_the_rest_is_granted(void **state)
{
	struct virtio_dev *dev;
	uint16_t pairs = 1;
	uint8_t on = 1;

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x,queues=2");
	connect_scene();
	dev = &scene.user->dev;
	for (unsigned i = 0; i < 4; i++)
		scene.user->queues[i].started = true;
	assert_int_equal(scene.transport->ctrl(dev, VIRTIO_NET_CTRL_MQ,
					       VIRTIO_NET_CTRL_MQ_PAIRS_SET, &pairs, 2),
			 0);
	assert_int_equal(scene.b.nb_notes, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(note(i)->head.request, VHOST_USER_SET_VRING_ENABLE);
		assert_int_equal(note(i)->payload.state.index, i);
		assert_int_equal(note(i)->payload.state.num, i < 2);
	}
	pairs = 3;
	assert_int_equal(scene.transport->ctrl(dev, VIRTIO_NET_CTRL_MQ,
					       VIRTIO_NET_CTRL_MQ_PAIRS_SET, &pairs, 2),
			 -EINVAL);
	assert_int_equal(
		scene.transport->ctrl(dev, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS, &pairs, 2),
		-ENOTSUP);
	assert_int_equal(
		scene.transport->ctrl(dev, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, &on, 1),
		0);
	assert_int_equal(scene.transport->ctrl(dev, 77, 0, &on, 1), -ENOTSUP);
	scene.user->args.cq = false;
	assert_int_equal(
		scene.transport->ctrl(dev, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, &on, 1),
		-ENOTSUP);
	close_scene(true);
}

static void
interrupts_come_to_the_fds_that_are_given(void **state)
{
	const int fds[] = {7, 8, -1};
	struct plx_why why;

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x");
	connect_scene();
	scene.user->queues[0].started = true;
	assert_int_equal(
		scene.transport->irq_set(&scene.user->dev, (const int[]){-1, 0, -1}, 3, &why), 0);
	TOLD(VHOST_USER_SET_VRING_CALL);
	assert_int_equal(scene.user->queues[0].irq_fd, 0);
	assert_int_equal(scene.user->queues[1].irq_fd, -1);
	scene.user->queues[0].started = false;
	assert_int_equal(scene.transport->irq_set(&scene.user->dev, fds, 3, &why), 0);
	assert_int_equal(scene.transport->irq_set(&scene.user->dev, NULL, 0, &why), 0);
	assert_int_equal(scene.user->queues[0].irq_fd, -1);
	close_scene(true);
}

/* Full, and made to block by the back end, which has it too. */
static void
a_kick_that_would_wait_is_left_out(void **state)
{
	struct virtio_queue q = {0};

	open_scene("path=/x");
	q.kick_fd = scene.user->queues[0].kick_fd;
	assert_int_equal(eventfd_write(q.kick_fd, UINT64_MAX - 1), 0);
	assert_int_equal(fcntl(q.kick_fd, F_SETFL, 0), 0);
	alarm(PATIENCE_MS / 1000);
	scene.transport->notify(&q);
	alarm(0);
	close_scene(false);
}

/* -- memory ---------------------------------------------------------------------------------------------------------------- */

static const struct plx_zone *
reserve(const char *name, enum plx_zone_use use)
{
	const struct plx_zone *zone = NULL;

	plx_zone_reserve_dma(name, 4096, PLX_NODE_ANY, use, &zone, NULL);
	return zone;
}

static void
only_buffers_and_own_rings_are_mapped(void **state)
{
	const struct plx_zone *zones[4];

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x");
	zones[0] = reserve("private", PLX_ZONE_PRIVATE);
	zones[1] = reserve("net_virtio_user1/rings0", PLX_ZONE_RINGS);
	zones[2] = reserve("net_virtio_user0/rings7", PLX_ZONE_RINGS);
	zones[3] = reserve("pool.data", PLX_ZONE_BUFFERS);
	assert_int_equal(scene.user->memory.n, 2);
	assert_ptr_equal(scene.user->memory.zones[0], zones[2]);
	assert_ptr_equal(scene.user->memory.zones[1], zones[3]);
	for (unsigned i = 0; i < 4; i++)
		plx_zone_free(zones[i]);
	assert_int_equal(scene.user->memory.n, 0);
	close_scene(false);
}

static void
a_zone_that_comes_or_goes_is_told_at_once(void **state)
{
	const struct plx_zone *first, *second;

	scene.b = (struct backend){BACKEND_GOOD};
	open_scene("path=/x");
	connect_scene();
	first = reserve("a", PLX_ZONE_BUFFERS);
	assert_int_equal(scene.b.nb_notes, 0); /* nobody needs it yet */
	assert_int_equal(user_memory_tell(scene.user), 0);
	second = reserve("b", PLX_ZONE_BUFFERS);
	plx_zone_free(first);
	plx_zone_free(
		second); /* an empty table is none: the next zone begins a new one, when it is needed */
	first = reserve("c", PLX_ZONE_BUFFERS);
	TOLD(VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_MEM_TABLE);
	assert_int_equal(note(0)->payload.memory.nregions, 1);
	assert_int_equal(note(1)->payload.memory.nregions, 2);
	assert_int_equal(note(2)->payload.memory.nregions, 1);
	assert_int_equal(user_memory_tell(scene.user), 0);
	plx_zone_free(first);
	assert_int_equal(scene.b.nb_notes, 4);
	close_scene(true);
}

static void
memory_is_told_once_unless_it_was_refused(void **state)
{
	const struct plx_zone *zone;

	scene.b = (struct backend){BACKEND_GOOD, .fault_at = VHOST_USER_SET_MEM_TABLE,
				   .fault = FAULT_REFUSE};
	open_scene("path=/x");
	connect_scene();
	zone = reserve("a", PLX_ZONE_BUFFERS);
	assert_int_not_equal(user_memory_tell(scene.user), 0);
	assert_int_not_equal(user_memory_tell(scene.user), 0);
	TOLD(VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_MEM_TABLE);
	scene.b.fault = FAULT_NONE;
	assert_int_equal(user_memory_tell(scene.user), 0);
	assert_int_equal(user_memory_tell(scene.user), 0);
	assert_int_equal(scene.b.nb_notes, 3);
	plx_zone_free(zone);
	close_scene(true);
}

static void
a_back_end_with_slots_is_told_one_by_one(void **state)
{
	const struct plx_zone *first, *second;

	scene.b = (struct backend){BACKEND_GOOD};
	scene.b.protocol |= VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MEM_SLOTS);
	open_scene("path=/x");
	connect_scene();
	first = reserve("a", PLX_ZONE_BUFFERS);
	assert_int_equal(user_memory_tell(scene.user), 0);
	second = reserve("b", PLX_ZONE_BUFFERS);
	plx_zone_free(first);
	plx_zone_free(second);
	TOLD(VHOST_USER_ADD_MEM_REG, VHOST_USER_ADD_MEM_REG, VHOST_USER_REM_MEM_REG,
	     VHOST_USER_REM_MEM_REG);
	assert_int_equal(note(0)->nb_fds, 1);
	close_scene(true);
}

static void
a_ninth_region_is_refused(void **state)
{
	const struct plx_zone *zones[9];
	struct plx_why why = {""};
	char name[16];

	open_scene("path=/x");
	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "pool%u", i);
		zones[i] = reserve(name, PLX_ZONE_BUFFERS);
		assert_non_null(zones[i]);
	}
	assert_int_equal(plx_zone_reserve_dma("ninth", 4096, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &zones[8], &why),
			 -ENOSPC);
	assert_non_null(strstr(why.text, "net_virtio_user0: the back end maps 8 regions"));
	for (unsigned i = 0; i < 8; i++)
		plx_zone_free(zones[i]);
	close_scene(false);
}

static void
memory_that_is_refused_is_not_handed_out(void **state)
{
	const struct plx_zone *first, *second = NULL;
	struct plx_why why = {""};

	scene.b = (struct backend){BACKEND_GOOD};
	scene.b.protocol |= VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MEM_SLOTS);
	open_scene("path=/x");
	connect_scene();
	first = reserve("a", PLX_ZONE_BUFFERS);
	assert_int_equal(user_memory_tell(scene.user), 0);
	scene.b.fault_at = VHOST_USER_ADD_MEM_REG;
	scene.b.fault = FAULT_REFUSE;
	assert_int_equal(
		plx_zone_reserve_dma("b", 4096, PLX_NODE_ANY, PLX_ZONE_BUFFERS, &second, &why),
		-EREMOTEIO);
	assert_non_null(strstr(why.text, "refuses to map"));
	assert_int_equal(scene.user->memory.n, 1);
	/* One that dies over it learns of the memory when it is back. */
	scene.b.fault = FAULT_HANG_UP;
	second = reserve("b", PLX_ZONE_BUFFERS);
	assert_non_null(second);
	assert_int_equal(scene.user->memory.n, 2);
	plx_zone_free(second);
	plx_zone_free(first);
	close_scene(true);
}

static int
begin(void **state)
{
	return eal_fixture_init("0@0");
}

static int
end(void **state)
{
	return plx_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(features_are_the_back_ends_and_what_the_user_allows),
		cmocka_unit_test(what_is_no_matter_of_the_back_ends_is_kept_from_it),
		cmocka_unit_test(a_queue_starts_and_stops_in_the_order_that_back_ends_know),
		cmocka_unit_test(a_packed_ring_begins_with_its_wrap_counter),
		cmocka_unit_test(a_back_end_without_protocol_features_has_rings_enabled),
		cmocka_unit_test(a_reset_stops_the_rings_and_then_says_so),
		cmocka_unit_test(a_ring_that_is_refused_or_lost_fails_with_a_sentence),
		cmocka_unit_test(a_device_without_a_peer_negotiates_and_does_not_start),
		cmocka_unit_test(the_link_is_the_connection),
		cmocka_unit_test(pairs_are_enabled_and_the_rest_is_granted),
		cmocka_unit_test(interrupts_come_to_the_fds_that_are_given),
		cmocka_unit_test(a_kick_that_would_wait_is_left_out),
		cmocka_unit_test(only_buffers_and_own_rings_are_mapped),
		cmocka_unit_test(a_zone_that_comes_or_goes_is_told_at_once),
		cmocka_unit_test(a_back_end_with_slots_is_told_one_by_one),
		cmocka_unit_test(a_ninth_region_is_refused),
		cmocka_unit_test(memory_is_told_once_unless_it_was_refused),
		cmocka_unit_test(memory_that_is_refused_is_not_handed_out),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
