/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Marks of lists in flight on packed rings, as the vhost-user specification lays them down ("Inflight I/O tracking"): here is a back end that
 * follows its sentences word by word (book_packed.h) and dies after any of them.
 */
#define FEATURES                                                               \
	(VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | \
	 VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VIRTIO_BIT(VIRTIO_F_IN_ORDER))
#include "book_packed.h"

/* No list is in flight, no entry is lost, and there is nothing that was begun. */
static void
expect_quiet(unsigned ring)
{
	assert_int_equal(marks(ring), 0);
	assert_int_equal(free_entries(ring), LISTS);
	assert_int_equal(get(ring, FREE_HEAD), get(ring, OLD_FREE_HEAD));
	assert_int_equal(get(ring, USED_IDX), get(ring, OLD_USED_IDX));
	assert_int_equal(get(ring, USED_WRAP), get(ring, OLD_USED_WRAP));
	assert_int_equal(get(ring, USED_IDX), guest.used_idx[ring] % LISTS);
	assert_int_equal(get(ring, USED_WRAP), guest.used_idx[ring] / LISTS % 2 == 0);
}

/* -- a guest with such a back end -------------------------------------------------------------------------------------------- */

static void
begin_scene(void)
{
	memset(books, 0, BOOKS_LEN);
	connect_guest();
	steps = ALL;
	for (unsigned ring = 0; ring < 2; ring++) {
		guest.wrap[ring] = true;
		descs[ring] = ring_part(&guest, ring, 0);
		book_begin(ring);
	}
}

/* It gives them back, and the guest sees it. */
static void
gives_back(unsigned ring, unsigned e, unsigned n, uint16_t id)
{
	book_give(ring, &e, 1, 0);
	expect_back(&guest, ring, n, id, 0);
}

/* A packet in three pieces, whose bytes say whose it is. */
static void
send_chain(uint16_t id)
{
	const uint64_t at = buf_phys(id);
	const struct piece pieces[] = {{at, HDR, 0}, {at + 100, 30, 0}, {at + 200, 30, 0}};

	memset(buf_at(&guest, id), 0, HDR);
	memset(buf_at(&guest, id) + 100, id + 1, 30);
	memset(buf_at(&guest, id) + 200, id + 1, 30);
	post(&guest, TX, pieces, 3, id);
}

static void
expect_chain(uint16_t id)
{
	struct plx_mbuf *m = NULL;

	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 1);
	assert_int_equal(m->pkt_len, 60);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(plx_mbuf_data(m)[i], id + 1);
	plx_mbuf_free(m);
	expect_back(&guest, TX, 3, id, 0);
}

/* What the front end tells is what it saw last: not where the books are. */
#define STALE 0x8000

/* -- read ------------------------------------------------------------------------------------------------------------------ */

static void
lists_in_flight_come_first_in_the_order_they_were_taken(void **state)
{
	unsigned e[5];

	begin_scene();
	for (uint16_t id = 0; id < 7; id++)
		send_list(id);
	for (unsigned i = 0; i < 5; i++)
		e[i] = book_take(TX);
	/* Where these are given back were the descriptors of the others. */
	gives_back(TX, e[3], 1, 3);
	gives_back(TX, e[1], 1, 1);
	guest_say_ring(&guest, TX, STALE);
	expect_from(0);
	assert_int_equal(marks(TX), 2);
	expect_from(2);
	expect_from(4);
	expect_from(5);
	expect_from(6);
	expect_nothing();
	expect_quiet(TX);
	/* Around the ring a few times, as if nothing had been. */
	for (unsigned i = 0; i < 5 * LISTS; i++) {
		send_list(i % LISTS);
		expect_from(i % LISTS);
	}
	expect_quiet(TX);
	guest_stop(&guest);
}

