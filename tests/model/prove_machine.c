/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine itself, on programs of a few accesses of which it is known what may come of them under C11: what may must be
 * seen, and nothing else.
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>

#define RLX __ATOMIC_RELAXED
#define REL __ATOMIC_RELEASE
#define ACQ __ATOMIC_ACQUIRE
#define SC  __ATOMIC_SEQ_CST

#define LOAD(p, order)	   __atomic_load_n(p, order)
#define STORE(p, v, order) __atomic_store_n(p, v, order)

/* x and y, what threads read, and a plain word. */
static uint32_t *x, *y, *plain;
static struct {
	uint32_t r[4];
} * got;

static void
message_out_relaxed(void *arg)
{
	STORE(x, 1, RLX);
	STORE(y, 1, RLX);
}

static void
message_out(void *arg)
{
	STORE(x, 1, RLX);
	STORE(y, 1, REL);
}

static void
message_out_fence(void *arg)
{
	STORE(x, 1, RLX);
	__atomic_thread_fence(REL);
	STORE(y, 1, RLX);
}

static void
message_in(void *arg)
{
	got->r[0] = LOAD(y, ACQ);
	got->r[1] = LOAD(x, RLX);
}

static void
message_in_relaxed(void *arg)
{
	got->r[0] = LOAD(y, RLX);
	got->r[1] = LOAD(x, RLX);
}

static void
message_in_fence(void *arg)
{
	got->r[0] = LOAD(y, RLX);
	__atomic_thread_fence(ACQ);
	got->r[1] = LOAD(x, RLX);
}

static void
buffer_left(void *arg)
{
	STORE(x, 1, REL);
	if (arg != NULL)
		__atomic_thread_fence(SC);
	got->r[0] = LOAD(y, ACQ);
}

static void
buffer_right(void *arg)
{
	STORE(y, 1, REL);
	if (arg != NULL)
		__atomic_thread_fence(SC);
	got->r[1] = LOAD(x, ACQ);
}

static void
early_left(void *arg)
{
	got->r[0] = LOAD(x, RLX);
	STORE(y, 1, RLX);
}

static void
early_right(void *arg)
{
	got->r[1] = LOAD(y, RLX);
	STORE(x, 1, RLX);
}

static void
writes_left(void *arg)
{
	STORE(x, 1, RLX);
	STORE(y, 2, RLX);
}

static void
writes_right(void *arg)
{
	STORE(y, 1, RLX);
	STORE(x, 2, RLX);
}

static void
write_x(void *arg)
{
	STORE(x, 1, REL);
}

static void
write_y(void *arg)
{
	STORE(y, 1, REL);
}

static void
read_twice(void *arg)
{
	got->r[0] = LOAD(x, RLX);
	got->r[1] = LOAD(x, RLX);
}

static void
read_xy(void *arg)
{
	got->r[0] = LOAD(x, ACQ);
	if (arg != NULL)
		__atomic_thread_fence(SC);
	got->r[1] = LOAD(y, ACQ);
}

static void
read_yx(void *arg)
{
	got->r[2] = LOAD(y, ACQ);
	if (arg != NULL)
		__atomic_thread_fence(SC);
	got->r[3] = LOAD(x, ACQ);
}

static void
add(void *arg)
{
	__atomic_fetch_add(x, 1, RLX);
}

static void
plain_out(void *arg)
{
	*plain = 1;
	STORE(x, 1, REL);
}

static void
plain_in(void *arg)
{
	got->r[0] = LOAD(x, ACQ);
	if (got->r[0] == 2)
		got->r[1] = *plain;
}

static void
plain_in_at_once(void *arg)
{
	got->r[0] = *plain;
}

static void
plain_again(void *arg)
{
	if (LOAD(x, RLX) == 1)
		*plain = 2;
}

