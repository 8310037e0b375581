/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers: each is read, waited for, or written to, and nothing else meanwhile. All on the control thread, so there is
 * nothing to lock.
 */
#include "door_priv.h"

#include "plx_event.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum peer_state {
	PEER_FREE,
	PEER_READS, /* a request is awaited */
	PEER_WAITS, /* for its job */
	PEER_WRITES,
};

struct door_peer {
	enum peer_state state;
	int fd;
	plx_event_id event;
	uint64_t turn; /* when it was last heard of */
	struct door_job *job;
	char *message; /* to be written, with the fds of: */
	struct plx_door_reply reply;
};

static struct {
	plx_event_id accept, done;
	int bell;
	int spare; /* to be let go of where there are no more fds */
	uint64_t turn;
	atomic_bool ends;
	sem_t ended;
	struct door_peer peer[PLX_DOOR_PEERS_MAX];
} room = {.bell = -1, .spare = -1};

static void on_peer(void *arg, int fd, uint32_t events);

/* -- one peer ---------------------------------------------------------------------------------------- */

static void
forget_message(struct door_peer *peer)
{
	free(peer->message);
	peer->message = NULL;
	door_reply_fini(&peer->reply);
}

static void
drop(struct door_peer *peer)
{
	if (peer->event != 0)
		plx_event_remove(peer->event);
	close(peer->fd);
	if (peer->job != NULL)
		door_job_abandon(peer->job);
	forget_message(peer);
	*peer = (struct door_peer){.state = PEER_FREE};
}

/* A peer that cannot be watched is lost. */
static void
watch(struct door_peer *peer, enum peer_state state)
{
	const uint32_t events = state == PEER_READS ? EPOLLIN : state == PEER_WRITES ? EPOLLOUT : 0;

	peer->turn = ++room.turn;
	if (peer->state == state && peer->event != 0)
		return;
	if (peer->event != 0)
		plx_event_remove(peer->event);
	peer->event = 0;
	peer->state = state;
	if (plx_event_fd_add(peer->fd, events, on_peer, peer, &peer->event) != 0)
		drop(peer);
}

/* The connection is no peer any more. */
static void
hand_over(struct door_peer *peer, struct door_handover *handover)
{
	const int fd = peer->fd;

	if (peer->event != 0)
		plx_event_remove(peer->event);
	*peer = (struct door_peer){.state = PEER_FREE};
	door_handover_end(handover, fd);
}

static void
write_message(struct door_peer *peer)
{
	struct door_handover *handover = peer->reply.handover;
	int ret = plx_unixsock_send(peer->fd, peer->message, strlen(peer->message), NULL, 0,
				    peer->reply.fds, peer->reply.nb_fds, 0);

	if (ret == -ETIMEDOUT) {
		watch(peer, PEER_WRITES);
		return;
	}
	if (ret != 0) {
		drop(peer);
		return;
	}
	peer->reply.handover = NULL;
	forget_message(peer);
	if (handover != NULL)
		hand_over(peer, handover);
	else
		watch(peer, PEER_READS);
}

/* Takes the job, whose reply becomes the peer's to write. */
static void
answer(struct door_peer *peer, struct door_job *job, const char *line)
{
	peer->message = door_reply_message(&job->reply, line, job->ret, &job->why);
	peer->reply = job->reply;
	job->reply = (struct plx_door_reply){0};
	door_job_free(job);
	if (peer->message == NULL)
		drop(peer);
	else
		write_message(peer);
}

static int
explain_unknown(struct door_job *job)
{
	char room_for_name[32];
	const char *name = job->request.words[0];
	const char *near = door_command_nearest(name, room_for_name, sizeof(room_for_name));

	return plx_why(&job->why, -EINVAL, "there is no command \"%.64s\"; %s%s%s", name,
		       near != NULL ? "did you mean \"" : "help lists what there is",
		       near != NULL ? near : "", near != NULL ? "\"?" : "");
}

/* The peer keeps waiting where the program's thread is to answer. */
static void
begin_job(struct door_peer *peer, struct door_job *job)
{
	if (!door_command_find(job->request.words[0], &job->command)) {
		job->ret = explain_unknown(job);
		answer(peer, job, job->request.line);
	} else if (job->command.anytime) {
		door_job_run(job);
		answer(peer, job, job->request.line);
	} else {
		job->peer = peer;
		peer->job = job;
		door_job_queue(job);
		watch(peer, PEER_WAITS);
	}
}

static void
read_request(struct door_peer *peer)
{
	char bytes[PLX_DOOR_REQUEST_MAX];
	ssize_t n = plx_unixsock_recv_packet(peer->fd, bytes, sizeof(bytes), NULL, NULL, 0);
	struct door_job *job;

	if (n == -ETIMEDOUT)
		return;
	if (n < 0 && n != -EMSGSIZE && n != -EMFILE) {
		drop(peer);
		return;
	}
	job = calloc(1, sizeof(*job));
	if (job == NULL) {
		drop(peer);
		return;
	}
	if (n == -EMSGSIZE)
		job->ret = plx_why(&job->why, -EINVAL, "a request has at most %d bytes",
				   PLX_DOOR_REQUEST_MAX);
	else if (n == -EMFILE)
		job->ret = plx_why(&job->why, -EINVAL, "a request brings no file descriptors");
	else
		job->ret = door_request_parse(&job->request, bytes, (size_t)n, &job->why);
	if (job->ret != 0)
		answer(peer, job, NULL);
	else
		begin_job(peer, job);
}

