/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device's configuration space: identity, BARs, and the capabilities that say where its registers are (4.1.4). */
#include "plx_byteorder.h"
#include "virtio_fake_priv.h"

/* PCI Local Bus 3.0, 6.1. */
#define SPACE_STATUS	       0x06
#define SPACE_STATUS_CAPS      0x10
#define SPACE_REVISION	       0x08
#define SPACE_CLASS	       0x09
#define SPACE_BARS	       0x10
#define SPACE_SUBSYSTEM_VENDOR 0x2c
#define SPACE_SUBSYSTEM	       0x2e
#define SPACE_CAPS	       0x34
#define SPACE_FIRST_CAP	       0x40
#define CLASS_ETHERNET	       0x020000
#define BAR_IO		       1
#define SUBSYSTEM_NET	       1 /* legacy: the device's type (4.1.2.1) */
#define CAP_LEN		       16
#define CAP_LEN_NOTIFY	       20
#define MSIX_LEN	       12
#define NOWHERE		       0x00f00000 /* a twin's offset, beyond any BAR */

struct builder {
	struct vfake *fake;
	unsigned at;
	uint8_t *link; /* where the next capability's offset is to be written */
};

static uint8_t *
add_cap(struct builder *b, uint8_t id, unsigned len)
{
	uint8_t *cap = b->fake->space + b->at;

	*b->link = (uint8_t)b->at;
	cap[0] = id;
	b->link = cap + 1;
	b->at += (len + 3) & ~3u;
	return cap;
}

static void
add_vendor_cap(struct builder *b, uint8_t type, unsigned bar, uint32_t off, uint32_t len)
{
	unsigned cap_len = type == VIRTIO_PCI_CAP_NOTIFY ? CAP_LEN_NOTIFY : CAP_LEN;
	uint8_t *cap = add_cap(b, PLX_PCI_CAP_VENDOR, cap_len);

	cap[VIRTIO_PCI_CAP_LEN] = (uint8_t)cap_len;
	cap[VIRTIO_PCI_CAP_TYPE] = type;
	cap[VIRTIO_PCI_CAP_BAR] = (uint8_t)bar;
	plx_store_le32(cap + VIRTIO_PCI_CAP_OFFSET, off);
	plx_store_le32(cap + VIRTIO_PCI_CAP_LENGTH, len);
	if (type == VIRTIO_PCI_CAP_NOTIFY)
		plx_store_le32(cap + VIRTIO_PCI_CAP_MULTIPLIER, VFAKE_MULTIPLIER);
}

/* The order is not that of the types: nobody may rely on it. */
static void
add_vendor_caps(struct builder *b)
{
	const struct vfake_options *options = &b->fake->options;
	unsigned notify_bar = options->mapped ? VFAKE_BAR_DOORBELL : VFAKE_BAR_MODERN;
	uint32_t notify_off = options->mapped ? 0 : VFAKE_NOTIFY_OFF;

	add_vendor_cap(b, VIRTIO_PCI_CAP_ISR, VFAKE_BAR_MODERN, VFAKE_ISR_OFF, 1);
	add_vendor_cap(b, VIRTIO_PCI_CAP_NOTIFY, notify_bar, notify_off, VFAKE_NOTIFY_LEN);
	add_vendor_cap(b, VIRTIO_PCI_CAP_COMMON, VFAKE_BAR_MODERN, VFAKE_COMMON_OFF,
		       VFAKE_COMMON_LEN);
	add_vendor_cap(b, VIRTIO_PCI_CAP_DEVICE, VFAKE_BAR_MODERN, VFAKE_DEVICE_OFF,
		       VFAKE_CONFIG_LEN);
	if (!options->twin)
		return;
	for (uint8_t type = VIRTIO_PCI_CAP_COMMON; type <= VIRTIO_PCI_CAP_DEVICE; type++)
		add_vendor_cap(b, type, VFAKE_BAR_MODERN, NOWHERE, CAP_LEN);
}

void
vfake_space_build(struct vfake *fake)
{
	bool modern = fake->options.kind == VFAKE_KIND_MODERN;
	struct builder b = {.fake = fake, .at = SPACE_FIRST_CAP, .link = fake->space + SPACE_CAPS};
	uint8_t *space = fake->space;

	memset(space, 0, sizeof(fake->space));
	plx_store_le16(space, VIRTIO_PCI_VENDOR);
	plx_store_le16(space + 2, modern ? VIRTIO_PCI_NET_MODERN : VIRTIO_PCI_NET_LEGACY);
	space[SPACE_REVISION] = modern ? 1 : 0;
	space[SPACE_CLASS + 2] = CLASS_ETHERNET >> 16;
	plx_store_le16(space + SPACE_SUBSYSTEM_VENDOR, VIRTIO_PCI_VENDOR);
	plx_store_le16(space + SPACE_SUBSYSTEM, SUBSYSTEM_NET);
	if (!modern)
		space[SPACE_BARS] = BAR_IO;
	if (fake->options.vectors > 0) {
		uint8_t *cap = add_cap(&b, PLX_PCI_CAP_MSIX, MSIX_LEN);

		plx_store_le16(cap + 2, (uint16_t)(fake->options.vectors - 1));
	}
	if (fake->options.kind != VFAKE_KIND_LEGACY)
		add_vendor_caps(&b);
	if (space[SPACE_CAPS] != 0)
		space[SPACE_STATUS] = SPACE_STATUS_CAPS;
}
