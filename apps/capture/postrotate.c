/* SPDX-License-Identifier: BSD-3-Clause */
#include "postrotate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpus.h"

#define LOOK_NS	    100000000
#define END_NS	    1000000000
#define LOWEST	    19
#define END_STEP_NS 5000000

void
postrotate_init(struct postrotate *p, const char *command)
{
	memset(p, 0, sizeof(*p));
	p->command = command;
	p->last = &p->first;
}

/* -- one command --------------------------------------------------------------------------------- */

static void
complain(struct postrotate *p, const char *path, const char *what, int n)
{
	p->failed++;
	if (p->said)
		return;
	p->said = true;
	fprintf(stderr, "plx-capture: -z %s %s: %s %d; further failures are only counted\n",
		p->command, path, what, n);
}

/* A group of its own: the terminal's ^C ends the capture, not the commands for its files. */
static int
spawn(const char *command, const char *path, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *argv[3] = {strdup(command), strdup(path), NULL};
	sigset_t none, all;
	int err = ENOMEM;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	if (argv[0] != NULL && argv[1] != NULL)
		err = posix_spawnp(ret_pid, command, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(argv[0]);
	free(argv[1]);
	return err;
}

/* Takes the file. */
static void
run(struct postrotate *p, struct postrotate_file *file)
{
	pid_t pid;
	int err = spawn(p->command, file->path, &pid);

	if (err != 0) {
		complain(p, file->path, strerror(err), err);
		free(file);
		return;
	}
	setpriority(PRIO_PROCESS, (id_t)pid, LOWEST);
	cpus_give(pid);
	p->runs[p->running++] = (struct postrotate_run){pid, file};
}

/* -- all of them --------------------------------------------------------------------------------- */

static void
start_waiting(struct postrotate *p)
{
	while (p->first != NULL && p->running < POSTROTATE_RUNNING_MAX) {
		struct postrotate_file *file = p->first;

		p->first = file->next;
		if (p->first == NULL)
			p->last = &p->first;
		run(p, file);
	}
}

void
postrotate_add(struct postrotate *p, const char *path)
{
	size_t size = strlen(path) + 1;
	struct postrotate_file *file;

	if (p->command == NULL)
		return;
	file = malloc(sizeof(*file) + size);
	if (file == NULL) {
		complain(p, path, "no memory", ENOMEM);
		return;
	}
	file->next = NULL;
	memcpy(file->path, path, size);
	*p->last = file;
	p->last = &file->next;
	start_waiting(p);
}

static void
reap(struct postrotate *p)
{
	for (unsigned i = 0; i < p->running;) {
		struct postrotate_run ended = p->runs[i];
		int status;

		if (waitpid(ended.pid, &status, WNOHANG) != ended.pid) {
			i++;
			continue;
		}
		p->runs[i] = p->runs[--p->running];
		p->done++;
		if (WIFSIGNALED(status))
			complain(p, ended.file->path, "ended by signal", WTERMSIG(status));
		else if (WEXITSTATUS(status) != 0)
			complain(p, ended.file->path, "ended with status", WEXITSTATUS(status));
		free(ended.file);
	}
}

void
postrotate_look(struct postrotate *p, uint64_t mono_ns)
{
	if (p->running == 0 || mono_ns < p->look_ns)
		return;
	p->look_ns = mono_ns + LOOK_NS;
	reap(p);
	start_waiting(p);
}

unsigned
postrotate_end(struct postrotate *p)
{
	const struct timespec step = {0, END_STEP_NS};
	struct postrotate_file *file;
	uint64_t waited = 0;
	unsigned left;

	if (p->command == NULL)
		return 0;

	while ((p->running != 0 || p->first != NULL) && waited < END_NS) {
		reap(p);
		start_waiting(p);
		if (p->running == 0)
			break;
		nanosleep(&step, NULL);
		waited += END_STEP_NS;
	}
	left = p->running;
	while (p->running > 0)
		free(p->runs[--p->running].file);
	/* The turn of these would never come: all at once, at the lowest priority. */
	while ((file = p->first) != NULL) {
		p->first = file->next;
		run(p, file);
		if (p->running > 0) {
			free(p->runs[--p->running].file);
			left++;
		}
	}
	p->last = &p->first;
	return left;
}