/* Chains whose descriptors in the ring are gone, around its end, and behind them one that is there. */
static void
chains_are_served_from_the_books(void **state)
{
	unsigned e[4];

	begin_scene();
	for (uint16_t id = 0; id < 4; id++) {
		send_chain(id);
		gives_back(TX, book_take(TX), 3, id);
	}
	for (uint16_t id = 4; id < 8; id++) {
		send_chain(id);
		e[id - 4] = book_take(TX);
	}
	gives_back(TX, e[3], 3, 7);
	gives_back(TX, e[1], 3, 5);
	send_chain(9);
	guest_say_ring(&guest, TX, STALE);
	expect_chain(4);
	expect_chain(6);
	expect_chain(9);
	expect_nothing();
	expect_quiet(TX);
	guest_stop(&guest);
}

static void
a_burst_takes_both_what_is_in_flight_and_what_is_new(void **state)
{
	struct plx_mbuf *pkts[8];
	const uint16_t order[] = {1, 2, 3, 4};
	unsigned e[3];

	begin_scene();
	for (uint16_t id = 0; id < 5; id++)
		send_list(id);
	for (unsigned i = 0; i < 3; i++)
		e[i] = book_take(TX);
	gives_back(TX, e[0], 1, 0);
	guest_say_ring(&guest, TX, STALE);
	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, pkts, 8), 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(*plx_mbuf_data(pkts[i]), order[i] + 1);
		plx_mbuf_free(pkts[i]);
		expect_back(&guest, TX, 1, order[i], 0);
	}
	expect_quiet(TX);
	guest_stop(&guest);
}

static void
buffers_of_the_guest_that_are_in_flight_are_filled_first(void **state)
{
	unsigned e[3];

	begin_scene();
	for (uint16_t id = 0; id < 4; id++)
		post_one(&guest, RX, buf_phys(id), BUF_LEN, id);
	for (unsigned i = 0; i < 3; i++)
		e[i] = book_take(RX);
	gives_back(RX, e[2], 1, 2);
	guest_say_ring(&guest, RX, STALE);
	for (unsigned i = 0; i < 3; i++)
		send_one();
	expect_back(&guest, RX, 1, 0, HDR + 60);
	expect_back(&guest, RX, 1, 1, HDR + 60);
	expect_back(&guest, RX, 1, 3, HDR + 60);
	expect_quiet(RX);
	guest_stop(&guest);
}

/* A list that takes the whole ring: used_idx is what it was. */
static void
a_list_as_long_as_the_ring_is_resumed(void **state)
{
	struct piece pieces[LISTS];
	struct plx_mbuf *m;

	begin_scene();
	for (unsigned i = 0; i < LISTS; i++)
		pieces[i] = (struct piece){buf_phys(i), HDR, 0};
	for (int killed = 0; killed < 2; killed++) {
		post(&guest, TX, pieces, LISTS, 5);
		book_take(TX);
		if (killed) {
			unsigned e = (unsigned)get(TX, FREE_HEAD);

			assert_int_equal(e, LISTS);
			for (e = 0; get(TX, INFLIGHT(e)) == 0;)
				e++;
			steps = 4; /* it is given back, which nothing but the ring says */
			book_give(TX, &e, 1, 0);
			expect_back(&guest, TX, LISTS, 5, 0);
			steps = ALL;
		}
		guest_say_ring(&guest, TX, STALE);
		assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), killed ? 0 : 1);
		if (!killed) {
			assert_int_equal(m->pkt_len, (LISTS - 1) * HDR);
			plx_mbuf_free(m);
			expect_back(&guest, TX, LISTS, 5, 0);
		}
		expect_quiet(TX);
		close(guest.call[TX]);
		guest.call[TX] = -1;
		book[TX].wrap = false;
	}
	guest_stop(&guest);
}

