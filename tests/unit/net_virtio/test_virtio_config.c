/* SPDX-License-Identifier: BSD-3-Clause */
/* A device's configuration: what is read of it while it changes, and what is believed. */
#include "stand_in.h"

#include "plx_byteorder.h"

#define EVERYTHING UINT64_MAX

static const uint8_t good_mac[6] = {0x52, 0x54, 0, 1, 2, 3};

/* A device with every field, each good. */
static struct virtio_dev *
good_device(void)
{
	struct virtio_dev *dev = stand_in(EVERYTHING);

	dev->offered = dev->features = EVERYTHING;
	memcpy(it.config + VIRTIO_NET_CFG_MAC, good_mac, sizeof(good_mac));
	plx_store_le16(it.config + VIRTIO_NET_CFG_STATUS, VIRTIO_NET_S_LINK_UP);
	plx_store_le16(it.config + VIRTIO_NET_CFG_MAX_PAIRS, 4);
	plx_store_le16(it.config + VIRTIO_NET_CFG_MTU, 9000);
	plx_store_le32(it.config + VIRTIO_NET_CFG_SPEED, 25000);
	it.config[VIRTIO_NET_CFG_DUPLEX] = 1;
	it.config[VIRTIO_NET_CFG_RSS_MAX_KEY] = 40;
	plx_store_le16(it.config + VIRTIO_NET_CFG_RSS_MAX_TABLE, 128);
	plx_store_le32(it.config + VIRTIO_NET_CFG_HASH_TYPES, 0x3f);
	return dev;
}

static bool
still_wanted(const struct virtio_dev *dev, unsigned feature)
{
	return (dev->wanted_mask & VIRTIO_BIT(feature)) != 0;
}

static void
good_values_are_taken_as_they_are(void **state)
{
	struct virtio_dev *dev = good_device();

	assert_int_equal(virtio_config_load(dev, NULL), 0);
	assert_true(dev->limits.has_mac);
	assert_memory_equal(dev->limits.mac, good_mac, sizeof(good_mac));
	assert_int_equal(dev->limits.max_pairs, 4);
	assert_int_equal(dev->limits.mtu, 9000);
	assert_int_equal(dev->limits.speed_mbps, 25000);
	assert_true(dev->limits.full_duplex);
	assert_int_equal(dev->limits.rss_key_size, 40);
	assert_int_equal(dev->limits.rss_table_size, 128);
	assert_int_equal(dev->limits.hash_types, 0x3f);
	assert_true(dev->wanted_mask == UINT64_MAX);
}

static void
what_is_not_offered_is_not_read(void **state)
{
	struct virtio_dev *dev = good_device();

	dev->offered = 0;
	assert_int_equal(virtio_config_load(dev, NULL), 0);
	assert_false(dev->limits.has_mac);
	assert_int_equal(dev->limits.max_pairs, 1);
	assert_int_equal(dev->limits.mtu, 0);
	assert_int_equal(dev->limits.speed_mbps, 0);
	assert_int_equal(dev->limits.rss_table_size, 0);
}

static void
an_mtu_that_cannot_be_is_not_negotiated(void **state)
{
	static const uint16_t bad[] = {0, 3, 67}, good[] = {68, 1500, 65535};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		struct virtio_dev *dev = good_device();

		plx_store_le16(it.config + VIRTIO_NET_CFG_MTU, bad[i]);
		assert_int_equal(virtio_config_load(dev, NULL), 0);
		assert_int_equal(dev->limits.mtu, 0);
		assert_false(still_wanted(dev, VIRTIO_NET_F_MTU));
		dev = good_device();
		plx_store_le16(it.config + VIRTIO_NET_CFG_MTU, good[i]);
		assert_int_equal(virtio_config_load(dev, NULL), 0);
		assert_int_equal(dev->limits.mtu, good[i]);
		assert_true(still_wanted(dev, VIRTIO_NET_F_MTU));
	}
}

