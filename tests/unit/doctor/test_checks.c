/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_machine.h"

#include <pollux/plx_driver.h>

#include "privilege.h"

#define FOUND(level_, text) assert_int_equal(fake_found(&report, text)->level, level_)

/* -- huge pages --------------------------------------------------------------------------------------- */

static void
two_sizes(const char *small, const char *small_free)
{
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", small);
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", small_free);
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "0\n");
	fake_file("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
	fake_file("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "0\n");
	fake_file("/proc/meminfo", "MemAvailable:   8000000 kB\nHugepagesize:       2048 kB\n");
}

static void
no_huge_page_is_a_note_with_the_command_and_1g_is_not_mentioned(void **state)
{
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	report_init(&report);
	two_sizes("0\n", "0\n");
	check_hugepages(&exam, &report);
	FOUND(LEVEL_NOTE, "hugeadm --pool-pages-min 2048KB:+256");
	FOUND(LEVEL_NOTE, "sysctl vm.nr_hugepages=256");
	assert_false(fake_tells(&report, "GiB"));
	assert_int_equal(report_count(&report, LEVEL_PROBLEM), 0);
	report_fini(&report);
}

static void
free_huge_pages_are_fine_and_told_by_node_where_there_are_two(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);
	struct report report;

	report_init(&report);
	two_sizes("512\n", "300\n");
	fake_file("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "256");
	fake_file("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "44");
	fake_file("/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "256");
	fake_file("/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages",
		  "256");
	check_hugepages(&exam, &report);
	FOUND(LEVEL_OK, "2 MiB: 300 of 512 free, node0: 44 of 256 free, node1: 256 of 256 free");
	assert_int_equal(report_count(&report, LEVEL_NOTE), 0);
	report_fini(&report);
}

static void
huge_pages_that_are_all_taken_and_the_files_that_hold_them_are_told(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);
	struct report report;

	report_init(&report);
	two_sizes("512\n", "0\n");
	fake_file("/proc/self/mounts",
		  "proc /proc proc rw 0 0\nnone /dev/hugepages hugetlbfs rw 0 0\n");
	fake_file("/dev/hugepages/rtemap_0", "");
	check_hugepages(&exam, &report);
	FOUND(LEVEL_NOTE, "2 MiB: 0 of 512 free");
	FOUND(LEVEL_NOTE, "rtemap_0");
	report_fini(&report);
}

/* -- rights ------------------------------------------------------------------------------------------- */

static void
status_with(uint64_t caps)
{
	char text[256];

	snprintf(
		text, sizeof(text),
		"Name:\tx\nCapEff:\t%016llx\nNoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed_list:\t0-1\n",
		(unsigned long long)caps);
	fake_file("/proc/self/status", text);
}

static void
a_capability_that_is_missing_is_named_and_a_problem_only_for_who_asks(void **state)
{
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	status_with(PRIVILEGE_BIT(CAP_NET_RAW) | PRIVILEGE_BIT(CAP_NET_ADMIN));
	report_init(&report);
	check_capabilities(&exam, &report);
	FOUND(LEVEL_PROBLEM, "net_af_xdp lacks CAP_BPF");
	FOUND(LEVEL_PROBLEM, "setcap cap_net_admin,cap_net_raw,cap_ipc_lock,cap_bpf+ep");
	report_fini(&report);
	exam.purposes = FOR_ALL;
	report_init(&report);
	check_capabilities(&exam, &report);
	FOUND(LEVEL_NOTE, "net_af_xdp lacks CAP_BPF");
	FOUND(LEVEL_OK, "net_af_packet has what it needs");
	assert_int_equal(report_count(&report, LEVEL_PROBLEM), 0);
	report_fini(&report);
}

static void
cap_sys_admin_includes_cap_bpf(void **state)
{
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	status_with(PRIVILEGE_BIT(CAP_NET_RAW) | PRIVILEGE_BIT(CAP_NET_ADMIN) |
		    PRIVILEGE_BIT(CAP_SYS_ADMIN) | PRIVILEGE_BIT(CAP_IPC_LOCK));
	report_init(&report);
	check_capabilities(&exam, &report);
	FOUND(LEVEL_OK, "net_af_xdp has what it needs");
	report_fini(&report);
}

static void
a_user_namespace_is_told(void **state)
{
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	status_with(~UINT64_C(0));
	fake_file("/proc/self/uid_map", "         0       1000          1\n");
	report_init(&report);
	check_capabilities(&exam, &report);
	FOUND(LEVEL_PROBLEM, "user namespace");
	report_fini(&report);
	fake_file("/proc/self/uid_map", "         0          0 4294967295\n");
	report_init(&report);
	check_capabilities(&exam, &report);
	assert_false(fake_tells(&report, "user namespace"));
	report_fini(&report);
}

static void
locked_memory_is_judged_by_the_limit_unless_cap_ipc_lock_lifts_it(void **state)
{
	const char *limits =
		"Limit                     Soft Limit           Hard Limit           Units\n"
		"Max locked memory         65536                65536                bytes\n";
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	fake_file("/proc/self/limits", limits);
	status_with(0);
	report_init(&report);
	check_memlock(&exam, &report);
	FOUND(LEVEL_PROBLEM, "LimitMEMLOCK=infinity");
	report_fini(&report);
	status_with(PRIVILEGE_BIT(CAP_IPC_LOCK));
	report_init(&report);
	check_memlock(&exam, &report);
	FOUND(LEVEL_OK, "CAP_IPC_LOCK");
	report_fini(&report);
}

/* -- CPUs --------------------------------------------------------------------------------------------- */

static void
fewer_cpus_than_online_a_quota_and_isolated_ones_are_told(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);
	struct report report;

	status_with(0);
	fake_file("/sys/devices/system/cpu/online", "0-7\n");
	fake_file("/sys/devices/system/cpu/isolated", "4-7\n");
	fake_file("/proc/self/cgroup", "0::/a/b\n");
	fake_file("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
	fake_file("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
	report_init(&report);
	check_cpus(&exam, &report);
	FOUND(LEVEL_NOTE, "may run on CPU 0-1, of 0-7");
	FOUND(LEVEL_OK, "isolated from the scheduler: 4-7");
	FOUND(LEVEL_NOTE, "1.50 CPUs");
	report_fini(&report);
}

static void
nodes_are_told_with_their_cpus_and_memory(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);
	struct report report;

	fake_file("/sys/devices/system/node/node0/cpulist", "0-3\n");
	fake_file("/sys/devices/system/node/node0/meminfo",
		  "Node 0 MemTotal:       1000000 kB\nNode 0 MemFree:        500000 kB\n");
	fake_file("/sys/devices/system/node/node1/cpulist", "\n");
	fake_file("/sys/devices/system/node/node1/meminfo", "Node 1 MemTotal: 0 kB\n");
	report_init(&report);
	check_numa(&exam, &report);
	FOUND(LEVEL_OK, "node0: CPUs 0-3, 1.024 GB of memory");
	FOUND(LEVEL_NOTE, "node1: CPUs none");
	report_fini(&report);
}

/* -- clock, kernel -------------------------------------------------------------------------------------- */

static void
a_counter_that_is_not_invariant_and_a_slow_clock_are_notes(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);
	struct report report;

	fake_file("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc constant_tsc_not sse\n");
	fake_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
	report_init(&report);
	check_clock(&exam, &report);
	FOUND(LEVEL_NOTE, "invtsc");
	FOUND(LEVEL_NOTE, "hpet");
	report_fini(&report);
	fake_file("/proc/cpuinfo", "flags\t\t: fpu constant_tsc nonstop_tsc sse\n");
	fake_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	report_init(&report);
	check_clock(&exam, &report);
	assert_int_equal(report_count(&report, LEVEL_OK), 2);
	report_fini(&report);
}

static void
a_governor_that_is_not_performance_is_a_note(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);
	struct report report;

	fake_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	fake_file("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
	report_init(&report);
	check_governor(&exam, &report);
	FOUND(LEVEL_NOTE, "'powersave' on 1 of 2 CPUs");
	report_fini(&report);
}

static void
a_kernel_without_af_xdp_is_a_problem_for_af_xdp_alone(void **state)
{
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	fake_file("/proc/sys/kernel/osrelease", "5.4.0-generic\n");
	fake_file("/proc/net/protocols", "protocol  size\nPACKET    1472\n");
	fake_file("/proc/sys/net/core/bpf_jit_enable", "0\n");
	report_init(&report);
	check_kernel(&exam, &report);
	FOUND(LEVEL_PROBLEM, "net_af_xdp needs 5.9");
	FOUND(LEVEL_PROBLEM, "no AF_XDP sockets");
	FOUND(LEVEL_NOTE, "bpf_jit_enable=1");
	report_fini(&report);
	exam.purposes = FOR_AF_PACKET;
	report_init(&report);
	check_kernel(&exam, &report);
	FOUND(LEVEL_OK, "AF_PACKET sockets");
	assert_int_equal(report_count(&report, LEVEL_PROBLEM), 0);
	report_fini(&report);
}

static void
a_missing_tun_device_is_told_with_its_cure(void **state)
{
	struct exam exam = fake_exam(FOR_TAP);
	struct report report;

	report_init(&report);
	check_tun(&exam, &report);
	FOUND(LEVEL_PROBLEM, "modprobe tun");
	report_fini(&report);
	fake_file("/dev/net/tun", "");
	report_init(&report);
	check_tun(&exam, &report);
	FOUND(LEVEL_OK, "/dev/net/tun");
	report_fini(&report);
}

/* -- interfaces and devices ------------------------------------------------------------------------------ */

static void
interfaces_listed(void)
{
	fake_file(
		"/proc/net/dev",
		"Inter-|   Receive\n face |bytes\n    lo: 0 0\n  eth1: 5 6\n  eth2: 5 6\n gone0: 0\n");
	fake_file("/proc/net/route", "Iface\tDestination\neth1\t00000000\n");
}

static void
an_interface_is_told_in_a_line_and_its_route_warned_of(void **state)
{
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	interfaces_listed();
	report_init(&report);
	check_interfaces(&exam, &report);
	FOUND(LEVEL_OK, "eth1: fake, up, MTU 1500, 2 rx queues of 4, native XDP, copy mode");
	FOUND(LEVEL_NOTE, "eth1 carries a route");
	assert_false(fake_tells(&report, "lo:"));
	report_fini(&report);
}

static void
an_interface_that_is_down_or_taken_or_has_large_frames_is_told(void **state)
{
	struct exam exam = fake_exam(FOR_AF_XDP);
	struct report report;

	interfaces_listed();
	exam.interface = "eth1";
	fake_link.flags = 0;
	fake_link.mtu = 9000;
	fake_link.prog_id = 7;
	fake_link.bpf_link = 5;
	fake_link.holder_pid = 1234;
	fake_link.holder_visible = true;
	snprintf(fake_link.prog_name, sizeof(fake_link.prog_name), "other");
	report_init(&report);
	check_interfaces(&exam, &report);
	FOUND(LEVEL_PROBLEM, "ip link set dev eth1 up");
	FOUND(LEVEL_NOTE, "MTU of 9000");
	FOUND(LEVEL_PROBLEM, "program 7 'other' of process 1234");
	report_fini(&report);
}

static void
an_interface_that_is_not_there_is_a_problem_that_lists_those_that_are(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);
	struct report report;

	interfaces_listed();
	exam.interface = "eth77";
	report_init(&report);
	check_interfaces(&exam, &report);
	FOUND(LEVEL_PROBLEM,
	      "no interface \"eth77\" in this network namespace; there are: lo, eth1, eth2, gone0");
	report_fini(&report);
}

