/* SPDX-License-Identifier: BSD-3-Clause */
#include "patience.h"
#include "vfio_kernel.h"

#include "event_marks.h"
#include "hugepages.h"
#include "iova_priv.h"
#include "pci/pci_priv.h"
#include "plx_byteorder.h"
#include "plx_eal.h"
#include "plx_pci_card.h"
#include "zone_priv.h"

#include "event_priv.h"

#include <sys/eventfd.h>
#include <sys/resource.h>

#define COMMAND 0x04

static struct plx_why why;
static unsigned fds_before;

static int
setup(void **state)
{
	const struct plx_zone_limits plain = {.no_huge = true};

	plx_zone_set_limits(&plain);
	if (vfio_setup(state) != 0)
		return -1;
	fds_before = open_fds();
	return 0;
}

/* Nothing stays open or mapped, whatever happened. */
static int
teardown(void **state)
{
	plx_zone_free_all();
	plx_zone_set_limits(NULL);
	hugepages_give_back();
	if (plx_iova_set_mode(PLX_IOVA_VA, NULL) != 0)
		return -1;
	if (open_fds() != fds_before || vfio.nb_maps != 0 || mappings_of("memfd:device") != 0) {
		print_error("%u fds before, %u now, %u maps, %u BARs\n", fds_before, open_fds(),
			    vfio.nb_maps, mappings_of("memfd:device"));
		return -1;
	}
	return vfio_teardown(state);
}

static struct plx_pci
opened(const char *address)
{
	struct plx_pci pci = {.transport = &plx_pci_vfio};

	if (plx_pci_vfio.open(&pci, address, &why) != 0)
		fail_msg("%s: %s", address, why.text);
	return pci;
}

static void
refused(const char *address, int err, const char *words)
{
	struct plx_pci pci = {.transport = &plx_pci_vfio};
	unsigned fds = open_fds();
	int ret = plx_pci_vfio.open(&pci, address, &why);

	if (ret != err)
		fail_msg("%d instead of %d: %s", ret, err, why.text);
	if (strstr(why.text, words) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, words);
	assert_null(pci.handle);
	assert_int_equal(open_fds(), fds);
}

static const struct plx_zone *
reserve(const char *name, size_t len)
{
	const struct plx_zone *zone = NULL;

	if (plx_zone_reserve_dma(name, len, PLX_NODE_ANY, PLX_ZONE_BUFFERS, &zone, &why) != 0)
		fail_msg("%s", why.text);
	return zone;
}

static uint16_t
command(void)
{
	uint8_t bytes[2] = {0};

	assert_int_equal(pread(vfio.device, bytes, 2, REGION(7) + COMMAND), 2);
	return plx_load_le16(bytes);
}

static void
an_open_device_has_its_regions_and_interrupts_and_answers(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);

	assert_int_equal(pci.bar[0].size, 32);
	assert_true(pci.bar[0].io);
	assert_int_equal(pci.bar[1].size, 4096);
	assert_false(pci.bar[1].io);
	assert_int_equal(pci.bar[2].size, 0);
	assert_int_equal(pci.bar[4].size, 16384);
	assert_false(pci.bar[4].io);
	assert_int_equal(pci.msix_vectors, 4);
	assert_true(pci.intx);
	assert_int_equal(command(), 0x0003); /* ports and memory, no DMA */
	assert_int_equal(plx_pci_bus_master(&pci, true), 0);
	assert_int_equal(command(), 0x0007);
	plx_pci_vfio.close(&pci);
	assert_int_equal(command(), 0x0003);
	assert_null(pci.handle);
}

static void
the_configuration_space_ends_where_it_ends(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);
	uint32_t value = 0x12345678, again = 0;

	assert_int_equal(plx_pci_config_write(&pci, 0x40, &value, 4), 0);
	assert_int_equal(plx_pci_config_read(&pci, 0x40, &again, 4), 0);
	assert_int_equal(again, value);
	assert_int_equal(pread(vfio.device, &again, 4, REGION(7) + 0x40), 4);
	assert_int_equal(again, value);
	assert_int_equal(plx_pci_vfio.config_read(&pci, 254, &again, 4), -EINVAL);
	assert_int_equal(plx_pci_vfio.config_write(&pci, UINT32_MAX, &again, 4), -EINVAL);
	plx_pci_vfio.close(&pci);
}

