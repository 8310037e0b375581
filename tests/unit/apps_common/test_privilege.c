/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "privilege.h"
#include "own.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_lcore.h>

static void
capabilities_have_the_names_of_the_manuals(void **state)
{
	const uint64_t two = PRIVILEGE_BIT(CAP_NET_RAW) | PRIVILEGE_BIT(CAP_BPF);
	char text[64];

	assert_string_equal(privilege_names(two, text, sizeof(text)), "CAP_NET_RAW, CAP_BPF");
	assert_string_equal(privilege_setcap(two, text, sizeof(text)), "cap_net_raw,cap_bpf");
	assert_string_equal(privilege_names(0, text, sizeof(text)), "none");
	assert_string_equal(privilege_names(UINT64_MAX, text, sizeof(text)), "all");
}

static void
names_that_do_not_fit_are_cut(void **state)
{
	char text[16];

	memset(text, 'x', sizeof(text));
	privilege_names(UINT64_MAX ^ 1, text, sizeof(text));
	assert_int_equal(strnlen(text, sizeof(text)), sizeof(text) - 1);
	assert_memory_equal(text, "CAP_DAC_OVERRID", 15);
}

static void
own_folders_need_no_capability_and_those_of_others_do(void **state)
{
	char folder[OWN_PATH], file[OWN_PATH + 16];

	assert_non_null(own_folder(folder));
	snprintf(file, sizeof(file), "%s/out.pcap", folder);
	assert_int_equal(privilege_for_files(file), 0);
	/* Without the owner's right to write, only the capability helps. */
	assert_int_equal(chmod(folder, 0500), 0);
	assert_int_equal(privilege_for_files(file), PRIVILEGE_BIT(CAP_DAC_OVERRIDE));
	rmdir(folder);
	assert_int_equal(privilege_for_files("/nowhere/at/all.pcap"), 0);
}

static int
wait_for_go(void *arg)
{
	while (!__atomic_load_n((bool *)arg, __ATOMIC_ACQUIRE))
		usleep(1000);
	return 0;
}

/* In a process of its own, which has nothing afterwards. 0 if all went as it should. */
static int
give_up(void)
{
	char *argv[] = {strdup("test"), strdup("--no-huge"), strdup("--lcores=(0-1)@0"), NULL};
	struct plx_why why = {""};
	bool go = false;
	int busy, done;

	if (plx_eal_init(3, argv, &why) < 0)
		return 1;
	plx_lcore_launch(wait_for_go, &go, plx_lcore_next(PLX_LCORE_NONE, true));
	busy = privilege_drop(0, &why);
	__atomic_store_n(&go, true, __ATOMIC_RELEASE);
	plx_lcore_wait_all();
	if (busy != -EBUSY || strstr(why.text, "while lcores work") == NULL)
		return 2;
	done = privilege_drop(0, &why);
	if (done != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 3;
	return privilege_drop(0, &why) == 0 ? 0 : 4;
}

static void
giving_up_waits_for_no_lcore_and_can_be_done_twice(void **state)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(give_up());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_have_the_names_of_the_manuals),
		cmocka_unit_test(names_that_do_not_fit_are_cut),
		cmocka_unit_test(own_folders_need_no_capability_and_those_of_others_do),
		cmocka_unit_test(giving_up_waits_for_no_lcore_and_can_be_done_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
