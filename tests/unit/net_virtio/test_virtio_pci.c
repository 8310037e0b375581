/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding registers in what a device says of itself, over a PCI transport that is bytes in memory. */
#include "virtio_pci.h"

#include "plx_byteorder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAR_BYTES 8192

/* A virtio NIC of the field, as lspci -xxx printed it: transitional, no MSI-X, doorbells by 2. The rest is zeroes. */
static const char *const seen[] = {
	"f4 1a 00 10 07 00 10 00 00 00 00 02 00 40 00 00", /* 00 */
	"41 d2 00 00 00 00 00 00 00 60 80 f0 00 00 00 00", /* 10 */
	"00 00 00 00 00 00 00 00 00 00 00 00 f4 1a 01 00", /* 20 */
	"00 00 00 00 40 00 00 00 00 00 00 00 0b 01 00 00", /* 30 */
	"09 50 10 01 02 00 00 00 00 00 00 00 38 00 00 00", /* 40 */
	"09 64 14 02 02 00 00 00 38 00 00 00 32 00 00 00", /* 50 */
	"02 00 00 00 09 74 10 03 02 00 00 00 6c 00 00 00", /* 60 */
	"01 00 00 00 09 88 14 05 02 00 00 00 00 00 00 00", /* 70 */
	"04 00 00 00 01 00 00 00 09 00 10 04 02 00 00 00", /* 80 */
	"70 00 00 00 0a 00 00 00 00 00 00 00 00 00 00 00", /* 90 */
};

#define COMMON_CAP 0x40
#define NOTIFY_CAP 0x50
#define ISR_CAP	   0x64
#define DEVICE_CAP 0x88

static uint8_t space[PLX_PCI_CONFIG_SIZE];
static uint8_t bars[PLX_PCI_BARS][BAR_BYTES];
static struct plx_pci pci;
static struct virtio_pci vp;
static struct virtio_dev dev;

static int
config_read(struct plx_pci *p, uint32_t off, void *to, uint32_t len)
{
	memcpy(to, space + off, len);
	return 0;
}

static int
config_write(struct plx_pci *p, uint32_t off, const void *from, uint32_t len)
{
	memcpy(space + off, from, len);
	return 0;
}

/* Memory BARs are reached by loads and stores, I/O BARs by calls. */
static int
bar_map(struct plx_pci *p, unsigned bar, struct plx_why *why)
{
	p->bar[bar].map = p->bar[bar].io ? NULL : bars[bar];
	return 0;
}

static int
bar_read(struct plx_pci *p, unsigned bar, uint64_t off, void *value, unsigned len)
{
	assert_true(off + len <= p->bar[bar].size);
	memcpy(value, bars[bar] + off, len);
	return 0;
}

static int
bar_write(struct plx_pci *p, unsigned bar, uint64_t off, const void *value, unsigned len)
{
	assert_true(off + len <= p->bar[bar].size);
	memcpy(bars[bar] + off, value, len);
	return 0;
}

static const struct plx_pci_transport bytes = {
	.name = "bytes",
	.config_read = config_read,
	.config_write = config_write,
	.bar_map = bar_map,
	.bar_read = bar_read,
	.bar_write = bar_write,
};

static void
copy_seen(void)
{
	unsigned at = 0;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(seen); i++)
		for (const char *text = seen[i]; *text != '\0'; text += text[2] == ' ' ? 3 : 2)
			space[at++] = (uint8_t)strtoul(text, NULL, 16);
	assert_int_equal(at, 16 * PLX_ARRAY_LEN(seen));
}

