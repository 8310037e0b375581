/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's life on a device that lives in the test: what is agreed, restarts, filters, what devices do wrong. */
#include "fake_port.h"

#include "patience.h"
#include "plx_ethdev.h"
#include "virtio.h"

#define BIT(feature) VIRTIO_BIT(VIRTIO_##feature)

static const struct vfake_options modern = {.features = VFAKE_MODERN, .vectors = 4};
static const uint8_t other[6] = {0x52, 0x54, 0, 0, 0, 2}, group[6] = {0x01, 0, 0x5e, 0, 0, 1};

static struct plx_ethdev_info
info(void)
{
	struct plx_ethdev_info now;

	assert_int_equal(plx_ethdev_info(port, &now), 0);
	return now;
}

static bool
agreed(unsigned feature)
{
	return (vfake_state(fake).features & VIRTIO_BIT(feature)) != 0;
}

static uint64_t
counter(const char *name)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++)
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	fail_msg("no counter %s", name);
	return 0;
}

/* Nothing against the specification, and every packet accounted for. */
static void
drop_clean_port(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
	assert_string_equal(vfake_violations(fake), "");
	drop_port();
}

/* -- life -------------------------------------------------------------------------------------------------------------- */

static void
every_kind_of_device_carries_packets_both_ways_and_again_after_a_restart(void **state)
{
	for (unsigned i = 0; i < NB_FLAVOURS; i++) {
		make_port(&flavours[i].options);
		both_ways(10);
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_int_equal(vfake_state(fake).status, 0);
		must(plx_ethdev_start(port, &why));
		both_ways(10);
		assert_int_equal(plx_ethdev_close(port), 0);
		must(start(1, NULL));
		both_ways(10);
		drop_clean_port();
	}
}

static void
offloads_are_agreed_on_when_they_are_asked_for(void **state)
{
	const struct plx_ethdev_conf all = {.rx_offloads = PLX_ETH_RX_OFFLOAD_TCP_CSUM |
							   PLX_ETH_RX_OFFLOAD_VLAN_FILTER |
							   PLX_ETH_RX_OFFLOAD_SCATTER,
					    .tx_offloads = PLX_ETH_TX_OFFLOAD_TCP_TSO};

	make_port(&modern);
	assert_false(agreed(VIRTIO_NET_F_CSUM) || agreed(VIRTIO_NET_F_GUEST_CSUM) ||
		     agreed(VIRTIO_NET_F_HOST_TSO4) || agreed(VIRTIO_NET_F_CTRL_VLAN));
	assert_false(agreed(VIRTIO_NET_F_MRG_RXBUF));
	assert_true(agreed(VIRTIO_F_ACCESS_PLATFORM));
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(start(1, &all));
	assert_true(agreed(VIRTIO_NET_F_CSUM) && agreed(VIRTIO_NET_F_GUEST_CSUM) &&
		    agreed(VIRTIO_NET_F_HOST_TSO4) && agreed(VIRTIO_NET_F_CTRL_VLAN) &&
		    agreed(VIRTIO_NET_F_MRG_RXBUF));
	both_ways(3);
	drop_clean_port();
}

static void
a_port_offers_what_its_device_can(void **state)
{
	const struct plx_ethdev_conf large = {.rx_offloads = PLX_ETH_RX_OFFLOAD_LRO};
	struct vfake_options plain = {.features = BIT(F_VERSION_1) | BIT(F_ACCESS_PLATFORM)};

	make_device(&plain);
	must(attach(FAKE_DEVICE));
	/* What the driver does by itself. */
	assert_int_equal(info().rx_offloads_capable, PLX_ETH_RX_OFFLOAD_VLAN_STRIP);
	assert_int_equal(info().tx_offloads_capable, PLX_ETH_TX_OFFLOAD_MULTI_SEGS |
							     PLX_ETH_TX_OFFLOAD_VLAN_INSERT |
							     PLX_ETH_TX_OFFLOAD_IPV4_CSUM);
	assert_int_equal(info().max_rx_queues, 1);
	assert_int_equal(info().max_mac_addrs, 1);
	assert_int_equal(plx_ethdev_set_promiscuous(port, true), -ENOTSUP);
	drop_port();
	plain.features = VFAKE_MODERN | BIT(NET_F_GUEST_TSO4) | BIT(NET_F_GUEST_TSO6);
	make_device(&plain);
	must(attach(FAKE_DEVICE));
	assert_true((info().rx_offloads_capable & PLX_ETH_RX_OFFLOAD_LRO) != 0);
	/* Such packets are chains. */
	must(start(1, &large));
	assert_int_equal(info().rx_offloads, PLX_ETH_RX_OFFLOAD_LRO | PLX_ETH_RX_OFFLOAD_SCATTER);
	assert_true(agreed(VIRTIO_NET_F_GUEST_TSO4) && agreed(VIRTIO_NET_F_GUEST_CSUM));
	drop_port();
	/* Large packets need mergeable buffers. */
	make_device(&plain);
	must(attach(FAKE_DEVICE ",mrg_rxbuf=0"));
	assert_int_equal(info().rx_offloads_capable &
				 (PLX_ETH_RX_OFFLOAD_LRO | PLX_ETH_RX_OFFLOAD_SCATTER),
			 0);
	drop_port();
}

