/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device's way from whatever state it was in to DRIVER_OK, step by step as 3.1.1 has them, and back. A transport is all
 * that is used of it; each wait has a limit.
 */
#include "virtio.h"

#include "plx_bits.h"
#include "plx_clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Conditions of 5.1.3.1, and what only a device of version 1 has (6). */
static const struct {
	uint8_t feature, needs;
} conditions[] = {
	{VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_CSUM},
	{VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_CSUM},
	{VIRTIO_NET_F_GUEST_UFO, VIRTIO_NET_F_GUEST_CSUM},
	{VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_CSUM},
	{VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_CSUM},
	{VIRTIO_NET_F_HOST_UFO, VIRTIO_NET_F_CSUM},
	{VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_VQ},
	{VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_F_CTRL_VQ},
	{VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_CTRL_VQ},
	{VIRTIO_NET_F_MQ, VIRTIO_NET_F_CTRL_VQ},
	{VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_CTRL_VQ},
	{VIRTIO_NET_F_RSS, VIRTIO_NET_F_CTRL_VQ},
	{VIRTIO_NET_F_HASH_REPORT, VIRTIO_NET_F_CTRL_VQ},
	{VIRTIO_F_ACCESS_PLATFORM, VIRTIO_F_VERSION_1},
	{VIRTIO_F_RING_PACKED, VIRTIO_F_VERSION_1},
	{VIRTIO_F_IN_ORDER, VIRTIO_F_VERSION_1},
	{VIRTIO_F_ORDER_PLATFORM, VIRTIO_F_VERSION_1},
	{VIRTIO_F_NOTIFICATION_DATA, VIRTIO_F_VERSION_1},
	{VIRTIO_F_RING_RESET, VIRTIO_F_VERSION_1},
};

uint64_t
virtio_dev_settle(uint64_t features)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(conditions); i++)
		if ((features & VIRTIO_BIT(conditions[i].needs)) == 0)
			features &= ~VIRTIO_BIT(conditions[i].feature);
	return features;
}

static int
set_status(struct virtio_dev *dev, uint8_t bits)
{
	dev->status |= bits;
	return dev->transport->set_status(dev, dev->status);
}

unsigned virtio_wait_ms = 1000;

/* The specification asks that a driver that gives up says so (2.1). */
static int
give_up(struct virtio_dev *dev, int err)
{
	if (err != -ENOTCONN)
		set_status(dev, VIRTIO_STATUS_FAILED);
	return err;
}

