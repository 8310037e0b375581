/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore_map_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "0:0-1 3:2" for lcore 0 on CPUs 0-1 and lcore 3 on CPU 2. */
static void
describe(const struct plx_lcore_map *map, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned lcore = 0; lcore < PLX_LCORE_MAX; lcore++) {
		char cpus[64];

		if (plx_lcore_map_has(map, lcore))
			len += (size_t)snprintf(
				text + len, size - len, "%s%u:%s", len > 0 ? " " : "", lcore,
				plx_cpuset_format(&map->cpus[lcore], cpus, sizeof(cpus)));
	}
}

static void
cpus_of(cpu_set_t *set, const char *numbers)
{
	CPU_ZERO(set);
	for (; *numbers != '\0'; numbers++)
		CPU_SET(*numbers - '0', set);
}

static void
every_spelling_of_a_list_is_understood(void **state)
{
	static const struct {
		const char *text, *map;
	} cases[] = {
		{"0", "0:0"},
		{"0-3", "0:0 1:1 2:2 3:3"},
		{"0,2", "0:0 2:2"},
		{" 0 , 2 - 3 ", "0:0 2:2 3:3"},
		{"0@1", "0:1"},
		{"0@1,2@(0-1)", "0:1 2:0-1"},
		{"(0-3)@(0-1)", "0:0-1 1:0-1 2:0-1 3:0-1"},
		{"0-3@0-1", "0:0-1 1:0-1 2:0-1 3:0-1"},
		{"(0,2)@(1)", "0:1 2:1"},
		{"(0,6)", "0:0,6 6:0,6"},
		{"(0-1,5)@3", "0:3 1:3 5:3"},
		{"7@1023", "7:1023"},
		{"1,2@(5-7),(3-5)@(0,2),(0,6),7-8",
		 "0:0,6 1:1 2:5-7 3:0,2 4:0,2 5:0,2 6:0,6 7:7 8:8"},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_lcore_map map;
		struct plx_why why = {""};
		char text[512];

		if (plx_lcore_map_parse(&map, cases[i].text, &why) != 0)
			fail_msg("%s: %s", cases[i].text, why.text);
		describe(&map, text, sizeof(text));
		assert_string_equal(text, cases[i].map);
	}
}

static void
nonsense_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"", "ends where"},
		{"a", "at 'a'"},
		{"0-", "ends where"},
		{"0,", "ends where"},
		{",0", "at ',0'"},
		{"3-0", "backwards"},
		{"(0", "')'"},
		{"(0-3", "')'"},
		{"()", "at ')'"},
		{"0)", "at ')'"},
		{"0@", "ends where"},
		{"0@a", "a CPU number"},
		{"0@1@2", "at '@2'"},
		{"0 1", "at '1'"},
		{"0,0", "lcore 0 twice"},
		{"(0-2)@1,2", "lcore 2 twice"},
		{"((0))", "at '(0))'"},
		{"99999999999999999999", "too high"},
		{"0@1024", "too high"},
		{"-1", "at '-1'"},
		{"0x1", "at 'x1'"},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_lcore_map map;
		struct plx_why why = {""};

		assert_int_equal(plx_lcore_map_parse(&map, cases[i].text, &why), -EINVAL);
		if (strstr(why.text, cases[i].sentence) == NULL)
			fail_msg("'%s': '%s' lacks '%s'", cases[i].text, why.text,
				 cases[i].sentence);
	}
}

static void
the_highest_lcore_is_the_tables_last(void **state)
{
	struct plx_lcore_map map;
	struct plx_why why;
	char text[16];

	snprintf(text, sizeof(text), "%u@0", PLX_LCORE_MAX - 1);
	assert_int_equal(plx_lcore_map_parse(&map, text, &why), 0);
	assert_true(plx_lcore_map_has(&map, PLX_LCORE_MAX - 1));
	assert_false(plx_lcore_map_has(&map, PLX_LCORE_MAX));
	snprintf(text, sizeof(text), "%u@0", PLX_LCORE_MAX);
	assert_int_equal(plx_lcore_map_parse(&map, text, &why), -EINVAL);
}

