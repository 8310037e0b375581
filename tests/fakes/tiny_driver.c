/* SPDX-License-Identifier: BSD-3-Clause */
/* See tiny_driver.h. */
#include "patience.h"
#include "tiny_driver.h"

#include "plx_byteorder.h"
#include "plx_driver.h"

#include <stdio.h>

#define RX	     0
#define TX	     1
#define CTRL	     2
#define RINGS	     8192 /* of a queue's memory; rings at its start, in a legacy device's layout */
#define QUEUE_MEMORY (RINGS + TINY_SIZE * TINY_BUFFER)

static struct plx_pci *probed;

static int
probe(struct plx_device *dev, struct plx_why *why)
{
	probed = dev->pci;
	return 0;
}

static void
forget(struct plx_device *dev)
{
	probed = NULL;
}

void
tiny_register(void)
{
	static const struct plx_pci_id ids[] = {{VIRTIO_PCI_VENDOR, VIRTIO_PCI_NET_MODERN},
						{VIRTIO_PCI_VENDOR, VIRTIO_PCI_NET_LEGACY},
						{0, 0}};
	static const struct plx_driver driver = {.api = PLX_DRIVER_API,
						 .bus = PLX_BUS_PCI,
						 .name = "tiny",
						 .probe = probe,
						 .remove = forget,
						 .ids = ids};

	plx_driver_add(&driver, NULL);
}

/* -- registers --------------------------------------------------------------------------------------------------- */

static int
take_cap(void *arg, uint8_t id, uint8_t off, const uint8_t *bytes, unsigned len)
{
	struct tiny *tiny = arg;
	struct plx_pci_window *windows[] = {NULL, &tiny->common, &tiny->notify, &tiny->isr,
					    &tiny->device};
	uint8_t type = bytes[VIRTIO_PCI_CAP_TYPE];

	if (id != PLX_PCI_CAP_VENDOR || type < 1 || type >= PLX_ARRAY_LEN(windows) ||
	    windows[type]->pci != NULL)
		return 0;
	if (type == VIRTIO_PCI_CAP_NOTIFY)
		tiny->multiplier = plx_load_le32(bytes + VIRTIO_PCI_CAP_MULTIPLIER);
	return plx_pci_window(tiny->pci, bytes[VIRTIO_PCI_CAP_BAR],
			      plx_load_le32(bytes + VIRTIO_PCI_CAP_OFFSET),
			      plx_load_le32(bytes + VIRTIO_PCI_CAP_LENGTH), windows[type], NULL);
}

static uint8_t
get_status(struct tiny *tiny)
{
	return tiny->legacy ? plx_pci_read8(&tiny->bar0, VIRTIO_LEGACY_STATUS)
			    : plx_pci_read8(&tiny->common, VIRTIO_COMMON_STATUS);
}

static void
set_status(struct tiny *tiny, uint8_t status)
{
	if (tiny->legacy)
		plx_pci_write8(&tiny->bar0, VIRTIO_LEGACY_STATUS, status);
	else
		plx_pci_write8(&tiny->common, VIRTIO_COMMON_STATUS, status);
}

static int
reset(struct tiny *tiny)
{
	set_status(tiny, 0);
	WAIT_UNTIL(get_status(tiny) == 0);
	return get_status(tiny) == 0 ? 0 : -1;
}

static uint64_t
offered(struct tiny *tiny)
{
	uint64_t features;

	if (tiny->legacy)
		return plx_pci_read32(&tiny->bar0, VIRTIO_LEGACY_DEVICE_FEATURES);
	plx_pci_write32(&tiny->common, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 0);
	features = plx_pci_read32(&tiny->common, VIRTIO_COMMON_DEVICE_FEATURE);
	plx_pci_write32(&tiny->common, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 1);
	return features | (uint64_t)plx_pci_read32(&tiny->common, VIRTIO_COMMON_DEVICE_FEATURE)
				  << 32;
}

