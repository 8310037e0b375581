/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In the guest: the PCI bus and its transports without a packet driver. The driver below takes virtio network cards and does
 * with each what every driver needs: configuration space, capabilities, windows onto BARs, memory that the device reads and
 * writes, and an interrupt that tells of it. It sends a few frames by hand (virtio 1.3: 2.7 rings, 4.1 PCI, 5.1 network).
 *
 *	guest_pci <EAL options> -- msix|intx
 */
#include "plx_byteorder.h"
#include "plx_dma_driver.h"
#include "plx_driver.h"
#include "plx_eal.h"
#include "plx_pci_driver.h"
#include "plx_virtio_spec.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* 4.1.4.3: struct virtio_pci_common_cfg */
#define COMMON_DEVICE_SELECT  0x00
#define COMMON_DEVICE_FEATURE 0x04
#define COMMON_DRIVER_SELECT  0x08
#define COMMON_DRIVER_FEATURE 0x0c
#define COMMON_STATUS	      0x14
#define COMMON_QUEUE_SELECT   0x16
#define COMMON_QUEUE_SIZE     0x18
#define COMMON_QUEUE_VECTOR   0x1a
#define COMMON_QUEUE_ENABLE   0x1c
#define COMMON_NOTIFY_OFF     0x1e
#define COMMON_QUEUE_DESC     0x20
/* 4.1.4.10: the legacy registers */
#define LEGACY_FEATURES	    0x04
#define LEGACY_QUEUE_PFN    0x08
#define LEGACY_QUEUE_SIZE   0x0c
#define LEGACY_QUEUE_SELECT 0x0e
#define LEGACY_QUEUE_NOTIFY 0x10
#define LEGACY_STATUS	    0x12
#define LEGACY_ISR	    0x13
#define LEGACY_QUEUE_VECTOR 0x16
#define LEGACY_PAGE	    4096
/* 4.1.4: struct virtio_pci_cap */
#define CAP_TYPE	  3
#define CAP_BAR		  4
#define CAP_OFFSET	  8
#define CAP_LENGTH	  12
#define CAP_MULTIPLIER	  16
#define CAP_TYPE_COMMON	  1
#define CAP_TYPE_NOTIFY	  2
#define CAP_TYPE_ISR	  3
#define HIGH_FEATURES(f)  ((uint32_t)(VIRTIO_BIT(f) >> 32))
#define TX_QUEUE	  1
#define VECTORS		  3 /* of which the last one is the queue's, the others are nobody's */
#define TX_VECTOR	  2
#define QUEUE_SIZE_MAX	  1024
#define HEADER_LEN	  12
#define FRAME_LEN	  60
#define FRAMES		  3
#define INTERRUPT_WAIT_MS 5000
#define SILENCE_MS	  50
#define RESET_TRIES	  1000

struct card {
	struct plx_pci *pci;
	struct plx_pci_window common, notify, isr, legacy;
	uint32_t multiplier; /* of notify offsets */
	bool modern;
	uint16_t size; /* of the queue */
	const struct plx_zone *zone;
	size_t used_at, frame_at; /* in the zone, descriptors being at 0 */
	struct virtio_desc *desc;
	struct virtio_avail *avail;
	struct virtio_used *used;
};

static bool msix;
static unsigned driven;

static int
find_window(void *arg, uint8_t id, uint8_t off, const uint8_t *bytes, unsigned len)
{
	struct card *card = arg;
	struct plx_pci_window *const windows[] = {
		[CAP_TYPE_COMMON] = &card->common,
		[CAP_TYPE_NOTIFY] = &card->notify,
		[CAP_TYPE_ISR] = &card->isr,
	};
	unsigned type = len > CAP_MULTIPLIER + 4 ? bytes[CAP_TYPE] : 0;

	if (id != PLX_PCI_CAP_VENDOR || type >= PLX_ARRAY_LEN(windows) || windows[type] == NULL)
		return 0;
	card->modern = true;
	if (type == CAP_TYPE_NOTIFY)
		card->multiplier = plx_load_le32(bytes + CAP_MULTIPLIER);
	return plx_pci_window(card->pci, bytes[CAP_BAR], plx_load_le32(bytes + CAP_OFFSET),
			      plx_load_le32(bytes + CAP_LENGTH), windows[type], NULL);
}

static void
set_status(const struct card *card, uint8_t status)
{
	if (card->modern)
		plx_pci_write8(&card->common, COMMON_STATUS, status);
	else
		plx_pci_write8(&card->legacy, LEGACY_STATUS, status);
}

static int
reset(const struct card *card)
{
	set_status(card, 0);
	for (int i = 0; i < RESET_TRIES; i++) {
		if ((card->modern ? plx_pci_read8(&card->common, COMMON_STATUS)
				  : plx_pci_read8(&card->legacy, LEGACY_STATUS)) == 0)
			return 0;
		usleep(1000);
	}
	return -ETIMEDOUT;
}