static void
arguments_choose_among_what_is_offered(void **state)
{
	const struct vfake_options rich = {.kind = VFAKE_KIND_TRANSITIONAL,
					   .features = VFAKE_MODERN_PACKED | BIT(F_IN_ORDER),
					   .pairs = 4};

	make_device(&rich);
	must(attach(FAKE_DEVICE));
	must(start(2, NULL));
	assert_string_equal(info().mode, "modern PCI, packed ring, in order, translated addresses, "
					 "multi-queue");
	assert_int_equal(info().max_rx_queues, 4);
	drop_port();
	make_device(&rich);
	must(attach(FAKE_DEVICE
		    ",packed_vq=0,in_order=0,queues=2,queue_size=64,speed=40000,mtu=1400,"
		    "mac=52:54:00:00:00:02"));
	must(start(1, NULL));
	assert_false(agreed(VIRTIO_F_RING_PACKED) || agreed(VIRTIO_F_IN_ORDER) ||
		     agreed(VIRTIO_F_EVENT_IDX));
	assert_int_equal(info().max_rx_queues, 2);
	assert_int_equal(info().rx_desc_default, 64);
	assert_memory_equal(vfake_state(fake).mac, other, sizeof(other));
	drop_port();
	make_device(&rich);
	must(attach(FAKE_DEVICE ",legacy=1"));
	assert_non_null(strstr(info().mode, "legacy PCI, split ring"));
	drop_port();
}

static void
arguments_that_make_no_sense_are_refused_by_name(void **state)
{
	static const struct {
		const char *args, *word;
	} rows[] = {
		{",queues=0", "queues"},
		{",queues=65", "queues"},
		{",queue_size=16", "queue_size"},
		{",mtu=67", "mtu"},
		{",mtu=9000", "mtu=9000: the device takes 1500"},
		{",iova=both", "iova"},
		{",mac=01:00:5e:00:00:01", "mac"},
		{",packed=1", "packed"},
		{",legacy=1", "no legacy interface"},
	};
	const struct vfake_options told = {.features = VFAKE_MODERN | BIT(NET_F_MTU)};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		char devargs[128];

		make_device(&told);
		snprintf(devargs, sizeof(devargs), FAKE_DEVICE "%s", rows[i].args);
		assert_true(attach(devargs) < 0);
		if (strstr(why.text, rows[i].word) == NULL)
			fail_msg("%s: %s", rows[i].args, why.text);
		drop_port();
	}
}

static void
legacy_queues_are_as_long_as_the_device_says(void **state)
{
	const struct vfake_options legacy = {
		.kind = VFAKE_KIND_LEGACY, .features = VFAKE_LEGACY, .queue_size = 128};

	make_port(&legacy);
	assert_int_equal(info().rx_desc_min, 128);
	assert_int_equal(info().rx_desc_max, 128);
	assert_int_equal(vfake_state(fake).queue[0].size, 128);
	both_ways(3);
	drop_clean_port();
}

