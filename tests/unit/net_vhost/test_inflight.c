/* SPDX-License-Identifier: BSD-3-Clause */
/* The books that outlive a back end: whose memory they are, what of it is touched, and when no more. */
#include "vhost_test.h"

#include "plx_bits.h"

#include <linux/memfd.h>

#define FEATURES  (VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF))
#define PACKED	  VIRTIO_BIT(VIRTIO_F_RING_PACKED)
#define TX	  1
#define RX	  0
#define PAGE	  4096
#define UNTOUCHED 0xee

static struct guest guest;

static int
setup(void **state)
{
	return port_open("", 1, NULL);
}

static int
teardown(void **state)
{
	assert_int_equal(count_maps(), 0);
	books_balance();
	port_close();
	return 0;
}

static void
books_are_given_and_taken_back(void **state)
{
	const struct vhost_user_inflight asked = {.num_queues = 2, .queue_size = RING_SIZE};
	struct vhost_user_inflight told;
	struct vhost_user_msg reply;

	guest_start(&guest, FEATURES);
	assert_true(ask(&guest, VHOST_USER_GET_INFLIGHT_FD, &asked, sizeof(asked), &reply));
	assert_int_equal(reply.nb_fds, 1);
	told = reply.payload.inflight;
	assert_true(told.mmap_size > 0);
	assert_int_equal(say(&guest, VHOST_USER_SET_INFLIGHT_FD, &told, sizeof(told), reply.fds[0]),
			 0);
	told.mmap_size /= 2;
	assert_int_not_equal(
		say(&guest, VHOST_USER_SET_INFLIGHT_FD, &told, sizeof(told), reply.fds[0]), 0);
	close(reply.fds[0]);
	guest_stop(&guest);
}

static int
adopt(const struct vhost_user_inflight *told, int fd)
{
	return say(&guest, VHOST_USER_SET_INFLIGHT_FD, told, sizeof(*told), fd);
}

/* The ring is set up anew, which is when its books are opened. */
static void
set_up_again(unsigned ring)
{
	close(guest.call[ring]);
	guest_say_ring(&guest, ring, guest_is_packed(&guest) ? 0x8000 : 0);
}

static void
a_packet_each_way(void)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	memset(buf_at(&guest, 1), 0, BUF_LEN);
	post_one(&guest, TX, buf_phys(1), 100, 1);
	post_one(&guest, RX, buf_phys(2), BUF_LEN, 2);
	plx_mbuf_append(m, 60);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 1);
	plx_mbuf_free(m);
	expect_back(&guest, TX, 1, 1, 0);
	expect_back(&guest, RX, 1, 2, VIRTIO_NET_HDR_LEN + 60);
}

/* New ones may lie where the old ones were, so that a packet alone would not show it. */
static bool
have_no_books(void)
{
	const struct vhost_port *port = vhost_port(plx_ethdev_at(guest_port));
	bool none = true;

	for (unsigned i = 0; i < 2; i++)
		none = none && port->ring[i].books.split == NULL &&
		       port->ring[i].books.packed == NULL;
	return none;
}

/* Rings whose books went with their memory go on without. */
static void
books_may_be_replaced_while_rings_run(void **state)
{
	const struct vhost_user_inflight asked = {.num_queues = 2, .queue_size = RING_SIZE};
	struct vhost_user_msg reply;

	for (int packed = 0; packed < 2; packed++) {
		guest_start(&guest, packed ? FEATURES | PACKED : FEATURES);
		assert_true(ask(&guest, VHOST_USER_GET_INFLIGHT_FD, &asked, sizeof(asked), &reply));
		set_up_again(RX);
		set_up_again(TX);
		a_packet_each_way();
		assert_int_equal(adopt(&reply.payload.inflight, reply.fds[0]), 0);
		assert_true(have_no_books());
		a_packet_each_way();
		close(reply.fds[0]);
		assert_true(ask(&guest, VHOST_USER_GET_INFLIGHT_FD, &asked, sizeof(asked), &reply));
		close(reply.fds[0]);
		a_packet_each_way();
		guest_stop(&guest);
	}
}

/* Books for fewer rings, or shorter ones, than there are: nothing behind them is written. */
static void
books_of_fewer_rings_are_not_for_the_others(void **state)
{
	const struct vhost_user_inflight few = {
		.mmap_size = PAGE, .num_queues = 1, .queue_size = RING_SIZE};
	const size_t own = sizeof(struct vhost_inflight_split) +
			   RING_SIZE * sizeof(struct vhost_inflight_desc_split);
	const size_t from = plx_align_up(own, PLX_CACHE_LINE);
	int fd = memfd_create("guest", MFD_CLOEXEC);
	uint8_t *map;

	assert_int_equal(ftruncate(fd, PAGE), 0);
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	memset(map + from, UNTOUCHED, PAGE - from);
	guest_start(&guest, FEATURES);
	assert_int_equal(adopt(&few, fd), 0);
	set_up_again(TX);
	for (size_t i = from; i < PAGE; i++)
		assert_int_equal(map[i], UNTOUCHED);
	set_up_again(RX);
	assert_int_equal(((struct vhost_inflight_split *)(void *)map)->used_idx, 0);
	a_packet_each_way();
	assert_int_equal(((struct vhost_inflight_split *)(void *)map)->used_idx, 1);
	for (size_t i = from; i < PAGE; i++)
		assert_int_equal(map[i], UNTOUCHED);
	munmap(map, PAGE);
	close(fd);
	guest_stop(&guest);
}

static void
books_that_do_not_fit_what_is_said_of_them_are_refused(void **state)
{
	static const struct vhost_user_inflight bad[] = {
		{.mmap_size = PAGE, .num_queues = 0, .queue_size = RING_SIZE},
		{.mmap_size = PAGE, .num_queues = 2, .queue_size = 0},
		{.mmap_size = PAGE, .num_queues = 2, .queue_size = 32769},
		{.mmap_size = PAGE, .num_queues = 2 * VHOST_PAIRS_MAX + 1, .queue_size = 1},
		{.mmap_size = PAGE, .num_queues = 2, .queue_size = 1024},
		{.mmap_size = 2 * PAGE, .num_queues = 2, .queue_size = RING_SIZE},
		{.mmap_size = PAGE, .mmap_offset = PAGE, .num_queues = 2, .queue_size = RING_SIZE},
		{.mmap_size = PAGE, .mmap_offset = 1, .num_queues = 2, .queue_size = RING_SIZE},
		{.mmap_size = UINT64_MAX, .num_queues = 2, .queue_size = RING_SIZE},
		{.mmap_size = PAGE,
		 .mmap_offset = UINT64_MAX - PAGE + 1,
		 .num_queues = 2,
		 .queue_size = RING_SIZE},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		int fd = memfd_create("guest", MFD_CLOEXEC);

		assert_int_equal(ftruncate(fd, PAGE), 0);
		guest_start(&guest, FEATURES);
		assert_int_equal(adopt(&bad[i], fd), 1);
		assert_false(is_alive(&guest));
		guest_stop(&guest);
		close(fd);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(books_are_given_and_taken_back),
		CASE(books_may_be_replaced_while_rings_run),
		CASE(books_of_fewer_rings_are_not_for_the_others),
		CASE(books_that_do_not_fit_what_is_said_of_them_are_refused),
	};
	int failed;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
