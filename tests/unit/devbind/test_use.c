/* SPDX-License-Identifier: BSD-3-Clause */
/* Who would miss a device. */
#include "fake_bus.h"

#include "use.h"

static char use[320];

static void
addresses(const char *interface, char *text, size_t size)
{
	if (strcmp(interface, "eth1") == 0)
		snprintf(text, size, "10.0.0.1 10.0.0.2");
}

static const char *
used(void)
{
	struct machine m = bus_machine();
	struct plx_pci_card card;

	assert_int_equal(plx_pci_card_read(m.root, NIC, &card), 0);
	return use_of(&m, &card, use, sizeof(use));
}

/* eth1, held by the kernel. */
static void
make_nic(void)
{
	bus_card(NIC, "7", "virtio-pci");
	bus_attribute(NIC, "virtio0/net/eth1/mtu", "1500\n");
}

static void
an_idle_interface_is_missed_by_nobody(void **state)
{
	make_nic();
	fake_file("/sys/class/net/eth1/mtu", "1500\n");
	fake_file("/proc/net/route", "Iface Destination\neth11 0000000A 0 1 0 0 0 00FFFFFF\n");
	fake_file("/proc/net/if_inet6", "fe800000000000000000000000000001 02 40 20 80     eth1\n"
					"20010000000000000000000000000001 03 40 00 80     eth11\n");
	fake_file(
		"/proc/net/ipv6_route",
		"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth1\n");
	assert_string_equal(used(), "");
}

static void
addresses_are_told(void **state)
{
	struct machine m = bus_machine();
	struct plx_pci_card card;

	make_nic();
	fake_file("/proc/net/if_inet6", "20010000000000000000000000000001 02 40 00 80     eth1\n");
	m.addresses = addresses;
	assert_int_equal(plx_pci_card_read(m.root, NIC, &card), 0);
	assert_string_equal(use_of(&m, &card, use, sizeof(use)),
			    "eth1 has the address 10.0.0.1 10.0.0.2, eth1 has an IPv6 address");
}

static void
an_interface_of_another_namespace_may_be_missed_there(void **state)
{
	make_nic();
	fake_file("/proc/net/dev", "head\nhead\n  eth11: 5 6\n");
	assert_string_equal(used(), "eth1 is in another network namespace");
	fake_file("/proc/net/dev", "head\nhead\n  eth1: 5 6\n");
	assert_string_equal(used(), "");
}

static void
routes_are_told_and_the_default_route_by_its_name(void **state)
{
	make_nic();
	fake_file("/proc/net/route", "Iface Destination\neth1 0000000A 0 1 0 0 0 00FFFFFF\n");
	assert_string_equal(used(), "a route leads through eth1");
	fake_file("/proc/net/route", "Iface Destination\neth1 00000000 01 3 0 0 0 00000080\n");
	assert_string_equal(used(), "a route leads through eth1");
	fake_file("/proc/net/route", "Iface Destination\neth1 00000000 01 3 0 0 0 00000000\n");
	assert_string_equal(used(), "the default route leads through eth1");
	fake_file("/proc/net/route", "");
	fake_file(
		"/proc/net/ipv6_route",
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth1\n");
	assert_string_equal(used(), "the default route leads through eth1");
}

static void
bridges_and_what_stands_on_it_are_told(void **state)
{
	make_nic();
	fake_symlink("/sys/class/net/eth1/master", "../br0");
	fake_symlink("/sys/class/net/eth1/upper_br0", "../br0");
	fake_symlink("/sys/class/net/eth1/upper_vlan7", "../vlan7");
	assert_string_equal(used(), "eth1 belongs to br0, vlan7 stands on eth1");
}

static void
an_interface_that_is_not_to_be_seen_may_be_elsewhere(void **state)
{
	bus_card(NIC, "7", "virtio-pci");
	assert_non_null(strstr(used(), "it may be in another network namespace"));
	bus_hold(NIC, "");
	assert_string_equal(used(), "");
}

static void
a_program_that_uses_it_is_named(void **state)
{
	bus_card(NIC, "7", "vfio-pci");
	fake_file("/proc/77/comm", "plx-testpmd\n");
	fake_symlink("/proc/77/fd/5", "/dev/vfio/17");
	assert_string_equal(used(), "");
	fake_symlink("/proc/77/fd/6", "/dev/vfio/7");
	assert_string_equal(used(), "process 77 (plx-testpmd) uses it");
	bus_hold(NIC, "uio_pci_generic");
	bus_attribute(NIC, "uio/uio0/name", "uio_pci_generic\n");
	fake_symlink("/proc/78/fd/6", "/dev/uio0");
	fake_file("/proc/78/comm", "other\n");
	assert_non_null(strstr(used(), "process 78 (other) uses it"));
}

static void
no_network_device_is_taken_without_force(void **state)
{
	bus_card(NIC, "7", "nvme");
	bus_attribute(NIC, "class", "0x010802\n");
	assert_string_equal(used(), "it is no network device (class 0x010802)");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bus_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_idle_interface_is_missed_by_nobody),
		CASE(addresses_are_told),
		CASE(an_interface_of_another_namespace_may_be_missed_there),
		CASE(routes_are_told_and_the_default_route_by_its_name),
		CASE(bridges_and_what_stands_on_it_are_told),
		CASE(an_interface_that_is_not_to_be_seen_may_be_elsewhere),
		CASE(a_program_that_uses_it_is_named),
		CASE(no_network_device_is_taken_without_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
