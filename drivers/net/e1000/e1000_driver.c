/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver: which cards it takes, what the user may say of one, probe and remove. */
#include "e1000.h"

#include "plx_kvargs.h"
#include "plx_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.e1000");

/* 5.2 */
static const struct e1000_part parts[] = {
	{E1000_PCI_82540EM, "82540EM"}, {E1000_PCI_82540EM_LOM, "82540EM (LOM)"},
	{E1000_PCI_82545EM, "82545EM"}, {E1000_PCI_82544EI, "82544EI"},
	{E1000_PCI_82544GC, "82544GC"},
};

static const struct plx_pci_id ids[] = {
	{E1000_PCI_VENDOR, E1000_PCI_82540EM}, {E1000_PCI_VENDOR, E1000_PCI_82540EM_LOM},
	{E1000_PCI_VENDOR, E1000_PCI_82545EM}, {E1000_PCI_VENDOR, E1000_PCI_82544EI},
	{E1000_PCI_VENDOR, E1000_PCI_82544GC}, {0, 0},
};
PLX_STATIC_ASSERT(PLX_ARRAY_LEN(ids) == PLX_ARRAY_LEN(parts) + 1, "an id a part");

struct e1000_args {
	uint8_t mac[6];
};

static const struct plx_kvargs_field fields[] = {
	{.key = "mac",
	 .type = PLX_KVARGS_MAC,
	 .offset = offsetof(struct e1000_args, mac),
	 .help = "the address to begin with (that of the EEPROM)"},
	{.key = NULL},
};

static const struct e1000_part *
part_of(const struct plx_pci *pci)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(parts); i++)
		if (parts[i].device == pci->device_id)
			return &parts[i];
	return &parts[0];
}

static bool
is_unicast(const uint8_t mac[6])
{
	return (mac[0] & 1) == 0 && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

/* A damaged EEPROM is no reason to have no port if the user says the address. */
static int
choose_mac(struct e1000_dev *dev, const struct e1000_args *args, struct plx_why *why)
{
	static const uint8_t none[6];
	const bool said = memcmp(args->mac, none, sizeof(none)) != 0;
	struct plx_why damage = {""};
	int ret = e1000_eeprom_mac(dev, dev->eth.mac, &damage);

	if (ret == 0 && !is_unicast(dev->eth.mac))
		ret = plx_why(
			&damage, -EADDRNOTAVAIL,
			"the address in the EEPROM is none that a card can have: mac= gives it "
			"one");
	if (ret != 0 && (!said || ret == -ENODEV))
		return plx_why(why, ret, "%s", damage.text);
	if (ret != 0)
		plx_log_warn(&logger, "%s: %s", dev->eth.device->name, damage.text);
	if (said)
		memcpy(dev->eth.mac, args->mac, sizeof(dev->eth.mac));
	return 0;
}

static int
open_registers(struct e1000_dev *dev, struct plx_why *why)
{
	const unsigned bar = E1000_BAR_REGISTERS;
	int ret = plx_pci_window(dev->pci, bar, 0, E1000_BAR_LEN, &dev->regs, why);

	if (ret == 0)
		ret = plx_pci_window(dev->pci, bar, E1000_RDT, 4, &dev->rdt, why);
	return ret == 0 ? plx_pci_window(dev->pci, bar, E1000_TDT, 4, &dev->tdt, why) : ret;
}

/* Quiet, then known: 14.3 after a reset. */
static int
open_card(struct e1000_dev *dev, const struct e1000_args *args, struct plx_why *why)
{
	int ret = open_registers(dev, why);

	plx_pci_bus_master(dev->pci, false); /* whoever had it before may have left it running */
	if (ret == 0)
		ret = e1000_hw_reset(dev, why);
	if (ret == 0)
		ret = choose_mac(dev, args, why);
	return ret == 0 ? e1000_port_create(dev, why) : ret;
}

static int
net_e1000_probe(struct plx_device *device, struct plx_why *why)
{
	struct e1000_dev *dev = plx_ethdev_alloc(sizeof(*dev));
	struct e1000_args args = {{0}};
	int ret;

	if (dev == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	dev->eth.device = device;
	dev->pci = device->pci;
	dev->part = part_of(device->pci);
	ret = plx_kvargs_parse(device->args, fields, &args, why);
	if (ret == 0)
		ret = open_card(dev, &args, why);
	if (ret != 0) {
		free(dev);
		return ret;
	}
	device->data = dev;
	return 0;
}

static void
net_e1000_remove(struct plx_device *device)
{
	struct e1000_dev *dev = device->data;

	e1000_port_destroy(dev);
	free(dev);
}

const struct plx_driver plx_driver_net_e1000 = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_PCI,
	.name = "net_e1000",
	.about = "Intel 8254x gigabit cards, as QEMU and other machines emulate them",
	.probe = net_e1000_probe,
	.remove = net_e1000_remove,
	.ids = ids,
};
