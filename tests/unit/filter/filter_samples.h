/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters, frames and programs to compare two engines with. The includer brings the names of classic BPF, libpcap's or Linux', and
 * cmocka.
 */
#ifndef PLX_TESTS_UNIT_FILTER_FILTER_SAMPLES_H
#define PLX_TESTS_UNIT_FILTER_FILTER_SAMPLES_H

#include "plx_byteorder.h"
#include "plx_filter.h"

#include <string.h>

static const char *const expressions[] = {
	"",
	"ip",
	"ip6",
	"arp",
	"tcp",
	"udp port 53",
	"tcp port 80",
	"tcp portrange 1000-40000",
	"host 10.0.0.1",
	"src net 10.0.0.0/8 and not dst net 192.168.0.0/16",
	"ip6 host fe80::1",
	"ether host 02:00:00:00:00:01",
	"ether multicast",
	"vlan",
	"vlan 5",
	"vlan 5 and tcp",
	"vlan and vlan and udp",
	"mpls 100",
	"icmp[icmptype] = icmp-echo",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
	"ip[2:2] > 100",
	"ip[8] % 7 = 1",
	"ip[2:2] / 10 = 4",
	"ip[2:2] / ip[8] = 1",
	"ip[2:2] % (ip[8] - 64) = 1",
	"ip[8] * 3 - 5 = 187",
	"(ip[4:2] ^ 0xff) & 1 = 1",
	"ether[ether[14]:1] > 3",
	"ether[len - 1] & 1 = 0",
	"(1 << ip[1]) = 1",
	"ip[4:2] >> ip[1] > 1000",
	"-ip[1] != 0",
	"greater 200",
	"less 100",
	"len = 60",
	"ether[1400:4] > 0x7fffffff",
	"ether[4400:4] > 0x7fffffff",
	"ether[40000] = 0",
	"ether[65533:4] = 0",
	"ether[65536] = 0",
	"ip proto \\sctp or gre",
	"host 10.0.0.1 or host 10.0.0.2 or net 172.16.0.0/12 or (udp and port 4789) or ip6",
};

