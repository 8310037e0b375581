/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages with descriptors over real sockets, and the peers that do not keep to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fds.h"
#include "plx_unixsock.h"
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void
pair(int sock[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock), 0);
}

static void
head_body_and_fds_arrive(void **state)
{
	char buf[8] = "";
	int sock[2], fds[2];
	unsigned n = 2;

	pair(sock);
	assert_int_equal(plx_unixsock_send(sock[0], "head", 4, "body", 4, sock, 2, 100), 0);
	assert_int_equal(plx_unixsock_recv(sock[1], buf, 8, fds, &n, 100), 0);
	assert_memory_equal(buf, "headbody", 8);
	assert_int_equal(n, 2);
	assert_int_equal(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	plx_unixsock_close_fds(fds, n);
	assert_int_equal(fds[0], -1);
	plx_unixsock_close_fds(sock, 2);
}

/* What stays there, and how far it goes. */
static void
a_look_ends_behind_the_first_call_with_fds(void **state)
{
	unsigned before, n = 1;
	char buf[32] = "";
	int sock[2], fds[1];

	pair(sock);
	before = open_fds();
	assert_int_equal(plx_unixsock_peek(sock[1], buf, sizeof(buf)), -EAGAIN);
	assert_int_equal(plx_unixsock_send(sock[0], "none", 4, NULL, 0, NULL, 0, 100), 0);
	assert_int_equal(plx_unixsock_send(sock[0], "one", 3, NULL, 0, sock, 1, 100), 0);
	assert_int_equal(plx_unixsock_send(sock[0], "next", 4, NULL, 0, sock, 1, 100), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(plx_unixsock_peek(sock[1], buf, sizeof(buf)), 7);
		assert_memory_equal(buf, "noneone", 7);
	}
	assert_int_equal(plx_unixsock_peek(sock[1], buf, 2), 2);
	assert_int_equal(open_fds(), before);
	assert_int_equal(plx_unixsock_recv_some(sock[1], buf, sizeof(buf), fds, &n), 7);
	assert_int_equal(n, 1);
	plx_unixsock_close_fds(fds, n);
	assert_int_equal(plx_unixsock_peek(sock[1], buf, sizeof(buf)), 4);
	assert_int_equal(plx_unixsock_recv_some(sock[1], buf, sizeof(buf), fds, &n), 4);
	plx_unixsock_close_fds(fds, n);
	plx_unixsock_close_fds(sock, 1);
	assert_int_equal(plx_unixsock_peek(sock[1], buf, sizeof(buf)), -ECONNRESET);
	plx_unixsock_close_fds(sock + 1, 1);
}

static void
more_fds_than_expected_are_closed(void **state)
{
	unsigned before = open_fds(), n = 1;
	int sock[2], fds[2];
	char buf[4];

	pair(sock);
	assert_int_equal(plx_unixsock_send(sock[0], "head", 4, NULL, 0, sock, 2, 100), 0);
	assert_int_equal(plx_unixsock_recv(sock[1], buf, 4, fds, &n, 100), -EMFILE);
	assert_int_equal(n, 0);
	plx_unixsock_close_fds(sock, 2);
	assert_int_equal(open_fds(), before);
}

static void
a_peer_that_stops_costs_a_time_limit(void **state)
{
	int sock[2];
	char buf[4];

	pair(sock);
	assert_int_equal(write(sock[0], "ab", 2), 2);
	assert_int_equal(plx_unixsock_recv(sock[1], buf, 4, NULL, NULL, 50), -ETIMEDOUT);
	close(sock[0]);
	assert_int_equal(plx_unixsock_recv(sock[1], buf, 4, NULL, NULL, 50), -ECONNRESET);
	assert_int_equal(plx_unixsock_send(sock[1], "x", 1, NULL, 0, NULL, 0, 50), -EPIPE);
	close(sock[1]);
}

static void
an_end_in_the_middle_is_told_from_the_end(void **state)
{
	unsigned before = open_fds(), n = 2;
	int sock[2], fds[2];
	char buf[4];

	pair(sock);
	assert_int_equal(plx_unixsock_send(sock[0], "ab", 2, NULL, 0, &sock[1], 1, 100), 0);
	close(sock[0]);
	assert_int_equal(plx_unixsock_recv(sock[1], buf, 4, fds, &n, 100), -EPROTO);
	assert_int_equal(n, 0);
	assert_int_equal(plx_unixsock_recv(sock[1], buf, 4, fds, &n, 100), -ECONNRESET);
	close(sock[1]);
	assert_int_equal(open_fds(), before);
}

/* As many as the kernel lets anybody send, which is more than there is room to receive. */
static void
a_flood_of_fds_is_closed(void **state)
{
	enum { FLOOD = 250 };
	union {
		char bytes[CMSG_SPACE(FLOOD * sizeof(int))];
		struct cmsghdr head;
	} control = {.head = {.cmsg_len = CMSG_LEN(FLOOD * sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS}};
	char head[] = "head";
	struct iovec iov = {.iov_base = head, .iov_len = 4};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	unsigned before = open_fds(), n = PLX_UNIXSOCK_FDS_MAX;
	int sock[2], fds[PLX_UNIXSOCK_FDS_MAX], many[FLOOD];
	char buf[4];

	pair(sock);
	for (unsigned i = 0; i < FLOOD; i++)
		many[i] = sock[0];
	memcpy(CMSG_DATA(&control.head), many, sizeof(many));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(sendmsg(sock[0], &msg, 0), 4);
		n = i == 0 ? PLX_UNIXSOCK_FDS_MAX : 1;
		assert_int_equal(plx_unixsock_recv(sock[1], buf, 4, i < 2 ? fds : NULL, &n, 100),
				 -EMFILE);
	}
	close(sock[0]);
	close(sock[1]);
	assert_int_equal(open_fds(), before);
}

static void
connect_is_refused(const char *path, int expected, const char *says)
{
	struct plx_why why = {""};
	unsigned before = open_fds();

	assert_int_equal(plx_unixsock_connect(path, &why), expected);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
	assert_int_equal(open_fds(), before);
}

static void
listen_is_refused(const char *path, int expected, const char *says)
{
	struct plx_why why = {""};
	unsigned before = open_fds();

	assert_int_equal(plx_unixsock_listen(path, &why), expected);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
	assert_int_equal(open_fds(), before);
}

static void
what_is_in_the_way_is_named(void **state)
{
	char dir[OWN_PATH], path[OWN_PATH + 16], longer[200];
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	bool root = geteuid() == 0;
	int other, listener;

	assert_non_null(own_folder(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	snprintf(longer, sizeof(longer), "%s/%0150d", dir, 0);
	connect_is_refused(longer, -ENAMETOOLONG, "1 to 107 characters");
	listen_is_refused("", -ENAMETOOLONG, "1 to 107 characters");
	listen_is_refused("/nowhere/sock", -ENOENT, "folder it is to be in is not there");
	/* A socket of another kind, in use and left over. */
	memcpy(addr.sun_path, path, strlen(path) + 1);
	other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(other, (struct sockaddr *)&addr, sizeof(addr)), 0);
	connect_is_refused(path, -EPROTOTYPE, "of another kind");
	listen_is_refused(path, -EPROTOTYPE, "cannot be replaced");
	close(other);
	connect_is_refused(path, -ECONNREFUSED, "nobody listens");
	listener = plx_unixsock_listen(path, NULL);
	assert_true(listener >= 0);
	/* Without the right to write to it, or to make one beside it. */
	assert_int_equal(chmod(path, 0400) | chmod(dir, 0555), 0);
	assert_int_equal(root ? seteuid(65534) : 0, 0);
	connect_is_refused(path, -EACCES, "run as its owner");
	snprintf(longer, sizeof(longer), "%s/another", dir);
	listen_is_refused(longer, -EACCES, "that you may write to");
	assert_int_equal(root ? seteuid(0) : 0, 0);
	close(listener);
	assert_int_equal(chmod(dir, 0700), 0); /* else only root could remove what is in it */
	unlink(path);
	rmdir(dir);
}

/* Whose queue is full of those that nobody took in: the limit ends it. */
static void
a_listener_that_takes_nobody_in_costs_a_time_limit(void **state)
{
	char path[OWN_PATH + 16];
	struct plx_why why = {""};
	int listener, n = 0, fds[256];

	listener = plx_unixsock_listen(own_name(path, sizeof(path)), &why);
	assert_true(listener >= 0);
	while (n < 256 && (fds[n] = plx_unixsock_connect(path, &why)) >= 0)
		n++;
	assert_true(n < 256);
	assert_int_equal(fds[n], -ETIMEDOUT);
	assert_non_null(strstr(why.text, "takes nobody in"));
	plx_unixsock_close_fds(fds, (unsigned)n);
	close(listener);
	unlink(path);
}

static void
a_left_over_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	char path[OWN_PATH + 16];
	struct plx_why why = {""};
	int first, second, peer;

	own_name(path, sizeof(path));
	assert_int_equal(close(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)), 0);
	assert_int_equal(plx_unixsock_listen(path, &why), -EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(plx_unixsock_connect(path, &why), -ENOENT);
	first = plx_unixsock_listen(path, &why);
	assert_true(first >= 0);
	assert_int_equal(plx_unixsock_listen(path, &why), -EADDRINUSE);
	close(first);
	assert_int_equal(plx_unixsock_connect(path, &why), -ECONNREFUSED);
	second = plx_unixsock_listen(path, &why);
	assert_true(second >= 0);
	assert_int_equal(plx_unixsock_accept(second), -EAGAIN);
	peer = plx_unixsock_connect(path, &why);
	assert_true(peer >= 0);
	first = plx_unixsock_accept(second);
	assert_true(first >= 0);
	assert_false(plx_unixsock_readable(first));
	close(peer);
	assert_true(plx_unixsock_readable(first));
	close(first);
	close(second);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_body_and_fds_arrive),
		cmocka_unit_test(a_look_ends_behind_the_first_call_with_fds),
		cmocka_unit_test(more_fds_than_expected_are_closed),
		cmocka_unit_test(a_peer_that_stops_costs_a_time_limit),
		cmocka_unit_test(an_end_in_the_middle_is_told_from_the_end),
		cmocka_unit_test(a_flood_of_fds_is_closed),
		cmocka_unit_test(what_is_in_the_way_is_named),
		cmocka_unit_test(a_listener_that_takes_nobody_in_costs_a_time_limit),
		cmocka_unit_test(a_left_over_socket_is_replaced_and_a_live_one_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
