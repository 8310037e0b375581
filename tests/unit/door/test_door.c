/* SPDX-License-Identifier: BSD-3-Clause */
/* A door of this program, who comes to it, and who comes with bad intent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "door_fixture.h"
#include "door_priv.h"
#include "fds.h"
#include "patience.h"
#include "plx_door_client.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS PATIENCE_MS

static unsigned ran;

/* -- commands of the test ----------------------------------------------------------------------------- */

static int
echo(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
     struct plx_why *why)
{
	ran++;
	plx_door_reply_text(reply, "line", plx_door_request_line(request));
	plx_door_reply_text(reply, "arg", arg);
	return 0;
}

static int
give_fd(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	struct plx_why *why)
{
	plx_door_reply_text(reply, "fd", "null");
	return plx_door_reply_fd(reply, open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/* As much as goes into a message. */
static int
give_much(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	  struct plx_why *why)
{
	plx_door_reply_array(reply, "much");
	for (unsigned i = 0; i < 10000; i++)
		plx_door_reply_count(reply, NULL, 1000000000 + i);
	plx_door_reply_end(reply);
	return 0;
}

static int
fail_always(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	    struct plx_why *why)
{
	return plx_why(why, -EBUSY, "not now");
}

static char arg[] = "argument";

static void
open_door(void)
{
	const struct plx_door_command commands[] = {
		{"echo <words>", "says it again", echo, arg},
		{"now", "the same at once", echo, arg, true},
		{"fd", "a descriptor", give_fd, NULL, true},
		{"much", "a lot", give_much, NULL, true},
		{"fails", "never works", fail_always},
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
	ran = 0;
	open_door();
	return 0;
}

static int
tear_down(void **state)
{
	plx_door_close();
	return 0;
}

/* -- a peer ------------------------------------------------------------------------------------------- */

static int
come(void)
{
	struct plx_why why = {""};
	int fd = plx_unixsock_connect_packets(plx_door_path(), &why);

	if (fd < 0)
		fail_msg("%s", why.text);
	return fd;
}

static int
say(int fd, const char *text)
{
	return plx_unixsock_send(fd, text, strlen(text), NULL, 0, NULL, 0, LIMIT_MS);
}

/* What comes, which the next call forgets; NULL when the door hung up. */
static const char *
hear(int fd)
{
	static char text[PLX_DOOR_REPLY_MAX + 1];
	ssize_t n = plx_unixsock_recv_packet(fd, text, sizeof(text) - 1, NULL, NULL, LIMIT_MS);

	if (n == -ECONNRESET || n == -EPIPE)
		return NULL;
	if (n < 0)
		fail_msg("heard %s", strerror((int)-n));
	text[n] = '\0';
	return text;
}

/* Bounded: until something waits for plx_door_serve. */
static void
serve_one(void)
{
	struct pollfd waits = {.fd = plx_door_fd(), .events = POLLIN};

	assert_int_equal(poll(&waits, 1, LIMIT_MS), 1);
	plx_door_serve();
}

static void
answers(int fd, const char *request, const char *holds)
{
	const char *text;

	assert_int_equal(say(fd, request), 0);
	text = hear(fd);
	if (text == NULL || strstr(text, holds) == NULL)
		fail_msg("%s: '%.200s' lacks '%s'", request, text != NULL ? text : "(hung up)",
			 holds);
}

/* -- those who mean well -------------------------------------------------------------------------------- */

static void
commands_run_at_once_or_when_served(void **state)
{
	int fd = come();

	answers(fd, "{\"command\":\"now and then\"}",
		"{\"command\":\"now and then\",\"result\":{\"line\":\"now and then\",\"arg\":\"argument\"}}");
	assert_int_equal(ran, 1);
	assert_int_equal(say(fd, "{\"command\":\"echo 1\"}"), 0);
	assert_int_equal(plx_unixsock_recv_packet(fd, &(char){0}, 1, NULL, NULL, 50), -ETIMEDOUT);
	assert_int_equal(ran, 1);
	serve_one();
	assert_string_equal(
		hear(fd),
		"{\"command\":\"echo 1\",\"result\":{\"line\":\"echo 1\",\"arg\":\"argument\"}}");
	assert_int_equal(plx_door_serve(), 0);
	assert_int_equal(say(fd, "{\"command\":\"fails\"}"), 0);
	serve_one();
	assert_string_equal(hear(fd), "{\"command\":\"fails\",\"error\":\"not now\"}");
	close(fd);
}

static void
every_program_tells_what_it_is(void **state)
{
	char pid[32];
	int fd = come();

	snprintf(pid, sizeof(pid), "\"pid\":%d,", (int)getpid());
	answers(fd, "{\"command\":\"help\"}", "{\"command\":\"stats <port>\",\"help\":\"");
	answers(fd, "{\"command\":\"info\"}", pid);
	answers(fd, "{\"command\":\"info\"}", "\"program\":\"test\"");
	answers(fd, "{\"command\":\"info\"}", "\"args\":[\"");
	assert_int_equal(say(fd, "{\"command\":\"lcores\"}"), 0);
	serve_one();
	assert_non_null(strstr(hear(fd),
			       "{\"lcore\":0,\"role\":\"main\",\"state\":\"runs\",\"cpus\":[0]}"));
	assert_int_equal(say(fd, "{\"command\":\"ports\"}"), 0);
	serve_one();
	assert_non_null(strstr(hear(fd), "\"result\":{\"ports\":[]}"));
	assert_int_equal(say(fd, "{\"command\":\"xstats\",\"port\":3}"), 0);
	serve_one();
	assert_non_null(strstr(hear(fd), "\"error\":\"there is no port 3"));
	close(fd);
}

static void
commands_are_found_by_their_whole_name(void **state)
{
	const struct plx_door_command again = {"echo", "once more", echo, arg};
	const struct plx_door_command own = {"info <word>", "in its place", echo, arg, true};
	int fd = come();

	assert_int_equal(plx_door_add(&again), -EEXIST);
	answers(fd, "{\"command\":\"info\"}", "\"version\"");
	assert_int_equal(plx_door_add(&own), -EEXIST); /* hides none that all have */
	answers(fd, "{\"command\":\"info\"}", "\"version\"");
	answers(fd, "{\"command\":\"hel\"}", "did you mean \\\"help\\\"?");
	answers(fd, "{\"command\":\"helpme please\"}", "there is no command \\\"helpme\\\"");
	answers(fd, "{\"command\":\"zzzzzzzzzz\"}", "help lists what there is");
	close(fd);
}

static void
descriptors_go_with_an_answer(void **state)
{
	const unsigned before = open_fds();
	struct plx_door_answer answer;
	struct plx_why why = {""};

	assert_int_equal(
		plx_door_call(plx_door_path(), "{\"command\":\"fd\"}", LIMIT_MS, &answer, &why), 0);
	assert_string_equal(answer.text, "{\"command\":\"fd\",\"result\":{\"fd\":\"null\"}}");
	assert_int_equal(answer.nb_fds, 1);
	assert_true(fcntl(answer.fds[0], F_GETFD) & FD_CLOEXEC);
	plx_door_answer_free(&answer);
	plx_door_close();
	open_door();
	assert_int_equal(open_fds(), before);
}

/* A socket in the folder, as one that listens or as who was killed left it. */
static int
make_socket(const char *name, bool lives, char ret_path[PATH_MAX])
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s.sock", folder, name);
	snprintf(ret_path, PATH_MAX, "%s", addr.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	if (lives) {
		assert_int_equal(listen(fd, 64), 0); /* nobody takes in */
		return fd;
	}
	close(fd);
	return -1;
}

static void
the_list_has_who_lives_and_takes_away_who_died(void **state)
{
	struct plx_door_entry list[8];
	char dead[PATH_MAX];
	char path[PATH_MAX];
	struct stat st;
	unsigned n;
	int note;

	make_socket("dead", false, dead);
	snprintf(path, sizeof(path), "%s/file.sock", folder);
	note = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(note);
	n = plx_door_list(list, 8);
	assert_true(n >= 1); /* of those of this machine, ours is the first */
	assert_string_equal(list[0].name, plx_eal_prefix());
	assert_string_equal(list[0].path, plx_door_path());
	assert_int_equal(list[0].pid, getpid());
	assert_int_equal(list[0].uid, geteuid());
	for (unsigned i = 0; i < n && i < 8; i++)
		assert_string_not_equal(list[i].name, "dead");
	assert_int_equal(lstat(dead, &st), -1);
	assert_int_equal(lstat(path, &st), 0); /* is no socket */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(stat(plx_door_path(), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
means(const char *word, const char *path)
{
	char found[PLX_DOOR_PATH_MAX] = "";
	struct plx_why why = {""};

	if (plx_door_find(word, found, &why) != 0)
		fail_msg("%s: %s", word, why.text);
	assert_string_equal(found, path);
}

static void
a_word_means_a_program_by_name_beginning_process_or_path(void **state)
{
	char one[PATH_MAX], other[PATH_MAX], found[PLX_DOOR_PATH_MAX], pid[16];
	int fds[] = {make_socket("zz-one", true, one), make_socket("zz-one-more", true, other)};
	struct plx_why why = {""};
	char long_path[200];

	means("zz-one", one); /* its whole name, though it begins another's */
	means("zz-one-", other);
	means(plx_eal_prefix(), plx_door_path());
	means("/nowhere/x.sock", "/nowhere/x.sock");
	assert_int_equal(plx_door_find("zz-on", found, &why), -EINVAL);
	assert_non_null(strstr(why.text, "may be any of zz-one-more, zz-one"));
	assert_int_equal(plx_door_find("zzz", found, &why), -ENOENT);
	assert_non_null(strstr(why.text, "no program of that name"));
	assert_int_equal(plx_door_find("", found, &why), -EINVAL);
	assert_string_equal(why.text, "the name of the program is empty");
	memset(long_path, '/', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(plx_door_find(long_path, found, &why), -EINVAL);
	assert_int_equal(unlink(one) | unlink(other), 0);
	plx_unixsock_close_fds(fds, 2);
	/* All were this process's, now only the door is. */
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	means(pid, plx_door_path());
}

static void
opening_takes_away_who_died_and_refuses_a_name_in_use(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dead[PATH_MAX], alive[PATH_MAX];
	struct plx_why why = {""};
	struct stat st;
	int other, neighbour;

	assert_int_equal(plx_door_open("test", &why), -EALREADY);
	memcpy(addr.sun_path, plx_door_path(), strlen(plx_door_path()) + 1);
	plx_door_close();
	assert_int_equal(lstat(addr.sun_path, &st), -1);
	assert_null(plx_door_path());
	assert_int_equal(plx_door_fd(), -1);
	other = plx_unixsock_listen_packets(addr.sun_path, &why);
	assert_true(other >= 0);
	assert_int_equal(plx_door_open("test", &why), -EADDRINUSE);
	assert_non_null(strstr(why.text, "another program listens there"));
	assert_int_equal(lstat(addr.sun_path, &st), 0);
	close(other);
	/* Of others: who died, and who lives. */
	make_socket("dead", false, dead);
	neighbour = make_socket("alive", true, alive);
	open_door();
	assert_int_equal(lstat(dead, &st), -1);
	assert_int_equal(lstat(alive, &st), 0);
	close(neighbour);
	assert_int_equal(unlink(alive), 0);
}

static void
folders_of_others_are_left_alone(void **state)
{
	char open_to_all[64];
	struct plx_why why = {""};
	const char *path;
	struct door_folders folders = {.n = 1};

	snprintf(open_to_all, sizeof(open_to_all), "%s/shared", folder);
	assert_int_equal(mkdir(open_to_all, 0700) | chmod(open_to_all, 0777), 0);
	snprintf(folders.path[0], sizeof(folders.path[0]), "%s", open_to_all);
	assert_int_equal(door_folder_take(&folders, &path, &why), -ENOENT);
	assert_non_null(strstr(why.text, "XDG_RUNTIME_DIR"));
	/* Not by way of a link either. */
	assert_int_equal(chmod(open_to_all, 0700), 0);
	snprintf(folders.path[0], sizeof(folders.path[0]), "%s/link", folder);
	assert_int_equal(symlink(open_to_all, folders.path[0]), 0);
	assert_int_equal(door_folder_take(&folders, &path, &why), -ENOENT);
	assert_int_equal(unlink(folders.path[0]), 0);
	assert_int_equal(rmdir(open_to_all), 0);
}

/* -- those who do not ----------------------------------------------------------------------------------- */

static void
garbage_is_answered_and_too_much_of_it_too(void **state)
{
	static char long_text[3 * PLX_DOOR_REQUEST_MAX];
	int fd = come();

	answers(fd, "hello", "{\"error\":\"the request is to be");
	answers(fd, "{\"command\":[]}", "{\"error\":\"");
	memset(long_text, ' ', sizeof(long_text) - 1);
	answers(fd, long_text, "{\"error\":\"a request has at most 4096 bytes\"}");
	answers(fd, "{\"command\":\"now\"}", "\"result\"");
	/* A packet of nothing is as good as an end. */
	assert_int_equal(send(fd, "", 0, MSG_NOSIGNAL), 0);
	assert_null(hear(fd));
	close(fd);
}

static void
floods_of_descriptors_are_closed(void **state)
{
	const unsigned before = open_fds();
	const char *text = "{\"command\":\"now\"}";
	int fd = come(), many[PLX_UNIXSOCK_FDS_MAX];

	for (unsigned i = 0; i < PLX_UNIXSOCK_FDS_MAX; i++)
		many[i] = fd;
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(plx_unixsock_send(fd, text, strlen(text), NULL, 0, many,
						   PLX_UNIXSOCK_FDS_MAX, LIMIT_MS),
				 0);
		assert_string_equal(hear(fd),
				    "{\"error\":\"a request brings no file descriptors\"}");
	}
	assert_int_equal(ran, 0);
	close(fd);
	plx_door_close();
	open_door();
	assert_int_equal(open_fds(), before);
}

static void
more_than_fit_push_out_who_was_silent_longest(void **state)
{
	int fds[PLX_DOOR_PEERS_MAX + 4];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(fds); i++) {
		fds[i] = come();
		answers(fds[i], "{\"command\":\"now\"}", "\"result\"");
		/* The first stays, since it is heard of. */
		answers(fds[0], "{\"command\":\"now\"}", "\"result\"");
	}
	for (unsigned i = 1; i < 5; i++)
		assert_null(hear(fds[i]));
	for (unsigned i = 5; i < PLX_ARRAY_LEN(fds); i++)
		answers(fds[i], "{\"command\":\"now\"}", "\"result\"");
	plx_unixsock_close_fds(fds, PLX_ARRAY_LEN(fds));
}

/* The bell counts the questions that came in, and need not ring for them to be served. */
static void
wait_for_rings(unsigned n)
{
	struct pollfd waits = {.fd = plx_door_fd(), .events = POLLIN};
	uint64_t rung;

	for (uint64_t all = 0; all < n; all += rung) {
		assert_int_equal(poll(&waits, 1, LIMIT_MS), 1);
		assert_int_equal(read(plx_door_fd(), &rung, sizeof(rung)), sizeof(rung));
	}
}

static void
who_waits_for_the_program_keeps_its_place(void **state)
{
	int fds[PLX_DOOR_PEERS_MAX], late;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(fds); i++) {
		fds[i] = come();
		answers(fds[i], "{\"command\":\"now\"}", "\"result\"");
		assert_int_equal(say(fds[i], "{\"command\":\"echo\"}"), 0);
	}
	wait_for_rings(PLX_ARRAY_LEN(fds));
	late = come();
	assert_non_null(strstr(hear(late), "the program is busy"));
	assert_null(hear(late));
	close(late);
	while (ran < 2 * PLX_DOOR_PEERS_MAX)
		assert_true(plx_door_serve() > 0);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(fds); i++)
		assert_non_null(strstr(hear(fds[i]), "\"line\":\"echo\""));
	plx_unixsock_close_fds(fds, PLX_ARRAY_LEN(fds));
}

static bool
rings(void)
{
	struct pollfd waits = {.fd = plx_door_fd(), .events = POLLIN};

	return poll(&waits, 1, 0) == 1;
}

/* It asks and does not read: it waits by itself, and others are answered. */
static void
a_slow_reader_holds_up_nobody_but_itself(void **state)
{
	int slow = come(), other = come(), sent = 0, heard = 0;
	const char *text = "{\"command\":\"much\"}";

	while (sent < 1000 &&
	       plx_unixsock_send(slow, text, strlen(text), NULL, 0, NULL, 0, 200) == 0)
		sent++;
	assert_true(sent > 1 && sent < 1000);
	answers(other, "{\"command\":\"now\"}", "\"result\"");
	for (; heard < sent; heard++)
		assert_non_null(strstr(hear(slow), "1000009999]"));
	close(slow);
	close(other);
}

static void
who_goes_takes_its_question_back(void **state)
{
	int first = come(), second = come();

	assert_int_equal(say(first, "{\"command\":\"echo first\"}"), 0);
	answers(second, "{\"command\":\"now\"}", "\"result\""); /* the first was read by now */
	assert_true(rings());
	close(first);
	answers(second, "{\"command\":\"now\"}", "\"result\"");
	assert_false(rings()); /* else who sleeps on it would not */
	assert_int_equal(say(second, "{\"command\":\"echo second\"}"), 0);
	serve_one();
	while (ran < 3)
		serve_one();
	assert_non_null(strstr(hear(second), "echo second"));
	assert_int_equal(ran, 3);
	close(second);
}

/* Whoever let it through to the socket: the kernel tells who it is. In a process of its own; 0, or where it failed. */
static int
come_as_another(uid_t uid, const char *path)
{
	char text[256] = "";
	int fd;

	if (setresuid(uid, uid, uid) != 0)
		return 1;
	fd = plx_unixsock_connect_packets(path, NULL);
	if (fd < 0)
		return 2;
	say(fd, "{\"command\":\"now\"}"); /* may be refused by then */
	if (recv(fd, text, sizeof(text) - 1, 0) <= 0 && recv(fd, text, sizeof(text) - 1, 0) <= 0)
		return 3;
	return strstr(text, "answers its own user and root") != NULL ? 0 : 4;
}

static void
who_is_another_user_is_refused(void **state)
{
	const char *path = plx_door_path();
	int status;
	pid_t pid;

	if (geteuid() != 0) {
		print_message("another user's peer takes root\n");
		skip();
	}
	assert_int_equal(chmod(folder, 0711) | chmod(path, 0666), 0);
	pid = fork();
	if (pid == 0)
		_exit(come_as_another(65534, path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_int_equal(status, 0);
	assert_int_equal(ran, 0);
}

/* In all states that a peer can be in. */
static void
closing_lets_all_go(void **state)
{
	const unsigned before = open_fds();
	int idle = come(), waiting = come(), slow = come();
	const char *text = "{\"command\":\"much\"}";
	unsigned sent = 0;

	answers(idle, "{\"command\":\"now\"}", "\"result\"");
	assert_int_equal(say(waiting, "{\"command\":\"echo\"}"), 0);
	while (plx_unixsock_send(slow, text, strlen(text), NULL, 0, NULL, 0, 100) == 0)
		sent++;
	assert_true(sent > 0);
	plx_door_close();
	assert_null(hear(idle));
	assert_null(hear(waiting));
	plx_unixsock_close_fds(&idle, 1);
	plx_unixsock_close_fds(&waiting, 1);
	plx_unixsock_close_fds(&slow, 1);
	open_door();
	assert_int_equal(open_fds(), before);
}

static void
callers_are_told_what_is_wrong(void **state)
{
	static char long_text[PLX_DOOR_REQUEST_MAX + 2];
	struct plx_door_answer answer;
	struct plx_why why = {""};

	assert_int_equal(plx_door_call("/nowhere/x.sock", "{}", 100, &answer, &why), -ENOENT);
	memset(long_text, ' ', sizeof(long_text) - 1);
	assert_int_equal(plx_door_call(plx_door_path(), long_text, 100, &answer, &why), -EMSGSIZE);
	assert_int_equal(
		plx_door_call(plx_door_path(), "{\"command\":\"echo\"}", 100, &answer, &why),
		-ETIMEDOUT);
	assert_non_null(strstr(why.text, "the program is busy, or stopped"));
	assert_null(answer.text);
}

/* -- all ------------------------------------------------------------------------------------------------- */

int
main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_DOOR(commands_run_at_once_or_when_served),
		WITH_DOOR(every_program_tells_what_it_is),
		WITH_DOOR(commands_are_found_by_their_whole_name),
		WITH_DOOR(descriptors_go_with_an_answer),
		WITH_DOOR(the_list_has_who_lives_and_takes_away_who_died),
		WITH_DOOR(a_word_means_a_program_by_name_beginning_process_or_path),
		WITH_DOOR(opening_takes_away_who_died_and_refuses_a_name_in_use),
		WITH_DOOR(folders_of_others_are_left_alone),
		WITH_DOOR(garbage_is_answered_and_too_much_of_it_too),
		WITH_DOOR(floods_of_descriptors_are_closed),
		WITH_DOOR(more_than_fit_push_out_who_was_silent_longest),
		WITH_DOOR(who_waits_for_the_program_keeps_its_place),
		WITH_DOOR(a_slow_reader_holds_up_nobody_but_itself),
		WITH_DOOR(who_goes_takes_its_question_back),
		WITH_DOOR(who_is_another_user_is_refused),
		WITH_DOOR(closing_lets_all_go),
		WITH_DOOR(callers_are_told_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, door_begin, door_end);
}