static void
queue_pairs_that_cannot_be_leave_one(void **state)
{
	static const uint16_t bad[] = {0, 0x8001, 0xffff}, good[] = {1, 64, 0x8000};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		struct virtio_dev *dev = good_device();

		plx_store_le16(it.config + VIRTIO_NET_CFG_MAX_PAIRS, bad[i]);
		assert_int_equal(virtio_config_load(dev, NULL), 0);
		assert_int_equal(dev->limits.max_pairs, 1);
		assert_false(still_wanted(dev, VIRTIO_NET_F_MQ));
		assert_false(still_wanted(dev, VIRTIO_NET_F_RSS));
		dev = good_device();
		plx_store_le16(it.config + VIRTIO_NET_CFG_MAX_PAIRS, good[i]);
		assert_int_equal(virtio_config_load(dev, NULL), 0);
		assert_int_equal(dev->limits.max_pairs, good[i]);
		assert_true(still_wanted(dev, VIRTIO_NET_F_MQ));
	}
}

static void
an_address_of_a_group_or_of_nobody_is_no_ones_own(void **state)
{
	struct virtio_dev *dev = good_device();

	it.config[0] |= 1;
	assert_int_equal(virtio_config_load(dev, NULL), 0);
	assert_false(dev->limits.has_mac);
	dev = good_device();
	memset(it.config, 0, sizeof(good_mac));
	assert_int_equal(virtio_config_load(dev, NULL), 0);
	assert_false(dev->limits.has_mac);
}

static void
a_speed_is_known_or_not_or_nonsense(void **state)
{
	static const struct {
		uint32_t device, speed;
	} rows[] = {{0, 0}, {0x7fffffff, 0x7fffffff}, {0x80000000, 0}, {0xffffffff, 0}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct virtio_dev *dev = good_device();

		plx_store_le32(it.config + VIRTIO_NET_CFG_SPEED, rows[i].device);
		it.config[VIRTIO_NET_CFG_DUPLEX] = 0;
		assert_int_equal(virtio_config_load(dev, NULL), 0);
		assert_int_equal(dev->limits.speed_mbps, rows[i].speed);
		assert_false(dev->limits.full_duplex);
	}
}

static void
hash_limits_are_cut_to_ours_or_not_believed(void **state)
{
	static const struct {
		uint8_t key;
		uint16_t table;
		uint8_t ret_key;
		uint16_t ret_table;
	} rows[] = {
		{255, 65535, PLX_ETHDEV_RSS_KEY_MAX, PLX_ETHDEV_RETA_MAX},
		{40, 200, 40, 128},
		{39, 128, 0, 0},
		{40, 127, 40, 0}, /* the hash can still be reported */
		{0, 0, 0, 0},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct virtio_dev *dev = good_device();

		it.config[VIRTIO_NET_CFG_RSS_MAX_KEY] = rows[i].key;
		plx_store_le16(it.config + VIRTIO_NET_CFG_RSS_MAX_TABLE, rows[i].table);
		assert_int_equal(virtio_config_load(dev, NULL), 0);
		assert_int_equal(dev->limits.rss_key_size, rows[i].ret_key);
		assert_int_equal(dev->limits.rss_table_size, rows[i].ret_table);
		assert_int_equal(still_wanted(dev, VIRTIO_NET_F_RSS), rows[i].ret_table != 0);
		assert_int_equal(still_wanted(dev, VIRTIO_NET_F_HASH_REPORT), rows[i].ret_key != 0);
	}
}

