/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that a command keeps: who gets them, when, and what becomes of those that come to nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "door_fixture.h"
#include "fds.h"
#include "patience.h"
#include "plx_door.h"
#include "plx_door_client.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_MS PATIENCE_MS
#define AT_ONCE	 "{\"command\":\"at_once\"}"
#define LATER	 "{\"command\":\"later\"}"

/* -- who keeps connections ------------------------------------------------------------------------------ */

static struct {
	sem_t told;
	void *arg;
	int fd;
	atomic_uint times;
	pthread_t thread;
} owner;

static void
take(void *arg, int fd)
{
	owner.arg = arg;
	owner.fd = fd;
	owner.thread = pthread_self();
	atomic_fetch_add(&owner.times, 1);
	sem_post(&owner.told);
}

static int
keep(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
     struct plx_why *why)
{
	plx_door_reply_fd(reply, open("/dev/null", O_RDONLY | O_CLOEXEC));
	plx_door_reply_fd(reply, open("/dev/zero", O_RDONLY | O_CLOEXEC));
	return plx_door_reply_adopt(reply, take, &owner);
}

static int
keep_and_fail(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	      struct plx_why *why)
{
	keep(arg, request, reply, why);
	return plx_why(why, -EBUSY, "\"%s\" does not work", plx_door_request_word(request, 0));
}

static int
keep_twice(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	   struct plx_why *why)
{
	const int first = plx_door_reply_adopt(reply, take, &owner);
	const int second = plx_door_reply_adopt(reply, take, &owner);

	return first == 0 && second == -EALREADY ? 0 : plx_why(why, -EINVAL, "it kept two");
}

static int
say_much(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	 struct plx_why *why)
{
	plx_door_reply_array(reply, "much");
	for (unsigned i = 0; i < 10000; i++)
		plx_door_reply_count(reply, NULL, 1000000000 + i);
	plx_door_reply_end(reply);
	return 0;
}

static atomic_bool is_narrow;

/* Sockets take less than some hold already, so that the reply has to wait. */
static int
keep_narrow(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	    struct plx_why *why)
{
	const int size = 20000;

	for (int fd = 0; fd < 512; fd++)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	atomic_store(&is_narrow, true);
	return plx_door_reply_adopt(reply, take, &owner);
}

static int going = -1; /* who leaves while its question runs */

static int
keep_who_goes(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	      struct plx_why *why)
{
	close(going);
	return plx_door_reply_adopt(reply, take, &owner);
}

static int
plain(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
      struct plx_why *why)
{
	return 0;
}

static void
open_door(void)
{
	const struct plx_door_command commands[] = {
		{"at_once", "keeps who asks", keep, NULL, true},
		{"later", "the same, when served", keep},
		{"fails <word>", "keeps nobody", keep_and_fail, NULL, true},
		{"twice", "keeps only once", keep_twice, NULL, true},
		{"much", "says a lot", say_much, NULL, true},
		{"narrow", "keeps who has to read first", keep_narrow, NULL, true},
		{"goes", "keeps who is gone", keep_who_goes},
		{"plain", "nothing", plain, NULL, true},
	};
	struct plx_why why = {""};

	if (plx_door_open("test", &why) != 0)
		fail_msg("%s", why.text);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(commands); i++)
		assert_int_equal(plx_door_add(&commands[i]), 0);
}

static int
set_up(void **state)
{
	sem_init(&owner.told, 0, 0);
	owner.fd = -1;
	atomic_store(&owner.times, 0);
	atomic_store(&is_narrow, false);
	open_door();
	return 0;
}

static int
tear_down(void **state)
{
	plx_door_close();
	sem_destroy(&owner.told);
	return 0;
}

static void
wait_until_told(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT_MS / 1000;
	while (sem_timedwait(&owner.told, &until) != 0)
		assert_int_equal(errno, EINTR);
}

