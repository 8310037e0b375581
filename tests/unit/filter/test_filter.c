/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t tcp_frame[] = {
	0x02, 0,    0,	0,  0, 1, 0x02, 0, 0,  0, 0, 2, 0x08, 0x00, /* Ethernet */
	0x45, 0,    0,	40, 0, 1, 0,	0, 64, 6, 0, 0, 10,   0,
	0,    1,    10, 0,  0, 2, /* IPv4 */
	0x13, 0x88, 0,	80, 0, 0, 0,	1, 0,  0, 0, 0, 0x50, 2,
	0xff, 0xff, 0,	0,  0, 0,
};

static uint32_t
match(const char *text, const uint8_t *bytes, uint32_t len)
{
	struct plx_filter *filter;
	struct plx_why why;
	uint32_t ret;

	if (plx_filter_compile(text, 96, &filter, &why) != 0)
		fail_msg("%s", why.text);
	ret = plx_filter_match(filter, bytes, len, len);
	plx_filter_destroy(filter);
	return ret;
}

static void
a_match_returns_the_snaplen_and_the_rest_0(void **state)
{
	assert_int_equal(match("tcp port 80", tcp_frame, sizeof(tcp_frame)), 96);
	assert_int_equal(match("src host 10.0.0.1 and ether dst 02:00:00:00:00:01", tcp_frame,
			       sizeof(tcp_frame)),
			 96);
	assert_int_equal(match("udp", tcp_frame, sizeof(tcp_frame)), 0);
	assert_int_equal(match("port 81", tcp_frame, sizeof(tcp_frame)), 0);
}

static void
no_text_matches_everything(void **state)
{
	assert_int_equal(match("", tcp_frame, sizeof(tcp_frame)), 96);
	assert_int_equal(match(NULL, tcp_frame, 0), 96);
}

static void
len_is_the_length_on_the_wire(void **state)
{
	struct plx_filter *filter;

	assert_int_equal(plx_filter_compile("greater 1000", 96, &filter, NULL), 0);
	assert_int_equal(plx_filter_match(filter, tcp_frame, sizeof(tcp_frame), 1000), 96);
	assert_int_equal(plx_filter_match(filter, tcp_frame, sizeof(tcp_frame), 999), 0);
	plx_filter_destroy(filter);
}

static void
a_frame_cut_short_does_not_match_and_is_not_overread(void **state)
{
	for (uint32_t len = 0; len < sizeof(tcp_frame); len++) {
		uint8_t *cut = malloc(len > 0 ? len : 1);

		memcpy(cut, tcp_frame, len);
		assert_int_equal(match("tcp dst port 80", cut, len), len >= 14 + 20 + 4 ? 96 : 0);
		free(cut);
	}
}

static void
assert_refused(const char *text, const char *words)
{
	struct plx_filter *filter = NULL;
	struct plx_why why;

	assert_int_equal(plx_filter_compile(text, 96, &filter, &why), -EINVAL);
	assert_null(filter);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, why.text);
	assert_int_equal(plx_filter_compile(text, 96, &filter, NULL), -EINVAL);
}

static void
an_error_names_the_place(void **state)
{
	assert_refused("tcp prot 80", "syntax error at \"prot\" (character 5)");
	assert_refused("tcp port 80 and and udp", "at \"and\" (character 17)");
	assert_refused("tcp) or udp", "at \")\" (character 4)");
	assert_refused("tcp[13 = 2", "at \"=\" (character 8)");
	assert_refused("ip[2] >== 2", "at \">==\" (character 7)");
	assert_refused("foo", "at \"foo\" (character 1)");
	assert_refused("  foo", "at \"foo\" (character 3)");
	assert_refused("(tcp or udp", "it ends too early");
	assert_refused("tcp port", "it ends too early");
	assert_refused("ip[2] != 3 && !(udp || tcp) and !", "it ends too early");
}

/* `marks` has a ^ under each character of the place. */
static void
assert_place(const char *text, const char *marks)
{
	size_t begin = 0, end = 0, first = strcspn(marks, "^");
	int err = plx_filter_place(text, &begin, &end);

	if (err != 0 || begin != first || end != first + strspn(marks + first, "^"))
		fail_msg("\"%s\": error %d, place %zu to %zu, expected %zu to %zu", text, err,
			 begin, end, first, strlen(marks));
}

static void
the_place_is_the_first_word_that_cannot_stand_there(void **state)
{
	assert_place("tcp prot 80", "    ^^^^");
	assert_place("tcp and and udp", "        ^^^");
	assert_place("80 and tcp", "   ^^^");
	assert_place("src dst host 1.2.3.4", "    ^^^");
	assert_place("port 80 ort 443", "        ^^^");
	assert_place("tcp)", "   ^");
	assert_place("(tcp or udp)) and ip", "            ^");
	assert_place("ip'", "^^^");
	assert_place("tcp\tport\t80 &| udp", "            ^^");
	assert_place("tcp and (udp or port or 80)", "                     ^^");
	assert_place("udp[4:] = 1", "      ^");
	assert_place("ether host 02:00:00:00:00:01 port 80", "                             ^^^^");
}