static void
memory_is_mapped_and_ports_are_called(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);
	struct plx_pci_window w;
	uint32_t there = 0;

	assert_int_equal(plx_pci_window(&pci, 4, 0x1000, 0x100, &w, &why), 0);
	assert_non_null(w.map);
	plx_pci_write32(&w, 4, 0xabad1dea);
	assert_int_equal(pread(vfio.device, &there, 4, REGION(4) + 0x1004), 4);
	assert_int_equal(there, 0xabad1dea);

	assert_int_equal(plx_pci_window(&pci, 0, 8, 16, &w, &why), 0);
	assert_null(w.map);
	plx_pci_write16(&w, 2, 0xbeef);
	assert_int_equal(plx_pci_read16(&w, 2), 0xbeef);
	assert_int_equal(pread(vfio.device, &there, 2, REGION(0) + 10), 2);
	assert_int_equal(there & 0xffff, 0xbeef);

	assert_int_equal(plx_pci_window(&pci, 2, 0, 4, &w, &why), -ERANGE);
	assert_non_null(strstr(why.text, "no BAR 2"));
	assert_int_equal(plx_pci_window(&pci, 6, 0, 4, &w, &why), -ERANGE);
	assert_int_equal(plx_pci_window(&pci, 0, 30, 4, &w, &why), -ERANGE);
	assert_int_equal(plx_pci_window(&pci, 0, UINT64_MAX - 3, 8, &w, &why), -ERANGE);
	assert_int_equal(plx_pci_vfio.bar_read(&pci, 0, 30, &there, 4), -EINVAL);
	assert_int_equal(plx_pci_vfio.bar_read(&pci, 0, 33, &there, 1), -EINVAL);
	assert_int_equal(plx_pci_vfio.bar_write(&pci, 0, UINT64_MAX, &there, 4), -EINVAL);
	assert_int_equal(plx_pci_vfio.bar_write(&pci, 9, 0, &there, 4), -EINVAL);
	plx_pci_vfio.close(&pci);
}

/* Kernels before 4.16 do not let the MSI-X table be mapped: here it is the second of four pages. */
static void
what_the_kernel_does_not_map_is_reached_by_calls(void **state)
{
	struct plx_pci_window before, at, over, after;
	uint32_t there = 0;
	struct plx_pci pci;

	vfio.sparse_bar = 4;
	vfio.nb_areas = 2;
	vfio.area[0] = (struct vfio_region_sparse_mmap_area){0, 4096};
	vfio.area[1] = (struct vfio_region_sparse_mmap_area){8192, 8192};
	pci = opened(VFIO_CARD);
	assert_int_equal(plx_pci_window(&pci, 4, 0, 4096, &before, &why), 0);
	assert_int_equal(plx_pci_window(&pci, 4, 4096, 16, &at, &why), 0);
	assert_int_equal(plx_pci_window(&pci, 4, 4092, 8, &over, &why), 0);
	assert_int_equal(plx_pci_window(&pci, 4, 8192, 8192, &after, &why), 0);
	assert_non_null(before.map);
	assert_null(at.map);
	assert_null(over.map);
	assert_non_null(after.map);
	plx_pci_write32(&after, 8188, 77);
	plx_pci_write32(&at, 4, 78);
	assert_int_equal(pread(vfio.device, &there, 4, REGION(4) + 16380), 4);
	assert_int_equal(there, 77);
	assert_int_equal(pread(vfio.device, &there, 4, REGION(4) + 4100), 4);
	assert_int_equal(there, 78);
	plx_pci_vfio.close(&pci);
}

struct msix {
	unsigned bar, off, entries;
	bool mappable;
	unsigned pieces;  /* of memory that BAR 4, of four pages, is mapped in */
	unsigned by_call; /* bit p: page p of it is not among them */
};

