/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What makes a classic BPF program safe: jumps go forward and stay inside, so it ends; each path ends in a
 * return; scratch indices and constant operands are good. Loads need no check here, they are checked when
 * they run.
 */
#include "filter_priv.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

/* Offsets that mean facts which Linux keeps beside a packet (SKF_AD_OFF of linux/filter.h). */
#define KERNEL_FACTS	 0xfffff000u
#define KERNEL_FACTS_END (KERNEL_FACTS + 64)

static const uint16_t known_codes[] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_H | BPF_ABS,
	BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND,
	BPF_LD | BPF_H | BPF_IND,
	BPF_LD | BPF_B | BPF_IND,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_MEM,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_ST,
	BPF_STX,
	BPF_ALU | BPF_ADD | BPF_K,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_SUB | BPF_K,
	BPF_ALU | BPF_SUB | BPF_X,
	BPF_ALU | BPF_MUL | BPF_K,
	BPF_ALU | BPF_MUL | BPF_X,
	BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_ALU | BPF_MOD | BPF_K,
	BPF_ALU | BPF_MOD | BPF_X,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_OR | BPF_X,
	BPF_ALU | BPF_XOR | BPF_K,
	BPF_ALU | BPF_XOR | BPF_X,
	BPF_ALU | BPF_LSH | BPF_K,
	BPF_ALU | BPF_LSH | BPF_X,
	BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_RSH | BPF_X,
	BPF_ALU | BPF_NEG,
	BPF_JMP | BPF_JA,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JSET | BPF_X,
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
};

static bool
known(uint16_t code)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(known_codes); i++)
		if (known_codes[i] == code)
			return true;
	return false;
}

static bool
uses_scratch(uint16_t code)
{
	return code == BPF_ST || code == BPF_STX || code == (BPF_LD | BPF_MEM) ||
	       code == (BPF_LDX | BPF_MEM);
}

static int
check_operand(const struct plx_filter_insn *c, unsigned i, struct plx_why *why)
{
	if (BPF_CLASS(c->code) == BPF_LD && BPF_MODE(c->code) == BPF_ABS && c->k >= KERNEL_FACTS &&
	    c->k < KERNEL_FACTS_END)
		return plx_why(
			why, -ENOTSUP,
			"it asks for what is not in the packet's bytes, such as its direction "
			"(\"inbound\", \"outbound\") or its interface");
	if (uses_scratch(c->code) && c->k >= FILTER_SCRATCH_WORDS)
		return plx_why(why, -EINVAL, "instruction %u: M[%u], there are %u words", i, c->k,
			       FILTER_SCRATCH_WORDS);
	if (BPF_CLASS(c->code) != BPF_ALU || BPF_SRC(c->code) != BPF_K)
		return 0;
	if ((BPF_OP(c->code) == BPF_DIV || BPF_OP(c->code) == BPF_MOD) && c->k == 0)
		return plx_why(why, -EINVAL, "instruction %u: division by zero", i);
	if ((BPF_OP(c->code) == BPF_LSH || BPF_OP(c->code) == BPF_RSH) && c->k > 31)
		return plx_why(why, -EINVAL, "instruction %u: shift by %u, words have 32 bits", i,
			       c->k);
	return 0;
}

/* `left` is how many instructions come behind this one. */
static int
check_next(const struct plx_filter_insn *c, unsigned i, unsigned left, struct plx_why *why)
{
	uint32_t farthest = 0;

	if (BPF_CLASS(c->code) == BPF_RET)
		return 0;
	if (c->code == (BPF_JMP | BPF_JA))
		farthest = c->k;
	else if (BPF_CLASS(c->code) == BPF_JMP)
		farthest = c->jt > c->jf ? c->jt : c->jf;
	if (farthest > INT32_MAX)
		return plx_why(why, -EINVAL,
			       "instruction %u: jumps back; loops (\"protochain\") are not taken",
			       i);
	if (farthest >= left)
		return plx_why(why, -EINVAL,
			       "instruction %u: goes on behind the end of the program", i);
	return 0;
}

/* What instruction i leaves written, and the same for whatever it jumps to. */
static uint16_t
written_behind(const struct plx_filter_insn *c, unsigned i, uint16_t written, uint16_t *before)
{
	switch (BPF_CLASS(c->code)) {
	case BPF_ST:
	case BPF_STX:
		return written | (uint16_t)(1u << c->k);
	case BPF_JMP:
		if (c->code == (BPF_JMP | BPF_JA)) {
			before[i + 1 + c->k] &= written;
		} else {
			before[i + 1 + c->jt] &= written;
			before[i + 1 + c->jf] &= written;
		}
		return UINT16_MAX; /* the next one is reached as a target, if at all */
	case BPF_RET:
		return UINT16_MAX;
	default:
		return written;
	}
}

/* Each word of scratch memory must be written on every way to where it is read, as the kernel demands too. */
static int
check_scratch(const struct plx_filter_insn *insns, unsigned n, struct plx_why *why)
{
	uint16_t before[PLX_FILTER_INSNS_MAX]; /* words written on every way to instruction i */
	uint16_t written = 0;

	memset(before, 0xff, n * sizeof(before[0]));
	for (unsigned i = 0; i < n; i++) {
		const struct plx_filter_insn *c = &insns[i];

		written &= before[i];
		if (uses_scratch(c->code) && BPF_CLASS(c->code) <= BPF_LDX &&
		    (written & 1u << c->k) == 0)
			return plx_why(why, -EINVAL,
				       "instruction %u: M[%u] is read before it is written", i,
				       c->k);
		written = written_behind(c, i, written, before);
	}
	return 0;
}

int
plx_filter_check(const struct plx_filter_insn *insns, unsigned n, struct plx_why *why)
{
	if (n == 0 || n > PLX_FILTER_INSNS_MAX)
		return plx_why(why, -EINVAL, "a program has 1 to %u instructions, not %u",
			       PLX_FILTER_INSNS_MAX, n);
	for (unsigned i = 0; i < n; i++) {
		int err;

		if (!known(insns[i].code))
			return plx_why(why, -EINVAL, "instruction %u: unknown code 0x%x", i,
				       insns[i].code);
		err = check_operand(&insns[i], i, why);
		if (err == 0)
			err = check_next(&insns[i], i, n - 1 - i, why);
		if (err != 0)
			return err;
	}
	return check_scratch(insns, n, why);
}
