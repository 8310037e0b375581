/* SPDX-License-Identifier: BSD-3-Clause */
/* One message out and in: what must arrive, and what no peer may send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "patience.h"
#include "plx_unixsock.h"
#include "plx_vhost_user.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void
pair(int sock[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), 0);
}

static void
a_message_arrives_with_its_fds(void **state)
{
	struct vhost_user_msg out = {
		.head = {VHOST_USER_SET_VRING_KICK, VHOST_USER_VERSION, sizeof(uint64_t)},
		.payload.u64 = 3,
		.nb_fds = 1};
	struct vhost_user_msg in;
	int sock[2];

	pair(sock);
	out.fds[0] = sock[0];
	assert_int_equal(vhost_user_send(sock[0], &out, 100), 0);
	assert_int_equal(vhost_user_recv(sock[1], &in, 100, NULL), 0);
	assert_int_equal(in.head.request, VHOST_USER_SET_VRING_KICK);
	assert_int_equal(in.payload.u64, 3);
	assert_int_equal(in.nb_fds, 1);
	close(in.fds[0]);
	close(sock[0]);
	close(sock[1]);
}

static void
refused(struct vhost_user_head head, int expected)
{
	struct vhost_user_msg in;
	struct plx_why why = {""};
	int sock[2];

	pair(sock);
	assert_int_equal(write(sock[0], &head, sizeof(head)), sizeof(head));
	assert_int_equal(vhost_user_recv(sock[1], &in, 50, &why), expected);
	assert_string_not_equal(why.text, "");
	close(sock[0]);
	close(sock[1]);
}

static void
what_no_peer_may_send_is_refused(void **state)
{
	refused((struct vhost_user_head){1, 2, 0}, -EPROTO);
	refused((struct vhost_user_head){1, VHOST_USER_VERSION, UINT32_MAX}, -EPROTO);
	refused((struct vhost_user_head){1, VHOST_USER_VERSION, 8}, -ETIMEDOUT);
}

/* What is said of `len` bytes behind which the stream ends. */
static void
breaks_off(size_t len, int expected, const char *says)
{
	const struct vhost_user_msg msg = {
		.head = {VHOST_USER_SET_FEATURES, VHOST_USER_VERSION, sizeof(uint64_t)}};
	struct vhost_user_msg in;
	struct plx_why why = {""};
	int sock[2];

	pair(sock);
	assert_int_equal(write(sock[0], &msg, len), len);
	close(sock[0]);
	assert_int_equal(vhost_user_recv(sock[1], &in, 50, &why), expected);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
	close(sock[1]);
}

static void
an_end_in_a_message_is_told_from_the_end(void **state)
{
	breaks_off(0, -ECONNRESET, "");
	breaks_off(1, -EPROTO, "breaks off in its first 12 bytes");
	breaks_off(11, -EPROTO, "breaks off in its first 12 bytes");
	breaks_off(12, -EPROTO, "message 2 (SET_FEATURES) breaks off");
	breaks_off(19, -EPROTO, "message 2 (SET_FEATURES) breaks off");
}

static void
files_that_do_not_belong_are_refused(void **state)
{
	const struct vhost_user_head head = {2, VHOST_USER_VERSION, 8};
	struct vhost_user_msg in;
	struct plx_why why = {""};
	int sock[2], many[VHOST_USER_FDS_MAX + 1];

	pair(sock);
	for (unsigned i = 0; i < VHOST_USER_FDS_MAX + 1; i++)
		many[i] = sock[0];
	assert_int_equal(
		plx_unixsock_send(sock[0], &head, 12, NULL, 0, many, VHOST_USER_FDS_MAX + 1, 100),
		0);
	assert_int_equal(vhost_user_recv(sock[1], &in, 50, &why), -EMFILE);
	assert_non_null(strstr(why.text, "more than 8 files"));
	assert_int_equal(plx_unixsock_send(sock[0], &head, 12, NULL, 0, NULL, 0, 100), 0);
	assert_int_equal(plx_unixsock_send(sock[0], "12345678", 8, NULL, 0, many, 1, 100), 0);
	assert_int_equal(vhost_user_recv(sock[1], &in, 50, &why), -EMFILE);
	assert_non_null(strstr(why.text, "in the middle of message 2"));
	close(sock[0]);
	close(sock[1]);
}

/* They come with the head, and what follows is wrong. */
static void
files_of_a_message_that_fails_are_closed(void **state)
{
	static const struct vhost_user_head heads[] = {
		{2, 2, 8}, {2, VHOST_USER_VERSION, UINT32_MAX}, {2, VHOST_USER_VERSION, 8}};
	struct vhost_user_msg in;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(heads); i++) {
		int sock[2], pipes[2];
		char byte;

		pair(sock);
		assert_int_equal(pipe(pipes), 0);
		assert_int_equal(
			plx_unixsock_send(sock[0], &heads[i], 12, NULL, 0, &pipes[1], 1, 100), 0);
		assert_true(vhost_user_recv(sock[1], &in, 20, NULL) < 0);
		assert_int_equal(in.nb_fds, 0);
		close(pipes[1]);
		/* Nobody can write any more. */
		alarm(PATIENCE_MS / 1000); /* a copy that stays open would have this wait */
		assert_int_equal(read(pipes[0], &byte, 1), 0);
		alarm(0);
		close(pipes[0]);
		close(sock[0]);
		close(sock[1]);
	}
}

/* Full or empty, and made to block by who has it too: a call that waits is ended by the alarm. */
static void
bells_never_wait(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	eventfd_t count;

	alarm(PATIENCE_MS / 1000);
	vhost_user_bell_hush(fd);
	vhost_user_bell_ring(fd);
	vhost_user_bell_ring(fd);
	assert_int_equal(eventfd_read(fd, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(eventfd_write(fd, UINT64_MAX - 1), 0);
	vhost_user_bell_ring(fd);
	vhost_user_bell_hush(fd);
	vhost_user_bell_hush(fd);
	vhost_user_bell_ring(fd);
	assert_int_equal(eventfd_read(fd, &count), 0);
	assert_int_equal(count, 1);
	alarm(0);
	close(fd);
}

static void
requests_have_names(void **state)
{
	assert_string_equal(vhost_user_name(VHOST_USER_SET_MEM_TABLE), "SET_MEM_TABLE");
	assert_null(vhost_user_name(VHOST_USER_REQUEST_MAX));
	assert_null(vhost_user_name(0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_with_its_fds),
		cmocka_unit_test(what_no_peer_may_send_is_refused),
		cmocka_unit_test(an_end_in_a_message_is_told_from_the_end),
		cmocka_unit_test(files_that_do_not_belong_are_refused),
		cmocka_unit_test(files_of_a_message_that_fails_are_closed),
		cmocka_unit_test(bells_never_wait),
		cmocka_unit_test(requests_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
