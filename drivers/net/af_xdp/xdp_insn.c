/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's text. Registers: r6 the frame's context, r7 its queue, r8 a counter's address. Helper
 * numbers are enum bpf_func_id of <linux/bpf.h>; the verifier checks all of this again.
 */
#include "xdp_prog.h"
#include "af_xdp_stamp.h"

#include "plx_filter_driver.h"

#include <errno.h>
#include <stdlib.h>

#define FIXED_INSNS 96 /* more than all parts but the filter need */

struct writer {
	struct bpf_insn *insns;
	size_t n;
};

static struct bpf_insn *
emit(struct writer *w, uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	struct bpf_insn *insn = &w->insns[w->n++];

	*insn = (struct bpf_insn){
		.code = code, .dst_reg = dst & 0xf, .src_reg = src & 0xf, .off = off, .imm = imm};
	return insn;
}

static void
move(struct writer *w, uint8_t dst, uint8_t src)
{
	emit(w, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void
set(struct writer *w, uint8_t dst, int32_t imm)
{
	emit(w, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void
call(struct writer *w, int32_t helper)
{
	emit(w, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static void
load_map(struct writer *w, uint8_t dst, uint8_t kind, int fd)
{
	emit(w, BPF_LD | BPF_DW | BPF_IMM, dst, kind, 0, fd);
	emit(w, 0, 0, 0, 0, 0); /* upper half: the offset in the value for BPF_PSEUDO_MAP_VALUE */
}

static void
load_number(struct writer *w, uint8_t dst, uint64_t number)
{
	emit(w, BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, (int32_t)(uint32_t)number);
	emit(w, 0, 0, 0, 0, (int32_t)(uint32_t)(number >> 32));
}

static void
leave(struct writer *w, int32_t verdict)
{
	set(w, BPF_REG_0, verdict);
	emit(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Makes a jump written before land on the next instruction. */
static void
land(struct writer *w, size_t jump)
{
	w->insns[jump].off = (int16_t)(w->n - jump - 1);
}

static size_t
jump_if(struct writer *w, uint8_t op, uint8_t reg, int32_t imm)
{
	emit(w, (uint8_t)(BPF_JMP | op | BPF_K), reg, 0, 0, imm);
	return w->n - 1;
}

/* counters[r7].<member>++; r7 is known to be below plan->queues. */
static void
count(struct writer *w, const struct xdp_prog_plan *plan, size_t member)
{
	const int16_t off = (int16_t)member;

	load_map(w, BPF_REG_8, BPF_PSEUDO_MAP_VALUE, plan->counters_fd);
	emit(w, BPF_ALU64 | BPF_LSH | BPF_K, BPF_REG_7, 0, 0, 6);
	emit(w, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_8, BPF_REG_7, 0, 0);
	if (plan->atomic) {
		set(w, BPF_REG_1, 1);
		emit(w, BPF_STX | BPF_DW | BPF_ATOMIC, BPF_REG_8, BPF_REG_1, off, BPF_ADD);
		return;
	}
	emit(w, BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_1, BPF_REG_8, off, 0);
	emit(w, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, 1);
	emit(w, BPF_STX | BPF_DW | BPF_MEM, BPF_REG_8, BPF_REG_1, off, 0);
}

/*
 * The returned jump is taken when the frame has more than max_frame bytes. Compared as pointers: their
 * difference would need CAP_PERFMON.
 */
static size_t
jump_if_too_long(struct writer *w, const struct xdp_prog_plan *plan)
{
	emit(w, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_1, BPF_REG_6, offsetof(struct xdp_md, data), 0);
	emit(w, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, data_end),
	     0);
	emit(w, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, (int32_t)plan->max_frame);
	emit(w, BPF_JMP | BPF_JLT | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
	return w->n - 1;
}

/*
 * A stamp in front of the frame. After all that looks at the frame, and only on those that a socket gets:
 * meta data would keep the kernel from merging others (GRO). A driver without room for it leaves it out.
 */
static void
write_stamp(struct writer *w, const struct xdp_prog_plan *plan)
{
	const int32_t size = sizeof(struct xdp_stamp);
	size_t refused, no_room;

	move(w, BPF_REG_1, BPF_REG_6);
	set(w, BPF_REG_2, -size);
	call(w, BPF_FUNC_xdp_adjust_meta);
	refused = jump_if(w, BPF_JNE, BPF_REG_0, 0);
	call(w, plan->clock_helper);
	emit(w, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_1, BPF_REG_6, offsetof(struct xdp_md, data_meta),
	     0);
	emit(w, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, data), 0);
	move(w, BPF_REG_3, BPF_REG_1);
	emit(w, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, size);
	emit(w, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	no_room = w->n - 1;
	emit(w, BPF_STX | BPF_DW | BPF_MEM, BPF_REG_1, BPF_REG_0, offsetof(struct xdp_stamp, ns),
	     0);
	load_number(w, BPF_REG_2, plan->stamp_key);
	emit(w, BPF_STX | BPF_DW | BPF_MEM, BPF_REG_1, BPF_REG_2, offsetof(struct xdp_stamp, key),
	     0);
	land(w, refused);
	land(w, no_room);
}

/* r7 = queue; the returned jump is taken when it is beyond the table. */
static size_t
load_queue(struct writer *w, const struct xdp_prog_plan *plan)
{
	emit(w, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_7, BPF_REG_6,
	     offsetof(struct xdp_md, rx_queue_index), 0);
	return jump_if(w, BPF_JGE, BPF_REG_7, (int32_t)plan->queues);
}

static void
write_all(struct writer *w, const struct xdp_prog_plan *plan, size_t filter_n)
{
	size_t unmatched = 0, beyond, beyond_too, no_socket, too_long = 0;

	move(w, BPF_REG_6, BPF_REG_1);
	if (plan->filter != NULL) {
		plx_filter_to_ebpf(plan->filter, w->insns + w->n, filter_n, &filter_n, NULL);
		w->n += filter_n;
		unmatched = jump_if(w, BPF_JEQ, BPF_REG_0, 0);
	}
	beyond = load_queue(w, plan);
	load_map(w, BPF_REG_1, BPF_PSEUDO_MAP_FD, plan->xsks_fd);
	move(w, BPF_REG_2, BPF_REG_7);
	set(w, BPF_REG_3, XDP_PASS); /* what redirect_map returns if the queue has no socket */
	call(w, BPF_FUNC_redirect_map);
	no_socket = jump_if(w, BPF_JNE, BPF_REG_0, XDP_REDIRECT);
	if (plan->max_frame != 0)
		too_long = jump_if_too_long(w, plan);
	if (plan->clock_helper != 0)
		write_stamp(w, plan);
	count(w, plan, offsetof(struct xdp_counters, redirected));
	leave(w, XDP_REDIRECT);
	if (too_long != 0) {
		land(w, too_long);
		count(w, plan, offsetof(struct xdp_counters, too_long));
		leave(w, XDP_DROP);
	}
	if (unmatched != 0) {
		land(w, unmatched);
		beyond_too = load_queue(w, plan);
		count(w, plan, offsetof(struct xdp_counters, passed));
		land(w, beyond_too);
	}
	land(w, beyond);
	land(w, no_socket);
	leave(w, XDP_PASS);
}

int
xdp_prog_write(const struct xdp_prog_plan *plan, struct bpf_insn **ret_insns, size_t *ret_n,
	       struct plx_why *why)
{
	struct writer w = {0};
	size_t filter_n = 0;
	int err;

	if (plan->filter != NULL) {
		err = plx_filter_to_ebpf(plan->filter, NULL, 0, &filter_n, why);
		if (err != 0)
			return err;
	}
	w.insns = calloc(FIXED_INSNS + filter_n, sizeof(*w.insns));
	if (w.insns == NULL)
		return plx_why(why, -ENOMEM, "no memory for the XDP program");
	write_all(&w, plan, filter_n);
	*ret_insns = w.insns;
	*ret_n = w.n;
	return 0;
}
