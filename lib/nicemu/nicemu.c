/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of an emulated NIC, its turns, and its timer for those who wait. */
#include "nicemu_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
/* With doorbells there are few messages, and looking for one is a system call: the clock every so many turns, then at most so often. */
#define TURNS	16
#define LOOK_NS UINT64_C(20000)

static uint64_t
now_ns(const struct plx_nicemu *nic)
{
	struct timespec now;

	if (nic->options.now_ns != NULL)
		return nic->options.now_ns(nic->options.arg);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* -- event mode ------------------------------------------------------------------------------------------------------- */

static void
close_events(struct plx_nicemu *nic)
{
	if (nic->timer >= 0)
		close(nic->timer);
	nic->timer = -1;
}

static void
set_timer(struct plx_nicemu *nic, uint64_t due_ns)
{
	const uint64_t at = due_ns == NICEMU_NEVER ? 0 : due_ns > 0 ? due_ns : 1;
	const struct itimerspec spec = {
		.it_value = {.tv_sec = (time_t)(at / NS_PER_S), .tv_nsec = (long)(at % NS_PER_S)}};

	if (nic->timer < 0 || due_ns == nic->timer_ns)
		return;
	/* Setting it takes back what it has told, too. */
	timerfd_settime(nic->timer, TFD_TIMER_ABSTIME, &spec, NULL);
	nic->timer_ns = due_ns;
}

int
plx_nicemu_fd(struct plx_nicemu *nic)
{
	struct epoll_event event = {.events = EPOLLIN};
	const int server = plx_vfio_user_server_fd(nic->server);

	if (nic->timer >= 0)
		return server;
	if (nic->options.now_ns != NULL)
		return -ENOTSUP;
	nic->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	/* An epoll of our own above the server's would have to be woken for each message, too. */
	if (nic->timer >= 0 && epoll_ctl(server, EPOLL_CTL_ADD, nic->timer, &event) == 0) {
		nic->timer_ns = NICEMU_NEVER;
		set_timer(nic, plx_e1000_model_tick(nic->model, now_ns(nic)));
		return server;
	}
	close_events(nic);
	return -EMFILE;
}

/* -- a turn ----------------------------------------------------------------------------------------------------------- */

static bool
polls_doorbells(const struct plx_nicemu *nic)
{
	return nic->pages != NULL && nic->timer < 0;
}

/* Timers, then messages, which set others from now on: how many messages. */
static unsigned
look(struct plx_nicemu *nic)
{
	const uint64_t now = now_ns(nic);
	unsigned n = 0;

	plx_e1000_model_tick(nic->model, now);

	if (!polls_doorbells(nic) || now >= nic->look_ns) {
		n = plx_vfio_user_server_poll(nic->server);
		/* Where one came the next one is near: somebody waits for answers. */
		nic->look_ns = n > 0 ? 0 : now + LOOK_NS;
	}
	return n;
}

unsigned
plx_nicemu_poll(struct plx_nicemu *nic, unsigned budget)
{
	unsigned messages = 0, frames;

	if (!polls_doorbells(nic) || nic->look_ns == 0 || nic->turn++ % TURNS == 0)
		messages = look(nic);
	frames = plx_e1000_model_poll(nic->model, budget);
	if (nic->timer >= 0) {
		/* What came of messages and frames has set timers, and what is left over is due at once. */
		const uint64_t due = plx_e1000_model_tick(nic->model, now_ns(nic));

		set_timer(nic, frames > 0 && frames >= budget ? 1 : due);
	}
	return messages + frames;
}

void
plx_nicemu_receive_burst(struct plx_nicemu *nic, const struct iovec *frames, unsigned n,
			 enum plx_e1000_model_taken *ret_taken)
{
	if (nic->timer >= 0)
		plx_e1000_model_tick(nic->model, now_ns(nic));
	plx_e1000_model_receive_burst(nic->model, frames, n, ret_taken);
	if (nic->timer >= 0)
		set_timer(nic, plx_e1000_model_tick(nic->model, now_ns(nic)));
}

enum plx_e1000_model_taken
plx_nicemu_receive(struct plx_nicemu *nic, const void *frame, size_t len)
{
	const struct iovec one = {(void *)(uintptr_t)frame, len};
	enum plx_e1000_model_taken taken;

	plx_nicemu_receive_burst(nic, &one, 1, &taken);
	return taken;
}

bool
plx_nicemu_connected(const struct plx_nicemu *nic)
{
	return plx_vfio_user_server_connected(nic->server);
}

struct plx_e1000_model *
plx_nicemu_model(struct plx_nicemu *nic)
{
	return nic->model;
}

void
plx_nicemu_stats(const struct plx_nicemu *nic, struct plx_nicemu_stats *ret_stats)
{
	*ret_stats = (struct plx_nicemu_stats){.drivers = nic->drivers, .unsent = nic->unsent};
	plx_vfio_user_server_stats(nic->server, &ret_stats->server);
}

/* -- life --------------------------------------------------------------------------------------------------------------- */

static int
create_model(struct plx_nicemu *nic, struct plx_why *why)
{
	struct plx_e1000_model_options options = {.takes = nic->options.takes};
	int ret;

	memcpy(options.mac, nic->options.mac, sizeof(options.mac));
	if (nic->pages != NULL) {
		options.rx_page = nic->pages;
		options.tx_page = nic->pages + PLX_E1000_MODEL_PAGE_LEN;
	}
	ret = plx_e1000_model_create(&options, &nicemu_model_ops, nic, &nic->model);
	if (ret == -EINVAL)
		return plx_why(why, ret, "%02x:%02x:%02x:%02x:%02x:%02x is no address of one card",
			       options.mac[0], options.mac[1], options.mac[2], options.mac[3],
			       options.mac[4], options.mac[5]);
	return ret == 0 ? 0 : plx_why(why, ret, "no memory for a card");
}

int
plx_nicemu_create(const struct plx_nicemu_options *options, struct plx_nicemu **ret_nic,
		  struct plx_why *why)
{
	struct plx_nicemu *nic;
	int ret = 0;

	if (options->send == NULL || options->path == NULL)
		return plx_why(why, -EINVAL,
			       "a card needs a path and somebody who takes its frames");
	nic = calloc(1, sizeof(*nic));
	if (nic == NULL)
		return plx_why(why, -ENOMEM, "no memory for a card");
	nic->options = *options;
	nic->options.path = NULL; /* the caller's */
	nic->pages_fd = nic->timer = -1;
	nicemu_device_init(nic);
	if (options->doorbells)
		ret = nicemu_pages_create(nic, why);
	if (ret == 0)
		ret = create_model(nic, why);
	if (ret == 0)
		ret = plx_vfio_user_server_create(options->path, &nic->device, &nic->server, why);
	if (ret != 0) {
		plx_nicemu_destroy(nic);
		return ret;
	}
	/* Power comes now: what the card began at time 0 begins again. */
	plx_e1000_model_tick(nic->model, now_ns(nic));
	plx_e1000_model_reset(nic->model);
	*ret_nic = nic;
	return 0;
}

void
plx_nicemu_destroy(struct plx_nicemu *nic)
{
	if (nic == NULL)
		return;
	close_events(nic);
	plx_vfio_user_server_destroy(nic->server);
	plx_e1000_model_destroy(nic->model);
	nicemu_pages_destroy(nic);
	free(nic);
}
