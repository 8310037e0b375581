/* SPDX-License-Identifier: BSD-3-Clause */
/* Who wants to know that a device is asked back. */
#include "device_priv.h"
#include "plx_eal.h"

#include <errno.h>
#include <pthread.h>

static struct {
	pthread_mutex_t lock;
	plx_device_removal_fn fn;
	void *arg;
} watcher = {.lock = PTHREAD_MUTEX_INITIALIZER};

int
plx_device_watch_removals(plx_device_removal_fn fn, void *arg, struct plx_why *why)
{
	int ret = 0;

	pthread_mutex_lock(&watcher.lock);
	if (watcher.fn != NULL) {
		ret = plx_why(why, -EBUSY, "removals of devices are watched already");
	} else {
		watcher.fn = fn;
		watcher.arg = arg;
	}
	pthread_mutex_unlock(&watcher.lock);
	return ret;
}

void
plx_device_unwatch_removals(void)
{
	pthread_mutex_lock(&watcher.lock);
	watcher.fn = NULL;
	pthread_mutex_unlock(&watcher.lock);
}

void
plx_device_tell_removal(const char *name)
{
	pthread_mutex_lock(&watcher.lock);
	if (watcher.fn != NULL)
		watcher.fn(watcher.arg, name);
	pthread_mutex_unlock(&watcher.lock);
}
