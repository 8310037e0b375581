/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classic BPF as machine code of x86-64, one small function for each class of instructions.
 *
 *	eax	A
 *	ecx	X
 *	rdi	the frame
 *	rsi	caplen
 *	r8d	wirelen, where the program asks for it
 *	edx r9d	scratch
 *	[rsp - 64] up to [rsp - 4]	M[], in the part below the stack that signals leave alone
 *
 * The code calls nothing and leaves the stack as it is. Instructions that cannot be part of a match are not written: at[n] is the place
 * of "no match", where they would all end.
 */
#include "filter_jit.h"

#if FILTER_JIT_X86_64

#include "filter_x86_write.h"

#include <pcap/pcap.h>

/* -- jumps ------------------------------------------------------------------------------------------- */

/* The instruction to go to in place of i. */
static unsigned
resolve(const struct filter_writer *w, unsigned i)
{
	return w->plan->need[i] == FILTER_NEVER ? w->plan->n : i;
}

/*
 * Both ends as they lay when at[] was filled. Code only becomes shorter from one time to the next, so a jump that was short once
 * stays so; and the instruction's beginning lies before the jump, so it is never too optimistic.
 */
static bool
is_near(const struct filter_writer *w, unsigned target)
{
	return w->plan->at[target] - w->start <= X86_NEAR_MAX;
}

static void
jump(struct filter_writer *w, unsigned target)
{
	target = resolve(w, target);
	if (target != w->now + 1)
		x86_jmp(&w->x86, is_near(w, target), w->plan->at[target]);
}

static void
jump_if(struct filter_writer *w, enum x86_cond cond, unsigned target)
{
	target = resolve(w, target);
	x86_jcc(&w->x86, cond, is_near(w, target), w->plan->at[target]);
}

void
filter_no_match_if(struct filter_writer *w, enum x86_cond cond)
{
	jump_if(w, cond, w->plan->n);
}

static void
compare(struct filter_writer *w, const struct plx_filter_insn *c)
{
	bool jset = BPF_OP(c->code) == BPF_JSET;

	if (BPF_SRC(c->code) == BPF_X && jset)
		x86_test(&w->x86, EAX, ECX);
	else if (BPF_SRC(c->code) == BPF_X)
		x86_alu(&w->x86, CMP, EAX, ECX);
	else if (jset)
		x86_test_imm(&w->x86, EAX, c->k);
	else
		x86_alu_imm(&w->x86, CMP, EAX, c->k);
}

static void
write_jump(struct filter_writer *w, const struct plx_filter_insn *c)
{
	static const enum x86_cond conditions[] = {[BPF_JEQ >> 4] = EQUAL,
						   [BPF_JGT >> 4] = ABOVE,
						   [BPF_JGE >> 4] = ABOVE_OR_EQUAL,
						   [BPF_JSET >> 4] = NOT_EQUAL};
	unsigned yes = w->now + 1 + c->jt, no = w->now + 1 + c->jf;
	enum x86_cond cond = conditions[BPF_OP(c->code) >> 4];

	if (c->code == (BPF_JMP | BPF_JA) || resolve(w, yes) == resolve(w, no)) {
		jump(w, c->code == (BPF_JMP | BPF_JA) ? w->now + 1 + c->k : yes);
		return;
	}
	compare(w, c);
	if (resolve(w, yes) == w->now + 1) {
		jump_if(w, cond ^ 1, no);
		return;
	}
	jump_if(w, cond, yes);
	jump(w, no);
}

/* -- arithmetic -------------------------------------------------------------------------------------- */

static void
divide(struct filter_writer *w, const struct plx_filter_insn *c)
{
	enum x86_reg by = BPF_SRC(c->code) == BPF_X ? ECX : R9D;

	if (by == ECX) {
		x86_test(&w->x86, ECX, ECX);
		filter_no_match_if(w, EQUAL);
	} else {
		x86_mov_imm(&w->x86, R9D, c->k);
	}
	x86_alu(&w->x86, XOR, EDX, EDX);
	x86_unary(&w->x86, DIV, by);
	if (BPF_OP(c->code) == BPF_MOD)
		x86_mov(&w->x86, EAX, EDX);
}

