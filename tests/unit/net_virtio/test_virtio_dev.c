/* SPDX-License-Identifier: BSD-3-Clause */
/* The way to DRIVER_OK and back, over a device that is a table of functions. */
#include "stand_in.h"

#define MODERN VIRTIO_BIT(VIRTIO_F_VERSION_1)

/* Queues of the test, in place of the data path's. */
static struct virtio_queue rx_queue, tx_queue, ctrl_queue;

struct virtio_queue *
virtio_rxq_queue(struct virtio_rxq *rxq)
{
	return &rx_queue;
}

struct virtio_queue *
virtio_txq_queue(struct virtio_txq *txq)
{
	return &tx_queue;
}

static void
the_steps_are_those_of_the_specification(void **state)
{
	static const uint8_t steps[] = {0, 0x01, 0x03, 0x0b, 0x0f};
	struct virtio_dev *dev = stand_in(MODERN | VIRTIO_BIT(VIRTIO_NET_F_MAC));

	rx_queue.index = 0;
	tx_queue.index = 1;
	ctrl_queue.index = 2;
	dev->rxqs[0] = (struct virtio_rxq *)(void *)&rx_queue;
	dev->txqs[0] = (struct virtio_txq *)(void *)&tx_queue;
	dev->ctrl = &ctrl_queue;
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_true(dev->modern);
	assert_int_equal(it.nb_started, 0);
	assert_int_equal(virtio_dev_start(dev, NULL), 0);
	assert_int_equal(it.nb_steps, sizeof(steps));
	assert_memory_equal(it.steps, steps, sizeof(steps));
	assert_int_equal(it.nb_started, 3);
	assert_int_equal(it.started[2], 2);
	assert_int_equal(virtio_dev_reset(dev), 0);
	assert_int_equal(it.status, 0);
}

/* 5.1.3.1, and what is of version 1 only. */
static void
features_go_with_what_they_need(void **state)
{
	static const uint8_t of_version_1[] = {
		VIRTIO_F_ACCESS_PLATFORM, VIRTIO_F_RING_PACKED, VIRTIO_F_IN_ORDER,
		VIRTIO_F_ORDER_PLATFORM,  VIRTIO_F_RING_RESET,	VIRTIO_F_NOTIFICATION_DATA};
	static const uint8_t of_control[] = {VIRTIO_NET_F_CTRL_RX,	  VIRTIO_NET_F_CTRL_VLAN,
					     VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_MQ,
					     VIRTIO_NET_F_CTRL_MAC_ADDR,  VIRTIO_NET_F_RSS,
					     VIRTIO_NET_F_HASH_REPORT};
	const uint64_t control = VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ);

	for (unsigned i = 0; i < PLX_ARRAY_LEN(of_version_1); i++) {
		assert_int_equal(virtio_dev_settle(VIRTIO_BIT(of_version_1[i])), 0);
		assert_int_equal(virtio_dev_settle(VIRTIO_BIT(of_version_1[i]) | MODERN),
				 VIRTIO_BIT(of_version_1[i]) | MODERN);
	}
	for (unsigned i = 0; i < PLX_ARRAY_LEN(of_control); i++) {
		assert_int_equal(virtio_dev_settle(VIRTIO_BIT(of_control[i])), 0);
		assert_int_equal(virtio_dev_settle(VIRTIO_BIT(of_control[i]) | control),
				 VIRTIO_BIT(of_control[i]) | control);
	}
	for (unsigned i = VIRTIO_NET_F_GUEST_TSO4; i <= VIRTIO_NET_F_GUEST_TSO6; i++)
		assert_int_equal(virtio_dev_settle(VIRTIO_BIT(i)), 0);
	for (unsigned i = VIRTIO_NET_F_HOST_TSO4; i <= VIRTIO_NET_F_HOST_TSO6; i++)
		assert_int_equal(virtio_dev_settle(VIRTIO_BIT(i)), 0);
}

static void
a_legacy_device_is_not_asked_to_confirm_features(void **state)
{
	static const uint8_t steps[] = {0, 0x01, 0x03};
	struct virtio_dev *dev = stand_in(VIRTIO_BIT(VIRTIO_NET_F_MAC));

	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_false(dev->modern);
	assert_int_equal(it.nb_steps, sizeof(steps));
	assert_memory_equal(it.steps, steps, sizeof(steps));
}

static void
no_more_is_taken_than_is_offered_wanted_and_possible(void **state)
{
	const uint64_t offered = MODERN | VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4) |
				 VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO6) | VIRTIO_BIT(VIRTIO_NET_F_MQ) |
				 VIRTIO_BIT(VIRTIO_NET_F_MAC) | VIRTIO_BIT(VIRTIO_NET_F_MTU);
	struct virtio_dev *dev = stand_in(offered);

	/* TSO without checksums and pairs without a control queue cannot be (5.1.3.1). */
	assert_int_equal(virtio_dev_negotiate(dev, ~VIRTIO_BIT(VIRTIO_NET_F_MTU), NULL), 0);
	assert_true(it.driver_features == (MODERN | VIRTIO_BIT(VIRTIO_NET_F_MAC)));
	assert_true(dev->features == it.driver_features);
	assert_true(dev->offered == offered);
	it.features = offered | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) | VIRTIO_BIT(VIRTIO_NET_F_CSUM);
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_true(virtio_has(dev, VIRTIO_NET_F_MQ));
	assert_true(virtio_has(dev, VIRTIO_NET_F_HOST_TSO6));
	assert_false(virtio_has(dev, VIRTIO_NET_F_GUEST_TSO4));
}

