/* SPDX-License-Identifier: BSD-3-Clause */
/* A packed ring whose driver was promised order (2.8.16): one used descriptor gives back all that was sent. */
#include "vhost_test.h"

#define FEATURES                                                               \
	(VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | \
	 VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VIRTIO_BIT(VIRTIO_F_IN_ORDER))
#define HDR VIRTIO_NET_HDR_LEN
#define LEN (HDR + 60u)
#define RX  0 /* the guest's receive ring */
#define TX  1

static struct guest guest;

static int
setup(void **state)
{
	if (port_open("", 1, NULL) != 0)
		return -1;
	guest_start(&guest, FEATURES);
	return 0;
}

static int
teardown(void **state)
{
	books_balance();
	guest_stop(&guest);
	port_close();
	return 0;
}

static void
expect_packets(uint16_t n)
{
	struct plx_mbuf *pkts[RING_SIZE];

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, pkts, RING_SIZE), n);
	plx_mbuf_free_bulk(pkts, n);
}

static void
send_nothing_but_bytes(unsigned buf, uint32_t len, uint16_t id)
{
	memset(buf_at(&guest, buf), 0, LEN);
	post_one(&guest, TX, buf_phys(buf), len, id);
}

/* The ring that the guest sends through, as it is now. */
static void
copy_ring(struct virtio_packed_desc *copy)
{
	memcpy(copy, ring_part(&guest, TX, 0), RING_SIZE * sizeof(*copy));
}

/* The last list is a chain; the one in the middle, too short to be a packet, goes home with the others. */
static void
one_descriptor_gives_back_all_that_was_sent(void **state)
{
	struct virtio_packed_desc before[RING_SIZE], after[RING_SIZE];
	const struct piece chain[] = {{buf_phys(3), LEN, 0}, {buf_phys(4), 20, 0}};

	send_nothing_but_bytes(0, LEN, 9);
	send_nothing_but_bytes(1, HDR, 4);
	send_nothing_but_bytes(2, LEN, 7);
	memset(buf_at(&guest, 3), 0, LEN);
	post(&guest, TX, chain, PLX_ARRAY_LEN(chain), 2);
	copy_ring(before);
	expect_packets(3);
	assert_int_equal(xstat("rx_bad_descriptors"), 1);
	copy_ring(after);
	assert_memory_equal(before + 1, after + 1, sizeof(before) - sizeof(before[0]));
	assert_int_equal(before[0].addr, after[0].addr);
	expect_back(&guest, TX, 5, 2, 0);
	/* The next batch begins where this one ends. */
	send_nothing_but_bytes(0, LEN, 4);
	expect_packets(1);
	expect_back(&guest, TX, 1, 4, 0);
}

/* Batches of five begin at each place of a ring of 16, and lie around its end. */
static void
batches_go_around_the_ring(void **state)
{
	for (unsigned round = 0; round < 3 * RING_SIZE; round++) {
		for (unsigned i = 0; i < 5; i++)
			send_nothing_but_bytes(i, LEN, (uint16_t)((round + i) % RING_SIZE));
		expect_packets(5);
		expect_back(&guest, TX, 5, (uint16_t)((round + 4) % RING_SIZE), 0);
	}
}

/* Each of the guest's own buffers has a length to tell. */
static void
buffers_that_were_written_come_back_one_by_one(void **state)
{
	struct plx_mbuf *pkts[3];

	for (uint16_t i = 0; i < 3; i++) {
		post_one(&guest, RX, buf_phys(i), BUF_LEN, (uint16_t)(5 - i));
		pkts[i] = plx_mbuf_alloc(pool);
		assert_non_null(pkts[i]);
		assert_non_null(plx_mbuf_append(pkts[i], (uint16_t)(60 + i)));
	}
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts, 3), 3);
	for (uint16_t i = 0; i < 3; i++)
		expect_back(&guest, RX, 1, (uint16_t)(5 - i), HDR + 60u + i);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_descriptor_gives_back_all_that_was_sent),
		CASE(batches_go_around_the_ring),
		CASE(buffers_that_were_written_come_back_one_by_one),
	};

	return cmocka_run_group_tests(tests, vhost_group_setup, vhost_group_teardown);
}
