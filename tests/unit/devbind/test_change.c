/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding and giving back, on a bus whose kernel is the test's. */
#include "fake_bus.h"

#include "change.h"
#include "devbind.h"
#include "memo.h"

#include <errno.h>

static struct change done;

static struct plx_pci_card
card_at(const char *address)
{
	const struct machine m = bus_machine();
	struct plx_pci_card card;

	assert_int_equal(plx_pci_card_read(m.root, address, &card), 0);
	return card;
}

static int
bind_to(const char *address, const char *driver, bool force)
{
	const struct machine m = bus_machine();
	struct plx_pci_card card = card_at(address);
	const struct cards given = {.n = 1, .card = &card};

	bus_journal[0] = '\0';
	done.why.text[0] = '\0';
	return change_bind(&m, &card, driver, &given, force, &done);
}

static int
restore(const char *address)
{
	const struct machine m = bus_machine();
	struct plx_pci_card card = card_at(address);

	bus_journal[0] = '\0';
	done.why.text[0] = '\0';
	return change_restore(&m, &card, false, &done);
}

static void
refused(int ret, int expected, const char *text)
{
	if (ret != expected || strstr(done.why.text, text) == NULL)
		fail_msg("%d '%s' is not %d '%s'", ret, done.why.text, expected, text);
}

static void
untouched(const char *driver)
{
	bus_is_held_by(NIC, driver);
	assert_string_equal(bus_journal, "");
}

static bool
remembered(const char *address, const char *driver)
{
	const struct machine m = bus_machine();
	char former[64];

	return memo_read(&m, address, former, sizeof(former)) && strcmp(former, driver) == 0;
}

static void
a_device_goes_to_a_program_and_back(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	refused(bind_to(NIC, "vfio-pci", false), 0, "");
	bus_is_held_by(NIC, "vfio-pci");
	assert_string_equal(done.from, "virtio-pci");
	assert_string_equal(done.to, "vfio-pci");
	assert_string_equal(bus_journal, "driver_override vfio-pci; unbind " NIC "; bind " NIC
					 "; driver_override ; ");
	assert_string_equal(bus_override, "");
	assert_true(remembered(NIC, "virtio-pci"));
	refused(restore(NIC), 0, "");
	bus_is_held_by(NIC, "virtio-pci");
	assert_string_equal(bus_journal,
			    "driver_override ; unbind " NIC "; drivers_probe " NIC "; ");
	assert_false(remembered(NIC, "virtio-pci"));
}

static void
what_is_so_already_is_left(void **state)
{
	bus_card(NIC, "7", "vfio-pci");
	refused(bind_to(NIC, "vfio-pci", false), 0, "");
	untouched("vfio-pci");
	assert_string_equal(done.to, "vfio-pci");
	bus_card("0000:00:09.0", "8", "virtio-pci");
	refused(restore("0000:00:09.0"), 0, "");
	untouched("vfio-pci");
	bus_is_held_by("0000:00:09.0", "virtio-pci");
}

static void
between_two_that_hand_over_the_first_driver_is_kept_in_mind(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	refused(bind_to(NIC, "uio_pci_generic", false), 0, "");
	refused(bind_to(NIC, "vfio-pci", false), 0, "");
	bus_is_held_by(NIC, "vfio-pci");
	assert_true(remembered(NIC, "virtio-pci"));
	/* dpdk-devbind's way back. */
	refused(bind_to(NIC, "virtio-pci", false), 0, "");
	bus_is_held_by(NIC, "virtio-pci");
	assert_false(remembered(NIC, "virtio-pci"));
}

static void
a_device_in_use_is_refused_unless_forced(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	fake_file("/proc/net/route",
		  "Iface Destination\neth1 00000000 0102000A 3 0 0 0 00000000\n");
	refused(bind_to(NIC, "vfio-pci", false), -EBUSY,
		"the default route leads through eth1; --force takes it all the same");
	untouched("virtio-pci");
	refused(bind_to(NIC, "vfio-pci", true), 0, "");
	bus_is_held_by(NIC, "vfio-pci");
}

static void
a_driver_that_is_not_loaded_is_named_with_its_command(void **state)
{
	bus_card(NIC, "7", "");
	refused(bind_to(NIC, "igb_uio", true), -ENOENT, "sudo modprobe igb_uio");
	untouched("");
}

static void
without_an_iommu_vfio_needs_its_unsafe_mode(void **state)
{
	bus_card(NIC, "", "");
	refused(bind_to(NIC, "vfio-pci", true), -ENODEV, "it is in no IOMMU group");
	assert_non_null(strstr(done.why.text, "enable_unsafe_noiommu_mode (plx-doctor iommu)"));
	untouched("");
	fake_file("/sys/module/vfio/version", "");
	refused(bind_to(NIC, "vfio-pci", true), -ENODEV,
		"Without one, unsafely: --driver uio_pci_generic (plx-doctor iommu)");
	fake_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
	refused(bind_to(NIC, "vfio-pci", true), -ENODEV, "it is in no IOMMU group");
	fake_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	refused(bind_to(NIC, "vfio-pci", false), 0, "");
	bus_is_held_by(NIC, "vfio-pci");
}

