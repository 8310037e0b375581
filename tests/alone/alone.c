/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alone [-np] PROGRAM ARGS...: runs a test so that it finds nothing of others and leaves nothing to them. What it leaves fails it, with
 * its name, and is removed, also when the test or this program is killed.
 *
 * Root's tests get a place of their own (place.c); -n leaves them the machine's network, for those that download. Other users' get
 * a folder, $TMPDIR. Huge pages, which cannot be anybody's own, are there for tests with -p only: one that reserves or counts them
 * holds the lock of tests/unit/hugepages.h. $FUNC_TMPDIR, where it is set, becomes a folder in the one it names. $PLX_TEST_AS, words joined by blanks,
 * is a command that the test is run by: setpriv. $ALONE_PATIENCE_MS: how long what still runs when the test has ended may take to end.
 *
 *	front	what meson knows: hands on signals, ends as the test ended
 *	keeper	in a session of its own, so that nothing that ends the test's processes ends it; removes the folders
 *	runner	the first process of the place: whose parents died are its children
 *	test	in a session of its own
 */
#include "alone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000 /* for what ends by itself: its processor may stand still for 20 s */
#define END_MS	    3000  /* for a test that was told to end */
#define TICK_MS	    5
#define FAILED	    1
#define SKIPPED	    77
#define MAX_WORDS   32

struct verdict {
	int status; /* as wait() tells it */
	int left;   /* so many things */
};

static struct {
	bool own_network, own_place, huge_pages;
	int patience_ms;
	char **command;
	char folders[2][PATH_MAX]; /* of the test's own; "" */
	int line[2];		   /* front to keeper: the signals; its end is front's */
	int words[2];		   /* keeper to front, runner to keeper: a verdict */
} self;

static pid_t test_pid;

static void
wait_ms(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static bool
is_good(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == SKIPPED);
}

/* -- the test ------------------------------------------------------------------------------------------ */

static void
run_test(void)
{
	char *words[MAX_WORDS] = {NULL}, *as = getenv("PLX_TEST_AS"), *rest;
	size_t n = 0, more = 0;
	int err;

	umask(022); /* as tests expect who give others a look at what they made */
	while (self.command[more] != NULL)
		more++;
	err = self.huge_pages ? 0 : pages_hide();
	if (err < 0) {
		fprintf(stderr, "alone: huge pages cannot be hidden: %s\n", strerror(-err));
		_exit(FAILED);
	}
	for (char *word = as ? strtok_r(as, " ", &rest) : NULL; word != NULL && n < MAX_WORDS / 2;
	     word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	if (n == 0) {
		execvp(self.command[0], self.command);
	} else {
		char **all = calloc(n + more + 1, sizeof(*all));

		if (all != NULL) {
			memcpy(all, words, n * sizeof(*all));
			memcpy(all + n, self.command, more * sizeof(*all));
			execvp(all[0], all);
		}
	}
	fprintf(stderr, "alone: %s: %m\n", self.command[0]);
	_exit(FAILED);
}

/* -- the runner ---------------------------------------------------------------------------------------- */

static void
end_test(int number)
{
	if (test_pid > 0)
		kill(-test_pid, number);
}

/* Those who end now are waited for; false: others stay. */
static bool
are_all_gone(void)
{
	for (int waited = 0; waited <= self.patience_ms; waited += TICK_MS) {
		pid_t pid;

		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0)
			return true;
		wait_ms(TICK_MS);
	}
	return false;
}

static int
end_rest(void)
{
	int count;

	if (are_all_gone())
		return 0;
	fprintf(stderr, "left behind, and killed:\n");
	count = processes_tell(stderr, getpid());
	for (int i = 0; i < PATIENCE_MS / TICK_MS && waitpid(-1, NULL, WNOHANG) >= 0; i++) {
		processes_kill_children();
		wait_ms(TICK_MS);
	}
	return count;
}

static void
run_place(void)
{
	struct verdict verdict = {0};
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	err = self.own_place ? place_enter(self.own_network) : 0;
	if (err < 0) {
		fprintf(stderr, "alone: no place for the test: %s\n", strerror(-err));
		_exit(FAILED);
	}
	signal(SIGTERM, end_test);
	test_pid = fork();
	if (test_pid == 0) {
		setsid();
		for (int i = 1; i < NSIG; i++)
			signal(i, SIG_DFL);
		run_test();
	}
	while (test_pid > 0) {
		int status;
		const pid_t pid = wait(&status);

		if (pid == test_pid) {
			verdict.status = status;
			break;
		}
		if (pid < 0 && errno != EINTR)
			_exit(FAILED);
	}
	verdict.left = end_rest();
	if (self.own_place)
		verdict.left += place_tell_left(stderr, self.own_network);
	_exit(write(self.words[1], &verdict, sizeof(verdict)) == sizeof(verdict) ? 0 : FAILED);
}

/* -- the keeper ---------------------------------------------------------------------------------------- */

