/* SPDX-License-Identifier: BSD-3-Clause */
/* Marks of lists in flight on split rings: those that another program's back end left, and ours as it would read them. */
#define FEATURES (VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF))
#include "book_split.h"

/* -- a guest whose back end died, and ours in its place -------------------------------------------------------------------- */

/* What the back end before gave back, in any order. */
static void
was_given_back(unsigned ring, uint16_t head)
{
	struct virtio_used *used = ring_part(&guest, ring, USED_OFF);

	used->ring[used->idx % LISTS] = (struct virtio_used_elem){head, 0};
	used->idx++;
	guest.used_idx[ring]++;
}

/* List 1 came back; 3, 0 and 2 are in flight, in this order. */
static void
died_with_three_in_flight(void)
{
	was_given_back(TX, 1);
	set_head(TX, 1, 1);
	set_list(TX, 3, true, 0, 1);
	set_list(TX, 0, true, 0, 2);
	set_list(TX, 2, true, 0, 3);
	set_head(RX, 0, 0);
	guest_say_ring(&guest, TX, 1);
}

/* -- read ------------------------------------------------------------------------------------------------------------------ */

static void
lists_in_flight_come_first_in_the_order_of_their_counters(void **state)
{
	connect_guest();
	for (uint16_t head = 0; head < 7; head++)
		send_list(head);
	was_given_back(TX, 1);
	was_given_back(TX, 3);
	set_head(TX, 3, 2);
	set_list(TX, 0, true, 0, 8);
	set_list(TX, 1, false, 0, 5);
	set_list(TX, 2, true, 0, 9);
	set_list(TX, 3, false, 1, 6);
	set_list(TX, 4, true, 0, 7);
	set_head(RX, 0, 0);
	guest_say_ring(&guest, TX, 2);
	expect_from(4);
	assert_int_equal(marks(TX), 2);
	expect_from(0);
	expect_from(2);
	expect_from(5);
	expect_from(6);
	expect_nothing();
	assert_int_equal(marks(TX), 0);
	assert_int_equal(get(TX, 14, 2), 7);
	/* Around the ring a few times, as if nothing had been. */
	for (unsigned i = 0; i < 5 * LISTS; i++) {
		send_list(i % LISTS);
		expect_from(i % LISTS);
	}
	guest_stop(&guest);
}

static void
a_burst_takes_both_what_is_in_flight_and_what_is_new(void **state)
{
	struct plx_mbuf *pkts[8];
	const uint8_t order[] = {3, 0, 2, 4, 5};

	connect_guest();
	for (uint16_t head = 0; head < 6; head++)
		send_list(head);
	died_with_three_in_flight();
	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, pkts, 8), 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(*plx_mbuf_data(pkts[i]), order[i] + 1);
		plx_mbuf_free(pkts[i]);
		expect_back(&guest, TX, 1, order[i], 0);
	}
	guest_stop(&guest);
}

static void
buffers_of_the_guest_that_are_in_flight_are_filled_first(void **state)
{
	connect_guest();
	for (uint16_t head = 0; head < 4; head++)
		post_one(&guest, RX, buf_phys(head), BUF_LEN, head);
	was_given_back(RX, 2);
	set_head(RX, 2, 1);
	set_list(RX, 1, true, 0, 10);
	set_list(RX, 0, true, 0, 11);
	set_head(TX, 0, 0);
	guest_say_ring(&guest, RX, 1);
	for (unsigned i = 0; i < 3; i++)
		send_one();
	expect_back(&guest, RX, 1, 1, HDR + 60);
	expect_back(&guest, RX, 1, 0, HDR + 60);
	expect_back(&guest, RX, 1, 3, HDR + 60);
	assert_int_equal(marks(RX), 0);
	guest_stop(&guest);
}

/* It was given back when its back end died, before the marks were gone. */
static void
the_last_batch_is_not_given_back_twice(void **state)
{
	connect_guest();
	for (uint16_t head = 0; head < 6; head++)
		send_list(head);
	for (uint16_t head = 0; head < 4; head++)
		was_given_back(TX, head);
	set_head(TX, 3, 1);
	set_list(TX, 0, false, 0, 1);
	set_list(TX, 1, true, 0, 2);
	set_list(TX, 2, true, 1, 3);
	set_list(TX, 3, true, 2, 4);
	set_list(TX, 4, true, 0, 5);
	set_head(RX, 0, 0);
	guest_say_ring(&guest, TX, 4);
	expect_from(4);
	expect_from(5);
	expect_nothing();
	guest_stop(&guest);
}

