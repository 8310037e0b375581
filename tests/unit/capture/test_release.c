/* SPDX-License-Identifier: BSD-3-Clause */
/* A thread that frees the space of files that were removed. */
#include "release.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static sem_t begun, may_end;
static unsigned closed_here, closed_there;
static pthread_t here;

/* Slow beside the writer, quick in it. */
static int
slow_close(int fd)
{
	if (pthread_equal(pthread_self(), here)) {
		closed_here++;
		return 0;
	}
	sem_post(&begun);
	sem_wait(&may_end);
	closed_there++;
	return 0;
}

static void
begin(struct release *r)
{
	here = pthread_self();
	closed_here = closed_there = 0;
	sem_init(&begun, 0, 0);
	sem_init(&may_end, 0, 0);
	release_init(r);
	r->close = slow_close;
	r->allowed = true;
}

static void
let_end(unsigned n)
{
	while (n-- > 0)
		sem_post(&may_end);
}

static void
the_writer_goes_on_while_a_file_is_freed(void **state)
{
	struct release r;

	begin(&r);
	release_add(&r, 1);
	sem_wait(&begun);
	release_add(&r, 2);
	assert_int_equal(closed_here, 0);
	let_end(2);
	release_end(&r);
	assert_int_equal(closed_there, 2);
}

static void
beyond_a_number_of_files_the_writer_frees_them_itself(void **state)
{
	struct release r;

	begin(&r);
	for (int i = 0; i < RELEASE_MAX + 3; i++)
		release_add(&r, i);
	assert_int_equal(closed_here, 3);
	let_end(RELEASE_MAX);
	release_end(&r);
	assert_int_equal(closed_there, RELEASE_MAX);
}

static void *
let_one_end(void *arg)
{
	sem_wait(&begun);
	sem_post(&may_end);
	return NULL;
}

static void
who_has_no_room_waits_for_the_next_file(void **state)
{
	pthread_t other;
	struct release r;

	begin(&r);
	assert_false(release_wait(&r, 0));
	release_add(&r, 1);
	assert_int_equal(pthread_create(&other, NULL, let_one_end, NULL), 0);
	assert_true(release_wait(&r, 0));
	assert_int_equal(closed_there, 1);
	/* What was freed between a write that found no room and the question is room, too. */
	assert_true(release_wait(&r, 0));
	assert_int_equal(release_done(&r), 1);
	assert_false(release_wait(&r, 1));
	pthread_join(other, NULL);
	release_end(&r);
}

static void
a_program_that_is_not_ready_frees_them_itself(void **state)
{
	struct release r;

	begin(&r);
	r.allowed = false;
	release_add(&r, 1);
	assert_int_equal(closed_here, 1);
	assert_false(r.running);
	release_end(&r);
}

static void
an_end_without_a_file_is_an_end_too(void **state)
{
	struct release r;

	begin(&r);
	release_end(&r);
	release_add(&r, 1);
	let_end(1);
	release_end(&r);
	release_end(&r);
	assert_int_equal(closed_there, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_writer_goes_on_while_a_file_is_freed),
		cmocka_unit_test(beyond_a_number_of_files_the_writer_frees_them_itself),
		cmocka_unit_test(who_has_no_room_waits_for_the_next_file),
		cmocka_unit_test(a_program_that_is_not_ready_frees_them_itself),
		cmocka_unit_test(an_end_without_a_file_is_an_end_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