static void
the_place_of_an_early_end_is_behind_the_text(void **state)
{
	const char *const texts[] = {"host", "tcp and",	 "tcp and (udp", "less",
				     "not",  "ip[0",	 "vlan and",	 "port 80 or",
				     "src",  "tcp[0] &", "(((",		 "net 10.0.0.0 mask"};
	size_t begin, end;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(plx_filter_place(texts[i], &begin, &end), 0);
		if (begin != strlen(texts[i]) || end != begin)
			fail_msg("\"%s\": %zu to %zu", texts[i], begin, end);
	}
}

static void
the_place_of_another_error_is_the_word_it_is_about(void **state)
{
	assert_place("tcp and port 99999 or udp", "             ^^^^^");
	assert_place("vlan 5000 and ip", "     ^^^^");
	assert_place("udp or net 10.0.0.1/24", "                    ^^");
	assert_place("port 80 or host 300.1.1.1", "                ^^^^^^^^^");
	assert_place("tcp port nosuchport and ip", "         ^^^^^^^^^^");
	assert_place("port not-a-port and and", "     ^^^^^^^^^^");
	assert_place("ip proto foo or tcp", "         ^^^");
	assert_place("tcp[20000000000] = 1", "    ^^^^^^^^^^^");
}

static void
a_right_filter_and_one_that_is_wrong_as_a_whole_have_no_place(void **state)
{
	size_t begin, end;

	assert_int_equal(plx_filter_place("tcp port 80", &begin, &end), -ENOENT);
	assert_int_equal(plx_filter_place("", &begin, &end), -ENOENT);
	assert_int_equal(plx_filter_place("ip and arp", &begin, &end), -ENOENT);
}

static void
an_error_has_the_words_of_libpcap(void **state)
{
	assert_refused("port 99999", "illegal port number 99999 > 65535");
	assert_refused("net 10.0.0.1/8", "non-network bits set");
	assert_refused("ip[2:3] = 1", "data size must be 1, 2, or 4");
	assert_refused("ether[0] / 0 = 1", "division by zero");
	assert_refused("ip6 protochain 6", "loops (\"protochain\") are not taken");
}

static void
what_only_a_kernel_knows_is_refused(void **state)
{
	static const char *const texts[] = {"inbound", "icmp and outbound", "tcp or inbound"};

	for (size_t i = 0; i < PLX_ARRAY_LEN(texts); i++) {
		struct plx_filter *filter;
		struct plx_why why;

		assert_int_equal(plx_filter_compile(texts[i], 65535, &filter, &why), -ENOTSUP);
		assert_non_null(strstr(why.text, "inbound"));
	}
}

static void
a_snaplen_out_of_range_is_refused(void **state)
{
	struct plx_filter *filter;
	struct plx_why why;

	assert_int_equal(plx_filter_compile("tcp", 0, &filter, &why), -EINVAL);
	assert_non_null(strstr(why.text, "snaplen 0"));
	assert_int_equal(plx_filter_compile("tcp", 1u << 31, &filter, &why), -EINVAL);
	assert_int_equal(plx_filter_compile("tcp", INT32_MAX, &filter, &why), 0);
	assert_int_equal(plx_filter_match(filter, tcp_frame, sizeof(tcp_frame), 54), INT32_MAX);
	plx_filter_destroy(filter);
}

static void
a_filter_too_long_is_refused(void **state)
{
	struct plx_filter *filter;
	char *text = malloc(100 * 1024);
	struct plx_why why;
	size_t at = 0;

	for (unsigned i = 0; i < 1100; i++)
		at += (size_t)sprintf(text + at, "%sether[%u] = ether[%u]", i > 0 ? " or " : "", i,
				      i + 1);
	assert_int_equal(plx_filter_compile(text, 96, &filter, &why), -E2BIG);
	assert_non_null(strstr(why.text, "more than 4096"));
	free(text);
}

/* -- programs from elsewhere ------------------------------------------------------------------------ */

static void
assert_program_refused(const struct plx_filter_insn *insns, unsigned n, const char *words)
{
	struct plx_filter *filter;
	struct plx_why why;

	assert_int_equal(plx_filter_create(insns, n, &filter, &why), -EINVAL);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, why.text);
}

