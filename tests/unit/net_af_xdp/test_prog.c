/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The XDP program, run by a machine of a few lines instead of the kernel: what it returns and counts for
 * frames of every queue and length. That the kernel's verifier takes it is shown in tests/func.
 */
#include "xdp_prog.h"
#include "af_xdp_stamp.h"

#include "plx_filter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUEUES	    4
#define XSKS_FD	    100
#define COUNTERS_FD 200
#define FRAME_AT    4096
#define NOW	    0x0123456789abcdefULL
#define KEY	    0xfedcba9876543211ULL /* both halves look negative or odd */

struct machine {
	struct xdp_counters counters[QUEUES];
	bool socket[QUEUES]; /* queues with an entry in the map */
	uint32_t queue;
	uint32_t length;
	unsigned redirects;
	bool redirected;	/* by this run */
	bool no_meta;		/* as a driver without meta data */
	uint64_t meta_at;	/* where it begins */
	struct xdp_stamp stamp; /* the bytes in front of the frame */
};

/* What a context load yields. */
static uint64_t
context_field(const struct machine *m, int off)
{
	switch (off) {
	case offsetof(struct xdp_md, data):
		return FRAME_AT;
	case offsetof(struct xdp_md, data_meta):
		return m->meta_at;
	case offsetof(struct xdp_md, data_end):
		return FRAME_AT + m->length;
	case offsetof(struct xdp_md, rx_queue_index):
		return m->queue;
	default:
		fail_msg("context offset %d", off);
		return 0;
	}
}

static uint64_t
adjust_meta(struct machine *m, const uint64_t *r)
{
	assert_int_equal(r[1], 1);
	assert_true(m->redirected); /* frames that go on to the kernel stay as they are */
	if (m->no_meta)
		return (uint64_t)-ENOTSUP;
	m->meta_at += r[2];
	return 0;
}

static uint64_t
call_helper(struct machine *m, int helper, const uint64_t *r)
{
	if (helper == BPF_FUNC_xdp_adjust_meta)
		return adjust_meta(m, r);
	if (helper == BPF_FUNC_ktime_get_tai_ns)
		return NOW;
	assert_int_equal(helper, BPF_FUNC_redirect_map);
	assert_int_equal(r[1], XSKS_FD);
	assert_true(r[2] < QUEUES);
	m->redirects++;
	m->redirected = m->socket[r[2]];
	return m->socket[r[2]] ? XDP_REDIRECT : r[3];
}

static bool
jumps(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JGT:
		return a > b;
	default:
		fail_msg("jump %x", op);
		return false;
	}
}

static uint64_t
compute(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_MOV:
		return b;
	case BPF_ADD:
		return a + b;
	case BPF_LSH:
		return a << b;
	default:
		fail_msg("operation %x", op);
		return 0;
	}
}

static uint64_t
map_address(struct machine *m, const struct bpf_insn *insn)
{
	if (insn->src_reg == 0)
		return (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;
	if (insn->src_reg == BPF_PSEUDO_MAP_FD)
		return (uint64_t)insn->imm;
	assert_int_equal(insn->src_reg, BPF_PSEUDO_MAP_VALUE);
	assert_int_equal(insn->imm, COUNTERS_FD);
	return (uintptr_t)m->counters;
}

static uint64_t *
counter_at(struct machine *m, uint64_t address)
{
	const uintptr_t begin = (uintptr_t)m->counters;

	if (address >= m->meta_at && address + 8 <= FRAME_AT)
		return (uint64_t *)(void *)((uint8_t *)&m->stamp + sizeof(m->stamp) +
					    (int64_t)(address - FRAME_AT));

	assert_true(address >= begin && address + 8 <= begin + sizeof(m->counters));
	return (uint64_t *)(uintptr_t)address;
}

/* The verdict. */
static unsigned
run(struct machine *m, const struct bpf_insn *insns, size_t n)
{
	uint64_t r[11] = {[1] = 1}; /* 1 stands for the context */

	m->meta_at = FRAME_AT;
	m->redirected = false;

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &insns[pc];
		const uint64_t b = BPF_SRC(i->code) == BPF_X ? r[i->src_reg] : (uint64_t)i->imm;

		switch (BPF_CLASS(i->code)) {
		case BPF_ALU64:
			r[i->dst_reg] = compute(BPF_OP(i->code), r[i->dst_reg], b);
			break;
		case BPF_LD:
			r[i->dst_reg] = map_address(m, i);
			pc++;
			break;
		case BPF_LDX:
			r[i->dst_reg] = r[i->src_reg] == 1
						? context_field(m, i->off)
						: *counter_at(m, r[i->src_reg] + (uint64_t)i->off);
			break;
		case BPF_STX:
			if (BPF_MODE(i->code) == BPF_ATOMIC)
				*counter_at(m, r[i->dst_reg] + (uint64_t)i->off) += r[i->src_reg];
			else
				*counter_at(m, r[i->dst_reg] + (uint64_t)i->off) = r[i->src_reg];
			break;
		default:
			if (BPF_OP(i->code) == BPF_EXIT)
				return (unsigned)r[0];
			if (BPF_OP(i->code) == BPF_CALL)
				r[0] = call_helper(m, i->imm, r);
			else if (jumps(BPF_OP(i->code), r[i->dst_reg], b))
				pc += (size_t)i->off;
		}
	}
	fail_msg("ran off the end");
	return 0;
}

