/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PCI bus: which names are its devices', who takes which, opening and closing. Devices that the machine has are named
 * by their address, 0000:00:08.0, and reached by the transport of the kernel driver that holds them; others
 * "<transport>:<address>".
 */
#include "bus_priv.h"

#include "pci/pci_priv.h"
#include "pci/pci_rules_priv.h"
#include "pci/pci_scan_priv.h"
#include "plx_byteorder.h"
#include "plx_eal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDED_MAX 8

static const struct plx_pci_transport *const builtin[] = {&plx_pci_vfio, &plx_pci_uio};

static struct {
	unsigned n;
	const struct plx_pci_transport *added[ADDED_MAX];
} transports;

static bool
begins_with(const char *name, const struct plx_pci_transport *transport, const char **ret_address)
{
	size_t len = strlen(transport->name);

	if (strncmp(name, transport->name, len) != 0 || name[len] != ':')
		return false;
	*ret_address = name + len + 1;
	return true;
}

/* The transport that a name begins with, and what stands behind the colon; NULL if it is none. */
static const struct plx_pci_transport *
transport_of(const char *name, const char **ret_address)
{
	for (unsigned i = 0; i < transports.n; i++)
		if (begins_with(name, transports.added[i], ret_address))
			return transports.added[i];
	return begins_with(name, &plx_pci_vfio_user, ret_address) ? &plx_pci_vfio_user : NULL;
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

const struct plx_pci_transport *
plx_pci_transport_find(const char *kernel_driver)
{
	for (unsigned i = 0; i < transports.n; i++)
		if (strcmp(transports.added[i]->name, kernel_driver) == 0)
			return transports.added[i];
	for (unsigned i = 0; i < PLX_ARRAY_LEN(builtin); i++)
		if (strcmp(builtin[i]->name, kernel_driver) == 0)
			return builtin[i];
	return NULL;
}

static bool
pci_owns(const char *name)
{
	const char *address;

	return transport_of(name, &address) != NULL || plx_pci_address_is(name);
}

static void
pci_canonical(char name[PLX_DEVICE_NAME_MAX])
{
	char address[PLX_PCI_ADDRESS_MAX];

	if (plx_pci_address_canonical(name, address))
		snprintf(name, PLX_DEVICE_NAME_MAX, "%s", address);
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

/* What sysfs knows, before anybody touches the device: may it be taken, and by which transport? */
static int
choose_transport(struct plx_device *dev, const struct plx_pci_transport **ret_transport,
		 struct plx_why *why)
{
	struct plx_pci_taker taker;
	struct plx_pci_card card;
	struct plx_why cause;
	int ret = plx_pci_card_read("", dev->name, &card);

	if (ret != 0)
		ret = plx_pci_rules_missing(&cause);
	else
		ret = plx_pci_rules_judge(&card, &taker, &cause);
	if (ret != 0)
		return plx_why(why, ret, "%s" PLX_DOCTOR("pci"), cause.text);
	dev->node = card.node;
	*ret_transport = taker.transport;
	return 0;
}

/* Opens the device, since its driver needs it open, and since only then it is known what it is. */
static int
pci_look_up(struct plx_device *dev, struct plx_why *why)
{
	const char *address = dev->name;
	const struct plx_pci_transport *transport = transport_of(dev->name, &address);
	struct plx_pci *pci;
	int ret = 0;

	if (transport == NULL)
		ret = choose_transport(dev, &transport, why);
	if (ret != 0)
		return ret;
	pci = calloc(1, sizeof(*pci));
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

const struct plx_driver *
plx_pci_driver_of(uint16_t vendor, uint16_t device)
{
	const struct plx_driver *driver;

	for (unsigned i = 0; (driver = plx_driver_at(i)) != NULL; i++) {
		if (driver->bus != PLX_BUS_PCI || driver->ids == NULL)
			continue;
		for (const struct plx_pci_id *id = driver->ids; id->vendor != 0; id++)
			if (id->vendor == vendor && id->device == device)
				return driver;
	}
	return NULL;
}

const char *
plx_driver_for_pci(uint16_t vendor, uint16_t device)
{
	const struct plx_driver *driver = plx_pci_driver_of(vendor, device);

	return driver != NULL ? driver->name : NULL;
}

static const struct plx_driver *
pci_match(const struct plx_device *dev, struct plx_why *why)
{
	const struct plx_driver *driver = plx_pci_driver_of(dev->pci->vendor, dev->pci->device_id);

	if (driver == NULL)
		plx_why(why, -ENODEV, "no driver for %04x:%04x", dev->pci->vendor,
			dev->pci->device_id);
	return driver;
}

const struct plx_bus_ops plx_bus_pci = {
	.name = "pci",
	.bus = PLX_BUS_PCI,
	.owns = pci_owns,
	.canonical = pci_canonical,
	.scan = plx_pci_scan,
	.look_up = pci_look_up,
	.match = pci_match,
	.release = pci_release,
};