/* Kernels before 4.6 say nothing of the MSI-X table and refuse maps that meet it. */
static void
the_msix_table_is_left_out_where_the_kernel_does_not_say_that_it_can_be_mapped(void **state)
{
	static const struct msix cases[] = {
		{4, 0x1800, 4, false, 2, 1 << 1}, /* registers share its page */
		{4, 0, 4, false, 1, 1 << 0},
		{4, 0x3fc0, 4, false, 1, 1 << 3},
		{4, 0x1ff0, 2, false, 2, 1 << 1 | 1 << 2},
		{4, 0x2ff0, 1, false, 2, 1 << 2},
		{4, 0, 1024, false, 0, 0xf},
		{4, 0x3ff0, 2048, false, 1, 1 << 3}, /* it would go on behind the end */
		{4, 0x1800, 4, true, 1, 0},
		{1, 0, 4, false, 1, 0},	     /* in another BAR */
		{7, 0, 4, false, 1, 0},	     /* in none */
		{4, 0x4000, 4, false, 1, 0}, /* behind the end */
	};

	for (size_t i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		const struct msix *c = &cases[i];
		struct plx_pci_window w;
		unsigned by_call = 0;
		struct plx_pci pci;

		vfio.msix_mappable = c->mappable;
		assert_true(vfio_put_msix(c->bar, c->off, c->entries));
		pci = opened(VFIO_CARD);
		for (unsigned page = 0; page < 4; page++) {
			uint32_t there = 0;

			assert_int_equal(plx_pci_window(&pci, 4, page * 4096, 4096, &w, &why), 0);
			by_call |= (w.map == NULL ? 1u : 0u) << page;
			plx_pci_write32(&w, 8, (uint32_t)i * 16 + page + 1);
			assert_int_equal(plx_pci_read32(&w, 8), i * 16 + page + 1);
			assert_int_equal(pread(vfio.device, &there, 4, REGION(4) + page * 4096 + 8),
					 4);
			assert_int_equal(there, i * 16 + page + 1);
		}
		if (by_call != c->by_call || mappings_of("memfd:device") != c->pieces)
			fail_msg("case %zu: pages 0x%x by calls, %u pieces mapped", i, by_call,
				 mappings_of("memfd:device"));
		plx_pci_vfio.close(&pci);
	}
}

static void
zones_are_mapped_when_a_device_is_there_and_until_it_goes(void **state)
{
	const struct plx_zone *early = reserve("early", 8192), *late, *private_zone;
	struct plx_pci pci = opened(VFIO_CARD);

	assert_int_equal(vfio.nb_maps, 1);
	assert_int_equal(vfio.map[0].iova, (uintptr_t)early->addr);
	assert_int_equal(vfio.map[0].vaddr, (uintptr_t)early->addr);
	assert_int_equal(vfio.map[0].size, 8192);
	assert_int_equal(vfio.map[0].flags, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	late = reserve("late", 4096);
	assert_int_equal(vfio.nb_maps, 2);
	assert_int_equal(plx_zone_reserve("private", 4096, PLX_NODE_ANY, &private_zone, &why), 0);
	assert_int_equal(vfio.nb_maps, 2);
	plx_zone_free(early);
	assert_int_equal(vfio.nb_maps, 1);
	assert_int_equal(vfio.map[0].iova, late->iova);
	plx_pci_vfio.close(&pci);
	assert_string_equal(vfio.trace, "join map map unmap unmap leave ");
	plx_zone_free(late);
	assert_string_equal(vfio.trace, "join map map unmap unmap leave ");
}

static void
memory_that_the_iommu_does_not_reach_is_refused_with_its_ranges(void **state)
{
	const struct plx_zone *zone;
	struct plx_pci pci;

	vfio.nb_ranges = 1;
	vfio.range[0].end = 0xfffffff;
	pci = opened(VFIO_CARD);
	assert_int_equal(
		plx_zone_reserve_dma("far", 4096, PLX_NODE_ANY, PLX_ZONE_RINGS, &zone, &why),
		-ERANGE);
	assert_non_null(strstr(why.text, "zone far"));
	assert_non_null(strstr(why.text, "0x0-0xfffffff"));
	assert_non_null(strstr(why.text, "(28 bits)"));
	assert_null(plx_zone_lookup("far"));
	assert_int_equal(vfio.maps_ever, 0);
	plx_pci_vfio.close(&pci);
}

static void
what_is_there_already_must_be_in_reach_too(void **state)
{
	reserve("early", 4096);
	vfio.nb_ranges = 1;
	vfio.range[0].end = 0xfffffff;
	refused(VFIO_CARD, -ERANGE, "memory there is already: ");
	assert_string_equal(vfio.trace, "join leave ");
}

static void
map_fails(int err, const char *words)
{
	const struct plx_zone *zone;

	vfio.fail_request = VFIO_IOMMU_MAP_DMA;
	vfio.fail_errno = err;
	assert_int_equal(plx_zone_reserve_dma("zone", (2 << 20) + 4096, PLX_NODE_ANY,
					      PLX_ZONE_RINGS, &zone, &why),
			 -err);
	if (strstr(why.text, words) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, words);
	assert_null(plx_zone_lookup("zone"));
}

static void
limits_of_the_kernel_are_named(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);
	struct rlimit old, limit;
	char bits[16];

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &old), 0);
	limit = (struct rlimit){64 << 10, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	map_fails(ENOMEM, "limit of 64 KiB: ulimit -l");
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &old), 0);
	map_fails(ENOSPC, "all of the DMA maps that the kernel allows a program are taken: raise "
			  "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	sysfs_file("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535\n");
	map_fails(ENOSPC, "all of 65535 DMA maps that");
	snprintf(bits, sizeof(bits), "%u bits", ZONE_BITS);
	map_fails(EINVAL, bits);
	plx_pci_vfio.close(&pci);
}