/* Bounded: until the owner was told. */
static void
serve_until_told(void)
{
	while (sem_trywait(&owner.told) != 0) {
		struct pollfd waits = {.fd = plx_door_fd(), .events = POLLIN};

		assert_int_equal(poll(&waits, 1, LIMIT_MS), 1);
		plx_door_serve();
	}
}

/* -- who asks ------------------------------------------------------------------------------------------- */

static int
attach(const char *request)
{
	struct plx_door_answer answer;
	struct plx_why why = {""};
	int fd;

	if (plx_door_attach(plx_door_path(), request, LIMIT_MS, &answer, &fd, &why) != 0)
		fail_msg("%s: %s", request, why.text);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	plx_door_answer_free(&answer);
	return fd;
}

static int
come_and_say(const char *text)
{
	int fd = plx_unixsock_connect_packets(plx_door_path(), NULL);

	assert_true(fd >= 0);
	assert_int_equal(plx_unixsock_send(fd, text, strlen(text), NULL, 0, NULL, 0, LIMIT_MS), 0);
	return fd;
}

static void
hangs_up(int fd)
{
	char byte;

	assert_int_equal(plx_unixsock_recv_packet(fd, &byte, 1, NULL, NULL, LIMIT_MS), -ECONNRESET);
}

/* What one says the other hears, both ways. */
static void
are_joined(int one, int other)
{
	const int ends[][2] = {{one, other}, {other, one}};
	char text[8];

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
			plx_unixsock_send(ends[i][0], "hello", 5, NULL, 0, NULL, 0, LIMIT_MS), 0);
		assert_int_equal(
			plx_unixsock_recv_packet(ends[i][1], text, 8, NULL, NULL, LIMIT_MS), 5);
		assert_memory_equal(text, "hello", 5);
	}
}

/* -- cases ---------------------------------------------------------------------------------------------- */

static void
who_asks_at_once_is_kept_with_its_socket(void **state)
{
	const unsigned before = open_fds();
	struct plx_door_answer answer;
	struct plx_why why = {""};
	int fd;

	assert_int_equal(plx_door_attach(plx_door_path(), AT_ONCE, LIMIT_MS, &answer, &fd, &why),
			 0);
	assert_string_equal(answer.text, "{\"command\":\"at_once\",\"result\":{}}");
	assert_int_equal(answer.nb_fds, 2);
	plx_door_answer_free(&answer);
	wait_until_told();
	assert_ptr_equal(owner.arg, &owner);
	assert_false(pthread_equal(owner.thread, pthread_self()));
	are_joined(fd, owner.fd);
	assert_true(fcntl(owner.fd, F_GETFD) & FD_CLOEXEC);
	assert_false(fcntl(owner.fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	hangs_up(owner.fd);
	close(owner.fd);
	assert_int_equal(owner.times, 1);
	assert_int_equal(open_fds(), before);
}

/* The program's thread serves, so another has to ask. */
static void *
attach_later(void *arg)
{
	struct plx_door_answer answer;

	if (plx_door_attach(plx_door_path(), LATER, LIMIT_MS, &answer, arg, NULL) == 0)
		plx_door_answer_free(&answer);
	return NULL;
}

static void
who_is_served_is_handed_over_where_it_was_served(void **state)
{
	pthread_t other;
	int fd = -1;

	assert_int_equal(pthread_create(&other, NULL, attach_later, &fd), 0);
	serve_until_told();
	assert_true(pthread_equal(owner.thread, pthread_self()));
	pthread_join(other, NULL);
	assert_true(fd >= 0);
	are_joined(fd, owner.fd);
	/* The owner goes first. */
	close(owner.fd);
	hangs_up(fd);
	close(fd);
	assert_int_equal(plx_door_serve(), 0);
	assert_int_equal(poll(&(struct pollfd){.fd = plx_door_fd(), .events = POLLIN}, 1, 0), 0);
}

static void
what_was_said_meanwhile_is_the_owners(void **state)
{
	char text[64];
	int fd = come_and_say(LATER);

	assert_int_equal(plx_unixsock_send(fd, "more", 4, NULL, 0, NULL, 0, LIMIT_MS), 0);
	serve_until_told();
	assert_int_equal(plx_unixsock_recv_packet(owner.fd, text, 64, NULL, NULL, LIMIT_MS), 4);
	assert_memory_equal(text, "more", 4);
	close(owner.fd);
	close(fd);
}

static void
the_kept_take_no_place_among_peers(void **state)
{
	int kept[2 * PLX_DOOR_PEERS_MAX], owned[PLX_ARRAY_LEN(kept)], peers[PLX_DOOR_PEERS_MAX];

	/* One place is left, for each that comes and is kept. */
	for (unsigned i = 0; i < PLX_DOOR_PEERS_MAX - 1; i++)
		peers[i] = attach("{\"command\":\"plain\"}");
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kept); i++) {
		kept[i] = attach(AT_ONCE);
		wait_until_told();
		owned[i] = owner.fd;
	}
	peers[PLX_DOOR_PEERS_MAX - 1] = attach("{\"command\":\"plain\"}");
	/* Nobody was pushed out. */
	for (unsigned i = 0; i < PLX_DOOR_PEERS_MAX; i++)
		assert_false(plx_unixsock_readable(peers[i]));
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kept); i++)
		are_joined(kept[i], owned[i]);
	plx_unixsock_close_fds(peers, PLX_DOOR_PEERS_MAX);
	plx_unixsock_close_fds(kept, PLX_ARRAY_LEN(kept));
	plx_unixsock_close_fds(owned, PLX_ARRAY_LEN(owned));
}

