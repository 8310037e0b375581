/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver of virtio network cards on the PCI bus: what the user may say of one, and probe and remove. */
#include "virtio_pci.h"

#include "plx_kvargs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	IOVA_AUTO,
	IOVA_VA,
	IOVA_PA,
};

struct pci_args {
	bool legacy;
	bool packed_vq;
	bool in_order;
	bool mrg_rxbuf;
	bool event_idx;
	uint64_t queues;
	uint64_t queue_size;
	uint64_t mtu;
	uint64_t speed;
	uint8_t mac[6];
	int iova;
};

static const char *const iova_words[] = {"auto", "va", "pa", NULL};

#define FIELD(name, kind) .key = #name, .type = kind, .offset = offsetof(struct pci_args, name)

static const struct plx_kvargs_field fields[] = {
	{FIELD(legacy, PLX_KVARGS_BOOL),
	 .help = "use the legacy interface of a transitional device (0)"},
	{FIELD(packed_vq, PLX_KVARGS_BOOL), .help = "take packed rings if offered (1)"},
	{FIELD(in_order, PLX_KVARGS_BOOL), .help = "take in-order use of buffers if offered (1)"},
	{FIELD(mrg_rxbuf, PLX_KVARGS_BOOL),
	 .help = "take mergeable receive buffers if offered (1)"},
	{FIELD(event_idx, PLX_KVARGS_BOOL),
	 .help = "suppress notifications by index rather than by flag (0)"},
	{FIELD(queues, PLX_KVARGS_UINT), .min = 1, .max = VIRTIO_PAIRS_MAX,
	 .help = "most queue pairs that may be configured (what the device has)"},
	{FIELD(queue_size, PLX_KVARGS_UINT), .min = 32, .max = VIRTIO_QUEUE_SIZE_MAX,
	 .help = "descriptors of a queue when the application does not say (the device's, 1024 at most)"},
	{FIELD(mtu, PLX_KVARGS_UINT), .min = 68, .max = 65535,
	 .help = "the MTU to begin with (1500)"},
	{FIELD(speed, PLX_KVARGS_UINT), .min = 1, .max = INT32_MAX,
	 .help = "speed of the link in Mb/s, in place of what the device says"},
	{FIELD(mac, PLX_KVARGS_MAC), .help = "the address to begin with (the device's)"},
	{FIELD(iova, PLX_KVARGS_CHOICE), .choices = iova_words,
	 .help = "addresses the device takes: va, pa, or auto: what it offers (auto)"},
	{.key = NULL},
};

struct pci_port {
	struct virtio_dev dev;
	struct virtio_pci pci;
};

static uint64_t
forbidden(const struct pci_args *args)
{
	uint64_t features = 0;

	features |= args->packed_vq ? 0 : VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	features |= args->in_order ? 0 : VIRTIO_BIT(VIRTIO_F_IN_ORDER);
	features |= args->mrg_rxbuf ? 0 : VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF);
	features |= args->event_idx ? 0 : VIRTIO_BIT(VIRTIO_F_EVENT_IDX);
	return features;
}

static void
apply_args(struct virtio_dev *dev, const struct pci_args *args)
{
	dev->wanted_mask = ~forbidden(args);
	dev->wishes = (struct virtio_wishes){
		.queue_size = (uint16_t)args->queue_size,
		.max_pairs = (uint16_t)args->queues,
		.mtu = (uint16_t)args->mtu,
		.speed_mbps = (uint32_t)args->speed,
		.iova_va = args->iova == IOVA_VA,
		.iova_pa = args->iova == IOVA_PA,
	};
	memcpy(dev->wishes.mac, args->mac, sizeof(dev->wishes.mac));
}

static int
net_virtio_probe(struct plx_device *device, struct plx_why *why)
{
	struct pci_args args = {.packed_vq = true, .in_order = true, .mrg_rxbuf = true};
	struct pci_port *port = plx_ethdev_alloc(sizeof(*port));
	struct virtio_dev *dev;
	int ret;

	if (port == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	dev = &port->dev;
	ret = plx_kvargs_parse(device->args, fields, &args, why);
	if (ret == 0)
		ret = virtio_pci_find(device->pci, args.legacy, &port->pci, &dev->transport, why);
	if (ret != 0)
		goto free_port;
	dev->eth.device = device;
	dev->transport_data = &port->pci;
	dev->reaches_virtual = device->pci->transport->virtual_addresses;
	apply_args(dev, &args);
	ret = virtio_port_create(dev, why);
	if (ret != 0)
		goto stop_dma;
	device->data = port;
	return 0;

stop_dma:
	plx_pci_bus_master(device->pci, false);
free_port:
	free(port);
	return ret;
}

static void
net_virtio_remove(struct plx_device *device)
{
	struct pci_port *port = device->data;

	virtio_port_destroy(&port->dev);
	plx_pci_bus_master(device->pci, false);
	free(port);
}

static const struct plx_pci_id ids[] = {
	{VIRTIO_PCI_VENDOR, VIRTIO_PCI_NET_LEGACY},
	{VIRTIO_PCI_VENDOR, VIRTIO_PCI_NET_MODERN},
	{0, 0},
};

const struct plx_driver plx_driver_net_virtio = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_PCI,
	.name = "net_virtio",
	.about = "virtio network cards: legacy, transitional, modern",
	.probe = net_virtio_probe,
	.remove = net_virtio_remove,
	.ids = ids,
};