static void
pages_smaller_than_the_iommus_are_refused(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);
	const struct plx_zone *zone = NULL;

	vfio.page_sizes = 64 << 10 | 2UL << 20;
	assert_int_equal(plx_zone_reserve_dma("zone", (2 << 20) + 4096, PLX_NODE_ANY,
					      PLX_ZONE_BUFFERS, &zone, &why),
			 -EINVAL);
	assert_non_null(
		strstr(why.text, "its pages of 4 KiB are smaller than the IOMMU's of 64 KiB"));
	assert_int_equal(vfio.nb_maps, 0);
	zone = reserve("zone", 2 << 20);
	assert_int_equal(vfio.nb_maps, 1);
	plx_zone_free(zone);
	plx_pci_vfio.close(&pci);
}

static void
a_device_that_is_not_there_or_has_no_group_is_told(void **state)
{
	refused("0000:00:1f.0", -ENODEV, "no such PCI device");
	assert_non_null(strstr(why.text, "plx-doctor pci"));
	sysfs_device("0000:00:1e.0", "0x8086", "0x100e", "0x020000", "vfio-pci");
	refused("0000:00:1e.0", -ENODEV, "intel_iommu=on");
	assert_non_null(strstr(why.text, "plx-doctor iommu"));
	vfio_card("0000:00:1d.0", "e1000", 12);
	refused("0000:00:1d.0", -ENOENT, "/dev/vfio/12: it is not bound to vfio-pci");
	assert_non_null(strstr(why.text, "plx-doctor vfio"));
	sysfs_symlink(SYSFS_DEVICES "/0000:00:1e.0/iommu_group", "../groups/x7");
	refused("0000:00:1e.0", -EPROTO, "'x7'");
	sysfs_symlink(SYSFS_DEVICES "/0000:00:1e.0/iommu_group", "../groups/4294967303");
	refused("0000:00:1e.0", -EPROTO, "'4294967303', which is no group");
}

static void
drivers_in_the_way_are_named(void **state)
{
	vfio_card("0000:00:0c.0", "e1000", 7);
	vfio_card("0000:00:0d.0", "nvme", 7);
	vfio_card("0000:00:0e.0", NULL, 7);
	vfio_card("0000:00:1c.0", "pcieport", 7);
	vfio_card("0000:00:1d.0", "shpchp", 7);
	sysfs_attribute("0000:00:1d.0", "class", "0x060400");
	vfio_card("0000:00:1e.0", "pci-stub", 7);
	vfio_card("0000:00:1f.0", "lpc_ich", 7);
	sysfs_attribute("0000:00:1f.0", "class", "0x060100");
	vfio.viable = false;
	refused(VFIO_CARD, -EBUSY,
		"of its group 7, which drivers of the kernel have: 0000:00:0c.0 (e1000), "
		"0000:00:0d.0 (nvme), 0000:00:1f.0 (lpc_ich). ");
}