/* The device that was seen: BAR 0 32 I/O ports, BAR 2 8 KiB of memory. */
static void
make_seen_device(void)
{
	memset(space, 0, sizeof(space));
	memset(bars, 0, sizeof(bars));
	copy_seen();
	pci = (struct plx_pci){.transport = &bytes,
			       .vendor = VIRTIO_PCI_VENDOR,
			       .device_id = VIRTIO_PCI_NET_LEGACY};
	pci.bar[0] = (struct plx_pci_bar){.size = 32, .io = true};
	pci.bar[2] = (struct plx_pci_bar){.size = BAR_BYTES};
	dev = (struct virtio_dev){.transport_data = &vp};
}

static int
find(bool legacy, struct plx_why *why)
{
	return virtio_pci_find(&pci, legacy, &vp, &dev.transport, why);
}

/* -- good devices ---------------------------------------------------------------------------------------------------- */

static void
the_device_that_was_seen_is_modern_with_doorbells_two_bytes_apart(void **state)
{
	make_seen_device();
	assert_int_equal(find(false, NULL), 0);
	assert_ptr_equal(dev.transport, &virtio_modern);
	assert_ptr_equal(vp.common.map, bars[2]);
	assert_int_equal(vp.common.len, 0x38);
	assert_ptr_equal(vp.notify.map, bars[2] + 0x38);
	assert_int_equal(vp.notify.len, 0x32);
	assert_int_equal(vp.notify_multiplier, 2);
	assert_ptr_equal(vp.isr.map, bars[2] + 0x6c);
	assert_ptr_equal(vp.config.map, bars[2] + 0x70);
	assert_int_equal(vp.config.len, 10);
}

static void
its_legacy_side_is_used_if_the_user_says_so(void **state)
{
	make_seen_device();
	assert_int_equal(find(true, NULL), 0);
	assert_ptr_equal(dev.transport, &virtio_legacy);
	assert_int_equal(vp.common.len, 32);
	assert_null(vp.common.map);
	assert_int_equal(vp.isr.off, VIRTIO_LEGACY_ISR);
}

static void
a_modern_device_has_no_legacy_side(void **state)
{
	struct plx_why why;

	make_seen_device();
	pci.device_id = VIRTIO_PCI_NET_MODERN;
	assert_int_equal(find(false, NULL), 0);
	assert_int_equal(find(true, &why), -ENODEV);
	assert_non_null(strstr(why.text, "1af4:1041"));
}

static void
the_first_good_capability_of_a_type_counts(void **state)
{
	make_seen_device();
	/* A second common configuration behind all others, somewhere else. */
	space[DEVICE_CAP + 1] = 0xa0;
	memcpy(space + 0xa0, space + COMMON_CAP, 16);
	space[0xa1] = 0;
	plx_store_le32(space + 0xa8, 0x1000);
	assert_int_equal(find(false, NULL), 0);
	assert_ptr_equal(vp.common.map, bars[2]);
	/* The first one is in a BAR that is none: the next is asked. */
	space[COMMON_CAP + VIRTIO_PCI_CAP_BAR] = 9;
	assert_int_equal(find(false, NULL), 0);
	assert_ptr_equal(vp.common.map, bars[2] + 0x1000);
}

/* -- lies --------------------------------------------------------------------------------------------------------------- */

/* No capability that lies is used: what is left is the legacy side, and without one an error that says what was wrong. */
static void
expect_not_modern(const char *word)
{
	struct plx_why why = {""};

	assert_int_equal(find(false, NULL), 0);
	assert_ptr_equal(dev.transport, &virtio_legacy);
	pci.device_id = VIRTIO_PCI_NET_MODERN;
	assert_int_equal(find(false, &why), -ENODEV);
	if (strstr(why.text, word) == NULL)
		fail_msg("%s is not in: %s", word, why.text);
}

static void
windows_that_leave_their_bar_are_not_used(void **state)
{
	static const struct {
		uint32_t off, len;
	} lies[] = {
		{BAR_BYTES, 0x38},  {BAR_BYTES - 4, 0x38},    {0, BAR_BYTES + 1},
		{0xfffffffc, 0x38}, {0x38, 0xffffffff},	      {0, 0x34},
		{2, 0x38},	    {0xfffffff8, 0xfffffff8},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(lies); i++) {
		make_seen_device();
		plx_store_le32(space + COMMON_CAP + VIRTIO_PCI_CAP_OFFSET, lies[i].off);
		plx_store_le32(space + COMMON_CAP + VIRTIO_PCI_CAP_LENGTH, lies[i].len);
		expect_not_modern("common configuration");
	}
}

