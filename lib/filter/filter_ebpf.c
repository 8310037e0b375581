/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classic BPF to eBPF. Registers: r6 ctx, r7 = A, r8 = X (both zero-extended 32-bit values); r0-r5
 * within one instruction. Stack: 8 bytes for the load helper to write to, below
 * them the scratch memory M[].
 *
 * The program is written twice: the first pass finds where each classic instruction begins, the second
 * knows every jump's distance.
 */
#include "plx_filter_driver.h"
#include "filter_priv.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#define REG_CTX BPF_REG_6
#define REG_A	BPF_REG_7
#define REG_X	BPF_REG_8
#define REG_FP	BPF_REG_10

#define STACK_LOAD (-8)
#define STACK_M(i) (-PLX_FILTER_EBPF_STACK + 4 * (int)(i))
PLX_STATIC_ASSERT(PLX_FILTER_EBPF_STACK == 8 + 4 * FILTER_SCRATCH_WORDS, "stack of a block");

#define DIRECT_OFFSET_MAX 32000	 /* offsets of eBPF loads are signed 16-bit */
#define FRAME_OFFSET_MAX  0xffff /* bpf_xdp_load_bytes takes no more */

struct emitter {
	struct bpf_insn *insns; /* NULL while counting */
	size_t n;
	uint32_t *start; /* where classic instruction i begins; [count] is the end of the block */
	bool *reached;
	unsigned count;
};

static void
emit(struct emitter *e, uint8_t code, uint8_t dst, uint8_t src, int off, uint32_t imm)
{
	if (e->insns != NULL) {
		struct bpf_insn *insn = &e->insns[e->n];

		insn->code = code;
		insn->dst_reg = dst & 0xf;
		insn->src_reg = src & 0xf;
		insn->off = (int16_t)off;
		insn->imm = (int32_t)imm;
	}
	e->n++;
}

/* A jump to where classic instruction `target` begins: forward, as all of them are. */
static void
emit_jump(struct emitter *e, uint8_t code, uint8_t dst, uint8_t src, uint32_t imm, unsigned target)
{
	emit(e, code, dst, src, (int)(e->start[target] - e->n - 1), imm);
}

static void
emit_goto(struct emitter *e, unsigned target)
{
	emit_jump(e, BPF_JMP | BPF_JA, 0, 0, 0, target);
}

static void
emit_move32(struct emitter *e, uint8_t dst, uint8_t src)
{
	emit(e, BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void
emit_set32(struct emitter *e, uint8_t dst, uint32_t value)
{
	emit(e, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, value);
}

/* The end of the block, with `no match` in r0. */
static void
emit_no_match(struct emitter *e)
{
	emit_set32(e, BPF_REG_0, 0);
	emit_goto(e, e->count);
}

static unsigned
load_size(uint16_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	default:
		return 1;
	}
}

/* dst = the wire integer at base + off, in host order. */
static void
emit_load(struct emitter *e, uint16_t code, uint8_t dst, uint8_t base, int off)
{
	unsigned size = load_size(code);

	emit(e, BPF_LDX | BPF_MEM | BPF_SIZE(code), dst, base, off, 0);
	if (size > 1)
		emit(e, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, size * 8);
}

/* dst = the wire integer at offset r2 of the frame, wherever its bytes are. */
static void
emit_load_by_helper(struct emitter *e, uint16_t code, uint8_t dst)
{
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, REG_CTX, 0, 0);
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, REG_FP, 0, 0);
	emit(e, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, (uint32_t)STACK_LOAD);
	emit_set32(e, BPF_REG_4, load_size(code));
	emit(e, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_xdp_load_bytes);
	emit(e, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0);
	emit_no_match(e);
	emit_load(e, code, dst, REG_FP, STACK_LOAD);
}

/* How many instructions emit_load_by_helper writes. */
static int
helper_load_length(uint16_t code)
{
	return load_size(code) > 1 ? 10 : 9;
}

/*
 * The pointer to the frame is read anew for each load. Were it kept in a register, the verifier would keep with
 * it how many bytes each path has shown to be there, and would walk every path of a long filter.
 */