static void
a_long_list_of_drivers_is_cut(void **state)
{
	char address[16], others[64];

	for (unsigned i = 0; i < 32; i++) {
		snprintf(address, sizeof(address), "0000:01:%02x.0", i);
		vfio_card(address, "e1000", 7);
	}
	plx_vfio_group_others(7, others, sizeof(others));
	assert_int_equal(strlen(others), sizeof(others) - 1);
	assert_string_equal(plx_vfio_group_others(99, others, sizeof(others)), "");
}

/* As nobody, for root may open anything. */
static void
files_that_may_not_be_opened_are_named_with_the_cure(void **state)
{
	char path[PATH_MAX];
	bool root = geteuid() == 0;

	assert_int_equal(chmod(sysfs_root, 0755), 0);
	sysfs_path(path, "/dev/vfio/7");
	assert_int_equal(chmod(path, 0), 0);
	sysfs_path(path, "/dev/vfio/noiommu-9");
	assert_int_equal(chmod(path, 0), 0);
	sysfs_path(path, "/dev/vfio/vfio");
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(root ? seteuid(65534) : 0, 0);
	refused(VFIO_CARD_NOIOMMU, -EACCES, "/dev/vfio/noiommu-9: without an IOMMU");
	assert_non_null(strstr(why.text, "CAP_SYS_RAWIO"));
	refused(VFIO_CARD, -EACCES, "/dev/vfio/7: run as root, chown USER");
	assert_non_null(strstr(why.text, "SUBSYSTEM==\"vfio\""));
	assert_int_equal(root ? seteuid(0) : 0, 0);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(root ? seteuid(65534) : 0, 0);
	refused(VFIO_CARD, -EACCES, "/dev/vfio/vfio");
	assert_int_equal(root ? seteuid(0) : 0, 0);
}

static void
a_kernel_without_what_is_needed_is_told(void **state)
{
	char path[PATH_MAX];

	vfio.version = 1;
	refused(VFIO_CARD, -ENOTSUP, "version 1 of vfio");
	vfio.version = VFIO_API_VERSION;
	vfio.types = 0;
	refused(VFIO_CARD, -ENOTSUP, "vfio_iommu_type1");
	refused(VFIO_CARD_NOIOMMU, -ENOTSUP, "echo 1 | sudo tee " PLX_PCI_NOIOMMU);
	vfio.types = 1u << VFIO_TYPE1v2_IOMMU;
	vfio.fail_request = VFIO_SET_IOMMU;
	vfio.fail_errno = EPERM;
	refused(VFIO_CARD, -EPERM, "allow_unsafe_interrupts");
	sysfs_path(path, "/dev/vfio/vfio");
	assert_int_equal(unlink(path), 0);
	refused(VFIO_CARD, -ENOENT, "modprobe vfio-pci");
}

static void
whatever_fails_leaves_nothing_behind(void **state)
{
	static const unsigned long requests[] = {
		VFIO_GET_API_VERSION,	  VFIO_GROUP_GET_STATUS, VFIO_GROUP_SET_CONTAINER,
		VFIO_SET_IOMMU,		  VFIO_IOMMU_GET_INFO,	 VFIO_IOMMU_MAP_DMA,
		VFIO_GROUP_GET_DEVICE_FD, VFIO_DEVICE_GET_INFO,	 VFIO_DEVICE_GET_REGION_INFO,
	};

	reserve("early", 4096);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(requests); i++) {
		struct plx_pci pci = {.transport = &plx_pci_vfio};

		vfio.fail_request = requests[i];
		vfio.fail_errno = EINVAL;
		why.text[0] = '\0';
		assert_true(plx_pci_vfio.open(&pci, VFIO_CARD, &why) < 0);
		assert_true(why.text[0] != '\0');
		assert_int_equal(open_fds(), fds_before + 1);
		assert_int_equal(vfio.nb_maps, 0);
	}
	assert_null(strstr(vfio.trace, "nothing"));
	vfio.fail_request = 0;
	{
		struct plx_pci pci = opened(VFIO_CARD);

		plx_pci_vfio.close(&pci);
	}
}