/* No features but those of the addresses: a device that is not behind the IOMMU needs physical ones. */
static int
negotiate(const struct card *card, struct plx_why *why)
{
	const uint32_t wanted =
		HIGH_FEATURES(VIRTIO_F_VERSION_1) | HIGH_FEATURES(VIRTIO_F_ACCESS_PLATFORM);
	uint8_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
	uint32_t high;

	set_status(card, status);
	if (!card->modern) {
		plx_pci_write32(&card->legacy, LEGACY_FEATURES, 0);
		return plx_dma_need_pa(why);
	}
	plx_pci_write32(&card->common, COMMON_DEVICE_SELECT, 1);
	high = plx_pci_read32(&card->common, COMMON_DEVICE_FEATURE) & wanted;
	plx_pci_write32(&card->common, COMMON_DRIVER_SELECT, 0);
	plx_pci_write32(&card->common, COMMON_DRIVER_FEATURE, 0);
	plx_pci_write32(&card->common, COMMON_DRIVER_SELECT, 1);
	plx_pci_write32(&card->common, COMMON_DRIVER_FEATURE, high);
	set_status(card, status | VIRTIO_STATUS_FEATURES_OK);
	if ((high & HIGH_FEATURES(VIRTIO_F_ACCESS_PLATFORM)) != 0)
		return 0;
	return plx_dma_need_pa(why);
}

/* Laid out as a legacy device wants it, which suits a modern one too. */
static int
make_queue(struct card *card, struct plx_why *why)
{
	uint8_t *base;
	int ret;

	if (card->modern)
		plx_pci_write16(&card->common, COMMON_QUEUE_SELECT, TX_QUEUE);
	else
		plx_pci_write16(&card->legacy, LEGACY_QUEUE_SELECT, TX_QUEUE);
	card->size = card->modern ? plx_pci_read16(&card->common, COMMON_QUEUE_SIZE)
				  : plx_pci_read16(&card->legacy, LEGACY_QUEUE_SIZE);
	if (card->size == 0 || card->size > QUEUE_SIZE_MAX)
		return plx_why(why, -EIO, "a queue of %u", card->size);
	card->used_at = (card->size * (sizeof(*card->desc) + 2) + 6 + LEGACY_PAGE - 1) &
			~(LEGACY_PAGE - 1ul);
	card->frame_at = card->used_at + card->size * sizeof(card->used->ring[0]) + 64;
	ret = plx_zone_reserve_dma(card->pci->device->name, card->frame_at + HEADER_LEN + FRAME_LEN,
				   PLX_NODE_ANY, PLX_ZONE_RINGS, &card->zone, why);
	if (ret != 0)
		return ret;
	base = card->zone->addr;
	card->desc = (void *)base;
	card->avail = (void *)(card->desc + card->size);
	card->used = (void *)(base + card->used_at);
	return 0;
}

