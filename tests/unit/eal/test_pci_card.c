/* SPDX-License-Identifier: BSD-3-Clause */
/* What sysfs tells of PCI devices, on made-up trees. */
#include "sysfs_tree.h"

#include "plx_pci_card.h"

#include <errno.h>

#define NIC "0000:00:08.0"

static struct plx_pci_card card;

static void
read_nic(void)
{
	assert_int_equal(plx_pci_card_read("", NIC, &card), 0);
}

static void
all_that_there_is_is_read(void **state)
{
	sysfs_device(NIC, "0x1af4\n", "0x1000\n", "0x020000\n", "virtio-pci");
	sysfs_attribute(NIC, "numa_node", "1\n");
	sysfs_attribute(NIC, "virtio1/net/eth1/mtu", "1500\n");
	sysfs_symlink(SYSFS_DEVICES "/" NIC "/iommu_group", "../../../kernel/iommu_groups/17");
	read_nic();
	assert_string_equal(card.address, NIC);
	assert_true(card.known);
	assert_int_equal(card.vendor, 0x1af4);
	assert_int_equal(card.device_id, 0x1000);
	assert_int_equal(card.class_code, 0x020000);
	assert_int_equal(card.node, 1);
	assert_int_equal(card.group, 17);
	assert_string_equal(card.driver, "virtio-pci");
	assert_string_equal(card.interfaces, "eth1");
	assert_true(plx_pci_card_is_network(&card));
}

static void
what_is_missing_is_unknown(void **state)
{
	sysfs_attribute(NIC, "uevent", "");
	read_nic();
	assert_false(card.known);
	assert_int_equal(card.node, -1);
	assert_int_equal(card.group, -1);
	assert_string_equal(card.driver, "");
	assert_string_equal(card.interfaces, "");
	assert_false(plx_pci_card_is_network(&card));
	assert_int_equal(plx_pci_card_read("", "0000:00:09.0", &card), -ENODEV);
}

static void
ids_that_are_nonsense_are_unknown(void **state)
{
	static const char *const wrong[] = {
		"",	    "\n",	  "0x\n",
		"0xffff\n", "0x1af40\n",  "-1\n",
		"virtio\n", "0x1af4 x\n", "0x10000000000000000000000000000\n"};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(wrong); i++) {
		sysfs_device(NIC, wrong[i], "0x1000\n", "0x020000\n", NULL);
		read_nic();
		if (card.known)
			fail_msg("vendor '%s' was taken for %04x", wrong[i], card.vendor);
	}
	sysfs_device(NIC, "0x1af4\n", "0x1000\n", "0x1020000\n", NULL);
	read_nic();
	assert_false(card.known);
	sysfs_attribute(NIC, "class", "0x020000\n");
	read_nic();
	assert_true(card.known);
}

static void
other_nonsense_is_as_if_not_there(void **state)
{
	sysfs_device(NIC, "0x1af4\n", "0x1000\n", "0x020000\n", NULL);
	sysfs_attribute(NIC, "numa_node", "near\n");
	sysfs_attribute(NIC, "driver/module", "a folder, where a link should be");
	sysfs_attribute(NIC, "net", "a file, where a folder should be");
	sysfs_symlink(SYSFS_DEVICES "/" NIC "/iommu_group", "../groups/none");
	read_nic();
	assert_true(card.known);
	assert_int_equal(card.node, -1);
	assert_int_equal(card.group, -1);
	assert_string_equal(card.driver, "");
	assert_string_equal(card.interfaces, "");
}

static void
a_driver_link_counts_though_it_leads_nowhere(void **state)
{
	sysfs_device(NIC, "0x1af4\n", "0x1000\n", "0x020000\n", "vfio-pci");
	read_nic();
	assert_string_equal(card.driver, "vfio-pci");
}

static void
interfaces_that_are_many_are_cut_at_a_name(void **state)
{
	sysfs_device(NIC, "0x8086\n", "0x1521\n", "0x020000\n", "igb");
	for (unsigned i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "net/interface%04u/mtu", i);
		sysfs_attribute(NIC, name, "1500\n");
	}
	read_nic();
	assert_int_equal((strlen(card.interfaces) + 1) % strlen("interface0000 "), 0);
	assert_true(strlen(card.interfaces) > 64);
}

static void
holders_that_hand_devices_to_programs_are_known(void **state)
{
	static const struct {
		const char *driver;
		bool hands_over;
	} cases[] = {{"vfio-pci", true},
		     {"uio_pci_generic", true},
		     {"virtio-pci", false},
		     {"vfio", false}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		sysfs_device(NIC, "0x1af4\n", "0x1000\n", "0x020000\n", cases[i].driver);
		read_nic();
		assert_int_equal(card.handed_to_programs, cases[i].hands_over);
		assert_int_equal(plx_pci_hands_over(cases[i].driver), cases[i].hands_over);
	}
	assert_false(plx_pci_hands_over(""));
}

