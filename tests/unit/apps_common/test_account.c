/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char text[4096];

static void
print(const struct account *account)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	account_print(account, 2, out);
	fclose(out);
}

static void
an_account_lists_what_is_not_zero(void **state)
{
	struct account account;

	account_init(&account, "received", 1234567);
	account_add(&account, "delivered", 1234000, true);
	account_add(&account, "pool empty", 0, false);
	account_add(&account, "ring full", 567, false);
	print(&account);
	assert_int_equal(account_balance(&account), 0);
	assert_string_equal(text, "  received                                 1,234,567\n"
				  "    delivered                              1,234,000\n"
				  "    ring full                                    567\n");
}

static void
an_account_that_does_not_add_up_says_so(void **state)
{
	struct account account;

	account_init(&account, "received", 10);
	account_add(&account, "delivered", 12, true);
	print(&account);
	assert_int_equal(account_balance(&account), -2);
	assert_non_null(strstr(text, "does not add up: -2 unaccounted for"));
}

static void
rows_beyond_the_last_are_still_counted(void **state)
{
	struct account account;

	account_init(&account, "received", ACCOUNT_ROWS_MAX + 5);
	for (int i = 0; i < ACCOUNT_ROWS_MAX + 5; i++)
		account_add(&account, "part", 1, false);
	assert_int_equal(account_balance(&account), 0);
}

static struct plx_ethdev_ledger ledger = {
	.rx_received = 110,
	.rx_delivered = 100,
	.rx_waiting = 3,
	.nb_rx_losses = 2,
	.rx_loss = {{"pool empty", 5}, {"kernel ring full", 2}},
};

static void
a_ledger_is_two_accounts(void **state)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_int_equal(ledger_rx_lost(&ledger), 7);
	assert_true(ledger_print(&ledger, 0, out));
	fclose(out);
	assert_non_null(strstr(text, "lost: kernel ring full"));
	assert_non_null(strstr(text, "still waiting"));
	assert_null(strstr(text, "to send"));
	assert_null(strstr(text, "does not add up"));
}

static void
what_rules_kept_is_no_loss(void **state)
{
	struct plx_ethdev_ledger with = ledger;
	FILE *out = fmemopen(text, sizeof(text), "w");

	with.rx_received += 4;
	with.nb_rx_sifted = 2;
	with.rx_sifted[0] = (struct plx_ethdev_ledger_row){"dropped by a rule", 4};
	with.rx_sifted[1] = (struct plx_ethdev_ledger_row){"sampled out by rules", 0};
	assert_int_equal(ledger_rx_lost(&with), 7);
	assert_true(ledger_print(&with, 0, out));
	fclose(out);
	assert_non_null(strstr(text, "  dropped by a rule"));
	assert_null(strstr(text, "lost: dropped"));
	assert_null(strstr(text, "sampled out"));
}

static void
a_ledger_with_a_hole_is_not_balanced(void **state)
{
	struct plx_ethdev_ledger bad = ledger;
	FILE *out = fmemopen(text, sizeof(text), "w");

	bad.rx_received++;
	assert_false(ledger_print(&bad, 0, out));
	bad.rx_received--;
	bad.tx_taken = 1;
	assert_false(ledger_print(&bad, 0, out));
	fclose(out);
	assert_non_null(strstr(text, "handed over to send"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_lists_what_is_not_zero),
		cmocka_unit_test(an_account_that_does_not_add_up_says_so),
		cmocka_unit_test(rows_beyond_the_last_are_still_counted),
		cmocka_unit_test(a_ledger_is_two_accounts),
		cmocka_unit_test(what_rules_kept_is_no_loss),
		cmocka_unit_test(a_ledger_with_a_hole_is_not_balanced),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
