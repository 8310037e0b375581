/* SPDX-License-Identifier: BSD-3-Clause */
/* Classic BPF's loads and stores as machine code; filter_x86.c says what lives where. */
#include "filter_jit.h"

#if FILTER_JIT_X86_64

#include "filter_priv.h"
#include "filter_x86_write.h"

#include <pcap/pcap.h>

static void
load_packet(struct filter_writer *w, uint16_t size, struct x86_mem from)
{
	switch (size) {
	case BPF_W:
		x86_load(&w->x86, LOAD_DWORD, EAX, from);
		x86_bswap(&w->x86, EAX);
		break;
	case BPF_H:
		x86_load(&w->x86, LOAD_WORD, EAX, from);
		x86_rol16_by_8(&w->x86, EAX);
		break;
	default:
		x86_load(&w->x86, LOAD_BYTE, EAX, from);
		break;
	}
}

static void
check_length(struct filter_writer *w)
{
	uint64_t need = w->plan->need[w->now];

	if (need <= w->plan->proved[w->now])
		return;
	x86_alu_imm(&w->x86, CMP, ESI, (uint32_t)need);
	filter_no_match_if(w, BELOW);
}

/* Displacements are signed: an offset of 2 GiB and more goes through a register. */
static struct x86_mem
at_constant(struct filter_writer *w, uint32_t k)
{
	if (k <= INT32_MAX)
		return (struct x86_mem){EDI, NO_INDEX, (int32_t)k};
	x86_mov_imm(&w->x86, EDX, k);
	return (struct x86_mem){EDI, EDX, 0};
}

/* X + k + size, which has up to 33 bits, against caplen. */
static struct x86_mem
at_computed(struct filter_writer *w, uint32_t k, unsigned size)
{
	bool far = k > (uint32_t)INT32_MAX - size;

	if (far) {
		x86_mov_imm(&w->x86, EDX, k);
		x86_alu64(&w->x86, ADD, EDX, ECX);
		x86_add64_imm8(&w->x86, EDX, size);
	} else {
		x86_lea64(&w->x86, EDX, (struct x86_mem){ECX, NO_INDEX, (int32_t)(k + size)});
	}
	x86_alu64(&w->x86, CMP, EDX, ESI);
	filter_no_match_if(w, ABOVE);
	if (far)
		return (struct x86_mem){EDI, EDX, -(int32_t)size};
	return (struct x86_mem){EDI, ECX, (int32_t)k};
}

static struct x86_mem
scratch(uint32_t k)
{
	return (struct x86_mem){ESP, NO_INDEX, 4 * ((int32_t)k - FILTER_SCRATCH_WORDS)};
}

static void
write_msh(struct filter_writer *w, const struct plx_filter_insn *c)
{
	check_length(w);
	x86_load(&w->x86, LOAD_BYTE, ECX, at_constant(w, c->k));
	x86_alu_imm(&w->x86, AND, ECX, 0xf);
	x86_shift_imm(&w->x86, SHL, ECX, 2);
}

void
filter_write_load(struct filter_writer *w, const struct plx_filter_insn *c)
{
	enum x86_reg to = BPF_CLASS(c->code) == BPF_LD ? EAX : ECX;
	uint16_t size = BPF_SIZE(c->code);

	switch (BPF_MODE(c->code)) {
	case BPF_ABS:
		check_length(w);
		load_packet(w, size, at_constant(w, c->k));
		break;
	case BPF_IND:
		load_packet(w, size,
			    at_computed(w, c->k,
					size == BPF_W	? 4
					: size == BPF_H ? 2
							: 1));
		break;
	case BPF_MSH:
		write_msh(w, c);
		break;
	case BPF_LEN:
		x86_mov(&w->x86, to, R8D);
		break;
	case BPF_MEM:
		x86_load(&w->x86, LOAD_DWORD, to, scratch(c->k));
		break;
	default:
		x86_mov_imm(&w->x86, to, c->k);
		break;
	}
}

void
filter_write_store(struct filter_writer *w, const struct plx_filter_insn *c)
{
	x86_store(&w->x86, scratch(c->k), BPF_CLASS(c->code) == BPF_ST ? EAX : ECX);
}

#endif