static void
bars_that_are_not_there_are_not_used(void **state)
{
	for (unsigned bar = 1; bar < 256; bar += bar < 8 ? 1 : 50) {
		if (bar == 2)
			continue;
		make_seen_device();
		space[NOTIFY_CAP + VIRTIO_PCI_CAP_BAR] = (uint8_t)bar;
		expect_not_modern("notification");
	}
}

static void
capabilities_too_short_for_what_they_are_do_not_count(void **state)
{
	make_seen_device();
	space[COMMON_CAP + VIRTIO_PCI_CAP_LEN] = 15;
	expect_not_modern("lack the common configuration");
	make_seen_device();
	space[NOTIFY_CAP + VIRTIO_PCI_CAP_LEN] = 16; /* no multiplier */
	expect_not_modern("notification capability of 16 bytes");
	make_seen_device();
	plx_store_le32(space + NOTIFY_CAP + VIRTIO_PCI_CAP_LENGTH, 1);
	expect_not_modern("notification");
}

static void
a_capability_at_the_end_of_the_space_is_cut_and_not_read_beyond(void **state)
{
	make_seen_device();
	space[COMMON_CAP + 1] = 0xf0;
	memcpy(space + 0xf0, space + NOTIFY_CAP, 16);
	space[0xf1] = 0;
	expect_not_modern("notification capability of 20 bytes");
	make_seen_device();
	space[COMMON_CAP + 1] = 0xf8;
	memcpy(space + 0xf8, space + NOTIFY_CAP, 8);
	space[0xf9] = 0;
	expect_not_modern("lack the notification");
}

static void
a_list_without_an_end_ends(void **state)
{
	make_seen_device();
	space[COMMON_CAP + 1] = COMMON_CAP;
	expect_not_modern("the list is broken");
	make_seen_device();
	space[COMMON_CAP + 1] = 0x10;
	expect_not_modern("the list is broken");
	/* What was found before the break is as good as ever. */
	make_seen_device();
	space[DEVICE_CAP + 1] = COMMON_CAP;
	assert_int_equal(find(false, NULL), 0);
	assert_ptr_equal(dev.transport, &virtio_modern);
}

static void
what_is_not_needed_may_be_missing(void **state)
{
	make_seen_device();
	space[ISR_CAP + VIRTIO_PCI_CAP_TYPE] = 0;
	space[DEVICE_CAP + VIRTIO_PCI_CAP_TYPE] = 9;
	assert_int_equal(find(false, NULL), 0);
	assert_int_equal(vp.isr.len, 0);
	assert_int_equal(vp.config.len, 0);
}

static void
a_legacy_side_needs_ports_enough(void **state)
{
	struct plx_why why;

	make_seen_device();
	pci.bar[0].size = 16;
	assert_int_equal(find(true, &why), -ENODEV);
	assert_non_null(strstr(why.text, "16 bytes of I/O ports"));
	make_seen_device();
	pci.bar[0].io = false;
	assert_int_equal(find(true, &why), -ENODEV);
	assert_non_null(strstr(why.text, "memory"));
}

/* -- registers ----------------------------------------------------------------------------------------------------------- */

static struct virtio_queue q;

static uint8_t *
common(unsigned off)
{
	return bars[2] + off;
}

static int
start_queue(struct plx_why *why)
{
	q = (struct virtio_queue){.dev = &dev,
				  .index = 3,
				  .size = 64,
				  .desc_address = 0x1122334455667000,
				  .driver_address = 0x2233445566778000,
				  .device_address = 0x3344556677889000};
	return dev.transport->queue_start(&dev, &q, why);
}

