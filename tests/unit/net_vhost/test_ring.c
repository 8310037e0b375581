/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings of both kinds against a driver that is right, careless or hostile: what is copied, given back, counted. */
#include "vhost_test.h"

#include <pthread.h>
#include <sched.h>

#define SPLIT                                                                  \
	(VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | \
	 VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF))
#define PACKED (SPLIT | VIRTIO_BIT(VIRTIO_F_RING_PACKED))
#define HDR    VIRTIO_NET_HDR_LEN
#define RX     0 /* the guest's receive ring */
#define TX     1

/* Each case runs on both kinds of ring. */
static uint64_t kind;

static struct guest guest;

static int
setup(void **state)
{
	if (port_open("", 1, NULL) != 0)
		return -1;
	guest_start(&guest, kind);
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
fill(uint8_t *at, uint32_t len, uint8_t seed)
{
	for (uint32_t i = 0; i < len; i++)
		at[i] = (uint8_t)(seed + i * 7);
}

static bool
is_filled(const uint8_t *at, uint32_t len, uint8_t seed)
{
	for (uint32_t i = 0; i < len; i++) {
		if (at[i] != (uint8_t)(seed + i * 7))
			return false;
	}
	return true;
}

/* The guest sends `len` bytes from buffer `buf`, behind an empty header, in one descriptor. */
static void
guest_sends(unsigned buf, uint32_t len, uint16_t id)
{
	memset(buf_at(&guest, buf), 0, HDR);
	fill(buf_at(&guest, buf) + HDR, len, (uint8_t)buf);
	post_one(&guest, TX, buf_phys(buf), HDR + len, id);
}

static void
expect_packet(uint32_t len, uint8_t seed)
{
	struct plx_mbuf *m = NULL;

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->port, guest_port);
	assert_int_equal(plx_mbuf_check(m, NULL), 0);
	assert_true(is_filled(plx_mbuf_data(m), len, seed));
	plx_mbuf_free(m);
}

static void
expect_nothing(void)
{
	struct plx_mbuf *m;

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 0);
}

/* A list that is no good comes back empty, is counted, and the next one works. */
static void
expect_bad(unsigned n, uint16_t id)
{
	static uint8_t again;
	uint64_t before = xstat("rx_bad_descriptors");

	expect_nothing();
	assert_int_equal(xstat("rx_bad_descriptors"), before + 1);
	expect_back(&guest, TX, n, id, 0);
	again = (uint8_t)(again % 8 + 20);
	guest_sends(again, 100, 15);
	expect_packet(100, again);
	expect_back(&guest, TX, 1, 15, 0);
}

static void
packets_of_every_length_arrive(void **state)
{
	for (uint32_t len = 1; len < 700; len += len < 300 ? 1 : 37) {
		guest_sends(1, len, 3);
		expect_packet(len, 1);
		expect_back(&guest, TX, 1, 3, 0);
	}
	expect_nothing();
}

static void
bursts_go_around_the_ring(void **state)
{
	struct plx_mbuf *pkts[RING_SIZE + 1];

	for (unsigned round = 0; round < 20; round++) {
		unsigned n = 1 + round % RING_SIZE;

		for (unsigned i = 0; i < n; i++)
			guest_sends(i, 60 + i, (uint16_t)i);
		assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, pkts, RING_SIZE + 1), n);
		for (unsigned i = 0; i < n; i++) {
			assert_true(is_filled(plx_mbuf_data(pkts[i]), 60 + i, (uint8_t)i));
			expect_back(&guest, TX, 1, (uint16_t)i, 0);
		}
		plx_mbuf_free_bulk(pkts, n);
	}
}

static void
a_chain_is_one_packet(void **state)
{
	const struct piece pieces[] = {{buf_phys(0), HDR, 0},
				       {buf_phys(1), 40, 0},
				       {buf_phys(2), 0, 0},
				       {buf_phys(2), 60, 0}};

	memset(buf_at(&guest, 0), 0, HDR);
	fill(buf_at(&guest, 1), 40, 9);
	fill(buf_at(&guest, 2), 60, (uint8_t)(9 + 40 * 7));
	post(&guest, TX, pieces, 4, 2);
	expect_packet(100, 9);
	expect_back(&guest, TX, 4, 2, 0);
}