/* Lists 0 to 5 of which 2 were given back; then the next two are, together, and it dies after each step in turn. */
static void
killed_while_it_gave_back(int after, unsigned round)
{
	unsigned e[5], gone;
	uint16_t id;

	begin_scene();
	for (unsigned i = 0; i < round; i++) {
		send_list(9);
		gives_back(TX, book_take(TX), 1, 9);
	}
	for (id = 0; id < 6; id++)
		send_list(id);
	for (unsigned i = 0; i < 5; i++)
		e[i] = book_take(TX);
	gives_back(TX, e[2], 1, 2);
	gives_back(TX, e[0], 1, 0);
	steps = after;
	book_give(TX, (const unsigned[]){e[4], e[1]}, 2, 0);
	/* The guest has seen both of them or none. */
	gone = reap(&guest, TX, 1, &id, &(uint32_t){0});
	assert_int_equal(gone, after > 6);
	if (gone) {
		assert_int_equal(id, 4);
		expect_back(&guest, TX, 1, 1, 0);
	}
	guest_say_ring(&guest, TX, STALE);
	if (!gone)
		expect_from(1);
	expect_from(3);
	if (!gone)
		expect_from(4);
	expect_from(5);
	expect_nothing();
	expect_quiet(TX);
	guest_stop(&guest);
}

static void
killed_while_it_gave_back_it_had_or_had_not(void **state)
{
	for (int after = 0; after < 12; after++) {
		killed_while_it_gave_back(after, 0);
		killed_while_it_gave_back(after, LISTS - 3); /* around the end of the ring */
	}
}

static void
killed_while_it_took_it_had_not(void **state)
{
	for (int after = 0; after < 32; after++) {
		begin_scene();
		for (uint16_t id = 0; id < 3; id++)
			send_chain(id);
		book_take(TX);
		steps = after;
		book_take(TX);
		guest_say_ring(&guest, TX, STALE);
		for (uint16_t id = 0; id < 3; id++)
			expect_chain(id);
		expect_nothing();
		expect_quiet(TX);
		guest_stop(&guest);
	}
}

/* The front end tells of the same ring once more: what is still in flight then is so afterwards. */
static void
what_is_still_in_flight_outlives_a_ring_that_is_told_anew(void **state)
{
	unsigned e[4];

	begin_scene();
	for (uint16_t id = 0; id < 5; id++)
		send_list(id);
	for (unsigned i = 0; i < 4; i++)
		e[i] = book_take(TX);
	gives_back(TX, e[3], 1, 3);
	guest_say_ring(&guest, TX, STALE);
	expect_from(0);
	assert_int_not_equal(get(TX, USED_IDX), 0);
	close(guest.call[TX]);
	guest_say_ring(&guest, TX, 0x8000 | 2);
	expect_from(1);
	expect_from(2);
	expect_from(4);
	expect_nothing();
	expect_quiet(TX);
	guest_stop(&guest);
}

/* A guest that resets its ring begins at the beginning, and so do the books. */
static void
a_ring_that_was_stopped_in_order_goes_on_where_the_front_end_says(void **state)
{
	const struct vhost_user_state which = {.index = TX};
	struct vhost_user_msg reply;

	begin_scene();
	guest_say_ring(&guest, TX, STALE);
	for (uint16_t id = 0; id < 5; id++) {
		send_list(id);
		expect_from(id);
	}
	assert_true(ask(&guest, VHOST_USER_GET_VRING_BASE, &which, sizeof(which), &reply));
	assert_int_equal(reply.payload.state.num, 0x80058005);
	memset(descs[TX], 0, LISTS * sizeof(*descs[TX]));
	guest.pos[TX] = guest.used_idx[TX] = 0;
	close(guest.call[TX]);
	guest_say_ring(&guest, TX, 0x8000);
	for (uint16_t id = 0; id < 3 * LISTS; id++) {
		send_list(id % LISTS);
		expect_from(id % LISTS);
	}
	expect_quiet(TX);
	guest_stop(&guest);
}