static void
a_configuration_that_ends_early_costs_what_stands_behind_its_end(void **state)
{
	struct virtio_dev *dev = good_device();

	it.config_len = 10; /* address, status, pairs: a device of the field has no more */
	assert_int_equal(virtio_config_load(dev, NULL), 0);
	assert_true(dev->limits.has_mac);
	assert_int_equal(dev->limits.max_pairs, 4);
	assert_false(still_wanted(dev, VIRTIO_NET_F_MTU));
	assert_false(still_wanted(dev, VIRTIO_NET_F_RSS));
	assert_false(still_wanted(dev, VIRTIO_NET_F_SPEED_DUPLEX));
	assert_true(still_wanted(dev, VIRTIO_NET_F_STATUS));
	dev = good_device();
	it.config_len = 0;
	assert_int_equal(virtio_config_load(dev, NULL), 0);
	assert_false(dev->limits.has_mac);
	assert_false(still_wanted(dev, VIRTIO_NET_F_STATUS));
	assert_false(still_wanted(dev, VIRTIO_NET_F_GUEST_ANNOUNCE));
}

/* Both ways of telling that the configuration changed under the reader. */
static void
readings_are_taken_again_until_nothing_changed(void **state)
{
	for (int legacy = 0; legacy <= 1; legacy++) {
		struct virtio_dev *dev = good_device();
		uint8_t bytes[8];

		if (legacy)
			stand_in_transport.generation = NULL;
		it.restless = 3;
		assert_int_equal(virtio_dev_config(dev, 0, bytes, sizeof(bytes)), 0);
		assert_int_equal(it.restless, 0);
		assert_int_equal(virtio_dev_config(dev, 0, bytes, 33), -EINVAL);
		assert_memory_equal(bytes, it.config, sizeof(bytes));
	}
}

static void
a_configuration_that_never_settles_is_given_up(void **state)
{
	for (int legacy = 0; legacy <= 1; legacy++) {
		struct virtio_dev *dev = good_device();
		struct plx_why why;
		uint8_t bytes[8];

		if (legacy)
			stand_in_transport.generation = NULL;
		it.restless = UINT_MAX;
		assert_int_equal(virtio_dev_config(dev, 0, bytes, sizeof(bytes)), -ETIMEDOUT);
		assert_int_equal(virtio_config_load(dev, &why), -ETIMEDOUT);
		assert_non_null(strstr(why.text, "changes all the time"));
	}
}

static void
a_device_that_is_gone_is_an_error(void **state)
{
	struct virtio_dev *dev = good_device();
	uint16_t status;

	it.gone = true;
	assert_int_equal(virtio_config_load(dev, NULL), -EIO);
	assert_int_equal(virtio_config_status(dev, &status), -EIO);
}

static void
a_link_without_a_status_is_up(void **state)
{
	struct virtio_dev *dev = good_device();
	uint16_t status;

	plx_store_le16(it.config + VIRTIO_NET_CFG_STATUS, VIRTIO_NET_S_ANNOUNCE);
	assert_int_equal(virtio_config_status(dev, &status), 0);
	assert_int_equal(status, VIRTIO_NET_S_ANNOUNCE);
	dev->features = 0;
	assert_int_equal(virtio_config_status(dev, &status), 0);
	assert_int_equal(status, VIRTIO_NET_S_LINK_UP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_are_taken_as_they_are),
		cmocka_unit_test(what_is_not_offered_is_not_read),
		cmocka_unit_test(an_mtu_that_cannot_be_is_not_negotiated),
		cmocka_unit_test(queue_pairs_that_cannot_be_leave_one),
		cmocka_unit_test(an_address_of_a_group_or_of_nobody_is_no_ones_own),
		cmocka_unit_test(a_speed_is_known_or_not_or_nonsense),
		cmocka_unit_test(hash_limits_are_cut_to_ours_or_not_believed),
		cmocka_unit_test(a_configuration_that_ends_early_costs_what_stands_behind_its_end),
		cmocka_unit_test(readings_are_taken_again_until_nothing_changed),
		cmocka_unit_test(a_configuration_that_never_settles_is_given_up),
		cmocka_unit_test(a_device_that_is_gone_is_an_error),
		cmocka_unit_test(a_link_without_a_status_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