static void
emit_load_absolute(struct emitter *e, uint16_t code, uint8_t dst, uint32_t k)
{
	unsigned size = load_size(code);

	if (k <= DIRECT_OFFSET_MAX) {
		emit(e, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, REG_CTX,
		     offsetof(struct xdp_md, data_end), 0);
		emit(e, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, REG_CTX,
		     offsetof(struct xdp_md, data), 0);
		emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
		emit(e, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, k + size);
		emit(e, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_3, BPF_REG_1, size > 1 ? 3 : 2, 0);
		emit_load(e, code, dst, BPF_REG_2, (int)k);
		emit(e, BPF_JMP | BPF_JA, 0, 0, helper_load_length(code) + 1, 0);
	}
	emit_set32(e, BPF_REG_2, k);
	emit_load_by_helper(e, code, dst);
}

/* The sum is taken in 64 bits: one that wraps must not come out inside the frame. */
static void
emit_load_indirect(struct emitter *e, uint16_t code, uint32_t k)
{
	emit_set32(e, BPF_REG_2, k);
	emit(e, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, REG_X, 0, 0);
	emit(e, BPF_JMP | BPF_JLE | BPF_K, BPF_REG_2, 0, 2, FRAME_OFFSET_MAX);
	emit_no_match(e);
	emit_load_by_helper(e, code, REG_A);
}

static void
emit_length(struct emitter *e, uint8_t dst)
{
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, REG_CTX, 0, 0);
	emit(e, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_xdp_get_buff_len);
	emit_move32(e, dst, BPF_REG_0);
}

static void
emit_ld(struct emitter *e, const struct plx_filter_insn *c, uint8_t dst)
{
	switch (BPF_MODE(c->code)) {
	case BPF_IMM:
		emit_set32(e, dst, c->k);
		break;
	case BPF_ABS:
		emit_load_absolute(e, c->code, dst, c->k);
		break;
	case BPF_IND:
		emit_load_indirect(e, c->code, c->k);
		break;
	case BPF_LEN:
		emit_length(e, dst);
		break;
	case BPF_MEM:
		emit(e, BPF_LDX | BPF_MEM | BPF_W, dst, REG_FP, STACK_M(c->k), 0);
		break;
	case BPF_MSH:
		emit_load_absolute(e, c->code, dst, c->k);
		emit(e, BPF_ALU | BPF_AND | BPF_K, dst, 0, 0, 0xf);
		emit(e, BPF_ALU | BPF_LSH | BPF_K, dst, 0, 0, 2);
		break;
	}
}

/* Classic BPF ends with `no match` on a division by 0, and shifts by 32 and more give 0; eBPF differs. */
static void
emit_alu_x(struct emitter *e, uint16_t op)
{
	switch (op) {
	case BPF_DIV:
	case BPF_MOD:
		emit(e, BPF_JMP | BPF_JNE | BPF_K, REG_X, 0, 2, 0);
		emit_no_match(e);
		break;
	case BPF_LSH:
	case BPF_RSH:
		emit(e, BPF_JMP | BPF_JLE | BPF_K, REG_X, 0, 2, 31);
		emit_set32(e, REG_A, 0);
		emit(e, BPF_JMP | BPF_JA, 0, 0, 1, 0);
		break;
	}
	emit(e, (uint8_t)(BPF_ALU | op | BPF_X), REG_A, REG_X, 0, 0);
}

static void
emit_alu(struct emitter *e, const struct plx_filter_insn *c)
{
	uint16_t op = BPF_OP(c->code);

	if (op == BPF_NEG)
		emit(e, BPF_ALU | BPF_NEG, REG_A, 0, 0, 0);
	else if (BPF_SRC(c->code) == BPF_X)
		emit_alu_x(e, op);
	else
		emit(e, (uint8_t)(BPF_ALU | op | BPF_K), REG_A, 0, 0, c->k);
}

static void
emit_jmp(struct emitter *e, const struct plx_filter_insn *c, unsigned i)
{
	uint8_t code = (uint8_t)(BPF_JMP32 | BPF_OP(c->code) | BPF_SRC(c->code));
	bool by_x = BPF_SRC(c->code) == BPF_X;

	if (BPF_OP(c->code) == BPF_JA) {
		emit_goto(e, i + 1 + c->k);
		return;
	}
	emit_jump(e, code, REG_A, by_x ? REG_X : 0, by_x ? 0 : c->k, i + 1 + c->jt);
	if (c->jf != 0)
		emit_goto(e, i + 1 + c->jf);
}

