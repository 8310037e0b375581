/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of each frame adds up, and agrees with the card, or is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "books.h"

#include <string.h>

static struct nic_books
good(void)
{
	struct nic_books b = {0};

	b.way[TO_WIRE] = (struct way_books){.frames = 100, .passed = 90};
	b.way[TO_WIRE].lost[LOSS_DROPPED] = 6;
	b.way[TO_WIRE].lost[LOSS_LONG] = 1;
	b.waiting[TO_WIRE] = 3;
	b.card.sent = 100;
	b.way[TO_CARD] = (struct way_books){.frames = 50, .passed = 30};
	b.way[TO_CARD].lost[LOSS_FULL] = 10;
	b.way[TO_CARD].lost[LOSS_DROPPED] = 4;
	b.way[TO_CARD].lost[LOSS_HELD] = 2;
	b.way[TO_CARD].lost[LOSS_END] = 1;
	b.waiting[TO_CARD] = 3;
	b.card.in = 40;
	return b;
}

static void
books_that_add_up_are_right(void **state)
{
	const struct nic_books b = good();

	assert_true(books_are_right(&b));
}

static void
a_frame_too_many_or_too_few_is_seen(void **state)
{
	for (enum way way = 0; way < WAYS; way++) {
		struct nic_books b = good();

		b.way[way].frames++;
		b.card.sent += way == TO_WIRE;
		b.card.in += way == TO_CARD;
		assert_false(books_are_right(&b));
		b = good();
		b.waiting[way]++;
		b.card.in -= way == TO_CARD;
		assert_false(books_are_right(&b));
		for (enum loss loss = 0; loss < LOSSES; loss++) {
			b = good();
			b.way[way].lost[loss]++;
			assert_false(books_are_right(&b));
		}
	}
}

static void
a_card_that_counted_otherwise_is_told(void **state)
{
	struct nic_books b = good();

	b.card.sent++;
	assert_int_equal(books_against_card(&b, TO_WIRE), 1);
	assert_int_equal(books_against_card(&b, TO_CARD), 0);
	assert_false(books_are_right(&b));
	b = good();
	b.card.in--;
	assert_int_equal(books_against_card(&b, TO_CARD), -1);
	assert_false(books_are_right(&b));
}

static void
what_the_card_sent_to_itself_came_by_no_wire(void **state)
{
	struct nic_books b = good();

	b.card.in += 7;
	b.card.looped = 7;
	assert_true(books_are_right(&b));
}

static void
losses_are_named_for_people(void **state)
{
	struct nic_books b = good();
	struct account account;
	bool found = false;

	books_account(&b, TO_CARD, &account);
	assert_string_equal(account.title, "from the wire");
	for (unsigned i = 0; i < account.n; i++)
		found |= strcmp(account.row[i].name, "lost: the card had no descriptors") == 0 &&
			 account.row[i].count == 10;
	assert_true(found);
	assert_int_equal(account_balance(&account), 0);
}

static void
programs_are_told_the_same(void **state)
{
	struct nic_books b = good();
	json_t *j = books_json(&b), *to_wire = json_object_get(j, "to_wire");

	assert_true(json_is_true(json_object_get(j, "balanced")));
	assert_int_equal(json_integer_value(json_object_get(to_wire, "frames")), 100);
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(to_wire, "lost"), "fault: drop")),
			 6);
	assert_int_equal(json_object_size(json_object_get(to_wire, "lost")), LOSSES);
	json_decref(j);
	b.card.in++;
	j = books_json(&b);
	assert_true(json_is_false(json_object_get(j, "balanced")));
	json_decref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(books_that_add_up_are_right),
		cmocka_unit_test(a_frame_too_many_or_too_few_is_seen),
		cmocka_unit_test(a_card_that_counted_otherwise_is_told),
		cmocka_unit_test(what_the_card_sent_to_itself_came_by_no_wire),
		cmocka_unit_test(losses_are_named_for_people),
		cmocka_unit_test(programs_are_told_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
