/* SPDX-License-Identifier: BSD-3-Clause */
/* Peers that come, go, come back, lack something or are none; the port above is a stand-in that notes what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal_fixture.h"
#include "patience.h"
#include "plx_driver.h"
#include "plx_log.h"
#include "user.h"
#include "user_backend.h"
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH	  "link.sock" /* in a folder of this test's own */
#define SILENT_MS 3000	      /* what a silent peer gets */

static char folder[OWN_PATH];

static struct {
	unsigned halts, revivals, changes;
	int revive_error;
	bool was_busy;
	char log[4096];
	unsigned lines;
} seen;

static unsigned
read_count(const unsigned *count)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

void
virtio_port_halt(struct virtio_dev *dev)
{
	__atomic_add_fetch(&seen.halts, 1, __ATOMIC_RELEASE);
}

int
virtio_port_revive(struct virtio_dev *dev, struct plx_why *why)
{
	int error = __atomic_load_n(&seen.revive_error, __ATOMIC_ACQUIRE);

	assert_false(dev->alone);
	__atomic_add_fetch(&seen.revivals, 1, __ATOMIC_RELEASE);
	return error == 0 ? 0 : plx_why(why, error, "no life in it");
}

/* Busy once: it is called again. */
bool
virtio_port_link_news(struct virtio_dev *dev)
{
	if (__atomic_exchange_n(&seen.was_busy, true, __ATOMIC_RELAXED) == false)
		return false;
	__atomic_add_fetch(&seen.changes, 1, __ATOMIC_RELEASE);
	return true;
}

static void
note_log(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	size_t used = strlen(seen.log);

	snprintf(seen.log + used, sizeof(seen.log) - used, "%s\n", text);
	__atomic_add_fetch(&seen.lines, 1, __ATOMIC_RELEASE);
}

static bool
reaches(const unsigned *count, unsigned n)
{
	WAIT_UNTIL(read_count(count) >= n);
	return read_count(count) >= n;
}

/* -- scenes --------------------------------------------------------------------------------------------------------------- */

static struct plx_device device = {.name = "net_virtio_user0", .node = PLX_NODE_ANY};
static struct virtio_user *user;
static int answer_ms = PATIENCE_MS;

static int
open_user(const char *args, struct plx_why *why)
{
	int ret;

	memset(&seen, 0, sizeof(seen));
	user = plx_ethdev_alloc(sizeof(*user));
	assert_non_null(user);
	pthread_mutex_init(&user->lock, NULL);
	pthread_mutex_init(&user->dev.lock, NULL);
	user->dev.eth.device = &device;
	user->dev.transport_data = user;
	assert_int_equal(user_args_parse(args, &user->args, why), 0);
	assert_int_equal(user_queues_create(user, why), 0);
	user_peer_init(&user->peer, answer_ms, answer_ms);
	ret = user_link_open(user, why);
	return ret != 0 ? ret : user_link_watch(user, why);
}

static void
close_user(void)
{
	user_link_unwatch(user);
	user_link_close(user);
	user_queues_destroy(user);
	free(user);
}

/* Serves the next front end that calls. */
static void
serve(struct backend *b, int listener)
{
	b->sock = -1;
	WAIT_UNTIL((b->sock = plx_unixsock_accept(listener)) >= 0);
	assert_true(b->sock >= 0);
	b->nb_notes = 0;
	assert_int_equal(pthread_create(&b->thread, NULL, backend_run, b), 0);
}

/* Calls a front end that listens. */
static void
call(struct backend *b)
{
	b->sock = plx_unixsock_connect(PATH, NULL);
	assert_true(b->sock >= 0);
	b->nb_notes = 0;
	assert_int_equal(pthread_create(&b->thread, NULL, backend_run, b), 0);
}

/* -- servers --------------------------------------------------------------------------------------------------------------- */

