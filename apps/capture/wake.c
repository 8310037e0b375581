/* SPDX-License-Identifier: BSD-3-Clause */
#include "wake.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
wake_init(struct wake *wake)
{
	atomic_store(&wake->armed, false);
	wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return wake->fd >= 0 ? 0 : -errno;
}

void
wake_fini(struct wake *wake)
{
	if (wake->fd >= 0)
		close(wake->fd);
	wake->fd = -1;
}

void
wake_arm(struct wake *wake)
{
	eventfd_t calls;

	if (wake->fd < 0 || atomic_load_explicit(&wake->armed, memory_order_relaxed))
		return;
	eventfd_read(wake->fd, &calls);
	atomic_store(&wake->armed, true);
}

void
wake_call_slow(struct wake *wake)
{
	if (atomic_exchange(&wake->armed, false))
		eventfd_write(wake->fd, 1);
}
