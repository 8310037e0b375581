/* SPDX-License-Identifier: BSD-3-Clause */
/* What a front end says about memory: its own, and the books of what is in flight, which it keeps for the next back end. */
#include "vhost_handler.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* -- memory -------------------------------------------------------------------------------------------------- */

static void
drop_memory(struct vhost_port *port)
{
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++)
		vhost_ring_detach(&port->ring[i]);
	vhost_memory_clear(&port->memory);
}

int
vhost_on_set_mem_table(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
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

int
vhost_on_get_max_mem_slots(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	msg->payload.u64 = VHOST_SLOTS_MAX;
	msg->head.size = sizeof(msg->payload.u64);
	return 0;
}

int
vhost_on_add_mem_reg(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	if (msg->nb_fds != 1)
		return plx_why(why, -EPROTO, "%u files with it; it takes one", msg->nb_fds);
	return vhost_memory_add(&port->memory, &msg->payload.mem_reg.region, msg->fds[0],
				port->trouble_fd, why);
}

int
vhost_on_rem_mem_reg(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
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

/* -- books of what is in flight ------------------------------------------------------------------------------ */

/* Rings go on without, unless what they still have to give back is known by those books alone. */
static int
leave_books(struct vhost_port *port, struct plx_why *why)
{
	for (unsigned i = 0; i < VHOST_RINGS_MAX; i++) {
		struct vhost_ring *ring = &port->ring[i];

		if (ring->nb_resumed > 0)
			return plx_why(why, -EPROTO,
				       "%u lists of ring %u are in flight by the books so far",
				       ring->nb_resumed, ring->index);
		vhost_inflight_detach(ring);
	}
	vhost_inflight_drop(&port->inflight);
	return 0;
}

int
vhost_on_get_inflight_fd(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	const struct vhost_user_inflight asked = msg->payload.inflight;
	int ret;

	ret = leave_books(port, why);
	if (ret == 0)
		ret = vhost_inflight_create(&port->inflight, &asked,
					    vhost_has(port, VIRTIO_F_RING_PACKED),
					    &msg->payload.inflight, &msg->fds[0], why);
	if (ret != 0)
		return ret;
	msg->nb_fds = 1;
	msg->head.size = sizeof(msg->payload.inflight);
	return 0;
}

int
vhost_on_set_inflight_fd(struct vhost_port *port, struct vhost_user_msg *msg, struct plx_why *why)
{
	int ret;

	if (msg->nb_fds != 1)
		return plx_why(why, -EPROTO, "%u files with it; it takes one", msg->nb_fds);
	ret = leave_books(port, why);
	if (ret != 0)
		return ret;
	return vhost_inflight_adopt(&port->inflight, &msg->payload.inflight,
				    vhost_has(port, VIRTIO_F_RING_PACKED), msg->fds[0],
				    port->trouble_fd, why);
}