static void
devices_share_group_and_container_and_go_in_any_order(void **state)
{
	struct plx_pci first = opened(VFIO_CARD), beside = opened(VFIO_CARD_BESIDE),
		       other = opened(VFIO_CARD_ELSE);

	assert_string_equal(vfio.trace, "join join ");
	reserve("zone", 4096);
	assert_int_equal(vfio.nb_maps, 1);
	plx_pci_vfio.close(&first);
	assert_string_equal(vfio.trace, "join join map ");
	plx_pci_vfio.close(&beside);
	assert_string_equal(vfio.trace, "join join map leave ");
	assert_int_equal(vfio.nb_maps, 1);
	first = opened(VFIO_CARD);
	plx_pci_vfio.close(&other);
	assert_int_equal(vfio.nb_maps, 1);
	plx_pci_vfio.close(&first);
	assert_string_equal(vfio.trace, "join join map leave join leave unmap leave ");
}

static void
a_second_group_that_does_not_fit_leaves_the_first_alone(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD), other = {.transport = &plx_pci_vfio};

	vfio.fail_request = VFIO_GROUP_SET_CONTAINER;
	vfio.fail_errno = EINVAL;
	assert_int_equal(plx_pci_vfio.open(&other, VFIO_CARD_ELSE, &why), -EINVAL);
	assert_non_null(strstr(why.text, "group 8 cannot join"));
	vfio.fail_request = 0;
	assert_int_equal(plx_pci_vfio.open(&other, VFIO_CARD_NOIOMMU, &why), -EXDEV);
	reserve("zone", 4096);
	assert_int_equal(vfio.nb_maps, 1);
	plx_pci_vfio.close(&pci);
}

static void
without_iommu_addresses_are_physical_or_it_is_refused(void **state)
{
	struct plx_pci pci = {.transport = &plx_pci_vfio};
	int ret;

	plx_iova_keep_mode();
	refused(VFIO_CARD_NOIOMMU, -EBUSY, "--iova-mode va");
	assert_int_equal(plx_iova_set_mode(PLX_IOVA_VA, NULL), 0);
	ret = plx_pci_vfio.open(&pci, VFIO_CARD_NOIOMMU, &why);
	if (ret == -EPERM || ret == -EACCES) {
		assert_int_equal(plx_iova_mode(), PLX_IOVA_VA);
		print_message("no rights to read physical addresses: %s\n", why.text);
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(plx_iova_mode(), PLX_IOVA_PA);
	assert_int_equal(vfio.maps_ever, 0);
	plx_pci_vfio.close(&pci);
}

/* Which maps there must be of a zone: one for each run of pages. Returns how many. */
static unsigned
expect_runs(const struct plx_zone *zone)
{
	uint8_t shift;
	const uint64_t *page = plx_zone_page_iova(zone, &shift);
	unsigned runs = 0;

	assert_non_null(page);
	for (size_t i = 0; i < zone->len >> shift; i++) {
		bool starts = i == 0 || page[i] != page[i - 1] + (1UL << shift);

		runs += starts;
		assert_true(runs <= vfio.nb_maps);
		if (starts) {
			assert_int_equal(vfio.map[runs - 1].iova, page[i]);
			assert_int_equal(vfio.map[runs - 1].vaddr,
					 (uintptr_t)zone->addr + (i << shift));
		}
		assert_true(page[i] + (1UL << shift) <=
			    vfio.map[runs - 1].iova + vfio.map[runs - 1].size);
	}
	return runs;
}

static void
physical_pages_are_mapped_where_they_lie_run_by_run(void **state)
{
	const struct plx_zone *zone;
	struct plx_pci pci;
	unsigned runs;

	if (!hugepages_take(10) || plx_iova_set_mode(PLX_IOVA_PA, &why) != 0) {
		print_message("no physical addresses here\n");
		return;
	}
	plx_zone_set_limits(NULL);
	pci = opened(VFIO_CARD);
	zone = reserve("zone", 10UL << 20);
	runs = expect_runs(zone);
	print_message("5 pages in %u runs\n", runs);
	assert_int_equal(vfio.nb_maps, runs);
	plx_zone_free(zone);
	assert_int_equal(vfio.nb_maps, 0);
	/* Only one run is taken: if there are more, the first goes again. */
	vfio.maps_limited = true;
	vfio.maps_left = 1;
	if (plx_zone_reserve_dma("zone", 10UL << 20, PLX_NODE_ANY, PLX_ZONE_BUFFERS, &zone, &why) ==
	    0) {
		assert_int_not_equal(zone->iova, PLX_IOVA_BAD);
		plx_zone_free(zone);
	} else {
		assert_non_null(strstr(why.text, "dma_entry_limit"));
	}
	assert_int_equal(vfio.nb_maps, 0);
	assert_null(strstr(vfio.trace, "nothing"));
	plx_pci_vfio.close(&pci);
}

static void
a_device_that_does_not_answer_is_told(void **state)
{
	uint8_t ones[256];

	vfio.no_pci = true;
	refused(VFIO_CARD, -ENODEV, "is no PCI device");
	vfio.no_pci = false;
	vfio.few_regions = true;
	refused(VFIO_CARD, -ENODEV, "is no PCI device");
	vfio.few_regions = false;
	vfio.region_size[VFIO_PCI_CONFIG_REGION_INDEX] = 128;
	refused(VFIO_CARD, -EIO, "no configuration space");
	vfio.region_size[VFIO_PCI_CONFIG_REGION_INDEX] = 256;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(pwrite(vfio.device, ones, 256, REGION(7)), 256);
	refused(VFIO_CARD, -EIO, "unplugged");
}

/* The device is gone while it is in use: errors and all ones, and it closes as any other. */
static void
a_device_that_was_unplugged_is_an_error_and_closes(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);
	struct plx_pci_window w;
	uint8_t bytes[4];

	assert_int_equal(plx_pci_window(&pci, 0, 0, 32, &w, &why), 0);
	assert_int_equal(ftruncate(vfio.device, 0), 0);
	assert_int_equal(plx_pci_config_read(&pci, 0, bytes, 4), -EIO);
	assert_int_equal(plx_pci_bus_master(&pci, true), -EIO);
	assert_int_equal(plx_pci_read32(&w, 0), UINT32_MAX);
	assert_int_equal(ftruncate(vfio.device, REGION(9)), 0);
	assert_int_equal(pwrite(vfio.device, "\xff\xff", 2, REGION(7) + COMMAND), 2);
	assert_int_equal(plx_pci_bus_master(&pci, false), -EIO);
	plx_pci_vfio.close(&pci);
	assert_int_equal(command(), 0xffff);
}

