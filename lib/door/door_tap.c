/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every program answers to who wants to see its packets: a live tap. The connection that asked for it lives as long as
 * the tap does, and the other way round: whoever hangs up, in whatever way, has his tap taken away on the control thread.
 */
#include "door_priv.h"

#include "plx_ethdev.h"
#include "plx_event.h"
#include "plx_tap.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILTER_SHOWN 256

struct session {
	struct session *next;
	struct plx_tap *tap;
	int fd;
	plx_event_id event;
	pid_t pid; /* 0: not known */
	char filter[FILTER_SHOWN];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct session *sessions; /* those that are watched */

/* -- the end ------------------------------------------------------------------------------------------ */

static void
end(struct session *session)
{
	plx_tap_remove(session->tap);
	if (session->fd >= 0)
		close(session->fd);
	free(session);
}

/* Whoever gets it out of the list ends it. */
static bool
take_out(struct session *session)
{
	struct session **at = &sessions;

	while (*at != NULL && *at != session)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = session->next;
	return true;
}

/* A reader has nothing to say: whatever comes is its end. */
static void
on_end(void *arg, int fd, uint32_t events)
{
	struct session *session = arg;
	bool ours;

	pthread_mutex_lock(&lock);
	ours = take_out(session);
	pthread_mutex_unlock(&lock);
	if (!ours)
		return;
	plx_event_remove(session->event);
	end(session);
}

void
door_taps_end(void)
{
	struct session *session;

	do {
		pthread_mutex_lock(&lock);
		session = sessions;
		if (session != NULL)
			sessions = session->next;
		pthread_mutex_unlock(&lock);
		if (session == NULL)
			break;
		plx_event_remove(session->event);
		end(session);
	} while (true);
}

/* -- the beginning ------------------------------------------------------------------------------------ */

static void
on_adopted(void *arg, int fd)
{
	struct session *session = arg;
	struct ucred who;
	socklen_t len = sizeof(who);
	int ret = -ECONNRESET;

	session->fd = fd;
	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
		session->pid = who.pid;
	/* The control thread may hear the end before we are through here. */
	pthread_mutex_lock(&lock);
	if (fd >= 0)
		ret = plx_event_fd_add(fd, EPOLLIN | EPOLLRDHUP, on_end, session, &session->event);
	if (ret == 0) {
		session->next = sessions;
		sessions = session;
	}
	pthread_mutex_unlock(&lock);
	if (ret != 0)
		end(session);
}

static int
ask_port(const struct plx_door_request *request, uint16_t *ret_port, struct plx_why *why)
{
	const char *name = plx_door_request_word(request, 0);
	uint64_t number;
	int ret;

	if (name == NULL)
		name = plx_door_request_value(request, "port");
	if (name != NULL && plx_ethdev_by_name(name, ret_port) == 0)
		return 0;
	ret = plx_door_request_number(request, 0, "port", PLX_ETHDEV_MAX - 1, &number, NULL);
	if (ret != 0 || plx_ethdev_next((uint16_t)number) != number)
		return plx_why(why, -ENODEV, "there is no port %.64s; ports lists them",
			       name != NULL ? name : "without a name or number");
	*ret_port = (uint16_t)number;
	return 0;
}

static int
ask_size(const struct plx_door_request *request, const char *name, uint64_t max, uint32_t *ret_size,
	 struct plx_why *why)
{
	uint64_t number;
	int ret;

	*ret_size = 0;
	if (plx_door_request_value(request, name) == NULL)
		return 0;
	ret = plx_door_request_number(request, DOOR_WORDS_MAX, name, max, &number, why);
	if (ret == 0)
		*ret_size = (uint32_t)number;
	return ret;
}

static int
ask_direction(const struct plx_door_request *request, struct plx_tap_params *params,
	      struct plx_why *why)
{
	const char *direction = plx_door_request_value(request, "direction");

	params->rx = direction == NULL || strcmp(direction, "out") != 0;
	params->tx = direction == NULL || strcmp(direction, "in") != 0;
	if (params->rx && params->tx && direction != NULL && strcmp(direction, "inout") != 0)
		return plx_why(why, -EINVAL, "direction is in, out or inout, not \"%.32s\"",
			       direction);
	return 0;
}

static int
ask(const struct plx_door_request *request, struct plx_tap_params *params, struct plx_why *why)
{
	int ret = ask_port(request, &params->port, why);

	params->filter = plx_door_request_value(request, "filter");
	if (ret == 0)
		ret = ask_direction(request, params, why);
	if (ret == 0)
		ret = ask_size(request, "snaplen", UINT32_MAX, &params->snaplen, why);
	if (ret == 0)
		ret = ask_size(request, "lane_bytes", PLX_TAP_LANE_MAX, &params->lane_bytes, why);
	return ret;
}

static int
tap(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
    struct plx_why *why)
{
	struct plx_tap_params params = {0};
	struct session *session;
	int fds[PLX_TAP_FDS];
	int ret = ask(request, &params, why);

	if (ret != 0)
		return ret;
	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	session->fd = -1;
	snprintf(session->filter, sizeof(session->filter), "%s",
		 params.filter != NULL ? params.filter : "");
	ret = plx_tap_add(&params, fds, &session->tap, why);
	if (ret == 0)
		ret = plx_door_reply_adopt(reply, on_adopted, session);
	if (ret != 0) {
		if (session->tap != NULL) {
			close(fds[0]);
			close(fds[1]);
		}
		end(session);
		return ret;
	}
	plx_door_reply_fd(reply, fds[0]);
	plx_door_reply_fd(reply, fds[1]);
	plx_door_reply_count(reply, "port", params.port);
	return 0;
}

/* -- the list ----------------------------------------------------------------------------------------- */

static void
put_tap(const struct session *session, struct plx_door_reply *reply)
{
	struct plx_tap_info info;

	plx_tap_info(session->tap, &info);
	plx_door_reply_object(reply, NULL);
	plx_door_reply_count(reply, "pid", (uint64_t)session->pid);
	plx_door_reply_count(reply, "port", info.port);
	plx_door_reply_text(reply, "direction", !info.tx ? "in" : !info.rx ? "out" : "inout");
	plx_door_reply_text(reply, "filter", session->filter);
	plx_door_reply_count(reply, "snaplen", info.snaplen);
	plx_door_reply_count(reply, "recorded", info.recorded);
	plx_door_reply_count(reply, "filtered", info.filtered);
	plx_door_reply_count(reply, "dropped", info.dropped + info.unlaned);
	plx_door_reply_bool(reply, "reading", info.wanted);
	plx_door_reply_bool(reply, "switched_off", info.hostile);
	plx_door_reply_end(reply);
}

static int
taps(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
     struct plx_why *why)
{
	plx_door_reply_array(reply, "taps");
	pthread_mutex_lock(&lock);
	for (const struct session *session = sessions; session != NULL; session = session->next)
		put_tap(session, reply);
	pthread_mutex_unlock(&lock);
	plx_door_reply_end(reply);
	return 0;
}

const struct plx_door_command door_tap_builtins[] = {
	{"tap <port>", "copies of a port's packets, through memory: for plx-capture --attach", tap,
	 NULL, false},
	{"taps", "who has copies of which packets, and what was lost of them", taps, NULL, false},
	{NULL},
};
