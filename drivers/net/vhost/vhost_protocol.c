/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The conversation: each message of the front end, what it must look like, and what is done with it. All that a message
 * says is checked before anything is changed; what rings and memory are is changed behind closed gates.
 *
 * A handler returns 0, a positive number if it refuses but the two can go on, or negative if they cannot. It takes the fds that it
 * keeps out of the message; the others are closed for it.
 */
#include "vhost.h"

#include "plx_log.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

PLX_LOG_COMPONENT(vhost_log, "pmd.net.vhost");

#define REFUSED	      1
#define REPLY_TIMEOUT VHOST_WAIT_MS
#define MTU_MIN	      68

enum answer {
	ACK,	  /* by an acknowledgement, if one is asked for */
	REPLY,	  /* with what the handler left in the message */
	QUESTION, /* the same, and nothing changes: rings run on meanwhile */
};

struct handler {
	uint16_t size_min, size_max; /* of the payload */
	uint8_t fds_max;
	uint8_t answer;
	int8_t protocol_feature; /* that it belongs to, -1: none */
	int (*run)(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why);
};

/* -- features ------------------------------------------------------------------------------------------------ */

uint64_t
vhost_features(const struct vhost_port *port)
{
	static const uint8_t none[6];
	uint64_t bits = VIRTIO_BIT(VIRTIO_NET_F_CSUM) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) |
			VIRTIO_BIT(VIRTIO_NET_F_MTU) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) |
			VIRTIO_BIT(VIRTIO_NET_F_STATUS) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) |
			VIRTIO_BIT(VIRTIO_NET_F_CTRL_RX) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_ANNOUNCE) |
			VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT) |
			VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX) |
			VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES) |
			VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED) |
			VIRTIO_BIT(VIRTIO_F_IN_ORDER);

	if (port->args.tso)
		bits |= VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO6) |
			VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO6);
	if (memcmp(port->args.guest_mac, none, sizeof(none)) != 0)
		bits |= VIRTIO_BIT(VIRTIO_NET_F_MAC);
	return bits;
}

uint64_t
vhost_protocol_features(void)
{
	return VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MQ) | VIRTIO_BIT(VHOST_USER_PROTOCOL_F_RARP) |
	       VIRTIO_BIT(VHOST_USER_PROTOCOL_F_REPLY_ACK) | VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MTU) |
	       VIRTIO_BIT(VHOST_USER_PROTOCOL_F_CONFIG) |
	       VIRTIO_BIT(VHOST_USER_PROTOCOL_F_INFLIGHT) |
	       VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MEM_SLOTS) |
	       VIRTIO_BIT(VHOST_USER_PROTOCOL_F_STATUS);
}

static int
get_features(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = vhost_features(port);
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

static bool
any_attached(const struct vhost_port *port)
{
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		if (port->ring[i].attached)
			return true;
	}
	return false;
}

static int
set_features(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	uint64_t bits = msg->payload.u64;

	if ((bits & ~vhost_features(port)) != 0)
		return plx_why(why, -EPROTO, "features 0x%" PRIx64 " were never offered",
			       bits & ~vhost_features(port));
	if (port->has_features && bits != port->features && any_attached(port))
		return plx_why(why, -EPROTO, "other features while rings run");
	port->features = bits;
	port->has_features = true;
	/* Without this bit nobody will say that rings are enabled. */
	if ((bits & VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES)) == 0) {
		for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
			port->ring[i].enabled = true;
	}
	return 0;
}

