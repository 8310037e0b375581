/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device's status, its features, and its queues' coming and going (2.1, 2.2, 3.1). */
#include "virtio_fake_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#define BITS(a, b) (VIRTIO_BIT(a) | VIRTIO_BIT(b))

/* A feature, and those of which it needs one (5.1.3.1). */
static const struct {
	unsigned feature;
	uint64_t needs;
} requirements[] = {
	{VIRTIO_NET_F_GUEST_TSO4, VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM)},
	{VIRTIO_NET_F_GUEST_TSO6, VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM)},
	{VIRTIO_NET_F_GUEST_ECN, BITS(VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6)},
	{VIRTIO_NET_F_GUEST_UFO, VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM)},
	{VIRTIO_NET_F_HOST_TSO4, VIRTIO_BIT(VIRTIO_NET_F_CSUM)},
	{VIRTIO_NET_F_HOST_TSO6, VIRTIO_BIT(VIRTIO_NET_F_CSUM)},
	{VIRTIO_NET_F_HOST_ECN, BITS(VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6)},
	{VIRTIO_NET_F_HOST_UFO, VIRTIO_BIT(VIRTIO_NET_F_CSUM)},
	{VIRTIO_NET_F_CTRL_RX, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_CTRL_VLAN, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_MQ, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_RSS, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
	{VIRTIO_NET_F_HASH_REPORT, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)},
};

static bool
features_are_fine(struct vfake *fake)
{
	uint64_t features = fake->driver_features;
	bool fine = (features & ~fake->options.features) == 0;

	if (!fine)
		vfake_violation(fake, "features that were not offered: 0x%" PRIx64,
				features & ~fake->options.features);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(requirements); i++) {
		if ((features & VIRTIO_BIT(requirements[i].feature)) == 0 ||
		    (features & requirements[i].needs) != 0)
			continue;
		vfake_violation(fake, "feature %u without what it needs", requirements[i].feature);
		fine = false;
	}
	/* 6.1: a driver that may be given virtual addresses only has to take them. */
	if ((fake->options.features & ~features & VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM)) != 0) {
		vfake_violation(fake, "ACCESS_PLATFORM was offered and not taken");
		fine = false;
	}
	if ((fake->options.features & ~features & VIRTIO_BIT(VIRTIO_F_VERSION_1)) != 0)
		fine = false;
	return fine && !fake->faults.features_refused;
}

static void
forget_frames(struct vfake *fake)
{
	for (unsigned i = 0; i < VFAKE_PAIRS_MAX; i++) {
		struct vfake_frame *frame;

		while ((frame = vfake_frames_pop(&fake->in[i])) != NULL)
			free(frame);
		while ((frame = vfake_frames_pop(&fake->out[i])) != NULL)
			free(frame);
	}
}

void
vfake_queue_clear(struct vfake *fake, struct vfake_queue *q)
{
	uint16_t index = (uint16_t)(q - fake->queue);

	*q = (struct vfake_queue){.index = index,
				  .size = fake->options.queue_size,
				  .vector = VIRTIO_MSIX_NO_VECTOR,
				  .notifications = q->notifications,
				  .frames = q->frames,
				  .avail_wrap = true,
				  .used_wrap = true};
}

void
vfake_reset(struct vfake *fake)
{
	unsigned resets = fake->state.resets;

	forget_frames(fake);
	memcpy(fake->config, fake->permanent_mac, sizeof(fake->permanent_mac));
	fake->state = (struct vfake_state){.resets = resets + 1, .pairs = 1, .promisc = true};
	fake->driver_features = 0;
	fake->config_vector = VIRTIO_MSIX_NO_VECTOR;
	fake->isr = 0;
	fake->reset_seen = fake->features_ok_seen = false;
	fake->reset_reads = fake->options.kind == VFAKE_KIND_LEGACY ? 0 : VFAKE_RESET_READS;
	for (unsigned i = 0; i < VFAKE_QUEUES_MAX; i++)
		vfake_queue_clear(fake, &fake->queue[i]);
	/* What was rung and not yet heard is over. */
	if (fake->doorbells != NULL)
		memset(fake->doorbells, 0xff, VFAKE_NOTIFY_LEN);
}

uint8_t
vfake_status_get(struct vfake *fake)
{
	if (fake->faults.reset_stuck && fake->state.status == 0)
		return VIRTIO_STATUS_ACKNOWLEDGE;
	if (fake->reset_reads > 0) {
		fake->reset_reads--;
		return VIRTIO_STATUS_ACKNOWLEDGE;
	}
	fake->reset_seen = true;
	if ((fake->state.status & VIRTIO_STATUS_FEATURES_OK) != 0)
		fake->features_ok_seen = true;
	return fake->state.status;
}