/* The front end tells of the same ring once more: what is still in flight then is so afterwards. */
static void
what_is_still_in_flight_outlives_a_ring_that_is_told_anew(void **state)
{
	connect_guest();
	for (uint16_t head = 0; head < 5; head++)
		send_list(head);
	died_with_three_in_flight();
	expect_from(3);
	/* Not while lists are known by these books alone. */
	close(guest.call[TX]);
	guest_say_ring(&guest, TX, 2);
	expect_from(0);
	expect_from(2);
	expect_from(4);
	expect_nothing();
	guest_stop(&guest);
}

static void
books_are_not_taken_away_while_lists_are_known_by_them_alone(void **state)
{
	connect_guest();
	for (uint16_t head = 0; head < 2; head++)
		send_list(head);
	set_head(TX, 0, 0);
	set_list(TX, 1, true, 0, 1);
	set_list(TX, 0, true, 0, 2);
	set_head(RX, 0, 0);
	guest_say_ring(&guest, TX, 0);
	expect_from(1);
	assert_int_not_equal(say_books(), 0);
	assert_false(is_alive(&guest));
	guest_stop(&guest);
}

/* As GET_INFLIGHT_FD of some leaves it: the first that uses it makes it so. */
static void
a_region_of_version_0_is_begun(void **state)
{
	connect_guest();
	memset(books + 16, 0x5a, REGION - 16);
	memset(books + REGION + 16, 0x5a, REGION - 16);
	memset(books + BOOKS, 0x5a, 4096 - BOOKS);
	send_list(0);
	guest_say_ring(&guest, TX, 0);
	guest_say_ring(&guest, RX, 0);
	for (unsigned ring = 0; ring < 2; ring++) {
		assert_int_equal(get(ring, 8, 2), 1);
		assert_int_equal(get(ring, 10, 2), LISTS);
		assert_int_equal(marks(ring), 0);
	}
	expect_from(0);
	for (unsigned i = BOOKS; i < 4096; i++)
		assert_int_equal(books[i], 0x5a);
	guest_stop(&guest);
}

/* -- hostile --------------------------------------------------------------------------------------------------------------- */

static void
begin_case(void)
{
	memset(books, 0, 4096);
	set_head(TX, 0, 0);
	set_head(RX, 0, 0);
}

static void
refused(void)
{
	const uint64_t before = xstat("front_ends_refused");

	connect_guest();
	for (uint16_t head = 0; head < 3; head++)
		send_list(head);
	assert_int_not_equal(enable_tx(0), 0);
	guest_stop(&guest);
	wait_for_xstat("front_ends_refused", before + 1);
}

static void
books_that_cannot_be_true_end_the_conversation(void **state)
{
	begin_case();
	set(TX, 8, 2, 2); /* a version that nobody knows */
	refused();
	begin_case();
	set(TX, 0, 8, 1); /* a feature */
	refused();
	begin_case();
	set(TX, 10, 2, LISTS - 1); /* shorter than the ring */
	refused();
	begin_case();
	set(TX, 10, 2, LISTS + 1); /* longer than the region */
	refused();
	begin_case();
	set(TX, 10, 2, 0xffff);
	refused();
	begin_case();
	set(TX, 16 + 16 * 2, 1, 2); /* neither in flight nor not */
	refused();
	begin_case();
	for (uint16_t head = 0; head < 4; head++) /* four in flight of three */
		set_list(TX, head, true, 0, head);
	refused();
}

/* The walk along the last batch ends, wherever it leads. */
static void
a_last_batch_that_leads_nowhere_ends(void **state)
{
	static const struct {
		uint16_t head, next, used_idx;
	} rows[] = {
		{LISTS, 0, 0xffff}, {0xffff, 0, 0x8000}, {1, 1, 0x7fff},
		{1, LISTS, 0xfff0}, {1, 0xffff, 1},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		begin_case();
		set_head(TX, rows[i].head, rows[i].used_idx);
		set_list(TX, 1, false, rows[i].next, 0);
		connect_guest();
		guest.avail_idx[TX] = 0;
		for (uint16_t head = 0; head < 3; head++)
			send_list(head);
		assert_int_equal(enable_tx(0), 0);
		for (uint16_t head = 0; head < 3; head++)
			expect_from(head);
		assert_int_equal(get(TX, 14, 2), 3);
		guest_stop(&guest);
	}
}

