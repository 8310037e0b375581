/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handlers of messages, which the table in vhost_protocol.c names. One returns 0, VHOST_REFUSED if it refuses but the two can go on,
 * or negative if they cannot. It takes the fds that it keeps out of the message; the others are closed for it.
 */
#ifndef PLX_DRIVERS_NET_VHOST_VHOST_HANDLER_H
#define PLX_DRIVERS_NET_VHOST_VHOST_HANDLER_H

#include "vhost.h"

#define VHOST_REFUSED 1

typedef int
vhost_handler_fn(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why);

/* vhost_device.c, vhost_vring.c, vhost_regions.c */
vhost_handler_fn vhost_on_get_features, vhost_on_set_features, vhost_on_get_protocol_features,
	vhost_on_set_protocol_features, vhost_on_set_owner, vhost_on_reset_owner,
	vhost_on_get_queue_num, vhost_on_set_status, vhost_on_get_status, vhost_on_net_set_mtu,
	vhost_on_send_rarp, vhost_on_get_config, vhost_on_set_config, vhost_on_set_mem_table,
	vhost_on_get_max_mem_slots, vhost_on_add_mem_reg, vhost_on_rem_mem_reg,
	vhost_on_set_vring_num, vhost_on_set_vring_addr, vhost_on_set_vring_base,
	vhost_on_get_vring_base, vhost_on_set_vring_enable, vhost_on_set_vring_kick,
	vhost_on_set_vring_call, vhost_on_set_vring_err, vhost_on_get_inflight_fd,
	vhost_on_set_inflight_fd;

#endif