static void
put_table(unsigned buf, const struct piece *pieces, unsigned n)
{
	struct virtio_desc *split = (void *)buf_at(&guest, buf);
	struct virtio_packed_desc *packed = (void *)buf_at(&guest, buf);

	for (unsigned i = 0; i < n; i++) {
		uint16_t next = i + 1 < n ? VIRTIO_DESC_F_NEXT : 0;

		if (guest_is_packed(&guest))
			packed[i] = (struct virtio_packed_desc){pieces[i].addr, pieces[i].len, 0,
								pieces[i].flags};
		else
			split[i] = (struct virtio_desc){pieces[i].addr, pieces[i].len,
							(uint16_t)(pieces[i].flags | next),
							(uint16_t)(i + 1)};
	}
}

static void
an_indirect_table_is_one_packet(void **state)
{
	const struct piece pieces[] = {{buf_phys(0), HDR, 0}, {buf_phys(1), 90, 0}};
	const struct piece table = {buf_phys(5), 2 * 16, VIRTIO_DESC_F_INDIRECT};

	memset(buf_at(&guest, 0), 0, HDR);
	fill(buf_at(&guest, 1), 90, 4);
	put_table(5, pieces, 2);
	post(&guest, TX, &table, 1, 6);
	expect_packet(90, 4);
	expect_back(&guest, TX, 1, 6, 0);
}

static void
tables_that_are_none_are_refused(void **state)
{
	const struct piece inner = {buf_phys(5), 16, VIRTIO_DESC_F_INDIRECT};
	const struct piece bad[] = {
		{buf_phys(5), 0, VIRTIO_DESC_F_INDIRECT},
		{buf_phys(5), 17, VIRTIO_DESC_F_INDIRECT},
		{buf_phys(5), (VHOST_PIECES_MAX + 1) * 16, VIRTIO_DESC_F_INDIRECT},
		{buf_phys(5), 16 * VHOST_PIECES_MAX * 8, VIRTIO_DESC_F_INDIRECT},
		{0x10, 16, VIRTIO_DESC_F_INDIRECT},
		{UINT64_MAX - 7, 16, VIRTIO_DESC_F_INDIRECT},
		{buf_phys(5), 16, VIRTIO_DESC_F_INDIRECT}, /* a table that leads to itself */
	};

	put_table(5, &inner, 1);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		post(&guest, TX, &bad[i], 1, 1);
		expect_bad(1, 1);
	}
}

static void
addresses_outside_are_refused(void **state)
{
	const struct piece bad[] = {
		{GUEST_PHYS - 20, HDR + 60, 0},
		{GUEST_PHYS + MEMORY_LEN + SECOND_LEN - 40, HDR + 60, 0},
		{0, HDR + 60, 0},
		{UINT64_MAX - 10, HDR + 60, 0},
		{GUEST_PHYS, UINT32_MAX, 0},
		{GUEST_USER, HDR + 60, 0},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		post(&guest, TX, &bad[i], 1, 1);
		expect_bad(1, 1);
	}
}

static void
bytes_may_straddle_regions_that_touch(void **state)
{
	memset(guest.memory + MEMORY_LEN - 50, 0, HDR);
	fill(guest.memory + MEMORY_LEN - 50 + HDR, 100, 77);
	post_one(&guest, TX, GUEST_PHYS + MEMORY_LEN - 50, HDR + 100, 4);
	expect_packet(100, 77);
	expect_back(&guest, TX, 1, 4, 0);
}