static int
accept_features(struct tiny *tiny)
{
	const uint8_t before = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

	if (tiny->legacy) {
		plx_pci_write32(&tiny->bar0, VIRTIO_LEGACY_DRIVER_FEATURES,
				(uint32_t)tiny->features);
		return 0;
	}
	for (uint32_t half = 0; half < 2; half++) {
		plx_pci_write32(&tiny->common, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, half);
		plx_pci_write32(&tiny->common, VIRTIO_COMMON_DRIVER_FEATURE,
				(uint32_t)(tiny->features >> 32 * half));
	}
	set_status(tiny, before | VIRTIO_STATUS_FEATURES_OK);
	return get_status(tiny) & VIRTIO_STATUS_FEATURES_OK ? 0 : -1;
}

/* -- queues ------------------------------------------------------------------------------------------------------ */

static void
write_address(struct tiny *tiny, uint64_t off, uint64_t address)
{
	plx_pci_write32(&tiny->common, off, (uint32_t)address);
	plx_pci_write32(&tiny->common, off + 4, (uint32_t)(address >> 32));
}

static unsigned
queue_size(const struct tiny *tiny)
{
	return TINY_SIZE;
}

static void
start_queue(struct tiny *tiny, uint16_t index)
{
	struct tiny_queue *q = &tiny->queue[index];
	uint64_t base;

	q->memory = (uint8_t *)tiny->zone->addr + index * QUEUE_MEMORY;
	q->wrap = q->used_wrap = true;
	base = (uintptr_t)q->memory;
	q->driver = base + 16 * queue_size(tiny);
	q->device = base + VIRTIO_LEGACY_USED_ALIGN;
	if (tiny->legacy) {
		plx_pci_write16(&tiny->bar0, VIRTIO_LEGACY_QUEUE_SELECT, index);
		plx_pci_write32(&tiny->bar0, VIRTIO_LEGACY_QUEUE_PFN,
				(uint32_t)(base >> VIRTIO_LEGACY_PFN_SHIFT));
		return;
	}
	plx_pci_write16(&tiny->common, VIRTIO_COMMON_QUEUE_SELECT, index);
	plx_pci_write16(&tiny->common, VIRTIO_COMMON_QUEUE_SIZE, TINY_SIZE);
	write_address(tiny, VIRTIO_COMMON_QUEUE_DESC, base);
	write_address(tiny, VIRTIO_COMMON_QUEUE_DRIVER, q->driver);
	write_address(tiny, VIRTIO_COMMON_QUEUE_DEVICE, q->device);
	q->notify_off = plx_pci_read16(&tiny->common, VIRTIO_COMMON_QUEUE_NOTIFY_OFF);
	plx_pci_write16(&tiny->common, VIRTIO_COMMON_QUEUE_ENABLE, 1);
}

static uint8_t *
buffer(struct tiny_queue *q, unsigned slot)
{
	return q->memory + RINGS + (size_t)slot * TINY_BUFFER;
}

static void
post_split(struct tiny_queue *q, uint32_t out, uint32_t in)
{
	struct virtio_desc *desc = (void *)q->memory;
	struct virtio_avail *avail = (void *)(uintptr_t)q->driver;
	uint16_t slot = q->next % (TINY_SIZE / 2), d = (uint16_t)(2 * slot);

	desc[d] = (struct virtio_desc){.addr = (uintptr_t)buffer(q, slot),
				       .len = out > 0 ? out : in,
				       .flags = out > 0 ? 0 : VIRTIO_DESC_F_WRITE};
	if (out > 0 && in > 0) {
		desc[d].flags = VIRTIO_DESC_F_NEXT;
		desc[d].next = (uint16_t)(d + 1);
		desc[d + 1] = (struct virtio_desc){.addr = (uintptr_t)buffer(q, slot) + out,
						   .len = in,
						   .flags = VIRTIO_DESC_F_WRITE};
	}
	avail->ring[q->next % TINY_SIZE] = d;
	__atomic_store_n(&avail->idx, ++q->next, __ATOMIC_RELEASE);
}

