/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device by itself, under a driver that fits on a page: what it does right, and that it sees what is wrong. */
#include "eal_fixture.h"
#include "patience.h"
#include "tiny_driver.h"
#include "virtio_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROUNDS 100

static const uint64_t basic = VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_RING_PACKED) |
			      VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM) | VIRTIO_BIT(VIRTIO_NET_F_MAC) |
			      VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_RX);

static void
make_frame(uint8_t frame[100], uint8_t seed)
{
	for (unsigned i = 0; i < 100; i++)
		frame[i] = (uint8_t)(seed + 3 * i);
}

/* Receives one, waiting for a device that has a thread of its own. */
static size_t
receive(struct tiny *tiny, uint8_t *bytes, size_t size)
{
	size_t len = 0;

	WAIT_UNTIL((len = tiny_receive(tiny, bytes, size)) > 0);
	return len;
}

static size_t
take(struct vfake *fake, uint8_t *bytes, size_t size)
{
	return vfake_take(fake, VFAKE_ANY, bytes, size, NULL);
}

static void
both_ways(struct vfake *fake, struct tiny *tiny)
{
	uint8_t frame[100], got[2048];

	for (unsigned i = 0; i < ROUNDS; i++) {
		make_frame(frame, (uint8_t)i);
		assert_int_equal(tiny_send(tiny, frame, sizeof(frame)), 0);
		assert_int_equal(take(fake, got, sizeof(got)), sizeof(frame));
		assert_memory_equal(got, frame, sizeof(frame));
		assert_int_equal(vfake_put(fake, 0, frame, sizeof(frame)), 0);
		assert_int_equal(receive(tiny, got, sizeof(got)), tiny->header_len + sizeof(frame));
		assert_memory_equal(got + tiny->header_len, frame, sizeof(frame));
	}
}

static void
one_flavour(const struct vfake_options *options, bool legacy)
{
	struct vfake *fake = vfake_create("x", options);
	struct tiny tiny;
	uint8_t off = 0;

	assert_non_null(fake);
	assert_int_equal(tiny_open(&tiny, "x", legacy,
				   legacy ? basic | VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT) : basic),
			 0);
	both_ways(fake, &tiny);
	assert_true(vfake_state(fake).promisc);
	assert_int_equal(
		tiny_command(&tiny, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, &off, 1),
		VIRTIO_NET_OK);
	assert_false(vfake_state(fake).promisc);
	assert_int_equal(tiny_command(&tiny, 77, 0, &off, 1), VIRTIO_NET_ERR);
	assert_string_equal(vfake_violations(fake), "");
	tiny_close(&tiny, "x");
	assert_string_equal(vfake_violations(fake), "");
	vfake_destroy(fake);
}

/* The tiny driver's size; legacy devices say their own. */
#define OPTIONS(...) (&(struct vfake_options){.queue_size = TINY_SIZE, __VA_ARGS__})

static void
a_modern_device_moves_frames_over_split_rings(void **state)
{
	one_flavour(OPTIONS(.features = VFAKE_MODERN), false);
}

static void
a_modern_device_moves_frames_over_packed_rings(void **state)
{
	one_flavour(OPTIONS(.features = VFAKE_MODERN_PACKED), false);
}

static void
a_transitional_device_is_either(void **state)
{
	uint64_t both = VFAKE_MODERN | VFAKE_LEGACY;

	one_flavour(OPTIONS(.kind = VFAKE_KIND_TRANSITIONAL,
			    .features = both & ~VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM)),
		    false);
	one_flavour(OPTIONS(.kind = VFAKE_KIND_LEGACY, .features = VFAKE_LEGACY), true);
}

static void
a_thread_answers_doorbells_in_memory(void **state)
{
	one_flavour(OPTIONS(.features = VFAKE_MODERN, .mapped = true), false);
	one_flavour(OPTIONS(.features = VFAKE_MODERN_PACKED, .mapped = true), false);
}

static void
a_device_that_polls_needs_no_doorbells(void **state)
{
	one_flavour(OPTIONS(.features = VFAKE_MODERN, .polls = true), false);
	one_flavour(OPTIONS(.features = VFAKE_MODERN_PACKED, .polls = true, .twin = true), false);
}

/* -- what it sees ---------------------------------------------------------------------------------------------------- */

static struct vfake *
open_one(struct tiny *tiny, uint64_t offered)
{
	struct vfake *fake = vfake_create("x", OPTIONS(.features = offered));

	assert_non_null(fake);
	assert_int_equal(tiny_open(tiny, "x", false, basic), 0);
	assert_string_equal(vfake_violations(fake), "");
	return fake;
}

static void
sees(struct vfake *fake, const char *what)
{
	if (strstr(vfake_violations(fake), what) == NULL)
		fail_msg("\"%s\" was not seen, but: %s", what, vfake_violations(fake));
	vfake_forget(fake);
}

