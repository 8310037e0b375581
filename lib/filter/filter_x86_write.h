/* SPDX-License-Identifier: BSD-3-Clause */
/* What the writers of machine code share. */
#ifndef PLX_LIB_FILTER_FILTER_X86_WRITE_H
#define PLX_LIB_FILTER_FILTER_X86_WRITE_H

#include "filter_jit.h"
#include "filter_x86.h"

struct filter_writer {
	struct x86 x86;
	struct filter_plan *plan;
	unsigned now;	/* the instruction that is being written */
	uint32_t start; /* where its code began when at[] was filled */
};

/* Ends the program with 0. */
void filter_no_match_if(struct filter_writer *w, enum x86_cond cond);

void filter_write_load(struct filter_writer *w, const struct plx_filter_insn *c);
void filter_write_store(struct filter_writer *w, const struct plx_filter_insn *c);

#endif
