/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_machine.h"

#include "leftover.h"

#include <fcntl.h>
#include <sys/file.h>

static bool
first_listens(const char *path)
{
	return strstr(path, "alive.sock") != NULL;
}

static struct machine
machine(void)
{
	return (struct machine){
		.root = fake_root, .link = fake_link_read, .listens = first_listens};
}

static bool
is_there(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", fake_root, name);
	return access(path, F_OK) == 0;
}

static void
a_socket_nobody_listens_on_is_found_and_swept_and_a_living_one_stays(void **state)
{
	const struct machine m = machine();
	struct leftovers all;

	fake_file("/run/pollux/alive.sock", "");
	fake_file("/run/pollux/dead.sock", "");
	fake_file("/run/pollux/notes.txt", "");
	assert_int_equal(leftovers_find(&m, &all), 0);
	assert_int_equal(all.n, 1);
	assert_string_equal(all.item[0].name, "/run/pollux/dead.sock");
	assert_string_equal(all.item[0].mend, "rm /run/pollux/dead.sock");
	assert_int_equal(leftover_sweep(&m, &all.item[0]), 0);
	leftovers_free(&all);
	assert_false(is_there("/run/pollux/dead.sock"));
	assert_true(is_there("/run/pollux/alive.sock"));
	assert_true(is_there("/run/pollux/notes.txt"));
}

static void
a_socket_that_came_to_life_since_is_not_swept(void **state)
{
	const struct machine m = machine();
	struct leftover item = {.kind = LEFTOVER_SOCKET, .name = "/run/pollux/alive.sock"};

	fake_file("/run/pollux/alive.sock", "");
	assert_int_equal(leftover_sweep(&m, &item), -EBUSY);
	assert_true(is_there("/run/pollux/alive.sock"));
}

/* Would a program have to wait that wants to open its door there? */
static bool
is_locked(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY);
	bool locked;

	assert_true(fd >= 0);
	locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
	close(fd);
	return locked;
}

static unsigned looked_locked;

static bool
nobody_listens_and_nobody_can_begin(const char *path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/run/pollux", fake_root);
	looked_locked += is_locked(folder);
	return false;
}

static void
no_door_can_open_while_a_socket_is_swept(void **state)
{
	struct machine m = machine();
	struct leftover item = {.kind = LEFTOVER_SOCKET, .name = "/run/pollux/newborn.sock"};
	char folder[PATH_MAX];
	int held;

	m.listens = nobody_listens_and_nobody_can_begin;
	fake_file("/run/pollux/newborn.sock", "");
	snprintf(folder, sizeof(folder), "%s/run/pollux", fake_root);
	/* A program is about to open its door: the socket may be its own. */
	held = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(held, LOCK_EX), 0);
	assert_int_equal(leftover_sweep(&m, &item), -EBUSY);
	assert_true(is_there("/run/pollux/newborn.sock"));
	close(held);
	assert_int_equal(leftover_sweep(&m, &item), 0);
	assert_int_equal(looked_locked, 1);
	assert_false(is_locked(folder));
	assert_false(is_there("/run/pollux/newborn.sock"));
	assert_int_equal(leftover_sweep(&m, &item), -ENOENT);
}

static void
a_namespace_is_stale_when_its_maker_is_gone_and_has_our_name(void **state)
{
	const struct machine m = machine();
	struct leftovers all;

	fake_file("/run/netns/plx-100-a", "");
	fake_file("/run/netns/plx-200-a", "");
	fake_file("/run/netns/plx-x", "");
	fake_file("/run/netns/other", "");
	fake_file("/proc/200/status", "");
	assert_int_equal(leftovers_find(&m, &all), 0);
	assert_int_equal(all.n, 1);
	assert_string_equal(all.item[0].mend, "sudo ip netns del plx-100-a");
	assert_int_equal(leftover_sweep(&m, &all.item[0]), 0);
	leftovers_free(&all);
	assert_false(is_there("/run/netns/plx-100-a"));
	assert_true(is_there("/run/netns/plx-200-a"));
	assert_true(is_there("/run/netns/other"));
}

static void
our_program_is_stale_only_without_a_holder(void **state)
{
	const struct machine m = machine();
	struct leftovers all;

	fake_file("/proc/net/dev", "head\nhead\n eth1: 0\n");
	fake_link.prog_id = 9;
	fake_link.holder_visible = true;
	snprintf(fake_link.prog_name, sizeof(fake_link.prog_name), "plx_af_xdp");
	assert_int_equal(leftovers_find(&m, &all), 0);
	assert_int_equal(all.n, 1);
	assert_int_equal(all.item[0].kind, LEFTOVER_XDP);
	assert_string_equal(all.item[0].mend, "sudo ip link set dev eth1 xdpdrv off");
	leftovers_free(&all);
	fake_link.bpf_link = 4;
	fake_link.holder_pid = 77;
	assert_int_equal(leftovers_find(&m, &all), 0);
	assert_int_equal(all.n, 0);
	leftovers_free(&all);
}

static void
what_cannot_be_looked_at_is_no_leftover_but_said_to_be_unseen(void **state)
{
	const struct machine m = machine();
	struct leftovers all;

	fake_file("/proc/net/dev", "head\nhead\n eth1: 0\n");
	fake_link.prog_id = 9;
	assert_int_equal(leftovers_find(&m, &all), 0);
	assert_int_equal(all.n, 0);
	assert_true(all.unseen);
	leftovers_free(&all);
}

static void
a_persistent_tap_is_told_while_it_does_not_run_and_never_swept(void **state)
{
	struct exam exam = fake_exam(0);
	struct report report;
	struct leftovers all;

	report_init(&report);
	exam.machine = machine();
	fake_file("/proc/net/dev", "head\nhead\n tap7: 0\n tap8: 0\n");
	fake_file("/sys/class/net/tap7/tun_flags", "0x1902\n");
	fake_file("/sys/class/net/tap8/tun_flags", "0x1102\n");
	snprintf(fake_link.driver, sizeof(fake_link.driver), "tun");
	check_leftovers(&exam, &report);
	assert_int_equal(fake_found(&report, "tap7 is a persistent tap")->level, LEVEL_NOTE);
	fake_found(&report, "sudo ip link del tap7");
	assert_false(fake_tells(&report, "tap8"));
	assert_false(fake_tells(&report, "none"));
	assert_int_equal(leftovers_find(&exam.machine, &all), 0);
	assert_int_equal(all.n, 0);
	leftovers_free(&all);
	report_fini(&report);

	report_init(&report);
	fake_link.flags |= IFF_RUNNING;
	check_leftovers(&exam, &report);
	assert_false(fake_tells(&report, "tap7"));
	report_fini(&report);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_socket_nobody_listens_on_is_found_and_swept_and_a_living_one_stays),
		CASE(a_socket_that_came_to_life_since_is_not_swept),
		CASE(no_door_can_open_while_a_socket_is_swept),
		CASE(a_namespace_is_stale_when_its_maker_is_gone_and_has_our_name),
		CASE(our_program_is_stale_only_without_a_holder),
		CASE(a_persistent_tap_is_told_while_it_does_not_run_and_never_swept),
		CASE(what_cannot_be_looked_at_is_no_leftover_but_said_to_be_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