/* The processor looks at five bits of X only; by 32 and more all bits are shifted out. */
static void
shift(struct filter_writer *w, const struct plx_filter_insn *c)
{
	enum x86_shift op = BPF_OP(c->code) == BPF_LSH ? SHL : SHR;

	if (BPF_SRC(c->code) == BPF_K) {
		x86_shift_imm(&w->x86, op, EAX, c->k);
		return;
	}
	x86_shift_cl(&w->x86, op, EAX);
	x86_alu_imm(&w->x86, CMP, ECX, 32);
	x86_ones_if_below(&w->x86, EDX);
	x86_alu(&w->x86, AND, EAX, EDX);
}

static void
multiply(struct filter_writer *w, const struct plx_filter_insn *c)
{
	if (BPF_SRC(c->code) == BPF_X)
		x86_imul(&w->x86, EAX, ECX);
	else
		x86_imul_imm(&w->x86, EAX, c->k);
}

static void
write_alu(struct filter_writer *w, const struct plx_filter_insn *c)
{
	static const enum x86_alu plain[] = {[BPF_ADD >> 4] = ADD,
					     [BPF_SUB >> 4] = SUB,
					     [BPF_OR >> 4] = OR,
					     [BPF_AND >> 4] = AND,
					     [BPF_XOR >> 4] = XOR};

	switch (BPF_OP(c->code)) {
	case BPF_MUL:
		multiply(w, c);
		break;
	case BPF_DIV:
	case BPF_MOD:
		divide(w, c);
		break;
	case BPF_LSH:
	case BPF_RSH:
		shift(w, c);
		break;
	case BPF_NEG:
		x86_unary(&w->x86, NEG, EAX);
		break;
	default:
		if (BPF_SRC(c->code) == BPF_X)
			x86_alu(&w->x86, plain[BPF_OP(c->code) >> 4], EAX, ECX);
		else
			x86_alu_imm(&w->x86, plain[BPF_OP(c->code) >> 4], EAX, c->k);
		break;
	}
}

/* -- the rest ---------------------------------------------------------------------------------------- */

static void
write_misc(struct filter_writer *w, const struct plx_filter_insn *c)
{
	if (BPF_MISCOP(c->code) == BPF_TAX)
		x86_mov(&w->x86, ECX, EAX);
	else
		x86_mov(&w->x86, EAX, ECX);
}

/* A return of 0 is not written. */
static void
write_ret(struct filter_writer *w, const struct plx_filter_insn *c)
{
	if (BPF_RVAL(c->code) == BPF_K)
		x86_mov_imm(&w->x86, EAX, c->k);
	x86_ret(&w->x86);
}

static void
write_one(struct filter_writer *w, const struct plx_filter_insn *c)
{
	static void (*const classes[])(struct filter_writer * w,
				       const struct plx_filter_insn *c) = {
		[BPF_LD] = filter_write_load,  [BPF_LDX] = filter_write_load,
		[BPF_ST] = filter_write_store, [BPF_STX] = filter_write_store,
		[BPF_ALU] = write_alu,	       [BPF_JMP] = write_jump,
		[BPF_RET] = write_ret,	       [BPF_MISC] = write_misc,
	};

	classes[BPF_CLASS(c->code)](w, c);
}

/*
 * Compilers that check calls through pointers (-fsanitize=function) read a word before the function: there is one, and it
 * is not theirs.
 */
static void
begin(struct filter_writer *w)
{
	for (unsigned i = 0; i < FILTER_CODE_OFFSET; i++)
		x86_int3(&w->x86);
	x86_endbr64(&w->x86);
	if (w->plan->wants_wirelen)
		x86_mov(&w->x86, R8D, EDX);
	x86_alu(&w->x86, XOR, EAX, EAX);
	x86_alu(&w->x86, XOR, ECX, ECX);
}

uint32_t
filter_x86_write(struct filter_plan *plan, uint8_t *code)
{
	struct filter_writer w = {.x86.code = code, .plan = plan};

	begin(&w);
	for (w.now = 0; w.now < plan->n; w.now++) {
		w.start = plan->at[w.now];
		plan->at[w.now] = w.x86.len;
		if (plan->need[w.now] != FILTER_NEVER && plan->proved[w.now] != FILTER_NEVER)
			write_one(&w, &plan->insns[w.now]);
	}
	plan->at[plan->n] = w.x86.len;
	x86_alu(&w.x86, XOR, EAX, EAX);
	x86_ret(&w.x86);
	return w.x86.len;
}

#endif
