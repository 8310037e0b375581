/* SPDX-License-Identifier: BSD-3-Clause */
/* A transport that is a device by itself: status, features, configuration and queue sizes, to be set and looked at. */
#ifndef PLX_TESTS_UNIT_NET_VIRTIO_STAND_IN_H
#define PLX_TESTS_UNIT_NET_VIRTIO_STAND_IN_H

#include "virtio.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STAND_IN_CONFIG 32
#define STAND_IN_QUEUES 8
#define STAND_IN_STEPS	32

/* What it does wrong, and what it saw. */
static struct {
	uint8_t status;
	uint64_t features, driver_features;
	uint8_t config[STAND_IN_CONFIG];
	unsigned config_len;
	uint16_t queue_size[STAND_IN_QUEUES];
	uint32_t generation;
	unsigned restless; /* so many readings of the configuration change it; UINT_MAX: all */
	bool reset_stuck, features_refused, gone;
	uint8_t status_ored;	       /* what every reading of the status has besides */
	unsigned dies_after;	       /* writes of the status, if not 0 */
	uint8_t steps[STAND_IN_STEPS]; /* written to the status, in order */
	unsigned nb_steps;
	unsigned started[STAND_IN_QUEUES], nb_started;
} it;

static struct plx_device stand_in_device;

static int
it_status(struct virtio_dev *dev, uint8_t *ret_status)
{
	*ret_status = it.status | it.status_ored;
	return it.gone ? -EIO : 0;
}

static int
it_set_status(struct virtio_dev *dev, uint8_t status)
{
	if (it.gone)
		return -EIO;
	assert_true(it.nb_steps < STAND_IN_STEPS);
	it.steps[it.nb_steps++] = status;
	it.gone = it.dies_after != 0 && it.nb_steps >= it.dies_after;
	if (status == 0 && it.reset_stuck)
		return 0;
	it.status = status;
	if (it.features_refused)
		it.status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
	return 0;
}

static int
it_features(struct virtio_dev *dev, uint64_t *ret_features)
{
	*ret_features = it.features;
	return it.gone ? -EIO : 0;
}

static int
it_set_features(struct virtio_dev *dev, uint64_t features)
{
	it.driver_features = features;
	return it.gone ? -EIO : 0;
}

static int
it_config_read(struct virtio_dev *dev, unsigned off, void *to, unsigned len)
{
	if (off > it.config_len || len > it.config_len - off)
		return -ERANGE;
	memcpy(to, it.config + off, len);
	if (it.restless > 0) {
		it.restless -= it.restless != UINT_MAX;
		it.generation++;
		for (unsigned i = 0; i < STAND_IN_CONFIG; i++)
			it.config[i]++;
	}
	return it.gone ? -EIO : 0;
}

static int
it_config_write(struct virtio_dev *dev, unsigned off, const void *from, unsigned len)
{
	if (off > it.config_len || len > it.config_len - off)
		return -ERANGE;
	memcpy(it.config + off, from, len);
	return 0;
}

static int
it_generation(struct virtio_dev *dev, uint32_t *ret_generation)
{
	*ret_generation = it.generation;
	return 0;
}

static int
it_queue_size(struct virtio_dev *dev, uint16_t index, uint16_t *ret_size)
{
	*ret_size = index < STAND_IN_QUEUES ? it.queue_size[index] : 0;
	return it.gone ? -EIO : 0;
}

static int
it_queue_start(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why)
{
	it.started[it.nb_started++] = q->index;
	return 0;
}

static struct virtio_transport stand_in_transport;

/* A healthy device that offers `features`, known to a driver that wants everything. */
static inline struct virtio_dev *
stand_in(uint64_t features)
{
	static struct virtio_dev dev;

	memset(&it, 0, sizeof(it));
	it.features = features;
	it.config_len = STAND_IN_CONFIG;
	it.status = VIRTIO_STATUS_DRIVER_OK; /* of somebody before us */
	for (unsigned i = 0; i < STAND_IN_QUEUES; i++)
		it.queue_size[i] = 256;
	stand_in_transport = (struct virtio_transport){
		.name = "stand-in",
		.status = it_status,
		.set_status = it_set_status,
		.features = it_features,
		.set_features = it_set_features,
		.config_read = it_config_read,
		.config_write = it_config_write,
		.generation = it_generation,
		.queue_size = it_queue_size,
		.queue_start = it_queue_start,
	};
	snprintf(stand_in_device.name, sizeof(stand_in_device.name), "stand-in");
	memset(&dev, 0, sizeof(dev));
	dev.transport = &stand_in_transport;
	dev.eth.device = &stand_in_device;
	dev.wanted_mask = UINT64_MAX;
	return &dev;
}

#endif