static void
a_modern_queue_is_told_in_its_registers(void **state)
{
	make_seen_device();
	assert_int_equal(find(false, NULL), 0);
	plx_store_le16(common(VIRTIO_COMMON_QUEUE_NOTIFY_OFF), 3);
	assert_int_equal(start_queue(NULL), 0);
	assert_int_equal(plx_load_le16(common(VIRTIO_COMMON_QUEUE_SELECT)), 3);
	assert_int_equal(plx_load_le16(common(VIRTIO_COMMON_QUEUE_SIZE)), 64);
	assert_true(plx_load_le64(common(VIRTIO_COMMON_QUEUE_DESC)) == q.desc_address);
	assert_true(plx_load_le64(common(VIRTIO_COMMON_QUEUE_DRIVER)) == q.driver_address);
	assert_true(plx_load_le64(common(VIRTIO_COMMON_QUEUE_DEVICE)) == q.device_address);
	assert_int_equal(plx_load_le16(common(VIRTIO_COMMON_QUEUE_ENABLE)), 1);
	dev.transport->notify(&q);
	assert_int_equal(plx_load_le16(bars[2] + 0x38 + 3 * 2), 3);
	assert_ptr_equal(q.notify_register, bars[2] + 0x38 + 3 * 2);
}

static void
a_doorbell_outside_its_capability_is_refused(void **state)
{
	static const struct {
		uint16_t off;
		uint32_t multiplier;
		uint64_t features;
		int ret;
	} rows[] = {
		{24, 2, 0, 0},
		{25, 2, 0, -EPROTO},
		{0xffff, 2, 0, -EPROTO},
		{0xffff, 0xffffffff, 0, -EPROTO},
		{0xffff, 0, 0, 0}, /* all queues share one doorbell */
		{1, 3, 0, -EPROTO},
		{11, 4, VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA), 0},
		{12, 4, VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA), -EPROTO},
		{1, 2, VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA), -EPROTO},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		make_seen_device();
		plx_store_le32(space + NOTIFY_CAP + VIRTIO_PCI_CAP_MULTIPLIER, rows[i].multiplier);
		assert_int_equal(find(false, NULL), 0);
		dev.features = rows[i].features;
		plx_store_le16(common(VIRTIO_COMMON_QUEUE_NOTIFY_OFF), rows[i].off);
		assert_int_equal(start_queue(NULL), rows[i].ret);
		/* Refused before it was enabled. */
		assert_int_equal(plx_load_le16(common(VIRTIO_COMMON_QUEUE_ENABLE)),
				 rows[i].ret == 0);
	}
}

static void
a_notification_with_data_tells_what_is_new(void **state)
{
	make_seen_device();
	assert_int_equal(find(false, NULL), 0);
	dev.features = VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA);
	assert_int_equal(start_queue(NULL), 0);
	q.next_avail = 0xfffe;
	dev.transport->notify(&q);
	assert_int_equal(plx_load_le32(bars[2] + 0x38), 0xfffe0003);
	q.packed = q.avail_wrap = true;
	q.next_avail = 5;
	dev.transport->notify(&q);
	assert_int_equal(plx_load_le32(bars[2] + 0x38), 0x80050003);
	q.avail_wrap = false;
	dev.transport->notify(&q);
	assert_int_equal(plx_load_le32(bars[2] + 0x38), 0x00050003);
}