static void
a_program_that_is_not_safe_is_refused(void **state)
{
	const struct plx_filter_insn unknown[] = {{0xffff, 0, 0, 0}, {BPF_RET, 0, 0, 0}};
	const struct plx_filter_insn no_return[] = {{BPF_LD | BPF_IMM, 0, 0, 0}};
	const struct plx_filter_insn jump_out[] = {{BPF_JMP | BPF_JEQ, 0, 1, 0},
						   {BPF_RET, 0, 0, 0}};
	const struct plx_filter_insn far_out[] = {{BPF_JMP | BPF_JA, 0, 0, 1}, {BPF_RET, 0, 0, 0}};
	const struct plx_filter_insn back[] = {{BPF_JMP | BPF_JA, 0, 0, UINT32_MAX},
					       {BPF_RET, 0, 0, 0}};
	const struct plx_filter_insn scratch[] = {{BPF_ST, 0, 0, 16}, {BPF_RET, 0, 0, 0}};
	const struct plx_filter_insn zero[] = {{BPF_ALU | BPF_DIV, 0, 0, 0}, {BPF_RET, 0, 0, 0}};
	const struct plx_filter_insn shift[] = {{BPF_ALU | BPF_LSH, 0, 0, 32}, {BPF_RET, 0, 0, 0}};

	const struct plx_filter_insn unwritten[] = {{BPF_JMP | BPF_JEQ, 1, 0, 0},
						    {BPF_ST, 0, 0, 3},
						    {BPF_LDX | BPF_MEM, 0, 0, 3},
						    {BPF_RET, 0, 0, 0}};

	assert_program_refused(unwritten, 4, "instruction 2: M[3] is read before it is written");
	assert_program_refused(unknown, 2, "instruction 0: unknown code 0xffff");
	assert_program_refused(no_return, 1, "instruction 0: goes on behind the end");
	assert_program_refused(jump_out, 2, "instruction 0: goes on behind the end");
	assert_program_refused(far_out, 2, "instruction 0: goes on behind the end");
	assert_program_refused(back, 2, "instruction 0: jumps back");
	assert_program_refused(scratch, 2, "M[16]");
	assert_program_refused(zero, 2, "division by zero");
	assert_program_refused(shift, 2, "shift by 32");
	assert_program_refused(zero, 0, "not 0");
}

static void
scratch_words_written_on_both_ways_may_be_read(void **state)
{
	const struct plx_filter_insn insns[] = {
		{BPF_LD | BPF_B | BPF_ABS, 0, 0, 0},
		{BPF_JMP | BPF_JEQ, 0, 2, 2},
		{BPF_ST, 0, 0, 3},
		{BPF_JMP | BPF_JA, 0, 0, 1},
		{BPF_STX, 0, 0, 3},
		{BPF_LD | BPF_MEM, 0, 0, 3},
		{BPF_RET | BPF_A, 0, 0, 0},
	};
	struct plx_filter *filter;

	assert_int_equal(plx_filter_create(insns, PLX_ARRAY_LEN(insns), &filter, NULL), 0);
	assert_int_equal(plx_filter_match(filter, tcp_frame, sizeof(tcp_frame), 54), 2);
	plx_filter_destroy(filter);
}

static void
a_safe_program_is_taken_and_can_be_read_back(void **state)
{
	const struct plx_filter_insn insns[] = {{BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
						{BPF_JMP | BPF_JEQ, 0, 1, 0x0800},
						{BPF_RET, 0, 0, 42},
						{BPF_RET, 0, 0, 0}};
	struct plx_filter *filter;
	char line[128];
	unsigned n;

	assert_int_equal(plx_filter_create(insns, 4, &filter, NULL), 0);
	assert_memory_equal(plx_filter_insns(filter, &n), insns, sizeof(insns));
	assert_int_equal(n, 4);
	assert_int_equal(plx_filter_match(filter, tcp_frame, sizeof(tcp_frame), 54), 42);
	assert_true(plx_filter_print(filter, 0, line, sizeof(line)) > 0);
	assert_non_null(strstr(line, "ldh"));
	assert_true(plx_filter_print(filter, 2, line, 4) > 3);
	assert_int_equal(strlen(line), 3);
	assert_int_equal(plx_filter_print(filter, 4, line, sizeof(line)), 0);
	plx_filter_destroy(filter);
	plx_filter_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_match_returns_the_snaplen_and_the_rest_0),
		cmocka_unit_test(no_text_matches_everything),
		cmocka_unit_test(len_is_the_length_on_the_wire),
		cmocka_unit_test(a_frame_cut_short_does_not_match_and_is_not_overread),
		cmocka_unit_test(an_error_names_the_place),
		cmocka_unit_test(the_place_is_the_first_word_that_cannot_stand_there),
		cmocka_unit_test(the_place_of_an_early_end_is_behind_the_text),
		cmocka_unit_test(the_place_of_another_error_is_the_word_it_is_about),
		cmocka_unit_test(a_right_filter_and_one_that_is_wrong_as_a_whole_have_no_place),
		cmocka_unit_test(an_error_has_the_words_of_libpcap),
		cmocka_unit_test(what_only_a_kernel_knows_is_refused),
		cmocka_unit_test(a_snaplen_out_of_range_is_refused),
		cmocka_unit_test(a_filter_too_long_is_refused),
		cmocka_unit_test(a_program_that_is_not_safe_is_refused),
		cmocka_unit_test(scratch_words_written_on_both_ways_may_be_read),
		cmocka_unit_test(a_safe_program_is_taken_and_can_be_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
