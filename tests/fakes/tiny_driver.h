/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest driver that can use a virtio-net device: one pair of queues, one frame at a time. It shares nothing with
 * drivers/net/virtio, so that what it finds of the fake device is the fake's own.
 */
#ifndef PLX_TESTS_FAKES_TINY_DRIVER_H
#define PLX_TESTS_FAKES_TINY_DRIVER_H

#include "plx_pci_driver.h"
#include "plx_virtio_spec.h"
#include "plx_zone.h"

#define TINY_SIZE   16
#define TINY_BUFFER 2048
#define TINY_QUEUES 3 /* rx, tx, control */

struct tiny_queue {
	uint8_t *memory; /* rings, then a buffer for each slot */
	uint64_t driver, device;
	uint16_t next, used;
	bool wrap, used_wrap;
	uint16_t notify_off;
};

struct tiny {
	struct plx_pci *pci;
	bool legacy, packed;
	uint64_t features;
	unsigned header_len;
	struct plx_pci_window common, notify, device, isr, bar0;
	unsigned multiplier;
	const struct plx_zone *zone;
	struct tiny_queue queue[TINY_QUEUES];
};

/* Adds the driver to the EAL. */
void tiny_register(void);
/* Attaches "fake:<name>" and does the steps of 3.1.1 (3.1.2); queues are enabled, receive buffers posted. */
int tiny_open(struct tiny *tiny, const char *name, bool legacy, uint64_t wanted);
/* Resets the device and detaches it. */
void tiny_close(struct tiny *tiny, const char *name);
/* Sends, and waits for the device to give the buffer back: 0, or -1 if it does not. */
int tiny_send(struct tiny *tiny, const void *frame, size_t len);
/* What was received: the bytes with the header, 0 if nothing was. The buffer is posted again. */
size_t tiny_receive(struct tiny *tiny, uint8_t *bytes, size_t size);
/* A command; the device's answer, or 0xff. */
uint8_t
tiny_command(struct tiny *tiny, uint8_t class, uint8_t command, const void *data, size_t len);

#endif