static inline uint32_t
random_word(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

static inline uint8_t
pick(const uint8_t *from, size_t n)
{
	return from[random_word() % n];
}

/* Frames whose interesting bytes often have interesting values; the rest is noise. */
static inline uint32_t
make_frame(uint8_t *frame, uint32_t max)
{
	static const uint16_t types[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x0806,
					 0x8100, 0x88a8, 0x8847, 0x0040};
	static const uint8_t protos[] = {6, 6, 17, 17, 1, 132, 47, 0, 44};
	static const uint8_t ports[] = {53, 80, 0, 22};
	uint32_t len = 14 + random_word() % (random_word() % 8 != 0 ? 150 : max - 14);
	uint8_t *at = frame + 12, *l4;

	for (uint32_t i = 0; i < len; i++)
		frame[i] = (uint8_t)random_word();
	memcpy(frame, "\2\0\0\0\0\1", 6);
	frame[0] ^= random_word() & 1;
	if (len < 14 + 8 + 40 + 20)
		return len;
	for (unsigned tags = random_word() % 4; tags > 1; tags--) {
		plx_store_be16(at, 0x8100);
		plx_store_be16(at + 2, 5);
		at += 4;
	}
	plx_store_be16(at, types[random_word() % PLX_ARRAY_LEN(types)]);
	at += 2;
	if (plx_load_be16(at - 2) == 0x86dd) {
		at[0] = 0x60;
		at[6] = pick(protos, sizeof(protos));
		memcpy(at + 8, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		l4 = at + 40;
	} else {
		at[0] = random_word() % 4 ? 0x45 : 0x46;
		at[1] = random_word() % 40;
		plx_store_be16(at + 2, (uint16_t)(40 + random_word() % 100));
		if (random_word() % 2)
			plx_store_be16(at + 6, 0);
		at[8] = 64 + random_word() % 3;
		at[9] = pick(protos, sizeof(protos));
		memcpy(at + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
		at[12 + 4 * (random_word() % 2)] = pick((const uint8_t[]){10, 172, 192}, 3);
		l4 = at + 20 + 4 * (at[0] & 1);
	}
	plx_store_be16(l4 + 2 * (random_word() % 2), pick(ports, sizeof(ports)));
	l4[12] = 0x50;
	if (random_word() % 2)
		memcpy(l4 + 20, "GET ", len >= (uint32_t)(l4 - frame) + 24 ? 4 : 0);
	return len;
}

/* -- programs that libpcap would not write ---------------------------------------------------------- */

/* Offsets near what can be read, near where sums wrap, and anywhere. */
static inline uint32_t
random_operand(void)
{
	switch (random_word() % 32) {
	case 0:
		return 0u - random_word() % 8;
	case 1:
		return random_word();
	case 2:
		return 0x10000 - 8 + random_word() % 16;
	default:
		return random_word() % 40;
	}
}

static inline struct plx_filter_insn
random_insn(unsigned left)
{
	static const uint8_t alu[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD,
				      BPF_AND, BPF_OR,	BPF_XOR, BPF_LSH, BPF_RSH};
	static const uint8_t jumps[] = {BPF_JA, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	static const uint8_t loads[] = {BPF_W | BPF_ABS, BPF_H | BPF_ABS, BPF_B | BPF_ABS,
					BPF_W | BPF_IND, BPF_H | BPF_IND, BPF_B | BPF_IND,
					BPF_W | BPF_LEN, BPF_IMM,	  BPF_MEM};
	static const uint8_t loads_x[] = {BPF_W | BPF_LEN, BPF_IMM, BPF_MEM, BPF_B | BPF_MSH};
	struct plx_filter_insn insn = {0, 0, 0, random_operand()};
	uint8_t source = random_word() % 2 ? BPF_X : BPF_K;

	switch (random_word() % 8) {
	case 0:
	case 1:
		insn.code = BPF_LD | pick(loads, sizeof(loads));
		break;
	case 2:
		insn.code = BPF_LDX | pick(loads_x, sizeof(loads_x));
		break;
	case 3:
		insn.code = random_word() % 2 ? BPF_ST : BPF_STX;
		break;
	case 4:
	case 5:
		insn.code = BPF_ALU | pick(alu, sizeof(alu)) | source;
		if (random_word() % 16 == 0)
			insn.code = BPF_ALU | BPF_NEG;
		break;
	case 6:
		insn.code = BPF_JMP | pick(jumps, sizeof(jumps)) | source;
		if (insn.code == (BPF_JMP | BPF_JA | BPF_X))
			insn.code = BPF_RET | BPF_A;
		if (BPF_OP(insn.code) == BPF_JA)
			insn.k = random_word() % left;
		insn.jt = (uint8_t)(random_word() % 8 % left);
		insn.jf = (uint8_t)(random_word() % 8 % left);
		break;
	default:
		insn.code = BPF_MISC | (random_word() % 2 ? BPF_TAX : BPF_TXA);
		break;
	}
	if (insn.code == BPF_ST || insn.code == BPF_STX || BPF_MODE(insn.code) == BPF_MEM)
		insn.k %= 16;
	return insn;
}

/* Up to PLX_FILTER_INSNS_MAX instructions, the first 16 of which write every word of scratch memory. */
static inline struct plx_filter *
random_filter(unsigned n)
{
	static struct plx_filter_insn insns[PLX_FILTER_INSNS_MAX];
	struct plx_filter *filter;
	unsigned i;

	for (i = 0; i < 16; i++)
		insns[i] = (struct plx_filter_insn){BPF_ST, 0, 0, i};
	for (; i < n - 1; i++) {
		insns[i] = random_insn(n - 1 - i);
		if (plx_filter_check(&insns[i], 1, NULL) != 0 &&
		    BPF_CLASS(insns[i].code) == BPF_ALU)
			insns[i].k = 1 + insns[i].k % 31;
	}
	insns[i] = (struct plx_filter_insn){BPF_RET | BPF_A, 0, 0, 0};
	if (plx_filter_create(insns, n, &filter, NULL) != 0)
		fail_msg("the generator made a program that is not safe");
	return filter;
}

#endif
