/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Big files that were removed: closing the last fd of one makes the kernel free its space, a quarter of a second for a
 * gigabyte. A thread beside the capture does that, on the CPUs the program was started on, so that the
 * writer goes on at once. It is begun by the first file.
 */
#ifndef PLX_APPS_CAPTURE_RELEASE_H
#define PLX_APPS_CAPTURE_RELEASE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define RELEASE_MAX 16 /* files that wait; with more, the writer frees one itself */

struct release {
	int (*close)(int fd); /* close(2), but in tests */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool allowed; /* to begin a thread: the program has given up its rights by then, which are each thread's own */
	bool running, over;
	int fds[RELEASE_MAX]; /* the first is worked on */
	unsigned n;
	uint64_t done; /* that are freed */
};

/* Until `allowed` is set the caller's thread frees the files. */
void release_init(struct release *r);

/* Takes the fd. Thread: the writer. */
void release_add(struct release *r, int fd);

/* How many files are freed. Thread: any. */
uint64_t release_done(struct release *r);

/* Waits until more than `done` files are freed, if one is on its way. Returns whether more are. */
bool release_wait(struct release *r, uint64_t done);

/* Waits for all, and ends the thread; safe to repeat. */
void release_end(struct release *r);

#endif
