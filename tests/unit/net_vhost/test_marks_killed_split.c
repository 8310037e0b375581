/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A back end that is killed at any instruction while it takes lists of a split ring and gives them back: it is a child that is run step by
 * step, and after each that changed anything who comes next by the book (book_split.h) goes on with what the guest still waits for, nothing
 * twice and nothing left out, and so does ours.
 */
#define FEATURES VIRTIO_BIT(VIRTIO_F_VERSION_1)
#include "book_split.h"

#include "stepped.h"

#define RING_HERE \
	2048 /* in the memory of the books, which both processes see: descriptors, then available, then used */
#define BEGIN 13 /* the index of the first list; the ring's end is among them */
#define OURS  14 /* where ours begins: one list has been given back */
#define BATCH 5

/* Made available in this order; the one before had taken three, and given the second back. */
static const uint16_t lists[] = {3, 9, 1, 14, 0, 7};
/* Those that are left go back in this one. */
static const uint16_t order[] = {3, 1, 14, 0, 7};

static struct {
	_Alignas(64) uint8_t bytes[LISTS * 64];
	struct vhost_memory memory;
	struct vhost_ring ring;
	struct vhost_batch batch;
} back;

static void
make_ring(void)
{
	struct virtio_desc *desc = (void *)(books + RING_HERE);
	struct virtio_avail *avail = (void *)(desc + LISTS);
	struct virtio_used *used = (void *)((uint8_t *)avail + 64);

	for (unsigned i = 0; i < PLX_ARRAY_LEN(lists); i++) {
		desc[lists[i]] = (struct virtio_desc){.addr = 64 * lists[i], .len = 64};
		avail->ring[(BEGIN + i) % LISTS] = lists[i];
	}
	avail->idx = BEGIN + PLX_ARRAY_LEN(lists);
	used->ring[BEGIN % LISTS].id = lists[1];
	used->idx = OURS;
	back.ring = (struct vhost_ring){.size = LISTS,
					.index = TX,
					.next = OURS,
					.seen = OURS,
					.memory = &back.memory,
					.call_fd = -1,
					.trouble_fd = -1};
	back.ring.split.desc = desc;
	back.ring.split.avail = avail;
	back.ring.split.used = used;
	back.ring.books.split = (void *)(books + TX * REGION);
}

static void
make_scene(void)
{
	memset(&back, 0, sizeof(back));
	memset(books, 0, BOOKS_LEN);
	make_ring();
	set_head(TX, lists[1], OURS);
	set_list(TX, lists[0], true, 0, 5);
	set_list(TX, lists[1], false, 0, 6);
	set_list(TX, lists[2], true, 0, 7);
	back.memory.nb = 1;
	back.memory.region[0] = (struct vhost_region){.size = sizeof(back.bytes), .at = back.bytes};
	assert_int_equal(vhost_marks_open(&back.ring, &back.ring.books, LISTS, NULL), 0);
	vhost_batch_begin(&back.ring, &back.batch);
}

static void
take_and_give_back(void)
{
	vhost_split_more(&back.ring, &back.batch, BATCH);
	vhost_split_publish(&back.ring, &back.batch, BATCH);
}

/* Lists that the guest has seen come back, each once and in order. */
static unsigned
given_back(void)
{
	const struct virtio_used *used = back.ring.split.used;
	const unsigned nb = (uint16_t)(used->idx - OURS);

	assert_true(nb <= BATCH);
	for (unsigned i = 0; i < nb; i++)
		assert_int_equal(used->ring[(OURS + i) % LISTS].id, order[i]);
	return nb;
}

/* n that are in flight, in their order; behind as many the available ring has the rest. */
static void
nothing_is_lost(unsigned nb, const uint16_t *heads, unsigned n)
{
	if (nb + n < 2 || nb + n > BATCH)
		fail_msg("%u of %u are given back, %u in flight", nb, BATCH, n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(heads[i], order[nb + i]);
	for (unsigned i = nb + n; i < BATCH; i++)
		assert_int_equal(back.ring.split.avail->ring[(OURS + i) % LISTS], order[i]);
}

static void
who_comes_next_goes_on(void)
{
	const unsigned nb = given_back();
	struct vhost_ring ours = back.ring;
	uint16_t heads[LISTS];
	uint8_t saved[REGION];
	unsigned n;

	memcpy(saved, books + TX * REGION, REGION);
	n = read_by_the_book(TX, back.ring.split.used->idx, heads);
	nothing_is_lost(nb, heads, n);
	memcpy(books + TX * REGION, saved, REGION);
	ours.next = (uint16_t)(OURS + nb);
	ours.resumed = NULL;
	ours.nb_resumed = 0;
	assert_int_equal(vhost_marks_open(&ours, &ours.books, LISTS, NULL), 0);
	assert_int_equal(ours.nb_resumed, n);
	for (unsigned i = 0; i < n; i++)
		heads[i] = ours.resumed[(ours.next + i) % LISTS];
	nothing_is_lost(nb, heads, n);
	free(ours.resumed);
	memcpy(books + TX * REGION, saved, REGION);
}

static void
killed_at_any_instruction_it_leaves_what_is_true(void **state)
{
	uint8_t seen[BOOKS_LEN];
	unsigned states = 0;
	pid_t pid;

	make_scene();
	memcpy(seen, books, BOOKS_LEN);
	who_comes_next_goes_on();
	for (pid = stepped_start(take_and_give_back); stepped_on(pid);) {
		if (memcmp(seen, books, BOOKS_LEN) == 0)
			continue;
		memcpy(seen, books, BOOKS_LEN);
		who_comes_next_goes_on();
		states++;
	}
	stepped_end(pid);
	assert_int_equal(given_back(), BATCH);
	assert_int_equal(marks(TX), 0);
	/* Three are marked; five are linked, in the used ring, unmarked; both indices move. */
	assert_true(states >= 3 + 3 * BATCH + 2);
	free(back.ring.resumed);
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