static void
the_others_of_a_group_are_told(void **state)
{
	bus_card(NIC, "7", "");
	bus_card("0000:00:08.1", "7", "virtio-pci");
	bus_card("0000:00:08.2", "7", "vfio-pci");
	bus_card("0000:00:08.3", "7", "");
	bus_card("0000:00:08.4", "7", "pci-stub");
	bus_card("0000:00:01.0", "7", "pcieport");
	bus_attribute("0000:00:01.0", "class", "0x060400\n");
	refused(bind_to(NIC, "vfio-pci", false), -EBUSY,
		"(group 7): 0000:00:08.1; bind those in the same command");
	untouched("");
	refused(bind_to(NIC, "vfio-pci", true), 0, "");
	/* uio asks no IOMMU. */
	refused(bind_to(NIC, "uio_pci_generic", false), 0, "");
}

static void
uio_needs_an_interrupt_line(void **state)
{
	bus_card(NIC, "", "");
	bus_attribute(NIC, "irq", "0\n");
	refused(bind_to(NIC, "uio_pci_generic", false), -ENODEV, "has no interrupt line");
	untouched("");
}

static void
a_driver_that_does_not_take_it_leaves_all_as_it_was(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	bus_refuses = "vfio-pci";
	refused(bind_to(NIC, "vfio-pci", false), -ENODEV, "the driver does not take it");
	bus_is_held_by(NIC, "virtio-pci");
	assert_string_equal(bus_override, "");
	assert_string_equal(done.to, "virtio-pci");
}

static void
a_driver_that_does_not_let_go_is_told(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	bus_stubborn = true;
	refused(bind_to(NIC, "vfio-pci", false), -EBUSY, "virtio-pci does not let go of it");
	bus_is_held_by(NIC, "virtio-pci");
	assert_string_equal(bus_override, "");
}

static void
what_nobody_takes_back_is_told(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	refused(bind_to(NIC, "vfio-pci", false), 0, "");
	bus_choice = NULL;
	bus_refuses = "virtio-pci";
	refused(restore(NIC), -ENODEV, "no kernel driver takes it: sudo modprobe virtio-pci");
	assert_true(remembered(NIC, "virtio-pci"));
	bus_refuses = NULL;
	refused(restore(NIC), 0, "");
	bus_is_held_by(NIC, "virtio-pci");
}

static void
only_what_is_handed_over_is_remembered(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	bus_driver("e1000");
	bus_refuses = "e1000";
	refused(bind_to(NIC, "e1000", false), -ENODEV, "the driver does not take it");
	assert_false(remembered(NIC, "virtio-pci"));
	/* Whoever has it back needs no memo. */
	fake_file("/run/pollux/devbind/" NIC, "virtio-pci\n");
	refused(restore(NIC), 0, "");
	assert_false(remembered(NIC, "virtio-pci"));
}

/* Root writes the memo: nobody's link may lead it elsewhere. */
static void
a_memo_is_no_link(void **state)
{
	const struct machine m = bus_machine();
	char text[32];

	fake_file("/etc/precious", "kept");
	fake_symlink("/run/pollux/devbind/" NIC, "../../../etc/precious");
	assert_int_equal(memo_keep(&m, NIC, "virtio-pci"), -ELOOP);
	assert_int_equal(machine_read(&m, text, sizeof(text), "/etc/precious"), 0);
	assert_string_equal(text, "kept");
}

static void
a_memo_that_is_nonsense_is_none(void **state)
{
	bus_card(NIC, "7", "vfio-pci");
	fake_file("/run/pollux/devbind/" NIC, "../../../../etc\n");
	refused(restore(NIC), 0, "");
	bus_is_held_by(NIC, "virtio-pci");
}

/* No root: the real machine. It is read, as anybody may; nothing of it can be written. */
static void
the_real_machine_cannot_be_written_to_by_mistake(void **state)
{
	const struct machine real = {.root = ""};
	const struct machine linked = {.root = fake_root};
	int ret;

	assert_int_equal(machine_write(&real, NIC, "/sys/bus/pci/drivers_probe"), -EROFS);
	assert_int_equal(machine_write(&real, "x", "/dev/null"), -EROFS);
	assert_int_equal(memo_keep(&real, NIC, "virtio-pci"), -EROFS);
	/* Nor through a link into it. What is aimed at takes no harm from a write: it is there to be notified. */
	fake_symlink("/uevent", "/sys/devices/virtual/mem/null/uevent");
	ret = machine_write(&linked, "\n", "/uevent");
	assert_true(ret == -EROFS || ret == -EACCES);
}

