/* SPDX-License-Identifier: BSD-3-Clause */
/* From words to NICs, and what of them makes no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "args.h"

#include <errno.h>
#include <string.h>

#define WORDS_MAX 24

static struct nicemu_args args;
static struct plx_why why;

/* Words parted by blanks. */
static int
parse(const char *line)
{
	static char copy[512];
	char *argv[WORDS_MAX], *rest = NULL, program[] = "plx-nicemu";
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	argv[argc++] = program;
	for (char *word = strtok_r(copy, " ", &rest); word != NULL && argc < WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	args = (struct nicemu_args){0};
	why.text[0] = '\0';
	return args_parse(argc, argv, &args, &why);
}

static void
assert_refused(const char *line, const char *says)
{
	if (parse(line) != -EINVAL || strstr(why.text, says) == NULL)
		fail_msg("%s: \"%s\" has no \"%s\"", line, why.text, says);
}

static void
letters_make_a_nic(void **state)
{
	static const uint8_t mac[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

	assert_int_equal(parse("-s /run/nic.sock -t nic0 -n 10.0.0.1/24 -m 52:54:00:12:34:56 -v"),
			 0);
	assert_int_equal(args.nb_nics, 1);
	assert_string_equal(args.nics[0].socket, "/run/nic.sock");
	assert_string_equal(args.nics[0].tap, "nic0");
	assert_string_equal(args.nics[0].net, "10.0.0.1/24");
	assert_memory_equal(args.nics[0].mac, mac, 6);
	assert_int_equal(args.nics[0].peer, -1);
	assert_true(args.verbose);
	assert_false(args.nics[0].doorbells);
	assert_int_equal(parse("--socket a --tap=t --pcap f.pcap --doorbells --poll"), 0);
	assert_string_equal(args.nics[0].pcap, "f.pcap");
	assert_true(args.nics[0].doorbells);
	assert_true(args.poll);
}

static void
an_address_is_made_up_and_each_is_another(void **state)
{
	assert_int_equal(parse("--nic socket=/a --nic socket=/b --join nic0,1"), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(args.nics[i].mac[0] & 3, 2);
	assert_memory_not_equal(args.nics[0].mac, args.nics[1].mac, 6);
}

static void
keys_make_nics_behind_that_of_the_letters(void **state)
{
	assert_int_equal(
		parse("-s /a --nic socket=/b,port=3,lossless --nic socket=/c,port=net_ring1,"
		      "mac=02:00:00:00:00:07,doorbells=1,pcap=x.pcapng"),
		0);
	assert_int_equal(args.nb_nics, 3);
	assert_string_equal(args.nics[0].socket, "/a");
	assert_string_equal(args.nics[1].port, "3");
	assert_true(args.nics[1].lossless);
	assert_string_equal(args.nics[2].port, "net_ring1");
	assert_true(args.nics[2].doorbells);
	assert_int_equal(args.nics[2].mac[5], 7);
	assert_int_equal(parse("--lossless -s /a --nic socket=/b"), 0);
	assert_true(args.nics[0].lossless && args.nics[1].lossless);
}

static void
two_are_joined_by_either_word(void **state)
{
	assert_int_equal(parse("--nic socket=/a --nic socket=/b --join nic1,nic0"), 0);
	assert_int_equal(args.nics[0].peer, 1);
	assert_int_equal(args.nics[1].peer, 0);
	assert_int_equal(parse("--nic socket=/a,port=nic1 --nic socket=/b"), 0);
	assert_int_equal(args.nics[0].peer, 1);
	assert_int_equal(args.nics[1].peer, 0);
	assert_string_equal(args.nics[0].port, "");
	assert_int_equal(parse("--nic socket=/a,port=nic1 --nic socket=/b,port=nic0"), 0);
}

static void
a_nic_needs_a_socket_of_its_own(void **state)
{
	assert_refused("", "there is no NIC");
	assert_refused("-t nic0", "those of the NIC of -s");
	assert_refused("--nic mac=02:00:00:00:00:01", "nic0 has no socket");
	assert_refused("-s /a --nic socket=/a", "nic0 and nic1 have one socket");
	assert_refused(
		"-s "
		"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"longer than 107 bytes");
}

static void
addresses_that_no_card_has_are_refused(void **state)
{
	assert_refused("-s /a -m 12:34", "is no MAC address");
	assert_refused("-s /a -m 01:00:5e:00:00:01", "that of a group");
	assert_refused("-s /a -m ff:ff:ff:ff:ff:ff", "that of a group");
	assert_refused("-s /a -m 00:00:00:00:00:00", "nobody's");
	assert_refused(
		"--nic socket=/a,mac=02:00:00:00:00:01 --nic socket=/b,mac=02:00:00:00:00:01",
		"have one address");
	assert_refused("-s /a -t nic0 -n 10.0.0.0/24", "no host's address");
	assert_refused("-s /a -t nic0 -n ten", "how large is its net");
	assert_refused("-s /a -n 10.0.0.1/24", "there is none: add -t NAME");
}

static void
a_card_has_one_wire(void **state)
{
	assert_refused("--nic socket=/a,tap=t,port=0", "a card has one wire");
	assert_refused("--nic socket=/a,tap=t --nic socket=/b,port=nic0",
		       "nic0: a card has one wire");
	assert_refused("--nic socket=/a,tap=t --nic socket=/b,tap=t", "have one tap");
	assert_refused("--nic socket=/a,pcap=f --nic socket=/b,pcap=f", "would write one file");
	assert_refused("-s /a --nic socket=/b --nic socket=/c --join 0,1 --join 1,2",
		       "a wire has two ends, nic1");
	assert_refused("-s /a --join nic0,nic0", "its own far end");
	assert_refused("-s /a --join nic0,nic1", "there is no such NIC; the last is nic0");
	assert_refused("-s /a --join nic0", "two NICs are expected");
	assert_refused("-s /a --nic socket=/b --join 0,1,0", "two NICs are expected");
	assert_refused("--nic socket=/a,port=nic7", "there is no such NIC");
}

static void
slips_are_named(void **state)
{
	assert_refused("-s /a --tpa nic0", "did you mean '--tap'");
	assert_refused("-s /a --nic socket=/b,por=1", "port");
	assert_refused("-s /a nic0", "is no option of plx-nicemu");
	assert_refused("-s /a --vdev net_null0", "there is no '--' behind it: write plx-nicemu");
	assert_refused("-s /a -s /b", "given twice");
}

static void
there_is_a_limit_to_nics(void **state)
{
	char line[512] = "";

	for (unsigned i = 0; i <= NICS_MAX; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " --nic=socket=/%u", i);
	assert_refused(line, "more than 16 NICs");
}

static void
help_needs_nothing_else(void **state)
{
	char text[16384] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_int_equal(parse("-h"), 0);
	assert_true(args.help);
	args_usage(out);
	fclose(out);
	assert_non_null(strstr(text, "--lossless"));
	assert_non_null(strstr(text, "doorbells: "));
}

static void
the_eal_of_the_short_form_has_one_lcore(void **state)
{
	char program[] = "plx-nicemu", *own[ARGS_EAL_MAX];
	int n = args_of_eal(program, own);

	assert_true(n >= 3 && n < ARGS_EAL_MAX);
	assert_null(own[n]);
	assert_string_equal(own[0], "plx-nicemu");
	assert_string_equal(own[n - 2], "-l");
	assert_null(strpbrk(own[n - 1], ",-"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_make_a_nic),
		cmocka_unit_test(an_address_is_made_up_and_each_is_another),
		cmocka_unit_test(keys_make_nics_behind_that_of_the_letters),
		cmocka_unit_test(two_are_joined_by_either_word),
		cmocka_unit_test(a_nic_needs_a_socket_of_its_own),
		cmocka_unit_test(addresses_that_no_card_has_are_refused),
		cmocka_unit_test(a_card_has_one_wire),
		cmocka_unit_test(slips_are_named),
		cmocka_unit_test(there_is_a_limit_to_nics),
		cmocka_unit_test(help_needs_nothing_else),
		cmocka_unit_test(the_eal_of_the_short_form_has_one_lcore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