static void
interrupts_are_taken_back_before_others_are_set(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);
	const int fds[] = {11, -1, 12, 13, 14};

	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, fds, 3, &why), 0);
	assert_int_equal(plx_pci_irq_unmask(&pci), 0);
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, fds, 4, &why), 0);
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_INTX, fds, 1, &why), 0);
	assert_int_equal(plx_pci_irq_unmask(&pci), 0);
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, fds, 5, &why), -ENOTSUP);
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_INTX, fds, 2, &why), -ENOTSUP);
	plx_pci_vfio.close(&pci);
	assert_string_equal(vfio.irq_trace,
			    "msix 3: 11 -1 12; msix 0:; msix 4: 11 -1 12 13; msix 0:; "
			    "intx 1: 11; intx unmask 1:; intx 0:; ");
}

static void
interrupts_that_signal_nobody_do_not_count(void **state)
{
	struct plx_pci pci;

	vfio.no_eventfds = true;
	pci = opened(VFIO_CARD);
	assert_false(pci.intx);
	assert_int_equal(pci.msix_vectors, 0);
	plx_pci_vfio.close(&pci);
}

static void
interrupts_that_cannot_be_enabled_are_told(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);
	const int fd = 11;

	vfio.fail_request = VFIO_DEVICE_SET_IRQS;
	vfio.fail_errno = ENOSPC;
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, &fd, 1, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "MSI-X"));
	vfio.fail_request = 0;
	plx_pci_vfio.close(&pci);
	assert_string_equal(vfio.irq_trace, "");
}

static struct {
	unsigned n;
	char device[32];
} removal;

static void
note_removal(void *arg, const char *device)
{
	snprintf(removal.device, sizeof(removal.device), "%s", device);
	__atomic_add_fetch(&removal.n, 1, __ATOMIC_RELEASE);
}

static void
wait_for_removals(unsigned n)
{
	WAIT_UNTIL(__atomic_load_n(&removal.n, __ATOMIC_ACQUIRE) >= n);
	assert_int_equal(removal.n, n);
}

