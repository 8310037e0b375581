/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A running program's control socket: who may look asks it for figures, or tells it something, in JSON.
 *
 *	peer --{"command":"stats 0"}--> control thread --queue--> the program's thread: plx_door_serve()
 *	     <--{"command":..,"result":{..}}-- control thread <--reply--'
 *
 * The socket (SOCK_SEQPACKET: a message each) is NAME.sock, where NAME is plx_eal_prefix(), in $RUNTIME_DIRECTORY,
 * /run/pollux or $XDG_RUNTIME_DIR/pollux: the first that is ours. Peers of another user are refused, root's are not. A
 * peer asks one question at a time; who hangs up takes back a question that was not begun. What a peer sends is bounded and
 * checked; more peers than PLX_DOOR_PEERS_MAX push out the one that was silent longest.
 * Thread: main, unless a function says otherwise; what takes a request or a reply, where its command runs. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_DOOR_PLX_DOOR_H
#define PLX_LIB_DOOR_PLX_DOOR_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_DOOR_REQUEST_MAX  4096	   /* bytes of a request */
#define PLX_DOOR_REPLY_MAX    (192 * 1024) /* bytes of a reply */
#define PLX_DOOR_FDS_MAX      16	   /* that go with a reply */
#define PLX_DOOR_PEERS_MAX    16
#define PLX_DOOR_COMMANDS_MAX 32

/*
 * Opens the door of this program, with the commands that all have: help, info, ports, stats, xstats, link, pools, lcores, tap, taps.
 * `program` is what it calls itself and lives on. Sockets of dead programs in the same folder are removed.
 * 0, also with --no-telemetry where nothing is opened; -EALREADY, -EADDRINUSE when a running program has the name, -ENOENT
 * when no folder is ours, or what the kernel says. Thread: main, after plx_eal_init. Path: slow.
 */
int plx_door_open(const char *program, struct plx_why *why);

/* Lets all peers go and removes the socket; before plx_eal_cleanup. Nothing when it is not open. Thread: main, no
 * plx_door_serve running. */
void plx_door_close(void);

/* Where it is, NULL while it is not open. Thread: main. */
const char *plx_door_path(void);

/* -- questions -------------------------------------------------------------------------------------- */

/* As a peer sent it: {"command": "stats 0", "port": 1}: a line of words, and values by name, which are texts or numbers. */
struct plx_door_request;

/* The whole line, its words without the command's name, and a value by name; NULL where there is none. Live until the reply. */
const char *plx_door_request_line(const struct plx_door_request *request);
const char *plx_door_request_word(const struct plx_door_request *request, unsigned i);
const char *plx_door_request_value(const struct plx_door_request *request, const char *name);

/* The i-th word, else the value of that name, as a number up to max. -EINVAL with why, also where it is missing. */
int plx_door_request_number(const struct plx_door_request *request, unsigned i, const char *name,
			    uint64_t max, uint64_t *ret_number, struct plx_why *why);

/* -- replies ---------------------------------------------------------------------------------------- */

/*
 * What is written becomes the members of "result". `name` is the member's, or NULL inside an array. Texts may hold any
 * bytes: what is no UTF-8 becomes '?'. Too much of it makes the reply an error; no call has to be checked.
 */
struct plx_door_reply;

/* A value each; a count beyond what JSON's readers know becomes the largest that they do. */
void plx_door_reply_text(struct plx_door_reply *reply, const char *name, const char *text);
void plx_door_reply_count(struct plx_door_reply *reply, const char *name, uint64_t count);
void plx_door_reply_bool(struct plx_door_reply *reply, const char *name, bool value);
void plx_door_reply_null(struct plx_door_reply *reply, const char *name);

/* Begin an object or an array; end the one begun last. */
void plx_door_reply_object(struct plx_door_reply *reply, const char *name);
void plx_door_reply_array(struct plx_door_reply *reply, const char *name);
void plx_door_reply_end(struct plx_door_reply *reply);

/* Makes "result" this text, which is JSON and in place of all members. */
void plx_door_reply_whole(struct plx_door_reply *reply, const char *json);

/* An fd that goes with the reply, closed when that is gone or fails. -EMFILE: closed at once. */
int plx_door_reply_fd(struct plx_door_reply *reply, int fd);

/*
 * Keeps the connection behind the reply: once that is sent, with its fds, the socket is no peer of the door any more and
 * belongs to fn's owner (blocking, close-on-exec; what the other one said meanwhile is in it, and its end is heard there).
 * fn is called once, with -1 where nothing comes of it: the command failed, the reply could not be made, the other one hung
 * up, or the door closed. It runs where the command ran, in plx_door_serve or on the control thread, or in plx_door_close;
 * it may not close the door. 0, or fn is never called: -EALREADY, -ENOMEM. Thread: the command's.
 */
typedef void (*plx_door_adopt_fn)(void *arg, int fd);
int plx_door_reply_adopt(struct plx_door_reply *reply, plx_door_adopt_fn fn, void *arg);

/* -- commands --------------------------------------------------------------------------------------- */

/* 0, or -errno with why, which the peer gets in place of a result. */
typedef int (*plx_door_fn)(void *arg, const struct plx_door_request *request,
			   struct plx_door_reply *reply, struct plx_why *why);

struct plx_door_command {
	const char *pattern; /* "stats <port>": the first word is the name; the rest is for help */
	const char *help;
	plx_door_fn fn;
	void *arg;
	bool anytime; /* runs on the control thread, at once; else in plx_door_serve */
};

/*
 * One more; its texts live on. -ENODEV while the door is not open, -EEXIST also for a name that all programs have, -ENOSPC.
 * Thread: main. Path: slow.
 */
int plx_door_add(const struct plx_door_command *command);

/* Runs what waits, commands and what adopts; returns how many. To be called now and then by the thread that owns what commands touch, always the same
 * one. Path: warm, one load when nothing waits. */
unsigned plx_door_serve(void);

/* Readable while something waits for plx_door_serve; -1 while the door is not open. Thread: who calls plx_door_serve. */
int plx_door_fd(void);

PLX_END_DECLS

#endif
