/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding a device's registers. The list of capabilities is the device's word: each is copied once, checked against the
 * BARs that there are, and the first good one of each type is taken (4.1.4).
 */
#include "virtio_pci.h"

#include "plx_byteorder.h"

#include <errno.h>

#define GONE	       0xff /* what a device that is no more answers to every reading */
#define LEN_MIN	       16
#define LEN_NOTIFY_MIN 20
#define NOTIFY_LEN_MIN 2
#define LEGACY_BAR     0
#define TYPES	       VIRTIO_PCI_CAP_PCI /* those below it are looked for */

/* One walk over the capabilities. */
struct search {
	struct virtio_pci *vp;
	bool found[TYPES];
	struct plx_why bad; /* the last one that could not be used */
};

/* What a structure must have at least, and how it must be aligned (4.1.4). */
static const struct {
	const char *name;
	uint32_t len, align;
} shapes[TYPES] = {
	[VIRTIO_PCI_CAP_COMMON] = {"common configuration", VIRTIO_COMMON_LEN_MIN, 4},
	[VIRTIO_PCI_CAP_NOTIFY] = {"notification", NOTIFY_LEN_MIN, 2},
	[VIRTIO_PCI_CAP_ISR] = {"ISR", 1, 1},
	[VIRTIO_PCI_CAP_DEVICE] = {"device configuration", 1, 4},
};

static struct plx_pci_window *
window_of(struct virtio_pci *vp, uint8_t type)
{
	switch (type) {
	case VIRTIO_PCI_CAP_COMMON:
		return &vp->common;
	case VIRTIO_PCI_CAP_NOTIFY:
		return &vp->notify;
	case VIRTIO_PCI_CAP_ISR:
		return &vp->isr;
	default:
		return &vp->config;
	}
}

static int
take(struct search *search, uint8_t type, const uint8_t *cap, unsigned len)
{
	const uint32_t off = plx_load_le32(cap + VIRTIO_PCI_CAP_OFFSET);
	const uint32_t bytes = plx_load_le32(cap + VIRTIO_PCI_CAP_LENGTH);
	const bool notify = type == VIRTIO_PCI_CAP_NOTIFY;
	const uint8_t cap_len = cap[VIRTIO_PCI_CAP_LEN];

	if (notify && (cap_len < LEN_NOTIFY_MIN || len < LEN_NOTIFY_MIN))
		return plx_why(&search->bad, -ERANGE, "a notification capability of %u bytes",
			       cap_len);
	if (bytes < shapes[type].len || off % shapes[type].align != 0)
		return plx_why(&search->bad, -ERANGE, "its %s has %u bytes at offset %u",
			       shapes[type].name, bytes, off);
	if (plx_pci_window(search->vp->pci, cap[VIRTIO_PCI_CAP_BAR], off, bytes,
			   window_of(search->vp, type), &search->bad) != 0)
		return plx_why_prefix(&search->bad, -ERANGE, "its %s: ", shapes[type].name);
	if (notify)
		search->vp->notify_multiplier = plx_load_le32(cap + VIRTIO_PCI_CAP_MULTIPLIER);
	return 0;
}

static int
look_at_cap(void *arg, uint8_t id, uint8_t off, const uint8_t *cap, unsigned len)
{
	struct search *search = arg;
	uint8_t type;

	if (id != PLX_PCI_CAP_VENDOR || len < LEN_MIN || cap[VIRTIO_PCI_CAP_LEN] < LEN_MIN)
		return 0;
	type = cap[VIRTIO_PCI_CAP_TYPE];
	if (type != 0 && type < TYPES && !search->found[type])
		search->found[type] = take(search, type, cap, len) == 0;
	return 0;
}

static int
find_modern(struct virtio_pci *vp, struct plx_why *why)
{
	struct search search = {.vp = vp};
	unsigned missing;
	int ret = plx_pci_each_cap(vp->pci, look_at_cap, &search);

	if (search.found[VIRTIO_PCI_CAP_COMMON] && search.found[VIRTIO_PCI_CAP_NOTIFY])
		return 0;
	if (search.bad.text[0] != '\0')
		return plx_why(why, -ENODEV, "%s", search.bad.text);
	if (ret == -EIO)
		return plx_why(why, ret, "its configuration space cannot be read");
	missing =
		search.found[VIRTIO_PCI_CAP_COMMON] ? VIRTIO_PCI_CAP_NOTIFY : VIRTIO_PCI_CAP_COMMON;
	return plx_why(why, -ENODEV, "its capabilities lack the %s%s", shapes[missing].name,
		       ret != 0 ? " (the list is broken)" : "");
}