static int
get_protocol_features(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = vhost_protocol_features();
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

static int
set_protocol_features(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	uint64_t bits = msg->payload.u64;

	if ((bits & ~vhost_protocol_features()) != 0)
		return plx_why(why, -EPROTO, "protocol features 0x%" PRIx64 " were never offered",
			       bits & ~vhost_protocol_features());
	port->protocol_features = bits;
	return 0;
}

/* -- the whole device ------------------------------------------------------------------------------------------ */

static int
set_owner(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	return 0;
}

static int
reset_owner(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	const uint64_t protocol_features = port->protocol_features;

	vhost_protocol_forget(port);
	port->protocol_features = protocol_features; /* they are the connection's */
	return 0;
}

static int
get_queue_num(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = port->args.queues;
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

static int
set_status(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	if (msg->payload.u64 > UINT8_MAX)
		return plx_why(why, -EPROTO, "a status of 0x%" PRIx64, msg->payload.u64);
	port->status = (uint8_t)msg->payload.u64;
	if (port->status != 0)
		return 0;
	/* 2.1: a reset. */
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		vhost_ring_detach(&port->ring[i]);
		port->ring[i].has_kick = false;
	}
	return 0;
}

static int
get_status(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = port->status;
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

static int
net_set_mtu(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	if (msg->payload.u64 < MTU_MIN || msg->payload.u64 > UINT16_MAX)
		return plx_why(why, REFUSED, "an MTU of %" PRIu64, msg->payload.u64);
	port->guest_mtu = (uint16_t)msg->payload.u64;
	return 0;
}

/* The guest moved and wants to be found: whoever forwards for us learns by its next frame. */
static int
send_rarp(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	return 0;
}

/* -- configuration (5.1.4) --------------------------------------------------------------------------------------- */

static void
fill_config(const struct vhost_port *port, uint8_t config[VIRTIO_NET_CFG_RSS_MAX_KEY])
{
	const uint16_t status = vhost_rings_ready(port) ? VIRTIO_NET_S_LINK_UP : 0;
	const uint16_t pairs = (uint16_t)port->args.queues;
	const uint16_t mtu = port->guest_mtu != 0 ? port->guest_mtu : port->dev.mtu;

	memset(config, 0, VIRTIO_NET_CFG_RSS_MAX_KEY);
	memcpy(config + VIRTIO_NET_CFG_MAC, port->args.guest_mac, 6);
	memcpy(config + VIRTIO_NET_CFG_STATUS, &status, sizeof(status));
	memcpy(config + VIRTIO_NET_CFG_MAX_PAIRS, &pairs, sizeof(pairs));
	memcpy(config + VIRTIO_NET_CFG_MTU, &mtu, sizeof(mtu));
	memset(config + VIRTIO_NET_CFG_SPEED, 0xff, sizeof(uint32_t) + 1); /* unknown */
}

static int
get_config(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_user_config *asked = &msg->payload.config;
	uint8_t config[VHOST_USER_CONFIG_MAX] = {0};

	if (asked->size > sizeof(config) || asked->offset > sizeof(config) - asked->size ||
	    msg->head.size < offsetof(struct vhost_user_config, data)) {
		msg->head.size = 0; /* the protocol's way to refuse this one */
		return 0;
	}
	fill_config(port, config);
	memcpy(asked->data, config + asked->offset, asked->size);
	msg->head.size = (uint32_t)(offsetof(struct vhost_user_config, data) + asked->size);
	return 0;
}

static int
set_config(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	return plx_why(why, REFUSED, "the configuration is not the front end's to write");
}

/* -- memory --------------------------------------------------------------------------------------------------------- */

static void
drop_memory(struct vhost_port *port)
{
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		vhost_ring_detach(&port->ring[i]);
	vhost_memory_clear(&port->memory);
}

static int
set_mem_table(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	const struct vhost_user_memory *said = &msg->payload.memory;
	const uint32_t nb = said->nregions;
	int ret = 0;

	if (nb > VHOST_USER_REGIONS_MAX || nb != msg->nb_fds ||
	    msg->head.size < offsetof(struct vhost_user_memory, regions) +
				     nb * sizeof(struct vhost_user_region))
		return plx_why(why, -EPROTO, "%u regions in %u bytes with %u files", nb,
			       msg->head.size, msg->nb_fds);
	drop_memory(port);
	for (uint32_t i = 0; i < nb && ret == 0; i++)
		ret = vhost_memory_add(&port->memory, &said->regions[i], msg->fds[i],
				       port->trouble_fd, why);
	if (ret != 0)
		vhost_memory_clear(&port->memory);
	return ret;
}

static int
get_max_mem_slots(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = VHOST_SLOTS_MAX;
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

static int
add_mem_reg(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	if (msg->nb_fds != 1)
		return plx_why(why, -EPROTO, "%u files with it; it takes one", msg->nb_fds);
	return vhost_memory_add(&port->memory, &msg->payload.mem_reg.region, msg->fds[0],
				port->trouble_fd, why);
}

static int
rem_mem_reg(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	const struct vhost_user_region *said = &msg->payload.mem_reg.region;

	/* A ring that lay there is found out when it is attached again. */
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		vhost_ring_detach(&port->ring[i]);
	if (vhost_memory_remove(&port->memory, said) != 0)
		return plx_why(why, -EPROTO, "no region at 0x%" PRIx64 " of 0x%" PRIx64 " bytes",
			       said->guest_phys, said->size);
	return 0;
}

/* -- rings ------------------------------------------------------------------------------------------------------------ */

static struct vhost_ring *
ring_at(struct vhost_port *port, uint64_t index, struct plx_why *why)
{
	if (index < 2 * port->args.queues)
		return &port->ring[index];
	plx_why(why, -EPROTO, "there is no ring %" PRIu64 "; there are %" PRIu64, index,
		2 * port->args.queues);
	return NULL;
}

static int
set_vring_num(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	if (msg->payload.state.num == 0 || msg->payload.state.num > VIRTIO_QUEUE_SIZE_MAX)
		return plx_why(why, -EPROTO, "a ring of %u descriptors; 1 to %d are possible",
			       msg->payload.state.num, VIRTIO_QUEUE_SIZE_MAX);
	vhost_ring_detach(ring);
	ring->size = (uint16_t)msg->payload.state.num;
	return 0;
}

static int
set_vring_addr(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.addr.index, why);

	if (ring == NULL)
		return -EPROTO;
	if (msg->payload.addr.flags != 0)
		return plx_why(why, -EPROTO, "flags 0x%x: a log of writes was never offered",
			       msg->payload.addr.flags);
	vhost_ring_detach(ring);
	ring->addr = msg->payload.addr;
	ring->has_addr = true;
	return 0;
}

static int
set_vring_base(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	vhost_ring_detach(ring);
	ring->packed = vhost_has(port, VIRTIO_F_RING_PACKED);
	vhost_ring_set_base(ring, msg->payload.state.num);
	return 0;
}

/* Stops the ring until it has a kick again. */
static int
get_vring_base(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	vhost_ring_detach(ring);
	ring->has_kick = false;
	plx_unixsock_close_fds(&ring->kick_fd, 1);
	ring->packed = vhost_has(port, VIRTIO_F_RING_PACKED);
	msg->payload.state.num = vhost_ring_base(ring);
	msg->head.size = sizeof(msg->payload.state);
	return 0;
}

static int
set_vring_enable(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	struct vhost_ring *ring = ring_at(port, msg->payload.state.index, why);

	if (ring == NULL)
		return -EPROTO;
	if (msg->payload.state.num > 1)
		return plx_why(why, -EPROTO, "neither on nor off: %u", msg->payload.state.num);
	ring->enabled = msg->payload.state.num != 0;
	return 0;
}

/* Writing to anything else than an eventfd could hang, or worse. */
static bool
is_eventfd(int fd)
{
	char path[32], target[32] = "";
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	return len < 0 || strcmp(target, "anon_inode:[eventfd]") == 0;
}

/* The fd of a KICK, CALL or ERR goes to *ret_fd; -1 if it says that there is none. */
static struct vhost_ring *
take_fd(struct vhost_port *port, struct vhost_user_msg *msg, int *ret_fd, struct plx_why *why)
{
	const uint64_t said = msg->payload.u64;
	const bool none = (said & VHOST_USER_VRING_NO_FD) != 0;
	struct vhost_ring *ring = ring_at(port, said & VHOST_USER_VRING_INDEX_MASK, why);

	if (ring == NULL)
		return NULL;
	if (said > (VHOST_USER_VRING_INDEX_MASK | VHOST_USER_VRING_NO_FD) ||
	    msg->nb_fds != (none ? 0 : 1)) {
		plx_why(why, -EPROTO, "0x%" PRIx64 " with %u files", said, msg->nb_fds);
		return NULL;
	}
	*ret_fd = -1;
	if (none)
		return ring;
	if (!is_eventfd(msg->fds[0])) {
		plx_why(why, -EPROTO, "the file that came is no eventfd");
		return NULL;
	}
	fcntl(msg->fds[0], F_SETFL, O_NONBLOCK);
	*ret_fd = msg->fds[0];
	msg->fds[0] = -1;
	return ring;
}

static void
replace_fd(int *fd, int with)
{
	plx_unixsock_close_fds(fd, 1);
	*fd = with;
}

static int
set_vring_kick(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	int fd;
	struct vhost_ring *ring = take_fd(port, msg, &fd, why);

	if (ring == NULL)
		return -EPROTO;
	replace_fd(&ring->kick_fd, fd);
	ring->has_kick = true;
	return 0;
}

static int
set_vring_call(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	int fd;
	struct vhost_ring *ring = take_fd(port, msg, &fd, why);

	if (ring == NULL)
		return -EPROTO;
	replace_fd(&ring->call_fd, fd);
	return 0;
}

static int
set_vring_err(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	int fd;
	struct vhost_ring *ring = take_fd(port, msg, &fd, why);

	if (ring == NULL)
		return -EPROTO;
	replace_fd(&ring->err_fd, fd);
	return 0;
}

/* -- books of what is in flight ------------------------------------------------------------------------------------------ */

static int
get_inflight_fd(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	const struct vhost_user_inflight asked = msg->payload.inflight;
	int ret;

	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		port->ring[i].books = (struct vhost_books){NULL, NULL, NULL};
	vhost_inflight_drop(&port->inflight);
	ret = vhost_inflight_create(&port->inflight, &asked, vhost_has(port, VIRTIO_F_RING_PACKED),
				    &msg->payload.inflight, &msg->fds[0], why);
	if (ret != 0)
		return ret;
	msg->nb_fds = 1;
	msg->head.size = sizeof(msg->payload.inflight);
	return 0;
}

static int
set_inflight_fd(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	if (msg->nb_fds != 1)
		return plx_why(why, -EPROTO, "%u files with it; it takes one", msg->nb_fds);
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		port->ring[i].books = (struct vhost_books){NULL, NULL, NULL};
	vhost_inflight_drop(&port->inflight);
	return vhost_inflight_adopt(&port->inflight, &msg->payload.inflight,
				    vhost_has(port, VIRTIO_F_RING_PACKED), msg->fds[0],
				    port->trouble_fd, why);
}

/* -- the table ------------------------------------------------------------------------------------------------------------- */

#define U64	sizeof(uint64_t), sizeof(uint64_t)
#define STATE	sizeof(struct vhost_user_state), sizeof(struct vhost_user_state)
#define ADDR	sizeof(struct vhost_user_addr), sizeof(struct vhost_user_addr)
#define REGION	sizeof(struct vhost_user_mem_reg), sizeof(struct vhost_user_mem_reg)
#define TABLE	offsetof(struct vhost_user_memory, regions), sizeof(struct vhost_user_memory)
#define CONFIG	offsetof(struct vhost_user_config, data), sizeof(struct vhost_user_config)
#define BOOKS	INFLIGHT_LEN, sizeof(struct vhost_user_inflight)
#define NOTHING 0, 0
#define ALWAYS	-1
/* Some front ends pad the struct, some do not. */
#define INFLIGHT_LEN (2 * sizeof(uint64_t) + 2 * sizeof(uint16_t))

static const struct handler handlers[VHOST_USER_REQUEST_MAX] = {
	[VHOST_USER_GET_FEATURES] = {NOTHING, 0, QUESTION, ALWAYS, get_features},
	[VHOST_USER_SET_FEATURES] = {U64, 0, ACK, ALWAYS, set_features},
	[VHOST_USER_SET_OWNER] = {NOTHING, 0, ACK, ALWAYS, set_owner},
	[VHOST_USER_RESET_OWNER] = {NOTHING, 0, ACK, ALWAYS, reset_owner},
	[VHOST_USER_SET_MEM_TABLE] = {TABLE, VHOST_USER_REGIONS_MAX, ACK, ALWAYS, set_mem_table},
	[VHOST_USER_SET_VRING_NUM] = {STATE, 0, ACK, ALWAYS, set_vring_num},
	[VHOST_USER_SET_VRING_ADDR] = {ADDR, 0, ACK, ALWAYS, set_vring_addr},
	[VHOST_USER_SET_VRING_BASE] = {STATE, 0, ACK, ALWAYS, set_vring_base},
	[VHOST_USER_GET_VRING_BASE] = {STATE, 0, REPLY, ALWAYS, get_vring_base},
	[VHOST_USER_SET_VRING_KICK] = {U64, 1, ACK, ALWAYS, set_vring_kick},
	[VHOST_USER_SET_VRING_CALL] = {U64, 1, ACK, ALWAYS, set_vring_call},
	[VHOST_USER_SET_VRING_ERR] = {U64, 1, ACK, ALWAYS, set_vring_err},
	[VHOST_USER_GET_PROTOCOL_FEATURES] = {NOTHING, 0, QUESTION, ALWAYS, get_protocol_features},
	[VHOST_USER_SET_PROTOCOL_FEATURES] = {U64, 0, ACK, ALWAYS, set_protocol_features},
	[VHOST_USER_GET_QUEUE_NUM] = {NOTHING, 0, QUESTION, VHOST_USER_PROTOCOL_F_MQ,
				      get_queue_num},
	[VHOST_USER_SET_VRING_ENABLE] = {STATE, 0, ACK, ALWAYS, set_vring_enable},
	[VHOST_USER_SEND_RARP] = {U64, 0, ACK, VHOST_USER_PROTOCOL_F_RARP, send_rarp},
	[VHOST_USER_NET_SET_MTU] = {U64, 0, ACK, VHOST_USER_PROTOCOL_F_MTU, net_set_mtu},
	[VHOST_USER_GET_CONFIG] = {CONFIG, 0, QUESTION, VHOST_USER_PROTOCOL_F_CONFIG, get_config},
	[VHOST_USER_SET_CONFIG] = {CONFIG, 0, ACK, VHOST_USER_PROTOCOL_F_CONFIG, set_config},
	[VHOST_USER_GET_INFLIGHT_FD] = {BOOKS, 0, REPLY, VHOST_USER_PROTOCOL_F_INFLIGHT,
					get_inflight_fd},
	[VHOST_USER_SET_INFLIGHT_FD] = {BOOKS, 1, ACK, VHOST_USER_PROTOCOL_F_INFLIGHT,
					set_inflight_fd},
	[VHOST_USER_GET_MAX_MEM_SLOTS] = {NOTHING, 0, QUESTION, VHOST_USER_PROTOCOL_F_MEM_SLOTS,
					  get_max_mem_slots},
	[VHOST_USER_ADD_MEM_REG] = {REGION, 1, ACK, VHOST_USER_PROTOCOL_F_MEM_SLOTS, add_mem_reg},
	/* Some front ends send the region's file along, as the protocol allows. */
	[VHOST_USER_REM_MEM_REG] = {REGION, 1, ACK, VHOST_USER_PROTOCOL_F_MEM_SLOTS, rem_mem_reg},
	[VHOST_USER_SET_STATUS] = {U64, 0, ACK, VHOST_USER_PROTOCOL_F_STATUS, set_status},
	[VHOST_USER_GET_STATUS] = {NOTHING, 0, QUESTION, VHOST_USER_PROTOCOL_F_STATUS, get_status},
};

static const struct handler *
find_handler(const struct vhost_port *port, const struct vhost_user_msg *msg, struct plx_why *why)
{
	const struct vhost_user_head *head = &msg->head;
	const struct handler *handler =
		head->request < VHOST_USER_REQUEST_MAX ? &handlers[head->request] : NULL;

	if (handler == NULL || handler->run == NULL)
		plx_why(why, -EPROTO, "it is not known here");
	else if (head->size < handler->size_min || head->size > handler->size_max)
		plx_why(why, -EPROTO, "it has %u bytes, not %u to %u", head->size,
			handler->size_min, handler->size_max);
	else if (msg->nb_fds > handler->fds_max)
		plx_why(why, -EPROTO, "%u files came with it, more than %u", msg->nb_fds,
			handler->fds_max);
	else if (handler->protocol_feature != ALWAYS &&
		 (port->protocol_features & VIRTIO_BIT(handler->protocol_feature)) == 0)
		plx_why(why, -EPROTO, "its protocol feature %d was not agreed on",
			handler->protocol_feature);
	else if ((head->flags & VHOST_USER_FLAG_REPLY) != 0)
		plx_why(why, -EPROTO, "it is a reply, and nothing was asked");
	else
		return handler;
	return NULL;
}

static int
answer(const struct vhost_port *port, int sock, const struct handler *handler, int result,
       struct vhost_user_msg *msg)
{
	const bool asked =
		(msg->head.flags & VHOST_USER_FLAG_NEED_REPLY) != 0 &&
		(port->protocol_features & VIRTIO_BIT(VHOST_USER_PROTOCOL_F_REPLY_ACK)) != 0;

	if (handler->answer == ACK ? !asked : result != 0)
		return 0;
	msg->head.flags = VHOST_USER_VERSION | VHOST_USER_FLAG_REPLY;
	if (handler->answer == ACK) {
		msg->head.size = sizeof(msg->payload.u64);
		msg->payload.u64 = result != 0;
		msg->nb_fds = 0;
	}
	return vhost_user_send(sock, msg, REPLY_TIMEOUT);
}

static int
run_behind_gates(struct vhost_port *port, const struct handler *handler, struct vhost_user_msg *msg,
		 struct plx_why *why)
{
	int ret, resumed;

	vhost_rings_pause(port);
	ret = handler->run(port, msg, why);
	if (ret < 0)
		return ret;
	resumed = vhost_rings_resume(port, why);
	return resumed < 0 ? resumed : ret;
}

int
vhost_protocol_message(struct vhost_port *port, int sock, struct vhost_user_msg *msg,
		       struct plx_why *why)
{
	const uint32_t request = msg->head.request;
	const char *name = vhost_user_name(request);
	const unsigned nb_fds = msg->nb_fds;
	const struct handler *handler = find_handler(port, msg, why);
	int ret = handler != NULL ? 0 : -EPROTO;
	int sent = 0;

	if (ret == 0) {
		plx_log_debug(&vhost_log, "%s: %s", port->dev.info.name, name);
		ret = handler->answer == QUESTION ? handler->run(port, msg, why)
						  : run_behind_gates(port, handler, msg, why);
		sent = answer(port, sock, handler, ret, msg);
	}
	plx_unixsock_close_fds(msg->fds, msg->nb_fds > nb_fds ? msg->nb_fds : nb_fds);
	if (ret == 0 && sent != 0)
		ret = plx_why(why, sent, "no answer can be sent: %s", strerror(-sent));
	if (ret < 0 && name != NULL)
		plx_why_prefix(why, ret, "%s: ", name);
	else if (ret < 0)
		plx_why_prefix(why, ret, "message %u: ", request);
	return ret < 0 ? ret : 0;
}

void
vhost_protocol_forget(struct vhost_port *port)
{
	vhost_rings_pause(port);
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		port->counter[VHOST_CALLS] += port->ring[i].calls;
		port->ring[i].calls = 0;
		vhost_ring_reset(&port->ring[i]);
	}
	vhost_memory_clear(&port->memory);
	vhost_inflight_drop(&port->inflight);
	port->has_features = false;
	port->features = port->protocol_features = 0;
	port->status = 0;
	port->guest_mtu = 0;
}

/* -- rings as a whole ---------------------------------------------------------------------------------------------------------- */

void
vhost_rings_pause(struct vhost_port *port)
{
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		if (port->ring[i].gate.open != 0)
			plx_gate_close(&port->ring[i].gate);
	}
}