static void
wrong_registers_are_seen(void **state)
{
	struct tiny tiny;
	struct vfake *fake = open_one(&tiny, VFAKE_MODERN);

	plx_pci_read8(&tiny.common, VIRTIO_COMMON_NUM_QUEUES);
	sees(fake, "4.1.3.1");
	plx_pci_write16(&tiny.common, VIRTIO_COMMON_QUEUE_SIZE, 8);
	sees(fake, "which is enabled");
	plx_pci_write8(&tiny.device, VIRTIO_NET_CFG_MAC, 8);
	sees(fake, "device configuration");
	plx_pci_write16(&tiny.notify, 0, 0);
	sees(fake, "not enabled");
	plx_pci_write16(&tiny.notify, (uint64_t)tiny.queue[1].notify_off * tiny.multiplier, 0);
	sees(fake, "notified as 0");
	plx_pci_write8(&tiny.common, VIRTIO_COMMON_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	sees(fake, "takes bits back");
	plx_pci_write8(&tiny.common, VIRTIO_COMMON_STATUS, 0);
	plx_pci_write8(&tiny.common, VIRTIO_COMMON_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	sees(fake, "before the reset was over");
	tiny_close(&tiny, "x");
	vfake_destroy(fake);
}

static void
wrong_features_are_seen_and_refused(void **state)
{
	struct vfake *fake = vfake_create("x", OPTIONS(.features = VFAKE_MODERN));
	struct tiny tiny;

	assert_int_equal(
		tiny_open(&tiny, "x", false, basic & ~VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM)), -1);
	sees(fake, "ACCESS_PLATFORM");
	tiny_close(&tiny, "x");
	assert_int_equal(tiny_open(&tiny, "x", false, basic & ~VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ)),
			 -1);
	sees(fake, "without what it needs");
	tiny_close(&tiny, "x");
	vfake_destroy(fake);
}

static void
memory_that_is_not_the_devices_is_seen(void **state)
{
	static uint8_t outside[64];
	struct tiny tiny;
	struct vfake *fake = open_one(&tiny, VFAKE_MODERN);
	struct virtio_desc *desc = (void *)tiny.queue[0].memory;

	desc[0].addr = (uintptr_t)outside;
	vfake_put(fake, 0, outside, sizeof(outside));
	sees(fake, "DMA outside");
	desc[0].addr = (uintptr_t)tiny.zone->addr + tiny.zone->len - 8;
	vfake_put(fake, 0, outside, sizeof(outside));
	sees(fake, "DMA outside");
	plx_zone_free(tiny.zone);
	sees(fake, "while it is enabled");
	tiny.zone = NULL;
	tiny_close(&tiny, "x");
	vfake_destroy(fake);
}

static void
a_device_left_running_is_seen(void **state)
{
	struct tiny tiny;
	struct vfake *fake = open_one(&tiny, VFAKE_MODERN);

	plx_device_detach("fake:x", NULL);
	sees(fake, "when the device is closed");
	plx_zone_free(tiny.zone);
	vfake_destroy(fake);
}

static void
the_log_has_every_access_in_order(void **state)
{
	struct vfake_access first, second;
	struct tiny tiny;
	struct vfake *fake = open_one(&tiny, VFAKE_MODERN);
	unsigned kicks = 0;

	assert_true(vfake_access_at(fake, 0, &first));
	assert_true(vfake_access_at(fake, 1, &second));
	assert_true(first.write && first.area == VFAKE_COMMON &&
		    first.off == VIRTIO_COMMON_STATUS && first.value == 0);
	assert_true(!second.write && second.off == VIRTIO_COMMON_STATUS && second.value != 0);
	for (unsigned i = 0; vfake_access_at(fake, i, &first); i++)
		kicks += first.area == VFAKE_NOTIFY;
	assert_int_equal(kicks, TINY_SIZE / 2);
	assert_int_equal(vfake_state(fake).queue[0].notifications, kicks);
	tiny_close(&tiny, "x");
	vfake_destroy(fake);
}

/* Values of the verification suite that Microsoft gives for its default key: 66.9.149.187:2794 to 161.142.100.80:1766. */
static void
the_hash_is_toeplitz(void **state)
{
	static const uint8_t key[40] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
					0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
					0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
					0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
	static const uint8_t packet[] = {66,  9,  149,	187,  161,  142,
					 100, 80, 0x0a, 0xea, 0x06, 0xe6};
	const uint64_t features = basic | VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT);
	struct vfake *fake = vfake_create(
		"x", OPTIONS(.features = features & ~VIRTIO_BIT(VIRTIO_F_RING_PACKED)));
	uint8_t config[13 + 40] = {VIRTIO_NET_HASH_TCPV4, [12] = 40}, frame[60] = {0}, got[2048];
	struct virtio_net_hdr_full header;
	struct tiny tiny;

	assert_int_equal(tiny_open(&tiny, "x", false, features), 0);
	memcpy(config + 13, key, sizeof(key));
	assert_int_equal(tiny_command(&tiny, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH, config,
				      sizeof(config)),
			 VIRTIO_NET_OK);
	frame[12] = 0x08;
	frame[14] = 0x45;
	frame[23] = 6;
	memcpy(frame + 26, packet, sizeof(packet));
	vfake_put(fake, 0, frame, sizeof(frame));
	assert_int_equal(receive(&tiny, got, sizeof(got)), VIRTIO_NET_HDR_LEN_HASH + sizeof(frame));
	memcpy(&header, got, sizeof(header));
	assert_int_equal(header.hash_value, 0x51ccc178);
	assert_int_equal(header.hash_report, 2);
	tiny_close(&tiny, "x");
	vfake_destroy(fake);
}

static int
setup(void **state)
{
	if (eal_fixture_init("0@0") != 0)
		return -1;
	vfake_transport_add();
	tiny_register();
	return 0;
}

static int
teardown(void **state)
{
	return plx_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_modern_device_moves_frames_over_split_rings),
		cmocka_unit_test(a_modern_device_moves_frames_over_packed_rings),
		cmocka_unit_test(a_transitional_device_is_either),
		cmocka_unit_test(a_thread_answers_doorbells_in_memory),
		cmocka_unit_test(a_device_that_polls_needs_no_doorbells),
		cmocka_unit_test(wrong_registers_are_seen),
		cmocka_unit_test(wrong_features_are_seen_and_refused),
		cmocka_unit_test(memory_that_is_not_the_devices_is_seen),
		cmocka_unit_test(a_device_left_running_is_seen),
		cmocka_unit_test(the_log_has_every_access_in_order),
		cmocka_unit_test(the_hash_is_toeplitz),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