static void
on_peer(void *arg, int fd, uint32_t events)
{
	struct door_peer *peer = arg;

	if (peer->state == PEER_READS && (events & EPOLLIN))
		read_request(peer);
	else if (peer->state == PEER_WRITES && (events & EPOLLOUT))
		write_message(peer);
	else if (events & (EPOLLHUP | EPOLLERR))
		drop(peer);
}

/* -- who comes --------------------------------------------------------------------------------------- */

static bool
is_welcome(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == geteuid() || who.uid == 0);
}

/* A free place, or that of who was silent longest; NULL if all wait for answers of the program. */
static struct door_peer *
find_place(void)
{
	struct door_peer *oldest = NULL;

	for (unsigned i = 0; i < PLX_DOOR_PEERS_MAX; i++) {
		struct door_peer *peer = &room.peer[i];

		if (peer->state == PEER_FREE)
			return peer;
		if (peer->state != PEER_WAITS && (oldest == NULL || peer->turn < oldest->turn))
			oldest = peer;
	}
	if (oldest != NULL)
		drop(oldest);
	return oldest;
}

static void
refuse(int fd, const char *text)
{
	plx_unixsock_send(fd, text, strlen(text), NULL, 0, NULL, 0, 0);
	close(fd);
}

static void
take_in(int fd)
{
	struct door_peer *peer;

	if (!is_welcome(fd)) {
		refuse(fd, "{\"error\":\"this control socket answers its own user and root\"}");
		return;
	}
	peer = find_place();
	if (peer == NULL) {
		refuse(fd, "{\"error\":\"too many questions wait: the program is busy\"}");
		return;
	}
	*peer = (struct door_peer){.state = PEER_FREE, .fd = fd};
	watch(peer, PEER_READS);
}

/* Without fds a waiting peer would call us again and again. */
static void
turn_away(int listener)
{
	int fd;

	if (room.spare < 0)
		return;
	close(room.spare);
	fd = plx_unixsock_accept(listener);
	if (fd >= 0)
		close(fd);
	room.spare = eventfd(0, EFD_CLOEXEC);
}

static void
on_listener(void *arg, int listener, uint32_t events)
{
	int fd = plx_unixsock_accept(listener);

	if (fd >= 0)
		take_in(fd);
	else if (fd == -EMFILE || fd == -ENFILE)
		turn_away(listener);
}

/* -- what is done ------------------------------------------------------------------------------------ */

static void
stop_event(plx_event_id *event)
{
	if (*event != 0)
		plx_event_remove(*event);
	*event = 0;
}

/* Peers are this thread's; who stops waits for it. */
static void
drop_all(void)
{
	stop_event(&room.accept);
	for (unsigned i = 0; i < PLX_DOOR_PEERS_MAX; i++) {
		if (room.peer[i].state != PEER_FREE)
			drop(&room.peer[i]);
	}
	sem_post(&room.ended);
}

static void
on_done(void *arg, int bell, uint32_t events)
{
	struct door_job *job;
	uint64_t rung;

	if (read(bell, &rung, sizeof(rung)) < 0)
		return;
	if (atomic_load(&room.ends)) {
		drop_all();
		return;
	}
	while ((job = door_job_done()) != NULL) {
		struct door_peer *peer = job->peer;

		if (peer == NULL) {
			door_job_free(job);
			continue;
		}
		peer->job = NULL;
		answer(peer, job, job->request.line);
	}
}

void
door_peers_ring(void)
{
	const uint64_t one = 1;
	ssize_t written = write(room.bell, &one, sizeof(one));

	(void)written; /* fails only when the counter is full: it rings already */
}

int
door_peers_start(int listener, struct plx_why *why)
{
	int ret;

	sem_init(&room.ended, 0, 0);
	room.spare = eventfd(0, EFD_CLOEXEC);
	room.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = room.spare < 0 || room.bell < 0 ? -errno : 0;
	if (ret == 0)
		ret = plx_event_fd_add(room.bell, EPOLLIN, on_done, NULL, &room.done);
	if (ret == 0)
		ret = plx_event_fd_add(listener, EPOLLIN, on_listener, NULL, &room.accept);
	if (ret == 0)
		return 0;
	door_peers_stop();
	return plx_why(why, ret, "control socket: %s", strerror(-ret));
}

void
door_peers_stop(void)
{
	if (room.done != 0) {
		atomic_store(&room.ends, true);
		door_peers_ring();
		while (sem_wait(&room.ended) != 0 && errno == EINTR)
			continue;
		atomic_store(&room.ends, false);
	}
	stop_event(&room.accept);
	stop_event(&room.done);
	sem_destroy(&room.ended);
	plx_unixsock_close_fds(&room.bell, 1);
	plx_unixsock_close_fds(&room.spare, 1);
}
