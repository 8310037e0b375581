/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest whose back end died, ours in its place, and the region with the marks of lists in flight between them, by its bytes. Who
 * includes it says how long a ring's part of the region is, and what is agreed on.
 */
#ifndef PLX_TESTS_UNIT_NET_VHOST_MARKS_TEST_H
#define PLX_TESTS_UNIT_NET_VHOST_MARKS_TEST_H

#include "vhost_test.h"

#define HDR	  VIRTIO_NET_HDR_LEN
#define TX	  1
#define RX	  0
#define BOOKS	  (2 * REGION)
#define BOOKS_LEN 4096
#define LISTS	  RING_SIZE

static struct guest guest;
static uint8_t *books; /* of both rings */
static int books_fd;

static inline uint64_t
get(unsigned ring, unsigned off, unsigned len)
{
	uint64_t value = 0;

	memcpy(&value, books + ring * REGION + off, len);
	return value;
}

static inline void
set(unsigned ring, unsigned off, unsigned len, uint64_t value)
{
	memcpy(books + ring * REGION + off, &value, len);
}

static inline int
set_up(void **state)
{
	books_fd = memfd_create("guest", MFD_CLOEXEC);
	assert_int_equal(ftruncate(books_fd, BOOKS_LEN), 0);
	books = mmap(NULL, BOOKS_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, books_fd, 0);
	assert_true(books != MAP_FAILED);
	return port_open("", 1, NULL);
}

static inline int
tear_down(void **state)
{
	books_balance();
	port_close();
	munmap(books, BOOKS_LEN);
	close(books_fd);
	return 0;
}

static inline int
say_books(void)
{
	const struct vhost_user_inflight told = {
		.mmap_size = BOOKS, .num_queues = 2, .queue_size = LISTS};

	return say(&guest, VHOST_USER_SET_INFLIGHT_FD, &told, sizeof(told), books_fd);
}

/* A guest with memory, and the books; its rings are not told yet. */
static inline void
connect_guest(void)
{
	guest_connect(&guest);
	guest_hello(&guest, FEATURES);
	guest_memory(&guest);
	assert_int_equal(guest_say_memory(&guest), 0);
	assert_int_equal(say_books(), 0);
}

static inline void
send_list(uint16_t head)
{
	memset(buf_at(&guest, head), 0, HDR);
	memset(buf_at(&guest, head) + HDR, head + 1, 60);
	post_one(&guest, TX, buf_phys(head), HDR + 60, head);
}

static inline void
expect_from(uint16_t head)
{
	struct plx_mbuf *m = NULL;

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(m->pkt_len, 60);
	assert_int_equal(*plx_mbuf_data(m), head + 1);
	plx_mbuf_free(m);
	expect_back(&guest, TX, 1, head, 0);
}

static inline void
expect_nothing(void)
{
	struct plx_mbuf *m;

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 0);
}

static inline void
send_one(void)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	plx_mbuf_append(m, 60);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
}

static inline int
enable_tx(uint32_t base)
{
	const uint64_t index = TX;
	int kick = eventfd(0, EFD_CLOEXEC), ret;

	say_state(&guest, VHOST_USER_SET_VRING_NUM, TX, LISTS);
	say_state(&guest, VHOST_USER_SET_VRING_BASE, TX, base);
	guest_say_addr(&guest, TX);
	say(&guest, VHOST_USER_SET_VRING_KICK, &index, sizeof(index), kick);
	ret = say_state(&guest, VHOST_USER_SET_VRING_ENABLE, TX, 1);
	close(kick);
	return ret;
}

#endif