static void
lists_that_are_written_or_empty_are_refused(void **state)
{
	const struct piece bad[] = {
		{buf_phys(1), HDR + 60, VIRTIO_DESC_F_WRITE},
		{buf_phys(1), HDR, 0},
		{buf_phys(1), HDR - 1, 0},
		{buf_phys(1), 0, 0},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		post(&guest, TX, &bad[i], 1, 1);
		expect_bad(1, 1);
	}
}

static void
a_chain_that_goes_in_circles_is_refused(void **state)
{
	struct virtio_desc *desc = ring_part(&guest, TX, 0);
	const struct piece pieces[] = {{buf_phys(0), 20, 0}, {buf_phys(1), 20, 0}};

	if (guest_is_packed(&guest))
		return; /* there, a chain cannot go back */
	post(&guest, TX, pieces, 2, 0);
	desc[1].flags |= VIRTIO_DESC_F_NEXT;
	desc[1].next = 0;
	expect_bad(1, 0);
	post(&guest, TX, pieces, 2, 0);
	desc[1].flags |= VIRTIO_DESC_F_NEXT;
	desc[1].next = RING_SIZE;
	expect_bad(1, 0);
}

static void
set_up_again(void)
{
	guest.avail_idx[TX] = guest.used_idx[TX] = 0;
	guest.pos[TX] = 0;
	guest.wrap[TX] = true;
	memset(ring_part(&guest, TX, 0), 0, RING_OFF(1));
	close(guest.call[TX]);
	guest_say_ring(&guest, TX, guest_is_packed(&guest) ? 0x8000 : 0);
	guest_sends(2, 64, 2);
	expect_packet(64, 2);
	expect_back(&guest, TX, 1, 2, 0);
}

/* Nothing more is done with the ring, it is told once, and it works when it was set up again. */
static void
expect_broken(uint64_t times)
{
	expect_nothing();
	wait_for_xstat("rings_stopped", times);
	assert_false(link_is_up());
	expect_nothing();
	set_up_again();
	assert_true(link_is_up());
}

static void
indexes_that_are_nonsense_stop_the_ring(void **state)
{
	struct virtio_avail *avail = ring_part(&guest, TX, AVAIL_OFF);
	struct virtio_packed_desc *desc = ring_part(&guest, TX, 0);

	if (guest_is_packed(&guest)) {
		for (unsigned i = 0; i < RING_SIZE; i++)
			desc[i].flags = VIRTIO_DESC_F_NEXT | VIRTIO_PACKED_F_AVAIL;
		expect_broken(1);
		return;
	}
	avail->idx = RING_SIZE + 1;
	expect_broken(1);
	guest_sends(1, 64, 0);
	avail->ring[(guest.avail_idx[TX] - 1) % RING_SIZE] = RING_SIZE;
	expect_broken(2);
}

static void
what_finds_no_buffer_waits(void **state)
{
	struct plx_mbuf *hoard[1023];
	unsigned n = 0;

	while (n < 1023 && plx_pool_get_mbufs(pool, &hoard[n], 1))
		n++;
	guest_sends(3, 80, 1);
	expect_nothing();
	assert_int_equal(xstat("rx_pool_empty"), 1);
	plx_mbuf_free_bulk(hoard, n);
	expect_packet(80, 3);
	expect_back(&guest, TX, 1, 1, 0);
}

static void
longer_than_a_buffer_without_scatter_is_an_error(void **state)
{
	const struct piece pieces[] = {{buf_phys(0), 2048, 0}, {buf_phys(1), 2048, 0}};

	memset(buf_at(&guest, 0), 0, HDR);
	post(&guest, TX, pieces, 2, 0);
	expect_nothing();
	assert_int_equal(xstat("rx_errors"), 1);
	expect_back(&guest, TX, 2, 0, 0);
}

/* -- to the guest ---------------------------------------------------------------------------------------------- */

static struct plx_mbuf *
packet(uint32_t len, uint8_t seed)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	assert_non_null(m);
	fill(plx_mbuf_append(m, (uint16_t)len), len, seed);
	return m;
}

static void
send_one(struct plx_mbuf *m)
{
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
}