/* Any bytes at all: sent away or served, and what is served gives back no more than was there. */
static void
any_bytes_are_survived(void **state)
{
	unsigned served = 0, sent_away = 0;
	uint32_t random = 1;

	for (unsigned round = 0; round < 120; round++) {
		struct plx_mbuf *pkts[32];
		const struct virtio_used *used;

		for (unsigned i = 0; i < BOOKS; i++) {
			random = random * 1103515245 + 12345;
			books[i] = (uint8_t)(random >> 16);
		}
		set(TX, 0, 8, 0);
		set(TX, 8, 2, 1);
		set(TX, 10, 2, LISTS);
		for (uint16_t head = 0; head < LISTS; head++)
			set(TX, 16 + 16 * head, 1, (random >> (head + 8) & 3) == 0);
		connect_guest();
		for (uint16_t head = 0; head < 8; head++)
			send_list(head);
		if (enable_tx(0) != 0) {
			sent_away++;
		} else {
			served++;
			plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(guest_port, 0, pkts, 32));
			used = ring_part(&guest, TX, USED_OFF);
			assert_int_equal(used->idx, 8);
		}
		guest_stop(&guest);
	}
	assert_true(served > 0);
	assert_int_equal(served + sent_away, 120);
}

/* -- written ------------------------------------------------------------------------------------------------------------------ */

static void
what_was_given_back_is_linked_and_not_marked(void **state)
{
	struct plx_mbuf *pkts[4];

	connect_guest();
	guest_say_ring(&guest, TX, 0);
	for (uint16_t head = 5; head < 8; head++)
		send_list(head);
	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, pkts, 4), 3);
	plx_mbuf_free_bulk(pkts, 3);
	assert_int_equal(marks(TX), 0);
	assert_int_equal(get(TX, 14, 2), 3);
	assert_int_equal(get(TX, 12, 2), 7);
	assert_int_equal(get(TX, 16 + 16 * 7 + 6, 2), 6);
	assert_int_equal(get(TX, 16 + 16 * 6 + 6, 2), 5);
	assert_true(get(TX, 16 + 16 * 5 + 8, 8) < get(TX, 16 + 16 * 6 + 8, 8));
	assert_true(get(TX, 16 + 16 * 6 + 8, 8) < get(TX, 16 + 16 * 7 + 8, 8));
	guest_stop(&guest);
}

/* A packet that found too few buffers looked at those there are: killed now, they would be submitted again; stopped, they are the guest's. */
static void
what_was_looked_at_and_left_is_marked_until_the_ring_is_stopped(void **state)
{
	uint16_t heads[LISTS];
	struct vhost_user_msg reply;
	const struct vhost_user_state which = {.index = RX};
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	connect_guest();
	guest_say_ring(&guest, RX, 0);
	for (uint16_t i = 0; i < 2; i++)
		post_one(&guest, RX, buf_phys(i), 100, (uint16_t)(9 - i));
	plx_mbuf_append(m, 1000);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 0);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 0);
	plx_mbuf_free(m);
	assert_int_equal(read_by_the_book(RX, 0, heads), 2);
	assert_int_equal(heads[0], 9);
	assert_int_equal(heads[1], 8);
	assert_true(ask(&guest, VHOST_USER_GET_VRING_BASE, &which, sizeof(which), &reply));
	assert_int_equal(reply.payload.state.num, 0);
	assert_int_equal(marks(RX), 0);
	guest_stop(&guest);
}

/* Our marks come behind those of who was there before; when the ring is stopped only ours go. */
static void
our_marks_come_behind_those_that_were_there(void **state)
{
	const struct vhost_user_state which = {.index = RX};
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	struct vhost_user_msg reply;
	uint16_t heads[LISTS];

	connect_guest();
	for (uint16_t head = 7; head > 4; head--)
		post_one(&guest, RX, buf_phys(head), 100, head);
	set_head(RX, 0, 0);
	set_list(RX, 7, true, 0, 1000);
	guest_say_ring(&guest, RX, 0);
	plx_mbuf_append(m, 1000);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 0);
	plx_mbuf_free(m);
	assert_int_equal(read_by_the_book(RX, 0, heads), 3);
	assert_int_equal(heads[0], 7);
	assert_true(ask(&guest, VHOST_USER_GET_VRING_BASE, &which, sizeof(which), &reply));
	assert_int_equal(read_by_the_book(RX, 0, heads), 1);
	assert_int_equal(heads[0], 7);
	guest_stop(&guest);
}

/* A ring by itself, of which this test is the guest as well. */
static struct {
	_Alignas(64) struct virtio_desc desc[LISTS];
	_Alignas(64) uint8_t avail[6 + 2 * LISTS];
	_Alignas(64) uint8_t used[6 + 8 * LISTS];
	_Alignas(64) uint8_t bytes[LISTS * 64];
	struct vhost_memory memory;
	struct vhost_ring ring;
	struct vhost_batch batch;
} alone;