/* Asked back, or out of order: whoever watches is told once of each. */
static void
a_device_that_is_asked_back_is_told(void **state)
{
	static const unsigned indexes[] = {VFIO_PCI_REQ_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX};
	struct plx_pci pci;
	plx_event_id mark;
	cpu_set_t cpus;

	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(plx_event_start(&cpus, &why), 0);
	mark = event_mark();
	removal.n = 0;
	vfio.irqs[VFIO_PCI_REQ_IRQ_INDEX] = vfio.irqs[VFIO_PCI_ERR_IRQ_INDEX] = 1;
	assert_int_equal(plx_device_watch_removals(note_removal, NULL, &why), 0);
	assert_int_equal(plx_device_watch_removals(note_removal, NULL, &why), -EBUSY);
	pci = opened(VFIO_CARD);
	for (unsigned i = 0; i < 2; i++) {
		const int fd = vfio.told_by[indexes[i]];

		assert_true(fd > 0);
		assert_int_equal(eventfd_write(fd, 1), 0);
		wait_for_removals(i + 1);
		assert_string_equal(removal.device, VFIO_CARD);
		assert_int_equal(eventfd_write(fd, 1), 0);
	}
	usleep(20000);
	wait_for_removals(2);
	plx_device_unwatch_removals();
	plx_pci_vfio.close(&pci);
	assert_int_equal(events_left(mark), 0);
	plx_event_stop();
	assert_int_equal(vfio.told_by[indexes[0]], -1);
	assert_int_equal(vfio.told_by[indexes[1]], -1);
}

static void
only_devices_that_can_are_reset(void **state)
{
	struct plx_pci pci = opened(VFIO_CARD);

	assert_int_equal(plx_pci_reset(&pci), -ENOTSUP);
	plx_pci_vfio.close(&pci);
	vfio.device_flags = VFIO_DEVICE_FLAGS_RESET;
	pci = opened(VFIO_CARD);
	assert_int_equal(plx_pci_reset(&pci), 0);
	vfio.fail_request = VFIO_DEVICE_RESET;
	vfio.fail_errno = EINVAL;
	assert_int_equal(plx_pci_reset(&pci), -EINVAL);
	plx_pci_vfio.close(&pci);
}

#define VFIO_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(an_open_device_has_its_regions_and_interrupts_and_answers),
		VFIO_TEST(the_configuration_space_ends_where_it_ends),
		VFIO_TEST(memory_is_mapped_and_ports_are_called),
		VFIO_TEST(what_the_kernel_does_not_map_is_reached_by_calls),
		VFIO_TEST(
			the_msix_table_is_left_out_where_the_kernel_does_not_say_that_it_can_be_mapped),
		VFIO_TEST(zones_are_mapped_when_a_device_is_there_and_until_it_goes),
		VFIO_TEST(memory_that_the_iommu_does_not_reach_is_refused_with_its_ranges),
		VFIO_TEST(what_is_there_already_must_be_in_reach_too),
		VFIO_TEST(limits_of_the_kernel_are_named),
		VFIO_TEST(pages_smaller_than_the_iommus_are_refused),
		VFIO_TEST(a_device_that_is_not_there_or_has_no_group_is_told),
		VFIO_TEST(drivers_in_the_way_are_named),
		VFIO_TEST(a_long_list_of_drivers_is_cut),
		VFIO_TEST(files_that_may_not_be_opened_are_named_with_the_cure),
		VFIO_TEST(a_kernel_without_what_is_needed_is_told),
		VFIO_TEST(whatever_fails_leaves_nothing_behind),
		VFIO_TEST(devices_share_group_and_container_and_go_in_any_order),
		VFIO_TEST(a_second_group_that_does_not_fit_leaves_the_first_alone),
		VFIO_TEST(without_iommu_addresses_are_physical_or_it_is_refused),
		VFIO_TEST(physical_pages_are_mapped_where_they_lie_run_by_run),
		VFIO_TEST(a_device_that_does_not_answer_is_told),
		VFIO_TEST(a_device_that_was_unplugged_is_an_error_and_closes),
		VFIO_TEST(interrupts_are_taken_back_before_others_are_set),
		VFIO_TEST(interrupts_that_signal_nobody_do_not_count),
		VFIO_TEST(interrupts_that_cannot_be_enabled_are_told),
		VFIO_TEST(a_device_that_is_asked_back_is_told),
		VFIO_TEST(only_devices_that_can_are_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
