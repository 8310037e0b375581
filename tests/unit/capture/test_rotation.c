/* SPDX-License-Identifier: BSD-3-Clause */
/* Options about files, as the rules they mean; and which errors are want of room. */
#include "rotation.h"

#include "trouble.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NS_S UINT64_C(1000000000)

static struct settings settings;
static struct plx_why why;

/* Options as behind "--"; -w log.pcap is there already. */
static int
read_options(const char *first, const char *second, const char *third)
{
	char words[8][64] = {"--", "-w", "log.pcap"};
	const char *given[] = {first, second, third};
	char *argv[8];
	int argc = 3;

	settings_fini(&settings);
	for (unsigned i = 0; i < 3; i++) {
		if (given[i] != NULL)
			snprintf(words[argc++], sizeof(words[0]), "%s", given[i]);
	}
	for (int i = 0; i < argc; i++)
		argv[i] = words[i];
	return settings_read(&settings, argc, argv, &why);
}

static void
sizes_are_each_tools_own(void **state)
{
	assert_int_equal(read_options("-C3", NULL, NULL), 0);
	assert_int_equal(settings.rules.file_bytes, 3000001);
	assert_int_equal(read_options("-C3k", NULL, NULL), 0);
	assert_int_equal(settings.rules.file_bytes, 3073);
	assert_int_equal(read_options("-C3G", NULL, NULL), 0);
	assert_int_equal(settings.rules.file_bytes, (UINT64_C(3) << 30) + 1);
	assert_int_equal(read_options("-bfilesize:3", NULL, NULL), 0);
	assert_int_equal(settings.rules.file_bytes, 3000);
	assert_int_equal(settings.rules.naming, PLX_PCAPFILE_NAME_NUMBER_AND_TIME);
	for (const char *const *bad = (const char *const[]){"-C", "-Cx", "-C-1", "-C0", "-C1kk",
							    "-C99999999999999999999", NULL};
	     *bad != NULL; bad++)
		assert_int_equal(read_options(*bad, NULL, NULL), -EINVAL);
}

static void
numbers_of_files_depend_on_what_fills_them(void **state)
{
	assert_int_equal(read_options("-C1", "-W5", NULL), 0);
	assert_int_equal(settings.rules.keep, 5);
	assert_true(settings.rules.slots);
	assert_int_equal(read_options("-G60", "-W5", NULL), 0);
	assert_int_equal(settings.rules.stop_after, 5);
	assert_int_equal(settings.rules.keep, 0);
	assert_int_equal(read_options("-G60", "-C1", "-W5"), 0);
	assert_int_equal(settings.rules.keep, 5);
	assert_false(settings.rules.slots);
	assert_int_equal(settings.rules.period_ns, 60 * NS_S);
	assert_int_equal(read_options("-bpackets:7", "-bfiles:5", NULL), 0);
	assert_int_equal(settings.rules.keep, 5);
	assert_int_equal(settings.rules.file_packets, 7);
}

static void
autostop_is_count_and_duration_by_other_names(void **state)
{
	assert_int_equal(read_options("-apackets:9", "-aduration:1.5", NULL), 0);
	assert_int_equal(settings.count, 9);
	assert_int_equal(settings.duration_ns, NS_S + NS_S / 2);
	assert_int_equal(read_options("-apackets:9", "-c3", NULL), -EINVAL);
	assert_non_null(strstr(why.text, "already"));
	assert_int_equal(read_options("-afilesize:9", NULL, NULL), 0);
	assert_int_equal(settings.rules.stop_after, 1);
	assert_int_equal(read_options("-afilesize:9", "-bduration:5", NULL), 0);
	assert_int_equal(settings.rules.stop_after, 0);
	assert_int_equal(settings.rules.file_bytes, 9000);
	assert_int_equal(read_options("-ainterval:9", NULL, NULL), -EINVAL);
}

static void
a_letter_with_two_meanings_is_told_apart_by_its_value(void **state)
{
	assert_int_equal(read_options("-binterval:60", "-b0000:00:08.0", "-bad:00.0"), 0);
	assert_int_equal(settings.ring_rules.n, 1);
	assert_int_equal(settings.devices.n, 2);
	assert_int_equal(read_options("-bnet_pcap0,rx_pcap=a:b", NULL, NULL), 0);
	assert_int_equal(settings.devices.n, 1);
	assert_int_equal(read_options("-bpakets:60", NULL, NULL), -EINVAL);
	assert_non_null(strstr(why.text, "packets:VALUE"));
}

static void
quota_disk_and_file_size_are_want_of_room(void **state)
{
	assert_int_equal(trouble_kind(-ENOSPC), TROUBLE_FULL);
	assert_int_equal(trouble_kind(-EDQUOT), TROUBLE_FULL);
	assert_int_equal(trouble_kind(-EFBIG), TROUBLE_FULL);
	assert_int_equal(trouble_kind(-EIO), TROUBLE_OTHER);
	assert_int_equal(trouble_kind(-ENOENT), TROUBLE_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_each_tools_own),
		cmocka_unit_test(numbers_of_files_depend_on_what_fills_them),
		cmocka_unit_test(autostop_is_count_and_duration_by_other_names),
		cmocka_unit_test(a_letter_with_two_meanings_is_told_apart_by_its_value),
		cmocka_unit_test(quota_disk_and_file_size_are_want_of_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
