/* SPDX-License-Identifier: BSD-3-Clause */
/* A checked program as machine code. */
#ifndef PLX_LIB_FILTER_FILTER_JIT_H
#define PLX_LIB_FILTER_FILTER_JIT_H

#include "plx_filter.h"

#if defined(__x86_64__) && !defined(__ILP32__)
#define FILTER_JIT_X86_64 1
#else
#define FILTER_JIT_X86_64 0
#endif

/* caplen has 64 bits so that the code may count on the upper half: it is 0. */
typedef uint32_t (*filter_code_fn)(const uint8_t *bytes, uint64_t caplen, uint32_t wirelen);

struct filter_jit {
	filter_code_fn run; /* NULL: the interpreter runs the filter */
	void *pages;
	size_t size;
	const char *engine; /* what runs the filter, in words */
};

/* Whatever stands in the way is no error. */
void filter_jit_init(struct filter_jit *jit, const struct plx_filter_insn *insns, unsigned n);
void filter_jit_fini(struct filter_jit *jit);

/* -- x86-64 ------------------------------------------------------------------------------------------ */

/* What is known of a program before its code is written; n + 1 entries each. */
struct filter_plan {
	const struct plx_filter_insn *insns;
	unsigned n;
	bool wants_wirelen;
	uint64_t *need; /* shorter frames do not match, whatever is done from this instruction on */
	uint64_t *proved; /* frames that come to this instruction are so long at least */
	uint32_t *at;	  /* where an instruction's code begins; at[n]: "no match" */
};

#define FILTER_NEVER UINT64_MAX /* need: no frame matches from here; proved: nothing comes here */

#define FILTER_CODE_OFFSET 16 /* the entry, behind what fills the space before it */

void filter_plan_lengths(struct filter_plan *plan);

/* Writes to `code`, or only counts if that is NULL; at[] is read for how far jumps go, then written. Returns the length. */
uint32_t filter_x86_write(struct filter_plan *plan, uint8_t *code);

#endif