static void
start_queue(const struct card *card)
{
	const struct plx_pci_window *w = &card->common;
	uint64_t base = card->zone->iova;
	const uint64_t parts[] = {base, base + card->size * sizeof(*card->desc),
				  base + card->used_at};

	if (!card->modern) {
		plx_pci_write32(&card->legacy, LEGACY_QUEUE_PFN, (uint32_t)(base / LEGACY_PAGE));
		if (msix)
			plx_pci_write16(&card->legacy, LEGACY_QUEUE_VECTOR, TX_VECTOR);
		set_status(card, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
					 VIRTIO_STATUS_DRIVER_OK);
		return;
	}
	for (unsigned i = 0; i < PLX_ARRAY_LEN(parts); i++) {
		plx_pci_write32(w, COMMON_QUEUE_DESC + 8 * i, (uint32_t)parts[i]);
		plx_pci_write32(w, COMMON_QUEUE_DESC + 8 * i + 4, (uint32_t)(parts[i] >> 32));
	}
	if (msix)
		plx_pci_write16(w, COMMON_QUEUE_VECTOR, TX_VECTOR);
	plx_pci_write16(w, COMMON_QUEUE_ENABLE, 1);
	set_status(card, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
				 VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
}

static void
send_frame(const struct card *card, uint16_t n)
{
	uint8_t *frame = (uint8_t *)card->zone->addr + card->frame_at;

	/* A header of no offloads, then a broadcast. */
	memset(frame, 0, HEADER_LEN + FRAME_LEN);
	memset(frame + (card->modern ? HEADER_LEN : VIRTIO_NET_HDR_LEN_LEGACY), 0xff, 6);
	card->desc[0] = (struct virtio_desc){.addr = card->zone->iova + card->frame_at,
					     .len = HEADER_LEN + FRAME_LEN};
	card->avail->ring[n % card->size] = 0;
	__atomic_store_n(&card->avail->idx, (uint16_t)(n + 1), __ATOMIC_SEQ_CST);
	if (card->modern)
		plx_pci_write16(&card->notify,
				plx_pci_read16(&card->common, COMMON_NOTIFY_OFF) * card->multiplier,
				TX_QUEUE);
	else
		plx_pci_write16(&card->legacy, LEGACY_QUEUE_NOTIFY, TX_QUEUE);
}

static bool
signalled(int fd, int wait_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint64_t n;

	return poll(&poll_fd, 1, wait_ms) == 1 && read(fd, &n, sizeof(n)) == sizeof(n);
}

/* The line stays up until the device was asked, and no second interrupt comes before it was let. */
static int
acknowledge(const struct card *card, int fd, struct plx_why *why)
{
	uint8_t cause = card->modern ? plx_pci_read8(&card->isr, 0)
				     : plx_pci_read8(&card->legacy, LEGACY_ISR);

	if (cause != 1)
		return plx_why(why, -EIO, "interrupt status %u", cause);
	if (signalled(fd, SILENCE_MS))
		return plx_why(why, -EIO, "an interrupt before it was unmasked");
	return plx_pci_irq_unmask(card->pci);
}

static int
send_frames(const struct card *card, int fd, struct plx_why *why)
{
	for (uint16_t n = 0; n < FRAMES; n++) {
		uint16_t used;
		int ret = 0;

		send_frame(card, n);
		if (!signalled(fd, INTERRUPT_WAIT_MS))
			return plx_why(why, -ETIMEDOUT, "no interrupt for frame %u", n);
		used = __atomic_load_n(&card->used->idx, __ATOMIC_ACQUIRE);
		if (used != n + 1)
			return plx_why(why, -EIO, "frame %u: the device used %u", n, used);
		if (!msix)
			ret = acknowledge(card, fd, why);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int
drive(struct card *card, int fd, struct plx_why *why)
{
	const int fds[VECTORS] = {-1, -1, fd};
	int ret = plx_pci_each_cap(card->pci, find_window, card);

	if (ret == 0 && !card->modern)
		ret = plx_pci_window(card->pci, 0, 0, LEGACY_QUEUE_VECTOR + 2, &card->legacy, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "windows: ");
	/* Before the queue: a legacy device has the register of its vector only then. */
	ret = plx_pci_irq_set(card->pci, msix ? PLX_PCI_IRQ_MSIX : PLX_PCI_IRQ_INTX,
			      msix ? fds : &fd, msix ? VECTORS : 1, why);
	if (ret == 0)
		ret = reset(card);
	if (ret == 0)
		ret = negotiate(card, why);
	if (ret == 0)
		ret = make_queue(card, why);
	if (ret == 0)
		ret = plx_pci_bus_master(card->pci, true);
	if (ret != 0)
		return ret;
	start_queue(card);
	ret = send_frames(card, fd, why);
	return reset(card) != 0 ? plx_why(why, -EIO, "it does not reset") : ret;
}

static int
card_probe(struct plx_device *dev, struct plx_why *why)
{
	struct card card = {.pci = dev->pci};
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int ret = drive(&card, fd, why);

	if (ret == 0) {
		driven++;
		printf("%s: %s over %s, registers %s, rings at 0x%llx, %s\n", dev->name,
		       card.modern ? "modern" : "legacy", dev->pci->transport->name,
		       (card.modern ? card.common : card.legacy).map != NULL ? "mapped"
									     : "by calls",
		       (unsigned long long)card.zone->iova, msix ? "MSI-X" : "INTx");
	}
	plx_pci_irq_set(dev->pci, PLX_PCI_IRQ_NONE, NULL, 0, NULL);
	plx_zone_free(card.zone);
	close(fd);
	return ret;
}

static void
card_remove(struct plx_device *dev)
{
}

static const struct plx_pci_id ids[] = {{0x1af4, 0x1000}, {0x1af4, 0x1041}, {0}};
static const struct plx_driver driver = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_PCI,
	.name = "guest",
	.about = "sends a few frames",
	.probe = card_probe,
	.remove = card_remove,
	.ids = ids,
};

int
main(int argc, char **argv)
{
	struct plx_why why = {""};
	int ret;

	msix = strcmp(argv[argc - 1], "msix") == 0;
	ret = plx_driver_add(&driver, &why);
	if (ret == 0)
		ret = plx_eal_init(argc, argv, &why);
	if (ret < 0) {
		fprintf(stderr, "guest_pci: %s\n", why.text);
		return 1;
	}
	ret = driven == 0;
	if (ret != 0)
		fprintf(stderr, "guest_pci: no card was driven\n");
	return plx_eal_cleanup() != 0 || ret != 0;
}
