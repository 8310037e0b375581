/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Machine code against libpcap's interpreter: filters, random programs, every instruction at the edges of its operands, jumps of all
 * lengths. Frames end where a page without any rights begins, so that a byte too many is a signal.
 */
#include "filter_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "filter_samples.h"

#define FRAME_MAX  9000
#define FRAME_ROOM 16384

static uint8_t *frame_end; /* a page follows that cannot be read */

/* -- comparing --------------------------------------------------------------------------------------- */

static uint32_t
interpret(const struct plx_filter *filter, const uint8_t *bytes, uint32_t caplen, uint32_t wirelen)
{
	unsigned n;
	const struct plx_filter_insn *insns = plx_filter_insns(filter, &n);

	return bpf_filter((const struct bpf_insn *)(const void *)insns, bytes, wirelen, caplen);
}

static void
show(const struct plx_filter *filter)
{
	char line[256];

	for (unsigned i = 0; plx_filter_print(filter, i, line, sizeof(line)) > 0; i++)
		fprintf(stderr, "%s\n", line);
}

/* What both say. The frame is moved to where it must not be overread. */
static uint32_t
compare(const struct plx_filter *filter, const char *name, const uint8_t *frame, uint32_t caplen,
	uint32_t wirelen)
{
	uint8_t *bytes = frame_end - caplen;
	uint32_t wanted, found;

	if (caplen > 0)
		memcpy(bytes, frame, caplen);
	wanted = interpret(filter, bytes, caplen, wirelen);
	found = plx_filter_match(filter, bytes, caplen, wirelen);
	if (found != wanted) {
		show(filter);
		fail_msg("\"%s\", %u bytes of %u: machine code %u, libpcap %u", name, caplen,
			 wirelen, found, wanted);
	}
	return found;
}

static void
compare_program(const struct plx_filter_insn *insns, unsigned n, const char *name,
		const uint8_t *frame, uint32_t caplen, uint32_t wirelen)
{
	struct plx_filter *filter;
	struct plx_why why;

	if (plx_filter_create(insns, n, &filter, &why) != 0)
		fail_msg("%s: %s", name, why.text);
	compare(filter, name, frame, caplen, wirelen);
	plx_filter_destroy(filter);
}

/* -- filters and random programs --------------------------------------------------------------------- */

static void
filters_say_what_libpcap_says(void **state)
{
	static uint8_t frame[FRAME_MAX];
	unsigned both = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(expressions); i++) {
		unsigned matched = 0, frames = 300;
		struct plx_filter *filter;

		assert_int_equal(plx_filter_compile(expressions[i], 262144, &filter, NULL), 0);
		for (unsigned k = 0; k < frames; k++) {
			uint32_t len = make_frame(frame, FRAME_MAX);

			matched += compare(filter, expressions[i], frame, len, len) != 0;
			compare(filter, expressions[i], frame, random_word() % (len + 1), len);
		}
		both += matched > 0 && matched < frames;
		plx_filter_destroy(filter);
	}
	/* Frames of which all or none match would show nothing. */
	assert_true(both > PLX_ARRAY_LEN(expressions) * 2 / 3);
}

static void
filters_say_the_same_of_a_frame_cut_anywhere(void **state)
{
	static uint8_t frame[FRAME_MAX];

	for (size_t i = 0; i < PLX_ARRAY_LEN(expressions); i++) {
		struct plx_filter *filter;

		assert_int_equal(plx_filter_compile(expressions[i], 262144, &filter, NULL), 0);
		for (unsigned k = 0; k < 8; k++) {
			uint32_t len = make_frame(frame, 200);

			for (uint32_t caplen = 0; caplen <= len; caplen++)
				compare(filter, expressions[i], frame, caplen, len);
		}
		plx_filter_destroy(filter);
	}
}

static void
random_programs_say_what_libpcap_says(void **state)
{
	static uint8_t frame[FRAME_MAX];
	unsigned matched = 0;

	for (unsigned i = 0; i < 8000; i++) {
		struct plx_filter *filter = random_filter(18 + i % 8 * (i % 8) * 10);
		char name[32];

		snprintf(name, sizeof(name), "program %u", i);
		for (unsigned k = 0; k < 12; k++) {
			uint32_t len = make_frame(frame, 200);

			matched += compare(filter, name, frame, random_word() % (len + 1),
					   len + k) != 0;
		}
		plx_filter_destroy(filter);
	}
	assert_in_range(matched, 8000, 8000 * 12 - 8000);
}