static void
post_packed_at(const struct tiny_queue *q, uint32_t at, uint64_t addr, uint32_t len, uint16_t flags)
{
	const uint16_t slot = (uint16_t)(at % TINY_SIZE);
	struct virtio_packed_desc *desc = (struct virtio_packed_desc *)(void *)q->memory + slot;

	desc->addr = addr;
	flags |= q->wrap == (at < TINY_SIZE) ? VIRTIO_PACKED_F_AVAIL : VIRTIO_PACKED_F_USED;
	__atomic_store_n((uint64_t *)(void *)&desc->len,
			 len | (uint64_t)slot << 32 | (uint64_t)flags << 48, __ATOMIC_RELEASE);
}

/* 2.8.21.3: the first descriptor comes last, or a device that polls sees half a list. */
static void
post_packed(struct tiny_queue *q, uint64_t addr, uint32_t out, uint32_t in)
{
	const bool both = out > 0 && in > 0;

	if (both) {
		post_packed_at(q, q->next + 1u, addr + out, in, VIRTIO_DESC_F_WRITE);
		post_packed_at(q, q->next, addr, out, VIRTIO_DESC_F_NEXT);
	} else {
		post_packed_at(q, q->next, addr, out + in, out > 0 ? 0 : VIRTIO_DESC_F_WRITE);
	}
	q->next = (uint16_t)(q->next + (both ? 2 : 1));
	if (q->next >= TINY_SIZE) {
		q->next = (uint16_t)(q->next - TINY_SIZE);
		q->wrap = !q->wrap;
	}
}

static void
post(struct tiny *tiny, uint16_t index, uint32_t out, uint32_t in)
{
	struct tiny_queue *q = &tiny->queue[index];
	uint8_t *bytes = buffer(q, q->next % TINY_SIZE);

	if (!tiny->packed)
		post_split(q, out, in);
	else
		post_packed(q, (uintptr_t)bytes, out, in);
	if (tiny->legacy)
		plx_pci_write16(&tiny->bar0, VIRTIO_LEGACY_QUEUE_NOTIFY, index);
	else
		plx_pci_write16(&tiny->notify, (uint64_t)q->notify_off * tiny->multiplier, index);
}

/* The buffer that comes back next, and how much the device wrote to it; NULL if none does. */
static uint8_t *
reap(struct tiny *tiny, uint16_t index, uint16_t slots, uint32_t *ret_len)
{
	struct tiny_queue *q = &tiny->queue[index];

	if (!tiny->packed) {
		const struct virtio_used *used = (const void *)(uintptr_t)q->device;

		if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == q->used)
			return NULL;
		*ret_len = used->ring[q->used % TINY_SIZE].len;
		return buffer(q, used->ring[q->used++ % TINY_SIZE].id / 2);
	} else {
		struct virtio_packed_desc *desc =
			(struct virtio_packed_desc *)(void *)q->memory + q->used;
		uint64_t word = __atomic_load_n((uint64_t *)(void *)&desc->len, __ATOMIC_ACQUIRE);
		uint16_t flags = (uint16_t)(word >> 48), at = q->used;
		bool avail = (flags & VIRTIO_PACKED_F_AVAIL) != 0,
		     is_used = (flags & VIRTIO_PACKED_F_USED) != 0;

		if (avail != q->used_wrap || is_used != q->used_wrap)
			return NULL;
		*ret_len = (uint32_t)word;
		q->used = (uint16_t)(q->used + slots);
		if (q->used >= TINY_SIZE) {
			q->used = (uint16_t)(q->used - TINY_SIZE);
			q->used_wrap = !q->used_wrap;
		}
		return buffer(q, at);
	}
}

static uint8_t *
wait_for(struct tiny *tiny, uint16_t index, uint16_t slots, uint32_t *ret_len)
{
	uint8_t *bytes = NULL;

	WAIT_UNTIL((bytes = reap(tiny, index, slots, ret_len)) != NULL);
	return bytes;
}

/* -- in the order of the header ------------------------------------------------------------------------------------- */

