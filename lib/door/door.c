/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands there are, the queue of questions, opening and closing. */
#include "door_priv.h"

#include "plx_clock.h"
#include "plx_eal.h"
#include "plx_kvargs.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock; /* of the commands and the jobs */
	unsigned nb_commands;
	struct plx_door_command commands[PLX_DOOR_COMMANDS_MAX];
	struct door_job *jobs; /* in order */

	atomic_uint waiting; /* jobs for plx_door_serve; changed under the lock, with the bell */
	bool open;
	const char *program;
	uint64_t opened_ns;
	char path[DOOR_PATH_MAX + 128];
	int listener, bell;
} door = {.lock = PTHREAD_MUTEX_INITIALIZER, .listener = -1, .bell = -1};

/* -- commands --------------------------------------------------------------------------------------- */

static size_t
name_length(const char *pattern)
{
	return strcspn(pattern, " ");
}

static bool
is_named(const struct plx_door_command *command, const char *name)
{
	const size_t len = name_length(command->pattern);

	return strncmp(command->pattern, name, len) == 0 && name[name_length(name)] == name[len] &&
	       name_length(name) == len;
}

static struct plx_door_command *
find(const char *name)
{
	for (unsigned i = 0; i < door.nb_commands; i++) {
		if (is_named(&door.commands[i], name))
			return &door.commands[i];
	}
	return NULL;
}

bool
door_command_find(const char *name, struct plx_door_command *ret_command)
{
	const struct plx_door_command *command;

	pthread_mutex_lock(&door.lock);
	command = find(name);
	if (command != NULL)
		*ret_command = *command;
	pthread_mutex_unlock(&door.lock);
	return command != NULL;
}

bool
door_command_at(unsigned i, struct plx_door_command *ret_command)
{
	bool there;

	pthread_mutex_lock(&door.lock);
	there = i < door.nb_commands;
	if (there)
		*ret_command = door.commands[i];
	pthread_mutex_unlock(&door.lock);
	return there;
}

const char *
door_command_nearest(const char *name, char *room, size_t size)
{
	char names[PLX_DOOR_COMMANDS_MAX][32];
	const char *all[PLX_DOOR_COMMANDS_MAX + 1], *near;
	struct plx_door_command command;
	unsigned n = 0;

	for (; n < PLX_DOOR_COMMANDS_MAX && door_command_at(n, &command); n++) {
		snprintf(names[n], sizeof(names[n]), "%.*s", (int)name_length(command.pattern),
			 command.pattern);
		all[n] = names[n];
	}
	all[n] = NULL;
	near = plx_kvargs_nearest(name, all);
	if (near == NULL)
		return NULL;
	snprintf(room, size, "%s", near);
	return room;
}

static int
add(const struct plx_door_command *command)
{
	int ret = 0;

	pthread_mutex_lock(&door.lock);
	if (find(command->pattern) != NULL)
		ret = -EEXIST;
	else if (door.nb_commands == PLX_DOOR_COMMANDS_MAX)
		ret = -ENOSPC;
	else
		door.commands[door.nb_commands++] = *command;
	pthread_mutex_unlock(&door.lock);
	return ret;
}

int
plx_door_add(const struct plx_door_command *command)
{
	return door.open ? add(command) : -ENODEV;
}

static void
add_all(const struct plx_door_command *commands)
{
	for (; commands->pattern != NULL; commands++)
		add(commands);
}

/* -- jobs ------------------------------------------------------------------------------------------- */

void
door_job_free(struct door_job *job)
{
	if (job == NULL)
		return;
	door_reply_fini(&job->reply);
	free(job);
}

static void
unlink_job(struct door_job *job)
{
	struct door_job **at = &door.jobs;

	while (*at != NULL && *at != job)
		at = &(*at)->next;
	if (*at != NULL)
		*at = job->next;
}

/* Under the lock, so that the bell rings as long as something waits and no longer: else who polls it would never sleep. */
static void
more_waits(void)
{
	const uint64_t one = 1;
	ssize_t written;

	atomic_fetch_add(&door.waiting, 1);
	written = write(door.bell, &one, sizeof(one));
	(void)written; /* the counter is small: nothing refuses */
}

static void
less_waits(void)
{
	uint64_t rung;
	ssize_t got;

	if (atomic_fetch_sub(&door.waiting, 1) != 1)
		return;
	got = read(door.bell, &rung, sizeof(rung));
	(void)got;
}