/* As GET_INFLIGHT_FD of some leaves it: the first that uses it makes it so, from where the front end says that the ring is. */
static void
a_region_of_version_0_is_begun(void **state)
{
	const struct vhost_user_state which = {.index = TX};
	struct vhost_user_msg reply;

	begin_scene();
	memset(books, 0x5a, BOOKS_LEN);
	set(RX, 8, 2, 0);
	set(TX, 8, 2, 0);
	guest.pos[TX] = 15;
	guest.wrap[TX] = false;
	guest.used_idx[TX] = LISTS + 15;
	send_list(0);
	guest_say_ring(&guest, TX, 15);
	guest_say_ring(&guest, RX, 0x8000);
	for (unsigned ring = 0; ring < 2; ring++) {
		assert_int_equal(get(ring, 0, 8), 0);
		assert_int_equal(get(ring, 8, 2), 1);
		assert_int_equal(get(ring, 10, 2), LISTS);
		expect_quiet(ring);
	}
	expect_from(0);
	expect_quiet(TX);
	assert_true(ask(&guest, VHOST_USER_GET_VRING_BASE, &which, sizeof(which), &reply));
	assert_int_equal(reply.payload.state.num, 0x80008000);
	for (unsigned i = BOOKS; i < BOOKS_LEN; i++)
		assert_int_equal(books[i], 0x5a);
	guest_stop(&guest);
}

/* A region of ours that nobody used yet says where rings begin that begin at the beginning. */
static void
a_region_of_ours_is_as_the_book_wants_it(void **state)
{
	const struct vhost_user_inflight asked = {.num_queues = 2, .queue_size = LISTS};
	struct vhost_user_msg reply;

	begin_scene();
	assert_true(ask(&guest, VHOST_USER_GET_INFLIGHT_FD, &asked, sizeof(asked), &reply));
	assert_int_equal(reply.payload.inflight.mmap_size, BOOKS);
	assert_int_equal(pread(reply.fds[0], books, BOOKS, 0), BOOKS);
	close(reply.fds[0]);
	for (unsigned ring = 0; ring < 2; ring++) {
		assert_int_equal(get(ring, 8, 2), 0);
		assert_int_equal(get(ring, 10, 2), LISTS);
		expect_quiet(ring);
	}
	guest_stop(&guest);
}

/* -- hostile --------------------------------------------------------------------------------------------------------------- */

static void
refused(unsigned off, unsigned len, uint64_t value)
{
	const uint64_t before = xstat("front_ends_refused");

	begin_scene();
	for (uint16_t id = 0; id < 3; id++)
		send_chain(id);
	for (unsigned i = 0; i < 3; i++)
		book_take(TX);
	set(TX, NEXT(5), 3); /* a circle: the second list may be of 3, 6, .. descriptors */
	set(TX, off, len, value);
	assert_int_not_equal(enable_tx(STALE), 0);
	guest_stop(&guest);
	wait_for_xstat("front_ends_refused", before + 1);
}

static void
books_that_cannot_be_true_end_the_conversation(void **state)
{
	refused(8, 2, 2); /* a version that nobody knows */
	refused(0, 8, 1); /* a feature */
	refused(10, 2, LISTS - 1);
	refused(10, 2, LISTS + 1);
	refused(10, 2, 0xffff);
	refused(USED_IDX, LISTS);
	refused(OLD_USED_IDX, LISTS);
	refused(USED_IDX, 0xffff);
	refused(OLD_USED_IDX, 0xffff);
	refused(USED_WRAP, 2);
	refused(OLD_USED_WRAP, 0xff);
	refused(INFLIGHT(3), 2);
	refused(NUM(3), 0);
	refused(NUM(3), 2); /* its last is elsewhere */
	refused(NUM(3), 4);
	refused(NUM(3), LISTS + 1);
	refused(NUM(3), 0xffff);
	refused(NUM(3), 12); /* with the others more than the ring has */
	refused(LAST(3), LISTS);
	refused(LAST(3), 0xffff);
	refused(LAST(3), 4);
	refused(NEXT(3), LISTS);
	refused(NEXT(4), 0xffff);
	refused(NEXT(4), 4);
}