static void
who_goes_before_the_reply_is_no_connection(void **state)
{
	const unsigned before = open_fds();

	going = come_and_say("{\"command\":\"goes\"}");
	serve_until_told();
	assert_int_equal(owner.fd, -1);
	assert_int_equal(owner.times, 1);
	/* The door has let go of it, too: it is asked, since that is on its thread. */
	close(attach("{\"command\":\"plain\"}"));
	plx_door_close();
	open_door();
	assert_int_equal(open_fds(), before);
}

static void
a_command_that_fails_keeps_nobody(void **state)
{
	const unsigned before = open_fds();
	struct plx_door_answer answer = {.text = folder};
	static char request[PLX_DOOR_REQUEST_MAX];
	struct plx_why why = {""};
	int fd = 0;

	assert_int_equal(plx_door_attach(plx_door_path(), "{\"command\":\"fails it\"}", LIMIT_MS,
					 &answer, &fd, &why),
			 -EREMOTEIO);
	assert_non_null(strstr(why.text, "sock: \"it\" does not work"));
	assert_null(answer.text);
	assert_int_equal(fd, -1);
	wait_until_told();
	assert_int_equal(owner.fd, -1);
	/* Also where the answer, which repeats the line in longer words, is longer than any request. */
	memset(request, 0x7f, sizeof(request) - 1);
	memcpy(request, "{\"command\":\"fails a\\\"b ", 23);
	memcpy(request + sizeof(request) - 3, "\"}", 3);
	assert_int_equal(plx_door_attach(plx_door_path(), request, LIMIT_MS, &answer, &fd, &why),
			 -EREMOTEIO);
	assert_non_null(strstr(why.text, "sock: \"a\"b\" does not work"));
	wait_until_told();
	assert_int_equal(owner.times, 2);
	close(attach("{\"command\":\"plain\"}"));
	plx_door_close();
	open_door();
	assert_int_equal(open_fds(), before);
}

static void
who_asks_what_keeps_nobody_stays_a_peer(void **state)
{
	const char *text = "{\"command\":\"plain\"}";
	char heard[64];
	int fd = attach(text);

	assert_int_equal(plx_unixsock_send(fd, text, strlen(text), NULL, 0, NULL, 0, LIMIT_MS), 0);
	assert_true(plx_unixsock_recv_packet(fd, heard, sizeof(heard), NULL, NULL, LIMIT_MS) > 0);
	close(fd);
	close(attach("{\"command\":\"twice\"}"));
	wait_until_told();
	hangs_up(owner.fd);
	close(owner.fd);
	assert_int_equal(owner.times, 1);
}

