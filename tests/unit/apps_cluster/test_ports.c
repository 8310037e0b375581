/* SPDX-License-Identifier: BSD-3-Clause */
/* What -i comes to as arguments of the EAL. lo is an interface everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct settings settings;
static struct plx_why why;

/* Of a command line, parted by blanks: the EAL's, from behind the defaults of the short form on. */
static int
make(const char *line, char *ret_text, size_t size)
{
	static char text[256];
	char *argv[32] = {(char[]){"plx-cluster"}}, *at = text, *word;
	struct eal_args args = {0};
	int argc = 1, own, ret;

	snprintf(text, sizeof(text), "%s", line);
	while ((word = strsep(&at, " ")) != NULL)
		argv[argc++] = word;
	own = options_separator(argc, argv);
	own = own < argc ? own : 0;
	assert_int_equal(settings_read(&settings, argc - own, argv + own, &why), 0);
	ret = ports_args(&args, &settings, own == 0 ? 1 : own, argv, &why);
	*ret_text = '\0';
	for (int i = own == 0 ? 5 : 1; ret == 0 && i < args.argc; i++)
		snprintf(ret_text + strlen(ret_text), size - strlen(ret_text), "%s%s",
			 *ret_text != '\0' ? " " : "", args.argv[i]);
	eal_args_fini(&args);
	return ret;
}

static void
comes_to(const char *line, const char *expected)
{
	char text[512];

	if (make(line, text, sizeof(text)) != 0)
		fail_msg("%s", why.text);
	assert_string_equal(text, expected);
}

static void
refused(const char *line, int err, const char *words)
{
	char text[512];

	assert_int_equal(make(line, text, sizeof(text)), err);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" has no \"%s\"", why.text, words);
}

static void
words_become_devices(void **state)
{
	comes_to("-c 1 -i lo", "--vdev net_af_packet0,iface='lo',outgoing=0 --no-pci");
	comes_to("-c 1 -i xdp:lo", "--vdev net_af_xdp0,iface='lo' --no-pci");
	comes_to(
		"-c 1 -i net_null0,lo,net_null1",
		"--vdev net_null0 --vdev net_af_packet0,iface='lo',outgoing=0 --vdev net_null1 --no-pci");
	comes_to("-c 1 -i net_null0,no-rx=1,copy=1,net_null1 -i net_null2",
		 "--vdev net_null0,no-rx=1,copy=1 --vdev net_null1 --vdev net_null2 --no-pci");
	comes_to("-c 1 -i 0000:ff:1f.7", "-a 0000:ff:1f.7");
}

static void
options_of_the_eal_stay_as_they_are(void **state)
{
	comes_to("-l 0-1 --vdev net_null0 -- -c 1", "-l 0-1 --vdev net_null0");
	comes_to("-l 0-1 -- -c 1 -i lo", "-l 0-1 --vdev net_af_packet3,iface='lo',outgoing=0");
}

static void
what_is_no_port_is_refused(void **state)
{
	refused("-c 1", -EINVAL, "no ports: -i eth1,eth2");
	refused("-c 1 -i lo,", -EINVAL, "'lo,' is no list");
	refused("-c 1 -i ,lo", -EINVAL, "',lo' is no list");
	refused("-c 1 -i net_null0,", -EINVAL, "is no list");
	refused("-c 1 -i xdp:", -EINVAL, "which interface?");
	refused("-c 1 -i lo -i xdp:lo,lo", -EEXIST, "lo is named twice: slaves would get each");
	refused("-c 1 -i lo0", -ENODEV, "there is no interface 'lo0'");
	refused("-c 1 -i any", -ENOTSUP, "tcpdump's");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_devices),
		cmocka_unit_test(options_of_the_eal_stay_as_they_are),
		cmocka_unit_test(what_is_no_port_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