/* The walk along the free entries ends, wherever it leads. */
static void
free_entries_that_lead_nowhere_end(void **state)
{
	static const struct {
		uint16_t head, next;
	} rows[] = {{3, 3}, {3, 4}, {0xffff, 0}, {LISTS, 0}, {3, 0xffff}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		begin_scene();
		for (uint16_t id = 0; id < 3; id++)
			send_list(id);
		book_take(TX);
		set(TX, FREE_HEAD, rows[i].head);
		set(TX, OLD_FREE_HEAD, rows[i].head);
		set(TX, NEXT(3), rows[i].next);
		set(TX, NEXT(4), 3);
		assert_int_equal(enable_tx(STALE), 0);
		for (uint16_t id = 0; id < 3; id++)
			expect_from(id);
		expect_nothing();
		guest_stop(&guest);
	}
}

/* Descriptors in the books are no better than those in the ring. */
static void
bad_descriptors_in_the_books_are_given_back_empty(void **state)
{
	static const struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags;
	} rows[] = {
		{0, 100, 0},
		{UINT64_MAX, 100, 0},
		{GUEST_PHYS, UINT32_MAX, 0},
		{GUEST_PHYS, 100, VIRTIO_DESC_F_WRITE},
		{GUEST_PHYS, 100, VIRTIO_DESC_F_INDIRECT},
		{GUEST_PHYS, 32, VIRTIO_DESC_F_INDIRECT | VIRTIO_DESC_F_NEXT},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct plx_mbuf *m;

		begin_scene();
		send_list(0);
		send_list(1);
		book_take(TX);
		set(TX, ADDR(0), rows[i].addr);
		set(TX, LEN(0), rows[i].len);
		set(TX, FLAGS(0), rows[i].flags);
		set(TX, ID(0), 0xfffe);
		assert_int_equal(enable_tx(STALE), 0);
		assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 0);
		expect_back(&guest, TX, 1, 0xfffe, 0);
		expect_from(1);
		expect_quiet(TX);
		guest_stop(&guest);
	}
	assert_int_equal(xstat("rx_bad_descriptors"), PLX_ARRAY_LEN(rows));
}

/* Any bytes at all: sent away or served; outside of the ring and the books nothing is written. */
static void
any_bytes_are_survived(void **state)
{
	unsigned served = 0, sent_away = 0;
	uint32_t random = 1;

	for (unsigned round = 0; round < 200; round++) {
		struct plx_mbuf *pkts[32];

		begin_scene();
		for (unsigned i = 0; i < BOOKS; i++) {
			random = random * 1103515245 + 12345;
			books[i] = (uint8_t)(random >> 16);
		}
		memset(books + BOOKS, 0x5a, BOOKS_LEN - BOOKS);
		set(TX, 0, 8, 0);
		set(TX, 8, 2, 1);
		set(TX, 10, 2, LISTS);
		for (unsigned off = 12; off < 20; off += 2)
			set(TX, off, 2, get(TX, off, 2) % LISTS);
		set(TX, USED_WRAP, random >> 8 & 1);
		set(TX, OLD_USED_WRAP, random >> 9 & 1);
		for (unsigned i = 0; i < LISTS; i++) {
			set(TX, INFLIGHT(i), (random >> (i % 8 + 8) & 7) == 0);
			set(TX, NUM(i), 1 + get(TX, NUM(i)) % 2);
			set(TX, LAST(i), i);
			set(TX, NEXT(i), get(TX, NEXT(i)) % (round % 2 ? LISTS : 0xffff));
			if (get(TX, NUM(i)) == 2)
				set(TX, LAST(i), get(TX, NEXT(i)));
		}
		for (uint16_t id = 0; id < 8; id++)
			send_list(id);
		if (enable_tx(STALE) != 0) {
			sent_away++;
		} else {
			served++;
			for (unsigned i = 0; i < 3; i++)
				plx_mbuf_free_bulk(pkts,
						   plx_ethdev_rx_burst(guest_port, 0, pkts, 32));
		}
		for (unsigned i = BOOKS; i < BOOKS_LEN; i++)
			assert_int_equal(books[i], 0x5a);
		guest_stop(&guest);
	}
	assert_true(served > 20);
	assert_true(sent_away > 20);
}

/* -- written ------------------------------------------------------------------------------------------------------------------ */