/* What ended how, as decimal numbers: r[0] .. r[3], or x and y if these were written twice. */
static const struct litmus {
	const char *name;
	machine_body *threads[MACHINE_THREADS];
	bool fences, finals;
	const char *outcomes;
} litmuses[] = {
	{.name = "message, relaxed",
	 .threads = {message_out_relaxed, message_in},
	 .outcomes = "0000 0100 1000 1100"},
	{.name = "message, read relaxed",
	 .threads = {message_out, message_in_relaxed},
	 .outcomes = "0000 0100 1000 1100"},
	{.name = "message", .threads = {message_out, message_in}, .outcomes = "0000 0100 1100"},
	{.name = "message, fences",
	 .threads = {message_out_fence, message_in_fence},
	 .outcomes = "0000 0100 1100"},
	{.name = "message, one fence",
	 .threads = {message_out_fence, message_in_relaxed},
	 .outcomes = "0000 0100 1000 1100"},
	{.name = "store buffers",
	 .threads = {buffer_left, buffer_right},
	 .outcomes = "0000 0100 1000 1100"},
	{.name = "store buffers, fences",
	 .threads = {buffer_left, buffer_right},
	 .fences = true,
	 .outcomes = "0100 1000 1100"},
	{.name = "loads are not late",
	 .threads = {early_left, early_right},
	 .outcomes = "0000 0100 1000"},
	{.name = "two writers",
	 .threads = {writes_left, writes_right},
	 .finals = true,
	 .outcomes = "1100 1200 2100 2200"},
	{.name = "one place", .threads = {write_x, read_twice}, .outcomes = "0000 0100 1100"},
	{.name = "four threads",
	 .threads = {write_x, write_y, read_xy, read_yx},
	 .outcomes =
		 "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111"},
	{.name = "four threads, fences",
	 .threads = {write_x, write_y, read_xy, read_yx},
	 .fences = true,
	 .outcomes = "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111"},
	{.name = "adding", .threads = {add, add, add}, .finals = true, .outcomes = "3000"},
	{.name = "a plain word behind an added flag",
	 .threads = {plain_out, add, plain_in},
	 .outcomes = "0000 1000 2100"},
	{.name = "a plain word that races",
	 .threads = {plain_out, plain_in_at_once},
	 .outcomes = ""},
	{.name = "a plain word written twice", .threads = {plain_out, plain_again}, .outcomes = ""},
};

static const struct litmus *now;
static char seen[400];

static void
setup(void)
{
	x = machine_alloc(4);
	y = machine_alloc(4);
	plain = machine_alloc(4);
	got = machine_alloc(sizeof(*got));
	machine_share(x, 4);
	machine_share(y, 4);
	machine_share(plain, 4);
	for (size_t i = 0; i < MACHINE_THREADS && now->threads[i] != NULL; i++)
		machine_start(now->threads[i], now->fences ? got : NULL);
}

static void
end(void)
{
	char outcome[8];

	if (now->finals)
		snprintf(outcome, sizeof(outcome), "%u%u00", *x % 10, *y % 10);
	else
		snprintf(outcome, sizeof(outcome), "%u%u%u%u", got->r[0] % 10, got->r[1] % 10,
			 got->r[2] % 10, got->r[3] % 10);
	if (strstr(seen, outcome) == NULL)
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", outcome);
}

/* Those that are listed, and no others: each has four digits, so that the lengths tell. */
static bool
is_as_expected(void)
{
	for (const char *at = now->outcomes; *at != '\0'; at += 4 + (at[4] == ' ')) {
		char outcome[5] = {at[0], at[1], at[2], at[3], '\0'};

		if (strstr(seen, outcome) == NULL)
			return false;
	}
	return now->outcomes[0] == '\0' || strlen(seen) == strlen(now->outcomes) + 1;
}

int
main(void)
{
	int status = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(litmuses); i++) {
		bool races;

		now = &litmuses[i];
		seen[0] = '\0';
		races = machine_run(now->name, setup, end) != 0;
		if (races == (now->outcomes[0] != '\0') || !is_as_expected()) {
			fprintf(stderr, "%s: %s, and not %s\n", now->name, races ? "a race" : seen,
				now->outcomes[0] != '\0' ? now->outcomes : "a race");
			status = 1;
		}
	}
	return status;
}
