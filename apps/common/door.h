/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's control socket, and who of the program's own loops answers it. What waits for something else calls
 * door_wait in place of poll, what runs anyway plx_door_serve.
 */
#ifndef PLX_APPS_COMMON_DOOR_H
#define PLX_APPS_COMMON_DOOR_H

#include <pollux/plx_door.h>

#include <jansson.h>
#include <poll.h>

struct console;

/* Opens it. A program without one works as well: what was in the way is told on standard error, unless there was only no
 * folder for it. */
void door_begin(const char *program);

/* Lets others give the commands of the console that begin with the first word of `pattern`: what their facts tell is the
 * result. Nothing without a control socket. */
void door_lend(struct console *console, const char *pattern, const char *help);

/* Makes the value the reply's result, and lets go of it. -ENOMEM, also for NULL. */
int door_reply_json(struct plx_door_reply *reply, json_t *value, struct plx_why *why);

/* As poll() of one fd, but that meanwhile questions are answered; then it returns -1 with EINTR. */
int door_wait(struct pollfd *wanted, int timeout_ms);

#endif
