/* SPDX-License-Identifier: BSD-3-Clause */
#include "stop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define SAME_WISH_MS 500

atomic_bool stop_flag;
static atomic_int first_signal;
static _Atomic int64_t first_ms;

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static struct sigaction former[PLX_ARRAY_LEN(caught)];
static bool catching;

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Async-signal-safe calls only. */
static void
on_signal(int signo)
{
	int saved = errno;
	int none = 0;

	if (atomic_compare_exchange_strong(&first_signal, &none, signo)) {
		atomic_store(&first_ms, now_ms());
		atomic_store(&stop_flag, true);
	} else if (signo != SIGPIPE && now_ms() - atomic_load(&first_ms) >= SAME_WISH_MS) {
		/* Delivered with the default action as soon as this handler returns. */
		signal(signo, SIG_DFL);
		raise(signo);
	}
	errno = saved;
}

int
stop_catch(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = SA_RESTART;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < PLX_ARRAY_LEN(caught); i++) {
		if (sigaction(caught[i], NULL, &former[i]) != 0)
			return -errno;
		if ((caught[i] == SIGHUP || caught[i] == SIGPIPE) &&
		    former[i].sa_handler == SIG_IGN)
			continue;
		if (sigaction(caught[i], &action, NULL) != 0)
			return -errno;
	}
	catching = true;
	return 0;
}

void
stop_release(void)
{
	for (size_t i = 0; catching && i < PLX_ARRAY_LEN(caught); i++)
		sigaction(caught[i], &former[i], NULL);
	catching = false;
	atomic_store(&stop_flag, false);
	atomic_store(&first_signal, 0);
}

void
stop_request(void)
{
	atomic_store_explicit(&stop_flag, true, memory_order_relaxed);
}

int
stop_signal(void)
{
	return atomic_load(&first_signal);
}