static void
a_server_takes_one_peer_after_the_other(void **state)
{
	uint32_t generation;
	struct backend first = {BACKEND_GOOD}, second = {BACKEND_GOOD};
	unsigned before = backend_open_fds();
	struct plx_why why = {""};

	assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
	assert_true(user->dev.alone);
	call(&first);
	assert_true(reaches(&seen.revivals, 1));
	assert_true(reaches(&seen.changes, 1)); /* else this news and the next may be told as one */
	call(&second);				/* waits for its turn */
	assert_int_equal(read_count(&seen.halts), 0);
	pthread_mutex_lock(&user->lock);
	user->memory.told = user->queues[1].started = true;
	generation = user->generation;
	pthread_mutex_unlock(&user->lock);
	backend_stop(&first);
	assert_true(reaches(&seen.revivals, 2));
	pthread_mutex_lock(&user->lock);
	assert_true(user->generation >= generation + 2); /* the link was down and up */
	pthread_mutex_unlock(&user->lock);
	assert_int_equal(read_count(&seen.halts), 1);
	assert_true(reaches(&seen.changes, 2));
	assert_false(user->dev.alone);
	/* What the first was told the second does not know. */
	assert_false(user->memory.told || user->queues[1].started);
	close_user();
	backend_stop(&second);
	assert_int_equal(access(PATH, F_OK), -1);
	assert_int_equal(backend_open_fds(), before);
}

static void
a_socket_of_another_is_left_alone(void **state)
{
	struct plx_why why = {""};
	int other;

	assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
	assert_int_equal(unlink(PATH), 0);
	other = plx_unixsock_listen(PATH, &why);
	close_user();
	assert_int_equal(access(PATH, F_OK), 0);
	close(other);
	assert_int_equal(unlink(PATH), 0);
}

static void
a_peer_that_is_none_is_dropped_with_one_line(void **state)
{
	static const struct {
		enum fault fault;
		uint32_t at;
		const char *says;
	} rows[] = {
		{FAULT_NOISE, VHOST_USER_GET_FEATURES, "does not speak vhost-user"},
		{FAULT_SILENT, VHOST_USER_GET_FEATURES, "not answered in"},
		{FAULT_HANG_UP, VHOST_USER_GET_PROTOCOL_FEATURES, "hung up before it answered"},
		{FAULT_MANY_FDS, VHOST_USER_GET_FEATURES, "GET_FEATURES"},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct backend bad = {BACKEND_GOOD, .fault = rows[i].fault, .fault_at = rows[i].at};
		struct backend good = {BACKEND_GOOD};
		unsigned before = backend_open_fds();
		struct plx_why why = {""};

		answer_ms = rows[i].fault == FAULT_SILENT ? SILENT_MS : PATIENCE_MS;
		assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
		answer_ms = PATIENCE_MS;
		call(&bad);
		assert_true(reaches(&seen.lines, 1));
		backend_stop(&bad);
		assert_int_equal(read_count(&seen.revivals), 0);
		assert_non_null(strstr(seen.log, rows[i].says));
		call(&good);
		assert_true(reaches(&seen.revivals, 1));
		assert_true(reaches(&seen.lines, 2));
		assert_int_equal(read_count(&seen.lines), 2);
		close_user();
		backend_stop(&good);
		assert_int_equal(backend_open_fds(), before);
	}
}

/* Somebody who calls again and again is told once. */
static void
the_same_peer_that_is_none_is_told_once(void **state)
{
	struct plx_why why = {""};

	assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
	for (unsigned i = 0; i < 3; i++) {
		struct backend bad = {BACKEND_GOOD, .fault = FAULT_NOISE,
				      .fault_at = VHOST_USER_GET_FEATURES};

		call(&bad);
		pthread_join(bad.thread, NULL); /* when it was hung up on */
		close(bad.sock);
	}
	close_user();
	assert_int_equal(read_count(&seen.lines), 1);
}