static void
make_ring_alone(void)
{
	struct virtio_avail *avail = (void *)alone.avail;
	struct plx_why why;

	memset(&alone, 0, sizeof(alone));
	memset(books, 0, BOOKS);
	alone.ring =
		(struct vhost_ring){.size = LISTS, .index = TX, .call_fd = -1, .trouble_fd = -1};
	alone.ring.split.desc = alone.desc;
	alone.ring.split.avail = avail;
	alone.ring.split.used = (void *)alone.used;
	alone.memory.nb = 1;
	alone.memory.region[0] =
		(struct vhost_region){.size = sizeof(alone.bytes), .at = alone.bytes};
	alone.ring.memory = &alone.memory;
	alone.ring.books.split = (void *)(books + TX * REGION);
	assert_int_equal(vhost_marks_open(&alone.ring, &alone.ring.books, LISTS, &why), 0);
	for (uint16_t i = 0; i < 6; i++) {
		alone.desc[i + 4] = (struct virtio_desc){.addr = 64u * i, .len = 64};
		avail->ring[i] = (uint16_t)(9 - i);
	}
	avail->idx = 6;
}

/* The lists that who comes next submits are those that the guest has not got back, in their order, and then it goes on behind them. */
static void
who_comes_next_sees(uint16_t used_idx)
{
	uint16_t heads[LISTS];
	unsigned n = read_by_the_book(TX, used_idx, heads);

	for (unsigned i = 0; i < n; i++)
		assert_int_equal(heads[i], 9 - (used_idx + i));
	assert_true(used_idx + n <= 6);
}

/* Killed after each step in turn. */
static void
at_every_step_the_marks_are_true(void **state)
{
	uint8_t saved[REGION];

	for (unsigned steps = 0; steps < 7; steps++) {
		struct virtio_used *used = (void *)alone.used;

		make_ring_alone();
		vhost_batch_begin(&alone.ring, &alone.batch);
		assert_int_equal(vhost_split_more(&alone.ring, &alone.batch, 2), 2);
		vhost_split_publish(&alone.ring, &alone.batch, 2);
		assert_int_equal(used->idx, 2);
		who_comes_next_sees(2);
		vhost_batch_begin(&alone.ring, &alone.batch);
		if (steps > 0)
			assert_int_equal(vhost_split_more(&alone.ring, &alone.batch, 3), 3);
		if (steps == 2) /* in the middle of the links */
			vhost_marks_link(&alone.ring, &alone.batch, 1);
		if (steps > 2)
			vhost_marks_link(&alone.ring, &alone.batch, 3);
		if (steps > 3)
			used->idx = alone.ring.next = 5;
		if (steps == 5) /* in the middle of the marks */
			set(TX, 16 + 16 * 7, 1, 0);
		if (steps > 5)
			vhost_marks_give(&alone.ring, &alone.batch, 3);
		memcpy(saved, books + TX * REGION, REGION);
		who_comes_next_sees(used->idx);
		assert_int_equal(marks(TX), steps == 0 || steps > 3 ? 0 : 3);
		/* Our own reading is the same. */
		memcpy(books + TX * REGION, saved, REGION);
		alone.ring.next = used->idx;
		assert_int_equal(vhost_marks_open(&alone.ring, &alone.ring.books, LISTS, NULL), 0);
		assert_int_equal(alone.ring.nb_resumed, steps == 0 || steps > 3 ? 0 : 3);
		for (uint16_t i = 0; i < alone.ring.nb_resumed; i++)
			assert_int_equal(alone.ring.resumed[(used->idx + i) % LISTS],
					 9 - (used->idx + i));
		free(alone.ring.resumed);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lists_in_flight_come_first_in_the_order_of_their_counters),
		CASE(a_burst_takes_both_what_is_in_flight_and_what_is_new),
		CASE(buffers_of_the_guest_that_are_in_flight_are_filled_first),
		CASE(the_last_batch_is_not_given_back_twice),
		CASE(what_is_still_in_flight_outlives_a_ring_that_is_told_anew),
		CASE(books_are_not_taken_away_while_lists_are_known_by_them_alone),
		CASE(a_region_of_version_0_is_begun),
		CASE(books_that_cannot_be_true_end_the_conversation),
		CASE(a_last_batch_that_leads_nowhere_ends),
		CASE(any_bytes_are_survived),
		CASE(what_was_given_back_is_linked_and_not_marked),
		CASE(what_was_looked_at_and_left_is_marked_until_the_ring_is_stopped),
		CASE(our_marks_come_behind_those_that_were_there),
		CASE(at_every_step_the_marks_are_true),
	};
	int failed;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