/* It asked, and has to read before there is an answer. */
static int
come_and_make_wait(void)
{
	const char *text = "{\"command\":\"narrow\"}";
	int fd = come_and_say("{\"command\":\"much\"}");

	assert_int_equal(plx_unixsock_send(fd, text, strlen(text), NULL, 0, NULL, 0, LIMIT_MS), 0);
	for (unsigned i = 0; i < 10000 && !atomic_load(&is_narrow); i++)
		close(attach("{\"command\":\"plain\"}"));
	assert_true(is_narrow);
	/* Once more around: it was tried. */
	close(attach("{\"command\":\"plain\"}"));
	assert_int_equal(owner.times, 0);
	return fd;
}

static void
who_reads_late_is_handed_over_then(void **state)
{
	static char text[PLX_DOOR_REPLY_MAX];
	int fd = come_and_make_wait();

	assert_true(plx_unixsock_recv_packet(fd, text, sizeof(text), NULL, NULL, LIMIT_MS) >
		    100000);
	assert_true(plx_unixsock_recv_packet(fd, text, sizeof(text), NULL, NULL, LIMIT_MS) > 0);
	wait_until_told();
	are_joined(fd, owner.fd);
	close(owner.fd);
	close(fd);
}

static void
a_door_that_closes_before_the_reply_is_sent_hands_over_nothing(void **state)
{
	const unsigned before = open_fds();
	int fd = come_and_make_wait();

	plx_door_close();
	assert_int_equal(owner.times, 1);
	assert_int_equal(owner.fd, -1);
	close(fd);
	open_door();
	assert_int_equal(open_fds(), before);
}

static void
a_door_that_closes_hands_over_what_was_sent(void **state)
{
	char text[64];
	int fds[2], fd = come_and_say(LATER);
	unsigned nb_fds = 2;
	struct pollfd waits = {.fd = plx_door_fd(), .events = POLLIN};

	assert_int_equal(poll(&waits, 1, LIMIT_MS), 1);
	assert_int_equal(plx_door_serve(), 1);
	/* The reply is there, and nobody served since. */
	assert_true(plx_unixsock_recv_packet(fd, text, 64, fds, &nb_fds, LIMIT_MS) > 0);
	assert_int_equal(owner.times, 0);
	plx_unixsock_close_fds(fds, nb_fds);
	plx_door_close();
	assert_int_equal(owner.times, 1);
	are_joined(fd, owner.fd);
	close(owner.fd);
	close(fd);
	open_door();
}

static void
who_was_not_served_yet_is_not_kept_by_a_door_that_closes(void **state)
{
	struct pollfd waits = {.fd = plx_door_fd(), .events = POLLIN};
	int fd = come_and_say(LATER);

	assert_int_equal(poll(&waits, 1, LIMIT_MS), 1);
	plx_door_close();
	assert_int_equal(owner.times, 0);
	hangs_up(fd);
	close(fd);
	open_door();
}

/* -- all ------------------------------------------------------------------------------------------------- */

int
main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_DOOR(who_asks_at_once_is_kept_with_its_socket),
		WITH_DOOR(who_is_served_is_handed_over_where_it_was_served),
		WITH_DOOR(what_was_said_meanwhile_is_the_owners),
		WITH_DOOR(the_kept_take_no_place_among_peers),
		WITH_DOOR(who_goes_before_the_reply_is_no_connection),
		WITH_DOOR(a_command_that_fails_keeps_nobody),
		WITH_DOOR(who_asks_what_keeps_nobody_stays_a_peer),
		WITH_DOOR(who_reads_late_is_handed_over_then),
		WITH_DOOR(a_door_that_closes_before_the_reply_is_sent_hands_over_nothing),
		WITH_DOOR(a_door_that_closes_hands_over_what_was_sent),
		WITH_DOOR(who_was_not_served_yet_is_not_kept_by_a_door_that_closes),
	};

	return cmocka_run_group_tests(tests, door_begin, door_end);
}