static void
who_maps_less_than_there_is_is_not_taken(void **state)
{
	struct backend poor = {BACKEND_GOOD}, good = {BACKEND_GOOD};
	struct plx_why why = {""};

	assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
	pthread_mutex_lock(&user->lock);
	user->memory.n = VHOST_USER_REGIONS_MAX + 1;
	pthread_mutex_unlock(&user->lock);
	call(&poor);
	assert_true(reaches(&seen.lines, 1));
	assert_non_null(strstr(seen.log, "maps 8 regions of memory, and 9 are needed"));
	backend_stop(&poor);
	assert_int_equal(read_count(&seen.revivals), 0);
	good.protocol |= VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MEM_SLOTS);
	call(&good);
	assert_true(reaches(&seen.revivals, 1));
	pthread_mutex_lock(&user->lock);
	user->memory.n = 0;
	pthread_mutex_unlock(&user->lock);
	close_user();
	backend_stop(&good);
}

static void
who_lacks_what_is_in_force_is_not_taken(void **state)
{
	struct backend poor = {BACKEND_GOOD}, good = {BACKEND_GOOD};
	struct plx_why why = {""};

	assert_int_equal(open_user("path=" PATH ",server=1,packed_vq=1", &why), 0);
	pthread_mutex_lock(&user->dev.lock);
	user->dev.features = VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VIRTIO_BIT(VIRTIO_F_VERSION_1);
	pthread_mutex_unlock(&user->dev.lock);
	poor.features &= ~VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	call(&poor);
	assert_true(reaches(&seen.lines, 1));
	assert_non_null(strstr(seen.log, "lacks the features 0x400000000"));
	backend_stop(&poor);
	assert_int_equal(read_count(&seen.revivals), 0);
	call(&good);
	assert_true(reaches(&seen.revivals, 1));
	close_user();
	backend_stop(&good);
}

static void
who_has_no_room_for_our_memory_is_not_taken(void **state)
{
	struct backend small = {BACKEND_GOOD}, good = {BACKEND_GOOD};
	struct plx_why why = {""};

	assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
	pthread_mutex_lock(&user->lock);
	user->memory.n = USER_REGIONS_MAX + 1;
	pthread_mutex_unlock(&user->lock);
	call(&small);
	assert_true(reaches(&seen.lines, 1));
	assert_non_null(strstr(seen.log, "are needed: have fewer pools"));
	backend_stop(&small);
	assert_int_equal(read_count(&seen.revivals), 0);
	pthread_mutex_lock(&user->lock);
	user->memory.n = 0;
	pthread_mutex_unlock(&user->lock);
	call(&good);
	assert_true(reaches(&seen.revivals, 1));
	close_user();
	backend_stop(&good);
}

static void
a_port_that_cannot_be_revived_is_tried_again(void **state)
{
	struct backend first = {BACKEND_GOOD}, second = {BACKEND_GOOD};
	struct plx_why why = {""};

	assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
	seen.revive_error = -EIO;
	call(&first);
	assert_true(reaches(&seen.lines, 1));
	assert_non_null(strstr(seen.log, "no life in it"));
	pthread_mutex_lock(&user->dev.lock);
	assert_true(user->dev.alone);
	pthread_mutex_unlock(&user->dev.lock);
	__atomic_store_n(&seen.revive_error, 0, __ATOMIC_RELEASE);
	backend_stop(&first);
	call(&second);
	assert_true(reaches(&seen.revivals, 2));
	close_user();
	backend_stop(&second);
}

/* -- clients --------------------------------------------------------------------------------------------------------------- */

static void
a_client_calls_again_until_somebody_is_there(void **state)
{
	struct backend first = {BACKEND_GOOD}, second = {BACKEND_GOOD};
	unsigned before = backend_open_fds();
	struct plx_why why = {""};
	int listener = plx_unixsock_listen(PATH, &why);

	/* The first meeting is made by who opens the port, and by another thread than the back end's. */
	assert_true(listener >= 0);
	close(listener);
	assert_int_equal(open_user("path=" PATH ",wait=1", &why), 0);
	listener = plx_unixsock_listen(PATH, &why);
	serve(&first, listener);
	assert_true(reaches(&seen.revivals, 1));
	backend_stop(&first);
	assert_true(reaches(&seen.halts, 1));
	serve(&second, listener);
	assert_true(reaches(&seen.revivals, 2));
	assert_true(read_count(&seen.lines) >= 4);
	close_user();
	backend_stop(&second);
	close(listener);
	unlink(PATH);
	assert_int_equal(backend_open_fds(), before);
}