static void
features_for_registers_that_are_not_there_are_not_offered(void **state)
{
	uint64_t features;

	make_seen_device();
	assert_int_equal(find(false, NULL), 0);
	/* The register says the same of both halves: bits 32 to 63 are all there. */
	plx_store_le32(common(VIRTIO_COMMON_DEVICE_FEATURE), UINT32_MAX);
	assert_int_equal(dev.transport->features(&dev, &features), 0);
	assert_true(features == ~VIRTIO_BIT(VIRTIO_F_RING_RESET));
	plx_store_le32(space + COMMON_CAP + VIRTIO_PCI_CAP_LENGTH, 0x3c);
	plx_store_le32(space + NOTIFY_CAP + VIRTIO_PCI_CAP_LENGTH, 2);
	assert_int_equal(find(false, NULL), 0);
	assert_int_equal(dev.transport->features(&dev, &features), 0);
	assert_true(features == ~VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA));
}

static void
the_configuration_ends_where_its_capability_says(void **state)
{
	uint8_t got[6];
	uint8_t mtu[2];

	make_seen_device();
	memcpy(bars[2] + 0x70, "\x52\x54\x00\x11\x22\x33", 6);
	assert_int_equal(find(false, NULL), 0);
	assert_int_equal(dev.transport->config_read(&dev, 0, got, sizeof(got)), 0);
	assert_memory_equal(got, "\x52\x54\x00\x11\x22\x33", 6);
	assert_int_equal(dev.transport->config_read(&dev, VIRTIO_NET_CFG_MAX_PAIRS, mtu, 2), 0);
	assert_int_equal(dev.transport->config_read(&dev, VIRTIO_NET_CFG_MTU, mtu, 2), -ERANGE);
	assert_int_equal(dev.transport->config_read(&dev, UINT32_MAX, mtu, 2), -ERANGE);
	assert_int_equal(dev.transport->config_write(&dev, VIRTIO_NET_CFG_MTU, mtu, 2), -ERANGE);
}

static void
a_legacy_configuration_moves_when_msix_is_on(void **state)
{
	uint8_t got[6];

	make_seen_device();
	memcpy(bars[0] + 0x14, "ABCDEFGHIJKL", 12);
	assert_int_equal(find(true, NULL), 0);
	assert_int_equal(dev.transport->config_read(&dev, 0, got, sizeof(got)), 0);
	assert_memory_equal(got, "ABCDEF", 6);
	vp.irq = PLX_PCI_IRQ_MSIX;
	assert_int_equal(dev.transport->config_read(&dev, 0, got, sizeof(got)), 0);
	assert_memory_equal(got, "EFGHIJ", 6);
	assert_int_equal(dev.transport->config_read(&dev, 4, got, sizeof(got)), -ERANGE);
}

static int
start_legacy(uint64_t desc, uint64_t device, struct plx_why *why)
{
	q = (struct virtio_queue){.dev = &dev,
				  .index = 1,
				  .size = 256,
				  .desc_address = desc,
				  .driver_address = desc + 256 * 16,
				  .device_address = device};
	return dev.transport->queue_start(&dev, &q, why);
}

static void
a_legacy_queue_is_one_block_told_by_its_page(void **state)
{
	struct plx_why why;

	make_seen_device();
	assert_int_equal(find(true, NULL), 0);
	plx_store_le16(bars[0] + VIRTIO_LEGACY_QUEUE_SIZE, 256);
	assert_int_equal(start_legacy(0x123456000, 0x123458000, NULL), 0);
	assert_int_equal(plx_load_le32(bars[0] + VIRTIO_LEGACY_QUEUE_PFN), 0x123456);
	/* It has one already. */
	assert_int_equal(start_legacy(0x123456000, 0x123458000, NULL), -EPROTO);
	plx_store_le32(bars[0] + VIRTIO_LEGACY_QUEUE_PFN, 0);
	assert_int_equal(start_legacy(0x123456000, 0x123457000, NULL), -EINVAL);
	assert_int_equal(start_legacy(0x123456800, 0x123458000, NULL), -EINVAL);
	assert_int_equal(start_legacy(1ULL << 44, (1ULL << 44) + 0x2000, &why), -ERANGE);
	assert_non_null(strstr(why.text, "--iova-mode pa"));
	plx_store_le16(bars[0] + VIRTIO_LEGACY_QUEUE_SIZE, 128);
	assert_int_equal(start_legacy(0x123456000, 0x123458000, NULL), -EPROTO);
	assert_int_equal(plx_load_le32(bars[0] + VIRTIO_LEGACY_QUEUE_PFN), 0);
}

