/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of a set that are removed or replaced: at once by name, their space when the caller wants it. */
#include "fileset_scene.h"

#define HELD_MAX 16

/* A release that takes its time: all files are kept. */
static struct {
	int fds[HELD_MAX];
	unsigned n;
} held;

static struct {
	unsigned gone;
	unsigned stay;
	int err;
	char path[256];
} removed;

static void
on_release(void *arg, int fd)
{
	assert_in_range(held.n, 0, HELD_MAX - 1);
	held.fds[held.n++] = fd;
}

static void
on_removed(void *arg, const char *path, int err)
{
	removed.gone += err == 0;
	removed.stay += err != 0;
	removed.err = err;
	snprintf(removed.path, sizeof(removed.path), "%s", path);
}

static void
begin(struct scene *s)
{
	memset(&held, 0, sizeof(held));
	memset(&removed, 0, sizeof(removed));
	scene_make(s, "log");
	s->params.release = on_release;
	s->params.removed = on_removed;
}

/* What the files that were removed still have in them; and lets go of them. */
static unsigned
packets_held(void)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < held.n; i++) {
		char path[64];
		struct stat about;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", held.fds[i]);
		assert_int_equal(fstat(held.fds[i], &about), 0);
		assert_int_equal(about.st_nlink, 0);
		sum += packets_of(path);
		close(held.fds[i]);
	}
	return sum;
}

static void
a_ring_goes_on_while_the_space_of_removed_files_is_not_freed(void **state)
{
	struct scene s;

	begin(&s);
	s.params.file_packets = 4;
	s.params.keep = 2;
	scene_open(&s);
	send_many(&s, 40);
	assert_int_equal(held.n, 8);
	assert_int_equal(removed.gone, 8);
	assert_int_equal(packets_held(), 32);
	expect_listing(&s, "log8=4 log9=4");
}

static void
slots_go_on_too(void **state)
{
	struct scene s;

	begin(&s);
	s.params.file_packets = 4;
	s.params.keep = 3;
	s.params.slots = true;
	scene_open(&s);
	send_many(&s, 40);
	assert_int_equal(held.n, 7);
	assert_int_equal(removed.gone, 7);
	assert_int_equal(packets_held(), 28);
	expect_listing(&s, "log0=4 log1=4 log2=4");
}

static void
slots_under_their_name_when_whole_go_on_too(void **state)
{
	struct scene s;

	begin(&s);
	s.params.file_packets = 4;
	s.params.keep = 3;
	s.params.slots = true;
	s.params.safe_rename = true;
	scene_open(&s);
	send_many(&s, 40);
	/* The file that replaces the seventh is not whole yet. */
	assert_int_equal(held.n, 6);
	assert_int_equal(packets_held(), 24);
	held.n = 0;
	scene_end(&s);
	assert_int_equal(packets_held(), 4);
	assert_string_equal(listing(&s), "log0=4 log1=4 log2=4");
	scene_remove(&s);
}

static void
a_link_to_a_slot_keeps_its_packets(void **state)
{
	char slot[160], kept[160];
	struct scene s;

	begin(&s);
	s.params.file_packets = 2;
	s.params.keep = 2;
	s.params.slots = true;
	scene_open(&s);
	send_many(&s, 3);
	snprintf(slot, sizeof(slot), "%s0", s.name);
	snprintf(kept, sizeof(kept), "%s/kept", s.dir);
	assert_int_equal(link(slot, kept), 0);
	send_many(&s, 5);
	for (unsigned i = 0; i < held.n; i++)
		close(held.fds[i]);
	expect_listing(&s, "kept=2 log0=2 log1=2");
}

static void
a_slot_that_is_a_link_is_written_through(void **state)
{
	char slot[160], target[160];
	struct scene s;

	begin(&s);
	s.params.file_packets = 2;
	s.params.keep = 2;
	s.params.slots = true;
	snprintf(slot, sizeof(slot), "%s0", s.name);
	snprintf(target, sizeof(target), "%s/target", s.dir);
	assert_int_equal(symlink("target", slot), 0);
	scene_open(&s);
	send_many(&s, 2);
	for (unsigned i = 0; i < held.n; i++)
		close(held.fds[i]);
	scene_end(&s);
	assert_int_equal(packets_of(target), 2);
	scene_remove(&s);
}

static void
one_that_cannot_be_removed_is_told(void **state)
{
	struct plx_pcapfile_fileset_counts counts;
	char oldest[160];
	struct scene s;

	begin(&s);
	s.params.file_packets = 4;
	s.params.keep = 2;
	scene_open(&s);
	send_many(&s, 5);
	/* In its place stands something that is no file. */
	snprintf(oldest, sizeof(oldest), "%s", s.name);
	assert_int_equal(unlink(oldest), 0);
	assert_int_equal(mkdir(oldest, 0700), 0);
	send_many(&s, 4);
	assert_int_equal(removed.stay, 1);
	assert_int_equal(removed.gone, 0);
	assert_int_equal(removed.err, -EISDIR);
	assert_string_equal(removed.path, oldest);
	plx_pcapfile_fileset_counts(s.set, &counts);
	assert_int_equal(counts.failed, 1);
	assert_int_equal(rmdir(oldest), 0);
	for (unsigned i = 0; i < held.n; i++)
		close(held.fds[i]);
	expect_listing(&s, "log1=4 log2=1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_goes_on_while_the_space_of_removed_files_is_not_freed),
		cmocka_unit_test(slots_go_on_too),
		cmocka_unit_test(slots_under_their_name_when_whole_go_on_too),
		cmocka_unit_test(a_link_to_a_slot_keeps_its_packets),
		cmocka_unit_test(a_slot_that_is_a_link_is_written_through),
		cmocka_unit_test(one_that_cannot_be_removed_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
