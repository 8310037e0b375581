/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long a frame must be, worked out before any code is written. A load beyond the end means "no match", as a return of 0 does, and a
 * program does nothing but return; so the first load on a way may ask for all that every match behind it needs, and the
 * loads that follow need not ask again.
 */
#include "filter_jit.h"

#include <pcap/pcap.h>

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* How long a frame is that an instruction does not stumble over. */
static uint64_t
reach(const struct plx_filter_insn *c)
{
	unsigned size = BPF_SIZE(c->code) == BPF_W ? 4 : BPF_SIZE(c->code) == BPF_H ? 2 : 1;
	uint64_t end = (uint64_t)c->k + size;
	bool loads = BPF_CLASS(c->code) == BPF_LD || BPF_CLASS(c->code) == BPF_LDX;

	if (!loads || (BPF_MODE(c->code) != BPF_ABS && BPF_MODE(c->code) != BPF_IND &&
		       BPF_MODE(c->code) != BPF_MSH))
		return 0;
	return end <= UINT32_MAX ? end : FILTER_NEVER;
}

/* Jumps go forward, so what is behind an instruction is known when it is looked at, from the last one to the first. */
static uint64_t
need_from(const struct filter_plan *plan, unsigned i)
{
	const struct plx_filter_insn *c = &plan->insns[i];

	if (BPF_CLASS(c->code) == BPF_RET)
		return c->code == (BPF_RET | BPF_K) && c->k == 0 ? FILTER_NEVER : 0;
	if (c->code == (BPF_JMP | BPF_JA))
		return plan->need[i + 1 + c->k];
	if (BPF_CLASS(c->code) == BPF_JMP)
		return least(plan->need[i + 1 + c->jt], plan->need[i + 1 + c->jf]);
	return most(reach(c), plan->need[i + 1]);
}

static void
arrive(struct filter_plan *plan, unsigned at, uint64_t proved)
{
	plan->proved[at] = least(plan->proved[at], proved);
}

/* A load with a constant offset asks for all that is needed; one with a computed offset only for what it reads. */
static void
pass_on(struct filter_plan *plan, unsigned i)
{
	const struct plx_filter_insn *c = &plan->insns[i];
	bool computed = BPF_CLASS(c->code) == BPF_LD && BPF_MODE(c->code) == BPF_IND;
	uint64_t proved = plan->proved[i];

	if (plan->proved[i] == FILTER_NEVER || BPF_CLASS(c->code) == BPF_RET)
		return;
	if (c->code == (BPF_JMP | BPF_JA)) {
		arrive(plan, i + 1 + c->k, proved);
	} else if (BPF_CLASS(c->code) == BPF_JMP) {
		arrive(plan, i + 1 + c->jt, proved);
		arrive(plan, i + 1 + c->jf, proved);
	} else {
		if (reach(c) > 0)
			proved = most(proved, computed ? reach(c) : plan->need[i]);
		arrive(plan, i + 1, proved);
	}
}

void
filter_plan_lengths(struct filter_plan *plan)
{
	plan->wants_wirelen = false;
	plan->need[plan->n] = FILTER_NEVER;
	for (unsigned i = plan->n; i-- > 0;) {
		uint16_t code = plan->insns[i].code;

		plan->need[i] = need_from(plan, i);
		plan->proved[i] = FILTER_NEVER;
		plan->wants_wirelen |=
			code == (BPF_LD | BPF_W | BPF_LEN) || code == (BPF_LDX | BPF_W | BPF_LEN);
	}
	plan->proved[0] = 0;
	for (unsigned i = 0; i < plan->n; i++)
		pass_on(plan, i);
}
