/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters inside the kernel: each is loaded as an XDP program and run by BPF_PROG_TEST_RUN on many frames;
 * its verdict must be the one that libpcap's interpreter gives.
 */
#include "plx_filter_driver.h"
#include "plx_byteorder.h"
#include "plx_filter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define INSNS_MAX 32768
#define FRAME_MAX 9000

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

static int
bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

static int
load(const struct bpf_insn *insns, size_t n, uint32_t flags)
{
	static char log[65536];
	union bpf_attr attr = {0};
	int fd;

	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uintptr_t) "BSD";
	attr.prog_flags = flags;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0 || errno == EPERM)
		return fd;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	if (bpf(BPF_PROG_LOAD, &attr) < 0)
		fprintf(stderr, "verifier: %s\n",
			log + (strlen(log) > 2000 ? strlen(log) - 2000 : 0));
	return -1;
}

/* The block with an exit behind it: what the filter says is what the program returns. */
static int
load_filter(const struct plx_filter *filter, uint32_t flags)
{
	static struct bpf_insn insns[INSNS_MAX];
	struct plx_why why;
	size_t n, counted;

	insns[0] = (struct bpf_insn){BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0};
	assert_int_equal(plx_filter_to_ebpf(filter, NULL, 0, &counted, &why), 0);
	if (plx_filter_to_ebpf(filter, insns + 1, INSNS_MAX - 2, &n, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(n, counted);
	insns[++n] = (struct bpf_insn){BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
	return load(insns, n + 1, flags);
}

static uint32_t
run(int fd, const uint8_t *frame, uint32_t len)
{
	union bpf_attr attr = {0};

	attr.test.prog_fd = (uint32_t)fd;
	attr.test.data_in = (uintptr_t)frame;
	attr.test.data_size_in = len;
	attr.test.repeat = 1;
	if (bpf(BPF_PROG_TEST_RUN, &attr) != 0)
		fail_msg("test run of %u bytes: %s", len, strerror(errno));
	return attr.test.retval;
}

static uint32_t
random_word(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

static uint8_t
pick(const uint8_t *from, size_t n)
{
	return from[random_word() % n];
}

/* Frames whose interesting bytes often have interesting values; the rest is noise. */
static uint32_t
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

/* Runs both on the same frames; returns how many matched. */
static unsigned
compare(const struct plx_filter *filter, int fd, const char *name, uint32_t max, unsigned frames)
{
	static uint8_t frame[FRAME_MAX];
	unsigned matched = 0;

	for (unsigned i = 0; i < frames; i++) {
		uint32_t len = make_frame(frame, max);
		uint32_t wanted = plx_filter_match(filter, frame, len, len);
		uint32_t found = run(fd, frame, len);

		if (found != wanted)
			fail_msg("\"%s\", frame %u of %u bytes: kernel %u, libpcap %u", name, i,
				 len, found, wanted);
		matched += found != 0;
	}
	return matched;
}

static void
compare_expressions(uint32_t flags, uint32_t max, unsigned frames)
{
	unsigned both = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(expressions); i++) {
		struct plx_filter *filter;
		struct plx_why why;
		unsigned matched;
		int fd;

		if (plx_filter_compile(expressions[i], 262144, &filter, &why) != 0)
			fail_msg("%s", why.text);
		fd = load_filter(filter, flags);
		if (fd < 0)
			fail_msg("\"%s\" does not load: %s", expressions[i], strerror(errno));
		matched = compare(filter, fd, expressions[i], max, frames);
		both += matched > 0 && matched < frames;
		close(fd);
		plx_filter_destroy(filter);
	}
	/* Frames of which all or none match would show nothing. */
	assert_true(both > PLX_ARRAY_LEN(expressions) * 2 / 3);
}

static void
verdicts_in_the_kernel_are_those_of_libpcap(void **state)
{
	compare_expressions(0, 1500, 400);
}

static void
verdicts_do_not_depend_on_how_a_frame_is_split(void **state)
{
	compare_expressions(BPF_F_XDP_HAS_FRAGS, FRAME_MAX, 400);
}

/* -- programs that libpcap would not write ---------------------------------------------------------- */

#define PROGRAM_LEN 60

/* Offsets near what can be read, near where sums wrap, and anywhere. */
static uint32_t
random_operand(void)
{
	switch (random_word() % 8) {
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

static struct plx_filter_insn
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

/* Every word of scratch memory is written first: libpcap's interpreter does not clear it. */
static struct plx_filter *
random_filter(void)
{
	struct plx_filter_insn insns[PROGRAM_LEN];
	struct plx_filter *filter;
	unsigned i;

	for (i = 0; i < 16; i++)
		insns[i] = (struct plx_filter_insn){BPF_ST, 0, 0, i};
	for (; i < PROGRAM_LEN - 1; i++) {
		insns[i] = random_insn(PROGRAM_LEN - 1 - i);
		if (plx_filter_check(&insns[i], 1, NULL) != 0 &&
		    BPF_CLASS(insns[i].code) == BPF_ALU)
			insns[i].k = 1 + insns[i].k % 31;
	}
	insns[i] = (struct plx_filter_insn){BPF_RET | BPF_A, 0, 0, 0};
	if (plx_filter_create(insns, PROGRAM_LEN, &filter, NULL) != 0)
		fail_msg("the generator made a program that is not safe");
	return filter;
}

static void
random_programs_say_the_same_in_the_kernel(void **state)
{
	for (unsigned i = 0; i < 2000; i++) {
		struct plx_filter *filter = random_filter();
		int fd = load_filter(filter, i % 2 ? BPF_F_XDP_HAS_FRAGS : 0);
		char name[32];

		snprintf(name, sizeof(name), "program %u", i);
		assert_true(fd >= 0);
		compare(filter, fd, name, 200, 20);
		close(fd);
		plx_filter_destroy(filter);
	}
}

/* -------------------------------------------------------------------------------------------------- */

static void
a_program_may_be_long_but_not_longer_than_a_jump(void **state)
{
	struct plx_filter_insn *insns = calloc(PLX_FILTER_INSNS_MAX, sizeof(*insns));
	struct plx_filter *filter;
	struct bpf_insn room[4];
	struct plx_why why;
	size_t n;
	int fd;

	for (unsigned i = 0; i < PLX_FILTER_INSNS_MAX - 1; i++)
		insns[i] = (struct plx_filter_insn){BPF_LD | BPF_W | BPF_ABS, 0, 0, i % 60};
	insns[PLX_FILTER_INSNS_MAX - 1] = (struct plx_filter_insn){BPF_RET | BPF_A, 0, 0, 0};
	assert_int_equal(plx_filter_create(insns, PLX_FILTER_INSNS_MAX, &filter, NULL), 0);
	assert_int_equal(plx_filter_to_ebpf(filter, NULL, 0, &n, &why), -E2BIG);
	assert_non_null(strstr(why.text, "make it simpler"));
	plx_filter_destroy(filter);

	assert_int_equal(
		plx_filter_create(insns + 2400, PLX_FILTER_INSNS_MAX - 2400, &filter, NULL), 0);
	assert_int_equal(plx_filter_to_ebpf(filter, room, 4, &n, &why), -ENOSPC);
	assert_true(n > 28000);
	fd = load_filter(filter, 0);
	assert_true(fd >= 0);
	compare(filter, fd, "long", 200, 50);
	close(fd);
	plx_filter_destroy(filter);
	free(insns);
}

static void
a_long_list_of_hosts_and_ports_loads(void **state)
{
	struct plx_filter *filter;
	char *text = malloc(64 * 1024);
	struct plx_why why;
	size_t at = 0;
	int fd;

	for (unsigned i = 0; i < 100; i++)
		at += (size_t)sprintf(text + at, "%shost 10.%u.0.%u or tcp port %u",
				      i > 0 ? " or " : "", i % 7, i % 250, 50 + 200 * i);
	if (plx_filter_compile(text, 96, &filter, &why) != 0)
		fail_msg("%s", why.text);
	fd = load_filter(filter, 0);
	assert_true(fd >= 0);
	compare(filter, fd, "list", 200, 200);
	close(fd);
	plx_filter_destroy(filter);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_in_the_kernel_are_those_of_libpcap),
		cmocka_unit_test(verdicts_do_not_depend_on_how_a_frame_is_split),
		cmocka_unit_test(random_programs_say_the_same_in_the_kernel),
		cmocka_unit_test(a_long_list_of_hosts_and_ports_loads),
		cmocka_unit_test(a_program_may_be_long_but_not_longer_than_a_jump),
	};
	const struct bpf_insn pass[] = {
		{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	int fd = load(pass, 2, BPF_F_XDP_HAS_FRAGS);

	if (fd < 0) {
		printf("skipped: no right to load an XDP program (%s)\n", strerror(errno));
		return 77;
	}
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