static void
expect_header(const uint8_t *at, uint16_t num_buffers)
{
	struct virtio_net_hdr_full header;

	memcpy(&header, at, HDR);
	assert_int_equal(header.flags, 0);
	assert_int_equal(header.gso_type, 0);
	assert_int_equal(header.num_buffers, num_buffers);
}

static void
sent_packets_of_every_length_arrive(void **state)
{
	for (uint32_t len = 1; len < 700; len += len < 300 ? 1 : 37) {
		memset(buf_at(&guest, 4), 0xee, BUF_LEN);
		post_one(&guest, RX, buf_phys(4), BUF_LEN, 7);
		send_one(packet(len, 5));
		expect_back(&guest, RX, 1, 7, HDR + len);
		expect_header(buf_at(&guest, 4), 1);
		assert_true(is_filled(buf_at(&guest, 4) + HDR, len, 5));
		assert_int_equal(buf_at(&guest, 4)[HDR + len], 0xee);
	}
}

/* Of a header that stands there nearly, each byte that differs is put right. */
static void
headers_are_whole_whatever_stood_there(void **state)
{
	uint8_t expected[HDR] = {[offsetof(struct virtio_net_hdr_full, num_buffers)] = 1};

	for (unsigned k = 0; k <= HDR; k++) {
		memcpy(buf_at(&guest, 4), expected, HDR);
		if (k < HDR)
			buf_at(&guest, 4)[k] ^= 0x81;
		post_one(&guest, RX, buf_phys(4), BUF_LEN, 7);
		send_one(packet(60, 5));
		expect_back(&guest, RX, 1, 7, HDR + 60);
		assert_memory_equal(buf_at(&guest, 4), expected, HDR);
		assert_true(is_filled(buf_at(&guest, 4) + HDR, 60, 5));
	}
}

static void
without_room_nothing_is_taken(void **state)
{
	struct plx_mbuf *pkts[3] = {packet(60, 1), packet(60, 2), packet(60, 3)};

	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts, 3), 0);
	post_one(&guest, RX, buf_phys(0), BUF_LEN, 0);
	post_one(&guest, RX, buf_phys(1), BUF_LEN, 1);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts, 3), 2);
	plx_mbuf_free(pkts[2]);
	expect_back(&guest, RX, 1, 0, HDR + 60);
	expect_back(&guest, RX, 1, 1, HDR + 60);
	assert_true(is_filled(buf_at(&guest, 1) + HDR, 60, 2));
}

static void
a_packet_is_spread_over_buffers_that_merge(void **state)
{
	struct plx_mbuf *m = packet(100, 6), *tail = packet(150, (uint8_t)(6 + 100 * 7));
	uint8_t all[300];

	assert_int_equal(plx_mbuf_chain(m, tail), 0);
	for (uint16_t i = 0; i < 2; i++)
		post_one(&guest, RX, buf_phys(i), 100, i);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 0);
	post_one(&guest, RX, buf_phys(2), 100, 2);
	send_one(m);
	expect_back(&guest, RX, 1, 0, 100);
	expect_back(&guest, RX, 1, 1, 100);
	expect_back(&guest, RX, 1, 2, HDR + 250 - 200);
	expect_header(buf_at(&guest, 0), 3);
	for (unsigned i = 0; i < 3; i++)
		memcpy(all + 100 * i, buf_at(&guest, i), 100);
	assert_true(is_filled(all + HDR, 250, 6));
}

static void
buffers_that_are_none_come_back_empty(void **state)
{
	const struct piece readable = {buf_phys(0), BUF_LEN, 0};

	post_one(&guest, RX, 0x10, BUF_LEN, 0);
	post(&guest, RX, &readable, 1, 1);
	post_one(&guest, RX, buf_phys(2), 0, 2);
	post_one(&guest, RX, buf_phys(3), BUF_LEN, 3);
	send_one(packet(64, 8));
	expect_back(&guest, RX, 1, 0, 0);
	expect_back(&guest, RX, 1, 1, 0);
	expect_back(&guest, RX, 1, 2, 0);
	expect_back(&guest, RX, 1, 3, HDR + 64);
	expect_header(buf_at(&guest, 3), 1);
	assert_int_equal(xstat("tx_bad_descriptors"), 3);
}