int
virtio_dev_reset(struct virtio_dev *dev)
{
	const struct timespec pause = {.tv_nsec = 100 * 1000};
	const uint64_t end = plx_clock_monotonic_ns() + virtio_wait_ms * 1000000ULL;
	uint8_t status;
	int ret;

	dev->status = 0;
	ret = dev->transport->set_status(dev, 0);
	for (unsigned looks = 1; ret == 0; looks++) {
		bool late = plx_clock_monotonic_ns() > end; /* before the look */

		ret = dev->transport->status(dev, &status);
		if (ret != 0 || status == 0)
			break;
		if (late && looks >= VIRTIO_LOOKS_MIN)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return ret;
}

/* 3.1.1, steps 1 to 4 without writing any features. */
static int
get_acquainted(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = virtio_dev_reset(dev); /* step 1 */

	if (ret == -ETIMEDOUT)
		return plx_why(why, ret, "the device does not finish its reset within %u ms",
			       virtio_wait_ms);
	if (ret == 0)
		ret = set_status(dev, VIRTIO_STATUS_ACKNOWLEDGE); /* step 2 */
	if (ret == 0)
		ret = set_status(dev, VIRTIO_STATUS_DRIVER); /* step 3 */
	if (ret == 0)
		ret = dev->transport->features(dev, &dev->offered);
	if (ret != 0)
		return plx_why(why, ret, "the device does not answer: %s", strerror(-ret));
	return 0;
}

/* Steps 5 and 6: a device may refuse a set of features, each of which it offered. */
static int
confirm_features(struct virtio_dev *dev, struct plx_why *why)
{
	uint8_t status;
	int ret = set_status(dev, VIRTIO_STATUS_FEATURES_OK);

	if (ret == 0)
		ret = dev->transport->status(dev, &status);
	if (ret != 0)
		return plx_why(why, ret, "the device does not answer: %s", strerror(-ret));
	if ((status & VIRTIO_STATUS_FEATURES_OK) == 0)
		return plx_why(
			why, -ENOTSUP,
			"the device refuses the features %#llx, all of which it offers (%#llx): "
			"leave some out, for example with packed_vq=0",
			(unsigned long long)dev->features, (unsigned long long)dev->offered);
	return 0;
}

/* 5.1.6: the fields from num_buffers on are there by features. */
static uint16_t
header_len(const struct virtio_dev *dev)
{
	if (virtio_has(dev, VIRTIO_NET_F_HASH_REPORT))
		return VIRTIO_NET_HDR_LEN_HASH;
	return virtio_has(dev, VIRTIO_NET_F_MRG_RXBUF) || dev->modern ? VIRTIO_NET_HDR_LEN
								      : VIRTIO_NET_HDR_LEN_LEGACY;
}

/* What must be taken where it is offered (6.1), whatever anybody wishes. */
#define MUST (VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM))

int
virtio_dev_negotiate(struct virtio_dev *dev, uint64_t wanted, struct plx_why *why)
{
	int ret = get_acquainted(dev, why);

	if (ret != 0)
		return give_up(dev, ret);
	dev->features = virtio_dev_settle(dev->offered & (wanted | MUST));
	dev->modern = virtio_has(dev, VIRTIO_F_VERSION_1);
	dev->header_len = header_len(dev);
	if (dev->transport->needs_version_1 && !dev->modern) {
		ret = plx_why(why, -ENOTSUP,
			      "a modern device that does not offer VERSION_1 (it offers %#llx); "
			      "legacy=1 may reach it if it is a transitional one",
			      (unsigned long long)dev->offered);
		return give_up(dev, ret);
	}
	ret = dev->transport->set_features(dev, dev->features); /* step 4 */
	if (ret != 0)
		plx_why(why, ret, "the device does not answer: %s", strerror(-ret));
	else if (dev->modern)
		ret = confirm_features(dev, why);
	return ret == 0 ? 0 : give_up(dev, ret);
}

/* Rings of the split kind have powers of two (2.7), any other kind any size (2.8). */
static bool
is_size(const struct virtio_dev *dev, unsigned size)
{
	return plx_is_pow2(size) || virtio_has(dev, VIRTIO_F_RING_PACKED);
}

int
virtio_dev_queue_size(struct virtio_dev *dev, unsigned index, unsigned wish, uint16_t *ret_size,
		      struct plx_why *why)
{
	uint16_t most = 0;
	int ret = index <= UINT16_MAX ? dev->transport->queue_size(dev, (uint16_t)index, &most) : 0;

	if (ret != 0)
		return plx_why(why, ret, "virtqueue %u: the device does not answer: %s", index,
			       strerror(-ret));
	if (most == 0)
		return plx_why(why, -ENODEV, "the device has no virtqueue %u", index);
	if (most > VIRTIO_QUEUE_SIZE_MAX || (dev->transport->fixed_sizes && !is_size(dev, most)))
		return plx_why(
			why, -EPROTO,
			"virtqueue %u: the device says it has %u descriptors, which cannot be",
			index, most);
	if (dev->transport->fixed_sizes || wish == 0 || wish > most)
		wish = most;
	else if (!is_size(dev, wish))
		wish = (unsigned)plx_pow2_ceil(wish);
	if (wish > most || !is_size(dev, wish))
		wish = 1u << plx_log2(most);
	*ret_size = (uint16_t)wish;
	return 0;
}

static int
start_queue(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	int ret = dev->transport->queue_start(dev, q, why);

	return ret == 0 ? 0 : plx_why_prefix(why, ret, "virtqueue %u: ", q->index);
}

/* Step 7: receive, transmit and control queues. */
static int
start_queues(struct virtio_dev *dev, struct plx_why *why)
{
	int ret = 0;

	for (unsigned i = 0; i < VIRTIO_PAIRS_MAX && ret == 0; i++) {
		if (dev->rxqs[i] != NULL)
			ret = start_queue(dev, virtio_rxq_queue(dev->rxqs[i]), why);
		if (ret == 0 && dev->txqs[i] != NULL)
			ret = start_queue(dev, virtio_txq_queue(dev->txqs[i]), why);
	}
	if (ret == 0 && dev->ctrl != NULL)
		ret = start_queue(dev, dev->ctrl, why);
	return ret;
}

int
virtio_dev_start(struct virtio_dev *dev, struct plx_why *why)
{
	const uint8_t bad = VIRTIO_STATUS_DEVICE_NEEDS_RESET | VIRTIO_STATUS_FAILED;
	uint8_t status = 0;
	int ret = start_queues(dev, why);

	dev->ctrl_was_reset = false;
	if (ret != 0)
		return give_up(dev, ret);
	ret = set_status(dev, VIRTIO_STATUS_DRIVER_OK); /* step 8 */
	if (ret == 0)
		ret = dev->transport->status(dev, &status);
	if (ret != 0)
		plx_why(why, ret, "the device does not answer: %s", strerror(-ret));
	else if ((status & bad) != 0)
		ret = plx_why(why, -EIO, "the device gives up when it is started (status %#x)",
			      status);
	return ret == 0 ? 0 : give_up(dev, ret);
}
