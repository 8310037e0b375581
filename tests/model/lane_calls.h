/* SPDX-License-Identifier: BSD-3-Clause */
/* In front of lib/cluster's files, when they are compiled for prove_lane: memory and bells are the machine's. */
#ifndef PLX_TESTS_MODEL_LANE_CALLS_H
#define PLX_TESTS_MODEL_LANE_CALLS_H

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define calloc	    lane_calloc
#define free	    lane_forget
#define eventfd	    lane_eventfd
#define close	    lane_close
#define read	    lane_read
#define write	    lane_write
#define poll	    lane_poll
#define sched_yield lane_yield

void *lane_calloc(size_t n, size_t size);
void lane_forget(void *p);
int lane_eventfd(unsigned count, int flags);
int lane_close(int fd);
ssize_t lane_read(int fd, void *to, size_t bytes);
ssize_t lane_write(int fd, const void *from, size_t bytes);
int lane_poll(struct pollfd *fds, nfds_t n, int timeout);
int lane_yield(void);

#endif
