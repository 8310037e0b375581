/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which PCI devices a program gets, by options and by hot plug: on made-up trees, with a transport of the test's that goes
 * by the name of the kernel driver vfio-pci.
 */
#include "sysfs_tree.h"

#include "device_priv.h"
#include "driver_priv.h"
#include "pci/pci_priv.h"
#include "pci/pci_rules_priv.h"
#include "pci/pci_scan_priv.h"
#include "plx_byteorder.h"
#include "plx_eal.h"
#include "plx_log.h"

#include <errno.h>

#define NIC    "0000:00:08.0"
#define SECOND "0000:00:09.0"

static struct plx_why why;
static struct plx_args args;
static char log_text[4096]; /* "level component: text\n" */
static char args_seen[64];  /* of the device that was probed last */
static unsigned nb_open, nb_probed;
static uint16_t config_vendor;
static int probe_result;

static int
fake_open(struct plx_pci *pci, const char *address, struct plx_why *reason)
{
	assert_string_equal(address, pci->device->name);
	nb_open++;
	return 0;
}

static void
fake_close(struct plx_pci *pci)
{
	nb_open--;
}

static int
fake_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	uint8_t *bytes = to;

	memset(bytes, 0, len);
	plx_store_le16(bytes, config_vendor);
	plx_store_le16(bytes + 2, 0x1000);
	return 0;
}

static const struct plx_pci_transport fake_vfio = {
	.name = "vfio-pci",
	.about = "of a test",
	.open = fake_open,
	.close = fake_close,
	.config_read = fake_config_read,
};

static int
probe(struct plx_device *dev, struct plx_why *reason)
{
	snprintf(args_seen, sizeof(args_seen), "%s", dev->args);
	if (probe_result != 0)
		return plx_why(reason, probe_result, "told to fail");
	nb_probed++;
	return 0;
}

static void
remove_device(struct plx_device *dev)
{
	nb_probed--;
}

static const struct plx_driver driver = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_PCI,
	.name = "net_fake",
	.probe = probe,
	.remove = remove_device,
	.ids = (const struct plx_pci_id[]){{0x1af4, 0x1000}, {0x1af4, 0x1041}, {0, 0}},
};

static void
note_log(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	size_t len = strlen(log_text);

	snprintf(log_text + len, sizeof(log_text) - len, "%s %s: %s\n", plx_log_level_name(level),
		 component, text);
}

static int
setup(void **state)
{
	args = (struct plx_args){.program = "test"};
	log_text[0] = '\0';
	args_seen[0] = '\0';
	config_vendor = 0x1af4;
	probe_result = 0;
	plx_log_set_sink(note_log, NULL);
	if (plx_log_add_rule("eal.pci:info", &why) != 0 || sysfs_setup(state) != 0)
		return -1;
	return plx_pci_transport_add(&fake_vfio) != 0 || plx_driver_add(&driver, &why) != 0;
}

static int
teardown(void **state)
{
	plx_device_remove_all();
	plx_driver_drop(0);
	plx_pci_transports_forget();
	plx_pci_rules_set(NULL, NULL);
	plx_log_set_sink(NULL, NULL);
	plx_log_reset();
	if (nb_open != 0 || nb_probed != 0)
		return -1;
	return sysfs_teardown(state);
}

static void
nic(const char *address, const char *kernel_driver)
{
	sysfs_device(address, "0x1af4\n", "0x1000\n", "0x020000\n", kernel_driver);
}

static void
give(struct plx_args_list *list, const char *value)
{
	list->item[list->n++] = value;
}

static void
told(const char *text)
{
	if (strstr(log_text, text) == NULL)
		fail_msg("'%s' was not told; this was:\n%s", text, log_text);
}

static void
refused(int ret, const char *text)
{
	why.text[0] = '\0';
	assert_int_equal(plx_pci_scan(&args, &why), ret);
	if (strstr(why.text, text) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, text);
	assert_int_equal(nb_open, nb_probed);
}

