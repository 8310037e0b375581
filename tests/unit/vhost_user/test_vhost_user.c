/* SPDX-License-Identifier: BSD-3-Clause */
/* One message out and in: what must arrive, and what no peer may send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plx_vhost_user.h"

#include <errno.h>
#include <string.h>
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
		cmocka_unit_test(requests_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
