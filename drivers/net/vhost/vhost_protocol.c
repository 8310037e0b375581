/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The conversation: each message of the front end, what it must look like, and what is done with it. All that a message
 * says is checked before anything is changed; what rings and memory are is changed behind closed gates.
 */
#include "vhost_handler.h"

#include "plx_log.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

PLX_LOG_COMPONENT(vhost_log, "pmd.net.vhost");

#define REPLY_TIMEOUT VHOST_WAIT_MS

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
	vhost_handler_fn *run;
};

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
	[VHOST_USER_GET_FEATURES] = {NOTHING, 0, QUESTION, ALWAYS, vhost_on_get_features},
	[VHOST_USER_SET_FEATURES] = {U64, 0, ACK, ALWAYS, vhost_on_set_features},
	[VHOST_USER_SET_OWNER] = {NOTHING, 0, ACK, ALWAYS, vhost_on_set_owner},
	[VHOST_USER_RESET_OWNER] = {NOTHING, 0, ACK, ALWAYS, vhost_on_reset_owner},
	[VHOST_USER_SET_MEM_TABLE] = {TABLE, VHOST_USER_REGIONS_MAX, ACK, ALWAYS,
				      vhost_on_set_mem_table},
	[VHOST_USER_SET_VRING_NUM] = {STATE, 0, ACK, ALWAYS, vhost_on_set_vring_num},
	[VHOST_USER_SET_VRING_ADDR] = {ADDR, 0, ACK, ALWAYS, vhost_on_set_vring_addr},
	[VHOST_USER_SET_VRING_BASE] = {STATE, 0, ACK, ALWAYS, vhost_on_set_vring_base},
	[VHOST_USER_GET_VRING_BASE] = {STATE, 0, REPLY, ALWAYS, vhost_on_get_vring_base},
	[VHOST_USER_SET_VRING_KICK] = {U64, 1, ACK, ALWAYS, vhost_on_set_vring_kick},
	[VHOST_USER_SET_VRING_CALL] = {U64, 1, ACK, ALWAYS, vhost_on_set_vring_call},
	[VHOST_USER_SET_VRING_ERR] = {U64, 1, ACK, ALWAYS, vhost_on_set_vring_err},
	[VHOST_USER_GET_PROTOCOL_FEATURES] = {NOTHING, 0, QUESTION, ALWAYS,
					      vhost_on_get_protocol_features},
	[VHOST_USER_SET_PROTOCOL_FEATURES] = {U64, 0, ACK, ALWAYS, vhost_on_set_protocol_features},
	[VHOST_USER_GET_QUEUE_NUM] = {NOTHING, 0, QUESTION, VHOST_USER_PROTOCOL_F_MQ,
				      vhost_on_get_queue_num},
	[VHOST_USER_SET_VRING_ENABLE] = {STATE, 0, ACK, ALWAYS, vhost_on_set_vring_enable},
	[VHOST_USER_SEND_RARP] = {U64, 0, ACK, VHOST_USER_PROTOCOL_F_RARP, vhost_on_send_rarp},
	[VHOST_USER_NET_SET_MTU] = {U64, 0, ACK, VHOST_USER_PROTOCOL_F_MTU, vhost_on_net_set_mtu},
	[VHOST_USER_GET_CONFIG] = {CONFIG, 0, QUESTION, VHOST_USER_PROTOCOL_F_CONFIG,
				   vhost_on_get_config},
	[VHOST_USER_SET_CONFIG] = {CONFIG, 0, ACK, VHOST_USER_PROTOCOL_F_CONFIG,
				   vhost_on_set_config},
	[VHOST_USER_GET_INFLIGHT_FD] = {BOOKS, 0, REPLY, VHOST_USER_PROTOCOL_F_INFLIGHT,
					vhost_on_get_inflight_fd},
	[VHOST_USER_SET_INFLIGHT_FD] = {BOOKS, 1, ACK, VHOST_USER_PROTOCOL_F_INFLIGHT,
					vhost_on_set_inflight_fd},
	[VHOST_USER_GET_MAX_MEM_SLOTS] = {NOTHING, 0, QUESTION, VHOST_USER_PROTOCOL_F_MEM_SLOTS,
					  vhost_on_get_max_mem_slots},
	[VHOST_USER_ADD_MEM_REG] = {REGION, 1, ACK, VHOST_USER_PROTOCOL_F_MEM_SLOTS,
				    vhost_on_add_mem_reg},
	/* Some front ends send the region's file along, as the protocol allows. */
	[VHOST_USER_REM_MEM_REG] = {REGION, 1, ACK, VHOST_USER_PROTOCOL_F_MEM_SLOTS,
				    vhost_on_rem_mem_reg},
	[VHOST_USER_SET_STATUS] = {U64, 0, ACK, VHOST_USER_PROTOCOL_F_STATUS, vhost_on_set_status},
	[VHOST_USER_GET_STATUS] = {NOTHING, 0, QUESTION, VHOST_USER_PROTOCOL_F_STATUS,
				   vhost_on_get_status},
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
