/* SPDX-License-Identifier: BSD-3-Clause */
#include "form.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"

static struct plx_why why;

/* Words parted by blanks. */
static int
check(const char *words)
{
	static char text[256];
	static char program[] = "plx-capture";
	char *argv[32] = {program}, *save = NULL;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", words);
	for (char *word = strtok_r(text, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	why.text[0] = '\0';
	return form_check(argc, argv, options_separator(argc, argv), &why);
}

static void
accepts(const char *words)
{
	if (check(words) != 0)
		fail_msg("'%s' is refused: %s", words, why.text);
}

static void
refuses(const char *words, const char *sentence)
{
	if (check(words) != -EINVAL || strstr(why.text, sentence) == NULL)
		fail_msg("'%s': '%s' is not in '%s'", words, sentence, why.text);
}

static void
without_a_separator_all_options_are_the_programs(void **state)
{
	accepts("");
	accepts("-i eth1 -w a.pcap tcp port 80");
	accepts("-l -n -i eth1 -w a.pcap");
	accepts("-nn -w a.pcap host 10.0.0.1");
	accepts("-b 0000:00:08.0 -o log");
	accepts("-r a.pcap -w - -v -q");
	accepts("-w - -d 10 -c 5");
}

static void
options_of_the_eal_name_the_missing_separator(void **state)
{
	refuses("-l 0-3 -i eth1", "'-l' is an option of the EAL, and there is no '--'");
	refuses("-l0,2 -i eth1", "'-l'");
	refuses("-l (0-1)@0 -i eth1", "'-l'");
	refuses("-n 4 -w a", "'-n'");
	refuses("-m 512 -w a", "'-m'");
	refuses("-a 00:08.0 -w a", "'-a'");
	refuses("-a net_null0 -w a", "'-a'");
	refuses("-i eth1 --vdev=net_null0", "'--vdev'");
	refuses("--no-huge -w a", "'--no-huge'");
}

static void
with_a_separator_the_eals_stand_in_front(void **state)
{
	accepts("-l 0-3 -n 4 -r 2 -- -i eth1 -w a.pcap");
	accepts("-- -w a.pcap");
	accepts("-b 0000:00:08.0 --vdev net_null0 -- -w a.pcap");
	refuses("-i eth1 -- -w a.pcap", "'-i' stands in front of '--'");
	refuses("-l 0 -w a.pcap -- port 80", "'-w' stands in front of '--'");
	refuses("-r a.pcap -- port 80", "'-r' stands in front of '--'");
}

static void
letters_of_tcpdump_with_another_meaning_are_told(void **state)
{
	accepts("-i eth1 -p 0,1 -d 10 -w a");
	accepts("-i eth1 -d soon -w a");
	refuses("-i eth1 -p -w a", "tcpdump's -p is --no-promisc");
	refuses("-l 0-1 -- -i eth1 -w a -p", "tcpdump's -p is --no-promisc");
	refuses("-d tcp port 80", "tcpdump's -d is --filter-code");
	refuses("-i eth1 -d", "tcpdump's -d is --filter-code");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_separator_all_options_are_the_programs),
		cmocka_unit_test(options_of_the_eal_name_the_missing_separator),
		cmocka_unit_test(with_a_separator_the_eals_stand_in_front),
		cmocka_unit_test(letters_of_tcpdump_with_another_meaning_are_told),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