static void
frames_must_fit_a_buffer_or_be_spread_over_several(void **state)
{
	const struct plx_ethdev_conf scatter = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER,
						.mtu = 9000};
	const struct plx_ethdev_conf whole = {.mtu = 9000};
	const struct vfake_options big = {.features = VFAKE_MODERN | BIT(NET_F_MTU), .mtu = 9000};

	make_device(&big);
	must(attach(FAKE_DEVICE));
	assert_int_equal(info().max_mtu, 9000);
	assert_int_equal(start(1, &whole), -EINVAL);
	assert_non_null(strstr(why.text, "scatter"));
	must(start(1, &scatter));
	assert_int_equal(plx_ethdev_set_mtu(port, 9001, &why), -EINVAL);
	both_ways(2);
	drop_clean_port();
	/* To the byte: an Ethernet header and two tags go with it. */
	make_device(&big);
	must(attach(FAKE_DEVICE));
	must(start(1, NULL));
	must(plx_ethdev_set_mtu(port, (uint16_t)(pool->buf_size - pool->headroom - 22), &why));
	assert_int_equal(
		plx_ethdev_set_mtu(port, (uint16_t)(pool->buf_size - pool->headroom - 21), &why),
		-EINVAL);
	drop_clean_port();
}

/* -- queues -------------------------------------------------------------------------------------------------------------- */

static void
as_many_pairs_are_used_as_are_configured(void **state)
{
	const struct vfake_options many = {.features = VFAKE_MODERN, .pairs = 4, .vectors = 16};

	make_device(&many);
	must(attach(FAKE_DEVICE));
	must(start(3, NULL));
	assert_int_equal(vfake_state(fake).pairs, 3);
	assert_true(vfake_state(fake).queue[8].enabled); /* control: behind all that there are */
	assert_false(vfake_state(fake).queue[6].enabled);
	both_ways(3);
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(start(1, NULL));
	assert_int_equal(vfake_state(fake).pairs, 1);
	both_ways(3);
	drop_clean_port();
}

static void
more_tx_than_rx_queues_need_a_table(void **state)
{
	struct vfake_options many = {.features = VFAKE_MODERN, .pairs = 4};

	make_device(&many);
	must(attach(FAKE_DEVICE));
	assert_int_equal(plx_ethdev_configure(port, 1, 2, NULL, &why), -EINVAL);
	assert_non_null(strstr(why.text, "as many of both"));
	must(plx_ethdev_configure(port, 0, 2, NULL, &why));
	must(plx_ethdev_configure(port, 2, 1, NULL, &why));
	drop_port();
	many.features |= BIT(NET_F_RSS);
	make_device(&many);
	must(attach(FAKE_DEVICE));
	must(plx_ethdev_configure(port, 2, 4, NULL, &why));
	drop_port();
}

static void
the_table_of_queues_is_the_devices(void **state)
{
	const struct vfake_options rss = {
		.features = VFAKE_MODERN | BIT(NET_F_RSS), .pairs = 4, .vectors = 16};
	uint16_t table[VFAKE_RSS_TABLE];

	make_device(&rss);
	must(attach(FAKE_DEVICE));
	assert_int_equal(info().reta_size, VFAKE_RSS_TABLE);
	must(start(4, NULL));
	assert_true(vfake_state(fake).rss);
	assert_int_equal(vfake_state(fake).rss_table[5], 1);
	for (unsigned i = 0; i < VFAKE_RSS_TABLE; i++)
		table[i] = 2;
	assert_int_equal(plx_ethdev_set_reta(port, table, VFAKE_RSS_TABLE), 0);
	assert_int_equal(vfake_state(fake).rss_table[5], 2);
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(plx_ethdev_start(port, &why));
	assert_int_equal(vfake_state(fake).rss_table[127], 2);
	drop_clean_port();
}

/* -- filters --------------------------------------------------------------------------------------------------------------- */

static void
check_filters(void)
{
	const struct vfake_state now = vfake_state(fake);

	assert_true(now.promisc);
	assert_true(now.allmulti);
	assert_int_equal(now.nb_multicast, 1);
	assert_memory_equal(now.macs[0], group, sizeof(group));
	assert_memory_equal(now.mac, other, sizeof(other));
	assert_int_equal(now.vlans[5 / 8], 1 << 5 % 8);
}

static void
filters_are_kept_over_a_restart(void **state)
{
	const struct plx_ethdev_conf vlans = {.rx_offloads = PLX_ETH_RX_OFFLOAD_VLAN_FILTER};

	make_device(&modern);
	must(attach(FAKE_DEVICE));
	assert_int_equal(plx_ethdev_set_promiscuous(port, true), 0);
	must(start(1, &vlans));
	assert_int_equal(plx_ethdev_set_allmulticast(port, true), 0);
	assert_int_equal(plx_ethdev_mac_add(port, group), 0);
	assert_int_equal(plx_ethdev_set_mac(port, other), 0);
	assert_int_equal(plx_ethdev_set_vlan_filter(port, 5, true), 0);
	check_filters();
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(plx_ethdev_start(port, &why));
	check_filters();
	assert_int_equal(plx_ethdev_set_promiscuous(port, false), 0);
	assert_false(vfake_state(fake).promisc);
	drop_clean_port();
}