static void
the_longest_programs_say_what_libpcap_says(void **state)
{
	static uint8_t frame[FRAME_MAX];

	for (unsigned i = 0; i < 20; i++) {
		struct plx_filter *filter = random_filter(PLX_FILTER_INSNS_MAX - i % 2);

		for (unsigned k = 0; k < 20; k++) {
			uint32_t len = make_frame(frame, 200);

			compare(filter, "long", frame, len, len);
		}
		plx_filter_destroy(filter);
	}
}

/* -- instructions one by one ------------------------------------------------------------------------- */

static const uint32_t edges[] = {
	0,   1,	  2,   7,      31,     32,	33,	    63,		64,	    127,
	128, 255, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffff80, 0xffffffff};

static void
arithmetic_is_the_same_at_the_edges(void **state)
{
	static const uint16_t ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND,
				       BPF_OR,	BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG};
	size_t n = PLX_ARRAY_LEN(edges);

	for (size_t i = 0; i < PLX_ARRAY_LEN(ops) * n * n * 2; i++) {
		uint16_t source = i % 2 ? BPF_X : BPF_K;
		uint32_t a = edges[i / 2 % n], b = edges[i / 2 / n % n];
		const struct plx_filter_insn insns[] = {
			{BPF_LDX | BPF_IMM, 0, 0, b},
			{BPF_LD | BPF_IMM, 0, 0, a},
			{BPF_ALU | ops[i / 2 / n / n] | source, 0, 0, b},
			{BPF_RET | BPF_A, 0, 0, 0},
		};

		if (insns[2].code != (BPF_ALU | BPF_NEG | BPF_X) &&
		    plx_filter_check(insns, 4, NULL) == 0)
			compare_program(insns, 4, "arithmetic", NULL, 0, 0);
	}
}