/* Those before it were gathered for the same packet: all come back, and the packet goes into those behind. */
static void
a_buffer_that_is_none_among_those_of_a_packet(void **state)
{
	post_one(&guest, RX, buf_phys(0), 100, 0);
	post_one(&guest, RX, buf_phys(1), 100, 1);
	post_one(&guest, RX, 0x10, 100, 2);
	for (uint16_t i = 3; i < 6; i++)
		post_one(&guest, RX, buf_phys(i), 100, i);
	send_one(packet(250, 6));
	for (uint16_t i = 0; i < 3; i++)
		expect_back(&guest, RX, 1, i, 0);
	for (uint16_t i = 3; i < 5; i++)
		expect_back(&guest, RX, 1, i, 100);
	expect_back(&guest, RX, 1, 5, HDR + 250 - 200);
	expect_header(buf_at(&guest, 3), 3);
	assert_true(is_filled(buf_at(&guest, 3) + HDR, 100 - HDR, 6));
	assert_int_equal(xstat("tx_bad_descriptors"), 3);
}

static void
a_written_chain_takes_a_packet(void **state)
{
	const struct piece pieces[] = {{buf_phys(0), HDR, VIRTIO_DESC_F_WRITE},
				       {buf_phys(1), BUF_LEN, VIRTIO_DESC_F_WRITE}};

	post(&guest, RX, pieces, 2, 0);
	send_one(packet(99, 3));
	expect_back(&guest, RX, 2, 0, HDR + 99);
	expect_header(buf_at(&guest, 0), 1);
	assert_true(is_filled(buf_at(&guest, 1), 99, 3));
}

/* -- calls ----------------------------------------------------------------------------------------------------------- */

static unsigned
calls(unsigned ring)
{
	uint64_t count = 0;

	return read(guest.call[ring], &count, sizeof(count)) == sizeof(count) ? (unsigned)count : 0;
}

static void
set_no_interrupt(unsigned ring, bool on)
{
	if (guest_is_packed(&guest))
		((struct virtio_packed_event *)ring_part(&guest, ring, AVAIL_OFF))->flags =
			on ? VIRTIO_EVENT_F_DISABLE : VIRTIO_EVENT_F_ENABLE;
	else
		((struct virtio_avail *)ring_part(&guest, ring, AVAIL_OFF))->flags =
			on ? VIRTIO_AVAIL_F_NO_INTERRUPT : 0;
}

static void
a_guest_is_called_once_a_burst_if_it_wants(void **state)
{
	struct plx_mbuf *pkts[4];

	for (int wanted = 0; wanted < 2; wanted++) {
		set_no_interrupt(RX, !wanted);
		calls(RX);
		for (uint16_t i = 0; i < 4; i++) {
			pkts[i] = packet(60, 1);
			post_one(&guest, RX, buf_phys(i), BUF_LEN, i);
		}
		assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, pkts, 4), 4);
		for (uint16_t i = 0; i < 4; i++)
			expect_back(&guest, RX, 1, i, HDR + 60);
		assert_int_equal(calls(RX), wanted);
		expect_nothing();
		assert_int_equal(calls(RX), 0);
	}
}

/* Full, and made to block again after it was handed over: whoever waited would wait for ever. */
static void
a_call_that_would_wait_is_left_out(void **state)
{
	struct plx_mbuf *m = packet(60, 1);

	set_no_interrupt(RX, false);
	assert_int_equal(eventfd_write(guest.call[RX], UINT64_MAX - 1), 0);
	assert_int_equal(fcntl(guest.call[RX], F_SETFL, 0), 0);
	post_one(&guest, RX, buf_phys(0), BUF_LEN, 0);
	alarm(PATIENCE_MS / 1000);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 1);
	alarm(0);
	expect_back(&guest, RX, 1, 0, HDR + 60);
}