/* All that the front end has to say about a ring was said. */
static bool
is_complete(const struct vhost_port *port, const struct vhost_ring *ring)
{
	const uint64_t by_status = VIRTIO_BIT(VHOST_USER_PROTOCOL_F_STATUS);

	if (!port->has_features || port->memory.nb == 0 || ring->size == 0 || !ring->has_addr ||
	    !ring->has_kick || vhost_ring_is_broken(ring))
		return false;
	return (port->protocol_features & by_status) == 0 ||
	       (port->status & VIRTIO_STATUS_DRIVER_OK) != 0;
}

int
vhost_rings_resume(struct vhost_port *port, struct plx_why *why)
{
	for (unsigned i = 0; i < 2 * port->args.queues; i++) {
		struct vhost_ring *ring = &port->ring[i];
		int ret;

		if (!is_complete(port, ring) || !ring->enabled)
			continue;
		if (!ring->attached) {
			ret = vhost_ring_attach(ring, &port->memory, port->features, why);
			if (ret != 0)
				return ret;
			vhost_inflight_attach(&port->inflight, ring);
		}
		if (port->started && !port->link_down)
			plx_gate_open(&ring->gate);
	}
	return 0;
}

bool
vhost_rings_ready(const struct vhost_port *port)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct vhost_ring *ring = &port->ring[i];

		if (!ring->attached || !ring->enabled || vhost_ring_is_broken(ring))
			return false;
	}
	return true;
}
