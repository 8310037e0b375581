/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands behind net_vhost0, what is refused there, and paths at which no port can wait. */
#include "vhost_test.h"

#include <sys/stat.h>

static void
nothing_but_the_path_has_to_be_said(void **state)
{
	static const uint8_t none[6];
	struct vhost_args args;

	assert_int_equal(vhost_args_parse("iface=/run/x", &args, NULL), 0);
	assert_string_equal(args.iface, "/run/x");
	assert_int_equal(args.queues, 1);
	assert_false(args.client || args.tso);
	assert_memory_equal(args.mac, none, 6);
	assert_memory_equal(args.guest_mac, none, 6);
}

static void
nonsense_is_refused_with_the_word_in_question(void **state)
{
	static const struct {
		const char *args, *says;
	} bad[] = {
		{"", "iface"},
		{"queues=2", "iface"},
		{"iface=", "iface"},
		{"iface=a,iface=b", "iface"},
		{"iface=a,queues=0", "queues"},
		{"iface=a,queues=65", "queues"},
		{"iface=a,queues=-1", "queues"},
		{"iface=a,queues=18446744073709551617", "queues"},
		{"iface=a,client=perhaps", "client"},
		{"iface=a,tso=2", "tso"},
		{"iface=a,mac=01:00:00:00:00:01", "mac=01:00:00:00:00:01 is a group address"},
		{"iface=a,guest_mac=ff:ff:ff:ff:ff:ff", "guest_mac=ff:ff:ff:ff:ff:ff is a group"},
		{"iface=a,mac=1:2", "mac"},
		{"iface=a,ifaces=b", "did you mean 'iface'?"},
	};
	struct vhost_args args;
	struct plx_why why;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		why.text[0] = '\0';
		assert_int_equal(vhost_args_parse(bad[i].args, &args, &why), -EINVAL);
		if (strstr(why.text, bad[i].says) == NULL)
			fail_msg("'%s': '%s'", bad[i].args, why.text);
	}
}

static void
attach_is_refused(const char *path, const char *more, const char *says)
{
	unsigned fds = count_entries("/proc/self/fd");
	struct plx_why why = {""};
	char devargs[256];

	snprintf(devargs, sizeof(devargs), "net_vhost0,iface=%s%s", path, more);
	assert_int_not_equal(plx_device_attach(devargs, &why), 0);
	if (strstr(why.text, says) == NULL)
		fail_msg("%s: '%s'", devargs, why.text);
	assert_int_equal(count_entries("/proc/self/fd"), fds);
}

static void
a_path_at_which_nobody_can_wait_is_named(void **state)
{
	char longer[160];
	int other;

	snprintf(longer, sizeof(longer), "/tmp/%0120d", 0);
	attach_is_refused(longer, "", "iface");
	attach_is_refused("/nowhere/sock", "", "folder it is to be in is not there");
	close(open(guest_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	attach_is_refused(guest_path, "", "is no socket");
	assert_int_equal(unlink(guest_path), 0);
	other = plx_unixsock_listen(guest_path, NULL);
	attach_is_refused(guest_path, "", "another program listens there");
	close(other);
	/* What a killed program left is replaced, and removed at the end. */
	assert_int_equal(port_open("", 1, NULL), 0);
	port_close();
	assert_int_not_equal(access(guest_path, F_OK), 0);
}

/* Whatever is put in its place while the port waits is not the port's to remove. */
static void
a_socket_of_another_is_left_alone(void **state)
{
	int other;

	assert_int_equal(port_open("", 1, NULL), 0);
	assert_int_equal(unlink(guest_path), 0);
	other = plx_unixsock_listen(guest_path, NULL);
	assert_true(other >= 0);
	port_close();
	assert_int_equal(access(guest_path, F_OK), 0);
	close(other);
	assert_int_equal(unlink(guest_path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_but_the_path_has_to_be_said),
		cmocka_unit_test(nonsense_is_refused_with_the_word_in_question),
		cmocka_unit_test(a_path_at_which_nobody_can_wait_is_named),
		cmocka_unit_test(a_socket_of_another_is_left_alone),
	};
	int failed;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
