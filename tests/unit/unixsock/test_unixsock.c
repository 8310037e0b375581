/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages with descriptors over real sockets, and the peers that do not keep to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned
open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

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
a_left_over_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	char path[] = "/tmp/plx-unixsock-XXXXXX";
	struct plx_why why = {""};
	int first, second, peer;

	assert_int_equal(close(mkstemp(path)), 0);
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
		cmocka_unit_test(more_fds_than_expected_are_closed),
		cmocka_unit_test(a_peer_that_stops_costs_a_time_limit),
		cmocka_unit_test(a_left_over_socket_is_replaced_and_a_live_one_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
