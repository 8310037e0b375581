/* SPDX-License-Identifier: BSD-3-Clause */
#include "loop.h"

#include "nic.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_idle.h>

#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BLIND_MS 1 /* how long to sleep where nothing would wake us */

struct loop_call {
	void (*fn)(void *arg);
	void *arg;
	sem_t done;
};

/* -- life ---------------------------------------------------------------------------------------------- */

static int
watch(struct loop *loop, int fd, int op)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(loop->epoll, op, fd, &event) == 0 ? 0 : -errno;
}

static int
port_fd(const struct nic *nic)
{
	return nic->wire.peer != NULL ? -1 : plx_ethdev_rx_fd(nic->wire.port, 0);
}

static int
watch_nic(struct loop *loop, unsigned i)
{
	const struct nic *nic = loop->nic[i];
	const int card = plx_nicemu_fd(nic->card), port = port_fd(nic);
	int ret = card < 0 ? card : watch(loop, card, EPOLL_CTL_ADD);

	if (ret != 0 || nic->wire.peer != NULL)
		return ret;
	if (port < 0)
		loop->blind++;
	else
		ret = watch(loop, port, EPOLL_CTL_ADD);
	loop->watched[i] = port >= 0;
	return ret;
}

int
loop_init(struct loop *loop, struct plx_why *why)
{
	int ret = 0;

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll < 0 || loop->bell < 0)
		return plx_why(why, -errno, "something to sleep on: %s", strerror(errno));
	ret = watch(loop, loop->bell, EPOLL_CTL_ADD);
	for (unsigned i = 0; i < loop->nb_nics && !loop->polls && ret == 0; i++)
		ret = watch_nic(loop, i);
	return ret == 0 ? 0 : plx_why(why, ret, "something to sleep on: %s", strerror(-ret));
}

void
loop_fini(struct loop *loop)
{
	if (loop->epoll > 0)
		close(loop->epoll);
	if (loop->bell > 0)
		close(loop->bell);
	loop->epoll = loop->bell = 0;
}

/* -- sleeping ------------------------------------------------------------------------------------------ */

/* The port's fd would wake us again and again for frames that we leave where they are. */
static void
mind_waiting(struct loop *loop, unsigned i)
{
	const struct nic *nic = loop->nic[i];
	const int fd = port_fd(nic);

	if (fd < 0 || loop->watched[i] == !nic->waits)
		return;
	watch(loop, fd, nic->waits ? EPOLL_CTL_DEL : EPOLL_CTL_ADD);
	loop->watched[i] = !nic->waits;
}

/* Until the first late frame is due; soon, where nothing would wake us; else for ever. */
static int
sleep_ms(const struct loop *loop)
{
	uint64_t next = UINT64_MAX, now;

	if (loop->blind > 0)
		return BLIND_MS;
	for (unsigned i = 0; i < loop->nb_nics; i++) {
		const struct nic *nic = loop->nic[i];

		/* The card, or a late frame, waits for the port, or for a lossless far end. */
		if (nic->wire.nb_out > 0 || nic->wire.full)
			return BLIND_MS;
		for (enum way way = 0; way < WAYS; way++) {
			const uint64_t due = spoil_next_ns(&nic->spoil[way]);

			next = due < next ? due : next;
		}
	}
	if (next == UINT64_MAX)
		return -1;
	now = plx_clock_monotonic_ns();
	return next <= now ? BLIND_MS : (int)((next - now) / 1000000 + 1);
}

/* That fd is readable: of a card, a port, the bell. */
static void
note_woken(struct loop *loop, int fd)
{
	eventfd_t rung;

	if (fd == loop->bell)
		eventfd_read(fd, &rung);
	for (unsigned i = 0; i < loop->nb_nics; i++)
		if (port_fd(loop->nic[i]) == fd)
			loop->nic[i]->is_silent = false;
}

static void
sleep_on_fds(struct loop *loop)
{
	struct epoll_event events[2 * NICS_MAX + 1];
	int n;

	for (unsigned i = 0; i < loop->nb_nics; i++) {
		nic_idle(loop->nic[i]);
		mind_waiting(loop, i);
		loop->nic[i]->is_silent = loop->watched[i];
	}
	n = epoll_wait(loop->epoll, events, PLX_ARRAY_LEN(events), sleep_ms(loop));
	for (int i = 0; i < n; i++)
		note_woken(loop, events[i].data.fd);
}

/* -- turns --------------------------------------------------------------------------------------------- */

/* 1 if there was one: what it changed is then looked at before the loop sleeps. */
static unsigned
answer_call(struct loop *loop)
{
	struct loop_call *call = atomic_exchange(&loop->call, NULL);

	if (call == NULL)
		return 0;
	call->fn(call->arg);
	sem_post(&call->done);
	return 1;
}

static unsigned
round_once(struct loop *loop)
{
	unsigned done = 0;

	for (unsigned i = 0; i < loop->nb_nics; i++)
		done += nic_round(loop->nic[i]);
	if (PLX_UNLIKELY(atomic_load_explicit(&loop->call, memory_order_relaxed) != NULL))
		done += answer_call(loop);
	return done;
}

static void
idle_while_polling(struct loop *loop)
{
	for (unsigned i = 0; i < loop->nb_nics; i++)
		nic_idle(loop->nic[i]);
}

static void
run_polling(struct loop *loop)
{
	struct plx_idle idle;

	plx_idle_init(&idle);
	/* Asleep it would not see what a driver writes into a page. */
	if (idle.policy == PLX_IDLE_SLEEP)
		idle.policy = PLX_IDLE_YIELD;
	while (!atomic_load_explicit(&loop->ends, memory_order_relaxed)) {
		const unsigned done = round_once(loop);

		if (done == 0)
			idle_while_polling(loop);
		plx_idle_round(&idle, done);
	}
}

static void
run_sleeping(struct loop *loop)
{
	while (!atomic_load_explicit(&loop->ends, memory_order_relaxed)) {
		if (round_once(loop) == 0)
			sleep_on_fds(loop);
	}
}

int
loop_run(void *arg)
{
	struct loop *loop = arg;

	if (loop->polls)
		run_polling(loop);
	else
		run_sleeping(loop);
	answer_call(loop);
	return 0;
}

/* -- from other threads ---------------------------------------------------------------------------------- */

static void
ring(struct loop *loop)
{
	const uint64_t one = 1;
	ssize_t written;

	do
		written = write(loop->bell, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
}

void
loop_end(struct loop *loop)
{
	atomic_store(&loop->ends, true);
	ring(loop);
}

void
loop_call(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct loop_call call = {.fn = fn, .arg = arg};

	if (!loop->runs) {
		fn(arg);
		return;
	}
	sem_init(&call.done, 0, 0);
	atomic_store(&loop->call, &call);
	ring(loop);
	while (sem_wait(&call.done) != 0 && errno == EINTR)
		continue;
	sem_destroy(&call.done);
}