static void
scanned(unsigned devices)
{
	if (plx_pci_scan(&args, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(nb_probed, devices);
}

static void
a_machine_without_pci_is_fine(void **state)
{
	scanned(0);
	assert_string_equal(log_text, "");
	sysfs_file("/sys/bus/pci/devices", "a file where a folder should be");
	scanned(0);
	give(&args.allow, "00:08.0");
	refused(-ENODEV, "shows none at all");
}

static void
what_is_handed_over_is_taken_and_the_rest_told(void **state)
{
	nic(NIC, "vfio-pci");
	nic("0000:00:03.0", "virtio-pci");
	sysfs_attribute("0000:00:03.0", "virtio0/net/eth0/mtu", "1500\n");
	nic("0000:00:04.0", NULL);
	sysfs_device("0000:00:05.0", "0x8086\n", "0x100e\n", "0x020000\n", "vfio-pci");
	sysfs_device("0000:00:06.0", "0x1af4\n", "0x1001\n", "0x010000\n", "vfio-pci");
	sysfs_device("0000:00:07.0", "0xffff\n", "0xffff\n", "0x020000\n", "vfio-pci");
	scanned(1);
	assert_non_null(plx_device_find(NIC));
	told("notice eal.pci: " NIC " (1af4:1000): taken by net_fake over vfio-pci\n");
	told("notice eal.pci: 0000:00:03.0 (1af4:1000): skipped, held by the kernel's virtio-pci "
	     "as eth0; ");
	told("0000:00:04.0 (1af4:1000): skipped, bound to no kernel driver; ");
	told("sudo plx-devbind bind --driver uio_pci_generic 0000:00:04.0\n");
	told("0000:00:05.0 (8086:100e): skipped, no driver knows 8086:100e; for PCI devices there "
	     "are: net_fake\n");
	told("0000:00:07.0 (ffff:ffff): skipped, the kernel does not tell");
	assert_null(strstr(log_text, "0000:00:06.0"));
}

static void
a_program_with_virtual_devices_is_told_at_level_info(void **state)
{
	nic(NIC, "vfio-pci");
	nic(SECOND, "virtio-pci");
	give(&args.devices, "net_null0");
	scanned(1);
	told("info eal.pci: " NIC);
	told("info eal.pci: " SECOND);
	assert_null(strstr(log_text, "notice"));
}

static void
without_pci_nothing_is_looked_at(void **state)
{
	nic(NIC, "vfio-pci");
	args.no_pci = true;
	scanned(0);
	assert_string_equal(log_text, "");
}

static void
what_is_blocked_is_left_alone(void **state)
{
	nic(NIC, "vfio-pci");
	nic(SECOND, "vfio-pci");
	give(&args.block, "00:08.0");
	give(&args.block, NIC);
	give(&args.block, "0000:7f:00.0");
	scanned(1);
	told(NIC " (1af4:1000): skipped, blocked by -b\n");
	assert_null(plx_device_find(NIC));
	/* Hot plug keeps to it. */
	assert_int_equal(plx_device_attach(NIC, &why), -EPERM);
	assert_non_null(strstr(why.text, "device " NIC ": blocked by -b"));
	plx_pci_rules_set(NULL, NULL);
	assert_int_equal(plx_device_attach(NIC, &why), 0);
}

static void
a_block_with_arguments_is_refused(void **state)
{
	give(&args.block, "00:08.0,0000:00:09.0");
	refused(-EINVAL, "EAL option -b: '00:08.0,0000:00:09.0': a device that is left alone");
}

static void
what_is_allowed_is_taken_alone_and_with_its_arguments(void **state)
{
	nic(NIC, "vfio-pci");
	nic(SECOND, "vfio-pci");
	give(&args.allow, "00:08.0,speed=5");
	scanned(1);
	assert_string_equal(args_seen, "speed=5");
	assert_string_equal(plx_driver_for_pci(0x1af4, 0x1041), "net_fake");
	assert_null(plx_driver_for_pci(0x1af4, 0x1042));
	assert_non_null(plx_device_find(NIC));
	assert_ptr_equal(plx_device_find("00:08.0"), plx_device_find(NIC));
	told("notice eal.pci: " NIC " (1af4:1000): taken by net_fake over vfio-pci\n");
	told("info eal.pci: " SECOND " (1af4:1000): skipped, -a names others\n");
}

static void
allowed_twice_in_two_spellings_is_refused(void **state)
{
	nic(NIC, "vfio-pci");
	give(&args.allow, NIC);
	give(&args.allow, "0:8.0,speed=5");
	refused(-EEXIST, "EAL option -a: " NIC " is given twice");
}

static void
allowed_devices_that_cannot_be_had_refuse_the_start(void **state)
{
	static const struct {
		const char *allow;
		int ret;
		const char *text;
	} cases[] = {
		{"00:1f.0", -ENODEV,
		 "device 0000:00:1f.0: there is no such PCI device; network devices: 0000:00:03.0 "
		 "(virtio-pci), 0000:00:04.0 (no kernel driver), 0000:00:05.0 (e1000) (plx-doctor "
		 "pci)"},
		{"00:03.0", -EBUSY,
		 "held by the kernel's virtio-pci as eth0; it is handed to programs, and its "
		 "interface goes, by: sudo plx-devbind bind --driver uio_pci_generic 0000:00:03.0 "
		 "(plx-doctor pci)"},
		{"00:04.0", -ENODEV,
		 "bound to no kernel driver; it is handed to programs by: sudo plx-devbind bind "
		 "--driver vfio-pci 0000:00:04.0"},
		{"00:05.0", -ENODEV,
		 "no driver of ours knows 8086:100e, but the kernel does: --vdev "
		 "net_af_xdp0,iface=eth5"},
		{"00:06.0", -ENOTSUP, "no network device: its class is 0x010000"},
		{"00:07.0", -EIO, "the kernel does not tell its ids"},
	};

	nic("0000:00:03.0", "virtio-pci");
	sysfs_attribute("0000:00:03.0", "virtio0/net/eth0/mtu", "1500\n");
	nic("0000:00:04.0", NULL);
	/* With an IOMMU; the other one is without. */
	sysfs_symlink(SYSFS_DEVICES "/0000:00:04.0/iommu_group", "../../../kernel/iommu_groups/4");
	sysfs_device("0000:00:05.0", "0x8086\n", "0x100e\n", "0x020000\n", "e1000");
	sysfs_attribute("0000:00:05.0", "net/eth5/mtu", "1500\n");
	sysfs_device("0000:00:06.0", "0x1af4\n", "0x1001\n", "0x010000\n", "vfio-pci");
	sysfs_attribute("0000:00:07.0", "uevent", "");
	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		args.allow.n = 0;
		give(&args.allow, cases[i].allow);
		refused(cases[i].ret, cases[i].text);
		assert_int_equal(strncmp(why.text, "EAL option -a: device 0000:00:", 30), 0);
	}
}

static void
a_device_that_does_not_start_stops_who_asked_for_it_only(void **state)
{
	nic(NIC, "vfio-pci");
	probe_result = -EIO;
	scanned(0);
	told("warning eal.pci: " NIC " (1af4:1000): skipped, device " NIC ": told to fail\n");
	give(&args.allow, NIC);
	refused(-EIO, "EAL option -a: device " NIC ": told to fail");
	probe_result = 0;
	config_vendor = 0xffff;
	refused(-EIO, "it does not answer: its configuration space is all ones");
}

static void
devices_come_and_go_by_either_spelling(void **state)
{
	nic(NIC, "vfio-pci");
	sysfs_attribute(NIC, "numa_node", "1\n");
	assert_int_equal(plx_device_attach("00:08.0,a=b", &why), 0);
	assert_string_equal(plx_device_at(0)->name, NIC);
	assert_string_equal(plx_device_at(0)->args, "a=b");
	assert_int_equal(plx_device_at(0)->bus, PLX_BUS_PCI);
	assert_int_equal(plx_device_at(0)->node, 1);
	assert_int_equal(plx_device_attach(NIC, &why), -EEXIST);
	assert_string_equal(why.text, "device " NIC ": it is in use by this program already");
	/* Its rules are the scan's. */
	assert_int_equal(plx_device_attach(SECOND, &why), -ENODEV);
	assert_int_equal(plx_device_detach("0:8.0", &why), 0);
	assert_null(plx_device_find(NIC));
	assert_int_equal(plx_device_detach(NIC, &why), -ENODEV);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_machine_without_pci_is_fine),
		CASE(what_is_handed_over_is_taken_and_the_rest_told),
		CASE(a_program_with_virtual_devices_is_told_at_level_info),
		CASE(without_pci_nothing_is_looked_at),
		CASE(what_is_blocked_is_left_alone),
		CASE(a_block_with_arguments_is_refused),
		CASE(what_is_allowed_is_taken_alone_and_with_its_arguments),
		CASE(allowed_twice_in_two_spellings_is_refused),
		CASE(allowed_devices_that_cannot_be_had_refuse_the_start),
		CASE(a_device_that_does_not_start_stops_who_asked_for_it_only),
		CASE(devices_come_and_go_by_either_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