static int
command(char *line, char *out, size_t size)
{
	const struct machine m = bus_machine();
	char *argv[16] = {NULL}, *rest = line;
	struct settings settings;
	struct plx_why why;
	int argc = 0, status;
	FILE *file = fmemopen(out, size, "w");

	while (argc < 15 && (argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	if (settings_read(&settings, argc, argv, &why) != 0)
		fail_msg("%s", why.text);
	status = devbind_run(&m, &settings, file, file);
	settings_fini(&settings);
	fclose(file);
	return status;
}

static void
commands_work_on_several_devices_by_any_name(void **state)
{
	char bind[] = "p -b vfio-pci eth1 0:9.0 0000:00:09.0",
	     twice[] = "p bind --driver vfio-pci eth1";
	char status[] = "p -s", all[] = "p restore", none[] = "p restore", missing[] = "p -u 1f.0";
	char out[4096];

	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	bus_card("0000:00:09.0", "8", "virtio-pci");
	bus_attribute("0000:00:09.0", "virtio1/net/eth2/mtu", "1500\n");
	assert_int_equal(command(bind, out, sizeof(out)), 0);
	assert_string_equal(out,
			    NIC ": virtio-pci -> vfio-pci\n"
				"  programs of yours without root: sudo chown $USER /dev/vfio/7\n"
				"0000:00:09.0: virtio-pci -> vfio-pci\n"
				"  programs of yours without root: sudo chown $USER /dev/vfio/8\n");
	/* This kernel leaves the interface's folder: the name still means the device. */
	assert_int_equal(command(twice, out, sizeof(out)), 0);
	assert_string_equal(out, NIC ": vfio-pci has it already\n");
	assert_int_equal(command(status, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "Network devices handed to programs\n"));
	assert_non_null(strstr(out, "drv=vfio-pci unused=uio_pci_generic group=8"));
	assert_int_equal(command(missing, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "neither a PCI address nor the interface of a PCI device; "
				    "network devices: " NIC " eth1, 0000:00:09.0 eth2"));
	assert_int_equal(command(all, out, sizeof(out)), 0);
	bus_is_held_by(NIC, "virtio-pci");
	bus_is_held_by("0000:00:09.0", "virtio-pci");
	assert_int_equal(command(none, out, sizeof(out)), 0);
	assert_string_equal(out, "nothing to give back\n");
}

static void
what_no_iommu_holds_back_is_told(void **state)
{
	char vfio[] = "p -b vfio-pci eth1", uio[] = "p -b uio_pci_generic eth1",
	     own[] = "p -b virtio-pci eth1", own_again[] = "p -b virtio-pci eth1",
	     vfio_again[] = "p -b vfio-pci eth1";
	const char *warning = "  without an IOMMU the device may write anywhere: only for root";
	char out[4096];

	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
	assert_int_equal(command(uio, out, sizeof(out)), 0);
	assert_non_null(strstr(out, warning));
	assert_int_equal(command(own, out, sizeof(out)), 0);
	assert_string_equal(out, NIC ": uio_pci_generic -> virtio-pci\n");
	/* Of an IOMMU, whatever vfio would do without. */
	fake_file(PLX_PCI_NOIOMMU, "Y\n");
	assert_int_equal(command(vfio, out, sizeof(out)), 0);
	assert_null(strstr(out, warning));
	assert_non_null(strstr(out, "sudo chown $USER /dev/vfio/7"));
	assert_int_equal(command(own_again, out, sizeof(out)), 0);
	fake_file("/sys/kernel/iommu_groups/7/name", "vfio-noiommu\n");
	assert_int_equal(command(vfio_again, out, sizeof(out)), 0);
	assert_non_null(strstr(out, warning));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bus_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_device_goes_to_a_program_and_back),
		CASE(what_is_so_already_is_left),
		CASE(between_two_that_hand_over_the_first_driver_is_kept_in_mind),
		CASE(a_device_in_use_is_refused_unless_forced),
		CASE(a_driver_that_is_not_loaded_is_named_with_its_command),
		CASE(without_an_iommu_vfio_needs_its_unsafe_mode),
		CASE(the_others_of_a_group_are_told),
		CASE(uio_needs_an_interrupt_line),
		CASE(a_driver_that_does_not_take_it_leaves_all_as_it_was),
		CASE(a_driver_that_does_not_let_go_is_told),
		CASE(what_nobody_takes_back_is_told),
		CASE(only_what_is_handed_over_is_remembered),
		CASE(a_memo_is_no_link),
		CASE(a_memo_that_is_nonsense_is_none),
		CASE(the_real_machine_cannot_be_written_to_by_mistake),
		CASE(what_no_iommu_holds_back_is_told),
		CASE(commands_work_on_several_devices_by_any_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
