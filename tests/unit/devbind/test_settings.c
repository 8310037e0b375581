/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct settings s;
static struct plx_why why;
static char text[256];

static int
read_line(const char *line)
{
	char *argv[16] = {NULL}, *rest = text;
	int argc = 0;

	snprintf(text, sizeof(text), "%s", line);
	while (argc < 15 && (argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	settings_fini(&s);
	why.text[0] = '\0';
	return settings_read(&s, argc, argv, &why);
}

static int
teardown(void **state)
{
	settings_fini(&s);
	return 0;
}

static void
refused(const char *line, const char *sentence)
{
	assert_int_equal(read_line(line), -EINVAL);
	if (strstr(why.text, sentence) == NULL)
		fail_msg("%s: '%s' lacks '%s'", line, why.text, sentence);
}

static void
commands_are_words_or_the_options_of_others(void **state)
{
	assert_int_equal(read_line("p"), 0);
	assert_int_equal(s.command, COMMAND_STATUS);
	assert_int_equal(read_line("p --status"), 0);
	assert_int_equal(s.command, COMMAND_STATUS);
	assert_int_equal(read_line("p bind -d vfio-pci 0:8.0 --force eth1"), 0);
	assert_int_equal(s.command, COMMAND_BIND);
	assert_string_equal(s.driver, "vfio-pci");
	assert_true(s.force);
	assert_int_equal(s.nb_cards, 2);
	assert_string_equal(s.cards[1], "eth1");
	assert_int_equal(read_line("p --bind=uio_pci_generic 0:8.0"), 0);
	assert_int_equal(s.command, COMMAND_BIND);
	assert_string_equal(s.driver, "uio_pci_generic");
	assert_int_equal(s.nb_cards, 1);
	assert_int_equal(read_line("p -u 0:8.0"), 0);
	assert_int_equal(s.command, COMMAND_UNBIND);
	assert_int_equal(read_line("p restore"), 0);
	assert_int_equal(s.command, COMMAND_RESTORE);
}

static void
slips_are_told(void **state)
{
	refused("p bnd 0:8.0", "there is no command 'bnd', did you mean 'bind'?");
	refused("p 0:8.0", "there are: status, bind, unbind, restore");
	refused("p bind 0:8.0", "bind needs a driver: --driver vfio-pci");
	refused("p bind -d vfio-pci", "bind which device?");
	refused("p unbind", "unbind which device?");
	refused("p -s -u 0:8.0", "contradict each other");
	refused("p -b vfio-pci -d vfio-pci 0:8.0", "--bind contradicts --driver");
	refused("p unbind -d vfio-pci 0:8.0", "--driver goes with bind");
	refused("p status --force", "--force goes with");
	refused("p --root relative", "does not begin with '/'");
	refused("p --root /nonexistent", "'/nonexistent': No such file or directory");
	refused("p --root /dev/null status", "'/dev/null' is no folder");
	refused("p bind -d ../../etc 0:8.0", "'../../etc' is no name of a kernel driver");
	refused("p bind --driver= 0:8.0", "--driver: the value is empty");
	refused("p --root /", "is this machine");
	refused("p --root /tmp/..", "is this machine");
	refused("p --forse", "did you mean '--force'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(commands_are_words_or_the_options_of_others, teardown),
		cmocka_unit_test_teardown(slips_are_told, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
