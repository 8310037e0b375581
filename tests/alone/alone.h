/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* place.c: a machine of a test's own, as far as the kernel gives one to whoever asks. */

/* A new process and IPC namespace for the processes to come, and a network one; false: this user may not. */
bool place_unshare(bool own_network);

/* By the first process in it, and for it and those to come: /proc, /tmp, /run, /dev/shm and a loopback interface of its own. 0 or a negative errno. */
int place_enter(bool own_network);

/* Tells what is in the place that was not there when it was entered; how many things that is. */
int place_tell_left(FILE *out, bool own_network);

/* pages.c: by a process, for it and all it will start: nobody gives it huge pages. 0 or a negative errno. */
int pages_hide(void);

/* left.c: what there is. */

/* Tells the files below a folder that lie on its file system, and its empty folders if those count; how many. */
int files_tell(FILE *out, const char *folder, bool empty_folders);
void files_remove(const char *folder);

/* Tells the processes that descend from one; how many. */
int processes_tell(FILE *out, pid_t root);
void processes_kill_children(void);
