/* SPDX-License-Identifier: BSD-3-Clause */
/* What a device is told to receive, and where to; commands are taken by the test. */
#include "stand_in.h"

#include "plx_byteorder.h"

#define COMMANDS_MAX 64
#define CTRL_ALL                                                                 \
	(VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) |     \
	 VIRTIO_BIT(VIRTIO_NET_F_CTRL_RX) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VLAN) | \
	 VIRTIO_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR) | VIRTIO_BIT(VIRTIO_NET_F_MQ))

struct command {
	uint8_t class, command;
	uint8_t data[VIRTIO_CALL_MAX];
	unsigned len;
};

static struct {
	struct command command[COMMANDS_MAX];
	unsigned n;
	unsigned macs_max; /* a longer list is refused */
	int broken;	   /* what all commands return */
} got;

static const uint8_t own[6] = {0x52, 0x54, 0, 0, 0, 1}, other[6] = {0x52, 0x54, 0, 0, 0, 2};
static const uint8_t group[6] = {0x01, 0, 0x5e, 0, 0, 1};

static int
take(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data, unsigned len)
{
	struct command *c = &got.command[got.n++];

	assert_true(got.n <= COMMANDS_MAX);
	*c = (struct command){.class = class, .command = command, .len = len};
	if (len > 0)
		memcpy(c->data, data, len);
	if (class == VIRTIO_NET_CTRL_MAC && command == VIRTIO_NET_CTRL_MAC_TABLE_SET &&
	    (len - 2 * sizeof(uint32_t)) / 6 > got.macs_max)
		return -EPERM;
	return got.broken;
}

static struct virtio_dev *
device(uint64_t features, enum virtio_state state)
{
	struct virtio_dev *dev = stand_in(features);

	memset(&got, 0, sizeof(got));
	got.macs_max = VIRTIO_MACS_MAX;
	stand_in_transport.ctrl = take;
	pthread_mutex_init(&dev->lock, NULL);
	dev->features = features;
	dev->modern = virtio_has(dev, VIRTIO_F_VERSION_1);
	dev->state = state;
	dev->nb_pairs = 1;
	dev->limits.has_mac = true;
	memcpy(dev->limits.mac, own, sizeof(own));
	memcpy(dev->eth.mac, own, sizeof(own));
	return dev;
}

static const struct command *
command(unsigned i, uint8_t class, uint8_t number)
{
	assert_true(i < got.n);
	assert_int_equal(got.command[i].class, class);
	assert_int_equal(got.command[i].command, number);
	return &got.command[i];
}

static void
modes_are_told_to_a_device_that_runs(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_RUNNING);

	assert_int_equal(virtio_filter_promiscuous(&dev->eth, true), 0);
	assert_int_equal(command(0, 0, VIRTIO_NET_CTRL_RX_PROMISC)->data[0], 1);
	assert_int_equal(virtio_filter_allmulticast(&dev->eth, false), 0);
	assert_int_equal(command(1, 0, VIRTIO_NET_CTRL_RX_ALLMULTI)->data[0], 0);
	got.broken = -EIO;
	assert_int_equal(virtio_filter_promiscuous(&dev->eth, true), -EIO);
}

static void
a_device_that_does_not_run_is_told_nothing_yet(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_HALTED);

	assert_int_equal(virtio_filter_promiscuous(&dev->eth, true), 0);
	assert_int_equal(virtio_filter_mac(&dev->eth, other, true), 0);
	assert_int_equal(virtio_filter_vlan(&dev->eth, 7, true), 0);
	assert_int_equal(virtio_filter_own_mac(&dev->eth, other), 0);
	assert_int_equal(got.n, 0);
}

static void
a_device_without_the_feature_cannot(void **state)
{
	struct virtio_dev *dev = device(VIRTIO_BIT(VIRTIO_F_VERSION_1), VIRTIO_RUNNING);

	assert_int_equal(virtio_filter_promiscuous(&dev->eth, true), -ENOTSUP);
	assert_int_equal(virtio_filter_allmulticast(&dev->eth, true), -ENOTSUP);
	assert_int_equal(virtio_filter_mac(&dev->eth, other, true), -ENOTSUP);
	assert_int_equal(virtio_filter_own_mac(&dev->eth, other), -ENOTSUP);
	assert_int_equal(virtio_filter_vlan(&dev->eth, 7, true), -ENOTSUP);
	assert_int_equal(virtio_rss_tell(&dev->eth), -ENOTSUP);
	assert_int_equal(got.n, 0);
	assert_int_equal(virtio_filter_restore(dev, NULL), 0);
	assert_int_equal(got.n, 0);
}