static void
comparisons_are_the_same_at_the_edges(void **state)
{
	static const uint16_t ops[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	static const uint8_t ways[][2] = {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {1, 1}, {2, 2}, {0, 0}};
	size_t n = PLX_ARRAY_LEN(edges), m = PLX_ARRAY_LEN(ways);

	for (size_t i = 0; i < PLX_ARRAY_LEN(ops) * n * n * m * 2; i++) {
		uint32_t a = edges[i / 2 / m % n], b = edges[i / 2 / m / n % n];
		const uint8_t *way = ways[i / 2 % m];
		const struct plx_filter_insn insns[] = {
			{BPF_LDX | BPF_IMM, 0, 0, b},
			{BPF_LD | BPF_IMM, 0, 0, a},
			{BPF_JMP | ops[i / 2 / m / n / n] | (i % 2 ? BPF_X : BPF_K), way[0], way[1],
			 b},
			{BPF_RET, 0, 0, 0},
			{BPF_RET, 0, 0, 5},
			{BPF_RET, 0, 0, 6},
		};

		compare_program(insns, 6, "comparison", NULL, 0, 0);
	}
}

static void
moves_are_the_same(void **state)
{
	const struct plx_filter_insn insns[] = {
		{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0},
		{BPF_ST, 0, 0, 15},
		{BPF_LDX | BPF_W | BPF_LEN, 0, 0, 0},
		{BPF_ALU | BPF_LSH, 0, 0, 8},
		{BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0},
		{BPF_MISC | BPF_TAX, 0, 0, 0},
		{BPF_STX, 0, 0, 0},
		{BPF_LD | BPF_MEM, 0, 0, 15},
		{BPF_ALU | BPF_NEG, 0, 0, 0},
		{BPF_LDX | BPF_MEM, 0, 0, 0},
		{BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0},
		{BPF_MISC | BPF_TXA, 0, 0, 0},
		{BPF_RET | BPF_A, 0, 0, 0},
	};
	uint8_t frame[64] = {0};

	for (unsigned n = 1; n < PLX_ARRAY_LEN(insns); n++) {
		struct plx_filter_insn some[PLX_ARRAY_LEN(insns)];

		memcpy(some, insns, sizeof(some));
		some[n] = insns[PLX_ARRAY_LEN(insns) - 1];
		compare_program(some, n + 1, "moves", frame, 64, 0x12345678);
	}
}

/* X, A and scratch memory begin as the interpreter has them; a frame without bytes may be at NULL. */
static void
registers_begin_as_0(void **state)
{
	const struct plx_filter_insn a[] = {{BPF_RET | BPF_A, 0, 0, 0}};
	const struct plx_filter_insn x[] = {{BPF_MISC | BPF_TXA, 0, 0, 0},
					    {BPF_RET | BPF_A, 0, 0, 0}};
	struct plx_filter *filter;

	compare_program(a, 1, "A", NULL, 0, 0);
	compare_program(x, 2, "X", NULL, 0, 0);
	assert_int_equal(plx_filter_compile("tcp", 96, &filter, NULL), 0);
	assert_int_equal(plx_filter_match(filter, NULL, 0, 1500), 0);
	plx_filter_destroy(filter);
}

/* -- loads ------------------------------------------------------------------------------------------- */

static const uint16_t loads[] = {BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS,
				 BPF_LD | BPF_B | BPF_ABS, BPF_LD | BPF_W | BPF_IND,
				 BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND,
				 BPF_LDX | BPF_B | BPF_MSH};

/* X = x, then the load, then both registers in one number that is not 0 by itself. */
static unsigned
load_program(uint16_t code, uint32_t k, uint32_t x, struct plx_filter_insn insns[8])
{
	const struct plx_filter_insn program[] = {
		{BPF_LDX | BPF_IMM, 0, 0, x},	      {code, 0, 0, k},
		{BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0}, {BPF_ALU | BPF_OR, 0, 0, 0x80},
		{BPF_RET | BPF_A, 0, 0, 0},
	};

	memcpy(insns, program, sizeof(program));
	return PLX_ARRAY_LEN(program);
}

static void
loads_end_at_the_same_byte(void **state)
{
	static const uint32_t offsets[] = {
		0,	    1,		2,	    3,		14,	    27,
		28,	    29,		30,	    31,		0x7ffffffa, 0x7ffffffb,
		0x7ffffffc, 0x7ffffffd, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffefff,
		0xfffff040, 0xfffffffb, 0xfffffffc, 0xfffffffe, 0xffffffff};
	size_t n = PLX_ARRAY_LEN(offsets);
	uint8_t frame[32];

	for (unsigned i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(0x91 + 7 * i);
	for (size_t i = 0; i < PLX_ARRAY_LEN(loads) * n * n; i++) {
		struct plx_filter_insn insns[8];
		struct plx_filter *filter;
		unsigned len =
			load_program(loads[i / n / n], offsets[i % n], offsets[i / n % n], insns);

		assert_int_equal(plx_filter_create(insns, len, &filter, NULL), 0);
		for (uint32_t caplen = 0; caplen <= sizeof(frame); caplen++)
			compare(filter, "load", frame, caplen, sizeof(frame));
		plx_filter_destroy(filter);
	}
}

/* Two loads, of which the second may be the farther one, or on one way only, or followed by what is no match anyhow. */
static void
one_check_for_several_loads_refuses_no_frame_too_many(void **state)
{
	uint8_t frame[24];

	for (unsigned i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)i;
	for (unsigned i = 0; i < 5 * 5 * 5 * 4; i++) {
		uint32_t k[] = {i % 5 * 5, i / 5 % 5 * 5, i / 25 % 5 * 5};
		uint8_t jt = i / 125 & 1, jf = i / 250 & 1 ? 3 : 1;
		const struct plx_filter_insn insns[] = {
			{BPF_LD | BPF_B | BPF_ABS, 0, 0, k[0]},
			{BPF_JMP | BPF_JSET, jt, jf, 5},
			{BPF_LD | BPF_H | BPF_ABS, 0, 0, k[1]},
			{BPF_LDX | BPF_B | BPF_MSH, 0, 0, k[2]},
			{BPF_RET, 0, 0, 7},
			{BPF_JMP | BPF_JEQ, 0, 1, k[0]},
			{BPF_RET, 0, 0, 0},
			{BPF_LD | BPF_W | BPF_ABS, 0, 0, k[2]},
			{BPF_RET, 0, 0, 8},
		};
		struct plx_filter *filter;

		assert_int_equal(plx_filter_create(insns, 9, &filter, NULL), 0);
		for (uint32_t caplen = 0; caplen <= sizeof(frame); caplen++)
			compare(filter, "loads", frame, caplen, sizeof(frame));
		plx_filter_destroy(filter);
	}
}

#define BIG ((size_t)(1ull << 32) + 8192)

/* A frame of 4 GiB that costs no memory: only the pages around the offsets can be written. */
static uint8_t *
make_big_frame(const uint32_t *offsets, size_t n)
{
	uint8_t *big = mmap(NULL, BIG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (big == MAP_FAILED)
		fail_msg("no room for a large frame: %s", strerror(errno));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			mprotect(big + (offsets[i] & ~4095u), 8192, PROT_READ | PROT_WRITE), 0);
	for (size_t i = 0; i < n; i++)
		memcpy(big + offsets[i], "\x81\x92\xa3\xb4", 4);
	return big;
}

static void
loads_reach_to_the_end_of_the_largest_frame(void **state)
{
	static const uint32_t offsets[] = {0x7ffffff8, 0x7ffffffc, 0x7ffffffd, 0x7fffffff,
					   0x80000000, 0x80000001, 0xffffeff8, 0xfffffff8,
					   0xfffffffb, 0xfffffffc, 0xfffffffd, 0xffffffff};
	size_t n = PLX_ARRAY_LEN(offsets);
	uint8_t *big = make_big_frame(offsets, n);

	for (size_t i = 0; i < PLX_ARRAY_LEN(loads) * n * n * n; i++) {
		uint32_t x = offsets[i / n % n] - 0x7ffffff0u;
		uint32_t k = offsets[i % n] - (i / n / n % 2 ? x : 0);
		uint32_t caplen = offsets[i / n / n % n];
		struct plx_filter_insn insns[8];
		struct plx_filter *filter;
		unsigned len = load_program(loads[i / n / n / n], k, x, insns);

		assert_int_equal(plx_filter_create(insns, len, &filter, NULL), 0);
		assert_int_equal(plx_filter_match(filter, big, caplen, 1),
				 interpret(filter, big, caplen, 1));
		plx_filter_destroy(filter);
	}
	munmap(big, BIG);
}

/* -- jumps ------------------------------------------------------------------------------------------- */

/* Over `over` instructions whose code has 2 bytes (tax), or 5 (an immediate). */
static void
jump_over(unsigned over, bool wide, bool always)
{
	struct plx_filter_insn insns[1024] = {{BPF_LD | BPF_B | BPF_ABS, 0, 0, 0}};
	const struct plx_filter_insn filler = {wide ? BPF_LD | BPF_IMM : BPF_MISC | BPF_TXA, 0, 0,
					       0x11111};
	unsigned n = 1;
	uint8_t frame;

	if (always)
		insns[n++] = (struct plx_filter_insn){BPF_JMP | BPF_JA, 0, 0, over};
	else
		insns[n++] = (struct plx_filter_insn){BPF_JMP | BPF_JEQ, (uint8_t)over, 0, 1};
	for (unsigned i = 0; i < over; i++)
		insns[n++] = filler;
	insns[n++] = (struct plx_filter_insn){BPF_ALU | BPF_ADD, 0, 0, 3};
	insns[n++] = (struct plx_filter_insn){BPF_RET | BPF_A, 0, 0, 0};
	frame = 1;
	compare_program(insns, n, "jump", &frame, 1, 1);
	frame = 2;
	compare_program(insns, n, "jump", &frame, 1, 1);
}

static void
jumps_of_all_lengths_arrive(void **state)
{
	for (unsigned over = 0; over < 256; over++) {
		jump_over(over, false, false);
		jump_over(over, true, false);
		jump_over(over, false, true);
		jump_over(over, true, true);
	}
	jump_over(1000, true, true);
}

/* Each jump becomes short only after the next one has. */
static void
jumps_that_make_each_other_short_settle(void **state)
{
	struct plx_filter_insn insns[4000];
	unsigned n = PLX_ARRAY_LEN(insns);
	struct plx_filter *filter;
	uint8_t frame[4] = {1, 2, 3, 4};

	for (unsigned i = 0; i < n; i++) {
		unsigned left = n - 1 - i, over = left <= 15 + i % 40 ? left / 2 : 15 + i % 40;

		insns[i] = (struct plx_filter_insn){BPF_JMP | BPF_JEQ, (uint8_t)over, 0, i};
		if (left < 4)
			insns[i] = (struct plx_filter_insn){BPF_RET, 0, 0, left + 1};
	}
	assert_int_equal(plx_filter_create(insns, n, &filter, NULL), 0);
	compare(filter, "chain", frame, 4, 4);
	plx_filter_destroy(filter);
}

/* -- the pages --------------------------------------------------------------------------------------- */

static void
code_cannot_be_written(void **state)
{
	int zeroes = open("/dev/zero", O_RDONLY);
	struct plx_filter *filter;
	struct filter_jit jit;

	assert_int_equal(plx_filter_compile("tcp port 80", 96, &filter, NULL), 0);
	jit = filter->jit;
	if (!FILTER_JIT_X86_64) {
		assert_null(jit.run);
		assert_non_null(strstr(plx_filter_engine(filter), "for this processor"));
		goto destroy_filter;
	}
	assert_string_equal(plx_filter_engine(filter), "x86-64 machine code");
	/* The kernel writes there with the rights that the process has. */
	for (size_t i = 0; i < jit.size; i++) {
		assert_int_equal(read(zeroes, (uint8_t *)jit.pages + i, 1), -1);
		assert_int_equal(errno, EFAULT);
	}
	assert_int_equal(msync(jit.pages, jit.size, MS_ASYNC), 0);
destroy_filter:
	plx_filter_destroy(filter);
	if (jit.pages != NULL)
		assert_int_equal(msync(jit.pages, jit.size, MS_ASYNC), -1);
	close(zeroes);
}

static void
the_environment_chooses_the_interpreter(void **state)
{
	struct plx_filter *filter;
	uint8_t frame[64] = {[12] = 8, [14] = 0x45, [23] = 6};

	setenv("PLX_FILTER_INTERPRET", "1", 1);
	assert_int_equal(plx_filter_compile("tcp", 96, &filter, NULL), 0);
	assert_null(filter->jit.run);
	assert_non_null(strstr(plx_filter_engine(filter), "PLX_FILTER_INTERPRET"));
	assert_int_equal(plx_filter_match(filter, frame, 64, 64), 96);
	assert_int_equal(plx_filter_match(filter, frame, 23, 64), 0);
	plx_filter_destroy(filter);
	setenv("PLX_FILTER_INTERPRET", "", 1);
	assert_int_equal(plx_filter_compile("tcp", 96, &filter, NULL), 0);
	assert_true(FILTER_JIT_X86_64 == (filter->jit.run != NULL));
	plx_filter_destroy(filter);
	unsetenv("PLX_FILTER_INTERPRET");
}

/* mprotect with PROT_EXEC answers EACCES from here on, as SELinux has it. */
static bool
forbid_code(void)
{
	const struct plx_filter_insn rules[] = {
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)},
		{BPF_JMP | BPF_JEQ, 0, 3, __NR_mprotect},
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[2])},
		{BPF_JMP | BPF_JSET, 0, 1, PROT_EXEC},
		{BPF_RET, 0, 0, SECCOMP_RET_ERRNO | EACCES},
		{BPF_RET, 0, 0, SECCOMP_RET_ALLOW},
	};
	const struct {
		unsigned short len;
		const void *insns;
	} program = {PLX_ARRAY_LEN(rules), rules};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int