static void
binds_to(const char *driver)
{
	read_nic();
	assert_string_equal(card.bind_to, driver);
}

static void
the_driver_to_bind_to_is_what_this_machine_can_do(void **state)
{
	sysfs_device(NIC, "0x1af4\n", "0x1000\n", "0x020000\n", "virtio-pci");
	binds_to("uio_pci_generic");
	sysfs_attribute(NIC, "irq", "11\n");
	binds_to("uio_pci_generic");
	/* Without a line of its own there is nothing for uio. */
	sysfs_attribute(NIC, "irq", "0\n");
	binds_to("vfio-pci");
	sysfs_attribute(NIC, "irq", "11\n");
	sysfs_file(PLX_PCI_NOIOMMU, "N\n");
	assert_false(plx_pci_noiommu(""));
	binds_to("uio_pci_generic");
	sysfs_file(PLX_PCI_NOIOMMU, "Y\n");
	assert_true(plx_pci_noiommu(""));
	binds_to("vfio-pci");
	sysfs_file(PLX_PCI_NOIOMMU, "N\n");
	sysfs_symlink(SYSFS_DEVICES "/" NIC "/iommu_group", "../../../kernel/iommu_groups/0");
	binds_to("vfio-pci");
}

static void
another_machine_is_below_its_root(void **state)
{
	struct plx_pci_card *cards;
	char root[128];

	sysfs_device(NIC, "0x1af4\n", "0x1000\n", "0x020000\n", NULL);
	snprintf(root, sizeof(root), "%s", sysfs_root);
	plx_sysfs_set_root(NULL);
	assert_int_equal(plx_pci_card_read(root, NIC, &card), 0);
	assert_int_equal(card.vendor, 0x1af4);
	assert_int_equal(plx_pci_card_list(root, &cards), 1);
	assert_string_equal(cards[0].address, NIC);
	free(cards);
}

static void
the_list_is_sorted_and_has_addresses_only(void **state)
{
	struct plx_pci_card *cards;

	assert_int_equal(plx_pci_card_list("", &cards), 0);
	free(cards);
	sysfs_device("10000:e1:00.7", "0x1af4\n", "0x1000\n", "0x020000\n", NULL);
	sysfs_device("0000:0a:00.0", "0x1af4\n", "0x1000\n", "0x020000\n", NULL);
	sysfs_device("0000:01:00.0", "0x1af4\n", "0x1000\n", "0x010000\n", NULL);
	sysfs_device("0000:01:00.0.old", "0x1af4\n", "0x1000\n", "0x020000\n", NULL);
	sysfs_device("01:00.0", "0x1af4\n", "0x1000\n", "0x020000\n", NULL);
	assert_int_equal(plx_pci_card_list("", &cards), 3);
	assert_string_equal(cards[0].address, "0000:01:00.0");
	assert_string_equal(cards[1].address, "0000:0a:00.0");
	assert_string_equal(cards[2].address, "10000:e1:00.7");
	free(cards);
}

static void
an_address_has_one_spelling(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{"00:08.0", NIC},
		{"0:8.0", NIC},
		{NIC, NIC},
		{"00000000:00:08.0", NIC},
		{"0000:AB:1F.7,key=v", "0000:ab:1f.7"},
		{"10000:e1:00.0", "10000:e1:00.0"},
		{"net_null0", NULL},
		{"vfio-pci:0000:00:08.0", NULL},
		{"0000:00:08.8", NULL},
		{"", NULL},
	};
	char address[PLX_PCI_ADDRESS_MAX];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		bool is = plx_pci_address_canonical(cases[i].text, address);

		assert_int_equal(is, cases[i].canonical != NULL);
		if (is)
			assert_string_equal(address, cases[i].canonical);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, sysfs_setup, sysfs_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_that_there_is_is_read),
		CASE(what_is_missing_is_unknown),
		CASE(ids_that_are_nonsense_are_unknown),
		CASE(other_nonsense_is_as_if_not_there),
		CASE(a_driver_link_counts_though_it_leads_nowhere),
		CASE(interfaces_that_are_many_are_cut_at_a_name),
		CASE(holders_that_hand_devices_to_programs_are_known),
		CASE(the_driver_to_bind_to_is_what_this_machine_can_do),
		CASE(another_machine_is_below_its_root),
		CASE(the_list_is_sorted_and_has_addresses_only),
		CASE(an_address_has_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