static void
a_conversation_that_goes_wrong_later_is_ended_too(void **state)
{
	struct backend first = {BACKEND_GOOD}, second = {BACKEND_GOOD};
	struct plx_why why = {""};
	uint64_t value;

	first.fault_at = VHOST_USER_GET_STATUS;
	first.fault = FAULT_EMPTY;
	assert_int_equal(open_user("path=" PATH ",server=1", &why), 0);
	call(&first);
	assert_true(reaches(&seen.revivals, 1));
	pthread_mutex_lock(&user->lock);
	assert_int_equal(user_peer_ask_u64(&user->peer, VHOST_USER_GET_STATUS, &value), -EPROTO);
	pthread_mutex_unlock(&user->lock);
	assert_true(reaches(&seen.halts, 1));
	backend_stop(&first);
	call(&second);
	assert_true(reaches(&seen.revivals, 2));
	close_user();
	assert_non_null(strstr(seen.log, "link down: the answer to GET_STATUS has 0 bytes"));
	backend_stop(&second);
}

static void
refused(const char *args, int expected, const char *says)
{
	unsigned before = backend_open_fds();
	struct plx_why why = {""};
	int ret;

	answer_ms = SILENT_MS;
	ret = open_user(args, &why);
	answer_ms = PATIENCE_MS;

	close_user();
	if (ret != expected || strstr(why.text, says) == NULL)
		fail_msg("%s: %d, %s", args, ret, why.text);
	assert_int_equal(backend_open_fds(), before);
}

static void
a_start_that_cannot_be_is_refused_with_the_cure(void **state)
{
	struct plx_why why;
	int listener;

	unlink(PATH);
	refused("path=" PATH, -ENOENT, "wait=1");
	refused("path=/nowhere/x.sock,server=1", -ENOENT, "/nowhere/x.sock");
	listener = plx_unixsock_listen(PATH, &why);
	refused("path=" PATH ",server=1", -EADDRINUSE, "another program listens");
	/* Somebody who takes the call and says nothing. */
	refused("path=" PATH, -ETIMEDOUT, "GET_FEATURES was not answered");
	close(listener);
	refused("path=" PATH, -ECONNREFUSED, "the program that made it is gone");
	unlink(PATH);
	close(open(PATH, O_CREAT | O_WRONLY, 0600));
	refused("path=" PATH, -ENOTSOCK, "is no socket");
	refused("path=" PATH ",wait=1", -ENOTSOCK, "is no socket");
	refused("path=" PATH ",server=1", -EEXIST, "is no socket");
	unlink(PATH);
}

static int
begin(void **state)
{
	plx_log_set_sink(note_log, NULL);
	if (own_folder(folder) == NULL || chdir(folder) != 0)
		return -1;
	return eal_fixture_init("0@0");
}

static int
end(void **state)
{
	rmdir(folder);
	return plx_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_takes_one_peer_after_the_other),
		cmocka_unit_test(a_socket_of_another_is_left_alone),
		cmocka_unit_test(a_peer_that_is_none_is_dropped_with_one_line),
		cmocka_unit_test(the_same_peer_that_is_none_is_told_once),
		cmocka_unit_test(who_maps_less_than_there_is_is_not_taken),
		cmocka_unit_test(who_lacks_what_is_in_force_is_not_taken),
		cmocka_unit_test(who_has_no_room_for_our_memory_is_not_taken),
		cmocka_unit_test(a_port_that_cannot_be_revived_is_tried_again),
		cmocka_unit_test(a_client_calls_again_until_somebody_is_there),
		cmocka_unit_test(a_conversation_that_goes_wrong_later_is_ended_too),
		cmocka_unit_test(a_start_that_cannot_be_is_refused_with_the_cure),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
