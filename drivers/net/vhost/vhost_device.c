/* SPDX-License-Identifier: BSD-3-Clause */
/* What a front end asks and says about the device as a whole: features, status, configuration (5.1.4). */
#include "vhost_handler.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MTU_MIN 68

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

int
vhost_on_get_features(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
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

int
vhost_on_set_features(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
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

int
vhost_on_get_protocol_features(struct vhost_port *port, struct vhost_user_msg *msg,
			       struct plx_why *why)
{
	msg->payload.u64 = vhost_protocol_features();
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

int
vhost_on_set_protocol_features(struct vhost_port *port, struct vhost_user_msg *msg,
			       struct plx_why *why)
{
	uint64_t bits = msg->payload.u64;

	if ((bits & ~vhost_protocol_features()) != 0)
		return plx_why(why, -EPROTO, "protocol features 0x%" PRIx64 " were never offered",
			       bits & ~vhost_protocol_features());
	port->protocol_features = bits;
	return 0;
}

/* -- the whole device ---------------------------------------------------------------------------------------- */

int
vhost_on_set_owner(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	return 0;
}

int
vhost_on_reset_owner(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	const uint64_t protocol_features = port->protocol_features;

	vhost_protocol_forget(port);
	port->protocol_features = protocol_features; /* they are the connection's */
	return 0;
}

int
vhost_on_get_queue_num(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = port->args.queues;
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

int
vhost_on_set_status(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	if (msg->payload.u64 > UINT8_MAX)
		return plx_why(why, -EPROTO, "a status of 0x%" PRIx64, msg->payload.u64);
	port->status = (uint8_t)msg->payload.u64;
	if (port->status != 0)
		return 0;
	/* 2.1: a reset. */
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		vhost_inflight_stop(&port->ring[i]);
		vhost_ring_detach(&port->ring[i]);
		port->ring[i].has_kick = false;
	}
	return 0;
}

int
vhost_on_get_status(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = port->status;
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

int
vhost_on_net_set_mtu(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	if (msg->payload.u64 < MTU_MIN || msg->payload.u64 > UINT16_MAX)
		return plx_why(why, VHOST_REFUSED, "an MTU of %" PRIu64, msg->payload.u64);
	port->guest_mtu = (uint16_t)msg->payload.u64;
	return 0;
}

/* The guest moved and wants to be found: whoever forwards for us learns by its next frame. */
int
vhost_on_send_rarp(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	return 0;
}

/* -- configuration ------------------------------------------------------------------------------------------ */

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

int
vhost_on_get_config(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
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

int
vhost_on_set_config(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	return plx_why(why, VHOST_REFUSED, "the configuration is not the front end's to write");
}
