/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI devices for people: which one a word means, and what is offered of those that there are. */
#include "fake_files.h"

#include "card.h"

#include <pollux/plx_driver.h>

#define DEVICES "/sys/bus/pci/devices"
#define NIC	"0000:00:08.0"

static const struct machine machine = {.root = fake_root};
static struct plx_pci_card card;
static struct plx_why why;

static int
never_probed(struct plx_device *dev, struct plx_why *ret_why)
{
	return plx_why(ret_why, -EIO, "never");
}

static void
never_removed(struct plx_device *dev)
{
}

static const struct plx_driver our_driver = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_PCI,
	.name = "net_ours",
	.probe = never_probed,
	.remove = never_removed,
	.ids = (const struct plx_pci_id[]){{0x1af4, 0x7777}, {0, 0}},
};

static void
attribute(const char *address, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", address, name);
	fake_file(path, text);
}

/* Held by a kernel driver, unless that is "". */
static void
make(const char *address, const char *device, const char *class_code, const char *driver)
{
	char path[256], target[256];

	attribute(address, "vendor", "0x1af4\n");
	attribute(address, "device", device);
	attribute(address, "class", class_code);
	snprintf(path, sizeof(path), DEVICES "/%s/driver", address);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	if (driver[0] != '\0')
		fake_symlink(path, target);
}

static int
setup(void **state)
{
	plx_driver_add(&our_driver, NULL);
	return fake_root_make();
}

static int
teardown(void **state)
{
	return fake_teardown(state);
}

static void
finds(const char *word, const char *address)
{
	assert_int_equal(card_find(&machine, word, &card, &why), 0);
	assert_string_equal(card.address, address);
}

static void
refuses(const char *word, int err, const char *text)
{
	assert_int_equal(card_find(&machine, word, &card, &why), err);
	assert_string_equal(why.text, text);
}

static void
a_card_is_meant_by_address_or_interface(void **state)
{
	make(NIC, "0x7777\n", "0x020000\n", "virtio-pci");
	attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	attribute(NIC, "virtio0/net/eth10/mtu", "1500\n");
	make("0000:00:09.0", "0x9999\n", "0x020000\n", "");
	make("0000:00:0a.0", "0x9999\n", "0x010000\n", "");
	finds(NIC, NIC);
	finds("0:8.0", NIC);
	finds("eth1", NIC);
	finds("eth10", NIC);
	assert_string_equal(card.known_to, "net_ours");
	finds("00:0A.0", "0000:00:0a.0");
	refuses("00:1f.0", -ENODEV,
		"00:1f.0: there is no such PCI device; network devices: 0000:00:08.0 eth1 eth10, "
		"0000:00:09.0");
	refuses("eth", -EINVAL,
		"eth: neither a PCI address nor the interface of a PCI device; network devices: "
		"0000:00:08.0 eth1 eth10, 0000:00:09.0");
	assert_int_equal(card_find(&machine, "0:8.0,key=value", &card, &why), -EINVAL);
	assert_int_equal(card_find(&machine, "", &card, &why), -EINVAL);
}

static void
what_is_free_is_offered_with_both_steps(void **state)
{
	char text[256];

	assert_string_equal(cards_offer(&machine, text, sizeof(text)), "");
	/* Of use to nobody, but for one each: a route, unknown ids, a program's already, no network
	 * device, in another namespace, without an interface. */
	make("0000:00:03.0", "0x7777\n", "0x020000\n", "virtio-pci");
	attribute("0000:00:03.0", "virtio0/net/eth0/mtu", "1500\n");
	fake_file("/proc/net/route", "Iface Destination\neth0 00000000 01 3 0 0 0 00000000\n");
	make("0000:00:04.0", "0x9999\n", "0x020000\n", "virtio-pci");
	make("0000:00:05.0", "0x7777\n", "0x020000\n", "uio_pci_generic");
	make("0000:00:06.0", "0x7777\n", "0x010000\n", "virtio-pci");
	make("0000:00:07.0", "0x7777\n", "0x020000\n", "virtio-pci");
	attribute("0000:00:07.0", "virtio7/net/eth7/mtu", "1500\n");
	fake_file("/proc/net/dev", "head\nhead\n  eth0: 5 6\n  eth1: 5 6\n");
	make("0000:00:02.0", "0x7777\n", "0x020000\n", "virtio-pci");
	assert_string_equal(cards_offer(&machine, text, sizeof(text)), "");
	make(NIC, "0x7777\n", "0x020000\n", "virtio-pci");
	attribute(NIC, "virtio1/net/eth1/mtu", "1500\n");
	make("0000:00:09.0", "0x7777\n", "0x020000\n", "");
	fake_symlink(DEVICES "/0000:00:09.0/iommu_group", "../../../kernel/iommu_groups/9");
	assert_string_equal(
		cards_offer(&machine, text, sizeof(text)),
		"\n  sudo plx-devbind bind --driver uio_pci_generic " NIC ", then -a " NIC
		"\n  sudo plx-devbind bind --driver vfio-pci 0000:00:09.0, then -a 0000:00:09.0");
	/* Whole lines only. */
	assert_string_equal(cards_offer(&machine, text, 120),
			    "\n  sudo plx-devbind bind --driver uio_pci_generic " NIC
			    ", then -a " NIC);
	assert_string_equal(cards_offer(&machine, text, 60), "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_card_is_meant_by_address_or_interface),
		CASE(what_is_free_is_offered_with_both_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
