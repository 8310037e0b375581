/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Accounts: a total, the parts it was split into, and whether they add up.
 *
 *	received by the device      1,234,567
 *	  delivered                 1,234,000
 *	  lost: kernel ring full          567
 */
#ifndef PLX_APPS_COMMON_ACCOUNT_H
#define PLX_APPS_COMMON_ACCOUNT_H

#include <pollux/plx_base.h>

#include <stdio.h>

#define ACCOUNT_ROWS_MAX 40

struct account_row {
	char name[64];
	uint64_t count;
	bool always; /* shown also when it is 0 */
};

struct account {
	char title[64];
	uint64_t total;
	unsigned n;
	struct account_row row[ACCOUNT_ROWS_MAX];
};

void account_init(struct account *account, const char *title, uint64_t total);

/* Adds a part; those of 0 are shown only with `always`. Beyond ACCOUNT_ROWS_MAX they join the last row. */
void account_add(struct account *account, const char *name, uint64_t count, bool always);

/* total - parts: 0 when the books are right. */
int64_t account_balance(const struct account *account);

/* Writes the account, with a line of its own if it does not add up. `indent` in spaces. */
void account_print(const struct account *account, unsigned indent, FILE *out);

#endif