/* The order of 3.1.1; legacy devices have neither FEATURES_OK nor the wait for a reset (3.1.2). */
static void
check_order(struct vfake *fake, uint8_t status, uint8_t set)
{
	bool modern = (fake->driver_features & VIRTIO_BIT(VIRTIO_F_VERSION_1)) != 0;

	if ((fake->state.status & ~status & (uint8_t)~VIRTIO_STATUS_DEVICE_NEEDS_RESET &
	     (uint8_t)~VIRTIO_STATUS_FEATURES_OK) != 0)
		vfake_violation(fake, "status 0x%02x after 0x%02x takes bits back", status,
				fake->state.status);
	if (fake->reset_reads > 0)
		vfake_violation(fake, "status 0x%02x before the reset was over", status);
	if ((set & VIRTIO_STATUS_ACKNOWLEDGE) && fake->options.kind == VFAKE_KIND_MODERN &&
	    !fake->reset_seen)
		vfake_violation(fake, "ACKNOWLEDGE before the status was seen to be 0");
	if ((set & VIRTIO_STATUS_DRIVER) && !(status & VIRTIO_STATUS_ACKNOWLEDGE))
		vfake_violation(fake, "DRIVER without ACKNOWLEDGE");
	if ((set & VIRTIO_STATUS_FEATURES_OK) && !(status & VIRTIO_STATUS_DRIVER))
		vfake_violation(fake, "FEATURES_OK without DRIVER");
	if ((set & VIRTIO_STATUS_DRIVER_OK) && modern && !fake->features_ok_seen)
		vfake_violation(fake, "DRIVER_OK before FEATURES_OK was read back");
}

void
vfake_status_set(struct vfake *fake, uint8_t status)
{
	uint8_t set = status & (uint8_t)~fake->state.status;

	if (status == 0) {
		vfake_reset(fake);
		return;
	}
	check_order(fake, status, set);
	if (set & VIRTIO_STATUS_FEATURES_OK) {
		if (features_are_fine(fake))
			fake->state.features = fake->driver_features;
		else
			status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
	}
	if ((set & VIRTIO_STATUS_DRIVER_OK) && !(status & VIRTIO_STATUS_FEATURES_OK)) {
		if (!features_are_fine(fake))
			vfake_violation(fake, "DRIVER_OK with features that are no set");
		fake->state.features = fake->driver_features;
	}
	fake->state.status = status | (fake->state.status & VIRTIO_STATUS_DEVICE_NEEDS_RESET);
	if (set & VIRTIO_STATUS_DRIVER_OK)
		vfake_work(fake);
}

/* -- queues ---------------------------------------------------------------------------------------------------- */

uint16_t
vfake_nb_queues(const struct vfake *fake)
{
	bool ctrl = (fake->options.features & VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)) != 0;

	return (uint16_t)(2 * fake->options.pairs + ctrl);
}

/* 5.1.2. Before FEATURES_OK a legacy device goes by what the driver wrote so far. */
uint16_t
vfake_ctrl_index(const struct vfake *fake)
{
	uint64_t features =
		fake->state.features != 0 ? fake->state.features : fake->driver_features;

	if ((features & VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)) == 0)
		return VFAKE_ANY;
	if ((features & BITS(VIRTIO_NET_F_MQ, VIRTIO_NET_F_RSS)) != 0)
		return (uint16_t)(2 * fake->options.pairs);
	return 2;
}

static uint64_t
ring_len(const struct vfake_queue *q, unsigned part)
{
	const uint64_t n = q->size;

	if (part == 0)
		return 16 * n;
	if (q->packed)
		return sizeof(struct virtio_packed_event);
	return part == 1 ? 6 + 2 * n : 6 + 8 * n;
}

void
vfake_queue_enable(struct vfake *fake, struct vfake_queue *q)
{
	const uint64_t align[2][3] = {{16, 2, 4}, {16, 4, 4}};
	const uint64_t addr[3] = {q->desc, q->driver, q->device};

	q->packed = (fake->driver_features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;
	if (q->size == 0 || q->size > fake->options.queue_size ||
	    (!q->packed && (q->size & (q->size - 1)) != 0)) {
		vfake_violation(fake, "queue %u is enabled with a size of %u", q->index, q->size);
		return;
	}
	for (unsigned part = 0; part < 3; part++) {
		if (addr[part] % align[q->packed][part] != 0)
			vfake_violation(fake, "part %u of queue %u is not aligned", part, q->index);
		if (vfake_dma(fake, addr[part], ring_len(q, part)) == NULL)
			return;
	}
	q->enabled = true;
	if (q->packed)
		vfake_packed_tell(fake, q);
	else
		vfake_split_tell(fake, q);
}