void
door_job_queue(struct door_job *job)
{
	struct door_job **at = &door.jobs;

	pthread_mutex_lock(&door.lock);
	job->state = JOB_WAITS;
	job->next = NULL;
	while (*at != NULL)
		at = &(*at)->next;
	*at = job;
	more_waits();
	pthread_mutex_unlock(&door.lock);
}

void
door_job_run(struct door_job *job)
{
	job->ret = job->command.fn(job->command.arg, &job->request, &job->reply, &job->why);
}

void
door_job_abandon(struct door_job *job)
{
	bool whole;

	pthread_mutex_lock(&door.lock);
	whole = job->state != JOB_RUNS;
	if (whole) {
		if (job->state == JOB_WAITS)
			less_waits();
		unlink_job(job);
	}
	job->peer = NULL;
	pthread_mutex_unlock(&door.lock);
	if (whole)
		door_job_free(job);
}

struct door_job *
door_job_done(void)
{
	struct door_job *job;

	pthread_mutex_lock(&door.lock);
	for (job = door.jobs; job != NULL && job->state != JOB_DONE; job = job->next)
		continue;
	if (job != NULL)
		unlink_job(job);
	pthread_mutex_unlock(&door.lock);
	return job;
}

/* The first that waits, which now runs. */
static struct door_job *
take_job(void)
{
	struct door_job *job;

	pthread_mutex_lock(&door.lock);
	for (job = door.jobs; job != NULL && job->state != JOB_WAITS; job = job->next)
		continue;
	if (job != NULL) {
		job->state = JOB_RUNS;
		less_waits();
	}
	pthread_mutex_unlock(&door.lock);
	return job;
}

unsigned
plx_door_serve(void)
{
	struct door_job *job;
	unsigned n = 0;

	if (atomic_load_explicit(&door.waiting, memory_order_relaxed) == 0)
		return 0;
	while (n < PLX_DOOR_PEERS_MAX && (job = take_job()) != NULL) {
		door_job_run(job);
		pthread_mutex_lock(&door.lock);
		job->state = JOB_DONE;
		pthread_mutex_unlock(&door.lock);
		door_peers_ring();
		n++;
	}
	return n;
}

int
plx_door_fd(void)
{
	return door.bell;
}

/* -- life ------------------------------------------------------------------------------------------- */

struct door_facts
door_facts(void)
{
	return (struct door_facts){door.program, door.opened_ns};
}

static int
listen_here(struct plx_why *why)
{
	struct door_folders folders;
	const char *folder;
	int fd, ret = 0;

	door_folders_find(&folders, false);
	fd = door_folder_take(&folders, &folder, why);
	if (fd < 0)
		return fd;
	snprintf(door.path, sizeof(door.path), "%s/%s" DOOR_SUFFIX, folder, plx_eal_prefix());
	door_folder_sweep(fd, folder);
	door.listener = plx_unixsock_listen_packets(door.path, why);
	if (door.listener < 0)
		ret = door.listener;
	else if (fchmodat(fd, door.path + strlen(folder) + 1, 0600, 0) != 0)
		ret = plx_why(why, -errno, "socket %s: %s", door.path, strerror(errno));
	close(fd); /* and unlocks */
	return ret;
}

static void
undo_listen(void)
{
	if (door.listener < 0)
		return;
	unlink(door.path);
	close(door.listener);
	door.listener = -1;
}

int
plx_door_open(const char *program, struct plx_why *why)
{
	int ret;

	if (door.open)
		return plx_why(why, -EALREADY, "the control socket is open already");
	if (!plx_eal_wants_door())
		return 0;
	door.program = program;
	door.opened_ns = plx_clock_monotonic_ns();
	door.nb_commands = 0;
	add_all(door_builtins);
	add_all(door_port_builtins);
	door.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (door.bell < 0)
		return plx_why(why, -errno, "eventfd: %s", strerror(errno));
	ret = listen_here(why);
	if (ret == 0)
		ret = door_peers_start(door.listener, why);
	if (ret != 0) {
		undo_listen();
		close(door.bell);
		door.bell = -1;
		return ret;
	}
	door.open = true;
	return 0;
}

void
plx_door_close(void)
{
	struct door_job *job;

	if (!door.open)
		return;
	door.open = false;
	door_peers_stop();
	undo_listen();
	while ((job = door_job_done()) != NULL)
		door_job_free(job);
	close(door.bell);
	door.bell = -1;
}

const char *
plx_door_path(void)
{
	return door.open ? door.path : NULL;
}