/* A ring by itself, of which this test is the guest as well. */
static struct {
	_Alignas(64) struct virtio_packed_desc desc[LISTS];
	struct virtio_packed_event driver, device;
	_Alignas(64) uint8_t bytes[LISTS * 64];
	struct vhost_memory memory;
	struct vhost_ring ring;
	struct vhost_batch batch;
} alone;

static void
make_ring_alone(unsigned at, bool wrap)
{
	memset(&alone, 0, sizeof(alone));
	memset(books, 0, BOOKS);
	alone.ring = (struct vhost_ring){.size = LISTS,
					 .index = TX,
					 .packed = true,
					 .next = (uint16_t)at,
					 .wrap = wrap,
					 .call_fd = -1,
					 .trouble_fd = -1};
	alone.ring.packed_ring.desc = alone.desc;
	alone.ring.packed_ring.driver = &alone.driver;
	alone.ring.packed_ring.device = &alone.device;
	alone.memory.nb = 1;
	alone.memory.region[0] =
		(struct vhost_region){.size = sizeof(alone.bytes), .at = alone.bytes};
	alone.ring.memory = &alone.memory;
	alone.ring.books.packed = (void *)(books + TX * REGION);
	assert_int_equal(vhost_marks_open_packed(&alone.ring, &alone.ring.books, LISTS, NULL), 0);
	descs[TX] = alone.desc;
	for (unsigned i = 0; i < 6; i++)
		alone.desc[(at + i) % LISTS] = (struct virtio_packed_desc){
			64 * i, 64, (uint16_t)(20 + i),
			(at + i < LISTS) == wrap ? VIRTIO_PACKED_F_AVAIL : VIRTIO_PACKED_F_USED};
}

/* Who comes next by the book goes on with what the guest has not got back, which is in the ring: as he sees it, and as we do. */
static void
who_comes_next_goes_on_behind(unsigned nb, unsigned at, bool wrap)
{
	uint8_t saved[REGION];
	unsigned entries[LISTS];
	const unsigned next = (at + nb) % LISTS;
	const bool next_wrap = at + nb < LISTS ? wrap : !wrap;

	memcpy(saved, books + TX * REGION, REGION);
	assert_int_equal(book_reconnect(TX, entries), 0);
	assert_int_equal(get(TX, USED_IDX), next);
	assert_int_equal(get(TX, USED_WRAP), next_wrap);
	assert_int_equal(free_entries(TX), LISTS);
	memcpy(books + TX * REGION, saved, REGION);
	alone.ring.next = 7;
	assert_int_equal(vhost_marks_open_packed(&alone.ring, &alone.ring.books, LISTS, NULL), 0);
	assert_int_equal(alone.ring.next, next);
	assert_int_equal(alone.ring.wrap, next_wrap);
	assert_int_equal(alone.ring.nb_resumed, 0);
	/* And what he goes on with is whole. */
	for (unsigned i = nb; i < 6; i++) {
		const struct virtio_packed_desc *desc = &alone.desc[(at + i) % LISTS];

		assert_int_equal(desc->id, 20 + i);
		assert_true(vhost_packed_is_available(desc->flags, (at + i < LISTS) == wrap));
	}
}

/* Killed after each step in turn of giving the fourth list back, anywhere in the ring. */
static void
at_every_step_the_books_are_true(void **state)
{
	for (unsigned at = 0; at < LISTS; at++) {
		for (unsigned n = 0; n < 8; n++) {
			const bool wrap = n % 2;
			const struct vhost_slot *fourth = &alone.batch.slot[0];

			make_ring_alone(at, wrap);
			vhost_batch_begin(&alone.ring, &alone.batch);
			assert_int_equal(vhost_packed_more(&alone.ring, &alone.batch, 3), 3);
			vhost_packed_publish(&alone.ring, &alone.batch, 3);
			who_comes_next_goes_on_behind(3, at, wrap);
			vhost_batch_begin(&alone.ring, &alone.batch);
			assert_int_equal(vhost_packed_more(&alone.ring, &alone.batch, 1), 1);
			if (n / 2 > 0)
				vhost_marks_link_packed(&alone.ring, fourth);
			if (n / 2 > 1)
				alone.desc[fourth->pos].flags =
					fourth->wrap ? VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED
						     : 0;
			if (n / 2 > 2)
				vhost_marks_give_packed(&alone.ring, fourth);
			who_comes_next_goes_on_behind(n / 2 > 1 ? 4 : 3, at, wrap);
		}
	}
}

