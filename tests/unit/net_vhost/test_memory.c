/* SPDX-License-Identifier: BSD-3-Clause */
/* Where rings may lie: up to the last byte of a region, and not one beyond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vhost.h"

#define BASE 0x7000000000ULL
#define SIZE 0x2000ULL

static uint8_t bytes[2 * SIZE];

static struct vhost_memory memory = {
	.nb = 2,
	.region = {{.userspace = BASE, .size = SIZE, .at = bytes},
		   {.userspace = UINT64_MAX - SIZE + 1, .size = SIZE, .at = bytes + SIZE}},
};

static void
a_ring_lies_within_one_region(void **state)
{
	assert_ptr_equal(vhost_memory_ring(&memory, BASE, SIZE), bytes);
	assert_ptr_equal(vhost_memory_ring(&memory, BASE + SIZE - 16, 16), bytes + SIZE - 16);
	assert_null(vhost_memory_ring(&memory, BASE, SIZE + 1));
	assert_null(vhost_memory_ring(&memory, BASE + SIZE - 16, 17));
	assert_null(vhost_memory_ring(&memory, BASE - 1, 1));
	assert_null(vhost_memory_ring(&memory, BASE + SIZE, 1));
	assert_null(vhost_memory_ring(&memory, BASE + 16, UINT64_MAX));
}

static void
the_end_of_all_addresses_is_an_end(void **state)
{
	assert_ptr_equal(vhost_memory_ring(&memory, UINT64_MAX, 1), bytes + 2 * SIZE - 1);
	assert_null(vhost_memory_ring(&memory, UINT64_MAX, 2));
	assert_null(vhost_memory_ring(&memory, UINT64_MAX - 15, 17));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_lies_within_one_region),
		cmocka_unit_test(the_end_of_all_addresses_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