match_without_code(void)
{
	struct plx_filter *filter;
	uint8_t frame[64] = {[12] = 8, [14] = 0x45, [23] = 6};

	if (!forbid_code())
		return 1;
	if (plx_filter_compile("tcp", 96, &filter, NULL) != 0)
		return 2;
	if (strstr(plx_filter_engine(filter), "may not make machine code") == NULL)
		return 3;
	if (filter->jit.pages != NULL || plx_filter_match(filter, frame, 64, 64) != 96 ||
	    plx_filter_match(filter, frame, 23, 64) != 0)
		return 4;
	plx_filter_destroy(filter);
	return 0;
}

static void
where_code_is_forbidden_the_interpreter_runs(void **state)
{
	int status = -1;
	pid_t child;

	if (!FILTER_JIT_X86_64)
		return;
	child = fork();
	if (child == 0)
		_exit(match_without_code());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool
make_room(void)
{
	uint8_t *room = mmap(NULL, FRAME_ROOM + 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return false;
	frame_end = room + FRAME_ROOM;
	return mprotect(frame_end, 4096, PROT_NONE) == 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_say_what_libpcap_says),
		cmocka_unit_test(filters_say_the_same_of_a_frame_cut_anywhere),
		cmocka_unit_test(random_programs_say_what_libpcap_says),
		cmocka_unit_test(the_longest_programs_say_what_libpcap_says),
		cmocka_unit_test(arithmetic_is_the_same_at_the_edges),
		cmocka_unit_test(comparisons_are_the_same_at_the_edges),
		cmocka_unit_test(moves_are_the_same),
		cmocka_unit_test(registers_begin_as_0),
		cmocka_unit_test(loads_end_at_the_same_byte),
		cmocka_unit_test(one_check_for_several_loads_refuses_no_frame_too_many),
		cmocka_unit_test(loads_reach_to_the_end_of_the_largest_frame),
		cmocka_unit_test(jumps_of_all_lengths_arrive),
		cmocka_unit_test(jumps_that_make_each_other_short_settle),
		cmocka_unit_test(code_cannot_be_written),
		cmocka_unit_test(the_environment_chooses_the_interpreter),
		cmocka_unit_test(where_code_is_forbidden_the_interpreter_runs),
	};

	if (!make_room())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