static struct bpf_insn *
write_program(struct xdp_prog_plan plan, size_t *n)
{
	struct bpf_insn *insns = NULL;

	plan.xsks_fd = XSKS_FD;
	plan.counters_fd = COUNTERS_FD;
	plan.queues = QUEUES;
	assert_int_equal(xdp_prog_write(&plan, &insns, n, NULL), 0);
	return insns;
}

static void
check_plan(struct xdp_prog_plan plan)
{
	struct machine m = {.socket = {true, false, true, true}};
	size_t n;
	struct bpf_insn *insns = write_program(plan, &n);

	m.length = 60;
	for (m.queue = 0; m.queue < QUEUES; m.queue++) {
		const bool ours = m.socket[m.queue];

		assert_int_equal(run(&m, insns, n), ours ? XDP_REDIRECT : XDP_PASS);
		assert_int_equal(m.counters[m.queue].redirected, ours ? 1 : 0);
	}
	m.queue = 0;
	m.length = plan.max_frame;
	assert_int_equal(run(&m, insns, n), XDP_REDIRECT);
	assert_int_equal(m.counters[0].redirected, 2);
	m.length = plan.max_frame + 1;
	assert_int_equal(run(&m, insns, n), plan.max_frame != 0 ? XDP_DROP : XDP_REDIRECT);
	assert_int_equal(m.counters[0].too_long, plan.max_frame != 0 ? 1 : 0);
	m.queue = 1; /* not ours: length is no concern of ours */
	assert_int_equal(run(&m, insns, n), XDP_PASS);
	assert_int_equal(m.counters[1].too_long, 0);
	assert_int_equal(m.counters[0].passed + m.counters[1].passed, 0);
	free(insns);
}

static void
frames_go_to_the_socket_of_their_queue_and_are_counted(void **state)
{
	check_plan((struct xdp_prog_plan){.max_frame = 2048});
	check_plan((struct xdp_prog_plan){.max_frame = 2048, .atomic = true});
	check_plan((struct xdp_prog_plan){.max_frame = 0});
}

static void
a_queue_beyond_the_table_goes_on_to_the_kernel(void **state)
{
	struct machine m = {.socket = {true, true, true, true}, .length = 60};
	size_t n;
	struct bpf_insn *insns = write_program((struct xdp_prog_plan){.max_frame = 2048}, &n);

	for (m.queue = QUEUES; m.queue < 100; m.queue += 5)
		assert_int_equal(run(&m, insns, n), XDP_PASS);
	m.queue = UINT32_MAX;
	assert_int_equal(run(&m, insns, n), XDP_PASS);
	assert_int_equal(m.redirects, 0);
	free(insns);
}

static void
generic_mode_counts_with_atomic_operations(void **state)
{
	size_t n, atomics = 0;
	struct bpf_insn *insns = write_program((struct xdp_prog_plan){.atomic = true}, &n);

	for (size_t i = 0; i < n; i++)
		atomics += insns[i].code == (BPF_STX | BPF_DW | BPF_ATOMIC);
	assert_int_equal(atomics, 1);
	free(insns);
}

