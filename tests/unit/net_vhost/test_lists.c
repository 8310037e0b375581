/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptor lists as long as they may be, and longer; tables in places where none may stand. A ring of 1,024. */
#include "vhost_test.h"

#define BASE                                                                   \
	(VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | \
	 VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF))
#define HDR	VIRTIO_NET_HDR_LEN
#define TX	1
#define SIZE	1024
#define LARGE	(16u << 20) /* of the guest's memory */
#define TABLE	7	    /* the buffer that holds one */
#define ENTRIES 8

/* Each case runs on both kinds of ring. */
static bool packed;

static struct guest guest;

static int
setup(void **state)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER};

	if (port_open("", 1, &conf) != 0)
		return -1;
	guest_connect(&guest);
	guest.ring_size = SIZE;
	guest.memory_len = LARGE;
	guest_begin(&guest, packed ? BASE | VIRTIO_BIT(VIRTIO_F_RING_PACKED) : BASE, 2);
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

/* The packet has so many bytes; 0: there is none, and the list counted as bad. */
static void
expect_packet(uint32_t len)
{
	const uint64_t bad = xstat("rx_bad_descriptors");
	struct plx_mbuf *m;

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), len > 0);
	assert_int_equal(xstat("rx_bad_descriptors"), bad + (len == 0));
	if (len == 0)
		return;
	assert_int_equal(m->pkt_len, len);
	assert_int_equal(plx_mbuf_check(m, NULL), 0);
	plx_mbuf_free(m);
}

/* A list of n descriptors of `len` bytes each, and one of `last`. */
static void
post_many(unsigned n, uint64_t addr, uint32_t len, uint32_t last)
{
	struct piece pieces[SIZE];

	memset(buf_at(&guest, 0), 0, BUF_LEN);
	for (unsigned i = 0; i < n; i++)
		pieces[i] = (struct piece){addr, len, 0};
	pieces[n] = (struct piece){buf_phys(0), last, 0};
	post(&guest, TX, pieces, n + 1, 0);
}

static void
a_list_has_so_many_pieces_and_no_more(void **state)
{
	post_many(VHOST_PIECES_MAX - 1, buf_phys(0), 4, 100);
	expect_packet((VHOST_PIECES_MAX - 1) * 4 + 100 - HDR);
	expect_back(&guest, TX, VHOST_PIECES_MAX, 0, 0);
	post_many(VHOST_PIECES_MAX, buf_phys(0), 4, 100);
	expect_packet(0);
	expect_back(&guest, TX, VHOST_PIECES_MAX + 1, 0, 0);
	post_many(SIZE - 1, buf_phys(0), 4, 100);
	expect_packet(0);
	expect_back(&guest, TX, SIZE, 0, 0);
}

/* 256 times 16 MiB, and then as many as make a packet: the sum is that of a small one. */
static void
a_sum_of_lengths_does_not_wrap_around(void **state)
{
	post_many(256, GUEST_PHYS, LARGE, 100);
	expect_packet(0);
	expect_back(&guest, TX, 257, 0, 0);
}

/* A table of that many entries, each of which leads to the next and has 20 bytes; then entry `odd` leads to `next`. */
static void
put_table(unsigned n, unsigned odd, uint16_t next)
{
	struct virtio_desc *split = (void *)buf_at(&guest, TABLE);
	struct virtio_packed_desc *table = (void *)buf_at(&guest, TABLE);

	for (unsigned i = 0; i < n; i++) {
		if (packed)
			table[i] = (struct virtio_packed_desc){buf_phys(0), 20, 0, 0};
		else
			split[i] = (struct virtio_desc){buf_phys(0), 20,
							i + 1 < n ? VIRTIO_DESC_F_NEXT : 0,
							(uint16_t)(i + 1)};
	}
	if (!packed && odd < n) {
		split[odd].flags = VIRTIO_DESC_F_NEXT;
		split[odd].next = next;
	}
}

static void
post_table(unsigned n)
{
	post_one(&guest, TX, buf_phys(TABLE), n * (uint32_t)sizeof(struct virtio_desc), 0);
	if (packed)
		((struct virtio_packed_desc *)ring_part(&guest, TX,
							0))[(guest.pos[TX] + SIZE - 1) % SIZE]
			.flags |= VIRTIO_DESC_F_INDIRECT;
	else
		((struct virtio_desc *)ring_part(&guest, TX, 0))[0].flags |= VIRTIO_DESC_F_INDIRECT;
}

/* Also to what was the last entry of a good table, before. */
static void
an_entry_that_leads_out_of_its_table_is_refused(void **state)
{
	static const uint16_t nexts[] = {2, ENTRIES - 1, VHOST_PIECES_MAX - 1, VHOST_PIECES_MAX,
					 UINT16_MAX};

	if (packed)
		return; /* there entries follow each other */
	for (unsigned i = 0; i < PLX_ARRAY_LEN(nexts); i++) {
		put_table(ENTRIES, ENTRIES, 0);
		post_table(ENTRIES);
		expect_packet(ENTRIES * 20 - HDR);
		expect_back(&guest, TX, 1, 0, 0);
		put_table(2, 0, nexts[i]);
		post_table(2);
		expect_packet(0);
		expect_back(&guest, TX, 1, 0, 0);
	}
}

static void
a_table_that_goes_in_circles_is_refused(void **state)
{
	if (packed)
		return;
	put_table(ENTRIES, ENTRIES - 1, 0);
	post_table(ENTRIES);
	expect_packet(0);
	expect_back(&guest, TX, 1, 0, 0);
}

/* 2.7.5.3.2: a split list may end in a table. A packed one is a table or has none (2.8.19). */
static void
a_table_at_the_end_of_a_list(void **state)
{
	const struct piece pieces[] = {
		{buf_phys(0), 30, 0},
		{buf_phys(TABLE), 2 * sizeof(struct virtio_desc), VIRTIO_DESC_F_INDIRECT}};

	memset(buf_at(&guest, 0), 0, BUF_LEN);
	put_table(2, 2, 0);
	post(&guest, TX, pieces, 2, 0);
	expect_packet(packed ? 0 : 30 + 2 * 20 - HDR);
	expect_back(&guest, TX, 2, 0, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_list_has_so_many_pieces_and_no_more),
		CASE(a_sum_of_lengths_does_not_wrap_around),
		CASE(an_entry_that_leads_out_of_its_table_is_refused),
		CASE(a_table_that_goes_in_circles_is_refused),
		CASE(a_table_at_the_end_of_a_list),
	};
	int failed = 0;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	for (int i = 0; i < 2; i++) {
		packed = i == 1;
		failed +=
			cmocka_run_group_tests_name(packed ? "packed" : "split", tests, NULL, NULL);
	}
	return failed + (vhost_group_teardown(NULL) != 0);
}
