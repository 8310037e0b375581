/* SPDX-License-Identifier: BSD-3-Clause */
#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

static struct {
	int parent; /* a pipe; -1: there is none */
	bool gone;  /* in the background */
	int pid_fd;
	char *pid_path; /* from the root */
} state = {.parent = -1, .pid_fd = -1};

/* Until the child is ready, or has ended. */
static int
await(pid_t child, int pipe)
{
	unsigned char status;
	ssize_t n;
	int how;

	do
		n = read(pipe, &status, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1 && status == 0)
		return 0;
	while (waitpid(child, &how, 0) < 0 && errno == EINTR)
		;
	return n == 1 ? status : WIFEXITED(how) && WEXITSTATUS(how) != 0 ? WEXITSTATUS(how) : 1;
}

int
background_begin(struct plx_why *why)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return plx_why(why, -errno, "--daemon: %s", strerror(errno));
	fflush(NULL);
	child = fork();
	if (child < 0) {
		close(fds[0]);
		close(fds[1]);
		return plx_why(why, -errno, "--daemon: %s", strerror(errno));
	}
	if (child > 0) {
		close(fds[1]);
		_exit(await(child, fds[0]));
	}
	close(fds[0]);
	setsid();
	state.parent = fds[1];
	return 0;
}

static void
leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	openlog("plx-cluster", LOG_PID, LOG_DAEMON);
	state.gone = true;
	if (chdir("/") != 0 || null < 0)
		return;
	fflush(NULL);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	close(null);
}

void
background_ready(int status)
{
	const unsigned char byte = (unsigned char)status;
	ssize_t n;

	if (state.parent < 0)
		return;
	if (status == 0)
		leave_terminal();
	n = write(state.parent, &byte, 1);
	(void)n; /* nobody waits any more: fine, too */
	close(state.parent);
	state.parent = -1;
}

/* -- the file ------------------------------------------------------------------------------------------ */

int
pid_file_take(const char *path, struct plx_why *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644), err;

	if (fd < 0)
		return plx_why(why, -errno, "--pid-file %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		char text[32] = "";
		ssize_t n = read(fd, text, sizeof(text) - 1);

		err = errno;
		close(fd);
		return err != EWOULDBLOCK
			       ? plx_why(why, -err, "--pid-file %s: %s", path, strerror(err))
			       : plx_why(why, -EBUSY, "--pid-file %s: process %.*s runs and has it",
					 path, n > 0 ? (int)strcspn(text, "\n") : 1,
					 n > 0 ? text : "?");
	}
	state.pid_path = realpath(path, NULL);
	state.pid_fd = fd;
	return 0;
}

int
pid_file_write(const char *path, struct plx_why *why)
{
	if (ftruncate(state.pid_fd, 0) == 0 && dprintf(state.pid_fd, "%d\n", (int)getpid()) > 0)
		return 0;
	return plx_why(why, errno != 0 ? -errno : -EIO, "--pid-file %s: %s", path, strerror(errno));
}

void
pid_file_remove(const char *path)
{
	if (state.pid_fd < 0)
		return;
	unlink(state.pid_path != NULL ? state.pid_path : path);
	free(state.pid_path);
	close(state.pid_fd);
	state.pid_fd = -1;
}

void
say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (state.gone) {
		vsyslog(LOG_NOTICE, format, args);
	} else {
		fflush(stdout);
		fputs("plx-cluster: ", stderr);
		vfprintf(stderr, format, args);
		fputc('\n', stderr);
	}
	va_end(args);
}