static int
find_legacy(struct virtio_pci *vp, struct plx_why *why)
{
	struct plx_pci *pci = vp->pci;

	if (pci->device_id != VIRTIO_PCI_NET_LEGACY)
		return plx_why(why, -ENODEV, "the device %04x:%04x has no legacy interface",
			       pci->vendor, pci->device_id);
	if (!pci->bar[LEGACY_BAR].io || pci->bar[LEGACY_BAR].size < VIRTIO_LEGACY_CONFIG_WITH_MSIX)
		return plx_why(why, -ENODEV, "no legacy interface: BAR 0 has %llu bytes of %s",
			       (unsigned long long)pci->bar[LEGACY_BAR].size,
			       pci->bar[LEGACY_BAR].io ? "I/O ports" : "memory");
	if (plx_pci_window(pci, LEGACY_BAR, VIRTIO_LEGACY_ISR, 1, &vp->isr, why) != 0)
		return -ENODEV;
	return plx_pci_window(pci, LEGACY_BAR, 0, pci->bar[LEGACY_BAR].size, &vp->common, why);
}

int
virtio_pci_find(struct plx_pci *pci, bool legacy, struct virtio_pci *vp,
		const struct virtio_transport **ret_transport, struct plx_why *why)
{
	struct plx_why modern_why = {""}, legacy_why = {""};
	int modern_ret = -ENODEV, ret;

	*vp = (struct virtio_pci){.pci = pci};
	if (!legacy) {
		modern_ret = find_modern(vp, &modern_why);
		if (modern_ret == 0) {
			*ret_transport = &virtio_modern;
			return 0;
		}
		*vp = (struct virtio_pci){.pci = pci};
	}
	ret = find_legacy(vp, &legacy_why);
	if (ret != 0)
		return plx_why(why, ret, "%s%s%s", modern_why.text, legacy ? "" : "; ",
			       legacy_why.text);
	*ret_transport = &virtio_legacy;
	return 0;
}

/* -- bytes of a window ----------------------------------------------------------------------------------------------- */

static bool
inside(const struct plx_pci_window *w, uint64_t off, unsigned len)
{
	return off <= w->len && len <= w->len - off;
}

int
virtio_pci_load(const struct plx_pci_window *w, uint64_t off, void *to, unsigned len)
{
	uint8_t *bytes = to;

	if (!inside(w, off, len))
		return -ERANGE;
	if (len == sizeof(uint16_t) && off % sizeof(uint16_t) == 0)
		plx_store_le16(bytes, plx_pci_read16(w, off));
	else if (len == sizeof(uint32_t) && off % sizeof(uint32_t) == 0)
		plx_store_le32(bytes, plx_pci_read32(w, off));
	else
		for (unsigned i = 0; i < len; i++)
			bytes[i] = plx_pci_read8(w, off + i);
	return 0;
}

int
virtio_pci_store(const struct plx_pci_window *w, uint64_t off, const void *from, unsigned len)
{
	const uint8_t *bytes = from;

	if (!inside(w, off, len))
		return -ERANGE;
	for (unsigned i = 0; i < len; i++)
		plx_pci_write8(w, off + i, bytes[i]);
	return 0;
}

/* -- what both sets of registers have ------------------------------------------------------------------------------- */

int
virtio_pci_status(struct virtio_dev *dev, uint64_t off, uint8_t *ret_status)
{
	*ret_status = plx_pci_read8(&virtio_pci(dev)->common, off);
	return *ret_status == GONE ? -EIO : 0;
}

int
virtio_pci_set_status(struct virtio_dev *dev, uint64_t off, uint8_t status)
{
	struct virtio_pci *vp = virtio_pci(dev);

	/* After a reset it has to do DMA again, which a cut may have taken from it. */
	if (status == VIRTIO_STATUS_ACKNOWLEDGE && plx_pci_bus_master(vp->pci, true) != 0)
		return -EIO;
	plx_pci_write8(&vp->common, off, status);
	return 0;
}

void
virtio_pci_cut(struct virtio_dev *dev)
{
	plx_pci_bus_master(virtio_pci(dev)->pci, false);
}