static void
masks_are_hexadecimal(void **state)
{
	struct plx_lcore_map map;
	struct plx_why why;
	char text[256];

	assert_int_equal(plx_lcore_map_parse_mask(&map, "0xf", &why), 0);
	describe(&map, text, sizeof(text));
	assert_string_equal(text, "0:0 1:1 2:2 3:3");
	assert_int_equal(plx_lcore_map_parse_mask(&map, "A1", &why), 0);
	describe(&map, text, sizeof(text));
	assert_string_equal(text, "0:0 5:5 7:7");
	assert_int_equal(plx_lcore_map_parse_mask(&map, "0x0", &why), -EINVAL);
	assert_int_equal(plx_lcore_map_parse_mask(&map, "", &why), -EINVAL);
	assert_int_equal(plx_lcore_map_parse_mask(&map, "0xg", &why), -EINVAL);
	memset(text, 'f', 255);
	text[255] = '\0';
	assert_int_equal(plx_lcore_map_parse_mask(&map, text, &why), -EINVAL);
}

static void
without_a_list_each_cpu_gets_an_lcore(void **state)
{
	struct plx_lcore_map map;
	cpu_set_t allowed;
	char text[256];

	cpus_of(&allowed, "135");
	plx_lcore_map_default(&map, &allowed);
	describe(&map, text, sizeof(text));
	assert_string_equal(text, "1:1 3:3 5:5");
	assert_int_equal(plx_lcore_map_first(&map), 1);
	CPU_SET(CPU_SETSIZE - 1, &allowed);
	plx_lcore_map_default(&map, &allowed);
	describe(&map, text, sizeof(text));
	assert_string_equal(text, "0:1 1:3 2:5 3:1023");
}

static void
cpus_beyond_the_machine_are_named_with_the_cure(void **state)
{
	struct plx_lcore_map map;
	struct plx_why why = {""};
	cpu_set_t allowed;

	cpus_of(&allowed, "01");
	assert_int_equal(plx_lcore_map_parse(&map, "0-1", &why), 0);
	assert_int_equal(plx_lcore_map_check(&map, &allowed, &why), 0);
	assert_int_equal(plx_lcore_map_parse(&map, "0-3", &why), 0);
	assert_int_equal(plx_lcore_map_check(&map, &allowed, &why), -EINVAL);
	assert_non_null(strstr(why.text, "CPU 2"));
	assert_non_null(strstr(why.text, "--lcores '(0-3)@(0-1)'"));
}

static void
sharing_a_cpu_is_oversubscription(void **state)
{
	static const struct {
		const char *text;
		bool shared;
	} cases[] = {
		{"0-3", false},	       {"(0-3)@(0-1)", true}, {"0@0,1@1", false},
		{"0@0,1@(0,1)", true}, {"0@(0,1)", false},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_lcore_map map;

		assert_int_equal(plx_lcore_map_parse(&map, cases[i].text, NULL), 0);
		assert_int_equal(plx_lcore_map_oversubscribed(&map), cases[i].shared);
	}
}

static void
long_cpu_sets_are_cut_with_dots(void **state)
{
	cpu_set_t set;
	char text[32];

	CPU_ZERO(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu += 2)
		CPU_SET(cpu, &set);
	plx_cpuset_format(&set, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
	assert_string_equal(text + strlen(text) - 4, ",...");
	CPU_ZERO(&set);
	assert_string_equal(plx_cpuset_format(&set, text, sizeof(text)), "");
	assert_int_equal(plx_cpuset_first(&set), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_a_list_is_understood),
		cmocka_unit_test(nonsense_is_refused_with_its_place),
		cmocka_unit_test(the_highest_lcore_is_the_tables_last),
		cmocka_unit_test(masks_are_hexadecimal),
		cmocka_unit_test(without_a_list_each_cpu_gets_an_lcore),
		cmocka_unit_test(cpus_beyond_the_machine_are_named_with_the_cure),
		cmocka_unit_test(sharing_a_cpu_is_oversubscription),
		cmocka_unit_test(long_cpu_sets_are_cut_with_dots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