static void
a_filter_stands_before_the_rest(void **state)
{
	struct plx_filter *filter = NULL;
	size_t n, plain_n;
	struct bpf_insn *plain = write_program((struct xdp_prog_plan){.max_frame = 2048}, &plain_n);
	struct bpf_insn *insns;

	assert_int_equal(plx_filter_compile("tcp port 80", PLX_FILTER_SNAPLEN, &filter, NULL), 0);
	insns = write_program((struct xdp_prog_plan){.max_frame = 2048, .filter = filter}, &n);
	assert_true(n > plain_n + 20);
	assert_int_equal(insns[0].code, BPF_ALU64 | BPF_MOV | BPF_X);
	assert_int_equal(insns[0].dst_reg, 6);
	assert_int_equal(insns[n - 1].code, BPF_JMP | BPF_EXIT);
	free(insns);
	free(plain);
	plx_filter_destroy(filter);
}

static const struct xdp_prog_plan stamping = {
	.max_frame = 2048, .clock_helper = BPF_FUNC_ktime_get_tai_ns, .stamp_key = KEY};

static void
a_frame_that_is_redirected_gets_the_moment_and_the_key(void **state)
{
	struct machine m = {.socket = {true}, .length = 60};
	size_t n;
	struct bpf_insn *insns = write_program(stamping, &n);

	assert_int_equal(run(&m, insns, n), XDP_REDIRECT);
	assert_true(m.stamp.ns == NOW);
	assert_true(m.stamp.key == KEY);
	assert_int_equal(m.counters[0].redirected, 1);
	free(insns);
}

static void
a_frame_that_is_not_redirected_gets_no_stamp(void **state)
{
	struct machine m = {.socket = {true}, .length = 2049};
	size_t n;
	struct bpf_insn *insns = write_program(stamping, &n);

	assert_int_equal(run(&m, insns, n), XDP_DROP);
	assert_int_equal(m.meta_at, FRAME_AT);
	m.length = 60;
	m.queue = 1;
	assert_int_equal(run(&m, insns, n), XDP_PASS);
	assert_int_equal(m.meta_at, FRAME_AT);
	m.queue = QUEUES;
	assert_int_equal(run(&m, insns, n), XDP_PASS);
	assert_int_equal(m.meta_at, FRAME_AT);
	assert_int_equal(m.stamp.key, 0);
	free(insns);
}

static void
a_driver_without_meta_data_costs_only_the_stamp(void **state)
{
	struct machine m = {.socket = {true}, .length = 60, .no_meta = true};
	size_t n;
	struct bpf_insn *insns = write_program(stamping, &n);

	assert_int_equal(run(&m, insns, n), XDP_REDIRECT);
	assert_int_equal(m.counters[0].redirected, 1);
	assert_int_equal(m.stamp.key, 0);
	free(insns);
}

/* Instruction by instruction: nothing in it but what was there before stamps. */
static void
without_stamps_the_program_calls_one_helper(void **state)
{
	size_t n, stamped_n, calls = 0;
	struct bpf_insn *stamped = write_program(stamping, &stamped_n);
	struct bpf_insn *insns = write_program((struct xdp_prog_plan){.max_frame = 2048}, &n);

	for (size_t i = 0; i < n; i++)
		calls += insns[i].code == (BPF_JMP | BPF_CALL);
	assert_int_equal(calls, 1);
	assert_true(n < stamped_n);
	free(insns);
	free(stamped);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_go_to_the_socket_of_their_queue_and_are_counted),
		cmocka_unit_test(a_queue_beyond_the_table_goes_on_to_the_kernel),
		cmocka_unit_test(generic_mode_counts_with_atomic_operations),
		cmocka_unit_test(a_filter_stands_before_the_rest),
		cmocka_unit_test(a_frame_that_is_redirected_gets_the_moment_and_the_key),
		cmocka_unit_test(a_frame_that_is_not_redirected_gets_no_stamp),
		cmocka_unit_test(a_driver_without_meta_data_costs_only_the_stamp),
		cmocka_unit_test(without_stamps_the_program_calls_one_helper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