static void
what_must_be_taken_is_taken_though_nobody_wants_it(void **state)
{
	const uint64_t must = MODERN | VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM);
	struct virtio_dev *dev = stand_in(must | VIRTIO_BIT(VIRTIO_F_RING_PACKED));

	assert_int_equal(virtio_dev_negotiate(dev, 0, NULL), 0);
	assert_true(dev->features == must);
	/* Without VERSION_1 there is no translation and no packed ring. */
	dev = stand_in(VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM) | VIRTIO_BIT(VIRTIO_F_RING_PACKED));
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_true(dev->features == 0);
}

static void
the_header_is_as_long_as_the_features_say(void **state)
{
	struct virtio_dev *dev = stand_in(0);

	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_int_equal(dev->header_len, 10);
	dev = stand_in(VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF));
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_int_equal(dev->header_len, 12);
	dev = stand_in(MODERN);
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_int_equal(dev->header_len, 12);
	dev = stand_in(MODERN | VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT) |
		       VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ));
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	assert_int_equal(dev->header_len, 20);
}

static void
a_reset_that_never_ends_is_given_up(void **state)
{
	struct virtio_dev *dev = stand_in(MODERN);
	struct plx_why why;

	it.reset_stuck = true;
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, &why), -ETIMEDOUT);
	assert_non_null(strstr(why.text, "reset"));
	assert_int_equal(it.steps[it.nb_steps - 1], VIRTIO_STATUS_FAILED);
}

static void
refused_features_are_an_error_that_names_them(void **state)
{
	struct virtio_dev *dev = stand_in(MODERN | VIRTIO_BIT(VIRTIO_NET_F_MAC));
	struct plx_why why;

	it.features_refused = true;
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "0x100000020"));
	assert_true((it.steps[it.nb_steps - 1] & VIRTIO_STATUS_FAILED) != 0);
}

static void
a_modern_device_without_version_1_is_none(void **state)
{
	struct virtio_dev *dev = stand_in(VIRTIO_BIT(VIRTIO_NET_F_MAC));
	struct plx_why why;

	stand_in_transport.needs_version_1 = true;
	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "VERSION_1"));
}

static void
a_device_that_goes_away_at_any_step_is_an_error(void **state)
{
	for (unsigned step = 1; step <= 4; step++) {
		struct virtio_dev *dev = stand_in(MODERN);
		struct plx_why why = {""};

		it.dies_after = step;
		assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, &why), -EIO);
		assert_non_null(strstr(why.text, "does not answer"));
	}
}

static void
a_device_that_fails_when_it_is_started_is_an_error(void **state)
{
	struct virtio_dev *dev = stand_in(MODERN);

	assert_int_equal(virtio_dev_negotiate(dev, UINT64_MAX, NULL), 0);
	it.status_ored = VIRTIO_STATUS_DEVICE_NEEDS_RESET;
	assert_int_equal(virtio_dev_start(dev, NULL), -EIO);
	assert_true((it.steps[it.nb_steps - 1] & VIRTIO_STATUS_FAILED) != 0);
}

static void
queue_sizes_are_what_ring_and_device_allow(void **state)
{
	static const struct {
		uint16_t device;
		unsigned wish;
		bool packed, fixed;
		int ret;
		uint16_t size;
	} rows[] = {
		{256, 0, false, false, 0, 256},	     {256, 100, false, false, 0, 128},
		{256, 1000, false, false, 0, 256},   {256, 100, true, false, 0, 100},
		{300, 0, false, false, 0, 256},	     {300, 0, true, false, 0, 300},
		{300, 290, false, false, 0, 256},    {32768, 0, false, false, 0, 32768},
		{256, 64, false, true, 0, 256},	     {0, 64, false, false, -ENODEV, 0},
		{32769, 0, true, false, -EPROTO, 0}, {65535, 64, false, false, -EPROTO, 0},
		{300, 0, false, true, -EPROTO, 0},   {1, 0, false, false, 0, 1},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct virtio_dev *dev = stand_in(0);
		uint16_t size = 0;

		it.queue_size[3] = rows[i].device;
		dev->features = rows[i].packed ? VIRTIO_BIT(VIRTIO_F_RING_PACKED) : 0;
		stand_in_transport.fixed_sizes = rows[i].fixed;
		assert_int_equal(virtio_dev_queue_size(dev, 3, rows[i].wish, &size, NULL),
				 rows[i].ret);
		assert_int_equal(size, rows[i].size);
	}
}

static void
a_queue_beyond_all_numbers_is_not_there(void **state)
{
	struct virtio_dev *dev = stand_in(0);
	uint16_t size;

	assert_int_equal(virtio_dev_queue_size(dev, 2 * VIRTIO_NET_PAIRS_MAX, 0, &size, NULL),
			 -ENODEV);
	it.gone = true;
	assert_int_equal(virtio_dev_queue_size(dev, 0, 0, &size, NULL), -EIO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_steps_are_those_of_the_specification),
		cmocka_unit_test(features_go_with_what_they_need),
		cmocka_unit_test(a_legacy_device_is_not_asked_to_confirm_features),
		cmocka_unit_test(no_more_is_taken_than_is_offered_wanted_and_possible),
		cmocka_unit_test(what_must_be_taken_is_taken_though_nobody_wants_it),
		cmocka_unit_test(the_header_is_as_long_as_the_features_say),
		cmocka_unit_test(a_reset_that_never_ends_is_given_up),
		cmocka_unit_test(refused_features_are_an_error_that_names_them),
		cmocka_unit_test(a_modern_device_without_version_1_is_none),
		cmocka_unit_test(a_device_that_goes_away_at_any_step_is_an_error),
		cmocka_unit_test(a_device_that_fails_when_it_is_started_is_an_error),
		cmocka_unit_test(queue_sizes_are_what_ring_and_device_allow),
		cmocka_unit_test(a_queue_beyond_all_numbers_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
