/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_LIB_FILTER_FILTER_PRIV_H
#define PLX_LIB_FILTER_FILTER_PRIV_H

#include "filter_jit.h"
#include "plx_filter.h"

#define FILTER_SCRATCH_WORDS 16 /* M[] of classic BPF */

struct plx_filter {
	struct filter_jit jit;
	unsigned n;
	struct plx_filter_insn insns[];
};

#endif
