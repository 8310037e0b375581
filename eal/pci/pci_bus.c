/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PCI bus: which names are its devices', who takes which, opening and closing. Devices of a transport are named
 * "<transport>:<address>".
 */
#include "bus_priv.h"

#include "pci/pci_priv.h"
#include "plx_byteorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADDED_MAX 8

static struct {
	unsigned n;
	const struct plx_pci_transport *added[ADDED_MAX];
} transports;

/* The transport that a name begins with, and what stands behind the colon; NULL if it is none. */
static const struct plx_pci_transport *
transport_of(const char *name, const char **ret_address)
{
	for (unsigned i = 0; i < transports.n; i++) {
		const struct plx_pci_transport *transport = transports.added[i];
		size_t len = strlen(transport->name);

		if (strncmp(name, transport->name, len) == 0 && name[len] == ':') {
			*ret_address = name + len + 1;
			return transport;
		}
	}
	return NULL;
}

int
plx_pci_transport_add(const struct plx_pci_transport *transport)
{
	for (unsigned i = 0; i < transports.n; i++)
		if (strcmp(transports.added[i]->name, transport->name) == 0)
			return -EEXIST;
	if (transports.n == ADDED_MAX)
		return -ENOSPC;
	transports.added[transports.n++] = transport;
	return 0;
}

void
plx_pci_transports_forget(void)
{
	transports.n = 0;
}

static bool
pci_owns(const char *name)
{
	const char *address;

	return transport_of(name, &address) != NULL;
}

static int
read_identity(struct plx_pci *pci, struct plx_why *why)
{
	uint8_t head[64];
	int ret = plx_pci_config_read(pci, 0, head, sizeof(head));

	if (ret != 0)
		return plx_why(why, ret, "its configuration space cannot be read: %s",
			       strerror(-ret));
	pci->vendor = plx_load_le16(head);
	pci->device_id = plx_load_le16(head + 2);
	pci->revision = head[8];
	pci->class_code = plx_load_le32(head + 8) >> 8;
	pci->subsystem_vendor = plx_load_le16(head + 44);
	pci->subsystem = plx_load_le16(head + 46);
	if (pci->vendor == 0xffff)
		return plx_why(why, -EIO,
			       "it does not answer: its configuration space is all ones");
	return 0;
}

/* Opens the device, since only then it is known what it is. */
static int
pci_look_up(struct plx_device *dev, struct plx_why *why)
{
	const char *address = dev->name;
	const struct plx_pci_transport *transport = transport_of(dev->name, &address);
	struct plx_pci *pci = calloc(1, sizeof(*pci));
	int ret;

	if (pci == NULL)
		return plx_why(why, -ENOMEM, "no memory");
	pci->device = dev;
	pci->transport = transport;
	ret = transport->open(pci, address, why);
	if (ret != 0)
		goto free_pci;
	ret = read_identity(pci, why);
	if (ret != 0)
		goto close_pci;
	dev->pci = pci;
	return 0;

close_pci:
	transport->close(pci);
free_pci:
	free(pci);
	return ret;
}

static void
pci_release(struct plx_device *dev)
{
	dev->pci->transport->close(dev->pci);
	free(dev->pci);
	dev->pci = NULL;
}

static const struct plx_driver *
pci_match(const struct plx_device *dev, struct plx_why *why)
{
	const struct plx_driver *driver;

	for (unsigned i = 0; (driver = plx_driver_at(i)) != NULL; i++) {
		if (driver->bus != PLX_BUS_PCI || driver->ids == NULL)
			continue;
		for (const struct plx_pci_id *id = driver->ids; id->vendor != 0; id++)
			if (id->vendor == dev->pci->vendor && id->device == dev->pci->device_id)
				return driver;
	}
	plx_why(why, -ENODEV, "no driver for %04x:%04x", dev->pci->vendor, dev->pci->device_id);
	return NULL;
}

const struct plx_bus_ops plx_bus_pci = {
	.name = "pci",
	.bus = PLX_BUS_PCI,
	.owns = pci_owns,
	.look_up = pci_look_up,
	.match = pci_match,
	.release = pci_release,
};
