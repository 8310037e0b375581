/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of control sockets: which programs run, and asking one. Needs no plx_eal_init. Thread: any. Path: slow.
 */
#ifndef PLX_LIB_DOOR_PLX_DOOR_CLIENT_H
#define PLX_LIB_DOOR_PLX_DOOR_CLIENT_H

#include "plx_base.h"

#include <sys/types.h>

PLX_BEGIN_DECLS

#define PLX_DOOR_PATH_MAX 108 /* bytes of a socket's path, with its end */

/* A program that runs. */
struct plx_door_entry {
	char name[96];
	char path[PLX_DOOR_PATH_MAX]; /* of its socket */
	pid_t pid;		      /* 0: not known, we may not connect */
	uid_t uid;		      /* whose socket it is */
};

/*
 * The programs there are, in the order of folders and names: fills up to n, returns how many there are. Root sees those of
 * other users too. Sockets that dead programs left in folders of ours are removed.
 */
unsigned plx_door_list(struct plx_door_entry *ret_entries, unsigned n);

/*
 * Keeps doors of this user from opening in their folder, and others who ask for the same, until the fd that it returns is closed:
 * for what programs must agree on. They wait a second at most. What the dead left was removed. -ENOENT, -EBUSY.
 */
int plx_door_lock(struct plx_why *why);

/* The same for a folder of sockets that is there, whosever it is; nothing is removed. -EBUSY, or what the kernel says. */
int plx_door_lock_folder(const char *folder, struct plx_why *why);

/*
 * The path of the socket that a word means: a path itself, which has a /; a name; a process number; or the beginning of one name
 * only, with or without its "plx-". -ENOENT with those that there are, -EINVAL also for a beginning of several, with a sentence that
 * names them; -ENOMEM.
 */
int plx_door_find(const char *word, char ret_path[PLX_DOOR_PATH_MAX], struct plx_why *why);

struct plx_door_answer {
	char *text; /* JSON */
	int *fds;
	unsigned nb_fds;
};

/*
 * Sends a request, {"command": "..."}, to the socket at `path` and waits for the answer, which is to be freed. What a
 * command refuses is an answer too: {"error": ...}. -ENOENT, -ECONNREFUSED, -EACCES, -ETIMEDOUT, -ECONNRESET when the other
 * one hung up, -EMSGSIZE.
 */
int plx_door_call(const char *path, const char *request, int timeout_ms,
		  struct plx_door_answer *ret_answer, struct plx_why *why);
/*
 * The same, and keeps the connection, which a command may have adopted (plx_door_reply_adopt): *ret_fd is the caller's,
 * blocking and close-on-exec, and hangs up when the other one ends or lets go of it. What a command refuses is an error here:
 * -EREMOTEIO with its words. On an error there is no answer and *ret_fd is -1.
 */
int plx_door_attach(const char *path, const char *request, int timeout_ms,
		    struct plx_door_answer *ret_answer, int *ret_fd, struct plx_why *why);
/* Closes the fds that are not -1 by now. */
void plx_door_answer_free(struct plx_door_answer *answer);

PLX_END_DECLS

#endif
