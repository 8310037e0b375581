/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each allocation fails in its turn: what was begun is taken back, the caller is told, and nothing else has changed. The program's own
 * functions stand in front of the C library's; not with sanitizers, which have theirs there.
 */
#include "rig.h"

#include "cluster_priv.h"
#include "plx_bouncer.h"

#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *p);

static unsigned turns; /* until one fails; 0: none does */
static long live;

static bool
fails(void)
{
	if (turns == 0 || --turns != 0)
		return false;
	errno = ENOMEM;
	return true;
}

static void *
note(void *p)
{
	if (p != NULL)
		live++;
	return p;
}

void *
malloc(size_t bytes)
{
	return fails() ? NULL : note(__libc_malloc(bytes));
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : note(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t bytes)
{
	if (fails())
		return NULL;
	return p == NULL ? note(__libc_realloc(p, bytes)) : __libc_realloc(p, bytes);
}

void *
aligned_alloc(size_t alignment, size_t bytes)
{
	return fails() ? NULL : note(__libc_memalign(alignment, bytes));
}

void
free(void *p)
{
	if (p != NULL)
		live--;
	__libc_free(p);
}

/* What is made with the first allocation failing, the second, .. until none does. */
struct trial {
	int (*make)(struct plx_why *why);
	void (*undo)(
		void); /* of what was made without what failed: a look at how much memory there is */
	void (*look)(void); /* when it was not made */
};

/* Returns how often it was not made. */
static unsigned
each_in_turn(const struct trial *trial)
{
	unsigned refused = 0;

	for (unsigned turn = 1;; turn++) {
		struct plx_why why = {""};
		int ret;

		turns = turn;
		ret = trial->make(&why);
		if (turns != 0) { /* it needs no more than that */
			turns = 0;
			assert_int_equal(ret, 0);
			return refused;
		}
		if (ret == 0) {
			trial->undo();
			continue;
		}
		if (ret != -ENOMEM)
			fail_msg("allocation %u: %d (%s)", turn, ret, why.text);
		assert_int_not_equal(why.text[0], '\0');
		refused++;
		trial->look();
	}
}

static int
make_cluster(struct plx_why *why)
{
	return plx_cluster_create(&rig.params, &rig.cluster, why);
}

static void
destroy_cluster(void)
{
	plx_cluster_destroy(rig.cluster);
	rig.cluster = NULL;
}

static void
look_at_the_pool(void)
{
	assert_null(rig.cluster);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
}

static void
a_cluster_is_made_or_not(void **state)
{
	const struct trial trial = {make_cluster, destroy_cluster, look_at_the_pool};
	long before;

	rig.params.nb_tx_ports = 2;
	rig.params.send_thread = true;
	before = live;
	assert_in_range(each_in_turn(&trial), 4, 100);
	rig_feed(3);
	rig_poll();
	rig_audit();
	destroy_cluster();
	assert_int_equal(live, before);
}

/* The next file descriptor: what it was if none was left open. */
static int
next_fd(void)
{
	const int fd = dup(0);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static struct plx_cluster_slave *joined;
static uint64_t visits; /* to the place, before one more is tried */

static int
join(struct plx_why *why)
{
	/* Without a filter: libpcap does not look whether it got memory. */
	const struct plx_cluster_slave_params params = {.place = 1,
							.flags = PLX_CLUSTER_SLAVE_TIMES};

	visits = rig.cluster->places[1].visit;
	return plx_cluster_join(rig.cluster, &params, &joined, why);
}

static void
leave(void)
{
	plx_cluster_leave(joined);
	rig_poll();
}

/* The master goes on, and nobody is there. */
static void
look_at_the_place(void)
{
	struct plx_cluster_place_stats stats;

	rig_feed(2);
	rig_poll();
	rig_audit();
	assert_int_equal(plx_cluster_place_stats(rig.cluster, 1, &stats), 0);
	assert_false(stats.present);
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	if (rig.cluster->places[1].visit != visits)
		return; /* it was there already: the next one clears up behind it */
	assert_null(rig.cluster->places[1].zone);
	assert_null(rig.cluster->places[1].lane);
	assert_int_equal(rig.cluster->places[1].bell, -1);
}

static void
a_slave_joins_or_not(void **state)
{
	const struct trial trial = {join, leave, look_at_the_place};
	const int fd = next_fd();
	long before;

	rig.params.overflow = PLX_CLUSTER_BORROW;
	rig.params.reserve = 64;
	before = live;
	rig_make();
	assert_in_range(each_in_turn(&trial), 6, 1000);
	rig_feed(5);
	rig_poll();
	assert_int_equal(rig_drink(joined), 5);
	rig_poll();
	rig_audit();
	plx_cluster_leave(joined);
	destroy_cluster();
	assert_int_equal(live, before);
	assert_int_equal(next_fd(), fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_cluster_is_made_or_not),
		RIG_TEST(a_slave_joins_or_not),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