static void
a_card(const char *address, const char *device, const char *driver)
{
	char name[128], target[64];

	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s/class", address);
	fake_file(name, "0x020000\n");
	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s/vendor", address);
	fake_file(name, "0x1af4\n");
	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s/device", address);
	fake_file(name, device);
	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s/driver", address);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	if (driver[0] != '\0')
		fake_symlink(name, target);
}

/* A driver of ours that knows 1af4:7777. */
static int
never_probed(struct plx_device *dev, struct plx_why *why)
{
	return -ENODEV;
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
cards_on_pci_are_told_with_who_has_them_and_what_mends_that(void **state)
{
	struct exam exam = fake_exam(FOR_PCI);
	struct report report;

	interfaces_listed();
	plx_driver_add(&our_driver, NULL);
	a_card("0000:00:03.0", "0x7777\n", "virtio-pci");
	fake_file("/sys/bus/pci/devices/0000:00:03.0/virtio1/net/eth1/mtu", "1500\n");
	a_card("0000:00:05.0", "0x9999\n", "vfio-pci");
	a_card("0000:00:06.0", "0x7777\n", "virtio-pci");
	fake_file("/sys/bus/pci/devices/0000:00:06.0/virtio2/net/eth2/mtu", "1500\n");
	a_card("0000:00:07.0", "0x7777\n", "");
	fake_symlink("/sys/bus/pci/devices/0000:00:07.0/iommu_group",
		     "../../../kernel/iommu_groups/7");
	a_card("0000:00:08.0", "0x9999\n", "");
	fake_file("/sys/bus/pci/devices/0000:00:04.0/class", "0x010000\n");
	report_init(&report);
	check_pci(&exam, &report);
	FOUND(LEVEL_NOTE,
	      "0000:00:03.0 (1af4:7777) is eth1, by the kernel's virtio-pci, and carries a route");
	FOUND(LEVEL_NOTE, "--vdev net_af_packet0,iface=eth1 (copies)");
	FOUND(LEVEL_NOTE,
	      "0000:00:05.0 (1af4:9999) is handed to programs by vfio-pci, but no driver");
	FOUND(LEVEL_NOTE, "sudo plx-devbind restore 0000:00:05.0");
	FOUND(LEVEL_NOTE, "sudo plx-devbind bind --driver uio_pci_generic 0000:00:06.0");
	FOUND(LEVEL_NOTE, "sudo plx-devbind bind --driver vfio-pci 0000:00:07.0");
	FOUND(LEVEL_NOTE, "0000:00:08.0 (1af4:9999) has no driver, and none of ours knows it");
	FOUND(LEVEL_PROBLEM, "none of them is handed to programs");
	assert_false(fake_tells(&report, "0000:00:04.0"));
	report_fini(&report);
	a_card("0000:00:09.0", "0x7777\n", "uio_pci_generic");
	report_init(&report);
	check_pci(&exam, &report);
	FOUND(LEVEL_OK,
	      "0000:00:09.0 (1af4:7777) is handed to programs by uio_pci_generic, for net_ours");
	assert_int_equal(report_count(&report, LEVEL_PROBLEM), 0);
	report_fini(&report);
}

static void
no_card_is_a_problem_for_who_wants_one(void **state)
{
	struct exam exam = fake_exam(FOR_PCI);
	struct report report;

	report_init(&report);
	check_pci(&exam, &report);
	FOUND(LEVEL_PROBLEM, "no network card on PCI");
	report_fini(&report);
	exam.purposes = FOR_ALL;
	report_init(&report);
	check_pci(&exam, &report);
	FOUND(LEVEL_OK, "no network card on PCI");
	report_fini(&report);
}

static void
iommu_groups_and_vfio_are_told(void **state)
{
	struct exam exam = fake_exam(FOR_PCI);
	struct report report;

	report_init(&report);
	check_iommu(&exam, &report);
	check_vfio(&exam, &report);
	FOUND(LEVEL_PROBLEM, "intel_iommu=on");
	FOUND(LEVEL_PROBLEM, "or, unsafe: sudo modprobe uio_pci_generic");
	FOUND(LEVEL_PROBLEM, "of no use without an IOMMU: uio_pci_generic is, and is not loaded");
	assert_false(fake_tells(&report, "modprobe vfio-pci"));
	report_fini(&report);
	fake_file("/sys/kernel/iommu_groups/0/type", "DMA");
	fake_file("/sys/kernel/iommu_groups/1/type", "DMA");
	report_init(&report);
	check_vfio(&exam, &report);
	FOUND(LEVEL_PROBLEM, "sudo modprobe vfio-pci");
	report_fini(&report);
	fake_file("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535\n");
	fake_file("/sys/bus/pci/drivers/vfio-pci/bind", "");
	fake_file("/dev/vfio/vfio", "");
	report_init(&report);
	check_iommu(&exam, &report);
	check_vfio(&exam, &report);
	FOUND(LEVEL_OK, "2 groups");
	FOUND(LEVEL_OK, "/dev/vfio/vfio may be opened");
	FOUND(LEVEL_OK, "65535 DMA maps for a program");
	assert_false(fake_tells(&report, "is not loaded"));
	report_fini(&report);
	fake_file("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "100\n");
	report_init(&report);
	check_vfio(&exam, &report);
	FOUND(LEVEL_NOTE,
	      "100 DMA maps for a program: with --iova-mode pa each run of pages takes one");
	FOUND(LEVEL_NOTE,
	      "echo 65535 | sudo tee /sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	report_fini(&report);
}

static void
vfio_without_iommu_or_without_its_files_is_told(void **state)
{
	struct exam exam = fake_exam(FOR_PCI);
	struct report report;

	fake_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	fake_file("/sys/bus/pci/drivers/vfio-pci/bind", "");
	/* Of a card that was handed over so. */
	fake_file("/sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
	report_init(&report);
	check_iommu(&exam, &report);
	check_vfio(&exam, &report);
	FOUND(LEVEL_NOTE, "VFIO runs without (a device may write anywhere");
	FOUND(LEVEL_PROBLEM, "/dev/vfio/vfio is not here, as in a container");
	FOUND(LEVEL_PROBLEM, "--device /dev/vfio/vfio");
	report_fini(&report);
	/* Links that lead nowhere stand for files that may not be opened. */
	fake_file("/dev/vfio/vfio", "");
	fake_symlink("/dev/vfio/17", "none");
	fake_symlink("/dev/vfio/noiommu-0", "none");
	report_init(&report);
	check_vfio(&exam, &report);
	FOUND(LEVEL_PROBLEM, "sudo chown $USER /dev/vfio/17");
	FOUND(LEVEL_PROBLEM, "/dev/vfio/noiommu-0 may not be opened by you");
	FOUND(LEVEL_PROBLEM, "it takes CAP_SYS_RAWIO");
	report_fini(&report);
	/* With another way there is no need. */
	fake_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
	fake_file("/sys/bus/pci/drivers/uio_pci_generic/bind", "");
	report_init(&report);
	check_iommu(&exam, &report);
	FOUND(LEVEL_NOTE, "intel_iommu=on");
	FOUND(LEVEL_NOTE, "or for VFIO: echo 1 | sudo tee /sys/module/vfio");
	report_fini(&report);
}

static void
an_empty_machine_is_survived_by_every_check(void **state)
{
	struct exam exam = fake_exam(FOR_ALL);

	exam.machine.link = NULL;
	for (const struct check *check = checks; check->id != NULL; check++) {
		struct report report;

		report_init(&report);
		check->run(&exam, &report);
		assert_true(report.n > 0);
		report_fini(&report);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_huge_page_is_a_note_with_the_command_and_1g_is_not_mentioned),
		CASE(free_huge_pages_are_fine_and_told_by_node_where_there_are_two),
		CASE(huge_pages_that_are_all_taken_and_the_files_that_hold_them_are_told),
		CASE(a_capability_that_is_missing_is_named_and_a_problem_only_for_who_asks),
		CASE(cap_sys_admin_includes_cap_bpf),
		CASE(a_user_namespace_is_told),
		CASE(locked_memory_is_judged_by_the_limit_unless_cap_ipc_lock_lifts_it),
		CASE(fewer_cpus_than_online_a_quota_and_isolated_ones_are_told),
		CASE(nodes_are_told_with_their_cpus_and_memory),
		CASE(a_counter_that_is_not_invariant_and_a_slow_clock_are_notes),
		CASE(a_governor_that_is_not_performance_is_a_note),
		CASE(a_kernel_without_af_xdp_is_a_problem_for_af_xdp_alone),
		CASE(a_missing_tun_device_is_told_with_its_cure),
		CASE(an_interface_is_told_in_a_line_and_its_route_warned_of),
		CASE(an_interface_that_is_down_or_taken_or_has_large_frames_is_told),
		CASE(an_interface_that_is_not_there_is_a_problem_that_lists_those_that_are),
		CASE(cards_on_pci_are_told_with_who_has_them_and_what_mends_that),
		CASE(no_card_is_a_problem_for_who_wants_one),
		CASE(iommu_groups_and_vfio_are_told),
		CASE(vfio_without_iommu_or_without_its_files_is_told),
		CASE(an_empty_machine_is_survived_by_every_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
