/* SPDX-License-Identifier: BSD-3-Clause */
/* plx-cluster's options: what they come to. What is refused: tests/func/test_cluster.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings settings;
static struct plx_why why;

/* The words, parted by blanks, behind "--". */
static int
read_words(const char *words)
{
	static char text[256];
	char *argv[32] = {(char[]){"--"}}, *at = text, *word;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", words);
	while ((word = strsep(&at, " ")) != NULL)
		argv[argc++] = word;
	return settings_read(&settings, argc, argv, &why);
}

static void
modes_are_the_keys_there_are(void **state)
{
	char words[64];

	for (unsigned key = 0; key < PLX_CLUSTER_KEYS; key++) {
		const char *name = plx_cluster_key_name((enum plx_cluster_key)key);

		snprintf(words, sizeof(words), "-c 1 -m %s", name);
		assert_int_equal(read_words(words), 0);
		assert_int_equal(settings.mode, key);
		assert_string_equal(settings_mode_name(&settings), name);
	}
	assert_int_equal(read_words("-c 1 -m fanout"), 0);
	assert_int_equal(settings.mode, MODE_FANOUT);
}

static void
overflows_are_those_there_are(void **state)
{
	static const char *const names[PLX_CLUSTER_OVERFLOWS] = {
		[PLX_CLUSTER_DROP_NEWEST] = "newest",
		[PLX_CLUSTER_DROP_OLDEST] = "oldest",
		[PLX_CLUSTER_BORROW] = "borrow",
		[PLX_CLUSTER_PRESSURE] = "pressure",
	};
	char words[64];

	for (int i = 0; i < PLX_CLUSTER_OVERFLOWS; i++) {
		snprintf(words, sizeof(words), "-c 1 -o %s", names[i]);
		assert_int_equal(read_words(words), 0);
		assert_int_equal(settings.overflow, i);
		assert_string_equal(settings_overflow_name(&settings), names[i]);
	}
}

static void
another_mode_is_one_of_those_there_are(void **state)
{
	assert_int_equal(read_words("-c 1 -n 2 -m ip"), 0);
	assert_int_equal(settings_set_mode(&settings, "fanout", &why), 0);
	assert_int_equal(settings.mode, MODE_FANOUT);
	assert_int_equal(settings_set_mode(&settings, "mac", &why), 0);
	assert_int_equal(settings.mode, PLX_CLUSTER_KEY_MAC);
	assert_int_equal(settings_set_mode(&settings, "macs", &why), -22);
	assert_non_null(strstr(why.text, "did you mean 'mac'"));
	assert_int_equal(settings_set_mode(&settings, "--help", &why), -22);
	assert_int_equal(settings.mode, PLX_CLUSTER_KEY_MAC);
	assert_false(settings.help);
	assert_int_equal(read_words("-c 1 -n 2,1 -m ip"), 0);
	assert_int_equal(settings_set_mode(&settings, "fanout", &why), -22);
	assert_int_equal(settings.mode, PLX_CLUSTER_KEY_IP);
}

static void
other_groups_have_as_many_places(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out;

	assert_int_equal(read_words("-c 1 -n 2,1"), 0);
	assert_int_equal(settings_set_groups(&settings, "2,2", &why), -22);
	assert_non_null(strstr(why.text, "4 places, the cluster has 3"));
	assert_int_equal(settings_set_groups(&settings, "", &why), -22);
	assert_int_equal(settings_set_groups(&settings, "4294967297,2", &why), -22);
	assert_int_equal(settings.nb_groups, 2);
	assert_int_equal(settings.group_places[0], 2);
	assert_int_equal(settings_set_groups(&settings, "1,1,1", &why), 0);
	assert_int_equal(settings.nb_groups, 3);
	assert_int_equal(settings.places, 3);
	assert_int_equal(settings_set_groups(&settings, "3", &why), 0);
	assert_int_equal(settings_set_mode(&settings, "fanout", &why), 0);
	assert_int_equal(settings_set_groups(&settings, "1,2", &why), -22);
	assert_int_equal(settings_set_mode(&settings, "flow", &why), 0);
	assert_int_equal(settings_set_groups(&settings, "1,2", &why), 0);
	out = open_memstream(&text, &len);
	settings_print_groups(&settings, out);
	fclose(out);
	assert_string_equal(text, "1,2");
	free(text);
}

