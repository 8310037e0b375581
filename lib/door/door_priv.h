/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_LIB_DOOR_DOOR_PRIV_H
#define PLX_LIB_DOOR_DOOR_PRIV_H

#include "plx_door.h"

#include <stdio.h>
#include <sys/types.h>

#define DOOR_VALUES_MAX 16
#define DOOR_WORDS_MAX	32
#define DOOR_SUFFIX	".sock"

/* -- door_request.c --------------------------------------------------------------------------------- */

struct door_value {
	const char *name, *text;
};

struct plx_door_request {
	char text[2 * PLX_DOOR_REQUEST_MAX + 2]; /* names, values, words, each with its 0 */
	size_t used;
	const char *line;
	unsigned nb_words, nb_values;
	const char *words[DOOR_WORDS_MAX]; /* the first is the command */
	struct door_value values[DOOR_VALUES_MAX];
};

/* From `len` bytes of a peer. -EINVAL with why. */
int door_request_parse(struct plx_door_request *request, const char *bytes, size_t len,
		       struct plx_why *why);

/* -- door_reply.c ----------------------------------------------------------------------------------- */

struct plx_door_reply {
	char *text; /* the members, or the whole result */
	size_t len, size;
	bool whole;
	int err;	      /* the first thing that went wrong */
	unsigned depth;	      /* objects and arrays that are open */
	uint32_t array, more; /* by depth: it is an array; it has members */
	int fds[PLX_DOOR_FDS_MAX];
	unsigned nb_fds;
	bool anytime; /* as the command is */
	struct door_handover
		*handover; /* what becomes of the connection behind it, if it was adopted */
};

void door_reply_fini(struct plx_door_reply *reply);

/*
 * The message: result or error, with the command's line unless NULL. The caller frees it; NULL without memory. `err` and why
 * are the command's; an error closes the fds.
 */
char *door_reply_message(struct plx_door_reply *reply, const char *line, int err,
			 const struct plx_why *why);

/* -- door_folder.c ---------------------------------------------------------------------------------- */

#define DOOR_FOLDERS_MAX 64
#define DOOR_PATH_MAX	 108

struct door_folders {
	unsigned n;
	char path[DOOR_FOLDERS_MAX][DOOR_PATH_MAX];
};

/* Where sockets of this user can be, best first; with `others` root's view of everybody's behind. */
void door_folders_find(struct door_folders *folders, bool others);

/* The first folder that is ours, made if need be, opened and locked until closed. Its fd, or -errno with why. */
int
door_folder_take(const struct door_folders *folders, const char **ret_path, struct plx_why *why);

/* Opens a folder; *ret_ours: sockets in it may be removed, which takes door_folder_lock. */
int door_folder_open(const char *path, bool *ret_ours);
int door_folder_lock(int folder);

/* A socket in a folder that nobody listens on. */
bool door_folder_is_stale(const char *path);

/* Calls fn for the name of each socket in it, without the suffix, in alphabetical order. */
void door_folder_each(int folder, void (*fn)(void *arg, const char *name), void *arg);

/* Removes the sockets of the dead. The folder is locked. */
void door_folder_sweep(int folder, const char *path);

/* -- door_peer.c: on the control thread, but for start and stop -------------------------------------- */

struct door_peer;

enum door_job_state {
	JOB_WAITS,
	JOB_RUNS,
	JOB_DONE,
};

/* A question on its way. What a peer asked stays whole until it was answered, also when the peer is gone. */
struct door_job {
	struct door_job *next;	/* under the door's lock, as are state and peer */
	struct door_peer *peer; /* NULL: it is gone */
	enum door_job_state state;
	struct plx_door_command command;
	struct plx_door_request request;
	struct plx_door_reply reply;
	struct plx_why why;
	int ret;
};

void door_job_free(struct door_job *job);

int door_peers_start(int listener, struct plx_why *why);
void door_peers_stop(void);
/* Some jobs are done. Thread: any. */
void door_peers_ring(void);

/* -- door_table.c ----------------------------------------------------------------------------------- */

/* Makes them those that all programs have. */
void door_commands_begin(void);
int door_command_add(const struct plx_door_command *command);
/* False if there is no command of that name. */
bool door_command_find(const char *name, struct plx_door_command *ret_command);
bool door_command_at(unsigned i, struct plx_door_command *ret_command);
/* The name that is meant, NULL if none is near. */
const char *door_command_nearest(const char *name, char *room, size_t size);

/* -- door_queue.c ----------------------------------------------------------------------------------- */

int door_queue_open(struct plx_why *why);
/* All that is left comes to its end here. No peers. */
void door_queue_close(void);

void door_job_queue(struct door_job *job);
void door_job_run(struct door_job *job);
/* The next that is done, NULL if none is. */
struct door_job *door_job_done(void);
/* The peer has gone: a job that runs is left to its thread, and freed when done. */
void door_job_abandon(struct door_job *job);

/* An adopted connection on its way to who wants it. */
struct door_handover {
	struct door_handover *next;
	plx_door_adopt_fn fn;
	void *arg;
	int fd; /* -1: there will be none */
	bool anytime;
};

/* Calls fn, here or where plx_door_serve is called, and frees it. */
void door_handover_end(struct door_handover *handover, int fd);

/* -- door.c ----------------------------------------------------------------------------------------- */

/* What info tells of the program. */
struct door_facts {
	const char *program;
	uint64_t opened_ns;
};
struct door_facts door_facts(void);

/* -- door_builtin.c, door_builtin_port.c -------------------------------------------------------------- */

extern const struct plx_door_command door_builtins[]; /* end with NULL */
extern const struct plx_door_command door_port_builtins[];

/* -- door_tap.c --------------------------------------------------------------------------------------- */

extern const struct plx_door_command door_tap_builtins[];

/* Ends all taps. */
void door_taps_end(void);

#endif