static void
a_device_begins_as_the_port_is_and_not_promiscuous(void **state)
{
	make_port(&modern);
	assert_false(vfake_state(fake).promisc);
	assert_false(vfake_state(fake).allmulti);
	drop_clean_port();
}

static void
a_control_queue_that_is_silent_costs_one_wait_and_nothing_else(void **state)
{
	const unsigned usual_ms = virtio_wait_ms;
	uint64_t before;

	make_device(&modern);
	must(attach(FAKE_DEVICE));
	vfake_faults(fake)->ctrl_silent = true;
	before = now_ms();
	must(start(1, NULL));
	assert_true(now_ms() - before < PATIENCE_MS);
	both_ways(5);
	virtio_wait_ms = 2 * PATIENCE_MS;
	before = now_ms();
	assert_int_equal(plx_ethdev_set_promiscuous(port, true), -EIO);
	assert_true(now_ms() - before < PATIENCE_MS);
	virtio_wait_ms = usual_ms;
	assert_int_equal(counter("broken_queues"), 1);
	/* A device that is started anew is asked anew. */
	vfake_faults(fake)->ctrl_silent = false;
	assert_int_equal(plx_ethdev_stop(port), 0);
	must(plx_ethdev_start(port, &why));
	assert_int_equal(plx_ethdev_set_promiscuous(port, true), 0);
	drop_port();
}

/* -- devices that do wrong ---------------------------------------------------------------------------------------------------- */

static void
a_device_that_is_none_is_refused_with_a_reason(void **state)
{
	static const struct {
		struct vfake_faults faults;
		const char *word;
	} rows[] = {
		{{.dead = true}, "all ones"},
		{{.reset_stuck = true}, "reset"},
		{{.features_refused = true}, "refuses the features"},
		{{.restless = -1}, "changes all the time"},
		{{.queue_size_lies = true, .queue_size = 0}, "no virtqueue 0"},
		{{.queue_size_lies = true, .queue_size = 65535}, "65535 descriptors"},
		{{.num_queues_lies = true, .num_queues = 1}, "no virtqueue 1"},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		make_device(&modern);
		*vfake_faults(fake) = rows[i].faults;
		assert_true(attach(FAKE_DEVICE) < 0);
		if (strstr(why.text, rows[i].word) == NULL)
			fail_msg("%u: %s", i, why.text);
		drop_port();
	}
}

static void
a_device_that_cannot_be_started_leaves_a_port_that_can_be_tried_again(void **state)
{
	static const struct {
		struct vfake_faults faults;
		const char *word;
	} rows[] = {
		{{.features_refused = true}, "refuses the features"},
		{{.notify_off_lies = true, .notify_off = 0xffff}, "doorbell"},
		{{.dies_after = 20}, "the device"},
		{{.queue_size_lies = true, .queue_size = 8}, "does not take a size of 64"},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		make_port(&modern);
		assert_int_equal(plx_ethdev_stop(port), 0);
		*vfake_faults(fake) = rows[i].faults;
		assert_true(plx_ethdev_start(port, &why) < 0);
		if (strstr(why.text, rows[i].word) == NULL)
			fail_msg("%u: %s", i, why.text);
		*vfake_faults(fake) = (struct vfake_faults){0};
		must(plx_ethdev_start(port, &why));
		both_ways(3);
		drop_port();
	}
}

/* PCI 3.0, 6.2.2: the command register. */
static bool
masters_the_bus(void)
{
	return (vfake_config_space(fake)[4] & 4) != 0;
}

static void
a_reset_that_hangs_at_a_stop_gives_the_buffers_back_by_force(void **state)
{
	make_port(&modern);
	both_ways(3);
	assert_true(masters_the_bus());
	vfake_faults(fake)->reset_stuck = true;
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_false(masters_the_bus());
	assert_int_equal(plx_ethdev_close(port), 0);
	pool_is_whole();
	vfake_faults(fake)->reset_stuck = false;
	must(start(1, NULL));
	both_ways(3);
	drop_port();
}