/* What another had taken we give back by the same steps: killed after any, the next one knows what is still in flight. */
static void
what_was_resumed_is_in_flight_until_it_is_given_back(void **state)
{
	for (unsigned n = 0; n < 4; n++) {
		unsigned entries[LISTS], e[3];
		const struct vhost_slot *slot = &alone.batch.slot[0];

		make_ring_alone(14, true);
		steps = ALL;
		book_begin(TX);
		book[TX].avail = 14;
		set(TX, USED_IDX, 14);
		set(TX, OLD_USED_IDX, 14);
		for (unsigned i = 0; i < 3; i++)
			e[i] = book_take(TX);
		book_give(TX, &e[1], 1, 0);
		assert_int_equal(
			vhost_marks_open_packed(&alone.ring, &alone.ring.books, LISTS, NULL), 0);
		assert_int_equal(alone.ring.nb_resumed, 2);
		vhost_batch_begin(&alone.ring, &alone.batch);
		assert_int_equal(vhost_packed_more(&alone.ring, &alone.batch, 1), 1);
		assert_int_equal(slot->id, 20);
		assert_int_equal(slot->pos, 15);
		if (n > 0)
			vhost_marks_link_packed(&alone.ring, slot);
		if (n > 1)
			alone.desc[15].flags = VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED;
		if (n > 2)
			vhost_marks_give_packed(&alone.ring, slot);
		assert_int_equal(book_reconnect(TX, entries), n > 1 ? 1 : 2);
		assert_int_equal(entries[0], n > 1 ? e[2] : e[0]);
		assert_int_equal(get(TX, USED_IDX), n > 1 ? 0 : 15);
		assert_int_equal(free_entries(TX), n > 1 ? LISTS - 1 : LISTS - 2);
		free(alone.ring.resumed);
		free(alone.ring.resumed_desc);
	}
}

/* Looked at and left: it stays with the guest, and nothing says otherwise. */
static void
what_was_looked_at_and_left_is_not_in_flight(void **state)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	begin_scene();
	guest_say_ring(&guest, RX, STALE);
	for (uint16_t id = 0; id < 2; id++)
		post_one(&guest, RX, buf_phys(id), 100, id);
	plx_mbuf_append(m, 1000);
	assert_int_equal(plx_ethdev_tx_burst(guest_port, 0, &m, 1), 0);
	plx_mbuf_free(m);
	expect_quiet(RX);
	guest_stop(&guest);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lists_in_flight_come_first_in_the_order_they_were_taken),
		CASE(chains_are_served_from_the_books),
		CASE(a_burst_takes_both_what_is_in_flight_and_what_is_new),
		CASE(buffers_of_the_guest_that_are_in_flight_are_filled_first),
		CASE(a_list_as_long_as_the_ring_is_resumed),
		CASE(killed_while_it_gave_back_it_had_or_had_not),
		CASE(killed_while_it_took_it_had_not),
		CASE(what_is_still_in_flight_outlives_a_ring_that_is_told_anew),
		CASE(a_ring_that_was_stopped_in_order_goes_on_where_the_front_end_says),
		CASE(a_region_of_version_0_is_begun),
		CASE(a_region_of_ours_is_as_the_book_wants_it),
		CASE(books_that_cannot_be_true_end_the_conversation),
		CASE(free_entries_that_lead_nowhere_end),
		CASE(bad_descriptors_in_the_books_are_given_back_empty),
		CASE(any_bytes_are_survived),
		CASE(at_every_step_the_books_are_true),
		CASE(what_was_resumed_is_in_flight_until_it_is_given_back),
		CASE(what_was_looked_at_and_left_is_not_in_flight),
	};
	int failed;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