/* -- life -------------------------------------------------------------------------------------------------------------- */

static void
a_ring_goes_on_where_it_was_stopped(void **state)
{
	const struct vhost_user_state asked = {TX, 0};
	struct vhost_user_msg reply;

	for (unsigned i = 0; i < 5; i++)
		guest_sends(i, 64, (uint16_t)i);
	expect_packet(64, 0);
	expect_packet(64, 1);
	assert_true(ask(&guest, VHOST_USER_GET_VRING_BASE, &asked, sizeof(asked), &reply));
	assert_int_equal(reply.payload.state.num & 0x7fff, 2);
	expect_nothing();
	assert_false(link_is_up());
	close(guest.call[TX]);
	guest_say_ring(&guest, TX, reply.payload.state.num);
	expect_packet(64, 2);
	expect_packet(64, 3);
	for (uint16_t i = 0; i < 4; i++)
		expect_back(&guest, TX, 1, i, 0);
}

static void
memory_said_again_changes_nothing(void **state)
{
	guest_sends(1, 70, 1);
	expect_packet(70, 1);
	assert_int_equal(guest_say_memory(&guest), 0);
	guest_sends(2, 70, 2);
	expect_packet(70, 2);
	expect_back(&guest, TX, 1, 1, 0);
	expect_back(&guest, TX, 1, 2, 0);
}

static void
a_stopped_port_leaves_packets_with_the_guest(void **state)
{
	struct plx_why why;

	assert_int_equal(plx_ethdev_stop(guest_port), 0);
	guest_sends(1, 70, 1);
	expect_nothing();
	assert_int_equal(plx_ethdev_start(guest_port, &why), 0);
	expect_packet(70, 1);
	assert_int_equal(plx_ethdev_set_link(guest_port, false), 0);
	guest_sends(2, 70, 2);
	expect_nothing();
	assert_int_equal(plx_ethdev_set_link(guest_port, true), 0);
	expect_packet(70, 2);
}

static uint64_t
refused(void)
{
	return xstat("stopped_bursts");
}

/* Neither start nor link nor a new ring of the guest's opens what was stopped alone. */
static void
a_stopped_queue_leaves_packets_with_the_guest(void **state)
{
	struct plx_why why;
	uint64_t before;

	assert_int_equal(plx_ethdev_rx_queue_stop(guest_port, 0, &why), 0);
	guest_sends(1, 70, 1);
	before = refused();
	expect_nothing();
	assert_int_equal(refused(), before + 1);
	assert_int_equal(plx_ethdev_set_link(guest_port, false), 0);
	assert_int_equal(plx_ethdev_set_link(guest_port, true), 0);
	expect_nothing();
	assert_int_equal(guest_say_memory(&guest), 0);
	assert_int_equal(guest_say_addr(&guest, TX), 0);
	expect_nothing();
	assert_int_equal(refused(), before + 3);
	assert_true(link_is_up());
	assert_int_equal(plx_ethdev_rx_queue_start(guest_port, 0, &why), 0);
	expect_packet(70, 1);
	expect_back(&guest, TX, 1, 1, 0);
}

/* What is not this queue's own stop is not counted as one. */
static void
a_start_while_the_link_is_down_opens_nothing(void **state)
{
	struct plx_why why;
	uint64_t before = refused();

	assert_int_equal(plx_ethdev_rx_queue_stop(guest_port, 0, &why), 0);
	assert_int_equal(plx_ethdev_set_link(guest_port, false), 0);
	assert_int_equal(plx_ethdev_rx_queue_start(guest_port, 0, &why), 0);
	guest_sends(1, 70, 1);
	expect_nothing();
	assert_int_equal(refused(), before);
	assert_int_equal(plx_ethdev_set_link(guest_port, true), 0);
	expect_packet(70, 1);
	expect_back(&guest, TX, 1, 1, 0);
}

