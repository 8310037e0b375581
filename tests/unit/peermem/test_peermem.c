/* SPDX-License-Identifier: BSD-3-Clause */
/* A peer's file: what is refused, and what becomes of one that shrinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plx_peermem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define LEN 0x4000

static int
file(unsigned flags)
{
	int fd = memfd_create("peer", MFD_CLOEXEC | flags);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LEN), 0);
	return fd;
}

static void
refused(int fd, uint64_t offset, uint64_t len, const char *says)
{
	struct plx_peermem mem;
	struct plx_why why = {""};

	assert_int_equal(plx_peermem_map(&mem, fd, offset, len, PROT_READ, NULL, -1, &why),
			 -EINVAL);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
}

static void
what_the_file_does_not_hold_is_refused(void **state)
{
	int fd = file(MFD_ALLOW_SEALING), pipes[2];

	refused(fd, 0, 0, "none that can be");
	refused(fd, 0, UINT64_MAX, "none that can be");
	refused(fd, UINT64_MAX - 0xfff, 0x1000, "none that can be");
	refused(fd, INT64_MAX - 0xfff, 0x1000, "none that can be");
	refused(fd, 0x1000, LEN, "ends at 0x5000 of a file of 0x4000");
	assert_int_equal(pipe(pipes), 0);
	refused(pipes[0], 0, 0x1000, "no file of memory");
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}

static void
a_file_that_allows_it_is_sealed(void **state)
{
	int fd = file(MFD_ALLOW_SEALING);
	struct plx_peermem mem;

	assert_int_equal(
		plx_peermem_map(&mem, fd, 0x1000, 0x1000, PROT_READ | PROT_WRITE, NULL, -1, NULL),
		0);
	assert_int_equal(ftruncate(fd, 0), -1);
	mem.at[0] = 1;
	assert_false(plx_peermem_faulted(&mem));
	plx_peermem_unmap(&mem);
	close(fd);
}

static void
an_offset_inside_a_page_is_found(void **state)
{
	int fd = file(MFD_ALLOW_SEALING);
	struct plx_peermem mem;

	assert_int_equal(pwrite(fd, "x", 1, 0x1234), 1);
	assert_int_equal(plx_peermem_map(&mem, fd, 0x1234, 0x10, PROT_READ, NULL, -1, NULL), 0);
	assert_int_equal(mem.at[0], 'x');
	plx_peermem_unmap(&mem);
	close(fd);
}

static void
a_file_that_shrinks_reads_as_zeroes_and_rings(void **state)
{
	int fd = file(0), bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct plx_peermem mem, other;
	eventfd_t count;

	assert_int_equal(pwrite(fd, "abcd", 4, 0), 4);
	assert_int_equal(plx_peermem_map(&mem, fd, 0, LEN, PROT_READ, NULL, bell, NULL), 0);
	assert_int_equal(
		plx_peermem_map(&other, fd, 0, 0x1000, PROT_READ | PROT_WRITE, NULL, bell, NULL),
		0);
	assert_int_equal(mem.at[0], 'a');
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(*(volatile uint8_t *)(mem.at + 0x3000), 0);
	assert_true(plx_peermem_faulted(&mem));
	assert_false(plx_peermem_faulted(&other));
	assert_int_equal(eventfd_read(bell, &count), 0);
	*(volatile uint8_t *)other.at = 1;
	assert_true(plx_peermem_faulted(&other));
	plx_peermem_unmap(&mem);
	plx_peermem_unmap(&other);
	close(bell);
	close(fd);
}

static void
a_map_goes_where_it_is_told(void **state)
{
	uint8_t *room = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = file(MFD_ALLOW_SEALING);
	struct plx_peermem mem;

	assert_int_equal(plx_peermem_map(&mem, fd, 0, 0x1000, PROT_READ, room + 0x1000, -1, NULL),
			 0);
	assert_ptr_equal(mem.at, room + 0x1000);
	plx_peermem_unmap(&mem);
	assert_int_equal(plx_peermem_map(&mem, fd, 0x10, 0x10, PROT_READ, room + 0x1000, -1, NULL),
			 -EINVAL);
	munmap(room, LEN);
	close(fd);
}

static void
more_than_can_be_guarded_is_refused(void **state)
{
	static struct plx_peermem mem[2000];
	int fd = file(0), bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	unsigned n = 0;
	int ret;

	do
		ret = plx_peermem_map(&mem[n], fd, 0, 0x1000, PROT_READ, NULL, bell, NULL);
	while (ret == 0 && ++n < PLX_ARRAY_LEN(mem));
	assert_int_equal(ret, -ENOSPC);
	while (n > 0)
		plx_peermem_unmap(&mem[--n]);
	assert_int_equal(plx_peermem_map(&mem[0], fd, 0, 0x1000, PROT_READ, NULL, bell, NULL), 0);
	plx_peermem_unmap(&mem[0]);
	close(bell);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_file_does_not_hold_is_refused),
		cmocka_unit_test(a_file_that_allows_it_is_sealed),
		cmocka_unit_test(an_offset_inside_a_page_is_found),
		cmocka_unit_test(a_file_that_shrinks_reads_as_zeroes_and_rings),
		cmocka_unit_test(a_map_goes_where_it_is_told),
		cmocka_unit_test(more_than_can_be_guarded_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
