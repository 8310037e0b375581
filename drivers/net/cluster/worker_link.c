/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Masters end and come. A thread of the port's own hears the end of each seat's connection, waits until what is in the queue was
 * read, and takes a place at the next master's. The control thread would do but for two things: finding a master takes as
 * long as the slowest program that is asked, and the master may be in this very program, whose answers come from there. That thread
 * tells of the link's news.
 */
#include "plx_log.h"
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "pmd.net.cluster");

#define PAUSE_FIRST_MS 50
#define PAUSE_LAST_MS  1000
#define READING_MS     5 /* between two looks at whether all was read */

static const char *
port_name(const struct worker *worker)
{
	return worker->dev.device->name;
}

static bool
stops(const struct worker *worker)
{
	return link_thread_stops(&worker->link);
}

static bool
is_up(const struct worker *worker)
{
	return __atomic_load_n(&worker->sitting, __ATOMIC_ACQUIRE) > 0;
}

/* -- news --------------------------------------------------------------------------------------------------------------------- */

/* On the control thread. */
static void
on_news(void *arg, int fd, uint32_t events)
{
	struct worker *worker = arg;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == sizeof(count))
		plx_ethdev_link_changed(&worker->dev, is_up(worker));
}

static void
tell(struct worker *worker, const char *words)
{
	const bool up = is_up(worker);

	if (up == worker->told)
		return;
	worker->told = up;
	plx_log_notice(&logger, "%s: link %s: a master of %s %s", port_name(worker),
		       up ? "up" : "down", worker->name, words);
	link_thread_tell(&worker->link);
}

/* -- an end ------------------------------------------------------------------------------------------------------------------- */

static bool
is_read(struct worker *worker, struct worker_seat *seat)
{
	return !worker_reads(worker) || worker_seat_waiting(seat, true) == 0;
}

/* Leaves masters that ended and whose packets were read, or are read by nobody. How many are being read. */
static unsigned
leave_the_dead(struct worker *worker)
{
	unsigned left = 0;

	for (unsigned i = 0; i < worker->nb_seats; i++) {
		struct worker_seat *seat = &worker->seats[i];

		if (!seat->over)
			continue;
		if (is_read(worker, seat)) {
			worker_seat_give_up(worker, seat);
			seat->over = false;
			seat->sock = -1;
		} else {
			left++;
		}
	}
	return left;
}

/* Until something happens, or the time is over. */
static void
listen_to_all(struct worker *worker, int timeout_ms)
{
	struct pollfd fds[WORKER_SEATS_MAX + 1] = {{.fd = worker->link.wake_fd, .events = POLLIN}};

	for (unsigned i = 0; i < worker->nb_seats; i++)
		fds[i + 1] = (struct pollfd){
			.fd = worker->seats[i].over ? -1 : worker->seats[i].sock,
			.events = POLLRDHUP,
		};
	if (poll(fds, worker->nb_seats + 1, timeout_ms) <= 0)
		return;
	for (unsigned i = 0; i < worker->nb_seats; i++)
		worker->seats[i].over |= fds[i + 1].revents != 0;
}

/* -- the next one ------------------------------------------------------------------------------------------------------------- */

/* One line for each thing that is wrong, however often it is tried. That there is no master was said. */
static void
complain(const struct worker *worker, struct plx_why *told, int err, const struct plx_why *why)
{
	if (err == -ENOENT || strcmp(told->text, why->text) == 0)
		return;
	*told = *why;
	plx_log_notice(&logger, "%s: %s", port_name(worker), why->text);
}

/* Takes what places there are. How many are missing. */
static unsigned
seek(struct worker *worker, struct plx_why *told)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < worker->nb_seats && !stops(worker); i++) {
		struct worker_seat *seat = &worker->seats[i];
		struct plx_why why = {""};
		int err = seat->sock < 0 ? worker_seat_take(worker, seat, &why) : 0;

		if (err == 0)
			continue;
		missing++;
		complain(worker, told, err, &why);
	}
	return missing;
}

static void
watch(void *arg)
{
	struct worker *worker = arg;
	struct plx_why told = {""};
	int pause_ms = PAUSE_FIRST_MS;

	while (!stops(worker)) {
		unsigned reading = leave_the_dead(worker), missing;

		tell(worker, "has ended, waiting for the next");
		missing = seek(worker, &told);
		tell(worker, "is there");
		if (missing == 0) {
			told.text[0] = '\0';
			pause_ms = PAUSE_FIRST_MS;
		} else if (pause_ms < PAUSE_LAST_MS) {
			pause_ms *= 2;
		}
		listen_to_all(worker, reading > 0 ? READING_MS : missing > 0 ? pause_ms : -1);
	}
}

/* -- its life ----------------------------------------------------------------------------------------------------------------- */

int
worker_link_watch(struct worker *worker, struct plx_why *why)
{
	int ret = link_thread_open(&worker->link, why);

	worker->told = true;
	if (ret == 0)
		ret = link_thread_start(&worker->link, "plx-cluster", watch, on_news, worker, why);
	if (ret != 0)
		worker_link_unwatch(worker);
	return ret;
}

void
worker_link_unwatch(struct worker *worker)
{
	link_thread_stop(&worker->link);
	link_thread_close(&worker->link);
}