static void
the_list_of_addresses_goes_out_whole_unicast_first(void **state)
{
	static const uint8_t both[] = {1, 0, 0, 0, 0x52, 0x54, 0,    0, 0, 2,
				       1, 0, 0, 0, 0x01, 0,    0x5e, 0, 0, 1};
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_RUNNING);
	const struct command *c;

	assert_int_equal(virtio_filter_mac(&dev->eth, group, true), 0);
	assert_int_equal(virtio_filter_mac(&dev->eth, other, true), 0);
	c = command(1, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET);
	assert_int_equal(c->len, sizeof(both));
	assert_memory_equal(c->data, both, sizeof(both));
	assert_int_equal(virtio_filter_mac(&dev->eth, group, false), 0);
	assert_int_equal(command(2, VIRTIO_NET_CTRL_MAC, 0)->len, 2 * sizeof(uint32_t) + 6);
	assert_int_equal(virtio_filter_mac(&dev->eth, group, false), -ENOENT);
}

static void
a_list_too_long_makes_the_device_promiscuous_until_it_is_shorter(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_RUNNING);

	got.macs_max = 1;
	assert_int_equal(virtio_filter_mac(&dev->eth, other, true), 0);
	assert_int_equal(virtio_filter_mac(&dev->eth, group, true), 0);
	assert_true(dev->filter.overflow);
	assert_int_equal(got.n, 3);
	assert_int_equal(command(2, 0, VIRTIO_NET_CTRL_RX_PROMISC)->data[0], 1);
	/* Nobody turns it off meanwhile. */
	assert_int_equal(virtio_filter_promiscuous(&dev->eth, false), 0);
	assert_int_equal(command(3, 0, VIRTIO_NET_CTRL_RX_PROMISC)->data[0], 1);
	assert_int_equal(virtio_filter_mac(&dev->eth, group, false), 0);
	assert_false(dev->filter.overflow);
	assert_int_equal(command(5, 0, VIRTIO_NET_CTRL_RX_PROMISC)->data[0], 0);
	/* Unless the port was promiscuous to begin with. */
	dev->eth.promiscuous = true;
	assert_int_equal(virtio_filter_mac(&dev->eth, group, true), 0);
	assert_int_equal(virtio_filter_mac(&dev->eth, group, false), 0);
	assert_int_equal(command(9, 0, VIRTIO_NET_CTRL_RX_PROMISC)->data[0], 1);
	/* The next device has heard nothing of it. */
	dev->filter.overflow = true;
	dev->filter.nb_macs = 0;
	assert_int_equal(virtio_filter_restore(dev, NULL), 0);
	assert_false(dev->filter.overflow);
}

static void
an_address_that_could_not_be_told_is_not_on_the_list(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_RUNNING);

	got.broken = -EIO;
	assert_int_equal(virtio_filter_mac(&dev->eth, other, true), -EIO);
	assert_int_equal(dev->filter.nb_macs, 0);
}

static void
the_own_address_goes_by_command_or_into_a_legacy_configuration(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_RUNNING);

	assert_int_equal(virtio_filter_own_mac(&dev->eth, other), 0);
	assert_memory_equal(command(0, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET)->data,
			    other, sizeof(other));
	dev = device(VIRTIO_BIT(VIRTIO_NET_F_MAC), VIRTIO_RUNNING);
	assert_int_equal(virtio_filter_own_mac(&dev->eth, other), 0);
	assert_int_equal(got.n, 0);
	assert_memory_equal(it.config, other, sizeof(other));
}

static void
everything_is_told_again_after_a_start(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_STOPPED);
	unsigned i = 0;

	assert_int_equal(virtio_filter_mac(&dev->eth, other, true), 0);
	assert_int_equal(virtio_filter_vlan(&dev->eth, 4094, true), 0);
	assert_int_equal(virtio_filter_vlan(&dev->eth, 5, true), 0);
	assert_int_equal(virtio_filter_vlan(&dev->eth, 5, false), 0);
	memcpy(dev->eth.mac, other, sizeof(other));
	dev->eth.allmulticast = true;
	dev->nb_pairs = 3;
	dev->state = VIRTIO_RUNNING;
	assert_int_equal(virtio_filter_restore(dev, NULL), 0);
	assert_int_equal(plx_load_le16(command(i++, VIRTIO_NET_CTRL_MQ, 0)->data), 3);
	assert_memory_equal(command(i++, VIRTIO_NET_CTRL_MAC, 1)->data, other, sizeof(other));
	assert_int_equal(plx_load_le16(command(i++, VIRTIO_NET_CTRL_VLAN, 0)->data), 4094);
	assert_int_equal(command(i++, 0, VIRTIO_NET_CTRL_RX_PROMISC)->data[0], 0);
	assert_int_equal(command(i++, 0, VIRTIO_NET_CTRL_RX_ALLMULTI)->data[0], 1);
	assert_int_equal(command(i++, VIRTIO_NET_CTRL_MAC, 0)->len, 2 * sizeof(uint32_t) + 6);
	assert_int_equal(got.n, i);
}

