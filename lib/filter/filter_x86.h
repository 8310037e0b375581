/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The instructions of x86-64 that filters are made of, each under its name. Operands are in the order of Intel's manual: the one
 * that is written comes first. 32-bit instructions clear the upper half of what they write.
 */
#ifndef PLX_LIB_FILTER_FILTER_X86_H
#define PLX_LIB_FILTER_FILTER_X86_H

#include "plx_base.h"

struct x86 {
	uint8_t *code; /* NULL: the bytes are only counted */
	uint32_t len;
};

enum x86_reg { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, R8D, R9D };

/* The number inside the opcode, or beside it in the ModRM byte. */
enum x86_alu { ADD = 0, OR = 1, AND = 4, SUB = 5, XOR = 6, CMP = 7 };
enum x86_shift { SHL = 4, SHR = 5 };
enum x86_unary { NEG = 3, DIV = 6 };
enum x86_load { LOAD_BYTE = 0x0fb6, LOAD_WORD = 0x0fb7, LOAD_DWORD = 0x8b };

/* Conditions, unsigned; the lowest bit turns one into its opposite. */
enum x86_cond { BELOW = 2, ABOVE_OR_EQUAL = 3, EQUAL = 4, NOT_EQUAL = 5, NOT_ABOVE = 6, ABOVE = 7 };

/* [base + index + disp]; the stack pointer is no index, its number says that there is none. */
struct x86_mem {
	enum x86_reg base;
	enum x86_reg index;
	int32_t disp;
};
#define NO_INDEX ESP

static inline void
x86_byte(struct x86 *x, unsigned byte)
{
	if (x->code != NULL)
		x->code[x->len] = (uint8_t)byte;
	x->len++;
}

static inline void
x86_dword(struct x86 *x, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		x86_byte(x, value >> 8 * i & 0xff);
}

static inline void
x86_opcode(struct x86 *x, unsigned opcode)
{
	if (opcode > 0xff)
		x86_byte(x, opcode >> 8);
	x86_byte(x, opcode & 0xff);
}

static inline bool
x86_fits_byte(uint32_t value)
{
	return (uint32_t)(int32_t)(int8_t)value == value;
}

#define X86_REX	  0x40u
#define X86_REX_W 0x48u /* 64-bit operands */

