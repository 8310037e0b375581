/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A filter as eBPF, to stand inside an XDP program. For drivers that load such programs.
 *
 * struct bpf_insn is that of <linux/bpf.h>, which the includer brings: libpcap's <pcap/bpf.h> gives the same
 * name to another struct, so no file can have both.
 *
 * The block that comes out is straight code, entered at its first instruction and left behind its last:
 *
 *	in	r6 = struct xdp_md *ctx
 *	out	r0 = 0: no match, else the snaplen (32 bits); r6 as it was
 *	lost	r1-r5, r7, r8, the stack from r10 - PLX_FILTER_EBPF_STACK up
 *
 * so a caller writes
 *
 *	r6 = r1
 *	<block>
 *	if r0 == 0 goto pass
 *
 * Loads go straight to the packet after a bounds check of their own, and through bpf_xdp_load_bytes where
 * the offset is not a constant or lies behind the linear part of a multi-buffer frame: verdicts do not
 * depend on how the frame is split. Needs Linux 5.18 for that helper.
 */
#ifndef PLX_LIB_FILTER_PLX_FILTER_DRIVER_H
#define PLX_LIB_FILTER_PLX_FILTER_DRIVER_H

#include "plx_filter.h"

PLX_BEGIN_DECLS

struct bpf_insn;

#define PLX_FILTER_EBPF_STACK 72

/*
 * Writes at most `max` instructions and sets *ret_n to how many. With insns NULL (max is then ignored) it
 * only counts. -ENOSPC if max is too small (*ret_n says what is needed), -E2BIG if the block is longer
 * than a jump can reach (about 1,700 loads of the filter), -ENOMEM. Thread: any. Path: slow.
 */
int plx_filter_to_ebpf(const struct plx_filter *filter, struct bpf_insn *insns, size_t max,
		       size_t *ret_n, struct plx_why *why);

PLX_END_DECLS

#endif
