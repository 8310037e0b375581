/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters inside the kernel: each is loaded as an XDP program and run by BPF_PROG_TEST_RUN on many frames;
 * its verdict must be the one that libpcap's interpreter gives.
 */
#include "plx_filter_driver.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "filter_samples.h"

#define INSNS_MAX   32768
#define FRAME_MAX   9000
#define PROGRAM_LEN 60

static int
bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

static int
load(const struct bpf_insn *insns, size_t n, uint32_t flags)
{
	static char log[65536];
	union bpf_attr attr = {0};
	int fd;

	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uintptr_t) "BSD";
	attr.prog_flags = flags;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0 || errno == EPERM)
		return fd;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	if (bpf(BPF_PROG_LOAD, &attr) < 0)
		fprintf(stderr, "verifier: %s\n",
			log + (strlen(log) > 2000 ? strlen(log) - 2000 : 0));
	return -1;
}

/* The block with an exit behind it: what the filter says is what the program returns. */
static int
load_filter(const struct plx_filter *filter, uint32_t flags)
{
	static struct bpf_insn insns[INSNS_MAX];
	struct plx_why why;
	size_t n, counted;

	insns[0] = (struct bpf_insn){BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0};
	assert_int_equal(plx_filter_to_ebpf(filter, NULL, 0, &counted, &why), 0);
	if (plx_filter_to_ebpf(filter, insns + 1, INSNS_MAX - 2, &n, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(n, counted);
	insns[++n] = (struct bpf_insn){BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
	return load(insns, n + 1, flags);
}

static uint32_t
run(int fd, const uint8_t *frame, uint32_t len)
{
	union bpf_attr attr = {0};

	attr.test.prog_fd = (uint32_t)fd;
	attr.test.data_in = (uintptr_t)frame;
	attr.test.data_size_in = len;
	attr.test.repeat = 1;
	if (bpf(BPF_PROG_TEST_RUN, &attr) != 0)
		fail_msg("test run of %u bytes: %s", len, strerror(errno));
	return attr.test.retval;
}

/* Runs both on the same frames; returns how many matched. */
static unsigned
compare(const struct plx_filter *filter, int fd, const char *name, uint32_t max, unsigned frames)
{
	static uint8_t frame[FRAME_MAX];
	unsigned matched = 0;

	for (unsigned i = 0; i < frames; i++) {
		uint32_t len = make_frame(frame, max);
		uint32_t wanted = plx_filter_match(filter, frame, len, len);
		uint32_t found = run(fd, frame, len);

		if (found != wanted)
			fail_msg("\"%s\", frame %u of %u bytes: kernel %u, libpcap %u", name, i,
				 len, found, wanted);
		matched += found != 0;
	}
	return matched;
}

static void
compare_expressions(uint32_t flags, uint32_t max, unsigned frames)
{
	unsigned both = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(expressions); i++) {
		struct plx_filter *filter;
		struct plx_why why;
		unsigned matched;
		int fd;

		if (plx_filter_compile(expressions[i], 262144, &filter, &why) != 0)
			fail_msg("%s", why.text);
		fd = load_filter(filter, flags);
		if (fd < 0)
			fail_msg("\"%s\" does not load: %s", expressions[i], strerror(errno));
		matched = compare(filter, fd, expressions[i], max, frames);
		both += matched > 0 && matched < frames;
		close(fd);
		plx_filter_destroy(filter);
	}
	/* Frames of which all or none match would show nothing. */
	assert_true(both > PLX_ARRAY_LEN(expressions) * 2 / 3);
}

static void
verdicts_in_the_kernel_are_those_of_libpcap(void **state)
{
	compare_expressions(0, 1500, 400);
}

static void
verdicts_do_not_depend_on_how_a_frame_is_split(void **state)
{
	compare_expressions(BPF_F_XDP_HAS_FRAGS, FRAME_MAX, 400);
}

/* -- programs that libpcap would not write ---------------------------------------------------------- */

static void
random_programs_say_the_same_in_the_kernel(void **state)
{
	for (unsigned i = 0; i < 2000; i++) {
		struct plx_filter *filter = random_filter(PROGRAM_LEN);
		int fd = load_filter(filter, i % 2 ? BPF_F_XDP_HAS_FRAGS : 0);
		char name[32];

		snprintf(name, sizeof(name), "program %u", i);
		assert_true(fd >= 0);
		compare(filter, fd, name, 200, 20);
		close(fd);
		plx_filter_destroy(filter);
	}
}

/* -------------------------------------------------------------------------------------------------- */

static void
a_program_may_be_long_but_not_longer_than_a_jump(void **state)
{
	struct plx_filter_insn *insns = calloc(PLX_FILTER_INSNS_MAX, sizeof(*insns));
	struct plx_filter *filter;
	struct bpf_insn room[4];
	struct plx_why why;
	size_t n;
	int fd;

	for (unsigned i = 0; i < PLX_FILTER_INSNS_MAX - 1; i++)
		insns[i] = (struct plx_filter_insn){BPF_LD | BPF_W | BPF_ABS, 0, 0, i % 60};
	insns[PLX_FILTER_INSNS_MAX - 1] = (struct plx_filter_insn){BPF_RET | BPF_A, 0, 0, 0};
	assert_int_equal(plx_filter_create(insns, PLX_FILTER_INSNS_MAX, &filter, NULL), 0);
	assert_int_equal(plx_filter_to_ebpf(filter, NULL, 0, &n, &why), -E2BIG);
	assert_non_null(strstr(why.text, "make it simpler"));
	plx_filter_destroy(filter);

	assert_int_equal(
		plx_filter_create(insns + 2400, PLX_FILTER_INSNS_MAX - 2400, &filter, NULL), 0);
	assert_int_equal(plx_filter_to_ebpf(filter, room, 4, &n, &why), -ENOSPC);
	assert_true(n > 28000);
	fd = load_filter(filter, 0);
	assert_true(fd >= 0);
	compare(filter, fd, "long", 200, 50);
	close(fd);
	plx_filter_destroy(filter);
	free(insns);
}

static void
a_long_list_of_hosts_and_ports_loads(void **state)
{
	struct plx_filter *filter;
	char *text = malloc(64 * 1024);
	struct plx_why why;
	size_t at = 0;
	int fd;

	for (unsigned i = 0; i < 100; i++)
		at += (size_t)sprintf(text + at, "%shost 10.%u.0.%u or tcp port %u",
				      i > 0 ? " or " : "", i % 7, i % 250, 50 + 200 * i);
	if (plx_filter_compile(text, 96, &filter, &why) != 0)
		fail_msg("%s", why.text);
	fd = load_filter(filter, 0);
	assert_true(fd >= 0);
	compare(filter, fd, "list", 200, 200);
	close(fd);
	plx_filter_destroy(filter);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_in_the_kernel_are_those_of_libpcap),
		cmocka_unit_test(verdicts_do_not_depend_on_how_a_frame_is_split),
		cmocka_unit_test(random_programs_say_the_same_in_the_kernel),
		cmocka_unit_test(a_long_list_of_hosts_and_ports_loads),
		cmocka_unit_test(a_program_may_be_long_but_not_longer_than_a_jump),
	};
	const struct bpf_insn pass[] = {
		{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	int fd = load(pass, 2, BPF_F_XDP_HAS_FRAGS);

	if (fd < 0) {
		printf("skipped: no right to load an XDP program (%s)\n", strerror(errno));
		return 77;
	}
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