static int
init(struct tiny *tiny, uint64_t wanted)
{
	const uint8_t seen = VIRTIO_STATUS_ACKNOWLEDGE, driver = seen | VIRTIO_STATUS_DRIVER;
	uint8_t ok = tiny->legacy ? 0 : VIRTIO_STATUS_FEATURES_OK;

	if (reset(tiny) != 0)
		return -1;
	set_status(tiny, seen);
	set_status(tiny, driver);
	tiny->features = offered(tiny) & wanted;
	tiny->packed = (tiny->features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;
	tiny->header_len = tiny->features & VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT)
				   ? VIRTIO_NET_HDR_LEN_HASH
			   : tiny->legacy ? VIRTIO_NET_HDR_LEN_LEGACY
					  : VIRTIO_NET_HDR_LEN;
	if (accept_features(tiny) != 0)
		return -1;
	for (uint16_t i = 0; i < TINY_QUEUES; i++)
		if (i < CTRL || (tiny->features & VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)) != 0)
			start_queue(tiny, i);
	plx_pci_bus_master(tiny->pci, true);
	set_status(tiny, driver | ok | VIRTIO_STATUS_DRIVER_OK);
	for (unsigned i = 0; i < TINY_SIZE / 2; i++)
		post(tiny, RX, 0, TINY_BUFFER);
	return 0;
}

int
tiny_open(struct tiny *tiny, const char *name, bool legacy, uint64_t wanted)
{
	struct plx_why why = {""};
	char devargs[64];

	memset(tiny, 0, sizeof(*tiny));
	snprintf(devargs, sizeof(devargs), "fake:%s", name);
	if (plx_device_attach(devargs, &why) != 0 ||
	    plx_zone_reserve_dma("tiny", TINY_QUEUES * QUEUE_MEMORY, PLX_NODE_ANY, PLX_ZONE_RINGS,
				 &tiny->zone, &why) != 0) {
		fprintf(stderr, "%s: %s\n", devargs, why.text);
		return -1;
	}
	tiny->pci = probed;
	tiny->legacy = legacy;
	if (legacy && plx_pci_window(tiny->pci, 0, 0, VIRTIO_LEGACY_CONFIG, &tiny->bar0, &why) != 0)
		return -1;
	if (!legacy && plx_pci_each_cap(tiny->pci, take_cap, tiny) != 0)
		return -1;
	return init(tiny, wanted);
}

void
tiny_close(struct tiny *tiny, const char *name)
{
	char devargs[64];

	reset(tiny);
	plx_pci_bus_master(tiny->pci, false);
	snprintf(devargs, sizeof(devargs), "fake:%s", name);
	plx_device_detach(devargs, NULL);
	plx_zone_free(tiny->zone);
}

int
tiny_send(struct tiny *tiny, const void *frame, size_t len)
{
	struct tiny_queue *q = &tiny->queue[TX];
	unsigned slot = tiny->packed ? q->next : q->next % (TINY_SIZE / 2);
	uint32_t used;

	memset(buffer(q, slot), 0, tiny->header_len);
	memcpy(buffer(q, slot) + tiny->header_len, frame, len);
	post(tiny, TX, (uint32_t)(tiny->header_len + len), 0);
	return wait_for(tiny, TX, 1, &used) != NULL ? 0 : -1;
}

size_t
tiny_receive(struct tiny *tiny, uint8_t *bytes, size_t size)
{
	uint32_t len = 0;
	const uint8_t *from = reap(tiny, RX, 1, &len);

	if (from == NULL || len > size)
		return 0;
	memcpy(bytes, from, len);
	post(tiny, RX, 0, TINY_BUFFER);
	return len;
}

uint8_t
tiny_command(struct tiny *tiny, uint8_t class, uint8_t command, const void *data, size_t len)
{
	struct tiny_queue *q = &tiny->queue[CTRL];
	uint8_t *bytes = buffer(q, tiny->packed ? q->next : q->next % (TINY_SIZE / 2));
	uint32_t used;

	bytes[0] = class;
	bytes[1] = command;
	if (len > 0)
		memcpy(bytes + 2, data, len);
	bytes[2 + len] = 0xff;
	post(tiny, CTRL, (uint32_t)(2 + len), 1);
	return wait_for(tiny, CTRL, 2, &used) != NULL ? bytes[2 + len] : 0xff;
}