static void
a_device_that_vanishes_leaves_no_buffer_behind(void **state)
{
	make_port(&modern);
	both_ways(3);
	vfake_faults(fake)->dead = true;
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_ethdev_close(port), 0);
	pool_is_whole();
	drop_port();
}

static void
a_port_that_was_reset_can_be_used_again(void **state)
{
	make_port(&modern);
	both_ways(3);
	must(plx_ethdev_reset(port, &why));
	must(start(1, NULL));
	both_ways(3);
	drop_clean_port();
}

/* Receives while there is no buffer to put in. */
static void
starve(void)
{
	static uint32_t numbers[FAKE_BUFS];
	struct plx_mbuf *pkts[FAKE_DESCS];
	unsigned n = 0;

	while (plx_pool_get_bulk(pool, &numbers[n], 1))
		n++;
	put(0, FAKE_DESCS / 2);
	assert_int_equal(plx_ethdev_rx_burst(port, 0, pkts, FAKE_DESCS), FAKE_DESCS / 2);
	plx_mbuf_free_bulk(pkts, FAKE_DESCS / 2);
	plx_pool_put_bulk(pool, numbers, n);
}

static void
forget_bytes(void *addr, void *arg)
{
}

/* Bytes that no zone has: the device is given a copy. */
static void
send_from_afar(void)
{
	static uint8_t bytes[FRAME_LEN];
	static struct plx_mbuf_external external = {.release = forget_bytes};
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	assert_non_null(m);
	assert_int_equal(plx_mbuf_attach_external(m, bytes, sizeof(bytes), &external), 0);
	assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
}

static void
the_books_outlive_the_queues(void **state)
{
	const struct vfake_used nonsense = {.queue = 0, .id = 9999, .len = 100, .times = 1};
	uint64_t rung;

	make_port(&modern);
	both_ways(5);
	rung = counter("notifications");
	assert_true(rung >= 5);
	assert_true(counter("ctrl_commands") >= 2);
	assert_int_equal(counter("rx_starved") + counter("violations"), 0);
	starve();
	assert_true(counter("rx_starved") > 0);
	both_ways(5);
	send_from_afar();
	assert_int_equal(counter("tx_copied"), 1);
	rung = counter("notifications");
	vfake_use(fake, &nonsense);
	receive_all();
	assert_int_equal(counter("violations"), 1);
	assert_int_equal(counter("broken_queues"), 1);
	assert_int_equal(plx_ethdev_close(port), 0);
	assert_true(counter("notifications") >= rung);
	assert_true(counter("rx_starved") > 0);
	assert_int_equal(counter("violations"), 1);
	assert_int_equal(counter("broken_queues"), 0);
	drop_port();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_kind_of_device_carries_packets_both_ways_and_again_after_a_restart),
		cmocka_unit_test(offloads_are_agreed_on_when_they_are_asked_for),
		cmocka_unit_test(a_port_offers_what_its_device_can),
		cmocka_unit_test(arguments_choose_among_what_is_offered),
		cmocka_unit_test(arguments_that_make_no_sense_are_refused_by_name),
		cmocka_unit_test(legacy_queues_are_as_long_as_the_device_says),
		cmocka_unit_test(frames_must_fit_a_buffer_or_be_spread_over_several),
		cmocka_unit_test(as_many_pairs_are_used_as_are_configured),
		cmocka_unit_test(more_tx_than_rx_queues_need_a_table),
		cmocka_unit_test(the_table_of_queues_is_the_devices),
		cmocka_unit_test(filters_are_kept_over_a_restart),
		cmocka_unit_test(a_device_begins_as_the_port_is_and_not_promiscuous),
		cmocka_unit_test(a_control_queue_that_is_silent_costs_one_wait_and_nothing_else),
		cmocka_unit_test(a_device_that_is_none_is_refused_with_a_reason),
		cmocka_unit_test(
			a_device_that_cannot_be_started_leaves_a_port_that_can_be_tried_again),
		cmocka_unit_test(a_reset_that_hangs_at_a_stop_gives_the_buffers_back_by_force),
		cmocka_unit_test(a_device_that_vanishes_leaves_no_buffer_behind),
		cmocka_unit_test(a_port_that_was_reset_can_be_used_again),
		cmocka_unit_test(the_books_outlive_the_queues),
	};

	return cmocka_run_group_tests(tests, fake_port_setup, fake_port_teardown);
}
