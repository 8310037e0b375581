/* SPDX-License-Identifier: BSD-3-Clause */
/* What the driver and a sound device say to each other: the order of the beginning, doorbells, checksums, queues, news. */
#include "fake_port.h"

#include "patience.h"
#include "plx_byteorder.h"

#define HEADERS	 42 /* Ethernet, IPv4, UDP */
#define BURST	 32
#define CSUM_OFF 6 /* in a UDP header */
#define L4_AT	 34
#define FLOWS	 64
#define ALL_ONES 0xffff

/* -- the beginning (3.1.1) ---------------------------------------------------------------------------------------- */

static bool
is_status(const struct vfake_access *access, bool write, uint8_t value)
{
	return access->area == VFAKE_COMMON && access->off == VIRTIO_COMMON_STATUS &&
	       access->write == write && access->value == value;
}

/* The first access from *i on that is one of the status; *i goes behind it. */
static void
find_status(unsigned *i, bool write, uint8_t value)
{
	struct vfake_access access;

	while (vfake_access_at(fake, (*i)++, &access))
		if (is_status(&access, write, value))
			return;
	fail_msg("status 0x%02x is not %s where it should be", value, write ? "written" : "read");
}

static void
a_device_is_set_up_in_the_order_of_the_specification(void **state)
{
	const uint8_t seen = VIRTIO_STATUS_ACKNOWLEDGE, driver = seen | VIRTIO_STATUS_DRIVER,
		      agreed = driver | VIRTIO_STATUS_FEATURES_OK,
		      ok = agreed | VIRTIO_STATUS_DRIVER_OK;

	for (unsigned k = 0; k < 2; k++) {
		struct vfake_access access;
		unsigned i = 0, first_bell = 0;

		make_device(&flavours[k].options);
		must(attach(FAKE_DEVICE));
		vfake_forget(fake);
		must(start(1, NULL));
		both_ways(1);
		find_status(&i, true, 0);
		find_status(&i, false, 0);
		find_status(&i, true, seen);
		find_status(&i, true, driver);
		find_status(&i, true, agreed);
		find_status(&i, false, agreed);
		find_status(&i, true, ok);
		while (vfake_access_at(fake, first_bell, &access) && access.area != VFAKE_NOTIFY)
			first_bell++;
		assert_true(first_bell >= i);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

/* -- doorbells ---------------------------------------------------------------------------------------------------------- */

static unsigned
send_burst(void)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t taken;

	for (unsigned i = 0; i < BURST; i++) {
		pkts[i] = plx_mbuf_alloc(pool);
		assert_non_null(pkts[i]);
		memset(plx_mbuf_append(pkts[i], FRAME_LEN), 0xff, FRAME_LEN);
	}
	taken = plx_ethdev_tx_burst(port, 0, pkts, BURST);
	plx_mbuf_free_bulk(pkts + taken, BURST - taken);
	return taken;
}

static void
a_burst_rings_once_and_not_at_all_when_the_device_polls(void **state)
{
	for (unsigned k = 0; k < NB_FLAVOURS; k++) {
		for (unsigned polls = 0; polls < 2; polls++) {
			struct vfake_options options = flavours[k].options;
			uint64_t before;

			options.polls = polls != 0;
			make_port(&options);
			before = vfake_state(fake).queue[1].notifications;
			assert_int_equal(send_burst(), BURST);
			if (vfake_state(fake).queue[1].notifications - before != (polls ? 0 : 1))
				fail_msg("%s, polls %u: %u bells", flavours[k].name, polls,
					 (unsigned)(vfake_state(fake).queue[1].notifications -
						    before));
			drop_port();
		}
	}
}

static void
doorbells_tell_where_the_ring_ends_if_asked(void **state)
{
	for (unsigned k = 0; k < 2; k++) {
		struct vfake_options options = flavours[k].options;

		options.features |= VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA);
		make_port(&options);
		assert_true((vfake_state(fake).features & VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA)) !=
			    0);
		both_ways(3 * FAKE_DESCS);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

/* -- checksums ---------------------------------------------------------------------------------------------------------- */

static void
make_udp(uint8_t frame[FRAME_LEN], uint16_t source)
{
	memset(frame, 0, FRAME_LEN);
	memset(frame, 0xff, 6);
	plx_store_be16(frame + 12, 0x0800);
	frame[14] = 0x45;
	plx_store_be16(frame + 16, FRAME_LEN - 14);
	frame[23] = 17;
	plx_store_be16(frame + L4_AT, source);
	plx_store_be16(frame + L4_AT + 2, 9);
	plx_store_be16(frame + L4_AT + 4, FRAME_LEN - L4_AT);
}

static void
checksums_are_left_to_the_device_in_its_words(void **state)
{
	const struct plx_ethdev_conf conf = {.tx_offloads = PLX_ETH_TX_OFFLOAD_UDP_CSUM};

	for (unsigned k = 0; k < 3; k++) {
		struct virtio_net_hdr_full header;
		uint8_t frame[FRAME_LEN];
		struct plx_mbuf *m;

		make_device(&flavours[k].options);
		must(attach(FAKE_DEVICE));
		must(start(1, &conf));
		m = plx_mbuf_alloc(pool);
		make_udp(frame, 1);
		memcpy(plx_mbuf_append(m, FRAME_LEN), frame, FRAME_LEN);
		m->l2_len = 14;
		m->l3_len = 20;
		m->ol_flags |= PLX_MBUF_TX_UDP_CSUM | PLX_MBUF_TX_IPV4;
		assert_int_equal(plx_ethdev_tx_burst(port, 0, &m, 1), 1);
		assert_int_equal(vfake_take(fake, 0, frame, sizeof(frame), &header), FRAME_LEN);
		assert_int_equal(header.flags, VIRTIO_NET_HDR_NEEDS_CSUM);
		assert_int_equal(header.csum_start, L4_AT);
		assert_int_equal(header.csum_offset, CSUM_OFF);
		assert_int_equal(header.gso_type, VIRTIO_NET_GSO_NONE);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

/* Receives one frame with that header; its flags, or all ones if it does not come. */
static uint32_t
flags_of(const struct virtio_net_hdr_full *header)
{
	uint8_t frame[FRAME_LEN];
	struct plx_mbuf *m;
	uint32_t flags;

	make_udp(frame, 1);
	assert_int_equal(vfake_put_raw(fake, 0, header, frame, sizeof(frame)), 0);
	if (plx_ethdev_rx_burst(port, 0, &m, 1) == 0)
		return UINT32_MAX;
	flags = m->ol_flags;
	plx_mbuf_free(m);
	return flags;
}

static void
checksums_of_the_device_are_believed_as_far_as_they_make_sense(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_UDP_CSUM |
							    PLX_ETH_RX_OFFLOAD_TCP_CSUM};
	const struct virtio_net_hdr_full unfinished = {.flags = VIRTIO_NET_HDR_NEEDS_CSUM,
						       .csum_start = L4_AT,
						       .csum_offset = CSUM_OFF},
					 valid = {.flags = VIRTIO_NET_HDR_DATA_VALID},
					 outside = {.flags = VIRTIO_NET_HDR_NEEDS_CSUM,
						    .csum_start = FRAME_LEN,
						    .csum_offset = CSUM_OFF},
					 around = {.flags = VIRTIO_NET_HDR_NEEDS_CSUM,
						   .csum_start = ALL_ONES,
						   .csum_offset = 2},
					 large = {.gso_type = VIRTIO_NET_GSO_TCPV4,
						  .gso_size = 1000};
	struct plx_ethdev_stats stats;

	for (unsigned k = 0; k < 3; k++) {
		make_device(&flavours[k].options);
		must(attach(FAKE_DEVICE));
		must(start(1, &conf));
		assert_true(flags_of(&unfinished) & PLX_MBUF_RX_L4_CSUM_NONE);
		assert_true(flags_of(&valid) & PLX_MBUF_RX_L4_CSUM_GOOD);
		assert_int_equal(flags_of(&outside), UINT32_MAX);
		assert_int_equal(flags_of(&around), UINT32_MAX);
		assert_int_equal(flags_of(&large), UINT32_MAX);
		assert_int_equal(plx_ethdev_stats(port, &stats), 0);
		assert_int_equal(stats.rx_errors, 3);
		both_ways(2);
		drop_port();
	}
}

/* -- queues and news ------------------------------------------------------------------------------------------------------ */

static void
flows_go_to_the_queues_that_the_device_was_told(void **state)
{
	struct vfake_options options = flavours[1].options;
	unsigned received[2] = {0, 0};
	struct vfake_state told;

	options.pairs = 4;
	options.vectors = 10;
	options.features |= VIRTIO_BIT(VIRTIO_NET_F_RSS) | VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT);
	make_device(&options);
	must(attach(FAKE_DEVICE));
	must(start(2, NULL));
	told = vfake_state(fake);
	assert_int_equal(told.pairs, 2);
	assert_true(told.rss);
	for (uint16_t flow = 0; flow < FLOWS; flow++) {
		uint8_t frame[FRAME_LEN];

		make_udp(frame, flow);
		assert_int_equal(vfake_put(fake, VFAKE_ANY, frame, sizeof(frame)), 0);
		for (uint16_t i = 0; i < 2; i++) {
			struct plx_mbuf *m;

			if (plx_ethdev_rx_burst(port, i, &m, 1) == 0)
				continue;
			assert_int_equal(m->queue, i);
			received[i]++;
			plx_mbuf_free(m);
		}
	}
	assert_int_equal(received[0] + received[1], FLOWS);
	assert_true(received[0] > 0 && received[1] > 0);
	assert_string_equal(vfake_violations(fake), "");
	drop_port();
}

/* With and without a table to spread by. */
static void
a_hash_is_reported_to_who_asks_for_it(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_RSS_HASH};
	static const uint64_t more[] = {0, VIRTIO_BIT(VIRTIO_NET_F_RSS)};

	for (unsigned k = 0; k < 4; k++) {
		struct vfake_options options = flavours[k % 2].options;
		uint32_t hash[2] = {0, 0};

		options.features |= VIRTIO_BIT(VIRTIO_NET_F_HASH_REPORT) | more[k / 2];
		make_device(&options);
		must(attach(FAKE_DEVICE));
		must(start(1, &conf));
		assert_true(k < 2 ? vfake_state(fake).hash_report : vfake_state(fake).rss);
		for (uint16_t flow = 0; flow < 2; flow++) {
			uint8_t frame[FRAME_LEN];
			struct plx_mbuf *m;

			make_udp(frame, flow);
			assert_int_equal(vfake_put(fake, VFAKE_ANY, frame, sizeof(frame)), 0);
			assert_int_equal(plx_ethdev_rx_burst(port, 0, &m, 1), 1);
			assert_true(m->ol_flags & PLX_MBUF_RX_HASH);
			hash[flow] = m->hash;
			plx_mbuf_free(m);
		}
		assert_int_not_equal(hash[0], hash[1]);
		assert_int_equal(plx_ethdev_set_rss_key(port, NULL, 0, PLX_ETH_RSS_TCP), 0);
		assert_int_equal(vfake_state(fake).hash_types,
				 VIRTIO_NET_HASH_TCPV4 | VIRTIO_NET_HASH_TCPV6);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

static bool
link_becomes(bool up)
{
	struct plx_ethdev_link link;

	for (uint64_t until = now_ms() + PATIENCE_MS; now_ms() < until;) {
		assert_int_equal(plx_ethdev_link(port, &link), 0);
		if (link.up == up)
			return true;
	}
	return false;
}

static void
links_that_go_and_wishes_to_announce_are_heard(void **state)
{
	for (unsigned k = 0; k < 3; k++) {
		uint8_t frame[FRAME_LEN];
		uint64_t until;

		make_port(&flavours[k].options);
		assert_true(link_becomes(true));
		vfake_set_link(fake, false);
		assert_true(link_becomes(false));
		vfake_set_link(fake, true);
		assert_true(link_becomes(true));
		vfake_announce(fake);
		for (until = now_ms() + PATIENCE_MS;
		     vfake_state(fake).announced == 0 && now_ms() < until;)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		assert_int_equal(vfake_state(fake).announced, 1);
		assert_true(vfake_take(fake, VFAKE_ANY, frame, sizeof(frame), NULL) > 0);
		both_ways(2);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_PORT_TEST(a_device_is_set_up_in_the_order_of_the_specification),
		FAKE_PORT_TEST(a_burst_rings_once_and_not_at_all_when_the_device_polls),
		FAKE_PORT_TEST(doorbells_tell_where_the_ring_ends_if_asked),
		FAKE_PORT_TEST(checksums_are_left_to_the_device_in_its_words),
		FAKE_PORT_TEST(checksums_of_the_device_are_believed_as_far_as_they_make_sense),
		FAKE_PORT_TEST(flows_go_to_the_queues_that_the_device_was_told),
		FAKE_PORT_TEST(a_hash_is_reported_to_who_asks_for_it),
		FAKE_PORT_TEST(links_that_go_and_wishes_to_announce_are_heard),
	};

	return cmocka_run_group_tests(tests, fake_port_setup, fake_port_teardown);
}