/* A folder for the test below the one that the variable names. */
static void
own_folder(char *path, const char *variable, const char *otherwise)
{
	const char *base = getenv(variable);

	if (base == NULL)
		base = otherwise;
	if (base == NULL || snprintf(path, PATH_MAX, "%s/t.XXXXXX", base) >= PATH_MAX ||
	    mkdtemp(path) == NULL) {
		path[0] = '\0';
		return;
	}
	chmod(path, 0711); /* for what a test runs as another user */
	setenv(variable, path, 1);
}

static void
make_folders(void)
{
	if (self.own_place)
		setenv("TMPDIR", "/tmp", 1);
	else
		own_folder(self.folders[0], "TMPDIR", "/tmp");
	if (getenv("FUNC_TMPDIR") != NULL)
		own_folder(self.folders[1], "FUNC_TMPDIR", NULL);
}

static int
remove_folders(void)
{
	int count = 0;

	for (int i = 0; i < 2; i++) {
		if (self.folders[i][0] == '\0')
			continue;
		count += files_tell(stderr, self.folders[i], true);
		files_remove(self.folders[i]);
	}
	return count;
}

/* Somebody wants the test to end, or front is no more: says what ran, for those who look for what it waited for. */
static void
end_early(pid_t runner, struct pollfd *end)
{
	fprintf(stderr, "alone: the test is ended; these ran:\n");
	processes_tell(stderr, runner);
	kill(runner, SIGTERM);
	if (poll(end, 1, END_MS) == 0)
		kill(runner, SIGKILL);
}

/* The runner's end is told by its pipe, which none of its processes has. */
static struct verdict
wait_for_runner(pid_t runner, int words)
{
	struct pollfd polls[2] = {{.fd = words, .events = POLLIN},
				  {.fd = self.line[0], .events = POLLIN}};
	struct verdict verdict = {.status = SIGKILL, .left = 0};
	int status;

	while (poll(polls, 2, -1) < 0 && errno == EINTR)
		;
	if (polls[0].revents == 0)
		end_early(runner, &polls[0]);
	if (read(words, &verdict, sizeof(verdict)) != sizeof(verdict))
		verdict.status = SIGKILL;
	while (waitpid(runner, &status, 0) < 0 && errno == EINTR)
		;
	return verdict;
}

static void
run_keeper(void)
{
	struct verdict verdict;
	int words[2];
	pid_t runner;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	close(self.line[1]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	self.own_place = place_unshare(self.own_network);
	make_folders();
	if (pipe2(words, O_CLOEXEC) < 0)
		_exit(FAILED);
	runner = fork();
	if (runner == 0) {
		close(self.line[0]);
		close(self.words[1]);
		self.words[1] = words[1];
		run_place();
	}
	close(words[1]);
	if (runner < 0) {
		remove_folders();
		_exit(FAILED);
	}
	verdict = wait_for_runner(runner, words[0]);
	for (int i = 0; i < PATIENCE_MS / TICK_MS && waitpid(-1, NULL, WNOHANG) >= 0; i++) {
		processes_kill_children();
		wait_ms(TICK_MS);
	}
	verdict.left += remove_folders();
	_exit(write(self.words[1], &verdict, sizeof(verdict)) == sizeof(verdict) ? 0 : FAILED);
}

/* -- front --------------------------------------------------------------------------------------------- */

static void
hand_on(int number)
{
	const int error = errno;
	const char sign = (char)number;

	if (write(self.line[1], &sign, 1) < 0)
		_exit(FAILED);
	errno = error;
}

static int
end_as(int status)
{
	const struct rlimit no_core = {0, 0};

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return FAILED;
}

static struct verdict
wait_for_keeper(void)
{
	const struct sigaction act = {.sa_handler = hand_on};
	struct verdict verdict;
	ssize_t len;

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	do
		len = read(self.words[0], &verdict, sizeof(verdict));
	while (len < 0 && errno == EINTR);
	if (len != sizeof(verdict))
		verdict = (struct verdict){.status = SIGKILL};
	return verdict;
}

/* Whether they can be understood. */
static bool
read_arguments(int argc, char **argv)
{
	const char *patience = getenv("ALONE_PATIENCE_MS");
	int option;

	self.patience_ms = patience != NULL ? atoi(patience) : PATIENCE_MS;
	self.own_network = true;
	while ((option = getopt(argc, argv, "+np")) != -1) {
		self.own_network = self.own_network && option != 'n';
		self.huge_pages = self.huge_pages || option == 'p';
		if (option == '?')
			return false;
	}
	self.command = argv + optind;
	return self.command[0] != NULL;
}

int
main(int argc, char **argv)
{
	struct verdict verdict;
	pid_t keeper;

	if (!read_arguments(argc, argv)) {
		fprintf(stderr, "usage: alone [-np] PROGRAM ARGS...\n");
		return 2;
	}
	if (pipe2(self.line, O_CLOEXEC) < 0 || pipe2(self.words, O_CLOEXEC) < 0)
		return FAILED;
	keeper = fork();
	if (keeper < 0)
		return FAILED;
	if (keeper == 0)
		run_keeper();
	close(self.line[0]);
	close(self.words[1]);
	verdict = wait_for_keeper();
	waitpid(keeper, NULL, 0);
	return verdict.left > 0 && is_good(verdict.status) ? FAILED : end_as(verdict.status);
}
