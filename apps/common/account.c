/* SPDX-License-Identifier: BSD-3-Clause */
#include "account.h"

#include <inttypes.h>
#include <string.h>

#include "units.h"

#define NAME_WIDTH  36
#define COUNT_WIDTH 16

void
account_init(struct account *account, const char *title, uint64_t total)
{
	memset(account, 0, sizeof(*account));
	snprintf(account->title, sizeof(account->title), "%s", title);
	account->total = total;
}

void
account_add(struct account *account, const char *name, uint64_t count, bool always)
{
	struct account_row *row;

	if (account->n == ACCOUNT_ROWS_MAX) {
		row = &account->row[ACCOUNT_ROWS_MAX - 1];
		snprintf(row->name, sizeof(row->name), "and others");
		row->count += count;
		return;
	}
	row = &account->row[account->n++];
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->count = count;
	row->always = always;
}

int64_t
account_balance(const struct account *account)
{
	uint64_t parts = 0;

	for (unsigned i = 0; i < account->n; i++)
		parts += account->row[i].count;
	return (int64_t)(account->total - parts);
}

static void
print_row(unsigned indent, const char *name, uint64_t count, FILE *out)
{
	int used = (int)indent + (int)strlen(name);
	int rest = NAME_WIDTH + COUNT_WIDTH - used;

	/* Counts end in one column, also behind a long name. */
	fprintf(out, "%*s%s%*s\n", (int)indent, "", name, rest, units_count(count).text);
}

void
account_print(const struct account *account, unsigned indent, FILE *out)
{
	int64_t balance = account_balance(account);

	print_row(indent, account->title, account->total, out);
	for (unsigned i = 0; i < account->n; i++) {
		const struct account_row *row = &account->row[i];

		if (row->count != 0 || row->always)
			print_row(indent + 2, row->name, row->count, out);
	}
	if (balance != 0)
		fprintf(out, "%*sdoes not add up: %+" PRId64 " unaccounted for\n", (int)indent + 2,
			"", balance);
}
