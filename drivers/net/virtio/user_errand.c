/* SPDX-License-Identifier: BSD-3-Clause */
/* What the control thread does for the link's: what needs the program's rights, of which that thread has none. */
#include "user.h"

#include <time.h>

#define NS_PER_S       1000000000
#define ERRAND_LOOK_NS (NS_PER_S / 20) /* how often who waits for the control thread looks up */

static void
run_errand(void *arg)
{
	struct user_errand *errand = arg;

	errand->fn(errand->user, errand);
	sem_post(&errand->done);
}

static bool
wait_errand(struct user_errand *errand)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ERRAND_LOOK_NS;
	until.tv_sec += until.tv_nsec / NS_PER_S;
	until.tv_nsec %= NS_PER_S;
	return sem_timedwait(&errand->done, &until) == 0;
}

void
user_errand_run(struct user_errand *errand)
{
	plx_event_id id;

	sem_init(&errand->done, 0, 0);
	if (plx_event_alarm_add(0, 0, run_errand, errand, &id) == 0) {
		while (!wait_errand(errand) && !user_link_stops(errand->user))
			;
		plx_event_remove(id);
	}
	sem_destroy(&errand->done);
}