/* An opcode on two registers, the second of which may be an opcode's extension. */
static inline void
x86_rm_reg(struct x86 *x, unsigned rex, unsigned opcode, unsigned rm, unsigned reg)
{
	rex |= reg >> 3 << 2 | rm >> 3;
	if (rex != 0)
		x86_byte(x, rex | X86_REX);
	x86_opcode(x, opcode);
	x86_byte(x, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* An opcode on a register and memory: none of R8D and up, no base EBP. */
static inline void
x86_reg_mem(struct x86 *x, unsigned opcode, unsigned reg, struct x86_mem mem)
{
	bool sib = mem.index != NO_INDEX || mem.base == ESP;
	bool near = x86_fits_byte((uint32_t)mem.disp);
	unsigned mod = mem.disp == 0 ? 0 : near ? 1 : 2;

	x86_opcode(x, opcode);
	x86_byte(x, mod << 6 | reg << 3 | (sib ? 4u : mem.base));
	if (sib)
		x86_byte(x, mem.index << 3 | mem.base);
	if (mod == 1)
		x86_byte(x, (uint8_t)mem.disp);
	else if (mod == 2)
		x86_dword(x, (uint32_t)mem.disp);
}

/* -- moves ------------------------------------------------------------------------------------------- */

static inline void
x86_mov(struct x86 *x, enum x86_reg to, enum x86_reg from)
{
	x86_rm_reg(x, 0, 0x89, to, from);
}

static inline void
x86_mov_imm(struct x86 *x, enum x86_reg to, uint32_t imm)
{
	if (to >= R8D)
		x86_byte(x, X86_REX | 1);
	x86_byte(x, 0xb8 | (to & 7));
	x86_dword(x, imm);
}

/* mov or movzx */
static inline void
x86_load(struct x86 *x, enum x86_load load, enum x86_reg to, struct x86_mem from)
{
	x86_reg_mem(x, load, to, from);
}

static inline void
x86_store(struct x86 *x, struct x86_mem to, enum x86_reg from)
{
	x86_reg_mem(x, 0x89, from, to);
}

/* 64 bits */
static inline void
x86_lea64(struct x86 *x, enum x86_reg to, struct x86_mem from)
{
	x86_byte(x, X86_REX_W);
	x86_reg_mem(x, 0x8d, to, from);
}

static inline void
x86_bswap(struct x86 *x, enum x86_reg reg)
{
	x86_byte(x, 0x0f);
	x86_byte(x, 0xc8 | reg);
}

/* rol r16, 8: swaps the two lower bytes, the upper half stays. */
static inline void
x86_rol16_by_8(struct x86 *x, enum x86_reg reg)
{
	x86_byte(x, 0x66);
	x86_rm_reg(x, 0, 0xc1, reg, 0);
	x86_byte(x, 8);
}

/* -- arithmetic -------------------------------------------------------------------------------------- */

static inline void
x86_alu(struct x86 *x, enum x86_alu op, enum x86_reg to, enum x86_reg by)
{
	x86_rm_reg(x, 0, op << 3 | 1, to, by);
}

static inline void
x86_alu64(struct x86 *x, enum x86_alu op, enum x86_reg to, enum x86_reg by)
{
	x86_rm_reg(x, X86_REX_W, op << 3 | 1, to, by);
}

static inline void
x86_alu_imm(struct x86 *x, enum x86_alu op, enum x86_reg to, uint32_t imm)
{
	x86_rm_reg(x, 0, x86_fits_byte(imm) ? 0x83 : 0x81, to, op);
	if (x86_fits_byte(imm))
		x86_byte(x, imm & 0xff);
	else
		x86_dword(x, imm);
}

/* imm 0 .. 127 */
static inline void
x86_add64_imm8(struct x86 *x, enum x86_reg to, unsigned imm)
{
	x86_rm_reg(x, X86_REX_W, 0x83, to, ADD);
	x86_byte(x, imm);
}

static inline void
x86_imul(struct x86 *x, enum x86_reg to, enum x86_reg by)
{
	x86_rm_reg(x, 0, 0x0faf, by, to);
}

static inline void
x86_imul_imm(struct x86 *x, enum x86_reg reg, uint32_t imm)
{
	x86_rm_reg(x, 0, 0x69, reg, reg);
	x86_dword(x, imm);
}

/* neg; or div: EDX and EAX by reg, the quotient to EAX, the rest to EDX. */
static inline void
x86_unary(struct x86 *x, enum x86_unary op, enum x86_reg reg)
{
	x86_rm_reg(x, 0, 0xf7, reg, op);
}

static inline void
x86_shift_imm(struct x86 *x, enum x86_shift op, enum x86_reg reg, unsigned by)
{
	x86_rm_reg(x, 0, 0xc1, reg, op);
	x86_byte(x, by);
}

/* By the lower five bits of ECX. */
static inline void
x86_shift_cl(struct x86 *x, enum x86_shift op, enum x86_reg reg)
{
	x86_rm_reg(x, 0, 0xd3, reg, op);
}

/* sbb reg, reg: all ones if the last comparison said BELOW, else 0. */
static inline void
x86_ones_if_below(struct x86 *x, enum x86_reg reg)
{
	x86_rm_reg(x, 0, 0x19, reg, reg);
}

static inline void
x86_test(struct x86 *x, enum x86_reg a, enum x86_reg b)
{
	x86_rm_reg(x, 0, 0x85, a, b);
}

static inline void
x86_test_imm(struct x86 *x, enum x86_reg reg, uint32_t imm)
{
	x86_rm_reg(x, 0, 0xf7, reg, 0);
	x86_dword(x, imm);
}

/* -- control ----------------------------------------------------------------------------------------- */

/* Where indirect calls may land, on processors that check it; nothing on others. */
static inline void
x86_endbr64(struct x86 *x)
{
	x86_dword(x, 0xfa1e0ff3);
}

static inline void
x86_int3(struct x86 *x)
{
	x86_byte(x, 0xcc);
}

static inline void
x86_ret(struct x86 *x)
{
	x86_byte(x, 0xc3);
}

#define X86_NEAR_MAX 127 /* how far a short jump reaches from its end */

/* `target` counts from the beginning of the code, as len does. */
static inline void
x86_jmp(struct x86 *x, bool near, uint32_t target)
{
	x86_byte(x, near ? 0xeb : 0xe9);
	if (near)
		x86_byte(x, (target - (x->len + 1)) & 0xff);
	else
		x86_dword(x, target - (x->len + 4));
}

static inline void
x86_jcc(struct x86 *x, enum x86_cond cond, bool near, uint32_t target)
{
	x86_opcode(x, near ? 0x70u | cond : 0x0f80u | cond);
	if (near)
		x86_byte(x, (target - (x->len + 1)) & 0xff);
	else
		x86_dword(x, target - (x->len + 4));
}

#endif