struct poller {
	bool stop;
	uint64_t received;
};

static void *
echo(void *arg)
{
	struct poller *poller = arg;
	struct plx_mbuf *pkts[8];

	while (!__atomic_load_n(&poller->stop, __ATOMIC_RELAXED)) {
		uint16_t n = plx_ethdev_rx_burst(guest_port, 0, pkts, 8);
		uint16_t sent = 0;

		/* While a message is handled nothing is taken. */
		while (sent < n && !__atomic_load_n(&poller->stop, __ATOMIC_RELAXED)) {
			uint16_t part = plx_ethdev_tx_burst(guest_port, 0, pkts + sent,
							    (uint16_t)(n - sent));

			sent = (uint16_t)(sent + part);
			if (part == 0)
				sched_yield();
		}
		__atomic_store_n(&poller->received, poller->received + n, __ATOMIC_RELAXED);
		plx_mbuf_free_bulk(pkts + sent, (uint32_t)(n - sent));
		sched_yield();
	}
	return NULL;
}

/* Memory, calls and whether rings are on change under a thread that polls; every packet comes through. */
static void
all_may_change_while_a_thread_polls(void **state)
{
	struct poller poller = {0};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, echo, &poller), 0);
	for (uint64_t i = 0; i < 100; i++) {
		uint16_t id = 0xffff;
		uint32_t len = 1;

		post_one(&guest, RX, buf_phys(9), BUF_LEN, 9);
		guest_sends(1, 100, 2);
		if (i % 3 == 0)
			assert_int_equal(guest_say_memory(&guest), 0);
		assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, TX, 0), 0);
		assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, TX, 1), 0);
		if (i % 5 == 0)
			assert_int_equal(say(&guest, VHOST_USER_SET_VRING_CALL, &(uint64_t){RX}, 8,
					     guest.call[RX]),
					 0);
		WAIT_UNTIL(reap(&guest, RX, 1, &id, &len));
		assert_int_equal(id, 9);
		assert_int_equal(len, HDR + 100);
		expect_back(&guest, TX, 1, 2, 0);
	}
	__atomic_store_n(&poller.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(poller.received, 100);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(packets_of_every_length_arrive),
		CASE(bursts_go_around_the_ring),
		CASE(a_chain_is_one_packet),
		CASE(an_indirect_table_is_one_packet),
		CASE(tables_that_are_none_are_refused),
		CASE(addresses_outside_are_refused),
		CASE(bytes_may_straddle_regions_that_touch),
		CASE(lists_that_are_written_or_empty_are_refused),
		CASE(a_chain_that_goes_in_circles_is_refused),
		CASE(indexes_that_are_nonsense_stop_the_ring),
		CASE(what_finds_no_buffer_waits),
		CASE(longer_than_a_buffer_without_scatter_is_an_error),
		CASE(sent_packets_of_every_length_arrive),
		CASE(headers_are_whole_whatever_stood_there),
		CASE(without_room_nothing_is_taken),
		CASE(a_packet_is_spread_over_buffers_that_merge),
		CASE(buffers_that_are_none_come_back_empty),
		CASE(a_buffer_that_is_none_among_those_of_a_packet),
		CASE(a_written_chain_takes_a_packet),
		CASE(a_guest_is_called_once_a_burst_if_it_wants),
		CASE(a_call_that_would_wait_is_left_out),
		CASE(a_ring_goes_on_where_it_was_stopped),
		CASE(memory_said_again_changes_nothing),
		CASE(a_stopped_port_leaves_packets_with_the_guest),
		CASE(a_stopped_queue_leaves_packets_with_the_guest),
		CASE(a_start_while_the_link_is_down_opens_nothing),
		CASE(all_may_change_while_a_thread_polls),
	};
	int failed = 0;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	kind = SPLIT;
	failed += cmocka_run_group_tests_name("split", tests, NULL, NULL);
	kind = PACKED;
	failed += cmocka_run_group_tests_name("packed", tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