static void
forwarding_is_another_list_or_none(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out;

	assert_int_equal(read_words("-c 1 -f none"), 0);
	assert_true(settings.sends);
	assert_false(settings.forwards);
	assert_int_equal(settings_set_forward(&settings, "3->1,0->2,0->1", &why), 0);
	assert_true(settings.forwards);
	assert_int_equal(settings.port_named, 3);
	assert_int_equal(settings_set_forward(&settings, "0->", &why), -22);
	assert_int_equal(settings_set_forward(&settings, "nothing", &why), -22);
	out = open_memstream(&text, &len);
	settings_print_forward(&settings, out);
	fclose(out);
	assert_string_equal(text, "0->1,0->2,3->1");
	free(text);
	assert_int_equal(settings_set_forward(&settings, "1->0", &why), 0);
	assert_true(settings.forward_to[0] == 0);
	assert_int_equal(settings.port_named, 1);
	assert_int_equal(settings_set_forward(&settings, "none", &why), 0);
	assert_false(settings.forwards);
	assert_true(settings.forward_to[1] == 0);
	assert_int_equal(read_words("-c 1"), 0);
	assert_int_equal(settings_set_forward(&settings, "none", &why), 0);
	assert_false(settings.sends);
}

static void
what_is_not_said_is_usual(void **state)
{
	assert_int_equal(read_words("-c 10"), 0);
	assert_int_equal(settings.id, 10);
	assert_int_equal(settings.places, 1);
	assert_int_equal(settings.nb_groups, 1);
	assert_int_equal(settings.mode, PLX_CLUSTER_KEY_FLOW);
	assert_int_equal(settings.overflow, PLX_CLUSTER_DROP_NEWEST);
	assert_int_equal(settings.queue_len, 1024);
	assert_int_equal(settings.reserve, 0);
	assert_true(settings.rx_lcore == SETTINGS_LCORE_NONE);
	assert_true(settings.tx_lcore == SETTINGS_LCORE_NONE);
	assert_false(settings.forwards);
}

static void
several_numbers_are_groups(void **state)
{
	assert_int_equal(read_words("-c 1 -n 4,2,1"), 0);
	assert_int_equal(settings.nb_groups, 3);
	assert_int_equal(settings.places, 7);
	assert_int_equal(settings.group_places[0], 4);
	assert_int_equal(settings.group_places[1], 2);
	assert_int_equal(settings.group_places[2], 1);
	assert_int_equal(read_words("-c 1 -n 63,1"), 0);
	assert_int_equal(read_words("-c 1 -n 63,2"), -22);
	assert_int_equal(read_words("-c 1 -n 18446744073709551617"), -22);
}

static void
forwarding_is_a_bit_a_port(void **state)
{
	assert_int_equal(read_words("-c 1 -f 0->1,1->0,0->63"), 0);
	assert_true(settings.forwards);
	assert_true(settings.forward_to[0] == (UINT64_C(1) << 63 | 2));
	assert_true(settings.forward_to[1] == 1);
	assert_int_equal(settings.port_named, 63);
	assert_int_equal(read_words("-c 1 -f 0->64"), -22);
	assert_int_equal(read_words("-c 1 -f 64->0"), -22);
	assert_int_equal(read_words("-c 1 -f 0-1"), -22);
	assert_int_equal(read_words("-c 1 -f 0->1,"), -22);
}

static void
a_reserve_is_as_large_as_all_queues(void **state)
{
	assert_int_equal(read_words("-c 1 -n 3 -q 512 -o borrow"), 0);
	assert_int_equal(settings.reserve, 3 * 512);
	assert_int_equal(read_words("-c 1 -n 3 -q 512 -o borrow --reserve 100"), 0);
	assert_int_equal(settings.reserve, 100);
	assert_int_equal(read_words("-c 1 -n 64 -q 32768 -o borrow"), 0);
	assert_int_equal(settings.reserve, 1 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_are_the_keys_there_are),
		cmocka_unit_test(overflows_are_those_there_are),
		cmocka_unit_test(another_mode_is_one_of_those_there_are),
		cmocka_unit_test(other_groups_have_as_many_places),
		cmocka_unit_test(forwarding_is_another_list_or_none),
		cmocka_unit_test(what_is_not_said_is_usual),
		cmocka_unit_test(several_numbers_are_groups),
		cmocka_unit_test(forwarding_is_a_bit_a_port),
		cmocka_unit_test(a_reserve_is_as_large_as_all_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