static void
a_device_that_answers_all_ones_is_gone(void **state)
{
	uint8_t status;

	for (int legacy = 0; legacy <= 1; legacy++) {
		make_seen_device();
		assert_int_equal(find(legacy != 0, NULL), 0);
		assert_int_equal(dev.transport->status(&dev, &status), 0);
		memset(bars, 0xff, sizeof(bars));
		assert_int_equal(dev.transport->status(&dev, &status), -EIO);
	}
}

static void
dma_is_allowed_again_when_the_device_is_acknowledged(void **state)
{
	make_seen_device();
	assert_int_equal(find(false, NULL), 0);
	dev.transport->cut(&dev);
	assert_int_equal(space[4], 0x03);
	assert_int_equal(dev.transport->set_status(&dev, 0), 0);
	assert_int_equal(space[4], 0x03);
	assert_int_equal(dev.transport->set_status(&dev, VIRTIO_STATUS_ACKNOWLEDGE), 0);
	assert_int_equal(space[4], 0x07);
}

static void
a_queue_that_is_reset_alone_is_waited_for_but_not_for_ever(void **state)
{
	make_seen_device();
	plx_store_le32(space + COMMON_CAP + VIRTIO_PCI_CAP_LENGTH, 0x3c);
	plx_store_le32(space + NOTIFY_CAP + VIRTIO_PCI_CAP_OFFSET, 0x40);
	assert_int_equal(find(false, NULL), 0);
	assert_int_equal(start_queue(NULL), 0);
	assert_int_equal(dev.transport->queue_stop(&dev, &q), -ENOTSUP);
	dev.features = VIRTIO_BIT(VIRTIO_F_RING_RESET);
	assert_int_equal(dev.transport->queue_stop(&dev, &q), -ETIMEDOUT);
	assert_int_equal(plx_load_le16(common(VIRTIO_COMMON_QUEUE_RESET)), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_device_that_was_seen_is_modern_with_doorbells_two_bytes_apart),
		cmocka_unit_test(its_legacy_side_is_used_if_the_user_says_so),
		cmocka_unit_test(a_modern_device_has_no_legacy_side),
		cmocka_unit_test(the_first_good_capability_of_a_type_counts),
		cmocka_unit_test(windows_that_leave_their_bar_are_not_used),
		cmocka_unit_test(bars_that_are_not_there_are_not_used),
		cmocka_unit_test(capabilities_too_short_for_what_they_are_do_not_count),
		cmocka_unit_test(a_capability_at_the_end_of_the_space_is_cut_and_not_read_beyond),
		cmocka_unit_test(a_list_without_an_end_ends),
		cmocka_unit_test(what_is_not_needed_may_be_missing),
		cmocka_unit_test(a_legacy_side_needs_ports_enough),
		cmocka_unit_test(a_modern_queue_is_told_in_its_registers),
		cmocka_unit_test(a_doorbell_outside_its_capability_is_refused),
		cmocka_unit_test(a_notification_with_data_tells_what_is_new),
		cmocka_unit_test(features_for_registers_that_are_not_there_are_not_offered),
		cmocka_unit_test(the_configuration_ends_where_its_capability_says),
		cmocka_unit_test(a_legacy_configuration_moves_when_msix_is_on),
		cmocka_unit_test(a_legacy_queue_is_one_block_told_by_its_page),
		cmocka_unit_test(a_device_that_answers_all_ones_is_gone),
		cmocka_unit_test(dma_is_allowed_again_when_the_device_is_acknowledged),
		cmocka_unit_test(a_queue_that_is_reset_alone_is_waited_for_but_not_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