static void
emit_ret(struct emitter *e, const struct plx_filter_insn *c)
{
	if (BPF_RVAL(c->code) == BPF_A)
		emit_move32(e, BPF_REG_0, REG_A);
	else
		emit_set32(e, BPF_REG_0, c->k);
	emit_goto(e, e->count);
}

static void
emit_insn(struct emitter *e, const struct plx_filter_insn *c, unsigned i)
{
	switch (BPF_CLASS(c->code)) {
	case BPF_LD:
		emit_ld(e, c, REG_A);
		break;
	case BPF_LDX:
		emit_ld(e, c, REG_X);
		break;
	case BPF_ST:
	case BPF_STX:
		emit(e, BPF_STX | BPF_MEM | BPF_W, REG_FP,
		     BPF_CLASS(c->code) == BPF_ST ? REG_A : REG_X, STACK_M(c->k), 0);
		break;
	case BPF_ALU:
		emit_alu(e, c);
		break;
	case BPF_JMP:
		emit_jmp(e, c, i);
		break;
	case BPF_RET:
		emit_ret(e, c);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(c->code) == BPF_TAX)
			emit_move32(e, REG_X, REG_A);
		else
			emit_move32(e, REG_A, REG_X);
		break;
	}
}

/* A load that lies behind any frame ends the program as a return does. */
static bool
beyond_any_frame(const struct plx_filter_insn *c)
{
	if (BPF_CLASS(c->code) != BPF_LD && BPF_CLASS(c->code) != BPF_LDX)
		return false;
	return (BPF_MODE(c->code) == BPF_ABS || BPF_MODE(c->code) == BPF_MSH) &&
	       c->k > FRAME_OFFSET_MAX;
}

/* Marks what may follow instruction i, given that i can be reached. */
static void
reach_next(const struct plx_filter_insn *c, unsigned i, bool *reached)
{
	if (BPF_CLASS(c->code) == BPF_RET || beyond_any_frame(c))
		return;
	if (BPF_CLASS(c->code) != BPF_JMP) {
		reached[i + 1] = true;
	} else if (BPF_OP(c->code) == BPF_JA) {
		reached[i + 1 + c->k] = true;
	} else {
		reached[i + 1 + c->jt] = true;
		reached[i + 1 + c->jf] = true;
	}
}

/* The verifier takes no code that nothing reaches, so none is written. */
static void
emit_all(struct emitter *e, const struct plx_filter *filter)
{
	e->n = 0;
	emit_set32(e, REG_A, 0);
	emit_set32(e, REG_X, 0);
	memset(e->reached, 0, filter->n * sizeof(*e->reached));
	e->reached[0] = true;
	for (unsigned i = 0; i < filter->n; i++) {
		const struct plx_filter_insn *c = &filter->insns[i];

		e->start[i] = (uint32_t)e->n;
		if (!e->reached[i])
			continue;
		reach_next(c, i, e->reached);
		if (beyond_any_frame(c))
			emit_no_match(e);
		else
			emit_insn(e, c, i);
	}
	e->start[filter->n] = (uint32_t)e->n;
}

int
plx_filter_to_ebpf(const struct plx_filter *filter, struct bpf_insn *insns, size_t max,
		   size_t *ret_n, struct plx_why *why)
{
	struct emitter e = {.count = filter->n};
	int err = 0;

	e.start = calloc(filter->n + 1, sizeof(*e.start) + sizeof(*e.reached));
	if (e.start == NULL)
		return plx_why(why, -ENOMEM, "no memory to translate the filter");
	e.reached = (bool *)(e.start + filter->n + 1);
	emit_all(&e, filter);
	*ret_n = e.n;
	if (e.n > INT16_MAX) {
		err = plx_why(
			why, -E2BIG,
			"the filter has %u instructions, too many for an XDP program (%zu there, "
			"at most %d): make it simpler",
			filter->n, e.n, INT16_MAX);
	} else if (insns != NULL && e.n > max) {
		err = plx_why(why, -ENOSPC, "the filter needs %zu instructions, %zu are left", e.n,
			      max);
	} else if (insns != NULL) {
		e.insns = insns;
		emit_all(&e, filter);
	}
	free(e.start);
	return err;
}
