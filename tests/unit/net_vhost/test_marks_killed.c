/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A back end that is killed at any instruction while it gives lists of a packed ring back: it is a child that is run step by step, and after each
 * that changed anything who comes next by the book (book_packed.h) finds what the guest knows, and so does ours.
 */
#define FEATURES VIRTIO_BIT(VIRTIO_F_VERSION_1)
#include "book_packed.h"

#include "stepped.h"

#define RING_OFF_HERE 2048 /* in the memory of the books, which both processes see */
#define BEGIN	      13   /* the place of the first list; the ring's end is among them */
#define OURS	      14   /* where ours begins: the first has been given back */
#define BATCH	      5

static struct {
	_Alignas(64) uint8_t bytes[LISTS * 64];
	struct vhost_memory memory;
	struct vhost_ring ring;
	struct vhost_batch batch;
} back;

/* Six lists of which a back end before had taken three and given the second back; ours looks at the rest. */
static void
make_scene(unsigned e[3])
{
	memset(&back, 0, sizeof(back));
	memset(books, 0, BOOKS_LEN);
	descs[TX] = (void *)(books + RING_OFF_HERE);
	steps = ALL;
	book_begin(TX);
	book[TX].avail = BEGIN;
	set(TX, USED_IDX, BEGIN);
	set(TX, OLD_USED_IDX, BEGIN);
	for (unsigned i = 0; i < 6; i++)
		descs[TX][(BEGIN + i) % LISTS] = (struct virtio_packed_desc){
			64 * i, 64, (uint16_t)(20 + i),
			BEGIN + i < LISTS ? VIRTIO_PACKED_F_AVAIL : VIRTIO_PACKED_F_USED};
	for (unsigned i = 0; i < 3; i++)
		e[i] = book_take(TX);
	book_give(TX, &e[1], 1, 0);
	back.memory.nb = 1;
	back.memory.region[0] = (struct vhost_region){.size = sizeof(back.bytes), .at = back.bytes};
	back.ring = (struct vhost_ring){.size = LISTS,
					.index = TX,
					.packed = true,
					.memory = &back.memory,
					.call_fd = -1,
					.trouble_fd = -1};
	back.ring.packed_ring.desc = descs[TX];
	back.ring.books.packed = (void *)(books + TX * REGION);
	assert_int_equal(vhost_marks_open_packed(&back.ring, &back.ring.books, LISTS, NULL), 0);
	vhost_batch_begin(&back.ring, &back.batch);
	assert_int_equal(vhost_packed_more(&back.ring, &back.batch, BATCH), BATCH);
}

/* Lists that the guest has seen come back, in its order. */
static unsigned
given_back(void)
{
	static const uint16_t order[] = {20, 22, 23, 24, 25};
	unsigned n = 0;

	for (; n < BATCH; n++) {
		const struct virtio_packed_desc *desc = &descs[TX][(OURS + n) % LISTS];
		const uint16_t used =
			OURS + n < LISTS ? VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED : 0;

		if (desc->flags != used)
			break;
		assert_int_equal(desc->id, order[n]);
	}
	return n;
}

static void
who_comes_next_goes_on(const unsigned e[3])
{
	const unsigned nb = given_back(), left = nb < 2 ? 2 - nb : 0;
	const struct vhost_ring was = back.ring;
	unsigned entries[LISTS];
	uint8_t saved[REGION];

	memcpy(saved, books + TX * REGION, REGION);
	assert_int_equal(book_reconnect(TX, entries), left);
	if (left > 0)
		assert_int_equal(entries[left - 1], e[2]);
	if (left > 1)
		assert_int_equal(entries[0], e[0]);
	assert_int_equal(get(TX, USED_IDX), (OURS + nb) % LISTS);
	assert_int_equal(get(TX, USED_WRAP), OURS + nb < LISTS);
	assert_int_equal(free_entries(TX), LISTS - left);
	/* What he goes on with in the ring, behind what is in flight, nobody has touched. */
	for (unsigned i = nb + left; i < BATCH; i++)
		assert_true(vhost_packed_is_available(descs[TX][(OURS + i) % LISTS].flags,
						      OURS + i < LISTS));
	memcpy(books + TX * REGION, saved, REGION);
	back.ring.resumed = NULL;
	back.ring.resumed_desc = NULL;
	back.ring.nb_resumed = 0;
	assert_int_equal(vhost_marks_open_packed(&back.ring, &back.ring.books, LISTS, NULL), 0);
	assert_int_equal(back.ring.next, (OURS + nb) % LISTS);
	assert_int_equal(back.ring.wrap, OURS + nb < LISTS);
	assert_int_equal(back.ring.nb_resumed, left);
	free(back.ring.resumed);
	free(back.ring.resumed_desc);
	back.ring = was;
	memcpy(books + TX * REGION, saved, REGION);
}

static void
give_back(void)
{
	vhost_packed_publish(&back.ring, &back.batch, BATCH);
}

static void
killed_at_any_instruction_it_leaves_what_is_true(void **state)
{
	uint8_t seen[BOOKS_LEN];
	unsigned e[3], states = 0;
	pid_t pid;

	make_scene(e);
	memcpy(seen, books, BOOKS_LEN);
	who_comes_next_goes_on(e);
	for (pid = stepped_start(give_back); stepped_on(pid);) {
		if (memcmp(seen, books, BOOKS_LEN) == 0)
			continue;
		memcpy(seen, books, BOOKS_LEN);
		who_comes_next_goes_on(e);
		states++;
	}
	stepped_end(pid);
	assert_int_equal(given_back(), BATCH);
	/* Ahead, given back, and done, of each; what was resumed has its entries besides. */
	assert_true(states >= 3 * BATCH + 2 * 3);
	free(back.ring.resumed);
	free(back.ring.resumed_desc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(killed_at_any_instruction_it_leaves_what_is_true,
						set_up, tear_down),
	};
	int failed;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