static void
pairs_that_are_refused_are_an_error_filters_are_not(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL, VIRTIO_RUNNING);
	struct plx_why why;

	got.broken = -EPERM;
	assert_int_equal(virtio_filter_restore(dev, NULL), 0);
	dev->nb_pairs = 2;
	assert_int_equal(virtio_filter_restore(dev, &why), -EPERM);
	assert_non_null(strstr(why.text, "2 queue pairs"));
}

static void
a_table_of_queues_goes_out_as_the_specification_has_it(void **state)
{
	struct virtio_dev *dev = device(CTRL_ALL | VIRTIO_BIT(VIRTIO_NET_F_RSS), VIRTIO_RUNNING);
	struct plx_ethdev_rss *rss = &dev->eth.rss;
	const unsigned size = 128;
	const struct command *c;

	dev->nb_pairs = 4;
	dev->limits.rss_table_size = (uint16_t)size;
	dev->limits.rss_key_size = 40;
	dev->limits.hash_types = VIRTIO_NET_HASH_IPV4 | VIRTIO_NET_HASH_TCPV4;
	assert_int_equal(virtio_rss_types(dev), PLX_ETH_RSS_IPV4 | PLX_ETH_RSS_TCP);
	rss->types = PLX_ETH_RSS_TCP;
	for (unsigned i = 0; i < size; i++)
		rss->reta[i] = (uint16_t)(3 - i % 4);
	memset(rss->key, 0x6d, sizeof(rss->key));
	assert_int_equal(virtio_rss_tell(&dev->eth), 0);
	c = command(0, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS);
	assert_int_equal(c->len, 4 + 2 + 2 + 2 * size + 2 + 1 + 40);
	assert_int_equal(plx_load_le32(c->data), VIRTIO_NET_HASH_TCPV4);
	assert_int_equal(plx_load_le16(c->data + 4), size - 1);
	assert_int_equal(plx_load_le16(c->data + 6), 3);
	assert_int_equal(plx_load_le16(c->data + 8 + 2 * 127), 0);
	assert_int_equal(plx_load_le16(c->data + 8 + 2 * size), 4);
	assert_int_equal(c->data[10 + 2 * size], 40);
	assert_memory_equal(c->data + 11 + 2 * size, rss->key, 40);
}

/* Without RSS: nothing is spread by it, so a refusal costs no more than the hash. */
static void
hashes_to_report_go_out_without_a_table(void **state)
{
	struct virtio_dev *dev =
		device(CTRL_ALL | VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT), VIRTIO_RUNNING);
	static const uint8_t reserved[8];
	const struct command *c;

	dev->limits.rss_key_size = 40;
	dev->limits.hash_types = VIRTIO_NET_HASH_IPV4 | VIRTIO_NET_HASH_UDPV6;
	dev->eth.rss.types = PLX_ETH_RSS_UDP | PLX_ETH_RSS_TCP;
	memset(dev->eth.rss.key, 0x6d, sizeof(dev->eth.rss.key));
	assert_int_equal(virtio_rss_tell(&dev->eth), 0);
	c = command(0, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH);
	assert_int_equal(c->len, 4 + 8 + 1 + 40);
	assert_int_equal(plx_load_le32(c->data), VIRTIO_NET_HASH_UDPV6);
	assert_memory_equal(c->data + 4, reserved, sizeof(reserved));
	assert_int_equal(c->data[12], 40);
	assert_memory_equal(c->data + 13, dev->eth.rss.key, 40);
	got.n = 0;
	assert_int_equal(virtio_filter_restore(dev, NULL), 0);
	command(0, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_HASH);
	got.broken = -EPERM;
	assert_int_equal(virtio_filter_restore(dev, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_are_told_to_a_device_that_runs),
		cmocka_unit_test(a_device_that_does_not_run_is_told_nothing_yet),
		cmocka_unit_test(a_device_without_the_feature_cannot),
		cmocka_unit_test(the_list_of_addresses_goes_out_whole_unicast_first),
		cmocka_unit_test(a_list_too_long_makes_the_device_promiscuous_until_it_is_shorter),
		cmocka_unit_test(an_address_that_could_not_be_told_is_not_on_the_list),
		cmocka_unit_test(the_own_address_goes_by_command_or_into_a_legacy_configuration),
		cmocka_unit_test(everything_is_told_again_after_a_start),
		cmocka_unit_test(pairs_that_are_refused_are_an_error_filters_are_not),
		cmocka_unit_test(a_table_of_queues_goes_out_as_the_specification_has_it),
		cmocka_unit_test(hashes_to_report_go_out_without_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
