/* SPDX-License-Identifier: BSD-3-Clause */
/* All rings: closed while memory or one of them changes, and open again where they may run. */
#include "vhost.h"

#include <errno.h>

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
			if (ret == 0)
				ret = vhost_inflight_attach(&port->inflight, ring, why);
			if (ret != 0)
				return ret;
		}
		if (port->started && !port->link_down && !vhost_ring_is_off(ring))
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
