/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_base.h"
#include "plx_bits.h"
#include "plx_byteorder.h"
#include "plx_list.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
why_keeps_the_sentence_and_returns_the_error(void **state)
{
	struct plx_why why;

	assert_int_equal(plx_why(&why, -EINVAL, "queue %d of %d", 3, 2), -EINVAL);
	assert_string_equal(why.text, "queue 3 of 2");
	assert_int_equal(plx_why_prefix(&why, -EIO, "port %d: ", 7), -EIO);
	assert_string_equal(why.text, "port 7: queue 3 of 2");
	assert_int_equal(plx_why(NULL, -ENOMEM, "x"), -ENOMEM);
	assert_int_equal(plx_why_prefix(NULL, -ENOMEM, "x"), -ENOMEM);
}

static void
why_cuts_what_does_not_fit(void **state)
{
	char longer[2 * sizeof(struct plx_why)];
	struct plx_why why;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	plx_why(&why, -1, "%s", longer);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
	plx_why_prefix(&why, -1, "%s", longer);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
}

static void
powers_of_two(void **state)
{
	assert_false(plx_is_pow2(0));
	assert_true(plx_is_pow2(1));
	assert_false(plx_is_pow2(3));
	assert_int_equal(plx_pow2_ceil(0), 1);
	assert_int_equal(plx_pow2_ceil(1), 1);
	assert_int_equal(plx_pow2_ceil(5), 8);
	assert_int_equal(plx_pow2_ceil(1ULL << 40), 1ULL << 40);
	assert_int_equal(plx_log2(1), 0);
	assert_int_equal(plx_log2(4097), 12);
	assert_int_equal(plx_align_up(65, 64), 128);
	assert_int_equal(plx_align_down(127, 64), 64);
}

static void
wire_integers_at_odd_addresses(void **state)
{
	uint8_t bytes[16] = {0};

	plx_store_be32(bytes + 1, 0x01020304);
	assert_int_equal(bytes[1], 1);
	assert_int_equal(plx_load_be32(bytes + 1), 0x01020304);
	assert_int_equal(plx_load_le32(bytes + 1), 0x04030201);
	plx_store_le64(bytes + 3, 0x0102030405060708ULL);
	assert_int_equal(bytes[3], 8);
	assert_int_equal(plx_load_be64(bytes + 3), 0x0807060504030201ULL);
	plx_store_be16(bytes + 5, 0xabcd);
	assert_int_equal(plx_load_le16(bytes + 5), 0xcdab);
}

struct item {
	int value;
	struct plx_list link;
};

static void
list_keeps_order_and_forgets_removed_items(void **state)
{
	struct plx_list list = PLX_LIST_INIT(list);
	struct item items[3] = {{.value = 0}, {.value = 1}, {.value = 2}};
	int expect = 0;

	assert_true(plx_list_empty(&list));
	for (int i = 0; i < 3; i++)
		plx_list_append(&list, &items[i].link);
	PLX_LIST_FOREACH(link, &list)
		assert_int_equal(PLX_LIST_ITEM(link, struct item, link)->value, expect++);
	assert_int_equal(expect, 3);
	PLX_LIST_FOREACH_SAFE(link, &list)
		plx_list_remove(link);
	assert_true(plx_list_empty(&list));
	plx_list_remove(&items[0].link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_keeps_the_sentence_and_returns_the_error),
		cmocka_unit_test(why_cuts_what_does_not_fit),
		cmocka_unit_test(powers_of_two),
		cmocka_unit_test(wire_integers_at_odd_addresses),
		cmocka_unit_test(list_keeps_order_and_forgets_removed_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
